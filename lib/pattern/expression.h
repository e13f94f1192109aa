/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expression.h - what Oniguruma is given for a pattern: compiled when it is needed first, which for most patterns is
 * never. It is shared by all threads.
 */
#ifndef PS_EXPRESSION_H
#define PS_EXPRESSION_H

#include "../onig/onig.h"

struct ps_expression;

/* How all patterns of a matcher are written, and what else is asked for. */
struct ps_pattern_mode {
	struct ps_dialect dialect;
	uint32_t flags; /* SEARCH_MATCH_WORD, _LINE, _FIXED, _CRLF, _NUL_LINES */
};

/* Copies the text, a pattern that ps_pattern_check() accepts. SEARCH_OK or SEARCH_ENOMEM. */
int ps_expression_new(struct ps_expression **out, const uint8_t *text, size_t length,
		      const struct ps_pattern_mode *mode);
void ps_expression_free(struct ps_expression *expression); /* NULL is fine */

/* What it has too much of to be compiled, for a message, and at *offset, SIZE_MAX: unknown; NULL: nothing. */
const char *ps_expression_excess(const struct ps_expression *expression, size_t *offset);

/* Any thread. The regex, once it has been compiled; NULL: not yet. */
const struct ps_regex *ps_expression_regex(const struct ps_expression *expression);

/*
 * Any thread. Compiles it, unless another thread has: SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EPATTERN and *error (without
 * a message if it was refused before).
 */
int ps_expression_compile(struct ps_expression *expression, struct ps_pattern_error *error);

/*
 * The same for the variant of it that ps_regex_groups() needs where a match is not the first that Oniguruma finds: of
 * all ways to match, the first that ends where the match does. The expression itself has been compiled.
 */
const struct ps_regex *ps_expression_ending_regex(const struct ps_expression *expression);
int ps_expression_compile_ending(struct ps_expression *expression, struct ps_pattern_error *error);

#endif
