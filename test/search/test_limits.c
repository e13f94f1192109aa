/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_limits.c - limits on open files, queued and delivered items, time and
 * sizes; memory does not grow with the size of a file.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/process.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

static const uint32_t worker_counts[] = { SEARCH_NO_WORKERS, 1, 2, 8 };
enum { WORKER_COUNTS = sizeof(worker_counts) / sizeof(worker_counts[0]) };

static char *tree;  /* generated */
static char *dense; /* files full of matches */
static int dense_files;

static int set_up(void **state)
{
	char text[64 * 600 + 1] = "";

	(void)state;
	tree = forest_open();
	forest_generate(tree, random_seed(), SCALED(300));
	dense = forest_open();
	for (int i = 0; i < 600; i++)
		sprintf(text + strlen(text), "needle in line %d of this file\n", i);
	dense_files = (int)how_much(16, SCALED(40));
	for (int i = 0; i < dense_files; i++) {
		char name[32];

		sprintf(name, "%c", 'a' + i / 10);
		if (i % 10 == 0)
			forest_directory(dense, name);
		sprintf(name, "%c/%d", 'a' + i / 10, i);
		forest_text(dense, name, text);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	forest_close(tree);
	forest_close(dense);
	return 0;
}

/* --- high-water marks --- */

struct watcher {
	_Atomic bool stop;
	_Atomic size_t most; /* descriptors that were seen; 0: it has not looked yet */
	pthread_t thread;
};

static void *watch(void *context)
{
	struct watcher *w = context;

	while (!atomic_load(&w->stop)) {
		size_t now = process_descriptors(), most = atomic_load(&w->most);

		atomic_store(&w->most, now > most ? now : most);
		sleep_microseconds(runs_long() ? 20 : 200);
	}
	return NULL;
}

/* Takes all items, and pauses now and then, so that the queues fill up. */
static void take_slowly(struct search *s)
{
	const struct search_item *item;

	for (uint64_t n = 0; search_next(s, &item) == 1; n++)
		if (n % 4000 == 1)
			sleep_microseconds(2000);
}

static void check_marks(const struct search_options *options)
{
	struct search_stats stats = SEARCH_STATS_INIT;
	struct watcher watcher = { .most = 0 };
	size_t before = process_descriptors();
	struct search *s;

	assert_int_equal(pthread_create(&watcher.thread, NULL, watch, &watcher), 0);
	while (atomic_load(&watcher.most) == 0)
		sleep_microseconds(20);
	s = open_search(options);
	take_slowly(s);
	assert_int_equal(search_stats(s, &stats), SEARCH_OK);
	search_close(s);
	atomic_store(&watcher.stop, true);
	pthread_join(watcher.thread, NULL);
	assert_in_range(stats.peak_open_files, 1, options->max_open_files);
	assert_in_range(stats.peak_queued_matches, 0, options->max_queued_matches);
	/* one more item; three if unordered, see queue.h; no item is larger than this here */
	assert_in_range(stats.peak_queued_bytes, 0,
			options->max_queued_bytes + (get_flags(options) & SEARCH_RESULT_UNORDERED ? 3U : 1U) * 256);
	/* the watcher's own descriptor is not counted, but may be seen while it is closed */
	if (!TEST_SANITIZED) /* a sanitizer opens files of its own while a thread starts */
		assert_in_range(watcher.most, before, before + options->max_open_files);
}

static void test_limits__no_limit_is_exceeded(void **state)
{
	static const uint32_t matches[] = { 1, 2, 7, 1000 }, files[] = { 2, 3, 5, 20 };
	static const uint64_t bytes[] = { 1, 300, 5000, 1000000 };
	static const uint32_t flags[] = { 0, SEARCH_RESULT_UNORDERED };
	struct simple a;

	(void)state;
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++) {
			simple_init(&a, "needle", dense);
			set_flags(&a.options, flags[(i + j) % 2]);
			a.options.workers = worker_counts[1 + (i + j) % 3];
			a.options.max_queued_matches = matches[i];
			a.options.max_queued_bytes = bytes[j];
			a.options.max_open_files = files[(i + j) % 4];
			check_marks(&a.options);
		}
}

