/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ignore.c - which rule files hold where, and what happens if one cannot be read.
 */
#include "../../lib/base/base.h"
#include "../../lib/base/text.h"

#include "../support/options.h"
#include "../support/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

#define VCS SEARCH_WALK_IGNORE_VCS
#define FILES SEARCH_WALK_IGNORE_FILES

struct tree {
	char *root;
	struct search_options options;
	struct search_walk walk;
	struct search_source source;
	char source_path[600];
	uint32_t workers;
};

static void file(const struct tree *t, const char *path, const char *text)
{
	tree_file(t->root, path, text, strlen(text));
}

static void repository(const struct tree *t, const char *directory)
{
	char path[600];

	snprintf(path, sizeof(path), "%s.git/HEAD", directory);
	file(t, path, "ref: refs/heads/x\n");
}

static struct tree *plant(void)
{
	struct tree *t = calloc(1, sizeof(*t));
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_walk walk = SEARCH_WALK_INIT;

	t->root = tree_new();
	t->options = options;
	t->walk = walk;
	t->options.walk = &t->walk;
	t->options.workers = 2;
	set_flags(&t->options, VCS);
	return t;
}

static void fell(struct tree *t)
{
	tree_remove(t->root);
	free(t);
}

/*
 * What a walk from `from` (a directory of the tree) searches, as "a b c", by paths from there on;
 * an error is "path: message!", a note "path: message,". Stats are of that walk.
 */
static const char *walk(struct tree *t, const char *from, struct search_stats *stats)
{
	static char list[4096];
	const struct search_item *item;
	struct search *s;

	snprintf(t->source_path, sizeof(t->source_path), "%s", tree_path(t->root, from));
	t->source = (struct search_source){ .kind = SEARCH_SOURCE_PATH, .path = t->source_path, .name = "" };
	t->options.sources = &t->source;
	t->options.source_count = 1;
	add_flags(&t->options, SEARCH_RESULT_FILE_ENDS);
	assert_int_equal(search_open(&s, &t->options, NULL), SEARCH_OK);
	list[0] = '\0';
	while (search_next(s, &item) > 0)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s%s%s%s", list[0] != '\0' ? " " : "", item->path,
			 item->kind == SEARCH_ITEM_ERROR ? ": " : "", item->kind == SEARCH_ITEM_ERROR ? item->message : "",
			 item->kind != SEARCH_ITEM_ERROR ? "" : (item->flags & SEARCH_ITEM_FLAG_NOTE) != 0 ? "," : "!");
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	if (stats != NULL)
		search_stats(s, stats);
	search_close(s);
	return list;
}

static void expect(struct tree *t, const char *from, const char *want)
{
	assert_string_equal(walk(t, from, NULL), want);
}

static void with_flags(struct tree *t, uint32_t flags, const char *want)
{
	set_flags(&t->options, flags);
	expect(t, "", want);
}

/* --- which files hold --- */

static void test_ignore__nothing_is_ignored_unless_asked(void **state)
{
	struct tree *t = plant();

	(void)state;
	repository(t, "");
	file(t, ".gitignore", "a\n");
	file(t, ".ignore", "b\n");
	file(t, "a", "");
	file(t, "b", "");
	with_flags(t, 0, ".git/HEAD .gitignore .ignore a b");
	with_flags(t, VCS, ".gitignore .ignore b");
	with_flags(t, FILES, ".git/HEAD .gitignore .ignore a");
	with_flags(t, VCS | FILES | SEARCH_WALK_SKIP_HIDDEN, "");
	fell(t);
}

/* Its last line may be the only one, and need not end. */
static void test_ignore__a_file_may_be_one_byte_long(void **state)
{
	struct tree *t = plant();

	(void)state;
	repository(t, "");
	file(t, ".gitignore", "a");
	file(t, "a", "");
	file(t, "b", "");
	expect(t, "", ".gitignore b");
	fell(t);
}

