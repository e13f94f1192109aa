/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm - searches twice; the second search opens only files that can match.
 *
 *	warm PATTERN PATH...
 *
 * A tree keeps what searches learn of the files that they walk. The first search lists the directories. Then the host is
 * idle, and the library learns which trigrams are in each file. The second search does not open files that cannot match,
 * after it has asked the system whether they are as they were. Both find the same lines; those of the second are printed.
 */
#include <psearch.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE = 20 }; /* milliseconds: how late a host may be that has something else to do */

static struct search_tree *open_tree(void)
{
	struct search_tree_options options = SEARCH_TREE_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree;

	options.trust = SEARCH_TREE_STAMPS; /* nobody watches the files: ask about each. It is the default */
	options.max_bytes = 16 << 20;
	if (search_tree_open(&tree, &options, &error) != SEARCH_OK)
		fprintf(stderr, "warm: %s\n", error.message);
	return tree;
}

static void show(const struct search_item *item, int prints)
{
	if (item->kind == SEARCH_ITEM_MATCH && prints)
		printf("%s:%ju:%.*s\n", item->path, (uintmax_t)item->line, (int)item->length, item->text);
	else if (item->kind == SEARCH_ITEM_ERROR)
		fprintf(stderr, "warm: %s: %s\n", item->path, item->message);
}

/* Searches, and tells on standard error what that took. Returns 0 if it fails. */
static int run(const struct search_options *options, const char *name, int prints)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	struct search *s;
	int status;

	if (search_open(&s, options, &error) != SEARCH_OK)
		return fprintf(stderr, "warm: %s\n", error.message), 0;
	while ((status = search_next(s, &item)) > 0)
		show(item, prints);
	search_stats(s, &stats);
	search_close(s);
	fprintf(stderr, "%s: %ju lines in %ju files, of which %ju were not opened\n", name, (uintmax_t)stats.matches,
		(uintmax_t)stats.files_searched, (uintmax_t)stats.files_ruled_out);
	return status == SEARCH_OK;
}

/* Learns, a slice at a time, as long as there is nothing else to do: here to the end. */
static void be_idle(struct search_tree *tree)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;

	while (search_tree_learn(tree, SLICE) == 1)
		; /* between two slices a host sees what has come, and leaves the rest for later */
	search_tree_stats(tree, &stats);
	fprintf(stderr, "learnt: %ju of %ju files, in %ju KiB\n", (uintmax_t)stats.signatures, (uintmax_t)stats.files,
		(uintmax_t)stats.bytes >> 10);
}

int main(int argc, char **argv)
{
	struct search_source *sources;
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_pattern pattern;
	int i, ok;

	if (argc < 3)
		return fprintf(stderr, "usage: warm PATTERN PATH...\n"), 2;
	sources = calloc((size_t)argc, sizeof *sources);
	if (sources == NULL)
		return 2;
	for (i = 2; i < argc; i++)
		sources[i - 2].path = argv[i];
	pattern = (struct search_pattern){ .text = argv[1], .length = strlen(argv[1]) };
	options.patterns = &pattern, options.pattern_count = 1;
	options.sources = sources, options.source_count = (size_t)argc - 2;
	options.tree = open_tree();
	ok = options.tree != NULL && run(&options, "first", 0);
	if (ok) {
		be_idle(options.tree);
		ok = run(&options, "second", 1);
	}
	search_tree_close(options.tree);
	free(sources);
	return ok ? 0 : 2;
}
