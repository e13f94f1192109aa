/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * separator.h - what is printed between fields, and between groups of lines.
 *
 * As in rg, \t, \n, \r, \0, \\ and \x41 stand for a byte in some of them, so that a separator can be one that a command
 * line cannot have. Any other backslash stands for itself.
 */
#ifndef PSEARCH_CLI_SEPARATOR_H
#define PSEARCH_CLI_SEPARATOR_H

#include <stdbool.h>
#include <stddef.h>

struct separator {
	char *bytes; /* NULL: there is none */
	size_t length;
};

/* False: out of memory. `text` may be NULL. */
bool separator_init(struct separator *s, const char *text, bool escapes);
void separator_free(struct separator *s);

#endif
