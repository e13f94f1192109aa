/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - a pattern as instructions: a nondeterministic automaton over bytes.
 *
 * An instruction reads a character, splits into two ways to go on, checks an assertion, or says that the pattern has
 * matched. To run a program is to follow all ways through it at once; each is a *thread*, which is no more than the
 * number of the instruction that it has come to. The lazy DFA (dfa.c) makes states of sets of threads; the simulation
 * (pike.c) moves lists of them over the text.
 *
 * Text is read byte by byte. A set of characters is a trie over the bytes of their UTF-8, a small automaton of its
 * own; all sets of a program share one pool of trie nodes. So inside of a character, a thread is an instruction and a
 * trie node.
 *
 * A program for lines searches by itself: its start is a loop over any character, so a match may begin anywhere. A
 * program for spans has no such loop, and keeps the pattern's preferences: of a split, `a` is preferred to `b`.
 *
 * A program is immutable once made, and shared by all threads of the search.
 */
#ifndef PS_PROGRAM_H
#define PS_PROGRAM_H

#include "assertion.h"
#include "../base/line_ends.h"
#include "../dictionary/dictionary_trie.h"

enum ps_op {
	PS_OP_SET,        /* a character of the set with trie root `a`, then `b` */
	PS_OP_DICTIONARY, /* one of the strings of the program's dictionary, then `b` */
	PS_OP_SPLIT,      /* `a` or `b`; in a program for spans `a` is preferred */
	PS_OP_SWITCH,     /* the cases of switch `a` that the next byte selects */
	PS_OP_ASSERT,     /* `b`, if enum ps_assertion `a` holds here */
	PS_OP_MATCH       /* matched; in a program for spans, by child `a` of the root; otherwise `a` is 0 */
};

struct ps_inst {
	uint32_t op;
	uint32_t a, b;
};

/* The bytes from..to, both included, lead to another node; PS_TRIE_END: the character is complete. */
struct ps_edge {
	uint8_t from, to;
	uint16_t node;
};

struct ps_trie_node {
	uint32_t first; /* its first edge; they are in the order of their bytes */
	uint32_t count;
};

enum { PS_TRIE_END = 0 };

/* One way of a switch: if the next byte is `byte`, go on with the PS_OP_SET instruction `inst`. */
struct ps_case {
	uint8_t byte;
	uint32_t inst;
};

struct ps_switch {
	uint32_t first; /* its first case; they are in the order of their bytes */
	uint32_t count;
};

#define PS_PROGRAM_MAX (1 << 20) /* instructions */
#define PS_TRIE_MAX 65535        /* trie nodes */

struct ps_program {
	struct ps_inst *insts;
	size_t count, space;
	struct ps_trie_node *nodes; /* node 0 is PS_TRIE_END and has no edges */
	size_t node_count, node_space;
	struct ps_edge *edges;
	size_t edge_count, edge_space;
	struct ps_lines lines;
	struct ps_switch *switches;
	size_t switch_count, switch_space;
	struct ps_case *cases;
	size_t case_count, case_space;
	size_t target_count; /* over all switches: the instructions that their cases lead to */
	const struct ps_dictionary_trie *dictionary; /* borrowed; a thread at PS_OP_DICTIONARY has a node of it */
	uint32_t start;   /* where a search starts: the match may begin anywhere */
	uint32_t pattern; /* where the pattern starts: the match begins here */
	bool rewritten;   /* reads U+DC80..DCFF like other characters */
	bool needs_valid; /* the pattern may match bytes that are not UTF-8: the DFA cannot tell, and quits at them */
	bool has_word;    /* has an assertion about words */
	bool has_begin;   /* has PS_ASSERT_BEGIN */
	bool has_line;    /* has PS_ASSERT_LINE_BEGIN or _LINE_END */
	uint8_t classes[256];    /* of each byte; bytes that no instruction tells apart share one. Never falls */
	uint32_t class_count;
};

/*
 * Compiles a tree for lines. Returns SEARCH_OK; SEARCH_ENOMEM; or SEARCH_EVERSION if the program would be larger than
 * PS_PROGRAM_MAX or PS_TRIE_MAX. After a failure *program is zeroed.
 */
int ps_program_new(struct ps_program *program, const struct ps_node *root, struct ps_lines lines);

/*
 * Compiles a tree for spans: without `start`, and for text in which bytes were rewritten (repair.h). The root is an
 * ALT of patterns, each with a PS_OP_MATCH of its own.
 */
int ps_program_new_for_spans(struct ps_program *program, const struct ps_node *root, struct ps_lines lines);
void ps_program_free(struct ps_program *program); /* a zeroed one is fine */

/* What of a side before a place the assertions of this program can tell apart. */
enum ps_side ps_program_side(const struct ps_program *program, enum ps_side side);

/* Where `byte` leads from a trie node. False: nowhere. */
bool ps_program_follow(const struct ps_program *program, uint32_t node, uint8_t byte, uint32_t *to);

/* The first case of a switch for this byte; if there is none, the first for a higher byte, or *end. */
const struct ps_case *ps_program_first_case(const struct ps_program *program, uint32_t which, uint8_t byte,
					    const struct ps_case **end);

#endif