/* Each kind of file overrides the later kinds, and only for names that its rules match. */
static void test_ignore__the_kinds_of_files_have_an_order(void **state)
{
	static const char *const kinds[] = {
		".psearchignore", ".ignore", ".gitignore", ".git/info/exclude", "../global", "../extra",
	};
	char global[600], extra[600];
	const char *const extras[] = { extra };

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct tree *t = plant();

		tree_directory(t->root, "r");
		repository(t, "r/");
		snprintf(global, sizeof(global), "%s/global", t->root);
		snprintf(extra, sizeof(extra), "%s/extra", t->root);
		t->walk.git_excludes = global;
		t->walk.ignore_files = extras;
		t->walk.ignore_file_count = 1;
		set_flags(&t->options, VCS | FILES | SEARCH_WALK_SKIP_HIDDEN);
		file(t, "r/x", "");
		file(t, "r/y", "");
		file(t, "r/z", "");
		file(t, "extra", "");
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			char path[600];

			snprintf(path, sizeof(path), "r/%s", kinds[k]);
			if (k == i)
				file(t, path, "x\n!y\n");
			else if (k == i + 1)
				file(t, path, "!x\ny\nz\n");
		}
		expect(t, "r", "y");
		fell(t);
	}
}

static void test_ignore__a_kind_overrides_a_deeper_file_of_another_kind(void **state)
{
	struct tree *t = plant();

	(void)state;
	repository(t, "");
	file(t, ".ignore", "!x\n");
	file(t, "d/.gitignore", "x\ny\n");
	file(t, "d/x", "");
	file(t, "d/y", "");
	with_flags(t, VCS | FILES | SEARCH_WALK_SKIP_HIDDEN, "d/x");
	fell(t);
}

static void test_ignore__a_hidden_name_that_is_asked_for_is_searched(void **state)
{
	struct tree *t = plant();

	(void)state;
	repository(t, "");
	file(t, ".gitignore", "!.a\n!.d/\n");
	file(t, ".a", "");
	file(t, ".b", "");
	file(t, ".d/e", "");
	with_flags(t, VCS | SEARCH_WALK_SKIP_HIDDEN, ".a .d/e");
	fell(t);
}

/* A '!' rule for something in a directory that is left out has no effect, and is not looked at. */
static void test_ignore__a_directory_that_is_left_out_is_not_entered(void **state)
{
	struct search_stats stats = SEARCH_STATS_INIT;
	struct tree *t = plant();

	(void)state;
	repository(t, "");
	file(t, ".gitignore", "out/\n!out/a\n.gitignore\nb\n");
	file(t, "out/a", "");
	file(t, "out/.gitignore", "!a\n");
	file(t, "a", "");
	file(t, "b", "");
	assert_string_equal(walk(t, "", &stats), "a");
	assert_int_equal(stats.directories, 1);
	assert_int_equal(stats.files_found, 5); /* .git, .gitignore, a, b, out */
	assert_int_equal(stats.files_skipped, 4);
	fell(t);
}

/* --- above and below --- */

static void plant_nested(struct tree *t)
{
	repository(t, "top/");
	file(t, ".gitignore", "*\n");
	file(t, "top/.gitignore", "in/\nx\n/sub/y\n");
	file(t, "top/sub/.gitignore", "z\n");
	file(t, "top/sub/in/deep", "");
	file(t, "top/sub/v", "");
	file(t, "top/sub/x", "");
	file(t, "top/sub/y", "");
	file(t, "top/sub/z", "");
}

static void test_ignore__rules_above_hold_up_to_the_top_of_the_repository(void **state)
{
	struct tree *t = plant();

	(void)state;
	plant_nested(t);
	set_flags(&t->options, VCS | SEARCH_WALK_SKIP_HIDDEN);
	expect(t, "top", "sub/v");
	expect(t, "top/sub", "v");
	expect(t, "top/sub/.", "v");
	add_flags(&t->options, SEARCH_WALK_IGNORE_BELOW); /* then there is no repository, either */
	expect(t, "top/sub", "in/deep v x y z");
	add_flags(&t->options, SEARCH_WALK_IGNORE_ANYWHERE);
	expect(t, "top/sub", "in/deep v x y");
	fell(t);
}

static void test_ignore__a_path_that_is_named_is_searched(void **state)
{
	struct tree *t = plant();

	(void)state;
	plant_nested(t);
	set_flags(&t->options, VCS);
	expect(t, "top/sub/x", "");
	expect(t, "top/sub/in", "deep");
	fell(t);
}

static void test_ignore__plain_files_above_hold_without_a_repository(void **state)
{
	struct tree *t = plant();

	(void)state;
	file(t, ".ignore", "/a/b/x\n");
	file(t, "a/.psearchignore", "y\n");
	file(t, "a/b/x", "");
	file(t, "a/b/y", "");
	file(t, "a/b/z", "");
	set_flags(&t->options, FILES);
	expect(t, "a/b", "z");
	fell(t);
}

