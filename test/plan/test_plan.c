/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_plan.c - the order of claims and of delivery, and that the head always goes on: random trees and random
 * interleavings, compared with a plain sorted walk.
 */
#include "../../lib/base/base.h"

#include "../../lib/plan/plan_internal.h"
#include "../support/crew.h"
#include "../support/process.h"

#include <fcntl.h>
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

/* What the caller should get from these options: the walk, without the files that have nothing. */
static struct names expected(const struct crew_options *options)
{
	struct names all = { 0 }, want = { 0 };

	for (size_t i = 0; i < options->source_count; i++) {
		const struct search_source *s = &options->sources[i];
		const char *shown = s->name != NULL ? s->name : s->path;

		if (s->kind == SEARCH_SOURCE_MEMORY)
			names_add(&all, shown != NULL ? shown : "");
		else if (s->kind == SEARCH_SOURCE_PATH)
			tree_walk(&all, s->path, shown, (options->flags & SEARCH_WALK_SKIP_HIDDEN) == 0);
	}
	for (size_t i = 0; i < all.count; i++)
		if (crew_delivers(options, all.at[i]))
			names_add(&want, all.at[i]);
	names_free(&all);
	return want;
}

static void compare(const struct crew_options *options, struct crew_result *result)
{
	struct names want = expected(options);

	names_equal(&result->shown, &want);
	assert_true(result->open_files <= options->max_open_files);
	assert_true(result->open_counted <= options->max_open_files);
	names_free(&want);
}

static struct search_source path_source(const char *path)
{
	return (struct search_source){ .kind = SEARCH_SOURCE_PATH, .path = path };
}

/* With one worker alone, files are opened in the order of the walk. */
static void test_plan__claims_are_made_in_the_order_of_the_walk(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct random random = random_new(i);
		char *root = tree_new();
		struct search_source source = path_source(root);
		struct crew_options options = {
			.workers = 1, .max_open_files = 2 + i % 4, .sources = &source, .source_count = 1,
			.percent = 0, .late_caller = true,
		};
		struct crew_result result;
		struct names want = { 0 };

		tree_random(root, &random, 300);
		crew_simulate(&options, &random, &result);
		tree_walk(&want, root, root, true);
		names_equal(&result.opened, &want);
		assert_int_equal(result.caller_runs, 0);
		names_free(&want);
		crew_result_free(&result);
		tree_remove(root);
	}
}

static void test_plan__a_directory_is_sorted_by_its_own_name(void **state)
{
	static const char *const files[] = { "a", "a!/z", "a-/b/c", "a-b", "a.c", "a/x", "aa", "b" };
	static const char *const want[] = { "a!/z", "a-/b/c", "a-b", "a.c", "a0/y", "aa", "b" };
	char *root = tree_new();
	struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = root, .name = "" };
	struct crew_options options = {
		.workers = 3, .max_open_files = 8, .sources = &source, .source_count = 1, .percent = 100,
	};
	struct random random = random_new(0);
	struct crew_result result;

	(void)state;
	for (size_t i = 1; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i], "a/x") != 0)
			tree_file(root, files[i], "", 0);
	tree_file(root, "a0/y", "", 0);
	crew_simulate(&options, &random, &result);
	assert_int_equal(result.shown.count, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < result.shown.count; i++)
		assert_string_equal(result.shown.at[i], want[i]);
	crew_result_free(&result);
	tree_remove(root);
}

