/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file_wait.pml - jobs of a pool that wait for a descriptor: lib/pool/file_wait.c, and those who call it: turns.c and
 * pool.c there, step_and_park() in lib/search/worker.c, ps_fds_wait() and ps_fds_close() in lib/plan/fd_budget.c.
 *
 * The process has FREE descriptors for two searches. The first has two workers: the second of them is after the head
 * until the first is done. The caller of the other search takes nothing, and the host closes it: at any moment, or when
 * the first search is done. With CACHED it has one more descriptor open, without use, as of a directory.
 *
 * Each worker has a file. In a turn it opens the file. If there is no descriptor, all searches close what they do not
 * use, and it tries once more; then it parks, or gives up. With the file open it may park, too, until it may go on;
 * meanwhile others may close the file, and it has to open it again. A turn may take long: it goes on when nothing else
 * can happen (`timeout`).
 *
 * What is proved:
 *	wake-ups    The first search is done in the end. While a turn takes long no job waits, unless no descriptor is free,
 *	            or a job is ready that will take it.
 *	giving up   If a job gives up, no descriptor is free, and none is open that could be closed. So with FREE or CACHED
 *	            none gives up.
 *	polling     Until something happens each job has at most two turns in vain: one beside others, and one alone.
 *	fairness    While a job waits, at most JOBS - 2 others are woken for a descriptor in its place.
 *	J1, J4      A job's file is not closed amid its turn, nor its search freed while its file is closed.
 *
 * Left out: how threads become idle, and which of the ready jobs is next (pool.pml; here any of them may be);
 * deadlines; descriptors that cannot be closed, as of streams: they are like those of the host. Of the plan: its own
 * bound, and plan.closed, which only spares turns (descriptors.pml); and whether others of the same search work, since
 * nobody works beside a job that is alone. Sections under the pool's lock are one step.
 *
 * Words:
 *	short_count    pool.short_count
 *
 * Runs:
 *	-DFREE=1
 *	-DFREE=0
 *	-DFREE=1 -DWAIT_AT_CLOSE=1  long
 *	-DFREE=1 -DCACHED=1  long
 *	-DFREE=0 -DCACHED=1  long
 *	-DFREE=1 -DTHREADS=3  long
 *	-DFREE=0 -DJOBS=4  long
 *	-DFREE=1 -DJOBS=4  long
 *
 * Mistakes:
 *	MISTAKE_COUNT_LATE        (available==0)||    a job tries for the last time, then raises short_count
 *	MISTAKE_QUIET_CLOSE       (available==0)||    who closes a descriptor wakes nobody
 *	MISTAKE_QUIET_FORGET      (available==0)||    nor does a job that was woken and needs nothing  [-DFREE=1 -DCACHED=1 -DJOBS=4 -DTHREADS=3]
 *	MISTAKE_QUIET_END         invalid end state   nor the end of a turn
 *	MISTAKE_QUIET_VAIN        invalid end state   nor the end of the last turn, if it was in vain
 *	MISTAKE_QUIET_CLOSED      invalid end state   nor who has closed a search
 *	MISTAKE_KEEP_WAITING      vain                a job that is ready waits for a descriptor all the same
 *	MISTAKE_LEFT_WAITS        (available==0)||    so does one whose search was closed
 *	MISTAKE_LAST_FIRST        passed              who has waited longest is woken last
 *	MISTAKE_TRY_FOR_EVER      vain                who has tried alone is woken to try again  [-DFREE=0]
 *	MISTAKE_WAKE_SELF         vain                a head that lacks one wakes itself
 *	MISTAKE_WAKE_TWICE        (available==0)||    who was woken is woken once more, and no other  [-DFREE=1 -DCACHED=1]
 *	MISTAKE_RUNG_NOT_VAIN     vain                a turn in vain that was woken meanwhile wakes another as if it were not
 *	MISTAKE_TRIED_BESIDE      invalid end state   who has tried beside another, which has parked since, has tried alone
 *	MISTAKE_ALONE_LATE        gives_up            others may have turns between the closing and the look who is alone
 *	MISTAKE_ALONE_STAYS       gives_up            others may have turns until it gives up
 *	MISTAKE_READY_UNSEEN      gives_up            who is ready does not count
 *	MISTAKE_CLOSING_UNSEEN    gives_up            nor who closes a search
 *	MISTAKE_LEAVE_UNSEEN      gives_up            nor who begins to close one while the job tries
 *	MISTAKE_KEEP_FILES        gives_up            files of jobs that have parked stay open
 *	MISTAKE_KEEP_CACHE        gives_up            so does what is open without use  [-DFREE=0 -DCACHED=1]
 *	MISTAKE_SHED_DEAF         invalid end state   a job that is woken while its file is closed is not woken
 *	MISTAKE_SHED_UNTAKEN      inside              its file may be closed while its turn begins: J1
 *	MISTAKE_SHED_FREED        freed               its search may be freed meanwhile: J4
 */
