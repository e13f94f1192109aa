/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_overlays.c - texts in the place of files.
 *
 * A search with overlays gives what the same search gives after the texts were written, and the removed files unlinked:
 * that is tried with cases, and with random trees, texts and options. A round that fails prints its seed: PS_SEED=seed
 * runs that round first.
 *
 * The linker sends the library's calls that look at files through the __wrap_ functions here (see the Makefile).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/archive.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/options.h"
#include "../support/unsaved.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

/* --- the wrappers --- */

static const char *_Atomic watched;  /* calls with a path that ends so are counted; NULL: none */
static _Atomic int touched;
static _Atomic int failing_fstat;    /* the call of fstat with this number fails; 0: none */
static _Atomic int failing_link;     /* the same of readlinkat */

static void note_path(const char *path)
{
	const char *name = atomic_load(&watched);
	size_t length = strlen(path), n = name != NULL ? strlen(name) : 0;

	if (n > 0 && length >= n && strcmp(path + length - n, name) == 0)
		atomic_fetch_add(&touched, 1);
}

/* Is this the call that fails? */
static bool is_failing(_Atomic int *number)
{
	bool fails = atomic_load(number) > 0 && atomic_fetch_sub(number, 1) == 1;

	if (fails)
		errno = EIO;
	return fails;
}

int __real_openat(int at, const char *path, int flags, ...);
int __real_fstatat(int at, const char *path, struct stat *st, int flags);
int __real_fstatat64(int at, const char *path, void *st, int flags);
int __real_fstat(int fd, struct stat *st);
int __real_fstat64(int fd, void *st);
ssize_t __real_readlinkat(int at, const char *path, char *to, size_t size);
long __real_syscall(long number, ...);

int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...);
int __wrap_fstatat(int at, const char *path, struct stat *st, int flags);
int __wrap_fstatat64(int at, const char *path, void *st, int flags);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat64(int fd, void *st);
ssize_t __wrap_readlinkat(int at, const char *path, char *to, size_t size);
long __wrap_syscall(long number, ...);

int __wrap_openat(int at, const char *path, int flags, ...)
{
	note_path(path);
	return __real_openat(at, path, flags);
}

int __wrap_openat64(int at, const char *path, int flags, ...)
{
	return __wrap_openat(at, path, flags | O_LARGEFILE);
}

int __wrap_fstatat(int at, const char *path, struct stat *st, int flags)
{
	note_path(path);
	return __real_fstatat(at, path, st, flags);
}

int __wrap_fstatat64(int at, const char *path, void *st, int flags)
{
	note_path(path);
	return __real_fstatat64(at, path, st, flags);
}

int __wrap_fstat(int fd, struct stat *st)
{
	return is_failing(&failing_fstat) ? -1 : __real_fstat(fd, st);
}

int __wrap_fstat64(int fd, void *st)
{
	return is_failing(&failing_fstat) ? -1 : __real_fstat64(fd, st);
}

ssize_t __wrap_readlinkat(int at, const char *path, char *to, size_t size)
{
	return is_failing(&failing_link) ? -1 : __real_readlinkat(at, path, to, size);
}

long __wrap_syscall(long number, ...)
{
	va_list list;
	long a[6];

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_openat2)
		note_path((const char *)a[1]);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* --- cases --- */

static char *root; /* the working directory, too */

static int set_up(void **state)
{
	(void)state;
	root = forest_open();
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

/* Makes a new directory below the root, and goes there. */
static char *begin_case(void)
{
	static int number;
	char name[20], *path;

	sprintf(name, "case%d", number++);
	forest_directory(root, name);
	path = forest_path(root, name);
	assert_int_equal(chdir(path), 0);
	return path;
}

static void end_case(char *path)
{
	assert_int_equal(chdir(root), 0);
	free(path);
}

static struct search_overlay text_at(const char *path, const char *text)
{
	return (struct search_overlay){ .path = path, .data = text, .size = strlen(text) };
}

static struct search_overlay removed_at(const char *path)
{
	return (struct search_overlay){ .path = path, .flags = SEARCH_OVERLAY_REMOVED };
}

/* Appends to what was found: "path:text", or "path" with SEARCH_RESULT_LIST, or "path!errno"; each and a newline. */
static void write_item(char *found, const struct search_item *item)
{
	char *at = found + strlen(found);

	if (item->kind == SEARCH_ITEM_ERROR)
		sprintf(at, "%s!%d\n", item->path, item->error);
	else if (item->kind == SEARCH_ITEM_FILE)
		sprintf(at, "%s\n", item->path);
	else
		sprintf(at, "%s:%.*s\n", item->path, (int)item->length, item->text);
}

/* Searches with several numbers of workers, and expects the same each time. */
static void expect(struct search_options *options, const char *wanted)
{
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, 1, 4 };

	for (int i = 0; i < 3; i++) {
		const struct search_item *item;
		struct search_error error = SEARCH_ERROR_INIT;
		struct search *s;
		char found[10000] = "";

		options->workers = workers[i];
		if (search_open(&s, options, &error) != SEARCH_OK)
			fail_msg("search_open: %s", error.message);
		while (search_next(s, &item) == 1)
			write_item(found, item);
		search_close(s);
		if (strcmp(found, wanted) != 0)
			fail_msg("found\n%sinstead of\n%s", found, wanted);
	}
}

/* For one overlay, in the working directory. */
static void expect_with(struct simple *a, const struct search_overlay *overlay, const char *wanted)
{
	a->options.overlays = overlay;
	a->options.overlay_count = 1;
	expect(&a->options, wanted);
}

