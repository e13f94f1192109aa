/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paths.c - a list of paths, of which only one at a time is in memory.
 */
#include "paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int paths_open(struct paths *p)
{
	p->stream = strcmp(p->name, "-") == 0 ? stdin : fopen(p->name, "re");
	return p->stream ? 0 : errno;
}

/* Skips empty lines. */
int paths_next(void *context, struct search_source *source)
{
	struct paths *p = context;
	ssize_t length;

	do {
		errno = 0;
		length = getdelim(&p->path, &p->capacity, p->end, p->stream);
		if (length < 0)
			p->error = feof(p->stream) ? 0 : errno;
		if (length < 0)
			return p->error ? -1 : 0;
		if (p->path[length - 1] == p->end)
			p->path[--length] = '\0';
	} while (length == 0);
	if (strlen(p->path) < (size_t)length) {
		p->error = EINVAL;
		return -1;
	}
	source->kind = SEARCH_SOURCE_PATH;
	source->path = p->path;
	return 1;
}

void paths_close(struct paths *p)
{
	if (p->stream && p->stream != stdin)
		fclose(p->stream);
	p->stream = NULL;
	free(p->path);
	p->path = NULL;
}
