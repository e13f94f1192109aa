/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.h - what the kernel says of this process, and children to try things in.
 */
#ifndef TEST_PROCESS_H
#define TEST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once it no longer changes. */
size_t process_threads(void);
size_t process_descriptors(void);

/* Waits a little for a thread that was joined to leave /proc too; true when there are so many. */
bool process_has(size_t threads, size_t descriptors);

/*
 * Runs `run` in a child, and answers what it returned (0 is success), 1000 and
 * more for a signal. *peak: its largest resident memory in KiB. A child that
 * takes longer than a minute or two is killed by its alarm.
 */
int process_child(int (*run)(void *context), void *context, long *peak);

/* Milliseconds on a clock that only goes on. */
double milliseconds(void);

void sleep_microseconds(uint64_t n);

/* In a child: leaves with 1, and says where. */
#define CHILD_CHECK(x)                                                                        \
	do {                                                                                  \
		if (!(x)) {                                                                   \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #x); \
			return 1;                                                             \
		}                                                                             \
	} while (0)

#endif
