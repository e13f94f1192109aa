/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * matcher.c - compiles patterns, and chooses how to look for them.
 *
 * SEARCH_WORD and SEARCH_LINE wrap a pattern P in another. Then
 *   - P is compiled alone first: wrapped, a)(b would become legal;
 *   - P may end in a comment, (?x)a#.., that would swallow the wrapper's end. Whether
 *     it can is asked of Oniguruma: P and "#(" is a pattern only if # begins a
 *     comment there. A newline then ends it;
 *   - what may only stand for a whole pattern, such as (?I), is refused.
 * The wrapping that quirks.c asks for goes the same way, but is left out where
 * it cannot be had.
 *
 * A string that holds a newline cannot be in a line: it is left out. Regular
 * expressions need no such rule, as Oniguruma is given single lines.
 */
#include "../base.h"

#include "literal.h"
#include "matcher.h"
#include "nesting.h"
#include "quirks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN_MAX ((size_t)64 << 20) /* bytes; far below where int offsets could overflow */

/* Memory for the states of an automaton, where nothing else is said. */
#define AUTOMATON_MEMORY ((size_t)2 << 20)

#define WRAPS (SEARCH_WORD | SEARCH_LINE)

/* A pattern on its way to a struct ps_pattern. */
struct source {
	const uint8_t *text; /* as given */
	size_t length;
	uint64_t flags;
	uint8_t *escaped;    /* SEARCH_FIXED: text as an expression */
	const uint8_t *body; /* the expression, and */
	size_t body_length;
	struct ps_fault *fault;
};

static int refuse(struct ps_fault *fault, size_t offset, const char *message)
{
	fault->offset = offset;
	snprintf(fault->message, sizeof(fault->message), "%s", message);
	return SEARCH_EPATTERN;
}

static int compile(const struct source *s, const uint8_t *pattern, size_t length, struct ps_regex **out)
{
	return ps_regex_new(out, pattern, length, (s->flags & SEARCH_IGNORE_CASE) != 0, s->fault);
}

/* What is put around a pattern. */
struct wrap {
	const char *before;
	const char *after;
	const char *name; /* what the pattern is made to match, for a message; NULL: what it did */
};

static const struct wrap whole_line = { "\\A(?:", ")\\z", "lines" };
static const struct wrap whole_word = { "(?<!\\w)(?:", ")(?!\\w)", "words" };
static const struct wrap whole_word_safe = { "(?:(?<!\\w)(?:", ")(?!\\w)|(?!))", "words" };
static const struct wrap safe = { "(?:", "|(?!))", NULL };

/* The strings as one, freed by the caller; NULL when memory is short. */
static uint8_t *join(const char *before, const struct source *s, const char *newline, const char *after,
		     size_t *length)
{
	size_t b = strlen(before), n = strlen(newline), a = strlen(after);
	uint8_t *joined = malloc(b + s->body_length + n + a + 1);

	if (joined == NULL)
		return NULL;
	memcpy(joined, before, b);
	if (s->body_length > 0)
		memcpy(joined + b, s->body, s->body_length);
	memcpy(joined + b + s->body_length, newline, n);
	memcpy(joined + b + s->body_length + n, after, a + 1);
	*length = b + s->body_length + n + a;
	return joined;
}

/* Whether # begins a comment where the body ends. */
static int ends_extended(const struct source *s, bool *extended)
{
	size_t length;
	uint8_t *probe = join("", s, "", "#(", &length);
	struct ps_regex *regex;
	int rc;

	if (probe == NULL)
		return SEARCH_ENOMEM;
	rc = compile(s, probe, length, &regex);
	free(probe);
	if (rc == SEARCH_ENOMEM)
		return rc;
	ps_regex_free(regex);
	*extended = rc == SEARCH_OK;
	return SEARCH_OK;
}

static int compile_wrapped(const struct source *s, const struct wrap *w, struct ps_regex **out)
{
	bool extended = false;
	uint8_t *wrapped;
	size_t length;
	int rc = ends_extended(s, &extended);

	if (rc != SEARCH_OK)
		return rc;
	wrapped = join(w->before, s, extended ? "\n" : "", w->after, &length);
	if (wrapped == NULL)
		return SEARCH_ENOMEM;
	rc = compile(s, wrapped, length, out);
	free(wrapped);
	return rc;
}

static const struct wrap *choose_wrap(const struct source *s)
{
	bool word = (s->flags & SEARCH_WORD) != 0;

	if ((s->flags & SEARCH_LINE) != 0)
		return &whole_line;
	if (ps_quirk(s->body, s->body_length, word))
		return word ? &whole_word_safe : &safe;
	return word ? &whole_word : NULL;
}

/* Says that the pattern itself is fine. */
static int refuse_wrapped(const struct source *s, const struct wrap *w)
{
	char message[sizeof(s->fault->message)];

	snprintf(message, sizeof(message), "cannot be made to match whole %s: %.100s", w->name,
		 s->fault->message);
	return refuse(s->fault, SIZE_MAX, message);
}

static int compile_body(const struct source *s, struct ps_regex **out)
{
	const struct wrap *w = choose_wrap(s);
	struct ps_regex *alone;
	int rc = compile(s, s->body, s->body_length, &alone);

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

/* What must hold before anything else looks at the pattern. */
static int check(const struct source *s, const struct ps_simd *simd)
{
	size_t offset = 0;

	if (s->length > PATTERN_MAX)
		return refuse(s->fault, SIZE_MAX, "longer than 64 MiB");
	if (s->length > 0)
		offset = simd->utf8_prefix(s->text, s->text + s->length);
	if (offset < s->length)
		return refuse(s->fault, offset, "not valid UTF-8");
	if ((s->flags & SEARCH_FIXED) == 0 && !ps_nesting_check(s->text, s->length, &offset))
		return refuse(s->fault, offset, "nested too deep");
	return SEARCH_OK;
}

static int make_body(struct source *s)
{
	s->body = s->text;
	s->body_length = s->length;
	if ((s->flags & SEARCH_FIXED) == 0 || s->length == 0)
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

static bool holds(const struct source *s, const char *part)
{
	return s->length > 0 && memmem(s->text, s->length, part, strlen(part)) != NULL;
}

static bool is_string(const struct source *s)
{
	return (s->flags & SEARCH_FIXED) != 0 || ps_literal_is(s->text, s->length);
}

/* Leaves *pattern empty when the pattern cannot match a line. */
static int make_pattern(struct ps_pattern *pattern, struct source *s, const struct ps_simd *simd)
{
	bool string;
	int rc = check(s, simd);

	if (rc != SEARCH_OK)
		return rc;
	string = is_string(s) && s->length > 0;
	if (string && memchr(s->text, '\n', s->length) != NULL)
		return SEARCH_OK;
	pattern->always = s->length == 0 && (s->flags & WRAPS) == 0;
	if (string && (s->flags & SEARCH_IGNORE_CASE) == 0) {
		rc = make_needle(pattern, s);
		if (rc != SEARCH_OK || (s->flags & WRAPS) == 0)
			return rc;
	}
	pattern->restless = holds(s, "\\G") || holds(s, "\\K");
	rc = make_body(s);
	if (rc == SEARCH_OK)
		rc = compile_body(s, &pattern->regex);
	free(s->escaped);
	return rc;
}

static void report(struct search_error *error, size_t index, const struct ps_fault *fault)
{
	if (error == NULL)
		return;
	memset(error, 0, sizeof(*error));
	error->code = SEARCH_EPATTERN;
	error->pattern = index;
	error->pattern_offset = fault->offset;
	snprintf(error->message, sizeof(error->message), "pattern %zu: %s", index + 1, fault->message);
}

/* Compiles all of them; m->count grows only over those that can match. */
static int make_patterns(struct ps_matcher *m, const struct ps_match_options *o, struct search_error *error)
{
	for (size_t i = 0; i < o->count; i++) {
		struct ps_pattern *pattern = &m->patterns[m->count];
		struct ps_fault fault = { SIZE_MAX, "" };
		struct source s = {
			.text = (const uint8_t *)o->patterns[i].text,
			.length = o->patterns[i].length,
			.flags = o->flags,
			.fault = &fault,
		};
		int rc = make_pattern(pattern, &s, m->simd);

		m->count += pattern->bytes != NULL || pattern->regex != NULL;
		if (rc == SEARCH_EPATTERN)
			report(error, i, &fault);
		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

/* The ladder of strategies: the first that will do. */
static enum ps_strategy choose(const struct ps_matcher *m)
{
	const struct ps_regular *r = &m->regular;

	for (size_t i = 0; i < m->count; i++)
		if (m->patterns[i].always)
			return PS_EVERYTHING;
	if (m->count == 0)
		return PS_NOTHING;
	if (m->count == 1 && m->patterns[0].regex == NULL)
		return PS_LITERAL;
	if (r->strings.known)
		return r->strings.complete ? PS_LITERALS : PS_FILTER;
	return r->has_program ? PS_AUTOMATON : PS_ONIGURUMA;
}

int ps_matcher_new(struct ps_matcher **out, const struct ps_match_options *options,
		   struct search_error *error)
{
	struct ps_matcher *m = calloc(1, sizeof(*m));
	int rc = SEARCH_ENOMEM;

	*out = NULL;
	if (m == NULL)
		return rc;
	m->simd = ps_simd_pick(options->cpu);
	m->memory = options->memory != 0 ? options->memory : AUTOMATON_MEMORY;
	m->patterns = calloc(ps_max(options->count, 1), sizeof(*m->patterns));
	if (m->patterns == NULL)
		goto fail;
	rc = make_patterns(m, options, error);
	if (rc != SEARCH_OK)
		goto fail;
	for (size_t i = 0; i < m->count; i++)
		m->needs_utf8 = m->needs_utf8 || m->patterns[i].regex != NULL;
	rc = ps_regular_new(&m->regular, options);
	if (rc != SEARCH_OK)
		goto fail;
	m->strategy = choose(m);
	*out = m;
	return SEARCH_OK;
fail:
	ps_matcher_free(m);
	return rc;
}

void ps_matcher_free(struct ps_matcher *matcher)
{
	if (matcher == NULL)
		return;
	for (size_t i = 0; i < matcher->count; i++) {
		ps_regex_free(matcher->patterns[i].regex);
		free(matcher->patterns[i].bytes);
	}
	ps_regular_free(&matcher->regular);
	free(matcher->patterns);
	free(matcher);
}

const char *ps_matcher_strategy(const struct ps_matcher *matcher)
{
	static const char *const name[] = {
		[PS_NOTHING] = "nothing",     [PS_EVERYTHING] = "everything", [PS_LITERAL] = "literal",
		[PS_LITERALS] = "literals",   [PS_FILTER] = "filter",         [PS_AUTOMATON] = "automaton",
		[PS_ONIGURUMA] = "oniguruma",
	};

	return name[matcher->strategy];
}

const struct ps_simd *ps_matcher_simd(const struct ps_matcher *matcher)
{
	return matcher->simd;
}
