/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_parts.c - a large file gives the same items in parts of any size as in one piece.
 *
 * The reference is a search without workers, which never cuts a file.
 *
 * The program is linked with --wrap for the library's clock, by which it decides when to cut a file.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/forest.h"
#include "../support/scale.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"

/* When the library has asked for the time this often, ten milliseconds pass, or `leap`; 0: the clock is right. */
static _Atomic uint64_t rest;
enum { LEAP = 10000000 }; /* nanoseconds */
static _Atomic uint64_t leap = LEAP;
static _Atomic uint64_t asked;

uint64_t __real_ps_time(void);
uint64_t __wrap_ps_time(void);

uint64_t __wrap_ps_time(void)
{
	uint64_t often = atomic_load(&rest), n;

	if (often == 0)
		return __real_ps_time();
	n = atomic_fetch_add(&asked, 1);
	return 1 + n + n / often * atomic_load(&leap);
}

/* A text of about `size` bytes, with all that makes the border between two parts difficult. */
static size_t make_text(struct dice *d, char *to, size_t size)
{
	static const char *const pieces[] = { "needle", "hay ", "x", "", "\n", "\n", "\r\n", "\r", "needle\n", "\n\n",
					      "caf\xC3\xA9 ", "\xFF", "a line of some length\n" };
	uint32_t most = dice_chance(d, 30) ? 4 : 13; /* without line ends most lines are long */
	size_t n = 0;

	if (dice_chance(d, 30)) {
		memcpy(to, "\xEF\xBB\xBF", 3);
		n = 3;
	}
	while (n + 64 < size) {
		const char *piece = pieces[dice_below(d, dice_chance(d, 90) ? most : 13)];

		memcpy(to + n, piece, strlen(piece));
		n += strlen(piece);
		n += n == 0;
	}
	if (n > 0 && dice_chance(d, 50))
		to[n - 1] = '\n';
	if (n > 70000 && dice_chance(d, 50))
		to[66000 + dice_below(d, (uint32_t)n - 66000)] = '\0'; /* too late to make the whole file binary */
	if (n > 70000 && dice_chance(d, 20)) { /* or many, over the border of parts */
		size_t at = 66000 + dice_below(d, (uint32_t)n - 66000);

		memset(to + at, 0, dice_below(d, (uint32_t)(n - at)));
	}
	return n;
}

/* The same with long stretches in which few patterns match anything. */
static size_t make_sparse_text(struct dice *d, char *to, size_t size)
{
	static const char line[] = "hay and hay\n";
	size_t n = 0;

	while (n + 8192 < size) {
		n += make_text(d, to + n, 64 + dice_below(d, 2000));
		for (uint32_t lines = dice_below(d, 8000); lines > 0 && n + sizeof(line) < size; lines--, n += sizeof(line) - 1)
			memcpy(to + n, line, sizeof(line) - 1);
	}
	if (dice_chance(d, 20))
		to[dice_below(d, (uint32_t)n)] = '\0';
	return n;
}

