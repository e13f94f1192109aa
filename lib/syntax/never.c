/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * never.c - patterns that no text can match, such as a^b or (?!).
 *
 * The tree is run on no text in particular. All that is known of a place on the way is whether a character has been
 * read and whether the text has to end here; a node leads from a set of such states to another. If no state comes out at
 * the end, nothing matches.
 *
 * V1  A node is never said to lead to less than it does: what is not understood, such as \b or a look-around, leads on.
 *     So the answer "never" is certain, and also holds of whatever matches less than the tree.
 * V2  A state only changes in one direction, so a repeat is stable after as many rounds as there are states.
 * V3  STEPS bounds the time. Beyond it, the pattern may match.
 */
#include "../base/base.h"

#include "never.h"

#define STEPS 20000

/* The states, as bits of a set. */
enum {
	FRESH = 1,      /* nothing has been read: the place may be any, */
	FRESH_END = 2,  /* but it is at the end */
	LATER = 4,      /* a character has been read: the place is not at the start, */
	LATER_END = 8,  /* but it is at the end */
	ALL = 15,
	ROUNDS = 4      /* V2 */
};

struct run {
	uint32_t line_end;
	bool anywhere; /* conditions on the place are left out */
	size_t steps;
};

static unsigned lead_on(struct run *r, const struct ps_node *node, unsigned from);

/* Are there characters in the set beside the one that is in no line? */
static bool has_characters(const struct run *r, const struct ps_set *set)
{
	if (set->count != 1)
		return set->count > 1;
	return set->ranges[0].from != set->ranges[0].to || set->ranges[0].from != r->line_end;
}

static unsigned lead_over_character(unsigned from)
{
	return (from & (FRESH | LATER)) != 0 ? LATER : 0;
}

static unsigned lead_over_assertion(const struct run *r, enum ps_assertion assertion, unsigned from)
{
	bool lines = r->line_end == '\n'; /* no newline is passed, so there is only one line */

	if (r->anywhere)
		return from;
	if (assertion == PS_ASSERT_BEGIN || (assertion == PS_ASSERT_LINE_BEGIN && lines))
		return from & (FRESH | FRESH_END);
	if (assertion == PS_ASSERT_END || (assertion == PS_ASSERT_LINE_END && lines))
		return ((from & (FRESH | FRESH_END)) != 0 ? FRESH_END : 0) |
		       ((from & (LATER | LATER_END)) != 0 ? LATER_END : 0);
	return from;
}

static unsigned lead_over_repeat(struct run *r, const struct ps_node *node, unsigned from)
{
	uint32_t most = node->max == PS_UNLIMITED ? ROUNDS : (uint32_t)ps_min(node->max - node->min, ROUNDS);
	unsigned now = from, all;

	for (uint32_t i = 0; i < node->min && i < ROUNDS; i++)
		now = lead_on(r, node->children[0], now);
	all = now;
	for (uint32_t i = 0; i < most; i++) {
		now = lead_on(r, node->children[0], now);
		all |= now;
	}
	return all;
}

/* A condition that holds nowhere stops all; any other leads on. */
static unsigned lead_over_look(struct run *r, const struct ps_node *node, unsigned from)
{
	const struct ps_node *child = node->children[0];

	if (node->negated)
		return child->kind == PS_NODE_EMPTY ? 0 : from;
	return node->behind || lead_on(r, child, ALL) != 0 ? from : 0;
}

static unsigned lead_over_children(struct run *r, const struct ps_node *node, unsigned from)
{
	unsigned now = node->kind == PS_NODE_ALT ? 0 : from;

	for (size_t i = 0; i < node->count; i++)
		if (node->kind == PS_NODE_ALT)
			now |= lead_on(r, node->children[i], from);
		else
			now = lead_on(r, node->children[i], now);
	return now;
}

static unsigned lead_on(struct run *r, const struct ps_node *node, unsigned from)
{
	if (from == 0)
		return 0;
	if (++r->steps > STEPS)
		return ALL;
	switch (node->kind) {
	case PS_NODE_EMPTY:
		return from;
	case PS_NODE_SET:
		return has_characters(r, &node->set) ? lead_over_character(from) : 0;
	case PS_NODE_DICTIONARY:
		return from | lead_over_character(from);
	case PS_NODE_CAT:
	case PS_NODE_ALT:
	case PS_NODE_GROUP:
	case PS_NODE_ATOMIC:
		return lead_over_children(r, node, from);
	case PS_NODE_REPEAT:
		return lead_over_repeat(r, node, from);
	case PS_NODE_ASSERT:
		return lead_over_assertion(r, node->assertion, from);
	case PS_NODE_REFERENCE:
		return from | lead_over_character(from);
	case PS_NODE_LOOK:
		return lead_over_look(r, node, from);
	}
	return ALL;
}

static bool may_match(const struct ps_node *root, uint32_t line_end, bool anywhere)
{
	struct run r = { .line_end = line_end, .anywhere = anywhere };

	return lead_on(&r, root, FRESH) != 0 || r.steps > STEPS;
}

enum search_never ps_tree_never(const struct ps_node *root, uint32_t line_end)
{
	if (may_match(root, line_end, false))
		return SEARCH_NEVER_NONE;
	if (!may_match(root, PS_NO_LINE_END, true))
		return SEARCH_NEVER_CHARACTER;
	return may_match(root, line_end, true) ? SEARCH_NEVER_PLACE : SEARCH_NEVER_LINE_END;
}
