/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipeline.h - what may stand between a file's bytes and the text that is searched.
 *
 * A stage turns bytes into others, a piece at a time: what is compressed into what was, text in
 * another encoding into UTF-8. Most files need none, and are read right into the caller's buffer; others
 * go through one or two:
 *
 *	file -> [decompress] -> [transcode] -> buffer
 *
 * Which, the first bytes say. They are read into the buffer as if nothing were to be done; where
 * they call for a stage (ps_decode_look) they become its input, and what it makes of them takes
 * their place and is looked at in turn. So no stage knows what stands before or behind it, and
 * the pipeline knows nothing of who reads: it answers what it has found.
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

/*
 * Where a file's bytes come from: up to `room` of them, 0 at the end, or a negative errno. *end: nothing follows them.
 */
struct ps_decode_source {
	ssize_t (*read)(void *context, uint8_t *to, size_t room, bool *end);
	void *context;
};

/* What is asked for. */
struct ps_decode_options {
	const struct ps_encoding *encoding;
	bool decompress;
	uint8_t line_end; /* the byte that ends a line: what is text may begin with some */
};

struct ps_decode {
	struct ps_decode_options options; /* of this file */
	struct ps_stage *made[PS_STAGE_KINDS];
	struct ps_stage *stage[PS_STAGES]; /* of this file, from its bytes to the buffer */
	unsigned count;
	size_t taken;       /* bytes of the file that went into stages since somebody set it to 0 */
	bool looking;       /* the first bytes may call for one more, */
	bool unpacked;      /* but not for what decompresses */
	bool marked;        /* or be a mark in UTF-8, and no other */
	const char *container; /* the kind of archive that the file is, for a note; NULL: none */
	const char *failed; /* with an error: what failed */
	enum search_reason reason; /* with an error */
};

/* A file begins. Of a part of one, nothing is looked at. The encoding is borrowed until the next file. */
void ps_decode_start(struct ps_decode *decode, const struct ps_decode_options *options, bool part);

/* What the first bytes of a file have become. */
struct ps_decode_looked {
	bool taken;  /* a stage has them: the text comes by ps_decode_read, from its begin on */
	int error;   /* taken: an errno if the stage cannot work; there is no text */
	size_t mark; /* not taken: so many of them are a mark, not text */
};

/*
 * Looks at text[0, length), the first bytes of a file, or of what came through its stages so far; `last`: nothing
 * follows them. As long as `looking` is set they are too few to tell. SEARCH_OK and *look, or SEARCH_ENOMEM.
 */
int ps_decode_look(struct ps_decode *decode, const uint8_t *text, size_t length, bool last,
		   struct ps_decode_looked *look);

/* Text through the stages. As source->read; 0 may also mean that a step's worth of input gave nothing. */
ssize_t ps_decode_read(struct ps_decode *decode, const struct ps_decode_source *source, uint8_t *to, size_t room,
		       bool *end);

uint64_t ps_decode_replaced(const struct ps_decode *decode);
void ps_decode_free(struct ps_decode *decode);

/* Constructors: NULL when memory is out. */
struct ps_stage *ps_decompress_new(void);
struct ps_stage *ps_utf16_new(bool big_endian);
struct ps_stage *ps_iconv_new(const struct ps_encoding *encoding);

#endif
