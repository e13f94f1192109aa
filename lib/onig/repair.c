/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * repair.c - see repair.h.
 *
 * No table of offsets is kept for the way back: spans are few and in order, so one walk over the rewritten text finds
 * them all.
 */
#include "../base/base.h"

#include "repair.h"

#include <string.h>

size_t ps_utf8_repaired_size(const struct ps_simd *simd, const uint8_t *text, size_t length)
{
	const uint8_t *p = text, *end = text + length;
	size_t size = length;

	for (;;) {
		p += simd->utf8_prefix(p, end);
		if (p == end)
			return size;
		p++;
		size += PS_UTF8_ESCAPE - 1;
	}
}

void ps_utf8_repair(const struct ps_simd *simd, const uint8_t *text, size_t length, uint8_t *to)
{
	const uint8_t *p = text, *end = text + length;

	for (;;) {
		size_t valid = simd->utf8_prefix(p, end);

		memcpy(to, p, valid);
		to += valid;
		p += valid;
		if (p == end)
			return;
		to[0] = 0xED;
		to[1] = (uint8_t)(0xB0 | *p >> 6); /* 80..BF: B2, C0..FF: B3 */
		to[2] = (uint8_t)(0x80 | (*p & 0x3F));
		to += PS_UTF8_ESCAPE;
		p++;
	}
}

/* How far a walk over a rewritten text has come. */
struct walk {
	size_t at;       /* in the rewritten text */
	size_t original; /* in the text that it was made of */
};

static size_t walk_repaired_to(struct walk *w, const uint8_t *repaired, size_t size, size_t target)
{
	while (w->at < target) {
		w->at += w->at + 1 < size && ps_utf8_is_escape(repaired + w->at) ? PS_UTF8_ESCAPE : 1;
		w->original++;
	}
	PS_ASSERT(w->at == target); /* targets come in order, and never amid an escape */
	return w->original;
}

void ps_utf8_map_back(const uint8_t *repaired, size_t size, struct search_span *spans, size_t count)
{
	struct walk w = { 0, 0 };

	for (size_t i = 0; i < count; i++) {
		spans[i].begin = walk_repaired_to(&w, repaired, size, spans[i].begin);
		spans[i].end = walk_repaired_to(&w, repaired, size, spans[i].end);
	}
}

/* The same for any target, such as one in look-behind. */
static size_t walk_repaired_near(struct walk *w, const uint8_t *repaired, size_t size, size_t target)
{
	for (; w->at > target; w->original--)
		w->at -= ps_utf8_step_back(repaired, w->at);
	return walk_repaired_to(w, repaired, size, target);
}

void ps_utf8_map_groups_back(const uint8_t *repaired, size_t size, const struct search_span *spans, size_t count,
			     struct search_group *groups, size_t group_count)
{
	struct walk w = { 0, 0 };

	for (size_t i = 0; i < count; i++) {
		size_t end = i + 1 < count ? spans[i + 1].first_group : group_count;

		walk_repaired_near(&w, repaired, size, spans[i].begin);
		for (size_t k = spans[i].first_group; k < end; k++) {
			if (groups[k].begin == SEARCH_NO_GROUP)
				continue;
			groups[k].begin = walk_repaired_near(&w, repaired, size, groups[k].begin);
			groups[k].end = walk_repaired_near(&w, repaired, size, groups[k].end);
		}
	}
}
