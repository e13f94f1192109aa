/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_onig_bugs.c - which patterns are given to Oniguruma in other words, since its optimiser gets them wrong.
 *
 * test/match/test_features.c shows that they then match the right text. Here: other patterns are left as they are,
 * which is faster, and no byte after the pattern is read.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/pattern/onig_bugs.h"
#include "../support/choose.h"
#include "../support/guard.h"

#define ONIGURUMA SEARCH_SYNTAX_ONIGURUMA
#define PERL SEARCH_SYNTAX_PERL
#define PYTHON SEARCH_SYNTAX_PYTHON

struct row {
	const char *pattern;
	uint32_t syntax;
	bool alone, word; /* what is said of it alone, and of it as a word */
};

static const struct row rows[] = {
	{ "", ONIGURUMA, false, false },
	/* Q1: any character after an assertion */
	{ "\\b.*x", ONIGURUMA, true, true },
	{ "(?=a).x", ONIGURUMA, true, true },
	{ "(?:(?<!a)(?i).x)", ONIGURUMA, true, true },
	{ "$\\O", ONIGURUMA, true, true },
	{ ".*x\\b", ONIGURUMA, false, true },
	{ "^.*x", ONIGURUMA, false, true },
	{ "\\b", ONIGURUMA, false, false },
	{ "\\ba", ONIGURUMA, false, false },
	{ "\\bab.*", ONIGURUMA, false, false },
	{ "a.*\\b", ONIGURUMA, false, false },
	{ "(?<=a)b.", ONIGURUMA, false, false },
	{ "(?<!a)b.", ONIGURUMA, false, false },
	{ "ab.*\\b", ONIGURUMA, false, false },
	{ "\\wb.*\\b", ONIGURUMA, false, false },
	/* it is unclear what the pattern begins with */
	{ "a{,2}.*\\b", ONIGURUMA, true, true },
	{ "a{0}.*x", ONIGURUMA, false, true },
	{ "a|\\b.*x", ONIGURUMA, false, false },
	{ "(?:|\\b).*x", ONIGURUMA, true, true },
	{ "\\Qa\\E\\b.", PERL, true, true },
	{ "\\Qa\\E\\b.", ONIGURUMA, false, false },
	/* Q2: a look-behind at the text's end */
	{ "(?<!a)\\z", ONIGURUMA, true, true },
	{ "(?<!a)\\Z", PYTHON, true, true },
	{ "(?<!a)$", ONIGURUMA, false, false },
	{ "(?<!a)$", PERL, true, true },
	{ "a\\z", ONIGURUMA, false, true },
	/* Q3: a group that is repeated a number of times */
	{ "(a|b?\?){2}.", ONIGURUMA, true, true },
	{ "(?x)(a|b?\?) {2}c", ONIGURUMA, true, true },
	{ "(?x)(a|b?\?)\t\n {2}c", ONIGURUMA, true, true },
	{ "(?x)(a|b?\?)\xC2\xA0{2}c", ONIGURUMA, true, true },
	{ "(?x)(a|b?\?)#d\n{2}c", ONIGURUMA, true, true },
	{ "(a)b{2}", ONIGURUMA, false, false },
	{ "(a) b{2}", ONIGURUMA, false, false },
	{ "(a)\\x{62}", ONIGURUMA, false, false },
	{ "a{2}(b)", ONIGURUMA, false, false },
};

static struct guard guard;

static bool hits(const char *pattern, size_t length, uint32_t syntax, bool word)
{
	return ps_hits_onig_bug(guard_at_end(&guard, pattern, length), length, syntax, word);
}

static void test_onig_bugs__only_what_may_go_wrong_is_changed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int word = 0; word < 2; word++) {
			const struct row *r = &rows[i];
			bool wanted = word ? r->word : r->alone;

			if (hits(r->pattern, strlen(r->pattern), r->syntax, word) != wanted)
				fail_msg("%s%s: not %d", r->pattern, word ? ", as a word" : "", wanted);
		}
}

/* Each beginning is looked at, whether it is a pattern or not. */
static void test_onig_bugs__nothing_behind_the_pattern_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t n = 0; n <= strlen(rows[i].pattern); n++)
			for (uint32_t syntax = ONIGURUMA; syntax <= PYTHON; syntax++)
				(void)hits(rows[i].pattern, n, syntax, false);
}

static int set_up(void **state)
{
	(void)state;
	guard_open(&guard, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	guard_close(&guard);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_onig_bugs__only_what_may_go_wrong_is_changed),
		cmocka_unit_test(test_onig_bugs__nothing_behind_the_pattern_is_read),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