static void test_overlays__any_way_to_write_the_path_will_do(void **state)
{
	static const char *const ways[] = {
		"d/f.c", "./d/f.c", "d//f.c", "d/./f.c", "d/../d/f.c", "d/sub/../f.c", "to-d/f.c", "to-d/sub/..//f.c",
		"to-f.c", "to-to-f.c", "d/next-to-f.c", "to-d/next-to-f.c", "absolute", ".//./to-d/./f.c", "d/sub/up/f.c",
	};
	char *path = begin_case(), *file = forest_path(path, "d/f.c");
	struct search_overlay overlay;
	struct simple a;

	(void)state;
	forest_directory(path, "d");
	forest_directory(path, "d/sub");
	forest_text(path, "d/f.c", "the needle of the file\n");
	forest_link(path, "to-d", "d");
	forest_link(path, "d/sub/up", "..");
	forest_link(path, "to-f.c", "d/f.c");
	forest_link(path, "to-to-f.c", "./to-f.c");
	forest_link(path, "d/next-to-f.c", "f.c");
	forest_link(path, "absolute", file);
	simple_init(&a, "needle", ".");
	for (size_t i = 0; i <= sizeof(ways) / sizeof(ways[0]); i++) {
		bool last = i == sizeof(ways) / sizeof(ways[0]);

		overlay = text_at(last ? file : ways[i], "no\na needle of the buffer");
		expect_with(&a, &overlay, "./d/f.c:a needle of the buffer\n");
	}
	a.source.path = path; /* and any way to come there */
	a.source.name = "";
	expect_with(&a, &overlay, "d/f.c:a needle of the buffer\n");
	a.source.path = "d/sub/up/";
	expect_with(&a, &overlay, "f.c:a needle of the buffer\n");
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR,
					   .descriptor = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC), .name = "x" };
	expect_with(&a, &overlay, "x/f.c:a needle of the buffer\n");
	close(a.source.descriptor);
	free(file);
	end_case(path);
}

/* A search of the working directory for "needle", with overlays; paths in the items begin below it. */
static void simple_overlaid(struct simple *a, const struct search_overlay *overlays, size_t count)
{
	simple_init(a, "needle", ".");
	a->source.name = "";
	a->options.overlays = overlays;
	a->options.overlay_count = count;
}

static void make_small_tree(const char *path)
{
	forest_directory(path, "b");
	forest_text(path, "a", "needle 1\n");
	forest_text(path, "b/c", "needle 2\n");
	forest_text(path, "d", "needle 3\n");
}

static void test_overlays__new_replaced_and_removed_files_have_their_places(void **state)
{
	const struct search_overlay overlays[] = {
		text_at("zz", "needle zz"), text_at("b/a", "needle b/a"), text_at("b/c", "needle of c\n"), removed_at("a"),
		removed_at("not there"), text_at("b/cc", "needle cc"), text_at("empty", ""), removed_at("b/not/there"),
		{ .path = "empty too" },
	};
	char *path = begin_case();
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	struct search *s;
	struct simple a;

	(void)state;
	make_small_tree(path);
	simple_overlaid(&a, overlays, sizeof(overlays) / sizeof(overlays[0]));
	expect(&a.options, "b/a:needle b/a\nb/c:needle of c\nb/cc:needle cc\nd:needle 3\nzz:needle zz\n");
	s = open_search(&a.options);
	while (search_next(s, &item) == 1)
		;
	search_stats(s, &stats);
	search_close(s);
	assert_int_equal(stats.files_found, 7);
	assert_int_equal(stats.files_searched, 7);
	assert_int_equal(stats.directories, 2);
	set_flags(&a.options, SEARCH_RESULT_LIST);
	expect(&a.options, "b/a\nb/c\nb/cc\nd\nempty\nempty too\nzz\n");
	end_case(path);
}

static void test_overlays__filters_decide_as_for_a_file(void **state)
{
	static const struct search_glob globs[] = { { .text = "*.c" }, { .text = "x.c", .flags = SEARCH_GLOB_EXCLUDE } };
	const struct search_overlay overlays[] = {
		text_at("b/new.c", "needle"), text_at("b/x.c", "needle"), text_at("b/new.h", "needle"),
		text_at(".hidden.c", "needle"), text_at("ignored.c", "needle"), text_at("large.c", "needle and more"),
		text_at("b/d/deep.c", "needle"), text_at("old.c", "needle"),
	};
	char *path = begin_case();
	struct simple a;

	(void)state;
	forest_directory(path, "b");
	forest_directory(path, "b/d");
	forest_text(path, ".ignore", "ignored.c\n");
	forest_text(path, "old.c", "much more than fits: a needle\n");
	simple_overlaid(&a, overlays, sizeof(overlays) / sizeof(overlays[0]));
	walk_of(&a.options)->globs = globs;
	walk_of(&a.options)->glob_count = 2;
	walk_of(&a.options)->max_depth = 2;
	walk_of(&a.options)->max_file_size = 10;
	set_flags(&a.options, SEARCH_WALK_IGNORE_FILES | SEARCH_WALK_SKIP_HIDDEN);
	expect(&a.options, "b/new.c:needle\nold.c:needle\n");
	end_case(path);
}

