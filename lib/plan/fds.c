/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fds.c - descriptors: how many are open, and what to do when there are none.
 *
 * max_open_files needs no waiting: it is shared out beforehand, one descriptor
 * a thread and the rest to the cache. A process that has no descriptor left in
 * spite of it (EMFILE, ENFILE) first lets the cache go, at last the directory
 * that the claim itself is of. Then a thread waits for another of this search
 * to close a file.
 *
 * Threads behind the head may have to hold theirs until the caller has taken
 * what the head has. So from the first lack on, the last descriptor that there
 * was is kept for the head, no directory stays open, and only the head gives
 * up: when no other thread is at work, that is, has a claim and waits neither
 * for a descriptor, nor for the caller or a stream. Then nothing will come. (The
 * first lack may be the head's own, with all others waiting: for that one time a
 * descriptor is held in reserve.)
 *
 * fd_lock guards the waiting; it is taken alone, and only when somebody waits
 * or is about to.
 */
#include "run.h"

#include <sys/eventfd.h>
#include <unistd.h>

void ps_fds_init(struct ps_plan *plan)
{
	plan->reserve = plan->cache_space > 0 ? eventfd(0, EFD_CLOEXEC) : -1;
	if (plan->reserve >= 0)
		plan->cache_space--; /* so that it is within max_open_files */
	plan->may_reach = plan->cache_space > 1;
	plan->cache_space -= plan->may_reach;
}

void ps_fds_destroy(struct ps_plan *plan)
{
	if (plan->reserve >= 0)
		close(plan->reserve);
}

bool ps_fds_take(struct ps_plan *plan, bool head)
{
	/* relaxed, all here: counters that order nothing */
	uint64_t limit = atomic_load_explicit(&plan->fd_limit, memory_order_relaxed);
	uint64_t now = atomic_load_explicit(&plan->open_now, memory_order_relaxed);

	do {
		if (limit != 0 && !head && now + 1 >= limit)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&plan->open_now, &now, now + 1,
							memory_order_relaxed, memory_order_relaxed));
	return true;
}

void ps_fds_opened(struct ps_plan *plan)
{
	uint64_t now = atomic_load_explicit(&plan->open_now, memory_order_relaxed);
	uint64_t most = atomic_load_explicit(&plan->open_most, memory_order_relaxed);

	while (now > most &&
	       !atomic_compare_exchange_weak_explicit(&plan->open_most, &most, now,
						      memory_order_relaxed, memory_order_relaxed))
		;
}

void ps_fds_failed(struct ps_plan *plan, bool scarce)
{
	uint64_t left = atomic_fetch_sub_explicit(&plan->open_now, 1, memory_order_relaxed) - 1;
	uint64_t limit = atomic_load_explicit(&plan->fd_limit, memory_order_relaxed);

	if (left == 0)
		left = 1;
	/* the least that was seen: others that are about to fail count too */
	while (scarce && (limit == 0 || left < limit) &&
	       !atomic_compare_exchange_weak_explicit(&plan->fd_limit, &limit, left, memory_order_relaxed,
						      memory_order_relaxed))
		;
}

static bool is_head(const struct ps_holder *holder)
{
	/* acquire, pairs with the plan's release */
	return atomic_load_explicit(&holder->head, memory_order_acquire);
}

/* Somebody who waits for a descriptor. */
struct ps_waiter {
	struct ps_waiter *next;
	struct ps_holder *holder;
};

/*
 * Something has changed for those who wait. The head is always told; of the
 * others only the first, and only of a descriptor that is free: a crowd that
 * runs for one of them would be slower than waiting.
 */
static void signal_waiters(struct ps_plan *plan, bool freed)
{
	const struct ps_plan_hooks *hooks = &plan->options.hooks;

	/* seq_cst, with ps_fds_wait: either the waiter sees the change, or this sees the waiter */
	if (!atomic_load(&plan->fd_starved))
		return;
	pthread_mutex_lock(&plan->fd_lock);
	for (struct ps_waiter *w = plan->waiters; w != NULL; w = w->next)
		if (is_head(w->holder) || (freed && w == plan->waiters))
			hooks->wake_holder(hooks->context, w->holder);
	pthread_mutex_unlock(&plan->fd_lock);
}

