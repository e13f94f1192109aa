/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backtrack.h - finds matches of a pattern that is not regular, as Oniguruma finds them: tries one way after the other.
 *
 * It is for the tree that parse.c makes for backtracking, and so for simple patterns: back-references to groups that
 * match once, look-around, atomic groups. To begin a line or to try a place costs next to nothing, while a call of
 * Oniguruma costs more than most lines do. Where backtracking would take long it gives up, and Oniguruma is asked.
 */
#ifndef PS_BACKTRACK_H
#define PS_BACKTRACK_H

#include "../onig/line_budget.h"
#include "../syntax/ast.h"

struct ps_backtrack;   /* a compiled tree: immutable, shared by all threads */
struct ps_backtracker; /* what one thread needs to follow it */

/* SEARCH_OK; SEARCH_ENOMEM; SEARCH_EVERSION: the tree is too large, or a look-behind has no fixed length. */
int ps_backtrack_new(struct ps_backtrack **out, const struct ps_node *root);
void ps_backtrack_free(struct ps_backtrack *backtrack); /* NULL is fine */

/* SEARCH_OK or SEARCH_ENOMEM. The compiled tree must outlive it. */
int ps_backtracker_new(struct ps_backtracker **out, const struct ps_backtrack *backtrack);
void ps_backtracker_free(struct ps_backtracker *backtracker); /* NULL is fine */

/* A new line: nothing is paused, or given up. */
void ps_backtracker_begin_line(struct ps_backtracker *backtracker);

/*
 * Finds the first match in text[0, length), valid or rewritten UTF-8, that begins at `from` or later; conditions see
 * the text before it. Returns
 *   PS_FOUND       and *span
 *   PS_NONE
 *   PS_UNDECIDED   it gives up, for the rest of this line, or the search is over
 *   PS_PAUSED      it is time for a pause: the same call goes on from there
 *   SEARCH_ENOMEM
 */
int ps_backtracker_search(struct ps_backtracker *backtracker, struct ps_line_budget *budget, const uint8_t *text,
			  size_t length, size_t from, struct search_span *span);

#endif
