/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * search.h - the search, for the files that put the rooms together.
 *
 *	options.c       the caller's options, checked and completed
 *	job.c           a claim of the plan becomes batches, step by step
 *	worker.c        a thread, or a job of a pool: claims, runs tasks, pushes batches into rings
 *	news.c          when the caller is told, in a pool
 *	ending.c        is it over? what all threads ask
 *	iterator.c      the caller: takes batches in order, or runs a task itself
 *	handful.c       the same, many items at once
 *	merge_parts.c   the parts of a large file become one
 *	pages.c         where a search begins and ends, and where it stands: cursors
 *	cursor.c        the text of a cursor
 *	resume_file.c   a page begins amid a large file
 *	search.c        open, close, and the calls in between
 *	error.c         why a call failed
 *	open_pool.c     a pool, opened and closed
 *	open_tree.c     a warm tree, likewise
 *	build.c         what this build can do; initialisers
 *	layout.c        sizes and offsets of the public structs
 *	explain.c       what the patterns would become, without a search
 *
 * Locks: the one of the queue's pools is a leaf, as two of the plan's are: no thread holds two of these three. The
 * plan's third is described in plan.h. The words that threads share without a lock are listed at the top of
 * queue/queue.h.
 */
#ifndef PS_SEARCH_H
#define PS_SEARCH_H

#include "../base/owner.h"
#include "../decode/decompress.h"
#include "../plan/plan.h"
#include "../pool/pool.h"
#include "../queue/queue.h"
#include "../scan/scan.h"
#include "../warm/warm.h"
#include "pages.h"

#include <sys/types.h>

/* The caller's options with every default filled in. Points to nothing of the caller's. */
struct ps_settings {
	uint32_t flags; /* SEARCH_MATCH_..., _RESULT_... and _WALK_...: no two share a bit */
	int (*next_source)(void *context, struct search_source *source);
	void *next_source_context;
	struct ps_scan_options scan;
	uint64_t max_queued_bytes;
	uint64_t max_matches;
	uint64_t deadline; /* on ps_time()'s clock, or PS_NO_DEADLINE */
	struct search_pool *pool;               /* or NULL */
	struct search_tree *tree;               /* or NULL */
	SEARCH_TYPE(search_priority) priority;  /* in it */
	uint32_t workers;
	uint32_t max_open_files;
	uint32_t max_queued_matches;
	int output_fd; /* 0: none */
	uint64_t max_file_size; /* 0: any */
	uint32_t max_depth;     /* 0: any; SEARCH_NO_WALK */
	uint64_t split_bytes; /* a larger file may be searched in parts; 0: none is */
	uint64_t later_bytes; /* a page that begins amid a file begins with the cursor's line if that is beyond this;
	                         UINT64_MAX: never */
	uint64_t split_after; /* nanoseconds: it is cut once it has taken that long, and will take as long again */
	bool no_help; /* the caller only takes what workers find; always so in a pool */
};

/* Copies of the caller's structs, in this library's size. `walk` is complete even if the caller gave none. */
struct ps_given {
	struct search_options options;
	struct search_walk walk;
};

/* SEARCH_OK, SEARCH_EINVAL, SEARCH_EVERSION, or what loading the encoding failed with. */
int ps_options_load(struct ps_settings *settings, struct ps_given *given, const struct search_options *options,
		    struct search_error *error);

/*
 * Copies what the options say about ignore rules, and reads the ignore files that they name. SEARCH_OK,
 * SEARCH_ENOMEM, or SEARCH_EINVAL if one of these cannot be read. In any case ps_options_free_ignore() frees it.
 */
int ps_options_copy_ignore(struct ps_ignore_options *to, const struct search_walk *walk, struct search_error *error);
void ps_options_free_ignore(struct ps_ignore_options *options);

/* Checks one source; NULL, or what is wrong with it. */
const char *ps_source_problem(const struct search_source *source);

/*
 * Why each file must be opened, also one that cannot match: lines without a match are delivered, or the text that is
 * searched is not the file's own, or its lines end elsewhere. NULL: it need not.
 */
const char *ps_search_needs_all_files(const struct ps_settings *settings);

/* What the patterns compile to, with these options; also for a warm tree if `trigrams`. As ps_matcher_new(). */
int ps_search_matcher(struct ps_matcher **out, const struct search_options *given, bool trigrams,
		      struct search_error *error);

/*
 * Copies a caller's struct that starts with its size into one of `known` bytes. Fields that an older caller does not
 * have become 0; those that only a newer caller has must be 0. `oldest`: the size that it had in the first version.
 * SEARCH_OK, SEARCH_EINVAL or SEARCH_EVERSION.
 */
