/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * required_literals.h - literals of which every matching line contains at least one.
 */
#ifndef PS_REQUIRED_LITERALS_H
#define PS_REQUIRED_LITERALS_H

#include "../syntax/ast.h"
#include "../base/line_ends.h"
#include "lead.h"

enum {
	PS_LITERALS_MAX = 64,
	PS_LITERAL_LENGTH_MAX = 64
};

struct ps_literal {
	uint8_t *bytes;
	size_t length;
};

struct ps_literal_set {
	struct ps_literal *list; /* room for PS_LITERALS_MAX, or NULL */
	size_t count;
	bool known;    /* otherwise there is no such set, or it would be too large */
	struct ps_lead lead; /* each match holds a literal after no more than this */
	bool complete; /* each line that holds one of them matches: nothing has to be confirmed */
	bool borders;  /* some begin with the terminator of the line before, or end with that of their own line */
};

/*
 * Finds the set that lines without a match hold least often, judged by how common its bytes are. `known` is false if
 * there is none that would rule out much. With `borders` a literal goes on to the start or end of the line where the
 * pattern does: it has the terminator's byte there. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_required_literals(struct ps_literal_set *strings, const struct ps_node *root, struct ps_lines lines,
			 bool borders);

/* Sets that a match holds in this order, one after the other without an overlap. */
#define PS_ORDER_MAX 6

struct ps_literal_order {
	struct ps_literal_set sets[PS_ORDER_MAX];
	size_t shortest[PS_ORDER_MAX]; /* the length of each set's shortest literal */
	size_t count; /* 0, or at least 2: fewer are of no help */
	bool exact;   /* each line that holds them in this order matches */
};

/* Finds them in a sequence that is all of the tree. SEARCH_OK or SEARCH_ENOMEM. */
int ps_literal_order(struct ps_literal_order *order, const struct ps_node *root, struct ps_lines lines);
void ps_literal_order_free(struct ps_literal_order *order); /* a zeroed one is fine */

/* How far the set rules lines out, in bits; 0 if it is not known. */
unsigned ps_literal_set_bits(const struct ps_literal_set *strings);
void ps_literal_set_free(struct ps_literal_set *strings); /* a zeroed one is fine */

#endif
