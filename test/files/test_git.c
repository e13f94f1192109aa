/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_git.c - what a walk with SEARCH_WALK_IGNORE_VCS searches is what git lists, on random trees with
 * random rules. PS_TREES sets how many.
 */
#include "../../lib/base/base.h"

#include "../support/options.h"
#include "../support/random.h"
#include "../support/scale.h"
#include "../support/tree.h"

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

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* --- random trees --- */

static const char *const names[] = {
	"a", "b", "ab", "A", "a.c", "b.c", "a.b.c", ".a", ".c", "a b", "a ", "[a]", "!a", "#a", "a\\", "\xc3\xa9", "a\r", "-",
	"aa", "bc", "a\tb", "*",
};

/* What rules are made of: the names above, and the special bytes of globs. */
static const char *const pieces[] = {
	"a", "b", "A", "B", "c", "ab", ".", ".c", " ", "*", "*", "*", "**", "?", "/", "/", "**/", "/**", "/**/", "[ab]", "[!a]",
	"[^b]", "[a-c]", "[A-C]", "[[:alpha:]]", "[[:upper:]]", "[[:space:]]", "[]]", "[a", "[[:x:]]", "\\a", "\\*", "\\ ",
	"\\!", "\\#", "\\", "\xc3\xa9", "[\\a]", "-", "#", "!", "***", "\\/", "\t",
};

/* Rules as people write them. */
static const char *const usual[] = {
	"a", "b/", "*.c", "!*.c", "/a", "/a/b", "a/b", "**/b", "a/**", "a/**/b", "*", "!*/", "!a", "/*", "!/a", "!/b/", "a/*", "!a/b",
	".*", "# a", "", "!.c", "*.b.c", "A", "B/", "b*", "*b", "a*/", "!a/", "*/a", "a*b", "ab/a",
};

static void random_rule(struct random *random, char *rule)
{
	uint32_t count = 1 + random_below(random, 4);

	rule[0] = '\0';
	if (random_percent(random, 60)) {
		strcpy(rule, usual[random_below(random, COUNT(usual))]);
	} else {
		if (random_percent(random, 20))
			strcat(rule, "!");
		if (random_percent(random, 15))
			strcat(rule, "/");
		while (count-- > 0)
			strcat(rule, random_percent(random, 40) ? names[random_below(random, COUNT(names))]
								: pieces[random_below(random, COUNT(pieces))]);
		if (random_percent(random, 20))
			strcat(rule, "/");
	}
	if (random_percent(random, 5))
		strcat(rule, "  ");
	if (random_percent(random, 5))
		strcat(rule, "\r");
}

static void make_rules(const char *root, const char *path, struct random *random)
{
	uint32_t count = random_below(random, 6);
	char text[1024] = "";

	if (random_percent(random, 5))
		strcat(text, "\xEF\xBB\xBF");
	while (count-- > 0) {
		random_rule(random, text + strlen(text));
		if (count > 0 || random_percent(random, 80))
			strcat(text, "\n");
	}
	tree_file(root, path, text, strlen(text));
}

static void make_repository(const char *root, const char *directory, struct random *random)
{
	const char *caseless = random_percent(random, 25) ? "\tIgnoreCase = true # so\n" : "";
	char path[600], text[200];

	snprintf(path, sizeof(path), "%s.git/objects", directory);
	tree_directory(root, path);
	snprintf(path, sizeof(path), "%s.git/refs", directory);
	tree_directory(root, path);
	snprintf(path, sizeof(path), "%s.git/HEAD", directory);
	tree_file(root, path, "ref: refs/heads/x\n", 18);
	snprintf(text, sizeof(text), "[core]\n%s%s", caseless,
		 random_percent(random, 15) ? "\texcludesfile = \".git/\\\"own\"\n" : "");
	snprintf(path, sizeof(path), "%s.git/config", directory);
	tree_file(root, path, text, strlen(text));
	snprintf(path, sizeof(path), "%s.git/\"own", directory);
	make_rules(root, path, random);
	if (random_percent(random, 50)) {
		snprintf(path, sizeof(path), "%s.git/info/exclude", directory);
		make_rules(root, path, random);
	}
}

