/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm_action.c - the options that are about --warm's file itself.
 */
#include "warm_action.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/complain.h"
#include "../base/status_line.h"
#include "warm.h"

#define SLICE 200 /* milliseconds between two looks at how far --warm-learn is */
#define MAGIC "psearch: a tree\n" /* see search_tree_save(3) */

enum {
	STATUS_DONE = 0,
	STATUS_NOTHING = 1, /* there is no file */
	STATUS_ERROR = 2
};

static int say_missing(const struct cache *c)
{
	complain("%s: there is no such file: nothing was learnt yet", c->file);
	return STATUS_NOTHING;
}

/* --- --warm-clear --- */

/* Is the file one of those that searches write? One that the user names could be any. */
static bool is_tree_file(const char *path)
{
	char start[sizeof(MAGIC)] = "";
	FILE *file = fopen(path, "re");
	bool is;

	if (!file)
		return false;
	is = fread(start, 1, sizeof(MAGIC) - 1, file) == sizeof(MAGIC) - 1 && strcmp(start, MAGIC) == 0;
	fclose(file);
	return is;
}

static int clear_file(const struct cache *c, struct output *out)
{
	struct stat st;

	if (lstat(c->file, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return say_missing(c);
	if (!c->directory && !is_tree_file(c->file)) {
		complain("%s: not removed: it cannot be read, or is not a file of --warm; remove it yourself", c->file);
		return STATUS_ERROR;
	}
	if (unlink(c->file) != 0) {
		complain("%s: not removed: %s", c->file, strerror(errno));
		return STATUS_ERROR;
	}
	output_text(out, "removed ");
	output_text(out, c->file);
	output_text(out, "\n");
	return STATUS_DONE;
}

/* --- --warm-stats --- */

static void print_stats(const struct warm *w, struct output *out)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;
	struct stat st;
	char text[256];

	search_tree_stats(w->tree, &stats);
	output_text(out, w->cache.file);
	snprintf(text, sizeof(text),
		 "\n"
		 "%" PRIu64 " bytes\n"
		 "%" PRIu64 " directories\n"
		 "%" PRIu64 " files\n"
		 "%" PRIu64 " signatures\n"
		 "%" PRIu64 " bytes of text in them\n",
		 stat(w->cache.file, &st) == 0 ? (uint64_t)st.st_size : 0, stats.directories, stats.files,
		 stats.signatures, stats.text_bytes);
	output_text(out, text);
}

static int print_file(struct warm *w, struct output *out)
{
	struct search_error error = SEARCH_ERROR_INIT;

	if (warm_open(w, &error) && w->loaded) {
		print_stats(w, out);
		return STATUS_DONE;
	}
	if (w->tree && warm_is_missing(&error))
		return say_missing(&w->cache);
	complain("%s: %s", w->cache.file, error.message);
	return STATUS_ERROR;
}

/* --- --warm-learn --- */

/*
 * What a signal ends. The handler only reads these. Each is set only while it is open, so the handler never sees one
 * that is closed.
 */
static struct search *_Atomic walking;
static struct search_tree *_Atomic learning;
static volatile sig_atomic_t interrupted; /* the signal, or 0 */

static void interrupt(int signal)
{
	struct search *s = atomic_load_explicit(&walking, memory_order_relaxed);
	struct search_tree *tree = atomic_load_explicit(&learning, memory_order_relaxed);

	interrupted = signal;
	if (s)
		search_cancel(s);
	if (tree)
		search_tree_cancel(tree);
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

static void catch_signals(void)
{
	struct sigaction old, new = { .sa_handler = interrupt, .sa_flags = SA_RESTART };

	sigemptyset(&new.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &new, NULL);
}

/* Ends as if the signal had not been caught, so that a script or shell knows. */
static void obey_signal(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };

	sigemptyset(&usual.sa_mask);
	sigaction((int)interrupted, &usual, NULL);
	raise((int)interrupted);
}

/* Walks all, so that the tree has the listings and their paths. False: it failed, and a message says why. */
static bool walk(const struct query *q, const struct arguments *a)
{
	struct search_error error = SEARCH_ERROR_INIT;
	const struct search_item *item;
	struct search *s;
	bool ok = true;
	int status = search_open(&s, &q->options, &error);

	if (status != SEARCH_OK) {
		complain("%s", error.message);
		return false;
	}
	atomic_store_explicit(&walking, s, memory_order_relaxed);
	while (!interrupted && (status = search_next(s, &item)) > 0) {
		if (item->kind != SEARCH_ITEM_ERROR)
			continue;
		ok = ok && (item->flags & SEARCH_ITEM_FLAG_NOTE) != 0;
		if (!a->look.no_messages)
			complain("%s: %s", item->path_length ? item->path : ".", item->message);
	}
	atomic_store_explicit(&walking, NULL, memory_order_relaxed);
	search_close(s);
	if (status < 0 && !interrupted)
		complain("%s", search_strerror(status));
	return ok && status >= 0;
}

static void show_learnt(struct status_line *line, const struct search_tree *tree)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;
	char text[96];

	search_tree_stats(tree, &stats);
	snprintf(text, sizeof(text), "%" PRIu64 " of %" PRIu64 " files learnt", stats.signatures, stats.files);
	status_line_show(line, text);
}

