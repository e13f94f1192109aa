/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * call_faults.c - see call_faults.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "call_faults.h"

#include <fcntl.h>
#include <iconv.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

struct fault poll_fault, convert_fault, link_fault, path_fault, own_fault, system_fault, ask_fault, seek_fault, load_fault,
	lock_fault, close_fault, plain_open_fault;
_Atomic long file_system;

/*
 * WRAP(TYPE, NAME, FAULT, RESULT, (PARAMETERS), (ARGUMENTS)): the call fails with RESULT. FAILURE in place of RESULT stands
 * for the errno, for functions that return it.
 */
#define WRAP(type, name, fault, result, parameters, arguments)                   \
	type __real_##name parameters;                                           \
	type __wrap_##name parameters;                                           \
	type __wrap_##name parameters                                            \
	{                                                                        \
		return fails(&(fault)) ? (result) : __real_##name arguments;     \
	}

WRAP(int, poll, poll_fault, -1, (struct pollfd *of, nfds_t count, int timeout), (of, count, timeout))
WRAP(size_t, iconv, convert_fault, (size_t)-1, (iconv_t cd, char **in, size_t *left, char **out, size_t *room),
     (cd, in, left, out, room))
WRAP(ssize_t, readlink, link_fault, -1, (const char *path, char *to, size_t size), (path, to, size))
WRAP(ssize_t, readlinkat, link_fault, -1, (int at, const char *path, char *to, size_t size), (at, path, to, size))
WRAP(char *, realpath, path_fault, NULL, (const char *path, char *to), (path, to))
WRAP(char *, getcwd, path_fault, NULL, (char *to, size_t size), (to, size))
WRAP(int, getrlimit, own_fault, -1, (int what, struct rlimit *limit), (what, limit))
WRAP(int, getrlimit64, own_fault, -1, (int what, struct rlimit64 *limit), (what, limit))
WRAP(int, sched_getaffinity, own_fault, -1, (pid_t pid, size_t size, cpu_set_t *set), (pid, size, set))
WRAP(long, sysconf, own_fault, -1, (int name), (name))
WRAP(off_t, lseek, seek_fault, -1, (int fd, off_t at, int whence), (fd, at, whence))
WRAP(off64_t, lseek64, seek_fault, -1, (int fd, off64_t at, int whence), (fd, at, whence))
WRAP(void *, dlopen, load_fault, NULL, (const char *file, int flags), (file, flags))
WRAP(void *, dlsym, load_fault, NULL, (void *handle, const char *name), (handle, name))
WRAP(int, pthread_mutex_init, lock_fault, lock_fault.error,
     (pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes), (mutex, attributes))
WRAP(int, pthread_attr_init, lock_fault, lock_fault.error, (pthread_attr_t *attributes), (attributes))

/* All that the library asks of a descriptor is its flags. */
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);

int __wrap_fcntl(int fd, int command, ...)
{
	return fails(&ask_fault) ? -1 : __real_fcntl(fd, command);
}

int __wrap_fcntl64(int fd, int command, ...)
{
	return fails(&ask_fault) ? -1 : __real_fcntl64(fd, command);
}

int __real_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs);
int __real_fstatfs64(int fd, struct statfs *fs);
int __wrap_fstatfs64(int fd, struct statfs *fs);

static int pretend(struct statfs *fs, int rc)
{
	long type = atomic_load(&file_system);

	if (rc == 0 && type != 0)
		fs->f_type = (__typeof__(fs->f_type))type;
	return rc;
}

int __wrap_fstatfs(int fd, struct statfs *fs)
{
	return fails(&system_fault) ? -1 : pretend(fs, __real_fstatfs(fd, fs));
}

int __wrap_fstatfs64(int fd, struct statfs *fs)
{
	return fails(&system_fault) ? -1 : pretend(fs, __real_fstatfs64(fd, fs));
}

/* The descriptor is closed all the same: so Linux does it. */
int __real_close(int fd);
int __wrap_close(int fd);

int __wrap_close(int fd)
{
	int rc = __real_close(fd);

	return fails(&close_fault) ? -1 : rc;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
	va_end(list);
	return fails(&plain_open_fault) ? -1 : __real_open(path, flags, mode);
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
	va_end(list);
	return fails(&plain_open_fault) ? -1 : __real_open64(path, flags, mode);
}
