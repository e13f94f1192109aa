/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.pml - claims, window and head of the plan, and the threads that use it: lib/plan, lib/search/worker.c,
 * iterator.c, search.c.
 *
 * The source is a run of a directory and FILES files; the directory turns out to have two files, or none. Two
 * workers claim in order, and finish a claim in the section in which they make the next one. At most WINDOW claims
 * are alive. A file may have something to deliver: it gets a place. The caller takes what has a place at the head;
 * HELP says when it claims what no worker runs: never, when no worker is idle or coming, or always. At the end, or
 * when some thread has canceled the search, the caller stops the workers and joins them.
 *
 * A section under plan->lock is one step; what it wakes is woken after that (ps_plan_unlock_and_wake()).
 *
 * Left out: the ring of a place (ring.pml) and the wait for one (rings.pml); descriptors; names that are only
 * listed; the window's bound on entries, which opens in the same place; claims of several files, which have as many
 * places as files; files that are cut, which expand as directories do; sources that come later; other orders of
 * results.
 *
 * Words:
 *	head_of        holder.head
 *	idle_of        holder.idle
 *	stop           ending.stop
 *	canceled       ending.canceled
 *
 * Runs:
 *	-DHELP=NEVER
 *	-DHELP=ALWAYS
 *	-DCANCEL -DFILES=0
 *	-DHELP=ALWAYS -DCANCEL  long
 *	-DFILES=2  long
 *
 * Mistakes:
 *	MISTAKE_OPEN_LATER        holder              what a directory has is claimed after what follows it  [-DFILES=2]
 *	MISTAKE_SKIP_CHILD        delivered           the head passes a directory without what is in it
 *	MISTAKE_WINDOW_AT_HEAD    holder              the head, too, is claimed only within the window
 *	MISTAKE_NO_WINDOW         claims              no window
 *	MISTAKE_WINDOW_QUIET      window_closed       nobody is woken when the window opens
 *	MISTAKE_QUIET_FOLLOW      invalid end state   the caller is not told that the head has come to a place
 *	MISTAKE_QUIET_ATTACH      invalid end state   the same of a place at the head
 *	MISTAKE_LISTEN_LATE       invalid end state   a worker looks whether it is idle, then listens
 *	MISTAKE_QUIET_CANCEL      invalid end state   a cancel does not ring the caller's bell  [-DCANCEL -DFILES=0]
 *	MISTAKE_STOP_LATE         invalid end state   the caller rings, then stops
 */
#include "waiting.h"

#define NEVER 0
#define ALONE 1
#define ALWAYS 2
#ifndef HELP
#define HELP NEVER
#endif
#define WORKERS 2
#define CALLER WORKERS
#define NOBODY (WORKERS + 1)
#ifndef WINDOW
#define WINDOW 2
#endif

/* Entries: the source's are 0, a directory, 1 to FILES; the directory's are the two after these. The runs: */
#define SOURCE 0
#define CHILD 1
#define NO_RUN 2
#define DIRECTORY 0
#ifndef FILES
#define FILES 1
#endif
#define ENTRIES (FILES + 3)
#define NONE ENTRIES
#define FIRST(its) (its * (FILES + 1))
#define RANK(entry) ((entry + 2) % ENTRIES) /* the order of files: those of the directory come first */

/* [L]: under plan->lock */
byte cursor[2], passed[2], count[2];
bool is_open[2];
bool listed;                /* the child its is */
byte holder[ENTRIES] = NOBODY;
bool place[ENTRIES];
byte head = NONE, head_run = SOURCE;
byte claims, idle, coming;
bool away[3];
bool window_closed;
byte wake_holder = NOBODY, wake_idle; /* plan->wakes */
bool wake_caller;

bool head_of[3], idle_of[3];
bool stop, canceled;
bool bell[WORKERS], door;
byte returned;              /* workers */
byte produced, delivered, rank;
hidden byte chosen, stand, at_head; /* within one step */

inline offer(n)
{
	if
	:: n < idle -> coming = coming + n; wake_idle = wake_idle + n; idle = idle - n
	:: else -> coming = coming + idle; wake_idle = wake_idle + idle; idle = 0
	fi
}

inline first_open(its)
{
	if
#ifdef MISTAKE_OPEN_LATER
	:: is_open[SOURCE] && cursor[SOURCE] < count[SOURCE] -> its = SOURCE
	:: else ->
		if
		:: is_open[CHILD] && cursor[CHILD] < count[CHILD] -> its = CHILD
		:: else -> its = NO_RUN
		fi
#else
	:: is_open[CHILD] && cursor[CHILD] < count[CHILD] -> its = CHILD
	:: else ->
		if
		:: is_open[SOURCE] && cursor[SOURCE] < count[SOURCE] -> its = SOURCE
		:: else -> its = NO_RUN
		fi
#endif
	fi
}

