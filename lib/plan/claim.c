/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim.c - claims are made, in order, and finished.
 *
 * An outline of a claim's life:
 *	claim   entries leave their run's cursor; a directory gets a child run
 *	run     places are attached, a directory's child is filled (expand)
 *	finish  holder = NULL; the head moves over it if that is where it stands
 *	pass    the caller has retired its places, its child has passed: freed (head.c)
 */
#include "plan_internal.h"

enum { CLAIM_FILES = 32 /* most files in a claim */ };

/* --- making and finishing them --- */

/* How many entries the next claim of this run takes. */
static uint32_t claim_size(const struct ps_plan *plan, const struct ps_run *run)
{
	uint32_t left = run->count - run->cursor, n = 1;
	uint32_t most = (uint32_t)ps_min(CLAIM_FILES, left / (2 * plan->options.threads) + 1);

	if (run->entries[run->cursor].type != PS_ENTRY_FILE)
		return 1;
	while (n < most && run->entries[run->cursor + n].type == PS_ENTRY_FILE)
		n++;
	return n;
}

static int claim_from(struct ps_plan *plan, struct ps_run *run, struct ps_holder *holder,
		      struct ps_claim **out)
{
	struct ps_claim *claim = ps_claim_new(plan);

	PS_ASSERT(run == ps_first_open(plan)); /* P1 */
	if (claim == NULL)
		return SEARCH_ENOMEM;
	*claim = (struct ps_claim){
		.run = run,
		.first = run->cursor,
		.count = claim_size(plan, run),
		.holder = holder,
		.directory_fd = -1,
		.sums = PS_SUMS_NONE,
	};
	claim->places_end = &claim->places;
	if (ps_claim_add_child(plan, claim) != SEARCH_OK) {
		ps_claim_free(plan, claim);
		return SEARCH_ENOMEM;
	}
	run->cursor = ps_skip_names(run, run->cursor + claim->count);
	PS_TRACE(plan->options.trace, "claim", claim, claim->count);
	*run->claims_end = claim;
	run->claims_end = &claim->next;
	ps_cache_use(claim);
	if (run->entries[claim->first].again)
		ps_plan_offer(plan, plan->idle); /* what comes after it waited for it */
	if (run->cursor == run->count)
		ps_run_close(plan, run);
	/* release, as in find_head; it becomes the head when the head comes to it */
	atomic_store_explicit(&holder->head, false, memory_order_release);
	*out = claim;
	return SEARCH_OK;
}

/* What is left to do after the lock is released. */
struct aftermath {
	int fds[2]; /* to close, or -1 */
	int held;   /* how many more claims are held than before */
};

/* The claim is finished: if it has not expanded, it never will. */
static void finish_claim(struct ps_plan *plan, struct ps_claim *claim, struct aftermath *after)
{
	PS_ASSERT(claim->holder != NULL);
	PS_TRACE(plan->options.trace, "finish", claim, 0);
	after->held--;
	after->fds[0] = ps_cache_unuse(plan, claim);
	after->fds[1] = ps_cache_unshare(plan, claim);

	if (claim->child != NULL && !claim->child->listed) {
		ps_run_close(plan, claim->child);
		ps_run_free(claim->child);
		claim->child = NULL;
	}
	if (claim->child != NULL && claim->child->parts > 0)
		claim->child->before = claim->sums; /* of the first part */
	claim->holder = NULL;
	if (claim == plan->head && claim->places == NULL)
		ps_head_follow(plan);
}

static struct aftermath lock_and_finish(struct ps_plan *plan, struct ps_claim **claim)
{
	struct aftermath after = { .fds = { -1, -1 } };

	ps_plan_lock(plan);
	if (*claim != NULL) {
		finish_claim(plan, *claim, &after);
		*claim = NULL;
	}
	return after;
}

static void unlock_and_clear(struct ps_plan *plan, struct aftermath after)
{
	ps_plan_unlock_and_wake(plan);
	ps_fds_close(plan, after.fds[0]);
	ps_fds_close(plan, after.fds[1]);
	if (after.held != 0)
		ps_fds_held(plan, after.held);
}

