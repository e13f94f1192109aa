/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ending.c - how soon a search ends in lines that are hard for its pattern, in directories, and in files that
 * are decoded.
 *
 * The figure is the least processor time of several tries: other programs do not count. The bound is twice what
 * the library promises; the mistakes that these tests look for take seconds.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/archive.h"
#include "../support/forest.h"
#include "../support/options.h"
#include "../support/scale.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

RUNS_ALONE;

enum { TRIES = 3, BEFORE = 30, BOUND = TEST_SANITIZED ? 2000 : 100, /* milliseconds */
       STEP = TEST_SANITIZED ? 1000 : 40 };

/* `lines` lines of `length` bytes: the first byte is `first`, the others are x. */
struct hard {
	const char *pattern;
	int lines, length;
	char first;
	uint32_t flags;
	bool whole; /* a step ends only with the line: its spans are found, or the automaton or the simulation is at work */
};

static const struct hard table[] = {
	{ "^(x+)+\\1(?=q)", 80, 3000, 'x', 0, false },
	{ "^(x+)+\\1(?=q)", 80, 3000, 'x', SEARCH_RESULT_COUNT, false },
	{ "^(x+)+\\1(?=q)", 80, 3000, 'x', SEARCH_MATCH_INVERT, false },
	{ "^(?:(x+)(x+)\\1q|x)", 500, 300, 'x', SEARCH_RESULT_COUNT, false },
	{ "^(x+)+\\1(?=q)", 1, 60000, 'x', 0, false },
	{ "^(x+)+\\1(?=q)", 2000, 30, 'x', 0, false },
	{ "(x+)+\\1(?=q)", 80, 3000, 'x', 0, false },
	{ "(x+)+\\1(?=q)", 1, 60000, 'x', 0, false },
	{ "(?>\\w+)\\w", 80, 3000, 'x', 0, false },
	{ "(?>\\w+)\\w", 3, 1000000, 'x', 0, false },
	{ "(?=.*a)(?=.*b)(x+)\\1(?<=q)", 3, 1000000, 'x', 0, false },
	{ "x(?=(x|xx)+$)(?<!x)", 1, 60000, 'x', 0, false },
	{ "x(?=(x|xx)+$)(?<!x)", 80, 3000, 'x', SEARCH_MATCH_INVERT, false },
	{ "^a|(?>\\w+)\\w", 80, 3000, 'a', 0, true },
	{ "^a|(?>\\w+)\\w", 3, 1000000, 'a', 0, true },
	{ "\\w{100000}$", 80, 3000, 'x', 0, true },
	{ "\\w{100000}$", 1, 60000, 'x', SEARCH_RESULT_COUNT, true },
	{ "a[^z]*z|^a|x[^z]*z|x", 3, 1000000, 'a', 0, true },
	{ "(x+)+\\n\\1(?=q)", 80, 3000, 'x', SEARCH_MATCH_MULTILINE, false },
	{ "(x+)+\\n\\1(?=q)", 80, 3000, 'x', SEARCH_MATCH_MULTILINE | SEARCH_RESULT_COUNT, false },
	{ "(x+)+\\1[^x](?=q)", 3, 1000000, 'x', SEARCH_MATCH_MULTILINE | SEARCH_MATCH_INVERT, false },
	{ "(?>\\w+)\\w|\\n", 3, 1000000, 'x', SEARCH_MATCH_MULTILINE, false },
	{ "[x\\n][^z]*z|a\\s*|x", 3, 1000000, 'a', SEARCH_MATCH_MULTILINE, true },
	{ "\\w{100000}[^x]q", 80, 3000, 'x', SEARCH_MATCH_MULTILINE, true },
	{ "(x)(x)", 3, 1000000, 'x', SEARCH_RESULT_GROUPS, true },
	{ "(x)(?=(x*))", 3, 1000000, 'x', SEARCH_RESULT_GROUPS, true },
	{ "(x)(?=([x\\n]*))", 3, 1000000, 'x', SEARCH_RESULT_GROUPS | SEARCH_MATCH_MULTILINE, true },
};

enum { HARD = sizeof(table) / sizeof(table[0]) };

static double milliseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void sleep_milliseconds(int ms)
{
	struct timespec t = { 0, (long)ms * 1000000 };

	nanosleep(&t, NULL);
}

