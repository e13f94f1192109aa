/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ignore.h - which entries of a directory are left out: the room's face to its neighbours.
 *
 * What holds in a directory is a struct ps_ignore: the rules of its own files, and, by a pointer,
 * what holds in the directory above. A directory without such files has none of its own and shares
 * that of the one above.
 *
 *   I1  It is made by the thread that lists its directory, before others see it, and constant after.
 *   I2  What it points to above lives longer than it does.
 *   I3  Asking it allocates nothing and opens nothing.
 *
 * Precedence: the files' kinds in the order of enum ps_ignore_kind; within a kind the deepest
 * directory that decides; within a file the last rule. Git's kinds end at the top of a repository:
 * a repository inside another has nothing from that.
 *
 * The files are opened by the room's host, which counts descriptors.
 */
#ifndef PS_IGNORE_H
#define PS_IGNORE_H

#include "rules.h"

enum ps_ignore_kind {
	PS_IGNORE_PSEARCH,  /* .psearchignore */
	PS_IGNORE_PLAIN,    /* .ignore */
	PS_IGNORE_GIT,      /* .gitignore */
	PS_IGNORE_EXCLUDE,  /* a repository's info/exclude, at its top */
	PS_IGNORE_GLOBAL,   /* core.excludesFile, there too */
	PS_IGNORE_EXTRA,    /* those of files that the host of the library names, at the root of a walk */
	PS_IGNORE_KINDS
};

struct ps_ignore;

/* Borrowed, with all it points to, as long as anything made by it lives. */
struct ps_ignore_options {
	bool vcs;           /* git's rules, */
	bool anywhere;      /* also outside of repositories */
	bool plain;         /* .ignore and .psearchignore */
	bool no_parents;    /* leave out what is above the root of a walk */
	bool tracked;       /* git's rules do not hold for what its index names */
	struct ps_rules *extra;     /* of files that the host names, or NULL; all walks share them */
	const char *const *configs; /* git's configuration files outside of repositories; later ones come first */
	size_t config_count;
	const char *home;     /* what ~ is in them, or NULL */
	const char *excludes; /* what core.excludesFile is where none of them says so, or NULL */
};

/* Where a path begins that is not absolute. */
enum ps_ignore_at { PS_AT_DIRECTORY, PS_AT_WORKING_DIRECTORY };

enum ps_complaint {
	PS_COMPLAINT_ERROR, /* what a file says does not hold, though it should */
	PS_COMPLAINT_NOTE   /* it does not, and rightly so: whoever wrote it may not know */
};

struct ps_ignore_host {
	void *context;
	/* A descriptor to read from, or -errno. PS_AT_DIRECTORY: from the directory that is listed on. */
	int (*open)(void *context, enum ps_ignore_at at, const char *path, int flags);
	void (*close)(void *context, int fd);
	/* A file is not used: why, as errno (or 0) and words. */
	void (*complain)(void *context, enum ps_complaint kind, const char *file, int error, const char *why);
};

/* A file that the host of the library names, and that cannot be read. */
struct ps_unreadable {
	size_t index;
	int error; /* errno, or 0 */
	const char *why;
};

/*
 * The rules of files, as one: what comes later in it has its way. Files are opened without a host: before there
 * is a walk. SEARCH_OK and *out, NULL where there is no rule; SEARCH_ENOMEM; or SEARCH_EINVAL and *which.
 */
int ps_rules_load_named(struct ps_rules **out, const char *const *paths, size_t count, struct ps_unreadable *which);

/* Files of a listing that say what is left out, as bits. */
enum {
	PS_HAS_PSEARCH = 1 << PS_IGNORE_PSEARCH,
	PS_HAS_PLAIN = 1 << PS_IGNORE_PLAIN,
	PS_HAS_GIT = 1 << PS_IGNORE_GIT,
	PS_HAS_REPOSITORY = 1 << PS_IGNORE_EXCLUDE /* .git */
};

/* The bit of a name that begins with '.', or 0. */
unsigned ps_ignore_bit(const char *name);

/* So many bytes of an absolute path are the working directory, if that is it, or above it; else SIZE_MAX. */
size_t ps_working_directory_in(const char *path);

/* Is anything left out at all? */
bool ps_ignore_wanted(const struct ps_ignore_options *options);

/*
 * What holds at the root of a walk, whose absolute path is `path`; NULL: it is not known, then
 * nothing above it counts. `has`: the bits of its listing. SEARCH_OK and *out, or SEARCH_ENOMEM.
 */
int ps_ignore_root(struct ps_ignore **out, const struct ps_ignore_options *options,
		   const struct ps_ignore_host *host, const char *path, unsigned has);

/*
 * What holds in a directory below, with such bits in its listing: `path` is that of ps_ignore_path.
 * *out is NULL where it is what holds above.
 */
int ps_ignore_below(struct ps_ignore **out, const struct ps_ignore *above, const struct ps_ignore_options *options,
		    const struct ps_ignore_host *host, const char *path, unsigned has);

/* NULL is fine. What a root has above it goes, too. */
void ps_ignore_free(struct ps_ignore *ignore);

/* Subjects' paths begin with this, and a '/' unless it is "": the root of the walk. */
const char *ps_ignore_path(const struct ps_ignore *ignore);

/* Is there a rule that holds? */
bool ps_ignore_has_rules(const struct ps_ignore *ignore);

/*
 * What they say of an entry of the directory, or of one below that shares them. `within`: git's rules leave
 * the directory itself out, which is gone through for what is tracked in it. *within becomes true of a
 * directory of which that holds, too.
 */
enum ps_verdict ps_ignore_ask(const struct ps_ignore *ignore, const struct ps_subject *subject, bool *within);

/* Do both stand in one repository, or in none? */
bool ps_ignore_same_repository(const struct ps_ignore *ignore, const struct ps_ignore *other);

/* Bytes of memory that its own rules take. */
size_t ps_ignore_size(const struct ps_ignore *ignore);

#endif
