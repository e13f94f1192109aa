/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compile_moves.c - compiles a tree into moves.
 *
 * As in program.c, moves are made from the end of the pattern to its start: so the next move is known, and with it the
 * bytes that may follow a loop. A loop after which no byte of its own set may come gives nothing back: that takes most
 * of the backtracking out of most patterns.
 */
#include "../base/base.h"

#include "backtrack.h"
#include "moves.h"
#include "../base/utf8.h"
#include "../onig/onig.h"

#include <stdlib.h>
#include <string.h>

#define MOVES_MAX 4096
#define SETS_MAX 256
#define FIRSTS_MAX 256
#define TEXT_MAX ((size_t)64 << 10)
#define BACK_MAX 255   /* a look-behind of more characters is not compiled */
#define DEPTH_MAX 48   /* nodes within each other */
#define FIRST_MOST 256 /* moves that are looked at for the bytes that may come first */

struct compiler {
	struct ps_backtrack *to;
	bool conditional; /* the node may be passed by */
	unsigned depth;   /* of the node: the caller's stack may be small */
};

static int compile_node(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry);

static int append_move(struct compiler *c, const struct ps_move *move, uint32_t *entry)
{
	struct ps_backtrack *b = c->to;
	struct ps_move *moves;

	if (b->count >= MOVES_MAX)
		return SEARCH_EVERSION;
	moves = ps_grow(b->moves, &b->space, b->count + 1, sizeof(*moves));
	if (moves == NULL)
		return SEARCH_ENOMEM;
	b->moves = moves;
	*entry = (uint32_t)b->count;
	b->moves[b->count++] = *move;
	return SEARCH_OK;
}

/* ---- sets ---- */

/* The code points whose UTF-8 begins with this byte, which is not ASCII. False: there are none. */
static bool codes_of_lead(unsigned lead, uint32_t *from, uint32_t *to)
{
	if (lead < 0xC2 || lead > 0xF4)
		return false;
	*from = lead < 0xE0 ? (lead & 0x1Fu) << 6 : lead < 0xF0 ? (lead & 0x0Fu) << 12 : (lead & 0x07u) << 18;
	*to = *from + (lead < 0xE0 ? 0x3Fu : lead < 0xF0 ? 0xFFFu : 0x3FFFFu);
	if (lead == 0xE0 || lead == 0xF0) /* no overlong forms */
		*from = lead == 0xE0 ? 0x800 : 0x10000;
	if (lead == 0xF4)
		*to = PS_CODE_MAX;
	return true;
}

static enum ps_set_byte classify_lead(const struct ps_set *set, unsigned lead)
{
	uint32_t from, to;

	if (!codes_of_lead(lead, &from, &to))
		return PS_SET_NO;
	for (size_t i = 0; i < set->count; i++) {
		const struct ps_range *r = &set->ranges[i];

		if (r->from <= from && to <= r->to)
			return PS_SET_ALL;
		if (r->from <= to && from <= r->to)
			return PS_SET_ASK;
	}
	return PS_SET_NO;
}

static int make_set(struct compiler *c, const struct ps_set *set, uint32_t *which)
{
	struct ps_backtrack *b = c->to;
	struct ps_char_set *sets, *made;

	if (b->set_count >= SETS_MAX)
		return SEARCH_EVERSION;
	sets = ps_grow(b->sets, &b->set_space, b->set_count + 1, sizeof(*sets));
	if (sets == NULL)
		return SEARCH_ENOMEM;
	b->sets = sets;
	made = &b->sets[b->set_count];
	*made = (struct ps_char_set){ .set = { 0 } };
	*which = (uint32_t)b->set_count++;
	for (unsigned i = 0; i < 0x80; i++)
		made->bytes[i] = ps_set_has(set, i) ? PS_SET_BYTE : PS_SET_NO;
	for (unsigned i = 0x80; i < 0x100; i++)
		made->bytes[i] = (uint8_t)classify_lead(set, i);
	return ps_set_union(&made->set, set) ? SEARCH_OK : SEARCH_ENOMEM;
}

/* ---- what comes first ---- */

static void add_all_bytes(struct ps_first *first)
{
	memset(first->has, true, sizeof(first->has));
	first->at_end = true;
}

static void add_set_bytes(const struct ps_char_set *set, struct ps_first *first)
{
	for (size_t i = 0; i < 256; i++)
		first->has[i] = first->has[i] || set->bytes[i] != PS_SET_NO;
}

