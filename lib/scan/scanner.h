/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scanner.h - the state of searching one file, shared by the files of this room. Private to it.
 *
 * The state is in groups, one for each thing that a scanner has to remember. Most of the files here work on one group
 * each. What holds at the start and at the end of each step (scan.c asserts it):
 *
 *   S1  out <= pos <= limit <= complete <= end <= space: the marks of the buffer.
 *   S2  The buffer ends where the next read starts, offset of `end` == reading.at, unless the file is decoded or its
 *       decoding failed.
 *   S3  An event that is not delivered yet lies between out and pos. A buffer is only refilled without one.
 *   S4  While lines are due as PS_RECORD_LEAD, out <= lead <= pos.
 *   S5  checked <= end, and binary text starts at the line of the first NUL, or before: from <= nul_at.
 *
 * "The file" is its text: if it is decoded (pipeline.h), what comes of it.
 */
#ifndef PS_SCANNER_H
#define PS_SCANNER_H

#include "../base/utf8.h"
#include "../decode/pipeline.h"
#include "scan.h"

#include <limits.h>
#include <string.h>

enum { PS_PROBE = 64 * 1024 }; /* a NUL among this many first bytes makes the whole file binary */

enum ps_event {
	PS_EVENT_NONE,
	PS_EVENT_MATCH,    /* `line` is selected */
	PS_EVENT_UNDECIDED /* the matcher gave up on `line` */
};

/* Whether empty lines are selected. */
enum ps_empty {
	PS_EMPTY_UNKNOWN,
	PS_EMPTY_SELECTED,
	PS_EMPTY_NOT,
	PS_EMPTY_UNSURE
};

/*
 * A stretch of the file, and how far the search of it has come:
 *
 *	0 ... out ... pos ... limit ... complete ... end ... space
 *
 * All marks except `end` are line starts, or the file's end; in a line that is too long, pos may be anywhere.
 */
struct ps_scan_buffer {
	uint8_t *text;
	size_t space;
	size_t out;      /* every line before here was delivered, or never will be */
	size_t pos;      /* every line before here was searched; those from out on may become context */
	size_t limit;    /* the search of this round ends here */
	size_t complete; /* after the last line that is complete */
	size_t end;      /* after the last byte read */
	uint64_t base;   /* offset in the file of text[0] */
};

/* Where the text comes from, and how that ended. */
struct ps_scan_reading {
	uint64_t at;       /* offset in the input of what is read next */
	bool eof;          /* buffer.end is the file's end, */
	int error;         /* or a read failed there: the errno, until it is delivered */
	bool may_wait;     /* for a stream, in this step */
	bool asked;        /* PS_STEP_LARGE was returned, or will not be */
	bool in_long_line; /* the line at pos is too long: it is dropped, up to its end */
};

/* The part that is searched; a whole file is a part without bounds. */
struct ps_scan_part {
	uint64_t stop;      /* lines that start here or later belong to another part */
	uint64_t first;     /* offset of the part's first line, as long as none is dropped; else UINT64_MAX */
	size_t lead;        /* lines of the part before this position were delivered as PS_RECORD_LEAD, */
	uint32_t leads_due; /* and this many more are due */
	bool beginning;     /* the part's first line is not found yet */
};

/* Lines that start before `counted` are numbered. */
struct ps_scan_numbering {
	size_t counted;
	uint64_t line; /* number of the line that holds text[counted] */
};

/* What the matcher said of a line. */
struct ps_scan_event {
	enum ps_event kind;
	struct ps_line line;
};

/* Lines around the selected ones. */
struct ps_scan_context {
	bool leading;       /* the context before the event's line is being delivered */
	uint32_t after_due; /* this many lines after the last match are due */
};

/* NULs, and what they say of the file. */
struct ps_scan_binary {
	size_t checked;  /* NULs before here are replaced if they end lines; no line that ends later was reported */
	uint64_t nul_at; /* offset of the first NUL before there, or UINT64_MAX */
	uint64_t from;   /* lines that start here or later are binary; UINT64_MAX: none, as far as is known */
};

