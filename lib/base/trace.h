/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.h - the last events of a search, for a debugger: test/gdb/trace.py prints them. Only in debug builds; in others
 * PS_TRACE is nothing, and its arguments are not even compiled.
 */
#ifndef PS_TRACE_H
#define PS_TRACE_H

#include "base.h"

#ifdef PS_DEBUG

#include <stdatomic.h>

enum { PS_TRACE_EVENTS = 256 }; /* a power of two */

/* Relaxed, all of it. An event that is being written may be read half old, half new: a debugger stops all threads. */
struct ps_event {
	_Atomic(const char *) what; /* a string literal; NULL: there was no such event yet */
	_Atomic(const void *) about; /* what it happened to: a claim, an outlet, a producer ... */
	_Atomic uint64_t value;
	_Atomic uint64_t time;      /* ps_time() */
	_Atomic uint64_t thread;    /* the system's number */
};

/* Zeroed: no events. Its index is that of the next event, and counts them all. */
struct ps_trace {
	_Atomic uint64_t next;
	struct ps_event events[PS_TRACE_EVENTS];
};

/* Any thread; async-signal-safe. NULL: nobody traces. */
void ps_trace_add(struct ps_trace *trace, const char *what, const void *about, uint64_t value);

#define PS_TRACE(trace, what, about, value) ps_trace_add(trace, what, about, (uint64_t)(value))
#else
#define PS_TRACE(trace, what, about, value) ((void)0)
#endif

#endif
