/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_careless.c - a host that sets fields to anything: each call is refused with a reason, or does something that
 * ends. Counts are those of the arrays, unless there is no array; all else is at random, cursors too.
 *
 * Nothing is compared here: it is for the sanitizers, and for the asserts of a debug build, to find what is wrong.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/collect.h"
#include "../support/forest.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"

enum { CURSOR = 8192, LONG_PATH = 70000, MOST = 3, MOST_ITEMS = 300 };

static struct search_pool *pool;
static struct search_tree *warm; /* which all searches may use */
static char *tree, *long_path;
static uint64_t opened, refused;

static int set_up(void **state)
{
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;

	(void)state;
	options.workers = 3;
	options.max_open_files = 6;
	options.max_queued_bytes = 1;
	options.max_memory = 1;
	tree = forest_open_in_memory();
	forest_generate(tree, 77, 30);
	forest_directory(tree, "d");
	forest_text(tree, "d/f", "a needle\nneedles\n");
	long_path = malloc(LONG_PATH);
	memset(long_path, 'x', LONG_PATH - 1);
	long_path[LONG_PATH - 1] = '\0';
	if (search_pool_open(&pool, &options, NULL) != SEARCH_OK || search_tree_open(&warm, NULL, NULL) != SEARCH_OK)
		return -1;
	return chdir(tree);
}

static int tear_down(void **state)
{
	(void)state;
	search_pool_close(pool);
	search_tree_close(warm);
	free(long_path);
	if (chdir("/") != 0)
		return -1;
	forest_close(tree);
	return 0;
}

/* --- values --- */

static uint64_t any_number(struct dice *d)
{
	static const uint64_t numbers[] = { 0, 1, 2, 3, 4, 15, 16, 255, 256, 257, 1000, 65536, INT_MAX, (uint64_t)INT_MAX + 1,
					    UINT32_MAX - 1, UINT32_MAX, (uint64_t)UINT32_MAX + 1, INT64_MAX,
					    (uint64_t)INT64_MAX + 1, UINT64_MAX - 1, UINT64_MAX };

	return dice_chance(d, 10) ? dice_next(d) : numbers[dice_below(d, sizeof(numbers) / sizeof(numbers[0]))];
}

static const char *any_string(struct dice *d)
{
	static const char *const strings[] = { NULL, "", ".", "..", "/", "//", "./", "d", "d/f", "d/f/", "d/f/x", "d/../d/f",
					       "d//.//f", "new", "new/", "new/f", "../", "a\nb", "\xFF", "auto", "none",
					       "UTF-16LE", "*", "[", "\\", "{a,b}", "**/f", "ps1.", ".gitignore",
					       "/nowhere/at/all", "/dev/null", "/proc/self/mem" };
	uint32_t i = dice_below(d, sizeof(strings) / sizeof(strings[0]) + 2);

	if (i < sizeof(strings) / sizeof(strings[0]))
		return strings[i];
	return i % 2 == 0 ? long_path : tree;
}

/* --- options --- */

struct careless {
	struct search_options options;
	struct search_walk walk;
	struct search_pattern patterns[MOST];
	struct search_source sources[MOST];
	struct search_overlay overlays[MOST];
	struct search_glob globs[MOST];
	const char *names[MOST];
	char cursor[CURSOR], other[CURSOR]; /* what the options point to */
};

/* Mostly as it should be, so that the rest is reached. */
#define SOMETIMES(place) \
	do { \
		if (dice_chance(d, 4)) \
			place = (__typeof__(place))any_number(d); \
	} while (0)

