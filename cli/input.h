/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input.h - standard input, which one option or path alone can have.
 *
 * What a second one would read of it is what the first left: nothing, and no word about it.
 */
#ifndef PSEARCH_CLI_INPUT_H
#define PSEARCH_CLI_INPUT_H

#include <stdbool.h>

/* What has it: zeroed, nothing has. */
struct input {
	const char *option; /* or PATH */
	const char *name;   /* as the command line writes it; NULL: it is not named there */
};

/* Is that name standard input? By its names in the file system too, unless these open a file anew. */
bool input_is(const char *name);

/* Is it a file, of which a first reader can leave something for the next? */
bool input_is_file(void);

/* Gives it to an option, if the name (or none at all) is its. False: something else has it. */
bool input_take(struct input *input, const char *option, const char *name);

#endif