/* Makes a repository of a directory; rarely, with a file .git, one whose .git directory is elsewhere. */
static void make_nested(const char *root, const char *directory, struct random *random)
{
	char path[1300];

	make_repository(root, directory, random);
	if (random_percent(random, 50)) {
		char from[1200];

		snprintf(path, sizeof(path), "%s.git", directory);
		snprintf(from, sizeof(from), "%s", tree_path(root, path));
		assert_int_equal(rename(from, tree_path(root, ".git/moved")), 0);
		snprintf(path, sizeof(path), "gitdir: %s/.git/moved\n", root);
		snprintf(from, sizeof(from), "%s.git", directory);
		tree_file(root, from, path, strlen(path));
	}
}

static void make_tree(const char *root, struct random *random)
{
	uint32_t count = 5 + random_below(random, 40);
	struct names directories = { 0 };
	bool nested = false;

	make_repository(root, "", random);
	make_rules(root, ".gitignore", random);
	names_add(&directories, "");
	while (count-- > 0) {
		const char *above = directories.at[random_below(random, (uint32_t)directories.count)];
		char path[600];
		struct stat st;

		snprintf(path, sizeof(path), "%s%s", above, names[random_below(random, COUNT(names))]);
		if (strlen(path) > 60 || lstat(tree_path(root, path), &st) == 0)
			continue;
		if (!random_percent(random, 40)) {
			if (random_percent(random, 5))
				assert_int_equal(symlink(".", tree_path(root, path)), 0);
			else
				tree_file(root, path, "x\n", 2);
			continue;
		}
		tree_directory(root, path);
		strcat(path, "/");
		names_add(&directories, path);
		if (!nested && random_percent(random, 5)) {
			make_nested(root, path, random);
			nested = true;
		}
		if (random_percent(random, 35)) {
			strcat(path, ".gitignore");
			make_rules(root, path, random);
		}
	}
	names_free(&directories);
}

/* --- the two lists --- */

/* Runs git in a directory, with arguments that end in NULL. Returns all that it prints, which ends in NUL. */
static char *run_git(const char *directory, const char *const *arguments, size_t *length)
{
	const char *all[24] = { "git", "-C", directory };
	size_t count = 3;
	size_t space = 1 << 16, got = 0;
	char *text = malloc(space);
	int ends[2], status;
	pid_t child;
	ssize_t n;

	while (*arguments != NULL && count + 1 < COUNT(all))
		all[count++] = *arguments++;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp("git", (char **)(uintptr_t)all);
		_exit(127);
	}
	close(ends[1]);
	while ((n = read(ends[0], text + got, space - got - 1)) > 0) {
		got += (size_t)n;
		if (space - got < 4096)
			text = realloc(text, space *= 2);
	}
	close(ends[0]);
	waitpid(child, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("git %s in %s: status %d", all[3], directory, status);
	text[got] = '\0';
	*length = got;
	return text;
}

static const char *const untracked[] = { "ls-files", "--others", "--exclude-standard", "-z", NULL };
static const char *const all_wanted[] = { "ls-files", "--cached", "--others", "--exclude-standard", "-z", NULL };

/* The regular files that git lists with these arguments; a repository inside lists its own. */
static void list_by_git(struct names *list, const char *root, const char *directory, const char *const *arguments)
{
	size_t length, n;
	char real[1200];
	char *text;

	snprintf(real, sizeof(real), "%s", tree_path(root, directory));
	text = run_git(real, arguments, &length);
	for (char *at = text; at < text + length; at += n + 1) {
		char path[2400];
		struct stat st;

		n = strlen(at);
		snprintf(path, sizeof(path), "%s%s", directory, at);
		if (at[n - 1] == '/')
			list_by_git(list, root, path, arguments);
		else if (lstat(tree_path(root, path), &st) == 0 && S_ISREG(st.st_mode))
			names_add(list, path);
	}
	free(text);
}

/* The files that a walk searches with these options and flags. */
static void take_files(struct names *list, struct search_options *options, uint32_t flags)
{
	const struct search_item *item;
	struct search *s;

	set_flags(options, SEARCH_RESULT_FILE_ENDS | flags);
	assert_int_equal(search_open(&s, options, NULL), SEARCH_OK);
	while (search_next(s, &item) > 0) {
		if (item->kind == SEARCH_ITEM_ERROR)
			fail_msg("%s: %s", item->path, item->message);
		names_add(list, item->path);
	}
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	search_close(s);
}

