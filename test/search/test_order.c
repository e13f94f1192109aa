/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_order.c - the same items in the same order, however they are produced
 * and taken.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/options.h"
#include "../support/collect.h"
#include "../support/process.h"
#include "../support/forest.h"

#include <fcntl.h>
#include <pthread.h>
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

static char *tree, *small;
static uint64_t seed;

static const uint32_t worker_counts[] = { 1, 2, 8, 64 };
enum { WORKER_COUNTS = sizeof(worker_counts) / sizeof(worker_counts[0]) };

static int set_up(void **state)
{
	(void)state;
	seed = random_seed();
	tree = forest_open();
	forest_generate(tree, seed, (uint32_t)how_much(1000, SCALED(4000)));
	small = forest_open();
	forest_generate(small, seed + 1, (uint32_t)how_much(50, SCALED(150)));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	forest_close(tree);
	forest_close(small);
	return 0;
}

/* What the caller finds without workers: every other way is compared with it. */
static void expect(const struct search_options *options, struct transcript *expected)
{
	struct search_options alone = *options;

	alone.workers = SEARCH_NO_WORKERS;
	drop_flags(&alone, SEARCH_RESULT_UNORDERED);
	assert_int_equal(collect(&alone, TAKE_NEXT, expected), SEARCH_OK);
}

static void check(const struct search_options *options, enum take how, const struct transcript *expected)
{
	struct transcript got = { 0 };
	char what[128];

	snprintf(what, sizeof(what), "workers %u, limits %u/%llu/%u, taken by %d, flags %llx", options->workers,
		 options->max_queued_matches, (unsigned long long)options->max_queued_bytes,
		 options->max_open_files, (int)how, (unsigned long long)get_flags(options));
	assert_int_equal(collect(options, how, &got), SEARCH_OK);
	if (get_flags(options) & SEARCH_RESULT_UNORDERED)
		assert_same_blocks(expected, &got, what);
	else
		assert_same(expected, &got, what);
	transcript_free(&got);
}

/* The least limits; `which` says for what. */
static void limit(struct search_options *options, unsigned which)
{
	if (which & 1)
		options->max_queued_matches = 1;
	if (which & 2)
		options->max_queued_bytes = 1;
	if (which & 4)
		options->max_open_files = 2;
}

/* --- one tree --- */

static void test_order__is_the_same_with_any_number_of_workers(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", tree);
	expect(&a.options, &expected);
	assert_true(expected.items > 100);
	for (int i = 0; i < WORKER_COUNTS; i++) {
		a.options.workers = worker_counts[i];
		for (int how = 0; how < TAKE_COUNT; how++)
			check(&a.options, (enum take)how, &expected);
	}
	a.options.workers = SEARCH_NO_WORKERS;
	check(&a.options, TAKE_POLL, &expected);
	transcript_free(&expected);
}

static void test_order__is_the_same_with_context_and_file_ends(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", tree);
	a.options.before_context = 2;
	a.options.after_context = 3;
	set_flags(&a.options, SEARCH_RESULT_FILE_ENDS);
	expect(&a.options, &expected);
	for (int i = 0; i < WORKER_COUNTS; i++) {
		a.options.workers = worker_counts[i];
		check(&a.options, TAKE_NEXT, &expected);
	}
	transcript_free(&expected);
}

static void test_order__is_the_same_with_the_least_limits(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", small);
	expect(&a.options, &expected);
	for (unsigned which = 1; which < 8; which++)
		for (int i = 0; i < WORKER_COUNTS; i++) {
			simple_init(&a, "needle", small);
			limit(&a.options, which);
			a.options.workers = worker_counts[i];
			check(&a.options, (enum take)((which + (unsigned)i) % TAKE_COUNT), &expected);
		}
	transcript_free(&expected);
}

static void test_order__is_the_same_with_limits_of_items_and_lines(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", tree);
	a.options.max_item_bytes = 16;
	a.options.max_line_bytes = 50;
	a.options.before_context = 1;
	expect(&a.options, &expected);
	for (int i = 0; i < WORKER_COUNTS; i++) {
		a.options.workers = worker_counts[i];
		check(&a.options, TAKE_NEXT, &expected);
	}
	transcript_free(&expected);
}