/* Learns until there is nothing more, or a signal. False: out of memory. */
static bool learn_all(struct search_tree *tree)
{
	bool shows = status_line_suits();
	struct status_line line = { 0 };
	int status = 1;

	atomic_store_explicit(&learning, tree, memory_order_relaxed);
	while (!interrupted && (status = search_tree_learn(tree, SLICE)) == 1)
		if (shows)
			show_learnt(&line, tree);
	atomic_store_explicit(&learning, NULL, memory_order_relaxed);
	status_line_hide(&line);
	if (status < 0 && status != SEARCH_ECANCELED)
		complain("%s", search_strerror(status));
	return status >= 0 || status == SEARCH_ECANCELED;
}

/* Says that nothing can be kept of what was walked. */
static void note_nothing(const struct search_tree *tree)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;

	search_tree_stats(tree, &stats);
	if (stats.directories == 0 && stats.refused > 0)
		complain("note: nothing is kept: the directories changed just now, or are on a file system whose times "
			 "cannot be relied on");
}

/* Writes what is new. */
static bool write_file(const struct warm *w)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;

	search_tree_stats(w->tree, &stats);
	if (w->loaded && stats.changes == w->saved)
		return true;
	if (warm_save(w, &error))
		return true;
	complain("%s: %s", w->cache.file, error.message);
	return false;
}

static int learn_file(struct warm *w, struct query *q, const struct arguments *a, struct output *out)
{
	struct search_error error = SEARCH_ERROR_INIT;
	bool ok, written;

	if (!warm_open(w, &error)) {
		complain("%s", error.message);
		return STATUS_ERROR;
	}
	if (!w->loaded && !warm_is_missing(&error))
		complain("warning: %s: %s; all is learnt anew", w->cache.file, error.message);
	q->options.tree = w->tree;
	catch_signals();
	ok = walk(q, a);
	ok = (interrupted || learn_all(w->tree)) && ok;
	written = write_file(w);
	if (interrupted)
		obey_signal();
	if (written)
		print_stats(w, out);
	if (!a->look.no_messages)
		note_nothing(w->tree);
	return ok && written ? STATUS_DONE : STATUS_ERROR;
}

static int act(struct warm *w, struct query *q, const struct arguments *a, struct output *out)
{
	switch (a->warm_action) {
	case WARM_CLEAR: return clear_file(&w->cache, out);
	case WARM_LEARN: return learn_file(w, q, a, out);
	default: return print_file(w, out);
	}
}

int warm_act(struct query *q, const struct arguments *a, struct output *out)
{
	static const char *const names[] = { [WARM_CLEAR] = "--warm-clear: ", [WARM_STATS] = "--warm-stats: ",
					     [WARM_LEARN] = "--warm-learn: " };
	struct warm w = { .speaks = true };
	int status = STATUS_ERROR;

	if (warm_find(&w, q, a, names[a->warm_action]))
		status = act(&w, q, a, out);
	search_tree_close(w.tree);
	cache_free(&w.cache);
	return status;
}