/* The same, relative to `root`; `below`, if not "", is where the walk starts. */
static void list_by_walk(struct names *list, const char *root, const char *below, uint32_t workers, const char *excludes,
			 uint32_t flags)
{
	struct search_source source = { .kind = SEARCH_SOURCE_PATH, .name = below };
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_walk walk = SEARCH_WALK_INIT;

	source.path = tree_path(root, below);
	options.sources = &source;
	options.source_count = 1;
	options.walk = &walk;
	options.workers = workers;
	options.max_open_files = workers == 2 ? 2 : 0;
	walk.git_excludes = excludes;
	take_files(list, &options, flags);
}

/* Sorts both lists, and fails with the first path that only one of them has. */
static void compare(unsigned tree, struct names *walk, struct names *git)
{
	names_sort(walk);
	names_sort(git);
	for (size_t i = 0; i < walk->count || i < git->count; i++) {
		const char *a = i < walk->count ? walk->at[i] : "\xff", *b = i < git->count ? git->at[i] : "\xff";
		int order = strcmp(a, b);

		if (order != 0)
			fail_msg("tree %u: '%s' is %s", tree, order < 0 ? a : b,
				 order < 0 ? "ignored by git, and searched" : "listed by git, and not searched");
	}
}

/* Walks from a directory in which git lists something: the rules above it hold there, too. */
static void compare_below(unsigned tree, const char *root, const struct names *git, struct random *random,
			  const char *excludes)
{
	const char *path = git->at[random_below(random, (uint32_t)git->count)], *slash = strrchr(path, '/');
	struct names walk = { 0 }, want = { 0 };
	char *below;

	if (slash == NULL)
		return;
	below = strndup(path, (size_t)(slash - path));
	for (size_t i = 0; i < git->count; i++)
		if (strncmp(git->at[i], path, (size_t)(slash + 1 - path)) == 0)
			names_add(&want, git->at[i]);
	list_by_walk(&walk, root, below, 1, excludes, SEARCH_WALK_IGNORE_VCS);
	compare(tree, &walk, &want);
	names_free(&walk);
	names_free(&want);
	free(below);
}

static void test_git__a_walk_searches_what_git_lists(void **state)
{
	const char *given = getenv("PS_TREES");
	unsigned trees = given != NULL ? (unsigned)atoi(given) : SCALED(300);
	char *home = tree_new(), excludes[600];
	uint64_t files = 0;

	(void)state;
	snprintf(excludes, sizeof(excludes), "%s/git/ignore", home);
	setenv("XDG_CONFIG_HOME", home, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	for (unsigned tree = 0; tree < trees; tree++) {
		struct random random = random_new(tree);
		struct names walk = { 0 }, git = { 0 };
		char *root = tree_new();

		unlink(excludes);
		if (random_percent(&random, 20))
			make_rules(home, "git/ignore", &random);
		make_tree(root, &random);
		list_by_git(&git, root, "", untracked);
		list_by_walk(&walk, root, "", tree % 4 == 0 ? SEARCH_NO_WORKERS : tree % 4, excludes,
			     SEARCH_WALK_IGNORE_VCS);
		compare(tree, &walk, &git);
		if (git.count > 0)
			compare_below(tree, root, &git, &random, excludes);
		files += git.count;
		names_free(&walk);
		names_free(&git);
		tree_remove(root);
	}
	printf("%u trees, %llu files listed\n", trees, (unsigned long long)files);
	tree_remove(home);
	assert_true(files > trees);
}

/* --- what is tracked --- */

/* Is there the top of a repository between the root and the file, or does the file belong to .git? */
static bool is_nested(const char *root, const char *path)
{
	char directory[600];
	struct stat st;

	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		snprintf(directory, sizeof(directory), "%.*s/.git", (int)(slash - path), path);
		if (strncmp(path, ".git/", 5) == 0 || lstat(tree_path(root, directory), &st) == 0)
			return true;
	}
	return false;
}

/* Adds some of the tree's files to the index, by force, in a version of it chosen at random. */
static void track(const char *root, struct random *random)
{
	static const char *const versions[] = { "index.version=2", "index.version=4", "index.version=3" };
	const char *arguments[20] = { "-c", versions[random_below(random, 3)], "add", "-f", "--" };
	struct names all = { 0 };
	size_t count = 5, length;

	if (random_percent(random, 30))
		arguments[3] = "-fN"; /* with flags that older versions do not have */
	list_by_walk(&all, root, "", 1, NULL, 0);
	for (size_t i = 0; i < all.count && count + 1 < COUNT(arguments); i++)
		if (random_percent(random, 30) && !is_nested(root, all.at[i]))
			arguments[count++] = all.at[i];
	arguments[count] = NULL;
	if (count > 5)
		free(run_git(root, arguments, &length));
	names_free(&all);
}

