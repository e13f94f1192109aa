/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_line_limit.c - options.max_line_ms: a line that takes longer is given up, whatever works at it, and the lines
 * around it are searched.
 *
 * The figures are processor time, so other programs do not count. The bound is far above what is promised, some
 * milliseconds; without the limit each of these lines takes many times as long.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../../lib/base/base.h"

#include "../../lib/match/finder.h"
#include "../../lib/onig/line_budget.h"
#include "../support/collect.h"
#include "../support/options.h"
#include "../support/random.h"
#include "../support/scale.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../support/choose.h"

RUNS_ALONE;

enum { LIMIT = 25, BOUND = TEST_SANITIZED ? 1500 : 60 }; /* milliseconds */

/* Three lines of `length` bytes: `first`, then `fill` again and again. Around each is a short line that matches. */
struct hard {
	const char *what, *pattern, *fill;
	size_t length;
	char first;
	uint32_t flags;
	bool found; /* the line matches, and only its spans take long */
};

enum { LINES = 3 };

static const struct hard table[] = {
	{ "Oniguruma", "^(x+)+\\1(?=q)|ne{2}dle", "x", 3000, 'x', 0, false },
	{ "Oniguruma, place by place", "(?:(x+)+\\1(?=q)|ne{2}dle)", "x", 60000, 'x', 0, false },
	{ "Oniguruma, inverted", "^(x+)+\\1(?=q)|ne{2}dle", "x", 3000, 'x', SEARCH_MATCH_INVERT, false },
	{ "Oniguruma, counting", "^(x+)+\\1(?=q)|ne{2}dle", "x", 3000, 'x', SEARCH_RESULT_COUNT, false },
	{ "Oniguruma, comparing ever more", "^(?<n>x+)\\k<n>(?=q)|ne{2}dle", "x", 250000, 'x', 0, false },
	{ "Oniguruma, spans", "^a|(?>\\w+)\\w(?<=q)|needle", "x", 400000, 'a', 0, true },
	{ "backtracking of our own", "(?>x+)x|needle", "x", 1000000, 'x', 0, false },
	{ "a counted repeat", "(x|y){10000}\\W|[xy]{20000}\\W|needle", "xy", 150000, 'x', 0, false },
	{ "a counted repeat, spans", "^a|\\w{30000}[b!]{2}|needle", "xy", 150000, 'a', 0, true },
	{ "spans by the automaton, and then by others", "[^q]*?x{1,2000}y|x|needle", "x", 200000, 'x', 0, true },
	{ "spans that go to the line's end", "a[^z]*z|^a|x[^z]*z|x|needle", "x", 1500000, 'a', 0, true },
	{ "groups", "(x)(?=(x*))|(needle)", "x", 400000, 'x', SEARCH_RESULT_GROUPS, true },
};

static double processor_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static char *text_of(const struct hard *h, size_t *size)
{
	char *text = malloc(LINES * (h->length + 20) + 20), *end = text;
	size_t n = strlen(h->fill);

	assert_non_null(text);
	for (int i = 0; i < LINES; i++) {
		end += sprintf(end, "needle %d\n", i);
		for (size_t k = 0; k < h->length; k++)
			*end++ = k == 0 ? h->first : h->fill[k % n];
		*end++ = '\n';
	}
	end += sprintf(end, "needle at the end\n");
	*size = (size_t)(end - text);
	return text;
}

struct subject {
	struct simple a;
	struct search_source source;
	char *text;
};

static void subject_init(struct subject *s, const struct hard *h, uint32_t workers)
{
	*s = (struct subject){ .source = { .kind = SEARCH_SOURCE_MEMORY } };
	s->text = text_of(h, &s->source.size);
	s->source.data = s->text;
	simple_init(&s->a, h->pattern, NULL);
	set_flags(&s->a.options, h->flags);
	s->a.options.sources = &s->source;
	s->a.options.source_count = 1;
	s->a.options.workers = workers;
	s->a.options.max_line_ms = LIMIT;
}

