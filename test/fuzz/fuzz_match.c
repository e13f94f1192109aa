/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_match.c - any patterns on any text: compares the lines and spans that one way finds with those that Oniguruma
 * finds, line by line; where matches may reach over line ends, the matches in the whole text. What is found, or given
 * up, must hold the trigrams that the patterns are said to require, or a warm tree would leave the file out.
 *
 * libFuzzer: -max_len=256 -timeout=120 -dict=test/fuzz/patterns.dict
 *
 * An input is three bytes that say how to search, the patterns with FF between them, a NUL, and the text:
 *
 *   0  bit 0-3  SEARCH_MATCH_IGNORE_CASE, _WORD, _LINE, _FIXED
 *      bit 4-5  1: SEARCH_MATCH_CRLF, 2: _MULTILINE, 3: _MULTILINE and _DOT_NEWLINE
 *      bit 6    no vectors
 *      bit 7    one more pattern, which is in no text
 *   1  bit 0-7  what to avoid: `avoid` below
 *   2  bit 0-2  the syntax
 *      bit 3    strings become a dictionary, however few
 *      bit 4    no memory for the automaton's states
 *      bit 5    the text comes in two pieces
 *      bit 6    only the spans that begin close to the first one
 *      bit 7    groups are wanted
 *
 * SEARCH_MATCH_INVERT does not concern the matcher. If Oniguruma gives up on a line, that line is not compared. In
 * POSIX syntax the longest match counts, and a repeat may go through rounds without a character: Oniguruma knows
 * neither, so that the second opinion is that of the automaton and of the simulation, without strings.
 */
#include "fuzz.h"

#include "../../lib/prefilter/trigrams.h"
#include "../match/find.h"

enum {
	HEAD = 3,
	PATTERNS = 8,
	LINES = 512,
	SPANS = 4096,
	SYNTAXES = SEARCH_SYNTAX_EXTENDED + 1,
	CLOSE = 3
};

#define WITHOUT_STRINGS (PS_AVOID_STRINGS | PS_AVOID_STREAMS | PS_AVOID_BACKTRACKING | PS_AVOID_SPAN_DFA)

struct input {
	struct search_pattern patterns[PATTERNS + 1];
	size_t count;
	const uint8_t *text;
	size_t length;
	uint8_t how[HEAD];
};

/* What is known of a line, and where its spans are among those of the text. */
struct verdict {
	size_t begin, end;
	int found; /* PS_FOUND, PS_NONE or PS_UNDECIDED */
	int rc;    /* of the spans */
	size_t first, count;
};

struct verdicts {
	struct verdict line[LINES];
	size_t count;
	struct search_span spans[SPANS];
	size_t span_count;
	bool full; /* there are more spans than there is room for: they are not compared */
};

static bool has(const struct input *in, int byte, int bit)
{
	return (in->how[byte] >> bit & 1) != 0;
}

/* False: the input is too short, or has too much of something. */
static bool take_apart(struct input *in, const uint8_t *data, size_t size)
{
	const uint8_t *p = data + HEAD, *zero = size > HEAD ? memchr(p, '\0', size - HEAD) : NULL;
	size_t lines = 1;

	if (zero == NULL)
		return false;
	*in = (struct input){ .text = zero + 1,
			      .length = size - (size_t)(zero + 1 - data),
			      .how = { data[0], data[1], data[2] } };
	for (size_t i = 0; i < in->length; i++)
		lines += in->text[i] == '\n';
	for (bool more = true; more && in->count < PATTERNS;) {
		const uint8_t *end = memchr(p, 0xFF, (size_t)(zero - p));

		more = end != NULL;
		end = more ? end : zero;
		in->patterns[in->count++] =
			(struct search_pattern){ .text = (const char *)p, .length = (size_t)(end - p) };
		p = end + 1;
	}
	if (has(in, 0, 7))
		in->patterns[in->count++] = (struct search_pattern){ .text = "\x7F\x01@", .length = 3 };
	return lines <= LINES;
}

