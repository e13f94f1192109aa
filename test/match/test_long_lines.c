/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_long_lines.c - where the matches are in lines of 2 KB to 300 KB: the way that a matcher takes by itself, with what
 * it skips inside of a line, against Oniguruma, or the simulation where the longest matches are wanted. The patterns have
 * a literal in front, amid or behind, or none; the lines hold it often, seldom or never, and pieces of it on both sides of
 * places that kernels and chunks begin at. PS_SEED and PS_ROUNDS as elsewhere.
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
#include "../support/random.h"
#include "../support/scale.h"
#include "find.h"

enum {
	PATTERNS = 2,
	PATTERN = 200,      /* bytes */
	SHORT_LINE = 2000,
	LONG_LINE = 300 * 1000,
	WAYS = 4
};

/* A way to find spans; the first is the judge. */
struct way {
	const char *name;
	uint32_t avoid;
	size_t memory;
	struct ps_matcher *matcher;
	struct ps_finder *finder;
};

struct round {
	struct random random;
	char text[PATTERNS][PATTERN];
	struct search_pattern patterns[PATTERNS];
	struct ps_match_options options;
	struct way ways[WAYS];
	uint8_t *line;
	size_t length;
	size_t distance;
	const char *literal; /* the last one of the patterns: most lines hold it */
};

static struct guard guard;

#define ANY_OF(r, list) ((list)[random_below(&(r)->random, sizeof(list) / sizeof((list)[0]))])

/* ---- patterns ---- */

static const char *const literals[] = { "needle", "Qq", "xyzzy", "#%", "function ", "id=", "\xC3\xA9\xC3\xA8", "ab" };

/* In all syntaxes; what is special to one is left to test_agree. */
static const char *const around[] = {
	"", "", "", "a", "[a-e]", "[a-e]*", "[0-9a-f]+", "[^ ]*", "[^x]", ".*", ".", "a?", "(ab|c)*", "(a|ab)(c|bcd)?",
	" ", "[ab]*c", "(a|b|ab)", "[[:alpha:]]+", "[\xC3\xA0-\xC3\xBF]", "[\xC3\xA9\xE6\x97\xA5]*", "([a-c] ?)*", "[ -~]*z",
};

/* Not in POSIX syntaxes. */
static const char *const modern[] = {
	"\\w+", "\\w*?", ".*?", "[a-e]+?", "\\b", "\\B", "(?<!\\w)", "(?!\\w)", "\\s", "(?:ab|a)??", "[a-e]{2,9}", "\\d*",
	"(?i:k)", "[^z]{0,40}?", ".{30}", "(?:\\w+ ){1,3}", "(?:a[^z]*z|a)", "(?:^|,)", "(?:$|,)",
};

static void add(char *to, const char *s)
{
	if (strlen(to) + strlen(s) < PATTERN)
		strcat(to, s);
}

static void add_around(struct round *r, char *to)
{
	for (uint32_t i = random_below(&r->random, 3); i > 0; i--)
		add(to, !r->options.longest && random_percent(&r->random, 50) ? ANY_OF(r, modern) : ANY_OF(r, around));
}

static void make_pattern(struct round *r, char *to)
{
	to[0] = '\0';
	if (random_percent(&r->random, 6))
		add(to, "^");
	add_around(r, to);
	r->literal = ANY_OF(r, literals);
	if (random_percent(&r->random, 85))
		add(to, r->literal);
	add_around(r, to);
	if (random_percent(&r->random, 20)) {
		add(to, "|");
		add_around(r, to);
		add(to, ANY_OF(r, literals));
		add_around(r, to);
	}
	if (random_percent(&r->random, 6))
		add(to, "$");
}

