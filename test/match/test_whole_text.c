/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_whole_text.c - random patterns that may match over line ends: all ways of finding their matches that a matcher can
 * be forced to take give the same ones.
 *
 * What the matches are is not asked here: test/search/test_multiline.c asks Oniguruma. A way may give up on a text; what it
 * found before must be right all the same. PS_SEED repeats a run, PS_ROUNDS is how many patterns it has.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/finder.h"
#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/random_pattern.h"
#include "../support/scale.h"
#include "ways.h"

enum { TEXTS = 4, TEXT_MAX = 2000, MOST_MATCHES = 2 * TEXT_MAX, PATTERNS = 2 };

struct way {
	const char *name;
	uint32_t avoid;
	size_t memory;
	size_t words;
};

static const struct way ways[MATCHER_WAY_COUNT] = { MATCHER_WAYS };

struct found {
	struct search_span spans[MOST_MATCHES];
	size_t count;
	bool gave_up;
};

struct trial {
	uint64_t seed;
	struct pattern patterns[PATTERNS];
	struct ps_match_options options;
	const struct way *way;
	const uint8_t *text;
	size_t length;
};

static void differ(const struct trial *t, const char *what)
{
	print_error("PS_SEED=%llu: %s, syntax %u, flags %llx, way %s\n", (unsigned long long)t->seed, what,
		    (unsigned)t->options.syntax, (unsigned long long)t->options.flags, t->way->name);
	for (size_t i = 0; i < t->options.count; i++)
		print_error("  pattern %.*s\n", (int)t->patterns[i].length, t->patterns[i].text);
	print_error("  text ");
	for (size_t i = 0; i < t->length; i++)
		print_error(t->text[i] < 0x20 || t->text[i] >= 0x7F ? "\\x%02X" : "%c", t->text[i]);
	print_error("\n");
	fail();
}

static void find_all(const struct trial *t, const struct ps_matcher *matcher, struct found *found)
{
	struct ps_finder *finder;
	int rc;

	found->count = 0;
	assert_int_equal(ps_finder_new(&finder, matcher), SEARCH_OK);
	assert_int_equal(ps_finder_begin_text(finder, t->text, t->length), SEARCH_OK);
	for (;;) {
		struct search_span span;

		do
			rc = ps_find_match(finder, &span);
		while (rc == PS_PAUSED);
		if (rc != PS_FOUND)
			break;
		assert_true(found->count < MOST_MATCHES);
		if (span.begin > span.end || span.end > t->length)
			differ(t, "a match beyond the text");
		found->spans[found->count++] = span;
	}
	assert_true(rc == PS_NONE || rc == PS_UNDECIDED);
	found->gave_up = rc == PS_UNDECIDED;
	ps_finder_end_text(finder);
	ps_finder_free(finder);
}

/* Returns whether both came to the end. */
static bool compare(const struct trial *t, const struct found *want, const struct found *got)
{
	size_t count = ps_min(want->count, got->count);

	for (size_t i = 0; i < count; i++)
		if (want->spans[i].begin != got->spans[i].begin || want->spans[i].end != got->spans[i].end ||
		    want->spans[i].pattern != got->spans[i].pattern) {
			print_error("match %zu: %zu-%zu:%u and %zu-%zu:%u\n", i, want->spans[i].begin, want->spans[i].end,
				    want->spans[i].pattern, got->spans[i].begin, got->spans[i].end, got->spans[i].pattern);
			differ(t, "another match");
		}
	if ((want->count > count && !got->gave_up) || (got->count > count && !want->gave_up))
		differ(t, want->count > count ? "a match less" : "a match more");
	return !want->gave_up && !got->gave_up;
}