static void choose(struct dice *d, bool fixed, struct search_options *o)
{
	static const uint32_t any[] = { SEARCH_MATCH_INVERT, SEARCH_MATCH_WORD, SEARCH_RESULT_FILE_ENDS, SEARCH_RESULT_NO_SPANS, SEARCH_MATCH_LINE,
					SEARCH_RESULT_NO_LINE_NUMBERS, SEARCH_RESULT_COUNT, SEARCH_MATCH_CRLF };
	static const uint32_t binary[] = { 0, 0, SEARCH_MATCH_TEXT, SEARCH_MATCH_SKIP_BINARY, SEARCH_MATCH_NUL_LINES };
	static const uint32_t workers[] = { 1, 2, 3, 8 };
	uint32_t flags = (fixed ? SEARCH_MATCH_FIXED : 0U) | binary[dice_below(d, 5)];

	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		flags |= dice_chance(d, 15) ? any[i] : 0;
	if ((flags & SEARCH_RESULT_COUNT) == 0 && dice_chance(d, 10))
		flags |= SEARCH_RESULT_ALL_LINES;
	if (!fixed && (flags & SEARCH_RESULT_NO_SPANS) == 0)
		flags |= SEARCH_RESULT_GROUPS;
	if ((flags & SEARCH_MATCH_NUL_LINES) != 0)
		flags &= ~(uint32_t)SEARCH_MATCH_CRLF;
	else if (dice_chance(d, fixed ? 10 : 40)) /* a file that is searched as a whole is not cut */
		flags |= SEARCH_MATCH_MULTILINE | (dice_chance(d, 30) ? SEARCH_MATCH_DOT_NEWLINE : 0U);
	set_flags(o, flags);
	o->encoding = dice_chance(d, 50) ? "auto" : NULL;
	o->workers = workers[dice_below(d, 4)];
	o->before_context = dice_chance(d, 50) ? dice_below(d, 6) : 0;
	o->after_context = dice_chance(d, 50) ? dice_below(d, 6) : 0;
	o->max_matches_per_file = dice_chance(d, 40) ? 1 + dice_below(d, 9) : 0;
	o->max_matches = dice_chance(d, 20) ? 1 + dice_below(d, 30) : 0;
	o->max_queued_matches = dice_chance(d, 30) ? 1 + dice_below(d, 5) : 0;
	o->max_line_bytes = dice_chance(d, 50) ? 16 + dice_below(d, 200) : 0;
	o->max_open_files = dice_chance(d, 30) ? 2 + dice_below(d, 4) : 0;
	o->max_item_bytes = dice_chance(d, 30) ? 16 + dice_below(d, 30) : 0;
}

static void compare(struct search_options *o, struct dice *d, const char *what)
{
	struct transcript whole = { 0 }, parts = { 0 };
	uint32_t workers = o->workers, size = o->split_bytes;

	o->workers = SEARCH_NO_WORKERS;
	assert_int_equal(collect(o, TAKE_NEXT, &whole), SEARCH_OK);
	o->workers = workers;
	o->split_bytes = size;
	assert_int_equal(collect(o, (enum take)dice_below(d, TAKE_COUNT), &parts), SEARCH_OK);
	assert_same(&whole, &parts, what);
	transcript_free(&whole);
	transcript_free(&parts);
}

/* `count`: of the sizes that parts may have; 0: they have the usual size. */
static void play(uint64_t seed, size_t most, const uint32_t *sizes, uint32_t count)
{
	static const struct search_pattern patterns[] = {
		{ .text = "needle", .length = 6 }, { .text = "x", .length = 1 }, { .text = "", .length = 0 },
		{ .text = "e\r", .length = 2 },
	}, with_groups[] = {
		{ .text = "(ne+)(dle|d)?", .length = 13 }, { .text = "(x)(.)?", .length = 7 }, { .text = "needle(\\s*)", .length = 11 },
		{ .text = "(?<=(hay ))(?=(x?))", .length = 19 },
	};
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_source sources[2] = { { .kind = SEARCH_SOURCE_MEMORY }, { .kind = SEARCH_SOURCE_PATH } };
	struct dice d = { seed };
	char *text = malloc(most), *root = forest_open_in_memory();
	char what[160];
	bool fixed;

	assert_non_null(text);
	sources[0].data = text;
	sources[0].size = count > 0 ? make_text(&d, text, 64 + dice_below(&d, (uint32_t)most - 64))
				    : make_sparse_text(&d, text, most);
	for (int i = 0; i < 3; i++) { /* the large file, and two after it in its directory */
		char name[8] = { (char)('a' + i), '\0' };

		forest_file(root, name, text, i == 0 ? sources[0].size : dice_below(&d, (uint32_t)sources[0].size + 1));
	}
	sources[1].path = root;
	sources[1].name = "root";
	options.patterns = &patterns[dice_below(&d, count > 0 ? 4 : 2)]; /* the others match too many lines of such a file */
	options.pattern_count = 1;
	options.sources = sources;
	options.source_count = 2;
	fixed = dice_chance(&d, 75);
	if (!fixed)
		options.patterns = &with_groups[options.patterns - patterns];
	choose(&d, fixed, &options);
	options.split_bytes = count > 0 ? sizes[dice_below(&d, count)] : 0;
	if (count == 0)
		options.max_queued_matches *= 100; /* a queue of a few would stall at each match of so large a file */
	snprintf(what, sizeof(what), "PS_SEED=%llu, flags %#llx, parts of %u, context %u/%u, lines up to %llu, %llu a file",
		 (unsigned long long)seed, (unsigned long long)get_flags(&options), options.split_bytes,
		 options.before_context, options.after_context, (unsigned long long)options.max_line_bytes,
		 (unsigned long long)options.max_matches_per_file);
	compare(&options, &d, what);
	forest_close(root);
	free(text);
}

