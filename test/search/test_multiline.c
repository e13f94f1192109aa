/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_multiline.c - SEARCH_MATCH_MULTILINE beside a plain second opinion: Oniguruma is asked for one match after the
 * other in the whole text, and a naive loop finds the lines that they touch.
 *
 * A failure names the seed and the number of the case. PS_SEED repeats the run, and PS_CASE=n runs this case alone.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../../lib/base/base.h"
#include "../../lib/base/utf8.h"
#include "../../lib/onig/onig.h"
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/random.h"
#include "../support/tree.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

enum { SPACE = 300 * 1000, FILES = 3, PATTERN = 400, NOWHERE = SPACE };

/* A text, and where its lines begin and end, without their terminators. */
struct text {
	char bytes[SPACE];
	size_t size;
	size_t *begin, *end;
	size_t lines;
};

/* What the pattern sees of it: valid UTF-8 without the \r of terminators; and where each byte comes from. */
struct view {
	uint8_t bytes[3 * SPACE];
	size_t origin[3 * SPACE + 1];
	size_t size;
};

/* Lines that matches touch, or one line. */
struct unit {
	size_t first, last;   /* lines */
	size_t match, matches; /* in the list of matches */
};

static struct text texts[FILES];
static struct view view;
static struct search_span *spans;
static struct search_group *groups; /* of all spans, if they are asked for */
static size_t group_space, group_count;
static struct unit *units;
static size_t span_count, unit_count;
static char *root;

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN); /* a search that is at its limit leaves the rest of a pipe */
	root = tree_new();
	spans = malloc((SPACE + 1) * sizeof(*spans));
	units = malloc((SPACE + 1) * sizeof(*units));
	for (int i = 0; i < FILES; i++) {
		texts[i].begin = malloc((SPACE + 1) * sizeof(size_t));
		texts[i].end = malloc((SPACE + 1) * sizeof(size_t));
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tree_remove(root);
	free(spans);
	free(groups);
	free(units);
	for (int i = 0; i < FILES; i++) {
		free(texts[i].begin);
		free(texts[i].end);
	}
	return 0;
}

/* --- the second opinion --- */

static void find_lines(struct text *t, bool crlf)
{
	t->lines = 0;
	for (size_t at = 0; at < t->size;) {
		const char *newline = memchr(t->bytes + at, '\n', t->size - at);
		size_t end = newline == NULL ? t->size : (size_t)(newline - t->bytes);

		t->begin[t->lines] = at;
		t->end[t->lines++] = end - (crlf && newline != NULL && end > at && t->bytes[end - 1] == '\r');
		at = end + 1;
	}
}

static void make_view(const struct text *t, bool crlf)
{
	const uint8_t *p = (const uint8_t *)t->bytes, *end = p + t->size;
	size_t n;

	view.size = 0;
	for (size_t at = 0; at < t->size; at += n) {
		uint8_t byte = p[at];

		n = ps_utf8_sequence(p + at, end);
		view.origin[view.size] = at;
		if (n == 0) { /* U+DC00 and the byte */
			n = 1;
			view.size += ps_utf8_encode(0xDC00U + byte, view.bytes + view.size);
		} else if (crlf && byte == '\r' && at + 1 < t->size && p[at + 1] == '\n') {
			n = 2;
			view.bytes[view.size++] = '\n';
		} else {
			memcpy(view.bytes + view.size, p + at, n);
			view.size += n;
		}
	}
	view.origin[view.size] = t->size;
}

/* The alternative that never matches keeps Oniguruma from two mistakes, see lib/pattern/onig_bugs.c. */
static struct ps_regex *compile(const struct search_options *o, const char *pattern)
{
	const struct ps_dialect dialect = {
		.syntax = o->syntax,
		.ignore_case = (o->match_flags & SEARCH_MATCH_IGNORE_CASE) != 0,
		.newlines = true,
		.whole = true,
		.dot_newline = (o->match_flags & SEARCH_MATCH_DOT_NEWLINE) != 0,
	};
	struct ps_pattern_error why;
	struct ps_regex *regex;
	char wrapped[PATTERN + 40];

	if ((o->match_flags & SEARCH_MATCH_LINE) != 0)
		snprintf(wrapped, sizeof(wrapped), "^(?:%s)$", pattern);
	else if ((o->match_flags & SEARCH_MATCH_WORD) != 0)
		snprintf(wrapped, sizeof(wrapped), "(?:(?<!\\w)(?:%s)(?!\\w)|(?!))", pattern);
	else
		snprintf(wrapped, sizeof(wrapped), "(?:(?:%s)|(?!))", pattern);
	if (ps_regex_new(&regex, (const uint8_t *)wrapped, strlen(wrapped), &dialect, &why) != SEARCH_OK)
		return NULL;
	return regex;
}

