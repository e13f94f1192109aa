/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ignore_options.c - copies what the caller's options say about ignore rules: the search reads it as long as it runs.
 */
#include "search.h"

#include "../base/text.h"
#include "../queue/batch.h"

#include <string.h>

/* Copies a list of strings into one allocation: the pointers, then the strings. *ok becomes false if out of memory. */
static const char *const *copy_strings(const char *const *list, size_t count, bool *ok)
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

/* Reads the ignore files that the host names, before the search starts, so that search_open() reports what is wrong. */
static int load_ignore_files(struct ps_ignore_options *to, const struct search_walk *walk, struct search_error *error)
{
	struct ps_unreadable which = { 0 };
	int rc = ps_rules_load_named(&to->extra, walk->ignore_files, walk->ignore_file_count, &which);
	char reason[96];

	if (rc != SEARCH_EINVAL)
		return rc;
	ps_fail_at(error, SEARCH_SUBJECT_IGNORE_FILE, which.index, "the ignore file %s%s%s", which.why,
		   which.error != 0 ? ": " : "",
		   which.error != 0 ? ps_error_text(which.error, reason, sizeof(reason)) : "");
	error->system_error = which.error;
	return rc;
}

int ps_options_copy_ignore(struct ps_ignore_options *to, const struct search_walk *walk, struct search_error *error)
{
	bool ok = true;

	*to = (struct ps_ignore_options){
		.vcs = (walk->flags & SEARCH_WALK_IGNORE_VCS) != 0,
		.anywhere = (walk->flags & SEARCH_WALK_IGNORE_ANYWHERE) != 0,
		.plain = (walk->flags & SEARCH_WALK_IGNORE_FILES) != 0,
		.no_parents = (walk->flags & SEARCH_WALK_IGNORE_BELOW) != 0,
		.tracked = (walk->flags & SEARCH_WALK_TRACKED) != 0,
		.config_count = walk->git_config_count,
	};
	to->configs = copy_strings(walk->git_configs, walk->git_config_count, &ok);
	to->excludes = ps_copy_string(walk->git_excludes, &ok);
	to->home = ps_copy_string(walk->home, &ok);
	return ok ? load_ignore_files(to, walk, error) : SEARCH_ENOMEM;
}

void ps_options_free_ignore(struct ps_ignore_options *options)
{
	ps_rules_free(options->extra);
	free((void *)(uintptr_t)options->configs);
	free((char *)(uintptr_t)options->excludes);
	free((char *)(uintptr_t)options->home);
}
