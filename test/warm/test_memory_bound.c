/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_memory_bound.c - a tree never takes more memory than it may, and keeps what is of use. Directories and files are
 * made up: no file system has to hold them.
 */
#include "../support/warm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

#define MIB ((uint64_t)1 << 20)

static struct stat stat_of(uint64_t inode, uint32_t version)
{
	struct stat st = { .st_dev = 1, .st_ino = (ino_t)inode, .st_mode = S_IFDIR, .st_size = 4096, .st_nlink = 1 };

	st.st_mtim.tv_sec = st.st_ctim.tv_sec = 1000000000 + (time_t)version;
	return st;
}

/* A search comes to directory `inode`, of so many files; NULL: it is not kept. */
static struct ps_warm_directory *visit_version(struct warm_search *search, uint64_t inode, uint32_t files,
					       uint32_t version)
{
	const struct stat st = stat_of(inode, version);
	uint64_t token = ps_warm_token(search->view.tree);
	struct ps_warm_directory *directory = ps_warm_find(&search->view, &st, token);
	struct ps_warm_draft *draft;

	if (directory != NULL)
		return directory;
	draft = ps_warm_draft_new(&search->view, &st, true, token);
	for (uint32_t i = 0; draft != NULL && i < files; i++) {
		char name[40];

		snprintf(name, sizeof(name), "some-file-%u.c", i);
		ps_warm_draft_add(draft, name, DT_REG);
	}
	return ps_warm_keep(&search->view, draft, NULL, NULL, "/some/where");
}

static struct ps_warm_directory *visit(struct warm_search *search, uint64_t inode, uint32_t files)
{
	return visit_version(search, inode, files, 0);
}

/* A file is learnt: `bits` bytes of nothing, so that it is ruled out for every string. */
static bool learn(struct ps_warm_directory *directory, uint32_t at, uint32_t bits)
{
	struct ps_signature *signature = calloc(1, sizeof(*signature) + sizeof(signature->blocks[0]) + bits);
	struct ps_warm_file file = { .signature = signature, .use = 1 };
	bool installed;

	signature->size = (uint32_t)(sizeof(*signature) + sizeof(signature->blocks[0]) + bits);
	signature->block_count = 1;
	signature->blocks[0].length = 1000;
	signature->blocks[0].log = (uint8_t)__builtin_ctz(bits * 8);
	file.stamp.size = 1000;
	installed = ps_file_install(ps_kept_of(directory), at, &file);
	free(signature);
	return installed;
}

static struct search_tree_stats stats_of(const struct search_tree *tree)
{
	struct search_tree_stats stats = warm_stats(tree);

	assert_true(stats.bytes <= tree->options.max_bytes && stats.peak_bytes <= tree->options.max_bytes);
	assert_true(stats.signature_bytes <= stats.bytes);
	return stats;
}

/* How many files of the directory are ruled out. */
static uint32_t count_ruled_out(struct warm_search *search, struct ps_warm_directory *directory)
{
	uint8_t *answers = malloc(directory->count);
	uint32_t count = 0;

	ps_warm_ask(&search->view, directory, 0, directory->count, answers);
	for (uint32_t i = 0; i < directory->count; i++)
		count += answers[i] != PS_WARM_MAY_MATCH;
	free(answers);
	return count;
}

/* One search over all directories, which learns every file that it has not ruled out. Returns how many it has. */
static uint32_t search_all(struct search_tree *tree, uint32_t directories, uint32_t files, uint32_t bits)
{
	struct warm_search search;
	uint32_t ruled_out = 0;

	warm_search_begin(&search, tree, "whatever");
	for (uint32_t d = 1; d <= directories; d++) {
		struct ps_warm_directory *directory = visit(&search, d, files);

		if (directory == NULL)
			continue;
		ruled_out += count_ruled_out(&search, directory);
		for (uint32_t i = 0; i < files; i++) {
			char name[40];

			snprintf(name, sizeof(name), "some-file-%u.c", i);
			if (ps_warm_wants(&search.view, directory, name))
				learn(directory, ps_kept_index(ps_kept_of(directory), name), bits);
		}
		ps_warm_release(directory);
	}
	return ruled_out;
}

static void test_memory_bound__holds_with_a_million_files(void **state)
{
	enum { DIRECTORIES = 10000, FILES = 100 };
	struct search_tree *tree = warm_tree(SEARCH_TREE_STAMPS, 64 * MIB);
	struct search_tree_stats stats;

	(void)state;
	search_all(tree, DIRECTORIES, FILES, 256);
	stats = stats_of(tree);
	assert_true(stats.directories > DIRECTORIES * 99 / 100); /* listings are worth more than signatures */
	assert_int_equal(stats.files, stats.directories * FILES);
	assert_true(stats.signatures > 10000);
	assert_true(stats.bytes > 60 * MIB);
	assert_true(search_all(tree, DIRECTORIES, FILES, 256) > 10000);
	stats_of(tree);
	ps_tree_release(tree);
}

/* If not all listings fit, some are kept, and stay: no search throws out what the next one needs. */
static void test_memory_bound__a_tree_that_is_too_large_is_kept_in_part(void **state)
{
	enum { DIRECTORIES = 3000, FILES = 100 };
	struct search_tree *tree = warm_tree(SEARCH_TREE_STAMPS, 2 * MIB);
	uint64_t kept, changes;

	(void)state;
	search_all(tree, DIRECTORIES, FILES, 64);
	kept = stats_of(tree).directories;
	assert_true(kept > 200 && kept < DIRECTORIES);
	assert_true(stats_of(tree).dropped >= DIRECTORIES - kept);
	search_all(tree, DIRECTORIES, FILES, 64);
	changes = stats_of(tree).changes;
	search_all(tree, DIRECTORIES, FILES, 64);
	assert_true(stats_of(tree).changes - changes < 50);
	ps_tree_release(tree);
}

