/* SPDX-License-Identifier: BSD-2-Clause */
/* caret.h - shows a place in a text that a person wrote, with a caret below it. */
#ifndef PSEARCH_CLI_CARET_H
#define PSEARCH_CLI_CARET_H

#include <stddef.h>
#include <stdio.h>

/*
 * Prints the text, and below it a caret at the byte `offset`, if that is not beyond its end. Both lines are indented.
 * If it is long, only what is around the place is printed.
 */
void show_caret(FILE *to, const char *text, size_t length, size_t offset);

#endif