static void test_limits__stats_add_up(void **state)
{
	struct simple a;

	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++) {
		struct search_stats stats = SEARCH_STATS_INIT;
		const struct search_item *item;
		uint64_t matches = 0, bytes = 0, ends = 0, errors = 0;
		struct search *s;

		simple_init(&a, "needle", tree);
		set_flags(&a.options, SEARCH_RESULT_FILE_ENDS | SEARCH_WALK_FOLLOW | SEARCH_MATCH_TEXT); /* every file to its end */
		a.options.workers = worker_counts[i];
		s = open_search(&a.options);
		while (search_next(s, &item) == 1) {
			errors += item->kind == SEARCH_ITEM_ERROR;
			ends += item->kind == SEARCH_ITEM_FILE_END;
			matches += item->matches;
			bytes += item->bytes;
		}
		assert_int_equal(search_stats(s, &stats), SEARCH_OK);
		assert_int_equal(stats.matches, matches);
		assert_int_equal(stats.bytes, bytes);
		assert_int_equal(stats.errors, errors);
		assert_int_equal(stats.files_searched, ends);
		assert_int_equal(stats.files_found, ends + stats.files_skipped + errors);
		assert_in_range(stats.workers, i > 0, i == 0 ? 0 : worker_counts[i]);
		search_close(s);
	}
}

/* --- exact limits --- */

static bool is_prefix(const struct transcript *part, const struct transcript *whole)
{
	return part->length <= whole->length &&
	       (part->length == 0 || memcmp(part->bytes, whole->bytes, part->length) == 0);
}

static void test_limits__first_matches_in_order(void **state)
{
	static const uint64_t limits[] = { 1, 2, 99, 600, 601, 2500 };
	struct transcript all = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", dense);
	collect(&a.options, TAKE_NEXT, &all);
	for (int i = 0; i < WORKER_COUNTS; i++)
		for (size_t j = 0; j < sizeof(limits) / sizeof(limits[0]); j++) {
			struct transcript some = { 0 };
			struct search *s;

			a.options.workers = worker_counts[i];
			a.options.max_matches = limits[j];
			s = open_search(&a.options);
			assert_int_equal(collect_items(s, (enum take)(j % TAKE_COUNT), &some), SEARCH_OK);
			assert_int_equal(search_outcome(s), SEARCH_OUTCOME_LIMITED);
			search_close(s);
			assert_int_equal(some.items, limits[j]);
			assert_true(is_prefix(&some, &all));
			transcript_free(&some);
		}
	transcript_free(&all);
}

static void test_limits__a_search_below_its_limit_is_complete(void **state)
{
	struct simple a;
	struct transcript t = { 0 };
	struct search *s;

	(void)state;
	simple_init(&a, "needle", dense);
	a.options.max_matches = 10000000;
	s = open_search(&a.options);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_RUNNING);
	assert_int_equal(collect_items(s, TAKE_NEXT, &t), SEARCH_OK);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	search_close(s);
	transcript_free(&t);
}

/* The text of all items in a row. */
static void texts_of(const struct search_options *options, char *out, size_t space)
{
	struct search *s = open_search(options);
	const struct search_item *item;
	size_t used = 0;

	out[0] = '\0';
	while (search_next(s, &item) == 1 && used + item->length + 2 < space) {
		memcpy(out + used, item->text, item->length);
		used += item->length;
		out[used++] = ' ';
		out[used] = '\0';
	}
	search_close(s);
}

static void test_limits__context_after_the_last_match(void **state)
{
	struct search_source sources[] = {
		{ .kind = SEARCH_SOURCE_MEMORY, .data = "x\nneedle\n1\n2\n3\n", .size = 15 },
		{ .kind = SEARCH_SOURCE_MEMORY, .data = "needle", .size = 6 },
	};
	char got[200];
	struct simple a;

	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++) {
		simple_init(&a, "needle", NULL);
		a.options.sources = sources;
		a.options.source_count = 2;
		a.options.workers = worker_counts[i];
		a.options.max_matches = 1;
		a.options.after_context = 2;
		texts_of(&a.options, got, sizeof(got));
		assert_string_equal(got, "needle 1 2 ");
		a.options.max_matches = 2;
		texts_of(&a.options, got, sizeof(got));
		assert_string_equal(got, "needle 1 2 needle ");
	}
}

