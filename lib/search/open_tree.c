/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open_tree.c - a warm tree, opened, asked and closed: what the host sees of lib/warm.
 */
#include "search.h"

enum {
	OLDEST_TREE_OPTIONS = sizeof(struct search_tree_options), /* see options.c */
	LEAST_BYTES = 1 << 20,
	MAX_BYTES = 64 << 20,
	LEARN_PERCENT = 20,
	MOST_PERCENT = 1000
};

/* Fills in the defaults, except for max_watches. SEARCH_OK, SEARCH_EINVAL or SEARCH_EVERSION. */
static int load_tree_options(struct search_tree_options *to, const struct search_tree_options *from,
			     struct search_error *error)
{
	int rc = SEARCH_OK;

	*to = (struct search_tree_options)SEARCH_TREE_OPTIONS_INIT;
	if (from != NULL)
		rc = ps_copy_sized(to, sizeof(*to), OLDEST_TREE_OPTIONS, from, "tree_options", error);
	if (rc != SEARCH_OK)
		return rc;
	if (to->max_bytes > 0 && to->max_bytes < LEAST_BYTES)
		return ps_fail(error, SEARCH_EINVAL, "tree_options.max_bytes is less than 1 MiB");
	if (to->trust > SEARCH_TREE_WATCHED)
		return ps_fail(error, SEARCH_EINVAL, "tree_options.trust is not one of enum search_tree_trust");
	if (to->learn_percent > MOST_PERCENT && to->learn_percent != SEARCH_TREE_NO_LEARNING)
		return ps_fail(error, SEARCH_EINVAL, "tree_options.learn_percent is more than 1000");
	if (to->max_watches > 0 && to->trust != SEARCH_TREE_WATCHED)
		return ps_fail(error, SEARCH_EINVAL,
			       "tree_options.max_watches is set, but trust is not SEARCH_TREE_WATCHED: nothing is watched");
	if (to->reserved != 0)
		return ps_fail(error, SEARCH_EINVAL, "tree_options.reserved is not 0");
	to->max_bytes = to->max_bytes > 0 ? to->max_bytes : MAX_BYTES;
	to->learn_percent = to->learn_percent == 0 ? LEARN_PERCENT :
			    to->learn_percent == SEARCH_TREE_NO_LEARNING ? 0 : to->learn_percent;
	return SEARCH_OK;
}

static int open_tree(struct search_tree **out, const struct search_tree_options *options, struct search_error *error)
{
	struct search_tree_options o;
	int rc = load_tree_options(&o, options, error);

	if (rc == SEARCH_OK)
		rc = ps_tree_new(out, &o, error);
	return rc == SEARCH_OK ? rc : ps_fail_by_code(error, rc);
}

int search_tree_open(struct search_tree **out, const struct search_tree_options *options, struct search_error *error)
{
	struct search_error e = SEARCH_ERROR_INIT;

	if (out != NULL)
		*out = NULL;
	if (!ps_error_is_valid(error))
		return SEARCH_EINVAL;
	if (out == NULL)
		ps_fail(&e, SEARCH_EINVAL, "out is NULL");
	else
		open_tree(out, options, &e);
	return ps_error_give(error, &e);
}

void search_tree_close(struct search_tree *tree)
{
	if (tree == NULL)
		return;
	if (ps_tree_is_inherited(tree))
		ps_tree_forget(tree); /* fork() may have caught the structures half-changed: leave them */
	else
		ps_tree_release(tree);
}

int search_tree_changed(struct search_tree *tree, const char *path)
{
	return tree != NULL && !ps_tree_is_inherited(tree) ? ps_tree_changed(tree, path) : SEARCH_EINVAL;
}

int search_tree_learn(struct search_tree *tree, uint32_t milliseconds)
{
	return tree != NULL && !ps_tree_is_inherited(tree) ? ps_tree_learn(tree, milliseconds) : SEARCH_EINVAL;
}

void search_tree_cancel(struct search_tree *tree)
{
	if (tree != NULL && !ps_tree_is_inherited(tree))
		ps_tree_cancel(tree);
}

typedef int transfer(struct search_tree *tree, const char *path, const char **what, int *system_error);

/* Saves or loads. */
static int transfer_tree(struct search_tree *tree, const char *path, struct search_error *error, transfer *run)
{
	struct search_error e = SEARCH_ERROR_INIT;
	const char *what = NULL;
	char reason[96];
	int system_error = 0, rc;

	if (!ps_error_is_valid(error))
		return SEARCH_EINVAL;
	if (tree == NULL || path == NULL) {
		ps_fail(&e, SEARCH_EINVAL, "%s is NULL", tree == NULL ? "tree" : "path");
	} else if (ps_tree_is_inherited(tree)) {
		ps_fail(&e, SEARCH_EINVAL, "the tree was opened before fork(): open one in this process");
	} else {
		rc = run(tree, path, &what, &system_error);
		if (rc != SEARCH_OK && what != NULL)
			ps_fail(&e, rc, "%s%s%s", what, system_error != 0 ? ": " : "",
				system_error != 0 ? ps_error_text(system_error, reason, sizeof(reason)) : "");
		else if (rc != SEARCH_OK)
			ps_fail_by_code(&e, rc);
		e.system_error = system_error;
	}
	return ps_error_give(error, &e);
}

int search_tree_save(struct search_tree *tree, const char *path, struct search_error *error)
{
	return transfer_tree(tree, path, error, ps_tree_save);
}

int search_tree_load(struct search_tree *tree, const char *path, struct search_error *error)
{
	return transfer_tree(tree, path, error, ps_tree_load);
}

int search_tree_stats(const struct search_tree *tree, struct search_tree_stats *stats)
{
	struct search_tree_stats all = SEARCH_TREE_STATS_INIT;

	if (tree == NULL || !ps_is_sized(stats))
		return SEARCH_EINVAL;
	ps_tree_fill_stats(tree, &all);
	ps_give_sized(stats, &all, sizeof(all));
	return SEARCH_OK;
}
