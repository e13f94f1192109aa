/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read.c - keeps the buffer filled: a window that slides over the file.
 *
 * Text is read, never mapped: a file that is truncated while it is searched must not raise SIGBUS in the host. The
 * buffer is large enough for one read to take a small file whole, and no larger, so that it stays in the cache. It
 * grows for a line that does not fit, up to max_line_bytes, and shrinks again before the next file. Of parts the next
 * one most likely has such lines, too: a buffer that is not huge is kept for it, as fresh pages cost as much as
 * reading.
 */
#include "scanner.h"

#include "../base/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x00000008 /* as in linux/fs.h */
#endif

enum {
	SLACK = 4096, /* room for a read, at least */
	FIRST_SPACE = PS_PROBE + SLACK, /* so the first read takes what decides whether a file is binary */
	MOST_TAKEN = 8 * FIRST_SPACE, /* bytes of the file that stages take in one step, about */
	MOST_READ = 1 << 20, /* bytes read at once, at most: only as much of a large buffer is touched as is needed */
	KEPT_SPACE = 1 << 20, /* a buffer is kept from one part to the next up to this size */
	PAGE = 4096   /* a read may end at its border because the next page cannot be read */
};

_Static_assert(FIRST_SPACE <= (int)PS_DECODE_INPUT, "a stage has room for what a first read takes");
_Static_assert(SLACK >= (int)PS_DECODE_ROOM, "as long as a file's head is incomplete, a stage has room for its text");

/* Returns the milliseconds until the deadline, rounded up, for poll(). */
static int poll_timeout(uint64_t deadline)
{
	uint64_t at, left;

	if (deadline == UINT64_MAX)
		return -1;
	at = ps_time();
	left = deadline > at ? (deadline - at + 999999) / 1000000 : 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* How a wait for a stream ended. WAIT_FAILED: errno says why; a read might wait for ever then. */
enum wait { WAIT_READY, WAIT_STOPPED, WAIT_NOT_NOW, WAIT_FAILED };

static enum wait wait_for_stream(const struct ps_scanner *s)
{
	const struct ps_input *input = &s->input;
	struct pollfd watched[2] = {
		{ .fd = input->fd, .events = POLLIN },
		{ .fd = input->stop_fd, .events = POLLIN },
	};
	int n;

	do
		n = poll(watched, 2, s->reading.may_wait ? poll_timeout(input->deadline) : 0);
	while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return WAIT_FAILED;
	if (watched[0].revents != 0)
		return watched[1].revents != 0 ? WAIT_STOPPED : WAIT_READY; /* read() says what is wrong */
	return n == 0 && !s->reading.may_wait ? WAIT_NOT_NOW : WAIT_STOPPED;
}

/*
 * Reads what a stream has. poll() said that there is something, but another reader may have been faster, and a read
 * must not wait, since nothing could end it. If the kernel cannot promise that (for a terminal or a named pipe), we
 * read all the same.
 */
static ssize_t read_stream(int fd, uint8_t *to, size_t room)
{
	struct iovec into = { to, room };
	/* offset -1, in two halves: read where the stream stands. Not every libc has a function for this. */
	ssize_t got = syscall(SYS_preadv2, fd, &into, 1L, -1L, -1L, RWF_NOWAIT);

	if (got < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL))
		got = read(fd, to, room);
	return got;
}

static ssize_t read_input(const struct ps_scanner *s, uint8_t *to, size_t room)
{
	const struct ps_input *input = &s->input;

	if (input->stream)
		return read_stream(input->fd, to, room);
	if (input->part)
		return pread(input->fd, to, room, (off_t)s->reading.at);
	return read(input->fd, to, room);
}

static size_t read_memory(struct ps_scanner *s, uint8_t *to, size_t room, bool *end)
{
	const struct ps_input *input = &s->input;
	size_t n = s->reading.at < input->size ? ps_min(room, input->size - (size_t)s->reading.at) : 0;

	if (n > 0)
		memcpy(to, input->data + s->reading.at, n);
	s->reading.at += n;
	*end = s->reading.at >= input->size;
	return n;
}

/*
 * Reads bytes of the input. Returns how many; 0 at the end; -errno; or PS_SCAN_NOTHING if the stream has nothing and
 * waiting is not allowed, or was ended by stop_fd or the deadline.
 */
