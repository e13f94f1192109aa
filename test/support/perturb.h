/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * perturb.h - PERTURB=1: threads run in orders that a quiet machine never shows. Each source of the library includes
 * this first, and from then on may yield or sleep before and after each atomic access, before it takes a lock, after it
 * releases one, and around each load and store of a ring's words.
 *
 * Mostly nothing happens, so that threads still meet. A yield shifts a thread by one turn; a sleep lets all others
 * finish whatever they are at. PS_SEED does not choose when, since a schedule could not be repeated with it anyway.
 *
 * It needs gcc, whose __atomic_* functions take _Atomic objects.
 */
#ifndef TEST_PERTURB_H
#define TEST_PERTURB_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

static __thread uint64_t perturb_state;

__attribute__((noinline, unused)) static void perturb(void)
{
	static const struct timespec rests[4] = { { 0, 1 }, { 0, 20000 }, { 0, 200000 }, { 0, 2000000 } };
	uint64_t x = perturb_state;
	struct timespec now;

	if (x == 0) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		x = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15 + (uintptr_t)&perturb_state + 1;
	}
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	perturb_state = x;
	if ((x >> 40) % 64 == 0)
		sched_yield();
	else if ((x >> 40) % 509 == 1)
		nanosleep(&rests[(x >> 20) % 4], NULL);
}

/* What comes between two calls of it is evaluated once, and its value is the expression's. */
#define PERTURBED(expression) \
	__extension__({ \
		perturb(); \
		__auto_type perturb_result = (expression); \
		perturb(); \
		perturb_result; \
	})
#define PERTURBED_VOID(statement) \
	__extension__({ \
		perturb(); \
		statement; \
		perturb(); \
	})

/* By the names of the compiler, which lib/queue/ring.c uses for the ring's own words, too. */
#define __atomic_load_n(p, order) PERTURBED(__atomic_load_n(p, order))
#define __atomic_store_n(p, value, order) PERTURBED_VOID(__atomic_store_n(p, value, order))
#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub_explicit
#undef atomic_compare_exchange_weak_explicit
#undef atomic_compare_exchange_strong_explicit
#undef atomic_thread_fence
#define atomic_load_explicit(p, order) __atomic_load_n(p, order)
#define atomic_store_explicit(p, value, order) __atomic_store_n(p, value, order)
#define atomic_exchange_explicit(p, value, order) PERTURBED(__atomic_exchange_n(p, value, order))
#define atomic_fetch_add_explicit(p, value, order) PERTURBED(__atomic_fetch_add(p, value, order))
#define atomic_fetch_sub_explicit(p, value, order) PERTURBED(__atomic_fetch_sub(p, value, order))
#define atomic_compare_exchange_weak_explicit(p, expected, value, order, otherwise) \
	PERTURBED(__atomic_compare_exchange_n(p, expected, value, 1, order, otherwise))
#define atomic_compare_exchange_strong_explicit(p, expected, value, order, otherwise) \
	PERTURBED(__atomic_compare_exchange_n(p, expected, value, 0, order, otherwise))
#define atomic_thread_fence(order) PERTURBED_VOID(__atomic_thread_fence(order))

#define pthread_mutex_lock(mutex) PERTURBED(pthread_mutex_lock(mutex))
#define pthread_mutex_unlock(mutex) PERTURBED(pthread_mutex_unlock(mutex))

#endif
