/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.c - the scanner as a state machine: fill, find, deliver, again.
 *
 * A step ends when the buffer is searched or the batch is full, whichever comes first, and the next step goes on from
 * there. What a file yields depends only on its bytes and the options, never on where a step happened to end.
 */
#include "scanner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Why the rest of a whole text is not searched. */
#define TEXT_REASON "the pattern takes too long in the text from this line on, which is not searched: " \
		    "simplify the pattern"
#define TEXT_LATE "the text from this line on is not searched, as it has taken as long as options.max_line_ms " \
		  "allows: raise that, or simplify the pattern"

int ps_scanner_new(struct ps_scanner **out, const struct ps_scan_options *options)
{
	struct ps_scanner *s = calloc(1, sizeof(*s));

	*out = s;
	if (s == NULL)
		return SEARCH_ENOMEM;
	s->options = options;
	s->simd = ps_matcher_simd(options->matcher);
	s->lines = ps_lines_of(options->flags & ~(uint32_t)SEARCH_MATCH_MULTILINE);
	s->whole = ps_matcher_is_whole(options->matcher);
	if (ps_finder_new(&s->finder, options->matcher) != SEARCH_OK) {
		ps_scanner_free(s);
		*out = NULL;
		return SEARCH_ENOMEM;
	}
	ps_finder_watch(s->finder, options->over, options->over_context);
	ps_finder_limit_line(s->finder, options->max_line_time);
	return SEARCH_OK;
}

void ps_scanner_leave_buffer(struct ps_scanner *s, struct ps_buffers **last)
{
	if (s == NULL)
		return;
	ps_buffers_add(last, s->buffer.text, s->buffer.space);
	s->buffer.text = NULL;
	s->buffer.space = 0;
}

void ps_scanner_free(struct ps_scanner *scanner)
{
	if (scanner == NULL)
		return;
	ps_finder_free(scanner->finder);
	ps_buffer_free(scanner->blocks.spans, scanner->blocks.span_space * sizeof(*scanner->blocks.spans));
	ps_decode_free(&scanner->decode);
	ps_buffer_free(scanner->buffer.text, scanner->buffer.space);
	free(scanner);
}

void ps_scanner_start(struct ps_scanner *s, const struct ps_input *input)
{
	ps_scan_shrink(s, input->part);
	s->input = *input;
	s->totals = (struct ps_scan_totals){ 0 };
	ps_scan_empty(s, 0);
	s->reading = (struct ps_scan_reading){ 0 };
	s->numbering.line = input->lines + 1;
	s->binary.nul_at = s->binary.from = UINT64_MAX;
	s->gaps.zeros = false;
	s->gaps.seeks_data = true;
	s->context = (struct ps_scan_context){ .after_due = ps_scan_due_anyway(s) };
	s->event.kind = PS_EVENT_NONE;
	s->hit_is_known = false;
	s->paused = false;
	s->finished = false;
	s->left_at = UINT64_MAX;
	s->broken = 0;
	ps_scan_start_blocks(s);
	ps_scan_start_part(s);
	ps_scan_start_decoding(s);
}

void ps_scanner_split(struct ps_scanner *s, uint64_t end)
{
	s->input.part = true;
	s->part.stop = end;
	ps_scan_bound(s);
	s->buffer.limit = ps_min(s->buffer.limit, s->buffer.complete);
	s->totals.bytes = ps_min64(s->totals.bytes, end);
}

void ps_scanner_go_on(struct ps_scanner *s, int fd)
{
	s->input.fd = fd;
}

void ps_scanner_break(struct ps_scanner *s, int error)
{
	s->broken = error;
}

uint64_t ps_scanner_reached(const struct ps_scanner *s)
{
	return ps_scan_offset(s, s->buffer.end);
}

bool ps_scanner_is_finished(const struct ps_scanner *s)
{
	return s->finished;
}

const struct ps_scan_totals *ps_scanner_totals(const struct ps_scanner *scanner)
{
	return &scanner->totals;
}