/* A directory that is not on disk is walked if there is a text in it. */
static void test_overlays__new_directories(void **state)
{
	static const struct search_glob no_gone = { .text = "gone/", .flags = SEARCH_GLOB_EXCLUDE };
	const struct search_overlay overlays[] = {
		text_at("new/x/f", "needle 1"), text_at("b//y/./g", "needle 2"), text_at("new/a", "needle 3"),
		removed_at("nothing/f"), removed_at("new/b"), text_at(".new/f", "needle 4"), text_at("gone/f", "needle 5"),
	};
	char *path = begin_case();
	struct simple a;

	(void)state;
	make_small_tree(path);
	simple_overlaid(&a, overlays, sizeof(overlays) / sizeof(overlays[0]));
	walk_of(&a.options)->globs = &no_gone;
	walk_of(&a.options)->glob_count = 1;
	expect(&a.options, ".new/f:needle 4\na:needle 1\nb/c:needle 2\nb/y/g:needle 2\nd:needle 3\nnew/a:needle 3\n"
			   "new/x/f:needle 1\n");
	set_flags(&a.options, SEARCH_WALK_SKIP_HIDDEN);
	walk_of(&a.options)->max_depth = 2;
	expect(&a.options, "a:needle 1\nb/c:needle 2\nd:needle 3\nnew/a:needle 3\n");
	set_flags(&a.options, SEARCH_RESULT_LIST | SEARCH_WALK_FOLLOW);
	walk_of(&a.options)->max_depth = 0;
	expect(&a.options, ".new/f\na\nb/c\nb/y/g\nd\nnew/a\nnew/x/f\n");
	end_case(path);
}

/* One that is made while the search runs has both: what is on disk, and what has an overlay. */
static void test_overlays__a_directory_that_appears_later_is_walked(void **state)
{
	const struct search_overlay overlays[] = {
		text_at("new/b", "needle of b"), text_at("new/.ignore", "ignored"), removed_at("newer/a"),
	};
	char *path = begin_case(), found[1000] = "";
	const struct search_item *item;
	struct search *s;
	struct simple a;

	(void)state;
	make_small_tree(path);
	simple_overlaid(&a, overlays, 3);
	a.options.workers = SEARCH_NO_WORKERS;
	set_flags(&a.options, SEARCH_WALK_IGNORE_FILES);
	s = open_search(&a.options);
	forest_directory(path, "newer");
	forest_text(path, "newer/a", "needle");
	forest_text(path, "newer/b", "needle of newer b");
	forest_directory(path, "new");
	forest_text(path, "new/ignored", "needle");
	forest_text(path, "new/a", "needle of a");
	forest_text(path, "new/b", "needle on disk");
	while (search_next(s, &item) == 1)
		write_item(found, item);
	search_close(s);
	assert_string_equal(found, "a:needle 1\nb/c:needle 2\nd:needle 3\nnew/a:needle of a\nnew/b:needle of b\n"
				  "newer/b:needle of newer b\n");
	end_case(path);
}

static void test_overlays__rules_are_those_of_the_texts(void **state)
{
	static const struct {
		uint32_t flags;
		const char *path, *text, *wanted;
	} cases[] = {
		{ SEARCH_WALK_IGNORE_VCS, "none", "", "b/c:needle 2\nd:needle 3\nrules:needle\n" },
		{ SEARCH_WALK_IGNORE_VCS, ".gitignore", "b/\n", "a:needle 1\nd:needle 3\nrules:needle\n" },
		{ SEARCH_WALK_IGNORE_VCS, "b/.gitignore", "c", "d:needle 3\nrules:needle\n" },
		{ SEARCH_WALK_IGNORE_VCS, "b/.git/HEAD", "", "b/c:needle 2\nd:needle 3\nrules:needle\n" },
		{ SEARCH_WALK_IGNORE_VCS, ".git/info/exclude", "d", "b/c:needle 2\nrules:needle\n" },
		{ SEARCH_WALK_IGNORE_VCS, "b/rules", "c", "b!0\nb/c:needle 2\nd:needle 3\nrules:needle\n" },
		{ SEARCH_WALK_IGNORE_FILES, "rules", "c", "a:needle 1\nd:needle 3\n" },
		{ SEARCH_WALK_IGNORE_FILES, "b/.ignore", "c", "a:needle 1\nd:needle 3\nrules:needle\n" },
	};
	char *path = begin_case();
	struct simple a;

	(void)state;
	make_small_tree(path);
	forest_directory(path, ".git");
	forest_text(path, ".git/HEAD", "ref: refs/heads/main\n");
	forest_text(path, ".gitignore", "a\n");
	forest_text(path, "rules", "needle\n");
	forest_link(path, ".ignore", "rules");
	simple_init(&a, "needle", ".");
	a.source.name = "";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct search_overlay overlay = text_at(cases[i].path, cases[i].text);
		bool linked = strcmp(cases[i].path, "b/rules") == 0;

		if (linked)
			forest_link(path, "b/.gitignore", "rules"); /* which git does not follow */
		set_flags(&a.options, cases[i].flags);
		expect_with(&a, &overlay, cases[i].wanted);
		if (linked)
			assert_int_equal(unlink("b/.gitignore"), 0);
	}
	a.source.path = "b"; /* and so are those above */
	set_flags(&a.options, SEARCH_WALK_IGNORE_VCS);
	{
		const struct search_overlay none = removed_at(".git/HEAD"), rules = text_at(".gitignore", "c");

		expect_with(&a, &rules, "");
		forest_text(path, ".gitignore", "c\n");
		expect_with(&a, &none, "c:needle 2\n");
	}
	end_case(path);
}

/* A repository's HEAD may be an unsaved text. */
static void test_overlays__a_repository_may_be_new(void **state)
{
	const struct search_overlay overlays[] = { text_at("r/.git/HEAD", "x"), text_at("r/.gitignore", "a"),
						   text_at("r/a", "needle of a"), text_at("r/b", "needle of b") };
	char *path = begin_case();
	struct simple a;

	(void)state;
	make_small_tree(path);
	simple_overlaid(&a, overlays, 4);
	set_flags(&a.options, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_BELOW);
	expect(&a.options, "a:needle 1\nb/c:needle 2\nd:needle 3\nr/b:needle of b\n");
	set_flags(&a.options, SEARCH_WALK_NO_NESTED_REPOSITORIES);
	expect(&a.options, "a:needle 1\nb/c:needle 2\nd:needle 3\n");
	a.options.overlay_count = 0;
	end_case(path);
}

