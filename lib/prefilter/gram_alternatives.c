/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gram_alternatives.c - the ANY of gram_terms.h: terms are added one by one, however many.
 *
 * What all of them ask for is also asked for in common. When they become too many, each is cut to its best trigrams: to
 * fewer and fewer. If not even one for each fits, only what is common counts.
 */
#include "gram_terms.h"

#include <string.h>

static struct ps_term *cut_term(struct ps_term *term, uint32_t most);

/* The best part of those that are not marked as kept and fit into `room`; SIZE_MAX: there is none. */
static size_t find_best_part(const struct ps_term *all, const bool *keep, uint32_t room)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < all->count; i++)
		if (!keep[i] && all->children[i]->size <= room &&
		    (best == SIZE_MAX || all->children[i]->bits > all->children[best]->bits))
			best = i;
	return best;
}

/* Leaves the parts that rule out most, in their order. */
static struct ps_term *cut_all(struct ps_term *all, uint32_t most)
{
	bool keep[PS_TERM_CLAUSES_MAX] = { false };
	uint32_t room = most == 1 ? 1 : most - 1;
	size_t kept = 0, best;

	PS_ASSERT(all->count <= PS_TERM_CLAUSES_MAX);
	while ((best = find_best_part(all, keep, room)) != SIZE_MAX) {
		keep[best] = true;
		room -= all->children[best]->size;
	}
	for (size_t i = 0; i < all->count; i++) {
		if (keep[i])
			all->children[kept++] = all->children[i];
		else
			ps_term_free(all->children[i]);
	}
	all->count = kept;
	ps_term_measure(all);
	return ps_term_unwrap(all);
}

static struct ps_term *cut_any(struct ps_term *any, uint32_t most)
{
	uint32_t share = (uint32_t)((most - 1) / any->count);

	for (size_t i = 0; share > 0 && i < any->count; i++) {
		any->children[i] = cut_term(any->children[i], share);
		if (any->children[i] != NULL)
			continue;
		share = 0;
		any->children[i] = any->children[--any->count];
	}
	if (share == 0) {
		ps_term_free(any);
		return NULL;
	}
	ps_term_measure(any);
	return any;
}

/* Makes a term weaker that has more than `most` clauses. */
static struct ps_term *cut_term(struct ps_term *term, uint32_t most)
{
	if (term->size <= most)
		return term;
	return term->kind == PS_CLAUSE_ALL ? cut_all(term, most) : cut_any(term, most);
}

/* Whether b holds wherever a does, as far as that is seen easily. */
static bool term_implies(struct ps_term *a, struct ps_term *b)
{
	size_t a_count, b_count;
	struct ps_term *const *a_parts = ps_term_parts(&a, &a_count), *const *b_parts = ps_term_parts(&b, &b_count);

	for (size_t k = 0; k < b_count; k++) {
		bool implied = false;

		for (size_t i = 0; i < a_count && !implied; i++)
			implied = ps_part_implies(&a_parts[i], b_parts[k]);
		if (!implied)
			return false;
	}
	return true;
}

static void free_list(struct ps_alternatives *a)
{
	for (size_t i = 0; i < a->count; i++)
		ps_term_free(a->list[i]);
	free(a->list);
	a->list = NULL;
	a->count = a->space = 0;
	a->size = 0;
}

void ps_alternatives_free(struct ps_alternatives *a)
{
	free_list(a);
	ps_term_free(a->common);
	a->common = NULL;
}

/* What is common stays. */
static void give_up(struct ps_alternatives *a)
{
	a->vain = true;
	free_list(a);
}

static void drop_alternative(struct ps_alternatives *a, size_t i)
{
	a->size -= a->list[i]->size;
	ps_term_free(a->list[i]);
	memmove(&a->list[i], &a->list[i + 1], (a->count - i - 1) * sizeof(struct ps_term *));
	a->count--;
}

/* Drops those that are there for nothing, as another one holds wherever they do. */
static void drop_implied(struct ps_alternatives *a)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = a->count; k-- > 0;)
			if (k != i && term_implies(a->list[k], a->list[i])) {
				drop_alternative(a, k);
				i -= k < i;
			}
}

