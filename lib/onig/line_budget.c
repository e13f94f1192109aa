/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line_budget.c - see line_budget.h.
 */
#include "../base/base.h"

#include "line_budget.h"

#define LINE_TIME UINT64_C(3000000000) /* nanoseconds that a line has, */
#define BYTE_TIME 1000                 /* and those that each of its bytes adds */
#define LINE_STEPS UINT64_C(300000000) /* of the simulation: some seconds */
#define TEXT_OF_LINE ((size_t)1 << 20) /* bytes of a whole text that count as one more line */

static void renew_budget(struct ps_line_budget *budget, size_t length, uint64_t worth)
{
	PS_ASSERT(budget->haste > 0);
	budget->asked = budget->until = 0;
	budget->worth = worth;
	budget->time = LINE_TIME + (uint64_t)length * BYTE_TIME;
	budget->retries = PS_LINE_RETRIES * worth;
	budget->steps = LINE_STEPS * worth;
	budget->ended = false;
	if (budget->haste == 1)
		return; /* nearly always, and divisions take long */
	budget->time /= budget->haste;
	budget->retries /= budget->haste;
	budget->steps /= budget->haste;
}

void ps_line_budget_renew(struct ps_line_budget *budget, size_t length)
{
	renew_budget(budget, length, 1);
}

void ps_line_budget_renew_text(struct ps_line_budget *budget, size_t length)
{
	renew_budget(budget, length, 1 + length / TEXT_OF_LINE);
}

bool ps_line_budget_allow(struct ps_line_budget *budget, uint64_t retries)
{
	if (budget->retries < retries)
		return false;
	budget->retries -= retries;
	PS_ASSERT(budget->retries <= PS_LINE_RETRIES * budget->worth); /* B1 */
	return true;
}

bool ps_line_budget_is_over(struct ps_line_budget *budget)
{
	budget->ended = budget->ended /* B2 */ || (budget->over != NULL && budget->over(budget->context));
	return budget->ended;
}

/* Counts only the time that this thread ran, not the time that others had the processor. */
static bool is_time_up(struct ps_line_budget *budget, uint64_t now)
{
	uint64_t ran;

	if (budget->until == 0) {
		budget->until = now + budget->time;
		budget->began = ps_thread_time();
	}
	if (now < budget->until)
		return false;
	ran = ps_thread_time() - budget->began;
	if (ran < budget->time)
		budget->until = now + budget->time - ran;
	return ran >= budget->time;
}

enum ps_budget_verdict ps_line_budget_ask(struct ps_line_budget *budget)
{
	uint64_t now = ps_coarse_time();

	if (now == budget->asked)
		return PS_BUDGET_GO_ON;
	budget->asked = now;
	if (ps_line_budget_is_over(budget) || is_time_up(budget, now))
		return PS_BUDGET_STOP;
	return budget->pause_at != 0 && now >= budget->pause_at ? PS_BUDGET_PAUSE : PS_BUDGET_GO_ON;
}

void ps_line_budget_excuse(struct ps_line_budget *budget, uint64_t time)
{
	budget->began += time; /* no matter if it is not set yet */
}

bool ps_line_budget_spend(struct ps_line_budget *budget, uint64_t steps)
{
	if (budget->steps < steps || ps_line_budget_is_over(budget))
		return false;
	budget->steps -= steps;
	PS_ASSERT(budget->steps <= LINE_STEPS * budget->worth); /* B1 */
	return true;
}