/* Adds the groups of a span that a search from `from` on has found. False: Oniguruma has given up. */
static bool find_groups(const struct ps_regex *regex, struct ps_engine *engine, size_t from, struct search_span *span)
{
	struct ps_line_budget budget = { .haste = 1 };
	size_t count = ps_regex_group_count(regex);

	if (group_space < group_count + count) {
		group_space = 2 * (group_count + count);
		groups = realloc(groups, group_space * sizeof(*groups));
		assert_non_null(groups);
	}
	ps_line_budget_renew_text(&budget, view.size);
	span->first_group = (uint32_t)group_count;
	group_count += count;
	return ps_regex_groups(regex, 0, true, engine, &budget, view.bytes, view.size, from, span,
			       groups + span->first_group, count) == PS_FOUND;
}

/* All matches in the view. False: Oniguruma has given up. */
static bool find_spans(const struct ps_regex *regex, struct ps_engine *engine, bool with_groups)
{
	struct ps_line_budget budget = { .haste = 1 };
	size_t from = 0, last = NOWHERE;

	span_count = group_count = 0;
	while (from <= view.size) {
		struct search_span *span = &spans[span_count];
		int rc;

		ps_line_budget_renew_text(&budget, view.size);
		ps_engine_begin_line(engine);
		rc = ps_regex_search(regex, 0, engine, &budget, view.bytes, view.size, from, span);
		if (rc == PS_NONE)
			return true;
		if (rc != PS_FOUND)
			return false;
		if (with_groups && !find_groups(regex, engine, from, span))
			return false;
		from = span->end > span->begin ? span->end : ps_utf8_next(view.bytes, view.size, span->end);
		if (span->end == span->begin && span->end == last && !(last > 0 && view.bytes[last - 1] == '\n')) {
			group_count = with_groups ? span->first_group : 0;
			continue;
		}
		last = span->end;
		span_count++;
	}
	return true;
}

