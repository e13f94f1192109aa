/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * onig.h - the exact engine, Oniguruma at present, as the rest of this room
 * sees it. onig.c says by which rules it is used.
 */
#ifndef PS_ONIG_H
#define PS_ONIG_H

#include "../base/base.h"
#include "line_budget.h"

struct ps_regex;  /* a compiled pattern: immutable, shared by all threads */
struct ps_engine; /* what one thread needs to run them */

struct ps_fold_table; /* parse.h */

/* How a pattern is to be read. */
struct ps_dialect {
	uint32_t syntax; /* SEARCH_SYNTAX_ONIGURUMA, _PERL or _PYTHON */
	bool ignore_case;
	bool newlines;   /* the lines may hold some */
	bool posix; /* no fold is of several characters, and (^|a){2} is tried in all ways; syntax ONIGURUMA */
	struct ps_fold_table *folds; /* for patterns that are parsed one after the other, or NULL */
};

/* Why a pattern was refused. */
struct ps_pattern_error {
	size_t offset;     /* byte in the pattern, or SIZE_MAX when not known */
	char message[160]; /* printable ASCII, without the pattern's number */
};

/*
 * Compiles valid UTF-8 that ps_pattern_check_nesting() let through. SEARCH_OK,
 * SEARCH_ENOMEM, or SEARCH_EPATTERN with *error filled. The pattern is not kept.
 */
int ps_regex_new(struct ps_regex **out, const uint8_t *pattern, size_t length,
		 const struct ps_dialect *dialect, struct ps_pattern_error *error);
void ps_regex_free(struct ps_regex *regex); /* NULL is fine */

/* SEARCH_OK or SEARCH_ENOMEM. */
int ps_engine_new(struct ps_engine **out);
void ps_engine_free(struct ps_engine *engine); /* NULL is fine */

/* What is known of a pattern, as far as it tells how Oniguruma is to be kept from working for too long. */
enum ps_habits {
	PS_HABIT_RESTLESS = 1, /* \G may be in it: what is found depends on where the search begins */
	PS_HABIT_WHOLE = 2,    /* it seems to begin at one place of a line: a search is better than place by place */
	PS_HABIT_REFERS = 4,   /* it refers back: a retry may compare half of the line, */
	PS_HABIT_FOLDS = 8     /* and with folded case */
};

/*
 * The first match in text[0, length), valid UTF-8, that begins at `from` or
 * later; text before it is seen by anchors and look-behind. PS_FOUND and, where
 * span is not NULL, *span with from <= begin <= end <= length; PS_NONE,
 * SEARCH_ENOMEM, or PS_UNDECIDED, also when budget is at an end; PS_PAUSED when it wants to rest: the same
 * call goes on, until ps_engine_forget. Patience is asked again and again, see onig.c.
 */
int ps_regex_search(const struct ps_regex *regex, unsigned habits, struct ps_engine *engine,
		    struct ps_line_budget *budget, const uint8_t *text, size_t length, size_t from,
		    struct search_span *span);

/* What was paused will not go on. */
void ps_engine_forget(struct ps_engine *engine);

/* A new line: nothing is known of how hard it is. */
void ps_engine_begin_line(struct ps_engine *engine);

/* The version of the Oniguruma that is loaded. */
const char *ps_engine_version(void);

/* Why the last search was PS_UNDECIDED. */
const char *ps_engine_reason(const struct ps_engine *engine);

/*
 * The engine's tables, as the pattern parser reads them. All are constant, and
 * any thread may read them.
 */
enum ps_ctype { /* numbers above these are properties */
	PS_CTYPE_ALPHA = 1,
	PS_CTYPE_BLANK,
	PS_CTYPE_CNTRL,
	PS_CTYPE_DIGIT,
	PS_CTYPE_GRAPH,
	PS_CTYPE_LOWER,
	PS_CTYPE_PRINT,
	PS_CTYPE_PUNCT,
	PS_CTYPE_SPACE,
	PS_CTYPE_UPPER,
	PS_CTYPE_XDIGIT,
	PS_CTYPE_WORD,
	PS_CTYPE_ALNUM,
	PS_CTYPE_ASCII
};

/* The ctype that \p{name} means, or a negative number. */
int ps_ctype_by_name(const uint8_t *name, size_t length);

/*
 * The code points of a ctype as pairs of first and last, in rising order:
 * 2 * *count numbers. NULL when there are none to be had.
 */
const uint32_t *ps_ctype_ranges(int ctype, size_t *count);

/* What \w means outside of a class; its ranges differ (`[\w]`), below U+0100 only. */
bool ps_ctype_is_word(uint32_t code);

/* Whether \p{Word} is that there, too, or its ranges. SEARCH_OK or SEARCH_ENOMEM. */
int ps_ctype_property_is_word(bool *is);

/* Whether [[:alpha:]] is what it seems to be, or a class, :, ] in this syntax. */
bool ps_has_posix_brackets(uint32_t syntax);

/* What a string may be replaced with when case does not matter; `single`: as a posix dialect has it. */
#define PS_FOLD_CODES 3
#define PS_FOLD_ITEMS 13
struct ps_fold {
	size_t bytes; /* of the string that are replaced */
	size_t count; /* of the code points that replace them */
	uint32_t codes[PS_FOLD_CODES];
};

/* The folds of what text begins with: how many, all of the same `bytes`; negative: an error. */
int ps_fold_at(const uint8_t *text, size_t length, bool single, struct ps_fold items[PS_FOLD_ITEMS]);

/* Calls f for all folds of single code points. False when f says so, or on an error. */
typedef bool ps_fold_visit(uint32_t from, const uint32_t *to, size_t count, void *context);
bool ps_fold_each(bool single, ps_fold_visit *f, void *context);

#endif
