/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * directories.c - directories by device and inode, and the links between them.
 *
 * A directory is one piece of memory: the struct, a slot for each entry, the entries, the names.
 */
#include "warm_internal.h"

#include "../base/hash_index.h"

#include <string.h>

/* --- the table --- */

static uint32_t hash_directory(dev_t device, uint64_t inode)
{
	uint64_t d = device;

	const uint32_t words[] = { (uint32_t)inode, (uint32_t)(inode >> 32), (uint32_t)d, (uint32_t)(d >> 32) };

	return ps_hash(0, words, 4);
}

struct ps_kept *ps_kept_find(struct search_tree *tree, dev_t device, uint64_t inode)
{
	struct ps_chain_node *node = ps_chains_find(&tree->table, hash_directory(device, inode));

	PS_ASSERT(ps_lock_is_held(&tree->lock));
	for (; node != NULL; node = ps_chains_next(node)) {
		struct ps_kept *kept = PS_KEPT_AT(node, in_chain);

		if (kept->stamp.inode == inode && kept->shown.device == device)
			return kept;
	}
	return NULL;
}

/* --- one directory --- */

struct ps_kept *ps_kept_new(struct search_tree *tree, dev_t device, const struct ps_warm_stamp *stamp,
			    const struct ps_warm_entry *entries, uint32_t count, const char *names, size_t name_size)
{
	size_t each = sizeof(union ps_slot) + sizeof(*entries);
	struct ps_warm_entry *own;
	struct ps_kept *kept;
	uint64_t bytes;

	if (count > (SIZE_MAX / 2 - sizeof(*kept) - name_size) / each)
		return NULL;
	bytes = ps_memory_cost(sizeof(*kept) + count * each + name_size);
	if (!ps_memory_take(tree, bytes, true))
		return NULL;
	kept = calloc(1, sizeof(*kept) + count * each + name_size);
	if (kept == NULL) {
		ps_share_give_back(&tree->memory, bytes);
		return NULL;
	}
	kept->slots = (union ps_slot *)(void *)(kept + 1);
	own = (struct ps_warm_entry *)(void *)(kept->slots + count);
	if (count > 0)
		memcpy(own, entries, count * sizeof(*own));
	if (name_size > 0)
		memcpy((char *)(own + count), names, name_size);
	for (uint32_t i = 0; i < count; i++)
		kept->file_count += own[i].type == DT_REG;
	kept->shown = (struct ps_warm_directory){
		.names = (const char *)(own + count), .entries = own, .count = count,
		.device = device, .inode = (ino_t)stamp->inode,
	};
	kept->tree = tree;
	kept->stamp = *stamp;
	kept->bytes = bytes;
	kept->stripe = hash_directory(device, stamp->inode) / 16 % PS_STRIPES;
	atomic_init(&kept->references, 1);
	ps_link_init(&kept->all);
	ps_link_init(&kept->learn_link);
	ps_link_init(&kept->top);
	kept->watch = -1;
	return kept;
}

struct ps_kept *ps_kept_take(struct ps_kept *kept)
{
	atomic_fetch_add_explicit(&kept->references, 1, memory_order_relaxed);
	return kept;
}

void ps_kept_release(struct ps_kept *kept)
{
	struct search_tree *tree;

	if (kept == NULL || atomic_fetch_sub_explicit(&kept->references, 1, memory_order_acq_rel) > 1)
		return;
	PS_ASSERT(!kept->in_table);
	tree = kept->tree;
	if (kept->path != NULL)
		ps_share_give_back(&tree->memory, ps_memory_cost(strlen(kept->path) + 1));
	free(kept->path);
	ps_share_give_back(&tree->memory, kept->bytes);
	free(kept);
}

void ps_kept_set_path(struct ps_kept *kept, const char *path)
{
	struct search_tree *tree = kept->tree;
	uint64_t cost = ps_memory_cost(strlen(path) + 1);
	char *copy, *old;

	if (*path == '\0' || !ps_share_take(&tree->memory, cost))
		return;
	copy = strdup(path);
	if (copy == NULL) {
		ps_share_give_back(&tree->memory, cost);
		return;
	}
	ps_lock_take(&tree->lock);
	old = kept->path;
	kept->path = copy;
	ps_lock_release(&tree->lock);
	if (old != NULL)
		ps_share_give_back(&tree->memory, ps_memory_cost(strlen(old) + 1));
	free(old);
}

