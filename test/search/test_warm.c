/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_warm.c - what a warm tree spares, and what it never changes: one case for each promise.
 *
 * Calls are counted by the functions of faults.c, which the linker sends them through (see the Makefile).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/archive.h"
#include "../support/collect.h"
#include "../support/faults.h"
#include "../support/forest.h"
#include "../support/options.h"
#include "../support/process.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

enum { DIRECTORIES = 4, FILES = 5, ALL = DIRECTORIES * FILES, SETTLED = 30000, LONG_ENOUGH = 60000 };

/* --- the files: "d0/f0" to "d3/f4"; one in each directory has the needle --- */

static char *root;

static int set_up(void **state)
{
	(void)state;
	root = forest_open();
	forest_directory(root, "t");
	for (int i = 0; i < ALL; i++) {
		char name[40];

		sprintf(name, "t/d%d", i / FILES);
		if (i % FILES == 0)
			forest_directory(root, name);
		sprintf(name, "t/d%d/f%d", i / FILES, i % FILES);
		forest_text(root, name, i % FILES == 2 ? "hay\nthe needle\n" : "hay\nthe noodle\n");
	}
	sleep_microseconds(SETTLED);
	return chdir(root);
}

static int tear_down(void **state)
{
	(void)state;
	if (chdir("/") != 0)
		return -1;
	forest_close(root);
	return 0;
}

static struct search_tree *open_tree(uint32_t trust, uint32_t learn_percent)
{
	struct search_tree_options o = SEARCH_TREE_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree;

	o.trust = (enum search_tree_trust)trust;
	o.learn_percent = learn_percent;
	if (search_tree_open(&tree, &o, &error) != SEARCH_OK)
		fail_msg("%s", error.message);
	return tree;
}

static struct search_tree_stats stats_of(const struct search_tree *tree)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;

	assert_int_equal(search_tree_stats(tree, &stats), SEARCH_OK);
	return stats;
}

/* What a search did. */
struct deeds {
	uint64_t ruled_out, bytes;
	long opened, looked, listed; /* calls */
};

/* Searches without a tree, and with it, and expects the same. */
static struct deeds compare(struct simple *a, struct search_tree *tree)
{
	struct transcript cold = { .full = true, .numbered = true }, warm = { .full = true, .numbered = true };
	struct search_stats stats = SEARCH_STATS_INIT;
	struct deeds deeds;
	struct search *s;

	a->options.tree = NULL;
	assert_int_equal(collect(&a->options, TAKE_NEXT, &cold), SEARCH_OK);
	a->options.tree = tree;
	arm(&open_fault, LONG_MAX, 0, 0);
	arm(&stat_fault, LONG_MAX, 0, 0);
	arm(&list_fault, LONG_MAX, 0, 0);
	s = open_search(&a->options);
	assert_int_equal(collect_items(s, TAKE_NEXT, &warm), SEARCH_OK);
	search_stats(s, &stats);
	search_close(s);
	disarm_all();
	assert_same(&cold, &warm, "with a tree");
	transcript_free(&cold);
	transcript_free(&warm);
	deeds = (struct deeds){ stats.files_ruled_out, stats.bytes, atomic_load(&open_fault.calls),
				atomic_load(&stat_fault.calls), atomic_load(&list_fault.calls) };
	return deeds;
}

static struct deeds search(const char *pattern, struct search_tree *tree, uint32_t flags)
{
	struct simple a;

	simple_init(&a, pattern, "t");
	set_flags(&a.options, flags);
	a.options.workers = SEARCH_NO_WORKERS;
	return compare(&a, tree);
}

/* Only workers learn what they read. So nobody else reads: a caller that helps may have read all before they wake. */
static struct deeds search_by_worker(struct search_tree *tree)
{
	struct simple a;

	simple_init(&a, "needle", "t");
	a.options.workers = 1;
	a.options.caller_flags = SEARCH_CALLER_NO_HELP;
	return compare(&a, tree);
}

static void search_in(const char *path, struct search_tree *tree)
{
	struct simple a;

	simple_init(&a, "needle", path);
	a.options.workers = SEARCH_NO_WORKERS;
	compare(&a, tree);
}

/* A tree that has learnt all files of a directory. */
static struct search_tree *learnt(const char *path, uint32_t trust)
{
	struct search_tree *tree = open_tree(trust, SEARCH_TREE_NO_LEARNING);
	struct simple a;

	simple_init(&a, "needle", path);
	a.options.workers = SEARCH_NO_WORKERS;
	compare(&a, tree);
	assert_int_equal(search_tree_learn(tree, LONG_ENOUGH), SEARCH_OK);
	return tree;
}

/* --- learning --- */