/* Counts what is found of the hard lines and of the others, and holds each error to what it should be. */
struct tally {
	int easy, hard, errors;
	uint64_t counted;
};

static void take(struct tally *t, const struct search_item *item)
{
	if (item->kind == SEARCH_ITEM_FILE_END)
		t->counted = item->matches;
	if (item->kind == SEARCH_ITEM_MATCH && item->line % 2 != 0)
		t->easy++;
	if (item->kind == SEARCH_ITEM_MATCH && item->line % 2 == 0)
		t->hard++;
	if (item->kind != SEARCH_ITEM_ERROR)
		return;
	t->errors++;
	assert_int_equal(item->reason, SEARCH_REASON_GAVE_UP);
	assert_int_equal(item->line % 2, 0);
	if (strstr(item->message, "max_line_ms") == NULL || strstr(item->message, "raise") == NULL)
		fail_msg("the message is '%s'", item->message);
}

/* The least processor time of a few tries counts: what else the system does in this process' name may take some. */
static void check_hard(const struct hard *h, uint32_t workers)
{
	bool inverted = (h->flags & SEARCH_MATCH_INVERT) != 0, counting = (h->flags & SEARCH_RESULT_COUNT) != 0;
	double least = 1e9;

	for (int try = 0; try < 3 && least > LINES * (LIMIT + BOUND); try++) {
		const struct search_item *item;
		struct tally tally = { 0 };
		struct subject s;
		struct search *search;
		double took;

		subject_init(&s, h, workers);
		took = processor_time();
		search = open_search(&s.a.options);
		while (search_next(search, &item) == 1)
			take(&tally, item);
		took = processor_time() - took;
		least = took < least ? took : least;
		assert_int_equal(search_outcome(search), SEARCH_OUTCOME_COMPLETE);
		search_close(search);
		free(s.text);
		if (tally.errors != LINES)
			fail_msg("%s: %d errors", h->what, tally.errors);
		assert_int_equal(tally.easy, inverted || counting ? 0 : LINES + 1);
		assert_int_equal(tally.hard, h->found ? LINES : 0);
		assert_true(!counting || tally.counted == LINES + 1);
	}
	if (least > LINES * (LIMIT + BOUND))
		fail_msg("%s, %u workers: %d lines within %d ms each took %.0f ms", h->what, (unsigned)workers, LINES,
			 LIMIT, least);
}

static void test_line_limit__each_way_of_searching_keeps_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		check_hard(&table[i], SEARCH_NO_WORKERS);
		check_hard(&table[i], 1);
	}
}

