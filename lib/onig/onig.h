/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * onig.h - the exact engine, Oniguruma at present, as the rest of the library sees it. onig.c says by which rules it is
 * used.
 */
#ifndef PS_ONIG_H
#define PS_ONIG_H

#include "../base/base.h"
#include "line_budget.h"

struct ps_regex;  /* a compiled pattern: immutable, shared by all threads */
struct ps_engine; /* what one thread needs to run them */

struct ps_fold_table; /* parse.h */

/* How a pattern is read. */
struct ps_dialect {
	uint32_t syntax; /* SEARCH_SYNTAX_ONIGURUMA, _PERL or _PYTHON */
	bool ignore_case;
	bool newlines;   /* what is searched may hold newlines, */
	bool whole;      /* since it is a whole text: then ^ and $ are about its lines */
	bool dot_newline; /* . takes newlines, too */
	bool posix; /* one character folds to one only, and (^|a){2} is tried in all ways; with syntax ONIGURUMA */
	bool ending; /* (?{}) matches where the match that ps_regex_groups() is asked about ends */
	struct ps_fold_table *folds; /* shared by patterns that are parsed one after the other; or NULL */
};

/* Where to look for what Oniguruma refused: see pattern_fault.c. */
enum ps_fault {
	PS_FAULT_NONE,        /* unknown */
	PS_FAULT_ELEMENT,     /* an element that Oniguruma refuses as soon as it has read it */
	PS_FAULT_RANGE,       /* the same, in a class: the range that the element is in */
	PS_FAULT_CLASS,       /* the same: the class that it is in */
	PS_FAULT_GROUP,       /* the same: the start of a group, which another syntax may have */
	PS_FAULT_OPEN_GROUP,  /* a group without its end */
	PS_FAULT_OPEN_CLASS,  /* a class without its end */
	PS_FAULT_LOOK_BEHIND, /* a look-behind; this and the next are refused when all has been read */
	PS_FAULT_REFERENCE,   /* a reference to a group by a number that no group has, */
	PS_FAULT_NUMBER,      /* or by any number */
	PS_FAULT_CALL         /* the call of a group */
};

/* Why a pattern was refused. */
struct ps_pattern_error {
	size_t offset;     /* the byte of the pattern, or SIZE_MAX: not known */
	char message[160]; /* printable ASCII, without the pattern's number */
	enum ps_fault fault;
	int code;          /* if Oniguruma refused it: tells its errors apart */
};

/*
 * Compiles a pattern, valid UTF-8 that ps_pattern_check_nesting() accepts, and does not keep its text. SEARCH_OK,
 * SEARCH_ENOMEM, or SEARCH_EPATTERN and *error.
 */
int ps_regex_new(struct ps_regex **out, const uint8_t *pattern, size_t length,
		 const struct ps_dialect *dialect, struct ps_pattern_error *error);
void ps_regex_free(struct ps_regex *regex); /* NULL is fine */

/* SEARCH_OK or SEARCH_ENOMEM. */
int ps_engine_new(struct ps_engine **out);
void ps_engine_free(struct ps_engine *engine); /* NULL is fine */

/* What is known about a pattern that helps to keep Oniguruma from working on a line for too long. */
enum ps_habits {
	PS_HABIT_RESTLESS = 1, /* \G may be in it: what is found depends on where the search starts */
	PS_HABIT_WHOLE = 2,    /* it seems to match at one place of a line only: do not go place by place */
	PS_HABIT_REFERS = 4,   /* it has back-references: a retry may compare half of the line, */
	PS_HABIT_FOLDS = 8     /* and with case folded */
};

/*
 * Finds the first match in text[0, length), valid UTF-8, that begins at `from` or later; anchors and look-behind see
 * the text before it. Returns
 *   PS_FOUND       and, unless span is NULL, *span with from <= begin <= end <= length
 *   PS_NONE
 *   PS_UNDECIDED   Oniguruma gives up, or the budget is used up
 *   PS_PAUSED      it is time for a pause: the same call goes on from there, until ps_engine_forget
 *   SEARCH_ENOMEM
 * The budget is asked again and again on the way, see onig.c.
 */
int ps_regex_search(const struct ps_regex *regex, unsigned habits, struct ps_engine *engine,
		    struct ps_line_budget *budget, const uint8_t *text, size_t length, size_t from,
		    struct search_span *span);

/*
 * What the groups 1, 2, ... of a match that is known matched, up to `count` of them. The match is looked for where *span
 * begins; if the pattern is `restless`, by a search from `from` on. Returns PS_FOUND; PS_NONE if what is found is not
 * *span; PS_UNDECIDED or SEARCH_ENOMEM; PS_PAUSED if the budget asks for that, and then the next call starts afresh.
 */
int ps_regex_groups(const struct ps_regex *regex, unsigned habits, bool restless, struct ps_engine *engine,
		    struct ps_line_budget *budget, const uint8_t *text, size_t length, size_t from,
		    const struct search_span *span, struct search_group *groups, size_t count);

/* How many groups it has. */
size_t ps_regex_group_count(const struct ps_regex *regex);

/* Calls f for each name and each group of that name. False: f returned false. The name is not NUL-terminated. */
typedef bool ps_group_name_visit(const char *name, size_t length, size_t group, void *context);
bool ps_regex_each_group_name(const struct ps_regex *regex, ps_group_name_visit *f, void *context);

/* The call that was paused will not go on. */
void ps_engine_forget(struct ps_engine *engine);

/* A new line: nothing is known yet about how hard it is. */
void ps_engine_begin_line(struct ps_engine *engine);

/* The version of the Oniguruma that is loaded. */
const char *ps_engine_version(void);

/* Why the last search was PS_UNDECIDED. */
const char *ps_engine_reason(const struct ps_engine *engine);

/* The engine's tables, as the pattern parser reads them. All are constant, and any thread may read them. */
enum ps_ctype { /* numbers above these are Unicode properties */
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

/* The code points of a ctype as pairs of first and last, in rising order: 2 * *count numbers. NULL: unknown. */
const uint32_t *ps_ctype_ranges(int ctype, size_t *count);

/* Whether \w outside of a class matches it. The ctype's ranges, used in `[\w]`, differ below U+0100. */
bool ps_ctype_is_word(uint32_t code);

/* Sets whether \p{Word} is like \w below U+0100; otherwise it is like the ranges. SEARCH_OK or SEARCH_ENOMEM. */
int ps_ctype_property_is_word(bool *is);

/* Whether [[:alpha:]] in this syntax is a POSIX bracket, not a class of these characters and a ]. */
bool ps_has_posix_brackets(uint32_t syntax);

/* What a string may be replaced with if case does not matter; `single`: as in a posix dialect. */
#define PS_FOLD_CODES 3
#define PS_FOLD_ITEMS 13
struct ps_fold {
	size_t bytes; /* of the string that are replaced */
	size_t count; /* of the code points that replace them */
	uint32_t codes[PS_FOLD_CODES];
};

/* The folds of the string that text starts with: their number, all of the same `bytes`; negative: an error. */
int ps_fold_at(const uint8_t *text, size_t length, bool single, struct ps_fold items[PS_FOLD_ITEMS]);

/* Calls f for all folds of single code points. False if f returns false, or on an error. */
typedef bool ps_fold_visit(uint32_t from, const uint32_t *to, size_t count, void *context);
bool ps_fold_each(bool single, ps_fold_visit *f, void *context);

#endif
