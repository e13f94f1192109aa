/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue.h - how batches get from the workers to the caller, and how threads wait for each other.
 *
 * Each file, or part of one, that has something to deliver takes a ring (an outlet) from a fixed pool. One worker
 * pushes batches into it, and the caller pops them:
 *
 *	producer   ps_queue_batch(), fills it; ps_outlet_take() if it is the file's first; ps_outlet_push()
 *	caller     ps_outlet_front(); then for each batch ps_outlet_pop(), ps_outlet_release(); after the file's last
 *	           batch ps_outlet_give_back()
 *
 * Three things are bounded: the rings, the items in each ring, and the bytes in all of them. A producer that finds one
 * of them used up waits. The head of the order must always be able to go on; otherwise the caller would wait for a
 * producer that waits for the caller. So a part of each bound is kept for the head:
 *   Q1  The last free ring is taken only for the head.
 *   Q2  The last batch's worth of bytes is used only for the head. An item larger than the whole budget may pass
 *       once its own ring is empty. So the bytes queued exceed max_queued_bytes by at most one item.
 *   Q3  A producer whose claim becomes the head is woken, and checks its bounds again.
 * In a pool, max_queued_bytes is at most what the pool allows for all of its searches, divided by their number; and all
 * but the head leave what others have queued beyond that. Nobody waits for another search's bytes.
 * With SEARCH_RESULT_UNORDERED Q1 does not apply, as every ring in use is drained sooner or later. For Q2 and Q3 the
 * head is then the file in front, whichever that is. A file that is not in front may pass when nothing else is queued,
 * with a large item, or with a batch for which other searches have left nothing; so there may be two such items, and a
 * third in the caller's hand.
 *
 * Waiting. Every thread that waits has a bell, an event count:
 *
 *	the thread that waits                            the thread that changes something
 *	1  heard = ps_bell_listen(bell);                 1  changes it
 *	2  looks whether it has to wait                  2  ps_bell_ring(bell);
 *	3  ps_bell_wait(bell, heard, deadline);
 *
 * If the look comes too early to see the change, the ring comes after the listening, and the wait returns at once. So
 * no wake-up is lost, and nobody polls. A ring costs a system call only while somebody sleeps. Even so most changes
 * ring nobody: some word says whether anybody waits. That word is stored before the look and loaded after the change,
 * all of it seq_cst, so at least one of the two threads sees what the other has stored.
 *
 * The words that are shared without a lock, here and in the rooms plan, search, pool, warm, pattern and onig. U: the caller's
 * thread. P: the ring's producer. T: any thread of the search. X: any thread at all, and signal handlers. L: the holder
 * of plan->lock; of the words of a pool, that of pool->lock. In a pool to wake a worker is to make its job ready.
 *
 * word               writer     reader  order    pairs with                                  who is woken
 * -----------------  ---------  ------  -------  ------------------------------------------  ------------------------
 * bell.count         X adds     owner   rel/acq  the change that it is rung for              the bell's owner
 * door.fd            U          X       rel/acq  door.is_socket, stored before it            -
 * door.armed         U sets,    X       seq_cst  the change that the doorbell is rung for:   the host that polls
 *                    X clears                    armed before the caller's last look
 * door.writers       X adds     U       seq_cst  .armed: raised before it is cleared         -
 *
 * outlet.pushed      P          U       seq_cst  .front: each stores its own, then loads     U, if the ring is in front
 *                                                the other's. And .popped, in the same way
 * outlet.front       U          P       seq_cst  .pushed; unordered: Q2's bound              P, for Q3, if unordered
 * outlet.popped      U          P       seq_cst  .pushed; and .items, which goes down first  P, if half of the ring is
 *                                                                                            left
 * outlet.released    U          P       seq_cst  .wants, queue.waiting                       all P that want bytes, if
 *                                                                                            it reaches .pushed
 * outlet.items       P adds, U  P       seq_cst  .popped: the sum stays within               -
 *                    subtracts                   max_queued_matches
 * outlet.ring        P, U       U, P    rel/acq  the slots, and what the batches contain     as .pushed, .popped
 * outlet.producer    P          U       plain    plan->lock: ps_plan_attach publishes it     -
 * producer.wants     P          U       seq_cst  what it wants: stored before P's look,      P
 *                                                loaded after U has freed something
 * queue.waiting      P adds     U       seq_cst  the same: at 0 there is no .wants to load   -
 * queue.bytes        P adds, U  P, U    seq_cst  .wants, queue.waiting                       all P that want bytes, if
 *                    subtracts                                                               half are free
 * queue.most_items,  T raises   X       relaxed  nothing: statistics                         -
 * .most_bytes
 *
 * lock.owner         holder     T       relaxed  nothing: only debug builds have it          -
 * holder.head        L          holder  rel/acq  what is kept for the head: Q1, Q2,          the holder, for Q3
 *                                                descriptors
 * holder.idle        L sets,    holder  acq_rel  what there is to claim                      the holder
 *                    T clears
 * run.cut            U          T       relaxed  nothing: a hint                             -
 * plan.hungry        L          U       relaxed  nothing: a hint                             U, through its bell
 * plan.no_openat2    T          T       relaxed  nothing: what the system can do             -
 * plan.unreserved    T clears   T       relaxed  nothing: the thread that clears it goes on  -
 * plan.open_now,     T          T       relaxed  nothing: counters; but ps_fds_close takes   as plan.closed
 * .fd_limit, .lacks,                             .open_now down before it raises .closed
 * .calm
 * plan.open_most     T raises   X       relaxed  nothing: statistics                         -
 * plan.closed        T adds     T       seq_cst  .fd_starved: each stores its own, then      the first that waits for a
 *                                                loads the other's                           descriptor, and the head
 * plan.fd_starved    T          T       seq_cst  .closed, .blocked, .held                    -
 * plan.blocked,      T adds     T       seq_cst  each other: of the threads that stop        the head if it waits for a
 * .fd_waiting,                                   working, the last sees all others           descriptor; U, if
 * .held                                                                                      unordered
 *
 * ending.stop        U          T       seq_cst  .stop_fd: each stores its own, then loads   workers; waits for streams
 * ending.canceled    X          T       seq_cst  the other's. Workers load with acquire      U; waits for streams
 * ending.expired,    T          T       seq_cst                                              U; waits for streams
 * .failure
 * ending.stop_fd     T, once    X       seq_cst  the four above                              waits for streams, if the
 *                                                                                            search is over
 * expression.regex,  T, once,   T       rel/acq  what Oniguruma has compiled                 -
 * .ending_regex      under its
 *                    lock
 * property_is_word   X          X       relaxed  nothing: all threads store the same         -
 * counters.*         owner      X       relaxed  nothing: statistics                         -
 * news.owed          T, U       T       rel/acq  what there is to tell the caller; looked at     U, when the turn ends
 *                                                before a turn ends                              or before
 * news.told_at,      T          T       relaxed  nothing: hints when to tell it              -
 * .slow
 * pool.pressing      L          T       relaxed  nothing: a hint to end a turn               -
 * pool               L          T       relaxed  nothing: a hint                             an idle thread, if the
 * .next_deadline                                                                             deadline is earlier
 * pool.short_count   L          T       seq_cst  plan.closed, .open_now: raised before the   the first job that waits
 *                                                last try to open, loaded after a close      for a descriptor
 * share.used         T          X       relaxed  nothing: a counter; nobody waits for it     -
 * share.most         T raises   X       relaxed  nothing: statistics                         -
 * shares.clients     X          X       relaxed  nothing: a hint; by how many is divided     -
 * search.started     T          X       relaxed  nothing: statistics                         -
 * search.failed      T          U       relaxed  nothing: a hint; U is woken after it        U, if no thread is left
 * search.entered     U          U       relaxed  nothing: a check of debug builds            -
 * tree.users,        X          X       acq_rel  what the others wrote, when the last frees  -
 * kept.references
 * tree.token         X adds     T       rel/acq  what is told, or watched, before it; loaded -
 *                                                before the system is asked
 * tree.epoch         X          T       rel/acq  the token, which grows before it            -
 * tree.begun, .full, X          X       relaxed  nothing: hints when memory is tried again   -
 * .signatures_full
 * tree.cancels       X adds     X       relaxed  nothing: who learns looks at it             -
 * tree.overflows     X adds     X       relaxed  nothing: statistics, and the tree's others  -
 * trace.*            X          -       relaxed  nothing: a trace of debug builds            -
 *
 * The models in test/model have these words (test/README.md):
 *
 *	bell.pml      bell.count
 *	doorbell.pml  door.fd, .armed, .writers
 *	ring.pml      outlet.pushed, .front, .popped, .items, .ring, ending.stop
 *	bytes.pml     outlet.pushed, .released, queue.bytes, .waiting, producer.wants, holder.head
 *	rings.pml     queue.waiting, producer.wants, outlet.producer, holder.head
 *	plan.pml      holder.head, .idle, ending.stop, .canceled
 *	descriptors.pml  plan.closed, .fd_starved, .fd_waiting, .blocked, .held, .open_now, .fd_limit, holder.head
 *	ending.pml    ending.stop, .canceled, .failure, .stop_fd
 *	file_wait.pml  pool.short_count
 *
 * test/model/weak.txt has two threads for each pair above whose order decides whether a wake-up is lost, also for
 * news.owed. No model has tree.users, kept.references, tree.token, tree.epoch, expression.regex and .ending_regex, for
 * which nobody waits.
 */
