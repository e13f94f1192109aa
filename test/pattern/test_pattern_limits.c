/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pattern_limits.c - patterns of any depth are either refused, or compiled and run on a thread with a stack of
 * 128 KiB.
 */
#include "../../lib/base/base.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../../lib/pattern/pattern_limits.h"
#include "../support/choose.h"
#include "../support/scale.h"
#include "../match/find.h"

#define STACK ((size_t)128 << 10)

/* A pattern is open * n, middle, close * n. */
struct shape {
	const char *open;
	const char *middle;
	const char *close;
};

static char *build(const struct shape *s, size_t n)
{
	size_t a = strlen(s->open), b = strlen(s->middle), c = strlen(s->close);
	char *p = malloc(n * (a + c) + b + 1), *to = p;

	assert_non_null(p);
	for (size_t i = 0; i < n; i++, to += a)
		memcpy(to, s->open, a);
	memcpy(to, s->middle, b);
	to += b;
	for (size_t i = 0; i < n; i++, to += c)
		memcpy(to, s->close, c);
	*to = '\0';
	return p;
}

static bool allowed(const char *pattern, uint32_t syntax)
{
	size_t offset;

	return ps_pattern_check_nesting((const uint8_t *)pattern, strlen(pattern), syntax, &offset);
}

struct written {
	const char *text;
	uint32_t syntax;
};

static void *compile_and_run(void *argument)
{
	const struct written *w = argument;
	struct search_pattern p = { .text = w->text, .length = strlen(w->text) };
	struct ps_match_options options = { .patterns = &p, .count = 1, .flags = SEARCH_MATCH_WORD, .syntax = w->syntax,
					  .trigrams = true };
	struct ps_matcher *m;
	struct ps_finder *f;
	struct ps_line line;

	if (ps_matcher_new(&m, &options, NULL) != SEARCH_OK)
		return NULL;
	if (ps_finder_new(&f, m) == SEARCH_OK)
		find_line(f, (const uint8_t *)"aq b\n", 0, 5, &line);
	ps_finder_free(f);
	ps_matcher_free(m);
	return NULL;
}

static void on_small_stack(const char *pattern, uint32_t syntax)
{
	struct written w = { pattern, syntax };
	pthread_attr_t attr;
	pthread_t thread;

	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, STACK), 0);
	assert_int_equal(pthread_create(&thread, &attr, compile_and_run, &w), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
}

/* The deepest pattern of this shape that is let through. */
static void run_deepest(const struct shape *s, uint32_t syntax)
{
	size_t n = 1;
	char *p = build(s, n);

	while (n < 1000 && allowed(p, syntax)) {
		free(p);
		p = build(s, ++n);
	}
	free(p);
	if (n >= 1000)
		fail_msg("%s%s%s: never too deep in syntax %u", s->open, s->middle, s->close, syntax);
	p = build(s, n - 1);
	on_small_stack(p, syntax);
	free(p);
}

static void test_pattern_limits__what_is_let_through_fits_a_small_stack(void **state)
{
	static const char *const open[] = {
		"(", "(?:", "(?:a", "(a", "(?i:ss", "(?<=a|", "(?=a", "(?!b", "(?>a", "(?<!", "(?:a|b", "(?~|a|", "(?~",
		"(|", "(?:a*", "(?:[a-z]", "(?:a|(?i)", "a(?:", "x(?i)(", "(?:a|b|", "(?:^", "(?x: ", "(?(a)", "(?:\\X",
	};
	static const char *const close[] = { ")", ")?", ")*", "b)", "|)", "b|c)", "){2,3}", ")+?", "c*|d)", ")b|c" };
	static const struct shape odd[] = {
		{ "[a", "b", "]" }, { "[^a&&", "b", "]" }, { "[[:alpha:]", "b", "]" }, { "(?i)[a", "b", "]" },
		{ "(?i)", "a", "" }, { "(?x)", "a", "" }, { "", "a", "{2,3}" }, { "", "a", "*?" }, { "\\M-", "a", "" },
		{ "\\c", "a", "" }, { "\\C-", "a", "" }, { "(?<n>", "a", "\\k<n>)" }, { "(", "a", "\\1)" },
		{ "(?<a>\\g<a>?", "y", ")" }, { "(a\\g<0>?", "y", ")" }, { "(a(?i)b", "c", "\\1|d)*" },
		{ "(?x:#(\n", "a", ")" }, { "(?x:[#](", "a", "))" }, { "(\\c[", "a", ")" }, { "(\\[", "a", ")" },
		{ "([]]", "a", ")" }, { "([^]]", "a", ")" }, { "(?#()(", "a", ")" }, { "(?#\\)()(", "a", ")" },
		{ "([[:a-z:b:]", "a", ")" }, { "([[:a]]", "a", ")" }, { "\\Q(", "a", ")" },
		{ "([[:bbbbbbbbbbbbbbbbbbbbbbbbb:]", "a", ")" },
	};
	/* this opens nothing, though it does in another syntax */
	static const struct shape perl[] = {
		{ "([[]", "a", ")" }, { "([[:alpha:][]", "a", ")" }, { "([[:a-z:b:]", "a", ")" },
		{ "([[:a]", "a", ")" }, { "(\\Q[\\E", "a", ")" },
		{ "(\\Q(?x)\\E#", "a", ")" }, { "(\\c[", "a", ")" }, { "\\C-(", "a", ")" },
		{ "(?sx:#[\n", "a", ")" }, { "(?s-x:#[]", "a", ")" },
		{ "(?<n>", "a", "\\k<n>)" }, { "([\\Q]", "a", ")" }, { "(?s)(", "a", ")" },
	};
	static const struct shape python[] = {
		{ "([[]", "a", ")" }, { "(\\c[", "a", ")" }, { "\\Q(", "a", ")" }, { "(?ax:#[\n", "a", ")" },
		{ "(?P<n>", "a", "(?P=n))" },
		{ "(a(?P>n)?", "a", ")" }, { "(?(1)", "a", ")" },
	};

	(void)state;
	for (uint32_t syntax = 0; syntax <= SEARCH_SYNTAX_PYTHON; syntax++)
		for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
			for (size_t k = 0; k < sizeof(close) / sizeof(close[0]); k++)
				run_deepest(&(struct shape){ open[i], "q", close[k] }, syntax);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		run_deepest(&odd[i], SEARCH_SYNTAX_ONIGURUMA);
	for (size_t i = 0; i < sizeof(perl) / sizeof(perl[0]); i++)
		run_deepest(&perl[i], SEARCH_SYNTAX_PERL);
	for (size_t i = 0; i < sizeof(python) / sizeof(python[0]); i++)
		run_deepest(&python[i], SEARCH_SYNTAX_PYTHON);
}