static void test_warm__the_first_search_keeps_listings_and_learns_nothing(void **state)
{
	struct search_tree *tree = open_tree(SEARCH_TREE_STAMPS, 1000);
	struct deeds first = search_by_worker(tree);
	struct search_tree_stats stats = stats_of(tree);

	(void)state;
	assert_int_equal(first.ruled_out, 0);
	assert_int_equal(stats.directories, DIRECTORIES + 1);
	assert_int_equal(stats.files, ALL);
	assert_int_equal(stats.signatures + stats.learnt + stats.ruled_out, 0);
	search_tree_close(tree);
}

/* Some in each, however slow it is: a worker learns at least one file before it minds its share. */
static void test_warm__later_searches_learn_what_they_read(void **state)
{
	struct search_tree *tree = open_tree(SEARCH_TREE_STAMPS, 1000);
	uint64_t before, now = 0;

	(void)state;
	search_by_worker(tree);
	do {
		before = now;
		search_by_worker(tree);
		now = stats_of(tree).signatures;
		assert_true(now > before);
	} while (now < ALL);
	assert_int_equal(now, ALL);
	assert_int_equal(stats_of(tree).learnt, ALL);
	assert_int_equal(search("needle", tree, 0).ruled_out, ALL - DIRECTORIES);
	search_tree_close(tree);
}

static void test_warm__without_learning_nothing_is_learnt_by_searches(void **state)
{
	struct search_tree *tree = open_tree(SEARCH_TREE_STAMPS, SEARCH_TREE_NO_LEARNING);

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(search_by_worker(tree).ruled_out, 0);
	assert_int_equal(stats_of(tree).signatures, 0);
	search_tree_close(tree);
}

static void test_warm__what_was_learnt_when_idle_is_not_opened(void **state)
{
	struct search_tree *tree = learnt("t", SEARCH_TREE_STAMPS);
	struct deeds none = search("nothing of it", tree, 0), one = search("needle", tree, 0);

	(void)state;
	assert_int_equal(stats_of(tree).signatures, ALL);
	assert_int_equal(none.ruled_out, ALL);
	assert_int_equal(none.opened, DIRECTORIES + 1);
	assert_int_equal(one.ruled_out, ALL - DIRECTORIES);
	assert_int_equal(one.opened, DIRECTORIES + 1 + DIRECTORIES);
	assert_int_equal(search_tree_learn(tree, LONG_ENOUGH), SEARCH_OK); /* there is no more */
	search_tree_close(tree);
}

/* --- what is asked of the system --- */

static void test_warm__each_trust_asks_what_it_says(void **state)
{
	(void)state;
	for (uint32_t trust = SEARCH_TREE_STAMPS; trust <= SEARCH_TREE_WATCHED; trust++) {
		struct search_tree *tree = learnt("t", trust);
		struct deeds third;

		search("nothing of it", tree, 0);
		search("nothing of it", tree, 0);
		third = search("nothing of it", tree, 0);
		printf("trust %u: %ld opened, %ld looked at, %ld listed\n", trust, third.opened, third.looked, third.listed);
		assert_int_equal(third.ruled_out, ALL);
		assert_int_equal(third.listed, 0);
		if (trust == SEARCH_TREE_STAMPS) {
			assert_int_equal(third.opened, DIRECTORIES + 1);
			assert_true(third.looked >= DIRECTORIES + ALL);
		} else {
			assert_int_equal(third.opened, 1); /* the source */
			assert_in_range(third.looked, 0, trust == SEARCH_TREE_DIRECTORIES ? DIRECTORIES + 3 : 3);
		}
		search_tree_close(tree);
	}
}

static void test_warm__files_are_listed_from_what_is_kept(void **state)
{
	static const struct search_glob globs[] = { { .text = "f[13]" }, { .text = "d2/", .flags = SEARCH_GLOB_EXCLUDE, .group = 1 } };

	(void)state;
	for (uint32_t trust = SEARCH_TREE_STAMPS; trust <= SEARCH_TREE_WATCHED; trust++) {
		struct search_tree *tree = learnt("t", trust);
		struct deeds deeds;
		struct simple a;

		simple_init(&a, "needle", "t");
		for (int i = 0; i < 5; i++) {
			set_flags(&a.options, SEARCH_RESULT_LIST | (i == 3 ? SEARCH_RESULT_FILE_INFO : 0U));
			walk_of(&a.options)->globs = globs;
			walk_of(&a.options)->glob_count = i == 1 ? 2 : 0;
			walk_of(&a.options)->max_depth = i == 2;
			deeds = compare(&a, tree);
			assert_int_equal(deeds.listed, 0);
			/* only to look at each file takes a descriptor of its directory */
			if (trust != SEARCH_TREE_STAMPS)
				assert_int_equal(deeds.opened, i == 3 ? DIRECTORIES + 1 : 1);
		}
		search_tree_close(tree);
	}
}

