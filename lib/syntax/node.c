/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * node.c - the nodes of a pattern's tree, see ast.h.
 *
 * The recursion is as deep as the tree is high, and the parser bounds that (P2 in parse.c).
 */
#include "../base/base.h"

#include "ast.h"

#include <stdlib.h>

struct ps_node *ps_node_new(enum ps_node_kind kind)
{
	struct ps_node *node = calloc(1, sizeof(*node));

	if (node != NULL)
		node->kind = kind;
	return node;
}

void ps_node_free(struct ps_node *node)
{
	if (node == NULL)
		return;
	for (size_t i = 0; i < node->count; i++)
		ps_node_free(node->children[i]);
	free(node->children);
	ps_set_free(&node->set);
	free(node);
}

static bool reserve_children(struct ps_node *node, size_t count)
{
	size_t space = ps_max(count, node->space * 2);
	struct ps_node **children;

	if (count <= node->space)
		return true;
	children = realloc(node->children, space * sizeof(struct ps_node *));
	if (children == NULL)
		return false;
	node->children = children;
	node->space = space;
	return true;
}

bool ps_node_add(struct ps_node *parent, struct ps_node *child)
{
	if (child == NULL)
		return false;
	PS_ASSERT(parent->kind == PS_NODE_CAT || parent->kind == PS_NODE_ALT || parent->count == 0);
	if (!reserve_children(parent, parent->count + 1)) {
		ps_node_free(child);
		return false;
	}
	parent->children[parent->count++] = child;
	return true;
}

static bool has_child(const struct ps_node *node, bool (*f)(const struct ps_node *))
{
	for (size_t i = 0; i < node->count; i++)
		if (f(node->children[i]))
			return true;
	return false;
}

static bool consumes(const struct ps_node *node)
{
	return !ps_node_is_nullable(node);
}

bool ps_node_is_nullable(const struct ps_node *node)
{
	switch (node->kind) {
	case PS_NODE_SET:
	case PS_NODE_DICTIONARY:
		return false;
	case PS_NODE_CAT:
		return !has_child(node, consumes);
	case PS_NODE_ALT:
		return has_child(node, ps_node_is_nullable);
	case PS_NODE_REPEAT:
		return node->min == 0 || ps_node_is_nullable(node->children[0]);
	case PS_NODE_GROUP:
	case PS_NODE_ATOMIC:
		return ps_node_is_nullable(node->children[0]);
	case PS_NODE_REFERENCE:
		return node->nullable;
	case PS_NODE_EMPTY:
	case PS_NODE_ASSERT:
	case PS_NODE_LOOK:
		break;
	}
	return true;
}

/* Whether of these ways, of which one may match the empty string, only the last one does. */
static bool is_empty_last_of(const struct ps_node *ways)
{
	for (size_t i = 0; i + 1 < ways->count; i++)
		if (ps_node_is_nullable(ways->children[i]))
			return false;
	return ps_node_is_empty_last(ways->children[ways->count - 1]);
}

static bool is_empty_before_others(const struct ps_node *node)
{
	return !ps_node_is_empty_last(node);
}

bool ps_node_is_empty_last(const struct ps_node *node)
{
	if (!ps_node_is_nullable(node))
		return true;
	if (node->kind == PS_NODE_ALT)
		return is_empty_last_of(node);
	return !(node->kind == PS_NODE_REPEAT && node->lazy) && !has_child(node, is_empty_before_others);
}

bool ps_node_passes_lines(const struct ps_node *node)
{
	bool text = node->assertion == PS_ASSERT_BEGIN || node->assertion == PS_ASSERT_END;

	if (node->kind == PS_NODE_DICTIONARY || (node->kind == PS_NODE_ASSERT && text) ||
	    (node->kind == PS_NODE_SET && ps_set_has(&node->set, '\n')))
		return true;
	for (size_t i = 0; i < node->count; i++)
		if (ps_node_passes_lines(node->children[i]))
			return true;
	return false;
}

bool ps_node_has_assertion(const struct ps_node *node)
{
	return node->kind == PS_NODE_ASSERT || node->kind == PS_NODE_LOOK || has_child(node, ps_node_has_assertion);
}

void ps_ast_free(struct ps_ast *ast)
{
	ps_node_free(ast->root);
	ps_node_free(ast->full);
	*ast = (struct ps_ast){ 0 };
}
