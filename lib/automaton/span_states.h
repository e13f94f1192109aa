/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * span_states.h - the states of the automaton that finds spans, and the transitions between them. Private to
 * span_dfa.c and span_states.c, which explain the idea.
 *
 * T1  The threads of a state are in order of preference, and those of a group, which began at the same place, stand
 *     together. With `longest` preference does not count within a group, and its threads are sorted. No two states
 *     are equal.
 * T2  The groups of a state are numbered from 0, earlier starts first. `starts` of the search has as many places.
 *     While a byte is read, the group after the last is the one that begins before this byte.
 * T3  An entry that is not PS_SPAN_UNKNOWN leads to a state that exists, or is the number of an action that does. A
 *     flush discards all states, actions and entries, and makes the idle states anew, with the same numbers.
 */
#ifndef PS_SPAN_STATES_H
#define PS_SPAN_STATES_H

#include "assertion.h"
#include "program.h"

/* An entry of a row says where a byte leads to: a state, or an action to do on the way to one. */
enum {
	PS_SPAN_UNKNOWN = 0, /* not computed yet */
	PS_SPAN_DEAD = 1,    /* nothing can come of it: the search is over */
	PS_SPAN_QUIT = 2,    /* more groups than there is room for */
	PS_SPAN_IDLE = 3,    /* no threads: the first of PS_SIDES such states, one for each side before */
	PS_SPAN_FIRST = PS_SPAN_IDLE + PS_SIDES, /* the first other state */
	PS_SPAN_ACTION = 0x8000 /* the first action */
};

enum {
	PS_SPAN_GROUPS = 255, /* in one state */
	PS_SPAN_END = 256,    /* in place of a byte: the end of the line */
	PS_SPAN_NO_GROUP = 0xFFFF
};

/*
 * What a transition does besides leading to a state: it may end a match, and groups may begin, end or move. Or, with
 * `asks`, it depends on whether the characters on both sides of this place are word characters: then `variants` has
 * an entry for each answer.
 */
struct ps_span_action {
	uint16_t to;            /* a state, or PS_SPAN_DEAD */
	uint16_t match_group;   /* a match ends before this byte, and began with this group; or PS_SPAN_NO_GROUP */
	uint32_t match_pattern;
	uint16_t kept;          /* the first `kept` groups stay as they are; */
	uint16_t moved;         /* the next `moved` groups had other numbers, which are at `moves` */
	uint32_t moves;
	uint16_t variants[4];   /* by the bits PS_SPAN_WORD_BEFORE and PS_SPAN_WORD_AFTER */
	uint16_t previous;      /* the action made for the same state before, plus 1; 0: none */
	bool begins;            /* after these, a group begins before this byte */
	bool asks;
};

enum { PS_SPAN_WORD_BEFORE = 1, PS_SPAN_WORD_AFTER = 2 };

struct ps_span_state {
	size_t first;         /* its first thread */
	uint32_t count;
	uint32_t hash;
	uint16_t groups;
	uint16_t last_action; /* the last action made for it, plus 1; 0: none */
	uint8_t before;       /* enum ps_side; PS_SIDE_OTHER if no assertion asks for it */
	bool searching;       /* no match is noted yet: others may still begin */
};

struct ps_span_states {
	const struct ps_program *program; /* [C] one for spans */
	bool longest;            /* [C] */
	bool anchored;           /* [C] a match begins at the line's start only */
	unsigned node_bits;      /* [C] the low bits of a thread are a trie node, those above an instruction */
	size_t bytes;            /* [C] of the buffer that starts with `rows` */
	uint16_t *rows;          /* 256 entries for each state */
	uint16_t *ends;          /* and one for the end of the line */
	struct ps_span_state *infos;
	uint32_t count, max;
	uint32_t *threads;       /* of all states */
	size_t thread_count, thread_max;
	struct ps_span_action *actions;
	uint32_t action_count, action_max;
	uint8_t *moves;          /* of all actions */
	size_t move_count, move_max;
	uint16_t *table;         /* hash table of states, with open addressing; 0: a free slot */
	uint32_t table_mask;

	/* scratch for one step */
	uint32_t *stack;         /* instructions still to follow */
	uint64_t *seen, *arrived; /* for each instruction: the round in which it was last followed, or arrived at */
	uint64_t round;
	uint32_t *now, *next;    /* threads before and after the byte, */
	uint16_t *now_groups, *next_groups; /* and the group of each, as numbered before the byte */
	size_t now_count, next_count;
	size_t widest;           /* [C] how many threads each of the two has room for */
	uint16_t match_group;    /* the match that ends here, or PS_SPAN_NO_GROUP */
	uint32_t match_pattern;
};

/* SEARCH_OK; SEARCH_ENOMEM; or SEARCH_EVERSION: the program is too large. `memory`: in bytes, more or less. */
int ps_span_states_init(struct ps_span_states *states, const struct ps_program *program, bool longest, size_t memory);
void ps_span_states_destroy(struct ps_span_states *states);

/* The idle state after a byte; PS_SIDE_NONE: at the line's start. PS_SPAN_DEAD: no match begins there or later. */
uint32_t ps_span_idle_state(const struct ps_span_states *states, enum ps_side before);

/*
 * Computes the entry for a byte, or PS_SPAN_END, and enters it in the row. If there is no room, all states are
 * discarded first, and *flushed is set: then nothing is valid but the entry returned and the idle states.
 */
uint16_t ps_span_states_step(struct ps_span_states *states, uint32_t state, unsigned byte, bool *flushed);

/*
 * The same for a variant of an action that asks. `state` may be one that was discarded when that action was made: until
 * another state is added, its threads are still there.
 */
uint16_t ps_span_states_variant(struct ps_span_states *states, uint32_t state, unsigned byte, uint16_t entry,
				unsigned variant, bool *flushed);

#endif
