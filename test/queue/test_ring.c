/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ring.c - outlets: what goes through them stays in order and within their
 * bounds, and the head of the order can always go on.
 *
 * If a test must not wait, it sets `stop` at the start: then a push or a take
 * that would wait fails at once.
 */
#include "../../lib/base/base.h"

#include "../../lib/queue/queue.h"
#include "../support/random.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

enum { MAX_PRODUCERS = 8 };

/* A queue with its producers. */
struct desk {
	struct ps_queue *queue;
	struct ps_doorbell door;
	struct ps_producer producers[MAX_PRODUCERS];
	struct ps_producer *list[MAX_PRODUCERS];
	_Atomic bool head[MAX_PRODUCERS];
	_Atomic bool stop;
};

static void desk_open(struct desk *desk, uint32_t max_items, uint64_t max_bytes, uint32_t rings, bool unordered)
{
	struct ps_queue_options options = {
		.max_items = max_items, .max_bytes = max_bytes, .rings = rings, .unordered = unordered,
		.producers = desk->list, .producer_count = MAX_PRODUCERS, .caller = &desk->door,
	};

	memset(desk, 0, sizeof(*desk));
	ps_doorbell_init(&desk->door);
	assert_int_equal(ps_queue_new(&desk->queue, &options), SEARCH_OK);
	for (int i = 0; i < MAX_PRODUCERS; i++) {
		desk->list[i] = &desk->producers[i];
		ps_bell_init(&desk->producers[i].bell);
		desk->producers[i].head = &desk->head[i];
		desk->producers[i].stop = &desk->stop;
		desk->producers[i].queue = desk->queue;
	}
}

static void desk_close(struct desk *desk)
{
	ps_queue_free(desk->queue);
	ps_doorbell_destroy(&desk->door);
}

/* A batch of `items` items, numbered from *number on, each with `text` bytes of text. */
static struct ps_batch *make_batch(struct desk *desk, size_t items, size_t text, uint64_t *number)
{
	struct ps_batch *batch = ps_queue_batch(desk->queue);

	for (size_t i = 0; i < items; i++) {
		struct ps_record *r = ps_batch_add(batch, SEARCH_ITEM_MATCH, text, 0);

		r->line = (*number)++;
		if (text > 0)
			memset(ps_batch_text(batch, r), (int)r->line, text);
	}
	return batch;
}

/* Pushes full batches until one would have to wait. Returns how many items went in. */
static uint64_t fill(struct desk *desk, struct ps_outlet *outlet, int producer, size_t text)
{
	uint64_t number = 0, items = 0;

	for (;;) {
		struct ps_batch *batch = make_batch(desk, ps_queue_batch_items(desk->queue), text, &number);

		if (!ps_outlet_push(outlet, &desk->producers[producer], batch)) {
			ps_batch_free(batch);
			return items;
		}
		items = number;
	}
}

static void empty(struct ps_outlet *outlet)
{
	struct ps_batch *batch;

	while ((batch = ps_outlet_pop(outlet)) != NULL)
		ps_outlet_release(outlet, batch);
}

/* --- bounds --- */

static void test_ring__items_of_a_file_are_bounded_exactly(void **state)
{
	static const uint32_t limits[] = { 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 100, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		uint32_t max = limits[i];
		struct ps_outlet *outlet;
		struct ps_batch *hand;
		struct desk desk;
		uint64_t queued;

		desk_open(&desk, max, 1 << 30, 4, false);
		desk.stop = true;
		outlet = ps_outlet_take(&desk.producers[0]);
		queued = fill(&desk, outlet, 0, 10);
		assert_true(queued >= 1 && queued <= max && queued >= max * 2 / 3);
		for (int round = 0; round < 100; round++) {
			hand = ps_outlet_pop(outlet);
			assert_non_null(hand);
			queued -= 1; /* its first item is delivered */
			queued += fill(&desk, outlet, 0, 10);
			assert_true(queued <= max);
			queued -= hand->count - 1;
			ps_outlet_release(outlet, hand);
		}
		assert_true(ps_queue_most_items(desk.queue) <= max);
		assert_true(ps_queue_most_items(desk.queue) >= max * 2 / 3);
		empty(outlet);
		ps_outlet_give_back(outlet);
		desk_close(&desk);
	}
}

