/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_pattern_fault.c - the place of what is wrong in a pattern, and what is said about it. The place is in the
 * pattern as it was given, whatever was made of it.
 */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/match/match.h"
#include "../support/choose.h"
#include "../support/guard.h"

#define ONIGURUMA SEARCH_SYNTAX_ONIGURUMA
#define PERL SEARCH_SYNTAX_PERL
#define PYTHON SEARCH_SYNTAX_PYTHON
#define BASIC SEARCH_SYNTAX_BASIC
#define EXTENDED SEARCH_SYNTAX_EXTENDED

struct row {
	const char *pattern;
	uint32_t syntax;
	size_t offset;
	const char *said; /* part of the message */
};

static const struct row rows[] = {
	/* groups */
	{ "(", ONIGURUMA, 0, "( without )" },
	{ "a(b(c)", ONIGURUMA, 1, "( without )" },
	{ "a(b(c", ONIGURUMA, 3, "( without )" },
	{ "a(b(c", PERL, 3, "( without )" },
	{ "a(b(c", PYTHON, 3, "( without )" },
	{ "\\((b\\)", ONIGURUMA, 2, "( without )" },
	{ "[(](b[)]", ONIGURUMA, 3, "( without )" },
	{ "(?#()(b", ONIGURUMA, 5, "( without )" },
	{ "(?i)a(b", ONIGURUMA, 5, "( without )" },
	{ "(?x)a # (\n(b", ONIGURUMA, 10, "( without )" },
	{ "\\Q(\\E(", PERL, 5, "( without )" },
	{ "(?<n>a)(b", ONIGURUMA, 7, "( without )" },
	{ "(?P<x>a(", PERL, 7, "( without )" },
	{ "\xC3\xA9(", ONIGURUMA, 2, "( without )" },
	{ "a)b", ONIGURUMA, 1, ") without (" },
	{ "(a))b", PERL, 3, ") without (" },
	{ "(a)|b)", PYTHON, 5, ") without (" },
	{ "ab(?", ONIGURUMA, 2, "not complete" },
	{ "ab(?#x", ONIGURUMA, 2, "not complete" },
	{ "ab(?i", PERL, 2, "not complete" },
	{ "ab(?z)", ONIGURUMA, 2, "kind of group" },
	{ "a(b(?{x}))", ONIGURUMA, 3, "kind of group" },
	{ "a(?P<x>b)", ONIGURUMA, 1, "write (?<name>" },
	{ "a(?<x>b)", PYTHON, 1, "write (?P<name>" },
	{ "a(?s)b", ONIGURUMA, 1, "the option s is m" },
	{ "a(?iiiiiiiiiiiiii-s:b)", ONIGURUMA, 1, "the option s is m" },
	{ "a(?P<1>b)", PERL, 1, "without a name" },
	{ "ab(?P<name", PERL, 2, "without its end" },
	{ "(?P<x>a)(?P=x", PERL, 8, "without its end" },
	{ "(?P<x>a)(?P>xyz", PERL, 8, "without its end" },
	{ "a(?I)", ONIGURUMA, 1, "holds for the whole pattern" },
	{ "a(?<x", ONIGURUMA, 4, "'x' is no name" },
	{ "a(?<>b)", ONIGURUMA, 1, "empty name" },
	{ "a(?<=b", PYTHON, 1, "( without )" },
	{ "x(?<!a(b))c", ONIGURUMA, 1, "look-behind" },
	{ "(?<=a)x(?<!a(b))c", PERL, 7, "look-behind" },
	/* classes */
	{ "x[a", ONIGURUMA, 1, "[ without ]" },
	{ "x[a[b]", ONIGURUMA, 1, "[ without ]" },
	{ "x[a[b", ONIGURUMA, 3, "[ without ]" },
	{ "x[a[b", PYTHON, 1, "[ without ]" },
	{ "[[:alpha:]", ONIGURUMA, 0, "[ without ]" },
	{ "[]a", PERL, 0, "nothing in them" },
	{ "x[a[]", ONIGURUMA, 3, "nothing in them" },
	{ "x[^]", ONIGURUMA, 1, "nothing in them" },
	{ "[z-a]", ONIGURUMA, 1, "ends before it begins" },
	{ "x[a-c z-a]y", ONIGURUMA, 6, "ends before it begins" },
	{ "x[\\x{e9}-a]", ONIGURUMA, 2, "ends before it begins" },
	{ "[\xE6\x97\xA5-a]", ONIGURUMA, 1, "ends before it begins" },
	{ "a[b[z-a]]", ONIGURUMA, 4, "ends before it begins" },
	{ "(?:x[z-a])*", PERL, 5, "ends before it begins" },
	{ "x[a-\\d]", ONIGURUMA, 2, "up to a class" },
	{ "x[\\d-a]", ONIGURUMA, 2, "makes no range" },
	{ "x[a\\x80-\xC3\xA9]", ONIGURUMA, 3, "between a byte and a character" },
	{ "x[\xC3\xA9-\\xff]", ONIGURUMA, 2, "between a byte and a character" },
	{ "x[[:foo:]]", ONIGURUMA, 2, "no class of this name" },
	{ "[a\\", ONIGURUMA, 2, "backslash at the end" },
	{ "[a\\p{Foo}]", ONIGURUMA, 5, "has the name 'Foo'" },
	/* repeats */
	{ "*a", ONIGURUMA, 0, "repeat of nothing" },
	{ "x|*a", PERL, 2, "repeat of nothing" },
	{ "x(+a)", PYTHON, 2, "repeat of nothing" },
	{ "ab(?:?c)", ONIGURUMA, 5, "repeat of nothing" },
	{ "^*", ONIGURUMA, 1, "repeat of a condition" },
	{ "a\\b+b", ONIGURUMA, 3, "repeat of a condition" },
	{ "a(?=b){2}", PYTHON, 6, "repeat of a condition" },
	{ "ab{100001}c", ONIGURUMA, 2, "more than 100000 times" },
	{ "ab{3,1}c", PERL, 2, "ends before it begins" },
	{ "(a{1000}){1000}b", ONIGURUMA, 9, "when written out" },
	{ "(a{100000}){2}b", ONIGURUMA, 11, "when written out" },
	/* escapes, properties, references */
	{ "xy\\", ONIGURUMA, 2, "backslash at the end" },
	{ "xy\\c", PERL, 2, "not complete" },
	{ "xy\\C-", ONIGURUMA, 2, "not complete" },
	{ "xy\\Cz", ONIGURUMA, 2, "write \\C-x" },
	{ "xy\\Mz", ONIGURUMA, 2, "write \\M-x" },
	{ "xy\\u12z", ONIGURUMA, 2, "number of a character" },
	{ "xy\\x{7fffffff}z", ONIGURUMA, 2, "number of a character" },
	{ "xy\\o{7777777777777}z", PERL, 2, "too large" },
	{ "xy\\p{Foo}z", ONIGURUMA, 5, "has the name 'Foo'" },
	{ "xy\\p{L", ONIGURUMA, 2, "\\p{ without }" },
	{ "(a)\\2", ONIGURUMA, 3, "does not exist" },
	{ "(a)(?:b)\\1\\k<2>", PERL, 10, "does not exist" },
	{ "(?(1)a|b)", ONIGURUMA, 2, "does not exist" },
	{ "(?<n>a)x\\1", ONIGURUMA, 8, "use a name" },
	{ "(?<n>a)x\\k<m>", ONIGURUMA, 11, "has the name 'm'" },
	{ "(?<n>a)\\k<m_______10________20________30________40_>", ONIGURUMA, 10,
	  "has the name 'm_______10________20________30________40'" },
	{ "(?P<x>a)(?P=yy)b", PERL, 12, "has the name 'yy'" },
	{ "(?<a>x\\g<a>)", ONIGURUMA, 6, "calls itself" },
	{ "ab\\g<3>", ONIGURUMA, 5, "has the number '3'" },
	{ "x\\d<(a>", ONIGURUMA, 4, "( without )" }, /* < begins a name after \\k and \\g only */
	{ "x\\d'(a'", ONIGURUMA, 4, "( without )" },
	{ "\\xff*[z-a]", ONIGURUMA, 6, "ends before it begins" },
	{ "a\xFF", ONIGURUMA, 1, "not valid UTF-8" },
	/* translated */
	{ "x(a", EXTENDED, 1, "( without )" },
	{ "x(a(b)", EXTENDED, 1, "( without )" },
	{ "x\\(a", BASIC, 1, "\\( without \\)" },
	{ "x\\)", BASIC, 1, "\\) without \\(" },
	{ "x[a", BASIC, 1, "[" },
	{ "x[z-a]", EXTENDED, 2, "ends before it begins" },
	{ "x[[:foo:]]", EXTENDED, 2, "no class of this name" },
	{ "xa\\{3,1\\}", BASIC, 2, "ends before it begins" },
	{ "xa{32768}", EXTENDED, 2, "more than 32767 times" },
	{ "\\(a\\)\\2", BASIC, 5, "reference to a group" },
	{ "xy\\", BASIC, 2, "backslash at the end" },
	{ "ok\nx(a", EXTENDED, 4, "( without )" },
};

