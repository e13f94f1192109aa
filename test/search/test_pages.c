/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pages.c - pages, put one after the other, are the whole: the same items, however they are cut, and whatever the
 * workers and limits of each page; and shards, which end at a cursor, likewise.
 *
 * The reference is the search without cursors, which other tests hold to references of their own.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/archive.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/options.h"
#include "../support/process.h"

#include <fcntl.h>
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

enum { TREES = 10, SOURCES = 4, CURSOR = 8192, MOST_ITEMS = 3000 };

static char *trees[TREES];

/* --- trees, with all kinds of files --- */

static void add_archive(const char *root, const char *name, const void *text, size_t size, bool damaged)
{
	struct archive archive;

	if (archive_program_count == 0 || !archive_can(&archive_programs[0]))
		return;
	archive = archive_make(archive_programs[0].command, text, size);
	if (damaged)
		archive.bytes[archive.size - 5] ^= 0x55;
	forest_file(root, name, archive.bytes, archive.size);
	archive_free(&archive);
}

/* Files that the forest lacks: compressed, encoded, hard to search, with a line that is too long. */
static void add_odd_files(const char *root, uint32_t i)
{
	static const char text[] = "a needle\nhay\nhay\nneedles, needle\nhay\nthe end of the needle\n";
	char wide[2 + 2 * sizeof(text)] = "\xFF\xFE", name[64], many[20000];
	size_t size = 0;

	for (size_t k = 0; k < sizeof(text) - 1; k++)
		memcpy(wide + 2 + 2 * k, (const char[]){ text[k], '\0' }, 2);
	snprintf(name, sizeof(name), "b wide %u", i);
	forest_file(root, name, wide, 2 * sizeof(text));
	add_archive(root, "a.b.gz", text, sizeof(text) - 1, false);
	add_archive(root, "z.gz", text, sizeof(text) - 1, true);
	for (int line = 0; size + 300 < sizeof(many); line++)
		size += (size_t)sprintf(many + size, "%*s%s\n", line % 7 == 3 ? 250 : 0, "",
					line % 3 ? "hay" : "needle x");
	forest_file(root, "many", many, size);
	many[size / 2] = '\0';
	forest_file(root, "many binary", many, size);
	forest_link(root, ".gitignore", "nowhere");
	forest_text(root, ".ignore", "b1*\n");
}

static int set_up(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < TREES; i++) {
		trees[i] = forest_open();
		forest_generate(trees[i], 700 + i, 1 + i * i);
		if (i % 2 == 1)
			add_odd_files(trees[i], i);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < TREES; i++)
		forest_close(trees[i]);
	return 0;
}

/* --- what a search delivers --- */

/* A transcript, and what it leaves out. */
struct record {
	struct transcript items;
	struct transcript files; /* of FILE and FILE_END items, what tells of the file */
};

static void note_file(struct record *record, const struct search_item *item)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%llu: %llu bytes, inode %llu on %llu, changed %lld.%u",
			 (unsigned long long)item->file_number, (unsigned long long)item->file_size,
			 (unsigned long long)item->inode, (unsigned long long)item->device, (long long)item->modified,
			 item->modified_ns);
	const struct search_item copy = { .kind = item->kind, .path = line, .path_length = (size_t)n };

	transcript_add(&record->files, &copy);
}

static void note(struct record *record, const struct search_item *item)
{
	transcript_add(&record->items, item);
	if (item->kind == SEARCH_ITEM_FILE || item->kind == SEARCH_ITEM_FILE_END)
		note_file(record, item);
}

static void assert_same_record(const struct record *expected, const struct record *got, const char *what)
{
	assert_same(&expected->items, &got->items, what);
	assert_same(&expected->files, &got->files, what);
}

static void forget(struct record *record)
{
	transcript_free(&record->items);
	transcript_free(&record->files);
}

/* --- a round: random options --- */

struct round {
	struct search_options options;
	struct search_walk walk;
	struct search_pattern patterns[2];
	struct search_source sources[SOURCES];
	char *path[SOURCES]; /* of a source that is a descriptor: opened anew for each page */
	char what[300];
};

static const char memory[] = "a needle\nhay\r\nx\nhay\nneedle needle\r\nhay\nhay\n\nhay needle\nlast needle";

static void choose_source(struct dice *d, struct round *r, size_t i)
{
	static const char *const names[] = { NULL, NULL, "", "shown", "shown/" };
	struct search_source *source = &r->sources[i];
	uint32_t kind = dice_below(d, 100);
	const char *tree = trees[dice_below(d, TREES)];

	source->name = names[dice_below(d, 5)];
	if (kind < 10) {
		source->kind = SEARCH_SOURCE_MEMORY;
		source->data = memory;
		source->size = dice_below(d, sizeof(memory));
	} else if (kind < 25) {
		source->kind = SEARCH_SOURCE_DESCRIPTOR;
		r->path[i] = dice_chance(d, 50) ? strdup(tree) : forest_path(trees[3], "many");
	} else {
		source->path = kind < 30 ? "/nowhere/at/all" : tree;
	}
}

static uint32_t choose_flags(struct dice *d)
{
	static const uint32_t any[] = { SEARCH_MATCH_IGNORE_CASE, SEARCH_MATCH_INVERT, SEARCH_MATCH_WORD,
					SEARCH_WALK_SKIP_HIDDEN, SEARCH_RESULT_NO_SPANS, SEARCH_RESULT_NO_LINE_NUMBERS,
					SEARCH_WALK_FOLLOW, SEARCH_WALK_IGNORE_FILES, SEARCH_RESULT_SOCKET };
	uint32_t flags = 0;

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		flags |= dice_chance(d, 20) ? any[i] : 0;
	flags |= dice_chance(d, 40) ? SEARCH_RESULT_FILE_ENDS : 0U;
	flags |= dice_chance(d, 30) ? SEARCH_RESULT_FILE_INFO : 0U;
	flags |= dice_chance(d, 30) ? SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_ANYWHERE : 0U;
	flags |= dice_chance(d, 40) && archive_can(&archive_programs[0]) ? SEARCH_MATCH_DECOMPRESS : 0U;
	if (dice_chance(d, 30))
		flags |= dice_chance(d, 50) ? SEARCH_MATCH_TEXT : SEARCH_MATCH_SKIP_BINARY;
	if (dice_chance(d, 20))
		flags |= dice_chance(d, 50) ? SEARCH_MATCH_CRLF : SEARCH_MATCH_NUL_LINES;
	if (dice_chance(d, 15) && (flags & SEARCH_MATCH_NUL_LINES) == 0)
		flags |= SEARCH_MATCH_MULTILINE;
	if (dice_chance(d, 12))
		return flags | SEARCH_RESULT_COUNT;
	if (dice_chance(d, 12))
		return flags | SEARCH_RESULT_LIST;
	if (dice_chance(d, 15))
		flags |= SEARCH_RESULT_ALL_LINES;
	if (dice_chance(d, 15) && (flags & SEARCH_RESULT_NO_SPANS) == 0)
		flags |= SEARCH_RESULT_GROUPS;
	return flags;
}