static void test_ring__the_last_ring_is_for_the_head(void **state)
{
	struct ps_outlet *first, *last;
	struct desk desk;

	(void)state;
	desk_open(&desk, 100, 1 << 20, 2, false);
	desk.stop = true;
	first = ps_outlet_take(&desk.producers[0]);
	assert_non_null(first);
	assert_null(ps_outlet_take(&desk.producers[1]));
	desk.head[1] = true;
	last = ps_outlet_take(&desk.producers[1]);
	assert_non_null(last);
	assert_null(ps_outlet_take(&desk.producers[1])); /* now there is none */
	ps_outlet_give_back(first);
	assert_null(ps_outlet_take(&desk.producers[0])); /* and now it is the last again */
	ps_outlet_give_back(last);
	desk_close(&desk);
}

/* Q2 with batches of every size, up to many times the whole budget. */
static void test_ring__the_last_bytes_are_for_the_head(void **state)
{
	(void)state;
	for (uint64_t max = 1; max <= 100000; max = max * 5 + 1)
		for (size_t text = 1; text <= 300000; text *= 7) {
			struct ps_outlet *head, *other;
			struct ps_batch *batch;
			struct desk desk;
			uint64_t number = 0, item = sizeof(struct ps_record) + text;

			desk_open(&desk, 1, max, 4, false);
			desk.stop = true;
			desk.head[1] = true;
			other = ps_outlet_take(&desk.producers[0]);
			head = ps_outlet_take(&desk.producers[1]);
			fill(&desk, other, 0, text);
			if (item > max)
				assert_int_equal(ps_queue_most_bytes(desk.queue), 0);
			batch = make_batch(&desk, 1, text, &number);
			assert_true(ps_outlet_push(head, &desk.producers[1], batch));
			assert_true(ps_queue_most_bytes(desk.queue) <= max + item);
			empty(head);
			empty(other);
			desk_close(&desk);
		}
}

/* Unordered, the file in front of the caller must be able to go on, whichever file filled the budget. */
static void test_ring__unordered_the_file_in_front_can_go_on(void **state)
{
	(void)state;
	for (size_t text = 1; text <= 100000; text *= 10) {
		struct ps_outlet *front, *other, *third;
		struct ps_batch *batch;
		struct desk desk;
		uint64_t number = 0;

		desk_open(&desk, 4096, 8000, 8, true);
		desk.stop = true;
		front = ps_outlet_take(&desk.producers[0]);
		other = ps_outlet_take(&desk.producers[1]);
		third = ps_outlet_take(&desk.producers[2]);
		ps_outlet_front(front);
		for (int round = 0; round < 5; round++) {
			batch = make_batch(&desk, 1, text, &number);
			if (!ps_outlet_push(other, &desk.producers[1], batch))
				ps_batch_free(batch);
			batch = make_batch(&desk, 1, 100, &number);
			if (!ps_outlet_push(third, &desk.producers[2], batch))
				ps_batch_free(batch);
			fill(&desk, third, 2, 10);
			batch = make_batch(&desk, 1, text, &number);
			assert_true(ps_outlet_push(front, &desk.producers[0], batch));
			empty(front);
		}
		empty(other);
		empty(third);
		/* with no file in front, a batch larger than the budget goes in when it is alone */
		batch = make_batch(&desk, 1, 50000, &number);
		assert_true(ps_outlet_push(third, &desk.producers[2], batch));
		empty(third);
		desk_close(&desk);
	}
}

static void test_ring__what_is_queued_is_freed_with_the_queue(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, 4096, 1 << 20, 3, false);
	desk.stop = true;
	fill(&desk, ps_outlet_take(&desk.producers[0]), 0, 100);
	fill(&desk, ps_outlet_take(&desk.producers[1]), 1, 1000);
	desk_close(&desk);
	ps_queue_free(NULL);
}

/* --- one producer, one consumer --- */

struct pair {
	struct desk desk;
	struct ps_outlet *outlet;
	uint32_t items;
	struct random random;
	uint32_t slow; /* percent of batches after which the producer pauses */
};

static void pause_a_little(struct random *random)
{
	struct timespec t = { 0, (long)random_below(random, 60000) };

	if (random_percent(random, 50))
		sched_yield();
	else
		nanosleep(&t, NULL);
}

