/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * share.h - an amount of something, descriptors or bytes, of which several searches take and give back.
 *
 * Nobody waits for a share: a search that gets nothing goes without. That is why a search may in any case have the little
 * that its next item needs, beyond the limit.
 */
#ifndef PS_SHARE_H
#define PS_SHARE_H

#include "base.h"

#include <stdatomic.h>

/* All relaxed: counters, which order nothing. */
struct ps_share {
	uint64_t limit;        /* [C] */
	_Atomic uint64_t used;
	_Atomic uint64_t most; /* at once, so far */
};

static inline void ps_share_init(struct ps_share *share, uint64_t limit)
{
	share->limit = limit;
	atomic_init(&share->used, 0);
	atomic_init(&share->most, 0);
}

static inline uint64_t ps_share_used(const struct ps_share *share)
{
	return atomic_load_explicit(&share->used, memory_order_relaxed);
}

/* Is there this much left? Of NULL, as of all calls below: there is no limit, and nothing to count. */
static inline bool ps_share_has(const struct ps_share *share, uint64_t amount)
{
	uint64_t used = share != NULL ? ps_share_used(share) : 0;

	return share == NULL || (used <= share->limit && amount <= share->limit - used);
}

static inline void ps_share_note_most(struct ps_share *share, uint64_t used)
{
	uint64_t most = atomic_load_explicit(&share->most, memory_order_relaxed);

	while (used > most && !atomic_compare_exchange_weak_explicit(&share->most, &most, used, memory_order_relaxed,
								     memory_order_relaxed))
		;
}

/* Takes it, whether or not it is there. */
static inline void ps_share_charge(struct ps_share *share, uint64_t amount)
{
	uint64_t before;

	if (share == NULL)
		return;
	before = atomic_fetch_add_explicit(&share->used, amount, memory_order_relaxed);
	ps_share_note_most(share, before + amount);
}

/* Takes it if it is there. */
static inline bool ps_share_take(struct ps_share *share, uint64_t amount)
{
	uint64_t used = share != NULL ? ps_share_used(share) : 0;

	if (share == NULL)
		return true;
	do {
		if (used > share->limit || amount > share->limit - used)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&share->used, &used, used + amount, memory_order_relaxed,
							memory_order_relaxed));
	ps_share_note_most(share, used + amount);
	return true;
}

static inline void ps_share_give_back(struct ps_share *share, uint64_t amount)
{
	uint64_t before;

	if (share == NULL)
		return;
	before = atomic_fetch_sub_explicit(&share->used, amount, memory_order_relaxed);
	PS_ASSERT(before >= amount);
	(void)before;
}

#endif
