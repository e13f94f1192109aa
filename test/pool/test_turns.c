/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_turns.c - the pool alone, with clients that only count: whose turn it is, that no wake-up is lost, and how
 * clients leave.
 */
#include "../../lib/pool/pool_internal.h"

#include "../../lib/base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/process.h"

enum { JOBS = 4, LOG = 4096 };

/* What happened, in order. */
static char happened[LOG + 1];
static _Atomic unsigned events;
static _Atomic unsigned noted; /* of them: those that are in the list */

static void note_event(char name)
{
	unsigned n = atomic_fetch_add(&events, 1);

	if (n < LOG)
		happened[n] = name;
	atomic_fetch_add(&noted, 1);
}

/* A client whose jobs have a number of turns to do. */
struct worker_like {
	struct ps_job job;
	_Atomic int left;      /* turns to do; a job with none parks */
	_Atomic bool inside;   /* a thread has it */
	_Atomic unsigned work; /* what there is to see, */
	_Atomic unsigned seen; /* and how much of it the last turn saw when it began */
};

struct party {
	struct ps_client client;
	struct worker_like jobs[JOBS];
	char name;
	_Atomic bool *gate;    /* NULL, or a turn waits until it is true */
	unsigned sleeps;       /* microseconds that a turn takes */
	_Atomic int stream;    /* that a turn watches, or 0 */
	_Atomic int freed, told;
	_Atomic bool to_free;  /* what ps_pool_leave() answered in a turn */
};

static struct party *party_of(struct ps_client *client)
{
	return (struct party *)(void *)client; /* its first member */
}

static enum ps_turn take_turn(struct ps_job *job)
{
	struct worker_like *w = (struct worker_like *)(void *)job;
	struct party *p = party_of(job->client);
	bool inside = atomic_exchange(&w->inside, true);
	unsigned work = atomic_load(&w->work);

	assert_false(inside); /* J1 */
	note_event(p->name);
	while (p->gate != NULL && !atomic_load(p->gate))
		usleep(100);
	if (p->sleeps > 0)
		usleep(p->sleeps);
	atomic_store(&w->seen, work);
	atomic_store(&w->inside, false);
	if (atomic_load(&w->left) > 0)
		return atomic_fetch_sub(&w->left, 1) > 1 ? PS_TURN_AGAIN : PS_TURN_PARK;
	return PS_TURN_PARK;
}

static void tell_party(struct ps_client *client)
{
	atomic_fetch_add(&party_of(client)->told, 1);
}

static void shed_nothing(struct ps_client *client)
{
	(void)client;
}

static void close_nothing(struct ps_job *job)
{
	(void)job;
}

static void free_party(struct ps_client *client)
{
	atomic_fetch_add(&party_of(client)->freed, 1);
}

static void party_join(struct party *p, struct search_pool *pool, char name, enum search_priority priority)
{
	p->name = name;
	p->client.pool = pool;
	p->client.priority = priority;
	if (p->client.deadline == 0)
		p->client.deadline = PS_NO_DEADLINE;
	p->client.run = take_turn;
	p->client.expired = tell_party;
	p->client.shed = shed_nothing;
	p->client.close_file = close_nothing;
	p->client.free = free_party;
	p->client.jobs = NULL;
	for (int i = JOBS - 1; i >= 0; i--) {
		p->jobs[i].job.client = &p->client;
		p->jobs[i].job.sibling = p->client.jobs;
		p->client.jobs = &p->jobs[i].job;
	}
	ps_pool_join(&p->client);
}

static void party_leave(struct party *p)
{
	struct search_pool *pool = p->client.pool;

	assert_true(ps_pool_leave(&p->client, true));
	ps_pool_part(pool);
}

static struct search_pool *open_pool(uint32_t workers)
{
	struct search_pool *pool;

	assert_int_equal(ps_pool_new(&pool, workers, 4 * workers, 1 << 20, 1 << 20), SEARCH_OK);
	events = noted = 0;
	memset(happened, 0, sizeof(happened));
	return pool;
}

static void wait_for_events(unsigned count)
{
	for (int i = 0; i < 100000 && atomic_load(&noted) < count; i++)
		usleep(100);
	assert_true(atomic_load(&noted) >= count);
}

