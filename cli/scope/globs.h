/* SPDX-License-Identifier: BSD-2-Clause */
/* globs.h - the globs that say which files of a directory are searched: -g, --include and similar options. */
#ifndef PSEARCH_CLI_GLOBS_H
#define PSEARCH_CLI_GLOBS_H

#include <stdbool.h>
#include <stddef.h>

#include <psearch.h>

/* The library's groups: a file is searched if each of them lets it pass. */
enum {
	GLOBS_GIVEN,       /* -g, --iglob: the first, since what they select is searched whatever the others say */
	GLOBS_TYPES,       /* -t, --type-not */
	GLOBS_FILES,       /* --include, --exclude */
	GLOBS_DIRECTORIES  /* --exclude-dir */
};

/* Where a glob comes from, for messages. */
struct glob_origin {
	const char *option;
	const char *text; /* as the command line has it */
};

struct globs {
	struct search_glob *list;
	struct glob_origin *origins; /* one for each */
	size_t count;
	size_t capacity;
	char **owned; /* texts that are not the command line's */
	size_t owned_count;
};

/* Adds a glob; the text and the option's name must outlive the list. All of these return false if out of memory. */
bool globs_add(struct globs *g, const char *option, const char *text, uint32_t flags, uint32_t group);

/* Adds a glob of -g, or with SEARCH_GLOB_NO_CASE of --iglob; with a leading '!' it skips what matches. */
bool globs_add_given(struct globs *g, const char *option, const char *text, uint32_t flags);

/* Lets all of those match letters in either case. */
void globs_ignore_case(struct globs *g);

/* Add the globs of --include, --exclude and --exclude-dir. */
bool globs_add_include(struct globs *g, const char *text);
bool globs_add_exclude(struct globs *g, const char *text);
bool globs_add_exclude_directory(struct globs *g, const char *text);

/* Adds each line of a file, or of standard input if the name is "-", as a glob of --exclude. Returns 0 or an errno. */
int globs_add_exclude_from(struct globs *g, const char *name);

/* Do these last three leave out a file that the command line names? As in grep, any end of its path may match. */
bool globs_leave_out(const struct globs *g, const char *path);

void globs_free(struct globs *g);

#endif
