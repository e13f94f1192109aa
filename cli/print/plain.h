/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain.h - the fast way to print lines: name, number and text, or the matches, as they are.
 *
 * If every line matches, formatting is most of what the main thread does, and it must keep up with the workers. So a
 * line is formatted directly in the output's buffer; only long lines go through output_write(), without being copied.
 */
#ifndef PSEARCH_CLI_PLAIN_H
#define PSEARCH_CLI_PLAIN_H

#include <stdbool.h>

#include "print.h"

/* Does the printer need nothing that this cannot do? */
bool plain_suits(const struct printer *p);

/* These print a line, selected or of context, and the matches in one. */
void plain_print_line(struct printer *p, const struct search_item *item, bool selected);
void plain_print_spans(struct printer *p, const struct search_item *item, bool selected);

#endif