/*
 * Adds the bytes that a way from this move on may begin with; perhaps more. There may be exponentially many ways: after
 * *left more moves, any byte counts as one that may come first.
 */
static void add_first_bytes_within(const struct ps_backtrack *b, uint32_t move, struct ps_first *first, unsigned *left)
{
	const struct ps_move *m = &b->moves[move];

	if (*left == 0) {
		add_all_bytes(first);
		return;
	}
	--*left;
	switch ((enum ps_move_op)m->op) {
	case PS_MOVE_FAIL:
		break;
	case PS_MOVE_BYTES:
		first->has[b->text[m->at]] = true;
		break;
	case PS_MOVE_CHARACTER:
		add_set_bytes(&b->sets[m->at], first);
		break;
	case PS_MOVE_LOOP:
		add_set_bytes(&b->sets[m->at], first);
		if (m->min == 0)
			add_first_bytes_within(b, m->next, first, left);
		break;
	case PS_MOVE_SPLIT:
		add_first_bytes_within(b, m->next, first, left);
		add_first_bytes_within(b, m->other, first, left);
		break;
	case PS_MOVE_LOOK:
		add_first_bytes_within(b, m->negated || m->behind ? m->next : m->other, first, left);
		break;
	case PS_MOVE_ATOMIC:
		add_first_bytes_within(b, m->other, first, left);
		break;
	case PS_MOVE_OPEN:
	case PS_MOVE_CLOSE:
	case PS_MOVE_ASSERT:
		add_first_bytes_within(b, m->next, first, left);
		break;
	case PS_MOVE_REFERENCE:
	case PS_MOVE_MATCH:
	case PS_MOVE_END:
		add_all_bytes(first);
		break;
	}
}

static void add_first_bytes(const struct ps_backtrack *b, uint32_t move, struct ps_first *first)
{
	unsigned left = FIRST_MOST;

	add_first_bytes_within(b, move, first, &left);
}

static bool has_all_bytes(const struct ps_first *first)
{
	return first->at_end && memchr(first->has, 0, sizeof(first->has)) == NULL;
}

/* Notes which bytes may follow the loop, if not all may. */
static int make_first(struct compiler *c, struct ps_move *loop)
{
	struct ps_backtrack *b = c->to;
	struct ps_first first = { .at_end = false }, *firsts;
	bool apart = true;

	add_first_bytes(b, loop->next, &first);
	if (has_all_bytes(&first) || b->first_count >= FIRSTS_MAX)
		return SEARCH_OK;
	firsts = ps_grow(b->firsts, &b->first_space, b->first_count + 1, sizeof(*firsts));
	if (firsts == NULL)
		return SEARCH_ENOMEM;
	b->firsts = firsts;
	for (size_t i = 0; i < 256; i++)
		apart = apart && !(first.has[i] && b->sets[loop->at].bytes[i] != PS_SET_NO);
	loop->possessive = loop->possessive || (apart && !loop->lazy);
	loop->first = (uint16_t)b->first_count;
	b->firsts[b->first_count++] = first;
	return SEARCH_OK;
}

/* ---- nodes ---- */

static bool is_referred_to(const struct compiler *c, const struct ps_node *group)
{
	return (c->to->referred & UINT32_C(1) << group->number) != 0;
}

/* Groups that nothing refers to mean what is in them. */
static const struct ps_node *strip_groups(const struct compiler *c, const struct ps_node *node)
{
	while (node->kind == PS_NODE_GROUP && !is_referred_to(c, node))
		node = node->children[0];
	return node;
}

static int compile_set(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	struct ps_move move = { .op = PS_MOVE_CHARACTER, .next = next, .first = PS_NO_BYTES };
	int rc;

	if (node->set.count == 0)
		return append_move(c, &(struct ps_move){ .op = PS_MOVE_FAIL }, entry);
	rc = make_set(c, &node->set, &move.at);
	return rc == SEARCH_OK ? append_move(c, &move, entry) : rc;
}

