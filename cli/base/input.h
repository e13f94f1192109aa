/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input.h - standard input, which only one option or path may read.
 *
 * A second reader would silently get nothing, since the first one reads it to the end.
 */
#ifndef PSEARCH_CLI_INPUT_H
#define PSEARCH_CLI_INPUT_H

#include <stdbool.h>

/* Which option reads standard input; zeroed: none does. */
struct input {
	const char *option; /* or PATH */
	const char *name;   /* as on the command line; NULL: it is not named there */
};

/* Does the name mean standard input? /dev/stdin and the like do, too, unless opening them opens a file afresh. */
bool input_is(const char *name);

/* Is standard input a regular file, so that a first reader can leave part of it for the next? */
bool input_is_file(void);

/* Is it a file, a pipe or a socket? It is none of these if it is a terminal, /dev/null or closed. */
bool input_may_have_text(void);

/* Assigns it to an option, if `name` means standard input or is NULL. False: it is taken. */
bool input_take(struct input *input, const char *option, const char *name);

#endif