/* Offset 7 of the second file is where the context in the first would have been. */
static void test_limits__context_of_the_last_match_is_of_its_own_file(void **state)
{
	struct search_source sources[] = {
		{ .kind = SEARCH_SOURCE_MEMORY, .data = "needle\n", .size = 7 },
		{ .kind = SEARCH_SOURCE_MEMORY, .data = "123456\nbefore\nneedle\n", .size = 21 },
	};
	char got[200];
	struct simple a;

	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++) {
		simple_init(&a, "needle", NULL);
		a.options.sources = sources;
		a.options.source_count = 2;
		a.options.workers = worker_counts[i];
		a.options.max_matches = 1;
		a.options.before_context = 1;
		a.options.after_context = 1;
		texts_of(&a.options, got, sizeof(got));
		assert_string_equal(got, "needle ");
	}
}

static void test_limits__no_file_has_more_matches_than_its_limit(void **state)
{
	struct simple a;

	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++) {
		const struct search_item *item;
		uint64_t in_file = 0, files = 0;
		struct search *s;

		simple_init(&a, "needle", dense);
		a.options.workers = worker_counts[i];
		a.options.max_matches_per_file = 7;
		set_flags(&a.options, SEARCH_RESULT_FILE_ENDS);
		s = open_search(&a.options);
		while (search_next(s, &item) == 1) {
			in_file += item->kind == SEARCH_ITEM_MATCH;
			if (item->kind == SEARCH_ITEM_FILE_END) {
				assert_int_equal(in_file, 7);
				assert_int_equal(item->matches, 7);
				in_file = 0;
				files++;
			} else {
				assert_int_equal(item->line, in_file);
			}
		}
		assert_int_equal(files, dense_files);
		assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
		search_close(s);
	}
}

/* --- the deadline --- */

/* Takes what comes within so many milliseconds, more slowly than it can be found. */
static void take_until_deadline(struct search_options *options, enum take how, uint32_t deadline, struct transcript *some)
{
	const struct search_item *item;
	struct search *s;
	int rc;

	options->timeout_ms = deadline;
	s = open_search(options);
	while ((rc = take_item(s, how, &item)) == 1) {
		transcript_add(some, item);
		if (some->items % 100 == 0)
			sleep_microseconds(deadline * 50);
	}
	assert_int_equal(rc, SEARCH_ETIMEDOUT);
	assert_null(item);
	assert_int_equal(search_next(s, &item), SEARCH_ETIMEDOUT);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_TIMED_OUT);
	search_close(s);
}

static void test_limits__a_deadline_gives_a_prefix(void **state)
{
	struct transcript all = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", dense);
	collect(&a.options, TAKE_NEXT, &all);
	for (int i = 0; i < WORKER_COUNTS; i++) {
		struct transcript some = { 0 };

		a.options.workers = worker_counts[i];
		a.options.max_queued_matches = 5;
		/* on a busy machine it may be that nothing comes in a short time */
		for (uint32_t deadline = 20; some.items == 0; deadline *= 2)
			take_until_deadline(&a.options, (enum take)(i % TAKE_COUNT), deadline, &some);
		assert_true(some.items < all.items);
		assert_true(is_prefix(&some, &all));
		transcript_free(&some);
	}
	transcript_free(&all);
}

/*
 * A FIFO has one line and a half, and stays open for writing. True if all lines came before the deadline;
 * otherwise only the first of them did.
 */