static void *produce(void *argument)
{
	struct pair *p = argument;
	uint64_t number = 0;

	while (number < p->items) {
		size_t most = ps_queue_batch_items(p->desk.queue);
		struct ps_batch *batch;

		most = 1 + random_below(&p->random, (uint32_t)most);
		batch = make_batch(&p->desk, (size_t)ps_min64(most, p->items - number), random_below(&p->random, 50), &number);
		batch->last = number == p->items;
		if (!ps_outlet_push(p->outlet, &p->desk.producers[0], batch)) {
			ps_batch_free(batch);
			return NULL;
		}
		if (random_percent(&p->random, p->slow))
			pause_a_little(&p->random);
	}
	return NULL;
}

static void consume(struct pair *p, struct random *random, uint32_t slow)
{
	uint64_t number = 0;
	bool last = false;

	ps_outlet_front(p->outlet);
	while (!last) {
		uint32_t heard = ps_bell_listen(&p->desk.door.bell);
		struct ps_batch *batch = ps_outlet_pop(p->outlet);

		if (batch == NULL) {
			ps_bell_wait(&p->desk.door.bell, heard, PS_NO_DEADLINE);
			continue;
		}
		for (size_t i = 0; i < batch->count; i++) {
			const struct ps_record *r = &batch->records[i];

			assert_int_equal(r->line, number);
			for (size_t c = 0; c < r->length; c++)
				assert_true(ps_batch_text(batch, r)[c] == (char)number);
			number++;
		}
		last = batch->last;
		ps_outlet_release(p->outlet, batch);
		if (random_percent(random, slow))
			pause_a_little(random);
	}
	assert_int_equal(number, p->items);
	assert_null(ps_outlet_pop(p->outlet));
}

static void test_ring__batches_come_in_order_and_all_of_them(void **state)
{
	static const uint32_t limits[] = { 1, 2, 3, 8, 4096 };

	(void)state;
	for (unsigned i = 0, rounds = (unsigned)how_many_rounds(30, 100); i < rounds; i++) {
		struct random random = random_new(i);
		uint32_t max = limits[i % 5], slow = random_below(&random, 3) * 10;
		struct pair pair = { .items = 300 + random_below(&random, max * 40 + 2000) };
		struct ps_thread thread;

		pair.items = pair.items < 20000 ? pair.items : 20000;
		pair.slow = random_below(&random, 3) * 10;
		pair.random = random_new(100000 + i);
		desk_open(&pair.desk, max, random_percent(&random, 50) ? 1 << 20 : 500 + random_below(&random, 5000), 2,
			  false);
		pair.desk.head[0] = true;
		pair.outlet = ps_outlet_take(&pair.desk.producers[0]);
		assert_int_equal(ps_thread_start(&thread, 1, produce, &pair), 0);
		consume(&pair, &random, slow);
		ps_thread_join(&thread);
		assert_true(ps_queue_most_items(pair.desk.queue) <= max);
		ps_outlet_give_back(pair.outlet);
		desk_close(&pair.desk);
	}
}

static void *take_and_push(void *argument)
{
	struct pair *p = argument;

	p->outlet = ps_outlet_take(&p->desk.producers[0]);
	if (p->outlet != NULL)
		produce(p);
	return NULL;
}

/* Whatever a producer waits for, the end of the search wakes it. */
static void test_ring__stop_wakes_a_producer_that_waits(void **state)
{
	(void)state;
	for (int what = 0; what < 3; what++) {
		struct pair pair = { .items = UINT32_MAX };
		struct timespec t = { 0, 20000000 };
		struct ps_outlet *taken = NULL;
		struct ps_thread thread;

		desk_open(&pair.desk, what == 0 ? 1 : 4096, what == 1 ? 1000 : 1 << 30, 2, false);
		pair.random = random_new(0);
		if (what == 2)
			taken = ps_outlet_take(&pair.desk.producers[1]); /* the one ring that is left is for the head */
		assert_int_equal(ps_thread_start(&thread, 1, take_and_push, &pair), 0);
		nanosleep(&t, NULL);
		atomic_store(&pair.desk.stop, true);
		ps_bell_ring(&pair.desk.producers[0].bell);
		ps_thread_join(&thread);
		if (taken != NULL)
			ps_outlet_give_back(taken);
		desk_close(&pair.desk);
	}
}

/* --- many files, many producers: the head must go on --- */

enum { MAX_FILES = 300 };

struct file {
	uint32_t items;             /* 0: takes no ring */
	uint32_t text;
	int producer;               /* the one that has claimed it, or -1 */
	bool finished;
	struct ps_outlet *outlet;   /* attached */
};

