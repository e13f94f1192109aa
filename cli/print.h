/* SPDX-License-Identifier: BSD-2-Clause */
/* print.h - prints items in grep's format. */
#ifndef PSEARCH_CLI_PRINT_H
#define PSEARCH_CLI_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psearch.h>

#include "look.h"
#include "output.h"
#include "query.h"

/* The file of the last line or name, to tell whether the next one is of the same file. */
struct place {
	bool valid;
	uint64_t source;
	char *path;
	size_t path_length;
	size_t capacity;
	uint64_t end; /* offset after the last line */
};

struct printer {
	struct output *out;
	enum report report;
	const struct look *look;
	struct place place;
	bool matched;     /* a line has been selected */
	bool failed;      /* there has been an error */
};

/* Prints one item, or what it means for the report. */
void print_item(struct printer *p, const struct search_item *item);
void print_free(struct printer *p);

#endif