static void test_order__is_the_same_with_a_socket(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", tree);
	expect(&a.options, &expected);
	set_flags(&a.options, SEARCH_RESULT_SOCKET);
	for (int i = 0; i < WORKER_COUNTS; i++) {
		a.options.workers = worker_counts[i];
		check(&a.options, TAKE_POLL, &expected);
		check(&a.options, TAKE_MIX, &expected);
	}
	transcript_free(&expected);
}

static void test_order__unordered_is_the_same_set(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", small);
	a.options.after_context = 1;
	expect(&a.options, &expected);
	for (unsigned which = 0; which < 8; which++)
		for (int i = 0; i < WORKER_COUNTS; i++) {
			simple_init(&a, "needle", small);
			a.options.after_context = 1;
			set_flags(&a.options, SEARCH_RESULT_UNORDERED);
			limit(&a.options, which);
			a.options.workers = worker_counts[i];
			check(&a.options, (enum take)(i % TAKE_COUNT), &expected);
		}
	transcript_free(&expected);
}

static void test_order__unordered_with_few_bytes_is_the_same_set(void **state)
{
	char *root = forest_open();
	struct transcript expected = { 0 };
	char text[40 * 200 + 1] = "";
	struct simple a;

	(void)state;
	for (int i = 0; i < 200; i++)
		sprintf(text + strlen(text), "needle in line %d of this file\n", i);
	for (int i = 0; i < 20; i++) {
		char name[16];

		sprintf(name, "%d", i);
		forest_text(root, name, text);
	}
	simple_init(&a, "needle", root);
	expect(&a.options, &expected);
	set_flags(&a.options, SEARCH_RESULT_UNORDERED);
	for (uint64_t bytes = 1; bytes < 100000; bytes *= runs_long() ? 3 : 27)
		for (int i = 0; i < WORKER_COUNTS; i++) {
			a.options.workers = worker_counts[i];
			a.options.max_queued_bytes = bytes;
			check(&a.options, TAKE_NEXT, &expected);
		}
	transcript_free(&expected);
	forest_close(root);
}

static void test_order__dangling_links_are_errors_in_their_place(void **state)
{
	struct transcript expected = { 0 };
	struct simple a;

	(void)state;
	simple_init(&a, "needle", tree);
	set_flags(&a.options, SEARCH_WALK_FOLLOW);
	expect(&a.options, &expected);
	assert_non_null(memmem(expected.bytes, expected.length, "kind 4", 6));
	for (int i = 0; i < WORKER_COUNTS; i++) {
		a.options.workers = worker_counts[i];
		check(&a.options, TAKE_NEXT, &expected);
	}
	transcript_free(&expected);
}

/* --- the order itself --- */

static void write_line(char **out, size_t *space, const struct search_item *item)
{
	size_t used = strlen(*out);

	if (used + item->path_length + item->length + 64 > *space) {
		*space = (used + item->path_length + item->length + 64) * 2;
		*out = realloc(*out, *space);
		assert_non_null(*out);
	}
	sprintf(*out + used, "%s:%u:%llu:%.*s\n", item->path, item->kind, (unsigned long long)item->line,
		(int)item->length, item->text != NULL ? item->text : "");
}

/* All items as path:kind:line:text. The caller frees it. */
static char *lines_of(const struct search_options *options)
{
	size_t space = 1024;
	char *out = calloc(1, space);
	const struct search_item *item;
	struct search *s = open_search(options);

	assert_non_null(out);
	while (search_next(s, &item) == 1)
		write_line(&out, &space, item);
	search_close(s);
	return out;
}

static void check_lines(const struct search_options *options, const char *expected)
{
	static const uint32_t counts[] = { SEARCH_NO_WORKERS, 1, 2, 8 };

	for (int i = 0; i < 4; i++) {
		struct search_options o = *options;
		char *got;

		o.workers = counts[i];
		got = lines_of(&o);
		assert_string_equal(got, expected);
		free(got);
	}
}

