/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * soak.c - hundreds of searches at once, for as long as one likes: `make soak SECONDS=3600 FILES=1000000`.
 *
 * Some threads of a host have all these searches open in one pool, under a limit on descriptors and one on memory. The
 * searches have options at random: patterns of each strategy, context, multi-line, groups, compressed files,
 * encodings, unsaved texts, pages, warm trees that they share, pipes. They are taken in all ways, half read, canceled
 * and closed at any moment. One of the trees that they search has many files; another one is changed all the time; the
 * third does not change, and there each item is compared with what it must be.
 *
 * Every few seconds comes an ebb: all searches are closed, and the process must be as it was before: threads and
 * descriptors to the number, memory as far as the tolerances below say. At each CLEAN_th ebb pool and trees are
 * closed, too: the pool first, while its searches are open.
 *
 * Exit status: 0, all held; 1, something did not, as a line with FAULT says; 99, it could not run.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "soak.h"

#include "../support/process.h"
#include "../support/scale.h"

#include <limits.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_SAMPLES = 20000, CLEAN = 4, STUCK = 200 /* seconds */ };

/* Samples of one kind, over the whole run. */
struct samples {
	struct sample at[MOST_SAMPLES];
	size_t count;
};

/*
 * What they may grow from the middle to the end, in bytes, along the line of least squares: what malloc() gave, and
 * what is resident; both without what the trees say they have. What malloc() needs besides is in none of the trees'
 * figures, and they may be growing.
 */
struct tolerance {
	double allocated, resident;
};
static const struct tolerance at_ebbs = { 2 << 20, 8 << 20 }, at_clean_ebbs = { 64 << 10, 4 << 20 };
enum { LEFT = 64 << 10 }; /* and what may be left at the end */

struct plan plan;

static struct sample bare, base, clean;
static struct samples ebbs, clean_ebbs;

static uint32_t get_number(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL && text[0] != '\0' ? (uint32_t)strtoul(text, NULL, 10) : otherwise;
}

static void read_plan(void)
{
	const char *directory = getenv("SOAK_DIR");

	plan.seconds = get_number("SECONDS", 3600);
	plan.files = get_number("FILES", 20000);
	plan.hosts = get_number("HOSTS", 6);
	plan.slots = get_number("SLOTS", 50);
	plan.workers = get_number("WORKERS", 4);
	plan.descriptors = get_number("DESCRIPTORS", 400);
	plan.megabytes = get_number("MEGABYTES", 2048);
	plan.every = get_number("EVERY", plan.seconds < 400 ? 3 : plan.seconds / 100);
	plan.seed = get_number("PS_SEED", 1);
	plan.directory = directory != NULL && directory[0] != '\0' ? directory : NULL;
}

static char *enter_directory(void)
{
	char *made = plan.directory == NULL ? forest_open() : NULL;
	const char *at = made != NULL ? made : plan.directory;

	if ((made != NULL || mkdir(at, 0755) == 0 || access(at, W_OK) == 0) && chdir(at) == 0)
		return made;
	perror(at);
	exit(99);
}

static void limit(__rlimit_resource_t what, uint64_t to)
{
	struct rlimit bound = { to, to };

	if (setrlimit(what, &bound) != 0)
		perror("setrlimit");
}

static void set_limits(void)
{
	limit(RLIMIT_NOFILE, plan.descriptors);
	if (!TEST_SANITIZED)
		limit(RLIMIT_AS, (uint64_t)plan.megabytes << 20);
}

/* A pool in which a search has waited for a pipe has one thread more, and that thread's descriptor. */
static bool is_as_before(const struct sample *s)
{
	size_t more = s->threads - base.threads;

	return more <= 1 && s->descriptors == base.descriptors + more;
}

/* Threads that searches had to themselves are gone soon, and so is what a worker had open. */
static void wait_for_quiet(void)
{
	for (int i = 0; i < 400; i++) {
		struct search_pool_stats stats = SEARCH_POOL_STATS_INIT;
		struct sample now = { .threads = process_threads(), .descriptors = process_descriptors() };

		search_pool_stats(pool, &stats);
		if (stats.searches == 0 && stats.open_files == 0 && is_as_before(&now))
			return;
		usleep(20000);
	}
}

static void check_ebb(const struct sample *s)
{
	if (!is_as_before(s))
		fault("%zu threads and %zu descriptors, although all searches are closed, not %zu and %zu", s->threads,
		      s->descriptors, base.threads, base.descriptors);
}

static size_t count_open(void)
{
	struct search_pool_stats stats = SEARCH_POOL_STATS_INIT;

	search_pool_stats(pool, &stats);
	return stats.searches;
}

/* Lets the searches run for a while. */
static void flood(double until)
{
	double start = milliseconds();

	slots_flow();
	while (milliseconds() < until && milliseconds() - start < plan.every * 1e3) {
		usleep(200000);
		if (slots_stuck() < STUCK)
			continue;
		fault("a host has waited for %.0f s", slots_stuck());
		abort();
	}
}

