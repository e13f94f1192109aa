/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_set.c - compares operations on sets with those on arrays of flags; and the sets that patterns are parsed to with
 * Oniguruma, over all code points.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../match/find.h"
#include "../support/choose.h"
#include "../support/pattern_tree.h"
#include "../support/scale.h"

/* ---- operations ---- */

#define CODES 64 /* how many code points are tried; the last ones stand for the last of all */

struct model {
	bool has[CODES];
};

static uint32_t code_of(size_t i)
{
	return i < CODES / 2 ? (uint32_t)i : PS_CODE_MAX - (uint32_t)(CODES - 1 - i);
}

static void check_model(const struct ps_set *set, const struct model *model)
{
	for (size_t i = 0; i < CODES; i++)
		assert_int_equal(ps_set_has(set, code_of(i)), model->has[i]);
	for (size_t i = 0; i < set->count; i++) {
		assert_true(set->ranges[i].from <= set->ranges[i].to && set->ranges[i].to <= PS_CODE_MAX);
		assert_true(i == 0 || set->ranges[i].from > set->ranges[i - 1].to + 1);
	}
}

/* No range crosses from the first half to the second: the model lacks what is between them. */
static void draw_set(struct draw *d, struct ps_set *set, struct model *model)
{
	uint32_t n = draw(d, 12);

	*set = (struct ps_set){ 0 };
	*model = (struct model){ { false } };
	for (uint32_t k = 0; k < n; k++) {
		uint32_t half = draw(d, 2) * CODES / 2, from = draw(d, CODES / 2);
		uint32_t to = from + draw(d, ps_min(6, CODES / 2 - from) > 0 ? (uint32_t)ps_min(6, CODES / 2 - from) : 1);

		assert_true(ps_set_add(set, code_of(half + from), code_of(half + to)));
		for (uint32_t i = from; i <= to; i++)
			model->has[half + i] = true;
	}
}

static void test_set__operations_agree_with_flags(void **state)
{
	struct draw d = { 88172645463325252 };

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct ps_set a, b;
		struct model x, y, z;

		draw_set(&d, &a, &x);
		draw_set(&d, &b, &y);
		check_model(&a, &x);
		for (size_t i = 0; i < CODES; i++)
			z.has[i] = round % 3 == 0 ? x.has[i] || y.has[i] : round % 3 == 1 ? x.has[i] && y.has[i] : !x.has[i];
		assert_true(round % 3 == 0 ? ps_set_union(&a, &b) :
			    round % 3 == 1 ? ps_set_intersect(&a, &b) : ps_set_complement(&a));
		check_model(&a, &z);
		ps_set_free(&a);
		ps_set_free(&b);
	}
}

static void test_set__complement_of_all_is_nothing(void **state)
{
	struct ps_set set = { 0 };

	(void)state;
	assert_true(ps_set_complement(&set));
	assert_true(set.count == 1 && set.ranges[0].from == 0 && set.ranges[0].to == PS_CODE_MAX);
	assert_true(ps_set_add(&set, 5, 7) && set.count == 1);
	assert_true(ps_set_complement(&set) && set.count == 0);
	assert_true(ps_set_add(&set, 9, 9) && ps_set_add(&set, 7, 7) && ps_set_add(&set, 8, 8) && set.count == 1);
	ps_set_free(&set);
}

/* ---- against Oniguruma ---- */

/* No code point from here to there is assigned: a class has all of them or none. A short run leaves them out. */
enum { UNASSIGNED = 0x40000, UNASSIGNED_END = 0xDFFF0 };

/* A text of all code points in order, surrogates too, and where each begins in it. */
struct all {
	uint8_t *text;
	size_t length;
	uint32_t *code; /* by byte */
};

static void all_codes(struct all *all)
{
	all->text = malloc(4 * ((size_t)PS_CODE_MAX + 1));
	all->code = malloc(4 * sizeof(*all->code) * ((size_t)PS_CODE_MAX + 2));
	all->length = 0;
	for (uint32_t code = 0; code <= PS_CODE_MAX; code++) {
		static const uint8_t lead[] = { 0, 0xC0, 0xE0, 0xF0 };
		uint32_t tail;

		if (code == UNASSIGNED && !runs_long())
			code = UNASSIGNED_END;
		tail = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

		all->code[all->length] = code;
		all->text[all->length++] = (uint8_t)(lead[tail] | code >> 6 * tail);
		for (; tail > 0; tail--)
			all->text[all->length++] = (uint8_t)(0x80 | (code >> 6 * (tail - 1) & 0x3F));
	}
	all->code[all->length] = PS_CODE_MAX + 1;
}

/* Adds the runs of a part of the text; Oniguruma's stack is too small for all of it. */
static void add_runs(const struct all *all, size_t begin, size_t end, const struct ps_regex *regex,
		     struct ps_engine *engine, struct ps_set *set)
{
	struct search_span span = { .begin = 0, .end = 0 };
	int rc;

	while ((rc = ps_regex_search(regex, 0, engine, full_budget(), all->text + begin, end - begin, span.end, &span)) == PS_FOUND)
		assert_true(ps_set_add(set, all->code[begin + span.begin], all->code[begin + span.end] - 1));
	assert_int_equal(rc, PS_NONE);
}

