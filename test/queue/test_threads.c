/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threads.c - the library's threads have names, and block all signals.
 */
#include "../../lib/base/base.h"

#include "../../lib/queue/queue.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

struct seen {
	sigset_t blocked;
	bool ran;
};

static void *look(void *argument)
{
	struct seen *seen = argument;

	pthread_sigmask(SIG_BLOCK, NULL, &seen->blocked);
	seen->ran = true;
	return NULL;
}

static void test_threads__block_all_signals_and_their_creator_does_not(void **state)
{
	struct ps_thread thread;
	struct seen seen = { .ran = false };
	sigset_t before, after;

	(void)state;
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	assert_int_equal(ps_thread_start(&thread, 3, look, &seen), 0);
	ps_thread_join(&thread);
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	assert_true(seen.ran);
	for (int i = 1; i < 32; i++) {
		if (i != SIGKILL && i != SIGSTOP)
			assert_int_equal(sigismember(&seen.blocked, i), 1);
		assert_int_equal(sigismember(&before, i), sigismember(&after, i));
	}
}

static void *read_name(void *name)
{
	prctl(PR_GET_NAME, name);
	return NULL;
}

/* Even if no file can be opened: to set a name needs none. */
static void test_threads__have_names(void **state)
{
	static const struct {
		unsigned number;
		const char *name;
	} rows[] = { { 0, "psearch/0" }, { 7, "psearch/7" }, { 255, "psearch/255" } };
	struct rlimit before, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ps_thread thread;
		char name[32] = "", own[32];
		int rc;

		prctl(PR_GET_NAME, own);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
		rc = ps_thread_start(&thread, rows[i].number, read_name, name);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(rc, 0);
		ps_thread_join(&thread);
		assert_string_equal(name, rows[i].name);
		assert_int_equal(prctl(PR_GET_NAME, name), 0);
		assert_string_equal(name, own);
	}
}

static void test_threads__one_that_did_not_start_is_joined_at_once(void **state)
{
	struct ps_thread thread = { .running = false };

	(void)state;
	ps_thread_join(&thread);
	ps_thread_join(&thread);
	assert_true(ps_cpu_count() >= 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads__block_all_signals_and_their_creator_does_not),
		cmocka_unit_test(test_threads__have_names),
		cmocka_unit_test(test_threads__one_that_did_not_start_is_joined_at_once),
	};

	alarm(patience(60));
	return RUN_TESTS(tests, NULL, NULL);
}
