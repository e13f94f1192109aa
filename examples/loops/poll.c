/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poll - searches in a loop of poll(2).
 *
 * It is level-triggered: a job that stops before SEARCH_EAGAIN is readable still, and has its next turn after the
 * others. A job that is closed leaves -1 in its place, which poll() passes over. ../poll.c is smaller: one search, in
 * one file.
 */
#include "jobs.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Ticks if it is time. Returns how many milliseconds are left until the next tick. */
static int tick(struct jobs *jobs, int64_t *next)
{
	int64_t now = now_ms();

	if (now >= *next) {
		jobs_tick(jobs);
		*next = now + TICK_MS;
	}
	return (int)(*next - now);
}

/* Each job that is ready has one turn. */
static void take_all(struct jobs *jobs, struct pollfd *ready)
{
	unsigned i;

	for (i = 0; i < jobs->count; i++)
		if (ready[i].fd >= 0 && ready[i].revents != 0 && job_take(&jobs->job[i]) == JOB_ENDED) {
			ready[i].fd = -1;
			job_close(&jobs->job[i]);
		}
}

/* Returns false if poll fails. */
static bool run(struct jobs *jobs, struct pollfd *ready)
{
	int64_t next = now_ms() + TICK_MS;
	unsigned i;

	if (ready == NULL)
		return false;
	for (i = 0; i < jobs->count; i++)
		ready[i] = (struct pollfd){.fd = jobs->job[i].fd, .events = POLLIN};
	while (jobs->open > 0) {
		int count = poll(ready, jobs->count, tick(jobs, &next));

		if (count < 0 && errno != EINTR)
			return false;
		jobs->wakeups++;
		if (count > 0)
			take_all(jobs, ready);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct jobs jobs;
	struct pollfd *ready = NULL;

	if (jobs_open(&jobs, "poll", argc, argv)) {
		ready = calloc(jobs.count, sizeof *ready);
		if (!run(&jobs, ready))
			jobs_fail(&jobs, "the loop", strerror(errno));
	}
	free(ready);
	return jobs_close(&jobs);
}
