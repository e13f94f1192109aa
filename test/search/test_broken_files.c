/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_broken_files.c - files with a part that cannot be read, files that become something else while they are searched,
 * and file systems that do not answer.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/archive.h"
#include "../support/call_faults.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/options.h"
#include "../support/process.h"
#include "../support/scale.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

/* Few lines end where a page does. */
enum { LINE = 60, LINES = 8192, SIZE = LINE * LINES, PAGE = 4096, LONGEST = TEST_SANITIZED ? 280 : 120 };
enum { NEEDLE_END = sizeof("line 000000 needle") - 1 };

static char *root, *broken;
static char *text;

/* Line number i, from 1: each seventh has a needle. All have the same length. */
static void write_line(char *to, int i)
{
	memset(to, '.', LINE);
	sprintf(to, "line %06d %s", i, i % 7 == 3 ? "needle" : "nothing");
	to[strlen(to)] = ' ';
	to[LINE - 1] = '\n';
}

static void tell_hang(int signal)
{
	static const char said[] = "this test has not ended in time: a search, its cancel or its close hangs\n";

	(void)signal;
	(void)!write(STDERR_FILENO, said, sizeof(said) - 1);
	_exit(1);
}

static int set_up(void **state)
{
	(void)state;
	signal(SIGALRM, tell_hang);
	root = forest_open();
	text = malloc(SIZE);
	assert_non_null(text);
	for (int i = 1; i <= LINES; i++)
		write_line(text + (size_t)(i - 1) * LINE, i);
	forest_directory(root, "t");
	forest_file(root, "t/broken", text, SIZE);
	forest_directory(root, "zip");
	forest_text(root, "t/a", "line 1 needle\n");
	forest_text(root, "t/z", "line 1 needle\n");
	broken = forest_path(root, "t/broken");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(text);
	free(broken);
	forest_close(root);
	return 0;
}

/* One search after the other must end in this time. */
static struct search *open_in_time(const struct search_options *options)
{
	alarm(patience(LONGEST));
	return open_search(options);
}

/* --- a bad block --- */

/* At the start, within the first buffer, at its borders, in the middle, and at the end. */
static const off_t bad_from[] = { 0, PAGE, 15 * PAGE, 16 * PAGE, 17 * PAGE, SIZE / 2, SIZE / 2 + PAGE, SIZE - PAGE };
enum { BAD = sizeof(bad_from) / sizeof(bad_from[0]) };

static const uint32_t worker_counts[] = { SEARCH_NO_WORKERS, 1, 3 };
enum { WORKER_COUNTS = sizeof(worker_counts) / sizeof(worker_counts[0]) };

/* The lines with a needle that end before the bad block, and one of which it cuts off only what follows the needle. */
static uint64_t count_needles(off_t bad)
{
	uint64_t lines = (uint64_t)bad / LINE;

	return (lines + 4) / 7 + (lines % 7 == 2 && bad % LINE >= NEEDLE_END);
}

/* Each matching line before the bad block came, then one ERROR, and nothing of the file after it. */
static void expect_lines_and_error(struct search *s, off_t bad, const char *what)
{
	const struct search_item *item;
	uint64_t before = ((uint64_t)bad + LINE - 1) / LINE, matches = 0, last = 0;
	unsigned errors = 0, others = 0;
	int rc;

	while ((rc = search_next(s, &item)) == 1) {
		if (strcmp(item->path + strlen(item->path) - 6, "broken") != 0) {
			others += item->kind == SEARCH_ITEM_MATCH;
			continue;
		}
		if (item->kind == SEARCH_ITEM_ERROR) {
			assert_int_equal(item->error, EIO);
			assert_int_equal(item->reason, SEARCH_REASON_READ);
			errors++;
			continue;
		}
		assert_int_equal(errors, 0);
		assert_true(item->line > last && item->line <= before);
		last = item->line;
		if (item->kind != SEARCH_ITEM_MATCH)
			continue;
		assert_int_equal(item->line % 7, 3);
		matches++;
	}
	assert_int_equal(rc, SEARCH_OK);
	if (others != 2)
		fail_msg("%s, bad from %lld: of the other files %u items", what, (long long)bad, others);
	if (matches != count_needles(bad) || errors != 1)
		fail_msg("%s, bad from %lld: %llu matches of %llu, %u errors of 1", what, (long long)bad,
			 (unsigned long long)matches, (unsigned long long)count_needles(bad), errors);
}

