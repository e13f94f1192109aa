/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line_budget.c - see line_budget.h.
 */
#include "../base/base.h"

#include "../base/assert.h"
#include "line_budget.h"

#define LINE_TIME UINT64_C(3000000000) /* nanoseconds that a line has, */
#define BYTE_TIME 1000                 /* and those that each of its bytes adds */
#define LINE_STEPS UINT64_C(300000000) /* of the simulation: some seconds */

void ps_line_budget_renew(struct ps_line_budget *p, size_t length)
{
	PS_ASSERT(p->haste > 0);
	p->asked = p->until = 0;
	p->time = (LINE_TIME + (uint64_t)length * BYTE_TIME) / p->haste;
	p->retries = PS_LINE_RETRIES / p->haste;
	p->steps = LINE_STEPS / p->haste;
	p->ended = false;
}

bool ps_line_budget_allow(struct ps_line_budget *p, uint64_t retries)
{
	if (p->retries < retries)
		return false;
	p->retries -= retries;
	PS_ASSERT(p->retries <= PS_LINE_RETRIES); /* B1 */
	return true;
}

bool ps_line_budget_is_over(struct ps_line_budget *p)
{
	p->ended = p->ended /* B2 */ || (p->over != NULL && p->over(p->context));
	return p->ended;
}

/* Counts only the time that this thread ran, not the time that others had the processor. */
static bool is_time_up(struct ps_line_budget *p, uint64_t now)
{
	uint64_t ran;

	if (p->until == 0) {
		p->until = now + p->time;
		p->began = ps_thread_time();
	}
	if (now < p->until)
		return false;
	ran = ps_thread_time() - p->began;
	if (ran < p->time)
		p->until = now + p->time - ran;
	return ran >= p->time;
}

enum ps_budget_verdict ps_line_budget_ask(struct ps_line_budget *p)
{
	uint64_t now = ps_coarse_time();

	if (now == p->asked)
		return PS_BUDGET_GO_ON;
	p->asked = now;
	if (ps_line_budget_is_over(p) || is_time_up(p, now))
		return PS_BUDGET_STOP;
	return p->pause_at != 0 && now >= p->pause_at ? PS_BUDGET_PAUSE : PS_BUDGET_GO_ON;
}

bool ps_line_budget_spend(struct ps_line_budget *p, uint64_t steps)
{
	if (p->steps < steps || ps_line_budget_is_over(p))
		return false;
	p->steps -= steps;
	PS_ASSERT(p->steps <= LINE_STEPS); /* B1 */
	return true;
}
