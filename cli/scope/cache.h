/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache.h - where --warm keeps what it learnt: a file for each root, in the user's cache.
 *
 * The root of a search is the directory that all its PATHs are in, with symbolic links resolved: so psearch *, psearch
 * src doc and psearch . share a file, and the directory has the same file whatever it is called by. The file is
 * $XDG_CACHE_HOME/psearch/NAME-HASH, or in ~/.cache: NAME is that of the root, for people, and HASH is made from its
 * path.
 */
#ifndef PSEARCH_CLI_CACHE_H
#define PSEARCH_CLI_CACHE_H

#include <stdbool.h>
#include <stddef.h>

struct cache {
	char *root;      /* the directory that all those added are in; NULL: none was added */
	char *directory; /* the one of psearch's in the cache; NULL: the file is one that the user named */
	char *file;
};

/* Adds a directory that is searched. Returns 0 or an errno. */
int cache_add(struct cache *c, const char *directory);

/*
 * Finds the file: `named`, or if that is NULL the one of the root. Returns 0 or an errno: ENOENT if neither
 * XDG_CACHE_HOME nor HOME says where a cache is.
 */
int cache_find(struct cache *c, const char *named);

/*
 * May what is in the directory be used? Not if it belongs to somebody else, or if others may write there; it need not
 * exist. Returns NULL, or why not.
 */
const char *cache_distrust(const struct cache *c);

/* Makes the directory, for the user only, and those above it. Returns 0 or an errno. */
int cache_make(const struct cache *c);

void cache_free(struct cache *c);

#endif
