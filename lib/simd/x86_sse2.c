/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86_sse2.c - the kernels on 16 bytes, for any x86-64 processor. See vector.h.
 *
 * There is no shuffle by bytes here, which find_any_needle() and classify_blocks() would need: those are the portable
 * ones.
 */
#include "../base/base.h"

#if defined(__x86_64__)

#include "kernels.h"
#include "../base/utf8.h"

#define TARGET
#include "x86_xmm.h"

#include "vector.h"

#include "mark_trigrams.h"

static const uint8_t *find_any_needle(const struct ps_needles *n, const uint8_t *p, const uint8_t *end,
				      size_t *which)
{
	return ps_simd_portable.find_any(n, p, end, which);
}

static size_t count_needle(const struct ps_needle *needle, const uint8_t *p, const uint8_t *end)
{
	return ps_simd_portable.count_needle(needle, p, end);
}

static size_t count_lines(const struct ps_needle *needle, uint8_t line_end, const uint8_t *p, const uint8_t *end)
{
	return ps_simd_portable.count_lines(needle, line_end, p, end);
}

static void classify_blocks(const struct ps_classes *classes, const uint8_t *p, size_t blocks, uint64_t *masks,
			    size_t stride)
{
	ps_simd_portable.classify(classes, p, blocks, masks, stride);
}

const struct ps_simd ps_simd_sse2 = {
	.name = "sse2",
	.need = 0,
	.find = find_needle,
	.count = count_byte,
	.count_needle = count_needle,
	.count_lines = count_lines,
	.utf8_prefix = valid_utf8_prefix,
	.find_any = find_any_needle,
	.classify = classify_blocks,
	.classifies = false,
	.trigrams = mark_trigrams,
};

#endif
