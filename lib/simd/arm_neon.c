/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arm_neon.c - the kernels on 16 bytes, for any little-endian aarch64 processor. See vector.h, fingerprint.h and
 * classes.h.
 *
 * NEON has no movemask. Narrowing each 16-bit pair by four bits leaves four bits for each lane in one 64-bit word, of
 * which the top one is kept. For an odd lane they are its lower four, so its top bit is first spread over the lane.
 */
#include "../base/base.h"

#if defined(__aarch64__) && defined(__AARCH64EL__)

#include "needles.h"
#include "../base/utf8.h"

#include <arm_neon.h>

#define TARGET
#define VECTOR      uint8x16_t
#define WIDTH       ((size_t)16)
#define LOAD(p)     vld1q_u8(p)
#define SPLAT(b)    vdupq_n_u8(b)
#define EQUAL(a, b) vceqq_u8(a, b)
#define AND(a, b)   vandq_u8(a, b)
#define OR(a, b)    vorrq_u8(a, b)
#define SUB(a, b)   vsubq_u8(a, b)
#define ZERO        vdupq_n_u8(0)
#define MASK(v)     lane_mask(v)
#define LANE(m)     ((size_t)__builtin_ctzll(m) >> 2)
#define ANY(v)      (vmaxvq_u8(v) >= 0x80)
#define SUM(v)      ((size_t)vaddlvq_u8(v))
#define NARROWER    ps_simd_portable

#define TABLE(p)     LOAD(p)
#define LOOKUP(t, v) vqtbl1q_u8(t, v)
#define HIGH(v)      vshrq_n_u8(v, 4)
#define SOME(v)      (vmaxvq_u8(v) != 0)
#define MASK_SOME(v) lane_mask(vtstq_u8(v, v))

#define LANE_BITS     4
#define STORE(p, v)   vst1q_u8(p, v)
#define MAX(a, b)     vmaxq_u8(a, b)
#define GREATER(a, b) vcgtq_s8(vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b))

static inline uint64_t lane_mask(uint8x16_t v)
{
	uint8x16_t full = vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(v), 7));
	uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(full), 4);

	return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0) & UINT64_C(0x8888888888888888);
}

_Static_assert(PS_BLOCK == 4 * WIDTH, "block_bits() takes four vectors");

/* Each lane keeps the bit for its place among eight; then neighbours are added three times. */
static inline uint64_t block_bits(const uint8x16_t *v)
{
	static const uint8_t places[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
	const uint8x16_t place = vld1q_u8(places);
	uint8x16_t a = vpaddq_u8(vandq_u8(vtstq_u8(v[0], v[0]), place), vandq_u8(vtstq_u8(v[1], v[1]), place));
	uint8x16_t b = vpaddq_u8(vandq_u8(vtstq_u8(v[2], v[2]), place), vandq_u8(vtstq_u8(v[3], v[3]), place));

	a = vpaddq_u8(a, b);
	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(a, a)), 0);
}

#define BITS(v)      block_bits(v)
#define FULL_BITS(v) block_bits(v)

#include "vector.h"

#include "fingerprint.h"

#include "classes.h"

#include "count_lines.h"

#include "mark_trigrams.h"

const struct ps_simd ps_simd_neon = {
	.name = "neon",
	.need = 0,
	.find = find_needle,
	.count = count_byte,
	.count_needle = count_needle,
	.count_lines = count_lines,
	.utf8_prefix = valid_utf8_prefix,
	.find_any = find_any_needle,
	.classify = classify_blocks,
	.classifies = true,
	.trigrams = mark_trigrams,
};

#endif
