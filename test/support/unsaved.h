/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unsaved.h - unsaved texts at random, for the files of a tree and for files that are not there; and what there would
 * be on disk if they were written.
 *
 * The tree is one directory below the working directory, and is named by that one name.
 */
#ifndef TEST_UNSAVED_H
#define TEST_UNSAVED_H

#include "forest.h"

#include <psearch.h>

enum { MOST_UNSAVED = 8 };

struct unsaved {
	struct search_overlay overlays[MOST_UNSAVED];
	size_t count;
};

/* Notes which files and directories the tree has: for all functions here. unsaved_forget() frees the list. */
void unsaved_list(const char *tree);
void unsaved_forget(void);

/* A path that was listed. There may be no file. */
const char *unsaved_any_directory(struct dice *d);
const char *unsaved_any_file(struct dice *d);

/* Adds links to files and directories of the tree, and files with rules; and lists it. */
void unsaved_add_to_tree(struct dice *d, const char *tree);

/* Writes a path of the tree in one of many ways. */
void unsaved_write_path(struct dice *d, char *to, const char *path);

/* Chooses the path of a file that is there, or not, and writes it likewise. Both need space for 2 * PATH_MAX bytes. */
void unsaved_choose_path(struct dice *d, char *to);

/* Chooses texts, from 1 to MOST_UNSAVED. Some of them may be what search_open() refuses: drop those. */
void unsaved_choose(struct dice *d, struct unsaved *u);
void unsaved_drop(struct unsaved *u, size_t i);

/* Opens a search with the texts, after those that it refuses are dropped. NULL: all were. */
struct search *unsaved_open(struct unsaved *u, struct search_options *options);

/* Writes the texts to disk, and removes the files that are said to be removed. */
void unsaved_save(const struct unsaved *u);

#endif