static void choose_patterns(struct dice *d, struct round *r)
{
	static const char *const texts[] = { "needle", "needle", "needles", "ha(y)", "e", "x", "(n)e+dle\\s*(h|x)?", "",
					     "(\\w)\\1" };

	for (int i = 0; i < 2; i++) {
		const char *text = texts[dice_below(d, sizeof(texts) / sizeof(texts[0]))];

		r->patterns[i] = (struct search_pattern){ .text = text, .length = strlen(text) };
	}
	r->options.patterns = r->patterns;
	r->options.pattern_count = dice_chance(d, 70) ? 1 : 2;
}

/* Limits that may differ from page to page. */
static void choose_limits(struct dice *d, struct search_options *o)
{
	static const uint32_t part_bytes[] = { 0, 0, 1, 7, 64, 1000, 70000 };
	static const uint32_t workers[] = { SEARCH_NO_WORKERS, SEARCH_NO_WORKERS, 1, 2, 3, 6 };

	o->workers = workers[dice_below(d, 6)];
	o->max_queued_matches = dice_chance(d, 20) ? 1 + dice_below(d, 20) : 0;
	o->max_queued_bytes = dice_chance(d, 20) ? 1 + dice_below(d, 5000) : 0;
	o->max_open_files = dice_chance(d, 20) ? 2 + dice_below(d, 8) : 0;
	o->split_bytes = part_bytes[dice_below(d, 7)];
}

static void choose_round(struct dice *d, struct round *r)
{
	struct search_options *o = &r->options;

	*o = (struct search_options)SEARCH_OPTIONS_INIT;
	r->walk = (struct search_walk)SEARCH_WALK_INIT;
	o->walk = &r->walk;
	choose_patterns(d, r);
	o->sources = r->sources;
	o->source_count = 1 + dice_below(d, SOURCES);
	for (size_t i = 0; i < o->source_count; i++)
		choose_source(d, r, i);
	set_flags(o, choose_flags(d));
	o->encoding = dice_chance(d, 40) ? "auto" : NULL;
	o->before_context = dice_chance(d, 30) ? dice_below(d, 5) : 0;
	o->after_context = dice_chance(d, 30) ? dice_below(d, 5) : 0;
	o->max_matches_per_file = dice_chance(d, 20) ? 1 + dice_below(d, 4) : 0;
	o->max_line_bytes = dice_chance(d, 20) ? 16 + dice_below(d, 200) : 0;
	o->max_item_bytes = dice_chance(d, 20) ? 16 + dice_below(d, 30) : 0;
	snprintf(r->what, sizeof(r->what),
		 "flags %#x, context %u/%u, %llu a file, encoding %s, pattern %s, %zu sources", get_flags(o),
		 o->before_context, o->after_context, (unsigned long long)o->max_matches_per_file,
		 o->encoding != NULL ? o->encoding : "none", r->patterns[0].text, o->source_count);
}

static void open_sources(struct round *r)
{
	for (int i = 0; i < SOURCES; i++)
		if (r->path[i] != NULL)
			assert_true((r->sources[i].descriptor = open(r->path[i], O_RDONLY)) > 0);
}

static void close_sources(struct round *r)
{
	for (int i = 0; i < SOURCES; i++)
		if (r->path[i] != NULL)
			close(r->sources[i].descriptor);
}

static void end_round(struct round *r)
{
	for (int i = 0; i < SOURCES; i++)
		free(r->path[i]);
}

/* The whole, as far as MOST_ITEMS. Returns the number of items. */
static size_t take_whole(struct dice *d, struct round *r, struct record *record)
{
	const struct search_item *item;
	struct search *s;
	int rc = 1;

	choose_limits(d, &r->options);
	open_sources(r);
	s = open_search(&r->options);
	while (record->items.items < MOST_ITEMS && (rc = search_next(s, &item)) == 1)
		note(record, item);
	assert_true(rc >= 0);
	search_close(s);
	close_sources(r);
	return record->items.items;
}

/* --- pages --- */

struct position {
	char text[CURSOR];
};

static void get_cursor(const struct search *s, struct position *position)
{
	int length = search_cursor(s, position->text, sizeof(position->text));

	assert_true(length > 0 && length < CURSOR);
	assert_int_equal(strlen(position->text), length);
}

/*
 * Takes a page that ends after at most `size` items: at max_matches, or because no more are taken. Returns whether
 * there may be more.
 */
static bool take_page(struct dice *d, struct round *r, uint32_t size, struct record *record, struct position *position)
{
	bool limited = dice_chance(d, 50), first = r->options.resume == NULL;
	enum take how = (enum take)dice_below(d, TAKE_COUNT);
	const struct search_item *item;
	struct search *s;
	uint32_t n = 0;
	int rc = 1;

	choose_limits(d, &r->options);
	r->options.max_matches = limited ? size : 0;
	open_sources(r);
	s = open_search(&r->options);
	assert_true(!first || search_cursor(s, NULL, 0) == SEARCH_EINVAL);
	while ((limited || n < size) && record->items.items < MOST_ITEMS && (rc = take_item(s, how, &item)) == 1) {
		note(record, item);
		n++;
	}
	assert_true(rc >= 0);
	if (n > 0 || !first)
		get_cursor(s, position);
	search_close(s);
	close_sources(r);
	r->options.max_matches = 0;
	return n > 0 && record->items.items < MOST_ITEMS && (rc == 1 || limited);
}

