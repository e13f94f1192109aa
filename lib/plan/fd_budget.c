/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fd_budget.c - descriptors: how many are open, and what to do when there are none.
 *
 * max_open_files needs no waiting: it is shared out beforehand, one descriptor for each thread and the rest for the
 * cache. If the process still runs out of descriptors (EMFILE, ENFILE), a thread first empties the cache, the directory
 * of its own claim last, and then waits until another thread of this search closes a file.
 *
 * Threads that work after the head in the order may hold descriptors until the caller has taken what the head has. So
 * after descriptors have run out, the last one is kept for the head, and no directory stays open. Only the head gives
 * up, and only when no other thread works (holds a claim, and waits neither for a descriptor, nor for the caller or a
 * stream): then no descriptor will come. (The first shortage may be the head's own, while all others wait: for that
 * case a descriptor is held in reserve, from before the first file is opened: a search that has opened none holds no
 * descriptor. While one thread makes the reserve, others may take the last descriptors; then the first shortage comes
 * with that thread's own file.)
 *
 * A shortage may be over soon: the host had a burst. When enough files have been opened without another failure, and
 * the reserve can be held again, everything is as before the first shortage. After each further shortage, twice as many
 * files are needed.
 *
 * fd_lock guards the waiting and the reserve. It is taken only when a thread waits or is about to.
 */
#include "plan_internal.h"

#include <sys/eventfd.h>
#include <unistd.h>

/* This many opened files end a shortage; after each earlier shortage twice as many, up to CALM << CALM_DOUBLED. */
enum { CALM = 64, CALM_DOUBLED = 8 };

void ps_fds_init(struct ps_plan *plan)
{
	/* in a pool a thread that waits for a descriptor keeps none: pool/file_wait.c */
	plan->may_reserve = plan->cache_space > 0 && plan->options.cached == NULL;
	plan->cache_space -= plan->may_reserve; /* so that it is within max_open_files */
	plan->reserve = -1;
	atomic_init(&plan->unreserved, plan->may_reserve);
	plan->may_reach = plan->cache_space > 1;
	plan->cache_space -= plan->may_reach;
}

void ps_fds_destroy(struct ps_plan *plan)
{
	if (plan->reserve >= 0)
		close(plan->reserve);
}

static void lock_fds(struct ps_plan *plan)
{
	PS_ASSERT(!ps_lock_is_held(&plan->lock));
	ps_lock_take(&plan->fd_lock);
}

/* Opens the reserve descriptor unless it is open. False: there is no descriptor for it. */
static bool hold_reserve(struct ps_plan *plan)
{
	int fd = plan->may_reserve ? eventfd(0, EFD_CLOEXEC) : -1, spare = fd;

	if (fd < 0)
		return false;
	lock_fds(plan);
	if (plan->reserve < 0) {
		plan->reserve = fd;
		spare = -1;
	}
	ps_lock_release(&plan->fd_lock);
	if (spare >= 0)
		close(spare);
	return true;
}

bool ps_fds_take(struct ps_plan *plan, bool head)
{
	/* all relaxed here: counters that order nothing */
	uint64_t limit = atomic_load_explicit(&plan->fd_limit, memory_order_relaxed);
	uint64_t now = atomic_load_explicit(&plan->open_now, memory_order_relaxed);

	if (atomic_load_explicit(&plan->unreserved, memory_order_relaxed) &&
	    atomic_exchange_explicit(&plan->unreserved, false, memory_order_relaxed))
		hold_reserve(plan);
	do {
		if (limit != 0 && !head && now + 1 >= limit)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&plan->open_now, &now, now + 1,
							memory_order_relaxed, memory_order_relaxed));
	return true;
}

/* A file was opened during a shortage of descriptors: the shortage may be over. */
PS_SELDOM static void note_calm(struct ps_plan *plan, uint64_t limit)
{
	/* relaxed: hints, except the limit, which is reset only if it still has the value that we know */
	uint64_t lacks = atomic_load_explicit(&plan->lacks, memory_order_relaxed);
	uint64_t calm = atomic_fetch_add_explicit(&plan->calm, 1, memory_order_relaxed) + 1;

	if (calm < (uint64_t)CALM << ps_min64(lacks, CALM_DOUBLED))
		return;
	atomic_store_explicit(&plan->calm, 0, memory_order_relaxed);
	if (hold_reserve(plan) && atomic_compare_exchange_strong_explicit(&plan->fd_limit, &limit, 0, memory_order_relaxed,
									  memory_order_relaxed))
		atomic_fetch_add_explicit(&plan->lacks, 1, memory_order_relaxed);
}

