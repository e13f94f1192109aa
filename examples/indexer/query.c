/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * query.c - prints the lines that contain a text, in the tree's order.
 *
 * A line that contains the text has all its trigrams: FTS5 finds these lines, and each of them is checked, since the
 * trigrams may be there without the text. Only trigrams of ASCII are asked for; if the text has none, as one of two
 * letters, all lines are checked.
 */
#include "indexer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TRIGRAMS 32 /* that are asked for: more would not leave out much more */

/* The order of a tree is that of the bytes of its paths, if a slash comes before all of them. */
#define ORDER " ORDER BY CAST(replace(f.path, '/', char(0)) AS BLOB), l.id"

static const char by_trigrams[] =
	"SELECT f.path, l.id & 0xffffffff, l.text FROM words JOIN lines l ON l.id = words.rowid"
	" JOIN files f ON f.id = l.id >> 32 WHERE instr(l.text, ?1) > 0 AND words MATCH ?2" ORDER;
static const char by_looking[] =
	"SELECT f.path, l.id & 0xffffffff, l.text FROM lines l JOIN files f ON f.id = l.id >> 32"
	" WHERE instr(l.text, ?1) > 0" ORDER;

static bool is_ascii(const char *text, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

/* The trigrams of a text, as FTS5 wants them: each in quotes, joined by AND. NULL: there is none. */
static char *list_trigrams(const char *text)
{
	sqlite3_str *list = sqlite3_str_new(NULL);
	size_t i, length = strlen(text);
	int count = 0;

	for (i = 0; i + 3 <= length && count < MOST_TRIGRAMS; i++)
		if (is_ascii(text + i, 3)) {
			char trigram[4] = {text[i], text[i + 1], text[i + 2], 0};

			/* %w writes a quote twice */
			sqlite3_str_appendf(list, "%s\"%w\"", count++ > 0 ? " AND " : "", trigram);
		}
	return sqlite3_str_finish(list);
}

static void print_column(sqlite3_stmt *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row, column); /* NULL only if memory runs out */

	if (text != NULL)
		fwrite(text, 1, (size_t)sqlite3_column_bytes(row, column), stdout);
}

static void warn_if_incomplete(struct store *store)
{
	char *cursor = store_get_meta(store, "cursor");

	if (cursor != NULL)
		fprintf(stderr, "indexer: %s: the index is not complete: run the indexer again\n", store->name);
	free(cursor);
}

int query(struct store *store, const char *text)
{
	char *trigrams = list_trigrams(text);
	sqlite3_stmt *row = NULL;
	bool any = false;
	int status = SQLITE_ERROR;

	warn_if_incomplete(store);
	if (sqlite3_prepare_v2(store->db, trigrams != NULL ? by_trigrams : by_looking, -1, &row, NULL) == SQLITE_OK) {
		sqlite3_bind_text(row, 1, text, -1, SQLITE_STATIC);
		if (trigrams != NULL)
			sqlite3_bind_text(row, 2, trigrams, -1, SQLITE_STATIC);
		for (; (status = sqlite3_step(row)) == SQLITE_ROW; any = true) {
			print_column(row, 0);
			printf(":%lld:", sqlite3_column_int64(row, 1));
			print_column(row, 2);
			putchar('\n');
		}
	}
	if (status != SQLITE_DONE)
		store_fail(store, "read it");
	sqlite3_finalize(row);
	sqlite3_free(trigrams);
	return store->failed ? 2 : !any;
}