static void test_ignore__git_needs_a_repository_unless_told_otherwise(void **state)
{
	struct tree *t = plant();
	char global[600];

	(void)state;
	snprintf(global, sizeof(global), "%s/a/.global", t->root);
	t->walk.git_excludes = global;
	file(t, "a/.gitignore", "x\n");
	file(t, "a/.global", "y\n");
	file(t, "a/x", "");
	file(t, "a/y", "");
	tree_directory(t->root, "a/.git"); /* without a HEAD: none */
	set_flags(&t->options, VCS | SEARCH_WALK_SKIP_HIDDEN);
	expect(t, "a", "x y");
	add_flags(&t->options, SEARCH_WALK_IGNORE_ANYWHERE);
	expect(t, "a", "");
	fell(t);
}

static void test_ignore__a_repository_inside_another_starts_anew(void **state)
{
	struct tree *t = plant();

	(void)state;
	repository(t, "");
	repository(t, "in/");
	repository(t, "out/");
	file(t, ".gitignore", "x\n/out\n");
	file(t, ".ignore", "z\n");
	file(t, ".git/info/exclude", "y\n");
	file(t, "in/x", "");
	file(t, "in/y", "");
	file(t, "in/z", "");
	file(t, "out/x", "");
	with_flags(t, VCS | FILES | SEARCH_WALK_SKIP_HIDDEN, "in/x in/y");
	fell(t);
}

/* Each is skipped as a whole, whether git's rules apply or not. A source is searched, repository or not. */
static void test_ignore__nested_repositories_may_be_left_out(void **state)
{
	static const struct {
		const char *from;
		uint32_t flags;
		const char *want;
		uint64_t skipped;
	} rows[] = {
		{ "", 0, ".git/HEAD a d/a d/e/.git/x d/e/a fifo/a link/a none/a w/.git w/a", 2 },
		{ "", SEARCH_WALK_NO_NESTED_REPOSITORIES, ".git/HEAD a d/a fifo/a none/a", 4 },
		{ "", SEARCH_WALK_NO_NESTED_REPOSITORIES | VCS, "a d/a fifo/a none/a", 5 },
		{ "", SEARCH_WALK_NO_NESTED_REPOSITORIES | SEARCH_WALK_SKIP_HIDDEN, "a d/a fifo/a none/a", 5 },
		{ "d", SEARCH_WALK_NO_NESTED_REPOSITORIES, "a", 1 },
		{ "d/e", SEARCH_WALK_NO_NESTED_REPOSITORIES, ".git/x a", 0 },
		{ "w", SEARCH_WALK_NO_NESTED_REPOSITORIES, ".git a", 0 },
	};
	struct tree *t = plant();

	(void)state;
	repository(t, "");
	file(t, "a", "");
	file(t, "d/a", "");
	file(t, "d/e/.git/x", ""); /* whatever git makes of it */
	file(t, "d/e/a", "");
	file(t, "w/.git", "gitdir: ../.git\n");
	file(t, "w/a", "");
	file(t, "link/a", "");
	assert_int_equal(symlink("../.git", tree_path(t->root, "link/.git")), 0);
	file(t, "fifo/a", "");
	assert_int_equal(mkfifo(tree_path(t->root, "fifo/.git"), 0644), 0);
	file(t, "none/a", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct search_stats stats = SEARCH_STATS_INIT;

		set_flags(&t->options, rows[i].flags);
		if (strcmp(walk(t, rows[i].from, &stats), rows[i].want) != 0)
			fail_msg("row %zu: %s", i, walk(t, rows[i].from, NULL));
		if (stats.files_skipped != rows[i].skipped)
			fail_msg("row %zu: %llu skipped", i, (unsigned long long)stats.files_skipped);
	}
	fell(t);
}

/* .git is a file that names the worktree's own directory, and that names the shared one. */
static void test_ignore__a_worktree_has_what_its_repository_shares(void **state)
{
	struct tree *t = plant();

	(void)state;
	file(t, "main/.git/HEAD", "ref: refs/heads/x\n");
	file(t, "main/.git/info/exclude", "x\n");
	file(t, "main/.git/config", "[core]\nignorecase = yes\n");
	file(t, "main/.git/worktrees/w/HEAD", "ref: refs/heads/y\n");
	file(t, "main/.git/worktrees/w/commondir", "../..\n");
	file(t, "w/.git", "gitdir: ../main/.git/worktrees/w\n");
	file(t, "w/.gitignore", "Y\n.*\n");
	file(t, "w/d/x", "");
	file(t, "w/d/y", "");
	file(t, "w/d/z", "");
	expect(t, "w", "d/z");
	expect(t, "w/d", "z");
	fell(t);
}

