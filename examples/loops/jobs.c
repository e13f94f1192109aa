/* SPDX-License-Identifier: BSD-2-Clause */
#include "jobs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN 256 /* items that a job may take before the loop has its turn */

/* How many descriptors this process has, without the one that counts them. */
static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	int count = -1;

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

void jobs_fail(struct jobs *jobs, const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", jobs->program, what, why);
	jobs->failed = true;
}

static bool usage(const struct jobs *jobs)
{
	fprintf(stderr, "usage: %s [--count] [--progress] [--cancel-after LINES] PATTERN PATH...\n", jobs->program);
	return false;
}

/* A count that is no number would pass for 0: never. */
static bool read_count(const char *text, unsigned long *count)
{
	char *end;

	errno = 0;
	*count = strtoul(text, &end, 10);
	return errno == 0 && *end == '\0' && text[0] >= '1' && text[0] <= '9';
}

static bool open_job(struct jobs *jobs, struct job *job, const char *pattern_text)
{
	struct search_pattern pattern = {.text = pattern_text, .length = strlen(pattern_text)};
	struct search_source source = {.path = job->path};
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;

	options.patterns = &pattern, options.pattern_count = 1;
	options.sources = &source, options.source_count = 1;
	options.pool = jobs->pool;
	options.caller_flags = SEARCH_CALLER_NO_HELP; /* in a pool it goes without saying */
	if (search_open(&job->search, &options, &error) != SEARCH_OK) {
		jobs_fail(jobs, job->path, error.message);
		return false;
	}
	jobs->open++;
	job->fd = search_fd(job->search);
	if (job->fd < 0)
		jobs_fail(jobs, job->path, search_strerror(job->fd));
	return job->fd >= 0;
}

static bool open_pool(struct jobs *jobs)
{
	struct search_error error = SEARCH_ERROR_INIT;

	if (search_pool_open(&jobs->pool, NULL, &error) == SEARCH_OK)
		return true;
	jobs_fail(jobs, "cannot make a pool", error.message);
	return false;
}

bool jobs_open(struct jobs *jobs, const char *program, int argc, char **argv)
{
	unsigned i;
	int at;

	memset(jobs, 0, sizeof *jobs);
	jobs->program = program;
	for (at = 1; at < argc && strncmp(argv[at], "--", 2) == 0; at++)
		if (strcmp(argv[at], "--count") == 0)
			jobs->print_counts = true;
		else if (strcmp(argv[at], "--progress") == 0)
			jobs->print_progress = true;
		else if (strcmp(argv[at], "--cancel-after") != 0 || at + 1 == argc ||
			 !read_count(argv[++at], &jobs->cancel_after))
			return usage(jobs);
	if (argc - at < 2)
		return usage(jobs);
	jobs->descriptors = count_descriptors();
	jobs->count = (unsigned)(argc - at - 1);
	jobs->job = calloc(jobs->count, sizeof *jobs->job);
	if (jobs->job == NULL) {
		jobs_fail(jobs, "the jobs", strerror(errno));
		return false;
	}
	if (!open_pool(jobs))
		return false;
	for (i = 0; i < jobs->count; i++) {
		jobs->job[i].jobs = jobs;
		jobs->job[i].path = argv[at + 1 + (int)i];
		if (!open_job(jobs, &jobs->job[i], argv[at]))
			return false;
	}
	return true;
}

static void cancel_all(struct jobs *jobs)
{
	unsigned i;

	for (i = 0; i < jobs->count; i++)
		if (jobs->job[i].search != NULL)
			search_cancel(jobs->job[i].search); /* its descriptor becomes readable */
}

static void show(const struct job *job, const struct search_item *item)
{
	struct jobs *jobs = job->jobs;

	if (item->kind == SEARCH_ITEM_ERROR) {
		fprintf(stderr, "%s: %s: %s\n", jobs->program, item->path, item->message);
		jobs->failed |= !(item->flags & SEARCH_ITEM_FLAG_NOTE);
	}
	if (item->kind != SEARCH_ITEM_MATCH || (jobs->cancel_after > 0 && jobs->lines == jobs->cancel_after))
		return;
	printf("%td:%s:%ju:", job - jobs->job, item->path, (uintmax_t)item->line);
	fwrite(item->text, 1, item->length, stdout); /* may hold NUL bytes */
	putchar('\n');
	if (++jobs->lines == jobs->cancel_after)
		cancel_all(jobs);
}

/* What comes next after the library has returned this instead of items. */
static enum job_next say_end(struct job *job, int status)
{
	if (status == SEARCH_EAGAIN)
		return JOB_WAIT;
	if (status == SEARCH_ECANCELED)
		job->jobs->canceled++;
	else if (status != SEARCH_OK)
		jobs_fail(job->jobs, job->path, search_strerror(status));
	return JOB_ENDED;
}

enum job_next job_take(struct job *job)
{
	const struct search_item *const *items; /* of one file; all of them are valid until the next call */
	enum job_next next = JOB_MORE;
	int taken = 0;

	while (next == JOB_MORE && taken < TURN) {
		int i, count = search_try_next_many(job->search, &items, (size_t)(TURN - taken));

		for (i = 0; i < count; i++)
			show(job, items[i]);
		if (count > 0)
			taken += count;
		else
			next = say_end(job, count);
	}
	job->jobs->items += (unsigned long)taken;
	job->jobs->empty += taken == 0 && next == JOB_WAIT;
	fflush(stdout); /* may wait for a slow reader: a program that may not wait for it keeps the lines instead */
	return next;
}

void job_close(struct job *job)
{
	search_close(job->search); /* in a pool no thread is waited for */
	job->search = NULL;
	job->jobs->open--;
}

void jobs_tick(struct jobs *jobs)
{
	unsigned i;

	jobs->ticks++;
	for (i = 0; jobs->print_progress && i < jobs->count; i++) {
		struct search_stats stats = SEARCH_STATS_INIT;

		if (jobs->job[i].search == NULL || search_stats(jobs->job[i].search, &stats) != SEARCH_OK)
			continue;
		fprintf(stderr, "%s: %s: %ju of %ju files\n", jobs->program, jobs->job[i].path,
			(uintmax_t)stats.files_searched, (uintmax_t)stats.files_found);
	}
}

int jobs_close(struct jobs *jobs)
{
	unsigned i;

	for (i = 0; i < jobs->count && jobs->job != NULL; i++)
		if (jobs->job[i].search != NULL)
			job_close(&jobs->job[i]);
	search_pool_close(jobs->pool);
	if (ferror(stdout) || fflush(stdout) != 0) /* a disk that is full: the lines are lost */
		jobs_fail(jobs, "standard output", "cannot write all lines to it");
	if (jobs->print_counts)
		fprintf(stderr, "items=%lu lines=%lu wakeups=%lu empty=%lu ticks=%lu canceled=%lu descriptors=%d\n",
			jobs->items, jobs->lines, jobs->wakeups, jobs->empty, jobs->ticks, jobs->canceled,
			count_descriptors() - jobs->descriptors);
	free(jobs->job);
	if (jobs->failed || jobs->count == 0)
		return 2;
	return jobs->lines > 0 ? 0 : 1;
}
