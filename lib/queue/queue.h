/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue.h - how batches get from the workers to the caller, and who waits for
 * what on the way.
 *
 * Each file, or part of one, with something to deliver takes a ring (outlet) from a fixed pool:
 * one worker produces, the caller consumes. Three things are bounded: the
 * rings, the items in each, and the bytes in all of them. A producer waits
 * where one of them is used up.
 *
 * The head of the order must always be able to go on, or the caller would wait
 * for a producer that waits for the caller. So a part of each bound is kept
 * for it:
 *   Q1  The last free ring is for the head.
 *   Q2  The last batch's worth of bytes is for the head; and an item larger
 *       than the whole budget may pass once its own ring is empty. So bytes
 *       queued never exceed max_queued_bytes by more than one item.
 *   Q3  A producer whose claim becomes the head is woken, and checks its bounds again.
 * With SEARCH_RESULT_UNORDERED the caller waits for the file in front, whichever it
 * is: for Q2 and Q3 that is the head. A file that nobody waits for yet may
 * pass with a large item when nothing else is queued; so there may be two such
 * items, and a third in the caller's hand.
 *
 * Waiting. Everybody who waits has a bell (an event count): listen, look, and
 * wait for a ring since the listening. Who changes something rings after the
 * change, so no wake-up is lost; ringing costs a system call only while
 * somebody waits. What is rung for:
 *   caller    a batch in the ring in front, the head moved to a ring or to the
 *             end, sources wanted, cancelled, a deadline or a failure
 *   producer  its ring is half empty again; a quarter of the rings or half of the bytes are
 *             free and it waits for that; its claim has become the head; there
 *             is something to claim; the end
 */
#ifndef PS_QUEUE_H
#define PS_QUEUE_H

#include "../base/base.h"
#include "../base/clock.h"
#include "batch.h"

#include <ck_ec.h>
#include <pthread.h>
#include <stdatomic.h>

/* --- event_count.c: a place for one thread to wait at --- */

struct ps_bell {
	struct ck_ec32 count;
};

#define PS_NO_DEADLINE UINT64_MAX

void ps_bell_init(struct ps_bell *bell);

/* What to pass to ps_bell_wait; call it before looking whether to wait. */
uint32_t ps_bell_listen(const struct ps_bell *bell);

/* Waits until the bell was rung since `heard`, or until the deadline: false. */
bool ps_bell_wait(struct ps_bell *bell, uint32_t heard, uint64_t deadline);

/* Any thread; async-signal-safe. */
void ps_bell_ring(struct ps_bell *bell);

/*
 * Rings, and lets a thread that waits go first: it may have been woken on our processor,
 * where it would wait for our time slice to end. Not for signal handlers.
 */
void ps_bell_hand_over(struct ps_bell *bell);

/* --- notifier.c: the caller's bell, which can also be a descriptor --- */

struct ps_doorbell {
	struct ps_bell bell;
	_Atomic int fd;       /* written to; -1: none. The caller stores, who rings loads */
	int read_fd;          /* [U] what the host polls; the same as fd for an eventfd */
	bool is_socket;       /* [C] before fd is stored */
	_Atomic bool armed;   /* the descriptor is not readable, and the next ring makes it so */
};

void ps_doorbell_init(struct ps_doorbell *door);
void ps_doorbell_destroy(struct ps_doorbell *door);
void ps_doorbell_ring(struct ps_doorbell *door); /* any thread; async-signal-safe */
void ps_doorbell_hand_over(struct ps_doorbell *door); /* any thread; see ps_bell_hand_over */

/* The descriptor, made by the first call and readable at first; or -errno. */
int ps_doorbell_fd(struct ps_doorbell *door, bool as_socket);

/* Nothing is ready: makes the descriptor unreadable until the next ring. Look again after it. */
void ps_doorbell_arm(struct ps_doorbell *door);

/* Something was ready after all: readable again. */
void ps_doorbell_disarm(struct ps_doorbell *door);

