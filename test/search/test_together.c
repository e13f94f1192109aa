/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_together.c - all that a host may ask for, in one search: unsaved texts, pages and shards, a pool that other
 * searches use too, a caller that does not help, items one by one and many at once.
 *
 * Each round chooses a tree, texts and options. Pages, joined, must be the search without cursors; that must be the
 * search without order, and the search whose sources come from next_source; and the same after the texts were written
 * to disk, without overlays. A round that fails prints its seed: a thousandth of it as PS_SEED runs its tree first.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/archive.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/options.h"
#include "../support/unsaved.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

enum { SOURCES = 4, CURSOR = 8192, MOST_ITEMS = 2500, MOST_PAGES = 12, BESIDE = 3, ROUNDS_PER_TREE = 10 };

static struct search_pool *pool;
static uint64_t page_count, item_count, text_count;

/* --- what a search delivers --- */

/* A transcript, and what it leaves out. */
struct record {
	struct transcript items;
	struct transcript files; /* of FILE and FILE_END items, what tells of the file */
	uint64_t number;         /* of these items */
};

static void note_file(struct record *record, const struct search_item *item)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%llu bytes, inode %llu on %llu, changed %lld.%u",
			 (unsigned long long)item->file_size, (unsigned long long)item->inode,
			 (unsigned long long)item->device, (long long)item->modified, item->modified_ns);
	const struct search_item copy = { .kind = item->kind, .path = line, .path_length = (size_t)n };

	transcript_add(&record->files, &copy);
	assert_true(item->file_number == record->number);
	record->number++;
}

static void note(struct record *record, const struct search_item *item, bool ordered)
{
	transcript_add(&record->items, item);
	assert_int_equal(item->flags & SEARCH_ITEM_FLAG_CHANGED, 0);
	if (ordered && (item->kind == SEARCH_ITEM_FILE || item->kind == SEARCH_ITEM_FILE_END))
		note_file(record, item);
}

static void forget(struct record *record)
{
	transcript_free(&record->items);
	transcript_free(&record->files);
}

/* --- a round --- */

struct position {
	char text[CURSOR];
};

struct round {
	struct dice d;
	struct search_options options;
	struct search_walk walk;
	struct search_pattern patterns[2];
	struct search_source sources[SOURCES];
	struct search_glob glob;
	struct unsaved texts;
	char paths[SOURCES][2 * PATH_MAX];
	bool reopened[SOURCES]; /* a descriptor, which each search needs anew */
	size_t given;           /* of next_source */
	char what[400];
};

static const char memory[] = "a needle\nhay\r\nx\nhay\nneedle needle\r\nhay\nhay\n\nhay needle\nlast needle";

static void choose_source(struct round *r, const char *tree, size_t i)
{
	static const char *const names[] = { NULL, NULL, "", "shown", "shown/" };
	struct dice *d = &r->d;
	struct search_source *source = &r->sources[i];
	uint32_t kind = dice_below(d, 100);
	struct stat st;

	source->name = names[dice_below(d, 5)];
	unsaved_write_path(d, r->paths[i], kind < 60 ? tree : unsaved_any_directory(d));
	if (kind >= 90) {
		source->kind = SEARCH_SOURCE_MEMORY;
		source->data = memory;
		source->size = dice_below(d, sizeof(memory));
		return;
	}
	if (kind >= 75)
		unsaved_choose_path(d, r->paths[i]);
	if (stat(r->paths[i], &st) == 0 && S_ISFIFO(st.st_mode))
		strcpy(r->paths[i], tree);
	/* the text of a file on disk is not that of a descriptor after it was written over */
	if (dice_chance(d, 15) && stat(r->paths[i], &st) == 0 && S_ISDIR(st.st_mode)) {
		source->kind = SEARCH_SOURCE_DESCRIPTOR;
		r->reopened[i] = true;
	} else {
		source->path = r->paths[i];
	}
}

