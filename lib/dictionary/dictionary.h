/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dictionary.h - strings by the thousand, looked for together.
 *
 * Immutable once made, and shared by all threads. What is found, and where, is
 * what the same strings would find as patterns of their own.
 */
#ifndef PS_DICTIONARY_H
#define PS_DICTIONARY_H

#include "../base/base.h"
#include "../base/line_ends.h"

struct ps_dialect; /* onig.h */
struct ps_dictionary;
struct ps_dictionary_trie;

/* One of them: valid UTF-8 of a byte or more, without any that may be of a line's end. */
struct ps_dictionary_string {
	const uint8_t *bytes;
	size_t length;
	uint32_t index; /* of the pattern that it is, in the order given */
};

/*
 * Copies what it needs. The dialect says how they fold; `flags` are SEARCH_MATCH_WORD, _LINE, _CRLF and _NUL_LINES.
 * SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EVERSION: too much for this way.
 */
int ps_dictionary_new(struct ps_dictionary **out, const struct ps_dictionary_string *strings, size_t count,
		      const struct ps_dialect *dialect, uint32_t flags);
void ps_dictionary_free(struct ps_dictionary *dictionary); /* NULL is fine */

/* The strings alone, without what the flags ask for besides. */
const struct ps_dictionary_trie *ps_dictionary_trie(const struct ps_dictionary *dictionary);

struct ps_dictionary_hit {
	const uint8_t *begin;
	const uint8_t *end;
	uint32_t index; /* the first given of those that match from here; unless it is the longest */
};

/*
 * The leftmost match in [from, end), a text of one or more lines in which `from`
 * is at or behind `text`, where a line begins. False: there is none.
 */
bool ps_dictionary_find(const struct ps_dictionary *dictionary, const uint8_t *text, const uint8_t *from,
			const uint8_t *end, bool longest, struct ps_dictionary_hit *hit);

#endif
