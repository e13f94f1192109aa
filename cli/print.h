/* SPDX-License-Identifier: BSD-2-Clause */
/* print.h - items, in grep's format. */
#ifndef PSEARCH_CLI_PRINT_H
#define PSEARCH_CLI_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psearch.h>

#include "output.h"
#include "query.h"

/* Where the last line or name came from: tells one file from the next. */
struct place {
	bool valid;
	uint64_t source;
	char *path;
	size_t path_length;
	size_t capacity;
	uint64_t end; /* offset behind the last line that came */
};

struct printer {
	struct output *out;
	enum report report;
	bool names;
	bool numbers;
	char line_end;
	bool null;        /* NUL behind names of files */
	bool groups;      /* "--" between lines that do not follow each other */
	bool no_messages;
	uint64_t max_line_bytes;
	struct place place;
	bool matched;     /* so far: a line was selected */
	bool failed;      /* so far: there was an error */
};

/* Prints one item, or what it means for the report. */
void print_item(struct printer *p, const struct search_item *item);
void print_free(struct printer *p);

#endif
