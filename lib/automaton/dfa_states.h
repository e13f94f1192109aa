/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dfa_states.h - the states of a lazy DFA, and the transitions between them. Private to dfa.c and dfa_states.c,
 * which explain the idea.
 *
 * D1  A state is known by what it is: a sorted set of threads, and the kind of the byte before (if an assertion may
 *     ask for it). No two states are equal.
 * D2  A transition that is not PS_STATE_UNKNOWN leads to a state that exists. A flush discards all states and
 *     transitions, and makes the special states and the start anew, with the same numbers.
 * D3  A special state leads to itself on every byte. So a loop need not look for it after each byte.
 */
#ifndef PS_DFA_STATES_H
#define PS_DFA_STATES_H

#include "program.h"

enum {
	PS_STATE_UNKNOWN = 0, /* this transition is not computed yet */
	PS_STATE_QUIT = 1,    /* the DFA cannot tell whether this line matches */
	PS_STATE_MATCH = 2,   /* this line matches */
	PS_STATE_SPECIAL = 2, /* the last special state */
	PS_STATE_START = 3    /* at the start of a line */
};

struct ps_states {
	const struct ps_program *program; /* [C] */
	unsigned node_bits;      /* [C] the low bits of a thread are a trie node, those above an instruction */
	uint16_t *rows;          /* the transitions: 256 next states for each state */
	struct ps_state *infos;
	uint32_t count, max;
	uint32_t *threads;       /* of all states, one state after the other */
	size_t thread_count, thread_max;
	uint16_t *table;         /* hash table of states, with open addressing; 0: a free slot */
	uint32_t table_mask;
	bool large;              /* the last flush came after few states: each has many threads */

	/* scratch for one step */
	uint32_t *stack;         /* instructions still to follow */
	uint64_t *seen;          /* for each instruction: the round in which it was last reached */
	uint64_t round;
	uint32_t *now, *next;    /* threads before and after the byte */
	size_t now_count, next_count;
	size_t widest;           /* [C] how many threads each of the two has room for */
	bool matched;            /* a thread of this step is at PS_OP_MATCH */
	bool always;             /* the pattern matches the empty string, and so every line */
};

int ps_states_init(struct ps_states *states, const struct ps_program *program, size_t memory);
void ps_states_destroy(struct ps_states *states);

/*
 * Computes the state that `byte` leads to from `state`, and enters it in the row. If there is no room for a further
 * state, all are discarded first, and *flushed is set: then no state number is valid but the one returned, the
 * special states and PS_STATE_START.
 */
uint32_t ps_states_step(struct ps_states *states, uint32_t state, uint8_t byte, bool *flushed);

#endif