static void choose_source(struct dice *d, struct search_source *source)
{
	source->path = dice_chance(d, 60) ? tree : any_string(d);
	source->name = dice_chance(d, 60) ? NULL : any_string(d);
	if (dice_chance(d, 20)) {
		source->kind = SEARCH_SOURCE_MEMORY;
		source->path = dice_chance(d, 5) ? "x" : NULL;
		source->data = dice_chance(d, 90) ? "a needle\nneedle" : NULL;
		source->size = source->data != NULL ? dice_below(d, 16) : (size_t)any_number(d);
	}
	if (dice_chance(d, 5)) {
		source->kind = SEARCH_SOURCE_DESCRIPTOR;
		source->path = NULL;
		source->descriptor = dice_chance(d, 50) ? -1 - (int)dice_below(d, 3) : 1000 + (int)dice_below(d, 1000);
	}
	if (dice_chance(d, 3))
		source->kind = 3 + dice_below(d, 100);
	SOMETIMES(source->reserved1);
	SOMETIMES(source->reserved3);
}

static void choose_overlay(struct dice *d, struct search_overlay *overlay)
{
	overlay->path = any_string(d);
	overlay->data = dice_chance(d, 70) ? "needles of the text\nand a needle\n" : NULL;
	overlay->size = overlay->data != NULL ? dice_below(d, 33) : 0;
	if (dice_chance(d, 25)) {
		overlay->flags = SEARCH_OVERLAY_REMOVED;
		overlay->data = NULL;
		overlay->size = 0;
	}
	if (overlay->data == NULL)
		SOMETIMES(overlay->size);
	SOMETIMES(overlay->flags);
	SOMETIMES(overlay->reserved);
	SOMETIMES(overlay->reserved2);
}

static void choose_walk(struct dice *d, struct careless *c)
{
	struct search_walk *walk = &c->walk;

	*walk = (struct search_walk)SEARCH_WALK_INIT;
	c->options.walk = dice_chance(d, 80) ? walk : NULL;
	if (dice_chance(d, 5))
		walk->size = (size_t)any_number(d) % sizeof(*walk);
	walk->flags = dice_chance(d, 95) ? (uint32_t)dice_next(d) & 0x1FF000 : (uint32_t)dice_next(d);
	SOMETIMES(walk->max_depth);
	SOMETIMES(walk->max_file_size);
	walk->globs = c->globs;
	walk->glob_count = dice_chance(d, 15) ? 1 + dice_below(d, MOST) : 0;
	for (int i = 0; i < MOST; i++) {
		c->globs[i] = (struct search_glob){ .text = dice_chance(d, 50) ? "*e*" : any_string(d) };
		SOMETIMES(c->globs[i].flags);
		SOMETIMES(c->globs[i].group);
		SOMETIMES(c->globs[i].reserved);
		c->names[i] = dice_chance(d, 50) ? "/dev/null" : any_string(d);
	}
	walk->ignore_files = walk->git_configs = c->names;
	walk->ignore_file_count = dice_chance(d, 5) ? 1 + dice_below(d, MOST) : 0;
	walk->git_config_count = dice_chance(d, 5) ? 1 + dice_below(d, MOST) : 0;
	walk->git_excludes = dice_chance(d, 5) ? any_string(d) : NULL;
	walk->home = dice_chance(d, 5) ? any_string(d) : NULL;
	if (dice_chance(d, 3)) {
		walk->globs = NULL;
		walk->glob_count = (size_t)any_number(d);
	}
}

/* A cursor of an earlier search, as it was, or changed, with its checksum or one that is right again. */
static const char *choose_cursor(struct dice *d, const char *last, char *to)
{
	static const char *const pieces[] = { "f", "ffffffffffffffff", "8000000000000000", "0", "1", "%", "%00", "%2f", "/",
					      "..", "d", ".", "new" };
	size_t length = strlen(last), at, cut;
	uint32_t sum = 2166136261U;
	char *end;

	if (length < 40 || dice_chance(d, 5))
		return any_string(d);
	strcpy(to, last);
	if (dice_chance(d, 30))
		return to;
	at = dice_chance(d, 90) ? 22 + dice_below(d, (uint32_t)length - 31) : dice_below(d, (uint32_t)length);
	cut = dice_below(d, 4);
	snprintf(to + at, CURSOR - at, "%s%s", pieces[dice_below(d, sizeof(pieces) / sizeof(pieces[0]))],
		 at + cut < length ? last + at + cut : "");
	end = strrchr(to, '.');
	if (end == NULL || end + 10 > to + CURSOR || dice_chance(d, 5))
		return to;
	for (const char *at_byte = to; at_byte <= end; at_byte++)
		sum = (sum ^ (unsigned char)*at_byte) * 16777619U;
	sprintf(end + 1, "%08x", sum);
	return to;
}