static bool stop_in_fifo(const char *root, uint32_t workers, enum take how, uint32_t deadline)
{
	static const char whole[] = "needle 1;;needle 2;";
	char *fifo = forest_path(root, "b"), *end = forest_path(root, "c"), got[200] = "";
	struct search_source sources[] = {
		{ .kind = SEARCH_SOURCE_MEMORY, .data = "needle 1\n", .size = 9 },
		{ .path = fifo },
		{ .path = end },
	};
	const struct search_item *item;
	struct simple a;
	struct search *s;
	double begin;
	int fd, rc;

	fd = open(fifo, O_RDWR | O_CLOEXEC);
	assert_int_equal(write(fd, "needle 2\nneedle par", 19), 19);
	simple_init(&a, "needle", NULL);
	a.options.sources = sources;
	a.options.source_count = 3;
	a.options.workers = workers;
	a.options.timeout_ms = deadline;
	set_flags(&a.options, SEARCH_RESULT_FILE_ENDS);
	begin = milliseconds();
	s = open_search(&a.options);
	while ((rc = take_item(s, how, &item)) == 1)
		sprintf(got + strlen(got), "%.*s;", (int)item->length, item->text != NULL ? item->text : "");
	assert_int_equal(rc, SEARCH_ETIMEDOUT);
	assert_memory_equal(got, whole, strlen(got));
	assert_true(milliseconds() - begin > deadline - 1);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_TIMED_OUT);
	search_close(s);
	close(fd);
	free(fifo), free(end);
	return strlen(got) == strlen(whole);
}

static void test_limits__a_deadline_ends_the_wait_in_a_fifo(void **state)
{
	char *root = forest_open();

	(void)state;
	forest_fifo(root, "b");
	forest_text(root, "c", "needle 3\n");
	for (int i = 0; i < WORKER_COUNTS; i++)
		for (int how = 0; how < TAKE_COUNT; how++)
			for (uint32_t deadline = 50; !stop_in_fifo(root, worker_counts[i], (enum take)how, deadline);)
				deadline *= 2; /* the machine is busy */
	forest_close(root);
}

/* --- long lines --- */

static void test_limits__the_window_is_around_the_first_span(void **state)
{
	size_t size = 3000000;
	char *line = malloc(size + 1);
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = line, .size = size };
	struct simple a;

	(void)state;
	assert_non_null(line);
	for (uint32_t at = 0; at < size - 6; at += 299999) {
		const struct search_item *item;
		struct search *s;

		memset(line, 'x', size);
		memcpy(line + at, "needle", 6);
		simple_init(&a, "needle", NULL);
		a.options.sources = &source;
		a.options.source_count = 1;
		a.options.max_item_bytes = 100;
		s = open_search(&a.options);
		assert_int_equal(search_next(s, &item), 1);
		assert_int_equal(item->kind, SEARCH_ITEM_MATCH);
		assert_int_equal(item->flags, SEARCH_ITEM_FLAG_WINDOW | SEARCH_ITEM_FLAG_NO_EOL);
		assert_int_equal(item->length, 100);
		assert_int_equal(item->line_bytes, size);
		assert_int_equal(item->span_count, 1);
		assert_int_equal(item->spans[0].begin, at);
		assert_in_range(at, item->text_offset, item->text_offset + 94);
		assert_memory_equal(item->text + (at - item->text_offset), "needle", 6);
		assert_int_equal(search_column(item, at, SEARCH_UNIT_UTF16), at - item->text_offset);
		assert_int_equal(search_next(s, &item), 0);
		search_close(s);
	}
	free(line);
}

/* A line full of matches: only those that may be in the window are kept. */
static int search_a_line_of_matches(void *context)
{
	size_t size = 8 << 20;
	char *line = malloc(size);
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = line, .size = size };
	const struct search_item *item;
	struct search *s;
	struct simple a;

	CHILD_CHECK(line != NULL);
	memset(line, 'a', size);
	simple_init(&a, "a", NULL);
	set_flags(&a.options, *(uint32_t *)context);
	a.options.sources = &source;
	a.options.source_count = 1;
	a.options.max_item_bytes = 1000;
	s = open_search(&a.options);
	CHILD_CHECK(search_next(s, &item) == 1 && item->kind == SEARCH_ITEM_MATCH);
	CHILD_CHECK(item->span_count == ((get_flags(&a.options) & SEARCH_RESULT_NO_SPANS) != 0 ? 0 : 1000));
	search_close(s);
	free(line);
	return 0;
}

static void test_limits__spans_are_those_near_the_first(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		uint32_t flags = i == 0 ? 0 : SEARCH_RESULT_NO_SPANS;
		long peak = 0;

		assert_int_equal(process_child_alone(search_a_line_of_matches, &flags, &peak), 0);
		if (!TEST_SANITIZED)
			assert_in_range(peak, 0, 80 * 1024); /* KiB; all the spans would be 128 MiB */
	}
}

