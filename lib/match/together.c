/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * together.c - finds the next match of all patterns together, if they are regular: by an automaton, or by simulating
 * their program.
 *
 * Most of a line is no match. So the automaton need not read it all: it goes on where the next literal that a match
 * needs can be reached from, or the next place at which a match may end according to the bit streams.
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

	if (f->span_dfa != NULL && !ps_span_dfa_is_hopeless(f->span_dfa))
		return SEARCH_OK;
	if (f->span_dfa != NULL || f->no_span_dfa || m->avoid_span_dfa)
		return PS_UNDECIDED;
	rc = make_span_program(f);
	if (rc == SEARCH_OK)
		rc = ps_span_dfa_new(&f->span_dfa, &f->span_program, m->longest, m->memory);
	f->no_span_dfa = rc == SEARCH_EVERSION;
	return f->no_span_dfa ? PS_UNDECIDED : rc;
}

/* A match begins no earlier than its lead allows before the next literal, of which it holds one. */
static size_t skip_to_literal(const void *context, const uint8_t *text, size_t length, size_t at, size_t *beyond)
{
	const struct ps_matcher *m = ((const struct ps_finder *)context)->matcher;
	const uint8_t *hit = ps_filters_find(&m->filters, m->simd, text + at, text + length);

	if (hit == NULL)
		return SIZE_MAX;
	*beyond = (size_t)(hit - text) + 1;
	return ps_lead_start(&m->filters.literals.lead, text, at, *beyond - 1);
}

/* The only pattern matches one string, under conditions. */
static size_t skip_to_needle(const void *context, const uint8_t *text, size_t length, size_t at, size_t *beyond)
{
	const struct ps_matcher *m = ((const struct ps_finder *)context)->matcher;
	const uint8_t *hit = m->simd->find(&m->patterns[0].needle, text + at, text + length);

	if (hit == NULL)
		return SIZE_MAX;
	*beyond = (size_t)(hit - text) + 1;
	return *beyond - 1;
}

/* The first bit that is set from `at` on; `limit` if there is none before it. */
static size_t find_bit(const uint64_t *bits, size_t at, size_t limit)
{
	uint64_t word;

	if (at >= limit)
		return limit;
	word = bits[at / 64] & UINT64_MAX << (at % 64);
	for (at /= 64; word == 0; word = bits[at])
		if (++at * 64 >= limit)
			return limit;
	return ps_min(at * 64 + (size_t)__builtin_ctzll(word), limit);
}

/* The same for the next place at which a match may end. */
static size_t skip_to_end(const void *context, const uint8_t *text, size_t length, size_t at, size_t *beyond)
{
	const struct ps_finder *f = context;
	size_t place = find_bit(f->ends.bits, f->ends.first + at, f->ends.last);

	if (place == f->ends.last)
		return SIZE_MAX;
	place = ps_min(place - f->ends.first, length);
	*beyond = ps_min(place + 1, length);
	return ps_lead_start(&f->matcher->filters.streams->lead, text, at, place);
}

/* The same for the line's end, at which each match ends. */
static size_t skip_to_line_end(const void *context, const uint8_t *text, size_t length, size_t at, size_t *beyond)
{
	const struct ps_matcher *m = ((const struct ps_finder *)context)->matcher;

	*beyond = length;
	return ps_lead_start(&m->filters.lead, text, at, length);
}

/* Sets f->ends if the streams have read this line. */
static bool find_line_ends(struct ps_finder *f, const struct view *view)
{
	const struct reader *r = &f->bitstream_reader;
	uintptr_t text = (uintptr_t)r->text + r->begin, line = (uintptr_t)view->text;
	size_t known, terminator = f->matcher->lines.crlf ? 2 : 1;

	if (r->text == NULL || view->repaired || line < text || line - text > r->end - r->begin)
		return false;
	f->ends.bits = ps_bitstream_ends(r->bitstreams, &known);
	f->ends.first = line - text;
	f->ends.last = f->ends.first + view->length + terminator;
	return f->ends.bits != NULL && f->ends.last <= known;
}

/* How the automaton may skip text in this view; NULL: not at all. */
static ps_span_skip *choose_skip(struct ps_finder *f, const struct view *view)
{
	const struct ps_matcher *m = f->matcher;

	if (m->count == 1 && m->patterns[0].needle.length > 0)
		return skip_to_needle;
	if (m->filters.ends_line)
		return skip_to_line_end;
	/* some literals are bytes that are not UTF-8, which a rewritten line does not hold */
	if (m->filters.literals.known)
		return view->repaired ? NULL : skip_to_literal;
	return find_line_ends(f, view) ? skip_to_end : NULL;
}

bool ps_finder_can_skip(struct ps_finder *f, const struct view *view)
{
	return choose_skip(f, view) != NULL;
}

static int search_by_automaton(struct ps_finder *f, const struct view *view, size_t from, struct search_span *span)
{
	if (from == 0)
		ps_span_dfa_skip_by(f->span_dfa, choose_skip(f, view), f);
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
