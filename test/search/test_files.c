/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_files.c - which files of a walk are searched, and SEARCH_RESULT_LIST, which lists them without
 * searching.
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
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

/* The paths of all items of a search, one a line; "path: errno N" for an error. */
static void take_paths(const struct search_options *options, enum take how, char **got)
{
	struct search *s = open_search(options);
	const struct search_item *item;
	size_t size;
	FILE *to = open_memstream(got, &size);
	int rc;

	while ((rc = take_item(s, how, &item)) == 1) {
		assert_true(item->kind == SEARCH_ITEM_ERROR || item->kind == SEARCH_ITEM_FILE || item->kind == SEARCH_ITEM_FILE_END);
		assert_int_equal(strlen(item->path), item->path_length);
		fprintf(to, "%s", item->path);
		if (item->kind == SEARCH_ITEM_ERROR)
			fprintf(to, ": errno %d", item->error);
		fputc('\n', to);
	}
	fclose(to);
	assert_int_equal(rc, 0);
	search_close(s);
}

/* The list has the files that are searched, in the same order, however it is taken. */
static void test_files__the_same_files_are_listed_and_searched(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_WALK_SKIP_HIDDEN, SEARCH_WALK_FOLLOW, SEARCH_RESULT_UNORDERED };
	uint64_t seed = random_seed();

	(void)state;
	for (uint32_t round = 0; round < 24; round++) {
		struct dice d = { seed + round };
		char *root = forest_open_in_memory(), *want, *got;
		struct simple a;

		forest_generate(root, seed + round, 1 + dice_below(&d, 400));
		simple_init(&a, "needle", root);
		a.source.name = round % 2 == 0 ? "" : NULL;
		set_flags(&a.options, SEARCH_RESULT_COUNT | (flags[round % 4] & ~(uint32_t)SEARCH_RESULT_UNORDERED));
		walk_of(&a.options)->max_depth = dice_below(&d, 4);
		walk_of(&a.options)->max_file_size = dice_chance(&d, 30) ? 100 : 0;
		a.options.workers = SEARCH_NO_WORKERS;
		take_paths(&a.options, TAKE_NEXT, &want);
		for (uint32_t workers = 0; workers < 5; workers++) {
			set_flags(&a.options, SEARCH_RESULT_LIST | flags[round % 4]);
			a.options.workers = workers > 0 ? workers : SEARCH_NO_WORKERS;
			a.options.max_open_files = 2 + dice_below(&d, 9);
			take_paths(&a.options, (enum take)(workers % TAKE_COUNT), &got);
			assert_string_equal(got, want);
			free(got);
		}
		free(want);
		forest_close(root);
	}
}

/* inotify sees every open: only directories are opened. */
static void test_files__listed_files_are_not_opened(void **state)
{
	char *root = forest_open(), *got, *other, *file, buffer[4096];
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct simple a;
	ssize_t n;

	(void)state;
	assert_true(watch >= 0);
	forest_directory(root, "d");
	forest_text(root, "a", "needle\n");
	forest_text(root, "d/b", "needle\n");
	forest_link(root, "broken", "nowhere");
	other = forest_path(root, "d");
	file = forest_path(root, "a");
	assert_true(inotify_add_watch(watch, root, IN_OPEN) >= 0);
	assert_true(inotify_add_watch(watch, other, IN_OPEN) >= 0);
	simple_init(&a, "needle", root);
	a.source.name = "";
	set_flags(&a.options, SEARCH_RESULT_LIST | SEARCH_WALK_FOLLOW);
	walk_of(&a.options)->max_file_size = 100;
	take_paths(&a.options, TAKE_NEXT, &got);
	assert_string_equal(got, "a\nbroken: errno 2\nd/b\n");
	free(got);
	a.source.path = file;
	take_paths(&a.options, TAKE_NEXT, &got);
	assert_string_equal(got, "\n");
	free(got);
	n = read(watch, buffer, sizeof(buffer));
	for (ssize_t at = 0; at < n;) {
		struct inotify_event event;

		memcpy(&event, buffer + at, sizeof(event));
		assert_true((event.mask & IN_ISDIR) != 0);
		at += (ssize_t)(sizeof(event) + event.len);
	}
	assert_true(n > 0);
	close(watch);
	free(other);
	free(file);
	forest_close(root);
}