static void test_overlays__sources(void **state)
{
	const struct search_overlay overlays[] = {
		text_at("b/c", "needle of c"), text_at("new", "needle of new"), removed_at("d"), text_at("x/y", "needle of y"),
	};
	char *path = begin_case();
	struct search_source sources[8] = { { 0 } }, slash = { .path = "b/c/" };
	struct simple a;

	(void)state;
	make_small_tree(path);
	forest_link(path, "link", "b/c");
	forest_link(path, "to-d", "d");
	simple_init(&a, "needle", ".");
	sources[0].path = "d";
	sources[1].path = "b/../link";
	sources[2].path = "new";
	sources[3] = (struct search_source){ .path = "b/c", .name = "shown" };
	sources[4].path = "to-d";
	sources[5].path = "x/y";
	sources[6] = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR,
					     .descriptor = open("b/c", O_RDONLY | O_CLOEXEC), .name = "fd" };
	sources[7].path = "a";
	a.options.sources = sources;
	a.options.source_count = 8;
	a.options.overlays = overlays;
	a.options.overlay_count = 4;
	for (int i = 0; i < 2; i++) {
		const char *wanted = "d!2\nb/../link:needle of c\nnew:needle of new\nshown:needle of c\nto-d!2\n"
				     "x/y:needle of y\nfd:needle 2\na:needle 1\n";

		set_flags(&a.options, 0);
		lseek(sources[6].descriptor, 0, SEEK_SET);
		a.options.split_bytes = i == 1 ? 1 : 0;
		a.options.source_count = 6; /* a descriptor is read to its end: once */
		expect(&a.options, "d!2\nb/../link:needle of c\nnew:needle of new\nshown:needle of c\nto-d!2\n"
				   "x/y:needle of y\n");
		a.options.source_count = 8;
		a.options.workers = 1;
		{
			const struct search_item *item;
			struct search *s = open_search(&a.options);
			char found[1000] = "";

			while (search_next(s, &item) == 1)
				write_item(found, item);
			search_close(s);
			assert_string_equal(found, wanted);
		}
	}
	a.options.sources = &slash;
	a.options.source_count = 1;
	expect(&a.options, "b/c/!20\n");
	a.options.sources = sources;
	a.options.source_count = 8;
	set_flags(&a.options, SEARCH_RESULT_LIST);
	expect(&a.options, "d!2\nb/../link\nnew\nshown\nto-d!2\nx/y\nfd\na\n");
	close(sources[6].descriptor);
	end_case(path);
}

static void test_overlays__links_that_are_followed(void **state)
{
	const struct search_overlay overlays[] = {
		text_at("b/c", "needle of c"), removed_at("d"), removed_at("gone"), text_at("broken", "needle of target"),
		text_at("new/f", "needle of f"),
	};
	char *path = begin_case();
	struct simple a;

	(void)state;
	make_small_tree(path);
	forest_link(path, "broken", "b/target");
	forest_link(path, "gone", "a");
	forest_link(path, "to-c", "b/c");
	forest_link(path, "to-d", "d");
	forest_link(path, "to-new", "new");
	forest_link(path, "to-new-f", "new/f");
	forest_link(path, "to-the-right", "./b/../a");
	simple_overlaid(&a, overlays, sizeof(overlays) / sizeof(overlays[0]));
	expect(&a.options, "a:needle 1\nb/c:needle of c\nb/target:needle of target\nnew/f:needle of f\n");
	set_flags(&a.options, SEARCH_WALK_FOLLOW);
	expect(&a.options, "a:needle 1\nb/c:needle of c\nb/target:needle of target\nbroken:needle of target\n"
			   "new/f:needle of f\nto-c:needle of c\nto-d!2\nto-new/f:needle of f\nto-new-f:needle of f\n"
			   "to-the-right:needle 1\n");
	end_case(path);
}

/* A link in /proc may lead to a file that has no name any more. */
static void test_overlays__a_link_may_lead_to_a_file_without_a_name(void **state)
{
	const struct search_overlay overlay = text_at("b/c", "needle of c");
	char *path = begin_case(), target[100];
	struct simple a;
	int fd;

	(void)state;
	make_small_tree(path);
	forest_text(path, "unlinked", "needle without a name\n");
	fd = open("unlinked", O_RDONLY | O_CLOEXEC);
	assert_int_equal(unlink("unlinked"), 0);
	snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
	forest_link(path, "to-it", target);
	simple_overlaid(&a, &overlay, 1);
	set_flags(&a.options, SEARCH_WALK_FOLLOW);
	expect(&a.options, "a:needle 1\nb/c:needle of c\nd:needle 3\nto-it:needle without a name\n");
	close(fd);
	end_case(path);
}

/* The system follows forty, one after the other, and no more. */
static void test_overlays__as_many_links_are_followed_as_the_system_follows(void **state)
{
	enum { MOST = 40, SHOWN = 25 };
	const struct search_overlay overlay = text_at("b/c", "needle of c");
	char *path = begin_case(), name[8], before[8] = "a", expected[(MOST + 4) * SHOWN];
	struct simple a;

	(void)state;
	make_small_tree(path);
	strcpy(expected, "a:needle 1\nb/c:needle of c\nd:needle 3\n");
	for (int i = 1; i <= MOST + 1; i++) {
		snprintf(name, sizeof(name), "l%02d", i);
		forest_link(path, name, before);
		snprintf(before, sizeof(before), "%s", name);
		sprintf(expected + strlen(expected), i <= MOST ? "%s:needle 1\n" : "%s!40\n", name);
	}
	simple_overlaid(&a, &overlay, 1);
	set_flags(&a.options, SEARCH_WALK_FOLLOW);
	expect(&a.options, expected);
	end_case(path);
}

