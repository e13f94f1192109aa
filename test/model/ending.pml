/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ending.pml - how a search ends: lib/search/ending.c, and the waits that it has to end.
 *
 * Two workers wait for streams that never have anything, a third for room in a ring that nobody empties. The caller
 * waits for items. Another thread cancels the search; or a worker fails; or the caller closes the search by itself.
 * Then all workers must return, and the caller frees what they used.
 *
 * Left out: the deadline, which sets one more flag in the same way; a pool, whose jobs have no stop_fd (pool.pml).
 * A worker that waits for a stream polls it and stop_fd until one of them is readable.
 *
 * Words:
 *	stop           ending.stop
 *	canceled       ending.canceled
 *	failure        ending.failure
 *	stop_fd        ending.stop_fd
 *
 * Mistakes:
 *	MISTAKE_FD_FIRST          canceled            who ends the search looks for stop_fd, then sets the flag
 *	MISTAKE_FLAGS_FIRST       invalid end state   who makes stop_fd looks at the flags, then stores it
 *	MISTAKE_NO_SWAP           invalid end state   two workers store a stop_fd each
 *	MISTAKE_QUIET_CANCEL      invalid end state   a cancel does not wake the caller
 *	MISTAKE_RINGS_FIRST       invalid end state   the caller rings the workers, then stops them
 *	MISTAKE_NO_JOIN           freed               the caller frees without waiting for the workers
 */
#include "waiting.h"

#define STREAMS 2
#define WORKERS (STREAMS + 1)
#define NO_FD 0

bool stop, canceled, failure;
byte stop_fd = NO_FD;
bool readable[STREAMS + 1]; /* a descriptor, numbered from 1 */
bool bell, door;            /* of the worker that waits for room; the caller's */
byte returned;
bool freed;

#define CANCELED 0
#define FAILED 1
#define CLOSED 2
byte how;                   /* it ends */
bool has_canceled;

#define IS_OVER (stop || canceled || failure)

inline wake_streams(fd)
{
	fd = stop_fd;
	if
	:: fd != NO_FD -> assert(!freed); readable[fd] = true
	:: else
	fi;
	fd = NO_FD
}

#ifdef MISTAKE_FD_FIRST
#define END(flag, fd) wake_streams(fd); flag = true
#else
#define END(flag, fd) flag = true; wake_streams(fd)
#endif

/* ps_ending_stop_fd(): each worker would make one of its own */
inline get_stop_fd(fd, mine)
{
#ifdef MISTAKE_FLAGS_FIRST
	over = IS_OVER;
#endif
	fd = stop_fd;
	if
	:: fd != NO_FD
	:: else ->
		fd = mine;
#ifdef MISTAKE_NO_SWAP
		stop_fd = fd;
#else
		atomic { /* compare and swap */
			if
			:: stop_fd == NO_FD -> stop_fd = fd
			:: else -> fd = stop_fd
			fi
		};
#endif
#ifndef MISTAKE_FLAGS_FIRST
		over = IS_OVER;
#endif
		if
		:: over -> wake_streams(at)
		:: else
		fi
	fi
}

proctype reader(byte me) /* or what fails */
{
	byte fd, at;
	bool over;

	if
	:: IS_OVER -> goto ended
	:: else
	fi;
	if
	:: how == FAILED && me == 1 -> END(failure, at); RING(door) /* ps_ending_fail() */
	:: else ->
		get_stop_fd(fd, me);
		readable[fd]; /* poll() */
		assert(!freed && IS_OVER)
	fi;
ended:
	returned++
}

proctype pusher()
{
	do
	:: LISTEN(bell);
	   if
	   :: stop -> break
	   :: else
	   fi;
	   WAIT(bell)
	od;
	assert(!freed);
	returned++
}

proctype stranger()
{
	byte at;

	/* search_cancel(): the host does not call it after search_close() has begun */
	END(canceled, at);
#ifndef MISTAKE_QUIET_CANCEL
	RING(door);
#endif
	has_canceled = true
}

proctype caller()
{
	byte at;

	do
	:: LISTEN(door);
	   if
	   :: canceled || failure || how == CLOSED -> break
	   :: else -> WAIT(door)
	   fi
	od;
	/* ps_search_stop() */
#ifdef MISTAKE_RINGS_FIRST
	RING(bell);
	END(stop, at);
#else
	END(stop, at);
	RING(bell);
#endif
	/* search_close() */
	how != CANCELED || has_canceled;
#ifndef MISTAKE_NO_JOIN
	returned == WORKERS;
#endif
	freed = true
}

init
{
	select(how : CANCELED .. CLOSED);
	atomic {
		run reader(1);
		run reader(2);
		run pusher();
		run caller();
		if
		:: how == CANCELED -> run stranger()
		:: else
		fi
	}
}
