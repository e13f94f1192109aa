/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks.c - a file as one text: the lines that its matches touch.
 *
 * If a pattern may see beyond its line (ps_matcher_is_whole), all of a file is read before it is searched. Then the
 * matcher goes from match to match. The lines that a match touches are a block, and matches that share a line share
 * their block. For all that comes afterwards a block is like a line: context, inverting, limits and delivery do not
 * know that it may have line ends in it.
 *
 * A match that ends behind a line end does not touch the line after it. One at the very end of a text, behind the last
 * line end, touches no line.
 */
#include "scanner.h"

#include <string.h>

#define KEPT_SPANS 4096

void ps_scan_start_blocks(struct ps_scanner *s)
{
	struct ps_scan_blocks *b = &s->blocks;

	if (b->started)
		ps_scan_end_blocks(s);
	*b = (struct ps_scan_blocks){ .spans = b->spans, .span_space = b->span_space };
}

/* The text will not be searched any further. */
void ps_scan_end_blocks(struct ps_scanner *s)
{
	struct ps_scan_blocks *b = &s->blocks;

	if (b->started)
		ps_finder_end_text(s->finder);
	b->started = false;
	if (b->span_space <= KEPT_SPANS)
		return;
	ps_buffer_free(b->spans, b->span_space * sizeof(*b->spans));
	b->spans = NULL;
	b->span_space = b->span_count = 0;
}

/* SEARCH_OK or SEARCH_ENOMEM. */
static int begin_text(struct ps_scanner *s)
{
	struct ps_scan_blocks *b = &s->blocks;
	const struct ps_scan_buffer *buffer = &s->buffer;

	if (b->started)
		return SEARCH_OK;
	b->from = buffer->pos;
	b->over = ps_find_barren(s->finder, buffer->text, buffer->pos, buffer->limit) == buffer->limit;
	if (b->over)
		return SEARCH_OK;
	b->started = true;
	return ps_finder_begin_text(s->finder, buffer->text + buffer->pos, buffer->limit - buffer->pos);
}

/* Does a match that begins here touch a line? */
static bool is_in_line(const struct ps_scanner *s, size_t begin)
{
	const struct ps_scan_buffer *b = &s->buffer;

	return begin < b->limit || (b->limit > s->blocks.from && b->text[b->limit - 1] != s->lines.end);
}

/* The next match that touches a line, as a place in the buffer. Returns as ps_find_match(). */
static int find_match(struct ps_scanner *s, struct search_span *span)
{
	struct ps_scan_blocks *b = &s->blocks;
	int rc = begin_text(s);

	if (rc != SEARCH_OK)
		return rc;
	if (b->given_up)
		return PS_UNDECIDED;
	if (b->over)
		return PS_NONE;
	rc = ps_find_match(s->finder, span);
	if (rc == PS_FOUND) {
		span->begin += b->from;
		span->end += b->from;
		if (!is_in_line(s, span->begin))
			rc = PS_NONE;
	}
	b->over = rc == PS_NONE;
	b->given_up = rc == PS_UNDECIDED;
	return rc;
}

/* The place in the buffer from which on the next match is looked for. */
static size_t place_reached(struct ps_scanner *s)
{
	return s->blocks.started ? s->blocks.from + ps_finder_text_at(s->finder) : s->blocks.from;
}

/* The first line that the match touches starts here. */
static size_t first_line(const struct ps_scanner *s, const struct search_span *match)
{
	return ps_scan_last_start(s, s->blocks.from, match->begin);
}

/* The last line that the match touches ends here. */
static size_t last_line_end(const struct ps_scanner *s, const struct search_span *match)
{
	size_t last = match->end > match->begin ? match->end - 1 : match->end;

	return ps_line_end(s->lines, s->buffer.text, ps_scan_last_start(s, s->blocks.from, last), s->buffer.limit);
}

/*
 * Finds the groups of the match that was found last, which is span number `i`. If they cannot be told, the block is
 * delivered without spans, and is the last one. SEARCH_OK, SEARCH_ENOMEM, or PS_PAUSED: the search is over.
 */
static int keep_groups(struct ps_scanner *s, size_t i)
{
	struct ps_scan_blocks *b = &s->blocks;
	struct search_group *groups;
	size_t count, skipped = b->block.begin - b->from;
	int rc;

	if ((s->options->flags & SEARCH_RESULT_GROUPS) == 0 || (s->options->flags & SEARCH_RESULT_COUNT) != 0)
		return SEARCH_OK;
	rc = ps_find_match_groups(s->finder, &b->spans[i], i == 0);
	b->given_up = b->spans_unknown = rc == PS_UNDECIDED;
	groups = ps_match_groups(s->finder, &count);
	for (size_t k = b->spans[i].first_group; rc == SEARCH_OK && k < count; k++) {
		if (groups[k].begin == SEARCH_NO_GROUP)
			continue;
		groups[k].begin = ps_max(groups[k].begin, skipped) - skipped;
		groups[k].end = ps_max(groups[k].end, skipped) - skipped;
	}
	return rc == PS_UNDECIDED ? SEARCH_OK : rc;
}

