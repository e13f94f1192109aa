/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h - a mutex that knows in debug builds which thread holds it, for assertions.
 */
#ifndef PS_LOCK_H
#define PS_LOCK_H

#include "base.h"

#include <pthread.h>
#include <stdatomic.h>

struct ps_lock {
	pthread_mutex_t mutex;
#ifdef PS_DEBUG
	_Atomic uintptr_t owner; /* relaxed: only whether it is the thread that asks; 0: nobody holds it */
#endif
};

/* Does this thread hold it? Only for PS_ASSERT. */
static inline bool ps_lock_is_held(const struct ps_lock *lock)
{
#ifdef PS_DEBUG
	return atomic_load_explicit(&lock->owner, memory_order_relaxed) == (uintptr_t)pthread_self();
#else
	(void)lock;
	return true;
#endif
}

static inline void ps_lock_take(struct ps_lock *lock)
{
	PS_ASSERT(!ps_lock_is_held(lock));
	pthread_mutex_lock(&lock->mutex);
#ifdef PS_DEBUG
	atomic_store_explicit(&lock->owner, (uintptr_t)pthread_self(), memory_order_relaxed);
#endif
}

static inline void ps_lock_release(struct ps_lock *lock)
{
	PS_ASSERT(ps_lock_is_held(lock));
#ifdef PS_DEBUG
	atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
#endif
	pthread_mutex_unlock(&lock->mutex);
}

#endif
