/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gap.c - passes over what holds nothing: long runs of empty lines, and holes.
 *
 * Where a NUL ends a line (binary.c, or SEARCH_MATCH_NUL_LINES) a run of NULs is so many empty
 * lines. Whether an empty line is selected is asked once. If none is, or lines are only counted,
 * a run of them is not searched; and of a hole in a file, which reads as NULs, nothing is read.
 * With SEARCH_MATCH_TEXT a NUL is a byte of its line: then a hole is passed over only where it
 * lies in a line that is dropped.
 */
#include "scanner.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	RUN = 4096,  /* a run of so many empty lines may be found, of twice as many it is */
	CHUNK = 256
};

static enum ps_empty ask(struct ps_scanner *s)
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

/* May empty lines at pos be passed over? None is looked at as long as lines are due as context. */
static bool may_pass(struct ps_scanner *s)
{
	if (s->finished || s->in_long_line || s->after_due > 0 || s->leads_due > 0)
		return false;
	if (s->empty == PS_EMPTY_UNKNOWN) {
		s->empty = ask(s);
		ps_finder_forget(s->finder);
	}
	return s->empty == PS_EMPTY_NOT ||
	       (s->empty == PS_EMPTY_SELECTED && (s->options->flags & SEARCH_RESULT_COUNT) != 0);
}

/* So many empty lines, from `offset` on, are passed over: if they are selected they count. */
static void pass(struct ps_scanner *s, uint64_t count, uint64_t offset)
{
	uint64_t left = s->options->max_matches_per_file - s->totals.matches;

	if (s->empty != PS_EMPTY_SELECTED)
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
	const uint8_t *text = s->buffer + at;

	return text[0] == s->lines.end && memcmp(text, text + 1, length - 1) == 0;
}

/* Behind the last of the line ends that follow each other from `at` on. */
static size_t run_end(const struct ps_scanner *s, size_t at, size_t to)
{
	while (to - at >= CHUNK && is_run(s, at, CHUNK))
		at += CHUNK;
	while (at < to && s->buffer[at] == s->lines.end)
		at++;
	return at;
}

/* Where the first long run of empty lines begins between pos and `limit`, or `limit`. */
size_t ps_scan_next_run(struct ps_scanner *s, size_t limit)
{
	size_t at = s->pos;

	while (limit - at > RUN && !is_run(s, at, RUN))
		at += RUN;
	if (limit - at <= RUN || !may_pass(s))
		return limit;
	while (at > s->pos && s->buffer[at - 1] == s->lines.end)
		at--;
	return at > s->pos ? at + 1 : at; /* the first of them ends the line before */
}

/* Moves pos over the empty lines that begin there, if they are many. */
void ps_scan_pass_run(struct ps_scanner *s)
{
	size_t begin = s->pos;

	if (s->complete - begin <= RUN || !is_run(s, begin, RUN) || !may_pass(s))
		return;
	s->pos = run_end(s, begin, s->complete);
	pass(s, s->pos - begin, s->base + begin);
}

/* --- holes --- */

/* Is all that was read done with, and does a NUL behind it change nothing that is still to come? */
static bool may_pass_hole(struct ps_scanner *s)
{
	bool text = (s->options->flags & SEARCH_MATCH_TEXT) != 0, ends = !text || s->lines.end == 0;

	if (!s->zeros || !s->seeks_data || s->pos != s->end || s->decode.count > 0 || s->input.fd < 0 || s->input.stream)
		return false;
	if (!ends)
		return s->in_long_line;
	return (!text || s->options->before_context == 0) && may_pass(s);
}

/* Bytes from offset `at` of the descriptor on that are a hole. It may be left behind them. */
static uint64_t hole_size(struct ps_scanner *s, off_t at)
{
	off_t data = lseek(s->input.fd, at, SEEK_DATA);

	if (data < 0 && errno == ENXIO)
		data = lseek(s->input.fd, 0, SEEK_END); /* there is no data behind */
	else if (data < 0)
		s->seeks_data = false;
	return data > at ? (uint64_t)(data - at) : 0;
}

/* The same of what is read next, and as far as the part goes. Reading goes on behind it. */
static uint64_t skip_hole(struct ps_scanner *s)
{
	off_t at = s->input.part ? (off_t)s->read_at : lseek(s->input.fd, 0, SEEK_CUR);
	uint64_t size;

	if (at < 0) {
		s->seeks_data = false;
		return 0;
	}
	size = hole_size(s, at);
	if (s->input.part)
		return s->read_at >= s->stop ? 0 : s->stop - s->read_at < size ? s->stop - s->read_at : size;
	if (size == 0)
		lseek(s->input.fd, at, SEEK_SET);
	return size;
}

/* Before something is read on: passes over the hole there. False: there is none, or it may not be. */
bool ps_scan_pass_hole(struct ps_scanner *s)
{
	bool numbered = (s->options->flags & SEARCH_RESULT_NO_LINE_NUMBERS) == 0;
	uint64_t size;

	if (!may_pass_hole(s))
		return false;
	s->zeros = false;
	size = skip_hole(s);
	if (size == 0)
		return false;
	s->totals.bytes += ps_scan_owned(s, size);
	s->read_at += size;
	if (!s->in_long_line) {
		ps_scan_count_to(s, s->end);
		s->line_number += numbered ? size : 0;
		pass(s, size, s->base + s->end);
	}
	s->base += s->end + size;
	s->out = s->pos = s->limit = s->complete = s->end = 0;
	s->counted = s->lead = s->ended = 0;
	return true;
}
