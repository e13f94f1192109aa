/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_faults.c - allocations, threads, descriptors and reads that fail.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/archive.h"
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/faults.h"
#include "../support/forest.h"
#include "../support/process.h"
#include "../support/ruled_tree.h"
#include "../support/scale.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

/* --- the tree --- */

static const uint32_t worker_counts[] = { SEARCH_NO_WORKERS, 1, 2, 8 };
enum { WORKER_COUNTS = sizeof(worker_counts) / sizeof(worker_counts[0]), DIRECTORIES = 5, FILES = 7, LINES = 40 };

static char *tree;
static struct transcript whole;

static int set_up(void **state)
{
	char text[LINES * 40 + 1] = "", name[40];
	struct simple a;

	(void)state;
	tree = forest_open();
	for (int i = 0; i < LINES; i++)
		sprintf(text + strlen(text), "line %d has the needle\n", i);
	for (int i = 0; i < DIRECTORIES; i++) {
		sprintf(name, "d%d", i);
		forest_directory(tree, name);
		for (int j = 0; j < FILES; j++) {
			sprintf(name, "d%d/f%d%d", i, i, j);
			forest_text(tree, name, text);
		}
	}
	simple_init(&a, "needle", tree);
	collect(&a.options, TAKE_NEXT, &whole);
	assert_int_equal(whole.items, DIRECTORIES * FILES * LINES);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	transcript_free(&whole);
	forest_close(tree);
	return 0;
}

/*
 * The number of the next call that fails. Which of them does hardly matters to ThreadSanitizer, which takes ten times as
 * long: it sees one in seven. AddressSanitizer sees one in three.
 */
static long next_number(long n)
{
	return n + (!TEST_SANITIZED || runs_long() || n <= 10 ? 1 : TEST_RACES ? 7 : 3);
}

/* --- allocations --- */

/*
 * A search in which `count` allocations fail, from number n on. It fails for lack of memory, or finds all `items`, and
 * is_right() holds for each. True if there were n allocations.
 */
static bool run_without_memory(const struct search_options *options, long n, long count, size_t items,
			       bool (*is_right)(const struct search_item *item, size_t i))
{
	struct search_error error = { .size = sizeof(error), .code = 77 };
	struct search *s = (struct search *)(uintptr_t)1;
	const struct search_item *item;
	bool reached, right = true;
	size_t got = 0;
	int rc, end;

	arm(&allocation, n, count, ENOMEM);
	rc = end = search_open(&s, options, &error);
	if (rc == SEARCH_OK) {
		while ((end = search_next(s, &item)) == 1)
			right &= is_right(item, got++);
		search_close(s);
	}
	reached = atomic_load(&allocation.calls) >= n;
	disarm_all();
	assert_true(right);
	assert_true(end == SEARCH_OK ? n > 1 : end == SEARCH_ENOMEM && reached); /* the first is the search itself */
	if (end == SEARCH_OK)
		assert_int_equal(got, items);
	if (rc != SEARCH_OK) {
		assert_int_equal(error.code, SEARCH_ENOMEM);
		assert_true(error.message[0] != '\0');
		assert_null(s);
	}
	return reached;
}

static bool is_next_line(const struct search_item *item, size_t i)
{
	return item->kind == SEARCH_ITEM_MATCH && item->line == i % LINES + 1;
}

static void fail_each_allocation(uint32_t flags, long count)
{
	const char *pattern = (flags & SEARCH_MATCH_MULTILINE) != 0 ? "n[e]{2}dle\\s??" :
			      (flags & SEARCH_MATCH_FIXED) != 0     ? "needle" : "n[e]{2}dle";
	size_t threads = process_threads(), descriptors = process_descriptors();

	for (int i = 0; i < WORKER_COUNTS; i++) {
		struct simple a;
		long n = 1;

		simple_init(&a, pattern, tree);
		set_flags(&a.options, flags);
		a.options.workers = worker_counts[i];
		while (run_without_memory(&a.options, n, count, whole.items, is_next_line))
			n = next_number(n);
		printf("workers %d: %ld allocations\n", (int)worker_counts[i], n - 1);
		assert_true(n > 20);
	}
	assert_true(process_has(threads, descriptors));
}

static void test_faults__each_single_allocation_may_fail(void **state)
{
	(void)state;
	fail_each_allocation(SEARCH_MATCH_FIXED, 1);
	fail_each_allocation(0, 1);
	fail_each_allocation(SEARCH_MATCH_MULTILINE, 1);
}

static void test_faults__all_allocations_from_any_on_may_fail(void **state)
{
	(void)state;
	fail_each_allocation(SEARCH_MATCH_FIXED, 1000000000);
	fail_each_allocation(SEARCH_MATCH_IGNORE_CASE, 1000000000);
	fail_each_allocation(SEARCH_MATCH_MULTILINE, 1000000000);
}

