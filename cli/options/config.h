/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.h - options from a file: the one that PSEARCH_CONFIG_PATH names.
 *
 * They come before those that are given, which so override them. There is no file in place of grep: what calls grep
 * counts on its output.
 */
#ifndef PSEARCH_CLI_CONFIG_H
#define PSEARCH_CLI_CONFIG_H

#include <stdbool.h>

/* The command line, with the file's options before those that were given. */
struct config {
	char **argv;
	int argc;
	int first_given;  /* the index of the first argument that is not the file's */
	const char *path; /* of the file; NULL: there is none */
	char **owned;     /* argv, if there is a file */
	char *text;       /* the file's, which some of argv point into */
};

/*
 * Reads the file, if there is one that is to be read. Each line of it is an argument; empty lines, and lines that start
 * with '#', are skipped, and so is white space around a line. False: it cannot be read, and a message says so. In any
 * case config_free() frees it.
 */
bool config_read(struct config *c, int argc, char **argv);
void config_free(struct config *c);

#endif
