/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_life.c - a search can be closed and cancelled at any moment, and leaves
 * nothing open; several can run at once.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

static const uint32_t worker_counts[] = { SEARCH_NO_WORKERS, 1, 2, 8 };
enum { WORKER_COUNTS = sizeof(worker_counts) / sizeof(worker_counts[0]) };

static char *tree;
static uint64_t seed;

static int set_up(void **state)
{
	(void)state;
	seed = random_seed();
	tree = forest_open();
	forest_generate(tree, seed, (uint32_t)how_much(500, SCALED(2000)));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	forest_close(tree);
	return 0;
}

/* Takes `count` items, or all if there are fewer. Returns what the last call returned. */
static int take(struct search *s, enum take how, uint64_t count)
{
	const struct search_item *item;
	int rc = 1;

	while (count-- > 0 && rc == 1)
		rc = take_item(s, how, &item);
	return rc;
}

/* A pool has its threads, and one more once it waits for a stream, whatever its searches do. */
static void only_with_own_threads(void)
{
#ifdef IN_POOL
	skip();
#endif
}

/* --- closing --- */

static void test_life__close_after_any_number_of_items(void **state)
{
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct simple a;

	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++)
		for (uint64_t k = 0; k < 20000; k = k < 20 ? k + 1 : k * 3) {
			struct search *s;

			simple_init(&a, "needle", tree);
			a.options.workers = worker_counts[i];
			a.options.max_queued_matches = (uint32_t)(k % 3);
			s = open_search(&a.options);
			if (k % 2)
				assert_true(search_fd(s) >= 0);
			take(s, (enum take)(k % TAKE_COUNT), k);
			if (k % 4 == 3)
				search_cancel(s);
			search_close(s);
		}
	assert_true(process_has(threads, descriptors));
}

static void test_life__close_after_any_time(void **state)
{
	size_t threads = process_threads(), descriptors = process_descriptors();
	struct dice d = { seed };
	struct simple a;

	(void)state;
	for (size_t n = 0, rounds = how_many_rounds(100, SCALED(400)); n < rounds; n++) {
		struct search *s;

		simple_init(&a, "needle", tree);
		a.options.workers = worker_counts[dice_below(&d, WORKER_COUNTS)];
		a.options.max_open_files = 2 + dice_below(&d, 20);
		a.options.max_queued_bytes = 1 + dice_below(&d, 20000);
		set_flags(&a.options, dice_chance(&d, 30) ? SEARCH_RESULT_UNORDERED : 0);
		s = open_search(&a.options);
		if (dice_chance(&d, 50))
			take(s, TAKE_MIX, dice_below(&d, 50));
		sleep_microseconds(dice_below(&d, 3000));
		if (dice_chance(&d, 20))
			search_cancel(s);
		search_close(s);
	}
	assert_true(process_has(threads, descriptors));
}

static void test_life__close_null(void **state)
{
	(void)state;
	search_close(NULL);
}

/* A FIFO without a writer holds up its reader. */
static void test_life__close_while_a_fifo_is_waited_for(void **state)
{
	char *root = forest_open(), *fifo = forest_path(root, "f");
	size_t threads = process_threads(), descriptors;
	int fd;

	(void)state;
	only_with_own_threads();
	forest_fifo(root, "f");
	fd = open(fifo, O_RDWR | O_CLOEXEC);
	descriptors = process_descriptors();
	for (int n = 0; n < 60; n++) {
		const struct search_item *item;
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", fifo);
		a.options.workers = worker_counts[n % WORKER_COUNTS];
		s = open_search(&a.options);
		sleep_microseconds((uint64_t)(n % 5) * 500);
		for (int i = 0; i < 3; i++)
			assert_int_equal(search_try_next(s, &item), SEARCH_EAGAIN);
		if (n % 3 == 0)
			search_cancel(s);
		search_close(s);
	}
	assert_true(process_has(threads, descriptors));
	close(fd);
	free(fifo);
	forest_close(root);
}

/* --- cancelling --- */

static struct search *volatile to_cancel;

static void cancel_in_handler(int signal)
{
	(void)signal;
	if (to_cancel != NULL)
		search_cancel(to_cancel);
}

static void check_canceled(struct search *s, int rc)
{
	const struct search_item *item;

	assert_int_equal(rc, SEARCH_ECANCELED);
	assert_int_equal(search_next(s, &item), SEARCH_ECANCELED);
	assert_null(item);
	assert_int_equal(search_try_next(s, &item), SEARCH_ECANCELED);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_CANCELED);
}

