/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_check.c - is a tree too large, or one that Oniguruma takes for something else?
 */
#include "../base/base.h"

#include "parse.h"

size_t ps_tree_height(const struct ps_node *node, size_t limit)
{
	size_t highest = 0;

	for (size_t i = 0; i < node->count && highest < limit; i++)
		highest = ps_max(highest, ps_tree_height(node->children[i], limit - 1));
	return highest + 1;
}

size_t ps_tree_unfolded(const struct ps_node *node, size_t limit)
{
	size_t times = 1, size = 1;

	for (size_t i = 0; i < node->count && size <= limit; i++)
		size += ps_tree_unfolded(node->children[i], limit);
	if (node->kind == PS_NODE_REPEAT)
		times = node->max == PS_UNLIMITED ? (size_t)node->min + 1 : node->max;
	return size > limit / times ? limit + 1 : size * times;
}

/* Is this a . with or without (?m)? */
static bool is_dot(const struct ps_node *node)
{
	const struct ps_set *set = &node->set;

	return node->kind == PS_NODE_SET && set->count > 0 && set->count <= 2 && set->ranges[0].from == 0 &&
	       set->ranges[set->count - 1].to == PS_CODE_MAX;
}

static bool is_begin(enum ps_assertion assertion)
{
	return assertion == PS_ASSERT_BEGIN || assertion == PS_ASSERT_LINE_BEGIN;
}

/*
 * Does the node read no character, so that what follows it is also at the start of the pattern? *held: a condition has
 * been passed; *cut: and after it, a .* or the like.
 */
static bool is_condition(const struct ps_node *node, bool *held, bool *cut)
{
	bool none = true, before = *held;

	if (node->kind == PS_NODE_SET)
		return false;
	if (node->kind == PS_NODE_LOOK) {
		*held = true;
		return true;
	}
	if (node->kind == PS_NODE_ASSERT)
		*held = *held || !is_begin(node->assertion);
	if (node->kind == PS_NODE_REPEAT && node->max == PS_UNLIMITED && is_dot(node->children[0]))
		*cut = *cut || *held;
	for (size_t i = 0; i < node->count && (none || node->kind == PS_NODE_ALT); i++) {
		bool now = node->kind == PS_NODE_ALT ? before : *held;

		none = is_condition(node->children[i], &now, cut) && none;
		*held = *held || now;
	}
	return none;
}

bool ps_tree_begins_at_line_begin_only(const struct ps_node *root)
{
	bool held = false, cut = false;

	if (root->kind == PS_NODE_CAT && root->children[0]->kind == PS_NODE_ASSERT &&
	    is_begin(root->children[0]->assertion))
		return false; /* it does not match elsewhere anyhow */
	is_condition(root, &held, &cut);
	return cut;
}

/* Reads the tree in the pattern's order. *closed, *unclear: groups as bits, those that may match more than once. */
static bool refers_plainly(const struct ps_node *node, bool repeated, uint32_t *closed, uint32_t *unclear)
{
	uint32_t bit = UINT32_C(1) << node->number;

	if (node->kind == PS_NODE_REFERENCE)
		return (*closed & ~*unclear & bit) != 0;
	repeated = repeated || node->kind == PS_NODE_LOOK || node->kind == PS_NODE_ATOMIC ||
		   (node->kind == PS_NODE_REPEAT && node->max > 1);
	for (size_t i = 0; i < node->count; i++)
		if (!refers_plainly(node->children[i], repeated, closed, unclear))
			return false;
	if (node->kind == PS_NODE_GROUP) {
		*closed |= bit;
		*unclear |= repeated ? bit : 0;
	}
	return true;
}

bool ps_tree_refers_plainly(const struct ps_node *root)
{
	uint32_t closed = 0, unclear = 0;

	return refers_plainly(root, false, &closed, &unclear);
}
