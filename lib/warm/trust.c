/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trust.c - finds directories for a search, and compares what is kept with the system: always, or once.
 *
 * Marks, tokens and epochs: warm_internal.h, from K5 on.
 */
#include "warm_internal.h"

#include <string.h>

uint64_t ps_warm_token(const struct search_tree *tree)
{
	return atomic_load_explicit(&tree->token, memory_order_acquire);
}

/* --- marks --- */

/* Was a watch there when the system was asked? The counters may wrap. */
static bool was_watched(const struct ps_kept *kept, uint64_t token)
{
	return kept->watch >= 0 && (int32_t)((uint32_t)token - kept->watched_since) >= 0;
}

/* Has the tree been told of no change since? */
static bool is_current(const struct search_tree *tree, uint64_t token)
{
	return ps_warm_token(tree) >> 32 == token >> 32;
}

bool ps_kept_may_trust(const struct ps_kept *kept, uint64_t token, bool is_file)
{
	uint32_t trust = kept->tree->options.trust;

	if (!kept->in_table || trust == SEARCH_TREE_STAMPS || (trust == SEARCH_TREE_DIRECTORIES && !is_file))
		return false;
	if (!is_current(kept->tree, token))
		return false;
	return trust != SEARCH_TREE_WATCHED || was_watched(kept, token);
}

/* Pairs with ps_change_all(): who sees its epoch sees what it was told before, too. */
static uint32_t load_epoch(const struct search_tree *tree)
{
	return atomic_load_explicit(&tree->epoch, memory_order_acquire);
}

void ps_kept_trust(struct ps_kept *kept, uint64_t token)
{
	uint32_t epoch = load_epoch(kept->tree);

	PS_ASSERT(ps_lock_is_held(&kept->tree->lock));
	if (!ps_kept_may_trust(kept, token, false))
		return;
	kept->trusted = true;
	kept->trusted_epoch = epoch;
}

static bool is_trusted(const struct ps_kept *kept)
{
	return kept->trusted && kept->trusted_epoch == load_epoch(kept->tree);
}

bool ps_file_is_verified(const struct ps_kept *kept, const struct ps_warm_file *file)
{
	return (file->flags & PS_FILE_VERIFIED) != 0 && kept->files_epoch == load_epoch(kept->tree);
}

void ps_file_verify(struct ps_kept *kept, struct ps_warm_file *file, uint64_t token)
{
	bool told = kept->tree->options.trust != SEARCH_TREE_DIRECTORIES;
	uint32_t epoch = load_epoch(kept->tree);

	if (!ps_kept_may_trust(kept, token, true) || (told && (file->flags & PS_FILE_LINKS) != 0))
		return;
	if (kept->files_epoch != epoch)
		ps_files_unverify(kept);
	kept->files_epoch = epoch;
	file->flags |= PS_FILE_VERIFIED;
}

void ps_files_unverify(struct ps_kept *kept)
{
	for (uint32_t i = 0; i < kept->shown.count; i++) {
		struct ps_warm_file *file = kept->shown.entries[i].type == DT_REG ? kept->slots[i].file : NULL;

		if (file != NULL)
			file->flags &= (uint8_t)~PS_FILE_VERIFIED;
	}
	kept->files_epoch = 0;
}

/* --- directories, for a search --- */

struct ps_warm_directory *ps_warm_find(const struct ps_warm_view *view, const struct stat *st, uint64_t token)
{
	const struct ps_warm_stamp stamp = ps_warm_stamp_of(st);
	struct search_tree *tree = view->tree;
	struct ps_kept *kept;

	ps_lock_take(&tree->lock);
	kept = ps_kept_find(tree, st->st_dev, st->st_ino);
	if (kept != NULL && !ps_warm_stamp_equal(&kept->stamp, &stamp)) {
		kept->trusted = false;
		kept = NULL;
	}
	if (kept != NULL) {
		ps_kept_take(kept);
		ps_kept_trust(kept, token);
		kept->visited = tree->begun;
	}
	ps_lock_release(&tree->lock);
	return kept != NULL ? &kept->shown : NULL;
}

