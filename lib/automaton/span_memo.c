/* SPDX-License-Identifier: BSD-2-Clause */
/* span_memo.c - see span_memo.h. */
#include "span_memo.h"

#include <string.h>

enum {
	WAYS = 4,                 /* the search at work, and three states that are remembered */
	IN_VAIN_FREE = 64 * 1024, /* the memo is used once this many bytes were read in vain, */
	IN_VAIN_SHARE = 16,       /* and a sixteenth of the line: to start, the whole memo is cleared */
	KEEP = 64 * 1024          /* room that is kept from line to line */
};

void ps_span_memo_begin_line(struct ps_span_memo *memo)
{
	memo->on = false;
	memo->in_vain = 0;
	if (memo->space > KEEP)
		ps_span_memo_destroy(memo);
}

bool ps_span_memo_check(struct ps_span_memo *memo, size_t at, uint16_t state)
{
	uint16_t *states = memo->states + at / PS_SPAN_SAMPLE * WAYS;

	PS_ASSERT(memo->on && at % PS_SPAN_SAMPLE == 0 && (at / PS_SPAN_SAMPLE + 1) * WAYS <= memo->space);
	for (int way = 1; way < WAYS; way++)
		if (states[way] == state)
			return true;
	if (at / PS_SPAN_SAMPLE != memo->last)
		memo->first = at / PS_SPAN_SAMPLE; /* earlier places were skipped */
	states[0] = state;
	memo->last = at / PS_SPAN_SAMPLE + 1;
	return false;
}

/* Starts to use it. Without memory it is not used: the search only takes longer. */
static void turn_on(struct ps_span_memo *memo, size_t length)
{
	size_t need = (length / PS_SPAN_SAMPLE + 1) * WAYS;
	uint16_t *states = ps_buffer_grow(memo->states, &memo->space, need, sizeof(*states));

	if (states == NULL)
		return;
	memo->states = states;
	memset(states, 0, memo->space * sizeof(*states));
	memo->on = true;
}

void ps_span_memo_end_search(struct ps_span_memo *memo, size_t in_vain, size_t length)
{
	if (memo->on) {
		for (size_t i = memo->first; i < memo->last; i++)
			memmove(memo->states + i * WAYS + 1, memo->states + i * WAYS,
				(WAYS - 1) * sizeof(*memo->states));
		return;
	}
	memo->in_vain += in_vain;
	if (memo->in_vain > ps_max(IN_VAIN_FREE, length / IN_VAIN_SHARE))
		turn_on(memo, length);
}

void ps_span_memo_flush(struct ps_span_memo *memo)
{
	memo->on = false;
	memo->in_vain = 0;
}

void ps_span_memo_destroy(struct ps_span_memo *memo)
{
	ps_buffer_free(memo->states, memo->space * sizeof(*memo->states));
	*memo = (struct ps_span_memo){ 0 };
}