/* The plan's part: files are claimed in order, and the first that is not done is the head. */
struct race {
	struct desk desk;
	bool unordered;
	pthread_mutex_t lock; /* guards what follows */
	struct file files[MAX_FILES];
	uint32_t count, claimed, head;
	uint32_t ready[MAX_FILES]; /* unordered: attached files in the order they came */
	uint32_t ready_count, ready_taken;
};

struct runner {
	struct race *race;
	int number;
	struct random random;
	struct ps_thread thread;
};

static void make_head(struct race *race)
{
	struct file *f = &race->files[race->head];

	if (race->head < race->count && f->producer >= 0 && !f->finished) {
		atomic_store_explicit(&race->desk.head[f->producer], true, memory_order_release);
		ps_bell_ring(&race->desk.producers[f->producer].bell);
	}
}

/* The head moves over files that are done; under the lock. */
static void move_head(struct race *race)
{
	while (race->head < race->count && race->files[race->head].finished &&
	       (race->unordered || race->files[race->head].outlet == NULL)) {
		race->head++;
		make_head(race);
	}
	ps_doorbell_ring(&race->desk.door);
}

static int claim(struct race *race, int producer, int done)
{
	int got = -1;

	pthread_mutex_lock(&race->lock);
	if (done >= 0)
		race->files[done].finished = true;
	if (race->claimed < race->count) {
		got = (int)race->claimed++;
		race->files[got].producer = producer;
		atomic_store_explicit(&race->desk.head[producer], (uint32_t)got == race->head, memory_order_release);
	}
	move_head(race);
	pthread_mutex_unlock(&race->lock);
	return got;
}

static void attach(struct race *race, int number, struct ps_outlet *outlet)
{
	pthread_mutex_lock(&race->lock);
	race->files[number].outlet = outlet;
	race->ready[race->ready_count++] = (uint32_t)number;
	pthread_mutex_unlock(&race->lock);
	ps_doorbell_ring(&race->desk.door);
}

static void run_file(struct runner *r, int number)
{
	struct race *race = r->race;
	const struct file *f = &race->files[number];
	struct ps_producer *producer = &race->desk.producers[r->number];
	struct ps_outlet *outlet;
	uint64_t at = 0;

	if (f->items == 0)
		return;
	outlet = ps_outlet_take(producer);
	assert_non_null(outlet);
	memcpy(ps_outlet_user(outlet), &number, sizeof(number));
	for (bool first = true; at < f->items; first = false) {
		size_t most = ps_queue_batch_items(race->desk.queue), n = 0;
		struct ps_batch *batch = make_batch(&race->desk, 1, f->text, &at);

		/* fill the batch as a scanner does */
		while (++n < most && at < f->items && ps_batch_bytes(batch) < ps_queue_batch_bytes(race->desk.queue))
			ps_batch_add(batch, SEARCH_ITEM_MATCH, f->text, 0)->line = at++;
		batch->last = at == f->items;
		assert_true(ps_outlet_push(outlet, producer, batch));
		if (first)
			attach(race, number, outlet);
		if (random_percent(&r->random, 5))
			pause_a_little(&r->random);
	}
}

static void *run(void *argument)
{
	struct runner *r = argument;
	int number = claim(r->race, r->number, -1);

	while (number >= 0) {
		run_file(r, number);
		number = claim(r->race, r->number, number);
	}
	return NULL;
}

/* The next outlet; NULL to wait, or, with *over, at the end. */
static struct ps_outlet *next_outlet(struct race *race, bool *over)
{
	struct ps_outlet *outlet = NULL;

	pthread_mutex_lock(&race->lock);
	if (race->unordered) {
		*over = race->head == race->count && race->ready_taken == race->ready_count;
		if (race->ready_taken < race->ready_count)
			outlet = race->files[race->ready[race->ready_taken++]].outlet;
	} else {
		*over = race->head == race->count;
		if (!*over)
			outlet = race->files[race->head].outlet;
	}
	pthread_mutex_unlock(&race->lock);
	return outlet;
}

static void retire(struct race *race, struct ps_outlet *outlet, int number)
{
	pthread_mutex_lock(&race->lock);
	race->files[number].outlet = NULL;
	move_head(race);
	pthread_mutex_unlock(&race->lock);
	ps_outlet_give_back(outlet);
}

