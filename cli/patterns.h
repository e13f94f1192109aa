/* SPDX-License-Identifier: BSD-2-Clause */
/* patterns.h - the list of patterns that -e, -f and the first operand add to. */
#ifndef PSEARCH_CLI_PATTERNS_H
#define PSEARCH_CLI_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

#include <psearch.h>

struct patterns {
	struct search_pattern *list;
	size_t count;
	size_t capacity;
	char **files; /* contents of the pattern files, which `list` points into */
	size_t file_count;
};

/* Adds each line of a string that outlives the list. False: out of memory. */
bool patterns_add(struct patterns *p, const char *text);

/*
 * Adds each line of a file, or of standard input where the name is "-".
 * Returns 0 or an errno.
 */
int patterns_add_file(struct patterns *p, const char *name);

void patterns_free(struct patterns *p);

#endif
