/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keep - results that outlive their search: each text that matches, once, in order.
 *
 *	keep PATTERN TEXT...
 *
 * An item, with all that it points to, is valid until the next call that takes one. A host copies what it keeps: here
 * the matched texts, which are sorted and printed after the search is closed.
 *
 * What is searched is the host's memory: here the arguments, in an editor its buffers. The library reads memory sources
 * and overlays in place, so their bytes must stay, unchanged, until search_close(). search_open() copies all else that
 * it is given.
 */
#include <psearch.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kept {
	char **texts;
	size_t count;
	size_t room;
};

/* Copies a text; false if there is no memory. Here it may end at a NUL, since it is only printed. */
static int keep(struct kept *kept, const char *text, size_t length)
{
	char *copy;

	if (kept->count == kept->room) {
		size_t room = kept->room * 2 + 64;
		char **more = (char **)realloc(kept->texts, room * sizeof *more);

		if (more == NULL)
			return 0;
		kept->texts = more;
		kept->room = room;
	}
	copy = (char *)malloc(length + 1);
	if (copy == NULL)
		return 0;
	memcpy(copy, text, length);
	copy[length] = '\0';
	kept->texts[kept->count++] = copy;
	return 1;
}

/* Spans count from the line's start; of a long line `text` is a part, which begins at text_offset. */
static int keep_matches(struct kept *kept, const struct search_item *item)
{
	size_t i;

	for (i = 0; i < item->span_count; i++) {
		const struct search_span *span = &item->spans[i];
		size_t from = (size_t)item->text_offset;

		if (span->begin < from || span->end - from > item->length)
			continue;
		if (!keep(kept, item->text + (span->begin - from), span->end - span->begin))
			return 0;
	}
	return 1;
}

static int search(struct kept *kept, const struct search_options *options)
{
	struct search_error error = SEARCH_ERROR_INIT;
	const struct search_item *item;
	struct search *s;
	int status;

	if (search_open(&s, options, &error) != SEARCH_OK) {
		fprintf(stderr, "keep: %s\n", error.message);
		return 0;
	}
	while ((status = search_next(s, &item)) > 0)
		if (item->kind == SEARCH_ITEM_MATCH && !keep_matches(kept, item))
			break;
	search_close(s); /* item is gone, kept is not */
	return status == SEARCH_OK;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_and_free(struct kept *kept)
{
	size_t i;

	if (kept->count > 0)
		qsort(kept->texts, kept->count, sizeof *kept->texts, by_text);
	for (i = 0; i < kept->count; i++)
		if (i == 0 || strcmp(kept->texts[i], kept->texts[i - 1]) != 0)
			puts(kept->texts[i]);
	for (i = 0; i < kept->count; i++)
		free(kept->texts[i]);
	free(kept->texts);
}

int main(int argc, char **argv)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_pattern pattern;
	struct search_source *sources;
	struct kept kept = {NULL, 0, 0};
	int i, ok, found;

	if (argc < 3) {
		fprintf(stderr, "usage: keep PATTERN TEXT...\n");
		return 2;
	}
	sources = (struct search_source *)calloc((size_t)argc - 2, sizeof *sources);
	if (sources == NULL)
		return 2;
	for (i = 2; i < argc; i++) {
		sources[i - 2].kind = SEARCH_SOURCE_MEMORY;
		sources[i - 2].data = argv[i];
		sources[i - 2].size = strlen(argv[i]);
	}
	memset(&pattern, 0, sizeof pattern);
	pattern.text = argv[1];
	pattern.length = strlen(argv[1]);
	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = sources;
	options.source_count = (size_t)argc - 2;
	ok = search(&kept, &options);
	found = kept.count > 0;
	free(sources);
	print_and_free(&kept);
	return !ok ? 2 : !found;
}
