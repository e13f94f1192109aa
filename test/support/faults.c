/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faults.c - see faults.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "faults.h"
#include "large_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct fault allocation, thread_fault, open_fault, read_fault, pread_fault, list_fault, eventfd_fault, iconv_fault, watch_fault,
	futex_fault;
_Atomic off_t kept_back_end;
_Atomic int openat2_refusal;
_Atomic unsigned long openat2_refused;
_Atomic bool types_hidden, inodes_differ;
_Atomic size_t largest;

/* --- memory, threads --- */

static void note_block(size_t size)
{
	size_t before = atomic_load(&largest);

	while (size > before && !atomic_compare_exchange_weak(&largest, &before, size))
		;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
void *REAL_LARGE(mmap)(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__real_mremap(void *old, size_t size, size_t wanted, int flags);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __real_openat(int at, const char *path, int flags, ...);
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t REAL_LARGE(pread)(int fd, void *to, size_t size, off_t at);
long __real_syscall(long number, ...);
int __real_eventfd(unsigned count, int flags);
int __real_socketpair(int domain, int type, int protocol, int *pair);
iconv_t __real_iconv_open(const char *to, const char *from);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, int64_t offset);
void *__wrap_mremap(void *old, size_t size, size_t wanted, int flags);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_openat64(int at, const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at);
ssize_t __wrap_pread64(int fd, void *to, size_t size, int64_t at);
long __wrap_syscall(long number, ...);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_socketpair(int domain, int type, int protocol, int *pair);
iconv_t __wrap_iconv_open(const char *to, const char *from);

#define ALLOCATION_FAILS fails_at(&allocation, __builtin_return_address(0))

void *__wrap_malloc(size_t size)
{
	note_block(size);
	return ALLOCATION_FAILS ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	note_block(count * size);
	return ALLOCATION_FAILS ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	note_block(size);
	return ALLOCATION_FAILS ? NULL : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	note_block(size);
	return ALLOCATION_FAILS ? NULL : __real_aligned_alloc(alignment, size);
}

char *__wrap_strdup(const char *text)
{
	return ALLOCATION_FAILS ? NULL : __real_strdup(text);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return ALLOCATION_FAILS ? MAP_FAILED : REAL_LARGE(mmap)(at, size, protection, flags, fd, offset);
}

/* Its name with large files. No file is mapped. */
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, int64_t offset)
{
	return ALLOCATION_FAILS ? MAP_FAILED : REAL_LARGE(mmap)(at, size, protection, flags, fd, (off_t)offset);
}

void *__wrap_mremap(void *old, size_t size, size_t wanted, int flags)
{
	return ALLOCATION_FAILS ? MAP_FAILED : __real_mremap(old, size, wanted, flags);
}

static void (*_Atomic thread_hook)(void);

void before_thread_fault(void (*run)(void))
{
	atomic_store(&thread_hook, run);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
	void (*hook)(void);

	if (!fails(&thread_fault))
		return __real_pthread_create(thread, attributes, run, argument);
	hook = atomic_exchange(&thread_hook, NULL);
	if (hook != NULL)
		hook();
	return thread_fault.error;
}

static bool opening_fails(const char *path)
{
	const char *name = atomic_load(&failing_name);

	faults_run_hook(path);
	faults_pass_gate(HANGS_OPEN, path, -1);
	if (name != NULL && !faults_end_in(path, name))
		return false;
	return fails(&open_fault);
}

int __wrap_openat(int at, const char *path, int flags, ...)
{
	return opening_fails(path) ? -1 : __real_openat(at, path, flags);
}

/* The same with offsets of 64 bits. */
int __wrap_openat64(int at, const char *path, int flags, ...)
{
	return __wrap_openat(at, path, flags | O_LARGEFILE);
}