/* What rules out files in each search stays, when other files are learnt. */
static void test_memory_bound__useful_signatures_stay(void **state)
{
	enum { FILES = 500, OTHERS = 20 };
	struct search_tree *tree = warm_tree(SEARCH_TREE_STAMPS, 2 * MIB);
	uint32_t ruled_out = 0;

	(void)state;
	for (int round = 0; round < 20; round++) { /* directory 1 is searched each time, another one once */
		struct warm_search search;
		struct ps_warm_directory *directory;

		search_all(tree, 1, FILES, 512);
		warm_search_begin(&search, tree, "whatever");
		directory = visit(&search, (uint64_t)round + 2, FILES);
		for (uint32_t i = 0; directory != NULL && i < FILES; i++)
			learn(directory, i, 512);
		ps_warm_release(directory);
		stats_of(tree);
		ruled_out = search_all(tree, 1, FILES, 512);
	}
	assert_true(ruled_out > FILES * 9 / 10);
	ps_tree_release(tree);
}

/* Directories that no search comes to any more make room. */
static void test_memory_bound__old_listings_go(void **state)
{
	struct search_tree *tree = warm_tree(SEARCH_TREE_STAMPS, MIB);
	struct warm_search search;

	(void)state;
	for (uint32_t d = 1; d <= 1000; d++) {
		struct ps_warm_directory *directory;

		warm_search_begin(&search, tree, "whatever");
		directory = visit(&search, d, 50);
		assert_non_null(directory);
		ps_warm_release(directory);
	}
	assert_true(stats_of(tree).directories < 1000 && stats_of(tree).directories > 100);
	ps_tree_release(tree);
}

static void test_memory_bound__a_directory_may_be_too_large(void **state)
{
	struct search_tree *tree = warm_tree(SEARCH_TREE_STAMPS, MIB);
	struct warm_search search;
	struct ps_warm_directory *directory;

	(void)state;
	warm_search_begin(&search, tree, "whatever");
	assert_null(visit(&search, 1, 100000));
	directory = visit(&search, 2, 10);
	assert_non_null(directory);
	assert_false(learn(directory, 0, 1 << 21));
	assert_true(learn(directory, 0, 1 << 10));
	ps_warm_release(directory);
	ps_tree_release(tree);
}

/* A name counts, and so does what stands for its entry. */
static void test_memory_bound__a_listing_may_take_half_of_it(void **state)
{
	struct search_tree *tree = warm_tree(SEARCH_TREE_STAMPS, MIB);
	struct warm_search search;
	struct ps_warm_directory *directory;

	(void)state;
	warm_search_begin(&search, tree, "whatever");
	assert_null(visit(&search, 1, 20000)); /* the names alone would be less than half */
	directory = visit(&search, 2, 15000);
	assert_non_null(directory);
	ps_warm_release(directory);
	ps_tree_release(tree);
}

/* The hand passes over a directory that has none. */
static void check_signature_count(struct ps_warm_directory *directory)
{
	const struct ps_kept *kept = ps_kept_of(directory);
	uint32_t count = 0;

	for (uint32_t i = 0; i < directory->count; i++)
		count += kept->slots[i].file != NULL && kept->slots[i].file->signature != NULL;
	assert_int_equal(kept->signature_count, count);
}

/* All deeds at random; the accounts are checked when the tree is freed, in debug builds. */
static void test_memory_bound__holds_at_random(void **state)
{
	struct search_tree *tree = warm_tree(SEARCH_TREE_TOLD, MIB);
	struct random random = random_new(1);
	struct ps_warm_directory *held[16] = { NULL };
	struct warm_search search;
	int steps = ROUNDS(SCALED(100000));

	(void)state;
	warm_search_begin(&search, tree, "whatever");
	for (int i = 0; i < steps; i++) {
		struct ps_warm_directory **one = &held[random_below(&random, 16)];

		switch (random_below(&random, 8)) {
		case 0:
			warm_search_begin(&search, tree, "whatever");
			break;
		case 1:
		case 2:
			ps_warm_release(*one);
			*one = visit_version(&search, 1 + random_below(&random, 300), random_below(&random, 200),
					     random_below(&random, 2));
			break;
		case 3:
			ps_warm_release(*one);
			*one = NULL;
			break;
		case 4:
			if (*one != NULL && held[0] != NULL) {
				ps_lock_take(&tree->lock);
				ps_kept_link(ps_kept_of(*one), ps_kept_of(held[0]), "some-file-1.c", false);
				ps_lock_release(&tree->lock);
			}
			break;
		default:
			if (*one != NULL && (*one)->count > 0)
				learn(*one, random_below(&random, (*one)->count),
				      8U << random_below(&random, 9));
		}
		if (i % 100 == 0)
			stats_of(tree);
		if (i % 20 == 0 && *one != NULL)
			check_signature_count(*one);
	}
	for (int i = 0; i < 16; i++)
		ps_warm_release(held[i]);
	ps_tree_release(tree);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_bound__holds_with_a_million_files),
		cmocka_unit_test(test_memory_bound__a_tree_that_is_too_large_is_kept_in_part),
		cmocka_unit_test(test_memory_bound__useful_signatures_stay),
		cmocka_unit_test(test_memory_bound__old_listings_go),
		cmocka_unit_test(test_memory_bound__a_directory_may_be_too_large),
		cmocka_unit_test(test_memory_bound__a_listing_may_take_half_of_it),
		cmocka_unit_test(test_memory_bound__holds_at_random),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
