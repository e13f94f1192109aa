/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_warm_random.c - a search with a warm tree gives exactly what one without gives, whatever has happened to the files.
 *
 * A round has a tree of some hundred files and a warm tree for each way to trust. In each of its steps something is
 * changed, then a search with random options is run without a warm tree and with some of them. All must give the same.
 * A round that fails prints its seed: PS_SEED=seed plays it first. PS_ROUNDS=n plays n rounds, of STEPS steps each: they
 * are 100,000 in a long run.
 *
 * The linker sends the calls that tell a file's times through coarse_clock.c (see the Makefile): in most rounds they
 * tick as seldom as older kernels' do.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/change.h"
#include "../support/coarse_clock.h"
#include "../support/process.h"
#include "../support/question.h"
#include "../support/trusts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

enum { STEPS = 200, MOST_CHANGES = 5, RELIST = 4, LOG = 24, MOST_ROUNDS_MORE = 20 };

#define TREE "t"

static struct search_pool *pool;
static uint64_t seed;
static struct trusts trusts;
static uint64_t asked, items, ruled_out;

static int set_up(void **state)
{
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;

	(void)state;
	seed = random_seed();
	options.workers = 3;
	change_be_nobody();
	return search_pool_open(&pool, &options, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	search_pool_close(pool);
	unsaved_forget();
	change_be_root_again();
	return 0;
}

/* --- what happened last, for one who looks into a failure --- */

static char told[LOG][260];
static unsigned tells;

static void log_change(const struct change *change)
{
	snprintf(told[tells++ % LOG], sizeof(told[0]), "%s: %.80s %.80s", change->what, change->paths[0],
		 change->count > 1 ? change->paths[1] : "");
}

static void show_log(void)
{
	for (unsigned i = 0; i < LOG; i++)
		if (told[(tells + i) % LOG][0] != '\0')
			fprintf(stderr, "    %s\n", told[(tells + i) % LOG]);
}

/* --- a step --- */

static void change_some(struct dice *d)
{
	struct change change;

	for (uint32_t n = dice_below(d, MOST_CHANGES); n > 0; n--) {
		change_something(d, TREE, &change);
		if (change.kind == CHANGE_NONE)
			continue;
		log_change(&change);
		trusts_tell(&trusts, d, &change);
	}
}

/* Chooses where the search begins or ends, from the items that it has. */
static void choose_cursors(struct question *q, struct dice *d, size_t count)
{
	char *cursors[] = { q->resume, q->until };
	const struct search_item *item;
	size_t at[2];

	if (count < 2)
		return;
	at[0] = 1 + (size_t)(dice_next(d) % (count - 1));
	at[1] = at[0] + (size_t)(dice_next(d) % (count - at[0])) + 1;
	for (int i = 0; i < 2; i++) {
		struct search *s = open_search(&q->options);

		for (size_t k = 0; k < at[i]; k++)
			assert_int_equal(search_next(s, &item), 1);
		if (search_cursor(s, cursors[i], QUESTION_CURSOR) <= 0)
			fail_msg("%s: no cursor after %zu items", q->what, at[i]);
		search_close(s);
	}
	q->options.resume = dice_chance(d, 80) ? q->resume : NULL;
	q->options.until = dice_chance(d, 50) ? q->until : NULL;
}

static void compare(struct question *q, struct dice *d, size_t tree, const struct answer *cold, uint64_t round)
{
	struct answer warm;
	char what[700];

	question_ask(q, d, trusts.trees[tree], pool, &warm);
	snprintf(what, sizeof(what), "PS_SEED=%llu, %s: %s", (unsigned long long)round, trusts_name(tree), q->what);
	asked++;
	items += warm.items.items;
	ruled_out += warm.stats.files_ruled_out;
	answers_agree(q, cold, &warm, what);
	answer_free(&warm);
}

static void ask(struct dice *d, uint64_t round)
{
	struct question q;
	struct answer cold;
	size_t tree = dice_chance(d, 35) ? 0 : dice_below(d, TRUSTS);

	question_choose(&q, d, TREE);
	question_ask(&q, d, NULL, pool, &cold);
	if (q.by_cursor && cold.status == SEARCH_OK && cold.items.items > 1) {
		choose_cursors(&q, d, cold.items.items);
		answer_free(&cold);
		question_ask(&q, d, NULL, pool, &cold);
	}
	if (dice_chance(d, 10))
		for (size_t i = 0; i < TRUSTS; i++)
			compare(&q, d, i, &cold, round);
	else
		compare(&q, d, tree, &cold, round);
	answer_free(&cold);
	question_free(&q);
}

static void step(struct dice *d, uint64_t number, uint64_t round)
{
	if (number % RELIST == 0)
		unsaved_list(TREE);
	change_some(d);
	if (dice_chance(d, 3))
		sleep_microseconds(25000);
	if (dice_chance(d, 10))
		trusts_learn(&trusts, d);
	if (dice_chance(d, 1))
		trusts_save_and_load(&trusts, d, "saved");
	ask(d, round);
}

static void play(uint64_t round, bool in_memory)
{
	static const uint32_t ticks[] = { 0, 4000000, 10000000, 10000000, 1000000000 };
	struct dice d = { round };
	char *root = in_memory ? forest_open_in_memory() : forest_open();

	assert_int_equal(chdir(root), 0);
	memset(told, 0, sizeof(told));
	coarse_clock_set(ticks[dice_below(&d, 5)]);
	change_plant(&d, TREE);
	trusts_open(&trusts, &d);
	for (uint64_t i = 0; i < STEPS; i++)
		step(&d, i, round);
	trusts_close(&trusts);
	coarse_clock_set(0);
	change_allow_all(TREE);
	assert_int_equal(chdir("/"), 0);
	forest_close(root);
}

static bool failed = true;

static bool each_tree_was_of_use(void)
{
	for (size_t i = 0; i < TRUSTS; i++)
		if (trusts.ruled_out[i] == 0)
			return false;
	return ruled_out > asked && trusts.saves > 0;
}

/* Few rounds may be too few for each tree to have learnt enough: more are played then. */
static void test_warm_random__a_warm_tree_changes_nothing(void **state)
{
	size_t rounds = how_many_rounds(SCALED(8), SCALED(500)), most = rounds + MOST_ROUNDS_MORE, i;

	(void)state;
	for (i = 0; i < rounds || (i < most && !each_tree_was_of_use()); i++)
		play(seed + i, i % 2 == 0);
	failed = false;
	printf("%zu steps, %llu searches with a tree, %llu items, %llu files ruled out\n", i * STEPS,
	       (unsigned long long)asked, (unsigned long long)items, (unsigned long long)ruled_out);
}

/* Else the test above shows nothing. */
static void test_warm_random__each_tree_was_of_use(void **state)
{
	(void)state;
	if (failed) {
		show_log();
		skip();
	}
	for (size_t i = 0; i < TRUSTS; i++)
		printf("%s: %llu files ruled out\n", trusts_name(i), (unsigned long long)trusts.ruled_out[i]);
	assert_true(each_tree_was_of_use());
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warm_random__a_warm_tree_changes_nothing),
		cmocka_unit_test(test_warm_random__each_tree_was_of_use),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