void ps_fds_opened(struct ps_plan *plan)
{
	uint64_t limit = atomic_load_explicit(&plan->fd_limit, memory_order_relaxed);
	uint64_t now = atomic_load_explicit(&plan->open_now, memory_order_relaxed);
	uint64_t most = atomic_load_explicit(&plan->open_most, memory_order_relaxed);

	PS_ASSERT(now <= plan->options.max_open_files); /* P4 */
	ps_share_charge(plan->options.open, 1);
	while (now > most &&
	       !atomic_compare_exchange_weak_explicit(&plan->open_most, &most, now,
						      memory_order_relaxed, memory_order_relaxed))
		;
	if (limit != 0)
		note_calm(plan, limit);
}

void ps_fds_failed(struct ps_plan *plan, bool scarce)
{
	uint64_t left = atomic_fetch_sub_explicit(&plan->open_now, 1, memory_order_relaxed) - 1;
	uint64_t limit = atomic_load_explicit(&plan->fd_limit, memory_order_relaxed);

	if (left == 0)
		left = 1;
	if (scarce)
		atomic_store_explicit(&plan->calm, 0, memory_order_relaxed);
	/* the least that was seen: attempts of others that are about to fail were counted, too */
	while (scarce && (limit == 0 || left < limit) &&
	       !atomic_compare_exchange_weak_explicit(&plan->fd_limit, &limit, left, memory_order_relaxed,
						      memory_order_relaxed))
		;
}

static bool is_head_holder(const struct ps_holder *holder)
{
	/* acquire, pairs with the plan's release */
	return atomic_load_explicit(&holder->head, memory_order_acquire);
}

/* A thread that waits for a descriptor. */
struct ps_waiter {
	struct ps_waiter *next;
	struct ps_holder *holder;
};

/*
 * Something has changed for the threads that wait. The head is always woken; of the others only the first, and only if
 * a descriptor was freed: it would be slower if all ran for that one. If several were freed, the waiter that was woken
 * wakes the next, see end_waiting. A thread that is about to wait is not told of that itself: in a pool it would have
 * another turn at once, and two such threads would keep each other from giving up.
 */
static void signal_waiters(struct ps_plan *plan, bool freed, const struct ps_holder *self)
{
	const struct ps_plan_hooks *hooks = &plan->options.hooks;
	struct ps_holder *first = NULL, *head = NULL;

	/* seq_cst, with ps_fds_wait: either the waiter sees the change, or this sees the waiter */
	if (!atomic_load_explicit(&plan->fd_starved, memory_order_seq_cst))
		return;
	lock_fds(plan);
	if (freed && plan->waiters != NULL) {
		plan->fd_news++;
		first = plan->waiters->holder;
	}
	for (struct ps_waiter *w = plan->waiters; w != NULL; w = w->next)
		if (is_head_holder(w->holder) && w->holder != first && w->holder != self)
			head = w->holder;
	ps_lock_release(&plan->fd_lock);
	if (first != NULL)
		hooks->wake_holder(hooks->context, first);
	if (head != NULL)
		hooks->wake_holder(hooks->context, head);
}

void ps_fds_close(struct ps_plan *plan, int fd)
{
	if (fd < 0)
		return;
	PS_ASSERT(!ps_lock_is_held(&plan->lock) && !ps_lock_is_held(&plan->fd_lock));
	close(fd);
	ps_share_give_back(plan->options.open, 1);
	/* in this order: a thread that sees `closed` grow finds room in open_now */
	atomic_fetch_sub_explicit(&plan->open_now, 1, memory_order_seq_cst);
	atomic_fetch_add_explicit(&plan->closed, 1, memory_order_seq_cst);
	signal_waiters(plan, true, NULL);
	if (plan->options.hooks.file_closed != NULL)
		plan->options.hooks.file_closed(plan->options.hooks.context);
}

bool ps_fds_others_work(struct ps_plan *plan, int change)
{
	/* seq_cst, with the additions to all three: of those that stop working, the last sees the others */
	return atomic_load_explicit(&plan->held, memory_order_seq_cst) + (uint32_t)change >
	       atomic_load_explicit(&plan->blocked, memory_order_seq_cst) +
		       atomic_load_explicit(&plan->fd_waiting, memory_order_seq_cst);
}

