/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_branch.c - one alternative while it is being read.
 *
 * Literals are kept as text until their branch ends: if case is ignored, several characters may fold together
 * (ss and ß, see fold.c), and then it matters which characters Oniguruma joins into one string. It joins neighbours in
 * a list. A (?:..) without alternatives and without a quantifier dissolves into the list around it; but if it is that
 * list's first element, only if it is a single string. struct ps_branch imitates that list.
 */
#include "../base/base.h"

#include "parse.h"

#include <stdlib.h>
#include <string.h>

void ps_branch_free(struct ps_branch *b)
{
	for (size_t i = 0; i < b->count; i++)
		ps_node_free(b->items[i].node);
	free(b->items);
	free(b->text);
	*b = (struct ps_branch){ 0 };
}

static bool reserve_item(struct ps_parser *p, struct ps_branch *b)
{
	struct ps_item *items = ps_grow(b->items, &b->space, b->count + 1, sizeof(*items));

	if (items == NULL)
		return ps_parse_no_memory(p);
	b->items = items;
	return true;
}

bool ps_branch_push(struct ps_parser *p, struct ps_branch *b, struct ps_node *node, bool fold)
{
	if (!reserve_item(p, b)) {
		ps_node_free(node);
		return false;
	}
	b->items[b->count++] = (struct ps_item){ .node = node, .fold = fold };
	return true;
}

bool ps_branch_append(struct ps_parser *p, struct ps_branch *b, const uint8_t *text, size_t length)
{
	uint8_t *bigger;

	PS_ASSERT(b->count > 0 && b->items[b->count - 1].node == NULL);
	if (length == 0)
		return true;
	bigger = ps_grow(b->text, &b->text_space, b->size + length, 1);
	if (bigger == NULL)
		return ps_parse_no_memory(p);
	b->text = bigger;
	memcpy(b->text + b->size, text, length);
	b->size += length;
	b->items[b->count - 1].length += length;
	return true;
}

/* Joins the items from i on that are one string; *length: its bytes. Returns the item after them. */
static size_t join_text_items(const struct ps_branch *b, size_t i, size_t *length)
{
	bool fold = b->items[i].fold;

	for (*length = 0; i < b->count && b->items[i].node == NULL && b->items[i].fold == fold; i++)
		*length += b->items[i].length;
	return i;
}

static bool add_items(struct ps_parser *p, struct ps_node *cat, struct ps_branch *b)
{
	size_t at = 0, i = 0;

	while (i < b->count) {
		struct ps_node *node = b->items[i].node;
		bool fold = b->items[i].fold, ok;
		size_t length = 0;

		if (node != NULL) {
			b->items[i++].node = NULL;
			ok = ps_parse_add(p, cat, node);
		} else {
			i = join_text_items(b, i, &length);
			/* text may be NULL if it is empty */
			ok = length == 0 || ps_parse_text(p, cat, b->text + at, length, fold);
			at += length;
		}
		if (!ok)
			return false;
	}
	return true;
}

struct ps_node *ps_branch_collapse(struct ps_parser *p, struct ps_branch *b)
{
	struct ps_node *cat = ps_parse_node(p, PS_NODE_CAT);

	if (cat == NULL || !add_items(p, cat, b)) {
		ps_node_free(cat);
		return NULL;
	}
	b->count = b->size = b->expressions = 0;
	b->is_list = b->open = false;
	return ps_parse_unwrap(cat);
}

bool ps_branch_begin(struct ps_parser *p, struct ps_branch *b)
{
	if (b->expressions == 1 && b->is_list) {
		struct ps_node *first = ps_branch_collapse(p, b);

		if (first == NULL || !ps_branch_push(p, b, first, false))
			return false;
		b->expressions = 1;
	}
	b->expressions++;
	b->open = false;
	return true;
}
