/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * editor.c - how long a program that uses the library waits for it.
 *
 * usage: editor [-j WORKERS] [-n ITEMS] [-t TRUST] [-w MILLISECONDS] ROUNDS FILE DIRECTORY
 *
 * Does what an editor does while its user types. Each round opens a search of DIRECTORY for the next pattern in FILE
 * (one a line, over and over), takes ITEMS items (default 200), cancels the search and closes it. If what was typed is
 * not a pattern yet, the round ends with the error. With -w a round takes no items, but closes the search while it
 * runs: after up to MILLISECONDS, later each round. With -t the searches have a warm tree, which before the first round
 * has learnt all that there is; TRUST is stamps, directories, told or watched.
 *
 * Prints a JSON object of times in microseconds: median, 90th and 99th percentile and maximum of opening, of the first
 * item, of all items, of closing, and of the whole round.
 */
#include <psearch.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum part { OPEN, FIRST, ITEMS, CLOSE, ROUND, PARTS };

static const char *const names[] = { "open", "first", "items", "close", "round" };
static const char *const trusts[] = { "stamps", "directories", "told", "watched" };

struct loop {
	struct search_pattern *patterns;
	size_t pattern_count;
	const char *directory;
	unsigned workers;
	unsigned long items, rounds;
	long wait; /* milliseconds; -1: take items */
	struct search_tree *tree; /* NULL: none */
	long long *took[PARTS];
};

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void read_patterns(struct loop *l, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while (f != NULL && (n = getline(&line, &size, f)) > 0) {
		struct search_pattern *p = realloc(l->patterns, (l->pattern_count + 1) * sizeof *p);

		if (p == NULL)
			exit(2);
		n -= line[n - 1] == '\n';
		l->patterns = p;
		p[l->pattern_count++] = (struct search_pattern){ .text = strndup(line, (size_t)n), .length = (size_t)n };
	}
	free(line);
	if (f == NULL || l->pattern_count == 0) {
		fprintf(stderr, "editor: %s: no patterns\n", path);
		exit(2);
	}
	fclose(f);
}

/* NULL: it is not a pattern. */
static struct search *open_next(const struct loop *l, unsigned long round)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_source source = { .path = l->directory };
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;

	options.patterns = &l->patterns[round % l->pattern_count];
	options.pattern_count = 1;
	options.sources = &source;
	options.source_count = 1;
	options.match_flags = SEARCH_MATCH_SKIP_BINARY;
	options.workers = l->workers;
	options.tree = l->tree;
	if (search_open(&s, &options, &error) != SEARCH_OK && error.code != SEARCH_EPATTERN) {
		fprintf(stderr, "editor: %s\n", error.message);
		exit(2);
	}
	return s;
}

/* Returns the time at which the first item was there, or it was clear that there is none. */
static long long take_items(struct search *s, unsigned long items)
{
	const struct search_item *item;
	long long first = 0;

	for (unsigned long n = 0; n < items && search_next(s, &item) > 0; n++)
		if (first == 0)
			first = now_us();
	return first > 0 ? first : now_us();
}

static void open_tree(struct loop *l, const char *trust)
{
	struct search_tree_options options = SEARCH_TREE_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	unsigned i = 0;

	while (i < sizeof(trusts) / sizeof(*trusts) && strcmp(trusts[i], trust) != 0)
		i++;
	options.trust = (enum search_tree_trust)i;
	if (search_tree_open(&l->tree, &options, &error) != SEARCH_OK) {
		fprintf(stderr, "editor: %s\n", error.message);
		exit(2);
	}
}

/* A search lists the directories; then their files are learnt. */
static void warm_up(const struct loop *l)
{
	struct search *s = open_next(l, 0);

	take_items(s, ULONG_MAX);
	search_close(s);
	while (search_tree_learn(l->tree, 1000) > 0)
		;
}

static void wait_until(long long when)
{
	long long left = when - now_us();
	struct timespec t = { left / 1000000, left % 1000000 * 1000 };

	if (left > 0)
		nanosleep(&t, NULL);
}

static void run_round(const struct loop *l, unsigned long i)
{
	long long begin = now_us(), opened, first, taken, closed;
	struct search *s = open_next(l, i);

	opened = first = now_us();
	if (s != NULL && l->wait < 0)
		first = take_items(s, l->items);
	else if (s != NULL)
		wait_until(begin + l->wait * 1000 * (long long)i / (long long)l->rounds);
	taken = now_us();
	if (l->wait < 0)
		search_cancel(s);
	search_close(s);
	closed = now_us();
	l->took[OPEN][i] = opened - begin;
	l->took[FIRST][i] = first - begin;
	l->took[ITEMS][i] = taken - begin;
	l->took[CLOSE][i] = closed - taken;
	l->took[ROUND][i] = closed - begin;
}

static int by_value(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print_part(const struct loop *l, enum part part)
{
	long long *took = l->took[part];

	qsort(took, l->rounds, sizeof *took, by_value);
	printf("%s\"%s\": {\"p50\": %lld, \"p90\": %lld, \"p99\": %lld, \"max\": %lld}", part > 0 ? ", " : "",
	       names[part], took[l->rounds / 2], took[l->rounds * 9 / 10], took[l->rounds * 99 / 100],
	       took[l->rounds - 1]);
}

static int print_usage(void)
{
	fprintf(stderr, "usage: editor [-j WORKERS] [-n ITEMS] [-t TRUST] [-w MILLISECONDS] ROUNDS FILE DIRECTORY\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct loop l = { .items = 200, .wait = -1 };
	int i;

	for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2)
		switch (argv[i][1]) {
		case 'j': l.workers = (unsigned)atoi(argv[i + 1]); break;
		case 'n': l.items = strtoul(argv[i + 1], NULL, 10); break;
		case 't': open_tree(&l, argv[i + 1]); break;
		case 'w': l.wait = atol(argv[i + 1]); break;
		default: return print_usage();
		}
	if (argc - i != 3 || (l.rounds = strtoul(argv[i], NULL, 10)) == 0)
		return print_usage();
	read_patterns(&l, argv[i + 1]);
	l.directory = argv[i + 2];
	for (int part = 0; part < PARTS; part++)
		if ((l.took[part] = calloc(l.rounds, sizeof *l.took[part])) == NULL)
			return 2;
	if (l.tree != NULL)
		warm_up(&l);
	for (unsigned long round = 0; round < l.rounds; round++)
		run_round(&l, round);
	printf("{");
	for (enum part part = OPEN; part < PARTS; part++)
		print_part(&l, part);
	printf("}\n");
	search_tree_close(l.tree);
	for (int part = 0; part < PARTS; part++)
		free(l.took[part]);
	for (size_t n = 0; n < l.pattern_count; n++)
		free((char *)l.patterns[n].text);
	free(l.patterns);
	return 0;
}
