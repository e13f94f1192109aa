/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm.h - --warm: a tree that is kept in a file between searches.
 *
 * Nothing here changes what a search finds: what cannot be read or written is said in a warning, and the search is done
 * without.
 */
#ifndef PSEARCH_CLI_WARM_H
#define PSEARCH_CLI_WARM_H

#include <stdbool.h>
#include <stdint.h>

#include <psearch.h>

#include "../options/arguments.h"
#include "../scope/cache.h"
#include "query.h"

struct warm {
	struct search_tree *tree; /* NULL: the search is done without */
	struct cache cache;
	uint64_t saved;           /* its count of changes when it was loaded */
	uint64_t began;           /* milliseconds, as clock_ms() has them */
	bool loaded;              /* there was a file */
	bool speaks;              /* warnings are printed */
};

/* Opens the tree, loads its file if there is one, and gives it to the query. */
void warm_begin(struct warm *w, struct query *q, const struct arguments *a);

/* All is printed, and the search closed: learns a little, saves the tree if that is worth it, and closes it. */
void warm_end(struct warm *w);

/* Has --warm=FILE no effect, as no directory is searched? Without FILE it may stand in an alias, for all searches. */
bool warm_is_idle(const struct query *q, const struct arguments *a);

/* --- for warm_action.c, too --- */

/* Finds the file. False: it cannot be used, and a message that begins with `kind` says why. */
bool warm_find(struct warm *w, const struct query *q, const struct arguments *a, const char *kind);

/* Opens an empty tree, and loads the file. False: there is no tree. *error says what went wrong, also with the file. */
bool warm_open(struct warm *w, struct search_error *error);

/* Is the error that there is no file yet? */
bool warm_is_missing(const struct search_error *error);

/* Writes the file. False: it cannot be, and *error says why. */
bool warm_save(const struct warm *w, struct search_error *error);

#endif
