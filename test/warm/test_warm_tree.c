/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_warm_tree.c - directories are kept and found again, files are learnt and ruled out, as long as their stamps are
 * the same.
 */
#include "../support/warm.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/tree.h"

#define MIB ((uint64_t)1 << 20)

/* A directory with two files and a directory, all of which are old enough; and a tree that has learnt it. */
struct ground {
	char *root;
	struct search_tree *tree;
	struct warm_search search;
	struct ps_warm_directory *directory;
};

static void write_file(const struct ground *g, const char *name, const char *text)
{
	tree_file(g->root, name, text, strlen(text));
}

/* A search that visits the directory. Returns whether it was found. */
static bool search(struct ground *g, const char *string)
{
	bool found;

	ps_warm_release(g->directory);
	warm_search_begin(&g->search, g->tree, string);
	g->directory = warm_visit(&g->search, g->root, NULL, NULL, &found);
	return found;
}

static bool is_ruled_out(struct ground *g, const char *name)
{
	return warm_is_ruled_out(&g->search, g->directory, g->root, name);
}

static void learn(struct ground *g, const char *name)
{
	warm_learn(&g->search, g->directory, g->root, name);
}

static void ground_new(struct ground *g, uint32_t trust)
{
	*g = (struct ground){ .root = tree_new(), .tree = warm_tree(trust, MIB) };
	write_file(g, "one", "the quick brown fox\n");
	write_file(g, "two", "jumps over the lazy dog\n");
	tree_directory(g->root, "below");
	warm_settle();
	assert_false(search(g, "whatever"));
	learn(g, "one");
	learn(g, "two");
}

static void ground_free(struct ground *g)
{
	ps_warm_release(g->directory);
	ps_tree_release(g->tree);
	tree_remove(g->root);
}

static void test_warm_tree__a_listing_is_in_the_order_of_names_with_types(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_STAMPS);
	assert_int_equal(g.directory->count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		static const char *const names[] = { "below", "one", "two" };

		assert_string_equal(g.directory->names + g.directory->entries[i].name, names[i]);
		assert_int_equal(g.directory->entries[i].type, i == 0 ? DT_DIR : DT_REG);
	}
	assert_true(search(&g, "whatever"));
	ground_free(&g);
}

static void test_warm_tree__a_file_is_ruled_out_if_it_lacks_a_trigram(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_STAMPS);
	search(&g, "quick");
	assert_false(is_ruled_out(&g, "one"));
	assert_true(is_ruled_out(&g, "two"));
	search(&g, "lazy");
	assert_true(is_ruled_out(&g, "one"));
	assert_false(is_ruled_out(&g, "two"));
	assert_int_equal(warm_stats(g.tree).signatures, 2);
	assert_int_equal(warm_stats(g.tree).files, 2);
	assert_int_equal(warm_stats(g.tree).directories, 1);
	assert_int_equal(warm_stats(g.tree).learnt, 2);
	ground_free(&g);
}

static void test_warm_tree__a_listing_that_changed_takes_the_files_over(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_STAMPS);
	write_file(&g, "three", "sphinx of black quartz\n");
	warm_settle();
	assert_false(search(&g, "quick"));
	assert_int_equal(g.directory->count, 4);
	assert_true(is_ruled_out(&g, "two"));
	assert_false(is_ruled_out(&g, "three"));
	assert_int_equal(warm_stats(g.tree).files, 3);
	assert_int_equal(warm_stats(g.tree).learnt, 2);
	ground_free(&g);
}

static void test_warm_tree__what_is_gone_is_forgotten(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_STAMPS);
	assert_int_equal(unlink(tree_path(g.root, "one")), 0);
	tree_directory(g.root, "one");
	warm_settle();
	assert_false(search(&g, "quick"));
	assert_int_equal(warm_stats(g.tree).signatures, 1);
	assert_int_equal(warm_stats(g.tree).files, 1);
	ground_free(&g);
}