static void play_pages(uint64_t seed)
{
	static const uint32_t sizes[] = { 1, 2, 3, 10, 100, 1000 };
	struct dice d = { seed };
	struct round r = { 0 };
	struct record whole = { 0 }, pages = { 0 };
	struct position position;
	size_t items;
	uint32_t size;
	char what[400];

	choose_round(&d, &r);
	items = take_whole(&d, &r, &whole);
	do
		size = sizes[dice_below(&d, 6)];
	while (items / size > 25);
	snprintf(what, sizeof(what), "PS_SEED=%llu, pages of %u, %s", (unsigned long long)seed, size, r.what);
	while (take_page(&d, &r, size, &pages, &position))
		r.options.resume = position.text;
	assert_same_record(&whole, &pages, what);
	forget(&whole);
	forget(&pages);
	end_round(&r);
}

static void test_pages__joined_are_the_whole(void **state)
{
	uint64_t seed = random_seed();

	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(TEST_SANITIZED ? 50 : 150, SCALED(3000)); i < rounds; i++)
		play_pages(seed + i);
}

/* --- pages that begin amid a large file --- */

enum { LARGE = 300000, CUTS = 6 };

/* A text with all that makes it hard to begin amid it: NULs, bytes that are no UTF-8, lines that are too long. */
static size_t make_large_text(struct dice *d, char *to)
{
	static const char *const pieces[] = { "needle", "hay ", "x", "\n", "\n", "\r\n", "needle\n", "\n\n", "\xFF",
					      "a line of some length\n" };
	size_t n = 0;

	if (dice_chance(d, 30)) {
		memcpy(to, "\xEF\xBB\xBF", 3);
		n = 3;
	}
	while (n + 64 < LARGE) {
		const char *piece = pieces[dice_below(d, dice_chance(d, 99) ? 10 : 3)];

		memcpy(to + n, piece, strlen(piece));
		n += strlen(piece);
	}
	if (dice_chance(d, 50))
		to[70000 + dice_below(d, LARGE - 80000)] = '\0'; /* too late to make the whole file binary */
	return n;
}

/* Takes all items. Of those with the numbers in `at` it notes the cursor, and how long the transcript was then. */
static void take_with_cursors(struct dice *d, struct round *r, struct record *record, const uint32_t *at,
			      struct position *cursors, size_t *lengths)
{
	const struct search_item *item;
	struct search *s;
	uint32_t n = 0;

	choose_limits(d, &r->options);
	s = open_search(&r->options);
	while (search_next(s, &item) == 1) {
		note(record, item);
		n++;
		for (int i = 0; i < CUTS; i++)
			if (at[i] == n) {
				get_cursor(s, &cursors[i]);
				lengths[i] = record->items.length;
			}
	}
	search_close(s);
}

/* Each cursor gives the rest of the items. */
static void play_large(uint64_t seed, const char *tree)
{
	static char text[LARGE];
	static struct position cursors[CUTS];
	struct dice d = { seed };
	struct round r = { 0 };
	struct record whole = { 0 };
	size_t lengths[CUTS] = { 0 };
	uint32_t at[CUTS], most = 1U << (4 + dice_below(&d, 11));

	choose_round(&d, &r);
	end_round(&r);
	drop_flags(&r.options, SEARCH_RESULT_LIST | SEARCH_MATCH_DECOMPRESS);
	r.sources[0] = (struct search_source){ .path = tree };
	r.options.source_count = 1;
	forest_file(tree, "large", text, make_large_text(&d, text));
	for (int i = 0; i < CUTS; i++)
		at[i] = 1 + dice_below(&d, most);
	take_with_cursors(&d, &r, &whole, at, cursors, lengths);
	for (int i = 0; i < CUTS; i++) {
		struct record rest = { 0 };
		char what[400];

		if (lengths[i] == 0)
			continue;
		snprintf(what, sizeof(what), "PS_SEED=%llu, after item %u, %s", (unsigned long long)seed, at[i], r.what);
		r.options.resume = cursors[i].text;
		take_with_cursors(&d, &r, &rest, (uint32_t[CUTS]){ 0 }, NULL, NULL);
		r.options.resume = NULL;
		if (rest.items.length != whole.items.length - lengths[i] ||
		    (rest.items.length > 0 &&
		     memcmp(whole.items.bytes + lengths[i], rest.items.bytes, rest.items.length) != 0)) {
			whole.items.bytes += lengths[i];
			whole.items.length -= lengths[i];
			show_difference(&whole.items, &rest.items);
			fail_msg("%s: other items than expected", what);
		}
		forget(&rest);
	}
	forget(&whole);
}

static void test_pages__a_page_may_begin_amid_a_large_file(void **state)
{
	char *tree = forest_open_in_memory();
	uint64_t seed = random_seed();

	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(TEST_SANITIZED ? 12 : 40, SCALED(200)); i < rounds; i++)
		play_large(seed + i, tree);
	forest_close(tree);
}

/* --- shards --- */

/* Takes what lies between two cursors, either of which may be empty: the start or the end. */
static void take_shard(struct dice *d, struct round *r, const struct position *from, const struct position *until,
		       struct record *record)
{
	const struct search_item *item;
	struct search *s;
	int rc;

	choose_limits(d, &r->options);
	r->options.resume = from->text[0] != '\0' ? from->text : NULL;
	r->options.until = until->text[0] != '\0' ? until->text : NULL;
	open_sources(r);
	s = open_search(&r->options);
	while ((rc = search_next(s, &item)) == 1 && record->items.items < 2 * MOST_ITEMS)
		note(record, item);
	assert_true(rc >= 0);
	if (rc == 0)
		assert_int_equal(search_outcome(s), SEARCH_OUTCOME_COMPLETE);
	search_close(s);
	close_sources(r);
	r->options.resume = r->options.until = NULL;
}

enum { SHARDS = 5 };

