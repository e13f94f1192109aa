/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_learn_idle.c - search_tree_learn(): what it reads, when it ends, and what ends it.
 */
#include "../support/warm.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/tree.h"

#define MIB ((uint64_t)1 << 20)
enum { LONG = 60000, FILES = 200 };

struct ground {
	char *root;
	struct search_tree *tree;
	struct warm_search search;
};

static void write_file(const struct ground *g, const char *name, const char *text)
{
	tree_file(g->root, name, text, strlen(text));
}

static struct ps_warm_directory *visit(struct ground *g, const char *string)
{
	warm_search_begin(&g->search, g->tree, string);
	return warm_visit(&g->search, g->root, NULL, NULL, NULL);
}

static void ground_new(struct ground *g)
{
	*g = (struct ground){ .root = tree_new(), .tree = warm_tree(SEARCH_TREE_STAMPS, 16 * MIB) };
	for (int i = 0; i < FILES; i++) {
		char name[20], text[40];

		snprintf(name, sizeof(name), "file%d", i);
		snprintf(text, sizeof(text), "the number %d\n", i);
		write_file(g, name, text);
	}
	warm_settle();
	ps_warm_release(visit(g, "whatever"));
}

static void ground_free(struct ground *g)
{
	ps_tree_release(g->tree);
	tree_remove(g->root);
}

/* Calls until nothing is left. */
static void learn_all(struct ground *g, uint32_t milliseconds)
{
	int rc, calls = 0;

	while ((rc = ps_tree_learn(g->tree, milliseconds)) == 1)
		assert_true(++calls < 100000);
	assert_int_equal(rc, SEARCH_OK);
}

static void test_learn_idle__all_files_are_learnt(void **state)
{
	struct ps_warm_directory *directory;
	struct ground g;

	(void)state;
	ground_new(&g);
	learn_all(&g, LONG);
	assert_int_equal(warm_stats(g.tree).signatures, FILES);
	directory = visit(&g, "whatever");
	assert_true(warm_is_ruled_out(&g.search, directory, g.root, "file7"));
	ps_warm_release(directory);
	directory = visit(&g, "the number 7");
	assert_false(warm_is_ruled_out(&g.search, directory, g.root, "file7"));
	ps_warm_release(directory);
	assert_int_equal(ps_tree_learn(g.tree, LONG), SEARCH_OK);
	assert_int_equal(warm_stats(g.tree).learnt, FILES);
	ground_free(&g);
}

/* How often inotify has seen that files of ground_new() were opened, and how often one called "new" was. */
static void count_opened(int watch, int *old, int *new)
{
	char buffer[65536];
	ssize_t n = read(watch, buffer, sizeof(buffer));

	*old = *new = 0;
	for (ssize_t at = 0; at < n;) {
		const char *name = buffer + at + sizeof(struct inotify_event);
		struct inotify_event event;

		memcpy(&event, buffer + at, sizeof(event));
		*old += event.len > 0 && strncmp(name, "file", 4) == 0;
		*new += event.len > 0 && strcmp(name, "new") == 0;
		at += (ssize_t)(sizeof(event) + event.len);
	}
}

/*
 * A directory in which one file is new has others that were learnt before. The new one may also be opened by another
 * process that looks at what is new on the system.
 */
static void test_learn_idle__what_was_learnt_is_not_opened_again(void **state)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), old, new;
	struct ground g;

	(void)state;
	assert_true(watch >= 0);
	ground_new(&g);
	learn_all(&g, LONG);
	write_file(&g, "new", "the number is new\n");
	warm_settle();
	ps_warm_release(visit(&g, "whatever"));
	assert_true(inotify_add_watch(watch, g.root, IN_OPEN) >= 0);
	learn_all(&g, LONG);
	assert_int_equal(warm_stats(g.tree).signatures, FILES + 1);
	count_opened(watch, &old, &new);
	close(watch);
	assert_int_equal(old, 0);
	assert_true(new > 0); /* so the watch sees what is opened */
	ground_free(&g);
}

/* Little by little it comes to the same. */
static void test_learn_idle__short_calls_come_to_an_end(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g);
	assert_int_equal(ps_tree_learn(g.tree, 0), 1);
	assert_int_equal(warm_stats(g.tree).learnt, 0);
	learn_all(&g, 50); /* of a call that is too short for a file, that file is left out */
	assert_int_equal(warm_stats(g.tree).signatures, FILES);
	ground_free(&g);
}