static void test_git__what_is_tracked_is_searched(void **state)
{
	unsigned trees = SCALED(150), tracked = 0;
	char *home = tree_new();

	(void)state;
	setenv("XDG_CONFIG_HOME", home, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	setenv("GIT_LITERAL_PATHSPECS", "1", 1);
	for (unsigned tree = 0; tree < trees; tree++) {
		struct random random = random_new(1000 + tree);
		struct names walk = { 0 }, git = { 0 };
		char *root = tree_new();

		make_tree(root, &random);
		tree_file(root, ".git/config", "", 0); /* without case git takes a file for another that is tracked */
		track(root, &random);
		list_by_git(&git, root, "", all_wanted);
		list_by_walk(&walk, root, "", tree % 4 == 0 ? SEARCH_NO_WORKERS : tree % 4, NULL,
			     SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_TRACKED);
		compare(tree, &walk, &git);
		names_free(&walk);
		list_by_walk(&walk, root, "", 1, NULL, SEARCH_WALK_IGNORE_VCS);
		tracked += walk.count < git.count;
		names_free(&walk);
		names_free(&git);
		tree_remove(root);
	}
	unsetenv("GIT_LITERAL_PATHSPECS");
	printf("%u trees, %u of them with files that are tracked and ignored\n", trees, tracked);
	tree_remove(home);
	assert_true(tracked > trees / 4);
}

/* In each of git's formats one file is tracked and ignored; a format that is not read is an error. */
static void test_git__each_version_of_the_index_is_read(void **state)
{
	static const char *const kinds[][6] = {
		{ "update-index", "--index-version", "2" },
		{ "update-index", "--index-version", "3" },
		{ "update-index", "--index-version", "4" },
		{ "update-index", "--untracked-cache" },
		{ "update-index", "--split-index" },
	};
	static const char *const hashes[] = { "--object-format=sha1", "--object-format=sha256" };

	(void)state;
	for (unsigned i = 0; i < COUNT(kinds) * COUNT(hashes); i++) {
		const char *const init[] = { "init", "-q", hashes[i % COUNT(hashes)], NULL };
		const char *const add[] = { "add", "-f", "d/e/x", NULL }, *const *kind = kinds[i / COUNT(hashes)];
		struct search_source source = { .kind = SEARCH_SOURCE_PATH, .name = "" };
		struct search_options options = SEARCH_OPTIONS_INIT;
		struct search_walk walk = SEARCH_WALK_INIT;
		char *root = tree_new(), got[600] = "";
		const struct search_item *item;
		struct search *s;
		size_t length;

		tree_file(root, "d/e/x", "x", 1);
		tree_file(root, "d/e/y", "x", 1);
		tree_file(root, "d/z", "x", 1);
		tree_file(root, ".gitignore", "d\n.gitignore\n", 13);
		free(run_git(root, init, &length));
		free(run_git(root, add, &length));
		free(run_git(root, kind, &length));
		source.path = root;
		options.sources = &source;
		options.source_count = 1;
		options.walk = &walk;
		set_flags(&options, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_TRACKED | SEARCH_RESULT_LIST);
		assert_int_equal(search_open(&s, &options, NULL), SEARCH_OK);
		while (search_next(s, &item) > 0)
			strcat(strcat(got, item->kind == SEARCH_ITEM_ERROR ? item->message : item->path), " ");
		search_close(s);
		if (strcmp(kind[1], "--split-index") == 0 ? strstr(got, "is split") == NULL : strcmp(got, "d/e/x ") != 0)
			fail_msg("%s %s: %s", hashes[i % COUNT(hashes)], kind[1], got);
		tree_remove(root);
	}
}

/* More files than fit in the last byte of the header's count. */
static void test_git__each_file_of_an_index_is_tracked(void **state)
{
	enum { FILES = 300 };
	const char *const init[] = { "init", "-q", NULL }, *const add[] = { "add", "-f", ".", NULL };
	struct names walk = { 0 }, git = { 0 };
	char *root = tree_new(), name[20];
	size_t length;

	(void)state;
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%u", i);
		tree_file(root, name, "x", 1);
	}
	free(run_git(root, init, &length));
	free(run_git(root, add, &length));
	tree_file(root, ".git/info/exclude", "*\n", 2);
	list_by_git(&git, root, "", all_wanted);
	list_by_walk(&walk, root, "", 1, NULL, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_TRACKED);
	assert_int_equal(git.count, FILES);
	compare(0, &walk, &git);
	names_free(&walk);
	names_free(&git);
	tree_remove(root);
}

