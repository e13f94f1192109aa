/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source_path.c - the path of a source that is a directory: its absolute path, for ignore files above it, and its path
 * relative to the working directory, for globs.
 *
 * The relative path is the rest of the source's path, as it is written, after the first prefix that is the working
 * directory and has no ".." after it. So symbolic links keep the names that items show. If there is no such prefix, the
 * real paths are compared.
 */
#include "plan_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The same of a directory that is not on disk, although something in it has an overlay. */
static const char *missing_path(const char *path, char *space)
{
	struct ps_spot spot = { 0 };
	const char *real = NULL;
	int error = ps_text_add_string(&spot.path, path) ? 0 : ENOMEM;

	if (error == 0)
		ps_spot_trim(&spot);
	while (error == 0)
		error = ps_spot_follow(&spot, AT_FDCWD);
	if (error != ENOMEM && ps_spot_find(&spot, AT_FDCWD) == 0)
		real = ps_spot_real_path(&spot, space);
	ps_text_free(&spot.path);
	return real;
}

const char *ps_source_real_path(const struct search_source *source, int directory, char *space)
{
	char link[32];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d",
		 source->kind == SEARCH_SOURCE_DESCRIPTOR ? source->descriptor : directory);
	length = readlink(link, space, PATH_MAX - 1);
	if (length > 0 && length < PATH_MAX - 1 && space[0] == '/') {
		space[length] = '\0';
		return space;
	}
	if (source->kind != SEARCH_SOURCE_PATH)
		return NULL;
	if (directory < 0 && source->data != NULL)
		return missing_path(source->path, space);
	return realpath(source->path, space);
}

/* Returns the place after a name and its slashes. *length: of the name. */
static const char *next_name(const char *at, size_t *length)
{
	*length = strcspn(at, "/");
	at += *length;
	return at + strspn(at, "/");
}

static bool is_up(const char *name, size_t length)
{
	return length == 2 && name[0] == '.' && name[1] == '.';
}

/* Returns the place after the last ".." of a path. */
static const char *after_ups(const char *path)
{
	const char *after = path;
	size_t length;

	for (const char *at = path, *next; *at != '\0'; at = next) {
		next = next_name(at, &length);
		if (is_up(at, length))
			after = next;
	}
	return after;
}

static bool is_here(const char *path, const struct stat *here)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == here->st_dev && st.st_ino == here->st_ino;
}

/* *rest: the part of a path below the working directory; NULL: it does not lead there. SEARCH_OK or SEARCH_ENOMEM. */
static int find_rest(const char *path, const char **rest)
{
	const char *at = after_ups(path);
	struct stat here;
	size_t length;
	char *begin;

	*rest = at == path && *path != '/' ? path : NULL;
	if (*rest != NULL || stat(".", &here) != 0)
		return SEARCH_OK;
	begin = malloc(strlen(path) + 1);
	if (begin == NULL)
		return SEARCH_ENOMEM;
	for (;;) {
		memcpy(begin, path, (size_t)(at - path));
		begin[at - path] = '\0';
		if (at > path && is_here(begin, &here)) {
			*rest = at;
			break;
		}
		if (*at == '\0')
			break;
		at = next_name(at, &length);
	}
	free(begin);
	return SEARCH_OK;
}

/* Copies a path without its empty names and ".". */
static int copy_names(const char *rest, struct ps_text *path)
{
	size_t length;

	if (!ps_text_reserve(path, strlen(rest)))
		return SEARCH_ENOMEM;
	path->length = 0;
	for (const char *next; *rest != '\0'; rest = next) {
		next = next_name(rest, &length);
		if (length == 0 || (length == 1 && *rest == '.'))
			continue;
		if (path->length > 0)
			path->bytes[path->length++] = '/';
		memcpy(path->bytes + path->length, rest, length);
		path->length += length;
	}
	path->bytes[path->length] = '\0';
	return SEARCH_OK;
}

/* The same by the real paths. */
static int find_real(const struct search_source *source, int directory, struct ps_text *path)
{
	char *space = malloc(PATH_MAX);
	const char *real;
	size_t length;
	int rc = SEARCH_OK;

	if (space == NULL)
		return SEARCH_ENOMEM;
	real = ps_source_real_path(source, directory, space);
	length = real != NULL ? ps_working_directory_in(real) : SIZE_MAX;
	rc = copy_names(length != SIZE_MAX ? real + length : "", path);
	free(space);
	return rc;
}

int ps_source_from_here(const struct search_source *source, int directory, struct ps_text *path)
{
	const char *rest = NULL;
	int rc = source->kind == SEARCH_SOURCE_PATH ? find_rest(source->path, &rest) : SEARCH_OK;

	if (rc != SEARCH_OK)
		return rc;
	return rest != NULL ? copy_names(rest, path) : find_real(source, directory, path);
}
