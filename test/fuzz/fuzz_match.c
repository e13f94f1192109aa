/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_match.c - any pattern on any text: the lines found by the fastest way
 * against those that Oniguruma finds line by line.
 *
 * The input is a byte of flags, the pattern up to the first NUL, and the text.
 *   clang -fsanitize=fuzzer,address,undefined ... test/fuzz/fuzz_match.c build/libpsearch.a
 *   cc -DFUZZ_STANDALONE ...    replays the files it is given
 */
#include "../../lib/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../match/find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct side {
	struct ps_matcher *matcher;
	struct ps_finder *finder;
};

static bool side_open(struct side *side, const struct ps_match_options *options)
{
	*side = (struct side){ NULL, NULL };
	return ps_matcher_new(&side->matcher, options, NULL) == SEARCH_OK &&
	       ps_finder_new(&side->finder, side->matcher) == SEARCH_OK;
}

static void side_close(struct side *side)
{
	ps_finder_free(side->finder);
	ps_matcher_free(side->matcher);
}

static void compare(struct side *fast, struct side *plain, const uint8_t *text, size_t length)
{
	size_t from = 0;

	while (from < length) {
		struct ps_line a = { 0, 0 }, b = { 0, 0 };
		int x = find_line(fast->finder, text, from, length, &a);
		int y = find_line(plain->finder, text, from, length, &b);

		if (x == PS_UNDECIDED || y == PS_UNDECIDED)
			return;
		if (x != y || (x == PS_FOUND && (a.begin != b.begin || a.end != b.end)))
			abort();
		if (x != PS_FOUND)
			return;
		from = a.end + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t flags[] = { SEARCH_IGNORE_CASE, SEARCH_WORD, SEARCH_LINE, SEARCH_FIXED };
	const uint8_t *pattern = data + 1, *zero;
	struct search_pattern p;
	struct ps_match_options options = { .patterns = &p, .count = 1, .cpu = ps_cpu_features() };
	struct side fast, plain;
	bool opened;

	if (size < 2)
		return 0;
	zero = memchr(pattern, '\0', size - 1);
	if (zero == NULL)
		return 0;
	for (unsigned i = 0; i < 4; i++)
		options.flags |= (data[0] >> i & 1) != 0 ? flags[i] : 0;
	options.avoid = (data[0] & 0x10) != 0 ? PS_AVOID_STRINGS : 0;
	options.memory = (data[0] & 0x20) != 0 ? 1 : 0;
	p = (struct search_pattern){ (const char *)pattern, (size_t)(zero - pattern) };
	opened = side_open(&fast, &options);
	options.avoid = PS_AVOID_ALL;
	if (side_open(&plain, &options) != opened)
		abort();
	if (opened)
		compare(&fast, &plain, zero + 1, size - (size_t)(zero + 1 - data));
	side_close(&fast);
	side_close(&plain);
	return 0;
}

#ifdef FUZZ_STANDALONE
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		static uint8_t data[1 << 20];
		FILE *file = fopen(argv[i], "rb");
		size_t size;

		if (file == NULL) {
			perror(argv[i]);
			return 1;
		}
		size = fread(data, 1, sizeof(data), file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, size);
	}
	return 0;
}
#endif
