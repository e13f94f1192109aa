/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replace.c - what matches are replaced by.
 *
 * The replacement is taken apart once, into pieces that are text or groups.
 */
#include "replace.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"

#define NO_NUMBER SIZE_MAX /* of a group that has a name, or cannot exist */

struct piece {
	const char *text; /* itself, or the name of a group */
	size_t length;
	size_t group;     /* its number */
	bool is_group;
};

struct replacement {
	struct piece *pieces;
	size_t piece_count;
	struct buffer text; /* the one made last */
	struct search_span *spans;
	size_t span_capacity;
};

/* --- taking the replacement apart --- */

static size_t name_length(const char *at)
{
	return strspn(at, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");
}

static size_t read_group_number(const char *name, size_t length)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		if (name[i] < '0' || name[i] > '9' || n > UINT32_MAX / 10)
			return NO_NUMBER;
		n = n * 10 + (size_t)(name[i] - '0');
	}
	return n;
}

/* Reads the piece at the start of a text that is not empty. Returns how much of it that is. */
static size_t read_piece(const char *at, struct piece *piece)
{
	size_t brace = at[0] == '$' && at[1] == '{', length = at[0] == '$' ? name_length(at + 1 + brace) : 0;

	*piece = (struct piece){ .text = at, .length = strcspn(at, "$") };
	if (at[0] != '$')
		return piece->length;
	piece->length = 1;
	if (at[1] == '$')
		return 2;
	if (length == 0 || (brace && at[2 + length] != '}'))
		return 1;
	*piece = (struct piece){ .text = at + 1 + brace, .length = length, .is_group = true };
	piece->group = read_group_number(piece->text, length);
	return 1 + brace + length + brace;
}

bool replacement_uses_groups(const char *text)
{
	struct piece piece;

	while (*text != '\0') {
		text += read_piece(text, &piece);
		if (piece.is_group && piece.group != 0)
			return true;
	}
	return false;
}

struct replacement *replacement_new(const char *text)
{
	struct replacement *r = calloc(1, sizeof(*r));

	if (r)
		r->pieces = calloc(strlen(text) + 1, sizeof(*r->pieces));
	if (!r || !r->pieces) {
		free(r);
		return NULL;
	}
	while (*text != '\0')
		text += read_piece(text, &r->pieces[r->piece_count++]);
	return r;
}

void replacement_free(struct replacement *r)
{
	if (!r)
		return;
	free(r->pieces);
	buffer_free(&r->text);
	free(r->spans);
	free(r);
}

/* --- putting a line together --- */

static bool reserve_spans(struct replacement *r, size_t count)
{
	struct search_span *spans;

	if (count <= r->span_capacity)
		return true;
	spans = reallocarray(r->spans, count, sizeof(*spans));
	if (!spans)
		return false;
	r->spans = spans;
	r->span_capacity = count;
	return true;
}

/* A part of the item's line: as much of it as its text has. */
static bool add_part(struct replacement *r, const struct search_item *item, uint64_t begin, uint64_t end)
{
	uint64_t first = item->text_offset, last = first + item->length;

	begin = begin < first ? first : begin > last ? last : begin;
	end = end < begin ? begin : end > last ? last : end;
	return begin == end || buffer_add(&r->text, item->text + (size_t)(begin - first), (size_t)(end - begin));
}

/* The groups of a match, from 1 on. */
static const struct search_group *find_groups(const struct search_item *item, size_t match, size_t *count)
{
	size_t first = item->spans[match].first_group;
	size_t end = match + 1 < item->span_count ? item->spans[match + 1].first_group : item->group_count;

	*count = end > first ? end - first : 0;
	return item->groups + first;
}

/* The whole match. The last one may take the end of the line, which the text lacks. */
static bool add_whole(struct replacement *r, const struct search_item *item, size_t match)
{
	bool takes_end = match + 1 == item->span_count && (item->flags & SEARCH_ITEM_FLAG_MATCHES_EOL) != 0;
	bool crlf = (item->flags & SEARCH_ITEM_FLAG_CRLF) != 0;

	return add_part(r, item, item->spans[match].begin, item->spans[match].end) &&
	       (!takes_end || buffer_add(&r->text, crlf ? "\r\n" : "\n", crlf ? 2 : 1));
}

static bool add_numbered(struct replacement *r, const struct search_item *item, size_t match, size_t group)
{
	size_t count;
	const struct search_group *groups = find_groups(item, match, &count);

	if (group == 0)
		return add_whole(r, item, match);
	if (group > count || groups[group - 1].begin == SEARCH_NO_GROUP)
		return true;
	return add_part(r, item, groups[group - 1].begin, groups[group - 1].end);
}

/* If several groups have the name, the last that took part counts, as in Oniguruma. */
static size_t find_named(const struct search *s, const struct search_item *item, size_t match,
			 const struct piece *piece)
{
	size_t pattern = item->spans[match].pattern, count, found = NO_NUMBER;
	const struct search_group *groups = find_groups(item, match, &count);

	for (size_t group = 1; group <= count; group++) {
		const char *name = search_group_name(s, pattern, group);

		if (name && strlen(name) == piece->length && memcmp(name, piece->text, piece->length) == 0 &&
		    groups[group - 1].begin != SEARCH_NO_GROUP)
			found = group;
	}
	return found;
}

static bool add_piece(struct replacement *r, const struct search *s, const struct search_item *item, size_t match,
		      const struct piece *piece)
{
	size_t group = piece->group;

	if (!piece->is_group)
		return buffer_add(&r->text, piece->text, piece->length);
	if (group == NO_NUMBER)
		group = find_named(s, item, match, piece);
	return group == NO_NUMBER || add_numbered(r, item, match, group);
}

/* The text before a match, after the one before it, and what replaces it. */
static bool add_match(struct replacement *r, const struct search *s, const struct search_item *item, size_t match)
{
	uint64_t before = match > 0 ? item->spans[match - 1].end : item->text_offset;
	struct search_span *span = &r->spans[match];

	if (!add_part(r, item, before, item->spans[match].begin))
		return false;
	*span = item->spans[match];
	span->begin = (size_t)item->text_offset + r->text.length;
	for (size_t i = 0; i < r->piece_count; i++)
		if (!add_piece(r, s, item, match, &r->pieces[i]))
			return false;
	span->end = (size_t)item->text_offset + r->text.length;
	return true;
}

bool replacement_apply(struct replacement *r, const struct search *s, const struct search_item *item,
		       struct replaced *replaced)
{
	r->text.length = 0;
	if (!reserve_spans(r, item->span_count))
		return false;
	for (size_t i = 0; i < item->span_count; i++)
		if (!add_match(r, s, item, i))
			return false;
	if (!add_part(r, item, item->spans[item->span_count - 1].end, UINT64_MAX))
		return false;
	*replaced = (struct replaced){ r->text.bytes, r->text.length, r->spans };
	return true;
}
