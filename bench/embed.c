/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * embed.c - what many searches cost the program that they live in, in a pool and without one.
 *
 * usage: embed [-p] [-n SEARCHES] [-r ROUNDS] running|paused|urgent PATTERN DIRECTORY
 *        embed [-r ROUNDS] whole PATTERN DIRECTORY [COMMAND...]
 *
 * The host has one thread, which never waits for a search: it polls them all, takes what is ready, some items of each
 * in turn, and has a timer that it wants to be called every two milliseconds. With -p the searches are in a pool.
 *
 *	running  SEARCHES at once, until all have ended
 *	paused   an item is taken of each of SEARCHES, and then no more for a second
 *	urgent   while SEARCHES go on that find nothing, another one is opened ROUNDS times, until its first item is there.
 *	         In a pool it is of high priority
 *	whole    search_open() to search_close(), with the ways to search by turns, ROUNDS times: in a pool, with threads
 *	         of its own, without threads, and COMMAND, which is started and read to its end
 *
 * Prints a JSON object: times in microseconds, memory in KiB. `cpu` is of all threads. `late` is how late the timer is.
 */
#define _GNU_SOURCE /* ppoll */
#include <psearch.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	AT_ONCE = 64,       /* items of one search before the next has its turn */
	TICK = 2000,        /* microseconds */
	SAMPLE = 25,        /* ticks from one look at threads and descriptors to the next */
	PAUSE = 1000 * 1000, /* microseconds */
	BETWEEN = 20 * 1000
};

extern char **environ;

/* Times of one kind, or latenesses. */
struct times {
	long long *at;
	size_t count, space;
};

struct guest {
	struct search *s;
	long long opened; /* when search_open() was called */
	int first;        /* its first item was taken */
};

struct host {
	const char *pattern, *directory;
	struct search_pool *pool;
	size_t searches, rounds;
	struct guest *guests;
	struct pollfd *polled;
	unsigned long items, errors;
	long long tick; /* when the timer is to be called */
	unsigned ticks;
	long threads, descriptors; /* most seen */
	struct times open, first, late, close;
};

static long long clock_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static void fail(const char *what)
{
	fprintf(stderr, "embed: %s\n", what);
	exit(2);
}

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count > 0 ? count : 1, size);

	if (memory == NULL)
		fail("out of memory");
	return memory;
}

static void add_time(struct times *times, long long time)
{
	if (times->count == times->space) {
		times->space = times->space * 2 + 64;
		times->at = realloc(times->at, times->space * sizeof *times->at);
		if (times->at == NULL)
			fail("out of memory");
	}
	times->at[times->count++] = time;
}

static int by_value(const void *a, const void *b)
{
	const long long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print_times(const char *name, struct times *times)
{
	size_t n = times->count;

	if (n == 0)
		return;
	qsort(times->at, n, sizeof *times->at, by_value);
	printf("\"%s\": {\"p50\": %lld, \"p99\": %lld, \"max\": %lld}, ", name, times->at[n / 2],
	       times->at[n * 99 / 100], times->at[n - 1]);
	free(times->at);
}

/* --- what the system says of this process --- */

/* A number of /proc/self/status. */
static long status_of(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	size_t length = strlen(name);
	char line[256];
	long value = -1;

	while (f != NULL && value < 0 && fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			value = strtol(line + length + 1, NULL, 10);
	if (f != NULL)
		fclose(f);
	return value;
}

static long count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	long n = -3; /* `.`, `..`, and what lists them */

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return n;
}

static void sample(struct host *h)
{
	long threads = status_of("Threads"), descriptors = count_descriptors();

	h->threads = threads > h->threads ? threads : h->threads;
	h->descriptors = descriptors > h->descriptors ? descriptors : h->descriptors;
}

/* --- searches --- */

static struct search *open_search(const struct host *h, const char *pattern, struct search_pool *pool, unsigned workers,
				  enum search_priority priority)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_pattern p = { .text = pattern, .length = strlen(pattern) };
	struct search_source source = { .path = h->directory };
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;

	options.patterns = &p, options.pattern_count = 1;
	options.sources = &source, options.source_count = 1;
	options.match_flags = SEARCH_MATCH_SKIP_BINARY;
	options.pool = pool;
	options.workers = workers;
	options.priority = pool != NULL ? priority : SEARCH_PRIORITY_NORMAL;
	if (search_open(&s, &options, &error) != SEARCH_OK)
		fail(error.message);
	return s;
}

static void open_guest(struct host *h, struct guest *g, const char *pattern)
{
	g->opened = now_us();
	g->s = open_search(h, pattern, h->pool, 0, SEARCH_PRIORITY_NORMAL);
	g->first = 0;
	add_time(&h->open, now_us() - g->opened);
	h->polled[g - h->guests] = (struct pollfd){ .fd = search_fd(g->s), .events = POLLIN };
	if (search_fd(g->s) < 0)
		fail("search_fd fails");
}

