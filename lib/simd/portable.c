/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * portable.c - the kernels in plain C: for processors without a table of their own, for text that is shorter than a
 * vector, and as the reference of the tests.
 *
 * find_needle() lets memchr look for the rarest byte: libc may have vectors for a processor for which we have none.
 * memmem is not used: it does not know which byte is rare.
 */
#include "needles.h"
#include "trigram.h"
#include "../base/utf8.h"

static const uint8_t *find_needle(const struct ps_needle *n, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *s = p, *last, *at;
	size_t failed = 0;

	if (n->length > (size_t)(end - p))
		return NULL;
	last = end - n->length;
	while (s <= last) {
		at = memchr(s + n->rarest, n->bytes[n->rarest], (size_t)(last - s) + 1);
		if (at == NULL)
			return NULL;
		s = at - n->rarest;
		if (n->length == 1 || ps_needle_at(n, s))
			return s;
		s++;
		if (ps_needle_over_budget(n, ++failed, (size_t)(s - p)))
			return memmem(s, (size_t)(end - s), n->bytes, n->length);
	}
	return NULL;
}

#define ONES UINT64_C(0x0101010101010101)
#define LOWS UINT64_C(0x7F7F7F7F7F7F7F7F)

/* Returns how many of eight bytes are zero. The sum of two bytes below 80 never carries. */
static inline size_t count_zeros(uint64_t x)
{
	uint64_t nonzero = ((x & LOWS) + LOWS) | x;

	return (size_t)((((~nonzero >> 7) & ONES) * ONES) >> 56);
}

static size_t count_byte(const uint8_t *p, const uint8_t *end, uint8_t byte)
{
	size_t total = 0;

	for (; end - p >= 8; p += 8)
		total += count_zeros(ps_load64(p) ^ (byte * ONES));
	for (; p < end; p++)
		total += *p == byte;
	return total;
}

static size_t count_needle(const struct ps_needle *needle, const uint8_t *p, const uint8_t *end)
{
	size_t total = 0;

	for (p = find_needle(needle, p, end); p != NULL; p = find_needle(needle, p + 1, end))
		total++;
	return total;
}

size_t ps_count_lines_rest(const struct ps_needle *needle, uint8_t line_end, const uint8_t *p, const uint8_t *end,
			   bool held)
{
	size_t total = 0;

	for (;; held = false) {
		if (!held)
			p = find_needle(needle, p, end);
		if (p == NULL)
			return total;
		total++;
		p = memchr(p, line_end, (size_t)(end - p));
		if (p == NULL)
			return total;
		p++;
	}
}

static size_t count_lines(const struct ps_needle *needle, uint8_t line_end, const uint8_t *p, const uint8_t *end)
{
	return ps_count_lines_rest(needle, line_end, p, end, false);
}

static size_t valid_utf8_prefix(const uint8_t *begin, const uint8_t *end)
{
	const uint8_t *p = begin;

	while (p < end) {
		size_t n;

		while (end - p >= 8 && (ps_load64(p) & ~LOWS) == 0)
			p += 8;
		if (p == end)
			break;
		n = ps_utf8_sequence(p, end);
		if (n == 0)
			break;
		p += n;
	}
	return (size_t)(p - begin);
}

/*
 * Looks for each needle on its own with libc's memmem, which has a better worst case, in stretches that grow: so a
 * needle that is near is found without looking for the others up to the end.
 */
static const uint8_t *find_each(const struct ps_needles *n, const uint8_t *p, const uint8_t *end,
				size_t *which)
{
	size_t stretch = ps_max(4096, n->longest);

	while (p < end) {
		size_t left = (size_t)(end - p), starts = ps_min(stretch, left);
		const uint8_t *found = NULL, *at;

		for (size_t i = 0; i < n->count; i++) {
			const struct ps_needle *one = &n->needle[i];
			size_t in = ps_min(left, starts + ps_min(one->length - 1, left - starts));

			if ((at = memmem(p, in, one->bytes, one->length)) != NULL) {
				*which = i;
				found = at;
				starts = (size_t)(at - p); /* the others must start before */
			}
		}
		if (found != NULL)
			return found;
		p += starts;
		stretch += ps_min(stretch, SIZE_MAX / 2 - stretch);
	}
	return NULL;
}

