/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * borders.h - finds literals that begin with the terminator of the line before, or end with that of their own line
 * (required_literals.h): those of m->filters.borders, which must be known.
 */
#ifndef PS_BORDERS_H
#define PS_BORDERS_H

#include "matcher.h"

/*
 * The first place in the next line of text[from, limit), as ps_find_line has them, where one of the literals stands,
 * without the terminator before it; or NULL. That of the line before `from` is in the text, unless this is its start.
 */
const uint8_t *ps_borders_find(const struct ps_matcher *m, const uint8_t *text, size_t from, size_t limit);

/* Whether the lines that match are those of one such literal; and how many they are. */
bool ps_borders_can_count(const struct ps_matcher *m);
uint64_t ps_borders_count(const struct ps_matcher *m, const uint8_t *text, size_t from, size_t limit);

#endif
