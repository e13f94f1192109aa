/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patience.h - how long one line may be worked at.
 *
 * The work on a line can grow with its length times its length, or times the size of the
 * pattern: hours, for a line of some megabytes. So Oniguruma is given a few seconds for a line, and
 * the simulation a number of steps, which is the same on every machine. Both end
 * early when the search is over. Belongs to one thread, with its finder.
 */
#ifndef PS_PATIENCE_H
#define PS_PATIENCE_H

#include "match.h"

struct ps_patience {
	ps_over *over; /* NULL: nobody ends the search */
	const void *context;
	/* of the line at work */
	uint64_t until; /* when Oniguruma gives up, on the coarse clock; 0: it was not asked yet */
	uint64_t steps; /* that the simulation may still make */
	bool ended;     /* the search is over: what was found of the line means nothing */
};

/* A new line. */
void ps_patience_renew(struct ps_patience *patience);

/* Precise to some milliseconds, and read in a few nanoseconds. Never 0. */
uint64_t ps_coarse_time(void);

/* Whether Oniguruma's time is up, or the search over. Its time begins with the first call for a line. */
bool ps_patience_is_up(struct ps_patience *patience, uint64_t now);

/* The simulation has made so many steps. False: it may make no more. To be called every PS_STEPS steps. */
bool ps_patience_spend(struct ps_patience *patience, uint64_t steps);
#define PS_STEPS ((uint64_t)1 << 21)

#endif
