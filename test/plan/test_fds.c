/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_fds.c - descriptors: never more than allowed, and what becomes of a
 * search in a process that has none left.
 */
#include "../../lib/base.h"

#include "../support/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* 2, 3 and 8: without a cache, with a tiny one, and with directories let go and opened again. */
static void test_fds__never_more_are_open_than_allowed(void **state)
{
	static const uint32_t limits[] = { 2, 3, 8 };

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		struct random random = random_new(i);
		char *root = tree_new();
		struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = root };
		struct crew_options options = {
			.max_open_files = limits[i % 3], .sources = &source, .source_count = 1, .percent = 100,
			.late_caller = random_percent(&random, 50),
		};
		struct crew_result result;
		struct names want = { 0 };

		options.workers = random_below(&random, options.max_open_files);
		tree_random(root, &random, 300);
		tree_walk(&want, root, root, true);
		if (i % 2 == 0)
			crew_simulate(&options, &random, &result);
		else
			crew_run(&options, &result);
		names_equal(&result.shown, &want);
		assert_true(result.open_files >= 1 && result.open_files <= options.max_open_files);
		assert_true(result.open_counted <= options.max_open_files);
		names_free(&want);
		crew_result_free(&result);
		tree_remove(root);
	}
}

/* In a child that may open so many more descriptors than it has. 0: all was found. */
static int search_with(const char *root, unsigned spare, uint32_t workers)
{
	struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = root, .name = "" };
	struct crew_options options = {
		.workers = workers, .max_open_files = 64, .sources = &source, .source_count = 1, .percent = 100,
	};
	struct crew_result result;
	struct names want = { 0 };
	struct rlimit limit;
	int lowest = dup(0);

	tree_walk(&want, root, "", true);
	close(lowest);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)lowest + spare;
	setrlimit(RLIMIT_NOFILE, &limit);
	crew_run(&options, &result);
	if (spare > 0) {
		names_equal(&result.shown, &want);
	} else {
		assert_int_equal(result.shown.count, 1);
		assert_string_equal(result.shown.at[0], ": errno 24");
	}
	names_free(&want);
	crew_result_free(&result);
	return 0;
}

/*
 * One spare descriptor is enough for many threads: whoever finds none waits for
 * another to close a file. Without any, it is an error, and no endless wait.
 */
static void test_fds__a_process_without_descriptors_goes_on_with_fewer(void **state)
{
	char *root = tree_new();
	struct random random = random_new(0);

	(void)state;
	tree_random(root, &random, 400);
	for (unsigned i = 0; i < 40; i++) {
		pid_t child;
		int status;

		fflush(stdout);
		child = fork();
		if (child == 0) {
			alarm(60);
			_exit(search_with(root, i % 5, i / 5));
		}
		waitpid(child, &status, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("%u spare descriptors, %u workers: status %d", i % 5, i / 5, status);
	}
	tree_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fds__never_more_are_open_than_allowed),
		cmocka_unit_test(test_fds__a_process_without_descriptors_goes_on_with_fewer),
	};

	alarm(240);
	random_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
