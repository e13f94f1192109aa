/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_match.c - the cases of test/data/match, with each byte kernel that runs here and with the text at the edges of
 * unreadable memory; and what does not fit a table.
 */
#include "cases.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "../support/guard.h"
#include "../support/scale.h"
#include "find.h"

static struct guard guard;

static struct ps_matcher *matcher_of(const struct ps_match_options *options)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct ps_matcher *m;

	if (ps_matcher_new(&m, options, &error) != SEARCH_OK)
		fail_msg("%s", error.message);
	return m;
}

static struct ps_matcher *matcher_by(const struct search_pattern *patterns, size_t count, uint32_t flags,
				     uint32_t cpu, uint32_t avoid)
{
	const struct ps_match_options options = {
		.patterns = patterns, .count = count, .flags = flags, .cpu = cpu, .avoid = avoid,
	};

	return matcher_of(&options);
}

static struct ps_matcher *matcher(const struct search_pattern *patterns, size_t count, uint32_t flags,
				  uint32_t cpu)
{
	return matcher_by(patterns, count, flags, cpu, 0);
}

/* According to Oniguruma alone. */
static struct ps_matcher *plain(const char *pattern, uint32_t flags)
{
	struct search_pattern p = { .text = pattern, .length = strlen(pattern) };

	return matcher_by(&p, 1, flags, ps_cpu_features(), PS_AVOID_ALL);
}

static struct ps_matcher *one(const char *pattern, uint32_t flags)
{
	struct search_pattern p = { .text = pattern, .length = strlen(pattern) };

	return matcher(&p, 1, flags, UINT32_MAX & ps_cpu_features());
}

static struct ps_finder *finder(const struct ps_matcher *m)
{
	struct ps_finder *f;

	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	return f;
}

/* ---- the cases ---- */

static void check_spans(const struct match_case *c, struct ps_finder *f, const char *where, const uint8_t *text)
{
	const struct search_span *spans;
	char got[1024];
	size_t count;
	int rc = ps_find_spans(f, text, c->length, SIZE_MAX, &spans, &count);

	case_format_spans(got, sizeof(got), spans, count);
	case_expect(c, where, rc == SEARCH_OK ? got : "undecided");
	if (rc != SEARCH_OK)
		assert_true(rc == PS_UNDECIDED && strlen(ps_finder_reason(f)) > 0);
}

static int wanted_line(const struct match_case *c)
{
	return strcmp(c->expected, "none") == 0 ? PS_NONE :
	       strcmp(c->expected, "undecided") == 0 ? PS_UNDECIDED : PS_FOUND;
}

/* The line, with others before and after it that neither match nor are valid UTF-8. */
static void check_line(const struct match_case *c, struct ps_finder *f, bool newline, bool plainly)
{
	uint8_t text[4096];
	struct ps_line line = { 0, 0 };
	size_t begin = 3;
	uint8_t *at;
	int rc, want = wanted_line(c);

	text[0] = text[1] = text[2] = '\n';
	memcpy(text + begin, c->text, c->length);
	text[begin + c->length] = '\n';
	at = guard_at_end(&guard, text, begin + c->length + newline);
	ps_finder_forget(f);
	rc = find_line(f, at, begin, begin + c->length + newline, &line);
	if (want == PS_UNDECIDED && !plainly)
		return; /* an automaton may know */
	if (c->length + newline == 0)
		want = PS_NONE; /* no line at all */
	if (rc != want)
		fail_msg("%s:%d: ps_find_line answers %d, not %d", c->file, c->number, rc, want);
	if (rc != PS_NONE) {
		assert_int_equal(line.begin, begin);
		assert_int_equal(line.end, begin + c->length);
	}
}

static void check_refused(const struct match_case *c, uint32_t cpu)
{
	struct ps_match_options options = {
		.patterns = c->patterns, .count = c->count, .flags = c->flags, .syntax = c->syntax, .cpu = cpu,
	};

	case_check_refused(c, &options);
}