/* --- what is opened all the same --- */

static void test_warm__what_must_be_read_is_read(void **state)
{
	static const struct { const char *pattern; uint32_t flags; const char *encoding; } cases[] = {
		{ "needle", SEARCH_MATCH_INVERT, NULL },
		{ "needle", SEARCH_MATCH_NUL_LINES, NULL },
		{ "needle", SEARCH_RESULT_ALL_LINES, NULL },
		{ "needle", 0, "ISO-8859-1" },
		{ "ne", 0, NULL },
		{ "[a-z]+", 0, NULL },
		{ "needle|x", 0, NULL },
	};
	struct search_tree *tree = learnt("t", SEARCH_TREE_STAMPS);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct simple a;
		struct deeds deeds;

		simple_init(&a, cases[i].pattern, "t");
		set_flags(&a.options, cases[i].flags);
		a.options.encoding = cases[i].encoding;
		a.options.workers = SEARCH_NO_WORKERS;
		deeds = compare(&a, tree);
		if (deeds.ruled_out != 0)
			fail_msg("case %zu: %d files ruled out", i, (int)deeds.ruled_out);
		assert_int_equal(deeds.listed, 0);
	}
	search_tree_close(tree);
}

static void test_warm__what_is_told_of_each_file_is_told(void **state)
{
	static const uint32_t flags[] = { SEARCH_RESULT_FILE_ENDS, SEARCH_RESULT_COUNT,
					  SEARCH_RESULT_FILE_ENDS | SEARCH_RESULT_FILE_INFO };
	struct search_tree *tree = learnt("t", SEARCH_TREE_STAMPS);

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		assert_int_equal(search("needle", tree, flags[i]).ruled_out, ALL - DIRECTORIES);
	search_tree_close(tree);
}

/* A caller that helps asks the system about so many files at most, before it returns. */
static void test_warm__a_step_looks_at_no_more_than_a_thousand_files(void **state)
{
	enum { MANY = 3000, MOST = 1100 };
	const struct search_item *item;
	struct search_tree *tree;
	struct simple a;
	struct search *s;
	long before = 0;
	int rc;

	(void)state;
	forest_directory(root, "own");
	for (int i = 0; i < MANY; i++) {
		char name[40];

		sprintf(name, "own/f%d", i);
		forest_text(root, name, "hay\n");
	}
	sleep_microseconds(SETTLED);
	tree = learnt("own", SEARCH_TREE_STAMPS);
	simple_init(&a, "needle in it", "own");
	a.options.workers = SEARCH_NO_WORKERS;
	a.options.tree = tree;
	arm(&stat_fault, LONG_MAX, 0, 0);
	s = open_search(&a.options);
	do {
		rc = search_try_next(s, &item);
		assert_in_range(atomic_load(&stat_fault.calls) - before, 0, MOST);
		before = atomic_load(&stat_fault.calls);
	} while (rc == SEARCH_EAGAIN);
	assert_int_equal(rc, 0);
	assert_in_range(before, MANY, 2 * MANY);
	search_close(s);
	disarm_all();
	search_tree_close(tree);
	assert_int_equal(system("rm -r own"), 0);
}

/* A file of several blocks, of which only the last can match, is not read from its start. That must not show. */
static void test_warm__what_is_not_read_of_a_file_shows_nowhere(void **state)
{
	enum { SIZE = 250 * 1000, NUL_EARLY = 100, NUL_LATE = 100 * 1000 };
	static const uint32_t flags[] = { 0, SEARCH_MATCH_TEXT, SEARCH_MATCH_SKIP_BINARY, SEARCH_RESULT_COUNT,
					  SEARCH_RESULT_FILE_ENDS, SEARCH_RESULT_FILE_ENDS | SEARCH_MATCH_SKIP_BINARY };
	static const char *const names[] = { "own/text", "own/early", "own/late" };
	static const size_t nul[] = { SIZE, NUL_EARLY, NUL_LATE };
	struct search_tree *tree;
	char *text = malloc(SIZE + 1);

	(void)state;
	forest_directory(root, "own");
	for (size_t i = 0; i < 3; i++) {
		for (size_t at = 0; at < SIZE; at += 10)
			memcpy(text + at, "hay straw\n", 10);
		memcpy(text + SIZE - 10, "a needle!\n", 10);
		text[nul[i]] = '\0';
		forest_file(root, names[i], text, SIZE);
	}
	sleep_microseconds(SETTLED);
	tree = learnt("own", SEARCH_TREE_STAMPS);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct simple a;

		simple_init(&a, "needle", "own");
		set_flags(&a.options, flags[i]);
		a.options.workers = SEARCH_NO_WORKERS;
		compare(&a, tree);
	}
	search_tree_close(tree);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(unlink(names[i]), 0);
	assert_int_equal(rmdir("own"), 0);
	free(text);
}

