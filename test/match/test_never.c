/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_never.c - patterns that can never match, and others that only look like it. That none of the first ever
 * matches is tried by test_agree, too.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"

#define NUL SEARCH_MATCH_NUL_LINES
#define WHOLE SEARCH_MATCH_MULTILINE
#define LINE SEARCH_MATCH_LINE
#define FIXED SEARCH_MATCH_FIXED

struct row {
	const char *pattern;
	uint32_t syntax;
	uint32_t flags;
	enum search_never why;
};

static const struct row rows[] = {
	/* places */
	{ "a^b", 0, 0, SEARCH_NEVER_PLACE },
	{ "$a", 0, 0, SEARCH_NEVER_PLACE },
	{ "a$b", 0, 0, SEARCH_NEVER_PLACE },
	{ "x\\Ay", 0, 0, SEARCH_NEVER_PLACE },
	{ "a\\z.", 0, 0, SEARCH_NEVER_PLACE },
	{ "(^a|b)^c", 0, 0, SEARCH_NEVER_PLACE },
	{ "a+^", 0, 0, SEARCH_NEVER_PLACE },
	{ "(a^)+", 0, 0, SEARCH_NEVER_PLACE },
	{ "a{9}^b", 0, 0, SEARCH_NEVER_PLACE },
	{ "(?:a|b$)$.", 0, 0, SEARCH_NEVER_PLACE },
	{ "a(?=b^)c", 0, 0, SEARCH_NEVER_PLACE },
	{ "a\\sb^", 0, 0, SEARCH_NEVER_PLACE },
	{ "a^b", SEARCH_SYNTAX_EXTENDED, 0, SEARCH_NEVER_PLACE },
	{ "a^b", SEARCH_SYNTAX_PERL, 0, SEARCH_NEVER_PLACE },
	{ "a^b", SEARCH_SYNTAX_PYTHON, 0, SEARCH_NEVER_PLACE },
	{ "a\\Ab", 0, WHOLE, SEARCH_NEVER_PLACE },
	{ "a\\Ab", 0, NUL, SEARCH_NEVER_PLACE },
	/* ends of lines */
	{ "a\\nb", 0, 0, SEARCH_NEVER_LINE_END },
	{ "\\n", 0, 0, SEARCH_NEVER_LINE_END },
	{ "a[\\n]+b", 0, 0, SEARCH_NEVER_LINE_END },
	{ "a\\n^b", 0, 0, SEARCH_NEVER_LINE_END },
	{ "a\\x0ab", SEARCH_SYNTAX_PERL, 0, SEARCH_NEVER_LINE_END },
	{ "a\nb", 0, FIXED, SEARCH_NEVER_LINE_END },
	{ "a\nb", 0, 0, SEARCH_NEVER_LINE_END },
	{ "a\\x00b", 0, NUL, SEARCH_NEVER_LINE_END },
	{ "a\\nb", 0, LINE, SEARCH_NEVER_LINE_END },
	/* characters */
	{ "(?!)", 0, 0, SEARCH_NEVER_CHARACTER },
	{ "x|(?!)", 0, 0, SEARCH_NEVER_NONE },
	{ "x(?!)", SEARCH_SYNTAX_PERL, 0, SEARCH_NEVER_CHARACTER },
	{ "[^\\s\\S]", 0, 0, SEARCH_NEVER_CHARACTER },
	{ "a[^\\x{0}-\\x{10ffff}]*b[^\\w\\W]", 0, 0, SEARCH_NEVER_CHARACTER },
	{ "[a&&b]", 0, 0, SEARCH_NEVER_CHARACTER },
	{ "[a&&b]", 0, WHOLE, SEARCH_NEVER_CHARACTER },
	/* these may match */
	{ "^a$", 0, 0, SEARCH_NEVER_NONE },
	{ "^a$", 0, LINE, SEARCH_NEVER_NONE },
	{ "a*^b", 0, 0, SEARCH_NEVER_NONE },
	{ "(a|)^b", 0, 0, SEARCH_NEVER_NONE },
	{ "(a^)?b", 0, 0, SEARCH_NEVER_NONE },
	{ "(a^)*b", 0, 0, SEARCH_NEVER_NONE },
	{ "(a^){0,7}b", 0, 0, SEARCH_NEVER_NONE },
	{ "$^", 0, 0, SEARCH_NEVER_NONE },
	{ "^^a$$", 0, 0, SEARCH_NEVER_NONE },
	{ "(a|^)+b", 0, 0, SEARCH_NEVER_NONE },
	{ "a($|b)", 0, 0, SEARCH_NEVER_NONE },
	{ "a|\\n", 0, 0, SEARCH_NEVER_NONE },
	{ "a[\\n]?b", 0, 0, SEARCH_NEVER_NONE },
	{ "[\\na]", 0, 0, SEARCH_NEVER_NONE },
	{ "a\\r$", 0, 0, SEARCH_NEVER_NONE },
	{ "x(?<!^)y", 0, 0, SEARCH_NEVER_NONE },
	{ "x(?<=^x)y", 0, 0, SEARCH_NEVER_NONE },
	{ "(a)?\\1^b", 0, 0, SEARCH_NEVER_NONE },
	{ "a\\Z", 0, 0, SEARCH_NEVER_NONE },
	{ "a\\K^b|c", 0, 0, SEARCH_NEVER_NONE },
	{ "a^b", SEARCH_SYNTAX_BASIC, 0, SEARCH_NEVER_NONE },
	{ "a\\nb", 0, WHOLE, SEARCH_NEVER_NONE },
	{ "a\\n^b", 0, WHOLE, SEARCH_NEVER_NONE },
	{ "a$\\n^b", 0, WHOLE, SEARCH_NEVER_NONE },
	{ "a\\n^b", 0, NUL, SEARCH_NEVER_NONE },
	{ "a$\\nb", SEARCH_SYNTAX_PERL, NUL, SEARCH_NEVER_NONE },
	{ "a\\x00b", 0, 0, SEARCH_NEVER_NONE },
};

