/* SPDX-License-Identifier: BSD-2-Clause */
/* parse.h - shared by the files of the parser; parse.c explains it. */
#ifndef PS_PARSE_H
#define PS_PARSE_H

#include "ast.h"
#include "../onig/onig.h"
#include "syntax.h"

/* Levels of groups, options and classes. Oniguruma never gets deeper patterns, see pattern_limits.c. */
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

/* All folds of single code points, sorted by `from`. Loaded when the first class needs them. */
struct ps_fold_table {
	struct ps_single_fold *single;
	size_t singles, single_space;
	struct ps_multiple_fold *multiple;
	size_t multiples, multiple_space;
	bool loaded;
};

struct ps_parser {
	const uint8_t *begin;
	const uint8_t *p;
	const uint8_t *end;
	const struct ps_syntax *syntax;
	uint32_t options;
	bool posix;      /* the dialect is POSIX's */
	size_t depth;
	size_t groups;   /* capturing groups opened so far */
	size_t nodes;    /* made so far */
	size_t work;     /* spent so far */
	size_t ranges;   /* given so far in this class, and in those around it */
	bool newlines;   /* a line may contain newlines */
	bool named;      /* there is a named group */
	bool numbered;   /* there is a group without a name */
	bool folds_any;  /* somewhere case is ignored */
	bool folded;     /* there is a literal whose case is ignored */
	bool full;       /* makes the tree for backtracking */
	bool irregular;  /* there is something that only such a tree can express, */
	bool refers;     /* a back-reference, */
	bool behind;     /* a look-behind */
	uint32_t closed; /* the groups, as bits, that have been read up to their ), */
	uint32_t nullable; /* and those of them that may match the empty string */
	bool exact;      /* as in struct ps_ast, for what has been read so far */
	bool spans;
	bool doubtful;   /* Oniguruma may refuse it */
	bool failed;     /* there will be no tree */
	bool no_memory;
	const char *why; /* !exact or failed */
	struct ps_set word; /* what \w means outside of a class; empty: not made yet */
	struct ps_fold_table *folds; /* the dialect's, or own_folds */
	struct ps_fold_table own_folds;
};

/* Parsing has failed, for the first reason that is given. */
void ps_parse_end(struct ps_parser *p, const char *why);

/* Three ways to fail, which return false. Two are inline, so that the compiler knows that. */
static inline bool ps_parse_give_up(struct ps_parser *p, const char *why)
{
	ps_parse_end(p, why);
	return false;
}

static inline bool ps_parse_no_memory(struct ps_parser *p)
{
	p->failed = true;
	p->no_memory = true;
	return false;
}

bool ps_parse_spend(struct ps_parser *p, size_t work); /* true: that much of the budget was left */

/* P4: Oniguruma may refuse what has just been read. */
static inline void ps_parse_doubt(struct ps_parser *p, bool doubt)
{
	p->doubtful = p->doubtful || doubt;
}

/* From here on the tree is a superset. */
void ps_parse_inexact(struct ps_parser *p, const char *why);

/* These return NULL if the parser has failed. */
struct ps_node *ps_parse_node(struct ps_parser *p, enum ps_node_kind kind);
struct ps_node *ps_parse_set(struct ps_parser *p, struct ps_set *set); /* takes over what is in it */
struct ps_node *ps_parse_range(struct ps_parser *p, uint32_t from, uint32_t to);

/* Replaces a CAT or ALT of one child by that child, and an empty CAT by EMPTY. NULL for NULL. */
struct ps_node *ps_parse_unwrap(struct ps_node *node);

/*
 * Adds a child to a CAT or an ALT, and takes it over. If it is of the same kind, its children are added instead; an
 * EMPTY is not added to a CAT. Returns false if the child is NULL, which passes on a failure.
 */
bool ps_parse_add(struct ps_parser *p, struct ps_node *parent, struct ps_node *child);

/* Does the pattern's syntax have one of these PS_SYNTAX_...? */
static inline bool ps_parse_has(const struct ps_parser *p, uint32_t what)
{
	return (p->syntax->has & what) != 0;
}

