/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choose.h - the argument of a test program: the test to run. Its name may have * and ? in it.
 *
 * For main, with its argc and argv, as cmocka_run_group_tests. Without an argument all tests run. Where none has
 * such a name, all names are printed, and the program fails. To be included after cmocka.h.
 */
#ifndef TEST_CHOOSE_H
#define TEST_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

#define RUN_TESTS(tests, set_up, tear_down) \
	(choose_tests(argc, argv, tests, sizeof(tests) / sizeof((tests)[0])) ? \
		 cmocka_run_group_tests(tests, set_up, tear_down) : 2)

/* In a program that holds a bound on processor time: test/run starts no other beside it. */
#define RUNS_ALONE extern const bool test_runs_alone; const bool test_runs_alone = true

bool choose_tests(int argc, char **argv, const struct CMUnitTest *tests, size_t count);

#endif
