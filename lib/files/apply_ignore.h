/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apply_ignore.h - which entries of a directory its ignore rules, and SEARCH_WALK_SKIP_HIDDEN, leave out.
 *
 * For each directory: ps_sifter_start(); if anything can be left out, put the directory's path into `path`; then ask
 * about each entry.
 */
#ifndef PS_APPLY_IGNORE_H
#define PS_APPLY_IGNORE_H

#include "../base/text.h"
#include "globs.h"
#include "ignore.h"

struct ps_sifter {
	struct ps_text path; /* of the directory, relative to what ps_ignore_path() returns; an entry's name is added */
	const struct ps_watch *watch;
	bool skip_hidden;
	const struct ps_ignore *ignore; /* what holds in the directory; NULL: nothing can be left out */
	bool within;         /* it is walked only for the tracked files in it */
};

/*
 * To a directory in which `ignore` holds, in one in which `above` holds; `answer` are the PS_FILTER_... bits of its own
 * entry there.
 */
void ps_sifter_start(struct ps_sifter *sifter, const struct ps_ignore *ignore, const struct ps_ignore *above,
		     unsigned answer);

/*
 * Is the entry left out? 0 or 1, or SEARCH_ENOMEM. *answer has the filter's bits; PS_FILTER_WITHIN is set in it if the
 * entry is a directory that is walked only for the tracked files in it. *spent grows by the work that it took.
 */
int ps_sifter_ask(struct ps_sifter *sifter, const char *name, bool directory, uint8_t *answer, size_t *spent);

#endif
