/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line.h - prints lines in every way that struct look asks for.
 *
 * What is printed of an item is whole lines, only their matches, or its lines once for each match. An item of a search
 * over several lines has newlines in its text: each of its lines is then printed with fields of its own.
 */
#ifndef PSEARCH_CLI_LINE_H
#define PSEARCH_CLI_LINE_H

#include <stdbool.h>

#include "print.h"

void line_print(struct printer *p, const struct search_item *item, bool selected);

/* Ends the last line, if that has been left open for the next item to go on with. */
void line_close(struct printer *p);

#endif
