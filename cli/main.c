/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - the command psearch: one search, from its command line to its exit status.
 *
 * Signals keep their defaults: an interrupt ends the command at once, and so does a reader that closes the pipe. If
 * SIGPIPE is ignored, the failed write ends it, also without a message. Only --warm-learn has something to save first.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <psearch.h>

#include "base/complain.h"
#include "base/output.h"
#include "options/arguments.h"
#include "options/config.h"
#include "print/print.h"
#include "print/progress.h"
#include "scope/sort.h"
#include "search/grep.h"
#include "search/notes.h"
#include "search/open_error.h"
#include "search/query.h"
#include "search/warm.h"
#include "search/warm_action.h"

#define MAX_LOOKS 16
#define EXPLANATION ((size_t)64 * 1024) /* search_explain's text is shorter */

enum {
	EXIT_MATCH = 0,
	EXIT_NO_MATCH = 1,
	EXIT_ERROR = 2
};

/*
 * Replaces each closed standard descriptor by one whose use fails. Otherwise a file that the library opens could get
 * its number, and be taken for it.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

/* Waits for the next item, and meanwhile shows how far the search has come. */
static int wait_with_progress(struct search *s, struct progress *progress, const struct search_item **item)
{
	struct pollfd ready = { .fd = search_fd(s), .events = POLLIN };
	int status;

	if (ready.fd < 0)
		return search_next(s, item);
	while ((status = search_try_next(s, item)) == SEARCH_EAGAIN) {
		poll(&ready, 1, progress_due(progress));
		progress_show(progress);
	}
	return status;
}

/*
 * Waits for the next item. Before that, what was printed is written out: when it is due, or when the descriptor was
 * ready a few times without an item, since then it is better to wait in search_next().
 */
static int next_item(struct search *s, struct output *out, struct progress *progress, const struct search_item **item)
{
	int status = search_try_next(s, item);

	for (int looks = 0; looks < MAX_LOOKS && status == SEARCH_EAGAIN; looks++) {
		struct pollfd ready = { .events = POLLIN };
		int due = output_due(out);

		ready.fd = due > 0 ? search_fd(s) : -1;
		if (ready.fd < 0)
			break;
		poll(&ready, 1, due);
		status = search_try_next(s, item);
	}
	if (status != SEARCH_EAGAIN)
		return status;
	output_flush(out);
	return progress->on ? wait_with_progress(s, progress, item) : search_next(s, item);
}

/* Says that results may be missing between the page before and this one. */
static void note_change(struct printer *p)
{
	output_flush(p->out);
	if (!p->look->no_messages)
		complain("--resume: the file where the search goes on was changed: results may be missing here");
}

/* Prints all items. Returns what ended it: 0, or an enum search_status. */
static int print_all(struct search *s, struct printer *p, struct progress *progress, bool line_buffered)
{
	const struct search_item *item;
	int status = 0;

	while (!p->out->error && !p->broken && (status = next_item(s, p->out, progress, &item)) > 0) {
		if ((item->flags & SEARCH_ITEM_FLAG_CHANGED) != 0)
			note_change(p);
		print_item(p, item);
		progress_count(progress);
		if (line_buffered)
			output_flush(p->out);
		if (p->report == REPORT_NOTHING && p->matched && !p->tally)
			return 0;
	}
	return status;
}

/* With -q a match takes precedence over an error. */
static int exit_status(const struct printer *p)
{
	bool quiet = p->report == REPORT_NOTHING || p->look->quiet;

	if (p->failed && !(quiet && p->matched))
		return EXIT_ERROR;
	return p->matched ? EXIT_MATCH : EXIT_NO_MATCH;
}

/* Says why the search ended early. */
static void print_status(int status, const struct arguments *a)
{
	if (status == SEARCH_ESOURCE && a->list.error == EINVAL)
		complain("--files-from '%s': there is a NUL in it; give --files0-from if its paths end in NUL", a->list.name);
	else if (status == SEARCH_ESOURCE)
		complain("%s: %s", a->list.name, strerror(a->list.error));
	else
		complain("%s", search_strerror(status));
}

/* Explains how the search would be done. */
static int explain_query(const struct query *q, const struct arguments *a, struct output *out)
{
	char *text = output_reserve(out, EXPLANATION);
	struct search_error error = SEARCH_ERROR_INIT;
	int length = search_explain(&q->options, text, EXPLANATION, &error);

	if (length < 0) {
		print_open_error(&error, a);
		return EXIT_ERROR;
	}
	output_commit(out, text + length);
	return EXIT_MATCH;
}

static void report_item(void *printer, const struct search_item *item)
{
	print_item(printer, item);
}

/* Lists and sorts the files. False: there is no going on, and a message says why. */
static bool sort_sources(struct query *q, const struct arguments *a, struct printer *p)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct sorted_files *files;
	int status = 0;

	print_refusals(p);
	switch (sort_files(&files, &q->options, &a->order, report_item, p, &status, &error)) {
	case SORT_OK: query_take_files(q, files); return true;
	case SORT_MEMORY: complain("--sort: too many files to be sorted; search fewer at a time, or by path"); break;
	default:
		if (error.code != 0)
			print_open_error(&error, a);
		else
			print_status(status, a);
	}
	sort_free(files);
	return false;
}

/* Says that there may be more results than were asked for. A script that asks knows. */
static void note_limit(const struct arguments *a, const struct search *s)
{
	if (a->max_results != UINT64_MAX && search_outcome(s) == SEARCH_OUTCOME_LIMITED && isatty(STDERR_FILENO))
		complain("stopped after %ju result%s, as --max-results says: there may be more",
			 (uintmax_t)a->max_results, a->max_results == 1 ? "" : "s");
}

