/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.h - the last events of a search, for a debugger: test/gdb/trace.py prints them. Only debug builds have it; in
 * others PS_TRACE does nothing, and its arguments are not even compiled.
 */
#ifndef PS_TRACE_H
#define PS_TRACE_H

#include "base.h"

#ifdef PS_DEBUG

#include <stdatomic.h>

enum { PS_TRACE_EVENTS = 256 }; /* a power of two */

/* All relaxed. The debugger stops all threads first; of an event that one was just writing it may see half. */
struct ps_event {
	_Atomic(const char *) what; /* a string literal; NULL: no event was written here yet */
	_Atomic(const void *) about; /* what it happened to: a claim, an outlet, a producer ... */
	_Atomic uint64_t value;
	_Atomic uint64_t time;      /* ps_time() */
	_Atomic uint64_t thread;    /* the system's number */
};

/* Zeroed: no events. `next` counts all events; modulo PS_TRACE_EVENTS, it is the next one's index. */
struct ps_trace {
	_Atomic uint64_t next;
	struct ps_event events[PS_TRACE_EVENTS];
};

/* Any thread; async-signal-safe. Does nothing if `trace` is NULL. */
void ps_trace_add(struct ps_trace *trace, const char *what, const void *about, uint64_t value);

#define PS_TRACE(trace, what, about, value) ps_trace_add(trace, what, about, (uint64_t)(value))
#else
#define PS_TRACE(trace, what, about, value) ((void)0)
#endif

#endif
