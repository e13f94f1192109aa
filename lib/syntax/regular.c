/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * regular.c - makes a regular tree of one for backtracking: it matches every line that the pattern matches, and often
 * no other.
 *
 * A back-reference becomes another copy of its group. At the end of the pattern, what a look-ahead looks for may as
 * well be taken: foo(?=bar) matches the same lines as foobar. What it must not find becomes all that may stand there
 * instead: foo(?!b) is foo(?:[^b]|$). The same holds for a look-behind at the start. Elsewhere look-around is left out.
 *
 * Only lines: where a match begins and ends, and which way is preferred, the regular tree does not tell.
 */
#include "../base/base.h"

#include "parse.h"

#define NODES_MAX 10000  /* of the regular tree */
#define DENIED_MAX 16    /* characters of a look-around that must not match */

struct regular {
	const struct ps_node *groups[PS_GROUPS_MAX]; /* those that have been passed */
	size_t nodes;
	bool inexact;
	bool too_large;
};

/* Where in the pattern a node is. */
struct position {
	bool head;   /* nothing is before it */
	bool tail;   /* nothing is after it */
	bool copied; /* it is what a back-reference refers to: conditions need not hold there */
};

static struct ps_node *make_node(struct regular *r, const struct ps_node *node, struct position at);

static struct ps_node *new_node(struct regular *r, enum ps_node_kind kind)
{
	r->too_large = r->too_large || ++r->nodes > NODES_MAX;
	return r->too_large ? NULL : ps_node_new(kind);
}

/* Adds the child to the parent, and takes over both. NULL: out of memory. */
static struct ps_node *add_child(struct ps_node *parent, struct ps_node *child)
{
	if (parent != NULL && child != NULL && ps_node_add(parent, child))
		return parent;
	if (parent == NULL)
		ps_node_free(child);
	ps_node_free(parent);
	return NULL;
}

static struct ps_node *make_empty(struct regular *r, bool exact)
{
	r->inexact = r->inexact || !exact;
	return new_node(r, PS_NODE_EMPTY);
}

static struct ps_node *make_set(struct regular *r, const struct ps_set *set, bool complement)
{
	struct ps_node *node = new_node(r, PS_NODE_SET);

	if (node == NULL || (ps_set_union(&node->set, set) && (!complement || ps_set_complement(&node->set))))
		return node;
	ps_node_free(node);
	return NULL;
}

static struct ps_node *make_assertion(struct regular *r, enum ps_assertion assertion)
{
	struct ps_node *node = new_node(r, PS_NODE_ASSERT);

	if (node != NULL)
		node->assertion = assertion;
	return node;
}

/* A CAT, ALT or REPEAT. */
static struct ps_node *make_parent(struct regular *r, const struct ps_node *node, struct position at)
{
	struct ps_node *made = new_node(r, node->kind);

	if (made == NULL)
		return NULL;
	made->min = node->min;
	made->max = node->max;
	made->lazy = node->lazy;
	for (size_t i = 0; made != NULL && i < node->count; i++) {
		struct position inner = at;

		if (node->kind == PS_NODE_REPEAT)
			inner.head = inner.tail = false;
		if (node->kind == PS_NODE_CAT) {
			inner.head = at.head && i == 0;
			inner.tail = at.tail && i + 1 == node->count;
		}
		made = add_child(made, make_node(r, node->children[i], inner));
	}
	return made;
}

static const struct ps_node *strip_groups(const struct ps_node *node)
{
	while (node->kind == PS_NODE_GROUP)
		node = node->children[0];
	return node;
}

/* What must not match: a sequence of characters. Their number, or 0: it is not one, or it is too long. */
static size_t list_denied(const struct ps_node *node, const struct ps_set *list[DENIED_MAX])
{
	size_t count = 0;

	node = strip_groups(node);
	if (node->kind == PS_NODE_SET)
		list[count++] = &node->set;
	for (size_t i = 0; node->kind == PS_NODE_CAT && i < node->count; i++) {
		const struct ps_node *child = strip_groups(node->children[i]);

		if (child->kind != PS_NODE_SET || count == DENIED_MAX)
			return 0;
		list[count++] = &child->set;
	}
	return count;
}

