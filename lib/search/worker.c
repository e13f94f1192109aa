/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * worker.c - a worker: it claims, runs the claim, pushes what it finds, until nothing is left.
 *
 * All its state is in struct ps_worker. So it stops wherever it has to wait, and goes on from there. A worker with a
 * thread of its own waits for what it needs, and never stops before the search is over. In a pool the worker is a job:
 * it gives its thread up, and has another turn when what it waits for is there (pool/pool.h).
 *
 * A worker that ends early, because the search is over, leaves its claim unfinished: the head never passes it, and
 * nothing after it is delivered.
 */
#include "search.h"

/* Why a worker stops. */
enum stop {
	STOP_DONE,   /* the claim is at its end */
	STOP_IDLE,   /* there is nothing to claim */
	STOP_PARKED, /* it waits for the caller, a stream or a descriptor */
	STOP_YIELDS, /* others want the thread */
	STOP_OVER    /* the search is over */
};

/* Is the search over? Asked between steps. */
static bool is_search_over(struct ps_worker *w)
{
	return ps_ending_stops_workers(&w->search->ending) || ps_ending_expired(&w->search->ending);
}

/* For the first batch of an entry: takes a ring, which is attached to the claim once the batch is in. */
static bool open_outlet(struct ps_worker *w)
{
	struct ps_delivery *delivery;

	w->outlet = ps_outlet_take(&w->producer);
	if (w->outlet == NULL)
		return false;
	w->attached = false;
	delivery = ps_outlet_user(w->outlet);
	delivery->source = ps_claim_source_index(w->task.claim);
	if (ps_claim_path(w->task.claim, ps_task_entry(&w->task), &delivery->path) != SEARCH_OK) {
		ps_ending_fail(&w->search->ending, SEARCH_ENOMEM);
		return false;
	}
	return true;
}

/* Hands the task's batch on. False: the search is over, or the worker has parked. */
static bool push_batch(struct ps_worker *w)
{
	struct ps_batch *batch = w->task.batch;
	bool last = batch->last;

	PS_ASSERT(batch->count > 0 || w->outlet != NULL); /* a file with nothing to deliver takes no ring */
	if (w->outlet == NULL && !open_outlet(w))
		return false;
	if (!ps_outlet_push(w->outlet, &w->producer, batch))
		return false;
	w->task.batch = NULL;
	if (!w->attached)
		ps_plan_attach(w->search->plan, w->task.claim, &((struct ps_delivery *)ps_outlet_user(w->outlet))->place);
	w->attached = true;
	if (last)
		w->outlet = NULL;
	return true;
}

/* --- a worker with a thread of its own --- */

/* Does a step. Reports to the plan if it waits for a stream; of waits for a descriptor the plan knows by itself. */
static int step_waiting(struct ps_worker *w)
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

/* --- a worker in a pool --- */

static bool is_in_pool(const struct ps_worker *w)
{
	return w->search->pool != NULL;
}

/* The plan knows which workers wait for a stream, or have parked for lack of a descriptor. */
static void set_stalled(struct ps_worker *w, bool stalled)
{
	if (w->stalled != stalled)
		ps_plan_blocked(w->search->plan, stalled);
	w->stalled = stalled;
}

/*
 * Tries a step. If the results are unordered, the file in front may have been closed between turns, and then needs a
 * descriptor as the head does: the head may wait for the caller, who waits for this file.
 */
static int try_step(struct ps_worker *w)
{
	w->holder.front = w->outlet != NULL && w->attached && ps_outlet_is_front(w->outlet);
	return ps_task_step(&w->task, false);
}

/* Does a step. PS_TASK_WAIT: the worker will be woken for the next one. */
static int step_and_park(struct ps_worker *w)
{
	int rc, error;

	set_stalled(w, false);
	rc = try_step(w);
	if (rc != PS_TASK_WAIT)
		return rc;
	if (!ps_task_waits_for_stream(&w->task)) {
		ps_job_watch_files(&w->job);
		rc = try_step(w);
		if (rc != PS_TASK_WAIT)
			ps_job_forget_files(&w->job);
		set_stalled(w, rc == PS_TASK_WAIT);
		return rc;
	}
	set_stalled(w, true);
	error = ps_job_watch_stream(&w->job, w->task.opened.fd);
	if (error != 0) {
		ps_scanner_break(w->task.scanner, error);
		return PS_TASK_MORE;
	}
	return PS_TASK_WAIT;
}

static int step_in_pool(struct ps_worker *w)
{
	uint64_t began = ps_time(), ended;
	int rc = step_and_park(w);

	ended = ps_time();
	ps_news_step(&w->search->news, &w->search->door, ended, ended - began);
	return rc;
}

/*
 * The worker gives its thread up, with a file open perhaps. Within what the pool has for that the file stays open;
 * otherwise it is closed until the next turn. False: it cannot be closed, and the worker goes on, unless it `must`
 * stop. A stream cannot be closed and may have no end: it stays open beyond what the pool has.
 */
