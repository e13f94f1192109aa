/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_closed_stdin.c - in a program whose standard input is closed, descriptor 0 is one that the library may get. It is as
 * good as any other, and is closed in the end.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/options.h"
#include "../support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

enum with { ALONE, WITH_POOL, WITH_TREE, WITH_WATCHED_TREE };

enum piped { NO_PIPE, PIPE, PIPE_ABOVE }; /* the last: its descriptors leave 0 to the library */

/* What is opened first gets descriptor 0: a file or directory, what wakes the caller, what watches, a pipe. */
static const struct kind {
	const char *name;
	enum with with;
	uint32_t workers, flags;
	enum take how;
	enum piped pipe;
} kinds[] = {
	{ "the caller alone", ALONE, SEARCH_NO_WORKERS, 0, TAKE_NEXT, NO_PIPE },
	{ "workers", ALONE, 2, 0, TAKE_NEXT, NO_PIPE },
	{ "an event descriptor", ALONE, 2, 0, TAKE_POLL, NO_PIPE },
	{ "a socket", ALONE, 2, SEARCH_RESULT_SOCKET, TAKE_POLL, NO_PIPE },
	{ "a list", ALONE, 1, SEARCH_RESULT_LIST, TAKE_NEXT, NO_PIPE },
	{ "rules", ALONE, 1, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_TRACKED | SEARCH_WALK_IGNORE_FILES, TAKE_NEXT,
	  NO_PIPE },
	{ "links followed", ALONE, 1, SEARCH_WALK_FOLLOW, TAKE_NEXT, NO_PIPE },
	{ "a pool", WITH_POOL, 0, 0, TAKE_NEXT, NO_PIPE },
	{ "a pipe", ALONE, 1, 0, TAKE_NEXT, PIPE },
	{ "a pipe in a pool", WITH_POOL, 0, 0, TAKE_NEXT, PIPE },
	{ "what wakes the one that waits for pipes", WITH_POOL, 0, 0, TAKE_NEXT, PIPE_ABOVE },
	{ "a warm tree", WITH_TREE, 1, 0, TAKE_NEXT, NO_PIPE },
	{ "a watched tree", WITH_WATCHED_TREE, 1, 0, TAKE_NEXT, NO_PIPE },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), LENGTH = 9, SETTLED = 30000 };

static char *tree, *saved;

static int set_up(void **state)
{
	(void)state;
	tree = forest_open();
	forest_directory(tree, "t");
	forest_directory(tree, "t/.git");
	forest_directory(tree, "t/d");
	forest_text(tree, "t/.gitignore", "nothing\n");
	forest_text(tree, "t/.ignore", "none\n");
	forest_text(tree, "t/d/f", "a needle\nand a needle\n");
	forest_text(tree, "t/d/g", "none\n");
	forest_text(tree, "t/f", "the needle\n");
	forest_link(tree, "t/l", "d/f");
	saved = forest_path(tree, "saved");
	sleep_microseconds(SETTLED);
	return chdir(tree);
}

static int tear_down(void **state)
{
	(void)state;
	free(saved);
	if (chdir("/") != 0)
		return -1;
	forest_close(tree);
	return 0;
}

static int make_pipe(int ends[2], bool above)
{
	enum { ABOVE = 100 };

	if (pipe(ends) != 0)
		return -1;
	for (int i = 0; above && i < 2; i++) {
		int fd = fcntl(ends[i], F_DUPFD, ABOVE);

		close(ends[i]);
		ends[i] = fd;
	}
	return ends[0] >= 0 && ends[1] >= 0 ? 0 : -1;
}

