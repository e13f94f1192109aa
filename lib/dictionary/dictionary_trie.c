/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dictionary_trie.c - makes the trie of dictionary_trie.h.
 *
 * First comes a loose trie, whose letters are units. A unit is a byte; or, if case is ignored, a piece that Oniguruma
 * folds as a whole, with all its spellings: k, K and the Kelvin sign; ss, ß and others. Oniguruma cuts a string into
 * units from the left, greedily (fold.c). So "sa" and "ss" begin with different units, of which two spellings begin
 * with the same byte, and a walk would have to follow both.
 *
 * So second the loose trie is made strict, as a nondeterministic automaton is made deterministic: a node of the strict
 * trie is the set of all places in the loose trie that the same bytes lead to.
 */
#include "dictionary_trie.h"

#include "../base/utf8.h"
#include "../onig/onig.h"

#include <stdlib.h>
#include <string.h>

enum {
	NODES_MAX = 1 << 26,
	UNIT_SPELLINGS = PS_FOLD_ITEMS + 1,
	SPELLING_MAX = 4 * PS_FOLD_CODES /* bytes */
};

#define NO_UNIT UINT32_MAX

/* --- the loose trie --- */

/* The label is the unit's spellings in a fixed order, each after a byte that gives its length. */
struct unit {
	size_t label;   /* in `labels` */
	uint32_t length;
	uint32_t child; /* the node it leads to */
	uint32_t next;  /* a further unit of the same node, or NO_UNIT */
};

struct loose_node {
	uint32_t units;
	uint32_t string;
};

struct loose {
	struct unit *units;
	size_t unit_count, unit_space;
	struct loose_node *nodes;
	size_t node_count, node_space;
	uint8_t *labels;
	size_t label_size, label_space;
	size_t longest; /* bytes of a string, each unit in its longest spelling */
};

/* Zeroes what is new: clang-tidy cannot see that all of it is written before it is read. */
static void *grow_zeroed(void *array, size_t *space, size_t need, size_t size)
{
	size_t before = array != NULL ? *space : 0;
	void *grown = ps_grow(array, space, need, size);

	if (grown != NULL && *space > before)
		memset((char *)grown + before * size, 0, (*space - before) * size);
	return grown;
}

static void free_loose_trie(struct loose *l)
{
	free(l->units);
	free(l->nodes);
	free(l->labels);
}

static int add_node(struct loose *l, uint32_t *node)
{
	struct loose_node *nodes;

	if (l->node_count == NODES_MAX)
		return SEARCH_EVERSION;
	nodes = grow_zeroed(l->nodes, &l->node_space, l->node_count + 1, sizeof(*nodes));
	if (nodes == NULL)
		return SEARCH_ENOMEM;
	l->nodes = nodes;
	*node = (uint32_t)l->node_count++;
	l->nodes[*node] = (struct loose_node){ NO_UNIT, PS_STRING_NONE };
	return SEARCH_OK;
}

/* Adds a unit with this label to the node, and the node it leads to. */
static int add_unit(struct loose *l, uint32_t node, const uint8_t *label, size_t length, uint32_t *child)
{
	struct unit *units = grow_zeroed(l->units, &l->unit_space, l->unit_count + 1, sizeof(*units));
	uint8_t *labels;
	int rc;

	if (units == NULL)
		return SEARCH_ENOMEM;
	l->units = units;
	labels = grow_zeroed(l->labels, &l->label_space, l->label_size + length, 1);
	if (labels == NULL)
		return SEARCH_ENOMEM;
	l->labels = labels;
	rc = add_node(l, child);
	if (rc != SEARCH_OK)
		return rc;
	memcpy(l->labels + l->label_size, label, length);
	l->units[l->unit_count] =
		(struct unit){ l->label_size, (uint32_t)length, *child, l->nodes[node].units };
	l->nodes[node].units = (uint32_t)l->unit_count++;
	l->label_size += length;
	return SEARCH_OK;
}

/* Goes on from *node along the unit with this label, which is made if it is missing. */
static int follow_label(struct loose *l, uint32_t *node, const uint8_t *label, size_t length)
{
	for (uint32_t u = l->nodes[*node].units; u != NO_UNIT; u = l->units[u].next)
		if (l->units[u].length == length &&
		    memcmp(l->labels + l->units[u].label, label, length) == 0) {
			*node = l->units[u].child;
			return SEARCH_OK;
		}
	return add_unit(l, *node, label, length, node);
}

/* --- spellings --- */

struct spelling {
	uint8_t length;
	uint8_t bytes[SPELLING_MAX];
};

