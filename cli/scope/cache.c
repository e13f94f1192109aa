/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache.c - where --warm keeps what it learnt.
 *
 * Two roots whose hashes are the same would share a file. That costs room, and nothing else: a tree knows directories by
 * device and inode, whatever their paths.
 */
#include "cache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONGEST_NAME 40 /* of a root, as far as it is part of the file's name */

/* Shortens `root` until `path` is in it, too. Both are absolute, and have no slash at the end. */
static void keep_common(char *root, const char *path)
{
	size_t end = 0, common = 0;

	for (; root[end] != '\0' && root[end] == path[end]; end++)
		if (root[end] == '/')
			common = end;
	if ((root[end] == '\0' || root[end] == '/') && (path[end] == '\0' || path[end] == '/'))
		common = end;
	root[common > 0 ? common : 1] = '\0';
}

int cache_add(struct cache *c, const char *directory)
{
	char *path = realpath(directory, NULL);

	if (!path)
		return errno;
	if (!c->root) {
		c->root = path;
		return 0;
	}
	keep_common(c->root, path);
	free(path);
	return 0;
}

/* --- the name of the file --- */

/* FNV-1a, of 64 bits. */
static uint64_t hash_text(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

/* Copies the last name of the path, without characters that mean something to a shell or a terminal. */
static void copy_name(char name[LONGEST_NAME + 1], const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	const char *from = strrchr(path, '/') + 1;
	size_t length;

	if (*from == '\0')
		from = "root";
	length = strnlen(from, LONGEST_NAME);
	for (size_t i = 0; i < length; i++)
		name[i] = strchr(plain, from[i]) ? from[i] : '_';
	name[length] = '\0';
	if (*name == '.' || *name == '-')
		*name = '_';
}

/* A variable that names a directory; NULL: it is not set, or is relative and so, as its specification has it, not valid. */
static const char *directory_from(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value == '/' ? value : NULL;
}

static int join(char **out, const char *directory, const char *name)
{
	size_t size = strlen(directory) + 1 + strlen(name) + 1;

	*out = malloc(size);
	if (!*out)
		return ENOMEM;
	snprintf(*out, size, "%s/%s", directory, name);
	return 0;
}

static int find_directory(struct cache *c)
{
	const char *xdg = directory_from("XDG_CACHE_HOME"), *home = directory_from("HOME");

	if (xdg)
		return join(&c->directory, xdg, "psearch");
	return home ? join(&c->directory, home, ".cache/psearch") : ENOENT;
}

int cache_find(struct cache *c, const char *named)
{
	char name[LONGEST_NAME + 1], file[LONGEST_NAME + 32];
	int error;

	if (named) {
		c->file = strdup(named);
		return c->file ? 0 : ENOMEM;
	}
	error = find_directory(c);
	if (error)
		return error;
	copy_name(name, c->root);
	snprintf(file, sizeof(file), "%s-%016" PRIx64, name, hash_text(c->root));
	return join(&c->file, c->directory, file);
}

/* --- the directory --- */

const char *cache_distrust(const struct cache *c)
{
	struct stat st;

	if (!c->directory || stat(c->directory, &st) != 0)
		return NULL;
	if (st.st_uid != geteuid())
		return "it belongs to another user";
	return (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "others may write there" : NULL;
}

int cache_make(const struct cache *c)
{
	char *path = c->directory;

	if (!path)
		return 0;
	for (char *slash = path; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
		*slash = '\0';
		(void)mkdir(path, S_IRWXU); /* most of those above exist; if one cannot be made, nor can the last */
	}
	return mkdir(path, S_IRWXU) == 0 || errno == EEXIST ? 0 : errno;
}

void cache_free(struct cache *c)
{
	free(c->root);
	free(c->directory);
	free(c->file);
	*c = (struct cache){ 0 };
}