/* --- git's configuration --- */

static void test_ignore__configuration_is_read_as_git_does(void **state)
{
	static const struct {
		const char *config, *want;
	} rows[] = {
		{ "[core]\n\texcludesFile = ~/mine\n", "x" },
		{ "[CORE] EXCLUDESFILE=~/mine # so\n", "x" },
		{ "[core]\nexcludesfile = \"~/mi\"ne   ; so\n", "x" },
		{ "[core]\nexcludesfile = ~/mi\\\nne\n", "x" },
		{ "[core \"sub\"]\nexcludesfile = ~/mine\n", "y" },
		{ "[other]\nexcludesfile = ~/mine\n[core]\nx = y\n", "y" },
		{ "#[core]\n[x]\nexcludesfile = ~/mine\n", "y" },
		{ "[core]\nexcludesfile = ~/mine\nexcludesfile = ~/nothing\n", "x y" },
		{ "[core]\nexcludesfile =\n", "x y" },
		{ "[core]\nexcludesfile = ~/upper\nignorecase\n", "x" },
		{ "[core]\nexcludesfile = ~/upper\nignorecase = off\n", "x y" },
		{ "", "y" },
		{ "[core", "y" },
		{ "[core]\nexcludesfile = \"~/mine", "x" },
		{ "[core]\nexcludesfile = ~user/x-it\n", "x y" }, /* of another user: passed over */
		{ "[core]\nexcludesfile = ~\n", "x y" },
		{ "[include]\npath = ~user/mine\n[include]\npath = ~\n", "y" },
	};
	char home[600], config[600], excludes[600];
	const char *const configs[] = { "/nonexistent/file", config };
	struct tree *t = plant();

	(void)state;
	snprintf(home, sizeof(home), "%s/home", t->root);
	snprintf(config, sizeof(config), "%s/home/config", t->root);
	snprintf(excludes, sizeof(excludes), "%s/home/x-it", t->root);
	t->walk.home = home;
	t->walk.git_configs = configs;
	t->walk.git_config_count = 2;
	t->walk.git_excludes = excludes;
	repository(t, "r/");
	file(t, "r/x", "");
	file(t, "r/y", "");
	tree_directory(t->root, "r/~user/x-it");
	tree_directory(t->root, "r/~");
	file(t, "home/~user/mine", "[core]\nexcludesfile = ~/mine\n");
	tree_directory(t->root, "home/~");
	file(t, "home/mine", "y\n");
	file(t, "home/upper", "Y\n");
	file(t, "home/x-it", "x\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		file(t, "home/config", rows[i].config);
		if (strcmp(walk(t, "r", NULL), rows[i].want) != 0)
			fail_msg("row %zu: %s", i, walk(t, "r", NULL));
	}
	file(t, "home/config", "[core]\nexcludesfile = ~/mine\n");
	file(t, "r/.git/config", "[core]\nexcludesfile = own\n"); /* from the top of the repository */
	file(t, "r/own", "/own\nx\n");
	expect(t, "r", "y");
	fell(t);
}

/* As in git, includes are read ten deep, not counting the file itself; and never without end. */
static void test_ignore__includes_have_an_end(void **state)
{
	static const struct {
		const char *config;
		bool ends; /* and is complained about */
	} rows[] = {
		{ "[include]\npath = c1\n", false }, /* c10 is the tenth */
		{ "[include]\npath = c0\n", true },
		{ "[include]\npath = config\n", true },
		{ "[include]\npath = config\npath = config\npath = config\n", true },
		{ "[include]\npath = ./d/../config\n", true },
		{ "[include]\npath = d\n", true }, /* a directory */
		{ "[include]\npath = wide1\n", true },
		{ "[include]\npath = ~nobody/c1\npath = c1\n", false },
		{ "[include]\npath\npath =\npath = c1\n", false },
	};
	char config[600], wide[20000] = "";
	const char *const configs[] = { config };
	struct tree *t = plant();

	(void)state;
	snprintf(config, sizeof(config), "%s/config", t->root);
	t->walk.git_configs = configs;
	t->walk.git_config_count = 1;
	t->walk.home = t->root;
	repository(t, "r/");
	file(t, "r/x", "");
	file(t, "r/y", "");
	file(t, "rules", "y\n");
	tree_directory(t->root, "d");
	for (int i = 0; i < 10; i++) {
		char name[16], text[64];

		snprintf(name, sizeof(name), "c%d", i);
		snprintf(text, sizeof(text), "[include]\npath = c%d\n", i + 1);
		file(t, name, text);
		snprintf(name, sizeof(name), "wide%d", i);
		snprintf(wide, sizeof(wide), "[include]\n");
		for (int k = 0; k < 100; k++)
			snprintf(wide + strlen(wide), sizeof(wide) - strlen(wide), "path = wide%d\n", i + 1);
		file(t, name, wide);
	}
	file(t, "c10", "[core]\nexcludesfile = ~/rules\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got;

		file(t, "config", rows[i].config);
		got = walk(t, "r", NULL);
		if (rows[i].ends ? strstr(got, "!") == NULL || strstr(got, "! x y") == NULL : strcmp(got, "x") != 0)
			fail_msg("row %zu: %s", i, got);
	}
	fell(t);
}

