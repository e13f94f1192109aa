/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hyperlink.h - names of files that a terminal can open: the escape sequence OSC 8.
 *
 * A format says what the address is. It has a scheme, such as file:, and variables in braces: {path}, which it needs,
 * {line}, {column}, {host} and {wslprefix}. The path is absolute, without symbolic links, and percent-encoded.
 */
#ifndef PSEARCH_CLI_HYPERLINK_H
#define PSEARCH_CLI_HYPERLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/output.h"

struct hyperlink {
	const char *format; /* NULL: there are no links */
	bool lines;         /* the format has a {line}: each line has a link of its own */
	bool open;          /* one has been started */
	char *path;         /* of the file at hand, encoded; NULL: it has none, so no link */
	char *host;
};

/*
 * What is wrong with a format, or an alias of one: what to do instead, for a message. NULL: nothing. Then *settled is
 * the format that it stands for; NULL if that is no links.
 */
const char *hyperlink_settle(const char *given, const char **settled);

/* `format`: a settled one, or NULL. False: out of memory. */
bool hyperlink_init(struct hyperlink *h, const char *format);
void hyperlink_free(struct hyperlink *h);

/* The links that follow are to this file. What is not a file, such as standard input, gets none. False: out of memory. */
bool hyperlink_set_file(struct hyperlink *h, const char *path);

/* What is printed between these two is a link. A line or column of 0 is not known: it becomes 1. */
void hyperlink_start(struct hyperlink *h, struct output *out, uint64_t line, uint64_t column);
void hyperlink_end(struct hyperlink *h, struct output *out);

#endif
