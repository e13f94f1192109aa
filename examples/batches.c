/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * batches - takes many items with each call.
 *
 *	batches PATTERN PATH...
 *
 * For a program in C this gains little. Where each call into C costs more than an item, as in Python, Lua or
 * JavaScript, it is the way to take items; examples/python does it like this.
 */
#include <psearch.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 256 /* items; there may be fewer at hand */

static int print_item(const struct search_item *item)
{
	if (item->kind == SEARCH_ITEM_ERROR)
		fprintf(stderr, "batches: %s: %s\n", item->path, item->message);
	if (item->kind != SEARCH_ITEM_MATCH)
		return 0;
	printf("%s:%ju:", item->path, (uintmax_t)item->line);
	fwrite(item->text, 1, item->length, stdout); /* may hold NUL bytes */
	putchar('\n');
	return 1;
}

/* Returns how the search ended. */
static int print_all(struct search *s)
{
	const struct search_item *const *items; /* all of them are valid until the next call */
	unsigned long matches = 0, calls = 0;
	int count, i;

	while ((count = search_next_many(s, &items, MOST)) > 0) {
		calls++;
		for (i = 0; i < count; i++)
			matches += (unsigned long)print_item(items[i]);
	}
	printf("%lu matches with %lu calls\n", matches, calls);
	return count;
}

int main(int argc, char **argv)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_pattern pattern;
	struct search_source *sources;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;
	int i, status;

	if (argc < 3) {
		fprintf(stderr, "usage: batches PATTERN PATH...\n");
		return 2;
	}
	sources = (struct search_source *)calloc((size_t)argc - 2, sizeof *sources);
	if (sources == NULL)
		return 2;
	for (i = 2; i < argc; i++)
		sources[i - 2].path = argv[i];
	memset(&pattern, 0, sizeof pattern);
	pattern.text = argv[1];
	pattern.length = strlen(argv[1]);
	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = sources;
	options.source_count = (size_t)argc - 2;
	status = search_open(&s, &options, &error);
	free(sources); /* search_open() has copied them */
	if (status != SEARCH_OK) {
		fprintf(stderr, "batches: %s\n", error.message);
		return 2;
	}
	status = print_all(s);
	search_close(s);
	if (status != SEARCH_OK)
		fprintf(stderr, "batches: %s\n", search_strerror(status));
	return status == SEARCH_OK ? 0 : 2;
}
