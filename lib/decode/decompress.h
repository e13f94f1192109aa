/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decompress.h - undoes the compression of a file: gzip, bzip2, xz, lzma, zstd and lz4.
 *
 * A decompressor is fed the bytes of one file, in pieces of any size, and yields its text, in pieces of any size. It
 * belongs to one thread, reads nothing itself and never waits. A call does as much work as its input and the room for
 * its output allow (bzip2 and lz4's old files are decoded a block at a time: up to 8 MiB). So a file that expands to
 * terabytes is searched with the memory that any file takes, plus what its format looks back to: PS_LOOKBACK at most.
 *
 * A file's first bytes tell its format, never its name. A compressed file is one or more members of the same format,
 * one after the other, as `cat a.gz b.gz` makes them, and perhaps zeros as padding. (An .lzma file is one member.)
 * Compressed data inside a member is not decompressed again.
 */
#ifndef PS_DECOMPRESS_H
#define PS_DECOMPRESS_H

#include "../base/base.h"

#define PS_LOOKBACK ((uint64_t)128 << 20) /* a file that looks back further is refused */

enum ps_magic {
	PS_MAGIC_NO,
	PS_MAGIC_YES,
	PS_MAGIC_MORE /* more bytes are needed to tell; PS_MAGIC_SIZE are always enough */
};

enum { PS_MAGIC_SIZE = 14 };

/* Does a file that starts with these bytes look like a compressed one? */
enum ps_magic ps_compressed(const uint8_t *bytes, size_t size);

/*
 * If not: is it an archive, or compressed in a format that is not supported? *what names it, with an article. Returns
 * MORE only before the first line end, or within a magic number.
 */
enum ps_magic ps_container(const uint8_t *bytes, size_t size, uint8_t line_end, const char **what);

/* The formats that this build can read, separated by spaces; "" if there is none. */
const char *ps_decompress_formats(void);
bool ps_can_decompress(void);

/* What a call reads and writes: it moves `in` and `out`. */
struct ps_flow {
	const uint8_t *in, *in_end;
	uint8_t *out, *out_end;
};

enum ps_decompress_status {
	PS_DECOMPRESS_END = 0,  /* the text is complete */
	PS_DECOMPRESS_MORE = 1, /* all of the input is taken, or the room is full */
	PS_DECOMPRESS_BAD = 2   /* it cannot go on: see ps_decompressor_problem() */
	                        /* or SEARCH_ENOMEM */
};

struct ps_decompressor;

struct ps_decompressor *ps_decompressor_new(void); /* NULL: out of memory */
void ps_decompressor_free(struct ps_decompressor *d); /* NULL is fine */

/* Starts a file; what was decompressed before is forgotten. */
void ps_decompressor_start(struct ps_decompressor *d);

/*
 * Goes on with the file. There must be room for output. `last`: nothing follows the input. Text that was written before
 * an error is valid.
 */
int ps_decompress(struct ps_decompressor *d, struct ps_flow *flow, bool last);

/* Why the last call returned PS_DECOMPRESS_BAD: a sentence, valid as long as the file; *reason is for programs. */
const char *ps_decompressor_problem(const struct ps_decompressor *d, enum search_reason *reason);

#endif
