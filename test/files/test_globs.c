/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_globs.c - what a glob matches, what braces stand for, and what sets of globs decide.
 */
#include "../../lib/base/base.h"

#include "../../lib/files/braces.h"
#include "../../lib/files/globs.h"
#include "../../lib/files/glob_match.h"
#include "../support/random.h"
#include "../support/scale.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"

static bool matches(const char *glob, const char *text, bool ignore_case)
{
	return ps_wildcard_matches(glob, strlen(glob), text, strlen(text), ignore_case);
}

static void test_globs__the_table_holds(void **state)
{
	static const struct {
		const char *glob, *text;
		bool want;
	} rows[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "a", "", false },
		{ "*", "", true },
		{ "*", "abc", true },
		{ "*", "a/b", false },
		{ "?", "a", true },
		{ "?", "/", false },
		{ "?", "é", true },
		{ "??", "é", false },
		{ "*??", "€", false },
		{ "?", "\xFF", true },
		{ "?", "\xE2\x82", false },
		{ "??", "\xE2\x82", true },
		{ "a*b*c", "aXbXXbc", true },
		{ "a*b*c", "aXbXXb", false },
		{ "*.c", ".c", true },
		{ "[a-c]x", "bx", true },
		{ "[!a-c]x", "bx", false },
		{ "[^a-c]x", "dx", true },
		{ "[]a]", "]", true },
		{ "[!]a]", "]", false },
		{ "[a-]", "-", true },
		{ "[[:digit:]x]", "7", true },
		{ "[[:digit:]x]", "x", true },
		{ "[[:digit:]]", "x", false },
		{ "[[:nothing:]]", "n", false },
		{ "[à-ü]", "é", true },
		{ "[\\]]", "]", true },
		{ "[!a]", "/", false },
		{ "[/]", "/", false },
		{ "[a", "[a", true },
		{ "[a", "a", false },
		{ "\\*", "*", true },
		{ "\\*", "a", false },
		{ "a\\", "a\\", true },
		{ "a/*/c", "a/b/c", true },
		{ "a/*/c", "a/b/b/c", false },
		{ "**", "a/b/c", true },
		{ "**/c", "c", true },
		{ "**/c", "a/b/c", true },
		{ "**/c", "a/bc", false },
		{ "a/**", "a/b/c", true },
		{ "a/**", "a", false },
		{ "a/**/c", "a/c", true },
		{ "a/**/c", "a/x/y/c", true },
		{ "a/**/c", "a/x/y/d", false },
		{ "a/**/*.c", "a/x/y/d.c", true },
		{ "**/a/**/b", "x/a/y/a/z/b", true },
		{ "a**", "abc", true },
		{ "a**", "a/b", false },
		{ "**a", "b/a", false },
		{ "Makefile", "makefile", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (matches(rows[i].glob, rows[i].text, false) != rows[i].want)
			fail_msg("%s %s %s", rows[i].glob, rows[i].want ? "does not match" : "matches", rows[i].text);
	assert_true(matches("Make*[A-Z]e", "mAKEFILE", true));
	assert_true(matches("[a-z]", "Q", true));
	assert_false(matches("[0-9]", "Q", true));
}

/* libc's fnmatch agrees on all that it knows, which is all except **. */
static void test_globs__fnmatch_agrees(void **state)
{
	static const char pieces[] = "ab/*?[]!-^\\c:";
	struct random random = random_new(1);

	(void)state;
	for (unsigned round = 0; round < ROUNDS(300000u); round++) {
		char glob[9] = "", text[9] = "";
		unsigned g = random_below(&random, sizeof(glob)), t = random_below(&random, sizeof(text));

		for (unsigned i = 0; i < g; i++)
			glob[i] = pieces[random_below(&random, sizeof(pieces) - 1)];
		for (unsigned i = 0; i < t; i++)
			text[i] = "ab/c-"[random_below(&random, 5)];
		/* fnmatch lets \/ match nothing after a star, allows no slash in a class, and gives up at a last backslash */
		if (strstr(glob, "**") != NULL || strstr(glob, "\\/") != NULL || strchr(glob, '[') != NULL || (g > 0 && glob[g - 1] == '\\'))
			continue;
		if (matches(glob, text, false) != (fnmatch(glob, text, FNM_PATHNAME) == 0))
			fail_msg("%s, %s: not as fnmatch", glob, text);
	}
}

/* Each star could end anywhere: the time grows with the lengths, not with the number of ways. */
static void test_globs__many_stars_take_no_time(void **state)
{
	static char glob[2000], text[20000];

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(glob); i += 2)
		memcpy(glob + i, "*a", 2);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 2] = 'b';
	assert_false(matches(glob, text, false));
}