static struct ps_match_options options_of(const struct input *in)
{
	static const uint32_t flags[] = { SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE,
					  SEARCH_MATCH_FIXED };
	static const uint32_t lines[] = { 0, SEARCH_MATCH_CRLF, SEARCH_MATCH_MULTILINE,
					  SEARCH_MATCH_MULTILINE | SEARCH_MATCH_DOT_NEWLINE };
	static const uint32_t avoid[] = { PS_AVOID_STRINGS, PS_AVOID_AUTOMATON, PS_AVOID_ONIGURUMA, PS_AVOID_STREAMS,
					  PS_AVOID_BACKTRACKING, PS_AVOID_SPAN_DFA, PS_AVOID_BORDERS | PS_AVOID_ORDER,
					  PS_AVOID_WEIGHING };
	struct ps_match_options o = {
		.patterns = in->patterns, .count = in->count, .cpu = ps_cpu_features(), .trigrams = true
	};

	for (int i = 0; i < 4; i++)
		o.flags |= has(in, 0, i) ? flags[i] : 0;
	o.flags |= lines[in->how[0] >> 4 & 3];
	o.syntax = (in->how[2] & 7) % SYNTAXES;
	o.cpu = has(in, 0, 6) ? 0 : o.cpu;
	for (int i = 0; i < 8; i++)
		o.avoid |= has(in, 1, i) ? avoid[i] : 0;
	if (o.syntax >= SEARCH_SYNTAX_BASIC)
		o.avoid &= ~PS_AVOID_AUTOMATON; /* or Oniguruma's spans are taken */
	o.words = has(in, 2, 3) ? 1 : 0;
	o.memory = has(in, 2, 4) ? 1 : 0;
	o.groups = has(in, 2, 7);
	return o;
}

static size_t reach_of(const struct input *in)
{
	return has(in, 2, 6) ? CLOSE : SIZE_MAX;
}

/* ---- what a way finds ---- */

static void list_lines(struct verdicts *v, const struct input *in, struct ps_lines lines)
{
	for (size_t from = 0; from < in->length;) {
		struct verdict *line = &v->line[v->count++];

		*line = (struct verdict){ .begin = from, .end = ps_line_end(lines, in->text, from, in->length) };
		from = line->end + ps_line_terminator(lines, in->text, line->end, in->length);
		if (from == line->end)
			return;
	}
}

/* The groups of all spans lie within the line, or within the text; one that took no part has no place. */
static void check_groups(const struct ps_finder *f, const struct search_span *spans, size_t count, size_t length)
{
	size_t all;
	const struct search_group *groups = ps_found_groups(f, &all);

	for (size_t i = 0; i < count; i++)
		FUZZ_CHECK(spans[i].first_group <= all && (i == 0 || spans[i].first_group >= spans[i - 1].first_group));
	for (size_t i = 0; i < all; i++)
		FUZZ_CHECK((groups[i].begin == SEARCH_NO_GROUP && groups[i].end == SEARCH_NO_GROUP) ||
			   (groups[i].begin <= groups[i].end && groups[i].end <= length));
}

static void find_spans(struct verdicts *v, struct verdict *line, struct ps_finder *f, const struct input *in)
{
	const struct search_span *spans;

	line->rc =
		ps_find_spans(f, in->text + line->begin, line->end - line->begin, reach_of(in), &spans, &line->count);
	line->first = v->span_count;
	if (line->rc != SEARCH_OK)
		return;
	check_groups(f, spans, line->count, line->end - line->begin);
	if (line->count > SPANS - v->span_count) {
		v->full = true;
		line->count = 0;
		return;
	}
	if (line->count > 0)
		memcpy(v->spans + v->span_count, spans, line->count * sizeof(*spans));
	v->span_count += line->count;
}

/* Goes from v->line[*i] to `limit`, where a line begins. */
static void find_lines(struct verdicts *v, size_t *i, struct ps_finder *f, const struct input *in, size_t limit)
{
	struct ps_line line = { 0, 0 };
	int rc;

	while (*i < v->count && v->line[*i].begin < limit) {
		rc = find_line(f, in->text, v->line[*i].begin, limit, &line);
		if (rc == SEARCH_ENOMEM) {
			v->line[(*i)++].found = PS_UNDECIDED;
			continue;
		}
		while (*i < v->count && v->line[*i].begin < (rc == PS_NONE ? limit : line.begin))
			v->line[(*i)++].found = PS_NONE;
		if (rc == PS_NONE)
			continue;
		if (*i == v->count || v->line[*i].begin != line.begin || v->line[*i].end != line.end)
			abort(); /* no line of the text */
		v->line[(*i)++].found = rc;
	}
}

