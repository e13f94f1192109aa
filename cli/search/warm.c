/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm.c - --warm: a tree that is kept in a file between searches.
 *
 * The first search of a root writes down what it listed, which costs little. Later ones learn what is in the files: the
 * library while it searches, and the command for a moment after all is printed. The tree's file is written anew only if
 * that will save more than it costs. Each process writes a new file, and renames it: of two at once the last one wins,
 * and what the other learnt is learnt again.
 */
#include "warm.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/clock.h"
#include "../base/complain.h"

#define LONGEST_LEARNING 100 /* milliseconds after a search; */
#define SHORTEST_LEARNING 5
#define LEARNING_SHARE 4     /* else this part of what the search took */
#define BYTES_PER_CHANGE ((uint64_t)64 * 1024) /* to write so much takes as long as a search gains by one change */

/* --- the file --- */

static bool is_directory(const struct search_source *s)
{
	struct stat st;

	return s->kind == SEARCH_SOURCE_PATH && stat(s->path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Is there a directory to walk? In a list of paths there may be. */
static bool has_roots(const struct query *q)
{
	bool walks = q->walk.max_depth != SEARCH_NO_WALK, found = walks && q->options.next_source;

	for (size_t i = 0; walks && !found && i < q->options.source_count; i++)
		found = is_directory(&q->options.sources[i]);
	return found;
}

static int add_roots(struct cache *c, const struct query *q)
{
	int error = 0;

	for (size_t i = 0; !error && i < q->options.source_count; i++)
		if (is_directory(&q->options.sources[i]))
			error = cache_add(c, q->options.sources[i].path);
	return error;
}

/* Finds the place of the file. Returns NULL, or why there is none. */
static const char *find_file(struct cache *c, const struct query *q, const struct arguments *a)
{
	int error = a->warm_file ? 0 : add_roots(c, q);

	if (!error && !a->warm_file && !c->root)
		return "no PATH of the command line is a directory";
	if (!error)
		error = cache_find(c, a->warm_file);
	if (error)
		return error == ENOENT ? "neither XDG_CACHE_HOME nor HOME is set to an absolute path" : strerror(error);
	return NULL;
}

static uint64_t count_changes(const struct search_tree *tree)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;

	search_tree_stats(tree, &stats);
	return stats.changes;
}

bool warm_is_missing(const struct search_error *error)
{
	return error->code == SEARCH_ESYSTEM && (error->system_error == ENOENT || error->system_error == ENOTDIR);
}

bool warm_open(struct warm *w, struct search_error *error)
{
	if (search_tree_open(&w->tree, NULL, error) != SEARCH_OK)
		return false;
	w->loaded = search_tree_load(w->tree, w->cache.file, error) == SEARCH_OK;
	w->saved = count_changes(w->tree);
	return true;
}

bool warm_find(struct warm *w, const struct query *q, const struct arguments *a, const char *kind)
{
	const char *problem = find_file(&w->cache, q, a), *where = "", *colon = "";

	if (!problem) {
		problem = cache_distrust(&w->cache);
		where = w->cache.directory;
		colon = ": ";
	}
	if (problem && w->speaks)
		complain("%s%s%s%s; name a file with --warm=FILE", kind, where, colon, problem);
	return !problem;
}

/* Interrupts wait until the file is written, so that none leaves half of it. */
static int save_whole(const struct warm *w, struct search_error *error)
{
	sigset_t signals, before;
	int status;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	status = search_tree_save(w->tree, w->cache.file, error);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

bool warm_save(const struct warm *w, struct search_error *error)
{
	int failed = cache_make(&w->cache);

	if (failed) {
		error->code = SEARCH_ESYSTEM;
		error->system_error = failed;
		snprintf(error->message, sizeof(error->message), "%s", strerror(failed));
		return false;
	}
	return save_whole(w, error) == SEARCH_OK;
}

/* --- around a search --- */

static void begin(struct warm *w, const struct query *q, const struct arguments *a)
{
	struct search_error error = SEARCH_ERROR_INIT;

	if (!warm_find(w, q, a, "warning: --warm: "))
		return;
	if (!warm_open(w, &error)) {
		if (w->speaks)
			complain("warning: --warm: %s; searched without", error.message);
		return;
	}
	if (!w->loaded && !warm_is_missing(&error) && w->speaks)
		complain("warning: --warm: %s: %s; searched without it", w->cache.file, error.message);
}

void warm_begin(struct warm *w, struct query *q, const struct arguments *a)
{
	*w = (struct warm){ .speaks = !a->look.no_messages, .began = clock_ms() };
	if (!a->warm || !has_roots(q))
		return;
	begin(w, q, a);
	q->options.tree = w->tree;
}

/* What has changed since the file was written has to be learnt again by each search, until it is written anew. */
static bool is_worth_saving(const struct warm *w)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;

	search_tree_stats(w->tree, &stats);
	if (stats.changes == w->saved)
		return false;
	return !w->loaded || stats.changes - w->saved > stats.bytes / BYTES_PER_CHANGE;
}

/* The first search lists only. Further ones are a little longer for what they learn. */
static uint32_t choose_learning(const struct warm *w)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;
	uint64_t share = (clock_ms() - w->began) / LEARNING_SHARE;

	search_tree_stats(w->tree, &stats);
	if (!w->loaded || stats.signatures + stats.files / 1000 >= stats.files) /* of a few files none can be made */
		return 0;
	return share < SHORTEST_LEARNING ? SHORTEST_LEARNING : share > LONGEST_LEARNING ? LONGEST_LEARNING : (uint32_t)share;
}

/* A tree is not closed: to free each of its pieces would take longer than many a search, and the process ends now. */
static struct search_tree *volatile until_exit; /* volatile: nobody reads it but a leak checker */

void warm_end(struct warm *w)
{
	struct search_error error = SEARCH_ERROR_INIT;
	uint32_t milliseconds;

	if (w->tree) {
		milliseconds = choose_learning(w);
		if (milliseconds > 0)
			search_tree_learn(w->tree, milliseconds);
		if (is_worth_saving(w) && !warm_save(w, &error) && w->speaks)
			complain("warning: --warm: %s: %s; name another file with --warm=FILE, or give --no-warm",
				 w->cache.file, error.message);
	}
	until_exit = w->tree;
	cache_free(&w->cache);
}

bool warm_is_idle(const struct query *q, const struct arguments *a)
{
	return a->warm && a->warm_file && !has_roots(q);
}