static bool rest_worker(struct ps_worker *w, bool must)
{
	struct ps_pool_shares *shares = ps_pool_shares(w->search->pool);

	must |= ps_task_has_stream(&w->task);
	if (!ps_task_has_file(&w->task) || ps_share_take(&shares->cached, 1)) {
		w->keeps_file = ps_task_has_file(&w->task);
		return true;
	}
	if (!ps_task_rest(&w->task)) {
		if (must)
			ps_share_charge(&shares->cached, 1);
		w->keeps_file = must;
		return must;
	}
	ps_claim_let_go(w->search->plan, w->task.claim);
	return true;
}

static void end_worker_rest(struct ps_worker *w)
{
	if (w->keeps_file)
		ps_share_give_back(&ps_pool_shares(w->search->pool)->cached, 1);
	w->keeps_file = false;
}

static struct ps_worker *worker_of(struct ps_job *job)
{
	return (struct ps_worker *)(void *)((char *)job - offsetof(struct ps_worker, job));
}

void ps_worker_close_file(struct ps_job *job)
{
	struct ps_worker *w = worker_of(job);

	if (!w->keeps_file || !ps_task_rest(&w->task))
		return;
	end_worker_rest(w);
	ps_claim_let_go(w->search->plan, w->task.claim);
}

void ps_worker_free(struct ps_worker *w, struct ps_buffers **last)
{
	if (w->search != NULL && is_in_pool(w))
		end_worker_rest(w);
	ps_task_destroy(&w->task, last);
}

/* The search is over, but the host may keep it: what the worker has open is closed, and what nobody uses. */
static void abandon_claim(struct ps_worker *w)
{
	struct ps_plan *plan = w->search->plan;

	if (w->task.claim == NULL)
		return;
	ps_task_abandon(&w->task);
	ps_claim_let_go(plan, w->task.claim);
	ps_plan_shed(plan);
}

/* Do others want the thread? `between`: claims. */
static bool is_pressed(const struct ps_worker *w, bool between)
{
	return is_in_pool(w) && ps_job_is_pressed(&w->job, w->turn_began, between);
}

/* --- both --- */

/* Runs the claim on. In a pool a turn does a step in any case, however others press: none is kept waiting for ever. */
static enum stop run_claim(struct ps_worker *w)
{
	for (bool stepped = false;; stepped = true) {
		int rc;

		if (is_search_over(w))
			return STOP_OVER;
		if (w->full && !push_batch(w))
			return w->producer.parked ? STOP_PARKED : STOP_OVER;
		w->full = false;
		if (stepped && is_pressed(w, false) && rest_worker(w, false))
			return STOP_YIELDS;
		rc = is_in_pool(w) ? step_in_pool(w) : step_waiting(w);
		if (rc == PS_TASK_END)
			return STOP_DONE;
		if (rc == PS_TASK_WAIT && is_in_pool(w))
			return STOP_PARKED;
		w->full = rc == PS_TASK_BATCH;
		if (rc < 0) {
			ps_ending_fail(&w->search->ending, rc);
			return STOP_OVER;
		}
	}
}

/* Claims, and runs claims, until it has to stop. */
static enum stop run_claims(struct ps_worker *w)
{
	for (;;) {
		enum stop stop;
		int rc = PS_CLAIM_MADE;

		if (w->task.claim == NULL) {
			struct ps_claim *claim = w->finished;

			w->finished = NULL;
			rc = ps_plan_claim(w->search->plan, &w->holder, &claim);
			if (rc == PS_CLAIM_MADE)
				ps_task_begin(&w->task, claim);
		}
		if (rc == PS_CLAIM_NOTHING)
			return STOP_IDLE;
		if (rc != PS_CLAIM_MADE) {
			ps_ending_fail(&w->search->ending, rc);
			return STOP_OVER;
		}
		stop = run_claim(w);
		if (stop != STOP_DONE)
			return stop;
		w->finished = w->task.claim;
		w->task.claim = NULL;
		if (is_pressed(w, true)) {
			ps_plan_finish(w->search->plan, &w->holder, w->finished);
			w->finished = NULL;
			return STOP_YIELDS;
		}
	}
}

void ps_worker_blocked(struct ps_producer *producer, bool blocked)
{
	ps_plan_blocked(ps_worker_of(producer)->search->plan, blocked);
}

void *ps_worker_run(void *worker)
{
	struct ps_worker *w = worker;

	while (wait_for_work(w) && run_claims(w) == STOP_IDLE)
		;
	return NULL;
}

/* Runs the worker until it has to stop. */
static enum stop run_turn(struct ps_worker *w)
{
	end_worker_rest(w);
	if (is_search_over(w))
		return STOP_OVER;
	/* acquire, pairs with wake_idle. It may be woken without reason */
	if (w->task.claim == NULL && atomic_load_explicit(&w->holder.idle, memory_order_acquire))
		return STOP_IDLE;
	return run_claims(w);
}

enum ps_turn ps_worker_turn(struct ps_job *job)
{
	struct ps_worker *w = worker_of(job);
	enum stop stop;

	w->turn_began = ps_time();
	stop = run_turn(w);
	if (stop == STOP_PARKED)
		rest_worker(w, true);
	if (stop == STOP_OVER)
		abandon_claim(w);
	ps_news_end(&w->search->news, &w->search->door);
	return stop == STOP_YIELDS ? PS_TURN_AGAIN : PS_TURN_PARK;
}
