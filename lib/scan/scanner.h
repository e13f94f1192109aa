/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scanner.h - the state that the files of this room share. Private to it.
 *
 * The buffer holds a stretch of the file:
 *
 *	0 ... out ... pos ... limit ... complete ... end ... space
 *
 *	out       every line before it was delivered, or never will be
 *	pos       every line before it was searched; those from out on may become context
 *	limit     where the search of this round ends: a line's start, or the file's end
 *	complete  behind the last line that is complete, or the file's end
 *	end       behind the last byte read
 *
 * out <= pos <= limit <= complete <= end, and all but `end` are line starts.
 *
 * "The file" is its text: where that is decoded (pipeline.h), what comes of it.
 */
#ifndef PS_SCANNER_H
#define PS_SCANNER_H

#include "../base/utf8.h"
#include "../decode/pipeline.h"
#include "scan.h"

enum { PS_PROBE = 64 * 1024 }; /* a NUL in so many first bytes makes all of a file binary */

enum ps_event {
	PS_EVENT_NONE,
	PS_EVENT_MATCH,    /* `line` is selected */
	PS_EVENT_UNDECIDED /* the matcher gave up on `line` */
};

/* Are empty lines selected? */
enum ps_empty {
	PS_EMPTY_UNKNOWN,
	PS_EMPTY_SELECTED,
	PS_EMPTY_NOT,
	PS_EMPTY_UNSURE
};

struct ps_scanner {
	const struct ps_scan_options *options; /* [C] */
	const struct ps_simd *simd;            /* [C] */
	struct ps_lines lines;                 /* [C] */
	struct ps_finder *finder;
	struct ps_input input;
	struct ps_scan_totals totals;
	struct ps_decode decode;

	uint8_t *buffer;
	size_t space;
	size_t out, pos, limit, complete, end;
	uint64_t base;        /* offset in the file of buffer[0] */
	uint64_t read_at;     /* offset in the input of what is read next: base + end, unless it is decoded */
	uint64_t stop;        /* lines that begin here or behind are another part's */
	uint64_t first;       /* offset of the part's first line, as long as none is dropped; else UINT64_MAX */
	size_t lead;          /* lines of the part before here were delivered as PS_RECORD_LEAD; out <= lead <= pos */
	uint32_t leads_due;   /* so many more are */
	bool beginning;       /* the part's first line is not found yet */
	bool asked;           /* PS_STEP_LARGE was answered, or will not be */
	bool eof;             /* end is the file's end, */
	int read_error;       /* or where a read failed: the errno, until it is delivered */
	bool may_wait;        /* for a stream, in this step */
	bool in_long_line;    /* the line at pos is too long: drop it up to its end */

	size_t counted;       /* lines begin before here are numbered, `line_number` is that of the next */
	uint64_t line_number; /* number of the line that holds buffer[counted] */

	enum ps_event event;  /* what was found and is not delivered yet */
	struct ps_line line;
	bool leading;         /* the context before `line` is being delivered */
	struct ps_line hit;   /* SEARCH_MATCH_INVERT: the next line that does match */
	bool hit_known;
	enum ps_event hit_event;
	bool paused;          /* the matcher has: this step ends */
	bool finished;        /* no further line is looked for */
	uint32_t after_due;   /* lines of context still to come behind the last match */
	uint64_t left_at;     /* offset that a seekable input is left at; UINT64_MAX: where reading ended */

	size_t ended;         /* NULs before here are replaced, if NULs end lines; nothing is told of lines that end behind */
	uint64_t nul_at;      /* offset of the first NUL before there, or UINT64_MAX */
	uint64_t binary_from; /* lines that start here or later are binary; UINT64_MAX: none, as far as is known */

	enum ps_empty empty;  /* for all files */
	bool zeros;           /* what was read last ends in NULs: a hole may follow */
	bool seeks_data;      /* as far as is known, SEEK_DATA works on the input */
};

