/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * part.c - the scan of one part of a file, whose other parts may be searched at the same time.
 *
 * A part has the lines that start in [begin, end). The scan starts to read one byte before, to find the first of them,
 * and reads on after the end, for the rest of the last one. It yields what a scan of the whole file would yield for
 * these lines, with the following exceptions, which lib/search/merge_parts.c resolves:
 *   - lines are numbered from 1 at `begin`; those before it have smaller numbers, modulo 2^64;
 *   - context before a match may have been delivered by the part before;
 *   - lines that may be context after a match of the part before are marked PS_RECORD_LEAD; they come before the
 *     part's first match, and may come a second time as context of it;
 *   - a NUL in an earlier part is not known;
 *   - the last part ends with a FILE_END, wanted or not, with the part's own totals.
 *
 * If no other line of the file can match (input.range), the part stands for the whole file: its lines have their
 * numbers in the file, and so has FILE_END the file's size. No context is wanted, and the file has no NUL.
 */
#include "scanner.h"

#include "../base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TAIL = 4096, /* bytes read after the part's end at first, */
	BACK = 4096  /* and before its start */
};

/* Starts a file, or a part of one. */
void ps_scan_start_part(struct ps_scanner *s)
{
	bool inner = s->input.part && s->input.begin > 0;

	s->part = (struct ps_scan_part){
		.stop = s->input.part ? s->input.end : UINT64_MAX,
		.first = UINT64_MAX,
		.leads_due = inner ? s->options->after_context : 0,
	};
	if (!inner)
		return;
	s->buffer.base = s->reading.at = s->input.begin - 1;
	s->numbering.counted = 1;
	s->reading.in_long_line = s->part.beginning = true; /* drops the line that starts before the part */
}

/* Moves `complete` back to the end of the part's last line. */
void ps_scan_bound(struct ps_scanner *s)
{
	struct ps_scan_buffer *b = &s->buffer;
	const uint8_t *end;
	size_t from;

	if (s->part.stop <= b->base || s->part.stop - b->base >= b->complete)
		return;
	from = (size_t)(s->part.stop - b->base) - 1;
	end = memchr(b->text + from, s->lines.end, b->complete - from);
	if (end != NULL)
		b->complete = (size_t)(end - b->text) + 1;
	b->complete = ps_max(b->complete, b->pos);
}

/* Returns how much to read at once: little if only the rest of the last line is missing. */
size_t ps_scan_part_room(const struct ps_scanner *s, size_t room)
{
	uint64_t at = ps_scan_offset(s, s->buffer.end);

	if (at < s->part.stop)
		return s->part.stop - at < room ? ps_min(room, (size_t)(s->part.stop - at) + TAIL) : room;
	return (size_t)ps_min64(room, ps_max64(TAIL, at - s->part.stop));
}

/* Returns how many of the `got` bytes that were read at `end` belong to the part. */
uint64_t ps_scan_owned(const struct ps_scanner *s, uint64_t got)
{
	uint64_t from = ps_scan_offset(s, s->buffer.end), to = from + got;

	if (!s->input.part)
		return got;
	from = from < s->input.begin ? s->input.begin : from;
	to = to > s->part.stop ? s->part.stop : to;
	return to > from ? to - from : 0;
}

/* Returns this position in the buffer, or the part's end if that is before it. */
size_t ps_scan_within_part(const struct ps_scanner *s, size_t to)
{
	if (s->part.stop <= s->buffer.base)
		return 0;
	return s->part.stop - s->buffer.base < to ? (size_t)(s->part.stop - s->buffer.base) : to;
}

/* --- context before the part --- */

/* Reads the `more` bytes before the buffer's text. Returns 0 or an errno; ENODATA: the file has become shorter. */
static int read_before(const struct ps_scanner *s, uint8_t *to, size_t more)
{
	uint64_t at = s->buffer.base - more;
	ssize_t got;

	if (s->broken != 0)
		return s->broken;
	if (s->input.fd < 0) {
		memcpy(to, s->input.data + at, more);
		return 0;
	}
	got = ps_read_at(s->input.fd, to, more, (off_t)at);
	if (got < 0)
		return errno;
	return (size_t)got == more ? 0 : ENODATA;
}

static struct ps_line moved_on(struct ps_line line, size_t by)
{
	return (struct ps_line){ line.begin + by, line.end + by };
}

static void shift_marks(struct ps_scanner *s, size_t by)
{
	struct ps_scan_buffer *b = &s->buffer;

	b->base -= by;
	b->out += by;
	b->pos += by;
	b->limit += by;
	b->complete += by;
	b->end += by;
	s->part.lead += by;
	s->numbering.counted += by;
	s->binary.checked += by;
	s->event.line = moved_on(s->event.line, by);
	s->hit.line = moved_on(s->hit.line, by);
}

