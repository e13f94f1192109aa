/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_trust.c - what a tree does not ask the system about: told by the host, or watched.
 */
#include "../support/warm.h"
#include "../support/warm_tree.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/tree.h"

#define MIB ((uint64_t)1 << 20)

/* A tree of two directories with a file each, which are visited, learnt and confirmed until they are trusted. */
struct ground {
	char *root;
	struct search_tree *tree;
	struct warm_search search;
	struct ps_warm_directory *top, *sub;
};

static const char *path_of(const struct ground *g, const char *name)
{
	return tree_path(g->root, name);
}

static void write_file(const struct ground *g, const char *name, const char *text)
{
	tree_file(g->root, name, text, strlen(text));
}

static void begin(struct ground *g)
{
	warm_search_begin(&g->search, g->tree, "quick");
}

static bool is_ruled_out(struct ground *g, const char *name)
{
	bool in_sub = strncmp(name, "sub/", 4) == 0;
	char directory[4096];

	snprintf(directory, sizeof(directory), "%s%s", g->root, in_sub ? "/sub" : "");
	return warm_is_ruled_out(&g->search, in_sub ? g->sub : g->top, directory, in_sub ? name + 4 : name);
}

/* A search that opens the directories. */
static void visit(struct ground *g)
{
	char sub[4096];

	ps_warm_release(g->top);
	ps_warm_release(g->sub);
	begin(g);
	snprintf(sub, sizeof(sub), "%s/sub", g->root);
	g->top = warm_visit(&g->search, g->root, NULL, NULL, NULL);
	g->sub = warm_visit(&g->search, sub, g->top, "sub", NULL);
	assert_true(g->top != NULL && g->sub != NULL);
}

static void learn(struct ground *g)
{
	char sub[4096];

	snprintf(sub, sizeof(sub), "%s/sub", g->root);
	warm_learn(&g->search, g->top, g->root, "one");
	warm_learn(&g->search, g->sub, sub, "two");
}

static enum ps_warm_answer ask(struct ground *g, const char *name)
{
	bool in_sub = strncmp(name, "sub/", 4) == 0;

	return warm_ask(&g->search, in_sub ? g->sub : g->top, in_sub ? name + 4 : name);
}

/* May `sub` be used without a look at it? */
static bool is_trusted(struct ground *g)
{
	struct ps_warm_directory *below;
	enum ps_warm_need need = ps_warm_below(&g->search.view, g->top, "sub", &below);

	assert_true(need != PS_WARM_USE || below == g->sub);
	ps_warm_release(below);
	return need == PS_WARM_USE;
}

static void ground_new_with(struct ground *g, struct search_tree *tree)
{
	*g = (struct ground){ .root = tree_new(), .tree = tree };
	write_file(g, "one", "the slow brown fox\n");
	write_file(g, "sub/two", "jumps over the lazy dog\n");
	warm_settle();
	visit(g);
	learn(g);
	visit(g); /* the watches are there before this */
	assert_true(is_ruled_out(g, "one") && is_ruled_out(g, "sub/two"));
}

static void ground_new(struct ground *g, uint32_t trust)
{
	ground_new_with(g, warm_tree(trust, MIB));
	begin(g);
	assert_true(is_trusted(g));
	assert_int_equal(ask(g, "one"), PS_WARM_CANNOT);
	assert_int_equal(ask(g, "sub/two"), PS_WARM_CANNOT);
}

static void ground_free(struct ground *g)
{
	ps_warm_release(g->top);
	ps_warm_release(g->sub);
	ps_tree_release(g->tree);
	tree_remove(g->root);
}

/* --- loaded --- */

