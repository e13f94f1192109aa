/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * git_index.h - the names in a repository's index: the files that git tracks.
 *
 * It is constant once it is read, so that any number of threads may use it.
 */
#ifndef PS_GIT_INDEX_H
#define PS_GIT_INDEX_H

#include "rule_file.h"

/* Does it contain the path, which is relative to the repository's top? Under core.ignoreCase, in any case. */
bool ps_tracked_has(const struct ps_tracked *index, const char *path, size_t length);

/* Does it contain a path below that directory? */
bool ps_tracked_has_below(const struct ps_tracked *index, const char *path, size_t length);

/*
 * Reads only the names from the index in a repository's .git directory. `config`: what the repository's
 * configuration says of case and of the length of object names. An index that cannot be read or is damaged is
 * complained about. SEARCH_OK and *out, which is NULL if there is none; or SEARCH_ENOMEM.
 */
int ps_tracked_load(struct ps_tracked **out, const struct ps_ignore_host *host, const char *git,
		    const struct ps_git_config *config);
void ps_tracked_free(struct ps_tracked *index); /* NULL is fine */
size_t ps_tracked_size(const struct ps_tracked *index);

#endif
