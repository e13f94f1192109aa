/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ast.h - the tree that a pattern is parsed into: what it means, as far as it is a regular expression.
 *
 * Either the tree is exact: it matches the same lines as the pattern. Or it is a superset: it matches every line that
 * the pattern matches, and perhaps others. Or there is no tree, because the pattern was not understood.
 *
 * The tree has no groups. It keeps the order in which Oniguruma tries the ways to match (alternatives as given, greedy
 * or lazy repeats), so it also tells where a match is, unless `spans` is false.
 *
 * A pattern that is not regular, since it has back-references, look-around or atomic groups, may have a second tree,
 * which says exactly what it means. Only backtracking can follow that: see lib/backtrack.
 */
#ifndef PS_AST_H
#define PS_AST_H

#include "../base/base.h"

struct ps_dictionary_trie; /* dictionary_trie.h */

/* The code points from..to, both included. */
struct ps_range {
	uint32_t from;
	uint32_t to;
};

/* A set of code points: ranges in rising order, with at least one code point between any two. */
struct ps_set {
	struct ps_range *ranges;
	size_t count;
	size_t space;
};

enum ps_node_kind {
	PS_NODE_EMPTY,      /* the empty string */
	PS_NODE_SET,        /* one character of `set`; if that is empty, the node matches nothing */
	PS_NODE_DICTIONARY, /* one of the strings of `dictionary` */
	PS_NODE_CAT,        /* the children, one after the other */
	PS_NODE_ALT,        /* one of the children */
	PS_NODE_REPEAT,     /* the only child, min to max times */
	PS_NODE_ASSERT,     /* a condition on what is around the place: `assertion` */
	/* these are in a tree for backtracking only */
	PS_NODE_GROUP,      /* the only child; group `number` is what it matched last */
	PS_NODE_REFERENCE,  /* what group `number` matched; nothing if it has not matched */
	PS_NODE_LOOK,       /* a condition: the only child matches (or not: `negated`) from here, or up to here: `behind` */
	PS_NODE_ATOMIC      /* the only child; once it has matched, no other way is tried in it */
};

enum ps_assertion {
	PS_ASSERT_BEGIN,         /* at the start of what a pattern sees: a line, or a text */
	PS_ASSERT_END,           /* at its end */
	PS_ASSERT_LINE_BEGIN,    /* there, or after a newline in it that does not end it */
	PS_ASSERT_LINE_END,      /* there, or before a newline in it */
	PS_ASSERT_BOUNDARY,      /* \b: a word character on one side, and none on the other */
	PS_ASSERT_NOT_BOUNDARY,
	PS_ASSERT_AFTER_NO_WORD, /* (?<!\w) */
	PS_ASSERT_BEFORE_NO_WORD /* (?!\w) */
};

#define PS_UNLIMITED UINT32_MAX
#define PS_GROUPS_MAX 10 /* groups that a tree for backtracking may refer to: 1 to 9 */

struct ps_node {
	enum ps_node_kind kind;
	enum ps_assertion assertion;
	uint32_t min, max;       /* REPEAT; max may be PS_UNLIMITED */
	bool lazy;               /* REPEAT: prefers fewer times */
	bool behind, negated;    /* LOOK */
	bool nullable;           /* REFERENCE: the group may match the empty string */
	uint8_t number;          /* GROUP, REFERENCE: below PS_GROUPS_MAX */
	struct ps_set set;
	const struct ps_dictionary_trie *dictionary; /* borrowed */
	struct ps_node **children;
	size_t count;
	size_t space;
};

/* A parsed pattern. */
struct ps_ast {
	struct ps_node *root; /* NULL: nothing is known of the pattern */
	bool exact;           /* root matches a line if and only if the pattern does; */
	bool spans;           /* and from the same place to the same place */
	bool valid;           /* exact, and Oniguruma is certain to accept the pattern, also with something put around it */
	const char *why;      /* !exact: what was not regular, or not understood; a constant string */
	struct ps_node *full; /* !exact: the tree for backtracking, which is exact, spans included; or NULL */
};

struct ps_dialect; /* onig.h */

/*
 * Parses a pattern that ps_pattern_check() accepts. Returns SEARCH_OK or SEARCH_ENOMEM; *ast says if the pattern was
 * not understood. Unless it is `valid`, all else in *ast holds only if Oniguruma accepts the pattern. Bounded in time
 * and depth: a tree of more than PS_AST_MAX_NODES nodes, or one that would have more with its counted repeats written
 * out, counts as not understood.
 */
#define PS_AST_MAX_NODES 1000000
int ps_parse(struct ps_ast *ast, const uint8_t *pattern, size_t length, const struct ps_dialect *dialect);

/* Makes the tree of a string, in which each character stands for itself (in any case, if the dialect ignores case). */
int ps_parse_fixed(struct ps_ast *ast, const uint8_t *string, size_t length, const struct ps_dialect *dialect);

void ps_ast_free(struct ps_ast *ast); /* a zeroed one is fine */

/* ---- regular.c ---- */

/*
 * Makes a regular tree of one for backtracking: it matches each line that `full` matches, and if it is *exact no other.
 * It does not say where in the line. SEARCH_OK; SEARCH_ENOMEM; SEARCH_EVERSION: it would be too large.
 */
int ps_tree_regular(struct ps_node **out, const struct ps_node *full, bool *exact);

/* ---- node.c ---- */

struct ps_node *ps_node_new(enum ps_node_kind kind); /* NULL: out of memory */
void ps_node_free(struct ps_node *node);             /* with its children; NULL is fine */
bool ps_node_add(struct ps_node *parent, struct ps_node *child); /* false: it is NULL; or freed, out of memory */
bool ps_node_is_nullable(const struct ps_node *node);            /* can it match the empty string? */
bool ps_node_is_empty_last(const struct ps_node *node); /* if so: does it try all other ways to match before? */
bool ps_node_passes_lines(const struct ps_node *node); /* can it take a newline, or ask where the text starts, ends? */
bool ps_node_has_assertion(const struct ps_node *node);

/* ---- set.c; false: out of memory ---- */

/* Surrogates (U+D800..DFFF) may be in a set: U+DC80..DCFF stand for bytes that are not UTF-8. */
#define PS_CODE_MAX UINT32_C(0x10FFFF)
bool ps_set_add(struct ps_set *set, uint32_t from, uint32_t to);
bool ps_set_union(struct ps_set *to, const struct ps_set *from);
bool ps_set_intersect(struct ps_set *to, const struct ps_set *with);
bool ps_set_complement(struct ps_set *set); /* within 0..PS_CODE_MAX */
bool ps_set_has(const struct ps_set *set, uint32_t code);
void ps_set_free(struct ps_set *set);

#endif
