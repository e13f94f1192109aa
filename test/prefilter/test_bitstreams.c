/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_bitstreams.c - bit streams find over many blocks of text what the automaton finds, which other tests compare with
 * Oniguruma; of which patterns streams are made; and where they say that matches may end.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/finder.h"
#include "../../lib/match/matcher.h"
#include "../support/choose.h"
#include "../support/guard.h"
#include "../support/random.h"
#include "../support/scale.h"
#include "../match/find.h"

enum {
	PATTERN = 200,
	TEXT = 12000 /* some batches */
};

static struct guard guard;

/* ---- random patterns and texts ---- */

static void add(char *to, const char *s)
{
	if (strlen(to) + strlen(s) < PATTERN)
		strcat(to, s);
}

static void make_pattern(struct random *random, char *to)
{
	static const char *const classes[] = { "[ab]", "\\w", "\\s", "[^a]", "[a-c]", "\\d", ".", "[A-Z]", "[^\\s]", "x", " ",
					       "[\\x{e9}]", "(?:a|bc)", "(?:\\d\\w|[b-d]x?)", "\\W", "\\p{Greek}", "[\\r-]" };
	static const char *const repeats[] = { "", "", "", "+", "*", "?", "{2}", "{3}", "{5}", "{1,3}", "{2,9}", "{4,}", "{0,2}",
					       "{17}", "{63}", "{64}", "{70}", "{3,}?" };
	static const char *const others[] = { "^", "$", "\\b", "(?:ab*)+", "(?:\\w\\s){3}", "(?:\\w+ ){2,}", "(?:^|\\s)",
					      "(?:$|\\d)", "|", "(?:[ab]{2}|\\w\\d?){2,4}" };
	uint32_t count = 1 + random_below(random, 7);

	*to = '\0';
	for (uint32_t i = 0; i < count; i++) {
		if (random_percent(random, 20)) {
			add(to, others[random_below(random, sizeof(others) / sizeof(others[0]))]);
			continue;
		}
		add(to, classes[random_below(random, sizeof(classes) / sizeof(classes[0]))]);
		add(to, repeats[random_below(random, sizeof(repeats) / sizeof(repeats[0]))]);
	}
}

/* Runs of a few letters, from one byte to some blocks; the lines are as long or short. */
static size_t make_text(struct random *random, uint8_t *to)
{
	static const char *const pieces[] = { "a", "b", "x", "1", " ", "A", "ab", "c\t", "\n", "\r\n", "\xC3\xA9", "\xCE\xB1",
					      "\xFF", "-", "\xE2\x82", "\r", "\0" };
	uint32_t kinds = random_percent(random, 70) ? 10 : sizeof(pieces) / sizeof(pieces[0]);
	uint32_t longest = 1 + random_below(random, random_percent(random, 50) ? 8 : 200);
	size_t n = 0, size = random_below(random, TEXT - 400);

	while (n < size) {
		const char *piece = pieces[random_below(random, kinds)];
		size_t times = 1 + random_below(random, *piece == '\n' || *piece == '\r' ? 1 : longest);

		for (; times > 0; times--) {
			size_t length = *piece == '\0' ? 1 : strlen(piece);

			memcpy(to + n, piece, length);
			n += length;
		}
	}
	return n;
}

struct way {
	struct ps_matcher *matcher;
	struct ps_finder *finder;
};

static struct way open_way(struct ps_match_options *options, uint32_t avoid)
{
	struct way way;

	options->avoid = avoid;
	assert_int_equal(ps_matcher_new(&way.matcher, options, NULL), SEARCH_OK);
	assert_int_equal(ps_finder_new(&way.finder, way.matcher), SEARCH_OK);
	return way;
}

static void close_way(const struct way *way)
{
	ps_finder_free(way->finder);
	ps_matcher_free(way->matcher);
}