/* The file is older than what the tree knows: of a link in it nobody has seen where the name leads by now. */
static void test_trust__a_link_that_was_loaded_is_looked_at_first(void **state)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct ps_warm_directory *below;
	struct ground g;
	char path[4096];

	(void)state;
	ground_new(&g, SEARCH_TREE_TOLD);
	snprintf(path, sizeof(path), "%s", path_of(&g, "sub/saved"));
	assert_int_equal(search_tree_save(g.tree, path, &error), SEARCH_OK);
	ps_warm_release(g.top);
	ps_warm_release(g.sub);
	ps_tree_release(g.tree);
	g.tree = warm_tree(SEARCH_TREE_TOLD, MIB);
	warm_settle();
	for (int i = 0; i < 2; i++) { /* each as a source of its own */
		begin(&g);
		g.top = warm_visit(&g.search, g.root, NULL, NULL, NULL);
		g.sub = warm_visit(&g.search, path_of(&g, "sub"), NULL, NULL, NULL);
		if (i == 0) {
			ps_warm_release(g.top);
			ps_warm_release(g.sub);
		}
	}
	begin(&g);
	assert_int_equal(ps_warm_below(&g.search.view, g.top, "sub", &below), PS_WARM_OPEN);
	assert_int_equal(search_tree_load(g.tree, path, &error), SEARCH_OK);
	assert_int_equal(ps_warm_below(&g.search.view, g.top, "sub", &below), PS_WARM_STAT);
	assert_true(below == g.sub);
	ps_warm_release(below);
	ground_free(&g);
}

/* --- told --- */

static void test_trust__only_what_is_told_is_looked_at_again(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_TOLD);
	assert_int_equal(ps_tree_changed(g.tree, path_of(&g, "one")), SEARCH_OK);
	begin(&g);
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT_IF);
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT);
	assert_true(is_trusted(&g));
	assert_true(is_ruled_out(&g, "one")); /* it was not changed: it is trusted again */
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT);
	ground_free(&g);
}

/* Ways to tell of sub/two. */
static void test_trust__a_path_may_be_any_that_leads_there(void **state)
{
	static const char *const paths[] = {
		"sub/two", "sub//two", "./sub/two", "sub/../sub/two", "link", "to/two", "sub", "sub/", "sub/.", "", ".",
		"/", "sub/..", "to", "to/", "..", "../..", "sub/two/",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct ground g;
		char path[4096];

		ground_new_with(&g, warm_tree(SEARCH_TREE_TOLD, MIB));
		assert_int_equal(symlink("sub/two", path_of(&g, "link")), 0);
		assert_int_equal(symlink("sub", path_of(&g, "to")), 0);
		warm_settle();
		visit(&g);
		assert_true(is_ruled_out(&g, "sub/two") && is_ruled_out(&g, "one"));
		assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT);
		snprintf(path, sizeof(path), "%s/%s", g.root, paths[i]);
		assert_int_equal(ps_tree_changed(g.tree, path), SEARCH_OK);
		begin(&g);
		if (ask(&g, "sub/two") != PS_WARM_CANNOT_IF)
			fail_msg("after a change of \"%s\": answer %d", paths[i], ask(&g, "sub/two"));
		ground_free(&g);
	}
}

static void test_trust__paths_may_be_relative(void **state)
{
	char before[4096];
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_TOLD);
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(g.root), 0);
	assert_int_equal(ps_tree_changed(g.tree, "one"), SEARCH_OK);
	begin(&g);
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT_IF);
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT);
	assert_int_equal(ps_tree_changed(g.tree, "sub"), SEARCH_OK);
	begin(&g);
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
	assert_false(is_trusted(&g));
	assert_int_equal(chdir(before), 0);
	ground_free(&g);
}

/* What is gone is told by its path, too: the directory that had it counts as changed. */
static void test_trust__what_is_gone_can_be_told(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_TOLD);
	assert_int_equal(rename(path_of(&g, "sub"), path_of(&g, "moved")), 0);
	assert_int_equal(ps_tree_changed(g.tree, path_of(&g, "sub/two")), SEARCH_OK);
	begin(&g);
	assert_false(is_trusted(&g));
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT);
	ground_free(&g);
	ground_new(&g, SEARCH_TREE_TOLD);
	assert_int_equal(unlink(path_of(&g, "sub/two")), 0);
	assert_int_equal(ps_tree_changed(g.tree, path_of(&g, "sub/two")), SEARCH_OK);
	begin(&g);
	assert_false(is_trusted(&g));
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
	ground_free(&g);
}

