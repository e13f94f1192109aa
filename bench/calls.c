/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - what threads cost each other: a library for LD_PRELOAD.
 *
 * Counts the mutexes that a program locks, how often another thread held one, the futex calls that the program makes
 * itself, and the calls that open and read files. When the program ends, the counts are written to the file $CALLS_TO,
 * as a JSON object.
 *
 * Only calls from the program into libc are seen. Each thread has its own counters until it ends, so that counting
 * does not add to what is counted.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call { LOCKS, CONTENDED, FUTEX, OPENS, READS, CALLS };

static const char *const names[CALLS] = { "locks", "contended", "futex", "opens", "reads" };

static _Atomic unsigned long total[CALLS]; /* of threads that have ended */
static _Thread_local unsigned long mine[CALLS];
static pthread_key_t ending;
static int (*real_lock)(pthread_mutex_t *);
static int (*real_trylock)(pthread_mutex_t *);
static long (*real_syscall)(long, ...);
static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);

static void add_up_counts(void *unused)
{
	(void)unused;
	for (int i = 0; i < CALLS; i++) {
		atomic_fetch_add(&total[i], mine[i]);
		mine[i] = 0;
	}
}

__attribute__((constructor)) static void begin(void)
{
	*(void **)&real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
	*(void **)&real_trylock = dlsym(RTLD_NEXT, "pthread_mutex_trylock");
	*(void **)&real_syscall = dlsym(RTLD_NEXT, "syscall");
	*(void **)&real_openat = dlsym(RTLD_NEXT, "openat");
	*(void **)&real_read = dlsym(RTLD_NEXT, "read");
	*(void **)&real_pread = dlsym(RTLD_NEXT, "pread");
	pthread_key_create(&ending, add_up_counts);
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("CALLS_TO");
	FILE *f = path != NULL ? fopen(path, "w") : NULL;

	if (f == NULL)
		return;
	add_up_counts(NULL);
	for (int i = 0; i < CALLS; i++)
		fprintf(f, "%s\"%s\": %lu", i == 0 ? "{" : ", ", names[i], total[i]);
	fprintf(f, "}\n");
	fclose(f);
}

static void note_call(enum call call)
{
	if (mine[LOCKS] + mine[FUTEX] + mine[OPENS] + mine[READS] == 0)
		pthread_setspecific(ending, mine);
	mine[call]++;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	note_call(LOCKS);
	if (real_trylock(mutex) == 0)
		return 0;
	note_call(CONTENDED);
	return real_lock(mutex);
}

long syscall(long number, ...)
{
	long a[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_futex)
		note_call(FUTEX);
	else if (number == SYS_openat2)
		note_call(OPENS);
	else if (number == SYS_getdents64)
		note_call(READS);
	return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int openat(int directory, const char *path, int flags, ...)
{
	note_call(OPENS);
	return real_openat(directory, path, flags);
}

ssize_t read(int fd, void *to, size_t size)
{
	note_call(READS);
	return real_read(fd, to, size);
}

ssize_t pread(int fd, void *to, size_t size, off_t at)
{
	note_call(READS);
	return real_pread(fd, to, size, at);
}
