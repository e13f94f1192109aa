/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random_pattern.h - random patterns in a random syntax.
 *
 * Not all of them are valid in it, and all contain much that is special to one syntax: that is half the point.
 */
#ifndef TEST_RANDOM_PATTERN_H
#define TEST_RANDOM_PATTERN_H

#include "pattern_tree.h"

#define PATTERN_SIZE 400

struct pattern {
	char text[PATTERN_SIZE];
	size_t length;
	struct draw *draw;
	uint32_t syntax;
};

void draw_pattern(struct draw *d, struct pattern *p);

/* One of the characters that patterns and texts consist of, in UTF-8. */
const char *draw_character(struct draw *d);

#endif
