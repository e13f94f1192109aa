/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats.h - what a search has done, in numbers: in each file, and in all of them.
 *
 * All of it is taken from the items, so a search must deliver the end of each file and the spans of its matches. With
 * --warm it need not deliver the ends, for which the library would open more files; how many files and bytes there
 * were, the library's counts tell.
 */
#ifndef PSEARCH_CLI_STATS_H
#define PSEARCH_CLI_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include <psearch.h>

#include "../base/output.h"
#include "place.h"

struct stats {
	uint64_t elapsed;             /* nanoseconds: of a file those since the end of the one before, */
	                              /* of all those that the processors took, which may be several */
	uint64_t searches;            /* files searched */
	uint64_t searches_with_match;
	uint64_t bytes_searched;      /* of text, as far as the search went */
	uint64_t bytes_printed;       /* from the first item of a file up to its end, but not by that */
	uint64_t matched_lines;       /* selected lines; of a binary file none after its first NUL but one */
	uint64_t matches;             /* in these lines */
};

struct tally {
	const struct output *out;
	struct stats file;   /* of the file at hand, whole once its end is taken */
	struct stats all;    /* of the files that have ended */
	uint64_t total;      /* nanoseconds since tally_init(); set by tally_finish() */
	uint64_t started;
	uint64_t processor;  /* time of the processors at that moment */
	uint64_t file_ended; /* the moment that a file ended last */
	uint64_t printed;    /* the output's position where the file's items began */
	uint64_t reached;    /* offset after the last selected line of the file */
	uint64_t ruled_out;  /* with `warm`: files that were not opened */
	struct place place;  /* without `ends`: the file at hand */
	char line_end;
	bool inverted;       /* selected lines have no match */
	bool ends;           /* the end of each file is delivered */
	bool warm;           /* a warm tree is used; the caller sets it after tally_init() */
	bool open;           /* the file has had an item, and has not ended */
};

/* Starts the clock. `line_end` is what ends a line, as in struct look. In the end call tally_free(). */
void tally_init(struct tally *t, const struct output *out, char line_end, bool inverted, bool ends);
void tally_free(struct tally *t);

/* Counts an item; call it before the item is printed. False: out of memory: the counts are wrong from then on. */
bool tally_take(struct tally *t, const struct search_item *item);

/* The search is over: counts a file that it left before the end. */
void tally_finish(struct tally *t);

/* After tally_finish(): takes from the search what the items do not tell with --warm. */
void tally_take_search(struct tally *t, const struct search *s);

/* Prints the totals as rg does. */
void tally_print(const struct tally *t, struct output *out);

#endif
