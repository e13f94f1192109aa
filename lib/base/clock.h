/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.h - times in nanoseconds, never 0. */
#ifndef PS_CLOCK_H
#define PS_CLOCK_H

#include "base.h"

/* The time on CLOCK_MONOTONIC. */
uint64_t ps_time(void);

/* The same, precise to some milliseconds, and read in a tenth of the time: a few nanoseconds. */
uint64_t ps_coarse_time(void);

/* The processor time that this thread has used. Not cheap: it is a system call. */
uint64_t ps_thread_time(void);

#endif
