/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fortified.c - with _FORTIFY_SOURCE, libc's headers turn some calls into others, which compare sizes first: pread() into
 * __pread_chk(), say. A test that puts a function of its own in the place of pread() would miss these. Here they call
 * what they stand for; the linker is told to take them (FORTIFIED in the Makefile).
 */
#undef _FORTIFY_SOURCE
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int at, const char *path, int flags);
int __openat64_2(int at, const char *path, int flags);
ssize_t __read_chk(int fd, void *to, size_t size, size_t room);
ssize_t __pread_chk(int fd, void *to, size_t size, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *to, size_t size, off64_t at, size_t room);
ssize_t __readlink_chk(const char *path, char *to, size_t size, size_t room);
ssize_t __readlinkat_chk(int at, const char *path, char *to, size_t size, size_t room);
int __poll_chk(struct pollfd *polled, nfds_t count, int timeout, size_t room);
char *__realpath_chk(const char *path, char *to, size_t room);
char *__getcwd_chk(char *to, size_t size, size_t room);

static void expect_room(size_t size, size_t room)
{
	if (size > room)
		abort();
}

int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

int __open64_2(const char *path, int flags)
{
	return open64(path, flags);
}

int __openat_2(int at, const char *path, int flags)
{
	return openat(at, path, flags);
}

int __openat64_2(int at, const char *path, int flags)
{
	return openat64(at, path, flags);
}

ssize_t __read_chk(int fd, void *to, size_t size, size_t room)
{
	expect_room(size, room);
	return read(fd, to, size);
}

ssize_t __pread_chk(int fd, void *to, size_t size, off_t at, size_t room)
{
	expect_room(size, room);
	return pread(fd, to, size, at);
}

ssize_t __pread64_chk(int fd, void *to, size_t size, off64_t at, size_t room)
{
	expect_room(size, room);
	return pread64(fd, to, size, at);
}

ssize_t __readlink_chk(const char *path, char *to, size_t size, size_t room)
{
	expect_room(size, room);
	return readlink(path, to, size);
}

ssize_t __readlinkat_chk(int at, const char *path, char *to, size_t size, size_t room)
{
	expect_room(size, room);
	return readlinkat(at, path, to, size);
}

int __poll_chk(struct pollfd *polled, nfds_t count, int timeout, size_t room)
{
	expect_room(count * sizeof(*polled), room);
	return poll(polled, count, timeout);
}

char *__realpath_chk(const char *path, char *to, size_t room)
{
	expect_room(PATH_MAX, room);
	return realpath(path, to);
}

char *__getcwd_chk(char *to, size_t size, size_t room)
{
	expect_room(size, room);
	return getcwd(to, size);
}