/* One job of each keeps the only thread until all others have been woken: from then on the order is the pool's. */
static void start_together(struct party *parties, size_t count, int turns)
{
	_Atomic bool open = false;
	struct party first = { .gate = &open };

	party_join(&first, parties[0].client.pool, '-', SEARCH_PRIORITY_NORMAL);
	ps_job_wake(&first.jobs[0].job);
	wait_for_events(1);
	for (size_t i = 0; i < count; i++) {
		atomic_store(&parties[i].jobs[0].left, turns);
		ps_job_wake(&parties[i].jobs[0].job);
	}
	atomic_store(&open, true);
	wait_for_events(1 + (unsigned)count * (unsigned)turns);
	party_leave(&first);
}

static void test_turns__clients_of_one_priority_take_turns(void **state)
{
	struct search_pool *pool = open_pool(1);
	struct party parties[3] = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		party_join(&parties[i], pool, (char)('a' + i), SEARCH_PRIORITY_NORMAL);
	start_together(parties, 3, 5);
	assert_string_equal(happened, "-abcabcabcabcabc");
	for (int i = 0; i < 3; i++)
		party_leave(&parties[i]);
	ps_pool_let_go(pool);
}

/* A higher priority goes first; but of nine turns one is for a normal one, and of so many a few for the background. */
static void test_turns__a_higher_priority_goes_first_and_none_starves(void **state)
{
	struct search_pool *pool = open_pool(1);
	struct party parties[3] = { 0 };
	unsigned before[128] = { 0 };

	(void)state;
	party_join(&parties[0], pool, 'n', SEARCH_PRIORITY_NORMAL);
	party_join(&parties[1], pool, 'b', SEARCH_PRIORITY_BACKGROUND);
	party_join(&parties[2], pool, 'i', SEARCH_PRIORITY_INTERACTIVE);
	start_together(parties, 3, 100);
	for (const char *c = happened; before['i'] < 100; c++)
		before[(unsigned char)*c]++;
	assert_in_range(before['n'], 9, 13);
	assert_in_range(before['b'], 2, 4);
	for (int i = 0; i < 3; i++)
		party_leave(&parties[i]);
	ps_pool_let_go(pool);
}

/* J2: whoever wakes a job, also in the middle of its turn, is seen by a turn after that. */
static void *wake_often(void *argument)
{
	struct worker_like *w = argument;

	for (unsigned i = 0; i < 500; i++) {
		unsigned work = 0;

		for (unsigned k = 0; k <= i % 3; k++) {
			work = atomic_fetch_add(&w->work, 1) + 1;
			ps_job_wake(&w->job);
		}
		while (atomic_load(&w->seen) < work)
			sched_yield();
	}
	return NULL;
}

static void test_turns__no_wake_up_is_lost(void **state)
{
	struct search_pool *pool = open_pool(2);
	struct party parties[2] = { { .sleeps = 1 }, { .sleeps = 0 } };
	pthread_t threads[2 * JOBS];

	(void)state;
	for (int i = 0; i < 2; i++)
		party_join(&parties[i], pool, (char)('a' + i), SEARCH_PRIORITY_NORMAL);
	for (int i = 0; i < 2 * JOBS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, wake_often, &parties[i / JOBS].jobs[i % JOBS]), 0);
	for (int i = 0; i < 2 * JOBS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++)
		party_leave(&parties[i]);
	ps_pool_let_go(pool);
}

/* J4: a client that leaves while a job has a thread is freed by that thread, once, and not before. */
static void test_turns__a_client_that_leaves_amid_a_turn_is_freed_after_it(void **state)
{
	for (int wait = 0; wait < 2; wait++) {
		struct search_pool *pool = open_pool(2);
		_Atomic bool open = false;
		struct party p = { .gate = &open };
		bool mine;

		(void)state;
		party_join(&p, pool, 'a', SEARCH_PRIORITY_NORMAL);
		ps_job_wake(&p.jobs[0].job);
		wait_for_events(1);
		atomic_store(&open, wait);
		mine = ps_pool_leave(&p.client, wait);
		assert_int_equal(mine, wait);
		assert_int_equal(atomic_load(&p.freed), 0);
		ps_job_wake(&p.jobs[1].job); /* no turn follows */
		ps_pool_part(pool);
		atomic_store(&open, true);
		ps_pool_let_go(pool); /* joins the threads */
		assert_int_equal(atomic_load(&p.freed), !wait);
		assert_int_equal(events, 1);
	}
}

