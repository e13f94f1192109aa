/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * posix.h - translates POSIX basic and extended regular expressions, as GNU grep means them, into Oniguruma's syntax.
 *
 * What Oniguruma calls its POSIX syntax is something else: there a^b never matches, and *a is refused. Besides, all
 * that comes after the translation has to read only one syntax.
 */
#ifndef PS_POSIX_H
#define PS_POSIX_H

#include "../base/text.h"
#include "../onig/onig.h"

/* How an expression is written. */
struct ps_posix_mode {
	bool extended;
	bool whole_words; /* only whole words will match */
	bool ignore_case; /* case will be ignored: then [[:upper:]] is any letter, and ranges are of capitals */
	bool newlines;    /* lines may hold newlines, which are characters like others */
};

/*
 * Appends to *out the expression, valid UTF-8 without a newline, in Oniguruma's syntax. Compile it with `posix` set in
 * the dialect. SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EPATTERN and *error.
 */
int ps_posix_translate(struct ps_text *out, const uint8_t *expression, size_t length,
		       const struct ps_posix_mode *mode, struct ps_pattern_error *error);

/* ---- posix_bracket.c ---- */

/* The expression being read. */
struct ps_posix_input {
	const uint8_t *begin;
	const uint8_t *p;
	const uint8_t *end;
	const struct ps_posix_mode *mode;
	struct ps_pattern_error *error;
};

/* Refuses it for what stands at `at`. Returns false. */
bool ps_posix_refuse(struct ps_posix_input *in, const uint8_t *at, const char *message);

/* After a [: translates all up to and with its ]. False: refused. */
bool ps_posix_bracket(struct ps_posix_input *in, struct ps_text *out);

/* Writes the class that \w, \W, \s or \S stands for. */
void ps_posix_type(struct ps_text *out, char letter);

#endif
