/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * characters.h - where text can be cut.
 *
 * What a person sees as one character may be several: a letter and its accents, a flag, people joined by U+200D. A cut
 * between these would show something else, so it comes before or after all of them. What belongs together is taken from
 * the widths of characters that the C library knows: one of no width belongs to the one before it.
 */
#ifndef PSEARCH_CLI_CHARACTERS_H
#define PSEARCH_CLI_CHARACTERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many bytes the first `count` characters take, or all if there are fewer. A byte that is not UTF-8 counts as one.
 */
size_t characters_length(const char *text, size_t length, uint64_t count);

#endif
