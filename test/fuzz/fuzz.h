/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz.h - what the targets share. A target is a file, fuzz_NAME.c, with one function that takes an input, any bytes,
 * and ends the program if a promise of the library does not hold for it.
 *
 * libFuzzer calls the function (`make fuzz TARGET=NAME`), and so does test_fuzz_NAME.c, which includes the target: with
 * the seeds, which it makes, with the kept inputs, and with random changes of both. See ../support/replay.h.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include "../../lib/base/base.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, which keeps the input, unless x holds. */
#define FUZZ_CHECK(x) ((x) ? (void)0 : FUZZ_FAIL(#x " does not hold"))
#define FUZZ_FAIL(what) fuzz_fail(__FILE__, __LINE__, what)

static inline _Noreturn void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

/* What is left of an input. */
struct fuzz_input {
	const uint8_t *at, *end;
};

static inline struct fuzz_input fuzz_begin(const uint8_t *data, size_t size)
{
	return (struct fuzz_input){ data, data + size };
}

static inline size_t fuzz_left(const struct fuzz_input *in)
{
	return (size_t)(in->end - in->at);
}

/* Takes a byte; 0 at the end. */
static inline uint8_t fuzz_byte(struct fuzz_input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

/* Takes a byte as a number below n, which is 256 at most. */
static inline uint32_t fuzz_below(struct fuzz_input *in, uint32_t n)
{
	return fuzz_byte(in) % n;
}

/* Takes the bytes up to `mark`, or to the end, and passes the mark. Returns how many there are before it. */
static inline size_t fuzz_until(struct fuzz_input *in, uint8_t mark, const uint8_t **piece)
{
	const uint8_t *end = fuzz_left(in) > 0 ? memchr(in->at, mark, fuzz_left(in)) : NULL;
	size_t length = end != NULL ? (size_t)(end - in->at) : fuzz_left(in);

	*piece = in->at;
	in->at += length + (end != NULL);
	return length;
}

/* A copy in a block of its own, so that a sanitizer notices a read beyond its end; the caller frees it. */
static inline void *fuzz_copy(const void *bytes, size_t size)
{
	void *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

/* The same with a NUL at its end. */
static inline char *fuzz_string(const void *bytes, size_t size)
{
	char *copy = malloc(size + 1);

	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, bytes, size);
	copy[size] = '\0';
	return copy;
}

#endif
