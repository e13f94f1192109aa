/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fold.c - literals and classes whose case is ignored.
 *
 * A character may fold to several: ß is the same as ss. Oniguruma resolves that when it compiles a pattern, and we do
 * the same:
 *
 *   a string  is cut from the left, greedily. A piece that has folds becomes an alternation of itself and all its
 *             folds. Hence (?i)sss matches ßs but not sß, and it matters where a string begins and ends.
 *   a class   gets the single folds of its characters. Unless it is negated, their multiple folds become
 *             alternatives beside it, each character of which is in any case.
 *
 * In a POSIX dialect a character folds only to single characters.
 */
#include "../base/base.h"

#include "parse.h"

#include <stdlib.h>
#include <string.h>

static bool load_fold(uint32_t from, const uint32_t *to, size_t count, void *context)
{
	struct ps_fold_table *t = context;

	if (count == 1) {
		struct ps_single_fold *single = ps_grow(t->single, &t->single_space, t->singles + 1, sizeof(*single));

		if (single == NULL)
			return false;
		t->single = single;
		t->single[t->singles++] = (struct ps_single_fold){ from, *to };
	} else if (count <= PS_FOLD_CODES) {
		struct ps_multiple_fold fold = { .from = from, .count = count };
		struct ps_multiple_fold *all = ps_grow(t->multiple, &t->multiple_space, t->multiples + 1, sizeof(*all));

		if (all == NULL)
			return false;
		t->multiple = all;
		for (size_t i = 0; i < count; i++)
			fold.to[i] = to[i];
		t->multiple[t->multiples++] = fold;
	}
	return true;
}

static int by_from(const void *a, const void *b)
{
	const struct ps_single_fold *x = a, *y = b;

	return x->from != y->from ? (x->from < y->from ? -1 : 1) : x->to < y->to ? -1 : x->to > y->to;
}

static bool load_folds(struct ps_parser *p)
{
	struct ps_fold_table *t = p->folds;

	if (t->loaded)
		return true;
	if (!ps_fold_each(p->posix, load_fold, t))
		return ps_parse_no_memory(p);
	qsort(t->single, t->singles, sizeof(*t->single), by_from);
	t->loaded = true;
	return true;
}

void ps_fold_free(struct ps_fold_table *table)
{
	free(table->single);
	free(table->multiple);
	*table = (struct ps_fold_table){ 0 };
}