#ifdef MISTAKE_NO_WINDOW
#define ADMITS true
#else
#define ADMITS (claims < WINDOW)
#endif

inline pass_claim(its)
{
	passed[its]++;
	claims--;
	/* move_window() */
	first_open(chosen);
	if
#ifndef MISTAKE_WINDOW_QUIET
	:: window_closed && claims < (WINDOW + 1) / 2 && chosen != NO_RUN -> window_closed = false; offer(idle)
#endif
	:: else
	fi
}

/* ps_head_move(); `stand` says how the head stands then */
#define PLACE 1
#define RUNNING 2
#define UNCLAIMED 3
#define OVER 4

inline move_head()
{
	do
	:: head == NONE && head_run == NO_RUN -> stand = OVER; break
	:: head == NONE && head_run != NO_RUN && passed[head_run] < cursor[head_run] ->
		head = FIRST(head_run) + passed[head_run];
		if
		:: holder[head] != NOBODY -> head_of[holder[head]] = true; wake_holder = holder[head]
		:: else
		fi
	:: head == NONE && head_run != NO_RUN && passed[head_run] == cursor[head_run] ->
		if
		:: cursor[head_run] < count[head_run] -> stand = UNCLAIMED; break
		:: else ->
			if
			:: head_run == CHILD -> head_run = SOURCE; pass_claim(SOURCE) /* leave_run() */
			:: else -> head_run = NO_RUN
			fi
		fi
	:: head != NONE && place[head] -> stand = PLACE; break
	:: head != NONE && !place[head] && holder[head] != NOBODY -> stand = RUNNING; break
	:: head != NONE && !place[head] && holder[head] == NOBODY ->
		if
#ifndef MISTAKE_SKIP_CHILD
		:: head == DIRECTORY && listed -> head_run = CHILD
#endif
		:: else -> pass_claim(head_run)
		fi;
		head = NONE
	od
}

inline finish_claim(entry)
{
	if
	:: entry == DIRECTORY && !listed -> is_open[CHILD] = false
	:: else
	fi;
	holder[entry] = NOBODY;
	if
	:: entry == head && !place[entry] -> /* ps_head_follow() */
		move_head();
#ifndef MISTAKE_QUIET_FOLLOW
		wake_caller = wake_caller || stand == PLACE || stand == OVER
#endif
	:: else
	fi
}

inline claim_from(its, who, entry)
{
	entry = FIRST(its) + cursor[its];
	claims++;
	assert(claims <= WINDOW + 1); /* P2 */
	is_open[CHILD] = is_open[CHILD] || entry == DIRECTORY;
	cursor[its]++;
	if
	:: cursor[its] == count[its] -> is_open[its] = false
	:: else
	fi;
	head_of[who] = false;
	holder[entry] = who
}

#define ATTENDED (head != NONE -> holder[head] != NOBODY || place[head] : \
	head_run == NO_RUN || cursor[head_run] == count[head_run])

/* at the end of a section under the lock */
inline unlock()
{
	one = wake_holder; idlers = wake_idle; all = wake_caller;
	wake_holder = NOBODY; wake_idle = 0; wake_caller = false
}

/* ps_plan_claim() */
inline claim(entry)
{
	d_step {
		if
		:: entry != NONE -> finish_claim(entry)
		:: else
		fi;
		first_open(chosen);
		at_head = chosen != NO_RUN && chosen == head_run && head == NONE;
		coming = coming - away[me];
		away[me] = false;
		if
#ifdef MISTAKE_WINDOW_AT_HEAD
		:: chosen != NO_RUN && ADMITS ->
#else
		:: chosen != NO_RUN && (at_head || ADMITS) ->
#endif
			claim_from(chosen, me, entry);
			if
			:: at_head -> move_head()
			:: else
			fi
		:: else -> /* be_idle() */
			assert(ATTENDED); /* P1 */
			entry = NONE;
			idle++;
			away[me] = true;
			idle_of[me] = true;
			window_closed = window_closed || chosen != NO_RUN
		fi;
		unlock()
	};
	wake()
}

/* wake_idle() in search.c: the exchange decides who wakes a worker, which matters only if there are three */
#define WAKE_IF_IDLE(i) \
	if \
	:: idlers > 0 && idle_of[i] -> idle_of[i] = false; idlers--; RING(bell[i]) \
	:: else \
	fi

/*
 * The rest of ps_plan_unlock_and_wake(): the wakes were noted under the lock. They are given in one step, as each only
 * sets a bit: one that came later would end its wait later.
 */
