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
struct ps_words;
struct ps_words_trie;

/* One of them: valid UTF-8 of a byte or more, without any that may be of a line's end. */
struct ps_word {
	const uint8_t *bytes;
	size_t length;
	uint32_t index; /* of the pattern that it is, in the order given */
};

/*
 * Copies what it needs. The dialect says how they fold; `flags` are SEARCH_MATCH_WORD, _LINE, _CRLF and _NUL_LINES.
 * SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EVERSION: too much for this way.
 */
int ps_words_new(struct ps_words **out, const struct ps_word *words, size_t count,
		 const struct ps_dialect *dialect, uint32_t flags);
void ps_words_free(struct ps_words *words); /* NULL is fine */

/* The strings alone, without what the flags ask for besides. */
const struct ps_words_trie *ps_words_trie(const struct ps_words *words);

struct ps_words_hit {
	const uint8_t *begin;
	const uint8_t *end;
	uint32_t index; /* the first given of those that match from here; unless it is the longest */
};

/*
 * The leftmost match in [from, end), a text of one or more lines in which `from`
 * is at or behind `text`, where a line begins. False: there is none.
 */
bool ps_words_find(const struct ps_words *words, const uint8_t *text, const uint8_t *from,
		   const uint8_t *end, bool longest, struct ps_words_hit *hit);

#endif