static enum search_never ask(const struct search_pattern *patterns, size_t count, const struct row *r, size_t *which)
{
	const struct ps_match_options options = {
		.patterns = patterns, .count = count, .flags = r->flags, .syntax = r->syntax,
	};
	enum search_never why;
	struct ps_matcher *m;

	if (ps_matcher_new(&m, &options, NULL) != SEARCH_OK)
		fail_msg("%s is refused", r->pattern);
	why = ps_matcher_never(m, which);
	ps_matcher_free(m);
	return why;
}

static void test_never__is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		const struct search_pattern list[] = { { .text = "a.c", .length = 3 },
						       { .text = r->pattern, .length = strlen(r->pattern) },
						       { .text = "x", .length = 1 } };
		size_t which = 9;
		enum search_never why = ask(list + 1, 1, r, &which);

		if (why != r->why || (why != SEARCH_NEVER_NONE && which != 0))
			fail_msg("%s, syntax %u, flags %u: %d of pattern %zu", r->pattern, r->syntax, r->flags, (int)why,
				 which);
		why = ask(list, 3, r, &which);
		if (why != r->why || (why != SEARCH_NEVER_NONE && which != 1))
			fail_msg("%s among others: %d of pattern %zu", r->pattern, (int)why, which);
	}
}

/* Nested repeats multiply the steps: beyond a bound, the pattern counts as one that may match. */
static void test_never__takes_no_time(void **state)
{
	static const struct row row = { "nested repeats", 0, 0, SEARCH_NEVER_NONE };
	char text[200] = "";
	struct search_pattern pattern = { .text = text };
	size_t which;

	(void)state;
	for (size_t i = 0; i < 24; i++)
		strcat(text, "(?:b");
	strcat(text, "c");
	for (size_t i = 0; i < 24; i++)
		strcat(text, ")*");
	pattern.length = strlen(text);
	assert_int_equal(ask(&pattern, 1, &row, &which), SEARCH_NEVER_NONE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never__is_known),
		cmocka_unit_test(test_never__takes_no_time),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
