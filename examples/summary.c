/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * summary - prints the first matching lines, then what was searched and how fast.
 *
 *	summary SHOWN PATTERN PATH...
 *
 * It shows search_stats(), search_outcome() and search_build(), and that items come while the search runs.
 * `make run` starts it.
 */
#include <psearch.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* What the reader of the items remembers. */
struct tally {
	double start;
	double first;           /* when the first match came; 0: none came */
	uint64_t shown;         /* lines printed so far */
	uint64_t matches;
};

static void take(struct tally *tally, const struct search_item *item)
{
	if (item->kind == SEARCH_ITEM_ERROR)
		fprintf(stderr, "summary: %s: %s\n", item->path, item->message);
	if (item->kind != SEARCH_ITEM_MATCH)
		return;
	if (tally->matches++ == 0)
		tally->first = now();
	if (tally->matches > tally->shown)
		return;
	printf("%s:%ju:", item->path, (uintmax_t)item->line);
	fwrite(item->text, 1, item->length, stdout); /* may contain NUL bytes */
	putchar('\n');
	fflush(stdout);
}

static void print_summary(struct search *s, const struct tally *tally)
{
	struct search_stats stats = SEARCH_STATS_INIT;
	struct search_build build = SEARCH_BUILD_INIT;
	struct rusage usage;
	double end = now();

	search_stats(s, &stats);
	search_build(&build);
	getrusage(RUSAGE_SELF, &usage);
	printf("\n%10ju matching lines, in order", (uintmax_t)tally->matches);
	if (tally->matches > tally->shown)
		printf(", the first %ju above", (uintmax_t)tally->shown);
	if (tally->matches > 0)
		printf("; the first came after %.1f ms", (tally->first - tally->start) * 1e3);
	printf("\n%10ju files searched in %ju directories, %.1f MB read; %ju skipped: binary files, links, ...\n",
	       (uintmax_t)stats.files_searched, (uintmax_t)stats.directories, (double)stats.bytes / 1e6,
	       (uintmax_t)stats.files_skipped);
	printf("%10.2f seconds, %zu workers (%s), %.1f MiB of memory, at most %ju files open\n", end - tally->start,
	       stats.workers, build.simd, (double)usage.ru_maxrss / 1024, (uintmax_t)stats.peak_open_files);
}

/* Returns the exit status. */
static int run(const struct search_options *options, uint64_t shown)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct tally tally = {.start = now(), .shown = shown};
	struct search *s;
	const struct search_item *item;
	int outcome;

	if (search_open(&s, options, &error) != SEARCH_OK) {
		fprintf(stderr, "summary: %s\n", error.message);
		return 2;
	}
	while (search_next(s, &item) > 0)
		take(&tally, item);
	outcome = search_outcome(s);
	if (outcome == SEARCH_OUTCOME_COMPLETE)
		print_summary(s, &tally);
	else
		fprintf(stderr, "summary: the search did not complete\n");
	search_close(s);
	return outcome != SEARCH_OUTCOME_COMPLETE ? 2 : tally.matches > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_pattern pattern = {.text = NULL};
	struct search_source *sources;
	int i, status;

	if (argc < 4) {
		fprintf(stderr, "usage: summary SHOWN PATTERN PATH...\n");
		return 2;
	}
	sources = calloc((size_t)argc - 3, sizeof *sources);
	if (sources == NULL)
		return 2;
	for (i = 3; i < argc; i++)
		sources[i - 3].path = argv[i];
	pattern.text = argv[2];
	pattern.length = strlen(argv[2]);
	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = sources;
	options.source_count = (size_t)argc - 3;
	options.match_flags = SEARCH_MATCH_SKIP_BINARY;

	status = run(&options, strtoul(argv[1], NULL, 10));
	free(sources);
	return status;
}
