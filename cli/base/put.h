/* SPDX-License-Identifier: BSD-2-Clause */
/* put.h - formats in memory. Each function returns where what it has put ends. */
#ifndef PSEARCH_CLI_PUT_H
#define PSEARCH_CLI_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NUMBER_DIGITS 20 /* of UINT64_MAX */

/* The bytes may be NULL if there are none, as the text of an empty line may be. */
static inline char *put_bytes(char *at, const char *bytes, size_t length)
{
	if (length > 0)
		memcpy(at, bytes, length);
	return at + length;
}

static inline size_t count_digits(uint64_t n)
{
	size_t digits = 1;

	for (; n >= 10000; n /= 10000)
		digits += 4;
	return digits + (n >= 10) + (n >= 100) + (n >= 1000);
}

static inline char *put_number(char *at, uint64_t n)
{
	char *end = at + count_digits(n), *first = end;

	do
		*--first = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	return end;
}

#endif