static size_t line_at(const struct text *t, size_t place)
{
	size_t low = 0, high = t->lines;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (t->begin[middle] <= place)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The lines that matches touch, as units; with `invert` each of the others. */
static void find_units(const struct text *t, bool invert)
{
	bool ended = t->size > 0 && t->bytes[t->size - 1] == '\n';
	size_t next = 0, touched;

	unit_count = 0;
	for (size_t i = 0; i < span_count; i++) {
		size_t begin = view.origin[spans[i].begin], end = view.origin[spans[i].end];
		struct unit *last = unit_count > 0 ? &units[unit_count - 1] : NULL;
		struct unit unit = { line_at(t, begin), line_at(t, end > begin ? end - 1 : end), i, 1 };

		if (begin == t->size && (ended || t->size == 0))
			continue;
		if (last == NULL || unit.first > last->last) {
			units[unit_count++] = unit;
			continue;
		}
		last->last = unit.last;
		last->matches++;
	}
	if (!invert)
		return;
	touched = unit_count;
	memmove(units + t->lines, units, touched * sizeof(*units)); /* there is room: no more than lines */
	unit_count = 0;
	for (size_t i = 0; i < touched; i++) {
		struct unit unit = units[t->lines + i];

		for (; next < unit.first; next++)
			units[unit_count++] = (struct unit){ next, next, 0, 0 };
		next = unit.last + 1;
	}
	for (; next < t->lines; next++)
		units[unit_count++] = (struct unit){ next, next, 0, 0 };
}

static void say_bytes(FILE *out, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fprintf(out, bytes[i] > ' ' && bytes[i] < 0x7F ? "%c" : "<%02X>", (unsigned char)bytes[i]);
}

static size_t clip(size_t place, size_t begin, size_t end)
{
	return ps_min(ps_max(place, begin), end) - begin;
}

/* What groups matched is cut to the lines that are delivered, without their last terminator. */
static void say_groups(FILE *out, size_t match, size_t begin, size_t end)
{
	size_t stop = match + 1 < span_count ? spans[match + 1].first_group : group_count;

	for (size_t i = spans[match].first_group; i < stop; i++)
		if (groups[i].begin == SEARCH_NO_GROUP)
			fprintf(out, ",-");
		else
			fprintf(out, ",%zu-%zu", clip(view.origin[groups[i].begin], begin, end),
				clip(view.origin[groups[i].end], begin, end));
}

static void say_unit(FILE *out, const struct search_options *o, const struct text *t, char kind, struct unit unit)
{
	size_t begin = t->begin[unit.first], end = t->end[unit.last], terminator = t->size - end;
	bool wanted = (o->result_flags & SEARCH_RESULT_NO_SPANS) == 0;

	if (unit.last + 1 < t->lines)
		terminator = t->begin[unit.last + 1] - end;
	fprintf(out, "%c %zu @%zu %s ", kind, unit.first + 1, begin,
		terminator == 0 ? "open" : terminator == 2 ? "crlf" : "line");
	say_bytes(out, t->bytes + begin, end - begin);
	for (size_t i = unit.match; wanted && i < unit.match + unit.matches; i++) {
		size_t from = view.origin[spans[i].begin], to = view.origin[spans[i].end];

		fprintf(out, " %zu-%zu%s", ps_min(from, end) - begin, ps_min(to, end) - begin,
			to > end && i + 1 == unit.match + unit.matches ? "+" : "");
		if ((o->result_flags & SEARCH_RESULT_GROUPS) != 0)
			say_groups(out, i, begin, end);
	}
	fputc('\n', out);
}

/* What a search of this text is to deliver. */
static void say_expected(FILE *out, const struct search_options *o, const struct text *t)
{
	uint64_t most = o->max_matches_per_file != 0 ? o->max_matches_per_file : UINT64_MAX;
	bool all = (o->result_flags & SEARCH_RESULT_ALL_LINES) != 0;
	size_t next = 0, due = all ? SIZE_MAX : 0;

	for (size_t i = 0; i < unit_count && i < most; i++) {
		struct unit unit = units[i];
		size_t start = unit.first > o->before_context ? unit.first - o->before_context : 0;

		for (; due > 0 && next < unit.first; due--, next++)
			say_unit(out, o, t, 'C', (struct unit){ next, next, 0, 0 });
		for (next = ps_max(next, start); next < unit.first; next++)
			say_unit(out, o, t, 'C', (struct unit){ next, next, 0, 0 });
		say_unit(out, o, t, 'M', unit);
		next = unit.last + 1;
		due = all ? SIZE_MAX : o->after_context;
	}
	for (; due > 0 && next < t->lines; due--, next++)
		say_unit(out, o, t, 'C', (struct unit){ next, next, 0, 0 });
}

/* --- what is delivered --- */

static void say_item(FILE *out, const struct search_item *item)
{
	if (item->kind != SEARCH_ITEM_MATCH && item->kind != SEARCH_ITEM_CONTEXT) {
		fprintf(out, "%d %s\n", (int)item->kind, item->message != NULL ? item->message : "");
		return;
	}
	fprintf(out, "%c %llu @%llu %s ", item->kind == SEARCH_ITEM_MATCH ? 'M' : 'C', (unsigned long long)item->line,
		(unsigned long long)item->offset,
		(item->flags & SEARCH_ITEM_FLAG_NO_EOL) != 0 ? "open" :
		(item->flags & SEARCH_ITEM_FLAG_CRLF) != 0   ? "crlf" : "line");
	say_bytes(out, item->text, item->length);
	for (size_t i = 0; i < item->span_count; i++) {
		size_t stop = i + 1 < item->span_count ? item->spans[i + 1].first_group : item->group_count;

		fprintf(out, " %zu-%zu%s", item->spans[i].begin, item->spans[i].end,
			i + 1 == item->span_count && (item->flags & SEARCH_ITEM_FLAG_MATCHES_EOL) != 0 ? "+" : "");
		for (size_t g = item->spans[i].first_group; g < stop; g++)
			if (item->groups[g].begin == SEARCH_NO_GROUP)
				fprintf(out, ",-");
			else
				fprintf(out, ",%zu-%zu", item->groups[g].begin, item->groups[g].end);
	}
	fputc('\n', out);
}

static char *collect_said(const struct search_options *o, enum take how)
{
	struct search *s = open_search(o);
	const struct search_item *item;
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	int rc;

	while ((rc = take_item(s, how, &item)) == SEARCH_ITEM)
		say_item(out, item);
	fprintf(out, "%s", rc == SEARCH_OK ? "" : "failed\n");
	fclose(out);
	search_close(s);
	return said;
}

/* --- random cases --- */

static const char *const atoms[] = {
	"a", "a", "b", "b", "c", "\\n", "\\n", ".", "\\s", "\\w", "\\W", "[^a]", "[ab]", "[^b\\n]", "\\S", "[\\n ]",
	"\xC3\xA9", "^", "$", "\\b", "\\B", "\\r", "x", "(?=b)", "(?!a)", "(?<=\\n)", "(?<!a)", "(?i:B)",
};
static const char *const rare[] = { "\\A", "\\z", "\\Z", "(a|b)\\1", "(?>a+|\\n)", "(a)\\n\\1", "(?<=b\\n)a", "(?!\\n)", "a\\K",
				   "(?=(b\\s?))", "(?<=(\\n|.))", "(?=(?:.|\\n)*(c))" };
static const char *const repeats[] = { "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,3}" };

#define ONE_OF(random, list) list[random_below(random, sizeof(list) / sizeof(list[0]))]

static void draw_pattern(struct random *r, char *to, size_t space, int depth)
{
	size_t used = strlen(to);

	for (uint32_t n = 1 + random_below(r, 4); n > 0 && space - used > 60; n--) {
		const char *atom = random_percent(r, 5) ? ONE_OF(r, rare) : ONE_OF(r, atoms);
		bool condition = strchr("^$", atom[0]) != NULL || strncmp(atom, "(?", 2) == 0 || strchr("bBAzZ", atom[1]);

		if (depth > 0 && random_percent(r, 25)) {
			strcat(to, random_percent(r, 50) ? "(?:" : "(");
			draw_pattern(r, to, space - 10, depth - 1);
			if (random_percent(r, 40)) {
				strcat(to, "|");
				draw_pattern(r, to, space - 10, depth - 1);
			}
			strcat(to, ")");
			condition = false;
		} else {
			strcat(to, atom);
		}
		if (!condition && random_percent(r, 35))
			strcat(to, ONE_OF(r, repeats));
		used = strlen(to);
	}
}

static void add_random(struct random *r, struct text *t, uint32_t most)
{
	static const char *const kinds[] = { "abc \n", "ab\n", "aabbc_ \n\n", "a\xC3\xA9 \nb", "ab\r\n\r\n", "ab\n\xFF\xC3\xE2" };
	const char *kind = ONE_OF(r, kinds);

	for (uint32_t n = random_below(r, most); n > 0; n--)
		t->bytes[t->size++] = kind[random_below(r, (uint32_t)strlen(kind))];
}

static void add_filler(struct text *t, size_t size)
{
	for (; t->size < size; t->size++)
		t->bytes[t->size] = t->size % 61 == 60 ? '\n' : 'q';
}

/* Now and then the text lies at a border of the buffer, or is larger than a first read takes. */
static void draw_text(struct random *r, struct text *t)
{
	static const size_t borders[] = { 64 * 1024, 64 * 1024 + 4096, 128 * 1024, 136 * 1024 };

	t->size = 0;
	if (random_percent(r, 4))
		add_filler(t, ONE_OF(r, borders) - random_below(r, 30));
	add_random(r, t, random_percent(r, 80) ? 30 : 200);
	if (random_percent(r, 3))
		add_filler(t, ONE_OF(r, borders) + random_below(r, 30));
	if (random_percent(r, 50))
		add_random(r, t, 20);
}

static void draw_options(struct random *r, struct search_options *o)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 1, 3 };
	static const uint32_t syntaxes[] = { SEARCH_SYNTAX_ONIGURUMA, SEARCH_SYNTAX_PERL, SEARCH_SYNTAX_PYTHON };
	static const uint32_t some[] = { SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_INVERT, SEARCH_MATCH_WORD,
					 SEARCH_MATCH_LINE, SEARCH_MATCH_CRLF, SEARCH_MATCH_DOT_NEWLINE,
					 SEARCH_RESULT_NO_SPANS, SEARCH_RESULT_ALL_LINES };
	uint32_t flags = SEARCH_MATCH_MULTILINE | SEARCH_MATCH_TEXT;

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		flags |= random_percent(r, 15) ? some[i] : 0;
	if ((flags & SEARCH_RESULT_NO_SPANS) == 0 && random_percent(r, 40))
		flags |= SEARCH_RESULT_GROUPS;
	set_flags(o, flags);
	o->workers = ONE_OF(r, workers);
	o->syntax = ONE_OF(r, syntaxes);
	if (random_percent(r, 30))
		o->before_context = random_below(r, 3);
	if (random_percent(r, 30))
		o->after_context = random_below(r, 3);
	if (random_percent(r, 15))
		o->max_matches_per_file = 1 + random_below(r, 3);
	if (random_percent(r, 30))
		o->split_bytes = 1 + random_below(r, 7);
	if (random_percent(r, 10))
		o->max_queued_matches = 1;
}

