/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * repair.h - makes text that is not UTF-8 fit for Oniguruma.
 *
 * Each byte b that is not part of a valid sequence becomes the code point U+DC00 + b: three bytes, ED B2 80 to
 * ED B3 BF. This is a surrogate, which no valid text can hold, so the way back is unique. Each byte of a broken
 * sequence becomes a character of its own.
 */
#ifndef PS_REPAIR_H
#define PS_REPAIR_H

#include "../base/base.h"
#include "../simd/simd.h"

#define PS_UTF8_ESCAPE 3 /* bytes that a bad byte becomes */

/* Whether the character of valid or rewritten text that starts here is such a byte. (No other is ED A0 or more.) */
static inline bool ps_utf8_is_escape(const uint8_t *p)
{
	return p[0] == 0xED && p[1] >= 0xA0;
}

/* How many bytes before `at`, which is not amid such a character, are one byte of the original. */
static inline size_t ps_utf8_step_back(const uint8_t *repaired, size_t at)
{
	return at >= PS_UTF8_ESCAPE && ps_utf8_is_escape(repaired + at - PS_UTF8_ESCAPE) ? PS_UTF8_ESCAPE : 1;
}

/* The length of the rewritten text. */
size_t ps_utf8_repaired_size(const struct ps_simd *simd, const uint8_t *text, size_t length);

/* Writes the rewritten text to `to`, which has room for that many bytes. */
void ps_utf8_repair(const struct ps_simd *simd, const uint8_t *text, size_t length, uint8_t *to);

/* Changes spans of the rewritten text, which are in order, to spans of the text that it was made of. */
void ps_utf8_map_back(const uint8_t *repaired, size_t size, struct search_span *spans, size_t count);

/* The same for the groups of spans that are not mapped yet. */
void ps_utf8_map_groups_back(const uint8_t *repaired, size_t size, const struct search_span *spans, size_t count,
			     struct search_group *groups, size_t group_count);

#endif