static void compare(const struct way *way, const struct way *other, const char *pattern, const uint8_t *text, size_t length)
{
	size_t from = 0;

	ps_finder_forget(way->finder);
	ps_finder_forget(other->finder);
	while (from < length) {
		struct ps_line want = { 0 }, got = { 0 };
		int wanted = find_line(other->finder, text, from, length, &want);
		int found = find_line(way->finder, text, from, length, &got);

		if (wanted == PS_UNDECIDED || found == PS_UNDECIDED)
			return; /* by Oniguruma's limits, which count from where it was asked first */
		if (found != wanted || (found == PS_FOUND && (got.begin != want.begin || got.end != want.end)))
			fail_msg("%s: in %zu bytes from %zu on, %s: %d %zu-%zu, not %d %zu-%zu", pattern, length, from,
				 way->matcher->simd->name, found, got.begin, got.end, wanted, want.begin, want.end);
		if (wanted != PS_FOUND)
			return;
		from = want.end + ps_line_terminator(way->matcher->lines, text, want.end, length);
	}
}

static void one_round(struct random *random, size_t *made)
{
	static const uint32_t flags[] = { 0, 0, 0, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE, SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_CRLF, SEARCH_MATCH_NUL_LINES };
	char store[2][PATTERN];
	struct search_pattern patterns[2];
	struct ps_match_options options = { .patterns = patterns, .cpu = ps_cpu_features() };
	uint8_t *store_text = malloc(TEXT);
	struct way other, way;

	assert_non_null(store_text);
	options.flags = flags[random_below(random, sizeof(flags) / sizeof(flags[0]))];
	options.count = 1 + random_below(random, 2);
	for (size_t i = 0; i < options.count; i++) {
		make_pattern(random, store[i]);
		patterns[i] = (struct search_pattern){ .text = store[i], .length = strlen(store[i]) };
	}
	other = open_way(&options, PS_AVOID_STRINGS | PS_AVOID_STREAMS);
	options.cpu = (uint32_t)random_below(random, 8) & ps_cpu_features();
	way = open_way(&options, PS_AVOID_STRINGS | PS_AVOID_WEIGHING);
	*made += way.matcher->filters.streams != NULL;
	for (int i = 0; i < 4; i++) {
		size_t length = make_text(random, store_text);

		compare(&way, &other, store[0], guard_at_end(&guard, store_text, length), length);
		compare(&way, &other, store[0], guard_at_begin(&guard, store_text, length), length);
	}
	close_way(&way);
	close_way(&other);
	free(store_text);
}

static void test_bitstreams__find_what_the_automaton_finds(void **state)
{
	size_t rounds = how_many_rounds(250, ROUNDS(1000));
	size_t made = 0;

	(void)state;
	guard_open(&guard, TEXT);
	for (size_t i = 0; i < rounds; i++) {
		struct random random = random_new(i);

		one_round(&random, &made);
	}
	guard_close(&guard);
	assert_true(made > rounds / 3);
}

/* ---- what streams are made of ---- */

static struct ps_matcher *matcher_of(const char *pattern, uint32_t flags)
{
	struct search_pattern p = { .text = pattern, .length = strlen(pattern) };
	struct ps_match_options options = { .patterns = &p, .count = 1, .flags = flags, .cpu = ps_cpu_features(),
					    .avoid = PS_AVOID_WEIGHING };
	struct ps_matcher *m;

	assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
	return m;
}

