/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ast.h - what a pattern means, as far as it is a regular expression.
 *
 * The parser understands a pattern fully, or says so: the tree is then either
 * a superset of the pattern (every line that the pattern matches, the tree
 * matches too), or there is no tree.
 *
 * It keeps no groups. What it keeps of the order in which Oniguruma tries the ways to
 * match (alternatives as given, greedy or lazy) tells where a match is, unless `spans` is
 * false.
 */
#ifndef PS_AST_H
#define PS_AST_H

#include "../base/base.h"

struct ps_dictionary_trie; /* dictionary_trie.h */

/* Code points, from and to included. */
struct ps_range {
	uint32_t from;
	uint32_t to;
};

/* A set of code points: ranges in rising order, apart from each other by at least one code point. */
struct ps_set {
	struct ps_range *ranges;
	size_t count;
	size_t space;
};

enum ps_node_kind {
	PS_NODE_EMPTY,      /* the empty string */
	PS_NODE_SET,        /* one character of `set`; an empty set matches nothing */
	PS_NODE_DICTIONARY, /* one of the strings of `dictionary` */
	PS_NODE_CAT,        /* the children one after the other */
	PS_NODE_ALT,        /* one of the children */
	PS_NODE_REPEAT,     /* the only child, min to max times */
	PS_NODE_ASSERT      /* a condition on what is around, `assertion` */
};

enum ps_assertion {
	PS_ASSERT_BEGIN,         /* the line's begin */
	PS_ASSERT_END,           /* the line's end */
	PS_ASSERT_BOUNDARY,      /* between a word character and none, as \b has it */
	PS_ASSERT_NOT_BOUNDARY,
	PS_ASSERT_AFTER_NO_WORD, /* (?<!\w) */
	PS_ASSERT_BEFORE_NO_WORD /* (?!\w) */
};

#define PS_UNLIMITED UINT32_MAX

struct ps_node {
	enum ps_node_kind kind;
	enum ps_assertion assertion;
	uint32_t min, max;       /* REPEAT; max may be PS_UNLIMITED */
	bool lazy;               /* REPEAT: as few times as will do */
	struct ps_set set;
	const struct ps_dictionary_trie *dictionary; /* borrowed */
	struct ps_node **children;
	size_t count;
	size_t space;
};

/* A parsed pattern. */
struct ps_ast {
	struct ps_node *root; /* NULL: nothing is known of the pattern */
	bool exact;           /* root matches a line if and only if the pattern does, */
	bool spans;           /* and from and to the same places */
	const char *why;      /* !exact: what was not regular, or not understood; a constant string */
};

struct ps_dialect; /* onig.h */

/*
 * Parses a pattern that Oniguruma accepts. SEARCH_OK or
 * SEARCH_ENOMEM; whatever is not understood shows in *ast. Bounded in time and
 * depth: a tree of more than PS_AST_MAX_NODES nodes, or a counted repeat that
 * would unfold to more, is not understood.
 */
#define PS_AST_MAX_NODES 1000000
int ps_parse(struct ps_ast *ast, const uint8_t *pattern, size_t length, const struct ps_dialect *dialect);

/* A string, each character for itself (or in any case). SEARCH_OK or SEARCH_ENOMEM. */
int ps_parse_fixed(struct ps_ast *ast, const uint8_t *string, size_t length, const struct ps_dialect *dialect);

void ps_ast_free(struct ps_ast *ast); /* a zeroed one is fine */

/* node.c; NULL when memory is out (a NULL child is freed with its siblings and answers NULL). */
struct ps_node *ps_node_new(enum ps_node_kind kind);
void ps_node_free(struct ps_node *node);
bool ps_node_add(struct ps_node *parent, struct ps_node *child); /* false: out of memory, child freed */
bool ps_node_is_nullable(const struct ps_node *node);      /* can match the empty string */
bool ps_node_has_assertion(const struct ps_node *node);

/* set.c; false when memory is out. Surrogates (U+D800..DFFF) are kept: U+DC80..DCFF stand for bytes. */
#define PS_CODE_MAX UINT32_C(0x10FFFF)
bool ps_set_add(struct ps_set *set, uint32_t from, uint32_t to);
bool ps_set_union(struct ps_set *to, const struct ps_set *from);
bool ps_set_intersect(struct ps_set *to, const struct ps_set *with);
bool ps_set_complement(struct ps_set *set); /* within 0..PS_CODE_MAX */
bool ps_set_has(const struct ps_set *set, uint32_t code);
void ps_set_free(struct ps_set *set);

#endif
