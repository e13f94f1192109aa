/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expression.c - see expression.h.
 *
 * For SEARCH_MATCH_WORD and SEARCH_MATCH_LINE, a pattern P is wrapped in another one. Then
 *   - P is compiled alone first: wrapped, a)(b would become legal;
 *   - P may end in a comment, (?x)a#.., or in a quotation, \Qa.., which would swallow the wrapper's end. Oniguruma is
 *     asked whether it does: only then is P and "#(" a pattern; and P and "#\E(" is one only if # starts a comment,
 *     which a newline then ends;
 *   - what may only stand for a whole pattern, such as (?I), is refused.
 * The wrapping that onig_bugs.c asks for is done in the same way, but is left out if it is impossible.
 */
#include "../base/base.h"

#include "expression.h"

#include "literal.h"
#include "onig_bugs.h"
#include "pattern_fault.h"
#include "pattern_limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The lock is held while Oniguruma compiles: a thread that needs the regex meanwhile has nothing else to do. No other
 * lock is taken under it.
 */
struct ps_expression {
	uint8_t *body; /* in the dialect */
	size_t length;
	struct ps_dialect dialect;
	uint32_t flags; /* SEARCH_MATCH_... */
	pthread_mutex_t lock;
	bool refused;                     /* under the lock */
	bool ending_refused;              /* the same of the variant */
	_Atomic(struct ps_regex *) regex; /* stored once, under the lock, release; loaded acquire: see queue.h */
	_Atomic(struct ps_regex *) ending_regex; /* the same */
};

/* What is put around a pattern. */
struct wrap {
	const char *before;
	const char *after;
	const char *name; /* what the pattern is made to match, for a message; NULL: the same as before */
};

enum wrap_kind { ALONE, WORD, LINE, LINE_OF_PYTHON, LINE_OF_TEXT };

/* By kind, and then: as it is, or so that it hits no bug of Oniguruma's. */
static const struct wrap wraps[][2] = {
	[ALONE] = { { "", "", NULL }, { "(?:(?:", ")|(?!))", NULL } },
	[WORD] = { { "(?<!\\w)(?:", ")(?!\\w)", "words" }, { "(?:(?<!\\w)(?:", ")(?!\\w)|(?!))", "words" } },
	[LINE] = { { "\\A(?:", ")\\z", "lines" }, { "(?:\\A(?:", ")\\z|(?!))", "lines" } },
	[LINE_OF_PYTHON] = { { "\\A(?:", ")\\Z", "lines" }, { "(?:\\A(?:", ")\\Z|(?!))", "lines" } },
	[LINE_OF_TEXT] = { { "^(?:", ")$", "lines" }, { "(?:^(?:", ")$|(?!))", "lines" } },
};

/* Joins the texts to one, which the caller frees. NULL: out of memory. */
static uint8_t *join_texts(const char *before, const struct ps_expression *e, const char *closing, const char *after,
			   size_t *length)
{
	size_t b = strlen(before), n = strlen(closing), a = strlen(after);
	uint8_t *joined = malloc(b + e->length + n + a + 1);

	if (joined == NULL)
		return NULL;
	memcpy(joined, before, b);
	memcpy(joined + b, e->body, e->length);
	memcpy(joined + b + e->length, closing, n);
	memcpy(joined + b + e->length + n, after, a + 1);
	*length = b + e->length + n + a;
	return joined;
}

static int compile_text(const struct ps_expression *e, const uint8_t *text, size_t length, struct ps_regex **out,
			struct ps_pattern_error *error)
{
	return ps_regex_new(out, text, length, &e->dialect, error);
}

/* Whether the body followed by `end` is a pattern. */
static int may_body_end_in(const struct ps_expression *e, const char *end, bool *may)
{
	struct ps_pattern_error ignored;
	size_t length;
	uint8_t *probe = join_texts("", e, "", end, &length);
	struct ps_regex *regex;
	int rc;

	if (probe == NULL)
		return SEARCH_ENOMEM;
	rc = compile_text(e, probe, length, &regex, &ignored);
	free(probe);
	if (rc == SEARCH_ENOMEM)
		return rc;
	ps_regex_free(regex);
	*may = rc == SEARCH_OK;
	return SEARCH_OK;
}

/* Finds what closes the comment or quotation that the body may end in. */
static int find_closing(const struct ps_expression *e, const char **closing)
{
	bool open = false, comment = true;
	int rc = may_body_end_in(e, "#(", &open);

	if (rc == SEARCH_OK && open && e->dialect.syntax == SEARCH_SYNTAX_PERL)
		rc = may_body_end_in(e, "#\\E(", &comment);
	*closing = !open ? "" : comment ? "\n" : "\\E";
	return rc;
}

static int compile_wrapped(const struct ps_expression *e, const struct wrap *w, const struct ps_dialect *dialect,
			   struct ps_regex **out, struct ps_pattern_error *error)
{
	const char *closing = "";
	uint8_t *wrapped;
	size_t length;
	int rc = find_closing(e, &closing);

	if (rc != SEARCH_OK)
		return rc;
	wrapped = join_texts(w->before, e, closing, w->after, &length);
	if (wrapped == NULL)
		return SEARCH_ENOMEM;
	rc = ps_regex_new(out, wrapped, length, dialect, error);
	free(wrapped);
	return rc;
}

static enum wrap_kind wrap_kind_of(const struct ps_expression *e)
{
	if ((e->flags & SEARCH_MATCH_LINE) == 0)
		return (e->flags & SEARCH_MATCH_WORD) != 0 ? WORD : ALONE;
	if (e->dialect.whole)
		return LINE_OF_TEXT;
	return e->dialect.syntax == SEARCH_SYNTAX_PYTHON ? LINE_OF_PYTHON : LINE;
}

/* NULL: nothing has to be put around it. */
static const struct wrap *choose_wrap(const struct ps_expression *e)
{
	enum wrap_kind kind = wrap_kind_of(e);
	bool safe = ps_hits_onig_bug(e->body, e->length, e->dialect.syntax, kind == WORD);

	return kind == ALONE && !safe ? NULL : &wraps[kind][safe];
}

/* Refuses it in words that say that the pattern itself is fine. */
static int refuse_wrapped(const struct wrap *w, struct ps_pattern_error *error)
{
	struct ps_pattern_error why = *error;

	error->offset = SIZE_MAX;
	snprintf(error->message, sizeof(error->message), "cannot be made to match whole %s: %.100s", w->name,
		 why.message);
	return SEARCH_EPATTERN;
}

static int compile_body(const struct ps_expression *e, struct ps_regex **out, struct ps_pattern_error *error)
{
	const struct wrap *w = choose_wrap(e);
	struct ps_regex *alone;
	int rc = compile_text(e, e->body, e->length, &alone, error);

	if (rc == SEARCH_EPATTERN)
		ps_pattern_locate_fault(error, e->body, e->length, &e->dialect);
	if (rc != SEARCH_OK || w == NULL) {
		*out = alone;
		return rc;
	}
	rc = compile_wrapped(e, w, &e->dialect, out, error);
	if (rc == SEARCH_EPATTERN && w->name == NULL) {
		*out = alone;
		return SEARCH_OK;
	}
	ps_regex_free(alone);
	return rc == SEARCH_EPATTERN ? refuse_wrapped(w, error) : rc;
}

/* Copies the text; a string as the expression that means it. */
static int make_body(struct ps_expression *e, const uint8_t *text, size_t length)
{
	bool fixed = (e->flags & SEARCH_MATCH_FIXED) != 0;

	e->length = fixed ? ps_literal_escaped_size(text, length) : length;
	e->body = malloc(ps_max(e->length, 1));
	if (e->body == NULL)
		return SEARCH_ENOMEM;
	if (fixed)
		ps_literal_escape(text, length, e->body);
	else if (length > 0)
		memcpy(e->body, text, length);
	return SEARCH_OK;
}

int ps_expression_new(struct ps_expression **out, const uint8_t *text, size_t length,
		      const struct ps_pattern_mode *mode)
{
	struct ps_expression *e = calloc(1, sizeof(*e));

	*out = NULL;
	if (e == NULL)
		return SEARCH_ENOMEM;
	e->dialect = mode->dialect;
	e->dialect.folds = NULL;
	e->flags = mode->flags;
	if (make_body(e, text, length) != SEARCH_OK || pthread_mutex_init(&e->lock, NULL) != 0) {
		free(e->body);
		free(e);
		return SEARCH_ENOMEM;
	}
	*out = e;
	return SEARCH_OK;
}

void ps_expression_free(struct ps_expression *expression)
{
	if (expression == NULL)
		return;
	ps_regex_free(atomic_load_explicit(&expression->regex, memory_order_relaxed));
	ps_regex_free(atomic_load_explicit(&expression->ending_regex, memory_order_relaxed));
	pthread_mutex_destroy(&expression->lock);
	free(expression->body);
	free(expression);
}

const char *ps_expression_excess(const struct ps_expression *expression, size_t *offset)
{
	const char *excess = ps_pattern_excess(expression->body, expression->length, &expression->dialect, offset);

	if ((expression->flags & SEARCH_MATCH_FIXED) != 0)
		*offset = SIZE_MAX; /* the body has escapes that the string has not */
	return excess;
}

const struct ps_regex *ps_expression_regex(const struct ps_expression *expression)
{
	return atomic_load_explicit(&expression->regex, memory_order_acquire);
}

const struct ps_regex *ps_expression_ending_regex(const struct ps_expression *expression)
{
	return atomic_load_explicit(&expression->ending_regex, memory_order_acquire);
}

/* The body alone is a pattern in a dialect without callouts, so it has none. */
static int compile_ending(const struct ps_expression *e, struct ps_regex **out, struct ps_pattern_error *error)
{
	const struct wrap *inner = choose_wrap(e);
	struct ps_dialect dialect = e->dialect;
	char before[64], after[64];
	struct wrap w = { before, after, "lines" };

	dialect.ending = true;
	snprintf(before, sizeof(before), "(?:%s", inner != NULL ? inner->before : "");
	snprintf(after, sizeof(after), "%s)(?{end})", inner != NULL ? inner->after : "");
	return compile_wrapped(e, &w, &dialect, out, error);
}

/* Compiles it, by `compile`, unless it is there, or was refused. */
static int compile_once(struct ps_expression *e, _Atomic(struct ps_regex *) *regex, bool *refused,
			int (*compile)(const struct ps_expression *, struct ps_regex **, struct ps_pattern_error *),
			struct ps_pattern_error *error)
{
	struct ps_regex *compiled = NULL;
	int rc = SEARCH_OK;

	*error = (struct ps_pattern_error){ .offset = SIZE_MAX };
	pthread_mutex_lock(&e->lock);
	if (*refused)
		rc = SEARCH_EPATTERN;
	else if (atomic_load_explicit(regex, memory_order_relaxed) == NULL)
		rc = compile(e, &compiled, error);
	*refused = rc == SEARCH_EPATTERN;
	if (rc == SEARCH_OK && compiled != NULL)
		atomic_store_explicit(regex, compiled, memory_order_release);
	pthread_mutex_unlock(&e->lock);
	return rc;
}

int ps_expression_compile(struct ps_expression *expression, struct ps_pattern_error *error)
{
	return compile_once(expression, &expression->regex, &expression->refused, compile_body, error);
}

int ps_expression_compile_ending(struct ps_expression *expression, struct ps_pattern_error *error)
{
	return compile_once(expression, &expression->ending_regex, &expression->ending_refused, compile_ending, error);
}
