/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * question.h - a search of a tree of prose.h's texts with options at random, which can be asked again and again: with a
 * warm tree and without.
 */
#ifndef TEST_QUESTION_H
#define TEST_QUESTION_H

#include "collect.h"
#include "prose.h"
#include "unsaved.h"

#include <limits.h>
#include <psearch.h>

enum { QUESTION_SOURCES = 3, QUESTION_CURSOR = 8192 };

struct question {
	struct search_options options;
	struct search_walk walk;
	struct search_pattern patterns[2];
	char pattern_texts[2][PROSE_PATTERN];
	struct search_source sources[QUESTION_SOURCES];
	char paths[QUESTION_SOURCES][2 * PATH_MAX];
	bool reopened[QUESTION_SOURCES]; /* a descriptor, which each search needs anew */
	struct search_glob globs[2];
	struct unsaved texts;
	char resume[QUESTION_CURSOR], until[QUESTION_CURSOR];
	char output[PATH_MAX]; /* the file that the host writes to; "": none */
	bool by_cursor;        /* may be asked for some of the items, from a cursor or up to one */
	char what[500];
};

/* What came. */
struct answer {
	int status;      /* of search_open(); then nothing else came; */
	char message[256]; /* and why */
	int end, outcome;
	bool in_parts; /* files were cut */
	struct transcript items;
	struct search_stats stats;
	char cursor[QUESTION_CURSOR]; /* where it ended */
};

/* The tree was listed by unsaved_list(). */
void question_choose(struct question *q, struct dice *d, const char *tree);
void question_free(struct question *q);

/* Asks, with a tree or NULL. How many threads, which pool, and how items are taken, is chosen anew. */
void question_ask(struct question *q, struct dice *d, struct search_tree *warm, struct search_pool *pool,
		  struct answer *answer);
void answer_free(struct answer *answer);

/* Fails the test if they differ. */
void answers_agree(const struct question *q, const struct answer *cold, const struct answer *warm, const char *what);

#endif
