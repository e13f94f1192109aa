/* SPDX-License-Identifier: BSD-2-Clause */
/* parse.h - what the files of the pattern parser share: see parse.c. */
#ifndef PS_PARSE_H
#define PS_PARSE_H

#include "ast.h"
#include "../onig/onig.h"
#include "syntax.h"

/* Levels of groups, options and classes. Oniguruma is asked no deeper, see pattern_limits.c. */
#define PS_PARSE_DEPTH 120

struct ps_single_fold {
	uint32_t from;
	uint32_t to;
};

struct ps_multiple_fold {
	uint32_t from;
	size_t count;
	uint32_t to[PS_FOLD_CODES];
};

/* All folds of single code points, by `from`. Loaded when the first class needs it. */
struct ps_fold_table {
	struct ps_single_fold *single;
	size_t singles, single_space;
	struct ps_multiple_fold *multiple;
	size_t multiples, multiple_space;
	bool loaded;
};

struct ps_parser {
	const uint8_t *p;
	const uint8_t *end;
	const struct ps_syntax *syntax;
	uint32_t options;
	bool posix;      /* the dialect */
	size_t depth;
	size_t groups;   /* capturing ones, opened so far */
	size_t nodes;    /* made so far */
	size_t work;     /* spent so far */
	bool newlines;   /* the lines may hold some */
	bool named;      /* there is a named group */
	bool numbered;   /* there is a group without a name */
	bool folded;     /* there is a literal in any case */
	bool exact;
	bool spans;      /* of the tree, as far as it is exact */
	bool failed;     /* no tree */
	bool no_memory;
	const char *why; /* !exact or failed */
	struct ps_set word; /* what \w means outside of a class; empty: not made yet */
	struct ps_fold_table *folds; /* the dialect's, or its own */
	struct ps_fold_table own_folds;
};

/* The three ways to fail answer false. */
bool ps_parse_give_up(struct ps_parser *p, const char *why);
bool ps_parse_no_memory(struct ps_parser *p);
bool ps_parse_spend(struct ps_parser *p, size_t work); /* true: there is that much left */

/* From here on the tree is a superset. */
void ps_parse_inexact(struct ps_parser *p, const char *why);

/* NULL when the parser has failed. */
struct ps_node *ps_parse_node(struct ps_parser *p, enum ps_node_kind kind);
struct ps_node *ps_parse_set(struct ps_parser *p, struct ps_set *set); /* takes over what is in it */
struct ps_node *ps_parse_range(struct ps_parser *p, uint32_t from, uint32_t to);

/* For a CAT or ALT of one child that child, for an empty CAT EMPTY, else the node; NULL for NULL. */
struct ps_node *ps_parse_unwrap(struct ps_node *node);

/*
 * Adds to a CAT or an ALT: the child's children when it is of the same kind, and
 * nothing of an EMPTY to a CAT. A NULL child is a failure passed on.
 */
bool ps_parse_add(struct ps_parser *p, struct ps_node *parent, struct ps_node *child);

/* Whether the pattern's syntax has one of these, PS_SYNTAX_... */
static inline bool ps_parse_has(const struct ps_parser *p, uint32_t what)
{
	return (p->syntax->has & what) != 0;
}

bool ps_parse_code(struct ps_parser *p, uint32_t *code); /* the next character */

/* Adds characters to a CAT: SETs, or more where they are to be taken in any case. */
bool ps_parse_text(struct ps_parser *p, struct ps_node *cat, const uint8_t *text, size_t length, bool fold);

/* ---- parse_check.c ---- */

size_t ps_tree_height(const struct ps_node *node, size_t limit); /* about `limit` when more */

/* How many nodes there are when counted repeats are written out; about `limit` when more. */
size_t ps_tree_unfolded(const struct ps_node *node, size_t limit);

/*
 * Oniguruma looks for a pattern that begins with .* at the begin of a line only,
 * where it is found if anywhere. It does so too when \b or the like comes before
 * it, which is wrong: /\b.*a/ does not match " a". Whether the pattern may be such a one.
 */