int ps_copy_sized(void *to, size_t known, size_t oldest, const void *from, const char *name,
		  struct search_error *error);

/* The most files that may be open if the host does not say: half of what the process may open, at most `most`. */
uint32_t ps_default_open_files(uint32_t most);

/* --- error.c --- */

/* The size that a struct had when this was its last field. */
#define PS_END_OF(type, field) (offsetof(type, field) + sizeof(((type *)NULL)->field))

/*
 * Copies a struct of `known` bytes to a caller's, which may be shorter or longer. Both start with their size: the
 * caller's stays, and what else the caller's has is 0.
 */
void ps_give_sized(void *to, const void *from, size_t known);

/* Can that be done? NULL, or a size that no such struct has: it cannot. */
bool ps_is_sized(const void *to);

/* Can the caller's struct be filled? NULL is valid. */
bool ps_error_is_valid(const struct search_error *error);

/* Copies the error to the caller's *to, which may be NULL; returns its code. */
int ps_error_give(struct search_error *to, const struct search_error *error);

/* Fills *error and returns `code`. */
__attribute__((format(printf, 3, 4)))
int ps_fail(struct search_error *error, int code, const char *format, ...);

/* The same for one element of an array; returns SEARCH_EINVAL. */
__attribute__((format(printf, 4, 5)))
int ps_fail_at(struct search_error *error, enum search_subject subject, size_t index, const char *format, ...);

/* The same with a general message, unless *error already has one for this code. */
int ps_fail_by_code(struct search_error *error, int code);

/* --- ending.c --- */

struct ps_ending {
	_Atomic bool stop;          /* the workers end now: the caller stores */
	_Atomic bool canceled;      /* search_cancel() stores */
	_Atomic bool expired;       /* the deadline has passed: the thread that sees it stores */
	_Atomic int failure;        /* 0, or the SEARCH_E... that ends the search */
	_Atomic int stop_fd;        /* readable once the search is over; -1 until the first wait for a stream */
	uint64_t deadline;          /* [C] that of the settings */
	struct ps_doorbell *caller; /* [C] */
#ifdef PS_DEBUG
	struct ps_trace *trace;     /* [C] */
#endif
};

void ps_ending_init(struct ps_ending *ending, struct ps_doorbell *caller); /* a zeroed one; without a deadline */
void ps_ending_destroy(struct ps_ending *ending);

/* Has a flag ended the search? The second function, a ps_over, also looks at the clock, as perhaps nobody else does. */
bool ps_ending_is_over(const struct ps_ending *ending);
bool ps_ending_is_over_by_now(const void *ending);

/*
 * What workers ask between steps, together with ps_ending_expired(). After any of these flags no stream waits any more:
 * a worker that went on would spin.
 */
bool ps_ending_stops_workers(const struct ps_ending *ending);

/* The descriptor to poll beside a stream, made by the first call; -1 and errno if there is none. */
int ps_ending_stop_fd(struct ps_ending *ending);

void ps_ending_stop(struct ps_ending *ending);           /* wakes waits for streams, nobody else */
void ps_ending_cancel(struct ps_ending *ending);         /* any thread; async-signal-safe */
void ps_ending_fail(struct ps_ending *ending, int code); /* any thread; the first failure counts */

/* Has the deadline passed? The first thread to see it tells the caller. */
bool ps_ending_expired(struct ps_ending *ending);

/* Counters of one thread: it alone stores, search_stats loads; relaxed, they order nothing. */
struct ps_counters {
	_Atomic uint64_t files_found, files_searched, files_skipped, directories;
	_Atomic uint64_t bytes, matches, errors, replaced, files_ruled_out;
};

/* Adds to a counter of the thread's own. */
static inline void ps_count(_Atomic uint64_t *counter, uint64_t more)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
			      memory_order_relaxed);
}

/* --- job.c --- */

/*
 * A claim that is being run: a generator of batches, each of one file, that can be resumed. It belongs to one thread.
 */