static void test_bitstreams__are_exact_where_they_tell_all_of_a_pattern(void **state)
{
	static const struct {
		const char *pattern;
		uint32_t flags;
		bool exact;
	} cases[] = {
		{ "\\w{5}\\s+\\w{5}", 0, true },
		{ "^\\s*[A-Z]{3,5}[0-9]$", 0, true },
		{ "[A-Z]{4}(?:[0-9]|[x-z][0-4])?[0-9]{3,}", 0, true },
		{ "(?:\\w+ )+[0-9]{4}", 0, false },    /* what comes before the digits is left out */
		{ "\\b[A-Z]{4}[0-9]", 0, false },      /* the boundary is */
		{ "[A-Z]{4}[0-9]{2,12}[x-z]", 0, false }, /* the most of the digits is */
		{ "[A-Z]{4}\\s", SEARCH_MATCH_CRLF, false }, /* a \r may belong to a terminator */
		{ "[A-Z]{4}[0-9]", SEARCH_MATCH_WORD, false },
		{ "[A-Z]{4}[0-9]", SEARCH_MATCH_LINE, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ps_matcher *m = matcher_of(cases[i].pattern, cases[i].flags);

		if (m->filters.streams == NULL || m->filters.streams->exact != cases[i].exact)
			fail_msg("%s", cases[i].pattern);
		ps_matcher_free(m);
	}
}

/* A line in which a match ends is sure. One with a character that is not ASCII is doubtful: streams know only bytes. */
static void test_bitstreams__tell_which_lines_are_sure(void **state)
{
	static const char text[] = "abcde fghij\nabcde fghi\nabcde fghijk\n\xC3\xA9\n\n  abcde  fghij";
	static const struct { size_t begin; bool sure; } wanted[] = {
		{ 0, true }, { 23, true }, { 36, false }, { 40, true },
	};
	struct ps_matcher *m = matcher_of("\\w{5}\\s+\\w{5}", 0);
	struct ps_bitstream_scanner *scanner;
	const struct ps_dfa_hit *hits;
	size_t count, scanned;

	(void)state;
	assert_int_equal(ps_bitstream_scanner_new(&scanner, m->filters.streams, m->simd), SEARCH_OK);
	assert_int_equal(ps_bitstream_scan(scanner, (const uint8_t *)text, sizeof(text) - 1, &hits, &count, &scanned),
			 SEARCH_OK);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < count; i++)
		if (hits[i].begin != wanted[i].begin || hits[i].sure != wanted[i].sure)
			fail_msg("line at %u: sure %d", (unsigned)hits[i].begin, hits[i].sure);
	ps_bitstream_scanner_free(scanner);
	ps_matcher_free(m);
}

static void test_bitstreams__are_not_made_of_what_they_cannot_tell(void **state)
{
	static const char *const patterns[] = { "\\s*", "(?:\\w+\\s)*", "[0-9]?$", "^", "[A-Z]{4}|\\s*", "(?:a|b*){20}", "\\w{100000}" };

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct ps_matcher *m = matcher_of(patterns[i], 0);

		if (m->filters.streams != NULL)
			fail_msg("%s", patterns[i]);
		ps_matcher_free(m);
	}
}

/* Classes of ASCII say nothing about such a text: the automaton reads it, and some of the texts that follow. */
static void test_bitstreams__rest_where_they_find_too_much(void **state)
{
	enum { LENGTH = 20000 };
	struct ps_matcher *m = matcher_of("\\w{5}\\s+\\w{5}", 0);
	struct ps_finder *f;
	struct ps_line line;
	char text[LENGTH];

	(void)state;
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	for (size_t i = 0; i < LENGTH; i += 4)
		memcpy(text + i, "\xC3\xA9\xC3\n", 4);
	assert_int_equal(find_line(f, (uint8_t *)text, 0, LENGTH, &line), PS_NONE);
	assert_true(f->bitstream_reader.dense);
	ps_finder_forget(f);
	assert_true(f->bitstream_reader.dense);
	memset(text, '\n', LENGTH);
	assert_int_equal(find_line(f, (uint8_t *)text, 0, LENGTH, &line), PS_NONE);
	ps_finder_forget(f);
	assert_false(f->bitstream_reader.dense);
	assert_int_equal(find_line(f, (uint8_t *)text, 0, LENGTH, &line), PS_NONE);
	assert_false(f->bitstream_reader.dense);
	ps_finder_free(f);
	ps_matcher_free(m);
}

