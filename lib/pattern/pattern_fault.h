/* SPDX-License-Identifier: BSD-2-Clause */
/* pattern_fault.h - where in a pattern is what Oniguruma refuses? */
#ifndef PS_PATTERN_FAULT_H
#define PS_PATTERN_FAULT_H

#include "../onig/onig.h"

/*
 * Sets error->offset, if Oniguruma has not said it, of a pattern that it has refused with this error, and perhaps says
 * more in error->message. It stays SIZE_MAX if the place is unknown, or memory runs out.
 */
void ps_pattern_locate_fault(struct ps_pattern_error *error, const uint8_t *pattern, size_t length,
			     const struct ps_dialect *dialect);

#endif
