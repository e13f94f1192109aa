/* SPDX-License-Identifier: BSD-2-Clause */
/* generate.h - texts that are made from the table of options: --generate. */
#ifndef PSEARCH_CLI_GENERATE_H
#define PSEARCH_CLI_GENERATE_H

#include <stdbool.h>

#include "../base/output.h"

/* Prints 'man', 'complete-bash', 'complete-zsh' or 'complete-fish'. False: it is none of these. */
bool generate(struct output *out, const char *what);

/* The single ones. */
void generate_man(struct output *out);
void generate_bash(struct output *out);
void generate_zsh(struct output *out);
void generate_fish(struct output *out);

#endif