/* search_next() waits in a FIFO; the handler runs on that thread or on another one that gets the signal. */
static void test_life__cancel_from_a_signal_handler(void **state)
{
	char *root = forest_open(), *fifo = forest_path(root, "f");
	struct sigaction action = { .sa_handler = cancel_in_handler }, before;
	int fd;

	(void)state;
	forest_fifo(root, "f");
	fd = open(fifo, O_RDWR | O_CLOEXEC);
	sigaction(SIGALRM, &action, &before);
	for (int n = 0; n < 40; n++) {
		const struct itimerval soon = { { 0, 0 }, { 0, 500 + n * 300 } };
		struct search *s;
		struct simple a;

		simple_init(&a, "needle", fifo);
		a.options.workers = worker_counts[n % WORKER_COUNTS];
		s = open_search(&a.options);
		to_cancel = s;
		setitimer(ITIMER_REAL, &soon, NULL);
		check_canceled(s, take(s, (enum take)(n % TAKE_COUNT), 1));
		to_cancel = NULL;
		search_close(s);
	}
	sigaction(SIGALRM, &before, NULL);
	close(fd);
	free(fifo);
	forest_close(root);
}

static void *cancel_soon(void *context)
{
	sleep_microseconds(3000);
	search_cancel(context);
	return NULL;
}

static void test_life__cancel_from_another_thread(void **state)
{
	char *root = forest_open(), *fifo = forest_path(root, "f");
	int fd;

	(void)state;
	forest_fifo(root, "f");
	fd = open(fifo, O_RDWR | O_CLOEXEC);
	for (int n = 0; n < 40; n++) {
		struct search_source sources[] = { { .path = tree }, { .path = fifo } };
		struct search *s;
		struct simple a;
		pthread_t thread;

		simple_init(&a, "needle", NULL);
		a.options.sources = sources;
		a.options.source_count = 2;
		a.options.workers = worker_counts[n % WORKER_COUNTS];
		s = open_search(&a.options);
		assert_int_equal(pthread_create(&thread, NULL, cancel_soon, s), 0);
		check_canceled(s, take(s, (enum take)(n % TAKE_COUNT), UINT64_MAX));
		pthread_join(thread, NULL);
		search_close(s);
	}
	close(fd);
	free(fifo);
	forest_close(root);
}

/* A search of the source finds nothing before its deadline, and ends soon after. */
static void check_deadline(const struct search_source *source, const char *pattern, uint32_t workers)
{
	const struct search_item *item;
	struct simple a;
	struct search *s;
	double begin;

	simple_init(&a, pattern, NULL);
	a.options.sources = source;
	a.options.source_count = 1;
	a.options.workers = workers;
	a.options.timeout_ms = 50;
	begin = milliseconds();
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), SEARCH_ETIMEDOUT);
	search_close(s);
	assert_in_range((uint64_t)(milliseconds() - begin), 40, patience(5000));
}

/* Oniguruma needs many milliseconds for each of these lines. */
static void test_life__cancel_and_close_among_slow_lines(void **state)
{
	enum { LINES = 500 };
	static char text[LINES * 25];
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = sizeof(text) };

	(void)state;
	for (int i = 0; i < LINES; i++)
		memcpy(text + (size_t)i * 25, "aaaaaaaaaaaaaaaaaaaaaaaa\n", 25);
	/* one more line is allowed, and a busy machine: all lines would take half a minute */
	for (int i = 0; i < WORKER_COUNTS; i++)
		check_deadline(&source, "^(a|aa)+\\1(?!.)(?<=b)", worker_counts[i]);
}

/* Either pattern takes minutes for the one line: one in Oniguruma, the other in our own simulation. */
static void test_life__ends_within_a_line_that_takes_long(void **state)
{
	enum { LENGTH = 4000000 };
	static const char *const patterns[] = { "(?<n>\\w)(?>\\w+)\\w\\k<n>", "\\w{30000}[b!]{2}$" };
	char *text = malloc(LENGTH);
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = LENGTH };

	(void)state;
	assert_non_null(text);
	memset(text, 'a', LENGTH);
	text[LENGTH - 1] = '!';
	for (int i = 0; i < 2 * WORKER_COUNTS; i++)
		check_deadline(&source, patterns[i / WORKER_COUNTS], worker_counts[i % WORKER_COUNTS]);
	free(text);
}

