/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_warm_races.c - files that change in the worst moment: within one tick of the file system's clock, and while they
 * are listed, read and learnt.
 *
 * What a search finds while somebody writes may be what was there before or after. But no warm tree may keep what holds
 * no longer: once the writer has stopped, a search with a tree gives what one without gives.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/change.h"
#include "../support/coarse_clock.h"
#include "../support/process.h"
#include "../support/question.h"
#include "../support/trusts.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

#define TREE "t"

static const uint32_t ticks[] = { 0, 4000000, 10000000, 1000000000 };
enum { TICKS = sizeof(ticks) / sizeof(ticks[0]) };

static struct trusts trusts;
static char *root;

static int set_up(void **state)
{
	(void)state;
	random_seed();
	change_be_nobody();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unsaved_forget();
	change_be_root_again();
	return 0;
}

/* A new directory, on disk or in memory, which is where this process works then. */
static void begin(bool in_memory)
{
	root = in_memory ? forest_open_in_memory() : forest_open();
	assert_int_equal(chdir(root), 0);
}

static void end(void)
{
	coarse_clock_set(0);
	change_allow_all(TREE);
	assert_int_equal(chdir("/"), 0);
	forest_close(root);
}

/* --- within a tick --- */

/* Two texts of one size. */
static const char *const texts[2] = { "hay\nthe noodle\nhay\n", "hay\nthe needle\nhay\n" };
enum { SIZE = 19, HOT = 3, COLD = 6, WAYS = 6 };

struct hot {
	char path[40];
	int has;    /* which text */
	int fd;     /* open for writing, for as long as it is the file of this name */
};

static void hot_open(struct hot *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = open(h->path, O_RDWR | O_CLOEXEC);
	assert_true(h->fd >= 0);
}

/* The same file as before, on many file systems: its number is free. */
static void hot_replace(const struct hot *h)
{
	assert_int_equal(unlink(h->path), 0);
	forest_text(".", h->path, texts[h->has]);
}

static void hot_rename(const struct hot *h, const char *over)
{
	forest_text(".", over, texts[h->has]);
	assert_int_equal(rename(over, h->path), 0);
}

/* Writes the other text, so that a search by path or by time of modification would see no change. */
static void hot_write(struct hot *h, struct dice *d, struct change *change)
{
	struct timespec times[2];
	struct stat st;
	uint32_t way = dice_below(d, WAYS);

	*change = (struct change){ .kind = way < 3 ? CHANGE_IN_PLACE : CHANGE_OF_DIRECTORY, .count = 1 };
	strcpy(change->paths[0], h->path);
	assert_int_equal(fstat(h->fd, &st), 0);
	h->has = !h->has;
	if (way < 3)
		assert_int_equal(pwrite(h->fd, texts[h->has], SIZE, 0), SIZE);
	if (way == 2) {
		times[0] = st.st_atim;
		times[1] = st.st_mtim;
		assert_int_equal(futimens(h->fd, times), 0);
	}
	if (way == 3)
		hot_replace(h);
	else if (way == 4)
		hot_rename(h, TREE "/d/beside");
	else if (way == 5)
		hot_rename(h, "beside");
	if (way > 2)
		hot_open(h);
}

static uint32_t count_needles(struct search_tree *tree, uint32_t workers)
{
	const struct search_item *item;
	uint32_t found = 0;
	struct simple a;
	struct search *s;
	int rc;

	simple_init(&a, "needle", TREE);
	a.options.workers = workers;
	a.options.tree = tree;
	s = open_search(&a.options);
	while ((rc = search_next(s, &item)) == 1)
		found += item->kind == SEARCH_ITEM_MATCH;
	assert_int_equal(rc, 0);
	search_close(s);
	return found;
}

static uint32_t needles(const struct hot *hot)
{
	uint32_t n = 0;

	for (int i = 0; i < HOT; i++)
		n += (uint32_t)hot[i].has;
	return n;
}

static void plant_hot(struct hot *hot)
{
	forest_directory(".", TREE);
	forest_directory(".", TREE "/d");
	for (int i = 0; i < COLD; i++) {
		char name[40];

		sprintf(name, "%s%d", TREE "/d/cold", i);
		forest_text(".", name, texts[0]);
	}
	for (int i = 0; i < HOT; i++) {
		hot[i] = (struct hot){ .fd = -1 };
		sprintf(hot[i].path, "%s%d", TREE "/d/hot", i);
		forest_text(".", hot[i].path, texts[0]);
		hot_open(&hot[i]);
	}
}

