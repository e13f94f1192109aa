/* SPDX-License-Identifier: BSD-2-Clause */
/* literal.h - patterns that are plain strings. */
#ifndef PS_LITERAL_H
#define PS_LITERAL_H

#include "../base/base.h"

/* Whether the pattern, in Oniguruma's syntax, means just the bytes that it consists of. */
bool ps_literal_is(const uint8_t *pattern, size_t length);

/* The length of the pattern that means this string, and the pattern itself. */
size_t ps_literal_escaped_size(const uint8_t *string, size_t length);
void ps_literal_escape(const uint8_t *string, size_t length, uint8_t *to);

#endif
