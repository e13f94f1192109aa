/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * match_globs.h - the globs, asked about the entries of one directory after the other.
 *
 * For each directory: put its paths into what ps_pick_path() returns, then ps_pick_start(); then ask about each entry.
 */
#ifndef PS_MATCH_GLOBS_H
#define PS_MATCH_GLOBS_H

#include "../base/text.h"
#include "globs.h"

struct ps_pick;

/* SEARCH_OK or SEARCH_ENOMEM. The filter outlives it. */
int ps_pick_new(struct ps_pick **out, const struct ps_filter *filter);
void ps_pick_free(struct ps_pick *pick); /* NULL is fine */

/* Where the path of the next directory goes; it ends in a slash, unless it is "". NULL: no glob looks at it. */
struct ps_text *ps_pick_path(struct ps_pick *pick, enum ps_filter_path which);

/* The paths of the next directory are there. SEARCH_OK or SEARCH_ENOMEM. */
int ps_pick_start(struct ps_pick *pick);

/* What asking about one entry costs, in globs. */
size_t ps_pick_cost(const struct ps_pick *pick);

/* Returns PS_FILTER_... bits. */
unsigned ps_pick_ask(struct ps_pick *pick, const char *name, bool directory);

#endif