uint32_t ps_kept_index(const struct ps_kept *kept, const char *name)
{
	const struct ps_warm_directory *d = &kept->shown;
	uint32_t begin = 0, end = d->count;

	while (begin < end) {
		uint32_t middle = begin + (end - begin) / 2;
		int order = strcmp(d->names + d->entries[middle].name, name);

		if (order == 0)
			return middle;
		if (order < 0)
			begin = middle + 1;
		else
			end = middle;
	}
	return UINT32_MAX;
}

void ps_kept_to_learn(struct ps_kept *kept, enum ps_to_learn what)
{
	struct search_tree *tree = kept->tree;

	PS_ASSERT(ps_lock_is_held(&tree->lock));
	if (kept->to_learn == what)
		return;
	ps_link_remove(&kept->learn_link);
	kept->to_learn = (uint8_t)what;
	if (what != PS_LEARN_NOTHING)
		ps_link_append(what == PS_LEARN_NOW ? &tree->to_learn : &tree->to_learn_later, &kept->learn_link);
}

/* --- links --- */

void ps_kept_unlink(struct ps_kept *kept)
{
	PS_ASSERT(ps_lock_is_held(&kept->tree->lock));
	if (kept->above == NULL)
		return;
	kept->above->slots[kept->at].below = NULL;
	kept->above = NULL;
	ps_link_append(&kept->tree->tops, &kept->top);
}

static void link_at(struct ps_kept *kept, struct ps_kept *above, uint32_t at, bool doubtful)
{
	struct ps_kept *other = above->slots[at].below;

	kept->doubtful = doubtful;
	if (other == kept)
		return;
	if (other != NULL)
		ps_kept_unlink(other);
	ps_kept_unlink(kept);
	ps_link_remove(&kept->top);
	above->slots[at].below = kept;
	kept->above = above;
	kept->at = at;
}

void ps_kept_link(struct ps_kept *kept, struct ps_kept *above, const char *name, bool doubtful)
{
	uint32_t at = above->in_table && kept->in_table ? ps_kept_index(above, name) : UINT32_MAX;

	PS_ASSERT(ps_lock_is_held(&kept->tree->lock));
	if (at != UINT32_MAX && above->shown.entries[at].type == DT_DIR)
		link_at(kept, above, at, doubtful);
}

/* --- into the table, and out of it --- */

/*
 * What is known of the entry goes over to that of the same name and type in the new listing. Of a file its stamp shows
 * whether it is the same; of a directory nothing does, until one has looked. [T] and [F]
 */
static void move_slot(struct ps_kept *to, uint32_t i, struct ps_kept *from, uint32_t j)
{
	if (to->shown.entries[i].type == DT_DIR) {
		struct ps_kept *below = from->slots[j].below;

		if (below != NULL)
			link_at(below, to, i, true);
		return;
	}
	to->slots[i].file = from->slots[j].file;
	from->slots[j].file = NULL;
	if (to->slots[i].file != NULL && to->slots[i].file->signature != NULL) {
		to->signature_count++;
		from->signature_count--;
	}
}

/* Both are in the order of names. [T] and [F] */
static void move_slots(struct ps_kept *to, struct ps_kept *from)
{
	const struct ps_warm_directory *a = &to->shown, *b = &from->shown;

	for (uint32_t i = 0, j = 0; i < a->count && j < b->count;) {
		int order = strcmp(a->names + a->entries[i].name, b->names + b->entries[j].name);

		if (order == 0 && a->entries[i].type == b->entries[j].type &&
		    (a->entries[i].type == DT_REG || a->entries[i].type == DT_DIR))
			move_slot(to, i, from, j);
		i += order <= 0;
		j += order >= 0;
	}
}

/* Whatever of it was not moved goes. [T] and [F] */
static void empty_slots(struct ps_kept *kept)
{
	for (uint32_t i = 0; i < kept->shown.count; i++) {
		uint8_t type = kept->shown.entries[i].type;

		if (type == DT_REG)
			ps_file_forget(kept, i);
		else if (type == DT_DIR && kept->slots[i].below != NULL)
			ps_kept_unlink(kept->slots[i].below);
	}
}