/* Makes a file in a directory of its own, searches for what is not in it, and says whether it was ruled out. */
static bool is_ruled_out(const char *name, const void *bytes, size_t size, void (*change)(struct simple *a))
{
	struct search_tree *tree;
	struct simple a;
	bool ruled_out;

	forest_directory(root, "own");
	forest_file(root, name, bytes, size);
	sleep_microseconds(SETTLED);
	tree = learnt("own", SEARCH_TREE_STAMPS);
	simple_init(&a, "nothing of it", "own");
	change(&a);
	ruled_out = compare(&a, tree).ruled_out > 0;
	search_tree_close(tree);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir("own"), 0);
	return ruled_out;
}

static void no_change(struct simple *a)
{
	(void)a;
}

static void limit_lines(struct simple *a)
{
	a->options.max_line_bytes = 20;
}

static void obey_marks(struct simple *a)
{
	a->options.encoding = "auto";
}

static void decompress(struct simple *a)
{
	set_flags(&a->options, SEARCH_MATCH_DECOMPRESS);
}

static void tell_ends(struct simple *a)
{
	set_flags(&a->options, SEARCH_RESULT_FILE_ENDS);
}

static void test_warm__some_files_are_always_opened(void **state)
{
	static const char long_line[] = "hay\na line that is not so short\nhay\n", mark[] = "\xEF\xBB\xBFhay\n", nul[] = "hay\n\0\nhay";

	(void)state;
	assert_true(is_ruled_out("own/f", long_line, sizeof(long_line) - 1, no_change));
	assert_false(is_ruled_out("own/f", long_line, sizeof(long_line) - 1, limit_lines));
	assert_true(is_ruled_out("own/f", mark, sizeof(mark) - 1, no_change));
	assert_false(is_ruled_out("own/f", mark, sizeof(mark) - 1, obey_marks));
	assert_true(is_ruled_out("own/f", nul, sizeof(nul) - 1, no_change));
	assert_false(is_ruled_out("own/f", nul, sizeof(nul) - 1, tell_ends));
	if (archive_can(&archive_programs[0])) {
		struct archive packed = archive_make(archive_programs[0].command, long_line, sizeof(long_line) - 1);

		assert_true(is_ruled_out("own/f", packed.bytes, packed.size, no_change));
		assert_false(is_ruled_out("own/f", packed.bytes, packed.size, decompress));
		archive_free(&packed);
	}
}

enum { LONG_LINES = 40000, AMID = LONG_LINES / 2, LINE = 16 };

/* A file of many blocks, with the needle in one of them, and perhaps a NUL. */
static struct search_tree *learn_long(size_t needle, size_t nul)
{
	char *text = malloc(LONG_LINES * LINE);

	assert_non_null(text);
	for (size_t i = 0; i < LONG_LINES; i++)
		memcpy(text + i * LINE, i == needle ? "  the needle   \n" : "hay, hay, hay, \n", LINE);
	if (nul < LONG_LINES)
		text[nul * LINE] = '\0';
	forest_directory(root, "own");
	forest_file(root, "own/f", text, LONG_LINES * LINE);
	free(text);
	sleep_microseconds(SETTLED);
	return learnt("own", SEARCH_TREE_STAMPS);
}

static void forget_long(struct search_tree *tree)
{
	search_tree_close(tree);
	assert_int_equal(unlink("own/f") + rmdir("own"), 0);
}

/*
 * Only the block with the needle is read. But if there is a NUL, the whole file is, as what is told of the needle
 * depends on it.
 */
static void compare_long(size_t needle, size_t nul, uint32_t flags)
{
	struct search_tree *tree = learn_long(needle, nul);
	struct simple a;

	simple_init(&a, "needle", "own");
	set_flags(&a.options, flags);
	a.options.workers = SEARCH_NO_WORKERS;
	if (nul < LONG_LINES)
		assert_true(compare(&a, tree).bytes > LONG_LINES * LINE / 2 || (flags & SEARCH_MATCH_SKIP_BINARY) != 0);
	else
		assert_in_range(compare(&a, tree).bytes, 1, LONG_LINES * LINE / 4);
	forget_long(tree);
}

static void test_warm__of_a_long_file_only_what_can_match_is_read(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_RESULT_FILE_ENDS, SEARCH_RESULT_COUNT, SEARCH_MATCH_TEXT,
					  SEARCH_MATCH_SKIP_BINARY };

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		compare_long(AMID, SIZE_MAX, flags[i]);
		compare_long(AMID, 10, flags[i]);    /* in the probe, */
		compare_long(AMID, 5000, flags[i]);  /* in a block before the needle's, */
		compare_long(AMID, 39000, flags[i]); /* and in one behind it */
	}
}

