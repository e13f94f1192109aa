/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line_budget.h - how long one line may be worked at.
 *
 * The work on a line can grow with the square of its length, or with its length times the size of the pattern: hours,
 * for a line of some megabytes. So each line has a budget: for Oniguruma a number of retries and a few seconds, for the
 * simulation a number of steps, which is the same on every machine. When the budget is used up, the line is undecided.
 * The host may limit the time of a line, too, whatever works at it (options.max_line_ms). Work also ends early when the
 * search is over, and is interrupted when it is time for a pause. So all engines ask the budget every few milliseconds.
 * A budget belongs to one thread, with its finder.
 *
 * Time is processor time of the thread. Its clock costs a system call: it is read only when the coarse clock says that
 * the time may be up.
 *
 * B1  What is left of the retries, the time and the steps only shrinks, until ps_line_budget_renew().
 * B2  Once `ended` is set it stays set until then: what was found of the line means nothing.
 * B3  What is left of the host's limit only shrinks, and `late` stays set, until ps_line_budget_enter() names another
 *     line. So the limit is for all that is done with a line: to find out whether it matches, then where.
 */
#ifndef PS_LINE_BUDGET_H
#define PS_LINE_BUDGET_H

#include "../base/clock.h"
#include "../base/found.h"

/* A time that runs out. */
struct ps_stopwatch {
	uint64_t left;  /* nanoseconds, of the thread's processor time */
	uint64_t until; /* on the coarse clock: before that it is not over; 0: it does not run */
	uint64_t began; /* when it began to run, on the thread's clock */
	bool stopped;   /* it has run before, and runs on when the thread comes back */
};

struct ps_line_budget {
	ps_over *over; /* says whether the search is over; NULL: it never is */
	const void *context;
	uint32_t haste; /* at least 1; the budget of a new line is divided by it */
	uint64_t pause_at; /* when to pause, on the coarse clock: the work goes on later; 0: never */
	uint64_t limit; /* nanoseconds that the host allows for a line; 0: there is no limit */
	/* of the line being worked at */
	uint64_t asked; /* the coarse clock when it was asked last: until that ticks, the answer stays the same */
	struct ps_stopwatch time; /* of Oniguruma */
	uint64_t retries; /* how many Oniguruma may still be allowed after its first attempt at a place */
	uint64_t steps; /* how many the simulation may still make */
	uint64_t worth; /* it counts as so many lines: 1, or for a whole text as many as may be in it */
	bool ended;     /* the search is over */
	/* with a limit */
	const uint8_t *line; /* it starts here; NULL: none was named */
	struct ps_stopwatch line_time;
	bool late;      /* that is up */
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
	PS_BUDGET_STOP /* Oniguruma's time, or the line's, is up; or the search is over */
};

/*
 * The host's limit is now about the line that starts here: unless that was so before, the line has all of it. A whole
 * text, or what is left of one, has a multiple, as it counts as several lines.
 */
void ps_line_budget_enter_text(struct ps_line_budget *budget, const uint8_t *text, size_t length);

static inline void ps_line_budget_enter(struct ps_line_budget *budget, const uint8_t *line)
{
	if (budget->limit != 0)
		ps_line_budget_enter_text(budget, line, 0);
}

/* The thread goes on to something else, and perhaps comes back to the line. */
void ps_line_budget_leave(struct ps_line_budget *budget);
void ps_line_budget_return(struct ps_line_budget *budget);

/* Whether the search is over. */
bool ps_line_budget_is_over(struct ps_line_budget *budget);

/* Whether the search is not over, and the host's limit not reached. */
bool ps_line_budget_may_go_on(struct ps_line_budget *budget);

/* Whether one of these has been the answer: then no other engine is to be asked. */
static inline bool ps_line_budget_has_stopped(const struct ps_line_budget *budget)
{
	return budget->ended || budget->late;
}

/* Whether Oniguruma may go on with the line. Its time starts with the first call for a line. */
enum ps_budget_verdict ps_line_budget_ask(struct ps_line_budget *budget);

/*
 * Whether the next call, which cannot be interrupted, may take so long; about the host's limit alone. If not, the line
 * is late, though a little early.
 */
bool ps_line_budget_affords(struct ps_line_budget *budget, uint64_t nanoseconds);

/* This much of the thread's processor time went into something that is not about the line. */
void ps_line_budget_excuse(struct ps_line_budget *budget, uint64_t time);

/* The simulation has made this many steps. False: it may make no more. Call it every PS_STEPS steps. */
bool ps_line_budget_spend(struct ps_line_budget *budget, uint64_t steps);
#define PS_STEPS ((uint64_t)1 << 17)

#endif
