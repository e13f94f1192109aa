/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_handful.c - many items with one call are those that come one by one, and all of them stay valid.
 *
 * That they are the same for random options shows test_random, in which TAKE_MANY is one of the ways to take items.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/options.h"
#include "../support/scale.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

enum { LINES = 5000, NAMES = TEST_SANITIZED ? 1500 : 2500 };

static char *tree, *names;
static char text[LINES * 16];
static size_t length;

static int set_up(void **state)
{
	char name[300];

	(void)state;
	tree = forest_open();
	forest_generate(tree, 3, TEST_SANITIZED ? 20 : 60);
	names = forest_open();
	for (int i = 0; i < NAMES; i++) { /* of every length, so that their text grows while it is gathered */
		snprintf(name, sizeof(name), "%05d%.*s", i, i % 200, "..............................................."
			 "......................................................................................"
			 "......................................................................................");
		forest_text(names, name, "needle\n");
	}
	for (int i = 0; i < LINES; i++)
		length += (size_t)sprintf(text + length, "needle %d\n", i);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	forest_close(tree);
	forest_close(names);
	return 0;
}

/* Waits as search_next_many() does; or polls. */
static int take(struct search *s, const struct search_item *const **items, size_t most, bool polls)
{
	for (;;) {
		struct pollfd watched = { .fd = polls ? search_fd(s) : -1, .events = POLLIN };
		int rc = polls ? search_try_next_many(s, items, most) : search_next_many(s, items, most);

		if (rc != SEARCH_EAGAIN)
			return rc;
		assert_null(*items);
		assert_int_equal(poll(&watched, 1, 60000), 1);
	}
}

/* Takes all, `most` with each call. Returns the number of calls. */
static size_t take_all(const struct search_options *options, size_t most, bool polls, struct transcript *t)
{
	struct search *s = open_search(options);
	const struct search_item *const *items = NULL;
	size_t calls = 0;
	int rc;

	while ((rc = take(s, &items, most, polls)) > 0) {
		assert_true((size_t)rc <= most);
		assert_int_equal(search_outcome(s), SEARCH_OUTCOME_RUNNING);
		for (int i = 0; i < rc; i++)
			transcript_add(t, items[i]);
		calls++;
	}
	assert_int_equal(rc, SEARCH_OK);
	assert_null(items);
	assert_int_not_equal(search_outcome(s), SEARCH_OUTCOME_RUNNING);
	search_close(s);
	return calls;
}

static const struct {
	const char *what;
	uint32_t flags, context, split;
	uint64_t matches, per_file;
} kinds[] = {
	{ "a tree", 0, 0, 0, 0, 0 },
	{ "a list", SEARCH_RESULT_LIST, 0, 0, 0, 0 },
	{ "a part of a list", SEARCH_RESULT_LIST, 0, 0, 77, 0 },
	{ "parts", 0, 0, 50, 0, 0 },
	{ "parts, with context", 0, 2, 50, 0, 0 },
	{ "parts of files that end early", 0, 0, 50, 0, 3 },
	{ "the first items", 0, 0, 0, 123, 0 },
	{ "the first items, with context", 0, 3, 0, 55, 0 },
	{ "the first items of parts, with context", 0, 3, 70, 321, 0 },
	{ "counts", SEARCH_RESULT_COUNT, 0, 0, 0, 0 },
	{ "ends", SEARCH_RESULT_FILE_ENDS | SEARCH_MATCH_INVERT, 1, 0, 0, 2 },
	{ "groups", SEARCH_RESULT_GROUPS, 0, 0, 0, 0 },
};

static void check_kind(size_t k, uint32_t workers, const char *path)
{
	static const size_t counts[] = { 1, 2, 7, 1000, SIZE_MAX };
	struct transcript expected = { 0 };
	struct simple a;

	simple_init(&a, "n(ee)d|h(a)?y", path);
	set_flags(&a.options, kinds[k].flags);
	a.options.workers = workers;
	a.options.before_context = a.options.after_context = kinds[k].context;
	a.options.split_bytes = kinds[k].split;
	a.options.max_matches = kinds[k].matches;
	a.options.max_matches_per_file = kinds[k].per_file;
	assert_int_equal(collect(&a.options, TAKE_NEXT, &expected), SEARCH_OK);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct transcript got = { 0 };

		take_all(&a.options, counts[i], (i + workers) % 2 == 0, &got);
		assert_same(&expected, &got, kinds[k].what);
		transcript_free(&got);
	}
	transcript_free(&expected);
}

