/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * digest.c - reduces an output to one line, to compare it with others.
 *
 * Prints three figures: how many lines were on standard input, a hash of them in their order, and a hash that does not
 * depend on the order.
 *
 * The note that a grep prints about a binary file is left out, since each grep has its own. So is a byte order mark,
 * which rg removes from the first line of a file.
 */
#define _GNU_SOURCE

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The notes: rg's, which comes after the lines before the first NUL, and that of others, instead of lines. */
static const char *const notes[] = { ": binary file matches (found ", ": WARNING: stopped searching binary file",
				     ": binary file matches\n" };

static int is_note(const char *line, size_t length)
{
	if (memmem(line, length, "binary file", 11) == NULL)
		return length > 20 && memcmp(line, "Binary file ", 12) == 0 &&
		       memcmp(line + length - 9, " matches\n", 9) == 0;
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
		if (memmem(line, length, notes[i], strlen(notes[i])) != NULL)
			return 1;
	return 0;
}

static size_t without_mark(char *line, size_t length)
{
	char *mark = memmem(line, length, "\xef\xbb\xbf", 3);

	if (mark == NULL)
		return length;
	memmove(mark, mark + 3, length - (size_t)(mark - line) - 3);
	return length - 3;
}

static uint64_t mix_word(uint64_t h, uint64_t word)
{
	__uint128_t product = (__uint128_t)(h ^ word) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

static uint64_t hash_line(const char *p, size_t length)
{
	uint64_t h = length + UINT64_C(0x2545f4914f6cdd1d), word;

	for (; length >= sizeof word; p += sizeof word, length -= sizeof word) {
		memcpy(&word, p, sizeof word);
		h = mix_word(h, word);
	}
	word = 0;
	memcpy(&word, p, length);
	return mix_word(mix_word(h, word), UINT64_C(0xd6e8feb86659fd93));
}

int main(void)
{
	uint64_t in_order = 0, as_set = 0, lines = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, stdin)) > 0) {
		uint64_t h;

		if (is_note(line, (size_t)length))
			continue;
		h = hash_line(line, without_mark(line, (size_t)length));
		lines++;
		in_order = mix_word(in_order + 1, h);
		as_set += h;
	}
	free(line);
	printf("%ju %016jx %016jx\n", (uintmax_t)lines, (uintmax_t)in_order, (uintmax_t)as_set);
	return ferror(stdin) ? 2 : 0;
}
