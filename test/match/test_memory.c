/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_memory.c - each allocation of the library fails once. The result is SEARCH_ENOMEM, or what it would have been;
 * nothing leaks, nothing crashes.
 *
 * malloc and its kin are defined here, in front of libc's. A sanitizer brings its own, so there is nothing to test then.
 * Calls from Oniguruma, which are known by their return address, do not fail: its parser would not survive that.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../../lib/prefilter/trigrams.h"
#include "../support/choose.h"
#include "find.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SKIP
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SKIP
#endif
#endif
#if !defined(__GLIBC__)
#define SKIP
#endif

#ifdef SKIP

int main(void)
{
	puts("malloc cannot be replaced here");
	return 77;
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

static long until_failure = -1; /* -1: none fails */
static long live;               /* blocks not freed, counted while something may fail */
static bool counting;

extern const char __executable_start[], etext[]; /* set by the linker */

/* `caller` is where the allocating function returns to. */
static bool fails(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	if (!counting || at < (uintptr_t)__executable_start || at >= (uintptr_t)etext)
		return false;
	return until_failure >= 0 && until_failure-- == 0;
}

static void *counted(void *p)
{
	live += counting && p != NULL;
	return p;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : counted(__libc_calloc(n, size));
}

void *realloc(void *p, size_t size)
{
	void *q;

	if (fails(__builtin_return_address(0)))
		return NULL;
	q = __libc_realloc(p, size);
	live += counting && p == NULL && q != NULL;
	return q;
}

void free(void *p)
{
	live -= counting && p != NULL;
	__libc_free(p);
}

struct scene {
	const char *patterns[3];
	uint32_t flags;
	SEARCH_TYPE(search_syntax) syntax;
	size_t words; /* this many more patterns */
};

enum { MOST_WORDS = 300 };

static const char text[] = "one foo two\nno\xFF foo\n\xE3" "foofoo bar foo\n";

/* In the text as a whole. Returns as search() does; *lines is 1 if there is a match. */
static int search_whole(const struct ps_matcher *m, bool groups, size_t *lines, size_t *spans)
{
	struct search_span span;
	struct ps_finder *f;
	int rc = ps_finder_new(&f, m);

	if (rc == SEARCH_OK)
		rc = ps_finder_begin_text(f, (const uint8_t *)text, sizeof(text) - 1);
	while (rc == SEARCH_OK) {
		while ((rc = ps_find_match(f, &span)) == PS_PAUSED)
			continue;
		if (rc != PS_FOUND)
			break;
		rc = groups ? ps_find_match_groups(f, &span, true) : SEARCH_OK;
		*lines = 1;
		++*spans;
	}
	if (f != NULL)
		ps_finder_end_text(f);
	ps_finder_free(f);
	return rc == PS_NONE ? SEARCH_OK : rc == SEARCH_ENOMEM ? rc : 1;
}

/* What a search has found, and which trigrams it asks for. */
struct seen {
	size_t lines, spans;
	uint64_t condition;
};

/* Returns SEARCH_OK, SEARCH_ENOMEM, or 1 for what should not be. */
static int search(const struct ps_matcher *m, size_t *lines, size_t *spans)
{
	struct ps_finder *f;
	struct ps_line line = { 0, 0 };
	size_t from = 0;
	int rc = ps_finder_new(&f, m);

	while (rc == SEARCH_OK) {
		const struct search_span *found;
		size_t count;

		rc = find_line(f, (const uint8_t *)text, from, sizeof(text) - 1, &line);
		if (rc == PS_NONE)
			break;
		if (rc == PS_FOUND)
			rc = ps_find_spans(f, (const uint8_t *)text + line.begin, line.end - line.begin, SIZE_MAX, &found, &count);
		if (rc != SEARCH_OK)
			break;
		++*lines;
		*spans += count;
		from = line.end + 1;
	}
	ps_finder_free(f);
	return rc == SEARCH_OK || rc == SEARCH_ENOMEM ? rc : 1;
}

/* A number that tells conditions apart; 0: there is none. */
static uint64_t number_of_condition(const struct ps_condition *c)
{
	uint64_t number = 0;

	for (uint32_t i = 0; c != NULL && i < c->count; i++)
		number = (number ^ c->clauses[i].kind ^ (uint64_t)c->clauses[i].end << 8 ^
			  (uint64_t)c->clauses[i].folded << 32) * UINT64_C(0x9E3779B97F4A7C15) + 1;
	return number;
}

static int explain(const struct ps_matcher *m)
{
	char said[1000];
	size_t length;

	return ps_matcher_explain(m, true, NULL, said, sizeof(said), &length);
}

static int play(const struct scene *scene, struct seen *seen)
{
	static char words[MOST_WORDS][8];
	static struct search_pattern p[3 + MOST_WORDS];
	struct ps_match_options options = { .patterns = p, .flags = scene->flags, .syntax = scene->syntax, .trigrams = true };
	struct search_error error = SEARCH_ERROR_INIT;
	struct ps_matcher *m;
	int rc;

	while (options.count < 3 && scene->patterns[options.count] != NULL) {
		const char *s = scene->patterns[options.count];

		p[options.count++] = (struct search_pattern){ .text = s, .length = strlen(s) };
	}
	for (size_t i = 0; i < scene->words; i++) {
		int length = sprintf(words[i], "%c%zu%s", (char)('a' + i % 13), i * i % 301, i % 3 == 0 ? "ss" : "");

		p[options.count++] = (struct search_pattern){ .text = words[i], .length = (size_t)length };
	}
	*seen = (struct seen){ 0 };
	rc = ps_matcher_new(&m, &options, &error);
	if (rc == SEARCH_OK)
		seen->condition = number_of_condition(ps_matcher_condition(m));
	if (rc == SEARCH_OK)
		rc = ps_matcher_is_whole(m) ?
			     search_whole(m, scene->flags & SEARCH_RESULT_GROUPS, &seen->lines, &seen->spans) :
			     search(m, &seen->lines, &seen->spans);
	else if (m != NULL)
		rc = 1;
	if (rc == SEARCH_OK)
		rc = explain(m);
	ps_matcher_free(m);
	return rc;
}

/* Fails the first allocation, then the second, and so on until none is left to fail. */
static bool run(const struct scene *scene, size_t index)
{
	struct seen want, got;
	int without = play(scene, &want);

	if (without != SEARCH_OK || want.lines == 0) {
		printf("scene %zu, no failure: answer %d, %zu lines\n", index, without, want.lines);
		return false;
	}
	for (long n = 0;; n++) {
		int rc;
		bool failed;

		until_failure = n;
		live = 0;
		counting = true;
		rc = play(scene, &got);
		counting = false;
		failed = until_failure < 0;
		if (live != 0 || (rc != SEARCH_OK && rc != SEARCH_ENOMEM) ||
		    (rc == SEARCH_OK && (got.lines != want.lines || got.spans != want.spans ||
					 got.condition != want.condition))) {
			printf("scene %zu, allocation %ld: answer %d, %ld blocks left, %zu lines, %zu spans%s\n",
			       index, n, rc, live, got.lines, got.spans,
			       got.condition != want.condition ? ", another condition" : "");
			return false;
		}
		if (!failed)
			return true;
	}
}

static void test_memory__each_allocation_may_fail(void **state)
{
	static const struct scene scenes[] = {
		{ { "foo" }, 0, 0, 0 },
		{ { "foo", "bar" }, 0, 0, 0 },
		{ { "foo" }, SEARCH_MATCH_WORD, 0, 0 },
		{ { "f.o", "bar" }, SEARCH_MATCH_FIXED | SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_WORD, 0, 0 },
		{ { "fo+[ox]?", "b(a)r\\b", "\\w+" }, 0, 0, 0 },
		{ { "\\b.*o" }, 0, 0, 0 },
		{ { "fo+|ba+r|tw+|no+|x[ab]+|(?:f|no)\\w*q" }, SEARCH_MATCH_WORD, 0, 0 },
		{ { "(?x)f o o # c" }, SEARCH_MATCH_WORD | SEARCH_MATCH_IGNORE_CASE, 0, 0 },
		{ { "(?<n>o)\\k<n>", "[[:alpha:]]+" }, 0, 0, 0 },
		{ { "" }, 0, 0, 0 },
		/* folds of one character, and of several */
		{ { "(?i)FOO|[k\xC3\x9F-\xC3\xBF]x" }, 0, 0, 0 },
		{ { "(?i)stra\xC3\x9F" "e|\xEF\xAC\x83x|\xC7\xB0y|foo" }, 0, 0, 0 },
		{ { "(?i)strasse|ffix|[^k\xC3\xA0-\xC3\xBF]oo" }, SEARCH_MATCH_WORD, 0, 0 },
		/* sets */
		{ { "[^a-z&&[^fo]]oo|foo" }, 0, 0, 0 },
		{ { "[[:alpha:][:^digit:]&&\\w\\P{Lu}]+|\\p{Greek}\\S|\\R\\h" }, 0, 0, 0 },
		{ { "[a-f\\D[x-z[^q]]]oo|\\X", "(?i)[^\\W_]o" }, 0, 0, 0 },
		/* what no automaton can do */
		{ { "(?<=one )foo(?= two)" }, 0, 0, 0 },
		{ { "(?<!x|yz)foo(?!x)|(?<=o|ne) f" }, 0, 0, 0 },
		{ { "(?>fo|foo)o|(?:(?=f)fo++)|\\Bo+?\\b" }, 0, 0, 0 },
		{ { "(f)(o)\\2 |(?:a|b|c|d){3,9}q" }, 0, 0, 0 },
		{ { "((?:f|no)(o)*)+\\2|x\\1" }, SEARCH_MATCH_WORD, 0, 0 },
		{ { "(?<a>f)(?<b>o+)|(?<a>b)" }, SEARCH_RESULT_GROUPS, 0, 0 },
		/* places */
		{ { "^foo|o$|\\Aone|\\boo|two\\Z|\\Gx" }, 0, 0, 0 },
		{ { "foo|foofoo bar|fo" }, 0, SEARCH_SYNTAX_EXTENDED, 0 },
		{ { "(f(o(o(x|y)*|p|q)|r)|b)\\w?" }, SEARCH_MATCH_WORD, SEARCH_SYNTAX_EXTENDED, 0 },
		/* over line ends */
		{ { "two\\nno|r foo\\s", "(o) f" }, SEARCH_MATCH_MULTILINE, 0, 0 },
		{ { "foo\\s+(?<a>f)?|x{3}" }, SEARCH_MATCH_MULTILINE | SEARCH_RESULT_GROUPS | SEARCH_MATCH_IGNORE_CASE, 0, 0 },
		{ { "(?<=one )(f)oo\\stwo(?=\\n)|(o)\\2" }, SEARCH_MATCH_MULTILINE | SEARCH_RESULT_GROUPS | SEARCH_MATCH_WORD, 0, 0 },
		{ { "(o|oo)*\\s(n|f)" }, SEARCH_MATCH_MULTILINE, SEARCH_SYNTAX_EXTENDED, 0 },
		{ { "\\bfo.*?\\b(?m:.+)q|\\R", "two" }, SEARCH_MATCH_MULTILINE | SEARCH_MATCH_CRLF, 0, 0 },
		/* dictionaries */
		{ { "foo" }, SEARCH_MATCH_FIXED, 0, MOST_WORDS },
		{ { "foo", "Bar" }, SEARCH_MATCH_FIXED | SEARCH_MATCH_IGNORE_CASE, 0, MOST_WORDS },
		{ { "foo" }, SEARCH_MATCH_FIXED | SEARCH_MATCH_WORD, 0, 40 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		assert_true(run(&scenes[i], i));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory__each_allocation_may_fail),
	};

	return RUN_TESTS(tests, NULL, NULL);
}

#endif
