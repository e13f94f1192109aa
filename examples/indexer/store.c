/* SPDX-License-Identifier: BSD-2-Clause */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APPLICATION 0x70736978 /* "psix": marks the database as this program's */
#define FORMAT 1
#define PATIENCE 10000 /* milliseconds that another's transaction is waited for */

#define TEXT(number) TEXT_(number)
#define TEXT_(number) #number

static const char schema[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
	"CREATE TABLE files(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER, modified INTEGER,"
	" modified_ns INTEGER, inode INTEGER, device INTEGER, lines INTEGER NOT NULL DEFAULT 0, error TEXT);"
	"CREATE TABLE lines(id INTEGER PRIMARY KEY, text TEXT NOT NULL);"
	"CREATE VIRTUAL TABLE words USING fts5(text, content='lines', content_rowid='id', detail=none, columnsize=0,"
	" tokenize='trigram case_sensitive 1');"
	"CREATE VIEW found AS SELECT f.path AS path, l.id & 0xffffffff AS line, l.text AS text"
	" FROM lines l JOIN files f ON f.id = l.id >> 32;"
	"PRAGMA application_id = " TEXT(APPLICATION) ";"
	"PRAGMA user_version = " TEXT(FORMAT) ";";

/* A file is gone if this run did not see it, unless it is where the walk could not look. */
#define GONE \
	"files.id NOT IN (SELECT file FROM temp.seen) AND NOT EXISTS (SELECT 1 FROM temp.unread AS u" \
	" WHERE u.path = '' OR files.path = u.path OR substr(files.path, 1, length(u.path) + 1) = u.path || '/')"

#define GONE_LINES \
	"SELECT lines.id FROM files JOIN lines ON lines.id BETWEEN files.id << 32 AND files.id << 32 | 0xffffffff" \
	" WHERE " GONE

/* FTS5 has to be told the text of lines that go. */
#define FORGET "INSERT INTO words(words, rowid, text) SELECT 'delete', id, text FROM lines "

/* What this run has seen, and what it has to read, in order: of this connection only. */
static const char temporary[] =
	"PRAGMA temp_store = FILE;"
	"CREATE TEMP TABLE seen(file INTEGER PRIMARY KEY);"
	"CREATE TEMP TABLE plan(position INTEGER PRIMARY KEY, path TEXT NOT NULL);"
	"CREATE TEMP TABLE unread(path TEXT PRIMARY KEY) WITHOUT ROWID;";

static const char *const sql[STORE_STATEMENTS] = {
	[STORE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",
	[STORE_VERSION] = "PRAGMA data_version",
	[STORE_GET_META] = "SELECT value FROM meta WHERE key = ?1",
	[STORE_SET_META] = "INSERT INTO meta VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2",
	[STORE_CLEAR_META] = "DELETE FROM meta WHERE key = ?1",
	[STORE_FIND] = "SELECT id, size, modified, modified_ns, inode, device FROM files WHERE path = ?1",
	[STORE_ADD] = "INSERT INTO files(path) VALUES(?1)",
	[STORE_RESET] = "UPDATE files SET size = NULL, modified = NULL, modified_ns = NULL, inode = NULL,"
			" device = NULL, lines = 0, error = NULL WHERE id = ?1",
	[STORE_CLEAR_WORDS] = FORGET "WHERE id BETWEEN ?1 << 32 AND ?1 << 32 | 0xffffffff",
	[STORE_CLEAR] = "DELETE FROM lines WHERE id BETWEEN ?1 << 32 AND ?1 << 32 | 0xffffffff",
	[STORE_ADD_LINE] = "INSERT INTO lines VALUES(?1 << 32 | ?2, ?3)",
	[STORE_ADD_WORDS] = "INSERT INTO words(rowid, text) VALUES(?1 << 32 | ?2, ?3)",
	[STORE_FINISH] = "UPDATE files SET size = ?2, modified = ?3, modified_ns = ?4, inode = ?5, device = ?6,"
			 " lines = ?7, error = ?8 WHERE id = ?1",
	[STORE_SEE] = "INSERT OR IGNORE INTO temp.seen VALUES(?1)",
	[STORE_PLAN] = "INSERT INTO temp.plan(path) VALUES(?1)",
	[STORE_SPARE] = "INSERT OR IGNORE INTO temp.unread VALUES(?1)",
	[STORE_NEXT] = "SELECT position, path FROM temp.plan WHERE position > ?1 ORDER BY position LIMIT 1",
	[STORE_COUNT_GONE] = "SELECT count(*) FROM files WHERE error IS NULL AND " GONE,
	[STORE_REMOVE_WORDS] = FORGET "WHERE id IN (" GONE_LINES ")",
	[STORE_REMOVE_LINES] = "DELETE FROM lines WHERE id IN (" GONE_LINES ")",
	[STORE_REMOVE] = "DELETE FROM files WHERE " GONE,
	[STORE_TOTALS] = "SELECT count(*) - count(error), coalesce(sum(lines), 0), count(error) FROM files",
};

bool store_fail(struct store *store, const char *what)
{
	int code = sqlite3_errcode(store->db) & 0xff;
	const char *remedy = "";

	if (store->failed)
		return false;
	store->failed = true;
	if (code == SQLITE_NOTADB)
		remedy = ": give the name of an index, or of a file that does not exist yet";
	else if (code == SQLITE_CORRUPT)
		remedy = ": the index is damaged; remove it, and index the tree again";
	else if (code == SQLITE_BUSY)
		remedy = ": another program is writing to it; try again when that is done";
	fprintf(stderr, "indexer: %s: cannot %s: %s%s\n", store->name, what, sqlite3_errmsg(store->db), remedy);
	return false;
}

sqlite3_stmt *store_get(struct store *store, enum store_statement which)
{
	const unsigned flags = SQLITE_PREPARE_PERSISTENT;
	sqlite3_stmt **made = &store->made[which];

	if (*made == NULL && sqlite3_prepare_v3(store->db, sql[which], -1, flags, made, NULL) != SQLITE_OK)
		store_fail(store, "use it");
	else
		sqlite3_reset(*made);
	return *made;
}

int store_step(struct store *store, sqlite3_stmt *statement)
{
	int status = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;

	if (status == SQLITE_ROW)
		return status;
	if (status != SQLITE_DONE)
		store_fail(store, sqlite3_stmt_readonly(statement) ? "read it" : "write to it");
	sqlite3_reset(statement); /* a statement that is not reset would keep its transaction open */
	return status;
}

static int get_number(struct store *store, const char *pragma)
{
	sqlite3_stmt *statement = NULL;
	int number = -1;

	if (sqlite3_prepare_v2(store->db, pragma, -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int(statement, 0);
	else
		store_fail(store, "read it");
	sqlite3_finalize(statement);
	return number;
}

static bool run_script(struct store *store, const char *script, const char *what)
{
	return sqlite3_exec(store->db, script, NULL, NULL, NULL) == SQLITE_OK || store_fail(store, what);
}

/* Whether the database is an index, or is empty and becomes one. */
static bool adopt(struct store *store, enum store_mode mode)
{
	int application = get_number(store, "PRAGMA application_id");
	int format = get_number(store, "PRAGMA user_version");
	int tables = get_number(store, "SELECT count(*) FROM sqlite_schema");

	if (store->failed)
		return false;
	if (application == APPLICATION && format == FORMAT)
		return true;
	if (application == APPLICATION)
		fprintf(stderr, "indexer: %s: it is an index of format %d, and this program knows format %d: "
			"remove it, and index the tree again\n", store->name, format, FORMAT);
	else if (tables > 0 || application != 0 || mode == STORE_READ)
		fprintf(stderr, "indexer: %s: it is not an index of this program\n", store->name);
	else
		return run_script(store, schema, "make the index");
	store->failed = true;
	return false;
}

bool store_open(struct store *store, const char *name, enum store_mode mode)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == STORE_WRITE ? SQLITE_OPEN_CREATE : 0);

	memset(store, 0, sizeof *store);
	store->name = name;
	if (sqlite3_open_v2(name, &store->db, flags, NULL) != SQLITE_OK)
		return store_fail(store, "open it");
	sqlite3_busy_timeout(store->db, PATIENCE);
	if (mode == STORE_READ)
		return adopt(store, mode);
	/* A file of another program's is not changed, not even to another journal. */
	if (!store_begin(store) || !adopt(store, mode) || !store_commit(store))
		return false;
	store->has_version = false; /* what comes next may be another journal */
	return run_script(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", "set its journal") &&
	       run_script(store, temporary, "prepare it");
}

void store_close(struct store *store)
{
	int i;

	for (i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize(store->made[i]);
	sqlite3_close(store->db);
}

/* Whether nobody else has written since this process did. */
static bool is_alone(struct store *store)
{
	sqlite3_stmt *statement = store_get(store, STORE_VERSION);
	int version;

	if (store_step(store, statement) != SQLITE_ROW)
		return false;
	version = sqlite3_column_int(statement, 0);
	sqlite3_reset(statement);
	if (store->has_version && version != store->version) {
		fprintf(stderr, "indexer: %s: another program has changed it meanwhile; start again\n", store->name);
		store->failed = true;
		return false;
	}
	store->has_version = true;
	store->version = version;
	return true;
}

bool store_begin(struct store *store)
{
	return store_step(store, store_get(store, STORE_BEGIN)) == SQLITE_DONE && is_alone(store);
}

bool store_commit(struct store *store)
{
	return store_step(store, store_get(store, STORE_COMMIT)) == SQLITE_DONE;
}

void store_rollback(struct store *store)
{
	if (!sqlite3_get_autocommit(store->db))
		store_step(store, store_get(store, STORE_ROLLBACK));
}

char *store_get_meta(struct store *store, const char *key)
{
	sqlite3_stmt *statement = store_get(store, STORE_GET_META);
	const char *value;
	char *copy;

	sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
	if (store_step(store, statement) != SQLITE_ROW)
		return NULL;
	value = (const char *)sqlite3_column_text(statement, 0);
	copy = value != NULL ? strdup(value) : NULL;
	if (copy == NULL) {
		fprintf(stderr, "indexer: %s: out of memory\n", store->name);
		store->failed = true; /* NULL alone would say that there is no such key */
	}
	sqlite3_reset(statement);
	return copy;
}

bool store_set_meta(struct store *store, const char *key, const char *value)
{
	sqlite3_stmt *statement = store_get(store, value != NULL ? STORE_SET_META : STORE_CLEAR_META);

	sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
	if (value != NULL)
		sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
	return store_step(store, statement) == SQLITE_DONE;
}

/* Whether a query's only value is "ok". Otherwise says what it is. */
static bool is_ok(struct store *store, const char *query)
{
	sqlite3_stmt *statement = NULL;
	const char *said;
	bool ok = false;

	if (sqlite3_prepare_v2(store->db, query, -1, &statement, NULL) != SQLITE_OK ||
	    sqlite3_step(statement) != SQLITE_ROW)
		store_fail(store, "check it");
	else if ((said = (const char *)sqlite3_column_text(statement, 0)) == NULL || strcmp(said, "ok") != 0)
		fprintf(stderr, "indexer: %s: %s: remove it, and index the tree again\n", store->name,
			said != NULL ? said : "out of memory");
	else
		ok = true;
	sqlite3_finalize(statement);
	return ok;
}

bool store_check(struct store *store)
{
	return is_ok(store, "PRAGMA integrity_check(1)") &&
	       run_script(store, "INSERT INTO words(words, rank) VALUES('integrity-check', 1)", "check the trigrams") &&
	       is_ok(store, "SELECT CASE count(*) WHEN 0 THEN 'ok' ELSE 'files and lines do not agree' END FROM"
			    " (SELECT id, lines FROM files WHERE lines > 0"
			    " EXCEPT SELECT id >> 32, count(*) FROM lines GROUP BY id >> 32)") &&
	       is_ok(store, "SELECT CASE total(lines) WHEN (SELECT count(*) FROM lines) THEN 'ok'"
			    " ELSE 'there are lines of no file' END FROM files");
}
