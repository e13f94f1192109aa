/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * match_globs.c - what the filter says of the entries of a directory.
 *
 * The directory's paths are put together once, and only where a glob looks at them; the names
 * take turns behind.
 */
#include "plan_internal.h"

#include <string.h>

enum { LONGEST_NAME = 4096 }; /* and more than any file system has */

struct ps_pick {
	const struct ps_filter *filter;
	struct ps_text paths[PS_FILTER_PATHS]; /* those that are wanted */
	size_t names[PS_FILTER_PATHS];         /* where names begin in them */
};

int ps_pick_new(struct ps_pick **out, const struct ps_filter *filter)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return SEARCH_ENOMEM;
	(*out)->filter = filter;
	return SEARCH_OK;
}

void ps_pick_free(struct ps_pick *pick)
{
	if (pick == NULL)
		return;
	for (int i = 0; i < PS_FILTER_PATHS; i++)
		ps_text_free(&pick->paths[i]);
	free(pick);
}

/* Once for each source. */
static int find_source(struct ps_pick *pick, struct ps_run *run, int directory)
{
	struct ps_text path = { 0 };
	int rc;

	if (run->depth > 1 || run->from_here != NULL || !ps_filter_wants(pick->filter, PS_FILTER_BELOW))
		return SEARCH_OK;
	rc = ps_source_from_here(ps_claim_source(run->parent, 0), directory, &path);
	run->from_here = path.bytes;
	return rc;
}

int ps_pick_start(struct ps_pick *pick, struct ps_run *run, int directory)
{
	int rc = find_source(pick, run, directory);

	for (int i = 0; rc == SEARCH_OK && i < PS_FILTER_PATHS; i++) {
		struct ps_text *path = &pick->paths[i];

		if (!ps_filter_wants(pick->filter, (enum ps_filter_path)i))
			continue;
		rc = ps_run_directory(run, i == PS_FILTER_SHOWN, path);
		pick->names[i] = path->length;
		if (rc == SEARCH_OK)
			rc = ps_text_reserve(path, path->length + LONGEST_NAME) ? SEARCH_OK : SEARCH_ENOMEM;
	}
	return rc;
}

/* A shown path, as a glob sees it. */
static const char *skip_here(const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	while (path[0] == '/')
		path++;
	return path;
}

size_t ps_pick_cost(const struct ps_pick *pick)
{
	return ps_filter_count(pick->filter);
}

unsigned ps_pick_ask(struct ps_pick *pick, const char *name, bool directory)
{
	struct ps_filter_entry entry = { .name = name, .directory = directory };
	size_t length = strlen(name);

	for (int i = 0; i < PS_FILTER_PATHS; i++) {
		char *path = pick->paths[i].bytes;

		if (path == NULL)
			continue;
		if (length <= LONGEST_NAME)
			memcpy(path + pick->names[i], name, length + 1);
		entry.paths[i] = i == PS_FILTER_SHOWN ? skip_here(path) : path;
	}
	return ps_filter_ask(pick->filter, &entry);
}
