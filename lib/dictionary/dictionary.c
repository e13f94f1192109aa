/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dictionary.c - walks the trie from each place of a text whose first two bytes begin a string.
 *
 * This is used for single lines, and for SEARCH_MATCH_LINE, where there is only one walk for each line. To find the
 * lines of a text, the automaton with the same trie is faster (program.h): it never goes back.
 *
 * A hostile text can make every walk long. So strings longer than WALK_MAX are refused (SEARCH_EVERSION), except with
 * SEARCH_MATCH_LINE.
 */
#include "dictionary.h"

#include "dictionary_trie.h"
#include "../base/utf8.h"
#include "../onig/onig.h"

#include <stdlib.h>
#include <string.h>

enum { WALK_MAX = 1024 };

struct ps_dictionary {
	struct ps_dictionary_trie trie;
	struct ps_lines lines;
	bool whole_words;
	bool whole_lines;
	uint64_t pairs[65536 / 64]; /* for each pair of bytes, the first in the low bits: may it begin a string? */
};

static void enter_byte_pairs(struct ps_dictionary *d)
{
	const struct ps_dictionary_trie *t = &d->trie;

	for (uint32_t e = t->first[0]; e < t->first[1]; e++) {
		bool any = t->string[t->to[e]] != PS_STRING_NONE; /* of one byte */

		for (uint32_t next = 0; next < 256; next++) {
			uint32_t node;

			if (any || ps_dictionary_trie_follow(t, t->to[e], (uint8_t)next, &node))
				d->pairs[(t->bytes[e] | next << 8) / 64] |= UINT64_C(1) << t->bytes[e] % 64;
		}
	}
}

int ps_dictionary_new(struct ps_dictionary **out, const struct ps_dictionary_string *strings, size_t count,
		      const struct ps_dialect *dialect, uint32_t flags)
{
	struct ps_dictionary *d = calloc(1, sizeof(*d));
	int rc = d != NULL ? SEARCH_OK : SEARCH_ENOMEM;

	*out = NULL;
	for (size_t i = 0; rc == SEARCH_OK && i < count; i++)
		if (strings[i].length > WALK_MAX && (flags & SEARCH_MATCH_LINE) == 0)
			rc = SEARCH_EVERSION;
	if (rc == SEARCH_OK)
		rc = ps_dictionary_trie_new(&d->trie, strings, count, dialect);
	if (rc != SEARCH_OK) {
		ps_dictionary_free(d);
		return rc;
	}
	d->lines = ps_lines_of(flags);
	d->whole_lines = (flags & SEARCH_MATCH_LINE) != 0;
	d->whole_words = (flags & SEARCH_MATCH_WORD) != 0 && !d->whole_lines;
	enter_byte_pairs(d);
	*out = d;
	return SEARCH_OK;
}

void ps_dictionary_free(struct ps_dictionary *dictionary)
{
	if (dictionary == NULL)
		return;
	ps_dictionary_trie_free(&dictionary->trie);
	free(dictionary);
}

const struct ps_dictionary_trie *ps_dictionary_trie(const struct ps_dictionary *dictionary)
{
	return &dictionary->trie;
}

/* Is the character of these bytes a word character? No bytes, if the text is not UTF-8, are none. */
static bool is_word_character(const uint8_t *sequence, size_t length)
{
	return length > 0 && ps_ctype_is_word(ps_utf8_decode(sequence, length));
}

static bool may_begin_match(const struct ps_dictionary *d, const uint8_t *text, const uint8_t *s)
{
	size_t length;

	if (s == text || (!d->whole_words && !d->whole_lines))
		return true;
	if (d->whole_lines)
		return s[-1] == d->lines.end;
	length = ps_utf8_last(text, s);
	return !is_word_character(s - length, length);
}

static bool is_terminator(struct ps_lines lines, const uint8_t *p, const uint8_t *end)
{
	return *p == lines.end || (lines.crlf && *p == '\r' && end - p > 1 && p[1] == lines.end);
}

static bool may_end_match(const struct ps_dictionary *d, const uint8_t *p, const uint8_t *end)
{
	if (p == end || (!d->whole_words && !d->whole_lines))
		return true;
	if (d->whole_lines)
		return is_terminator(d->lines, p, end);
	return !is_word_character(p, ps_utf8_sequence(p, end));
}

/* Walks from s. Of the strings that end on the way the first given is the hit, or with `longest` the last to end. */
static bool match_string_at(const struct ps_dictionary *d, const uint8_t *text, const uint8_t *s, const uint8_t *end,
			    bool longest, struct ps_dictionary_hit *hit)
{
	const uint8_t *p = s;
	uint32_t node = 0;

	*hit = (struct ps_dictionary_hit){ s, NULL, PS_STRING_NONE };
	if (!may_begin_match(d, text, s))
		return false;
	while (p < end && ps_dictionary_trie_follow(&d->trie, node, *p, &node)) {
		uint32_t string = d->trie.string[node];

		p++;
		if (string != PS_STRING_NONE && (longest || string < hit->index) && may_end_match(d, p, end)) {
			hit->index = string;
			hit->end = p;
		}
	}
	return hit->index != PS_STRING_NONE;
}

/* The start of the next line, or `end`. */
static const uint8_t *next_line(const struct ps_dictionary *d, const uint8_t *s, const uint8_t *end)
{
	const uint8_t *at = memchr(s, d->lines.end, (size_t)(end - s));

	return at != NULL ? at + 1 : end;
}

static bool find_line(const struct ps_dictionary *d, const uint8_t *text, const uint8_t *from, const uint8_t *end,
		      bool longest, struct ps_dictionary_hit *hit)
{
	for (const uint8_t *s = may_begin_match(d, text, from) ? from : next_line(d, from, end); s < end;
	     s = next_line(d, s, end))
		if (match_string_at(d, text, s, end, longest, hit))
			return true;
	return false;
}

static bool begins_string(const struct ps_dictionary *d, const uint8_t *s)
{
	return (d->pairs[(s[0] | (uint32_t)s[1] << 8) / 64] >> s[0] % 64 & 1) != 0;
}

bool ps_dictionary_find(const struct ps_dictionary *dictionary, const uint8_t *text, const uint8_t *from,
			const uint8_t *end, bool longest, struct ps_dictionary_hit *hit)
{
	const uint8_t *s = from;

	if (dictionary->whole_lines)
		return find_line(dictionary, text, from, end, longest, hit);
	for (; end - s > 1; s++)
		if (begins_string(dictionary, s) && match_string_at(dictionary, text, s, end, longest, hit))
			return true;
	return s < end && match_string_at(dictionary, text, s, end, longest, hit);
}
