/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forest.h - directories full of files for tests, the same for the same seed.
 */
#ifndef TEST_FOREST_H
#define TEST_FOREST_H

#include "scale.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

uint64_t dice_next(struct dice *r);
uint32_t dice_below(struct dice *r, uint32_t n); /* n > 0 */
bool dice_chance(struct dice *r, uint32_t percent);

/* Make a new directory in $TMPDIR or /tmp; or in memory, if the system has such a place. */
char *forest_open(void);
char *forest_open_in_memory(void);
void forest_close(char *root); /* removes it, and frees the name */

/* All of these end the test if they fail. Names are relative to root. */
void forest_file(const char *root, const char *name, const void *bytes, size_t size);
void forest_text(const char *root, const char *name, const char *text);
void forest_directory(const char *root, const char *name);
void forest_link(const char *root, const char *name, const char *target);
void forest_fifo(const char *root, const char *name);
char *forest_path(const char *root, const char *name); /* the caller frees it */

/*
 * Makes about `files` files below root, with "needle" in some of their lines: nested and empty directories, awkward
 * names, links, FIFOs, and files that are empty, binary, large, full of matches, or end without a newline.
 */
void forest_generate(const char *root, uint64_t seed, uint32_t files);

/* Makes files named 00000, 00001, ..., a hundred in each directory; each has one line with "needle". */
void forest_many(const char *root, uint32_t files);

#endif