/* Cuts after the items with these numbers, in order. */
static void choose_cuts(struct dice *d, struct round *r, size_t items, struct position *cuts)
{
	const struct search_item *item;
	struct search *s;
	size_t at[SHARDS - 1], n = 0;

	for (int i = 0; i < SHARDS - 1; i++)
		at[i] = dice_below(d, (uint32_t)items);
	open_sources(r);
	s = open_search(&r->options);
	for (int i = 0; i < SHARDS - 1; i++)
		for (int k = i + 1; k < SHARDS - 1; k++)
			if (at[k] < at[i]) {
				size_t swap = at[i];

				at[i] = at[k];
				at[k] = swap;
			}
	for (int i = 0; i < SHARDS - 1; i++) {
		for (; n <= at[i]; n++)
			assert_int_equal(search_next(s, &item), 1);
		get_cursor(s, &cuts[i]);
	}
	search_close(s);
	close_sources(r);
}

static void play_shards(uint64_t seed)
{
	static struct position cuts[SHARDS + 1];
	struct dice d = { seed };
	struct round r = { 0 };
	struct record whole = { 0 }, shards = { 0 }, none = { 0 };
	size_t items;
	char what[400];

	choose_round(&d, &r);
	snprintf(what, sizeof(what), "PS_SEED=%llu, shards, %s", (unsigned long long)seed, r.what);
	items = take_whole(&d, &r, &whole);
	if (items > 0 && items < MOST_ITEMS) {
		choose_cuts(&d, &r, items, cuts + 1);
		cuts[0].text[0] = cuts[SHARDS].text[0] = '\0';
		for (int i = 0; i < SHARDS; i++)
			take_shard(&d, &r, &cuts[i], &cuts[i + 1], &shards);
		assert_same_record(&whole, &shards, what);
		take_shard(&d, &r, &cuts[2], &cuts[1], &none); /* the wrong way round there is nothing */
		assert_int_equal(none.items.items, 0);
	}
	forget(&whole);
	forget(&shards);
	end_round(&r);
}

static void test_pages__shards_are_the_whole(void **state)
{
	uint64_t seed = random_seed();

	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(TEST_SANITIZED ? 25 : 70, SCALED(600)); i < rounds; i++)
		play_shards(seed + i);
}

/* --- files that change between two pages --- */

enum { LINES = 5 };

static char *place; /* the tree of these tests */

static void write_lines(const char *name, int first, int count, const char *format)
{
	char text[2000] = "";
	size_t size = 0;

	for (int i = 0; i < count; i++)
		size += (size_t)sprintf(text + size, format, first + i);
	forest_text(place, name, text);
}

/* a, d/b, d/c and e, each with LINES matches. */
static void make_place(void)
{
	static const char *const names[] = { "a", "d/b", "d/c", "e" };

	place = forest_open();
	forest_directory(place, "d");
	for (int i = 0; i < 4; i++)
		write_lines(names[i], 1, LINES, "needle %d\n");
}

static void run_in_place(const char *command)
{
	char line[500];

	snprintf(line, sizeof(line), "cd '%s' && %s", place, command);
	assert_int_equal(system(line), 0);
}

/* A page in short: names and lines, '!' after an item that says that the file was changed. */
static void describe_page(const struct search_options *options, char *to, size_t space)
{
	const struct search_item *item;
	struct search *s = open_search(options);
	size_t length = 0;
	int rc;

	*to = '\0';
	while ((rc = search_next(s, &item)) == 1 && length < space - 100) {
		length += (size_t)sprintf(to + length, "%s%s", length > 0 ? " " : "", strrchr(item->path, '/') + 1);
		length += (size_t)sprintf(to + length, "%s", item->kind == SEARCH_ITEM_ERROR      ? "error"
							     : item->kind == SEARCH_ITEM_FILE_END ? "end"
												  : "");
		length += (size_t)sprintf(to + length, "%s", item->flags & SEARCH_ITEM_FLAG_CHANGED ? "!" : "");
		if (item->line > 0)
			length += (size_t)sprintf(to + length, ":%u", (unsigned)item->line);
	}
	assert_int_equal(rc, 0);
	search_close(s);
}

static void take_items(struct search *s, int count)
{
	const struct search_item *item;

	for (int i = 0; i < count; i++)
		assert_int_equal(search_next(s, &item), 1);
}

static void try_change(uint32_t flags, int taken, const char *command, const char *expected)
{
	struct position position;
	struct simple simple;
	struct search *s;
	char got[1000];

	make_place();
	simple_init(&simple, "needle", place);
	set_flags(&simple.options, flags);
	s = open_search(&simple.options);
	take_items(s, taken);
	get_cursor(s, &position);
	search_close(s);
	run_in_place(command);
	simple.options.resume = position.text;
	describe_page(&simple.options, got, sizeof(got));
	if (strcmp(got, expected) != 0)
		fail_msg("after %d items, then %s:\nexpected %s\ngot      %s", taken, command, expected, got);
	forest_close(place);
}