static void test_faults__each_allocation_may_fail_with_groups(void **state)
{
	static const struct {
		const char *pattern;
		enum search_syntax syntax;
		uint32_t flags;
	} cases[] = {
		{ "(?<n>n)(?<e>e)\\k<e>dle", SEARCH_SYNTAX_ONIGURUMA, 0 },
		{ "(?<n>n)eedle\\s*(?<s>s)?", SEARCH_SYNTAX_ONIGURUMA, SEARCH_MATCH_MULTILINE },
		{ "(n|ne)(e|edle)*", SEARCH_SYNTAX_EXTENDED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < WORKER_COUNTS * sizeof(cases) / sizeof(cases[0]); i += runs_long() ? 1 : 2) {
		size_t k = i / WORKER_COUNTS;
		struct simple a;

		simple_init(&a, cases[k].pattern, tree);
		set_flags(&a.options, SEARCH_RESULT_GROUPS | cases[k].flags);
		a.options.syntax = cases[k].syntax;
		a.options.workers = worker_counts[i % WORKER_COUNTS];
		for (int all = 0; all < 2; all++) {
			long n = 1, count = all ? 1000000000 : 1;

			while (run_without_memory(&a.options, n, count, whole.items, is_next_line))
				n = next_number(n);
		}
	}
}

/*
 * Texts that change nothing of what is found: one in a file's place, two in a new directory, and rules that leave out
 * the second of these, which would be found.
 */
static void test_faults__each_allocation_may_fail_with_overlays(void **state)
{
	enum { OVERLAYS = 5 };
	static const char *const names[OVERLAYS] = { "d1/f11", "new/x/y", "d2/none", ".ignore", "new/x/z" };
	static const char *const texts[OVERLAYS] = { NULL, "hay\n", NULL, "z\n", "needle\n" };
	struct search_overlay overlays[OVERLAYS];
	char text[LINES * 40 + 1] = "";

	(void)state;
	for (int i = 0; i < LINES; i++)
		sprintf(text + strlen(text), "line %d has the needle\n", i);
	for (int i = 0; i < OVERLAYS; i++)
		overlays[i] = (struct search_overlay){ .path = forest_path(tree, names[i]), .data = texts[i],
						       .size = texts[i] != NULL ? strlen(texts[i]) : 0 };
	overlays[0].data = text;
	overlays[0].size = strlen(text);
	overlays[2].flags = SEARCH_OVERLAY_REMOVED;
	for (int i = 0; i < WORKER_COUNTS * 2; i++) {
		struct simple a;
		long n = 1;

		simple_init(&a, "needle", tree);
		set_flags(&a.options, SEARCH_WALK_IGNORE_FILES | SEARCH_WALK_IGNORE_BELOW);
		a.options.overlays = overlays;
		a.options.overlay_count = OVERLAYS;
		a.options.split_bytes = 200;
		a.options.workers = worker_counts[i / 2];
		while (run_without_memory(&a.options, n, i % 2 == 0 ? 1 : 1000000000, whole.items, is_next_line))
			n = next_number(n);
		assert_true(n > 30);
	}
	for (int i = 0; i < OVERLAYS; i++)
		free((char *)(uintptr_t)overlays[i].path);
}

/* A search in which allocation number n fails: counts matches, and errors that say so. Returns the last status. */
static int count_without_memory(const struct search_options *options, long n, long *matches, long *errors)
{
	const struct search_item *item;
	struct search *s;
	int rc;

	*matches = *errors = 0;
	arm(&allocation, n, 1, ENOMEM);
	rc = search_open(&s, options, NULL);
	if (rc == SEARCH_OK) {
		while ((rc = search_next(s, &item)) == 1) {
			*matches += item->kind == SEARCH_ITEM_MATCH;
			*errors += item->kind == SEARCH_ITEM_ERROR && strstr(item->message, "memory") != NULL;
		}
		search_close(s);
	}
	return rc;
}

/* A decompressor may need much memory: without it that file fails, and no other. */
static void test_faults__without_memory_for_a_compressed_file_only_it_fails(void **state)
{
	static char lines[LINES * 40];
	int kinds = 0;

	(void)state;
	for (int i = 0; i < LINES; i++)
		strcat(lines, "a line with the needle\n");
	for (size_t i = 0; i < archive_program_count; i++) {
		struct search_source sources[2] = { { 0 }, { .kind = SEARCH_SOURCE_MEMORY, .data = "needle\n", .size = 7 } };
		struct archive a;
		struct simple simple;
		bool reached = true;

		if (!archive_can(&archive_programs[i]))
			continue;
		a = archive_make(archive_programs[i].command, lines, strlen(lines));
		sources[0] = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = a.bytes, .size = a.size };
		simple_init(&simple, "needle", "");
		simple.options.sources = sources;
		simple.options.source_count = 2;
		set_flags(&simple.options, SEARCH_MATCH_DECOMPRESS);
		simple.options.workers = i % 2 ? SEARCH_NO_WORKERS : 1;
		for (long n = 1; reached; n++) {
			long matches, errors;
			int rc = count_without_memory(&simple.options, n, &matches, &errors);

			reached = atomic_load(&allocation.calls) >= n;
			disarm_all();
			assert_true(rc == SEARCH_OK || rc == SEARCH_ENOMEM);
			if (rc == SEARCH_OK)
				assert_int_equal(matches, errors == 1 ? 1 : LINES + 1);
			kinds |= rc == SEARCH_OK ? errors == 1 ? 1 : 2 : 4;
		}
		archive_free(&a);
	}
	assert_true(kinds == 0 || kinds == 7);
}

/* --- large blocks --- */

/* glibc maps a block of LARGE bytes, and raises that size when the block is freed. */
enum { LARGE = 128 << 10, MANY = 2 << 20 };

/* Searches the whole text with several workers. Returns the size of the largest block that malloc was asked for. */
static size_t largest_block(const char *pattern, const void *text, size_t size, uint32_t flags)
{
	const struct search_item *item;
	struct simple a;
	struct search *s;
	int rc;

	simple_init(&a, pattern, "");
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = size };
	set_flags(&a.options, flags);
	a.options.workers = 3;
	a.options.before_context = 2;
	a.options.max_queued_bytes = 64 << 20;
	a.options.max_queued_matches = 1 << 20;
	atomic_store(&largest, 0);
	s = open_search(&a.options);
	while ((rc = search_next(s, &item)) == 1)
		;
	search_close(s);
	assert_int_equal(rc, SEARCH_OK);
	return atomic_load(&largest);
}

/* Large blocks are mapped, so that they return to the system, and the host's malloc does not adapt to them. */
static void test_faults__large_blocks_are_mapped(void **state)
{
	static const struct { const char *pattern; char fill, end; size_t line; } cases[] = {
		{ "[a-z]b{3}.*z|aaa", 'a', '\n', 40 },    /* an automaton's states */
		{ "a", 'a', '\n', 100 },                 /* many spans */
		{ "^", 'a', '\n', 2 },                   /* many items */
		{ "b|c", 'b', '\n', MANY },              /* one long line with many spans */
		{ "(.)\\1{5}", 'a', '\n', 8000 },       /* Oniguruma's */
	};
	char *text;

	(void)state;
	if (TEST_SANITIZED)
		skip(); /* all blocks are malloc's there: lib/base/buffer.c */
	text = malloc(MANY);
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t block;

		memset(text, cases[i].fill, MANY);
		for (size_t at = cases[i].line - 1; at < MANY; at += cases[i].line)
			text[at] = cases[i].end;
		block = largest_block(cases[i].pattern, text, MANY, 0);
		printf("%s: the largest block has %zu bytes\n", cases[i].pattern, block);
		assert_true(block < LARGE);
	}
	for (size_t i = 0; i < archive_program_count; i++) {
		const struct archive_program *program = &archive_programs[i];
		struct archive a;

		if (!archive_can(program))
			continue;
		a = archive_make(program->command, text, MANY);
		assert_true(largest_block("ab", a.bytes, a.size, SEARCH_MATCH_DECOMPRESS) < LARGE);
		archive_free(&a);
	}
	free(text);
}

/*
 * A search in which allocations failed from number n on ended so: it found all, or says that it did not. True if there
 * were n allocations.
 */
static bool judge_without_memory(int end, long n, const struct transcript *want, struct transcript *got)
{
	bool reached = atomic_load(&allocation.calls) >= n;

	disarm_all();
	assert_true(end == SEARCH_ENOMEM || end == SEARCH_OK);
	if (end == SEARCH_OK)
		assert_same(want, got, "without memory for a moment");
	transcript_free(got);
	return reached;
}

/* A search with rules in which `count` allocations fail, from number n on. True if there were n allocations. */
static bool obey_without_memory(const struct search_options *options, long n, long count, const struct transcript *want)
{
	struct transcript got = { 0 };
	struct search *s;
	int end = SEARCH_ENOMEM;

	arm(&allocation, n, count, ENOMEM);
	if (search_open(&s, options, NULL) == SEARCH_OK) {
		const struct search_item *item;

		while ((end = search_next(s, &item)) == 1) {
			long first = atomic_exchange(&allocation.first, 0); /* the transcript's allocations do not fail */

			transcript_add(&got, item);
			atomic_store(&allocation.first, first);
		}
		search_close(s);
	}
	return judge_without_memory(end, n, want, &got);
}

static void test_faults__rules_hold_or_the_search_fails(void **state)
{
	static const long counts[] = { 1, 2000000000 };
	char *root = open_ruled_tree(), *extra = forest_path(root, ".ignore");
	const char *const files[] = { extra };
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct transcript want = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", root);
	set_flags(&a.options, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_TRACKED | SEARCH_WALK_IGNORE_FILES);
	walk_of(&a.options)->ignore_files = files;
	walk_of(&a.options)->ignore_file_count = 1;
	walk_of(&a.options)->git_configs = files;
	walk_of(&a.options)->git_config_count = 1;
	walk_of(&a.options)->home = root;
	collect(&a.options, TAKE_NEXT, &want);
	assert_int_equal(want.items, 2);
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
			long n = 1;

			a.options.workers = worker_counts[i];
			while (obey_without_memory(&a.options, n, counts[k], &want))
				n = next_number(n);
			printf("workers %d: %ld allocations\n", (int)worker_counts[i], n - 1);
			assert_true(n > 80);
		}
	assert_true(process_has(threads, descriptors));
	transcript_free(&want);
	free(extra);
	forest_close(root);
}

