/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cases.h - reads test/data/match: see the top of basic.txt there for the format.
 */
#ifndef TEST_MATCH_CASES_H
#define TEST_MATCH_CASES_H

#include "../../lib/match/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "find.h"

#define CASE_PATTERNS 8

struct match_case {
	const char *file;
	int number; /* line number in the file */
	struct search_pattern patterns[CASE_PATTERNS];
	size_t count;
	uint32_t flags;
	uint32_t syntax;
	char *text;
	size_t length;
	char *expected;
};

static int case_hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Replaces %HH in place; returns the length. */
static size_t case_unescape(char *s)
{
	char *to = s, *begin = s;

	while (*s != '\0') {
		if (s[0] == '%' && case_hex(s[1]) >= 0 && case_hex(s[2]) >= 0) {
			*to++ = (char)(case_hex(s[1]) * 16 + case_hex(s[2]));
			s += 3;
		} else {
			*to++ = *s++;
		}
	}
	return (size_t)(to - begin);
}

static uint32_t case_flags(const char *s)
{
	uint32_t flags = 0;

	for (; *s != '\0'; s++)
		flags |= *s == 'i' ? SEARCH_MATCH_IGNORE_CASE : *s == 'w' ? SEARCH_MATCH_WORD : *s == 'l' ? SEARCH_MATCH_LINE :
			 *s == 'f' ? SEARCH_MATCH_FIXED : 0;
	return flags;
}

static uint32_t case_syntax(const char *s)
{
	return strchr(s, 'P') != NULL ? SEARCH_SYNTAX_PERL :
	       strchr(s, 'Y') != NULL ? SEARCH_SYNTAX_PYTHON : SEARCH_SYNTAX_ONIGURUMA;
}

static void case_patterns(struct match_case *c, char *field)
{
	char *next;

	for (c->count = 0; field != NULL && c->count < CASE_PATTERNS; field = next) {
		next = strstr(field, "%;");
		if (next != NULL) {
			*next = '\0';
			next += 2;
		}
		c->patterns[c->count].text = field;
		c->patterns[c->count++].length = case_unescape(field);
	}
}

/* Whether the pattern matches the text, according to the Oniguruma that is loaded. */
static bool case_asks(const char *pattern, uint32_t syntax, const char *text)
{
	const struct search_pattern p = { .text = pattern, .length = strlen(pattern) };
	const struct ps_match_options options = { .patterns = &p, .count = 1, .syntax = syntax, .avoid = PS_AVOID_ALL };
	struct ps_matcher *m;
	struct ps_finder *f;
	struct ps_line line;
	int rc;

	assert_int_equal(ps_matcher_new(&m, &options, NULL), SEARCH_OK);
	assert_int_equal(ps_finder_new(&f, m), SEARCH_OK);
	rc = find_line(f, (const uint8_t *)text, 0, strlen(text), &line);
	ps_finder_free(f);
	ps_matcher_free(m);
	return rc == PS_FOUND;
}

/* A condition "when PATTERN TEXT" or "unless PATTERN TEXT", in the syntax of the case: whether it applies here. */
static bool case_applies(const struct match_case *c, char *condition)
{
	char *pattern = strchr(condition, ' '), *text = pattern != NULL ? strchr(pattern + 1, ' ') : NULL;
	bool when = strncmp(condition, "when ", 5) == 0;

	if (text == NULL || !(when || strncmp(condition, "unless ", 7) == 0))
		fail_msg("%s:%d: \"%s\" is no condition", c->file, c->number, condition);
	*text = '\0';
	return case_asks(pattern + 1, c->syntax, text + 1) == when;
}

/* Calls f for each case of a file in test/data/match that applies; returns the number of all cases. */
static size_t each_case(const char *file, void (*f)(const struct match_case *))
{
	char path[256], line[4096];
	struct match_case c = { .file = file };
	size_t cases = 0;
	FILE *in;

	snprintf(path, sizeof(path), "test/data/match/%s", file);
	in = fopen(path, "r");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		char *field[5] = { line };
		size_t n = 1;

		c.number++;
		line[strcspn(line, "\n")] = '\0';
		for (char *p = line; *p != '\0' && n < 5; p++)
			if (*p == '\t') {
				*p = '\0';
				field[n++] = p + 1;
			}
		if (n < 4)
			continue; /* a comment, or empty */
		case_patterns(&c, field[0]);
		c.flags = case_flags(field[1]);
		c.syntax = case_syntax(field[1]);
		c.text = field[2];
		c.length = case_unescape(field[2]);
		c.expected = field[3];
		cases++;
		if (n < 5 || case_applies(&c, field[4]))
			f(&c);
	}
	if (in != NULL)
		fclose(in);
	return cases;
}

/* ---- what is expected ---- */

/* Spans as the files write them: "none", or "0-1 3-4". */
static inline void case_format_spans(char *to, size_t size, const struct search_span *spans, size_t count)
{
	size_t at = 0;

	snprintf(to, size, "none");
	for (size_t i = 0; i < count && at < size; i++)
		at += (size_t)snprintf(to + at, size - at, "%s%zu-%zu", i == 0 ? "" : " ", spans[i].begin,
				       spans[i].end);
}

static inline void case_expect(const struct match_case *c, const char *where, const char *got)
{
	if (strcmp(got, c->expected) != 0)
		fail_msg("%s:%d, %s: %s, not %s", c->file, c->number, where, got, c->expected);
}

/* Checks a case that expects "error:" and a part of the message; the message must be printable. */
static inline void case_check_refused(const struct match_case *c, const struct ps_match_options *options)
{
	struct search_error error = { .message = "" };
	struct ps_matcher *m;

	if (ps_matcher_new(&m, options, &error) != SEARCH_EPATTERN)
		fail_msg("%s:%d: not refused", c->file, c->number);
	assert_null(m);
	assert_int_equal(error.code, SEARCH_EPATTERN);
	if (strstr(error.message, c->expected + strlen("error:")) == NULL)
		fail_msg("%s:%d: %s", c->file, c->number, error.message);
	for (const char *s = error.message; *s != '\0'; s++)
		assert_true(*s >= 0x20 && *s < 0x7F);
	assert_int_equal(ps_matcher_new(&m, options, NULL), SEARCH_EPATTERN);
}

#endif
