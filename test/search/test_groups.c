/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_groups.c - what the groups of a match matched, and lines that do not match.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

/* "0-3(0-1,-) 4-5(,)": each span with its groups; of another pattern than the first, with its number after a #. */
static void write_groups(char *to, size_t size, const struct search_item *item)
{
	size_t n = 0;

	to[0] = '\0';
	for (size_t i = 0; i < item->span_count; i++) {
		const struct search_span *span = &item->spans[i];
		size_t end = i + 1 < item->span_count ? item->spans[i + 1].first_group : item->group_count;

		n += (size_t)snprintf(to + n, size - n, "%s%zu-%zu", i > 0 ? " " : "", span->begin, span->end);
		if (span->pattern > 0)
			n += (size_t)snprintf(to + n, size - n, "#%u", span->pattern);
		for (size_t g = span->first_group; g < end; g++) {
			const struct search_group *group = &item->groups[g];
			const char *between = g == span->first_group ? "(" : ",";

			if (group->begin == SEARCH_NO_GROUP)
				n += (size_t)snprintf(to + n, size - n, "%s-", between);
			else
				n += (size_t)snprintf(to + n, size - n, "%s%zu-%zu", between, group->begin, group->end);
		}
		if (end > span->first_group)
			n += (size_t)snprintf(to + n, size - n, ")");
		assert_true(n < size);
	}
}

/* Enough strings to make a dictionary, each in a line of a POSIX pattern. */
#define TEN_WORDS(w) "\n" w "0\n" w "1\n" w "2\n" w "3\n" w "4\n" w "5\n" w "6\n" w "7\n" w "8\n" w "9"
#define WORDS TEN_WORDS("p") TEN_WORDS("q") TEN_WORDS("r") TEN_WORDS("s") TEN_WORDS("t") TEN_WORDS("u") TEN_WORDS("v")

