/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_warm_faults.c - each allocation and system call of a tree fails in turn: less is kept, and nothing false is said.
 *
 * The linker sends the calls through the functions here (see the Makefile).
 */
#include "../support/warm.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/large_files.h"
#include "../support/tree.h"

#define MIB ((uint64_t)1 << 20)

/* --- the wrappers --- */

static long calls, failing; /* the call of this number fails; 0: none */

static bool fails(int error)
{
	if (failing == 0 || ++calls != failing)
		return false;
	errno = error;
	return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__real_realpath(const char *path, char *to);
int __real_inotify_init1(int flags);
int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
ssize_t REAL_LARGE(pread)(int fd, void *to, size_t size, off_t at);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_realpath(const char *path, char *to);
int __wrap_inotify_init1(int flags);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at);
ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t at);

void *__wrap_malloc(size_t size)
{
	return fails(ENOMEM) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails(ENOMEM) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails(ENOMEM) ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return fails(ENOMEM) ? NULL : __real_aligned_alloc(alignment, size);
}

char *__wrap_strdup(const char *text)
{
	return fails(ENOMEM) ? NULL : __real_strdup(text);
}

char *__wrap_realpath(const char *path, char *to)
{
	return fails(ENOMEM) ? NULL : __real_realpath(path, to);
}

int __wrap_inotify_init1(int flags)
{
	return fails(EMFILE) ? -1 : __real_inotify_init1(flags);
}

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	return fails(ENOSPC) ? -1 : __real_inotify_add_watch(fd, path, mask);
}

ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at)
{
	return fails(EIO) ? -1 : REAL_LARGE(pread)(fd, to, size, at);
}

ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t at)
{
	return __wrap_pread(fd, to, size, at);
}

/* --- a tree's life --- */

/* What the calls may return. */
static void check(int rc)
{
	if (rc != SEARCH_OK && rc != SEARCH_ENOMEM && rc != 1)
		fail_msg("a call returned %d", rc);
}

/* A search for "quick", which is in the first file only. */
static void search_once(struct search_tree *tree, const char *root, const char *sub, bool learns)
{
	struct ps_warm_directory *top, *below = NULL;
	struct warm_search search;

	warm_search_begin(&search, tree, "quick");
	top = warm_visit(&search, root, NULL, NULL, NULL);
	if (top != NULL)
		below = warm_visit(&search, sub, top, "sub", NULL);
	if (top != NULL) {
		assert_false(warm_is_ruled_out(&search, top, root, "one"));
		if (learns)
			warm_learn(&search, top, root, "one");
	}
	if (below != NULL) {
		warm_is_ruled_out(&search, below, sub, "two");
		if (learns)
			warm_learn(&search, below, sub, "two");
	}
	ps_warm_release(top);
	ps_warm_release(below);
}

/* All of it. Returns whether the call of this number was reached. */
static bool live(const char *root, uint32_t trust, long number)
{
	struct search_tree_options options = { .size = sizeof(options), .max_bytes = MIB, .trust = trust };
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree;
	char sub[4096], one[4096];
	int rc;

	snprintf(sub, sizeof(sub), "%s/sub", root);
	snprintf(one, sizeof(one), "%s/one", root);
	calls = 0;
	failing = number;
	rc = ps_tree_new(&tree, &options, &error);
	if (rc != SEARCH_OK) {
		assert_null(tree);
		assert_true(rc == SEARCH_ENOMEM || (rc == SEARCH_ESYSTEM && error.system_error == EMFILE));
		failing = 0;
		return true;
	}
	search_once(tree, root, sub, false);
	search_once(tree, root, sub, true);
	check(ps_tree_learn(tree, 1000));
	search_once(tree, root, sub, true);
	check(ps_tree_changed(tree, one));
	check(ps_tree_changed(tree, sub));
	search_once(tree, root, sub, true);
	failing = 0;
	assert_int_equal(ps_tree_learn(tree, 60000), SEARCH_OK);
	ps_tree_release(tree);
	return calls >= number;
}

static void test_warm_faults__each_call_may_fail(void **state)
{
	char *root = tree_new();

	(void)state;
	tree_file(root, "one", "the quick brown fox\n", 20);
	tree_file(root, "sub/two", "jumps over the lazy dog\n", 24);
	tree_file(root, "sub/deep/three", "\n", 1);
	warm_settle();
	for (uint32_t trust = 0; trust < 4; trust++) {
		long number = 1;

		while (live(root, trust, number))
			number++;
		assert_true(number > 20);
	}
	tree_remove(root);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warm_faults__each_call_may_fail),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
