/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * utf8.h - one UTF-8 sequence, as the Unicode standard's table 3-7 has it.
 */
#ifndef PS_UTF8_H
#define PS_UTF8_H

#include "base.h"

static inline bool ps_utf8_tail(uint8_t b)
{
	return (b & 0xC0) == 0x80;
}

/*
 * Length of the valid sequence that begins at p < end, or 0. The second byte's
 * range is what keeps overlong forms (E0, F0), surrogates (ED) and code points
 * above U+10FFFF (F4) out.
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

#endif
