/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file_wait.c - jobs that cannot go on because the process has no descriptor left.
 *
 * Within max_open_files nobody waits: see ps_pool_shares. But the host may have used up the descriptors of the process.
 * A job that meets that lets all clients close what they keep open without use, tries once more, and parks. It is woken
 * when a descriptor is closed, and when a turn ends, since that may have closed one. The job that has waited longest
 * is woken first.
 *
 * A job is alone as long as it has had the pool to itself from before that closing on: no other job has had a thread,
 * or been ready, and no client was being closed by its host. If a job that is alone has tried in vain, it knows that no
 * descriptor will come, and may give up (ps_job_may_give_up). One that was disturbed has not tried alone: it has
 * another turn, once the others have ended theirs.
 *
 * short_count is raised before the job tries for the last time, and looked at after a descriptor was closed, both
 * seq_cst: so the job finds the descriptor, or the thread that closes it finds the job.
 */
#include "pool_internal.h"

void ps_short_forget(struct search_pool *pool, struct ps_job *job)
{
	struct ps_job **at = &pool->first_short;

	if (!job->is_short)
		return;
	while (*at != job)
		at = &(*at)->next_short;
	*at = job->next_short;
	job->is_short = false;
	atomic_fetch_sub_explicit(&pool->short_count, 1, memory_order_seq_cst);
}

/* The files of jobs that have parked are closed, until they go on. The lock is released for each of them. */
static void close_parked(struct search_pool *pool, struct ps_client *client)
{
	for (struct ps_job *job = client->jobs; job != NULL; job = job->sibling) {
		bool woken;

		if (client->left || job->state != PS_JOB_PARKED)
			continue;
		job->state = PS_JOB_RUNNING; /* J1: it is ours meanwhile */
		ps_pool_unlock(pool);
		client->close_file(job);
		ps_pool_lock(pool);
		woken = job->state == PS_JOB_RUNG;
		job->state = PS_JOB_PARKED;
		if (woken)
			ps_pool_wake(pool, job);
	}
}

/* All clients close what they do not use. The lock is released for each of them. */
static void shed_all(struct search_pool *pool)
{
	struct ps_client *client = pool->clients, *later;

	for (; client != NULL; client = later) {
		client->busy++; /* so it is not freed */
		ps_pool_unlock(pool);
		client->shed(client);
		ps_pool_lock(pool);
		close_parked(pool, client);
		later = client->left ? NULL : client->later; /* one that has left leads nowhere */
		ps_client_release(client);
	}
}

/* Could anybody but `running` jobs that have a thread close a descriptor? */
static bool are_others(const struct search_pool *pool, uint32_t running)
{
	/* relaxed: stored under the lock */
	return pool->running > running || pool->closing > 0 ||
	       atomic_load_explicit(&pool->pressing, memory_order_relaxed) != 0;
}

static void append_short(struct search_pool *pool, struct ps_job *job)
{
	struct ps_job **end = &pool->first_short;

	while (*end != NULL)
		end = &(*end)->next_short;
	*end = job;
	job->next_short = NULL;
	job->is_short = true;
	atomic_fetch_add_explicit(&pool->short_count, 1, memory_order_seq_cst);
}

void ps_job_watch_files(struct ps_job *job)
{
	struct search_pool *pool = job->client->pool;

	ps_pool_lock(pool);
	pool->alone = are_others(pool, 1) ? NULL : job;
	shed_all(pool);
	if (!job->is_short && !job->client->left)
		append_short(pool, job);
	ps_pool_unlock(pool);
}

bool ps_job_may_give_up(const struct ps_job *job)
{
	struct search_pool *pool = job->client->pool;
	bool alone;

	ps_pool_lock(pool);
	alone = job->is_short && pool->alone == job;
	ps_pool_unlock(pool);
	return alone;
}

/* Wakes the first that waits, or the first that has not tried alone. One that was woken amid its turn is passed over. */
static void wake_one(struct search_pool *pool, bool untried)
{
	struct ps_job *job = pool->first_short;

	while (job != NULL && (job->state == PS_JOB_RUNG || (untried && job->tried_alone)))
		job = job->next_short;
	if (job != NULL)
		ps_pool_wake(pool, job);
}

/* What was closed meanwhile may have woken this job, which does not need it: wakes another. */
void ps_job_forget_files(struct ps_job *job)
{
	struct search_pool *pool = job->client->pool;

	ps_pool_lock(pool);
	ps_short_forget(pool, job);
	if (job->state == PS_JOB_RUNG)
		wake_one(pool, false);
	ps_pool_unlock(pool);
}

/*
 * A turn that was not in vain may have closed a descriptor; after one that was, another job may now be alone. A job that
 * was woken during its vain turn is ready by now, and has another one: it wakes nobody, or two such jobs would go on
 * waking each other.
 */
void ps_short_end_turn(struct search_pool *pool, struct ps_job *job, bool vain)
{
	job->tried_alone = pool->alone == job;
	if (!vain || !are_others(pool, 0))
		wake_one(pool, vain);
}

void ps_short_client_closed(struct search_pool *pool)
{
	pool->closing--;
	wake_one(pool, false);
}

void ps_pool_file_closed(struct search_pool *pool)
{
	if (atomic_load_explicit(&pool->short_count, memory_order_seq_cst) == 0)
		return;
	ps_pool_lock(pool);
	wake_one(pool, false);
	ps_pool_unlock(pool);
}
