/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_warm_faults.c - with a warm tree, each allocation and each system call fails once.
 *
 * Whatever is done with a tree then ends with what it would have given, or with an error that says so. And the tree is
 * right afterwards: searches that use it find what those without it find, also after a file was changed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/collect.h"
#include "../support/faults.h"
#include "../support/forest.h"
#include "../support/process.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

enum { DIRECTORIES = 3, FILES = 3, TRUSTS = 4, LONG_ENOUGH = 60000, SETTLED = 30000 };

static const char *const texts[2] = { "hay\nthe noodle\nhay\n", "hay\nthe needle\nhay\n" };
static const char *const patterns[] = { "needle", "noodle", "nothing of it" };
enum { PATTERNS = sizeof(patterns) / sizeof(patterns[0]) };

static char *root, *saved;

/* What each pattern finds without a tree: as the files are, and as they were before one was changed. */
static struct transcript cold[PATTERNS];

/* --- the files --- */

static int set_up(void **state)
{
	(void)state;
	root = forest_open();
	forest_directory(root, "t");
	for (int i = 0; i < DIRECTORIES; i++) {
		char name[40];

		sprintf(name, "t/d%d", i);
		forest_directory(root, name);
		for (int k = 0; k < FILES; k++) {
			sprintf(name, "t/d%d/f%d", i, k);
			forest_text(root, name, texts[(i + k) % 3 == 0]);
		}
	}
	saved = forest_path(root, "saved");
	sleep_microseconds(SETTLED);
	return chdir(root);
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < PATTERNS; i++)
		transcript_free(&cold[i]);
	free(saved);
	if (chdir("/") != 0)
		return -1;
	forest_close(root);
	return 0;
}

static void init(struct simple *a, const char *pattern, struct search_tree *tree, uint32_t workers)
{
	simple_init(a, pattern, "t");
	a->options.workers = workers;
	a->options.tree = tree;
}

static void search_cold(void)
{
	for (int i = 0; i < PATTERNS; i++) {
		struct simple a;

		transcript_free(&cold[i]);
		init(&a, patterns[i], NULL, SEARCH_NO_WORKERS);
		assert_int_equal(collect(&a.options, TAKE_NEXT, &cold[i]), SEARCH_OK);
	}
}

static void expect_all(struct search_tree *tree, const char *what)
{
	for (int i = 0; i < PATTERNS; i++) {
		struct transcript got = { 0 };
		struct simple a;

		init(&a, patterns[i], tree, SEARCH_NO_WORKERS);
		assert_int_equal(collect(&a.options, TAKE_NEXT, &got), SEARCH_OK);
		assert_same(&cold[i], &got, what);
		transcript_free(&got);
	}
}

/* Writes a file, whose size stays, and tells the tree. */
static void turn_a_file(struct search_tree *tree)
{
	static int text;

	text = !text;
	forest_text(root, "t/d1/f1", texts[text]);
	search_cold();
	assert_int_equal(search_tree_changed(tree, "t/d1/f1"), SEARCH_OK);
}

/* --- what is done while something fails --- */

enum phase { FIRST_SEARCH, SECOND_SEARCH, LATER_SEARCH, LEARN, TELL, SAVE, LOAD, PHASES };

static const char *const phase_names[PHASES] = { "first search", "second search", "later search", "learn", "tell", "save",
						 "load" };

static struct search_tree *open_tree(uint32_t trust)
{
	struct search_tree_options o = SEARCH_TREE_OPTIONS_INIT;
	struct search_tree *tree;

	o.trust = (enum search_tree_trust)trust;
	o.learn_percent = 1000;
	assert_int_equal(search_tree_open(&tree, &o, NULL), SEARCH_OK);
	return tree;
}

/* A tree as the phase finds it. */
static struct search_tree *prepare(enum phase phase, uint32_t trust)
{
	struct search_tree *tree = open_tree(trust);

