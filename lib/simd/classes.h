/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classes.h - classify, written once for any vector width; see simd.h.
 *
 * A file that has included vector.h and fingerprint.h, with their macros, includes this. The
 * class of a byte is looked up by its low nibble: one bit for each high nibble of an ASCII byte, of
 * which the byte's own is taken. A byte above 7F has none.
 *
 * BITS(v) is one bit for every byte of a block that is not 0 in the vectors v; an instruction set with
 * a better way than MASK_SOME defines it.
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
