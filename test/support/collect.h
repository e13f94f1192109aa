/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * collect.h - what a search delivers, written down so that two can be compared.
 */
#ifndef TEST_COLLECT_H
#define TEST_COLLECT_H

#include <psearch.h>
#include <stdbool.h>

/*
 * A transcript: every item with all its fields, as bytes. A block is what one file delivered. A brief transcript
 * leaves out what a reference cannot know: the messages of errors. A full one has what most tests do not ask for, too:
 * of spans their patterns, of errors the reason, and what FILE and FILE_END items tell of the file.
 */
struct transcript {
	char *bytes;
	size_t length, space;
	size_t *blocks; /* where each begins */
	size_t block_count, block_space;
	size_t items;
	bool brief, full;
	bool numbered; /* full: and the number of the file, which is another in each search without order */
	uint64_t source; /* of the last item, and its path */
	char path[4096];
};

void transcript_add(struct transcript *t, const struct search_item *item);
void transcript_free(struct transcript *t);

/* How to take items. */
enum take {
	TAKE_NEXT, /* search_next */
	TAKE_POLL, /* search_try_next, and poll if it has nothing */
	TAKE_MIX,  /* both in turn */
	TAKE_MANY, /* search_next_many for 1, 2, 7 or very many items, the same with poll, and search_next, in turn */
	TAKE_COUNT
};

/* Takes one item in one of these ways (with TAKE_MANY only one, too). Returns what search_next returns. */
int take_item(struct search *s, enum take how, const struct search_item **item);

/* Takes all items. Returns what the last call returned. */
int collect_items(struct search *s, enum take how, struct transcript *t);

/* The same for a search that it opens, and closes afterwards. Ends the test if the search cannot be opened. */
int collect(const struct search_options *options, enum take how, struct transcript *t);

/* Opens a search. Fails the test if it cannot. */
struct search *open_search(const struct search_options *options);

void show_difference(const struct transcript *expected, const struct transcript *got);

/* Fails the test if they differ, and shows the first difference. */
void assert_same(const struct transcript *expected, const struct transcript *got, const char *what);

/* The same for blocks in any order. */
void assert_same_blocks(const struct transcript *expected, const struct transcript *got, const char *what);

/* Options for one pattern in one path; both must live as long as the options are used. */
struct simple {
	struct search_options options;
	struct search_walk walk;       /* options.walk */
	struct search_pattern pattern;
	struct search_source source;
};
void simple_init(struct simple *simple, const char *pattern, const char *path);

#endif
