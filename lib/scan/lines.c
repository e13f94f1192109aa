/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines.c - which line is selected next, and which lines are its context.
 *
 * With SEARCH_MATCH_INVERT the matcher still jumps from match to match: all lines
 * between two matches are selected, and need no look.
 */
#include "scanner.h"

#include <string.h>

/* Where the line that begins here ends: at its terminator, or at the file's end. */
size_t ps_scan_line_end(const struct ps_scanner *s, size_t begin)
{
	return ps_line_end(s->lines, s->buffer, begin, s->end);
}

/* Start of the line behind this one. */
size_t ps_scan_line_after(const struct ps_scanner *s, struct ps_line line)
{
	return line.end + ps_line_terminator(s->lines, s->buffer, line.end, s->end);
}

/*
 * Where the context before a line that begins at `begin` starts: so many lines
 * back as are asked for, not before `out`, and not so far that the lines kept
 * for it would take more than max_line_bytes.
 */
size_t ps_scan_context_start(const struct ps_scanner *s, size_t begin)
{
	uint64_t max = s->options->max_line_bytes;
	size_t start = begin;

	for (uint32_t n = s->options->before_context; n > 0 && start > s->out; n--) {
		const uint8_t *nl = start < 2 ? NULL : memrchr(s->buffer + s->out, s->lines.end, start - 1 - s->out);
		size_t previous = nl != NULL ? (size_t)(nl - s->buffer) + 1 : s->out;

		if (begin - previous > max)
			break;
		start = previous;
	}
	return start;
}

/*
 * Asks the matcher for the next line in [pos, limit); the event goes with the line. Without
 * one line->begin is how far it is known that there is none: `limit`, but for a pause.
 */
static int find(struct ps_scanner *s, enum ps_event *event, struct ps_line *line)
{
	int rc = s->pos < s->limit ? ps_find_line(s->finder, s->buffer, s->pos, s->limit, line) : PS_NONE;

	*event = PS_EVENT_NONE;
	s->paused = rc == PS_PAUSED;
	if (rc == PS_FOUND)
		*event = PS_EVENT_MATCH;
	else if (rc == PS_UNDECIDED)
		*event = PS_EVENT_UNDECIDED;
	else if (rc == PS_NONE)
		line->begin = s->limit;
	else if (rc != PS_PAUSED)
		return rc;
	line->begin = ps_min(line->begin, s->limit);
	return SEARCH_OK;
}

static int next_inverted(struct ps_scanner *s)
{
	while (s->pos < s->limit) {
		if (!s->hit_known) {
			int rc = find(s, &s->hit_event, &s->hit);

			if (rc != SEARCH_OK)
				return rc;
			s->hit_known = true;
		}
		if (s->pos < s->hit.begin) {
			s->event = PS_EVENT_MATCH;
			s->line = (struct ps_line){ s->pos, ps_scan_line_end(s, s->pos) };
			s->pos = ps_scan_line_after(s, s->line);
			return SEARCH_OK;
		}
		s->hit_known = false;
		if (s->hit_event == PS_EVENT_NONE) {
			s->paused = s->pos < s->limit;
			return SEARCH_OK;
		}
		s->pos = ps_scan_line_after(s, s->hit);
		if (s->hit_event == PS_EVENT_UNDECIDED) {
			s->event = PS_EVENT_UNDECIDED;
			s->line = s->hit;
			return SEARCH_OK;
		}
	}
	s->hit_known = false;
	return SEARCH_OK;
}

/*
 * Finds the next selected line of [pos, limit) into `event` and `line`, and
 * moves pos behind it; with PS_EVENT_NONE pos is at the limit, or at a pause. SEARCH_OK
 * or SEARCH_ENOMEM.
 */
int ps_scan_next(struct ps_scanner *s)
{
	int rc;

	s->event = PS_EVENT_NONE;
	if ((s->options->flags & SEARCH_MATCH_INVERT) != 0)
		return next_inverted(s);
	rc = find(s, &s->event, &s->line);
	s->pos = s->event == PS_EVENT_NONE ? s->line.begin : ps_scan_line_after(s, s->line);
	return rc;
}
