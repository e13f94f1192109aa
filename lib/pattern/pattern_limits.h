/* SPDX-License-Identifier: BSD-2-Clause */
/* pattern_limits.h - how deep a pattern nests, and how large it is, found out before Oniguruma does. */
#ifndef PS_PATTERN_LIMITS_H
#define PS_PATTERN_LIMITS_H

#include "../onig/onig.h"

/* Whether the pattern may be compiled on a thread with 128 KiB of stack. If not, *offset is where it is too deep. */
bool ps_pattern_check_nesting(const uint8_t *pattern, size_t length, uint32_t syntax, size_t *offset);

/* Functions to call for the parts of a pattern, in their order; NULL: none. */
struct ps_pattern_visitor {
	void *context;
	/* each element, after those below were called for it: a character or escape, a whole class, or what opens, closes
	   or repeats a group */
	void (*element)(void *context, const uint8_t *begin, const uint8_t *end);
	/* a backslash outside of classes and quotations; whether (?x) is on */
	void (*escape)(void *context, const uint8_t *at, bool extended);
	/* a whole class, with those in it */
	void (*class)(void *context, const uint8_t *begin, const uint8_t *end);
	/* the ( of a (?.. that is no comment */
	void (*group)(void *context, const uint8_t *at);
};

/* Visits the pattern, up to where it nests too deep, if it does. */
void ps_pattern_visit(const uint8_t *pattern, size_t length, uint32_t syntax, const struct ps_pattern_visitor *visitor);

/* What a pattern that passed the check has too much of, for a message, and at *offset; NULL: nothing. */
const char *ps_pattern_excess(const uint8_t *pattern, size_t length, const struct ps_dialect *dialect, size_t *offset);

#endif
