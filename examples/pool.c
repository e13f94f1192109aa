/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool - many searches at once, with the threads of one pool.
 *
 *	pool PATTERN PATH...
 *
 * A search for each PATH. Somebody waits for the first one: it is interactive, and goes before the others. One thread
 * waits for all of them, and closes each when it has ended, whichever is first. The pool was closed long before: it
 * lives until its last search is closed.
 */
#include <psearch.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
	struct search *search; /* NULL: it has ended */
	unsigned long lines;   /* that match */
};

static int open_pool(struct search_pool **pool)
{
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	int status;

	options.workers = 2;
	options.max_open_files = 16;
	options.max_queued_bytes = 1 << 20;
	status = search_pool_open(pool, &options, &error);
	if (status != SEARCH_OK)
		fprintf(stderr, "pool: %s\n", error.message);
	return status;
}

static struct search *open_search(struct search_pool *pool, const char *text, const char *path, int interactive)
{
	struct search_pattern pattern = {.text = text, .length = strlen(text)};
	struct search_source source = {.path = path};
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;

	options.patterns = &pattern, options.pattern_count = 1;
	options.sources = &source, options.source_count = 1;
	options.pool = pool;
	options.priority = interactive ? SEARCH_PRIORITY_INTERACTIVE : SEARCH_PRIORITY_NORMAL;
	if (search_open(&s, &options, &error) != SEARCH_OK)
		fprintf(stderr, "pool: %s: %s\n", path, error.message);
	return s;
}

static void say_how_many(const struct search_pool *pool)
{
	struct search_pool_stats stats = SEARCH_POOL_STATS_INIT;

	if (search_pool_stats(pool, &stats) == SEARCH_OK)
		printf("%zu searches, %zu threads\n", stats.searches, stats.workers);
}

/* Takes what is ready. A search that has ended is closed. Returns 0 if it has failed. */
static int drain(struct job *job)
{
	const struct search_item *item;
	int status;

	while ((status = search_try_next(job->search, &item)) > 0)
		if (item->kind == SEARCH_ITEM_MATCH)
			job->lines++;
		else if (item->kind == SEARCH_ITEM_ERROR)
			fprintf(stderr, "pool: %s: %s\n", item->path, item->message);
	if (status == SEARCH_EAGAIN)
		return 1;
	if (status < 0)
		fprintf(stderr, "pool: %s\n", search_strerror(status));
	search_close(job->search); /* no thread is waited for */
	job->search = NULL;
	return status == SEARCH_OK;
}

/* What poll() is to wait for. A job without a search has -1, which poll() passes over. Returns 0 if it fails. */
static int watch(const struct job *job, struct pollfd *ready)
{
	ready->fd = job->search != NULL ? search_fd(job->search) : -1;
	ready->events = POLLIN;
	if (ready->fd >= 0 || job->search == NULL)
		return 1;
	fprintf(stderr, "pool: %s\n", search_strerror(ready->fd));
	return 0;
}

/* Waits for all of them, until the last has ended. Returns 0 if one has failed. */
static int run_all(struct job *jobs, struct pollfd *ready, nfds_t count)
{
	nfds_t i, open = 0;
	int ok = 1;

	for (i = 0; i < count; i++) {
		if (!watch(&jobs[i], &ready[i]))
			return 0;
		open += jobs[i].search != NULL;
	}
	while (open > 0 && poll(ready, count, -1) >= 0)
		for (i = 0; i < count; i++) {
			if (ready[i].fd < 0 || ready[i].revents == 0)
				continue;
			ok &= drain(&jobs[i]);
			if (jobs[i].search != NULL)
				continue;
			ready[i].fd = -1;
			open--;
		}
	return ok && open == 0;
}

/* Returns 0 if something has failed. */
static int search_all(struct job *jobs, struct pollfd *ready, const char *text, char **paths, size_t count)
{
	struct search_pool *pool;
	int ok = 1;
	size_t i;

	if (open_pool(&pool) != SEARCH_OK)
		return 0;
	for (i = 0; i < count; i++) {
		jobs[i].search = open_search(pool, text, paths[i], i == 0);
		ok &= jobs[i].search != NULL;
	}
	say_how_many(pool);
	search_pool_close(pool); /* the searches go on */
	ok &= run_all(jobs, ready, (nfds_t)count);
	for (i = 0; i < count; i++) {
		search_close(jobs[i].search); /* NULL, unless it could not be waited for */
		printf("%s: %lu\n", paths[i], jobs[i].lines);
	}
	return ok;
}

int main(int argc, char **argv)
{
	size_t count = argc > 2 ? (size_t)argc - 2 : 0;
	struct job *jobs = calloc(count + 1, sizeof *jobs);
	struct pollfd *ready = calloc(count + 1, sizeof *ready);
	int ok = 0;

	if (count == 0)
		fprintf(stderr, "usage: pool PATTERN PATH...\n");
	else if (jobs != NULL && ready != NULL)
		ok = search_all(jobs, ready, argv[1], argv + 2, count);
	free(jobs);
	free(ready);
	return ok ? 0 : 2;
}
