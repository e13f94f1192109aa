/* SPDX-License-Identifier: BSD-2-Clause */
/* query.h - the search that a command line asks for, in the library's terms. */
#ifndef PSEARCH_CLI_QUERY_H
#define PSEARCH_CLI_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psearch.h>

#include "../look/style.h"
#include "../options/arguments.h"
#include "../scope/git.h"

/* What is reported. If several are asked for, the first in this list is taken. */
enum report {
	REPORT_NOTHING,  /* -q: whether there is a match */
	REPORT_FILES,    /* --files: names of files that would be searched */
	REPORT_MATCHING, /* -l: names of files with a match */
	REPORT_OTHERS,   /* -L: names of files without a match */
	REPORT_COUNTS,   /* -c */
	REPORT_MATCH_COUNTS, /* --count-matches */
	REPORT_JSON,     /* --json; with -q its summary */
	REPORT_SPANS,    /* -o */
	REPORT_LINES
};

/* A path that is not searched. */
struct refusal {
	uint64_t source;  /* its index */
	const char *name; /* borrowed from argv */
	int error;        /* why, an errno */
};

struct query {
	enum report report;
	bool totals;                   /* what is found is also counted: nothing may be left out that could be */
	struct look look;
	struct style style;
	struct sorted_files *sorted;   /* with --sort: what is searched in place of the sources */
	struct search_options options; /* points into this struct, and to the patterns of the arguments */
	struct search_walk walk;
	struct search_source *sources;
	struct git_files git;
	struct refusal *refused;       /* in the order of their sources */
	size_t refused_count;
};

/* False: out of memory. The arguments must live as long as the query. */
bool query_init(struct query *q, struct arguments *a);

/* Has such a search cursors? */
bool query_has_cursors(const struct query *q);

/* The option that leaves a search without cursors; NULL: there is none. */
const char *query_without_cursors(const struct arguments *a);

/* With a --sort that needs it: searches these files instead of the sources. */
void query_take_files(struct query *q, struct sorted_files *files);
void query_free(struct query *q);

#endif
