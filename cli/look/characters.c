/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * characters.c - where text can be cut.
 */
#define _GNU_SOURCE /* for wcwidth() */

#include "characters.h"

#include <stdbool.h>
#include <wchar.h>
#include <wctype.h>

#include "../base/utf8.h"

#define JOINER 0x200Du

static bool is_skin_tone(uint32_t c)
{
	return c >= 0x1F3FB && c <= 0x1F3FF;
}

/* Half a flag: two of these make one. */
static bool is_regional(uint32_t c)
{
	return c >= 0x1F1E6 && c <= 0x1F1FF;
}

static bool has_no_width(uint32_t c)
{
	return c >= 0x300 && (is_skin_tone(c) || wcwidth((wchar_t)c) == 0);
}

/* Does c belong to the one before it, `last`? `odd`: that is the first half of a flag. */
static bool continues(uint32_t last, uint32_t c, bool odd)
{
	if (has_no_width(c))
		return last >= ' ';
	if (is_regional(c))
		return odd;
	return (last == '\r' && c == '\n') || (last == JOINER && c >= 0x2000 && !iswalnum((wint_t)c));
}

/* The length of the character at the start of a text that is not empty. */
static size_t whole_length(const char *text, size_t length)
{
	uint32_t last, c;
	size_t at = utf8_decode(text, length, &last), n;
	bool odd = at > 0 && is_regional(last);

	if (at == 0)
		return 1;
	while ((n = utf8_decode(text + at, length - at, &c)) > 0 && continues(last, c, odd)) {
		odd = false;
		last = c;
		at += n;
	}
	return at;
}

size_t characters_length(const char *text, size_t length, uint64_t count)
{
	size_t at = 0;

	utf8_use_locale();
	for (; at < length && count > 0; count--)
		at += whole_length(text + at, length - at);
	return at;
}