static uint32_t choose_flags(struct dice *d)
{
	static const uint32_t any[] = {
		SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_INVERT, SEARCH_MATCH_WORD, SEARCH_WALK_SKIP_HIDDEN,
		SEARCH_WALK_IGNORE_FILES, SEARCH_WALK_NO_NESTED_REPOSITORIES, SEARCH_RESULT_NO_SPANS,
		SEARCH_RESULT_NO_LINE_NUMBERS, SEARCH_RESULT_SOCKET, SEARCH_RESULT_FILE_INFO,
	};
	uint32_t flags = 0;

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		flags |= dice_chance(d, 20) ? any[i] : 0;
	flags |= dice_chance(d, 50) ? SEARCH_WALK_FOLLOW : 0U;
	flags |= dice_chance(d, 40) ? SEARCH_RESULT_FILE_ENDS : 0U;
	flags |= dice_chance(d, 30) && archive_can(&archive_programs[0]) ? SEARCH_MATCH_DECOMPRESS : 0U;
	if (dice_chance(d, 30))
		flags |= SEARCH_WALK_IGNORE_VCS | (dice_chance(d, 50) ? SEARCH_WALK_IGNORE_ANYWHERE : 0U);
	if (dice_chance(d, 30))
		flags |= dice_chance(d, 50) ? SEARCH_MATCH_TEXT : SEARCH_MATCH_SKIP_BINARY;
	if (dice_chance(d, 20))
		flags |= dice_chance(d, 50) ? SEARCH_MATCH_CRLF : SEARCH_MATCH_NUL_LINES;
	if (dice_chance(d, 15) && (flags & SEARCH_MATCH_NUL_LINES) == 0)
		flags |= SEARCH_MATCH_MULTILINE;
	if (dice_chance(d, 20))
		return flags | (dice_chance(d, 50) ? SEARCH_RESULT_COUNT : SEARCH_RESULT_LIST);
	if (dice_chance(d, 10))
		flags |= SEARCH_RESULT_ALL_LINES;
	if (dice_chance(d, 15) && (flags & SEARCH_RESULT_NO_SPANS) == 0)
		flags |= SEARCH_RESULT_GROUPS;
	return flags;
}

static void choose_patterns(struct round *r)
{
	static const char *const texts[] = { "needle", "needle", "needles", "ha(y)", "e", "x", "", "(\\w)\\1",
					     "(n)e+dle\\s*(h|x)?" };

	for (int i = 0; i < 2; i++) {
		const char *text = texts[dice_below(&r->d, sizeof(texts) / sizeof(texts[0]))];

		r->patterns[i] = (struct search_pattern){ .text = text, .length = strlen(text) };
	}
	r->options.patterns = r->patterns;
	r->options.pattern_count = dice_chance(&r->d, 70) ? 1 : 2;
}

/* What is delivered. */
static void choose_round(struct round *r, const char *tree)
{
	struct search_options *o = &r->options;
	struct dice *d = &r->d;

	*o = (struct search_options)SEARCH_OPTIONS_INIT;
	r->walk = (struct search_walk)SEARCH_WALK_INIT;
	o->walk = &r->walk;
	choose_patterns(r);
	o->sources = r->sources;
	o->source_count = 1 + dice_below(d, SOURCES);
	for (size_t i = 0; i < o->source_count; i++)
		choose_source(r, tree, i);
	set_flags(o, choose_flags(d));
	r->glob = (struct search_glob){ .text = dice_chance(d, 50) ? "*.c" : "n*" };
	r->walk.globs = &r->glob;
	r->walk.glob_count = dice_chance(d, 15);
	r->walk.max_depth = dice_chance(d, 15) ? 1 + dice_below(d, 4) : 0;
	r->walk.max_file_size = dice_chance(d, 15) ? 1 + dice_below(d, 400) : 0;
	o->encoding = dice_chance(d, 30) ? "auto" : NULL;
	o->before_context = dice_chance(d, 30) ? dice_below(d, 5) : 0;
	o->after_context = dice_chance(d, 30) ? dice_below(d, 5) : 0;
	o->max_matches_per_file = dice_chance(d, 20) ? 1 + dice_below(d, 4) : 0;
	o->max_line_bytes = dice_chance(d, 10) ? 16 + dice_below(d, 200) : 0;
	o->max_item_bytes = dice_chance(d, 20) ? 16 + dice_below(d, 30) : 0;
	unsaved_choose(d, &r->texts);
}

