/* SPDX-License-Identifier: BSD-2-Clause */
/* help.h - what --help and --version print. */
#ifndef PSEARCH_CLI_HELP_H
#define PSEARCH_CLI_HELP_H

#include <stdbool.h>

#include "../base/output.h"

/* Prints the most used options, or all. */
void print_help(struct output *out, bool all);
void print_version(struct output *out, bool as_grep);

#endif