static void test_order__entries_are_sorted_by_the_bytes_of_their_names(void **state)
{
	char *root = forest_open();
	struct simple a;

	(void)state;
	forest_directory(root, "a");
	forest_directory(root, "a/empty");
	forest_text(root, "a/z", "needle\n");
	forest_text(root, "a/B", "needle\n");
	forest_text(root, "a.c", "needle\n");
	forest_text(root, "a-b", "needle\n");
	forest_text(root, "a\xFF", "needle\n");
	forest_text(root, "ab", "needle\nhay\nneedle");
	forest_text(root, "Z", "needle\n");
	simple_init(&a, "needle", root);
	a.source.name = "";
	check_lines(&a.options, "Z:1:1:needle\na/B:1:1:needle\na/z:1:1:needle\na-b:1:1:needle\n"
				"a.c:1:1:needle\nab:1:1:needle\nab:1:3:needle\na\xFF:1:1:needle\n");
	forest_close(root);
}

static void test_order__sources_come_as_given(void **state)
{
	char *root = forest_open(), *a = forest_path(root, "a"), *b = forest_path(root, "b"),
	     *missing = forest_path(root, "missing");
	struct search_source sources[] = {
		{ .path = b, .name = "b" },
		{ .path = root, .name = "r" },
		{ .kind = SEARCH_SOURCE_MEMORY, .data = "x\nneedle", .size = 8, .name = "m" },
		{ .path = missing, .name = "missing" },
		{ .path = a, .name = "a/" },
		{ .path = b, .name = "b" },
		{ .kind = SEARCH_SOURCE_MEMORY },
		{ .kind = SEARCH_SOURCE_DESCRIPTOR, .name = "d" },
		{ .kind = SEARCH_SOURCE_DESCRIPTOR, .name = "dir" },
	};
	struct simple s;
	const char *expected = "b:1:1:needle b\nr/a/1:1:1:needle 1\nr/b:1:1:needle b\nm:1:2:needle\n"
			       "missing:4:0:\na/1:1:1:needle 1\nb:1:1:needle b\nd:1:1:needle b\n"
			       "dir/1:1:1:needle 1\n";

	(void)state;
	forest_directory(root, "a");
	forest_text(root, "a/1", "needle 1\n");
	forest_text(root, "b", "needle b\n");
	sources[8].descriptor = open(a, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 4; i++) {
		static const uint32_t counts[] = { SEARCH_NO_WORKERS, 1, 2, 8 };
		char *got;

		sources[7].descriptor = open(b, O_RDONLY | O_CLOEXEC); /* it is read from its position on */
		simple_init(&s, "needle", NULL);
		s.options.sources = sources;
		s.options.source_count = sizeof(sources) / sizeof(sources[0]);
		s.options.workers = counts[i];
		got = lines_of(&s.options);
		assert_string_equal(got, expected);
		free(got);
		assert_int_equal(fcntl(sources[7].descriptor, F_GETFD), FD_CLOEXEC); /* still open */
		assert_int_equal(close(sources[7].descriptor), 0);
	}
	assert_int_equal(close(sources[8].descriptor), 0);
	free(a), free(b), free(missing);
	forest_close(root);
}

static void test_order__a_descriptor_is_read_from_its_position_on(void **state)
{
	char *root = forest_open(), *path = forest_path(root, "f");
	struct search_source source = { .kind = SEARCH_SOURCE_DESCRIPTOR, .name = "f" };
	struct simple s;
	char *got;

	(void)state;
	forest_text(root, "f", "needle 1\nneedle 2\n");
	source.descriptor = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(lseek(source.descriptor, 9, SEEK_SET), 9);
	simple_init(&s, "needle", NULL);
	s.options.sources = &source;
	s.options.source_count = 1;
	got = lines_of(&s.options);
	assert_string_equal(got, "f:1:1:needle 2\n");
	free(got);
	close(source.descriptor);
	free(path);
	forest_close(root);
}

static void test_order__a_huge_source_in_memory(void **state)
{
	size_t size = SCALED(8000000);
	char *data = malloc(size);
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = data, .size = size, .name = "m" };
	struct transcript expected = { 0 };
	struct simple s;

	(void)state;
	assert_non_null(data);
	memset(data, 'x', size);
	for (size_t i = 99; i < size; i += 100)
		data[i] = '\n';
	for (size_t i = 1000; i + 7 < size; i += 7777)
		memcpy(data + i, "needle", 6);
	simple_init(&s, "needle", NULL);
	s.options.sources = &source;
	s.options.source_count = 1;
	expect(&s.options, &expected);
	assert_true(expected.items > 100);
	s.options.workers = 3;
	check(&s.options, TAKE_MIX, &expected);
	free(data);
	transcript_free(&expected);
}

