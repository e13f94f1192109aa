/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.c - a buffered writer.
 *
 * The reader of a pipe should see the first result at once and later ones soon; yet a dense stream must not cost a
 * system call for each item. So the first bytes are due at once, and later ones DELAY after the last write. If results
 * trickle in, there are at most 1000 / DELAY writes a second.
 */
#include "output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "status_line.h"

#define DELAY 30 /* milliseconds */

bool output_init(struct output *o, int descriptor)
{
	memset(o, 0, sizeof(*o));
	o->descriptor = descriptor;
	o->buffer = malloc(OUTPUT_CAPACITY);
	return o->buffer != NULL;
}

void output_free(struct output *o)
{
	free(o->buffer);
	o->buffer = NULL;
}

/* Waits until a descriptor that is non-blocking, which others may have made it, takes more. */
static void wait_writable(int descriptor)
{
	struct pollfd p = { .fd = descriptor, .events = POLLOUT };

	poll(&p, 1, -1);
}

/* Takes `n` bytes from the front of two pieces. */
static void drop_written(struct iovec *pieces, size_t n)
{
	for (int i = 0; i < 2; i++) {
		size_t part = n < pieces[i].iov_len ? n : pieces[i].iov_len;

		pieces[i].iov_base = (char *)pieces[i].iov_base + part;
		pieces[i].iov_len -= part;
		n -= part;
	}
}

/* Writes the buffer, and after it these bytes, which may be none. */
static void write_out(struct output *o, const char *bytes, size_t length)
{
	struct iovec pieces[2] = { { o->buffer, o->length }, { (void *)(uintptr_t)bytes, length } };
	const char *last = length > 0 ? bytes + length - 1 : o->buffer + o->length - 1;

	if (o->above)
		status_line_hide(o->above);
	o->amid_line = *last != '\n';

	while (pieces[0].iov_len + pieces[1].iov_len > 0 && !o->error) {
		ssize_t n = writev(o->descriptor, pieces, 2);

		if (n >= 0)
			drop_written(pieces, (size_t)n);
		else if (errno == EAGAIN)
			wait_writable(o->descriptor);
		else if (errno != EINTR)
			o->error = errno;
	}
	o->passed += o->length + length;
	o->length = 0;
	o->written = true;
	o->written_at = clock_ms();
}

void output_flush(struct output *o)
{
	if (o->length > 0)
		write_out(o, NULL, 0);
}

void output_write(struct output *o, const char *bytes, size_t length)
{
	if (length >= OUTPUT_DIRECT || length > OUTPUT_CAPACITY - o->length) {
		write_out(o, bytes, length);
		return;
	}
	if (length > 0)
		memcpy(o->buffer + o->length, bytes, length);
	o->length += length;
}

void output_text(struct output *o, const char *text)
{
	output_write(o, text, strlen(text));
}

int output_due(const struct output *o)
{
	uint64_t passed;

	if (o->length == 0)
		return -1;
	if (!o->written)
		return 0;
	passed = clock_ms() - o->written_at;
	return passed >= DELAY ? 0 : (int)(DELAY - passed);
}
