/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_compile_late.c - a search of regular patterns does without Oniguruma; where it is needed, it compiles a pattern
 * once for all threads, when it is needed first.
 *
 * The functions of Oniguruma that compile and search are defined here, in front of the library's, to be counted.
 */
#include "../../lib/base/base.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ONIG_ESCAPE_REGEX_T_COLLISION
#define ONIG_ESCAPE_UCHAR_COLLISION
#include <oniguruma.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "find.h"

#define THREADS 8

static atomic_uint compiled, searched; /* calls */
static int answer = ONIG_NORMAL;       /* of the next calls that compile */

int onig_new_deluxe(OnigRegex *regex, const OnigUChar *pattern, const OnigUChar *end, OnigCompileInfo *info,
		    OnigErrorInfo *error)
{
	int (*real)(OnigRegex *, const OnigUChar *, const OnigUChar *, OnigCompileInfo *, OnigErrorInfo *);

	*(void **)&real = dlsym(RTLD_NEXT, "onig_new_deluxe");
	atomic_fetch_add(&compiled, 1);
	return answer != ONIG_NORMAL ? answer : real(regex, pattern, end, info, error);
}

int onig_search_with_param(OnigRegex regex, const OnigUChar *text, const OnigUChar *end, const OnigUChar *start,
			       const OnigUChar *range, OnigRegion *region, OnigOptionType option, OnigMatchParam *param)
{
	int (*real)(OnigRegex, const OnigUChar *, const OnigUChar *, const OnigUChar *, const OnigUChar *,
			OnigRegion *, OnigOptionType, OnigMatchParam *);

	*(void **)&real = dlsym(RTLD_NEXT, "onig_search_with_param");
	atomic_fetch_add(&searched, 1);
	return real(regex, text, end, start, range, region, option, param);
}

static const char text[] =
	"static int pm_resume(struct device *dev)\nif (x == 10.1.2.33) return ERR_SYS;\n\n}\nid=0042af session quota\n"
	"caf\xC3\xA9 na\xC3\xAFve \xE6\x97\xA5\xE6\x9C\xAC mutex_lock(&m);\n"
	"no\xFF UTF-8 here mutex_lock\n\t2026-11-29 refused expired ";

static struct ps_matcher *make_matcher(const char *pattern, uint32_t syntax, uint32_t flags, uint32_t avoid)
{
	const struct search_pattern p = { .text = pattern, .length = strlen(pattern) };
	struct ps_match_options options = {
		.patterns = &p, .count = 1, .syntax = syntax, .flags = flags, .avoid = avoid, .cpu = ps_cpu_features(),
	};
	struct search_error error = SEARCH_ERROR_INIT;
	struct ps_matcher *m;

	if (ps_matcher_new(&m, &options, &error) != SEARCH_OK)
		fail_msg("/%s/: %s", pattern, error.message);
	return m;
}

/* Finds all lines, and the spans in them. PS_NONE, unless something failed. */
static int find_all(const struct ps_matcher *m, size_t *lines, size_t *spans, const char **reason)
{
	struct ps_finder *f;
	struct ps_line line = { 0, 0 };
	size_t from = 0;
	int rc = ps_finder_new(&f, m);

	*lines = *spans = 0;
	while (rc == SEARCH_OK) {
		const struct search_span *found;
		size_t count = 0;

		rc = find_line(f, (const uint8_t *)text, from, sizeof(text) - 1, &line);
		if (rc != PS_FOUND)
			break;
		rc = ps_find_spans(f, (const uint8_t *)text + line.begin, line.end - line.begin, SIZE_MAX, &found, &count);
		++*lines;
		*spans += count;
		from = line.end + 1;
	}
	if (reason != NULL && rc == PS_UNDECIDED)
		*reason = strdup(ps_finder_reason(f));
	ps_finder_free(f);
	return rc;
}

static void check_without_oniguruma(const char *pattern, uint32_t syntax, uint32_t flags)
{
	size_t lines, spans, wanted_lines, wanted_spans;
	struct ps_matcher *m;

	m = make_matcher(pattern, syntax, flags, PS_AVOID_ALL | PS_AVOID_SPAN_DFA);
	assert_int_equal(find_all(m, &wanted_lines, &wanted_spans, NULL), PS_NONE);
	ps_matcher_free(m);
	atomic_store(&compiled, 0);
	atomic_store(&searched, 0);
	m = make_matcher(pattern, syntax, flags, 0);
	assert_int_equal(find_all(m, &lines, &spans, NULL), PS_NONE);
	if (atomic_load(&compiled) + atomic_load(&searched) > 0)
		fail_msg("/%s/, flags %x: %u compiled, %u searched", pattern, (unsigned)flags, atomic_load(&compiled),
			 atomic_load(&searched));
	assert_true(lines == wanted_lines && spans == wanted_spans);
	ps_matcher_free(m);
}

