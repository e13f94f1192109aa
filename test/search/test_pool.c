/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pool.c - many searches in one pool: the same items as without it, within the pool's bounds, whatever is closed
 * when. How the pool shares its threads out is in test/pool/test_turns.c. With POOL=1 all other tests run in a pool.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#undef search_open /* with POOL=1: here the pools are the tests' own */
#include "../../lib/base/base.h"

#include "../../lib/search/search.h"
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/process.h"
#include "../support/scale.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

/* --- openat2 and openat that block, see the Makefile --- */

static _Atomic bool blocks;        /* the next opening of a file waits until this is false */
static _Atomic unsigned blocked;   /* threads that wait so */
static _Atomic uint64_t openings;
static _Atomic bool lists_slowly;  /* to read a piece of a directory takes longer than others wait for a thread */

static void pass_gate(const char *path)
{
	size_t length = path != NULL ? strlen(path) : 0;

	atomic_fetch_add(&openings, 1);
	if (length < 4 || strcmp(path + length - 4, "slow") != 0)
		return;
	atomic_fetch_add(&blocked, 1);
	while (atomic_load(&blocks))
		usleep(500);
	atomic_fetch_sub(&blocked, 1);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...);

long __wrap_syscall(long number, ...)
{
	va_list list;
	long a[6];

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_openat2)
		pass_gate((const char *)a[1]);
	if (number == SYS_getdents64 && atomic_load(&lists_slowly))
		usleep(5000);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __wrap_openat(int at, const char *path, int flags, ...)
{
	pass_gate(path);
	return __real_openat(at, path, flags, 0);
}

int __wrap_openat64(int at, const char *path, int flags, ...)
{
	return __wrap_openat(at, path, flags | O_LARGEFILE);
}

/* --- a tree, and pools --- */

enum { DIRECTORIES = 12, FILES = 9, LINES = 60, LARGE = TEST_SANITIZED ? 1 << 18 : 1 << 20 };

static char *tree, *large;

