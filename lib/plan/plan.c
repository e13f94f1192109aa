/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.c - the plan as a whole: made and freed, sources added, holders counted.
 *
 * The tree's files:
 *	tree.c    the tree of runs, and the list of those that are open; how both grow
 *	window.c  how many claims and entries may be alive
 *	head.c    how the head moves over the tree
 *	claim.c   how claims are made and finished: the workers' side, and the caller's
 */
#include "plan_internal.h"

#include <stdlib.h>

enum {
	WINDOW_CLAIMS = 4096, /* see struct ps_plan_options */
	WINDOW_ENTRIES = 128 * 1024
};

/* --- the lock, and what is done once it is released --- */

static void free_dead(struct ps_run *run)
{
	while (run != NULL) {
		struct ps_run *next = run->next_root;

		ps_run_free(run);
		run = next;
	}
}

void ps_plan_unlock_and_wake(struct ps_plan *plan)
{
	const struct ps_plan_hooks *hooks = &plan->options.hooks;
	struct ps_wakes wakes = plan->wakes;
	struct ps_run *dead = plan->dead;

	plan->wakes = (struct ps_wakes){ 0 };
	plan->dead = NULL;
	ps_plan_unlock(plan);
	free_dead(dead);
	if (wakes.holder != NULL)
		hooks->wake_holder(hooks->context, wakes.holder);
	if (wakes.idle > 0)
		hooks->wake_idle(hooks->context, wakes.idle);
	if (wakes.caller)
		hooks->wake_caller(hooks->context);
}

void ps_plan_offer(struct ps_plan *plan, uint32_t count)
{
	unsigned n = (unsigned)ps_min(count, plan->idle);

	PS_ASSERT(ps_lock_is_held(&plan->lock));
	plan->idle -= n;
	plan->coming += n;
	plan->wakes.idle += n;
}

/* --- holders --- */

void ps_plan_enlist(struct ps_plan *plan, struct ps_holder *holder)
{
	ps_plan_lock(plan);
	plan->idle++;
	holder->away = true;
	/* relaxed: the thread is made after this */
	atomic_store_explicit(&holder->idle, true, memory_order_relaxed);
	ps_plan_unlock(plan);
}

bool ps_plan_dismiss(struct ps_plan *plan, struct ps_holder *holder)
{
	bool another;

	ps_plan_lock(plan);
	holder->away = false;
	plan->coming--;
	another = plan->idle > 0;
	if (another) {
		plan->idle--;
		plan->coming++;
	}
	plan->wakes.caller |= !another;
	ps_plan_unlock_and_wake(plan);
	return another;
}

void ps_plan_rouse(struct ps_plan *plan)
{
	ps_plan_lock(plan);
	ps_plan_offer(plan, 1);
	ps_plan_unlock_and_wake(plan);
}

void ps_plan_shed(struct ps_plan *plan)
{
	int fd;

	do {
		ps_plan_lock(plan);
		fd = ps_cache_steal(plan);
		ps_plan_unlock(plan);
		ps_fds_close(plan, fd);
	} while (fd >= 0);
}

/* --- sources --- */

/* Wakes idle threads for the sources that were added. */
static void offer_sources(struct ps_plan *plan)
{
	ps_plan_offer(plan, (uint32_t)ps_min64(plan->unoffered, plan->idle));
	plan->unoffered = 0;
	/* relaxed: stored under the lock */
	atomic_store_explicit(&plan->hungry, false, memory_order_relaxed);
}

int ps_plan_add(struct ps_plan *plan, const struct search_source *sources, size_t count, enum ps_follow follow)
{
	size_t before = ps_bounds_sources(&plan->options, &count);
	struct ps_run *run = count > before ? ps_sources_run(plan, sources, count) : NULL;

	if (run == NULL && count > before)
		return SEARCH_ENOMEM;
	ps_plan_lock(plan);
	if (run != NULL) {
		ps_bounds_mark_sources(&plan->options, run);
		run->cursor = run->passed = (uint32_t)before;
		if (plan->options.keep_sources)
			plan->kept = run;
		if (plan->root_last != NULL)
			plan->root_last->next_root = run;
		plan->root_last = run;
		if (plan->head_run == NULL)
			plan->head_run = run;
		ps_run_open_before(plan, run, NULL);
		plan->sources += count;
		plan->sources_passed += before;
		plan->burst += count - before;
		plan->unoffered += count - before;
	}
	PS_TRACE(plan->options.trace, "add sources", plan, count);
	plan->complete = follow == PS_FOLLOW_NONE;
	if (follow != PS_FOLLOW_AT_ONCE || plan->burst == 1 || plan->burst == 4 || plan->burst == 16)
		offer_sources(plan);
	if (follow != PS_FOLLOW_AT_ONCE)
		plan->burst = 0;
	ps_plan_unlock_and_wake(plan);
	return SEARCH_OK;
}

