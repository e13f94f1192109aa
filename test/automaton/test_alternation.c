/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_alternation.c - many alternatives that begin alike: the automaton finds the lines that Oniguruma finds, and
 * thousands of them cost no more than a few.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../../lib/match/matcher.h"
#include "../../lib/automaton/dfa_states.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"
#include "../match/find.h"

enum {
	BRANCHES = 40,
	BRANCH = 64, /* bytes */
	TEXT = 600
};

/* ---- random alternatives ---- */

static void add(char *to, const char *s)
{
	if (strlen(to) + strlen(s) < BRANCH)
		strcat(to, s);
}

static void make_branch(struct random *random, char *to)
{
	static const char *const pieces[] = {
		"a", "b", "c", "a", "b", "ab", "ss", "k", "\xC3\xA9", "[ab]", "[^a]", "\\w", "[a-\xC3\xA9]", ".", "\\b",
		"^", "$", "a?", "b*", "c+", "[bc]{1,2}", "(?:a|bc)", "(?:a|b|c|\xC3\xA9|)*k", "(?:ab|ac|ad|ae|b)+", "\\W", "-",
		"(?:a?b?c?)",
	};
	uint32_t count = 1 + random_below(random, 5);

	*to = '\0';
	for (uint32_t i = 0; i < count; i++)
		add(to, pieces[random_below(random, random_percent(random, 60) ? 9 : sizeof(pieces) / sizeof(pieces[0]))]);
}

static size_t make_text(struct random *random, uint8_t *to)
{
	static const char *const pieces[] = { "a", "b", "c", "ab", "ad", "k", "S", "-", " ", "\xC3\xA9", "\xC3\x9F", "\n", "\xFF" };
	size_t n = 0, size = 1 + random_below(random, TEXT - 4);

	while (n < size) {
		const char *s = pieces[random_below(random, random_percent(random, 98) ? 12 : 13)];

		memcpy(to + n, s, strlen(s));
		n += strlen(s);
	}
	return n;
}

struct way {
	struct ps_matcher *matcher;
	struct ps_finder *finder;
};

static void open_way(struct way *way, struct ps_match_options *options, uint32_t avoid, size_t memory)
{
	options->avoid = avoid;
	options->memory = memory;
	assert_int_equal(ps_matcher_new(&way->matcher, options, NULL), SEARCH_OK);
	assert_int_equal(ps_finder_new(&way->finder, way->matcher), SEARCH_OK);
}

static void close_way(struct way *way)
{
	ps_finder_free(way->finder);
	ps_matcher_free(way->matcher);
}

/* Checks that a way finds the lines that Oniguruma finds. */
static void compare(const struct way *way, const struct way *oracle, const uint8_t *text, size_t length)
{
	size_t from = 0;

	ps_finder_forget(way->finder);
	while (from < length) {
		struct ps_line want, got;
		int rc = find_line(oracle->finder, text, from, length, &want);

		assert_int_equal(find_line(way->finder, text, from, length, &got), rc);
		if (rc != PS_FOUND)
			return;
		assert_int_equal(got.begin, want.begin);
		from = want.end + 1;
	}
}

static void one_round(struct random *random)
{
	static const uint32_t flags[] = { 0, 0, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE, SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_WORD };
	char store[BRANCHES][BRANCH];
	struct search_pattern patterns[BRANCHES];
	struct ps_match_options options = { .patterns = patterns };
	struct way oracle, ways[3];

	options.flags = flags[random_below(random, sizeof(flags) / sizeof(flags[0]))];
	options.count = 1 + random_below(random, BRANCHES);
	for (size_t i = 0; i < options.count; i++) {
		make_branch(random, store[i]);
		patterns[i] = (struct search_pattern){ .text = store[i], .length = strlen(store[i]) };
	}
	open_way(&oracle, &options, PS_AVOID_ALL, 0);
	open_way(&ways[0], &options, PS_AVOID_STRINGS | PS_AVOID_STREAMS, 0);
	open_way(&ways[1], &options, PS_AVOID_STRINGS | PS_AVOID_STREAMS, 1); /* flushes its states all the time */
	open_way(&ways[2], &options, PS_AVOID_STRINGS | PS_AVOID_WEIGHING, 0);
	for (int i = 0; i < 5; i++) {
		uint8_t text[TEXT];
		size_t length = make_text(random, text);

		for (int w = 0; w < 3; w++)
			compare(&ways[w], &oracle, text, length);
	}
	close_way(&oracle);
	for (int w = 0; w < 3; w++)
		close_way(&ways[w]);
}

