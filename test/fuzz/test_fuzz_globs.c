/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_globs.c - runs fuzz_globs.c on the table of test/data/ignore, on globs with braces, and on changes of
 * these. */
#include "../../lib/base/base.h"

#include "../support/replay.h"
#include "fuzz_globs.c"

static void add_globs(const char *path, const char *const *globs, size_t count)
{
	uint8_t to[600];
	size_t at = 1 + strlen(path) + 1;

	to[0] = (uint8_t)(count % 4);
	memcpy(to + 1, path, at - 1);
	for (size_t i = 0; i < count; i++) {
		to[at++] = (uint8_t)(i % 2 == 0 ? 0 : SEARCH_GLOB_BRACES | SEARCH_GLOB_EXCLUDE);
		to[at++] = (uint8_t)(2 * (i / 3));
		memcpy(to + at, globs[i], strlen(globs[i]) + 1);
		at += strlen(globs[i]) + 1;
	}
	replay_seed(to, at);
}

/* Rows are a glob, a path, and whether it matches. */
static void add_table(void)
{
	static const char *const some[] = { "*.c",      "{a,b}*", "src/",  "!x",    "**/d/*.{h,c{pp,xx}}",
					    "[{,}]\\{", ".env",   "/a/**", "a/../b" };
	FILE *table = fopen("test/data/ignore/globs.txt", "r");
	char line[256], glob[100], path[100];

	FUZZ_CHECK(table != NULL);
	while (fgets(line, sizeof(line), table) != NULL)
		if (line[0] != '#' && sscanf(line, "%99s %99s", glob, path) == 2)
			add_globs(path, (const char *const[]){ glob, "*", path }, 3);
	fclose(table);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		for (size_t n = 1; n <= sizeof(some) / sizeof(some[0]) - i; n++)
			add_globs("a/d/b.c", some + i, n);
}

int main(int argc, char **argv)
{
	static const struct replay globs = {
		.name = "globs", .seeds = add_table, .most = 500, .head = 1, .rounds = 20000, .many = 200000,
	};

	return replay_main(argc, argv, &globs);
}