static void run_case_on(const struct match_case *c, uint32_t cpu, uint32_t avoid)
{
	const struct ps_match_options options = {
		.patterns = c->patterns, .count = c->count, .flags = c->flags, .syntax = c->syntax, .cpu = cpu,
		.avoid = avoid,
	};
	struct ps_matcher *m;
	struct ps_finder *f;

	if (strncmp(c->expected, "error:", 6) == 0) {
		check_refused(c, cpu);
		return;
	}
	m = matcher_of(&options);
	f = finder(m);
	check_spans(c, f, "at the end", guard_at_end(&guard, c->text, c->length));
	check_spans(c, f, "at the begin", guard_at_begin(&guard, c->text, c->length));
	check_line(c, f, true, avoid == PS_AVOID_ALL);
	check_line(c, f, false, avoid == PS_AVOID_ALL);
	ps_finder_free(f);
	ps_matcher_free(m);
}

static void run_case(const struct match_case *c)
{
	/* These take long, and Oniguruma works alike whatever is tried before: so only with all of it, and with none. */
	if (strcmp(c->expected, "undecided") == 0) {
		run_case_on(c, ps_cpu_features(), 0);
		run_case_on(c, 0, PS_AVOID_ALL);
		return;
	}
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t avoid = i < 8 ? i : PS_AVOID_BACKTRACKING | (i - 8);

		run_case_on(c, ps_cpu_features(), avoid);
		run_case_on(c, 0, avoid);
	}
}

static void test_match__cases(void **state)
{
	static const char *const files[] = { "basic.txt", "wraps.txt", "invalid.txt", "errors.txt", "syntaxes.txt" };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_true(each_case(files[i], run_case) > 10);
}

/* ---- strategies ---- */

static void expect_strategy(const char *pattern, uint32_t flags, const char *want)
{
	struct ps_matcher *m = one(pattern, flags);

	if (strcmp(want, "streams") == 0 && !ps_simd_pick(ps_cpu_features())->classifies)
		want = "automaton";
	if (strcmp(ps_matcher_strategy(m), want) != 0)
		fail_msg("%s: %s, not %s", pattern, ps_matcher_strategy(m), want);
	assert_non_null(ps_matcher_simd(m));
	ps_matcher_free(m);
}

static void test_match__strategy(void **state)
{
	static const struct search_pattern two[] = { { .text = "xy", .length = 2 }, { .text = "qz", .length = 2 } };
	static const struct {
		const char *pattern;
		uint32_t flags;
		const char *strategy;
	} row[] = {
		{ "PM_RESUME", 0, "literal" },
		{ "#include <", 0, "literal" },
		{ "a.b", SEARCH_MATCH_FIXED, "literal" },
		{ "a\nb", SEARCH_MATCH_FIXED, "nothing" },
		{ "", 0, "everything" },
		{ "foo|bar", 0, "literals" },
		{ "fo(?:x|y)", 0, "literals" },
		{ "foo", SEARCH_MATCH_WORD, "filter" },
		{ "foo", SEARCH_MATCH_LINE, "literals" },
		{ "foo", SEARCH_MATCH_LINE | SEARCH_MATCH_CRLF, "filter" },
		{ "^foo", SEARCH_MATCH_CRLF, "literals" },
		{ "^foo|bar$", 0, "literals" },
		{ "^(?:foo|x+)$", 0, "automaton" },
		{ "^foo", SEARCH_MATCH_WORD, "filter" },
		{ "^foo", SEARCH_MATCH_NUL_LINES, "filter" },
		{ "^foo[0-9]$|qu*x$", 0, "filter" },
		{ "foo[0-9]+", 0, "filter" },
		{ "(foo)\\1", 0, "filter" },
		{ "(?=x)foo", 0, "filter" },
		{ "a.b", 0, "streams" },
		{ "\\w{5}\\s+\\w{5}", 0, "streams" },
		{ "[A-Z]+_[0-9]+", 0, "streams" },
		{ "\\w+\\s", 0, "automaton" },
		{ "^$", 0, "literals" },
		{ "^$", SEARCH_MATCH_CRLF, "automaton" },
		{ "", SEARCH_MATCH_LINE, "literals" },
		{ "(.)\\1", 0, "automaton" },
	};
	struct ps_matcher *m;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		expect_strategy(row[i].pattern, row[i].flags, row[i].strategy);
	m = plain("foo[0-9]+", 0);
	assert_string_equal(ps_matcher_strategy(m), "oniguruma");
	ps_matcher_free(m);
	m = matcher(two, 2, 0, 0);
	assert_string_equal(ps_matcher_strategy(m), "literals");
	ps_matcher_free(m);
	m = matcher(two, 2, SEARCH_MATCH_WORD, 0);
	assert_string_equal(ps_matcher_strategy(m), "filter");
	ps_matcher_free(m);
}

