/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.c - what it costs to hand a batch from one thread to another: through an outlet, and through a queue with a
 * mutex and condition variables; and what a wake-up costs: through a bell, and through a condition variable.
 *
 * Prints a line for each: nanoseconds per batch or wake-up. It shows whether the ring earns its place on this machine.
 */
#include "../lib/base/base.h"

#include "../lib/queue/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES = 40000, WAKES = 20000, SLOTS = 7 };

/* --- a queue under a mutex --- */

struct locked {
	pthread_mutex_t lock;
	pthread_cond_t room, news;
	struct ps_batch *slots[SLOTS];
	unsigned first, count, capacity;
	struct ps_queue *pool; /* of batches, the same as for the ring */
};

static void locked_push(struct locked *q, struct ps_batch *batch)
{
	pthread_mutex_lock(&q->lock);
	while (q->count == q->capacity)
		pthread_cond_wait(&q->room, &q->lock);
	q->slots[(q->first + q->count++) % SLOTS] = batch;
	if (q->count == 1)
		pthread_cond_signal(&q->news);
	pthread_mutex_unlock(&q->lock);
}

static struct ps_batch *locked_pop(struct locked *q)
{
	struct ps_batch *batch;

	pthread_mutex_lock(&q->lock);
	while (q->count == 0)
		pthread_cond_wait(&q->news, &q->lock);
	batch = q->slots[q->first];
	q->first = (q->first + 1) % SLOTS;
	if (--q->count == q->capacity / 2)
		pthread_cond_signal(&q->room);
	pthread_mutex_unlock(&q->lock);
	return batch;
}

static void *locked_produce(void *argument)
{
	struct locked *q = argument;

	for (int i = 0; i < BATCHES; i++) {
		struct ps_batch *batch = ps_queue_batch(q->pool);

		if (batch == NULL || ps_batch_add(batch, SEARCH_ITEM_MATCH, 0, 0) == NULL)
			exit(1);
		locked_push(q, batch);
	}
	return NULL;
}

static uint64_t time_locked(unsigned capacity)
{
	struct ps_queue_options options = { .max_items = capacity, .max_bytes = 1 << 30, .rings = 2 };
	struct locked q = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER,
			    { NULL }, 0, 0, capacity, NULL };
	struct ps_thread thread;
	uint64_t before;

	if (ps_queue_new(&q.pool, &options) != SEARCH_OK)
		exit(1);
	before = ps_time();

	if (ps_thread_start(&thread, 0, locked_produce, &q) != 0)
		exit(1);
	for (int i = 0; i < BATCHES; i++)
		ps_queue_recycle(q.pool, locked_pop(&q));
	ps_thread_join(&thread);
	before = (ps_time() - before) / BATCHES;
	ps_queue_free(q.pool);
	return before;
}

/* --- an outlet --- */

struct bench {
	struct ps_queue *queue;
	struct ps_producer producer;
	struct ps_producer *list[1];
	struct ps_doorbell door;
	struct ps_outlet *outlet;
	_Atomic bool head, stop;
};

static void *ring_produce(void *argument)
{
	struct bench *b = argument;

	for (int i = 0; i < BATCHES; i++) {
		struct ps_batch *batch = ps_queue_batch(b->queue);

		if (batch == NULL || ps_batch_add(batch, SEARCH_ITEM_MATCH, 0, 0) == NULL ||
		    !ps_outlet_push(b->outlet, &b->producer, batch))
			exit(1);
	}
	return NULL;
}

static void ring_consume(struct bench *b)
{
	for (int i = 0; i < BATCHES;) {
		uint32_t heard = ps_bell_listen(&b->door.bell);
		struct ps_batch *batch = ps_outlet_pop(b->outlet);

		if (batch == NULL) {
			ps_bell_wait(&b->door.bell, heard, PS_NO_DEADLINE);
			continue;
		}
		ps_outlet_release(b->outlet, batch);
		i++;
	}
}

static uint64_t time_ring(unsigned capacity)
{
	static struct bench b;
	struct ps_queue_options options = {
		.max_items = capacity, .max_bytes = 1 << 30, .rings = 2, .producers = b.list,
		.producer_count = 1, .caller = &b.door,
	};
	struct ps_thread thread;
	uint64_t before;

	memset(&b, 0, sizeof(b));
	b.list[0] = &b.producer;
	ps_doorbell_init(&b.door);
	ps_bell_init(&b.producer.bell);
	if (ps_queue_new(&b.queue, &options) != SEARCH_OK)
		exit(1);
	b.producer.head = &b.head;
	b.producer.stop = &b.stop;
	b.producer.queue = b.queue;
	b.outlet = ps_outlet_take(&b.producer);
	ps_outlet_front(b.outlet);
	before = ps_time();
	if (ps_thread_start(&thread, 0, ring_produce, &b) != 0)
		exit(1);
	ring_consume(&b);
	ps_thread_join(&thread);
	before = (ps_time() - before) / BATCHES;
	ps_outlet_give_back(b.outlet);
	ps_queue_free(b.queue);
	ps_doorbell_destroy(&b.door);
	return before;
}

/* --- waking: two threads pass a ball back and forth --- */

struct pong {
	struct ps_bell bells[2];
	pthread_mutex_t lock;
	pthread_cond_t conditions[2];
	_Atomic int ball; /* whose turn it is */
	bool by_bell;
};

static void turn(struct pong *p, int me)
{
	if (!p->by_bell) {
		pthread_mutex_lock(&p->lock);
		while (atomic_load(&p->ball) != me)
			pthread_cond_wait(&p->conditions[me], &p->lock);
		atomic_store(&p->ball, 1 - me);
		pthread_cond_signal(&p->conditions[1 - me]);
		pthread_mutex_unlock(&p->lock);
		return;
	}
	for (;;) {
		uint32_t heard = ps_bell_listen(&p->bells[me]);

		if (atomic_load(&p->ball) == me)
			break;
		ps_bell_wait(&p->bells[me], heard, PS_NO_DEADLINE);
	}
	atomic_store(&p->ball, 1 - me);
	ps_bell_ring(&p->bells[1 - me]);
}

static void *pong_play(void *argument)
{
	for (int i = 0; i < WAKES / 2; i++)
		turn(argument, 1);
	return NULL;
}

static uint64_t time_wakes(bool by_bell)
{
	struct pong p = { .lock = PTHREAD_MUTEX_INITIALIZER, .by_bell = by_bell };
	uint64_t before = ps_time();
	struct ps_thread thread;

	for (int i = 0; i < 2; i++) {
		ps_bell_init(&p.bells[i]);
		pthread_cond_init(&p.conditions[i], NULL);
	}
	if (ps_thread_start(&thread, 0, pong_play, &p) != 0)
		exit(1);
	for (int i = 0; i < WAKES / 2; i++)
		turn(&p, 0);
	ps_thread_join(&thread);
	return (ps_time() - before) / WAKES;
}

int main(void)
{
	static const unsigned capacities[] = { 1, SLOTS };

	for (int i = 0; i < 2; i++) {
		unsigned capacity = capacities[i];

		printf("ring    capacity %u  %6llu ns/batch\n", capacity, (unsigned long long)time_ring(capacity));
		printf("locked  capacity %u  %6llu ns/batch\n", capacity, (unsigned long long)time_locked(capacity));
	}
	printf("bell                %6llu ns/wake\n", (unsigned long long)time_wakes(true));
	printf("condition           %6llu ns/wake\n", (unsigned long long)time_wakes(false));
	return 0;
}