/* Keeps the match's span if it may be delivered. Returns as keep_groups(). */
static int keep_span(struct ps_scanner *s, const struct search_span *match)
{
	struct ps_scan_blocks *b = &s->blocks;
	uint32_t flags = s->options->flags;
	size_t begin = match->begin - b->block.begin;
	struct search_span *spans;

	if ((flags & SEARCH_MATCH_INVERT) != 0 || (b->span_count > 0 && (flags & SEARCH_RESULT_NO_SPANS) != 0))
		return SEARCH_OK;
	if (b->span_count > 0 && begin - b->spans[0].begin >= s->options->max_item_bytes)
		return SEARCH_OK;
	spans = ps_buffer_grow(b->spans, &b->span_space, b->span_count + 1, sizeof(*spans));
	if (spans == NULL)
		return SEARCH_ENOMEM;
	b->spans = spans;
	spans[b->span_count] = *match;
	spans[b->span_count].begin = begin;
	spans[b->span_count].end = match->end - b->block.begin;
	return keep_groups(s, b->span_count++);
}

/* Puts the match into the block that is open; if there is none, it opens one. Returns as keep_groups(). */
static int take_match(struct ps_scanner *s, const struct search_span *match)
{
	struct ps_scan_blocks *b = &s->blocks;

	if (!b->open) {
		b->open = true;
		b->block.begin = first_line(s, match);
		b->block.end = b->block.begin;
		b->matches = 0;
		b->span_count = 0;
		b->spans_unknown = false;
	}
	b->block.end = ps_max(b->block.end, last_line_end(s, match));
	b->matches++;
	return keep_span(s, match);
}

/* Does the match touch the last line of the open block? */
static bool is_in_block(const struct ps_scanner *s, const struct search_span *match)
{
	const struct ps_line *block = &s->blocks.block;

	return s->blocks.open && (match->begin <= block->end || match->begin < ps_scan_line_after(s, *block));
}

/* Gathers matches until one is beyond the block, or until there is none. PS_FOUND: the block is complete. */
static int gather_block(struct ps_scanner *s)
{
	struct ps_scan_blocks *b = &s->blocks;

	for (;;) {
		int rc = b->ahead ? PS_FOUND : find_match(s, &b->next);

		if (rc != PS_FOUND)
			return b->open && (rc == PS_NONE || rc == PS_UNDECIDED) ? PS_FOUND : rc;
		b->ahead = true;
		if (b->open && !is_in_block(s, &b->next))
			return PS_FOUND;
		rc = take_match(s, &b->next);
		if (rc != SEARCH_OK)
			return rc;
		b->ahead = false;
		if (ps_finder_is_tired(s->finder))
			return PS_PAUSED;
	}
}

/* What is delivered of the block lacks the last terminator, and so do the spans and groups. */
static void clip_spans(struct ps_scanner *s)
{
	struct ps_scan_blocks *b = &s->blocks;
	size_t length = b->block.end - b->block.begin, count = 0;
	struct search_group *groups = NULL;

	if ((s->options->flags & SEARCH_RESULT_GROUPS) != 0)
		groups = ps_match_groups(s->finder, &count);
	for (size_t i = 0; i < count; i++) {
		groups[i].begin = groups[i].begin == SEARCH_NO_GROUP ? SEARCH_NO_GROUP : ps_min(groups[i].begin, length);
		groups[i].end = groups[i].end == SEARCH_NO_GROUP ? SEARCH_NO_GROUP : ps_min(groups[i].end, length);
	}
	b->takes_end = false;
	for (size_t i = b->span_count; i > 0 && b->spans[i - 1].end > length; i--) {
		b->spans[i - 1].begin = ps_min(b->spans[i - 1].begin, length);
		b->spans[i - 1].end = length;
		b->takes_end = true;
	}
}

int ps_scan_find_block(struct ps_scanner *s, struct ps_line *block)
{
	struct ps_scan_blocks *b = &s->blocks;
	int rc = gather_block(s);

	if (rc == PS_FOUND) {
		b->open = false;
		clip_spans(s);
		*block = b->block;
	} else if (rc == PS_PAUSED || rc == PS_UNDECIDED) {
		size_t at = b->open ? b->block.begin : ps_scan_last_start(s, b->from, place_reached(s));

		block->begin = ps_min(ps_max(at, s->buffer.pos), s->buffer.limit);
		block->end = ps_line_end(s->lines, s->buffer.text, block->begin, s->buffer.limit);
	}
	return rc;
}

int ps_scan_count_matches(struct ps_scanner *s)
{
	struct search_span match;
	int rc;

	while ((rc = find_match(s, &match)) == PS_FOUND) {
		s->totals.matches++;
		if (ps_finder_is_tired(s->finder)) {
			s->paused = true;
			return SEARCH_OK;
		}
	}
	s->paused = rc == PS_PAUSED;
	if (rc == PS_PAUSED)
		return SEARCH_OK;
	if (rc == PS_UNDECIDED) {
		size_t at = ps_scan_last_start(s, s->blocks.from, place_reached(s));

		s->event.kind = PS_EVENT_UNDECIDED;
		s->event.line = (struct ps_line){ at, ps_line_end(s->lines, s->buffer.text, at, s->buffer.limit) };
	}
	if (rc == PS_NONE || rc == PS_UNDECIDED)
		s->buffer.pos = s->buffer.out = s->buffer.limit;
	return rc == SEARCH_ENOMEM ? rc : SEARCH_OK;
}
