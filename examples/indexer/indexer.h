/* SPDX-License-Identifier: BSD-2-Clause */
/* indexer.h - how the parts of the indexer call each other. */
#ifndef INDEXER_H
#define INDEXER_H

#include "store.h"

#include <time.h>

/* What to index, and what a run has done. */
struct run {
	struct store store;
	const char *root;      /* the tree, absolute, without links */
	const char *pattern;   /* of the lines that are in the index */
	unsigned long batch;   /* files a transaction */
	struct timespec began; /* when the options of the latest search were made */
	unsigned long added, changed, removed, unchanged, failed;
	uint64_t read;         /* files that were opened and read, as the library counts them */
};

/* take.c: the items of a search become rows. Start with zeros, and with `run`. */
struct intake {
	struct run *run;
	char *path;          /* of the file whose items are coming; NULL: none */
	sqlite3_int64 file;  /* its row */
	uint64_t lines;
	char *error;         /* what is wrong with it */
	bool known;          /* it had a row before */
	bool unread;         /* it could not be read to its end */
	unsigned long files; /* that ended since the last commit */
};

/* Sets what all searches of a run have in common. */
void set_options(struct run *run, struct search_options *options, struct search_pattern *pattern,
		 struct search_walk *walk);
bool intake_item(struct intake *intake, const struct search_item *item);
bool intake_end(struct intake *intake);

/*
 * Takes all of a search, in transactions of run->batch files, and closes it. With `cursors` each of them has the
 * cursor, and the last one says that the index is filled.
 */
bool take(struct run *run, struct search *s, bool cursors);

/* fill.c: the first run, or with a cursor what is left of it. */
bool fill(struct run *run, const char *cursor);
bool set_filled(struct store *store);

/* update.c: what has changed since the run before. */
bool update(struct run *run);

/* query.c: prints the lines that contain a text. Returns the exit status. */
int query(struct store *store, const char *text);

/* Says what could not be done. Returns false. */
bool complain(const char *what, const char *why);

#endif