static void test_compile_late__regular_patterns_need_no_oniguruma(void **state)
{
	static const struct {
		const char *pattern;
		uint32_t syntax;
	} rows[] = {
		{ "\\w+\\.prototype", 0 }, { "function [a-z]\\(", 0 }, { "[A-Z]{3,}", 0 }, { "id=[0-9a-f]+", 0 },
		{ "[a-z_]+_lock", 0 }, { "^$", 0 }, { "^}$", 0 }, { "session.*quota", 0 },
		{ "(refused|expired) .*(refused|expired) ", 0 }, { "struct \\w+ \\*\\w+", 0 }, { "10\\.1\\.2\\.[0-9]+", 0 },
		{ "(?i)PM_resume", 0 }, { "ERR_SYS|PME_TURN_OFF|return", 0 }, { "\\d{4}-\\d\\d-\\d\\d", 0 },
		{ "(?<year>\\d+)-(?<month>\\d+)", 0 }, { "\\bmutex_\\w+\\b", 0 }, { "[[:alpha:]]+\\s*\\(", 0 },
		{ "\\p{Lu}+", 0 }, { "\\p{Word}+", 0 }, { "(?x) i d = # c\n", 0 }, { "caf\\x{e9}|na.ve", 0 }, { "a*?b??", 0 },
		{ "", 0 }, { "[^a-z&&[^0-9]]{2}", 0 }, { "(?s)x.y|\\Qa.b\\E|dev\\z", SEARCH_SYNTAX_PERL },
		{ "(?P<a>in)t|(?P<b>if)", SEARCH_SYNTAX_PYTHON }, { "\\(in\\)t*", SEARCH_SYNTAX_BASIC },
		{ "(return|static) +[A-Za-z_]+", SEARCH_SYNTAX_EXTENDED },
	};
	static const uint32_t flags[] = { 0, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE, SEARCH_MATCH_CRLF, SEARCH_MATCH_FIXED };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
			check_without_oniguruma(rows[i].pattern, rows[i].syntax, flags[k]);
	check_without_oniguruma("PM_RESUME", 0, SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_WORD);
}

static void *find_all_in_thread(void *matcher)
{
	size_t lines, spans;

	return find_all(matcher, &lines, &spans, NULL) == PS_NONE && lines == 2 && spans == 2 ? matcher : NULL;
}

static void test_compile_late__threads_compile_once(void **state)
{
	struct ps_matcher *m = make_matcher("mutex_l\\w+", 0, 0, PS_AVOID_ALL | PS_AVOID_SPAN_DFA);
	pthread_t threads[THREADS];
	void *result;

	(void)state;
	atomic_store(&compiled, 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, find_all_in_thread, m), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_ptr_equal(result, m);
	}
	assert_int_equal(atomic_load(&compiled), 1);
	ps_matcher_free(m);
}

static void test_compile_late__a_failure_has_an_answer(void **state)
{
	struct ps_matcher *m = make_matcher("mutex_l\\w+", 0, 0, PS_AVOID_ALL);
	const char *reason = NULL;
	size_t lines, spans;

	(void)state;
	answer = ONIGERR_MEMORY;
	assert_int_equal(find_all(m, &lines, &spans, &reason), SEARCH_ENOMEM);
	answer = ONIG_NORMAL;
	assert_int_equal(find_all(m, &lines, &spans, &reason), PS_NONE); /* it is tried again */
	assert_int_equal(lines, 2);
	ps_matcher_free(m);

	m = make_matcher("mutex_l\\w+", 0, 0, PS_AVOID_ALL);
	answer = ONIGERR_PARSER_BUG;
	atomic_store(&compiled, 0);
	assert_int_equal(find_all(m, &lines, &spans, &reason), PS_UNDECIDED);
	assert_non_null(reason);
	assert_non_null(strstr(reason, "simplify the pattern"));
	free((char *)(uintptr_t)reason);
	assert_int_equal(find_all(m, &lines, &spans, NULL), PS_UNDECIDED); /* it is not */
	assert_int_equal(atomic_load(&compiled), 1);
	ps_matcher_free(m);

	m = make_matcher("mutex_l\\w+", 0, 0, PS_AVOID_SPAN_DFA); /* then the simulation finds the spans */
	assert_int_equal(find_all(m, &lines, &spans, NULL), PS_NONE);
	assert_true(lines == 2 && spans == 2);
	answer = ONIG_NORMAL;
	ps_matcher_free(m);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compile_late__regular_patterns_need_no_oniguruma),
		cmocka_unit_test(test_compile_late__threads_compile_once),
		cmocka_unit_test(test_compile_late__a_failure_has_an_answer),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
