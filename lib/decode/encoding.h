/* SPDX-License-Identifier: BSD-2-Clause */
/* encoding.h - the encodings of files. */
#ifndef PS_ENCODING_H
#define PS_ENCODING_H

#include "../base/base.h"

enum ps_encoding_kind {
	PS_ENCODING_NONE,  /* bytes as they are; not even a byte order mark is looked for */
	PS_ENCODING_UTF8,  /* UTF-8, not converted */
	PS_ENCODING_UTF16,
	PS_ENCODING_ICONV  /* what iconv() calls `name` */
};

/*
 * The encoding of files that do not start with a byte order mark. A file with the mark of UTF-8 or UTF-16 is in that
 * encoding, unless the kind is NONE.
 */
struct ps_encoding {
	enum ps_encoding_kind kind;
	bool big_endian; /* of UTF16 */
	uint8_t unit;    /* of ICONV: bytes of its code units */
	char name[62];
};

/* Finds an encoding by its name; NULL is "none". Returns 0 or an errno: EINVAL if no encoding has that name. */
int ps_encoding_find(struct ps_encoding *encoding, const char *name);

#endif