/* Far less than a tick; or until what was written has settled, and is learnt by all trees, so that they rely on it. */
static void wait_a_moment(struct dice *d)
{
	double until = milliseconds() + dice_below(d, 30) / 1000.0;

	if (dice_chance(d, 3)) {
		sleep_microseconds(21000 + dice_below(d, 4000));
		for (int i = 0; i < TRUSTS; i++) {
			count_needles(trusts.trees[i], SEARCH_NO_WORKERS); /* its listing is kept, */
			search_tree_learn(trusts.trees[i], 5);             /* the files are learnt, */
			count_needles(trusts.trees[i], SEARCH_NO_WORKERS); /* and compared once */
		}
	}
	while (milliseconds() < until)
		;
}

static void race_within_a_tick(struct dice *d, uint32_t rounds)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, SEARCH_NO_WORKERS, 1, 2 };
	struct hot hot[HOT];

	plant_hot(hot);
	trusts_open(&trusts, d);
	for (uint32_t i = 0; i < rounds; i++) {
		struct change change;
		size_t tree = dice_below(d, TRUSTS);
		uint32_t found;

		for (uint32_t n = dice_below(d, 3); n > 0; n--) {
			hot_write(&hot[dice_below(d, HOT)], d, &change);
			trusts_tell(&trusts, d, &change);
		}
		found = count_needles(trusts.trees[tree], workers[dice_below(d, 4)]);
		if (found != needles(hot))
			fail_msg("round %u, %s: %u found, not %u", i, trusts_name(tree), found, needles(hot));
		if (dice_chance(d, 20))
			trusts_learn(&trusts, d);
		wait_a_moment(d);
	}
	trusts_close(&trusts);
	for (int i = 0; i < HOT; i++)
		close(hot[i].fd);
}

static void test_warm_races__a_write_within_a_tick_is_seen(void **state)
{
	uint32_t rounds = (uint32_t)how_many_rounds(SCALED(600), SCALED(10000));

	(void)state;
	for (uint32_t i = 0; i < 2 * TICKS; i++) {
		struct dice d = { random_seed() + i };

		begin(i % 2 == 0);
		coarse_clock_set(ticks[i / 2]);
		race_within_a_tick(&d, rounds);
		end();
	}
	for (int i = 0; i < TRUSTS; i++)
		assert_true(trusts.ruled_out[i] > 0);
}

/* --- while it is searched and learnt --- */

enum { MOST_CHANGES = 20, ASKED = 3, PATIENCE = 2000 };

/* Asks anything, and looks at nothing. A file that is a source may have become a FIFO by then, which waits for a writer. */
static void ask_anything(struct dice *d)
{
	struct question q;
	struct answer answer;

	question_choose(&q, d, TREE);
	q.options.timeout_ms = PATIENCE;
	question_ask(&q, d, trusts.trees[dice_below(d, TRUSTS)], NULL, &answer);
	answer_free(&answer);
	question_free(&q);
}

struct writer {
	struct dice d;
	uint32_t changes;
	_Atomic bool done;
};

static void *write_on(void *context)
{
	struct writer *w = context;
	struct change change;

	for (uint32_t i = 0; i < w->changes; i++) {
		change_something(&w->d, TREE, &change);
		if (change.kind != CHANGE_NONE)
			trusts_tell(&trusts, &w->d, &change);
	}
	atomic_store(&w->done, true);
	return NULL;
}

/* Searches and learns until the writer has stopped. */
static void search_meanwhile(struct dice *d, struct writer *w)
{
	do {
		ask_anything(d);
		if (dice_chance(d, 50))
			trusts_learn(&trusts, d);
	} while (!atomic_load(&w->done));
}

