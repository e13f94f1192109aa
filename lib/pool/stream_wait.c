/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream_wait.c - jobs that wait for a pipe, a terminal or a socket that has nothing at the moment.
 *
 * A thread of the pool must not wait for one, since others want it. So one thread more, made when the first job waits,
 * polls all such streams, together with a descriptor that is written to whenever their list changes. Each wait has a
 * number: when poll() returns, jobs that do not wait any more, or wait for something else, are not found by it.
 *
 * The list that is polled belongs to the poller, without the lock. A job that waits makes room beforehand, if need be
 * in a larger list that the poller changes to, so that the poller needs no memory.
 */
#include "pool_internal.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void wake_poller(const struct search_pool *pool)
{
	uint64_t one = 1;

	(void)!write(pool->streams.wake, &one, sizeof(one));
}

/* --- the poller --- */

static void free_list(struct ps_poll_list *list)
{
	free(list->polled);
	free(list->numbers);
	*list = (struct ps_poll_list){ 0 };
}

/* Lists what to poll: first `wake`, then the streams. Returns how many. */
static nfds_t list_streams(struct ps_stream_wait *w)
{
	nfds_t n = 1;

	if (w->next.space > 0) {
		free_list(&w->list);
		w->list = w->next;
		w->next = (struct ps_poll_list){ 0 };
	}
	w->list.polled[0] = (struct pollfd){ .fd = w->wake, .events = POLLIN };
	for (const struct ps_job *job = w->first; job != NULL; job = job->next_stream, n++) {
		w->list.polled[n] = (struct pollfd){ .fd = job->stream, .events = POLLIN };
		w->list.numbers[n] = job->stream_number;
	}
	return n;
}

static void unlink_waiter(struct ps_stream_wait *w, struct ps_job *job)
{
	struct ps_job **at = &w->first;

	while (*at != job)
		at = &(*at)->next_stream;
	*at = job->next_stream;
	job->stream_number = 0;
	w->count--;
}

/* Wakes the job that waits under this number, if one does. */
static void wake_waiter(struct search_pool *pool, uint64_t number)
{
	struct ps_job *job = pool->streams.first;

	while (job != NULL && job->stream_number != number)
		job = job->next_stream;
	if (job == NULL)
		return;
	unlink_waiter(&pool->streams, job);
	ps_pool_wake(pool, job);
}

static void *run_poller(void *argument)
{
	struct search_pool *pool = argument;
	struct ps_stream_wait *w = &pool->streams;
	uint64_t drained;

	ps_pool_lock(pool);
	while (!pool->over) {
		nfds_t count = list_streams(w);
		struct pollfd *polled = w->list.polled;
		int n;

		ps_pool_unlock(pool);
		n = poll(polled, count, -1);
		if (n > 0 && polled[0].revents != 0)
			(void)!read(w->wake, &drained, sizeof(drained));
		ps_pool_lock(pool);
		for (nfds_t i = 1; n > 0 && i < count; i++)
			if (polled[i].revents != 0)
				wake_waiter(pool, w->list.numbers[i]);
	}
	ps_pool_unlock(pool);
	return NULL;
}

/* --- waiting; under the lock --- */

/* While it is polled the system keeps it open, even if the host closes it: so the poller is told. */
void ps_streams_forget(struct search_pool *pool, struct ps_job *job)
{
	if (job->stream_number == 0)
		return;
	unlink_waiter(&pool->streams, job);
	wake_poller(pool);
}

/* Makes the poller, unless it is there. 0 or an errno. */
static int start_poller(struct search_pool *pool)
{
	struct ps_stream_wait *w = &pool->streams;
	int error;

	if (w->wake >= 0)
		return 0;
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake < 0)
		return errno;
	error = ps_thread_start(&w->thread, pool->thread_count, run_poller, pool);
	if (error != 0) {
		close(w->wake);
		w->wake = -1;
	}
	return error;
}

/* Makes sure that the poller will have room for one stream more. */
static bool reserve_list(struct ps_stream_wait *w)
{
	struct ps_poll_list *list = w->next.space > 0 ? &w->next : &w->list;
	size_t need = w->count + 2, space = ps_max(list->space * 2, ps_max(need, 16));
	struct ps_poll_list larger = { .space = space };

	if (need <= list->space)
		return true;
	larger.polled = calloc(space, sizeof(*larger.polled));
	larger.numbers = calloc(space, sizeof(*larger.numbers));
	if (larger.polled == NULL || larger.numbers == NULL) {
		free_list(&larger);
		return false;
	}
	free_list(&w->next);
	w->next = larger;
	return true;
}

int ps_job_watch_stream(struct ps_job *job, int stream)
{
	struct search_pool *pool = job->client->pool;
	struct ps_stream_wait *w = &pool->streams;
	int error = 0;

	ps_pool_lock(pool);
	if (!reserve_list(w))
		error = ENOMEM;
	if (error == 0)
		error = start_poller(pool);
	if (error == 0 && !job->client->left) {
		job->stream = stream;
		job->stream_number = ++w->last_number;
		job->next_stream = w->first;
		w->first = job;
		w->count++;
		wake_poller(pool);
	}
	ps_pool_unlock(pool);
	return error;
}

void ps_streams_end(struct search_pool *pool)
{
	if (pool->streams.wake >= 0)
		wake_poller(pool);
}

void ps_streams_destroy(struct search_pool *pool)
{
	struct ps_stream_wait *w = &pool->streams;

	ps_thread_join(&w->thread);
	if (w->wake >= 0)
		close(w->wake);
	free_list(&w->list);
	free_list(&w->next);
}

void ps_streams_forget_all(struct search_pool *pool)
{
	if (pool->streams.wake >= 0)
		close(pool->streams.wake);
}
