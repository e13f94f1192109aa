/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scale.h - how much a test does: less where a sanitizer makes everything ten
 * times as slow.
 */
#ifndef TEST_SCALE_H
#define TEST_SCALE_H

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

#define SCALED(n) (TEST_SANITIZED ? ((n) + 7) / 8 : (n))

/* Rounds of a test that makes no threads: ThreadSanitizer has little to see there. */
#define ROUNDS(n) (TEST_RACES ? ((n) + 15) / 16 : (n))

#endif
