/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uv - searches in a loop of libuv.
 *
 * uv_poll_t is level-triggered: a job that stops before SEARCH_EAGAIN is called again, after the other handles of the
 * loop. uv_poll_stop() takes the descriptor out of the loop at once, so the job may be closed right after it, while
 * its handle lives on until the loop says that it is closed.
 */
#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void on_ready(uv_poll_t *handle, int status, int events)
{
	struct job *job = handle->data;
	struct jobs *jobs = job->jobs;

	(void)events;
	jobs->wakeups++;
	if (status < 0)
		jobs_fail(jobs, job->path, uv_strerror(status));
	else if (job_take(job) != JOB_ENDED)
		return;
	uv_poll_stop(handle);
	uv_close((uv_handle_t *)handle, free_handle);
	job_close(job);
	if (jobs->open == 0)
		uv_stop(handle->loop);
}

static void on_tick(uv_timer_t *timer)
{
	jobs_tick(timer->data);
}

static int watch(uv_loop_t *loop, struct job *job)
{
	uv_poll_t *handle = malloc(sizeof *handle);
	int status;

	if (handle == NULL)
		return UV_ENOMEM;
	handle->data = job;
	status = uv_poll_init(loop, handle, job->fd);
	if (status < 0) {
		free(handle);
		return status;
	}
	return uv_poll_start(handle, UV_READABLE, on_ready);
}

static int run(uv_loop_t *loop, struct jobs *jobs, uv_timer_t *timer)
{
	int status = uv_timer_start(timer, on_tick, TICK_MS, TICK_MS);
	unsigned i;

	for (i = 0; i < jobs->count && status >= 0; i++)
		status = watch(loop, &jobs->job[i]);
	if (status >= 0 && jobs->open > 0)
		uv_run(loop, UV_RUN_DEFAULT); /* until uv_stop() */
	return status;
}

/* Handles that are left, if something failed. */
static void close_handle(uv_handle_t *handle, void *timer)
{
	if (!uv_is_closing(handle))
		uv_close(handle, handle == timer ? NULL : free_handle);
}

int main(int argc, char **argv)
{
	uv_loop_t loop;
	uv_timer_t timer;
	struct jobs jobs;
	int status = uv_loop_init(&loop);

	if (status < 0) {
		fprintf(stderr, "uv: cannot make a loop: %s\n", uv_strerror(status));
		return 2;
	}
	uv_timer_init(&loop, &timer);
	timer.data = &jobs;
	if (jobs_open(&jobs, "uv", argc, argv) && (status = run(&loop, &jobs, &timer)) < 0)
		jobs_fail(&jobs, "the loop", uv_strerror(status));
	uv_walk(&loop, close_handle, &timer);
	uv_run(&loop, UV_RUN_DEFAULT); /* calls free_handle() */
	status = jobs_close(&jobs);
	uv_loop_close(&loop);
	return status;
}