#ifndef PS_QUEUE_H
#define PS_QUEUE_H

#include "../base/base.h"
#include "../base/clock.h"
#include "../base/share.h"
#include "../base/trace.h"
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

/* Returns what to pass to ps_bell_wait(). Call it before the look. */
uint32_t ps_bell_listen(const struct ps_bell *bell);

/* Waits until the bell has been rung since `heard`. False: the deadline came first. */
bool ps_bell_wait(struct ps_bell *bell, uint32_t heard, uint64_t deadline);

/* Any thread; async-signal-safe. */
void ps_bell_ring(struct ps_bell *bell);

/*
 * Rings, and lets the thread that waits run first: it may have been woken on our processor, where it would wait for the
 * end of our time slice. Not for signal handlers.
 */
void ps_bell_hand_over(struct ps_bell *bell);

/* --- notifier.c: the caller's bell, which can also be a descriptor --- */

struct ps_doorbell {
	struct ps_bell bell;
	_Atomic int fd;       /* what a ring writes to; -1: none. The caller stores, a ring loads */
	int read_fd;          /* [U] what the host polls; the same as fd for an eventfd */
	bool is_socket;       /* [C] stored before fd */
	_Atomic bool armed;   /* the descriptor is not readable, and the next ring makes it so */
	_Atomic uint32_t writers; /* threads that may be writing to fd */
};

