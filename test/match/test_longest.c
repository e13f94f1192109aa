/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_longest.c - the leftmost-longest matches of random patterns, compared with all the places where a naive walk
 * over the parsed pattern can end; and what their groups matched, with the first way to match that Oniguruma finds if
 * all of the text after the match must follow. PS_SEED and PS_ROUNDS as elsewhere.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ONIG_ESCAPE_REGEX_T_COLLISION
#define ONIG_ESCAPE_UCHAR_COLLISION
#include <oniguruma.h>

#include "../../lib/match/match.h"
#include "../../lib/pattern/pattern_limits.h"
#include "../../lib/base/utf8.h"
#include "../support/choose.h"
#include "../support/random.h"
#include "../support/random_pattern.h"
#include "../support/scale.h"
#include "oracle.h"

enum { TEXTS = 8, PATTERNS = 3 };

/* The patterns of one search, and the tree that the parser makes of each. */
struct patterns {
	struct pattern p[PATTERNS];
	struct ps_ast ast[PATTERNS];
	size_t count;
	bool groups; /* are asked for */
};

struct text {
	struct tree_text codes;
	uint8_t bytes[TREE_TEXT * 4];
	size_t at[TREE_TEXT + 1]; /* where each character starts */
	size_t length;
};

static void draw_text(struct draw *d, const struct patterns *p, struct text *t)
{
	static const uint32_t some[] = { 'a', 'b', 'c', ' ', '_', 0xE9, 0x65E5, 's', 0xDF, '1' };

	t->codes.length = 0;
	for (uint32_t n = 1 + draw(d, 5); n > 0; n--) {
		if (draw_one_in(d, 2))
			tree_draw(d, p->ast[draw(d, (uint32_t)p->count)].root, &t->codes);
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

/* The longest match that starts at a character, and the first pattern that has it; false: none. */
static bool naive_at(const struct patterns *p, const struct text *t, size_t begin, struct search_span *span)
{
	bool found = false;

	for (size_t i = 0; i < p->count; i++) {
		uint64_t ends = tree_step(p->ast[i].root, &t->codes, UINT64_C(1) << begin);
		size_t end = ends == 0 ? 0 : 63 - (size_t)__builtin_clzll(ends);

		if (ends == 0 || (found && end <= span->end))
			continue;
		*span = (struct search_span){ .begin = begin, .end = end, .pattern = (uint32_t)i };
		found = true;
	}
	return found;
}

/* The leftmost-longest match from character `from` on, in characters; false: none. */
static bool naive(const struct patterns *p, const struct text *t, size_t from, struct search_span *span)
{
	for (size_t begin = from; begin <= t->codes.length; begin++)
		if (naive_at(p, t, begin, span))
			return true;
	return false;
}

static size_t naive_all(const struct patterns *p, const struct text *t, struct search_span *spans)
{
	size_t from = 0, last = SIZE_MAX, n = 0;
	struct search_span s;

	while (from <= t->codes.length && naive(p, t, from, &s)) {
		if (s.begin != s.end || s.end != last)
			spans[n++] = (struct search_span){ .begin = t->at[s.begin], .end = t->at[s.end],
							   .pattern = s.pattern };
		last = s.end;
		from = s.end + (s.begin == s.end);
	}
	return n;
}

/* NULL: it cannot be wrapped, as one that ends in a comment. */
static OnigRegex compile_before(const struct pattern *p, size_t rest)
{
	char wrapped[sizeof(p->text) + 64];
	int n = snprintf(wrapped, sizeof(wrapped), "(?:%.*s)(?=(?:\\s|\\S){%zu}(?!\\s|\\S))", (int)p->length, p->text, rest);
	const OnigUChar *text = (const OnigUChar *)wrapped;
	OnigErrorInfo info;
	OnigRegex regex;

	return onig_new(&regex, text, text + n, ONIG_OPTION_NONE, ONIG_ENCODING_UTF8, oracle_syntax(p->syntax), &info) ==
			       ONIG_NORMAL ? regex : NULL;
}

/* Whether Oniguruma says the same of the groups of this match, or gives up. */
static bool has_groups(OnigRegex regex, const struct text *t, const struct search_span *span,
		       const struct search_group *groups)
{
	OnigRegion *region = onig_region_new();
	int n = onig_match(regex, t->bytes, t->bytes + t->length, t->bytes + span->begin, region, ONIG_OPTION_NONE);
	bool same = n < ONIG_MISMATCH || (n >= 0 && (size_t)n == span->end - span->begin);

	for (int i = 1; same && n >= 0 && i < region->num_regs; i++)
		same = groups[i - 1].begin == (region->beg[i] < 0 ? SEARCH_NO_GROUP : (size_t)region->beg[i]) &&
		       groups[i - 1].end == (region->end[i] < 0 ? SEARCH_NO_GROUP : (size_t)region->end[i]);
	onig_region_free(region, 1);
	return same;
}

static void compare_groups(const struct patterns *p, const struct ps_finder *f, const struct text *t,
			   const struct search_span *spans, size_t span_count)
{
	size_t count;
	const struct search_group *groups = ps_found_groups(f, &count);

	for (size_t i = 0; i < span_count; i++) {
		const struct pattern *pattern = &p->p[spans[i].pattern];
		OnigRegex regex;
		size_t rest = 0;

		while (t->at[t->codes.length - rest] > spans[i].end)
			rest++;
		regex = compile_before(pattern, rest);
		if (regex != NULL && !has_groups(regex, t, &spans[i], groups + spans[i].first_group))
			fail_msg("groups of %zu-%zu: %s /%s/ on \"%.*s\"", spans[i].begin, spans[i].end,
				 syntax_name(pattern->syntax), pattern->text, (int)t->length, (const char *)t->bytes);
		onig_free(regex);
	}
}

static bool are_same(const struct search_span *a, const struct search_span *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i].begin != b[i].begin || a[i].end != b[i].end || a[i].pattern != b[i].pattern)
			return false;
	return true;
}

