/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bounds.c - where a search of less than the whole order begins and ends.
 *
 * A bound is an entry, given by its source and the names of the directories on the way. Of the sources, and of each
 * directory on the way, the entries before `from` and after `until` are left out while it is read: they are neither
 * sorted, nor opened, nor listed. Entries on the way are marked, so that the directories below them are bounded, too,
 * and so that the search knows which items are to be dropped.
 *
 * Names are compared as listings are sorted: if an entry is gone, the search begins with the one that came next.
 */
#include "plan_internal.h"

#include <string.h>

/* The name of the bound's entry, or of a directory on the way to it, at that depth from the source on. */
static const char *name_at(const struct ps_bound *bound, uint32_t depth)
{
	const char *name = bound->names;

	for (uint32_t i = 1; i < depth; i++)
		name += strlen(name) + 1;
	return name;
}

void ps_bounds_start(struct ps_bounds *b, const struct ps_plan_options *options, const struct ps_claim *claim)
{
	unsigned marks = ps_claim_marks(claim, 0);
	uint32_t depth = claim->child->depth;

	*b = (struct ps_bounds){ 0 };
	if (marks == 0)
		return;
	b->any = true;
	b->nothing = (marks & PS_MARK_UNTIL) != 0;
	if ((marks & PS_MARK_FROM_BELOW) != 0) {
		b->from = name_at(&options->from, depth);
		b->from_mark = depth < options->from.depth ? PS_MARK_FROM_BELOW : PS_MARK_FROM;
		b->past = b->from_mark == PS_MARK_FROM && options->from.past;
	}
	if ((marks & PS_MARK_UNTIL_BELOW) != 0) {
		b->until = name_at(&options->until, depth);
		b->until_mark = depth < options->until.depth ? PS_MARK_UNTIL_BELOW : PS_MARK_UNTIL;
	}
}

bool ps_bounds_admit(const struct ps_bounds *b, const char *name, unsigned *marks)
{
	int from = b->from != NULL ? strcmp(name, b->from) : 1;
	int until = b->until != NULL ? strcmp(name, b->until) : -1;

	*marks = (from == 0 ? b->from_mark : 0U) | (until == 0 ? b->until_mark : 0U);
	return !b->nothing && from >= 0 && (from > 0 || !b->past) && until <= 0;
}

/* How many of the sources come before the first one that is wanted. */
static size_t sources_before(const struct ps_bound *from, size_t count)
{
	if (!from->set)
		return 0;
	return (size_t)ps_min64(from->source + (from->past && from->depth == 0), count);
}

size_t ps_bounds_sources(const struct ps_plan_options *options, size_t *count)
{
	if (options->until.set)
		*count = (size_t)ps_min64(*count, options->until.source + 1);
	return sources_before(&options->from, *count);
}

void ps_bounds_mark_sources(const struct ps_plan_options *options, struct ps_run *run)
{
	const struct ps_bound *from = &options->from, *until = &options->until;
	unsigned mark;

	if (from->set && from->source < run->count) {
		mark = from->depth > 0 ? PS_MARK_FROM_BELOW : PS_MARK_FROM;
		run->entries[from->source].marks |= mark & PS_MARKS;
	}
	if (until->set && until->source < run->count) {
		mark = until->depth > 0 ? PS_MARK_UNTIL_BELOW : PS_MARK_UNTIL;
		run->entries[until->source].marks |= mark & PS_MARKS;
	}
}

unsigned ps_claim_marks(const struct ps_claim *claim, uint32_t i)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);

	return run->entries[at].marks;
}
