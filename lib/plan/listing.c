/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listing.c - a sorted sequence of entries.
 *
 * An entry has the first eight bytes of its name as a number: so a million names are sorted with hardly a look at the
 * names themselves.
 */
#include "plan_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	SORTED_AT_ONCE = 4096, /* entries */
	SORT_STEP = 32 * 1024  /* entries in one step; some milliseconds */
};

struct ps_run *ps_run_new(void)
{
	struct ps_run *run = calloc(1, sizeof(*run));

	if (run == NULL)
		return NULL;
	run->claims_end = &run->claims;
	run->fd = -1;
	return run;
}

static void free_sources(struct ps_run *run)
{
	for (uint32_t i = 0; run->sources != NULL && i < run->count; i++) {
		free((char *)(uintptr_t)run->sources[i].path);
		free((char *)(uintptr_t)run->sources[i].name);
	}
	free(run->sources);
}

void ps_run_free(struct ps_run *run)
{
	if (run == NULL)
		return;
	free_sources(run);
	ps_ignore_free(run->own_ignore);
	ps_warm_release(run->warm);
	ps_buffer_free(run->entries, run->entry_space * sizeof(*run->entries));
	ps_buffer_free(run->names, run->name_space);
	free(run->overlaid);
	free(run->from_here);
	free(run);
}

uint64_t ps_entry_key(const char *name)
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++) {
		key = key << 8 | (unsigned char)*name;
		name += *name != '\0';
	}
	return key;
}

static int by_name(const void *a, const void *b, void *names)
{
	const struct ps_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return strcmp((const char *)names + x->name, (const char *)names + y->name);
}

/* Prepares a sort in steps, which needs a second array. SEARCH_OK or SEARCH_ENOMEM. */
static int begin_sort(struct ps_listing *listing)
{
	size_t size = sizeof(*listing->entries);
	struct ps_entry *spare = ps_buffer_new(listing->entry_space * size);

	listing->sort = (struct ps_sort){
		.items = (char *)listing->entries,
		.spare = (char *)spare,
		.count = listing->count,
		.size = size,
		.compare = by_name,
		.context = listing->names,
	};
	return spare != NULL ? SEARCH_OK : SEARCH_ENOMEM;
}

int ps_listing_sort(struct ps_listing *listing)
{
	struct ps_sort *sort = &listing->sort;
	bool sorted = true;

	listing->claimable = listing->count;
	if (listing->sorted)
		return PS_DONE;
	if (listing->count <= SORTED_AT_ONCE) {
		if (listing->count > 1)
			qsort_r(listing->entries, listing->count, sizeof(*listing->entries), by_name, listing->names);
		return PS_DONE;
	}
	if (sort->spare == NULL && begin_sort(listing) != SEARCH_OK)
		return SEARCH_ENOMEM;
	sorted = ps_sort_step(sort, SORT_STEP);
	listing->entries = (struct ps_entry *)(void *)sort->items;
	if (!sorted)
		return PS_MORE;
	ps_buffer_free(sort->spare, listing->entry_space * sizeof(*listing->entries));
	sort->spare = NULL;
	return PS_DONE;
}

void ps_listing_free(struct ps_listing *listing)
{
	ps_buffer_free(listing->entries, listing->entry_space * sizeof(*listing->entries));
	ps_buffer_free(listing->sort.spare, listing->entry_space * sizeof(*listing->entries));
	ps_buffer_free(listing->names, listing->name_space);
	free(listing->overlaid);
	ps_ignore_free(listing->own_ignore);
	ps_warm_release(listing->warm);
}

/* Behind the name of a file that is only listed, see add_info() in list_directory.c. */
void ps_listing_info(const struct ps_run *run, uint32_t at, uint32_t flags, struct ps_file_info *info)
{
	const char *name = run->names + run->entries[at].name;

	if ((flags & SEARCH_RESULT_FILE_INFO) != 0)
		memcpy(info, name + strlen(name) + 1, sizeof(*info));
}

void ps_listing_link_names(struct ps_listing *listing)
{
	uint32_t next = listing->count;

	listing->claimable = 0;
	for (uint32_t i = listing->count; i-- > 0;) {
		if (listing->entries[i].type == PS_ENTRY_NAME) {
			listing->entries[i].key = next;
		} else {
			next = i;
			listing->claimable++;
		}
	}
}
