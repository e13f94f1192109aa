/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gram_terms.c - see gram_terms.h.
 *
 * The form is kept small: no ALL is in an ALL, and no ANY in an ANY; an ALL has no trigram that another of its own
 * implies; and what all alternatives of an ANY ask for is asked for beside it.
 */
#include "gram_terms.h"

#include "../simd/simd.h"

#include <string.h>

void ps_term_free(struct ps_term *term)
{
	if (term == NULL)
		return;
	for (size_t i = 0; i < term->count; i++)
		ps_term_free(term->children[i]);
	free(term->children);
	free(term);
}

struct ps_term *ps_term_new(enum ps_clause_kind kind, bool *no_memory)
{
	struct ps_term *term = calloc(1, sizeof(*term));

	if (term == NULL) {
		*no_memory = true;
		return NULL;
	}
	term->kind = kind;
	term->size = term->depth = 1;
	return term;
}

static bool is_false(const struct ps_term *term)
{
	return term != NULL && term->kind == PS_CLAUSE_ANY && term->count == 0;
}

struct ps_term *const *ps_term_parts(struct ps_term *const *term, size_t *count)
{
	bool all = (*term)->kind == PS_CLAUSE_ALL;

	*count = all ? (*term)->count : 1;
	return all ? (*term)->children : term;
}

static unsigned log2_of(size_t count)
{
	unsigned log = 0;

	for (; count > 1; count /= 2)
		log++;
	return log;
}

void ps_term_measure(struct ps_term *term)
{
	unsigned least = UINT32_MAX, most = 0;

	term->size = term->depth = 1;
	for (size_t i = 0; i < term->count; i++) {
		const struct ps_term *child = term->children[i];

		term->size += child->size;
		term->depth = (uint32_t)ps_max(term->depth, child->depth + 1);
		least = (unsigned)ps_min(least, child->bits);
		most = (unsigned)ps_max(most, child->bits);
	}
	if (term->kind == PS_CLAUSE_ALL)
		term->bits = most;
	else
		term->bits = least - (unsigned)ps_min(least, log2_of(term->count));
}

/* ---- trigrams ---- */