static void test_parts__any_size_gives_the_same_items(void **state)
{
	static const uint32_t sizes[] = { 1, 1, 2, 3, 10, 100, 1000 };
	uint64_t seed = random_seed();

	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(100, SCALED(400)); i < rounds; i++)
		play(seed + i, 3000, sizes, 7);
}

static void test_parts__a_late_nul_makes_the_rest_binary(void **state)
{
	static const uint32_t sizes[] = { 50, 5000, 65536, 131072 };
	uint64_t seed = random_seed();

	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(TEST_SANITIZED ? 8 : 25, SCALED(100)); i < rounds; i++)
		play(seed + i, 400000, sizes, 4);
}

/* A NUL right before the place where a file is cut belongs to the part before; so does what it says about the file. */
static void test_parts__a_nul_beside_a_cut_gives_the_same_items(void **state)
{
	enum { PART = 70000, PARTS = 6, LINE = 7, SIZE = PARTS * PART }; /* a NUL before is one of a binary file */
	static const uint32_t flags[] = { 0, SEARCH_RESULT_COUNT, SEARCH_RESULT_FILE_ENDS | SEARCH_MATCH_SKIP_BINARY,
					  SEARCH_MATCH_INVERT };
	struct dice d = { 1 };
	char *text = malloc(SIZE + LINE);

	(void)state;
	assert_non_null(text);
	for (size_t at = PART - 2; at < SIZE - 2; at += at % PART == 1 ? PART - 3 : 1)
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
			struct simple a;
			char what[80];

			for (size_t k = 0; k < SIZE; k += LINE) {
				bool near = k + 4 * LINE > at && k < at + 4 * LINE;

				memcpy(text + k, near || k / LINE % 1000 == 3 ? "needle\n" : "no hay\n", LINE);
			}
			text[at] = '\0';
			simple_init(&a, "needle", NULL);
			a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = SIZE };
			a.options.source_count = 1;
			set_flags(&a.options, flags[i]);
			a.options.workers = 2;
			a.options.split_bytes = PART;
			snprintf(what, sizeof(what), "a NUL at %zu, parts of %d", at, PART);
			compare(&a.options, &d, what);
		}
	free(text);
}

/*
 * Without a size for parts a file is cut once it has taken a while: after any number of buffers, or of batches, since the
 * clock is asked before each; or it ends before that.
 */
static void test_parts__a_file_cut_late_gives_the_same_items(void **state)
{
	uint64_t seed = random_seed();
	struct dice d = { seed };
	size_t rounds = how_many_rounds(TEST_RACES ? 10 : TEST_SANITIZED ? 20 : 30, SCALED(300));

	(void)state;
	for (size_t i = 0; i < rounds; i++) {
		atomic_store(&rest, 1 + dice_below(&d, 1U << dice_below(&d, 10)));
		play(seed + i, 3 << 20, NULL, 0);
	}
}

/* For all other tests, even if one that set it otherwise has failed. */
static int set_clock_right(void **state)
{
	(void)state;
	atomic_store(&rest, 0);
	atomic_store(&leap, LEAP);
	return 0;
}

/* Searches the text, while time passes each time the library asks for it. Returns how often it did. */
static uint64_t count_askings(const char *text, size_t size, uint64_t nanoseconds)
{
	const struct search_item *item;
	struct simple a;
	struct search *s;

	simple_init(&a, "needle", NULL);
	a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = size };
	a.options.source_count = 1;
	a.options.workers = 2;
	atomic_store(&asked, 0);
	atomic_store(&leap, nanoseconds);
	atomic_store(&rest, 1);
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 0);
	search_close(s);
	return atomic_load(&asked);
}