static void test_files__sources_of_every_kind_are_listed(void **state)
{
	char *root = forest_open(), *file, *fifo, *got;
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_source sources[7] = { { 0 } };

	(void)state;
	forest_text(root, "a", "");
	forest_directory(root, "d");
	forest_text(root, "d/b", "");
	forest_fifo(root, "fifo");
	file = forest_path(root, "a");
	fifo = forest_path(root, "fifo");
	sources[0] = (struct search_source){ .path = file, .name = "a file" };
	sources[1] = (struct search_source){ .path = "/nowhere/at/all", .name = "nothing" };
	sources[2] = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .name = "memory" };
	sources[3] = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = open(root, O_RDONLY), .name = "r" };
	sources[4] = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = open(file, O_RDONLY), .name = "fd" };
	sources[5] = (struct search_source){ .path = fifo, .name = "fifo" };
	sources[6] = (struct search_source){ .path = root, .name = "" };
	options.sources = sources;
	options.source_count = 7;
	set_flags(&options, SEARCH_RESULT_LIST);
	for (uint32_t workers = 0; workers < 3; workers++) {
		options.workers = workers > 0 ? workers : SEARCH_NO_WORKERS;
		take_paths(&options, TAKE_NEXT, &got);
		assert_string_equal(got, "a file\nnothing: errno 2\nmemory\nr/a\nr/d/b\nfd\nfifo\na\nd/b\n");
		free(got);
	}
	close(sources[3].descriptor);
	close(sources[4].descriptor);
	free(file);
	free(fifo);
	forest_close(root);
}

/* A limit on the number of items, and a cancel in the middle. */
static void test_files__a_list_has_limits_and_can_be_cancelled(void **state)
{
	char *root = forest_open_in_memory();
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	struct search *s;
	struct simple a;

	(void)state;
	forest_many(root, 1000);
	simple_init(&a, "needle", root);
	set_flags(&a.options, SEARCH_RESULT_LIST);
	a.options.max_matches = 150;
	s = open_search(&a.options);
	for (int i = 0; i < 150; i++)
		assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(search_next(s, &item), 0);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_LIMITED);
	search_close(s);

	a.options.max_matches = 0;
	s = open_search(&a.options);
	for (int i = 0; i < 150; i++)
		assert_int_equal(search_next(s, &item), 1);
	search_cancel(s);
	assert_int_equal(search_next(s, &item), SEARCH_ECANCELED);
	search_close(s);

	s = open_search(&a.options);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(search_next(s, &item), 0);
	assert_int_equal(search_stats(s, &stats), SEARCH_OK);
	assert_int_equal(stats.files_found, 1000);
	assert_int_equal(stats.files_searched + stats.files_skipped + stats.bytes + stats.matches, 0);
	search_close(s);
	forest_close(root);
}

/*
 * The caller stops at a name, after which come more directories than the window takes: not more than the window
 * takes are listed.
 */
static void test_files__a_list_is_not_made_far_ahead(void **state)
{
	enum { DIRECTORIES = 6000, WINDOW = 4096 };
	char *root = forest_open_in_memory(), name[32];
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	uint64_t listed = 0;
	struct search *s;
	struct simple a;

	(void)state;
	forest_text(root, "0", "");
	for (int i = 0; i < DIRECTORIES; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		forest_directory(root, name);
		snprintf(name, sizeof(name), "d%d/1", i);
		forest_text(root, name, "");
	}
	simple_init(&a, "needle", root);
	set_flags(&a.options, SEARCH_RESULT_LIST);
	a.options.workers = 3;
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	do {
		listed = stats.directories;
		sleep_microseconds(200000);
		search_stats(s, &stats);
	} while (stats.directories != listed);
	assert_in_range(listed, 2, WINDOW + 10);
	for (int i = 0; i < DIRECTORIES; i++)
		assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(search_next(s, &item), 0);
	search_close(s);
	forest_close(root);
}

/* --- files that are left out --- */