/* search_open() refuses the last overlay, and the message contains `named`. */
static void refuse(const struct search_overlay *overlays, size_t count, int system_error, const char *named)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s = (struct search *)(uintptr_t)1;
	struct simple a;

	simple_init(&a, "needle", ".");
	a.options.overlays = overlays;
	a.options.overlay_count = count;
	assert_int_equal(search_open(&s, &a.options, &error), SEARCH_EINVAL);
	assert_null(s);
	assert_int_equal(error.code, SEARCH_EINVAL);
	assert_int_equal(error.system_error, system_error);
	assert_int_equal(error.subject, SEARCH_SUBJECT_OVERLAY);
	assert_int_equal(error.index, count - 1);
	if (strstr(error.message, named) == NULL)
		fail_msg("\"%s\" does not name %s", error.message, named);
}

static void test_overlays__what_is_refused(void **state)
{
	const struct {
		struct search_overlay last, before;
		int system_error;
		const char *named;
	} cases[] = {
		{ { .path = NULL }, { 0 }, 0, "path is NULL" },
		{ { .path = "a", .size = 1 }, { 0 }, 0, "data is NULL" },
		{ { .path = "a", .reserved = 1 }, { 0 }, 0, "reserved" },
		{ { .path = "a", .reserved2 = 1 }, { 0 }, 0, "reserved" },
		{ { .path = "a", .flags = 2 }, { 0 }, 0, "flags" },
		{ { .path = "a", .flags = SEARCH_OVERLAY_REMOVED, .data = "" }, { 0 }, 0, "SEARCH_OVERLAY_REMOVED" },
		{ { .path = "a", .flags = SEARCH_OVERLAY_REMOVED, .size = 1 }, { 0 }, 0, "data" },
		{ text_at("", ""), { 0 }, EISDIR, "directory" },
		{ text_at("b", ""), { 0 }, EISDIR, "directory" },
		{ text_at("b/", ""), { 0 }, EISDIR, "directory" },
		{ text_at("b/.", ""), { 0 }, EISDIR, "directory" },
		{ text_at("b/..", ""), { 0 }, EISDIR, "directory" },
		{ text_at("/", ""), { 0 }, EISDIR, "directory" },
		{ text_at("to-b", ""), { 0 }, EISDIR, "directory" },
		{ removed_at("b"), { 0 }, EISDIR, "directory" },
		{ text_at("a/x", ""), { 0 }, ENOTDIR, "its directory" },
		{ text_at("round", ""), { 0 }, ELOOP, "its directory" },
		{ text_at("new/../x", ""), { 0 }, ENOENT, "its directory" },
		{ text_at("broken/x", ""), { 0 }, ENOENT, "its directory" },
		{ text_at("broken/x/y", ""), { 0 }, ENOENT, "its directory" },
		{ text_at("a", ""), text_at("b/../a", ""), 0, "same file" },
		{ text_at("new", ""), text_at("./new", ""), 0, "same file" },
		{ text_at("to-a", ""), text_at("a", ""), 0, "same file" },
		{ text_at("to-a", ""), removed_at("a"), 0, "same file" },
		{ removed_at("new/x"), text_at("new//x", ""), 0, "same file" },
		{ text_at("new/x", ""), removed_at("new/x"), 0, "same file" },
		{ text_at("new", ""), text_at("new/x", ""), EISDIR, "directory" },
		{ text_at("new/x", ""), text_at("new", ""), ENOTDIR, "its directory" },
		{ text_at("new/x/y", ""), text_at("new/x", ""), ENOTDIR, "its directory" },
	};
	char *path = begin_case();
	struct search_overlay two[2];

	(void)state;
	make_small_tree(path);
	forest_link(path, "to-b", "b");
	forest_link(path, "to-a", "a");
	forest_link(path, "round", "round");
	forest_link(path, "broken", "nowhere");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		two[0] = cases[i].before.path != NULL ? cases[i].before : text_at("b/other", "");
		two[1] = cases[i].last;
		refuse(two, 2, cases[i].system_error, cases[i].named);
		if (cases[i].before.path == NULL)
			refuse(two + 1, 1, cases[i].system_error, cases[i].named);
	}
	end_case(path);
}

static void test_overlays__a_long_path_or_no_array_is_refused(void **state)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_overlay overlay;
	char *path = begin_case(), far[5000];
	struct search *s;

	(void)state;
	memset(far, 'x', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	overlay = text_at(far, "");
	refuse(&overlay, 1, ENAMETOOLONG, "its directory");
	options.overlay_count = 1;
	assert_int_equal(search_open(&s, &options, NULL), SEARCH_EINVAL);
	end_case(path);
}

static void test_overlays__a_link_and_its_target_are_two_files(void **state)
{
	const struct search_overlay two[] = { text_at("to-a", ""), removed_at("to-a") };
	struct search_options options = SEARCH_OPTIONS_INIT;
	char *path = begin_case();

	(void)state;
	make_small_tree(path);
	forest_link(path, "to-a", "a");
	options.overlays = two;
	options.overlay_count = 2;
	search_close(open_search(&options));
	end_case(path);
}