/* Nobody waits for a large file's end to learn of what is at its start; and what comes next is of the next file. */
static void test_order__a_files_first_match_comes_before_the_file_is_read(void **state)
{
	enum { SIZE = 2 << 20 };
	char *root = forest_open_in_memory(), *text = malloc(SIZE);
	struct search_stats stats = SEARCH_STATS_INIT;
	const struct search_item *item;
	struct simple a;
	struct search *s;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', SIZE);
	memcpy(text, "needle", 6);
	forest_file(root, "a", text, SIZE);
	forest_text(root, "b", "needle\n");
	free(text);
	simple_init(&a, "needle", root);
	a.options.workers = SEARCH_NO_WORKERS;
	s = open_search(&a.options);
	assert_int_equal(search_next(s, &item), 1);
	assert_string_equal(strrchr(item->path, '/'), "/a");
	assert_int_equal(search_stats(s, &stats), SEARCH_OK);
	assert_in_range(stats.bytes, 6, SIZE / 2);
	assert_int_equal(search_next(s, &item), 1);
	assert_string_equal(strrchr(item->path, '/'), "/b");
	assert_int_equal(search_next(s, &item), 0);
	search_close(s);
	forest_close(root);
}

static int unreadable(void *context)
{
	const char *root = context;
	struct simple a;
	char *got;

	CHILD_CHECK(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	simple_init(&a, "needle", root);
	a.source.name = "";
	got = lines_of(&a.options);
	CHILD_CHECK(strcmp(got, "a:1:1:needle\nb:4:0:\nc:4:0:\nd:1:1:needle\n") == 0);
	free(got);
	return 0;
}

static void test_order__unreadable_files_are_errors_in_their_place(void **state)
{
	char *root = forest_open(), *b, *c;

	(void)state;
	forest_text(root, "a", "needle\n");
	forest_text(root, "b", "needle\n");
	forest_directory(root, "c");
	forest_text(root, "c/1", "needle\n");
	forest_text(root, "d", "needle\n");
	b = forest_path(root, "b");
	c = forest_path(root, "c");
	chmod(root, 0755);
	chmod(b, 0);
	chmod(c, 0);
	assert_int_equal(process_child(unreadable, root, NULL), 0);
	chmod(c, 0755);
	free(b), free(c);
	forest_close(root);
}

/* --- sources from a callback --- */

struct pull {
	const char *path;
	uint32_t count, total;
	pthread_t thread;
	bool elsewhere;
	uint32_t ahead; /* the most that were requested and not yet found by the search */
	struct search *search;
	char name[32];
};

static int next_source(void *context, struct search_source *source)
{
	struct pull *pull = context;
	struct search_stats stats = SEARCH_STATS_INIT;

	pull->elsewhere |= !pthread_equal(pthread_self(), pull->thread);
	if (pull->search != NULL && search_stats(pull->search, &stats) == SEARCH_OK &&
	    pull->count - stats.files_found > pull->ahead)
		pull->ahead = pull->count - (uint32_t)stats.files_found;
	if (pull->count == pull->total)
		return 0;
	snprintf(pull->name, sizeof(pull->name), "%u", pull->count);
	source->path = pull->path;
	source->name = pull->name;
	pull->count++;
	return 1;
}

static void pull(const char *path, uint32_t total, uint32_t workers, enum take how)
{
	struct pull p = { .path = path, .total = total, .thread = pthread_self() };
	const struct search_item *item;
	uint32_t items = 0;
	struct simple a;

	simple_init(&a, "needle", NULL);
	a.options.next_source = next_source;
	a.options.next_source_context = &p;
	a.options.workers = workers;
	p.search = open_search(&a.options);
	while (take_item(p.search, how, &item) == 1) {
		char name[32];

		snprintf(name, sizeof(name), "%u", items);
		if (strcmp(item->path, name) != 0 || item->source != items || item->kind != SEARCH_ITEM_MATCH)
			fail_msg("item %u is of %s", items, item->path);
		items++;
	}
	assert_int_equal(search_outcome(p.search), SEARCH_OUTCOME_COMPLETE);
	search_close(p.search);
	assert_int_equal(items, total);
	assert_int_equal(p.count, total);
	assert_false(p.elsewhere);
	printf("workers %u: %u sources ahead\n", workers, p.ahead);
	assert_true(p.ahead <= 100);
}

/* While the first source is delivered, whatever is in the others. */
static void test_order__few_sources_are_requested_ahead(void **state)
{
	size_t size = SCALED(4 << 20);
	char *root = forest_open(), *path = forest_path(root, "f"), *text = malloc(size);
	struct search_source first = { .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = size };

	(void)state;
	assert_non_null(text);
	forest_text(root, "f", "hay\n");
	for (size_t i = 0; i + 8 <= size; i += 8)
		memcpy(text + i, "needle \n", 8);
	for (uint32_t workers = 1; workers <= 4; workers++) {
		struct pull p = { .path = path, .total = 1000, .thread = pthread_self() };
		const struct search_item *item;
		uint32_t most = 0;
		struct simple a;

		simple_init(&a, "needle", NULL);
		a.options.sources = &first;
		a.options.source_count = 1;
		a.options.next_source = next_source;
		a.options.next_source_context = &p;
		a.options.workers = workers;
		p.search = open_search(&a.options);
		while (search_next(p.search, &item) == 1)
			most = p.count;
		assert_int_equal(search_outcome(p.search), SEARCH_OUTCOME_COMPLETE);
		search_close(p.search);
		assert_int_equal(p.count, p.total);
		assert_in_range(most, 0, 64);
	}
	free(text);
	free(path);
	forest_close(root);
}

static void test_order__very_many_sources_from_a_callback(void **state)
{
	uint32_t most = (uint32_t)how_much(25000, SCALED(100000));
	char *root = forest_open(), *path = forest_path(root, "f");

	(void)state;
	forest_text(root, "f", "needle\n");
	pull(path, most, 2, TAKE_NEXT);
	pull(path, most / 5, 8, TAKE_MIX);
	pull(path, most / 5, SEARCH_NO_WORKERS, TAKE_NEXT);
	pull(path, most / 5, SEARCH_NO_WORKERS, TAKE_POLL);
	pull(path, most / 5, 1, TAKE_POLL);
	pull(path, 0, 2, TAKE_POLL);
	pull(path, 1, 2, TAKE_NEXT);
	free(path);
	forest_close(root);
}

static int failing_source(void *context, struct search_source *source)
{
	struct pull *p = context;

	if (p->count == 3)
		return -7;
	return next_source(context, source);
}

/* It ends the search where the source would be: after all items of the sources before it. */
static void test_order__a_failed_source_callback_ends_the_search_in_its_place(void **state)
{
	char *root = forest_open(), *path = forest_path(root, "f");

	(void)state;
	forest_text(root, "f", "needle\n");
	for (int i = 0; i < 200; i++) {
		static const uint32_t counts[] = { SEARCH_NO_WORKERS, 1, 2, 4 };
		struct pull p = { .path = path, .total = 10, .thread = pthread_self() };
		const struct search_item *item;
		struct search *s;
		struct simple a;
		int rc, items = 0;

		simple_init(&a, "needle", NULL);
		a.options.next_source = failing_source;
		a.options.next_source_context = &p;
		a.options.workers = counts[i % 4];
		a.options.max_matches = i % 8 < 4 ? 0 : 2;
		s = open_search(&a.options);
		while ((rc = search_next(s, &item)) == 1)
			items++;
		assert_null(item);
		assert_int_equal(rc, i % 8 < 4 ? SEARCH_ESOURCE : 0);
		assert_int_equal(items, i % 8 < 4 ? 3 : 2);
		assert_int_equal(search_next(s, &item), rc);
		assert_int_equal(search_outcome(s), i % 8 < 4 ? SEARCH_OUTCOME_FAILED : SEARCH_OUTCOME_LIMITED);
		search_close(s);
	}
	free(path);
	forest_close(root);
}

struct hesitation {
	struct search *search;
	uint32_t given;
	bool stuck; /* some of the given sources were not searched while the search waited for the next */
};

/* Gives the next source only when all before it are searched: a host may wait for that, or for an hour. */
static int hesitate(void *context, struct search_source *source)
{
	struct hesitation *h = context;
	struct search_stats stats = SEARCH_STATS_INIT;

	for (int i = 0; i < 10000 && !h->stuck; i++) {
		search_stats(h->search, &stats);
		if (stats.files_searched == h->given)
			break;
		usleep(1000);
	}
	h->stuck |= stats.files_searched != h->given;
	*source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = "hay\n", .size = 4 };
	return h->given++ < 40;
}

