/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poll - a search in an event loop.
 *
 *	poll PATTERN LIMIT PATH...
 *
 * One thread, one poll(2) for everything that the program waits for: here the
 * search, and a tick of 100 ms that shows the progress. The search is
 * cancelled once LIMIT matches have come, as an editor does when its user
 * types the next letter. (For "the first N" alone max_matches is simpler.)
 */
#include <psearch.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK 100 /* milliseconds */

static unsigned long seen, limit;

static void show(const struct search_item *item)
{
	if (item->kind == SEARCH_ITEM_ERROR)
		fprintf(stderr, "poll: %s: %s\n", item->path, item->message);
	if (item->kind != SEARCH_ITEM_MATCH)
		return;
	seen++;
	printf("%s:%ju:", item->path, (uintmax_t)item->line);
	fwrite(item->text, 1, item->length, stdout); /* may hold NUL bytes */
	putchar('\n');
}

/* Takes all that is ready. Returns SEARCH_EAGAIN, or how the search ended. */
static int drain(struct search *s)
{
	const struct search_item *item;
	int status;

	while ((status = search_try_next(s, &item)) > 0) {
		show(item);
		if (seen == limit)
			search_cancel(s); /* the next call returns SEARCH_ECANCELED */
	}
	return status;
}

static void progress(struct search *s)
{
	struct search_stats stats = SEARCH_STATS_INIT;

	if (search_stats(s, &stats) == SEARCH_OK)
		fprintf(stderr, "poll: %ju of %ju files, %ju matches\n", (uintmax_t)stats.files_searched,
			(uintmax_t)stats.files_found, (uintmax_t)stats.matches);
}

static int loop(struct search *s)
{
	struct pollfd ready = {.fd = search_fd(s), .events = POLLIN};
	int status = SEARCH_EAGAIN;

	if (ready.fd < 0)
		return ready.fd;
	while (status == SEARCH_EAGAIN)
		if (poll(&ready, 1, TICK) > 0)
			status = drain(s);
		else
			progress(s);
	return status;
}

int main(int argc, char **argv)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_pattern pattern = {.text = NULL};
	struct search_source *sources;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;
	int i, status;

	if (argc < 4 || (limit = strtoul(argv[2], NULL, 10)) == 0) {
		fprintf(stderr, "usage: poll PATTERN LIMIT PATH...\n");
		return 2;
	}
	sources = calloc((size_t)argc - 3, sizeof *sources);
	if (sources == NULL)
		return 2;
	for (i = 3; i < argc; i++)
		sources[i - 3].path = argv[i];
	memset(&pattern, 0, sizeof pattern);
	pattern.text = argv[1];
	pattern.length = strlen(argv[1]);
	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = sources;
	options.source_count = (size_t)argc - 3;

	status = search_open(&s, &options, &error);
	free(sources); /* copied by search_open */
	if (status != SEARCH_OK) {
		fprintf(stderr, "poll: %s\n", error.message);
		return 2;
	}
	status = loop(s);
	search_close(s);
	if (status != SEARCH_OK && status != SEARCH_ECANCELED) {
		fprintf(stderr, "poll: %s\n", search_strerror(status));
		return 2;
	}
	return seen > 0 ? 0 : 1;
}