/* What is read then begins or ends where the file does. */
static void test_warm__the_first_and_the_last_line_of_a_long_file_are_found(void **state)
{
	(void)state;
	compare_long(0, SIZE_MAX, SEARCH_RESULT_FILE_ENDS);
	compare_long(LONG_LINES - 1, SIZE_MAX, SEARCH_RESULT_FILE_ENDS);
}

/* Context may lie beyond the block that can match. */
static void test_warm__context_in_a_long_file_is_not_cut(void **state)
{
	struct search_tree *tree = learn_long(AMID, SIZE_MAX);
	struct simple a;
	uint32_t lines;

	(void)state;
	simple_init(&a, "needle", "own");
	a.options.workers = SEARCH_NO_WORKERS;
	lines = (uint32_t)compare(&a, tree).bytes / LINE; /* of the block */
	a.options.before_context = lines;
	compare(&a, tree);
	a.options.before_context = 0;
	a.options.after_context = lines;
	compare(&a, tree);
	forget_long(tree);
}

static void test_warm__sources_links_and_the_output_are_opened(void **state)
{
	struct search_tree *tree = learnt("t", SEARCH_TREE_STAMPS);
	struct simple a;

	(void)state;
	simple_init(&a, "nothing of it", "t/d0/f0");
	assert_int_equal(compare(&a, tree).ruled_out, 0);
	forest_directory(root, "links");
	forest_link(root, "links/a", "../t/d0/f0");
	simple_init(&a, "nothing of it", "links");
	set_flags(&a.options, SEARCH_WALK_FOLLOW);
	assert_int_equal(compare(&a, tree).ruled_out, 0);
	assert_int_equal(unlink("links/a") + rmdir("links"), 0);
	simple_init(&a, "nothing of it", "t");
	a.options.output_fd = open("t/d1/f1", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(a.options.output_fd > 0);
	assert_int_equal(compare(&a, tree).ruled_out, ALL - 1);
	close(a.options.output_fd);
	search_tree_close(tree);
}

/* --- changes --- */

static void expect_found(struct search_tree *tree, bool found)
{
	const struct search_item *item;
	struct simple a;
	struct search *s;

	simple_init(&a, "needle", "t");
	a.options.tree = tree;
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_string_equal(item->path, found ? "t/d0/f0" : "t/d0/f2"); /* the first that has it */
	search_close(s);
}

static void write_in_place(const char *text)
{
	int fd = open("t/d0/f0", O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, text, 15, 0), 15);
	close(fd);
}

