/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * count_lines.h - count_needle() and count_lines(), written once for any vector width; see simd.h.
 *
 * A file that has included vector.h and classes.h, with their macros, includes this. FULL_BITS(v) has one bit for each
 * byte of a block, set if the byte is FF in the vectors v, where each is 0 or FF. An instruction set whose MASK has
 * more than one bit for each lane defines it.
 *
 * Of each block there is a word of bits that say where a needle starts, and one that says where lines end. A line that
 * holds a needle is counted at its end: adding the first word to the complement of the second carries each needle's bit
 * through the rest of its line, into the bit of the line's end. What is carried out of the word goes on in the next.
 *
 * Where there are no needles for some blocks, find_needle() goes on; where a line that holds one does not end for some
 * blocks, memchr() does. They are faster there.
 */
#include "kernels.h"

#ifndef FULL_BITS
#define FULL_BITS(v) full_bits(v)

INLINED uint64_t full_bits(const VECTOR *v)
{
	uint64_t mask = MASK(v[0]);

	for (size_t k = 1; k < PARTS; k++)
		mask |= MASK(v[k]) << (k * WIDTH % 64);
	return mask;
}
#endif

enum { IDLE_BLOCKS = 4 };

/* A count on its way. */
struct needle_count {
	const struct ps_needle *needle;
	const uint8_t *begin, *p, *end;
	size_t work; /* candidates that were compared */
	size_t idle; /* blocks without what is looked for */
};

/* Is there a block of starts? */
INLINED bool has_block(const struct needle_count *c)
{
	return (size_t)(c->end - c->p) >= PS_BLOCK - 1 + c->needle->length;
}

/* Which of these starts, candidates, are the needle. */
INLINED uint64_t confirm_starts(struct needle_count *c, uint64_t starts)
{
	uint64_t confirmed = starts;

	if (c->needle->length <= 2) /* all its bytes have been compared */
		return starts;
	for (; starts != 0; starts &= starts - 1) {
		if (!ps_needle_at(c->needle, c->p + __builtin_ctzll(starts)))
			confirmed &= ~(starts & -starts);
		c->work++;
	}
	return confirmed;
}

/* Returns which bytes of the block at p start a needle. */
INLINED uint64_t block_starts(struct needle_count *c)
{
	const struct ps_needle *n = c->needle;
	const VECTOR byte1 = SPLAT(n->bytes[n->rare1]), byte2 = SPLAT(n->bytes[n->rare2]);
	VECTOR v[PARTS];

	for (size_t k = 0; k < PARTS; k++)
		v[k] = needle_candidates(c->p + k * WIDTH, n->rare1, n->rare2, byte1, byte2);
	return confirm_starts(c, FULL_BITS(v));
}

/* Returns which bytes of the block at p are equal to `byte`. */
INLINED uint64_t block_equal(const uint8_t *p, uint8_t byte)
{
	VECTOR v[PARTS];

	for (size_t k = 0; k < PARTS; k++)
		v[k] = EQUAL(LOAD(p + k * WIDTH), SPLAT(byte));
	return FULL_BITS(v);
}

/* Goes on after a block without a needle. Returns whether there is a further one. */
INLINED bool pass_idle_block(struct needle_count *c)
{
	c->p += PS_BLOCK;
	if (++c->idle < IDLE_BLOCKS)
		return true;
	c->idle = 0;
	c->p = find_needle(c->needle, c->p, c->end);
	return c->p != NULL;
}

TARGET static size_t count_needle(const struct ps_needle *needle, const uint8_t *p, const uint8_t *end)
{
	struct needle_count c = { .needle = needle, .begin = p, .p = p, .end = end };
	size_t total = 0;

	while (has_block(&c) && !ps_needle_over_budget(needle, c.work, (size_t)(c.p - c.begin))) {
		uint64_t starts = block_starts(&c);

		if (starts == 0) {
			if (!pass_idle_block(&c))
				return total;
			continue;
		}
		c.idle = 0;
		total += (size_t)__builtin_popcountll(starts);
		c.p += PS_BLOCK;
	}
	return total + ps_simd_portable.count_needle(needle, c.p, end);
}

/* Goes on after a block in which the line that holds a needle does not end. */
INLINED void pass_held_block(struct needle_count *c, uint8_t line_end)
{
	const uint8_t *at;

	c->p += PS_BLOCK;
	if (++c->idle < IDLE_BLOCKS)
		return;
	c->idle = 0;
	at = memchr(c->p, line_end, (size_t)(c->end - c->p));
	c->p = at != NULL ? at : c->end;
}

TARGET static size_t count_lines(const struct ps_needle *needle, uint8_t line_end, const uint8_t *p, const uint8_t *end)
{
	struct needle_count c = { .needle = needle, .begin = p, .p = p, .end = end };
	size_t total = 0;
	bool held = false; /* the line that p is in holds a needle */

	while (has_block(&c) && !ps_needle_over_budget(needle, c.work, (size_t)(c.p - c.begin))) {
		uint64_t starts = block_starts(&c), ends, reached, all;

		if (starts == 0 && !held) {
			if (!pass_idle_block(&c))
				return total;
			continue;
		}
		ends = block_equal(c.p, line_end);
		if (ends == 0) {
			held = true;
			pass_held_block(&c, line_end);
			continue;
		}
		c.idle = 0;
		reached = starts + ~ends;
		all = reached + held;
		held = reached < starts || all < reached;
		total += (size_t)__builtin_popcountll(all & ends);
		c.p += PS_BLOCK;
	}
	return total + ps_count_lines_rest(needle, line_end, c.p, end, held);
}