static void test_match__strategy_in_every_syntax(void **state)
{
	static const struct {
		struct search_pattern pattern;
		const char *strategy;
	} row[] = {
		{ { .text = "foo", .length = 3 }, "literal" },
		{ { .text = "fo(?:x|y)", .length = 9 }, "literals" },
		{ { .text = "foo[0-9]+", .length = 9 }, "filter" },
		{ { .text = "(foo)\\1", .length = 7 }, "filter" },
		{ { .text = "\\w+\\s", .length = 5 }, "automaton" },
		{ { .text = "(?=a).", .length = 6 }, "automaton" },
	};

	(void)state;
	for (uint32_t syntax = 0; syntax <= SEARCH_SYNTAX_PYTHON; syntax++)
		for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
			struct ps_match_options options = { .patterns = &row[i].pattern, .count = 1, .syntax = syntax };
			struct ps_matcher *m = matcher_of(&options);

			assert_string_equal(ps_matcher_strategy(m), row[i].strategy);
			ps_matcher_free(m);
		}
}

static void test_match__no_patterns_match_nothing(void **state)
{
	struct ps_matcher *m = matcher(NULL, 0, 0, 0);
	struct ps_finder *f = finder(m);
	const struct search_span *spans;
	struct ps_line line;
	size_t count;

	(void)state;
	assert_string_equal(ps_matcher_strategy(m), "nothing");
	assert_int_equal(find_line(f, (const uint8_t *)"a\n", 0, 2, &line), PS_NONE);
	assert_int_equal(ps_find_spans(f, (const uint8_t *)"a", 1, SIZE_MAX, &spans, &count), SEARCH_OK);
	assert_int_equal(count, 0);
	ps_finder_free(f);
	ps_matcher_free(m);
	ps_finder_free(NULL);
	ps_matcher_free(NULL);
}

/* Each character by itself, between others: what is a string to us must be one to Oniguruma. */
static void test_match__what_is_a_literal_means_itself(void **state)
{
	(void)state;
	for (int c = 1; c < 0x80; c++) {
		char text[4] = { 'x', (char)c, 'y', '\0' };
		struct ps_matcher *literal, *forced;
		struct ps_finder *f;
		const struct search_span *spans;
		struct search_pattern two[2] = { { .text = text, .length = 3 }, { .text = "z(?!)", .length = 5 } };
		size_t count;

		literal = one(text, SEARCH_MATCH_FIXED);
		if (c != '\n')
			assert_string_equal(ps_matcher_strategy(literal), "literal");
		ps_matcher_free(literal);
		/* WORD goes through Oniguruma with the string escaped */
		forced = matcher(two, 1, SEARCH_MATCH_FIXED | SEARCH_MATCH_WORD, 0);
		f = finder(forced);
		assert_int_equal(ps_find_spans(f, (const uint8_t *)text, 3, SIZE_MAX, &spans, &count), SEARCH_OK);
		assert_int_equal(count, c == '\n' ? 0 : 1);
		ps_finder_free(f);
		ps_matcher_free(forced);
		if (strchr("\\^$.|?*+()[]{}", c) != NULL || c == '\n')
			continue;
		forced = matcher(two, 1, SEARCH_MATCH_LINE, 0); /* not escaped */
		f = finder(forced);
		assert_int_equal(ps_find_spans(f, (const uint8_t *)text, 3, SIZE_MAX, &spans, &count), SEARCH_OK);
		assert_int_equal(count, 1);
		ps_finder_free(f);
		ps_matcher_free(forced);
	}
}

/* ---- lines ---- */