static void test_alternation__find_what_oniguruma_finds(void **state)
{
	size_t rounds = how_many_rounds(250, ROUNDS(1000));

	(void)state;
	for (size_t i = 0; i < rounds; i++) {
		struct random random = random_new(i);

		one_round(&random);
	}
}

/* ---- what thousands cost ---- */

/* Words of four syllables, so that none is the beginning of another; each has an end that is not a literal. */
static void make_words(char (*words)[BRANCH], struct search_pattern *patterns, size_t count, const char *end)
{
	static const char *const syllable[] = { "ba", "ker", "lo", "min", "tos", "vu", "ris", "pen", "dal", "fo" };

	for (size_t i = 0; i < count; i++) {
		words[i][0] = '\0';
		for (size_t n = i + 1000; n > 0; n /= 10)
			add(words[i], syllable[n % 10]);
		add(words[i], end);
		patterns[i] = (struct search_pattern){ .text = words[i], .length = strlen(words[i]) };
	}
}

/* How many threads each state has, of those that a text of the words leads to. */
static size_t threads_for_each_state(size_t count, uint32_t flags, size_t *insts)
{
	char(*words)[BRANCH] = malloc(count * sizeof(*words));
	struct search_pattern *patterns = calloc(count, sizeof(*patterns));
	struct ps_match_options options = { .patterns = patterns, .count = count, .flags = flags };
	struct ps_matcher *matcher;
	struct ps_states states;
	uint32_t at = PS_STATE_START;
	size_t threads;

	assert_non_null(words);
	assert_non_null(patterns);
	make_words(words, patterns, count, "[0-9]?e?");
	assert_int_equal(ps_matcher_new(&matcher, &options, NULL), SEARCH_OK);
	assert_true(matcher->filters.has_program);
	*insts = matcher->filters.program.count;
	assert_int_equal(ps_states_init(&states, &matcher->filters.program, (size_t)16 << 20), SEARCH_OK);
	for (size_t i = 0; i < count; i += 7)
		for (const char *p = words[i]; *p != '['; p++) {
			bool flushed;

			at = ps_states_step(&states, at, (uint8_t)*p, &flushed);
			at = at <= PS_STATE_SPECIAL ? PS_STATE_START : at;
		}
	threads = states.thread_count / states.count + 1;
	ps_states_destroy(&states);
	ps_matcher_free(matcher);
	free(words);
	free(patterns);
	return threads;
}

static void test_alternation__states_hold_few_threads(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE, SEARCH_MATCH_IGNORE_CASE };
	size_t insts;

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		assert_in_range(threads_for_each_state(30, flags[i], &insts), 1, 12);
		assert_in_range(threads_for_each_state(3000, flags[i], &insts), 1, 12);
	}
}

/* 3,000 words of 11 bytes and two optional nodes would be 50,000 instructions, if compiled one by one. */
static void test_alternation__beginnings_and_ends_are_shared(void **state)
{
	size_t insts;

	(void)state;
	threads_for_each_state(3000, 0, &insts);
	assert_in_range(insts, 1000, 8000);
	threads_for_each_state(3000, SEARCH_MATCH_LINE, &insts);
	assert_in_range(insts, 1000, 12000);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alternation__find_what_oniguruma_finds),
		cmocka_unit_test(test_alternation__states_hold_few_threads),
		cmocka_unit_test(test_alternation__beginnings_and_ends_are_shared),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
