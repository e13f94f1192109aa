/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * large_files.h - the name behind --wrap of a call that takes an offset in a file.
 *
 * In glibc the calls with offsets of 64 bits have names of their own. The others take a long, which on some machines of
 * 32 bit, such as ARM, even stands at another place among the arguments: so a wrapper must call what it stands for. The
 * library and the tests call those of 64 bits only. Other libcs have one set of names.
 */
#ifndef TEST_LARGE_FILES_H
#define TEST_LARGE_FILES_H

#include <sys/types.h>

#ifdef __GLIBC__
#define REAL_LARGE(name) __real_##name##64
#else
#define REAL_LARGE(name) __real_##name
#endif

#endif
