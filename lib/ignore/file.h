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

/* Who wants a file. */
enum ps_file_kind {
	PS_FILE_MET,    /* it lies where such files may be: one that is no regular file is none */
	PS_FILE_GITS,   /* the same, and git does not follow a link there */
	PS_FILE_NAMED   /* somebody names it: that it is no regular file is complained about, but not that it is
	                   not there; /dev/null is empty */
};

/*
 * The whole of a regular file, up to a few megabytes: *text is to be freed with ps_text_free. One that is not
 * there has no bytes; whatever else keeps it from being read is complained about, as `path`, and it
 * has none, too. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_file_read(struct ps_text *text, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		 enum ps_file_kind kind);

/* The same of a file that may have up to so many bytes, and lies where it may. */
int ps_file_read_large(struct ps_text *text, const struct ps_ignore_host *host, enum ps_ignore_at at,
		       const char *path, size_t most);

/* What git's configuration files say. */
struct ps_git_config {
	bool caseless;           /* core.ignoreCase */
	bool long_ids;           /* extensions.objectFormat is sha256 */
	struct ps_text excludes; /* core.excludesFile, as it is written */
};

/* A configuration file: where, and by what path, it is opened. */
struct ps_git_file {
	enum ps_ignore_at at;
	const char *path;
};

/* While such files are read for a repository, or for none. */
struct ps_git_reading {
	const struct ps_ignore_host *host;
	const char *home;      /* what ~ is, or NULL */
	const char *directory; /* the absolute path that PS_AT_DIRECTORY stands for; NULL: it is not known */
	const char *git;       /* the repository's own directory, to open files of; NULL: there is none */
	unsigned depth, files; /* included */
	bool stopped;          /* too many were */
};

/* Takes up what a file says, what it includes among it. One that is not there says nothing. SEARCH_OK or SEARCH_ENOMEM. */
int ps_git_config_load(struct ps_git_config *config, struct ps_git_reading *reading, const struct ps_git_file *file);

/* The same of a file's text. */
int ps_git_config_read(struct ps_git_config *config, struct ps_git_reading *reading, const struct ps_git_file *file,
		       const char *text, size_t size);

/* include.c: the same of a file that `from` includes by this name. */
int ps_git_include(struct ps_git_config *config, struct ps_git_reading *reading, const struct ps_git_file *from,
		   const char *name);

/* Does the condition of an [includeIf] hold, that stands in this file? SEARCH_OK or SEARCH_ENOMEM. */
int ps_git_condition(bool *holds, const char *condition, const struct ps_git_reading *reading,
		     const struct ps_git_file *file);

/*
 * A path as configuration files write it: ~/ is the home directory, one that is not absolute begins in
 * `directory`. *path is empty where it cannot be told, which is complained about. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_path_expand(struct ps_text *path, const char *name, const char *directory, const char *home,
		   const struct ps_ignore_host *host);

/* What a repository adds at its top. */
struct ps_repository {
	bool found;
	bool caseless;
	struct ps_rules *exclude, *global;
	struct ps_tracked *tracked; /* NULL: it has none, or nobody asks */
};

/*
 * The repository whose top is the directory, and its rules. `anywhere`: where there is none, core.excludesFile
 * is to hold all the same. `directory`: "" for the one that is listed. `from_top`: the same as an absolute path,
 * without the '/' that it begins with; or NULL.
 */
int ps_repository_load(struct ps_repository *repository, const struct ps_ignore_options *options,
		       const struct ps_ignore_host *host, const char *directory, const char *from_top, bool anywhere);

/* Reads a file of rules. SEARCH_OK and *out, NULL where there is none; or SEARCH_ENOMEM. */
int ps_rules_load(struct ps_rules **out, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		  enum ps_file_kind kind, bool caseless);

#endif