bool ps_plan_hungry(const struct ps_plan *plan)
{
	return atomic_load_explicit(&plan->hungry, memory_order_relaxed);
}

bool ps_plan_is_empty(struct ps_plan *plan)
{
	bool empty;

	ps_plan_lock(plan);
	empty = plan->sources == 0;
	ps_plan_unlock(plan);
	return empty;
}

const struct search_source *ps_plan_source(const struct ps_plan *plan, uint64_t index)
{
	PS_ASSERT(plan->kept != NULL && index < plan->kept->count);
	return &plan->kept->sources[index];
}

uint64_t ps_plan_sources_wanted(struct ps_plan *plan)
{
	uint64_t wanted;

	ps_plan_lock(plan);
	wanted = ps_few_sources(plan) ? PS_SOURCES_AHEAD - ps_sources_ahead(plan) : 0;
	ps_plan_unlock(plan);
	return wanted;
}

/* --- what a claim says of its entries --- */

uint32_t ps_claim_count(const struct ps_claim *claim)
{
	return claim->count;
}

enum ps_entry_type ps_claim_type(const struct ps_claim *claim, uint32_t i)
{
	return ps_claim_entry(claim, i)->type;
}

const struct search_source *ps_claim_source(const struct ps_claim *claim, uint32_t i)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);

	return &run->sources[at];
}

/* --- the whole --- */

static int init_locks(struct ps_plan *plan)
{
	pthread_mutexattr_t attributes;
	int rc;

	if (pthread_mutexattr_init(&attributes) != 0)
		return SEARCH_ENOMEM;
#ifdef __GLIBC__
	/* critical sections are shorter than falling asleep: spin a little first */
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
	rc = pthread_mutex_init(&plan->lock.mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	if (rc != 0)
		return SEARCH_ENOMEM;
	if (pthread_mutex_init(&plan->fd_lock.mutex, NULL) == 0) {
		if (pthread_mutex_init(&plan->way.mutex, NULL) == 0)
			return SEARCH_OK;
		pthread_mutex_destroy(&plan->fd_lock.mutex);
	}
	pthread_mutex_destroy(&plan->lock.mutex);
	return SEARCH_ENOMEM;
}

int ps_plan_new(struct ps_plan **out, const struct ps_plan_options *options)
{
	struct ps_plan *plan = calloc(1, sizeof(*plan));

	*out = NULL;
	if (plan == NULL)
		return SEARCH_ENOMEM;
	plan->options = *options;
	if (options->window_claims == 0)
		plan->options.window_claims = WINDOW_CLAIMS;
	if (options->window_entries == 0)
		plan->options.window_entries = WINDOW_ENTRIES;
	plan->ready_end = &plan->ready;
	if (options->max_open_files > options->threads)
		plan->cache_space = options->max_open_files - options->threads;
	if (init_locks(plan) != SEARCH_OK) {
		free(plan);
		return SEARCH_ENOMEM;
	}
	ps_fds_init(plan);
	*out = plan;
	return SEARCH_OK;
}

void ps_plan_free(struct ps_plan *plan)
{
	int fd;

	if (plan == NULL)
		return;
	while ((fd = ps_cache_take_any(plan)) >= 0)
		ps_fds_close(plan, fd);
	ps_window_give_back(plan);
	ps_tree_free(plan->head_run);
	if (plan->kept_is_left)
		ps_run_free(plan->kept);
	while (plan->spare != NULL) {
		struct ps_claim *next = plan->spare->next;

		free(plan->spare);
		plan->spare = next;
	}
	ps_fds_destroy(plan);
	pthread_mutex_destroy(&plan->way.mutex);
	pthread_mutex_destroy(&plan->fd_lock.mutex);
	pthread_mutex_destroy(&plan->lock.mutex);
	free(plan->descriptors);
	free(plan);
}
