/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * part.c - a scan of one part of a file, which others search at the same time.
 *
 * A part has the lines that begin in [begin, end). The scan reads from the byte before on, so
 * that it finds the first of them, and on behind the end for the rest of the last one. What it
 * yields is what a scan of the whole file would yield of these lines, with these exceptions, which
 * whoever puts the parts together takes care of:
 *   - lines are numbered from 1 at `begin`; those before it have smaller numbers, modulo 2^64;
 *   - context before a match may have been delivered by the part before;
 *   - lines that would be context behind a match of the part before are marked PS_RECORD_LEAD;
 *     they stand up to the part's first match, and come once more as context before that;
 *   - a NUL in the part before is not known;
 *   - the last part ends with FILE_END, asked for or not, of its own totals.
 */
#include "scanner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TAIL = 4096, /* read so much behind the end at first */
	BACK = 4096  /* and so much before the begin */
};

/* Begins with a file, or a part. */
void ps_scan_start_part(struct ps_scanner *s)
{
	bool inner = s->input.part && s->input.begin > 0;

	s->stop = s->input.part ? s->input.end : UINT64_MAX;
	s->first = UINT64_MAX;
	s->beginning = false;
	s->lead = 0;
	s->leads_due = inner ? s->options->after_context : 0;
	s->asked = false;
	if (!inner)
		return;
	s->base = s->read_at = s->input.begin - 1;
	s->counted = 1;
	s->in_long_line = s->beginning = true; /* drops the line that begins before */
}

/* Lines up to `complete`, and no further than the part goes. */
void ps_scan_bound(struct ps_scanner *s)
{
	const uint8_t *end;
	size_t from;

	if (s->stop <= s->base || s->stop - s->base >= s->complete)
		return;
	from = (size_t)(s->stop - s->base) - 1;
	end = memchr(s->buffer + from, s->lines.end, s->complete - from);
	if (end != NULL)
		s->complete = (size_t)(end - s->buffer) + 1;
	s->complete = ps_max(s->complete, s->pos);
}

/* How much to read at once: little where it is only about the end of the last line. */
size_t ps_scan_part_room(const struct ps_scanner *s, size_t room)
{
	uint64_t at = s->base + s->end;

	if (at < s->stop)
		return s->stop - at < room ? ps_min(room, (size_t)(s->stop - at) + TAIL) : room;
	return (size_t)ps_min64(room, ps_max64(TAIL, at - s->stop));
}

/* Of so many bytes that were read behind `end`, how many are the part's. */
uint64_t ps_scan_owned(const struct ps_scanner *s, uint64_t got)
{
	uint64_t from = s->base + s->end, to = from + got;

	if (!s->input.part)
		return got;
	from = from < s->input.begin ? s->input.begin : from;
	to = to > s->stop ? s->stop : to;
	return to > from ? to - from : 0;
}

/* A position in the buffer, but none behind the part. */
size_t ps_scan_within_part(const struct ps_scanner *s, size_t to)
{
	if (s->stop <= s->base)
		return 0;
	return s->stop - s->base < to ? (size_t)(s->stop - s->base) : to;
}

/* --- context before the part --- */

/* Reads the `more` bytes before the buffer's text. 0, or the errno; ENODATA: the file has become shorter. */
static int read_before(const struct ps_scanner *s, uint8_t *to, size_t more)
{
	uint64_t at = s->base - more;
	size_t have = 0;

	if (s->input.fd < 0) {
		memcpy(to, s->input.data + at, more);
		return 0;
	}
	while (have < more) {
		ssize_t got = pread(s->input.fd, to + have, more - have, (off_t)(at + have));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? errno : ENODATA;
		have += (size_t)got;
	}
	return 0;
}

static void shift(struct ps_scanner *s, size_t by)
{
	s->base -= by;
	s->out += by;
	s->pos += by;
	s->limit += by;
	s->complete += by;
	s->end += by;
	s->lead += by;
	s->counted += by;
	s->ended += by;
	s->line = (struct ps_line){ s->line.begin + by, s->line.end + by };
	s->hit = (struct ps_line){ s->hit.begin + by, s->hit.end + by };
}