/* Searches twice, since a warm tree learns first. Counts the items; -1: something is wrong. */
static long search_twice(const struct kind *kind, struct search_pool *pool, struct search_tree *warm)
{
	long items = 0;

	for (int i = 0; i < 2; i++) {
		const struct search_item *item;
		int ends[2] = { -1, -1 }, rc;
		struct simple a;
		struct search *s;

		simple_init(&a, "needle", "t");
		set_flags(&a.options, kind->flags);
		a.options.workers = kind->workers;
		a.options.pool = pool;
		a.options.tree = warm;
		if (kind->pipe) {
			if (make_pipe(ends, kind->pipe == PIPE_ABOVE) != 0)
				return -1;
			a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = ends[0] };
		}
		if (search_open(&s, &a.options, NULL) != SEARCH_OK)
			return -1;
		if (kind->pipe) {
			sleep_microseconds(1000);
			if (write(ends[1], "a needle\n", LENGTH) != LENGTH)
				return -1;
			close(ends[1]);
		}
		while ((rc = take_item(s, kind->how, &item)) == 1) {
			items++;
			if (item->kind == SEARCH_ITEM_ERROR)
				return -1;
		}
		search_close(s);
		if (ends[0] >= 0)
			close(ends[0]);
		if (rc != SEARCH_OK)
			return -1;
	}
	return items;
}

static long live(const struct kind *kind)
{
	struct search_pool_options of_pool = SEARCH_POOL_OPTIONS_INIT;
	struct search_tree_options of_tree = SEARCH_TREE_OPTIONS_INIT;
	struct search_pool *pool = NULL;
	struct search_tree *warm = NULL;
	long items;

	of_pool.workers = 2;
	of_tree.trust = kind->with == WITH_WATCHED_TREE ? SEARCH_TREE_WATCHED : SEARCH_TREE_STAMPS;
	if (kind->with == WITH_POOL && search_pool_open(&pool, &of_pool, NULL) != SEARCH_OK)
		return -1;
	if (kind->with >= WITH_TREE && search_tree_open(&warm, &of_tree, NULL) != SEARCH_OK)
		return -1;
	items = search_twice(kind, pool, warm);
	if (warm != NULL && (search_tree_save(warm, saved, NULL) != SEARCH_OK || search_tree_load(warm, saved, NULL) != SEARCH_OK))
		items = -1;
	search_pool_close(pool);
	search_tree_close(warm);
	return items;
}

static int live_without_input(void *context)
{
	const struct kind *kind = context;
	long want = live(kind), got;
	size_t descriptors;

	close(0);
	descriptors = process_descriptors();
	got = live(kind);
	CHILD_CHECK(want > 0);
	CHILD_CHECK(got == want);
	CHILD_CHECK(fcntl(0, F_GETFD) < 0);
	CHILD_CHECK(process_descriptors() == descriptors);
	return 0;
}

static void test_closed_stdin__descriptor_0_is_as_good_as_any(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		struct kind kind = kinds[i];

		if (process_child(live_without_input, &kind, NULL) != 0)
			fail_msg("%s", kind.name);
	}
}

/* A worker waits for a pipe. The first descriptor that the library gets is to wake it when the search is over. */
static int cancel_by_descriptor_0(void *context)
{
	enum { PATIENCE_MS = 10000 };
	struct pollfd wakes = { .fd = 0, .events = POLLIN };
	int ends[2], got;
	struct simple a;
	struct search *s;

	(void)context;
	close(0);
	CHILD_CHECK(make_pipe(ends, true) == 0);
	simple_init(&a, "needle", "t");
	a.options.workers = 1;
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = ends[0] };
	CHILD_CHECK(search_open(&s, &a.options, NULL) == SEARCH_OK);
	for (int i = 0; i < PATIENCE_MS && fcntl(0, F_GETFD) < 0; i++)
		sleep_microseconds(1000);
	CHILD_CHECK(fcntl(0, F_GETFD) >= 0);
	search_cancel(s);
	got = poll(&wakes, 1, PATIENCE_MS);
	CHILD_CHECK(got == 1 && wakes.revents == POLLIN);
	search_close(s);
	CHILD_CHECK(fcntl(0, F_GETFD) < 0);
	return 0;
}

static void test_closed_stdin__a_cancel_wakes_by_descriptor_0(void **state)
{
	(void)state;
	assert_int_equal(process_child(cancel_by_descriptor_0, NULL, NULL), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed_stdin__descriptor_0_is_as_good_as_any),
		cmocka_unit_test(test_closed_stdin__a_cancel_wakes_by_descriptor_0),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