/* What is found or given up holds the trigrams that are required. */
static void check_condition(const struct verdicts *v, const struct ps_matcher *m, const struct input *in)
{
	const struct ps_condition *c = ps_matcher_condition(m);
	bool holds = true;

	for (size_t i = 0; c != NULL && i < v->count; i++) {
		const struct verdict *line = &v->line[i];

		if (line->found == PS_NONE)
			continue;
		if (ps_condition_holds(c, in->text + line->begin, line->end - line->begin, &holds) != SEARCH_OK)
			abort();
		FUZZ_CHECK(holds);
	}
}

static void judge_lines(struct verdicts *v, struct ps_finder *f, const struct input *in, struct ps_lines lines,
			bool pieces)
{
	size_t i = 0;

	list_lines(v, in, lines);
	if (pieces && v->count > 1) {
		find_lines(v, &i, f, in, v->line[v->count / 2].begin);
		ps_finder_forget(f);
	}
	find_lines(v, &i, f, in, in->length);
	for (i = 0; i < v->count; i++)
		if (v->line[i].found == PS_FOUND)
			find_spans(v, &v->line[i], f, in);
}

/* The whole text counts as one line. */
static void judge_text(struct verdicts *v, struct ps_finder *f, const struct input *in)
{
	struct verdict *text = &v->line[0];
	struct search_span span = { 0 };
	int rc = PS_NONE;

	v->count = 1;
	*text = (struct verdict){ .end = in->length, .found = PS_NONE, .rc = SEARCH_OK };
	if (ps_finder_begin_text(f, in->text, in->length) != SEARCH_OK)
		abort();
	while ((rc = ps_find_match(f, &span)) == PS_FOUND || rc == PS_PAUSED) {
		if (rc == PS_PAUSED)
			continue;
		FUZZ_CHECK(span.begin <= span.end && span.end <= in->length);
		v->full |= text->count == SPANS;
		if (!v->full)
			v->spans[text->count++] = span;
		text->found = PS_FOUND;
	}
	text->found = rc == PS_NONE ? text->found : PS_UNDECIDED;
	ps_finder_end_text(f);
}

/* Fills *v. False: the patterns are refused. */
static bool judge(struct verdicts *v, const struct input *in, const struct ps_match_options *options, bool pieces)
{
	struct ps_matcher *m;
	struct ps_finder *f;
	size_t length;
	char said[256];

	if (ps_matcher_new(&m, options, NULL) != SEARCH_OK)
		return false;
	if (ps_matcher_explain(m, true, NULL, said, sizeof(said), &length) != SEARCH_OK || strlen(said) > length ||
	    ps_finder_new(&f, m) != SEARCH_OK)
		abort();
	v->count = v->span_count = 0;
	v->full = false;
	if (ps_matcher_is_whole(m))
		judge_text(v, f, in);
	else
		judge_lines(v, f, in, ps_lines_of(options->flags & ~(uint32_t)SEARCH_MATCH_MULTILINE), pieces);
	check_condition(v, m, in);
	ps_finder_free(f);
	ps_matcher_free(m);
	return true;
}

static bool same_span(const struct search_span *a, const struct search_span *b)
{
	return a->begin == b->begin && a->end == b->end && a->pattern == b->pattern;
}

static void compare_spans(const struct verdicts *a, const struct verdicts *b, size_t i)
{
	const struct verdict *x = &a->line[i], *y = &b->line[i];

	if (x->found != PS_FOUND || x->rc != SEARCH_OK || y->rc != SEARCH_OK || a->full || b->full)
		return;
	FUZZ_CHECK(x->count == y->count);
	for (size_t k = 0; k < x->count; k++)
		FUZZ_CHECK(same_span(&a->spans[x->first + k], &b->spans[y->first + k]));
}

static void compare(const struct verdicts *a, const struct verdicts *b)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct verdict *x = &a->line[i], *y = &b->line[i];

		if (x->found == PS_UNDECIDED || y->found == PS_UNDECIDED)
			continue;
		FUZZ_CHECK(x->found == y->found);
		compare_spans(a, b, i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct verdicts some, plain;
	struct ps_match_options options;
	struct input in;
	bool opened;

	if (!take_apart(&in, data, size))
		return 0;
	options = options_of(&in);
	opened = judge(&some, &in, &options, has(&in, 2, 5));
	options.avoid = options.syntax < SEARCH_SYNTAX_BASIC ? PS_AVOID_ALL : WITHOUT_STRINGS;
	options.words = options.memory = 0;
	options.groups = options.trigrams = false;
	FUZZ_CHECK(judge(&plain, &in, &options, false) == opened);
	if (opened)
		compare(&some, &plain);
	return 0;
}
