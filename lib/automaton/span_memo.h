/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * span_memo.h - keeps the search for all matches of a line from reading the line over and over.
 *
 * A search may read far beyond the match that it finds: for /a[^z]*z|a/ it must look for a z before it can settle for
 * the a. If there is no z, every a of the line sends it to the line's end, and the work is the square of the length.
 * But two searches that are in the same state at the same place go on alike. So it is enough to remember in which
 * states the line has been read in vain: from there no match ends. A search that noted a match and comes to such a
 * state is done.
 *
 * Only every PS_SPAN_SAMPLE-th place is remembered, and for each the last few states. The memo is used in a line only
 * after much of it was read in vain. It belongs to one automaton.
 *
 * M1  Each state in the memo, except those of the search at work, is one from which no match ends.
 * M2  The states of the search at work are those of the places after the last match that it noted.
 */
#ifndef PS_SPAN_MEMO_H
#define PS_SPAN_MEMO_H

#include "../base/base.h"

#define PS_SPAN_SAMPLE ((size_t)64)

struct ps_span_memo {
	bool on;            /* it is used in this line */
	size_t in_vain;     /* bytes of this line that were read in vain */
	uint16_t *states;   /* for each place: that of the search at work, then those remembered, the last one first */
	size_t space;
	size_t first, last; /* of the search at work: the places from first to last - 1 */
};

void ps_span_memo_begin_line(struct ps_span_memo *memo);

/* A search starts at `from`, or has noted a match and goes on from there. */
static inline void ps_span_memo_restart(struct ps_span_memo *memo, size_t from)
{
	memo->first = memo->last = from / PS_SPAN_SAMPLE + 1; /* M2 */
}

/*
 * The search at work is at a place that is a multiple of PS_SPAN_SAMPLE, in this state, and has noted a match. True:
 * it can end here.
 */
bool ps_span_memo_check(struct ps_span_memo *memo, size_t at, uint16_t state);

/* The search has ended: it has read `in_vain` bytes of a line of `length` beyond its match. */
void ps_span_memo_end_search(struct ps_span_memo *memo, size_t in_vain, size_t length);

/* The states mean nothing any more: it is not used until much has been read in vain again. */
void ps_span_memo_flush(struct ps_span_memo *memo);
void ps_span_memo_destroy(struct ps_span_memo *memo);

#endif