static const struct {
	const char *what;
	enum search_syntax syntax;
	uint32_t flags;
	const char *patterns[3];
	const char *line;
	const char *groups;
} cases[] = {
	{ "two groups", 0, 0, { "(\\w+)=(\\w+)" }, "a=b cd=e", "0-3(0-1,2-3) 4-8(4-6,7-8)" },
	{ "no group", 0, 0, { "\\w+" }, "ab", "0-2" },
	{ "a string", 0, 0, { "ab" }, "ab", "0-2" },
	{ "a fixed string", 0, SEARCH_MATCH_FIXED, { "(a)" }, "x(a)", "1-4" },
	{ "an absent group", 0, 0, { "(a)|(b)" }, "ab", "0-1(0-1,-) 1-2(-,1-2)" },
	{ "a group that repeats", 0, 0, { "(?:(\\w),?)+" }, "a,b,c", "0-5(4-5)" },
	{ "a counted repeat that ends in an empty round", 0, 0, { "([ab]|c?\?){2}." }, "a", "0-1(0-0)" },
	{ "the same in extended syntax", 0, 0, { "(?x)([ab]|c?\?) # \n {2}." }, "a", "0-1(0-0)" },
	{ "a group inside it", 0, 0, { "(?:([ab]|c?\?)){2}." }, "a", "0-1(0-0)" },
	{ "a line of it", 0, SEARCH_MATCH_LINE, { "([ab]|c?\?){2}." }, "a", "0-1(0-0)" },
	{ "a word of it", 0, SEARCH_MATCH_WORD, { "([ab]|c?\?){2}." }, "a", "0-1(0-0)" },
	{ "a group that is empty", 0, 0, { "a()b" }, "ab", "0-2(1-1)" },
	{ "names, and a plain group beside them", 0, 0, { "(?<x>a)(b)" }, "ab", "0-2(0-1)" },
	{ "Perl's names, and a plain group", SEARCH_SYNTAX_PERL, 0, { "(?<x>a)(b)" }, "ab", "0-2(0-1)" },
	{ "Python's names", SEARCH_SYNTAX_PYTHON, 0, { "(?P<x>a)" }, "ab", "0-1(0-1)" },
	{ "words", 0, SEARCH_MATCH_WORD, { "(a+)(b)" }, "aab xab ab", "0-3(0-2,2-3) 8-10(8-9,9-10)" },
	{ "lines", 0, SEARCH_MATCH_LINE, { "(a+)(b)" }, "aab", "0-3(0-2,2-3)" },
	{ "any case", 0, SEARCH_MATCH_IGNORE_CASE, { "(a)(B)" }, "Ab", "0-2(0-1,1-2)" },
	{ "look-ahead beyond the match", 0, 0, { "(a)(?=(b))" }, "ab", "0-1(0-1,1-2)" },
	{ "look-behind", 0, 0, { "(?<=(a))b" }, "ab", "1-2(0-1)" },
	{ "a back-reference", 0, 0, { "(\\w)\\1" }, "abb", "1-3(1-2)" },
	{ "\\K", 0, 0, { "(a)\\K(b)" }, "ab ab", "1-2(0-1,1-2) 4-5(3-4,4-5)" },
	{ "\\G", 0, 0, { "\\G(a)" }, "aab", "0-1(0-1) 1-2(1-2)" },
	{ "\\G, and an empty match passed over", 0, 0, { "(\\Ga)?" }, "aba", "0-1(0-1) 2-3(2-3)" },
	{ "\\K, and an empty match passed over", 0, 0, { "(a\\Kb| *?)k|" }, "abkx", "1-3(0-2) 4-4(-)" },
	{ "an atomic group", 0, 0, { "(?>(a+))b" }, "aab", "0-3(0-2)" },
	{ "several patterns", 0, 0, { "(a)", "(b)(c)" }, "abc", "0-1(0-1) 1-3#1(1-2,2-3)" },
	{ "basic", SEARCH_SYNTAX_BASIC, 0, { "\\(a*\\)b" }, "aab", "0-3(0-2)" },
	{ "extended", SEARCH_SYNTAX_EXTENDED, 0, { "(a)(b)?" }, "aab", "0-1(0-1,-) 1-3(1-2,2-3)" },
	{ "the longest match", SEARCH_SYNTAX_EXTENDED, 0, { "(a|ab)(c|bcd)*" }, "abcd", "0-4(0-1,1-4)" },
	{ "the longest match amid a line", SEARCH_SYNTAX_EXTENDED, 0, { "(a|ab)" }, "xabx\xc3\xa9", "1-3(1-3)" },
	{ "the longest word", SEARCH_SYNTAX_EXTENDED, SEARCH_MATCH_WORD, { "(a|ab)(b*)" }, "ab x", "0-2(0-1,1-2)" },
	{ "POSIX patterns in lines", SEARCH_SYNTAX_EXTENDED, 0, { "(x)\n(a)(b)" }, "abx", "0-2(0-1,1-2) 2-3(2-3,-)" },
	{ "a string beside groups in lines", SEARCH_SYNTAX_EXTENDED, 0, { "foo\n(b)" }, "foob", "0-3(-) 3-4(3-4)" },
	{ "a string in lines that does not match here", SEARCH_SYNTAX_EXTENDED, 0, { "xyz\n(a.c)" }, "abc", "0-3(0-3)" },
	{ "a string in lines that does", SEARCH_SYNTAX_EXTENDED, 0, { "abc\n(a.c)" }, "abc", "0-3(-)" },
	{ "a dictionary beside groups in lines", SEARCH_SYNTAX_EXTENDED, 0, { "(b)" WORDS }, "p3bv9",
	  "0-2(-) 2-3(2-3) 3-5(-)" },
	{ "look-behind and look-ahead amid bytes that are not UTF-8", 0, 0, { "(?<=(.)\\w)(a)(?=.(b)?)" }, "\xff" "ba\xfe" "b",
	  "2-3(0-1,2-3,4-5)" },
	{ "bytes that are not UTF-8", 0, 0, { "(.)(a)" }, "\xff\xfe" "a\xff" "a", "1-3(1-2,2-3) 3-5(3-4,4-5)" },
	{ "the same, seen before the match", 0, 0, { "(?<=(.))a" }, "\xff" "a", "1-2(0-1)" },
	{ "characters of several bytes", 0, 0, { "(\xc3\xa9)(.)" }, "x\xc3\xa9\xe2\x82\xac", "1-6(1-3,3-6)" },
	{ "an empty match", 0, 0, { "(x)?" }, "a", "0-0(-) 1-1(-)" },
	{ "over lines", 0, SEARCH_MATCH_MULTILINE, { "(a)\\n(b)" }, "x\na\nb\n", "0-3(0-1,2-3)" },
	{ "two matches in the same lines", 0, SEARCH_MATCH_MULTILINE, { "(a)\\s*(b)" }, "a\nb a\nb",
	  "0-3(0-1,2-3) 4-7(4-5,6-7)" },
	{ "with the terminator", 0, SEARCH_MATCH_MULTILINE, { "(a\\n)()" }, "a\nb", "0-1(0-1,1-1)" },
	{ "terminators of two bytes", 0, SEARCH_MATCH_MULTILINE | SEARCH_MATCH_CRLF, { "(a)\\n(b)\\n(c\\n?)" },
	  "x\r\na\r\nb\r\nc\r\n", "0-7(0-1,3-4,6-7)" },
	{ "other bytes, over lines", 0, SEARCH_MATCH_MULTILINE, { "(?<=\\n)(.)\\n(.)" }, "\xff\n\xfe\n" "x", "0-3(0-1,2-3)" },
};