/* Groups side by side, each calling the next: flat to see, deep to walk. */
static void test_pattern_limits__chains_of_calls(void **state)
{
	static const struct {
		const char *link;
		const char *end;
		uint32_t syntax;
	} forms[] = {
		{ "(?<a%zu>x\\g<a%zu>|y)", "(?<a%zu>z)", SEARCH_SYNTAX_ONIGURUMA },
		{ "(?<a%zu>\\k<a%zu>)", "(?<a%zu>z)", SEARCH_SYNTAX_ONIGURUMA },
		{ "(?<a%zu>b(?=\\g<a%zu>))", "(?<a%zu>z)", SEARCH_SYNTAX_ONIGURUMA },
		{ "(?<a%zu>x\\g<a%zu>|y)", "(?<a%zu>z)", SEARCH_SYNTAX_PERL },
		{ "(?P<a%zu>x(?P>a%zu)|y)", "(?P<a%zu>z)", SEARCH_SYNTAX_PYTHON },
	};

	(void)state;
	for (size_t k = 0; k < sizeof(forms) / sizeof(forms[0]); k++) {
		size_t most = 0;

		for (size_t n = 1; n < 400; n++) {
			char p[20000];
			size_t at = 0;

			for (size_t i = 0; i < n; i++)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
				at += (size_t)snprintf(p + at, sizeof(p) - at, forms[k].link, i, i + 1);
			snprintf(p + at, sizeof(p) - at, forms[k].end, n);
#pragma GCC diagnostic pop
			if (!allowed(p, forms[k].syntax))
				break;
			most = n;
			on_small_stack(p, forms[k].syntax);
		}
		assert_true(most > 10 && most < 399);
	}
}

static void test_pattern_limits__ordinary_patterns_pass(void **state)
{
	static const char *const fine[] = {
		"", "a", "(((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))", "[[[[[[a]]]]]]",
		"\\((?:[^()]|\\g<0>)*\\)", "(\\d+)-(\\d+)-(\\d+) \\1 \\2 \\3", "(?i)(?m)(?x)a", "a{2}{3}{4}", "((((a+)*)+)?)*",
		"(?<y>\\d{4})-(?<m>\\d\\d)-\\k<y>", "[]a]", "[^]a]", "(?#((((()a", "\\(\\(\\(\\(", "((((", "))))",
	};
	static const struct shape groups[] = {
		{ "(", "a", ")" }, { "(?:", "a", ")" }, { "(?<=", "a", ")" }, { "(a|bc", "d", ")" }, { "(", "a", ")+" },
	};
	char *p;

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		for (uint32_t syntax = 0; syntax <= SEARCH_SYNTAX_PYTHON; syntax++)
			assert_true(allowed(fine[i], syntax));
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		p = build(&groups[i], i < 3 ? 75 : 50); /* as deep as a program may write it */
		assert_true(allowed(p, SEARCH_SYNTAX_ONIGURUMA));
		free(p);
	}
	p = build(&(struct shape){ "(a)|", "b", "" }, 5000); /* many, but not deep */
	assert_true(allowed(p, SEARCH_SYNTAX_ONIGURUMA));
	on_small_stack(p, SEARCH_SYNTAX_ONIGURUMA);
	free(p);
	p = build(&(struct shape){ "(?P<n>a)", "b", "" }, 100); /* no references */
	assert_true(allowed(p, SEARCH_SYNTAX_PYTHON));
	free(p);
	p = build(&(struct shape){ "\\Q((\\E{,2}", "b", "" }, 1000); /* characters */
	assert_true(allowed(p, SEARCH_SYNTAX_PERL));
	free(p);
	p = build(&(struct shape){ "[a](?i:b)c{3}x?", "b", "" }, 3000);
	assert_true(allowed(p, SEARCH_SYNTAX_ONIGURUMA));
	on_small_stack(p, SEARCH_SYNTAX_ONIGURUMA);
	free(p);
}