/* The CAT of two, in the order of the text. Takes over both. */
static struct ps_node *join_nodes(struct regular *r, struct ps_node *near, struct ps_node *far, bool behind)
{
	struct ps_node *cat = new_node(r, PS_NODE_CAT);

	cat = add_child(cat, behind ? far : near);
	if (cat != NULL)
		return add_child(cat, behind ? near : far);
	ps_node_free(behind ? near : far);
	return NULL;
}

/*
 * What may stand where the sequence must not: nothing, so that the line ends there; another character than its nearest;
 * or that, and then what may stand where the rest must not.
 */
static struct ps_node *make_denial(struct regular *r, const struct ps_set *const *list, size_t count, bool behind)
{
	struct ps_node *denial = NULL;

	for (size_t i = 0; i < count && (i == 0 || denial != NULL); i++) {
		const struct ps_set *set = list[behind ? i : count - 1 - i];
		struct ps_node *alt = new_node(r, PS_NODE_ALT);

		alt = add_child(alt, make_assertion(r, behind ? PS_ASSERT_BEGIN : PS_ASSERT_END));
		alt = add_child(alt, make_set(r, set, true));
		if (i > 0)
			alt = add_child(alt, join_nodes(r, make_set(r, set, false), denial, behind));
		denial = alt;
	}
	return denial;
}

static struct ps_node *make_look(struct regular *r, const struct ps_node *look, struct position at)
{
	const struct ps_set *list[DENIED_MAX];
	bool there = (look->behind ? at.head : at.tail) && !at.copied;
	size_t count;

	if (there && !look->negated)
		return make_node(r, look->children[0],
				 (struct position){ .head = look->behind, .tail = !look->behind });
	count = there ? list_denied(look->children[0], list) : 0;
	return count > 0 ? make_denial(r, list, count, look->behind) : make_empty(r, at.copied);
}

static struct ps_node *make_copy(struct regular *r, const struct ps_node *reference)
{
	r->inexact = true;
	PS_ASSERT(r->groups[reference->number] != NULL);
	return make_node(r, r->groups[reference->number]->children[0], (struct position){ .copied = true });
}

static struct ps_node *make_node(struct regular *r, const struct ps_node *node, struct position at)
{
	switch (node->kind) {
	case PS_NODE_SET:
		return make_set(r, &node->set, false);
	case PS_NODE_CAT:
	case PS_NODE_ALT:
	case PS_NODE_REPEAT:
		return make_parent(r, node, at);
	case PS_NODE_ASSERT:
		return at.copied ? make_empty(r, false) : make_assertion(r, node->assertion);
	case PS_NODE_GROUP:
		r->groups[node->number] = node;
		return make_node(r, node->children[0], at);
	case PS_NODE_REFERENCE:
		return make_copy(r, node);
	case PS_NODE_LOOK:
		return make_look(r, node, at);
	case PS_NODE_ATOMIC:
		r->inexact = r->inexact || !at.tail;
		return make_node(r, node->children[0], at);
	case PS_NODE_EMPTY:
	case PS_NODE_DICTIONARY:
		break;
	}
	return make_empty(r, true);
}

int ps_tree_regular(struct ps_node **out, const struct ps_node *full, bool *exact)
{
	struct regular r = { .nodes = 0 };
	struct ps_node *root = make_node(&r, full, (struct position){ .head = true, .tail = true });

	*out = NULL;
	if (root == NULL)
		return r.too_large ? SEARCH_EVERSION : SEARCH_ENOMEM;
	if (ps_tree_unfolded(root, PS_AST_MAX_NODES) > PS_AST_MAX_NODES) {
		ps_node_free(root);
		return SEARCH_EVERSION;
	}
	*out = root;
	*exact = !r.inexact;
	return SEARCH_OK;
}
