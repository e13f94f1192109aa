/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain_matcher.c - says in words what a matcher does, and why: see search_explain(3).
 *
 * One fact a line, as `key: value`, in a fixed order; a fact that does not apply is left out. The keys and the first
 * words of the values stay the same from version to version. All of it is ASCII, and short: only the first literals
 * are shown, and only their first bytes.
 */
#include "../base/base.h"

#include "matcher.h"
#include "../prefilter/trigrams.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	SHOWN_STRINGS = 16,
	SHOWN_BYTES = 64
};

/* What has been said: the buffer holds as much of it as fits, ended by NUL. */
struct text {
	char *buffer;
	size_t size;
	size_t length;
};

__attribute__((format(printf, 2, 3)))
static void say(struct text *t, const char *format, ...)
{
	size_t left = t->length < t->size ? t->size - t->length : 0;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(left > 0 ? t->buffer + t->length : NULL, left, format, arguments);
	va_end(arguments);
	t->length += n > 0 ? (size_t)n : 0;
}

/* In double quotes; all that is not printable ASCII as \xHH. */
static void say_bytes(struct text *t, const uint8_t *bytes, size_t length)
{
	say(t, "\"");
	for (size_t i = 0; i < ps_min(length, SHOWN_BYTES); i++) {
		const char *escape = bytes[i] == '"' || bytes[i] == '\\' ? "\\" : "";

		say(t, bytes[i] >= 0x20 && bytes[i] < 0x7F ? "%s%c" : "%s\\x%02X", escape, bytes[i]);
	}
	say(t, length > SHOWN_BYTES ? "\"..." : "\"");
}

/* ---- the facts, in their order ---- */

static void say_patterns(struct text *t, const struct ps_matcher *m)
{
	const char *comma = "";

	say(t, "patterns: %zu\n", m->given);
	if (m->never > 0)
		say(t, "impossible: %zu (a newline is in no line)\n", m->never);
	if ((m->flags & (SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_WORD | SEARCH_MATCH_LINE)) == 0)
		return;
	say(t, "conditions:");
	if ((m->flags & SEARCH_MATCH_IGNORE_CASE) != 0) {
		say(t, " any case");
		comma = ",";
	}
	if ((m->flags & SEARCH_MATCH_LINE) != 0)
		say(t, "%s whole lines", comma);
	else if ((m->flags & SEARCH_MATCH_WORD) != 0)
		say(t, "%s whole words", comma);
	say(t, "\n");
}

/* With SEARCH_MATCH_MULTILINE: what the pattern is matched against. */
static void say_reach(struct text *t, const struct ps_matcher *m)
{
	if ((m->flags & SEARCH_MATCH_MULTILINE) == 0)
		return;
	say(t, m->lines.whole ? "reach: whole files\n" : "reach: lines (no match takes a newline)\n");
}

static void say_strategy(struct text *t, const struct ps_matcher *m)
{
	const char *both = m->words != NULL && m->strategy != PS_NOTHING ? "words, " : "";

	say(t, "strategy: %s%s\n", both, ps_matcher_strategy(m));
	if (m->words != NULL)
		say(t, "words: %zu, in a trie of %zu nodes; lines by %s\n", m->word_count,
		    ps_dictionary_trie(m->words)->count,
		    m->words_filters.has_program ? "a lazy DFA" : "walking it from each place");
}

static void say_needle(struct text *t, const struct ps_matcher *m, const struct ps_needle *needle)
{
	say(t, "string: ");
	say_bytes(t, needle->bytes, needle->length);
	say(t, "\nsearch: %s, by ", m->simd->name);
	say_bytes(t, needle->bytes + needle->rare1, 1);
	if (needle->rare2 != needle->rare1) {
		say(t, " and ");
		say_bytes(t, needle->bytes + needle->rare2, 1);
	}
	say(t, "\n");
}

static void say_strings(struct text *t, const struct ps_matcher *m)
{
	const struct ps_filters *f = &m->filters;
	const struct ps_literal_set *s = ps_filters_set(f);

	if (m->strategy == PS_LITERAL) {
		say(t, "strings: 1, which is the pattern\n");
		say_needle(t, m, &m->patterns[0].needle);
	}
	if (m->strategy > PS_FILTER)
		say(t, "strings: none that would help\n");
	if (m->strategy != PS_LITERALS && m->strategy != PS_FILTER)
		return;
	say(t, "strings: %zu, %s\n", s->count,
	    s->complete ? "each enough for a match" : "of which a match holds one or more");
	if (s->count == 1) {
		say_needle(t, m, f->borders.known ? &f->border_needle : &f->needle);
		return;
	}
	for (size_t i = 0; i < ps_min(s->count, SHOWN_STRINGS); i++) {
		say(t, "string: ");
		say_bytes(t, s->list[i].bytes, s->list[i].length);
		say(t, "\n");
	}
	if (s->count > SHOWN_STRINGS)
		say(t, "string: ... and %zu more\n", s->count - SHOWN_STRINGS);
	say(t, "search: %s, by a fingerprint of all strings\n", m->simd->name);
}

