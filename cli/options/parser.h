/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parser.h - what the files that read options share: the state of reading, and how a bad argument is reported.
 *
 * Each of them reads options into struct arguments, and returns ARGUMENTS_RUN, or reports what is wrong with them.
 */
#ifndef PSEARCH_CLI_PARSER_H
#define PSEARCH_CLI_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arguments.h"

#define FIRST_LONG 1024 /* what getopt_long returns for a long name: this, and the index of its row */

struct syntax_row;

struct parser {
	struct arguments *a;
	struct output *out;
	char **argv;
	int end;          /* the option at hand may take arguments before this index */
	char option[64];  /* the option at hand, as it was given, without its argument */
	const struct syntax_row *syntax; /* the syntax selected so far, or NULL */
	bool has_pattern;
	bool digit;       /* the last option was a digit, */
	int digit_at;     /* in the argument with this index */
	uint32_t context; /* -C, -NUM */
	bool has_context;
	bool has_before;
	bool has_after;
};

/* Prints the message, and where to find help. Returns ARGUMENTS_BAD, as the next two do. */
__attribute__((format(printf, 1, 2)))
enum arguments_status bad_argument(const char *format, ...);
enum arguments_status report_no_memory(void);

/* The file that an option names cannot be read: `error` is an errno. In place of grep that is said in its words. */
enum arguments_status report_file(const struct arguments *a, const char *option, const char *name, int error);

enum arguments_status report_unknown_type(const struct types *types, const char *name);
enum arguments_status run_unless_no_memory(bool ok);

/* Before an option or path reads `name`: an error if that is standard input, and something else reads it already. */
enum arguments_status take_input(struct arguments *a, const char *option, const char *name);

/* A word that an option takes, and what it stands for. */
struct word {
	const char *text;
	int value;
};

/* Sets *result to what `value` stands for. A message about another one names the first `named` of the words. */
enum arguments_status read_word(const struct parser *p, const struct word *words, size_t count, size_t named,
				const char *value, int *result);

#define READ_WORD(p, words, value, result) \
	read_word(p, words, sizeof(words) / sizeof((words)[0]), sizeof(words) / sizeof((words)[0]), value, result)

#endif
