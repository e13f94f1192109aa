/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * required_literals.c - from a tree to the literals that it requires.
 *
 * The idea: a kernel finds a string much faster than an automaton reads a line. So look for a small set of strings of
 * which each match must hold at least one. For each node two sets are worked out, from the leaves up:
 *   exact  all strings that the node matches, as long as they are few
 *   best   the best set of strings of which each match of the node holds a member
 * A sequence multiplies the exact sets of its parts as long as the product stays small; when it does not, the product
 * so far becomes a candidate for `best`, and a new one starts. The better set is the one that lines hold less often,
 * judged by how common its bytes are.
 *
 * With each set goes its lead: which bytes may stand in a match before the literal, and how many. So a search inside of
 * a line knows how far before a literal a match may begin.
 *
 * Assertions take no bytes: they count as the empty string, and the result has to be confirmed. But the start of a line
 * where a pattern begins, and the end of a line where one ends, may count as the terminator that is there (a border).
 * The first line of a text has none before it, and the last one may have none after it: those are for the caller to
 * look at.
 *
 * This runs on the caller's stack, which may be small: the sets are on the heap, and of what is nested deeper than
 * DEPTH_MAX nothing is known.
 */
#include "required_literals.h"

#include "../base/utf8.h"
#include "../simd/simd.h"

#include <stdlib.h>
#include <string.h>

enum {
	SET_MAX = 8,      /* code points of a character set that is written out */
	PRODUCT_MAX = 16, /* literals of a product; only alternatives may have more */
	DEPTH_MAX = 64,
	WORTHLESS = 9,    /* bits: a set is no help if one byte in 500, or more, may start a member */
	COMMON = 5        /* the same within a line, in which there is little text */
};

struct info {
	struct ps_literal_set exact, best;
};

/* What is asked of the tree, and what was found on the way. */
struct analysis {
	struct ps_lines lines;
	bool borders;  /* are to be taken into literals */
	bool ignored;  /* an assertion counted as the empty string */
	bool bordered; /* an assertion counted as a terminator */
	bool bytes;    /* a character stands for a byte: in the text, that could be part of another character */
};

/* Where a node stands, and how deep. */
struct place {
	int depth;
	bool first; /* nothing of the pattern is before it, */
	bool last;  /* or after it */
};

static int analyse_node(struct analysis *a, const struct ps_node *node, struct info *info, struct place place);

/* The characters that stand for bytes (repair.h). */
#define BYTES_FROM UINT32_C(0xDC80)
#define BYTES_TO UINT32_C(0xDCFF)

/* ---- sets of literals ---- */

void ps_literal_set_free(struct ps_literal_set *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->list[i].bytes);
	free(strings->list);
	strings->list = NULL;
	strings->count = 0;
	strings->known = false;
}

static void free_info(struct info *info)
{
	ps_literal_set_free(&info->exact);
	ps_literal_set_free(&info->best);
}

static void move_set(struct ps_literal_set *to, struct ps_literal_set *from)
{
	ps_literal_set_free(to);
	*to = *from;
	*from = (struct ps_literal_set){ 0 };
}

/* Adds the literal a + b, unless the set has it. If the set is full it becomes unknown. */
static int add_literal(struct ps_literal_set *to, const struct ps_literal *a, const struct ps_literal *b)
{
	size_t length = a->length + b->length;
	uint8_t *bytes;

	if (to->count == PS_LITERALS_MAX || length > PS_LITERAL_LENGTH_MAX) {
		ps_literal_set_free(to);
		return SEARCH_OK;
	}
	if (to->list == NULL) {
		to->list = calloc(PS_LITERALS_MAX, sizeof(*to->list));
		to->count = 0;
	}
	bytes = calloc(length + 1, 1);
	if (to->list == NULL || bytes == NULL) {
		free(bytes);
		return SEARCH_ENOMEM;
	}
	if (a->length > 0)
		memcpy(bytes, a->bytes, a->length);
	if (b->length > 0)
		memcpy(bytes + a->length, b->bytes, b->length);
	for (size_t i = 0; i < to->count; i++)
		if (to->list[i].length == length && memcmp(to->list[i].bytes, bytes, length) == 0) {
			free(bytes);
			return SEARCH_OK;
		}
	to->list[to->count++] = (struct ps_literal){ bytes, length };
	return SEARCH_OK;
}

static const struct ps_literal nothing = { NULL, 0 };

static int set_to_empty_literal(struct ps_literal_set *strings)
{
	ps_literal_set_free(strings);
	strings->known = true;
	return add_literal(strings, &nothing, &nothing);
}

