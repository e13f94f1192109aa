/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * take.c - the items of a search become rows.
 *
 * The first item of a file makes its row, in the place of an older one and its lines; FILE_END completes it with the
 * stamp that the file had when it was opened. A file that cannot be opened has an ERROR item only: the item of the
 * next file, or the end of the search, completes it. Its row has no stamp, so that the next run tries again.
 *
 * A file may be written to again just after it was read, so soon that its time of modification does not tell. So a
 * file that was modified since shortly before the search began has no stamp either.
 */
#include "indexer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GREATEST_FILE INT32_MAX /* files.id, of which an id of a line has 32 bits: see store.h */
#define LONGEST_LINE (16 << 20) /* bytes; a longer one is an ERROR item */
#define TICK_NS 20000000L /* the clock of a file system is at most so coarse, */
#define COARSE_S 2        /* or, if it knows whole seconds only, this */

void set_options(struct run *run, struct search_options *options, struct search_pattern *pattern,
		 struct search_walk *walk)
{
	clock_gettime(CLOCK_REALTIME, &run->began);
	memset(pattern, 0, sizeof *pattern);
	pattern->text = run->pattern;
	pattern->length = strlen(run->pattern);
	walk->flags = SEARCH_WALK_SKIP_HIDDEN | SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_FILES;
	options->patterns = pattern, options->pattern_count = 1;
	options->walk = walk;
	options->result_flags = SEARCH_RESULT_FILE_ENDS | SEARCH_RESULT_FILE_INFO | SEARCH_RESULT_NO_SPANS;
	options->max_line_bytes = LONGEST_LINE;
	options->max_item_bytes = LONGEST_LINE; /* no line is cut */
}

static void forget_file(struct intake *intake)
{
	free(intake->path);
	free(intake->error);
	intake->path = intake->error = NULL;
}

/* The row of the file that was indexed under this path before, without its lines; 0: there is none. */
static sqlite3_int64 empty_row(struct store *store, const char *path)
{
	static const enum store_statement steps[] = {STORE_CLEAR_WORDS, STORE_CLEAR, STORE_RESET};
	sqlite3_stmt *statement = store_get(store, STORE_FIND);
	sqlite3_int64 file;
	size_t i;

	sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
	if (store_step(store, statement) != SQLITE_ROW)
		return 0;
	file = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		statement = store_get(store, steps[i]);
		sqlite3_bind_int64(statement, 1, file);
		store_step(store, statement);
	}
	return file;
}

static bool begin_file(struct intake *intake, const char *path)
{
	struct store *store = &intake->run->store;

	intake->path = strdup(path);
	intake->file = empty_row(store, path);
	intake->lines = 0;
	intake->unread = false;
	if (intake->path == NULL)
		return complain(path, "out of memory");
	intake->known = intake->file != 0;
	if (!intake->known) {
		sqlite3_stmt *statement = store_get(store, STORE_ADD);

		sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
		store_step(store, statement);
		intake->file = sqlite3_last_insert_rowid(store->db);
	}
	if (intake->file > GREATEST_FILE) /* a new row has the greatest id so far, and one */
		return complain(store->name, "its numbers of files are used up: remove it, and index the tree again");
	return !store->failed;
}

/* Whether a change of the file after it was read will show in its time of modification. */
static bool is_settled(const struct intake *intake, const struct search_item *end)
{
	struct timespec latest = intake->run->began;

	latest.tv_nsec -= TICK_NS;
	if (end->modified_ns == 0)
		latest.tv_sec -= COARSE_S;
	if (latest.tv_nsec < 0)
		latest.tv_sec--, latest.tv_nsec += 1000000000L;
	return end->modified < latest.tv_sec || (end->modified == latest.tv_sec && end->modified_ns < latest.tv_nsec);
}

/* Completes the row. `end` is the FILE_END item, or NULL. */
static bool finish_file(struct intake *intake, const struct search_item *end)
{
	struct store *store = &intake->run->store;
	sqlite3_stmt *statement = store_get(store, STORE_FINISH);
	bool ok;

	if (statement == NULL)
		return false;
	sqlite3_clear_bindings(statement);
	sqlite3_bind_int64(statement, 1, intake->file);
	if (end != NULL && !intake->unread && is_settled(intake, end)) {
		sqlite3_bind_int64(statement, 2, (sqlite3_int64)end->file_size);
		sqlite3_bind_int64(statement, 3, end->modified);
		sqlite3_bind_int64(statement, 4, end->modified_ns);
		sqlite3_bind_int64(statement, 5, (sqlite3_int64)end->inode);
		sqlite3_bind_int64(statement, 6, (sqlite3_int64)end->device);
	}
	sqlite3_bind_int64(statement, 7, (sqlite3_int64)intake->lines);
	if (intake->error != NULL)
		sqlite3_bind_text(statement, 8, intake->error, -1, SQLITE_STATIC);
	if (intake->error != NULL)
		intake->run->failed++;
	else if (intake->known)
		intake->run->changed++;
	else
		intake->run->added++;
	intake->files++;
	ok = store_step(store, statement) == SQLITE_DONE;
	forget_file(intake);
	return ok;
}

