/* SPDX-License-Identifier: BSD-2-Clause */
/* pattern_limits.h - how deep a pattern nests, and how large it is, found out before Oniguruma does. */
#ifndef PS_PATTERN_LIMITS_H
#define PS_PATTERN_LIMITS_H

#include "../onig/onig.h"

/*
 * Whether the pattern may be compiled on a thread with 128 KiB of stack. If
 * not, *offset is where it becomes too deep.
 */
bool ps_pattern_check_nesting(const uint8_t *pattern, size_t length, uint32_t syntax, size_t *offset);

/* Called for what a pattern has, in its order. */
struct ps_pattern_visitor {
	void *context;
	void (*escape)(void *context, const uint8_t *at, bool extended); /* a backslash in no class or quotation; (?x) */
	void (*class)(void *context, const uint8_t *begin, const uint8_t *end); /* a whole class, those in it included */
	void (*group)(void *context, const uint8_t *at);                 /* the ( of a (?.., but no comment */
};

/* Up to where the pattern nests too deep. */
void ps_pattern_visit(const uint8_t *pattern, size_t length, uint32_t syntax, const struct ps_pattern_visitor *visitor);

/* What there is too much of in a pattern that passed the check, for a message; NULL: nothing. */
const char *ps_pattern_excess(const uint8_t *pattern, size_t length, const struct ps_dialect *dialect);

#endif