/* Calls of the walk with the names of files that have overlays: of none, by name and by links. */
static void test_overlays__the_files_are_not_looked_at(void **state)
{
	const struct search_overlay overlays[] = {
		text_at("d/watched", "needle of the buffer\nneedle\n"), removed_at("e/watched"), text_at("watched", "needle"),
	};
	char *path = begin_case();
	struct search_source sources[2] = { { .path = "." }, { .path = "d/watched" } };
	struct simple a;

	(void)state;
	forest_directory(path, "d");
	forest_directory(path, "e");
	forest_text(path, "d/watched", "needle\n");
	forest_text(path, "e/watched", "needle\n");
	forest_text(path, "e/other", "needle\n");
	simple_init(&a, "needle", ".");
	walk_of(&a.options)->max_file_size = 1000; /* asks for the size of each file */
	a.options.sources = sources;
	a.options.source_count = 2;
	atomic_store(&watched, "watched");
	for (int i = 0; i < 8; i++) {
		bool overlaid = i % 2 == 0, listed = i / 2 % 2 == 1;
		struct transcript got = { 0 };

		a.options.overlays = overlays;
		a.options.overlay_count = overlaid ? 3 : 0; /* without, the test would notice */
		set_flags(&a.options, listed ? SEARCH_RESULT_LIST : 0);
		a.options.workers = i < 4 ? 2 : SEARCH_NO_WORKERS;
		atomic_store(&touched, 0);
		collect(&a.options, TAKE_NEXT, &got);
		assert_int_equal(got.items, overlaid && !listed ? 6 : 4);
		transcript_free(&got);
		assert_int_equal(atomic_load(&touched) > 0, !overlaid);
	}
	atomic_store(&watched, NULL);
	end_case(path);
}

/* A large text is searched by several threads, in parts, as a file of its size is. */
static void test_overlays__a_large_text_is_searched_in_parts(void **state)
{
	enum { LINES = 20000, LINE = 16 };
	char *path = begin_case(), *text = malloc(LINES * LINE);
	struct search_overlay overlay = { .path = "f", .data = text, .size = LINES * LINE };
	struct transcript wanted = { 0 }, got = { 0 };
	struct simple a;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < LINES; i++)
		memcpy(text + i * LINE, i % 10 == 0 ? "fifteen needle.\n" : "fifteen of text\n", LINE);
	forest_text(path, "f", "needle\n");
	forest_text(path, "e", "needle\n");
	forest_text(path, "g", "needle\n");
	simple_init(&a, "needle", ".");
	set_flags(&a.options, SEARCH_RESULT_FILE_ENDS);
	a.options.after_context = 2;
	a.options.before_context = 1;
	a.options.overlays = &overlay;
	a.options.overlay_count = 1;
	a.options.workers = SEARCH_NO_WORKERS;
	collect(&a.options, TAKE_NEXT, &wanted);
	assert_true(wanted.items > LINES / 10);
	for (int i = 0; i < 6; i++) {
		a.options.workers = 2 + (uint32_t)i % 3;
		a.options.split_bytes = i < 3 ? 1000 : 100000;
		collect(&a.options, TAKE_NEXT, &got);
		assert_same(&wanted, &got, "in parts");
		transcript_free(&got);
	}
	transcript_free(&wanted);
	free(text);
	end_case(path);
}

/* The search may be closed after any item; the texts are not touched afterwards. */
static void test_overlays__it_may_be_closed_at_any_moment(void **state)
{
	enum { FILES = 60 };
	struct search_overlay overlays[FILES];
	char *path = begin_case();
	struct simple a;

	(void)state;
	for (int i = 0; i < FILES; i++) {
		char *name = forest_path(i % 3 == 0 ? "new" : ".", ""), *text = malloc(40 * 8);

		assert_non_null(text);
		name = realloc(name, 60);
		sprintf(name + strlen(name), "%s%d", i % 3 == 0 ? "x/f" : "f", i);
		for (int k = 0; k < 40; k++)
			memcpy(text + k * 8, "needles\n", 8);
		overlays[i] = (struct search_overlay){ .path = name, .data = text, .size = 40 * 8 };
	}
	simple_init(&a, "needle", ".");
	a.options.split_bytes = 64;
	a.options.max_queued_matches = 5;
	for (int i = 0; i < 80; i++) {
		struct search_overlay copies[FILES];
		const struct search_item *item;
		struct search *s;

		for (int k = 0; k < FILES; k++) { /* so that a sanitizer sees a text that is read too late */
			copies[k] = overlays[k];
			copies[k].data = memcpy(malloc(overlays[k].size), overlays[k].data, overlays[k].size);
		}
		a.options.overlays = copies;
		a.options.overlay_count = FILES;
		a.options.workers = 1 + (uint32_t)i % 4;
		s = open_search(&a.options);
		for (int n = 0; n < i * 3; n++)
			assert_int_equal(search_next(s, &item), 1);
		search_close(s);
		for (int k = 0; k < FILES; k++)
			free((void *)(uintptr_t)copies[k].data);
	}
	for (int i = 0; i < FILES; i++) {
		free((char *)(uintptr_t)overlays[i].path);
		free((char *)(uintptr_t)overlays[i].data);
	}
	end_case(path);
}