void ps_plan_blocked(struct ps_plan *plan, bool blocked)
{
	const struct ps_plan_hooks *hooks = &plan->options.hooks;

	/* seq_cst, with the loads in ps_fds_others_work: of the threads that block, the last sees all of them */
	atomic_fetch_add_explicit(&plan->blocked, blocked ? 1 : (uint32_t)-1, memory_order_seq_cst);
	if (!blocked)
		return;
	signal_waiters(plan, false, NULL);
	if ((plan->options.flags & SEARCH_RESULT_UNORDERED) != 0 && !ps_fds_others_work(plan, 0))
		hooks->wake_caller(hooks->context); /* see ps_plan_head */
}

static void begin_waiting(struct ps_plan *plan, struct ps_waiter *waiter)
{
	struct ps_waiter **end = &plan->waiters;

	lock_fds(plan);
	while (*end != NULL)
		end = &(*end)->next;
	*end = waiter;
	atomic_fetch_add_explicit(&plan->fd_waiting, 1, memory_order_seq_cst);
	atomic_store_explicit(&plan->fd_starved, true, memory_order_seq_cst);
	ps_lock_release(&plan->fd_lock);
}

/* A waiter that leaves with news takes one of the freed descriptors; if there are more, the next waiter is woken. */
static void end_waiting(struct ps_plan *plan, struct ps_waiter *waiter, bool news)
{
	const struct ps_plan_hooks *hooks = &plan->options.hooks;
	struct ps_waiter **at = &plan->waiters;
	struct ps_holder *next = NULL;

	lock_fds(plan);
	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	if (plan->waiters == NULL)
		plan->fd_news = 0;
	else if (news && plan->fd_news > 0 && --plan->fd_news > 0)
		next = plan->waiters->holder;
	atomic_store_explicit(&plan->fd_starved,
			      atomic_fetch_sub_explicit(&plan->fd_waiting, 1, memory_order_seq_cst) > 1,
			      memory_order_seq_cst);
	ps_lock_release(&plan->fd_lock);
	if (next != NULL)
		hooks->wake_holder(hooks->context, next);
}

/* Is there a reason to try again? If not, PS_FDS_LATER says that it may come. */
static enum ps_fds_chance look_for_chance(struct ps_plan *plan, const struct ps_claim *claim,
					  const struct ps_attempt *attempt)
{
	const struct ps_plan_hooks *hooks = &plan->options.hooks;
	bool head = ps_claim_is_head(claim), work;
	int reserve = -1;

	if (atomic_load_explicit(&plan->closed, memory_order_seq_cst) != attempt->closed || head != attempt->head)
		return PS_FDS_AGAIN;
	lock_fds(plan);
	work = ps_fds_others_work(plan, 0);
	if (head && !work) {
		reserve = plan->reserve;
		plan->reserve = -1;
	}
	ps_lock_release(&plan->fd_lock);
	if (reserve >= 0) {
		close(reserve);
		return PS_FDS_AGAIN;
	}
	if (!head || work || (hooks->may_give_up != NULL && !hooks->may_give_up(hooks->context, claim->holder)))
		return PS_FDS_LATER;
	return PS_FDS_HOPELESS;
}

enum ps_fds_chance ps_fds_wait(struct ps_plan *plan, const struct ps_claim *claim,
			       const struct ps_attempt *attempt)
{
	const struct ps_plan_hooks *hooks = &plan->options.hooks;
	struct ps_waiter waiter = { NULL, claim->holder };
	enum ps_fds_chance chance;

	begin_waiting(plan, &waiter);
	signal_waiters(plan, false, claim->holder); /* one thread fewer works */
	for (;;) {
		uint32_t heard = hooks->listen(hooks->context, claim->holder);

		chance = look_for_chance(plan, claim, attempt);
		if (chance != PS_FDS_LATER || !hooks->wait(hooks->context, claim->holder, heard))
			break;
	}
	end_waiting(plan, &waiter, chance == PS_FDS_AGAIN);
	return chance;
}

void ps_fds_held(struct ps_plan *plan, int change)
{
	atomic_fetch_add_explicit(&plan->held, (uint32_t)change, memory_order_seq_cst);
	if (change < 0)
		signal_waiters(plan, false, NULL);
}

uint64_t ps_plan_open_files(const struct ps_plan *plan)
{
	return atomic_load_explicit(&plan->open_most, memory_order_relaxed);
}