/* How it is searched. */
static void choose_limits(struct round *r)
{
	static const uint32_t part_bytes[] = { 0, 0, 64, 300, 1000, 70000 };
	struct search_options *o = &r->options;
	struct dice *d = &r->d;
	uint32_t workers = dice_below(d, 5);

	o->workers = workers > 0 ? workers : SEARCH_NO_WORKERS;
	o->pool = workers > 0 && dice_chance(d, 50) ? pool : NULL;
	o->priority = o->pool != NULL ? dice_below(d, 3) : 0;
	o->caller_flags = workers > 0 && dice_chance(d, 40) ? SEARCH_CALLER_NO_HELP : 0;
	o->max_line_ms = dice_chance(d, 30) ? 100000 : 0;
	o->timeout_ms = dice_chance(d, 30) ? 600000 : 0;
	o->max_queued_matches = dice_chance(d, 20) ? 1 + dice_below(d, 20) : 0;
	o->max_queued_bytes = dice_chance(d, 20) ? 1 + dice_below(d, 5000) : 0;
	o->max_open_files = dice_chance(d, 20) ? 2 + dice_below(d, 8) : 0;
	o->split_bytes = dice_chance(d, 3) ? 1 + dice_below(d, 10) : part_bytes[dice_below(d, 6)];
}

static void describe(struct round *r, uint64_t seed)
{
	const struct search_options *o = &r->options;

	snprintf(r->what, sizeof(r->what),
		 "PS_SEED=%llu, flags %#x, context %u/%u, %llu a file, encoding %s, pattern %s, %zu sources, %zu texts",
		 (unsigned long long)seed, get_flags(o), o->before_context, o->after_context,
		 (unsigned long long)o->max_matches_per_file, o->encoding != NULL ? o->encoding : "none",
		 r->patterns[0].text, o->source_count, r->texts.count);
}

static void open_sources(struct round *r)
{
	for (int i = 0; i < SOURCES; i++)
		if (r->reopened[i])
			assert_true((r->sources[i].descriptor = open(r->paths[i], O_RDONLY | O_CLOEXEC)) > 0);
}

static void close_sources(const struct round *r)
{
	for (int i = 0; i < SOURCES; i++)
		if (r->reopened[i])
			close(r->sources[i].descriptor);
}

/* --- the whole, in three ways --- */

static void take_whole(struct round *r, bool ordered, struct record *record)
{
	enum take how = (enum take)dice_below(&r->d, TAKE_COUNT);
	const struct search_item *item;
	struct search *s;
	int rc;

	choose_limits(r);
	open_sources(r);
	s = open_search(&r->options);
	while ((rc = take_item(s, how, &item)) == 1)
		note(record, item, ordered);
	assert_int_equal(rc, 0);
	assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	search_close(s);
	close_sources(r);
}

static void try_unordered(struct round *r, const struct record *whole)
{
	struct record any = { 0 };

	if ((get_flags(&r->options) & SEARCH_RESULT_LIST) != 0)
		return;
	add_flags(&r->options, SEARCH_RESULT_UNORDERED);
	take_whole(r, false, &any);
	drop_flags(&r->options, SEARCH_RESULT_UNORDERED);
	assert_same_blocks(&whole->items, &any.items, r->what);
	forget(&any);
}

