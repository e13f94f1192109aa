/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signature.c - asks signatures about conditions, and looks whether one that was loaded is sound.
 *
 * A search asks of each file that is kept, and most answers are no. So the trigrams that must all occur are tried
 * first, one after the other, and the first that is missing ends it. The rest of a condition is gone through in the
 * order of its clauses: a value that decides the clause above skips to that one's end.
 */
#include "signature.h"

#include <string.h>

/* Clauses that are nested deeper are not looked at: whatever holds them may match. */

/* What is asked: one block, or with `whole` all blocks from `block` on. */
struct view {
	const struct ps_signature *signature;
	const struct ps_signature_block *block;
	bool whole;
};

static inline bool has_bit(const uint8_t *bits, uint32_t hash, uint8_t log)
{
	uint32_t bit = hash & ((UINT32_C(1) << log) - 1);

	return (bits[bit >> 3] >> (bit & 7) & 1) != 0;
}

static inline bool block_has(const struct ps_signature *s, const struct ps_signature_block *block,
			     const struct ps_clause *gram)
{
	const uint8_t *bits = ps_signature_bits(s) + block->bits_at;

	return has_bit(bits, gram->folded, block->log) &&
	       (!gram->has_capital || has_bit(bits, gram->as_is, block->log));
}

static inline bool has_gram(const struct view *v, const struct ps_clause *gram)
{
	const struct ps_signature_block *block = v->block, *end = v->signature->blocks + v->signature->block_count;

	if (!v->whole)
		return block_has(v->signature, block, gram);
	while (block < end && !block_has(v->signature, block, gram))
		block++;
	return block < end;
}

/* A clause that is being gone through. */
struct open_clause {
	uint32_t end;
	uint8_t kind;
};

/* Closes the clauses that the value of their last child decides, and goes on behind the outermost: *at. */
static inline size_t close_clauses(const struct open_clause *open, size_t depth, bool value, uint32_t *at)
{
	while (depth > 0) {
		bool decided = value == (open[depth - 1].kind == PS_CLAUSE_ANY);

		if (!decided && *at < open[depth - 1].end)
			break;
		*at = open[--depth].end;
	}
	return depth;
}

/* Does the whole condition hold? */
static bool holds_at_length(const struct view *v, const struct ps_condition *condition)
{
	struct open_clause open[PS_CONDITION_DEPTH];
	size_t depth = 0;
	uint32_t at = 0;
	bool value;

	do {
		const struct ps_clause *clause = &condition->clauses[at++];

		if (clause->kind != PS_CLAUSE_GRAM && at < clause->end) {
			if (depth == PS_CONDITION_DEPTH)
				return true;
			open[depth++] = (struct open_clause){ clause->end, clause->kind };
			continue;
		}
		value = clause->kind == PS_CLAUSE_GRAM ? has_gram(v, clause) : clause->kind == PS_CLAUSE_ALL;
		depth = close_clauses(open, depth, value, &at);
		if (depth == 0)
			return value;
	} while (true);
}

static bool holds(const struct view *v, const struct ps_condition *condition)
{
	const struct ps_clause *clause = condition->clauses, *end = clause + condition->count;

	if (clause->kind != PS_CLAUSE_ALL)
		return holds_at_length(v, condition);
	for (clause++; clause < end && clause->kind == PS_CLAUSE_GRAM; clause++)
		if (!has_gram(v, clause))
			return false;
	return clause == end || holds_at_length(v, condition);
}

bool ps_signature_block_may(const struct ps_signature *s, uint32_t block, const struct ps_condition *condition)
{
	const struct view view = { s, &s->blocks[block], false };

	return (condition->other_case && view.block->has_other_case) || holds(&view, condition);
}

static bool all_blocks_may(const struct ps_signature *s, const struct ps_condition *condition)
{
	const struct view view = { s, s->blocks, true };

	for (uint32_t i = 0; condition->other_case && i < s->block_count; i++)
		if (s->blocks[i].has_other_case)
			return true;
	return holds(&view, condition);
}

bool ps_signature_may(const struct ps_signature *s, const struct ps_condition *condition, bool whole)
{
	if (whole || s->block_count == 0) /* of no block no trigram occurs, whichever way one asks */
		return all_blocks_may(s, condition);
	for (uint32_t i = 0; i < s->block_count; i++)
		if (ps_signature_block_may(s, i, condition))
			return true;
	return false;
}

/* --- soundness --- */

/* Its fields, but not their bytes, are looked at: a bool that is neither 0 nor 1 must not be read as one. */
static bool is_block_sound(const struct ps_signature_block *block)
{
	uint8_t flag;

	memcpy(&flag, &block->has_other_case, sizeof(flag));
	return block->log >= PS_SIGNATURE_LOG_MIN && block->log <= PS_SIGNATURE_LOG_MAX && flag <= 1 &&
	       block->reserved[0] == 0 && block->reserved[1] == 0 && block->length <= PS_SIGNER_ROOM &&
	       block->lines <= block->length;
}

/* The bits of the blocks follow each other without a gap, and nothing follows them. */
bool ps_signature_is_sound(const void *memory, size_t size)
{
	const struct ps_signature *s = memory;
	uint64_t bits = 0;

	if ((uintptr_t)memory % _Alignof(struct ps_signature) != 0 || size < sizeof(*s) || s->size != size ||
	    s->reserved != 0 || s->block_count > (size - sizeof(*s)) / sizeof(s->blocks[0]))
		return false;
	for (uint32_t i = 0; i < s->block_count; i++) {
		if (!is_block_sound(&s->blocks[i]) || s->blocks[i].bits_at != bits)
			return false;
		bits += (UINT64_C(1) << s->blocks[i].log) / 8;
	}
	return bits == size - sizeof(*s) - s->block_count * sizeof(s->blocks[0]);
}