static void test_order__sources_are_searched_while_the_next_is_awaited(void **state)
{
	(void)state;
	for (uint32_t workers = 1; workers < 4; workers++) {
		struct hesitation h = { 0 };
		const struct search_item *item;
		struct simple a;

		simple_init(&a, "needle", NULL);
		a.options.next_source = hesitate;
		a.options.next_source_context = &h;
		a.options.workers = workers;
		h.search = open_search(&a.options);
		assert_int_equal(search_next(h.search, &item), SEARCH_OK);
		search_close(h.search);
		assert_false(h.stuck);
	}
}

/* Closes the pipe of the first source when it is asked for another one: then its end is -1. */
static int end_the_first(void *context, struct search_source *source)
{
	int *end = context;

	(void)source;
	if (*end >= 0 && close(*end) == 0)
		*end = -1;
	return 0;
}

/* While the first source is waited for, a thread that has nothing to do brings more of them. */
static void test_order__sources_are_requested_for_an_idle_thread(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct search_source sources[2] = {
			{ .kind = SEARCH_SOURCE_DESCRIPTOR },
			{ .kind = SEARCH_SOURCE_MEMORY, .data = "hay\n", .size = 4 },
		};
		struct search_stats stats = SEARCH_STATS_INIT;
		const struct search_item *item;
		struct search *s;
		struct simple a;
		int ends[2], rc;

		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		sources[0].descriptor = ends[0];
		simple_init(&a, "needle", NULL);
		a.options.sources = sources;
		a.options.source_count = 2;
		a.options.next_source = end_the_first;
		a.options.next_source_context = &ends[1];
		a.options.workers = 2;
		a.options.timeout_ms = patience(10) * 1000;
		s = open_search(&a.options);
		for (unsigned n = 0; n < patience(10) * 10000 && stats.files_searched == 0; n++) {
			usleep(100);
			search_stats(s, &stats);
		}
		/* until the thread that searched the memory is idle, and the other one waits for the pipe */
		process_wait_for_sleep();
		rc = search_next(s, &item);
		search_close(s);
		close(ends[0]);
		assert_int_equal(stats.files_searched, 1);
		assert_int_equal(rc, SEARCH_OK);
		assert_int_equal(ends[1], -1);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order__is_the_same_with_any_number_of_workers),
		cmocka_unit_test(test_order__is_the_same_with_context_and_file_ends),
		cmocka_unit_test(test_order__is_the_same_with_the_least_limits),
		cmocka_unit_test(test_order__is_the_same_with_limits_of_items_and_lines),
		cmocka_unit_test(test_order__is_the_same_with_a_socket),
		cmocka_unit_test(test_order__unordered_is_the_same_set),
		cmocka_unit_test(test_order__unordered_with_few_bytes_is_the_same_set),
		cmocka_unit_test(test_order__dangling_links_are_errors_in_their_place),
		cmocka_unit_test(test_order__entries_are_sorted_by_the_bytes_of_their_names),
		cmocka_unit_test(test_order__sources_come_as_given),
		cmocka_unit_test(test_order__a_descriptor_is_read_from_its_position_on),
		cmocka_unit_test(test_order__a_huge_source_in_memory),
		cmocka_unit_test(test_order__a_files_first_match_comes_before_the_file_is_read),
		cmocka_unit_test(test_order__unreadable_files_are_errors_in_their_place),
		cmocka_unit_test(test_order__very_many_sources_from_a_callback),
		cmocka_unit_test(test_order__few_sources_are_requested_ahead),
		cmocka_unit_test(test_order__sources_are_searched_while_the_next_is_awaited),
		cmocka_unit_test(test_order__sources_are_requested_for_an_idle_thread),
		cmocka_unit_test(test_order__a_failed_source_callback_ends_the_search_in_its_place),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
