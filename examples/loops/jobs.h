/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jobs.h - what the programs in this directory share: several searches in one pool, and how much is taken of them.
 *
 *	NAME [--count] [--progress] [--cancel-after LINES] PATTERN PATH...
 *
 * Each PATH is a job: a search of its own, with a descriptor that a loop watches. The loop calls job_take() when that
 * is readable, which takes a bounded number of items and never waits, reads or matches: the pool's threads do that. So
 * the loop is free again after some hundred lines. What differs between loops is what job_take() says next:
 *
 *	JOB_WAIT   nothing is ready: the descriptor will tell
 *	JOB_MORE   there may be more: come back after the others had their turn, since a loop that is told of changes
 *	           only is not told again
 *	JOB_ENDED  stop watching, then job_close()
 *
 * A line is printed as NUMBER:PATH:LINE:TEXT, where NUMBER is the job's. The lines of a job are in the library's order;
 * those of different jobs mingle. After LINES lines all jobs are cancelled.
 */
#ifndef JOBS_H
#define JOBS_H

#include <psearch.h>

#include <stdbool.h>

#define TICK_MS 100 /* how often the loop calls jobs_tick() */

enum job_next { JOB_WAIT, JOB_MORE, JOB_ENDED };

struct jobs;

struct job {
	struct jobs *jobs;
	struct search *search; /* NULL: closed */
	const char *path;
	int fd;
	bool more;   /* the loop's: take again without being told */
	bool ended;  /* the loop's: waits until nothing watches the descriptor */
	void *watch; /* the loop's */
};

struct jobs {
	const char *program;
	struct job *job;
	unsigned count, open;
	struct search_pool *pool;
	unsigned long cancel_after; /* lines; 0: never */
	bool print_counts, print_progress;
	bool failed;
	unsigned long lines, items, canceled;
	unsigned long wakeups; /* the loop counts them: how often it was woken, and how many of these were ticks */
	unsigned long ticks;
	unsigned long empty; /* calls of job_take() that took nothing, and did not end the job */
	int descriptors;     /* open in this process before the first job */
};

/* Reads the arguments, makes the pool and the jobs. Returns false if it cannot, and has said why. */
bool jobs_open(struct jobs *jobs, const char *program, int argc, char **argv);

enum job_next job_take(struct job *job);
void job_close(struct job *job);

/* Shows how far the jobs are, if that was asked for. */
void jobs_tick(struct jobs *jobs);

/* Says what the loop could not do. */
void jobs_fail(struct jobs *jobs, const char *what, const char *why);

/* Closes what is left. Returns the exit status: 0 if there was a line, 1 if there was none, 2 if something failed. */
int jobs_close(struct jobs *jobs);

#endif