static int set_up(void **state)
{
	char name[40], *text = malloc(LARGE);

	(void)state;
	tree = forest_open();
	for (size_t i = 0; i < LARGE; i += 16)
		memcpy(text + i, "a needle, a pin\n", 16);
	for (int i = 0; i < DIRECTORIES; i++) {
		sprintf(name, "d%d", i);
		forest_directory(tree, name);
		for (int j = 0; j < FILES; j++) {
			sprintf(name, "d%d/f%d", i, j);
			forest_file(tree, name, text, 16 * LINES);
		}
	}
	forest_file(tree, "large", text, LARGE);
	large = forest_path(tree, "large");
	free(text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(large);
	forest_close(tree);
	return 0;
}

static struct search_pool *open_pool(uint32_t workers, uint32_t max_open_files)
{
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;
	struct search_pool *pool;

	options.workers = workers;
	options.max_open_files = max_open_files;
	assert_int_equal(search_pool_open(&pool, &options, NULL), SEARCH_OK);
	return pool;
}

static struct search_pool_stats stats_of(const struct search_pool *pool)
{
	struct search_pool_stats stats = SEARCH_POOL_STATS_INIT;

	assert_int_equal(search_pool_stats(pool, &stats), SEARCH_OK);
	return stats;
}

/* --- the same items --- */

/* Options that differ in what a worker has to do. */
static void choose_options(struct simple *a, unsigned i)
{
	static const uint32_t flags[] = {
		0, SEARCH_RESULT_FILE_ENDS, SEARCH_RESULT_COUNT, SEARCH_MATCH_INVERT, SEARCH_RESULT_LIST,
		SEARCH_MATCH_DECOMPRESS, SEARCH_MATCH_MULTILINE,
	};

	simple_init(a, i % 3 == 0 ? "needle" : i % 3 == 1 ? "pin$" : "(n)eedle.*\\1?", i % 5 == 4 ? large : tree);
	set_flags(&a->options, flags[i % (sizeof(flags) / sizeof(flags[0]))]);
	a->options.split_bytes = i % 2 ? 64 << 10 : 0;
	a->options.before_context = a->options.after_context = i % 4 == 3;
	a->options.max_matches_per_file = i % 7 == 6 ? 3 : 0;
}

/* Many at once, of which a random one is asked for a few items at a time: each delivers what it does alone. */
static void test_pool__each_of_many_searches_delivers_what_it_does_alone(void **state)
{
	enum { COUNT = TEST_RACES ? 20 : 40 };
	static const uint32_t files[] = { 4, 8, 40, 0 };
	struct dice dice = { 7 };

	(void)state;
	for (unsigned round = 0; round < (TEST_SANITIZED ? 2 : 4); round++) {
		struct search_pool *pool = open_pool(1 + round % 3, files[round]);
		size_t threads = process_threads(), descriptors = process_descriptors();
		struct transcript want[COUNT] = { 0 }, got[COUNT] = { 0 };
		struct search *s[COUNT];
		unsigned left = COUNT;

		for (unsigned i = 0; i < COUNT; i++) {
			struct simple a;

			choose_options(&a, i + round);
			a.options.workers = SEARCH_NO_WORKERS;
			want[i].brief = got[i].brief = true;
			collect(&a.options, TAKE_NEXT, &want[i]);
			a.options.workers = 0;
			a.options.pool = pool;
			a.options.priority = i % 3;
			s[i] = open_search(&a.options);
		}
		while (left > 0) {
			unsigned i = dice_below(&dice, COUNT), take = 1 + dice_below(&dice, 3000);
			const struct search_item *item;
			int rc = 1;

			while (s[i] != NULL && take-- > 0 && (rc = search_next(s[i], &item)) == 1)
				transcript_add(&got[i], item);
			if (s[i] != NULL && rc != 1) {
				assert_int_equal(rc, SEARCH_OK);
				search_close(s[i]);
				s[i] = NULL;
				left--;
			}
			if (files[round] > 0 && dice_chance(&dice, 3))
				assert_true(process_descriptors() <= descriptors + files[round]);
		}
		for (unsigned i = 0; i < COUNT; i++) {
			assert_same(&want[i], &got[i], "in a pool");
			transcript_free(&want[i]);
			transcript_free(&got[i]);
		}
		assert_true(process_threads() == threads);
		if (files[round] > 0)
			assert_true(stats_of(pool).peak_open_files <= files[round]);
		search_pool_close(pool);
	}
}

/* --- bounds --- */

/* Searches of which each has delivered one item; nobody asks for more. */
static void pause_searches(struct search_pool *pool, struct search **s, unsigned count, const char *path)
{
	for (unsigned i = 0; i < count; i++) {
		const struct search_item *item;
		struct simple a;

		simple_init(&a, "needle", path);
		a.options.pool = pool;
		s[i] = open_search(&a.options);
		assert_int_equal(search_next(s[i], &item), 1);
	}
}

static void close_all(struct search **s, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		search_close(s[i]);
}

static void test_pool__two_hundred_paused_searches_stay_within_its_bounds(void **state)
{
	enum { COUNT = 200, FILES_OPEN = 16, QUEUED = 1 << 20, BATCH = 64 << 10 };
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;
	struct search_pool *pool;
	struct search *s[COUNT], *another;
	struct search_pool_stats stats;
	struct transcript want = { 0 }, got = { 0 };
	struct simple a;

	(void)state;
	options.workers = 2;
	options.max_open_files = FILES_OPEN;
	options.max_queued_bytes = QUEUED;
	assert_int_equal(search_pool_open(&pool, &options, NULL), SEARCH_OK);
	for (int what = 0; what < 2; what++) {
		pause_searches(pool, s, COUNT, what == 0 ? tree : large);
		assert_int_equal(process_threads(), threads + 2);
		assert_true(process_descriptors() <= descriptors + FILES_OPEN);
		stats = stats_of(pool);
		assert_true(stats.peak_open_files <= FILES_OPEN);
		assert_true(stats.peak_queued_bytes <= QUEUED + COUNT * BATCH);
		assert_int_equal(stats.searches, COUNT);
		assert_int_equal(stats.workers, 2);
		simple_init(&a, "pin", tree);
		a.options.workers = SEARCH_NO_WORKERS;
		collect(&a.options, TAKE_NEXT, &want);
		a.options.workers = 0;
		a.options.pool = pool;
		a.options.priority = SEARCH_PRIORITY_INTERACTIVE;
		another = open_search(&a.options);
		assert_int_equal(collect_items(another, TAKE_POLL, &got), SEARCH_OK);
		assert_same(&want, &got, "beside paused searches");
		search_close(another);
		close_all(s, COUNT);
		transcript_free(&want);
		transcript_free(&got);
	}
	search_pool_close(pool);
	assert_true(process_has(threads, descriptors));
}

/* A directory that is being read cannot be closed meanwhile: if the bound is reached, its worker reads on. */
static void test_pool__directories_that_are_read_stay_within_its_bounds(void **state)
{
	enum { COUNT = 8, NAMES = 300, FILES_OPEN = 4 };
	struct search_pool *pool = open_pool(1, FILES_OPEN);
	char *wide = forest_open(), name[256];
	struct transcript got[COUNT] = { 0 };
	struct search *s[COUNT];
	int rc[COUNT];

	(void)state;
	for (int i = 0; i < NAMES; i++) { /* so it is read in some pieces */
		sprintf(name, "%0200d", i);
		forest_text(wide, name, "");
	}
	atomic_store(&lists_slowly, true);
	for (int i = 0; i < COUNT; i++) {
		struct simple a;

		simple_init(&a, "", wide);
		set_flags(&a.options, SEARCH_RESULT_LIST);
		a.options.pool = pool;
		s[i] = open_search(&a.options);
	}
	for (int i = 0; i < COUNT; i++) {
		got[i].brief = true;
		rc[i] = collect_items(s[i], TAKE_NEXT, &got[i]);
	}
	atomic_store(&lists_slowly, false);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(rc[i], SEARCH_OK);
		assert_int_equal(got[i].items, NAMES);
		transcript_free(&got[i]);
	}
	/* A turn may need two; reading a directory needs one. So one less shows that no more could be kept open. */
	assert_in_range(stats_of(pool).peak_open_files, FILES_OPEN - 1, FILES_OPEN);
	close_all(s, COUNT);
	search_pool_close(pool);
	forest_close(wide);
}

