/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_patterns.c - which of several patterns a span is of, in each way of matching. test_agree.c compares it, at random,
 * with searching for each pattern alone, and test_longest.c does so for the longest matches.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "ways.h"

enum { PATTERNS = 12 };

struct row {
	const char *patterns[PATTERNS];
	uint32_t syntax;
	uint32_t flags;
	const char *text;
	const char *expected; /* begin-end:pattern */
};

static const struct row rows[] = {
	/* the leftmost, then the pattern given first */
	{ { "b", "a" }, 0, 0, "ab ba", "0-1:1 1-2:0 3-4:0 4-5:1" },
	{ { "ab", "a" }, 0, 0, "ab a", "0-2:0 3-4:1" },
	{ { "a", "ab" }, 0, 0, "ab a", "0-1:0 3-4:0" },
	{ { "a+b", "a" }, 0, 0, "aab a", "0-3:0 4-5:1" },
	{ { "x", "a", "a" }, 0, 0, "a", "0-1:1" },
	{ { "x?", "a" }, 0, 0, "ab", "0-0:0 1-1:0 2-2:0" },
	{ { "a", "x?" }, 0, 0, "ab", "0-1:0 2-2:1" },
	{ { "(a)\\1", "a" }, 0, 0, "aaa", "0-2:0 2-3:1" },
	{ { "(?=a)", "a" }, 0, 0, "ba", "1-1:0" },
	{ { "\\Ka", "a\\Kb" }, 0, 0, "abab", "0-1:0 2-3:0" },
	{ { "A", "a" }, 0, SEARCH_MATCH_IGNORE_CASE, "aA", "0-1:0 1-2:0" },
	{ { "ss", "\xC3\x9F" }, 0, SEARCH_MATCH_IGNORE_CASE, "\xC3\x9F" "Ss", "0-2:0 2-4:0" },
	{ { "foo", "foobar" }, 0, SEARCH_MATCH_WORD, "foo foobar", "0-3:0 4-10:1" },
	{ { "b.*", "a.*" }, 0, SEARCH_MATCH_LINE, "ab", "0-2:1" },
	{ { "a.", ".b" }, 0, SEARCH_MATCH_FIXED, "a.b", "0-2:0" },
	{ { "\\W", "a" }, 0, 0, "\xFF" "a\xFE", "0-1:0 1-2:1 2-3:0" },
	/* strings that no line can hold are counted, too */
	{ { "a\nb", "b", "c" }, 0, SEARCH_MATCH_FIXED, "bc", "0-1:1 1-2:2" },
	/* many strings and others between them */
	{ { "one", "two", "t\\w+", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "e.*" }, 0, 0,
	  "ten two one three six eight", "0-3:2 4-7:1 8-11:0 12-17:2 18-21:6 22-27:8" },
	{ { "aa", "ab", "ac", "ad", "ae", "af", "ag", "ah", "ai", "aj", "a" }, 0, 0, "ab a aj", "0-2:1 3-4:10 5-7:9" },
	{ { "a", "ab", "ac", "ad", "ae", "af", "ag", "ah", "ai", "aj", "ab" }, 0, 0, "ab", "0-1:0" },
	/* in POSIX syntax the longest, then the pattern given first */
	{ { "a", "ab" }, SEARCH_SYNTAX_EXTENDED, 0, "ab a", "0-2:1 3-4:0" },
	{ { "a|abc", "ab", "ab." }, SEARCH_SYNTAX_EXTENDED, 0, "abc ab", "0-3:0 4-6:1" },
	{ { "ab", "a|ab" }, SEARCH_SYNTAX_EXTENDED, 0, "ab", "0-2:0" },
	{ { "a|ab", "ab" }, SEARCH_SYNTAX_EXTENDED, 0, "ab", "0-2:0" },
	{ { "[a]b", "ab", "c" }, SEARCH_SYNTAX_EXTENDED, 0, "abc", "0-2:0 2-3:2" },
	{ { "ab", "[a]b", "c" }, SEARCH_SYNTAX_BASIC, 0, "abc", "0-2:0 2-3:2" },
	{ { "a", "b", "ab" }, SEARCH_SYNTAX_BASIC, SEARCH_MATCH_FIXED, "abb", "0-2:2 2-3:1" },
	/* there a newline separates patterns, which still count as one */
	{ { "a\nb", "c\nab" }, SEARCH_SYNTAX_EXTENDED, 0, "abcb", "0-2:1 2-3:1 3-4:0" },
	{ { "x\ny\nz", "b\nc", "a" }, SEARCH_SYNTAX_BASIC, SEARCH_MATCH_FIXED, "abcz", "0-1:2 1-2:1 2-3:1 3-4:0" },
};

static void format(char *to, size_t size, const struct search_span *spans, size_t count)
{
	size_t at = 0;

	to[0] = '\0';
	for (size_t i = 0; i < count && at < size; i++)
		at += (size_t)snprintf(to + at, size - at, "%s%zu-%zu:%u", i == 0 ? "" : " ", spans[i].begin,
				       spans[i].end, spans[i].pattern);
}

static void check(const struct row *row, const char *way, const struct ps_match_options *options)
{
	const struct search_span *spans;
	struct ps_matcher *m;
	struct ps_finder *f;
	char got[256];
	size_t count;

	assert_int_equal(ps_matcher_new(&m, options, NULL), SEARCH_OK);
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	assert_int_equal(ps_find_spans(f, (const uint8_t *)row->text, strlen(row->text), SIZE_MAX, &spans, &count),
			 SEARCH_OK);
	format(got, sizeof(got), spans, count);
	if (strcmp(got, row->expected) != 0)
		fail_msg("row %zu, %s: %s, not %s", (size_t)(row - rows), way, got, row->expected);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(spans[i].first_group, 0);
	ps_finder_free(f);
	ps_matcher_free(m);
}

static void test_patterns__a_span_tells_its_pattern(void **state)
{
	static const struct {
		const char *name;
		uint32_t avoid;
		size_t memory, words;
	} ways[] = { MATCHER_WAYS };

	(void)state;
	for (const struct row *row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++) {
		struct search_pattern patterns[PATTERNS];
		struct ps_match_options options = {
			.patterns = patterns, .flags = row->flags, .syntax = row->syntax, .cpu = ps_cpu_features(),
		};

		for (; options.count < PATTERNS && row->patterns[options.count] != NULL; options.count++)
			patterns[options.count] = (struct search_pattern){
				.text = row->patterns[options.count], .length = strlen(row->patterns[options.count]),
			};
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			/* the longest match needs the tree */
			if (row->syntax != SEARCH_SYNTAX_ONIGURUMA && (ways[i].avoid & PS_AVOID_AUTOMATON) != 0)
				continue;
			options.avoid = ways[i].avoid;
			options.memory = ways[i].memory;
			options.words = ways[i].words;
			check(row, ways[i].name, &options);
		}
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns__a_span_tells_its_pattern),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
