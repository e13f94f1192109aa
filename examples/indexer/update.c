/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * update.c - later runs: what has changed.
 *
 * A walk that opens nothing lists the files with their stamps. What the index has with the same stamp is left alone.
 * What is new or has changed is written down, in order, and then searched: each file is a source, given one after the
 * other by next_source. What the walk did not meet is removed, unless it is in a directory that could not be listed.
 *
 * Each transaction has whole files. There is no cursor: a run that was killed leaves some files as they were, and the
 * next walk finds these again.
 */
#include "indexer.h"

static bool run_with_path(struct store *store, enum store_statement which, const char *path)
{
	sqlite3_stmt *statement = store_get(store, which);

	sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
	return store_step(store, statement) == SQLITE_DONE;
}

static bool has_stamp(sqlite3_stmt *row, const struct search_item *item)
{
	return sqlite3_column_type(row, 2) != SQLITE_NULL &&
	       sqlite3_column_int64(row, 1) == (sqlite3_int64)item->file_size &&
	       sqlite3_column_int64(row, 2) == item->modified && sqlite3_column_int64(row, 3) == item->modified_ns &&
	       sqlite3_column_int64(row, 4) == (sqlite3_int64)item->inode &&
	       sqlite3_column_int64(row, 5) == (sqlite3_int64)item->device;
}

/* Compares a file of the walk with its row. */
static bool compare(struct run *run, const struct search_item *item)
{
	struct store *store = &run->store;
	sqlite3_stmt *row = store_get(store, STORE_FIND), *see;
	bool same = false;
	int status;

	sqlite3_bind_text(row, 1, item->path, -1, SQLITE_STATIC);
	status = store_step(store, row);
	if (status == SQLITE_ROW) {
		same = has_stamp(row, item);
		see = store_get(store, STORE_SEE);
		sqlite3_bind_int64(see, 1, sqlite3_column_int64(row, 0));
		store_step(store, see);
		sqlite3_reset(row);
	}
	run->unchanged += same;
	if (!same)
		run_with_path(store, STORE_PLAN, item->path);
	return !store->failed;
}

static bool list_all(struct run *run, struct search *s)
{
	struct intake intake = {.run = run};
	const struct search_item *item;
	bool ok = true;
	int status;

	while (ok && (status = search_next(s, &item)) > 0)
		if (item->kind == SEARCH_ITEM_FILE)
			ok = compare(run, item);
		else
			ok = run_with_path(&run->store, STORE_SPARE, item->path) && intake_item(&intake, item);
	if (!intake_end(&intake) || !ok)
		return false;
	return status == SEARCH_OK || complain(run->root, search_strerror(status));
}

static bool remove_gone(struct run *run)
{
	struct store *store = &run->store;
	sqlite3_stmt *count = store_get(store, STORE_COUNT_GONE);

	if (store_step(store, count) != SQLITE_ROW)
		return false;
	run->removed = (unsigned long)sqlite3_column_int64(count, 0);
	sqlite3_reset(count);
	return store_step(store, store_get(store, STORE_REMOVE_WORDS)) == SQLITE_DONE &&
	       store_step(store, store_get(store, STORE_REMOVE_LINES)) == SQLITE_DONE &&
	       store_step(store, store_get(store, STORE_REMOVE)) == SQLITE_DONE;
}

/* Lists the tree, and removes what is gone. */
static bool list(struct run *run)
{
	struct search_source source = {.path = run->root, .name = ""};
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_walk walk = SEARCH_WALK_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_pattern pattern;
	struct search *s;
	bool ok;

	set_options(run, &options, &pattern, &walk);
	options.result_flags = SEARCH_RESULT_LIST | SEARCH_RESULT_FILE_INFO;
	options.sources = &source, options.source_count = 1;
	if (search_open(&s, &options, &error) != SEARCH_OK)
		return complain("the search", error.message);
	ok = store_begin(&run->store) && list_all(run, s) && remove_gone(run) && store_commit(&run->store);
	if (!ok)
		store_rollback(&run->store);
	search_close(s);
	return ok;
}

/* Hands the files that are to be read to the search. */
struct feed {
	struct run *run;
	sqlite3_int64 position;
	char *path; /* valid until the next call */
	char *name;
};

static int next_source(void *context, struct search_source *source)
{
	struct feed *feed = context;
	sqlite3_stmt *row = store_get(&feed->run->store, STORE_NEXT);
	const char *name;
	int status;

	sqlite3_bind_int64(row, 1, feed->position);
	status = store_step(&feed->run->store, row);
	if (status != SQLITE_ROW)
		return status == SQLITE_DONE ? 0 : -1;
	feed->position = sqlite3_column_int64(row, 0);
	sqlite3_free(feed->name);
	sqlite3_free(feed->path);
	name = (const char *)sqlite3_column_text(row, 1); /* NULL if memory is short, which %s would make the root of */
	feed->name = name != NULL ? sqlite3_mprintf("%s", name) : NULL;
	feed->path = name != NULL ? sqlite3_mprintf("%s/%s", feed->run->root, name) : NULL;
	sqlite3_reset(row);
	source->path = feed->path;
	source->name = feed->name;
	return feed->path != NULL && feed->name != NULL ? 1 : -1;
}

/* Reads what list() has written down. */
static bool read_changed(struct run *run)
{
	struct feed feed = {.run = run};
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_walk walk = SEARCH_WALK_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_pattern pattern;
	struct search *s;
	bool ok;

	set_options(run, &options, &pattern, &walk);
	options.next_source = next_source, options.next_source_context = &feed;
	if (search_open(&s, &options, &error) == SEARCH_OK)
		ok = take(run, s, false);
	else
		ok = complain("the search", error.message);
	sqlite3_free(feed.path);
	sqlite3_free(feed.name);
	return ok;
}

bool update(struct run *run)
{
	return list(run) && read_changed(run);
}
