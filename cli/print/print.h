/* SPDX-License-Identifier: BSD-2-Clause */
/* print.h - prints items. */
#ifndef PSEARCH_CLI_PRINT_H
#define PSEARCH_CLI_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psearch.h>

#include "../base/output.h"
#include "../look/hyperlink.h"
#include "../look/look.h"
#include "../search/query.h"
#include "json.h"
#include "place.h"
#include "separator.h"
#include "stats.h"

struct printer {
	struct output *out;
	enum report report;
	const struct look *look;
	const struct search *search; /* the one whose items are printed; it knows the names of groups */
	void (*print_line)(struct printer *p, const struct search_item *item, bool selected);
	struct separator match_separator;
	struct separator context_separator;
	struct separator group_separator;
	struct place place;
	struct place binary;  /* the last file with a line that is not text */
	const struct refusal *refused; /* paths that are not searched, by their sources; those that are still to be said */
	size_t refused_count;
	struct hyperlink link;
	struct status_line *status; /* hidden before a message; NULL: there is none */
	struct tally *tally;  /* NULL: nothing is counted */
	struct json *json;    /* with REPORT_JSON, from print_json() on; else NULL */
	struct replacement *replacement; /* NULL: matches are printed as they are */
	uint64_t match_count; /* of this file, for --count-matches */
	int number_width;     /* of line numbers and the like */
	bool follows_files;   /* where a line comes from decides what is printed before it */
	bool name_fields;     /* names stand before lines */
	bool joins_lines;     /* the end of a line may be replaced */
	bool open_line;       /* the last line has no end yet: the next item may go on with it, */
	uint64_t open_number; /* and this is the line's number */
	bool binary_due;      /* of `binary`, it is still to be said that it is one */
	bool below_lines;     /* the last thing printed is a line of a file */
	bool matched;         /* a line has been selected */
	bool failed;          /* there has been an error */
	bool broken;          /* the search failed, or memory for what follows: no more items are printed */
};

/*
 * False: out of memory. The look must live as long as the printer. Whatever the result, call print_free() afterwards.
 */
bool print_init(struct printer *p, struct output *out, enum report report, const struct look *look);
void print_free(struct printer *p);

/*
 * With --json, before the first item: prepares the messages. False: it cannot be, and a message has said why.
 */
bool print_open_json(struct printer *p, const struct search_options *options);

/* After the search: prints the totals. `limit`: of --max-results, if that ended the search, else 0. */
void print_finish(struct printer *p, uint64_t limit);

/* Says that there was no memory for what should have been printed. */
void printer_lacks_memory(struct printer *p);

/* Prints one item, or what it means for the report. */
void print_item(struct printer *p, const struct search_item *item);

/* Says which paths are not searched, as far as that has not been said in its place. */
void print_refusals(struct printer *p);

/* After the last item. */
void print_end(struct printer *p);

#endif
