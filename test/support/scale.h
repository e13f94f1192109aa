/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scale.h - how much a test does: all of it in `make check-long`, less in `make check`, and less under a
 * sanitizer, which makes everything ten times as slow.
 */
#ifndef TEST_SCALE_H
#define TEST_SCALE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__has_feature)
#define TEST_HAS_FEATURE(x) __has_feature(x)
#else
#define TEST_HAS_FEATURE(x) 0
#endif

#if defined(__SANITIZE_THREAD__) || TEST_HAS_FEATURE(thread_sanitizer)
#define TEST_RACES 1
#else
#define TEST_RACES 0
#endif

#if TEST_RACES || defined(__SANITIZE_ADDRESS__) || TEST_HAS_FEATURE(address_sanitizer)
#define TEST_SANITIZED 1
#else
#define TEST_SANITIZED 0
#endif

/* A build of `make coverage`, in which libgcov allocates at the end, and crashes if it cannot. */
#ifndef TEST_COUNTED
#define TEST_COUNTED 0
#endif

#define SCALED(n) (TEST_SANITIZED ? ((n) + 7) / 8 : (n))

/* Rounds of a test that makes no threads: ThreadSanitizer has little to see there. */
#define ROUNDS(n) (TEST_RACES ? ((n) + 15) / 16 : (n))

/* PS_LONG is set in the environment, as in `make check-long`. */
bool runs_long(void);

/* `whole` if the test runs long; else `brief`, or `whole` if that is less. */
size_t how_much(size_t brief, size_t whole);

/* The same for a test's random rounds, or PS_ROUNDS if that is set. Under a sanitizer brief is a third. */
size_t how_many_rounds(size_t brief, size_t whole);

/*
 * How long to wait for what takes no more than a moment, unless it hangs: `seconds`, times PS_PATIENCE where that is set,
 * as test/run does under an emulator.
 */
unsigned patience(unsigned seconds);

#endif
