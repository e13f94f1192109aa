/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * needles.c - makes the tables of needles.h.
 *
 * The offsets of the fingerprint are those at which the needles' bytes are rare. The buckets are made by joining, again
 * and again, the two groups that together let the fewest additional places through. How common a byte is comes from
 * needle.c.
 */
#include "needles.h"

#include <stdlib.h>

/* Loads far apart would touch more of the cache, and early offsets are good enough. */
#define FARTHEST 32
#define FARTHEST_KEY 256

/* The share of places that may pass the lookups that are done everywhere. */
#define ENOUGH (1.0F / 4096)

/* The needles of one bucket: the nibbles that they have at each position of the fingerprint. */
struct group {
	uint16_t low[PS_POSITIONS];
	uint16_t high[PS_POSITIONS];
	float passed; /* the share of places that it lets through */
};

_Static_assert(PS_NEEDLES_MAX <= UINT8_MAX, "count_clashes() counts needles in bytes");

struct maker {
	struct ps_needles *n;
	float seen[256]; /* share of each byte */
	struct group group[PS_NEEDLES_MAX];
	size_t groups;
	float joined[PS_NEEDLES_MAX][PS_NEEDLES_MAX]; /* [i][j], i < j: what joining them adds */
};

/* Undoes the rank. No byte counts as rarer than one in 8192: no text is average. */
static void count_seen(float *seen)
{
	static const float step[12] = { 1.0F,     1.05946F, 1.12246F, 1.18921F, 1.25992F, 1.33484F,
					1.41421F, 1.49831F, 1.58740F, 1.68179F, 1.78180F, 1.88775F };

	for (size_t b = 0; b < 256; b++) {
		unsigned int rank = ps_byte_rank[b] > 120 ? ps_byte_rank[b] : 120;

		seen[b] = step[rank % 12] * (float)(1u << rank / 12) / (float)(1u << 23);
	}
}

/* ---- fingerprint ---- */

/* Returns how likely the byte at `offset` is, given the `chosen` ones: the same byte comes in runs. */
static float likelihood_of(const struct maker *m, const struct ps_needle *one, size_t chosen, size_t offset)
{
	for (size_t k = 0; k < chosen; k++)
		if (one->bytes[m->n->at[k]] == one->bytes[offset])
			return 0.25F;
	return m->seen[one->bytes[offset]];
}

static bool is_chosen(const size_t *at, size_t chosen, size_t offset)
{
	for (size_t k = 0; k < chosen; k++)
		if (at[k] == offset)
			return true;
	return false;
}

/* Returns the offset that, together with the `chosen` ones, lets the fewest places through. */
static size_t next_position(const struct maker *m, const float *passed, size_t chosen)
{
	size_t best = 0, limit = ps_min(m->n->shortest, FARTHEST);
	float least = -1;

	for (size_t offset = 0; offset < limit; offset++) {
		float sum = 0;

		if (is_chosen(m->n->at, chosen, offset))
			continue;
		for (size_t i = 0; i < m->n->count; i++)
			sum += passed[i] * likelihood_of(m, &m->n->needle[i], chosen, offset);
		if (least < 0 || sum < least) {
			least = sum;
			best = offset;
		}
	}
	return best;
}

static void choose_positions(const struct maker *m)
{
	struct ps_needles *n = m->n;
	float passed[PS_NEEDLES_MAX];

	for (size_t i = 0; i < n->count; i++)
		passed[i] = 1;
	n->positions = ps_min(n->shortest, PS_POSITIONS);
	for (size_t k = 0; k < n->positions; k++) {
		size_t best = next_position(m, passed, k);

		for (size_t i = 0; i < n->count; i++)
			passed[i] *= likelihood_of(m, &n->needle[i], k, best);
		n->at[k] = best;
	}
}

/* ---- buckets ---- */

static float pass_nibbles(const float *seen, unsigned int low, unsigned int high)
{
	float sum = 0;

	for (; high != 0; high &= high - 1) {
		const float *row = &seen[(size_t)__builtin_ctz(high) * 16];

		for (unsigned int rest = low; rest != 0; rest &= rest - 1)
			sum += row[__builtin_ctz(rest)];
	}
	return sum;
}

