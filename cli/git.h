/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * git.h - where git keeps what it ignores for this user, as the environment says.
 */
#ifndef PSEARCH_CLI_GIT_H
#define PSEARCH_CLI_GIT_H

#include <stdbool.h>
#include <stddef.h>

enum { GIT_CONFIGS = 3 };

struct git_files {
	const char *configs[GIT_CONFIGS]; /* the system's, then the user's; they need not exist */
	size_t config_count;
	const char *excludes;             /* what core.excludesFile is by itself, or NULL */
	const char *home;                 /* borrowed from the environment, or NULL */
	char *made[GIT_CONFIGS];          /* the names that were put together here */
	size_t made_count;
};

/* False where memory is out; git_files_free() must follow all the same. */
bool git_files_find(struct git_files *files);
void git_files_free(struct git_files *files);

#endif
