/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * order.c - see order.h.
 *
 * Each set is looked for from where the nearest of the set before ends at the earliest: if the strings are in a line in
 * this order at all, then they are found so.
 */
#include "../base/base.h"

#include "order.h"

#include <string.h>

static bool are_sets_equal(const struct ps_literal_set *a, const struct ps_literal_set *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->list[i].length != b->list[i].length ||
		    memcmp(a->list[i].bytes, b->list[i].bytes, a->list[i].length) != 0)
			return false;
	return true;
}

static int make_set_needles(struct ps_order *order, size_t k)
{
	const struct ps_literal_set *set = &order->literals.sets[k];
	const uint8_t *bytes[PS_LITERALS_MAX];
	size_t lengths[PS_LITERALS_MAX];

	if (set->count == 1) {
		ps_needle_init(&order->needle[k], set->list[0].bytes, set->list[0].length);
		return SEARCH_OK;
	}
	for (size_t i = 0; i < set->count; i++) {
		bytes[i] = set->list[i].bytes;
		lengths[i] = set->list[i].length;
	}
	return ps_needles_new(&order->needles[k], bytes, lengths, set->count);
}

int ps_order_make(struct ps_order *order, const struct ps_node *root, struct ps_lines lines,
		  const struct ps_literal_set *found)
{
	int rc;

	*order = (struct ps_order){ .first_is_found = false };
	rc = ps_literal_order(&order->literals, root, lines);
	for (size_t k = 0; rc == SEARCH_OK && k < order->literals.count; k++)
		rc = make_set_needles(order, k);
	order->first_is_found = rc == SEARCH_OK && order->literals.count > 0 && found->lead.longest == 0 &&
				are_sets_equal(found, &order->literals.sets[0]);
	return rc;
}

void ps_order_free(struct ps_order *order)
{
	for (size_t k = 0; k < PS_ORDER_MAX; k++)
		ps_needles_free(order->needles[k]);
	ps_literal_order_free(&order->literals);
	*order = (struct ps_order){ .first_is_found = false };
}

bool ps_order_holds(const struct ps_order *order, const struct ps_simd *simd, const uint8_t *p, const uint8_t *end)
{
	size_t k = 0;

	if (order->first_is_found) {
		if ((size_t)(end - p) < order->literals.shortest[k])
			return false; /* it ends in the terminator's \r */
		p += order->literals.shortest[k++];
	}
	for (; k < order->literals.count; k++) {
		size_t which;

		if (order->needles[k] != NULL)
			p = simd->find_any(order->needles[k], p, end, &which);
		else
			p = simd->find(&order->needle[k], p, end);
		if (p == NULL)
			return false;
		p += order->literals.shortest[k];
	}
	return true;
}
