/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.c - outlets: bounded single-producer single-consumer rings of batches.
 *
 * The ring is ck_ring. A mutex and a queue would do the same; bench/ring.c measures both.
 *
 * `pushed` and `front` decide whether the producer rings the caller's bell. The producer stores `pushed` and then loads
 * `front`; the caller stores `front` and then loads `pushed`; all of it is seq_cst. So either the caller sees the
 * batch, or the producer sees that the caller waits for it.
 *
 * `pushed` and `popped` decide in the same way whether the caller rings a producer that waits for room. The producer
 * stores `pushed` and then loads `popped`; the caller stores `popped` and then loads `pushed`. So while
 * a producer waits at a full ring, the caller sees its count fall by one at a time, and cannot miss the half at which
 * it rings.
 */
#include "queue.h"

#include <stdlib.h>
#include <string.h>

/*
 * ck_ring's own accesses are inline assembly, which ThreadSanitizer does not see, and on aarch64 its dequeue does not
 * order the load of the slot. These two mend both.
 */
#include <ck_pr.h>
#undef ck_pr_load_uint
#undef ck_pr_store_uint
#define ck_pr_load_uint(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ck_pr_store_uint(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#include <ck_ring.h>

enum {
	SLOTS = 8,                  /* ck_ring holds one less */
	BATCH_BYTES = 32 * 1024,    /* a batch's worth, if the budget allows it */
	SPARE_BATCHES = 160         /* kept for reuse: more than are queued with the usual limit on bytes */
};

struct ps_outlet {
	_Alignas(PS_CACHELINE) unsigned char user[PS_OUTLET_USER]; /* the owner's */
	struct ps_queue *queue;            /* [C] */
	struct ps_outlet *next;            /* in the pool: under its lock */
	struct ps_producer *producer;      /* has taken it; NULL: it is in the pool. The caller reads it */
	_Atomic uint32_t items;            /* queued: the producer adds, the caller takes away */
	_Atomic uint32_t pushed;           /* batches: the producer stores, the caller loads; see above */
	_Atomic bool front;                /* the caller stores, the producer loads; see above */
	_Atomic uint32_t popped;           /* batches: the caller stores, after it has subtracted from
	                                      `items`; the producer loads; see above */
	_Atomic uint32_t released;         /* batches: the caller stores, the producer loads; seq_cst
	                                      with `wants`, as a producer may wait until it reaches `pushed` */
	struct ck_ring ring;
	struct ck_ring_buffer slots[SLOTS];
};

struct ps_queue {
	struct ps_queue_options options; /* [C] */
	uint32_t ring_batches;           /* [C] batches that a ring may hold, */
	size_t batch_items;              /* [C] items that a batch may have, */
	size_t batch_bytes;              /* [C] and about how many bytes */
	struct ps_outlet *outlets;       /* [C] the array; each outlet has owners of its own */

	pthread_mutex_t lock; /* guards the pools; a leaf */
	struct ps_outlet *free;
	uint32_t free_count;
	struct ps_batch *spare;
	uint32_t spare_count;

	_Atomic uint64_t bytes;      /* queued: producers add, the caller takes away; seq_cst with `waiting` */
	_Atomic uint32_t waiting;    /* producers that wait for a ring or for bytes */
	_Atomic uint64_t most_items; /* high-water marks; relaxed */
	_Atomic uint64_t most_bytes;
};

/* --- sizes --- */

/*
 * A ring of r batches of b items holds at most r * b + b - 1 items: one more batch is in the caller's hand, and its
 * first item is delivered.
 */
static void choose_sizes(struct ps_queue *queue)
{
	size_t max = queue->options.max_items;
	size_t items = ps_max((max + 1) / SLOTS, 1);
	size_t batches = (max + 1 - items) / items;

	queue->batch_items = items;
	queue->ring_batches = (uint32_t)ps_max(ps_min(batches, SLOTS - 1), 1);
	queue->batch_bytes = (size_t)ps_min64(BATCH_BYTES, queue->options.max_bytes / 8);
}

size_t ps_queue_batch_items(const struct ps_queue *queue)
{
	return queue->batch_items;
}

size_t ps_queue_batch_bytes(const struct ps_queue *queue)
{
	return queue->batch_bytes;
}