/* ---- what all alternatives have ---- */

static struct ps_term *copy_gram(const struct ps_term *gram, bool *no_memory)
{
	struct ps_term *copy = ps_term_new(PS_CLAUSE_GRAM, no_memory);

	if (copy != NULL)
		*copy = *gram;
	return copy;
}

/* An ALL of the trigrams that the term asks for; or NULL. */
static struct ps_term *copy_grams(struct ps_term *term, bool *no_memory)
{
	struct ps_term *all = ps_term_new(PS_CLAUSE_ALL, no_memory);
	size_t count;
	struct ps_term *const *parts = ps_term_parts(&term, &count);

	for (size_t i = 0; all != NULL && i < count; i++) {
		struct ps_term *copy = parts[i]->kind == PS_CLAUSE_GRAM ? copy_gram(parts[i], no_memory) : NULL;

		if (copy != NULL)
			ps_term_add_part(all, copy, no_memory);
	}
	return all;
}

/* Whether the term asks for this trigram; then, if it does so in any case, so does the trigram. */
static bool share_gram(struct ps_term *const *term, struct ps_term *gram)
{
	size_t count;
	struct ps_term *const *parts = ps_term_parts(term, &count);
	bool folded = false;

	for (size_t i = 0; i < count; i++) {
		if (ps_gram_implies(parts[i], gram))
			return true;
		folded = folded || (parts[i]->kind == PS_CLAUSE_GRAM && parts[i]->folded == gram->folded);
	}
	gram->has_capital = gram->has_capital && !folded;
	return folded;
}

/* Leaves of what is common what this alternative asks for, too. */
static void note_common(struct ps_alternatives *a, struct ps_term *term, bool *no_memory)
{
	size_t kept = 0;

	if (!a->begun && term != NULL)
		a->common = copy_grams(term, no_memory);
	a->begun = true;
	for (size_t i = 0; a->common != NULL && i < a->common->count; i++) {
		if (term != NULL && share_gram(&term, a->common->children[i]))
			a->common->children[kept++] = a->common->children[i];
		else
			ps_term_free(a->common->children[i]);
	}
	if (a->common == NULL)
		return;
	a->common->count = kept;
	ps_term_measure(a->common);
}

static bool is_common(const struct ps_alternatives *a, const struct ps_term *part)
{
	for (size_t i = 0; a->common != NULL && i < a->common->count; i++)
		if (ps_grams_equal(a->common->children[i], part))
			return true;
	return false;
}

/* Takes what is common out of a term. NULL: that was all. */
static struct ps_term *leave_out_common(const struct ps_alternatives *a, struct ps_term *term)
{
	size_t kept = 0;

	if (term->kind != PS_CLAUSE_ALL) {
		if (!is_common(a, term))
			return term;
		ps_term_free(term);
		return NULL;
	}
	for (size_t i = 0; i < term->count; i++) {
		if (is_common(a, term->children[i]))
			ps_term_free(term->children[i]);
		else
			term->children[kept++] = term->children[i];
	}
	term->count = kept;
	ps_term_measure(term);
	return ps_term_unwrap(term);
}

/* What is common is asked for beside the alternatives. False: one of them asked for nothing else. */
static bool take_out_common(struct ps_alternatives *a)
{
	a->size = 0;
	for (size_t i = 0; i < a->count; i++) {
		a->list[i] = leave_out_common(a, a->list[i]);
		if (a->list[i] == NULL) {
			a->list[i] = a->list[--a->count];
			return false;
		}
		a->size += a->list[i]->size;
	}
	return true;
}

/* There are too many clauses: cuts each alternative to half as many as before. False: one asks for nothing now. */
static bool cut_alternatives(struct ps_alternatives *a)
{
	bool kept = take_out_common(a);

	a->most /= 2;
	a->size = 0;
	for (size_t i = 0; kept && i < a->count; i++) {
		a->list[i] = cut_term(a->list[i], a->most);
		kept = a->list[i] != NULL;
		if (kept)
			a->size += a->list[i]->size;
		else
			a->list[i] = a->list[--a->count];
	}
	if (kept)
		drop_implied(a);
	return kept;
}