/* S1 to S5 in scanner.h. After running out of memory nothing is promised: the search is over. */
static void check_state(const struct ps_scanner *s)
{
	const struct ps_scan_buffer *b = &s->buffer;
	const struct ps_line *line = &s->event.line;

	PS_ASSERT(b->out <= b->pos && b->pos <= b->limit && b->limit <= b->complete);
	PS_ASSERT(b->complete <= b->end && b->end <= b->space);
	PS_ASSERT(s->decode.count > 0 || s->decode.failed != NULL || b->base + b->end == s->reading.at);
	PS_ASSERT(s->event.kind == PS_EVENT_NONE || (line->begin <= line->end && line->end <= b->pos));
	PS_ASSERT(s->event.kind != PS_EVENT_MATCH || b->out <= line->begin);
	PS_ASSERT(!s->context.leading || s->event.kind == PS_EVENT_MATCH);
	PS_ASSERT(s->part.leads_due == 0 || (b->out <= s->part.lead && s->part.lead <= b->pos));
	PS_ASSERT(s->binary.checked <= b->end && s->binary.from <= s->binary.nul_at);
	PS_ASSERT(!s->finished || s->event.kind == PS_EVENT_NONE || s->event.kind == PS_EVENT_UNDECIDED);
}

static bool is_batch_full(const struct ps_scanner *s, const struct ps_batch *batch)
{
	return batch->count >= s->options->batch_items ||
	       (batch->count > 0 && ps_batch_bytes(batch) >= s->options->batch_bytes);
}

/* Ends the search for lines in this file; context that is due still comes. */
static void finish_search(struct ps_scanner *s, uint32_t after_due)
{
	s->finished = true;
	s->context = (struct ps_scan_context){ .after_due = after_due };
	s->part.leads_due = 0;
	s->event.kind = PS_EVENT_NONE;
}

void ps_scanner_cut(struct ps_scanner *s)
{
	finish_search(s, 0);
}

/* Is the line at this buffer position held back because it is binary? Lines that are only counted never are. */
static bool is_withheld(const struct ps_scanner *s, size_t begin)
{
	return (s->options->flags & SEARCH_RESULT_COUNT) == 0 && ps_scan_is_binary(s, begin);
}

/* Is the event's line held back, or, of a block, one of its lines? */
static bool is_event_withheld(const struct ps_scanner *s)
{
	const struct ps_line *line = &s->event.line;

	return is_withheld(s, line->begin) || (s->whole && line->end > line->begin && is_withheld(s, line->end - 1));
}

/* A line of a binary file is selected: neither it nor anything after it is delivered. */
static int end_binary(struct ps_scanner *s, struct ps_batch *batch)
{
	finish_search(s, 0);
	s->totals.matches++;
	return ps_emit_binary(s, batch);
}

/* Delivers the line at *at, and moves *at past it. */
static int deliver_context(struct ps_scanner *s, struct ps_batch *batch, size_t *at)
{
	struct ps_line line = { *at, ps_scan_line_end(s, *at) };

	*at = ps_scan_line_after(s, line);
	if (is_withheld(s, line.begin))
		return SEARCH_OK;
	return ps_emit_line(s, batch, SEARCH_ITEM_CONTEXT, line);
}

/* The same for a line that may be context after a match in the part before. */
static int deliver_lead(struct ps_scanner *s, struct ps_batch *batch)
{
	size_t count = batch->count;
	int rc = deliver_context(s, batch, &s->part.lead);

	s->part.leads_due--;
	if (rc == SEARCH_OK && batch->count > count)
		batch->records[count].flags |= PS_RECORD_LEAD;
	return rc;
}

/* A block counts as one match, unless all that is wanted is how many there are. */
static uint64_t matches_of_event(const struct ps_scanner *s)
{
	uint32_t flags = s->options->flags;
	uint64_t left = s->options->max_matches_per_file - s->totals.matches;

	if (!s->whole || (flags & SEARCH_RESULT_COUNT) == 0 || (flags & SEARCH_MATCH_INVERT) != 0)
		return 1;
	return ps_min64(s->blocks.matches, left);
}

/* A match whose spans cannot be found is delivered without them, and an error after it. */
static int deliver_match(struct ps_scanner *s, struct ps_batch *batch)
{
	bool counting = (s->options->flags & SEARCH_RESULT_COUNT) != 0;
	int rc = counting ? SEARCH_OK : ps_emit_line(s, batch, SEARCH_ITEM_MATCH, s->event.line);

	s->paused = rc == PS_PAUSED;
	if (s->paused)
		return SEARCH_OK;
	s->totals.matches += matches_of_event(s);
	s->context.after_due = s->options->after_context;
	s->buffer.out = ps_scan_line_after(s, s->event.line);
	s->event.kind = PS_EVENT_NONE;
	s->context.leading = false;
	s->part.leads_due = 0; /* from here on we know what is context */
	if (s->totals.matches >= s->options->max_matches_per_file) {
		s->left_at = ps_scan_offset(s, s->buffer.out);
		finish_search(s, s->context.after_due);
	}
	if (rc == PS_UNDECIDED)
		s->event.kind = PS_EVENT_UNDECIDED;
	return rc == PS_UNDECIDED ? SEARCH_OK : rc;
}