/* Takes the descriptors that the process has left. Returns how many. */
static unsigned hold_descriptors(int *held, unsigned most)
{
	struct rlimit limit;
	unsigned holding = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_cur < most ? limit.rlim_cur : most;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (holding < most && (held[holding] = dup(0)) >= 0)
		holding++;
	return holding;
}

/* What one search has used up is not kept from the others. */
static void test_pool__descriptors_of_the_process_may_run_out(void **state)
{
	enum { COUNT = 20, HELD = 4096 };
	static int held[HELD];
	unsigned holding;
	struct search_pool *pool = open_pool(2, 64);
	struct search *s[COUNT], *another;
	struct transcript want = { 0 }, got = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "pin", tree);
	a.options.workers = SEARCH_NO_WORKERS;
	collect(&a.options, TAKE_NEXT, &want);
	pause_searches(pool, s, COUNT / 2, tree);
	pause_searches(pool, s + COUNT / 2, COUNT / 2, large);
	holding = hold_descriptors(held, HELD);
	a.options.workers = 0;
	a.options.pool = pool;
	another = open_search(&a.options);
	assert_int_equal(collect_items(another, TAKE_NEXT, &got), SEARCH_OK);
	while (holding > 0)
		close(held[--holding]);
	assert_same(&want, &got, "with the descriptors that others kept without use");
	search_close(another);
	close_all(s, COUNT);
	search_pool_close(pool);
	transcript_free(&want);
	transcript_free(&got);
}

/* Takes all items of each, and counts the errors for lack of a descriptor. */
static unsigned count_lacks(struct search **s, unsigned count)
{
	const struct search_item *item;
	unsigned lacks = 0;
	int rc;

	for (unsigned i = 0; i < count; i++) {
		while ((rc = search_next(s[i], &item)) == 1)
			lacks += item->kind == SEARCH_ITEM_ERROR && item->error == EMFILE;
		assert_int_equal(rc, SEARCH_OK);
	}
	return lacks;
}

/*
 * Searches whose heads lack descriptors do not keep each other from giving up, or from the few that are left, by trying
 * again and again.
 */
static void test_pool__searches_that_lack_descriptors_do_not_keep_each_other_busy(void **state)
{
	enum { COUNT = 8, SOURCES = TEST_RACES ? 2 : 6, KINDS = 3, HELD = 4096 };
	enum { TRIES = 1000 /* for a file: it takes some ten */ };
	static const unsigned left[] = { 0, 1, 3 }; /* descriptors */
	static int held[HELD];
	char *ruled = forest_open();
	const struct {
		char *path;
		uint64_t files; /* and directories */
	} kinds[KINDS] = { { large, 1 }, { tree, 2 + DIRECTORIES * (1 + FILES) }, { ruled, 3 } };
	struct search_source sources[SOURCES] = { 0 };
	struct simple a;

	(void)state;
	forest_directory(ruled, "a");
	forest_text(ruled, "a/.ignore", "x\n");
	simple_init(&a, "needle", "");
	set_flags(&a.options, SEARCH_WALK_IGNORE_FILES);
	a.options.sources = sources;
	a.options.source_count = SOURCES;
	a.options.timeout_ms = patience(60000); /* or it would be for ever */
	for (unsigned round = 0; round < KINDS * sizeof(left) / sizeof(*left); round++) {
		struct search_pool *pool = open_pool(3, 0);
		unsigned holding = hold_descriptors(held, HELD), lacks;
		uint64_t before = atomic_load(&openings);
		struct search *s[COUNT];

		for (unsigned i = 0; i < left[round / KINDS]; i++)
			close(held[--holding]);
		for (int i = 0; i < SOURCES; i++)
			sources[i].path = kinds[round % KINDS].path;
		a.options.pool = pool;
		for (int i = 0; i < COUNT; i++)
			s[i] = open_search(&a.options);
		lacks = count_lacks(s, COUNT);
		while (holding > 0)
			close(held[--holding]);
		assert_int_equal(lacks, left[round / KINDS] == 0 ? COUNT * SOURCES : 0);
		assert_in_range(atomic_load(&openings) - before, 1, COUNT * SOURCES * TRIES * kinds[round % KINDS].files);
		close_all(s, COUNT);
		search_pool_close(pool);
	}
	forest_close(ruled);
}

/* A search that has its pool to itself gives up at its first file: nobody would wake it later. */
static void test_pool__a_search_without_a_descriptor_gives_up_alone(void **state)
{
	enum { HELD = 4096 };
	static int held[HELD];
	struct search_pool *pool = open_pool(1, 0);
	unsigned holding = hold_descriptors(held, HELD), lacks;
	struct simple a;
	struct search *s;

	(void)state;
	simple_init(&a, "needle", large);
	a.options.pool = pool;
	a.options.timeout_ms = patience(20000); /* or it would wait for ever */
	s = open_search(&a.options);
	lacks = count_lacks(&s, 1);
	while (holding > 0)
		close(held[--holding]);
	assert_int_equal(lacks, 1);
	search_close(s);
	search_pool_close(pool);
}