static void draw_options(struct round *r)
{
	static const uint32_t flags[] = {
		0, 0, 0, 0, SEARCH_MATCH_WORD, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE, SEARCH_MATCH_IGNORE_CASE,
		SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_WORD,
	};

	r->options = (struct ps_match_options){ .patterns = r->patterns, .flags = ANY_OF(r, flags) };
	r->options.longest = random_percent(&r->random, 25);
	r->options.count = random_percent(&r->random, 25) ? PATTERNS : 1;
	for (size_t i = 0; i < r->options.count; i++) {
		make_pattern(r, r->text[i]);
		r->patterns[i] = (struct search_pattern){ .text = r->text[i], .length = strlen(r->text[i]) };
	}
	r->distance = random_percent(&r->random, 80) ? SIZE_MAX : 1 + random_below(&r->random, LONG_LINE / 4);
}

/* ---- lines ---- */

/* Puts something at a place, or as much of it as there is room for. */
static void put(struct round *r, size_t at, const char *s)
{
	if (at < r->length)
		memcpy(r->line + at, s, ps_min(strlen(s), r->length - at));
}

/* A literal, with more or less around it that patterns may take. */
static void put_literal(struct round *r, size_t at)
{
	static const char *const before[] = { "a", "abc", " ", "abcabcabc", "\xC3\xA9", "x ", "-", "," };
	static const char *const behind[] = { "a", "abcd", " ", "0123", "\xE6\x97\xA5", "-z", "c", "," };
	const char *literal = random_percent(&r->random, 80) ? r->literal : ANY_OF(r, literals), *first = ANY_OF(r, before);

	put(r, at, first);
	put(r, at + strlen(first), literal);
	put(r, at + strlen(first) + strlen(literal), ANY_OF(r, behind));
}

/* Amid what kernels read at once, and what the automaton does. */
static void put_at_borders(struct round *r)
{
	static const size_t steps[] = { 64, 4096, 64 * 1024 };

	for (uint32_t i = 0; i < 6; i++) {
		size_t border = (1 + random_below(&r->random, 4)) * ANY_OF(r, steps);

		put_literal(r, border - random_below(&r->random, 12));
	}
}

static void make_line(struct round *r)
{
	static const char *const fills[] = {
		"abc ", "the code and a cab in it; ", "aaaaaaaa", "0123 abcdef-", "x", "\xC3\xA9t\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC ",
		"ab", "-- ", "id=needl functi xyzz ", "k\xE2\x84\xAA ", "nn",
	};
	const char *fill = ANY_OF(r, fills);
	uint32_t most = random_percent(&r->random, 15) ? LONG_LINE : random_percent(&r->random, 40) ? 20 * 1000 : 3000;
	size_t n, literal_count;

	r->length = SHORT_LINE + random_below(&r->random, most - SHORT_LINE);
	literal_count = random_percent(&r->random, 30) ? r->length / 40 : random_below(&r->random, 9);
	for (size_t at = 0; at < r->length; at += n) {
		put(r, at, fill);
		n = strlen(fill);
		if (random_percent(&r->random, 2))
			fill = ANY_OF(r, fills);
	}
	for (size_t i = 0; i < literal_count; i++)
		put_literal(r, random_below(&r->random, (uint32_t)r->length));
	if (random_percent(&r->random, 60))
		put_at_borders(r);
	if (random_percent(&r->random, 10))
		put(r, random_below(&r->random, (uint32_t)r->length), "\xFF");
	r->line[r->length] = '\n';
}

/* ---- one round ---- */

static void close_ways(struct round *r)
{
	for (struct way *way = r->ways; way < r->ways + WAYS; way++) {
		ps_finder_free(way->finder);
		ps_matcher_free(way->matcher);
		way->finder = NULL;
		way->matcher = NULL;
	}
}

/* Oniguruma does not look for the longest matches. */
static uint32_t judge_avoids(const struct round *r)
{
	return PS_AVOID_SPAN_DFA | (r->options.longest ? PS_AVOID_ONIGURUMA : PS_AVOID_ALL);
}

