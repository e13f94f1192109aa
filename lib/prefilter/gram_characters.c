/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gram_characters.c - see gram_characters.h.
 *
 * A character is the bytes that it is in a text: its UTF-8, or the one byte that it stands for (repair.h). A letter in
 * both cases is one symbol. So are control characters, all of them, with or without the space: signatures do not tell
 * them apart. A newline breaks a string where a match may reach over lines, and so does a \r: the text that is matched
 * may lack some that are in the file. Elsewhere no line holds a newline.
 */
#include "gram_characters.h"

#include "../base/utf8.h"
#include "../simd/trigram.h"

#define CODES_MAX 64 /* code points of a set that is looked at one by one */

/* The characters that stand for bytes (repair.h). */
#define BYTES_FROM UINT32_C(0xDC80)
#define BYTES_TO UINT32_C(0xDCFF)

/* Which are letters in any case, too. */
#define LONG_S UINT32_C(0x17F)
#define KELVIN UINT32_C(0x212A)

static bool is_byte(uint32_t code)
{
	return code >= BYTES_FROM && code <= BYTES_TO;
}

static bool is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool has_controls(const struct ps_set *set)
{
	return set->count > 0 && set->ranges[0].from < 0x20;
}

uint16_t ps_gram_symbol(const struct ps_set *set, uint8_t byte, bool whole)
{
	bool both = is_letter(byte) && ps_set_has(set, byte ^ 0x20U);

	if (whole && (byte == '\n' || byte == '\r'))
		return PS_SYMBOL_BREAK;
	if (both || byte < 0x20 || (byte == ' ' && has_controls(set)))
		return (uint16_t)(PS_SYMBOL_FOLDED | ps_trigram_fold(byte));
	return byte;
}

static bool is_other_case(const struct ps_set *set, uint32_t code)
{
	return (code == LONG_S && (ps_set_has(set, 's') || ps_set_has(set, 'S'))) ||
	       (code == KELVIN && (ps_set_has(set, 'k') || ps_set_has(set, 'K')));
}

/* Whether no text has it: a surrogate that stands for no byte; in a line, a newline. */
static bool is_nowhere(uint32_t code, bool whole)
{
	return (code == '\n' && !whole) || (code >= 0xD800 && code <= 0xDFFF && !is_byte(code));
}

static void spell_character(struct ps_gram_string *to, const struct ps_set *set, uint32_t code, bool whole)
{
	uint8_t bytes[4] = { (uint8_t)(code & 0xFF) };

	to->length = (uint16_t)(is_byte(code) ? 1 : ps_utf8_encode(code, bytes));
	for (size_t i = 0; i < to->length; i++)
		to->symbols[i] = ps_gram_symbol(set, bytes[i], whole);
}

static bool is_small(const struct ps_set *set)
{
	size_t codes = 0;

	for (size_t i = 0; i < set->count && codes <= CODES_MAX; i++)
		codes += set->ranges[i].to - set->ranges[i].from + 1;
	return codes <= CODES_MAX;
}

static void add_character(struct ps_gram_strings *strings, const struct ps_set *set, uint32_t code, bool whole,
			  bool *other_case)
{
	struct ps_gram_string one;

	if (is_nowhere(code, whole))
		return;
	if (is_other_case(set, code)) {
		*other_case = true;
		return;
	}
	spell_character(&one, set, code, whole);
	ps_gram_strings_add(strings, &one);
}

void ps_gram_strings_of_set(struct ps_gram_strings *strings, const struct ps_set *set, bool whole, bool *other_case)
{
	ps_gram_strings_init(strings);
	strings->known = is_small(set);
	for (size_t i = 0; strings->known && i < set->count; i++) {
		const struct ps_range *range = &set->ranges[i];

		for (uint32_t code = range->from; strings->known && code <= range->to; code++)
			add_character(strings, set, code, whole, other_case);
	}
}