/* Calls that fail when the search is opened refuse the overlay; later they are an error of the directory. */
static void test_overlays__each_failed_call_has_an_answer(void **state)
{
	const struct search_overlay overlay = text_at("b/c", "needle of c"), to_overlay = text_at("to-c", "");
	bool whole = false, listing_failed = false;
	char *path = begin_case();
	struct simple a;

	(void)state;
	make_small_tree(path);
	simple_overlaid(&a, &overlay, 1);
	a.options.workers = SEARCH_NO_WORKERS;
	forest_link(path, "to-c", "b/c");
	atomic_store(&failing_link, 1);
	refuse(&to_overlay, 1, EIO, "its directory");
	for (int n = 1; !whole; n++) {
		const struct search_item *item;
		struct search *s = open_search(&a.options);
		char found[1000] = "";

		atomic_store(&failing_fstat, n);
		while (search_next(s, &item) == 1)
			write_item(found, item);
		search_close(s);
		whole = atomic_exchange(&failing_fstat, 0) > 0;
		if (whole)
			assert_string_equal(found, "a:needle 1\nb/c:needle of c\nd:needle 3\n");
		else if (strcmp(found, "a:needle 1\nb!5\nd:needle 3\n") == 0)
			listing_failed = true;
		else
			assert_string_equal(found, "!5\n");
	}
	assert_true(listing_failed);
	end_case(path);
}

/* --- at random --- */

enum { ROUNDS_PER_TREE = 25 };

static uint64_t overlaid, refused, items;

/* --- rounds --- */

struct round {
	struct search_options options;
	struct search_walk walk;
	struct search_pattern pattern;
	struct search_source sources[4];
	struct search_glob globs[2];
	char source_paths[4][2 * PATH_MAX];
};

static void choose_sources(struct dice *d, struct round *round, const char *tree)
{
	static const char *const names[] = { NULL, NULL, "", "shown/" };

	round->options.sources = round->sources;
	round->options.source_count = 1 + dice_below(d, 4);
	for (size_t i = 0; i < round->options.source_count; i++) {
		struct search_source *source = &round->sources[i];
		struct stat st;
		uint32_t kind = dice_below(d, 100);
		const char *path = kind < 50 || i == 0 ? tree : unsaved_any_directory(d);

		if (kind >= 95)
			sprintf(round->source_paths[i], "%s/d1%s", unsaved_any_directory(d),
				kind == 95 ? "/." : kind == 96 ? "/" : "");
		else if (kind >= 70)
			unsaved_choose_path(d, round->source_paths[i]);
		if (kind < 70 || (stat(round->source_paths[i], &st) == 0 && S_ISFIFO(st.st_mode)))
			unsaved_write_path(d, round->source_paths[i], path);
		source->name = names[dice_below(d, 4)];
		source->path = round->source_paths[i];
		if (kind < 10 && i > 0)
			*source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .name = "fd",
							  .descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	}
}

static void close_sources(const struct round *round)
{
	for (size_t i = 0; i < round->options.source_count; i++)
		if (round->sources[i].kind == SEARCH_SOURCE_DESCRIPTOR)
			close(round->sources[i].descriptor);
}

static uint32_t choose_flags(struct dice *d)
{
	static const uint32_t any[] = { SEARCH_MATCH_IGNORE_CASE,     SEARCH_MATCH_INVERT,         SEARCH_MATCH_WORD,
					SEARCH_WALK_SKIP_HIDDEN,      SEARCH_WALK_IGNORE_FILES,    SEARCH_RESULT_FILE_ENDS,
					SEARCH_WALK_ONE_FILE_SYSTEM,  SEARCH_RESULT_NO_LINE_NUMBERS,
					SEARCH_WALK_NO_NESTED_REPOSITORIES };
	uint32_t flags = dice_chance(d, 50) ? SEARCH_WALK_FOLLOW : 0;

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		flags |= dice_chance(d, 20) ? any[i] : 0;
	if (dice_chance(d, 30))
		flags |= SEARCH_WALK_IGNORE_VCS | (dice_chance(d, 50) ? SEARCH_WALK_IGNORE_ANYWHERE : 0U);
	if (dice_chance(d, 20))
		flags |= dice_chance(d, 50) ? SEARCH_RESULT_COUNT : SEARCH_RESULT_LIST;
	if (dice_chance(d, 30))
		flags |= dice_chance(d, 50) ? SEARCH_MATCH_TEXT : SEARCH_MATCH_SKIP_BINARY;
	if (dice_chance(d, 30))
		flags |= dice_chance(d, 50) ? SEARCH_RESULT_GROUPS : SEARCH_MATCH_MULTILINE;
	if (dice_chance(d, 20) && archive_can(&archive_programs[0]))
		flags |= SEARCH_MATCH_DECOMPRESS;
	return flags;
}

static void choose_walk(struct dice *d, struct round *round)
{
	round->globs[0] = (struct search_glob){ .text = dice_chance(d, 50) ? "*.c" : "n*" };
	round->globs[1] = (struct search_glob){ .text = "/*/n1", .flags = SEARCH_GLOB_EXCLUDE, .group = 1 };
	round->options.walk = &round->walk;
	round->walk.globs = round->globs;
	round->walk.glob_count = dice_chance(d, 30) ? 1 + dice_below(d, 2) : 0;
	if (dice_chance(d, 20))
		round->walk.max_depth = 1 + dice_below(d, 4);
	if (dice_chance(d, 20))
		round->walk.max_file_size = 1 + dice_below(d, 400);
}

static void choose_limits(struct dice *d, struct search_options *o)
{
	static const uint32_t part_bytes[] = { 1, 7, 64, 1000, 70000 };
	uint32_t workers = dice_below(d, 5);

	o->workers = workers > 0 ? workers : SEARCH_NO_WORKERS;
	o->encoding = dice_chance(d, 20) ? "auto" : NULL;
	if (dice_chance(d, 20))
		o->before_context = dice_below(d, 4);
	if (dice_chance(d, 20))
		o->after_context = dice_below(d, 4);
	if (dice_chance(d, 15))
		o->max_matches = 1 + dice_below(d, 100);
	if (dice_chance(d, 15))
		o->max_matches_per_file = 1 + dice_below(d, 4);
	if (dice_chance(d, 20))
		o->max_open_files = 2 + dice_below(d, 8);
	if (dice_chance(d, 50))
		o->split_bytes = part_bytes[dice_below(d, 5)];
}