/* Two searches of the highest priority always have more to do; another one comes to its end all the same. */
static void test_pool__no_priority_keeps_a_search_waiting_for_ever(void **state)
{
	enum { SOURCES = 20000 /* 2,900 are read meanwhile, and more if the caller is slow */ };
	static const enum search_priority lower[] = { SEARCH_PRIORITY_NORMAL, SEARCH_PRIORITY_BACKGROUND };
	struct search_source *sources = calloc(SOURCES, sizeof(*sources));

	(void)state;
	for (size_t i = 0; i < SOURCES; i++)
		sources[i].path = large;
	for (int k = 0; k < 2; k++) {
		struct search_pool *pool = open_pool(1, 0);
		struct search_stats stats = SEARCH_STATS_INIT;
		struct search *busy[2], *s;
		struct transcript got = { .brief = true };
		struct simple a;

		simple_init(&a, "there is no such text", "");
		a.options.sources = sources;
		a.options.source_count = SOURCES;
		a.options.pool = pool;
		a.options.priority = SEARCH_PRIORITY_INTERACTIVE;
		for (int i = 0; i < 2; i++)
			busy[i] = open_search(&a.options);
		simple_init(&a, "needle", tree);
		a.options.pool = pool;
		a.options.priority = lower[k];
		a.options.max_matches = DIRECTORIES * FILES * LINES;
		s = open_search(&a.options);
		assert_int_equal(collect_items(s, TAKE_NEXT, &got), SEARCH_OK);
		assert_int_equal(got.items, DIRECTORIES * FILES * LINES);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(search_stats(busy[i], &stats), SEARCH_OK);
			assert_true(stats.files_searched < SOURCES);
			search_close(busy[i]);
		}
		search_close(s);
		search_pool_close(pool);
		transcript_free(&got);
	}
	free(sources);
}

/*
 * Bytes that a paused search has queued are not missed by another: it may always have a batch, whether or not its items
 * are in order.
 */
static void test_pool__what_a_paused_search_has_queued_keeps_no_other_from_going_on(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_RESULT_UNORDERED };

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;
		struct search_pool *pool;
		struct search *paused, *other;
		const struct search_item *item;
		struct simple a;
		uint64_t queued = 0, before;
		int rc = 1, items = 0;

		options.workers = 2;
		options.max_queued_bytes = 64 << 10;
		assert_int_equal(search_pool_open(&pool, &options, NULL), SEARCH_OK);
		simple_init(&a, "needle", large);
		a.options.pool = pool;
		a.options.max_queued_bytes = 64 << 10;
		paused = open_search(&a.options);
		assert_int_equal(search_next(paused, &item), 1);
		do {
			before = queued;
			usleep(20000);
			queued = stats_of(pool).queued_bytes;
		} while (queued != before);
		assert_true(queued > options.max_queued_bytes / 2);
		simple_init(&a, "needle", large);
		set_flags(&a.options, flags[kind]);
		a.options.pool = pool;
		a.options.timeout_ms = patience(60000); /* or it would be for ever */
		other = open_search(&a.options);
		while ((rc = search_next(other, &item)) == 1)
			items++;
		assert_int_equal(rc, SEARCH_OK);
		assert_int_equal(items, LARGE / 16);
		search_close(other);
		search_close(paused);
		search_pool_close(pool);
	}
}

/*
 * Unordered: the caller waits for the file in front, which was closed between turns and cannot be opened again. The
 * worker that has the head of the plan waits for a ring, as more files are ready than there are rings.
 */
static void test_pool__the_file_in_front_may_give_up(void **state)
{
	enum { FILES_READY = 2000, HELD = 4096 };
	struct search_pool *pool = open_pool(2, 4); /* no file stays open between turns */
	struct search_source sources[2] = { 0 };
	char *many = forest_open(), name[256];
	static int held[HELD];
	unsigned holding;
	const struct search_item *item;
	struct search *s;
	struct simple a;
	int rc, errors = 0;

	(void)state;
	for (int i = 0; i < FILES_READY; i++) {
		sprintf(name, "%0200d", i);
		forest_text(many, name, "a needle\n");
	} /* until all of them are listed, the other worker has gone on to the second source */
	simple_init(&a, "needle", "");
	sources[0].path = many;
	sources[1].path = large;
	a.options.sources = sources;
	a.options.source_count = 2;
	a.options.pool = pool;
	a.options.timeout_ms = patience(60000); /* or it would be for ever */
	set_flags(&a.options, SEARCH_RESULT_UNORDERED);
	s = open_search(&a.options);
	do
		assert_int_equal(search_next(s, &item), 1);
	while (item->source != 1);
	process_wait_for_sleep(); /* all workers wait */
	assert_int_equal(stats_of(pool).open_files, 0);
	holding = hold_descriptors(held, HELD);
	while ((rc = search_next(s, &item)) == 1)
		errors += item->kind == SEARCH_ITEM_ERROR && item->error == EMFILE;
	while (holding > 0)
		close(held[--holding]);
	assert_int_equal(rc, SEARCH_OK);
	assert_true(errors > 0);
	search_close(s);
	search_pool_close(pool);
	forest_close(many);
}