static void keep_sample(struct samples *samples, const struct sample *sample)
{
	if (samples->count < MOST_SAMPLES)
		samples->at[samples->count++] = *sample;
}

/* Neither searches nor pool nor trees. */
static void take_clean_sample(void)
{
	struct sample s;

	pool_end();
	trees_end();
	sample_take(&s);
	sample_print("clean", &s);
	keep_sample(&clean_ebbs, &s);
	if (s.threads != clean.threads || s.descriptors != clean.descriptors)
		fault("%zu threads and %zu descriptors, although all is closed, not %zu and %zu", s.threads, s.descriptors,
		      clean.threads, clean.descriptors);
	trees_make();
	pool_make();
}

static void run(void)
{
	double until = milliseconds() + plan.seconds * 1e3;

	for (int i = 1; milliseconds() < until; i++) {
		struct sample s;

		flood(until);
		totals_print(count_open());
		if (i % CLEAN == 0)
			pool_make();
		slots_ebb();
		wait_for_quiet();
		sample_take(&s);
		sample_print("ebb", &s);
		keep_sample(&ebbs, &s);
		check_ebb(&s);
		if (i % CLEAN == 0)
			take_clean_sample();
	}
}

/* --- the verdict --- */

static void judge_growth(const char *what, const struct samples *samples, struct tolerance most)
{
	static double at[MOST_SAMPLES], resident[MOST_SAMPLES], allocated[MOST_SAMPLES];
	size_t from = samples->count / 2, n = samples->count - from;
	double grown, kept;

	for (size_t i = 0; i < n; i++) {
		const struct sample *s = &samples->at[from + i];

		at[i] = s->at;
		resident[i] = (double)s->resident - (double)s->in_trees;
		allocated[i] = (double)s->allocated - (double)s->in_trees;
	}
	grown = growth(at, resident, n);
	kept = growth(at, allocated, n);
	printf("%zu %s of the second half: resident memory grew by %.3f MB, malloc'd memory by %.3f MB\n", n, what,
	       grown / 1e6, kept / 1e6);
	if (TEST_SANITIZED)
		return; /* what is freed is kept for a while, to be recognised */
	if (grown > most.resident)
		fault("resident memory grows");
	if (kept > most.allocated)
		fault("malloc'd memory grows");
}

static void judge_end(const struct sample *end)
{
	if (end->threads != bare.threads)
		fault("%zu threads at the end, not %zu", end->threads, bare.threads);
	if (end->descriptors != bare.descriptors)
		fault("%zu descriptors at the end, not %zu", end->descriptors, bare.descriptors);
	if (!TEST_SANITIZED && end->allocated > bare.allocated + LEFT)
		fault("%.2f MB of memory at the end, not %.2f MB", (double)end->allocated / 1e6,
		      (double)bare.allocated / 1e6);
	if (totals.checked == 0)
		fault("nothing was compared");
}

static void tell_quarters(const struct sample *last)
{
	static const char *const names[] = { "first", "1/4", "1/2", "3/4", "last" };

	sample_print("bare", &bare);
	for (size_t i = 0; i < 5 && ebbs.count > 0; i++)
		sample_print(names[i], &ebbs.at[i * (ebbs.count - 1) / 4]);
	sample_print("end", last);
	totals_print(0);
	printf("times without memory %llu, without descriptors %llu\n", (unsigned long long)totals.squeezes,
	       (unsigned long long)totals.hoards);
}

static void start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 4); /* each takes 64 MiB of what the limit allows */
#endif
	ground_make();
	set_limits();
	sample_take(&bare);
	slots_start();
	trouble_start();
	slots_ebb();
	sample_take(&clean);
	sample_print("clean", &clean);
	trees_make();
	pool_make();
	sample_take(&base);
	sample_print("base", &base);
}

static void end(char *made)
{
	struct sample last;

	atomic_store(&over, true);
	slots_flow();
	trouble_end(); /* it touches the slots */
	slots_end();
	pool_end();
	trees_end();
	sample_take(&last);
	tell_quarters(&last);
	judge_growth("ebbs", &ebbs, at_ebbs);
	judge_growth("clean ebbs", &clean_ebbs, at_clean_ebbs);
	judge_end(&last);
	ground_end();
	if (made != NULL)
		forest_close(made);
}

int main(void)
{
	char *made;

	read_plan();
	made = enter_directory();
	printf("%u s, %u files, %u threads with %u searches each, %u workers, %u descriptors, %u MiB, seed %llu\n",
	       plan.seconds, plan.files, plan.hosts, plan.slots, plan.workers, plan.descriptors, plan.megabytes,
	       (unsigned long long)plan.seed);
	start();
	run();
	end(made);
	printf("%u faults\n", faults);
	return faults > 0;
}
