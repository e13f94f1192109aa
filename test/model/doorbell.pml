/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doorbell.pml - the caller's bell as a descriptor: lib/queue/notifier.c, and a host that polls it.
 *
 * The host takes items without waiting, as search_try_next() does: it looks, arms, looks again (wait_for_news() in
 * lib/search/iterator.c), and polls the descriptor until that is readable. Two threads bring an item each, and
 * ring. When it has both items, or before that, the host closes the search (ps_doorbell_close()); the threads may
 * still ring.
 *
 * Left out: the count of the bell itself (bell.pml); a socket in place of an eventfd, which is drained in the same
 * way; is_socket, which does not change once there is a descriptor. The descriptor is there from the start: before,
 * no thread finds it armed.
 *
 * Words:
 *	fd             door.fd
 *	armed          door.armed
 *	writers        door.writers
 *
 * Mistakes:
 *	MISTAKE_ARM_AT_ONCE       invalid end state   it arms, and polls without a second look
 *	MISTAKE_DRAIN_LATE        invalid end state   it arms, then drains
 *	MISTAKE_RING_EARLY        invalid end state   who brings an item rings first
 *	MISTAKE_ARM_IDLY          for_nothing         what is armed is not drained again
 *	MISTAKE_WRITERS_LATE      fd                  who writes says so after the exchange
 *	MISTAKE_CLOSE_AT_ONCE     fd                  close does not wait for writers
 */
#define ITEMS 2

byte items;       /* that there are */
bool fd = true;   /* the descriptor is open, */
bool readable;    /* and readable */
bool armed;
byte writers;
byte for_nothing; /* polls that brought nothing */

inline disarm(was)
{
	if
	:: !armed
	:: else ->
#ifndef MISTAKE_WRITERS_LATE
		writers++;
#endif
		atomic { was = armed; armed = false };
#ifdef MISTAKE_WRITERS_LATE
		writers++;
#endif
		if
		:: was -> assert(fd); readable = true
		:: else
		fi;
		writers--
	fi
}

inline arm()
{
#ifdef MISTAKE_ARM_IDLY
	if
	:: armed
	:: else -> readable = false; armed = true
	fi
#else
#ifdef MISTAKE_DRAIN_LATE
	armed = true;
	readable = false
#else
	readable = false; /* drains */
	armed = true
#endif
#endif
}

active proctype host()
{
	byte taken;
	bool looked_again, polled, was;

	do
	:: taken == ITEMS -> break
	:: taken < ITEMS -> break /* it closes the search before that */
	:: taken < ITEMS ->
		looked_again = false;
		do
		:: if
		   :: items > taken ->
			taken++;
			polled = false;
			disarm(was); /* as next_item() does: there may be more */
			break
		   :: else ->
			if
			:: looked_again ->
				/* SEARCH_EAGAIN */
				for_nothing = for_nothing + polled;
				assert(for_nothing <= ITEMS); /* at most one for each ring */
				readable;
				polled = true;
				break
			:: else ->
				arm();
#ifdef MISTAKE_ARM_AT_ONCE
				readable;
				polled = true;
				break
#else
				looked_again = true
#endif
			fi
		   fi
		od
	od;
	/* ps_doorbell_close() */
	armed = false;
#ifndef MISTAKE_CLOSE_AT_ONCE
	writers == 0;
#endif
	fd = false
}

active [ITEMS] proctype bringer()
{
	bool was;

#ifdef MISTAKE_RING_EARLY
	disarm(was);
	items++
#else
	items++;
	disarm(was)
#endif
}
