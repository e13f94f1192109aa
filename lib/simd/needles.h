/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * needles.h - many literals looked for together: what all kernels share.
 *
 * Two sieves, then the comparison:
 *
 *   fingerprint  A few bytes, at offsets that all needles have, say whether one may
 *                begin at a place. The needles are shared out over eight buckets, and
 *                for each of the offsets a table has, for every byte, one bit per bucket:
 *                whether a needle of that bucket has that byte there. The AND over the
 *                offsets leaves the buckets of which a needle may stand. Vectors ask for
 *                many places at once, by the byte's nibbles (fingerprint.h).
 *   key          A hash of bytes at the offsets that tell the needles apart best leads to
 *                a chain of needles, in the order given. All that can stand at one place
 *                are in one chain, so the first that does is the answer.
 *
 * A place that passes the fingerprint is paid for in work: one for the key, and more for each
 * deep comparison. Who has spent more than the text is worth goes on another way, as vectors
 * are no gain where every other place needs a closer look, and as a text of one byte over and
 * over could cost its length times the needles'.
 */
#ifndef PS_SIMD_NEEDLES_H
#define PS_SIMD_NEEDLES_H

#include "kernels.h"

#define PS_BUCKETS   8
#define PS_POSITIONS 6
#define PS_KEY       4
#define PS_KEY_BITS  10

_Static_assert(PS_BUCKETS == 8, "a byte has one bit for each bucket");
_Static_assert(PS_POSITIONS >= 3, "the portable kernel asks three positions");
_Static_assert(PS_KEY == 4 && PS_KEY_BITS < 32, "a key is made of one 32-bit word");
_Static_assert(PS_NEEDLES_MAX <= UINT8_MAX, "needles are numbered in bytes, and one number more ends a chain");

struct ps_needles {
	size_t count;
	size_t shortest;  /* of the lengths */
	size_t longest;
	size_t positions; /* of the fingerprint: 1 to PS_POSITIONS, but no more than shortest */
	size_t quick;     /* so many of them are asked everywhere: 1 to `positions` */
	size_t at[PS_POSITIONS]; /* their offsets, below shortest */
	size_t key_at[PS_KEY];   /* the key's, below shortest */
	uint8_t low[PS_POSITIONS][16];    /* buckets by a byte's low nibble */
	uint8_t high[PS_POSITIONS][16];   /* and by its high one */
	uint8_t exact[PS_POSITIONS][256]; /* buckets by the byte; all behind `positions` */
	uint8_t first[1 << PS_KEY_BITS];  /* of a key's chain; PS_NEEDLES_MAX ends it */
	uint8_t next[PS_NEEDLES_MAX];
	struct ps_needle needle[PS_NEEDLES_MAX];
	uint8_t bytes[];
};

/* Multiplying moves what differs into the high bits. */
static inline size_t ps_needles_key(const size_t *at, const uint8_t *p)
{
	uint32_t v = (uint32_t)p[at[0]] | (uint32_t)p[at[1]] << 8 | (uint32_t)p[at[2]] << 16 |
		     (uint32_t)p[at[3]] << 24;

	return (v * UINT32_C(0x9E3779B1)) >> (32 - PS_KEY_BITS);
}

/* The first of the chain of needle i that stands at p, or PS_NEEDLES_MAX. */
size_t ps_needles_chain(const struct ps_needles *n, size_t i, const uint8_t *p, const uint8_t *end,
			size_t *work);

#endif