static void write_mapped(const char *text)
{
	int fd = open("t/d0/f0", O_RDWR | O_CLOEXEC);
	char *map = mmap(NULL, 15, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_true(map != MAP_FAILED);
	memcpy(map, text, 15);
	munmap(map, 15);
	close(fd);
}

static void save_by_rename(const char *text)
{
	forest_text(root, "t/d0/new", text);
	assert_int_equal(rename("t/d0/new", "t/d0/f0"), 0);
}

/* Which trust notices what by itself; all do when they are told. */
static void test_warm__each_trust_notices_what_it_says(void **state)
{
	static const struct { void (*change)(const char *text); bool noticed[4]; } cases[] = {
		{ save_by_rename, { true, true, false, true } },
		{ write_in_place, { true, false, false, true } },
		{ write_mapped, { true, false, false, false } }, /* on disk: in memory nothing shows it */
	};
	enum { TMPFS = 0x01021994 };
	struct statfs fs;

	(void)state;
	assert_int_equal(statfs(root, &fs), 0);
	for (size_t i = 0; i < (fs.f_type == TMPFS ? 2 : 3); i++)
		for (uint32_t trust = 0; trust < 4; trust++) {
			struct search_tree *tree;

			save_by_rename("hay\nthe noodle\n");
			sleep_microseconds(SETTLED);
			tree = learnt("t", trust);
			for (int k = 0; k < 3; k++)
				expect_found(tree, false);
			cases[i].change("hay\nthe needle\n");
			expect_found(tree, cases[i].noticed[trust]);
			assert_int_equal(search_tree_changed(tree, "t/d0/f0"), SEARCH_OK);
			expect_found(tree, true);
			search_tree_close(tree);
		}
	save_by_rename("hay\nthe noodle\n");
	sleep_microseconds(SETTLED);
}

/*
 * Two directories change places. Each is known by its new place before what is above them is searched again: a name must
 * not lead to what it led to before.
 */
static void test_warm__directories_that_change_places_are_noticed(void **state)
{
	static const char *const told[] = { "p/a", "p/b", "p/c" }, *const searched[] = { "p/a", "p/b", "p/a", "p/b", "p", "p" };

	(void)state;
	forest_directory(root, "p");
	forest_directory(root, "p/a");
	forest_directory(root, "p/b");
	forest_text(root, "p/a/x", "the needle\n");
	forest_text(root, "p/b/y", "the needle\n");
	for (uint32_t trust = SEARCH_TREE_STAMPS; trust <= SEARCH_TREE_WATCHED; trust++) {
		struct search_tree *tree;

		sleep_microseconds(SETTLED);
		tree = learnt("p", trust);
		for (int i = 0; i < 2; i++)
			search_in("p", tree);
		assert_int_equal(rename("p/a", "p/c"), 0);
		assert_int_equal(rename("p/b", "p/a"), 0);
		assert_int_equal(rename("p/c", "p/b"), 0);
		for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
			assert_int_equal(search_tree_changed(tree, told[i]), SEARCH_OK);
		sleep_microseconds(SETTLED);
		for (size_t i = 0; i < sizeof(searched) / sizeof(searched[0]); i++)
			search_in(searched[i], tree);
		search_tree_close(tree);
	}
}

/* The same, of a tree that was loaded: its directories are watched only when a search comes to them, by whichever way. */
static void test_warm__a_name_that_was_loaded_may_lead_elsewhere(void **state)
{
	(void)state;
	forest_directory(root, "q");
	forest_directory(root, "q/a");
	forest_directory(root, "q/b");
	forest_text(root, "q/a/x", "the needle\n");
	forest_text(root, "q/b/y", "the needle\n");
	for (uint32_t trust = SEARCH_TREE_STAMPS; trust <= SEARCH_TREE_WATCHED; trust++) {
		struct search_tree *tree;
		struct simple a;

		sleep_microseconds(SETTLED);
		tree = learnt("q", trust);
		assert_int_equal(search_tree_save(tree, "saved", NULL), SEARCH_OK);
		search_tree_close(tree);
		tree = open_tree(trust, 0);
		assert_int_equal(search_tree_load(tree, "saved", NULL), SEARCH_OK);
		assert_int_equal(rename("q/a", "q/c"), 0);
		assert_int_equal(rename("q/b", "q/a"), 0);
		assert_int_equal(rename("q/c", "q/b"), 0);
		sleep_microseconds(SETTLED);
		simple_init(&a, "needle", "q");
		walk_of(&a.options)->max_depth = 1; /* the names in q, and no more */
		compare(&a, tree);
		search_in("q/b", tree);
		search_in("q", tree);
		search_in("q/a", tree);
		search_in("q", tree);
		search_tree_close(tree);
	}
}

/*
 * Of the directories that are loaded the tree may know something newer: one is no longer where it was saved, and what was
 * beside it is now where it was among the names.
 */
static void test_warm__what_is_loaded_later_leads_nowhere_else(void **state)
{
	(void)state;
	for (uint32_t trust = SEARCH_TREE_STAMPS; trust <= SEARCH_TREE_WATCHED; trust++) {
		char top[] = "r0", gone[] = "r0/a", moved[] = "moved0";
		struct search_tree *tree;

		top[1] = gone[1] = moved[5] = (char)('0' + trust);
		forest_directory(root, top);
		forest_directory(top, "a");
		forest_directory(top, "b");
		forest_text(top, "a/x", "the needle\n");
		forest_text(top, "b/y", "the needle\n");
		sleep_microseconds(SETTLED);
		tree = learnt(top, trust);
		assert_int_equal(search_tree_save(tree, "saved", NULL), SEARCH_OK);
		assert_int_equal(rename(gone, moved), 0);
		assert_int_equal(search_tree_changed(tree, gone), SEARCH_OK);
		assert_int_equal(search_tree_changed(tree, moved), SEARCH_OK);
		sleep_microseconds(SETTLED);
		for (int i = 0; i < 4; i++) {
			if (i == 2)
				assert_int_equal(search_tree_load(tree, "saved", NULL), SEARCH_OK);
			search_in(top, tree);
			search_in(moved, tree);
		}
		search_tree_close(tree);
	}
}

/* --- life --- */

static void test_warm__a_tree_may_be_closed_before_its_searches(void **state)
{
	struct search_tree *tree = learnt("t", SEARCH_TREE_WATCHED);
	struct search *searches[3];
	const struct search_item *item;
	struct simple a;

	(void)state;
	simple_init(&a, "needle", "t");
	a.options.tree = tree;
	for (int i = 0; i < 3; i++)
		searches[i] = open_search(&a.options);
	search_tree_close(tree);
	for (int n = 0; n < DIRECTORIES; n++)
		for (int i = 0; i < 3; i++)
			assert_int_equal(search_next(searches[i], &item), 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(search_next(searches[i], &item), 0);
		search_close(searches[i]);
	}
	search_tree_close(NULL);
}

static void test_warm__searches_in_a_pool_may_use_it(void **state)
{
	struct search_tree *tree = learnt("t", SEARCH_TREE_STAMPS);
	struct search_pool *pool;
	struct simple a;

	(void)state;
	assert_int_equal(search_pool_open(&pool, NULL, NULL), SEARCH_OK);
	simple_init(&a, "needle", "t");
	a.options.pool = pool;
	for (int i = 0; i < 3; i++)
		assert_int_equal(compare(&a, tree).ruled_out, ALL - DIRECTORIES);
	search_tree_close(tree);
	search_pool_close(pool);
}

static int use_inherited(void *context)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree = context;
	struct search *s;
	struct simple a;

	simple_init(&a, "needle", "t");
	a.options.tree = tree;
	CHILD_CHECK(search_open(&s, &a.options, &error) == SEARCH_EINVAL);
	CHILD_CHECK(strcmp(error.message, "options.tree was opened before fork(): open a tree in this process") == 0);
	CHILD_CHECK(search_tree_changed(tree, NULL) == SEARCH_EINVAL);
	CHILD_CHECK(search_tree_learn(tree, 1) == SEARCH_EINVAL);
	CHILD_CHECK(search_tree_save(tree, "saved", &error) == SEARCH_EINVAL);
	CHILD_CHECK(search_tree_load(tree, "saved", &error) == SEARCH_EINVAL);
	CHILD_CHECK(search_tree_stats(tree, &stats) == SEARCH_OK);
	search_tree_cancel(tree);
	search_tree_close(tree);
	return 0;
}

