/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bitstream_compile.c - from a tree to the bit streams to work out.
 *
 * A sequence is followed from left to right. `at` is the stream that marks each byte at which the elements followed so
 * far can end; at first all bytes. An element that bit streams cannot express splits the sequence, and of the pieces
 * the one is used that rules out most lines: its weight says how far it tells lines apart.
 *
 * Only existence matters, so a repeat at either end of a pattern is taken its minimum number of times. `at` stays "all
 * bytes" until an element that can rule something out has been followed.
 *
 * This runs on the caller's stack, which may be small: what is nested deeper than DEPTH_MAX counts as something that
 * bit streams cannot express.
 */
#include "../base/base.h"

#include "bitstreams.h"

#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 32,
	BIT = 12,             /* units of weight that are one bit: half of all bytes ruled out */
	FRACTION = 12,        /* bits of a fraction of one */
	WORTHLESS = 9 * BIT,  /* a match may end in one byte of 500, or more often */
	ALL_BYTES = 23 * BIT, /* ps_byte_rank */
	UNROLL_MAX = 16,      /* how often a group is written out at most */
	CHOICE_MAX = 4        /* a repeat with a wider choice counts as unlimited */
};

enum { ALL = PS_BITSTREAMS_ALL, NONE = 254 };

struct build {
	struct ps_bitstreams *s;
	unsigned least;                   /* the least weight that is of help */
	bool full;                        /* there is no room for more streams */
	uint8_t runs[PS_CLASSES_MAX][64]; /* [class][n]: the stream of n bytes of a class, or NONE; [0] is unused */
};

/* ---- classes ---- */

void ps_class_of_set(const struct ps_set *set, struct ps_lines lines, uint8_t low[16], bool *wide)
{
	memset(low, 0, 16);
	for (size_t i = 0; i < set->count; i++) {
		for (uint32_t c = set->ranges[i].from; c <= ps_min(set->ranges[i].to, 0x7F); c++)
			if (c != lines.end)
				low[c & 15] |= (uint8_t)(1U << (c >> 4));
		*wide = *wide || set->ranges[i].to > 0x7F;
	}
}

static bool class_has(const uint8_t low[16], uint8_t byte)
{
	return byte < 0x80 && (low[byte & 15] >> (byte >> 4) & 1) != 0;
}

/* The weight of a byte of the class: BIT times the binary logarithm of 1 / its share of all bytes. */
static unsigned weight_of_set(const struct ps_set *set, struct ps_lines lines)
{
	uint8_t low[16];
	bool wide = false;
	uint64_t share = 1;
	unsigned log = 0;

	ps_class_of_set(set, lines, low, &wide);
	for (unsigned b = 0; b < 0x80; b++)
		if (class_has(low, (uint8_t)b))
			share += UINT64_C(1) << (ps_byte_rank[b] / BIT);
	while (share >> (log + 1) != 0)
		log++;
	/* between two powers of two the logarithm grows about as the share does */
	log = log * BIT + (unsigned)(((share << FRACTION >> log) - (1U << FRACTION)) * BIT >> FRACTION);
	return log < ALL_BYTES ? ALL_BYTES - log : 0;
}

/* The class of the set's characters, or NONE: there are too many classes. */
static uint8_t add_class(struct build *b, const struct ps_set *set)
{
	struct ps_bitstreams *s = b->s;
	struct ps_classes *classes = &s->classes;
	uint8_t low[16];

	ps_class_of_set(set, s->lines, low, &s->wide);
	if (s->lines.crlf && class_has(low, '\r'))
		s->exact = false; /* it may belong to a terminator */
	for (size_t i = 0; i < classes->count; i++)
		if (memcmp(classes->low[i], low, sizeof(low)) == 0)
			return (uint8_t)i;
	if (classes->count == PS_CLASSES_MAX) {
		b->full = true;
		return NONE;
	}
	memcpy(classes->low[classes->count], low, sizeof(low));
	return (uint8_t)classes->count++;
}

