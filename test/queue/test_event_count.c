/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_event_count.c - an event count loses no ring: two threads play ping-pong, each
 * with a random delay before each of its steps. One rings, the other hands over.
 */
#include "../../lib/base/base.h"

#include "../../lib/queue/queue.h"
#include "../support/random.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

static uint32_t rounds;

struct side {
	struct ps_bell bell;
	_Atomic uint32_t ball; /* how often the ball came here */
};

struct game {
	struct side sides[2];
};

struct player {
	struct game *game;
	int side;
	struct random random;
};

static void delay(struct random *random)
{
	uint32_t n = random_below(random, 64);

	if (n == 0)
		sched_yield();
	for (volatile uint32_t i = 0; n < 8 && i < n * 20; i++)
		;
}

static void *play(void *argument)
{
	struct player *p = argument;
	struct side *mine = &p->game->sides[p->side], *other = &p->game->sides[1 - p->side];

	for (uint32_t round = 1; round <= rounds; round++) {
		if (p->side == 0) {
			atomic_store_explicit(&other->ball, round, memory_order_release);
			ps_bell_ring(&other->bell);
		}
		for (;;) {
			uint32_t heard = ps_bell_listen(&mine->bell);

			delay(&p->random);
			if (atomic_load_explicit(&mine->ball, memory_order_acquire) == round)
				break;
			delay(&p->random);
			ps_bell_wait(&mine->bell, heard, PS_NO_DEADLINE);
		}
		if (p->side == 1) {
			delay(&p->random);
			atomic_store_explicit(&other->ball, round, memory_order_release);
			ps_bell_hand_over(&other->bell);
		}
	}
	return NULL;
}

/* The counter begins at `start`, which can be shortly before it wraps around. */
static void play_from(uint32_t start)
{
	static struct game game;
	struct player players[2];
	struct ps_thread threads[2];

	for (int i = 0; i < 2; i++) {
		ck_ec32_init(&game.sides[i].bell.count, start);
		atomic_store(&game.sides[i].ball, 0);
		players[i] = (struct player){ &game, i, random_new(start + (unsigned)i) };
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(ps_thread_start(&threads[i], (unsigned)i, play, &players[i]), 0);
	for (int i = 0; i < 2; i++)
		ps_thread_join(&threads[i]);
}

static void test_event_count__no_ring_is_lost(void **state)
{
	(void)state;
	play_from(0);
}

static void test_event_count__no_ring_is_lost_when_the_counter_wraps_around(void **state)
{
	(void)state;
	play_from(INT32_MAX - rounds / 2);
}

static void test_event_count__a_ring_before_the_wait_is_not_waited_for(void **state)
{
	struct ps_bell bell;
	uint32_t heard;

	(void)state;
	ps_bell_init(&bell);
	heard = ps_bell_listen(&bell);
	ps_bell_ring(&bell);
	assert_true(ps_bell_wait(&bell, heard, PS_NO_DEADLINE));
	heard = ps_bell_listen(&bell); /* a ring before this does not count */
	assert_false(ps_bell_wait(&bell, heard, ps_time() + 1000000));
}

static void test_event_count__a_deadline_ends_the_wait_and_not_before(void **state)
{
	struct ps_bell bell;
	uint64_t before = ps_time();

	(void)state;
	ps_bell_init(&bell);
	assert_false(ps_bell_wait(&bell, ps_bell_listen(&bell), before + 30000000));
	assert_true(ps_time() >= before + 30000000);
	assert_true(ps_time() < before + 20000000000u);
	assert_false(ps_bell_wait(&bell, ps_bell_listen(&bell), before)); /* a deadline long past */
	assert_false(ps_bell_wait(&bell, ps_bell_listen(&bell), 0));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event_count__no_ring_is_lost),
		cmocka_unit_test(test_event_count__no_ring_is_lost_when_the_counter_wraps_around),
		cmocka_unit_test(test_event_count__a_ring_before_the_wait_is_not_waited_for),
		cmocka_unit_test(test_event_count__a_deadline_ends_the_wait_and_not_before),
	};

	rounds = (uint32_t)how_many_rounds(50000, 200000);
	alarm(patience(120)); /* a lost ring ends the test */
	random_seed();
	return RUN_TESTS(tests, NULL, NULL);
}