static bool is_capital(uint32_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

/* NULL: these three symbols are none, or *no_memory. */
static struct ps_term *make_gram(const uint16_t *symbols, bool *no_memory)
{
	struct ps_term *gram;
	uint8_t bytes[3], folded[3];
	bool exact = true, capital = false;
	unsigned bits = 0;

	for (size_t i = 0; i < 3; i++) {
		if ((symbols[i] & PS_SYMBOL_BREAK) != 0)
			return NULL;
		bytes[i] = (uint8_t)(symbols[i] & 0xFF);
		folded[i] = ps_trigram_fold(bytes[i]);
		exact = exact && (symbols[i] & PS_SYMBOL_FOLDED) == 0;
		capital = capital || is_capital(bytes[i]);
		bits += 23 * 12 - (unsigned)ps_byte_rank[folded[i]];
	}
	gram = ps_term_new(PS_CLAUSE_GRAM, no_memory);
	if (gram == NULL)
		return NULL;
	gram->folded = ps_trigram_word(folded[0], folded[1], folded[2]);
	gram->has_capital = exact && capital;
	if (gram->has_capital)
		gram->as_is = ps_trigram_word(bytes[0], bytes[1], bytes[2]);
	gram->bits = bits / 12 + (gram->has_capital ? 4 : 0);
	return gram;
}

bool ps_gram_implies(const struct ps_term *a, const struct ps_term *b)
{
	return a->kind == PS_CLAUSE_GRAM && b->kind == PS_CLAUSE_GRAM && a->folded == b->folded &&
	       (!b->has_capital || (a->has_capital && a->as_is == b->as_is));
}

bool ps_grams_equal(const struct ps_term *a, const struct ps_term *b)
{
	return ps_gram_implies(a, b) && ps_gram_implies(b, a);
}

/* ---- ALL ---- */

bool ps_term_add_child(struct ps_term *to, struct ps_term *child, bool *no_memory)
{
	struct ps_term **children = ps_grow(to->children, &to->space, to->count + 1, sizeof(struct ps_term *));

	if (children == NULL) {
		*no_memory = true;
		ps_term_free(child);
		return false;
	}
	to->children = children;
	to->children[to->count++] = child;
	return true;
}

/* Whether each trigram of b is implied by one of a, and b has nothing else. */
static bool grams_imply(struct ps_term *const *a, struct ps_term *const *b)
{
	size_t a_count, b_count;
	struct ps_term *const *a_parts = ps_term_parts(a, &a_count), *const *b_parts = ps_term_parts(b, &b_count);

	for (size_t k = 0; k < b_count; k++) {
		bool implied = false;

		for (size_t i = 0; i < a_count && !implied; i++)
			implied = ps_gram_implies(a_parts[i], b_parts[k]);
		if (!implied)
			return false;
	}
	return true;
}

/* Whether this, which is no ALL, implies one of the alternatives. */
static bool implies_alternative(struct ps_term *const *part, const struct ps_term *any)
{
	for (size_t i = 0; i < any->count; i++)
		if (grams_imply(part, &any->children[i]))
			return true;
	return false;
}

bool ps_part_implies(struct ps_term *const *part, const struct ps_term *other)
{
	if (other->kind != PS_CLAUSE_ANY)
		return ps_gram_implies(*part, other);
	if ((*part)->kind != PS_CLAUSE_ANY)
		return implies_alternative(part, other);
	for (size_t i = 0; i < (*part)->count; i++)
		if (!implies_alternative(&(*part)->children[i], other))
			return false;
	return true;
}

void ps_term_add_part(struct ps_term *all, struct ps_term *part, bool *no_memory)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->count; i++)
		if (ps_part_implies(&all->children[i], part)) {
			ps_term_free(part);
			return;
		}
	for (size_t i = 0; i < all->count; i++) {
		if (ps_part_implies(&part, all->children[i]))
			ps_term_free(all->children[i]);
		else
			all->children[kept++] = all->children[i];
	}
	all->count = kept;
	ps_term_measure(all);
	if (all->size + part->size > PS_TERM_CLAUSES_MAX)
		ps_term_free(part);
	else
		ps_term_add_child(all, part, no_memory);
	ps_term_measure(all);
}

/* Uses the term up: its parts become parts of the ALL. */
static void add_parts(struct ps_term *all, struct ps_term *term, bool *no_memory)
{
	if (term->kind != PS_CLAUSE_ALL) {
		ps_term_add_part(all, term, no_memory);
		return;
	}
	for (size_t i = 0; i < term->count; i++)
		ps_term_add_part(all, term->children[i], no_memory);
	term->count = 0;
	ps_term_free(term);
}

struct ps_term *ps_term_unwrap(struct ps_term *all)
{
	struct ps_term *only = NULL;

	if (all->kind != PS_CLAUSE_ALL || all->count > 1)
		return all;
	if (all->count == 1)
		only = all->children[0];
	all->count = 0;
	ps_term_free(all);
	return only;
}

struct ps_term *ps_term_both(struct ps_term *a, struct ps_term *b, bool *no_memory)
{
	struct ps_term *all;

	if (a == NULL || is_false(b)) {
		ps_term_free(a);
		return b;
	}
	if (b == NULL || is_false(a)) {
		ps_term_free(b);
		return a;
	}
	all = a;
	if (a->kind != PS_CLAUSE_ALL) {
		all = ps_term_new(PS_CLAUSE_ALL, no_memory);
		if (all == NULL) {
			ps_term_free(b);
			return a;
		}
		ps_term_add_part(all, a, no_memory);
	}
	add_parts(all, b, no_memory);
	return ps_term_unwrap(all);
}

struct ps_term *ps_term_of_string(const struct ps_gram_string *left, const struct ps_gram_string *right,
				  bool *no_memory)
{
	uint16_t symbols[2 * PS_GRAM_STRING_MAX];
	struct ps_term *term = NULL;
	size_t length = (size_t)left->length + right->length;

	memcpy(symbols, left->symbols, left->length * sizeof(symbols[0]));
	memcpy(symbols + left->length, right->symbols, right->length * sizeof(symbols[0]));
	for (size_t i = 0; i + 3 <= length; i++)
		term = ps_term_both(term, make_gram(symbols + i, no_memory), no_memory);
	return term;
}
