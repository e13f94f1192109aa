/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line_ends.h - where the lines of a text end, and where the next ones begin.
 *
 * A terminator is one byte or, with SEARCH_MATCH_CRLF, that byte and a \r before it. A \r at the very end of a file is
 * not a terminator, nor a part of one.
 */
#ifndef PS_LINE_ENDS_H
#define PS_LINE_ENDS_H

#include "base.h"

#include <string.h>

struct ps_lines {
	uint8_t end; /* the byte that ends a line */
	bool crlf;   /* together with a \r before it */
	bool whole;  /* a pattern sees all of a text, and only that ends it: `end` is a byte that UTF-8 does not have */
};

/* As a pattern sees them: with SEARCH_MATCH_MULTILINE, text in which the \r of a terminator is left out. */
static inline struct ps_lines ps_lines_of(uint32_t flags)
{
	bool whole = (flags & SEARCH_MATCH_MULTILINE) != 0;

	return (struct ps_lines){
		.end = whole ? 0xFF : (flags & SEARCH_MATCH_NUL_LINES) != 0 ? 0 : '\n',
		.crlf = (flags & (SEARCH_MATCH_CRLF | SEARCH_MATCH_MULTILINE)) == SEARCH_MATCH_CRLF,
		.whole = whole,
	};
}

/* Returns where a line's terminator begins. The line begins at `begin`, the terminator's last byte is at `end`. */
static inline size_t ps_line_trim(struct ps_lines lines, const uint8_t *text, size_t begin, size_t end)
{
	return end - (lines.crlf && end > begin && text[end - 1] == '\r');
}

/* Returns where the line that begins at `begin` ends: at its terminator, or at `limit` if it has none. */
static inline size_t ps_line_end(struct ps_lines lines, const uint8_t *text, size_t begin, size_t limit)
{
	const uint8_t *end = memchr(text + begin, lines.end, limit - begin);

	return end != NULL ? ps_line_trim(lines, text, begin, (size_t)(end - text)) : limit;
}

/* Returns the length of the terminator of a line that ends at `end`; 0 if that is the limit. */
static inline size_t ps_line_terminator(struct ps_lines lines, const uint8_t *text, size_t end, size_t limit)
{
	return end == limit ? 0 : lines.crlf && text[end] == '\r' ? 2 : 1;
}

#endif
