/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nearest.c - which of the known words was probably meant: that with the fewest slips between them.
 *
 * A slip is a character too many, missing, or wrong, or two that are swapped; case does not count. A word is near if
 * there is one slip, or no more than one in three characters.
 */
#include "nearest.h"

#include <ctype.h>
#include <string.h>

#define LONGEST 40 /* longer words are near to none */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int folded(char c)
{
	return tolower((unsigned char)c);
}

/* Fills `row` with the slips from the first i characters of `a` to the first j of `b`, for each j. */
static void fill_row(size_t *row, const size_t *before, const size_t *before_that, const char *a, const char *b,
		     size_t i)
{
	size_t length = strlen(b);

	row[0] = i;
	for (size_t j = 1; j <= length; j++) {
		int x = folded(a[i - 1]), y = folded(b[j - 1]);

		row[j] = least(before[j - 1] + (x != y), least(before[j], row[j - 1]) + 1);
		if (i > 1 && j > 1 && x == folded(b[j - 2]) && folded(a[i - 2]) == y)
			row[j] = least(row[j], before_that[j - 2] + 1);
	}
}

static size_t count_slips(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1] = { { 0 } }, length = strlen(a);

	for (size_t j = 0; j <= strlen(b); j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= length; i++)
		fill_row(rows[i % 3], rows[(i + 2) % 3], rows[(i + 1) % 3], a, b, i);
	return rows[length % 3][strlen(b)];
}

void nearest_try(struct nearest *n, const char *known)
{
	size_t length = strlen(n->word), slips;

	if (length == 0 || length > LONGEST || strlen(known) > LONGEST)
		return;
	slips = count_slips(n->word, known);
	if ((slips > 1 && slips > length / 3) || slips >= strlen(known) || (n->best && slips >= n->distance))
		return;
	n->best = known;
	n->distance = slips;
}

const char *nearest_of(const char *word, const char *const *known, size_t count)
{
	struct nearest n = { .word = word };

	for (size_t i = 0; i < count; i++)
		nearest_try(&n, known[i]);
	return n.best;
}
