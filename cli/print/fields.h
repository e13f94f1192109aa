/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fields.h - what stands before the text of a line: name, line number, column, offset.
 *
 * Each is followed by a separator. Which of them are printed, and how, is said by struct look.
 */
#ifndef PSEARCH_CLI_FIELDS_H
#define PSEARCH_CLI_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "print.h"

struct fields {
	bool selected;   /* not a line of context */
	bool has_text;   /* text comes after them */
	uint64_t line;
	uint64_t column; /* 0: there is none */
	uint64_t offset;
};

void fields_print(struct printer *p, const struct search_item *item, const struct fields *f);

/* Prints the name of a file, and `after`, or with -Z a NUL. A ':' has the colour of a separator. */
void fields_print_name(struct printer *p, const struct search_item *item, char after);

/* Another file begins: what its fields need to know about it. */
void fields_set_file(struct printer *p, const struct search_item *item);

/* The links of names that follow are to this file. Out of memory is told, and they have none. */
void fields_set_link(struct printer *p, const struct search_item *item);

#endif