/*
 * No thread is woken for what takes as long by itself: a file is cut after a while, if as much is left to do. That
 * shows in how often the library asks for the time: for each buffer, until it is cut. (A debug build asks a few times
 * more.)
 */
static void test_parts__a_file_that_is_soon_done_is_not_cut(void **state)
{
	enum { SIZE = 8 << 20, WHILE = 250000 /* nanoseconds */ };
	uint64_t often, most;
	char *text;

	(void)state;
#ifdef IN_POOL
	skip(); /* a pool asks for the time as well */
#endif
	text = malloc(SIZE);
	assert_non_null(text);
	for (size_t i = 0; i < SIZE; i += 8)
		memcpy(text + i, "no hay!\n", 8);
	often = count_askings(text, SIZE, 0);
	assert_true(often > 100);
	most = often * 4 / 5;
	assert_true(count_askings(text, SIZE, WHILE / 2 / often) > most);
	assert_true(count_askings(text, SIZE, WHILE * 3 / 2 / often) > most);
	assert_true(count_askings(text, SIZE, WHILE * 4 / often) < most);
	free(text);
}

/*
 * Parts may have more matches than the file may: its end tells of those that were delivered. A match after the last
 * wanted one is context of that.
 */
static void test_parts__the_end_of_a_file_tells_of_its_matches_only(void **state)
{
	enum { LINE = 7, MATCHES = 6 };
	static const char text[] = "needle\nneedle\nneedle\nneedle\nneedle\nneedle\n";
	struct dice d = { 1 };

	(void)state;
	for (uint32_t most = 1; most <= MATCHES + 1; most++)
		for (uint32_t i = 0; i < MATCHES * 2; i++) {
			uint32_t lines = i / 2 + 1, after = i % 2;
			struct simple a;
			char what[80];

			simple_init(&a, "needle", NULL);
			a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text };
			a.source.size = sizeof(text) - 1;
			a.options.source_count = 1;
			set_flags(&a.options, SEARCH_RESULT_FILE_ENDS);
			a.options.workers = 2;
			a.options.split_bytes = lines * LINE;
			a.options.max_matches_per_file = most;
			a.options.after_context = after;
			snprintf(what, sizeof(what), "parts of %u lines, %u matches, context %u", lines, most, after);
			compare(&a.options, &d, what);
		}
}

/* The first line starts after the mark, wherever the file is cut; so does context that goes back to it. */
static void test_parts__a_byte_order_mark_is_not_text(void **state)
{
	static const char text[] = "\xEF\xBB\xBFneedle 1\nhay\nx\n\nneedle 2\nx\n";
	struct dice d = { 1 };
	struct simple a;

	(void)state;
	for (uint32_t i = 0; i < 4 * sizeof(text); i++) {
		char what[40];

		simple_init(&a, i % 2 ? "needle 2" : "^needle", NULL);
		a.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = sizeof(text) - 1 };
		a.options.source_count = 1;
		a.options.encoding = "auto";
		a.options.before_context = i % 4 < 2 ? 9 : 0;
		a.options.workers = 2;
		a.options.split_bytes = 1 + i / 4;
		snprintf(what, sizeof(what), "parts of %u", a.options.split_bytes);
		compare(&a.options, &d, what);
	}
}