/* Empty lines, and holes in the file. */
struct ps_scan_gaps {
	enum ps_empty empty; /* for all files */
	bool zeros;          /* what was read last ends in NULs: a hole may follow */
	bool seeks_data;     /* as far as is known, SEEK_DATA works on the input */
};

/*
 * The search of a whole text, in which a match may reach over line ends: the lines that it touches are one block. The
 * text is what the buffer has between pos and limit when its search starts.
 */
struct ps_scan_blocks {
	bool started;
	bool over;                /* there is no match that is not in a block, */
	bool given_up;            /* or none will be known */
	bool ahead;               /* `next` is a match that is not in a block */
	bool open;                /* more matches may touch the last line of `block` */
	size_t from;              /* where the text starts */
	struct search_span next;
	struct ps_line block;
	bool takes_end;           /* the last match in the block takes the terminator after it */
	uint64_t matches;         /* in the block */
	struct search_span *spans; /* of those matches that may be delivered, counted from the block's start */
	size_t span_space, span_count;
	bool spans_unknown;       /* what the groups of one matched cannot be told */
};

struct ps_scanner {
	const struct ps_scan_options *options; /* [C] */
	const struct ps_simd *simd;            /* [C] */
	struct ps_lines lines;                 /* [C] */
	bool whole;                            /* [C] files are searched as a whole */
	struct ps_finder *finder;
	struct ps_decode decode;
	struct ps_input input;
	struct ps_scan_totals totals;

	struct ps_scan_buffer buffer;
	struct ps_scan_reading reading;
	struct ps_scan_part part;
	struct ps_scan_numbering numbering;
	struct ps_scan_binary binary;
	struct ps_scan_gaps gaps;
	struct ps_scan_context context;
	struct ps_scan_blocks blocks;

	struct ps_scan_event event; /* was found, and is not delivered yet */
	struct ps_scan_event hit;   /* SEARCH_MATCH_INVERT: the next line that does match, */
	bool hit_is_known;          /* if so */

	int broken;       /* an errno: nothing more can be read; or 0 */
	bool paused;      /* the matcher has paused: this step ends */
	bool finished;    /* no further line is looked for */
	uint64_t left_at; /* offset at which a seekable input is left; UINT64_MAX: where reading ended */
};

/* Returns the offset in the file of a position in the buffer. */
static inline uint64_t ps_scan_offset(const struct ps_scanner *s, size_t at)
{
	return s->buffer.base + at;
}

/* How many lines of context are due where no match asks for any: with SEARCH_RESULT_ALL_LINES all are. */
static inline uint32_t ps_scan_due_anyway(const struct ps_scanner *s)
{
	return (s->options->flags & SEARCH_RESULT_ALL_LINES) != 0 ? UINT32_MAX : 0;
}

/* Returns the start of the last line that starts after `from` and not after `to`, or `from`. */
static inline size_t ps_scan_last_start(const struct ps_scanner *s, size_t from, size_t to)
{
	const uint8_t *end = memrchr(s->buffer.text + from, s->lines.end, to - from);

	return end != NULL ? (size_t)(end - s->buffer.text) + 1 : from;
}

/* Returns how many line ends [from, to) of the buffer has. */
static inline uint64_t ps_scan_line_ends(const struct ps_scanner *s, size_t from, size_t to)
{
	return s->simd->count(s->buffer.text + from, s->buffer.text + to, s->lines.end);
}

/* A stream has nothing to read now. No errno: an EAGAIN may be why a thread that waits for it could not be made. */
#define PS_SCAN_NOTHING ((ssize_t)-INT_MAX)

/* read.c: more text into the buffer. */
int ps_scan_fill(struct ps_scanner *s, struct ps_batch *batch);
ssize_t ps_scan_read(struct ps_scanner *s, uint8_t *to, size_t room, bool *end);
void ps_scan_shrink(struct ps_scanner *s, bool next_is_part); /* gives back what a long line made it take */

/* Empties the buffer: what comes next stands at this offset in the file. */
void ps_scan_empty(struct ps_scanner *s, uint64_t offset);

/* decoded.c: the text that the pipeline makes of the input. */
void ps_scan_start_decoding(struct ps_scanner *s);
ssize_t ps_scan_read_text(struct ps_scanner *s, uint8_t *to, size_t room, bool *end);