static void say_order(struct text *t, const struct ps_matcher *m)
{
	const struct ps_literal_order *order = &m->filters.order.literals;

	if (m->strategy == PS_FILTER && order->count > 0)
		say(t, "order: %zu strings or sets of them must follow each other%s\n", order->count,
		    order->exact ? ", which is enough for a match" : "");
}

static void say_streams(struct text *t, const struct ps_matcher *m)
{
	const struct ps_bitstreams *s = m->filters.streams;

	if (m->strategy == PS_BITSTREAMS)
		say(t, "streams: %s, byte classes %zu, steps %zu, %s\n", m->simd->name, s->classes.count,
		    s->count - s->first, s->exact && m->filters.exact ? "exact" : "superset");
}

static bool has_automaton(const struct ps_matcher *m)
{
	return m->strategy >= PS_FILTER && m->filters.has_program;
}

static void say_automaton(struct text *t, const struct ps_matcher *m)
{
	if (has_automaton(m))
		say(t, "automaton: lazy DFA of %zu instructions, states in %zu bytes a thread\n",
		    m->filters.program.count, m->memory);
	else if (m->strategy < PS_FILTER)
		say(t, "automaton: none, not needed\n");
	else
		say(t, "automaton: none%s\n", m->filters.too_large ? ", too large" : "");
}

static void say_regular(struct text *t, const struct ps_matcher *m)
{
	const struct ps_filters *f = &m->filters;

	if (f->exact) {
		say(t, "regular: exact\n");
		return;
	}
	say(t, "regular: %s (", f->known ? "superset" : "unknown");
	if (m->given > 1)
		say(t, "pattern %zu: ", (size_t)m->patterns[f->why_of].index + 1);
	say(t, "%s)\n", f->why);
}

static void say_backtracking(struct text *t, const struct ps_matcher *m)
{
	const struct ps_filters *f = &m->filters;
	size_t count = 0;

	for (size_t i = 0; i < f->backtrack_count; i++)
		count += f->backtracks[i] != NULL;
	if (count > 0)
		say(t, "backtracking: %zu of the patterns, unless it takes long, in the place of Oniguruma\n", count);
}

/* Which lines Oniguruma is asked about. */
static const char *lines_for_oniguruma(const struct ps_matcher *m)
{
	if (m->strategy < PS_FILTER)
		return "never";
	if (has_automaton(m))
		return m->filters.exact ? "lines that the automaton cannot decide" : "lines that the automaton finds";
	if (m->strategy == PS_BITSTREAMS)
		return "lines that the streams cannot decide";
	return m->strategy == PS_FILTER ? "lines that hold a string" : "every line";
}

/* Sets whether there can be a program for spans, by making it. SEARCH_OK or SEARCH_ENOMEM. */
static int try_span_program(const struct ps_matcher *m, bool *can)
{
	struct ps_program program = { 0 };
	int rc;

	*can = false;
	if (m->filters.tree == NULL || !ps_matcher_knows_spans(m))
		return SEARCH_OK;
	rc = ps_program_new_for_spans(&program, m->filters.tree, m->lines);
	ps_program_free(&program);
	*can = rc == SEARCH_OK;
	return rc == SEARCH_ENOMEM ? rc : SEARCH_OK;
}

static int say_spans(struct text *t, const struct ps_matcher *m)
{
	static const char *const ways[] = {
		"oniguruma", "oniguruma, then simulation where it gives up", "simulation",
		"automaton, then oniguruma where it gives up", "automaton, then simulation where it gives up",
	};
	bool can;
	int rc = try_span_program(m, &can);
	const char *way = ways[!can ? 0 : (m->avoid_span_dfa ? 1 : 3) + (m->longest || m->avoid_oniguruma ? 1 : 0)];

	if (m->count == 0 && m->words == NULL)
		say(t, "spans: none\n");
	else if (!m->needs_utf8)
		say(t, "spans: places of the strings\n");
	else
		say(t, "spans: %s%s\n", ps_matcher_has_runs(m) ? "mask of a class, then " : "", way);
	return rc;
}

/* ---- which files a tree rules out ---- */

/* A condition is said until this much has been said of it. */
#define SHOWN_CONDITION 400