static void test_broken_files__what_is_before_a_bad_block_is_searched(void **state)
{
	static const struct {
		const char *what, *pattern;
		uint32_t flags, split_bytes, before, after;
		const char *encoding;
	} cases[] = {
		{ .what = "whole", .pattern = "needle" },
		{ .what = "parts", .pattern = "needle", .split_bytes = 8 * PAGE },
		{ .what = "parts with context", .pattern = "needle", .split_bytes = 8 * PAGE, .before = 2, .after = 1 },
		{ .what = "context", .pattern = "n.edle", .before = 3 },
		{ .what = "decoded", .pattern = "needle", .encoding = "koi8-r" },
		{ .what = "look-around", .pattern = "(?<=\\d )needle" },
	};

	(void)state;
	for (size_t i = 0; i < BAD * WORKER_COUNTS * sizeof(cases) / sizeof(cases[0]); i++) {
		size_t k = i / BAD / WORKER_COUNTS;
		off_t bad = bad_from[i % BAD];
		char *place = forest_path(root, "t");
		struct simple a;
		struct search *s;

		simple_init(&a, cases[k].pattern, place);
		set_flags(&a.options, cases[k].flags);
		a.options.workers = worker_counts[i / BAD % WORKER_COUNTS];
		a.options.split_bytes = cases[k].split_bytes;
		a.options.before_context = cases[k].before;
		a.options.after_context = cases[k].after;
		a.options.encoding = cases[k].encoding;
		spoil_file(broken, bad);
		s = open_in_time(&a.options);
		expect_lines_and_error(s, bad, cases[k].what);
		search_close(s);
		spoil_file(NULL, -1);
		free(place);
	}
}

struct found {
	unsigned matches, errors;
};

/* Searches a file that can be read up to `bad`; -1: all of it. Nothing comes after an error. */
static struct found search_to(const char *place, const char *pattern, uint32_t flags, off_t bad)
{
	const struct search_item *item;
	struct found found = { 0 };
	uint64_t last = 0;
	struct simple a;
	struct search *s;

	simple_init(&a, pattern, place);
	set_flags(&a.options, flags);
	spoil_file(place, bad);
	s = open_in_time(&a.options);
	while (search_next(s, &item) == 1) {
		bool error = item->kind == SEARCH_ITEM_ERROR;

		assert_int_equal(found.errors, 0);
		assert_true(error || item->line > last);
		assert_true(!error || bad < 0 || item->error == EIO);
		last = error ? last : item->line;
		found.matches += item->kind == SEARCH_ITEM_MATCH;
		found.errors += error;
	}
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	search_close(s);
	spoil_file(NULL, -1);
	return found;
}

/* Of compressed data, and of a text that is searched as a whole, is found what a copy that ends there has. */
static void test_broken_files__a_bad_block_is_an_error_of_any_search(void **state)
{
	char *place = forest_path(root, "zip/z"), *cut = forest_path(root, "zip/cut");

	(void)state;
	for (size_t p = 0; p <= archive_program_count; p++) {
		bool whole = p == archive_program_count;
		const char *pattern = whole ? "needle *\\.*\nline" : "needle";
		uint32_t flags = whole ? SEARCH_MATCH_MULTILINE : SEARCH_MATCH_DECOMPRESS;
		struct archive a = { (uint8_t *)text, SIZE };
		unsigned before = 0;

		if (!whole && !archive_can(&archive_programs[p]))
			continue;
		if (!whole)
			a = archive_make(archive_programs[p].command, text, SIZE);
		forest_file(root, "zip/z", a.bytes, a.size);
		for (off_t size = (off_t)a.size, bad = 0; bad < size; bad += (size / PAGE / 3 + 1) * PAGE) {
			struct found got = search_to(place, pattern, flags, bad), want;

			forest_file(root, "zip/cut", a.bytes, (size_t)bad);
			want = search_to(cut, pattern, flags, -1);
			if (got.matches != want.matches || got.errors != 1)
				fail_msg("%s, bad from %lld: %u matches of %u, %u errors of 1",
					 whole ? "as a whole" : archive_programs[p].command, (long long)bad, got.matches,
					 want.matches, got.errors);
			before += got.matches;
		}
		assert_true(!whole || before > 0);
		if (!whole)
			archive_free(&a);
		unlink(place);
	}
	unlink(cut);
	free(place);
	free(cut);
}

/* --- what becomes something else --- */

static char *changing;

static void turn_into_directory(void)
{
	unlink(changing);
	mkdir(changing, 0700);
}

static void turn_into_fifo(void)
{
	unlink(changing);
	(void)!mkfifo(changing, 0600);
}

static void turn_into_link(void)
{
	unlink(changing);
	(void)!symlink("/dev/zero", changing);
}

static void turn_into_link_to_file(void)
{
	unlink(changing);
	(void)!symlink("a", changing);
}