/* A link leads to what an overlay makes of its target, or the search fails. */
static void test_faults__overlays_hold_behind_links_or_the_search_fails(void **state)
{
	char *root = forest_open_in_memory();
	char *links = forest_path(root, "links"), *target = forest_path(root, "target");
	const struct search_overlay overlay = { .path = target, .data = "a needle\nunsaved needle\n", .size = 24 };
	struct transcript want = { 0 };
	struct simple a;
	long n = 1;

	(void)state;
	forest_text(root, "target", "a needle\n");
	forest_directory(root, "links");
	forest_link(root, "links/a", "../target");
	forest_link(root, "links/b", "a");
	simple_init(&a, "needle", links);
	set_flags(&a.options, SEARCH_WALK_FOLLOW);
	a.options.overlays = &overlay;
	a.options.overlay_count = 1;
	a.options.workers = SEARCH_NO_WORKERS;
	collect(&a.options, TAKE_NEXT, &want);
	assert_int_equal(want.items, 4);
	while (obey_without_memory(&a.options, n, 1, &want))
		n = next_number(n);
	assert_true(n > 30);
	transcript_free(&want);
	free(target);
	free(links);
	forest_close(root);
}

/* With no descriptor to spare for sharing, each part opens the file by its path. */
static void test_faults__parts_are_opened_or_the_search_fails(void **state)
{
	struct transcript want = { 0 };
	char *path = forest_path(tree, "d1/f11");
	struct simple a;
	long n = 1;

	(void)state;
	simple_init(&a, "needle", path);
	a.options.workers = 1;
	a.options.max_open_files = 2;
	a.options.split_bytes = 200;
	collect(&a.options, TAKE_NEXT, &want);
	assert_int_equal(want.items, LINES);
	while (obey_without_memory(&a.options, n, 1, &want))
		n = next_number(n);
	assert_true(n > 30);
	transcript_free(&want);
	free(path);
}

/* The same with globs, and with files that are only listed. */
static void test_faults__globs_hold_or_the_search_fails(void **state)
{
	static const struct search_glob globs[] = {
		{ "**/{d,e}/{f,g}*", SEARCH_GLOB_BRACES | SEARCH_GLOB_DISPLAY_PATH, 0, 0 },
		{ "d/e/git*", SEARCH_GLOB_EXCLUDE, 0, 0 },
		{ "[a-z]*", SEARCH_GLOB_BASENAME, 1, 0 },
	};
	char *root = open_ruled_tree();
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct simple a;

	(void)state;
	simple_init(&a, "needle", root);
	walk_of(&a.options)->globs = globs;
	walk_of(&a.options)->glob_count = 3;
	for (int i = 0; i < 4; i++) {
		struct transcript want = { 0 };
		long n = 1;

		set_flags(&a.options, i % 2 == 0 ? SEARCH_RESULT_LIST : 0);
		a.options.workers = worker_counts[i / 2];
		collect(&a.options, TAKE_NEXT, &want);
		assert_int_equal(want.items, 1);
		while (obey_without_memory(&a.options, n, 1, &want))
			n = next_number(n);
		assert_true(n > 30);
		transcript_free(&want);
	}
	assert_true(process_has(threads, descriptors));
	forest_close(root);
}

enum { NAMES = 5000 };

static bool is_next_name(const struct search_item *item, size_t i)
{
	return (size_t)atoi(item->path) == NAMES + i;
}

/* A directory whose names take memory to be sorted, and are listed in their order, or not all. */
static void test_faults__names_are_in_order_or_the_search_fails(void **state)
{
	char *root = forest_open_in_memory();
	struct simple a;
	long n = 1;

	(void)state;
	for (int i = 0; i < NAMES; i++) {
		char name[16];

		sprintf(name, "%d", i * 7 % NAMES + NAMES);
		forest_text(root, name, "");
	}
	simple_init(&a, "", root);
	a.source.name = "";
	set_flags(&a.options, SEARCH_RESULT_LIST);
	a.options.workers = SEARCH_NO_WORKERS;
	while (run_without_memory(&a.options, n, 1, NAMES, is_next_name))
		n++;
	assert_true(n > 20);
	forest_close(root);
}

/* Each file is one item. */
static bool has_all_matches(const struct search_item *item, size_t i)
{
	(void)i;
	return item->matches == LINES;
}

static void test_faults__matches_are_counted_or_the_search_fails(void **state)
{
	static const struct { const char *pattern; enum search_syntax syntax; uint32_t flags; } cases[] = {
		{ "n[e]{2}dl\\w", SEARCH_SYNTAX_ONIGURUMA, 0 },
		{ "(e)\\1dle", SEARCH_SYNTAX_ONIGURUMA, 0 },
		{ "(?<!x)needle(?=\\s|$)", SEARCH_SYNTAX_PERL, 0 },
		{ "n[e]{2}dle\\s??", SEARCH_SYNTAX_ONIGURUMA, SEARCH_MATCH_MULTILINE },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct simple a;
		long n = 1, count = i % 2 == 0 ? 1 : 1000000000;

		simple_init(&a, cases[i / 2].pattern, tree);
		set_flags(&a.options, SEARCH_RESULT_COUNT | cases[i / 2].flags);
		a.options.syntax = cases[i / 2].syntax;
		a.options.workers = SEARCH_NO_WORKERS;
		while (run_without_memory(&a.options, n, count, DIRECTORIES * FILES, has_all_matches))
			n = next_number(n);
		printf("%s: %ld allocations\n", cases[i / 2].pattern, n - 1);
		assert_true(n > 30);
	}
}

/* Takes many items with each call, while allocation number n fails. True if there were n allocations. */
static bool take_many_without_memory(const struct search_options *options, long n, const struct transcript *want)
{
	struct transcript got = { 0 };
	struct search *s = NULL;
	int end = SEARCH_ENOMEM;

	arm(&allocation, n, 1, ENOMEM);
	if (search_open(&s, options, NULL) == SEARCH_OK) {
		const struct search_item *const *items;

		while ((end = search_next_many(s, &items, 100)) > 0) {
			long first = atomic_exchange(&allocation.first, 0); /* the transcript's allocations do not fail */

			for (int i = 0; i < end; i++)
				transcript_add(&got, items[i]);
			atomic_store(&allocation.first, first);
		}
		search_close(s);
	}
	return judge_without_memory(end, n, want, &got);
}

static void test_faults__many_items_at_once_come_or_the_search_fails(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_RESULT_LIST };
	size_t threads = process_threads(), descriptors = process_descriptors();

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct transcript want = { 0 };
		struct simple a;
		long n = 1;

		simple_init(&a, "needle", tree);
		set_flags(&a.options, flags[i % 2]);
		a.options.workers = worker_counts[i / 2];
		collect(&a.options, TAKE_NEXT, &want);
		while (take_many_without_memory(&a.options, n, &want))
			n = next_number(n);
		assert_true(n > 20);
		transcript_free(&want);
	}
	assert_true(process_has(threads, descriptors));
}

