/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernels.h - what the files of this room share: the tables by name, and the small pieces that all of them need.
 */
#ifndef PS_SIMD_KERNELS_H
#define PS_SIMD_KERNELS_H

#include "../base/base.h"
#include "simd.h"

#include <string.h>

extern const struct ps_simd ps_simd_portable;
#if defined(__x86_64__)
extern const struct ps_simd ps_simd_sse2;
extern const struct ps_simd ps_simd_ssse3;
extern const struct ps_simd ps_simd_avx2;
extern const struct ps_simd ps_simd_avx512;
#elif defined(__aarch64__) && defined(__AARCH64EL__)
extern const struct ps_simd ps_simd_neon;
#endif

static inline uint32_t ps_load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t ps_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/*
 * Are the two ends of the needle, which has two bytes or more, at p? As many bytes as it has may be read. The ends are
 * compared inline: most false candidates fail here, without a call.
 */
static inline bool ps_needle_ends_at(const struct ps_needle *n, const uint8_t *p)
{
	size_t last;

	if (n->length < 4)
		return p[0] == n->bytes[0] && p[1] == n->bytes[1] &&
		       p[n->length - 1] == n->bytes[n->length - 1];
	last = n->length - 4;
	return ps_load32(p) == ps_load32(n->bytes) && ps_load32(p + last) == ps_load32(n->bytes + last);
}

static inline bool ps_needle_at(const struct ps_needle *n, const uint8_t *p)
{
	return ps_needle_ends_at(n, p) &&
	       (n->length <= 8 || memcmp(p + 4, n->bytes + 4, n->length - 8) == 0);
}

/* count_lines from p on. With `held`, the line that p is in holds the needle, before p. */
size_t ps_count_lines_rest(const struct ps_needle *needle, uint8_t line_end, const uint8_t *p, const uint8_t *end,
			   bool held);

/*
 * A hostile text can have at every byte a candidate that fails only deep inside a long needle: the time would be that
 * of text times needle. So comparing has a budget, a few bytes for each byte of text and some to start with; a search
 * that exceeds it goes on with libc's memmem, which has a better worst case.
 */
static inline bool ps_needle_over_budget(const struct ps_needle *n, size_t failed, size_t passed)
{
	return n->length > 16 && failed > (4096 + 4 * passed) / n->length;
}

#endif
