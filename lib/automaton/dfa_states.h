/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dfa_states.h - the states of a lazy DFA: made one step at a time, found again by
 * what they are. Private to dfa.c and dfa_states.c.
 *
 * A state is a set of threads of the program, each an instruction and a trie
 * node, at the moment after a byte; and what kind of byte that was, where an
 * assertion may ask. Its row of transitions is filled as text needs it.
 *
 * A few states are special: they lead to themselves on every byte, so that a
 * loop may look for them every few bytes only.
 */
#ifndef PS_DFA_STATES_H
#define PS_DFA_STATES_H

#include "program.h"

enum {
	PS_STATE_UNKNOWN = 0, /* this transition is not made yet */
	PS_STATE_QUIT = 1,    /* the automaton cannot tell about this line */
	PS_STATE_MATCH = 2,   /* this line matches */
	PS_STATE_SPECIAL = 2, /* the last of the special ones */
	PS_STATE_START = 3    /* at the begin of a line */
};

struct ps_states {
	const struct ps_program *program; /* [C] */
	unsigned node_bits;      /* [C] of a thread, the low ones; above them the instruction */
	uint16_t *rows;          /* 256 next states for each state */
	struct ps_state *infos;
	uint32_t count, max;
	uint32_t *threads;       /* of all states, one after the other */
	size_t thread_count, thread_max;
	uint16_t *table;         /* hash table of states, by open addressing; 0: empty */
	uint32_t table_mask;
	bool large;              /* the last flush came after few states: they are of many threads each */

	/* scratch for one step */
	uint32_t *stack;         /* instructions still to be followed */
	uint64_t *seen;          /* by instruction: the round in which it was last reached */
	uint64_t round;
	uint32_t *now, *next;    /* threads */
	size_t now_count, next_count;
	bool matched;            /* a thread of this step is at PS_OP_MATCH */
	bool always;             /* the empty string matches: every line does */
};

int ps_states_init(struct ps_states *states, const struct ps_program *program, size_t memory);
void ps_states_destroy(struct ps_states *states);

/*
 * The state behind `state` on `byte`, noted in its row. Where that would be one
 * state too many all are forgotten first, and *flushed is set: every other
 * state number is void then.
 */
uint32_t ps_states_step(struct ps_states *states, uint32_t state, uint8_t byte, bool *flushed);

#endif
