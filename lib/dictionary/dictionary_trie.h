/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dictionary_trie.h - the trie of many strings. dictionary.c walks it, and so does the automaton (program.h).
 *
 * For each byte a node has at most one edge. So one walk from a place of the text finds all strings that begin there,
 * however many there are. If case is ignored, the trie is a graph without loops: all spellings of a character lead to
 * the same node. Immutable once made.
 */
#ifndef PS_DICTIONARY_TRIE_H
#define PS_DICTIONARY_TRIE_H

#include "dictionary.h"

#define PS_STRING_NONE UINT32_MAX

/* Nodes are numbered in the order of their distance from the root, which is node 0. */
struct ps_dictionary_trie {
	size_t count;
	uint32_t *first;   /* the edges of node i are [first[i], first[i + 1]), in the order of their bytes */
	uint32_t *string;  /* of each node: the lowest index of the strings that end here, or PS_STRING_NONE */
	uint8_t *bytes;    /* of each edge: its byte, */
	uint32_t *to;      /* and the node that it leads to */
	size_t longest;    /* bytes, in the longest spelling of any string */
};

/* SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EVERSION (too large). After a failure *trie is zeroed. */
int ps_dictionary_trie_new(struct ps_dictionary_trie *trie, const struct ps_dictionary_string *strings, size_t count,
			   const struct ps_dialect *dialect);
void ps_dictionary_trie_free(struct ps_dictionary_trie *trie); /* a zeroed one is fine */

/* Where a byte leads from a node. False: nowhere. */
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