static void test_match__lines_of_a_text(void **state)
{
	static const char text[] = "one\ntwo foo\n\nfoo\nthree\nfoo";
	static const char *const patterns[] = { "foo", "fo[o]", "\\bfoo" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct ps_matcher *m = one(patterns[i], 0);
		struct ps_finder *f = finder(m);
		size_t length = sizeof(text) - 1;
		const uint8_t *p = guard_at_end(&guard, text, length);
		struct ps_line line;

		assert_int_equal(find_line(f, p, 0, length, &line), PS_FOUND);
		assert_true(line.begin == 4 && line.end == 11);
		assert_int_equal(find_line(f, p, 12, length, &line), PS_FOUND);
		assert_true(line.begin == 13 && line.end == 16);
		assert_int_equal(find_line(f, p, 17, length, &line), PS_FOUND);
		assert_true(line.begin == 23 && line.end == 26);
		assert_int_equal(find_line(f, p, 17, 23, &line), PS_NONE);
		assert_int_equal(find_line(f, p, 26, 26, &line), PS_NONE);
		assert_int_equal(find_line(f, NULL, 0, 0, &line), PS_NONE);
		ps_finder_free(f);
		ps_matcher_free(m);
	}
}

static void test_match__no_match_crosses_a_line(void **state)
{
	static const struct { const char *pattern; uint32_t flags; } row[] = {
		{ "b\nc", SEARCH_MATCH_FIXED }, { "b\\nc", 0 }, { "b\\sc", 0 }, { "b[^x]c", 0 }, { "(?m)b.c", 0 },
		{ "b\xE3\x81\x82", 0 },
	};
	static const char text[] = "ab\ncd\nb\xE3\n\x81\x82\n";

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct ps_matcher *m = one(row[i].pattern, row[i].flags);
		struct ps_finder *f = finder(m);
		struct ps_line line;

		assert_int_equal(find_line(f, (const uint8_t *)text, 0, sizeof(text) - 1, &line), PS_NONE);
		ps_finder_free(f);
		ps_matcher_free(m);
	}
}

static void test_match__invalid_line_among_many(void **state)
{
	size_t length = 300000, bad = 131000;
	uint8_t *text = malloc(length);
	struct ps_matcher *m = one("^.x.$", 0);
	struct ps_finder *f = finder(m);
	struct ps_line line;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < length; i++)
		text[i] = i % 4 == 3 ? '\n' : 'a';
	text[bad] = 0xE3; /* 131000 % 4 is 0 */
	text[bad + 1] = 'x';
	assert_int_equal(find_line(f, text, 0, length, &line), PS_FOUND);
	assert_int_equal(line.begin, bad);
	text[bad + 8] = 0xC3; /* and a character cut by the line's end */
	text[bad + 9] = 'x';
	text[bad + 10] = 0xC3;
	ps_finder_forget(f);
	assert_int_equal(find_line(f, text, bad + 4, length, &line), PS_FOUND);
	assert_int_equal(line.begin, bad + 8);
	free(text);
	ps_finder_free(f);
	ps_matcher_free(m);
}

static void test_match__error_names_the_place(void **state)
{
	struct search_pattern p[2] = { { .text = "ab", .length = 2 }, { .text = "a\xFF", .length = 2 } };
	struct ps_match_options options = { .patterns = p, .count = 2 };
	struct search_error error = SEARCH_ERROR_INIT;
	struct ps_matcher *m;

	(void)state;
	assert_int_equal(ps_matcher_new(&m, &options, &error), SEARCH_EPATTERN);
	assert_int_equal(error.index, 1);
	assert_int_equal(error.offset, 1);
	p[1] = (struct search_pattern){ .text = "a\\p{Foo}", .length = 8 };
	assert_int_equal(ps_matcher_new(&m, &options, &error), SEARCH_EPATTERN);
	assert_int_equal(error.offset, 4);
	p[1] = (struct search_pattern){ .text = "a(", .length = 2 };
	assert_int_equal(ps_matcher_new(&m, &options, &error), SEARCH_EPATTERN);
	assert_int_equal(error.offset, 1);
}

