/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.h - searches one file (or descriptor, or memory) and yields its items.
 *
 * A scanner is a resumable generator that belongs to one thread: each step does about one buffer's work and adds the
 * items to a batch. So the same code serves a worker, which queues the batches, and a caller without workers, which
 * takes them at once.
 */
#ifndef PS_SCAN_H
#define PS_SCAN_H

#include "../base/base.h"
#include "../match/match.h"
#include "../queue/batch.h"
#include "../decode/encoding.h"

struct ps_scanner;

/* What all scanners of a search share. */
struct ps_scan_options {
	const struct ps_matcher *matcher;
	uint32_t flags; /* SEARCH_... */
	uint64_t max_matches_per_file;
	uint64_t max_line_bytes;
	uint64_t max_text_bytes; /* of a file that is searched as a whole */
	size_t max_item_bytes;
	size_t batch_items; /* a batch is full with this many items, */
	size_t batch_bytes; /* or with this many bytes, whichever comes first */
	uint32_t before_context;
	uint32_t after_context;
	ps_over *over; /* asks during slow lines whether the search is over; NULL: never */
	const void *over_context;
	uint64_t max_line_time; /* nanoseconds of processor time for a line; 0: no limit */
	struct ps_encoding encoding;
};

/* What to scan. */
struct ps_input {
	int fd;             /* open for reading, or -1: `data` */
	int stop_fd;        /* wakes a stream's wait for data when readable; -1: none */
	bool stream;        /* a read of fd may block for ever: first wait for it, stop_fd and the deadline */
	uint64_t deadline;  /* nanoseconds on CLOCK_MONOTONIC, or UINT64_MAX */
	bool short_read_is_end; /* a read of fd returns less than was asked for only at its end */
	bool seekable;      /* if max_matches_per_file ends the file, fd is left after the last match */
	const uint8_t *data;
	size_t size;
	bool part;          /* only the lines that begin in [begin, end), read by position: see part.c */
	uint64_t begin;     /* 0: the file is read from where fd stands */
	uint64_t end;       /* UINT64_MAX: the last part */
	bool range;         /* with `part`: no other line of the file can match, and there is no NUL in it; */
	uint64_t lines;     /* lines before it; */
	uint64_t file_size; /* and all its bytes, for FILE_END */
	uint64_t large;     /* return PS_STEP_LARGE once if there are more bytes than this; 0: never */
};

enum ps_step {
	PS_STEP_MORE = 1, /* a buffer's work is done: call again */
	PS_STEP_FULL = 2, /* the batch is full: hand it on and call again with another */
	PS_STEP_WAIT = 3, /* a stream has nothing now, and waiting is not allowed, or no longer */
	PS_STEP_LARGE = 4, /* the file is larger than input.large, and nothing is searched yet: call again */
	PS_STEP_END = 0   /* the file is finished; the batch has its last items */
	                  /* or SEARCH_ENOMEM */
};

/* The figures of one file; complete after PS_STEP_END. */
struct ps_scan_totals {
	uint64_t bytes; /* of text: if the file is decoded, of what comes out */
	uint64_t matches;
	uint64_t errors;
	uint64_t replaced; /* sequences that are not valid in the file's encoding, and became U+FFFD */
	bool skipped; /* binary, with SEARCH_MATCH_SKIP_BINARY */
	uint64_t lines;  /* of a part: line ends in it, if lines are numbered */
	uint64_t nul_at; /* of a part: the offset in the file of its first NUL, or UINT64_MAX */
	bool shrunk;     /* of a part: the file ended before the part did */
};

/* SEARCH_OK or SEARCH_ENOMEM. *options must outlive the scanner. */
int ps_scanner_new(struct ps_scanner **out, const struct ps_scan_options *options);
void ps_scanner_free(struct ps_scanner *scanner); /* NULL is fine; leaves the input's fd alone */

/* The scanner is no longer used: adds its buffer to those that are freed last. NULL is fine. */
void ps_scanner_leave_buffer(struct ps_scanner *scanner, struct ps_buffers **last);

/* Starts a file. What was scanned before is forgotten. */
void ps_scanner_start(struct ps_scanner *scanner, const struct ps_input *input);

/*
 * After PS_STEP_LARGE, and again at any time: the scanner goes on with the part of the file that ends at `end`. The
 * second time that must not be before ps_scanner_reached().
 */
void ps_scanner_split(struct ps_scanner *scanner, uint64_t end);

/* Returns the offset up to which the file was read. */
uint64_t ps_scanner_reached(const struct ps_scanner *scanner);

/* Is the last match found, or has the file ended for another reason? Context may follow. */
bool ps_scanner_is_finished(const struct ps_scanner *scanner);

/* No further match of the file is wanted. */
void ps_scanner_cut(struct ps_scanner *scanner);

/* The input's descriptor was closed, and opened again where it stood. */
void ps_scanner_go_on(struct ps_scanner *scanner, int fd);

/* Nothing more can be read: what was read is searched, and the file ends with this errno. */
void ps_scanner_break(struct ps_scanner *scanner, int error);

/* Does one step; with `wait` it may wait for a stream. With a batch that is full already it returns PS_STEP_FULL. */
int ps_scanner_step(struct ps_scanner *scanner, struct ps_batch *batch, bool wait);

const struct ps_scan_totals *ps_scanner_totals(const struct ps_scanner *scanner);

#endif
