/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mark_trigrams.h - marks the trigrams of a text (trigram.h), once for each table of vectors.
 *
 * A file that includes this has defined the macros of vector.h, and besides
 *   STORE(p, v)      writes a vector to p
 *   MAX(a, b)        the larger one of each pair of lanes, which have no sign
 *   GREATER(a, b)    all bits of a lane in which a is greater, with a sign
 *   LANE_BITS        how many bits MASK has for a lane
 *   MARK_FOLDED      optional: its own mark_folded()
 *
 * Most of the time goes into the stores, one for each trigram, to places all over the table: half a nanosecond each. The
 * text is folded a vector at a time, into a small buffer which is read again at each of its bytes: a tenth of that.
 * Trigrams that hold a capital are taken one by one, at more than a nanosecond each, since how many a vector has cannot
 * be foreseen. Tried and not faster: lists of them, hashes by eight, and hashes that pass through memory or in pairs of
 * bytes.
 */
#include "trigram.h"

enum { FOLDED_SIZE = 1024 };

#ifndef MARK_FOLDED
#define MARK_FOLDED mark_folded

/* Marks `count` trigrams of folded text, of which one byte more may be read. */
static inline void mark_folded(const uint8_t *text, size_t count, uint8_t *marks, uint32_t mask)
{
	for (size_t i = 0; i < count; i++)
		marks[ps_trigram_hash(ps_load32(text + i) & 0xFFFFFF) & mask] = PS_TRIGRAM_MARK;
}
#endif

TARGET static inline VECTOR find_capitals(VECTOR v)
{
	return AND(GREATER(v, SPLAT('A' - 1)), GREATER(SPLAT('Z' + 1), v));
}

TARGET static inline void fold_text(uint8_t *to, const uint8_t *p, size_t length)
{
	size_t i = 0;

	for (; length - i >= WIDTH; i += WIDTH) {
		const VECTOR v = LOAD(p + i);

		STORE(to + i, OR(MAX(v, SPLAT(0x20)), AND(find_capitals(v), SPLAT(0x20))));
	}
	for (; i < length; i++)
		to[i] = ps_trigram_fold(p[i]);
}

/*
 * Marks the trigrams that hold a capital. Those that start in the first WIDTH - 3 bytes of a vector are in it as a
 * whole, with a byte more.
 */
TARGET static void mark_capitals(const uint8_t *p, const uint8_t *end, uint8_t *marks, uint32_t mask)
{
	const uint64_t starts = UINT64_MAX >> (64 - LANE_BITS * (WIDTH - 3));

	for (; (size_t)(end - p) >= WIDTH; p += WIDTH - 3) {
		uint64_t capitals = MASK(find_capitals(LOAD(p)));

		capitals = (capitals | capitals >> LANE_BITS | capitals >> 2 * LANE_BITS) & starts;
		for (; capitals != 0; capitals &= capitals - 1) {
			uint32_t word = ps_load32(p + LANE(capitals)) & 0xFFFFFF;

			marks[ps_trigram_hash_as_is(word) & mask] = PS_TRIGRAM_MARK;
		}
	}
	for (; end - p >= 3; p++)
		if (ps_is_capital(p[0]) || ps_is_capital(p[1]) || ps_is_capital(p[2]))
			marks[ps_trigram_hash_as_is(ps_trigram_word(p[0], p[1], p[2])) & mask] = PS_TRIGRAM_MARK;
}

TARGET static void mark_trigrams(const uint8_t *p, const uint8_t *end, uint8_t *marks, uint32_t mask)
{
	uint8_t folded[FOLDED_SIZE + WIDTH];
	size_t length, left = (size_t)(end - p);

	mark_capitals(p, end, marks, mask);
	for (; left >= 3; p += length - 2, left -= length - 2) {
		length = ps_min(left, FOLDED_SIZE);
		fold_text(folded, p, length);
		memset(folded + length, 0, WIDTH);
		MARK_FOLDED(folded, length - 2, marks, mask);
	}
}