/* --- closing --- */

/* At each moment, in each order. */
static void test_pool__everything_may_be_closed_in_any_order_at_any_moment(void **state)
{
	enum { COUNT = 4 };
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct dice dice = { 11 };

	(void)state;
	for (unsigned round = 0; round < SCALED(200); round++) {
		struct search_pool *pool = open_pool(1 + dice_below(&dice, 3), 0);
		unsigned pool_at = dice_below(&dice, COUNT + 1);
		struct search *s[COUNT];
		const struct search_item *item;

		for (unsigned i = 0; i < COUNT; i++) {
			struct simple a;

			choose_options(&a, dice_below(&dice, 1000));
			a.options.pool = pool;
			a.options.timeout_ms = dice_below(&dice, 4);
			s[i] = open_search(&a.options);
			if (dice_chance(&dice, 30))
				assert_true(search_fd(s[i]) >= 0);
		}
		for (unsigned i = 0; i <= COUNT; i++) {
			if (i == pool_at)
				search_pool_close(pool);
			if (i == COUNT)
				break;
			for (unsigned k = dice_below(&dice, 200); k > 0 && search_try_next(s[i], &item) != SEARCH_OK; k--)
				;
			if (dice_chance(&dice, 20))
				search_cancel(s[i]);
			search_close(s[i]);
		}
	}
	assert_true(process_has(threads, descriptors));
}

/* Waits until a worker is inside a system call that does not return. */
static void wait_for_blocked(unsigned count)
{
	for (int i = 0; i < 20000 && atomic_load(&blocked) < count; i++)
		usleep(500);
	assert_true(atomic_load(&blocked) >= count);
}

static void test_pool__close_does_not_wait_for_a_worker_in_a_system_call(void **state)
{
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct search_pool *pool = open_pool(2, 0);
	const struct search_item *item;
	struct search *s;
	struct simple a;
	char *slow = forest_path(tree, "slow");
	double began;

	(void)state;
	forest_text(tree, "slow", "a needle\n");
	atomic_store(&blocks, true);
	simple_init(&a, "needle", slow);
	a.options.pool = pool;
	s = open_search(&a.options);
	assert_true(search_fd(s) >= 0);
	wait_for_blocked(1);
	began = milliseconds();
	search_close(s);
	assert_true(milliseconds() - began < patience(5000)); /* it would be for ever */
	assert_int_equal(stats_of(pool).searches, 0);
	/* the other thread serves a search meanwhile */
	simple_init(&a, "needle", large);
	a.options.pool = pool;
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	search_close(s);
	atomic_store(&blocks, false);
	search_pool_close(pool); /* joins the thread that was blocked, which frees its search */
	assert_true(process_has(threads, descriptors));
	unlink(slow);
	free(slow);
}

static void *open_gate(void *context)
{
	(void)context;
	usleep(100000);
	atomic_store(&blocks, false);
	return NULL;
}

/* After search_close() the host may free what it lent, or close what it gave. */
static void test_pool__close_waits_while_what_the_host_lent_may_be_in_use(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct search_pool *pool = open_pool(1, 0);
		char *slow = forest_path(tree, "slow");
		struct search_source sources[2] = { { .path = slow }, { .kind = SEARCH_SOURCE_MEMORY, .data = "x", .size = 1 } };
		struct simple a;
		struct search *s;
		pthread_t thread;

		if (kind == 1)
			sources[1] = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = open(large, O_RDONLY) };
		forest_text(tree, "slow", "a needle\n");
		atomic_store(&blocks, true);
		simple_init(&a, "needle", "");
		a.options.sources = sources;
		a.options.source_count = 2;
		a.options.pool = pool;
		s = open_search(&a.options);
		wait_for_blocked(1);
		assert_int_equal(pthread_create(&thread, NULL, open_gate, NULL), 0);
		search_close(s);
		assert_false(atomic_load(&blocks));
		pthread_join(thread, NULL);
		search_pool_close(pool);
		if (kind == 1)
			close(sources[1].descriptor);
		unlink(slow);
		free(slow);
	}
}

/* --- ending, waiting --- */

static void test_pool__a_deadline_makes_the_descriptor_readable(void **state)
{
	struct search_pool *pool = open_pool(2, 0);
	const struct search_item *item;
	struct pollfd polled;
	struct simple a;
	struct search *s;
	int ends[2], rc;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	simple_init(&a, "needle", "");
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = ends[0] };
	a.options.pool = pool;
	a.options.timeout_ms = 80;
	s = open_search(&a.options);
	polled = (struct pollfd){ .fd = search_fd(s), .events = POLLIN };
	while ((rc = search_try_next(s, &item)) == SEARCH_EAGAIN)
		assert_int_equal(poll(&polled, 1, 60000), 1);
	assert_int_equal(rc, SEARCH_ETIMEDOUT);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_TIMED_OUT);
	search_close(s);
	search_pool_close(pool);
	close(ends[0]);
	close(ends[1]);
}