/* A repository whose index has these names, and whose files have them in another case, or others. All are ignored. */
static char *track_in_other_case(const char *caseless)
{
	static const char *const added[] = { "B/X", "_", "a", "Az/q", "Az/_", "C", "\xc3\x89" };
	static const char *const met[] = { "b/x", "_", "A", "aZ/Q", "c", "\xc3\xa9", "b/xy", "az/q/r", "az/_/r", "d", "B/x" };
	char *root = tree_new(), *other = tree_new(), git[600];
	const char *const init[] = { "init", "-q", NULL }, *const set[] = { "config", "core.ignoreCase", caseless, NULL };
	const char *const add[] = { git, "--work-tree=.", "add", "-f", ".", NULL };
	size_t length;

	snprintf(git, sizeof(git), "--git-dir=%s/.git", root);
	for (size_t i = 0; i < COUNT(added); i++)
		tree_file(other, added[i], "x", 1);
	for (size_t i = 0; i < COUNT(met); i++)
		tree_file(root, met[i], "x", 1);
	free(run_git(root, init, &length));
	free(run_git(other, add, &length));
	free(run_git(root, set, &length));
	tree_file(root, ".git/info/exclude", "*\n", 2);
	tree_remove(other);
	return root;
}

/* Under core.ignoreCase a file is tracked if git tracks its name in any case. What git lists as untracked is not. */
static void test_git__without_case_a_file_is_tracked_in_any_case(void **state)
{
	static const char *const others[] = { "ls-files", "--others", "-z", NULL };
	static const char *const values[] = { "true", "false" };

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct names both = { 0 }, all = { 0 };
		char *root = track_in_other_case(values[i]);

		list_by_walk(&both, root, "", 1, NULL, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_TRACKED);
		assert_int_equal(both.count, i == 0 ? 6 : 1);
		list_by_git(&both, root, "", others);
		list_by_walk(&all, root, "", 1, NULL, SEARCH_WALK_SKIP_HIDDEN);
		compare((unsigned)i, &both, &all);
		names_free(&both);
		names_free(&all);
		tree_remove(root);
	}
}

/* The ERROR of a repository that has this index now; "" if there is none. */
static void read_index_of(const char *root, const char *index, size_t length, char *got, size_t size)
{
	struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = root };
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_walk walk = SEARCH_WALK_INIT;
	const struct search_item *item;
	struct search *s;

	tree_file(root, ".git/index", index, length);
	options.sources = &source;
	options.source_count = 1;
	options.walk = &walk;
	options.workers = SEARCH_NO_WORKERS;
	set_flags(&options, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_TRACKED | SEARCH_RESULT_LIST);
	assert_int_equal(search_open(&s, &options, NULL), SEARCH_OK);
	*got = '\0';
	while (search_next(s, &item) > 0)
		if (item->kind == SEARCH_ITEM_ERROR)
			snprintf(got, size, "%s", item->message);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	search_close(s);
}

/* An index in which something is wrong is an ERROR, or has other names; nothing else happens. */
static void test_git__a_damaged_index_is_an_error_at_worst(void **state)
{
	static const char *const versions[] = { "index.version=2", "index.version=4" };
	struct random random = random_new(7);
	unsigned complaints = 0;

	(void)state;
	for (unsigned v = 0; v < 2; v++) {
		const char *const add[] = { "-c", versions[v], "add", "-fN", ".", NULL };
		char *root = tree_new(), bytes[4096], index[4096], got[300];
		size_t length;
		FILE *from;

		make_repository(root, "", &random);
		tree_file(root, ".git/config", "", 0);
		tree_file(root, ".gitignore", "*\n", 2);
		for (unsigned i = 0; i < COUNT(names); i++)
			if (strchr(names[i], '/') == NULL)
				tree_file(root, names[i], "x", 1);
		free(run_git(root, add, &length));
		from = fopen(tree_path(root, ".git/index"), "rb");
		length = fread(index, 1, sizeof(index), from);
		fclose(from);
		assert_in_range(length, 500, sizeof(index) - 1);
		for (unsigned round = 0; round < ROUNDS(3000u); round++) {
			size_t cut = random_percent(&random, 20) ? random_below(&random, (uint32_t)length) : length;

			memcpy(bytes, index, length);
			for (uint32_t changes = random_below(&random, 4); changes-- > 0;)
				bytes[random_percent(&random, 20) ? random_below(&random, 12)
								  : random_below(&random, (uint32_t)length)] =
					(char)random_below(&random, 256);
			read_index_of(root, bytes, cut, got, sizeof(got));
			complaints += *got != '\0';
		}
		tree_remove(root);
	}
	assert_true(complaints > 0);
}

