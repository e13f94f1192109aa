/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * found.h - what a search for lines finds, in whichever room it is done.
 */
#ifndef PS_FOUND_H
#define PS_FOUND_H

#include "base.h"

/* A line's place in a text; `end` is where its terminator begins, or where the text ends if it has none. */
struct ps_line {
	size_t begin;
	size_t end;
};

enum ps_found {
	PS_FOUND = 1,
	PS_NONE = 0,
	PS_UNDECIDED = -100, /* the line takes too much work, see ps_finder_reason(); outside enum search_status */
	PS_PAUSED = -101     /* it has taken long, and there is more to do; or the search is over */
};

/* A line that matches, or about which an automaton or bit streams are not sure. */
struct ps_dfa_hit {
	uint32_t begin, end; /* in the text that was scanned */
	bool sure;           /* otherwise it may not match, for instance because its \r was taken for a part of it */
};

#endif