/* Makes a locale in which I and i are no pair; false: it cannot be made here. */
static bool speak_turkish(const char *root)
{
	char command[700];

	snprintf(command, sizeof(command), "localedef -i tr_TR -f UTF-8 '%s/tr_TR.UTF-8' >/dev/null 2>&1", root);
	return system(command) == 0 && setenv("LOCPATH", root, 1) == 0 && setlocale(LC_ALL, "tr_TR.UTF-8") != NULL &&
	       strcasecmp("I", "i") != 0;
}

/* The words and keys of a configuration are ASCII, in whatever language the host speaks. */
static void test_ignore__the_hosts_locale_changes_nothing(void **state)
{
	static const char *const rows[] = {
		"[core]\nexcludesfile = ~/upper\nignorecase\n",
		"[CORE]\nEXCLUDESFILE = ~/upper\nIGNORECASE = TRUE\n",
		"[Core]\nExcludesFile = ~/upper\nIgnoreCase = oN\n",
		"[core]\nexcludesFILE = ~/upper\nignoreCASE = 0\nIGNOREcase = 0x1\n",
		"[core]\nexcludesfile = ~/upper\nignorecase = -2\n",
	};
	struct tree *t = plant();
	char home[600], config[600];
	const char *const configs[] = { config };

	(void)state;
	snprintf(home, sizeof(home), "%s/home", t->root);
	snprintf(config, sizeof(config), "%s/home/config", t->root);
	t->walk.home = home;
	t->walk.git_configs = configs;
	t->walk.git_config_count = 1;
	repository(t, "r/");
	file(t, "r/ii", "");
	file(t, "r/kept", "");
	file(t, "home/upper", "II\n");
	if (!speak_turkish(t->root)) {
		fell(t);
		puts("there is no locale in which I and i are no pair: localedef cannot make one, or a sanitizer compares");
		skip();
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		file(t, "home/config", rows[i]);
		if (strcmp(walk(t, "r", NULL), "kept") != 0)
			fail_msg("row %zu: %s", i, walk(t, "r", NULL));
	}
	setlocale(LC_ALL, "C");
	fell(t);
}

/* --- files of the host's --- */

static void test_ignore__the_hosts_files_are_relative_to_the_working_directory(void **state)
{
	static const char *const files[] = { "first", "second" };
	struct tree *t = plant();
	char *before = getcwd(NULL, 0);

	(void)state;
	file(t, "first", "/d/x\n/x\ny\n");
	file(t, "second", "\xEF\xBB\xBF!y\n");
	file(t, "d/x", "");
	file(t, "d/y", "");
	file(t, "d/e/x", "");
	set_flags(&t->options, 0);
	t->walk.ignore_files = files;
	t->walk.ignore_file_count = 2;
	assert_int_equal(chdir(t->root), 0);
	expect(t, "d", "e/x y");
	assert_int_equal(chdir("d/e"), 0);
	assert_int_equal(rename("../../first", "first"), 0);
	assert_int_equal(rename("../../second", "second"), 0);
	expect(t, "d", "e/first e/second e/x y"); /* not above: they are relative to the source */
	assert_int_equal(chdir(before), 0);
	free(before);
	fell(t);
}

static void add_rule(struct ps_text *rules, const char *before, const struct ps_text *path, const char *after)
{
	ps_text_add_string(rules, before);
	ps_text_add(rules, path->bytes, path->length);
	ps_text_add_string(rules, after);
}

