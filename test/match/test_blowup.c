/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_blowup.c - patterns that are made to be too much: huge, nested, repeated, ambiguous. Each is either refused with
 * a sentence that says why, or finds the right lines in a bounded amount of memory; a line that Oniguruma gives up on is
 * undecided. Then allocations fail at random.
 *
 * malloc and its kin are defined here, in front of libc's, in order to count. A sanitizer brings its own: then nothing
 * is counted and nothing fails. Calls from Oniguruma, which are known by their return address, do not fail: its parser
 * would not survive that.
 */
#include "../../lib/base/base.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/scale.h"
#include "find.h"

#define HASTE 20 /* four seconds for a line of a million bytes become a fifth of a second */
#define PATIENCE 250 /* seconds for a search that should take less than one */

/* ---- memory ---- */

#if TEST_SANITIZED || !defined(__GLIBC__)
#define COUNTS 0
#else
#define COUNTS 1
#endif

static long until_failure = -1; /* allocations that still succeed; -1: all do */
static long allocations;        /* that could have failed, while counting */
static long live_blocks;
static size_t live, peak;       /* bytes, while counting */
static bool counting;

#if COUNTS

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

extern const char __executable_start[], etext[]; /* set by the linker */

/* `caller` is where the allocating function returns to. */
static bool fails(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	if (!counting || at < (uintptr_t)__executable_start || at >= (uintptr_t)etext)
		return false;
	allocations++;
	return until_failure >= 0 && until_failure-- == 0;
}

static void *count(void *p)
{
	if (!counting || p == NULL)
		return p;
	live_blocks++;
	live += malloc_usable_size(p);
	peak = ps_max(peak, live);
	return p;
}

