/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sort.h - the files of a search in another order than by path: --sort, --sortr.
 *
 * All files are listed first, then sorted by what stat says, then searched in that order.
 */
#ifndef PSEARCH_CLI_SORT_H
#define PSEARCH_CLI_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psearch.h>

enum sort_key {
	SORT_BY_PATH = 0, /* the library's own order, unless it is reversed */
	SORT_BY_NOTHING,  /* as found */
	SORT_BY_MODIFIED,
	SORT_BY_ACCESSED,
	SORT_BY_CREATED,
	SORT_BY_SIZE
};

struct sort_order {
	enum sort_key key;
	bool reversed;
};

/* Reads the name of a key. False: there is none of this name. */
bool sort_read_key(const char *name, enum sort_key *key);

/* Must all files be known before the first is searched? */
bool sort_collects(const struct sort_order *order);

/* A list of files, sorted. */
struct sorted_files;

enum sort_status {
	SORT_OK,
	SORT_MEMORY,  /* no memory, or more than it may take */
	SORT_FAILED   /* the list ended early; *status says why */
};

/*
 * Lists the files that a search with these options would search, and sorts them. `report` is called for each ERROR
 * item. In any case sort_free() frees *files, which may be NULL.
 */
enum sort_status sort_files(struct sorted_files **files, const struct search_options *options,
			    const struct sort_order *order, void (*report)(void *, const struct search_item *),
			    void *context, int *status, struct search_error *error);

/* A search_options.next_source: the next of the files. */
int sort_next(void *files, struct search_source *source);

void sort_free(struct sorted_files *files);

#endif
