/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event_count.c - an event count on a futex.
 *
 * ck_ec keeps a counter, and in it a flag for "somebody waits". To ring is one atomic addition, and a system call only
 * if the flag is set. search_cancel can do that in a signal handler, which may touch neither a mutex nor a condition
 * variable.
 *
 * ck_ec knows only the count and the flag. What the thread waits for is in other variables, each with its own ordering:
 * see the table in queue.h.
 */
#include "queue.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The call that takes libc's timespec: there are two if time_t has 64 bits and a long 32. */
#ifdef SYS_futex_time64
#define FUTEX (sizeof(time_t) > sizeof(long) ? SYS_futex_time64 : SYS_futex)
#else
#define FUTEX SYS_futex
#endif

static int get_time(const struct ck_ec_ops *ops, struct timespec *now)
{
	(void)ops;
	return clock_gettime(CLOCK_MONOTONIC, now);
}

static void futex_wait(const struct ck_ec_wait_state *state, const uint32_t *word, uint32_t expected,
		       const struct timespec *deadline)
{
	(void)state;
	/* the bitset form takes an absolute time, on CLOCK_MONOTONIC */
	syscall(FUTEX, word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline, NULL,
		FUTEX_BITSET_MATCH_ANY);
}

static void futex_wake(const struct ck_ec_ops *ops, const uint32_t *word)
{
	int error = errno; /* a signal handler may be ringing */

	(void)ops;
	syscall(FUTEX, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	errno = error;
}

/*
 * By default ck_ec polls as a safety net: after 2 ms first, then at growing intervals for about a second. That is not
 * needed here, since every ring sees the flag; and a thread that wakes up for nothing may have to wait for a processor
 * when there is something. This moves the only poll to 4 s. And it looks only a few times before it sleeps, not 100
 * times: what is waited for takes longer than that, or the thread that brings it wants our processor.
 */
static const struct ck_ec_ops ops = {
	.gettime = get_time,
	.wait32 = futex_wait,
	.wake32 = futex_wake,
	.initial_wait_ns = UINT32_MAX,
	.busy_loop_iter = 8,
};

static const struct ck_ec_mode mode = { .ops = &ops, .single_producer = false };

void ps_bell_init(struct ps_bell *bell)
{
	ck_ec32_init(&bell->count, 0);
}

uint32_t ps_bell_listen(const struct ps_bell *bell)
{
	return ck_ec32_value(&bell->count);
}

bool ps_bell_wait(struct ps_bell *bell, uint32_t heard, uint64_t deadline)
{
	struct timespec at = {
		.tv_sec = (time_t)(deadline / 1000000000U),
		.tv_nsec = (long)(deadline % 1000000000U),
	};

	return ck_ec32_wait(&bell->count, &mode, heard, deadline == PS_NO_DEADLINE ? NULL : &at) == 0;
}

void ps_bell_ring(struct ps_bell *bell)
{
	ck_ec32_inc(&bell->count, &mode);
}

void ps_bell_hand_over(struct ps_bell *bell)
{
	bool waits = ck_ec32_has_waiters(&bell->count);

	ps_bell_ring(bell);
	if (waits)
		sched_yield();
}
