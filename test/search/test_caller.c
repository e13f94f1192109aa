/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_caller.c - with SEARCH_CALLER_NO_HELP the thread that takes the items opens, lists, reads and matches nothing.
 *
 * The linker sends what the library calls for that through the __wrap_ functions here (see the Makefile): system
 * calls, and the steps in which a file is searched or a directory listed. They note calls of a thread that asks.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/archive.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/large_files.h"
#include "../support/options.h"
#include "../support/process.h"

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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

/* --- the wrappers --- */

enum deed { OPENED, LISTED, READ, LOOKED_AT, SEARCHED, DEEDS };

static const char *const deed_names[] = { "opened", "listed", "read", "looked at", "searched" };

static _Thread_local bool asking; /* this thread is in a call that takes items */
static unsigned deeds[DEEDS];     /* of the thread that asks: the only one that counts */

static void note(enum deed deed)
{
	if (asking)
		deeds[deed]++;
}

int __real_openat(int at, const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t REAL_LARGE(pread)(int fd, void *to, size_t size, off_t at);
long __real_syscall(long number, ...);
int __real_fstatat(int at, const char *path, struct stat *st, int flags);
int __real_fstatat64(int at, const char *path, void *st, int flags);
int __real_ps_task_step(void *task, bool wait);
int __real_ps_scanner_step(void *scanner, void *batch, bool wait);
int __real_ps_lister_step(void *lister, bool wait, int *error);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);

int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at);
ssize_t __wrap_pread64(int fd, void *to, size_t size, int64_t at);
long __wrap_syscall(long number, ...);
int __wrap_fstatat(int at, const char *path, struct stat *st, int flags);
int __wrap_fstatat64(int at, const char *path, void *st, int flags);
int __wrap_ps_task_step(void *task, bool wait);
int __wrap_ps_scanner_step(void *scanner, void *batch, bool wait);
int __wrap_ps_lister_step(void *lister, bool wait, int *error);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);

int __wrap_openat(int at, const char *path, int flags, ...)
{
	note(OPENED);
	return __real_openat(at, path, flags);
}

int __wrap_openat64(int at, const char *path, int flags, ...)
{
	return __wrap_openat(at, path, flags | O_LARGEFILE);
}

int __wrap_open(const char *path, int flags, ...)
{
	note(OPENED);
	return __real_open(path, flags);
}

int __wrap_open64(const char *path, int flags, ...)
{
	return __wrap_open(path, flags | O_LARGEFILE);
}

/* The notifier of search_fd() may be emptied. */
ssize_t __wrap_read(int fd, void *to, size_t size)
{
	struct stat st;

	if (asking && fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)))
		note(READ);
	return __real_read(fd, to, size);
}

ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at)
{
	note(READ);
	return REAL_LARGE(pread)(fd, to, size, at);
}

ssize_t __wrap_pread64(int fd, void *to, size_t size, int64_t at)
{
	return __wrap_pread(fd, to, size, (off_t)at);
}

long __wrap_syscall(long number, ...)
{
	va_list list;
	long a[6];

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_getdents64)
		note(LISTED);
	if (number == SYS_openat2)
		note(OPENED);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __wrap_fstatat(int at, const char *path, struct stat *st, int flags)
{
	note(LOOKED_AT);
	return __real_fstatat(at, path, st, flags);
}

int __wrap_fstatat64(int at, const char *path, void *st, int flags)
{
	note(LOOKED_AT);
	return __real_fstatat64(at, path, st, flags);
}

int __wrap_ps_task_step(void *task, bool wait)
{
	note(SEARCHED);
	return __real_ps_task_step(task, wait);
}

int __wrap_ps_scanner_step(void *scanner, void *batch, bool wait)
{
	note(SEARCHED);
	return __real_ps_scanner_step(scanner, batch, wait);
}

int __wrap_ps_lister_step(void *lister, bool wait, int *error)
{
	note(LISTED);
	return __real_ps_lister_step(lister, wait, error);
}

