/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * overlays.c - searches a directory as an editor sees it: with what is not saved yet.
 *
 * usage: overlays PATTERN DIRECTORY FILE <BUFFER
 *
 * Prints each line below DIRECTORY that matches. FILE has the text of standard input, whatever is on disk; it need not
 * be there. How FILE is written does not matter: relative, absolute, through symbolic links.
 */
#include <psearch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads standard input, as an editor would take the text out of its buffer. */
static char *read_buffer(size_t *size)
{
	size_t space = 0, got = 1;
	char *text = NULL;

	for (*size = 0; got > 0; *size += got) {
		if (*size == space) {
			space = 2 * space + 4096;
			text = realloc(text, space);
			if (text == NULL)
				exit(2);
		}
		got = fread(text + *size, 1, space - *size, stdin);
	}
	return text;
}

/* Prints what is found. Returns the exit status. */
static int print_matches(struct search *s)
{
	const struct search_item *item;
	int status;

	while ((status = search_next(s, &item)) > 0)
		if (item->kind == SEARCH_ITEM_MATCH)
			printf("%s:%ju:%.*s\n", item->path, (uintmax_t)item->line, (int)item->length, item->text);
		else if (item->kind == SEARCH_ITEM_ERROR)
			fprintf(stderr, "overlays: %s: %s\n", item->path, item->message);
	return status == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
	struct search_pattern pattern;
	struct search_source source = { .path = argc > 2 ? argv[2] : "." };
	struct search_overlay overlay = { .path = argc > 3 ? argv[3] : NULL };
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;
	char *text;
	int status;

	if (argc != 4)
		return fprintf(stderr, "usage: overlays PATTERN DIRECTORY FILE <BUFFER\n"), 2;
	pattern = (struct search_pattern){ .text = argv[1], .length = strlen(argv[1]) };
	text = read_buffer(&overlay.size);
	overlay.data = text;
	options.patterns = &pattern, options.pattern_count = 1;
	options.sources = &source, options.source_count = 1;
	options.overlays = &overlay, options.overlay_count = 1;
	if (search_open(&s, &options, &error) != SEARCH_OK) {
		fprintf(stderr, "overlays: %s\n", error.message);
		free(text);
		return 2;
	}
	status = print_matches(s);
	search_close(s);
	free(text); /* not before: the search reads it where it is */
	return status;
}