static void test_life__cancel_before_the_first_item_and_after_the_end(void **state)
{
	const struct search_item *item;
	struct search *s;
	struct simple a;

	(void)state;
	simple_init(&a, "needle", tree);
	s = open_search(&a.options);
	search_cancel(s);
	check_canceled(s, search_next(s, &item));
	search_close(s);
	s = open_search(&a.options);
	assert_int_equal(take(s, TAKE_NEXT, UINT64_MAX), 0);
	search_cancel(s);
	assert_int_equal(search_next(s, &item), 0);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	search_close(s);
}

/* --- side by side --- */

struct peer {
	pthread_t thread;
	const struct transcript *expected;
	uint32_t number;
	bool ok;
};

static void *search_alone(void *context)
{
	struct peer *p = context;
	struct transcript got = { 0 };
	struct simple a;
	struct search *s;

	simple_init(&a, "needle", tree);
	a.options.workers = worker_counts[p->number % WORKER_COUNTS];
	if (search_open(&s, &a.options, NULL) != SEARCH_OK)
		return NULL;
	p->ok = collect_items(s, (enum take)(p->number % TAKE_COUNT), &got) == 0 &&
		got.length == p->expected->length && memcmp(got.bytes, p->expected->bytes, got.length) == 0;
	search_close(s);
	transcript_free(&got);
	return NULL;
}

static void test_life__many_searches_at_once(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", tree);
	collect(&a.options, TAKE_NEXT, &expected);
	for (uint32_t count = 2; count <= 8; count += 6) {
		struct peer peers[8];

		for (uint32_t i = 0; i < count; i++) {
			peers[i] = (struct peer){ .expected = &expected, .number = i };
			assert_int_equal(pthread_create(&peers[i].thread, NULL, search_alone, &peers[i]), 0);
		}
		for (uint32_t i = 0; i < count; i++) {
			pthread_join(peers[i].thread, NULL);
			assert_true(peers[i].ok);
		}
	}
	transcript_free(&expected);
}

static void test_life__two_searches_in_turn_in_one_thread(void **state)
{
	struct transcript expected = { 0 }, got[2] = { { 0 }, { 0 } };
	struct simple a;
	struct search *s[2];
	bool over[2] = { false, false };

	(void)state;
	simple_init(&a, "needle", tree);
	collect(&a.options, TAKE_NEXT, &expected);
	s[0] = open_search(&a.options);
	a.options.workers = SEARCH_NO_WORKERS;
	s[1] = open_search(&a.options);
	for (unsigned n = 0; !over[0] || !over[1]; n++) {
		const struct search_item *item;

		if (over[n % 2])
			continue;
		over[n % 2] = search_next(s[n % 2], &item) != 1;
		if (!over[n % 2])
			transcript_add(&got[n % 2], item);
	}
	for (int i = 0; i < 2; i++) {
		search_close(s[i]);
		assert_same(&expected, &got[i], "by turns");
		transcript_free(&got[i]);
	}
	transcript_free(&expected);
}

struct asker {
	struct search *s;
	_Atomic bool stop;
	bool shrank;
	uint64_t asked;
};

static void *ask(void *context)
{
	struct asker *asker = context;
	struct search_stats last = SEARCH_STATS_INIT;

	while (!atomic_load(&asker->stop)) {
		struct search_stats now = SEARCH_STATS_INIT;

		search_stats(asker->s, &now);
		asker->shrank |= now.files_found < last.files_found || now.bytes < last.bytes ||
				 now.matches < last.matches || now.peak_open_files < last.peak_open_files ||
				 now.peak_queued_bytes < last.peak_queued_bytes;
		last = now;
		asker->asked++;
	}
	return NULL;
}

static void test_life__stats_in_another_thread_never_shrink(void **state)
{
	(void)state;
	for (int i = 0; i < WORKER_COUNTS; i++) {
		struct asker asker = { .asked = 0 };
		struct simple a;
		pthread_t thread;

		simple_init(&a, "needle", tree);
		a.options.workers = worker_counts[i];
		asker.s = open_search(&a.options);
		assert_int_equal(pthread_create(&thread, NULL, ask, &asker), 0);
		assert_int_equal(take(asker.s, TAKE_MIX, UINT64_MAX), 0);
		atomic_store(&asker.stop, true);
		pthread_join(thread, NULL);
		search_close(asker.s);
		assert_false(asker.shrank);
	}
}

/* --- what the host sees --- */