/*
 * A search whose workers all wait for pipes does not keep the threads from the others. Text comes in another order than
 * that in which they began to wait; some searches are closed meanwhile.
 */
static void test_pool__waits_for_pipes_keep_no_thread(void **state)
{
	enum { PIPES = 20, STRIDE = 7 };
	struct search_pool *pool = open_pool(1, 0);
	struct search *s[PIPES], *other;
	const struct search_item *item;
	int ends[PIPES][2];
	struct simple a;

	(void)state;
	for (int i = 0; i < PIPES; i++) {
		assert_int_equal(pipe(ends[i]), 0);
		simple_init(&a, "needle", "");
		a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = ends[i][0] };
		a.options.pool = pool;
		s[i] = open_search(&a.options);
	}
	simple_init(&a, "needle", tree);
	a.options.pool = pool;
	other = open_search(&a.options);
	assert_int_equal(search_next(other, &item), 1);
	search_close(other);
	for (int n = 0; n < PIPES; n++) {
		int i = n * STRIDE % PIPES;

		if (n % 3 != 1) {
			assert_int_equal(write(ends[i][1], "a needle\n", 9), 9);
			assert_int_equal(search_next(s[i], &item), 1);
			assert_int_equal(item->line, 1);
		}
		search_close(s[i]);
		close(ends[i][0]);
		close(ends[i][1]);
	}
	search_pool_close(pool);
}

/*
 * One thread is inside a system call, for the search that has the deadline. The others were idle before that began to
 * wait for it.
 */
static void test_pool__a_deadline_is_told_though_a_worker_is_in_a_system_call(void **state)
{
	struct search_pool *pool = open_pool(3, 0);
	const struct search_item *item;
	char *slow = forest_path(tree, "slow");
	struct pollfd polled;
	struct simple a;
	struct search *s;
	int rc;

	(void)state;
	forest_text(tree, "slow", "a needle\n");
	usleep(50000); /* all threads are idle */
	atomic_store(&blocks, true);
	simple_init(&a, "needle", slow);
	a.options.pool = pool;
	a.options.timeout_ms = 300;
	s = open_search(&a.options);
	polled = (struct pollfd){ .fd = search_fd(s), .events = POLLIN };
	wait_for_blocked(1);
	while ((rc = search_try_next(s, &item)) == SEARCH_EAGAIN)
		assert_int_equal(poll(&polled, 1, 10000), 1);
	assert_int_equal(rc, SEARCH_ETIMEDOUT);
	search_close(s);
	atomic_store(&blocks, false);
	search_pool_close(pool);
	unlink(slow);
	free(slow);
}

/* A worker that ends its turn tells the caller what it had put off. At the end of the next turn nothing is left. */
static void test_pool__what_was_put_off_is_told_once(void **state)
{
	struct pollfd polled = { .events = POLLIN };
	struct ps_news news = { 0 };
	struct ps_doorbell caller;

	(void)state;
	ps_doorbell_init(&caller);
	polled.fd = ps_doorbell_fd(&caller, false);
	do {
		ps_doorbell_arm(&caller);
		ps_news_tell(&news, &caller); /* at once, unless it was told within the last moments */
	} while (poll(&polled, 1, 0) == 1);
	ps_news_end(&news, &caller);
	assert_int_equal(poll(&polled, 1, 0), 1);
	ps_doorbell_arm(&caller);
	ps_news_end(&news, &caller);
	assert_int_equal(poll(&polled, 1, 0), 0);
	ps_doorbell_destroy(&caller);
}

/* Though they have more at any time, and the pool has no descriptors to spare. */
static void test_pool__streams_without_end_take_turns(void **state)
{
	struct search_pool *pool = open_pool(2, 4);
	const struct search_item *item;
	struct search *s[3];
	struct simple a;

	(void)state;
	for (int i = 0; i < 3; i++) {
		simple_init(&a, "needle", i < 2 ? "/dev/zero" : large);
		set_flags(&a.options, SEARCH_MATCH_TEXT);
		a.options.pool = pool;
		a.options.timeout_ms = i < 2 ? 0 : patience(20000); /* or it would wait for ever */
		s[i] = open_search(&a.options);
		usleep(50000);
	}
	while (search_next(s[2], &item) == 1 && item->kind == SEARCH_ITEM_ERROR)
		;
	assert_non_null(item);
	assert_int_equal(item->kind, SEARCH_ITEM_MATCH);
	close_all(s, 3);
	search_pool_close(pool);
}

/* Once the host has closed the search, and its own end, whoever has the other end learns of that. */
static void test_pool__nobody_holds_a_stream_whose_search_is_closed(void **state)
{
	struct search_pool *pool = open_pool(1, 0);
	struct pollfd polled;
	struct search *s;
	struct simple a;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	simple_init(&a, "needle", "");
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = ends[0] };
	a.options.pool = pool;
	s = open_search(&a.options);
	usleep(100000); /* the stream is polled */
	search_close(s);
	close(ends[0]);
	polled = (struct pollfd){ .fd = ends[1], .events = POLLIN };
	assert_int_equal(poll(&polled, 1, 10000), 1);
	close(ends[1]);
	search_pool_close(pool);
}

