/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_hostile.c - trees that are hard to walk: too deep for a path, names of any bytes, special
 * files, and directories that change during the walk.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

/* nftw() cannot do it: it needs a path, too. */
static void remove_deep(char *root)
{
	pid_t child = fork();

	if (child == 0) {
		execlp("rm", "rm", "-rf", root, (char *)NULL);
		_exit(1);
	}
	waitpid(child, NULL, 0);
	free(root);
}

static void make_file_at(int directory, const char *name, const char *text)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

enum { NEEDLES = 100 };

/* Each directory has a file before the next directory and one after it; some of the files have a match. */
static char *make_deep(size_t depth)
{
	char *root = forest_open_in_memory();
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < depth; i++) {
		const char *text = i % NEEDLES == 0 ? "needle\n" : "hay\n";
		int next;

		make_file_at(fd, "a", text);
		make_file_at(fd, "z", text);
		assert_int_equal(mkdirat(fd, "directory", 0755), 0);
		next = openat(fd, "directory", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	close(fd);
	return root;
}

/* The depth of the file that is found as number n: down by "a", and up by "z". */
static size_t depth_of(size_t n, size_t found)
{
	return (n < found / 2 ? n : found - 1 - n) * NEEDLES;
}

static void test_hostile__a_tree_may_be_deeper_than_any_path(void **state)
{
	static const size_t step = sizeof("directory");
	size_t depth = how_much(4000, SCALED(10000)), found = (depth + NEEDLES - 1) / NEEDLES * 2;
	char *root = make_deep(depth);

	(void)state;
	for (uint32_t workers = 0; workers < 4; workers++) {
		struct search_stats stats = SEARCH_STATS_INIT;
		const struct search_item *item;
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", root);
		a.source.name = "";
		a.options.workers = workers > 0 ? workers : SEARCH_NO_WORKERS;
		s = open_search(&a.options);
		for (size_t n = 0; n < found; n++) {
			assert_int_equal(search_next(s, &item), 1);
			if (item->kind != SEARCH_ITEM_MATCH)
				fail_msg("at depth %zu: %s", item->path_length / step, item->message);
			assert_int_equal(item->path_length, depth_of(n, found) * step + 1);
			assert_int_equal(item->path[item->path_length - 1], n < found / 2 ? 'a' : 'z');
		}
		assert_int_equal(search_next(s, &item), 0);
		assert_int_equal(search_stats(s, &stats), SEARCH_OK);
		assert_int_equal(stats.files_searched, 2 * depth);
		assert_int_equal(stats.directories, depth + 1);
		assert_true(stats.peak_open_files <= 128);
		search_close(s);
	}
	remove_deep(root);
}

enum { DEEP_ENOUGH = 1000 };

/* Outside of a pool it is the reserve that gets descriptor 0, see lib/plan/fd_budget.c; in one, a directory. */
static int search_deep_without_input(void *context)
{
	static const struct {
		uint32_t workers;
		bool pooled;
	} rows[] = { { SEARCH_NO_WORKERS, false }, { 1, false }, { 2, false }, { 3, false }, { 0, true } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct search_pool_options of_pool = SEARCH_POOL_OPTIONS_INIT;
		struct search_pool *pool = NULL;
		const struct search_item *item;
		struct search *s;
		struct simple a;
		size_t found = 0;

		close(0);
		of_pool.workers = 1;
		CHILD_CHECK(!rows[i].pooled || search_pool_open(&pool, &of_pool, NULL) == SEARCH_OK);
		simple_init(&a, "needle", context);
		a.options.pool = pool;
		a.options.workers = rows[i].workers;
		CHILD_CHECK(search_open(&s, &a.options, NULL) == SEARCH_OK);
		while (search_next(s, &item) == 1)
			found += item->kind == SEARCH_ITEM_MATCH;
		search_close(s);
		search_pool_close(pool);
		CHILD_CHECK(found == 2 * DEEP_ENOUGH / NEEDLES);
		CHILD_CHECK(fcntl(0, F_GETFD) < 0);
	}
	return 0;
}

/* Each descriptor on the way may be 0. */
static void test_hostile__a_deep_tree_is_searched_where_descriptor_0_is_free(void **state)
{
	char *root = make_deep(DEEP_ENOUGH);

	(void)state;
	assert_int_equal(process_child(search_deep_without_input, root, NULL), 0);
	remove_deep(root);
}

/* With as few descriptors as possible: what cannot be reached is reported, each file and directory once. */
static void test_hostile__without_descriptors_what_is_too_deep_is_reported(void **state)
{
	size_t depth = how_much(1500, SCALED(4000));
	char *root = make_deep(depth);

	(void)state;
	for (uint32_t most = 2; most < 8; most++) {
		struct search_stats stats = SEARCH_STATS_INIT;
		const struct search_item *item;
		size_t errors = 0;
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", root);
		a.source.name = "";
		a.options.workers = most % 3;
		a.options.max_open_files = most;
		s = open_search(&a.options);
		while (search_next(s, &item) == 1) {
			if (item->kind != SEARCH_ITEM_ERROR)
				continue;
			assert_int_equal(item->error, ENAMETOOLONG);
			errors++;
		}
		assert_int_equal(search_stats(s, &stats), SEARCH_OK);
		assert_true(stats.peak_open_files <= most);
		/* what is in a directory that cannot be reached is not reported */
		assert_true(errors > 0 ? stats.files_searched < 2 * depth : stats.files_searched == 2 * depth);
		search_close(s);
	}
	remove_deep(root);
}

static void test_hostile__names_may_have_any_bytes(void **state)
{
	static const char *const names[] = { "\x01", "\n", " ", "-e", "...", "a\nb", "a:1:needle", "\xC3\xA9", "\xE2\x82", "\xFF\xFE" };
	enum { NAMES = sizeof(names) / sizeof(names[0]) };
	char *root = forest_open_in_memory(), longest[NAME_MAX + 1];
	const struct search_item *item;
	size_t seen = 0;
	struct search *s;
	struct simple a;

	(void)state;
	memset(longest, 'n', NAME_MAX);
	longest[NAME_MAX] = '\0';
	forest_text(root, longest, "needle\n");
	for (size_t i = 0; i < NAMES; i++)
		forest_text(root, names[i], "needle\n");
	simple_init(&a, "needle", root);
	a.source.name = "";
	for (int list = 0; list < 2; list++) {
		char last[NAME_MAX + 1] = "";

		set_flags(&a.options, list ? SEARCH_RESULT_LIST : 0);
		s = open_search(&a.options);
		while (search_next(s, &item) == 1) {
			bool known = strcmp(item->path, longest) == 0;

			for (size_t i = 0; i < NAMES; i++)
				known |= strcmp(item->path, names[i]) == 0;
			assert_true(known);
			assert_true(strcmp(last, item->path) < 0);
			strcpy(last, item->path);
			seen++;
		}
		search_close(s);
	}
	assert_int_equal(seen, 2 * (NAMES + 1));
	forest_close(root);
}

static void make_socket(const char *root)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", root);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

/* Special files are not opened: a device without a driver would be an error, and a FIFO would never end. */
static void test_hostile__special_files_are_skipped_and_counted(void **state)
{
	char *root = forest_open(), *device = forest_path(root, "device"), *block = forest_path(root, "block");
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	struct search *s;
	struct simple a;
	unsigned special = 3;

	(void)state;
	forest_text(root, "file", "needle\n");
	forest_fifo(root, "fifo");
	forest_link(root, "link", "file");
	make_socket(root);
	special += mknod(device, S_IFCHR | 0644, makedev(4095, 1)) == 0;
	special += mknod(block, S_IFBLK | 0644, makedev(4095, 1)) == 0;
	simple_init(&a, "needle", root);
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_int_equal(item->kind, SEARCH_ITEM_MATCH);
	assert_int_equal(search_next(s, &item), 0);
	assert_int_equal(search_stats(s, &stats), SEARCH_OK);
	assert_int_equal(stats.files_skipped, special);
	assert_int_equal(stats.errors, 0);
	search_close(s);
	free(device);
	free(block);
	forest_close(root);
}

/* Returns the number of lines of a file; `bytes` is how many were searched. */
static uint64_t count_lines(const char *path, uint32_t part_bytes, uint64_t *bytes)
{
	const struct search_item *item;
	uint64_t lines = 0;
	struct search *s;
	struct simple a;

	simple_init(&a, "", path);
	set_flags(&a.options, SEARCH_RESULT_FILE_ENDS);
	a.options.workers = 2;
	a.options.split_bytes = part_bytes;
	s = open_search(&a.options);
	while (search_next(s, &item) == 1) {
		assert_int_not_equal(item->kind, SEARCH_ITEM_ERROR);
		lines += item->kind == SEARCH_ITEM_MATCH;
		*bytes = item->bytes;
	}
	search_close(s);
	return lines;
}

/* The kernel invents the sizes of some files: 0 in /proc, a page in /sys. In parts, too. */
static void test_hostile__files_of_a_false_size_are_read_to_the_end(void **state)
{
	static const char *const paths[] = {
		"/proc/self/status", "/proc/version", "/sys/kernel/uevent_seqnum", "/sys/devices/system/cpu/online",
	};
	unsigned tried = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char text[8192];
		FILE *file = fopen(paths[i], "r");
		uint64_t lines = 0, bytes = 0;
		size_t size;

		if (file == NULL)
			continue;
		size = fread(text, 1, sizeof(text), file);
		fclose(file);
		for (size_t k = 0; k < size; k++)
			lines += text[k] == '\n';
		for (uint32_t part = 1; part < 10000; part *= 100)
			assert_int_equal(count_lines(paths[i], part, &bytes), lines);
		assert_true(bytes > 0);
		tried++;
	}
	assert_true(tried > 0);
}

