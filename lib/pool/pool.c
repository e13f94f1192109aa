/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.c - a pool is made, searches join and leave it, and it ends.
 *
 * It ends when the host has given its handle back and the last search is closed, whichever comes later, on the thread
 * that does that. A search that was closed while one of its jobs had a thread is freed by this thread, which is joined
 * after that.
 */
#include "pool_internal.h"

#include <stdlib.h>

/* --- making it --- */

static bool init_threads(struct search_pool *pool, uint32_t workers)
{
	pool->threads = calloc(workers, sizeof(*pool->threads));
	for (uint32_t i = 0; pool->threads != NULL && i < workers; i++) {
		pool->threads[i].pool = pool;
		ps_bell_init(&pool->threads[i].bell);
	}
	return pool->threads != NULL;
}

/* Starts as many as can be made. */
static void start_threads(struct search_pool *pool, uint32_t workers)
{
	uint32_t n = 0;

	while (n < workers &&
	       ps_thread_start(&pool->threads[n].thread, n, ps_pool_run_thread, &pool->threads[n]) == 0)
		n++;
	pool->thread_count = n;
}

static void free_pool(struct search_pool *pool)
{
	ps_owner_destroy(&pool->owner);
	free(pool->threads);
	free(pool);
}

int ps_pool_new(struct search_pool **out, uint32_t workers, uint32_t max_open_files, uint64_t max_queued_bytes,
		uint64_t max_memory)
{
	struct search_pool *pool = calloc(1, sizeof(*pool));

	*out = NULL;
	if (pool == NULL || !init_threads(pool, workers) || pthread_mutex_init(&pool->lock, NULL) != 0) {
		if (pool != NULL)
			free(pool->threads);
		free(pool);
		return SEARCH_ENOMEM;
	}
	ps_owner_init(&pool->owner);
	pool->max_open_files = max_open_files;
	/* each thread may need two at once: what it reads, and the way to it (plan/open_deep.c) */
	ps_share_init(&pool->shares.cached, max_open_files - 2 * workers);
	ps_share_init(&pool->shares.open, UINT64_MAX);
	ps_share_init(&pool->shares.bytes, max_queued_bytes);
	ps_share_init(&pool->shares.memory, max_memory);
	for (unsigned i = 0; i < PS_CLASSES; i++)
		pool->classes[i].end = &pool->classes[i].first;
	pool->streams.wake = -1;
	atomic_init(&pool->next_deadline, PS_NO_DEADLINE);
	start_threads(pool, workers);
	if (pool->thread_count == 0) {
		pthread_mutex_destroy(&pool->lock);
		free_pool(pool);
		return SEARCH_ESYSTEM;
	}
	*out = pool;
	return SEARCH_OK;
}

/* --- ending it --- */

/* Nobody uses it any more: joins its threads and frees it. */
static void end_pool(struct search_pool *pool)
{
	ps_pool_lock(pool);
	pool->over = true;
	ps_streams_end(pool);
	ps_pool_unlock(pool);
	for (uint32_t i = 0; i < pool->thread_count; i++)
		ps_bell_ring(&pool->threads[i].bell);
	for (uint32_t i = 0; i < pool->thread_count; i++)
		ps_thread_join(&pool->threads[i].thread);
	ps_streams_destroy(pool);
	pthread_mutex_destroy(&pool->lock);
	free_pool(pool);
}

void ps_pool_let_go(struct search_pool *pool)
{
	bool ends;

	ps_pool_lock(pool);
	pool->let_go = true;
	ends = pool->users == 0;
	ps_pool_unlock(pool);
	if (ends)
		end_pool(pool);
}

void ps_pool_part(struct search_pool *pool)
{
	bool ends;

	ps_pool_lock(pool);
	ps_short_client_closed(pool);
	pool->users--;
	ends = pool->let_go && pool->users == 0;
	ps_pool_unlock(pool);
	if (ends)
		end_pool(pool);
}

