/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.pml - jobs, turns and threads of a pool: lib/pool/turns.c and pool.c.
 *
 * Two threads run the two jobs of a search. What the first job waits for comes from the host, who wakes it: each
 * time something more. In a turn a job takes what is there, and parks; the first job also has something for the
 * second, once. The host closes the search, at any moment or when all was taken. With WAIT_AT_CLOSE it waits for a
 * thread that is amid a turn; otherwise that thread frees the search. The pool ends when it was given back and the
 * search has parted from it.
 *
 * Left out: classes, which only choose among ready jobs; deadlines; streams, whose poller is one more who wakes;
 * descriptors (file_wait.pml). Sections under the pool's lock are one step.
 *
 * Words: none; all is under the lock, but for the bells.
 *
 * Runs:
 *	-DWAIT_AT_CLOSE=0
 *	-DWAIT_AT_CLOSE=1
 *
 * Mistakes:
 *	MISTAKE_FORGET_RUNG       invalid end state   a wake-up during a turn is forgotten: J2
 *	MISTAKE_LISTEN_LATE       invalid end state   an idle thread listens after it has released the lock
 *	MISTAKE_QUIET_WAKE        invalid end state   a job becomes ready, and no idle thread is rung
 *	MISTAKE_STAY_READY        left                ready jobs of a search that is closed stay so
 *	MISTAKE_FREE_AT_ONCE      freed               the host frees a search that a thread works at: J4
 *	MISTAKE_FREE_TWICE        freed               both the host and the thread free it  [-DWAIT_AT_CLOSE=1]
 *	MISTAKE_RING_UNLOCKED     freed               a host that waits is rung without the lock  [-DWAIT_AT_CLOSE=1]
 *	MISTAKE_END_EARLY         invalid end state   the pool ends with its handle, whoever uses it
 *	MISTAKE_NO_RING_AT_END    invalid end state   idle threads are not told that the pool is over
 */
#include "waiting.h"

#ifndef WAIT_AT_CLOSE
#define WAIT_AT_CLOSE 0
#endif
#define THREADS 2
#define JOBS 2
#define NONE 7

mtype = { PARKED, READY, RUNNING, RUNG };

/* under the pool's lock */
mtype state[JOBS] = PARKED;
chan ready = [JOBS] of { byte };
bool left, awaited;
byte busy;
byte users = 1;
bool let_go, over;
bool idle[THREADS];

byte brought[JOBS], taken[JOBS]; /* what the jobs wait for */
bool bell[THREADS], gone;
bool freed, pool_freed;
byte ended;                      /* threads */

/* ps_pool_take_idle(): whose bell is to be rung, or NONE */
inline take_idle(which)
{
	if
	:: idle[0] -> which = 0; idle[0] = false
	:: !idle[0] && idle[1] -> which = 1; idle[1] = false
	:: else -> which = NONE
	fi
}

/* ps_job_wake() */
inline wake(job, which)
{
	d_step {
		assert(!freed && !pool_freed);
		which = NONE;
		if
		:: left || state[job] == READY || state[job] == RUNG
		:: else ->
			if
			:: state[job] == RUNNING -> state[job] = RUNG
			:: else ->
				state[job] = READY;
				ready ! job;
				take_idle(which)
			fi
		fi
	};
	if
#ifndef MISTAKE_QUIET_WAKE
	:: which != NONE -> RING(bell[which])
#endif
	:: else
	fi;
	which = NONE
}

/* ps_pool_remove_ready() */
#define DROP(job) \
	if \
	:: ready ?? [job] -> ready ?? job; state[job] = PARKED \
	:: else \
	fi

proctype thread(byte me)
{
	byte job = NONE, which = NONE;
	bool last;

	do
	:: atomic {
		assert(!pool_freed);
		if
		:: over -> break
		:: !over && len(ready) > 0 -> /* run_next() */
			ready ? job;
			assert(!left && state[job] == READY);
			state[job] = RUNNING;
			busy++
		:: !over && len(ready) == 0 -> /* be_idle() */
#ifndef MISTAKE_LISTEN_LATE
			LISTEN(bell[me]);
#endif
			idle[me] = true;
			job = NONE
		fi
	   };
	   if
	   :: job == NONE ->
#ifdef MISTAKE_LISTEN_LATE
		LISTEN(bell[me]);
#endif
		WAIT(bell[me])
	   :: else ->
		/* a turn */
		assert(!freed);
		taken[job] = brought[job];
		if
		:: job == 0 && brought[1] == 0 -> brought[1] = 1; wake(1, which)
		:: else
		fi;
		assert(!freed);
		atomic { /* end_turn(), ps_client_release() */
			if
#ifndef MISTAKE_FORGET_RUNG
			:: state[job] == RUNG && !left -> state[job] = READY; ready ! job
#endif
			:: else -> state[job] = PARKED
			fi;
			busy--;
			last = busy == 0 && left;
			job = NONE;
#ifndef MISTAKE_RING_UNLOCKED
			if
			:: last && awaited ->
				assert(!freed);
				RING(gone);
#ifndef MISTAKE_FREE_TWICE
				last = false
#else
				awaited = false
#endif
			:: else
			fi
#endif
		};
		if
#ifdef MISTAKE_RING_UNLOCKED
		:: last && awaited -> assert(!freed); RING(gone)
#endif
		:: last && !awaited -> assert(!freed); freed = true /* free_client() */
		:: else
		fi;
		last = false
	   fi
	od;
	ended++
}

inline end_pool()
{
	over = true; /* under the lock */
#ifndef MISTAKE_NO_RING_AT_END
	RING(bell[0]);
	RING(bell[1]);
#endif
	ended == THREADS;
	assert(!pool_freed);
	pool_freed = true
}

/* It brings something for the first job, and closes the search. */
proctype host()
{
	byte which = NONE, still;
	bool ends, wait = WAIT_AT_CLOSE;

	if
	:: true -> brought[0]++; wake(0, which)
	:: true
	fi;
	if
	:: true -> brought[0]++; wake(0, which)
	:: true
	fi;
	if
	:: true -> /* the host waits until all that was brought is taken: it must be */
		brought[0] == taken[0] && brought[1] == taken[1]
	:: true
	fi;
	/* leave_pool(): ps_pool_leave() */
	atomic {
		left = true;
		awaited = wait;
#ifndef MISTAKE_STAY_READY
		DROP(0);
		DROP(1);
#endif
		still = busy
	};
	if
	:: still > 0 && wait ->
		do
		:: LISTEN(gone);
		   if
		   :: busy == 0 -> break
		   :: else
		   fi;
		   WAIT(gone)
		od;
		still = 0
	:: else
	fi;
	if
#ifdef MISTAKE_FREE_AT_ONCE
	:: true ->
#else
	:: still == 0 ->
#endif
		assert(!freed);
		freed = true
	:: else
	fi;
	/* ps_pool_part() */
	atomic { users--; ends = let_go && users == 0 };
	if
	:: ends -> end_pool()
	:: else
	fi
}

/* ps_pool_let_go() */
proctype owner()
{
	bool ends;

#ifdef MISTAKE_END_EARLY
	atomic { let_go = true; ends = true };
#else
	atomic { let_go = true; ends = users == 0 };
#endif
	if
	:: ends -> end_pool()
	:: else
	fi
}

init
{
	atomic { run thread(0); run thread(1); run host(); run owner() }
}
