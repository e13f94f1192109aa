/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_ignore.c - runs fuzz_ignore.c on the tables of test/data/ignore, on whole files, and on changes of these.
 */
#include "../../lib/base/base.h"

#include "../support/replay.h"
#include "fuzz_ignore.c"

static void add_rules(uint8_t how, const char *path, const char *rules, size_t length)
{
	uint8_t head[300];

	head[0] = how;
	memcpy(head + 1, path, strlen(path) + 1);
	replay_seed_parts(head, strlen(path) + 2, rules, length);
}

/* Replaces %HH, and %| by a newline. Returns the length. */
static size_t unescape(char *text)
{
	char *to = text;
	unsigned byte;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from == '%' && from[1] == '|') {
			*to++ = '\n';
			from++;
		} else if (*from == '%' && sscanf(from + 1, "%2X", &byte) == 1) {
			*to++ = (char)byte;
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return (size_t)(to - text);
}

/* Rows are rules, a path and a verdict, with tabs between them. */
static void add_table(void)
{
	FILE *table = fopen("test/data/ignore/rules.txt", "r");
	char line[600];

	FUZZ_CHECK(table != NULL);
	while (fgets(line, sizeof(line), table) != NULL) {
		char *path = strchr(line, '\t'), *verdict = path != NULL ? strchr(path + 1, '\t') : NULL;
		size_t length;

		if (verdict == NULL)
			continue;
		*path++ = *verdict++ = '\0';
		length = unescape(line);
		unescape(path);
		if (strlen(path) < 290)
			add_rules((uint8_t)((path[strlen(path) - 1] == '/') + (*verdict == 'c' ? 2 : 0)), path, line,
				  length);
	}
	fclose(table);
}

static void add_files(void)
{
	static const char text[] =
		"\xEF\xBB\xBF# objects\n*.o\n!keep.o\n/build/\nd/**/x\n**/tmp\n\\#a\r\n\\ b\\ \nfoo.*\n[a-c]?/\n*.tar.gz\nA/B\n";
	static const char *const paths[] = { "a.o", "keep.o", "build", "d/e/f/x",    "q/tmp", "#a",
					     " b ", "foo.c",  "bx",    "z/y.tar.gz", "a/b" };

	add_table();
	for (uint8_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		for (uint8_t how = 0; how < 6; how++)
			add_rules(how, paths[i], text, sizeof(text) - 1);
}

int main(int argc, char **argv)
{
	static const struct replay ignore = {
		.name = "ignore", .seeds = add_files, .most = 500, .head = 1, .rounds = 20000, .many = 200000,
	};

	return replay_main(argc, argv, &ignore);
}