/* A link that leads nowhere tells nothing about what was there: everything counts as changed. */
static void test_trust__a_broken_link_means_everything(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_TOLD);
	assert_int_equal(symlink("sub/gone", path_of(&g, "link")), 0);
	assert_int_equal(ps_tree_changed(g.tree, path_of(&g, "link")), SEARCH_OK);
	begin(&g);
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT_IF);
	assert_int_equal(ps_tree_changed(g.tree, NULL), SEARCH_OK);
	begin(&g);
	assert_false(is_trusted(&g));
	ground_free(&g);
}

/* The stamp was taken before something was told: the comparison says nothing about later. */
static void test_trust__a_stamp_from_before_a_change_does_not_count(void **state)
{
	struct ps_warm_directory *below;
	struct ground g;
	struct stat st;
	uint64_t token;

	(void)state;
	ground_new(&g, SEARCH_TREE_TOLD);
	ps_tree_changed(g.tree, NULL);
	token = ps_warm_token(g.tree);
	assert_int_equal(stat(path_of(&g, "one"), &st), 0);
	ps_tree_changed(g.tree, path_of(&g, "sub/two")); /* whatever it is about */
	assert_true(ps_warm_confirm(&g.search.view, g.top, ps_kept_index(ps_kept_of(g.top), "one"), &st, token));
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT_IF);
	assert_int_equal(stat(path_of(&g, "sub"), &st), 0);
	assert_true(ps_warm_hold(&g.search.view, g.sub, &st, token));
	assert_int_equal(ps_warm_below(&g.search.view, g.top, "sub", &below), PS_WARM_STAT);
	ps_warm_release(below);
	assert_true(ps_warm_hold(&g.search.view, g.sub, &st, ps_warm_token(g.tree)));
	assert_true(is_trusted(&g));
	ground_free(&g);
}

/* It may be written through its other name. */
static void test_trust__files_with_several_names_are_never_trusted(void **state)
{
	struct ground g;

	(void)state;
	for (uint32_t trust = SEARCH_TREE_TOLD; trust <= SEARCH_TREE_WATCHED; trust++) {
		ground_new(&g, trust);
		assert_int_equal(link(path_of(&g, "one"), path_of(&g, "sub/other")), 0);
		ps_tree_changed(g.tree, path_of(&g, "sub/other"));
		ps_tree_changed(g.tree, path_of(&g, "one"));
		warm_settle();
		for (int i = 0; i < 3; i++) {
			visit(&g);
			is_ruled_out(&g, "one");
			learn(&g);
		}
		assert_true(is_ruled_out(&g, "one"));
		assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT_IF);
		assert_true(is_ruled_out(&g, "sub/two"));
		assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT);
		ground_free(&g);
	}
}

/* Directories in a circle: one is mounted below itself. */
static void test_trust__circles_of_links_come_to_an_end(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_TOLD);
	tree_directory(g.root, "sub/again");
	warm_settle();
	ps_tree_changed(g.tree, NULL);
	visit(&g);
	ps_warm_link(&g.search.view, g.top, g.sub, "again", "");
	assert_int_equal(ps_tree_changed(g.tree, g.root), SEARCH_OK);
	assert_int_equal(ps_tree_changed(g.tree, path_of(&g, "sub")), SEARCH_OK);
	begin(&g);
	assert_false(is_trusted(&g));
	ground_free(&g);
}

/* One that lies above what was searched, or beside it. */
static void test_trust__a_directory_above_means_all_below(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_TOLD);
	ps_tree_changed(g.tree, "/proc");
	begin(&g);
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT);
	ps_tree_changed(g.tree, "/");
	begin(&g);
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT_IF);
	ground_free(&g);
}

/* --- directories --- */

static void test_trust__a_file_is_compared_once_while_its_directory_is_the_same(void **state)
{
	struct ground g;

	(void)state;
	ground_new_with(&g, warm_tree(SEARCH_TREE_DIRECTORIES, MIB));
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT);
	write_file(&g, "new", "the quick brown fox\n");
	assert_int_equal(rename(path_of(&g, "new"), path_of(&g, "one")), 0);
	warm_settle();
	visit(&g);
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT_IF);
	assert_false(is_ruled_out(&g, "one"));
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT);
	ps_tree_changed(g.tree, path_of(&g, "sub/two"));
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
	ground_free(&g);
}