	if (phase == FIRST_SEARCH || phase == LOAD)
		return tree;
	expect_all(tree, "at first");
	if (phase == SECOND_SEARCH || phase == LEARN)
		return tree;
	assert_int_equal(search_tree_learn(tree, LONG_ENOUGH), SEARCH_OK);
	expect_all(tree, "learnt");
	expect_all(tree, "verified");
	return tree;
}

/* Searches with the tree. What the transcript allocates does not fail. */
static int search_warm(struct search_tree *tree, uint32_t workers, struct transcript *got)
{
	const struct search_item *item;
	struct search *s;
	struct simple a;
	int rc;

	init(&a, patterns[0], tree, workers);
	rc = search_open(&s, &a.options, NULL);
	if (rc != SEARCH_OK)
		return rc;
	while ((rc = search_next(s, &item)) == 1) {
		long first = atomic_exchange(&allocation.first, 0);

		transcript_add(got, item);
		atomic_store(&allocation.first, first);
	}
	search_close(s);
	return rc;
}

static int run(enum phase phase, struct search_tree *tree, uint32_t workers, struct transcript *got)
{
	switch (phase) {
	case LEARN:
		return search_tree_learn(tree, LONG_ENOUGH);
	case TELL:
		return search_tree_changed(tree, "t/d2/f2");
	case SAVE:
		return search_tree_save(tree, saved, NULL);
	case LOAD:
		return search_tree_load(tree, saved, NULL);
	default:
		return search_warm(tree, workers, got);
	}
}

/* Is each item that came one that was to come, in this order, or an error? If there is no error, all came. */
static void expect_items_or_errors(const struct transcript *want, const struct transcript *got, const char *what)
{
	size_t at = 0;
	bool errors = false;

	for (size_t i = 0; i < got->block_count; i++) {
		const char *block = got->bytes + got->blocks[i];
		size_t length = (i + 1 < got->block_count ? got->blocks[i + 1] : got->length) - got->blocks[i];

		if (strstr(block, ": kind 4 ") != NULL && strstr(block, ": kind 4 ") < block + length) {
			errors = true;
			continue;
		}
		while (at < want->block_count && (want->length - want->blocks[at] < length ||
						  memcmp(want->bytes + want->blocks[at], block, length) != 0))
			at++;
		if (at++ == want->block_count)
			fail_msg("%s: an item that should not be there: %.300s", what, block);
	}
	if (!errors)
		assert_same(want, got, what);
}

static void judge(enum phase phase, const struct fault *fault, int rc, const struct transcript *got, const char *what)
{
	bool memory = fault == &allocation, searches = phase <= LATER_SEARCH;

	if (rc < 0 && !(memory && rc == SEARCH_ENOMEM) && !(!memory && !searches && rc == SEARCH_ESYSTEM) &&
	    !(phase == LOAD && rc == SEARCH_EINVAL))
		fail_msg("%s: %s", what, search_strerror(rc));
	if (rc == SEARCH_OK && searches && memory)
		assert_same(&cold[0], got, what);
	else if (rc == SEARCH_OK && searches)
		expect_items_or_errors(&cold[0], got, what);
}

/* True: there was a call number n. */
static bool fail_once(enum phase phase, uint32_t trust, uint32_t workers, struct fault *fault, int error, long n)
{
	struct search_tree *tree = prepare(phase, trust);
	struct transcript got = { 0 };
	char what[200];
	bool reached;
	int rc;

	snprintf(what, sizeof(what), "%s, trust %u, workers %d, call %ld", phase_names[phase], trust, (int)workers, n);
	arm(fault, n, 1, error);
	rc = run(phase, tree, workers, &got);
	reached = atomic_load(&fault->calls) >= n;
	disarm_all();
	judge(phase, fault, rc, &got, what);
	transcript_free(&got);
	expect_all(tree, what);
	turn_a_file(tree);
	expect_all(tree, what);
	search_tree_close(tree);
	return reached;
}