/* ---- how good a set is ---- */

/* How far a literal stands out from other text, in bits: 12 steps of rank are one bit. */
static unsigned bits_of_literal(const struct ps_literal *string)
{
	unsigned bits = 0;

	for (size_t i = 0; i < string->length; i++)
		bits += 23 * 12 - (unsigned)ps_byte_rank[string->bytes[i]];
	return bits / 12;
}

/* The same for a set: the weakest literal decides, and doubling their number costs one bit. */
static unsigned bits_of_set(const struct ps_literal_set *strings)
{
	unsigned least = 1000, many = 0;

	if (!strings->known || strings->count == 0)
		return 0;
	for (size_t i = 0; i < strings->count; i++) {
		unsigned bits = bits_of_literal(&strings->list[i]);

		least = bits < least ? bits : least;
	}
	for (size_t n = strings->count; n > 1; n /= 2)
		many++;
	return least > many ? least - many : 0;
}

/* Replaces `best` by `other` if that is better; `other` is used up in any case. */
static void prefer_set(struct ps_literal_set *best, struct ps_literal_set *other)
{
	if (bits_of_set(other) > bits_of_set(best))
		move_set(best, other);
	else
		ps_literal_set_free(other);
}

/* ---- nodes ---- */

/* The bytes that this character is in a line: its UTF-8, or the one byte that it stands for (repair.h). */
static struct ps_literal spell_character(uint32_t code, uint8_t bytes[4])
{
	if (code < BYTES_FROM || code > BYTES_TO)
		return (struct ps_literal){ bytes, ps_utf8_encode(code, bytes) };
	bytes[0] = (uint8_t)(code & 0xFF);
	return (struct ps_literal){ bytes, 1 };
}

static bool is_range_of_bytes(const struct ps_range *range)
{
	return range->from >= BYTES_FROM && range->to <= BYTES_TO;
}

static bool has_surrogate(const struct ps_range *range)
{
	return !is_range_of_bytes(range) && range->to >= 0xD800 && range->from <= 0xDFFF;
}

static int analyse_set(struct analysis *a, const struct ps_set *set, struct info *info)
{
	size_t codes = 0;

	if (a->borders && ps_set_has(set, a->lines.end))
		return SEARCH_OK; /* only a terminator may be one */
	for (size_t i = 0; i < set->count; i++) {
		codes += set->ranges[i].to - set->ranges[i].from + 1;
		if (codes > SET_MAX || has_surrogate(&set->ranges[i]))
			return SEARCH_OK;
		a->bytes |= is_range_of_bytes(&set->ranges[i]);
	}
	info->exact.known = true;
	for (size_t i = 0; i < set->count; i++)
		for (uint32_t code = set->ranges[i].from; code <= set->ranges[i].to; code++) {
			uint8_t bytes[4];
			struct ps_literal one = spell_character(code, bytes);
			int rc = add_literal(&info->exact, &one, &nothing);

			if (rc != SEARCH_OK)
				return rc;
		}
	return SEARCH_OK;
}

/* to = to x with; unknown if that is too much. */
static int multiply_sets(struct ps_literal_set *to, const struct ps_literal_set *with)
{
	struct ps_literal_set product = { .known = true, .lead = to->lead };
	int rc = SEARCH_OK;

	if (to->count * with->count > (with->count > 1 && to->count > 1 ? PRODUCT_MAX : PS_LITERALS_MAX))
		product.known = false;
	for (size_t i = 0; product.known && rc == SEARCH_OK && i < to->count; i++)
		for (size_t k = 0; product.known && rc == SEARCH_OK && k < with->count; k++)
			rc = add_literal(&product, &to->list[i], &with->list[k]);
	move_set(to, &product);
	return rc;
}

static int copy_set(struct ps_literal_set *to, const struct ps_literal_set *from)
{
	int rc = SEARCH_OK;

	ps_literal_set_free(to);
	to->known = from->known;
	to->lead = from->lead;
	for (size_t i = 0; rc == SEARCH_OK && i < from->count; i++)
		rc = add_literal(to, &from->list[i], &nothing);
	return rc;
}

static bool is_empty_literal(const struct ps_literal_set *strings)
{
	return strings->known && strings->count == 1 && strings->list[0].length == 0;
}

/* A sequence on the way: the children that have been looked at. */
struct sequence {
	struct ps_literal_set run; /* the product so far, */
	bool whole;                /* which goes back to the sequence's start */
	struct ps_lead lead;       /* what all of them match */
};