static void raise_mark(_Atomic uint64_t *mark, uint64_t value)
{
	uint64_t most = atomic_load_explicit(mark, memory_order_relaxed);

	while (value > most &&
	       !atomic_compare_exchange_weak_explicit(mark, &most, value, memory_order_relaxed,
						      memory_order_relaxed))
		;
}

uint64_t ps_queue_most_items(const struct ps_queue *queue)
{
	return atomic_load_explicit(&queue->most_items, memory_order_relaxed);
}

uint64_t ps_queue_most_bytes(const struct ps_queue *queue)
{
	return atomic_load_explicit(&queue->most_bytes, memory_order_relaxed);
}

/* --- waiting --- */

/* acquire, pairs with the plan's release when it makes the head */
static bool is_head_producer(const struct ps_producer *producer)
{
	return producer->queue->options.unordered ||
	       atomic_load_explicit(producer->head, memory_order_acquire);
}

static bool is_search_stopped(const struct ps_producer *producer)
{
	return atomic_load_explicit(producer->stop, memory_order_acquire);
}

/* What the producer wants is there for others to see before it looks for the last time. All seq_cst. */
static void announce_wait(struct ps_producer *producer, enum ps_want want)
{
	atomic_store_explicit(&producer->wants, want, memory_order_seq_cst);
	atomic_fetch_add_explicit(&producer->queue->waiting, 1, memory_order_seq_cst);
	if (producer->blocked != NULL)
		producer->blocked(producer, true);
	PS_TRACE(producer->queue->options.trace, "wait for a ring, room or bytes", producer, want);
}

static void end_wait(struct ps_producer *producer)
{
	PS_TRACE(producer->queue->options.trace, "has waited", producer, 0);
	if (producer->blocked != NULL)
		producer->blocked(producer, false);
	atomic_fetch_sub_explicit(&producer->queue->waiting, 1, memory_order_seq_cst);
	atomic_store_explicit(&producer->wants, PS_WANT_NOTHING, memory_order_seq_cst);
}

/*
 * Waits until `ready(producer, what)` is true, or until the search is over: false. `want` tells the caller which
 * producers to ring. A producer that parks returns false in place of waiting, and its wait goes on until it calls
 * again.
 */
static bool wait_until(struct ps_producer *producer, enum ps_want want,
		       bool (*ready)(struct ps_producer *producer, void *what), void *what)
{
	bool ok;

	if (producer->parked)
		end_wait(producer);
	producer->parked = false;
	if (ready(producer, what))
		return true;
	announce_wait(producer, want);
	for (;;) {
		uint32_t heard = ps_bell_listen(&producer->bell);

		ok = ready(producer, what);
		if (ok || is_search_stopped(producer))
			break;
		if (producer->wake != NULL) {
			producer->parked = true;
			return false;
		}
		ps_bell_wait(&producer->bell, heard, PS_NO_DEADLINE);
	}
	end_wait(producer);
	return ok;
}

/* Caller: rings the producers that wait for what has become free. */
static void ring_producers(struct ps_queue *queue, enum ps_want want)
{
	if (atomic_load_explicit(&queue->waiting, memory_order_seq_cst) == 0)
		return;
	for (uint32_t i = 0; i < queue->options.producer_count; i++)
		if (atomic_load_explicit(&queue->options.producers[i]->wants, memory_order_seq_cst) == want) {
			PS_TRACE(queue->options.trace, "ring", queue->options.producers[i], want);
			ps_producer_ring(queue->options.producers[i]);
		}
}

/* --- outlets --- */

/* Q1: only the head takes the last ring. */
static bool take_ring(struct ps_producer *producer, void *what)
{
	struct ps_queue *queue = producer->queue;
	struct ps_outlet **taken = what, *outlet = NULL;

	pthread_mutex_lock(&queue->lock);
	if (queue->free_count > 1 || (queue->free_count == 1 && is_head_producer(producer))) {
		outlet = queue->free;
		queue->free = outlet->next;
		queue->free_count--;
		PS_ASSERT((queue->free == NULL) == (queue->free_count == 0));
		PS_ASSERT(queue->free_count > 0 || is_head_producer(producer)); /* Q1 */
	}
	pthread_mutex_unlock(&queue->lock);
	*taken = outlet;
	return outlet != NULL;
}

