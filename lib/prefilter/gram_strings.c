/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gram_strings.c - see gram_strings.h.
 */
#include "gram_strings.h"

#include <string.h>

static bool are_strings_equal(const struct ps_gram_string *a, const struct ps_gram_string *b)
{
	return a->length == b->length && memcmp(a->symbols, b->symbols, a->length * sizeof(a->symbols[0])) == 0;
}

void ps_gram_strings_add(struct ps_gram_strings *set, const struct ps_gram_string *string)
{
	for (size_t i = 0; i < set->count; i++)
		if (are_strings_equal(&set->list[i], string))
			return;
	if (!set->known || set->count == PS_GRAM_STRINGS_MAX) {
		set->known = false;
		set->count = 0;
		return;
	}
	set->list[set->count++] = *string;
}

void ps_gram_strings_init_empty(struct ps_gram_strings *set)
{
	set->known = true;
	set->count = 1;
	set->list[0].length = 0;
}

void ps_gram_strings_copy(struct ps_gram_strings *to, const struct ps_gram_strings *from)
{
	to->known = from->known;
	to->count = from->count;
	memcpy(to->list, from->list, from->count * sizeof(from->list[0]));
}

void ps_gram_strings_unite(struct ps_gram_strings *set, const struct ps_gram_strings *with)
{
	if (!with->known) {
		set->known = false;
		set->count = 0;
	}
	for (size_t i = 0; set->known && i < with->count; i++)
		ps_gram_strings_add(set, &with->list[i]);
}

static bool join_strings(struct ps_gram_string *to, const struct ps_gram_string *a, const struct ps_gram_string *b)
{
	if ((size_t)a->length + b->length > PS_GRAM_STRING_MAX)
		return false;
	to->length = (uint16_t)(a->length + b->length);
	memcpy(to->symbols, a->symbols, a->length * sizeof(a->symbols[0]));
	memcpy(to->symbols + a->length, b->symbols, b->length * sizeof(b->symbols[0]));
	return true;
}

void ps_gram_strings_multiply(struct ps_gram_strings *to, const struct ps_gram_strings *left,
			      const struct ps_gram_strings *right)
{
	to->known = left->known && right->known;
	to->count = 0;
	for (size_t i = 0; to->known && i < left->count; i++)
		for (size_t k = 0; to->known && k < right->count; k++) {
			struct ps_gram_string joined;

			if (!join_strings(&joined, &left->list[i], &right->list[k])) {
				to->known = false;
				to->count = 0;
				return;
			}
			ps_gram_strings_add(to, &joined);
		}
}

void ps_gram_strings_cut(struct ps_gram_strings *set, size_t length, bool from_end)
{
	size_t count = set->known ? set->count : 0;

	set->count = 0;
	for (size_t i = 0; set->known && i < count; i++) {
		struct ps_gram_string cut = { 0 };
		const struct ps_gram_string *whole = &set->list[i];

		cut.length = (uint16_t)ps_min(whole->length, length);
		memcpy(cut.symbols, whole->symbols + (from_end ? whole->length - cut.length : 0),
		       cut.length * sizeof(cut.symbols[0]));
		if (cut.length > 0) {
			ps_gram_strings_add(set, &cut);
			continue;
		}
		set->known = false;
		set->count = 0;
	}
}

void ps_gram_strings_unite_ends(struct ps_gram_strings *set, const struct ps_gram_strings *with, bool from_end)
{
	struct ps_gram_strings before, short_ones;

	ps_gram_strings_copy(&before, set);
	ps_gram_strings_unite(set, with);
	if (set->known || !before.known || !with->known)
		return;
	ps_gram_strings_copy(&short_ones, with);
	ps_gram_strings_cut(&short_ones, 1, from_end);
	ps_gram_strings_cut(&before, 1, from_end);
	ps_gram_strings_copy(set, &before);
	ps_gram_strings_unite(set, &short_ones);
}
