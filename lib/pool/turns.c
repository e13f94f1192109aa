/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * turns.c - whose turn it is: the jobs that are ready, and the threads that run them.
 *
 * A thread takes the next job, runs it for a turn, and takes the next one. If there is none it is idle: it waits at its
 * bell, until a job becomes ready or the deadline of a search passes. A job that becomes ready takes an idle thread off
 * the list, so that each wake-up is for one job; if there is no idle thread, one that ends its turn finds the job.
 */
#include "pool_internal.h"

/* Turns in a row of those above while one of a class waits; after that it has one. Of the highest there are none. */
static const uint32_t OVERTAKEN[PS_CLASSES] = { 0, 8, 32 };

#define SLICE UINT64_C(4000000) /* nanoseconds of a turn, if others wait */

static unsigned class_of(const struct ps_client *client)
{
	switch (client->priority) {
	case SEARCH_PRIORITY_INTERACTIVE:
		return 0;
	case SEARCH_PRIORITY_BACKGROUND:
		return 2;
	default:
		return 1;
	}
}

/* --- ready --- */

/* The classes that have a ready job, for threads that ask without the lock. */
static void show_pressing(struct search_pool *pool)
{
	uint32_t pressing = 0;

	for (unsigned i = 0; i < PS_CLASSES; i++)
		pressing |= pool->classes[i].first != NULL ? 1U << i : 0;
	atomic_store_explicit(&pool->pressing, pressing, memory_order_relaxed);
}

static void append_client(struct search_pool *pool, struct ps_client *client)
{
	struct ps_class *class = &pool->classes[class_of(client)];

	client->next = NULL;
	*class->end = client;
	class->end = &client->next;
}

/* The job will have a turn, in which it looks for itself: it waits for nothing any more. */
static void append_job(struct search_pool *pool, struct ps_job *job)
{
	struct ps_client *client = job->client;

	ps_streams_forget(pool, job);
	ps_short_forget(pool, job);
	pool->alone = NULL;
	job->state = PS_JOB_READY;
	job->next = NULL;
	if (client->ready == NULL)
		append_client(pool, client);
	*client->ready_end = job;
	client->ready_end = &job->next;
	show_pressing(pool);
}

/* Takes the first job of a class; its client goes to the end of the class. */
static struct ps_job *take_job(struct search_pool *pool, struct ps_class *class)
{
	struct ps_client *client = class->first;
	struct ps_job *job = client->ready;

	class->first = client->next;
	if (class->first == NULL)
		class->end = &class->first;
	client->ready = job->next;
	if (client->ready == NULL)
		client->ready_end = &client->ready;
	else
		append_client(pool, client);
	return job;
}

/* Which class has the next turn: PS_CLASSES if none has a ready job. */
static unsigned choose_class(struct search_pool *pool)
{
	unsigned chosen = PS_CLASSES;

	for (unsigned i = PS_CLASSES; i-- > 0;) {
		const struct ps_class *class = &pool->classes[i];

		if (class->first == NULL)
			continue;
		chosen = i;
		if (i > 0 && class->overtaken >= OVERTAKEN[i])
			break;
	}
	return chosen;
}

static struct ps_job *next_job(struct search_pool *pool)
{
	unsigned chosen = choose_class(pool);
	struct ps_job *job;

	if (chosen == PS_CLASSES)
		return NULL;
	pool->classes[chosen].overtaken = 0;
	for (unsigned i = chosen + 1; i < PS_CLASSES; i++)
		pool->classes[i].overtaken += pool->classes[i].first != NULL;
	job = take_job(pool, &pool->classes[chosen]);
	show_pressing(pool);
	return job;
}

void ps_pool_remove_ready(struct search_pool *pool, struct ps_client *client)
{
	struct ps_class *class = &pool->classes[class_of(client)];
	struct ps_client **at = &class->first;

	for (struct ps_job *job = client->ready; job != NULL; job = job->next)
		job->state = PS_JOB_PARKED;
	client->ready = NULL;
	client->ready_end = &client->ready;
	while (*at != NULL && *at != client)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = client->next;
	if (*at == NULL)
		class->end = at;
	show_pressing(pool);
}

/* --- waking --- */

struct ps_pool_thread *ps_pool_take_idle(struct search_pool *pool)
{
	struct ps_pool_thread *thread = pool->idle;

	if (thread != NULL) {
		pool->idle = thread->next;
		thread->idle = false;
	}
	return thread;
}

struct ps_pool_thread *ps_pool_make_ready(struct search_pool *pool, struct ps_job *job)
{
	if (job->client->left || job->state == PS_JOB_READY || job->state == PS_JOB_RUNG)
		return NULL;
	if (job->state == PS_JOB_RUNNING) {
		job->state = PS_JOB_RUNG; /* J2 */
		return NULL;
	}
	append_job(pool, job);
	return ps_pool_take_idle(pool);
}

void ps_pool_wake(struct search_pool *pool, struct ps_job *job)
{
	struct ps_pool_thread *thread = ps_pool_make_ready(pool, job);

	if (thread != NULL)
		ps_bell_ring(&thread->bell);
}

