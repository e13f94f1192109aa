/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line_number.c - line numbers, counted only as far as they are needed.
 *
 * The lines of a file without a match are not counted at all, unless the file is larger than the buffer: then each
 * stretch is counted before it is dropped.
 */
#include "scanner.h"

void ps_scan_count_to(struct ps_scanner *s, size_t to)
{
	to = ps_scan_within_part(s, to);
	if (to <= s->numbering.counted || (s->options->flags & SEARCH_RESULT_NO_LINE_NUMBERS) != 0)
		return;
	s->numbering.line += ps_scan_line_ends(s, s->numbering.counted, to);
	s->numbering.counted = to;
}

/*
 * Returns the number of the line that starts here, or 0 if numbers are not wanted. The lines asked for come in order,
 * except those before a part.
 */
uint64_t ps_scan_line_number(struct ps_scanner *s, size_t begin)
{
	if ((s->options->flags & SEARCH_RESULT_NO_LINE_NUMBERS) != 0)
		return 0;
	if (begin < s->numbering.counted) /* before the part */
		return s->numbering.line - ps_scan_line_ends(s, begin, s->numbering.counted);
	ps_scan_count_to(s, begin);
	PS_ASSERT(s->numbering.counted <= begin); /* less in a part that ends within a byte order mark */
	return s->numbering.line;
}
