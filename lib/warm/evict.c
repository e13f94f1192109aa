/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * evict.c - the bound on memory, and what goes first.
 *
 * A hand goes round all directories, and through the files of each. A file's `use` counts how often it was ruled out. If
 * that is 0, the file goes; else the hand halves it, and passes on. So what rules out files in every search stays, and
 * what was learnt and never needed goes after one round.
 *
 * For a signature the hand looks at a few files only. If all of these are in use, the new one is not taken: a tree that
 * is too large for its memory keeps what it has, instead of learning for ever. For a listing it looks at many, as a
 * listing is worth more: without it nothing of the directory can be used. Then directories go that no search has visited
 * for a while. If all were visited, the new one is not taken; and for the rest of this search no other is tried.
 */
#include "warm_internal.h"

enum {
	LOOKS_FOR_SIGNATURE = 64,   /* files and directories that the hand passes at most */
	LOOKS_FOR_LISTING = 4096,
	LOOKS_FOR_OLD = 1024,       /* directories */
	OLD = 8                     /* searches that were begun since one has visited it */
};

void ps_file_free(struct search_tree *tree, struct ps_warm_file *file)
{
	ps_share_give_back(&tree->memory, ps_file_cost(file));
	if (file->signature != NULL) {
		uint32_t size = file->signature->size;

		atomic_fetch_sub_explicit(&tree->signatures, 1, memory_order_relaxed);
		atomic_fetch_sub_explicit(&tree->signature_bytes, size, memory_order_relaxed);
		atomic_fetch_sub_explicit(&tree->text_bytes, file->stamp.size, memory_order_relaxed);
	}
	free(file);
}

bool ps_memory_is_full(const struct search_tree *tree)
{
	return atomic_load_explicit(&tree->signatures_full, memory_order_relaxed) ==
	       atomic_load_explicit(&tree->begun, memory_order_relaxed);
}

/* --- the hand; [T] --- */

static struct ps_kept *hand_directory(struct search_tree *tree)
{
	return tree->all.after != &tree->all ? PS_KEPT_AT(tree->all.after, all) : NULL;
}

/* The hand goes on to the next directory. */
static void hand_move(struct search_tree *tree, struct ps_kept *kept)
{
	ps_link_remove(&kept->all);
	ps_link_append(&tree->all, &kept->all);
	tree->hand_at = 0;
}

/* Looks at files of the directory where the hand stands, and lets go of those that are of no use. */
static bool sift_directory(struct search_tree *tree, struct ps_kept *kept, uint64_t bytes, uint32_t *looks)
{
	bool got = false;
	uint32_t at;

	ps_files_lock(kept);
	for (at = tree->hand_at; !got && *looks > 0 && at < kept->shown.count && kept->signature_count > 0; at++) {
		struct ps_warm_file *file = kept->shown.entries[at].type == DT_REG ? kept->slots[at].file : NULL;

		if (file == NULL)
			continue;
		--*looks;
		if (file->use > 0) {
			file->use /= 2;
			continue;
		}
		ps_file_forget(kept, at);
		ps_count(&tree->dropped, 1);
		got = ps_share_take(&tree->memory, bytes);
	}
	tree->hand_at = at;
	if (kept->signature_count == 0)
		tree->hand_at = kept->shown.count;
	ps_files_unlock(kept);
	return got;
}

static bool evict_files(struct search_tree *tree, uint64_t bytes, uint32_t looks)
{
	struct ps_kept *kept;
	bool got = false;

	while (!got && looks > 0 && (kept = hand_directory(tree)) != NULL) {
		looks--;
		got = sift_directory(tree, kept, bytes, &looks);
		if (tree->hand_at >= kept->shown.count)
			hand_move(tree, kept);
	}
	return got;
}

static bool evict_directories(struct search_tree *tree, uint64_t bytes)
{
	uint32_t begun = atomic_load_explicit(&tree->begun, memory_order_relaxed);
	struct ps_kept *kept;

	for (uint32_t looks = LOOKS_FOR_OLD; looks > 0 && (kept = hand_directory(tree)) != NULL; looks--) {
		if (begun - kept->visited < OLD) {
			hand_move(tree, kept);
			continue;
		}
		ps_kept_remove(kept);
		ps_count(&tree->dropped, 1);
		if (ps_share_take(&tree->memory, bytes))
			return true;
	}
	return false;
}

static bool make_room(struct search_tree *tree, uint64_t bytes, bool listing)
{
	uint32_t begun = atomic_load_explicit(&tree->begun, memory_order_relaxed);
	bool got = evict_files(tree, bytes, listing ? LOOKS_FOR_LISTING : LOOKS_FOR_SIGNATURE) ||
		   (listing && evict_directories(tree, bytes));

	if (!got && !listing)
		atomic_store_explicit(&tree->signatures_full, begun, memory_order_relaxed);
	if (!got && listing && atomic_load_explicit(&tree->signatures, memory_order_relaxed) == 0)
		atomic_store_explicit(&tree->full, begun, memory_order_relaxed);
	return got;
}

bool ps_memory_take(struct search_tree *tree, uint64_t bytes, bool listing)
{
	bool got = ps_share_take(&tree->memory, bytes);

	if (!got && bytes <= tree->memory.limit) {
		ps_lock_take(&tree->lock);
		got = make_room(tree, bytes, listing);
		ps_lock_release(&tree->lock);
	}
	if (!got)
		ps_count(&tree->dropped, 1);
	return got;
}
