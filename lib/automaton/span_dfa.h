/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * span_dfa.h - finds where a pattern matches, by a lazy automaton. span_dfa.c says how.
 *
 * Finds the same as the simulation (pike.h), many times as fast. Belongs to one thread.
 */
#ifndef PS_SPAN_DFA_H
#define PS_SPAN_DFA_H

#include "../onig/line_budget.h"
#include "program.h"

struct ps_span_dfa;

/*
 * SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EVERSION: the program is too large. It must be one for spans, and must outlive
 * the automaton. With `longest`, of matches that begin at the same place the longest is found, otherwise the one that
 * the pattern prefers. `memory`: bytes for states, more or less.
 */
int ps_span_dfa_new(struct ps_span_dfa **out, const struct ps_program *program, bool longest, size_t memory);
void ps_span_dfa_free(struct ps_span_dfa *dfa); /* NULL is fine */

/*
 * Says where to go on at `at`, before the text's end, when no match has begun: none begins before the offset returned.
 * Not asked again before *beyond, which is at least that, and larger than `at`. SIZE_MAX: no match begins at `at` or
 * later.
 */
typedef size_t ps_span_skip(const void *context, const uint8_t *text, size_t length, size_t at, size_t *beyond);

/* Lets a search skip text; NULL: it reads all of it. */
void ps_span_dfa_skip_by(struct ps_span_dfa *dfa, ps_span_skip *skip, const void *context);

/*
 * Finds the leftmost match in text[0, length), valid or rewritten UTF-8, that begins at `from` or later, as
 * ps_pike_search() does. Returns PS_FOUND; PS_NONE, with a *span that begins at SIZE_MAX; or PS_UNDECIDED when the
 * budget is exhausted, or the automaton cannot go on: its states are too large, or are discarded too often.
 */
int ps_span_dfa_search(struct ps_span_dfa *dfa, struct ps_line_budget *budget, const uint8_t *text, size_t length,
		       size_t from, struct search_span *span);

/* Whether the last PS_UNDECIDED was not for the budget's sake: another way may do better. */
bool ps_span_dfa_has_quit(const struct ps_span_dfa *dfa);

/* Its states were discarded so often, for so little text, that another way is faster. */
bool ps_span_dfa_is_hopeless(const struct ps_span_dfa *dfa);

#endif
