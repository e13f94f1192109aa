/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * match_globs.c - the globs, asked about the entries of a directory.
 *
 * The directory's paths are put together once, and only those that a glob looks at; the entries' names take turns
 * after them.
 */
#include "match_globs.h"

#include <string.h>

enum { LONGEST_NAME = 4096 }; /* more than any file system has */

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

struct ps_text *ps_pick_path(struct ps_pick *pick, enum ps_filter_path which)
{
	return ps_filter_wants(pick->filter, which) ? &pick->paths[which] : NULL;
}

int ps_pick_start(struct ps_pick *pick)
{
	for (int i = 0; i < PS_FILTER_PATHS; i++) {
		struct ps_text *path = ps_pick_path(pick, (enum ps_filter_path)i);

		if (path == NULL)
			continue;
		pick->names[i] = path->length;
		if (!ps_text_reserve(path, path->length + LONGEST_NAME))
			return SEARCH_ENOMEM;
	}
	return SEARCH_OK;
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
