/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_source_paths.c - where the paths that globs are compared with start, however a source is written.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/collect.h"
#include "../support/tree.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

static char *plant(void)
{
	char *root = tree_new();
	static const char *const files[] = {
		"here/src/a.ts", "here/src/gen/b.ts", "here/src/gen/deep/c.ts", "here/lib/d.ts", "here/top.ts", "else/src/e.ts",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		tree_file(root, files[i], "x\n", 2);
	assert_int_equal(symlink("here", tree_path(root, "link")), 0);
	assert_int_equal(symlink("../../else", tree_path(root, "here/src/out")), 0);
	assert_int_equal(symlink("src", tree_path(root, "here/s")), 0);
	return root;
}

/* The files of a source that a glob lets pass, as "a b": paths from the source on. */
static char *list(const struct search_source *source, const char *text, uint32_t flags, uint32_t workers)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_glob glob = { .text = text, .flags = flags };
	struct search_walk walk = SEARCH_WALK_INIT;
	const struct search_item *item;
	struct search *s;
	char *got = NULL;
	size_t size;
	FILE *to = open_memstream(&got, &size);

	options.sources = source;
	options.source_count = 1;
	options.walk = &walk;
	walk.globs = &glob;
	walk.glob_count = 1;
	options.result_flags = SEARCH_RESULT_LIST;
	options.workers = workers;
	s = open_search(&options);
	while (search_next(s, &item) > 0) {
		assert_int_equal(item->kind, SEARCH_ITEM_FILE);
		fprintf(to, "%s%s", ftell(to) > 0 ? " " : "", item->path);
	}
	search_close(s);
	fclose(to);
	return got;
}

struct row {
	const char *source; /* '^' is the tree's root */
	const char *want;
};

static void check_row(const char *root, const struct row *row, const char *glob, uint32_t flags)
{
	char path[600];
	struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = path, .name = "" };

	snprintf(path, sizeof(path), "%s%s", row->source[0] == '^' ? root : "", row->source + (row->source[0] == '^'));
	for (uint32_t workers = 0; workers < 2; workers++) {
		char *got = list(&source, glob, flags, workers > 0 ? 2 : SEARCH_NO_WORKERS);

		if (strcmp(got, row->want) != 0)
			fail_msg("%s in %s: '%s', not '%s'", glob, row->source, got, row->want);
		free(got);
	}
}

/* They start at the working directory if the source is below it, however it is written. */
static void test_source_paths__start_at_the_working_directory(void **state)
{
	static const struct row taken[] = {
		{ ".", "src/a.ts src/gen/b.ts src/gen/deep/c.ts" },
		{ "./", "src/a.ts src/gen/b.ts src/gen/deep/c.ts" },
		{ ".//.", "src/a.ts src/gen/b.ts src/gen/deep/c.ts" },
		{ "^/here", "src/a.ts src/gen/b.ts src/gen/deep/c.ts" },
		{ "^/here/", "src/a.ts src/gen/b.ts src/gen/deep/c.ts" },
		{ "^//here/./", "src/a.ts src/gen/b.ts src/gen/deep/c.ts" },
		{ "../here", "src/a.ts src/gen/b.ts src/gen/deep/c.ts" },
		{ "../link", "src/a.ts src/gen/b.ts src/gen/deep/c.ts" },
		{ "^/link/", "src/a.ts src/gen/b.ts src/gen/deep/c.ts" },
		{ "lib/..", "src/a.ts src/gen/b.ts src/gen/deep/c.ts" },
		{ "src", "a.ts gen/b.ts gen/deep/c.ts" },
		{ "src/", "a.ts gen/b.ts gen/deep/c.ts" },
		{ "./src", "a.ts gen/b.ts gen/deep/c.ts" },
		{ "^/here/src", "a.ts gen/b.ts gen/deep/c.ts" },
		{ "^/link/src/", "a.ts gen/b.ts gen/deep/c.ts" },
		{ "../here/src", "a.ts gen/b.ts gen/deep/c.ts" },
		{ "lib/../src", "a.ts gen/b.ts gen/deep/c.ts" },
		{ "src/gen/../../src", "a.ts gen/b.ts gen/deep/c.ts" },
		{ "src/gen", "b.ts deep/c.ts" },
		{ "src/gen/..", "a.ts gen/b.ts gen/deep/c.ts" }, /* only the ".." comes after the working directory */
		{ "lib", "" },
		/* a link in the working directory is where it is, not where it leads */
		{ "src/out", "src/e.ts" },
		{ "^/here/src/out", "src/e.ts" },
		{ "s", "" },
		/* if the source is not below it, they start at the source */
		{ "..", "" },
		{ "^", "" },
		{ "../else", "src/e.ts" },
		{ "^/else", "src/e.ts" },
		{ "src/out/../else", "src/e.ts" },
	};
	static const struct row left[] = {
		{ ".", "lib/d.ts src/a.ts top.ts" },
		{ "^/here", "lib/d.ts src/a.ts top.ts" },
		{ "^/link/", "lib/d.ts src/a.ts top.ts" },
		{ "src", "a.ts" },
		{ "^/here/src/", "a.ts" },
		{ "../link/src", "a.ts" },
		{ "^/else", "src/e.ts" },
		{ "^", "else/src/e.ts here/lib/d.ts here/src/a.ts here/src/gen/b.ts here/src/gen/deep/c.ts here/top.ts" },
	};
	char *root = plant(), *before = getcwd(NULL, 0);

	(void)state;
	assert_int_equal(chdir(tree_path(root, "here")), 0);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		check_row(root, &taken[i], "src/**/*.ts", 0);
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		check_row(root, &left[i], "src/gen", SEARCH_GLOB_EXCLUDE);
	assert_int_equal(chdir(before), 0);
	free(before);
	tree_remove(root);
}