static void compare_all(struct dice *d, uint64_t seed)
{
	for (int n = 0; n < ASKED; n++) {
		struct question q;
		struct answer cold;

		question_choose(&q, d, TREE);
		question_ask(&q, d, NULL, NULL, &cold);
		for (size_t i = 0; i < TRUSTS; i++) {
			struct answer warm;
			char what[700];

			question_ask(&q, d, trusts.trees[i], NULL, &warm);
			snprintf(what, sizeof(what), "seed %llu, %s: %s", (unsigned long long)seed, trusts_name(i), q.what);
			answers_agree(&q, &cold, &warm, what);
			answer_free(&warm);
		}
		answer_free(&cold);
		question_free(&q);
	}
}

static void test_warm_races__nothing_stale_is_kept_after_changes_during_searches(void **state)
{
	uint32_t rounds = (uint32_t)how_many_rounds(SCALED(10), SCALED(400));

	(void)state;
	for (uint32_t round = 0; round < rounds; round++) {
		struct dice d = { random_seed() + round };

		begin(round % 2 == 0);
		coarse_clock_set(ticks[dice_below(&d, TICKS)]);
		change_plant(&d, TREE);
		trusts_open(&trusts, &d);
		for (int i = 0; i < 20; i++) {
			struct writer w = { .d = { dice_next(&d) }, .changes = dice_below(&d, MOST_CHANGES) };
			pthread_t thread;

			unsaved_list(TREE);
			assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
			search_meanwhile(&d, &w);
			pthread_join(thread, NULL);
			compare_all(&d, random_seed() + round);
		}
		trusts_close(&trusts);
		end();
	}
}

/* --- two files change places --- */

struct swapper {
	struct hot *hot;
	struct dice d;
	_Atomic bool stop;
	uint64_t swaps;
};

/* Two of the files have the needle at any time, but which? All stamps stay as they are, except for the time of change. */
static void *swap_on(void *context)
{
	struct swapper *w = context;
	struct change change = { .kind = CHANGE_OF_DIRECTORY, .count = 2 };

	while (!atomic_load(&w->stop)) {
		struct hot *a = &w->hot[dice_below(&w->d, HOT)], *b = &w->hot[dice_below(&w->d, HOT)];
		int has = a->has;

		if (a != b && change_name(a->path, b->path, true)) {
			a->has = b->has;
			b->has = has;
			strcpy(change.paths[0], a->path);
			strcpy(change.paths[1], b->path);
			trusts_tell(&trusts, &w->d, &change);
			w->swaps++;
		}
		if (dice_chance(&w->d, 20))
			sleep_microseconds(dice_below(&w->d, 200));
	}
	return NULL;
}

/* Which files have the needle, as a mask. */
static uint32_t find_needles(struct search_tree *tree)
{
	const struct search_item *item;
	uint32_t found = 0;
	struct simple a;
	struct search *s;

	simple_init(&a, "needle", TREE);
	a.options.workers = SEARCH_NO_WORKERS;
	a.options.tree = tree;
	s = open_search(&a.options);
	while (search_next(s, &item) == 1)
		found |= 1U << (item->path[item->path_length - 1] - '0');
	search_close(s);
	return found;
}

static void swap_and_look(struct dice *d, struct hot *hot)
{
	struct swapper w = { .hot = hot, .d = { dice_next(d) } };
	double until = milliseconds() + dice_below(d, 4);
	uint32_t wanted = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, swap_on, &w), 0);
	do {
		find_needles(trusts.trees[dice_below(d, TRUSTS)]);
		trusts_learn(&trusts, d);
	} while (milliseconds() < until);
	atomic_store(&w.stop, true);
	pthread_join(thread, NULL);
	for (uint32_t i = 0; i < HOT; i++)
		wanted |= (uint32_t)hot[i].has << i;
	for (size_t i = 0; i < TRUSTS; i++)
		for (int twice = 0; twice < 2; twice++)
			if (find_needles(trusts.trees[i]) != wanted)
				fail_msg("%s, after %llu swaps: the needle is not in %#x", trusts_name(i),
					 (unsigned long long)w.swaps, wanted);
}

static void test_warm_races__files_may_change_places_between_a_look_and_an_open(void **state)
{
	uint32_t rounds = (uint32_t)how_many_rounds(SCALED(150), SCALED(4000));

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		struct dice d = { random_seed() + i };
		struct hot hot[HOT];
		struct change change;

		begin(i % 2 == 0);
		coarse_clock_set(i < 2 ? 0 : 10000000);
		plant_hot(hot);
		trusts_open(&trusts, &d);
		hot_write(&hot[1], &d, &change);
		for (uint32_t n = 0; n < rounds; n++) {
			swap_and_look(&d, hot);
			if (dice_chance(&d, 10))
				sleep_microseconds(21000);
		}
		trusts_close(&trusts);
		for (int k = 0; k < HOT; k++)
			close(hot[k].fd);
		end();
	}
}

