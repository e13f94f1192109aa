/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_matcher_threads.c - many threads that compile at once, from the process's first use of Oniguruma on, and then
 * share one matcher. ThreadSanitizer is the judge.
 */
#include "../../lib/base/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "find.h"

#define THREADS 8

static pthread_barrier_t start;

struct job {
	struct ps_matcher *shared;
	size_t lines;
	size_t spans;
	bool failed;
};

static const char text[] = "one two\nthree \xFF four\nStra\xC3\x9F" "e twotwo\nnothing\nTWO\n";

static struct ps_matcher *compile(bool *failed)
{
	static const struct search_pattern p[] = {
		{ .text = "two|stra(ss|\xC3\x9F)e", .length = 16 }, { .text = "\\bfour", .length = 6 },
		{ .text = "tw", .length = 2 },
	};
	struct ps_match_options options = {
		.patterns = p, .count = 3, .flags = SEARCH_MATCH_IGNORE_CASE, .cpu = ps_cpu_features(),
	};
	struct ps_matcher *m;

	if (ps_matcher_new(&m, &options, NULL) != SEARCH_OK)
		*failed = true;
	return m;
}

static void search(struct job *job, const struct ps_matcher *m)
{
	struct ps_finder *f;
	struct ps_line line = { 0, 0 };
	size_t from = 0;

	if (m == NULL || ps_finder_new(&f, m) != SEARCH_OK) {
		job->failed = true;
		return;
	}
	while (find_line(f, (const uint8_t *)text, from, sizeof(text) - 1, &line) == PS_FOUND) {
		const struct search_span *spans;
		size_t count = 0;

		if (ps_find_spans(f, (const uint8_t *)text + line.begin, line.end - line.begin, SIZE_MAX, &spans, &count) !=
		    SEARCH_OK)
			job->failed = true;
		job->lines++;
		job->spans += count;
		from = line.end + 1;
	}
	ps_finder_free(f);
}

static void *compile_and_search(void *argument)
{
	struct job *job = argument;

	pthread_barrier_wait(&start);
	for (int i = 0; i < 20; i++) {
		struct ps_matcher *own = compile(&job->failed);

		search(job, own);
		ps_matcher_free(own);
	}
	return NULL;
}

static void *search_shared(void *argument)
{
	struct job *job = argument;

	pthread_barrier_wait(&start);
	for (int i = 0; i < 200; i++)
		search(job, job->shared);
	return NULL;
}

static void run(void *(*body)(void *), struct ps_matcher *shared, size_t times)
{
	pthread_t thread[THREADS];
	struct job job[THREADS];

	memset(job, 0, sizeof(job));
	assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (size_t i = 0; i < THREADS; i++) {
		job[i].shared = shared;
		assert_int_equal(pthread_create(&thread[i], NULL, body, &job[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		assert_false(job[i].failed);
		assert_int_equal(job[i].lines, 4 * times);
		assert_int_equal(job[i].spans, 6 * times);
	}
	pthread_barrier_destroy(&start);
}

static void test_matcher_threads__compile_at_once(void **state)
{
	(void)state;
	run(compile_and_search, NULL, 20);
}

static void test_matcher_threads__share_a_matcher(void **state)
{
	bool failed = false;
	struct ps_matcher *m = compile(&failed);

	(void)state;
	assert_false(failed);
	run(search_shared, m, 200);
	ps_matcher_free(m);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matcher_threads__compile_at_once), /* first: it initialises Oniguruma */
		cmocka_unit_test(test_matcher_threads__share_a_matcher),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
