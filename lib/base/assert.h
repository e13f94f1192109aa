/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * assert.h - invariants that are checked while the library runs, but only in builds made for that: those with
 * make DEBUG=1, and those with sanitizers.
 *
 * In other builds the condition is compiled, but never evaluated: a library must not end its host.
 */
#ifndef PS_ASSERT_H
#define PS_ASSERT_H

#ifdef PS_DEBUG
#undef NDEBUG
#include <assert.h>
#define PS_ASSERT(condition) assert(condition)
#else
#define PS_ASSERT(condition) ((void)sizeof(!(condition)))
#endif

#endif