static struct group join_groups(const struct maker *m, const struct group *a, const struct group *b)
{
	struct group g = { .passed = 1 };

	for (size_t k = 0; k < m->n->positions; k++) {
		g.low[k] = a->low[k] | b->low[k];
		g.high[k] = a->high[k] | b->high[k];
		g.passed *= pass_nibbles(m->seen, g.low[k], g.high[k]);
	}
	return g;
}

static void weigh_join(struct maker *m, size_t i, size_t j)
{
	const struct group *a = &m->group[ps_min(i, j)], *b = &m->group[ps_max(i, j)];

	m->joined[ps_min(i, j)][ps_max(i, j)] = join_groups(m, a, b).passed - a->passed - b->passed;
}

static void weigh_joins(struct maker *m, size_t i)
{
	for (size_t j = 0; j < m->groups; j++)
		if (j != i)
			weigh_join(m, i, j);
}

/* Joins the two groups whose union adds least. */
static void join_two(struct maker *m)
{
	size_t a = 0, b = 1;

	for (size_t i = 0; i < m->groups; i++)
		for (size_t j = i + 1; j < m->groups; j++)
			if (m->joined[i][j] < m->joined[a][b]) {
				a = i;
				b = j;
			}
	m->group[a] = join_groups(m, &m->group[a], &m->group[b]);
	m->group[b] = m->group[--m->groups];
	weigh_joins(m, a);
	if (b < m->groups)
		weigh_joins(m, b);
}

static void make_groups(struct maker *m)
{
	static const struct group none;

	for (size_t i = 0; i < m->n->count; i++) {
		struct group *g = &m->group[i];

		*g = none;
		for (size_t k = 0; k < m->n->positions; k++) {
			uint8_t b = m->n->needle[i].bytes[m->n->at[k]];

			g->low[k] = (uint16_t)(1u << (b & 15));
			g->high[k] = (uint16_t)(1u << (b >> 4));
		}
		*g = join_groups(m, g, &none);
	}
	m->groups = m->n->count;
	for (size_t i = 0; i < m->groups; i++)
		for (size_t j = i + 1; j < m->groups; j++)
			weigh_join(m, i, j);
	while (m->groups > PS_BUCKETS)
		join_two(m);
}

static bool group_holds(const struct ps_needles *n, const struct group *g, const struct ps_needle *one)
{
	for (size_t k = 0; k < n->positions; k++) {
		uint8_t b = one->bytes[n->at[k]];

		if ((g->low[k] >> (b & 15) & g->high[k] >> (b >> 4) & 1) == 0)
			return false;
	}
	return true;
}

static void enter_needle(struct ps_needles *n, const struct ps_needle *one, unsigned int bucket)
{
	for (size_t k = 0; k < n->positions; k++) {
		uint8_t b = one->bytes[n->at[k]];

		n->low[k][b & 15] |= (uint8_t)bucket;
		n->high[k][b >> 4] |= (uint8_t)bucket;
		n->exact[k][b] |= (uint8_t)bucket;
	}
}

/* Returns the share of places that the first `positions` let through. */
static float share_passed(const struct maker *m, size_t positions)
{
	float sum = 0;

	for (size_t i = 0; i < m->groups; i++) {
		float passed = 1;

		for (size_t k = 0; k < positions; k++)
			passed *= pass_nibbles(m->seen, m->group[i].low[k], m->group[i].high[k]);
		sum += passed;
	}
	return sum;
}

/* Chooses enough of them that most vectors have no candidate; one more lookup costs less than a wrong candidate. */
static void choose_quick(const struct maker *m)
{
	struct ps_needles *n = m->n;

	n->quick = ps_min(n->positions, 2);
	while (n->quick < n->positions && share_passed(m, n->quick) > ENOUGH)
		n->quick++;
}

