/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern_tree.h - the trees of parsed patterns, in tests: prints them, matches them naively, draws texts from them.
 */
#ifndef TEST_PATTERN_TREE_H
#define TEST_PATTERN_TREE_H

#include "../../lib/syntax/ast.h"
#include "../../lib/onig/onig.h"

/* A dialect of Oniguruma's, Perl's or Python's syntax; and the first of these. */
const struct ps_dialect *reading_as(uint32_t syntax, bool ignore_case);
const struct ps_dialect *reading(bool ignore_case);
const char *syntax_name(uint32_t syntax);

/* Prints "none", or the tree, after "~ " if it is not exact. */
void print_ast(const struct ps_ast *ast, char *to, size_t size);

#define TREE_TEXT 60

struct tree_text {
	uint32_t code[TREE_TEXT];
	size_t length;
};

/* The places where the node can end if it begins at one of the places `in`: bit n stands for place n. */
uint64_t tree_step(const struct ps_node *node, const struct tree_text *t, uint64_t in);

/* Does the tree match anywhere in the text? */
bool tree_matches(const struct ps_node *root, const struct tree_text *t);

/* ---- drawing at random ---- */

struct draw {
	uint64_t state; /* not 0 */
};

uint32_t draw(struct draw *d, uint32_t below);
bool draw_one_in(struct draw *d, uint32_t n);

/* Appends a character, unless it is a newline or a surrogate, or the text is full. */
void tree_put(struct tree_text *t, uint32_t code);

/* Appends a text that the node is likely to match; assertions are not looked at. */
void tree_draw(struct draw *d, const struct ps_node *node, struct tree_text *t);

#endif
