/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line_budget.c - see line_budget.h.
 */
#include "../base/base.h"

#include "line_budget.h"

#define LINE_TIME UINT64_C(3000000000) /* nanoseconds that a line has, */
#define BYTE_TIME 1000                 /* and those that each of its bytes adds */
#define SLACK UINT64_C(5000000)        /* nanoseconds by which the host's limit may be missed */
#define LINE_STEPS UINT64_C(300000000) /* of the simulation: some seconds */
#define TEXT_OF_LINE ((size_t)1 << 20) /* bytes of a whole text that count as one more line */

static void renew_budget(struct ps_line_budget *budget, size_t length, uint64_t worth)
{
	PS_ASSERT(budget->haste > 0);
	budget->asked = 0;
	budget->worth = worth;
	budget->time = (struct ps_stopwatch){ .left = LINE_TIME + (uint64_t)length * BYTE_TIME };
	budget->retries = PS_LINE_RETRIES * worth;
	budget->steps = LINE_STEPS * worth;
	budget->ended = false;
	if (budget->haste == 1)
		return; /* nearly always, and divisions take long */
	budget->time.left /= budget->haste;
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

void ps_line_budget_enter_text(struct ps_line_budget *budget, const uint8_t *text, size_t length)
{
	if (budget->limit == 0 || budget->line == text)
		return;
	budget->line = text;
	budget->line_time = (struct ps_stopwatch){ .left = budget->limit * (1 + length / TEXT_OF_LINE) };
	budget->late = false;
}

static void start_watch(struct ps_stopwatch *watch, uint64_t now)
{
	watch->until = now + watch->left;
	watch->began = ps_thread_time();
	watch->stopped = false;
}

static void stop_watch(struct ps_stopwatch *watch, uint64_t thread_time)
{
	if (watch->until == 0)
		return;
	watch->left -= ps_min64(watch->left, thread_time - watch->began);
	watch->until = 0;
	watch->stopped = true;
}

static void continue_watch(struct ps_stopwatch *watch)
{
	if (watch->stopped)
		start_watch(watch, ps_coarse_time());
}

void ps_line_budget_leave(struct ps_line_budget *budget)
{
	uint64_t now;

	if (budget->time.until == 0 && budget->line_time.until == 0)
		return;
	now = ps_thread_time();
	stop_watch(&budget->time, now);
	stop_watch(&budget->line_time, now);
}

void ps_line_budget_return(struct ps_line_budget *budget)
{
	continue_watch(&budget->time);
	continue_watch(&budget->line_time);
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

/*
 * Starts the watch unless it runs. Counts only the time that this thread ran, not the time that others had the
 * processor.
 */
static bool is_time_up(struct ps_stopwatch *watch, uint64_t now)
{
	uint64_t ran;

	if (watch->until == 0)
		start_watch(watch, now);
	if (now < watch->until)
		return false;
	ran = ps_thread_time() - watch->began;
	if (ran < watch->left)
		watch->until = now + watch->left - ran;
	return ran >= watch->left;
}

static bool is_late(struct ps_line_budget *budget, uint64_t now)
{
	budget->late = budget->late /* B3 */ || is_time_up(&budget->line_time, now);
	return budget->late;
}

bool ps_line_budget_may_go_on(struct ps_line_budget *budget)
{
	return !ps_line_budget_is_over(budget) && (budget->limit == 0 || !is_late(budget, ps_coarse_time()));
}

enum ps_budget_verdict ps_line_budget_ask(struct ps_line_budget *budget)
{
	uint64_t now = ps_coarse_time();

	if (now == budget->asked)
		return PS_BUDGET_GO_ON;
	budget->asked = now;
	if (ps_line_budget_is_over(budget) || (budget->limit != 0 && is_late(budget, now)) ||
	    is_time_up(&budget->time, now))
		return PS_BUDGET_STOP;
	return budget->pause_at != 0 && now >= budget->pause_at ? PS_BUDGET_PAUSE : PS_BUDGET_GO_ON;
}

bool ps_line_budget_affords(struct ps_line_budget *budget, uint64_t nanoseconds)
{
	struct ps_stopwatch *watch = &budget->line_time;

	if (budget->limit == 0 || nanoseconds <= SLACK)
		return true;
	if (!is_late(budget, ps_coarse_time()))
		budget->late = ps_thread_time() - watch->began + nanoseconds - SLACK > watch->left;
	return !budget->late;
}

void ps_line_budget_excuse(struct ps_line_budget *budget, uint64_t time)
{
	budget->time.began += time; /* no matter if these are not set yet */
	budget->line_time.began += time;
}

bool ps_line_budget_spend(struct ps_line_budget *budget, uint64_t steps)
{
	if (budget->steps < steps || !ps_line_budget_may_go_on(budget))
		return false;
	budget->steps -= steps;
	PS_ASSERT(budget->steps <= LINE_STEPS * budget->worth); /* B1 */
	return true;
}
