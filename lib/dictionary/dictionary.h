/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dictionary.h - looks for thousands of strings at once.
 *
 * Finds exactly what the strings would find as patterns of their own, at the same places. Immutable once made, and
 * shared by all threads.
 */
#ifndef PS_DICTIONARY_H
#define PS_DICTIONARY_H

#include "../base/base.h"
#include "../base/line_ends.h"

struct ps_dialect; /* onig.h */
struct ps_dictionary;
struct ps_dictionary_trie;

/* One string: valid UTF-8, not empty, without a byte that may be part of a terminator. */
struct ps_dictionary_string {
	const uint8_t *bytes;
	size_t length;
	uint32_t index; /* of the pattern, in the order given */
};

/*
 * Copies what it needs. The dialect says how case folds; `flags` are SEARCH_MATCH_WORD, _LINE, _CRLF and _NUL_LINES.
 * SEARCH_OK; SEARCH_ENOMEM; or SEARCH_EVERSION: too large for a dictionary.
 */
int ps_dictionary_new(struct ps_dictionary **out, const struct ps_dictionary_string *strings, size_t count,
		      const struct ps_dialect *dialect, uint32_t flags);
void ps_dictionary_free(struct ps_dictionary *dictionary); /* NULL is fine */

/* The trie of the strings; the flags do not change it. */
const struct ps_dictionary_trie *ps_dictionary_trie(const struct ps_dictionary *dictionary);

struct ps_dictionary_hit {
	const uint8_t *begin;
	const uint8_t *end;
	uint32_t index; /* of the pattern: of those that match here the first given, or if asked for, the longest */
};

/*
 * Finds the leftmost match in [from, end). The text is one or more lines and starts at `text`, where a line begins;
 * `from` is at or after that. False: there is no match.
 */
bool ps_dictionary_find(const struct ps_dictionary *dictionary, const uint8_t *text, const uint8_t *from,
			const uint8_t *end, bool longest, struct ps_dictionary_hit *hit);

#endif
