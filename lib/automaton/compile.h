/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compile.h - shared by the files that make a program: program.c walks the tree, alternation.c joins alternatives,
 * set_trie.c makes the automata of sets, hash_cons.c tells which trees are alike.
 */
#ifndef PS_COMPILE_H
#define PS_COMPILE_H

#include "../base/hash_index.h"
#include "program.h"

/* ---- hash_cons.c: equal trees get the same number ---- */

struct ps_numbered {
	const struct ps_node *node; /* the first tree that got this number */
	size_t key;                 /* offset in `keys` */
	size_t length;
	uint32_t root;              /* of a SET: the root of its trie, or PS_NO_ROOT if that is not made yet */
};

#define PS_NO_ROOT UINT32_MAX

struct ps_numbers {
	struct ps_numbered *list;
	size_t count, space;
	uint32_t *keys;
	size_t key_count, key_space;
	struct ps_index index;
};

/* The number of a tree. Ignores what only spans depend on: whether a repeat is lazy. SEARCH_OK or SEARCH_ENOMEM. */
int ps_number(struct ps_numbers *numbers, const struct ps_node *node, uint32_t *number);
void ps_numbers_free(struct ps_numbers *numbers);

/* ---- the compiler ---- */

/* The tree `number`, followed by instruction `next`, was compiled: it starts at `entry`. */
struct ps_compiled {
	uint32_t number, next, entry;
};

struct ps_compiler {
	struct ps_program *program;
	bool ordered;              /* a program for spans: keeps the pattern's order of preference */
	struct ps_numbers numbers;
	const struct ps_node *last_set; /* the set that program.c numbered last, */
	uint32_t last_number;           /* and its number */
	struct ps_compiled *done;  /* what alternation.c has compiled */
	size_t done_count, done_space;
	struct ps_index done_index;
	struct ps_index node_index; /* finds trie nodes by their edges */
};

/* All of these return SEARCH_OK, SEARCH_ENOMEM or SEARCH_EVERSION (too large). */
int ps_compile_emit(struct ps_compiler *c, enum ps_op op, uint32_t a, uint32_t b, uint32_t *at);
int ps_compile_node(struct ps_compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry);

/* Compiles an ALT whose alternatives may be tried in any order. */
int ps_compile_branches(struct ps_compiler *c, const struct ps_node *alt, uint32_t next, uint32_t *entry);

/* Makes the trie of a set, without the line end and without surrogates, or finds the equal one made before. */
int ps_compile_set(struct ps_compiler *c, const struct ps_set *set, uint32_t *root);
int ps_compile_any_byte(struct ps_compiler *c, uint32_t *root);

#endif
