/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.c - the system's clocks, see clock.h. */
#include "base.h"
#include "clock.h"

#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + 1;
}

uint64_t ps_time(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t ps_coarse_time(void)
{
	return read_clock(CLOCK_MONOTONIC_COARSE);
}

uint64_t ps_thread_time(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
