/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trigram.h - three bytes in a row, as a number of 18 bits: what signatures of texts consist of.
 *
 * A trigram is folded first: ASCII capitals count as small letters, and control characters as spaces. One that holds a
 * capital counts once more, as it is. So a pattern can be asked for in any case, or in its own.
 */
#ifndef PS_TRIGRAM_H
#define PS_TRIGRAM_H

#include "../base/base.h"

#define PS_TRIGRAM_BITS 18
#define PS_TRIGRAM_FACTOR UINT32_C(0x9E3779B1)

static inline bool ps_is_capital(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static inline uint8_t ps_trigram_fold(uint8_t byte)
{
	return byte < 0x20 ? 0x20 : ps_is_capital(byte) ? (uint8_t)(byte | 0x20) : byte;
}

static inline uint32_t ps_trigram_word(uint8_t a, uint8_t b, uint8_t c)
{
	return (uint32_t)a | (uint32_t)b << 8 | (uint32_t)c << 16;
}

/* Of folded bytes. */
static inline uint32_t ps_trigram_hash(uint32_t word)
{
	return word * PS_TRIGRAM_FACTOR >> (32 - PS_TRIGRAM_BITS);
}

/* Of bytes as they are, with a capital among them. A control character counts as what it is: no pattern asks for one. */
static inline uint32_t ps_trigram_hash_as_is(uint32_t word)
{
	return word * UINT32_C(0x85EBCA6B) >> (32 - PS_TRIGRAM_BITS);
}

#endif
