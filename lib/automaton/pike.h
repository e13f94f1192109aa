/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pike.h - where a pattern matches, by simulating its program.
 *
 * In time of the text's length times the program's, and without backtracking: for
 * lines that Oniguruma gives up on, and for the longest of all matches, which it does not
 * look for. Belongs to one thread.
 */
#ifndef PS_PIKE_H
#define PS_PIKE_H

#include "../onig/line_budget.h"
#include "program.h"

struct ps_pike;

/* SEARCH_OK or SEARCH_ENOMEM. The program is one for spans, and must outlive it. */
int ps_pike_new(struct ps_pike **out, const struct ps_program *program);
void ps_pike_free(struct ps_pike *pike); /* NULL is fine */

/*
 * The leftmost match in text[0, length), valid or rewritten UTF-8, that begins at `from` or
 * behind it; text before is seen by assertions. Of those that begin together the one that
 * Oniguruma would find, or with `longest` the longest. span->pattern: which child of the program's root it is of, the
 * first where several would do. PS_FOUND, PS_NONE and a *span that begins at SIZE_MAX, or
 * PS_UNDECIDED when the budget is used up.
 */
int ps_pike_search(struct ps_pike *pike, struct ps_line_budget *budget, const uint8_t *text, size_t length,
		   size_t from, bool longest, struct search_span *span);

#endif