static void test_pages__files_may_change_between_them(void **state)
{
	static const struct {
		int taken;
		const char *change, *expected;
	} cases[] = {
#define C_AND_E " c:1 c:2 c:3 c:4 c:5 e:1 e:2 e:3 e:4 e:5"
#define C_FIRST "c!:1 c:2 c:3 c:4 c:5 e:1 e:2 e:3 e:4 e:5"
		{ 8, "true", "b:4 b:5" C_AND_E },
		{ 8, "echo hay >>d/b", "b!:4 b:5" C_AND_E },
		{ 8, "echo needle >>d/b", "b!:4 b:5 b:6" C_AND_E },
		{ 8, "touch -d yesterday d/b", "b!:4 b:5" C_AND_E },
		{ 8, "cp -p d/b x && mv x d/b", "b!:4 b:5" C_AND_E },
		{ 8, "truncate -s 20 d/b", C_FIRST },
		{ 8, "truncate -s 34 d/b", "b!:4" C_AND_E },
		{ 8, "truncate -s 0 d/b", C_FIRST },
		{ 8, "(echo hay; cat d/b) >x && mv x d/b", C_FIRST },
		{ 8, "(echo needle; cat d/b) >x && mv x d/b", C_FIRST },
		{ 8, "sed 2d d/b >x && mv x d/b", C_FIRST },
		{ 8, "(echo needle 0; cat d/b) >x && mv x d/b", C_FIRST },
		{ 8, "(cat d/b; echo needle 6) >x && mv x d/b", "b!:4 b:5 b:6" C_AND_E },
		{ 8, "rm d/b", C_FIRST },
		{ 8, "mv d/b d/bb", "bb!:1 bb:2 bb:3 bb:4 bb:5" C_AND_E },
		{ 8, "rm d/b && mkdir d/b && cp a d/b/x", "x!:1 x:2 x:3 x:4 x:5" C_AND_E },
		{ 8, "rm d/b && ln -s ../a d/b", C_FIRST },
		{ 8, "rm -r d", "e!:1 e:2 e:3 e:4 e:5" },
		{ 8, "rm -r d && cp a d", "d!:1 d:2 d:3 d:4 d:5 e:1 e:2 e:3 e:4 e:5" },
		{ 8, "rm -r d e", "" },
		/* other files than that of the cursor are what they are */
		{ 8, "rm a && cp e d/a && rm d/c && cp e d/d", "b:4 b:5 d:1 d:2 d:3 d:4 d:5 e:1 e:2 e:3 e:4 e:5" },
		/* after the last match of a file it is not known that there is no more in it */
		{ 10, "true", "c:1 c:2 c:3 c:4 c:5 e:1 e:2 e:3 e:4 e:5" },
		{ 10, "echo needle >>d/b", "b!:6" C_AND_E },
		{ 10, "rm d/b", C_FIRST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		try_change(0, cases[i].taken, cases[i].change, cases[i].expected);
	/* after its end it is */
	try_change(SEARCH_RESULT_COUNT, 2, "rm d/b", "cend eend");
	try_change(SEARCH_RESULT_COUNT, 2, "echo needle >>d/b", "cend eend");
	try_change(SEARCH_RESULT_LIST, 2, "rm d/b", "c e");
	/* and a file that changed has an end in any case */
	try_change(SEARCH_RESULT_FILE_ENDS, 9, "echo needle >x && mv x d/b",
		   "bend! c:1 c:2 c:3 c:4 c:5 cend e:1 e:2 e:3 e:4 e:5 eend");
	try_change(SEARCH_WALK_FOLLOW, 8, "rm d/b && ln -s nowhere d/b", "berror!" C_AND_E);
}

/* A change while the first page is searched: its cursor cannot tell whether that was before or after. */
static void test_pages__a_change_during_the_search_is_told(void **state)
{
	struct position position;
	struct simple simple;
	struct search *s;
	char got[1000];

	(void)state;
	make_place();
	simple_init(&simple, "needle", place);
	s = open_search(&simple.options);
	take_items(s, 8);
	usleep(20000); /* files are stamped by a clock that moves every few milliseconds */
	run_in_place("echo needle >>d/b");
	get_cursor(s, &position);
	search_close(s);
	simple.options.resume = position.text;
	describe_page(&simple.options, got, sizeof(got));
	assert_string_equal(got, "b!:4 b:5 b:6" C_AND_E);
	forest_close(place);
}

/* A file that the host has opened: what it is now is asked of its descriptor. */
static void test_pages__a_file_given_as_a_descriptor_may_change(void **state)
{
	static const struct {
		const char *change, *expected;
	} cases[] = { { "true", "a:4 a:5" }, { "echo needle >>a", "a!:4 a:5 a:6" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct position position;
		struct simple simple;
		struct search *s;
		char got[1000], *path;

		make_place();
		path = forest_path(place, "a");
		simple_init(&simple, "needle", "");
		simple.source = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR, .name = "shown/a" };
		simple.source.descriptor = open(path, O_RDONLY);
		s = open_search(&simple.options);
		take_items(s, 3);
		get_cursor(s, &position);
		search_close(s);
		close(simple.source.descriptor);
		run_in_place(cases[i].change);
		simple.source.descriptor = open(path, O_RDONLY);
		simple.options.resume = position.text;
		describe_page(&simple.options, got, sizeof(got));
		assert_string_equal(got, cases[i].expected);
		close(simple.source.descriptor);
		free(path);
		forest_close(place);
	}
}

/* --- what is not searched --- */

/* A page that begins late in a large file reads little of what lies before, unless that has to be decoded. */
static void test_pages__what_lies_before_in_a_large_file_is_not_read(void **state)
{
	enum { TEXT_LINES = 100000, LINE = 10, MATCHES = 10, TAKEN = 4, SIZE = TEXT_LINES * LINE };
	static const struct {
		const char *encoding;
		uint64_t least, most; /* bytes */
	} rows[] = { { NULL, 1, SIZE / 4 }, { "auto", 1, SIZE / 4 }, { "iso-8859-1", SIZE, 2 * SIZE } };
	char *tree = forest_open(), *text = malloc(SIZE);

	(void)state;
	for (int i = 0; i < TEXT_LINES; i++)
		memcpy(text + (size_t)i * LINE, i >= TEXT_LINES - MATCHES ? "a needle!\n" : "hay, h\xE4y!\n", LINE);
	forest_file(tree, "large", text, SIZE);
	for (int i = 0; i < 9; i++) {
		struct search_stats stats = SEARCH_STATS_INIT;
		const struct search_item *item;
		struct position from;
		struct simple simple;
		struct search *s;

		simple_init(&simple, "needle", tree);
		simple.options.encoding = rows[i / 3].encoding;
		s = open_search(&simple.options);
		take_items(s, TAKEN);
		get_cursor(s, &from);
		search_close(s);
		simple.options.resume = from.text;
		simple.options.workers = i % 3 == 0 ? SEARCH_NO_WORKERS : (uint32_t)i % 3;
		s = open_search(&simple.options);
		for (int k = TAKEN; k < MATCHES; k++) {
			assert_int_equal(search_next(s, &item), 1);
			assert_int_equal(item->line, TEXT_LINES - MATCHES + k + 1);
		}
		assert_int_equal(search_next(s, &item), 0);
		assert_int_equal(search_stats(s, &stats), SEARCH_OK);
		assert_in_range(stats.bytes, rows[i / 3].least, rows[i / 3].most);
		search_close(s);
	}
	free(text);
	forest_close(tree);
}

static void test_pages__what_lies_before_and_behind_is_not_searched(void **state)
{
	enum { FILES = 1000 };
	char *tree = forest_open();
	struct search_stats stats = SEARCH_STATS_INIT;
	struct position from, until;
	struct simple simple;
	struct search *s;

	(void)state;
	forest_many(tree, FILES);
	simple_init(&simple, "needle", tree);
	s = open_search(&simple.options);
	take_items(s, FILES / 2 + 30);
	get_cursor(s, &from);
	take_items(s, 20);
	get_cursor(s, &until);
	search_close(s);
	simple.options.resume = from.text;
	simple.options.until = until.text;
	for (int workers = 0; workers < 4; workers += 1 + !runs_long()) {
		simple.options.workers = workers == 0 ? SEARCH_NO_WORKERS : (uint32_t)workers;
		s = open_search(&simple.options);
		take_items(s, 20);
		take_items(s, 0);
		assert_int_equal(search_next(s, &(const struct search_item *){ NULL }), 0);
		assert_int_equal(search_stats(s, &stats), SEARCH_OK);
		assert_int_equal(stats.directories, 2); /* the tree, and the one that both are in */
		assert_int_equal(stats.files_found, 21);
		assert_int_equal(stats.matches, 21);
		search_close(s);
	}
	forest_close(tree);
}

/* --- cursors that cannot be used --- */

static void refuse(const struct search_options *options, size_t index, const char *words)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;

	if (search_open(&s, options, &error) == SEARCH_OK)
		fail_msg("%s was taken", index == 0 ? options->resume : options->until);
	assert_int_equal(error.code, SEARCH_EINVAL);
	assert_int_equal(error.subject, SEARCH_SUBJECT_CURSOR);
	assert_int_equal(error.index, index);
	if (strstr(error.message, words) == NULL || strstr(error.message, index == 0 ? "resume" : "until") == NULL)
		fail_msg("'%s' does not say '%s'", error.message, words);
}

static void make_cursor(struct simple *simple, struct position *position)
{
	struct search *s;

	make_place();
	simple_init(simple, "needle", place);
	s = open_search(&simple->options);
	take_items(s, 8);
	get_cursor(s, position);
	search_close(s);
}

static void test_pages__a_damaged_cursor_is_refused(void **state)
{
	struct position whole, damaged;
	struct simple simple;
	size_t length;

	(void)state;
	make_cursor(&simple, &whole);
	length = strlen(whole.text);
	simple.options.resume = damaged.text;
	for (size_t i = 0; i < length; i++) {
		for (int bit = 0; bit < 8; bit++) {
			damaged = whole;
			damaged.text[i] ^= (char)(1 << bit);
			refuse(&simple.options, 0, "");
		}
		damaged = whole;
		damaged.text[i] = '\0';
		refuse(&simple.options, 0, "");
		memmove(damaged.text + i, whole.text + i + 1, length - i);
		refuse(&simple.options, 0, "");
	}
	damaged = whole;
	memcpy(damaged.text + length, "0", 2);
	refuse(&simple.options, 0, "damaged or incomplete");
	strcpy(damaged.text, "hello");
	refuse(&simple.options, 0, "is not a cursor");
	strcpy(damaged.text, "");
	refuse(&simple.options, 0, "is not a cursor");
	damaged = whole;
	damaged.text[2] = '2';
	refuse(&simple.options, 0, "another version");
	simple.options.resume = NULL;
	simple.options.until = damaged.text;
	refuse(&simple.options, 1, "another version");
	forest_close(place);
}

/* Puts the right checksum at the end of a text that begins like a cursor. */
static void seal(char *text)
{
	uint32_t sum = 2166136261U;
	char *end = strrchr(text, '.') + 1;

	for (const char *c = text; c < end; c++)
		sum = (sum ^ (unsigned char)*c) * 16777619U;
	sprintf(end, "%08x", sum);
}

/* Somebody may forge one: it is refused, or means something. */
static void test_pages__a_forged_cursor_does_no_harm(void **state)
{
	static const char *const pieces[] = { "f", "ffffffffffffffff", "0", "1", "%", "%0", "%00", "%2f", "/", "//",
					      ".", "..", "z", "d/b", "../../", "%c3" };
	struct dice d = { random_seed() };
	struct position whole, forged;
	struct simple simple;

	(void)state;
	make_cursor(&simple, &whole);
	for (size_t i = 0, rounds = how_many_rounds(2000, SCALED(30000)); i < rounds; i++) {
		size_t length = strlen(whole.text), at = 23 + dice_below(&d, (uint32_t)length - 32);
		size_t cut = dice_below(&d, 4);
		struct search *s;

		cut = at + cut > length - 9 ? 0 : cut;
		snprintf(forged.text, sizeof(forged.text), "%.*s%s%s", (int)at, whole.text,
			 pieces[dice_below(&d, sizeof(pieces) / sizeof(pieces[0]))], whole.text + at + cut);
		seal(forged.text);
		simple.options.resume = dice_chance(&d, 70) ? forged.text : NULL;
		simple.options.until = simple.options.resume == NULL || dice_chance(&d, 30) ? forged.text : NULL;
		simple.options.workers = SEARCH_NO_WORKERS;
		if (search_open(&s, &simple.options, NULL) == SEARCH_OK) {
			const struct search_item *item;
			int rc;

			while ((rc = search_next(s, &item)) == 1)
				;
			assert_int_equal(rc, 0);
			search_close(s);
		}
	}
	forest_close(place);
}

static int no_source(void *context, struct search_source *source)
{
	(void)context;
	(void)source;
	return 0;
}

static void test_pages__a_cursor_of_another_search_is_refused(void **state)
{
	static const struct search_glob glob = { .text = "*.c" };
	struct search_pattern other = { .text = "hay", .length = 3 };
	struct search_source source = { .path = "/" };
	struct position position;
	struct simple simple;
	struct search_options o;

	(void)state;
	make_cursor(&simple, &position);
	simple.options.resume = position.text;
#define WITH(change, words) \
	do { \
		o = simple.options; \
		change; \
		refuse(&o, 0, words); \
	} while (0)
	WITH(o.patterns = &other, "other patterns or options");
	WITH(o.pattern_count = 0, "other patterns or options");
	WITH(o.syntax = SEARCH_SYNTAX_PERL, "other patterns or options");
	WITH(o.match_flags = SEARCH_MATCH_INVERT, "other patterns or options");
	WITH(o.result_flags = SEARCH_RESULT_FILE_ENDS, "other patterns or options");
	WITH(o.result_flags = SEARCH_RESULT_LIST, "other patterns or options");
	WITH(o.before_context = 1, "other patterns or options");
	WITH(o.after_context = 1, "other patterns or options");
	WITH(o.max_matches_per_file = 1, "other patterns or options");
	WITH(o.max_line_bytes = 100, "other patterns or options");
	WITH(o.max_item_bytes = 100, "other patterns or options");
	WITH(o.max_multiline_bytes = 100, "other patterns or options");
	WITH(o.encoding = "auto", "other patterns or options");
	WITH(o.sources = &source, "other sources");
	WITH(o.source_count = 0, "other sources");
	WITH(o.result_flags = SEARCH_RESULT_UNORDERED, "SEARCH_RESULT_UNORDERED");
	WITH(o.next_source = no_source, "next_source");
#define WALK(change) WITH(struct search_walk walk = SEARCH_WALK_INIT; o.walk = &walk; change, "other options for walks")
	WALK(walk.flags = SEARCH_WALK_SKIP_HIDDEN);
	WALK(walk.max_depth = 9);
	WALK(walk.max_file_size = 9000);
	WALK(walk.globs = &glob; walk.glob_count = 1);
	WALK(walk.home = "/root");
	forest_close(place);
}

static void test_pages__limits_may_differ(void **state)
{
	struct position position;
	struct simple simple;
	char got[1000];

	(void)state;
	make_cursor(&simple, &position);
	simple.options.resume = position.text;
	simple.options.workers = 3;
	simple.options.max_matches = 2;
	simple.options.max_queued_bytes = 500;
	simple.options.max_queued_matches = 3;
	simple.options.max_open_files = 3;
	simple.options.split_bytes = 10;
	simple.options.timeout_ms = 600000;
	simple.options.result_flags = SEARCH_RESULT_SOCKET | SEARCH_RESULT_FILE_INFO;
	describe_page(&simple.options, got, sizeof(got));
	assert_string_equal(got, "b:4 b:5");
	forest_close(place);
}

/*
 * The limit on matches is reached before the end of the shard, which lies amid the context after the last one. What is
 * left out there is not counted: a page may begin where the shard ended.
 */
static void test_pages__a_shard_may_end_amid_context_after_the_limit(void **state)
{
	struct position end, same;
	const struct search_item *item;
	struct simple simple;
	struct search *s;
	char got[1000];

	(void)state;
	place = forest_open();
	write_lines("a", 1, 1, "needle %d\n");
	forest_text(place, "b", "a needle\nhay\nhay\nhay\na needle\n");
	simple_init(&simple, "needle", place);
	simple.options.after_context = 3;
	s = open_search(&simple.options);
	take_items(s, 3);
	get_cursor(s, &end);
	search_close(s);
	simple.options.max_matches = 2;
	simple.options.until = end.text;
	s = open_search(&simple.options);
	take_items(s, 3);
	assert_int_equal(search_next(s, &item), 0);
	get_cursor(s, &same);
	search_close(s);
	simple.options.max_matches = 0;
	simple.options.until = NULL;
	simple.options.resume = same.text;
	describe_page(&simple.options, got, sizeof(got));
	assert_string_equal(got, "b:3 b:4 b:5");
	forest_close(place);
}

/* A tree determines no item: so a page may be searched with one that the other was searched without. */
static void test_pages__a_cursor_is_the_same_with_a_tree(void **state)
{
	struct position with, without;
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;
	struct search_tree *tree;
	struct simple simple;
	char got[1000], rest[1000];

	(void)state;
	make_cursor(&simple, &without);
	usleep(50000); /* else the files are too young for a tree */
	simple.options.resume = without.text;
	describe_page(&simple.options, rest, sizeof(rest));
	simple.options.resume = NULL;
	assert_int_equal(search_tree_open(&tree, NULL, NULL), SEARCH_OK);
	simple.options.tree = tree;
	for (int round = 0; round < 3; round++) { /* the tree knows nothing, listings, signatures */
		struct search *s = open_search(&simple.options);

		take_items(s, 8);
		get_cursor(s, &with);
		search_close(s);
		assert_string_equal(with.text, without.text);
		simple.options.resume = with.text;
		describe_page(&simple.options, got, sizeof(got));
		assert_string_equal(got, rest);
		simple.options.tree = NULL;
		describe_page(&simple.options, got, sizeof(got));
		assert_string_equal(got, rest);
		simple.options.tree = tree;
		simple.options.resume = NULL;
		assert_int_equal(search_tree_learn(tree, 1000), SEARCH_OK);
	}
	assert_int_equal(search_tree_stats(tree, &stats), SEARCH_OK);
	assert_int_equal(stats.signatures, 4);
	search_tree_close(tree);
	forest_close(place);
}

/* While there is nothing new, and after the end, a cursor stays as it was, although its batch is somebody else's. */
static void test_pages__a_cursor_stays_until_the_next_item(void **state)
{
	enum { FILES = 600 };
	char *tree = forest_open();
	struct position last, now;
	struct simple simple;
	size_t waits = 0;

	(void)state;
	forest_many(tree, FILES);
	simple_init(&simple, "needle", tree);
	simple.options.max_queued_bytes = 1; /* rings are used again soon */
	for (uint32_t workers = 1; workers < 5; workers++) {
		const struct search_item *item;
		struct search *s;
		size_t items = 0;
		int rc;

		simple.options.workers = workers;
		s = open_search(&simple.options);
		while ((rc = search_try_next(s, &item)) != 0) {
			if (rc == 1)
				items++;
			else
				waits += items > 0;
			if (items > 0)
				get_cursor(s, rc == 1 ? &last : &now);
			if (items > 0 && rc == SEARCH_EAGAIN)
				assert_string_equal(last.text, now.text);
		}
		assert_int_equal(items, FILES);
		get_cursor(s, &now);
		assert_string_equal(last.text, now.text);
		search_close(s);
	}
	printf("%zu waits\n", waits);
	assert_true(waits > 0);
	forest_close(tree);
}

/* Files in parts of which nothing is delivered pass meanwhile: they leave the path of the last item alone. */
static void test_pages__a_cursor_stays_though_files_without_items_follow(void **state)
{
	enum { FILES = 20, SIZE = 70000 };
	char *tree = forest_open(), *text = malloc(SIZE);
	struct position last, now;
	struct simple simple;

	(void)state;
	memset(text, '\n', SIZE);
	forest_text(tree, "a long name", "a needle\n"); /* the others fit in its place */
	for (int i = 0; i < FILES; i++) {
		char name[10];

		sprintf(name, "b%d", i);
		forest_file(tree, name, text, SIZE);
	}
	simple_init(&simple, "needle", tree);
	simple.options.split_bytes = SIZE / 3;
	simple.options.max_queued_bytes = 1; /* rings, and the paths with them, are used again soon */
	for (uint32_t workers = 1; workers < 4; workers++) {
		const struct search_item *item;
		struct search *s;

		simple.options.workers = workers;
		s = open_search(&simple.options);
		take_items(s, 1);
		get_cursor(s, &last);
		assert_int_equal(search_next(s, &item), 0);
		get_cursor(s, &now);
		assert_string_equal(last.text, now.text);
		search_close(s);
	}
	free(text);
	forest_close(tree);
}

static void test_pages__a_cursor_may_be_cut_short(void **state)
{
	struct position whole;
	struct simple simple;
	struct search *s;
	char part[CURSOR];
	int length;

	(void)state;
	make_place();
	simple_init(&simple, "needle", place);
	s = open_search(&simple.options);
	assert_int_equal(search_cursor(s, part, sizeof(part)), SEARCH_EINVAL);
	assert_string_equal(part, "");
	take_items(s, 8);
	get_cursor(s, &whole);
	length = (int)strlen(whole.text);
	assert_int_equal(search_cursor(s, NULL, 0), length);
	assert_int_equal(search_cursor(s, NULL, 1), SEARCH_EINVAL);
	assert_int_equal(search_cursor(NULL, part, sizeof(part)), SEARCH_EINVAL);
	for (int size = 1; size <= length + 2; size++) {
		memset(part, 'x', sizeof(part));
		assert_int_equal(search_cursor(s, part, (size_t)size), length);
		assert_int_equal(strlen(part), size <= length ? size - 1 : length);
		assert_memory_equal(part, whole.text, strlen(part));
		assert_true(part[size] == 'x');
	}
	search_close(s);
	/* before its first item a page has the cursor that it began with */
	simple.options.resume = whole.text;
	s = open_search(&simple.options);
	for (int size = 1; size <= length + 2; size++) {
		assert_int_equal(search_cursor(s, part, (size_t)size), length);
		assert_int_equal(strlen(part), size <= length ? size - 1 : length);
		assert_memory_equal(part, whole.text, strlen(part));
	}
	search_close(s);
	forest_close(place);
}

/* --- shards by size --- */

/* Lists the files, and cuts the list where so many bytes have come; then searches the shards. */
static void test_pages__a_list_of_files_cuts_a_search(void **state)
{
	static struct position cuts[10];
	struct record whole = { 0 }, shards = { 0 };
	const struct search_item *item;
	struct dice d = { random_seed() };
	struct round r = { 0 };
	struct simple simple;
	uint64_t bytes = 0, files = 0;
	struct search *s;
	int n = 1;

	(void)state;
	simple_init(&simple, "needle", trees[TREES - 1]);
	r.options = simple.options;
	take_whole(&d, &r, &whole);
	set_flags(&r.options, SEARCH_RESULT_LIST | SEARCH_RESULT_FILE_INFO);
	s = open_search(&r.options);
	while (search_next(s, &item) == 1) {
		char *path = forest_path("", item->path);
		struct stat st;

		if (item->kind == SEARCH_ITEM_FILE && item->file_size > 0) {
			assert_int_equal(stat(path, &st), 0);
			assert_true(item->file_number == files);
			assert_true(item->file_size == (uint64_t)st.st_size && item->inode == st.st_ino);
			assert_true(item->device == st.st_dev && item->modified == st.st_mtim.tv_sec);
			assert_int_equal(item->modified_ns, st.st_mtim.tv_nsec);
		}
		files += item->kind == SEARCH_ITEM_FILE;
		bytes += item->file_size;
		if (bytes > 20000 && n < 9) {
			bytes = 0;
			get_cursor(s, &cuts[n++]);
		}
		free(path);
	}
	search_close(s);
	assert_true(n > 3);
	set_flags(&r.options, 0);
	for (int i = 0; i < n; i++)
		take_shard(&d, &r, &cuts[i], &cuts[i + 1], &shards);
	assert_same(&whole.items, &shards.items, "shards by size");
	forget(&whole);
	forget(&shards);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages__joined_are_the_whole),
		cmocka_unit_test(test_pages__a_page_may_begin_amid_a_large_file),
		cmocka_unit_test(test_pages__shards_are_the_whole),
		cmocka_unit_test(test_pages__files_may_change_between_them),
		cmocka_unit_test(test_pages__a_change_during_the_search_is_told),
		cmocka_unit_test(test_pages__a_file_given_as_a_descriptor_may_change),
		cmocka_unit_test(test_pages__what_lies_before_in_a_large_file_is_not_read),
		cmocka_unit_test(test_pages__what_lies_before_and_behind_is_not_searched),
		cmocka_unit_test(test_pages__a_damaged_cursor_is_refused),
		cmocka_unit_test(test_pages__a_forged_cursor_does_no_harm),
		cmocka_unit_test(test_pages__a_cursor_of_another_search_is_refused),
		cmocka_unit_test(test_pages__limits_may_differ),
		cmocka_unit_test(test_pages__a_shard_may_end_amid_context_after_the_limit),
		cmocka_unit_test(test_pages__a_cursor_is_the_same_with_a_tree),
		cmocka_unit_test(test_pages__a_cursor_stays_until_the_next_item),
		cmocka_unit_test(test_pages__a_cursor_stays_though_files_without_items_follow),
		cmocka_unit_test(test_pages__a_cursor_may_be_cut_short),
		cmocka_unit_test(test_pages__a_list_of_files_cuts_a_search),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