struct ps_outlet *ps_outlet_take(struct ps_producer *producer)
{
	struct ps_outlet *outlet = NULL;

	if (!wait_until(producer, PS_WANT_RING, take_ring, &outlet))
		return NULL;
	PS_ASSERT(outlet->producer == NULL);
	PS_TRACE(producer->queue->options.trace, "take", outlet, 0);
	outlet->producer = producer;
	/* relaxed: ps_plan_attach() publishes all of it */
	atomic_store_explicit(&outlet->items, 0, memory_order_relaxed);
	atomic_store_explicit(&outlet->pushed, 0, memory_order_relaxed);
	atomic_store_explicit(&outlet->front, false, memory_order_relaxed);
	atomic_store_explicit(&outlet->popped, 0, memory_order_relaxed);
	atomic_store_explicit(&outlet->released, 0, memory_order_relaxed);
	return outlet;
}

/*
 * At this number of free rings the producers that wait for one are woken. Every ring in use is drained, whether or not
 * others wait, and returns alone, so the count cannot skip this number.
 */
static uint32_t few_free_rings(const struct ps_queue *queue)
{
	return queue->options.rings < 8 ? 2 : queue->options.rings / 4;
}

void ps_outlet_give_back(struct ps_outlet *outlet)
{
	struct ps_queue *queue = outlet->queue;
	uint32_t count;

	PS_ASSERT(outlet->producer != NULL);
	PS_ASSERT(atomic_load_explicit(&outlet->released, memory_order_relaxed) ==
		  atomic_load_explicit(&outlet->pushed, memory_order_relaxed));
	PS_ASSERT(atomic_load_explicit(&outlet->items, memory_order_relaxed) == 0);
	PS_TRACE(queue->options.trace, "give back", outlet, 0);
	outlet->producer = NULL;
	pthread_mutex_lock(&queue->lock);
	outlet->next = queue->free;
	queue->free = outlet;
	count = ++queue->free_count;
	pthread_mutex_unlock(&queue->lock);
	/* waiting producers saw fewer than two: all are rung at a quarter, and at the first free ring, for the head */
	if (count == 1 || count == few_free_rings(queue))
		ring_producers(queue, PS_WANT_RING);
}

struct ps_outlet *ps_queue_outlet(const struct ps_queue *queue, uint32_t i)
{
	return i < queue->options.rings ? &queue->outlets[i] : NULL;
}

void *ps_outlet_user(struct ps_outlet *outlet)
{
	return outlet->user;
}

struct ps_outlet *ps_outlet_of(void *user)
{
	return (struct ps_outlet *)user; /* its first member */
}

/* --- pushing --- */

/* What a producer asks of the budget. */
struct reservation {
	struct ps_outlet *outlet;
	uint64_t bytes;
};

/* The bytes that may be queued: in a pool, at most what is there for each of its searches. */
static uint64_t max_bytes_now(const struct ps_queue *queue)
{
	const struct ps_queue_options *o = &queue->options;
	uint32_t sharers;

	if (o->bytes == NULL)
		return o->max_bytes;
	/* relaxed: a hint */
	sharers = atomic_load_explicit(o->sharers, memory_order_relaxed);
	return ps_max64(ps_min64(o->max_bytes, o->bytes->limit / (sharers > 0 ? sharers : 1)), queue->batch_bytes);
}

