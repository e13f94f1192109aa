/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * git.c - finds the files that say what git ignores for this user.
 */
#include "git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* Joins a directory and a name; *files owns the result. */
static const char *make_path(struct git_files *files, const char *directory, const char *name)
{
	size_t size = strlen(directory) + strlen(name) + 2;
	char *path = malloc(size);

	if (!path)
		return NULL;
	snprintf(path, size, "%s/%s", directory, name);
	files->made[files->made_count++] = path;
	return path;
}

static bool add_config(struct git_files *files, const char *name)
{
	if (!name)
		return false;
	files->configs[files->config_count++] = name;
	return true;
}

static bool add_system_config(struct git_files *files)
{
	const char *other = getenv("GIT_CONFIG_SYSTEM");

	if (from_environment("GIT_CONFIG_NOSYSTEM"))
		return true;
	return add_config(files, other ? other : "/etc/gitconfig");
}

/* The file `in_xdg` below $XDG_CONFIG_HOME, or `in_home` below the home directory. *name is NULL if neither is set. */
static bool find_user_file(struct git_files *files, const char *in_xdg, const char *in_home, const char **name)
{
	const char *xdg = from_environment("XDG_CONFIG_HOME");

	*name = NULL;
	if (!xdg && !files->home)
		return true;
	*name = xdg ? make_path(files, xdg, in_xdg) : make_path(files, files->home, in_home);
	return *name != NULL;
}

static bool add_user_config(struct git_files *files)
{
	const char *other = getenv("GIT_CONFIG_GLOBAL"), *config;

	if (other)
		return add_config(files, other);
	if (!find_user_file(files, "git/config", ".config/git/config", &config) ||
	    (config && !add_config(files, config)))
		return false;
	return !files->home || add_config(files, make_path(files, files->home, ".gitconfig"));
}

bool git_files_find(struct git_files *files)
{
	memset(files, 0, sizeof(*files));
	files->home = from_environment("HOME");
	return add_system_config(files) && add_user_config(files) &&
	       find_user_file(files, "git/ignore", ".config/git/ignore", &files->excludes);
}

void git_files_free(struct git_files *files)
{
	for (size_t i = 0; i < files->made_count; i++)
		free(files->made[i]);
	files->made_count = 0;
}
