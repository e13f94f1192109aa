/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drafts.c - a listing on its way: gathered while a search reads a directory, then sorted, and kept.
 *
 * A draft's memory is not the tree's: it belongs to the search that reads, as its own listing does. It fails as
 * soon as its listing would take more than half of the tree's memory, so a huge directory costs no more than that.
 */
#include "warm_internal.h"

#include "../base/sort.h"

#include <string.h>

enum {
	SORTED_AT_ONCE = 4096, /* entries */
	SORT_STEP = 32 * 1024  /* entries in one step; some milliseconds */
};

struct draft_entry {
	uint64_t key; /* the name's first bytes, big-endian: most comparisons end here */
	uint32_t name;
	uint8_t type;
};

struct ps_warm_draft {
	struct search_tree *tree;
	struct ps_warm_stamp stamp;
	dev_t device;
	uint32_t mode, user, group;
	uint64_t token;
	bool short_read_is_end;
	bool failed;            /* it is not to be kept */
	bool sorted;
	struct draft_entry *entries;
	size_t count, space;
	char *names;
	size_t name_size, name_space;
	struct ps_sort sort;    /* its `spare` is of malloc(), as large as `entries` */
};

/* Was there no memory for another listing since the last search began? */
static bool is_hopeless(struct search_tree *tree)
{
	if (atomic_load_explicit(&tree->full, memory_order_relaxed) !=
	    atomic_load_explicit(&tree->begun, memory_order_relaxed))
		return false;
	ps_count(&tree->dropped, 1);
	return true;
}

struct ps_warm_draft *ps_warm_draft_new(const struct ps_warm_view *view, const struct stat *st, bool short_read_is_end,
					uint64_t token)
{
	struct search_tree *tree = view->tree;
	struct ps_warm_draft *draft;

	if (!ps_warm_stamp_is_settled(st, ps_warm_stamp_time())) {
		ps_warm_note_refused(tree);
		return NULL;
	}
	if (is_hopeless(tree))
		return NULL;
	draft = calloc(1, sizeof(*draft));
	if (draft == NULL)
		return NULL;
	draft->tree = tree;
	draft->stamp = ps_warm_stamp_of(st);
	draft->device = st->st_dev;
	draft->mode = st->st_mode;
	draft->user = st->st_uid;
	draft->group = st->st_gid;
	draft->token = token;
	draft->short_read_is_end = short_read_is_end;
	return draft;
}

static void draft_free(struct ps_warm_draft *draft)
{
	if (draft == NULL)
		return;
	free(draft->sort.spare);
	free(draft->entries);
	free(draft->names);
	free(draft);
}

void ps_warm_draft_drop(struct ps_warm_draft *draft)
{
	if (draft != NULL)
		ps_warm_note_refused(draft->tree);
	draft_free(draft);
}

/* Would it take more than half of all memory? */
static bool is_too_large(const struct ps_warm_draft *draft)
{
	const size_t each = sizeof(union ps_slot) + sizeof(struct ps_warm_entry);

	return (uint64_t)draft->count * each + draft->name_size > draft->tree->options.max_bytes / 2;
}

static bool draft_grow(struct ps_warm_draft *draft, size_t length)
{
	struct draft_entry *entries = ps_grow(draft->entries, &draft->space, draft->count + 1, sizeof(*entries));
	char *names;

	if (entries == NULL)
		return false;
	draft->entries = entries;
	names = ps_grow(draft->names, &draft->name_space, draft->name_size + length, 1);
	if (names == NULL)
		return false;
	draft->names = names;
	return draft->name_size + length <= UINT32_MAX && draft->count < UINT32_MAX &&
	       !is_too_large(draft);
}

static uint64_t name_key(const char *name)
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++) {
		key = key << 8 | (unsigned char)*name;
		name += *name != '\0';
	}
	return key;
}

void ps_warm_draft_add(struct ps_warm_draft *draft, const char *name, uint8_t type)
{
	size_t length = strlen(name) + 1;

	if (draft == NULL || draft->failed || (name[0] == '.' && (length == 2 || (length == 3 && name[1] == '.'))))
		return;
	if (!draft_grow(draft, length)) {
		draft->failed = true;
		return;
	}
	memcpy(draft->names + draft->name_size, name, length);
	draft->entries[draft->count++] = (struct draft_entry){
		.key = name_key(name),
		.name = (uint32_t)draft->name_size,
		.type = type == DT_REG || type == DT_DIR || type == DT_LNK ? type : DT_UNKNOWN,
	};
	draft->name_size += length;
}