static void test_handful__many_items_are_those_that_come_one_by_one(void **state)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 1, 3 };

	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (size_t w = 0; w < sizeof(workers) / sizeof(workers[0]); w++) {
			if (TEST_SANITIZED && (k + w) % 3 != 0)
				continue;
			check_kind(k, workers[w], tree);
			if (k < (TEST_SANITIZED ? 2 : 3))
				check_kind(k, workers[w], names);
		}
}

/* Otherwise the call would be of little use: a batch is handed out whole, and so are the names of a directory. */
static void test_handful__what_is_at_hand_comes_with_one_call(void **state)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 2 };
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = length };

	(void)state;
	for (size_t w = 0; w < sizeof(workers) / sizeof(workers[0]); w++) {
		struct transcript got = { 0 };
		struct simple a;
		size_t calls;

		simple_init(&a, "needle", NULL);
		a.options.sources = &source;
		a.options.source_count = 1;
		a.options.workers = workers[w];
		calls = take_all(&a.options, 1000, false, &got);
		assert_int_equal(got.items, LINES);
		assert_in_range(calls, LINES / 1000, LINES / 50);
		transcript_free(&got);

		simple_init(&a, "", names);
		a.options.workers = workers[w];
		set_flags(&a.options, SEARCH_RESULT_LIST);
		calls = take_all(&a.options, SIZE_MAX, false, &got);
		assert_int_equal(got.items, NAMES);
		assert_in_range(calls, 2, 5); /* there is a bound on what is handed out at once */
		transcript_free(&got);
	}
}

/* A page is what one call has handed out; the next one begins behind the last item of that. */
static void check_pages(uint32_t flags, uint32_t split, size_t most)
{
	struct transcript expected = { 0 }, got = { 0 };
	char cursor[8192] = "";
	struct simple a;
	int rc;

	simple_init(&a, "n(ee)d|h(a)?y", tree);
	set_flags(&a.options, flags);
	a.options.split_bytes = split;
	a.options.workers = 2;
	assert_int_equal(collect(&a.options, TAKE_NEXT, &expected), SEARCH_OK);
	do {
		const struct search_item *const *items;
		struct search *s;

		a.options.resume = cursor[0] != '\0' ? cursor : NULL;
		s = open_search(&a.options);
		rc = search_next_many(s, &items, most);
		for (int i = 0; i < rc; i++)
			transcript_add(&got, items[i]);
		if (rc > 0)
			assert_in_range(search_cursor(s, cursor, sizeof(cursor)), 1, sizeof(cursor) - 1);
		search_close(s);
	} while (rc > 0);
	assert_int_equal(rc, SEARCH_OK);
	assert_same(&expected, &got, "pages of one call");
	transcript_free(&expected);
	transcript_free(&got);
}

static void test_handful__a_cursor_is_about_the_last_item(void **state)
{
	(void)state;
	check_pages(0, 0, SIZE_MAX);
	check_pages(SEARCH_RESULT_FILE_ENDS, 50, 30);
	check_pages(SEARCH_RESULT_LIST, 0, 3);
}

/*
 * The error about the groups of the last match that is wanted is beyond the limit, and so is the line of context after
 * it, which alone would not be.
 */
static void test_handful__nothing_follows_what_is_beyond_the_limit(void **state)
{
	enum { LONG = 400000 }; /* more than Oniguruma's stack holds */
	char *line = malloc(LONG + 4);
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = line, .size = LONG + 4 };

	(void)state;
	assert_non_null(line);
	memset(line, 'x', LONG);
	memcpy(line + LONG, "\nhay", 4);
	for (int polls = 0; polls < 2; polls++)
		for (uint64_t most = 1; most <= 2; most++) {
			struct transcript got = { 0 };
			struct simple a;

			simple_init(&a, "^(x)(?=(x*))", NULL);
			set_flags(&a.options, SEARCH_RESULT_GROUPS);
			a.options.sources = &source;
			a.options.source_count = 1;
			a.options.workers = SEARCH_NO_WORKERS;
			a.options.max_item_bytes = 100; /* so that all of it is in one batch */
			a.options.max_matches = most;
			a.options.after_context = 1;
			take_all(&a.options, 1000, polls, &got);
			assert_int_equal(got.items, most == 1 ? 1 : 3); /* the match, its error, the context */
			transcript_free(&got);
		}
	free(line);
}

