/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_strings.c - patterns of strings that go on to the start or the end of a line, or that follow each other in one:
 * all ways to find lines, from each line of a text on, and to count them, against Oniguruma alone. The texts are short
 * and of few bytes, so that they begin and end in every way: amid a line, with one terminator or several.
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
#include "../support/guard.h"
#include "../support/scale.h"
#include "find.h"
#include "ways.h"

enum { TEXT_MAX = 300, PATTERNS = 3 };

static struct guard guard;
static uint64_t seed = 7;

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 32) % below);
}

static const char *const with_borders[][PATTERNS] = {
	{ "^$" }, { "$^" }, { "^^$" }, { "^}$" }, { "^}" }, { "}$" }, { "}" }, { "" }, { "^" }, { "$" }, { "^^}" }, { "}$$" },
	{ "a}$" }, { "^a}" }, { "^}a$" }, { "^a|}$" }, { "^(?:}|a})$" }, { "^$|}" }, { "^$|^}" }, { "}a|a}a$" }, { "}}|a}}$" },
	{ "^}\\s.*a" }, { "a.*}$" }, { "(?:^|a)}" }, { "}(?:$|a)" }, { "^\\b}" }, { "}a?$" }, { "^a?}" }, { "}$a" }, { "a^}" },
	{ "^}|^$|a$" }, { "}", "^a" }, { "^}", "a$", "^$" }, { "}a", "a}" }, { "\\A}" }, { "}\\z" }, { "}\\Z" },
	{ "^}\\r$" }, { "}\\r" }, { "^\\n}" }, { "^[}a]$" }, { "^}{2}$" }, { "(?:^})+" }, { "(?:}$){1,2}" }, { "^.}$" },
	{ "^}\\xC3\\xA9$" }, { "é$" }, { "^é" },
};

/* The bytes are those that count as rare, or else no literal is worth looking for. */
static const char *const in_order[][PATTERNS] = {
	{ "}{.*{}" }, { "}.*{.*}" }, { "}{.*}{" }, { "{.*{" }, { "^}.*{" }, { "}.*{$" }, { "}.*\\b{" }, { "}\\s.*{" },
	{ "(?:}{|{}).*(?:}a|a{)" }, { "(?:}{a|{).*}" }, { "(?:}|{).*(?:}|{).*}" }, { "[{}]a.*[{}]" }, { "}.+{" }, { "}.?{" },
	{ "(?m)}.*{" }, { "}(?m:.*){" }, { "}[^\\n]*{" }, { "}[^a]*{" }, { "a*}.*{a*" }, { "(?:}.*{)+" }, { "}.*(?:{.*)*}" },
	{ "(?:}.*{)?.*}{" }, { "}(?:.*{){2}" }, { ".*}.*{.*" }, { "\\w*}.*{" }, { "[a\\n]?}a.*{" }, { "}.*\\r.*{" },
	{ "}\\r.*{" }, { "}.*{\\r" }, { "}.*\\xC3\\xA9.*{" }, { "}.*é.*{" }, { "é}.*}" }, { "(?i)k}.*{" }, { "(?:é|a)}.*{}" },
	{ "a}.*{", "{}.*a" }, { "}{{|{}.*{}" }, { "}.*{(?!a)" }, { "(?<!a)}.*{" }, { "(})\\1.*{" }, { "(?>}.*){" },
	{ "}{.*}{.*}{.*}{.*}{.*}{.*}{.*}{" },
};

static const uint32_t flag_sets[] = {
	0, SEARCH_MATCH_LINE, SEARCH_MATCH_CRLF, SEARCH_MATCH_LINE | SEARCH_MATCH_CRLF, SEARCH_MATCH_NUL_LINES,
	SEARCH_MATCH_LINE | SEARCH_MATCH_NUL_LINES, SEARCH_MATCH_WORD, SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_LINE,
	SEARCH_MATCH_FIXED | SEARCH_MATCH_LINE, SEARCH_MATCH_FIXED,
};

struct way {
	const char *name;
	uint32_t avoid;
	size_t memory, words;
};

static const struct way ways[MATCHER_WAY_COUNT] = { MATCHER_WAYS };

static size_t make_text(uint8_t *text)
{
	static const char *const pieces[] = { "\n", "\n\n", "}", "a", "}a", "\n}\n", "{", "{}", "\r\n", "\r", "\xC3\xA9", "\n}",
					     "}\n", "A", "\xFF", "\xE2\x84\xAA" };
	size_t length = 0, most = 1 + rnd(rnd(3) == 0 ? TEXT_MAX - 8 : 12);
	uint32_t kinds = 2 + rnd(sizeof(pieces) / sizeof(pieces[0]) - 1);

	while (length < most) {
		const char *piece = pieces[rnd(kinds)];

		memcpy(text + length, piece, strlen(piece));
		length += strlen(piece);
	}
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\n' && rnd(8) == 0)
			text[i] = '\0';
	return length;
}

static void differ(const struct way *way, const char *const *pattern, uint32_t flags, const uint8_t *text, size_t length)
{
	print_error("way %s, flags %x, patterns %s %s %s, text \"", way->name, flags, pattern[0],
		    pattern[1] != NULL ? pattern[1] : "", pattern[2] != NULL ? pattern[2] : "");
	for (size_t i = 0; i < length; i++)
		print_error(text[i] < 0x20 || text[i] > 0x7E ? "\\x%02X" : "%c", text[i]);
	fail_msg("\"");
}

/* Compares the lines from `from` on, and their number. */
static bool same_lines(const struct ps_matcher *const m[2], const uint8_t *text, size_t from, size_t limit,
		       struct ps_lines lines)
{
	struct ps_finder *f[2];
	uint64_t total = 0, count;
	size_t at = from;
	bool same = true;