static bool has_bit(const uint64_t *bits, size_t at)
{
	return (bits[at / 64] >> at % 64 & 1) != 0;
}

/* The automaton for spans skips to these places; without them it has to read all of each line. */
static void test_bitstreams__tell_where_matches_may_end(void **state)
{
	enum { LENGTH = 3 * 32 * PS_BLOCK + 17, STEP = 59, MATCH = 5 };
	struct ps_matcher *m = matcher_of("[A-Z]{4}[0-9]", 0);
	struct ps_bitstream_scanner *scanner;
	static uint8_t text[LENGTH];
	const struct ps_dfa_hit *hits;
	size_t count, scanned, known;
	const uint64_t *bits;

	(void)state;
	memset(text, '\n', LENGTH);
	for (size_t at = 0; at + MATCH <= LENGTH; at += STEP)
		memcpy(text + at, "ABCD1", MATCH);
	assert_int_equal(ps_bitstream_scanner_new(&scanner, m->filters.streams, m->simd), SEARCH_OK);
	for (size_t length = LENGTH; length > 0; length /= 2) {
		assert_int_equal(ps_bitstream_scan(scanner, text, length, &hits, &count, &scanned), SEARCH_OK);
		bits = ps_bitstream_ends(scanner, &known);
		assert_non_null(bits);
		assert_true(known > length);
		for (size_t at = 0; at < length; at++)
			if (has_bit(bits, at) != (at % STEP == MATCH - 1))
				fail_msg("of %zu bytes, at %zu: %d", length, at, has_bit(bits, at));
	}
	ps_bitstream_scanner_free(scanner);
	ps_matcher_free(m);
}

/*
 * Spans, too, are found with the help of these places: in each line by its own, whatever the lines before it were like.
 * A line that is not UTF-8 is rewritten first, and of that the streams know no place.
 */
static void test_bitstreams__each_line_has_places_of_its_own(void **state)
{
	static const char text[] = "ABCD1 ABCD2\n\n---------------- EFGH3, IJKL4 MNOP5\nQRST6\n"
				   "\xFF UVWX7 \xFF ABCD8\nABCD9\n";
	static const char expected[] = "ABCD1 ABCD2 EFGH3 IJKL4 MNOP5 QRST6 UVWX7 ABCD8 ABCD9 ";
	struct ps_matcher *m = matcher_of("[A-Z]{4}[0-9]", 0);
	const uint8_t *bytes = (const uint8_t *)text;
	size_t length = sizeof(text) - 1;
	char got[sizeof(text)] = "";
	struct ps_line line = { 0 };
	struct ps_finder *f;

	(void)state;
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	for (size_t from = 0; find_line(f, bytes, from, length, &line) == PS_FOUND; from = line.end + 1) {
		const char *at = text + line.begin;
		const struct search_span *spans;
		size_t count;
		int rc = ps_find_spans(f, bytes + line.begin, line.end - line.begin, SIZE_MAX, &spans, &count);

		assert_int_equal(rc, SEARCH_OK);
		for (size_t i = 0; i < count; i++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s ",
				 (int)(spans[i].end - spans[i].begin), at + spans[i].begin);
	}
	assert_string_equal(got, expected);
	ps_finder_free(f);
	ps_matcher_free(m);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bitstreams__find_what_the_automaton_finds),
		cmocka_unit_test(test_bitstreams__are_exact_where_they_tell_all_of_a_pattern),
		cmocka_unit_test(test_bitstreams__tell_which_lines_are_sure),
		cmocka_unit_test(test_bitstreams__are_not_made_of_what_they_cannot_tell),
		cmocka_unit_test(test_bitstreams__rest_where_they_find_too_much),
		cmocka_unit_test(test_bitstreams__tell_where_matches_may_end),
		cmocka_unit_test(test_bitstreams__each_line_has_places_of_its_own),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
