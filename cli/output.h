/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.h - a buffered writer on a descriptor.
 *
 * The first failed write is remembered; whatever comes after it is dropped.
 */
#ifndef PSEARCH_CLI_OUTPUT_H
#define PSEARCH_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_CAPACITY ((size_t)128 * 1024)

struct output {
	char *buffer;        /* OUTPUT_CAPACITY bytes */
	size_t length;       /* bytes of them that wait to be written */
	int descriptor;
	int error;           /* errno of the write that failed, or 0 */
	bool written;        /* something was written */
	uint64_t written_at; /* when, the last time: milliseconds */
};

/* False: out of memory. */
bool output_init(struct output *o, int descriptor);
void output_free(struct output *o);

void output_flush(struct output *o);

/* Adds bytes, writing whenever the buffer is full. */
void output_write(struct output *o, const char *bytes, size_t length);

/*
 * For callers that format in place: room for so many bytes, or NULL where
 * there can never be. output_commit() says where the text ended.
 */
static inline char *output_reserve(struct output *o, size_t length)
{
	if (length > OUTPUT_CAPACITY - o->length) {
		output_flush(o);
		if (length > OUTPUT_CAPACITY)
			return NULL;
	}
	return o->buffer + o->length;
}

static inline void output_commit(struct output *o, const char *end)
{
	o->length = (size_t)(end - o->buffer);
}

/*
 * For how many milliseconds the waiting bytes may wait on before a reader
 * should see them: 0 when they should go now, negative when there are none.
 */
int output_due(const struct output *o);

#endif