/* Of "/" and of each directory on the way down to this one, the rules leave out all but the way. *way: it, escaped. */
static void leave_out_all_but(const char *directory, struct ps_text *way, struct ps_text *rules)
{
	ps_text_add_string(rules, "/*\n");
	for (const char *p = directory; *p != '\0'; p++) {
		if (strchr("\\*?[ ", *p) != NULL)
			ps_text_add(way, "\\", 1);
		ps_text_add(way, p, 1);
		if (p[1] == '/' || p[1] == '\0') {
			add_rule(rules, "!", way, "\n");
			add_rule(rules, "", way, "/*\n");
		}
	}
}

/* Others' directories may be closed to listing, though there is a way through them. */
static bool can_list_all_above(const char *directory)
{
	char *copy = strdup(directory), *slash;
	bool can = access("/", R_OK) == 0;

	while (can && (slash = strrchr(copy, '/')) > copy) {
		*slash = '\0';
		can = access(copy, R_OK) == 0;
	}
	free(copy);
	return can;
}

/* The system's root is a source, too. All but the way to one directory is left out. */
static void test_ignore__rules_hold_from_the_systems_root_on(void **state)
{
	struct ps_text rules = { 0 }, way = { 0 };
	const char *files[1];
	struct tree *t = plant();
	char *real = realpath(t->root, NULL);

	(void)state;
	if (!can_list_all_above(real)) {
		free(real);
		fell(t);
		skip();
	}
	file(t, "kept/a", "");
	file(t, "kept/b", "");
	leave_out_all_but(real, &way, &rules);
	add_rule(&rules, "!", &way, "/kept\n");
	add_rule(&rules, "", &way, "/kept/b\n");
	file(t, "extra", rules.bytes);
	ps_text_free(&rules);
	ps_text_free(&way);
	files[0] = tree_path(real, "extra");
	set_flags(&t->options, 0);
	t->walk.ignore_files = files;
	t->walk.ignore_file_count = 1;
	free(t->root);
	t->root = strdup("");
	assert_string_equal(walk(t, "", NULL), tree_path(real + 1, "kept/a"));
	free(t->root);
	t->root = real;
	fell(t);
}

static void test_ignore__a_list_with_a_hole_is_refused(void **state)
{
	static const char *const hole[] = { "a", NULL };
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_walk walk = SEARCH_WALK_INIT;
	struct search *s;

	(void)state;
	options.walk = &walk;
	walk.ignore_files = hole;
	walk.ignore_file_count = 2;
	assert_int_equal(search_open(&s, &options, NULL), SEARCH_EINVAL);
	walk.ignore_files = NULL;
	assert_int_equal(search_open(&s, &options, NULL), SEARCH_EINVAL);
	walk.ignore_file_count = 0;
	walk.git_config_count = 1;
	assert_int_equal(search_open(&s, &options, NULL), SEARCH_EINVAL);
}

/* --- what cannot be read --- */