static char *repository_of_nothing(void)
{
	char *root = tree_new();

	tree_directory(root, ".git/objects");
	tree_directory(root, ".git/refs");
	tree_file(root, ".git/HEAD", "ref: refs/heads/x\n", 18);
	return root;
}

/* An index of one entry, which is padded, an extension, and a checksum. */
enum {
	ENTRY_AT = 12,
	NAME_AT = ENTRY_AT + 62,
	EXTENSION_AT = NAME_AT + 10,
	CHECKSUM_SIZE = 20
};

/* The ERROR of a repository whose index has one entry, of this name, and no extension; "" if there is none. */
static void read_entry_of(const char *name, char *got, size_t size)
{
	char index[EXTENSION_AT + CHECKSUM_SIZE] = { 'D', 'I', 'R', 'C', [7] = 2, [11] = 1 };
	char *root = repository_of_nothing();

	assert_true(strlen(name) < 2);
	strcpy(index + NAME_AT, name);
	read_index_of(root, index, sizeof(index), got, size);
	tree_remove(root);
}

/* Only a split index has entries without a name: which files they are is in the other file. */
static void test_git__an_entry_without_a_name_is_damage_unless_the_index_is_split(void **state)
{
	char got[300];

	(void)state;
	read_entry_of("", got, sizeof(got));
	if (strstr(got, "is damaged") == NULL)
		fail_msg("\"%s\"", got);
	read_entry_of("x", got, sizeof(got));
	assert_string_equal(got, "");
}

/* The sizes of extensions have four bytes, the first of which counts most. */
static void test_git__an_extension_larger_than_the_index_is_damage(void **state)
{
	enum { SIZE_AT = EXTENSION_AT + 4 };
	char index[SIZE_AT + 4 + CHECKSUM_SIZE] = { 'D', 'I', 'R', 'C', [7] = 2, [11] = 1, [NAME_AT] = 'x' };
	char *root = repository_of_nothing(), got[300];

	(void)state;
	memcpy(index + EXTENSION_AT, "TREE", 4);
	read_index_of(root, index, sizeof(index), got, sizeof(got));
	assert_string_equal(got, "");
	for (unsigned i = 0; i < 4; i++) {
		index[SIZE_AT + i] = CHECKSUM_SIZE + 1;
		read_index_of(root, index, sizeof(index), got, sizeof(got));
		if (strstr(got, "is damaged") == NULL)
			fail_msg("byte %u: \"%s\"", i, got);
		index[SIZE_AT + i] = 0;
	}
	tree_remove(root);
}

/* --- what a configuration includes --- */

/* Writes a text into a file; '^' in it stands for the root of the tree. */
static void make_text(const char *root, const char *path, const char *text)
{
	char whole[4096];
	size_t length = 0, of_root = strlen(root);

	for (; *text != '\0'; text++) {
		assert_true(length + of_root < sizeof(whole));
		if (*text == '^')
			memcpy(whole + length, root, of_root);
		else
			whole[length] = *text;
		length += *text == '^' ? of_root : 1;
	}
	tree_file(root, path, whole, length);
}

