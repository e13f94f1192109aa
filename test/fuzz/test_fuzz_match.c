/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_match.c - runs fuzz_match.c on the cases of test/data/match, each in several ways, and on changes of them.
 */
#include "../match/cases.h"

#include "../support/replay.h"
#include "fuzz_match.c"

enum { MOST = 2048 };

static void put(uint8_t *to, size_t *at, const void *bytes, size_t size)
{
	if (size > 0)
		memcpy(to + *at, bytes, size);
	*at += size;
}

static uint32_t case_syntax_of(const struct match_case *c)
{
	return strcmp(c->file, "posix_basic.txt") == 0    ? (uint32_t)SEARCH_SYNTAX_BASIC :
	       strcmp(c->file, "posix_extended.txt") == 0 ? (uint32_t)SEARCH_SYNTAX_EXTENDED :
							    c->syntax;
}

static void add_case(const struct match_case *c)
{
	static const uint64_t case_bits[] = { SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE,
					      SEARCH_MATCH_FIXED };
	uint8_t to[MOST] = { 0, 0, (uint8_t)case_syntax_of(c) };
	size_t at = HEAD, need = HEAD + 1 + c->length;

	for (size_t i = 0; i < c->count; i++)
		need += c->patterns[i].length + 1;
	if (need > sizeof(to))
		return;
	for (unsigned i = 0; i < sizeof(case_bits) / sizeof(case_bits[0]); i++)
		to[0] |= (uint8_t)((c->flags & case_bits[i]) != 0 ? 1u << i : 0);
	for (size_t i = 0; i < c->count; i++) {
		put(to, &at, "\xFF", i > 0);
		put(to, &at, c->patterns[i].text, c->patterns[i].length);
	}
	put(to, &at, "", 1);
	put(to, &at, c->text, c->length);
	replay_seed(to, at);
}

static void add_cases(void)
{
	static const char *const files[] = { "basic.txt", "wraps.txt", "invalid.txt", "errors.txt", "oniguruma.txt",
					     "perl.txt", "python.txt", "disagreements.txt", "posix_basic.txt",
					     "posix_extended.txt", "syntaxes.txt", "bytes.txt" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (each_case(files[i], add_case) == 0)
			exit(1);
}

int main(int argc, char **argv)
{
	static const struct replay match = {
		.name = "match", .seeds = add_cases, .most = MOST, .head = 3, .rounds = 2000, .many = 4000,
	};

	return replay_main(argc, argv, &match);
}
