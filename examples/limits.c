/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limits - a search that may take little, and what it took.
 *
 *	limits PATTERN PATH...
 *
 * A service that searches for strangers, beside its other work: two threads, eight descriptors, 64 KiB of items that
 * wait for the caller, lines of at most 256 KiB, a thousand matches, five seconds. Whatever the files are, the search
 * stays within that; what does not fit becomes an ERROR item, or ends the search, and search_outcome() says how.
 */
#include <psearch.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_limits(struct search_options *options)
{
	options->workers = 2;
	options->max_open_files = 8;
	options->max_queued_bytes = 64 << 10;
	options->max_queued_matches = 256;
	options->max_line_bytes = 256 << 10; /* a longer line is an ERROR item, */
	options->max_item_bytes = 4 << 10;   /* and of one that is longer than this only a part is shown */
	options->max_matches = 1000;
	options->timeout_ms = 5000;
}

static void show(const struct search_item *item)
{
	if (item->kind == SEARCH_ITEM_ERROR)
		fprintf(stderr, "limits: %s: %s\n", item->path, item->message);
	if (item->kind != SEARCH_ITEM_MATCH)
		return;
	printf("%s:%ju:", item->path, (uintmax_t)item->line);
	fwrite(item->text, 1, item->length, stdout); /* may contain NUL bytes */
	printf("%s\n", item->flags & SEARCH_ITEM_FLAG_WINDOW ? "..." : "");
}

/* Which limit has ended the search, if any. */
static const char *describe(int outcome)
{
	switch (outcome) {
	case SEARCH_OUTCOME_COMPLETE:
		return "complete";
	case SEARCH_OUTCOME_LIMITED:
		return "ended by max_matches";
	case SEARCH_OUTCOME_TIMED_OUT:
		return "ended by timeout_ms";
	default: /* no memory; a newer library may have other outcomes, too */
		return "failed";
	}
}

static int run(const struct search_options *options)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	struct search *s;
	int outcome;

	if (search_open(&s, options, &error) != SEARCH_OK) {
		fprintf(stderr, "limits: %s\n", error.message);
		return 2;
	}
	while (search_next(s, &item) > 0)
		show(item);
	outcome = search_outcome(s);
	search_stats(s, &stats);
	search_close(s);
	printf("%s: %ju lines found; at most %ju of %u files open, %ju of %ju bytes queued\n", describe(outcome),
	       (uintmax_t)stats.matches, (uintmax_t)stats.peak_open_files, (unsigned)options->max_open_files,
	       (uintmax_t)stats.peak_queued_bytes, (uintmax_t)options->max_queued_bytes);
	return outcome == SEARCH_OUTCOME_COMPLETE || outcome == SEARCH_OUTCOME_LIMITED ? 0 : 2;
}

int main(int argc, char **argv)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_pattern pattern;
	struct search_source *sources;
	int i, status;

	if (argc < 3) {
		fprintf(stderr, "usage: limits PATTERN PATH...\n");
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
	set_limits(&options);
	status = run(&options);
	free(sources);
	return status;
}
