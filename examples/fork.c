/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fork - a process that forks while it searches, and what its child may do.
 *
 *	fork PATTERN PATH
 *
 * The threads of a search exist in the parent only. So the child can only close the handle that it inherited: that
 * closes its copies of the search's descriptors, and leaves the parent's search alone. It may open searches of its own,
 * best without workers: a child of a process with threads had better make no threads. Here both count the matching
 * lines; the child starts anew, and the parent goes on where it was.
 */
#include <psearch.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *text, *path;

static struct search *open_search(uint32_t workers)
{
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_pattern pattern;
	struct search_source source;
	struct search *s;

	memset(&pattern, 0, sizeof pattern);
	pattern.text = text;
	pattern.length = strlen(text);
	memset(&source, 0, sizeof source);
	source.path = path;
	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = &source;
	options.source_count = 1;
	options.workers = workers;
	if (search_open(&s, &options, &error) != SEARCH_OK)
		fprintf(stderr, "fork: %s\n", error.message);
	return s; /* NULL if it failed */
}

/* Takes all that is left, closes the search, and returns how many lines match. */
static unsigned long count(struct search *s)
{
	const struct search_item *item;
	unsigned long matches = 0;

	while (search_next(s, &item) > 0)
		matches += item->kind == SEARCH_ITEM_MATCH;
	search_close(s);
	return matches;
}

static int child(struct search *inherited)
{
	struct search *own;

	if (search_fd(inherited) != SEARCH_EINVAL) /* it knows that it is not the parent's */
		return 2;
	search_close(inherited);
	own = open_search(SEARCH_NO_WORKERS);
	if (own == NULL)
		return 2;
	printf("child: %lu\n", count(own));
	return fflush(stdout) == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
	const struct search_item *item;
	unsigned long first;
	struct search *s;
	pid_t pid;
	int how;

	if (argc != 3) {
		fprintf(stderr, "usage: fork PATTERN PATH\n");
		return 2;
	}
	text = argv[1];
	path = argv[2];
	s = open_search(0); /* as many threads as there are processors */
	if (s == NULL)
		return 2;
	first = search_next(s, &item) > 0 && item->kind == SEARCH_ITEM_MATCH;
	pid = fork();
	if (pid == 0)
		_exit(child(s));
	/* The child prints first, for readers of the output. The search goes on meanwhile, up to its limits. */
	if (pid < 0 || waitpid(pid, &how, 0) < 0 || how != 0) {
		search_close(s);
		return 2;
	}
	printf("parent: %lu\n", first + count(s));
	return 0;
}
