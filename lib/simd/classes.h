/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classes.h - classify_blocks(), written once for any vector width; see simd.h.
 *
 * A file that has included vector.h and fingerprint.h, with their macros, includes this. A class has an entry for each
 * low nibble, with one bit for each high nibble of an ASCII byte: the bit for the byte's own high nibble is taken. A
 * byte above 7F is in no class.
 *
 * BITS(v) has one bit for each byte of a block, set if the byte is not 0 in the vectors v. An instruction set with a
 * better way than MASK_SOME defines it.
 */
#include "kernels.h"

#define PARTS (PS_BLOCK / WIDTH)

_Static_assert(PS_BLOCK == 64 && PARTS * WIDTH == PS_BLOCK, "a block is whole vectors, and has a bit for each byte");

#ifndef BITS
#define BITS(v) block_bits(v)

INLINED uint64_t block_bits(const VECTOR *v)
{
	uint64_t mask = MASK_SOME(v[0]);

	for (size_t k = 1; k < PARTS; k++)
		mask |= MASK_SOME(v[k]) << (k * WIDTH % 64);
	return mask;
}
#endif

TARGET static void classify_blocks(const struct ps_classes *classes, const uint8_t *p, size_t blocks, uint64_t *masks,
				   size_t stride)
{
	static const uint8_t bit_of[16] = { 1, 2, 4, 8, 16, 32, 64, 128 };
	const VECTOR bit = TABLE(bit_of);

	for (size_t b = 0; b < blocks; b++, p += PS_BLOCK) {
		VECTOR low[PARTS], own[PARTS], found[PARTS];

		for (size_t k = 0; k < PARTS; k++) {
			VECTOR v = LOAD(p + k * WIDTH);

			low[k] = AND(v, SPLAT(15));
			own[k] = LOOKUP(bit, HIGH(v));
			found[k] = AND(v, SPLAT(0x80));
		}
		masks[classes->count * stride + b] = BITS(found);
		for (size_t c = 0; c < classes->count; c++) {
			const VECTOR table = TABLE(classes->low[c]);

			for (size_t k = 0; k < PARTS; k++)
				found[k] = AND(LOOKUP(table, low[k]), own[k]);
			masks[c * stride + b] = BITS(found);
		}
	}
}
