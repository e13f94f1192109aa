/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines.c - which line is selected next, and which lines are its context.
 *
 * With SEARCH_MATCH_INVERT the matcher still goes from match to match: all lines between two matches are selected
 * without a look at them.
 */
#include "scanner.h"

#include <string.h>

/* Returns where the line that starts here ends: at its terminator, or at the file's end. */
size_t ps_scan_line_end(const struct ps_scanner *s, size_t begin)
{
	return ps_line_end(s->lines, s->buffer.text, begin, s->buffer.end);
}

/* Returns the start of the line after this one. */
size_t ps_scan_line_after(const struct ps_scanner *s, struct ps_line line)
{
	return line.end + ps_line_terminator(s->lines, s->buffer.text, line.end, s->buffer.end);
}

/*
 * Returns where the context before a line that starts at `begin` starts: as many lines before as are asked for, but not
 * before `out`, and not so far that they would take more than max_line_bytes.
 */
size_t ps_scan_context_start(const struct ps_scanner *s, size_t begin)
{
	uint64_t max = s->options->max_line_bytes;
	size_t start = begin;

	for (uint32_t n = s->options->before_context; n > 0 && start > s->buffer.out; n--) {
		size_t previous = ps_scan_last_start(s, s->buffer.out, start - 1);

		if (begin - previous > max)
			break;
		start = previous;
	}
	return start;
}

/*
 * Asks the matcher for the next line in [pos, limit). Without one, event->line.begin is the position up to which there
 * is none: `limit`, unless the matcher has paused.
 */
static int find_event(struct ps_scanner *s, struct ps_scan_event *event)
{
	const struct ps_scan_buffer *b = &s->buffer;
	int rc = PS_NONE;

	if (b->pos < b->limit && s->whole)
		rc = ps_scan_find_block(s, &event->line);
	else if (b->pos < b->limit)
		rc = ps_find_line(s->finder, b->text, b->pos, b->limit, &event->line);
	event->kind = PS_EVENT_NONE;
	s->paused = rc == PS_PAUSED;
	if (rc == PS_FOUND)
		event->kind = PS_EVENT_MATCH;
	else if (rc == PS_UNDECIDED)
		event->kind = PS_EVENT_UNDECIDED;
	else if (rc == PS_NONE)
		event->line.begin = b->limit;
	else if (rc != PS_PAUSED)
		return rc;
	event->line.begin = ps_min(event->line.begin, b->limit);
	PS_ASSERT(event->line.begin >= b->pos);
	return SEARCH_OK;
}

static int next_inverted(struct ps_scanner *s)
{
	struct ps_scan_buffer *b = &s->buffer;

	while (b->pos < b->limit) {
		if (!s->hit_is_known) {
			int rc = find_event(s, &s->hit);

			if (rc != SEARCH_OK)
				return rc;
			s->hit_is_known = true;
		}
		if (b->pos < s->hit.line.begin) {
			s->event.kind = PS_EVENT_MATCH;
			s->event.line = (struct ps_line){ b->pos, ps_scan_line_end(s, b->pos) };
			b->pos = ps_scan_line_after(s, s->event.line);
			return SEARCH_OK;
		}
		s->hit_is_known = false;
		if (s->hit.kind == PS_EVENT_NONE) {
			s->paused = b->pos < b->limit;
			return SEARCH_OK;
		}
		b->pos = ps_scan_line_after(s, s->hit.line);
		if (s->hit.kind == PS_EVENT_UNDECIDED) {
			s->event = s->hit;
			return SEARCH_OK;
		}
	}
	s->hit_is_known = false;
	return SEARCH_OK;
}

/*
 * Finds the next selected line of [pos, limit), which becomes the event, and moves pos past it. With PS_EVENT_NONE pos
 * is at the limit, or where the matcher has paused. Returns SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_scan_next(struct ps_scanner *s)
{
	int rc;

	s->event.kind = PS_EVENT_NONE;
	if ((s->options->flags & SEARCH_MATCH_INVERT) != 0)
		return next_inverted(s);
	rc = find_event(s, &s->event);
	if (rc != SEARCH_OK)
		return rc;
	s->buffer.pos = s->event.kind == PS_EVENT_NONE ? s->event.line.begin : ps_scan_line_after(s, s->event.line);
	return SEARCH_OK;
}

/* Counts the selected lines of [pos, limit) without a look at each, if the matcher can. */
static bool count_at_once(struct ps_scanner *s)
{
	struct ps_scan_buffer *b = &s->buffer;
	const uint8_t *text = b->text;
	uint64_t count;

	if (s->hit_is_known || !ps_count_lines(s->finder, text, b->pos, b->limit, &count))
		return false;
	if ((s->options->flags & SEARCH_MATCH_INVERT) != 0)
		count = ps_scan_line_ends(s, b->pos, b->limit) + (text[b->limit - 1] != s->lines.end) - count;
	s->totals.matches += count;
	b->pos = b->out = b->limit;
	return true;
}

/*
 * For SEARCH_RESULT_COUNT without a limit: counts the selected lines from pos on up to the limit, or the next line that
 * is undecided, or until it is time for a pause. Returns SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_scan_count(struct ps_scanner *s)
{
	if (s->whole && (s->options->flags & SEARCH_MATCH_INVERT) == 0)
		return ps_scan_count_matches(s);
	if (!s->whole && count_at_once(s))
		return SEARCH_OK;
	for (;;) {
		int rc = ps_scan_next(s);

		if (rc != SEARCH_OK || s->event.kind != PS_EVENT_MATCH)
			return rc;
		s->totals.matches++;
		s->buffer.out = s->buffer.pos;
		s->event.kind = PS_EVENT_NONE;
		s->paused = s->buffer.pos < s->buffer.limit && ps_finder_is_tired(s->finder);
		if (s->paused || s->buffer.pos == s->buffer.limit)
			return SEARCH_OK;
	}
}
