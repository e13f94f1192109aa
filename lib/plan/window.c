/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * window.c - the window: how many claims and entries may be alive (P2).
 *
 * What the caller has not taken yet keeps claims alive, and claims keep their runs. So threads that run ahead of the
 * head stop at a number of claims, and go on when half of them are gone. Directories also wait while there are many
 * entries, not counting those of the runs above, which must stay anyway.
 *
 * In a pool all searches together have a share of memory, too. When it is used up, only heads are claimed. A plan looks
 * again whenever its head passes a claim, so it need not be told when another search gives memory back.
 */
#include "plan_internal.h"

#include <stdlib.h>

enum {
	ENTRY_MEMORY = sizeof(struct ps_entry) + 16, /* with its name, about */
	CLAIM_MEMORY = sizeof(struct ps_claim)
};

void ps_entries_change(struct ps_plan *plan, int64_t change)
{
	PS_ASSERT(ps_lock_is_held(&plan->lock));
	plan->entries += (uint64_t)change;
	if (change > 0)
		ps_share_charge(plan->options.memory, (uint64_t)change * ENTRY_MEMORY);
	else
		ps_share_give_back(plan->options.memory, (uint64_t)-change * ENTRY_MEMORY);
}

void ps_window_give_back(struct ps_plan *plan)
{
	ps_share_give_back(plan->options.memory, plan->entries * ENTRY_MEMORY + (uint64_t)plan->claims * CLAIM_MEMORY);
}

bool ps_window_admits(const struct ps_plan *plan, const struct ps_run *run)
{
	uint64_t most = plan->options.window_entries;

	if (plan->claims >= plan->options.window_claims || run->entries[run->cursor].again)
		return false;
	if (!ps_share_has(plan->options.memory, 0))
		return false;
	return ps_entry_is_file(&run->entries[run->cursor]) || plan->entries <= most ||
	       plan->entries - ps_entries_kept(run) <= most;
}

/*
 * Something was freed: may threads that wait for the window go on? That depends on the entry to be claimed next,
 * since they would be woken for it.
 */
static void move_window(struct ps_plan *plan)
{
	const struct ps_run *run;

	if (!plan->window_closed || plan->claims >= plan->options.window_claims / 2)
		return;
	run = ps_first_open(plan);
	if (run == NULL || !ps_window_admits(plan, run))
		return;
	plan->window_closed = false;
	PS_TRACE(plan->options.trace, "window opens", plan, plan->claims);
	ps_plan_offer(plan, plan->idle);
}

struct ps_claim *ps_claim_new(struct ps_plan *plan)
{
	struct ps_claim *claim = plan->spare;

	PS_ASSERT(ps_lock_is_held(&plan->lock));
	if (claim != NULL)
		plan->spare = claim->next;
	else
		claim = malloc(sizeof(*claim));
	if (claim == NULL)
		return NULL;
	plan->claims++;
	ps_share_charge(plan->options.memory, CLAIM_MEMORY);
	return claim;
}

void ps_claim_free(struct ps_plan *plan, struct ps_claim *claim)
{
	PS_ASSERT(ps_lock_is_held(&plan->lock) && plan->claims > 0);
	claim->next = plan->spare;
	plan->spare = claim;
	plan->claims--;
	ps_share_give_back(plan->options.memory, CLAIM_MEMORY);
	move_window(plan);
}