/* --- directories that change --- */

/* a/1 and so on to e/1. The caller does the work: when a/1 comes, it has listed the root and `a`. */
static struct search *stop_after_a(char **root, uint32_t max_open_files)
{
	const struct search_item *item;
	struct search *s;
	struct simple a;

	*root = forest_open();
	for (char name[] = "a"; name[0] <= 'e'; name[0]++) {
		char file[] = { name[0], '/', '1', '\0' };

		forest_directory(*root, name);
		forest_text(*root, file, "needle\n");
	}
	chmod(*root, 0755);
	simple_init(&a, "needle", *root);
	a.source.name = "";
	a.options.workers = SEARCH_NO_WORKERS;
	a.options.max_open_files = max_open_files;
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_string_equal(item->path, "a/1");
	return s;
}

/* The remaining items: " path" or " path: errno N" for each. */
static void take_rest(struct search *s, char *got)
{
	const struct search_item *item;

	got[0] = '\0';
	while (search_next(s, &item) == 1) {
		got += sprintf(got, " %s", item->path);
		if (item->kind == SEARCH_ITEM_ERROR)
			got += sprintf(got, ": errno %d", item->error);
	}
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	search_close(s);
}

static void test_hostile__directories_may_be_moved_or_removed(void **state)
{
	(void)state;
	for (uint32_t most = 2; most < 20; most += 6) {
		char *root, *b, *c, *d, *moved, got[200];
		struct search *s = stop_after_a(&root, most);

		b = forest_path(root, "b");
		c = forest_path(root, "c/1");
		d = forest_path(root, "d");
		moved = forest_path(root, "moved");
		assert_int_equal(rename(b, moved), 0);
		assert_int_equal(unlink(c), 0);
		c[strlen(c) - 2] = '\0';
		assert_int_equal(rmdir(c), 0);
		assert_int_equal(rename(d, c), 0);
		forest_text(root, "d", "needle\n"); /* a file now */
		take_rest(s, got);
		assert_string_equal(got, " b: errno 2 c/1 d: errno 20 e/1");
		free(b);
		free(c);
		free(d);
		free(moved);
		forest_close(root);
	}
}

