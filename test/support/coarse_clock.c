/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * coarse_clock.c - see coarse_clock.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "coarse_clock.h"

#include "faults.h"

#include <string.h>
#include <sys/stat.h>

static _Atomic uint32_t tick;
struct fault stat_fault;

void coarse_clock_set(uint32_t nanoseconds)
{
	atomic_store(&tick, nanoseconds);
}

static const char *watched_end;
static void (*_Atomic run_after)(void);

void coarse_clock_after_look(const char *path_end, void (*run)(void))
{
	watched_end = path_end;
	atomic_store(&run_after, run);
}

static int after_look(const char *path, int rc)
{
	void (*run)(void) = atomic_load(&run_after);
	size_t length = strlen(path), n = run != NULL ? strlen(watched_end) : 0;

	if (n > 0 && length >= n && strcmp(path + length - n, watched_end) == 0 &&
	    atomic_compare_exchange_strong(&run_after, &run, NULL))
		run();
	return rc;
}

static int cut(struct stat *st, int rc)
{
	long unit = (long)atomic_load_explicit(&tick, memory_order_relaxed);

	if (rc == 0 && unit > 0) {
		st->st_mtim.tv_nsec -= st->st_mtim.tv_nsec % unit;
		st->st_ctim.tv_nsec -= st->st_ctim.tv_nsec % unit;
	}
	return rc;
}

int __real_fstat(int fd, struct stat *st);
int __real_fstat64(int fd, struct stat *st);
int __real_fstatat(int at, const char *path, struct stat *st, int flags);
int __real_fstatat64(int at, const char *path, struct stat *st, int flags);
int __real_stat(const char *path, struct stat *st);
int __real_stat64(const char *path, struct stat *st);
int __real_lstat(const char *path, struct stat *st);
int __real_lstat64(const char *path, struct stat *st);

int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat64(int fd, struct stat *st);
int __wrap_fstatat(int at, const char *path, struct stat *st, int flags);
int __wrap_fstatat64(int at, const char *path, struct stat *st, int flags);
int __wrap_stat(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
int __wrap_lstat64(const char *path, struct stat *st);

int __wrap_fstat(int fd, struct stat *st)
{
	faults_pass_gate(HANGS_LOOK, NULL, fd);
	return fails(&stat_fault) ? -1 : cut(st, __real_fstat(fd, st));
}

int __wrap_fstat64(int fd, struct stat *st)
{
	return fails(&stat_fault) ? -1 : cut(st, __real_fstat64(fd, st));
}

int __wrap_fstatat(int at, const char *path, struct stat *st, int flags)
{
	return fails(&stat_fault) ? -1 : after_look(path, cut(st, __real_fstatat(at, path, st, flags)));
}

int __wrap_fstatat64(int at, const char *path, struct stat *st, int flags)
{
	return fails(&stat_fault) ? -1 : after_look(path, cut(st, __real_fstatat64(at, path, st, flags)));
}

int __wrap_stat(const char *path, struct stat *st)
{
	return fails(&stat_fault) ? -1 : cut(st, __real_stat(path, st));
}

int __wrap_stat64(const char *path, struct stat *st)
{
	return fails(&stat_fault) ? -1 : cut(st, __real_stat64(path, st));
}

int __wrap_lstat(const char *path, struct stat *st)
{
	return fails(&stat_fault) ? -1 : cut(st, __real_lstat(path, st));
}

int __wrap_lstat64(const char *path, struct stat *st)
{
	return fails(&stat_fault) ? -1 : cut(st, __real_lstat64(path, st));
}
