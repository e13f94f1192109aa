/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * overlays.c - what unsaved texts cost a search.
 *
 * usage: overlays [-j WORKERS] [-n OVERLAYS] [-l] ROUNDS PATTERN DIRECTORY
 *
 * Searches DIRECTORY for PATTERN (with -l lists its files) in three ways by turns: without overlays; with OVERLAYS
 * (default 100) of files spread over the tree, each with the file's own text; and without overlays once more, which
 * shows what the machine alone makes of it. The texts are read before.
 *
 * Prints a JSON object of medians, in milliseconds of processor time and of time, of each way; and of opening alone, in
 * microseconds.
 */
#include <psearch.h>

#include "clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum way { NONE, OVERLAID, AGAIN, WAYS };

static const char *const names[WAYS] = { "none", "overlays", "none_again" };

struct measured {
	double *processor, *time, *opening;
	unsigned long items;
};

struct work {
	const char *pattern, *directory;
	unsigned workers;
	unsigned long rounds;
	size_t count;
	int list;
	struct search_overlay *overlays;
	struct measured ways[WAYS];
};

static void fail(const char *what)
{
	fprintf(stderr, "overlays: %s\n", what);
	exit(2);
}

static struct search *open_search(const struct work *w, int overlaid, int list)
{
	struct search_pattern pattern = { .text = w->pattern, .length = strlen(w->pattern) };
	struct search_source source = { .path = w->directory };
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;

	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = &source;
	options.source_count = 1;
	options.workers = w->workers;
	options.match_flags = SEARCH_MATCH_SKIP_BINARY;
	options.result_flags = list ? SEARCH_RESULT_LIST : 0;
	options.overlays = w->overlays;
	options.overlay_count = overlaid ? w->count : 0;
	if (search_open(&s, &options, &error) != SEARCH_OK)
		fail(error.message);
	return s;
}

static unsigned long take_items(struct search *s)
{
	const struct search_item *item;
	unsigned long n = 0;

	while (search_next(s, &item) > 0)
		n += item->kind == SEARCH_ITEM_MATCH || item->kind == SEARCH_ITEM_FILE;
	return n;
}

static void read_text(struct search_overlay *overlay, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;

	if (fd < 0 || fstat(fd, &st) != 0)
		fail(path);
	text = malloc((size_t)st.st_size + 1);
	if (text == NULL || read(fd, text, (size_t)st.st_size) != st.st_size)
		fail(path);
	close(fd);
	*overlay = (struct search_overlay){ .path = strdup(path), .data = text, .size = (size_t)st.st_size };
}

/* Chooses files that are spread over the tree. */
static void choose_files(struct work *w)
{
	struct search *s = open_search(w, 0, 1);
	unsigned long files = take_items(s), n = 0;
	const struct search_item *item;
	size_t chosen = 0;

	search_close(s);
	w->count = w->count < files ? w->count : files;
	w->overlays = calloc(w->count + 1, sizeof(*w->overlays));
	s = open_search(w, 0, 1);
	while (search_next(s, &item) > 0)
		if (item->kind == SEARCH_ITEM_FILE && chosen < w->count && n++ * w->count >= chosen * files)
			read_text(&w->overlays[chosen++], item->path);
	search_close(s);
	w->count = chosen;
}

static void measure(struct work *w, enum way way, unsigned long round)
{
	struct measured *m = &w->ways[way];
	double used = processor_time(), began = now();
	struct search *s = open_search(w, way == OVERLAID, w->list);

	m->opening[round] = (now() - began) * 1e6;
	m->items = take_items(s);
	search_close(s);
	m->processor[round] = (processor_time() - used) * 1e3;
	m->time[round] = (now() - began) * 1e3;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, unsigned long n)
{
	qsort(values, n, sizeof(*values), by_size);
	return values[n / 2];
}

static void print_results(struct work *w)
{
	printf("{\"overlays\": %zu", w->count);
	for (int i = 0; i < WAYS; i++)
		printf(", \"%s\": {\"processor_ms\": %.2f, \"time_ms\": %.2f, \"open_us\": %.0f, \"items\": %lu}",
		       names[i], median(w->ways[i].processor, w->rounds), median(w->ways[i].time, w->rounds),
		       median(w->ways[i].opening, w->rounds), w->ways[i].items);
	printf("}\n");
}

int main(int argc, char **argv)
{
	struct work w = { .count = 100 };
	int option;

	while ((option = getopt(argc, argv, "j:n:l")) != -1)
		if (option == 'j')
			w.workers = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'n')
			w.count = strtoul(optarg, NULL, 10);
		else if (option == 'l')
			w.list = 1;
		else
			return 2;
	if (argc - optind != 3 || (w.rounds = strtoul(argv[optind], NULL, 10)) == 0)
		fail("usage: overlays [-j WORKERS] [-n OVERLAYS] [-l] ROUNDS PATTERN DIRECTORY");
	w.pattern = argv[optind + 1];
	w.directory = argv[optind + 2];
	for (int i = 0; i < WAYS; i++) {
		w.ways[i].processor = calloc(w.rounds, sizeof(double));
		w.ways[i].time = calloc(w.rounds, sizeof(double));
		w.ways[i].opening = calloc(w.rounds, sizeof(double));
	}
	choose_files(&w);
	for (unsigned long round = 0; round < w.rounds; round++)
		for (int i = 0; i < WAYS; i++)
			measure(&w, (enum way)((i + (int)round) % WAYS), round);
	print_results(&w);
	return 0;
}
