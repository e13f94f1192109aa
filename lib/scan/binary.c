/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * binary.c - is this file binary?
 *
 * A NUL byte makes it so: one in the first PS_PROBE bytes makes the whole file
 * binary, a later one everything from its line on. That depends on the file
 * alone, not on how it is read: the first reads go on until there is that
 * much. A stream is not probed, as waiting for that would hold its first lines
 * back: any NUL in it is a later one.
 *
 * Nothing is looked at before a line is selected: a file without one is not
 * worth asking about.
 */
#include "scanner.h"

#include <string.h>

/* Looks for a NUL up to buffer position `to`. */
static void check_to(struct ps_scanner *s, size_t to)
{
	size_t from = s->nul_checked > s->base ? (size_t)(s->nul_checked - s->base) : 0;
	const uint8_t *nul;

	if (s->nul_at != UINT64_MAX || from >= to)
		return;
	nul = memchr(s->buffer + from, 0, to - from);
	if (nul != NULL)
		s->nul_at = s->base + (uint64_t)(nul - s->buffer);
	s->nul_checked = s->base + to;
}

/* Text is about to leave the buffer, or is another part's: look at it as long as it is there. */
void ps_scan_check_before_drop(struct ps_scanner *s, size_t to)
{
	if ((s->options->flags & SEARCH_MATCH_TEXT) == 0 && !s->finished)
		check_to(s, to);
}

/* Is a line that ends at this buffer position part of a binary file? */
bool ps_scan_is_binary(struct ps_scanner *s, size_t line_end)
{
	uint64_t probed = s->input.stream ? 0 : PS_PROBE;
	size_t probe = s->base < probed ? ps_min(s->end, (size_t)(probed - s->base)) : 0;

	if ((s->options->flags & SEARCH_MATCH_TEXT) != 0)
		return false;
	check_to(s, ps_max(probe, line_end));
	return s->nul_at < probed || s->nul_at < s->base + line_end;
}
