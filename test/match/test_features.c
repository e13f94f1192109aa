/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_features.c - what each syntax can do, case by case: the tables of test/data/match hold for each way that a
 * matcher can be forced to take, and for Oniguruma by itself.
 *
 * Oniguruma is asked here without any of the library's code. For the table of disagreements it is asked with the branch
 * (?!), see lib/pattern/onig_bugs.c.
 */
#include "cases.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ONIG_ESCAPE_REGEX_T_COLLISION
#define ONIG_ESCAPE_UCHAR_COLLISION
#include <oniguruma.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "../support/guard.h"
#include "find.h"
#include "oracle.h"
#include "ways.h"

#define SPANS_MAX 1024
#define LINE_MAX_BYTES 4096

static struct guard guard;

/* ---- Oniguruma by itself ---- */

static void join(char *to, size_t size, const char *before, const struct search_pattern *p, const char *behind,
		 size_t *length)
{
	size_t b = strlen(before), n = strlen(behind);

	assert_true(b + p->length + n < size);
	memcpy(to, before, b);
	memcpy(to + b, p->text, p->length);
	memcpy(to + b + p->length, behind, n);
	*length = b + p->length + n;
}

static OnigRegex compile(const struct match_case *c, const char *pattern, size_t length)
{
	OnigOptionType option = (c->flags & SEARCH_MATCH_IGNORE_CASE) != 0 ? ONIG_OPTION_IGNORECASE : ONIG_OPTION_NONE;
	OnigErrorInfo info;
	OnigRegex regex;
	int rc = onig_new(&regex, (const OnigUChar *)pattern, (const OnigUChar *)pattern + length, option,
			  ONIG_ENCODING_UTF8, oracle_syntax(c->syntax), &info);

	if (rc != ONIG_NORMAL)
		fail_msg("%s:%d: Oniguruma refuses it: %d", c->file, c->number, rc);
	return regex;
}

/* The newline ends a comment that the pattern may end in; only under (?x) it is no character of the pattern. */
static OnigRegex compile_amended(const struct match_case *c, const struct search_pattern *p)
{
	bool line = (c->flags & SEARCH_MATCH_LINE) != 0, word = (c->flags & SEARCH_MATCH_WORD) != 0 && !line;
	bool extended = p->length >= 4 && memcmp(p->text, "(?x)", 4) == 0;
	char text[LINE_MAX_BYTES], behind[32];
	size_t length;

	snprintf(behind, sizeof(behind), "%s%s|(?!))", extended ? "\n" : "", line ? ")\\z" : word ? ")(?!\\w)" : ")");
	join(text, sizeof(text), line ? "(?:\\A(?:" : word ? "(?:(?<!\\w)(?:" : "(?:(?:", p, behind, &length);
	return compile(c, text, length);
}

/* The leftmost match of all; if several begin together, that of the pattern given first. */
static bool onig_first(const OnigRegex *regex, const struct match_case *c, size_t from, struct search_span *best)
{
	const OnigUChar *text = (const OnigUChar *)c->text, *end = text + c->length;
	OnigRegion *region = onig_region_new();
	bool found = false;

	for (size_t i = 0; i < c->count; i++) {
		struct search_span s;

		if (onig_search(regex[i], text, end, text + from, end, region, ONIG_OPTION_NONE) < 0)
			continue;
		s.end = (size_t)region->end[0];
		s.begin = (size_t)region->beg[0];
		s.begin = s.begin < from ? from : s.begin > s.end ? s.end : s.begin; /* \K */
		if (!found || s.begin < best->begin)
			*best = s;
		found = true;
	}
	onig_region_free(region, 1);
	return found;
}

static size_t onig_spans(const OnigRegex *regex, const struct match_case *c, struct search_span *spans)
{
	size_t from = 0, last = SIZE_MAX, n = 0;
	struct search_span s;

	while (from <= c->length && n < SPANS_MAX && onig_first(regex, c, from, &s)) {
		if (s.begin != s.end || s.end != last)
			spans[n++] = s;
		last = from = s.end;
		if (s.begin == s.end) /* over one character */
			do
				from++;
			while (from < c->length && ((uint8_t)c->text[from] & 0xC0) == 0x80);
	}
	return n;
}

/* ---- a case ---- */

static void expect(const struct match_case *c, const char *way, const struct search_span *spans, size_t count)
{
	char got[8192];

	case_format_spans(got, sizeof(got), spans, count);
	case_expect(c, way, got);
}

static void check_oniguruma(const struct match_case *c, bool amended)
{
	OnigRegex regex[CASE_PATTERNS];
	struct search_span spans[SPANS_MAX];
	size_t n;

	for (size_t i = 0; i < c->count; i++)
		regex[i] = amended ? compile_amended(c, &c->patterns[i]) :
				     compile(c, c->patterns[i].text, c->patterns[i].length);
	n = onig_spans(regex, c, spans);
	for (size_t i = 0; i < c->count; i++)
		onig_free(regex[i]);
	expect(c, "Oniguruma", spans, n);
}

static void check_spans(const struct match_case *c, const char *way, struct ps_finder *f, const uint8_t *text)
{
	const struct search_span *spans;
	size_t count;

	if (ps_find_spans(f, text, c->length, SIZE_MAX, &spans, &count) != SEARCH_OK)
		fail_msg("%s:%d, %s: undecided", c->file, c->number, way);
	expect(c, way, spans, count);
}