/* Young, unreadable, linked, special, and gone. */
static void test_learn_idle__what_cannot_be_learnt_is_left_out(void **state)
{
	struct ps_warm_directory *directory;
	struct ground g;

	(void)state;
	ground_new(&g);
	assert_int_equal(unlink(tree_path(g.root, "file1")), 0);
	assert_int_equal(mkfifo(tree_path(g.root, "file1"), 0600), 0);
	assert_int_equal(unlink(tree_path(g.root, "file2")), 0);
	assert_int_equal(unlink(tree_path(g.root, "file3")), 0);
	assert_int_equal(symlink("file4", tree_path(g.root, "file3")), 0);
	learn_all(&g, LONG); /* the listing is outdated, and says they are files */
	assert_int_equal(warm_stats(g.tree).signatures, FILES - 3);
	warm_settle();
	directory = visit(&g, "whatever");
	assert_int_equal(warm_stats(g.tree).files, FILES - 3);
	ps_warm_release(directory);
	ground_free(&g);
}

static void test_learn_idle__young_files_are_learnt_by_a_later_call(void **state)
{
	struct ground g;
	uint64_t learnt = FILES;

	(void)state;
	ground_new(&g);
	for (int i = 0; i < 100 && learnt == FILES; i++) { /* unless the machine was asleep for 20 ms */
		struct ps_warm_directory *directory = visit(&g, "number");

		learn_all(&g, LONG);
		write_file(&g, "file9", "something else");
		assert_false(warm_is_ruled_out(&g.search, directory, g.root, "file9"));
		ps_warm_release(directory);
		directory = visit(&g, "whatever"); /* finds out that the stamp is another one */
		assert_false(warm_is_ruled_out(&g.search, directory, g.root, "file9"));
		ps_warm_release(directory);
		learn_all(&g, LONG);
		learnt = warm_stats(g.tree).signatures;
	}
	assert_int_equal(learnt, FILES - 1);
	warm_settle();
	learn_all(&g, LONG);
	assert_int_equal(warm_stats(g.tree).signatures, FILES);
	ground_free(&g);
}

/* A directory that is no longer where it was is not mistaken for the one that is there now. */
static void test_learn_idle__another_directory_at_its_path_is_left_alone(void **state)
{
	struct ground g;
	char moved[4096];

	(void)state;
	ground_new(&g);
	snprintf(moved, sizeof(moved), "%s.moved", g.root);
	assert_int_equal(rename(g.root, moved), 0);
	assert_int_equal(mkdir(g.root, 0700), 0);
	write_file(&g, "file1", "other\n");
	warm_settle();
	learn_all(&g, LONG);
	assert_int_equal(warm_stats(g.tree).signatures, 0);
	assert_int_equal(unlink(tree_path(g.root, "file1")), 0);
	assert_int_equal(rmdir(g.root), 0);
	assert_int_equal(rename(moved, g.root), 0);
	ground_free(&g);
}

/* Its stamp is the same when a directory above it has moved: the path is that by which a search found it last. */
static void test_learn_idle__a_directory_that_moved_is_learnt_where_a_search_found_it(void **state)
{
	struct ground g = { .root = tree_new(), .tree = warm_tree(SEARCH_TREE_STAMPS, MIB) };
	char moved[4096];
	bool found;

	(void)state;
	write_file(&g, "above/sub/file", "the number 1\n");
	warm_settle();
	warm_search_begin(&g.search, g.tree, "whatever");
	ps_warm_release(warm_visit(&g.search, tree_path(g.root, "above/sub"), NULL, NULL, &found));
	assert_false(found);
	snprintf(moved, sizeof(moved), "%s/moved", g.root);
	assert_int_equal(rename(tree_path(g.root, "above"), moved), 0);
	ps_warm_release(warm_visit(&g.search, tree_path(g.root, "moved/sub"), NULL, NULL, &found));
	assert_true(found);
	learn_all(&g, LONG);
	assert_int_equal(warm_stats(g.tree).signatures, 1);
	ground_free(&g);
}

/* A call that is too short for a file does not stand in the way of the others. */
static void test_learn_idle__a_file_that_takes_too_long_is_left_out(void **state)
{
	enum { SIZE = 64 << 20 };
	struct ground g = { .root = tree_new(), .tree = warm_tree(SEARCH_TREE_STAMPS, 64 * MIB) };
	char *text = malloc(SIZE);

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		text[i] = (char)(i % 61 == 60 ? '\n' : 'a' + i * i % 7);
	tree_file(g.root, "a large one", text, SIZE);
	write_file(&g, "small", "small\n");
	free(text);
	warm_settle();
	ps_warm_release(visit(&g, "whatever"));
	learn_all(&g, 2);
	assert_int_equal(warm_stats(g.tree).signatures, 1);
	learn_all(&g, LONG);
	assert_int_equal(warm_stats(g.tree).signatures, 2);
	ground_free(&g);
}