ssize_t __wrap_read(int fd, void *to, size_t size)
{
	ssize_t can;

	faults_pass_gate(HANGS_READ, NULL, fd);
	if (fails(&read_fault))
		return -1;
	can = faults_readable(fd, size, -1);
	return can < 0 ? -1 : __real_read(fd, to, (size_t)can);
}

/* Fails if all that it reads is kept back, or if nothing is. */
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at)
{
	off_t end = atomic_load(&kept_back_end);
	bool kept_back = end == 0 || (at >= end - KEPT_BACK && at + (off_t)size <= end);
	ssize_t can;

	faults_pass_gate(HANGS_READ, NULL, fd);
	if (kept_back && fails(&pread_fault))
		return -1;
	can = faults_readable(fd, size, at);
	return can < 0 ? -1 : REAL_LARGE(pread)(fd, to, (size_t)can, at);
}

ssize_t __wrap_pread64(int fd, void *to, size_t size, int64_t at)
{
	return __wrap_pread(fd, to, size, (off_t)at);
}

static bool is_wait(long number, long operation)
{
#ifdef SYS_futex_time64
	if (number == SYS_futex_time64)
		return (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
#endif
	return number == SYS_futex && (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
}

/* 0, or what is answered to an openat2 that is not known. Then openat follows, and that is the one that counts. */
static int refuses_openat2(void)
{
	int refusal = atomic_load(&openat2_refusal);

	if (refusal != 0)
		atomic_fetch_add(&openat2_refused, 1);
	else if (__real_syscall(SYS_openat2, -1L, "", NULL, 0L) < 0 && errno == ENOSYS) /* an emulator */
		refusal = ENOSYS;
	return refusal;
}

/* struct linux_dirent64: the inode of an entry is at 0, its length at 16, its type at 18. */
static long change_entries(unsigned char *entries, long got)
{
	const uint64_t other = UINT64_MAX - 1;
	uint16_t length;

	for (long at = 0; at < got; at += length) {
		memcpy(&length, entries + at + 16, sizeof(length));
		if (types_hidden)
			entries[at + 18] = DT_UNKNOWN;
		if (inodes_differ)
			memcpy(entries + at, &other, sizeof(other));
	}
	return got;
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
		faults_pass_gate(HANGS_LIST, NULL, (int)a[0]);
	if (number == SYS_getdents64 && fails(&list_fault))
		return -1;
	if (number == SYS_openat2) {
		int refusal = refuses_openat2();

		if (refusal != 0)
			errno = refusal;
		if (refusal != 0 || opening_fails((const char *)a[1]))
			return -1;
	}
	if (number == SYS_getdents64)
		return change_entries((unsigned char *)a[1], __real_syscall(number, a[0], a[1], a[2]));
	if (number == SYS_preadv2) {
		struct iovec *into = (struct iovec *)a[1]; /* one: see read_stream() in lib/scan/read.c */
		ssize_t can = fails(&read_fault) ? -1 : faults_readable((int)a[0], into->iov_len, -1);

		if (can < 0)
			return -1;
		into->iov_len = (size_t)can;
	}
	if (is_wait(number, a[1]) && fails(&futex_fault))
		return -1;
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __wrap_eventfd(unsigned count, int flags)
{
	return fails(&eventfd_fault) ? -1 : __real_eventfd(count, flags);
}

int __wrap_socketpair(int domain, int type, int protocol, int *pair)
{
	return fails(&eventfd_fault) ? -1 : __real_socketpair(domain, type, protocol, pair);
}

iconv_t __wrap_iconv_open(const char *to, const char *from)
{
	return fails(&iconv_fault) ? (iconv_t)-1 : __real_iconv_open(to, from);
}

/* --- watches --- */

int __real_inotify_init1(int flags);
int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);

int __wrap_inotify_init1(int flags);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);

int __wrap_inotify_init1(int flags)
{
	return fails(&watch_fault) ? -1 : __real_inotify_init1(flags);
}

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	return fails(&watch_fault) ? -1 : __real_inotify_add_watch(fd, path, mask);
}