/* One tree for all rows below. */
static char *make_tree(void)
{
	static const char *const names[] = { "a.c", "a.h", "b.txt", ".x.c", "d/a.c", "d/e/a.c", "d/e/f/b.c", "d/.h/z.c" };
	char *root = forest_open();

	forest_directory(root, "d");
	forest_directory(root, "d/.h");
	forest_directory(root, "d/e");
	forest_directory(root, "d/e/f");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		forest_file(root, names[i], "needle needle needle\n", i == 1 ? 7 : 21);
	return root;
}

static void test_files__a_walk_leaves_out_what_the_options_say(void **state)
{
	static const struct {
		struct search_glob globs[3];
		uint32_t max_depth;
		uint64_t max_file_size;
		uint32_t flags;
		const char *want;
		uint64_t skipped;
	} rows[] = {
		{ { { NULL, 0, 0, 0 } }, 0, 0, 0, ".x.c a.c a.h b.txt d/.h/z.c d/a.c d/e/a.c d/e/f/b.c", 0 },
		{ { { NULL, 0, 0, 0 } }, 1, 0, 0, ".x.c a.c a.h b.txt", 1 },
		{ { { NULL, 0, 0, 0 } }, 2, 0, 0, ".x.c a.c a.h b.txt d/a.c", 2 },
		{ { { NULL, 0, 0, 0 } }, 99, 0, SEARCH_WALK_SKIP_HIDDEN, "a.c a.h b.txt d/a.c d/e/a.c d/e/f/b.c", 2 },
		{ { { NULL, 0, 0, 0 } }, SEARCH_NO_WALK, 0, 0, "", 1 },
		{ { { NULL, 0, 0, 0 } }, 0, 20, 0, "a.h", 7 },
		{ { { NULL, 0, 0, 0 } }, 0, 21, SEARCH_WALK_SKIP_HIDDEN, "a.c a.h b.txt d/a.c d/e/a.c d/e/f/b.c", 2 },
		{ { { "*.c", 0, 0, 0 } }, 0, 0, SEARCH_WALK_SKIP_HIDDEN, "a.c d/a.c d/e/a.c d/e/f/b.c", 4 },
		{ { { "*.c", SEARCH_GLOB_UNHIDE, 0, 0 } }, 0, 0, SEARCH_WALK_SKIP_HIDDEN, ".x.c a.c d/a.c d/e/a.c d/e/f/b.c", 3 },
		{ { { "e/", SEARCH_GLOB_EXCLUDE, 0, 0 } }, 0, 0, 0, ".x.c a.c a.h b.txt d/.h/z.c d/a.c", 1 },
		{ { { "d/e/**", SEARCH_GLOB_EXCLUDE, 0, 0 } }, 0, 0, 0, ".x.c a.c a.h b.txt d/.h/z.c d/a.c", 2 },
		{ { { "/a.*", 0, 0, 0 } }, 0, 0, 0, "a.c a.h", 6 },
		{ { { "d/*/a.c", 0, 0, 0 }, { "b.c", 0, 0, 0 } }, 0, 0, 0, "d/e/a.c d/e/f/b.c", 6 },
		{ { { "*.c", 0, 0, 0 }, { "a*", 0, 1, 0 } }, 0, 0, 0, "a.c d/a.c d/e/a.c", 5 },
	};
	char *root = make_tree();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct search_stats stats = SEARCH_STATS_INIT;
		const struct search_item *item;
		char got[200] = "";
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", root);
		a.source.name = "";
		set_flags(&a.options, SEARCH_RESULT_LIST | rows[i].flags);
		walk_of(&a.options)->max_depth = rows[i].max_depth;
		walk_of(&a.options)->max_file_size = rows[i].max_file_size;
		walk_of(&a.options)->globs = rows[i].globs;
		while (walk_of(&a.options)->glob_count < 3 && rows[i].globs[walk_of(&a.options)->glob_count].text != NULL)
			walk_of(&a.options)->glob_count++;
		s = open_search(&a.options);
		while (search_next(s, &item) == 1) {
			strcat(got, got[0] != '\0' ? " " : "");
			strcat(got, item->path);
		}
		search_stats(s, &stats);
		search_close(s);
		if (strcmp(got, rows[i].want) != 0 || stats.files_skipped != rows[i].skipped)
			fail_msg("row %zu: \"%s\", %llu skipped", i, got, (unsigned long long)stats.files_skipped);
	}
	forest_close(root);
}

