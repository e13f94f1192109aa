/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipeline.h - what happens between a file's bytes and the text that is searched.
 *
 * A stage converts bytes, a piece at a time: it decompresses them, or converts text in another encoding to UTF-8. Most
 * files need no stage, and are read right into the caller's buffer; others go through one or two:
 *
 *	file -> [decompress] -> [transcode] -> buffer
 *
 * The file's first bytes tell which stages it needs. They are read into the buffer as if there were nothing to decode.
 * If they need a stage (ps_decode_look), they become its input; its output takes their place in the buffer, and is
 * looked at in turn. So no stage knows what comes before or after it, and the pipeline does not know who reads: it
 * returns what it has found.
 *
 * To add a stage: a kind, its constructor in pipeline.c, and in ps_decode_look() the condition for it.
 * A stage
 *   - belongs to one scanner, and so to one thread;
 *   - has bounded memory, and keeps it from file to file, unless it is large: see leave();
 *   - yields the same output however its input is cut, and whatever room there is;
 *   - returns END once its input has ended and all of its output is out.
 */
#ifndef PS_PIPELINE_H
#define PS_PIPELINE_H

#include "encoding.h"

#include <sys/types.h>

enum {
	PS_DECODE_INPUT = 128 * 1024, /* bytes that a stage is given, at most: as many as a first read takes */
	PS_DECODE_REST = 64,          /* bytes that it may leave for the next time if there is room */
	PS_DECODE_ROOM = 64           /* bytes of room that it is given, at least */
};

enum ps_decoded {
	PS_DECODED_MORE, /* it needs more input, or room */
	PS_DECODED_END,  /* there is no more output for this file */
	PS_DECODED_BAD   /* the same, because of the stage's `problem`; the output so far is valid */
};

/* What a step works on: it moves `in` and `out`. */
struct ps_pass {
	const uint8_t *in, *in_end; /* may be empty: what was held back may still come out */
	uint8_t *out, *out_end;
	bool last;                  /* nothing follows in_end */
};

/* The head of every stage. */
struct ps_stage {
	int (*begin)(struct ps_stage *stage); /* starts a file: 0, or an errno */
	enum ps_decoded (*step)(struct ps_stage *stage, struct ps_pass *pass);
	void (*leave)(struct ps_stage *stage); /* the file is left, at its end or before; may be NULL */
	void (*free)(struct ps_stage *stage);
	const char *problem; /* for a person; lives as long as the stage */
	enum search_reason reason; /* for a program */
	uint64_t replaced;   /* invalid sequences of this file so far */

	/* pipeline.c's own */
	uint8_t *input;      /* PS_DECODE_INPUT bytes, of which [from, to) are at hand */
	size_t from, to;
	bool last;           /* nothing follows them */
	bool over;           /* the stage has returned BAD */
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
 * Where a file's bytes come from. Returns up to `room` of them, 0 at the end, or a negative errno. *end: nothing
 * follows.
 */
struct ps_decode_source {
	ssize_t (*read)(void *context, uint8_t *to, size_t room, bool *end);
	void *context;
};

/* What is wanted. */
struct ps_decode_options {
	const struct ps_encoding *encoding;
	bool decompress;
	uint8_t line_end; /* the byte that ends a line: text may start with some */
};

struct ps_decode {
	struct ps_decode_options options; /* of this file */
	struct ps_stage *made[PS_STAGE_KINDS];
	struct ps_stage *stage[PS_STAGES]; /* of this file, from its bytes to the buffer */
	unsigned count;
	size_t taken;       /* bytes of the file that went into stages since the caller set this to 0 */
	bool looking;       /* the first bytes may need one more stage, */
	bool unpacked;      /* but no longer one that decompresses */
	bool marked;        /* or be a mark in UTF-8, but no other mark */
	const char *container; /* the kind of archive that the file is, for a note; NULL: none */
	const char *failed; /* with an error: what failed */
	enum search_reason reason; /* with an error */
};

/* Starts a file. A part of a file is not looked at. The encoding is borrowed until the next file. */
void ps_decode_start(struct ps_decode *decode, const struct ps_decode_options *options, bool part);

/* What a look at the first bytes found. */
struct ps_decode_looked {
	bool taken;  /* a stage has them: ps_decode_read() yields the text from its start on */
	int error;   /* taken: an errno if the stage cannot work; there is no text */
	size_t mark; /* not taken: this many of them are a mark, not text */
};

/*
 * Looks at text[0, length), the first bytes of a file, or of what came through its stages so far; `last`: nothing
 * follows them. Call it while `looking` is set; if that stays set they are too few to tell. Returns SEARCH_OK and
 * *look, or SEARCH_ENOMEM.
 */
int ps_decode_look(struct ps_decode *decode, const uint8_t *text, size_t length, bool last,
		   struct ps_decode_looked *look);

/* Reads text through the stages. Returns as source->read; 0 may also mean that a step's worth of input gave nothing. */
ssize_t ps_decode_read(struct ps_decode *decode, const struct ps_decode_source *source, uint8_t *to, size_t room,
		       bool *end);

uint64_t ps_decode_replaced(const struct ps_decode *decode);
void ps_decode_free(struct ps_decode *decode);

/* Constructors; NULL: out of memory. */
struct ps_stage *ps_decompress_new(void);
struct ps_stage *ps_utf16_new(bool big_endian);
struct ps_stage *ps_iconv_new(const struct ps_encoding *encoding);

#endif
