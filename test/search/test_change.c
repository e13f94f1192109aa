/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_change.c - files that are truncated, grow, vanish or appear while they
 * are searched; and very many files.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

enum { LINE = 16 };

static char *root, *big;
static char *text;
static uint32_t size; /* of the text */

static int set_up(void **state)
{
	(void)state;
	size = (uint32_t)how_much(1 << 20, SCALED(4 << 20)) / LINE * LINE;
	text = malloc(size);
	if (text == NULL)
		return 1;
	for (size_t i = 0; i < size; i += LINE)
		memcpy(text + i, "fifteen needle.\n", LINE);
	root = forest_open_in_memory();
	big = forest_path(root, "a");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(text);
	free(big);
	forest_close(root);
	return 0;
}

/* Takes all items: the lines before a change must be whole and in order. Returns the number of lines. */
static uint64_t take_lines(struct search *s)
{
	const struct search_item *item;
	uint64_t lines = 0;
	int rc;

	while ((rc = search_next(s, &item)) == 1) {
		if (item->kind != SEARCH_ITEM_MATCH)
			continue;
		assert_int_equal(item->line, ++lines);
		assert_int_equal(item->offset, (lines - 1) * LINE);
		assert_true(item->length <= LINE - 1);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	return lines;
}

static struct search *start(uint32_t workers)
{
	struct search *s;
	struct simple a;

	forest_file(root, "a", text, size);
	simple_init(&a, "needle", root);
	a.options.workers = workers;
	a.options.max_queued_matches = 64;
	s = open_search(&a.options);
	return s;
}

static void test_change__a_truncated_file_keeps_what_was_found(void **state)
{
	struct dice d = { random_seed() };

	(void)state;
	for (uint32_t n = 0, rounds = (uint32_t)how_many_rounds(32, 100); n < rounds; n++) {
		struct search *s = start(n % 4 == 0 ? SEARCH_NO_WORKERS : n % 4);
		const struct search_item *item;
		uint64_t taken = dice_below(&d, 1000), left = dice_below(&d, size);

		for (uint64_t i = 0; i < taken; i++)
			assert_int_equal(search_next(s, &item), 1);
		sleep_microseconds(dice_below(&d, 300));
		assert_int_equal(truncate(big, (off_t)left), 0);
		/* what was found stays, and the run ends; the file is no longer than it was */
		for (uint64_t i = taken; search_next(s, &item) == 1; i++) {
			assert_int_equal(item->kind, SEARCH_ITEM_MATCH);
			assert_int_equal(item->line, i + 1);
			taken = i + 1;
		}
		assert_true(taken <= size / LINE);
		assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
		search_close(s);
	}
}

struct changer {
	_Atomic bool stop;
	pthread_t thread;
	uint64_t seed;
};

static void *keep_changing(void *context)
{
	struct changer *c = context;
	struct dice d = { c->seed };

	while (!atomic_load(&c->stop)) {
		int fd;

		switch (dice_below(&d, 4)) {
		case 0:
			(void)!truncate(big, (off_t)(dice_below(&d, size / LINE) * LINE));
			break;
		case 1:
			fd = open(big, O_WRONLY | O_APPEND | O_CLOEXEC);
			if (fd >= 0) {
				(void)!write(fd, text, dice_below(&d, size / LINE / 8) * (size_t)LINE);
				close(fd);
			}
			break;
		case 2:
			unlink(big);
			break;
		default:
			fd = open(big, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
			(void)!write(fd, text, size / 4);
			close(fd);
		}
		sleep_microseconds(dice_below(&d, 300));
	}
	return NULL;
}

static void test_change__a_file_may_change_all_the_time(void **state)
{
	struct changer c = { .seed = random_seed() };

	(void)state;
	forest_file(root, "a", text, size);
	assert_int_equal(pthread_create(&c.thread, NULL, keep_changing, &c), 0);
	for (uint32_t n = 0, rounds = (uint32_t)how_many_rounds(32, SCALED(100)); n < rounds; n++) {
		struct simple a;
		struct search *s;
		const struct search_item *item;
		int rc;

		simple_init(&a, "needle", root);
		a.options.workers = n % 4 == 0 ? SEARCH_NO_WORKERS : n % 4;
		s = open_search(&a.options);
		while ((rc = search_next(s, &item)) == 1)
			;
		assert_int_equal(rc, 0);
		search_close(s);
	}
	atomic_store(&c.stop, true);
	pthread_join(c.thread, NULL);
}

static void test_change__a_file_may_grow_while_it_is_read(void **state)
{
	(void)state;
	for (uint32_t workers = 1; workers < 4; workers++) {
		struct search *s = start(workers);
		int fd = open(big, O_WRONLY | O_APPEND | O_CLOEXEC);

		for (int i = 0; i < 20; i++)
			assert_int_equal(write(fd, text, 1 << 16), 1 << 16);
		close(fd);
		assert_in_range(take_lines(s), size / LINE, size / LINE + 20 * (1 << 16) / LINE);
		search_close(s);
	}
	unlink(big);
}

/* A file is found; or, removed after it was listed, is an ERROR in its place; or was never listed. */
static void test_change__a_file_may_vanish_before_it_is_opened(void **state)
{
	size_t vanished = 0;

	(void)state;
	for (uint32_t n = 0, rounds = (uint32_t)how_many_rounds(12, 30); n < rounds; n++) {
		const struct search_item *item;
		char *tree = forest_open_in_memory(), *path;
		struct search *s;
		struct simple a;
		uint32_t i = 0;

		forest_many(tree, 1000);
		simple_init(&a, "needle", tree);
		a.options.workers = n % 3 == 0 ? SEARCH_NO_WORKERS : n % 3;
		a.options.max_queued_matches = 1;
		s = open_search(&a.options);
		for (; i < n; i++)
			assert_int_equal(search_next(s, &item), 1);
		path = forest_path(tree, "00009/00950");
		assert_int_equal(unlink(path), 0);
		for (; search_next(s, &item) == 1; i++) {
			uint32_t number = (uint32_t)strtoul(strrchr(item->path, '/') + 1, NULL, 10);
			bool error = item->kind == SEARCH_ITEM_ERROR, unlisted = i == 950 && number == 951;

			assert_int_equal(item->error, error ? ENOENT : 0);
			assert_true(!error || number == 950);
			i += unlisted;
			assert_int_equal(number, i);
			vanished += error || unlisted;
		}
		assert_int_equal(i, 1000);
		assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
		search_close(s);
		free(path);
		forest_close(tree);
	}
	assert_true(vanished > 0);
}

/* --- very many files --- */

struct count {
	const char *path;
	uint32_t files, workers;
	uint32_t flags;
};

static int count_files(void *context)
{
	const struct count *c = context;
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	uint64_t items = 0;
	struct search *s;
	struct simple a;

	simple_init(&a, "needle", c->path);
	a.options.workers = c->workers;
	set_flags(&a.options, c->flags);
	s = open_search(&a.options);
	while (search_next(s, &item) == 1)
		items += item->kind == SEARCH_ITEM_MATCH;
	search_stats(s, &stats);
	CHILD_CHECK(items == c->files);
	CHILD_CHECK(stats.files_searched == c->files && stats.files_found == c->files);
	CHILD_CHECK(stats.directories == c->files / 100 + 1);
	search_close(s);
	return 0;
}

static void test_change__memory_is_flat_on_many_files(void **state)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 2, 8 };
	uint32_t few_files = SCALED(10000) / 100 * 100, many_files = SCALED(100000) / 100 * 100;
	char *few = forest_open_in_memory(), *many = forest_open_in_memory();

	(void)state;
	forest_many(few, few_files);
	forest_many(many, many_files);
	for (int i = runs_long() ? 0 : 2; i < 3; i++) {
		struct count c = { few, few_files, workers[i], 0 };
		long small, large;

		assert_int_equal(process_child(count_files, &c, &small), 0);
		c.path = many;
		c.files = many_files;
		assert_int_equal(process_child(count_files, &c, &large), 0);
		printf("workers %d: %ld KiB, %ld KiB\n", (int)workers[i], small, large);
		if (!TEST_SANITIZED)
			assert_true(large < small + 12 * 1024); /* the window fills up; 90,000 names take more */
	}
	forest_close(few);
	forest_close(many);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change__a_truncated_file_keeps_what_was_found),
		cmocka_unit_test(test_change__a_file_may_change_all_the_time),
		cmocka_unit_test(test_change__a_file_may_grow_while_it_is_read),
		cmocka_unit_test(test_change__a_file_may_vanish_before_it_is_opened),
		cmocka_unit_test(test_change__memory_is_flat_on_many_files),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
