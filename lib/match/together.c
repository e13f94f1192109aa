/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * together.c - finds the next match of all patterns together, if they are regular: by an automaton, or by simulating
 * their program.
 *
 * Most of a line is no match. So the automaton does not read it all: it goes on where the next literal that a match
 * needs can be reached from.
 */
#include "../base/base.h"

#include "finder.h"

/* Makes the program for spans. */
static int make_span_program(struct ps_finder *f)
{
	int rc;

	if (f->span_program.count > 0)
		return SEARCH_OK;
	if (f->no_span_program || f->matcher->filters.tree == NULL)
		return PS_UNDECIDED;
	rc = ps_program_new_for_spans(&f->span_program, f->matcher->filters.tree, f->matcher->lines);
	f->no_span_program = rc == SEARCH_EVERSION;
	return f->no_span_program ? PS_UNDECIDED : rc;
}

int ps_finder_make_pike(struct ps_finder *f)
{
	int rc;

	if (f->pike != NULL)
		return SEARCH_OK;
	rc = make_span_program(f);
	return rc == SEARCH_OK ? ps_pike_new(&f->pike, &f->span_program) : rc;
}

int ps_finder_make_span_dfa(struct ps_finder *f)
{
	const struct ps_matcher *m = f->matcher;
	int rc;

	if (f->span_dfa != NULL)
		return ps_span_dfa_is_hopeless(f->span_dfa) ? PS_UNDECIDED : SEARCH_OK;
	if (f->no_span_dfa || m->avoid_span_dfa)
		return PS_UNDECIDED;
	rc = make_span_program(f);
	if (rc == SEARCH_OK)
		rc = ps_span_dfa_new(&f->span_dfa, &f->span_program, m->longest, m->memory);
	f->no_span_dfa = rc == SEARCH_EVERSION;
	return f->no_span_dfa ? PS_UNDECIDED : rc;
}

/*
 * Each match holds one of the required literals, after nothing but its lead: so a match begins no earlier than that
 * before the next literal.
 */
static size_t skip_to_literal(const void *context, const uint8_t *text, size_t length, size_t at, size_t *beyond)
{
	const struct ps_matcher *m = context;
	const struct ps_lead *lead = &m->filters.literals.lead;
	const uint8_t *hit = ps_filters_find(&m->filters, m->simd, text + at, text + length);
	size_t to, least;

	if (hit == NULL)
		return SIZE_MAX;
	to = (size_t)(hit - text);
	*beyond = to + 1;
	least = to - at > lead->longest ? to - lead->longest : at;
	while (to > least && ps_lead_has(lead, text[to - 1]))
		to--;
	return to;
}

/* The only pattern matches one string, under conditions. */
static size_t skip_to_needle(const void *context, const uint8_t *text, size_t length, size_t at, size_t *beyond)
{
	const struct ps_matcher *m = context;
	const uint8_t *hit = m->simd->find(&m->patterns[0].needle, text + at, text + length);

	if (hit == NULL)
		return SIZE_MAX;
	*beyond = (size_t)(hit - text) + 1;
	return (size_t)(hit - text);
}

/* How the automaton may skip text in this view; NULL: not at all. */
static ps_span_skip *choose_skip(const struct ps_matcher *m, const struct view *view)
{
	if (m->count == 1 && m->patterns[0].needle.length > 0)
		return skip_to_needle;
	/* some literals are bytes that are not UTF-8, which a rewritten line does not hold */
	return m->filters.literals.known && !view->repaired ? skip_to_literal : NULL;
}

static int search_by_automaton(struct ps_finder *f, const struct view *view, size_t from, struct search_span *span)
{
	const struct ps_matcher *m = f->matcher;

	ps_span_dfa_skip_by(f->span_dfa, choose_skip(m, view), m);
	return ps_span_dfa_search(f->span_dfa, &f->budget, view->text, view->length, from, span);
}

int ps_finder_search_together(struct ps_finder *f, const struct view *view, size_t from, enum ps_spans_by by,
			      struct search_span *span)
{
	const struct ps_matcher *m = f->matcher;
	int rc;

	if (by == PS_SPANS_BY_AUTOMATON)
		rc = search_by_automaton(f, view, from, span);
	else
		rc = ps_pike_search(f->pike, &f->budget, view->text, view->length, from, m->longest, span);
	if (rc == PS_FOUND)
		span->pattern = m->patterns[span->pattern].index;
	if (rc == PS_UNDECIDED)
		f->reason = "the pattern is too large for a line of this length: simplify the pattern, "
			    "or lower the limit on line lengths";
	return rc;
}
