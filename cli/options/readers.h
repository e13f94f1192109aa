/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * readers.h - reads the options whose rows do not say it all.
 *
 * `value` is the argument of the option, NULL if it has none. ARGUMENTS_OTHER: the option is not one of these.
 */
#ifndef PSEARCH_CLI_READERS_H
#define PSEARCH_CLI_READERS_H

#include "parser.h"

/* What is searched for: patterns and their syntax. */
enum arguments_status read_pattern_option(struct parser *p, int id, const char *value);

/* Which files are searched, and how they are read. */
enum arguments_status read_file_option(struct parser *p, int id, const char *value);

/* What is printed, and how it looks. */
enum arguments_status read_output_option(struct parser *p, int id, const char *value);

/* A digit of -NUM; `at` is the index of the argument that it is in. */
enum arguments_status read_digit(struct parser *p, int digit, int at);

/* Makes the syntax that a letter stands for that of the patterns. */
void select_syntax(struct arguments *a, int letter);

#endif