/* Opens a search of one line of which an item has 16 bytes, and takes its first match. */
static struct search *open_window(struct simple *a, const char *pattern, const char *text, size_t size,
				  const struct search_item **item)
{
	struct search *s;

	simple_init(a, pattern, NULL);
	a->source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = size };
	a->options.source_count = 1;
	a->options.max_item_bytes = 16;
	s = open_search(&a->options);
	assert_int_equal(search_next(s, item), 1);
	return s;
}

static void test_limits__windows_of_text_that_is_not_utf8_contain_the_match(void **state)
{
	char text[65];
	const struct search_item *item;
	struct search *s;
	struct simple a;

	(void)state;
	memset(text, 'a', 4);
	memset(text + 4, 0x80, 60);
	text[64] = '\n';
	s = open_window(&a, "[^a]+", text, sizeof(text), &item);
	assert_in_range(item->text_offset, 0, item->spans[0].begin);
	search_close(s);
	text[0] = (char)0x80; /* not part of a character: the window may begin with it */
	memset(text + 1, 'a', 63);
	text[2] = 'b';
	s = open_window(&a, "b", text, sizeof(text), &item);
	assert_int_equal(item->text_offset, 0);
	assert_int_equal(item->length, 16);
	search_close(s);
}

static void test_limits__windows_begin_with_a_whole_character(void **state)
{
	static const char text[] = "\xC3\xA9xxxxxxbxxxxxxxxxxxxxxxx\n"; /* 7 bytes before b is amid the first one */
	const struct search_item *item;
	struct search *s;
	struct simple a;

	(void)state;
	s = open_window(&a, "b", text, sizeof(text) - 1, &item);
	assert_int_equal(item->text_offset, 2);
	search_close(s);
}

enum { LONG_LINE = 200 << 20 };

struct writer {
	int fd;
	size_t size;
};

static void *write_long_line(void *context)
{
	struct writer *w = context;
	static char block[1 << 16];

	memset(block, 'x', sizeof(block));
	if (write(w->fd, "needle 1\n", 9) != 9)
		return NULL;
	for (size_t left = w->size; left > 0;) {
		ssize_t n = write(w->fd, block, left < sizeof(block) ? left : sizeof(block));

		if (n <= 0)
			return NULL;
		left -= (size_t)n;
	}
	(void)!write(w->fd, "\nneedle 3\n", 10);
	close(w->fd);
	return NULL;
}

/* In a child: a line of 200 MB, or a quarter of that, in a pipe or in a file. */
struct long_line {
	uint32_t workers;
	bool pipe;
	size_t size;
};

static int check_long_line(struct search *s, size_t size)
{
	const struct search_item *item;

	CHILD_CHECK(search_next(s, &item) == 1 && item->kind == SEARCH_ITEM_MATCH && item->line == 1);
	CHILD_CHECK(search_next(s, &item) == 1 && item->kind == SEARCH_ITEM_ERROR && item->line == 2);
	CHILD_CHECK(strstr(item->message, "max_line_bytes") != NULL);
	CHILD_CHECK(item->offset == 9);
	CHILD_CHECK(search_next(s, &item) == 1 && item->kind == SEARCH_ITEM_MATCH && item->line == 3);
	CHILD_CHECK(item->length == 8 && memcmp(item->text, "needle 3", 8) == 0);
	CHILD_CHECK(item->offset == size + 10);
	CHILD_CHECK(search_next(s, &item) == 0);
	return 0;
}