static void test_warm_tree__a_file_that_changed_may_match_until_it_is_learnt_again(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_STAMPS);
	write_file(&g, "two", "Quick, quick!\n");
	search(&g, "quick");
	assert_false(is_ruled_out(&g, "two"));
	assert_int_equal(warm_stats(g.tree).signatures, 1);
	warm_settle();
	learn(&g, "two");
	assert_false(is_ruled_out(&g, "two"));
	search(&g, "lazy");
	assert_true(is_ruled_out(&g, "two"));
	ground_free(&g);
}

/* The same size and time of modification. */
static void test_warm_tree__only_the_time_of_change_need_differ(void **state)
{
	struct timespec times[2];
	struct ground g;
	struct stat st;

	(void)state;
	ground_new(&g, SEARCH_TREE_STAMPS);
	assert_int_equal(stat(tree_path(g.root, "two"), &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	write_file(&g, "two", "jumps quick... lazy dog\n");
	assert_int_equal(utimensat(AT_FDCWD, tree_path(g.root, "two"), times, 0), 0);
	search(&g, "quick");
	assert_false(is_ruled_out(&g, "two"));
	ground_free(&g);
}

static void test_warm_tree__what_is_too_young_is_not_kept(void **state)
{
	struct ground g;
	uint64_t refused;

	(void)state;
	ground_new(&g, SEARCH_TREE_STAMPS);
	refused = warm_stats(g.tree).refused;
	for (int i = 0; i < 100 && warm_stats(g.tree).refused == refused; i++) { /* unless the machine was asleep for 20 ms */
		write_file(&g, "one", "new\n");
		learn(&g, "one");
		unlink(tree_path(g.root, "x"));
		write_file(&g, "x", "young\n");
		search(&g, "whatever");
	}
	assert_true(warm_stats(g.tree).refused > refused);
	assert_null(g.directory);
	ground_free(&g);
}

static void test_warm_tree__a_young_file_is_not_learnt(void **state)
{
	struct ground g;
	bool refused = false;

	(void)state;
	ground_new(&g, SEARCH_TREE_STAMPS);
	for (int i = 0; i < 100 && !refused; i++) { /* unless the machine was asleep for 20 ms */
		uint64_t learnt = warm_stats(g.tree).learnt;

		write_file(&g, "one", "new\n");
		search(&g, "whatever");
		is_ruled_out(&g, "one"); /* which forgets it */
		learn(&g, "one");
		refused = warm_stats(g.tree).learnt == learnt;
	}
	assert_true(refused);
	ground_free(&g);
}

/* Each reason for which a file has to be opened, whatever is in it. */
static void check_always_opened(uint32_t trust)
{
	struct ground g;
	struct stat st;
	char *longer = malloc(5001);

	memset(longer, 'x', 5000);
	longer[5000] = '\0';
	ground_new(&g, trust);
	write_file(&g, "marked", "\xEF\xBB\xBFtext\n");
	tree_file(g.root, "packed", "\x1F\x8B\x08\0\0\0\0\0\0\x03 and so on", 20);
	write_file(&g, "long", longer);
	warm_settle();
	search(&g, "quick");
	learn(&g, "marked");
	learn(&g, "packed");
	learn(&g, "long");
	search(&g, "quick");
	assert_true(is_ruled_out(&g, "marked") && is_ruled_out(&g, "packed") && is_ruled_out(&g, "long"));
	g.search.view.by_mark = g.search.view.decompresses = true;
	g.search.view.max_line_bytes = 4999;
	assert_false(is_ruled_out(&g, "marked") || is_ruled_out(&g, "packed") || is_ruled_out(&g, "long"));
	g.search.view.max_line_bytes = 5000;
	assert_true(is_ruled_out(&g, "long"));
	g.search.view.max_text_bytes = 4999;
	assert_false(is_ruled_out(&g, "long"));
	assert_true(is_ruled_out(&g, "two"));
	assert_int_equal(stat(tree_path(g.root, "two"), &st), 0);
	g.search.view.has_output = true;
	g.search.view.output_device = st.st_dev;
	g.search.view.output_inode = st.st_ino;
	assert_false(is_ruled_out(&g, "two"));
	g.search.view.has_output = false;
	g.search.view.condition = NULL;
	assert_false(is_ruled_out(&g, "two"));
	ground_free(&g);
	free(longer);
}

static void test_warm_tree__some_files_are_always_opened(void **state)
{
	(void)state;
	check_always_opened(SEARCH_TREE_STAMPS);
	check_always_opened(SEARCH_TREE_DIRECTORIES); /* the answer is final, once the stamps were compared */
}

/* What is true of a record is said of the file that it is of, and no other. */
static void test_warm_tree__another_file_of_the_same_name_is_not_confirmed(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_DIRECTORIES);
	write_file(&g, "new", "quick\n");
	assert_int_equal(rename(tree_path(g.root, "new"), tree_path(g.root, "two")), 0);
	warm_settle();
	assert_false(search(&g, "quick"));
	assert_int_equal(warm_ask(&g.search, g.directory, "two"), PS_WARM_CANNOT_IF);
	assert_false(is_ruled_out(&g, "two"));
	ground_free(&g);
}

static void test_warm_tree__a_large_file_is_read_where_it_may_match(void **state)
{
	enum { LINES = 20000 };
	struct ps_warm_range range;
	char *text = malloc(LINES * 16 + 1), *to = text;
	struct ground g;
	struct stat st;

	(void)state;
	ground_new(&g, SEARCH_TREE_STAMPS);
	for (int i = 0; i < LINES; i++)
		to += sprintf(to, i == LINES / 2 ? "quick    %06d\n" : "nothing  %06d\n", i);
	write_file(&g, "large", text);
	assert_int_equal(stat(tree_path(g.root, "large"), &st), 0);
	warm_settle();
	search(&g, "quick");
	learn(&g, "large");
	assert_true(ps_warm_find_range(&g.search.view, g.directory, "large", &st, &range));
	assert_true(range.begin > 0 && range.begin == range.lines * 16 && range.lines <= LINES / 2);
	assert_true(range.end > range.begin && range.end > LINES / 2 * 16 && range.end < LINES * 16);
	search(&g, "nothing  00");
	assert_true(ps_warm_find_range(&g.search.view, g.directory, "large", &st, &range));
	assert_true(range.begin == 0 && range.end < LINES * 16);
	search(&g, "nothing  019");
	assert_true(ps_warm_find_range(&g.search.view, g.directory, "large", &st, &range));
	assert_true(range.begin > 0 && range.end == UINT64_MAX);
	search(&g, "nothing");
	assert_false(ps_warm_find_range(&g.search.view, g.directory, "large", &st, &range));
	st.st_ctim.tv_nsec ^= 1;
	search(&g, "quick");
	assert_false(ps_warm_find_range(&g.search.view, g.directory, "large", &st, &range));
	ground_free(&g);
	free(text);
}

/* Which directories are found below, and what has to be done before they may be used. */
static void test_warm_tree__directories_are_found_from_above(void **state)
{
	static const enum ps_warm_need needs[] = { PS_WARM_OPEN, PS_WARM_STAT, PS_WARM_USE, PS_WARM_USE };

	(void)state;
	for (uint32_t trust = 0; trust < 4; trust++) {
		struct ps_warm_directory *below, *found;
		struct ground g;
		struct stat st;

		ground_new(&g, trust);
		assert_int_equal(ps_warm_below(&g.search.view, g.directory, "below", &found), PS_WARM_OPEN);
		assert_int_equal(ps_warm_below(&g.search.view, g.directory, "one", &found), PS_WARM_OPEN);
		assert_int_equal(ps_warm_below(&g.search.view, g.directory, "none", &found), PS_WARM_OPEN);
		below = warm_visit(&g.search, tree_path(g.root, "below"), g.directory, "below", NULL);
		assert_non_null(below);
		assert_int_equal(ps_warm_below(&g.search.view, g.directory, "below", &found), needs[trust]);
		assert_ptr_equal(found, trust != SEARCH_TREE_STAMPS ? below : NULL);
		ps_warm_release(found);
		assert_int_equal(stat(tree_path(g.root, "below"), &st), 0);
		assert_true(ps_warm_hold(&g.search.view, below, &st, ps_warm_token(g.tree)));
		st.st_ctim.tv_sec++;
		assert_false(ps_warm_hold(&g.search.view, below, &st, ps_warm_token(g.tree)));
		assert_int_equal(ps_warm_below(&g.search.view, g.directory, "below", &found),
				 trust != SEARCH_TREE_STAMPS ? PS_WARM_STAT : PS_WARM_OPEN);
		ps_warm_release(found);
		ps_warm_release(below);
		ground_free(&g);
	}
}

/* As if a search had begun there before: it is in the tree, but nothing leads to it. */
static void test_warm_tree__a_directory_that_is_known_is_found_from_above_after_a_visit(void **state)
{
	(void)state;
	for (uint32_t trust = SEARCH_TREE_DIRECTORIES; trust <= SEARCH_TREE_WATCHED; trust++) {
		struct ps_warm_directory *alone, *below, *found;
		bool known;
		struct ground g;

		ground_new(&g, trust);
		alone = warm_visit(&g.search, tree_path(g.root, "below"), NULL, NULL, NULL);
		assert_non_null(alone);
		assert_int_equal(ps_warm_below(&g.search.view, g.directory, "below", &found), PS_WARM_OPEN);
		below = warm_visit(&g.search, tree_path(g.root, "below"), g.directory, "below", &known);
		assert_true(known);
		assert_ptr_equal(below, alone);
		assert_int_equal(ps_warm_below(&g.search.view, g.directory, "below", &found),
				 trust == SEARCH_TREE_DIRECTORIES ? PS_WARM_STAT : PS_WARM_USE);
		assert_ptr_equal(found, below);
		ps_warm_release(found);
		ps_warm_release(below);
		ps_warm_release(alone);
		ground_free(&g);
	}
}

/* A link leads on from the listing that takes another's place. */
static void test_warm_tree__links_are_taken_over(void **state)
{
	struct ps_warm_directory *below, *found;
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_DIRECTORIES);
	ps_warm_release(warm_visit(&g.search, tree_path(g.root, "below"), g.directory, "below", NULL));
	write_file(&g, "a", "new\n");
	write_file(&g, "below/b", "new\n");
	warm_settle();
	assert_false(search(&g, "whatever"));
	assert_int_equal(ps_warm_below(&g.search.view, g.directory, "below", &found), PS_WARM_STAT);
	assert_int_equal(found->count, 0);
	below = warm_visit(&g.search, tree_path(g.root, "below"), NULL, NULL, NULL);
	ps_warm_release(found);
	assert_int_equal(ps_warm_below(&g.search.view, g.directory, "below", &found), PS_WARM_STAT);
	assert_ptr_equal(found, below);
	ps_warm_release(found);
	ps_warm_release(below);
	assert_int_equal(rename(tree_path(g.root, "below"), tree_path(g.root, "moved")), 0);
	warm_settle();
	assert_false(search(&g, "whatever"));
	assert_int_equal(ps_warm_below(&g.search.view, g.directory, "moved", &found), PS_WARM_OPEN);
	ground_free(&g);
}