static int compile_set_loop(struct compiler *c, const struct ps_node *repeat, const struct ps_node *set, bool atomic,
			    uint32_t next, uint32_t *entry)
{
	const struct ps_move *following = &c->to->moves[next];
	struct ps_move move = {
		.op = PS_MOVE_LOOP, .next = next, .min = repeat->min, .max = repeat->max, .lazy = repeat->lazy,
		.possessive = atomic, .before_reference = following->op == PS_MOVE_REFERENCE, .other = following->at,
		.first = PS_NO_BYTES,
	};
	int rc;

	if (set->set.count == 0 && repeat->min > 0)
		return append_move(c, &(struct ps_move){ .op = PS_MOVE_FAIL }, entry);
	rc = make_set(c, &set->set, &move.at);
	if (rc == SEARCH_OK)
		rc = make_first(c, &move);
	return rc == SEARCH_OK ? append_move(c, &move, entry) : rc;
}

static int compile_split(struct compiler *c, const struct ps_node *repeat, uint32_t body, uint32_t next,
			 uint32_t *entry)
{
	struct ps_move split = { .op = PS_MOVE_SPLIT, .next = repeat->lazy ? next : body,
				 .other = repeat->lazy ? body : next };

	return append_move(c, &split, entry);
}

/* x*: until the body is compiled, all that is known of the split is that anything may follow it. */
static int compile_loop(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	uint32_t body;
	int rc = append_move(c, &(struct ps_move){ .op = PS_MOVE_MATCH }, entry);

	if (rc == SEARCH_OK)
		rc = compile_node(c, node->children[0], *entry, &body);
	if (rc == SEARCH_OK)
		c->to->moves[*entry] = (struct ps_move){ .op = PS_MOVE_SPLIT, .next = node->lazy ? next : body,
							 .other = node->lazy ? body : next };
	return rc;
}

static int compile_repeat(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	const struct ps_node *body = strip_groups(c, node->children[0]);
	bool conditional = c->conditional;
	int rc = SEARCH_OK;

	if (body->kind == PS_NODE_SET)
		return compile_set_loop(c, node, body, false, next, entry);
	c->conditional = true;
	*entry = next;
	if (node->max == PS_UNLIMITED)
		rc = compile_loop(c, node, next, entry);
	for (uint32_t i = node->min; rc == SEARCH_OK && node->max != PS_UNLIMITED && i < node->max; i++) {
		rc = compile_node(c, body, *entry, entry);
		if (rc == SEARCH_OK)
			rc = compile_split(c, node, *entry, next, entry);
	}
	for (uint32_t i = 0; rc == SEARCH_OK && i < node->min; i++)
		rc = compile_node(c, body, *entry, entry);
	c->conditional = conditional;
	return rc;
}

static bool is_one_character(const struct ps_node *node)
{
	return node->kind == PS_NODE_SET && node->set.count == 1 && node->set.ranges[0].from == node->set.ranges[0].to;
}

/* children[from, to) are characters. */
static int compile_text(struct compiler *c, const struct ps_node *cat, size_t from, size_t to, uint32_t next,
			uint32_t *entry)
{
	struct ps_backtrack *b = c->to;
	struct ps_move move = { .op = PS_MOVE_BYTES, .at = (uint32_t)b->text_size, .next = next };

	for (size_t i = from; i < to; i++) {
		uint8_t *text = ps_grow(b->text, &b->text_space, b->text_size + 4, 1);

		if (text == NULL)
			return SEARCH_ENOMEM;
		b->text = text;
		b->text_size += ps_utf8_encode(cat->children[i]->set.ranges[0].from, b->text + b->text_size);
	}
	move.count = (uint32_t)(b->text_size - move.at);
	return b->text_size <= TEXT_MAX ? append_move(c, &move, entry) : SEARCH_EVERSION;
}

static int compile_cat(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	size_t to = node->count;
	int rc = SEARCH_OK;

	*entry = next;
	while (rc == SEARCH_OK && to > 0) {
		size_t from = to;

		while (from > 0 && is_one_character(node->children[from - 1]))
			from--;
		if (from < to) {
			rc = compile_text(c, node, from, to, *entry, entry);
			to = from;
		} else {
			rc = compile_node(c, node->children[--to], *entry, entry);
		}
	}
	return rc;
}

static int compile_alt(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	bool conditional = c->conditional;
	int rc = node->count > 0 ? SEARCH_OK : append_move(c, &(struct ps_move){ .op = PS_MOVE_FAIL }, entry);

	c->conditional = conditional || node->count > 1;
	for (size_t i = node->count; rc == SEARCH_OK && i > 0; i--) {
		struct ps_move split = { .op = PS_MOVE_SPLIT, .other = *entry };

		rc = compile_node(c, node->children[i - 1], next, &split.next);
		*entry = split.next;
		if (rc == SEARCH_OK && i < node->count)
			rc = append_move(c, &split, entry);
	}
	c->conditional = conditional;
	return rc;
}