/* The candidate stands after the children that have been looked at. */
static void prefer_after(struct ps_literal_set *best, struct ps_literal_set *other, const struct ps_lead *lead)
{
	struct ps_lead whole = *lead;

	ps_lead_extend(&whole, &other->lead);
	other->lead = whole;
	prefer_set(best, other);
}

/* Adds `child` to the sequence. */
static int extend_run(struct sequence *s, struct info *child, struct ps_literal_set *best)
{
	struct ps_literal_set before = { 0 };
	int rc = copy_set(&before, &s->run);

	if (rc == SEARCH_OK && child->exact.known)
		rc = multiply_sets(&s->run, &child->exact);
	else
		ps_literal_set_free(&s->run);
	if (rc == SEARCH_OK && s->run.known) {
		ps_literal_set_free(&before);
		prefer_after(best, &child->best, &s->lead);
		return rc;
	}
	s->whole = false;
	prefer_set(best, &before);
	prefer_after(best, &child->best, &s->lead);
	if (rc == SEARCH_OK && child->exact.known) {
		rc = copy_set(&s->run, &child->exact);
		s->run.lead = s->lead;
	} else if (rc == SEARCH_OK) {
		rc = set_to_empty_literal(&s->run);
	}
	ps_literal_set_free(&before);
	return rc;
}

static int analyse_cat(struct analysis *a, const struct ps_node *node, struct info *info, struct place place)
{
	struct sequence s = { .whole = true };
	int rc = set_to_empty_literal(&s.run);

	for (size_t i = 0; rc == SEARCH_OK && i < node->count; i++) {
		struct place here = { place.depth, place.first && i == 0, place.last && i == node->count - 1 };
		struct info child = { 0 };

		rc = analyse_node(a, node->children[i], &child, here);
		if (rc == SEARCH_OK)
			rc = extend_run(&s, &child, &info->best);
		ps_lead_extend_by_node(&s.lead, node->children[i], place.depth);
		if (is_empty_literal(&s.run))
			s.run.lead = s.lead; /* the run starts anew after this child */
		free_info(&child);
	}
	if (rc == SEARCH_OK && s.whole)
		move_set(&info->exact, &s.run);
	else
		prefer_set(&info->best, &s.run);
	ps_literal_set_free(&s.run);
	return rc;
}

/* to = to + from, or unknown. */
static int unite_sets(struct ps_literal_set *to, const struct ps_literal_set *from)
{
	int rc = SEARCH_OK;

	if (!from->known)
		ps_literal_set_free(to);
	ps_lead_unite(&to->lead, &from->lead);
	for (size_t i = 0; to->known && rc == SEARCH_OK && i < from->count; i++)
		rc = add_literal(to, &from->list[i], &nothing);
	return rc;
}

static int analyse_alt(struct analysis *a, const struct ps_node *node, struct info *info, struct place place)
{
	int rc = SEARCH_OK;

	info->exact.known = info->best.known = true;
	for (size_t i = 0; rc == SEARCH_OK && i < node->count; i++) {
		struct info child = { 0 };

		rc = analyse_node(a, node->children[i], &child, place);
		if (rc == SEARCH_OK)
			rc = unite_sets(&info->exact, &child.exact);
		if (rc == SEARCH_OK && bits_of_set(&child.exact) >= bits_of_set(&child.best))
			rc = unite_sets(&info->best, &child.exact);
		else if (rc == SEARCH_OK)
			rc = unite_sets(&info->best, &child.best);
		free_info(&child);
		if (!info->exact.known && !info->best.known)
			break;
	}
	return rc;
}

static int analyse_repeat(struct analysis *a, const struct ps_node *node, struct info *info, int depth)
{
	struct info child = { 0 };
	int rc = analyse_node(a, node->children[0], &child, (struct place){ .depth = depth });

	if (rc == SEARCH_OK && node->max == 0) {
		rc = set_to_empty_literal(&info->exact);
	} else if (rc == SEARCH_OK && node->max == 1) {
		move_set(&info->exact, &child.exact);
		if (node->min == 0 && info->exact.known)
			rc = add_literal(&info->exact, &nothing, &nothing);
		else if (node->min == 1)
			move_set(&info->best, &child.best);
	} else if (rc == SEARCH_OK && node->min > 0) {
		move_set(&info->best, &child.best);
		prefer_set(&info->best, &child.exact);
	}
	free_info(&child);
	return rc;
}