static void test_warm_tree__large_directories_are_sorted_in_steps(void **state)
{
	enum { COUNT = 100000 };
	struct stat st = { .st_mode = S_IFDIR, .st_ino = 1, .st_dev = 1 };
	struct warm_search search;
	struct search_tree *tree = warm_tree(SEARCH_TREE_STAMPS, 64 * MIB);
	struct ps_warm_directory *directory;
	struct ps_warm_draft *draft;
	int steps = 0;

	(void)state;
	warm_search_begin(&search, tree, "whatever");
	draft = ps_warm_draft_new(&search.view, &st, false, ps_warm_token(tree));
	for (uint32_t i = 0; i < COUNT; i++) {
		char name[40];

		snprintf(name, sizeof(name), "file number %u", i * UINT32_C(2654435761) % COUNT + i % 2 * COUNT);
		ps_warm_draft_add(draft, name, DT_REG);
	}
	while (!ps_warm_draft_sort(draft))
		steps++;
	assert_true(steps > 3);
	directory = ps_warm_keep(&search.view, draft, NULL, NULL, "");
	assert_non_null(directory);
	assert_int_equal(directory->count, COUNT);
	for (uint32_t i = 1; i < COUNT; i++)
		assert_true(strcmp(directory->names + directory->entries[i - 1].name,
				   directory->names + directory->entries[i].name) <= 0);
	ps_warm_release(directory);
	ps_tree_release(tree);
}