static _Atomic long threads_made, first_failure; /* from this thread on, and so many, cannot be made; 0: all can */
static long failures;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
	long n = atomic_fetch_add(&threads_made, 1) + 1, first = atomic_load(&first_failure);

	if (first > 0 && n >= first && n - first < failures)
		return EAGAIN;
	return __real_pthread_create(thread, attributes, run, argument);
}

/* --- the searches --- */

static char *tree, *alone, *packed;
static const char memory[] = "hay\nneedle in memory\n";

static int set_up(void **state)
{
	static char text[60 * 1024];
	size_t length = 0;

	(void)state;
	tree = forest_open();
	forest_generate(tree, 7, 30);
	forest_text(tree, "ignored", "needle\n");
	forest_text(tree, ".gitignore", "ignored\n");
	forest_text(tree, ".ignore", "*.o\n");
	while (length + 40 < sizeof(text))
		length += (size_t)sprintf(text + length, "%s %zu\n", length % 11 == 0 ? "a needle" : "hay", length);
	forest_file(tree, "large", text, length);
	forest_file(tree, "wide", "\xFF\xFEn\0e\0e\0d\0l\0e\0\n\0", 16);
	forest_directory(tree, "deep");
	forest_directory(tree, "deep/er");
	forest_directory(tree, "deep/er/est");
	forest_text(tree, "deep/er/est/file", "needle\n");
	alone = forest_path(tree, "large");
	if (archive_programs[0].built_in && archive_can(&archive_programs[0])) {
		struct archive a = archive_make(archive_programs[0].command, text, length);

		forest_file(tree, "packed", a.bytes, a.size);
		archive_free(&a);
	}
	packed = forest_path(tree, "packed");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(alone);
	free(packed);
	forest_close(tree);
	return 0;
}

/* A pipe that has a line, and ends. */
static int pipe_with(const char *text)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
	close(ends[1]);
	return ends[0];
}

/* Sources of all kinds. Those that are read only once are made anew for each search. */
enum { SOURCES = 8 };

struct everything {
	struct search_source sources[SOURCES];
	int next;
};

static void everything_init(struct everything *e)
{
	*e = (struct everything){
		.sources = {
			{ .path = tree },
			{ .path = alone, .name = "by itself" },
			{ .kind = SEARCH_SOURCE_MEMORY, .data = memory, .size = sizeof(memory) - 1 },
			{ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = pipe_with("a needle in a pipe\n") },
			{ .kind = SEARCH_SOURCE_DESCRIPTOR, .descriptor = open(alone, O_RDONLY | O_CLOEXEC) },
			{ .path = "/nowhere/at/all" },
			{ .path = packed },
			{ .path = tree, .name = "again" },
		},
	};
}

static void everything_end(struct everything *e)
{
	close(e->sources[3].descriptor);
	close(e->sources[4].descriptor);
}

/* What the host does in its own call is its own matter. */
static int give_next(void *context, struct search_source *source)
{
	struct everything *e = context;
	bool before = asking;

	if (e->next == SOURCES)
		return 0;
	asking = false;
	*source = e->sources[e->next++];
	asking = before;
	return 1;
}

static void search_everything(const struct search_options *options, bool pulled, enum take how, struct transcript *t)
{
	struct search_options o = *options;
	struct everything e;
	struct search *s;
	int rc;

	everything_init(&e);
	o.sources = pulled ? NULL : e.sources;
	o.source_count = pulled ? 0 : SOURCES;
	o.next_source = pulled ? give_next : NULL;
	o.next_source_context = &e;
	s = open_search(&o);
	asking = true;
	rc = collect_items(s, how, t);
	asking = false;
	search_close(s);
	assert_int_equal(rc, SEARCH_OK);
	everything_end(&e);
}