static void test_warm__after_fork_the_child_may_only_close_it(void **state)
{
	struct search_tree *tree = learnt("t", SEARCH_TREE_WATCHED);

	(void)state;
	if (TEST_RACES)
		skip(); /* ThreadSanitizer and fork() */
	assert_int_equal(process_child(use_inherited, tree, NULL), 0);
	assert_int_equal(search("needle", tree, 0).ruled_out, ALL - DIRECTORIES); /* it is as it was */
	search_tree_close(tree);
}

/* --- bounds and errors --- */

static void test_warm__memory_is_bounded_and_the_items_are_the_same(void **state)
{
	struct search_tree_options o = SEARCH_TREE_OPTIONS_INIT;
	struct search_tree_stats stats;
	struct search_tree *tree;
	struct simple a;
	char *many = forest_open_in_memory();

	(void)state;
	forest_many(many, 6000);
	sleep_microseconds(SETTLED);
	o.max_bytes = 1 << 20;
	assert_int_equal(search_tree_open(&tree, &o, NULL), SEARCH_OK);
	simple_init(&a, "nothing of it", many);
	for (int i = 0; i < 4; i++) {
		compare(&a, tree);
		assert_true(search_tree_learn(tree, LONG_ENOUGH) >= 0);
	}
	stats = stats_of(tree);
	assert_true(stats.peak_bytes <= o.max_bytes && stats.dropped > 0 && stats.signatures > 0);
	search_tree_close(tree);
	forest_close(many);
}

/* The workers open directories, and watch them, side by side. */
static void test_warm__watches_are_bounded_however_many_workers_add_them(void **state)
{
	struct search_tree_options o = SEARCH_TREE_OPTIONS_INIT;
	struct search_tree *tree;
	struct simple a;
	char *many = forest_open();

	(void)state;
	forest_many(many, 3000);
	o.trust = SEARCH_TREE_WATCHED;
	simple_init(&a, "nothing of it", many);
	a.options.workers = 8;
	for (o.max_watches = 1; o.max_watches < 20; o.max_watches++) {
		assert_int_equal(search_tree_open(&tree, &o, NULL), SEARCH_OK);
		compare(&a, tree);
		assert_int_equal(stats_of(tree).watches, o.max_watches);
		search_tree_close(tree);
	}
	forest_close(many);
}

static void test_warm__other_file_systems_are_not_kept(void **state)
{
	struct search_tree *tree = open_tree(SEARCH_TREE_TOLD, 1000);
	struct simple a;

	(void)state;
	simple_init(&a, "nothing of it", "/proc/sys/fs/inotify");
	for (int i = 0; i < 3; i++)
		assert_int_equal(compare(&a, tree).ruled_out, 0);
	assert_int_equal(stats_of(tree).directories, 0);
	assert_true(stats_of(tree).refused > 0);
	search_tree_close(tree);
}

static void expect_refused(const struct search_tree_options *o, int code, const char *message)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree = (struct search_tree *)(uintptr_t)1;

	assert_int_equal(search_tree_open(&tree, o, &error), code);
	assert_null(tree);
	assert_int_equal(error.code, code);
	assert_string_equal(error.message, message);
}

