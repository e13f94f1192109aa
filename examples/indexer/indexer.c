/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * indexer - an index of the lines of a tree, in a SQLite database.
 *
 *	indexer [-p PATTERN] [--batch FILES] DATABASE TREE
 *	indexer -q TEXT DATABASE
 *	indexer --check DATABASE
 *
 * The first run fills the index, later ones bring it up to date, and each may be killed at any moment: see fill.c and
 * update.c. Exit status: 0 done, 1 done except for files that could not be read (of a query: nothing was found), 2
 * failed.
 */
#include "indexer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BATCH 256 /* files a transaction, unless --batch says otherwise */

bool complain(const char *what, const char *why)
{
	fprintf(stderr, "indexer: %s: %s\n", what, why);
	return false;
}

static int usage(void)
{
	fputs("usage: indexer [-p PATTERN] [--batch FILES] DATABASE TREE\n"
	      "       indexer -q TEXT DATABASE\n"
	      "       indexer --check DATABASE\n", stderr);
	return 2;
}

/* An index belongs to one tree and one pattern. */
static bool claim(struct store *store, const char *key, const char *ours, const char *what)
{
	char *theirs = store_get_meta(store, key);
	bool same = theirs != NULL && strcmp(theirs, ours) == 0;

	if (theirs == NULL)
		return !store->failed && store_set_meta(store, key, ours);
	if (!same)
		fprintf(stderr, "indexer: %s: it is the index of another %s, '%s': give another DATABASE for '%s'\n",
			store->name, what, theirs, ours);
	free(theirs);
	return same;
}

static bool print_totals(struct run *run)
{
	sqlite3_stmt *totals = store_get(&run->store, STORE_TOTALS);

	if (store_step(&run->store, totals) != SQLITE_ROW)
		return false;
	printf("%lld files, %lld lines, %lld failed; this run: ", sqlite3_column_int64(totals, 0),
	       sqlite3_column_int64(totals, 1), sqlite3_column_int64(totals, 2));
	printf("%lu new, %lu changed, %lu removed, %lu unchanged, %lu failed, %ju read\n", run->added, run->changed,
	       run->removed, run->unchanged, run->failed, (uintmax_t)run->read);
	sqlite3_reset(totals);
	return true;
}

/* A fill that goes on from a cursor does not look at what has changed before that: so an update follows. */
static bool bring_up_to_date(struct run *run)
{
	struct store *store = &run->store;
	char *filled, *cursor;
	bool ok;

	if (!store_begin(store) || !claim(store, "root", run->root, "tree") ||
	    !claim(store, "pattern", run->pattern, "pattern"))
		return false;
	filled = store_get_meta(store, "filled");
	cursor = store_get_meta(store, "cursor");
	ok = !store->failed && store_commit(store);
	if (ok && filled == NULL)
		ok = fill(run, cursor);
	if (ok && (filled != NULL || cursor != NULL))
		ok = update(run);
	free(filled);
	free(cursor);
	return ok && print_totals(run);
}

/* A pattern that is not valid must not become that of a new index. */
static bool is_pattern(struct run *run)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_walk walk = SEARCH_WALK_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_pattern pattern;

	set_options(run, &options, &pattern, &walk);
	return search_explain(&options, NULL, 0, &error) >= 0 || complain("-p", error.message);
}

static int index_tree(struct run *run, const char *database, const char *tree)
{
	char *root = realpath(tree, NULL);
	struct stat info;
	int status = 2;

	if (root == NULL || stat(root, &info) != 0 || !S_ISDIR(info.st_mode)) {
		complain(tree, "it is not a directory that can be entered");
		free(root);
		return 2;
	}
	run->root = root;
	if (is_pattern(run)) {
		if (store_open(&run->store, database, STORE_WRITE) && bring_up_to_date(run))
			status = run->failed > 0;
		store_close(&run->store);
	}
	free(root);
	return status;
}

static int read_index(const char *database, const char *text)
{
	struct store store;
	int status = 2;

	if (store_open(&store, database, STORE_READ))
		status = text != NULL ? query(&store, text) : store_check(&store) ? 0 : 2;
	store_close(&store);
	return status;
}

int main(int argc, char **argv)
{
	struct run run = {.pattern = "", .batch = BATCH};
	const char *text = NULL;
	bool check = false;
	char *end;
	int at, status;

	for (at = 1; at < argc && argv[at][0] == '-'; at++)
		if (strcmp(argv[at], "--check") == 0)
			check = true;
		else if (at + 1 == argc)
			return usage();
		else if (strcmp(argv[at], "-p") == 0)
			run.pattern = argv[++at];
		else if (strcmp(argv[at], "-q") == 0)
			text = argv[++at];
		else if (strcmp(argv[at], "--batch") != 0 || (run.batch = strtoul(argv[++at], &end, 10)) == 0 ||
			 *end != '\0')
			return usage();
	if (argc - at != (check || text != NULL ? 1 : 2))
		return usage();
	status = check || text != NULL ? read_index(argv[at], check ? NULL : text)
				       : index_tree(&run, argv[at], argv[at + 1]);
	if (ferror(stdout) || fflush(stdout) != 0) {
		complain("standard output", "cannot write all of it");
		return 2;
	}
	return status;
}
