/* SPDX-License-Identifier: BSD-2-Clause */
/* pool_internal.h - the pool's own struct, for the files of this room. */
#ifndef PS_POOL_INTERNAL_H
#define PS_POOL_INTERNAL_H

#include "pool.h"

#include "../base/owner.h"

#include <poll.h>

enum { PS_CLASSES = 3 };

struct ps_pool_thread {
	struct search_pool *pool;     /* [C] */
	struct ps_thread thread;      /* of the thread that makes and joins the pool */
	struct ps_bell bell;
	struct ps_pool_thread *next;  /* [L] of the idle ones */
	bool idle;                    /* [L] */
	uint64_t deadline;            /* [L] until which it is */
};

/* Clients of one priority that have ready jobs. */
struct ps_class {
	struct ps_client *first, **end; /* [L] */
	uint32_t overtaken;             /* [L] turns in a row that those above have had while one of these waited */
};

struct ps_poll_list {
	struct pollfd *polled;
	uint64_t *numbers; /* which wait each is for */
	size_t space;      /* 0: no list */
};

/* Jobs that wait for streams, and the thread that polls these: stream_wait.c. */
struct ps_stream_wait {
	struct ps_thread thread;   /* of the thread that starts it, under the lock, and then of the one that joins it */
	struct ps_job *first;      /* [L] */
	size_t count;              /* [L] */
	uint64_t last_number;      /* [L] */
	int wake;                  /* [L] an eventfd, or -1: not started */
	struct ps_poll_list list;  /* the poller's own */
	struct ps_poll_list next;  /* [L] a larger one, for it to change to */
};

struct search_pool {
	struct ps_owner owner;         /* [C] */
	uint32_t max_open_files;       /* [C] */
	struct ps_pool_thread *threads; /* [C] */
	uint32_t thread_count;         /* [C] */
	struct ps_pool_shares shares;

	pthread_mutex_t lock;
	struct ps_pool_thread *idle;   /* [L] the one that became idle last is first: its cache is warm */
	struct ps_client *clients;     /* [L] */
	size_t users;                  /* [L] clients that have not parted from the pool */
	struct ps_class classes[PS_CLASSES]; /* [L] the highest priority first */
	uint32_t running;              /* [L] jobs that have a thread */
	struct ps_job *first_short;    /* [L] jobs that wait for a descriptor, the one that has waited longest first */
	const struct ps_job *alone;    /* [L] one that has tried, or tries, without others: see file_wait.c. Not followed */
	uint32_t closing;              /* [L] hosts and threads that may yet close descriptors of clients that have left */
	bool let_go;                   /* [L] the host has closed the handle */
	bool over;                     /* [L] threads end */
	struct ps_stream_wait streams;

	_Atomic uint32_t pressing;     /* a bit for each class with a ready job. L stores; relaxed: a hint */
	_Atomic uint64_t next_deadline; /* the earliest of those that are not told yet. L stores; relaxed: a hint */
	_Atomic uint32_t short_count;  /* jobs in first_short: seq_cst, see ps_job_watch_files() */
};

static inline void ps_pool_lock(struct search_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
}

static inline void ps_pool_unlock(struct search_pool *pool)
{
	pthread_mutex_unlock(&pool->lock);
}

/* turns.c; under the lock */

/* The same as ps_job_wake(). Returns a thread whose bell is to be rung after the lock is released, or NULL. */
struct ps_pool_thread *ps_pool_make_ready(struct search_pool *pool, struct ps_job *job);

/* The same for what happens seldom: rings under the lock. */
void ps_pool_wake(struct search_pool *pool, struct ps_job *job);

/* Takes an idle thread, if there is one, off the list. */
struct ps_pool_thread *ps_pool_take_idle(struct search_pool *pool);
void ps_pool_remove_ready(struct search_pool *pool, struct ps_client *client);
void ps_pool_find_deadline(struct search_pool *pool);
void *ps_pool_run_thread(void *argument); /* a struct ps_pool_thread */

/* A thread has done with the client: frees it if it was the last, for which it releases the lock meanwhile. */
void ps_client_release(struct ps_client *client);

/* file_wait.c; under the lock */
void ps_short_forget(struct search_pool *pool, struct ps_job *job);

/* The job has ended its turn, and is ready or has parked. `vain`: it was waiting for a descriptor at the end. */
void ps_short_end_turn(struct search_pool *pool, struct ps_job *job, bool vain);

/* One fewer is `closing`. Jobs of the client may have been woken and had no turn, and another may be alone now. */
void ps_short_client_closed(struct search_pool *pool);

/* stream_wait.c; under the lock */
void ps_streams_forget(struct search_pool *pool, struct ps_job *job);
void ps_streams_end(struct search_pool *pool);

/* Without it. The second is for a child of fork(): only the descriptor is closed. */
void ps_streams_destroy(struct search_pool *pool);
void ps_streams_forget_all(struct search_pool *pool);

#endif