struct feed {
	int fd;
	const struct text *text;
	uint32_t piece;
};

static void *feed_pipe(void *arg)
{
	const struct feed *f = arg;

	for (size_t at = 0; at < f->text->size;) {
		ssize_t n = write(f->fd, f->text->bytes + at, ps_min(f->piece, f->text->size - at));

		if (n < 0)
			break;
		at += (size_t)n;
	}
	close(f->fd);
	return NULL;
}

/* Searches the texts, each as a file, as memory, or, `feed`, the first through a pipe in small pieces. */
static char *search_texts(struct random *r, struct search_options *o, struct feed *feed)
{
	struct search_source sources[FILES] = { 0 };
	char paths[FILES][200];
	pthread_t writer;
	int ends[2] = { -1, -1 };
	char *said;

	for (size_t i = 0; i < FILES; i++) {
		char name[2] = { (char)('a' + i), '\0' };

		sources[i].kind = SEARCH_SOURCE_MEMORY;
		sources[i].data = texts[i].bytes;
		sources[i].size = texts[i].size;
		if (random_percent(r, 50)) {
			tree_file(root, name, texts[i].bytes, texts[i].size);
			snprintf(paths[i], sizeof(paths[i]), "%s/%s", root, name);
			sources[i] = (struct search_source){ .path = paths[i] };
		}
	}
	if (feed != NULL) {
		assert_int_equal(pipe(ends), 0);
		*feed = (struct feed){ ends[1], &texts[0], 1 + random_below(r, 50) };
		sources[0] = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = ends[0] };
		assert_int_equal(pthread_create(&writer, NULL, feed_pipe, feed), 0);
	}
	o->sources = sources;
	o->source_count = FILES;
	said = collect_said(o, (enum take)random_below(r, TAKE_COUNT));
	if (feed != NULL) {
		close(ends[0]);
		pthread_join(writer, NULL);
	}
	return said;
}