static const uint32_t kinds[] = {
	0,
	SEARCH_RESULT_UNORDERED,
	SEARCH_RESULT_LIST,
	SEARCH_RESULT_LIST | SEARCH_RESULT_FILE_INFO | SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_FILES,
	SEARCH_RESULT_COUNT,
	SEARCH_MATCH_DECOMPRESS | SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_FILES,
	SEARCH_MATCH_DECOMPRESS | SEARCH_RESULT_UNORDERED | SEARCH_RESULT_FILE_ENDS | SEARCH_RESULT_FILE_INFO,
	SEARCH_MATCH_MULTILINE | SEARCH_RESULT_GROUPS,
};

static void tighten(struct search_options *o, uint32_t workers)
{
	o->max_queued_matches = 1;
	o->max_queued_bytes = 1;
	o->max_open_files = workers + 1;
}

static void check_search(uint32_t flags, uint32_t workers, bool tight, enum take how)
{
	struct transcript expected = { .brief = true }, got = { .brief = true };
	bool whole = (flags & SEARCH_MATCH_MULTILINE) != 0;
	struct simple a;
	char what[100];

	simple_init(&a, whole ? "(need)le\\s?" : "needle", NULL);
	set_flags(&a.options, flags);
	a.options.encoding = "auto";
	search_everything(&a.options, false, TAKE_NEXT, &expected);
	a.options.workers = workers;
	a.options.split_bytes = 5000;
	a.options.caller_flags = SEARCH_CALLER_NO_HELP;
	if (tight)
		tighten(&a.options, workers);
	memset(deeds, 0, sizeof(deeds));
	search_everything(&a.options, (workers + (unsigned)how) % 2 == 0, how, &got);
	snprintf(what, sizeof(what), "flags %#x, %u workers%s, taken by way %d", (unsigned)flags, (unsigned)workers,
		 tight ? " within tight limits" : "", (int)how);
	for (int i = 0; i < DEEDS; i++)
		if (deeds[i] > 0)
			fail_msg("%s: the caller %s something, %u times", what, deed_names[i], deeds[i]);
	if ((flags & SEARCH_RESULT_UNORDERED) != 0)
		assert_same_blocks(&expected, &got, what);
	else
		assert_same(&expected, &got, what);
	assert_true(got.items > 5);
	transcript_free(&expected);
	transcript_free(&got);
}

static void test_caller__a_caller_that_does_not_help_does_nothing(void **state)
{
	unsigned turn = 0, share = TEST_SANITIZED ? 1 : 2; /* of the ways to take items, for each case */

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (uint32_t workers = 1; workers <= 4; workers += TEST_SANITIZED ? 2 : 1)
			for (int tight = 0; tight < 2; tight++)
				for (unsigned how = 0; how < TAKE_COUNT; how++, turn++)
					if (runs_long() || (turn / TAKE_COUNT + how) % TAKE_COUNT < share)
						check_search(kinds[i], workers, tight, (enum take)how);
}

/* Without the flag it does: so the wrappers see it. */
static void test_caller__a_caller_without_workers_does_all(void **state)
{
	struct transcript t = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", NULL);
	a.options.workers = SEARCH_NO_WORKERS;
	memset(deeds, 0, sizeof(deeds));
	search_everything(&a.options, false, TAKE_NEXT, &t);
	for (int i = 0; i < DEEDS; i++)
		if (deeds[i] == 0 && i != LOOKED_AT) /* which depends on the file system */
			fail_msg("nobody saw that the caller %s something", deed_names[i]);
	transcript_free(&t);
}

/* The descriptor is not readable while a worker waits for a pipe, although the caller has nothing else to do. */
static void test_caller__a_silent_pipe_leaves_the_descriptor_alone(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_RESULT_UNORDERED };

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const struct search_item *item;
		struct pollfd watched = { .events = POLLIN };
		struct search_source source = { .kind = SEARCH_SOURCE_DESCRIPTOR };
		struct simple a;
		struct search *s;
		int ends[2], woken = 0;

		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		source.descriptor = ends[0];
		simple_init(&a, "needle", NULL);
		set_flags(&a.options, flags[i]);
		a.options.sources = &source;
		a.options.source_count = 1;
		a.options.workers = 1;
		a.options.caller_flags = SEARCH_CALLER_NO_HELP;
		s = open_search(&a.options);
		watched.fd = search_fd(s);
		for (int k = 0; k < 20; k++) {
			assert_int_equal(search_try_next(s, &item), SEARCH_EAGAIN);
			woken += poll(&watched, 1, 5);
		}
		assert_true(woken < 5); /* a worker that begins may have rung */
		assert_int_equal(write(ends[1], "needle\n", 7), 7);
		assert_int_equal(poll(&watched, 1, 60000), 1);
		assert_int_equal(search_try_next(s, &item), 1);
		close(ends[1]);
		assert_int_equal(search_next(s, &item), 0);
		search_close(s);
		close(ends[0]);
	}
}

