/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pattern.c - compiles one pattern.
 *
 * For SEARCH_MATCH_WORD and SEARCH_MATCH_LINE, a pattern P is wrapped in another one. Then
 *   - P is compiled alone first: wrapped, a)(b would become legal;
 *   - P may end in a comment, (?x)a#.., or in a quotation, \Qa.., which would swallow the wrapper's end. Oniguruma is
 *     asked whether it does: only then is P and "#(" a pattern; and P and "#\E(" is one only if # starts a comment,
 *     which a newline then ends;
 *   - what may only stand for a whole pattern, such as (?I), is refused.
 * The wrapping that onig_bugs.c asks for is done in the same way, but is left out if it is impossible.
 *
 * A string that holds the byte that ends a line is in no line. Regular expressions need no such rule, as Oniguruma is
 * given single lines.
 */
#include "../base/base.h"

#include "pattern.h"

#include "../base/line_ends.h"
#include "literal.h"
#include "onig_bugs.h"
#include "pattern_limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN_MAX ((size_t)64 << 20) /* bytes; far from where int offsets could overflow */

#define WRAPS (SEARCH_MATCH_WORD | SEARCH_MATCH_LINE)

/* A pattern on its way to a struct ps_pattern. */
struct source {
	const uint8_t *text; /* as given */
	size_t length;
	const struct ps_pattern_mode *mode;
	uint8_t *escaped;    /* SEARCH_MATCH_FIXED: the text as an expression */
	const uint8_t *body; /* the expression */
	size_t body_length;
	struct ps_pattern_error *error;
};

static int refuse_pattern(struct ps_pattern_error *error, size_t offset, const char *message)
{
	error->offset = offset;
	snprintf(error->message, sizeof(error->message), "%s", message);
	return SEARCH_EPATTERN;
}

static int compile_regex(const struct source *s, const uint8_t *pattern, size_t length, struct ps_regex **out)
{
	return ps_regex_new(out, pattern, length, &s->mode->dialect, s->error);
}

/* What is put around a pattern. */
struct wrap {
	const char *before;
	const char *after;
	const char *name; /* what the pattern is made to match, for a message; NULL: the same as before */
};

static const struct wrap whole_line = { "\\A(?:", ")\\z", "lines" };
static const struct wrap whole_line_python = { "\\A(?:", ")\\Z", "lines" };
static const struct wrap whole_word = { "(?<!\\w)(?:", ")(?!\\w)", "words" };
static const struct wrap whole_word_safe = { "(?:(?<!\\w)(?:", ")(?!\\w)|(?!))", "words" };
static const struct wrap safe = { "(?:", "|(?!))", NULL };

/* Joins the texts to one, which the caller frees. NULL: out of memory. */
static uint8_t *join_texts(const char *before, const struct source *s, const char *closing, const char *after,
			   size_t *length)
{
	size_t b = strlen(before), n = strlen(closing), a = strlen(after);
	uint8_t *joined = malloc(b + s->body_length + n + a + 1);

	if (joined == NULL)
		return NULL;
	memcpy(joined, before, b);
	if (s->body_length > 0)
		memcpy(joined + b, s->body, s->body_length);
	memcpy(joined + b + s->body_length, closing, n);
	memcpy(joined + b + s->body_length + n, after, a + 1);
	*length = b + s->body_length + n + a;
	return joined;
}

/* Whether the body followed by `end` is a pattern. */
static int may_body_end_in(const struct source *s, const char *end, bool *may)
{
	size_t length;
	uint8_t *probe = join_texts("", s, "", end, &length);
	struct ps_regex *regex;
	int rc;

	if (probe == NULL)
		return SEARCH_ENOMEM;
	rc = compile_regex(s, probe, length, &regex);
	free(probe);
	if (rc == SEARCH_ENOMEM)
		return rc;
	ps_regex_free(regex);
	*may = rc == SEARCH_OK;
	return SEARCH_OK;
}

/* Finds what closes the comment or quotation that the body may end in. */
static int find_closing(const struct source *s, const char **closing)
{
	bool open = false, comment = true;
	int rc = may_body_end_in(s, "#(", &open);

	if (rc == SEARCH_OK && open && s->mode->dialect.syntax == SEARCH_SYNTAX_PERL)
		rc = may_body_end_in(s, "#\\E(", &comment);
	*closing = !open ? "" : comment ? "\n" : "\\E";
	return rc;
}

static int compile_wrapped(const struct source *s, const struct wrap *w, struct ps_regex **out)
{
	const char *closing = "";
	uint8_t *wrapped;
	size_t length;
	int rc = find_closing(s, &closing);

	if (rc != SEARCH_OK)
		return rc;
	wrapped = join_texts(w->before, s, closing, w->after, &length);
	if (wrapped == NULL)
		return SEARCH_ENOMEM;
	rc = compile_regex(s, wrapped, length, out);
	free(wrapped);
	return rc;
}

static const struct wrap *choose_wrap(const struct source *s)
{
	bool word = (s->mode->flags & SEARCH_MATCH_WORD) != 0;

	if ((s->mode->flags & SEARCH_MATCH_LINE) != 0)
		return s->mode->dialect.syntax == SEARCH_SYNTAX_PYTHON ? &whole_line_python : &whole_line;
	if (ps_hits_onig_bug(s->body, s->body_length, s->mode->dialect.syntax, word))
		return word ? &whole_word_safe : &safe;
	return word ? &whole_word : NULL;
}

/* Refuses it in words that say that the pattern itself is fine. */
static int refuse_wrapped(const struct source *s, const struct wrap *w)
{
	char message[sizeof(s->error->message)];

	snprintf(message, sizeof(message), "cannot be made to match whole %s: %.100s", w->name,
		 s->error->message);
	return refuse_pattern(s->error, SIZE_MAX, message);
}

static int compile_body(const struct source *s, struct ps_regex **out)
{
	const struct wrap *w = choose_wrap(s);
	struct ps_regex *alone;
	int rc = compile_regex(s, s->body, s->body_length, &alone);

	if (rc != SEARCH_OK || w == NULL) {
		*out = alone;
		return rc;
	}
	rc = compile_wrapped(s, w, out);
	if (rc == SEARCH_EPATTERN && w->name == NULL) {
		*out = alone;
		return SEARCH_OK;
	}
	ps_regex_free(alone);
	return rc == SEARCH_EPATTERN ? refuse_wrapped(s, w) : rc;
}

static struct source source_of(const struct search_pattern *pattern, const struct ps_pattern_mode *mode,
			       struct ps_pattern_error *error)
{
	return (struct source){
		.text = (const uint8_t *)pattern->text,
		.length = pattern->length,
		.mode = mode,
		.error = error,
	};
}

int ps_pattern_check_length(const struct search_pattern *pattern, struct ps_pattern_error *error)
{
	return pattern->length <= PATTERN_MAX ? SEARCH_OK : refuse_pattern(error, SIZE_MAX, "longer than 64 MiB");
}

int ps_pattern_check(const struct search_pattern *pattern, const struct ps_pattern_mode *mode,
		     const struct ps_simd *simd, struct ps_pattern_error *error)
{
	const struct source s = source_of(pattern, mode, error);
	size_t offset = 0;

	if (ps_pattern_check_length(pattern, error) != SEARCH_OK)
		return SEARCH_EPATTERN; /* a translation: what was given has passed this check */
	if (s.length > 0)
		offset = simd->utf8_prefix(s.text, s.text + s.length);
	if (offset < s.length)
		return refuse_pattern(error, offset, "not valid UTF-8");
	if ((mode->flags & SEARCH_MATCH_FIXED) == 0 &&
	    !ps_pattern_check_nesting(s.text, s.length, mode->dialect.syntax, &offset))
		return refuse_pattern(error, offset, "nested too deep");
	return SEARCH_OK;
}

enum ps_pattern_kind ps_pattern_kind(const struct search_pattern *pattern, const struct ps_pattern_mode *mode)
{
	const struct ps_lines lines = ps_lines_of(mode->flags);
	const uint8_t *text = (const uint8_t *)pattern->text;

	if (pattern->length == 0 || ((mode->flags & SEARCH_MATCH_FIXED) == 0 && !ps_literal_is(text, pattern->length)))
		return PS_PATTERN_OTHER;
	if (memchr(text, lines.end, pattern->length) != NULL)
		return PS_PATTERN_NEVER;
	return PS_PATTERN_STRING;
}

static int make_body(struct source *s)
{
	s->body = s->text;
	s->body_length = s->length;
	if ((s->mode->flags & SEARCH_MATCH_FIXED) == 0 || s->length == 0)
		return SEARCH_OK;
	s->body_length = ps_literal_escaped_size(s->text, s->length);
	s->escaped = malloc(s->body_length);
	if (s->escaped == NULL)
		return SEARCH_ENOMEM;
	ps_literal_escape(s->text, s->length, s->escaped);
	s->body = s->escaped;
	return SEARCH_OK;
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

/* Whether it seems to match at one place of a line only. This is a guess: `(^a|b)` counts, too. */
static bool begins_at_one_place(const struct source *s)
{
	static const char *const starts[] = { "^", "\\A", ".*", ".+" };
	const char *text = (const char *)s->text;
	size_t at = 0;

	while (at < s->length && (text[at] == '(' || (at > 0 && (text[at] == '?' || text[at] == ':'))))
		at++;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (s->length - at >= strlen(starts[i]) && memcmp(text + at, starts[i], strlen(starts[i])) == 0)
			return true;
	return (s->mode->flags & SEARCH_MATCH_LINE) != 0;
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

/* Refuses what would take Oniguruma too long. */
static int check_extent(const struct source *s)
{
	struct ps_dialect plain = { .syntax = SEARCH_SYNTAX_ONIGURUMA, .ignore_case = s->mode->dialect.ignore_case };
	bool fixed = (s->mode->flags & SEARCH_MATCH_FIXED) != 0;
	const char *excess = ps_pattern_excess(s->body, s->body_length, fixed ? &plain : &s->mode->dialect);

	return excess == NULL ? SEARCH_OK : refuse_pattern(s->error, SIZE_MAX, excess);
}

int ps_pattern_new(struct ps_pattern *pattern, const struct search_pattern *of, const struct ps_pattern_mode *mode,
		   struct ps_pattern_error *error)
{
	enum ps_pattern_kind kind = ps_pattern_kind(of, mode);
	struct source s = source_of(of, mode, error);
	int rc;

	PS_ASSERT(kind != PS_PATTERN_NEVER && pattern->regex == NULL && pattern->bytes == NULL);
	pattern->always = s.length == 0 && (mode->flags & WRAPS) == 0;
	if (kind == PS_PATTERN_STRING && !mode->dialect.ignore_case) {
		rc = make_needle(pattern, &s);
		if (rc != SEARCH_OK || (mode->flags & WRAPS) == 0)
			return rc;
	}
	pattern->restless = source_holds(&s, "\\G") || source_holds(&s, "\\K");
	rc = make_body(&s);
	if (rc == SEARCH_OK)
		rc = check_extent(&s);
	pattern->habits = habits_of(&s);
	if (rc == SEARCH_OK)
		rc = compile_body(&s, &pattern->regex);
	free(s.escaped);
	return rc;
}

void ps_pattern_free(struct ps_pattern *pattern)
{
	ps_regex_free(pattern->regex);
	free(pattern->bytes);
	*pattern = (struct ps_pattern){ 0 };
}
