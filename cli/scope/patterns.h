/* SPDX-License-Identifier: BSD-2-Clause */
/* patterns.h - the list of patterns that -e, -f and the first operand add to. */
#ifndef PSEARCH_CLI_PATTERNS_H
#define PSEARCH_CLI_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>

#include <psearch.h>

struct patterns {
	struct search_pattern *list;
	size_t count;
	size_t capacity;
	struct pattern_file *files;
	size_t file_count;
};

/* A pattern file. */
struct pattern_file {
	const char *name; /* the command line's */
	char *data;       /* its contents, which `list` points into */
	size_t first;     /* index of the pattern in its first line */
	size_t count;
};

/* Adds each line of a string, which must outlive the list. False: out of memory. */
bool patterns_add(struct patterns *p, const char *text);

/*
 * Adds each line of a file, or of standard input if the name is "-". Returns 0 or an errno.
 */
int patterns_add_file(struct patterns *p, const char *name);

/*
 * Drops the \r at the end of each line of a pattern file, and before a newline in a string: with --crlf, a
 * pattern that ends in \r could not match.
 */
void patterns_trim(struct patterns *p);

/* The file that the pattern with this index comes from, and its line there. False: it does not come from a file. */
bool patterns_origin(const struct patterns *p, size_t index, const char **file, size_t *line);

/* Prints what a message calls it: "pattern", or which of several; a pattern of a file by its line. */
void patterns_print_name(const struct patterns *p, size_t index);

void patterns_free(struct patterns *p);

#endif
