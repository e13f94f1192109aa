/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signer.c - makes the signature of a text, block by block.
 *
 * The trigrams of a block are marked in a table with a byte for each bit: a byte is stored without being loaded before,
 * and that store is what a trigram costs. Then the marks become bits, and the bits are folded.
 *
 * A short text gets a short table at once, in which its trigrams, each marked twice at most, cannot set more than half
 * of the bits. The same comes out as if a long one had been folded down to it.
 */
#include "signature.h"

#include "../base/text.h"

#include <endian.h>
#include <string.h>

enum {
	MARKS = 1 << PS_SIGNATURE_LOG_MAX,
	WORDS = MARKS / 64,
	GRAM = 3
};

struct ps_signer {
	const struct ps_simd *simd; /* [C] */
	struct ps_needle kelvin, long_s; /* [C] U+212A and U+017F, which are k and s in another case */

	/* the text */
	uint64_t length;
	size_t longest_line;
	struct ps_signature_block *blocks;
	size_t block_count, block_space;
	uint8_t *bits; /* of all blocks, one after the other */
	size_t bits_size, bits_space;

	/* the block; each set of bits is half as long as the one before */
	uint8_t marks[MARKS];
	uint64_t words[2 * WORDS];
};

int ps_signer_new(struct ps_signer **out, const struct ps_simd *simd)
{
	struct ps_signer *s = *out = calloc(1, sizeof(*s));

	if (s == NULL)
		return SEARCH_ENOMEM;
	s->simd = simd;
	ps_needle_init(&s->kelvin, (const uint8_t *)"\xE2\x84\xAA", 3);
	ps_needle_init(&s->long_s, (const uint8_t *)"\xC5\xBF", 2);
	return SEARCH_OK;
}

void ps_signer_free(struct ps_signer *signer)
{
	if (signer == NULL)
		return;
	free(signer->blocks);
	free(signer->bits);
	free(signer);
}

void ps_signer_start(struct ps_signer *signer)
{
	signer->length = 0;
	signer->longest_line = 0;
	signer->block_count = 0;
	signer->bits_size = 0;
}

/* For any processor: the builtin is a call where it may not be one instruction. */
static inline uint32_t count_ones(uint64_t word)
{
	word -= word >> 1 & UINT64_C(0x5555555555555555);
	word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
	word = (word + (word >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	return (uint32_t)((word * UINT64_C(0x0101010101010101)) >> 56);
}

/* Puts the upper half of `words` words onto the lower, in `to`; returns how many bits are set there. */
static uint32_t halve_words(uint64_t *to, const uint64_t *from, size_t words)
{
	uint32_t ones = 0;

	for (size_t i = 0; i < words / 2; i++) {
		to[i] = from[i] | from[i + words / 2];
		ones += count_ones(to[i]);
	}
	return ones;
}

/* Folds while no more than half of the bits are set. Returns the words, of 2^*log bits. */
static const uint64_t *fold_words(uint64_t *words, uint8_t *log)
{
	while (*log > PS_SIGNATURE_LOG_MIN) {
		size_t count = (size_t)1 << (*log - 6);

		if (halve_words(words + count, words, count) > count * 64 / 4)
			break;
		words += count;
		--*log;
	}
	return words;
}

_Static_assert(PS_SIGNATURE_LOG_MIN >= 6, "a set of bits has a word at least");

/* Returns the bits of a text, as words whose lowest bit comes first; there are 2^*log. */
static const uint64_t *sign_text(struct ps_signer *s, const uint8_t *text, size_t length, uint8_t *log)
{
	static const struct ps_classes none;
	size_t size, blocks;

	for (*log = PS_SIGNATURE_LOG_MIN; *log < PS_SIGNATURE_LOG_MAX && (size_t)1 << *log < 4 * length; ++*log)
		;
	size = (size_t)1 << *log;
	blocks = size / PS_BLOCK;
	memset(s->marks, 0, size);
	s->simd->trigrams(text, text + length, s->marks, (uint32_t)size - 1);
	s->simd->classify(&none, s->marks, blocks, s->words, blocks);
	return fold_words(s->words, log);
}

/*
 * Looks for a longer line than the longest so far: in as many bytes as that one has, from a line's start on, the last
 * line end tells where a line starts that may be longer.
 */
static size_t find_longest_line(const uint8_t *p, const uint8_t *end, size_t longest)
{
	while ((size_t)(end - p) > longest) {
		const uint8_t *at = memrchr(p, '\n', longest + 1);

		if (at == NULL) {
			at = memchr(p + longest, '\n', (size_t)(end - p) - longest);
			longest = (size_t)((at != NULL ? at : end) - p);
			if (at == NULL)
				break;
		}
		p = at + 1;
	}
	return longest;
}

static bool add_bits(struct ps_signer *s, const uint64_t *words, size_t size)
{
	uint8_t *bits = ps_grow(s->bits, &s->bits_space, s->bits_size + size, 1);

	if (bits == NULL)
		return false;
	s->bits = bits;
	for (size_t i = 0; i < size / 8; i++) {
		uint64_t word = htole64(words[i]);

		memcpy(bits + s->bits_size + 8 * i, &word, sizeof(word));
	}
	s->bits_size += size;
	return true;
}

int ps_signer_add(struct ps_signer *signer, const uint8_t *text, size_t length)
{
	const uint8_t *end = text + length;
	struct ps_signature_block *block;
	const uint64_t *words;
	uint8_t log;

	PS_ASSERT(length <= PS_SIGNER_ROOM);
	block = ps_grow(signer->blocks, &signer->block_space, signer->block_count + 1, sizeof(*block));
	if (block == NULL)
		return SEARCH_ENOMEM;
	signer->blocks = block;
	block += signer->block_count;
	words = sign_text(signer, text, length, &log);
	*block = (struct ps_signature_block){
		.length = (uint32_t)length,
		.lines = (uint32_t)signer->simd->count(text, end, '\n'),
		.bits_at = (uint32_t)signer->bits_size,
		.log = log,
		.has_other_case = signer->simd->find(&signer->kelvin, text, end) != NULL ||
				  signer->simd->find(&signer->long_s, text, end) != NULL,
	};
	if (!add_bits(signer, words, ((size_t)1 << log) / 8))
		return SEARCH_ENOMEM;
	signer->longest_line = find_longest_line(text, end, signer->longest_line);
	signer->block_count++;
	signer->length += length;
	return SEARCH_OK;
}

size_t ps_signer_size(const struct ps_signer *signer)
{
	return sizeof(struct ps_signature) + signer->block_count * sizeof(struct ps_signature_block) +
	       signer->bits_size;
}

struct ps_signature *ps_signer_end(struct ps_signer *signer)
{
	size_t size;
	struct ps_signature *s;

	if (signer->length < GRAM)
		signer->block_count = signer->bits_size = 0;
	size = ps_signer_size(signer);
	s = malloc(size);
	if (s == NULL)
		return NULL;
	*s = (struct ps_signature){
		.size = (uint32_t)size,
		.block_count = (uint32_t)signer->block_count,
		.longest_line = (uint32_t)ps_min(signer->longest_line, UINT32_MAX),
	};
	if (signer->block_count > 0) {
		memcpy(s->blocks, signer->blocks, signer->block_count * sizeof(s->blocks[0]));
		memcpy(&s->blocks[signer->block_count], signer->bits, signer->bits_size);
	}
	return s;
}