/* Out of all lists. [T] and [F] */
static void leave_table(struct ps_kept *kept)
{
	struct search_tree *tree = kept->tree;

	if (tree->all.after == &kept->all)
		tree->hand_at = 0;
	ps_chains_remove(&tree->table, &kept->in_chain);
	ps_link_remove(&kept->all);
	ps_kept_to_learn(kept, PS_LEARN_NOTHING);
	ps_kept_unlink(kept);
	ps_link_remove(&kept->top);
	empty_slots(kept);
	kept->in_table = false;
	kept->trusted = false;
	atomic_fetch_sub_explicit(&tree->files, kept->file_count, memory_order_relaxed);
}

void ps_kept_remove(struct ps_kept *kept)
{
	PS_ASSERT(ps_lock_is_held(&kept->tree->lock) && kept->in_table);
	ps_files_lock(kept);
	ps_watch_end(kept);
	leave_table(kept);
	ps_files_unlock(kept);
	ps_kept_release(kept);
}

/*
 * May other users, or the same ones, do other things in it than before? A change of rights alone leaves the time of
 * modification as it was.
 */
static bool has_other_rights(const struct ps_kept *kept, const struct ps_kept *old)
{
	return kept->mode != old->mode || kept->user != old->user || kept->group != old->group ||
	       kept->stamp.modified == old->stamp.modified;
}

/* [T] and [F] */
static void take_place(struct ps_kept *kept, struct ps_kept *old)
{
	struct ps_kept *above = old->above;
	bool doubtful = old->doubtful;
	uint32_t at = old->at;

	move_slots(kept, old);
	ps_watch_move(kept, old);
	if (kept->path == NULL) {
		kept->path = old->path;
		old->path = NULL;
	}
	leave_table(old);
	if (above != NULL && above != old)
		link_at(kept, above, at, doubtful);
}

bool ps_kept_insert(struct ps_kept *kept)
{
	struct search_tree *tree = kept->tree;
	struct ps_kept *old;

	PS_ASSERT(ps_lock_is_held(&tree->lock) && !kept->in_table);
	if (!ps_chains_make_room(&tree->table, &tree->memory))
		return false;
	old = ps_kept_find(tree, kept->shown.device, kept->stamp.inode);
	ps_files_lock(kept);
	kept->in_table = true;
	ps_link_append(&tree->tops, &kept->top);
	if (old != NULL)
		take_place(kept, old);
	ps_chains_add(&tree->table, &kept->in_chain, hash_directory(kept->shown.device, kept->stamp.inode));
	ps_files_unlock(kept);
	ps_kept_take(kept);
	ps_link_append(&tree->all, &kept->all);
	kept->visited = tree->begun;
	atomic_fetch_add_explicit(&tree->files, kept->file_count, memory_order_relaxed);
	ps_kept_to_learn(kept, PS_LEARN_NOW);
	if (old != NULL && has_other_rights(kept, old)) { /* what is below may be out of reach */
		ps_change_begin(tree);
		ps_change_below(kept);
	}
	ps_count(&tree->changes, 1);
	ps_kept_release(old);
	return true;
}

int ps_kept_all(struct search_tree *tree, struct ps_kept ***all, size_t *count)
{
	struct ps_link *link;

	*count = 0;
	ps_lock_take(&tree->lock);
	*all = malloc(((size_t)tree->table.count + 1) * sizeof(struct ps_kept *));
	for (link = tree->all.after; *all != NULL && link != &tree->all; link = link->after)
		(*all)[(*count)++] = ps_kept_take(PS_KEPT_AT(link, all));
	ps_lock_release(&tree->lock);
	return *all != NULL ? SEARCH_OK : SEARCH_ENOMEM;
}

void ps_kept_wants_learning(struct ps_kept *kept)
{
	ps_lock_take(&kept->tree->lock);
	if (kept->in_table)
		ps_kept_to_learn(kept, PS_LEARN_NOW);
	ps_lock_release(&kept->tree->lock);
}
