/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dictionary.c - walks the trie from each place of a text at which two bytes begin a string.
 *
 * Good for one line, and for whole lines, of which each is walked but once. To find the
 * lines of a text the automaton is faster (program.h): it has no place to go back to.
 *
 * A text made for it can make every walk long. So strings longer than WALK_MAX are
 * refused (SEARCH_EVERSION), but for whole lines.
 */
#include "dictionary.h"

#include "dictionary_trie.h"
#include "../base/utf8.h"
#include "../onig/onig.h"

#include <stdlib.h>
#include <string.h>

enum { WALK_MAX = 1024 };

struct ps_words {
	struct ps_words_trie trie;
	struct ps_lines lines;
	bool whole_words;
	bool whole_lines;
	uint64_t pairs[65536 / 64]; /* bit by bit: whether two bytes, the first in the low bits, begin a string */
};

static void enter_byte_pairs(struct ps_words *w)
{
	const struct ps_words_trie *t = &w->trie;

	for (uint32_t e = t->first[0]; e < t->first[1]; e++) {
		bool any = t->word[t->to[e]] != PS_WORD_NONE; /* of one byte */

		for (uint32_t next = 0; next < 256; next++) {
			uint32_t node;

			if (any || ps_words_trie_follow(t, t->to[e], (uint8_t)next, &node))
				w->pairs[(t->bytes[e] | next << 8) / 64] |= UINT64_C(1) << t->bytes[e] % 64;
		}
	}
}

int ps_words_new(struct ps_words **out, const struct ps_word *words, size_t count,
		 const struct ps_dialect *dialect, uint32_t flags)
{
	struct ps_words *w = calloc(1, sizeof(*w));
	int rc = w != NULL ? SEARCH_OK : SEARCH_ENOMEM;

	*out = NULL;
	for (size_t i = 0; rc == SEARCH_OK && i < count; i++)
		if (words[i].length > WALK_MAX && (flags & SEARCH_MATCH_LINE) == 0)
			rc = SEARCH_EVERSION;
	if (rc == SEARCH_OK)
		rc = ps_words_trie_new(&w->trie, words, count, dialect);
	if (rc != SEARCH_OK) {
		ps_words_free(w);
		return rc;
	}
	w->lines = ps_lines_of(flags);
	w->whole_lines = (flags & SEARCH_MATCH_LINE) != 0;
	w->whole_words = (flags & SEARCH_MATCH_WORD) != 0 && !w->whole_lines;
	enter_byte_pairs(w);
	*out = w;
	return SEARCH_OK;
}

void ps_words_free(struct ps_words *words)
{
	if (words == NULL)
		return;
	ps_words_trie_free(&words->trie);
	free(words);
}

const struct ps_words_trie *ps_words_trie(const struct ps_words *words)
{
	return &words->trie;
}

/* Is the character that these bytes are a word's? None, where the text is not UTF-8, is not. */
static bool is_word_character(const uint8_t *sequence, size_t length)
{
	return length > 0 && ps_ctype_is_word(ps_utf8_decode(sequence, length));
}

static bool may_begin_match(const struct ps_words *w, const uint8_t *text, const uint8_t *s)
{
	size_t length;

	if (s == text || (!w->whole_words && !w->whole_lines))
		return true;
	if (w->whole_lines)
		return s[-1] == w->lines.end;
	length = ps_utf8_last(text, s);
	return !is_word_character(s - length, length);
}

static bool is_terminator(struct ps_lines lines, const uint8_t *p, const uint8_t *end)
{
	return *p == lines.end || (lines.crlf && *p == '\r' && end - p > 1 && p[1] == lines.end);
}

static bool may_end_match(const struct ps_words *w, const uint8_t *p, const uint8_t *end)
{
	if (p == end || (!w->whole_words && !w->whole_lines))
		return true;
	if (w->whole_lines)
		return is_terminator(w->lines, p, end);
	return !is_word_character(p, ps_utf8_sequence(p, end));
}

/* Walks from s on. Of the strings that end on the way the first given counts, or the last that ends. */
static bool match_string_at(const struct ps_words *w, const uint8_t *text, const uint8_t *s, const uint8_t *end,
			    bool longest, struct ps_words_hit *hit)
{
	const uint8_t *p = s;
	uint32_t node = 0;

	*hit = (struct ps_words_hit){ s, NULL, PS_WORD_NONE };
	if (!may_begin_match(w, text, s))
		return false;
	while (p < end && ps_words_trie_follow(&w->trie, node, *p, &node)) {
		uint32_t word = w->trie.word[node];

		p++;
		if (word != PS_WORD_NONE && (longest || word < hit->index) && may_end_match(w, p, end)) {
			hit->index = word;
			hit->end = p;
		}
	}
	return hit->index != PS_WORD_NONE;
}

/* Where the next line begins, or `end`. */
static const uint8_t *next_line(const struct ps_words *w, const uint8_t *s, const uint8_t *end)
{
	const uint8_t *at = memchr(s, w->lines.end, (size_t)(end - s));

	return at != NULL ? at + 1 : end;
}

static bool find_line(const struct ps_words *w, const uint8_t *text, const uint8_t *from, const uint8_t *end,
		      bool longest, struct ps_words_hit *hit)
{
	for (const uint8_t *s = may_begin_match(w, text, from) ? from : next_line(w, from, end); s < end;
	     s = next_line(w, s, end))
		if (match_string_at(w, text, s, end, longest, hit))
			return true;
	return false;
}

static bool begins_string(const struct ps_words *w, const uint8_t *s)
{
	return (w->pairs[(s[0] | (uint32_t)s[1] << 8) / 64] >> s[0] % 64 & 1) != 0;
}

bool ps_words_find(const struct ps_words *words, const uint8_t *text, const uint8_t *from,
		   const uint8_t *end, bool longest, struct ps_words_hit *hit)
{
	const uint8_t *s = from;

	if (words->whole_lines)
		return find_line(words, text, from, end, longest, hit);
	for (; end - s > 1; s++)
		if (begins_string(words, s) && match_string_at(words, text, s, end, longest, hit))
			return true;
	return s < end && match_string_at(words, text, s, end, longest, hit);
}
