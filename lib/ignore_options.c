/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ignore_options.c - what the caller's options say of ignore rules, copied: they are read as long as
 * the search runs.
 */
#include "search.h"

#include <string.h>

/* Pointers, then what they point to, in one allocation; *ok becomes false where memory is out. */
static const char *const *copy_list(const char *const *list, size_t count, bool *ok)
{
	size_t size = 0;
	char **copy, *bytes;

	for (size_t i = 0; i < count; i++)
		size += sizeof(*list) + strlen(list[i]) + 1;
	copy = size > 0 ? malloc(size) : NULL;
	*ok = *ok && (copy != NULL || size == 0);
	if (copy == NULL)
		return NULL;
	bytes = (char *)(copy + count);
	for (size_t i = 0; i < count; i++) {
		copy[i] = bytes;
		bytes = stpcpy(bytes, list[i]) + 1;
	}
	return (const char *const *)copy;
}

static char *copy_string(const char *string, bool *ok)
{
	char *copy = string != NULL ? strdup(string) : NULL;

	*ok = *ok && (copy != NULL || string == NULL);
	return copy;
}

int ps_options_copy_ignore(struct ps_ignore_options *to, const struct search_walk *walk)
{
	bool ok = true;

	*to = (struct ps_ignore_options){
		.vcs = (walk->flags & SEARCH_WALK_IGNORE_VCS) != 0,
		.anywhere = (walk->flags & SEARCH_WALK_IGNORE_ANYWHERE) != 0,
		.plain = (walk->flags & SEARCH_WALK_IGNORE_FILES) != 0,
		.no_parents = (walk->flags & SEARCH_WALK_IGNORE_BELOW) != 0,
		.extra_count = walk->ignore_file_count,
		.config_count = walk->git_config_count,
	};
	to->extra = copy_list(walk->ignore_files, walk->ignore_file_count, &ok);
	to->configs = copy_list(walk->git_configs, walk->git_config_count, &ok);
	to->excludes = copy_string(walk->git_excludes, &ok);
	to->home = copy_string(walk->home, &ok);
	return ok ? SEARCH_OK : SEARCH_ENOMEM;
}

void ps_options_free_ignore(struct ps_ignore_options *options)
{
	free((void *)(uintptr_t)options->extra);
	free((void *)(uintptr_t)options->configs);
	free((char *)(uintptr_t)options->excludes);
	free((char *)(uintptr_t)options->home);
}
