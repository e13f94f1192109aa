/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm_tree.c - a tree is made, asked, and freed.
 */
#include "warm_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SIGNATURE_SHARE = 8 /* of max_bytes: what one signature may take */ };

/* --- made and freed --- */

/* The tree's locks, one after the other; NULL behind the last. */
static struct ps_lock *lock_at(struct search_tree *tree, int i)
{
	if (i < PS_STRIPES)
		return &tree->stripes[i].lock;
	return i == PS_STRIPES ? &tree->lock : i == PS_STRIPES + 1 ? &tree->watches.drain : NULL;
}

/* The first `count` of them. */
static void destroy_locks(struct search_tree *tree, int count)
{
	for (int i = 0; i < count; i++)
		pthread_mutex_destroy(&lock_at(tree, i)->mutex);
}

static int init_locks(struct search_tree *tree)
{
	struct ps_lock *lock;

	for (int i = 0; (lock = lock_at(tree, i)) != NULL; i++) {
		if (pthread_mutex_init(&lock->mutex, NULL) != 0) {
			destroy_locks(tree, i);
			return SEARCH_ENOMEM;
		}
	}
	return SEARCH_OK;
}

/* Memory for it, zeroed; it begins with a cache line. */
static struct search_tree *new_tree(void)
{
	struct search_tree *tree = aligned_alloc(PS_CACHELINE, sizeof(*tree));

	_Static_assert(sizeof(*tree) % PS_CACHELINE == 0, "aligned_alloc wants a multiple");
	if (tree != NULL)
		memset(tree, 0, sizeof(*tree));
	return tree;
}

/* Fills in all that cannot fail. */
static void init_tree(struct search_tree *tree, const struct search_tree_options *options)
{
	ps_owner_init(&tree->owner);
	atomic_init(&tree->users, 1);
	atomic_init(&tree->epoch, 1);
	atomic_init(&tree->begun, 1);
	tree->options = *options;
	tree->simd = ps_simd_pick(ps_cpu_features());
	tree->most_signature = (size_t)ps_min64(options->max_bytes / SIGNATURE_SHARE, SIZE_MAX / 2);
	ps_share_init(&tree->memory, options->max_bytes);
	ps_share_charge(&tree->memory, ps_memory_cost(sizeof(*tree)));
	ps_link_init(&tree->all);
	ps_link_init(&tree->tops);
	ps_link_init(&tree->to_learn);
	ps_link_init(&tree->to_learn_later);
}

int ps_tree_new(struct search_tree **out, const struct search_tree_options *options, struct search_error *error)
{
	struct search_tree *tree = new_tree();
	int system_error;

	*out = NULL;
	if (tree == NULL)
		return SEARCH_ENOMEM;
	if (init_locks(tree) != SEARCH_OK) {
		free(tree);
		return SEARCH_ENOMEM;
	}
	init_tree(tree, options);
	system_error = ps_watches_init(tree);
	if (system_error == 0) {
		*out = tree;
		return SEARCH_OK;
	}
	ps_tree_release(tree);
	if (system_error == ENOMEM)
		return SEARCH_ENOMEM;
	error->code = SEARCH_ESYSTEM;
	error->system_error = system_error;
	snprintf(error->message, sizeof(error->message), "cannot watch: inotify_init1 failed: raise "
		 "fs.inotify.max_user_instances, or the limit of open files");
	return SEARCH_ESYSTEM;
}

void ps_tree_take(struct search_tree *tree)
{
	atomic_fetch_add_explicit(&tree->users, 1, memory_order_relaxed);
}

static void remove_directories(struct search_tree *tree)
{
	ps_lock_take(&tree->lock);
	while (tree->all.after != &tree->all)
		ps_kept_remove(PS_KEPT_AT(tree->all.after, all));
	ps_lock_release(&tree->lock);
}

void ps_tree_release(struct search_tree *tree)
{
	if (atomic_fetch_sub_explicit(&tree->users, 1, memory_order_acq_rel) > 1)
		return;
	ps_watches_close(tree); /* first, so that no watch is ended by itself */
	remove_directories(tree);
	ps_watches_free(tree);
	for (int i = 0; i < PS_IDLE_READERS; i++)
		ps_text_reader_free(tree->readers[i]);
	ps_chains_free(&tree->table, &tree->memory);
	PS_ASSERT(ps_share_used(&tree->memory) == ps_memory_cost(sizeof(*tree)));
	destroy_locks(tree, PS_STRIPES + 2);
	ps_owner_destroy(&tree->owner);
	free(tree);
}

bool ps_tree_is_inherited(const struct search_tree *tree)
{
	return ps_owner_is_parent(&tree->owner);
}

void ps_tree_forget(struct search_tree *tree)
{
	if (tree->watches.fd >= 0)
		close(tree->watches.fd);
}

/* --- asked --- */

uint32_t ps_tree_learn_percent(const struct search_tree *tree)
{
	return tree->options.learn_percent;
}

static uint64_t load(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void ps_tree_fill_stats(const struct search_tree *asked, struct search_tree_stats *stats)
{
	struct search_tree *tree = (struct search_tree *)(uintptr_t)asked; /* only its lock is changed */

	stats->bytes = ps_share_used(&tree->memory);
	stats->peak_bytes = load(&tree->memory.most);
	stats->files = load(&tree->files);
	stats->signatures = load(&tree->signatures);
	stats->signature_bytes = load(&tree->signature_bytes);
	stats->text_bytes = load(&tree->text_bytes);
	stats->dropped = load(&tree->dropped);
	stats->refused = load(&tree->refused);
	stats->ruled_out = load(&tree->ruled_out);
	stats->learnt = load(&tree->learnt);
	stats->overflows = load(&tree->watches.overflows);
	stats->changes = load(&tree->changes);
	ps_lock_take(&tree->lock);
	stats->directories = tree->table.count;
	stats->watches = tree->watches.table.count;
	if (tree->watches.fd >= 0 && !ps_watches_left(tree))
		stats->unwatched = tree->table.count - tree->watches.table.count;
	ps_lock_release(&tree->lock);
}

/* --- for searches --- */

void ps_warm_begin(const struct ps_warm_view *view)
{
	atomic_fetch_add_explicit(&view->tree->begun, 1, memory_order_relaxed);
	ps_watches_drain(view->tree);
}

void ps_warm_note_refused(struct search_tree *tree)
{
	ps_count(&tree->refused, 1);
}

/* Those whose times of change are set by this system's clock, whoever changes a file. */
bool ps_warm_is_trusted_system(uint64_t magic)
{
	switch ((uint32_t)magic) {
	case 0x0000EF53: /* ext2, ext3, ext4 */
	case 0x58465342: /* XFS */
	case 0x9123683E: /* Btrfs */
	case 0xF2F52010: /* F2FS */
	case 0x01021994: /* tmpfs */
	case 0x794C7630: /* overlayfs */
		return true;
	default:
		return false;
	}
}