/* A needle that two groups would let through goes into the first of them. */
static void make_buckets(struct maker *m)
{
	struct ps_needles *n = m->n;

	make_groups(m);
	PS_ASSERT(m->groups <= PS_BUCKETS);
	for (size_t i = 0; i < n->count; i++) {
		size_t g = 0;

		while (!group_holds(n, &m->group[g], &n->needle[i]))
			g++;
		PS_ASSERT(g < m->groups);
		enter_needle(n, &n->needle[i], 1u << g);
	}
	for (size_t k = n->positions; k < PS_POSITIONS; k++)
		memset(n->exact[k], 0xFF, sizeof(n->exact[k]));
}

/* ---- keys ---- */

/* Returns how many pairs of needles share a chain. */
static size_t count_clashes(const struct ps_needles *n, const size_t *at)
{
	uint8_t seen[1 << PS_KEY_BITS] = { 0 };
	size_t pairs = 0;

	for (size_t i = 0; i < n->count; i++)
		pairs += seen[ps_needles_key(at, n->needle[i].bytes)]++;
	return pairs;
}

static void choose_key(struct ps_needles *n)
{
	size_t limit = ps_min(n->shortest, FARTHEST_KEY), least;

	for (size_t k = 0; k < PS_KEY; k++)
		n->key_at[k] = ps_min(k, n->shortest - 1);
	least = count_clashes(n, n->key_at);
	for (size_t k = 0; k < PS_KEY && least > 0; k++) {
		size_t at[PS_KEY];

		memcpy(at, n->key_at, sizeof(at));
		for (at[k] = 0; at[k] < limit; at[k]++) {
			size_t pairs = count_clashes(n, at);

			if (pairs < least) {
				least = pairs;
				n->key_at[k] = at[k];
			}
		}
	}
}

/* Goes from the last needle to the first: so each chain is in the order given. */
static void make_chains(struct ps_needles *n)
{
	memset(n->first, PS_NEEDLES_MAX, sizeof(n->first));
	for (size_t i = n->count; i-- > 0;) {
		uint8_t *first = &n->first[ps_needles_key(n->key_at, n->needle[i].bytes)];

		n->next[i] = *first;
		*first = (uint8_t)i;
	}
}

/* ---- */

static void copy_needles(struct ps_needles *n, const uint8_t *const *bytes, const size_t *lengths)
{
	uint8_t *to = n->bytes;

	n->shortest = lengths[0];
	for (size_t i = 0; i < n->count; i++) {
		memcpy(to, bytes[i], lengths[i]);
		ps_needle_init(&n->needle[i], to, lengths[i]);
		to += lengths[i];
		n->shortest = ps_min(n->shortest, lengths[i]);
		n->longest = ps_max(n->longest, lengths[i]);
	}
}

int ps_needles_new(struct ps_needles **out, const uint8_t *const *bytes, const size_t *lengths,
		   size_t count)
{
	size_t size = sizeof(struct ps_needles);
	struct maker *m;

	PS_ASSERT(count > 0 && count <= PS_NEEDLES_MAX);
	*out = NULL;
	for (size_t i = 0; i < count; i++)
		if (__builtin_add_overflow(size, lengths[i], &size))
			return SEARCH_ENOMEM;
	m = calloc(1, sizeof(*m));
	if (m == NULL || (m->n = calloc(1, size)) == NULL) {
		free(m);
		return SEARCH_ENOMEM;
	}
	m->n->count = count;
	copy_needles(m->n, bytes, lengths);
	count_seen(m->seen);
	choose_positions(m);
	make_buckets(m);
	choose_quick(m);
	choose_key(m->n);
	make_chains(m->n);
	*out = m->n;
	free(m);
	return SEARCH_OK;
}

void ps_needles_free(struct ps_needles *needles)
{
	free(needles);
}

size_t ps_needles_chain(const struct ps_needles *n, size_t i, const uint8_t *p, const uint8_t *end,
			size_t *work)
{
	for (; i < PS_NEEDLES_MAX; i = n->next[i]) {
		const struct ps_needle *one = &n->needle[i];

		if (one->length > (size_t)(end - p))
			continue;
		if (one->length == 1 ? *p != *one->bytes : !ps_needle_ends_at(one, p))
			continue;
		if (one->length <= 8 || memcmp(p + 4, one->bytes + 4, one->length - 8) == 0)
			break;
		*work += one->length / 16;
	}
	return i;
}