static char *text_of(const struct hard *h, size_t *size)
{
	size_t line = (size_t)h->length + 1;
	char *text = malloc((size_t)h->lines * line);

	assert_non_null(text);
	*size = (size_t)h->lines * line;
	memset(text, 'x', *size);
	for (int i = 0; i < h->lines; i++) {
		text[(size_t)i * line] = h->first;
		text[(size_t)i * line + line - 1] = '\n';
	}
	return text;
}

/* A search of the text of one row. */
struct subject {
	struct search_source source;
	struct search_pattern pattern;
	struct search_options options;
	struct search_walk walk;
	struct search *search;
	int before; /* milliseconds until it is ended */
};

static void subject_init(struct subject *s, const struct hard *h, const char *text, size_t size, int workers)
{
	s->source = (struct search_source){ .kind = SEARCH_SOURCE_MEMORY, .data = text, .size = size };
	s->pattern = (struct search_pattern){ .text = h->pattern, .length = strlen(h->pattern) };
	s->options = (struct search_options)SEARCH_OPTIONS_INIT;
	s->options.sources = &s->source;
	s->options.source_count = 1;
	s->options.patterns = &s->pattern;
	s->options.pattern_count = 1;
	s->walk = (struct search_walk)SEARCH_WALK_INIT;
	s->options.walk = &s->walk;
	s->options.workers = workers == 0 ? SEARCH_NO_WORKERS : (uint32_t)workers;
	set_flags(&s->options, h->flags);
	s->before = BEFORE;
}

static void take_all(struct search *s)
{
	const struct search_item *item;

	while (search_next(s, &item) == 1)
		;
}

static double until_closed(struct subject *s)
{
	const struct search_item *item;
	double began;

	assert_int_equal(search_open(&s->search, &s->options, NULL), SEARCH_OK);
	if (s->options.workers == SEARCH_NO_WORKERS)
		(void)search_try_next(s->search, &item);
	else
		sleep_milliseconds(s->before);
	began = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
	search_close(s->search);
	return milliseconds(CLOCK_PROCESS_CPUTIME_ID) - began;
}

struct canceller {
	struct search *search;
	int before;
	double at;
};

static void *cancel(void *context)
{
	struct canceller *c = context;

	sleep_milliseconds(c->before);
	c->at = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
	search_cancel(c->search);
	return NULL;
}

static double until_cancelled(struct subject *s)
{
	struct canceller c;
	pthread_t thread;
	double ran;

	assert_int_equal(search_open(&s->search, &s->options, NULL), SEARCH_OK);
	c.search = s->search;
	c.before = s->before;
	assert_int_equal(pthread_create(&thread, NULL, cancel, &c), 0);
	take_all(s->search);
	ran = milliseconds(CLOCK_PROCESS_CPUTIME_ID);
	pthread_join(thread, NULL);
	search_close(s->search);
	return ran - c.at;
}

/* At the deadline no thread can have run for longer than the time until it. */
static double until_timed_out(struct subject *s)
{
	double began = milliseconds(CLOCK_PROCESS_CPUTIME_ID), ran;
	int threads = s->options.workers == SEARCH_NO_WORKERS ? 1 : (int)s->options.workers + 1;

	s->options.timeout_ms = (uint64_t)s->before;
	assert_int_equal(search_open(&s->search, &s->options, NULL), SEARCH_OK);
	take_all(s->search);
	ran = milliseconds(CLOCK_PROCESS_CPUTIME_ID) - began;
	search_close(s->search);
	s->options.timeout_ms = 0;
	return ran - threads * s->before;
}

/* The longest of `steps` steps, in milliseconds. */
static double longest_of(struct subject *s, int steps)
{
	const struct search_item *item;
	double longest = 0;
	int rc = 1;

	assert_int_equal(search_open(&s->search, &s->options, NULL), SEARCH_OK);
	for (int i = 0; i < steps && (rc == 1 || rc == SEARCH_EAGAIN); i++) {
		double began = milliseconds(CLOCK_THREAD_CPUTIME_ID), ran;

		rc = search_try_next(s->search, &item);
		ran = milliseconds(CLOCK_THREAD_CPUTIME_ID) - began;
		longest = ran > longest ? ran : longest;
	}
	search_close(s->search);
	return longest;
}

static double longest_step(struct subject *s)
{
	return longest_of(s, (int)how_much(12, 100));
}

static void check(const struct hard *h, struct subject *s, double (*measure)(struct subject *), const char *what)
{
	int threads = s->options.workers == SEARCH_NO_WORKERS ? 1 : (int)s->options.workers;
	double least = 1e9;

	for (int i = 0; i < TRIES && least > BOUND * threads; i++) {
		double ran = measure(s);

		least = ran < least ? ran : least;
	}
	if (least > BOUND * threads)
		fail_msg("%s, %d lines of %d bytes, %d threads: %s took %.0f ms", h->pattern, h->lines, h->length,
			 threads, what, least);
}