static void forget(void *p)
{
	if (!counting || p == NULL)
		return;
	live_blocks--;
	live -= malloc_usable_size(p);
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : count(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : count(__libc_calloc(n, size));
}

void *realloc(void *p, size_t size)
{
	void *q;

	if (fails(__builtin_return_address(0)))
		return NULL;
	forget(p);
	q = __libc_realloc(p, size);
	count(q != NULL ? q : p);
	return q;
}

void free(void *p)
{
	forget(p);
	__libc_free(p);
}

#endif

/* ---- patterns and text ---- */

/* `before`, `piece` repeated `times` times, `after`. A # in the piece is replaced by its number, in six digits. */
struct shape {
	const char *name;
	const char *before, *piece;
	size_t times;
	const char *after;
	uint32_t flags;
	bool apart;          /* each piece is a pattern by itself */
	const char *refused; /* part of the message; NULL: it is accepted */
	const char *found;   /* the lines that match, by their numbers below */
	const char *undecided;
	size_t most;         /* MiB that it may take at most */
};

static const struct {
	const char *piece;
	size_t times;
	const char *end;
} lines[] = {
	/* 0 */ { "a", 30, "!" },
	/* 1 */ { "a", 1000, "" },
	/* 2 */ { "w000017", 1, "e" },
	/* 3 */ { "", 1, "" },
	/* 4 */ { "a", 100000, "c" },
	/* 5 */ { "W000018", 1, "7E" },
	/* 6 */ { "x1", 40, " \xC3\x9F\xFF" },
};

enum { LINES = sizeof(lines) / sizeof(lines[0]) };

#define MI ((size_t)1 << 20)
#define TOO_DEEP "nested too deep"
#define TOO_MANY "repeats that are more than 100000 elements"
#define TOO_LONG "more than 4096 bytes in a row in which case is ignored"

/* By Oniguruma, with a pattern that is too large for a tree, unless it is smaller under a sanitizer. */
#if TEST_SANITIZED
static const char given_up[] = "";
#else
static const char given_up[] = "14";
#endif

static const struct shape shapes[] = {
	{ "plus of plus", "(a+)+$", "", 0, "", 0, false, NULL, "1", "", 8 },
	{ "a or two", "(a|aa)+$", "", 0, "", 0, false, NULL, "1", "", 8 },
	{ "the same thrice", "(x|x|x)*1y", "", 0, "", 0, false, NULL, "", "", 8 },
	{ "optional, then not", "^(?:a?){50}a{50}!", "", 0, "", 0, false, NULL, "", "", 8 },
	{ "two ways for each", "(x1+x1+)+y", "", 0, "", 0, false, NULL, "", "", 8 },
	{ "many stars", "", "a*", 2000, "c$", 0, false, NULL, "4", "", 8 },
	{ "any characters over and over", "", ".*", 1000, "!", 0, false, NULL, "0", "", 8 },
	{ "exponential automaton", "(a|x)*a(a|1){20}!", "", 0, "", 0, false, NULL, "0", "", 8 },
	{ "quantifiers of quantifiers", "a", "+?", 10000, "", 0, false, TOO_DEEP, "", "", 8 },
	{ "open groups", "", "(", 10000, "", 0, false, TOO_DEEP, "", "", 8 },
	{ "groups", "", "(?:a", 10000, "", 0, false, TOO_DEEP, "", "", 8 },
	{ "looking ahead", "", "(?=", 10000, "", 0, false, TOO_DEEP, "", "", 8 },
	{ "classes in classes", "", "[", 10000, "", 0, false, TOO_DEEP, "", "", 8 },
	{ "stars", "", "a*", 500000, "", 0, false, NULL, "0123456", "", 256 },
	{ "empty alternatives", "", "|", 100000, "", 0, false, NULL, "0123456", "", 64 },
	{ "conditions", "", "\\b", 100000, "x", 0, false, NULL, "6", "", 64 },
	{ "groups that capture", "", "(a)", 300000, "", 0, false, "too many groups", "", "", 64 },
	{ "repeats of repeats", "a{1000}{1000}", "", 0, "", 0, false, TOO_MANY, "", "", 8 },
	{ "repeats in repeats", "(((a{100}){100}){100})", "", 0, "", 0, false, TOO_MANY, "", "", 8 },
	{ "doubled again and again", "a", "{2}", 144, "", 0, false, TOO_MANY, "", "", 8 },
	{ "repeats ahead", "(?=(((?:a|x){50}){50}){50})", "", 0, "", 0, false, TOO_MANY, "", "", 8 },
	{ "as many as there may be", "((a{10}){100}){100}", "", 0, "", 0, false, NULL, "4", "", 64 },
	{ "letters", "\\w{1000}", "", 0, "", 0, false, NULL, "14", "", 16 },
	{ "letters of any script", "\\p{L}{50}", "", 0, "", 0, false, NULL, "14", "", 16 },
	{ "more letters", "\\w{100000}c", "", 0, "", 0, false, NULL, "4", "", 64 },
	{ "large classes", "", "[\\w&&[^\\d]]", 9000, "", 0, false, NULL, "4", "", 256 },
	{ "large classes in any case", "", "[\\w&&[^\\d]]", 1000, "", SEARCH_MATCH_IGNORE_CASE, false, NULL, "14", "", 256 },
	{ "a large class", "[", "ab1x", 300000, "]", 0, false, NULL, "012456", "", 16 },
	{ "a class of many", "[", "\\x{#}-\\x{#}", 100000, "]", 0, false, "too many ranges", "", "", 64 },
	{ "a long string", "", "a", 1000000, "", 0, false, NULL, "", "", 64 },
	{ "a long string that is there", "", "a", 100000, "c", 0, false, NULL, "4", "", 64 },
	{ "a long string in any case", "", "a", 1000000, "", SEARCH_MATCH_IGNORE_CASE, false, TOO_LONG, "", "", 128 },
	{ "a long fixed string in any case", "", "a.", 500000, "", SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_FIXED, false, TOO_LONG, "", "", 128 },
	{ "many folds", "(?i)", "stra\xC3\x9F" "e", 100000, "", 0, false, TOO_LONG, "", "", 128 },
	{ "many folds, apart", "(?i)", "stra\xC3\x9F" "e#|", 5000, "A{30}!", 0, false, NULL, "0", "", 64 },
	{ "a long required string", "[ax]", "xx1", 333333, "\\d", 0, false, NULL, "", "", 256 },
	{ "words", "", "w#|", 100000, "a!", 0, false, NULL, "02", "", 128 },
	{ "words in any case", "", "w#|", 100000, "a!", SEARCH_MATCH_IGNORE_CASE, false, NULL, "025", "", 256 },
	{ "branches", "", "w#[0-9]?e|", 10000, "a!", 0, false, NULL, "02", "", 64 },
	{ "too many branches for a tree", "", "w#[0-9]?e|", 100000, "a!", 0, false, NULL, "02", given_up, 256 },
	{ "words, each a pattern", "", "w#", 100000, "", 0, true, NULL, "2", "", 64 },
	{ "words in any case, each a pattern", "", "w#", 100000, "", SEARCH_MATCH_IGNORE_CASE, true, NULL, "25", "", 64 },
	{ "branches, each a pattern", "", "w#[0-9]?e?", 100000, "", 0, true, NULL, "2", "", 512 },
	{ "whole words, each a pattern", "", "w#[0-9]?e?", 50000, "", SEARCH_MATCH_WORD, true, NULL, "2", "", 512 },
	{ "branches in any case, each a pattern", "", "w#[0-9]?e?", 30000, "", SEARCH_MATCH_IGNORE_CASE, true, NULL, "25", "", 256 },
	{ "ends, each a pattern", "", ".*\\d#.*e", 30000, "", 0, true, NULL, "", "", 256 },
	{ "references back", "(a*)*\\1b", "", 0, "", 0, false, NULL, "", "", 64 },
	{ "ways to the first byte", "", "(?:a*|x*)", 200, "(c)\\1", 0, false, NULL, "", "", 8 },
	{ "references back that are given up on", "^(a+)+\\1$", "", 0, "", 0, false, NULL, "1", "04", 64 },
	{ "looking ahead that is given up on", "^(?=(?:a|aa)+$|c).", "", 0, "", 0, false, NULL, "1", "04", 64 },
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static size_t times_of(const struct shape *s)
{
	size_t whole = SCALED(s->times);

	return s->undecided == given_up ? whole : how_much(s->times / 8, whole);
}

/* Appends; if `to` is NULL, only counts. */
static size_t put(char *to, size_t at, const char *text, size_t index)
{
	for (; *text != '\0'; text++) {
		char digits[7] = { *text, '\0' };

		if (*text == '#')
			snprintf(digits, sizeof(digits), "%06zu", index % 1000000);
		if (to != NULL)
			memcpy(to + at, digits, strlen(digits));
		at += strlen(digits);
	}
	return at;
}

static size_t write_shape(const struct shape *s, char *to, struct search_pattern *patterns)
{
	size_t at = put(to, 0, s->before, 0);

	for (size_t i = 0; i < times_of(s); i++) {
		size_t begin = at;

		at = put(to, at, s->piece, i);
		if (s->apart && patterns != NULL)
			patterns[i] = (struct search_pattern){ .text = to + begin, .length = at - begin };
	}
	at = put(to, at, s->after, 0);
	if (!s->apart && patterns != NULL)
		patterns[0] = (struct search_pattern){ .text = to, .length = at };
	return at;
}

struct text {
	uint8_t *bytes;
	size_t length;
	size_t begin[LINES];
};

static void make_text(struct text *t)
{
	t->length = 0;
	for (size_t i = 0; i < LINES; i++)
		t->length += strlen(lines[i].piece) * lines[i].times + strlen(lines[i].end) + 1;
	t->bytes = malloc(t->length);
	assert_non_null(t->bytes);
	t->length = 0;
	for (size_t i = 0; i < LINES; i++) {
		char *to = (char *)t->bytes;

		t->begin[i] = t->length;
		for (size_t k = 0; k < lines[i].times; k++)
			t->length = put(to, t->length, lines[i].piece, 0);
		t->length = put(to, t->length, lines[i].end, 0);
		t->bytes[t->length++] = '\n';
	}
}

/* ---- searching ---- */

struct outcome {
	int rc; /* what ps_matcher_new returned, or SEARCH_ENOMEM from a later call */
	char message[sizeof(((struct search_error *)0)->message)];
	char found[LINES + 1], undecided[LINES + 1];
};

static void note(char *list, const struct text *t, size_t begin)
{
	for (size_t i = 0; i < LINES; i++)
		if (t->begin[i] == begin)
			list[strlen(list)] = (char)('0' + i);
}

static int search(const struct ps_matcher *m, const struct text *t, struct outcome *o)
{
	struct ps_finder *f;
	struct ps_line line;
	size_t from = 0;
	int rc = ps_finder_new(&f, m);

	while (rc == SEARCH_OK && from < t->length) {
		int found = find_line(f, t->bytes, from, t->length, &line);

		if (found == PS_NONE)
			break;
		if (found == PS_UNDECIDED)
			assert_non_null(strstr(ps_finder_reason(f), "simplify the pattern"));
		if (found == PS_FOUND || found == PS_UNDECIDED)
			note(found == PS_FOUND ? o->found : o->undecided, t, line.begin);
		else
			rc = found;
		from = line.end + 1;
	}
	ps_finder_free(f);
	return rc;
}

static void play(const struct shape *s, const struct search_pattern *patterns, const struct text *t,
		 struct outcome *o)
{
	bool hasty = !runs_long() && s->undecided[0] != '\0' && s->undecided != given_up;
	struct ps_match_options options = {
		.patterns = patterns, .count = s->apart ? times_of(s) : 1, .flags = s->flags, .cpu = ps_cpu_features(),
		.haste = hasty ? HASTE : 1,
	};
	struct search_error error = { 0 };
	struct ps_matcher *m;

	*o = (struct outcome){ 0 };
	o->rc = ps_matcher_new(&m, &options, &error);
	if (o->rc == SEARCH_OK)
		o->rc = search(m, t, o);
	else
		memcpy(o->message, error.message, sizeof(o->message));
	ps_matcher_free(m);
}

static bool is_right(const struct shape *s, const struct outcome *o)
{
	if (s->refused != NULL)
		return o->rc == SEARCH_EPATTERN && strstr(o->message, s->refused) != NULL;
	return o->rc == SEARCH_OK && strcmp(o->found, s->found) == 0 && strcmp(o->undecided, s->undecided) == 0;
}

static bool judge(const struct shape *s, const struct outcome *o, const char *when)
{
	bool fits = peak <= s->most * MI && live_blocks == 0;

	if (is_right(s, o) && fits)
		return true;
	print_message("%s%s: answer %d %s; lines \"%s\", undecided \"%s\"; %zu KiB, %ld blocks left\n", s->name, when, o->rc,
		      o->message, o->found, o->undecided, peak >> 10, live_blocks);
	return false;
}

/* With failing allocations the result is SEARCH_ENOMEM, or right all the same. */
static bool starve(const struct shape *s, const struct search_pattern *patterns, const struct text *t,
		   struct random *random, size_t times)
{
	long all = allocations;
	bool ok = true;

	for (size_t i = 0; i < times && all > 0; i++) {
		struct outcome o;

		until_failure = (long)random_below(random, (uint32_t)all);
		live = peak = 0;
		live_blocks = 0;
		counting = true;
		play(s, patterns, t, &o);
		counting = false;
		until_failure = -1;
		if (o.rc != SEARCH_ENOMEM || live_blocks != 0)
			ok = judge(s, &o, ", starved") && ok;
	}
	return ok;
}

static bool try_shape(const struct shape *s, const struct text *t, struct random *random)
{
	struct search_pattern *patterns = calloc(s->apart ? times_of(s) : 1, sizeof(*patterns));
	char *store = malloc(write_shape(s, NULL, NULL) + 1);
	struct outcome o;
	bool ok;

	assert_non_null(patterns);
	assert_non_null(store);
	write_shape(s, store, patterns);
	live = peak = 0;
	live_blocks = allocations = 0;
	counting = COUNTS;
	play(s, patterns, t, &o);
	counting = false;
	if (getenv("PS_SHOW") != NULL)
		print_message("%-40s %6zu KiB %7ld allocations\n", s->name, peak >> 10, allocations);
	ok = judge(s, &o, "");
	ok = starve(s, patterns, t, random, how_much(allocations > 50000 ? 1 : 2, allocations > 50000 ? 2 : 8)) && ok;
	free(store);
	free(patterns);
	return ok;
}

static void test_blowup__bounded_and_right(void **state)
{
	struct random random = random_new(1);
	struct text t;
	size_t wrong = 0;

	(void)state;
	alarm(patience(PATIENCE));
	make_text(&t);
	play(&shapes[0], &(struct search_pattern){ .text = "(?i)k", .length = 5 }, &t, &(struct outcome){ 0 }); /* Oniguruma makes its tables */
	for (size_t i = 0; i < SHAPES; i++)
		wrong += !try_shape(&shapes[i], &t, &random);
	free(t.bytes);
	assert_int_equal(wrong, 0);
}

/* ---- long lines ---- */

static bool is_over(const void *context)
{
	return *(const bool *)context;
}

/* Each would work for minutes on a line of letters: for its length times its length, or times the pattern's. */
static const struct {
	const char *pattern;
	bool spans;     /* the line matches at once; the spans take that long */
	bool simulated; /* after Oniguruma the simulation gives up, too */
} hard[] = {
	{ "\\w{100000}[b!]{2}$", false, true },
	{ "(?<n>\\w)(?>\\w+)\\w\\k<n>", false, false },
	{ "^a|(?<n>\\w)(?>\\w+)\\w\\k<n>", true, false },
};

static void test_blowup__a_long_line_is_given_up_on(void **state)
{
	enum { LENGTH = 1000000 };
	char *text = malloc(LENGTH + 4);

	(void)state;
	alarm(patience(PATIENCE));
	assert_non_null(text);
	memset(text, 'a', LENGTH);
	memcpy(text + LENGTH, "!\nb\n", 4);
	for (size_t i = 0; i < 2 * sizeof(hard) / sizeof(hard[0]); i++) {
		size_t n = i / 2;
		bool over = i % 2 == 1;
		struct search_pattern pattern = { .text = hard[n].pattern, .length = strlen(hard[n].pattern) };
		struct ps_match_options options = {
			.patterns = &pattern, .count = 1, .cpu = ps_cpu_features(), .haste = runs_long() ? 1 : 5 * HASTE, /* no line is to be decided */
		};
		const struct search_span *spans;
		struct ps_matcher *m;
		struct ps_finder *f;
		struct ps_line line;
		size_t count;
		int rc;

		if (TEST_SANITIZED && hard[n].simulated && !over)
			continue; /* this many steps take minutes */
		assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
		assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
		ps_finder_watch(f, is_over, &over);
		rc = (over ? ps_find_line : find_line)(f, (const uint8_t *)text, 0, LENGTH + 4, &line);
		if (hard[n].spans) {
			assert_int_equal(rc, PS_FOUND);
			rc = ps_find_spans(f, (const uint8_t *)text, LENGTH + 1, SIZE_MAX, &spans, &count);
			assert_int_equal(rc, over ? PS_PAUSED : PS_UNDECIDED);
		} else {
			assert_int_equal(rc, over ? PS_PAUSED : PS_UNDECIDED);
		}
		assert_int_equal(line.begin, 0);
		if (rc == PS_UNDECIDED)
			assert_non_null(strstr(ps_finder_reason(f), "lower the limit on line lengths"));
		ps_finder_free(f);
		ps_matcher_free(m);
	}
	free(text);
}

/* However little time each match takes, a line may hold many. Those found until the search is over mean nothing. */
static void test_blowup__the_spans_of_a_line_end_with_the_search(void **state)
{
	static const char *const patterns[] = { "ab", "a+", "[ab]b", "a(?=b)", "(?<n>a)b\\k<n>", "b|(?<n>a)\\k<n>?" };
	enum { LENGTH = 100000 };
	static uint8_t text[LENGTH];

	(void)state;
	for (size_t i = 0; i < LENGTH; i++)
		text[i] = i % 2 == 0 ? 'a' : 'b';
	for (size_t i = 0; i < 2 * sizeof(patterns) / sizeof(patterns[0]); i++) {
		const char *at = patterns[i / 2];
		struct search_pattern pattern = { .text = at, .length = strlen(at) };
		struct ps_match_options options = { .patterns = &pattern, .count = 1, .cpu = ps_cpu_features() };
		const struct search_span *spans;
		bool over = i % 2 == 1;
		struct ps_matcher *m;
		struct ps_finder *f;
		size_t count;
		int rc;

		assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
		assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
		ps_finder_watch(f, is_over, &over);
		rc = ps_find_spans(f, text, LENGTH, SIZE_MAX, &spans, &count);
		if (rc != (over ? PS_PAUSED : SEARCH_OK) || (over && count > 0))
			fail_msg("%s: %d, and %zu spans", at, rc, count);
		ps_finder_free(f);
		ps_matcher_free(m);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blowup__bounded_and_right),
		cmocka_unit_test(test_blowup__a_long_line_is_given_up_on),
		cmocka_unit_test(test_blowup__the_spans_of_a_line_end_with_the_search),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
