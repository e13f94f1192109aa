/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * descriptors.pml - a process without descriptors: lib/plan/fd_budget.c, open_counted() in lib/plan/open.c.
 *
 * Three workers have a file each, in the order of their numbers, and the process has FREE descriptors for them,
 * besides the one in reserve. A worker opens its file; then it may have to wait for the caller, with the file open,
 * until its file is the head; then it closes the file, and finishes its claim. So the head may find no descriptor
 * while those that have them wait for the head. It must go on all the same: by the reserve, and later because one
 * is kept for it. No worker waits for a descriptor that never comes.
 *
 * Left out: the cache of directories, which is emptied before anybody waits; the end of a shortage (note_calm()):
 * here it lasts; the caller as a thread that opens files. Sections under fd_lock are one step.
 *
 * If who closes a descriptor and who waits for one miss each other (weak.txt), a worker only waits longer here: until
 * it is the head, at the latest.
 *
 * Words:
 *	closed         plan.closed
 *	fd_starved     plan.fd_starved
 *	fd_waiting     plan.fd_waiting
 *	blocked        plan.blocked
 *	held           plan.held
 *	open_now       plan.open_now
 *	fd_limit       plan.fd_limit
 *	head           holder.head
 *
 * Runs:
 *	-DFREE=1
 *	-DFREE=2
 *
 * Mistakes:
 *	MISTAKE_QUIET_BLOCK       invalid end state   a worker that blocks does not tell the head
 *	MISTAKE_QUIET_FINISH      invalid end state   nor does one that finishes
 *	MISTAKE_HEAD_UNWOKEN      invalid end state   nor does the plan the worker that comes to the head
 *	MISTAKE_NO_RESERVE        gave_up             there is no reserve
 *	MISTAKE_GIVE_UP_EARLY     gave_up             the head does not ask whether others work
 */
#include "waiting.h"

#ifndef FREE
#define FREE 1
#endif
#define WORKERS 3
#define NOBODY WORKERS

byte available = FREE;        /* descriptors of the process */
byte closed, fd_waiting, blocked, open_now, fd_limit;
byte held = WORKERS;
bool fd_starved;
bool head[WORKERS], bell[WORKERS];
bool gave_up;
bool finished[WORKERS];        /* under plan->lock */
byte at;                      /* the head */

/* under fd_lock */
chan waiters = [WORKERS] of { byte };
byte fd_news;
#ifdef MISTAKE_NO_RESERVE
bool reserve;
#else
bool reserve = true;
#endif

#define OTHERS_WORK (held > blocked + fd_waiting)

inline signal_waiters(freed)
{
	if
	:: !fd_starved
	:: else ->
		atomic {
			first = NOBODY;
			if
			:: freed && len(waiters) > 0 -> fd_news++; waiters ? <first>
			:: else
			fi;
			other = NOBODY;
			if
			:: waiters ?? [0] && head[0] -> other = 0
			:: waiters ?? [1] && head[1] -> other = 1
			:: waiters ?? [2] && head[2] -> other = 2
			:: else
			fi
		};
		atomic {
			if
			:: first != NOBODY -> RING(bell[first])
			:: else
			fi;
			if
			:: other != NOBODY -> RING(bell[other])
			:: else
			fi;
			first = NOBODY; other = NOBODY
		}
	fi
}

inline begin_waiting()
{
	atomic { waiters ! me; fd_waiting++; fd_starved = true }
}

inline end_waiting(news)
{
	atomic {
		waiters ?? eval(me);
		if
		:: len(waiters) == 0 -> fd_news = 0
		:: len(waiters) > 0 && news && fd_news > 0 ->
			fd_news--;
			if
			:: fd_news > 0 -> waiters ? <first>
			:: else
			fi
		:: else
		fi;
		fd_waiting--;
		fd_starved = fd_waiting > 0
	};
	atomic {
		if
		:: first != NOBODY -> RING(bell[first])
		:: else
		fi;
		first = NOBODY
	}
}

#define AGAIN 1
#define LATER 2
#define HOPELESS 3

/* look_for_chance() */
inline look()
{
	if
	:: closed != was_closed || head[me] != was_head -> chance = AGAIN
	:: else ->
		atomic {
			if
#ifdef MISTAKE_GIVE_UP_EARLY
			:: was_head && reserve -> reserve = false; chance = AGAIN
			:: was_head && !reserve -> chance = HOPELESS
#else
			:: was_head && !OTHERS_WORK && reserve -> reserve = false; available++; chance = AGAIN
			:: was_head && !OTHERS_WORK && !reserve -> chance = HOPELESS
#endif
			:: else -> chance = LATER
			fi
		}
	fi
}

/* open_counted(), ps_open_once() */
inline open_file()
{
	do
	:: was_closed = closed;
	   was_head = head[me];
	   if
	   :: fd_limit != 0 && !was_head && open_now + 1 >= fd_limit
	   :: else ->
		open_now++;
		atomic {
			if
			:: available > 0 -> available--; is_open = true
			:: else
			fi
		};
		if
		:: is_open -> break
		:: else
		fi;
		atomic { /* ps_fds_failed() */
			open_now--;
			if
			:: fd_limit == 0 || open_now < fd_limit -> fd_limit = (open_now == 0 -> 1 : open_now)
			:: else
			fi
		}
	   fi;
	   /* ps_fds_wait() */
	   begin_waiting();
	   signal_waiters(false);
	   do
	   :: LISTEN(bell[me]);
	      look();
	      if
	      :: chance != LATER -> break
	      :: else
	      fi;
	      WAIT(bell[me])
	   od;
	   end_waiting(chance == AGAIN);
	   if
	   :: chance == HOPELESS -> assert(available == 0); gave_up = true; assert(!gave_up)
	   :: else
	   fi;
	   chance = 0
	od;
	was_closed = 0; was_head = false
}

proctype worker(byte me)
{
	byte was_closed, chance, first = NOBODY, other = NOBODY;
	bool was_head, is_open;

	open_file();
	if
	:: !head[me] -> /* it has to wait for the caller */
		blocked++;
#ifndef MISTAKE_QUIET_BLOCK
		signal_waiters(false);
#endif
		do
		:: LISTEN(bell[me]);
		   if
		   :: head[me] -> break
		   :: else
		   fi;
		   WAIT(bell[me])
		od;
		blocked--
	:: true
	fi;
	/* ps_fds_close() */
	is_open = false;
	available++;
	open_now--;
	closed++;
	signal_waiters(true);
	/* the claim is finished; the head moves once all before it are, too */
	atomic {
		finished[me] = true;
		do
		:: at < WORKERS && finished[at] -> at++
		:: else -> break
		od;
		if
		:: at < WORKERS && !head[at] -> head[at] = true; first = at
		:: else
		fi
	};
#ifdef MISTAKE_HEAD_UNWOKEN
	first = NOBODY;
#endif
	atomic {
		if
		:: first != NOBODY -> RING(bell[first])
		:: else
		fi;
		first = NOBODY
	};
	held--;
#ifndef MISTAKE_QUIET_FINISH
	signal_waiters(false)
#endif
}

init
{
	atomic { head[0] = true; run worker(0); run worker(1); run worker(2) }
}