static const char *reason_of_event(const struct ps_scanner *s)
{
	if (!s->whole)
		return ps_finder_reason(s->finder);
	return ps_finder_is_late(s->finder) ? TEXT_LATE : TEXT_REASON;
}

/* Lines before it can no longer be context: items come in the order of their lines. */
static int deliver_undecided(struct ps_scanner *s, struct ps_batch *batch)
{
	s->event.kind = PS_EVENT_NONE;
	s->buffer.out = ps_max(s->buffer.out, s->event.line.begin);
	if (s->whole)
		finish_search(s, 0);
	return ps_emit_line_error(s, batch, SEARCH_REASON_GAVE_UP, s->event.line.begin, reason_of_event(s));
}

/* Goes back to where the context before the event's line starts. Returns SEARCH_OK or SEARCH_ENOMEM. */
static int go_back_to_context(struct ps_scanner *s, struct ps_batch *batch)
{
	int rc;

	if (s->options->before_context == 0) {
		s->buffer.out = s->event.line.begin;
		return SEARCH_OK;
	}
	rc = ps_scan_look_back(s, batch);
	if (rc == SEARCH_OK)
		s->buffer.out = ps_scan_context_start(s, s->event.line.begin);
	return rc;
}

/* Delivers one more item of the event: a line of the context before it, or the line itself. */
static int deliver_event(struct ps_scanner *s, struct ps_batch *batch)
{
	if (s->event.kind == PS_EVENT_UNDECIDED)
		return deliver_undecided(s, batch);
	if (!s->context.leading) {
		int rc;

		if (is_event_withheld(s))
			return end_binary(s, batch);
		rc = go_back_to_context(s, batch);
		if (rc != SEARCH_OK)
			return rc;
		s->context.leading = true;
	}
	if (s->buffer.out < s->event.line.begin)
		return deliver_context(s, batch, &s->buffer.out);
	return deliver_match(s, batch);
}

/* Are matching lines only counted, all of them? */
static bool is_counting(const struct ps_scanner *s)
{
	return (s->options->flags & SEARCH_RESULT_COUNT) != 0 && s->options->max_matches_per_file == UINT64_MAX &&
	       s->part.leads_due == 0;
}

/* Searches [pos, limit) until that is done, or the batch is full, or the matcher pauses. */
static int search_region(struct ps_scanner *s, struct ps_batch *batch)
{
	while (!is_batch_full(s, batch)) {
		size_t target;
		int rc = SEARCH_OK;

		if (s->finished)
			s->buffer.pos = s->buffer.limit;
		else if (s->event.kind == PS_EVENT_NONE && s->buffer.pos < s->buffer.limit)
			rc = is_counting(s) ? ps_scan_count(s) : ps_scan_next(s);
		if (rc != SEARCH_OK)
			return rc;
		target = s->event.kind == PS_EVENT_NONE ? s->buffer.pos : s->event.line.begin;
		if (s->part.leads_due > 0 && s->part.lead < target && !s->context.leading) {
			rc = deliver_lead(s, batch);
		} else if (s->context.after_due > 0 && s->buffer.out < target && !s->context.leading) {
			s->context.after_due -= ps_scan_due_anyway(s) == 0;
			rc = deliver_context(s, batch, &s->buffer.out);
		} else if (s->event.kind != PS_EVENT_NONE) {
			rc = deliver_event(s, batch);
		} else {
			return PS_STEP_MORE;
		}
		if (rc != SEARCH_OK)
			return rc;
		s->paused |= ps_finder_is_tired(s->finder);
		if (s->paused)
			return PS_STEP_MORE;
	}
	return PS_STEP_FULL;
}

static bool is_at_end(const struct ps_scanner *s)
{
	const struct ps_scan_buffer *b = &s->buffer;

	return (s->finished && s->context.after_due == 0) || (s->reading.eof && b->pos == b->end) ||
	       b->base + b->pos >= s->part.stop || ps_scan_ends_at_nul(s);
}

