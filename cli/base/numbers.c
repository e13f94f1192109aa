/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * numbers.c - numbers and sizes on the command line.
 */
#include "numbers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool read_number(const char *text, uint64_t largest, uint64_t *number)
{
	uint64_t n = 0;

	if (*text == '\0')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		n = n > (largest - digit) / 10 ? largest : n * 10 + digit;
	}
	*number = n;
	return *text == '\0';
}

bool read_size(const char *text, uint64_t *size)
{
	static const char units[] = "KMG";
	size_t length = strlen(text);
	const char *unit = length > 1 ? strchr(units, toupper((unsigned char)text[length - 1])) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	char digits[32];

	snprintf(digits, sizeof(digits), "%.*s", (int)(length - (unit ? 1 : 0)), text);
	if (length >= sizeof(digits) || !read_number(digits, UINT64_MAX >> shift, size) || *size == 0)
		return false;
	*size <<= shift;
	return true;
}