/* It may be out of reach now. */
static void test_trust__other_rights_concern_all_below(void **state)
{
	struct ground g;

	(void)state;
	for (uint32_t trust = SEARCH_TREE_TOLD; trust <= SEARCH_TREE_WATCHED; trust++) {
		ground_new(&g, trust);
		assert_int_equal(chmod(g.root, 0500), 0);
		if (trust == SEARCH_TREE_TOLD) { /* not told: but the search sees the stamp of the top */
			warm_settle();
			ps_warm_release(g.top);
			begin(&g);
			g.top = warm_visit(&g.search, g.root, NULL, NULL, NULL);
		} else {
			begin(&g);
		}
		assert_false(is_trusted(&g));
		assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
		assert_int_equal(chmod(g.root, 0700), 0);
		ground_free(&g);
	}
}

/* The host tells one of a file's names. */
static void test_trust__a_told_file_may_have_other_names(void **state)
{
	struct ground g;

	(void)state;
	for (uint32_t trust = SEARCH_TREE_DIRECTORIES; trust <= SEARCH_TREE_TOLD; trust++) {
		ground_new_with(&g, warm_tree(trust, MIB));
		assert_int_equal(link(path_of(&g, "sub/two"), path_of(&g, "other")), 0);
		assert_int_equal(ps_tree_changed(g.tree, path_of(&g, "other")), SEARCH_OK);
		begin(&g);
		assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
		ground_free(&g);
	}
}

/* --- watched --- */

/* What was done, and of what the stamp is to be looked at again. */
static void test_trust__events_are_obeyed(void **state)
{
	enum { WRITE, APPEND, CHMOD, RENAME, REPLACE, REMOVE, CREATE, MOVE_DIRECTORY, CHMOD_DIRECTORY, DEEDS };

	(void)state;
	for (int deed = 0; deed < DEEDS; deed++) {
		bool of_file = deed != CREATE && deed != CHMOD_DIRECTORY && deed != MOVE_DIRECTORY;
		bool of_names = deed >= RENAME;
		struct ground g;
		int fd;

		ground_new(&g, SEARCH_TREE_WATCHED);
		switch (deed) {
		case WRITE:
			write_file(&g, "sub/two", "quick\n");
			break;
		case APPEND:
			fd = open(path_of(&g, "sub/two"), O_WRONLY | O_APPEND);
			assert_int_equal(write(fd, "quick\n", 6), 6);
			close(fd);
			break;
		case CHMOD:
			assert_int_equal(chmod(path_of(&g, "sub/two"), 0), 0);
			break;
		case RENAME:
			assert_int_equal(rename(path_of(&g, "sub/two"), path_of(&g, "sub/three")), 0);
			break;
		case REPLACE:
			write_file(&g, "new", "quick\n");
			assert_int_equal(rename(path_of(&g, "new"), path_of(&g, "sub/two")), 0);
			break;
		case REMOVE:
			assert_int_equal(unlink(path_of(&g, "sub/two")), 0);
			break;
		case CREATE:
			write_file(&g, "sub/new", "quick\n");
			break;
		case MOVE_DIRECTORY:
			assert_int_equal(rename(path_of(&g, "sub"), path_of(&g, "moved")), 0);
			break;
		default:
			assert_int_equal(chmod(path_of(&g, "sub"), 0500), 0);
		}
		begin(&g);
		if (is_trusted(&g) != !of_names)
			fail_msg("deed %d: the directory is%s trusted", deed, of_names ? "" : " not");
		if (of_file && ask(&g, "sub/two") != PS_WARM_CANNOT_IF)
			fail_msg("deed %d: the file is trusted", deed);
		if (!of_file)
			assert_int_equal(ask(&g, "sub/two"), deed == CREATE ? PS_WARM_CANNOT : PS_WARM_CANNOT_IF);
		assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT);
		chmod(path_of(&g, "sub"), 0700);
		ground_free(&g);
	}
}

static void test_trust__what_changed_is_trusted_again_later(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_WATCHED);
	write_file(&g, "sub/two", "lazy again\n");
	write_file(&g, "sub/new", "new\n");
	warm_settle();
	visit(&g);
	assert_false(is_ruled_out(&g, "sub/two"));
	learn(&g);
	visit(&g);
	assert_true(is_trusted(&g));
	assert_true(is_ruled_out(&g, "sub/two"));
	begin(&g);
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT);
	write_file(&g, "sub/two", "quick\n"); /* the watch went over to the new listing */
	begin(&g);
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
	assert_int_equal(warm_stats(g.tree).watches, 2);
	ground_free(&g);
}