static void refuse_unread(size_t length, uint32_t syntax, uint32_t flags)
{
	struct search_pattern p[2] = { { .text = "a", .length = 1 },
				       { .text = (const char *)guard_at_end(&guard, "x", 1), .length = length } };
	struct ps_match_options options = { .patterns = p, .count = 2, .flags = flags, .syntax = syntax };
	struct search_error error = SEARCH_ERROR_INIT;
	struct ps_matcher *m;

	assert_int_equal(ps_matcher_new(&m, &options, &error), SEARCH_EPATTERN);
	assert_int_equal(error.index, 1);
	assert_non_null(strstr(error.message, "longer than 64 MiB"));
}

/* A length that no pattern may have is refused before any byte is read: there may be none. */
static void test_match__a_length_beyond_the_limit_is_refused_unread(void **state)
{
	static const size_t lengths[] = { ((size_t)64 << 20) + 1, (size_t)65 << 20, SIZE_MAX / 2, SIZE_MAX };
	static const uint32_t flags[] = { 0, SEARCH_MATCH_FIXED, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE | SEARCH_MATCH_IGNORE_CASE,
					  SEARCH_MATCH_CRLF, SEARCH_MATCH_NUL_LINES };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (size_t j = 0; j < sizeof(flags) / sizeof(flags[0]); j++)
			for (uint32_t syntax = 0; syntax <= SEARCH_SYNTAX_EXTENDED; syntax++)
				refuse_unread(lengths[i], syntax, flags[j]);
}

/* Also if Oniguruma was given the pattern in other words (lib/pattern/rewrite.c). */
static void test_match__error_names_the_place_in_the_pattern_given(void **state)
{
	static const struct {
		const char *pattern;
		uint32_t syntax;
		size_t offset;
	} row[] = {
		{ "\\p{Foo}\\xff", 0, 3 },
		{ "\\xff\\p{Foo}", 0, 7 },
		{ "a\\xffb\\xfec\\p{Foo}", 0, 14 },
		{ "[\\xff][\\xc3\\xa9]\\p{Foo}", 0, 19 },
		{ "(?x)\\xc3 \\xa9\\p{Foo}", 0, 16 },
		{ "\\xff\\g<foo>", 0, 7 },
		{ "\\xffa[b-\\xff][\\xff-\\xfe\\x{e9}-\\xff]", 0, 23 },
		{ "(?P<x>a)(?P=foo)", SEARCH_SYNTAX_PERL, 12 },
		{ "(?P<x>a)(?P=x)(?P>foo)", SEARCH_SYNTAX_PERL, 18 },
		{ "(?P<x>a)(?P=x)\\xe9\\p{Foo}", SEARCH_SYNTAX_PERL, 21 },
		{ "\\xe9\\p{Foo}", SEARCH_SYNTAX_PYTHON, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct search_pattern p[2] = {
			{ .text = "\\xff", .length = 4 }, { .text = row[i].pattern, .length = strlen(row[i].pattern) },
		};
		struct ps_match_options options = { .patterns = p, .count = 2, .syntax = row[i].syntax };
		struct search_error error = SEARCH_ERROR_INIT;
		struct ps_matcher *m = NULL;

		if (ps_matcher_new(&m, &options, &error) != SEARCH_EPATTERN || error.index != 1 ||
		    error.offset != row[i].offset)
			fail_msg("%s: pattern %zu, offset %zu, not %zu: %s", row[i].pattern, error.index,
				 error.offset, row[i].offset, error.message);
		ps_matcher_free(m);
	}
}

/* A line that cannot be decided is reported, and the search goes on after it. */
static void test_match__undecided_then_on(void **state)
{
	static const char text[] = "ok\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\naaa\n";
	struct ps_matcher *m = plain("(a+)+$", 0);
	struct ps_finder *f = finder(m);
	struct ps_line line;
	size_t length = sizeof(text) - 1;

	(void)state;
	assert_int_equal(find_line(f, (const uint8_t *)text, 0, length, &line), PS_UNDECIDED);
	assert_int_equal(line.begin, 3);
	assert_non_null(strstr(ps_finder_reason(f), "500000"));
	assert_int_equal(find_line(f, (const uint8_t *)text, line.end + 1, length, &line), PS_FOUND);
	assert_int_equal(line.begin, length - 4);
	ps_finder_free(f);
	ps_matcher_free(m);
}

static void test_match__stack_limit(void **state)
{
	size_t length = 4 << 20;
	uint8_t *text = malloc(length);
	struct ps_matcher *m = plain("(?:a|b)*x?$", 0);
	struct ps_finder *f = finder(m);
	struct ps_line line;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', length);
	assert_int_equal(find_line(f, text, 0, length, &line), PS_UNDECIDED);
	assert_non_null(strstr(ps_finder_reason(f), "backtracking positions"));
	assert_int_equal(line.end, length);
	free(text);
	ps_finder_free(f);
	ps_matcher_free(m);
}

/* Many strings at once, found within each other's windows and after them. */
static void test_match__many_strings(void **state)
{
	enum { COUNT = 200 };
	char names[COUNT][8];
	struct search_pattern p[COUNT];
	size_t length = 400000;
	uint8_t *text = malloc(length);
	struct ps_matcher *m;
	struct ps_finder *f;
	struct ps_line line;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "<%05zu>", i);
		p[i] = (struct search_pattern){ .text = names[i], .length = 7 };
	}
	m = matcher(p, COUNT, 0, ps_cpu_features());
	f = finder(m);
	for (size_t at = 0; at < length; at += 9973) {
		memset(text, '.', length);
		for (size_t i = 79; i < length; i += 80)
			text[i] = '\n';
		if (at % 80 > 70)
			continue;
		memcpy(text + at, names[at % COUNT], 7);
		memcpy(text + length - 9, names[3], 7);
		ps_finder_forget(f);
		assert_int_equal(find_line(f, text, 0, length, &line), PS_FOUND);
		assert_int_equal(line.begin, at / 80 * 80);
	}
	free(text);
	ps_finder_free(f);
	ps_matcher_free(m);
}

