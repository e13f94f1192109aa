/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_patterns.c - runs fuzz_patterns.c on the patterns of test/data/match, in each syntax, and on changes of
 * them. */
#include "../match/cases.h"

#include "../support/replay.h"
#include "fuzz_patterns.c"

/* In the syntax of the case, and in another one. */
static void add_case(const struct match_case *c)
{
	uint8_t to[4096] = { (uint8_t)c->syntax };
	size_t at = HEAD;

	to[1] = (uint8_t)((c->flags & (uint32_t)(SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_WORD | SEARCH_MATCH_LINE)) |
			  ((c->flags & (uint32_t)SEARCH_MATCH_FIXED) != 0 ? 8u : 0));
	to[2] = (uint8_t)(c->number * 7);
	for (size_t i = 0; i < c->count; i++) {
		if (i > 0)
			to[at++] = 0xFF;
		memcpy(to + at, c->patterns[i].text, c->patterns[i].length);
		at += c->patterns[i].length;
	}
	replay_seed(to, at);
	to[0] = (uint8_t)(c->number % SYNTAXES);
	replay_seed(to, at);
}

static void add_cases(void)
{
	static const char *const files[] = { "basic.txt", "errors.txt", "perl.txt", "python.txt", "disagreements.txt",
					     "posix_basic.txt", "posix_extended.txt", "syntaxes.txt", "bytes.txt" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (each_case(files[i], add_case) == 0)
			exit(1);
}

int main(int argc, char **argv)
{
	static const struct replay patterns = {
		.name = "patterns", .seeds = add_cases, .most = 2048, .head = HEAD, .rounds = 1500, .many = 6000,
	};

	return replay_main(argc, argv, &patterns);
}
