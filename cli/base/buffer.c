/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * buffer.c - bytes in memory that grows.
 */
#include "buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool buffer_reserve(struct buffer *b, size_t more)
{
	size_t capacity;
	char *bytes;

	if (more <= b->capacity - b->length)
		return true;
	if (more > SIZE_MAX / 2 - b->length)
		return false;
	capacity = 2 * (b->length + more);
	bytes = realloc(b->bytes, capacity);
	if (!bytes)
		return false;
	b->bytes = bytes;
	b->capacity = capacity;
	return true;
}

bool buffer_add(struct buffer *b, const void *bytes, size_t length)
{
	if (!buffer_reserve(b, length))
		return false;
	if (length > 0)
		memcpy(b->bytes + b->length, bytes, length);
	b->length += length;
	return true;
}

void buffer_free(struct buffer *b)
{
	free(b->bytes);
	*b = (struct buffer){ 0 };
}