/* Runs as the user nobody, since root may read files that their modes do not allow it to read. */
static int take_away_permissions(void *context)
{
	char *root, *b, *c, *d, got[200];
	struct search *s;

	if (getuid() == 0 && setuid(65534) != 0)
		return 77;
	s = stop_after_a(&root, *(uint32_t *)context);
	b = forest_path(root, "b");
	c = forest_path(root, "c/1");
	d = forest_path(root, "d");
	chmod(b, 0);
	chmod(c, 0);
	chmod(d, 0444); /* may be listed, but not entered */
	take_rest(s, got);
	CHILD_CHECK(strcmp(got, " b: errno 13 c/1: errno 13 d/1: errno 13 e/1") == 0);
	chmod(b, 0755);
	chmod(d, 0755);
	free(b);
	free(c);
	free(d);
	forest_close(root);
	return 0;
}

static void test_hostile__permissions_may_be_taken_away(void **state)
{
	(void)state;
	for (uint32_t most = 2; most < 20; most += 6) {
		long peak;
		int rc = process_child(take_away_permissions, &most, &peak);

		if (rc == 77)
			skip();
		assert_int_equal(rc, 0);
	}
}

struct mover {
	_Atomic bool stop;
	pthread_t thread;
	char *root;
	uint64_t seed;
};

