/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ending.c - is the search over? What all threads ask, and how each of them ends it.
 *
 * To end a search is to set a flag, then to wake the threads that would not look at it by themselves: those that wait
 * for a stream, through a descriptor that they poll beside it, and the caller, who then stops the workers. A flag
 * that is set stays set.
 *
 * The descriptor is made when a thread first waits for a stream. The flags and stop_fd are seq_cst: a thread that ends
 * the search sets a flag, then looks for the descriptor; the thread that makes the descriptor stores it, then looks at
 * the flags. So at least one of them sees what the other has stored, and writes to the descriptor.
 */
#include "search.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

void ps_ending_init(struct ps_ending *ending, struct ps_doorbell *caller)
{
	atomic_init(&ending->stop_fd, -1);
	ending->deadline = PS_NO_DEADLINE;
	ending->caller = caller;
}

void ps_ending_destroy(struct ps_ending *ending)
{
	int fd = atomic_load_explicit(&ending->stop_fd, memory_order_seq_cst);

	if (fd >= 0)
		close(fd);
}

static void wake_streams(struct ps_ending *ending)
{
	int fd = atomic_load_explicit(&ending->stop_fd, memory_order_seq_cst), error = errno;
	uint64_t one = 1;

	if (fd >= 0)
		(void)!write(fd, &one, sizeof(one));
	errno = error;
}

bool ps_ending_is_over(const struct ps_ending *ending)
{
	return atomic_load_explicit(&ending->stop, memory_order_seq_cst) ||
	       atomic_load_explicit(&ending->canceled, memory_order_seq_cst) ||
	       atomic_load_explicit(&ending->expired, memory_order_seq_cst) ||
	       atomic_load_explicit(&ending->failure, memory_order_seq_cst) != 0;
}

bool ps_ending_is_over_by_now(const void *context)
{
	const struct ps_ending *ending = context;

	return ps_ending_is_over(ending) || (ending->deadline != PS_NO_DEADLINE && ps_time() >= ending->deadline);
}

bool ps_ending_stops_workers(const struct ps_ending *ending)
{
	/* acquire, pairs with the stores below */
	return atomic_load_explicit(&ending->stop, memory_order_acquire) ||
	       atomic_load_explicit(&ending->canceled, memory_order_acquire) ||
	       atomic_load_explicit(&ending->failure, memory_order_acquire) != 0;
}

int ps_ending_stop_fd(struct ps_ending *ending)
{
	int fd = atomic_load_explicit(&ending->stop_fd, memory_order_seq_cst), none = -1;

	if (fd >= 0)
		return fd;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd >= 0 && !atomic_compare_exchange_strong_explicit(&ending->stop_fd, &none, fd, memory_order_seq_cst,
								memory_order_seq_cst)) {
		close(fd);
		fd = none;
	}
	if (ps_ending_is_over(ending))
		wake_streams(ending);
	return fd;
}

/* After a flag was set: wakes the threads that wait for a stream, and the caller. Async-signal-safe. */
static void wake_all(struct ps_ending *ending)
{
	wake_streams(ending);
	ps_doorbell_ring(ending->caller);
}

void ps_ending_stop(struct ps_ending *ending)
{
	PS_TRACE(ending->trace, "stop", ending, 0);
	atomic_store_explicit(&ending->stop, true, memory_order_seq_cst);
	wake_streams(ending);
}

void ps_ending_cancel(struct ps_ending *ending)
{
	PS_TRACE(ending->trace, "cancel", ending, 0);
	atomic_store_explicit(&ending->canceled, true, memory_order_seq_cst);
	wake_all(ending);
}

void ps_ending_fail(struct ps_ending *ending, int code)
{
	int none = 0;

	PS_TRACE(ending->trace, "fail", ending, code);
	atomic_compare_exchange_strong_explicit(&ending->failure, &none, code, memory_order_seq_cst,
						memory_order_seq_cst);
	wake_all(ending);
}

bool ps_ending_expired(struct ps_ending *ending)
{
	if (ending->deadline == PS_NO_DEADLINE)
		return false;
	if (atomic_load_explicit(&ending->expired, memory_order_seq_cst))
		return true;
	if (ps_time() < ending->deadline)
		return false;
	PS_TRACE(ending->trace, "expired", ending, 0);
	atomic_store_explicit(&ending->expired, true, memory_order_seq_cst);
	wake_all(ending);
	return true;
}
