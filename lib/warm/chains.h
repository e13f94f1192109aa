/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chains.h - a hash table of nodes that lie in what they stand for.
 *
 * Adding and removing a node needs no memory, and cannot fail; only making room can. The memory of the heads counts as
 * used in a share. A node knows its whole hash, so that growing looks at nothing else.
 */
#ifndef PS_WARM_CHAINS_H
#define PS_WARM_CHAINS_H

#include "../base/share.h"

struct ps_chain_node {
	struct ps_chain_node *next;
	uint32_t hash;
};

struct ps_chains {
	struct ps_chain_node **heads; /* `size` of them, a power of two; NULL: 0 */
	uint32_t size, count;
};

/* Grows, if one more node makes that due. False: there is no head at all, and no memory. */
bool ps_chains_make_room(struct ps_chains *chains, struct ps_share *memory);

/* There is room, or the node takes the place of one that is removed next. */
void ps_chains_add(struct ps_chains *chains, struct ps_chain_node *node, uint32_t hash);
void ps_chains_remove(struct ps_chains *chains, struct ps_chain_node *node); /* it is in there */

/* The first node with this hash; and the next one with the hash of `node`. NULL: there is none. */
struct ps_chain_node *ps_chains_find(const struct ps_chains *chains, uint32_t hash);
struct ps_chain_node *ps_chains_next(struct ps_chain_node *node);

void ps_chains_free(struct ps_chains *chains, struct ps_share *memory); /* without nodes; it may be zeroed */

#endif
