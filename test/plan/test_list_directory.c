/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_list_directory.c - what a listing contains, what it leaves out, and what it counts.
 */
#include "../../lib/base/base.h"

#include "../support/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

/* Walks `root`, shown as "", with these flags, and the fewest descriptors that are allowed. */
static void walk(const char *root, uint32_t flags, uint32_t workers, struct crew_result *result)
{
	struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = root, .name = "" };
	struct crew_options options = {
		.flags = flags, .workers = workers, .max_open_files = workers + 1 < 2 ? 2 : workers + 1,
		.sources = &source, .source_count = 1, .percent = 100,
	};
	struct random random = random_new(workers);

	if (workers > 1)
		crew_run(&options, result);
	else
		crew_simulate(&options, &random, result);
	assert_true(result->open_files <= options.max_open_files);
}

static void expect(const struct crew_result *result, const char *const *names)
{
	size_t i = 0;

	for (; names[i] != NULL && i < result->shown.count; i++)
		if (strcmp(names[i], result->shown.at[i]) != 0)
			fail_msg("\"%s\", not \"%s\"", result->shown.at[i], names[i]);
	assert_null(names[i]);
	assert_int_equal(i, result->shown.count);
}

static void test_list_directory__hidden_names_are_left_out_when_asked(void **state)
{
	static const char *const all[] = { ".a", ".d/x", "b", "c/.y", "c/z", NULL };
	static const char *const some[] = { "b", "c/z", NULL };
	char *root = tree_new();
	struct crew_result result;

	(void)state;
	for (size_t i = 0; all[i] != NULL; i++)
		tree_file(root, all[i], "", 0);
	walk(root, 0, 2, &result);
	expect(&result, all);
	assert_int_equal(result.skipped, 0);
	crew_result_free(&result);
	walk(root, SEARCH_WALK_SKIP_HIDDEN, 2, &result);
	expect(&result, some);
	assert_int_equal(result.skipped, 3);
	crew_result_free(&result);
	tree_remove(root);
}

static void make_links(const char *root)
{
	tree_file(root, "d/f", "", 0);
	tree_file(root, "g", "", 0);
	assert_int_equal(symlink("../g", tree_path(root, "d/to-file")), 0);
	assert_int_equal(symlink("..", tree_path(root, "d/up")), 0);
	assert_int_equal(symlink(".", tree_path(root, "d/self")), 0);
	assert_int_equal(symlink("nowhere", tree_path(root, "broken")), 0);
	assert_int_equal(symlink("d", tree_path(root, "to-directory")), 0);
	assert_int_equal(mkfifo(tree_path(root, "fifo"), 0644), 0);
}

static void test_list_directory__links_and_special_files_are_left_out_and_counted(void **state)
{
	static const char *const names[] = { "d/f", "g", NULL };
	char *root = tree_new();
	struct crew_result result;

	(void)state;
	make_links(root);
	walk(root, 0, 2, &result);
	expect(&result, names);
	assert_int_equal(result.files, 8);
	assert_int_equal(result.skipped, 6);
	crew_result_free(&result);
	tree_remove(root);
}

/* Following a link to a directory above would never end; a link to a sibling is followed. */
static void test_list_directory__followed_links_end_at_a_loop(void **state)
{
	static const char *const names[] = {
		"broken: errno 2", "d/f", "d/to-file", "g", "to-directory/f", "to-directory/to-file", NULL,
	};
	char *root = tree_new();

	(void)state;
	make_links(root);
	for (uint32_t workers = 0; workers < 5; workers++) {
		struct crew_result result;

		walk(root, SEARCH_WALK_FOLLOW, workers, &result);
		expect(&result, names);
		crew_result_free(&result);
	}
	tree_remove(root);
}

/* In a child that is the user nobody: root can read everything. */
static void test_list_directory__what_cannot_be_opened_is_an_error_in_its_place(void **state)
{
	static const char *const names[] = { "a", "b: errno 13", "c: errno 13", "d/e", NULL };
	char *root = tree_new();
	pid_t child;
	int status;

	(void)state;
	tree_file(root, "a", "", 0);
	tree_file(root, "b/hidden", "", 0);
	tree_file(root, "c", "", 0);
	tree_file(root, "d/e", "", 0);
	chmod(root, 0755);
	chmod(tree_path(root, "b"), 0);
	chmod(tree_path(root, "c"), 0);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		struct crew_result result;

		if (getuid() == 0 && seteuid(65534) != 0)
			_exit(77);
		walk(root, 0, 1, &result);
		expect(&result, names);
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status));
	chmod(tree_path(root, "b"), 0755);
	tree_remove(root);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_list_directory__fifty_thousand_names_are_sorted(void **state)
{
	char *root = tree_new(), name[32];
	struct names want = { 0 };

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		snprintf(name, sizeof(name), "file-%u", i * 7919 % 50000);
		tree_file(root, name, "", 0);
		names_add(&want, name);
	}
	names_sort(&want);
	for (uint32_t workers = 0; workers < 4; workers += 3) {
		struct crew_result result;

		walk(root, 0, workers, &result);
		names_equal(&result.shown, &want);
		crew_result_free(&result);
	}
	names_free(&want);
	tree_remove(root);
}

/* In a long run the path of the deepest is just within PATH_MAX; there are files before and after each directory. */
static void test_list_directory__a_tree_of_great_depth_is_walked(void **state)
{
	size_t depth = how_much(600, 2000);
	char *root = tree_new(), *path = calloc(1, 2 * depth + 16);
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct names want = { 0 };

	(void)state;
	for (size_t i = 0; i < depth; i++) {
		int next;

		close(openat(fd, "a", O_CREAT | O_WRONLY, 0644));
		close(openat(fd, "z", O_CREAT | O_WRONLY, 0644));
		assert_int_equal(mkdirat(fd, "d", 0755), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	close(fd);
	for (size_t i = 0; i < depth; i++) {
		strcpy(path + 2 * i, "a");
		names_add(&want, path);
		strcpy(path + 2 * i, "d/");
	}
	for (size_t i = depth; i-- > 0;) {
		strcpy(path + 2 * i, "z");
		names_add(&want, path);
	}
	for (uint32_t workers = 0; workers < 4; workers++) {
		struct crew_result result;

		walk(root, 0, workers, &result);
		names_equal(&result.shown, &want);
		assert_int_equal(result.directories, depth + 1);
		crew_result_free(&result);
	}
	names_free(&want);
	free(path);
	tree_remove(root);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_directory__hidden_names_are_left_out_when_asked),
		cmocka_unit_test(test_list_directory__links_and_special_files_are_left_out_and_counted),
		cmocka_unit_test(test_list_directory__followed_links_end_at_a_loop),
		cmocka_unit_test(test_list_directory__what_cannot_be_opened_is_an_error_in_its_place),
		cmocka_unit_test(test_list_directory__fifty_thousand_names_are_sorted),
		cmocka_unit_test(test_list_directory__a_tree_of_great_depth_is_walked),
	};

	alarm(patience(240));
	random_seed();
	return RUN_TESTS(tests, NULL, NULL);
}