inline wake()
{
	atomic {
		if
		:: one < CALLER -> RING(bell[one])
		:: one == CALLER -> RING(door)
		:: else
		fi;
		WAKE_IF_IDLE(0);
		WAKE_IF_IDLE(1);
		if
		:: all -> RING(door)
		:: else
		fi;
		assert(idlers == 0); /* those that were counted idle are */
		one = NOBODY; all = false
	}
}

/* ps_plan_expand(): the thread that has listed the directory takes one of its files itself */
inline expand()
{
	d_step { count[CHILD] = 2; listed = true; offer(1); unlock() };
	wake()
}

proctype worker(byte me)
{
	byte entry = NONE, one = NOBODY, idlers;
	bool all;

wait:
#ifdef MISTAKE_LISTEN_LATE
	if
	:: stop || canceled -> goto over
	:: else
	fi;
	if
	:: idle_of[me] -> LISTEN(bell[me]); WAIT(bell[me]); goto wait
	:: else
	fi;
#else
	LISTEN(bell[me]);
	if
	:: stop || canceled -> goto over
	:: else
	fi;
	if
	:: idle_of[me] -> WAIT(bell[me]); goto wait
	:: else
	fi;
#endif
	do
	:: claim(entry);
	   if
	   :: entry == NONE -> goto wait
	   :: else
	   fi;
	   if
	   :: stop || canceled -> goto over
	   :: else
	   fi;
	   if
	   :: entry == DIRECTORY -> expand()
	   :: true -> skip /* an empty directory, or nothing to deliver */
	   :: entry != DIRECTORY ->
		d_step { /* ps_plan_attach() */
#ifndef MISTAKE_QUIET_ATTACH
			wake_caller = wake_caller || entry == head;
#endif
			place[entry] = true;
			produced++;
			unlock()
		};
		wake()
	   fi
	od;
over:
	returned++
}

inline deliver(entry)
{
	d_step {
		assert(RANK(entry) >= rank); /* order */
		rank = RANK(entry) + 1;
		delivered++
	}
}

/* ps_plan_head(): finishes `own`, and may claim */
inline look_at_head(own)
{
	d_step {
		if
		:: own != NONE -> finish_claim(own)
		:: else
		fi;
		own = NONE;
		move_head();
		if
		:: stand == UNCLAIMED && (HELP == ALWAYS || (HELP == ALONE && idle + coming == 0)) ->
			chosen = head_run;
			claim_from(chosen, CALLER, own);
			move_head()
		:: stand == UNCLAIMED && !(HELP == ALWAYS || (HELP == ALONE && idle + coming == 0)) -> offer(1)
		:: else
		fi;
		found = (own == NONE -> stand : RUNNING);
		unlock()
	};
	wake()
}

active proctype caller()
{
	byte own = NONE, found, one = NOBODY, idlers;
	bool all;

	d_step { /* ps_plan_enlist(), ps_plan_add() */
		idle_of[0] = true; idle_of[1] = true;
		away[0] = true; away[1] = true;
		idle = WORKERS;
		count[SOURCE] = FILES + 1;
		is_open[SOURCE] = true;
		offer((FILES + 1));
		unlock()
	};
	atomic { run worker(0); run worker(1) };
	wake();
	do
	:: LISTEN(door);
	   if
	   :: canceled -> break
	   :: else
	   fi;
	   look_at_head(own);
	   if
	   :: own == DIRECTORY -> expand()
	   :: own != NONE -> skip /* an empty directory, or nothing to deliver */
	   :: own != NONE && own != DIRECTORY -> produced++; deliver(own)
	   :: own == NONE && found == OVER -> assert(delivered == produced); break
	   :: own == NONE && found == PLACE ->
		deliver(head); /* the head stays while it has a place */
		d_step {
			place[head] = false;
			move_head();
			first_open(chosen);
			assert(!window_closed || chosen == NO_RUN || claims >= (WINDOW + 1) / 2);
			unlock()
		}; /* ps_plan_retire() */
		wake()
	   :: own == NONE && (found == RUNNING || found == UNCLAIMED) -> WAIT(door)
	   fi
	od;
	/* ps_search_stop(), search_close() */
#ifdef MISTAKE_STOP_LATE
	RING(bell[0]); RING(bell[1]);
	stop = true;
#else
	stop = true;
	RING(bell[0]); RING(bell[1]);
#endif
	returned == WORKERS;
	assert(idle == idle_of[0] + idle_of[1])
}

#ifdef CANCEL
active proctype stranger()
{
	canceled = true;
#ifndef MISTAKE_QUIET_CANCEL
	RING(door)
#endif
}
#endif