/* P1 to P4 over random trees, holders and interleavings. */
static void test_plan__any_interleaving_delivers_the_walk(void **state)
{
	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(100, 300); i < rounds; i++) {
		struct random random = random_new(1000 + i);
		char *root = tree_new();
		struct search_source source = path_source(root);
		struct crew_options options = {
			.workers = random_below(&random, 9),
			.max_open_files = 2, .sources = &source, .source_count = 1,
			.percent = random_below(&random, 4) * 33,
			.late_caller = random_percent(&random, 30),
			.never_helps = random_percent(&random, 30),
		};
		struct crew_result result;

		options.no_help = options.workers > 0 && random_percent(&random, 30);
		if (random_percent(&random, 30)) { /* workers are idle more often */
			options.window_claims = 8;
			options.window_entries = 16;
		}
		options.max_open_files = options.workers + 1 + random_below(&random, 4);
		options.max_open_files = options.max_open_files < 2 ? 2 : options.max_open_files;
		options.flags = random_percent(&random, 30) ? SEARCH_WALK_SKIP_HIDDEN : 0;
		tree_random(root, &random, 10 + random_below(&random, 200));
		crew_simulate(&options, &random, &result);
		compare(&options, &result);
		crew_result_free(&result);
		tree_remove(root);
	}
}

static void test_plan__threads_deliver_the_walk(void **state)
{
	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(20, 60); i < rounds; i++) {
		struct random random = random_new(2000 + i);
		char *root = tree_new();
		struct search_source source = path_source(root);
		struct crew_options options = {
			.workers = random_below(&random, 9),
			.sources = &source, .source_count = 1,
			.percent = random_below(&random, 4) * 33,
			.never_helps = random_percent(&random, 30),
		};
		struct crew_result result;

		options.no_help = options.workers > 0 && random_percent(&random, 30);
		if (random_percent(&random, 30)) { /* workers are idle more often */
			options.window_claims = 8;
			options.window_entries = 16;
		}
		options.max_open_files = options.workers + 1 + random_below(&random, 4);
		options.max_open_files = options.max_open_files < 2 ? 2 : options.max_open_files;
		tree_random(root, &random, 400);
		crew_run(&options, &result);
		compare(&options, &result);
		crew_result_free(&result);
		tree_remove(root);
	}
}

/* Unordered: the same files, each once, in any order; simulated and with threads. */
static void test_plan__unordered_delivers_each_file_once(void **state)
{
	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(20, 60); i < rounds; i++) {
		struct random random = random_new(3000 + i);
		char *root = tree_new();
		struct search_source source = path_source(root);
		struct crew_options options = {
			.flags = SEARCH_RESULT_UNORDERED, .workers = random_below(&random, 6),
			.max_open_files = 8, .sources = &source, .source_count = 1, .percent = 60,
		};
		struct crew_result result;
		struct names want;

		options.no_help = options.workers > 0 && random_percent(&random, 30);
		tree_random(root, &random, 200);
		if (i % 2 == 0)
			crew_simulate(&options, &random, &result);
		else
			crew_run(&options, &result);
		want = expected(&options);
		names_sort(&want);
		names_sort(&result.shown);
		names_equal(&result.shown, &want);
		names_free(&want);
		crew_result_free(&result);
		tree_remove(root);
	}
}

/* Several sources, nested, the same twice, memory between them; added all at once or one by one. */
static void test_plan__sources_keep_their_order(void **state)
{
	(void)state;
	for (unsigned i = 0, rounds = (unsigned)how_many_rounds(40, 120); i < rounds; i++) {
		struct random random = random_new(4000 + i);
		char *root = tree_new(), *inner;
		struct search_source sources[8];
		struct crew_options options = {
			.workers = random_below(&random, 5), .max_open_files = 8, .sources = sources,
			.percent = 70, .pulled = i % 4,
		};
		struct crew_result result;

		tree_random(root, &random, 60);
		tree_directory(root, "zz/in");
		tree_file(root, "zz/in/1", "", 0);
		inner = strdup(tree_path(root, "zz/in"));
		while (options.source_count < random_below(&random, 9) % 8) {
			static const char *const names[] = { NULL, "", "shown", "other/" };
			struct search_source s = path_source(random_percent(&random, 50) ? root : inner);

			if (random_percent(&random, 30))
				s = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = "x", .size = 1 };
			s.name = s.kind == SEARCH_SOURCE_MEMORY ? "memory" : names[random_below(&random, 3)];
			sources[options.source_count++] = s;
		}
		if (i % 2 == 0)
			crew_simulate(&options, &random, &result);
		else
			crew_run(&options, &result);
		compare(&options, &result);
		crew_result_free(&result);
		free(inner);
		tree_remove(root);
	}
}

