/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipeline.h - what may stand between a file's bytes and the text in the buffer. Private to the room.
 *
 * A stage turns bytes into others, a piece at a time: what is compressed into what was, text in
 * another encoding into UTF-8. Most files need none, and are read right into the buffer; others go
 * through one or two:
 *
 *	file -> [decompress] -> [transcode] -> buffer
 *
 * Which, the first bytes say. They are read into the buffer as if nothing were to be done; where
 * they call for a stage (ps_decode_look) they become its input, and what it makes of them takes
 * their place and is looked at in turn. So no stage knows what stands before or behind it.
 *
 * Offsets, line numbers, what is binary, and all limits are of what comes out. A decoded file is
 * searched in one piece, and its descriptor is not positioned (ps_input.seekable).
 *
 * To add a stage: a kind, its constructor in pipeline.c, and in ps_decode_look what calls for it.
 * A stage
 *   - belongs to one scanner, and so to one thread;
 *   - has bounded memory, and keeps it from file to file, unless it is much: see leave();
 *   - makes the same of its input in whatever pieces that comes, and whatever room there is;
 *   - answers END once its input has ended and all is out.
 */
#ifndef PS_PIPELINE_H
#define PS_PIPELINE_H

#include "encoding.h"

#include <sys/types.h>

struct ps_scanner;

enum {
	PS_DECODE_INPUT = 128 * 1024, /* bytes that a stage is given at most: as many as a first read takes */
	PS_DECODE_REST = 64,          /* so many it may leave for the next time, where there is room */
	PS_DECODE_ROOM = 64           /* what it is given at least */
};

enum ps_decoded {
	PS_DECODED_MORE, /* it needs input, or room */
	PS_DECODED_END,  /* nothing more comes of this file */
	PS_DECODED_BAD   /* nor here, for the stage's `problem`; what came before stays */
};

/* What a step works on: it moves `in` and `out`. */
struct ps_pass {
	const uint8_t *in, *in_end; /* may be empty: what was held back may come out still */
	uint8_t *out, *out_end;
	bool last;                  /* nothing follows in_end */
};

/* The head of every stage. */
struct ps_stage {
	int (*begin)(struct ps_stage *stage); /* a file: 0, or an errno */
	enum ps_decoded (*step)(struct ps_stage *stage, struct ps_pass *pass);
	void (*leave)(struct ps_stage *stage); /* NULL, or: the file is left, at its end or before */
	void (*free)(struct ps_stage *stage);
	const char *problem; /* for a person; lives as long as the stage */
	enum search_reason reason; /* for a program */
	uint64_t replaced;   /* sequences that are not valid, of this file so far */

	/* pipeline.c's own */
	uint8_t *input;      /* of PS_DECODE_INPUT bytes [from, to) are at hand */
	size_t from, to;
	bool last;           /* nothing follows them */
	bool over;           /* the stage has answered BAD */
};

enum ps_stage_kind {
	PS_STAGE_DECOMPRESS,
	PS_STAGE_UTF16LE,
	PS_STAGE_UTF16BE,
	PS_STAGE_ICONV,
	PS_STAGE_KINDS
};

enum { PS_STAGES = 2 }; /* of one file */

struct ps_decode {
	struct ps_stage *made[PS_STAGE_KINDS];
	struct ps_stage *stage[PS_STAGES]; /* of this file, from its bytes to the buffer */
	unsigned count;
	size_t taken;       /* bytes of the file that went into stages since somebody set it to 0 */
	bool looking;       /* the first bytes may call for one more, */
	bool unpacked;      /* but not for what decompresses */
	bool marked;        /* or be a mark in UTF-8, and no other */
	const char *container; /* the kind of archive that the file is, for a note; NULL: none */
	const char *failed; /* with read_error: what failed */
	enum search_reason reason; /* with read_error */
};

/* A file begins. */
void ps_decode_start(struct ps_scanner *s);

/*
 * The buffer has the first bytes of a file, and as long as `looking` is set too few of them to
 * tell. A stage that is called for takes them out of the buffer. SEARCH_OK, or SEARCH_ENOMEM;
 * what else fails is the file's end and its read_error.
 */
int ps_decode_look(struct ps_scanner *s);

/* Text for the buffer through the stages. As ps_scan_read; 0 may also mean that a step's worth of input gave nothing. */
ssize_t ps_decode_read(struct ps_scanner *s, uint8_t *to, size_t room, bool *end);

uint64_t ps_decode_replaced(const struct ps_decode *decode);
void ps_decode_free(struct ps_decode *decode);

/* Constructors: NULL when memory is out. */
struct ps_stage *ps_decompress_new(void);
struct ps_stage *ps_utf16_new(bool big_endian);
struct ps_stage *ps_iconv_new(const struct ps_encoding *encoding);

#endif