/* A repository on a branch with a slash, a worktree of it, a link to it; and a home directory. */
static void plant_includes(const char *root)
{
	make_text(root, "r/.git/HEAD", "ref: refs/heads/topic/one\n");
	tree_directory(root, "r/.git/objects");
	tree_directory(root, "r/.git/refs");
	make_text(root, "r/.git/worktrees/w/HEAD", "ref: refs/heads/other\n");
	make_text(root, "r/.git/worktrees/w/commondir", "../..\n");
	make_text(root, "r/.git/worktrees/w/gitdir", "^/w/.git\n");
	make_text(root, "w/.git", "gitdir: ^/r/.git/worktrees/w\n");
	assert_int_equal(symlink("r", tree_path(root, "link")), 0);
	make_text(root, "home/ex-a", "a\n");
	make_text(root, "home/ex-b", "b\n");
	make_text(root, "home/inc", "[core]\nexcludesFile = ~/ex-a\n");
	make_text(root, "home/inc b", "[core]\nexcludesFile = ~/ex-b\n");
	make_text(root, "home/d/deep", "[core]\nignoreCase\n[include]\npath = ../inc\n");
	make_text(root, "home/d/home", "[include]\npath = ~/inc\n");
	for (int i = 0; i < 3; i++) {
		static const char *const directories[] = { "r/", "r/sub/", "w/" }, *const files[] = { "a", "b", "c", "A" };
		char path[600];

		for (size_t k = 0; k < COUNT(files); k++) {
			snprintf(path, sizeof(path), "%s%s", directories[i], files[k]);
			make_text(root, path, "x\n");
		}
	}
}

/* Compares git and a walk in a directory of the tree, with the user's configuration in home/config. */
static void compare_configured(unsigned row, const char *root, const char *directory)
{
	char config[600], home[600], from[700];
	const char *const configs[] = { config };
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_source source = { .kind = SEARCH_SOURCE_PATH, .path = from, .name = "" };
	struct search_walk rules = SEARCH_WALK_INIT;
	struct names walk = { 0 }, git = { 0 };

	snprintf(home, sizeof(home), "%s/home", root);
	snprintf(config, sizeof(config), "%s/home/config", root);
	snprintf(from, sizeof(from), "%s/%s", root, directory);
	rules.git_configs = configs;
	rules.git_config_count = 1;
	rules.home = home;
	options.walk = &rules;
	list_by_git(&git, from, "", untracked);
	options.sources = &source;
	options.source_count = 1;
	take_files(&walk, &options, SEARCH_WALK_IGNORE_VCS);
	compare(row, &walk, &git);
	names_free(&walk);
	names_free(&git);
}