/* A rule file that cannot be opened or read is an ERROR of its directory; the other rules hold. */
static void test_faults__each_rule_file_that_fails_is_an_error(void **state)
{
	static const char *const names[] = { ".gitignore", ".ignore", ".psearchignore", "info/exclude", ".git/config", ".git/more",
					       ".git/all", ".git/own" };
	char *root = open_ruled_tree();
	struct simple a;

	(void)state;
	simple_init(&a, "needle", root);
	set_flags(&a.options, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_FILES | SEARCH_WALK_IGNORE_BELOW);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct search_item *item;
		unsigned errors = 0, matches = 0;
		struct search *s;

		atomic_store(&failing_name, names[i]);
		arm(&open_fault, 1, 1, EIO);
		s = open_search(&a.options);
		while (search_next(s, &item) == 1) {
			errors += item->kind == SEARCH_ITEM_ERROR && item->error == EIO && strstr(item->message, names[i]) != NULL;
			matches += item->kind == SEARCH_ITEM_MATCH;
		}
		search_close(s);
		disarm_all();
		assert_int_equal(errors, 1);
		assert_in_range(matches, 2, 4);
	}
	forest_close(root);
}

/* For a while there is no descriptor for a rule file: the search waits for one, or there is an ERROR. */
static void test_faults__a_rule_file_waits_for_a_descriptor_or_is_an_error(void **state)
{
	char *root = open_ruled_tree();
	struct transcript want = { 0 };
	size_t descriptors = process_descriptors();
	struct simple a;

	(void)state;
	simple_init(&a, "needle", root);
	set_flags(&a.options, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_FILES);
	collect(&a.options, TAKE_NEXT, &want);
	for (int i = 0; i < WORKER_COUNTS; i++)
		for (long n = 1; n < 60; n++) {
			struct transcript got = { 0 };

			a.options.workers = worker_counts[i];
			arm(&open_fault, n, 1, EMFILE);
			assert_int_equal(collect(&a.options, (enum take)(n % TAKE_COUNT), &got), 0);
			disarm_all();
			if (memmem(got.bytes, got.length, "error 24", 8) == NULL)
				assert_same(&want, &got, "EMFILE once, with rules");
			transcript_free(&got);
		}
	assert_int_equal(process_descriptors(), descriptors);
	transcript_free(&want);
	forest_close(root);
}

/*
 * While a pipe comes first, a worker of a pool may find no descriptor for a rule file. Then it closes the directory,
 * and comes back later. By then it must still know where the directory is, even if the source is ".".
 */
static void test_faults__the_working_directory_waits_for_its_rule_files(void **state)
{
	char *root = open_ruled_tree(), *before = getcwd(NULL, 0);
	size_t descriptors = process_descriptors();
	struct simple a;

	(void)state;
	simple_init(&a, "needle", ".");
	set_flags(&a.options, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_FILES);
	walk_of(&a.options)->home = root;
	for (long n = 1; n < 10; n++) {
		struct search_pool_options of_pool = SEARCH_POOL_OPTIONS_INIT;
		struct search_source sources[2] = { { .kind = SEARCH_SOURCE_DESCRIPTOR }, a.source };
		int ends[2], rc, end = 0, back, matches = 0, lacks = 0, others = 0;
		const struct search_item *item;
		struct search_pool *pool;
		struct search *s;
		bool reached;

		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		sources[0].descriptor = ends[0];
		of_pool.workers = 2;
		assert_int_equal(search_pool_open(&pool, &of_pool, NULL), SEARCH_OK);
		a.options.pool = pool;
		a.options.sources = sources;
		a.options.source_count = 2;
		assert_int_equal(chdir(root), 0); /* nothing is asserted before the way back */
		arm(&open_fault, n, 4, EMFILE);
		rc = search_open(&s, &a.options, NULL);
		process_wait_for_sleep(); /* the worker gets there, before there is a line */
		reached = atomic_load(&open_fault.calls) >= n;
		(void)!write(ends[1], "needle\n", 7); /* if that fails, a match is missing */
		close(ends[1]);
		while (rc == SEARCH_OK && (end = search_next(s, &item)) == 1) {
			matches += item->kind == SEARCH_ITEM_MATCH;
			lacks += item->kind == SEARCH_ITEM_ERROR && item->error == EMFILE;
			others += item->kind == SEARCH_ITEM_ERROR && item->error != EMFILE;
		}
		search_close(s);
		back = chdir(before);
		search_pool_close(pool);
		disarm_all();
		close(ends[0]);
		assert_int_equal(back, 0);
		assert_int_equal(rc, SEARCH_OK);
		assert_int_equal(end, SEARCH_OK);
		assert_true(reached);
		assert_int_equal(others, 0);
		assert_true(lacks > 0 || matches == 2);
	}
	assert_int_equal(process_descriptors(), descriptors);
	free(before);
	forest_close(root);
}

/* --- pools --- */

/* Each allocation of a pool that is opened may fail, and so may those of a search in it. */
static void test_faults__a_pool_opens_or_says_why_not(void **state)
{
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;
	bool reached = true;

	(void)state;
	options.workers = 3;
	for (long n = 1; reached; n++) {
		struct search_error error = SEARCH_ERROR_INIT;
		struct search_pool *pool;
		int rc;

		arm(&allocation, n, 1, ENOMEM);
		rc = search_pool_open(&pool, &options, &error);
		reached = atomic_load(&allocation.calls) >= n;
		disarm_all();
		assert_true(rc == SEARCH_OK || rc == SEARCH_ENOMEM);
		assert_int_equal(error.code, rc);
		assert_true((pool != NULL) == (rc == SEARCH_OK));
		assert_true(reached || n > 2);
		search_pool_close(pool);
	}
	assert_true(process_has(threads, descriptors));
}

/* With fewer threads than were asked for it goes on, with none it does not open. */
static void test_faults__a_pool_has_the_threads_that_can_be_made(void **state)
{
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;

	(void)state;
	options.workers = 4;
	for (long n = 1; n <= 5; n++) {
		struct search_pool_stats stats = SEARCH_POOL_STATS_INIT;
		struct search_error error = SEARCH_ERROR_INIT;
		struct transcript got = { 0 };
		struct search_pool *pool;
		struct simple a;
		int rc;

		arm(&thread_fault, n, 1000, EAGAIN);
		rc = search_pool_open(&pool, &options, &error);
		disarm_all();
		assert_int_equal(rc, n == 1 ? SEARCH_ESYSTEM : SEARCH_OK);
		if (n == 1) {
			assert_null(pool);
			assert_true(error.message[0] != '\0');
			continue;
		}
		assert_int_equal(search_pool_stats(pool, &stats), SEARCH_OK);
		assert_int_equal(stats.workers, n - 1);
		simple_init(&a, "needle", tree);
		a.options.pool = pool;
		assert_int_equal(collect(&a.options, TAKE_NEXT, &got), SEARCH_OK);
		assert_same(&whole, &got, "in a pool with fewer threads");
		search_pool_close(pool);
		transcript_free(&got);
	}
	assert_true(process_has(threads, descriptors));
}