void ps_fds_close(struct ps_plan *plan, int fd)
{
	if (fd < 0)
		return;
	close(fd);
	/* in this order: who sees the news finds the place that they are of */
	atomic_fetch_sub(&plan->open_now, 1);
	atomic_fetch_add(&plan->closed, 1);
	signal_waiters(plan, true);
}

bool ps_fds_others_work(struct ps_plan *plan, int change)
{
	return atomic_load(&plan->held) + (uint32_t)change > atomic_load(&plan->blocked) + atomic_load(&plan->fd_waiting);
}

void ps_plan_blocked(struct ps_plan *plan, bool blocked)
{
	const struct ps_plan_hooks *hooks = &plan->options.hooks;

	/* seq_cst, with what ps_fds_others_work loads: of those that block, the last sees them all */
	atomic_fetch_add(&plan->blocked, blocked ? 1 : (uint32_t)-1);
	if (!blocked)
		return;
	signal_waiters(plan, false);
	if ((plan->options.flags & SEARCH_RESULT_UNORDERED) != 0 && !ps_fds_others_work(plan, 0))
		hooks->wake_caller(hooks->context); /* see ps_plan_head */
}

static void begin_waiting(struct ps_plan *plan, struct ps_waiter *waiter)
{
	struct ps_waiter **end = &plan->waiters;

	pthread_mutex_lock(&plan->fd_lock);
	while (*end != NULL)
		end = &(*end)->next;
	*end = waiter;
	atomic_fetch_add(&plan->fd_waiting, 1);
	atomic_store(&plan->fd_starved, true);
	pthread_mutex_unlock(&plan->fd_lock);
}

static void end_waiting(struct ps_plan *plan, struct ps_waiter *waiter)
{
	struct ps_waiter **at = &plan->waiters;

	pthread_mutex_lock(&plan->fd_lock);
	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	atomic_store(&plan->fd_starved, atomic_fetch_sub(&plan->fd_waiting, 1) > 1);
	pthread_mutex_unlock(&plan->fd_lock);
}

/* How a look for a descriptor ended. */
enum look { LOOK_NEWS, LOOK_WAIT, LOOK_HOPELESS };

static enum look look(struct ps_plan *plan, const struct ps_claim *claim, const struct ps_attempt *attempt)
{
	bool head = ps_claim_is_head(claim), work;
	int reserve = -1;

	if (atomic_load(&plan->closed) != attempt->closed || head != attempt->head)
		return LOOK_NEWS;
	pthread_mutex_lock(&plan->fd_lock);
	work = ps_fds_others_work(plan, 0);
	if (head && !work) {
		reserve = plan->reserve;
		plan->reserve = -1;
	}
	pthread_mutex_unlock(&plan->fd_lock);
	if (reserve >= 0) {
		close(reserve);
		return LOOK_NEWS;
	}
	return head && !work ? LOOK_HOPELESS : LOOK_WAIT;
}

enum ps_fds_news ps_fds_wait(struct ps_plan *plan, const struct ps_claim *claim,
			     const struct ps_attempt *attempt)
{
	const struct ps_plan_hooks *hooks = &plan->options.hooks;
	struct ps_waiter waiter = { NULL, claim->holder };
	enum look found;

	begin_waiting(plan, &waiter);
	signal_waiters(plan, false); /* one less is at work */
	for (;;) {
		uint32_t heard = hooks->listen(hooks->context, claim->holder);

		found = look(plan, claim, attempt);
		if (found != LOOK_WAIT || !hooks->wait(hooks->context, claim->holder, heard))
			break;
	}
	end_waiting(plan, &waiter);
	return found == LOOK_NEWS ? PS_FDS_AGAIN : found == LOOK_HOPELESS ? PS_FDS_HOPELESS : PS_FDS_OVER;
}

void ps_fds_held(struct ps_plan *plan, int change)
{
	atomic_fetch_add(&plan->held, (uint32_t)change);
	if (change < 0)
		signal_waiters(plan, false);
}

uint64_t ps_plan_open_files(const struct ps_plan *plan)
{
	return atomic_load_explicit(&plan->open_most, memory_order_relaxed);
}