/* The first fold from `code`, or from a code after it. */
static size_t find_fold(const struct ps_fold_table *t, uint32_t code)
{
	size_t low = 0, high = t->singles;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->single[middle].from < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Adds the single folds of what is in the set. They are symmetric and transitive: one round is enough. */
static bool close_set(struct ps_parser *p, struct ps_set *set)
{
	const struct ps_fold_table *t = p->folds;
	struct ps_set more = { 0 };
	bool ok = ps_parse_spend(p, set->count);

	for (size_t i = 0; ok && i < set->count; i++) {
		size_t k = find_fold(t, set->ranges[i].from);

		for (; ok && k < t->singles && t->single[k].from <= set->ranges[i].to; k++)
			if (!ps_set_has(set, t->single[k].to))
				ok = ps_parse_spend(p, 1 + more.count / 16) &&
				     (ps_set_add(&more, t->single[k].to, t->single[k].to) || ps_parse_no_memory(p));
	}
	ok = ok && (more.count == 0 || ps_set_union(set, &more) || ps_parse_no_memory(p));
	ps_set_free(&more);
	return ok;
}

/* One character in any case, without multiple folds. */
static struct ps_node *any_case_node(struct ps_parser *p, uint32_t code)
{
	struct ps_set set = { 0 };

	if (!ps_set_add(&set, code, code))
		ps_parse_no_memory(p);
	if (p->failed || !close_set(p, &set)) {
		ps_set_free(&set);
		return NULL;
	}
	return ps_parse_set(p, &set);
}

static bool same_folds(const struct ps_multiple_fold *a, const struct ps_multiple_fold *b)
{
	for (size_t i = 0; i < PS_FOLD_CODES; i++)
		if (a->to[i] != b->to[i])
			return false;
	return true;
}

static struct ps_node *multiple_node(struct ps_parser *p, const struct ps_multiple_fold *fold)
{
	struct ps_node *cat = ps_parse_node(p, PS_NODE_CAT);

	for (size_t i = 0; cat != NULL && i < fold->count; i++)
		if (!ps_parse_add(p, cat, any_case_node(p, fold->to[i]))) {
			ps_node_free(cat);
			return NULL;
		}
	return cat;
}

/* Adds the alternatives beside a class; there may be none. */
static bool add_multiples(struct ps_parser *p, struct ps_node *alt, const struct ps_set *set)
{
	const struct ps_fold_table *t = p->folds;

	for (size_t i = 0; i < t->multiples; i++) {
		bool seen = !ps_set_has(set, t->multiple[i].from);

		for (size_t k = 0; k < i && !seen; k++)
			seen = ps_set_has(set, t->multiple[k].from) && same_folds(&t->multiple[k], &t->multiple[i]);
		if (seen)
			continue;
		p->spans = false; /* which of them Oniguruma tries first is not kept */
		if (!ps_parse_add(p, alt, multiple_node(p, &t->multiple[i])))
			return false;
	}
	return true;
}

static struct ps_node *set_with_multiples(struct ps_parser *p, struct ps_set *set)
{
	struct ps_node *alt = ps_parse_node(p, PS_NODE_ALT);

	if (alt == NULL || !ps_parse_spend(p, p->folds->multiples) || !add_multiples(p, alt, set)) {
		ps_node_free(alt);
		ps_set_free(set);
		return NULL;
	}
	if (!ps_parse_add(p, alt, ps_parse_set(p, set))) {
		ps_node_free(alt);
		return NULL;
	}
	return ps_parse_unwrap(alt);
}

struct ps_node *ps_fold_set(struct ps_parser *p, struct ps_set *set, bool negated)
{
	if (!load_folds(p) || !close_set(p, set)) {
		ps_set_free(set);
		return NULL;
	}
	if (!negated)
		return set_with_multiples(p, set);
	if (!ps_set_complement(set)) {
		ps_parse_no_memory(p);
		ps_set_free(set);
		return NULL;
	}
	return ps_parse_set(p, set);
}

/* ---- strings ---- */

/* One of the strings that fold to each other; the one in the pattern is among them. */
struct spelling {
	size_t count;
	uint32_t codes[PS_FOLD_CODES];
};

struct spellings {
	size_t count;
	struct spelling spelling[PS_FOLD_ITEMS + 1];
};

static bool is_new_spelling(const struct spellings *all, size_t i)
{
	const struct spelling *x = all->spelling;

	for (size_t k = 0; k < i; k++)
		if (x[k].count == x[i].count && memcmp(x[k].codes, x[i].codes, sizeof(x[i].codes)) == 0)
			return false;
	return true;
}

/* How many different spellings have this length. */
static size_t count_spellings(const struct spellings *all, size_t length)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		n += all->spelling[i].count == length && is_new_spelling(all, i);
	return n;
}

/* Adds all characters that the spellings of this length have at this place. */
static bool add_column(struct ps_parser *p, const struct spellings *all, size_t length, size_t place,
		       struct ps_set *set)
{
	for (size_t i = 0; i < all->count; i++) {
		uint32_t code = all->spelling[i].codes[place];

		if (all->spelling[i].count == length && !ps_set_add(set, code, code))
			return ps_parse_no_memory(p);
	}
	return true;
}

static size_t set_size(const struct ps_set *set)
{
	size_t size = 0;

	for (size_t i = 0; i < set->count; i++)
		size += set->ranges[i].to - set->ranges[i].from + 1;
	return size;
}

