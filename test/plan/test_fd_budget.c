/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_fd_budget.c - descriptors: never more are open than allowed, and a search goes on in a process that has none
 * left.
 */
#include "../../lib/base/base.h"

#include "../../lib/plan/plan_internal.h"
#include "../../lib/queue/queue.h"
#include "../support/crew.h"
#include "../support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

/* 2, 3 and 8: without a cache, with a tiny one, and with directories closed and opened again. */
static void test_fd_budget__never_more_are_open_than_allowed(void **state)
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

/* In a child that may open `spare` more descriptors than it has. 0: all was found. */
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
 * One spare descriptor is enough for many threads: a thread that finds none waits until another closes a file. Without
 * any, it is an error, not an endless wait.
 */
static void test_fd_budget__a_process_short_of_descriptors_goes_on_with_fewer(void **state)
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
			alarm(patience(60));
			_exit(search_with(root, i % 5, i / 5));
		}
		waitpid(child, &status, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("%u spare descriptors, %u workers: status %d", i % 5, i / 5, status);
	}
	tree_remove(root);
}

/* --- the counting alone --- */

static struct ps_plan *bare;

static void new_bare(uint32_t max_open_files)
{
	struct ps_plan_options options = { .threads = 4, .max_open_files = max_open_files };

	assert_int_equal(ps_plan_new(&bare, &options), SEARCH_OK);
}

/* Files are opened and closed one after the other, at the head. */
static void open_files(unsigned count)
{
	while (count-- > 0) {
		assert_true(ps_fds_take(bare, true));
		ps_fds_opened(bare);
		ps_fds_close(bare, dup(0));
	}
}

static bool others_may_open(void)
{
	bool may = ps_fds_take(bare, false);

	if (may)
		ps_fds_failed(bare, false);
	return may;
}

static void lack(void)
{
	assert_true(ps_fds_take(bare, true));
	ps_fds_failed(bare, true);
}

/* After a shortage the search is as fast as before; after one that comes again, this takes longer. */
static void test_fd_budget__a_shortage_ends(void **state)
{
	(void)state;
	new_bare(16);
	assert_true(others_may_open());
	for (unsigned round = 0; round < 12; round++) {
		unsigned enough = 64U << (round < 8 ? round : 8);

		lack();
		assert_false(others_may_open());
		open_files(enough - 1);
		assert_false(others_may_open());
		open_files(1);
		assert_true(others_may_open());
	}
	ps_plan_free(bare);
}

/* Each lack starts the count anew, and a file that cannot be opened for another reason does not. */
static void test_fd_budget__a_shortage_is_over_when_nothing_has_lacked_for_long(void **state)
{
	(void)state;
	new_bare(16);
	lack();
	open_files(63);
	lack();
	open_files(32);
	assert_true(ps_fds_take(bare, true));
	ps_fds_failed(bare, false);
	open_files(31);
	assert_false(others_may_open());
	open_files(1);
	assert_true(others_may_open());
	ps_plan_free(bare);
}

/* If no descriptor can be held in reserve for the head, the others must leave it one. */
static void test_fd_budget__a_shortage_lasts_without_a_reserve(void **state)
{
	struct rlimit before, none;

	(void)state;
	new_bare(4);
	lack();
	open_files(1000);
	assert_false(others_may_open());
	ps_plan_free(bare);

	new_bare(16);
	lack();
	/* what a head without a descriptor does */
	close(bare->reserve);
	bare->reserve = -1;
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	for (unsigned i = 0; i < 1000; i++) {
		assert_true(ps_fds_take(bare, true));
		ps_fds_opened(bare);
		ps_fds_failed(bare, false);
	}
	assert_false(others_may_open());
	setrlimit(RLIMIT_NOFILE, &before);
	open_files(64);
	assert_true(others_may_open());
	assert_true(bare->reserve >= 0);
	ps_plan_free(bare);
}

/* A search that has opened nothing holds nothing; then there is a reserve before there is a file. */
static void test_fd_budget__the_reserve_comes_with_the_first_file(void **state)
{
	unsigned before = tree_open_descriptors();

	(void)state;
	new_bare(16);
	assert_int_equal(tree_open_descriptors(), before);
	assert_true(ps_fds_take(bare, false));
	assert_int_equal(tree_open_descriptors(), before + 1);
	ps_fds_failed(bare, false);
	open_files(5);
	assert_int_equal(tree_open_descriptors(), before + 1);
	ps_plan_free(bare);
	assert_int_equal(tree_open_descriptors(), before);
}