/* Takes all items. Returns how many threads the search had. */
static size_t threads_of(const char *root, uint32_t workers)
{
	struct search_stats stats = SEARCH_STATS_INIT;
	struct search *s;
	struct simple a;

	simple_init(&a, "needle", root);
	a.options.workers = workers;
	s = open_search(&a.options);
	take(s, TAKE_NEXT, UINT64_MAX);
	assert_int_equal(search_stats(s, &stats), SEARCH_OK);
	search_close(s);
	return stats.workers;
}

static void test_life__a_thread_is_started_when_there_is_work_for_it(void **state)
{
	char *root = forest_open(), *file = forest_path(root, "a"), *large = forest_path(root, "b");

	(void)state;
	only_with_own_threads();
	forest_text(root, "a", "needle\n");
	forest_text(root, "b", "needle\n");
	assert_int_equal(truncate(large, 900 << 10), 0); /* less than two parts */
	assert_int_equal(threads_of(file, 8), 1);
	assert_int_equal(threads_of(large, 8), 1);
	assert_in_range(threads_of(root, 8), 1, 2); /* two files, and the caller may take one */
	assert_in_range(threads_of(tree, 8), 1, 8);
	forest_close(root);
	free(file);
	free(large);
}

/* The library's threads are named, as soon as they run, and leave the host's signals alone. */
static void test_life__threads_are_named_and_block_signals(void **state)
{
	struct search *s;
	struct simple a;
	char command[200];
	int rc;

	(void)state;
	simple_init(&a, "needle", tree);
	a.options.workers = 3;
	a.options.max_queued_matches = 1; /* so that each worker still has something to do */
	s = open_search(&a.options);
	snprintf(command, sizeof(command),
		 "until [ ${n:-0} -eq 3 ] || [ ! -d /proc/%d ]; do n=0; for t in /proc/%d/task/*; do "
		 "case $(cat $t/comm) in psearch/[0-2]) n=$((n+1));; esac; done; done; exit $n",
		 (int)getpid(), (int)getpid());
	rc = system(command);
	assert_int_equal(WEXITSTATUS(rc), 3);
	search_close(s);
}

static void test_life__child_of_fork_closes_and_parent_goes_on(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", tree);
	collect(&a.options, TAKE_NEXT, &expected);
	for (int n = 0; n < 20; n++) {
		struct transcript got = { 0 };
		const struct search_item *item;
		struct search *s;
		pid_t child;
		int status;

		a.options.workers = worker_counts[n % WORKER_COUNTS];
		s = open_search(&a.options);
		if (n % 2)
			search_fd(s);
		for (int i = 0; i < n && search_next(s, &item) == 1; i++)
			transcript_add(&got, item);
		child = fork();
		if (child == 0) {
			alarm(patience(20));
			search_close(s);
			_exit(7);
		}
		assert_int_equal(collect_items(s, (enum take)(n % TAKE_COUNT), &got), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 7);
		assert_same(&expected, &got, "after fork");
		search_close(s);
		transcript_free(&got);
	}
	transcript_free(&expected);
}

/* In a child: every call on the handle returns, and none has an effect in the parent. */
static int use_inherited(struct search *s, enum take how)
{
	const struct search_item *item;
	int rc, ended = search_outcome(s) != SEARCH_OUTCOME_RUNNING;

	CHILD_CHECK(search_fd(s) == SEARCH_EINVAL);
	search_cancel(s);
	do
		rc = how == TAKE_NEXT ? search_next(s, &item) : search_try_next(s, &item);
	while (rc == 1);
	CHILD_CHECK(item == NULL);
	CHILD_CHECK(ended ? rc == 0 : rc == SEARCH_EINVAL);
	CHILD_CHECK(search_try_next(s, &item) == rc && search_next(s, &item) == rc);
	search_close(s);
	return 7;
}

static void test_life__child_of_fork_is_refused(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_RESULT_LIST, SEARCH_RESULT_UNORDERED, SEARCH_RESULT_COUNT };

	(void)state;
	for (int n = 0; n < 48; n++) {
		struct transcript expected = { 0 }, got = { 0 };
		const struct search_item *item;
		struct search *s;
		struct simple a;
		pid_t child;
		int status, taken = n % 3 * 7;

		simple_init(&a, "needle", tree);
		set_flags(&a.options, (uint32_t)flags[n / 4 % 4]);
		a.options.max_matches = n % 5 == 0 ? 8 : 0; /* ends in the middle of what was fetched */
		a.options.workers = SEARCH_NO_WORKERS;
		collect(&a.options, TAKE_NEXT, &expected);
		a.options.workers = worker_counts[n % WORKER_COUNTS];
		s = open_search(&a.options);
		if (n % 2)
			search_fd(s);
		for (int i = 0; i < taken && take_item(s, n % 7 ? TAKE_NEXT : TAKE_POLL, &item) == 1; i++)
			transcript_add(&got, item);
		child = fork();
		if (child == 0) {
			alarm(patience(60));
			_exit(use_inherited(s, n % 3 ? TAKE_NEXT : TAKE_POLL));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 7);
		assert_int_equal(collect_items(s, (enum take)(n % TAKE_COUNT), &got), 0);
		if ((a.options.result_flags & SEARCH_RESULT_UNORDERED) == 0)
			assert_same(&expected, &got, "after fork");
		search_close(s);
		transcript_free(&expected);
		transcript_free(&got);
	}
}

