/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86_ssse3.c - the kernels on 16 bytes, with a shuffle by bytes. See vector.h, fingerprint.h and classes.h.
 */
#include "../base/base.h"

#if defined(__x86_64__)

#include "needles.h"
#include "../base/utf8.h"

#define TARGET __attribute__((target("ssse3")))
#include "x86_xmm.h"

#include <tmmintrin.h>

#define TABLE(p)     LOAD(p)
#define LOOKUP(t, v) _mm_shuffle_epi8(t, v)
#define HIGH(v)      AND(_mm_srli_epi16(v, 4), SPLAT(15))
#define MASK_SOME(v) (MASK(EQUAL(v, ZERO)) ^ 0xFFFF)
#define SOME(v)      (MASK_SOME(v) != 0)

#include "vector.h"

#include "fingerprint.h"

#include "classes.h"

#include "count_lines.h"

#include "mark_trigrams.h"

const struct ps_simd ps_simd_ssse3 = {
	.name = "ssse3",
	.need = PS_CPU_SSSE3,
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
