/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reference.h - what a search should deliver, found in the plainest way: reads files whole, in order, and calls strstr
 * on every line.
 *
 * It knows only sources that are paths or memory, fixed strings, and no links.
 */
#ifndef TEST_REFERENCE_H
#define TEST_REFERENCE_H

#include "collect.h"

/* Adds to a transcript, which must be a brief one. */
void reference_search(const struct search_options *options, struct transcript *t);

#endif
