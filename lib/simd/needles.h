/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * needles.h - looking for many literals together: what all kernels share.
 *
 * Two sieves, then the comparison:
 *
 *   fingerprint  A few bytes, at offsets that all needles have, tell whether a needle may start at a place. The
 *                needles are distributed over eight buckets. For each offset a table has for every byte one bit per
 *                bucket: does a needle of this bucket have this byte there? The AND over the offsets leaves the
 *                buckets of the needles that may be here. Vectors do this for many places at once, by the byte's
 *                nibbles (fingerprint.h).
 *   key          A hash of the bytes at the offsets that distinguish the needles best leads to a chain of needles, in
 *                the order given. All needles that can be at one place are in one chain, so the first one that is
 *                there is the result.
 *
 * Each place that passes the fingerprint counts as work: one for the key, and more for each deep comparison. A search
 * that has done more work than its text is worth goes on in another way: vectors gain nothing if every other place
 * needs a closer look, and a text of one byte over and over could cost its length times that of the needles.
 */
#ifndef PS_SIMD_NEEDLES_H
#define PS_SIMD_NEEDLES_H

#include "kernels.h"

#define PS_BUCKETS   8
#define PS_POSITIONS 6
#define PS_KEY       4
#define PS_KEY_BITS  10

_Static_assert(PS_BUCKETS == 8, "a byte has one bit for each bucket");
_Static_assert(PS_POSITIONS >= 3, "the portable kernel looks up three positions");
_Static_assert(PS_KEY == 4 && PS_KEY_BITS < 32, "a key is made of one 32-bit word");
_Static_assert(PS_NEEDLES_MAX <= UINT8_MAX, "needles are numbered in bytes, and one number more ends a chain");

struct ps_needles {
	size_t count;
	size_t shortest;  /* length */
	size_t longest;
	size_t positions; /* of the fingerprint: 1 to PS_POSITIONS, but no more than shortest */
	size_t quick;     /* this many of them are looked up everywhere: 1 to `positions` */
	size_t at[PS_POSITIONS]; /* their offsets, below shortest */
	size_t key_at[PS_KEY];   /* the key's, below shortest */
	uint8_t low[PS_POSITIONS][16];    /* buckets by a byte's low nibble */
	uint8_t high[PS_POSITIONS][16];   /* and by its high one */
	uint8_t exact[PS_POSITIONS][256]; /* buckets by the byte; all bits set from `positions` on */
	uint8_t first[1 << PS_KEY_BITS];  /* of a key's chain, which PS_NEEDLES_MAX ends */
	uint8_t next[PS_NEEDLES_MAX];
	struct ps_needle needle[PS_NEEDLES_MAX];
	uint8_t bytes[];
};

/* The product has in its high bits what differs. */
static inline size_t ps_needles_key(const size_t *at, const uint8_t *p)
{
	uint32_t v = (uint32_t)p[at[0]] | (uint32_t)p[at[1]] << 8 | (uint32_t)p[at[2]] << 16 |
		     (uint32_t)p[at[3]] << 24;

	return (v * UINT32_C(0x9E3779B1)) >> (32 - PS_KEY_BITS);
}

/* Returns the first needle, of the chain from needle i on, that is at p; or PS_NEEDLES_MAX. */
size_t ps_needles_chain(const struct ps_needles *n, size_t i, const uint8_t *p, const uint8_t *end,
			size_t *work);

#endif
