/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crew.h - runs a plan over real files, without the rest of a search: holders claim, list and open, and a caller takes
 * what they attach. Either simulated, on one thread in random order, or with threads.
 */
#ifndef TEST_CREW_H
#define TEST_CREW_H

#include "random.h"
#include "tree.h"

#include <stdint.h>

#include <psearch.h>

struct ps_share;

enum { CREW_WORKERS = 64 };

struct crew_options {
	uint32_t flags;
	uint32_t workers;
	uint32_t max_open_files;
	const struct search_source *sources;
	size_t source_count;
	uint32_t pulled;   /* how many sources are added each time the plan asks; 0: all at the start */
	uint32_t percent;  /* how many of a hundred files have something to deliver: the same ones in every run */
	bool late_caller;  /* the caller starts when nobody else can go on */
	bool never_helps;  /* the caller claims only when it must, */
	bool no_help;      /* or not even then: there has to be a worker */
	uint32_t window_claims, window_entries; /* of the plan; 0: the usual */
	struct ps_share *memory, *cached; /* of a pool; NULL: it is in none */
};

struct crew_result {
	struct names shown;   /* "path", or "path: errno N", as the caller got them */
	struct names opened;  /* what was opened, in that order (simulated only) */
	uint64_t open_files;  /* most at once, as the plan says */
	unsigned open_counted; /* and as the kernel says (simulated only) */
	uint32_t claims;      /* most alive (simulated only) */
	uint32_t late_claims; /* alive when the late caller began, */
	uint64_t made_after[CREW_WORKERS]; /* and claims that each worker made after (simulated only) */
	uint64_t files, skipped, directories;
	uint64_t caller_woken, workers_woken; /* so many times */
	uint64_t caller_runs; /* claims that the caller ran */
};

/* Does a file of this name have something to deliver? */
bool crew_delivers(const struct crew_options *options, const char *shown);

/* Fails the test if everybody sleeps before the end. */
void crew_simulate(const struct crew_options *options, struct random *random, struct crew_result *result);

/* The same, but after this many steps everything is freed as it is. */
void crew_abandon(const struct crew_options *options, struct random *random, unsigned steps);

void crew_run(const struct crew_options *options, struct crew_result *result);
void crew_result_free(struct crew_result *result);

#endif
