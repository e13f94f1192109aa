/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * globs.h - the globs that say which files and directories of a walk are searched.
 *
 * They are compiled once, and constant from then on: any number of threads may ask them. Asking allocates nothing.
 */
#ifndef PS_GLOBS_H
#define PS_GLOBS_H

#include "../base/base.h"

struct ps_filter;

/*
 * Copies the globs; without any, *out is NULL. SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EINVAL if the glob of index
 * *wrong is malformed or cannot match: *problem is a sentence that says why.
 */
int ps_filter_new(struct ps_filter **out, const struct search_glob *globs, size_t count, size_t *wrong,
		  const char **problem);
void ps_filter_free(struct ps_filter *filter); /* NULL is fine */

/* How many globs it has. */
size_t ps_filter_count(const struct ps_filter *filter);

/* What a glob may look at, besides an entry's name. */
enum ps_filter_path {
	PS_FILTER_BELOW, /* its path relative to the working directory, or to the source if that is not below it */
	PS_FILTER_SHOWN, /* as items show it, without a leading "./" or "/" */
	PS_FILTER_PATHS
};

/* Does a glob look at it? */
bool ps_filter_wants(const struct ps_filter *filter, enum ps_filter_path path);

/* An entry of a directory. */
struct ps_filter_entry {
	const char *name;
	const char *paths[PS_FILTER_PATHS]; /* those that are wanted */
	bool directory;
};

/* Bits that ps_filter_ask returns. */
enum {
	PS_FILTER_LEAVE = 1,  /* the entry is left out */
	PS_FILTER_HIDDEN = 2, /* it is searched even if it is hidden */
	PS_FILTER_ALWAYS = 4, /* it is searched even if an ignore rule excludes it */
	PS_FILTER_WITHIN = 8  /* set by apply_ignore.c, not the filter, for a directory: git's rules exclude it, but
	                         something in it is tracked */
};

unsigned ps_filter_ask(const struct ps_filter *filter, const struct ps_filter_entry *entry);

#endif