/* A file that is named must be read: without it, more would be searched than was asked for. */
static void test_ignore__the_search_is_refused_if_the_hosts_file_cannot_be_read(void **state)
{
	static const struct {
		const char *file, *named; /* NULL: it can be read */
		int code, error;
	} rows[] = {
		{ "rules", NULL, SEARCH_OK, 0 },
		{ "empty", NULL, SEARCH_OK, 0 },
		{ "link", NULL, SEARCH_OK, 0 },
		{ "/dev/null", NULL, SEARCH_OK, 0 },
		{ "missing", "cannot be read: ", SEARCH_EINVAL, ENOENT },
		{ "", "cannot be read: ", SEARCH_EINVAL, ENOENT },
		{ "rules/x", "cannot be read: ", SEARCH_EINVAL, ENOTDIR },
		{ "broken", "cannot be read: ", SEARCH_EINVAL, ENOENT },
		{ "loop", "cannot be read: ", SEARCH_EINVAL, ELOOP },
		{ "d", "cannot be read: ", SEARCH_EINVAL, EISDIR },
		{ ".", "cannot be read: ", SEARCH_EINVAL, EISDIR },
		{ "fifo", "is not a regular file", SEARCH_EINVAL, 0 },
		{ "/dev/zero", "is not a regular file", SEARCH_EINVAL, 0 },
		{ "large", "4 MiB", SEARCH_EINVAL, 0 },
	};
	struct tree *t = plant();
	char *before = getcwd(NULL, 0);

	(void)state;
	file(t, "rules", "x\n");
	file(t, "empty", "");
	file(t, "large", "");
	tree_directory(t->root, "d");
	assert_int_equal(truncate(tree_path(t->root, "large"), (4 << 20) + 1), 0);
	assert_int_equal(symlink("rules", tree_path(t->root, "link")), 0);
	assert_int_equal(symlink("nowhere", tree_path(t->root, "broken")), 0);
	assert_int_equal(symlink("loop", tree_path(t->root, "loop")), 0);
	assert_int_equal(mkfifo(tree_path(t->root, "fifo"), 0644), 0);
	assert_int_equal(chdir(t->root), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const files[] = { "rules", rows[i].file };
		struct search_error error = SEARCH_ERROR_INIT;
		struct search *s;
		int rc;

		t->walk.ignore_files = files;
		t->walk.ignore_file_count = 2;
		rc = search_open(&s, &t->options, &error);
		if (rc != rows[i].code || error.system_error != rows[i].error ||
		    error.subject != (rc != SEARCH_OK ? SEARCH_SUBJECT_IGNORE_FILE : SEARCH_SUBJECT_NONE) ||
		    error.index != (rc != SEARCH_OK ? 1 : 0))
			fail_msg("%s: %d, %d: %s", rows[i].file, rc, error.system_error, error.message);
		if (rows[i].named != NULL && strstr(error.message, rows[i].named) == NULL)
			fail_msg("%s: %s", rows[i].file, error.message);
		search_close(s);
	}
	assert_int_equal(chdir(before), 0);
	free(before);
	fell(t);
}

/* Git's configuration need not exist, but if it does it must be a file. */
static void test_ignore__a_configuration_that_is_a_directory_is_an_error(void **state)
{
	struct tree *t = plant();
	char directory[600];
	const char *const configs[] = { directory, "/dev/null", "/nonexistent/file" };

	(void)state;
	repository(t, "r/");
	file(t, "r/a", "");
	tree_directory(t->root, "d");
	snprintf(directory, sizeof(directory), "%s/d", t->root);
	t->walk.git_configs = configs;
	t->walk.git_config_count = 3;
	if (strstr(walk(t, "r", NULL), "/d cannot be read: Is a directory! a") == NULL)
		fail_msg("%s", walk(t, "r", NULL));
	t->walk.git_config_count = 0;
	t->walk.git_excludes = directory;
	if (strstr(walk(t, "r", NULL), "/d cannot be read: Is a directory! a") == NULL)
		fail_msg("%s", walk(t, "r", NULL));
	t->walk.git_excludes = "/nonexistent/file";
	file(t, "r/.git/config", "[core]\nexcludesfile = ..\n");
	if (strstr(walk(t, "r", NULL), ".. cannot be read: Is a directory! a") == NULL)
		fail_msg("%s", walk(t, "r", NULL));
	fell(t);
}

static void test_ignore__only_a_regular_file_has_rules(void **state)
{
	struct tree *t = plant();

	(void)state;
	repository(t, "");
	assert_int_equal(mkfifo(tree_path(t->root, ".gitignore"), 0644), 0);
	assert_int_equal(mkfifo(tree_path(t->root, ".git/config"), 0644), 0);
	tree_directory(t->root, ".ignore");
	tree_directory(t->root, ".git/info/exclude");
	assert_int_equal(symlink("/dev/zero", tree_path(t->root, ".psearchignore")), 0);
	file(t, "d/a", "");
	with_flags(t, VCS | FILES, "d/a");
	expect(t, "d", "a"); /* these are looked for, not found in a listing */
	fell(t);
}

static void test_ignore__a_link_is_followed_except_gits(void **state)
{
	struct tree *t = plant();

	(void)state;
	repository(t, "");
	file(t, "d/rules", "a\n");
	file(t, "d/a", "");
	assert_int_equal(symlink("rules", tree_path(t->root, "d/.ignore")), 0);
	with_flags(t, VCS | FILES, "d/rules");
	assert_int_equal(unlink(tree_path(t->root, "d/.ignore")), 0);
	assert_int_equal(symlink("rules", tree_path(t->root, "d/.gitignore")), 0);
	with_flags(t, VCS | FILES, "d: .gitignore is a symbolic link: not followed, as in git, d/a d/rules");
	fell(t);
}

