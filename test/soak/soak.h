/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak.h - the pieces of the soak program; soak.c says what it does.
 *
 *	ground    the trees, the process that changes one of them, and what is asked of them
 *	slots     the threads that open searches, take items, and close
 *	trouble   other threads: cancels, warm trees that are replaced, lack of descriptors and of memory
 *	gauge     what the process uses, and whether that is flat
 */
#ifndef TEST_SOAK_H
#define TEST_SOAK_H

#include "../support/question.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* From the environment. */
struct plan {
	uint32_t seconds, files, hosts, slots, workers, descriptors, megabytes, every;
	uint64_t seed;
	const char *directory; /* where the trees are; NULL: a new one, removed at the end */
};
extern struct plan plan;

/* --- the ground --- */

/* A search as it may be opened again and again, and what it must deliver. */
struct ask {
	struct question question;
	bool still;       /* of the tree that does not change: then */
	uint64_t *items;  /* a hash of each item, in order, */
	size_t count;
	uint64_t sum;     /* and of all of them in any order */
	bool ordered, endless, pages, piped;
};

/* A search that is open, and what was opened for it. */
enum { DESCRIPTORS = QUESTION_SOURCES > 2 ? QUESTION_SOURCES : 2 };
struct opened {
	struct search *search;
	struct search_source sources[QUESTION_SOURCES];
	int descriptors[DESCRIPTORS]; /* -1: none; of a pipe the second is its other end */
};

enum { ASKS = 320, TREES = 4 };
extern struct ask *asks[ASKS];

/* Makes the trees in the current directory, chooses the asks, and starts the process that changes a tree. */
void ground_make(void);
void ground_end(void);

/* The options are the ask's, with what is chosen anew each time. Returns what search_open() returned. */
int ask_open(const struct ask *ask, struct search_options *options, struct search_error *error, struct opened *opened);
void ask_close(struct opened *opened);

/* `numbered`: with the number of the file, which is another in each search without order. */
uint64_t hash_item(const struct search_item *item, bool numbered);

/* --- the slots --- */

extern struct search_pool *pool;
extern struct search_tree *trees[TREES];
extern pthread_rwlock_t trees_lock; /* held to read while a search is opened with one of these */

/* Makes a pool, in the place of the one there is. */
void pool_make(void);
void pool_end(void);

/* All hosts close all their searches, and wait, until slots_flow() is called. */
void slots_ebb(void);
void slots_flow(void);
void slots_start(void);
void slots_end(void);

/* Cancels a search at random, or asks for its statistics. */
void slots_meddle(struct dice *d);

/* Seconds for which a host has been in one call that waits. */
double slots_stuck(void);

/* Waits at the ebb if there is one: for other threads that touch pool or trees. */
void ebb_here(void);

/* --- trouble --- */

void trouble_start(void);
void trouble_end(void);
void trees_make(void);
void trees_end(void);  /* none is left */
uint64_t trees_bytes(void);

/* --- the gauge --- */

/* Totals, since the start. Squeezes are of memory, hoards of descriptors. */
struct totals {
	atomic_ullong opened, refused, ended, canceled, timed_out, no_memory, left, items, errors, resumed, checked, starved,
		squeezes, hoards;
};
extern struct totals totals;

struct sample {
	double at; /* seconds */
	uint64_t resident, allocated, in_trees;
	size_t threads, descriptors;
};

extern atomic_bool over;
void sample_take(struct sample *sample);
void sample_print(const char *when, const struct sample *sample);
void totals_print(size_t open);

/* Growth of the values over all of their time, along the line of least squares. */
double growth(const double *at, const double *values, size_t count);

/* Says what is wrong, and counts it. The soak goes on, unless there were too many. */
__attribute__((format(printf, 1, 2))) void fault(const char *form, ...);
extern atomic_uint faults;

#endif
