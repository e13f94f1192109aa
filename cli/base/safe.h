/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * safe.h - text that is made safe for a terminal.
 *
 * A terminal obeys what it is sent: a file, or the name of one, could clear the screen, set the title, paint over the
 * lines above, or show text in an order that hides what it says. So whatever commands a terminal is shown instead of
 * sent: a control character as ^[, that of the C1 set and one that reorders text as <U+202E>, and a byte that is not
 * part of valid UTF-8 as \x9B, since some terminals take it for a control character. Everything else, and a tab, is
 * sent as it is.
 */
#ifndef PSEARCH_CLI_SAFE_H
#define PSEARCH_CLI_SAFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "output.h"

enum { SAFE_FORM = 16 }; /* bytes, enough for every visible form */

/* How many bytes at the start can be sent as they are. A newline is one of these if `lines`. */
size_t safe_length(const char *text, size_t length, bool lines);

/*
 * The visible form of the character at the start, which cannot be sent. Returns how many bytes of the text it stands
 * for.
 */
size_t safe_form(const char *text, size_t length, char form[SAFE_FORM]);

/* Writes text, with the forms in reverse video if `colours`. */
void safe_write(struct output *out, bool colours, const char *text, size_t length, bool lines);

/* Prints a name or the like. */
void safe_print(FILE *to, const char *text);

#endif
