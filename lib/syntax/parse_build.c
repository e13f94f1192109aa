/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_build.c - the parser's tools: to fail, to make nodes, to read characters.
 */
#include "../base/base.h"

#include "parse.h"

#define WORK 10000000 /* the budget of a pattern: set ranges visited, and the like */

/* ---- failing ---- */

void ps_parse_end(struct ps_parser *p, const char *why)
{
	if (!p->failed)
		p->why = why;
	p->failed = true;
}

bool ps_parse_spend(struct ps_parser *p, size_t work)
{
	p->work += work;
	return p->work <= WORK || ps_parse_give_up(p, "the pattern is too large");
}

void ps_parse_inexact(struct ps_parser *p, const char *why)
{
	if (p->exact)
		p->why = why;
	p->exact = false;
}

/* ---- nodes ---- */

struct ps_node *ps_parse_node(struct ps_parser *p, enum ps_node_kind kind)
{
	struct ps_node *node;

	if (p->failed)
		return NULL;
	if (++p->nodes > PS_AST_MAX_NODES) {
		ps_parse_give_up(p, "the pattern is too large");
		return NULL;
	}
	node = ps_node_new(kind);
	if (node == NULL)
		ps_parse_no_memory(p);
	return node;
}

struct ps_node *ps_parse_set(struct ps_parser *p, struct ps_set *set)
{
	struct ps_node *node = ps_parse_spend(p, set->count) ? ps_parse_node(p, PS_NODE_SET) : NULL;

	if (node != NULL)
		node->set = *set;
	else
		ps_set_free(set);
	*set = (struct ps_set){ 0 };
	return node;
}

struct ps_node *ps_parse_range(struct ps_parser *p, uint32_t from, uint32_t to)
{
	struct ps_set set = { 0 };

	if (!ps_set_add(&set, from, to))
		ps_parse_no_memory(p);
	return ps_parse_set(p, &set);
}

static bool add_children(struct ps_parser *p, struct ps_node *parent, struct ps_node *child)
{
	bool ok = true;

	for (size_t i = 0; ok && i < child->count; i++) {
		struct ps_node *grandchild = child->children[i];

		child->children[i] = NULL;
		ok = ps_node_add(parent, grandchild) || ps_parse_no_memory(p);
	}
	ps_node_free(child);
	return ok;
}

struct ps_node *ps_parse_unwrap(struct ps_node *node)
{
	struct ps_node *only;

	if (node == NULL || (node->kind != PS_NODE_CAT && node->kind != PS_NODE_ALT))
		return node;
	if (node->count == 0 && node->kind == PS_NODE_CAT)
		node->kind = PS_NODE_EMPTY;
	if (node->count != 1)
		return node;
	only = node->children[0];
	node->count = 0;
	ps_node_free(node);
	return only;
}

bool ps_parse_add(struct ps_parser *p, struct ps_node *parent, struct ps_node *child)
{
	child = ps_parse_unwrap(child);
	PS_ASSERT(child != NULL || p->failed);
	if (child == NULL)
		return false;
	if (child->kind == parent->kind)
		return add_children(p, parent, child);
	if (child->kind == PS_NODE_EMPTY && parent->kind == PS_NODE_CAT) {
		ps_node_free(child);
		return true;
	}
	return ps_node_add(parent, child) || ps_parse_no_memory(p);
}

/* ---- characters ---- */

/* How many bytes a UTF-8 character has that begins with c; 0: none does. */
static size_t sequence_length(uint8_t c)
{
	return c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
}

bool ps_parse_code(struct ps_parser *p, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = p->p < p->end ? sequence_length(*p->p) : 0;

	if (length == 0 || length > (size_t)(p->end - p->p))
		return ps_parse_give_up(p, "the pattern is not UTF-8, or ends too early");
	*code = length == 1 ? *p->p : *p->p & (0x7Fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p->p[i] & 0xC0) != 0x80)
			return ps_parse_give_up(p, "the pattern is not UTF-8");
		*code = *code << 6 | (p->p[i] & 0x3F);
	}
	if (*code < least[length] || *code > PS_CODE_MAX)
		return ps_parse_give_up(p, "the pattern is not UTF-8");
	p->p += length;
	return true;
}

bool ps_parse_text(struct ps_parser *p, struct ps_node *cat, const uint8_t *text, size_t length, bool fold)
{
	const uint8_t *begin = p->p, *end = p->end;
	uint32_t code;
	bool ok = true;

	if (length == 0)
		return true;
	if (fold)
		return ps_fold_string(p, cat, text, length);
	p->p = text;
	p->end = text + length;
	while (ok && p->p < p->end)
		ok = ps_parse_code(p, &code) && ps_parse_add(p, cat, ps_parse_range(p, code, code));
	p->p = begin;
	p->end = end;
	return ok;
}