static void choose_numbers(struct dice *d, struct search_options *o)
{
	SOMETIMES(o->size);
	SOMETIMES(o->match_flags);
	SOMETIMES(o->result_flags);
	SOMETIMES(o->syntax);
	SOMETIMES(o->max_item_bytes);
	SOMETIMES(o->max_open_files);
	SOMETIMES(o->max_queued_matches);
	SOMETIMES(o->before_context);
	SOMETIMES(o->after_context);
	SOMETIMES(o->split_bytes);
	SOMETIMES(o->max_queued_bytes);
	SOMETIMES(o->max_line_bytes);
	SOMETIMES(o->max_matches);
	SOMETIMES(o->max_matches_per_file);
	SOMETIMES(o->max_multiline_bytes);
	SOMETIMES(o->priority);
	SOMETIMES(o->caller_flags);
	SOMETIMES(o->max_line_ms);
	SOMETIMES(o->reserved);
	if (o->size > sizeof(*o))
		o->size = sizeof(*o);
}

static void choose_options(struct dice *d, struct careless *c, const char *last)
{
	struct search_options *o = &c->options;

	*o = (struct search_options)SEARCH_OPTIONS_INIT;
	for (int i = 0; i < MOST; i++) {
		c->patterns[i] = (struct search_pattern){ .text = dice_chance(d, 80) ? "needle" : any_string(d) };
		c->patterns[i].length = c->patterns[i].text != NULL ? strlen(c->patterns[i].text) : 0;
		c->sources[i] = (struct search_source){ 0 };
		c->overlays[i] = (struct search_overlay){ 0 };
		choose_source(d, &c->sources[i]);
		choose_overlay(d, &c->overlays[i]);
	}
	o->patterns = c->patterns;
	o->pattern_count = 1 + dice_below(d, 2);
	o->sources = c->sources;
	o->source_count = dice_below(d, MOST + 1);
	o->overlays = dice_chance(d, 97) ? c->overlays : NULL;
	o->overlay_count = o->overlays == NULL ? (size_t)any_number(d) : dice_chance(d, 50) ? 0 : dice_below(d, MOST + 1);
	choose_walk(d, c);
	o->match_flags = dice_chance(d, 50) ? 0 : (uint32_t)dice_next(d) & (uint32_t)dice_next(d) & 0xDFF;
	o->result_flags = dice_chance(d, 50) ? 0 : (uint32_t)dice_next(d) & (uint32_t)dice_next(d) & 0x7FE00000;
	o->encoding = dice_chance(d, 10) ? any_string(d) : NULL;
	o->workers = dice_chance(d, 50) ? SEARCH_NO_WORKERS : dice_below(d, 6);
	o->pool = dice_chance(d, 40) ? pool : NULL;
	o->tree = dice_chance(d, 40) ? warm : NULL;
	o->caller_flags = dice_chance(d, 30);
	o->priority = dice_chance(d, 30) ? dice_below(d, 3) : 0;
	o->resume = dice_chance(d, 40) ? choose_cursor(d, last, c->cursor) : NULL;
	o->until = dice_chance(d, 20) ? choose_cursor(d, last, c->other) : NULL;
	choose_numbers(d, o);
	o->timeout_ms = 20000;
}

/* All else as it should be. */
static void choose_cursors(struct dice *d, struct careless *c, const char *last)
{
	struct search_options *o = &c->options;

	*o = (struct search_options)SEARCH_OPTIONS_INIT;
	c->patterns[0] = (struct search_pattern){ .text = "needle", .length = 6 };
	c->sources[0] = (struct search_source){ .path = tree };
	o->patterns = c->patterns;
	o->sources = c->sources;
	o->pattern_count = o->source_count = 1;
	o->resume = dice_chance(d, 70) ? choose_cursor(d, last, c->cursor) : NULL;
	o->until = dice_chance(d, 20) ? choose_cursor(d, last, c->other) : NULL;
}

