/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault_plan.c - which call fails, and how: what faults.h says, apart from the calls themselves.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "faults.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fault *armed; /* all that ever were */
_Thread_local bool faults_spare;
const char *_Atomic failing_name;

void arm(struct fault *f, long first, long count, int error)
{
	struct fault *a = armed;

	while (a != NULL && a != f)
		a = a->next;
	if (a == NULL) {
		f->next = armed;
		armed = f;
	}
	f->count = count;
	f->error = error;
	f->every = 0;
	atomic_store(&f->chosen, 0); /* not NULL, which may be of another kind of pointer */
	atomic_store(&f->calls, 0);
	atomic_store(&f->first, first);
}

void disarm_all(void)
{
	for (struct fault *f = armed; f != NULL; f = f->next)
		atomic_store(&f->first, 0);
	atomic_store(&failing_name, NULL);
}

/* A file, by what it is, since most calls name it by a descriptor. */
struct target {
	dev_t device;
	ino_t inode;
	const char *path;
};

int __real_fstat64(int fd, struct stat *st);

static struct target spoilt, gated;
static _Atomic off_t spoilt_from = -1;
static _Atomic int gate; /* enum hang */
static const char *hook_end;
static void (*_Atomic hook)(void);
_Atomic unsigned hanging;
_Atomic enum shortness shortness;

static void aim(struct target *target, const char *path)
{
	struct stat st;

	*target = (struct target){ .path = path };
	if (stat(path, &st) == 0) {
		target->device = st.st_dev;
		target->inode = st.st_ino;
	}
}

static bool hits(const struct target *target, int fd)
{
	struct stat st;

	return __real_fstat64(fd, &st) == 0 && st.st_dev == target->device && st.st_ino == target->inode;
}

bool faults_end_in(const char *path, const char *end)
{
	size_t length = strlen(path), n = strlen(end);

	return length >= n && strcmp(path + length - n, end) == 0;
}

void spoil_file(const char *path, off_t from)
{
	if (from >= 0)
		aim(&spoilt, path);
	atomic_store(&spoilt_from, from);
}

void before_open(const char *path_end, void (*run)(void))
{
	hook_end = path_end;
	atomic_store(&hook, run);
}

void faults_run_hook(const char *path)
{
	void (*run)(void) = atomic_load(&hook);

	if (run != NULL && faults_end_in(path, hook_end) && atomic_compare_exchange_strong(&hook, &run, NULL))
		run();
}

void close_gate(enum hang what, const char *path)
{
	aim(&gated, path);
	atomic_store(&gate, (int)what);
}

void open_gate(void)
{
	atomic_store(&gate, HANGS_NOT);
}

/* Waits as long as the gate is closed for this call: of a path, or of a descriptor if that is NULL. */
void faults_pass_gate(enum hang what, const char *path, int fd)
{
	if (atomic_load(&gate) != (int)what || !(path != NULL ? faults_end_in(path, gated.path) : hits(&gated, fd)))
		return;
	atomic_fetch_add(&hanging, 1);
	while (atomic_load(&gate) == (int)what)
		usleep(500);
	atomic_fetch_sub(&hanging, 1);
}

/* How much of a read is possible. -1, and errno, if nothing. */
ssize_t faults_readable(int fd, size_t size, off_t at)
{
	static _Atomic uint32_t turn = 1;
	off_t end = atomic_load(&spoilt_from);

	if (end >= 0 && !faults_spare && hits(&spoilt, fd)) {
		if (at < 0)
			at = lseek(fd, 0, SEEK_CUR);
		if (at >= end) {
			errno = EIO;
			return -1;
		}
		if (at + (off_t)size > end)
			size = (size_t)(end - at);
	}
	if (size > 1 && !faults_spare && atomic_load(&shortness) == READS_ONE_BYTE)
		return 1;
	if (size > 1 && !faults_spare && atomic_load(&shortness) == READS_ANY_PART)
		return 1 + (ssize_t)((atomic_fetch_add(&turn, 1) * 2654435761U >> 7) % size);
	return (ssize_t)size;
}