struct ps_task {
	struct search *search;
	struct ps_scanner *scanner;
	struct ps_lister *lister;
	struct ps_batch *batch;    /* being filled, or ready after PS_TASK_BATCH */
	struct ps_claim *claim;    /* NULL: none */
	uint32_t entry;            /* of the claim: the one at work, or the next */
	enum { PS_TASK_OPEN, PS_TASK_SCAN, PS_TASK_LIST } state;
	bool delivered;            /* a batch of this entry was handed on, */
	uint64_t handed_on_at;     /* and the last one then: coarse time */
	bool parks;                /* [C] in a pool: it never waits */
	bool rests;                /* its file is closed until it goes on: */
	dev_t device;              /* which file that is, */
	ino_t inode;
	off_t position;            /* and where it stood */
	bool gathers;              /* [C] a worker's: see is_batch_due() in job.c */
	int (*stop_fd)(struct search *s); /* what wakes a wait for a stream: a descriptor, or -1 */
	struct ps_opened opened;
	struct ps_list_totals listed; /* counted already */
	struct ps_scan_totals scanned;
	struct ps_part part;       /* what the entry at work is of a large file */
	bool whole;                /* all of it: the file is not cut yet, and perhaps never will be */
	uint8_t mark;              /* PS_PAGE_... of the entry at work */
	bool learns;               /* [C] a worker's, with a warm tree: it may learn the files that it has searched */
	uint64_t searched;         /* nanoseconds spent in steps, without those */
	uint64_t learnt;           /* spent on learning */
	uint64_t file_size;        /* of such a file, */
	uint64_t began;            /* and when its search began */
	struct ps_counters *counters;
};

enum ps_task_step {
	PS_TASK_MORE = 1,  /* call again */
	PS_TASK_BATCH = 2, /* task->batch is ready: take it and put NULL there. It is of the claim's
	                      entry ps_task_entry(); if batch->last, no more of this entry follows */
	PS_TASK_WAIT = 3,  /* a stream has nothing at the moment, or there is no descriptor, and waiting is
	                      not allowed, or the search is over */
	PS_TASK_END = 0    /* the claim is done; or SEARCH_ENOMEM */
};

int ps_task_init(struct ps_task *task, struct search *s, struct ps_counters *counters,
		 int (*stop_fd)(struct search *s));
void ps_task_destroy(struct ps_task *task, struct ps_buffers **last); /* closes and frees; fine on a zeroed one */
void ps_task_begin(struct ps_task *task, struct ps_claim *claim);
int ps_task_step(struct ps_task *task, bool wait);

/* After PS_TASK_WAIT: is it a stream that it waits for, and not a descriptor? */
bool ps_task_waits_for_stream(const struct ps_task *task);

/* Has it a file or directory open that is its own? */
bool ps_task_has_file(const struct ps_task *task);

/* Has it a stream, which cannot be opened again? */
bool ps_task_has_stream(const struct ps_task *task);

/* Closes that until the next step, which opens it again where it stood. False: that cannot be done. */
bool ps_task_rest(struct ps_task *task);

/* Closes all that it has open. It is not to go on. */
void ps_task_abandon(struct ps_task *task);

/* The entry that the batch belongs to which is ready. */
static inline uint32_t ps_task_entry(const struct ps_task *task)
{
	return task->batch->last ? task->entry - 1 : task->entry;
}

/* --- news.c --- */

/*
 * In a pool: that there is something for the caller. It is told at once, unless it was told within the last moments:
 * then the worker tells it later in the same turn, and at its end at the latest.
 */
struct ps_news {
	_Atomic bool owed;        /* the caller is still to be told; a worker that sees it in its turn does that */
	_Atomic uint64_t told_at; /* relaxed: a hint */
	_Atomic bool slow;        /* steps take long, so nothing is put off. relaxed: a hint */
};

void ps_news_tell(struct ps_news *news, struct ps_doorbell *caller);

/* Within a turn, after a step that took so long: tells what is owed, if it is time. At the turn's end: in any case. */
void ps_news_step(struct ps_news *news, struct ps_doorbell *caller, uint64_t now, uint64_t took);
void ps_news_end(struct ps_news *news, struct ps_doorbell *caller);

/* --- worker.c --- */

struct ps_worker {
	struct ps_holder holder;
	struct ps_producer producer;
	struct ps_counters counters;
	struct ps_task task;
	struct ps_outlet *outlet; /* of the entry at work, or NULL */
	bool attached;           /* the claim has this outlet */
	bool full;               /* the task's batch is to be pushed */
	struct ps_claim *finished; /* is to be finished with the next claim */
	struct search *search;
	/* with a thread of its own */
	struct ps_thread thread; /* of the thread that starts it, then of the caller, who joins it */
	bool started;            /* it was tried to start it: of the thread that takes `idle` from the holder, */
	int failure;             /* and why that failed: an errno */
	/* in a pool */
	struct ps_job job;
	uint64_t turn_began;
	bool stalled;            /* it waits for a stream or a descriptor, and the plan knows */
	bool keeps_file;         /* between turns its file stays open, which takes a place of the pool's share */
};

/* What this room keeps in an outlet. */
struct ps_delivery {
	struct ps_place place; /* first: the plan returns a pointer to it */
	struct ps_text path;
	uint64_t source;
};

