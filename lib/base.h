/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * base.h - what every file of the library begins with.
 *
 * Include it first: it asks libc for the POSIX and GNU interfaces, and for
 * offsets of 64 bits where a long has 32, and that only works ahead of any other header.
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

_Static_assert(sizeof(off_t) == 8, "base.h is included first, and files may be larger than 2 GiB");

#define PS_CACHELINE 64

/* How the fields of a shared struct are tagged:
 *   [C] constant once it is shared    [L] under the lock that its struct names
 *   [W] the worker that holds it      [U] the caller's thread
 *   [A] atomic, see the note at the field                                     */

static inline size_t ps_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t ps_max(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* The same of what may not fit into a size_t: places in files. */
static inline uint64_t ps_min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t ps_max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The letter in lower case. Of ASCII alone: the host's locale changes nothing. */
static inline unsigned char ps_lower(unsigned char byte)
{
	return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte + ('a' - 'A')) : byte;
}

/*
 * Makes room for `need` elements of `size` bytes in an array of *space, at least doubling it:
 * the array, which may have moved, or NULL where memory is out; it is as it was then.
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

/*
 * Buffers: memory that goes back to the system when it is freed, if it is large. Who frees a buffer, or
 * has it made larger or smaller, says how many bytes it has. Its contents are not set; a large one begins with
 * a page. NULL where memory is out: an old buffer is as it was then.
 */
void *ps_buffer_new(size_t bytes);
void *ps_buffer_resize(void *buffer, size_t bytes, size_t wanted); /* buffer may be NULL */
void *ps_buffer_grow(void *array, size_t *space, size_t need, size_t size); /* as ps_grow */
void ps_buffer_free(void *buffer, size_t bytes); /* NULL is fine */

/* Buffers that are freed together, the last of what their owner has: see buffer.c. Zeroed: none. */
struct ps_buffers {
	struct ps_buffers *next; /* in the buffer */
	size_t bytes;
};

/* It has room for a struct ps_buffers, and is not needed any more. NULL is fine. */
void ps_buffers_add(struct ps_buffers **buffers, void *buffer, size_t bytes);
void ps_buffers_free(struct ps_buffers *buffers);

#endif