static void add_code(struct spelling *s, uint32_t code)
{
	s->length = (uint8_t)(s->length + ps_utf8_encode(code, s->bytes + s->length));
}

static int by_bytes(const void *a, const void *b)
{
	const struct spelling *x = a, *y = b;

	return x->length != y->length ? x->length - y->length : memcmp(x->bytes, y->bytes, x->length);
}

/* Makes the label of these spellings, sorted and without copies. Returns its length. */
static size_t make_label(struct spelling *spellings, size_t count, uint8_t *label)
{
	size_t length = 0;

	qsort(spellings, count, sizeof(*spellings), by_bytes);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && by_bytes(&spellings[i - 1], &spellings[i]) == 0)
			continue;
		label[length++] = spellings[i].length;
		memcpy(label + length, spellings[i].bytes, spellings[i].length);
		length += spellings[i].length;
	}
	return length;
}

/* The label of the unit that the text begins with, if case is ignored. *taken: its bytes in the text. */
static int fold_unit(const uint8_t *text, size_t length, bool single, uint8_t *label, size_t *label_length,
		     size_t *taken)
{
	struct spelling all[UNIT_SPELLINGS] = { { 0 } };
	struct ps_fold items[PS_FOLD_ITEMS];
	int count = ps_fold_at(text, length, single, items);

	if (count < 0)
		return SEARCH_EVERSION; /* not understood: another strategy is taken */
	*taken = count > 0 ? items[0].bytes : ps_utf8_next(text, length, 0);
	if (*taken > length || *taken > SPELLING_MAX)
		return SEARCH_EVERSION;
	memcpy(all[0].bytes, text, *taken);
	all[0].length = (uint8_t)*taken;
	for (int i = 0; i < count; i++) {
		if (items[i].bytes != *taken)
			return SEARCH_EVERSION;
		for (size_t k = 0; k < items[i].count; k++)
			add_code(&all[i + 1], items[i].codes[k]);
	}
	*label_length = make_label(all, (size_t)count + 1, label);
	return SEARCH_OK;
}

static size_t longest_spelling(const uint8_t *label, size_t length)
{
	size_t longest = 0;

	for (size_t at = 0; at < length; at += 1U + label[at])
		longest = ps_max(longest, label[at]);
	return longest;
}

static int add_string(struct loose *l, const struct ps_dictionary_string *string, const struct ps_dialect *dialect)
{
	uint8_t label[UNIT_SPELLINGS * (1 + SPELLING_MAX)];
	size_t longest = 0;
	uint32_t node = 0;

	for (size_t at = 0, taken = 1; at < string->length; at += taken) {
		size_t length = 2;
		int rc = SEARCH_OK;

		label[0] = 1;
		label[1] = string->bytes[at];
		if (dialect->ignore_case)
			rc = fold_unit(string->bytes + at, string->length - at, dialect->posix, label, &length, &taken);
		if (rc == SEARCH_OK)
			rc = follow_label(l, &node, label, length);
		if (rc != SEARCH_OK)
			return rc;
		longest += longest_spelling(label, length);
	}
	l->longest = ps_max(l->longest, longest);
	if (string->index < l->nodes[node].string)
		l->nodes[node].string = string->index;
	return SEARCH_OK;
}

/* --- the strict trie --- */

/* A place in the loose trie: at a node, or within a spelling of a unit. */
struct place {
	uint32_t id;   /* of the node; or if left > 0, of the unit */
	uint32_t left; /* bytes of the spelling still to read; 0: at a node */
	size_t at;     /* offset in `labels` of the next byte */
};

/* A place that a byte leads to. */
struct lead {
	uint8_t byte;
	struct place place;
};