/* A wake-up brings many sources: neither the caller nor the workers are woken for each. */
static void test_plan__many_sources_are_asked_for_at_once(void **state)
{
	enum { COUNT = 2000, REFILLS = 2 * COUNT / PS_SOURCES_AHEAD + 2 };
	struct search_source *sources = calloc(COUNT, sizeof(*sources));

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		sources[i] = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = "x", .size = 1 };
	for (uint32_t workers = 1; workers < 20; workers += 3) {
		struct crew_options options = {
			.workers = workers, .max_open_files = 64, .sources = sources, .source_count = COUNT,
			.pulled = PS_SOURCES_AHEAD, .percent = workers % 2 * 100,
		};
		struct random random = random_new(4500 + workers);
		struct crew_result result;

		crew_simulate(&options, &random, &result);
		assert_int_equal(result.opened.count, COUNT);
		if (options.percent == 0)
			assert_true(result.caller_woken <= REFILLS);
		assert_true(result.workers_woken <= (uint64_t)4 * REFILLS * workers);
		crew_result_free(&result);
	}
	free(sources);
}

/* psearch.h promises that the host is asked for 64 sources ahead at most. While there are more than half, it is not. */
static void test_plan__sources_are_wanted_up_to_a_number_ahead(void **state)
{
	static const struct {
		unsigned ahead, wanted;
	} rows[] = { { 0, 64 }, { 1, 63 }, { 20, 44 }, { 32, 32 }, { 33, 0 }, { 64, 0 }, { 70, 0 } };
	const struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = "x", .size = 1 };
	struct ps_plan_options options = { .threads = 1, .max_open_files = 4 };
	struct ps_plan *plan;
	unsigned added = 0;

	(void)state;
	assert_int_equal(ps_plan_new(&plan, &options), SEARCH_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (; added < rows[i].ahead; added++)
			assert_int_equal(ps_plan_add(plan, &source, 1, PS_FOLLOW_LATER), SEARCH_OK);
		assert_int_equal(ps_plan_sources_wanted(plan), rows[i].wanted);
	}
	ps_plan_free(plan);
}

static void test_plan__no_source_at_all_is_the_end(void **state)
{
	struct crew_options options = { .workers = 2, .max_open_files = 3, .percent = 100 };
	struct random random = random_new(0);
	struct crew_result result;

	(void)state;
	crew_simulate(&options, &random, &result);
	assert_int_equal(result.shown.count, 0);
	crew_result_free(&result);
	options.pulled = 1;
	crew_run(&options, &result);
	assert_int_equal(result.shown.count, 0);
	crew_result_free(&result);
}

/* A descriptor of a directory is walked from there, whatever its position, and stays open. */
static void test_plan__a_descriptor_of_a_directory_is_walked(void **state)
{
	char *root = tree_new();
	struct search_source sources[3];
	struct crew_options options = {
		.max_open_files = 3, .sources = sources, .source_count = 3, .percent = 100,
	};
	struct random random = random_new(7);
	struct names want = { 0 };

	(void)state;
	tree_random(root, &random, 150);
	for (int i = 0; i < 3; i++) {
		int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		assert_true(fd >= 0);
		sources[i] = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = fd };
		sources[i].name = i == 0 ? "shown" : i == 1 ? "" : NULL;
		tree_walk(&want, root, i == 0 ? "shown" : "", true);
	}
	for (options.workers = 0; options.workers < 3; options.workers++) {
		struct crew_result result;

		crew_simulate(&options, &random, &result);
		names_equal(&result.shown, &want);
		assert_true(result.open_counted <= 3);
		crew_result_free(&result);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(close(sources[i].descriptor), 0);
	names_free(&want);
	tree_remove(root);
}

