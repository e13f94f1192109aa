/* SPDX-License-Identifier: BSD-2-Clause */
/* nesting.h - how deep a pattern nests, and how large it is, found out before Oniguruma does. */
#ifndef PS_NESTING_H
#define PS_NESTING_H

#include "onig.h"

/*
 * Whether the pattern may be compiled on a thread with 128 KiB of stack. If
 * not, *offset is where it becomes too deep.
 */
bool ps_nesting_check(const uint8_t *pattern, size_t length, uint32_t syntax, size_t *offset);

/*
 * What there is too much of in a pattern that passed the check, for a message; NULL: nothing. *repeat: how many
 * elements its largest counted repeat has, written out.
 */
const char *ps_nesting_excess(const uint8_t *pattern, size_t length, const struct ps_dialect *dialect,
			      size_t *repeat);

#endif