/* No event tells of the file itself, whichever way the name comes into a directory that is watched, or is from now on. */
static void test_trust__a_new_name_of_an_old_file_voids_all_marks(void **state)
{
	enum { LINK, LINK_OVER, LINK_IN_MOVED, LINK_IN_OTHER, LINK_IN_NEW, WAYS };

	(void)state;
	for (int way = 0; way < WAYS; way++) {
		const char *name = way == LINK_OVER ? "sub/.other" : way == LINK_IN_MOVED ? "moved/other" :
				   way == LINK_IN_NEW ? "new/other" : "sub/other";
		struct ps_warm_directory *below = NULL;
		struct ground g;

		ground_new(&g, SEARCH_TREE_WATCHED);
		if (way == LINK_IN_MOVED)
			assert_int_equal(rename(path_of(&g, "sub"), path_of(&g, "moved")), 0);
		if (way == LINK_IN_NEW)
			assert_int_equal(mkdir(path_of(&g, "new"), 0700), 0);
		assert_int_equal(link(path_of(&g, "one"), path_of(&g, name)), 0);
		if (way == LINK_OVER) /* as ln -f does */
			assert_int_equal(rename(path_of(&g, name), path_of(&g, "sub/two")), 0);
		if (way == LINK_IN_OTHER) { /* there is another directory at the path by which it was known */
			assert_int_equal(rename(path_of(&g, "sub"), path_of(&g, "moved")), 0);
			assert_int_equal(mkdir(path_of(&g, "sub"), 0700), 0);
		}
		begin(&g);
		if (way == LINK_IN_NEW) {
			warm_settle();
			below = warm_visit(&g.search, path_of(&g, "new"), g.top, "new", NULL);
			assert_non_null(below);
		}
		if (ask(&g, "one") != PS_WARM_CANNOT_IF)
			fail_msg("way %d: the file is trusted", way);
		ps_warm_release(below);
		ground_free(&g);
	}
}

static void test_trust__a_removed_directory_is_not_watched_any_more(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_WATCHED);
	assert_int_equal(warm_stats(g.tree).watches, 2);
	assert_int_equal(unlink(path_of(&g, "sub/two")), 0);
	assert_int_equal(rmdir(path_of(&g, "sub")), 0);
	begin(&g);
	assert_int_equal(warm_stats(g.tree).watches, 1);
	assert_false(is_trusted(&g));
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
	ground_free(&g);
}

/* As at an unmount: no event tells of what is done there from now on. */
static void test_trust__a_watch_that_the_system_ends_voids_the_marks_of_its_directory(void **state)
{
	struct ground g;

	(void)state;
	ground_new(&g, SEARCH_TREE_WATCHED);
	assert_int_equal(inotify_rm_watch(g.tree->watches.fd, ps_kept_of(g.sub)->watch), 0);
	begin(&g);
	assert_int_equal(warm_stats(g.tree).watches, 1);
	assert_false(is_trusted(&g));
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT);
	ground_free(&g);
}

/* Lets go of more changes than the system remembers. */
static void test_trust__lost_events_void_all_marks(void **state)
{
	struct ground g;
	char name[64];

	(void)state;
	ground_new(&g, SEARCH_TREE_WATCHED);
	for (int i = 0; i < 200000 && warm_stats(g.tree).overflows == 0; i++) {
		snprintf(name, sizeof(name), "%s/%d", g.root, i % 2); /* no two equal events in a row, which count as one */
		close(open(name, O_CREAT | O_WRONLY, 0600));
		chmod(name, 0644);
		unlink(name);
		if (i % 20000 == 19999)
			begin(&g);
	}
	if (warm_stats(g.tree).overflows == 0) {
		ground_free(&g);
		skip(); /* the queue is very long here */
	}
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
	assert_false(is_trusted(&g));
	warm_settle();
	visit(&g);
	assert_true(is_ruled_out(&g, "sub/two"));
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT);
	ground_free(&g);
}