/* Does what is kept of it hold? `by_name`: it was looked at by the name that leads to it, so that leads to it still. */
static bool compare_kept(struct ps_kept *kept, const struct stat *st, uint64_t token, bool by_name)
{
	const struct ps_warm_stamp stamp = ps_warm_stamp_of(st);
	bool holds;

	ps_lock_take(&kept->tree->lock);
	holds = kept->in_table && st->st_dev == kept->shown.device && ps_warm_stamp_equal(&kept->stamp, &stamp);
	kept->trusted &= holds;
	if (holds) {
		ps_kept_trust(kept, token);
		kept->doubtful = kept->doubtful && !(by_name && is_current(kept->tree, token));
		kept->visited = kept->tree->begun;
	}
	ps_lock_release(&kept->tree->lock);
	return holds;
}

bool ps_warm_hold(const struct ps_warm_view *view, struct ps_warm_directory *directory, const struct stat *st,
		  uint64_t token)
{
	(void)view;
	return compare_kept(ps_kept_of(directory), st, token, true);
}

void ps_kept_compare(struct ps_kept *kept, const struct stat *st, uint64_t token)
{
	compare_kept(kept, st, token, false);
}

/* What must be done before this directory, which a link leads to, may be used? [T] */
static enum ps_warm_need need_of(const struct ps_kept *kept)
{
	const struct search_tree *tree = kept->tree;
	bool usable = is_trusted(kept) && !kept->doubtful;

	switch ((enum search_tree_trust)tree->options.trust) {
	case SEARCH_TREE_STAMPS:
		break;
	case SEARCH_TREE_DIRECTORIES:
		return PS_WARM_STAT;
	case SEARCH_TREE_TOLD:
		return usable ? PS_WARM_USE : PS_WARM_STAT;
	case SEARCH_TREE_WATCHED: /* to be watched it has to be opened */
		if (kept->watch < 0 && ps_watches_left(tree))
			return PS_WARM_OPEN;
		return usable ? PS_WARM_USE : PS_WARM_STAT;
	}
	return PS_WARM_OPEN;
}

enum ps_warm_need ps_warm_below(const struct ps_warm_view *view, struct ps_warm_directory *above, const char *name,
				struct ps_warm_directory **below)
{
	struct ps_kept *from = ps_kept_of(above), *kept = NULL;
	uint32_t at = ps_kept_index(from, name);
	enum ps_warm_need need = PS_WARM_OPEN;

	*below = NULL;
	if (at == UINT32_MAX || above->entries[at].type != DT_DIR || view->tree->options.trust == SEARCH_TREE_STAMPS)
		return PS_WARM_OPEN;
	ps_lock_take(&from->tree->lock);
	if (from->in_table)
		kept = from->slots[at].below;
	if (kept != NULL)
		need = need_of(kept);
	if (need != PS_WARM_OPEN) {
		*below = &ps_kept_take(kept)->shown;
		kept->visited = kept->tree->begun;
	}
	ps_lock_release(&from->tree->lock);
	return need;
}

void ps_warm_link(const struct ps_warm_view *view, struct ps_warm_directory *directory,
		  struct ps_warm_directory *above, const char *name, const char *path)
{
	struct ps_kept *kept = ps_kept_of(directory);
	bool is_there;

	(void)view;
	ps_lock_take(&kept->tree->lock);
	if (above != NULL)
		ps_kept_link(kept, ps_kept_of(above), name, false);
	is_there = kept->path != NULL && strcmp(kept->path, path) == 0; /* it may have been moved */
	ps_lock_release(&kept->tree->lock);
	if (!is_there)
		ps_kept_set_path(kept, path);
}

void ps_warm_release(struct ps_warm_directory *directory)
{
	if (directory != NULL)
		ps_kept_release(ps_kept_of(directory));
}
