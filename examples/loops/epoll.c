/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * epoll - searches in a loop of epoll(7), edge-triggered.
 *
 * EPOLLET tells once that a descriptor has become readable, and the library makes it so anew after each
 * SEARCH_EAGAIN. A job that stops earlier, since its turn is over, must come back by itself: `more` says so, and while
 * there is such a job the loop does not wait, but only looks.
 */
#include "jobs.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define MOST 16 /* events at once */

struct loop {
	struct jobs jobs;
	int epoll;
	int timer;
};

static bool watch(struct loop *loop, int fd, void *data)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.ptr = data}};

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool start_timer(struct loop *loop)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
	const struct itimerspec each = {.it_interval = tick, .it_value = tick};

	return timerfd_settime(loop->timer, 0, &each, NULL) == 0 && watch(loop, loop->timer, NULL);
}

static bool start(struct loop *loop)
{
	unsigned i;

	if (loop->epoll < 0 || loop->timer < 0 || !start_timer(loop))
		return false;
	for (i = 0; i < loop->jobs.count; i++)
		if (!watch(loop, loop->jobs.job[i].fd, &loop->jobs.job[i]))
			return false;
	return true;
}

static void on_timer(struct loop *loop)
{
	uint64_t expirations;

	if (read(loop->timer, &expirations, sizeof expirations) > 0)
		jobs_tick(&loop->jobs);
}

/* Each job that is ready has one turn. Returns whether one of them has to come back. */
static bool take_all(struct loop *loop)
{
	bool more = false;
	unsigned i;

	for (i = 0; i < loop->jobs.count; i++) {
		struct job *job = &loop->jobs.job[i];
		enum job_next next;

		if (!job->more)
			continue;
		next = job_take(job);
		job->more = next == JOB_MORE;
		more |= job->more;
		if (next == JOB_ENDED) {
			epoll_ctl(loop->epoll, EPOLL_CTL_DEL, job->fd, NULL);
			job_close(job);
		}
	}
	return more;
}

/* Returns false if epoll fails. */
static bool run(struct loop *loop)
{
	struct epoll_event events[MOST];
	bool more = false;

	while (loop->jobs.open > 0) {
		int i, count = epoll_wait(loop->epoll, events, MOST, more ? 0 : -1);

		if (count < 0 && errno != EINTR)
			return false;
		loop->jobs.wakeups++;
		for (i = 0; i < count; i++)
			if (events[i].data.ptr == NULL)
				on_timer(loop);
			else
				((struct job *)events[i].data.ptr)->more = true;
		more = take_all(loop);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct loop loop = {.epoll = epoll_create1(EPOLL_CLOEXEC),
			    .timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
	int status;

	if (jobs_open(&loop.jobs, "epoll", argc, argv) && !(start(&loop) && run(&loop)))
		jobs_fail(&loop.jobs, "the loop", strerror(errno));
	status = jobs_close(&loop.jobs);
	close(loop.epoll);
	close(loop.timer);
	return status;
}