/* A pool that cannot poll a stream that has nothing yet: the stream is one ERROR, and the pool goes on. */
static void test_faults__a_stream_that_a_pool_cannot_wait_for_is_an_error(void **state)
{
	struct fault *const kinds[] = { &eventfd_fault, &thread_fault, &allocation };
	size_t threads = process_threads(), descriptors = process_descriptors();

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct search_pool *pool;
		const struct search_item *item;
		struct transcript got = { 0 };
		struct search *s;
		struct simple a;
		int ends[2], rc;

		assert_int_equal(search_pool_open(&pool, NULL, NULL), SEARCH_OK);
		simple_init(&a, "needle", tree);
		a.options.pool = pool;
		assert_int_equal(collect(&a.options, TAKE_NEXT, &got), SEARCH_OK);
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		simple_init(&a, "needle", "");
		a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = ends[0], .name = "it" };
		a.options.pool = pool;
		if (kinds[i] == &allocation) /* the stream may be waited for already: then there is nothing to fail */
			a.options.timeout_ms = 500;
		else
			arm(kinds[i], 1, 1000000, EMFILE);
		s = open_search(&a.options);
		if (kinds[i] == &allocation)
			arm(kinds[i], 1, 1000000, ENOMEM);
		rc = search_next(s, &item);
		disarm_all();
		if (kinds[i] == &allocation) {
			assert_true(rc == SEARCH_ENOMEM || rc == SEARCH_ETIMEDOUT || (rc == 1 && item->error == ENOMEM));
		} else {
			assert_int_equal(rc, 1);
			assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
			assert_int_equal(item->reason, SEARCH_REASON_READ);
			assert_int_equal(item->error, EMFILE);
		}
		search_close(s);
		close(ends[0]), close(ends[1]);
		simple_init(&a, "needle", tree);
		a.options.pool = pool;
		transcript_free(&got);
		assert_int_equal(collect(&a.options, TAKE_NEXT, &got), SEARCH_OK);
		assert_same(&whole, &got, "after a stream that could not be waited for");
		transcript_free(&got);
		search_pool_close(pool);
	}
	assert_true(process_has(threads, descriptors));
}

/* --- threads --- */

static void test_faults__fewer_threads_find_the_same(void **state)
{
	(void)state;
#ifdef IN_POOL
	skip(); /* its threads were made before */
#endif
	for (uint32_t k = 1; k <= 9; k++) {
		struct search_stats stats = SEARCH_STATS_INIT;
		struct transcript got = { 0 };
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", tree);
		a.options.split_bytes = 100;
		a.options.workers = 8;
		arm(&thread_fault, (long)k, 1000, EAGAIN);
		s = open_search(&a.options);
		assert_int_equal(collect_items(s, (enum take)(k % TAKE_COUNT), &got), 0);
		search_stats(s, &stats);
		assert_in_range(stats.workers, k > 1, k - 1);
		search_close(s);
		disarm_all();
		assert_same(&whole, &got, "with fewer threads");
		transcript_free(&got);
	}
}

static int stream_end;

/* The worker whose stream it is comes to its end, and has nothing to do any more. */
static void end_stream(void)
{
	assert_int_equal(write(stream_end, "needle\n", 7), 7);
	close(stream_end);
	sleep_microseconds(30000);
}

static int give_tree(void *given, struct search_source *source)
{
	*source = (struct search_source){ .path = tree };
	return ++*(int *)given == 1;
}

/*
 * A worker's thread cannot be made, and meanwhile another worker has become idle: it is woken in its place, or at least
 * later, when there is something to do. The caller does nothing while somebody else may.
 */
static void test_faults__one_that_became_idle_takes_the_place_of_a_thread(void **state)
{
	struct search_source sources[2] = { { .kind = SEARCH_SOURCE_DESCRIPTOR }, { .kind = SEARCH_SOURCE_MEMORY } };
	struct pollfd watched = { .events = POLLIN };
	int ends[2], given = 0, rc = SEARCH_EAGAIN;
	const struct search_item *item;
	size_t items = 0;
	struct search *s;
	struct simple a;

	(void)state;
#ifdef IN_POOL
	skip(); /* its threads were made before */
#endif
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	sources[0].descriptor = ends[0];
	stream_end = ends[1];
	simple_init(&a, "needle", "");
	a.options.sources = sources, a.options.source_count = 2;
	a.options.next_source = give_tree, a.options.next_source_context = &given;
	a.options.workers = 2;
	arm(&thread_fault, 2, 1, EAGAIN);
	before_thread_fault(end_stream);
	s = open_search(&a.options);
	disarm_all();
	watched.fd = search_fd(s);
	while (rc == 1 || (rc == SEARCH_EAGAIN && poll(&watched, 1, 60000) == 1)) {
		rc = search_try_next(s, &item);
		items += rc == 1;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(items, whole.items + 1);
	search_close(s);
	close(ends[0]);
}

/* --- files --- */

/* One entry fails: an ERROR is in its place, all else is found. `lost` lines are missing. */
static void check_one_error(const struct search_options *options, int error, long lost, const char *name)
{
	struct search *s = open_search(options);
	const struct search_item *item;
	long items = 0, errors = 0;
	char last[4096] = "";

	while (search_next(s, &item) == 1) {
		assert_true(strcmp(last, item->path) <= 0);
		snprintf(last, sizeof(last), "%s", item->path);
		if (item->kind == SEARCH_ITEM_ERROR) {
			assert_int_equal(item->error, error);
			assert_true(item->message != NULL && item->message[0] != '\0');
			if (name != NULL)
				assert_string_equal(strrchr(item->path, '/') + 1, name);
			errors++;
		} else {
			items++;
		}
	}
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	search_close(s);
	assert_int_equal(errors, 1);
	assert_int_equal(items, (long)whole.items - lost);
}

static void test_faults__a_failed_open_is_one_error(void **state)
{
	static const int errors[] = { EACCES, EIO, ELOOP, ENOENT };

	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++)
		for (int j = 0; j < 4; j++) {
			struct simple a;

			simple_init(&a, "needle", tree);
			a.options.split_bytes = 100;
			a.options.workers = worker_counts[i];
			atomic_store(&failing_name, "f23");
			arm(&open_fault, 1, 1000, errors[j]);
			check_one_error(&a.options, errors[j], LINES, "f23");
			atomic_store(&failing_name, "d3");
			arm(&open_fault, 1, 1000, errors[j]);
			check_one_error(&a.options, errors[j], FILES * LINES, "d3");
			disarm_all();
		}
}

/* Each call fails once. */
static void test_faults__each_failed_open_or_read_is_one_error(void **state)
{
	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++)
		for (long n = 2; n <= 1 + DIRECTORIES + DIRECTORIES * FILES; n++) {
			struct transcript got = { 0 };
			struct simple a;

			simple_init(&a, "needle", tree);
			a.options.split_bytes = 100;
			a.options.workers = worker_counts[i];
			arm(&open_fault, n, 1, EIO);
			assert_int_equal(collect(&a.options, TAKE_NEXT, &got), 0);
			assert_true(got.items == whole.items - LINES + 1 || got.items == whole.items - FILES * LINES + 1);
			transcript_free(&got);
			disarm_all();
			if (n <= DIRECTORIES * FILES) {
				arm(&read_fault, n, 1, EIO);
				check_one_error(&a.options, EIO, LINES, NULL);
				disarm_all();
			}
		}
}

/* What was listed before getdents64 failed is searched. */
static void test_faults__each_failed_listing_is_one_error(void **state)
{
	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++)
		for (long n = 1; n <= 2 * (1 + DIRECTORIES); n++) {
			struct search *s;
			const struct search_item *item;
			struct simple a;
			long errors = 0, items = 0;

			simple_init(&a, "needle", tree);
			a.options.split_bytes = 100;
			a.options.workers = worker_counts[i];
			arm(&list_fault, n, 1, EIO);
			s = open_search(&a.options);
			while (search_next(s, &item) == 1) {
				errors += item->kind == SEARCH_ITEM_ERROR && item->error == EIO;
				items += item->kind == SEARCH_ITEM_MATCH;
			}
			search_close(s);
			disarm_all();
			assert_int_equal(errors, 1);
			assert_true(items == (long)whole.items || items == (long)whole.items - FILES * LINES || items == 0);
		}
}