bool ps_pool_is_inherited(const struct search_pool *pool)
{
	return ps_owner_is_parent(&pool->owner);
}

void ps_pool_forget(struct search_pool *pool)
{
	ps_streams_forget_all(pool);
}

/* --- clients --- */

void ps_pool_join(struct ps_client *client)
{
	struct search_pool *pool = client->pool;
	struct ps_pool_thread *thread = NULL;

	client->ready_end = &client->ready;
	ps_bell_init(&client->gone);
	/* relaxed: a share is a hint */
	atomic_fetch_add_explicit(&pool->shares.clients, 1, memory_order_relaxed);
	ps_pool_lock(pool);
	client->later = pool->clients;
	if (client->later != NULL)
		client->later->earlier = client;
	pool->clients = client;
	pool->users++;
	if (client->deadline < atomic_load_explicit(&pool->next_deadline, memory_order_relaxed)) {
		ps_pool_find_deadline(pool);
		thread = ps_pool_take_idle(pool); /* it waits until the new deadline from now on */
	}
	ps_pool_unlock(pool);
	if (thread != NULL)
		ps_bell_ring(&thread->bell);
}

static void unlink_client(struct search_pool *pool, struct ps_client *client)
{
	if (client->earlier != NULL)
		client->earlier->later = client->later;
	else
		pool->clients = client->later;
	if (client->later != NULL)
		client->later->earlier = client->earlier;
}

/* Waits until no thread has to do with the client any more. */
static void wait_for_threads(struct search_pool *pool, struct ps_client *client)
{
	for (;;) {
		uint32_t heard = ps_bell_listen(&client->gone);
		bool busy;

		ps_pool_lock(pool);
		busy = client->busy > 0;
		ps_pool_unlock(pool);
		if (!busy)
			return;
		ps_bell_wait(&client->gone, heard, PS_NO_DEADLINE);
	}
}

bool ps_pool_leave(struct ps_client *client, bool wait)
{
	struct search_pool *pool = client->pool;
	bool busy;

	ps_pool_lock(pool);
	client->left = true;
	client->awaited = wait;
	ps_pool_remove_ready(pool, client);
	for (struct ps_job *job = client->jobs; job != NULL; job = job->sibling) {
		ps_streams_forget(pool, job);
		ps_short_forget(pool, job);
	}
	unlink_client(pool, client);
	ps_pool_find_deadline(pool);
	busy = client->busy > 0;
	pool->alone = NULL;
	pool->closing += busy && !wait ? 2 : 1; /* a thread frees it, and the host parts from the pool */
	ps_pool_unlock(pool);
	atomic_fetch_sub_explicit(&pool->shares.clients, 1, memory_order_relaxed);
	if (busy && wait)
		wait_for_threads(pool, client);
	return !busy || wait;
}

/* --- what it says of itself --- */

struct ps_pool_shares *ps_pool_shares(struct search_pool *pool)
{
	return &pool->shares;
}

uint32_t ps_pool_workers(const struct search_pool *pool)
{
	return pool->thread_count;
}

uint32_t ps_pool_max_open_files(const struct search_pool *pool)
{
	return pool->max_open_files;
}

static uint64_t most_of(const struct ps_share *share)
{
	return atomic_load_explicit(&share->most, memory_order_relaxed);
}

void ps_pool_fill_stats(const struct search_pool *pool, struct search_pool_stats *stats)
{
	stats->workers = pool->thread_count;
	stats->searches = atomic_load_explicit(&pool->shares.clients, memory_order_relaxed);
	stats->open_files = ps_share_used(&pool->shares.open);
	stats->peak_open_files = most_of(&pool->shares.open);
	stats->queued_bytes = ps_share_used(&pool->shares.bytes);
	stats->peak_queued_bytes = most_of(&pool->shares.bytes);
	stats->memory = ps_share_used(&pool->shares.memory);
	stats->peak_memory = most_of(&pool->shares.memory);
}
