/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * number.c - line numbers, counted only as far as somebody needs them.
 *
 * A file without a match is not counted at all, unless it is larger than the
 * buffer: then each stretch is counted before it is dropped.
 */
#include "scanner.h"

void ps_scan_count_to(struct ps_scanner *s, size_t to)
{
	if (to <= s->counted || (s->options->flags & SEARCH_NO_LINE_NUMBERS) != 0)
		return;
	s->line_number += s->simd->count(s->buffer + s->counted, s->buffer + to, s->lines.end);
	s->counted = to;
}

/* Number of the line that begins here; asked for in rising order. 0 when nobody wants it. */
uint64_t ps_scan_line_number(struct ps_scanner *s, size_t begin)
{
	if ((s->options->flags & SEARCH_NO_LINE_NUMBERS) != 0)
		return 0;
	ps_scan_count_to(s, begin);
	return s->line_number;
}