#ifndef FREE
#define FREE 1
#endif
#ifndef CACHED
#define CACHED 0
#endif
#ifndef WAIT_AT_CLOSE
#define WAIT_AT_CLOSE 0
#endif
#ifndef THREADS
#define THREADS 2
#endif
#ifndef JOBS
#define JOBS 3
#endif
#ifndef MOST_VAIN
#define MOST_VAIN (2 * JOBS)
#endif
#ifndef MOST_PASSED
#define MOST_PASSED (JOBS - 2)
#endif
#define NONE JOBS
#define STAYS 0  /* a search, with jobs 0 and 1 */
#define LEAVES 1 /* with the others */
#define SEARCH(job) ((job) / 2)
#define FIRST(search) (2 * search)
#define LAST(search) (search == STAYS -> 1 : JOBS - 1)

mtype = { PARKED, READY, RUNNING, RUNG, /* a job */ NEW, HOLDS, DONE /* its file */ };

byte available = FREE;     /* descriptors of the process */
bool open[JOBS + 1];       /* a job has one; */
#define CACHE JOBS         /* or the search that is closed, without use */
mtype file[JOBS] = NEW;    /* of the job: HOLDS: it parks with it open */
byte idle = THREADS;

/* under the pool's lock */
mtype state[JOBS] = PARKED;
byte running, closing;
byte busy[2];
bool left;
chan first_short = [JOBS] of { byte };
bool is_short[JOBS], tried_alone[JOBS];
byte alone = NONE;
byte first = NONE, other, i; /* within a section */

byte short_count;

/* to see faults by */
bool inside[JOBS];         /* a thread works with the job, */
bool freed;
byte vain;                 /* turns in vain, since something happened */
byte passed[JOBS];         /* while the job waited, others were woken in its place */

#define HAS_LEFT(search) (search == LEAVES && left)
#define IS_HEAD(job) (job % 2 == 0 || file[job - 1] == DONE)
#define MAY_GO_ON(job) (SEARCH(job) == STAYS && IS_HEAD(job))
#define WAITS(job) (is_short[job] && state[job] == PARKED)
#if JOBS == 3
#define ANY(what) (what(0) || what(1) || what(2))
#define EACH(what) what(0); what(1); what(2)
#else
#define ANY(what) (what(0) || what(1) || what(2) || what(3))
#define EACH(what) what(0); what(1); what(2); what(3)
#endif
#define IS_READY(job) (state[job] == READY)
#define IS_OPEN(job) open[job]
#ifdef MISTAKE_READY_UNSEEN
#define ANY_READY false
#else
#define ANY_READY ANY(IS_READY)
#endif
#ifdef MISTAKE_CLOSING_UNSEEN
#define ANY_CLOSING false
#else
#define ANY_CLOSING (closing > 0)
#endif
#define ARE_OTHERS(jobs) (running > jobs || ANY_CLOSING || ANY_READY)
#define NONE_WAITS (available == 0 || ANY(IS_READY) || !ANY(WAITS))
#define NONE_LEFT (available == 0 && !open[CACHE] && !ANY(IS_OPEN))

/* ps_short_forget() */
inline forget(which)
{
	if
	:: is_short[which] -> first_short ?? eval(which); is_short[which] = false; short_count--
	:: else
	fi
}

/* append_job() */
inline append(which)
{
#ifndef MISTAKE_KEEP_WAITING
	forget(which);
#endif
#ifndef MISTAKE_ALONE_STAYS
	alone = NONE;
#endif
	passed[which] = 0;
	state[which] = READY
}

/* ps_pool_make_ready() */
inline make_ready(which)
{
	if
	:: HAS_LEFT(SEARCH(which)) || state[which] == READY || state[which] == RUNG
	:: else ->
		if
		:: state[which] == RUNNING -> state[which] = RUNG
		:: else -> append(which)
		fi
	fi
}

#define PASS(which) \
	if \
	:: WAITS(which) && which != first -> passed[which]++; assert(passed[which] <= MOST_PASSED) \
	:: else \
	fi

inline wake_one(untried)
{
	i = len(first_short);
	do
	:: i > 0 ->
		first_short ? other;
		first_short ! other;
		if
#ifdef MISTAKE_TRY_FOR_EVER
		:: first == NONE && state[other] != RUNG -> first = other
#elif defined(MISTAKE_WAKE_TWICE)
		:: first == NONE && !(untried && tried_alone[other]) -> first = other
#else
		:: first == NONE && state[other] != RUNG && !(untried && tried_alone[other]) -> first = other
#endif
		:: else
		fi;
		i--
	:: else -> break
	od;
	other = 0;
	if
	:: first != NONE ->
		if
		:: !untried && state[first] == PARKED -> EACH(PASS)
		:: else
		fi;
		make_ready(first);
		first = NONE
	:: else
	fi
}