/* Puts earlier text before that in the buffer. Returns SEARCH_OK, with *error from read_before(), or SEARCH_ENOMEM. */
static int extend_buffer_back(struct ps_scanner *s, size_t more, int *error)
{
	struct ps_scan_buffer *b = &s->buffer;
	size_t space = ps_max(b->space, b->end + more);

	if (space > b->space) {
		uint8_t *buffer = ps_buffer_resize(b->text, b->space, space);

		if (buffer == NULL)
			return SEARCH_ENOMEM;
		b->text = buffer;
		b->space = space;
	}
	memmove(b->text + more, b->text, b->end);
	*error = read_before(s, b->text, more);
	if (*error != 0)
		memmove(b->text, b->text + more, b->end);
	else
		shift_marks(s, more);
	ps_finder_forget(s->finder); /* the text has moved */
	return SEARCH_OK;
}

/* Returns where the first line starts, if the buffer has the file's start: after a byte order mark. Else 0. */
static size_t text_start(const struct ps_scanner *s)
{
	const struct ps_scan_buffer *b = &s->buffer;
	size_t length = sizeof(PS_UTF8_MARK) - 1;
	bool marked = s->options->encoding.kind != PS_ENCODING_NONE && b->base == 0 && b->end >= length &&
		      memcmp(b->text, PS_UTF8_MARK, length) == 0;

	return marked ? length : 0;
}

/*
 * Moves `out` back by as many lines as are lacking of the context. Returns true if it is back far enough, or at the
 * file's first line; false if the buffer starts too late.
 */
static bool move_out_back(struct ps_scanner *s, uint64_t lacking)
{
	struct ps_scan_buffer *b = &s->buffer;
	size_t begin = text_start(s);

	for (; lacking > 0 && b->base + b->out > begin; lacking--) {
		const uint8_t *end = b->out < 2 ? NULL : memrchr(b->text, s->lines.end, b->out - 1);

		if (end == NULL && b->base > 0)
			return false;
		b->out = end == NULL ? begin : (size_t)(end - b->text) + 1;
	}
	return true;
}

/* Reports that some of the context cannot be read; the rest follows this error. */
static int deliver_gap(struct ps_scanner *s, struct ps_batch *batch, int error)
{
	int rc = ps_emit_failure(s, batch, SEARCH_REASON_READ, error, "cannot read the lines before a match");
	struct ps_record *r;

	if (rc != SEARCH_OK)
		return rc;
	r = &batch->records[batch->count - 1];
	r->flags |= PS_RECORD_GAP;
	r->offset = s->buffer.base;
	r->line_length = 0;
	return SEARCH_OK;
}

/*
 * Called before a match is delivered, if context before it is asked for. At the part's first match it reads the lines
 * before the part that are this context, as far as max_line_bytes allows. Returns SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_scan_look_back(struct ps_scanner *s, struct ps_batch *batch)
{
	struct ps_scan_buffer *b = &s->buffer;
	bool wanted = s->input.begin > 0 && b->base + b->out == s->part.first;
	size_t more = BACK;
	uint64_t lines;

	s->part.first = UINT64_MAX;
	if (!wanted)
		return SEARCH_OK;
	lines = ps_scan_line_ends(s, b->out, s->event.line.begin);
	while (lines < s->options->before_context && !move_out_back(s, s->options->before_context - lines)) {
		int rc, error;

		if (s->event.line.begin > s->options->max_line_bytes)
			break; /* any more would be too much */
		more = (size_t)ps_min64(ps_min64(more, b->base), s->options->max_line_bytes + 1 - s->event.line.begin);
		rc = extend_buffer_back(s, more, &error);
		if (rc != SEARCH_OK)
			return rc;
		if (error != 0)
			return deliver_gap(s, batch, error);
		more *= 2;
		lines = ps_scan_line_ends(s, b->out, s->event.line.begin);
	}
	return SEARCH_OK;
}

/* --- the end --- */

void ps_scan_end_part(struct ps_scanner *s)
{
	uint64_t stop = s->part.stop;

	if (!s->input.part)
		return;
	ps_scan_count_to(s, s->buffer.end);
	s->totals.lines = s->numbering.line - 1;
	s->totals.nul_at = s->binary.nul_at < stop ? s->binary.nul_at : UINT64_MAX; /* else another part's */
	s->totals.shrunk = s->reading.eof && stop != UINT64_MAX && ps_scan_offset(s, s->buffer.end) < stop;
}
