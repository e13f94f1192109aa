/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fill.c - the first run: one walk of the tree, in order.
 *
 * Each transaction has whole files, and the cursor after the last of them: so a run that was killed leaves the index as
 * it was after some file, and the next run goes on with the next. What lies before the cursor is not read again.
 */
#include "indexer.h"

#include <stdio.h>

bool set_filled(struct store *store)
{
	return store_set_meta(store, "cursor", NULL) && store_set_meta(store, "filled", "1");
}

/* An older or newer library may not know the cursor: then the update finds out what is still to be read. */
static bool give_up_cursor(struct run *run, const char *why)
{
	fprintf(stderr, "indexer: %s: the run before cannot be continued, so all files are compared: %s\n",
		run->store.name, why);
	return store_begin(&run->store) && set_filled(&run->store) && store_commit(&run->store);
}

bool fill(struct run *run, const char *cursor)
{
	struct search_source source = {.path = run->root, .name = ""};
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_walk walk = SEARCH_WALK_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_pattern pattern;
	struct search *s;

	set_options(run, &options, &pattern, &walk);
	options.sources = &source, options.source_count = 1;
	options.resume = cursor;
	if (search_open(&s, &options, &error) == SEARCH_OK)
		return take(run, s, true);
	if (error.subject == SEARCH_SUBJECT_CURSOR)
		return give_up_cursor(run, error.message);
	return complain("the search", error.message);
}