/* For a while there is no descriptor: the search waits for one or gives the file up, and nothing hangs or leaks. */
static void test_faults__nothing_hangs_without_descriptors_for_a_while(void **state)
{
	size_t threads = process_threads(), descriptors = process_descriptors();

	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++)
		for (long n = 2; n < 40; n += 3) {
			struct transcript got = { 0 };
			struct simple a;

			simple_init(&a, "needle", tree);
			a.options.split_bytes = 100;
			a.options.workers = worker_counts[i];
			arm(&open_fault, n, 1, EMFILE);
			assert_int_equal(collect(&a.options, TAKE_NEXT, &got), 0);
			/* a file is given up only if the search itself has none open: then one ERROR says so */
			if (memmem(got.bytes, got.length, "error 24", 8) == NULL)
				assert_same(&whole, &got, "EMFILE once");
			else
				assert_in_range(got.items, whole.items - FILES * LINES + 1, whole.items);
			transcript_free(&got);
			arm(&open_fault, n, 100000, EMFILE);
			assert_int_equal(collect(&a.options, TAKE_NEXT, &got), 0);
			transcript_free(&got);
			disarm_all();
		}
	assert_true(process_has(threads, descriptors));
}

static void test_faults__a_read_error_comes_after_the_lines_before_it(void **state)
{
	size_t size = 1 << 20;
	char *text = malloc(size);
	char *root = forest_open();

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < size; i += 16)
		memcpy(text + i, "fifteen needle.\n", 16);
	forest_file(root, "f", text, size);
	free(text);
	for (int i = 0; i < WORKER_COUNTS; i++) {
		struct search *s;
		const struct search_item *item;
		struct simple a;
		uint64_t lines = 0;

		simple_init(&a, "needle", root);
		a.options.workers = worker_counts[i];
		arm(&read_fault, 4, 1, EIO);
		s = open_search(&a.options);
		while (search_next(s, &item) == 1 && item->kind == SEARCH_ITEM_MATCH)
			assert_int_equal(item->line, ++lines);
		assert_non_null(item);
		assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
		assert_int_equal(item->error, EIO);
		assert_true(lines > 1000 && lines < 65536);
		assert_int_equal(search_next(s, &item), 0);
		search_close(s);
		disarm_all();
	}
	forest_close(root);
}

/* A part of a file whose first match needs context from before the part. */
static void test_faults__context_that_cannot_be_read_is_one_error(void **state)
{
	enum { PART = 1 << 16, LINE = 16, BORDER = PART / LINE };
	static const struct { uint64_t needles[2]; long errors; uint64_t first; } cases[] = {
		{ { BORDER + 2 }, 1, BORDER + 1 },           /* lines number BORDER - 1 and BORDER are lost */
		{ { BORDER, BORDER + 2 }, 0, BORDER - 3 },   /* they came from the part before */
		{ { BORDER + 4 }, 0, BORDER + 1 },           /* none are needed */
	};
	char *text = malloc(2 * PART);
	char *root = forest_open();

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t at = 0; at < 2 * PART; at += LINE)
			memcpy(text + at, "fifteen of text\n", LINE);
		for (int j = 0; j < 2 && cases[i].needles[j] > 0; j++)
			memcpy(text + (cases[i].needles[j] - 1) * LINE, "a needle", 8);
		forest_file(root, "f", text, 2 * PART);
		for (int w = 1; w < WORKER_COUNTS; w++) {
			const struct search_item *item;
			struct search *s;
			struct simple a;
			uint64_t line = cases[i].first;
			long errors = 0;

			simple_init(&a, "needle", root);
			a.options.workers = worker_counts[w];
			a.options.split_bytes = PART;
			a.options.before_context = 3;
			atomic_store(&kept_back_end, PART);
			arm(&pread_fault, 1, 1000, EIO);
			s = open_search(&a.options);
			while (search_next(s, &item) == 1) {
				if (item->kind != SEARCH_ITEM_ERROR) {
					assert_int_equal(item->line, line++);
					continue;
				}
				errors++;
				assert_int_equal(item->error, EIO);
				assert_int_equal(item->reason, SEARCH_REASON_READ);
				assert_int_equal(item->offset, 0); /* it is about no line of its own */
				assert_int_equal(line, cases[i].first); /* the ERROR comes before all lines */
			}
			assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
			search_close(s);
			disarm_all();
			atomic_store(&kept_back_end, 0);
			assert_int_equal(errors, cases[i].errors);
			assert_int_equal(line, cases[i].needles[1] > 0 ? cases[i].needles[1] + 1 : cases[i].needles[0] + 1);
		}
	}
	free(text);
	forest_close(root);
}

/* --- event descriptors --- */

static void test_faults__search_fd_may_fail_and_be_called_again(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_RESULT_SOCKET };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct transcript got = { 0 };
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", tree);
		a.options.split_bytes = 100;
		set_flags(&a.options, flags[i]);
		s = open_search(&a.options);
		arm(&eventfd_fault, 1, 1, EMFILE);
		assert_int_equal(search_fd(s), SEARCH_ESYSTEM);
		assert_true(search_fd(s) >= 0); /* the second time it works */
		disarm_all();
		assert_int_equal(collect_items(s, TAKE_POLL, &got), 0);
		search_close(s);
		assert_same(&whole, &got, "after a failed search_fd");
		transcript_free(&got);
	}
}

/* A search does not wait for a stream if nothing could interrupt the wait. */
static void test_faults__a_stream_without_an_event_descriptor_is_an_error(void **state)
{
	char *root = forest_open(), *fifo = forest_path(root, "f");
	int fd;

	(void)state;
	forest_fifo(root, "f");
	fd = open(fifo, O_RDWR | O_CLOEXEC);
	for (int i = 0; i < WORKER_COUNTS; i++) {
		const struct search_item *item;
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", fifo);
		a.options.workers = worker_counts[i];
		arm(&eventfd_fault, 1, 1000, EMFILE);
		s = open_search(&a.options);
		assert_int_equal(search_next(s, &item), 1);
		assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
		assert_int_equal(item->error, EMFILE);
		assert_int_equal(search_next(s, &item), 0);
		search_close(s);
		disarm_all();
	}
	close(fd);
	free(fifo);
	forest_close(root);
}

/* --- encodings --- */

/* Files that must all be decoded; one line of each matches. */
static char *encoded_tree(void)
{
	char *root = forest_open(), name[20];

	for (int i = 0; i < 12; i++) {
		sprintf(name, "f%02d", i);
		if (i % 2 == 0)
			forest_file(root, name, "\xFF\xFEn\0e\0e\0d\0l\0e\0\n\0", 16);
		else
			forest_file(root, name, "needle\n\xE9", 8);
	}
	return root;
}

static bool is_match(const struct search_item *item, size_t i)
{
	(void)i;
	return item->kind == SEARCH_ITEM_MATCH;
}

static void test_faults__each_allocation_may_fail_when_files_are_decoded(void **state)
{
	char *root = encoded_tree();

	(void)state;
	for (uint32_t workers = 0; workers < 3; workers++) {
		struct simple a;
		long n = 1;

		simple_init(&a, "needle", root);
		a.options.encoding = "koi8-r";
		a.options.workers = workers > 0 ? workers : SEARCH_NO_WORKERS;
		while (run_without_memory(&a.options, n, 1, 12, is_match))
			n++;
	}
	forest_close(root);
}