/* The set of the code points that the pattern matches, by its runs in the text of all code points. */
static void oniguruma_set(const struct all *all, const char *pattern, struct ps_set *set)
{
	char runs[200];
	struct ps_regex *regex;
	struct ps_engine *engine;
	struct ps_pattern_error fault;

	*set = (struct ps_set){ 0 };
	snprintf(runs, sizeof(runs), "(?:%s)++", pattern);
	if (ps_regex_new(&regex, (const uint8_t *)runs, strlen(runs), reading(false), &fault) != SEARCH_OK)
		fail_msg("%s: %s", runs, fault.message);
	assert_int_equal(ps_engine_new(&engine), SEARCH_OK);
	for (size_t begin = 0, end; begin < all->length; begin = end) {
		end = ps_min(begin + 100000, all->length);
		while (end < all->length && (all->text[end] & 0xC0) == 0x80)
			end++;
		add_runs(all, begin, end, regex, engine, set);
	}
	ps_engine_free(engine);
	ps_regex_free(regex);
}

/* The set of a class, which may have alternatives of several characters beside it. */
static const struct ps_set *set_of(const struct ps_node *node)
{
	for (size_t i = 0; node->kind == PS_NODE_ALT && i < node->count; i++)
		if (node->children[i]->kind == PS_NODE_SET)
			return &node->children[i]->set;
	return node->kind == PS_NODE_SET ? &node->set : NULL;
}

static void check_pattern(const struct all *all, const char *pattern)
{
	struct ps_set wanted;
	const struct ps_set *set;
	struct ps_ast ast;

	oniguruma_set(all, pattern, &wanted);
	assert_int_equal(ps_parse(&ast, (const uint8_t *)pattern, strlen(pattern), reading(false)), SEARCH_OK);
	if (ast.root == NULL || !ast.exact || set_of(ast.root) == NULL)
		fail_msg("%s is not understood: %s", pattern, ast.why);
	set = set_of(ast.root);
	if (set->count != wanted.count ||
	    (set->count > 0 && memcmp(set->ranges, wanted.ranges, set->count * sizeof(*set->ranges)) != 0))
		fail_msg("%s: %zu ranges, Oniguruma has %zu", pattern, set->count, wanted.count);
	ps_set_free(&wanted);
	ps_ast_free(&ast);
}

static void test_set__classes_agree_with_oniguruma(void **state)
{
	static const char *const patterns[] = {
		"\\w", "\\W", "\\d", "\\D", "\\s", "\\S", "\\h", "\\H", "[\\w]", "[\\W]", "[^\\w]",
		"[^\\W]", "[\\d]", "[\\D]", "[\\s]",
		"[\\S]", "[\\h]", "[\\H]", ".", "(?m).", "\\N", "\\O", "[^a]", "[a-\xc3\xa9]",
		"[\\w&&[^\\d_]]", "[^\\s&&\\W]",
		"(?W)\\w", "(?W)\\W", "(?W)[\\w]", "(?W)[\\W]", "(?P)\\w", "(?D)\\d", "(?D)\\D",
		"(?S)\\s", "(?S)\\S", "(?P)[[:punct:]]",
		"(?P)\\p{Alpha}", "(?P)\\P{Alpha}", "(?P)\\p{L}", "(?i)[a-z]", "(?i)[^a-z]", "(?i)[K]",
		"(?i)[\xce\xa3]", "(?i)\\w",
		"(?i)[\\w]", "(?i)[^\\W]", "(?i)[[:upper:]]", "(?i)[^[:lower:]]", "(?i)\\p{Lu}",
		"(?i)[\\p{Lu}]", "(?i)[\xc3\x80-\xc3\xbf]",
		"\\p{L}", "\\P{L}", "\\p{^L}", "\\P{^L}", "[\\p{L}]", "[\\P{L}]", "\\p{Lu}", "\\p{l-u}",
		"\\p{Greek}", "\\p{Han}",
		"\\p{Cn}", "\\p{Co}", "\\p{Cs}", "\\p{C}", "\\p{Any}", "\\p{Assigned}", "\\p{Emoji}",
		"\\p{InBasicLatin}", "\\p{Word}",
		"\\p{Punct}", "\\p{Print}", "\\p{Cntrl}", "\\p{Space}", "[\\x{d800}-\\x{dfff}]",
		"[^\\x{dc80}]",
	};
	static const char *const names[] = {
		"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
		"space", "upper", "xdigit",
		"ascii", "word",
	};
	struct all all;
	char pattern[64];

	(void)state;
	all_codes(&all);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		check_pattern(&all, patterns[i]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		static const char *const forms[] = { "[[:%s:]]", "[[:^%s:]]", "[^[:%s:]]", "(?P)[[:%s:]]", "\\p{%s}" };

		snprintf(pattern, sizeof(pattern), forms[0], names[i]);
		for (size_t k = 0; k < sizeof(forms) / sizeof(forms[0]); k++) {
			const char *hole = strchr(forms[k], '%');

			snprintf(pattern, sizeof(pattern), "%.*s%s%s", (int)(hole - forms[k]), forms[k], names[i], hole + 2);
			check_pattern(&all, pattern);
		}
	}
	free(all.text);
	free(all.code);
}

/* Outside of a class \w is its table, except for some code points below U+0100. */
static void test_set__word_differs_from_its_table_below_100_only(void **state)
{
	struct ps_ast ast;

	(void)state;
	assert_int_equal(ps_parse(&ast, (const uint8_t *)"\\w", 2, reading(false)), SEARCH_OK);
	for (uint32_t code = 0; code <= PS_CODE_MAX; code++)
		assert_true(ps_set_has(&ast.root->set, code) == ps_ctype_is_word(code));
	ps_ast_free(&ast);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set__operations_agree_with_flags),
		cmocka_unit_test(test_set__complement_of_all_is_nothing),
		cmocka_unit_test(test_set__classes_agree_with_oniguruma),
		cmocka_unit_test(test_set__word_differs_from_its_table_below_100_only),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
