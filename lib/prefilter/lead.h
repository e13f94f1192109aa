/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lead.h - what may stand in a match before some place of it: which bytes, and how many.
 *
 * A prefilter finds a place that each match must have, such as a literal. The lead tells how far before the first such
 * place a match may begin: no farther than its bytes go back without a break.
 */
#ifndef PS_LEAD_H
#define PS_LEAD_H

#include "../syntax/ast.h"

struct ps_lead {
	uint64_t bytes[4]; /* a bit for each byte that may occur there */
	size_t longest;    /* how many bytes at most; PS_LEAD_UNBOUNDED: any number */
};

#define PS_LEAD_UNBOUNDED SIZE_MAX

static inline bool ps_lead_has(const struct ps_lead *lead, uint8_t byte)
{
	return (lead->bytes[byte >> 6] >> (byte & 63) & 1) != 0;
}

/* Makes it either of the two. */
void ps_lead_unite(struct ps_lead *to, const struct ps_lead *from);

/* Makes it one after the other. */
void ps_lead_extend(struct ps_lead *to, const struct ps_lead *by);

/* Adds to it what the node, at this depth of the tree, may match. */
void ps_lead_extend_by_node(struct ps_lead *lead, const struct ps_node *node, int depth);

/* Whether each match of the tree ends at the line's end, as it says so. Then the lead to there is that of the tree. */
bool ps_tree_ends_line(const struct ps_node *root, int depth);

/* The first place in text[least, place] where a match may begin that has `place` after this lead. */
size_t ps_lead_start(const struct ps_lead *lead, const uint8_t *text, size_t least, size_t place);

#endif
