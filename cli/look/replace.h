/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replace.h - what matches are replaced by: --replace.
 *
 * In the replacement $1 or ${1} stands for what a group matched, $name or ${name} for that of a group with a name, $0
 * for the whole match, and $$ for a dollar sign. A name is as long as there are letters of English, digits and
 * underscores. A group that does not exist or took no part is empty. Any other dollar sign stands for itself.
 */
#ifndef PSEARCH_CLI_REPLACE_H
#define PSEARCH_CLI_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

#include <psearch.h>

struct replacement;

/* The text of an item with its matches replaced. Valid until the next one. */
struct replaced {
	const char *text;
	size_t length;
	const struct search_span *spans; /* what each match became, counted as those of the item are */
};

/* NULL: out of memory. */
struct replacement *replacement_new(const char *text);
void replacement_free(struct replacement *r);

/* Does the replacement use groups, other than $0? */
bool replacement_uses_groups(const char *text);

/* `s`: the search that the item is of, which knows the names of groups. False: out of memory. */
bool replacement_apply(struct replacement *r, const struct search *s, const struct search_item *item,
		       struct replaced *replaced);

#endif
