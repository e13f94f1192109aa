/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.c - see process.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "process.h"
#include "scale.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static size_t count_entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	if (dir == NULL) {
		perror(path);
		exit(99);
	}
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2;
}

/* Counts until the number stays the same for a while: a thread stays for a moment after it was joined. */
static size_t settled(const char *path)
{
	enum { ENOUGH = 5, MOST = 2000 };
	size_t n = count_entries(path);

	for (int same = 0, i = 0; same < ENOUGH && i < MOST; i++) {
		size_t now;

		sleep_microseconds(1000);
		now = count_entries(path);
		same = now == n ? same + 1 : 0;
		n = now;
	}
	return n;
}

static void *do_nothing(void *argument)
{
	return argument;
}

/* ThreadSanitizer starts a thread of its own with the first one of the process: make it start before we count. */
static void make_first_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
		pthread_join(thread, NULL);
}

size_t process_threads(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_first_thread);
	return settled("/proc/self/task");
}

size_t process_descriptors(void)
{
	return count_entries("/proc/self/fd") - 1; /* without the one that counts them */
}

/* One of the first two numbers that the kernel tells of its memory, in KiB. */
static long memory_of(int which)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long pages[2] = { 0, 0 };

	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld %ld", &pages[0], &pages[1]) != 2)
		pages[which] = 0;
	fclose(f);
	return pages[which] * (sysconf(_SC_PAGESIZE) / 1024);
}

long process_mapped(void)
{
	return memory_of(0);
}

long process_resident(void)
{
	return memory_of(1);
}

bool process_has(size_t threads, size_t descriptors)
{
	for (int i = 0; i < 1000; i++) {
		if (process_threads() == threads && process_descriptors() == descriptors)
			return true;
		sleep_microseconds(1000);
	}
	fprintf(stderr, "%zu threads and %zu descriptors, not %zu and %zu\n", process_threads(),
		process_descriptors(), threads, descriptors);
	return false;
}

/* The state of a thread of this process, as ps has it: R, S, ... ; S if it is gone. */
static char thread_state(const char *id)
{
	char path[64], state = 'S';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/stat", id);
	f = fopen(path, "re");
	if (f == NULL)
		return state;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'R';
	fclose(f);
	return state;
}

static bool do_others_sleep(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;
	bool sleep = dir != NULL;

	while (sleep && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != gettid())
			sleep = thread_state(entry->d_name) == 'S';
	if (dir != NULL)
		closedir(dir);
	return sleep;
}

void process_wait_for_sleep(void)
{
	enum { ENOUGH = 20, MOST = 20000 };

	for (int same = 0, i = 0; same < ENOUGH && i < MOST; i++) {
		sleep_microseconds(1000);
		same = do_others_sleep() ? same + 1 : 0;
	}
}

int process_child(int (*run)(void *context), void *context, long *peak)
{
	struct rusage usage = { 0 };
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		alarm(patience(120));
		_exit(run(context));
	}
	if (child < 0) {
		perror("fork");
		return 99;
	}
	while (wait4(child, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return 99;
	if (peak != NULL)
		*peak = usage.ru_maxrss;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int end_at_once(void *context)
{
	(void)context;
	return 0;
}

int process_child_alone(int (*run)(void *context), void *context, long *peak)
{
	long least = 0;
	int rc = process_child(end_at_once, NULL, &least);

	if (rc == 0)
		rc = process_child(run, context, peak);
	*peak = *peak > least ? *peak - least : 0;
	return rc;
}

double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void sleep_microseconds(uint64_t n)
{
	struct timespec t = { (time_t)(n / 1000000), (long)(n % 1000000) * 1000 };

	while (nanosleep(&t, &t) != 0)
		;
}