/* P2: while the caller takes nothing, claims do not pile up; afterwards everything comes. */
static void test_plan__the_window_bounds_what_is_alive(void **state)
{
	char *root = tree_new(), name[64];
	struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = root };
	struct crew_options options = {
		.workers = 4, .max_open_files = 16, .sources = &source, .source_count = 1, .percent = 100,
		.late_caller = true,
	};
	struct random random = random_new(5000);
	struct crew_result result;

	(void)state;
	for (int i = 0; i < 6000; i++) {
		snprintf(name, sizeof(name), "%04d", i);
		tree_directory(root, name);
		snprintf(name, sizeof(name), "%04d/f", i);
		tree_file(root, name, "", 0);
	}
	crew_simulate(&options, &random, &result);
	compare(&options, &result);
	assert_true(result.late_claims > 1000);
	assert_true(result.late_claims <= 4096);
	assert_true(result.claims <= 4096 + 2); /* the head may always be claimed, and so may what it contains */
	crew_result_free(&result);
	options.late_caller = false;
	crew_run(&options, &result);
	compare(&options, &result);
	crew_result_free(&result);
	tree_remove(root);
}

/* Holders that went idle at the window claim again after the caller takes what is at the head. */
static void test_plan__all_holders_claim_again_after_the_window(void **state)
{
	/* entries of one directory, more than the window holds, and files in each that is a directory */
	static const struct { int entries, files; } trees[] = { { 900, 0 }, { 900, 1 }, { 300, 2 }, { 90, 20 } };

	(void)state;
	for (size_t t = 0; t < sizeof(trees) / sizeof(trees[0]); t++) {
		char *root = tree_new(), name[64];
		struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = root };
		struct crew_options options = {
			.workers = 4, .max_open_files = 16, .sources = &source, .source_count = 1, .percent = 100,
			.late_caller = true, .never_helps = true, .window_claims = 24, .window_entries = 64,
		};
		struct random random = random_new(5100 + (unsigned)t);
		struct crew_result result;
		uint64_t claims;

		for (int i = 0; i < trees[t].entries; i++) {
			snprintf(name, sizeof(name), "%04d", i);
			if (trees[t].files == 0)
				tree_file(root, name, "", 0);
			else
				tree_directory(root, name);
			for (int k = 0; k < trees[t].files; k++) {
				snprintf(name, sizeof(name), "%04d/%d", i, k);
				tree_file(root, name, "", 0);
			}
		}
		crew_simulate(&options, &random, &result);
		compare(&options, &result);
		claims = result.late_claims;
		for (uint32_t i = 0; i < options.workers; i++) {
			claims += result.made_after[i];
			if (result.made_after[i] < 2)
				fail_msg("tree %zu: worker %u made %u claims after", t, (unsigned)i,
					 (unsigned)result.made_after[i]);
		}
		/* it opens when half of it is free, not for each claim */
		assert_true(result.workers_woken <= options.workers * claims / (options.window_claims / 2));
		crew_result_free(&result);
		tree_remove(root);
	}
}

/* A pool's memory is used up by the listing of the source: from then on only heads are claimed, and all files come. */
static void test_plan__without_memory_only_heads_are_claimed(void **state)
{
	enum { ENTRIES = 300 };
	char *root = tree_new(), name[64];
	struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = root };
	struct crew_options options = {
		.workers = 4, .max_open_files = 16, .sources = &source, .source_count = 1, .percent = 100,
		.late_caller = true,
	};

	(void)state;
	for (int i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "%04d", i);
		tree_file(root, name, "", 0);
	}
	for (int scarce = 0; scarce < 2; scarce++) {
		struct random random = random_new(5200);
		struct crew_result result;
		struct ps_share memory;

		ps_share_init(&memory, scarce ? ENTRIES : UINT64_MAX);
		options.memory = &memory;
		crew_simulate(&options, &random, &result);
		compare(&options, &result);
		assert_true(scarce ? result.late_claims <= 2 : result.late_claims > 20);
		assert_true(memory.most > ENTRIES);
		assert_int_equal(ps_share_used(&memory), 0);
		crew_result_free(&result);
	}
	tree_remove(root);
}