/* Here the text is given up from the line on that took too long. */
static void test_line_limit__a_text_is_given_up_from_there_on(void **state)
{
	static const struct {
		const char *pattern;
		uint32_t flags;
		size_t length;
	} rows[] = {
		{ "(x+)+\\1[^x](?=q)|needle", 0, 60000 },
		{ "(x+)+\\1[^x](?=q)|needle", SEARCH_MATCH_INVERT, 60000 },
		{ "(?:x|y|\\n){10000}z|[xy\\n]{20000}q|needle", 0, 300000 },
		{ "(x)(?=(x*))|(needle)|q\\n", SEARCH_RESULT_GROUPS, 100000 },
		{ "(x)(?=(x*))|(needle)|q\\n", 0, 100000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t flags = rows[i].flags | SEARCH_MATCH_MULTILINE;
		struct hard h = { "", rows[i].pattern, "x", rows[i].length, 'x', flags, false };
		const struct search_item *item;
		struct search *search;
		struct subject s;
		int errors = 0;
		double took;

		subject_init(&s, &h, SEARCH_NO_WORKERS);
		took = processor_time();
		search = open_search(&s.a.options);
		while (search_next(search, &item) == 1) {
			errors += item->kind == SEARCH_ITEM_ERROR;
			if (item->kind == SEARCH_ITEM_ERROR && strstr(item->message, "max_line_ms") == NULL)
				fail_msg("%s: the message is '%s'", h.pattern, item->message);
			if (item->line > 3) /* where the line matches, the error is about what follows it */
				fail_msg("%s: an item of line %d", h.pattern, (int)item->line);
		}
		took = processor_time() - took;
		assert_int_equal(errors, 1);
		if (took > 3 * (LIMIT + BOUND))
			fail_msg("%s took %.0f ms", h.pattern, took);
		search_close(search);
		free(s.text);
	}
}

/* The limit is for each line, not for the text: all lines together may take longer. */
static void test_line_limit__starts_anew_with_each_line_of_a_text(void **state)
{
	enum { MANY = 24, ENOUGH = 100 /* ms; a slice that a hypervisor may charge to us is less than half of it */ };
	static const char gave_up[] = "the pattern takes too long in the text";

	(void)state;
	for (size_t length = 200;; length += length / 4) {
		char *text = malloc(MANY * (length + 8)), *end = text;
		struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = text };
		struct transcript without = { 0 }, with = { 0 };
		struct simple a;
		double took;
		bool whole;

		assert_non_null(text);
		for (int i = 0; i < MANY; i++) {
			memset(end, 'x', length);
			end += length;
			end += sprintf(end, "\nneedle");
		}
		source.size = (size_t)(end - text);
		simple_init(&a, "(x+)\\1[^x]q|needle", NULL);
		set_flags(&a.options, SEARCH_MATCH_MULTILINE);
		a.options.sources = &source;
		a.options.source_count = 1;
		a.options.workers = SEARCH_NO_WORKERS;
		took = processor_time();
		assert_int_equal(collect(&a.options, TAKE_NEXT, &without), SEARCH_OK);
		took = processor_time() - took;
		/* a text has a limit of steps, too, which a fast machine reaches before ENOUGH */
		whole = memmem(without.bytes, without.length, gave_up, strlen(gave_up)) == NULL;
		assert_true(whole || length > 300);
		if (whole)
			assert_int_equal(without.items, MANY);
		if (whole && took > ENOUGH) {
			a.options.max_line_ms = (uint32_t)(took / 2); /* a line takes a twelfth of that */
			assert_int_equal(collect(&a.options, TAKE_NEXT, &with), SEARCH_OK);
			assert_same(&without, &with, "with a limit");
		}
		transcript_free(&without);
		transcript_free(&with);
		free(text);
		if (!whole) {
			print_message("left out: the limit of steps comes within %.0f ms\n", took);
			skip();
		}
		if (took > ENOUGH)
			return;
	}
}

static double burn(double ms)
{
	double began = processor_time();

	while (processor_time() - began < ms)
		;
	return processor_time() - began;
}

/* Takes all, with the host at work for some ms after each step, until that are `all`. Returns how many it were. */
static double take_beside_work(const struct search_options *options, double all, struct transcript *t)
{
	struct search *search = open_search(options);
	const struct search_item *item;
	double burnt = 0;
	int rc;

	while ((rc = search_try_next(search, &item)) != 0) {
		if (rc == 1)
			transcript_add(t, item);
		if (burnt < all)
			burnt += burn(all / 2);
	}
	search_close(search);
	return burnt;
}

/* Without workers the line is searched on the host's thread: its own work between two steps is not the line's. */
static void test_line_limit__the_work_of_the_host_does_not_count(void **state)
{
	static const struct hard h = { "", "^(x+)+\\1(?=q)|ne{2}dle", "x", 1000, 'x', 0, false };
	struct transcript expected = { 0 }, got = { 0 };
	double took, burnt;
	struct subject s;

	(void)state;
	subject_init(&s, &h, SEARCH_NO_WORKERS);
	s.a.options.max_line_ms = 0;
	took = processor_time();
	take_beside_work(&s.a.options, 0, &expected);
	took = processor_time() - took;
	s.a.options.max_line_ms = (uint32_t)(took * 3) + 1; /* all three lines together took a third of that */
	burnt = take_beside_work(&s.a.options, took * 8, &got);
	if (burnt < took * 8)
		skip(); /* the machine is so fast that there was no pause */
	assert_same(&expected, &got, "beside the work of the host");
	transcript_free(&expected);
	transcript_free(&got);
	free(s.text);
}

