/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * emit.c - lines become records in a batch.
 */
#include "scanner.h"

#include <stdio.h>
#include <string.h>

/* The piece of a line that is delivered. */
struct window {
	size_t begin;
	size_t length;
};

static bool is_continuation(const uint8_t *text, size_t length, size_t at)
{
	return at < length && (text[at] & 0xC0) == 0x80;
}

/*
 * Returns a window of at most max_item_bytes with the first match in its middle, cut between characters if the text is
 * UTF-8.
 */
static struct window make_window(const struct ps_scanner *s, const uint8_t *text, size_t length,
				 const struct search_span *first)
{
	size_t max = s->options->max_item_bytes;
	size_t first_begin = first == NULL ? 0 : first->begin;
	size_t match = first == NULL ? 0 : ps_min(first->end - first->begin, max);
	size_t begin, end, lead = (max - match) / 2;

	begin = first_begin > lead ? first_begin - lead : 0;
	begin = ps_min(begin, length - max);
	end = begin + max;
	for (int i = 0; i < 3 && begin > 0 && begin < first_begin && is_continuation(text, length, begin); i++)
		begin++;
	for (int i = 0; i < 3 && end < length && is_continuation(text, length, end); i++)
		end--;
	return (struct window){ begin, end - begin };
}

/*
 * Finds the spans if they are wanted, or if a window has to be placed. Only those that may be in the window are looked
 * for: a line may have as many as it has bytes.
 */
static int find_spans(struct ps_scanner *s, const uint8_t *text, size_t length,
		      const struct search_span **spans, size_t *count)
{
	bool wanted = (s->options->flags & SEARCH_RESULT_NO_SPANS) == 0;
	bool windowed = length > s->options->max_item_bytes;

	*spans = NULL;
	*count = 0;
	if ((s->options->flags & SEARCH_MATCH_INVERT) != 0 || !(wanted || windowed))
		return SEARCH_OK;
	if (s->whole && s->blocks.spans_unknown)
		return PS_UNDECIDED;
	if (s->whole) {
		*spans = s->blocks.spans;
		*count = s->blocks.span_count;
		return SEARCH_OK;
	}
	return ps_find_spans(s->finder, text, length, !wanted ? 1 : s->options->max_item_bytes, spans, count);
}

/*
 * With SEARCH_MATCH_INVERT the lines of context are those that match. Whether they do is not in question: if their
 * spans cannot be found, they are delivered without.
 */
static int find_spans_around(struct ps_scanner *s, const uint8_t *text, size_t length,
			     const struct search_span **spans, size_t *count)
{
	const uint32_t without = (uint32_t)SEARCH_RESULT_NO_SPANS | (uint32_t)SEARCH_MATCH_MULTILINE;
	int rc;

	if ((s->options->flags & without) != 0 || length > s->options->max_item_bytes)
		return SEARCH_OK;
	rc = ps_find_spans(s->finder, text, length, s->options->max_item_bytes, spans, count);
	if (rc == SEARCH_OK || rc == SEARCH_ENOMEM)
		return rc;
	*count = 0;
	return SEARCH_OK;
}

static uint32_t terminator_flag(const struct ps_scanner *s, struct ps_line line)
{
	static const uint32_t flag[] = { SEARCH_ITEM_FLAG_NO_EOL, 0, SEARCH_ITEM_FLAG_CRLF };

	return flag[ps_line_terminator(s->lines, s->buffer.text, line.end, s->buffer.end)];
}

/*
 * Groups are kept among the spans, after those of the same line: one element says how many there are, and those that
 * follow it hold them. So records need no room for what is asked for rarely.
 */
static size_t group_room(size_t groups)
{
	return 1 + (groups * sizeof(struct search_group) + sizeof(struct search_span) - 1) / sizeof(struct search_span);
}

static void copy_groups(struct search_span *to, const struct search_group *groups, size_t count)
{
	*to = (struct search_span){ .begin = count };
	if (count > 0)
		memcpy(to + 1, groups, count * sizeof(*groups));
}

/* Adds a record with these spans, of which there is at least one, and with their groups, if they are wanted. */
static struct ps_record *add_with_spans(const struct ps_scanner *s, struct ps_batch *batch, enum search_item_kind kind,
					size_t length, const struct search_span *spans, size_t count)
{
	bool with_groups = (s->options->flags & SEARCH_RESULT_GROUPS) != 0;
	const struct search_group *groups = NULL;
	size_t group_count = 0, room = count;
	struct ps_record *r;

	if (with_groups) {
		groups = ps_found_groups(s->finder, &group_count);
		room += group_room(group_count);
	}
	r = ps_batch_add(batch, kind, length, room);
	if (r == NULL)
		return NULL;
	r->span_count = count;
	memcpy(&batch->spans[r->spans], spans, count * sizeof(*spans));
	if (with_groups)
		copy_groups(&batch->spans[r->spans + count], groups, group_count);
	if (s->whole && s->blocks.takes_end)
		r->flags |= SEARCH_ITEM_FLAG_MATCHES_EOL;
	return r;
}