static int by_name(const void *a, const void *b, void *names)
{
	const struct draft_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return strcmp((const char *)names + x->name, (const char *)names + y->name);
}

/* Prepares a sort in steps. False: out of memory. */
static bool begin_sort(struct ps_warm_draft *draft)
{
	void *spare = malloc(draft->space * sizeof(*draft->entries));

	draft->sort = (struct ps_sort){
		.items = (char *)draft->entries,
		.spare = spare,
		.count = draft->count,
		.size = sizeof(*draft->entries),
		.compare = by_name,
		.context = draft->names,
	};
	return draft->sort.spare != NULL;
}

bool ps_warm_draft_sort(struct ps_warm_draft *draft)
{
	struct ps_sort *sort;

	if (draft == NULL || draft->failed || draft->sorted)
		return true;
	sort = &draft->sort;
	if (draft->count <= SORTED_AT_ONCE) {
		if (draft->count > 1)
			qsort_r(draft->entries, draft->count, sizeof(*draft->entries), by_name, draft->names);
		draft->sorted = true;
		return true;
	}
	if (sort->spare == NULL && !begin_sort(draft)) {
		draft->failed = true;
		return true;
	}
	draft->sorted = ps_sort_step(sort, SORT_STEP);
	draft->entries = (struct draft_entry *)(void *)sort->items;
	return draft->sorted;
}

/* Makes it a directory; the caller's reference. NULL: there is no memory, which is counted. */
static struct ps_kept *build_directory(struct ps_warm_draft *draft)
{
	struct ps_warm_entry *entries = (struct ps_warm_entry *)(void *)draft->entries; /* they shrink in place */
	struct ps_kept *kept;

	_Static_assert(sizeof(*entries) <= sizeof(*draft->entries), "an entry overwrites none that is read later");
	while (!ps_warm_draft_sort(draft))
		;
	if (draft->failed) {
		ps_count(&draft->tree->dropped, 1);
		return NULL;
	}
	for (size_t i = 0; i < draft->count; i++) {
		struct draft_entry from = draft->entries[i];

		memcpy(&entries[i], &(struct ps_warm_entry){ .name = from.name, .type = from.type }, sizeof(*entries));
	}
	kept = ps_kept_new(draft->tree, draft->device, &draft->stamp, entries, (uint32_t)draft->count, draft->names,
			   draft->name_size);
	if (kept == NULL)
		return NULL;
	kept->shown.short_read_is_end = draft->short_read_is_end;
	kept->mode = draft->mode;
	kept->user = draft->user;
	kept->group = draft->group;
	return kept;
}

/* Puts it into the table, unless another search has just done the same. Returns what is there; NULL: no memory. */
static struct ps_kept *place_directory(struct ps_kept *kept, struct ps_kept *above, const char *name, uint64_t token)
{
	struct search_tree *tree = kept->tree;
	struct ps_kept *other;

	ps_lock_take(&tree->lock);
	other = ps_kept_find(tree, kept->shown.device, kept->stamp.inode);
	if (other != NULL && ps_warm_stamp_equal(&other->stamp, &kept->stamp))
		other = ps_kept_take(other);
	else
		other = ps_kept_insert(kept) ? ps_kept_take(kept) : NULL;
	if (other != NULL) {
		ps_kept_trust(other, token);
		other->visited = tree->begun;
		if (above != NULL)
			ps_kept_link(other, above, name, false);
	}
	ps_lock_release(&tree->lock);
	ps_kept_release(kept);
	return other;
}

struct ps_warm_directory *ps_warm_keep(const struct ps_warm_view *view, struct ps_warm_draft *draft,
				       struct ps_warm_directory *above, const char *name, const char *path)
{
	struct ps_kept *kept = draft != NULL ? build_directory(draft) : NULL;

	(void)view;
	if (kept != NULL)
		kept = place_directory(kept, above != NULL ? ps_kept_of(above) : NULL, name, draft->token);
	if (kept != NULL)
		ps_kept_set_path(kept, path);
	draft_free(draft);
	return kept != NULL ? &kept->shown : NULL;
}
