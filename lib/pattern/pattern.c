/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern.c - checks one pattern, and makes what a line is matched with.
 *
 * A string that holds the byte that ends a line is in no line. Regular expressions need no such rule, as Oniguruma is
 * given single lines.
 */
#include "../base/base.h"

#include "pattern.h"

#include "../base/line_ends.h"
#include "literal.h"
#include "match_options.h"
#include "pattern_limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN_MAX ((size_t)64 << 20) /* bytes; far from where int offsets could overflow */

#define WRAPS (SEARCH_MATCH_WORD | SEARCH_MATCH_LINE)

/* A pattern on its way to a struct ps_pattern. */
struct source {
	const uint8_t *text;
	size_t length;
	const struct ps_pattern_mode *mode;
};

static int refuse_pattern(struct ps_pattern_error *error, size_t offset, const char *message)
{
	error->offset = offset;
	snprintf(error->message, sizeof(error->message), "%s", message);
	return SEARCH_EPATTERN;
}

static struct source source_of(const struct search_pattern *pattern, const struct ps_pattern_mode *mode)
{
	return (struct source){
		.text = ps_pattern_bytes(pattern),
		.length = pattern->length,
		.mode = mode,
	};
}

int ps_pattern_check_length(const struct search_pattern *pattern, struct ps_pattern_error *error)
{
	return pattern->length <= PATTERN_MAX ? SEARCH_OK : refuse_pattern(error, SIZE_MAX, "longer than 64 MiB");
}

int ps_pattern_check(const struct search_pattern *pattern, const struct ps_pattern_mode *mode,
		     const struct ps_simd *simd, struct ps_pattern_error *error)
{
	const struct source s = source_of(pattern, mode);
	size_t offset = 0;

	if (ps_pattern_check_length(pattern, error) != SEARCH_OK)
		return SEARCH_EPATTERN; /* a translation: what was given has passed this check */
	if (s.length > 0)
		offset = simd->utf8_prefix(s.text, s.text + s.length);
	if (offset < s.length)
		return refuse_pattern(error, offset, "not valid UTF-8");
	if ((mode->flags & SEARCH_MATCH_FIXED) == 0 &&
	    !ps_pattern_check_nesting(s.text, s.length, mode->dialect.syntax, &offset))
		return refuse_pattern(error, offset, "nested too deep: simplify the pattern");
	return SEARCH_OK;
}

enum ps_pattern_kind ps_pattern_kind(const struct search_pattern *pattern, const struct ps_pattern_mode *mode)
{
	const struct ps_lines lines = ps_lines_of(mode->flags);
	const uint8_t *text = ps_pattern_bytes(pattern);

	if (pattern->length == 0 || ((mode->flags & SEARCH_MATCH_FIXED) == 0 && !ps_literal_is(text, pattern->length)))
		return PS_PATTERN_OTHER;
	if (!lines.whole && memchr(text, lines.end, pattern->length) != NULL)
		return PS_PATTERN_NEVER;
	return PS_PATTERN_STRING;
}

static int make_needle(struct ps_pattern *pattern, const struct source *s)
{
	pattern->bytes = malloc(s->length);
	if (pattern->bytes == NULL)
		return SEARCH_ENOMEM;
	memcpy(pattern->bytes, s->text, s->length);
	ps_needle_init(&pattern->needle, pattern->bytes, s->length);
	return SEARCH_OK;
}

static bool source_holds(const struct source *s, const char *part)
{
	return s->length > 0 && memmem(s->text, s->length, part, strlen(part)) != NULL;
}

/* Whether it seems to match at one place of a line, or text, only. This is a guess: `(^a|b)` counts, too. */
static bool begins_at_one_place(const struct source *s)
{
	static const char *const starts[] = { "\\A", "^", ".*", ".+" };
	size_t count = s->mode->dialect.whole ? 1 : sizeof(starts) / sizeof(starts[0]);
	const char *text = (const char *)s->text;
	size_t at = 0;

	while (at < s->length && (text[at] == '(' || (at > 0 && (text[at] == '?' || text[at] == ':'))))
		at++;
	for (size_t i = 0; i < count; i++)
		if (s->length - at >= strlen(starts[i]) && memcmp(text + at, starts[i], strlen(starts[i])) == 0)
			return true;
	return !s->mode->dialect.whole && (s->mode->flags & SEARCH_MATCH_LINE) != 0;
}

/* What looks like a back-reference may be something else, which costs a little time. */
static unsigned habits_of(const struct source *s)
{
	bool refers = source_holds(s, "\\k") || source_holds(s, "(?P=");
	bool folds = s->mode->dialect.ignore_case || source_holds(s, "i)") || source_holds(s, "i:") ||
		     source_holds(s, "i-");
	char number[3] = "\\1";

	for (; !refers && number[1] <= '9'; number[1]++)
		refers = source_holds(s, number);
	return (source_holds(s, "\\G") ? PS_HABIT_RESTLESS | PS_HABIT_WHOLE : 0U) |
	       (begins_at_one_place(s) ? PS_HABIT_WHOLE : 0U) | (refers ? PS_HABIT_REFERS : 0U) |
	       (folds ? PS_HABIT_FOLDS : 0U);
}

int ps_pattern_new(struct ps_pattern *pattern, const struct search_pattern *of, const struct ps_pattern_mode *mode)
{
	enum ps_pattern_kind kind = ps_pattern_kind(of, mode);
	struct source s = source_of(of, mode);

	PS_ASSERT(kind != PS_PATTERN_NEVER && pattern->expression == NULL && pattern->bytes == NULL);
	pattern->always = s.length == 0 && (mode->flags & WRAPS) == 0;
	if (kind == PS_PATTERN_STRING && !mode->dialect.ignore_case) {
		int rc = make_needle(pattern, &s);

		if (rc != SEARCH_OK || (mode->flags & WRAPS) == 0)
			return rc;
	}
	pattern->restless = source_holds(&s, "\\G") || source_holds(&s, "\\K");
	pattern->habits = habits_of(&s);
	return ps_expression_new(&pattern->expression, s.text, s.length, mode);
}

int ps_pattern_admit(const struct ps_pattern *pattern, bool valid, struct ps_pattern_error *error)
{
	size_t offset = SIZE_MAX;
	const char *excess = pattern->expression == NULL ? NULL : ps_expression_excess(pattern->expression, &offset);

	if (excess != NULL)
		return refuse_pattern(error, offset, excess);
	if (pattern->expression == NULL || valid)
		return SEARCH_OK;
	return ps_expression_compile(pattern->expression, error);
}

void ps_pattern_free(struct ps_pattern *pattern)
{
	ps_expression_free(pattern->expression);
	free(pattern->bytes);
	*pattern = (struct ps_pattern){ 0 };
}