/* It may stand as deep as a letter, and no deeper. */
static void test_pattern_limits__a_brace_that_begins_no_interval_is_a_character(void **state)
{
	size_t most = 0;

	(void)state;
	for (size_t n = 1; n < 100; n++) {
		char *letter = build(&(struct shape){ "(", "a", ")" }, n);
		char *brace = build(&(struct shape){ "(", "{", ")" }, n);

		most = allowed(letter, SEARCH_SYNTAX_ONIGURUMA) ? n : most;
		assert_int_equal(allowed(brace, SEARCH_SYNTAX_ONIGURUMA), most == n);
		free(letter);
		free(brace);
	}
	assert_true(most > 0 && most < 99);
}

static void test_pattern_limits__deep_is_refused_with_the_place(void **state)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_pattern pattern;
	struct ps_match_options options = { .patterns = &pattern, .count = 1 };
	struct ps_matcher *m;
	char *p = build(&(struct shape){ "(", "a", ")" }, 4000);

	(void)state;
	pattern = (struct search_pattern){ .text = p, .length = strlen(p) };
	assert_int_equal(ps_matcher_new(&m, &options, &error), SEARCH_EPATTERN);
	assert_non_null(strstr(error.message, "nested too deep"));
	assert_true(error.offset > 20 && error.offset < 200);
	options.flags = SEARCH_MATCH_FIXED;
	assert_int_equal(ps_matcher_new(&m, &options, &error), SEARCH_OK);
	ps_matcher_free(m);
	free(p);
}

/* Oniguruma counts neighbours that are given one by one, though they make one range. */
static void test_pattern_limits__more_characters_in_brackets_than_oniguruma_takes_are_refused(void **state)
{
	enum { FIRST = 0x4E00, MANY = 12000 }; /* of three bytes each */
	struct search_error error = SEARCH_ERROR_INIT;
	char *text = malloc(3 * MANY + 2);
	struct search_pattern pattern = { .text = text };
	struct ps_match_options options = { .patterns = &pattern, .count = 1 };
	struct ps_matcher *m;
	size_t n = 0;

	(void)state;
	assert_non_null(text);
	text[n++] = '[';
	for (uint32_t c = FIRST; c < FIRST + MANY; c++) {
		text[n++] = (char)(0xE0 | c >> 12);
		text[n++] = (char)(0x80 | (c >> 6 & 0x3F));
		text[n++] = (char)(0x80 | (c & 0x3F));
	}
	text[n++] = ']';
	pattern.length = n;
	assert_int_equal(ps_matcher_new(&m, &options, &error), SEARCH_EPATTERN);
	assert_non_null(strstr(error.message, "too many ranges in brackets"));
	text[1 + 3 * MANY / 2] = ']';
	pattern.length = 2 + 3 * MANY / 2;
	assert_int_equal(ps_matcher_new(&m, &options, &error), SEARCH_OK);
	ps_matcher_free(m);
	free(text);
}

/* Any text at all: the scan must end, and stay inside of the text; and what it allows must run. */
static void test_pattern_limits__random_patterns(void **state)
{
	static const char letters[] = "((((((([[[[]))){}?*+|\\\\c-CM^#x\n:i=!<>~a12,Xkg&QEsP";
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (size_t round = 0, rounds = how_many_rounds(SCALED(2000), ROUNDS(4000)); round < rounds; round++) {
		size_t n = (size_t)(seed >> 40) % 600;
		char *p = malloc(n + 1);

		assert_non_null(p);
		for (size_t i = 0; i < n; i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			p[i] = letters[(seed >> 33) % (sizeof(letters) - 1)];
		}
		p[n] = '\0';
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		for (uint32_t syntax = 0; syntax <= SEARCH_SYNTAX_PYTHON; syntax++)
			if (allowed(p, syntax))
				on_small_stack(p, syntax);
		free(p);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pattern_limits__what_is_let_through_fits_a_small_stack),
		cmocka_unit_test(test_pattern_limits__chains_of_calls),
		cmocka_unit_test(test_pattern_limits__ordinary_patterns_pass),
		cmocka_unit_test(test_pattern_limits__a_brace_that_begins_no_interval_is_a_character),
		cmocka_unit_test(test_pattern_limits__deep_is_refused_with_the_place),
		cmocka_unit_test(test_pattern_limits__more_characters_in_brackets_than_oniguruma_takes_are_refused),
		cmocka_unit_test(test_pattern_limits__random_patterns),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
