/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * handful.c - many items with one call, for languages in which a call costs more than an item.
 *
 * The first is taken as any item is. The others are those at hand: the rest of its batch, or names of the same
 * directory. All of them point into that batch, which stays until the next call. So each is only copied; except the
 * names, whose paths the iterator makes one after the other in the same place. What is not at hand is left for the next
 * call: it may have to be waited for, and would take the place of what was handed out.
 *
 * Memory is only needed for more than one item: without it there is one.
 */
#include "search.h"

enum { MOST_ITEMS = 1024 }; /* so that memory is bounded, whatever the host asks for */

void ps_handful_free(struct ps_handful *handful)
{
	free(handful->items);
	free(handful->list);
	ps_text_free(&handful->names);
}

/* Makes room for so many items. */
static bool make_room(struct ps_handful *h, size_t count)
{
	struct search_item *items = ps_grow(h->items, &h->item_space, count, sizeof(*items));
	const struct search_item **list;

	if (items == NULL)
		return false;
	h->items = items;
	list = ps_grow(h->list, &h->list_space, count, sizeof(void *));
	if (list == NULL)
		return false;
	h->list = list;
	return true;
}

/* Names are kept one after the other: their text may move until all of them are there. */
static bool keep_name(struct ps_handful *h, const struct search_item *item)
{
	return ps_text_add(&h->names, item->path, item->path_length + 1);
}

static void find_names(struct ps_handful *h, size_t count)
{
	const char *at = h->names.bytes;

	for (size_t i = 0; i < count; i++) {
		h->items[i].path = at;
		at += h->items[i].path_length + 1;
	}
}

/* Takes up to `count` items, of which the iterator has the first. Returns how many. */
static size_t gather_items(struct ps_iterator *it, size_t count)
{
	const struct search_item *item = &it->item;
	struct ps_handful *h = &it->handful;
	bool named = it->naming;
	size_t n = 0;

	h->names.length = 0;
	for (;;) {
		if (named && !keep_name(h, item)) {
			if (n > 0)
				ps_iterator_fail(it, SEARCH_ENOMEM);
			break;
		}
		h->items[n] = *item;
		h->list[n] = &h->items[n];
		n++;
		if (n == count || ps_iterator_at_hand(it) == 0 ||
		    ps_iterator_next(it, &item, PS_AT_HAND) != SEARCH_ITEM)
			break;
	}
	if (named)
		find_names(h, n);
	return n;
}

int ps_iterator_next_many(struct ps_iterator *it, const struct search_item *const **items, size_t most,
			  enum ps_patience patience)
{
	struct ps_handful *h = &it->handful;
	size_t count;
	int rc = ps_iterator_next(it, &h->only, patience);

	*items = NULL;
	if (rc != SEARCH_ITEM)
		return rc;
	*items = &h->only;
	count = ps_min(ps_min(most, MOST_ITEMS), 1 + ps_iterator_at_hand(it));
	if (count == 1 || !make_room(h, count))
		return 1;
	count = gather_items(it, count);
	if (count == 0)
		return 1;
	*items = h->list;
	return (int)count;
}