/* A child without standard input, which can have descriptor 0 and no other. */
static int keep_directories_open(void *context)
{
	const struct search_source *source = context;
	struct crew_options options = {
		.max_open_files = 16, .sources = source, .source_count = 1, .percent = 100,
	};
	struct crew_result result;
	struct ps_share cached;
	struct rlimit limit;

	close(0);
	CHILD_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = 1;
	CHILD_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	ps_share_init(&cached, 8);
	options.cached = &cached;
	crew_run(&options, &result);
	CHILD_CHECK(result.shown.count == 6);
	CHILD_CHECK(cached.most > 0); /* a directory was kept open: by descriptor 0 */
	CHILD_CHECK(ps_share_used(&cached) == 0);
	crew_result_free(&result);
	return 0;
}

/* Each place for a directory that is kept open is given back to the pool, whatever its descriptor was. */
static void test_plan__places_for_directories_are_given_back(void **state)
{
	char *root = tree_new(), name[64];
	struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = root };

	(void)state;
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "%d/f", i);
		tree_file(root, name, "", 0);
	}
	assert_int_equal(process_child(keep_directories_open, &source, NULL), 0);
	tree_remove(root);
}

/* In whatever state the plan is, ps_plan_free frees all of it (crew_free counts the descriptors). */
static void test_plan__an_unfinished_plan_is_freed(void **state)
{
	char *root = NULL;

	(void)state;
	for (unsigned i = 0, rounds = (unsigned)how_many_rounds(60, 200); i < rounds; i++) {
		struct random random = random_new(6000 + i);
		struct search_source sources[2];
		struct crew_options options = {
			.workers = random_below(&random, 6), .max_open_files = 10, .sources = sources,
			.source_count = 2, .percent = 0, .pulled = i % 3,
		};

		if (i % 20 == 0) {
			if (root != NULL)
				tree_remove(root);
			root = tree_new();
			tree_random(root, &random, 300);
		}
		sources[0] = sources[1] = path_source(root);
		crew_abandon(&options, &random, random_below(&random, 1500));
	}
	if (root != NULL)
		tree_remove(root);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan__claims_are_made_in_the_order_of_the_walk),
		cmocka_unit_test(test_plan__a_directory_is_sorted_by_its_own_name),
		cmocka_unit_test(test_plan__any_interleaving_delivers_the_walk),
		cmocka_unit_test(test_plan__threads_deliver_the_walk),
		cmocka_unit_test(test_plan__unordered_delivers_each_file_once),
		cmocka_unit_test(test_plan__sources_keep_their_order),
		cmocka_unit_test(test_plan__many_sources_are_asked_for_at_once),
		cmocka_unit_test(test_plan__sources_are_wanted_up_to_a_number_ahead),
		cmocka_unit_test(test_plan__no_source_at_all_is_the_end),
		cmocka_unit_test(test_plan__a_descriptor_of_a_directory_is_walked),
		cmocka_unit_test(test_plan__the_window_bounds_what_is_alive),
		cmocka_unit_test(test_plan__all_holders_claim_again_after_the_window),
		cmocka_unit_test(test_plan__without_memory_only_heads_are_claimed),
		cmocka_unit_test(test_plan__places_for_directories_are_given_back),
		cmocka_unit_test(test_plan__an_unfinished_plan_is_freed),
	};

	alarm(patience(240));
	random_seed();
	return RUN_TESTS(tests, NULL, NULL);
}