/* --- a search --- */

static void take_some(struct dice *d, struct search *s, char *cursor)
{
	const struct search_item *const *items;
	const struct search_item *item;
	size_t most = (size_t)any_number(d);

	for (int n = 0; n < MOST_ITEMS; n++) {
		int rc = dice_chance(d, 50)   ? search_next_many(s, &items, most)
			 : dice_chance(d, 50) ? search_next(s, &item)
					      : search_try_next_many(s, &items, most);

		assert_true(rc != SEARCH_EINVAL || most == 0);
		if (rc <= 0 && rc != SEARCH_EAGAIN && rc != SEARCH_EINVAL)
			break;
		if (dice_chance(d, 3))
			break;
	}
	if (dice_chance(d, 70)) {
		int length = search_cursor(s, cursor, CURSOR);

		assert_true(length == SEARCH_EINVAL || length > 0);
		if (length < 0 || length >= CURSOR)
			*cursor = '\0';
	}
	if (dice_chance(d, 10))
		search_cancel(s);
}

static void test_careless__any_options_are_refused_or_do_no_harm(void **state)
{
	static struct careless c;
	static char last[CURSOR];
	uint64_t seed = random_seed();
	struct dice d;

	(void)state;
	for (size_t i = 0, rounds = how_many_rounds(SCALED(3000), SCALED(100000)); i < rounds; i++) {
		struct search_error error = SEARCH_ERROR_INIT;
		struct search *s;
		int rc;

		d.state = seed + i / 50 * 50;
		for (size_t k = 0; k < i % 50; k++)
			dice_next(&d);
		choose_options(&d, &c, last);
		if (dice_chance(&d, 50))
			choose_cursors(&d, &c, last);
		rc = search_open(&s, &c.options, &error);
		assert_int_equal(rc, error.code);
		assert_true((rc == SEARCH_OK) == (s != NULL) && (rc == SEARCH_OK) == (error.message[0] == '\0'));
		opened += rc == SEARCH_OK;
		refused += rc != SEARCH_OK;
		if (s != NULL)
			take_some(&d, s, last);
		search_close(s);
	}
	printf("%llu opened, %llu refused\n", (unsigned long long)opened, (unsigned long long)refused);
	assert_true(opened > 0 && refused > 0);
}

/* --- arguments --- */

static void test_careless__wrong_arguments_are_refused(void **state)
{
	const struct search_item *const *items = (const struct search_item *const *)&items;
	struct search_pool *other = pool;
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;
	struct search_pool_stats stats = SEARCH_POOL_STATS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct simple simple;
	struct search *s;

	(void)state;
	simple_init(&simple, "needle", tree);
	s = open_search(&simple.options);
	assert_int_equal(search_next_many(NULL, &items, 1), SEARCH_EINVAL);
	assert_null(items);
	assert_int_equal(search_try_next_many(NULL, NULL, 0), SEARCH_EINVAL);
	assert_int_equal(search_next_many(s, NULL, 1), SEARCH_EINVAL);
	assert_int_equal(search_next_many(s, &items, 0), SEARCH_EINVAL);
	assert_int_equal(search_next_many(s, &items, SIZE_MAX) > 0, 1);
	search_close(s);
	assert_int_equal(search_pool_open(NULL, NULL, &error), SEARCH_EINVAL);
	options.size = 3;
	assert_int_equal(search_pool_open(&other, &options, &error), SEARCH_EINVAL);
	assert_null(other);
	options.size = sizeof(options);
	options.workers = 257;
	assert_int_equal(search_pool_open(&other, &options, &error), SEARCH_EINVAL);
	options.workers = 1;
	options.max_open_files = 3;
	assert_int_equal(search_pool_open(&other, &options, NULL), SEARCH_EINVAL);
	options.max_open_files = UINT32_MAX;
	options.max_memory = options.max_queued_bytes = UINT64_MAX;
	assert_int_equal(search_pool_open(&other, &options, &error), SEARCH_OK);
	simple.options.pool = other;
	simple.options.workers = 256;
	s = open_search(&simple.options);
	search_pool_close(other);
	assert_int_equal(search_next(s, &(const struct search_item *){ NULL }), 1);
	search_close(s);
	assert_int_equal(search_pool_stats(NULL, &stats), SEARCH_EINVAL);
	assert_int_equal(search_pool_stats(pool, NULL), SEARCH_EINVAL);
	stats.size = sizeof(stats.size) - 1;
	assert_int_equal(search_pool_stats(pool, &stats), SEARCH_EINVAL);
	search_pool_close(NULL);
	assert_true(search_layout(NULL) == SIZE_MAX && search_layout("") == SIZE_MAX && search_layout(".") == SIZE_MAX);
}

