/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compile.c - the time and the memory that compiled patterns take.
 *
 * usage: compile
 *
 * The patterns of a row are its text with # replaced by a number, as many times as the row says. The time is the median
 * of several runs; the memory is what malloc has handed out after one run, for the matcher, and for the finder of one
 * thread.
 */
#include "../lib/match/match.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 5, LONGEST = 64 };

struct row {
	const char *text;
	size_t times;
	uint32_t flags;
};

static const struct row rows[] = {
	{ "mutex", 1, 0 },
	{ "[A-Z]+_SUSPEND", 1, 0 },
	{ "(?i)pm_resume", 1, 0 },
	{ "ERR_SYS|PME_TURN_OFF|LINK_REQ_RST|CFG_BME_EVT", 1, 0 },
	{ "\\w{5}\\s+\\w{5}\\s+\\w{5}\\s+\\w{5}\\s+\\w{5}", 1, 0 },
	{ "\\p{L}{50}", 1, 0 },
	{ "(\\w+) \\1", 1, 0 },
	{ "(a+)+$", 1, 0 },
	{ "(?:a?){50}a{50}", 1, 0 },
	{ "\\w{1000}", 1, 0 },
	{ "((a{10}){100}){100}", 1, 0 },
	{ "word#", 100, 0 },
	{ "word#", 10000, SEARCH_MATCH_FIXED },
	{ "word#", 10000, SEARCH_MATCH_FIXED | SEARCH_MATCH_IGNORE_CASE },
	{ "word#[0-9]?e?", 600, 0 },
	{ "word#[0-9]?e?", 3000, 0 },
	{ "word#[0-9]?e?", 30000, 0 },
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t memory_taken(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void fail(const char *what, const char *message)
{
	fprintf(stderr, "compile: %s: %s\n", what, message);
	exit(1);
}

static struct search_pattern *make_patterns(const struct row *row)
{
	struct search_pattern *patterns = calloc(row->times, sizeof(*patterns));

	for (size_t i = 0; patterns != NULL && i < row->times; i++) {
		size_t stem = strcspn(row->text, "#");
		char *text = malloc(LONGEST);
		int n;

		if (text == NULL)
			fail(row->text, "out of memory");
		if (row->text[stem] == '#')
			n = snprintf(text, LONGEST, "%.*s%zu%s", (int)stem, row->text, i, row->text + stem + 1);
		else
			n = snprintf(text, LONGEST, "%s", row->text);
		patterns[i] = (struct search_pattern){ .text = text, .length = (size_t)n };
	}
	if (patterns == NULL)
		fail(row->text, "out of memory");
	return patterns;
}

static void measure_row(const struct row *row)
{
	struct search_pattern *patterns = make_patterns(row);
	struct ps_match_options options = {
		.patterns = patterns, .count = row->times, .flags = row->flags, .cpu = ps_cpu_features(),
	};
	size_t matcher_bytes = 0, finder_bytes = 0;
	const char *strategy = "";
	double times[RUNS];

	for (int i = 0; i < RUNS; i++) {
		size_t before = memory_taken(), between;
		struct search_error error = SEARCH_ERROR_INIT;
		struct ps_matcher *m;
		struct ps_finder *f;
		double begin = now();

		if (ps_matcher_new(&m, &options, &error) != SEARCH_OK)
			fail(row->text, error.message);
		times[i] = now() - begin;
		between = memory_taken();
		if (ps_finder_new(&f, m) != SEARCH_OK)
			fail(row->text, "out of memory");
		matcher_bytes = between - before;
		finder_bytes = memory_taken() - between;
		strategy = ps_matcher_strategy(m);
		ps_finder_free(f);
		ps_matcher_free(m);
	}
	qsort(times, RUNS, sizeof(*times), by_value);
	printf("%-46s %6zu  %-10s %9.3f ms %9.1f KiB %9.1f KiB\n", row->text, row->times, strategy, times[RUNS / 2],
	       (double)matcher_bytes / 1024, (double)finder_bytes / 1024);
	for (size_t i = 0; i < row->times; i++)
		free((char *)(uintptr_t)patterns[i].text);
	free(patterns);
}

int main(void)
{
	printf("%-46s %6s  %-10s %12s %13s %13s\n", "pattern", "times", "strategy", "time", "matcher", "finder");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		measure_row(&rows[i]);
	return 0;
}
