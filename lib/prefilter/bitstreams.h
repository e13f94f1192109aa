/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bitstreams.h - finds the lines that match by bit streams: 64 bytes of text in a few instructions.
 *
 * A stream has one bit for every byte of the text. Vectors make one for each class of bytes of the
 * pattern (simd.h), and what follows each other in the pattern is worked out by shifting and adding
 * whole words of streams: bit i of the last says that a match ends in byte i.
 *
 * Of a pattern as much is used as streams can tell cheaply and as helps to tell lines apart; so a
 * line that they find may not match, but none is missed. Classes are of ASCII: every line with a byte
 * above 7F is found, where such a byte could belong to a match.
 */
#ifndef PS_BITSTREAMS_H
#define PS_BITSTREAMS_H

#include "../base/found.h"
#include "../base/line_ends.h"
#include "../simd/simd.h"
#include "../syntax/ast.h"

/* ---- what to work out; immutable once made ---- */

enum {
	PS_BITSTREAMS_MAX = 64,
	PS_BITSTREAMS_ALL = 255 /* for a stream's number: every bit is set */
};

enum ps_bitstream_kind {
	PS_BITSTREAM_NEXT, /* `from` so many bytes later as `shift` says, 1 to 63, and `with` */
	PS_BITSTREAM_RUN,  /* `from`, or behind it one byte of `with` or more */
	PS_BITSTREAM_OR    /* `from` or `with` */
};

/* Stream number i, made of ones with lower numbers. */
struct ps_bitstream {
	uint8_t kind, from, with, shift;
};

struct ps_bitstreams {
	struct ps_lines lines;
	struct ps_classes classes;
	size_t first;     /* the first that is worked out: before it are those of the classes, and the one above 7F */
	size_t count;
	struct ps_bitstream streams[PS_BITSTREAMS_MAX];
	uint8_t last;     /* the one that says where matches end */
	uint8_t line_end; /* the class that is the end of a line, or PS_BITSTREAMS_ALL: none is */
	bool exact;       /* a line matches where the last stream has a bit */
	bool wide;        /* a byte above 7F could belong to a match */
};

/*
 * For the lines that match the tree. *streams, to be given to free(), is NULL when they would not be of
 * help, or, with `anyhow`, only when there is nothing that they can tell. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_bitstreams_new(struct ps_bitstreams **streams, const struct ps_node *root, struct ps_lines lines, bool anyhow);

/* ---- one thread's work with them ---- */

struct ps_bitstream_scanner;

/* SEARCH_OK or SEARCH_ENOMEM. The streams must outlive it. */
int ps_bitstream_scanner_new(struct ps_bitstream_scanner **out, const struct ps_bitstreams *streams,
			     const struct ps_simd *simd);
void ps_bitstream_scanner_free(struct ps_bitstream_scanner *scanner); /* NULL is fine */

/*
 * As ps_dfa_scan. Ends early where too many lines are found that may not match: *scanned is how
 * much of the text it was, whole lines.
 */
int ps_bitstream_scan(struct ps_bitstream_scanner *scanner, const uint8_t *text, size_t length,
		      const struct ps_dfa_hit **hits, size_t *count, size_t *scanned);

#endif
