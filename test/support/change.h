/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * change.h - a tree of small files, and changes of it at random: all that one can do to files and directories.
 *
 * The tree is one directory below the working directory, and is named by that one name; see unsaved.h, which lists it.
 */
#ifndef TEST_CHANGE_H
#define TEST_CHANGE_H

#include "forest.h"

#include <limits.h>

/* What shows a change to one who only looks. */
enum change_kind {
	CHANGE_NONE,         /* nothing was changed */
	CHANGE_OF_DIRECTORY, /* the stamp of a directory */
	CHANGE_IN_PLACE,     /* that of the file */
	CHANGE_BY_MAPPING    /* that of the file, but a watch does not tell */
};

enum { CHANGE_PATHS = 4, CHANGE_PATH = 1024 };

struct change {
	enum change_kind kind;
	char paths[CHANGE_PATHS][CHANGE_PATH]; /* what a host would be told */
	int count;
	char what[80];                         /* for people */
};

/* Makes the tree, of some hundred files. */
void change_plant(struct dice *d, const char *tree);

/* Changes something, or tries to. *change is what a host that watches would know of it. */
void change_something(struct dice *d, const char *tree, struct change *change);

/* True: a file or directory has another name now; or, if they were to exchange their names, each has the other's. */
bool change_name(const char *from, const char *to, bool exchange);

/* Gives back what change_something() took away: rights. Before the tree is removed. */
void change_allow_all(const char *tree);

/*
 * root reads what nobody may read: this process gives its rights up until change_be_root_again(). What it makes is
 * nobody's then.
 */
void change_be_nobody(void);
void change_be_root_again(void);

#endif
