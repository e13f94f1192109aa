/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ending.c - how soon a search ends amid lines that are hard for its pattern.
 *
 * What is measured is processor time, which does not count what others run, of several tries the
 * least, and the bound is twice what the library promises: what it is to find takes seconds.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/options.h"
#include "../support/scale.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../support/choose.h"

enum { TRIES = 3, BEFORE = 30, BOUND = TEST_SANITIZED ? 2000 : 100, STEPS = 100 }; /* milliseconds; steps */

/* `lines` of so many x; a line's first byte may be another. */
struct hard {
	const char *pattern;
	int lines, length;
	char first;
	uint32_t flags;
	bool whole; /* a step ends but with the line: its spans are told, or the automaton or the simulation is at work */
};

static const struct hard table[] = {
	{ "^(x+)+\\1(?=q)", 80, 3000, 'x', 0, false },
	{ "^(x+)+\\1(?=q)", 80, 3000, 'x', SEARCH_RESULT_COUNT, false },
	{ "^(x+)+\\1(?=q)", 80, 3000, 'x', SEARCH_MATCH_INVERT, false },
	{ "^(x+)+\\1(?=q)", 1, 60000, 'x', 0, false },
	{ "^(x+)+\\1(?=q)", 2000, 30, 'x', 0, false },
	{ "(x+)+\\1(?=q)", 80, 3000, 'x', 0, false },
	{ "(x+)+\\1(?=q)", 1, 60000, 'x', 0, false },
	{ "(?>\\w+)\\w", 80, 3000, 'x', 0, false },
	{ "(?>\\w+)\\w", 3, 1000000, 'x', 0, false },
	{ "(?=.*a)(?=.*b)(x+)\\1(?<=q)", 3, 1000000, 'x', 0, false },
	{ "x(?=(x|xx)+$)(?<!x)", 1, 60000, 'x', 0, false },
	{ "x(?=(x|xx)+$)(?<!x)", 80, 3000, 'x', SEARCH_MATCH_INVERT, false },
	{ "^a|(?>\\w+)\\w", 80, 3000, 'a', 0, true },
	{ "^a|(?>\\w+)\\w", 3, 1000000, 'a', 0, true },
	{ "\\w{100000}$", 80, 3000, 'x', 0, true },
	{ "\\w{100000}$", 1, 60000, 'x', SEARCH_RESULT_COUNT, true },
	{ "a[^z]*z|^a|x[^z]*z|x", 3, 1000000, 'a', 0, true },
};

enum { HARD = sizeof(table) / sizeof(table[0]) };

static double milliseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void rest(int ms)
{
	struct timespec t = { 0, (long)ms * 1000000 };

	nanosleep(&t, NULL);
}

static char *text_of(const struct hard *h, size_t *size)
{
	size_t line = (size_t)h->length + 1;
	char *text = malloc((size_t)h->lines * line);

	assert_non_null(text);
	*size = (size_t)h->lines * line;
	memset(text, 'x', *size);
	for (int i = 0; i < h->lines; i++) {
		text[(size_t)i * line] = h->first;
		text[(size_t)i * line + line - 1] = '\n';
	}
	return text;
}

/* A search of one such text. */
struct subject {
	struct search_source source;
	struct search_pattern pattern;
	struct search_options options;
	struct search *search;
};

static void subject_init(struct subject *s, const struct hard *h, const char *text, size_t size, int workers)
{
	s->source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = size };
	s->pattern = (struct search_pattern){ .text = h->pattern, .length = strlen(h->pattern) };
	s->options = (struct search_options)SEARCH_OPTIONS_INIT;
	s->options.sources = &s->source;
	s->options.source_count = 1;
	s->options.patterns = &s->pattern;
	s->options.pattern_count = 1;
	s->options.workers = workers == 0 ? SEARCH_NO_WORKERS : (uint32_t)workers;
	set_flags(&s->options, h->flags);
}

static void take_all(struct search *s)
{
	const struct search_item *item;

	while (search_next(s, &item) == 1)
		;
}