/* The first worker keeps the file open; workers that cannot share its descriptor find another file in its place. */
static void test_parts__a_file_that_was_replaced_is_an_error(void **state)
{
	enum { SIZE = 8 << 20 };
	char *root, *path, *other, *text;
	const struct search_item *item;
	struct simple a;
	struct search *s;
	struct search_stats stats = SEARCH_STATS_INIT;
	bool replaced = false;
	int errors = 0, ends = 0;

	(void)state;
#ifdef IN_POOL
	skip(); /* there the caller needs no descriptor, and so there is one to spare */
#endif
	root = forest_open_in_memory();
	path = forest_path(root, "a");
	other = forest_path(root, "b");
	text = malloc(SIZE);
	assert_non_null(text);
	for (size_t i = 0; i < SIZE; i += 8)
		memcpy(text + i, "needles\n", 8);
	forest_file(root, "a", text, SIZE);
	forest_file(root, "b", text, SIZE);
	simple_init(&a, "needle", path);
	a.options.workers = 1;
	a.options.max_open_files = 2; /* none to spare for sharing */
	set_flags(&a.options, SEARCH_RESULT_FILE_ENDS);
	a.options.split_bytes = 1 << 20;
	s = open_search(&a.options);
	while (search_next(s, &item) == 1) {
		errors += item->kind == SEARCH_ITEM_ERROR;
		ends += item->kind == SEARCH_ITEM_FILE_END;
		if (item->kind == SEARCH_ITEM_MATCH && !replaced)
			replaced = rename(other, path) == 0;
		assert_true(item->kind != SEARCH_ITEM_MATCH || errors == 0);
	}
	assert_int_equal(search_stats(s, &stats), SEARCH_OK);
	search_close(s);
	assert_true(replaced);
	assert_int_equal(errors, 1);
	assert_int_equal(ends, 1);
	assert_int_equal(stats.files_searched, 1);
	assert_true(stats.peak_open_files <= 2);
	free(text);
	free(path);
	free(other);
	forest_close(root);
}

/*
 * The first read takes more than the first part: what the other parts count is not counted twice, nor taken back. That
 * shows for some microseconds only, so this looks again and again.
 */
static void test_parts__no_counter_shrinks_when_a_file_is_cut(void **state)
{
	static char text[200000];
	struct simple simple;

	(void)state;
	memset(text, '\n', sizeof(text));
	simple_init(&simple, "x", NULL);
	simple.source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = sizeof(text) };
	simple.options.source_count = 1;
	simple.options.workers = 2;
	simple.options.caller_flags = SEARCH_CALLER_NO_HELP;
	simple.options.split_bytes = 512;
	for (size_t i = how_many_rounds(200, 2000); i > 0; i--) {
		struct search_stats now = SEARCH_STATS_INIT;
		struct search *s = open_search(&simple.options);
		uint64_t before = 0;

		for (unsigned looks = 0; now.bytes < sizeof(text) && looks < 1000000; looks++) {
			search_stats(s, &now);
			assert_true(now.bytes >= before);
			before = now.bytes;
		}
		assert_true(now.bytes <= sizeof(text));
		search_close(s);
	}
}

static void test_parts__are_shared_by_the_workers(void **state)
{
	enum { SIZE = 32 << 20 };
	char *root = forest_open_in_memory(), *path = forest_path(root, "a");
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	struct simple a;
	struct search *s;
	uint64_t lines = 0;

	(void)state;
	forest_text(root, "a", "needle\n");
	assert_int_equal(truncate(path, SIZE), 0);
	simple_init(&a, "needle", path);
	a.options.workers = 4;
	set_flags(&a.options, SEARCH_MATCH_TEXT);
	a.options.max_line_bytes = 1 << 30;
	s = open_search(&a.options);
	while (search_next(s, &item) == 1)
		lines += item->kind == SEARCH_ITEM_MATCH;
	assert_int_equal(search_stats(s, &stats), SEARCH_OK);
	assert_int_equal(lines, 1);
	assert_int_equal(stats.files_searched, 1);
	assert_int_equal(stats.bytes, SIZE);
	assert_true(stats.peak_open_files <= 1 + 4); /* one for each thread */
	search_close(s);
	free(path);
	forest_close(root);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts__any_size_gives_the_same_items),
		cmocka_unit_test(test_parts__a_late_nul_makes_the_rest_binary),
		cmocka_unit_test(test_parts__a_nul_beside_a_cut_gives_the_same_items),
		cmocka_unit_test_teardown(test_parts__a_file_cut_late_gives_the_same_items, set_clock_right),
		cmocka_unit_test_teardown(test_parts__a_file_that_is_soon_done_is_not_cut, set_clock_right),
		cmocka_unit_test(test_parts__the_end_of_a_file_tells_of_its_matches_only),
		cmocka_unit_test(test_parts__a_byte_order_mark_is_not_text),
		cmocka_unit_test(test_parts__a_file_that_was_replaced_is_an_error),
		cmocka_unit_test(test_parts__no_counter_shrinks_when_a_file_is_cut),
		cmocka_unit_test(test_parts__are_shared_by_the_workers),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