/* Tries options of a tree: the message names the field. */
static void refuse_tree(const struct search_tree_options *options, int status, const char *named)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *other = warm;

	assert_int_equal(search_tree_open(&other, options, &error), status);
	assert_null(other);
	assert_non_null(strstr(error.message, named));
}

static void test_careless__wrong_options_of_a_tree_are_refused(void **state)
{
#define REFUSE(field, value, status, named) \
	do { \
		struct search_tree_options options = SEARCH_TREE_OPTIONS_INIT; \
		options.field = value; \
		refuse_tree(&options, status, named); \
	} while (0)
	(void)state;
	REFUSE(size, 3, SEARCH_EINVAL, "size");
	REFUSE(max_bytes, (1 << 20) - 1, SEARCH_EINVAL, "max_bytes");
	REFUSE(trust, 4, SEARCH_EINVAL, "trust");
	REFUSE(learn_percent, 1001, SEARCH_EINVAL, "learn_percent");
	REFUSE(max_watches, 1, SEARCH_EINVAL, "max_watches");
	REFUSE(reserved, 1, SEARCH_EINVAL, "reserved");
#undef REFUSE
}

static void test_careless__wrong_arguments_about_trees_are_refused(void **state)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;

	(void)state;
	assert_int_equal(search_tree_open(NULL, NULL, &error), SEARCH_EINVAL);
	assert_int_equal(search_tree_changed(NULL, "."), SEARCH_EINVAL);
	assert_int_equal(search_tree_learn(NULL, 0), SEARCH_EINVAL);
	assert_int_equal(search_tree_save(NULL, "saved", &error), SEARCH_EINVAL);
	assert_int_equal(search_tree_save(warm, NULL, &error), SEARCH_EINVAL);
	assert_int_equal(search_tree_save(warm, "/nowhere/saved", &error) < 0, 1);
	assert_true(error.message[0] != '\0');
	assert_int_equal(search_tree_load(NULL, "saved", NULL), SEARCH_EINVAL);
	assert_int_equal(search_tree_load(warm, NULL, &error), SEARCH_EINVAL);
	assert_int_equal(search_tree_load(warm, "d/f", &error), SEARCH_EINVAL); /* it is no tree */
	assert_true(error.message[0] != '\0');
	assert_int_equal(search_tree_stats(NULL, &stats), SEARCH_EINVAL);
	assert_int_equal(search_tree_stats(warm, NULL), SEARCH_EINVAL);
	stats.size = sizeof(stats.size) - 1;
	assert_int_equal(search_tree_stats(warm, &stats), SEARCH_EINVAL);
	search_tree_cancel(NULL);
	search_tree_close(NULL);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(search_tree_changed(warm, (const char *[]){ NULL, "", long_path }[i]), SEARCH_OK);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_careless__any_options_are_refused_or_do_no_harm),
		cmocka_unit_test(test_careless__wrong_arguments_are_refused),
		cmocka_unit_test(test_careless__wrong_options_of_a_tree_are_refused),
		cmocka_unit_test(test_careless__wrong_arguments_about_trees_are_refused),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
