/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * coarse_clock.h - a file system whose clock ticks seldom, such as those of older kernels have.
 *
 * In a program that is linked with --wrap for stat, lstat, fstat, fstatat and their 64-bit names (see the Makefile), the
 * times that these calls tell are cut down to a multiple of the tick: two writes within a tick have one time then, however
 * fine the kernel's own clock is. They may fail, too: stat_fault, see faults.h.
 */
#ifndef TEST_COARSE_CLOCK_H
#define TEST_COARSE_CLOCK_H

#include <stdint.h>

/* Nanoseconds; 0: the kernel's own. 1,000,000,000: whole seconds. */
void coarse_clock_set(uint32_t tick);

/* Is called once, after the next fstatat() whose path ends so, before that returns. What it looks at itself is not watched. */
void coarse_clock_after_look(const char *path_end, void (*run)(void));

#endif