static int analyse_assertion(struct analysis *a, enum ps_assertion assertion, struct info *info, struct place place)
{
	bool begins = place.first && assertion == PS_ASSERT_BEGIN;
	/* with CRLF there are two terminators */
	bool ends = place.last && assertion == PS_ASSERT_END && !a->lines.crlf;
	struct ps_literal border = { &a->lines.end, 1 };

	if (!a->borders || !(begins || ends)) {
		a->ignored = true;
		return set_to_empty_literal(&info->exact);
	}
	a->bordered = true;
	info->exact.known = true;
	return add_literal(&info->exact, &border, &nothing);
}

static int analyse_node(struct analysis *a, const struct ps_node *node, struct info *info, struct place place)
{
	if (place.depth++ == DEPTH_MAX)
		return SEARCH_OK;
	switch (node->kind) {
	case PS_NODE_SET:
		return analyse_set(a, &node->set, info);
	case PS_NODE_DICTIONARY:
		return SEARCH_OK; /* too many */
	case PS_NODE_CAT:
		return analyse_cat(a, node, info, place);
	case PS_NODE_ALT:
		return analyse_alt(a, node, info, place);
	case PS_NODE_REPEAT:
		return analyse_repeat(a, node, info, place.depth);
	case PS_NODE_ASSERT:
		return analyse_assertion(a, node->assertion, info, place);
	case PS_NODE_EMPTY:
	case PS_NODE_GROUP: /* these are not in a regular tree */
	case PS_NODE_REFERENCE:
	case PS_NODE_LOOK:
	case PS_NODE_ATOMIC:
		break;
	}
	return set_to_empty_literal(&info->exact);
}

static bool set_has_byte(const struct ps_literal_set *strings, uint8_t byte)
{
	for (size_t i = 0; i < strings->count; i++)
		if (memchr(strings->list[i].bytes, byte, strings->list[i].length) != NULL)
			return true;
	return false;
}

/* Whether a literal has the terminator's byte where no border can be, or as all that it has. */
static bool are_borders_misplaced(const struct ps_literal_set *strings, struct ps_lines lines)
{
	for (size_t i = 0; i < strings->count; i++) {
		const struct ps_literal *s = &strings->list[i];

		if (s->length < 2 && memchr(s->bytes, lines.end, s->length) != NULL)
			return true;
		if (s->length > 2 && memchr(s->bytes + 1, lines.end, s->length - 2) != NULL)
			return true;
	}
	return false;
}

int ps_required_literals(struct ps_literal_set *strings, const struct ps_node *root, struct ps_lines lines,
			 bool borders)
{
	struct analysis a = { .lines = lines, .borders = borders };
	struct info info = { 0 };
	int rc = analyse_node(&a, root, &info, (struct place){ .first = true, .last = true });

	*strings = (struct ps_literal_set){ 0 };
	info.exact.complete = !a.ignored && !a.bytes;
	if (rc == SEARCH_OK && info.exact.known && bits_of_set(&info.exact) >= bits_of_set(&info.best))
		move_set(strings, &info.exact);
	else if (rc == SEARCH_OK)
		move_set(strings, &info.best);
	free_info(&info);
	strings->borders = a.bordered && set_has_byte(strings, lines.end);
	if (bits_of_set(strings) < WORTHLESS ||
	    (!lines.whole && ((!borders && set_has_byte(strings, lines.end)) || are_borders_misplaced(strings, lines))))
		ps_literal_set_free(strings);
	if (lines.crlf && set_has_byte(strings, '\r'))
		strings->complete = false; /* it may belong to a terminator */
	PS_ASSERT(!strings->known || (strings->count > 0 && strings->count <= PS_LITERALS_MAX));
	return rc;
}

unsigned ps_literal_set_bits(const struct ps_literal_set *strings)
{
	return bits_of_set(strings);
}

/* ---- literals that follow each other ---- */

/* The order on its way. */
struct ordering {
	struct analysis analysis;
	struct ps_literal_order *order;
	struct ps_literal_set run; /* the product since the last set */
	bool exact;
};

static bool is_all_but(const struct ps_set *set, uint8_t line_end)
{
	if (set->count == 1)
		return set->ranges[0].from == 0 && set->ranges[0].to == PS_CODE_MAX;
	return set->count == 2 && line_end > 0 && set->ranges[0].from == 0 && set->ranges[0].to + 1 == line_end &&
	       set->ranges[1].from == line_end + 1U && set->ranges[1].to == PS_CODE_MAX;
}