static void test_groups__are_those_of_the_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct search_pattern patterns[3] = { { 0 } };
		struct search_source source = { .kind = SEARCH_SOURCE_MEMORY };
		struct search_options options = SEARCH_OPTIONS_INIT;
		const struct search_item *item;
		struct search *s;
		char got[256] = "";

		for (size_t k = 0; k < 3 && cases[i].patterns[k] != NULL; k++)
			patterns[options.pattern_count++] = (struct search_pattern){
				.text = cases[i].patterns[k], .length = strlen(cases[i].patterns[k]) };
		source.data = cases[i].line;
		source.size = strlen(cases[i].line);
		options.patterns = patterns;
		options.sources = &source;
		options.source_count = 1;
		options.syntax = cases[i].syntax;
		options.match_flags = cases[i].flags;
		options.result_flags = SEARCH_RESULT_GROUPS;
		s = open_search(&options);
		if (search_next(s, &item) == 1) {
			assert_int_equal(item->kind, SEARCH_ITEM_MATCH);
			write_groups(got, sizeof(got), item);
		}
		if (strcmp(got, cases[i].groups) != 0)
			print_error("%s: %s, not %s\n", cases[i].what, got, cases[i].groups);
		assert_string_equal(got, cases[i].groups);
		assert_int_equal(search_next(s, &item), 0);
		search_close(s);
	}
}

static void test_groups__have_counts_and_names(void **state)
{
	struct search_pattern patterns[] = { { .text = "(?<year>\\d+)-(?<month>\\d+)", .length = 26 },
					     { .text = "(a)(b)", .length = 6 }, { .text = "plain", .length = 5 } };
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search *s;

	(void)state;
	options.patterns = patterns;
	options.pattern_count = 3;
	options.result_flags = SEARCH_RESULT_GROUPS;
	s = open_search(&options);
	assert_int_equal(search_group_count(s, 0), 2);
	assert_string_equal(search_group_name(s, 0, 1), "year");
	assert_string_equal(search_group_name(s, 0, 2), "month");
	assert_null(search_group_name(s, 0, 0));
	assert_null(search_group_name(s, 0, 3));
	assert_int_equal(search_group_count(s, 1), 2);
	assert_null(search_group_name(s, 1, 1));
	assert_int_equal(search_group_count(s, 2), 0);
	assert_int_equal(search_group_count(s, 3), 0);
	search_close(s);
	options.result_flags = 0;
	s = open_search(&options);
	assert_int_equal(search_group_count(s, 0), 0);
	search_close(s);
	assert_int_equal(search_group_count(NULL, 0), 0);
	assert_null(search_group_name(NULL, 0, 1));
}

/* Of a long line a part is delivered; groups count from the line's start, as spans do. */
static void test_groups__of_a_long_line_count_from_its_start(void **state)
{
	struct simple a;
	const struct search_item *item;
	static char line[5000];
	struct search *s;

	(void)state;
	memset(line, '.', sizeof(line));
	memcpy(line + 3000, "key=value", 9);
	simple_init(&a, "(\\w+)=(\\w+)", "");
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = line, .size = sizeof(line) };
	a.options.result_flags = SEARCH_RESULT_GROUPS;
	a.options.max_item_bytes = 100;
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->length, 100);
	assert_int_equal(item->group_count, 2);
	assert_int_equal(item->groups[0].begin, 3000);
	assert_int_equal(item->groups[1].begin, 3004);
	assert_memory_equal(item->text + (item->groups[1].begin - item->text_offset), "value", 5);
	search_close(s);
}

/* The automaton tells where the match is; Oniguruma would take years to tell what its group matched. */
static void test_groups__are_given_up_within_the_budget(void **state)
{
	struct simple a;
	const struct search_item *item;
	static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.\nab\n";
	struct search *s;

	(void)state;
	simple_init(&a, "(?:(a|aa)+b|a)", "");
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = strlen(text) };
	a.options.result_flags = SEARCH_RESULT_GROUPS;
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->kind, SEARCH_ITEM_MATCH);
	assert_int_equal(item->span_count, 0);
	assert_int_equal(item->group_count, 0);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
	assert_int_equal(item->reason, SEARCH_REASON_GAVE_UP);
	assert_int_equal(item->line, 1);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->line, 2);
	assert_int_equal(item->group_count, 1);
	assert_int_equal(item->groups[0].begin, 0);
	assert_int_equal(search_next(s, &item), 0);
	search_close(s);
}

