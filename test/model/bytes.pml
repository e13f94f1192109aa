/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bytes.pml - the budget of bytes: Q2 and Q3 of lib/queue/queue.h, reserve_bytes() and ps_outlet_release() in
 * ring.c.
 *
 * Each worker has a file, and BATCHES for it. A batch is as large as a batch usually is (1), or has an item that is
 * larger: below the budget of 4, or above it. The caller takes the batches of the first file, then of the second,
 * and of the third. When it is done with a file, the next one becomes the head, and the plan wakes its worker.
 *
 * Left out: room in the rings (ring.pml), and how the caller waits for a batch (ring.pml): here it just waits until
 * there is one. Results in any order, and the share of a pool, which nobody waits for.
 *
 * Words:
 *	bytes          queue.bytes
 *	waiting        queue.waiting
 *	wants          producer.wants
 *	pushed         outlet.pushed
 *	released       outlet.released
 *	head           holder.head
 *
 * Runs:
 *	-DWORKERS=3
 *	-DWORKERS=2 -DBATCHES=2
 *
 * Mistakes:
 *	MISTAKE_NONE_KEPT         invalid end state   others than the head may use all bytes
 *	MISTAKE_HEAD_UNWOKEN      invalid end state   the worker that comes to the head is not woken
 *	MISTAKE_WANTS_LATE        invalid end state   it looks, then says what it wants  [-DWORKERS=2 -DBATCHES=2]
 *	MISTAKE_RELEASED_QUIET    invalid end state   only half of the budget counts  [-DWORKERS=2 -DBATCHES=2]
 *	MISTAKE_RINGS_FIRST       invalid end state   the caller rings, then gives bytes back  [-DWORKERS=2 -DBATCHES=2]
 *	MISTAKE_NO_SWAP           bytes               two workers reserve the same bytes
 *	MISTAKE_ANY_ALONE         now<=               a large item need not wait until its ring is empty
 */
#include "waiting.h"

#ifndef WORKERS
#define WORKERS 3
#endif
#ifndef BATCHES
#define BATCHES 1
#endif
#define MAX 4
#define BATCH 1
#define LARGE 5
#define KEPT (MAX - BATCH)
#ifdef MISTAKE_NONE_KEPT
#define OTHERS MAX
#else
#define OTHERS KEPT
#endif

byte bytes, waiting;
bool wants[WORKERS];           /* PS_WANT_BYTES */
byte pushed[WORKERS], released[WORKERS];
bool head[WORKERS];
bool bell[WORKERS];
chan ring[WORKERS] = [2] of { byte, bool };

#ifdef MISTAKE_ANY_ALONE
#define ALONE is_head
#else
#define ALONE (drained && is_head && now <= KEPT)
#endif

/* reserve_bytes(): `now` keeps what was loaded last */
inline reserve(ok)
{
	now = bytes;
	is_head = head[me];
	drained = released[me] == pushed[me];
	ok = true;
	do
	:: now + size > (is_head -> MAX : OTHERS) && !ALONE -> ok = false; break
	:: else ->
		assert(now <= MAX);
#ifdef MISTAKE_NO_SWAP
		bytes = now + size;
		break
#else
		atomic { /* compare and swap */
			if
			:: bytes == now -> bytes = now + size; break
			:: else -> now = bytes
			fi
		}
#endif
	od
}

proctype worker(byte me)
{
	byte left, size, now;
	bool is_head, drained, ok;

	left = BATCHES;
	do
	:: left == 0 -> break
	:: left > 0 ->
		atomic {
			if
			:: size = BATCH
			:: size = KEPT
			:: size = LARGE
			fi
		};
		reserve(ok);
		if
		:: ok
		:: else ->
#ifndef MISTAKE_WANTS_LATE
			wants[me] = true;
			waiting++;
#endif
			do
			:: LISTEN(bell[me]);
			   reserve(ok);
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
		left--;
		pushed[me]++;
		ring[me] ! size, left == 0
	od
}

/* To look and to ring is one step here: a ring that came later would only end the wait later. */
#define RING_IF_WANTED(i) atomic { if :: wants[i] -> RING(bell[i]) :: else fi }

inline ring_workers()
{
	if
	:: waiting == 0
	:: else ->
		RING_IF_WANTED(0);
		RING_IF_WANTED(1);
#if WORKERS > 2
		RING_IF_WANTED(2)
#endif
	fi
}

active proctype caller()
{
	byte file, size, left;
	bool last;

	head[0] = true;
	atomic {
		run worker(0);
		run worker(1);
#if WORKERS > 2
		run worker(2)
#endif
	};
	do
	:: file == WORKERS -> break
	:: else ->
		ring[file] ? size, last;
#ifdef MISTAKE_RINGS_FIRST
		ring_workers();
#endif
		/* at most one item is too much */
		assert(bytes <= MAX || bytes < MAX + LARGE);
		atomic { bytes = bytes - size; left = bytes };
		released[file]++;
#ifndef MISTAKE_RINGS_FIRST
		if
#ifdef MISTAKE_RELEASED_QUIET
		:: left <= MAX / 2 -> ring_workers()
#else
		:: left <= MAX / 2 || released[file] == pushed[file] -> ring_workers()
#endif
		:: else
		fi;
#endif
		if
		:: last && file + 1 < WORKERS ->
			file++;
			head[file] = true; /* find_head() in lib/plan/head.c */
#ifndef MISTAKE_HEAD_UNWOKEN
			RING(bell[file])
#endif
		:: last && file + 1 == WORKERS -> file++
		:: else
		fi
	od
}
