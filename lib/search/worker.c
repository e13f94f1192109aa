/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worker.c - a worker thread: it claims, runs the claim, pushes what it finds, until nothing is left.
 *
 * A worker that ends early, because the search is over, leaves its claim unfinished: the head never passes it, and
 * nothing after it is delivered.
 */
#include "search.h"

/* Is the search over? Asked between steps. */
static bool is_search_over(struct ps_worker *w)
{
	return ps_ending_stops_workers(&w->search->ending) || ps_ending_expired(&w->search->ending);
}

/* For the first batch of an entry: takes a ring, which is attached to the claim once the batch is in. */
static bool open_outlet(struct ps_worker *w, struct ps_delivery **delivery)
{
	w->outlet = ps_outlet_take(&w->producer);
	if (w->outlet == NULL)
		return false;
	*delivery = ps_outlet_user(w->outlet);
	(*delivery)->source = ps_claim_source_index(w->task.claim);
	if (ps_claim_path(w->task.claim, ps_task_entry(&w->task), &(*delivery)->path) != SEARCH_OK) {
		ps_ending_fail(&w->search->ending, SEARCH_ENOMEM);
		return false;
	}
	return true;
}

/* Hands the task's batch on. False: the search is over. */
static bool push_batch(struct ps_worker *w)
{
	struct ps_delivery *delivery = NULL;
	struct ps_batch *batch = w->task.batch;
	bool last = batch->last;

	PS_ASSERT(batch->count > 0 || w->outlet != NULL); /* a file with nothing to deliver takes no ring */
	if (w->outlet == NULL && !open_outlet(w, &delivery))
		return false;
	if (!ps_outlet_push(w->outlet, &w->producer, batch))
		return false;
	w->task.batch = NULL;
	if (delivery != NULL)
		ps_plan_attach(w->search->plan, w->task.claim, &delivery->place);
	if (last)
		w->outlet = NULL;
	return true;
}

/* Does a step. Reports to the plan if it waits for a stream; of waits for a descriptor the plan knows by itself. */
static int step_task(struct ps_worker *w)
{
	int rc = ps_task_step(&w->task, false);
	bool stream = w->task.state == PS_TASK_SCAN;

	if (rc != PS_TASK_WAIT)
		return rc;
	if (stream)
		ps_plan_blocked(w->search->plan, true);
	PS_TRACE(&w->search->trace, "wait for a stream", w, stream);
	rc = ps_task_step(&w->task, true);
	if (stream)
		ps_plan_blocked(w->search->plan, false);
	return rc;
}

/* Runs a claim to its end. False: the search is over. */
static bool run_claim(struct ps_worker *w)
{
	for (;;) {
		int rc;

		if (is_search_over(w))
			return false;
		rc = step_task(w);
		if (rc == PS_TASK_END)
			return true;
		if (rc == PS_TASK_BATCH && !push_batch(w))
			return false;
		if (rc < 0) {
			ps_ending_fail(&w->search->ending, rc);
			return false;
		}
	}
}

/* Waits until there may be something to claim. False: the search is over. */
static bool wait_for_work(struct ps_worker *w)
{
	for (;;) {
		uint32_t heard = ps_bell_listen(&w->producer.bell);

		if (is_search_over(w))
			return false;
		/* acquire, pairs with wake_idle */
		if (!atomic_load_explicit(&w->holder.idle, memory_order_acquire))
			return true;
		PS_TRACE(&w->search->trace, "wait for work", w, 0);
		ps_bell_wait(&w->producer.bell, heard, w->search->settings.deadline);
	}
}

void ps_worker_blocked(struct ps_producer *producer, bool blocked)
{
	char *worker = (char *)producer - offsetof(struct ps_worker, producer);

	ps_plan_blocked(((struct ps_worker *)(void *)worker)->search->plan, blocked);
}

void *ps_worker_run(void *worker)
{
	struct ps_worker *w = worker;
	struct ps_claim *claim = NULL;

	while (wait_for_work(w)) {
		int rc;

		while ((rc = ps_plan_claim(w->search->plan, &w->holder, &claim)) == PS_CLAIM_MADE) {
			ps_task_begin(&w->task, claim);
			if (!run_claim(w))
				return NULL;
			w->task.claim = NULL;
		}
		if (rc != PS_CLAIM_NOTHING) {
			ps_ending_fail(&w->search->ending, rc);
			return NULL;
		}
	}
	return NULL;
}
