/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * posix.h - POSIX basic and extended regular expressions, as GNU grep means them,
 * put into Oniguruma's syntax.
 *
 * What Oniguruma has under the name of POSIX is something else: there a^b
 * never matches, and *a is refused. So all that follows the translation reads one syntax.
 */
#ifndef PS_POSIX_H
#define PS_POSIX_H

#include "../base/text.h"
#include "../onig/onig.h"

/* How an expression is written. */
struct ps_posix_mode {
	bool extended;
	bool whole_words; /* it will be looked for as such */
	bool ignore_case; /* it will be: [[:upper:]] is any letter then, and ranges are of capitals */
	bool newlines;    /* the lines may hold some, which are characters like others */
};

/*
 * Appends to *out what the expression, valid UTF-8 without a newline, is in Oniguruma's syntax. It is
 * to be compiled with `posix` set in its dialect. SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EPATTERN and *error.
 */
int ps_posix_translate(struct ps_text *out, const uint8_t *expression, size_t length,
		       const struct ps_posix_mode *mode, struct ps_pattern_error *error);

/* ---- posix_bracket.c ---- */

/* What is being read. */
struct ps_posix_input {
	const uint8_t *begin;
	const uint8_t *p;
	const uint8_t *end;
	const struct ps_posix_mode *mode;
	struct ps_pattern_error *error;
};

/* Refuses it for what begins at `at`: false. */
bool ps_posix_refuse(struct ps_posix_input *in, const uint8_t *at, const char *message);

/* Behind a [, up to and with its ]. False: refused. */
bool ps_posix_bracket(struct ps_posix_input *in, struct ps_text *out);

/* \w \W \s \S: the class of that letter. */
void ps_posix_type(struct ps_text *out, char letter);

#endif
