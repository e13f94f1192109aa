/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_explain_matcher.c - what is said about a matcher: the facts for each strategy, in the words that
 * search_explain(3) promises to keep.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"

#define TEXT_MAX ((size_t)64 * 1024)
#define FACTS 8

/*
 * Patterns, ended by NULL, and what the text says about them: whole lines; or only the start of a line, with a ~ after
 * it. @ stands for the name of the instruction set.
 */
struct saying {
	const char *patterns[4];
	uint32_t flags;
	uint32_t avoid;
	const char *says[FACTS];
};

static struct ps_matcher *matcher_of(const struct saying *s, size_t words)
{
	struct search_pattern p[4];
	struct ps_match_options options = { .patterns = p, .flags = s->flags, .avoid = s->avoid, .words = words,
					   .trigrams = true };
	struct ps_matcher *m;

	for (; s->patterns[options.count] != NULL; options.count++)
		p[options.count] = (struct search_pattern){
			.text = s->patterns[options.count], .length = strlen(s->patterns[options.count]),
		};
	assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
	return m;
}

static size_t explain(const struct ps_matcher *m, char *text)
{
	size_t length;

	assert_int_equal(ps_matcher_explain(m, true, NULL, text, TEXT_MAX, &length), SEARCH_OK);
	assert_int_equal(strlen(text), length);
	return length;
}

static bool has_fact(const char *text, const char *fact)
{
	size_t n = strlen(fact);
	bool begin = n > 0 && fact[n - 1] == '~';

	n -= begin;
	for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
		if (strncmp(line, fact, n) == 0 && (begin || line[n] == '\n'))
			return true;
	return false;
}

static void expect(const struct saying *s, size_t words)
{
	struct ps_matcher *m = matcher_of(s, words);
	char *text = malloc(TEXT_MAX), fact[256];

	assert_non_null(text);
	explain(m, text);
	for (size_t i = 0; i < FACTS && s->says[i] != NULL; i++) {
		size_t before = strcspn(s->says[i], "@");
		const char *after = s->says[i] + before;

		snprintf(fact, sizeof(fact), "%.*s%s%s", (int)before, s->says[i], *after == '@' ? ps_matcher_simd(m)->name : "",
			 *after == '@' ? after + 1 : after);
		if (!has_fact(text, fact))
			fail_msg("pattern %s: no \"%s\" in\n%s", s->patterns[0], fact, text);
	}
	free(text);
	ps_matcher_free(m);
}