static void close_guest(struct host *h, struct guest *g)
{
	long long began = now_us();

	search_close(g->s);
	add_time(&h->close, now_us() - began);
	g->s = NULL;
	h->polled[g - h->guests].fd = -1;
}

/* Takes what is ready, up to a bound. Returns 1 if there may be more, SEARCH_EAGAIN, or how it ended. */
static int take_some(struct host *h, struct guest *g)
{
	const struct search_item *item;
	int status = 1;

	for (int n = 0; n < AT_ONCE && (status = search_try_next(g->s, &item)) > 0; n++) {
		if (!g->first)
			add_time(&h->first, now_us() - g->opened);
		g->first = 1;
		h->items++;
		h->errors += item->kind == SEARCH_ITEM_ERROR;
	}
	return status;
}

/* --- the host's loop --- */

/* Polls until the timer is due, and calls it if it is. */
static void wait_in_loop(struct host *h)
{
	long long left = h->tick - now_us(), late;
	struct timespec t = { 0, left > 0 ? (long)left * 1000 : 0 };

	if (ppoll(h->polled, h->searches + 1, &t, NULL) < 0 && errno != EINTR)
		fail("ppoll fails");
	late = now_us() - h->tick;
	if (late < 0)
		return;
	add_time(&h->late, late);
	if (h->ticks++ % SAMPLE == 0)
		sample(h);
	h->tick = now_us() + TICK;
}

static void run_running(struct host *h)
{
	size_t left = h->searches;

	for (size_t i = 0; i < h->searches; i++)
		open_guest(h, &h->guests[i], h->pattern);
	sample(h);
	h->tick = now_us() + TICK;
	while (left > 0) {
		wait_in_loop(h);
		for (size_t i = 0; i < h->searches; i++) {
			int status = h->polled[i].revents != 0 ? take_some(h, &h->guests[i]) : SEARCH_EAGAIN;

			if (status > 0 || status == SEARCH_EAGAIN)
				continue;
			if (status < 0)
				fail(search_strerror(status));
			close_guest(h, &h->guests[i]);
			left--;
		}
	}
}

/* Without its descriptors: who does not take items need not poll. */
static void run_paused(struct host *h)
{
	const struct search_item *item;
	long long until;

	for (size_t i = 0; i < h->searches; i++) {
		struct guest *g = &h->guests[i];

		g->opened = now_us();
		g->s = open_search(h, h->pattern, h->pool, 0, SEARCH_PRIORITY_NORMAL);
		add_time(&h->open, now_us() - g->opened);
		if (search_next(g->s, &item) <= 0)
			fail("a search finds nothing");
		add_time(&h->first, now_us() - g->opened);
		h->items++;
		h->errors += item->kind == SEARCH_ITEM_ERROR;
		h->polled[i].fd = -1;
	}
	until = now_us() + PAUSE;
	h->tick = now_us() + TICK;
	while (now_us() < until)
		wait_in_loop(h);
	sample(h);
	for (size_t i = 0; i < h->searches; i++)
		close_guest(h, &h->guests[i]);
}

/* A search that finds nothing has ended, or there was nothing to say. */
static void renew(struct host *h, struct guest *g)
{
	static const char nothing[] = "nosuchstringatall";

	if (g->s != NULL && (h->polled[g - h->guests].revents == 0 || take_some(h, g) == SEARCH_EAGAIN))
		return;
	if (g->s != NULL)
		close_guest(h, g);
	open_guest(h, g, nothing);
}

static void renew_all(struct host *h)
{
	for (size_t i = 0; i < h->searches; i++)
		renew(h, &h->guests[i]);
}

/* Opens the search that is in a hurry, and returns when its first item was there, or it is clear that there is none. */
static long long time_urgent(struct host *h)
{
	const struct search_item *item;
	struct pollfd *polled = &h->polled[h->searches];
	long long began = now_us(), first;
	struct search *s = open_search(h, h->pattern, h->pool, 0, SEARCH_PRIORITY_INTERACTIVE);

	*polled = (struct pollfd){ .fd = search_fd(s), .events = POLLIN };
	while (search_try_next(s, &item) == SEARCH_EAGAIN) {
		wait_in_loop(h);
		renew_all(h);
	}
	first = now_us();
	polled->fd = -1;
	search_close(s);
	return first - began;
}

static void run_urgent(struct host *h)
{
	struct times urgent = { NULL, 0, 0 };

	renew_all(h);
	h->tick = now_us() + TICK;
	for (size_t i = 0; i < h->rounds; i++) {
		long long until = now_us() + BETWEEN;

		while (now_us() < until) {
			wait_in_loop(h);
			renew_all(h);
		}
		add_time(&urgent, time_urgent(h));
	}
	for (size_t i = 0; i < h->searches; i++)
		search_close(h->guests[i].s);
	h->first.count = 0;
	print_times("urgent", &urgent);
}

/* --- from open to close --- */

enum way { POOLED, OWN, NONE, COMMAND, WAYS };

