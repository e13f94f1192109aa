/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * simd.h - the byte kernels, in one table per instruction set.
 *
 * All tables give the same results, byte for byte; they differ only in speed. A table can run if the processor has all
 * bits of `need`. The choice is made once for each matcher and stored in it: there is no global state here.
 *
 * No kernel reads outside [p, end).
 */
#ifndef PS_SIMD_H
#define PS_SIMD_H

#include "../base/base.h"

/* A literal to look for, with the two of its bytes that are best to look for. */
struct ps_needle {
	const uint8_t *bytes; /* borrowed: lives as long as the needle */
	size_t length;        /* at least 1 */
	size_t rare1;         /* offsets of the two bytes that are looked for; rare1 <= rare2, */
	size_t rare2;         /* and they differ unless length is 1 */
	size_t rarest;        /* the rarer one of the two */
};

#define PS_NEEDLES_MAX 64

/* Up to 64 literals that are looked for together. Constant once made; threads share it. */
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

	/* Returns the first occurrence of the needle in [p, end), or NULL. */
	const uint8_t *(*find)(const struct ps_needle *needle, const uint8_t *p, const uint8_t *end);

	/* Returns how many bytes of [p, end) are equal to `byte`. */
	size_t (*count)(const uint8_t *p, const uint8_t *end, uint8_t byte);

	/* Returns in how many places of [p, end) the needle stands; they may overlap. */
	size_t (*count_needle)(const struct ps_needle *needle, const uint8_t *p, const uint8_t *end);

	/*
	 * Returns how many lines of [p, end) hold the needle, which does not hold the byte that ends a line. The last
	 * one may lack that byte.
	 */
	size_t (*count_lines)(const struct ps_needle *needle, uint8_t line_end, const uint8_t *p, const uint8_t *end);

	/*
	 * Returns the length of the longest prefix of [p, end) that is valid UTF-8: no overlong form, no surrogate,
	 * nothing above U+10FFFF, no truncated tail.
	 */
	size_t (*utf8_prefix)(const uint8_t *p, const uint8_t *end);

	/*
	 * Returns the first place in [p, end) where one of the needles is complete, or NULL. *which is its number; if
	 * several start there, the lowest.
	 */
	const uint8_t *(*find_any)(const struct ps_needles *needles, const uint8_t *p, const uint8_t *end,
				   size_t *which);

	/*
	 * Tells which bytes are in the classes. There are `blocks` blocks of PS_BLOCK bytes at p: bit i of
	 * masks[c * stride + b] is set if byte i of block b is in class c; for c == count, if it is above 7F.
	 */
	void (*classify)(const struct ps_classes *classes, const uint8_t *p, size_t blocks, uint64_t *masks,
			 size_t stride);
	bool classifies; /* classify is faster than an automaton that reads the bytes one by one */

	/*
	 * Marks the trigrams of [p, end) in a table of mask + 1 bytes, a power of two: see trigram.h. Sets
	 * marks[h & mask] to PS_TRIGRAM_MARK, where h is the hash of one that is folded, and of one as it is that holds
	 * a capital.
	 */
	void (*trigrams)(const uint8_t *p, const uint8_t *end, uint8_t *marks, uint32_t mask);
};

#define PS_TRIGRAM_MARK 0xFF /* above 7F, so that classify() makes bits of marks */

#define PS_CPU_AVX2   UINT32_C(1)
#define PS_CPU_SSSE3  UINT32_C(2)
#define PS_CPU_AVX512 UINT32_C(4) /* with the BW and VBMI extensions */

/* Returns what this processor and its operating system allow: PS_CPU_... bits. */
uint32_t ps_cpu_features(void);

/* All tables of this build, best first, then NULL; the last table needs nothing. */
extern const struct ps_simd *const ps_simd_tables[];

/* Returns the best table for these PS_CPU_... bits. */
const struct ps_simd *ps_simd_pick(uint32_t features);

/* Fills in *needle for `length` >= 1 bytes, and chooses the bytes that are rarest in text. */
void ps_needle_init(struct ps_needle *needle, const uint8_t *bytes, size_t length);

/* How common each byte is in text: 12 more is twice as common; 23 * 12 would be every byte. */
extern const uint8_t ps_byte_rank[256];

/*
 * Takes `count` literals, 1 to PS_NEEDLES_MAX, of at least one byte each, and copies them. Returns SEARCH_OK or
 * SEARCH_ENOMEM.
 */
int ps_needles_new(struct ps_needles **out, const uint8_t *const *bytes, const size_t *lengths,
		   size_t count);
void ps_needles_free(struct ps_needles *needles); /* NULL is fine */

#endif
