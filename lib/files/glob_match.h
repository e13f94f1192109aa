/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * glob_match.h - does a name or path match a glob of the caller's?
 *
 * As in grep and ripgrep, a character is one of UTF-8, and what is not well-formed stands for itself.
 *
 * Rule files have another dialect, which is git's, and an engine of its own (gitignore_glob.h). Only the loop that goes
 * back to the last star is common to both. They differ in what is compared (characters, or bytes), what a class may
 * contain, how case is ignored, and what a malformed glob means: nearly all else of each. And rules are many, so they
 * are compiled; the caller's globs are few, and most need no engine (globs.c).
 */
#ifndef PS_GLOB_MATCH_H
#define PS_GLOB_MATCH_H

#include "../base/base.h"

/*
 *	?       one character except a slash
 *	*       any number of them
 *	[a-z]   one of these, [!a-z] or [^a-z] none of these; [[:alpha:]] and so on, of ASCII
 *	**      as a whole name: any number of names; at the end: all that is below
 *	\x      x
 *
 * A byte that is part of no character is one. All of the text must match.
 */
bool ps_wildcard_matches(const char *glob, size_t glob_length, const char *text, size_t length, bool ignore_case);

/*
 * Returns a sentence that says why the glob is malformed, or NULL. An unclosed bracket is malformed, although
 * ps_wildcard_matches takes it for a plain character, as grep does.
 */
const char *ps_wildcard_flaw(const char *text, size_t length);

/* Why a glob for paths, without slashes at its start and end, cannot match any path; or NULL. */
const char *ps_wildcard_path_flaw(const char *text, size_t length);

/* The same letter in lower case; of ASCII. */
static inline uint32_t ps_wildcard_lower(uint32_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

#endif
