/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bell.pml - the event count: lib/queue/event_count.c, and what ck_ec does in it.
 *
 * One thread waits for two changes that two others make. A third rings without a change, as each wait may be woken
 * for nothing. The waiter listens, looks, waits; who changes something rings afterwards. The steps within a wait
 * and a ring are those of ck_ec 0.7.1 (several producers): a wait sets the flag in the count by compare-and-swap,
 * then sleeps if the word is still the same, which the kernel checks and does in one step. A ring adds 1; if the
 * flag was set, it clears the flag and wakes.
 *
 * Left out: deadlines, and the poll after 4 s. Both only end waits that this model lets go on for ever, so it sees
 * more lost wake-ups, not fewer. The count does not wrap round: that takes 2^31 rings within one wait. The busy
 * loops before a sleep only read.
 *
 * The other models have a bit in the place of a bell, see waiting.h. This one shows that it behaves like that.
 *
 * Words:
 *	count          bell.count
 *
 * Mistakes:
 *	MISTAKE_LISTEN_LATE       invalid end state   it looks, then listens
 *	MISTAKE_RING_EARLY        invalid end state   who changes something rings first
 *	MISTAKE_NO_FLAG           invalid end state   the waiter sleeps without the flag
 *	MISTAKE_BLIND_SLEEP       invalid end state   the kernel does not compare the word
 *	MISTAKE_WAKE_FIRST        invalid end state   the flag is cleared after the sleeper is woken
 */
#define FLAG 8 /* of the word, as bit 31 is */
#define COUNT(word) ((word) & (FLAG - 1))
#ifdef MISTAKE_NO_FLAG
#define FLAGGED(heard) heard
#else
#define FLAGGED(heard) (heard + FLAG)
#endif

byte count;    /* the word */
bool asleep;   /* in the kernel, at the word */
byte changes;  /* what is waited for */

inline listen(heard)
{
	heard = COUNT(count)
}

inline ring(old)
{
	atomic { old = count; count = old + 1 }; /* lock inc: the flag stays */
	if
	:: old >= FLAG ->
#ifdef MISTAKE_WAKE_FIRST
		asleep = false; /* FUTEX_WAKE */
		count = COUNT(count)
#else
		count = COUNT(count); /* ck_pr_and_32 */
		asleep = false
#endif
	:: else
	fi
}

/* ck_ec32_wait_slow() */
inline wait(heard, word)
{
	do
	:: if
	   :: COUNT(count) != heard -> break
	   :: else
	   fi;
	   word = count;
	   if
	   :: word == heard ->
		atomic { /* compare and swap */
			if
			:: count == heard -> count = FLAGGED(heard); word = FLAGGED(heard)
			:: else -> word = count
			fi
		}
	   :: else
	   fi;
	   if
	   :: word != FLAGGED(heard) || count != FLAGGED(heard) -> break
	   :: else
	   fi;
	   atomic { /* FUTEX_WAIT */
		if
#ifdef MISTAKE_BLIND_SLEEP
		:: true -> asleep = true
#else
		:: count == FLAGGED(heard) -> asleep = true
		:: else
#endif
		fi
	   };
	   !asleep
	od
}

active proctype waiter()
{
	byte heard, word;

	do
#ifdef MISTAKE_LISTEN_LATE
	:: if
	   :: changes == 2 -> break
	   :: else
	   fi;
	   listen(heard);
#else
	:: listen(heard);
	   if
	   :: changes == 2 -> break
	   :: else
	   fi;
#endif
	   wait(heard, word)
	od
}

active [2] proctype changer()
{
	byte old;

#ifdef MISTAKE_RING_EARLY
	ring(old);
	changes++
#else
	changes++;
	ring(old)
#endif
}

active proctype stranger()
{
	byte old;

	ring(old)
}