static void test_explain_matcher__which_files_a_tree_rules_out(void **state)
{
	static const struct saying sayings[] = {
		{ { NULL }, 0, 0, { "tree: no file can match" } },
		{ { "foo\nbar" }, 0, 0, { "tree: no file can match" } },
		{ { "" }, 0, 0, { "tree: no file can be ruled out (every line matches)" } },
		{ { "fo" }, 0, 0, { "tree: no file can be ruled out (no three bytes in a row are in each match)" } },
		{ { "needle", "x" }, 0, 0, { "tree: no file can be ruled out (no three bytes in a row are in each match)" } },
		{ { "foo" }, SEARCH_MATCH_NUL_LINES, 0, { "tree: no file can be ruled out (lines end with NUL)" } },
		{ { "(?~ab)foo" }, 0, 0, { "tree: no file can be ruled out (a pattern is not understood)" } },
		{ { "PM_RESUME" }, 0, 0, { "tree: files with \"PM_RESUME\"" } },
		{ { "PM_RESUME" }, SEARCH_MATCH_IGNORE_CASE, 0,
		  { "tree: files with \"pm_resume\"; or with U+017F or U+212A" } },
		{ { "foo.*bar(baz|qux)" }, 0, 0, { "tree: files with \"foo\" and \"bar\" and (\"arbaz\" or \"arqux\")" } },
		{ { "foo", "barb" }, SEARCH_MATCH_WORD, 0, { "tree: files with \"foo\" or \"barb\"" } },
		{ { "foo\\nbar" }, SEARCH_MATCH_MULTILINE, 0, { "tree: files with \"foo\" and \"bar\"" } },
		{ { "(foo|bar)\\1" }, 0, 0, { "tree: files with \"foofo\" or \"foobar\" or \"barfoo\" or \"barba\"" } },
		{ { "\xC3\xA9\"\\\\" }, 0, 0, { "tree: files with \"\\xC3\\xA9\\\"\\\\\"" } },
		{ { "[ab]cd[ab]cd.*[ef]gh.*[ef]gh" }, 0, 0,
		  { "tree: files with (\"acdac\" or \"bcdbc\") and (\"egh\" or \"fgh\")" } },
		{ { "[ab]cdefghijklmnopqrstuvwxyz" }, 0, 0,
		  { "tree: files with \"cdefghijklmnopqrstuvwxyz\" and (\"acd\" or \"bcd\")" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		for (size_t words = 0; words < 2; words++)
			expect(&sayings[i], words);
}

/* Each pattern asks for a trigram of its own, and a condition has no room for all of them. */
static void test_explain_matcher__too_many_alternatives_rule_no_file_out(void **state)
{
	enum { MANY = 300 };
	static char strings[MANY][4];
	static struct search_pattern p[MANY];
	static const struct ps_match_options options = { .patterns = p, .count = MANY, .trigrams = true };
	char *text = malloc(TEXT_MAX);
	struct ps_matcher *m;

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(strings[i], sizeof(strings[i]), "%03u", i);
		p[i] = (struct search_pattern){ .text = strings[i], .length = 3 };
	}
	assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
	explain(m, text);
	assert_true(has_fact(text, "tree: no file can be ruled out (there are too many alternatives)"));
	free(text);
	ps_matcher_free(m);
}

static void test_explain_matcher__each_strategy(void **state)
{
	static const struct saying sayings[] = {
		{ { NULL }, 0, 0,
		  { "patterns: 0", "strategy: nothing", "oniguruma: never", "spans: none" } },
		{ { "" }, 0, 0,
		  { "strategy: everything", "automaton: none, not needed", "regular: exact", "oniguruma: never",
		    "spans: automaton~" } },
		{ { "foo" }, 0, 0,
		  { "strategy: literal", "strings: 1, which is the pattern", "string: \"foo\"",
		    "search: @, by \"f\" and \"o\"", "automaton: none, not needed", "oniguruma: never",
		    "spans: places of the strings" } },
		{ { "f" }, 0, 0, { "search: @, by \"f\"", "regular: exact" } },
		{ { "f\r" }, SEARCH_MATCH_CRLF, 0, { "strategy: filter", "regular: exact" } },
		{ { "foo", "xyzzy" }, 0, 0,
		  { "patterns: 2", "strategy: literals", "strings: 2, each enough for a match", "string: \"foo\"",
		    "string: \"xyzzy\"", "search: @, by a fingerprint of all strings", "oniguruma: never",
		    "spans: places of the strings" } },
		{ { "fo[xy]" }, 0, 0,
		  { "strategy: literals", "string: \"fox\"", "string: \"foy\"", "regular: exact",
		    "spans: automaton, then oniguruma where it gives up" } },
		{ { "foo[0-9]+" }, 0, 0,
		  { "strategy: filter", "strings: 1, of which a match holds one or more", "automaton: lazy DFA of ~",
		    "regular: exact", "oniguruma: lines that the automaton cannot decide" } },
		{ { "foo.*bar" }, 0, 0,
		  { "strategy: filter", "order: 2 strings or sets of them must follow each other, which is enough for a match" } },
		{ { "foo.*(bar|baz)\\d" }, 0, 0,
		  { "strategy: filter", "order: 2 strings or sets of them must follow each other" } },
		{ { "^$" }, 0, 0, { "strategy: literals", "string: \"\\x0A\\x0A\"", "oniguruma: never" } },
		{ { "foo$", "(?=b)\\w\\b", "x(y)\\1" }, SEARCH_MATCH_MULTILINE, 0, { "reach: lines (no match takes a newline)" } },
		{ { "foo\\n" }, SEARCH_MATCH_MULTILINE, 0,
		  { "reach: whole files", "strategy: literals", "string: \"foo\\x0A\"", "spans: automaton~" } },
		{ { "[^f]" }, SEARCH_MATCH_MULTILINE, 0, { "reach: whole files", "strategy: automaton" } },
		{ { "foo\\z" }, SEARCH_MATCH_MULTILINE, 0, { "reach: whole files" } },
		{ { "foo." }, SEARCH_MATCH_MULTILINE | SEARCH_MATCH_DOT_NEWLINE, 0, { "reach: whole files" } },
		{ { "foo" }, SEARCH_MATCH_MULTILINE | SEARCH_MATCH_DOT_NEWLINE | SEARCH_MATCH_LINE, 0, { "reach: lines~" } },
		{ { "(foo)\\1" }, 0, 0,
		  { "strategy: filter", "automaton: lazy DFA of ~", "regular: superset (a back-reference)",
		    "oniguruma: lines that the automaton finds", "spans: oniguruma" } },
		{ { "foo[0-9]+" }, 0, PS_AVOID_AUTOMATON,
		  { "strategy: filter", "automaton: none", "regular: exact", "oniguruma: lines that hold a string" } },
		{ { "[A-Z]{3}[0-9]+" }, 0, PS_AVOID_WEIGHING,
		  { "strategy: streams", "strings: none that would help", "streams: @, byte classes 2, steps 3, exact",
		    "automaton: lazy DFA of ~", "regular: exact", "oniguruma: lines that the automaton cannot decide" } },
		{ { "[A-Z]{3}\\b" }, 0, PS_AVOID_WEIGHING | PS_AVOID_AUTOMATON,
		  { "strategy: streams", "streams: @, byte classes 1, steps 2, superset", "automaton: none",
		    "oniguruma: lines that the streams cannot decide" } },
		{ { "[a-z]+x" }, 0, PS_AVOID_STREAMS,
		  { "strategy: automaton", "strings: none that would help", "regular: exact",
		    "oniguruma: lines that the automaton cannot decide" } },
		{ { "(.)\\1" }, 0, 0,
		  { "strategy: automaton", "regular: superset (a back-reference)",
		    "oniguruma: lines that the automaton finds", "spans: oniguruma" } },
		{ { "(?~foo)" }, 0, 0,
		  { "strategy: oniguruma", "automaton: none", "regular: unknown (a group that is not regular~",
		    "oniguruma: every line", "spans: oniguruma" } },
		{ { "[a-z]+" }, 0, PS_AVOID_ONIGURUMA,
		  { "spans: mask of a class, then automaton, then simulation where it gives up" } },
		{ { "[a-z]+b" }, 0, PS_AVOID_ONIGURUMA, { "spans: automaton, then simulation where it gives up" } },
		{ { "[a-z]+" }, 0, PS_AVOID_ONIGURUMA | PS_AVOID_SPAN_DFA, { "spans: simulation" } },
		{ { "[a-z]+" }, 0, PS_AVOID_SPAN_DFA,
		  { "spans: oniguruma, then simulation where it gives up" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		expect(&sayings[i], 0);
}

/* What makes a plain string slow. */
static void test_explain_matcher__conditions(void **state)
{
	static const struct saying sayings[] = {
		{ { "foo" }, SEARCH_MATCH_WORD, 0,
		  { "conditions: whole words", "strategy: filter", "string: \"foo\"", "regular: exact" } },
		{ { "foo" }, SEARCH_MATCH_WORD | SEARCH_MATCH_LINE, 0, { "conditions: whole lines" } },
		{ { "x-y" }, SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_LINE, 0,
		  { "conditions: any case, whole lines", "strings: 4~", "string: \"\\x0Ax-y\\x0A\"",
		    "string: \"\\x0AX-y\\x0A\"", "string: \"\\x0Ax-Y\\x0A\"", "string: \"\\x0AX-Y\\x0A\"" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		expect(&sayings[i], 0);
}

static void test_explain_matcher__why_an_automaton_finds_more_than_matches(void **state)
{
	static const struct saying sayings[] = {
		{ { "(?<n>foo)\\k<n>" }, 0, 0, { "regular: superset (a back-reference)" } },
		{ { "(?<n>foo)\\k'n'" }, 0, 0, { "regular: superset (a back-reference)" } },
		{ { "(?<n>foo)\\g<n>" }, 0, 0, { "regular: superset (a call of a group)" } },
		{ { "(?<n>foo)\\g'n'" }, 0, 0, { "regular: superset (a call of a group)" } },
		{ { "(?>fo|foo)x" }, 0, 0, { "regular: superset (an atomic group)" } },
		{ { "(?:fo|foo)?+x" }, 0, 0, { "regular: superset (a possessive quantifier)" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		expect(&sayings[i], 0);
}

static void test_explain_matcher__words(void **state)
{
	static const struct saying alone = { { "foo", "bar", "barn" }, 0, 0,
		{ "patterns: 3", "strategy: words", "words: 3, in a trie of 8 nodes; lines by a lazy DFA",
		  "oniguruma: never", "spans: places of the strings" } };
	static const struct saying mixed = { { "foo", "(xyzzy)\\1", "bar" }, 0, 0,
		{ "patterns: 3", "strategy: words, filter", "words: 2, in a trie of 7 nodes~", "strings: 1~",
		  "string: \"xyzzyxyzzy\"", "regular: superset (pattern 2: a back-reference)",
		  "oniguruma: lines that the automaton finds", "spans: oniguruma" } };
	static const struct saying lines = { { "foo", "bar" }, SEARCH_MATCH_LINE, 0,
		{ "words: 2, in a trie of 7 nodes; lines by walking it from each place" } };

	(void)state;
	expect(&alone, 1);
	expect(&lines, 1);
	expect(&mixed, 1);
}

/* Patterns are numbered as they were given, whatever became of those before. */
static void test_explain_matcher__names_the_pattern(void **state)
{
	static const struct saying s = { { "a\nb", "abc", "x(y)\\1" }, 0, 0,
		{ "patterns: 3", "impossible: 1 (a newline is in no line)",
		  "regular: superset (pattern 3: a back-reference)" } };

	(void)state;
	expect(&s, 0);
}

/* In POSIX syntax a newline separates patterns, so there are more than were given. */
static void test_explain_matcher__no_line_of_a_posix_pattern_is_impossible(void **state)
{
	static const struct search_pattern p = { .text = "ab\ncd", .length = 5 };
	static const struct ps_match_options options = { .patterns = &p, .count = 1, .syntax = SEARCH_SYNTAX_EXTENDED };
	char *text = malloc(TEXT_MAX);
	struct ps_matcher *m;

	(void)state;
	assert_non_null(text);
	assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
	explain(m, text);
	assert_true(has_fact(text, "patterns: 1"));
	assert_false(has_fact(text, "impossible~"));
	free(text);
	ps_matcher_free(m);
}

static void test_explain_matcher__bytes_are_escaped(void **state)
{
	static const struct saying sayings[] = {
		{ { "\xC3\xA9\x1B[\"" }, SEARCH_MATCH_FIXED, 0, { "string: \"\\xC3\\xA9\\x1B[\\\"\"" } },
		{ { "a\\b~" }, SEARCH_MATCH_FIXED, 0, { "string: \"a\\\\b~\"" } },
		{ { "[\x7F]q" }, 0, 0, { "string: \"\\x7Fq\"" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
		expect(&sayings[i], 0);
}

/* 64 strings of 64 bytes, all of them escaped, and then one of 100,000 bytes. */
static void test_explain_matcher__text_is_short_ascii(void **state)
{
	static char many[64][64], one[100000];
	struct search_pattern p[64], *single = p;
	struct ps_match_options options = { .patterns = p, .count = 64 };
	char *text = malloc(TEXT_MAX);
	struct ps_matcher *m;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 64; i++) {
		memset(many[i], 1 + (int)i % 8, sizeof(many[i]));
		many[i][i] = 'x';
		p[i] = (struct search_pattern){ .text = many[i], .length = sizeof(many[i]) };
	}
	assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
	assert_true(explain(m, text) < TEXT_MAX);
	assert_true(has_fact(text, "strings: 64, each enough for a match"));
	assert_true(has_fact(text, "string: ... and 48 more"));
	for (const char *s = text; *s != '\0'; s++)
		assert_true(*s == '\n' || (*s >= 0x20 && *s < 0x7F));
	ps_matcher_free(m);
	memset(one, 0xC3, sizeof(one));
	for (size_t i = 1; i < sizeof(one); i += 2)
		one[i] = (char)0xA9;
	*single = (struct search_pattern){ .text = one, .length = sizeof(one) };
	options.count = 1;
	assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
	assert_true(explain(m, text) < 1000);
	assert_non_null(strstr(text, "\\xC3\\xA9\"...\n"));
	ps_matcher_free(m);
	free(text);
}

static void test_explain_matcher__a_small_buffer_cuts_the_text(void **state)
{
	static const struct saying s = { { "(foo|bar)\\1" }, 0, 0, { NULL } };
	struct ps_matcher *m = matcher_of(&s, 0);
	char *whole = malloc(TEXT_MAX), *cut = malloc(TEXT_MAX);
	size_t length, said;

	(void)state;
	assert_true(whole != NULL && cut != NULL);
	length = explain(m, whole);
	for (size_t size = 0; size <= length + 1; size++) {
		memset(cut, '#', length + 2);
		assert_int_equal(ps_matcher_explain(m, true, NULL, cut, size, &said), SEARCH_OK);
		assert_int_equal(said, length);
		assert_int_equal(cut[size], '#');
		if (size > 0) {
			assert_memory_equal(cut, whole, size - 1);
			assert_int_equal(cut[size - 1], '\0');
		}
	}
	assert_int_equal(ps_matcher_explain(m, true, NULL, NULL, 0, &said), SEARCH_OK);
	assert_int_equal(said, length);
	free(whole);
	free(cut);
	ps_matcher_free(m);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_explain_matcher__each_strategy),
		cmocka_unit_test(test_explain_matcher__which_files_a_tree_rules_out),
		cmocka_unit_test(test_explain_matcher__too_many_alternatives_rule_no_file_out),
		cmocka_unit_test(test_explain_matcher__conditions),
		cmocka_unit_test(test_explain_matcher__why_an_automaton_finds_more_than_matches),
		cmocka_unit_test(test_explain_matcher__words),
		cmocka_unit_test(test_explain_matcher__names_the_pattern),
		cmocka_unit_test(test_explain_matcher__no_line_of_a_posix_pattern_is_impossible),
		cmocka_unit_test(test_explain_matcher__bytes_are_escaped),
		cmocka_unit_test(test_explain_matcher__text_is_short_ascii),
		cmocka_unit_test(test_explain_matcher__a_small_buffer_cuts_the_text),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
