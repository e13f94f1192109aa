/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sort.c - a merge sort that can stop anywhere, see sort.h.
 *
 * First runs of RUN elements are sorted where they are. Then each pass merges pairs of neighbouring runs from one
 * array into the other, until there is only one.
 */
#include "sort.h"

#include <string.h>

enum {
	RUN = 4096,
	RUN_COST = 8 /* sorting a run takes as long as merging this many times its elements */
};

static char *sort_element(const struct ps_sort *s, size_t i)
{
	return s->items + i * s->size;
}

/* Returns how many elements could have been merged in the same time. */
static size_t sort_run(struct ps_sort *s)
{
	size_t count = ps_min(RUN, s->count - s->done);

	qsort_r(sort_element(s, s->done), count, s->size, s->compare, s->context);
	s->done += count;
	if (s->done == s->count) {
		s->run = RUN;
		s->done = 0;
	}
	return count * RUN_COST;
}

/* Merges up to `most` elements of the pair of runs that starts at `begin`. Returns how many. */
static size_t merge_runs(struct ps_sort *s, size_t begin, size_t most)
{
	size_t middle = ps_min(begin + s->run, s->count), end = ps_min(middle + s->run, s->count);
	size_t count = ps_min(end - s->done, most), left = s->left, right = s->right;
	char *to = s->spare + s->done * s->size;

	for (size_t i = 0; i < count; i++, to += s->size) {
		bool is_left = right == end ||
			       (left < middle && s->compare(sort_element(s, left), sort_element(s, right), s->context) <= 0);

		memcpy(to, sort_element(s, is_left ? left : right), s->size);
		left += is_left;
		right += !is_left;
	}
	PS_ASSERT(left <= middle && right <= end);
	s->left = left;
	s->right = right;
	s->done += count;
	return count;
}

static void end_pass(struct ps_sort *s)
{
	char *sorted = s->spare;

	s->spare = s->items;
	s->items = sorted;
	s->done = 0;
	s->run *= 2;
}

static size_t merge_elements(struct ps_sort *s, size_t most)
{
	size_t begin = s->done - s->done % (2 * s->run), count;

	if (s->done == begin) {
		s->left = begin;
		s->right = ps_min(begin + s->run, s->count);
	}
	count = merge_runs(s, begin, most);
	if (s->done == s->count)
		end_pass(s);
	return count;
}

bool ps_sort_step(struct ps_sort *s, size_t most)
{
	while (s->run < s->count && most > 0)
		most -= ps_min(most, s->run == 0 ? sort_run(s) : merge_elements(s, most));
	return s->run >= s->count;
}
