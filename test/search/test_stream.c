/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_stream.c - pipes, which may have nothing to read for ever, and the rest of the search meanwhile.
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
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

enum { ROUNDS_EACH = 20, QUIET = 50 /* milliseconds */, LATE = 60000 };

/* A silent pipe, and after it a text with a match. */
struct silent {
	struct search_options options;
	struct search_pattern pattern;
	struct search_source sources[2];
	int ends[2];
};

static void silent_open(struct silent *t, uint32_t workers, uint32_t flags)
{
	struct search_options options = SEARCH_OPTIONS_INIT;

	assert_int_equal(pipe2(t->ends, O_CLOEXEC), 0);
	t->pattern = (struct search_pattern){ .text = "x", .length = 1 };
	t->sources[0] = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = t->ends[0] };
	t->sources[1] = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = "x\n", .size = 2 };
	t->options = options;
	t->options.patterns = &t->pattern;
	t->options.pattern_count = 1;
	t->options.sources = t->sources;
	t->options.source_count = 2;
	t->options.workers = workers;
	set_flags(&t->options, flags);
}

static void silent_close(struct silent *t)
{
	close(t->ends[0]);
	close(t->ends[1]);
}

/* Polls, and takes items until the time is `end` or there are `enough`. Returns the number of wake-ups. */
static unsigned poll_for_a_while(struct search *s, double end, unsigned enough, unsigned *items)
{
	struct pollfd p = { .fd = search_fd(s), .events = POLLIN };
	unsigned wakes = 0;

	while (milliseconds() < end && *items < enough) {
		const struct search_item *item;

		if (poll(&p, 1, QUIET / 5) <= 0)
			continue;
		wakes++;
		while (search_try_next(s, &item) == 1)
			++*items;
	}
	return wakes;
}

static void test_stream__a_host_that_polls_sleeps_while_a_worker_waits(void **state)
{
	(void)state;
	for (uint32_t workers = 1; workers <= 4; workers++)
		for (int i = 0; i < ROUNDS_EACH; i++) {
			struct silent t;
			struct search *s;
			unsigned items = 0;

			silent_open(&t, workers, 0);
			s = open_search(&t.options);
			assert_in_range(poll_for_a_while(s, milliseconds() + (double)QUIET, 1, &items), 0, 20);
			assert_int_equal(items, 0);
			search_close(s);
			silent_close(&t);
		}
}

static void test_stream__unordered_goes_on_beside_a_silent_pipe(void **state)
{
	(void)state;
	for (uint32_t workers = 1; workers <= 3; workers++)
		for (int i = 0; i < ROUNDS_EACH; i++) {
			const struct search_item *item;
			struct silent t;
			struct search *s;
			unsigned items = 0;

			silent_open(&t, workers, SEARCH_RESULT_UNORDERED);
			t.options.timeout_ms = LATE;
			s = open_search(&t.options);
			if (i % 3 == 1)
				sleep_microseconds(2000); /* a worker has the pipe by now */
			if (i % 3 == 2)
				poll_for_a_while(s, milliseconds() + (double)LATE, 1, &items);
			else
				items += search_next(s, &item) == 1;
			assert_int_equal(items, 1);
			/* the pipe is not forgotten */
			assert_int_equal(write(t.ends[1], "xx\n", 3), 3);
			assert_int_equal(search_next(s, &item), 1);
			assert_int_equal(item->source, 0);
			search_close(s);
			silent_close(&t);
		}
}

/* All workers wait in pipes; the caller waits in the last one itself, and ends at the deadline. */
static void test_stream__unordered_the_caller_waits_in_the_last_pipe(void **state)
{
	struct search_source sources[3];
	const struct search_item *item;
	struct silent t, more;
	struct search *s;
	double begin = milliseconds();

	(void)state;
	silent_open(&t, 1, SEARCH_RESULT_UNORDERED);
	silent_open(&more, 1, 0);
	sources[0] = t.sources[0];
	sources[1] = more.sources[0];
	sources[2] = t.sources[1];
	t.options.sources = sources;
	t.options.source_count = 3;
	t.options.timeout_ms = 100;
	s = open_search(&t.options);
	sleep_microseconds(2000);
	assert_int_equal(search_next(s, &item), SEARCH_ETIMEDOUT);
	assert_true(milliseconds() - begin >= 90);
	search_close(s);
	silent_close(&more);
	silent_close(&t);
}

/* Another reader of the pipe may leave nothing to read: no thread stays in a read that nothing ends. */
static void test_stream__closing_is_quick_with_another_reader(void **state)
{
	(void)state;
	for (int i = 0; i < SCALED(200); i++) {
		struct silent t;
		struct search *s;

		silent_open(&t, 2, 0);
		t.sources[1] = t.sources[0];
		s = open_search(&t.options);
		sleep_microseconds(300);
		assert_int_equal(write(t.ends[1], "y\n", 2), 2);
		sleep_microseconds(200);
		alarm(patience(10)); /* ends the test if it hangs */
		search_close(s);
		alarm(0);
		silent_close(&t);
	}
}