void ps_doorbell_init(struct ps_doorbell *door);
void ps_doorbell_destroy(struct ps_doorbell *door);
void ps_doorbell_ring(struct ps_doorbell *door); /* any thread; async-signal-safe */
void ps_doorbell_hand_over(struct ps_doorbell *door); /* any thread; see ps_bell_hand_over */

/* Returns the descriptor, or -errno. The first call makes it; it is readable then. */
int ps_doorbell_fd(struct ps_doorbell *door, bool as_socket);

/* Nothing is ready: makes the descriptor unreadable until the next ring. Look again after this. */
void ps_doorbell_arm(struct ps_doorbell *door);

/*
 * Closes the descriptor while others may still ring. The caller's thread; it does not arm any more. When it returns,
 * nobody writes to the descriptor.
 */
void ps_doorbell_close(struct ps_doorbell *door);

/* Something was ready after all: readable again. */
void ps_doorbell_disarm(struct ps_doorbell *door);

/* --- ring.c: the outlets --- */

struct ps_queue;
struct ps_outlet;

/* A thread that pushes batches: a worker's part of the queue. */
struct ps_producer {
	struct ps_bell bell;
	_Atomic uint32_t wants;  /* enum ps_want; the producer stores, the caller loads */
	const _Atomic bool *head; /* [C] its claim is the head (struct ps_holder) */
	const _Atomic bool *stop; /* [C] the search is over: do not wait */
	struct ps_queue *queue;  /* [C] */
	/* [C] Called before it waits (true) and after (false); or NULL. */
	void (*blocked)(struct ps_producer *producer, bool blocked);
	/*
	 * [C] NULL: it waits at its bell. Otherwise it does not wait: it parks, and this is called in place of ringing.
	 */
	void (*wake)(struct ps_producer *producer);
	/* [C] NULL: the caller's doorbell is rung for each batch that it may wait for. Otherwise this is called instead. */
	void (*tell)(struct ps_producer *producer);
	bool parked;             /* its last call has failed, because it would have had to wait: to be called again */
};