ssize_t ps_scan_read(struct ps_scanner *s, uint8_t *to, size_t room, bool *end)
{
	struct ps_input *input = &s->input;
	ssize_t got;

	if (s->broken != 0)
		return -s->broken;
	if (input->fd < 0)
		return (ssize_t)read_memory(s, to, room, end);
	do {
		enum wait wait = input->stream ? wait_for_stream(s) : WAIT_READY;

		if (wait == WAIT_FAILED)
			return -errno;
		if (wait != WAIT_READY)
			return PS_SCAN_NOTHING; /* stopped: this is not the end of the file, half a line may be here */
		got = read_input(s, to, room);
	} while (got < 0 && (errno == EINTR || (input->stream && errno == EAGAIN)));
	if (got < 0)
		return errno == EAGAIN ? -EIO : -errno;
	s->reading.at += (uint64_t)got;
	*end = got == 0 || (input->short_read_is_end && (size_t)got < room && s->reading.at % PAGE != 0);
	return got;
}

static size_t moved_back(size_t mark, size_t by)
{
	return mark > by ? mark - by : 0;
}

/* Drops what was searched, except the lines that may become context. */
static void slide_buffer(struct ps_scanner *s)
{
	struct ps_scan_buffer *b = &s->buffer;
	size_t keep = ps_scan_context_start(s, b->pos);

	PS_ASSERT(b->out <= b->pos && keep <= b->pos);
	if (keep == 0)
		return;
	if (!s->finished || s->context.after_due > 0)
		ps_scan_count_to(s, keep);
	memmove(b->text, b->text + keep, b->end - keep);
	b->base += keep;
	b->pos -= keep;
	b->limit = b->complete = b->pos; /* until something is read */
	b->end -= keep;
	b->out = moved_back(b->out, keep);
	s->part.lead = moved_back(s->part.lead, keep);
	s->numbering.counted = moved_back(s->numbering.counted, keep);
	s->binary.checked = moved_back(s->binary.checked, keep);
}

void ps_scan_empty(struct ps_scanner *s, uint64_t offset)
{
	struct ps_scan_buffer *b = &s->buffer;

	b->base = offset;
	b->out = b->pos = b->limit = b->complete = b->end = 0;
	s->part.lead = s->numbering.counted = s->binary.checked = 0;
}

/*
 * Is there enough room to read on? If not, what is kept of the buffer is moved to its start, and the buffer grows. So
 * there must be enough room afterwards to make that worth while. (At the largest size of more_space() there always is
 * FIRST_SPACE beside the longest line.)
 */
static bool has_room(const struct ps_scanner *s)
{
	const struct ps_scan_buffer *b = &s->buffer;
	size_t least = s->options->before_context > 0 ? b->space / 4 : ps_min(b->space / 2, FIRST_SPACE);

	return b->space != 0 && b->space - b->end >= ps_max(least, SLACK);
}

/* Returns twice the space, but no more than the longest line takes; context before a match may take as much again. */
static size_t more_space(const struct ps_scanner *s)
{
	const struct ps_scan_buffer *b = &s->buffer;
	uint64_t lines = s->options->before_context == 0 ? 1 : 2;
	uint64_t most = lines * s->options->max_line_bytes + FIRST_SPACE;
	uint64_t twice = (uint64_t)b->space * 2;

	if (s->whole)
		most = s->options->max_text_bytes + FIRST_SPACE;
	if (b->space == 0)
		return FIRST_SPACE;
	return (size_t)ps_min64(b->space < most ? ps_min64(twice, most) : twice, SIZE_MAX / 2);
}

/* SEARCH_OK or SEARCH_ENOMEM. */
static int grow_buffer(struct ps_scanner *s)
{
	struct ps_scan_buffer *b = &s->buffer;
	size_t space = more_space(s);
	uint8_t *buffer;

	if (has_room(s))
		return SEARCH_OK;
	buffer = ps_buffer_resize(b->text, b->space, space);
	if (buffer == NULL)
		return SEARCH_ENOMEM;
	b->text = buffer;
	b->space = space;
	return SEARCH_OK;
}

void ps_scan_shrink(struct ps_scanner *s, bool next_is_part)
{
	struct ps_scan_buffer *b = &s->buffer;

	if (b->space <= (next_is_part || s->whole ? KEPT_SPACE : FIRST_SPACE))
		return;
	ps_buffer_free(b->text, b->space);
	b->text = NULL;
	b->space = 0;
}

/*
 * Is there too little text to search the first line? A file's head decides which stages it goes through and, unless it
 * is a stream, whether the whole file is binary.
 */