/* What patterns consist of, and now and then what they do not. Returns its length. */
static size_t draw_piece(struct draw *d, uint8_t *to)
{
	static const struct {
		const char *bytes;
		size_t length;
		uint32_t one_in;
	} rare[] = { { "", 1, 40 }, { "\n", 1, 6 }, { "\r\n", 2, 20 }, { "\xFF", 1, 30 } };
	const char *character;

	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		if (draw_one_in(d, rare[i].one_in)) {
			memcpy(to, rare[i].bytes, rare[i].length);
			return rare[i].length;
		}
	character = draw_character(d);
	memcpy(to, character, strlen(character));
	return strlen(character);
}

static size_t draw_text(struct draw *d, uint8_t *text)
{
	size_t length = 0, size = draw(d, draw_one_in(d, 8) ? TEXT_MAX - 8 : 60);

	while (length < size)
		length += draw_piece(d, text + length);
	return length;
}

/* Some end where the text ends, which is more than where a line does. */
static void draw_ending(struct draw *d, struct pattern *p)
{
	const char *end = p->syntax == SEARCH_SYNTAX_PYTHON ? "\\Z" : "\\z";

	if (!draw_one_in(d, 3) || p->length + strlen(end) >= PATTERN_SIZE)
		return;
	strcpy(p->text + p->length, end);
	p->length += strlen(end);
}

/* A row of sets: bit streams express the whole of such a pattern, and of few others. */
static void draw_row_of_sets(struct draw *d, struct pattern *p)
{
	static const char *const sets[] = { "\\w", "\\s", "\\n", "[a-z]", "[^a-z]", ".", "[\\n0-9]", "\\W", "[^\\n]",
					    "\303\251", "[\303\240-\303\277]" };
	static const char *const repeats[] = { "", "", "{1,2}", "{2}", "+", "*", "?" };

	strcpy(p->text, draw_one_in(d, 3) ? "\\A" : "");
	for (size_t n = 1 + draw(d, 4); n > 0; n--) {
		strcat(p->text, sets[draw(d, sizeof(sets) / sizeof(sets[0]))]);
		strcat(p->text, repeats[draw(d, sizeof(repeats) / sizeof(repeats[0]))]);
	}
	p->length = strlen(p->text);
}

static void draw_trial(struct draw *d, struct trial *t, struct search_pattern *patterns)
{
	static const uint32_t flags[] = { SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_WORD, SEARCH_MATCH_CRLF,
					  SEARCH_MATCH_DOT_NEWLINE, SEARCH_MATCH_LINE };
	size_t count = draw_one_in(d, 3) ? PATTERNS : 1;

	t->options = (struct ps_match_options){ .patterns = patterns, .count = count, .flags = SEARCH_MATCH_MULTILINE };
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (draw_one_in(d, 4))
			t->options.flags |= flags[i];
	for (size_t i = 0; i < count; i++) {
		do
			draw_pattern(d, &t->patterns[i]);
		while (i > 0 && t->patterns[i].syntax != t->patterns[0].syntax);
		if (draw_one_in(d, 8))
			draw_row_of_sets(d, &t->patterns[i]);
		draw_ending(d, &t->patterns[i]);
		patterns[i] = (struct search_pattern){ .text = t->patterns[i].text, .length = t->patterns[i].length };
	}
	t->options.syntax = t->patterns[0].syntax;
}

struct counts {
	size_t patterns, streams, compared, undecided, matches;
};