void ps_job_wake(struct ps_job *job)
{
	struct search_pool *pool = job->client->pool;
	struct ps_pool_thread *thread;

	ps_pool_lock(pool);
	thread = ps_pool_make_ready(pool, job);
	ps_pool_unlock(pool);
	if (thread != NULL)
		ps_bell_ring(&thread->bell);
}

/* --- deadlines --- */

void ps_pool_find_deadline(struct search_pool *pool)
{
	uint64_t next = PS_NO_DEADLINE;

	for (const struct ps_client *c = pool->clients; c != NULL; c = c->later)
		if (!c->expired_told)
			next = ps_min64(next, c->deadline);
	atomic_store_explicit(&pool->next_deadline, next, memory_order_relaxed);
}

static bool is_deadline_due(const struct search_pool *pool)
{
	uint64_t next = atomic_load_explicit(&pool->next_deadline, memory_order_relaxed);

	return next != PS_NO_DEADLINE && ps_time() >= next;
}

/* Tells a client whose deadline has passed; the lock is released meanwhile. False: there was none. */
static bool tell_deadline(struct search_pool *pool)
{
	struct ps_client *client = pool->clients;
	uint64_t now = ps_time();

	while (client != NULL && (client->expired_told || client->deadline > now))
		client = client->later;
	if (client == NULL)
		return false;
	client->expired_told = true;
	ps_pool_find_deadline(pool);
	client->busy++;
	ps_pool_unlock(pool);
	client->expired(client);
	ps_pool_lock(pool);
	ps_client_release(client);
	return true;
}

/* --- threads --- */

bool ps_job_is_pressed(const struct ps_job *job, uint64_t began, bool between)
{
	const struct search_pool *pool = job->client->pool;
	uint32_t pressing = atomic_load_explicit(&pool->pressing, memory_order_relaxed);
	uint32_t above = (1U << class_of(job->client)) - 1;

	if ((pressing & above) != 0 || is_deadline_due(pool))
		return true;
	return pressing != 0 && (between || ps_time() - began >= SLICE);
}

void ps_client_release(struct ps_client *client)
{
	struct search_pool *pool = client->pool;

	PS_ASSERT(client->busy > 0);
	client->busy--;
	if (client->busy > 0 || !client->left)
		return;
	if (client->awaited) {
		/* under the lock: the host frees the client once it has the lock after this */
		ps_bell_ring(&client->gone);
		return;
	}
	ps_pool_unlock(pool);
	client->free(client);
	ps_pool_lock(pool);
	ps_short_client_closed(pool);
}

/* The turn has ended. */
static void end_turn(struct search_pool *pool, struct ps_job *job, enum ps_turn turn)
{
	struct ps_client *client = job->client;
	bool again = turn == PS_TURN_AGAIN || job->state == PS_JOB_RUNG, vain = job->is_short;

	pool->running--;
	job->state = PS_JOB_PARKED;
	if (again && !client->left)
		append_job(pool, job);
	ps_short_end_turn(pool, job, vain);
	ps_client_release(client);
}

/*
 * A thread goes to work, and may not come back in time for the next deadline. If no idle one waits for that, one is to
 * be woken, which then will. The first of them has become idle last, and knows of it if any does.
 */
static struct ps_pool_thread *next_watch(struct search_pool *pool)
{
	uint64_t deadline = atomic_load_explicit(&pool->next_deadline, memory_order_relaxed);

	return pool->idle != NULL && pool->idle->deadline > deadline ? ps_pool_take_idle(pool) : NULL;
}

/* Runs the next job, if there is one. The lock is released meanwhile. */
static bool run_next(struct search_pool *pool)
{
	struct ps_job *job = next_job(pool);
	struct ps_pool_thread *watch;
	enum ps_turn turn;

	if (job == NULL)
		return false;
	PS_ASSERT(job->state == PS_JOB_READY && !job->client->left);
	job->state = PS_JOB_RUNNING;
	job->client->busy++;
	pool->running++;
	watch = next_watch(pool);
	ps_pool_unlock(pool);
	if (watch != NULL)
		ps_bell_ring(&watch->bell);
	turn = job->client->run(job);
	ps_pool_lock(pool);
	end_turn(pool, job, turn);
	return true;
}

/* Waits until there is something to do. The lock is released meanwhile. */
static void be_idle(struct search_pool *pool, struct ps_pool_thread *thread)
{
	uint64_t deadline = atomic_load_explicit(&pool->next_deadline, memory_order_relaxed);
	uint32_t heard = ps_bell_listen(&thread->bell);
	struct ps_pool_thread **at;

	thread->idle = true;
	thread->deadline = deadline;
	thread->next = pool->idle;
	pool->idle = thread;
	ps_pool_unlock(pool);
	ps_bell_wait(&thread->bell, heard, deadline);
	ps_pool_lock(pool);
	if (!thread->idle)
		return;
	/* the deadline came first: nobody has taken it off the list */
	for (at = &pool->idle; *at != thread; at = &(*at)->next)
		;
	*at = thread->next;
	thread->idle = false;
}

void *ps_pool_run_thread(void *argument)
{
	struct ps_pool_thread *thread = argument;
	struct search_pool *pool = thread->pool;

	ps_pool_lock(pool);
	while (!pool->over)
		if (!(is_deadline_due(pool) && tell_deadline(pool)) && !run_next(pool))
			be_idle(pool, thread);
	ps_pool_unlock(pool);
	return NULL;
}