/* iconv is opened twice when the search is opened, and once by each thread that finds a file for it. */
static void test_faults__a_failed_iconv_open_is_reported(void **state)
{
	static const int errors[] = { ENOMEM, EMFILE, EINVAL };
	char *root = encoded_tree();

	(void)state;
	for (size_t i = 0; i < 3 * 4; i++) {
		int error = errors[i % 3], rc, items = 0, failed = 0;
		long n = 1 + (long)i / 3;
		struct search_error why = SEARCH_ERROR_INIT;
		const struct search_item *item;
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", root);
		a.options.encoding = "koi8-r";
		a.options.workers = SEARCH_NO_WORKERS;
		arm(&iconv_fault, n, 1, error);
		rc = search_open(&s, &a.options, &why);
		if (n == 1) {
			assert_int_equal(rc, error == ENOMEM ? SEARCH_ENOMEM : error == EINVAL ? SEARCH_EINVAL : SEARCH_ESYSTEM);
			assert_int_equal(why.code, rc);
			assert_int_equal(why.system_error, error == EMFILE ? EMFILE : 0);
			disarm_all();
			continue;
		}
		assert_int_equal(rc, SEARCH_OK);
		while ((rc = search_next(s, &item)) == 1) {
			failed += item->kind == SEARCH_ITEM_ERROR;
			items += item->kind == SEARCH_ITEM_MATCH;
			if (item->kind == SEARCH_ITEM_ERROR) {
				assert_int_equal(item->error, error);
				assert_non_null(strstr(item->message, "decode"));
				assert_string_equal(item->path + strlen(item->path) - 4, "/f01");
			}
		}
		if (n == 3 && error == ENOMEM)
			assert_int_equal(rc, SEARCH_ENOMEM);
		else
			assert_int_equal(rc, SEARCH_OK);
		if (n != 3 || error != ENOMEM) {
			assert_int_equal(failed, n == 3);
			assert_int_equal(items, 12 - failed);
		}
		search_close(s);
		disarm_all();
	}
	forest_close(root);
}

/* What was read from a file before a read fails is searched, decoded or not. */
static void test_faults__what_was_read_before_a_failure_is_searched(void **state)
{
	char *root = encoded_tree();

	(void)state;
	for (long n = 1; n <= 24; n++) {
		int items = 0, failed = 0;
		const struct search_item *item;
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", root);
		a.options.encoding = "koi8-r";
		a.options.workers = SEARCH_NO_WORKERS;
		arm(&read_fault, n, 1, EIO);
		s = open_search(&a.options);
		while (search_next(s, &item) == 1) {
			failed += item->kind == SEARCH_ITEM_ERROR;
			items += item->kind == SEARCH_ITEM_MATCH;
			if (item->kind == SEARCH_ITEM_ERROR)
				assert_int_equal(item->error, EIO);
		}
		assert_true(failed == 1 ? items >= 11 : items == 12);
		assert_true(failed == (atomic_load(&read_fault.calls) >= n));
		search_close(s);
		disarm_all();
	}
	forest_close(root);
}

/* --- pages --- */

/* The cursor after so many items. */
static void take_cursor(const struct search_options *options, size_t items, char *cursor, size_t size)
{
	const struct search_item *item;
	struct search *s = open_search(options);

	for (size_t i = 0; i < items; i++)
		assert_int_equal(search_next(s, &item), 1);
	assert_in_range(search_cursor(s, cursor, size), 1, (int)size - 1);
	search_close(s);
}

static bool has_no_flags(const struct search_item *item, size_t i)
{
	(void)i;
	return item->flags == 0;
}

static void test_faults__each_allocation_may_fail_in_a_page(void **state)
{
	static const struct { uint32_t flags, split_bytes; size_t before, items; } cases[] = {
		{ 0, 0, 500, DIRECTORIES * FILES * LINES },
		{ 0, 100, 515, DIRECTORIES * FILES * LINES },
		{ SEARCH_RESULT_LIST | SEARCH_RESULT_FILE_INFO, 0, 10, DIRECTORIES * FILES },
		{ SEARCH_RESULT_COUNT | SEARCH_RESULT_FILE_INFO, 100, 10, DIRECTORIES * FILES },
	};
	size_t threads = process_threads(), descriptors = process_descriptors();
	char resume[5000], until[5000];

	(void)state;
	for (size_t i = 0; i < WORKER_COUNTS * sizeof(cases) / sizeof(cases[0]); i++) {
		size_t k = i / WORKER_COUNTS, last = cases[k].items - 3;
		struct simple a;

		simple_init(&a, "needle", tree);
		set_flags(&a.options, cases[k].flags);
		a.options.split_bytes = cases[k].split_bytes;
		a.options.workers = worker_counts[i % WORKER_COUNTS];
		take_cursor(&a.options, cases[k].before, resume, sizeof(resume));
		take_cursor(&a.options, last, until, sizeof(until));
		a.options.resume = resume;
		a.options.until = until;
		for (int all = 0; all < 2; all++) {
			long n = 1, count = all ? 1000000000 : 1;

			while (run_without_memory(&a.options, n, count, last - cases[k].before, has_no_flags))
				n = next_number(n);
		}
	}
	assert_true(process_has(threads, descriptors));
}

/* Where a page would begin amid its file cannot be read: then it searches the file from its start. */
static void test_faults__a_page_may_have_to_search_its_file_whole(void **state)
{
	enum { BEFORE = 3 * LINES + 20 };
	char cursor[5000];

	(void)state;
	for (int i = 0; i < 2 * WORKER_COUNTS; i++) {
		const struct search_item *item;
		struct simple a;
		struct search *s;
		size_t n = BEFORE;

		simple_init(&a, "needle", tree);
		a.options.split_bytes = 100;
		a.options.after_context = i / WORKER_COUNTS == 0 ? 0 : 3;
		a.options.workers = worker_counts[i % WORKER_COUNTS];
		take_cursor(&a.options, BEFORE, cursor, sizeof(cursor));
		a.options.resume = cursor;
		atomic_store(&kept_back_end, LINES * 40);
		arm(&pread_fault, 1, 1, EIO);
		s = open_search(&a.options);
		while (search_next(s, &item) == 1) {
			assert_int_equal(item->kind, SEARCH_ITEM_MATCH);
			assert_int_equal(item->flags, 0);
			assert_int_equal(item->line, n++ % LINES + 1);
		}
		assert_int_equal(n, DIRECTORIES * FILES * LINES);
		assert_true(atomic_load(&pread_fault.calls) > 0);
		search_close(s);
		disarm_all();
		atomic_store(&kept_back_end, 0);
	}
}

/* The file of the cursor, or a directory on the way, cannot be opened any more. */
static void test_faults__a_page_whose_file_cannot_be_opened_says_so(void **state)
{
	static const struct { const char *name; size_t left; } cases[] = {
		{ "f13", (DIRECTORIES - 1) * FILES * LINES - 4 * LINES },
		{ "d1", (DIRECTORIES - 2) * FILES * LINES },
	};
	char cursor[5000];

	(void)state;
	for (int i = 0; i < 2 * WORKER_COUNTS; i++) {
		const struct search_item *item;
		struct simple a;
		struct search *s;
		size_t n = 0;

		simple_init(&a, "needle", tree);
		a.options.workers = worker_counts[i / 2];
		take_cursor(&a.options, (FILES + 3) * LINES + 5, cursor, sizeof(cursor));
		a.options.resume = cursor;
		atomic_store(&failing_name, cases[i % 2].name);
		arm(&open_fault, 1, 1000, EACCES);
		s = open_search(&a.options);
		assert_int_equal(search_next(s, &item), 1);
		assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
		assert_int_equal(item->reason, SEARCH_REASON_OPEN);
		assert_int_equal(item->flags, SEARCH_ITEM_FLAG_CHANGED);
		while (search_next(s, &item) == 1) {
			assert_int_equal(item->flags, 0);
			n++;
		}
		assert_int_equal(n, cases[i % 2].left);
		search_close(s);
		disarm_all();
	}
}