/* --- braces --- */

static int join(void *context, const char *text, size_t length)
{
	char *to = context;

	strcat(to, " ");
	strncat(to, text, length);
	return SEARCH_OK;
}

static void test_globs__braces_stand_for_each_alternative(void **state)
{
	static const struct {
		const char *glob, *want; /* in an order that is always the same */
	} rows[] = {
		{ "a", " a" },
		{ "", " " },
		{ "{a}", " a" },
		{ "{a,b}", " b a" },
		{ "x{a,}y", " xy xay" },
		{ "{a,b}{c,d}", " bd bc ad ac" },
		{ "{a,{b,c}d}", " cd bd a" },
		{ "\\{a,b\\}", " \\{a,b\\}" },
		{ "[{]a", " [{]a" },
		{ "{[,],b}", " b [,]" },
		{ "a,b", " a,b" },
	};
	const char *problem;
	char got[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		got[0] = '\0';
		assert_int_equal(ps_braces_expand(rows[i].glob, join, got, &problem), SEARCH_OK);
		assert_string_equal(got, rows[i].want);
	}
	got[0] = '\0';
	assert_int_equal(ps_braces_expand("{a", join, got, &problem), SEARCH_EINVAL);
	assert_non_null(strstr(problem, "opening"));
	assert_int_equal(ps_braces_expand("a}", join, got, &problem), SEARCH_EINVAL);
	assert_non_null(strstr(problem, "closing"));
}

static int count(void *context, const char *text, size_t length)
{
	(void)text;
	(void)length;
	++*(size_t *)context;
	return SEARCH_OK;
}

static void test_globs__too_many_braces_are_refused(void **state)
{
	char glob[1000] = "";
	const char *problem;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 60; i++)
		strcat(glob, "{a,b}");
	assert_int_equal(ps_braces_expand(glob, count, &n, &problem), SEARCH_EINVAL);
	assert_non_null(strstr(problem, "too many"));
}

/* Ten thousand are not too many, and one more is. */
static void test_globs__braces_stand_for_ten_thousand_globs_at_most(void **state)
{
	enum { MOST = 10000 };
	char glob[2 * MOST + 4] = "{";
	const char *problem;

	(void)state;
	for (int i = 0; i < MOST; i++)
		memcpy(glob + 1 + 2 * i, "a,", 2);
	for (size_t more = 0; more < 2; more++) {
		size_t n = 0;

		strcpy(glob + 2 * (MOST + more), "}"); /* in the place of the last comma */
		assert_int_equal(ps_braces_expand(glob, count, &n, &problem), more == 0 ? SEARCH_OK : SEARCH_EINVAL);
		assert_true(more > 0 || n == MOST);
		strcpy(glob + 2 * MOST, ",a,");
	}
}

/* --- sets --- */

#define NAME(text, flags) { text, SEARCH_GLOB_BASENAME | (flags), 0, 0 }
#define OUT SEARCH_GLOB_EXCLUDE

