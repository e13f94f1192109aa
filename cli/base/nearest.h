/* SPDX-License-Identifier: BSD-2-Clause */
/* nearest.h - which of the known words was probably meant. */
#ifndef PSEARCH_CLI_NEAREST_H
#define PSEARCH_CLI_NEAREST_H

#include <stddef.h>

/* A search for the word nearest to `word`. The caller sets `word`, and zeroes the rest. */
struct nearest {
	const char *word;
	const char *best; /* NULL: none is near */
	size_t distance;  /* of the best one */
};

/* Looks at a further word, which must outlive the search. Of equally near ones the first counts. */
void nearest_try(struct nearest *n, const char *known);

/* Of a list; NULL: none is near. */
const char *nearest_of(const char *word, const char *const *known, size_t count);

#endif