/* Reads earlier text in front of what the buffer holds. SEARCH_OK, with *error from read_before, or SEARCH_ENOMEM. */
static int extend(struct ps_scanner *s, size_t more, int *error)
{
	size_t space = ps_max(s->space, s->end + more);

	if (space > s->space) {
		uint8_t *buffer = ps_buffer_resize(s->buffer, s->space, space);

		if (buffer == NULL)
			return SEARCH_ENOMEM;
		s->buffer = buffer;
		s->space = space;
	}
	memmove(s->buffer + more, s->buffer, s->end);
	*error = read_before(s, s->buffer, more);
	if (*error != 0)
		memmove(s->buffer, s->buffer + more, s->end);
	else
		shift(s, more);
	ps_finder_forget(s->finder); /* the text has moved */
	return SEARCH_OK;
}

/* Where the first line begins in a buffer that has the file's begin: behind a byte order mark. Else 0. */
static size_t text_begin(const struct ps_scanner *s)
{
	size_t length = sizeof(PS_UTF8_MARK) - 1;
	bool marked = s->options->encoding.kind != PS_ENCODING_NONE && s->base == 0 && s->end >= length &&
		      memcmp(s->buffer, PS_UTF8_MARK, length) == 0;

	return marked ? length : 0;
}

/*
 * Moves `out` back by as many lines as the context before `line` lacks. True: as far as it needs to be, or
 * to the file's first line; false: the buffer begins too late.
 */
static bool move_back(struct ps_scanner *s, uint64_t lacking)
{
	size_t begin = text_begin(s);

	for (; lacking > 0 && s->base + s->out > begin; lacking--) {
		const uint8_t *end = s->out < 2 ? NULL : memrchr(s->buffer, s->lines.end, s->out - 1);

		if (end == NULL && s->base > 0)
			return false;
		s->out = end == NULL ? begin : (size_t)(end - s->buffer) + 1;
	}
	return true;
}

static uint64_t count_lines(const struct ps_scanner *s, size_t from, size_t to)
{
	return s->simd->count(s->buffer + from, s->buffer + to, s->lines.end);
}

/* Part of the context cannot be read: the rest follows this error. */
static int deliver_gap(struct ps_scanner *s, struct ps_batch *batch, int error)
{
	int rc = ps_emit_failure(s, batch, SEARCH_REASON_READ, error, "cannot read the lines before a match");
	struct ps_record *r;

	if (rc != SEARCH_OK)
		return rc;
	r = &batch->records[batch->count - 1];
	r->flags |= PS_RECORD_GAP;
	r->offset = s->base;
	r->line_length = 0;
	return SEARCH_OK;
}

/*
 * Before the part's first match is delivered: reads the lines before the part that are its
 * context, as far as max_line_bytes allow. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_scan_look_back(struct ps_scanner *s, struct ps_batch *batch)
{
	bool wanted = s->options->before_context > 0 && s->input.begin > 0 && s->base + s->out == s->first;
	size_t more = BACK;
	uint64_t lines;

	s->first = UINT64_MAX;
	if (!wanted)
		return SEARCH_OK;
	lines = count_lines(s, s->out, s->line.begin);
	while (lines < s->options->before_context && !move_back(s, s->options->before_context - lines)) {
		int rc, error;

		if (s->line.begin > s->options->max_line_bytes)
			break; /* what is further back would be too much */
		more = (size_t)ps_min64(ps_min64(more, s->base), s->options->max_line_bytes + 1 - s->line.begin);
		rc = extend(s, more, &error);
		if (rc != SEARCH_OK)
			return rc;
		if (error != 0)
			return deliver_gap(s, batch, error);
		more *= 2;
		lines = count_lines(s, s->out, s->line.begin);
	}
	return SEARCH_OK;
}

/* --- the end --- */

void ps_scan_end_part(struct ps_scanner *s)
{
	if (!s->input.part)
		return;
	ps_scan_count_to(s, s->end);
	s->totals.lines = s->line_number - 1;
	s->totals.nul_at = s->nul_at < s->stop ? s->nul_at : UINT64_MAX; /* else it is another's */
	s->totals.shrunk = s->eof && s->stop != UINT64_MAX && s->base + s->end < s->stop;
}