static int search_long_line(void *context)
{
	struct long_line *l = context;
	struct search_source source = { .kind = SEARCH_SOURCE_DESCRIPTOR };
	struct writer writer = { .size = l->size };
	char name[] = "/tmp/psearch-test.XXXXXX";
	struct search *s;
	struct simple a;
	pthread_t thread;
	int fds[2], rc;

	if (l->pipe) {
		CHILD_CHECK(pipe(fds) == 0);
	} else {
		fds[1] = mkstemp(name);
		CHILD_CHECK(fds[1] >= 0 && (fds[0] = open(name, O_RDONLY)) >= 0 && unlink(name) == 0);
	}
	writer.fd = fds[1];
	CHILD_CHECK(pthread_create(&thread, NULL, write_long_line, &writer) == 0);
	if (!l->pipe)
		pthread_join(thread, NULL);
	source.descriptor = fds[0];
	simple_init(&a, "needle", NULL);
	a.options.sources = &source;
	a.options.source_count = 1;
	a.options.workers = l->workers;
	a.options.max_line_bytes = 1 << 20;
	a.options.before_context = l->pipe;
	s = open_search(&a.options);
	rc = check_long_line(s, l->size);
	search_close(s);
	if (l->pipe)
		pthread_join(thread, NULL);
	return rc;
}

static long peak_of(int (*run)(void *), void *context)
{
	long peak = 0;

	assert_int_equal(process_child_alone(run, context, &peak), 0);
	return peak;
}

static void check_peak(long kilobytes, long most)
{
	printf("peak: %ld KiB\n", kilobytes);
	if (!TEST_SANITIZED)
		assert_in_range(kilobytes + 1000, 0, most + 1000);
}

static void test_limits__memory_is_flat_on_a_very_long_line(void **state)
{
	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++) {
		struct long_line l = { .workers = worker_counts[i], .size = how_much(LONG_LINE / 4, SCALED(LONG_LINE)) };

		check_peak(peak_of(search_long_line, &l), 16 * 1024);
		l.pipe = true;
		check_peak(peak_of(search_long_line, &l), 16 * 1024);
	}
}

enum { LINE_OF_FIRST = 24 << 20 };

static int search_after_long_line(void *context)
{
	const struct search_item *item;
	struct search *s;
	struct simple a;
	long before;

	simple_init(&a, "needle", context);
	a.options.workers = SEARCH_NO_WORKERS;
	a.options.max_line_bytes = 2 * LINE_OF_FIRST;
	s = open_search(&a.options);
	before = process_resident();
	CHILD_CHECK(search_next(s, &item) == 1 && item->line_bytes == LINE_OF_FIRST);
	CHILD_CHECK(before > 0 && process_resident() - before > LINE_OF_FIRST / 1024 / 2);
	CHILD_CHECK(search_next(s, &item) == 1 && item->line_bytes == 6);
	CHILD_CHECK(process_resident() - before < LINE_OF_FIRST / 1024 / 4);
	search_close(s);
	return 0;
}

static void test_limits__a_long_line_takes_no_memory_in_the_next_file(void **state)
{
	char *root, *line;

	(void)state;
	if (TEST_SANITIZED)
		return; /* they keep for a while what is freed */
	root = forest_open();
	line = malloc(LINE_OF_FIRST);
	memset(line, 'x', LINE_OF_FIRST);
	memcpy(line, "needle", 6);
	forest_file(root, "a", line, LINE_OF_FIRST);
	forest_text(root, "b", "needle\n");
	free(line);
	assert_int_equal(process_child(search_after_long_line, root, NULL), 0);
	forest_close(root);
}

static int search_sparse(void *context)
{
	struct search_source source = { .path = context };
	const struct search_item *item;
	struct search *s;
	struct simple a;

	simple_init(&a, "needle", NULL);
	a.options.sources = &source;
	a.options.source_count = 1;
	set_flags(&a.options, SEARCH_MATCH_TEXT);
	s = open_search(&a.options);
	CHILD_CHECK(search_next(s, &item) == 1 && item->line == 1);
	CHILD_CHECK(search_next(s, &item) == 1 && item->kind == SEARCH_ITEM_ERROR && item->line == 2);
	CHILD_CHECK(search_next(s, &item) == 1 && item->line == 3 && item->offset == UINT64_C(3) << 30);
	CHILD_CHECK(search_next(s, &item) == 0);
	search_close(s);
	return 0;
}

