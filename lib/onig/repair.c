/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * repair.c - see repair.h.
 *
 * No table of offsets is kept for the way back: spans are few and in order, so
 * one walk over the rewritten text finds them all.
 */
#include "../base/base.h"

#include "repair.h"

#include "../base/utf8.h"

#include <string.h>

#define ESCAPE 3 /* bytes that one bad byte becomes */

size_t ps_utf8_repaired_size(const struct ps_simd *simd, const uint8_t *text, size_t length)
{
	const uint8_t *p = text, *end = text + length;
	size_t size = length;

	for (;;) {
		p += simd->utf8_prefix(p, end);
		if (p == end)
			return size;
		p++;
		size += ESCAPE - 1;
	}
}

void ps_utf8_repair(const struct ps_simd *simd, const uint8_t *text, size_t length, uint8_t *to)
{
	const uint8_t *p = text, *end = text + length;

	for (;;) {
		size_t valid = simd->utf8_prefix(p, end);

		memcpy(to, p, valid);
		to += valid;
		p += valid;
		if (p == end)
			return;
		to[0] = 0xED;
		to[1] = (uint8_t)(0xB0 | *p >> 6); /* 80..BF: B2, C0..FF: B3 */
		to[2] = (uint8_t)(0x80 | (*p & 0x3F));
		to += ESCAPE;
		p++;
	}
}

/* How far a walk over a rewritten text has come. */
struct walk {
	size_t at;       /* in the rewritten text */
	size_t original; /* in the text it was made of */
};

static size_t walk_to(struct walk *w, const uint8_t *repaired, size_t size, size_t target)
{
	while (w->at < target) {
		bool escape = repaired[w->at] == 0xED && w->at + 1 < size && repaired[w->at + 1] >= 0xA0;

		w->at += escape ? ESCAPE : 1;
		w->original++;
	}
	return w->original;
}

void ps_utf8_map_back(const uint8_t *repaired, size_t size, struct search_span *spans, size_t count)
{
	struct walk w = { 0, 0 };

	for (size_t i = 0; i < count; i++) {
		spans[i].begin = walk_to(&w, repaired, size, spans[i].begin);
		spans[i].end = walk_to(&w, repaired, size, spans[i].end);
	}
}

size_t ps_utf8_encode(uint32_t code, uint8_t *to)
{
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

	for (size_t i = length - 1; i > 0; i--) {
		to[i] = (uint8_t)(0x80 | (code & 0x3F));
		code >>= 6;
	}
	to[0] = (uint8_t)(lead[length] | code);
	return length;
}

uint32_t ps_utf8_decode(const uint8_t *sequence, size_t length)
{
	uint32_t code = length == 1 ? sequence[0] : sequence[0] & (0x7Fu >> length);

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (sequence[i] & 0x3Fu);
	return code;
}

size_t ps_utf8_last(const uint8_t *begin, const uint8_t *end)
{
	size_t most = ps_min(4, (size_t)(end - begin));

	for (size_t n = 1; n <= most; n++)
		if ((end[-(ptrdiff_t)n] & 0xC0) != 0x80)
			return ps_utf8_sequence(end - n, end) == n ? n : 0;
	return 0;
}

size_t ps_utf8_next(const uint8_t *text, size_t length, size_t at)
{
	if (at >= length)
		return at + 1;
	do
		at++;
	while (at < length && (text[at] & 0xC0) == 0x80);
	return at;
}
