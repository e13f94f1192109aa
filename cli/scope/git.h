/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * git.h - the files that say what git ignores for this user. The environment says where they are.
 */
#ifndef PSEARCH_CLI_GIT_H
#define PSEARCH_CLI_GIT_H

#include <stdbool.h>
#include <stddef.h>

enum { GIT_CONFIGS = 3 };

struct git_files {
	const char *configs[GIT_CONFIGS]; /* the system's, then the user's; they need not exist */
	size_t config_count;
	const char *excludes;             /* the default of core.excludesFile, or NULL */
	const char *home;                 /* borrowed from the environment, or NULL */
	char *made[GIT_CONFIGS];          /* those names that are owned */
	size_t made_count;
};

/* False: out of memory; call git_files_free() anyway. */
bool git_files_find(struct git_files *files);
void git_files_free(struct git_files *files);

#endif