/* Returns the buckets whose needles may start at s, by the first three positions. */
static inline unsigned int needle_buckets(const struct ps_needles *n, const uint8_t *s)
{
	return n->exact[0][s[n->at[0]]] & n->exact[1][s[n->at[1]]] & n->exact[2][s[n->at[2]]];
}

/* Returns the first of s .. last that may be a needle, or last + 1. */
static const uint8_t *skip_without_needles(const struct ps_needles *n, const uint8_t *s, const uint8_t *last)
{
	while (last - s >= 3 && (needle_buckets(n, s) | needle_buckets(n, s + 1) | needle_buckets(n, s + 2) |
				 needle_buckets(n, s + 3)) == 0)
		s += 4;
	while (s <= last && needle_buckets(n, s) == 0)
		s++;
	return s;
}

static const uint8_t *find_any_needle(const struct ps_needles *n, const uint8_t *p, const uint8_t *end,
				      size_t *which)
{
	const uint8_t *s = p, *last;
	size_t work = 0;

	*which = 0;
	if (n->count == 1)
		return find_needle(&n->needle[0], p, end);
	if (n->shortest > (size_t)(end - p))
		return NULL;
	last = end - n->shortest;
	for (s = skip_without_needles(n, s, last); s <= last; s = skip_without_needles(n, s + 1, last)) {
		size_t i = n->first[ps_needles_key(n->key_at, s)];

		i = ps_needles_chain(n, i, s, end, &work);
		if (i < PS_NEEDLES_MAX) {
			*which = i;
			return s;
		}
		if (work > 4096 + 4 * (size_t)(s - p))
			return find_each(n, s + 1, end, which);
	}
	return NULL;
}

_Static_assert(PS_BLOCK == 64, "a mask has one bit for each byte of a block");

static void classify_blocks(const struct ps_classes *classes, const uint8_t *p, size_t blocks, uint64_t *masks,
			    size_t stride)
{
	for (size_t b = 0; b < blocks; b++, p += PS_BLOCK) {
		for (size_t c = 0; c <= classes->count; c++)
			masks[c * stride + b] = 0;
		for (size_t i = 0; i < PS_BLOCK; i++) {
			unsigned int high = p[i] >> 4;

			masks[classes->count * stride + b] |= (uint64_t)(high >> 3) << i;
			for (size_t c = 0; c < classes->count && high < 8; c++)
				masks[c * stride + b] |= (uint64_t)(classes->low[c][p[i] & 15] >> high & 1) << i;
		}
	}
}

/* Both words end with the byte that was read last. `capitals`: the last three bytes, a bit each. */
static void mark_trigrams(const uint8_t *p, const uint8_t *end, uint8_t *marks, uint32_t mask)
{
	uint32_t folded, as_is, capitals;

	if (end - p < 3)
		return;
	as_is = ps_trigram_word(0, p[0], p[1]);
	folded = ps_trigram_word(0, ps_trigram_fold(p[0]), ps_trigram_fold(p[1]));
	capitals = (uint32_t)ps_is_capital(p[0]) << 1 | ps_is_capital(p[1]);
	for (p += 2; p < end; p++) {
		as_is = as_is >> 8 | (uint32_t)*p << 16;
		folded = folded >> 8 | (uint32_t)ps_trigram_fold(*p) << 16;
		capitals = capitals << 1 | ps_is_capital(*p);
		marks[ps_trigram_hash(folded) & mask] = PS_TRIGRAM_MARK;
		if ((capitals & 7) != 0)
			marks[ps_trigram_hash_as_is(as_is) & mask] = PS_TRIGRAM_MARK;
	}
}

const struct ps_simd ps_simd_portable = {
	.name = "portable",
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
