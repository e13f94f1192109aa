/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slow.c - slow storage: a library for LD_PRELOAD.
 *
 * Each open of a file or directory, and each read of a regular file, first waits for $SLOW_MICROSECONDS, by default
 * 1000. Other descriptors (pipes, those by which threads wake each other) are as fast as ever.
 *
 * Only calls from the program into libc are seen: not those of a statically linked program, nor those within libc. An
 * fread counts as one read. A file that is mapped into memory costs only its open: tell such commands not to map files.
 */
#define _GNU_SOURCE

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct timespec delay;
static long (*real_syscall)(long, ...);
static FILE *(*real_fopen)(const char *, const char *);
static size_t (*real_fread)(void *, size_t, size_t, FILE *);
static DIR *(*real_opendir)(const char *);

__attribute__((constructor)) static void begin(void)
{
	const char *s = getenv("SLOW_MICROSECONDS");
	long us = s != NULL ? atol(s) : 1000;

	delay.tv_sec = us / 1000000;
	delay.tv_nsec = us % 1000000 * 1000;
	*(void **)&real_syscall = dlsym(RTLD_NEXT, "syscall");
	*(void **)&real_fopen = dlsym(RTLD_NEXT, "fopen");
	*(void **)&real_fread = dlsym(RTLD_NEXT, "fread");
	*(void **)&real_opendir = dlsym(RTLD_NEXT, "opendir");
}

static void wait_a_little(void)
{
	int error = errno;

	nanosleep(&delay, NULL);
	errno = error;
}

static void wait_if_regular(int fd)
{
	int error = errno;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		wait_a_little();
	errno = error;
}

static int slow_open(int at, const char *path, int flags, unsigned mode)
{
	wait_a_little();
	return (int)real_syscall(SYS_openat, at, path, flags, mode);
}

/* The mode, if there is one, is the last argument; otherwise that is not used. */
#define MODE(last)                                    \
	({                                            \
		va_list a;                            \
		unsigned mode;                        \
		va_start(a, last);                    \
		mode = va_arg(a, unsigned);           \
		va_end(a);                            \
		mode;                                 \
	})

#define OPEN(name)                                                   \
	int name(const char *path, int flags, ...);                  \
	int name(const char *path, int flags, ...)                   \
	{                                                            \
		return slow_open(AT_FDCWD, path, flags, MODE(flags)); \
	}
#define OPENAT(name)                                                 \
	int name(int at, const char *path, int flags, ...);          \
	int name(int at, const char *path, int flags, ...)           \
	{                                                            \
		return slow_open(at, path, flags, MODE(flags));      \
	}

OPEN(open)
OPEN(open64)
OPEN(__open_2)
OPEN(__open64_2)
OPENAT(openat)
OPENAT(openat64)
OPENAT(__openat_2)
OPENAT(__openat64_2)

long syscall(long number, ...)
{
	long a[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_openat2 || number == SYS_openat)
		wait_a_little();
	return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

DIR *opendir(const char *path)
{
	wait_a_little();
	return real_opendir(path);
}

#define FOPEN(name)                                          \
	FILE *name(const char *path, const char *mode);      \
	FILE *name(const char *path, const char *mode)       \
	{                                                    \
		wait_a_little();                             \
		return real_fopen(path, mode);               \
	}
FOPEN(fopen)
FOPEN(fopen64)

ssize_t read(int fd, void *to, size_t size)
{
	wait_if_regular(fd);
	return real_syscall(SYS_read, fd, to, size);
}

ssize_t __read_chk(int fd, void *to, size_t size, size_t room);
ssize_t __read_chk(int fd, void *to, size_t size, size_t room)
{
	return read(fd, to, size < room ? size : room);
}

#define PREAD(name)                                                  \
	ssize_t name(int fd, void *to, size_t size, off_t offset)    \
	{                                                            \
		wait_if_regular(fd);                                 \
		return real_syscall(SYS_pread64, fd, to, size, offset); \
	}
PREAD(pread)
PREAD(pread64)

size_t fread(void *to, size_t size, size_t count, FILE *from)
{
	wait_if_regular(fileno(from));
	return real_fread(to, size, count, from);
}

size_t __fread_chk(void *to, size_t room, size_t size, size_t count, FILE *from);
size_t __fread_chk(void *to, size_t room, size_t size, size_t count, FILE *from)
{
	(void)room;
	return fread(to, size, count, from);
}