struct strict {
	const struct loose *loose;
	struct place *places;  /* of all nodes, one node after the other */
	size_t place_count, place_space;
	size_t *begin;         /* those of node i are [begin[i], begin[i + 1]) */
	size_t begin_space;
	uint32_t *table;       /* hash table of nodes by their places, with open addressing; PS_STRING_NONE: free */
	size_t table_size;     /* a power of two */
	struct lead *leads;
	size_t lead_count, lead_space;
	struct ps_dictionary_trie *trie;
	size_t string_space, first_space;
	size_t edge_count, byte_space, to_space;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int by_byte(const void *a, const void *b)
{
	const struct lead *x = a, *y = b;

	return x->byte != y->byte ? x->byte - y->byte : by_place(&x->place, &y->place);
}

static size_t hash_places(const struct place *places, size_t count)
{
	uint64_t h = 0x9E3779B97F4A7C15U;

	for (size_t i = 0; i < count; i++) {
		h = (h ^ places[i].id ^ (uint64_t)places[i].left << 32) * 0xFF51AFD7ED558CCDU;
		h = (h ^ h >> 29 ^ places[i].at) * 0xC4CEB9FE1A85EC53U;
	}
	return (size_t)(h ^ h >> 32);
}

static bool has_places(const struct strict *s, uint32_t node, const struct place *places, size_t count)
{
	const struct place *of = s->places + s->begin[node];

	if (s->begin[node + 1] - s->begin[node] != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (by_place(&of[i], &places[i]) != 0)
			return false;
	return true;
}

/* The slot of the node with these places in the table, or where it belongs. */
static size_t find_slot(const struct strict *s, const struct place *places, size_t count)
{
	size_t slot = hash_places(places, count) & (s->table_size - 1);

	while (s->table[slot] != PS_STRING_NONE && !has_places(s, s->table[slot], places, count))
		slot = (slot + 1) & (s->table_size - 1);
	return slot;
}

static int grow_table(struct strict *s)
{
	size_t size = ps_max(s->table_size * 2, 1024);
	uint32_t *table;

	if (s->table != NULL && s->trie->count * 2 < s->table_size)
		return SEARCH_OK;
	table = malloc(size * sizeof(*table));
	if (table == NULL)
		return SEARCH_ENOMEM;
	memset(table, 0xFF, size * sizeof(*table));
	free(s->table);
	s->table = table;
	s->table_size = size;
	for (uint32_t i = 0; i < s->trie->count; i++) {
		const struct place *of = s->places + s->begin[i];

		s->table[find_slot(s, of, s->begin[i + 1] - s->begin[i])] = i;
	}
	return SEARCH_OK;
}

static int reserve_places(struct strict *s, size_t count)
{
	struct place *places = grow_zeroed(s->places, &s->place_space, s->place_count + count, sizeof(*places));
	size_t *begin;

	if (places == NULL)
		return SEARCH_ENOMEM;
	s->places = places;
	begin = grow_zeroed(s->begin, &s->begin_space, s->trie->count + 2, sizeof(*begin));
	if (begin == NULL)
		return SEARCH_ENOMEM;
	s->begin = begin;
	return SEARCH_OK;
}

static int reserve_node(struct strict *s)
{
	struct ps_dictionary_trie *t = s->trie;
	uint32_t *string, *first;

	if (t->count == NODES_MAX)
		return SEARCH_EVERSION;
	string = grow_zeroed(t->string, &s->string_space, t->count + 1, sizeof(*string));
	if (string == NULL)
		return SEARCH_ENOMEM;
	t->string = string;
	first = grow_zeroed(t->first, &s->first_space, t->count + 2, sizeof(*first));
	if (first == NULL)
		return SEARCH_ENOMEM;
	t->first = first;
	return SEARCH_OK;
}

/* The node of these places, which are sorted and without copies: one that is there, or a new one. */
static int intern_node(struct strict *s, const struct place *places, size_t count, uint32_t *node)
{
	struct ps_dictionary_trie *t = s->trie;
	int rc = reserve_places(s, count);
	size_t slot;

	if (rc == SEARCH_OK)
		rc = reserve_node(s);
	if (rc == SEARCH_OK)
		rc = grow_table(s);
	if (rc != SEARCH_OK)
		return rc;
	PS_ASSERT(t->count < s->table_size); /* so that the table has a free slot */
	slot = find_slot(s, places, count);
	*node = s->table[slot];
	if (*node != PS_STRING_NONE)
		return SEARCH_OK;
	*node = s->table[slot] = (uint32_t)t->count++;
	memcpy(s->places + s->place_count, places, count * sizeof(*places));
	s->begin[*node] = s->place_count;
	s->place_count += count;
	s->begin[*node + 1] = s->place_count;
	t->string[*node] = PS_STRING_NONE;
	for (size_t i = 0; i < count; i++)
		if (places[i].left == 0 && s->loose->nodes[places[i].id].string < t->string[*node])
			t->string[*node] = s->loose->nodes[places[i].id].string;
	return SEARCH_OK;
}

/* One byte of a spelling leads further into it, or after the last byte to the unit's child. */
static int add_lead(struct strict *s, uint32_t unit, size_t at, uint32_t left)
{
	struct lead *leads = grow_zeroed(s->leads, &s->lead_space, s->lead_count + 1, sizeof(*leads));
	struct lead *lead;

	if (leads == NULL)
		return SEARCH_ENOMEM;
	s->leads = leads;
	lead = &s->leads[s->lead_count++];
	lead->byte = s->loose->labels[at];
	lead->place = (struct place){ unit, left - 1, at + 1 };
	if (left == 1)
		lead->place = (struct place){ s->loose->units[unit].child, 0, 0 };
	return SEARCH_OK;
}

static int add_leads_of_unit(struct strict *s, uint32_t unit)
{
	const struct unit *u = &s->loose->units[unit];
	int rc = SEARCH_OK;

	for (size_t at = u->label; rc == SEARCH_OK && at < u->label + u->length; at += 1U + s->loose->labels[at])
		rc = add_lead(s, unit, at + 1, s->loose->labels[at]);
	return rc;
}

static int add_leads(struct strict *s, const struct place *place)
{
	int rc = SEARCH_OK;

	if (place->left > 0)
		return add_lead(s, place->id, place->at, place->left);
	for (uint32_t u = s->loose->nodes[place->id].units; rc == SEARCH_OK && u < s->loose->unit_count;
	     u = s->loose->units[u].next)
		rc = add_leads_of_unit(s, u);
	return rc;
}

static int add_edge(struct strict *s, uint8_t byte, const struct place *places, size_t count)
{
	struct ps_dictionary_trie *t = s->trie;
	uint32_t node = 0, *to;
	uint8_t *bytes;
	int rc = intern_node(s, places, count, &node);

	if (rc != SEARCH_OK)
		return rc;
	bytes = grow_zeroed(t->bytes, &s->byte_space, s->edge_count + 1, 1);
	if (bytes == NULL)
		return SEARCH_ENOMEM;
	t->bytes = bytes;
	to = grow_zeroed(t->to, &s->to_space, s->edge_count + 1, sizeof(*to));
	if (to == NULL)
		return SEARCH_ENOMEM;
	t->to = to;
	t->bytes[s->edge_count] = byte;
	t->to[s->edge_count++] = node;
	return SEARCH_OK;
}

/* Makes the edges of a node: for each byte, the set of places that it leads to. */
static int expand_node(struct strict *s, uint32_t node)
{
	struct place same[64];
	int rc = SEARCH_OK;

	s->lead_count = 0;
	for (size_t i = s->begin[node]; rc == SEARCH_OK && i < s->begin[node + 1]; i++)
		rc = add_leads(s, &s->places[i]);
	if (s->lead_count > 1)
		qsort(s->leads, s->lead_count, sizeof(*s->leads), by_byte);
	for (size_t i = 0; rc == SEARCH_OK && i < s->lead_count;) {
		uint8_t byte = s->leads[i].byte;
		size_t count = 0;

		for (; i < s->lead_count && s->leads[i].byte == byte; i++) {
			if (count > 0 && by_place(&same[count - 1], &s->leads[i].place) == 0)
				continue;
			if (count == sizeof(same) / sizeof(same[0]))
				return SEARCH_EVERSION;
			same[count++] = s->leads[i].place;
		}
		rc = add_edge(s, byte, same, count);
	}
	return rc;
}

static int make_strict_trie(struct ps_dictionary_trie *trie, const struct loose *loose)
{
	struct strict s = { .loose = loose, .trie = trie };
	const struct place root = { 0, 0, 0 };
	uint32_t node;
	int rc = intern_node(&s, &root, 1, &node);

	for (uint32_t i = 0; rc == SEARCH_OK && i < trie->count; i++) {
		trie->first[i] = (uint32_t)s.edge_count;
		rc = expand_node(&s, i);
		PS_ASSERT(s.edge_count - trie->first[i] <= 256); /* one edge for a byte */
		if (rc == SEARCH_OK)
			trie->first[i + 1] = (uint32_t)s.edge_count;
	}
	free(s.places);
	free(s.begin);
	free(s.table);
	free(s.leads);
	return rc;
}

int ps_dictionary_trie_new(struct ps_dictionary_trie *trie, const struct ps_dictionary_string *strings, size_t count,
			   const struct ps_dialect *dialect)
{
	struct loose loose = { 0 };
	uint32_t root;
	int rc = add_node(&loose, &root);

	*trie = (struct ps_dictionary_trie){ 0 };
	for (size_t i = 0; rc == SEARCH_OK && i < count; i++)
		rc = add_string(&loose, &strings[i], dialect);
	if (rc == SEARCH_OK)
		rc = make_strict_trie(trie, &loose);
	trie->longest = loose.longest;
	free_loose_trie(&loose);
	if (rc != SEARCH_OK)
		ps_dictionary_trie_free(trie);
	return rc;
}

void ps_dictionary_trie_free(struct ps_dictionary_trie *trie)
{
	free(trie->first);
	free(trie->string);
	free(trie->bytes);
	free(trie->to);
	*trie = (struct ps_dictionary_trie){ 0 };
}
