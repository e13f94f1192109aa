/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * order.h - strings that must follow each other in a line that matches, such as those of foo.*bar\d+.
 *
 * A filter finds a line by one required string. Whether the others come in their order, each after the end of the one
 * before, byte kernels tell faster than the automaton. Often nothing else is asked for: then they decide alone.
 */
#ifndef PS_ORDER_H
#define PS_ORDER_H

#include "../base/line_ends.h"
#include "../prefilter/required_literals.h"
#include "../simd/simd.h"

struct ps_order {
	struct ps_literal_order literals;
	struct ps_needle needle[PS_ORDER_MAX];    /* of each set with one literal, */
	struct ps_needles *needles[PS_ORDER_MAX]; /* or with several */
	bool first_is_found; /* by the first set lines are found, and each match begins with it */
};

/* `found` is the set by which lines are found. SEARCH_OK or SEARCH_ENOMEM. */
int ps_order_make(struct ps_order *order, const struct ps_node *root, struct ps_lines lines,
		  const struct ps_literal_set *found);
void ps_order_free(struct ps_order *order); /* a zeroed one is fine */

/* Whether the sets follow each other in [p, end). With first_is_found, p is where one of the first set was found. */
bool ps_order_holds(const struct ps_order *order, const struct ps_simd *simd, const uint8_t *p, const uint8_t *end);

#endif