static void test_globs__the_last_that_matches_decides(void **state)
{
	static const struct {
		struct search_glob globs[4];
		const char *name;
		bool directory;
		unsigned want;
	} rows[] = {
		{ { NAME("*.c", 0) }, "a.c", false, 0 },
		{ { NAME("*.c", 0) }, "a.h", false, PS_FILTER_LEAVE },
		{ { NAME("*.c", 0) }, "a.h", true, 0 },
		{ { NAME("*.c", OUT) }, "a.c", false, PS_FILTER_LEAVE },
		{ { NAME("*.c", OUT) }, "a.h", false, 0 },
		{ { NAME("*\xA9", OUT) }, "a\xC3\xA9", false, 0 }, /* a character, not two bytes */
		{ { NAME("*\xA9", OUT) }, "a\xA9", false, PS_FILTER_LEAVE },
		{ { NAME("*.c", OUT) }, "a.c", true, PS_FILTER_LEAVE },
		{ { NAME("*.c", OUT | SEARCH_GLOB_FILES_ONLY) }, "a.c", true, 0 },
		{ { NAME("*.c", OUT | SEARCH_GLOB_DIRS_ONLY) }, "a.c", false, 0 },
		{ { NAME("*", 0), NAME("*.c", OUT), NAME("b.c", 0) }, "a.c", false, PS_FILTER_LEAVE },
		{ { NAME("*", 0), NAME("*.c", OUT), NAME("b.c", 0) }, "b.c", false, 0 },
		{ { NAME("b.c", 0), NAME("*.c", OUT) }, "b.c", false, PS_FILTER_LEAVE },
		{ { NAME("*.C", SEARCH_GLOB_NO_CASE) }, "a.c", false, 0 },
		{ { NAME("a.{c,h}", SEARCH_GLOB_BRACES) }, "a.h", false, 0 },
		{ { NAME("a.{c,h}", 0) }, "a.h", false, PS_FILTER_LEAVE },
		{ { NAME("*.c", 0), { "b*", SEARCH_GLOB_BASENAME, 1, 0 } }, "a.c", false, PS_FILTER_LEAVE },
		{ { NAME("*.c", 0), { "b*", SEARCH_GLOB_BASENAME, 1, 0 } }, "b.c", false, 0 },
		{ { NAME("*.c", SEARCH_GLOB_OVERRIDE), { "b*", SEARCH_GLOB_BASENAME, 1, 0 } }, "a.c", false, PS_FILTER_ALWAYS },
		{ { NAME("*.c", 0), { "a*", SEARCH_GLOB_BASENAME | SEARCH_GLOB_UNHIDE, 1, 0 } }, "a.c", false, PS_FILTER_HIDDEN },
		{ { { "d/", OUT, 0, 0 } }, "d", true, PS_FILTER_LEAVE },
		{ { { "d/", OUT, 0, 0 } }, "d", false, 0 },
		{ { { "d/", 0, 0, 0 }, NAME("z", 0) }, "a", false, PS_FILTER_LEAVE },
		{ { { "d/", 0, 0, 0 }, NAME("z", 0) }, "a", true, 0 },
		{ { { "{,a}", SEARCH_GLOB_BRACES, 0, 0 } }, "a", false, 0 },
		{ { { "", OUT, 0, 0 } }, "a", false, 0 },
		{ { { "", OUT, 0, 0 } }, "", false, 0 },
		{ { NAME("*", 0), { "{,a}", OUT | SEARCH_GLOB_BRACES, 0, 0 } }, "a", false, PS_FILTER_LEAVE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ps_filter_entry entry = { .name = rows[i].name, .directory = rows[i].directory };
		struct ps_filter *filter;
		const char *problem;
		size_t n = 0, wrong;

		while (n < 4 && rows[i].globs[n].text != NULL)
			n++;
		assert_int_equal(ps_filter_new(&filter, rows[i].globs, n, &wrong, &problem), SEARCH_OK);
		if (ps_filter_ask(filter, &entry) != rows[i].want)
			fail_msg("row %zu: %u, not %u", i, ps_filter_ask(filter, &entry), rows[i].want);
		ps_filter_free(filter);
	}
}

/* A glob with a slash is compared with the path: relative to the source, or as it is shown. */
static void test_globs__a_glob_with_a_slash_is_for_paths(void **state)
{
	static const struct {
		const char *glob, *below, *shown;
		uint32_t flags;
		bool want;
	} rows[] = {
		{ "a/b", "a/b", "x/a/b", 0, true },
		{ "a/b", "a/b", "x/a/b", SEARCH_GLOB_DISPLAY_PATH, false },
		{ "x/a/b", "a/b", "x/a/b", SEARCH_GLOB_DISPLAY_PATH, true },
		{ "/b", "a/b", "a/b", 0, false },
		{ "/b", "b", "x/b", 0, true },
		{ "b", "a/b", "x/a/b", 0, true },
		{ "b", "a/b", "x/a/b", SEARCH_GLOB_DISPLAY_PATH, true },
		{ "**/b", "a/b", "x/a/b", 0, true },
		{ "a/*", "a/b", "x/a/b", 0, true },
		{ "a/b", "a/b", "a/b", SEARCH_GLOB_BASENAME, false },
		{ "/", "", "", SEARCH_GLOB_EXCLUDE, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct search_glob glob = { rows[i].glob, rows[i].flags, 0, 0 };
		struct ps_filter_entry entry = { .name = "b", .paths = { rows[i].below, rows[i].shown } };
		struct ps_filter *filter;
		const char *problem;
	size_t wrong;

		assert_int_equal(ps_filter_new(&filter, &glob, 1, &wrong, &problem), SEARCH_OK);
		if ((ps_filter_ask(filter, &entry) == 0) != rows[i].want)
			fail_msg("row %zu: %s", i, rows[i].glob);
		ps_filter_free(filter);
	}
}

static void test_globs__the_message_says_what_is_wrong(void **state)
{
	static const struct {
		struct search_glob glob;
		const char *named;
	} rows[] = {
		{ { NULL, 0, 0, 0 }, "text" },
		{ { "a", 1u << 31, 0, 0 }, "flags" },
		{ { "a", 0, SEARCH_GLOB_GROUPS, 0 }, "group" },
		{ { "a", 0, 0, 1 }, "reserved" },
		{ { "{a", SEARCH_GLOB_BRACES, 0, 0 }, "brace" },
	};
	struct ps_filter *filter;
	const char *problem;
	size_t wrong;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct search_glob globs[2] = { { .text = "a" }, rows[i].glob };

		assert_int_equal(ps_filter_new(&filter, globs, 2, &wrong, &problem), SEARCH_EINVAL);
		assert_int_equal(wrong, 1);
		assert_non_null(strstr(problem, rows[i].named));
		assert_null(filter);
	}
	assert_int_equal(ps_filter_new(&filter, NULL, 0, &wrong, &problem), SEARCH_OK);
	assert_null(filter);
}

/* No search is made with a glob that no path can match: that nothing is found would mean nothing. */
static void test_globs__a_glob_that_cannot_match_is_refused(void **state)
{
	static const struct {
		const char *glob, *named; /* NULL: it can match */
		uint32_t flags;
	} rows[] = {
		{ "[", "without a ']'", 0 },
		{ "a/[", "without a ']'", 0 },
		{ "[a/b", "without a ']'", 0 },
		{ "[]", "without a ']'", 0 },
		{ "[!]", "without a ']'", 0 },
		{ "[^]", "without a ']'", 0 },
		{ "[\\]", "without a ']'", 0 },
		{ "[[:alpha:]", "without a ']'", 0 },
		{ "a[b]c[", "without a ']'", 0 },
		{ "{a,[}", "without a ']'", SEARCH_GLOB_BRACES },
		{ "[", "without a ']'", SEARCH_GLOB_BASENAME },
		{ "[", "without a ']'", SEARCH_GLOB_EXCLUDE },
		{ "a\\", "backslash", 0 },
		{ "\\", "backslash", SEARCH_GLOB_BASENAME },
		{ "[z-a]", "range", 0 },
		{ "[xz-a]", "range", 0 },
		{ "[ü-à]", "range", 0 },
		{ "[[:nothing:]]", "unknown class", 0 },
		{ "[/]", "slash", 0 },
		{ "[//]", "slash", 0 },
		{ "", "no name", 0 },
		{ "", "no name", SEARCH_GLOB_BASENAME },
		{ "", "no name", SEARCH_GLOB_DISPLAY_PATH },
		{ "/", "no name", 0 },
		{ "//", "no name", 0 },
		{ "{}", "no name", SEARCH_GLOB_BRACES },
		{ "{,}", "no name", SEARCH_GLOB_BRACES },
		{ "{,a//b}", "no name", SEARCH_GLOB_BRACES },
		{ "a//b", "two slashes", 0 },
		{ "//a", "two slashes", 0 },
		{ "a//", "two slashes", 0 },
		{ "./a", "'.'", 0 },
		{ "a/./b", "'.'", 0 },
		{ "a/.", "'.'", 0 },
		{ ".", "'.'", 0 },
		{ "../a", "'..'", SEARCH_GLOB_EXCLUDE },
		{ "a/", "directories", 0 },
		{ "**/", "directories", 0 },
		{ "{a/,b/}", "directories", SEARCH_GLOB_BRACES },
		{ "a/", "files", SEARCH_GLOB_FILES_ONLY },
		{ "a", "files", SEARCH_GLOB_FILES_ONLY | SEARCH_GLOB_DIRS_ONLY },
		{ "[]]", NULL, 0 },
		{ "[!]]", NULL, 0 },
		{ "[[]", NULL, 0 },
		{ "[a-]", NULL, 0 },
		{ "[-a]", NULL, 0 },
		{ "[a-a]", NULL, 0 },
		{ "[[:alpha:]]", NULL, 0 },
		{ "[a/]", NULL, 0 },
		{ "[!/]", NULL, 0 },
		{ "[+-/]", NULL, 0 },
		{ "\\[", NULL, 0 },
		{ "\\\\", NULL, 0 },
		{ "[\\]]", NULL, 0 },
		{ "/a", NULL, 0 },
		{ "a/", NULL, SEARCH_GLOB_EXCLUDE },
		{ "", NULL, SEARCH_GLOB_EXCLUDE },
		{ "/", NULL, SEARCH_GLOB_EXCLUDE },
		{ "", NULL, SEARCH_GLOB_EXCLUDE | SEARCH_GLOB_BASENAME },
		{ "{,}", NULL, SEARCH_GLOB_EXCLUDE | SEARCH_GLOB_BRACES },
		{ "a", NULL, SEARCH_GLOB_DIRS_ONLY },
		{ "a/", NULL, SEARCH_GLOB_DIRS_ONLY },
		{ "../a", NULL, SEARCH_GLOB_DISPLAY_PATH },
		{ "./a", NULL, SEARCH_GLOB_BASENAME },
		{ ".a", NULL, 0 },
		{ "..a/b", NULL, 0 },
		{ "...", NULL, 0 },
		{ "{,a}", NULL, SEARCH_GLOB_BRACES },
		{ "{}", NULL, 0 },
		{ "**", NULL, 0 },
		{ "!", NULL, 0 },
		{ "#a", NULL, 0 },
		{ "\xFF", NULL, 0 },
		{ "[\xFF]", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct search_glob glob = { .text = rows[i].glob, .flags = rows[i].flags };
		struct ps_filter *filter;
		const char *problem;
		size_t wrong;
		int rc = ps_filter_new(&filter, &glob, 1, &wrong, &problem);

		if (rc != (rows[i].named != NULL ? SEARCH_EINVAL : SEARCH_OK))
			fail_msg("row %zu: %s: %d", i, rows[i].glob, rc);
		if (rows[i].named != NULL && strstr(problem, rows[i].named) == NULL)
			fail_msg("row %zu: %s: %s", i, rows[i].glob, problem);
		ps_filter_free(filter);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_globs__the_table_holds),
		cmocka_unit_test(test_globs__fnmatch_agrees),
		cmocka_unit_test(test_globs__many_stars_take_no_time),
		cmocka_unit_test(test_globs__braces_stand_for_each_alternative),
		cmocka_unit_test(test_globs__too_many_braces_are_refused),
		cmocka_unit_test(test_globs__braces_stand_for_ten_thousand_globs_at_most),
		cmocka_unit_test(test_globs__the_last_that_matches_decides),
		cmocka_unit_test(test_globs__a_glob_with_a_slash_is_for_paths),
		cmocka_unit_test(test_globs__the_message_says_what_is_wrong),
		cmocka_unit_test(test_globs__a_glob_that_cannot_match_is_refused),
	};

	random_seed();
	return RUN_TESTS(tests, NULL, NULL);
}