static void *cancel(void *context)
{
	struct ground *g = context;

	nanosleep(&(struct timespec){ .tv_nsec = 30 * 1000000 }, NULL);
	while (warm_stats(g->tree).ruled_out == 0) { /* the sign that it has ended */
		ps_tree_cancel(g->tree);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return NULL;
}

static void test_learn_idle__it_can_be_canceled(void **state)
{
	struct ground g;
	pthread_t thread;
	int rc = SEARCH_OK;

	(void)state;
	ground_new(&g);
	assert_int_equal(pthread_create(&thread, NULL, cancel, &g), 0);
	while (rc != SEARCH_ECANCELED) { /* it may have nothing to do at that moment */
		ps_lock_take(&g.tree->lock);
		ps_kept_to_learn(PS_KEPT_AT(g.tree->all.after, all), PS_LEARN_NOW);
		ps_lock_release(&g.tree->lock);
		rc = ps_tree_learn(g.tree, LONG);
		assert_true(rc == SEARCH_OK || rc == 1 || rc == SEARCH_ECANCELED);
	}
	ps_warm_note_ruled_out(g.tree, 1);
	pthread_join(thread, NULL);
	ground_free(&g);
}

/* --- many threads at once; for ThreadSanitizer --- */

enum { THREADS = 4, ROUNDS_EACH = 40 };

struct crowd {
	struct ground *g;
	int number;
};

/* As tree_path(), which is for one thread. */
static const char *path_of(char *to, size_t size, const struct ground *g, const char *name)
{
	snprintf(to, size, "%s/%s", g->root, name);
	return to;
}

static void rewrite_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL)
		return;
	fputs(text, file);
	fclose(file);
}

static void *be_one_of_many(void *context)
{
	char path[4096];
	struct crowd *crowd = context;
	struct ground *g = crowd->g;
	struct warm_search search;
	char name[20];

	for (int i = 0; i < ROUNDS_EACH; i++) {
		struct ps_warm_directory *directory;

		snprintf(name, sizeof(name), "file%d", (i * THREADS + crowd->number) % FILES);
		warm_search_begin(&search, g->tree, i % 2 == 0 ? "whatever" : "number");
		directory = warm_visit(&search, g->root, NULL, NULL, NULL);
		if (directory != NULL) {
			bool ruled_out = warm_is_ruled_out(&search, directory, g->root, name);

			if (i % 2 != 0 && ruled_out)
				return context;
			warm_learn(&search, directory, g->root, name);
		}
		ps_warm_release(directory);
		if (i % 8 == crowd->number)
			rewrite_file(path_of(path, sizeof(path), g, name), "another number\n");
		if (i % 8 == 4)
			ps_tree_learn(g->tree, 1);
		if (i % 8 == 5)
			ps_tree_changed(g->tree, i % 16 == 5 ? NULL : path_of(path, sizeof(path), g, name));
		if (i % 8 == 6) { /* the listing changes */
			snprintf(name, sizeof(name), "new%d", crowd->number);
			if (i % 16 == 6)
				rewrite_file(path_of(path, sizeof(path), g, name), "a new number\n");
			else
				unlink(path_of(path, sizeof(path), g, name));
		}
	}
	return NULL;
}

static void test_learn_idle__many_threads_may_use_a_tree(void **state)
{
	(void)state;
	for (uint32_t trust = 0; trust < 4; trust++) {
		struct ground g = { .root = tree_new(), .tree = warm_tree(trust, MIB) };
		struct crowd crowd[THREADS];
		pthread_t threads[THREADS];
		void *wrong;

		for (int i = 0; i < FILES; i++) {
			char name[20];

			snprintf(name, sizeof(name), "file%d", i);
			write_file(&g, name, "a number\n");
		}
		warm_settle();
		for (int i = 0; i < THREADS; i++) {
			crowd[i] = (struct crowd){ .g = &g, .number = i };
			assert_int_equal(pthread_create(&threads[i], NULL, be_one_of_many, &crowd[i]), 0);
		}
		for (int i = 0; i < THREADS; i++) {
			pthread_join(threads[i], &wrong);
			assert_null(wrong);
		}
		ground_free(&g);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learn_idle__all_files_are_learnt),
		cmocka_unit_test(test_learn_idle__what_was_learnt_is_not_opened_again),
		cmocka_unit_test(test_learn_idle__short_calls_come_to_an_end),
		cmocka_unit_test(test_learn_idle__what_cannot_be_learnt_is_left_out),
		cmocka_unit_test(test_learn_idle__young_files_are_learnt_by_a_later_call),
		cmocka_unit_test(test_learn_idle__another_directory_at_its_path_is_left_alone),
		cmocka_unit_test(test_learn_idle__a_directory_that_moved_is_learnt_where_a_search_found_it),
		cmocka_unit_test(test_learn_idle__a_file_that_takes_too_long_is_left_out),
		cmocka_unit_test(test_learn_idle__it_can_be_canceled),
		cmocka_unit_test(test_learn_idle__many_threads_may_use_a_tree),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