/* --- while it is learnt --- */

enum { LARGE_FILES = 8, LARGE = 256 << 10 };

static char large[LARGE];

static void write_large(int fd, int has)
{
	assert_int_equal(pwrite(fd, texts[has], SIZE, 0), SIZE);
}

/* Turns each of the files once, at its start, while it may be read farther on. */
static void *turn_all(void *context)
{
	struct swapper *w = context;
	struct change change = { .kind = CHANGE_IN_PLACE, .count = 1 };

	for (uint32_t i = dice_below(&w->d, LARGE_FILES), n = 0; n < LARGE_FILES; n++, i = (i + 1) % LARGE_FILES) {
		struct hot *h = &w->hot[i];
		double until = milliseconds() + dice_below(&w->d, 400) / 1000.0;

		while (milliseconds() < until)
			;
		h->has = !h->has;
		write_large(h->fd, h->has);
		strcpy(change.paths[0], h->path);
		trusts_tell(&trusts, &w->d, &change);
	}
	return NULL;
}

static void plant_large(struct hot *hot)
{
	for (uint32_t i = 0; i < LARGE; i++)
		large[i] = (char)(i % 61 == 60 ? '\n' : 'a' + i * 7 % 26);
	forest_directory(".", TREE);
	for (int i = 0; i < LARGE_FILES; i++) {
		hot[i] = (struct hot){ .fd = -1 };
		sprintf(hot[i].path, "%s/f%d", TREE, i);
		forest_file(".", hot[i].path, large, LARGE);
		hot_open(&hot[i]);
		write_large(hot[i].fd, 0);
	}
}

static void turn_and_learn(struct dice *d, struct hot *hot)
{
	struct swapper w = { .hot = hot, .d = { dice_next(d) } };
	size_t learner = dice_below(d, TRUSTS);
	uint32_t wanted = 0;
	pthread_t thread;

	sleep_microseconds(21000);
	for (size_t i = 0; i < TRUSTS; i++)
		find_needles(trusts.trees[i]);
	assert_int_equal(pthread_create(&thread, NULL, turn_all, &w), 0);
	search_tree_learn(trusts.trees[learner], 100);
	pthread_join(thread, NULL);
	for (uint32_t i = 0; i < LARGE_FILES; i++)
		wanted |= (uint32_t)hot[i].has << i;
	for (int twice = 0; twice < 2; twice++)
		if (find_needles(trusts.trees[learner]) != wanted)
			fail_msg("%s: the needle is not in %#x", trusts_name(learner), wanted);
}

static void test_warm_races__a_write_while_a_file_is_learnt_is_seen(void **state)
{
	uint32_t rounds = (uint32_t)how_many_rounds(SCALED(30), SCALED(1000));

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct dice d = { random_seed() + i };
		struct hot hot[LARGE_FILES];

		begin(i == 0);
		plant_large(hot);
		trusts_open(&trusts, &d);
		for (uint32_t n = 0; n < rounds; n++)
			turn_and_learn(&d, hot);
		trusts_close(&trusts);
		for (int k = 0; k < LARGE_FILES; k++)
			close(hot[k].fd);
		end();
	}
}

/* --- between a look at a file and what follows from it --- */

static struct hot *turned;

static void turn_and_tell(void)
{
	struct dice d = { 0 };
	struct change change = { .kind = CHANGE_IN_PLACE, .count = 1 };

	turned->has = !turned->has;
	assert_int_equal(pwrite(turned->fd, texts[turned->has], SIZE, 0), SIZE);
	strcpy(change.paths[0], turned->path);
	trusts_tell(&trusts, &d, &change);
}