/* --- a holder's side --- */

/* There is nothing to claim: the holder waits, for the window or for sources. */
static void be_idle(struct ps_plan *plan, struct ps_holder *holder, bool closed)
{
	PS_ASSERT(ps_head_is_attended(plan));
	PS_TRACE(plan->options.trace, "idle", holder, closed);
	plan->idle++;
	holder->away = true;
	/* release: wake_idle, which clears it, comes after the lock is released */
	atomic_store_explicit(&holder->idle, true, memory_order_release);
	plan->window_closed |= closed;
	if (!closed && !plan->complete) {
		/* relaxed: the caller is woken through its bell, which orders it */
		atomic_store_explicit(&plan->hungry, true, memory_order_relaxed);
		plan->wakes.caller |= ps_few_sources(plan);
	}
}

void ps_plan_finish(struct ps_plan *plan, struct ps_holder *holder, struct ps_claim *claim)
{
	struct aftermath after = lock_and_finish(plan, &claim);

	/* as if it had been idle, and were woken now */
	holder->away = true;
	plan->coming++;
	unlock_and_clear(plan, after);
}

int ps_plan_claim(struct ps_plan *plan, struct ps_holder *holder, struct ps_claim **claim)
{
	struct aftermath after = lock_and_finish(plan, claim);
	struct ps_run *run = ps_first_open(plan);
	bool at_head = run != NULL && run == plan->head_run && plan->head == NULL && !ps_run_is_at_names(run);
	int rc = PS_CLAIM_NOTHING;

	if (holder->away)
		plan->coming--;
	holder->away = false;
	if (run == NULL || !(at_head || ps_window_admits(plan, run))) {
		be_idle(plan, holder, run != NULL);
	} else {
		rc = claim_from(plan, run, holder, claim);
		if (rc == SEARCH_OK) {
			rc = PS_CLAIM_MADE;
			after.held++;
			if (at_head)
				ps_head_move(plan);
		}
	}
	unlock_and_clear(plan, after);
	return rc;
}

/* --- the caller's side --- */

/* The run that the caller may claim from itself, or NULL. */
static struct ps_run *run_for_caller(struct ps_plan *plan, enum ps_stand head, enum ps_help help, int change)
{
	bool alone = plan->idle + plan->coming == 0;
	struct ps_run *run;

	if (help == PS_HELP_NEVER)
		return NULL;
	if (head == PS_STAND_UNCLAIMED)
		return help == PS_HELP_ALWAYS || alone ? plan->head_run : NULL;
	if ((plan->options.flags & SEARCH_RESULT_UNORDERED) == 0 || !alone || ps_fds_others_work(plan, change))
		return NULL;
	run = ps_first_open(plan);
	return run != NULL && ps_window_admits(plan, run) ? run : NULL;
}

int ps_plan_head(struct ps_plan *plan, struct ps_holder *holder, struct ps_claim **claim,
		 enum ps_help help, struct ps_place **place)
{
	struct aftermath after = lock_and_finish(plan, claim);
	enum ps_stand head = ps_head_move(plan);
	struct ps_run *run = run_for_caller(plan, head, help, after.held);
	int rc = PS_HEAD_RUNNING;

	*place = plan->ready;
	if (plan->ready != NULL) {
		rc = PS_HEAD_PLACE;
	} else if (head == PS_STAND_PLACE) {
		*place = plan->head->places;
		rc = PS_HEAD_PLACE;
	} else if (head == PS_STAND_NAMES) {
		rc = PS_HEAD_NAMES;
	} else if (head == PS_STAND_OVER) {
		rc = plan->complete ? PS_HEAD_END : PS_HEAD_SOURCES;
	} else if (run != NULL) {
		rc = claim_from(plan, run, holder, claim);
		if (rc == SEARCH_OK) {
			rc = PS_HEAD_CLAIMED;
			after.held++;
			ps_head_move(plan);
		}
	} else if (head == PS_STAND_UNCLAIMED) {
		ps_plan_offer(plan, 1);
	}
	unlock_and_clear(plan, after);
	return rc;
}
