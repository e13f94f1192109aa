/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * set_trie.c - makes a set of characters a small automaton over the bytes of their UTF-8.
 *
 * A node stands for what may follow the bytes read so far. Nodes with the same edges are made once and shared, within
 * a set and between sets: the 758 ranges of \w become about 200 nodes.
 *
 * The line end, which is never part of a line, and surrogates, which are not UTF-8, are left out. (U+DC80..DCFF stand
 * for bytes that are not UTF-8. The program notes it if a set has any of them; a program for rewritten text keeps
 * them.)
 */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

#define SURROGATES_FROM UINT32_C(0xD800)
#define SURROGATES_TO UINT32_C(0xDFFF)
#define BYTES_FROM UINT32_C(0xDC80)
#define BYTES_TO UINT32_C(0xDCFF)

/* The edges of a node that is being made. */
struct fan {
	struct ps_edge edges[256];
	size_t count;
};

/* Adds an edge after the others, or widens the last one if that leads to the same node. */
static void put_edge(struct fan *fan, uint32_t from, uint32_t to, uint32_t node)
{
	struct ps_edge *last = fan->count > 0 ? &fan->edges[fan->count - 1] : NULL;

	PS_ASSERT(from <= to && to <= 0xFF && (last == NULL || last->to < from));
	if (last != NULL && last->node == node && last->to + 1U == from)
		last->to = (uint8_t)to;
	else
		fan->edges[fan->count++] = (struct ps_edge){ (uint8_t)from, (uint8_t)to, (uint16_t)node };
}

static bool has_edges(const struct ps_program *p, uint32_t node, const struct fan *fan)
{
	const struct ps_trie_node *n = &p->nodes[node];

	return n->count == fan->count && (fan->count == 0 ||
	       memcmp(&p->edges[n->first], fan->edges, fan->count * sizeof(fan->edges[0])) == 0);
}

static uint32_t hash_edges(const struct fan *fan)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < fan->count; i++) {
		const struct ps_edge *e = &fan->edges[i];
		uint32_t word = e->from | (uint32_t)e->to << 8 | (uint32_t)e->node << 16;

		hash = ps_hash(hash, &word, 1);
	}
	return hash;
}

static int add_node(struct ps_program *p, const struct fan *fan)
{
	struct ps_trie_node *nodes;
	struct ps_edge *edges;

	if (p->node_count >= PS_TRIE_MAX)
		return SEARCH_EVERSION;
	nodes = ps_grow(p->nodes, &p->node_space, p->node_count + 2, sizeof(*nodes));
	if (nodes == NULL)
		return SEARCH_ENOMEM;
	p->nodes = nodes;
	edges = ps_grow(p->edges, &p->edge_space, p->edge_count + fan->count, sizeof(*edges));
	if (edges == NULL)
		return SEARCH_ENOMEM;
	p->edges = edges;
	if (p->node_count == 0)
		p->nodes[p->node_count++] = (struct ps_trie_node){ 0, 0 }; /* PS_TRIE_END */
	p->nodes[p->node_count++] = (struct ps_trie_node){ (uint32_t)p->edge_count, (uint32_t)fan->count };
	if (fan->count > 0)
		memcpy(&p->edges[p->edge_count], fan->edges, fan->count * sizeof(fan->edges[0]));
	p->edge_count += fan->count;
	return SEARCH_OK;
}

/* The node with exactly these edges: one that is there, or a new one. */
static int make_node(struct ps_compiler *c, const struct fan *fan, uint32_t *node)
{
	uint32_t hash = hash_edges(fan);
	int rc;

	for (size_t at = 0; ps_index_next(&c->node_index, hash, &at, node);)
		if (has_edges(c->program, *node, fan))
			return SEARCH_OK;
	rc = add_node(c->program, fan);
	if (rc != SEARCH_OK)
		return rc;
	*node = (uint32_t)c->program->node_count - 1;
	return ps_index_add(&c->node_index, hash, *node) ? SEARCH_OK : SEARCH_ENOMEM;
}

/* The first range that ends at or after `code`. */
static size_t find_range(const struct ps_set *set, uint32_t code)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (set->ranges[mid].to < code)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * Adds edges for what the set has in [from, to]. At this level the byte of a code is first | (code >> shift & mask);
 * shift / 6 more bytes follow.
 */
static int fill_fan(struct ps_compiler *c, const struct ps_set *set, uint32_t from, uint32_t to,
		    unsigned shift, uint32_t first, uint32_t mask, struct fan *fan);