/* The same of a file as a whole: its rest is not searched, and what is not known of a match is not told. */
static void test_groups__are_given_up_with_the_rest_of_a_file(void **state)
{
	struct simple a;
	const struct search_item *item;
	static const char text[] = "a\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.\nab\n";
	struct search *s;

	(void)state;
	simple_init(&a, "(?:(a|aa)+b\\n?|a)", "");
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = strlen(text) };
	a.options.match_flags = SEARCH_MATCH_MULTILINE;
	a.options.result_flags = SEARCH_RESULT_GROUPS;
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->line, 1);
	assert_int_equal(item->group_count, 1);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->kind, SEARCH_ITEM_MATCH);
	assert_int_equal(item->line, 2);
	assert_int_equal(item->span_count, 0);
	assert_int_equal(item->group_count, 0);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
	assert_int_equal(item->reason, SEARCH_REASON_GAVE_UP);
	assert_int_equal(item->line, 2);
	assert_int_equal(search_next(s, &item), 0);
	search_close(s);
}

/* What takes the square of a line's length would not end. */
static void test_groups__of_lines_full_of_matches(void **state)
{
	static const struct {
		const char *pattern;
		enum search_syntax syntax;
		uint32_t flags;
		size_t group; /* of the pair: 0 or 1 */
	} hard[] = {
		{ "(?<=(a))b", SEARCH_SYNTAX_ONIGURUMA, 0, 0 },
		{ "a(?=(b))", SEARCH_SYNTAX_ONIGURUMA, 0, 1 },
		{ "a|a(b)", SEARCH_SYNTAX_EXTENDED, 0, 1 },
		{ "(?<=(a))b\\n?", SEARCH_SYNTAX_ONIGURUMA, SEARCH_MATCH_MULTILINE, 0 },
		{ "a|a(b)\\s?", SEARCH_SYNTAX_EXTENDED, SEARCH_MATCH_MULTILINE, 1 },
		{ "(?<=(a))b\\n?", SEARCH_SYNTAX_ONIGURUMA, SEARCH_MATCH_MULTILINE | SEARCH_MATCH_CRLF, 0 },
	};
	enum { MOST = 100000 };
	const size_t pairs = TEST_SANITIZED || patience(1) > 1 ? MOST / 10 : MOST; /* the budget is one of time */
	const size_t length = 2 * pairs + 3;
	static char text[2 * MOST + 3];

	(void)state;
	for (size_t i = 0; i < 2 * pairs; i += 2)
		memcpy(text + 1 + i, "ab", 2);
	text[0] = '\xff';
	memcpy(text + 1 + 2 * pairs, "\r\n", 2);
	for (size_t i = 0; i < sizeof(hard) / sizeof(hard[0]); i++) {
		const struct search_item *item;
		struct search *s;
		struct simple a;

		simple_init(&a, hard[i].pattern, "");
		a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = length };
		a.options.syntax = hard[i].syntax;
		a.options.match_flags = hard[i].flags;
		a.options.result_flags = SEARCH_RESULT_GROUPS;
		s = open_search(&a.options);
		assert_int_equal(search_next(s, &item), 1);
		assert_int_equal(item->span_count, pairs);
		assert_int_equal(item->group_count, pairs);
		for (size_t k = 0; k < pairs; k++) {
			assert_int_equal(item->spans[k].first_group, k);
			assert_int_equal(item->groups[k].begin, 1 + 2 * k + hard[i].group);
			assert_int_equal(item->groups[k].end, item->groups[k].begin + 1);
		}
		assert_int_equal(search_next(s, &item), 0);
		search_close(s);
	}
}

/* The memory for them has a bound, whatever the pattern. */
static void test_groups__that_are_too_many_are_not_told(void **state)
{
	static char pattern[2 * 1000 + 2], line[10000];
	const struct search_item *item;
	struct search *s;
	struct simple a;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		memcpy(pattern + 2 * i, "()", 2);
	pattern[2000] = 'a';
	memset(line, 'a', sizeof(line));
	for (size_t length = 1000; length <= sizeof(line); length += 9000) {
		simple_init(&a, pattern, "");
		a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = line, .size = length };
		a.options.result_flags = SEARCH_RESULT_GROUPS;
		s = open_search(&a.options);
		assert_int_equal(search_next(s, &item), 1);
		assert_int_equal(item->group_count, length == 1000 ? 1000 * 1000 : 0);
		assert_int_equal(search_next(s, &item), length == 1000 ? 0 : 1);
		search_close(s);
	}
}

