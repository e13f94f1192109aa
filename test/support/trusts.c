/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trusts.c - see trusts.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "trusts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

const char *trusts_name(size_t tree)
{
	static const char *const names[TRUSTS] = { "stamps", "directories", "told", "watched", "stamps in a MiB" };

	return names[tree];
}

static struct search_tree *open_tree(const struct search_tree_options *options)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree;

	if (search_tree_open(&tree, options, &error) != SEARCH_OK)
		fail_msg("search_tree_open: %d %s", error.code, error.message);
	return tree;
}

void trusts_open(struct trusts *trusts, struct dice *d)
{
	static const uint32_t percents[] = { 0, 1000, 1000, 5, SEARCH_TREE_NO_LEARNING };

	for (int i = 0; i < TRUSTS; i++) {
		struct search_tree_options *o = &trusts->options[i];

		*o = (struct search_tree_options)SEARCH_TREE_OPTIONS_INIT;
		o->trust = (enum search_tree_trust)(i % 4);
		o->max_bytes = i == 4 ? 1 << 20 : 0;
		o->learn_percent = percents[dice_below(d, 5)];
		if (o->trust == SEARCH_TREE_WATCHED && dice_chance(d, 20))
			o->max_watches = 1 + dice_below(d, 20);
		trusts->trees[i] = open_tree(o);
	}
}

static void check(struct trusts *trusts, size_t i, struct search_tree_stats *stats)
{
	uint64_t bound = trusts->options[i].max_bytes > 0 ? trusts->options[i].max_bytes : 64 << 20;

	*stats = (struct search_tree_stats)SEARCH_TREE_STATS_INIT;
	assert_int_equal(search_tree_stats(trusts->trees[i], stats), SEARCH_OK);
	assert_true(stats->bytes <= stats->peak_bytes && stats->peak_bytes <= bound);
	assert_true(stats->signatures <= stats->files && stats->signature_bytes <= stats->bytes);
	assert_true(stats->watches <= stats->directories);
	if (trusts->options[i].max_watches > 0)
		assert_true(stats->watches <= trusts->options[i].max_watches);
}

void trusts_close(struct trusts *trusts)
{
	for (size_t i = 0; i < TRUSTS; i++) {
		struct search_tree_stats stats;

		check(trusts, i, &stats);
		trusts->ruled_out[i] += stats.ruled_out;
		search_tree_close(trusts->trees[i]);
		trusts->trees[i] = NULL;
	}
}

/* Has it names in other directories, perhaps? */
static bool has_names(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink > 1;
}

/* A host may write a path in many ways, and may say more than it must. */
static void tell(struct search_tree *tree, struct dice *d, const char *path)
{
	char written[PATH_MAX + CHANGE_PATH], working[PATH_MAX];
	uint32_t way = dice_below(d, 20);
	char *slash;

	snprintf(written, sizeof(written), "%s", path);
	if (way < 5 && getcwd(working, sizeof(working)) != NULL && strlen(working) < CHANGE_PATH)
		snprintf(written, sizeof(written), "%s/%s", working, path);
	else if (way == 5)
		snprintf(written, sizeof(written), ".//%s", path);
	else if (way == 6 && !has_names(path) && (slash = strrchr(written, '/')) != NULL)
		*slash = '\0';
	assert_int_equal(search_tree_changed(tree, way == 7 ? NULL : written), SEARCH_OK);
}

void trusts_tell(struct trusts *trusts, struct dice *d, const struct change *change)
{
	for (int i = 0; i < TRUSTS; i++) {
		enum search_tree_trust trust = trusts->options[i].trust;
		bool must = trust == SEARCH_TREE_TOLD ||
			    (trust == SEARCH_TREE_DIRECTORIES && change->kind != CHANGE_OF_DIRECTORY) ||
			    (trust == SEARCH_TREE_WATCHED && change->kind == CHANGE_BY_MAPPING);

		if (must || dice_chance(d, 2))
			for (int k = 0; k < change->count; k++)
				tell(trusts->trees[i], d, change->paths[k]);
	}
}

void trusts_learn(struct trusts *trusts, struct dice *d)
{
	int rc = search_tree_learn(trusts->trees[dice_below(d, TRUSTS)], 1 + dice_below(d, 3));

	assert_true(rc == SEARCH_OK || rc == 1);
}

void trusts_save_and_load(struct trusts *trusts, struct dice *d, const char *path)
{
	struct search_error error = SEARCH_ERROR_INIT;
	size_t i = dice_below(d, TRUSTS);
	struct search_tree *loaded;
	struct search_tree_stats stats;

	check(trusts, i, &stats);
	if (search_tree_save(trusts->trees[i], path, &error) != SEARCH_OK)
		fail_msg("search_tree_save: %d %s", error.code, error.message);
	loaded = open_tree(&trusts->options[i]);
	if (search_tree_load(loaded, path, &error) != SEARCH_OK)
		fail_msg("search_tree_load: %d %s", error.code, error.message);
	trusts->ruled_out[i] += stats.ruled_out;
	search_tree_close(trusts->trees[i]);
	trusts->trees[i] = loaded;
	trusts->saves++;
}
