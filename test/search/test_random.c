/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_random.c - random options on random trees, compared with a reference
 * that could not be plainer.
 *
 * A round that fails prints its seed: PS_SEED=seed runs that round first.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

enum { TREES = 12, MAX_SOURCES = 4, MAX_PATTERNS = 3 };

static char *trees[TREES];
static uint64_t seed, items;

static int set_up(void **state)
{
	(void)state;
	seed = random_seed();
	for (uint32_t i = 0; i < TREES; i++) {
		trees[i] = forest_open();
		forest_generate(trees[i], 100 + i, 1 + i * i * 2); /* the same in each run: rounds can be repeated */
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < TREES; i++)
		forest_close(trees[i]);
	return 0;
}

struct round {
	struct search_options options;
	struct search_walk walk;
	struct search_pattern patterns[MAX_PATTERNS];
	struct search_pattern in_groups[MAX_PATTERNS]; /* the same, each in two groups */
	char in_groups_text[MAX_PATTERNS][32];
	struct search_source sources[MAX_SOURCES];
};

static void choose_patterns(struct dice *d, struct round *round)
{
	static const char *const texts[] = { "needle", "needle", "hay", "e", "needles", "x", "nee", "dle s",
					     "stack h", "Needle", "0", "e\r" };

	for (size_t i = 0; i < MAX_PATTERNS; i++) {
		const char *text = texts[dice_below(d, sizeof(texts) / sizeof(texts[0]))];

		round->patterns[i] = (struct search_pattern){ .text = text, .length = strlen(text) };
		snprintf(round->in_groups_text[i], sizeof(round->in_groups_text[i]), "(%c)(%s)", text[0], text + 1);
		round->in_groups[i] = (struct search_pattern){ .text = round->in_groups_text[i],
							       .length = strlen(round->in_groups_text[i]) };
	}
	round->options.patterns = round->patterns;
	round->options.pattern_count = dice_chance(d, 70) ? 1 : dice_below(d, MAX_PATTERNS + 1);
}

static void choose_sources(struct dice *d, struct round *round)
{
	static const char *const names[] = { NULL, "", "shown", "shown/" };
	static const char memory[] = "a needle\nhay\r\nx\n\0\r\nneedle needle\r";

	round->options.source_count = 1 + dice_below(d, MAX_SOURCES);
	round->options.sources = round->sources;
	for (size_t i = 0; i < round->options.source_count; i++) {
		struct search_source *source = &round->sources[i];

		source->name = names[dice_below(d, 4)];
		source->path = trees[dice_below(d, TREES)];
		if (dice_chance(d, 5))
			source->path = "/nowhere/at/all";
		if (dice_chance(d, 10))
			*source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY,
							  .data = memory,
							  .size = dice_below(d, sizeof(memory)) };
	}
}

static uint32_t choose_flags(struct dice *d)
{
	static const uint32_t any[] = { SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_INVERT,      SEARCH_MATCH_WORD,
					SEARCH_MATCH_LINE,        SEARCH_WALK_SKIP_HIDDEN, SEARCH_RESULT_FILE_ENDS,
					SEARCH_RESULT_NO_SPANS,    SEARCH_RESULT_NO_LINE_NUMBERS, SEARCH_RESULT_SOCKET };
	uint32_t flags = SEARCH_MATCH_FIXED;

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		flags |= dice_chance(d, 20) ? any[i] : 0;
	if (dice_chance(d, 15))
		flags |= SEARCH_RESULT_COUNT;
	if (dice_chance(d, 30))
		flags |= dice_chance(d, 50) ? SEARCH_MATCH_TEXT : SEARCH_MATCH_SKIP_BINARY;
	if (dice_chance(d, 30))
		flags |= dice_chance(d, 50) ? SEARCH_MATCH_CRLF : SEARCH_MATCH_NUL_LINES;
	if (dice_chance(d, 20) && (flags & SEARCH_RESULT_COUNT) == 0)
		flags |= SEARCH_RESULT_ALL_LINES;
	if (dice_chance(d, 30) && (flags & SEARCH_RESULT_NO_SPANS) == 0)
		flags |= SEARCH_RESULT_GROUPS;
	if (dice_chance(d, 20) && (flags & SEARCH_MATCH_NUL_LINES) == 0)
		flags |= SEARCH_MATCH_MULTILINE | (dice_chance(d, 50) ? SEARCH_MATCH_DOT_NEWLINE : 0U);
	return flags;
}

static void choose_limits(struct dice *d, struct search_options *o)
{
	static const uint32_t part_bytes[] = { 1, 2, 7, 64, 1000, 70000 };
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 1, 2, 3, 8, 0 };

	o->workers = workers[dice_below(d, 6)];
	if (o->workers != SEARCH_NO_WORKERS && dice_chance(d, 25))
		o->caller_flags = SEARCH_CALLER_NO_HELP;
	if (dice_chance(d, 25))
		o->max_line_ms = 60000; /* no line takes that long */
	if (dice_chance(d, 30))
		o->before_context = dice_below(d, 5);
	if (dice_chance(d, 30))
		o->after_context = dice_below(d, 5);
	if (dice_chance(d, 25))
		o->max_matches = 1 + dice_below(d, 200);
	if (dice_chance(d, 25))
		o->max_matches_per_file = 1 + dice_below(d, 4);
	if (dice_chance(d, 20))
		o->max_queued_matches = 1 + dice_below(d, 20);
	if (dice_chance(d, 20))
		o->max_queued_bytes = 1 + dice_below(d, 5000);
	if (dice_chance(d, 20))
		o->max_open_files = 2 + dice_below(d, 8);
	if (dice_chance(d, 50))
		o->split_bytes = part_bytes[dice_below(d, 6)];
}

static void play(uint64_t round_seed)
{
	struct dice d = { round_seed };
	struct round round = { .options = SEARCH_OPTIONS_INIT, .walk = SEARCH_WALK_INIT };
	struct transcript expected = { .brief = true }, got = { .brief = true };
	enum take how;
	char what[200];

	choose_patterns(&d, &round);
	choose_sources(&d, &round);
	round.options.walk = &round.walk;
	set_flags(&round.options, choose_flags(&d));
	choose_limits(&d, &round.options);
	how = (enum take)dice_below(&d, TAKE_COUNT);
	snprintf(what, sizeof(what),
		 "PS_SEED=%llu, taken by way %d, flags %#llx, workers %u%s, parts of %u, context %u/%u, matches %llu, "
		 "%llu a file",
		 (unsigned long long)round_seed, (int)how, (unsigned long long)get_flags(&round.options),
		 round.options.workers, round.options.caller_flags != 0 ? " alone" : "", round.options.split_bytes,
		 round.options.before_context, round.options.after_context,
		 (unsigned long long)round.options.max_matches,
		 (unsigned long long)round.options.max_matches_per_file);
	reference_search(&round.options, &expected);
	if ((get_flags(&round.options) & SEARCH_RESULT_GROUPS) != 0) {
		round.options.patterns = round.in_groups;
		drop_flags(&round.options, SEARCH_MATCH_FIXED);
	}
	assert_int_equal(collect(&round.options, how, &got), SEARCH_OK);
	assert_same(&expected, &got, what);
	items += got.items;
	transcript_free(&expected);
	transcript_free(&got);
}

static void test_random__agrees_with_the_reference(void **state)
{
	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(150, SCALED(600)); i < rounds; i++)
		play(seed + i);
	printf("%llu items\n", (unsigned long long)items);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random__agrees_with_the_reference),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
