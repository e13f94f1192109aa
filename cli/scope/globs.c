/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * globs.c - the globs of the command line.
 *
 * The library applies them to what it finds in directories. A file that the command line names is searched whatever
 * -g, -t and --type-not say, as in ripgrep; but --include, --exclude and --exclude-dir apply to it, too, as in grep. That is
 * decided here.
 */
#include "globs.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "../base/utf8.h"

static bool reserve_glob(struct globs *g)
{
	size_t capacity = g->capacity ? 2 * g->capacity : 16;
	struct search_glob *list;
	struct glob_origin *origins;

	if (g->count < g->capacity)
		return true;
	list = realloc(g->list, capacity * sizeof(*list));
	if (!list)
		return false;
	g->list = list;
	origins = realloc(g->origins, capacity * sizeof(*origins));
	if (!origins)
		return false;
	g->origins = origins;
	g->capacity = capacity;
	return true;
}

bool globs_add(struct globs *g, const char *option, const char *text, uint32_t flags, uint32_t group)
{
	if (!reserve_glob(g))
		return false;
	g->list[g->count] = (struct search_glob){ .text = text, .flags = flags, .group = group };
	g->origins[g->count++] = (struct glob_origin){ option, text };
	return true;
}

/* Adds `text`, which was derived from the given glob. NULL: out of memory. */
static bool add_derived_glob(struct globs *g, const char *option, const char *given, const char *text, uint32_t flags,
			     uint32_t group)
{
	if (!text || !globs_add(g, option, text, flags, group))
		return false;
	g->origins[g->count - 1].text = given;
	return true;
}

bool globs_add_given(struct globs *g, const char *option, const char *text, uint32_t flags)
{
	flags |= SEARCH_GLOB_BRACES;
	if (*text == '!')
		return add_derived_glob(g, option, text, text + 1, flags | SEARCH_GLOB_EXCLUDE, GLOBS_GIVEN);
	return globs_add(g, option, text, flags | SEARCH_GLOB_UNHIDE | SEARCH_GLOB_OVERRIDE, GLOBS_GIVEN);
}

void globs_ignore_case(struct globs *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->list[i].group == GLOBS_GIVEN)
			g->list[i].flags |= SEARCH_GLOB_NO_CASE;
}

static bool has_group(const struct globs *g, uint32_t group)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->list[i].group == group)
			return true;
	return false;
}

/* Returns the place after the ']' that closes the class at p, or NULL. */
static const char *find_class_end(const char *p)
{
	const char *first;

	p += p[1] == '!' || p[1] == '^' ? 2 : 1;
	for (first = p; *p != '\0' && (*p != ']' || p == first); p++) {
		size_t name = p[0] == '[' && p[1] == ':' ? strspn(p + 2, "abcdefghijklmnopqrstuvwxyz") : 0;

		if (name > 0 && p[2 + name] == ':' && p[3 + name] == ']')
			p += 3 + name;
		else if (*p == '\\' && p[1] != '\0')
			p++;
	}
	return *p == ']' ? p + 1 : NULL;
}

/* Copies a glob in grep's syntax. There an unclosed bracket is a plain character; the library wants it escaped. */
static const char *copy_glob(struct globs *g, const char *text, size_t length)
{
	char **owned = realloc(g->owned, (g->owned_count + 1) * sizeof(*owned));
	char *copy = malloc(2 * length + 1), *to = copy;
	const char *end = text + length, *next;

	if (owned)
		g->owned = owned;
	if (!owned || !copy) {
		free(copy);
		return NULL;
	}
	owned[g->owned_count++] = copy;
	for (const char *p = text; p < end; p = next) {
		next = *p == '\\' && p + 1 < end ? p + 2 : p + 1;
		if (*p == '[') {
			const char *closed = find_class_end(p);

			if (closed && closed <= end)
				next = closed;
			else
				*to++ = '\\';
		}
		memcpy(to, p, (size_t)(next - p));
		to += next - p;
	}
	*to = '\0';
	return copy;
}

static bool add_include_glob(struct globs *g, const char *option, const char *text, uint32_t flags)
{
	return add_derived_glob(g, option, text, copy_glob(g, text, strlen(text)),
				SEARCH_GLOB_BASENAME | SEARCH_GLOB_FILES_ONLY | flags, GLOBS_FILES);
}

/* As in grep an empty glob selects no file: a slash does so for the library, which refuses an empty one. */
bool globs_add_include(struct globs *g, const char *text)
{
	return add_include_glob(g, "--include", *text != '\0' ? text : "/", 0);
}

/* If --exclude is the first of the two options, what no glob matches is searched. An empty glob skips nothing. */
bool globs_add_exclude(struct globs *g, const char *text)
{
	if (!has_group(g, GLOBS_FILES) && !globs_add_include(g, "*"))
		return false;
	return *text == '\0' || add_include_glob(g, "--exclude", text, SEARCH_GLOB_EXCLUDE);
}

/* Keeps a copy of a text. NULL: out of memory. */
static const char *keep_text(struct globs *g, const char *text)
{
	char **owned = realloc(g->owned, (g->owned_count + 1) * sizeof(*owned));

	if (!owned)
		return NULL;
	g->owned = owned;
	owned[g->owned_count] = strdup(text);
	return owned[g->owned_count] ? owned[g->owned_count++] : NULL;
}

/* As in grep, white space at the end of a line is not part of it, unless a backslash is before it. */
static size_t trim_line(char *line, size_t length)
{
	while (length > 0 && strchr(" \t\r\n\f\v", line[length - 1]) && !(length > 1 && line[length - 2] == '\\'))
		length--;
	line[length] = '\0';
	return length;
}

int globs_add_exclude_from(struct globs *g, const char *name)
{
	FILE *stream = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	int error = 0;

	if (!stream)
		return errno;
	while (!error && (errno = 0, length = getline(&line, &capacity, stream)) >= 0) {
		if (trim_line(line, (size_t)length) > 0) {
			const char *text = keep_text(g, line);

			if (!text || !globs_add_exclude(g, text))
				error = ENOMEM;
		}
	}
	if (!error && ferror(stream))
		error = errno ? errno : EIO;
	free(line);
	if (stream != stdin)
		fclose(stream);
	return error;
}

bool globs_add_exclude_directory(struct globs *g, const char *text)
{
	size_t length = strlen(text);

	while (length > 1 && text[length - 1] == '/')
		length--;
	return length == 0 || add_derived_glob(g, "--exclude-dir", text, copy_glob(g, text, length),
					       SEARCH_GLOB_BASENAME | SEARCH_GLOB_DIRS_ONLY | SEARCH_GLOB_EXCLUDE,
					       GLOBS_DIRECTORIES);
}

static bool matches_path_end(const char *glob, const char *path)
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
	utf8_use_locale();
	group = S_ISDIR(st.st_mode) ? GLOBS_DIRECTORIES : GLOBS_FILES;
	for (size_t i = 0; i < g->count; i++) {
		const struct search_glob *glob = &g->list[i];
		bool exclude = (glob->flags & SEARCH_GLOB_EXCLUDE) != 0;

		if (glob->group != group)
			continue;
		if (!matched)
			out |= !exclude;
		if (matches_path_end(glob->text, path)) {
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
	free(g->origins);
	memset(g, 0, sizeof(*g));
}
