/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compile.c - what patterns cost before the first byte is searched: the time to compile them, and
 * the memory that the compiled patterns hold, and a thread's state for them.
 *
 * Each figure is the best of several runs. Patterns that are refused show why. Memory is what
 * malloc says it has given out, and 0 where it does not say.
 */
#include "../lib/match/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
#include <malloc.h>
#endif

enum {
	RUNS = 15,
	PATIENCE = 500 /* ms: fewer runs then */
};

/* `count` patterns; or one, of `count` times the text. A # is which one it is, as letters. */
struct row {
	const char *name;
	const char *text;
	size_t count;
	bool one;
	uint64_t flags;
};

static const struct row rows[] = {
	{ "a word", "resume", 1, false, 0 },
	{ "the same, any case", "resume", 1, false, SEARCH_IGNORE_CASE },
	{ "4 names", "ERR_SYS|PME_TURN_OFF|LINK_REQ_RST|CFG_BME_EVT", 1, false, 0 },
	{ "identifier_init(", "[a-z]+_[a-z]+_init\\(", 1, false, 0 },
	{ "5 words of 5 letters", "\\w{5}(\\s+\\w{5}){4}", 1, false, 0 },
	{ "\\p{L}{50}", "\\p{L}{50}", 1, false, 0 },
	{ "\\w{1000}", "\\w{1000}", 1, false, 0 },
	{ "\\w, any case", "(?i)[\\w]+\\s", 1, false, 0 },
	{ "reference back", "(\\w+) \\1", 1, false, 0 },
	{ "600 word[0-9]?e?", "#[0-9]?e?", 600, false, 0 },
	{ "3,000 word[0-9]?e?", "#[0-9]?e?", 3000, false, 0 },
	{ "3,000 of them, whole words", "#[0-9]?e?", 3000, false, SEARCH_WORD },
	{ "3,000 of them, any case", "#[0-9]?e?", 3000, false, SEARCH_IGNORE_CASE },
	{ "30,000 of them", "#[0-9]?e?", 30000, false, 0 },
	{ "10,000 words", "#", 10000, false, 0 },
	{ "10,000 words, any case", "#", 10000, false, SEARCH_IGNORE_CASE },
	{ "10,000 words in one", "#|", 10000, true, 0 },
	{ "100,000 words", "#", 100000, false, 0 },
	{ "(a+)+$", "(a+)+$", 1, false, 0 },
	{ "(?:a?){50}a{50}", "(?:a?){50}a{50}", 1, false, 0 },
	{ "\\w{100000}", "\\w{100000}", 1, false, 0 },
	{ "100,000 times a*", "a*", 100000, true, 0 },
	{ "1 MB of text", "abcdefgh", 131072, true, 0 },
	{ "1 MB of text, any case", "abcdefgh", 131072, true, SEARCH_IGNORE_CASE },
	{ "1,000 large classes", "[\\w&&[^\\d]]", 1000, true, 0 },
	{ "1,000 of them, any case", "[\\w&&[^\\d]]", 1000, true, SEARCH_IGNORE_CASE },
	{ "10,000 open groups", "(", 10000, true, 0 },
	{ "a{1000}{1000}", "a{1000}{1000}", 1, false, 0 },
};

/* ---- the patterns of a row ---- */

/* A word for each number, of letters that look drawn, none the beginning of another. */
static size_t put_word(char *to, size_t number)
{
	uint32_t mixed = (uint32_t)number * 2654435761u;
	size_t n = 0;

	for (; n < 7; n++, mixed /= 26)
		to[n] = (char)('a' + mixed % 26);
	return n;
}

static size_t put_text(char *to, const char *text, size_t number)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		if (*text == '#')
			n += put_word(to + n, number);
		else
			to[n++] = *text;
	return n;
}

/* The patterns lie in *store. NULL: out of memory. */
static struct search_pattern *make_patterns(const struct row *row, char **store, size_t *count)
{
	struct search_pattern *patterns = calloc(row->count, sizeof(*patterns));
	size_t at = 0;

	*store = malloc(row->count * (strlen(row->text) + 8));
	if (patterns == NULL || *store == NULL) {
		free(patterns);
		free(*store);
		return NULL;
	}
	for (size_t i = 0; i < row->count; i++) {
		size_t length = put_text(*store + at, row->text, i);

		patterns[i] = (struct search_pattern){ *store + at, length };
		at += length;
	}
	*count = row->count;
	if (row->one) {
		patterns[0] = (struct search_pattern){ *store, at };
		*count = 1;
	}
	return patterns;
}

/* ---- measuring ---- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t allocated(void)
{
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
#else
	return 0;
#endif
}

struct figures {
	double compile; /* ms */
	size_t shared, own; /* bytes: of the compiled patterns, and of a thread */
	char how[96];
};

/* False: the patterns are refused. */
static bool run(const struct ps_match_options *options, struct figures *f)
{
	struct ps_matcher *matcher;
	struct ps_finder *finder;
	struct search_error error = { 0 };
	size_t before = allocated();
	double start = now(), took;
	int rc = ps_matcher_new(&matcher, options, &error);

	took = now() - start;
	f->compile = took < f->compile ? took : f->compile;
	if (rc != SEARCH_OK) {
		snprintf(f->how, sizeof(f->how), "refused: %.80s", error.message);
		return false;
	}
	f->shared = allocated() - before;
	before = allocated();
	if (ps_finder_new(&finder, matcher) != SEARCH_OK)
		exit(2);
	f->own = allocated() - before;
	snprintf(f->how, sizeof(f->how), "%s", ps_matcher_strategy(matcher));
	ps_finder_free(finder);
	ps_matcher_free(matcher);
	return true;
}

static void measure(const struct row *row)
{
	struct ps_match_options options = { .flags = row->flags, .cpu = ps_cpu_features() };
	struct figures f = { .compile = 1e9 };
	double start = now();
	char *store;
	struct search_pattern *patterns = make_patterns(row, &store, &options.count);

	if (patterns == NULL)
		exit(2);
	options.patterns = patterns;
	for (int i = 0; i < RUNS && (i == 0 || now() - start < PATIENCE); i++)
		run(&options, &f);
	printf("%-30s %10.3f %10.1f %10.1f   %s\n", row->name, f.compile, (double)f.shared / 1024,
	       (double)f.own / 1024, f.how);
	free(patterns);
	free(store);
}

int main(void)
{
	printf("%-30s %10s %10s %10s   %s\n", "patterns", "ms", "KiB", "KiB/thread", "found by");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		measure(&rows[i]);
	return 0;
}