/* Q2: all but the head leave a batch's worth of bytes. */
static bool reserve_bytes(struct ps_producer *producer, void *what)
{
	const struct reservation *r = what;
	struct ps_queue *queue = producer->queue;
	uint64_t max = max_bytes_now(queue), now = atomic_load_explicit(&queue->bytes, memory_order_seq_cst);
	uint64_t others = max - queue->batch_bytes;
	/* what others than the head may have queued before there was less for them */
	uint64_t kept = queue->options.max_bytes - queue->batch_bytes;
	bool unordered = queue->options.unordered;
	/* seq_cst, pairs with the store in ps_outlet_front(), which rings after it */
	bool head = unordered ? atomic_load_explicit(&r->outlet->front, memory_order_seq_cst)
			      : is_head_producer(producer);
	bool empty = atomic_load_explicit(&r->outlet->released, memory_order_seq_cst) ==
		     atomic_load_explicit(&r->outlet->pushed, memory_order_relaxed);

	do {
		bool alone = empty && (unordered ? head || now == 0 : head && now <= kept);

		/* others may use all that the pool has, and need not tell us when they give it back */
		if (!head && !alone && !ps_share_has(queue->options.bytes, r->bytes))
			return false;
		if (now + r->bytes > (head ? max : others) && !alone)
			return false;
		PS_ASSERT(unordered || now <= queue->options.max_bytes); /* Q2: at most this item is too much */
	} while (!atomic_compare_exchange_weak_explicit(&queue->bytes, &now, now + r->bytes, memory_order_seq_cst,
							memory_order_seq_cst));
	raise_mark(&queue->most_bytes, now + r->bytes);
	ps_share_charge(queue->options.bytes, r->bytes);
	return true;
}

static bool has_ring_room(struct ps_producer *producer, void *what)
{
	const struct ps_outlet *outlet = what;
	uint32_t pushed = atomic_load_explicit(&outlet->pushed, memory_order_relaxed);

	/* not ck_ring_size(): a slot is free a moment before its first item counts as delivered */
	return pushed - atomic_load_explicit(&outlet->popped, memory_order_seq_cst) < producer->queue->ring_batches;
}

bool ps_outlet_push(struct ps_outlet *outlet, struct ps_producer *producer, struct ps_batch *batch)
{
	struct ps_queue *queue = producer->queue;
	struct reservation r = { outlet, ps_batch_bytes(batch) };
	uint32_t count = (uint32_t)batch->count;
	bool in;

	PS_ASSERT(outlet->producer == producer);
	if (!wait_until(producer, PS_WANT_NOTHING, has_ring_room, outlet) ||
	    !wait_until(producer, PS_WANT_BYTES, reserve_bytes, &r))
		return false;
	count += atomic_fetch_add_explicit(&outlet->items, count, memory_order_seq_cst);
	raise_mark(&queue->most_items, count);
	in = ck_ring_enqueue_spsc(&outlet->ring, outlet->slots, batch);
	PS_ASSERT(in); /* `has_ring_room` saw to it */
	PS_TRACE(queue->options.trace, "push", outlet, r.bytes);
	atomic_fetch_add_explicit(&outlet->pushed, 1, memory_order_seq_cst);
	if (!atomic_load_explicit(&outlet->front, memory_order_seq_cst))
		return true;
	if (producer->tell != NULL)
		producer->tell(producer);
	else
		ps_doorbell_hand_over(queue->options.caller);
	return true;
}

/* --- popping --- */

void ps_outlet_front(struct ps_outlet *outlet)
{
	PS_ASSERT(outlet->producer != NULL && !atomic_load_explicit(&outlet->front, memory_order_relaxed));
	PS_TRACE(outlet->queue->options.trace, "front", outlet, 0);
	atomic_store_explicit(&outlet->front, true, memory_order_seq_cst);
	if (outlet->queue->options.unordered)
		ps_producer_ring(outlet->producer); /* Q3 */
}

bool ps_outlet_is_front(const struct ps_outlet *outlet)
{
	/* seq_cst, as in reserve_bytes */
	return atomic_load_explicit(&outlet->front, memory_order_seq_cst);
}

struct ps_batch *ps_outlet_pop(struct ps_outlet *outlet)
{
	void *batch = NULL;
	uint32_t popped = atomic_load_explicit(&outlet->popped, memory_order_relaxed);

	PS_ASSERT(outlet->producer != NULL);
	if (atomic_load_explicit(&outlet->pushed, memory_order_seq_cst) == popped ||
	    !ck_ring_dequeue_spsc(&outlet->ring, outlet->slots, &batch))
		return NULL;
	/* its first item is about to be delivered; the others are still queued */
	if (((struct ps_batch *)batch)->count > 0)
		atomic_fetch_sub_explicit(&outlet->items, 1, memory_order_seq_cst);
	atomic_store_explicit(&outlet->popped, popped + 1, memory_order_seq_cst);
	if (atomic_load_explicit(&outlet->pushed, memory_order_seq_cst) - (popped + 1) ==
	    outlet->queue->ring_batches / 2)
		ps_producer_ring(outlet->producer);
	return batch;
}