static bool is_head_incomplete(const struct ps_scanner *s)
{
	bool probes = !s->input.stream && ps_scan_offset(s, s->buffer.end) < PS_PROBE;

	return !s->reading.eof && (s->decode.looking || probes);
}

/*
 * Should more be read before the text is searched? A stage yields little at a time. But it may take any amount of input
 * for that, and there may be room for any amount of text: the bounds are for the step to end.
 */
static bool should_read_on(const struct ps_scanner *s, size_t from)
{
	const struct ps_scan_buffer *b = &s->buffer;

	return !s->reading.eof && !s->input.stream && s->decode.taken < MOST_TAKEN && b->end - from < MOST_READ &&
	       (b->base + b->end < PS_PROBE || (s->decode.count > 0 && has_room(s)));
}

/* The text is searched when all of it is there. */
static void find_text(struct ps_scanner *s)
{
	struct ps_scan_buffer *b = &s->buffer;

	ps_scan_end_at_nuls(s);
	b->complete = s->reading.eof ? b->end : b->pos;
	if (s->reading.eof)
		ps_scan_bound_at_nul(s);
}

/*
 * The text from `from` on was read: finds out how far it is barren, and where the last complete line ends. Afterwards
 * pos is at the first line that may match.
 */
static void find_lines(struct ps_scanner *s, size_t from)
{
	struct ps_scan_buffer *b = &s->buffer;
	size_t barren = ps_scan_barren(s);
	const uint8_t *nl;

	if (s->reading.eof && barren == b->end) {
		b->pos = b->complete = b->end;
		return;
	}
	ps_scan_end_at_nuls(s);
	nl = s->reading.eof ? NULL : memrchr(b->text + from, s->lines.end, b->end - from);
	b->complete = nl != NULL ? (size_t)(nl - b->text) + 1 : s->reading.eof ? b->end : b->pos;
	ps_scan_bound(s);
	ps_scan_bound_at_nul(s);
	PS_ASSERT(b->pos <= barren && barren <= b->end);
	b->pos = ps_scan_last_start(s, b->pos, barren);
}

/*
 * How many bytes may be read at once. A file's head may become the input of a stage, which has no more room than a first
 * read takes, however large the buffer is that an earlier file has left.
 */
static size_t room_to_read(const struct ps_scanner *s)
{
	const struct ps_scan_buffer *b = &s->buffer;
	size_t room = ps_min(b->space - b->end, MOST_READ);

	PS_ASSERT(!s->decode.looking || b->end < FIRST_SPACE);
	if (s->decode.looking)
		room = ps_min(room, FIRST_SPACE - b->end);
	return ps_scan_part_room(s, room);
}

/*
 * Reads on. Returns SEARCH_OK, PS_STEP_MORE if the text is not enough yet, PS_STEP_WAIT or SEARCH_ENOMEM. A read that
 * fails ends the file, with reading.error set.
 */
static int read_more(struct ps_scanner *s)
{
	struct ps_scan_buffer *b = &s->buffer;
	size_t from, began, room;
	ssize_t got;
	int rc;

	if (s->gaps.zeros && ps_scan_pass_hole(s))
		return SEARCH_OK; /* perhaps up to the part's end */
	if (s->options->before_context == 0 || !has_room(s))
		slide_buffer(s);
	if (s->reading.in_long_line && b->end == 0)
		ps_scan_shrink(s, s->part.beginning); /* dropping a line is faster through a small buffer */
	rc = grow_buffer(s);
	if (rc != SEARCH_OK)
		return rc;
	from = is_head_incomplete(s) ? b->pos : b->end;
	began = b->end;
	s->decode.taken = 0;
	do {
		room = room_to_read(s);
		PS_ASSERT(room > 0 && room <= b->space - b->end);
		got = ps_scan_read_text(s, b->text + b->end, room, &s->reading.eof);
		if (got == PS_SCAN_NOTHING)
			return PS_STEP_WAIT;
		if (got < 0) {
			s->reading.eof = true;
			s->reading.error = (int)-got;
			got = 0;
		}
		if (!s->decode.looking) /* or it may not be text */
			s->totals.bytes += ps_scan_owned(s, (uint64_t)got);
		PS_ASSERT((size_t)got <= room);
		b->end += (size_t)got;
		rc = s->decode.looking ? ps_scan_look_for_stages(s) : SEARCH_OK;
		if (rc != SEARCH_OK)
			return rc;
	} while (got > 0 && should_read_on(s, began));
	s->totals.replaced = ps_decode_replaced(&s->decode);
	if (is_head_incomplete(s)) {
		b->complete = b->pos;
		return PS_STEP_MORE;
	}
	if (s->whole)
		find_text(s);
	else
		find_lines(s, from);
	return SEARCH_OK;
}