/* False: the case says nothing, as Oniguruma refuses the pattern, or gives up. */
static bool say_all_expected(const struct search_options *o, const char *pattern, char **said)
{
	struct ps_regex *regex = compile(o, pattern);
	struct ps_engine *engine;
	bool crlf = (o->match_flags & SEARCH_MATCH_CRLF) != 0, known = true;
	size_t size;
	FILE *out;

	if (regex == NULL)
		return false;
	out = open_memstream(said, &size);
	assert_int_equal(ps_engine_new(&engine), SEARCH_OK);
	for (size_t i = 0; i < FILES; i++) {
		find_lines(&texts[i], crlf);
		make_view(&texts[i], crlf);
		known = find_spans(regex, engine, (o->result_flags & SEARCH_RESULT_GROUPS) != 0);
		if (!known)
			break; /* some spans are not known */
		find_units(&texts[i], (o->match_flags & SEARCH_MATCH_INVERT) != 0);
		say_expected(out, o, &texts[i]);
	}
	fclose(out);
	ps_engine_free(engine);
	ps_regex_free(regex);
	if (!known)
		free(*said);
	return known;
}

/*
 * How much of what was found is compared: all, or, if the library has given up on a text, what comes before the last line
 * that it found there, whose matches are not all known. Its budget is not spent as that of the second opinion is.
 */
static size_t known_length(const char *got)
{
	const char *end = strstr(got, "the pattern takes too long in the text");

	if (end == NULL)
		return strlen(got) + 1;
	for (int newlines = 0; end > got && newlines < 2; end--)
		newlines += end[-1] == '\n';
	return (size_t)(end - got);
}

/* Fails the test if the two differ, and shows where. */
static void check_said(uint64_t n, const struct search_options *o, const char *pattern, const char *want, const char *got)
{
	size_t same = 0, line;

	if (strncmp(want, got, known_length(got)) == 0)
		return;
	while (want[same] == got[same])
		same++;
	for (line = same; line > 0 && want[line - 1] != '\n';)
		line--;
	printf("PS_CASE=%llu, pattern %s, syntax %u, flags %#x, workers %d, context %u/%u, at most %llu\n",
	       (unsigned long long)n, pattern, (unsigned)o->syntax, get_flags(o), (int)o->workers, o->before_context,
	       o->after_context, (unsigned long long)o->max_matches_per_file);
	for (size_t i = 0; i < FILES; i++)
		printf("%zu bytes: %.*s\n", texts[i].size, (int)ps_min(texts[i].size, 200), texts[i].bytes);
	printf("expected:\n%.300s\ngot:\n%.300s\n", want + line, got + line);
	fail();
}

static bool run_case(uint64_t n)
{
	struct random r = random_new(n);
	struct search_options o = SEARCH_OPTIONS_INIT;
	char text[PATTERN] = "", *want, *got;
	struct search_pattern pattern = { .text = text };
	struct feed feed;

	draw_pattern(&r, text, sizeof(text) - 60, 2);
	pattern.length = strlen(text);
	o.patterns = &pattern;
	o.pattern_count = 1;
	draw_options(&r, &o);
	for (size_t i = 0; i < FILES; i++)
		draw_text(&r, &texts[i]);
	if (!say_all_expected(&o, text, &want))
		return false;
	got = search_texts(&r, &o, random_percent(&r, 5) ? &feed : NULL);
	check_said(n, &o, text, want, got);
	free(want);
	free(got);
	return true;
}

static void test_multiline__agrees_with_oniguruma_on_the_whole_text(void **state)
{
	const char *alone = getenv("PS_CASE");
	size_t told = 0, rounds = how_many_rounds(SCALED(600), SCALED(20000));

	(void)state;
	if (alone != NULL) {
		run_case(strtoull(alone, NULL, 10));
		return;
	}
	for (size_t n = 0; n < rounds; n++)
		told += run_case(n);
	printf("%zu of %zu\n", told, rounds);
	assert_true(told > rounds / 2);
}

