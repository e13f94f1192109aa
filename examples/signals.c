/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signals - control-C ends a search, and what was found until then is counted.
 *
 *	signals PATTERN [PATH...]
 *
 * Without a path it reads standard input. search_cancel() is the only function of the library that a signal handler may
 * call. The library's threads block all signals, so the handler runs in one of the host's threads.
 */
#define _POSIX_C_SOURCE 200809L /* for sigaction() */
#include <psearch.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the handler ends; NULL before there is a search, and from before it is closed. */
static _Atomic(struct search *) running;

static void interrupt(int signal_number)
{
	struct search *s = atomic_load(&running);

	(void)signal_number;
	if (s != NULL)
		search_cancel(s);
}

/* The handler runs once: a second control-C ends the program, whatever it does. */
static void handle(int signal_number)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	action.sa_handler = interrupt;
	action.sa_flags = (int)SA_RESETHAND;
	sigaction(signal_number, &action, NULL);
}

static struct search *open_search(const char *text, char **paths, size_t count)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_pattern pattern = {.text = text, .length = strlen(text)};
	struct search_source *sources = calloc(count + 1, sizeof *sources);
	struct search *s = NULL;
	size_t i;

	if (sources == NULL)
		return NULL;
	for (i = 0; i < count; i++)
		sources[i].path = paths[i];
	if (count == 0)
		sources[count++].kind = SEARCH_SOURCE_DESCRIPTOR; /* and descriptor 0 */
	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = sources;
	options.source_count = count;
	if (search_open(&s, &options, &error) != SEARCH_OK)
		fprintf(stderr, "signals: %s\n", error.message);
	free(sources);
	return s;
}

int main(int argc, char **argv)
{
	const struct search_item *item;
	unsigned long matches = 0;
	struct search *s;
	int status;

	if (argc < 2) {
		fprintf(stderr, "usage: signals PATTERN [PATH...]\n");
		return 2;
	}
	s = open_search(argv[1], argv + 2, (size_t)argc - 2);
	if (s == NULL)
		return 2;
	atomic_store(&running, s);
	handle(SIGINT);
	while ((status = search_next(s, &item)) > 0)
		if (item->kind == SEARCH_ITEM_MATCH) {
			printf("%s:%ju\n", item->path, (uintmax_t)item->line);
			fflush(stdout);
			matches++;
		}
	atomic_store(&running, NULL);
	search_close(s);
	printf("%lu matches%s\n", matches, status == SEARCH_ECANCELED ? ", then interrupted" : "");
	if (status == SEARCH_ECANCELED) {
		/* End by the signal, so that a shell sees it. */
		fflush(stdout);
		signal(SIGINT, SIG_DFL);
		raise(SIGINT);
	}
	return status == SEARCH_OK ? matches == 0 : 2;
}
