/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dictionary_trie.h - the trie of many strings: dictionary.c walks it, and so does the
 * automaton (program.h). Immutable once made.
 *
 * Each node has an edge to at most one other for every byte, so a place in a text is
 * looked at by one walk, whatever the number of strings. Where case does not matter, the
 * trie is a graph without loops: all spellings of a character come together again.
 */
#ifndef PS_DICTIONARY_TRIE_H
#define PS_DICTIONARY_TRIE_H

#include "dictionary.h"

#define PS_STRING_NONE UINT32_MAX

/* Nodes are in the order of their distance from the root, which is node 0. */
struct ps_dictionary_trie {
	size_t count;
	uint32_t *first;   /* edges of node i: [first[i], first[i + 1]), in the order of their bytes */
	uint32_t *string;  /* of node i: index of the first given string that ends here, or PS_STRING_NONE */
	uint8_t *bytes;    /* of the edges, */
	uint32_t *to;      /* and where they lead */
	size_t longest;    /* bytes, of the longest spelling of a string */
};

/* SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EVERSION; *trie is zeroed then. */
int ps_dictionary_trie_new(struct ps_dictionary_trie *trie, const struct ps_dictionary_string *strings, size_t count,
			   const struct ps_dialect *dialect);
void ps_dictionary_trie_free(struct ps_dictionary_trie *trie); /* a zeroed one is fine */

/* Where the byte leads from a node. False: nowhere. */
static inline bool ps_dictionary_trie_follow(const struct ps_dictionary_trie *trie, uint32_t node, uint8_t byte,
					     uint32_t *to)
{
	uint32_t low = trie->first[node], end = trie->first[node + 1];

	for (uint32_t high = end; high - low > 8;) {
		uint32_t middle = low + (high - low) / 2;

		if (trie->bytes[middle] <= byte)
			low = middle;
		else
			high = middle;
	}
	while (low < end && trie->bytes[low] < byte)
		low++;
	if (low == end || trie->bytes[low] != byte)
		return false;
	*to = trie->to[low];
	return true;
}

#endif