static double until_closed(struct subject *s)
{
	const struct search_item *item;
	double began;

	assert_int_equal(search_open(&s->search, &s->options, NULL), SEARCH_OK);
	if (s->options.workers == SEARCH_NO_WORKERS)
		(void)search_try_next(s->search, &item);
	else
		rest(BEFORE);
	began = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
	search_close(s->search);
	return milliseconds(CLOCK_PROCESS_CPUTIME_ID) - began;
}

struct canceller {
	struct search *search;
	double at;
};

static void *cancel(void *context)
{
	struct canceller *c = context;

	rest(BEFORE);
	c->at = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
	search_cancel(c->search);
	return NULL;
}

static double until_cancelled(struct subject *s)
{
	struct canceller c;
	pthread_t thread;
	double ran;

	assert_int_equal(search_open(&s->search, &s->options, NULL), SEARCH_OK);
	c.search = s->search;
	assert_int_equal(pthread_create(&thread, NULL, cancel, &c), 0);
	take_all(s->search);
	ran = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
	pthread_join(thread, NULL);
	search_close(s->search);
	return ran - c.at;
}

/* No thread can have run for longer than until the deadline when it comes. */
static double until_timed_out(struct subject *s)
{
	double began = milliseconds(CLOCK_PROCESS_CPUTIME_ID), ran;
	int threads = s->options.workers == SEARCH_NO_WORKERS ? 1 : (int)s->options.workers + 1;

	s->options.timeout_ms = BEFORE;
	assert_int_equal(search_open(&s->search, &s->options, NULL), SEARCH_OK);
	take_all(s->search);
	ran = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - began;
	search_close(s->search);
	s->options.timeout_ms = 0;
	return ran - threads * BEFORE;
}

/* The longest of some steps. */
static double longest_step(struct subject *s)
{
	const struct search_item *item;
	double longest = 0;
	int rc = 1;

	assert_int_equal(search_open(&s->search, &s->options, NULL), SEARCH_OK);
	for (int i = 0; i < STEPS && (rc == 1 || rc == SEARCH_EAGAIN); i++) {
		double began = milliseconds(CLOCK_THREAD_CPUTIME_ID), ran;

		rc = search_try_next(s->search, &item);
		ran = milliseconds(CLOCK_THREAD_CPUTIME_ID) - began;
		longest = ran > longest ? ran : longest;
	}
	search_close(s->search);
	return longest;
}

static void check(const struct hard *h, struct subject *s, double (*measure)(struct subject *), const char *what)
{
	int threads = s->options.workers == SEARCH_NO_WORKERS ? 1 : (int)s->options.workers;
	double least = 1e9;

	for (int i = 0; i < TRIES && least > BOUND * threads; i++) {
		double ran = measure(s);

		least = ran < least ? ran : least;
	}
	if (least > BOUND * threads)
		fail_msg("%s, %d lines of %d bytes, %d threads: %s took %.0f ms", h->pattern, h->lines, h->length,
			 threads, what, least);
}

static void each(const struct hard *h, int workers, double (*measure)(struct subject *), const char *what)
{
	struct subject s;
	size_t size;
	char *text = text_of(h, &size);

	subject_init(&s, h, text, size, workers);
	check(h, &s, measure, what);
	free(text);
}

static void test_ending__comes_soon_amid_hard_lines(void **state)
{
	(void)state;
	for (int i = 0; i < HARD; i++)
		for (int workers = 0; workers <= 2; workers++) {
			each(&table[i], workers, until_cancelled, "to cancel");
			each(&table[i], workers, until_closed, "to close");
			each(&table[i], workers, until_timed_out, "the deadline");
		}
}

static void test_ending__steps_are_short_amid_hard_lines(void **state)
{
	(void)state;
	for (int i = 0; i < HARD; i++)
		if (!table[i].whole)
			each(&table[i], 0, longest_step, "a step");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ending__comes_soon_amid_hard_lines),
		cmocka_unit_test(test_ending__steps_are_short_amid_hard_lines),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
