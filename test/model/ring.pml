/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.pml - one outlet: lib/queue/ring.c from ps_outlet_push() to ps_outlet_pop(), and who rings whom.
 *
 * A worker pushes the batches of a file into its ring, and attaches the ring to its claim after the first. The
 * caller finds it at the head, tells so by `front`, and pops. The worker waits while the ring is full
 * (wait_until()), the caller while it is empty (wait_for_news() in lib/search/iterator.c). There are 1 to
 * MOST_BATCHES of 2 items each; the ring holds ROOM of them, so the file may have at most 2 * ROOM + 1 items
 * queued, the batch in the caller's hand included. When the caller has some of them it may also end the search.
 *
 * Left out: the ring's own indices (`ring` in the code) are a channel: ck_ring is checked by its authors, and its
 * loads and stores are in weak.txt. Bytes and the choice of rings have models of their own: bytes.pml, rings.pml.
 * The plan's lock makes ps_plan_attach() one step. With results that are not ordered the worker is woken for one
 * more reason, which can only end waits.
 *
 * Words:
 *	pushed         outlet.pushed
 *	front          outlet.front
 *	popped         outlet.popped
 *	items          outlet.items
 *	ring           outlet.ring
 *	stop           ending.stop
 *
 * Runs:
 *	-DROOM=2
 *	-DROOM=1
 *	-DROOM=3
 *
 * Mistakes:
 *	MISTAKE_FRONT_FIRST       invalid end state   the worker looks at `front`, then stores `pushed`
 *	MISTAKE_PUSHED_FIRST      invalid end state   the caller looks at `pushed`, then stores `popped`
 *	MISTAKE_QUIET_POP         invalid end state   it does not ring when half of the ring is free
 *	MISTAKE_QUIET_ATTACH      invalid end state   the caller is not told that the ring is at the head
 *	MISTAKE_LISTEN_LATE       invalid end state   the worker looks for room, then listens
 *	MISTAKE_STOP_LATE         invalid end state   it rings, then stores `stop`
 *	MISTAKE_ITEMS_LATE        items<=             `popped` is stored before `items` goes down
 *	MISTAKE_NO_ROOM           items<=             the worker does not wait for room
 */
#include "waiting.h"

#ifndef ROOM
#define ROOM 2
#endif
#define MOST_BATCHES (ROOM + 2)
#define MOST_ITEMS (2 * ROOM + 1)

byte batches;            /* that the file has */
chan ring = [8] of { byte };
byte pushed, popped, items;
bool front;
bool attached;           /* [L] the caller sees the ring at the head */
bool stop;
bool bell, door;         /* the worker's, the caller's */

#define HAS_ROOM (pushed - popped < ROOM)

inline wait_for_room()
{
	if
#ifdef MISTAKE_NO_ROOM
	:: true
#endif
	:: HAS_ROOM
	:: else ->
		do
#ifndef MISTAKE_LISTEN_LATE
		:: LISTEN(bell);
		   if
#else
		:: if
#endif
		   :: HAS_ROOM -> break
		   :: else
		   fi;
#ifdef MISTAKE_LISTEN_LATE
		   LISTEN(bell);
#endif
		   if
		   :: stop -> break
		   :: else
		   fi;
		   WAIT(bell)
		od
	fi
}

init
{
	select(batches : 1 .. MOST_BATCHES);
	run worker();
	run caller()
}

proctype worker()
{
	byte batch;
	bool is_front;

	do
	:: batch == batches -> break
	:: else ->
		wait_for_room();
		if
		:: stop -> break
		:: else
		fi;
		items = items + 2;
		assert(items <= MOST_ITEMS);
		assert(len(ring) < ROOM + 1);
		ring ! batch;
#ifdef MISTAKE_FRONT_FIRST
		is_front = front;
#endif
		pushed++;
#ifndef MISTAKE_FRONT_FIRST
		is_front = front;
#endif
		if
		:: is_front -> RING(door)
		:: else
		fi;
		if
		:: batch == 0 ->
			attached = true;
#ifndef MISTAKE_QUIET_ATTACH
			RING(door)
#endif
		:: else
		fi;
		batch++
	od
}

proctype caller()
{
	byte got, batch, before;
	bool has_ring;

	do
	:: got == batches -> break
	:: got > 0 && got < batches -> /* it ends the search */
#ifdef MISTAKE_STOP_LATE
		RING(bell);
		stop = true;
#else
		stop = true;
		RING(bell);
#endif
		break
	:: got < batches ->
		LISTEN(door);
		if
		:: !has_ring && attached ->
			front = true;
			has_ring = true
		:: !has_ring && !attached -> WAIT(door)
		:: has_ring ->
			before = popped;
			if
			:: pushed == before -> WAIT(door)
			:: else ->
				ring ? batch;
				assert(batch == got); /* their order */
				got++;
#ifdef MISTAKE_ITEMS_LATE
				popped = before + 1;
				items--;
#else
				items--;
#ifdef MISTAKE_PUSHED_FIRST
				before = pushed - (popped + 1);
				popped = popped + 1;
#else
				popped = before + 1;
				before = pushed - popped;
#endif
#endif
				if
#ifndef MISTAKE_QUIET_POP
				:: before == ROOM / 2 -> RING(bell)
#endif
				:: else
				fi;
				before = 0;
				items-- /* ps_outlet_release() */
			fi
		fi
	od
}