static int give_source(void *context, struct search_source *source)
{
	struct round *r = context;

	if (r->given == SOURCES || r->sources[r->given].reserved1 != 0)
		return 0;
	*source = r->sources[r->given++];
	return 1;
}

static void try_next_source(struct round *r, const struct record *whole)
{
	struct record other = { 0 };
	size_t count = r->options.source_count;

	r->options.next_source = give_source;
	r->options.next_source_context = r;
	r->options.source_count = r->given = dice_below(&r->d, (uint32_t)count);
	if (count < SOURCES)
		r->sources[count].reserved1 = 1; /* the end */
	take_whole(r, true, &other);
	if (count < SOURCES)
		r->sources[count].reserved1 = 0;
	r->options.next_source = NULL;
	r->options.source_count = count;
	assert_same(&whole->items, &other.items, r->what);
	assert_same(&whole->files, &other.files, r->what);
	forget(&other);
}

/* --- pages --- */

static void get_cursor(const struct search *s, struct position *position)
{
	int length = search_cursor(s, position->text, sizeof(position->text));

	assert_true(length > 0 && length < CURSOR);
	assert_int_equal(strlen(position->text), length);
}

/* Takes at most so many items in one of many ways. Returns how many, 0 at the end. */
static int take_some(struct round *r, struct search *s, size_t most, const struct search_item *const **items)
{
	static const struct search_item *one;
	bool polls = dice_chance(&r->d, 40), many = dice_chance(&r->d, 50);
	int rc;

	*items = &one;
	for (;;) {
		struct pollfd watched = { .fd = polls ? search_fd(s) : -1, .events = POLLIN };

		if (many)
			rc = polls ? search_try_next_many(s, items, most) : search_next_many(s, items, most);
		else
			rc = polls ? search_try_next(s, &one) : search_next(s, &one);
		if (rc != SEARCH_EAGAIN)
			break;
		assert_int_equal(poll(&watched, 1, 60000), 1);
	}
	assert_true(rc >= 0 && (size_t)rc <= most);
	return rc;
}

/* Takes a page. Returns whether there may be more. */
static bool take_page(struct round *r, size_t size, struct record *record, struct position *position)
{
	bool limited = dice_chance(&r->d, 40), first = r->options.resume == NULL;
	const struct search_item *const *items;
	struct search *s;
	size_t n = 0;
	int rc = 1;

	choose_limits(r);
	r->options.max_matches = limited ? size : 0;
	open_sources(r);
	s = open_search(&r->options);
	while ((limited || n < size) && (rc = take_some(r, s, limited ? 1 + size / 3 : size - n, &items)) > 0)
		for (int i = 0; i < rc; i++, n++)
			note(record, items[i], true);
	if (n > 0 || !first)
		get_cursor(s, position);
	search_close(s);
	close_sources(r);
	r->options.max_matches = 0;
	page_count++;
	return n > 0 && (rc > 0 || limited);
}

static void choose_place(struct round *r, size_t items, struct position *place)
{
	const struct search_item *item;
	struct search *s;

	choose_limits(r);
	open_sources(r);
	s = open_search(&r->options);
	for (size_t n = 1 + dice_below(&r->d, (uint32_t)items); n > 0; n--)
		assert_int_equal(search_next(s, &item), 1);
	get_cursor(s, place);
	search_close(s);
	close_sources(r);
}

/* All pages; half of the time up to a place in the order, and then from there. */
static void try_pages(struct round *r, const struct record *whole)
{
	static struct position position, place;
	size_t size = 1 + whole->items.items / (1 + dice_below(&r->d, MOST_PAGES));
	struct record pages = { 0 };

	if (whole->items.items > 0 && dice_chance(&r->d, 50)) {
		choose_place(r, whole->items.items, &place);
		r->options.until = place.text;
	}
	while (take_page(r, size, &pages, &position))
		r->options.resume = position.text;
	if (r->options.until != NULL) {
		r->options.until = NULL;
		r->options.resume = dice_chance(&r->d, 50) ? position.text : place.text;
		while (take_page(r, size, &pages, &position))
			r->options.resume = position.text;
	}
	r->options.resume = NULL;
	assert_same(&whole->items, &pages.items, r->what);
	assert_same(&whole->files, &pages.files, r->what);
	forget(&pages);
}