_Static_assert(sizeof(struct ps_delivery) <= PS_OUTLET_USER, "an outlet has room for it");

void *ps_worker_run(void *worker);
enum ps_turn ps_worker_turn(struct ps_job *job); /* in a pool */
void ps_worker_close_file(struct ps_job *job);   /* between two turns: what it kept open */
void ps_worker_free(struct ps_worker *worker, struct ps_buffers **last); /* fine for a zeroed one */

static inline struct ps_worker *ps_worker_of(struct ps_producer *producer)
{
	return (struct ps_worker *)(void *)((char *)producer - offsetof(struct ps_worker, producer));
}

/* A worker starts or ends a wait for the caller: meanwhile it returns no descriptor. */
void ps_worker_blocked(struct ps_producer *producer, bool blocked);

/* --- merge_parts.c --- */

/* The file whose parts are being delivered; zeroed before its first part. `before` is set for each part. */
struct ps_join {
	struct ps_sums before; /* of the parts before this one */
	uint64_t matches;      /* items delivered for it */
	uint64_t shown;        /* offset after the last line delivered */
	uint32_t due;          /* lines of context still due after the last match */
	bool done;             /* nothing more is delivered except FILE_END */
	bool failed;           /* the rest cannot be read; */
	uint64_t counted;      /* with SEARCH_RESULT_COUNT: lines that matched before that */
	bool skipped;          /* binary, with SEARCH_MATCH_SKIP_BINARY */
};

/* Makes a part's record one of the whole file. False: it is not to be delivered. */
bool ps_join_record(struct ps_join *join, const struct ps_settings *settings, struct ps_record *r);

/* --- handful.c --- */

/* The items that one call hands out together. A zeroed one is empty. */
struct ps_handful {
	struct search_item *items;       /* copies, */
	const struct search_item **list; /* and pointers to them */
	size_t item_space, list_space;
	struct ps_text names;            /* with SEARCH_RESULT_LIST: their paths, each with its NUL */
	const struct search_item *only;  /* a list of one, for which no memory is needed */
};

void ps_handful_free(struct ps_handful *handful);

/* --- resume_file.c --- */

/*
 * May the search of the file of options.resume begin near the cursor's item? Then *part is the rest of the file, and
 * s->pages.before what comes before it. Only the thread that searches the file.
 */
bool ps_resume_file(struct search *s, const struct ps_opened *opened, struct ps_part *part);

/* The same as ps_join_record() for a file whose search began there. */
bool ps_resume_join(struct ps_join *join, const struct search *s, struct ps_record *r);

/* --- iterator.c --- */

/* The caller's side. [U], except for the holder, which is the plan's, too, and the counters. */
struct ps_iterator {
	struct search *search;
	struct ps_holder holder;
	struct ps_task task;           /* a claim that the caller runs itself */
	struct ps_counters counters;
	struct ps_outlet *outlet;      /* what is in front, or NULL */
	struct ps_batch *batch;        /* items at hand */
	size_t next;                   /* the next of them */
	bool joining;                  /* they are of a part of a file */
	struct ps_join join;
	struct ps_batch *spare;        /* for the task */
	bool own_done;                 /* the task is at its end, and the plan does not know yet */
	bool own_named;                /* own_path is that of the entry at work */
	struct ps_text own_path;
	uint64_t own_source;
	struct ps_names names;         /* with SEARCH_RESULT_LIST: the files in front, */
	bool naming;                   /* if there are any */
	struct search_item item;
	struct ps_handful handful;
	uint64_t earlier;              /* items of the entry at hand in batches before that at hand: see below */
	uint64_t entry_began;          /* `matches` when its first item came */
	uint64_t files;                /* FILE and FILE_END items, likewise */
	struct ps_stands {
		uint64_t items;        /* of the last item's entry, if that is not at hand, */
		uint64_t matches;      /* and how many of them are matches */
		struct ps_text path;   /* what item.path points to, unless that is at hand, */
		char text[PS_CHECKED + 1]; /* and the start of its text or message, likewise */
	} stands;
	bool fresh;                    /* no item was delivered since that of options.resume */
	bool found;                    /* that item was passed, and was as the cursor says */
	bool changed;                  /* but its file is not as the cursor says: the first item tells */
	bool ended;                    /* the item of options.until was delivered */
	uint64_t matches;              /* MATCH items delivered */
	uint32_t context_left;         /* lines that may follow the last of max_matches */
	uint64_t context_offset;
	bool limited;                  /* max_matches is reached */
	bool sources_over;
	uint64_t quick_sources;        /* that next_source gave in a row, each within SLOW_SOURCE */
	bool sources_failed;           /* next_source failed: the search does, after the sources before that */
	int outcome;                   /* enum search_outcome */
	int result;                    /* what search_next returns once it is not RUNNING */
};

