/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event_count.c - an event count on a futex.
 *
 * ck_ec keeps a counter with a flag for "somebody waits" in it: ringing is one
 * atomic addition, and a system call only where the flag is set. That is all
 * that search_cancel may do in a signal handler, where neither a mutex nor a
 * condition may be touched.
 *
 * ck_ec wakes by count and flag alone; what is waited for is in other
 * variables, each with an ordering of its own.
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
 * Unless told otherwise, ck_ec wakes up after 2 ms, and then later and later for a second, to look for
 * itself. Here each who rings sees the flag, so no wake is lost; and who wakes up for nothing may
 * have to wait for a processor when there is something. Once after 4 s, and then no more.
 */
static const struct ck_ec_ops ops = {
	.gettime = get_time,
	.wait32 = futex_wait,
	.wake32 = futex_wake,
	.initial_wait_ns = UINT32_MAX,
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
