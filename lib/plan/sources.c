/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sources.c - the host's sources become a run of the plan, with copies of their strings.
 *
 * Descriptors are remembered: if one is given twice, the first source reads it to the end, and the second must wait for
 * that.
 */
#include "plan_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_DESCRIPTORS = 1 << 22 };

/*
 * Notes a source's descriptor. *again: it was noted before. Numbers above MOST_DESCRIPTORS are not noted; no process
 * has one. False: out of memory.
 */
static bool note_descriptor(struct ps_plan *plan, const struct search_source *source, bool *again)
{
	size_t word = (size_t)source->descriptor / 64;
	uint64_t bit = UINT64_C(1) << source->descriptor % 64;

	if (source->kind != SEARCH_SOURCE_DESCRIPTOR || word > MOST_DESCRIPTORS / 64)
		return true;
	if (word >= plan->descriptor_space) {
		size_t space = ps_max(word + 1, plan->descriptor_space * 2);
		uint64_t *grown = realloc(plan->descriptors, space * sizeof(*grown));

		if (grown == NULL)
			return false;
		memset(grown + plan->descriptor_space, 0, (space - plan->descriptor_space) * sizeof(*grown));
		plan->descriptors = grown;
		plan->descriptor_space = space;
	}
	*again = (plan->descriptors[word] & bit) != 0;
	plan->descriptors[word] |= bit;
	return true;
}

struct ps_run *ps_sources_run(struct ps_plan *plan, const struct search_source *sources, size_t count)
{
	struct ps_run *run = ps_run_new();
	bool ok = run != NULL;

	if (!ok)
		return NULL;
	run->first_source = plan->sources;
	run->entries = calloc(count, sizeof(*run->entries));
	run->sources = calloc(count, sizeof(*run->sources));
	ok = run->entries != NULL && run->sources != NULL;
	for (size_t i = 0; ok && i < count; i++) {
		bool again = false;

		run->sources[i] = sources[i];
		run->sources[i].path = ps_copy_string(sources[i].path, &ok);
		run->sources[i].name = ps_copy_string(sources[i].name, &ok);
		run->entries[i].type = PS_ENTRY_SOURCE;
		ok = ok && note_descriptor(plan, &sources[i], &again);
		run->entries[i].again = again;
		run->count++;
	}
	if (!ok) {
		ps_run_free(run);
		return NULL;
	}
	run->listed = true;
	return run;
}