static int open_guard(void **state)
{
	(void)state;
	guard_open(&guard, 8192);
	return 0;
}

static int close_guard(void **state)
{
	(void)state;
	guard_close(&guard);
	return 0;
}

/* A regular pattern does not depend on Oniguruma's limits. */
static void test_match__regular_patterns_are_never_undecided(void **state)
{
	static const char *const patterns[] = { ".+", ".*", "(a|b)+", "(?:a|b)*x?$", "(a+)+$", "(a|aa)+$", "\\w+\\b" };
	size_t length = SCALED(600000);
	uint8_t *text = malloc(length);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', length);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct search_pattern p = { .text = patterns[i], .length = strlen(patterns[i]) };
		struct ps_matcher *m = matcher_by(&p, 1, 0, ps_cpu_features(), 0);
		struct ps_finder *f = finder(m);
		const struct search_span *spans;
		struct ps_line line;
		size_t count;

		assert_int_equal(find_line(f, text, 0, length, &line), PS_FOUND);
		assert_int_equal(ps_find_spans(f, text, length, SIZE_MAX, &spans, &count), SEARCH_OK);
		assert_int_equal(count, 1);
		assert_int_equal(spans[0].begin, 0);
		assert_int_equal(spans[0].end, length);
		ps_finder_free(f);
		ps_matcher_free(m);
	}
	free(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match__cases),
		cmocka_unit_test(test_match__strategy),
		cmocka_unit_test(test_match__strategy_in_every_syntax),
		cmocka_unit_test(test_match__no_patterns_match_nothing),
		cmocka_unit_test(test_match__what_is_a_literal_means_itself),
		cmocka_unit_test(test_match__lines_of_a_text),
		cmocka_unit_test(test_match__no_match_crosses_a_line),
		cmocka_unit_test(test_match__invalid_line_among_many),
		cmocka_unit_test(test_match__error_names_the_place),
		cmocka_unit_test(test_match__a_length_beyond_the_limit_is_refused_unread),
		cmocka_unit_test(test_match__error_names_the_place_in_the_pattern_given),
		cmocka_unit_test(test_match__undecided_then_on),
		cmocka_unit_test(test_match__stack_limit),
		cmocka_unit_test(test_match__regular_patterns_are_never_undecided),
		cmocka_unit_test(test_match__many_strings),
	};

	return RUN_TESTS(tests, open_guard, close_guard);
}
