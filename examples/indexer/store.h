/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.h - the index, a SQLite database.
 *
 *	files   a row for each file that was read, and for each file or directory that could not be: its path below the
 *	        tree, its stamp, how many lines are in the index, and what went wrong. Without a stamp (modified is
 *	        NULL) it is read again by the next run
 *	lines   the text of each line. Its id is files.id << 32 | number of the line: so the lines of a file are a
 *	        range, in order, and need neither columns nor an index for that. A new file gets the greatest id
 *	        plus one, so they are used up after 2,147,483,647 files, at the earliest; then take.c refuses
 *	words   the trigrams of the lines, by FTS5. External content: the text is in `lines` only. No triggers keep both
 *	        the same, since in a trigger FTS5 writes out what it has in memory with each line, which takes five
 *	        times as long. Without positions (detail=none) and lengths (columnsize=0): a trigram tells which lines
 *	        have it, and a query looks at these; that takes half of the space
 *	meta    the tree, the pattern, and while the index is being filled the cursor
 *	found   a view: path, line, text
 *
 * Invariants, after each transaction and so whenever the process is killed:
 *
 * S1  A row of `files`, the lines of that file and their trigrams come and go together: the lines are all those that
 *     the file had when it was read, or what could be read of it, as `error` says then.
 * S2  While meta has a cursor, `files` has what comes up to it in the tree's order.
 *
 * The journal is a write-ahead log, so that others can query meanwhile. With synchronous=NORMAL a commit does not wait
 * for the disk: what was committed survives the end of the process in any case. If the machine fails, the last
 * transactions may be lost, but as a whole and in order, cursor and rows together: the next run goes on from there.
 *
 * Only one process may write. It learns at the start of its next transaction that another one has written (PRAGMA
 * data_version), and stops.
 */
#ifndef STORE_H
#define STORE_H

#include <psearch.h>

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum store_statement {
	STORE_BEGIN, STORE_COMMIT, STORE_ROLLBACK, STORE_VERSION,
	STORE_GET_META, STORE_SET_META, STORE_CLEAR_META,
	STORE_FIND, STORE_ADD, STORE_FINISH,           /* a row of files */
	STORE_CLEAR_WORDS, STORE_CLEAR, STORE_RESET,   /* a file that is there already */
	STORE_ADD_LINE, STORE_ADD_WORDS,
	STORE_SEE, STORE_PLAN, STORE_SPARE, STORE_NEXT, /* an update: what was seen, and what is to be read */
	STORE_COUNT_GONE, STORE_REMOVE_WORDS, STORE_REMOVE_LINES, STORE_REMOVE,
	STORE_TOTALS, STORE_STATEMENTS
};

struct store {
	const char *name;
	sqlite3 *db;
	sqlite3_stmt *made[STORE_STATEMENTS];
	int version;      /* what STORE_VERSION gave */
	bool has_version;
	bool failed;      /* and it was said why */
};

/* The modes of store_open(). */
enum store_mode { STORE_READ, STORE_WRITE };

/* Opens an index; with STORE_WRITE it makes one if there is no such file. Returns false, and says why, if it cannot. */
bool store_open(struct store *store, const char *name, enum store_mode mode);
void store_close(struct store *store);

/* Says what is wrong with the database; `what` was being done. Returns false. */
bool store_fail(struct store *store, const char *what);

/* A statement that is ready for its values; NULL if it has failed. */
sqlite3_stmt *store_get(struct store *store, enum store_statement which);

/* Runs a statement to its end, or for one row: SQLITE_ROW. Others are SQLITE_DONE, or an error that was said. */
int store_step(struct store *store, sqlite3_stmt *statement);

bool store_begin(struct store *store);
bool store_commit(struct store *store);
void store_rollback(struct store *store);

/* What meta has under this key, to be freed; NULL: nothing, or it has failed. */
char *store_get_meta(struct store *store, const char *key);
bool store_set_meta(struct store *store, const char *key, const char *value); /* NULL removes it */

/* PRAGMA integrity_check, FTS5's own, and whether files and lines agree. Returns false, and says what is wrong. */
bool store_check(struct store *store);

#endif