/* Something happens for which another turn may be worth while. */
#define NEWS vain = 0

inline wake(which) { d_step { NEWS; make_ready(which) } }

/* ps_fds_close(), ps_pool_file_closed() */
inline close(what)
{
	d_step { open[what] = false; available++; NEWS };
	if
#ifndef MISTAKE_QUIET_CLOSE
	:: short_count > 0 -> d_step { skip; wake_one(false) }
#endif
	:: else
	fi
}

/* client->free(), and what follows it in ps_pool_part() or ps_client_release() */
inline free_client(threads)
{
	assert(!freed);
	k = FIRST(LEAVES);
	do
	:: k <= CACHE && open[k] -> close(k)
	:: k < CACHE && !open[k] -> assert(!inside[k]); k++
	:: else -> break
	od;
	k = 0;
	d_step {
		freed = true;
		idle = idle + threads;
		closing--;
#ifndef MISTAKE_QUIET_CLOSED
		wake_one(false);
#endif
		NEWS
	}
}

/* ps_client_release() */
inline release(search)
{
	busy[search]--;
	is_last = busy[search] == 0 && HAS_LEFT(search) && !WAIT_AT_CLOSE
}

inline free_if_last(threads)
{
	if
	:: is_last -> free_client(threads); is_last = false
	:: else
	fi
}

/* open_counted() */
inline try()
{
	d_step {
		assert(!open[me]);
		if
		:: available > 0 -> available--; open[me] = true
		:: else
		fi
	}
}

inline close_parked()
{
	d_step {
		if
		:: !HAS_LEFT(at) && state[k] == PARKED ->
			is_taken = true;
#ifndef MISTAKE_SHED_UNTAKEN
			state[k] = RUNNING;
#endif
			assert(!inside[k]);
			inside[k] = true
		:: else
		fi
	};
	if
	:: is_taken ->
		if
#ifndef MISTAKE_KEEP_FILES
		:: open[k] -> close(k)
#endif
		:: else
		fi;
		d_step {
			is_taken = false;
			inside[k] = false;
			if
#ifndef MISTAKE_SHED_DEAF
			:: state[k] == RUNG -> state[k] = PARKED; make_ready(k)
#endif
			:: else -> state[k] = PARKED
			fi
		}
	:: else
	fi;
	k++
}

/* Each search closes what it does not use: first the one that joined last. */
inline shed_all()
{
	d_step {
		alone = (ARE_OTHERS(1) -> NONE : me);
		at = (left -> STAYS : LEAVES);
#ifndef MISTAKE_SHED_FREED
		busy[at]++
#endif
	};
	do
	:: if
	   :: at == LEAVES ->
		assert(!freed);
		if
#ifndef MISTAKE_KEEP_CACHE
		:: open[CACHE] -> close(CACHE)
#endif
		:: else
		fi
	   :: else
	   fi;
	   k = FIRST(at);
	   do
	   :: k <= LAST(at) -> close_parked()
	   :: else -> break
	   od;
	   k = 0;
	   d_step {
		later = (at == LEAVES && !left -> STAYS : NONE);
#ifndef MISTAKE_SHED_FREED
		release(at);
		if
		:: later != NONE -> busy[later]++
		:: else
		fi
#endif
	   };
	   free_if_last(0);
	   at = later;
	   if
	   :: at == NONE -> break
	   :: else
	   fi
	od;
	at = 0;
	later = 0
}

/* step_and_park(): opens the file */
inline open_file()
{
	try();
	if
	:: !open[me] ->
		/* ps_job_watch_files() */
		shed_all();
		d_step {
			if
#ifdef MISTAKE_LEFT_WAITS
			:: true ->
#else
			:: !HAS_LEFT(SEARCH(me)) ->
#endif
				is_short[me] = true;
#ifdef MISTAKE_LAST_FIRST
				i = len(first_short);
#endif
				first_short ! me;
#ifdef MISTAKE_LAST_FIRST
				do
				:: i > 0 -> first_short ? other; first_short ! other; i--
				:: else -> break
				od;
				other = 0;
#endif
#ifndef MISTAKE_COUNT_LATE
				short_count++
#endif
			:: else
			fi
#ifdef MISTAKE_ALONE_LATE
			;
			alone = (ARE_OTHERS(1) -> NONE : me)
#endif
		};
		try();
#ifdef MISTAKE_COUNT_LATE
		short_count++;
#endif
		d_step {
			if
			:: !open[me] -> /* look_for_chance(), ps_job_may_give_up() */
#ifdef MISTAKE_WAKE_SELF
				if
				:: IS_HEAD(me) -> make_ready(me)
				:: else
				fi;
#endif
				gives_up = IS_HEAD(me) && is_short[me] && alone == me;
				assert(!gives_up || NONE_LEFT);
				parks = !gives_up
			:: else
			fi;
		};
		if
		:: !parks ->
			d_step { /* ps_job_forget_files() */
				forget(me);
				if
#ifndef MISTAKE_QUIET_FORGET
				:: state[me] == RUNG -> wake_one(false)
#endif
				:: else
				fi
			}
		:: else
		fi
	:: else
	fi
}