/* read.c: more text into the buffer. */
int ps_scan_fill(struct ps_scanner *s, struct ps_batch *batch);
ssize_t ps_scan_read(struct ps_scanner *s, uint8_t *to, size_t room, bool *end);
void ps_scan_shrink(struct ps_scanner *s);

/* decoded.c: the text that the pipeline makes of the input. */
void ps_scan_start_decoding(struct ps_scanner *s);
ssize_t ps_scan_read_text(struct ps_scanner *s, uint8_t *to, size_t room, bool *end);

/*
 * The buffer has the first bytes of a file, and as long as decode.looking is set too few of them to tell which stages it
 * needs. A stage that is called for takes them out of the buffer. SEARCH_OK, or SEARCH_ENOMEM; what else fails is
 * the file's end and its read_error.
 */
int ps_scan_look_for_stages(struct ps_scanner *s);

/* lines.c: the next selected line. */
int ps_scan_next(struct ps_scanner *s);
size_t ps_scan_line_end(const struct ps_scanner *s, size_t begin);
size_t ps_scan_line_after(const struct ps_scanner *s, struct ps_line line);
size_t ps_scan_context_start(const struct ps_scanner *s, size_t begin);

/* line_number.c: line numbers. */
uint64_t ps_scan_line_number(struct ps_scanner *s, size_t begin);
void ps_scan_count_to(struct ps_scanner *s, size_t to);

/* part.c */
void ps_scan_start_part(struct ps_scanner *s);
void ps_scan_bound(struct ps_scanner *s);
size_t ps_scan_part_room(const struct ps_scanner *s, size_t room);
uint64_t ps_scan_owned(const struct ps_scanner *s, uint64_t got);
int ps_scan_look_back(struct ps_scanner *s, struct ps_batch *batch);
void ps_scan_end_part(struct ps_scanner *s);
size_t ps_scan_within_part(const struct ps_scanner *s, size_t to);

/* binary.c */
void ps_scan_end_at_nuls(struct ps_scanner *s);
size_t ps_scan_barren(const struct ps_scanner *s);
void ps_scan_bound_at_nul(struct ps_scanner *s);

/* Is the line that begins at this buffer position part of a binary file? */
static inline bool ps_scan_is_binary(const struct ps_scanner *s, size_t begin)
{
	return s->base + begin >= s->binary_from;
}

/* With SEARCH_MATCH_SKIP_BINARY: is the file at its end, as the next line is binary? */
static inline bool ps_scan_ends_at_nul(const struct ps_scanner *s)
{
	return (s->options->flags & SEARCH_MATCH_SKIP_BINARY) != 0 && ps_scan_is_binary(s, s->pos);
}

/* gap.c: long runs of empty lines, and holes. */
void ps_scan_pass_run(struct ps_scanner *s);
size_t ps_scan_next_run(struct ps_scanner *s, size_t limit);
bool ps_scan_pass_hole(struct ps_scanner *s);

/* emit.c: records. All answer SEARCH_OK or SEARCH_ENOMEM; ps_emit_line also PS_UNDECIDED, of the spans. */
int ps_emit_line(struct ps_scanner *s, struct ps_batch *batch, enum search_item_kind kind,
		 struct ps_line line);
int ps_emit_line_error(struct ps_scanner *s, struct ps_batch *batch, enum search_reason reason, size_t begin,
		       const char *message);
int ps_emit_failure(struct ps_scanner *s, struct ps_batch *batch, enum search_reason reason, int error,
		    const char *what);
int ps_emit_problem(struct ps_scanner *s, struct ps_batch *batch, enum search_reason reason, const char *message);
int ps_emit_note(struct ps_batch *batch, enum search_reason reason, const char *message);
int ps_emit_binary(struct ps_scanner *s, struct ps_batch *batch);
int ps_emit_file_end(struct ps_scanner *s, struct ps_batch *batch);

#endif