/* The file of the cursor cannot be read as far as the cursor: with one read, or where it ends before the cursor's item. */
static void test_faults__a_page_whose_file_cannot_be_read_says_so(void **state)
{
	char cursor[5000], *files[] = { forest_path(tree, "d1/f13"), forest_path(tree, "d4/f46") };

	(void)state;
	for (int i = 0; i < WORKER_COUNTS * 2; i++) {
		bool last = i % 2 == 1; /* of all files: no other item can tell that something is missing */
		const struct search_item *item;
		struct simple a;
		struct search *s;
		size_t n = 0;

		simple_init(&a, "needle", tree);
		a.options.workers = worker_counts[i / 2];
		take_cursor(&a.options, last ? whole.items - 3 : (FILES + 3) * LINES + 5, cursor, sizeof(cursor));
		a.options.resume = cursor;
		spoil_file(files[last], 0); /* others may be read before it */
		s = open_search(&a.options);
		assert_int_equal(search_next(s, &item), 1);
		assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
		assert_int_equal(item->reason, SEARCH_REASON_READ);
		assert_int_equal(item->error, EIO);
		assert_int_equal(item->flags, SEARCH_ITEM_FLAG_CHANGED);
		spoil_file(NULL, -1);
		while (search_next(s, &item) == 1)
			n++;
		assert_int_equal(n, last ? 0 : (DIRECTORIES - 1) * FILES * LINES - 4 * LINES);
		search_close(s);
	}
	free(files[0]);
	free(files[1]);
}

/* A directory on the way to the cursor cannot be listed: what is missing of it is accounted for. */
static void test_faults__a_page_whose_directory_cannot_be_listed_says_so(void **state)
{
	char cursor[5000];

	(void)state;
	for (int i = 0; i < WORKER_COUNTS * 2; i++) {
		const struct search_item *item;
		struct simple a;
		struct search *s;

		simple_init(&a, "needle", tree);
		a.options.workers = worker_counts[i / 2];
		take_cursor(&a.options, whole.items - 3, cursor, sizeof(cursor));
		a.options.resume = cursor;
		arm(&list_fault, i % 2 + 1 + i % 2, 1, EIO); /* of the tree, or of its last directory */
		s = open_search(&a.options);
		assert_int_equal(search_next(s, &item), 1);
		assert_int_equal(item->kind, SEARCH_ITEM_ERROR);
		assert_int_equal(item->reason, SEARCH_REASON_LIST);
		assert_int_equal(item->error, EIO);
		disarm_all();
		assert_int_equal(search_next(s, &item), 0);
		search_close(s);
	}
}

/* Counts what is opened: nothing that lies before or behind. */
static void test_faults__a_page_opens_only_its_files(void **state)
{
	char resume[5000], until[5000];

	(void)state;
#ifdef IN_POOL
	skip(); /* a search that was closed may open its last file after that */
#endif
	for (int i = 0; i < WORKER_COUNTS; i++) {
		struct transcript got = { 0 };
		struct simple a;

		simple_init(&a, "needle", tree);
		a.options.workers = worker_counts[i];
		take_cursor(&a.options, (2 * FILES + 3) * LINES + 5, resume, sizeof(resume));
		take_cursor(&a.options, (3 * FILES + 2) * LINES + 5, until, sizeof(until));
		a.options.resume = resume;
		a.options.until = until;
		arm(&open_fault, 1000000, 1, EIO);
		assert_int_equal(collect(&a.options, TAKE_NEXT, &got), 0);
		assert_int_equal(got.items, (FILES - 1) * LINES);
		/* the tree, two directories, four files in one and three in the other */
		assert_int_equal(atomic_load(&open_fault.calls), 1 + 2 + 4 + 3);
		disarm_all();
		transcript_free(&got);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults__each_single_allocation_may_fail),
		cmocka_unit_test(test_faults__all_allocations_from_any_on_may_fail),
		cmocka_unit_test(test_faults__each_allocation_may_fail_with_groups),
		cmocka_unit_test(test_faults__each_allocation_may_fail_with_overlays),
		cmocka_unit_test(test_faults__without_memory_for_a_compressed_file_only_it_fails),
		cmocka_unit_test(test_faults__large_blocks_are_mapped),
		cmocka_unit_test(test_faults__rules_hold_or_the_search_fails),
		cmocka_unit_test(test_faults__overlays_hold_behind_links_or_the_search_fails),
		cmocka_unit_test(test_faults__parts_are_opened_or_the_search_fails),
		cmocka_unit_test(test_faults__globs_hold_or_the_search_fails),
		cmocka_unit_test(test_faults__names_are_in_order_or_the_search_fails),
		cmocka_unit_test(test_faults__matches_are_counted_or_the_search_fails),
		cmocka_unit_test(test_faults__many_items_at_once_come_or_the_search_fails),
		cmocka_unit_test(test_faults__each_rule_file_that_fails_is_an_error),
		cmocka_unit_test(test_faults__a_rule_file_waits_for_a_descriptor_or_is_an_error),
		cmocka_unit_test(test_faults__the_working_directory_waits_for_its_rule_files),
		cmocka_unit_test(test_faults__a_pool_opens_or_says_why_not),
		cmocka_unit_test(test_faults__a_pool_has_the_threads_that_can_be_made),
		cmocka_unit_test(test_faults__a_stream_that_a_pool_cannot_wait_for_is_an_error),
		cmocka_unit_test(test_faults__fewer_threads_find_the_same),
		cmocka_unit_test(test_faults__one_that_became_idle_takes_the_place_of_a_thread),
		cmocka_unit_test(test_faults__a_failed_open_is_one_error),
		cmocka_unit_test(test_faults__each_failed_open_or_read_is_one_error),
		cmocka_unit_test(test_faults__each_failed_listing_is_one_error),
		cmocka_unit_test(test_faults__nothing_hangs_without_descriptors_for_a_while),
		cmocka_unit_test(test_faults__a_read_error_comes_after_the_lines_before_it),
		cmocka_unit_test(test_faults__context_that_cannot_be_read_is_one_error),
		cmocka_unit_test(test_faults__each_allocation_may_fail_when_files_are_decoded),
		cmocka_unit_test(test_faults__a_failed_iconv_open_is_reported),
		cmocka_unit_test(test_faults__what_was_read_before_a_failure_is_searched),
		cmocka_unit_test(test_faults__each_allocation_may_fail_in_a_page),
		cmocka_unit_test(test_faults__a_page_may_have_to_search_its_file_whole),
		cmocka_unit_test(test_faults__a_page_whose_file_cannot_be_opened_says_so),
		cmocka_unit_test(test_faults__a_page_whose_file_cannot_be_read_says_so),
		cmocka_unit_test(test_faults__a_page_whose_directory_cannot_be_listed_says_so),
		cmocka_unit_test(test_faults__a_page_opens_only_its_files),
		cmocka_unit_test(test_faults__search_fd_may_fail_and_be_called_again),
		cmocka_unit_test(test_faults__a_stream_without_an_event_descriptor_is_an_error),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