static int add_line(struct ps_scanner *s, struct ps_batch *batch, enum search_item_kind kind,
		    struct ps_line line, const struct search_span *spans, size_t span_count)
{
	const uint8_t *text = s->buffer.text + line.begin;
	size_t length = line.end - line.begin;
	struct window window = { 0, length };
	struct ps_record *r;

	if (length > s->options->max_item_bytes)
		window = make_window(s, text, length, span_count > 0 ? &spans[0] : NULL);
	if (span_count > 0 && (s->options->flags & SEARCH_RESULT_NO_SPANS) == 0)
		r = add_with_spans(s, batch, kind, window.length, spans, span_count);
	else
		r = ps_batch_add(batch, kind, window.length, 0);
	if (r == NULL)
		return SEARCH_ENOMEM;
	if (window.length > 0)
		memcpy(ps_batch_text(batch, r), text + window.begin, window.length);
	r->line = ps_scan_line_number(s, line.begin);
	r->offset = ps_scan_offset(s, line.begin);
	r->line_length = length;
	r->window = window.begin;
	r->flags |= (uint8_t)((window.length < length ? SEARCH_ITEM_FLAG_WINDOW : 0) | terminator_flag(s, line));
	return SEARCH_OK;
}

int ps_emit_line(struct ps_scanner *s, struct ps_batch *batch, enum search_item_kind kind,
		 struct ps_line line)
{
	const struct search_span *spans = NULL;
	size_t length = line.end - line.begin, count = 0;
	int rc = SEARCH_OK;

	if (kind == SEARCH_ITEM_MATCH)
		rc = find_spans(s, s->buffer.text + line.begin, length, &spans, &count);
	else if ((s->options->flags & SEARCH_MATCH_INVERT) != 0)
		rc = find_spans_around(s, s->buffer.text + line.begin, length, &spans, &count);
	if (rc != SEARCH_OK && rc != PS_UNDECIDED) /* out of memory, or paused */
		return rc;
	if (add_line(s, batch, kind, line, spans, count) != SEARCH_OK)
		return SEARCH_ENOMEM;
	return rc;
}

int ps_emit_failure(struct ps_scanner *s, struct ps_batch *batch, enum search_reason reason, int error,
		    const char *what)
{
	struct ps_record *r = ps_batch_failure(batch, reason, error, what);

	s->totals.errors++;
	if (r == NULL)
		return SEARCH_ENOMEM;
	r->line_length = s->totals.matches;
	return SEARCH_OK;
}

int ps_emit_problem(struct ps_scanner *s, struct ps_batch *batch, enum search_reason reason, const char *message)
{
	s->totals.errors++;
	return ps_batch_error(batch, reason, 0, message) != NULL ? SEARCH_OK : SEARCH_ENOMEM;
}

/* A file that is skipped as binary needs no note. */
int ps_emit_note(struct ps_scanner *s, struct ps_batch *batch)
{
	const char *what = s->decode.container;
	char message[128];
	struct ps_record *r;

	s->decode.container = NULL;
	if (what == NULL || ps_scan_ends_at_nul(s))
		return SEARCH_OK;
	snprintf(message, sizeof(message), "is %s, which is not unpacked: only its own bytes are searched", what);
	r = ps_batch_error(batch, SEARCH_REASON_UNSUPPORTED, 0, message);
	if (r == NULL)
		return SEARCH_ENOMEM;
	r->flags |= SEARCH_ITEM_FLAG_NOTE;
	return SEARCH_OK;
}

int ps_emit_line_error(struct ps_scanner *s, struct ps_batch *batch, enum search_reason reason, size_t begin,
		       const char *message)
{
	struct ps_record *r = ps_batch_error(batch, reason, 0, message);

	s->totals.errors++;
	if (r == NULL)
		return SEARCH_ENOMEM;
	r->line = ps_scan_line_number(s, begin);
	r->offset = ps_scan_offset(s, begin);
	return SEARCH_OK;
}

int ps_emit_binary(struct ps_scanner *s, struct ps_batch *batch)
{
	struct ps_record *r = ps_batch_add(batch, SEARCH_ITEM_BINARY, 0, 0);

	if (r == NULL)
		return SEARCH_ENOMEM;
	r->offset = s->binary.nul_at;
	return SEARCH_OK;
}

int ps_emit_file_end(struct ps_scanner *s, struct ps_batch *batch)
{
	struct ps_record *r;

	bool wanted = (s->options->flags & SEARCH_RESULT_FILE_ENDS) != 0;

	if (s->input.part && !s->input.range ? s->part.stop != UINT64_MAX : !wanted)
		return SEARCH_OK;
	r = ps_batch_add(batch, SEARCH_ITEM_FILE_END, 0, 0);
	if (r == NULL)
		return SEARCH_ENOMEM;
	if ((s->options->flags & SEARCH_RESULT_COUNT) == 0 || !s->totals.skipped)
		r->line_length = s->totals.matches;
	if (!s->finished && !s->totals.skipped)
		r->window = s->input.range ? s->input.file_size : s->totals.bytes;
	if (s->totals.skipped)
		r->offset = s->binary.nul_at;
	if (s->input.part && s->totals.skipped)
		r->flags = PS_RECORD_SKIPPED;
	return SEARCH_OK;
}
