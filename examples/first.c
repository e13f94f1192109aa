/* SPDX-License-Identifier: BSD-2-Clause */
#include <psearch.h>
#include <stdio.h>
#include <string.h>

/* first PATTERN [PATH]: prints each line below PATH that matches. */
int main(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "main";
	struct search_pattern pattern = {.text = text, .length = strlen(text)};
	struct search_source source = {.path = argc > 2 ? argv[2] : "."};
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;
	const struct search_item *item;
	int status;

	options.patterns = &pattern, options.pattern_count = 1;
	options.sources = &source, options.source_count = 1;
	if (search_open(&s, &options, &error) != SEARCH_OK)
		return fprintf(stderr, "first: %s\n", error.message), 2;
	while ((status = search_next(s, &item)) > 0)
		if (item->kind == SEARCH_ITEM_MATCH)
			printf("%s:%ju:%.*s\n", item->path, (uintmax_t)item->line, (int)item->length, item->text);
		else if (item->kind == SEARCH_ITEM_ERROR)
			fprintf(stderr, "first: %s: %s\n", item->path, item->message);
	search_close(s);
	return status == 0 ? 0 : 2;
}
