/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats.c - the statistics of a running search, and the text of each status.
 */
#include "search.h"

static uint64_t load_counter(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add_counters(struct search_stats *to, const struct ps_counters *from)
{
	to->files_found += load_counter(&from->files_found);
	to->files_searched += load_counter(&from->files_searched);
	to->files_skipped += load_counter(&from->files_skipped);
	to->directories += load_counter(&from->directories);
	to->bytes += load_counter(&from->bytes);
	to->matches += load_counter(&from->matches);
	to->errors += load_counter(&from->errors);
	to->replaced += load_counter(&from->replaced);
	to->files_ruled_out += load_counter(&from->files_ruled_out);
}

int search_stats(const struct search *s, struct search_stats *stats)
{
	struct search_stats all = SEARCH_STATS_INIT;

	if (s == NULL || !ps_is_sized(stats))
		return SEARCH_EINVAL;
	add_counters(&all, &s->iterator.counters);
	for (uint32_t i = 0; i < s->settings.workers; i++)
		add_counters(&all, &s->workers[i].counters);
	all.workers = atomic_load_explicit(&s->started, memory_order_relaxed);
	if (s->pool != NULL)
		all.workers = ps_min(s->settings.workers, ps_pool_workers(s->pool));
	all.peak_open_files = ps_plan_open_files(s->plan);
	all.peak_queued_matches = ps_queue_most_items(s->queue);
	all.peak_queued_bytes = ps_queue_most_bytes(s->queue);
	ps_give_sized(stats, &all, sizeof(all));
	return SEARCH_OK;
}

const char *search_strerror(int status)
{
	switch ((enum search_status)status) {
	case SEARCH_ITEM:
		return "an item";
	case SEARCH_OK:
		return "success";
	case SEARCH_EINVAL:
		return "an argument or option is not valid";
	case SEARCH_EVERSION:
		return "a struct is newer than the library, and fields that it does not know are set";
	case SEARCH_ENOMEM:
		return "out of memory";
	case SEARCH_EPATTERN:
		return "a pattern does not compile";
	case SEARCH_EAGAIN:
		return "nothing is ready yet";
	case SEARCH_ECANCELED:
		return "the search was cancelled";
	case SEARCH_ETIMEDOUT:
		return "the timeout has expired";
	case SEARCH_ESYSTEM:
		return "a system call failed";
	case SEARCH_ESOURCE:
		return "next_source failed, or returned a source that is not valid";
	}
	return "unknown status";
}