static void test_warm__wrong_options_are_refused(void **state)
{
	struct search_tree_options o = SEARCH_TREE_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct { struct search_tree_options o; uint64_t more; } newer = { SEARCH_TREE_OPTIONS_INIT, 1 };

	(void)state;
	o.max_bytes = (1 << 20) - 1;
	expect_refused(&o, SEARCH_EINVAL, "tree_options.max_bytes is less than 1 MiB");
	o = (struct search_tree_options)SEARCH_TREE_OPTIONS_INIT;
	o.trust = (enum search_tree_trust)4;
	expect_refused(&o, SEARCH_EINVAL, "tree_options.trust is not one of enum search_tree_trust");
	o.trust = SEARCH_TREE_STAMPS;
	o.learn_percent = 1001;
	expect_refused(&o, SEARCH_EINVAL, "tree_options.learn_percent is more than 1000");
	o.learn_percent = 0;
	o.max_watches = 1;
	expect_refused(&o, SEARCH_EINVAL,
		       "tree_options.max_watches is set, but trust is not SEARCH_TREE_WATCHED: nothing is watched");
	o.max_watches = 0;
	o.reserved = 1;
	expect_refused(&o, SEARCH_EINVAL, "tree_options.reserved is not 0");
	newer.o.size = sizeof(newer);
	assert_int_equal(search_tree_open(&(struct search_tree *){ NULL }, &newer.o, &error), SEARCH_EVERSION);
	assert_int_equal(search_tree_open(NULL, NULL, &error), SEARCH_EINVAL);
	assert_int_equal(search_tree_changed(NULL, "t"), SEARCH_EINVAL);
	assert_int_equal(search_tree_learn(NULL, 1), SEARCH_EINVAL);
	assert_int_equal(search_tree_save(NULL, "saved", &error), SEARCH_EINVAL);
	assert_int_equal(search_tree_load(NULL, "saved", NULL), SEARCH_EINVAL);
	assert_int_equal(search_tree_stats(NULL, &(struct search_tree_stats)SEARCH_TREE_STATS_INIT), SEARCH_EINVAL);
	search_tree_cancel(NULL);
}

static void test_warm__explain_says_what_a_tree_looks_for(void **state)
{
	char text[4096];
	struct simple a;

	(void)state;
	simple_init(&a, "foo(bar|qux)", NULL);
	assert_true(search_explain(&a.options, text, sizeof(text), NULL) > 0);
	assert_non_null(strstr(text, "tree: files with "));
	simple_init(&a, "..", NULL);
	assert_true(search_explain(&a.options, text, sizeof(text), NULL) > 0);
	assert_null(strstr(text, "tree: files with "));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warm__the_first_search_keeps_listings_and_learns_nothing),
		cmocka_unit_test(test_warm__later_searches_learn_what_they_read),
		cmocka_unit_test(test_warm__without_learning_nothing_is_learnt_by_searches),
		cmocka_unit_test(test_warm__what_was_learnt_when_idle_is_not_opened),
		cmocka_unit_test(test_warm__each_trust_asks_what_it_says),
		cmocka_unit_test(test_warm__files_are_listed_from_what_is_kept),
		cmocka_unit_test(test_warm__what_must_be_read_is_read),
		cmocka_unit_test(test_warm__what_is_told_of_each_file_is_told),
		cmocka_unit_test(test_warm__a_step_looks_at_no_more_than_a_thousand_files),
		cmocka_unit_test(test_warm__what_is_not_read_of_a_file_shows_nowhere),
		cmocka_unit_test(test_warm__some_files_are_always_opened),
		cmocka_unit_test(test_warm__of_a_long_file_only_what_can_match_is_read),
		cmocka_unit_test(test_warm__the_first_and_the_last_line_of_a_long_file_are_found),
		cmocka_unit_test(test_warm__context_in_a_long_file_is_not_cut),
		cmocka_unit_test(test_warm__sources_links_and_the_output_are_opened),
		cmocka_unit_test(test_warm__each_trust_notices_what_it_says),
		cmocka_unit_test(test_warm__directories_that_change_places_are_noticed),
		cmocka_unit_test(test_warm__a_name_that_was_loaded_may_lead_elsewhere),
		cmocka_unit_test(test_warm__what_is_loaded_later_leads_nowhere_else),
		cmocka_unit_test(test_warm__a_tree_may_be_closed_before_its_searches),
		cmocka_unit_test(test_warm__searches_in_a_pool_may_use_it),
		cmocka_unit_test(test_warm__after_fork_the_child_may_only_close_it),
		cmocka_unit_test(test_warm__memory_is_bounded_and_the_items_are_the_same),
		cmocka_unit_test(test_warm__watches_are_bounded_however_many_workers_add_them),
		cmocka_unit_test(test_warm__other_file_systems_are_not_kept),
		cmocka_unit_test(test_warm__wrong_options_are_refused),
		cmocka_unit_test(test_warm__explain_says_what_a_tree_looks_for),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
