/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * globs.c - the globs of the command line.
 *
 * The library asks them about what it meets in a directory. What the command line names is
 * searched in spite of -g, -t and -T, as with ripgrep, but not of --include, --exclude and
 * --exclude-dir, as with grep: these are asked here.
 */
#include "globs.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool globs_add(struct globs *g, const char *text, uint32_t flags, uint32_t group)
{
	if (g->count == g->capacity) {
		size_t capacity = g->capacity ? 2 * g->capacity : 16;
		struct search_glob *list = realloc(g->list, capacity * sizeof(*list));

		if (!list)
			return false;
		g->list = list;
		g->capacity = capacity;
	}
	g->list[g->count++] = (struct search_glob){ .text = text, .flags = flags, .group = group };
	return true;
}

bool globs_add_given(struct globs *g, const char *text, uint32_t flags)
{
	flags |= SEARCH_GLOB_BRACES | SEARCH_GLOB_DISPLAY_PATH;
	if (*text == '!')
		return globs_add(g, text + 1, flags | SEARCH_GLOB_EXCLUDE, GLOBS_GIVEN);
	return globs_add(g, text, flags | SEARCH_GLOB_UNHIDE | SEARCH_GLOB_OVERRIDE, GLOBS_GIVEN);
}

static bool has_group(const struct globs *g, uint32_t group)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->list[i].group == group)
			return true;
	return false;
}

bool globs_add_include(struct globs *g, const char *text)
{
	return globs_add(g, text, SEARCH_GLOB_BASENAME | SEARCH_GLOB_FILES_ONLY, GLOBS_FILES);
}

/* Where the first option of the two is --exclude, what none of them matches is searched. */
bool globs_add_exclude(struct globs *g, const char *text)
{
	if (!has_group(g, GLOBS_FILES) && !globs_add_include(g, "*"))
		return false;
	return globs_add(g, text, SEARCH_GLOB_BASENAME | SEARCH_GLOB_FILES_ONLY | SEARCH_GLOB_EXCLUDE, GLOBS_FILES);
}

/* A copy of the text without the slashes at its end, or NULL. */
static const char *cut_slashes(struct globs *g, const char *text)
{
	char **owned = realloc(g->owned, (g->owned_count + 1) * sizeof(*owned));
	size_t length = strlen(text);

	if (!owned)
		return NULL;
	g->owned = owned;
	while (length > 1 && text[length - 1] == '/')
		length--;
	owned[g->owned_count] = strndup(text, length);
	return owned[g->owned_count] ? owned[g->owned_count++] : NULL;
}

bool globs_add_exclude_directory(struct globs *g, const char *text)
{
	const char *cut = cut_slashes(g, text);

	return cut && globs_add(g, cut, SEARCH_GLOB_BASENAME | SEARCH_GLOB_DIRS_ONLY | SEARCH_GLOB_EXCLUDE,
				GLOBS_DIRECTORIES);
}

static bool matches_an_end(const char *glob, const char *path)
{
	if (fnmatch(glob, path, 0) == 0)
		return true;
	for (; *path != '\0'; path++)
		if (path[0] == '/' && path[1] != '/' && fnmatch(glob, path + 1, 0) == 0)
			return true;
	return false;
}

bool globs_leave_out(const struct globs *g, const char *path)
{
	bool asked = has_group(g, GLOBS_FILES) || has_group(g, GLOBS_DIRECTORIES), out = false, matched = false;
	struct stat st;
	uint32_t group;

	if (!asked || stat(path, &st) != 0)
		return false;
	group = S_ISDIR(st.st_mode) ? GLOBS_DIRECTORIES : GLOBS_FILES;
	for (size_t i = 0; i < g->count; i++) {
		const struct search_glob *glob = &g->list[i];
		bool exclude = (glob->flags & SEARCH_GLOB_EXCLUDE) != 0;

		if (glob->group != group)
			continue;
		if (!matched)
			out |= !exclude;
		if (matches_an_end(glob->text, path)) {
			matched = true;
			out = exclude;
		}
	}
	return out;
}

void globs_free(struct globs *g)
{
	for (size_t i = 0; i < g->owned_count; i++)
		free(g->owned[i]);
	free(g->owned);
	free(g->list);
	memset(g, 0, sizeof(*g));
}
