/* SPDX-License-Identifier: BSD-2-Clause */
/* place.h - where the last line came from, to tell whether the next one is of the same file, and adjacent. */
#ifndef PSEARCH_CLI_PLACE_H
#define PSEARCH_CLI_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psearch.h>

struct place {
	bool valid;
	uint64_t source;
	char *path;
	size_t path_length;
	size_t capacity;
	uint64_t end; /* offset after the last line; 0: there was none */
};

bool place_is_same_file(const struct place *place, const struct search_item *item);

/* False: out of memory. Then nothing may be printed that depends on which file an item is of. */
bool place_set_file(struct place *place, const struct search_item *item);

void place_free(struct place *place);

#endif
