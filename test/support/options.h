/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - all flags of a search in one word, for tables of cases. No two flags share a bit, whichever of the three
 * words they belong to.
 */
#ifndef TEST_OPTIONS_H
#define TEST_OPTIONS_H

#include <psearch.h>

/*
 * Flags of walks go into the struct that options->walk points to, which must exist and not be constant. A library without
 * any format of compressed files refuses SEARCH_MATCH_DECOMPRESS, so there it is left out.
 */
void set_flags(struct search_options *options, uint32_t flags);
void add_flags(struct search_options *options, uint32_t flags);
void drop_flags(struct search_options *options, uint32_t flags);
uint32_t get_flags(const struct search_options *options);

/* The struct that options->walk points to, without its const. */
struct search_walk *walk_of(const struct search_options *options);

#endif