/* The first threads cannot be made, or all, or all but the first. */
static void test_caller__without_a_thread_the_search_does_not_open(void **state)
{
	struct transcript expected = { .brief = true };
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct simple a;

	(void)state;
#ifdef IN_POOL
	skip(); /* it needs none of its own */
#endif
	simple_init(&a, "needle", NULL);
	search_everything(&a.options, false, TAKE_NEXT, &expected);
	a.options.caller_flags = SEARCH_CALLER_NO_HELP;
	a.options.workers = 4;
	for (int pulled = 0; pulled < 2; pulled++)
		for (long first = 1; first <= 4; first++)
			for (failures = 1; failures <= 4; failures++) {
				struct transcript got = { .brief = true };

				atomic_store(&threads_made, 0);
				atomic_store(&first_failure, first);
				if (first == 1 && failures == 4) {
					struct search_error error = SEARCH_ERROR_INIT;
					struct search_source source = { .path = tree };
					struct search *s;

					a.options.workers = pulled ? 1 : 4; /* one, or each of them */
					a.options.sources = pulled ? NULL : &source;
					a.options.source_count = pulled ? 0 : 1;
					assert_int_equal(search_open(&s, &a.options, &error), SEARCH_ESYSTEM);
					assert_null(s);
					assert_int_equal(error.system_error, EAGAIN);
					assert_non_null(strstr(error.message, "SEARCH_CALLER_NO_HELP"));
					a.options.workers = 4;
				} else {
					search_everything(&a.options, pulled, (enum take)(failures % TAKE_COUNT), &got);
					assert_same(&expected, &got, "with fewer threads");
				}
				atomic_store(&first_failure, 0);
				transcript_free(&got);
			}
	assert_true(process_has(threads, descriptors));
	transcript_free(&expected);
}

/* It ends by a limit, a deadline, a cancel and a close as any search does. */
static void test_caller__it_ends_early(void **state)
{
	static const int ends[] = { SEARCH_OK, SEARCH_ETIMEDOUT, SEARCH_ECANCELED };

	(void)state;
	for (uint32_t workers = 1; workers <= 3; workers++)
		for (int way = 0; way < 4; way++) {
			const struct search_item *item;
			struct simple a;
			struct search *s;
			int rc;

			simple_init(&a, "e", tree);
			a.options.workers = workers;
			a.options.caller_flags = SEARCH_CALLER_NO_HELP;
			tighten(&a.options, workers);
			a.options.max_matches = way == 0 ? 3 : 0;
			a.options.timeout_ms = way == 1 ? 1 : 0;
			s = open_search(&a.options);
			for (int i = 0; i < 3; i++)
				rc = search_next(s, &item);
			if (way == 2)
				search_cancel(s);
			while (way != 3 && (rc = search_next(s, &item)) == 1)
				;
			if (way != 3)
				assert_int_equal(rc, ends[way]);
			search_close(s);
		}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caller__a_caller_that_does_not_help_does_nothing),
		cmocka_unit_test(test_caller__a_caller_without_workers_does_all),
		cmocka_unit_test(test_caller__a_silent_pipe_leaves_the_descriptor_alone),
		cmocka_unit_test(test_caller__without_a_thread_the_search_does_not_open),
		cmocka_unit_test(test_caller__it_ends_early),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