/* What the child does has no effect on a descriptor that both have. */
static void test_life__child_of_fork_does_not_wake_the_parent(void **state)
{
	char *root = forest_open(), *fifo = forest_path(root, "f");
	int writer;

	(void)state;
	forest_fifo(root, "f");
	writer = open(fifo, O_RDWR | O_CLOEXEC);
	for (int i = 1; i < WORKER_COUNTS; i++) {
		const struct search_item *item;
		struct pollfd polled = { .events = POLLIN };
		struct search *s;
		struct simple a;
		pid_t child;
		int status;

		simple_init(&a, "needle", fifo);
		a.options.workers = worker_counts[i];
		s = open_search(&a.options);
		polled.fd = search_fd(s);
		/* until a worker, and not the caller, waits for the FIFO */
		while (search_try_next(s, &item) == SEARCH_EAGAIN && poll(&polled, 1, 100) != 0)
			;
		child = fork();
		if (child == 0) {
			alarm(patience(60));
			_exit(use_inherited(s, TAKE_POLL));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 7);
		assert_int_equal(poll(&polled, 1, 0), 0);
		search_close(s);
	}
	close(writer);
	free(fifo);
	forest_close(root);
}

/* All that was passed is overwritten and freed before the first item is taken. */
static void test_life__all_that_is_passed_is_copied(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", tree);
	a.source.name = "shown";
	collect(&a.options, TAKE_NEXT, &expected);
	for (int i = 0; i < WORKER_COUNTS; i++) {
		struct search_options *options = malloc(sizeof(*options));
		struct search_pattern *pattern = malloc(sizeof(*pattern));
		struct search_source *source = calloc(1, sizeof(*source));
		struct transcript got = { 0 };
		char *text = strdup("needle"), *path = strdup(tree), *name = strdup("shown");
		struct search *s;

		*pattern = (struct search_pattern){ .text = text, .length = 6 };
		source->path = path;
		source->name = name;
		*options = a.options;
		options->patterns = pattern;
		options->sources = source;
		options->workers = worker_counts[i];
		s = open_search(options);
		memset(text, 'z', 6), memset(path, 'z', strlen(path)), memset(name, 'z', 5);
		free(options), free(pattern), free(source), free(text), free(path), free(name);
		assert_int_equal(collect_items(s, TAKE_MIX, &got), 0);
		search_close(s);
		assert_same(&expected, &got, "after free");
		transcript_free(&got);
	}
	transcript_free(&expected);
}

static void test_life__fd_is_readable_when_there_is_something(void **state)
{
	const struct search_item *item;
	struct search *s;
	struct simple a;
	int fd;

	(void)state;
	for (int socket = 0; socket < 2; socket++)
		for (int i = 0; i < WORKER_COUNTS; i++) {
			simple_init(&a, "needle", tree);
			a.options.workers = worker_counts[i];
			set_flags(&a.options, socket ? SEARCH_RESULT_SOCKET : 0);
			s = open_search(&a.options);
			fd = search_fd(s);
			assert_true(fd >= 0);
			assert_int_equal(search_fd(s), fd);
			assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
			assert_int_equal(take(s, TAKE_POLL, UINT64_MAX), 0);
			/* at the end it stays readable */
			assert_int_equal(take(s, TAKE_POLL, 3), 0);
			assert_int_equal(search_try_next(s, &item), 0);
			search_close(s);
			assert_int_equal(fcntl(fd, F_GETFD), -1);
		}
}

/* --- memory after closing --- */

enum { HELD = 100 };

