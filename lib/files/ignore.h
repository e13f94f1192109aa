/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ignore.h - which entries of a directory are ignored: this room's interface for the others.
 *
 * The rules that apply in a directory are a struct ps_ignore: those of its own files, and a pointer to those that apply
 * in the directory above. A directory without such files has no struct of its own, and shares that of the directory
 * above.
 *
 *   I1  It is made by the thread that lists its directory, before others see it, and constant from then on.
 *   I2  What it points to above lives longer than it does.
 *   I3  Asking it allocates nothing and opens nothing.
 *
 * Precedence: the kinds of files in the order of enum ps_ignore_kind; within a kind the deepest directory whose rules
 * decide; within a file the last rule. Git's rules end at the top of a repository: a repository inside another takes
 * none from that.
 *
 * The files are opened through a struct ps_ignore_host, by the room that lists directories and counts descriptors.
 */
#ifndef PS_IGNORE_H
#define PS_IGNORE_H

#include "rules.h"

enum ps_ignore_kind {
	PS_IGNORE_PSEARCH,  /* .psearchignore */
	PS_IGNORE_PLAIN,    /* .ignore */
	PS_IGNORE_GIT,      /* .gitignore */
	PS_IGNORE_EXCLUDE,  /* a repository's info/exclude, at its top */
	PS_IGNORE_GLOBAL,   /* core.excludesFile, also at a repository's top */
	PS_IGNORE_EXTRA,    /* the files that the host of the library names, at the root of a walk */
	PS_IGNORE_KINDS
};

struct ps_ignore;

/* Borrowed, with all that it points to, as long as anything made with it lives. */
struct ps_ignore_options {
	bool vcs;           /* git's rules apply, */
	bool anywhere;      /* also outside of repositories */
	bool plain;         /* .ignore and .psearchignore */
	bool no_parents;    /* leave out what is above the root of a walk */
	bool tracked;       /* git's rules do not apply to files that its index names */
	struct ps_rules *extra;     /* of the files that the host names, or NULL; all walks share them */
	const char *const *configs; /* git's configuration files outside of repositories; later ones come first */
	size_t config_count;
	const char *home;     /* what ~ stands for in them, or NULL */
	const char *excludes; /* core.excludesFile, if no configuration sets it; or NULL */
};

/* What a path is relative to. */
enum ps_ignore_at { PS_AT_DIRECTORY, PS_AT_WORKING_DIRECTORY };

enum ps_complaint {
	PS_COMPLAINT_ERROR, /* a file's rules are not applied, although they should be */
	PS_COMPLAINT_NOTE   /* they are not applied, and that is intended; but the user may not know */
};

struct ps_ignore_host {
	void *context;
	/* Returns a descriptor to read from, or -errno. PS_AT_DIRECTORY: the directory that is listed. */
	int (*open)(void *context, enum ps_ignore_at at, const char *path, int flags);
	void (*close)(void *context, int fd);
	/* Reports that a file is not used, and why: errno (or 0) and words. */
	void (*complain)(void *context, enum ps_complaint kind, const char *file, int error, const char *why);
	const struct ps_watch *watch; /* after the search is over, results mean nothing, and must be freed */
	/*
	 * Is the file's text in memory? 1, *text and *size; 0: it is to be opened; or -errno, as of `open`. `follow`:
	 * so is a file that a link leads to. NULL: none is.
	 */
	int (*find)(void *context, enum ps_ignore_at at, const char *path, bool follow, const void **text,
		    size_t *size);
};

/* The same as find(). */
static inline int ps_ignore_find(const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path, bool follow,
				 const void **text, size_t *size)
{
	return host->find != NULL ? host->find(host->context, at, path, follow, text, size) : 0;
}

/* The file that the host of the library names and that cannot be read. */
struct ps_unreadable {
	size_t index;
	int error; /* errno, or 0 */
	const char *why;
};

/*
 * Loads the rules of several files as one set, in which later rules override earlier ones. The files are opened
 * without a struct ps_ignore_host, as there is no walk yet. SEARCH_OK and *out, which is NULL if there is no rule;
 * SEARCH_ENOMEM; or SEARCH_EINVAL and *which.
 */
int ps_rules_load_named(struct ps_rules **out, const char *const *paths, size_t count, struct ps_unreadable *which);

/* Which rule files a listing contains, as bits. */
enum {
	PS_HAS_PSEARCH = 1 << PS_IGNORE_PSEARCH,
	PS_HAS_PLAIN = 1 << PS_IGNORE_PLAIN,
	PS_HAS_GIT = 1 << PS_IGNORE_GIT,
	PS_HAS_REPOSITORY = 1 << PS_IGNORE_EXCLUDE /* .git */
};

/* The bit of a name that begins with '.', or 0. */
unsigned ps_ignore_bit(const char *name);

/* If an absolute path is the working directory or below it, returns how many bytes of it that is; else SIZE_MAX. */
size_t ps_working_directory_in(const char *path);

/* Is anything left out at all? */
bool ps_ignore_wanted(const struct ps_ignore_options *options);

/*
 * Loads what holds at the root of a walk, whose absolute path is `path`; NULL: it is unknown, and nothing above it
 * counts. `has`: the bits of its listing. SEARCH_OK and *out, or SEARCH_ENOMEM.
 */
int ps_ignore_root(struct ps_ignore **out, const struct ps_ignore_options *options,
		   const struct ps_ignore_host *host, const char *path, unsigned has);

/*
 * Loads what holds in a directory below; `has`: the bits of its listing; `path`: relative to what ps_ignore_path()
 * returns. *out is NULL if the same holds as above.
 */
int ps_ignore_below(struct ps_ignore **out, const struct ps_ignore *above, const struct ps_ignore_options *options,
		    const struct ps_ignore_host *host, const char *path, unsigned has);

/* NULL is fine. Of a root, frees what is above it, too. */
void ps_ignore_free(struct ps_ignore *ignore);

/* The root of the walk. Subjects' paths begin with this, and a '/' unless it is "". */
const char *ps_ignore_path(const struct ps_ignore *ignore);

/* Does any rule hold? */
bool ps_ignore_has_rules(const struct ps_ignore *ignore);

/*
 * What the rules say about an entry of the directory, or of one below that shares them. *within on entry: git's
 * rules exclude the directory itself, which is walked only for the tracked files in it. *within on return: the
 * same holds for the entry, which is a directory.
 */
enum ps_verdict ps_ignore_ask(const struct ps_ignore *ignore, struct ps_subject *subject, bool *within);

/* Are both in the same repository, or both in none? */
bool ps_ignore_same_repository(const struct ps_ignore *ignore, const struct ps_ignore *other);

/* Bytes of memory that its own rules take. */
size_t ps_ignore_size(const struct ps_ignore *ignore);

#endif