static void vanish(void)
{
	unlink(changing);
	rmdir(changing);
}

static void turn_directory_into_file(void)
{
	rmdir(changing);
	close(creat(changing, 0600));
}

/* Between the listing and the opening: it is one ERROR, or nothing that matches, and the search goes on. */
static void test_broken_files__a_file_may_become_anything(void **state)
{
	static const struct {
		const char *what;
		void (*turn)(void);
		bool directory; /* before */
		int error;
		enum search_reason reason;
	} cases[] = {
		{ "a file becomes a directory", turn_into_directory, false, EISDIR, SEARCH_REASON_READ },
		{ "a file becomes a FIFO", turn_into_fifo, false, 0, SEARCH_REASON_NONE },
		{ "a file becomes a link to another", turn_into_link_to_file, false, ELOOP, SEARCH_REASON_OPEN },
		{ "a file becomes a link to a device", turn_into_link, false, ELOOP, SEARCH_REASON_OPEN },
		{ "a file vanishes", vanish, false, ENOENT, SEARCH_REASON_OPEN },
		{ "a directory vanishes", vanish, true, ENOENT, SEARCH_REASON_OPEN },
		{ "a directory becomes a file", turn_directory_into_file, true, ENOTDIR, SEARCH_REASON_OPEN },
	};
	size_t threads = process_threads(), descriptors = process_descriptors();

	(void)state;
	forest_directory(root, "change");
	forest_text(root, "change/a", "a needle\n");
	forest_text(root, "change/z", "a needle\n");
	for (size_t i = 0; i < 2 * WORKER_COUNTS * sizeof(cases) / sizeof(cases[0]); i++) {
		size_t k = i / 2 / WORKER_COUNTS;
		const struct search_item *item;
		unsigned errors = 0, matches = 0;
		char *place = forest_path(root, "change");
		struct simple a;
		struct search *s;
		int rc;

		changing = forest_path(root, "change/m");
		if (cases[k].directory)
			forest_directory(root, "change/m");
		else
			forest_text(root, "change/m", "no such thing\n");
		simple_init(&a, "needle", place);
		a.options.workers = worker_counts[i / 2 % WORKER_COUNTS];
		if (i % 2 == 1)
			add_flags(&a.options, SEARCH_RESULT_FILE_INFO);
		before_open("m", cases[k].turn);
		s = open_in_time(&a.options);
		while ((rc = search_next(s, &item)) == 1) {
			matches += item->kind == SEARCH_ITEM_MATCH;
			if (item->kind != SEARCH_ITEM_ERROR)
				continue;
			assert_string_equal(item->path, changing);
			if (item->error != cases[k].error || item->reason != cases[k].reason)
				fail_msg("%s: %s, reason %d", cases[k].what, item->message, (int)item->reason);
			errors++;
		}
		assert_int_equal(rc, SEARCH_OK);
		search_close(s);
		before_open("", NULL);
		if (matches != 2 || errors != (cases[k].error != 0))
			fail_msg("%s: %u matches of 2, %u errors of %d", cases[k].what, matches, errors,
				 cases[k].error != 0);
		vanish();
		free(changing);
		free(place);
	}
	assert_true(process_has(threads, descriptors));
}

/* --- a mount that hangs --- */

static const struct { enum hang what; const char *name; } hangs[] = {
	{ HANGS_OPEN, "hung/m" }, { HANGS_OPEN, "hung/d" }, { HANGS_READ, "hung/m" }, { HANGS_LIST, "hung/d" },
};
enum { HANGS = sizeof(hangs) / sizeof(hangs[0]) };

static char *hung, *hung_in; /* the latter is compared by threads of searches: it stays until the next one hangs */

/* Closes the gate. What is opened is known by the end of its path, all else by what it is. */
static void hang(size_t i)
{
	free(hung_in);
	hung_in = forest_path(root, hangs[i].name);
	close_gate(hangs[i].what, hangs[i].what == HANGS_OPEN ? strrchr(hung_in, '/') + 1 : hung_in);
}

static void wait_for_hang(void)
{
	while (atomic_load(&hanging) == 0)
		sleep_microseconds(500);
}

static void recover(void)
{
	open_gate();
	while (atomic_load(&hanging) > 0)
		sleep_microseconds(500);
}

static struct search *search_hung(struct search_pool *pool, struct simple *a)
{
	struct search *s;

	simple_init(a, "needle", hung);
	a->options.pool = pool;
	a->options.caller_flags = SEARCH_CALLER_NO_HELP;
	s = open_in_time(&a->options);
	assert_true(search_fd(s) >= 0);
	return s;
}

