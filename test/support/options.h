/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - a search's flags as one word, which tables of cases hold: no two flags share a bit,
 * whichever of the three words they belong to.
 */
#ifndef TEST_OPTIONS_H
#define TEST_OPTIONS_H

#include <psearch.h>

/* Those of walks go to the struct that options->walk points to, which must be there and not be constant. */
void set_flags(struct search_options *options, uint32_t flags);
void add_flags(struct search_options *options, uint32_t flags);
void drop_flags(struct search_options *options, uint32_t flags);
uint32_t get_flags(const struct search_options *options);

/* The struct that options->walk points to, to be changed. */
struct search_walk *walk_of(const struct search_options *options);

#endif
