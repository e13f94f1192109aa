/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uring - searches in a loop of io_uring, which polls their descriptors.
 *
 * A multishot poll stays: each time that the descriptor becomes readable there is a completion, with
 * IORING_CQE_F_MORE unless the kernel has ended the poll, and then it is asked for again. As with edge-triggered epoll
 * a job whose turn is over before SEARCH_EAGAIN comes back by itself.
 *
 * A job that has ended is closed after its poll: that is removed, and its last completion waited for.
 */
#include "jobs.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <string.h>

#define ENTRIES 64

struct loop {
	struct jobs jobs;
	struct io_uring ring;
	struct __kernel_timespec tick;
};

/* A free entry for a request. If there is none, those that are filled go to the kernel first. */
static struct io_uring_sqe *get_entry(struct loop *loop)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&loop->ring);

	if (entry == NULL && io_uring_submit(&loop->ring) >= 0)
		entry = io_uring_get_sqe(&loop->ring);
	return entry;
}

static bool watch(struct loop *loop, struct job *job)
{
	struct io_uring_sqe *entry = get_entry(loop);

	if (entry == NULL)
		return false;
	io_uring_prep_poll_multishot(entry, job->fd, POLLIN);
	io_uring_sqe_set_data(entry, job);
	return true;
}

/* The completion of this request itself is nobody's. That of the poll follows it, without IORING_CQE_F_MORE. */
static bool stop_watching(struct loop *loop, struct job *job)
{
	struct io_uring_sqe *entry = get_entry(loop);

	if (entry == NULL)
		return false;
	io_uring_prep_poll_remove(entry, (__u64)(uintptr_t)job);
	io_uring_sqe_set_data(entry, NULL);
	return true;
}

static bool start_timer(struct loop *loop)
{
	struct io_uring_sqe *entry = get_entry(loop);

	if (entry == NULL)
		return false;
	loop->tick.tv_nsec = TICK_MS * 1000000L;
	io_uring_prep_timeout(entry, &loop->tick, 0, 0);
	io_uring_sqe_set_data(entry, loop);
	return true;
}

static bool on_job(struct loop *loop, struct job *job, const struct io_uring_cqe *done)
{
	bool watched = done->flags & IORING_CQE_F_MORE;

	if (job->ended) {
		if (!watched)
			job_close(job);
		return true;
	}
	if (done->res < 0) {
		errno = -done->res; /* EINVAL: the kernel is older than 5.13 */
		return false;
	}
	job->more = true;
	return watched || watch(loop, job);
}

/* Returns false if a request failed. */
static bool on_completion(struct loop *loop, const struct io_uring_cqe *done)
{
	void *whose = io_uring_cqe_get_data(done);

	if (whose == NULL)
		return true;
	if (whose != loop)
		return on_job(loop, whose, done);
	jobs_tick(&loop->jobs);
	return start_timer(loop);
}

/* Each job that is ready has one turn. Returns false if the ring has failed. */
static bool take_all(struct loop *loop, bool *more)
{
	unsigned i;

	*more = false;
	for (i = 0; i < loop->jobs.count; i++) {
		struct job *job = &loop->jobs.job[i];
		enum job_next next;

		if (!job->more)
			continue;
		next = job_take(job);
		job->more = next == JOB_MORE;
		*more |= job->more;
		job->ended = next == JOB_ENDED;
		if (job->ended && !stop_watching(loop, job))
			return false;
	}
	return true;
}

/* Returns false if the ring has failed. */
static bool run(struct loop *loop)
{
	bool more = false;

	while (loop->jobs.open > 0) {
		struct io_uring_cqe *done;
		unsigned head, count = 0;
		int status = io_uring_submit_and_wait(&loop->ring, more ? 0 : 1);
		bool ok = true;

		/* EBUSY: completions wait for room, which those that are taken now give. */
		if (status < 0 && status != -EINTR && status != -EBUSY) {
			errno = -status;
			return false;
		}
		loop->jobs.wakeups++;
		io_uring_for_each_cqe(&loop->ring, head, done) {
			ok &= on_completion(loop, done);
			count++;
		}
		io_uring_cq_advance(&loop->ring, count);
		if (!ok || !take_all(loop, &more))
			return false;
	}
	return true;
}

static bool start(struct loop *loop)
{
	unsigned i;

	if (!start_timer(loop))
		return false;
	for (i = 0; i < loop->jobs.count; i++)
		if (!watch(loop, &loop->jobs.job[i]))
			return false;
	return true;
}

int main(int argc, char **argv)
{
	struct loop loop;
	int status;

	memset(&loop, 0, sizeof loop);
	if (!jobs_open(&loop.jobs, "uring", argc, argv))
		return jobs_close(&loop.jobs);
	status = io_uring_queue_init(ENTRIES, &loop.ring, 0);
	if (status < 0) {
		jobs_fail(&loop.jobs, "the system forbids or lacks io_uring", strerror(-status));
		return jobs_close(&loop.jobs);
	}
	if (!start(&loop) || !run(&loop))
		jobs_fail(&loop.jobs, "the loop", strerror(errno));
	io_uring_queue_exit(&loop.ring); /* ends the polls that are left, before the jobs */
	return jobs_close(&loop.jobs);
}
