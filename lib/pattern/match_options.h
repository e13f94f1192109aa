/* SPDX-License-Identifier: BSD-2-Clause */
/* match_options.h - the patterns of a search, and how they are matched. */
#ifndef PS_MATCH_OPTIONS_H
#define PS_MATCH_OPTIONS_H

#include "../base/base.h"

struct ps_match_options {
	const struct search_pattern *patterns;
	size_t count;
	uint32_t flags; /* SEARCH_MATCH_IGNORE_CASE, _WORD, _LINE, _FIXED, _CRLF, _NUL_LINES, _MULTILINE,
	                   _DOT_NEWLINE; others are ignored */
	uint32_t syntax; /* enum search_syntax */
	uint32_t cpu;   /* PS_CPU_... bits: what may be used */
	uint32_t avoid; /* PS_AVOID_... bits: ways not taken, for tests */
	bool longest;   /* spans are the longest of the leftmost matches, as always in POSIX syntax */
	bool groups;    /* with each match, what its groups matched */
	bool trigrams;  /* which trigrams a match requires is wanted: ps_matcher_condition() */
	size_t words;   /* the least number of strings that make a dictionary; 0: the default */
	size_t memory;  /* bytes for the states of an automaton, in each finder; 0: the default */
	uint32_t haste; /* the budget of a line (line_budget.h) is divided by it, for tests; 0: by 1 */
};

/* The pattern's bytes. An empty one may have NULL, to which nothing may be added, and which memcmp() does not take. */
static inline const uint8_t *ps_pattern_bytes(const struct search_pattern *pattern)
{
	return (const uint8_t *)(pattern->text != NULL ? pattern->text : "");
}

#define PS_AVOID_STRINGS   UINT32_C(1)
#define PS_AVOID_AUTOMATON UINT32_C(2)
#define PS_AVOID_STREAMS   UINT32_C(4)
#define PS_AVOID_BACKTRACKING UINT32_C(256)
#define PS_AVOID_ALL       UINT32_C(263) /* all by Oniguruma, line by line */
#define PS_AVOID_ONIGURUMA UINT32_C(8) /* for spans, if it can be avoided */
#define PS_AVOID_SPAN_DFA  UINT32_C(32) /* spans by the automaton */
#define PS_AVOID_BORDERS   UINT32_C(64) /* literals with terminators in them */
#define PS_AVOID_ORDER     UINT32_C(128) /* strings that follow each other */
#define PS_AVOID_WEIGHING  UINT32_C(16) /* bit streams whenever they can be made, not only if they pay */

#endif