struct shown {
	struct text *t;
	const struct ps_condition *condition;
	size_t end; /* of what may be said */
};

static bool is_cut(const struct shown *s)
{
	return s->t->length >= s->end;
}

static bool grams_overlap(const struct ps_clause *a, const struct ps_clause *b)
{
	return a->kind == PS_CLAUSE_GRAM && b->kind == PS_CLAUSE_GRAM &&
	       ps_trigram_fold(a->text[1]) == ps_trigram_fold(b->text[0]) &&
	       ps_trigram_fold(a->text[2]) == ps_trigram_fold(b->text[1]);
}

/* Trigrams that overlap, one after the other, are one string. Returns the clause after the last of them. */
static uint32_t skip_grams(const struct shown *s, uint32_t at, uint32_t end)
{
	const struct ps_clause *clauses = s->condition->clauses;

	for (at++; at < end && grams_overlap(&clauses[at - 1], &clauses[at]); at++)
		;
	return at;
}

static uint32_t say_grams(struct shown *s, uint32_t at, uint32_t end)
{
	const struct ps_clause *clauses = s->condition->clauses;
	uint8_t bytes[SHOWN_BYTES + 1] = { 0 };
	size_t length = 0;

	end = skip_grams(s, at, end);
	bytes[length++] = clauses[at].text[0];
	bytes[length++] = clauses[at].text[1];
	for (; at < end; at++)
		if (length < sizeof(bytes))
			bytes[length++] = clauses[at].text[2];
	say_bytes(s->t, bytes, length);
	return end;
}

/* Whether it is said as one string. */
static bool is_string(const struct shown *s, uint32_t at)
{
	const struct ps_clause *clause = &s->condition->clauses[at];

	if (clause->kind != PS_CLAUSE_ALL)
		return clause->kind == PS_CLAUSE_GRAM;
	return s->condition->clauses[at + 1].kind == PS_CLAUSE_GRAM &&
	       skip_grams(s, at + 1, clause->end) == clause->end;
}

/* A clause: `and` or `or` between its parts. The depth of conditions is bounded. */
static void say_clause(struct shown *s, uint32_t at, bool inner)
{
	const struct ps_clause *clauses = s->condition->clauses, *clause = &clauses[at];
	bool all = clause->kind == PS_CLAUSE_ALL;
	uint32_t next = at + 1;

	if (is_string(s, at)) {
		say_grams(s, at + all, clause->end);
		return;
	}
	say(s->t, inner ? "(" : "");
	while (next < clause->end && !is_cut(s)) {
		say(s->t, next == at + 1 ? "" : all ? " and " : " or ");
		if (all && clauses[next].kind == PS_CLAUSE_GRAM) {
			next = say_grams(s, next, clause->end);
			continue;
		}
		say_clause(s, next, true);
		next = clauses[next].end;
	}
	say(s->t, next < clause->end ? " ..." : "");
	say(s->t, inner ? ")" : "");
}

static void say_tree(struct text *t, const struct ps_matcher *m, const char *why_all)
{
	const struct ps_condition *c = m->condition;
	struct shown s = { t, c, t->length + SHOWN_CONDITION };

	if (why_all == NULL && c == NULL)
		why_all = m->why_no_condition;
	if (why_all != NULL || c == NULL) {
		say(t, "tree: no file can be ruled out (%s)\n", why_all);
		return;
	}
	if (c->clauses[0].kind == PS_CLAUSE_ANY && c->clauses[0].end == 1) {
		say(t, "tree: no file can match\n");
		return;
	}
	say(t, "tree: files with ");
	say_clause(&s, 0, false);
	say(t, "%s\n", c->other_case ? "; or with U+017F or U+212A" : "");
}

int ps_matcher_explain(const struct ps_matcher *matcher, bool spans, const char *why_all, char *buffer, size_t size,
		       size_t *length)
{
	struct text t = { buffer, size, 0 };
	int rc = SEARCH_OK;

	if (size > 0)
		buffer[0] = '\0';
	say_patterns(&t, matcher);
	say_reach(&t, matcher);
	say_strategy(&t, matcher);
	if (matcher->count > 0) {
		say_strings(&t, matcher);
		say_order(&t, matcher);
		say_streams(&t, matcher);
		say_automaton(&t, matcher);
		say_regular(&t, matcher);
		say_backtracking(&t, matcher);
	}
	say(&t, "oniguruma: %s\n", lines_for_oniguruma(matcher));
	if (spans)
		rc = say_spans(&t, matcher);
	else
		say(&t, "spans: not asked for\n");
	if (matcher->wants_condition)
		say_tree(&t, matcher, why_all);
	*length = t.length;
	return rc;
}
