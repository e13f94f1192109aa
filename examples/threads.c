/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * threads - a search for each thread, and one thread that ends the searches of the others.
 *
 *	threads PATTERN PATH...
 *
 * Which of the paths has the pattern? Each is searched by a thread of its own; the first that finds a match cancels all
 * other searches. A handle belongs to one thread at a time: here the main thread opens it, its thread uses it, and the
 * main thread closes it after it has joined that thread. Only search_cancel() and search_stats() may be called by
 * others, and only while the handle is open: so no handle is closed before all threads have ended.
 */
#include <psearch.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define MOST 64

struct job {
	pthread_t thread;
	struct search *search;
	const char *path;
	char where[512];   /* the match, as file and line */
	int status;        /* how the search ended */
};

static struct job jobs[MOST];
static int job_count;

static void cancel_others(const struct job *found)
{
	int i;

	for (i = 0; i < job_count; i++)
		if (&jobs[i] != found)
			search_cancel(jobs[i].search);
}

static void *run(void *argument)
{
	struct job *job = (struct job *)argument;
	const struct search_item *item;

	while ((job->status = search_next(job->search, &item)) > 0)
		if (item->kind == SEARCH_ITEM_MATCH) {
			/* The item's text dies with the next call: what is to stay is copied. */
			snprintf(job->where, sizeof job->where, "%s:%ju", item->path, (uintmax_t)item->line);
			cancel_others(job);
			break;
		}
	return NULL;
}

static int open_job(struct job *job, const struct search_pattern *pattern)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_source source;

	memset(&source, 0, sizeof source);
	source.path = job->path;
	options.patterns = pattern;
	options.pattern_count = 1;
	options.sources = &source;
	options.source_count = 1;
	options.workers = 1; /* this thread helps: two are busy */
	if (search_open(&job->search, &options, &error) == SEARCH_OK)
		return 1;
	fprintf(stderr, "threads: %s\n", error.message);
	return 0;
}

int main(int argc, char **argv)
{
	struct search_pattern pattern;
	int i, started = 0, found = 0;

	if (argc < 3 || argc - 2 > MOST) {
		fprintf(stderr, "usage: threads PATTERN PATH...\n");
		return 2;
	}
	memset(&pattern, 0, sizeof pattern);
	pattern.text = argv[1];
	pattern.length = strlen(argv[1]);
	for (job_count = 0; job_count < argc - 2; job_count++) {
		jobs[job_count].path = argv[job_count + 2];
		if (!open_job(&jobs[job_count], &pattern))
			break;
	}
	/* All are open before the first thread cancels one. */
	if (job_count == argc - 2)
		while (started < job_count &&
		       pthread_create(&jobs[started].thread, NULL, run, &jobs[started]) == 0)
			started++;
	for (i = 0; i < started; i++)
		pthread_join(jobs[i].thread, NULL);
	for (i = 0; i < job_count; i++) {
		if (jobs[i].where[0] != '\0')
			printf("%s: %s\n", jobs[i].path, jobs[i].where);
		else if (i < started)
			printf("%s: %s\n", jobs[i].path,
			       jobs[i].status == SEARCH_ECANCELED ? "cancelled" : "nothing");
		found |= jobs[i].where[0] != '\0';
		search_close(jobs[i].search);
	}
	return started < argc - 2 ? 2 : !found;
}