/* All steps of a search are short, so that it ends soon at any moment. */
static void check_steps(const struct hard *h, struct subject *s)
{
	double least = 1e9;

	for (int i = 0; i < TRIES && least > STEP; i++) {
		double ran = longest_of(s, INT_MAX);

		least = ran < least ? ran : least;
	}
	if (least > STEP)
		fail_msg("%s, %s: a step took %.0f ms", h->pattern, s->options.encoding != NULL ? s->options.encoding : "", least);
}

static void each(const struct hard *h, int workers, double (*measure)(struct subject *), const char *what)
{
	struct subject s;
	size_t size;
	char *text = text_of(h, &size);

	subject_init(&s, h, text, size, workers);
	check(h, &s, measure, what);
	free(text);
}

static void test_ending__comes_soon_in_hard_lines(void **state)
{
	(void)state;
	for (int i = 0; i < HARD; i++)
		for (int workers = 0; workers <= 2; workers += runs_long() ? 1 : 2) {
			each(&table[i], workers, until_cancelled, "to cancel");
			each(&table[i], workers, until_closed, "to close");
			each(&table[i], workers, until_timed_out, "the deadline");
		}
}

static void test_ending__steps_are_short_in_hard_lines(void **state)
{
	(void)state;
	for (int i = 0; i < HARD; i++)
		if (!table[i].whole)
			each(&table[i], 0, longest_step, "a step");
}

/* --- directories --- */

enum { LONG = 250 };

/* How many entries, and how many globs of each of several kinds: enough to keep a processor busy for some 100 ms. */
static int how_many_names(void)
{
	return (int)how_much(200000, SCALED(400000));
}

static int how_many_globs(void)
{
	return (int)how_much(40000, SCALED(160000));
}

static void make_names(const char *root)
{
	struct dice dice = { 1 };

	assert_int_equal(chdir(root), 0);
	forest_text(root, "first", "");
	for (int i = 0; i < how_many_names(); i++) {
		char name[40];

		snprintf(name, sizeof(name), "%08x%d", (unsigned)dice_below(&dice, UINT32_MAX), i);
		assert_int_equal(link("first", name), 0);
	}
	assert_int_equal(chdir("/"), 0);
}

/* A rule file of `count` lines. */
static void make_rules(const char *root, const char *line, int count)
{
	size_t length = strlen(line);
	char *text = malloc(length * (size_t)count);

	assert_non_null(text);
	for (int i = 0; i < count; i++)
		memcpy(text + length * (size_t)i, line, length);
	forest_file(root, ".ignore", text, length * (size_t)count);
	free(text);
}

static void make_many_rules(const char *root)
{
	make_rules(root, "*?\n", how_many_globs() * 8);
	forest_text(root, "f", "");
}

static void make_rules_to_ask(const char *root)
{
	char name[LONG + 1];

	make_rules(root, "*[a]*a*a*a*b\n", how_many_globs());
	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "%0*d", LONG, i);
		memset(name, 'a', LONG - 2);
		forest_text(root, name, "");
	}
}

/* The index of a repository whose configuration says that case does not matter: the names are sorted again. */
static void make_index(const char *root)
{
	enum { ENTRY = 72, HEADER = 12 };
	uint32_t count = (uint32_t)how_many_names() * 2;
	uint8_t *index = calloc(HEADER + (size_t)count * ENTRY, 1);

	assert_non_null(index);
	memcpy(index, "DIRC\0\0\0\2", 8);
	for (int i = 0; i < 4; i++)
		index[8 + i] = (uint8_t)(count >> (24 - 8 * i));
	for (uint32_t i = 0; i < count; i++)
		snprintf((char *)index + HEADER + (size_t)i * ENTRY + 62, 10, "%c%06x", "Aa"[i >= count / 2], (unsigned)(i & 0xFFFFFF));
	forest_directory(root, ".git");
	forest_file(root, ".git/index", index, HEADER + (size_t)count * ENTRY);
	free(index);
	forest_text(root, ".git/HEAD", "ref: refs/heads/x\n");
	forest_text(root, ".git/config", "[core]\n\tignoreCase = true\n");
	forest_text(root, ".gitignore", "f\n");
	forest_text(root, "f", "");
}

