/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c - a ring of events that any thread may write at any time.
 *
 * No lock: a thread takes the next place by an atomic addition, and then fills it. Everything is relaxed, as the trace
 * must not order what the code that it watches forgot to order.
 */
#include "trace.h"

#ifdef PS_DEBUG

#include "clock.h"

#include <sys/syscall.h>
#include <unistd.h>

void ps_trace_add(struct ps_trace *trace, const char *what, const void *about, uint64_t value)
{
	struct ps_event *event;

	if (trace == NULL)
		return;
	event = &trace->events[atomic_fetch_add_explicit(&trace->next, 1, memory_order_relaxed) % PS_TRACE_EVENTS];
	atomic_store_explicit(&event->what, what, memory_order_relaxed);
	atomic_store_explicit(&event->about, about, memory_order_relaxed);
	atomic_store_explicit(&event->value, value, memory_order_relaxed);
	atomic_store_explicit(&event->time, ps_time(), memory_order_relaxed);
	atomic_store_explicit(&event->thread, (uint64_t)syscall(SYS_gettid), memory_order_relaxed);
}

#endif
