/* SPDX-License-Identifier: BSD-2-Clause */
/* test_posix.c - POSIX expressions: what they mean, by the cases in test/data/match, and how errors are reported. */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "../support/scale.h"
#include "../match/cases.h"
#include "../match/find.h"

static uint32_t syntax; /* of the cases being run */

static struct ps_match_options options_of(const struct search_pattern *patterns, size_t count, uint32_t flags,
					  uint32_t avoid)
{
	return (struct ps_match_options){
		.patterns = patterns, .count = count, .flags = flags, .syntax = syntax, .avoid = avoid,
	};
}

static void check_refused(const struct match_case *c, uint32_t avoid)
{
	struct ps_match_options options = options_of(c->patterns, c->count, c->flags, avoid);

	case_check_refused(c, &options);
}

static void check_found(const struct match_case *c, uint32_t avoid)
{
	struct ps_match_options options = options_of(c->patterns, c->count, c->flags, avoid);
	struct search_error error = { .message = "" };
	const struct search_span *spans;
	struct ps_matcher *m;
	struct ps_finder *f;
	struct ps_line line;
	char text[512], got[512];
	size_t count;

	if (ps_matcher_new(&m, &options, &error) != SEARCH_OK)
		fail_msg("%s:%d: %s", c->file, c->number, error.message);
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	assert_int_equal(ps_find_spans(f, (const uint8_t *)c->text, c->length, SIZE_MAX, &spans, &count), SEARCH_OK);
	case_format_spans(got, sizeof(got), spans, count);
	case_expect(c, avoid == 0 ? "avoiding nothing" : "avoiding strings", got);
	memcpy(text, c->text, c->length);
	text[c->length] = '\n';
	if ((find_line(f, (const uint8_t *)text, 0, c->length + 1, &line) == PS_FOUND) != (count > 0))
		fail_msg("%s:%d, avoiding %u: a line's spans and whether it matches", c->file, c->number, avoid);
	ps_finder_free(f);
	ps_matcher_free(m);
}

/* All ways except Oniguruma alone, which does not look for the longest match. */
static void run_case(const struct match_case *c)
{
	static const uint32_t ways[] = { 0, PS_AVOID_STRINGS | PS_AVOID_STREAMS, PS_AVOID_STRINGS | PS_AVOID_WEIGHING };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strncmp(c->expected, "error:", 6) == 0)
			check_refused(c, ways[i]);
		else
			check_found(c, ways[i]);
	}
}

static void test_posix__basic_expressions(void **state)
{
	(void)state;
	syntax = SEARCH_SYNTAX_BASIC;
	assert_true(each_case("posix_basic.txt", run_case) > 100);
}

static void test_posix__extended_expressions(void **state)
{
	(void)state;
	syntax = SEARCH_SYNTAX_EXTENDED;
	assert_true(each_case("posix_extended.txt", run_case) > 80);
}

/* It says where, and in which of the patterns given, whatever lines and strings come before. */
static void test_posix__an_error_says_where(void **state)
{
	static const struct search_pattern patterns[] = { { .text = "a\nb", .length = 3 }, { .text = "c\nd[a", .length = 5 } };
	struct ps_match_options options = options_of(patterns, 2, 0, 0);
	struct search_error error = SEARCH_ERROR_INIT;
	struct ps_matcher *m;

	(void)state;
	options.syntax = SEARCH_SYNTAX_BASIC;
	assert_int_equal(ps_matcher_new(&m, &options, &error), SEARCH_EPATTERN);
	assert_int_equal(error.index, 1);
	assert_int_equal(error.offset, 3);
}

/* Groups and repeats that nest too deep are refused, as in other syntaxes. */
static void test_posix__nesting_is_bounded(void **state)
{
	static const char *const parts[] = { "(", "(a|b", "a{2,3}{1,2}" };
	struct search_error error = SEARCH_ERROR_INIT;
	struct ps_matcher *m;

	(void)state;
	syntax = SEARCH_SYNTAX_EXTENDED;
	for (size_t i = 0; i < 3; i++) {
		size_t length = strlen(parts[i]), times = how_much(25000, 100000);
		char *text = malloc(length * times + 1);
		struct search_pattern pattern = { .text = text, .length = length * times };
		struct ps_match_options options = options_of(&pattern, 1, 0, 0);

		assert_non_null(text);
		pattern.length = 0;
		for (size_t k = 0; k < times; k++) {
			const char *part = parts[i] + (i == 2 && k > 0); /* the a once, and repeats of it */

			memcpy(text + pattern.length, part, strlen(part));
			pattern.length += strlen(part);
		}
		assert_int_equal(ps_matcher_new(&m, &options, &error), SEARCH_EPATTERN);
		free(text);
	}
}

/* * + and ? after one another are one of them, so there may be any number, as in grep. */
static void test_posix__signs_in_a_row_do_not_nest(void **state)
{
	static const char *const parts[] = { "*", "+", "?", "+*?", "??+" };
	enum { TIMES = 1000 };

	(void)state;
	syntax = SEARCH_SYNTAX_EXTENDED;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char text[1 + TIMES * 3] = "a";
		struct search_pattern pattern = { .text = text, .length = 1 };
		struct ps_match_options options = options_of(&pattern, 1, 0, 0);
		struct search_error error = SEARCH_ERROR_INIT;
		struct ps_matcher *m;

		for (size_t k = 0; k < TIMES; k++, pattern.length += strlen(parts[i]))
			memcpy(text + pattern.length, parts[i], strlen(parts[i]));
		if (ps_matcher_new(&m, &options, &error) != SEARCH_OK)
			fail_msg("a%s, %d times: %s", parts[i], TIMES, error.message);
		ps_matcher_free(m);
	}
}

static void test_posix__plain_strings_are_found_as_such(void **state)
{
	static const struct {
		const char *pattern;
		const char *strategy;
	} row[] = {
		{ "PM_RESUME", "literal" },
		{ "a(b)", "literals" },
		{ "a\\(x\\|y\\)z", "literals" },
		{ "\\w\\+\\s", "automaton" },
		{ "\\<\\w\\+\\>", "automaton" },
		{ "\\(a\\)\\1", "automaton" },
		{ "", "everything" },
		{ "a\n", "everything" },
	};

	(void)state;
	syntax = SEARCH_SYNTAX_BASIC;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct search_pattern pattern = { .text = row[i].pattern, .length = strlen(row[i].pattern) };
		struct ps_match_options options = options_of(&pattern, 1, 0, 0);
		struct ps_matcher *m;

		assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
		if (strcmp(ps_matcher_strategy(m), row[i].strategy) != 0)
			fail_msg("%s: %s, not %s", row[i].pattern, ps_matcher_strategy(m), row[i].strategy);
		ps_matcher_free(m);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_posix__basic_expressions),
		cmocka_unit_test(test_posix__extended_expressions),
		cmocka_unit_test(test_posix__an_error_says_where),
		cmocka_unit_test(test_posix__nesting_is_bounded),
		cmocka_unit_test(test_posix__signs_in_a_row_do_not_nest),
		cmocka_unit_test(test_posix__plain_strings_are_found_as_such),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
