/* SPDX-License-Identifier: BSD-2-Clause */
/* open_error.h - why a search cannot be done, in the words of the command line. */
#ifndef PSEARCH_CLI_OPEN_ERROR_H
#define PSEARCH_CLI_OPEN_ERROR_H

#include <psearch.h>

#include "../options/arguments.h"

/* Prints why the library refuses the search, and which argument is at fault: of a pattern, the place in it. */
void print_open_error(const struct search_error *error, const struct arguments *a);

#endif
