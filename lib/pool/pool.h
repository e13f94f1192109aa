/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.h - threads that the searches of a process share.
 *
 * A search in a pool has workers, as any search has, but no threads for them. To the pool each of them is a job: it is
 * either parked, since it waits for something, or ready, or it has a thread, for a turn. A turn goes on as long as
 * nobody else waits for a thread; otherwise it ends after a claim, or after SLICE of a long one.
 *
 *	class    searches of higher priority first; but of OVERTAKEN turns in a row one goes to those below
 *	client   within a class the searches take turns
 *	job      within a search its jobs do
 *
 * Invariants
 *   J1  A job's fields, and all that its turn works on, belong to the thread that runs it. The pool's lock hands them
 *       from one thread to the next.
 *   J2  No wake-up is lost: a job that is woken during its turn has another one.
 *   J3  A turn never waits for the caller, a stream, or another job. It returns PS_TURN_PARK, and whoever brings what
 *       it waits for wakes the job. Only system calls on files keep a thread.
 *   J4  A client is freed once: by the host's thread that closes the search, or, if some job has a thread then, by the
 *       last of these threads.
 *
 * The lock is a leaf: nothing else is locked inside it, and nothing called, except that a thread may be woken. It may be
 * taken inside plan->way.
 */
#ifndef PS_POOL_H
#define PS_POOL_H

#include "../base/share.h"
#include "../queue/queue.h"

struct ps_client;

enum ps_job_state { PS_JOB_PARKED, PS_JOB_READY, PS_JOB_RUNNING, PS_JOB_RUNG };

/* A worker of a search. Zeroed, with its client set: parked. */
struct ps_job {
	struct ps_client *client;  /* [C] */
	struct ps_job *sibling;    /* [C] of all jobs of the client */
	struct ps_job *next;       /* [L] of the client's ready ones */
	enum ps_job_state state;   /* [L] RUNG: woken while it runs */
	struct ps_job *next_stream; /* [L] of those that wait for streams: stream_wait.c */
	uint64_t stream_number;    /* [L] 0: it waits for none */
	int stream;                /* [L] the descriptor */
	struct ps_job *next_short; /* [L] of those that wait for a descriptor to be closed */
	bool is_short;             /* [L] it does, */
	bool tried_alone;          /* [L] and in its last turn it has tried without others: see file_wait.c */
};

enum ps_turn {
	PS_TURN_AGAIN, /* the job has more to do */
	PS_TURN_PARK   /* nothing until it is woken */
};

/* A search. Zeroed, with the [C] fields set, before ps_pool_join(). */
struct ps_client {
	struct search_pool *pool;                  /* [C] */
	struct ps_job *jobs;                       /* [C] */
	SEARCH_TYPE(search_priority) priority;     /* [C] */
	uint64_t deadline;                         /* [C] on ps_time()'s clock, or PS_NO_DEADLINE */
	enum ps_turn (*run)(struct ps_job *job);   /* [C] */
	void (*expired)(struct ps_client *client); /* [C] its deadline has passed: called once */
	void (*shed)(struct ps_client *client);    /* [C] closes what is open and not in use: any thread */
	void (*close_file)(struct ps_job *job);    /* [C] likewise, of a job that has parked: only as in a turn */
	void (*free)(struct ps_client *client);    /* [C] J4 */

	struct ps_client *earlier, *later;         /* [L] of all clients */
	struct ps_client *next;                    /* [L] of those of its class with ready jobs */
	struct ps_job *ready, **ready_end;         /* [L] */
	uint32_t busy;                             /* [L] threads that have to do with it */
	bool expired_told;                         /* [L] */
	bool left;                                 /* [L] the host has closed it, */
	bool awaited;                              /* [L] and waits until `busy` is 0: */
	struct ps_bell gone;                       /* then this is rung */
};

/* SEARCH_OK, SEARCH_ENOMEM or SEARCH_ESYSTEM: not even one thread can be made. */
int ps_pool_new(struct search_pool **out, uint32_t workers, uint32_t max_open_files, uint64_t max_queued_bytes,
		uint64_t max_memory);

/* The host's handle is given back. */
void ps_pool_let_go(struct search_pool *pool);

/* In a child of fork(): closes the pool's descriptors, and leaves all else. */
void ps_pool_forget(struct search_pool *pool);
bool ps_pool_is_inherited(const struct search_pool *pool);

uint32_t ps_pool_workers(const struct search_pool *pool);
uint32_t ps_pool_max_open_files(const struct search_pool *pool);
void ps_pool_fill_stats(const struct search_pool *pool, struct search_pool_stats *stats);

/*
 * What its clients share. `cached`: descriptors beyond those that the threads need for their turns. `open` has no
 * limit, it only counts. `bytes` and `memory`: see struct search_pool_options.
 */
struct ps_pool_shares {
	struct ps_share cached, open, bytes, memory;
	_Atomic uint32_t clients; /* relaxed: how many share them */
};

struct ps_pool_shares *ps_pool_shares(struct search_pool *pool);

/* The client's jobs may be woken from now on. */
void ps_pool_join(struct ps_client *client);

/*
 * The host closes the search: no job gets another turn. Returns true if the caller is now to free the client. False:
 * some job has a thread, which will call client->free(). With `wait` it waits for such threads, and returns true.
 */
bool ps_pool_leave(struct ps_client *client, bool wait);

/*
 * The last call for a client, after ps_pool_leave() and after the caller has freed it, if it had to: the pool may end.
 */
void ps_pool_part(struct search_pool *pool);

/* There is something for the job to look at. Any thread. */
void ps_job_wake(struct ps_job *job);

/*
 * During a turn: is the thread wanted elsewhere? `began`: the turn, on ps_time()'s clock. `between`: at a claim's end.
 */
bool ps_job_is_pressed(const struct ps_job *job, uint64_t began, bool between);

/*
 * Waits are announced during a turn, which then tries once more and parks. Any wake-up ends them. For a search that was
 * closed nothing is announced: the turn that is going on is the job's last.
 */

/* --- stream_wait.c --- */

/* The job is to be woken when the stream can be read. 0 or an errno. */
int ps_job_watch_stream(struct ps_job *job, int stream);

/* --- file_wait.c --- */

/*
 * There is no descriptor for the job's next step: it is to be woken when there may be one. Before that, all clients
 * close what they do not use.
 */
void ps_job_watch_files(struct ps_job *job);

/* It has found one after all, and goes on with its turn. */
void ps_job_forget_files(struct ps_job *job);

/* After that: has no other job had a thread or been ready, and is no search being closed, so that none will come? */
bool ps_job_may_give_up(const struct ps_job *job);

/* A descriptor was closed. Any thread, without a lock. */
void ps_pool_file_closed(struct search_pool *pool);

#endif