static const struct scene {
	const char *name;
	void (*make)(const char *root);
	uint32_t flags;
	bool whole; /* rule files are read in one step */
} scenes[] = {
	{ "many names", make_names, 0, false },
	{ "many rules", make_many_rules, SEARCH_WALK_IGNORE_FILES | SEARCH_WALK_IGNORE_BELOW, true },
	{ "rules to ask", make_rules_to_ask, SEARCH_WALK_IGNORE_FILES | SEARCH_WALK_IGNORE_BELOW, true },
	{ "an index", make_index, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_TRACKED | SEARCH_WALK_IGNORE_BELOW, true },
};

enum { SCENES = sizeof(scenes) / sizeof(scenes[0]) };

static const int moments[] = { 10, 60 };

enum { MOMENTS = sizeof(moments) / sizeof(moments[0]) };

/* Ends a search at several moments, with a worker and without. */
static void end_at_moments(const struct hard *h, struct subject *s)
{
	for (int m = 0; m < MOMENTS; m++)
		for (uint32_t workers = 0; workers <= 1; workers++) {
			s->before = moments[m];
			s->options.workers = workers == 0 ? SEARCH_NO_WORKERS : workers;
			check(h, s, until_cancelled, "to cancel");
			check(h, s, until_closed, "to close");
			check(h, s, until_timed_out, "the deadline");
		}
}

static void test_ending__comes_soon_in_directories(void **state)
{
	(void)state;
	for (int i = 0; i < SCENES; i++) {
		const struct scene *scene = &scenes[i];
		struct hard h = { .pattern = scene->name, .flags = scene->flags | SEARCH_RESULT_LIST };
		char *root = forest_open_in_memory();
		struct subject s;

		scene->make(root);
		subject_init(&s, &h, NULL, 0, 0);
		s.source = (struct search_source){ .kind = SEARCH_SOURCE_PATH, .path = root };
		end_at_moments(&h, &s);
		s.options.workers = SEARCH_NO_WORKERS;
		if (!scene->whole)
			check_steps(&h, &s);
		forest_close(root);
	}
}

/* --- decoded files --- */

enum { MEMBER = 4 << 20 };

static int how_many_members(void)
{
	return (int)how_much(2, SCALED(8));
}

static void test_ending__comes_soon_in_archives(void **state)
{
	static const char bytes[] = { 'x', '\0' };
	char *member = malloc(MEMBER);

	(void)state;
	assert_non_null(member);
	for (size_t i = 0; i < archive_program_count * sizeof(bytes); i++) {
		const struct archive_program *program = &archive_programs[i / sizeof(bytes)];
		struct hard h = { .pattern = "q+z|zq", .flags = SEARCH_MATCH_DECOMPRESS };
		struct archive one, all = { 0 };
		struct subject s;

		if (!archive_can(program) || program->alone)
			continue;
		memset(member, bytes[i % sizeof(bytes)], MEMBER);
		one = archive_make(program->command, member, MEMBER);
		for (int k = 0; k < how_many_members(); k++)
			archive_append(&all, one.bytes, one.size);
		subject_init(&s, &h, (char *)all.bytes, all.size, 0);
		s.options.max_line_bytes = 1 << 30;
		check_steps(&h, &s);
		archive_free(&all);
		archive_free(&one);
	}
	free(member);
}

static void test_ending__comes_soon_in_decoded_files(void **state)
{
	static const char *const encodings[] = { "SHIFT_JIS", "GBK", "UTF-16LE", "UTF-16BE", "ISO-8859-1", "UTF-7" };
	size_t size = (size_t)MEMBER * (size_t)how_many_members() / 4;
	char *text;

	(void)state;
	if (TEST_RACES)
		skip(); /* it marks all input of iconv as read, call by call, which takes seconds */
	text = malloc(size);
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]) * 2; i++) {
		struct hard h = { .pattern = "q+z|zq" };
		struct subject s;

		memset(text, i % 2 == 0 ? 'x' : '\xFF', size);
		subject_init(&s, &h, text, size, 0);
		s.options.encoding = encodings[i / 2];
		s.options.max_line_bytes = 1 << 30;
		check_steps(&h, &s);
	}
	free(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ending__comes_soon_in_hard_lines),
		cmocka_unit_test(test_ending__steps_are_short_in_hard_lines),
		cmocka_unit_test(test_ending__comes_soon_in_directories),
		cmocka_unit_test(test_ending__comes_soon_in_archives),
		cmocka_unit_test(test_ending__comes_soon_in_decoded_files),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
