/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.h - trees of files for tests, and the plainest way to walk them.
 */
#ifndef TEST_TREE_H
#define TEST_TREE_H

#include "random.h"

#include <stddef.h>

/* A list of strings. */
struct names {
	char **at;
	size_t count;
	size_t space;
};

void names_add(struct names *names, const char *name);
void names_sort(struct names *names);
void names_free(struct names *names);

/* Fails the test at the first difference, and says which. */
void names_equal(const struct names *got, const struct names *want);

/* Makes a new empty directory, in memory if the system has such a place. Ends the test if it cannot. */
char *tree_new(void);
void tree_remove(char *root); /* with all below it, and the string */

/* Returns "ROOT/path", which stays valid until the fourth call after this one. */
const char *tree_path(const char *root, const char *path);

/* Makes a file, with the directories above it. */
void tree_file(const char *root, const char *path, const void *text, size_t length);
void tree_directory(const char *root, const char *path);

/* Makes `count` files and directories at random depths, with names that sort in surprising ways. */
void tree_random(const char *root, struct random *random, unsigned count);

/*
 * Adds the files below a directory, in the order in which a naive recursive walk with sorted listings finds them;
 * `shown` replaces the root in their names. Links and special files are left out, and unless `hidden`, all names that
 * begin with a dot.
 */
void tree_walk(struct names *names, const char *root, const char *shown, int hidden);

/* How many descriptors this process has open. */
unsigned tree_open_descriptors(void);

#endif