/* A search that is over, and that the host keeps, keeps no file or directory of its workers open. */
static void test_pool__a_search_that_is_over_keeps_nothing_open(void **state)
{
	enum { COUNT = 100, NAMES = 3000, FILES_OPEN = 4 };
	struct search_pool *pool = open_pool(2, FILES_OPEN);
	char *wide = forest_open(), name[256];
	struct search *s[COUNT];
	const struct search_item *item;
	struct dice dice = { 3 };
	struct simple a;

	(void)state;
	for (int i = 0; i < NAMES; i++) { /* so it is read in many steps */
		sprintf(name, "%0200d", i);
		forest_text(wide, name, "");
	}
	for (unsigned i = 0; i < COUNT; i++) {
		simple_init(&a, "needle", wide);
		a.options.pool = pool;
		s[i] = open_search(&a.options);
		usleep(dice_below(&dice, 2000));
		search_cancel(s[i]);
		assert_int_equal(search_next(s[i], &item), SEARCH_ECANCELED);
	}
	for (int i = 0; i < 2000 && stats_of(pool).open_files > 0; i++)
		usleep(1000); /* workers have a last turn */
	assert_int_equal(stats_of(pool).open_files, 0);
	assert_true(stats_of(pool).peak_open_files <= FILES_OPEN);
	close_all(s, COUNT);
	search_pool_close(pool);
	forest_close(wide);
}

/* --- a file that was closed between two turns --- */

static void test_pool__a_file_that_is_replaced_between_turns_is_an_error(void **state)
{
	struct search_pool *pool = open_pool(2, 4); /* so paused files are closed */
	char *path = forest_path(tree, "replaced"), *replacement = forest_path(tree, "replacement"), *text = malloc(LARGE);
	const struct search_item *item;
	struct search *s[3];
	int rc, errors = 0;

	(void)state;
	for (size_t i = 0; i < LARGE; i += 16)
		memcpy(text + i, "a needle, a pin\n", 16);
	forest_file(tree, "replaced", text, LARGE);
	pause_searches(pool, s, 3, path);
	forest_file(tree, "replacement", text, LARGE);
	assert_int_equal(rename(replacement, path), 0); /* at no time is there none */
	while ((rc = search_next(s[0], &item)) == 1)
		if (item->kind == SEARCH_ITEM_ERROR) {
			assert_int_equal(item->error, ESTALE);
			assert_int_equal(item->reason, SEARCH_REASON_READ);
			errors++;
		}
	assert_int_equal(rc, SEARCH_OK);
	assert_in_range(errors, 0, 1);
	close_all(s, 3);
	search_pool_close(pool);
	unlink(path);
	free(replacement);
	free(path);
	free(text);
}

/* Waits until a worker has a file of this search open. */
static void wait_for_file(struct search *s)
{
	struct search_stats stats = SEARCH_STATS_INIT;

	for (unsigned i = 0; i < patience(20000) && stats.peak_open_files == 0; i++) {
		usleep(1000);
		assert_int_equal(search_stats(s, &stats), SEARCH_OK);
	}
	assert_true(stats.peak_open_files > 0);
}

/* Whoever has a long file open, for which the pool has no descriptor to spare, closes it and gives up the thread. */
static void test_pool__a_file_that_takes_long_keeps_no_other_search_waiting(void **state)
{
	enum { LENGTH = 201, LONG_LINES = 8000 }; /* for seconds, and nobody waits for its end */
	struct search_pool *pool = open_pool(2, 4);
	char *path = forest_path(tree, "long"), *text = malloc((LENGTH + 1) * LONG_LINES);
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	struct search *busy[2], *other;
	struct simple a;

	(void)state;
	memset(text, 'x', (LENGTH + 1) * LONG_LINES);
	for (size_t i = 1; i <= LONG_LINES; i++)
		text[i * (LENGTH + 1) - 1] = '\n';
	forest_file(tree, "long", text, (LENGTH + 1) * LONG_LINES);
	for (int i = 0; i < 2; i++) {
		simple_init(&a, "^(x+)(x+)\\1\\2$", path); /* no line is of even length: slow to see */
		a.options.pool = pool;
		busy[i] = open_search(&a.options);
		wait_for_file(busy[i]);
	}
	simple_init(&a, "needle", large);
	a.options.max_matches = 1;
	a.options.pool = pool;
	other = open_search(&a.options);
	assert_int_equal(search_next(other, &item), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(search_stats(busy[i], &stats), SEARCH_OK);
		assert_int_equal(stats.files_searched, 0);
	}
	search_close(other);
	close_all(busy, 2);
	search_pool_close(pool);
	unlink(path);
	free(path);
	free(text);
}

/* --- fork --- */

struct inherited {
	struct search_pool *pool;
	struct search *s;
};