static void plant_hung(void)
{
	hung = forest_path(root, "hung");
	if (access(hung, F_OK) == 0)
		return;
	forest_directory(root, "hung");
	forest_directory(root, "hung/d");
	forest_text(root, "hung/d/f", "a needle\n");
	forest_text(root, "hung/m", "a needle\n");
}

static void *cancel_when_it_hangs(void *search)
{
	wait_for_hang();
	search_cancel(search);
	return NULL;
}

/* search_cancel() ends the wait of a caller that does not help, at once; the thread goes on hanging. */
static void test_broken_files__a_caller_need_not_wait_for_a_mount_that_hangs(void **state)
{
	size_t threads = process_threads(), descriptors = process_descriptors();

	(void)state;
	plant_hung();
	for (size_t i = 0; i < 2 * HANGS; i++) {
		struct search_pool *pool = NULL;
		const struct search_item *item;
		struct search *s;
		struct simple a;
		pthread_t thread;
		int rc;

		if (i / HANGS == 1)
			assert_int_equal(search_pool_open(&pool, NULL, NULL), SEARCH_OK);
		hang(i % HANGS);
		s = search_hung(pool, &a);
		assert_int_equal(pthread_create(&thread, NULL, cancel_when_it_hangs, s), 0);
		while ((rc = search_next(s, &item)) == 1)
			;
		assert_int_equal(rc, SEARCH_ECANCELED);
		pthread_join(thread, NULL);
		assert_true(atomic_load(&hanging) > 0);
		if (pool != NULL)
			search_close(s); /* it does not wait either */
		recover();
		if (pool == NULL)
			search_close(s);
		search_pool_close(pool);
	}
	free(hung);
	assert_true(process_has(threads, descriptors));
}

static _Atomic bool closed;

static void *close_it(void *search)
{
	search_close(search);
	atomic_store(&closed, true);
	return NULL;
}

/* A search with threads of its own joins them: search_close() returns when the call that hangs does, and not before. */
static void test_broken_files__close_waits_for_a_thread_of_its_own(void **state)
{
	(void)state;
	plant_hung();
	for (size_t i = 0; i < HANGS; i++) {
		struct search *s;
		struct simple a;
		pthread_t thread;

		hang(i);
		s = search_hung(NULL, &a);
		wait_for_hang();
		atomic_store(&closed, false);
		assert_int_equal(pthread_create(&thread, NULL, close_it, s), 0);
		sleep_microseconds(50000);
		assert_false(atomic_load(&closed));
		recover();
		pthread_join(thread, NULL);
		assert_true(atomic_load(&closed));
	}
	free(hung);
}

/* In a pool the other searches go on, and find all. */
static void test_broken_files__other_searches_of_a_pool_go_on(void **state)
{
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;
	size_t threads = process_threads(), descriptors = process_descriptors();

	(void)state;
	plant_hung();
	options.workers = 4; /* a search may keep two of them: one for each entry that is hung */
	for (size_t i = 0; i < HANGS; i++) {
		struct transcript want = { 0 }, got = { 0 };
		struct search_pool *pool;
		struct search *s;
		struct simple a, b;
		char *place = forest_path(root, "t");

		assert_int_equal(search_pool_open(&pool, &options, NULL), SEARCH_OK);
		simple_init(&b, "needle", place);
		b.options.split_bytes = 8 * PAGE;
		collect(&b.options, TAKE_NEXT, &want);
		hang(i);
		s = search_hung(pool, &a);
		wait_for_hang();
		b.options.pool = pool;
		assert_int_equal(collect(&b.options, TAKE_NEXT, &got), SEARCH_OK);
		assert_same(&want, &got, "beside a search that hangs");
		assert_true(atomic_load(&hanging) > 0);
		search_close(s);
		recover();
		search_pool_close(pool);
		transcript_free(&want);
		transcript_free(&got);
		free(place);
	}
	free(hung);
	assert_true(process_has(threads, descriptors));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken_files__what_is_before_a_bad_block_is_searched),
		cmocka_unit_test(test_broken_files__a_bad_block_is_an_error_of_any_search),
		cmocka_unit_test(test_broken_files__a_file_may_become_anything),
		cmocka_unit_test(test_broken_files__a_caller_need_not_wait_for_a_mount_that_hangs),
		cmocka_unit_test(test_broken_files__close_waits_for_a_thread_of_its_own),
		cmocka_unit_test(test_broken_files__other_searches_of_a_pool_go_on),
	};

#ifdef IN_POOL
	puts("it counts threads and descriptors, and has pools of its own");
	return 77;
#endif
	return RUN_TESTS(tests, set_up, tear_down);
}