/* Everything is below the system's root, and nothing below a working directory that was removed. */
static void test_source_paths__at_the_root_and_in_a_removed_directory(void **state)
{
	static const struct row whole = { "^/here/src", "a.ts" }, none = { "^/here/src", "" }, own = { "^/here", "src/a.ts" };
	char *root = plant(), *before = getcwd(NULL, 0), glob[600];

	(void)state;
	assert_int_equal(chdir("/"), 0);
	snprintf(glob, sizeof(glob), "%s/here/src/*", root);
	check_row(root, &whole, glob, 0);
	check_row(root, &none, "src/*", 0);
	tree_directory(root, "gone");
	assert_int_equal(chdir(tree_path(root, "gone")), 0);
	assert_int_equal(rmdir(tree_path(root, "gone")), 0);
	check_row(root, &own, "src/*", 0);
	assert_int_equal(chdir(before), 0);
	free(before);
	tree_remove(root);
}

/* A descriptor comes without a path: the system says where it is. */
static void test_source_paths__of_a_descriptor_come_from_the_system(void **state)
{
	char *root = plant(), *before = getcwd(NULL, 0), *got;
	struct search_source source = { .kind = SEARCH_SOURCE_DESCRIPTOR, .name = "" };

	(void)state;
	assert_int_equal(chdir(tree_path(root, "here")), 0);
	source.descriptor = open("src", O_RDONLY | O_CLOEXEC);
	got = list(&source, "src/gen/*", 0, 2);
	assert_string_equal(got, "gen/b.ts");
	free(got);
	close(source.descriptor);
	source.descriptor = open("../else", O_RDONLY | O_CLOEXEC);
	got = list(&source, "src/*", 0, SEARCH_NO_WORKERS);
	assert_string_equal(got, "src/e.ts");
	free(got);
	close(source.descriptor);
	assert_int_equal(chdir(before), 0);
	free(before);
	tree_remove(root);
}

/* Opens a directory that has the file a.ts, below the working directory. `length`: of its absolute path. */
static int plant_deep(size_t length)
{
	char *here = getcwd(NULL, 0), name[201];
	size_t left = length - strlen(here);
	int fd = open(".", O_RDONLY | O_CLOEXEC), file;

	free(here);
	memset(name, 'd', sizeof(name));
	while (left > 0) {
		size_t n = left <= sizeof(name) ? left - 1 : sizeof(name) - 1 - (left == sizeof(name) + 1);
		int up = fd;

		name[n] = '\0';
		assert_int_equal(mkdirat(up, name, 0755), 0);
		fd = openat(up, name, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		close(up);
		name[n] = 'd';
		left -= n + 1;
	}
	file = openat(fd, "a.ts", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(write(file, "x\n", 2), 2);
	close(file);
	return fd;
}

/* The system says no path that is longer than PATH_MAX: then they start at the source. */
static void test_source_paths__of_a_deep_descriptor_are_known_within_a_bound(void **state)
{
	static const struct {
		size_t length;
		const char *glob, *other;
	} rows[] = {
		{ PATH_MAX - 2, "d*/**/a.ts", "/a.ts" }, { PATH_MAX + 200, "/a.ts", "d*/**/a.ts" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct search_source source = { .kind = SEARCH_SOURCE_DESCRIPTOR, .name = "" };
		char *root = tree_new(), *before = getcwd(NULL, 0), *got;

		assert_int_equal(chdir(root), 0);
		source.descriptor = plant_deep(rows[i].length);
		got = list(&source, rows[i].glob, 0, SEARCH_NO_WORKERS);
		assert_string_equal(got, "a.ts");
		free(got);
		got = list(&source, rows[i].other, 0, SEARCH_NO_WORKERS);
		assert_string_equal(got, "");
		free(got);
		close(source.descriptor);
		assert_int_equal(chdir(before), 0);
		free(before);
		tree_remove(root);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source_paths__start_at_the_working_directory),
		cmocka_unit_test(test_source_paths__at_the_root_and_in_a_removed_directory),
		cmocka_unit_test(test_source_paths__of_a_descriptor_come_from_the_system),
		cmocka_unit_test(test_source_paths__of_a_deep_descriptor_are_known_within_a_bound),
	};

	alarm(patience(60));
	return RUN_TESTS(tests, NULL, NULL);
}
