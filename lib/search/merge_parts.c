/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * merge_parts.c - the parts of a large file become one again.
 *
 * Each part was searched without knowledge of the parts before it (scan/part.c). The caller takes them in order, and so
 * has that knowledge. It continues the line numbers, drops context that is not due or was delivered already, ends the
 * file at max_matches_per_file, and treats what follows a NUL in an earlier part as binary. If the file shrank while
 * it was searched, matches found beyond its new end are dropped: they would appear to follow lines that they never
 * followed.
 */
#include "search.h"

static bool show_line(struct ps_join *j, const struct ps_record *r, uint32_t due)
{
	j->shown = ps_record_next(r);
	j->due = due;
	return true;
}

/* Is the line context that is due after the last match? */
static bool is_context_due(const struct ps_join *j, const struct ps_record *r)
{
	return j->due > 0 && r->offset == j->shown;
}

/* Does this part follow a NUL in an earlier one, and does that matter? */
static bool is_part_binary(const struct ps_join *j, uint32_t flags)
{
	return j->before.nul_at != UINT64_MAX && (flags & SEARCH_MATCH_TEXT) == 0;
}

/* A binary file: nothing more of it is delivered. */
static bool end_binary(struct ps_join *j, uint32_t flags, struct ps_record *r)
{
	uint64_t nul_at = is_part_binary(j, flags) ? j->before.nul_at : r->offset;

	j->done = true;
	if ((flags & SEARCH_MATCH_SKIP_BINARY) != 0) {
		j->skipped = true;
		return false;
	}
	*r = (struct ps_record){ .kind = SEARCH_ITEM_BINARY, .offset = nul_at };
	j->matches++;
	return true;
}

static bool join_match(struct ps_join *j, const struct ps_settings *s, struct ps_record *r)
{
	if (is_part_binary(j, s->flags))
		return end_binary(j, s->flags, r);
	j->done = ++j->matches >= s->scan.max_matches_per_file; /* no context follows then, see options.c */
	return show_line(j, r, s->scan.after_context);
}

static bool join_context(struct ps_join *j, const struct ps_settings *s, struct ps_record *r)
{
	bool lead = (r->flags & PS_RECORD_LEAD) != 0;

	r->flags &= (uint8_t)~PS_RECORD_LEAD;
	if (is_part_binary(j, s->flags) || r->offset < j->shown || (lead && !is_context_due(j, r)))
		return false;
	return show_line(j, r, j->due > 0 ? j->due - 1 : 0);
}

/* An error about one line, or one that ends the file. */
static bool join_error(struct ps_join *j, uint32_t flags, struct ps_record *r)
{
	if ((r->flags & PS_RECORD_GAP) != 0) {
		bool missing = r->offset > j->shown; /* otherwise they were delivered with the part before */

		r->flags = 0;
		r->offset = 0;
		return missing && !is_part_binary(j, flags); /* of a binary file there are no such lines */
	}
	if (r->error != 0) {
		j->done = j->failed = true;
		j->counted = j->before.matches + r->line_length;
		return true;
	}
	j->shown = j->shown > r->offset ? j->shown : r->offset;
	if ((r->flags & PS_RECORD_LONG) != 0)
		j->due = 0;
	r->flags &= (uint8_t)~PS_RECORD_LONG;
	return true;
}

static bool join_file_end(struct ps_join *j, const struct ps_settings *s, struct ps_record *r)
{
	uint64_t counted = j->failed ? j->counted : j->before.matches + r->line_length;

	j->skipped |= j->before.skipped || (r->flags & PS_RECORD_SKIPPED) != 0;
	r->line_length = (s->flags & SEARCH_RESULT_COUNT) != 0 ? counted : j->matches;
	r->window = j->done || j->skipped || j->before.shrunk ? 0 : j->before.bytes + r->window;
	r->offset = !j->skipped ? 0 : j->before.nul_at != UINT64_MAX ? j->before.nul_at : r->offset;
	r->flags = 0;
	return (s->flags & SEARCH_RESULT_FILE_ENDS) != 0;
}

bool ps_join_record(struct ps_join *j, const struct ps_settings *s, struct ps_record *r)
{
	bool of_line = r->kind == SEARCH_ITEM_MATCH || r->kind == SEARCH_ITEM_CONTEXT ||
		       (r->kind == SEARCH_ITEM_ERROR && r->error == 0);

	if (r->kind == SEARCH_ITEM_FILE_END)
		return join_file_end(j, s, r);
	if (of_line && (s->flags & SEARCH_RESULT_NO_LINE_NUMBERS) == 0)
		r->line += j->before.lines;
	if (j->done || j->before.skipped || j->before.shrunk)
		return false;
	switch (r->kind) {
	case SEARCH_ITEM_MATCH:
		return join_match(j, s, r);
	case SEARCH_ITEM_CONTEXT:
		return join_context(j, s, r);
	case SEARCH_ITEM_BINARY:
		return end_binary(j, s->flags, r);
	default:
		return join_error(j, s->flags, r);
	}
}