/* The node for the bytes that follow one byte of the level above: what the set has in [from, to]. */
static int make_tail_node(struct ps_compiler *c, const struct ps_set *set, uint32_t from, uint32_t to,
			  unsigned shift, uint32_t *node)
{
	struct fan fan;
	int rc;

	fan.count = 0;
	rc = fill_fan(c, set, from, to, shift, 0x80, 0x3F, &fan);
	return rc == SEARCH_OK ? make_node(c, &fan, node) : rc;
}

static int fill_fan(struct ps_compiler *c, const struct ps_set *set, uint32_t from, uint32_t to,
		    unsigned shift, uint32_t first, uint32_t mask, struct fan *fan)
{
	uint32_t block = UINT32_C(1) << shift;

	for (size_t i = find_range(set, from); from <= to && i < set->count && set->ranges[i].from <= to;) {
		uint32_t at = (uint32_t)ps_max(set->ranges[i].from, from);
		uint32_t last = (uint32_t)ps_min(set->ranges[i].to, to);
		uint32_t begin = at & ~(block - 1), node = PS_TRIE_END;
		uint32_t whole = at == begin ? (last + 1 - begin) >> shift : 0; /* blocks that are all in the set */
		uint32_t next = begin + (whole > 0 ? whole << shift : block);

		if (shift > 0) {
			/* not from `begin`: an overlong form is not UTF-8 */
			int rc = make_tail_node(c, set, (uint32_t)ps_max(begin, from), begin + block - 1, shift - 6,
						&node);

			if (rc != SEARCH_OK)
				return rc;
		}
		put_edge(fan, first | (begin >> shift & mask), first | ((next - 1) >> shift & mask), node);
		from = next;
		while (i < set->count && set->ranges[i].to < from)
			i++;
	}
	return SEARCH_OK;
}

/* Adds the edges of the root: sequences of each length, in the order of their lead bytes. */
static int fill_root(struct ps_compiler *c, const struct ps_set *set, struct fan *fan)
{
	static const struct {
		uint32_t from, to, first, mask;
		unsigned shift;
	} lengths[] = {
		{ 0, 0x7F, 0, 0x7F, 0 },
		{ 0x80, 0x7FF, 0xC0, 0x1F, 6 },
		{ 0x800, 0xFFFF, 0xE0, 0x0F, 12 },
		{ 0x10000, PS_CODE_MAX, 0xF0, 0x07, 18 },
	};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int rc = fill_fan(c, set, lengths[i].from, lengths[i].to, lengths[i].shift, lengths[i].first,
				  lengths[i].mask, fan);

		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

/* Keeps of the set what a line can contain: of valid text, or of text in which bytes were rewritten. */
static bool clean_set(struct ps_set *to, const struct ps_set *from, const struct ps_program *p)
{
	struct ps_set all = { 0 };
	bool ok = (p->lines.whole || p->lines.end == 0 || ps_set_add(&all, 0, p->lines.end - 1U)) &&
		  ps_set_add(&all, p->lines.whole ? 0 : p->lines.end + 1U, SURROGATES_FROM - 1) &&
		  (!p->rewritten || ps_set_add(&all, BYTES_FROM, BYTES_TO)) &&
		  ps_set_add(&all, SURROGATES_TO + 1, PS_CODE_MAX) && ps_set_union(to, from) &&
		  ps_set_intersect(to, &all);

	ps_set_free(&all);
	return ok;
}

int ps_compile_set(struct ps_compiler *c, const struct ps_set *set, uint32_t *root)
{
	struct ps_set codes = { 0 };
	struct fan fan;
	size_t bytes = find_range(set, BYTES_FROM);
	int rc;

	if (bytes < set->count && set->ranges[bytes].from <= BYTES_TO)
		c->program->needs_valid = true;
	fan.count = 0;
	rc = clean_set(&codes, set, c->program) ? fill_root(c, &codes, &fan) : SEARCH_ENOMEM;
	if (rc == SEARCH_OK)
		rc = make_node(c, &fan, root);
	ps_set_free(&codes);
	return rc;
}

int ps_compile_any_byte(struct ps_compiler *c, uint32_t *root)
{
	struct ps_lines lines = c->program->lines;
	struct fan fan;

	fan.count = 0;
	if (!lines.whole && lines.end > 0)
		put_edge(&fan, 0, lines.end - 1U, PS_TRIE_END);
	put_edge(&fan, lines.whole ? 0 : lines.end + 1U, 0xFF, PS_TRIE_END);
	return make_node(c, &fan, root);
}