/*
 * Looks at the first bytes of a file, which are in the buffer, to tell which stages it needs. As long as decode.looking
 * stays set there are too few of them. A stage that is needed takes them out of the buffer. Returns SEARCH_OK or
 * SEARCH_ENOMEM; any other failure ends the file, with reading.error set.
 */
int ps_scan_look_for_stages(struct ps_scanner *s);

/* lines.c: the next selected line. */
int ps_scan_next(struct ps_scanner *s);
int ps_scan_count(struct ps_scanner *s);
size_t ps_scan_line_end(const struct ps_scanner *s, size_t begin);
size_t ps_scan_line_after(const struct ps_scanner *s, struct ps_line line);
size_t ps_scan_context_start(const struct ps_scanner *s, size_t begin);

/*
 * blocks.c: the next lines in [pos, limit) of the whole text that matches touch, as ps_find_line() finds a line; or how
 * many matches there are from pos on, as far as the search has come until it pauses, or gives up.
 */
int ps_scan_find_block(struct ps_scanner *s, struct ps_line *block);
int ps_scan_count_matches(struct ps_scanner *s);
void ps_scan_start_blocks(struct ps_scanner *s);
void ps_scan_end_blocks(struct ps_scanner *s);

/* line_number.c: line numbers. */
uint64_t ps_scan_line_number(struct ps_scanner *s, size_t begin);
void ps_scan_count_to(struct ps_scanner *s, size_t to);

/* part.c: the bounds of a part, and the context before it. */
void ps_scan_start_part(struct ps_scanner *s);
void ps_scan_bound(struct ps_scanner *s);
size_t ps_scan_part_room(const struct ps_scanner *s, size_t room);
uint64_t ps_scan_owned(const struct ps_scanner *s, uint64_t got);
int ps_scan_look_back(struct ps_scanner *s, struct ps_batch *batch);
void ps_scan_end_part(struct ps_scanner *s);
size_t ps_scan_within_part(const struct ps_scanner *s, size_t to);

/* binary.c: NULs. */
void ps_scan_end_at_nuls(struct ps_scanner *s);
size_t ps_scan_barren(const struct ps_scanner *s);
void ps_scan_bound_at_nul(struct ps_scanner *s);

/* Is the line that begins at this buffer position part of a binary file? */
static inline bool ps_scan_is_binary(const struct ps_scanner *s, size_t begin)
{
	return ps_scan_offset(s, begin) >= s->binary.from;
}

/* With SEARCH_MATCH_SKIP_BINARY: is the file at its end, as the next line is binary? */
static inline bool ps_scan_ends_at_nul(const struct ps_scanner *s)
{
	return (s->options->flags & SEARCH_MATCH_SKIP_BINARY) != 0 && ps_scan_is_binary(s, s->buffer.pos);
}

/* gap.c: long runs of empty lines, and holes. */
void ps_scan_pass_run(struct ps_scanner *s);
size_t ps_scan_next_run(struct ps_scanner *s, size_t limit);
bool ps_scan_pass_hole(struct ps_scanner *s);

/* emit.c: records. All return SEARCH_OK or SEARCH_ENOMEM; ps_emit_line() also PS_UNDECIDED or PS_PAUSED, for spans. */
int ps_emit_line(struct ps_scanner *s, struct ps_batch *batch, enum search_item_kind kind,
		 struct ps_line line);
int ps_emit_line_error(struct ps_scanner *s, struct ps_batch *batch, enum search_reason reason, size_t begin,
		       const char *message);
int ps_emit_failure(struct ps_scanner *s, struct ps_batch *batch, enum search_reason reason, int error,
		    const char *what);
int ps_emit_problem(struct ps_scanner *s, struct ps_batch *batch, enum search_reason reason, const char *message);
int ps_emit_note(struct ps_scanner *s, struct ps_batch *batch); /* names an archive, once: before other items */
int ps_emit_binary(struct ps_scanner *s, struct ps_batch *batch);
int ps_emit_file_end(struct ps_scanner *s, struct ps_batch *batch);

#endif