/* --- ring.c: the outlets --- */

struct ps_queue;
struct ps_outlet;

/* Somebody who pushes batches: a worker's part of the queue. */
struct ps_producer {
	struct ps_bell bell;
	_Atomic uint32_t wants;  /* enum ps_want; the producer stores, the caller loads */
	const _Atomic bool *head; /* [C] its claim is the head (struct ps_holder) */
	const _Atomic bool *stop; /* [C] the search is over: do not wait */
	struct ps_queue *queue;  /* [C] */
	void (*blocked)(struct ps_producer *producer, bool blocked); /* [C] it begins to wait, or has
	                                                                waited; NULL: nobody asks */
};

enum ps_want { PS_WANT_NOTHING, PS_WANT_RING, PS_WANT_BYTES };

struct ps_queue_options {
	uint32_t max_items;   /* per outlet, a batch in the caller's hand included */
	uint64_t max_bytes;   /* of all */
	uint32_t rings;       /* at least 2 */
	bool unordered;       /* every ring in use is drained sooner or later: Q1 is moot */
	struct ps_producer **producers; /* [C] who may wait: an array that outlives the queue */
	uint32_t producer_count;
	struct ps_doorbell *caller;
};

int ps_queue_new(struct ps_queue **out, const struct ps_queue_options *options);
void ps_queue_free(struct ps_queue *queue); /* with all batches in it; NULL is fine */

/* How large a batch may be, so that the bounds hold. */
size_t ps_queue_batch_items(const struct ps_queue *queue);
size_t ps_queue_batch_bytes(const struct ps_queue *queue);

/* Producer: a ring. NULL: the search is over. Waits. */
struct ps_outlet *ps_outlet_take(struct ps_producer *producer);

/*
 * Producer: pushes a batch, which is then the caller's. False: the search is
 * over, the batch is still the producer's. Waits for bytes and for room.
 */
bool ps_outlet_push(struct ps_outlet *outlet, struct ps_producer *producer, struct ps_batch *batch);

/* Caller: this outlet is in front; its producer rings for each batch from now on. */
void ps_outlet_front(struct ps_outlet *outlet);

/* Caller: the next batch, or NULL when there is none at the moment. */
struct ps_batch *ps_outlet_pop(struct ps_outlet *outlet);

/* Caller: done with a batch that came from this outlet. */
void ps_outlet_release(struct ps_outlet *outlet, struct ps_batch *batch);

/* Caller: the outlet goes back to the pool. It is empty, and its producer has let go of it. */
void ps_outlet_give_back(struct ps_outlet *outlet);

/* Outlet i of the pool, or NULL behind the last: for the owner's cleaning up. */
struct ps_outlet *ps_queue_outlet(const struct ps_queue *queue, uint32_t i);

/* PS_OUTLET_USER bytes in an outlet for its owner, zeroed once; and back again. */
#define PS_OUTLET_USER 64
void *ps_outlet_user(struct ps_outlet *outlet);
struct ps_outlet *ps_outlet_of(void *user);

/* Batches for reuse. NULL when memory is out. */
struct ps_batch *ps_queue_batch(struct ps_queue *queue);
void ps_queue_recycle(struct ps_queue *queue, struct ps_batch *batch);

uint64_t ps_queue_most_items(const struct ps_queue *queue);
uint64_t ps_queue_most_bytes(const struct ps_queue *queue);

/* --- threads.c --- */

struct ps_thread {
	pthread_t id;
	bool running;
	/* Read by the thread, and so written before it exists: */
	unsigned number;
	void *(*run)(void *argument);
	void *argument;
};

/* Starts `run(argument)` with all signals blocked, as psearch/N. 0, or an errno. */
int ps_thread_start(struct ps_thread *thread, unsigned number, void *(*run)(void *), void *argument);
void ps_thread_join(struct ps_thread *thread); /* nothing for one that is not running */

/* How many CPUs this process may use: at least 1. */
unsigned ps_cpu_count(void);

#endif
