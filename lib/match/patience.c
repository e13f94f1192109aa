/* SPDX-License-Identifier: BSD-2-Clause */
#include "../base.h"

#include "patience.h"

#include <time.h>

#define LINE_TIME UINT64_C(3000000000) /* nanoseconds */
#define LINE_STEPS UINT64_C(300000000) /* some seconds */

void ps_patience_renew(struct ps_patience *p)
{
	p->until = 0;
	p->steps = LINE_STEPS;
	p->ended = false;
}

uint64_t ps_coarse_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + 1;
}

static bool is_over(struct ps_patience *p)
{
	p->ended = p->ended || (p->over != NULL && p->over(p->context));
	return p->ended;
}

bool ps_patience_is_up(struct ps_patience *p, uint64_t now)
{
	if (p->until == 0)
		p->until = now + LINE_TIME;
	return now >= p->until || is_over(p);
}

bool ps_patience_spend(struct ps_patience *p, uint64_t steps)
{
	if (p->steps < steps || is_over(p))
		return false;
	p->steps -= steps;
	return true;
}