bool ps_parse_code(struct ps_parser *p, uint32_t *code); /* reads the next character */

/* Adds characters to a CAT: a SET for each; with `fold`, whatever they fold to. */
bool ps_parse_text(struct ps_parser *p, struct ps_node *cat, const uint8_t *text, size_t length, bool fold);

/* ---- parse_check.c ---- */

size_t ps_tree_height(const struct ps_node *node, size_t limit); /* about `limit` if it is higher */

/* How many nodes there are if counted repeats are written out; about `limit` if there are more. */
size_t ps_tree_unfolded(const struct ps_node *node, size_t limit);

/*
 * Oniguruma tries a pattern that begins with .* only at the start of a line, since it matches there if anywhere. It
 * does the same if \b or the like comes before the .*, and that is wrong: /\b.*a/ does not match " a". Could this be
 * such a pattern?
 */
bool ps_tree_begins_at_line_begin_only(const struct ps_node *root);

/* Whether each back-reference is to a group that is read before it and matches at most once. */
bool ps_tree_refers_plainly(const struct ps_node *root);

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
	size_t expressions; /* what Oniguruma parses one at a time; one may be several items */
	bool is_list;       /* the first expression is a list by itself */
	bool open;          /* the last item is a string, and the next plain character continues it */
};

void ps_branch_free(struct ps_branch *b); /* a zeroed one is fine */

/* Starts a further expression. If the first is a list, it becomes one item. */
bool ps_branch_begin(struct ps_parser *p, struct ps_branch *b);

/* Adds an item, and takes over the node. NULL: the item is text, to which ps_branch_append adds. */
bool ps_branch_push(struct ps_parser *p, struct ps_branch *b, struct ps_node *node, bool fold);
bool ps_branch_append(struct ps_parser *p, struct ps_branch *b, const uint8_t *text, size_t length);

/* Makes a node of all that is in the branch, and empties it. NULL: the parser has failed. */
struct ps_node *ps_branch_collapse(struct ps_parser *p, struct ps_branch *b);

/* ---- parse_escape.c ---- */

bool ps_parse_next_is(const struct ps_parser *p, char c);
bool ps_parse_take(struct ps_parser *p, char c); /* passes over c, if it comes next */

/*
 * After a backslash and c, which has no other meaning: the character that they stand for. *plain: that is c itself,
 * which Oniguruma treats as if there were no backslash.
 */
bool ps_parse_escaped(struct ps_parser *p, uint32_t c, uint32_t *code, bool *plain);
bool ps_parse_octal(struct ps_parser *p, size_t digits, uint32_t *code);

/* Is \c one of \d \s \w \h, or their negation, or does it begin a property? */
bool ps_parse_is_type(const struct ps_parser *p, uint32_t c);

/* What it means in a class, and outside of classes, where some mean something else. */
bool ps_parse_type(struct ps_parser *p, uint32_t c, struct ps_set *set);
struct ps_node *ps_parse_type_node(struct ps_parser *p, uint32_t c);

/* Do \w and \b know only ASCII words? */
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

/* Passes over what Oniguruma passes over between two elements: comments, and under (?x) blanks. */
void ps_parse_skip(struct ps_parser *p);

/* The same, then reads a quantifier. False: there is none, or the parser has failed. */
bool ps_parse_quantifier(struct ps_parser *p, struct ps_quantifier *q);

/* Returns how many digits there are. *value: the number, or if that is too large, one above PS_MOST_REPEATS. */
size_t ps_parse_decimal(const uint8_t *p, const uint8_t *end, uint32_t *value);

/* ---- parse_class.c ---- */

/* After a [: reads up to its ], including that. */
struct ps_node *ps_parse_class(struct ps_parser *p);

/* ---- fold.c ---- */

/* Adds characters to a CAT, in any case. */
bool ps_fold_string(struct ps_parser *p, struct ps_node *cat, const uint8_t *text, size_t length);

/* A class in any case; takes over what is in the set. */
struct ps_node *ps_fold_set(struct ps_parser *p, struct ps_set *set, bool negated);
void ps_fold_free(struct ps_fold_table *table);

#endif
