/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.h - searches one file (or descriptor, or memory) and yields its items.
 *
 * A scanner is a resumable generator that belongs to one thread: each step
 * does about one buffer's work and adds to a batch. So the same code serves a
 * worker, which queues the batches, and a caller without workers, who takes
 * them as they come.
 */
#ifndef PS_SCAN_H
#define PS_SCAN_H

#include "../base/base.h"
#include "../match/match.h"
#include "../queue/batch.h"
#include "../decode/encoding.h"

struct ps_scanner;

/* The same for all scanners of a search. */
struct ps_scan_options {
	const struct ps_matcher *matcher;
	uint32_t flags; /* SEARCH_... */
	uint64_t max_matches_per_file;
	uint64_t max_line_bytes;
	size_t max_item_bytes;
	size_t batch_items; /* a batch is full with so many items, */
	size_t batch_bytes; /* or with so many bytes, whichever comes first */
	uint32_t before_context;
	uint32_t after_context;
	ps_over *over; /* whether the search is, for lines that take long; NULL: never */
	const void *over_context;
	struct ps_encoding encoding;
};

/* What to scan. */
struct ps_input {
	int fd;             /* open for reading, or -1: `data` */
	int stop_fd;        /* wakes a stream's wait for data when readable; -1 where there is none */
	bool stream;        /* fd may block for ever: wait for it, stop_fd and the deadline */
	uint64_t deadline;  /* nanoseconds on CLOCK_MONOTONIC, or UINT64_MAX */
	bool short_read_is_end; /* fd answers less than was asked for at its end only */
	bool seekable;      /* fd is left behind the last match where max_matches_per_file ends the file */
	const uint8_t *data;
	size_t size;
	bool part;          /* only the lines that begin in [begin, end), read by position: see part.c */
	uint64_t begin;     /* 0: also read on from where fd stands */
	uint64_t end;       /* UINT64_MAX: the last part */
	uint64_t large;     /* answer PS_STEP_LARGE once where there are more bytes than these; 0: never */
};

enum ps_step {
	PS_STEP_MORE = 1, /* a buffer's work is done: call again */
	PS_STEP_FULL = 2, /* the batch is full: hand it on and call again with another */
	PS_STEP_WAIT = 3, /* a stream has nothing at the moment, and waiting is not allowed (any more) */
	PS_STEP_LARGE = 4, /* the file is larger than input.large, and nothing is searched yet: call again */
	PS_STEP_END = 0   /* the file is finished, whatever the batch holds is its last */
	                  /* or SEARCH_ENOMEM */
};

/* What a scan of one file came to; complete after PS_STEP_END. */
struct ps_scan_totals {
	uint64_t bytes; /* of text: of a file that is decoded, those that come of it */
	uint64_t matches;
	uint64_t errors;
	uint64_t replaced; /* sequences that are not valid in the file's encoding */
	bool skipped; /* binary, with SEARCH_MATCH_SKIP_BINARY */
	uint64_t lines;  /* of a part: terminators in it, if lines are numbered */
	uint64_t nul_at; /* of a part: the offset in the file of its first NUL, or UINT64_MAX */
	bool shrunk;     /* of a part: the file ended before it did */
};

/* SEARCH_OK or SEARCH_ENOMEM. *options must outlive the scanner. */
int ps_scanner_new(struct ps_scanner **out, const struct ps_scan_options *options);
void ps_scanner_free(struct ps_scanner *scanner); /* NULL is fine; leaves the input's fd alone */

/* The scanner is no longer used: its buffer is added to those that are freed last. NULL is fine. */
void ps_scanner_leave_buffer(struct ps_scanner *scanner, struct ps_buffers **last);

/* Begins a file. Whatever was scanned before is forgotten. */
void ps_scanner_start(struct ps_scanner *scanner, const struct ps_input *input);

/* After PS_STEP_LARGE: what was begun is the part up to `end`. */
void ps_scanner_split(struct ps_scanner *scanner, uint64_t end);

/* Nothing more is wanted of the file. */
void ps_scanner_cut(struct ps_scanner *scanner);

/* One step; with `wait` it may wait for a stream. The batch must not be full. */
int ps_scanner_step(struct ps_scanner *scanner, struct ps_batch *batch, bool wait);

const struct ps_scan_totals *ps_scanner_totals(const struct ps_scanner *scanner);

#endif