/* --- tables --- */

struct one {
	const char *pattern;
	uint32_t flags;
	const char *text;
	const char *said; /* as say_item() says it */
};

static void check_one(const struct one *c, const struct search_options *more)
{
	struct search_options o = *more;
	struct search_pattern pattern = { .text = c->pattern, .length = strlen(c->pattern) };
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = c->text, .size = strlen(c->text) };
	char *said;

	o.patterns = &pattern;
	o.pattern_count = 1;
	o.sources = &source;
	o.source_count = 1;
	o.syntax = SEARCH_SYNTAX_PERL;
	add_flags(&o, c->flags | SEARCH_MATCH_MULTILINE);
	said = collect_said(&o, TAKE_NEXT);
	if (strcmp(said, c->said) != 0)
		printf("%s\n", c->pattern);
	assert_string_equal(said, c->said);
	free(said);
}

static void test_multiline__what_touches_a_line(void **state)
{
	static const struct one cases[] = {
		{ "a\\nb", 0, "a\nb\n", "M 1 @0 line a<0A>b 0-3\n" },
		{ "a\\n", 0, "a\nb\n", "M 1 @0 line a 0-1+\n" },
		{ "\\n", 0, "a\n\n", "M 1 @0 line a 1-1+\nM 2 @2 line  0-0+\n" },
		{ "a\\n|^b", 0, "a\nb\n", "M 1 @0 line a 0-1+\nM 2 @2 line b 0-1\n" },
		{ "a\\n|^", 0, "a\nb", "M 1 @0 line a 0-1+\nM 2 @2 open b 0-0\n" },
		{ "\\z", 0, "a\n", "" },
		{ "\\z", 0, "a", "M 1 @0 open a 1-1\n" },
		{ "a{2}\\z", 0, "baa", "M 1 @0 open baa 1-3\n" },
		{ "a\\n{2,3}\\z", 0, "b\na\n\n", "M 2 @2 line a<0A> 0-2+\n" },
		{ "\\Ab?a{2}\\z", 0, "aa", "M 1 @0 open aa 0-2\n" },
		{ "\\A[a-c]{3}", 0, "a\nbcb\nabc", "" },
		{ "\\n*", 0, "", "" },
		{ "bb{1,2}\\z", 0, "bbb\n", "" },
		{ "b\\n{1,2}(?!.|\\n)", 0, "b\nb\n\n", "M 2 @2 line b<0A> 0-2+\n" },
		{ "\\Aab{1,3}\\nc\\z", SEARCH_MATCH_CRLF, "ab\r\nc", "M 1 @0 open ab<0D><0A>c 0-5\n" },
		{ "a\\nb|b\\nc", 0, "a\nb b\nc\n", "M 1 @0 line a<0A>b<20>b<0A>c 0-3 4-7\n" },
		{ "a$\\n^b", SEARCH_MATCH_CRLF, "a\r\nb\r\n", "M 1 @0 crlf a<0D><0A>b 0-4\n" },
		{ "a\\nb$", SEARCH_MATCH_CRLF, "a\r\nb\r\n", "M 1 @0 crlf a<0D><0A>b 0-4\n" },
		{ "a.b", SEARCH_MATCH_DOT_NEWLINE, "a\nb", "M 1 @0 open a<0A>b 0-3\n" },
		{ "a.b", 0, "a\nb", "" },
		{ "a\\nb", SEARCH_MATCH_INVERT, "x\na\nb\ny", "M 1 @0 line x\nM 4 @6 open y\n" },
		{ "b\\nc", SEARCH_MATCH_LINE, "ab\nc\nb\nc\n", "M 3 @5 line b<0A>c 0-3\n" },
		{ "b\\nc", SEARCH_MATCH_WORD, "ab\nc\nb\ncc\nb\nc", "M 5 @10 open b<0A>c 0-3\n" },
		{ "a\nb", SEARCH_MATCH_FIXED, "a\nb", "M 1 @0 open a<0A>b 0-3\n" },
		{ "\xC3\xA9\\s\\W", 0, "\xC3\xA9\n\xFF\n", "M 1 @0 line <C3><A9><0A><FF> 0-4\n" },
	};
	const struct search_options o = SEARCH_OPTIONS_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_one(&cases[i], &o);
}

