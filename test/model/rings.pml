/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rings.pml - the pool of rings: Q1 and Q3 of lib/queue/queue.h, ps_outlet_take() and ps_outlet_give_back() in
 * ring.c.
 *
 * Three workers claim four files, one each time, in order. A file may have something to deliver; then its worker
 * takes one of the two rings. The caller takes what the head has, gives the ring back, and the head moves on. So
 * workers at later files may have both rings, if the last were not kept for the head.
 *
 * Left out: what is in a ring (ring.pml) and how the caller waits (it blocks until there is something). The plan is
 * reduced to the order of its claims: plan.pml has the rest. Sections under plan->lock and queue->lock are one step
 * each.
 *
 * Words:
 *	waiting        queue.waiting
 *	wants          producer.wants
 *	head           holder.head
 *	producer       outlet.producer
 *
 * Runs:
 *	-DFILES=3
 *	-DFILES=4  long
 *
 * Mistakes:
 *	MISTAKE_LAST_FOR_ALL      free_count          any worker may take the last ring
 *	MISTAKE_NO_HEAD           invalid end state   not even the head may
 *	MISTAKE_HEAD_UNWOKEN      invalid end state   the worker that comes to the head is not woken
 *	MISTAKE_QUIET_FIRST       invalid end state   the caller rings at the second free ring, not at the first
 *	MISTAKE_WANTS_LATE        invalid end state   it looks for the last time, then says what it wants
 *	MISTAKE_STALE_HEAD        free_count          a new claim leaves `head` as it was
 */
#include "waiting.h"

#define WORKERS 3
#ifndef FILES
#define FILES 3
#endif
#define RINGS 2
#define NOBODY WORKERS

byte waiting;
bool wants[WORKERS];      /* PS_WANT_RING */
bool head[WORKERS];
bool bell[WORKERS];
byte free_count = RINGS;  /* under queue->lock */
byte producer[FILES] = NOBODY; /* who has a ring for the file */

/* under plan->lock */
byte next;                /* file to be claimed */
byte at;                  /* file where the head stands */
byte holder[FILES] = NOBODY;
bool claimed[FILES], place[FILES];
bool ready[FILES];        /* its last batch is in its ring */

/* find_head() and ps_head_move(): the head moves over what is finished. `woken`: whom to wake after that */
inline move_head(woken)
{
	do
	:: at < FILES && claimed[at] && holder[at] == NOBODY && !place[at] -> at++
	:: else -> break
	od;
	woken = NOBODY;
	if
	:: at < FILES && holder[at] != NOBODY && !head[holder[at]] ->
		head[holder[at]] = true;
		woken = holder[at]
	:: else
	fi
}

inline wake(woken)
{
	if
#ifndef MISTAKE_HEAD_UNWOKEN
	:: woken != NOBODY -> RING(bell[woken])
#endif
	:: else
	fi;
	woken = 0
}

inline take_ring(ok)
{
	d_step {
		ok = false;
		if
#ifdef MISTAKE_LAST_FOR_ALL
		:: free_count > 0 ->
#else
#ifdef MISTAKE_NO_HEAD
		:: free_count > 1 ->
#else
		:: free_count > 1 || (free_count == 1 && head[me]) ->
#endif
#endif
			free_count--;
			assert(free_count > 0 || at == file); /* Q1 */
			ok = true
		:: else
		fi
	}
}

proctype worker(byte me)
{
	byte file = FILES, woken;
	bool ok;

	do
	:: d_step { /* ps_plan_claim() */
		if
		:: file < FILES -> holder[file] = NOBODY
		:: else
		fi;
		move_head(woken);
		file = next;
		if
		:: next < FILES ->
			next++;
			claimed[file] = true;
			holder[file] = me;
#ifndef MISTAKE_STALE_HEAD
			head[me] = false;
#endif
			if
			:: at == file -> head[me] = true
			:: else
			fi
		:: else
		fi
	   };
	   wake(woken);
	   if
	   :: file == FILES -> break
	   :: file < FILES -> /* a file with nothing to deliver */
	   :: file < FILES ->
		take_ring(ok);
		if
		:: ok
		:: else ->
#ifndef MISTAKE_WANTS_LATE
			wants[me] = true;
			waiting++;
#endif
			do
			:: LISTEN(bell[me]);
			   take_ring(ok);
			   if
			   :: ok -> break
			   :: else
			   fi;
#ifdef MISTAKE_WANTS_LATE
			   wants[me] = true;
			   waiting++;
#endif
			   WAIT(bell[me]);
#ifdef MISTAKE_WANTS_LATE
			   waiting--;
			   wants[me] = false
#endif
			od;
#ifndef MISTAKE_WANTS_LATE
			waiting--;
			wants[me] = false
#endif
		fi;
		atomic {
			assert(producer[file] == NOBODY);
			producer[file] = me;
			place[file] = true /* ps_plan_attach() */
		};
		ready[file] = true
	   fi
	od
}

/* To look and to ring is one step here: a ring that came later would only end the wait later. */
#define RING_IF_WANTED(i) atomic { if :: wants[i] -> RING(bell[i]) :: else fi }

inline ring_workers()
{
	if
	:: waiting == 0
	:: else -> RING_IF_WANTED(0); RING_IF_WANTED(1); RING_IF_WANTED(2)
	fi
}

active proctype caller()
{
	byte file, count, woken;

	atomic { run worker(0); run worker(1); run worker(2) };
	do
	:: at == FILES -> break
	:: at < FILES && place[at] && ready[at] ->
		file = at;
		d_step { /* ps_plan_retire() */
			place[file] = false;
			move_head(woken)
		};
		wake(woken);
		/* ps_outlet_give_back() */
		assert(producer[file] != NOBODY);
		producer[file] = NOBODY;
		d_step { free_count++; count = free_count };
		if
#ifdef MISTAKE_QUIET_FIRST
		:: count == 2 -> ring_workers()
#else
		:: count == 1 || count == 2 -> ring_workers()
#endif
		:: else
		fi
	od
}
