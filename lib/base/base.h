/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * base.h - what every file of the library includes first.
 *
 * It asks libc for the POSIX and GNU interfaces, and for 64-bit offsets if a long has 32 bits. That works only before
 * any other header.
 */
#ifndef PS_BASE_H
#define PS_BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#include <psearch.h>

#include "assert.h" /* so that every file has PS_ASSERT */

_Static_assert(sizeof(off_t) == 8, "base.h is included first, and files may be larger than 2 GiB");

#define PS_CACHELINE 64

/* A function that seldom runs: it is not inlined, so that its callers, which run often, stay small. */
#define PS_SELDOM __attribute__((cold, noinline))

/* How the fields of a shared struct are tagged:
 *   [C] constant once it is shared    [L] under the lock that its struct names
 *   [W] the worker that holds it      [U] the caller's thread
 * An atomic field says its order, and what it pairs with. */

static inline size_t ps_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t ps_max(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* The same for values that may not fit into a size_t, such as file offsets. */
static inline uint64_t ps_min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t ps_max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Returns the letter in lower case; ASCII only: the host's locale does not matter. */
static inline unsigned char ps_lower(unsigned char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + ('a' - 'A')) : byte;
}

/*
 * Makes room for `need` elements of `size` bytes in an array that has room for *space of them, and at least doubles it
 * if it grows. Returns the array, which may have moved, or NULL if out of memory: the array is then unchanged.
 */
static inline void *ps_grow(void *array, size_t *space, size_t need, size_t size)
{
	size_t want = ps_max(ps_max(*space * 2, need), 16);
	void *grown;

	if (need <= *space && array != NULL)
		return array;
	if (want > SIZE_MAX / 2 / size)
		return NULL;
	grown = realloc(array, want * size);
	if (grown != NULL)
		*space = want;
	return grown;
}

/* Is the search over? Whatever may take long asks this, and ends early if so. Once over, a search stays over. */
typedef bool ps_over(const void *context);

struct ps_watch {
	ps_over *over; /* NULL: it is never over */
	const void *context;
};

static inline bool ps_watch_is_over(const struct ps_watch *watch)
{
	return watch != NULL && watch->over != NULL && watch->over(watch->context);
}

/*
 * Buffers: memory that, if it is large, returns to the system when it is freed. To free or resize a buffer, the
 * caller passes its size in bytes. The contents are not initialised; a large buffer is page-aligned. Returns
 * NULL if out of memory; an old buffer is then unchanged.
 */
void *ps_buffer_new(size_t bytes);
void *ps_buffer_zeroed(size_t bytes); /* the same, with contents of 0 */
void *ps_buffer_resize(void *buffer, size_t bytes, size_t wanted); /* buffer may be NULL */
void *ps_buffer_more(void *array, size_t *space, size_t need, size_t size);
void ps_buffer_free(void *buffer, size_t bytes); /* buffer may be NULL */

/* As ps_grow: most of the time there is room. */
static inline void *ps_buffer_grow(void *array, size_t *space, size_t need, size_t size)
{
	return need <= *space && array != NULL ? array : ps_buffer_more(array, space, need, size);
}

/* A list of buffers that are freed together, after everything else of their owner: see buffer.c. NULL: none. */
struct ps_buffers {
	struct ps_buffers *next; /* in the buffer */
	size_t bytes;
};

/* Adds a buffer that is no longer needed and has room for a struct ps_buffers. It may be NULL. */
void ps_buffers_add(struct ps_buffers **buffers, void *buffer, size_t bytes);
void ps_buffers_free(struct ps_buffers *buffers);

#endif
