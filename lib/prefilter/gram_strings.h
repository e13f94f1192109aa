/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gram_strings.h - small sets of short strings, from which trigrams are taken. Private to trigrams.c and what it uses.
 *
 * A string consists of symbols: each is a byte, or all bytes that fold to one (ps_trigram_fold), or a break, of which
 * no trigram is asked for.
 */
#ifndef PS_GRAM_STRINGS_H
#define PS_GRAM_STRINGS_H

#include "../base/base.h"

enum {
	PS_GRAM_STRINGS_MAX = 16, /* strings in a set */
	PS_GRAM_STRING_MAX = 15,  /* symbols in a string */
	PS_SYMBOL_FOLDED = 0x100, /* with a folded byte: whatever folds to it */
	PS_SYMBOL_BREAK = 0x200
};

struct ps_gram_string {
	uint16_t length;
	uint16_t symbols[PS_GRAM_STRING_MAX];
};

/* If it is not known, it may be any string. A known set without a member: there is no string at all. */
struct ps_gram_strings {
	bool known;
	uint8_t count;
	struct ps_gram_string list[PS_GRAM_STRINGS_MAX]; /* only [0, count) is set */
};

/* Begins a set that is known and has no member. */
static inline void ps_gram_strings_init(struct ps_gram_strings *set)
{
	set->known = true;
	set->count = 0;
}

/* The set of the empty string alone. */
void ps_gram_strings_init_empty(struct ps_gram_strings *set);
void ps_gram_strings_copy(struct ps_gram_strings *to, const struct ps_gram_strings *from);

/* Each of these makes a set unknown that would become too large. */
void ps_gram_strings_add(struct ps_gram_strings *set, const struct ps_gram_string *string);
void ps_gram_strings_unite(struct ps_gram_strings *set, const struct ps_gram_strings *with);
/* Each string of `left` before each of `right`. `to` is neither of them. */
void ps_gram_strings_multiply(struct ps_gram_strings *to, const struct ps_gram_strings *left,
			      const struct ps_gram_strings *right);

/* Leaves of each string not more than its first or last symbols. A set with an empty string becomes unknown. */
void ps_gram_strings_cut(struct ps_gram_strings *set, size_t length, bool from_end);

/* The union of two sets of prefixes or suffixes: if it would be too large, they are cut. */
void ps_gram_strings_unite_ends(struct ps_gram_strings *set, const struct ps_gram_strings *with, bool from_end);

#endif
