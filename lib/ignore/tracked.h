/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tracked.h - the names that a repository's index holds: the files that git tracks.
 *
 * It is constant once it is read: any number of threads may ask it.
 */
#ifndef PS_TRACKED_H
#define PS_TRACKED_H

#include "file.h"

/* Looks up a path from the repository's top on. */
bool ps_tracked_has(const struct ps_tracked *index, const char *path, size_t length);

/* Is there a name below it? */
bool ps_tracked_has_below(const struct ps_tracked *index, const char *path, size_t length);

/*
 * Reads the index of a repository's directory, of names alone. `long_ids`: its objects' names are those of
 * SHA-256. One that cannot be read, or is damaged, is complained about. SEARCH_OK and *out, NULL where
 * there is none; or SEARCH_ENOMEM.
 */
int ps_tracked_load(struct ps_tracked **out, const struct ps_ignore_host *host, const char *git, bool long_ids);
void ps_tracked_free(struct ps_tracked *index); /* NULL is fine */
size_t ps_tracked_size(const struct ps_tracked *index);

#endif