/* Without a watch stamps decide. */
static void test_trust__watches_are_bounded(void **state)
{
	struct search_tree_options options = {
		.size = sizeof(options), .max_bytes = MIB, .trust = SEARCH_TREE_WATCHED, .max_watches = 1,
	};
	struct search_error error = SEARCH_ERROR_INIT;
	struct ps_warm_directory *below;
	struct search_tree *tree;
	struct ground g;

	(void)state;
	assert_int_equal(ps_tree_new(&tree, &options, &error), SEARCH_OK);
	ground_new_with(&g, tree);
	begin(&g);
	assert_int_equal(warm_stats(g.tree).watches, 1);
	assert_int_equal(warm_stats(g.tree).unwatched, 1);
	assert_int_equal(ask(&g, "one"), PS_WARM_CANNOT);
	assert_int_equal(ask(&g, "sub/two"), PS_WARM_CANNOT_IF);
	assert_int_equal(ps_warm_below(&g.search.view, g.top, "sub", &below), PS_WARM_STAT);
	ps_warm_release(below);
	ground_free(&g);
}

/* Without descriptors there is no inotify. */
static void test_trust__no_instance_is_an_error_of_the_system(void **state)
{
	struct search_tree_options options = {
		.size = sizeof(options), .max_bytes = MIB, .trust = SEARCH_TREE_WATCHED,
	};
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree;
	int fds[256], count = 0, rc;

	(void)state;
	while (count < 256 && (fds[count] = dup(0)) >= 0)
		count++;
	if (count == 256) {
		struct search_tree *trees[256];
		int more = 0;

		while (more < 256 && ps_tree_new(&trees[more], &options, &error) == SEARCH_OK)
			more++;
		rc = more < 256 ? error.code : SEARCH_ESYSTEM;
		while (more > 0)
			ps_tree_release(trees[--more]);
	} else {
		rc = ps_tree_new(&tree, &options, &error);
		assert_null(tree);
	}
	while (count > 0)
		close(fds[--count]);
	assert_int_equal(rc, SEARCH_ESYSTEM);
}

/* 0 stands for no epoch. */
static void test_trust__the_last_epoch_is_followed_by_the_first(void **state)
{
	struct search_tree *tree = warm_tree_new(0);

	(void)state;
	atomic_store(&tree->epoch, UINT32_MAX);
	ps_change_all(tree);
	assert_int_equal(atomic_load(&tree->epoch), 1);
	search_tree_close(tree);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trust__only_what_is_told_is_looked_at_again),
		cmocka_unit_test(test_trust__a_link_that_was_loaded_is_looked_at_first),
		cmocka_unit_test(test_trust__a_path_may_be_any_that_leads_there),
		cmocka_unit_test(test_trust__paths_may_be_relative),
		cmocka_unit_test(test_trust__what_is_gone_can_be_told),
		cmocka_unit_test(test_trust__a_broken_link_means_everything),
		cmocka_unit_test(test_trust__a_stamp_from_before_a_change_does_not_count),
		cmocka_unit_test(test_trust__files_with_several_names_are_never_trusted),
		cmocka_unit_test(test_trust__circles_of_links_come_to_an_end),
		cmocka_unit_test(test_trust__a_directory_above_means_all_below),
		cmocka_unit_test(test_trust__a_file_is_compared_once_while_its_directory_is_the_same),
		cmocka_unit_test(test_trust__other_rights_concern_all_below),
		cmocka_unit_test(test_trust__a_told_file_may_have_other_names),
		cmocka_unit_test(test_trust__events_are_obeyed),
		cmocka_unit_test(test_trust__what_changed_is_trusted_again_later),
		cmocka_unit_test(test_trust__a_new_name_of_an_old_file_voids_all_marks),
		cmocka_unit_test(test_trust__a_removed_directory_is_not_watched_any_more),
		cmocka_unit_test(test_trust__a_watch_that_the_system_ends_voids_the_marks_of_its_directory),
		cmocka_unit_test(test_trust__lost_events_void_all_marks),
		cmocka_unit_test(test_trust__watches_are_bounded),
		cmocka_unit_test(test_trust__no_instance_is_an_error_of_the_system),
		cmocka_unit_test(test_trust__the_last_epoch_is_followed_by_the_first),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