/* The rest of the file is binary, and is skipped: it does not matter what was read of it. */
static void skip_rest(struct ps_scanner *s)
{
	finish_search(s, 0);
	s->totals.skipped = true;
	s->reading.error = 0;
}

/* Leaves the descriptor after the last match, for the next reader. */
static void leave_input(const struct ps_scanner *s)
{
	if (s->input.seekable && s->left_at != UINT64_MAX)
		lseek(s->input.fd, (off_t)(s->left_at - (ps_scan_offset(s, s->buffer.end))), SEEK_CUR);
}

/* Reports why the file could not be read to its end. What a decoder says may be a whole sentence. */
static int deliver_failure(struct ps_scanner *s, struct ps_batch *batch, int error)
{
	const char *failed = s->decode.failed;

	if (failed != NULL && error == EBADMSG)
		return ps_emit_problem(s, batch, s->decode.reason, failed);
	if (failed != NULL)
		return ps_emit_failure(s, batch, s->decode.reason, error, failed);
	return ps_emit_failure(s, batch, SEARCH_REASON_READ, error, "cannot read");
}

/* Nothing is left to search: delivers what comes at a file's end. Returns as ps_scanner_step. */
static int deliver_end(struct ps_scanner *s, struct ps_batch *batch)
{
	int rc, error;

	if (!s->finished && ps_scan_ends_at_nul(s))
		skip_rest(s);
	error = s->reading.error;
	s->reading.error = 0;
	if (error != 0) {
		s->finished = true;
		rc = deliver_failure(s, batch, error);
		return rc == SEARCH_OK ? PS_STEP_MORE : rc;
	}
	leave_input(s);
	ps_scan_end_part(s);
	rc = ps_emit_file_end(s, batch);
	return rc == SEARCH_OK ? PS_STEP_END : rc;
}

/*
 * Is the file large? Asked once, after the first read. (The first match ends a binary file, and it may be searched
 * already: there is nothing to gain.)
 */
static bool is_large(struct ps_scanner *s)
{
	const struct ps_scan_buffer *b = &s->buffer;
	bool may_ask = !s->reading.asked && s->input.large > 0;

	s->reading.asked = true;
	if (!may_ask || s->reading.error != 0 || ps_scan_is_binary(s, b->pos))
		return false;
	return !s->reading.eof || (b->end > s->input.large && b->pos < b->end);
}

enum { NOTE_AT = 512 }; /* bytes of a stream: if it is binary, a container has a NUL among them */

/* Is there enough text to tell whether the file is skipped? Before an error the note does not wait for that. */
static bool is_note_due(const struct ps_scanner *s)
{
	bool more = s->input.stream && !s->reading.eof && s->buffer.pos == s->buffer.limit;

	return !more || s->buffer.base + s->buffer.end >= NOTE_AT;
}

/* Searches the buffer and fills it, in turn, up to the end of this step. Returns as ps_scanner_step. */
static int run_step(struct ps_scanner *s, struct ps_batch *batch, bool wait)
{
	bool filled = false;

	s->paused = false; /* a pause at the limit needs no further look */
	ps_finder_begin(s->finder);
	for (;;) {
		int rc = is_note_due(s) ? ps_emit_note(s, batch) : SEARCH_OK;

		if (rc == SEARCH_OK)
			rc = search_region(s, batch);
		if (rc != PS_STEP_MORE || s->paused)
			return rc;
		if (is_at_end(s)) {
			rc = deliver_end(s, batch);
			if (rc != PS_STEP_MORE)
				return rc;
			continue;
		}
		if (filled)
			return PS_STEP_MORE;
		s->reading.may_wait = wait && batch->count == 0; /* what was found is not held back */
		rc = ps_scan_fill(s, batch);
		if (rc != SEARCH_OK)
			return rc;
		filled = true;
		if (is_large(s))
			return PS_STEP_LARGE;
	}
}

int ps_scanner_step(struct ps_scanner *s, struct ps_batch *batch, bool wait)
{
	int rc;

	check_state(s);
	rc = run_step(s, batch, wait);
	if (rc != SEARCH_ENOMEM)
		check_state(s);
	PS_ASSERT(rc != PS_STEP_FULL || is_batch_full(s, batch));
	return rc;
}