static void test_turns__the_pool_ends_with_its_last_user(void **state)
{
	size_t threads = process_threads(), descriptors = process_descriptors();

	(void)state;
	for (int order = 0; order < 3; order++) {
		struct search_pool *pool = open_pool(3);
		struct party parties[2] = { 0 };

		for (int i = 0; i < 2; i++)
			party_join(&parties[i], pool, 'a', SEARCH_PRIORITY_NORMAL);
		for (int i = 0; i < 3; i++)
			if (i == order)
				ps_pool_let_go(pool);
			else
				party_leave(&parties[i - (i > order)]);
		assert_true(process_has(threads, descriptors));
	}
}

/* With all threads idle, and with all of them busy. */
static void test_turns__a_deadline_is_told_once(void **state)
{
	(void)state;
	for (int busy = 0; busy < 2; busy++) {
		struct search_pool *pool = open_pool(1);
		struct party p = { .client = { .deadline = ps_time() + 30000000 } }, other = { .sleeps = 2000 };

		party_join(&other, pool, 'o', SEARCH_PRIORITY_NORMAL);
		atomic_store(&other.jobs[0].left, busy ? 1000000 : 0);
		ps_job_wake(&other.jobs[0].job);
		party_join(&p, pool, 'p', SEARCH_PRIORITY_NORMAL);
		for (int i = 0; i < 100000 && atomic_load(&p.told) == 0; i++)
			usleep(100);
		assert_true(ps_time() >= p.client.deadline);
		usleep(20000);
		assert_int_equal(atomic_load(&p.told), 1);
		party_leave(&p);
		party_leave(&other);
		ps_pool_let_go(pool);
	}
}

static void test_turns__idle_threads_sleep(void **state)
{
	struct search_pool *pool = open_pool(4);
	struct party p = { 0 };
	struct rusage before, after;

	(void)state;
	party_join(&p, pool, 'a', SEARCH_PRIORITY_NORMAL);
	ps_job_wake(&p.jobs[0].job);
	wait_for_events(1);
	usleep(50000);
	getrusage(RUSAGE_SELF, &before);
	usleep(300000);
	getrusage(RUSAGE_SELF, &after);
	assert_in_range(after.ru_nvcsw - before.ru_nvcsw, 0, 4); /* this thread's own sleep is one */
	party_leave(&p);
	ps_pool_let_go(pool);
}

/* Several jobs may wait for one pipe; each wait ends with the first wake-up of any kind. */
static enum ps_turn watch_turn(struct ps_job *job)
{
	struct party *p = party_of(job->client);

	int stream = atomic_load(&p->stream);

	note_event(p->name);
	while (p->gate != NULL && !atomic_load(p->gate))
		usleep(100);
	if (stream > 0)
		assert_int_equal(ps_job_watch_stream(job, stream), 0);
	return PS_TURN_PARK;
}

static void test_turns__streams_wake_those_that_wait_for_them(void **state)
{
	struct search_pool *pool = open_pool(2);
	struct party p = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	atomic_store(&p.stream, ends[0]);
	party_join(&p, pool, 'a', SEARCH_PRIORITY_NORMAL);
	p.client.run = watch_turn;
	for (int i = 0; i < JOBS; i++)
		ps_job_wake(&p.jobs[i].job);
	wait_for_events(JOBS);
	usleep(20000);
	assert_int_equal(events, JOBS);
	atomic_store(&p.stream, 0); /* the next turn does not watch */
	assert_int_equal(write(ends[1], "x", 1), 1);
	wait_for_events(2 * JOBS);
	usleep(20000);
	assert_int_equal(events, 2 * JOBS);
	party_leave(&p);
	ps_pool_let_go(pool);
	close(ends[0]);
	close(ends[1]);
}

