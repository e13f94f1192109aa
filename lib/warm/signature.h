/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signature.h - a signature tells of a text which trigrams it cannot hold.
 *
 * The text is cut into blocks of whole lines, of PS_SIGNATURE_BLOCK bytes or a little more. Each block has a set of
 * bits: that of each trigram in it is set (trigram.h). A table of 2^15 bits is filled, then folded, its upper half onto
 * the lower, while no more than half of its bits are set. So the size follows from how many different trigrams there
 * are, not from how long the text is.
 *
 * bench/signatures measures other choices. On the sources of Linux, where signatures take 3.4 % of the text: folding to
 * 35 % instead takes half as much again, and halves what is let through wrongly for a common word; 65 % doubles that.
 * Trigrams that are folded only take a fifth less, and let through ten times as many files for a word in capitals.
 * Blocks of 32 KiB take a tenth more; of 128 KiB, a little less, but more is read. The shortest set is not shorter
 * because short files begin alike: what shares its bit with a trigram of a licence's line would be let through for all
 * of them.
 */
#ifndef PS_SIGNATURE_H
#define PS_SIGNATURE_H

#include "../prefilter/trigrams.h"
#include "../simd/simd.h"

enum {
	PS_SIGNATURE_BLOCK = 64 * 1024,
	PS_SIGNATURE_LOG_MAX = 15, /* of the bits of a block, as a power of two */
	PS_SIGNATURE_LOG_MIN = 10
};

/* A block: `length` bytes of text, with `lines` line ends. Its bits start at byte bits_at of the signature's bits. */
struct ps_signature_block {
	uint32_t length;
	uint32_t lines;
	uint32_t bits_at;
	uint8_t log;        /* it has 2^log bits */
	bool has_other_case; /* U+212A or U+017F occurs: see struct ps_condition */
	uint8_t reserved[2]; /* 0 */
};

/* One piece of memory, which can be copied, saved, and loaded. */
struct ps_signature {
	uint32_t size;         /* bytes of all of it */
	uint32_t block_count;  /* 0: the text is shorter than a trigram */
	uint32_t longest_line; /* bytes, without its end; UINT32_MAX: that or more */
	uint32_t reserved;     /* 0 */
	struct ps_signature_block blocks[];
	/* then the bits */
};

static inline const uint8_t *ps_signature_bits(const struct ps_signature *s)
{
	return (const uint8_t *)&s->blocks[s->block_count];
}

/* Has the processor fetch what an answer needs first. Asking takes most of its time for that. */
static inline void ps_signature_prefetch(const struct ps_signature *s)
{
	__builtin_prefetch(s);
}

/* Can a block fulfil the condition? */
bool ps_signature_block_may(const struct ps_signature *s, uint32_t block, const struct ps_condition *condition);

/* Fetches what is looked at first when the signature's first block is asked. */
static inline void ps_signature_fetch(const struct ps_signature *s, const struct ps_condition *condition)
{
	const struct ps_clause *gram = condition->clauses + (condition->count > 1);

	if (s->block_count > 0)
		__builtin_prefetch(ps_signature_bits(s) + (gram->folded & ((UINT32_C(1) << s->blocks[0].log) - 1)) / 8);
}

/* Can some block? With `whole`: can all blocks together, each trigram in any of them? */
bool ps_signature_may(const struct ps_signature *s, const struct ps_condition *condition, bool whole);

/* Is this memory, of `size` bytes, a signature whose offsets all lie in it? For what was read from a file. */
bool ps_signature_is_sound(const void *memory, size_t size);

/* Makes signatures; belongs to one thread at a time. */
struct ps_signer;

int ps_signer_new(struct ps_signer **out, const struct ps_simd *simd); /* SEARCH_OK or SEARCH_ENOMEM */
void ps_signer_free(struct ps_signer *signer); /* NULL is fine */

void ps_signer_start(struct ps_signer *signer); /* a text starts */

/*
 * The next block: whole lines of the text, the last of it perhaps without an end; not more than PS_SIGNER_ROOM bytes.
 * SEARCH_OK or SEARCH_ENOMEM.
 */
#define PS_SIGNER_ROOM ((size_t)1 << 20)
int ps_signer_add(struct ps_signer *signer, const uint8_t *text, size_t length);

/* Bytes of the signature, as far as the text was added. */
size_t ps_signer_size(const struct ps_signer *signer);

/* The text is complete: its signature, in memory of malloc(); NULL: out of memory. */
struct ps_signature *ps_signer_end(struct ps_signer *signer);

#endif
