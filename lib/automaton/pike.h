/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pike.h - finds where a pattern matches, by simulating its program.
 *
 * Does not backtrack: takes time proportional to the length of the text times the size of the program. Used for lines
 * that Oniguruma gives up on, and for the longest match, which Oniguruma does not look for. Belongs to one thread.
 */
#ifndef PS_PIKE_H
#define PS_PIKE_H

#include "../onig/line_budget.h"
#include "program.h"

struct ps_pike;

/* SEARCH_OK or SEARCH_ENOMEM. The program must be one for spans, and must outlive the simulation. */
int ps_pike_new(struct ps_pike **out, const struct ps_program *program);
void ps_pike_free(struct ps_pike *pike); /* NULL is fine */

/*
 * Finds the leftmost match in text[0, length), valid or rewritten UTF-8, that begins at `from` or later. Assertions
 * see the text before `from`, too. Of several matches that begin at the same place, the one that Oniguruma would find
 * is taken, or with `longest` the longest. span->pattern says which child of the program's root matched, the first of
 * them if there are several. Returns PS_FOUND; PS_NONE, with a *span that begins at SIZE_MAX; or PS_UNDECIDED when
 * the budget is exhausted.
 */
int ps_pike_search(struct ps_pike *pike, struct ps_line_budget *budget, const uint8_t *text, size_t length,
		   size_t from, bool longest, struct search_span *span);

#endif