void ps_outlet_release(struct ps_outlet *outlet, struct ps_batch *batch)
{
	struct ps_queue *queue = outlet->queue;
	uint64_t bytes = ps_batch_bytes(batch);
	uint64_t left = atomic_fetch_sub_explicit(&queue->bytes, bytes, memory_order_seq_cst) - bytes;
	uint32_t released = atomic_fetch_add_explicit(&outlet->released, 1, memory_order_seq_cst) + 1;

	ps_share_give_back(queue->options.bytes, bytes);
	PS_TRACE(queue->options.trace, "release", outlet, left);
	PS_ASSERT(left + bytes >= bytes); /* as many were added before */
	PS_ASSERT(released <= atomic_load_explicit(&outlet->popped, memory_order_relaxed));
	if (batch->count > 1)
		atomic_fetch_sub_explicit(&outlet->items, (uint32_t)batch->count - 1, memory_order_seq_cst);
	ps_queue_recycle(queue, batch);
	if (left <= queue->options.max_bytes / 2 ||
	    released == atomic_load_explicit(&outlet->pushed, memory_order_seq_cst))
		ring_producers(queue, PS_WANT_BYTES);
}

/* --- batches --- */

struct ps_batch *ps_queue_batch(struct ps_queue *queue)
{
	struct ps_batch *batch;

	pthread_mutex_lock(&queue->lock);
	batch = queue->spare;
	if (batch != NULL) {
		queue->spare = batch->next;
		queue->spare_count--;
	}
	pthread_mutex_unlock(&queue->lock);
	return batch != NULL ? batch : ps_batch_new();
}

void ps_queue_recycle(struct ps_queue *queue, struct ps_batch *batch)
{
	bool keep;

	if (batch == NULL)
		return;
	ps_batch_reset(batch);
	pthread_mutex_lock(&queue->lock);
	keep = queue->spare_count < SPARE_BATCHES;
	if (keep) {
		batch->next = queue->spare;
		queue->spare = batch;
		queue->spare_count++;
	}
	pthread_mutex_unlock(&queue->lock);
	if (!keep)
		ps_batch_free(batch);
}

/* --- the whole --- */

static void init_outlets(struct ps_queue *queue)
{
	for (uint32_t i = 0; i < queue->options.rings; i++) {
		struct ps_outlet *outlet = &queue->outlets[i];

		memset(outlet, 0, sizeof(*outlet));
		outlet->queue = queue;
		ck_ring_init(&outlet->ring, SLOTS);
		outlet->next = queue->free;
		queue->free = outlet;
		queue->free_count++;
	}
}

int ps_queue_new(struct ps_queue **out, const struct ps_queue_options *options)
{
	struct ps_queue *queue = calloc(1, sizeof(*queue));
	size_t size = options->rings * sizeof(struct ps_outlet);

	*out = NULL;
	if (queue == NULL)
		return SEARCH_ENOMEM;
	queue->options = *options;
	queue->outlets = aligned_alloc(_Alignof(struct ps_outlet), size);
	if (queue->outlets == NULL || pthread_mutex_init(&queue->lock, NULL) != 0) {
		free(queue->outlets);
		free(queue);
		return SEARCH_ENOMEM;
	}
	choose_sizes(queue);
	init_outlets(queue);
	*out = queue;
	return SEARCH_OK;
}

void ps_queue_free(struct ps_queue *queue)
{
	if (queue == NULL)
		return;
	for (uint32_t i = 0; i < queue->options.rings; i++) {
		struct ps_outlet *outlet = &queue->outlets[i];
		void *batch;

		while (ck_ring_dequeue_spsc(&outlet->ring, outlet->slots, &batch))
			ps_batch_free(batch);
	}
	/* with those that the caller had in hand */
	ps_share_give_back(queue->options.bytes, atomic_load_explicit(&queue->bytes, memory_order_relaxed));
	while (queue->spare != NULL) {
		struct ps_batch *next = queue->spare->next;

		ps_batch_free(queue->spare);
		queue->spare = next;
	}
	pthread_mutex_destroy(&queue->lock);
	free(queue->outlets);
	free(queue);
}
