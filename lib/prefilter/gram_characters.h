/* SPDX-License-Identifier: BSD-2-Clause */
/* gram_characters.h - from characters to symbols. Private to trigrams.c. */
#ifndef PS_GRAM_CHARACTERS_H
#define PS_GRAM_CHARACTERS_H

#include "../syntax/ast.h"
#include "gram_strings.h"

/*
 * The strings that the characters of a set are in a text; unknown if they are many. `whole`: a match may reach over
 * line ends. Sets *other_case if one is left out, since it is a letter of the set in another case.
 */
void ps_gram_strings_of_set(struct ps_gram_strings *strings, const struct ps_set *set, bool whole, bool *other_case);

/* The symbol of a byte: if it is ASCII, as a member of this set. */
uint16_t ps_gram_symbol(const struct ps_set *set, uint8_t byte, bool whole);

#endif
