/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * window.c - the window: how many claims and entries may be alive (P2).
 *
 * What the caller has not taken yet keeps claims alive, and claims keep their runs. So threads that run ahead of the
 * head stop at a number of claims, and go on when half of them are gone. Directories also wait while there are many
 * entries, not counting those of the runs above, which must stay anyway.
 */
#include "plan_internal.h"

#include <stdlib.h>

bool ps_window_admits(const struct ps_plan *plan, const struct ps_run *run)
{
	uint64_t most = plan->options.window_entries;

	if (plan->claims >= plan->options.window_claims || run->entries[run->cursor].again)
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
	if (claim != NULL)
		plan->claims++;
	return claim;
}

void ps_claim_free(struct ps_plan *plan, struct ps_claim *claim)
{
	PS_ASSERT(ps_lock_is_held(&plan->lock) && plan->claims > 0);
	claim->next = plan->spare;
	plan->spare = claim;
	plan->claims--;
	move_window(plan);
}