static void test_git__a_configuration_includes_what_git_includes(void **state)
{
	static const char *const rows[] = {
		"[include]\npath = inc\n",
		"[include]\npath = ~/inc\n",
		"[include]\npath = ^/home/inc\n",
		"[include]\npath = ./d/../inc\n",
		"[include]\npath = d/deep\n",
		"[include]\npath = d/home\n",
		"[include]\npath = \"inc b\"\n",
		"[include]\npath = inc\npath = inc b\n",
		"[include]\npath = inc b\npath = inc\n",
		"[include]\npath = missing\n[core]\nexcludesFile = ~/ex-b\n",
		"[core]\nexcludesFile = ~/ex-b\n[include]\npath = inc\n",
		"[include]\npath = inc\n[core]\nexcludesFile = ~/ex-b\n",
		"[InClude] PATH = inc # so\n",
		"[include \"x\"]\npath = inc\n",
		"[include \"]\"]\npath = inc\n[core]\nexcludesFile = ~/ex-b\n",
		"[included]\npath = inc\n",
		"[core]\npath = inc\n",
		"[includeIf]\npath = inc\n",
		"[includeIf \"gitdir:r/\"]\npath = inc\n",
		"[INCLUDEIF   \"gitdir:r/\"]\npath = inc\n",
		"[includeIf \"gitdir:r/\"]\npath = inc\n[includeIf \"gitdir:other/\"]\npath = inc b\n",
		"[includeIf \"gitdir:other/\"]\npath = inc b\n[core]\nexcludesFile = ~/ex-a\n",
		"[includeIf \"gitdir:r\"]\npath = inc\n",
		"[includeIf \"gitdir:r/.git\"]\npath = inc\n",
		"[includeIf \"gitdir:.git\"]\npath = inc\n",
		"[includeIf \"gitdir:worktrees/w\"]\npath = inc\n",
		"[includeIf \"gitdir:^/r/\"]\npath = inc\n",
		"[includeIf \"gitdir:^/r/.git\"]\npath = inc\n",
		"[includeIf \"gitdir:^/link/\"]\npath = inc\n",
		"[includeIf \"gitdir:^/link/.git\"]\npath = inc\n",
		"[includeIf \"gitdir:^/\"]\npath = inc\n",
		"[includeIf \"gitdir:/\"]\npath = inc\n",
		"[includeIf \"gitdir:^/R/\"]\npath = inc\n",
		"[includeIf \"gitdir/i:^/R/\"]\npath = inc\n",
		"[includeIf \"gitdir/i:R/.GIT\"]\npath = inc\n",
		"[includeIf \"gitdir:~/\"]\npath = inc\n",
		"[includeIf \"gitdir:~/../r/\"]\npath = inc\n",
		"[includeIf \"gitdir:./\"]\npath = inc\n",
		"[includeIf \"gitdir:./../r/\"]\npath = inc\n",
		"[includeIf \"gitdir:^/*/\"]\npath = inc\n",
		"[includeIf \"gitdir:^/[a-z]/\"]\npath = inc\n",
		"[includeIf \"gitdir:**/[r]/.git\"]\npath = inc\n",
		"[includeIf \"gitdir:?/\"]\npath = inc\n",
		"[includeIf \"gitdir:\\r/\"]\npath = inc\n",
		"[includeIf \"gitdir:\\\"r/\"]\npath = inc\n",
		"[includeIf \"GITDIR:r/\"]\npath = inc\n",
		"[includeIf \"gitdir\"]\npath = inc\n",
		"[includeIf \"gitdir:\"]\npath = inc\n",
		"[includeIf \"onbranch:topic/one\"]\npath = inc\n",
		"[includeIf \"onbranch:topic/\"]\npath = inc\n",
		"[includeIf \"onbranch:topic\"]\npath = inc\n",
		"[includeIf \"onbranch:*\"]\npath = inc\n",
		"[includeIf \"onbranch:**\"]\npath = inc\n",
		"[includeIf \"onbranch:t*/o*\"]\npath = inc\n",
		"[includeIf \"onbranch:other\"]\npath = inc\n",
		"[includeIf \"unknown:x\"]\npath = inc\n",
		"[includeIf \"onbranch:other\"]\npath = inc\n[core]\nignoreCase = yes\nexcludesFile = ~/ex-b\n",
	};
	static const char *const own[] = {
		"",
		"[include]\npath = ../inc\n",
		"[includeIf \"gitdir:./\"]\npath = ../inc\n",
		"[includeIf \"gitdir:./worktrees/\"]\npath = ../inc\n",
		"[includeIf \"onbranch:**\"]\npath = ../../home/inc b\n",
	};
	static const char *const directories[] = { "r", "r/sub", "link", "w" };
	char *root = tree_new(), path[600];

	(void)state;
	plant_includes(root);
	make_text(root, "r/inc", "[core]\nexcludesFile = ^/home/ex-b\n");
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	snprintf(path, sizeof(path), "%s/home/config", root);
	setenv("GIT_CONFIG_GLOBAL", path, 1);
	snprintf(path, sizeof(path), "%s/home", root);
	setenv("HOME", path, 1);
	setenv("XDG_CONFIG_HOME", path, 1);
	for (unsigned row = 0; row < COUNT(rows) + COUNT(own); row++) {
		make_text(root, "home/config", row < COUNT(rows) ? rows[row] : "[core]\nexcludesFile = ~/ex-a\n");
		make_text(root, "r/.git/config", row < COUNT(rows) ? "" : own[row - COUNT(rows)]);
		for (size_t i = 0; i < COUNT(directories); i++)
			compare_configured(row, root, directories[i]);
	}
	tree_remove(root);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_git__a_walk_searches_what_git_lists),
		cmocka_unit_test(test_git__what_is_tracked_is_searched),
		cmocka_unit_test(test_git__each_version_of_the_index_is_read),
		cmocka_unit_test(test_git__each_file_of_an_index_is_tracked),
		cmocka_unit_test(test_git__without_case_a_file_is_tracked_in_any_case),
		cmocka_unit_test(test_git__a_damaged_index_is_an_error_at_worst),
		cmocka_unit_test(test_git__an_entry_without_a_name_is_damage_unless_the_index_is_split),
		cmocka_unit_test(test_git__an_extension_larger_than_the_index_is_damage),
		cmocka_unit_test(test_git__a_configuration_includes_what_git_includes),
	};

	if (system("git --version >/dev/null 2>&1") != 0) {
		puts("git is not installed");
		return 77;
	}
	random_seed();
	return RUN_TESTS(tests, NULL, NULL);
}