static void compare(const struct patterns *p, struct ps_finder *f, const struct text *t)
{
	struct search_span want[2 * TREE_TEXT];
	const struct search_span *got;
	size_t wanted = naive_all(p, t, want), count;
	int rc = ps_find_spans(f, t->bytes, t->length, SIZE_MAX, &got, &count);

	if (rc == PS_UNDECIDED && p->groups)
		return; /* the ways to match are too many */
	assert_int_equal(rc, SEARCH_OK);
	if (count == wanted && are_same(got, want, count)) {
		if (p->groups)
			compare_groups(p, f, t, got, count);
		return;
	}
	for (size_t i = 0; i < count; i++)
		print_error("got %zu-%zu:%u\n", got[i].begin, got[i].end, got[i].pattern);
	for (size_t i = 0; i < wanted; i++)
		print_error("want %zu-%zu:%u\n", want[i].begin, want[i].end, want[i].pattern);
	for (size_t i = 0; i < p->count; i++)
		print_error("%s /%s/\n", syntax_name(p->p[i].syntax), p->p[i].text);
	fail_msg("on \"%.*s\"", (int)t->length, (const char *)t->bytes);
}

/* The matcher does not trust the parser there: see filters.c. */
static bool ends_in_bare_x(const struct pattern *p)
{
	return p->length >= 2 && memcmp(p->text + p->length - 2, "\\x", 2) == 0;
}

static bool parse_all(struct patterns *p)
{
	bool exact = true;

	for (size_t i = 0; i < p->count; i++) {
		const struct pattern *one = &p->p[i];
		const struct ps_dialect *dialect = reading_as(one->syntax, false);

		assert_int_equal(ps_parse(&p->ast[i], (const uint8_t *)one->text, one->length, dialect), SEARCH_OK);
		exact = exact && p->ast[i].exact && !ends_in_bare_x(one);
	}
	return exact;
}

/* True: the patterns were compared. With `words`, strings are in a dictionary. */
static bool run(struct draw *d, struct patterns *p, size_t words)
{
	struct search_pattern patterns[PATTERNS];
	struct ps_match_options options = {
		.patterns = patterns, .count = p->count, .syntax = p->p[0].syntax, .longest = true, .words = words,
		.groups = p->groups,
	};
	struct ps_matcher *m;
	struct ps_finder *f;
	struct text t;
	bool exact;

	for (size_t i = 0; i < p->count; i++)
		patterns[i] = (struct search_pattern){ .text = p->p[i].text, .length = p->p[i].length };
	if (ps_matcher_new(&m, &options, NULL) != SEARCH_OK)
		return false;
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	exact = parse_all(p);
	for (int i = 0; i < TEXTS && exact; i++) {
		draw_text(d, p, &t);
		compare(p, f, &t);
	}
	ps_finder_free(f);
	ps_matcher_free(m);
	for (size_t i = 0; i < p->count; i++)
		ps_ast_free(&p->ast[i]);
	return exact;
}

/* All of one syntax: the others are drawn until they have it. */
static void draw_patterns(struct draw *d, struct patterns *p)
{
	draw_pattern(d, &p->p[0]);
	p->count = draw_one_in(d, 3) ? 1 + draw(d, PATTERNS) : 1;
	for (size_t i = 1; i < p->count; i++)
		do
			draw_pattern(d, &p->p[i]);
		while (p->p[i].syntax != p->p[0].syntax);
}

/* The walk knows nothing of it, and POSIX syntax does not have it. */
static bool holds_keep(const struct patterns *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (strstr(p->p[i].text, "\\K") != NULL)
			return true;
	return false;
}

static void test_longest__random_patterns(void **state)
{
	uint64_t seed = random_seed();
	uint64_t rounds = how_many_rounds(10000, ROUNDS(10000)), compared = 0;
	OnigEncoding encoding = ONIG_ENCODING_UTF8;

	(void)state;
	onig_initialize(&encoding, 1);
	for (uint64_t i = 0; i < rounds; i++) {
		struct draw d = { (seed + i) * UINT64_C(0x9E3779B97F4A7C15) | 1 };
		struct patterns p;

		draw(&d, 2);
		draw_patterns(&d, &p);
		p.groups = draw_one_in(&d, 2) && !holds_keep(&p);
		compared += run(&d, &p, draw(&d, 2));
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

/* Whichever pattern matches, and whether strings are in a dictionary or not. */
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
		assert_int_equal(spans[0].pattern, 1);
		assert_int_equal(spans[1].pattern, 2);
		assert_int_equal(spans[2].pattern, 3);
		assert_int_equal(spans[3].pattern, 0); /* and 2 */
	}
}

/* In text that is not UTF-8, too, in which each byte is a character. */
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest__random_patterns),
		cmocka_unit_test(test_longest__of_several_patterns),
		cmocka_unit_test(test_longest__of_text_that_is_not_utf8),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