/* The stamp is from before the change, and is compared after it was told: the file must not count as verified. */
static void test_warm_races__what_was_told_after_a_look_outlives_it(void **state)
{
	struct dice d = { random_seed() };
	struct hot hot[HOT];

	(void)state;
	begin(true);
	plant_hot(hot);
	trusts_open(&trusts, &d);
	turned = &hot[0];
	for (size_t tree = 0; tree < TRUSTS; tree++)
		for (int i = 0; i < 4; i++) {
			if (hot[0].has)
				turn_and_tell(); /* it lacks the needle, so that it is looked at */
			sleep_microseconds(21000);
			count_needles(trusts.trees[tree], SEARCH_NO_WORKERS);
			search_tree_learn(trusts.trees[tree], 100);
			coarse_clock_after_look("hot0", turn_and_tell);
			for (int twice = 0; twice < 2; twice++)
				count_needles(trusts.trees[tree], SEARCH_NO_WORKERS);
			assert_true(hot[0].has);
			if (count_needles(trusts.trees[tree], SEARCH_NO_WORKERS) != needles(hot))
				fail_msg("%s: a look from before the change counts", trusts_name(tree));
		}
	trusts_close(&trusts);
	for (int i = 0; i < HOT; i++)
		close(hot[i].fd);
	end();
}

/* --- many threads --- */

enum { SEARCHERS = 3, SEARCHES = 40 };

struct user {
	struct dice d;
	uint32_t searches;
	_Atomic int *at_work; /* how many search */
};

static void *search_on(void *context)
{
	struct user *u = context;

	for (uint32_t i = 0; i < u->searches; i++)
		ask_anything(&u->d);
	atomic_fetch_sub(u->at_work, 1);
	return NULL;
}

static void *change_on(void *context)
{
	struct user *u = context;
	struct change change;

	while (atomic_load(u->at_work) > 0) {
		change_something(&u->d, TREE, &change);
		if (change.kind != CHANGE_NONE)
			trusts_tell(&trusts, &u->d, &change);
		sleep_microseconds(dice_below(&u->d, 300));
	}
	return NULL;
}

/* Learns, saves, loads, cancels and asks. */
static void *tend_on(void *context)
{
	struct user *u = context;

	while (atomic_load(u->at_work) > 0) {
		struct search_tree *tree = trusts.trees[dice_below(&u->d, TRUSTS)];
		struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;
		uint32_t kind = dice_below(&u->d, 10);

		if (kind < 5)
			search_tree_learn(tree, 1);
		else if (kind < 7)
			search_tree_stats(tree, &stats);
		else if (kind == 7)
			search_tree_save(tree, "saved", NULL);
		else if (kind == 8)
			search_tree_load(tree, "saved", NULL);
		else
			search_tree_cancel(tree);
	}
	return NULL;
}

static void test_warm_races__threads_search_learn_change_save_and_ask_at_once(void **state)
{
	uint32_t rounds = (uint32_t)how_many_rounds(SCALED(8), SCALED(100));

	(void)state;
	for (uint32_t round = 0; round < rounds; round++) {
		struct dice d = { random_seed() + round };
		struct user users[SEARCHERS + 3];
		pthread_t threads[SEARCHERS + 3];
		_Atomic int at_work = SEARCHERS;

		begin(round % 2 == 0);
		change_plant(&d, TREE);
		trusts_open(&trusts, &d);
		for (int i = 0; i < SEARCHERS + 3; i++) {
			users[i] = (struct user){ .d = { dice_next(&d) }, .searches = SEARCHES, .at_work = &at_work };
			assert_int_equal(pthread_create(&threads[i], NULL,
							i < SEARCHERS ? search_on : i == SEARCHERS ? change_on : tend_on,
							&users[i]), 0);
		}
		for (int i = 0; i < SEARCHERS + 3; i++)
			pthread_join(threads[i], NULL);
		unsaved_list(TREE);
		compare_all(&d, random_seed() + round);
		trusts_close(&trusts);
		end();
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warm_races__a_write_within_a_tick_is_seen),
		cmocka_unit_test(test_warm_races__nothing_stale_is_kept_after_changes_during_searches),
		cmocka_unit_test(test_warm_races__files_may_change_places_between_a_look_and_an_open),
		cmocka_unit_test(test_warm_races__a_write_while_a_file_is_learnt_is_seen),
		cmocka_unit_test(test_warm_races__what_was_told_after_a_look_outlives_it),
		cmocka_unit_test(test_warm_races__threads_search_learn_change_save_and_ask_at_once),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