static int compile_group(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	struct ps_move move = { .at = node->number, .conditional = c->conditional };
	int rc;

	if (!is_referred_to(c, node))
		return compile_node(c, node->children[0], next, entry);
	if (c->conditional)
		c->to->conditional |= UINT32_C(1) << node->number;
	move.op = PS_MOVE_CLOSE;
	move.next = next;
	rc = append_move(c, &move, entry);
	if (rc == SEARCH_OK)
		rc = compile_node(c, node->children[0], *entry, entry);
	move.op = PS_MOVE_OPEN;
	move.next = *entry;
	return rc == SEARCH_OK ? append_move(c, &move, entry) : rc;
}

/* A move that has a body of its own. */
static int compile_enclosed(struct compiler *c, struct ps_move *move, const struct ps_node *body, uint32_t *entry)
{
	bool conditional = c->conditional;
	uint32_t end;
	int rc = append_move(c, &(struct ps_move){ .op = PS_MOVE_END }, &end);

	if (rc == SEARCH_OK)
		rc = compile_node(c, body, end, &move->other);
	c->conditional = conditional;
	return rc == SEARCH_OK ? append_move(c, move, entry) : rc;
}

static int compile_atomic(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	const struct ps_node *body = strip_groups(c, node->children[0]);
	const struct ps_node *inner = body->kind == PS_NODE_REPEAT ? strip_groups(c, body->children[0]) : NULL;
	struct ps_move move = { .op = PS_MOVE_ATOMIC, .next = next };

	if (inner != NULL && inner->kind == PS_NODE_SET && !body->lazy)
		return compile_set_loop(c, body, inner, true, next, entry);
	return compile_enclosed(c, &move, body, entry);
}

/* ---- look-around ---- */

/* The number of characters that the node always matches. False: that differs, or is too large. */
static bool width_of(const struct ps_node *node, uint32_t *width)
{
	uint32_t one;

	*width = node->kind == PS_NODE_SET;
	if (node->kind == PS_NODE_REFERENCE || node->kind == PS_NODE_DICTIONARY)
		return false;
	if (node->kind == PS_NODE_LOOK)
		return true;
	for (size_t i = 0; i < node->count; i++) {
		if (!width_of(node->children[i], &one) || (node->kind == PS_NODE_ALT && i > 0 && one != *width))
			return false;
		*width = node->kind == PS_NODE_ALT ? one : *width + one;
		if (*width > BACK_MAX)
			return false;
	}
	if (node->kind != PS_NODE_REPEAT)
		return true;
	if (node->min != node->max || node->min > BACK_MAX)
		return false;
	*width *= node->min;
	return *width <= BACK_MAX;
}

static int compile_look(struct compiler *c, const struct ps_node *look, const struct ps_node *body, uint32_t next,
			uint32_t *entry)
{
	struct ps_move move = { .op = PS_MOVE_LOOK, .negated = look->negated, .behind = look->behind, .next = next };

	if (look->behind && !width_of(body, &move.min))
		return SEARCH_EVERSION;
	return compile_enclosed(c, &move, body, entry);
}

/* The alternatives of a look-behind may differ in length. */
static int compile_looks(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	const struct ps_node *body = strip_groups(c, node->children[0]);
	int rc = SEARCH_OK;

	if (!node->behind || body->kind != PS_NODE_ALT || body->count == 0)
		return compile_look(c, node, body, next, entry);
	*entry = next;
	for (size_t i = body->count; rc == SEARCH_OK && i > 0; i--) {
		struct ps_move split = { .op = PS_MOVE_SPLIT, .other = *entry };
		bool last = i == body->count;

		/* of a positive one some alternative must hold, of a negated one all */
		rc = compile_look(c, node, body->children[i - 1], node->negated ? *entry : next, &split.next);
		*entry = split.next;
		if (rc == SEARCH_OK && !node->negated && !last)
			rc = append_move(c, &split, entry);
	}
	return rc;
}