/* A source is searched even if a walk would leave it out. */
static void test_files__sources_are_searched_whatever_the_globs_say(void **state)
{
	static const struct search_glob none = { "*", SEARCH_GLOB_EXCLUDE, 0, 0 };
	char *root = make_tree(), *file = forest_path(root, ".x.c"), *got;
	struct simple a;

	(void)state;
	simple_init(&a, "needle", file);
	a.source.name = "x";
	set_flags(&a.options, SEARCH_RESULT_LIST | SEARCH_WALK_SKIP_HIDDEN);
	walk_of(&a.options)->globs = &none;
	walk_of(&a.options)->glob_count = 1;
	walk_of(&a.options)->max_file_size = 1;
	walk_of(&a.options)->max_depth = SEARCH_NO_WALK;
	take_paths(&a.options, TAKE_NEXT, &got);
	assert_string_equal(got, "x\n");
	free(got);
	free(file);
	forest_close(root);
}

/* A glob that is not valid is refused, with a message. */
static void test_files__a_bad_glob_is_refused(void **state)
{
	static const struct search_glob open_brace = { "{a", SEARCH_GLOB_BRACES, 0, 0 };
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;
	struct simple a;

	(void)state;
	simple_init(&a, "needle", "/dev/null");
	walk_of(&a.options)->globs = &open_brace;
	walk_of(&a.options)->glob_count = 1;
	assert_int_equal(search_open(&s, &a.options, &error), SEARCH_EINVAL);
	assert_non_null(strstr(error.message, "brace"));
	walk_of(&a.options)->globs = NULL;
	assert_int_equal(search_open(&s, &a.options, &error), SEARCH_EINVAL);
	assert_non_null(strstr(error.message, "globs"));
}

/* --- another file system --- */

static int look_over_a_mount(void *context)
{
	char *root = context, *mounted = forest_path(root, "d/e"), *got;
	struct simple a;

	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", mounted, "tmpfs", 0, NULL) != 0)
		return 77;
	forest_text(root, "d/e/new", "");
	simple_init(&a, "needle", root);
	a.source.name = "";
	for (uint32_t workers = 0; workers < 3; workers++) {
		a.options.workers = workers > 0 ? workers : SEARCH_NO_WORKERS;
		set_flags(&a.options, SEARCH_RESULT_LIST | SEARCH_WALK_SKIP_HIDDEN);
		take_paths(&a.options, TAKE_NEXT, &got);
		CHILD_CHECK(strcmp(got, "a.c\na.h\nb.txt\nd/a.c\nd/e/new\n") == 0);
		free(got);
		add_flags(&a.options, SEARCH_WALK_ONE_FILE_SYSTEM);
		take_paths(&a.options, TAKE_NEXT, &got);
		CHILD_CHECK(strcmp(got, "a.c\na.h\nb.txt\nd/a.c\n") == 0);
		free(got);
	}
	/* the source itself may be on any file system */
	a.source.path = mounted;
	take_paths(&a.options, TAKE_NEXT, &got);
	CHILD_CHECK(strcmp(got, "new\n") == 0);
	free(got);
	free(mounted);
	return 0;
}

static void test_files__a_walk_may_stay_on_one_file_system(void **state)
{
	char *root = make_tree();
	long peak;
	int rc = process_child(look_over_a_mount, root, &peak);

	(void)state;
	forest_close(root);
	if (rc == 77)
		skip(); /* not allowed to mount */
	assert_int_equal(rc, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files__the_same_files_are_listed_and_searched),
		cmocka_unit_test(test_files__listed_files_are_not_opened),
		cmocka_unit_test(test_files__sources_of_every_kind_are_listed),
		cmocka_unit_test(test_files__a_list_has_limits_and_can_be_cancelled),
		cmocka_unit_test(test_files__a_list_is_not_made_far_ahead),
		cmocka_unit_test(test_files__a_walk_leaves_out_what_the_options_say),
		cmocka_unit_test(test_files__sources_are_searched_whatever_the_globs_say),
		cmocka_unit_test(test_files__a_bad_glob_is_refused),
		cmocka_unit_test(test_files__a_walk_may_stay_on_one_file_system),
	};

	alarm(patience(240));
	return RUN_TESTS(tests, NULL, NULL);
}