#define LONG true -> timeout; assert(NONE_WAITS)

proctype worker(byte me)
{
	byte at, k, later;
	bool is_last, is_taken, gives_up, parks, lacks;

end:	do
	:: d_step { /* run_next() */
		state[me] == READY && idle > 0 ->
		assert(!HAS_LEFT(SEARCH(me)) && !inside[me]);
		idle--;
		running++;
		busy[SEARCH(me)]++;
		state[me] = RUNNING;
		inside[me] = true;
		parks = file[me] == DONE
	   };
	   if
	   :: HAS_LEFT(SEARCH(me)) -> parks = true /* the search is over */
	   :: else
	   fi;
	   if
	   :: !parks && !open[me] -> open_file()
	   :: else
	   fi;
	   if
	   :: open[me] && file[me] == NEW ->
		if
		:: file[me] = HOLDS
		:: LONG
		:: true
		fi
	   :: else
	   fi;
	   if
	   :: parks || (!gives_up && file[me] == HOLDS && !MAY_GO_ON(me)) /* it parks */
	   :: else ->
		if
		:: open[me] -> close(me)
		:: else
		fi;
		file[me] = DONE;
		if
		:: me % 2 == 0 && me + 1 < JOBS -> wake(me + 1) /* which is the head now */
		:: else
		fi;
		if
		:: LONG
		:: true
		fi
	   fi;
	   d_step { /* end_turn() */
		inside[me] = false;
		gives_up = false;
		parks = false;
		running--;
		lacks = is_short[me];
		if
		:: state[me] == RUNG && !HAS_LEFT(SEARCH(me)) -> append(me)
		:: else -> state[me] = PARKED
		fi;
		/* ps_short_end_turn() */
#ifdef MISTAKE_TRIED_BESIDE
		tried_alone[me] = running == 0;
#else
		tried_alone[me] = is_short[me] && alone == me;
#endif
		if
		:: lacks -> vain++; assert(vain <= MOST_VAIN)
		:: else -> NEWS
		fi;
#ifdef MISTAKE_RUNG_NOT_VAIN
		lacks = is_short[me];
#endif
		if
		:: !lacks ->
#ifndef MISTAKE_QUIET_END
			wake_one(false)
#else
			skip
#endif
		:: else ->
			if
#ifndef MISTAKE_QUIET_VAIN
			:: !ARE_OTHERS(0) -> wake_one(true)
#endif
			:: else
			fi
		fi;
		lacks = false;
		release(SEARCH(me));
		idle = idle + !is_last
	   };
	   free_if_last(1)
	od
}

/* It wakes a job for the first time. */
proctype starter(byte which)
{
	wake(which)
}

/* It closes the second search, at any moment: leave_pool(). */
proctype host()
{
	bool still;
	byte k;

	if
	:: true
	:: true -> file[0] == DONE && file[1] == DONE
	fi;
	d_step { /* ps_pool_leave() */
		left = true;
#ifndef MISTAKE_LEAVE_UNSEEN
		alone = NONE;
#endif
		for (i : FIRST(LEAVES) .. JOBS - 1) {
			if
			:: state[i] == READY -> state[i] = PARKED
			:: else
			fi;
			forget(i)
		}
		still = busy[LEAVES] > 0;
		closing = (still && !WAIT_AT_CLOSE -> 2 : 1);
		i = 0;
		NEWS
	};
	if
	:: WAIT_AT_CLOSE -> busy[LEAVES] == 0
	:: else
	fi;
	if
	:: !still || WAIT_AT_CLOSE -> free_client(0)
	:: else -> d_step {
		closing--;
#ifndef MISTAKE_QUIET_CLOSED
		wake_one(false);
#endif
		NEWS
	   }
	fi
}

/* It takes what the first search has: all of it. */
proctype caller()
{
	file[0] == DONE && file[1] == DONE
}

init
{
	atomic {
		open[CACHE] = CACHED;
		run worker(0);
		run worker(1);
		run worker(2);
		run starter(0);
		run starter(1);
		run starter(2);
#if JOBS == 4
		run worker(3);
		run starter(3);
#endif
		run host();
		run caller()
	}
}
