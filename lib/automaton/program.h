/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - a nondeterministic automaton over bytes, made of a parsed pattern.
 *
 * A program is immutable and shared. Characters are read byte by byte: the sets of a pattern share a
 * pool of tries, each a small automaton for the UTF-8 of its set. A thread of
 * the automaton is an instruction and, inside of a character, a trie node.
 *
 * A program searches: its start loops over the line, so that a match may begin
 * at any character. The order of a split matters to spans alone (pike.h).
 */
#ifndef PS_PROGRAM_H
#define PS_PROGRAM_H

#include "../syntax/ast.h"
#include "../base/line_ends.h"
#include "../dictionary/dictionary_trie.h"

enum ps_op {
	PS_OP_SET,        /* a character of the set with trie root `a`, then `b` */
	PS_OP_DICTIONARY, /* one of the strings of the program's dictionary, then `b` */
	PS_OP_SPLIT,      /* `a` or `b`; rather `a`, where it matters */
	PS_OP_SWITCH,     /* any of the cases of switch `a` that the next byte begins */
	PS_OP_ASSERT,     /* if enum ps_assertion `a` holds here, `b` */
	PS_OP_MATCH       /* of the pattern that is child `a` of the tree, in a program for spans; else `a` is 0 */
};

struct ps_inst {
	uint32_t op;
	uint32_t a, b;
};

/* Bytes from..to lead to another node; PS_TRIE_END: the character is complete. */
struct ps_edge {
	uint8_t from, to;
	uint16_t node;
};

struct ps_trie_node {
	uint32_t first; /* edge */
	uint32_t count;
};

enum { PS_TRIE_END = 0 };

/* What many alternatives begin with: where the next byte is `byte`, PS_OP_SET instruction `inst`. */
struct ps_case {
	uint8_t byte;
	uint32_t inst;
};

struct ps_switch {
	uint32_t first; /* case; they are in the order of their bytes */
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
	size_t target_count; /* instructions that cases lead to, for each switch */
	const struct ps_dictionary_trie *dictionary; /* of PS_OP_DICTIONARY, borrowed; its nodes are a thread's then */
	uint32_t start;   /* of a search: a match may begin anywhere */
	uint32_t pattern; /* of a match that begins here */
	bool rewritten;   /* reads U+DC80..DCFF as characters like others */
	bool needs_valid; /* a byte that is not UTF-8 may be matched: the automaton cannot tell, and quits */
	bool has_word;    /* an assertion about words */
	bool has_begin;   /* PS_ASSERT_BEGIN */
	uint8_t classes[256];    /* bytes that no instruction tells apart have the same class; in rising order */
	uint32_t class_count;
};

/*
 * Compiles a tree. SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EVERSION when the program
 * would be larger than PS_PROGRAM_MAX or PS_TRIE_MAX; *program is then zeroed.
 */
int ps_program_new(struct ps_program *program, const struct ps_node *root, struct ps_lines lines);

/*
 * The same to find spans by: without `start`, and for text in which bytes were rewritten (repair.h). The root is an
 * alternation of patterns, whose matches are told apart.
 */
int ps_program_new_for_spans(struct ps_program *program, const struct ps_node *root, struct ps_lines lines);
void ps_program_free(struct ps_program *program); /* a zeroed one is fine */

/* Where `byte` leads from a trie node; false: nowhere. */
bool ps_program_follow(const struct ps_program *program, uint32_t node, uint8_t byte, uint32_t *to);

/* The first case of a switch for this byte, or behind where it would be. */
const struct ps_case *ps_program_first_case(const struct ps_program *program, uint32_t which, uint8_t byte,
					    const struct ps_case **end);

#endif
