/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_longest.c - the leftmost-longest matches of random patterns, against all the
 * places where a naive walk over the parsed pattern can end. PS_SEED, PS_ROUNDS as elsewhere.
 */
#include "../../lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../../lib/match/nesting.h"
#include "../../lib/match/utf8.h"
#include "../support/scale.h"
#include "pattern.h"
#include "tree.h"

enum { TEXTS = 8 };

struct text {
	struct tree_text codes;
	uint8_t bytes[TREE_TEXT * 4];
	size_t at[TREE_TEXT + 1]; /* where each character begins */
	size_t length;
};

static void draw_text(struct draw *d, const struct ps_node *root, struct text *t)
{
	static const uint32_t some[] = { 'a', 'b', 'c', ' ', '_', 0xE9, 0x65E5, 's', 0xDF, '1' };

	t->codes.length = 0;
	for (uint32_t n = 1 + draw(d, 5); n > 0; n--) {
		if (draw_one_in(d, 2))
			tree_draw(d, root, &t->codes);
		else
			tree_put(&t->codes, some[draw(d, sizeof(some) / sizeof(some[0]))]);
	}
	t->length = 0;
	for (size_t i = 0; i < t->codes.length; i++) {
		t->at[i] = t->length;
		t->length += ps_utf8_encode(t->codes.code[i], t->bytes + t->length);
	}
	t->at[t->codes.length] = t->length;
}

/* The leftmost-longest match from character `from` on, in characters; false: none. */
static bool naive(const struct ps_node *root, const struct text *t, size_t from, struct search_span *span)
{
	for (size_t begin = from; begin <= t->codes.length; begin++) {
		uint64_t ends = tree_step(root, &t->codes, UINT64_C(1) << begin);

		if (ends == 0)
			continue;
		*span = (struct search_span){ .begin = begin, .end = 63 - (size_t)__builtin_clzll(ends) };
		return true;
	}
	return false;
}

static size_t naive_all(const struct ps_node *root, const struct text *t, struct search_span *spans)
{
	size_t from = 0, last = SIZE_MAX, n = 0;
	struct search_span s;

	while (from <= t->codes.length && naive(root, t, from, &s)) {
		if (s.begin != s.end || s.end != last)
			spans[n++] = (struct search_span){ .begin = t->at[s.begin], .end = t->at[s.end] };
		last = s.end;
		from = s.end + (s.begin == s.end);
	}
	return n;
}

static void compare(const struct pattern *p, const struct ps_node *root, struct ps_finder *f, const struct text *t)
{
	struct search_span want[2 * TREE_TEXT];
	const struct search_span *got;
	size_t wanted = naive_all(root, t, want), count;

	assert_int_equal(ps_find_spans(f, t->bytes, t->length, SIZE_MAX, &got, &count), SEARCH_OK);
	if (count == wanted && (count == 0 || memcmp(got, want, count * sizeof(*got)) == 0))
		return;
	for (size_t i = 0; i < count; i++)
		print_error("got %zu-%zu\n", got[i].begin, got[i].end);
	for (size_t i = 0; i < wanted; i++)
		print_error("want %zu-%zu\n", want[i].begin, want[i].end);
	fail_msg("%s /%s/ on \"%.*s\"", syntax_name(p->syntax), p->text, (int)t->length, (const char *)t->bytes);
}

/* The matcher does not trust the parser there: see regular.c. */
static bool ends_in_bare_x(const struct pattern *p)
{
	return p->length >= 2 && memcmp(p->text + p->length - 2, "\\x", 2) == 0;
}

/* True: the pattern is one that is compared. */
static bool run(struct draw *d, const struct pattern *p)
{
	struct search_pattern pattern = { .text = p->text, .length = p->length };
	struct ps_match_options options = { .patterns = &pattern, .count = 1, .syntax = p->syntax, .longest = true };
	const struct ps_dialect *dialect = reading_as(p->syntax, false);
	struct ps_matcher *m;
	struct ps_finder *f;
	struct ps_ast ast;
	struct text t;
	bool exact;

	if (ps_matcher_new(&m, &options, NULL) != SEARCH_OK)
		return false;
	assert_int_equal(ps_parse(&ast, (const uint8_t *)p->text, p->length, dialect), SEARCH_OK);
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	exact = ast.exact && !ends_in_bare_x(p);
	for (int i = 0; i < TEXTS && exact; i++) {
		draw_text(d, ast.root, &t);
		compare(p, ast.root, f, &t);
	}
	ps_finder_free(f);
	ps_matcher_free(m);
	ps_ast_free(&ast);
	return exact;
}

static void test_longest__random_patterns(void **state)
{
	const char *given = getenv("PS_SEED"), *often = getenv("PS_ROUNDS");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	uint64_t rounds = often != NULL ? strtoull(often, NULL, 10) : ROUNDS(10000), compared = 0;

	(void)state;
	print_message("PS_SEED=%llu\n", (unsigned long long)seed);
	for (uint64_t i = 0; i < rounds; i++) {
		struct draw d = { (seed + i) * UINT64_C(0x9E3779B97F4A7C15) | 1 };
		struct pattern p;

		draw(&d, 2);
		draw_pattern(&d, &p);
		compared += run(&d, &p);
	}
	print_message("%llu patterns compared\n", (unsigned long long)compared);
	assert_true(compared > rounds / 4);
}

static void find_all(const struct search_pattern *patterns, size_t count, size_t words, const char *text,
		     struct search_span *spans, size_t *span_count)
{
	struct ps_match_options options = { .patterns = patterns, .count = count, .longest = true, .words = words };
	const struct search_span *found;
	struct ps_matcher *m;
	struct ps_finder *f;

	assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	assert_int_equal(ps_find_spans(f, (const uint8_t *)text, strlen(text), SIZE_MAX, &found, span_count), SEARCH_OK);
	memcpy(spans, found, *span_count * sizeof(*spans));
	ps_finder_free(f);
	ps_matcher_free(m);
}

/* Whichever pattern it is of, and whether strings are looked for by a trie or not. */
static void test_longest__of_several_patterns(void **state)
{
	static const struct search_pattern patterns[] = {
		{ .text = "ab", .length = 2 }, { .text = "abcd", .length = 4 }, { .text = "abc?", .length = 4 },
		{ .text = "x", .length = 1 },
	};
	struct search_span spans[8];
	size_t count;

	(void)state;
	for (size_t words = 0; words <= 1; words++) {
		find_all(patterns, 4, words, "abcd abce xab", spans, &count);
		assert_int_equal(count, 4);
		assert_int_equal(spans[0].end, 4);
		assert_int_equal(spans[1].begin, 5);
		assert_int_equal(spans[1].end, 8);
		assert_int_equal(spans[2].end, 11);
		assert_int_equal(spans[3].end, 13);
	}
}

/* In text that is not UTF-8, too: each byte of it is a character. */
static void test_longest__of_text_that_is_not_utf8(void **state)
{
	static const struct search_pattern patterns[] = { { .text = "a|a.\\W", .length = 6 }, { .text = "[^b]b", .length = 5 } };
	struct search_span spans[8];
	size_t count;

	(void)state;
	find_all(patterns, 2, 0, "xa\xff\xfe\xffz\xe3" "b", spans, &count);
	assert_int_equal(count, 2);
	assert_int_equal(spans[0].begin, 1);
	assert_int_equal(spans[0].end, 4);
	assert_int_equal(spans[1].begin, 6);
	assert_int_equal(spans[1].end, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest__random_patterns),
		cmocka_unit_test(test_longest__of_several_patterns),
		cmocka_unit_test(test_longest__of_text_that_is_not_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
