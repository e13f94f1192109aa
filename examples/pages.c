/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pages - prints a page of the matches below a directory, and where the next one begins.
 *
 *	pages MATCHES PATTERN DIRECTORY [CURSOR]
 *
 * Each page is a search of its own, so nothing has to be kept between two of them but the cursor: it may be sent to a
 * browser and come back a day later. Its last line is "next: CURSOR", or "end".
 */
#include <psearch.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(const struct search_item *item)
{
	if (item->flags & SEARCH_ITEM_FLAG_CHANGED)
		fprintf(stderr, "pages: a file was changed since the page before\n");
	if (item->kind == SEARCH_ITEM_ERROR)
		fprintf(stderr, "pages: %s: %s\n", item->path, item->message);
	if (item->kind != SEARCH_ITEM_MATCH)
		return;
	printf("%s:%ju:", item->path, (uintmax_t)item->line);
	fwrite(item->text, 1, item->length, stdout); /* may hold NUL bytes */
	putchar('\n');
}

/* Prints where the next page begins. */
static int print_cursor(const struct search *s)
{
	int length = search_cursor(s, NULL, 0);
	char *cursor = length > 0 ? malloc((size_t)length + 1) : NULL;

	if (cursor == NULL)
		return 2;
	search_cursor(s, cursor, (size_t)length + 1);
	printf("next: %s\n", cursor);
	free(cursor);
	return 0;
}

static int print_page(struct search *s)
{
	const struct search_item *item;
	int status;

	while ((status = search_next(s, &item)) > 0)
		show(item);
	if (status < 0) {
		fprintf(stderr, "pages: %s\n", search_strerror(status));
		return 2;
	}
	if (search_outcome(s) == SEARCH_OUTCOME_LIMITED)
		return print_cursor(s);
	puts("end");
	return 0;
}

int main(int argc, char **argv)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_pattern pattern = {.text = NULL};
	struct search_source source = {.path = NULL};
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;
	int status;

	if (argc < 4 || argc > 5) {
		fprintf(stderr, "usage: pages MATCHES PATTERN DIRECTORY [CURSOR]\n");
		return 2;
	}
	pattern.text = argv[2];
	pattern.length = strlen(argv[2]);
	source.path = argv[3];
	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = &source;
	options.source_count = 1;
	options.max_matches = strtoul(argv[1], NULL, 10);
	options.resume = argc > 4 ? argv[4] : NULL;
	if (search_open(&s, &options, &error) != SEARCH_OK) {
		fprintf(stderr, "pages: %s\n", error.message);
		return 2;
	}
	status = print_page(s);
	search_close(s);
	return status;
}
