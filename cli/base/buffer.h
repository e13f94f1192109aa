/* SPDX-License-Identifier: BSD-2-Clause */
/* buffer.h - bytes in memory that grows. */
#ifndef PSEARCH_CLI_BUFFER_H
#define PSEARCH_CLI_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed: empty. */
struct buffer {
	char *bytes;
	size_t length;
	size_t capacity;
};

/* Makes room for `more` bytes after the `length` that are there. False: out of memory, and nothing has changed. */
bool buffer_reserve(struct buffer *b, size_t more);

/* Adds bytes, which may be NULL if there are none. False: out of memory. */
bool buffer_add(struct buffer *b, const void *bytes, size_t length);

void buffer_free(struct buffer *b);

#endif