/* Moves, removes and makes directories and files of a few names, as fast as it can. */
static void *keep_moving(void *context)
{
	struct mover *m = context;
	struct dice d = { m->seed };
	int root = open(m->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (!atomic_load(&m->stop)) {
		char from[8], to[8];

		snprintf(from, sizeof(from), "%u/%u", dice_below(&d, 4), dice_below(&d, 4));
		snprintf(to, sizeof(to), "%u/%u", dice_below(&d, 4), dice_below(&d, 4));
		if (dice_chance(&d, 30))
			from[1] = to[1] = '\0';
		switch (dice_below(&d, 5)) {
		case 0: renameat(root, from, root, to); break;
		case 1: mkdirat(root, to, 0755); break;
		case 2: unlinkat(root, from, dice_chance(&d, 50) ? AT_REMOVEDIR : 0); break;
		case 3: (void)!symlinkat(from, root, to); break; /* or the tree stays as it is */
		default: close(openat(root, to, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0644)); break;
		}
	}
	close(root);
	return NULL;
}

static void test_hostile__a_tree_may_change_all_the_time(void **state)
{
	static struct mover m; /* static: its thread goes on if the test fails */

	(void)state;
	m.seed = random_seed();
	m.root = forest_open_in_memory();
	pthread_create(&m.thread, NULL, keep_moving, &m);
	for (uint32_t n = 0, rounds = (uint32_t)how_many_rounds(300, SCALED(1000)); n < rounds; n++) {
		const struct search_item *item;
		struct search *s;
		struct simple a;

		simple_init(&a, "", m.root);
		a.options.workers = n % 4 == 0 ? SEARCH_NO_WORKERS : n % 4;
		a.options.max_open_files = 2 + n % 10;
		set_flags(&a.options, SEARCH_RESULT_FILE_ENDS | (n % 3 == 0 ? SEARCH_WALK_FOLLOW : 0) | (n % 5 == 0 ? SEARCH_RESULT_LIST : 0));
		s = open_search(&a.options);
		while (search_next(s, &item) == 1)
			if (item->kind == SEARCH_ITEM_ERROR && item->error != ENOENT && item->error != ENOTDIR &&
			    item->error != ELOOP && item->error != EISDIR)
				fail_msg("%s: %s", item->path, item->message);
		assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
		search_close(s);
	}
	atomic_store(&m.stop, true);
	pthread_join(m.thread, NULL);
	remove_deep(m.root);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile__a_tree_may_be_deeper_than_any_path),
		cmocka_unit_test(test_hostile__a_deep_tree_is_searched_where_descriptor_0_is_free),
		cmocka_unit_test(test_hostile__without_descriptors_what_is_too_deep_is_reported),
		cmocka_unit_test(test_hostile__names_may_have_any_bytes),
		cmocka_unit_test(test_hostile__special_files_are_skipped_and_counted),
		cmocka_unit_test(test_hostile__files_of_a_false_size_are_read_to_the_end),
		cmocka_unit_test(test_hostile__directories_may_be_moved_or_removed),
		cmocka_unit_test(test_hostile__permissions_may_be_taken_away),
		cmocka_unit_test(test_hostile__a_tree_may_change_all_the_time),
	};

	alarm(patience(240));
	return RUN_TESTS(tests, NULL, NULL);
}
