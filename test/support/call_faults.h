/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * call_faults.h - further calls of the library that may fail, beside those of faults.h: all that `nm -u libpsearch.a` shows
 * and that can fail for a reason that a program meets. For programs that are linked with MORE_FAULTS of the Makefile.
 *
 * Left out are calls that cannot fail with the arguments that they have (the locks, clock_gettime, pthread_sigmask, getpid,
 * write and send on the descriptors that wake the caller, munmap), and those whose failure nobody can tell from success
 * (unlink of the library's own new file, madvise for pages that are free).
 */
#ifndef TEST_CALL_FAULTS_H
#define TEST_CALL_FAULTS_H

#include "faults.h"

extern struct fault poll_fault, convert_fault, link_fault, path_fault, own_fault, system_fault, ask_fault, seek_fault,
	load_fault, lock_fault, close_fault, plain_open_fault;

/* Files seem to be on a file system of this kind. 0: on their own. */
extern _Atomic long file_system;

enum { FUSE = 0x65735546, EXT = 0xEF53 };

#endif
