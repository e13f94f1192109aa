/* SPDX-License-Identifier: BSD-2-Clause */
/* lead.c - see lead.h. */
#include "../base/base.h"

#include "lead.h"

#define DEPTH_MAX 64 /* of what is nested deeper nothing is known */

static void widen_lead(struct ps_lead *lead, unsigned from, unsigned to)
{
	for (unsigned b = from; b <= to; b++)
		lead->bytes[b >> 6] |= UINT64_C(1) << (b & 63);
}

static size_t add_bounded(size_t a, size_t b)
{
	return a > PS_LEAD_UNBOUNDED - b ? PS_LEAD_UNBOUNDED : a + b;
}

void ps_lead_unite(struct ps_lead *to, const struct ps_lead *from)
{
	for (int i = 0; i < 4; i++)
		to->bytes[i] |= from->bytes[i];
	to->longest = ps_max(to->longest, from->longest);
}

void ps_lead_extend(struct ps_lead *to, const struct ps_lead *by)
{
	size_t longest = add_bounded(to->longest, by->longest);

	ps_lead_unite(to, by);
	to->longest = longest;
}

static const struct ps_lead anything = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX }, PS_LEAD_UNBOUNDED };

/* The ranges ascend: behind the first that leaves ASCII there is nothing to learn, and a class may have hundreds. */
static void extend_by_set(struct ps_lead *lead, const struct ps_set *set)
{
	size_t longest = set->count > 0 ? 1 : 0;

	for (size_t i = 0; i < set->count && longest == 1; i++) {
		if (set->ranges[i].from < 0x80)
			widen_lead(lead, set->ranges[i].from, (unsigned)ps_min(set->ranges[i].to, 0x7F));
		if (set->ranges[i].to >= 0x80) {
			widen_lead(lead, 0x80, 0xFF);
			longest = 4;
		}
	}
	lead->longest = add_bounded(lead->longest, longest);
}

void ps_lead_extend_by_node(struct ps_lead *lead, const struct ps_node *node, int depth)
{
	struct ps_lead all = { .longest = 0 };

	if (depth == DEPTH_MAX || node->kind == PS_NODE_DICTIONARY) {
		*lead = anything;
		return;
	}
	if (node->kind == PS_NODE_SET)
		extend_by_set(lead, &node->set);
	for (size_t i = 0; i < node->count; i++) {
		struct ps_lead child = { .longest = 0 };

		ps_lead_extend_by_node(&child, node->children[i], depth + 1);
		if (node->kind == PS_NODE_ALT)
			ps_lead_unite(&all, &child);
		else
			ps_lead_extend(&all, &child);
	}
	if (node->kind == PS_NODE_REPEAT && node->max == PS_UNLIMITED)
		all.longest = all.longest > 0 ? PS_LEAD_UNBOUNDED : 0;
	else if (node->kind == PS_NODE_REPEAT)
		all.longest = all.longest > PS_LEAD_UNBOUNDED / ps_max(node->max, 1) ? PS_LEAD_UNBOUNDED :
										     all.longest * node->max;
	ps_lead_extend(lead, &all);
}

bool ps_tree_ends_line(const struct ps_node *root, int depth)
{
	if (root->kind == PS_NODE_ASSERT)
		return root->assertion == PS_ASSERT_END;
	if (depth == DEPTH_MAX || root->count == 0)
		return false;
	if (root->kind == PS_NODE_CAT)
		return ps_tree_ends_line(root->children[root->count - 1], depth + 1);
	for (size_t i = 0; root->kind == PS_NODE_ALT && i < root->count; i++)
		if (!ps_tree_ends_line(root->children[i], depth + 1))
			return false;
	return root->kind == PS_NODE_ALT;
}

size_t ps_lead_start(const struct ps_lead *lead, const uint8_t *text, size_t least, size_t place)
{
	if (place - least > lead->longest)
		least = place - lead->longest;
	while (place > least && ps_lead_has(lead, text[place - 1]))
		place--;
	return place;
}