static int compile_shallow_node(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	struct ps_move move = { .next = next };

	switch (node->kind) {
	case PS_NODE_SET:
		return compile_set(c, node, next, entry);
	case PS_NODE_CAT:
		return compile_cat(c, node, next, entry);
	case PS_NODE_ALT:
		return compile_alt(c, node, next, entry);
	case PS_NODE_REPEAT:
		return compile_repeat(c, node, next, entry);
	case PS_NODE_GROUP:
		return compile_group(c, node, next, entry);
	case PS_NODE_LOOK:
		return compile_looks(c, node, next, entry);
	case PS_NODE_ATOMIC:
		return compile_atomic(c, node, next, entry);
	case PS_NODE_ASSERT:
		move.op = PS_MOVE_ASSERT;
		move.at = (uint32_t)node->assertion;
		return append_move(c, &move, entry);
	case PS_NODE_REFERENCE:
		move.op = PS_MOVE_REFERENCE;
		move.at = node->number;
		return append_move(c, &move, entry);
	case PS_NODE_DICTIONARY:
		return SEARCH_EVERSION;
	case PS_NODE_EMPTY:
		break;
	}
	*entry = next;
	return SEARCH_OK;
}

static int compile_node(struct compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry)
{
	int rc;

	if (c->depth == DEPTH_MAX)
		return SEARCH_EVERSION;
	c->depth++;
	rc = compile_shallow_node(c, node, next, entry);
	c->depth--;
	return rc;
}

/* ---- all of it ---- */

static uint32_t groups_referred_to(const struct ps_node *node)
{
	uint32_t groups = node->kind == PS_NODE_REFERENCE ? UINT32_C(1) << node->number : 0;

	for (size_t i = 0; i < node->count; i++)
		groups |= groups_referred_to(node->children[i]);
	return groups;
}

/* Whether a group of one character begins here, and a reference to it follows. */
static bool is_doubled(const struct ps_backtrack *b, const struct ps_move *m)
{
	uint32_t group = m->at;

	if (m->op != PS_MOVE_OPEN || b->moves[m->next].op != PS_MOVE_CHARACTER)
		return false;
	m = &b->moves[b->moves[m->next].next];
	if (m->op != PS_MOVE_CLOSE || m->at != group)
		return false;
	m = &b->moves[m->next];
	return m->op == PS_MOVE_REFERENCE && m->at == group;
}

/* What helps to choose the places at which a match is tried. */
static void note_start(struct ps_backtrack *b)
{
	uint32_t move = b->start;

	add_first_bytes(b, b->start, &b->first);
	memset(b->first.has + 0x80, false, 0x40); /* no character begins with these */
	for (unsigned i = 0; i < 128; i++)
		b->is_word[i] = ps_ctype_is_word(i);
	b->doubled = is_doubled(b, &b->moves[b->start]);
	while (b->moves[move].op == PS_MOVE_OPEN)
		move = b->moves[move].next;
	b->at_begin = b->moves[move].op == PS_MOVE_ASSERT && b->moves[move].at == PS_ASSERT_BEGIN;
	b->lead = UINT32_MAX;
	if (b->moves[move].op == PS_MOVE_LOOP && b->moves[move].possessive && b->moves[move].first != PS_NO_BYTES &&
	    b->moves[move].max == PS_UNLIMITED)
		b->lead = move;
}

int ps_backtrack_new(struct ps_backtrack **out, const struct ps_node *root)
{
	struct ps_backtrack *b = calloc(1, sizeof(*b));
	struct compiler c = { .to = b };
	uint32_t match;
	int rc;

	*out = NULL;
	if (b == NULL)
		return SEARCH_ENOMEM;
	b->referred = groups_referred_to(root);
	rc = append_move(&c, &(struct ps_move){ .op = PS_MOVE_MATCH }, &match);
	if (rc == SEARCH_OK)
		rc = compile_node(&c, root, match, &b->start);
	if (rc != SEARCH_OK) {
		ps_backtrack_free(b);
		return rc;
	}
	note_start(b);
	*out = b;
	return SEARCH_OK;
}

void ps_backtrack_free(struct ps_backtrack *backtrack)
{
	if (backtrack == NULL)
		return;
	for (size_t i = 0; i < backtrack->set_count; i++)
		ps_set_free(&backtrack->sets[i].set);
	free(backtrack->sets);
	free(backtrack->firsts);
	free(backtrack->text);
	free(backtrack->moves);
	free(backtrack);
}
