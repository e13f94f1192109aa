/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * head.c - the head: where in the tree it stands, what is there for the caller, and how it moves on.
 *
 * The head stands at a claim of the tree, or at an entry that is still to be claimed. What the caller can take there is
 * a list of places, each with a ring that the claim's thread has attached. When all places are taken and the claim is
 * finished, the head passes it: it goes down into the run that the claim expanded to, else on to the next claim, and up
 * when the run is at its end; what it has passed is freed. A thread whose claim the head comes to is woken, since it
 * may now use what is kept for the head.
 */
#include "plan_internal.h"

#include <string.h>

/* --- moving --- */

/* When few sources are left, the caller is woken, once for all that it then adds. */
static void pass_sources(struct ps_plan *plan, uint32_t count)
{
	bool few = ps_few_sources(plan);

	plan->sources_passed += count;
	/* relaxed: stored under the lock */
	if (!few && ps_few_sources(plan) && atomic_load_explicit(&plan->hungry, memory_order_relaxed))
		plan->wakes.caller = true;
}

/* The head has passed this claim, the first of its run that is left. */
static void pass_claim(struct ps_plan *plan, struct ps_claim *claim)
{
	struct ps_run *run = claim->run;

	PS_ASSERT(claim == run->claims && claim->holder == NULL && claim->places == NULL); /* P3 */
	PS_TRACE(plan->options.trace, "pass", claim, 0);
	run->claims = claim->next;
	if (run->claims == NULL)
		run->claims_end = &run->claims;
	run->passed = claim->first + claim->count;
	if (run->sources != NULL)
		pass_sources(plan, claim->count);
	if (ps_claim_is_part(claim))
		ps_sums_add(&run->before, &claim->sums);
	ps_claim_free(plan, claim);
}

/* The head has passed the whole run: goes on to what follows. False at the end of the sources. */
static bool leave_run(struct ps_plan *plan)
{
	struct ps_run *run = plan->head_run;
	struct ps_claim *parent = run->parent;

	PS_ASSERT(run->claims == NULL && run->cursor == run->count && run->fd < 0 && run->fd_users == 0); /* P3 */
	if (parent != NULL) {
		plan->head_run = parent->run;
		ps_entries_change(plan, -((int64_t)run->count + run->weight));
		pass_claim(plan, parent);
	} else {
		plan->head_run = run->next_root;
		if (plan->head_run == NULL)
			plan->root_last = NULL;
	}
	if (run == plan->kept) {
		plan->kept_is_left = true;
	} else {
		run->next_root = plan->dead;
		plan->dead = run;
	}
	return plan->head_run != NULL;
}

/* Finds the claim that the head stands at, going from run to run. */
static enum ps_stand find_head(struct ps_plan *plan)
{
	while (plan->head == NULL) {
		struct ps_run *run = plan->head_run;

		if (run == NULL)
			return PS_STAND_OVER;
		if (ps_run_is_at_names(run))
			return PS_STAND_NAMES;
		if (run->claims == NULL) {
			if (run->cursor < run->count)
				return PS_STAND_UNCLAIMED;
			if (!leave_run(plan))
				return PS_STAND_OVER;
			continue;
		}
		plan->head = run->claims;
		PS_TRACE(plan->options.trace, "head", plan->head, 0);
		if (plan->head->holder != NULL) {
			/* release, pairs with the holder's acquire: the holder may now use what is kept for the head */
			atomic_store_explicit(&plan->head->holder->head, true, memory_order_release);
			plan->wakes.holder = plan->head->holder;
		}
	}
	return PS_STAND_RUNNING;
}

enum ps_stand ps_head_move(struct ps_plan *plan)
{
	PS_ASSERT(ps_lock_is_held(&plan->lock));
	for (;;) {
		enum ps_stand found = find_head(plan);
		struct ps_claim *claim = plan->head;

		if (found != PS_STAND_RUNNING)
			return found;
		if (claim->places != NULL)
			return PS_STAND_PLACE;
		if (claim->holder != NULL)
			return PS_STAND_RUNNING;
		plan->head = NULL;
		if (claim->child != NULL)
			plan->head_run = claim->child;
		else
			pass_claim(plan, claim);
	}
}

void ps_head_follow(struct ps_plan *plan)
{
	enum ps_stand head = ps_head_move(plan);

	if (head == PS_STAND_PLACE || head == PS_STAND_NAMES || head == PS_STAND_OVER)
		plan->wakes.caller = true;
}

/* --- places --- */

void ps_plan_attach(struct ps_plan *plan, struct ps_claim *claim, struct ps_place *place)
{
	bool ordered = (plan->options.flags & SEARCH_RESULT_UNORDERED) == 0;
	struct ps_place ***end = ordered ? &claim->places_end : &plan->ready_end;

	place->next = NULL;
	place->claim = claim;
	ps_plan_lock(plan);
	PS_ASSERT(claim->holder != NULL); /* P3 */
	PS_TRACE(plan->options.trace, "attach", claim, 0);
	if (ordered ? claim == plan->head && claim->places == NULL : plan->ready == NULL)
		plan->wakes.caller = true;
	**end = place;
	*end = &place->next;
	ps_plan_unlock_and_wake(plan);
}

void ps_plan_retire(struct ps_plan *plan, struct ps_place *place)
{
	bool ordered = (plan->options.flags & SEARCH_RESULT_UNORDERED) == 0;
	struct ps_claim *claim = place->claim;
	struct ps_place **first = ordered ? &claim->places : &plan->ready;

	ps_plan_lock(plan);
	PS_ASSERT(*first == place);
	PS_TRACE(plan->options.trace, "retire", claim, 0);
	*first = place->next;
	if (*first == NULL && ordered)
		claim->places_end = &claim->places;
	else if (*first == NULL)
		plan->ready_end = &plan->ready;
	ps_head_move(plan);
	ps_plan_unlock_and_wake(plan);
}

/* --- names: files that the head passes without a claim --- */

int ps_plan_names(const struct ps_plan *plan, struct ps_names *names)
{
	/* the head stays until its names are taken: no other thread writes here */
	const struct ps_run *run = plan->head_run;

	names->run = run;
	names->next = run->passed + 1;
	names->end = ps_skip_names(run, run->passed);
	if (ps_run_path(run, run->passed, &names->path, &names->source) != SEARCH_OK)
		return SEARCH_ENOMEM;
	names->directory = names->path.length - strlen(run->names + run->entries[run->passed].name);
	ps_listing_info(run, run->passed, plan->options.flags, &names->info);
	return SEARCH_OK;
}

bool ps_names_next(struct ps_plan *plan, struct ps_names *names, int *rc)
{
	const char *name;
	size_t length;

	*rc = SEARCH_OK;
	if (names->next == names->end) {
		ps_plan_lock(plan);
		plan->head_run->passed = names->end;
		ps_head_move(plan);
		ps_plan_unlock_and_wake(plan);
		return false;
	}
	ps_listing_info(names->run, names->next, plan->options.flags, &names->info);
	name = names->run->names + names->run->entries[names->next++].name;
	length = strlen(name);
	*rc = ps_text_reserve(&names->path, names->directory + length) ? SEARCH_OK : SEARCH_ENOMEM;
	if (*rc == SEARCH_OK) {
		memcpy(names->path.bytes + names->directory, name, length + 1);
		names->path.length = names->directory + length;
	}
	return true;
}