/* Whether it matches any number of any characters that a line may have. */
static bool is_any_text(const struct ps_node *node, struct ps_lines lines)
{
	return node->kind == PS_NODE_REPEAT && node->min == 0 && node->max == PS_UNLIMITED &&
	       node->children[0]->kind == PS_NODE_SET && is_all_but(&node->children[0]->set, lines.end);
}

static size_t shortest_literal(const struct ps_literal_set *strings, bool *all_as_long)
{
	size_t shortest = strings->list[0].length;

	for (size_t i = 1; i < strings->count; i++)
		shortest = ps_min(shortest, strings->list[i].length);
	for (size_t i = 0; i < strings->count; i++)
		*all_as_long = *all_as_long && strings->list[i].length == shortest;
	return shortest;
}

/*
 * Appends a set to the order, unless it says nothing; it is used up. For the order to decide, the member that begins
 * first must also be the first to end.
 */
static void append_set(struct ordering *o, struct ps_literal_set *set)
{
	struct ps_literal_order *order = o->order;
	uint8_t end = o->analysis.lines.end;
	bool plain = true;
	size_t shortest = set->count > 0 ? shortest_literal(set, &plain) : 0;

	if (is_empty_literal(set)) {
		ps_literal_set_free(set);
		return;
	}
	plain = plain && !(o->analysis.lines.crlf && set_has_byte(set, '\r'));
	if (shortest == 0 || order->count == PS_ORDER_MAX || set_has_byte(set, end)) {
		ps_literal_set_free(set);
		plain = false;
	} else {
		order->shortest[order->count] = shortest;
		move_set(&order->sets[order->count++], set);
	}
	o->exact = o->exact && plain;
}

static int order_element(struct ordering *o, const struct ps_node *node)
{
	struct ps_literal_set before = { 0 };
	struct info child = { 0 };
	int rc = analyse_node(&o->analysis, node, &child, (struct place){ 0 });

	if (rc == SEARCH_OK)
		rc = copy_set(&before, &o->run);
	if (rc == SEARCH_OK && child.exact.known)
		rc = multiply_sets(&o->run, &child.exact);
	else
		ps_literal_set_free(&o->run);
	if (rc == SEARCH_OK && !o->run.known) {
		append_set(o, &before);
		o->exact = o->exact && is_any_text(node, o->analysis.lines);
		if (child.exact.known) {
			move_set(&o->run, &child.exact);
		} else {
			if (child.best.known)
				append_set(o, &child.best);
			rc = set_to_empty_literal(&o->run);
		}
	}
	ps_literal_set_free(&before);
	free_info(&child);
	return rc;
}

static int order_sequence(struct ordering *o, const struct ps_node *node, int depth)
{
	int rc = SEARCH_OK;

	if (depth == DEPTH_MAX)
		return order_element(o, node);
	if (node->kind != PS_NODE_CAT && (node->kind != PS_NODE_ALT || node->count != 1))
		return order_element(o, node);
	for (size_t i = 0; rc == SEARCH_OK && i < node->count; i++)
		rc = order_sequence(o, node->children[i], depth + 1);
	return rc;
}

/* If the order decides nothing by itself, sets that most lines hold are of no help. */
static void drop_common_sets(struct ps_literal_order *order)
{
	size_t count = 0;

	for (size_t i = 0; i < order->count; i++) {
		if (bits_of_set(&order->sets[i]) < COMMON) {
			ps_literal_set_free(&order->sets[i]);
			continue;
		}
		order->shortest[count] = order->shortest[i];
		if (count != i)
			move_set(&order->sets[count], &order->sets[i]);
		count++;
	}
	order->count = count;
}

int ps_literal_order(struct ps_literal_order *order, const struct ps_node *root, struct ps_lines lines)
{
	struct ordering o = { .analysis = { .lines = lines }, .order = order, .exact = true };
	int rc = set_to_empty_literal(&o.run);

	*order = (struct ps_literal_order){ 0 };
	if (rc == SEARCH_OK)
		rc = order_sequence(&o, root, 0);
	if (rc == SEARCH_OK)
		append_set(&o, &o.run);
	ps_literal_set_free(&o.run);
	order->exact = o.exact && !o.analysis.ignored && !o.analysis.bytes;
	if (!order->exact)
		drop_common_sets(order);
	if (rc != SEARCH_OK || order->count < 2)
		ps_literal_order_free(order);
	return rc;
}

void ps_literal_order_free(struct ps_literal_order *order)
{
	for (size_t i = 0; i < order->count; i++)
		ps_literal_set_free(&order->sets[i]);
	order->count = 0;
}
