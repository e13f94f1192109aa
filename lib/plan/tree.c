/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.c - the tree of runs, and the list of open runs.
 *
 * Two structures hold the order. The tree (run -> claims -> child runs) is what the head walks, depth first. The list
 * of open runs, in plan order, is where the next claim is looked for: a claimed directory leaves its child run there,
 * empty, before the run it came from, so that what it expands to is claimed before anything after it. Runs without
 * unclaimed entries leave the list, and so it is about as long as there are threads, plus the depth of the tree.
 */
#include "plan_internal.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRY_BYTES = 64 /* of rules weigh as much as an entry */ };

/* --- the list of open runs --- */

/* Is it in the list of open runs? */
static bool is_open(const struct ps_plan *plan, const struct ps_run *run)
{
	return run->earlier != NULL || plan->open_first == run;
}

void ps_run_open_before(struct ps_plan *plan, struct ps_run *run, struct ps_run *later)
{
	PS_ASSERT(ps_lock_is_held(&plan->lock));
	PS_ASSERT(later == NULL || is_open(plan, later));
	run->later = later;
	run->earlier = later != NULL ? later->earlier : plan->open_last;
	if (run->earlier != NULL)
		run->earlier->later = run;
	else
		plan->open_first = run;
	if (later != NULL)
		later->earlier = run;
	else
		plan->open_last = run;
}

void ps_run_close(struct ps_plan *plan, struct ps_run *run)
{
	PS_ASSERT(ps_lock_is_held(&plan->lock) && is_open(plan, run));
	if (run->earlier != NULL)
		run->earlier->later = run->later;
	else
		plan->open_first = run->later;
	if (run->later != NULL)
		run->later->earlier = run->earlier;
	else
		plan->open_last = run->earlier;
	run->earlier = run->later = NULL;
}

struct ps_run *ps_first_open(const struct ps_plan *plan)
{
	struct ps_run *run = plan->open_first;

	while (run != NULL && run->cursor == run->count)
		run = run->later; /* a directory that is being listed */
	return run;
}

/* The first open run after a claim, in plan order; NULL: there is none. */
static struct ps_run *next_open(const struct ps_plan *plan, const struct ps_claim *claim)
{
	struct ps_run *run = claim->run;

	claim = claim->next;
	for (;;) {
		while (claim != NULL && claim->child == NULL)
			claim = claim->next;
		if (claim != NULL) {
			run = claim->child;
			claim = run->claims;
		} else if (is_open(plan, run)) {
			return run;
		} else if (run->parent != NULL) {
			claim = run->parent->next;
			run = run->parent->run;
		} else if (run->next_root != NULL) {
			run = run->next_root;
			claim = run->claims;
		} else {
			return NULL;
		}
	}
}

/* --- growing --- */

int ps_claim_add_child(struct ps_plan *plan, struct ps_claim *claim)
{
	struct ps_run *child;

	claim->child = NULL;
	if (ps_entry_is_file(&claim->run->entries[claim->first]))
		return SEARCH_OK;
	child = ps_run_new();
	if (child == NULL)
		return SEARCH_ENOMEM;
	child->parent = claim;
	child->above = ps_entries_kept(claim->run);
	child->depth = claim->run->depth + 1;
	claim->child = child;
	ps_run_open_before(plan, child, claim->run);
	return SEARCH_OK;
}

/* The run has its entries now. Returns a descriptor to close, or -1. */
static int fill_run(struct ps_plan *plan, struct ps_run *run, int fd)
{
	run->listed = true;
	ps_entries_change(plan, (int64_t)run->count + run->weight);
	return ps_cache_add(plan, run, fd);
}

void ps_plan_expand(struct ps_plan *plan, struct ps_claim *claim, const struct ps_listing *listing,
		    int fd)
{
	struct ps_run *run = claim->child;

	ps_plan_lock(plan);
	PS_ASSERT(claim->holder != NULL && !run->listed && run->claims == NULL); /* P5 */
	PS_TRACE(plan->options.trace, "expand", claim, listing->count);
	run->entries = listing->entries;
	run->names = listing->names;
	run->entry_space = listing->entry_space;
	run->name_space = listing->name_space;
	run->overlaid = listing->overlaid;
	run->overlaid_count = listing->overlaid_count;
	run->own_ignore = listing->own_ignore;
	run->warm = listing->warm;
	run->fresh = listing->fresh;
	run->ignore = listing->own_ignore != NULL ? listing->own_ignore : claim->run->ignore;
	if (listing->count > 0) {
		run->count = listing->count;
		if (run->own_ignore != NULL)
			run->weight = (uint32_t)(ps_ignore_size(run->own_ignore) / ENTRY_BYTES);
		run->cursor = ps_skip_names(run, 0);
		fd = fill_run(plan, run, fd);
		if (run->cursor == run->count)
			ps_run_close(plan, run);
		if (listing->claimable > 1)
			ps_plan_offer(plan, listing->claimable - 1); /* the thread that listed it takes one */
	}
	ps_plan_unlock_and_wake(plan);
	ps_fds_close(plan, fd);
}

bool ps_plan_split(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, struct ps_run *run, int fd)
{
	struct ps_run *instead;
	int other;

	ps_plan_lock(plan);
	PS_ASSERT(claim->holder != NULL && i < claim->count);
	instead = claim->child; /* of a source */
	run->parent = claim;
	run->above = ps_entries_kept(claim->run);
	claim->child = run;
	PS_TRACE(plan->options.trace, "split", claim, run->count);
	claim->count = i + 1;
	ps_run_open_before(plan, run, instead != NULL ? instead : next_open(plan, claim));
	if (instead != NULL) {
		ps_run_close(plan, instead);
		instead->next_root = plan->dead;
		plan->dead = instead;
	}
	other = fill_run(plan, run, fd);
	claim->shares = fd >= 0 && other != fd;
	run->fd_users = claim->shares;
	ps_plan_offer(plan, run->count);
	ps_plan_unlock_and_wake(plan);
	if (other != fd)
		ps_fds_close(plan, other);
	return claim->shares;
}

/* --- the end --- */

/* Without recursion, as the tree may be deep. */
void ps_tree_free(struct ps_run *run)
{
	while (run != NULL && run->parent != NULL)
		run = run->parent->run;
	while (run != NULL) {
		struct ps_claim *claim = run->claims;
		struct ps_run *next = run->parent != NULL ? run->parent->run : run->next_root;

		if (claim == NULL) {
			ps_run_free(run);
			run = next;
		} else if (claim->child != NULL) {
			run = claim->child;
			claim->child = NULL;
		} else {
			run->claims = claim->next;
			free(claim);
		}
	}
}
