/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * simd.h - the byte kernels, in one table per instruction set.
 *
 * Every table answers the same, byte for byte; they differ in speed only. A
 * table runs where the processor has all bits of `need`. The choice is made
 * once per matcher and stored in it: there is no global state here.
 *
 * No kernel reads outside [p, end).
 */
#ifndef PS_SIMD_H
#define PS_SIMD_H

#include "../base/base.h"

/* A literal to look for, with the two of its bytes that tell it apart best. */
struct ps_needle {
	const uint8_t *bytes; /* borrowed: lives as long as the needle */
	size_t length;        /* at least 1 */
	size_t rare1;         /* offsets of the two bytes that are looked for; rare1 <= rare2, */
	size_t rare2;         /* and they differ unless length is 1 */
	size_t rarest;        /* the one of the two that is seen least */
};

#define PS_NEEDLES_MAX 64

/* Up to 64 literals that are looked for together. Immutable once made; shared by threads. */
struct ps_needles;

/*
 * Sets of ASCII bytes: byte b is in class c if bit b >> 4 of low[c][b & 15] is set.
 */
#define PS_CLASSES_MAX 8
#define PS_BLOCK ((size_t)64)

struct ps_classes {
	size_t count;
	uint8_t low[PS_CLASSES_MAX][16];
};

struct ps_simd {
	const char *name; /* "avx512", "avx2", "ssse3", "sse2", "neon", "portable" */
	uint32_t need;    /* PS_CPU_... bits */

	/* First occurrence of the needle in [p, end), or NULL. */
	const uint8_t *(*find)(const struct ps_needle *needle, const uint8_t *p, const uint8_t *end);

	/* How many bytes of [p, end) are equal to `byte`. */
	size_t (*count)(const uint8_t *p, const uint8_t *end, uint8_t byte);

	/*
	 * Length of the longest prefix of [p, end) that is valid UTF-8: no
	 * overlong form, no surrogate, nothing above U+10FFFF, no truncated tail.
	 */
	size_t (*utf8_prefix)(const uint8_t *p, const uint8_t *end);

	/*
	 * First place in [p, end) where one of the needles stands whole, or NULL; of those
	 * that begin there, *which is the first given.
	 */
	const uint8_t *(*find_any)(const struct ps_needles *needles, const uint8_t *p, const uint8_t *end,
				   size_t *which);

	/*
	 * Which bytes are in the classes: for block b, of the `blocks` of PS_BLOCK bytes at p, bit i of
	 * masks[c * stride + b] says it of its byte i and class c. For c == count it says which are above 7F.
	 */
	void (*classify)(const struct ps_classes *classes, const uint8_t *p, size_t blocks, uint64_t *masks,
			 size_t stride);
	bool classifies; /* classify is faster than an automaton that reads the bytes one by one */
};

#define PS_CPU_AVX2   UINT32_C(1)
#define PS_CPU_SSSE3  UINT32_C(2)
#define PS_CPU_AVX512 UINT32_C(4) /* with the BW and VBMI extensions */

/* What this processor and its operating system allow: PS_CPU_... bits. */
uint32_t ps_cpu_features(void);

/* All tables of this build, best first, ended by NULL; the last needs nothing. */
extern const struct ps_simd *const ps_simd_tables[];

/* The best table for these PS_CPU_... bits. */
const struct ps_simd *ps_simd_pick(uint32_t features);

/* Fills *needle for `length` >= 1 bytes, choosing the bytes seen least in text. */
void ps_needle_init(struct ps_needle *needle, const uint8_t *bytes, size_t length);

/* How common each byte is in text: 12 steps are a doubling, 23 * 12 would be every byte. */
extern const uint8_t ps_byte_rank[256];

/*
 * Takes `count` literals, 1 to PS_NEEDLES_MAX, of one byte or more each, and copies
 * them. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_needles_new(struct ps_needles **out, const uint8_t *const *bytes, const size_t *lengths,
		   size_t count);
void ps_needles_free(struct ps_needles *needles); /* NULL: nothing */

#endif