/* Takes all items, and the statistics. */
static void take(struct search *s, enum take how, struct transcript *t, struct search_stats *stats)
{
	assert_int_equal(collect_items(s, how, t), 0);
	assert_int_equal(search_stats(s, stats), SEARCH_OK);
	search_close(s);
}

/* What does not depend on when the threads were stopped. */
static void compare_stats(const struct search_options *o, const struct search_stats *wanted,
			  const struct search_stats *got)
{
	if (o->max_matches != 0)
		return;
	assert_int_equal(got->files_found, wanted->files_found);
	assert_int_equal(got->files_searched, wanted->files_searched);
	assert_int_equal(got->files_skipped, wanted->files_skipped);
	assert_int_equal(got->directories, wanted->directories);
	assert_int_equal(got->errors, wanted->errors);
}

static void play(uint64_t round_seed, const char *tree)
{
	struct dice d = { round_seed };
	struct round round = { .options = SEARCH_OPTIONS_INIT, .walk = SEARCH_WALK_INIT };
	struct transcript wanted = { 0 }, got = { 0 };
	struct search_stats before = SEARCH_STATS_INIT, after = SEARCH_STATS_INIT;
	struct unsaved buffers;
	size_t chosen;
	struct search *s;
	char what[200];

	round.pattern = (struct search_pattern){ .text = "n(e+)dle", .length = 8 };
	round.options.patterns = &round.pattern;
	round.options.pattern_count = 1;
	choose_sources(&d, &round, tree);
	choose_walk(&d, &round);
	set_flags(&round.options, choose_flags(&d));
	choose_limits(&d, &round.options);
	unsaved_choose(&d, &buffers);
	chosen = buffers.count;
	snprintf(what, sizeof(what), "PS_SEED=%llu, flags %#llx, workers %u, parts of %u, matches %llu",
		 (unsigned long long)round_seed, (unsigned long long)get_flags(&round.options), round.options.workers,
		 round.options.split_bytes, (unsigned long long)round.options.max_matches);
	s = unsaved_open(&buffers, &round.options);
	refused += chosen - buffers.count;
	if (s != NULL) {
		enum take how = (enum take)dice_below(&d, TAKE_COUNT);

		take(s, how, &got, &before);
		unsaved_save(&buffers);
		round.options.overlay_count = 0;
		take(open_search(&round.options), how, &wanted, &after);
		assert_same(&wanted, &got, what);
		compare_stats(&round.options, &after, &before);
		overlaid += buffers.count;
		items += got.items;
	}
	while (buffers.count > 0)
		unsaved_drop(&buffers, 0);
	close_sources(&round);
	transcript_free(&wanted);
	transcript_free(&got);
}

/* A round changes its tree for those after it. So a seed stands for a tree and all its rounds. */
static void play_tree(uint64_t tree_seed)
{
	struct dice d = { tree_seed };
	char *path = forest_path(root, "t");

	forest_directory(root, "t");
	forest_generate(path, tree_seed, 1 + dice_below(&d, 40));
	unsaved_add_to_tree(&d, "t");
	for (uint64_t i = 0; i < ROUNDS_PER_TREE; i++) {
		play(tree_seed * 1000 + i, "t");
		unsaved_list("t");
	}
	forest_close(path);
}

static void test_overlays__is_as_if_the_texts_were_written(void **state)
{
	char *on_disk = root;
	uint64_t seed = random_seed();

	(void)state;
	root = forest_open_in_memory();
	assert_int_equal(chdir(root), 0);
	for (size_t i = 0, trees = how_many_rounds(SCALED(10) + 2, SCALED(100)); i < trees; i++)
		play_tree(seed + i);
	printf("%llu overlays, %llu refused, %llu items\n", (unsigned long long)overlaid, (unsigned long long)refused,
	       (unsigned long long)items);
	assert_true(overlaid > refused);
	unsaved_forget();
	forest_close(root);
	root = on_disk;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlays__any_way_to_write_the_path_will_do),
		cmocka_unit_test(test_overlays__new_replaced_and_removed_files_have_their_places),
		cmocka_unit_test(test_overlays__filters_decide_as_for_a_file),
		cmocka_unit_test(test_overlays__new_directories),
		cmocka_unit_test(test_overlays__a_directory_that_appears_later_is_walked),
		cmocka_unit_test(test_overlays__rules_are_those_of_the_texts),
		cmocka_unit_test(test_overlays__a_repository_may_be_new),
		cmocka_unit_test(test_overlays__sources),
		cmocka_unit_test(test_overlays__links_that_are_followed),
		cmocka_unit_test(test_overlays__a_link_may_lead_to_a_file_without_a_name),
		cmocka_unit_test(test_overlays__as_many_links_are_followed_as_the_system_follows),
		cmocka_unit_test(test_overlays__what_is_refused),
		cmocka_unit_test(test_overlays__a_long_path_or_no_array_is_refused),
		cmocka_unit_test(test_overlays__a_link_and_its_target_are_two_files),
		cmocka_unit_test(test_overlays__the_files_are_not_looked_at),
		cmocka_unit_test(test_overlays__a_large_text_is_searched_in_parts),
		cmocka_unit_test(test_overlays__it_may_be_closed_at_any_moment),
		cmocka_unit_test(test_overlays__each_failed_call_has_an_answer),
		cmocka_unit_test(test_overlays__is_as_if_the_texts_were_written),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
