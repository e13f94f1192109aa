/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gitignore_glob.h - one glob in gitignore's dialect, compiled once.
 *
 *	*       any bytes but '/'
 *	?       one byte but '/'
 *	[a-z]   one byte of a class, never '/'; [!a] and [^a] any other; [[:alpha:]] ASCII classes
 *	\c      the byte c itself
 *	** /    (without the blank; at the start or after a '/') any number of directories
 *	**      (at the end, after a '/', or alone) everything
 *
 * A '**' elsewhere is a '*'. All else stands for itself, byte by byte. A malformed glob (an open class, an unknown
 * [:name:], a '\' at the end) matches nothing, as in git.
 *
 * A glob is matched against a whole path, not against a part of it. What gitignore says of a line beyond that (a glob
 * without '/' is for names; a leading '/', '!', a '/' at the end) is done by rules.h.
 *
 * A compiled glob is constant: any number of threads may match it. A match allocates nothing and takes at most one step
 * for each pair of a byte of the path and a byte of the glob.
 */
#ifndef PS_GITIGNORE_GLOB_H
#define PS_GITIGNORE_GLOB_H

#include "../base/base.h"

struct ps_glob;

/* ASCII letters match in either case, exactly as far as in git: see gitignore_glob.c. */
#define PS_GLOB_CASELESS 1U

enum { PS_GLOB_ALIGN = 8 };

/* Compiles `length` bytes, which need not end in NUL and are not kept. SEARCH_OK or SEARCH_ENOMEM. */
int ps_glob_new(struct ps_glob **out, const char *text, size_t length, unsigned flags);
void ps_glob_free(struct ps_glob *glob); /* NULL is fine */

/* Many globs in one block of memory, so that freeing them takes no time. Zeroed: none. */
struct ps_globs {
	char *bytes;
	size_t size, space;
};

/* Adds one, as ps_glob_new(); *at says which it is, and is never 0. */
int ps_globs_add(struct ps_globs *globs, uint32_t *at, const char *text, size_t length, unsigned flags);
void ps_globs_shrink(struct ps_globs *globs); /* after the last one was added */
void ps_globs_free(struct ps_globs *globs);

static inline const struct ps_glob *ps_globs_at(const struct ps_globs *globs, uint32_t at)
{
	return (const struct ps_glob *)(const void *)(globs->bytes + (size_t)(at - 1) * PS_GLOB_ALIGN);
}

/* Is it well-formed? A malformed one matches nothing. */
bool ps_glob_is_valid(const struct ps_glob *glob);

/* Does it match the whole path? A leading "./" or '/' is part of the path. */
bool ps_glob_match(const struct ps_glob *glob, const char *path, size_t length);

/* Does this byte mean something else in a glob than the byte itself? */
static inline bool ps_glob_is_special(unsigned char byte)
{
	return byte == '*' || byte == '?' || byte == '[' || byte == '\\';
}

#endif
