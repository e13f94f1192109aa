/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * news.c - when the caller is told that there is something for it, in a pool.
 *
 * The caller of a search in a pool does nothing but wait for items. To wake it for each file would cost more than to
 * search the file. So after it was told, it is told again only after GAP, unless the turn ends before. What comes first
 * is told at once; and so is everything while steps take long, since the next look at the clock comes after a step.
 *
 * `owed` is stored after what there is to tell, and each worker looks at it before it ends its turn, the one that has
 * stored it at the latest: so nothing stays untold while no worker has a turn.
 */
#include "search.h"

#include "../base/clock.h"

#define GAP UINT64_C(1000000)      /* nanoseconds */
#define SLOW_STEP UINT64_C(300000) /* likewise */

static void ring_now(struct ps_news *news, struct ps_doorbell *caller, uint64_t now)
{
	/* relaxed: a hint */
	atomic_store_explicit(&news->told_at, now, memory_order_relaxed);
	ps_doorbell_hand_over(caller);
}

static bool is_time(const struct ps_news *news, uint64_t now)
{
	return atomic_load_explicit(&news->slow, memory_order_relaxed) ||
	       now - atomic_load_explicit(&news->told_at, memory_order_relaxed) >= GAP;
}

void ps_news_tell(struct ps_news *news, struct ps_doorbell *caller)
{
	uint64_t now = ps_time();

	if (is_time(news, now))
		ring_now(news, caller, now);
	else
		/* release, pairs with the exchange below: what there is to tell comes before it */
		atomic_store_explicit(&news->owed, true, memory_order_release);
}

void ps_news_end(struct ps_news *news, struct ps_doorbell *caller)
{
	if (atomic_load_explicit(&news->owed, memory_order_relaxed) &&
	    atomic_exchange_explicit(&news->owed, false, memory_order_acq_rel))
		ring_now(news, caller, ps_time());
}

void ps_news_step(struct ps_news *news, struct ps_doorbell *caller, uint64_t now, uint64_t took)
{
	bool slow = took >= SLOW_STEP;

	if (atomic_load_explicit(&news->slow, memory_order_relaxed) != slow)
		atomic_store_explicit(&news->slow, slow, memory_order_relaxed);
	if (atomic_load_explicit(&news->owed, memory_order_relaxed) && is_time(news, now))
		ps_news_end(news, caller);
}
