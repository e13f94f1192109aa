/* SPDX-License-Identifier: BSD-2-Clause */
#include "scale.h"

#include <stdlib.h>

bool runs_long(void)
{
	const char *set = getenv("PS_LONG");

	return set != NULL && *set != '\0';
}

size_t how_much(size_t brief, size_t whole)
{
	return brief < whole && !runs_long() ? brief : whole;
}

size_t how_many_rounds(size_t brief, size_t whole)
{
	const char *given = getenv("PS_ROUNDS");

	if (given != NULL)
		return strtoul(given, NULL, 10);
	return how_much(TEST_SANITIZED ? (brief + 2) / 3 : brief, whole);
}

unsigned patience(unsigned seconds)
{
	const char *times = getenv("PS_PATIENCE");

	return times != NULL ? seconds * (unsigned)strtoul(times, NULL, 10) : seconds;
}
