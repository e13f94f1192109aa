/* SPDX-License-Identifier: BSD-2-Clause */
/* paths.h - a list of paths that is read while the search runs: --files-from and --files0-from. */
#ifndef PSEARCH_CLI_PATHS_H
#define PSEARCH_CLI_PATHS_H

#include <stdbool.h>
#include <stdio.h>

#include <psearch.h>

struct paths {
	const char *name; /* of the list, or NULL: there is none */
	int end;          /* what ends each path: '\n' or NUL */
	FILE *stream;
	char *path;       /* the last one read */
	size_t capacity;
	int error;        /* errno of a read that failed, or EINVAL: a line has a NUL in it; or 0 */
};

/* Opens the list, or standard input if its name is "-". Returns 0 or an errno. */
int paths_open(struct paths *p);

/* For search_options.next_source: `context` is the struct paths. After it has failed, `error` says why. */
int paths_next(void *context, struct search_source *source);
void paths_close(struct paths *p);

#endif
