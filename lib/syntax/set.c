/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * set.c - sets of code points, as sorted ranges; see ast.h.
 *
 * S1  The ranges rise, and between any two is at least one code point. So equal sets have equal ranges.
 * S2  If an operation runs out of memory, it leaves a valid set, though not the one that was asked for.
 *
 * Adding in rising order, as tables do, appends. Adding elsewhere moves the ranges after it. All other operations are
 * one pass over both operands.
 */
#include "../base/base.h"

#include "ast.h"

#include <stdlib.h>
#include <string.h>

static bool reserve_ranges(struct ps_set *set, size_t count)
{
	struct ps_range *ranges;
	size_t space = ps_max(count, set->space == 0 ? 1 : set->space * 2);

	if (count <= set->space)
		return true;
	ranges = realloc(set->ranges, space * sizeof(*ranges));
	if (ranges == NULL)
		return false;
	set->ranges = ranges;
	set->space = space;
	return true;
}

/* Adds a range that does not begin before the last one. */
static bool append_range(struct ps_set *set, uint32_t from, uint32_t to)
{
	PS_ASSERT(from <= to && to <= PS_CODE_MAX);
	PS_ASSERT(set->count == 0 || from >= set->ranges[set->count - 1].from);
	if (set->count > 0 && from <= set->ranges[set->count - 1].to + 1) {
		struct ps_range *last = &set->ranges[set->count - 1];

		last->to = last->to > to ? last->to : to;
		return true;
	}
	if (!reserve_ranges(set, set->count + 1))
		return false;
	set->ranges[set->count++] = (struct ps_range){ from, to };
	return true;
}

/* The first range that ends at or after `code`. */
static size_t find_range(const struct ps_set *set, uint32_t code)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->ranges[middle].to < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Replaces the ranges [first, end) by one that covers them and from..to. */
static void merge_ranges(struct ps_set *set, size_t first, size_t end, uint32_t from, uint32_t to)
{
	struct ps_range *ranges = set->ranges;

	from = ranges[first].from < from ? ranges[first].from : from;
	to = ranges[end - 1].to > to ? ranges[end - 1].to : to;
	ranges[first] = (struct ps_range){ from, to };
	memmove(ranges + first + 1, ranges + end, (set->count - end) * sizeof(*ranges));
	set->count -= end - first - 1;
}

bool ps_set_add(struct ps_set *set, uint32_t from, uint32_t to)
{
	size_t first, end;

	if (set->count == 0 || from >= set->ranges[set->count - 1].from)
		return append_range(set, from, to);
	first = find_range(set, from == 0 ? 0 : from - 1);
	for (end = first; end < set->count && set->ranges[end].from <= to + 1; end++)
		;
	PS_ASSERT(from <= to && to <= PS_CODE_MAX);
	if (end > first) {
		merge_ranges(set, first, end, from, to);
		return true;
	}
	if (!reserve_ranges(set, set->count + 1))
		return false;
	memmove(set->ranges + first + 1, set->ranges + first, (set->count - first) * sizeof(*set->ranges));
	set->ranges[first] = (struct ps_range){ from, to };
	set->count++;
	return true;
}

/* Does S1 hold? */
__attribute__((unused)) static bool is_ordered(const struct ps_set *set)
{
	const struct ps_range *r = set->ranges;

	for (size_t i = 0; i < set->count; i++)
		if (r[i].from > r[i].to || (i > 0 && r[i].from <= r[i - 1].to + 1))
			return false;
	return true;
}

static void replace_set(struct ps_set *set, struct ps_set *by)
{
	PS_ASSERT(is_ordered(by));
	free(set->ranges);
	*set = *by;
}

bool ps_set_union(struct ps_set *to, const struct ps_set *from)
{
	struct ps_set all = { 0 };
	size_t i = 0, k = 0;

	if (!reserve_ranges(&all, to->count + from->count))
		return false;
	while (i < to->count || k < from->count) {
		bool first = k == from->count || (i < to->count && to->ranges[i].from < from->ranges[k].from);
		const struct ps_range *next = first ? &to->ranges[i++] : &from->ranges[k++];

		append_range(&all, next->from, next->to); /* there is room */
	}
	replace_set(to, &all);
	return true;
}

bool ps_set_intersect(struct ps_set *to, const struct ps_set *with)
{
	struct ps_set both = { 0 };
	size_t i = 0, k = 0;

	if (!reserve_ranges(&both, to->count + with->count))
		return false;
	while (i < to->count && k < with->count) {
		struct ps_range a = to->ranges[i], b = with->ranges[k];
		uint32_t low = a.from > b.from ? a.from : b.from, high = a.to < b.to ? a.to : b.to;

		if (low <= high)
			append_range(&both, low, high);
		if (a.to < b.to)
			i++;
		else
			k++;
	}
	replace_set(to, &both);
	return true;
}

bool ps_set_complement(struct ps_set *set)
{
	struct ps_set rest = { 0 };
	uint32_t next = 0;

	if (!reserve_ranges(&rest, set->count + 1))
		return false;
	for (size_t i = 0; i < set->count; i++) {
		if (set->ranges[i].from > next)
			append_range(&rest, next, set->ranges[i].from - 1);
		next = set->ranges[i].to + 1;
	}
	if (next <= PS_CODE_MAX)
		append_range(&rest, next, PS_CODE_MAX);
	replace_set(set, &rest);
	return true;
}

bool ps_set_has(const struct ps_set *set, uint32_t code)
{
	size_t i = find_range(set, code);

	return i < set->count && set->ranges[i].from <= code;
}

void ps_set_free(struct ps_set *set)
{
	free(set->ranges);
	*set = (struct ps_set){ 0 };
}