static void test_handful__wrong_arguments_are_refused(void **state)
{
	const struct search_item *const *items = (const struct search_item *const *)&tree;
	struct simple a;
	struct search *s;

	(void)state;
	simple_init(&a, "needle", tree);
	s = open_search(&a.options);
	assert_int_equal(search_next_many(NULL, &items, 1), SEARCH_EINVAL);
	assert_null(items);
	items = (const struct search_item *const *)&tree;
	assert_int_equal(search_try_next_many(s, &items, 0), SEARCH_EINVAL);
	assert_null(items);
	assert_int_equal(search_next_many(s, NULL, 5), SEARCH_EINVAL);
	assert_in_range(search_next_many(s, &items, 5), 1, 5);
	search_close(s);
}

static void test_handful__after_a_cancel_nothing_more_comes(void **state)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 1, 3 };

	(void)state;
	for (int i = 0; i < 12; i++) {
		const struct search_item *const *items;
		struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = length };
		struct simple a;
		struct search *s;

		simple_init(&a, "needle", NULL);
		a.options.sources = &source;
		a.options.source_count = 1;
		a.options.workers = workers[i % 3];
		s = open_search(&a.options);
		for (int k = 0; k < i; k++)
			assert_int_equal(take(s, &items, 7, i % 2 == 0), 7);
		search_cancel(s);
		assert_int_equal(search_next_many(s, &items, 7), SEARCH_ECANCELED);
		assert_null(items);
		assert_int_equal(search_try_next_many(s, &items, 1000), SEARCH_ECANCELED);
		assert_int_equal(search_outcome(s), SEARCH_OUTCOME_CANCELED);
		search_close(s);
	}
}

/* The child gets what was fetched before; then it is refused, and neither waits nor searches. */
static int take_in_child(struct search *s)
{
	const struct search_item *const *items;
	int rc, taken = 0;

	alarm(patience(60));
	while ((rc = taken % 2 == 0 ? search_next_many(s, &items, 100) : search_try_next_many(s, &items, 100)) > 0)
		taken += rc;
	if (rc != SEARCH_EINVAL || items != NULL || taken >= LINES)
		return 1;
	search_close(s);
	return 0;
}

static void test_handful__a_child_of_fork_is_refused(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_RESULT_LIST };

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		const struct search_item *const *items;
		struct transcript expected = { 0 }, got = { 0 };
		struct simple a;
		struct search *s;
		pid_t child;
		int status, rc;

		simple_init(&a, "needle", names);
		set_flags(&a.options, flags[i % 2]);
		a.options.workers = i < 2 ? SEARCH_NO_WORKERS : i / 2;
		assert_int_equal(collect(&a.options, TAKE_NEXT, &expected), SEARCH_OK);
		s = open_search(&a.options);
		rc = search_next_many(s, &items, 50);
		assert_true(rc > 0);
		for (int k = 0; k < rc; k++)
			transcript_add(&got, items[k]);
		child = fork();
		assert_true(child >= 0);
		if (child == 0)
			_exit(take_in_child(s));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_int_equal(collect_items(s, TAKE_MANY, &got), SEARCH_OK);
		search_close(s);
		assert_same(&expected, &got, "after fork");
		transcript_free(&expected);
		transcript_free(&got);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handful__many_items_are_those_that_come_one_by_one),
		cmocka_unit_test(test_handful__what_is_at_hand_comes_with_one_call),
		cmocka_unit_test(test_handful__a_cursor_is_about_the_last_item),
		cmocka_unit_test(test_handful__nothing_follows_what_is_beyond_the_limit),
		cmocka_unit_test(test_handful__wrong_arguments_are_refused),
		cmocka_unit_test(test_handful__after_a_cancel_nothing_more_comes),
		cmocka_unit_test(test_handful__a_child_of_fork_is_refused),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
