/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faults.h - allocations and system calls that fail, in the library and in the test itself: in programs whose calls the
 * linker sends through the __wrap_ functions of faults.c (see the Makefile). They fail only while a test has armed them.
 */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * `count` calls fail, from number `first` on; first 0: none. With `every`, of these each such one: 2, each second one. A
 * test may arm one while threads of a search make such calls.
 */
struct fault {
	_Atomic long calls;
	_Atomic long first;
	_Atomic long count;
	_Atomic long every;
	_Atomic int error;
	struct fault *next; /* of those that were ever armed: the test's own */
	/* Of allocations: which place in the code calls. If this is set, it says which calls fail, and the numbers do not. */
	bool (*_Atomic chosen)(const void *place);
};

/* Calls that faults.c wraps. */
extern struct fault allocation, thread_fault, open_fault, read_fault, pread_fault, list_fault, eventfd_fault, iconv_fault,
	watch_fault, futex_fault;
extern struct fault stat_fault; /* of coarse_clock.c, which wraps the calls that it is of */

void arm(struct fault *f, long first, long count, int error);
void disarm_all(void);

/* Calls on this thread are neither counted nor fail: those of the test itself. */
extern _Thread_local bool faults_spare;

/* Is this the call that fails? Then errno is set. */
static inline bool fails(struct fault *f)
{
	long first = atomic_load(&f->first), every = atomic_load(&f->every), n;

	if (first == 0 || faults_spare)
		return false;
	n = atomic_fetch_add(&f->calls, 1) + 1;
	if (n < first || n - first >= f->count || (every > 1 && (n - first) % every != 0))
		return false;
	errno = f->error;
	return true;
}

static inline bool fails_at(struct fault *f, const void *place)
{
	bool (*chosen)(const void *place) = atomic_load(&f->chosen);

	if (chosen == NULL || faults_spare)
		return fails(f);
	if (!chosen(place))
		return false;
	errno = f->error;
	return true;
}

/* Reads give less than was asked for: one byte, or any part. Files seem to be on a file system where that may be so. */
enum shortness { READS_WHOLE, READS_ONE_BYTE, READS_ANY_PART };
extern _Atomic enum shortness shortness;

/* A kernel or a sandbox that knows no openat2: what it answers. 0: it knows it. */
extern _Atomic int openat2_refusal;
extern _Atomic unsigned long openat2_refused; /* so often was that answered */

/* A file system whose directories do not tell the types of their entries, or tell other inodes than stat. */
extern _Atomic bool types_hidden, inodes_differ;

/* A file that can be read only up to an offset, as a disk with a bad block has it. -1: there is none. */
void spoil_file(const char *path, off_t from);

/* What a thread does before it opens a path that ends so, once. */
void before_open(const char *path_end, void (*run)(void));

/* What a thread does before it fails to make another, once. */
void before_thread_fault(void (*run)(void));

/* Calls that do not return until the gate is opened, as those of a mount whose server does not answer. */
enum hang { HANGS_NOT, HANGS_OPEN, HANGS_READ, HANGS_LIST, HANGS_LOOK };
void close_gate(enum hang what, const char *path); /* opens and looks: of paths that end so; else: of the file */
void open_gate(void);
extern _Atomic unsigned hanging; /* threads in such a call */

/* For the functions that wrap calls. */
bool faults_end_in(const char *path, const char *end);
void faults_run_hook(const char *path);
void faults_pass_gate(enum hang what, const char *path, int fd); /* of a path, or if that is NULL of a descriptor */
ssize_t faults_readable(int fd, size_t size, off_t at); /* how much can be read; -1, and errno: nothing. at -1: anywhere */

extern const char *_Atomic failing_name; /* openat of a path that ends so fails; workers read it while a test disarms */

enum { KEPT_BACK = 8 << 10 };
extern _Atomic off_t kept_back_end; /* only a pread of the KEPT_BACK bytes before this offset fails; 0: any */

extern _Atomic size_t largest; /* block that was requested from malloc and the like */

#endif
