/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line_budget.h - how long one line may be worked at.
 *
 * The work on a line can grow with its length times its length, or times the size of the
 * pattern: hours, for a line of some megabytes. So Oniguruma is given a number of retries and a few
 * seconds for a line, and the simulation a number of steps, which is the same on every machine. Both end
 * early when the search is over. Belongs to one thread, with its finder.
 */
#ifndef PS_LINE_BUDGET_H
#define PS_LINE_BUDGET_H

#include "../base/clock.h"
#include "../base/found.h"

struct ps_line_budget {
	ps_over *over; /* NULL: nobody ends the search */
	const void *context;
	uint32_t haste; /* what a new line gets is divided by it */
	uint64_t pause_at; /* when to rest, on the coarse clock: what was begun is gone on with later; 0: never */
	/* of the line at work */
	uint64_t asked; /* when it was asked last, on the coarse clock: until that goes on, the answer is the same */
	uint64_t until; /* when Oniguruma may have had enough, on the coarse clock; 0: it was not asked yet */
	uint64_t began; /* on the thread's clock */
	uint64_t time;  /* that Oniguruma has, in nanoseconds that the thread runs */
	uint64_t retries; /* that Oniguruma may still be allowed behind its first attempt at a place */
	uint64_t steps; /* that the simulation may still make */
	bool ended;     /* the search is over: what was found of the line means nothing */
};

/* A new line, of so many bytes. */
void ps_line_budget_renew(struct ps_line_budget *budget, size_t length);

/* Oniguruma is to be allowed so many retries more. False: it had enough for one line. */
bool ps_line_budget_allow(struct ps_line_budget *budget, uint64_t retries);
#define PS_LINE_RETRIES UINT64_C(10000000)

enum ps_budget_verdict {
	PS_BUDGET_GO_ON,
	PS_BUDGET_PAUSE,
	PS_BUDGET_STOP /* Oniguruma's time is up, or the search is over */
};

/* The search is over. */
bool ps_line_budget_is_over(struct ps_line_budget *budget);

/* Oniguruma's time begins with the first call for a line. */
enum ps_budget_verdict ps_line_budget_ask(struct ps_line_budget *budget);

/* The simulation has made so many steps. False: it may make no more. To be called every PS_STEPS steps. */
bool ps_line_budget_spend(struct ps_line_budget *budget, uint64_t steps);
#define PS_STEPS ((uint64_t)1 << 17)

#endif