/* Which jobs wait for a stream changes only under the lock. */
static void test_turns__a_job_waits_for_the_lock_to_watch_a_stream(void **state)
{
	struct search_pool *pool = open_pool(1);
	_Atomic bool gate = false;
	struct party p = { .gate = &gate };
	size_t count;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	atomic_store(&p.stream, ends[0]);
	party_join(&p, pool, 'a', SEARCH_PRIORITY_NORMAL);
	p.client.run = watch_turn;
	ps_job_wake(&p.jobs[0].job);
	wait_for_events(1);
	ps_pool_lock(pool);
	atomic_store(&gate, true);
	process_wait_for_sleep();
	count = pool->streams.count;
	ps_pool_unlock(pool);
	assert_int_equal(count, 0);
	atomic_store(&p.stream, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	wait_for_events(2);
	party_leave(&p);
	ps_pool_let_go(pool);
	close(ends[0]);
	close(ends[1]);
}

/* --- descriptors run out --- */

/* What jobs saw in turns in vain, in order: which job, and whether it was alone, as 'A', or not, as 'a'. */
static enum ps_turn short_turn(struct ps_job *job)
{
	struct party *p = party_of(job->client);
	char name = (char)('a' + ((struct worker_like *)(void *)job - p->jobs));

	while (p->gate != NULL && !atomic_load(p->gate))
		usleep(100);
	ps_job_watch_files(job);
	note_event(ps_job_may_give_up(job) ? (char)(name - 'a' + 'A') : name);
	usleep(p->sleeps);
	return PS_TURN_PARK;
}

/* One that is ready could still close a descriptor. Of those that cannot go on each tries alone before all give up. */
static void test_turns__a_job_is_not_alone_while_another_is_ready(void **state)
{
	struct search_pool *pool = open_pool(1);
	_Atomic bool open = false;
	struct party p = { .gate = &open };

	(void)state;
	party_join(&p, pool, 'a', SEARCH_PRIORITY_NORMAL);
	p.client.run = short_turn;
	ps_job_wake(&p.jobs[0].job);
	usleep(20000);
	ps_job_wake(&p.jobs[1].job);
	atomic_store(&open, true);
	wait_for_events(3);
	usleep(20000);
	party_leave(&p);
	ps_pool_let_go(pool);
	assert_string_equal(happened, "aBA");
}

/* A job that is woken while it tries in vain has another turn for that, and the other none. */
static void test_turns__jobs_that_try_in_vain_do_not_keep_each_other_going(void **state)
{
	enum { MOST = 2 * (2 + 1) }; /* for each: the first turn, one for the wake-up, and one alone */
	struct search_pool *pool = open_pool(2);
	struct party p = { .sleeps = 20000 };

	(void)state;
	party_join(&p, pool, 'a', SEARCH_PRIORITY_NORMAL);
	p.client.run = short_turn;
	ps_job_wake(&p.jobs[0].job);
	usleep(p.sleeps / 2); /* so that each turn ends amid one of the other */
	ps_job_wake(&p.jobs[1].job);
	wait_for_events(2);
	ps_job_wake(&p.jobs[0].job);
	usleep(500000);
	party_leave(&p);
	ps_pool_let_go(pool);
	assert_in_range(atomic_load(&events), 3, MOST);
}

/* The one that was ready never has its turn, as its client leaves. */
static void test_turns__a_job_is_alone_once_the_others_have_left(void **state)
{
	struct search_pool *pool = open_pool(1);
	_Atomic bool open = false;
	struct party stays = { .gate = &open, .sleeps = 100000 }, leaves = { 0 };

	(void)state;
	party_join(&stays, pool, 's', SEARCH_PRIORITY_NORMAL);
	party_join(&leaves, pool, 'l', SEARCH_PRIORITY_NORMAL);
	stays.client.run = short_turn;
	ps_job_wake(&stays.jobs[0].job);
	usleep(20000);
	ps_job_wake(&leaves.jobs[0].job);
	atomic_store(&open, true);
	wait_for_events(1);
	party_leave(&leaves); /* while the other's turn goes on */
	wait_for_events(2);
	party_leave(&stays);
	ps_pool_let_go(pool);
	assert_string_equal(happened, "aA");
}

/* When another job gets a thread while one tries, without others at first, and what it does then. */
enum disturbance {
	BEGINS_BEFORE_LOOK, /* before the one looks whether it may give up: it also waits for a descriptor, later */
	ENDS_BEFORE_LOOK,   /* likewise: it may have closed a descriptor */
	ENDS_AMID_SHED,     /* while all close what they do not use: it may use one now */
	DISTURBANCES
};

struct disturbed {
	struct party party;
	enum disturbance how;
	_Atomic unsigned turns[2];
};

static void disturb(struct disturbed *d)
{
	ps_job_wake(&d->party.jobs[1].job);
	wait_for_events(1);
	usleep(d->how == BEGINS_BEFORE_LOOK ? 0 : 50000);
}

static void shed_disturbed(struct ps_client *client)
{
	struct disturbed *d = (struct disturbed *)(void *)party_of(client);

	if (d->how == ENDS_AMID_SHED && atomic_load(&d->turns[1]) == 0)
		disturb(d);
}

static enum ps_turn disturbed_turn(struct ps_job *job)
{
	struct party *p = party_of(job->client);
	struct disturbed *d = (struct disturbed *)(void *)p;
	bool second = job != &p->jobs[0].job, again = atomic_fetch_add(&d->turns[second], 1) > 0;

	if (second) {
		if (!again)
			note_event('b');
		if (d->how == BEGINS_BEFORE_LOOK) {
			usleep(50000); /* until the first has parked */
			ps_job_watch_files(job);
		}
		return PS_TURN_PARK;
	}
	ps_job_watch_files(job);
	if (d->how != ENDS_AMID_SHED && !again)
		disturb(d);
	note_event(ps_job_may_give_up(job) ? 'A' : 'a');
	return PS_TURN_PARK;
}

/* It does not give up, and tries again. */
static void test_turns__a_job_that_was_alone_for_a_moment_only_tries_again(void **state)
{
	(void)state;
	for (enum disturbance how = 0; how < DISTURBANCES; how++) {
		struct search_pool *pool = open_pool(2);
		struct disturbed d = { .how = how };

		party_join(&d.party, pool, 'd', SEARCH_PRIORITY_NORMAL);
		d.party.client.run = disturbed_turn;
		d.party.client.shed = shed_disturbed;
		ps_job_wake(&d.party.jobs[0].job);
		wait_for_events(3);
		usleep(20000);
		party_leave(&d.party);
		ps_pool_let_go(pool);
		assert_string_equal(happened, "baA");
	}
}

/* Until the other search has had another turn. */
static void free_slowly(struct ps_client *client)
{
	wait_for_events(3);
	usleep(20000);
	free_party(client);
}

/* Who closes a search closes its descriptors: the host, or a thread that was amid a turn. */
static void test_turns__a_job_is_not_alone_while_a_search_is_closed(void **state)
{
	(void)state;
	for (unsigned busy = 0; busy < 2; busy++) {
		struct search_pool *pool = open_pool(2);
		_Atomic bool open = false;
		struct party stays = { 0 }, leaves = { .gate = &open };

		party_join(&stays, pool, 's', SEARCH_PRIORITY_NORMAL);
		party_join(&leaves, pool, 'l', SEARCH_PRIORITY_NORMAL);
		stays.client.run = short_turn;
		leaves.client.free = free_slowly;
		if (busy) {
			ps_job_wake(&leaves.jobs[0].job);
			wait_for_events(1);
		}
		assert_int_equal(ps_pool_leave(&leaves.client, false), !busy);
		if (busy)
			ps_pool_part(pool);
		ps_job_wake(&stays.jobs[0].job);
		wait_for_events(busy + 1);
		usleep(20000);
		atomic_store(&open, true); /* the turn ends, and its thread frees the search */
		if (!busy)
			ps_pool_part(pool);
		wait_for_events(2 * busy + 2);
		assert_int_equal(atomic_load(&leaves.freed), busy);
		party_leave(&stays);
		ps_pool_let_go(pool);
		assert_string_equal(happened, busy ? "laaA" : "aA");
	}
}

/* In the first turn another search is closed between the job's last try and its look. */
struct closer {
	struct party party, leaves;
	_Atomic bool again;
};

static enum ps_turn closing_turn(struct ps_job *job)
{
	struct closer *c = (struct closer *)(void *)party_of(job->client);
	bool again = atomic_exchange(&c->again, true);

	ps_job_watch_files(job);
	if (!again)
		atomic_store(&c->leaves.to_free, ps_pool_leave(&c->leaves.client, false));
	note_event(ps_job_may_give_up(job) ? 'A' : 'a');
	if (!again)
		ps_pool_part(job->client->pool);
	return PS_TURN_PARK;
}

static void test_turns__a_job_that_tries_while_a_search_is_closed_tries_again(void **state)
{
	struct search_pool *pool = open_pool(1);
	struct closer c = { 0 };

	(void)state;
	party_join(&c.party, pool, 'c', SEARCH_PRIORITY_NORMAL);
	party_join(&c.leaves, pool, 'l', SEARCH_PRIORITY_NORMAL);
	c.party.client.run = closing_turn;
	ps_job_wake(&c.party.jobs[0].job);
	wait_for_events(2);
	party_leave(&c.party);
	ps_pool_let_go(pool);
	assert_true(atomic_load(&c.leaves.to_free));
	assert_string_equal(happened, "aA");
}

static enum ps_turn leaving_turn(struct ps_job *job)
{
	atomic_store(&party_of(job->client)->to_free, ps_pool_leave(job->client, false));
	ps_job_watch_files(job);
	return PS_TURN_PARK;
}

/* It is freed after the turn, so no list may lead to it. */
static void test_turns__a_job_whose_client_has_left_waits_for_no_descriptor(void **state)
{
	struct search_pool *pool = open_pool(1);
	struct party p = { 0 };

	(void)state;
	party_join(&p, pool, 'p', SEARCH_PRIORITY_NORMAL);
	p.client.run = leaving_turn;
	ps_job_wake(&p.jobs[0].job);
	for (int i = 0; i < 100000 && atomic_load(&p.freed) == 0; i++)
		usleep(100);
	assert_false(atomic_load(&p.to_free));
	assert_int_equal(atomic_load(&p.freed), 1);
	ps_pool_lock(pool);
	assert_null(pool->first_short);
	ps_pool_unlock(pool);
	ps_pool_part(pool);
	ps_pool_let_go(pool);
}

/* Waits for a descriptor until one is closed. */
static enum ps_turn waiting_turn(struct ps_job *job)
{
	struct party *p = party_of(job->client);
	struct worker_like *w = (struct worker_like *)(void *)job;

	bool again = atomic_fetch_add(&w->seen, 1) > 0, closed = atomic_load(p->gate);

	if (!closed)
		ps_job_watch_files(job);
	if (closed || !again)
		note_event((char)('a' + (w - p->jobs)));
	return PS_TURN_PARK;
}

static void test_turns__who_waits_longest_for_a_descriptor_is_woken_first(void **state)
{
	struct search_pool *pool = open_pool(1);
	_Atomic bool closed = false;
	struct party p = { .gate = &closed };

	(void)state;
	party_join(&p, pool, 'p', SEARCH_PRIORITY_NORMAL);
	p.client.run = waiting_turn;
	for (unsigned i = 0; i < JOBS; i++) {
		ps_job_wake(&p.jobs[i].job);
		wait_for_events(i + 1);
		usleep(20000);
	}
	atomic_store(&closed, true);
	ps_pool_file_closed(pool); /* each turn that was not in vain wakes another */
	wait_for_events(2 * JOBS);
	party_leave(&p);
	ps_pool_let_go(pool);
	assert_string_equal(happened, "abcdabcd");
}

/* Parks for lack of a descriptor, the first time; or, as 'x', has one at the last moment, and a long turn. */
static enum ps_turn lucky_turn(struct ps_job *job)
{
	struct party *p = party_of(job->client);

	if (p->name == 'x' || atomic_load(&events) == 0)
		ps_job_watch_files(job);
	if (p->name == 'x')
		ps_job_forget_files(job);
	note_event(p->name);
	while (p->gate != NULL && !atomic_load(p->gate))
		usleep(100);
	return PS_TURN_PARK;
}

/* The descriptor that is closed is not for one that has got another. */
static void test_turns__a_descriptor_goes_to_one_that_needs_it(void **state)
{
	struct search_pool *pool = open_pool(2);
	_Atomic bool open = false;
	struct party needs = { 0 }, has = { .gate = &open };

	(void)state;
	party_join(&needs, pool, 'n', SEARCH_PRIORITY_NORMAL);
	party_join(&has, pool, 'x', SEARCH_PRIORITY_NORMAL);
	needs.client.run = has.client.run = lucky_turn;
	ps_job_wake(&needs.jobs[0].job);
	wait_for_events(1);
	usleep(20000);
	ps_job_wake(&has.jobs[0].job);
	wait_for_events(2);
	usleep(20000);
	ps_pool_file_closed(pool);
	wait_for_events(3);
	atomic_store(&open, true);
	party_leave(&needs);
	party_leave(&has);
	ps_pool_let_go(pool);
	assert_string_equal(happened, "nxn");
}

/* Parks for lack of a descriptor; the first job does so only when the gate is open. */
static enum ps_turn held_turn(struct ps_job *job)
{
	struct party *p = party_of(job->client);
	bool first = job == &p->jobs[0].job;

	ps_job_watch_files(job);
	note_event(first ? 'a' : 'b');
	while (first && !atomic_load(p->gate))
		usleep(100);
	return PS_TURN_PARK;
}

/* The second is not for a job that the first has woken, and which has not got round to it. */
static void test_turns__two_descriptors_wake_two_jobs(void **state)
{
	struct search_pool *pool = open_pool(2);
	_Atomic bool open = false;
	struct party p = { .gate = &open };

	(void)state;
	party_join(&p, pool, 'p', SEARCH_PRIORITY_NORMAL);
	p.client.run = held_turn;
	ps_job_wake(&p.jobs[0].job);
	wait_for_events(1);
	ps_job_wake(&p.jobs[1].job);
	wait_for_events(2);
	usleep(20000);
	ps_pool_file_closed(pool);
	ps_pool_file_closed(pool);
	wait_for_events(3);
	atomic_store(&open, true);
	party_leave(&p);
	ps_pool_let_go(pool);
	assert_int_equal(strncmp(happened, "abb", 3), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns__clients_of_one_priority_take_turns),
		cmocka_unit_test(test_turns__a_higher_priority_goes_first_and_none_starves),
		cmocka_unit_test(test_turns__no_wake_up_is_lost),
		cmocka_unit_test(test_turns__a_client_that_leaves_amid_a_turn_is_freed_after_it),
		cmocka_unit_test(test_turns__the_pool_ends_with_its_last_user),
		cmocka_unit_test(test_turns__a_deadline_is_told_once),
		cmocka_unit_test(test_turns__idle_threads_sleep),
		cmocka_unit_test(test_turns__a_job_is_not_alone_while_another_is_ready),
		cmocka_unit_test(test_turns__jobs_that_try_in_vain_do_not_keep_each_other_going),
		cmocka_unit_test(test_turns__a_job_is_alone_once_the_others_have_left),
		cmocka_unit_test(test_turns__a_job_that_was_alone_for_a_moment_only_tries_again),
		cmocka_unit_test(test_turns__a_job_is_not_alone_while_a_search_is_closed),
		cmocka_unit_test(test_turns__a_job_that_tries_while_a_search_is_closed_tries_again),
		cmocka_unit_test(test_turns__a_job_whose_client_has_left_waits_for_no_descriptor),
		cmocka_unit_test(test_turns__who_waits_longest_for_a_descriptor_is_woken_first),
		cmocka_unit_test(test_turns__a_descriptor_goes_to_one_that_needs_it),
		cmocka_unit_test(test_turns__two_descriptors_wake_two_jobs),
		cmocka_unit_test(test_turns__streams_wake_those_that_wait_for_them),
		cmocka_unit_test(test_turns__a_job_waits_for_the_lock_to_watch_a_stream),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
