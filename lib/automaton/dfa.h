/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dfa.h - a lazy DFA: tells which lines of a text match, at a few bytes per nanosecond. dfa.c says how.
 *
 * It belongs to one thread. States are made when the text first leads to them, and all are discarded when they
 * outgrow their memory.
 */
#ifndef PS_DFA_H
#define PS_DFA_H

#include "../base/found.h"
#include "../onig/line_budget.h"
#include "program.h"

struct ps_dfa;

/* SEARCH_OK or SEARCH_ENOMEM. The program must outlive the DFA. `memory`: bytes for states, more or less. */
int ps_dfa_new(struct ps_dfa **out, const struct ps_program *program, size_t memory);
void ps_dfa_free(struct ps_dfa *dfa); /* NULL is fine */

enum ps_dfa_answer {
	PS_DFA_NO,
	PS_DFA_MATCH,
	PS_DFA_QUIT /* the DFA cannot tell: ask Oniguruma; or the budget says that the line takes too long */
};

/* Tests one line, given without its terminator. Returns an enum ps_dfa_answer. The hits of ps_dfa_scan stay valid. */
int ps_dfa_line(struct ps_dfa *dfa, const uint8_t *line, size_t length);

/* The same for a whole text (ps_lines.whole), valid UTF-8. It also quits when the search is over. */
int ps_dfa_text(struct ps_dfa *dfa, const uint8_t *text, size_t length);

/* The longest text that ps_dfa_scan takes. */
#define PS_DFA_TEXT_MAX ((size_t)1 << 30)

/*
 * Finds all lines of text[0, length) that match or may match, in order. The text consists of whole lines; only the
 * last may lack its terminator. *hits stays valid until the next call. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_dfa_scan(struct ps_dfa *dfa, const uint8_t *text, size_t length,
		const struct ps_dfa_hit **hits, size_t *count);

/*
 * Lets the DFA ask this budget now and then: it gives up a line that takes too long, and all lines when the search is
 * over, as it is hopeless from then on. See ps_finder_watch.
 */
void ps_dfa_watch(struct ps_dfa *dfa, struct ps_line_budget *budget);

/* The states were flushed so often, for so little text, that another strategy is faster. */
bool ps_dfa_is_hopeless(const struct ps_dfa *dfa);

#endif
