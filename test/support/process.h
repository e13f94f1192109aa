/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.h - what the kernel says about this process; and child processes to try things in.
 */
#ifndef TEST_PROCESS_H
#define TEST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Waits until the number no longer changes. */
size_t process_threads(void);
size_t process_descriptors(void);

/* KiB of its address space, and of memory that it has now. 0: not known, as no descriptor is left, say. */
long process_mapped(void);
long process_resident(void);

/* Waits a little for a thread that was joined to leave /proc, too. True: there are this many. */
bool process_has(size_t threads, size_t descriptors);

/* Waits until all other threads of this process sleep, and did so each time that it looked for a while. */
void process_wait_for_sleep(void);

/*
 * Runs `run` in a child process, and returns what it returned (0 is success), or 1000 and more for a signal. *peak: its
 * peak resident memory in KiB. A child that takes longer than a minute or two is killed by an alarm.
 */
int process_child(int (*run)(void *context), void *context, long *peak);

/* The same, but *peak is less that of a child that does nothing: an emulator takes memory of its own. */
int process_child_alone(int (*run)(void *context), void *context, long *peak);

/* Milliseconds, on a clock that never goes back. */
double milliseconds(void);

void sleep_microseconds(uint64_t n);

/* In a child: says where it is, and exits with 1. */
#define CHILD_CHECK(x)                                                                        \
	do {                                                                                  \
		if (!(x)) {                                                                   \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #x); \
			return 1;                                                             \
		}                                                                             \
	} while (0)

#endif
