/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress.h - how far a search has come, in a line on the terminal.
 *
 * The line comes when the search has taken a second, and goes when it ends. If the results go to the same terminal, it
 * goes before each of them, too, and comes back when there has been none for a second.
 */
#ifndef PSEARCH_CLI_PROGRESS_H
#define PSEARCH_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <psearch.h>

#include "../base/output.h"
#include "../base/status_line.h"
#include "../options/arguments.h"
#include "../search/query.h"

struct progress {
	bool on;
	const struct search *search;
	struct output *results;  /* if they are seen on a terminal, too; or NULL */
	struct status_line line;
	uint64_t started;        /* milliseconds, as clock_ms() has them */
	uint64_t shown;          /* when the line was written last */
	unsigned items;          /* since the clock was read */
};

/*
 * Is it to be shown? Unless an option says so, only if nothing else can be writing to the terminal: not if the results
 * go to a pipe, whose reader may be drawing there, nor if standard input is searched, whose writer may print messages;
 * and not for programs, which --json and grep's name are for.
 */
bool progress_suits(const struct arguments *a, enum report report);

/* From here on until progress_end() the output hides the line before it writes to a terminal. */
void progress_begin(struct progress *p, const struct search *s, struct output *out, bool on);

/* Milliseconds until progress_show() has something to do; negative: not until something else is printed. */
int progress_due(const struct progress *p);

/* Shows the line, or what is new in it, if that is due. */
void progress_show(struct progress *p);

/* The same now and then, if it is called for each item. */
void progress_count(struct progress *p);

void progress_end(struct progress *p);

#endif