	for (int k = 0; k < 2; k++)
		assert_int_equal(ps_finder_new(&f[k], m[k]), SEARCH_OK);
	for (int rc[2] = { PS_FOUND, PS_FOUND }; same && at < limit && rc[1] == PS_FOUND;) {
		struct ps_line line[2] = { { 0, 0 }, { 0, 0 } };

		for (int k = 0; k < 2; k++)
			rc[k] = find_line(f[k], text, at, limit, &line[k]);
		same = rc[0] == rc[1] && (rc[0] != PS_FOUND || memcmp(&line[0], &line[1], sizeof(line[0])) == 0);
		total += rc[1] == PS_FOUND;
		at = line[1].end + ps_line_terminator(lines, text, line[1].end, limit);
	}
	if (same && ps_count_lines(f[0], text, from, limit, &count))
		same = count == total;
	for (int k = 0; k < 2; k++)
		ps_finder_free(f[k]);
	return same;
}

static void check_way(const struct way *way, const char *const *pattern, uint32_t flags)
{
	struct search_pattern list[PATTERNS];
	struct ps_match_options options = { .patterns = list, .flags = flags, .cpu = ps_cpu_features(),
					    .avoid = way->avoid, .memory = way->memory, .words = way->words };
	struct ps_lines lines = ps_lines_of(flags);
	struct ps_matcher *m[2];

	for (; options.count < PATTERNS && pattern[options.count] != NULL; options.count++)
		list[options.count] = (struct search_pattern){ .text = pattern[options.count],
							       .length = strlen(pattern[options.count]) };
	assert_int_equal(ps_matcher_new(&m[0], &options, NULL), SEARCH_OK);
	options.avoid = PS_AVOID_ALL;
	options.words = 0;
	assert_int_equal(ps_matcher_new(&m[1], &options, NULL), SEARCH_OK);
	for (size_t round = 0, rounds = how_many_rounds(4, ROUNDS(4)); round < rounds; round++) {
		uint8_t made[TEXT_MAX];
		size_t length = make_text(made);
		const uint8_t *text = guard_at_end(&guard, made, length);

		for (size_t from = 0; from < length; from++)
			if ((from == 0 || (text[from - 1] == lines.end && rnd(3) == 0)) &&
			    !same_lines((const struct ps_matcher *const[]){ m[0], m[1] }, text, from, length, lines))
				differ(way, pattern, flags, text + from, length - from);
	}
	ps_matcher_free(m[0]);
	ps_matcher_free(m[1]);
}

/*
 * Unless the test runs long, each pattern takes a part of the ways with each set of flags, and all of them with one
 * part or another of the sets.
 */
static void check_all(const char *const (*patterns)[PATTERNS], size_t count)
{
	size_t parts = runs_long() ? 1 : TEST_SANITIZED ? 9 : 3;

	for (size_t w = 0; w < MATCHER_WAY_COUNT; w++)
		for (size_t k = 0; k < sizeof(flag_sets) / sizeof(flag_sets[0]); k++)
			for (size_t i = 0; i < count; i++)
				if ((w + k + i) % parts == 0)
					check_way(&ways[w], patterns[i], flag_sets[k]);
}

static void test_strings__with_line_ends_agree(void **state)
{
	(void)state;
	check_all(with_borders, sizeof(with_borders) / sizeof(with_borders[0]));
}

static void test_strings__that_follow_each_other_agree(void **state)
{
	(void)state;
	check_all(in_order, sizeof(in_order) / sizeof(in_order[0]));
}

/* The lines that hold one string are counted without a look at each of them. */
static void test_strings__one_is_counted_at_once(void **state)
{
	static const char text[] = "a hay\nneedle in hay\nhay, a needle\nstraw"; /* the last line has no terminator */
	static const struct row {
		const char *pattern;
		uint32_t flags;
		bool at_once;
		uint64_t count;
	} rows[] = {
		{ "hay", 0, true, 3 }, { "straw", 0, true, 1 }, { "clover", 0, true, 0 }, { "^hay", 0, true, 1 },
		{ "hay$", 0, true, 2 }, { "hay", SEARCH_MATCH_LINE, true, 0 }, { "h(?>ay)", 0, true, 3 },
		{ "", 0, true, 4 }, { "hay|straw", 0, false, 0 }, { "[^\\s]{5}", 0, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		const struct search_pattern pattern = { .text = r->pattern, .length = strlen(r->pattern) };
		const struct ps_match_options options = { .patterns = &pattern, .count = 1, .flags = r->flags,
							  .cpu = ps_cpu_features() };
		struct ps_matcher *m;
		struct ps_finder *f;
		uint64_t count;
		bool at_once;

		assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
		assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
		at_once = ps_count_lines(f, (const uint8_t *)text, 0, sizeof(text) - 1, &count);
		if (at_once != r->at_once || count != r->count)
			fail_msg("%s, flags %x: %d, %llu lines", r->pattern, r->flags, at_once,
				 (unsigned long long)count);
		ps_finder_free(f);
		ps_matcher_free(m);
	}
}

static int open_guard(void **state)
{
	(void)state;
	guard_open(&guard, 4096);
	return 0;
}

static int close_guard(void **state)
{
	(void)state;
	guard_close(&guard);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings__with_line_ends_agree),
		cmocka_unit_test(test_strings__that_follow_each_other_agree),
		cmocka_unit_test(test_strings__one_is_counted_at_once),
	};

	return RUN_TESTS(tests, open_guard, close_guard);
}