static void test_limits__memory_is_flat_on_three_gigabytes(void **state)
{
	char *root, *path;
	int fd;

	(void)state;
	if (TEST_SANITIZED)
		return; /* too slow there */
	root = forest_open();
	path = forest_path(root, "f");
	forest_text(root, "f", "needle 1\n");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)(UINT64_C(3) << 30) - 1), 0);
	assert_int_equal(pwrite(fd, "\nneedle 2\n", 10, (off_t)(UINT64_C(3) << 30) - 1), 10);
	close(fd);
	check_peak(peak_of(search_sparse, path), 48 * 1024);
	free(path);
	forest_close(root);
}

/* --- descriptors are scarce --- */

struct scarce {
	uint32_t workers, max_open_files, max_queued_matches;
	const char *root;
	const struct transcript *expected;
};

static int search_with_few_descriptors(void *context)
{
	const struct scarce *scarce = context;
	const struct rlimit sixteen = { 16, 16 };
	struct transcript got = { 0 };
	struct simple a;
	int rc;

	for (int fd = 3; fd < 64; fd++)
		close(fd);
	CHILD_CHECK(setrlimit(RLIMIT_NOFILE, &sixteen) == 0);
	simple_init(&a, "needle", scarce->root);
	a.options.workers = scarce->workers;
	a.options.max_open_files = scarce->max_open_files;
	a.options.max_queued_matches = scarce->max_queued_matches;
	rc = collect(&a.options, TAKE_NEXT, &got);
	CHILD_CHECK(rc == SEARCH_OK);
	if (got.length != scarce->expected->length)
		show_difference(scarce->expected, &got);
	CHILD_CHECK(got.length == scarce->expected->length);
	CHILD_CHECK(memcmp(got.bytes, scarce->expected->bytes, got.length) == 0);
	return 0;
}

static void test_limits__sixteen_descriptors_are_enough(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", tree);
	collect(&a.options, TAKE_NEXT, &expected);
	for (int i = 0; i < WORKER_COUNTS; i++) {
		struct scarce scarce = { worker_counts[i], 0, 0, tree, &expected };

		assert_int_equal(process_child(search_with_few_descriptors, &scarce, NULL), 0);
	}
	transcript_free(&expected);
}

/* More workers than descriptors: they take turns. */
static void test_limits__workers_wait_for_descriptors(void **state)
{
	const char *const roots[] = { tree, dense };
	struct simple a;

	(void)state;
	for (int i = 0; i < 2; i++)
		for (uint32_t queued = 0; queued < 2; queued++) {
			struct transcript expected = { 0 };
			struct scarce scarce = { 64, 100, queued, roots[i], &expected };

			simple_init(&a, "needle", roots[i]);
			collect(&a.options, TAKE_NEXT, &expected);
			for (int n = 0; n < 2; n++)
				assert_int_equal(process_child(search_with_few_descriptors, &scarce, NULL), 0);
			transcript_free(&expected);
		}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits__no_limit_is_exceeded),
		cmocka_unit_test(test_limits__stats_add_up),
		cmocka_unit_test(test_limits__first_matches_in_order),
		cmocka_unit_test(test_limits__a_search_below_its_limit_is_complete),
		cmocka_unit_test(test_limits__context_after_the_last_match),
		cmocka_unit_test(test_limits__context_of_the_last_match_is_of_its_own_file),
		cmocka_unit_test(test_limits__no_file_has_more_matches_than_its_limit),
		cmocka_unit_test(test_limits__a_deadline_gives_a_prefix),
		cmocka_unit_test(test_limits__a_deadline_ends_the_wait_in_a_fifo),
		cmocka_unit_test(test_limits__the_window_is_around_the_first_span),
		cmocka_unit_test(test_limits__spans_are_those_near_the_first),
		cmocka_unit_test(test_limits__windows_of_text_that_is_not_utf8_contain_the_match),
		cmocka_unit_test(test_limits__windows_begin_with_a_whole_character),
		cmocka_unit_test(test_limits__memory_is_flat_on_a_very_long_line),
		cmocka_unit_test(test_limits__a_long_line_takes_no_memory_in_the_next_file),
		cmocka_unit_test(test_limits__memory_is_flat_on_three_gigabytes),
		cmocka_unit_test(test_limits__sixteen_descriptors_are_enough),
		cmocka_unit_test(test_limits__workers_wait_for_descriptors),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