/* Many searches at once, none of them taken to its end. */
static int hold_and_close(void *context)
{
	long before = process_resident(), after;
	struct search *held[HELD];
	struct rusage usage;
	struct simple a;

	for (int i = 0; i < HELD; i++) {
		simple_init(&a, "line", context);
		a.options.workers = 2;
		CHILD_CHECK(search_open(&held[i], &a.options, NULL) == SEARCH_OK);
	}
	for (int i = 0; i < HELD; i++)
		CHILD_CHECK(take(held[i], TAKE_NEXT, 3000) == 1);
	for (int i = 0; i < HELD; i++)
		search_close(held[i]);
	after = process_resident();
	getrusage(RUSAGE_SELF, &usage);
	CHILD_CHECK(before > 0 && usage.ru_maxrss - before > 16 * 1024);
	CHILD_CHECK(after - before <= (usage.ru_maxrss - before) / 3);
	return 0;
}

static void test_life__memory_goes_back_to_the_system(void **state)
{
	enum { FILES = 300, LINES = 400 };
	static char text[LINES * 80];
	char *many = forest_open(), name[32];
	size_t size = 0;
	long peak;

	(void)state;
	for (int i = 0; i < LINES; i++)
		size += (size_t)sprintf(text + size, "this is line %d, which is about as long as lines are\n", i);
	for (int i = 0; i < FILES; i++) {
		sprintf(name, "file%d", i);
		forest_file(many, name, text, size);
	}
	if (TEST_SANITIZED)
		printf("skipped: the sanitizer's allocator keeps what is freed\n");
	else
		assert_int_equal(process_child(hold_and_close, many, &peak), 0);
	forest_close(many);
}

/* --- one thread a handle: checked in debug builds --- */

#ifdef PS_DEBUG
static struct search *shared;

static void call_next(void)
{
	const struct search_item *item;

	search_next(shared, &item);
}

static void call_next_many(void)
{
	const struct search_item *const *items;

	search_next_many(shared, &items, 1);
}

static void call_close(void)
{
	search_close(shared);
}

/* Uses the handle during search_next(), as a thread does that takes itself to be alone. */
static int intrude(void *context, struct search_source *source)
{
	(void)source;
	(*(void (**)(void))context)();
	_exit(1);
}

static void use_twice(void (*call)(void))
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	const struct search_item *item;

	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	signal(SIGABRT, SIG_DFL);
	options.patterns = &(struct search_pattern){ .text = "x", .length = 1 };
	options.pattern_count = 1;
	options.next_source = intrude;
	options.next_source_context = &call;
	options.workers = SEARCH_NO_WORKERS;
	if (search_open(&shared, &options, NULL) == SEARCH_OK)
		search_next(shared, &item);
	_exit(1);
}
#endif

static void test_life__debug_builds_notice_two_threads_in_one_handle(void **state)
{
#ifdef PS_DEBUG
	static void (*const calls[])(void) = { call_next, call_next_many, call_close };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		pid_t child = fork();
		int status = 0;

		if (child == 0)
			use_twice(calls[i]);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
#else
	(void)state;
	skip();
#endif
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life__close_after_any_number_of_items),
		cmocka_unit_test(test_life__close_after_any_time),
		cmocka_unit_test(test_life__close_null),
		cmocka_unit_test(test_life__close_while_a_fifo_is_waited_for),
		cmocka_unit_test(test_life__cancel_from_a_signal_handler),
		cmocka_unit_test(test_life__cancel_from_another_thread),
		cmocka_unit_test(test_life__cancel_and_close_among_slow_lines),
		cmocka_unit_test(test_life__ends_within_a_line_that_takes_long),
		cmocka_unit_test(test_life__cancel_before_the_first_item_and_after_the_end),
		cmocka_unit_test(test_life__many_searches_at_once),
		cmocka_unit_test(test_life__two_searches_in_turn_in_one_thread),
		cmocka_unit_test(test_life__stats_in_another_thread_never_shrink),
		cmocka_unit_test(test_life__a_thread_is_started_when_there_is_work_for_it),
		cmocka_unit_test(test_life__threads_are_named_and_block_signals),
		cmocka_unit_test(test_life__child_of_fork_closes_and_parent_goes_on),
		cmocka_unit_test(test_life__child_of_fork_is_refused),
		cmocka_unit_test(test_life__child_of_fork_does_not_wake_the_parent),
		cmocka_unit_test(test_life__all_that_is_passed_is_copied),
		cmocka_unit_test(test_life__fd_is_readable_when_there_is_something),
		cmocka_unit_test(test_life__memory_goes_back_to_the_system),
		cmocka_unit_test(test_life__debug_builds_notice_two_threads_in_one_handle),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
