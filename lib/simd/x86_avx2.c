/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86_avx2.c - the kernels on 32 bytes. See vector.h, fingerprint.h and classes.h.
 */
#include "../base/base.h"

#if defined(__x86_64__)

#include "needles.h"
#include "trigram.h"
#include "../base/utf8.h"

#include <immintrin.h>

#define TARGET      __attribute__((target("avx2,popcnt")))
#define VECTOR      __m256i
#define WIDTH       ((size_t)32)
#define LOAD(p)     _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define SPLAT(b)    _mm256_set1_epi8((char)(b))
#define EQUAL(a, b) _mm256_cmpeq_epi8(a, b)
#define AND(a, b)   _mm256_and_si256(a, b)
#define OR(a, b)    _mm256_or_si256(a, b)
#define SUB(a, b)   _mm256_sub_epi8(a, b)
#define ZERO        _mm256_setzero_si256()
#define MASK(v)     ((uint64_t)(uint32_t)_mm256_movemask_epi8(v))
#define LANE(m)     ((size_t)__builtin_ctzll(m))
#define ANY(v)      (_mm256_movemask_epi8(v) != 0)
#define SUM(v)      lane_sum(v)
#define NARROWER    ps_simd_ssse3

#define TABLE(p)     _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#define LOOKUP(t, v) _mm256_shuffle_epi8(t, v)
#define HIGH(v)      AND(_mm256_srli_epi16(v, 4), SPLAT(15))
#define SOME(v)      (!_mm256_testz_si256(v, v))
#define MASK_SOME(v) (MASK(EQUAL(v, ZERO)) ^ 0xFFFFFFFF)

#define LANE_BITS     1
#define STORE(p, v)   _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define MAX(a, b)     _mm256_max_epu8(a, b)
#define GREATER(a, b) _mm256_cmpgt_epi8(a, b)
#define MARK_FOLDED   mark_folded_by_eight

TARGET static inline size_t lane_sum(__m256i v)
{
	__m256i s = _mm256_sad_epu8(v, _mm256_setzero_si256());
	__m128i t = _mm_add_epi64(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));

	return (size_t)_mm_cvtsi128_si64(_mm_add_epi64(t, _mm_unpackhi_epi64(t, t)));
}

#include "vector.h"

#include "fingerprint.h"

#include "classes.h"

#include "count_lines.h"

TARGET static inline void mark_two(uint64_t hashes, uint8_t *marks)
{
	marks[(uint32_t)hashes] = PS_TRIGRAM_MARK;
	marks[hashes >> 32] = PS_TRIGRAM_MARK;
}

/* See mark_folded(). Eight trigrams at a time are hashed. */
TARGET static inline void mark_folded_by_eight(const uint8_t *text, size_t count, uint8_t *marks, uint32_t mask)
{
	const __m256i spread = _mm256_setr_epi8(0, 1, 2, -1, 1, 2, 3, -1, 2, 3, 4, -1, 3, 4, 5, -1,
						4, 5, 6, -1, 5, 6, 7, -1, 6, 7, 8, -1, 7, 8, 9, -1);
	const __m256i factor = _mm256_set1_epi32((int)PS_TRIGRAM_FACTOR), low = _mm256_set1_epi32((int)mask);
	size_t i = 0;

	for (; i + 8 <= count; i += 8) {
		__m256i v = _mm256_shuffle_epi8(TABLE(text + i), spread);

		v = AND(_mm256_srli_epi32(_mm256_mullo_epi32(v, factor), 32 - PS_TRIGRAM_BITS), low);
		mark_two((uint64_t)_mm256_extract_epi64(v, 0), marks);
		mark_two((uint64_t)_mm256_extract_epi64(v, 1), marks);
		mark_two((uint64_t)_mm256_extract_epi64(v, 2), marks);
		mark_two((uint64_t)_mm256_extract_epi64(v, 3), marks);
	}
	for (; i < count; i++)
		marks[ps_trigram_hash(ps_load32(text + i) & 0xFFFFFF) & mask] = PS_TRIGRAM_MARK;
}

#include "mark_trigrams.h"

const struct ps_simd ps_simd_avx2 = {
	.name = "avx2",
	.need = PS_CPU_AVX2,
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