static struct guard guard;

/* The page after its text must not be read. */
static struct search_pattern pattern_at_guard(const char *text, size_t length)
{
	return (struct search_pattern){ .text = (const char *)guard_at_end(&guard, text, length), .length = length };
}

static struct search_error refuse(const struct search_pattern *patterns, size_t count, uint32_t syntax, uint32_t flags)
{
	const struct ps_match_options options = {
		.patterns = patterns, .count = count, .flags = flags, .syntax = syntax,
	};
	struct search_error error = { .message = "" };
	struct ps_matcher *m;
	int rc = ps_matcher_new(&m, &options, &error);

	if (rc == SEARCH_OK) {
		ps_matcher_free(m);
		error.code = SEARCH_OK;
	}
	return error;
}

/* Alone, in a list, and with something put around it, which must not move the place. */
static void test_pattern_fault__place_and_sentence(void **state)
{
	static const uint32_t flags[] = { 0, SEARCH_MATCH_WORD, SEARCH_MATCH_LINE, SEARCH_MATCH_IGNORE_CASE };

	(void)state;
	for (size_t i = 0; i < 2 * 4 * sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i / 8];
		const struct search_pattern list[] = { { .text = "a", .length = 1 },
						       pattern_at_guard(r->pattern, strlen(r->pattern)) };
		size_t index = i / 4 % 2;
		struct search_error e = refuse(list + 1 - index, 1 + index, r->syntax, flags[i % 4]);

		if (e.code != SEARCH_EPATTERN || e.index != index || e.offset != r->offset ||
		    strstr(e.message + e.reason_at, r->said) == NULL)
			fail_msg("%s, flags %u: code %d, pattern %zu, offset %zd, '%s'", r->pattern, flags[i % 4],
				 e.code, e.index, (ptrdiff_t)e.offset, e.message);
	}
}