static uint8_t add_line_end(struct build *b)
{
	struct ps_bitstreams *s = b->s;
	uint8_t end = s->lines.end;

	if (s->line_end != ALL)
		return s->line_end;
	if (s->classes.count == PS_CLASSES_MAX) {
		b->full = true;
		return NONE;
	}
	memset(s->classes.low[s->classes.count], 0, 16);
	s->classes.low[s->classes.count][end & 15] = (uint8_t)(1U << (end >> 4));
	s->line_end = (uint8_t)s->classes.count++;
	return s->line_end;
}

/* ---- streams; any of them is NONE if there is no room ---- */

/*
 * How many classes there are is known only when the whole pattern has been seen. Until then the numbers of the streams
 * that are worked out start at PS_CLASSES_MAX + 1.
 */
static uint8_t add_stream(struct build *b, enum ps_bitstream_kind kind, uint8_t from, uint8_t with, unsigned shift)
{
	struct ps_bitstreams *s = b->s;

	if (s->count == PS_BITSTREAMS_MAX || from == NONE || with == NONE) {
		b->full = true;
		return NONE;
	}
	s->streams[s->count] = (struct ps_bitstream){ (uint8_t)kind, from, with, (uint8_t)shift };
	return (uint8_t)s->count++;
}

/* The stream of the bytes that are the last of n of the class in a row; n is below 64. */
static uint8_t add_run(struct build *b, uint8_t class, unsigned n)
{
	uint8_t *known;

	if (class == NONE || n == 1)
		return class;
	known = &b->runs[class][n];
	if (*known == NONE) {
		uint8_t later = add_run(b, class, n / 2);

		/* the first n - n / 2 of them end n / 2 bytes earlier */
		*known = add_stream(b, PS_BITSTREAM_NEXT, add_run(b, class, n - n / 2), later, n / 2);
	}
	return *known;
}

/* After `at`, n bytes of the class. */
static uint8_t follow_run(struct build *b, uint8_t at, uint8_t class, uint32_t n)
{
	while (n > 0 && !b->full) {
		unsigned some = (unsigned)ps_min(n, 63);
		uint8_t run = add_run(b, class, some);

		at = at == ALL ? run : add_stream(b, PS_BITSTREAM_NEXT, at, run, some);
		n -= some;
	}
	return at;
}

static uint8_t add_either(struct build *b, uint8_t one, uint8_t other)
{
	if (one == ALL || other == ALL)
		return ALL;
	return one == other ? one : add_stream(b, PS_BITSTREAM_OR, one, other, 0);
}

/* ---- nodes: whether bit streams can express them, and their weight ---- */

static bool weigh_node(const struct ps_node *node, struct ps_lines lines, bool last, int depth, unsigned *weight);

static bool weigh_cat(const struct ps_node *node, struct ps_lines lines, bool last, int depth, unsigned *weight)
{
	for (size_t i = 0; i < node->count; i++) {
		unsigned one;

		if (!weigh_node(node->children[i], lines, last && i + 1 == node->count, depth, &one))
			return false;
		*weight = (unsigned)ps_min(*weight + (size_t)one, INT32_MAX);
	}
	return true;
}

/* The lightest alternative decides; doubling their number costs one bit. */
static bool weigh_alt(const struct ps_node *node, struct ps_lines lines, bool last, int depth, unsigned *weight)
{
	unsigned least = INT32_MAX, many = 0;

	for (size_t i = 0; i < node->count; i++) {
		unsigned one;

		if (!weigh_node(node->children[i], lines, last, depth, &one))
			return false;
		least = (unsigned)ps_min(least, one);
	}
	for (size_t n = node->count; n > 1; n /= 2)
		many += BIT;
	*weight = least > many ? least - many : 0;
	return true;
}

static bool weigh_repeat(const struct ps_node *node, struct ps_lines lines, bool last, int depth, unsigned *weight)
{
	const struct ps_node *child = node->children[0];
	unsigned one = 0;

	if (!weigh_node(child, lines, last && node->min == 1, depth, &one))
		return last && node->min == 0; /* then it can be left out */
	*weight = (unsigned)ps_min((size_t)one * node->min, INT32_MAX);
	if (child->kind == PS_NODE_SET)
		return true;
	return node->min <= UNROLL_MAX && (last || (node->max != PS_UNLIMITED && node->max - node->min <= CHOICE_MAX));
}

