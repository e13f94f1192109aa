/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gap.c - passes over long runs of empty lines, and over holes in files.
 *
 * If a NUL ends a line (binary.c, or SEARCH_MATCH_NUL_LINES), a run of N NULs is N empty lines. Whether an
 * empty line is selected is determined once. If it is not, or if lines are only
 * counted, runs of them are not searched; and a hole in a file, which reads as NULs, is not even read.
 * With SEARCH_MATCH_TEXT a NUL is a byte of its line: then a hole is passed over only within a line that is dropped.
 */
#include "scanner.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	RUN = 4096,  /* a run of this many empty lines may be noticed, one of twice as many always is */
	CHUNK = 256
};

static enum ps_empty ask_of_empty_line(struct ps_scanner *s)
{
	bool invert = (s->options->flags & SEARCH_MATCH_INVERT) != 0;
	struct ps_line line;

	ps_finder_forget(s->finder);
	switch (ps_find_line(s->finder, &s->lines.end, 0, 1, &line)) {
	case PS_FOUND: return invert ? PS_EMPTY_NOT : PS_EMPTY_SELECTED;
	case PS_NONE: return invert ? PS_EMPTY_SELECTED : PS_EMPTY_NOT;
	default: return PS_EMPTY_UNSURE;
	}
}

/* May empty lines at pos be passed over? Not while lines are due as context. */
static bool may_pass_empty_lines(struct ps_scanner *s)
{
	if (s->whole || s->finished || s->reading.in_long_line || s->context.after_due > 0 || s->part.leads_due > 0)
		return false;
	if (s->gaps.empty == PS_EMPTY_UNKNOWN) {
		s->gaps.empty = ask_of_empty_line(s);
		ps_finder_forget(s->finder);
	}
	return s->gaps.empty == PS_EMPTY_NOT ||
	       (s->gaps.empty == PS_EMPTY_SELECTED && (s->options->flags & SEARCH_RESULT_COUNT) != 0);
}

/* Passes over `count` empty lines that start at `offset`; if empty lines are selected, they count as matches. */
static void pass_empty_lines(struct ps_scanner *s, uint64_t count, uint64_t offset)
{
	uint64_t left = s->options->max_matches_per_file - s->totals.matches;

	if (s->gaps.empty != PS_EMPTY_SELECTED)
		return;
	s->totals.matches += count < left ? count : left;
	if (count < left)
		return;
	s->left_at = offset + left;
	s->finished = true;
}

/* --- runs --- */

static bool is_run(const struct ps_scanner *s, size_t at, size_t length)
{
	const uint8_t *text = s->buffer.text + at;

	return text[0] == s->lines.end && memcmp(text, text + 1, length - 1) == 0;
}

/* Returns the end of the run of line ends that starts at `at`. */
static size_t run_end(const struct ps_scanner *s, size_t at, size_t to)
{
	while (to - at >= CHUNK && is_run(s, at, CHUNK))
		at += CHUNK;
	while (at < to && s->buffer.text[at] == s->lines.end)
		at++;
	return at;
}

/* Returns the start of the first long run of empty lines between pos and `limit`, or `limit`. */
size_t ps_scan_next_run(struct ps_scanner *s, size_t limit)
{
	size_t at = s->buffer.pos;

	while (limit - at > RUN && !is_run(s, at, RUN))
		at += RUN;
	if (limit - at <= RUN || !may_pass_empty_lines(s))
		return limit;
	while (at > s->buffer.pos && s->buffer.text[at - 1] == s->lines.end)
		at--;
	return at > s->buffer.pos ? at + 1 : at; /* the first line end belongs to the line before */
}

/* Moves pos past the run of empty lines that starts there, if it is long. */
void ps_scan_pass_run(struct ps_scanner *s)
{
	size_t begin = s->buffer.pos;

	if (s->buffer.complete - begin <= RUN || !is_run(s, begin, RUN) || !may_pass_empty_lines(s))
		return;
	s->buffer.pos = run_end(s, begin, s->buffer.complete);
	pass_empty_lines(s, s->buffer.pos - begin, ps_scan_offset(s, begin));
}

/* --- holes --- */

/* Has everything that was read been searched, and do further NULs not affect what is still to be delivered? */
static bool may_pass_hole(struct ps_scanner *s)
{
	bool text = (s->options->flags & SEARCH_MATCH_TEXT) != 0, ends = !text || s->lines.end == 0;

	if (!s->gaps.seeks_data || s->input.fd < 0 || s->input.stream || s->broken != 0)
		return false;
	if (s->buffer.pos != s->buffer.end || s->decode.count > 0)
		return false;
	if (!ends)
		return s->reading.in_long_line;
	return (!text || s->options->before_context == 0) && may_pass_empty_lines(s);
}

/* Returns the length of the hole at offset `at`, or 0. May leave the descriptor positioned after it. */
static uint64_t hole_size(struct ps_scanner *s, off_t at)
{
	off_t data = lseek(s->input.fd, at, SEEK_DATA);

	if (data < 0 && errno == ENXIO)
		data = lseek(s->input.fd, 0, SEEK_END); /* there is no data after it */
	else if (data < 0)
		s->gaps.seeks_data = false;
	return data > at ? (uint64_t)(data - at) : 0;
}

/* The same for the hole that would be read next, up to the part's end. Leaves the descriptor after it. */
static uint64_t skip_hole(struct ps_scanner *s)
{
	off_t at = s->input.part ? (off_t)s->reading.at : lseek(s->input.fd, 0, SEEK_CUR);
	uint64_t size, left;

	if (at < 0) {
		s->gaps.seeks_data = false;
		return 0;
	}
	size = hole_size(s, at);
	if (s->input.part) {
		left = s->part.stop > s->reading.at ? s->part.stop - s->reading.at : 0;
		return ps_min64(left, size);
	}
	if (size == 0)
		lseek(s->input.fd, at, SEEK_SET);
	return size;
}

/*
 * Called before a read if what was read last ends in NULs: passes over a hole there. Returns false if there is none, or
 * if it may not be passed over.
 */
bool ps_scan_pass_hole(struct ps_scanner *s)
{
	bool numbered = (s->options->flags & SEARCH_RESULT_NO_LINE_NUMBERS) == 0;
	uint64_t size;

	if (!may_pass_hole(s))
		return false;
	s->gaps.zeros = false;
	size = skip_hole(s);
	if (size == 0)
		return false;
	s->totals.bytes += ps_scan_owned(s, size);
	s->reading.at += size;
	if (!s->reading.in_long_line) {
		ps_scan_count_to(s, s->buffer.end);
		s->numbering.line += numbered ? size : 0;
		pass_empty_lines(s, size, ps_scan_offset(s, s->buffer.end));
	}
	ps_scan_empty(s, ps_scan_offset(s, s->buffer.end) + size);
	return true;
}