/*
 * How many items of the entry at hand there were, with those of earlier pages. Nothing is counted for that when an item
 * is delivered: `earlier` is corrected for records that are no items.
 */
static inline uint64_t ps_iterator_items(const struct ps_iterator *it)
{
	return it->earlier + (it->batch != NULL ? it->next : 0);
}

/* SEARCH_OK or SEARCH_ENOMEM. A zeroed one can be destroyed, too. */
int ps_iterator_init(struct ps_iterator *it, struct search *s, bool sources_follow);
void ps_iterator_destroy(struct ps_iterator *it, struct ps_buffers **last);

/* How far a call goes for an item. */
enum ps_patience {
	PS_AT_HAND, /* it takes one that ps_iterator_at_hand() counts, or returns SEARCH_EAGAIN */
	PS_TRY,     /* search_try_next */
	PS_WAIT     /* search_next */
};

int ps_iterator_next(struct ps_iterator *it, const struct search_item **item, enum ps_patience patience);

/*
 * At most how many items are at hand: they come without a wait, and leave what earlier items point to as it is; except
 * that a name takes the place of the path before.
 */
size_t ps_iterator_at_hand(const struct ps_iterator *it);

/* As search_next_many() or search_try_next_many(). */
int ps_iterator_next_many(struct ps_iterator *it, const struct search_item *const **items, size_t most,
			  enum ps_patience patience);

/* The search ends: the next call returns this error. */
void ps_iterator_fail(struct ps_iterator *it, int code);

/* --- the search --- */

struct search {
	struct ps_ignore_options ignore;
	struct ps_settings settings;   /* [C] */
	struct ps_pages pages;         /* [C] */
	struct ps_matcher *matcher;    /* [C] */
	struct ps_filter *filter;      /* [C] */
	struct ps_overlays *overlays;  /* [C] or NULL */
	struct ps_plan *plan;          /* [C] */
	struct ps_queue *queue;        /* [C] */
	struct ps_owner owner;         /* [C] */
	struct search_pool *pool;      /* [C] or NULL */
	struct ps_warm_view warm;      /* [C] warm.tree is NULL: there is none */
	struct ps_client client;       /* in a pool */
	bool joined;                   /* [U] the client is the pool's */
	bool borrows;                  /* [U] workers may use memory or descriptors of the host's */

	struct ps_worker *workers;     /* [C] */
	struct ps_producer **producers; /* [C] */
	_Atomic uint32_t started;      /* threads so far, */
	_Atomic uint32_t failed;       /* and those that cannot be made; both relaxed, they order nothing */

	struct ps_doorbell door;       /* the caller's */
	struct ps_news news;           /* in a pool */
	struct ps_ending ending;
#ifdef PS_DEBUG
	_Atomic bool entered;          /* a thread is in a call that only one may be in, see ps_search_enter() */
	struct ps_trace trace;         /* the last events */
#endif

	struct ps_iterator iterator;   /* [U] */
};

/*
 * The calls that are not thread-safe begin and end with these two. Debug builds check that one thread at a time uses a
 * handle. Relaxed: otherwise the check would hide from ThreadSanitizer that the host forgot to order two calls. A
 * handle that was inherited through fork() may have been caught within a call.
 */
static inline void ps_search_enter(struct search *s)
{
#ifdef PS_DEBUG
	bool entered = s != NULL && !ps_owner_is_parent(&s->owner) &&
		       atomic_exchange_explicit(&s->entered, true, memory_order_relaxed);

	PS_ASSERT(!entered);
#else
	(void)s;
#endif
}

static inline void ps_search_leave(struct search *s)
{
#ifdef PS_DEBUG
	if (s != NULL)
		atomic_store_explicit(&s->entered, false, memory_order_relaxed);
#else
	(void)s;
#endif
}

/* Are there workers, or could there be? Otherwise only the caller does anything. */
static inline bool ps_search_has_workers(const struct search *s)
{
	return atomic_load_explicit(&s->failed, memory_order_relaxed) < s->settings.workers;
}

/* What the searches of a pool may hold while they wait; NULL: there is no pool. */
static inline struct ps_share *ps_search_memory(const struct search *s)
{
	return s->pool != NULL ? &ps_pool_shares(s->pool)->memory : NULL;
}

/* Tells the threads to end. Only the caller's thread. */
void ps_search_stop(struct search *s);

#endif
