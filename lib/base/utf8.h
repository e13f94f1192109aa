/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * utf8.h - UTF-8: which sequences are valid, according to the Unicode standard's table 3-7, and their code points.
 */
#ifndef PS_UTF8_H
#define PS_UTF8_H

#include "base.h"

#define PS_UTF8_MARK "\xEF\xBB\xBF" /* the byte order mark */

static inline bool ps_utf8_tail(uint8_t b)
{
	return (b & 0xC0) == 0x80;
}

/*
 * Returns the length of the valid sequence that begins at p < end, or 0. The range of the second byte excludes overlong
 * forms (E0, F0), surrogates (ED) and code points above U+10FFFF (F4).
 */
static inline size_t ps_utf8_sequence(const uint8_t *p, const uint8_t *end)
{
	size_t left = (size_t)(end - p);
	uint8_t lead = p[0];

	if (lead < 0x80)
		return 1;
	if (lead < 0xC2 || lead > 0xF4 || left < 2 || !ps_utf8_tail(p[1]))
		return 0;
	if (lead < 0xE0)
		return 2;
	if (left < 3 || !ps_utf8_tail(p[2]))
		return 0;
	if (lead < 0xF0)
		return (lead == 0xE0 && p[1] < 0xA0) || (lead == 0xED && p[1] > 0x9F) ? 0 : 3;
	if (left < 4 || !ps_utf8_tail(p[3]))
		return 0;
	return (lead == 0xF0 && p[1] < 0x90) || (lead == 0xF4 && p[1] > 0x8F) ? 0 : 4;
}

/* Writes a code point, even a surrogate. Returns its length in bytes, at most 4. */
size_t ps_utf8_encode(uint32_t code, uint8_t *to);

/* Returns the code point of a valid sequence of this length. */
uint32_t ps_utf8_decode(const uint8_t *sequence, size_t length);

/* Returns the length of the valid sequence that ends at `end`, or 0; nothing before `begin` is read. */
size_t ps_utf8_last(const uint8_t *begin, const uint8_t *end);

/* Returns where the character after the one at `at` begins, in valid (or rewritten) text. */
size_t ps_utf8_next(const uint8_t *text, size_t length, size_t at);

#endif