#define LINES 60000

/* Line i is "key<i>=value" or, one of three, "nothing <i>". */
static char *make_lines(size_t *length)
{
	char *text = malloc((size_t)LINES * 24);
	size_t n = 0;

	assert_non_null(text);
	for (int i = 0; i < LINES; i++)
		n += (size_t)sprintf(text + n, i % 3 != 0 ? "key%d=value\n" : "nothing %d\n", i);
	*length = n;
	return text;
}

/* Groups stay with their spans whatever threads, parts and limits there are. */
static void test_groups__are_the_same_in_parts(void **state)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 1, 3 };
	struct simple a;
	size_t length;
	char *text = make_lines(&length);

	(void)state;
	simple_init(&a, "(y)(\\d+)=(v)?", "");
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = length };
	a.options.result_flags = SEARCH_RESULT_GROUPS;
	a.options.max_queued_matches = 7;
	for (size_t i = 0; i < 3; i++) {
		const struct search_item *item;
		struct search *s;
		int n = 0;

		a.options.workers = workers[i];
		a.options.split_bytes = 50000;
		for (s = open_search(&a.options); search_next(s, &item) == 1; n++) {
			char number[16];
			size_t digits = (size_t)snprintf(number, sizeof(number), "%d", (int)item->line - 1);

			assert_int_equal(item->span_count, 1);
			assert_int_equal(item->group_count, 3);
			assert_int_equal(item->groups[1].end - item->groups[1].begin, digits);
			assert_memory_equal(item->text + item->groups[1].begin, number, digits);
			assert_int_equal(item->groups[2].begin, item->groups[1].end + 1);
		}
		assert_int_equal(n, LINES - LINES / 3);
		search_close(s);
	}
	free(text);
}

/* Each line of the file comes, in order, and is a MATCH exactly if it matches. */
static void check_all_lines(const struct search_options *options, int most)
{
	const struct search_item *item;
	struct search *s = open_search(options);
	bool invert = (options->match_flags & SEARCH_MATCH_INVERT) != 0;
	int matches = 0;
	uint64_t line = 0;

	while (search_next(s, &item) == 1) {
		bool matching = ((item->line - 1) % 3 != 0) != invert && matches < most;

		assert_int_equal(item->line, ++line);
		assert_int_equal(item->kind, matching ? SEARCH_ITEM_MATCH : SEARCH_ITEM_CONTEXT);
		matches += matching;
	}
	assert_int_equal(line, LINES);
	search_close(s);
}

static void test_all_lines__are_delivered(void **state)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 1, 3 };
	struct simple a;
	size_t length;
	char *text = make_lines(&length);

	(void)state;
	simple_init(&a, "=", "");
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = length };
	a.options.result_flags = SEARCH_RESULT_ALL_LINES;
	a.options.split_bytes = 50000;
	a.options.before_context = 2;
	for (size_t i = 0; i < 6; i++) {
		a.options.workers = workers[i % 3];
		a.options.match_flags = i < 3 ? 0 : SEARCH_MATCH_INVERT;
		a.options.max_matches_per_file = 0;
		check_all_lines(&a.options, LINES);
		a.options.max_matches_per_file = 5;
		check_all_lines(&a.options, 5);
	}
	a.pattern.text = "?";
	a.options.match_flags = SEARCH_MATCH_FIXED;
	a.options.max_matches_per_file = 0;
	check_all_lines(&a.options, 0);
	free(text);
}

static void test_groups__refused_beside_what_contradicts(void **state)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search *s;

	(void)state;
	options.result_flags = SEARCH_RESULT_GROUPS | SEARCH_RESULT_NO_SPANS;
	assert_int_equal(search_open(&s, &options, NULL), SEARCH_EINVAL);
	options.result_flags = SEARCH_RESULT_ALL_LINES | SEARCH_RESULT_COUNT;
	assert_int_equal(search_open(&s, &options, NULL), SEARCH_EINVAL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups__are_those_of_the_match),
		cmocka_unit_test(test_groups__have_counts_and_names),
		cmocka_unit_test(test_groups__of_a_long_line_count_from_its_start),
		cmocka_unit_test(test_groups__are_given_up_within_the_budget),
		cmocka_unit_test(test_groups__are_given_up_with_the_rest_of_a_file),
		cmocka_unit_test(test_groups__of_lines_full_of_matches),
		cmocka_unit_test(test_groups__that_are_too_many_are_not_told),
		cmocka_unit_test(test_groups__are_the_same_in_parts),
		cmocka_unit_test(test_groups__refused_beside_what_contradicts),
		cmocka_unit_test(test_all_lines__are_delivered),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