static const char *const way_names[] = { "pool", "own threads", "no threads", "command" };

static void search_whole(struct host *h, enum way way)
{
	const struct search_item *item;
	struct search *s = open_search(h, h->pattern, way == POOLED ? h->pool : NULL, way == NONE ? SEARCH_NO_WORKERS : 0,
				       SEARCH_PRIORITY_NORMAL);

	while (search_next(s, &item) > 0)
		h->items += item->kind == SEARCH_ITEM_MATCH;
	search_close(s);
}

/* Starts the command and reads all that it prints. Returns its processor time. */
static long long run_command(struct host *h, char **command)
{
	static char text[1 << 16];
	posix_spawn_file_actions_t actions;
	struct rusage used;
	int ends[2], status;
	pid_t pid;
	ssize_t n;

	if (pipe(ends) != 0 || posix_spawn_file_actions_init(&actions) != 0)
		fail("no pipe");
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	if (posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0)
		fail("the command cannot be run");
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	while ((n = read(ends[0], text, sizeof text)) > 0)
		for (ssize_t i = 0; i < n; i++)
			h->items += text[i] == '\n';
	close(ends[0]);
	if (wait4(pid, &status, 0, &used) < 0)
		fail("wait4 fails");
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

static void run_whole(struct host *h, char **command)
{
	struct times wall[WAYS] = { { NULL, 0, 0 } }, cpu[WAYS] = { { NULL, 0, 0 } };
	unsigned long items[WAYS] = { 0 };

	for (size_t round = 0; round <= h->rounds; round++)
		for (enum way way = POOLED; way < (command[0] != NULL ? WAYS : COMMAND); way++) {
			long long began = now_us(), used = clock_us(CLOCK_PROCESS_CPUTIME_ID), of_command = 0;

			h->items = 0;
			if (way == COMMAND)
				of_command = run_command(h, command);
			else
				search_whole(h, way);
			items[way] = h->items;
			if (round == 0)
				continue; /* to warm the cache of files */
			add_time(&wall[way], now_us() - began);
			add_time(&cpu[way], clock_us(CLOCK_PROCESS_CPUTIME_ID) - used + of_command);
		}
	for (enum way way = POOLED; way < WAYS; way++) {
		if (wall[way].count == 0)
			continue;
		printf("\"%s\": {", way_names[way]);
		print_times("wall", &wall[way]);
		print_times("cpu", &cpu[way]);
		printf("\"items\": %lu}, ", items[way]);
	}
}

/* --- all --- */

static int print_usage(void)
{
	fprintf(stderr, "usage: embed [-p] [-n SEARCHES] [-r ROUNDS] running|paused|urgent PATTERN DIRECTORY\n"
			"       embed [-r ROUNDS] whole PATTERN DIRECTORY [COMMAND...]\n");
	return 2;
}

/* So that searches without a pool have the descriptors that they ask for. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void run_mode(struct host *h, const char *mode, char **command)
{
	long long began = now_us(), cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);

	printf("{");
	if (strcmp(mode, "running") == 0)
		run_running(h);
	else if (strcmp(mode, "paused") == 0)
		run_paused(h);
	else if (strcmp(mode, "urgent") == 0)
		run_urgent(h);
	else if (strcmp(mode, "whole") == 0)
		run_whole(h, command);
	else
		exit(print_usage());
	search_pool_close(h->pool);
	print_times("open", &h->open);
	print_times("first", &h->first);
	print_times("late", &h->late);
	print_times("close", &h->close);
	printf("\"items\": %lu, \"errors\": %lu, \"threads\": %ld, \"descriptors\": %ld, \"peak\": %ld, \"after\": %ld, ",
	       h->items, h->errors, h->threads, h->descriptors, status_of("VmHWM"), status_of("VmRSS"));
	printf("\"wall\": %lld, \"cpu\": %lld}\n", now_us() - began, clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

int main(int argc, char **argv)
{
	struct host h = { .searches = 1, .rounds = 100 };
	int c, pooled = 0;

	while ((c = getopt(argc, argv, "+pn:r:")) != -1)
		switch (c) {
		case 'p': pooled = 1; break;
		case 'n': h.searches = strtoul(optarg, NULL, 10); break;
		case 'r': h.rounds = strtoul(optarg, NULL, 10); break;
		default: return print_usage();
		}
	if (argc - optind < 3)
		return print_usage();
	h.pattern = argv[optind + 1];
	h.directory = argv[optind + 2];
	h.guests = allocate(h.searches, sizeof *h.guests);
	h.polled = allocate(h.searches + 1, sizeof *h.polled);
	h.polled[h.searches].fd = -1;
	raise_limit();
	if ((pooled || strcmp(argv[optind], "whole") == 0) && search_pool_open(&h.pool, NULL, NULL) != SEARCH_OK)
		fail("no pool");
	run_mode(&h, argv[optind], argv + optind + 3);
	free(h.guests);
	free(h.polled);
	return 0;
}
