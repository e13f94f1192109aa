/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line_budget.h - how long one line may be worked at.
 *
 * The work on a line can grow with the square of its length, or with its length times the size of the pattern: hours,
 * for a line of some megabytes. So each line has a budget: for Oniguruma a number of retries and a few seconds, for the
 * simulation a number of steps, which is the same on every machine. When the budget is used up, the line is undecided.
 * Work also ends early when the search is over, and is interrupted when it is time for a pause. So both engines ask the
 * budget every few milliseconds. A budget belongs to one thread, with its finder.
 *
 * B1  What is left of the retries, the time and the steps only shrinks, until ps_line_budget_renew().
 * B2  Once `ended` is set it stays set until then: what was found of the line means nothing.
 */
#ifndef PS_LINE_BUDGET_H
#define PS_LINE_BUDGET_H

#include "../base/clock.h"
#include "../base/found.h"

struct ps_line_budget {
	ps_over *over; /* says whether the search is over; NULL: it never is */
	const void *context;
	uint32_t haste; /* at least 1; the budget of a new line is divided by it */
	uint64_t pause_at; /* when to pause, on the coarse clock: the work goes on later; 0: never */
	/* of the line being worked at */
	uint64_t asked; /* the coarse clock when it was asked last: until that ticks, the answer stays the same */
	uint64_t until; /* when Oniguruma's time may be up, on the coarse clock; 0: not asked yet */
	uint64_t began; /* when that was set, on the thread's clock */
	uint64_t time;  /* nanoseconds that Oniguruma has, of the thread's processor time */
	uint64_t retries; /* how many Oniguruma may still be allowed after its first attempt at a place */
	uint64_t steps; /* how many the simulation may still make */
	uint64_t worth; /* it counts as so many lines: 1, or for a whole text as many as may be in it */
	bool ended;     /* the search is over */
};

/* Starts a new line of this length, with a full budget. */
void ps_line_budget_renew(struct ps_line_budget *budget, size_t length);

/* The same for a whole text, which counts as several lines. */
void ps_line_budget_renew_text(struct ps_line_budget *budget, size_t length);

/* Takes this many retries from the budget. False: this line has fewer left. */
bool ps_line_budget_allow(struct ps_line_budget *budget, uint64_t retries);
#define PS_LINE_RETRIES UINT64_C(10000000)

enum ps_budget_verdict {
	PS_BUDGET_GO_ON,
	PS_BUDGET_PAUSE, /* it is time for a pause */
	PS_BUDGET_STOP /* Oniguruma's time is up, or the search is over */
};

/* Whether the search is over. */
bool ps_line_budget_is_over(struct ps_line_budget *budget);

/* Whether Oniguruma may go on with the line. Its time starts with the first call for a line. */
enum ps_budget_verdict ps_line_budget_ask(struct ps_line_budget *budget);

/* This much of the thread's processor time went into something that is not about the line. */
void ps_line_budget_excuse(struct ps_line_budget *budget, uint64_t time);

/* The simulation has made this many steps. False: it may make no more. Call it every PS_STEPS steps. */
bool ps_line_budget_spend(struct ps_line_budget *budget, uint64_t steps);
#define PS_STEPS ((uint64_t)1 << 17)

#endif