static void test_stream__the_write_end_of_a_pipe_cannot_be_read(void **state)
{
	const struct search_item *item;
	struct silent t;
	struct search *s;

	(void)state;
	silent_open(&t, 1, 0);
	t.sources[0].descriptor = t.ends[1];
	s = open_search(&t.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
	assert_int_equal(item->error, EBADF);
	search_close(s);
	silent_close(&t);
}

/* A worker that waits in a silent pipe closes no file: the head must not wait until it does. */
static int search_beside_a_pipe(void *context)
{
	struct rlimit few = { 40, 40 };
	const struct search_item *item;
	struct search_source sources[2];
	struct silent t;
	struct search *s;
	int items = 0;

	silent_open(&t, 1, 0);
	sources[0] = (struct search_source){ .kind = SEARCH_SOURCE_PATH, .path = context };
	sources[1] = t.sources[0];
	t.options.sources = sources;
	CHILD_CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	s = open_search(&t.options);
	for (int i = 0; i < 60; i++) {
		CHILD_CHECK(search_next(s, &item) == 1);
		items++;
		if (i == 0)
			sleep_microseconds(20000); /* the worker is in the pipe */
		while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
			; /* take what there is */
	}
	search_close(s);
	CHILD_CHECK(items == 60);
	return 0;
}

static void test_stream__no_descriptor_is_waited_for_beside_a_silent_pipe(void **state)
{
	char *root = forest_open(), name[16];

	(void)state;
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "%d", 100 + i);
		forest_text(root, name, "x\n");
	}
	for (int i = 0; i < 5; i++)
		assert_int_equal(process_child(search_beside_a_pipe, root, NULL), 0);
	forest_close(root);
}

/* What is in a pipe comes a byte at a time: whether it is text is known only after some. What was counted stays. */
static void test_stream__no_counter_shrinks_when_a_head_turns_out_to_be_encoded(void **state)
{
	static const char *const texts[] = { "\xFF\xFEx\0\n\0", "\xEF\xBB\xBFx\ny\n", "\xEF\xBB\n", "\x1F\x8Bx\n" };
	static const size_t sizes[] = { 6, 7, 3, 4 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct search_stats now = SEARCH_STATS_INIT;
		const struct search_item *item;
		uint64_t before = 0;
		struct search *s;
		struct silent t;
		int rc = SEARCH_EAGAIN;

		silent_open(&t, SEARCH_NO_WORKERS, 0);
		t.options.encoding = "auto";
		set_flags(&t.options, SEARCH_MATCH_DECOMPRESS);
		t.options.source_count = 1;
		s = open_search(&t.options);
		for (size_t k = 0; rc == SEARCH_EAGAIN || rc == 1; k++) {
			if (k < sizes[i])
				assert_int_equal(write(t.ends[1], texts[i] + k, 1), 1);
			else if (k == sizes[i])
				close(t.ends[1]);
			rc = search_try_next(s, &item);
			search_stats(s, &now);
			assert_true(now.bytes >= before);
			before = now.bytes;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(now.bytes, i == 0 ? 2 : sizes[i]);
		search_close(s);
		close(t.ends[0]);
	}
}

/* The cost of each read does not depend on how much is kept for context. */
static void test_stream__much_context_is_not_moved_at_every_read(void **state)
{
	static const uint32_t contexts[] = { 0, 10, UINT32_MAX };
	char text[4096];

	(void)state;
	memset(text, 'y', sizeof(text));
	for (size_t i = 63; i < sizeof(text); i += 64)
		text[i] = '\n';
	for (size_t c = 0; c < 3; c++) {
		const struct search_item *item;
		struct silent t;
		struct search *s;
		uint64_t lines = 0;
		pid_t writer;

		silent_open(&t, 1, 0);
		t.options.before_context = contexts[c];
		t.options.source_count = 1;
		writer = fork();
		assert_true(writer >= 0);
		if (writer == 0) {
			alarm(patience(120));
			for (int i = 0; i < (TEST_RACES ? 200 : SCALED(5000)); i++)
				if (write(t.ends[1], text, sizeof(text)) != (ssize_t)sizeof(text))
					_exit(1);
			_exit(write(t.ends[1], "x\n", 2) != 2);
		}
		close(t.ends[1]);
		s = open_search(&t.options);
		while (search_next(s, &item) == 1)
			lines++;
		assert_int_equal(item == NULL, 1);
		assert_in_range(lines, 1 + (contexts[c] < 100 ? contexts[c] : 10000), UINT32_MAX);
		search_close(s);
		close(t.ends[0]);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream__a_host_that_polls_sleeps_while_a_worker_waits),
		cmocka_unit_test(test_stream__unordered_goes_on_beside_a_silent_pipe),
		cmocka_unit_test(test_stream__unordered_the_caller_waits_in_the_last_pipe),
		cmocka_unit_test(test_stream__closing_is_quick_with_another_reader),
		cmocka_unit_test(test_stream__the_write_end_of_a_pipe_cannot_be_read),
		cmocka_unit_test(test_stream__no_descriptor_is_waited_for_beside_a_silent_pipe),
		cmocka_unit_test(test_stream__no_counter_shrinks_when_a_head_turns_out_to_be_encoded),
		cmocka_unit_test(test_stream__much_context_is_not_moved_at_every_read),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
