/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.h - reads clocks. */
#ifndef PSEARCH_CLI_CLOCK_H
#define PSEARCH_CLI_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds. */
static inline uint64_t clock_read(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Milliseconds since some moment. */
static inline uint64_t clock_ms(void)
{
	return clock_read(CLOCK_MONOTONIC) / 1000000;
}

#endif
