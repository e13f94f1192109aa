/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prose.h - texts at random, and patterns that match in few of them.
 *
 * A text consists of words of PROSE_WORD bytes each, most of them from a few that are everywhere: so a word can be
 * written over another, and what a pattern asks for is somewhere else then.
 */
#ifndef TEST_PROSE_H
#define TEST_PROSE_H

#include "forest.h"

#include <psearch.h>

enum { PROSE_WORD = 6, PROSE_MOST = 300 << 10 };

/* A text, in memory of malloc(). */
struct prose {
	char *bytes;
	size_t size, space;
};

/* One word, not NUL-terminated. */
const char *prose_word(struct dice *d);

/*
 * A whole text: lines, most often; but also nothing, NULs, a line of kilobytes, a byte order mark, UTF-16, Latin-1, lines
 * that end in \r\n, something compressed, and rarely more than one block of a signature.
 */
struct prose prose_text(struct dice *d);
void prose_free(struct prose *prose);

/* Makes the compressed texts, before there are threads. */
void prose_prepare(void);

/* What an ignore file says. */
const char *prose_rules(struct dice *d);

/*
 * A pattern, which lives in static memory or in `buffer`, of PROSE_PATTERN bytes. *syntax and *flags: what it is
 * written for. It may be one that does not compile.
 */
enum { PROSE_PATTERN = 512 };
void prose_pattern(struct dice *d, char *buffer, struct search_pattern *pattern, enum search_syntax *syntax,
		   uint32_t *flags);

#endif
