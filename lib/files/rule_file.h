/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule_file.h - the files that rules come from, for the files of this room.
 */
#ifndef PS_RULE_FILE_H
#define PS_RULE_FILE_H

#include "../base/text.h"
#include "ignore.h"

/* Why a file is read. */
enum ps_file_kind {
	PS_FILE_MET,    /* it is in a place where such a file may be: anything except a regular file is passed over */
	PS_FILE_GITS,   /* the same, and a symbolic link is not followed, as in git */
	PS_FILE_NAMED   /* a configuration or the host names it: anything except a regular file is complained about,
	                   unless it does not exist; /dev/null is empty */
};

/*
 * Reads a whole regular file, up to a few megabytes; free *text with ps_text_free. A file that does not exist has
 * no bytes. Anything else that keeps it from being read is complained about, under the name `path`, and it
 * has no bytes either. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_file_read(struct ps_text *text, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		 enum ps_file_kind kind);

/* The same for a PS_FILE_MET that may have up to `most` bytes. */
int ps_file_read_large(struct ps_text *text, const struct ps_ignore_host *host, enum ps_ignore_at at,
		       const char *path, size_t most);

/* What git's configuration files say. */
struct ps_git_config {
	bool caseless;           /* core.ignoreCase */
	bool long_ids;           /* extensions.objectFormat is sha256 */
	struct ps_text excludes; /* core.excludesFile, as it is written */
};

/* A configuration file, as it is opened. */
struct ps_git_file {
	enum ps_ignore_at at;
	const char *path;
};

/* The state while configuration files are read, for a repository or outside one. */
struct ps_git_reading {
	const struct ps_ignore_host *host;
	const char *home;      /* the directory that ~ stands for, or NULL */
	const char *directory; /* the absolute path of PS_AT_DIRECTORY; NULL: unknown */
	const char *git;       /* the repository's own directory, to open files in; NULL: there is none */
	unsigned depth, files; /* of includes */
	bool stopped;          /* there were too many */
};

/* Reads a file and those that it includes into *config. It need not exist. SEARCH_OK or SEARCH_ENOMEM. */
int ps_git_config_load(struct ps_git_config *config, struct ps_git_reading *reading, const struct ps_git_file *file);

/* The same for the text of a file. */
int ps_git_config_read(struct ps_git_config *config, struct ps_git_reading *reading, const struct ps_git_file *file,
		       const char *text, size_t size);

/* git_include.c: the same for the file that `from` includes by this name. */
int ps_git_include(struct ps_git_config *config, struct ps_git_reading *reading, const struct ps_git_file *from,
		   const char *name);

/* *holds: does the condition of an [includeIf] in this file hold? SEARCH_OK or SEARCH_ENOMEM. */
int ps_git_condition(bool *holds, const char *condition, const struct ps_git_reading *reading,
		     const struct ps_git_file *file);

/*
 * Expands a path of a configuration file: ~/ is the home directory, a relative path starts in `directory`. *path is
 * empty if it starts with ~user, and if the home directory is unknown, which is complained about. SEARCH_OK or
 * SEARCH_ENOMEM.
 */
int ps_path_expand(struct ps_text *path, const char *name, const char *directory, const char *home,
		   const struct ps_ignore_host *host);

/* What a repository adds at its top. */
struct ps_repository {
	bool found;
	bool caseless;
	struct ps_rules *exclude, *global;
	struct ps_tracked *tracked; /* NULL: it has none, or they do not matter */
};

/*
 * Loads the repository whose top is `directory` ("": the one that is listed), and its rules. `anywhere`: if there
 * is no repository, core.excludesFile applies all the same. `from_top`: the directory's absolute path without its
 * leading '/', or NULL.
 */
int ps_repository_load(struct ps_repository *repository, const struct ps_ignore_options *options,
		       const struct ps_ignore_host *host, const char *directory, const char *from_top, bool anywhere);

/* Reads a file of rules. SEARCH_OK and *out, which is NULL if there are none; or SEARCH_ENOMEM. */
int ps_rules_load(struct ps_rules **out, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		  enum ps_file_kind kind, bool caseless);

#endif
