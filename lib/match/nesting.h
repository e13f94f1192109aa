/* SPDX-License-Identifier: BSD-2-Clause */
/* nesting.h - how deep a pattern nests, found out before Oniguruma's recursion does. */
#ifndef PS_NESTING_H
#define PS_NESTING_H

#include "../base.h"

/*
 * Whether the pattern may be compiled on a thread with 128 KiB of stack. If
 * not, *offset is where it becomes too deep.
 */
bool ps_nesting_check(const uint8_t *pattern, size_t length, uint32_t syntax, size_t *offset);

#endif