bool ps_tree_begins_at_line_begin_only(const struct ps_node *root);

/* ---- parse_branch.c ---- */

/* An element of a branch: a node, or `length` bytes of text. */
struct ps_item {
	struct ps_node *node;
	size_t length;
	bool fold;
};

struct ps_branch {
	struct ps_item *items;
	size_t count, space;
	uint8_t *text;      /* of all items, one after the other */
	size_t size, text_space;
	size_t expressions; /* what Oniguruma parses one at a time; may be several items */
	bool is_list;       /* the first of them is a list by itself */
	bool open;          /* the last item is a string that goes on */
};

void ps_branch_free(struct ps_branch *b); /* a zeroed one is fine */

/* A further expression begins; a list that is the first becomes one item. */
bool ps_branch_begin(struct ps_parser *p, struct ps_branch *b);

/* An item; takes over the node. NULL: text, which append then adds to. */
bool ps_branch_push(struct ps_parser *p, struct ps_branch *b, struct ps_node *node, bool fold);
bool ps_branch_append(struct ps_parser *p, struct ps_branch *b, const uint8_t *text, size_t length);

/* Made of what is in the branch, which is then as new. NULL: the parser has failed. */
struct ps_node *ps_branch_collapse(struct ps_parser *p, struct ps_branch *b);

/* ---- parse_escape.c ---- */

bool ps_parse_next_is(const struct ps_parser *p, char c);
bool ps_parse_take(struct ps_parser *p, char c);

/*
 * Behind a backslash and c: the character that an escape with no other meaning stands for. *plain: it is
 * the letter itself, which Oniguruma treats like one without a backslash.
 */
bool ps_parse_escaped(struct ps_parser *p, uint32_t c, uint32_t *code, bool *plain);
bool ps_parse_octal(struct ps_parser *p, size_t digits, uint32_t *code);

/* Whether \c is \d \s \w \h or one of their negations, or begins a property; what it is then. */
bool ps_parse_is_type(const struct ps_parser *p, uint32_t c);
bool ps_parse_type(struct ps_parser *p, uint32_t c, struct ps_set *set);
struct ps_node *ps_parse_type_node(struct ps_parser *p, uint32_t c); /* out of classes, where some are otherwise */

/* Whether \w and \b are about ASCII. */
static inline bool ps_parse_word_is_ascii(const struct ps_parser *p)
{
	return (p->options & (PS_OPTION_WORD_ASCII | PS_OPTION_POSIX_ASCII)) != 0;
}

bool ps_parse_ctype(struct ps_parser *p, int ctype, bool negated, struct ps_set *set);

/* ---- parse_quantifier.c ---- */

#define PS_MOST_REPEATS 100000

struct ps_quantifier {
	uint32_t min, max;
	bool possessive;
	bool lazy;
};

/* Passes over what Oniguruma does between two elements: comments, and blanks under (?x). */
void ps_parse_skip(struct ps_parser *p);

/* The same, and a quantifier if there is one. False: none, or the parser has failed. */
bool ps_parse_quantifier(struct ps_parser *p, struct ps_quantifier *q);

/* How many digits there are; their value, if it is not too large. */
size_t ps_parse_decimal(const uint8_t *p, const uint8_t *end, uint32_t *value);

/* ---- parse_class.c ---- */

/* Behind a [: up to and with its ]. */
struct ps_node *ps_parse_class(struct ps_parser *p);

/* ---- fold.c ---- */

/* Characters in any case, added to a CAT; a class in any case (takes over what is in the set). */
bool ps_fold_string(struct ps_parser *p, struct ps_node *cat, const uint8_t *text, size_t length);
struct ps_node *ps_fold_set(struct ps_parser *p, struct ps_set *set, bool negated);
void ps_fold_free(struct ps_fold_table *table);

#endif