static void test_multiline__posix_patterns_take_the_longest_match(void **state)
{
	static const struct {
		enum search_syntax syntax;
		const char *pattern, *said;
	} cases[] = {
		{ SEARCH_SYNTAX_EXTENDED, "a|a[^x]b", "M 1 @0 line a<0A>b 0-3\n" },
		{ SEARCH_SYNTAX_EXTENDED, "b$|^b[[:space:]]c", "M 2 @2 open b<0A>c 0-3\n" },
		{ SEARCH_SYNTAX_BASIC, "a\\s\\(b\\)", "M 1 @0 line a<0A>b 0-3\n" },
		{ SEARCH_SYNTAX_BASIC, "a\nc$", "M 1 @0 line a 0-1\nM 3 @4 open c 0-1\n" },
	};
	static const char text[] = "a\nb\nc";

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct simple a;
		char *said;

		simple_init(&a, cases[i].pattern, "");
		a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = sizeof(text) - 1 };
		a.options.syntax = cases[i].syntax;
		set_flags(&a.options, SEARCH_MATCH_MULTILINE);
		said = collect_said(&a.options, TAKE_NEXT);
		assert_string_equal(said, cases[i].said);
		free(said);
	}
}

static void test_multiline__a_count_is_of_matches(void **state)
{
	static const struct {
		const char *pattern;
		uint32_t flags;
		uint64_t most, matches;
	} cases[] = {
		{ "a\\nb", 0, 0, 2 },
		{ "a|\\nb", 0, 0, 4 },
		{ "a|\\nb", 0, 3, 3 },
		{ "a|\\nb", SEARCH_MATCH_INVERT, 0, 1 },
		{ "zz\\n", 0, 0, 0 },
	};
	static const char text[] = "a\nb\nc\na\nb\n";

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct simple a;
		const struct search_item *item;
		struct search *s;

		simple_init(&a, cases[i].pattern, "");
		a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = sizeof(text) - 1 };
		a.options.max_matches_per_file = cases[i].most;
		set_flags(&a.options, SEARCH_MATCH_MULTILINE | SEARCH_RESULT_COUNT | cases[i].flags);
		s = open_search(&a.options);
		assert_int_equal(search_next(s, &item), SEARCH_ITEM);
		assert_int_equal(item->kind, SEARCH_ITEM_FILE_END);
		assert_int_equal(item->matches, cases[i].matches);
		search_close(s);
	}
}

/* The limit is on the file, and only matters if the pattern may see beyond a line. */
static void test_multiline__a_larger_file_is_an_error(void **state)
{
	static const struct one cases[] = {
		{ "a\\nb", 0, "a\nb\nc\nd", "M 1 @0 line a<0A>b 0-3\n" },
		{ "a\\nb", 0, "a\nb\nc\ndd", "4 has more than 7 bytes, and a multi-line pattern needs all of them: "
					     "raise max_multiline_bytes\n" },
		{ "a\\nb", SEARCH_RESULT_ALL_LINES, "a\nb\nc\ndd",
		  "4 has more than 7 bytes, and a multi-line pattern needs all of them: raise max_multiline_bytes\n" },
		{ "^b$", 0, "a\nb\nc\ndd", "M 2 @2 line b 0-1\n" },
	};
	struct search_options o = SEARCH_OPTIONS_INIT;

	(void)state;
	o.max_multiline_bytes = 7;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_one(&cases[i], &o);
}

/* The buffer keeps the size that one text needed: the next one may still be in another encoding. */
static void test_multiline__a_large_text_may_be_followed_by_one_in_another_encoding(void **state)
{
	enum { SIZE = 300 << 10 };
	struct search_source sources[2];
	char *text = malloc(SIZE);
	const struct search_item *item;
	struct search *s;
	struct simple a;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < SIZE; i += 2) {
		text[i] = i % 100 == 98 ? '\n' : 'a';
		text[i + 1] = '\0';
	}
	memcpy(text + SIZE - 8, "b\0\n\0c\0\n", 8);
	simple_init(&a, "b\\nc", "");
	for (int i = 0; i < 2; i++)
		sources[i] = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = SIZE };
	a.options.sources = sources;
	a.options.source_count = 2;
	a.options.encoding = "UTF-16LE";
	a.options.workers = SEARCH_NO_WORKERS;
	set_flags(&a.options, SEARCH_MATCH_MULTILINE);
	s = open_search(&a.options);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(search_next(s, &item), 1);
		assert_int_equal(item->kind, SEARCH_ITEM_MATCH);
		assert_int_equal(item->source, i);
	}
	assert_int_equal(search_next(s, &item), 0);
	search_close(s);
	free(text);
}

static void test_multiline__a_long_block_is_delivered_as_a_window(void **state)
{
	static const struct one c = { "c\\n\\s*d|e", 0, "aaaaaaaaaaaaaaaaaaaaac\n d eeeeee eeee eeeee eeee eeeeee eeeee\n",
				      "M 1 @0 line aaaaaac<0A><20>d<20>eeeee 21-25 26-27 27-28 28-29 29-30 30-31 31-32 "
				      "33-34 34-35 35-36 36-37\n" };
	struct search_options o = SEARCH_OPTIONS_INIT;

	(void)state;
	o.max_item_bytes = 16;
	check_one(&c, &o);
}