/* A set for each place of the spellings of this length; *product: how many strings these sets match. */
static struct ps_node *columns_node(struct ps_parser *p, const struct spellings *all, size_t length, size_t *product)
{
	struct ps_node *cat = ps_parse_node(p, PS_NODE_CAT);

	*product = 1;
	for (size_t i = 0; cat != NULL && i < length; i++) {
		struct ps_set set = { 0 };
		bool ok = add_column(p, all, length, i, &set);

		*product *= set_size(&set);
		if (!ok)
			ps_set_free(&set);
		if (!ok || !ps_parse_add(p, cat, ps_parse_set(p, &set))) {
			ps_node_free(cat);
			return NULL;
		}
	}
	return cat;
}

/* Adds the spellings of one length: as sets. With all folds that Oniguruma has, these match the spellings and nothing else. */
static bool add_length(struct ps_parser *p, struct ps_node *alt, const struct spellings *all, size_t length)
{
	size_t count = count_spellings(all, length), product;
	struct ps_node *cat;

	if (count == 0)
		return true;
	cat = columns_node(p, all, length, &product);
	if (cat != NULL && product != count) {
		ps_node_free(cat);
		return ps_parse_give_up(p, "a fold that is not understood");
	}
	return ps_parse_add(p, alt, cat);
}

/* The usual case: all spellings are single characters. */
static struct ps_node *single_code_node(struct ps_parser *p, const struct spellings *all)
{
	struct ps_set set = { 0 };

	if (add_column(p, all, 1, 0, &set))
		return ps_parse_set(p, &set);
	ps_set_free(&set);
	return NULL;
}

static struct ps_node *spellings_node(struct ps_parser *p, const struct spellings *all)
{
	struct ps_node *alt;

	if (count_spellings(all, 2) + count_spellings(all, 3) == 0)
		return single_code_node(p, all);
	alt = ps_parse_node(p, PS_NODE_ALT);
	for (size_t length = 1; alt != NULL && length <= PS_FOLD_CODES; length++)
		if (!add_length(p, alt, all, length)) {
			ps_node_free(alt);
			return NULL;
		}
	return ps_parse_unwrap(alt);
}

/* The ways to spell the next characters, those that the items can replace. */
static struct ps_node *fold_next_codes(struct ps_parser *p, const struct ps_fold *items, int count)
{
	const uint8_t *end = p->p + items[0].bytes;
	struct spellings all = { .count = 1 };
	struct spelling *first = &all.spelling[0];

	for (int i = 0; i < count; i++) {
		struct spelling *s = &all.spelling[all.count++];

		if (items[i].bytes != items[0].bytes)
			ps_parse_give_up(p, "a fold that is not understood");
		s->count = items[i].count;
		memcpy(s->codes, items[i].codes, s->count * sizeof(s->codes[0]));
	}
	while (!p->failed && p->p < end && first->count < PS_FOLD_CODES)
		ps_parse_code(p, &first->codes[first->count++]);
	if (p->p != end)
		ps_parse_give_up(p, "a fold that is not understood");
	return p->failed ? NULL : spellings_node(p, &all);
}

static struct ps_node *parse_folded(struct ps_parser *p)
{
	struct ps_fold items[PS_FOLD_ITEMS];
	int count = ps_fold_at(p->p, (size_t)(p->end - p->p), p->posix, items);
	uint32_t code;

	if (count < 0)
		ps_parse_give_up(p, "folds that are not understood");
	if (count > 0)
		return fold_next_codes(p, items, count);
	return !p->failed && ps_parse_code(p, &code) ? ps_parse_range(p, code, code) : NULL;
}

bool ps_fold_string(struct ps_parser *p, struct ps_node *cat, const uint8_t *text, size_t length)
{
	const uint8_t *begin = p->p, *end = p->end;
	bool ok = true;

	p->p = text;
	p->end = text + length;
	while (ok && p->p < p->end)
		ok = ps_parse_add(p, cat, parse_folded(p));
	p->p = begin;
	p->end = end;
	return ok;
}
