/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trigrams_hold.c - whether a text fulfils a condition, as a signature of it would say that had room enough.
 *
 * For lines that a search is about to give up, which is seldom: simple, not fast.
 */
#include "../base/base.h"

#include "trigrams.h"

#include <string.h>

#define SET_BYTES ((size_t)1 << (PS_TRIGRAM_BITS - 3))

#define LONG_S "\xC5\xBF"
#define KELVIN "\xE2\x84\xAA"

static void set_bit(uint8_t *bits, uint32_t hash)
{
	bits[hash >> 3] |= (uint8_t)(1U << (hash & 7));
}

static bool has_bit(const uint8_t *bits, uint32_t hash)
{
	return (bits[hash >> 3] >> (hash & 7) & 1) != 0;
}

static void note_trigrams(uint8_t *bits, const uint8_t *text, size_t length)
{
	for (size_t i = 0; i + 3 <= length; i++) {
		uint32_t as_is = ps_trigram_word(text[i], text[i + 1], text[i + 2]);
		uint32_t folded = ps_trigram_word(ps_trigram_fold(text[i]), ps_trigram_fold(text[i + 1]),
						  ps_trigram_fold(text[i + 2]));

		set_bit(bits, ps_trigram_hash(folded));
		set_bit(bits, ps_trigram_hash_as_is(as_is));
	}
}

/* The clause at `at` and its children. PS_CONDITION_DEPTH bounds how deep this goes. */
static bool clause_holds(const struct ps_condition *c, uint32_t at, const uint8_t *bits)
{
	const struct ps_clause *clause = &c->clauses[at];
	bool all = clause->kind == PS_CLAUSE_ALL;

	if (clause->kind == PS_CLAUSE_GRAM)
		return has_bit(bits, clause->folded) && (!clause->has_capital || has_bit(bits, clause->as_is));
	for (uint32_t i = at + 1; i < clause->end; i = c->clauses[i].end)
		if (clause_holds(c, i, bits) != all)
			return !all;
	return all;
}

int ps_condition_holds(const struct ps_condition *condition, const uint8_t *text, size_t length, bool *holds)
{
	uint8_t *bits;

	*holds = condition->other_case && length > 0 &&
		 (memmem(text, length, LONG_S, strlen(LONG_S)) != NULL ||
		  memmem(text, length, KELVIN, strlen(KELVIN)) != NULL);
	if (*holds)
		return SEARCH_OK;
	bits = calloc(SET_BYTES, 1);
	if (bits == NULL)
		return SEARCH_ENOMEM;
	note_trigrams(bits, text, length);
	*holds = clause_holds(condition, 0, bits);
	free(bits);
	return SEARCH_OK;
}