static bool open_ways(struct round *r)
{
	for (struct way *way = r->ways; way < r->ways + WAYS; way++) {
		r->options.avoid = way == r->ways ? judge_avoids(r) : way->avoid;
		r->options.memory = way->memory;
		if (ps_matcher_new(&way->matcher, &r->options, NULL) != SEARCH_OK)
			return false;
		assert_int_equal(ps_finder_new(&way->finder, way->matcher), SEARCH_OK);
	}
	return true;
}

static void differ(const struct round *r, const struct way *way, const struct search_span *got, size_t count,
		   const struct search_span *want, size_t wanted)
{
	size_t i = 0;

	while (i < count && i < wanted && memcmp(&got[i], &want[i], sizeof(*got)) == 0)
		i++;
	for (size_t k = 0; k < r->options.count; k++)
		print_error("/%s/\n", r->text[k]);
	print_error("way %s, flags %llx, longest %d, distance %zu, line of %zu\n", way->name,
		    (unsigned long long)r->options.flags, r->options.longest, r->distance, r->length);
	if (i < count)
		print_error("got  [%zu] %zu-%zu:%u\n", i, got[i].begin, got[i].end, got[i].pattern);
	if (i < wanted)
		print_error("want [%zu] %zu-%zu:%u\n", i, want[i].begin, want[i].end, want[i].pattern);
	fail_msg("%zu matches, not %zu", count, wanted);
}

/*
 * Finds the line, between two others, and then its spans: where the line was found by bit streams, they say where matches
 * may end. Returns what ps_find_spans does.
 */
static int find_spans(struct round *r, struct way *way, const uint8_t *text, const struct search_span **spans,
		      size_t *count)
{
	struct ps_line line;

	ps_finder_forget(way->finder);
	if (find_line(way->finder, text, 2, r->length + 3, &line) == PS_FOUND)
		assert_in_range(line.begin, 2, 2);
	return ps_find_spans(way->finder, text + 2, r->length, r->distance, spans, count);
}

/* Returns how many ways were compared: none if the judge cannot tell. */
static size_t compare_ways(struct round *r)
{
	const struct search_span *want, *got;
	const uint8_t *text = guard_at_end(&guard, r->line - 2, r->length + 3);
	size_t wanted, count, compared = 0;

	if (find_spans(r, &r->ways[0], text, &want, &wanted) != SEARCH_OK)
		return 0;
	for (struct way *way = r->ways + 1; way < r->ways + WAYS; way++) {
		int rc = find_spans(r, way, text, &got, &count);

		assert_true(rc == SEARCH_OK || rc == PS_UNDECIDED);
		compared += rc == SEARCH_OK;
		if (rc == SEARCH_OK &&
		    (count != wanted || (count > 0 && memcmp(got, want, count * sizeof(*got)) != 0)))
			differ(r, way, got, count, want, wanted);
	}
	return compared;
}

static void test_long_lines__have_the_spans_that_oniguruma_finds(void **state)
{
	size_t compared = 0, rounds = how_many_rounds(60, ROUNDS(5000));
	static struct round r = {
		.ways = {
			{ .name = "judge" },
			{ .name = "free" },
			{ .name = "no memory", .memory = 1, .avoid = PS_AVOID_ONIGURUMA },
			{ .name = "streams", .avoid = PS_AVOID_STRINGS | PS_AVOID_WEIGHING },
		},
	};
	uint8_t *buffer;

	(void)state;
	buffer = malloc(LONG_LINE + 3);
	assert_non_null(buffer);
	memcpy(buffer, "-\n", 2);
	r.line = buffer + 2;
	guard_open(&guard, LONG_LINE + 3);
	for (size_t round = 0; round < rounds; round++) {
		r.random = random_new(round);
		draw_options(&r);
		if (open_ways(&r))
			for (int i = 0; i < 2; i++) {
				make_line(&r);
				compared += compare_ways(&r);
			}
		close_ways(&r);
	}
	guard_close(&guard);
	free(buffer);
	print_message("%zu lines compared\n", compared);
	assert_true(compared > rounds);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_long_lines__have_the_spans_that_oniguruma_finds) };

	return RUN_TESTS(tests, NULL, NULL);
}
