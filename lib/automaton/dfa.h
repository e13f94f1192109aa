/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dfa.h - a lazy DFA: says which lines of a text match, at a few bytes a
 * nanosecond.
 *
 * It belongs to one thread. States are made when text first leads to them, and
 * forgotten all together when they take more than their share of memory.
 */
#ifndef PS_DFA_H
#define PS_DFA_H

#include "../base/found.h"
#include "program.h"

struct ps_dfa;

/* SEARCH_OK or SEARCH_ENOMEM. The program must outlive it. */
int ps_dfa_new(struct ps_dfa **out, const struct ps_program *program, size_t memory);
void ps_dfa_free(struct ps_dfa *dfa); /* NULL is fine */

enum ps_dfa_answer {
	PS_DFA_NO,
	PS_DFA_MATCH,
	PS_DFA_QUIT /* the automaton cannot tell: ask Oniguruma */
};

/* One line, without its terminator. An enum ps_dfa_answer. What ps_dfa_scan found stays valid. */
int ps_dfa_line(struct ps_dfa *dfa, const uint8_t *line, size_t length);

/* The longest text that may be scanned at once. */
#define PS_DFA_TEXT_MAX ((size_t)1 << 30)

/*
 * All lines of text[0, length) that match or may match, in order. The text is
 * whole lines; the last may lack its terminator. *hits stays valid until the
 * next call. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_dfa_scan(struct ps_dfa *dfa, const uint8_t *text, size_t length,
		const struct ps_dfa_hit **hits, size_t *count);

/* Lets it end early when the search is over: it is hopeless then. See ps_finder_watch. */
void ps_dfa_watch(struct ps_dfa *dfa, ps_over *over, const void *context);

/* Flushed so often for so little text that another way is faster. */
bool ps_dfa_is_hopeless(const struct ps_dfa *dfa);

#endif