static int close_both(void *context)
{
	struct inherited *in = context;
	const struct search_item *item;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *own;
	struct simple a;

	CHILD_CHECK(search_next(in->s, &item) == SEARCH_EINVAL || search_next(in->s, &item) == 1);
	simple_init(&a, "needle", "/");
	a.options.pool = in->pool;
	CHILD_CHECK(search_open(&own, &a.options, &error) == SEARCH_EINVAL);
	CHILD_CHECK(strstr(error.message, "fork") != NULL);
	search_close(in->s);
	search_pool_close(in->pool);
	return 0;
}

static void test_pool__a_child_of_fork_may_close_both(void **state)
{
	struct inherited in = { .pool = open_pool(2, 0) };
	const struct search_item *item;
	struct simple a;
	int rc;

	(void)state;
	simple_init(&a, "needle", tree);
	a.options.pool = in.pool;
	in.s = open_search(&a.options);
	assert_int_equal(search_next(in.s, &item), 1);
	assert_int_equal(process_child(close_both, &in, NULL), 0);
	while ((rc = search_next(in.s, &item)) == 1)
		;
	assert_int_equal(rc, SEARCH_OK);
	search_close(in.s);
	search_pool_close(in.pool);
}

/* --- options --- */

static void test_pool__wrong_options_are_refused_with_a_sentence(void **state)
{
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_pool *pool = (void *)&options;
	struct search *s;
	struct simple a;

	(void)state;
	options.workers = 257;
	assert_int_equal(search_pool_open(&pool, &options, &error), SEARCH_EINVAL);
	assert_null(pool);
	assert_non_null(strstr(error.message, "workers"));
	options.workers = 0;
	options.max_open_files = 3;
	assert_int_equal(search_pool_open(&pool, &options, &error), SEARCH_EINVAL);
	assert_non_null(strstr(error.message, "max_open_files"));
	options.size = 4;
	assert_int_equal(search_pool_open(&pool, &options, &error), SEARCH_EINVAL);
	assert_int_equal(search_pool_open(NULL, NULL, &error), SEARCH_EINVAL);
	assert_int_equal(search_pool_open(&pool, NULL, NULL), SEARCH_OK);
	simple_init(&a, "needle", tree);
	a.options.priority = SEARCH_PRIORITY_INTERACTIVE;
	assert_int_equal(search_open(&s, &a.options, &error), SEARCH_EINVAL);
	assert_non_null(strstr(error.message, "priority"));
	a.options.pool = pool;
	a.options.priority = 3;
	assert_int_equal(search_open(&s, &a.options, &error), SEARCH_EINVAL);
	a.options.priority = 0;
	a.options.workers = SEARCH_NO_WORKERS;
	assert_int_equal(search_open(&s, &a.options, &error), SEARCH_EINVAL);
	assert_non_null(strstr(error.message, "workers"));
	assert_int_equal(search_pool_stats(pool, NULL), SEARCH_EINVAL);
	assert_int_equal(search_pool_stats(NULL, &(struct search_pool_stats)SEARCH_POOL_STATS_INIT), SEARCH_EINVAL);
	search_pool_close(pool);
	search_pool_close(NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pool__each_of_many_searches_delivers_what_it_does_alone),
		cmocka_unit_test(test_pool__two_hundred_paused_searches_stay_within_its_bounds),
		cmocka_unit_test(test_pool__directories_that_are_read_stay_within_its_bounds),
		cmocka_unit_test(test_pool__descriptors_of_the_process_may_run_out),
		cmocka_unit_test(test_pool__searches_that_lack_descriptors_do_not_keep_each_other_busy),
		cmocka_unit_test(test_pool__a_search_without_a_descriptor_gives_up_alone),
		cmocka_unit_test(test_pool__no_priority_keeps_a_search_waiting_for_ever),
		cmocka_unit_test(test_pool__what_a_paused_search_has_queued_keeps_no_other_from_going_on),
		cmocka_unit_test(test_pool__the_file_in_front_may_give_up),
		cmocka_unit_test(test_pool__everything_may_be_closed_in_any_order_at_any_moment),
		cmocka_unit_test(test_pool__close_does_not_wait_for_a_worker_in_a_system_call),
		cmocka_unit_test(test_pool__close_waits_while_what_the_host_lent_may_be_in_use),
		cmocka_unit_test(test_pool__a_deadline_makes_the_descriptor_readable),
		cmocka_unit_test(test_pool__a_deadline_is_told_though_a_worker_is_in_a_system_call),
		cmocka_unit_test(test_pool__what_was_put_off_is_told_once),
		cmocka_unit_test(test_pool__streams_without_end_take_turns),
		cmocka_unit_test(test_pool__nobody_holds_a_stream_whose_search_is_closed),
		cmocka_unit_test(test_pool__a_search_that_is_over_keeps_nothing_open),
		cmocka_unit_test(test_pool__waits_for_pipes_keep_no_thread),
		cmocka_unit_test(test_pool__a_file_that_is_replaced_between_turns_is_an_error),
		cmocka_unit_test(test_pool__a_file_that_takes_long_keeps_no_other_search_waiting),
		cmocka_unit_test(test_pool__a_child_of_fork_may_close_both),
		cmocka_unit_test(test_pool__wrong_options_are_refused_with_a_sentence),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