/* --- rounds --- */

/* Its descriptors would have to stay open, and cannot be shared. */
static bool has_descriptor(const struct round *r)
{
	for (int i = 0; i < SOURCES; i++)
		if (r->reopened[i])
			return true;
	return false;
}

/* Other searches of the pool, from which few items or none are taken. */
static void open_beside(struct round *r, struct search **beside)
{
	const struct search_item *const *items;

	for (int i = 0; i < BESIDE; i++) {
		choose_limits(r);
		r->options.pool = pool;
		r->options.workers = 2;
		beside[i] = open_search(&r->options);
		if (dice_chance(&r->d, 50))
			search_next_many(beside[i], &items, 1 + dice_below(&r->d, 50));
		if (dice_chance(&r->d, 20))
			search_cancel(beside[i]);
	}
}

static void play(uint64_t seed, const char *tree)
{
	struct round r = { .d = { seed } };
	struct record whole = { 0 }, written = { 0 };
	struct search *beside[BESIDE] = { NULL }, *s;

	choose_round(&r, tree);
	open_sources(&r);
	s = unsaved_open(&r.texts, &r.options);
	search_close(s);
	close_sources(&r);
	describe(&r, seed);
	if (r.options.source_count > 0)
		take_whole(&r, true, &whole);
	if (whole.items.items < MOST_ITEMS) {
		if (dice_chance(&r.d, 40) && !has_descriptor(&r))
			open_beside(&r, beside);
		try_unordered(&r, &whole);
		try_next_source(&r, &whole);
		try_pages(&r, &whole);
		for (int i = 0; i < BESIDE; i++)
			search_close(beside[i]);
	}
	item_count += whole.items.items;
	text_count += r.texts.count;
	unsaved_save(&r.texts);
	r.options.overlay_count = 0;
	take_whole(&r, true, &written);
	assert_same(&written.items, &whole.items, r.what);
	while (r.texts.count > 0)
		unsaved_drop(&r.texts, 0);
	forget(&whole);
	forget(&written);
}

/* A round changes its tree for those after it. So a seed stands for a tree and all its rounds. */
static void play_tree(uint64_t seed, const char *root)
{
	struct dice d = { seed };
	char *path = forest_path(root, "t");

	forest_directory(root, "t");
	forest_generate(path, seed, 1 + dice_below(&d, 40));
	unsaved_add_to_tree(&d, "t");
	for (uint64_t i = 0; i < ROUNDS_PER_TREE; i++) {
		play(seed * 1000 + i, "t");
		unsaved_list("t");
	}
	forest_close(path);
}

static void test_together__all_ways_give_the_same(void **state)
{
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;
	char *root = forest_open_in_memory();
	uint64_t seed = random_seed();

	(void)state;
	options.workers = 3;
	assert_int_equal(search_pool_open(&pool, &options, NULL), SEARCH_OK);
	assert_int_equal(chdir(root), 0);
	for (size_t i = 0, trees = how_many_rounds(SCALED(20), SCALED(300)); i < trees; i++)
		play_tree(seed + i, root);
	printf("%llu pages, %llu items, %llu texts\n", (unsigned long long)page_count, (unsigned long long)item_count,
	       (unsigned long long)text_count);
	assert_true(page_count > 0 && item_count > 0 && text_count > 0);
	search_pool_close(pool);
	unsaved_forget();
	assert_int_equal(chdir("/"), 0);
	forest_close(root);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_together__all_ways_give_the_same),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