/* Every beginning, and all but one byte, of what is right: the place is known, and one where a character begins. */
static void check_known(const char *text, size_t length, uint32_t syntax, size_t *refused, size_t *known)
{
	const struct search_pattern pattern = pattern_at_guard(text, length);
	struct search_error e = refuse(&pattern, 1, syntax, 0);

	if (e.code == SEARCH_OK)
		return;
	++*refused;
	*known += e.offset != SIZE_MAX;
	if (e.offset != SIZE_MAX && (e.offset > length || (e.offset < length && (text[e.offset] & 0xC0) == 0x80 &&
							    strstr(e.message, "UTF-8") == NULL)))
		fail_msg("%.*s: offset %zu, '%s'", (int)length, text, e.offset, e.message);
	if (e.offset == SIZE_MAX)
		print_message("%.*s, syntax %u: the place is not known of '%s'\n", (int)length, text, syntax,
			      e.message);
}

static void test_pattern_fault__is_known_of_damaged_patterns(void **state)
{
	static const char *const patterns[] = {
		"(?<name>a+)(?:b|c){2,3}?\\k<name>[^[:alpha:]x-z\\d]", "(?i)\\bfoo\\b(?=bar)(?!x)(?<=y)(?<!z)\\p{Lu}\\x{e9}",
		"(a(b(c)\\1)\\2)[\\w&&[^a-f]]\\u00e9\xC3\xA9?+(?>x*)", "^(?P<n>a)(?P=n)$|\\Q(\\E[]a]\\xff\\C-a\\M-x",
		"(?x) a b # (\n (c) [ ] \\ ", "(?(1)a|b)(x)(?~ab)\\K\\R\\X\\g<1>", "\\(a\\{1,2\\}\\)\\1[[.a.][=b=]]\\w\\<b\\>",
		"(a|b)*{2}[[:digit:]-]x+?(c{1,2}){3}",
	};
	size_t refused = 0, known = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		for (uint32_t syntax = ONIGURUMA; syntax <= EXTENDED; syntax++)
			for (size_t at = 0; at <= strlen(patterns[i]); at++) {
				size_t length = strlen(patterns[i]);
				char text[100];

				check_known(patterns[i], at, syntax, &refused, &known);
				memcpy(text, patterns[i], length + 1);
				memmove(text + at, text + at + (at < length), length - at);
				check_known(text, length - (at < length), syntax, &refused, &known);
			}
	print_message("%zu patterns are refused, the place is known of %zu\n", refused, known);
	assert_true(refused > 500);
	assert_int_equal(known, refused);
}

/* The bisection does not take long. */
static void test_pattern_fault__is_found_in_long_patterns(void **state)
{
	static char text[100001];
	struct search_pattern pattern = { .text = text, .length = 100000 };

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 70000, "(*)", 3);
	assert_int_equal(refuse(&pattern, 1, ONIGURUMA, 0).offset, 70001);
	memset(text, '(', sizeof(text));
	assert_true(refuse(&pattern, 1, ONIGURUMA, 0).offset < 200); /* nested too deep */
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
		cmocka_unit_test(test_pattern_fault__place_and_sentence),
		cmocka_unit_test(test_pattern_fault__is_known_of_damaged_patterns),
		cmocka_unit_test(test_pattern_fault__is_found_in_long_patterns),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
