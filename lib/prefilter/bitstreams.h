/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bitstreams.h - finds the lines that match by bit streams: 64 bytes of text in a few instructions.
 *
 * The idea: a bit stream has one bit for each byte of the text. Vectors make one stream for each class of bytes in the
 * pattern (simd.h): its bits say which bytes of the text belong to that class. The other streams are worked out from
 * these, 64 bits at a time, by shifting, adding and combining words. For [ab]\d, say, the stream of [ab] is shifted by
 * one byte and combined with that of \d. Bit i of the last stream says that a match ends in byte i.
 *
 * Streams cannot express everything, and not everything is worth it. So only the part of a pattern is used that they
 * can check cheaply, and that rules out many lines. Hence a line that they find may not match, but no line that
 * matches is missed. Classes are of ASCII: if a byte above 7F could belong to a match, each line with such a byte is
 * found.
 */
#ifndef PS_BITSTREAMS_H
#define PS_BITSTREAMS_H

#include "../base/found.h"
#include "../base/line_ends.h"
#include "../simd/simd.h"
#include "../syntax/ast.h"
#include "lead.h"

/* ---- what to work out; immutable once made ---- */

enum {
	PS_BITSTREAMS_MAX = 64,
	PS_BITSTREAMS_ALL = 255 /* in place of a stream's number: every bit is set */
};

enum ps_bitstream_kind {
	PS_BITSTREAM_NEXT, /* `from`, moved on by `shift` bytes (1 to 63), and `with` */
	PS_BITSTREAM_RUN,  /* `from`, or after it one or more bytes of `with` */
	PS_BITSTREAM_OR    /* `from` or `with` */
};

/* One stream, made of streams with lower numbers. */
struct ps_bitstream {
	uint8_t kind, from, with, shift;
};

struct ps_bitstreams {
	struct ps_lines lines;
	struct ps_classes classes;
	size_t first;     /* the first one worked out; before it: those of the classes, then that of bytes above 7F */
	size_t count;
	struct ps_bitstream streams[PS_BITSTREAMS_MAX];
	uint8_t last;     /* the one that says where matches end */
	uint8_t line_end; /* the class of the byte that ends a line, or PS_BITSTREAMS_ALL: there is none */
	bool exact;       /* each line in which the last stream has a bit matches */
	bool wide;        /* a byte above 7F could belong to a match */
	struct ps_lead lead; /* what a whole match may consist of */
};

/*
 * Makes the streams for the lines that match the tree. *streams, which the caller frees with free(), is NULL if they
 * would not be of help; with `anyhow`, only if there is nothing that they can express. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_bitstreams_new(struct ps_bitstreams **streams, const struct ps_node *root, struct ps_lines lines, bool anyhow);

/*
 * The class (simd.h) of a set's ASCII characters, except the one that ends a line. Sets *wide if the set has others,
 * and leaves it as it is otherwise.
 */
void ps_class_of_set(const struct ps_set *set, struct ps_lines lines, uint8_t low[16], bool *wide);

/* ---- one thread's work with them ---- */

struct ps_bitstream_scanner;

/* SEARCH_OK or SEARCH_ENOMEM. The streams must outlive it. */
int ps_bitstream_scanner_new(struct ps_bitstream_scanner **out, const struct ps_bitstreams *streams,
			     const struct ps_simd *simd);
void ps_bitstream_scanner_free(struct ps_bitstream_scanner *scanner); /* NULL is fine */

/*
 * Like ps_dfa_scan, but ends early if it finds too many lines that may not match: *scanned is the length of the text that
 * it has read, whole lines. It reads all of a whole text (struct ps_lines).
 */
int ps_bitstream_scan(struct ps_bitstream_scanner *scanner, const uint8_t *text, size_t length,
		      const struct ps_dfa_hit **hits, size_t *count, size_t *scanned);

/*
 * Where in the text that was scanned last matches may end: bit i of these words is set if a match may hold byte i, or
 * end at it, in a way that the streams check; each match has such a bit, which may be that of the terminator after it.
 * *length: how many bytes of the text they are about.
 */
const uint64_t *ps_bitstream_ends(const struct ps_bitstream_scanner *scanner, size_t *length);

#endif