/* Returns the start of the first line in [pos, complete) that is too long, or `complete`. */
static size_t find_long_line(const struct ps_scanner *s)
{
	const struct ps_scan_buffer *b = &s->buffer;
	size_t max = (size_t)s->options->max_line_bytes, at = b->pos;

	while (!s->whole && b->complete - at > max) {
		size_t next = ps_scan_last_start(s, at, at + max + 1);

		if (next == at)
			return at;
		at = next;
	}
	return b->complete;
}

/* The line at pos is too long: reports that, and drops the line from here on. */
static int begin_long_line(struct ps_scanner *s, struct ps_batch *batch)
{
	char message[128];
	int rc = ps_emit_note(s, batch);

	if (rc != SEARCH_OK)
		return rc;
	snprintf(message, sizeof(message), "line is longer than %llu bytes: raise max_line_bytes",
		 (unsigned long long)s->options->max_line_bytes);
	s->reading.in_long_line = true;
	s->context.after_due = ps_scan_due_anyway(s);
	s->part.leads_due = 0;
	rc = ps_emit_line_error(s, batch, SEARCH_REASON_LINE_TOO_LONG, s->buffer.pos, message);
	if (rc == SEARCH_OK && s->input.part)
		batch->records[batch->count - 1].flags |= PS_RECORD_LONG;
	return rc;
}

/* Drops what the buffer has of a line that is too long. */
static void skip_long_line(struct ps_scanner *s)
{
	struct ps_scan_buffer *b = &s->buffer;
	const uint8_t *nl = memchr(b->text + b->pos, s->lines.end, b->end - b->pos);

	s->reading.in_long_line = nl == NULL && !s->reading.eof;
	b->pos = nl != NULL ? (size_t)(nl - b->text) + 1 : b->end;
	b->complete = ps_max(b->complete, b->pos);
	b->out = s->part.lead = b->pos;
}

/* Is the line at pos too long, even if its end is not known yet? */
static bool is_too_long(const struct ps_scanner *s)
{
	const struct ps_scan_buffer *b = &s->buffer;

	return !s->whole && !s->reading.in_long_line && b->end - b->pos > s->options->max_line_bytes &&
	       b->base + b->pos < s->part.stop && !ps_scan_ends_at_nul(s);
}

/* The file has more text than may be held: it is not searched. */
static int drop_text(struct ps_scanner *s, struct ps_batch *batch)
{
	char message[160];
	int rc = ps_emit_note(s, batch);

	if (rc != SEARCH_OK)
		return rc;
	snprintf(message, sizeof(message), "has more than %llu bytes, and a multi-line pattern needs all of them: "
		 "raise max_multiline_bytes", (unsigned long long)s->options->max_text_bytes);
	s->finished = true;
	s->context.after_due = 0; /* with SEARCH_RESULT_ALL_LINES, lines were due that will not be there */
	s->buffer.complete = s->buffer.limit = s->buffer.pos;
	s->reading.error = 0;
	return ps_emit_problem(s, batch, SEARCH_REASON_TEXT_TOO_LONG, message);
}

int ps_scan_fill(struct ps_scanner *s, struct ps_batch *batch)
{
	struct ps_scan_buffer *b = &s->buffer;
	int rc;

	PS_ASSERT(b->pos == b->limit && s->event.kind == PS_EVENT_NONE); /* S3 */
	s->hit_is_known = false; /* it may be the old limit, and the text may move */
	ps_finder_forget(s->finder);
	rc = b->pos < b->complete ? SEARCH_OK : read_more(s);
	if (s->whole && (rc == SEARCH_OK || rc == PS_STEP_MORE) && b->end > s->options->max_text_bytes)
		return drop_text(s, batch);
	if (rc == SEARCH_OK && s->reading.in_long_line) {
		skip_long_line(s);
		if (s->part.beginning && !s->reading.in_long_line)
			s->part.first = ps_scan_offset(s, b->pos);
		s->part.beginning = s->part.beginning && s->reading.in_long_line;
	}
	if (rc == SEARCH_OK)
		ps_scan_pass_run(s);
	b->limit = ps_scan_next_run(s, find_long_line(s));
	if (rc == SEARCH_OK && b->limit == b->pos && is_too_long(s)) {
		rc = begin_long_line(s, batch);
		skip_long_line(s);
		b->limit = b->pos;
	}
	return rc;
}