static bool weigh_node(const struct ps_node *node, struct ps_lines lines, bool last, int depth, unsigned *weight)
{
	*weight = 0;
	if (depth == DEPTH_MAX)
		return false;
	switch (node->kind) {
	case PS_NODE_SET:
		*weight = weight_of_set(&node->set, lines);
		return true;
	case PS_NODE_DICTIONARY:
		return false; /* too many */
	case PS_NODE_CAT:
		return weigh_cat(node, lines, last, depth + 1, weight);
	case PS_NODE_ALT:
		return weigh_alt(node, lines, last, depth + 1, weight);
	case PS_NODE_REPEAT:
		return weigh_repeat(node, lines, last, depth + 1, weight);
	case PS_NODE_EMPTY:
	case PS_NODE_ASSERT:
	case PS_NODE_GROUP: /* these are not in a regular tree */
	case PS_NODE_REFERENCE:
	case PS_NODE_LOOK:
	case PS_NODE_ATOMIC:
		break;
	}
	return true;
}

/* ---- nodes that bit streams can express: the stream after each of them ---- */

static uint8_t follow_node(struct build *b, const struct ps_node *node, uint8_t at, bool last);

static uint8_t follow_repeat(struct build *b, const struct ps_node *node, uint8_t at, bool last)
{
	const struct ps_node *child = node->children[0];
	bool is_set = child->kind == PS_NODE_SET;
	uint32_t choice = last || at == ALL ? 0 : node->max - node->min;
	uint8_t class = is_set && (node->min > 0 || choice > 0) ? add_class(b, &child->set) : NONE;

	if (is_set)
		at = follow_run(b, at, class, node->min);
	for (uint32_t i = 0; i < node->min && !is_set && !b->full; i++)
		at = follow_node(b, child, at, last && i + 1 == node->min);
	if (choice == 0)
		return at;
	if (is_set && choice > CHOICE_MAX) {
		b->s->exact = b->s->exact && node->max == PS_UNLIMITED;
		return add_stream(b, PS_BITSTREAM_RUN, at, class, 0);
	}
	for (uint8_t more = at; choice > 0 && !b->full; choice--) {
		more = is_set ? follow_run(b, more, class, 1) : follow_node(b, child, more, false);
		at = add_either(b, at, more);
	}
	return at;
}

static uint8_t follow_alt(struct build *b, const struct ps_node *node, uint8_t at, bool last)
{
	uint8_t all = NONE;

	for (size_t i = 0; i < node->count && !b->full; i++) {
		uint8_t one = follow_node(b, node->children[i], at, last);

		all = i == 0 ? one : add_either(b, all, one);
	}
	return all;
}

/*
 * A line begins at the start of the text, or after the byte that ends a line, and ends before such a byte. With a
 * whole text that byte is in no class, as classes hold ASCII only: the end of the text cannot be expressed.
 */
static uint8_t follow_assertion(struct build *b, enum ps_assertion assertion, uint8_t at, bool last)
{
	if (assertion == PS_ASSERT_BEGIN && at == ALL)
		return add_line_end(b);
	if (assertion == PS_ASSERT_END && last && at != ALL && !b->s->lines.crlf && !b->s->lines.whole)
		return add_stream(b, PS_BITSTREAM_NEXT, at, add_line_end(b), 1);
	b->s->exact = false;
	return at;
}

static uint8_t follow_node(struct build *b, const struct ps_node *node, uint8_t at, bool last)
{
	if (at == ALL && ps_node_is_nullable(node) && !ps_node_has_assertion(node))
		return ALL;
	switch (node->kind) {
	case PS_NODE_SET:
		return follow_run(b, at, add_class(b, &node->set), 1);
	case PS_NODE_CAT:
		for (size_t i = 0; i < node->count && !b->full; i++)
			at = follow_node(b, node->children[i], at, last && i + 1 == node->count);
		return at;
	case PS_NODE_ALT:
		return follow_alt(b, node, at, last);
	case PS_NODE_REPEAT:
		return follow_repeat(b, node, at, last);
	case PS_NODE_ASSERT:
		return follow_assertion(b, node->assertion, at, last);
	case PS_NODE_EMPTY:
	case PS_NODE_DICTIONARY:
	case PS_NODE_GROUP: /* these are not in a regular tree */
	case PS_NODE_REFERENCE:
	case PS_NODE_LOOK:
	case PS_NODE_ATOMIC:
		break;
	}
	return at;
}

