/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - the files that rules come from, for the files of this room.
 */
#ifndef PS_IGNORE_FILE_H
#define PS_IGNORE_FILE_H

#include "ignore.h"

/* A path, put together. */
struct ps_text {
	char *bytes; /* NUL-terminated, or NULL */
	size_t length;
	size_t space;
};

/* Appends bytes. False where memory is out. */
bool ps_text_add(struct ps_text *text, const char *bytes, size_t length);
bool ps_text_add_string(struct ps_text *text, const char *string);
void ps_text_free(struct ps_text *text);

/* `directory`, a '/' unless that is "" or ends in one, and `name`. NULL where memory is out. */
const char *ps_text_join(struct ps_text *text, const char *directory, const char *name);

/*
 * The whole of a regular file, up to a few megabytes: *text is to be freed with ps_text_free. One that is not
 * there or no regular file has no bytes; whatever else keeps it from being read is complained about,
 * as `path`, and it has none, too. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_file_read(struct ps_text *text, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		 int flags);

/* What git's configuration files say. */
struct ps_git_config {
	bool caseless;           /* core.ignoreCase */
	struct ps_text excludes; /* core.excludesFile, as it is written */
};

/* Takes up what a file's text says. SEARCH_OK or SEARCH_ENOMEM. */
int ps_git_config_read(struct ps_git_config *config, const char *text, size_t size);

/* What a repository adds at its top. */
struct ps_repository {
	bool found;
	bool caseless;
	struct ps_rules *exclude, *global;
};

/*
 * The repository whose top is the directory, and its rules. `anywhere`: where there is none, core.excludesFile
 * is to hold all the same. `directory`: "" for the one that is listed.
 */
int ps_repository_load(struct ps_repository *repository, const struct ps_ignore_options *options,
		       const struct ps_ignore_host *host, const char *directory, bool anywhere);

/* Reads a file of rules. SEARCH_OK and *out, NULL where there is none; or SEARCH_ENOMEM. */
int ps_rules_load(struct ps_rules **out, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		  int flags, bool caseless);

#endif
