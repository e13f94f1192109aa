/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * borders.c - see borders.h.
 *
 * The kernels see only terminators that are there. The text's first line has none before it, and its last one may have
 * none after it: there the literals are compared one by one.
 */
#include "../base/base.h"

#include "borders.h"

#include <string.h>

/*
 * Whether the literal stands at `at`, in the line that starts at `from`: the text's first or last one, which may lack
 * the terminator that the literal begins or ends with.
 */
static bool literal_is_at(const struct ps_literal *literal, uint8_t end, const uint8_t *text, size_t from,
			  size_t limit, size_t at)
{
	const uint8_t *bytes = literal->bytes;
	size_t length = literal->length;

	if (bytes[0] == end) { /* the terminator of the line before */
		if (at != from)
			return false;
		bytes++;
		length--;
	}
	if (length > 0 && bytes[length - 1] == end && at + length - 1 == limit)
		length--;
	return length <= limit - at && memcmp(text + at, bytes, length) == 0;
}

/* Without a terminator before the first line: a literal that begins with one may stand at the text's start. */
static bool is_at_start(const struct ps_literal_set *set, uint8_t end, const uint8_t *text, size_t from, size_t limit)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->list[i].bytes[0] == end && literal_is_at(&set->list[i], end, text, from, limit, from))
			return true;
	return false;
}

/* Without a terminator after the last line: the first place in it of a literal that ends with one; or `hit`. */
static const uint8_t *find_at_end(const struct ps_literal_set *set, uint8_t end, const uint8_t *text, size_t from,
				  size_t limit, const uint8_t *hit)
{
	const uint8_t *before = memrchr(text + from, end, limit - from);

	if (before != NULL)
		from = (size_t)(before - text) + 1;
	for (size_t i = 0; i < set->count; i++) {
		const struct ps_literal *s = &set->list[i];
		size_t inner = s->length - 1 - (s->bytes[0] == end);
		bool ends = s->bytes[s->length - 1] == end && inner <= limit - from;

		if (ends && literal_is_at(s, end, text, from, limit, limit - inner) &&
		    (hit == NULL || text + limit - inner < hit))
			hit = text + limit - inner;
	}
	return hit;
}

static bool has_terminator_before(const struct ps_matcher *m, const uint8_t *text, size_t from)
{
	return from > 0 && text[from - 1] == m->lines.end;
}

const uint8_t *ps_borders_find(const struct ps_matcher *m, const uint8_t *text, size_t from, size_t limit)
{
	const struct ps_literal_set *set = &m->filters.borders;
	uint8_t end = m->lines.end;
	bool begun = has_terminator_before(m, text, from);
	const uint8_t *hit;

	if (!begun && is_at_start(set, end, text, from, limit))
		return text + from;
	hit = ps_filters_find_for_line(&m->filters, m->simd, text + from - begun, text + limit);
	if (hit != NULL && *hit == end)
		hit++;
	if (text[limit - 1] != end && (hit == NULL || memchr(hit, end, (size_t)(text + limit - hit)) == NULL))
		hit = find_at_end(set, end, text, from, limit, hit);
	return hit;
}

bool ps_borders_can_count(const struct ps_matcher *m)
{
	return m->strategy == PS_LITERALS && m->filters.borders.known && m->filters.borders.count == 1;
}

uint64_t ps_borders_count(const struct ps_matcher *m, const uint8_t *text, size_t from, size_t limit)
{
	const struct ps_literal_set *set = &m->filters.borders;
	uint8_t end = m->lines.end;
	bool begun = has_terminator_before(m, text, from);
	bool first = !begun && is_at_start(set, end, text, from, limit);
	uint64_t total = first + m->simd->count_needle(&m->filters.border_needle, text + from - begun, text + limit);

	if (text[limit - 1] != end) {
		const uint8_t *hit = find_at_end(set, end, text, from, limit, NULL);

		total += hit != NULL && !(first && hit == text + from);
	}
	return total;
}
