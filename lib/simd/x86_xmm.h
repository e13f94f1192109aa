/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86_xmm.h - the macros of vector.h for the 16 bytes of any x86-64 processor. The file that includes this defines
 * TARGET first.
 */
#include <emmintrin.h>

#define VECTOR      __m128i
#define WIDTH       ((size_t)16)
#define LOAD(p)     _mm_loadu_si128((const __m128i *)(const void *)(p))
#define SPLAT(b)    _mm_set1_epi8((char)(b))
#define EQUAL(a, b) _mm_cmpeq_epi8(a, b)
#define AND(a, b)   _mm_and_si128(a, b)
#define OR(a, b)    _mm_or_si128(a, b)
#define SUB(a, b)   _mm_sub_epi8(a, b)
#define ZERO        _mm_setzero_si128()
#define MASK(v)     ((uint64_t)(uint32_t)_mm_movemask_epi8(v))
#define LANE(m)     ((size_t)__builtin_ctzll(m))
#define ANY(v)      (_mm_movemask_epi8(v) != 0)
#define SUM(v)      lane_sum(v)
#define NARROWER    ps_simd_portable

#define LANE_BITS     1
#define STORE(p, v)   _mm_storeu_si128((__m128i *)(void *)(p), v)
#define MAX(a, b)     _mm_max_epu8(a, b)
#define GREATER(a, b) _mm_cmpgt_epi8(a, b)

TARGET static inline size_t lane_sum(__m128i v)
{
	__m128i s = _mm_sad_epu8(v, _mm_setzero_si128());

	return (size_t)_mm_cvtsi128_si64(_mm_add_epi64(s, _mm_unpackhi_epi64(s, s)));
}