/* ---- patterns ---- */

/* A sequence's children from `from` up to `to`. */
struct part {
	size_t from, to;
	unsigned weight;
};

static const struct ps_node *child_of(const struct ps_node *pattern, size_t i)
{
	return pattern->kind == PS_NODE_CAT ? pattern->children[i] : pattern;
}

/* The heaviest part; its weight is 0 if there is none. */
static struct part best_part(const struct ps_node *pattern, struct ps_lines lines)
{
	size_t count = pattern->kind == PS_NODE_CAT ? pattern->count : 1;
	struct part best = { 0 }, now = { 0 };

	for (size_t i = 0; i < count; i++) {
		unsigned weight;

		if (weigh_node(child_of(pattern, i), lines, i + 1 == count, 1, &weight)) {
			now.to = i + 1;
			now.weight = (unsigned)ps_min(now.weight + (size_t)weight, INT32_MAX);
		} else {
			now = (struct part){ i + 1, i + 1, 0 };
		}
		if (now.weight > best.weight || (now.weight == best.weight && now.from == best.from))
			best = now;
	}
	return best;
}

/* The stream that marks the ends of the pattern's heaviest part; ALL if that is of no help, or NONE. */
static uint8_t add_pattern_stream(struct build *b, const struct ps_node *pattern)
{
	struct part part = best_part(pattern, b->s->lines);
	size_t count = pattern->kind == PS_NODE_CAT ? pattern->count : 1;
	uint8_t at = ALL;

	if (part.weight < b->least)
		return ALL;
	if (part.from > 0 || part.to < count)
		b->s->exact = false;
	for (size_t i = part.from; i < part.to && !b->full; i++)
		at = follow_node(b, child_of(pattern, i), at, i + 1 == part.to);
	return at;
}

/* Now that all classes are known, the other streams move up to follow them. */
static void renumber_streams(struct ps_bitstreams *s)
{
	size_t by = PS_CLASSES_MAX - s->classes.count;

	s->first = s->classes.count + 1;
	s->count -= by;
	memmove(s->streams + s->first, s->streams + s->first + by, (s->count - s->first) * sizeof(*s->streams));
	for (size_t i = s->first; i < s->count; i++) {
		struct ps_bitstream *stream = &s->streams[i];

		if (stream->from > PS_CLASSES_MAX)
			stream->from = (uint8_t)(stream->from - by);
		if (stream->with > PS_CLASSES_MAX)
			stream->with = (uint8_t)(stream->with - by);
		PS_ASSERT(stream->from < i && stream->with < i);
	}
	if (s->last > PS_CLASSES_MAX)
		s->last = (uint8_t)(s->last - by);
}

static bool build_streams(struct build *b, const struct ps_node *root)
{
	size_t count = root->kind == PS_NODE_ALT ? root->count : 1;
	uint8_t all = ALL;

	memset(b->runs, NONE, sizeof(b->runs));
	for (size_t i = 0; i < count; i++) {
		uint8_t one = add_pattern_stream(b, root->kind == PS_NODE_ALT ? root->children[i] : root);

		if (b->full || one == ALL)
			return false;
		all = i == 0 ? one : add_either(b, all, one);
	}
	if (b->full || all == ALL)
		return false;
	b->s->last = all;
	renumber_streams(b->s);
	return true;
}

int ps_bitstreams_new(struct ps_bitstreams **streams, const struct ps_node *root, struct ps_lines lines, bool anyhow)
{
	struct build b = { .least = anyhow ? 1 : WORTHLESS };
	struct ps_bitstreams *s = calloc(1, sizeof(*s));

	*streams = NULL;
	if (s == NULL)
		return SEARCH_ENOMEM;
	b.s = s;
	s->lines = lines;
	s->line_end = ALL;
	s->exact = true;
	s->count = PS_CLASSES_MAX + 1;
	ps_lead_extend_by_node(&s->lead, root, 0);
	if (build_streams(&b, root))
		*streams = s;
	else
		free(s);
	return SEARCH_OK;
}