/* The children of an ANY are alternatives, too. Uses it up. */
static void add_children(struct ps_alternatives *a, struct ps_term *any, bool *no_memory)
{
	for (size_t i = 0; i < any->count; i++)
		ps_alternatives_add(a, any->children[i], no_memory);
	any->count = 0;
	ps_term_free(any);
}

/* Whether one in the list holds wherever the term does. */
static bool is_implied(struct ps_alternatives *a, struct ps_term *term)
{
	for (size_t i = 0; i < a->count; i++)
		if (term_implies(term, a->list[i]))
			return true;
	return false;
}

static void append_alternative(struct ps_alternatives *a, struct ps_term *term, bool *no_memory)
{
	struct ps_term **list = ps_grow(a->list, &a->space, a->count + 1, sizeof(struct ps_term *));

	if (list == NULL) {
		*no_memory = true;
		ps_term_free(term);
		give_up(a);
		return;
	}
	a->list = list;
	a->list[a->count++] = term;
	a->size += term->size;
	while (a->size + (a->count > 1) > PS_TERM_CLAUSES_MAX)
		if (a->most == 1 || !cut_alternatives(a)) {
			a->large = true;
			give_up(a);
			return;
		}
}

void ps_alternatives_add(struct ps_alternatives *a, struct ps_term *term, bool *no_memory)
{
	if (term != NULL && term->kind == PS_CLAUSE_ANY) {
		add_children(a, term, no_memory);
		return;
	}
	note_common(a, term, no_memory);
	if (a->most == 0)
		a->most = PS_TERM_CLAUSES_MAX;
	if (term == NULL) {
		give_up(a);
		return;
	}
	if (a->vain || is_implied(a, term)) {
		ps_term_free(term);
		return;
	}
	if (term->size > a->most) { /* what others ask for, too, need not be among the few trigrams that are left */
		term = leave_out_common(a, term);
		term = term != NULL ? cut_term(term, a->most) : NULL;
	}
	if (term != NULL && !is_implied(a, term)) {
		append_alternative(a, term, no_memory);
		return;
	}
	a->large = a->large || term == NULL;
	if (term == NULL)
		give_up(a);
	ps_term_free(term);
}

/* Adds a child to what there may not have been memory for. */
static void move_child(struct ps_term *any, struct ps_term *child, bool *no_memory)
{
	if (any != NULL)
		ps_term_add_child(any, child, no_memory);
	else
		ps_term_free(child);
}

/* The ANY of the list, which is used up; its only member, if it has one. */
static struct ps_term *any_of_list(struct ps_alternatives *a, bool *no_memory)
{
	bool one = a->count == 1;
	struct ps_term *any = one ? a->list[0] : ps_term_new(PS_CLAUSE_ANY, no_memory);

	for (size_t i = 0; !one && i < a->count; i++) {
		struct ps_term *term = a->list[i];

		if (term->kind != PS_CLAUSE_ANY) {
			move_child(any, term, no_memory);
			continue;
		}
		for (size_t k = 0; k < term->count; k++) /* it is one now that what was common is left out */
			move_child(any, term->children[k], no_memory);
		term->count = 0;
		ps_term_free(term);
	}
	a->count = 0;
	if (any != NULL && !one)
		ps_term_measure(any);
	return any;
}

/* What is common, and one of the list. */
struct ps_term *ps_alternatives_end(struct ps_alternatives *a, bool *no_memory)
{
	struct ps_term *common, *any = NULL;

	if (!a->vain && a->count > 1) {
		drop_implied(a);
		if (!take_out_common(a))
			give_up(a);
	}
	common = a->common == NULL ? NULL : ps_term_unwrap(a->common);
	a->common = NULL;
	if (!a->vain)
		any = any_of_list(a, no_memory);
	ps_alternatives_free(a);
	if (any != NULL && any->depth > PS_TERM_DEPTH_MAX) {
		ps_term_free(any);
		any = NULL;
	}
	return ps_term_both(common, any, no_memory);
}