static void fail_each(struct fault *fault, int error, const char *name)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 2 };
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct search_tree *tree;

	search_cold();
	tree = prepare(SAVE, SEARCH_TREE_STAMPS);
	assert_int_equal(search_tree_save(tree, saved, NULL), SEARCH_OK);
	search_tree_close(tree);
	for (uint32_t phase = 0; phase < PHASES; phase++) {
		long calls = 0;

		for (uint32_t i = 0; i < TRUSTS * 2; i++) {
			long n = 1;

			if (i % 2 == 1 && phase > LATER_SEARCH)
				continue; /* no search: no workers */
			if (!runs_long() && TEST_SANITIZED && i % 4 != 0)
				continue;
			while (fail_once((enum phase)phase, i / 2, workers[i % 2], fault, error, n))
				n++;
			calls += n - 1;
		}
		printf("%s: %ld calls of %s\n", phase_names[phase], calls, name);
	}
	assert_true(process_has(threads, descriptors));
}

static void test_warm_faults__each_allocation_may_fail(void **state)
{
	(void)state;
	fail_each(&allocation, ENOMEM, "malloc");
}

static void test_warm_faults__each_open_may_fail(void **state)
{
	(void)state;
	fail_each(&open_fault, EMFILE, "openat");
}

static void test_warm_faults__each_read_may_fail(void **state)
{
	(void)state;
	fail_each(&read_fault, EIO, "read");
	fail_each(&pread_fault, EIO, "pread");
}

static void test_warm_faults__each_look_may_fail(void **state)
{
	(void)state;
	fail_each(&stat_fault, EIO, "fstat");
}

static void test_warm_faults__each_listing_may_fail(void **state)
{
	(void)state;
	fail_each(&list_fault, EIO, "getdents");
}

static void test_warm_faults__each_watch_may_fail(void **state)
{
	(void)state;
	fail_each(&watch_fault, ENOSPC, "inotify_add_watch");
}

/* Opens a tree while call number n fails. True: there was one. */
static bool open_without(struct fault *fault, int error, long n, uint32_t trust)
{
	struct search_tree_options o = SEARCH_TREE_OPTIONS_INIT;
	struct search_error e = SEARCH_ERROR_INIT;
	struct search_tree *tree;
	bool reached;
	int rc;

	o.trust = (enum search_tree_trust)trust;
	arm(fault, n, 1, error);
	rc = search_tree_open(&tree, &o, &e);
	reached = atomic_load(&fault->calls) >= n;
	disarm_all();
	assert_int_equal(rc, e.code);
	assert_true(rc == SEARCH_OK || rc == (fault == &allocation ? SEARCH_ENOMEM : SEARCH_ESYSTEM));
	assert_true((tree != NULL) == (rc == SEARCH_OK) && (e.message[0] != '\0') == (rc != SEARCH_OK));
	search_tree_close(tree);
	return reached;
}

static void test_warm_faults__a_tree_is_opened_or_it_is_said_why_not(void **state)
{
	size_t descriptors = process_descriptors();

	(void)state;
	for (uint32_t trust = 0; trust < TRUSTS; trust++) {
		for (long n = 1; open_without(&allocation, ENOMEM, n, trust); n++)
			;
		for (long n = 1; open_without(&watch_fault, EMFILE, n, trust); n++)
			;
	}
	assert_int_equal(process_descriptors(), descriptors);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warm_faults__each_allocation_may_fail),
		cmocka_unit_test(test_warm_faults__each_open_may_fail),
		cmocka_unit_test(test_warm_faults__each_read_may_fail),
		cmocka_unit_test(test_warm_faults__each_look_may_fail),
		cmocka_unit_test(test_warm_faults__each_listing_may_fail),
		cmocka_unit_test(test_warm_faults__each_watch_may_fail),
		cmocka_unit_test(test_warm_faults__a_tree_is_opened_or_it_is_said_why_not),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