static void test_multiline__binary_files(void **state)
{
	static const char text[] = "a\nb\n\0c\n";
	static const struct {
		uint32_t flags;
		const char *pattern, *said;
	} cases[] = {
		{ 0, "a\\nb", "3 \n" },
		{ 0, "a\\nc", "" },
		{ SEARCH_MATCH_SKIP_BINARY, "a\\nb", "" },
		{ SEARCH_MATCH_TEXT, "b\\n.c", "M 2 @2 line b<0A><00>c 0-4\n" },
		{ SEARCH_MATCH_TEXT, "[c-e]\\n", "M 3 @4 line <00>c 1-2+\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct simple a;
		char *said;

		simple_init(&a, cases[i].pattern, "");
		a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = sizeof(text) - 1 };
		set_flags(&a.options, SEARCH_MATCH_MULTILINE | cases[i].flags);
		said = collect_said(&a.options, TAKE_NEXT);
		assert_string_equal(said, cases[i].said);
		free(said);
	}
}

/* A large file leaves a large buffer. Of the next one no more is read into that than the decoder has room for. */
static void test_multiline__a_file_is_decoded_after_a_large_one(void **state)
{
	enum { SIZE = 400 * 1000 };
	static const struct { uint32_t flags; const char *encoding; } cases[] = {
		{ 0, "ISO-8859-1" },
		{ SEARCH_MATCH_DECOMPRESS, "UTF-16" },
		{ SEARCH_MATCH_DECOMPRESS, "auto" },
	};
	char *text = malloc(SIZE);

	(void)state;
	memset(text, '\n', SIZE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct transcript cold = { 0 }, after = { 0 };
		struct search_source sources[2];
		struct simple a;

		simple_init(&a, "\\n\\n", "");
		set_flags(&a.options, SEARCH_MATCH_MULTILINE | SEARCH_RESULT_COUNT | cases[i].flags);
		a.options.encoding = cases[i].encoding;
		a.options.workers = SEARCH_NO_WORKERS;
		sources[0] = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .name = "x", .data = text, .size = SIZE };
		sources[1] = sources[0];
		a.options.sources = sources;
		a.options.source_count = 1;
		assert_int_equal(collect(&a.options, TAKE_NEXT, &cold), SEARCH_OK);
		a.options.source_count = 2;
		assert_int_equal(collect(&a.options, TAKE_NEXT, &after), SEARCH_OK);
		assert_true(after.items == 2 * cold.items && cold.items == 1);
		transcript_free(&cold);
		transcript_free(&after);
	}
	free(text);
}

/* The copy that lacks the \r of terminators lies where that of the text before lay, which was longer. */
static void test_multiline__a_return_at_the_end_of_a_text_is_part_of_it(void **state)
{
	static const char longer[] = "ab\r\ncd\r_\n\n\n\n", text[] = "ab\r\ncd\r";
	struct search_source sources[2] = {
		{ .kind = SEARCH_SOURCE_MEMORY, .data = longer, .size = sizeof(longer) - 1 },
		{ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = sizeof(text) - 1 },
	};
	struct simple a;
	char *said;

	(void)state;
	simple_init(&a, "b\\ncd\\r", "");
	a.options.sources = sources;
	a.options.source_count = 2;
	a.options.workers = SEARCH_NO_WORKERS;
	set_flags(&a.options, SEARCH_MATCH_MULTILINE | SEARCH_MATCH_CRLF);
	said = collect_said(&a.options, TAKE_NEXT);
	assert_string_equal(said, "M 1 @0 line ab<0D><0A>cd<0D>_ 1-7\nM 1 @0 open ab<0D><0A>cd<0D> 1-7\n");
	free(said);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_multiline__agrees_with_oniguruma_on_the_whole_text),
		cmocka_unit_test(test_multiline__what_touches_a_line),
		cmocka_unit_test(test_multiline__posix_patterns_take_the_longest_match),
		cmocka_unit_test(test_multiline__a_count_is_of_matches),
		cmocka_unit_test(test_multiline__a_larger_file_is_an_error),
		cmocka_unit_test(test_multiline__a_large_text_may_be_followed_by_one_in_another_encoding),
		cmocka_unit_test(test_multiline__a_long_block_is_delivered_as_a_window),
		cmocka_unit_test(test_multiline__binary_files),
		cmocka_unit_test(test_multiline__a_file_is_decoded_after_a_large_one),
		cmocka_unit_test(test_multiline__a_return_at_the_end_of_a_text_is_part_of_it),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