/* Takes all items of one file. */
static void drain(struct race *race, struct ps_outlet *outlet, struct random *random)
{
	uint64_t at = 0;
	int number;

	memcpy(&number, ps_outlet_user(outlet), sizeof(number));
	ps_outlet_front(outlet);
	for (;;) {
		uint32_t heard = ps_bell_listen(&race->desk.door.bell);
		struct ps_batch *batch = ps_outlet_pop(outlet);
		bool last;

		if (batch == NULL) {
			ps_bell_wait(&race->desk.door.bell, heard, PS_NO_DEADLINE);
			continue;
		}
		for (size_t i = 0; i < batch->count; i++)
			assert_int_equal(batch->records[i].line, at++);
		last = batch->last;
		ps_outlet_release(outlet, batch);
		if (random_percent(random, 2))
			pause_a_little(random);
		if (last)
			break;
	}
	assert_int_equal(at, race->files[number].items);
	retire(race, outlet, number);
}

static void deliver(struct race *race, struct random *random)
{
	bool over = false;

	while (!over) {
		uint32_t heard = ps_bell_listen(&race->desk.door.bell);
		struct ps_outlet *outlet = next_outlet(race, &over);

		if (outlet != NULL)
			drain(race, outlet, random);
		else if (!over)
			ps_bell_wait(&race->desk.door.bell, heard, PS_NO_DEADLINE);
	}
}

static void run_race(unsigned i, bool unordered)
{
	struct random random = random_new((unordered ? 700000 : 600000) + i);
	static struct race race;
	struct runner runners[MAX_PRODUCERS];
	int producers = 1 + (int)random_below(&random, MAX_PRODUCERS);
	uint32_t max_items = 1 + random_below(&random, 3) * random_below(&random, 30), largest = 0;
	uint64_t max_bytes = random_percent(&random, 40) ? 1 + random_below(&random, 500)
							 : 1000 + random_below(&random, 20000);

	memset(&race, 0, sizeof(race));
	pthread_mutex_init(&race.lock, NULL);
	desk_open(&race.desk, max_items, max_bytes, 2 + random_below(&random, 6), unordered);
	race.unordered = unordered;
	race.count = random_below(&random, MAX_FILES);
	for (uint32_t f = 0; f < race.count; f++) {
		struct file *file = &race.files[f];

		file->producer = -1;
		file->items = random_percent(&random, 30) ? 0 : random_below(&random, 60);
		file->text = random_percent(&random, 5) ? random_below(&random, 5000) : random_below(&random, 40);
		largest = file->text > largest ? file->text : largest;
	}
	for (int p = 0; p < producers; p++) {
		runners[p] = (struct runner){ .race = &race, .number = p, .random = random_new(1000 * i + (unsigned)p) };
		assert_int_equal(ps_thread_start(&runners[p].thread, (unsigned)p, run, &runners[p]), 0);
	}
	deliver(&race, &random);
	for (int p = 0; p < producers; p++)
		ps_thread_join(&runners[p].thread);
	assert_true(ps_queue_most_items(race.desk.queue) <= max_items);
	assert_true(ps_queue_most_bytes(race.desk.queue) <=
		    max_bytes + (unordered ? 3 : 1) * (largest + sizeof(struct ps_record)));
	desk_close(&race.desk);
	pthread_mutex_destroy(&race.lock);
}

static void test_ring__the_head_always_goes_on(void **state)
{
	(void)state;
	for (unsigned i = 0, rounds = (unsigned)how_many_rounds(20, 60); i < rounds; i++)
		run_race(i, false);
}

static void test_ring__unordered_some_worker_always_goes_on(void **state)
{
	(void)state;
	for (unsigned i = 0, rounds = (unsigned)how_many_rounds(20, 60); i < rounds; i++)
		run_race(i, true);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring__items_of_a_file_are_bounded_exactly),
		cmocka_unit_test(test_ring__the_last_ring_is_for_the_head),
		cmocka_unit_test(test_ring__the_last_bytes_are_for_the_head),
		cmocka_unit_test(test_ring__unordered_the_file_in_front_can_go_on),
		cmocka_unit_test(test_ring__what_is_queued_is_freed_with_the_queue),
		cmocka_unit_test(test_ring__batches_come_in_order_and_all_of_them),
		cmocka_unit_test(test_ring__stop_wakes_a_producer_that_waits),
		cmocka_unit_test(test_ring__the_head_always_goes_on),
		cmocka_unit_test(test_ring__unordered_some_worker_always_goes_on),
	};

	alarm(patience(120)); /* ends the test in a deadlock */
	random_seed();
	return RUN_TESTS(tests, NULL, NULL);
}
