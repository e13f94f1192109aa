/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compile.h - what the files that make a program share: program.c goes through the tree,
 * alternation.c joins alternatives, set_trie.c makes the automata of sets.
 */
#ifndef PS_COMPILE_H
#define PS_COMPILE_H

#include "../base/hash_index.h"
#include "program.h"

/* ---- hash_cons.c: trees that are alike have the same number ---- */

struct ps_numbered {
	const struct ps_node *node; /* one of those that have it */
	size_t key;                 /* in `keys` */
	size_t length;
	uint32_t root;              /* SET: of its trie, or PS_NO_ROOT: not made yet */
};

#define PS_NO_ROOT UINT32_MAX

struct ps_numbers {
	struct ps_numbered *list;
	size_t count, space;
	uint32_t *keys;
	size_t key_count, key_space;
	struct ps_index index;
};

/* What two trees match in another order, or as few times as will do, makes no difference. */
int ps_number(struct ps_numbers *numbers, const struct ps_node *node, uint32_t *number);
void ps_numbers_free(struct ps_numbers *numbers);

/* ---- the compiler ---- */

/* Node `number` before instruction `next` begins at `entry`. */
struct ps_compiled {
	uint32_t number, next, entry;
};

struct ps_compiler {
	struct ps_program *program;
	bool ordered;              /* for spans: ways are tried as the pattern has them */
	struct ps_numbers numbers;
	const struct ps_node *last_set; /* numbered last, by program.c */
	uint32_t last_number;
	struct ps_compiled *done;  /* by alternation.c */
	size_t done_count, done_space;
	struct ps_index done_index;
	struct ps_index node_index; /* of trie nodes */
};

/* All of these answer SEARCH_OK, SEARCH_ENOMEM or SEARCH_EVERSION. */
int ps_compile_emit(struct ps_compiler *c, enum ps_op op, uint32_t a, uint32_t b, uint32_t *at);
int ps_compile_node(struct ps_compiler *c, const struct ps_node *node, uint32_t next, uint32_t *entry);

/* The alternatives of an ALT, in no order. */
int ps_compile_branches(struct ps_compiler *c, const struct ps_node *alt, uint32_t next, uint32_t *entry);

/* The trie of a set, without what ends a line, and surrogates; shared where the same was made before. */
int ps_compile_set(struct ps_compiler *c, const struct ps_set *set, uint32_t *root);
int ps_compile_any_byte(struct ps_compiler *c, uint32_t *root);

#endif
