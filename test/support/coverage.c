/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * coverage.c - for `make coverage`: what a child process ran counts even if it ends with _exit.
 *
 * Only that build wraps _exit, so no other program needs this file of libsupport.a.
 */
#include <stdlib.h>
#include <unistd.h>

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
