/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.h - a buffered writer on a descriptor.
 *
 * The first write that fails is remembered, and everything after it is dropped.
 */
#ifndef PSEARCH_CLI_OUTPUT_H
#define PSEARCH_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_CAPACITY ((size_t)128 * 1024)
#define OUTPUT_DIRECT ((size_t)16 * 1024) /* a piece of this size costs more to copy into the buffer than to write */

struct status_line;

struct output {
	char *buffer;        /* OUTPUT_CAPACITY bytes */
	size_t length;       /* how many of them wait to be written */
	uint64_t passed;     /* bytes that have left it, written or dropped */
	int descriptor;
	int error;           /* errno of the write that failed, or 0 */
	bool written;        /* something has been written */
	bool amid_line;      /* what has been written does not end in a newline */
	uint64_t written_at; /* time of the last write, in milliseconds */
	struct status_line *above; /* hidden before each write; NULL: there is none on the same terminal */
};

/* False: out of memory. */
bool output_init(struct output *o, int descriptor);
void output_free(struct output *o);

void output_flush(struct output *o);

/*
 * Adds bytes, which may be NULL if there are none; writes whenever the buffer is full, and large pieces at once, after
 * what is in the buffer.
 */
void output_write(struct output *o, const char *bytes, size_t length);

/* The same for a string. */
void output_text(struct output *o, const char *text);

/*
 * For callers that format in place: room for this many bytes, or NULL if the buffer is smaller. Afterwards
 * output_commit() says where the text ends.
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

/* How many bytes there were in all. */
static inline uint64_t output_position(const struct output *o)
{
	return o->passed + o->length;
}

/* Is everything written, and does it end in a newline? */
static inline bool output_at_line_start(const struct output *o)
{
	return o->length == 0 && !o->amid_line;
}

/*
 * How many milliseconds the waiting bytes may still wait before a reader should see them. 0: write them now;
 * negative: there are none.
 */
int output_due(const struct output *o);

#endif