/* Prints everything, and meanwhile how far the search has come. Returns what print_all() does. */
static int print_search(struct search *s, struct printer *p, const struct arguments *a)
{
	struct progress progress;
	int status;

	p->search = s;
	progress_begin(&progress, s, p->out, progress_suits(a, p->report));
	p->status = &progress.line;
	status = print_all(s, p, &progress, a->line_buffered || isatty(STDOUT_FILENO));
	print_end(p);
	p->status = NULL;
	progress_end(&progress);
	return status;
}

/* Prints what comes after the results: how the search ended if that was early, and the totals. */
static void print_outcome(struct search *s, struct printer *p, const struct arguments *a, int status)
{
	output_flush(p->out); /* messages come after what was found before */
	note_limit(a, s);
	if (status < 0) {
		p->failed = p->broken = true;
		print_status(status, a);
	}
	print_finish(p, search_outcome(s) == SEARCH_OUTCOME_LIMITED ? a->max_results : 0);
}

/* Makes what prints the items. False: it cannot be, and a message says why. */
static bool begin_printing(struct printer *p, struct tally *tally, const struct query *q, struct output *out)
{
	if (!print_init(p, out, q->report, &q->look)) {
		complain_of_memory();
		return false;
	}
	if (!print_open_json(p, &q->options))
		return false;
	p->refused = q->refused;
	p->refused_count = q->refused_count;
	if (q->totals) {
		tally_init(tally, out, q->look.line_end, q->look.inverted,
			   (q->options.result_flags & SEARCH_RESULT_FILE_ENDS) != 0);
		tally->warm = q->options.tree != NULL;
		p->tally = tally;
	}
	return true;
}

/* Prints where the search ended, for --resume: a line that programs read. False: out of memory. */
static bool print_cursor(const struct search *s)
{
	int length = search_cursor(s, NULL, 0);
	char *text;

	if (search_outcome(s) == SEARCH_OUTCOME_COMPLETE)
		fputs("cursor: none\n", stderr);
	if (search_outcome(s) == SEARCH_OUTCOME_COMPLETE || length < 0)
		return true; /* it may have failed before its first item */
	text = malloc((size_t)length + 1);
	if (!text)
		return false;
	search_cursor(s, text, (size_t)length + 1);
	fprintf(stderr, "cursor: %s\n", text);
	free(text);
	return true;
}

static int run_search(const struct query *q, const struct arguments *a, struct printer *p)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s = NULL;
	bool whole; /* each item that the search gave has been printed */
	int status;

	if (search_open(&s, &q->options, &error) != SEARCH_OK) {
		print_open_error(&error, a);
		return EXIT_ERROR;
	}
	print_notes(a, q, s);
	status = print_search(s, p, a);
	whole = !p->broken;
	print_outcome(s, p, a, status);
	output_flush(p->out);
	/* a search goes on after the last item that it gave */
	if (a->cursor && query_has_cursors(q) && whole && !p->out->error && !print_cursor(s)) {
		p->failed = p->broken = true;
		complain_of_memory();
	}
	search_close(s);
	return exit_status(p);
}

static int run_query(struct query *q, const struct arguments *a, struct output *out)
{
	struct tally tally;
	struct printer p;
	struct warm warm;
	int status = EXIT_ERROR;

	warm_begin(&warm, q, a);
	if (begin_printing(&p, &tally, q, out) && (!sort_collects(&a->order) || sort_sources(q, a, &p)))
		status = run_search(q, a, &p);
	print_free(&p);
	warm_end(&warm);
	return status;
}

/* Does what is asked for in place of a search, or searches. */
static int do_query(struct query *q, const struct arguments *a, struct output *out)
{
	if (a->explain)
		return explain_query(q, a, out);
	return a->warm_action != WARM_SEARCH ? warm_act(q, a, out) : run_query(q, a, out);
}

static int search_sources(struct arguments *a, struct output *out)
{
	struct query q;
	int status = EXIT_ERROR;

	if (a->max_results == 0 && !a->explain)
		return EXIT_NO_MATCH;
	if (!a->explain && !a->files && a->max_count == 0 && (a->quiet || a->listing != LIST_OTHERS))
		return EXIT_NO_MATCH;
	if (a->personality != AS_PSEARCH && !a->explain && !a->files && grep_selects_nothing(a))
		return EXIT_NO_MATCH;
	if (query_init(&q, a))
		status = do_query(&q, a, out);
	else
		complain_of_memory();
	query_free(&q);
	return status;
}

/* Writes the rest out. If the reader is gone, there is no message, only the exit status. */
static int finish_output(struct output *out, int status)
{
	output_flush(out);
	if (out->error && out->error != EPIPE)
		complain("write error: %s", strerror(out->error));
	if (out->error)
		status = EXIT_ERROR;
	output_free(out);
	return status;
}

static int run(int argc, char **argv, struct output *out)
{
	struct arguments a;
	struct config config;
	int status;

	if (!config_read(&config, argc, argv)) {
		config_free(&config);
		return EXIT_ERROR;
	}
	switch (arguments_read(&a, &config, out)) {
	case ARGUMENTS_RUN: status = search_sources(&a, out); break;
	case ARGUMENTS_DONE: status = EXIT_MATCH; break;
	default: status = EXIT_ERROR; break;
	}
	arguments_free(&a);
	config_free(&config);
	return status;
}

int main(int argc, char **argv)
{
	struct output out;

	fill_standard_descriptors();
	if (!output_init(&out, STDOUT_FILENO)) {
		complain_of_memory();
		return EXIT_ERROR;
	}
	return finish_output(&out, run(argc, argv, &out));
}