/* The line after empty ones, in a text that ends with its newline, or without. */
static void check_line(const struct match_case *c, const char *way, struct ps_finder *f, bool newline)
{
	bool wanted = strcmp(c->expected, "none") != 0 && c->length + newline > 0;
	size_t begin = 3, length = begin + c->length + newline;
	struct ps_line line = { 0, 0 };
	uint8_t text[LINE_MAX_BYTES];
	int rc;

	assert_true(length < sizeof(text));
	memset(text, '\n', begin);
	memcpy(text + begin, c->text, c->length);
	text[begin + c->length] = '\n';
	ps_finder_forget(f);
	rc = find_line(f, guard_at_end(&guard, text, length), begin, length, &line);
	if (rc != (wanted ? PS_FOUND : PS_NONE) || (wanted && (line.begin != begin || line.end != begin + c->length)))
		fail_msg("%s:%d, %s: ps_find_line answers %d, %zu-%zu", c->file, c->number, way, rc, line.begin, line.end);
}

/* A way to look for the patterns; `another` is one more pattern, which no text holds. */
struct way {
	const char *name;
	uint32_t avoid;
	size_t words, memory;
	bool another;
};

static void check_way(const struct match_case *c, const struct way *way, uint32_t cpu)
{
	static const struct search_pattern another = { .text = "\x7F@\x7F", .length = 3 };
	struct search_pattern p[CASE_PATTERNS + 1];
	struct ps_match_options options = {
		.patterns = p, .count = c->count, .flags = c->flags, .syntax = c->syntax, .cpu = cpu,
		.avoid = way->avoid, .words = way->words, .memory = way->memory,
	};
	struct search_error error = { .message = "" };
	struct ps_matcher *m;
	struct ps_finder *f;

	memcpy(p, c->patterns, c->count * sizeof(*p));
	if (way->another)
		p[options.count++] = another;
	if (ps_matcher_new(&m, &options, &error) != SEARCH_OK)
		fail_msg("%s:%d, %s: %s", c->file, c->number, way->name, error.message);
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	check_spans(c, way->name, f, guard_at_end(&guard, c->text, c->length));
	check_spans(c, way->name, f, guard_at_begin(&guard, c->text, c->length));
	check_line(c, way->name, f, true);
	check_line(c, way->name, f, false);
	ps_finder_free(f);
	ps_matcher_free(m);
}

static void check_case(const struct match_case *c)
{
	static const struct way ways[] = {
		MATCHER_WAYS,
		{ .name = "several", .another = true },
		{ .name = "several, spans without Oniguruma", .another = true, .avoid = PS_AVOID_ONIGURUMA },
		{ .name = "words and others", .another = true, .words = 1 },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		check_way(c, &ways[i], ps_cpu_features());
		check_way(c, &ways[i], 0);
	}
}

static void plain_case(const struct match_case *c)
{
	check_oniguruma(c, false);
	check_case(c);
}

static void amended_case(const struct match_case *c)
{
	check_oniguruma(c, true);
	check_case(c);
}

/* ---- the tables ---- */

static void test_features__oniguruma(void **state)
{
	(void)state;
	assert_true(each_case("oniguruma.txt", plain_case) > 400);
}

static void test_features__perl(void **state)
{
	(void)state;
	assert_true(each_case("perl.txt", plain_case) > 70);
}

/* Oniguruma 6.9.8 would read them as something else, see lib/onig/onig.c. */
static void test_features__perl_calls_are_refused(void **state)
{
	static const char *const patterns[] = { "(a)(?1)", "a(?R)?b", "(?<n>a)(?&n)", "(a)(?-1)", "(?+1)(a)" };

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct search_pattern p = { .text = patterns[i], .length = strlen(patterns[i]) };
		struct ps_match_options options = { .patterns = &p, .count = 1, .syntax = SEARCH_SYNTAX_PERL };
		struct ps_matcher *m;

		if (ps_matcher_new(&m, &options, NULL) != SEARCH_EPATTERN)
			fail_msg("%s is not refused", patterns[i]);
	}
}

static void test_features__python(void **state)
{
	(void)state;
	assert_true(each_case("python.txt", plain_case) > 70);
}

static void test_features__disagreements(void **state)
{
	(void)state;
	assert_true(each_case("disagreements.txt", amended_case) > 100);
}

/* Patterns that Oniguruma is given in other words. */
static void test_features__bytes(void **state)
{
	(void)state;
	assert_true(each_case("bytes.txt", check_case) > 100);
}

static int set_up(void **state)
{
	OnigEncoding encoding = ONIG_ENCODING_UTF8;

	(void)state;
	onig_initialize(&encoding, 1);
	guard_open(&guard, 2 * (size_t)LINE_MAX_BYTES);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	guard_close(&guard);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_features__oniguruma),
		cmocka_unit_test(test_features__perl),
		cmocka_unit_test(test_features__perl_calls_are_refused),
		cmocka_unit_test(test_features__python),
		cmocka_unit_test(test_features__disagreements),
		cmocka_unit_test(test_features__bytes),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