static void try_patterns(struct draw *d, struct trial *t, struct counts *counts)
{
	static uint8_t text[TEXT_MAX + 8];
	static struct found want, got;
	struct search_pattern patterns[PATTERNS];
	struct ps_matcher *matcher[MATCHER_WAY_COUNT] = { 0 };
	bool streams = false;
	int rc;

	draw_trial(d, t, patterns);
	for (size_t w = 0; w < MATCHER_WAY_COUNT; w++) {
		t->options.avoid = ways[w].avoid;
		t->options.memory = ways[w].memory;
		t->options.words = ways[w].words;
		t->way = &ways[w];
		rc = ps_matcher_new(&matcher[w], &t->options, NULL);
		if (w == 0 && (rc != SEARCH_OK || !ps_matcher_is_whole(matcher[w]))) {
			ps_matcher_free(matcher[w]); /* the pattern is refused, or sees no line end */
			return;
		}
		if (rc != SEARCH_OK || !ps_matcher_is_whole(matcher[w]))
			differ(t, "it is refused, or searches lines");
		streams = streams || matcher[w]->filters.streams != NULL;
	}
	counts->patterns++;
	counts->streams += streams;
	t->text = text;
	for (int i = 0; i < TEXTS; i++) {
		t->length = draw_text(d, text);
		for (size_t w = 0; w < MATCHER_WAY_COUNT; w++) {
			t->way = &ways[w];
			find_all(t, matcher[w], w == 0 ? &want : &got);
			if (w == 0)
				counts->matches += want.count;
			else if (compare(t, &want, &got))
				counts->compared++;
			else
				counts->undecided++;
		}
	}
	for (size_t w = 0; w < MATCHER_WAY_COUNT; w++)
		ps_matcher_free(matcher[w]);
}

static void test_whole_text__all_ways_find_the_same(void **state)
{
	uint64_t seed = random_seed(), rounds = how_many_rounds(3000, 200000);
	struct counts counts = { 0 };
	static struct trial t;

	(void)state;
	for (uint64_t i = 0; i < rounds; i++) {
		struct draw d = { (seed + i) * UINT64_C(0x9E3779B97F4A7C15) | 1 };

		t.seed = seed + i;
		draw(&d, 2);
		try_patterns(&d, &t, &counts);
	}
	print_message("%zu sets of patterns, %zu with bit streams; ", counts.patterns, counts.streams);
	print_message("%zu texts searched in two ways, %zu matches; %zu undecided\n", counts.compared, counts.matches,
		      counts.undecided);
	if (rounds >= 1000) {
		assert_true(counts.compared > rounds);
		assert_true(counts.matches > rounds);
		assert_true(counts.streams > rounds / 20);
		assert_true(counts.undecided < counts.compared / 10);
	}
}

/*
 * The automaton for lines is the fastest to say that there is no match in a text, and then no search begins. It is not
 * asked if the automaton for spans can skip most of the text.
 */
static void test_whole_text__one_without_a_match_is_read_once(void **state)
{
	static const char text[] = "some\nlines\nof text\n";
	static const struct {
		const char *pattern;
		uint32_t avoid;
		enum ps_spans_by by;
		bool at_once;
	} rows[] = {
		{ "[x-z]\\s[a-f]", PS_AVOID_STREAMS, PS_SPANS_BY_AUTOMATON, true },
		{ "[x-z]\\s[a-f]", PS_AVOID_STREAMS | PS_AVOID_SPAN_DFA, PS_SPANS_BY_PATTERN, true },
		{ "needle\\s[x-z]", PS_AVOID_STREAMS, PS_SPANS_BY_AUTOMATON, false },
		{ "needle\\s[x-z]", PS_AVOID_STREAMS | PS_AVOID_SPAN_DFA, PS_SPANS_BY_PATTERN, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct search_pattern pattern = { .text = rows[i].pattern, .length = strlen(rows[i].pattern) };
		const struct ps_match_options options = {
			.patterns = &pattern, .count = 1, .flags = SEARCH_MATCH_MULTILINE, .avoid = rows[i].avoid,
		};
		struct ps_matcher *m;
		struct ps_finder *f;

		assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
		assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
		assert_int_equal(ps_finder_begin_text(f, (const uint8_t *)text, sizeof(text) - 1), SEARCH_OK);
		assert_int_equal(f->spans_by, rows[i].by);
		if ((f->whole.from == SIZE_MAX) != rows[i].at_once)
			fail_msg("%s, avoid %x: from %zu on", rows[i].pattern, rows[i].avoid, f->whole.from);
		ps_finder_end_text(f);
		ps_finder_free(f);
		ps_matcher_free(m);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_text__all_ways_find_the_same),
		cmocka_unit_test(test_whole_text__one_without_a_match_is_read_once),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