enum ps_want { PS_WANT_NOTHING, PS_WANT_RING, PS_WANT_BYTES };

struct ps_queue_options {
	uint32_t max_items;   /* per outlet, a batch in the caller's hand included */
	uint64_t max_bytes;   /* of all */
	uint32_t rings;       /* at least 2 */
	bool unordered;       /* every ring in use is drained sooner or later: Q1 is moot */
	struct ps_producer **producers; /* [C] all that may wait: an array that outlives the queue */
	uint32_t producer_count;
	struct ps_doorbell *caller;
	struct ps_share *bytes; /* what the searches of a pool may have queued together; NULL: there is no pool */
	const _Atomic uint32_t *sharers; /* and how many searches that are */
#ifdef PS_DEBUG
	struct ps_trace *trace; /* [C] or NULL */
#endif
};

int ps_queue_new(struct ps_queue **out, const struct ps_queue_options *options);
void ps_queue_free(struct ps_queue *queue); /* with all batches in it; NULL is fine */

/* How large a batch may be, so that the bounds hold. */
size_t ps_queue_batch_items(const struct ps_queue *queue);
size_t ps_queue_batch_bytes(const struct ps_queue *queue);

/* Rings the producer's bell, or what it has in place of one. Any thread. */
static inline void ps_producer_ring(struct ps_producer *producer)
{
	if (producer->wake != NULL)
		producer->wake(producer);
	else
		ps_bell_ring(&producer->bell);
}

/* Producer: takes a ring; waits for it. NULL: the search is over, or the producer has parked. */
struct ps_outlet *ps_outlet_take(struct ps_producer *producer);

/*
 * Producer: pushes a batch, which then belongs to the caller; waits for bytes and for room. False: the search is over,
 * or the producer has parked; the batch still belongs to it.
 */
bool ps_outlet_push(struct ps_outlet *outlet, struct ps_producer *producer, struct ps_batch *batch);

/* Caller: this outlet is in front; its producer rings for each batch from now on. */
void ps_outlet_front(struct ps_outlet *outlet);

/* Producer: is it in front? If it comes there later, and the results are unordered, the producer is rung. */
bool ps_outlet_is_front(const struct ps_outlet *outlet);

/* Caller: takes the next batch. NULL: there is none at the moment. */
struct ps_batch *ps_outlet_pop(struct ps_outlet *outlet);

/* Caller: done with a batch that came from this outlet. */
void ps_outlet_release(struct ps_outlet *outlet, struct ps_batch *batch);

/* Caller: puts the outlet back into the pool. Its last batch is released, so the producer has let go of it. */
void ps_outlet_give_back(struct ps_outlet *outlet);

/* Returns outlet i of all, or NULL after the last one: so that the owner can clean up. */
struct ps_outlet *ps_queue_outlet(const struct ps_queue *queue, uint32_t i);

/* Bytes in an outlet that the owner of the queue uses, zeroed once; and the outlet that they are in. */
#define PS_OUTLET_USER 64
void *ps_outlet_user(struct ps_outlet *outlet);
struct ps_outlet *ps_outlet_of(void *user);

/* Takes a batch from the pool, or makes one; NULL if out of memory. Puts one back. */
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