/* The line's match is the last one wanted, and the error about its spans is beyond the limit, and so all after it. */
static void test_line_limit__nothing_follows_the_last_match(void **state)
{
	static const struct hard h = { "", "^a|(?>\\w+)\\w(?<=q)", "x", 400000, 'a', 0, true };

	(void)state;
	for (int how = 0; how < TAKE_COUNT; how++) {
		struct transcript got = { 0 };
		struct subject s;

		subject_init(&s, &h, how % 2 == 0 ? SEARCH_NO_WORKERS : 1);
		s.a.options.max_matches = 1;
		s.a.options.after_context = 1;
		assert_int_equal(collect(&s.a.options, (enum take)how, &got), SEARCH_OK);
		assert_int_equal(got.items, 1);
		transcript_free(&got);
		free(s.text);
	}
}

/* Such a call cannot be interrupted. If it would take longer than the line has, the line is late at once. */
static void test_line_limit__a_call_that_would_take_too_long_is_not_made(void **state)
{
	const uint64_t second = UINT64_C(1000000000);
	const uint8_t text[] = "needle";
	struct ps_line_budget budget = { .haste = 1, .limit = 10 * second };

	(void)state;
	ps_line_budget_enter(&budget, text);
	assert_true(ps_line_budget_affords(&budget, 0));
	assert_true(ps_line_budget_affords(&budget, second));
	assert_false(ps_line_budget_has_stopped(&budget));
	assert_false(ps_line_budget_affords(&budget, 11 * second));
	assert_true(ps_line_budget_has_stopped(&budget));
	assert_false(ps_line_budget_affords(&budget, second)); /* and stays late, */
	ps_line_budget_enter(&budget, text + 1);
	assert_true(ps_line_budget_affords(&budget, second)); /* but the next line is not */
}

/* The automaton decides alone here, but only after a look at the clock. What the thread does then is not the line's. */
static void test_line_limit__the_time_before_the_spans_does_not_count(void **state)
{
	enum { BEFORE = 700, AFTER = 300 };
	static const struct search_pattern pattern = { .text = "needle[ab]+a[ab]{300}c", .length = 22 };
	static const struct ps_match_options options = { .patterns = &pattern, .count = 1 };
	struct random random = random_new(1);
	uint8_t text[6 + BEFORE + 1 + AFTER + 1] = "needle";
	struct ps_matcher *m;
	struct ps_finder *f;
	struct ps_line line;

	(void)state;
	for (size_t i = 6; i < sizeof(text); i++)
		text[i] = random_percent(&random, 50) ? 'a' : 'b';
	text[6 + BEFORE] = 'a';
	text[sizeof(text) - 1] = 'c';
	assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	ps_finder_watch(f, NULL, NULL);
	ps_finder_limit_line(f, UINT64_C(1000000000000));
	ps_finder_begin(f);
	assert_int_equal(ps_find_line(f, text, 0, sizeof(text), &line), PS_FOUND);
	assert_true(f->budget.line == text && f->budget.line_time.stopped);
	ps_finder_free(f);
	ps_matcher_free(m);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_limit__a_call_that_would_take_too_long_is_not_made),
		cmocka_unit_test(test_line_limit__the_time_before_the_spans_does_not_count),
		cmocka_unit_test(test_line_limit__each_way_of_searching_keeps_it),
		cmocka_unit_test(test_line_limit__a_text_is_given_up_from_there_on),
		cmocka_unit_test(test_line_limit__starts_anew_with_each_line_of_a_text),
		cmocka_unit_test(test_line_limit__the_work_of_the_host_does_not_count),
		cmocka_unit_test(test_line_limit__nothing_follows_the_last_match),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
