/* SPDX-License-Identifier: BSD-2-Clause */
/* config.h - options from a file: the one that PSEARCH_CONFIG_PATH names. */
#ifndef PSEARCH_CLI_CONFIG_H
#define PSEARCH_CLI_CONFIG_H

#include <stdbool.h>

/* A command line with the file's options before those of the given one. */
struct config {
	char *text;  /* the file's, which some of argv point into */
	char **argv; /* NULL: there is no file, and the given command line holds */
	int argc;
};

/*
 * Reads the file unless the command line has --no-config. Each line of it is an argument; empty lines, and lines that
 * start with '#', are skipped, and so is white space around a line. False: it cannot be read, and a message says so. In
 * any case config_free() frees it.
 */
bool config_read(struct config *c, int argc, char **argv);
void config_free(struct config *c);

#endif