struct waiting {
	struct ps_holder holder; /* first, as it is what the hook gets */
	struct ps_bell bell;
	struct ps_thread thread;
};

static void ring(void *context, struct ps_holder *holder)
{
	(void)context;
	ps_bell_ring(&((struct waiting *)(void *)holder)->bell);
}

static uint32_t listen_at(void *context, struct ps_holder *holder)
{
	(void)context;
	return ps_bell_listen(&((struct waiting *)(void *)holder)->bell);
}

static _Atomic unsigned asleep; /* or about to be: they have looked */

static bool wait_at(void *context, struct ps_holder *holder, uint32_t heard)
{
	(void)context;
	atomic_fetch_add(&asleep, 1);
	return ps_bell_wait(&((struct waiting *)(void *)holder)->bell, heard, PS_NO_DEADLINE);
}

/* Waits for a descriptor, as a thread that found none before any was closed. */
static void *wait_for_one(void *waiting)
{
	struct ps_claim claim = { .holder = waiting };
	struct ps_attempt attempt = { 0 };

	return ps_fds_wait(bare, &claim, &attempt) == PS_FDS_AGAIN ? waiting : NULL;
}

/* In a child, as the reserve is to be descriptor 0. */
static int give_reserve(void *context)
{
	struct waiting head = { .holder.front = true };
	struct ps_claim claim = { .holder = &head.holder };
	struct ps_attempt attempt = { .head = true };

	(void)context;
	ps_bell_init(&head.bell);
	close(0);
	new_bare(16);
	bare->options.hooks = (struct ps_plan_hooks){ .wake_holder = ring, .listen = listen_at, .wait = wait_at };
	CHILD_CHECK(ps_fds_take(bare, true));
	CHILD_CHECK(bare->reserve == 0);
	ps_fds_failed(bare, true);
	CHILD_CHECK(ps_fds_wait(bare, &claim, &attempt) == PS_FDS_AGAIN);
	CHILD_CHECK(open("/dev/null", O_RDONLY) == 0);
	CHILD_CHECK(ps_fds_wait(bare, &claim, &attempt) == PS_FDS_HOPELESS);
	ps_plan_free(bare);
	CHILD_CHECK(fcntl(0, F_GETFD) >= 0); /* it is not the plan's any more */
	return 0;
}

/* A head that finds no descriptor, while nobody else works, is given the reserve; which may be descriptor 0. */
static void test_fd_budget__the_head_is_given_the_reserve_once(void **state)
{
	(void)state;
	assert_int_equal(process_child(give_reserve, NULL, NULL), 0);
}

/* As many waiters are woken as descriptors are freed in a row: the first wakes the next. */
static void test_fd_budget__each_freed_descriptor_wakes_a_waiter(void **state)
{
	struct waiting crowd[5] = { 0 };

	(void)state;
	new_bare(16);
	bare->options.hooks = (struct ps_plan_hooks){ .wake_holder = ring, .listen = listen_at, .wait = wait_at };
	for (unsigned i = 0; i < 5; i++) {
		ps_bell_init(&crowd[i].bell);
		assert_int_equal(ps_thread_start(&crowd[i].thread, i, wait_for_one, &crowd[i]), 0);
	}
	while (atomic_load(&asleep) < 5)
		sched_yield();
	for (unsigned i = 0; i < 5; i++)
		ps_fds_close(bare, dup(0));
	for (unsigned i = 0; i < 5; i++)
		ps_thread_join(&crowd[i].thread); /* never returns if one was not woken */
	assert_int_equal(bare->fd_news, 0);
	ps_plan_free(bare);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fd_budget__never_more_are_open_than_allowed),
		cmocka_unit_test(test_fd_budget__a_shortage_ends),
		cmocka_unit_test(test_fd_budget__a_shortage_is_over_when_nothing_has_lacked_for_long),
		cmocka_unit_test(test_fd_budget__a_shortage_lasts_without_a_reserve),
		cmocka_unit_test(test_fd_budget__the_reserve_comes_with_the_first_file),
		cmocka_unit_test(test_fd_budget__the_head_is_given_the_reserve_once),
		cmocka_unit_test(test_fd_budget__each_freed_descriptor_wakes_a_waiter),
		cmocka_unit_test(test_fd_budget__a_process_short_of_descriptors_goes_on_with_fewer),
	};

	alarm(patience(240));
	random_seed();
	return RUN_TESTS(tests, NULL, NULL);
}
