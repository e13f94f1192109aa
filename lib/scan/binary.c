/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * binary.c - is this file binary?
 *
 * A NUL byte makes it so: one among the first PS_PROBE bytes makes the whole file binary, a later one everything from
 * its line on. This depends only on the file, not on how it is read: nothing is searched before PS_PROBE bytes have been
 * read. A stream is not probed, since waiting for that would hold its first lines back: any NUL in it counts as a later
 * one.
 *
 * A NUL also ends a line: a binary file need not contain newlines, and its lines must not take more memory than those
 * of text. So each NUL is replaced by a line end in the buffer right after it is read; nothing after the first NUL is
 * ever delivered as text. With SEARCH_MATCH_TEXT a NUL is a byte like any other.
 *
 * Most files contain nothing of what is searched for. If no line can match, wherever lines end, and nothing will be
 * reported about the file's last lines, it need not be looked through for NULs.
 */
#include "scanner.h"

#include <string.h>

enum {
	ZEROS = 4096, /* after this many NULs we look for a hole */
	BLOCK = 64
};

/* Records that the first NUL of the file, or part, is at this buffer position. */
static void note_first(struct ps_scanner *s, size_t at)
{
	size_t begin = ps_scan_last_start(s, s->buffer.pos, at);

	if (at - begin > s->options->max_line_bytes)
		begin = at; /* the line before the NUL is only too long, not binary */
	s->binary.nul_at = ps_scan_offset(s, at);
	s->binary.from = !s->input.stream && s->binary.nul_at < PS_PROBE ? 0 : ps_scan_offset(s, begin);
}

/* Blocks have a constant size, so that the compiler vectorises the inner loop. */
static void replace_nuls(uint8_t *text, size_t length, uint8_t by)
{
	uint8_t *end = text + length;

	for (; (size_t)(end - text) >= BLOCK; text += BLOCK)
		for (size_t i = 0; i < BLOCK; i++)
			text[i] = text[i] == 0 ? by : text[i];
	for (; text < end; text++)
		*text = *text == 0 ? by : *text;
}

/* Does the text that starts at `from` end in many NULs? */
static bool ends_in_zeros(const struct ps_scanner *s, size_t from)
{
	const uint8_t *tail;

	if (s->buffer.end - from < ZEROS)
		return false;
	tail = s->buffer.text + s->buffer.end - ZEROS;
	return tail[ZEROS - 1] == 0 && tail[0] == 0 && memcmp(tail, tail + 1, ZEROS - 1) == 0;
}

/* More text was read into the buffer: replaces the NULs in it with line ends. */
void ps_scan_end_at_nuls(struct ps_scanner *s)
{
	size_t from = s->binary.checked;
	uint8_t *nul, *first, *end = s->buffer.text + s->buffer.end;

	PS_ASSERT(from <= s->buffer.end);
	s->binary.checked = s->buffer.end;
	s->gaps.zeros = ends_in_zeros(s, from);
	if ((s->options->flags & SEARCH_MATCH_TEXT) != 0 || from == s->buffer.end)
		return;
	nul = first = memchr(s->buffer.text + from, 0, s->buffer.end - from);
	if (nul == NULL)
		return;
	if (s->input.part && ps_scan_offset(s, (size_t)(nul - s->buffer.text)) < s->input.begin)
		first = memchr(nul + 1, 0, (size_t)(end - (nul + 1))); /* that one belongs to the part before */
	if (s->binary.nul_at == UINT64_MAX && first != NULL)
		note_first(s, (size_t)(first - s->buffer.text));
	replace_nuls(nul, (size_t)(end - nul), s->lines.end);
}

/*
 * Returns a position up to which no line from pos on matches, wherever lines end; or pos if that is not known. If it is
 * the file's end, nothing else depends on where lines end, either.
 *
 * This holds before NULs are replaced: a string in a line contains neither a line end nor, after replace_nuls(), a NUL;
 * so it is in the text as it was read, too.
 */
size_t ps_scan_barren(const struct ps_scanner *s)
{
	uint32_t told = SEARCH_MATCH_TEXT | SEARCH_MATCH_SKIP_BINARY | SEARCH_MATCH_INVERT;

	if (!s->reading.eof || s->input.part || s->reading.in_long_line || s->context.after_due > 0 ||
	    (s->options->flags & told) != 0 || s->buffer.end - s->buffer.pos > s->options->max_line_bytes)
		return s->buffer.pos;
	return ps_find_barren(s->finder, s->buffer.text, s->buffer.pos, s->buffer.end);
}

/* With SEARCH_MATCH_SKIP_BINARY: binary text is not searched, so `complete` ends before it. */
void ps_scan_bound_at_nul(struct ps_scanner *s)
{
	struct ps_scan_buffer *b = &s->buffer;

	if ((s->options->flags & SEARCH_MATCH_SKIP_BINARY) != 0 && ps_scan_is_binary(s, b->complete))
		b->complete = s->binary.from > b->base + b->pos ? (size_t)(s->binary.from - b->base) : b->pos;
}
