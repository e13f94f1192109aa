/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats.c - what a search has done, in numbers.
 */
#include "stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/clock.h"

void tally_init(struct tally *t, const struct output *out, char line_end, bool inverted, bool ends)
{
	*t = (struct tally){ .out = out, .line_end = line_end, .inverted = inverted, .ends = ends };
	t->processor = clock_read(CLOCK_PROCESS_CPUTIME_ID);
	t->started = t->file_ended = clock_read(CLOCK_MONOTONIC);
}

void tally_free(struct tally *t)
{
	place_free(&t->place);
}

static void begin_file(struct tally *t)
{
	t->file = (struct stats){ .searches = 1 };
	t->printed = output_position(t->out);
	t->reached = 0;
	t->open = true;
}

static void end_file(struct tally *t)
{
	struct stats *file = &t->file, *all = &t->all;
	uint64_t now = clock_read(CLOCK_MONOTONIC);

	t->open = false;
	file->elapsed = now - t->file_ended;
	t->file_ended = now;
	file->searches_with_match = file->matched_lines > 0;
	file->bytes_printed = output_position(t->out) - t->printed;
	all->searches++;
	all->searches_with_match += file->searches_with_match;
	all->bytes_searched += file->bytes_searched;
	all->bytes_printed += file->bytes_printed;
	all->matched_lines += file->matched_lines;
	all->matches += file->matches;
}

/* How many lines the text has: more than one only in a multi-line search. */
static uint64_t count_lines(const struct tally *t, const struct search_item *item)
{
	const char *at = item->text, *end = at + item->length;
	uint64_t lines = 1;

	while (at < end && (at = memchr(at, t->line_end, (size_t)(end - at))) != NULL) {
		at++;
		lines++;
	}
	return lines;
}

static void count_match(struct tally *t, const struct search_item *item)
{
	unsigned terminator = (item->flags & SEARCH_ITEM_FLAG_CRLF) != 0 ? 2 : 1;

	if ((item->flags & SEARCH_ITEM_FLAG_NO_EOL) != 0)
		terminator = 0;
	t->file.matched_lines += count_lines(t, item);
	t->file.matches += item->span_count;
	t->reached = item->offset + item->line_bytes + terminator;
}

/* There is a line that matches in it; what it looks like is not known. */
static void count_binary(struct tally *t, const struct search_item *item)
{
	t->file.matched_lines++;
	t->file.matches += !t->inverted;
	t->reached = item->offset;
}

/* If nothing but counts was delivered, a line counts as a match. */
static void count_end(struct tally *t, const struct search_item *item)
{
	if (t->file.matched_lines == 0) {
		t->file.matched_lines = item->matches;
		t->file.matches = t->inverted ? 0 : item->matches;
	}
	t->file.bytes_searched = item->bytes > 0 ? item->bytes : t->reached;
	end_file(t);
}

/* The item may be the first of another file: then the one before has ended. False: out of memory. */
static bool turn_to_file(struct tally *t, const struct search_item *item)
{
	if (place_is_same_file(&t->place, item))
		return true;
	if (t->open)
		end_file(t);
	return place_set_file(&t->place, item);
}

bool tally_take(struct tally *t, const struct search_item *item)
{
	if (item->kind == SEARCH_ITEM_ERROR || item->kind == SEARCH_ITEM_FILE)
		return true;
	if (!t->ends && !turn_to_file(t, item))
		return false;
	if (!t->open)
		begin_file(t);
	switch (item->kind) {
	case SEARCH_ITEM_MATCH: count_match(t, item); break;
	case SEARCH_ITEM_BINARY: count_binary(t, item); break;
	case SEARCH_ITEM_FILE_END: count_end(t, item); break;
	default: break;
	}
	return true;
}

void tally_finish(struct tally *t)
{
	if (t->open) {
		t->file.bytes_searched = t->reached;
		end_file(t);
	}
	t->total = clock_read(CLOCK_MONOTONIC) - t->started;
	t->all.elapsed = clock_read(CLOCK_PROCESS_CPUTIME_ID) - t->processor;
}

void tally_take_search(struct tally *t, const struct search *s)
{
	struct search_stats stats = SEARCH_STATS_INIT;

	if ((t->ends && !t->warm) || search_stats(s, &stats) != SEARCH_OK)
		return;
	t->all.searches = stats.files_searched;
	t->all.bytes_searched = stats.bytes;
	t->ruled_out = stats.files_ruled_out;
}

static double seconds(uint64_t nanoseconds)
{
	return (double)nanoseconds / 1e9;
}

void tally_print(const struct tally *t, struct output *out)
{
	const struct stats *all = &t->all;
	uint64_t printed = output_position(t->out);
	char text[512], ruled_out[64] = "";
	int length;

	if (t->warm)
		snprintf(ruled_out, sizeof(ruled_out), "%" PRIu64 " files ruled out\n", t->ruled_out);
	length = snprintf(text, sizeof(text),
			  "\n"
			  "%" PRIu64 " matches\n"
			  "%" PRIu64 " matched lines\n"
			  "%" PRIu64 " files contained matches\n"
			  "%" PRIu64 " files searched\n"
			  "%s"
			  "%" PRIu64 " bytes printed\n"
			  "%" PRIu64 " bytes searched\n"
			  "%.6f seconds spent searching\n"
			  "%.6f seconds total\n",
			  all->matches, all->matched_lines, all->searches_with_match, all->searches, ruled_out,
			  printed, all->bytes_searched, seconds(all->elapsed), seconds(t->total));

	output_write(out, text, (size_t)length);
}