static bool add_text(struct intake *intake, enum store_statement where, const struct search_item *item)
{
	sqlite3_stmt *statement = store_get(&intake->run->store, where);

	sqlite3_bind_int64(statement, 1, intake->file);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)item->line);
	sqlite3_bind_text64(statement, 3, item->text, item->length, SQLITE_STATIC, SQLITE_UTF8);
	return store_step(&intake->run->store, statement) == SQLITE_DONE;
}

static bool add_line(struct intake *intake, const struct search_item *item)
{
	if (item->line > UINT32_MAX)
		return complain(item->path, "it has more lines than an index can have of a file, 4,294,967,295");
	intake->lines++;
	return add_text(intake, STORE_ADD_LINE, item) && add_text(intake, STORE_ADD_WORDS, item);
}

/* The last of several errors of a file is kept; all of them are said. */
static bool note_error(struct intake *intake, const struct search_item *item)
{
	/* The tree itself has an empty path. */
	fprintf(stderr, "indexer: %s: %s\n", item->path[0] != '\0' ? item->path : intake->run->root, item->message);
	free(intake->error);
	intake->error = strdup(item->message);
	intake->unread |= item->reason == SEARCH_REASON_OPEN || item->reason == SEARCH_REASON_READ ||
			  item->reason == SEARCH_REASON_LIST;
	return intake->error != NULL || complain(item->path, "out of memory");
}

bool intake_item(struct intake *intake, const struct search_item *item)
{
	if (item->kind == SEARCH_ITEM_ERROR && (item->flags & SEARCH_ITEM_FLAG_NOTE))
		return true;
	if (intake->path != NULL && strcmp(item->path, intake->path) != 0 && !finish_file(intake, NULL))
		return false;
	if (intake->path == NULL && !begin_file(intake, item->path))
		return false;
	switch (item->kind) {
	case SEARCH_ITEM_MATCH: return add_line(intake, item);
	case SEARCH_ITEM_FILE_END: return finish_file(intake, item);
	case SEARCH_ITEM_ERROR: return note_error(intake, item);
	default: return true; /* BINARY: the lines before the first NUL, if any, are those that the search shows */
	}
}

bool intake_end(struct intake *intake)
{
	return intake->path == NULL || finish_file(intake, NULL);
}

static bool save_cursor(struct store *store, const struct search *s)
{
	int length = search_cursor(s, NULL, 0);
	char *cursor = length > 0 ? malloc((size_t)length + 1) : NULL;
	bool ok = cursor != NULL && search_cursor(s, cursor, (size_t)length + 1) == length;

	ok = ok ? store_set_meta(store, "cursor", cursor) : complain("the cursor", "it cannot be made");
	free(cursor);
	return ok;
}

static bool take_all(struct intake *intake, struct search *s, bool cursors)
{
	struct run *run = intake->run;
	struct store *store = &run->store;
	const struct search_item *item;
	int status;

	while ((status = search_next(s, &item)) > 0) {
		if (!intake_item(intake, item))
			return false;
		if (intake->files < run->batch || intake->path != NULL)
			continue;
		if ((cursors && !save_cursor(store, s)) || !store_commit(store) || !store_begin(store))
			return false;
		intake->files = 0;
	}
	if (status != SEARCH_OK)
		return complain(run->root, search_strerror(status));
	return intake_end(intake) && (!cursors || set_filled(store));
}

bool take(struct run *run, struct search *s, bool cursors)
{
	struct search_stats stats = SEARCH_STATS_INIT;
	struct intake intake = {.run = run};
	bool ok = store_begin(&run->store) && take_all(&intake, s, cursors) && store_commit(&run->store);

	if (!ok)
		store_rollback(&run->store);
	if (search_stats(s, &stats) == SEARCH_OK)
		run->read += stats.files_searched;
	search_close(s);
	forget_file(&intake);
	return ok;
}