/* Searches may hold what the tree has let go of. */
static void test_warm_tree__a_reference_outlives_its_place(void **state)
{
	struct ps_warm_directory *old;
	struct ground g;
	uint64_t bytes;

	(void)state;
	ground_new(&g, SEARCH_TREE_STAMPS);
	old = g.directory;
	g.directory = NULL;
	write_file(&g, "three", "new\n");
	warm_settle();
	assert_false(search(&g, "quick"));
	bytes = warm_stats(g.tree).bytes;
	assert_int_equal(old->count, 3);
	assert_false(warm_is_ruled_out(&g.search, old, g.root, "two")); /* its files are another's now */
	assert_true(is_ruled_out(&g, "two"));
	assert_false(ps_warm_wants(&g.search.view, old, "two"));
	ps_warm_release(old);
	assert_true(warm_stats(g.tree).bytes < bytes);
	ground_free(&g);
}

static void test_warm_tree__only_local_file_systems_are_trusted(void **state)
{
	(void)state;
	assert_true(ps_warm_is_trusted_system(0xEF53) && ps_warm_is_trusted_system(0x01021994));
	assert_true(ps_warm_is_trusted_system((uint64_t)(int64_t)(int32_t)0x9123683E)); /* as 32 bit have it */
	assert_false(ps_warm_is_trusted_system(0x6969) || ps_warm_is_trusted_system(0x65735546)); /* NFS, FUSE */
	assert_false(ps_warm_is_trusted_system(0x9FA0) || ps_warm_is_trusted_system(0)); /* proc */
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warm_tree__a_listing_is_in_the_order_of_names_with_types),
		cmocka_unit_test(test_warm_tree__a_file_is_ruled_out_if_it_lacks_a_trigram),
		cmocka_unit_test(test_warm_tree__a_listing_that_changed_takes_the_files_over),
		cmocka_unit_test(test_warm_tree__what_is_gone_is_forgotten),
		cmocka_unit_test(test_warm_tree__a_file_that_changed_may_match_until_it_is_learnt_again),
		cmocka_unit_test(test_warm_tree__only_the_time_of_change_need_differ),
		cmocka_unit_test(test_warm_tree__what_is_too_young_is_not_kept),
		cmocka_unit_test(test_warm_tree__a_young_file_is_not_learnt),
		cmocka_unit_test(test_warm_tree__some_files_are_always_opened),
		cmocka_unit_test(test_warm_tree__another_file_of_the_same_name_is_not_confirmed),
		cmocka_unit_test(test_warm_tree__a_large_file_is_read_where_it_may_match),
		cmocka_unit_test(test_warm_tree__directories_are_found_from_above),
		cmocka_unit_test(test_warm_tree__a_directory_that_is_known_is_found_from_above_after_a_visit),
		cmocka_unit_test(test_warm_tree__links_are_taken_over),
		cmocka_unit_test(test_warm_tree__large_directories_are_sorted_in_steps),
		cmocka_unit_test(test_warm_tree__a_reference_outlives_its_place),
		cmocka_unit_test(test_warm_tree__only_local_file_systems_are_trusted),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