static void test_ignore__a_file_that_is_too_large_is_an_error(void **state)
{
	struct tree *t = plant();
	int fd;

	(void)state;
	file(t, ".ignore", "a\n");
	file(t, "a", "");
	fd = open(tree_path(t->root, ".ignore"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 1 << 30), 0);
	close(fd);
	set_flags(&t->options, FILES | SEARCH_WALK_SKIP_HIDDEN);
	expect(t, "", ": .ignore is larger than 4 MiB: not read! a");
	fell(t);
}

static void test_ignore__what_may_not_be_read_is_an_error(void **state)
{
	struct tree *t = plant();
	pid_t child;
	int status;

	(void)state;
	file(t, ".ignore", "a\n");
	file(t, "a", "");
	chmod(t->root, 0755);
	chmod(tree_path(t->root, ".ignore"), 0);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (getuid() == 0 && seteuid(65534) != 0)
			_exit(77);
		set_flags(&t->options, FILES | SEARCH_WALK_SKIP_HIDDEN);
		_exit(strcmp(walk(t, "", NULL), ": .ignore cannot be read: Permission denied! a"));
	}
	waitpid(child, &status, 0);
	fell(t);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- the same whatever the limits --- */

static void test_ignore__limits_change_nothing(void **state)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 1, 2, 8 };
	struct tree *t = plant();
	char *want, path[100];

	(void)state;
	repository(t, "");
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "d%d/e%d/.gitignore", i % 10, i % 30);
		file(t, path, "x*\n!xy\n.gitignore\n");
		snprintf(path, sizeof(path), "d%d/e%d/%s%d", i % 10, i % 30, i % 3 != 0 ? "x" : "y", i);
		file(t, path, "");
	}
	want = strdup(walk(t, "", NULL));
	assert_true(strlen(want) > 900);
	for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++)
		for (uint32_t most = 2; most < 12; most += 3) {
			struct search_stats stats = SEARCH_STATS_INIT;

			t->options.workers = workers[i];
			t->options.max_open_files = most;
			assert_string_equal(walk(t, "", &stats), want);
			assert_in_range(stats.peak_open_files, 1, most);
		}
	free(want);
	fell(t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ignore__nothing_is_ignored_unless_asked),
		cmocka_unit_test(test_ignore__a_file_may_be_one_byte_long),
		cmocka_unit_test(test_ignore__the_kinds_of_files_have_an_order),
		cmocka_unit_test(test_ignore__a_kind_overrides_a_deeper_file_of_another_kind),
		cmocka_unit_test(test_ignore__a_hidden_name_that_is_asked_for_is_searched),
		cmocka_unit_test(test_ignore__a_directory_that_is_left_out_is_not_entered),
		cmocka_unit_test(test_ignore__rules_above_hold_up_to_the_top_of_the_repository),
		cmocka_unit_test(test_ignore__a_path_that_is_named_is_searched),
		cmocka_unit_test(test_ignore__plain_files_above_hold_without_a_repository),
		cmocka_unit_test(test_ignore__git_needs_a_repository_unless_told_otherwise),
		cmocka_unit_test(test_ignore__a_repository_inside_another_starts_anew),
		cmocka_unit_test(test_ignore__nested_repositories_may_be_left_out),
		cmocka_unit_test(test_ignore__a_worktree_has_what_its_repository_shares),
		cmocka_unit_test(test_ignore__configuration_is_read_as_git_does),
		cmocka_unit_test(test_ignore__includes_have_an_end),
		cmocka_unit_test(test_ignore__the_hosts_locale_changes_nothing),
		cmocka_unit_test(test_ignore__the_hosts_files_are_relative_to_the_working_directory),
		cmocka_unit_test(test_ignore__rules_hold_from_the_systems_root_on),
		cmocka_unit_test(test_ignore__a_list_with_a_hole_is_refused),
		cmocka_unit_test(test_ignore__the_search_is_refused_if_the_hosts_file_cannot_be_read),
		cmocka_unit_test(test_ignore__a_configuration_that_is_a_directory_is_an_error),
		cmocka_unit_test(test_ignore__only_a_regular_file_has_rules),
		cmocka_unit_test(test_ignore__a_link_is_followed_except_gits),
		cmocka_unit_test(test_ignore__a_file_that_is_too_large_is_an_error),
		cmocka_unit_test(test_ignore__what_may_not_be_read_is_an_error),
		cmocka_unit_test(test_ignore__limits_change_nothing),
	};

	alarm(patience(120));
	return RUN_TESTS(tests, NULL, NULL);
}
