/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trouble.c - what goes on beside the hosts, each in a thread of its own. See soak.h.
 *
 *	keeper    has warm trees learn, tells them of changes, saves and loads them, and replaces them while they are used
 *	meddler   cancels searches of others, and asks for their statistics
 *	squeezer  takes all descriptors for some moments, or all memory that the limit leaves
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "soak.h"

#include "../support/process.h"
#include "../support/scale.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_t keeper, meddler, squeezer;

/* --- warm trees --- */

static struct search_tree *open_tree(int i)
{
	static const struct {
		enum search_tree_trust trust;
		uint64_t bytes;
		uint32_t learn, watches;
	} kinds[TREES] = {
		{ SEARCH_TREE_STAMPS, 24 << 20, 100, 0 },
		{ SEARCH_TREE_STAMPS, 1 << 20, 0, 0 }, /* something always has to go */
		{ SEARCH_TREE_WATCHED, 8 << 20, 50, 200 },
		{ SEARCH_TREE_TOLD, 4 << 20, 0, 0 },
	};
	struct search_tree_options o = SEARCH_TREE_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree;

	o.trust = kinds[i].trust;
	o.max_bytes = kinds[i].bytes;
	o.learn_percent = kinds[i].learn;
	o.max_watches = kinds[i].watches;
	if (search_tree_open(&tree, &o, &error) == SEARCH_OK)
		return tree;
	if (error.code != SEARCH_ENOMEM && error.code != SEARCH_ESYSTEM)
		fault("search_tree_open: %s", error.message);
	return NULL;
}

void trees_make(void)
{
	for (int i = 0; i < TREES; i++)
		if ((trees[i] = open_tree(i)) == NULL)
			fault("there is no tree %d", i);
}

void trees_end(void)
{
	for (int i = 0; i < TREES; i++)
		search_tree_close(trees[i]);
	memset(trees, 0, sizeof(trees));
}

uint64_t trees_bytes(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < TREES; i++) {
		struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;

		if (trees[i] != NULL && search_tree_stats(trees[i], &stats) == SEARCH_OK)
			sum += stats.bytes;
	}
	return sum;
}

/* While searches use the old one. */
static void replace_tree(struct dice *d)
{
	int i = (int)dice_below(d, TREES);
	struct search_tree *tree = open_tree(i);

	if (tree == NULL)
		return; /* the old one goes on: nothing is left for a new one */
	if (dice_chance(d, 50))
		search_tree_load(tree, "saved", NULL);
	pthread_rwlock_wrlock(&trees_lock);
	search_tree_close(trees[i]);
	trees[i] = tree;
	pthread_rwlock_unlock(&trees_lock);
}

static void keep(struct dice *d)
{
	struct search_tree *tree = trees[dice_below(d, TREES)];
	uint32_t what = dice_below(d, 1000);

	if (what < 500)
		search_tree_learn(tree, 1 + dice_below(d, 30));
	else if (what < 900)
		search_tree_changed(tree, dice_chance(d, 50) ? "moving" : "moving/d1");
	else if (what < 905)
		search_tree_changed(tree, NULL);
	else if (what < 915)
		search_tree_save(tree, "saved", NULL);
	else if (what < 920)
		search_tree_load(tree, "saved", NULL);
	else if (what < 925)
		replace_tree(d);
}

static void *be_keeper(void *argument)
{
	struct dice d = { plan.seed + 1 };

	while (!atomic_load(&over)) {
		keep(&d);
		usleep(dice_below(&d, 30000));
		ebb_here();
	}
	return argument;
}

static void *be_meddler(void *argument)
{
	struct dice d = { plan.seed + 2 };

	while (!atomic_load(&over)) {
		slots_meddle(&d);
		usleep(dice_below(&d, 8000));
	}
	return argument;
}

/* --- lack --- */

static void take_descriptors(uint32_t microseconds)
{
	int fds[1024], n = 0;

	atomic_fetch_add(&totals.hoards, 1);
	while (n < 1024 && (fds[n] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		n++;
	usleep(microseconds);
	while (n > 0)
		close(fds[--n]);
}

/* Nothing of it is touched, so only the limit notices. */
static void take_memory(uint32_t microseconds)
{
	enum { MOST = 400 };
	struct {
		void *at;
		size_t size;
	} taken[MOST];
	size_t size = (size_t)64 << 20;
	int n = 0;

	atomic_fetch_add(&totals.squeezes, 1);
	while (n < MOST && size >= 64 << 10) {
		taken[n].at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		taken[n].size = size;
		if (taken[n].at == MAP_FAILED)
			size /= 2;
		else
			n++;
	}
	usleep(microseconds);
	while (n-- > 0)
		munmap(taken[n].at, taken[n].size);
}

static void *be_squeezer(void *argument)
{
	struct dice d = { plan.seed + 3 };

	while (!atomic_load(&over)) {
		for (uint32_t i = 100 + dice_below(&d, 200); i > 0 && !atomic_load(&over); i--) {
			usleep(10000);
			ebb_here();
		}
		if (dice_chance(&d, 50) || TEST_SANITIZED)
			take_descriptors(1000 + dice_below(&d, 30000));
		else
			take_memory(1000 + dice_below(&d, 30000));
	}
	return argument;
}

void trouble_start(void)
{
	if (pthread_create(&keeper, NULL, be_keeper, NULL) != 0 || pthread_create(&meddler, NULL, be_meddler, NULL) != 0 ||
	    pthread_create(&squeezer, NULL, be_squeezer, NULL) != 0)
		exit(99);
}

void trouble_end(void)
{
	pthread_join(keeper, NULL);
	pthread_join(meddler, NULL);
	pthread_join(squeezer, NULL);
	unlink("saved");
}
