/* SPDX-License-Identifier: BSD-2-Clause */
/* read_text.h - reads an open file into a signature, and finds out what else a search must know of its text. */
#ifndef PS_READ_TEXT_H
#define PS_READ_TEXT_H

#include "signature.h"

/* Has a buffer and a signer, 110 KiB, or a mebibyte more after a long line; belongs to one thread at a time. */
struct ps_text_reader;

/* A text whose signature would have more than `most` bytes is unfit. SEARCH_OK or SEARCH_ENOMEM. */
int ps_text_reader_new(struct ps_text_reader **out, const struct ps_simd *simd, size_t most);
void ps_text_reader_free(struct ps_text_reader *reader); /* NULL is fine */

enum ps_text_state {
	PS_TEXT_COMPLETE, /* the signature is made */
	PS_TEXT_STOPPED,  /* the watch said so */
	PS_TEXT_CHANGING, /* it does not end at `size`, or cannot be read; it may, later */
	PS_TEXT_UNFIT     /* as long as it is the same: a line with its end takes more than PS_SIGNER_ROOM bytes, or
	                     the signature would be too large */
};

struct ps_text_facts {
	struct ps_signature *signature; /* memory of malloc(), the caller's; NULL unless the state is COMPLETE */
	enum ps_text_state state;
	bool has_mark;  /* it starts with the byte order mark of UTF-8 or UTF-16 */
	bool is_packed; /* it is compressed, or an archive */
	bool has_nul;
};

/*
 * Reads a file from its start, by pread(2). `size`: its size, as the system told it before. The watch, NULL if there is
 * none, is asked before each block. SEARCH_OK, whatever the state is; or SEARCH_ENOMEM.
 */
int ps_text_read(struct ps_text_reader *reader, int fd, uint64_t size, const struct ps_watch *watch,
		 struct ps_text_facts *facts);

#endif
