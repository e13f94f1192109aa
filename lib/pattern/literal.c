/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * literal.c - see literal.h.
 *
 * The set of special characters is generous: a lone ] or } is not special to Oniguruma, but no pattern is worth a
 * doubt.
 * # and space are special only under (?x), which takes a parenthesis to get into; so #include is a string.
 */
#include "../base/base.h"

#include "literal.h"

#include <string.h>

static bool is_special(uint8_t byte)
{
	return byte != '\0' && strchr("\\^$.|?*+()[]{}", byte) != NULL;
}

bool ps_literal_is(const uint8_t *pattern, size_t length)
{
	return ps_literal_escaped_size(pattern, length) == length;
}

size_t ps_literal_escaped_size(const uint8_t *string, size_t length)
{
	size_t size = length;

	for (size_t i = 0; i < length; i++)
		size += is_special(string[i]);
	return size;
}

void ps_literal_escape(const uint8_t *string, size_t length, uint8_t *to)
{
	for (size_t i = 0; i < length; i++) {
		if (is_special(string[i]))
			*to++ = '\\';
		*to++ = string[i];
	}
}
