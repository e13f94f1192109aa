/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * whole_text.c - finds the matches in a whole text, which may reach over line ends.
 *
 * They are found as those of a line are (spans.c), but one at a time, since a text may have millions of them. What
 * finds them may change on the way: the automaton, then each pattern by itself, then the simulation. All of them agree
 * on what the next match is, so what was found before stays valid.
 *
 * A text that is not UTF-8 is copied and rewritten, as a line is. With SEARCH_MATCH_CRLF the \r of a terminator is no
 * part of its line: the copy lacks it. On the way back, a place before the newline is the place before the \r. Matches
 * come in order, so one walk through the text finds the places of all.
 */
#include "../base/base.h"

#include "finder.h"
#include "../base/utf8.h"
#include "../onig/repair.h"

#include <string.h>

#define NOWHERE SIZE_MAX

/* With a limit on the time of a line, the budget is asked once in this many searches for a match. */
#define ASK_SEARCHES 16

/* A copy of up to this size is kept from one text to the next. */
#define KEPT ((size_t)1 << 20)

static bool has_crlf(const struct ps_matcher *m, const uint8_t *text, size_t length)
{
	return (m->flags & SEARCH_MATCH_CRLF) != 0 && memmem(text, length, "\r\n", 2) != NULL;
}

/* Leaves out each \r before a \n. Returns the new length. */
static size_t strip_returns(uint8_t *text, size_t length)
{
	uint8_t *to = text, *end = text + length;

	for (uint8_t *p = text; p < end;) {
		uint8_t *r = memchr(p, '\r', (size_t)(end - p));
		size_t run = (size_t)((r == NULL ? end : r + 1) - p);

		memmove(to, p, run);
		to += run - (r != NULL && r + 1 < end && r[1] == '\n');
		p += run;
	}
	return (size_t)(to - text);
}

static int copy_text(struct ps_finder *f, bool crlf)
{
	const struct ps_simd *simd = f->matcher->simd;
	struct text_search *w = &f->whole;
	size_t size = ps_utf8_repaired_size(simd, w->text, w->length);
	uint8_t *copy = ps_buffer_grow(w->copy, &w->copy_size, size, 1);

	if (copy == NULL)
		return SEARCH_ENOMEM;
	w->copy = copy;
	ps_utf8_repair(simd, w->text, w->length, copy);
	w->view = (struct view){ copy, size, size != w->length };
	w->stripped = crlf;
	if (crlf)
		w->view.length = strip_returns(copy, size);
	return SEARCH_OK;
}

/*
 * Bit streams read all of the text, and note for the automaton where matches may end. *found: there is such a place, or
 * there are no streams. SEARCH_OK or SEARCH_ENOMEM.
 */
static int read_by_streams(struct ps_finder *f, bool *found)
{
	const struct view *view = &f->whole.view;
	struct reader *r = &f->bitstream_reader;
	size_t scanned;
	int rc;

	*found = true;
	if (r->bitstreams == NULL || view->repaired)
		return SEARCH_OK;
	rc = ps_bitstream_scan(r->bitstreams, view->text, view->length, &r->hits, &r->count, &scanned);
	*found = r->count > 0;
	r->text = rc == SEARCH_OK ? view->text : NULL;
	r->begin = 0;
	r->end = view->length;
	return rc;
}

/* Whether the automaton for lines, which takes the text for one, is sure that there is no match. */
static bool reads_in_vain(struct ps_finder *f)
{
	const struct view *view = &f->whole.view;
	struct ps_dfa *dfa = f->reader.dfa;
	bool sure = dfa != NULL && !view->repaired && ps_dfa_text(dfa, view->text, view->length) == PS_DFA_NO;

	if (dfa != NULL && ps_dfa_is_hopeless(dfa)) {
		ps_dfa_free(dfa);
		f->reader.dfa = NULL;
	}
	return sure;
}

/* If it is soon clear that there is no match, the search is at its end. SEARCH_OK or SEARCH_ENOMEM. */
static int look_through(struct ps_finder *f)
{
	bool found = true, skips;
	int rc;

	if (!ps_matcher_needs_valid_text(f->matcher))
		return SEARCH_OK;
	rc = read_by_streams(f, &found);
	skips = f->spans_by == PS_SPANS_BY_AUTOMATON && ps_finder_can_skip(f, &f->whole.view);
	if (rc == SEARCH_OK && found && !skips)
		found = !reads_in_vain(f);
	if (!found)
		f->whole.from = SIZE_MAX;
	return rc;
}

/* The simulation, as the last way. SEARCH_OK, SEARCH_ENOMEM or PS_UNDECIDED: it knows no spans. */
static int choose_simulation(struct ps_finder *f)
{
	if (f->whole.simulated || !ps_matcher_knows_spans(f->matcher))
		return PS_UNDECIDED;
	f->whole.simulated = true;
	f->spans_by = PS_SPANS_BY_PIKE;
	return ps_finder_make_pike(f);
}

/* Oniguruma does not find the longest matches. */
static bool may_ask_patterns(const struct ps_matcher *m)
{
	return !(m->longest && m->needs_utf8) && !m->avoid_oniguruma;
}

/* How the search starts: by the automaton if it finds what is wanted, else by each pattern. */
static int choose_way(struct ps_finder *f)
{
	const struct ps_matcher *m = f->matcher;
	bool regular = ps_matcher_knows_spans(m) && ps_matcher_needs_valid_text(m);
	int rc = regular ? ps_finder_make_span_dfa(f) : PS_UNDECIDED;

	f->spans_by = PS_SPANS_BY_AUTOMATON;
	if (rc == PS_UNDECIDED && regular && !may_ask_patterns(m))
		rc = choose_simulation(f);
	if (rc != PS_UNDECIDED)
		return rc;
	f->spans_by = PS_SPANS_BY_PATTERN;
	return SEARCH_OK;
}

/* What was used so far cannot go on. SEARCH_OK: something else can; or PS_UNDECIDED, SEARCH_ENOMEM. */
static int choose_next_way(struct ps_finder *f)
{
	if (f->spans_by != PS_SPANS_BY_AUTOMATON || !may_ask_patterns(f->matcher))
		return choose_simulation(f);
	f->spans_by = PS_SPANS_BY_PATTERN;
	return SEARCH_OK;
}

int ps_finder_begin_text(struct ps_finder *f, const uint8_t *text, size_t length)
{
	const struct ps_matcher *m = f->matcher;
	struct text_search *w = &f->whole;
	bool crlf = has_crlf(m, text, length), valid = !ps_matcher_needs_valid_text(m);
	int rc = SEARCH_OK;

	PS_ASSERT(m->lines.whole && m->words == NULL);
	*w = (struct text_search){ .text = text, .length = length, .view = { text, length, false },
				   .copy = w->copy, .copy_size = w->copy_size, .last_end = NOWHERE };
	if (crlf || !(valid || m->simd->utf8_prefix(text, text + length) == length))
		rc = copy_text(f, crlf);
	for (size_t i = 0; i < m->count; i++)
		f->next[i].known = false;
	f->reason = NULL;
	f->slow_line = NULL;
	ps_line_budget_renew_text(&f->budget, w->view.length);
	f->budget.line = NULL;
	ps_line_budget_enter_text(&f->budget, w->view.text, w->view.length);
	ps_finder_begin_asking(f);
	if (rc == SEARCH_OK)
		rc = choose_way(f);
	return rc == SEARCH_OK ? look_through(f) : rc;
}

void ps_finder_end_text(struct ps_finder *f)
{
	struct text_search *w = &f->whole;

	if (w->copy_size > KEPT) {
		ps_buffer_free(w->copy, w->copy_size);
		w->copy = NULL;
		w->copy_size = 0;
	}
	w->text = NULL;
	f->bitstream_reader.text = NULL;
}

/* ---- the way back ---- */

/* Of each byte of the view that is no escape, and of each escape, one byte of the text; of a newline perhaps two. */
static void step_forth(const struct text_search *w, struct text_place *place)
{
	const uint8_t *view = w->view.text;
	bool newline = view[place->in_view] == '\n';

	place->in_text += newline && w->text[place->in_text] == '\r' ? 2 : 1;
	place->in_view += ps_utf8_is_escape(view + place->in_view) ? PS_UTF8_ESCAPE : 1;
}

static void step_back(const struct text_search *w, struct text_place *place)
{
	const uint8_t *text = w->text;

	place->in_view -= ps_utf8_step_back(w->view.text, place->in_view);
	place->in_text--;
	if (w->stripped && w->view.text[place->in_view] == '\n' && place->in_text > 0 &&
	    text[place->in_text - 1] == '\r')
		place->in_text--;
}

size_t ps_text_place_near(const struct text_search *search, struct text_place *near, size_t at)
{
	if (search->view.text == search->text)
		return at;
	while (near->in_view < at)
		step_forth(search, near);
	while (near->in_view > at)
		step_back(search, near);
	return near->in_text;
}

/* The place in the text of a place in the view. They come in order. */
static size_t place_in_text(struct text_search *w, size_t at)
{
	return ps_text_place_near(w, &w->place, at);
}

size_t ps_finder_text_at(struct ps_finder *f)
{
	return place_in_text(&f->whole, ps_min(f->whole.from, f->whole.view.length));
}

/* ---- the search ---- */

/* PS_FOUND, PS_NONE, PS_UNDECIDED, PS_PAUSED or SEARCH_ENOMEM. */
static int search_one_way(struct ps_finder *f, struct search_span *span)
{
	const struct text_search *w = &f->whole;
	int rc;

	if (f->spans_by != PS_SPANS_BY_PATTERN)
		return ps_finder_search_together(f, &w->view, w->from, f->spans_by, span);
	*span = (struct search_span){ .begin = NOWHERE };
	rc = ps_finder_search_each(f, &w->view, w->from, span);
	if (rc != SEARCH_OK)
		return rc;
	return span->begin == NOWHERE ? PS_NONE : PS_FOUND;
}

static int search_from(struct ps_finder *f, struct search_span *span)
{
	for (;;) {
		int rc = search_one_way(f, span);

		if (rc != PS_UNDECIDED)
			return rc;
		if (f->budget.ended)
			return PS_PAUSED;
		if (f->budget.late)
			return PS_UNDECIDED;
		if (f->spans_by == PS_SPANS_BY_AUTOMATON && !ps_span_dfa_has_quit(f->span_dfa))
			return PS_UNDECIDED; /* the budget is used up */
		rc = choose_next_way(f);
		if (rc != SEARCH_OK)
			return rc;
	}
}

/* Moves on after a match. False: it is passed over, as it is empty, and the last one ended there in the same line. */
static bool take_match(struct text_search *w, const struct search_span *span)
{
	const uint8_t *text = w->view.text;
	bool empty = span->begin == span->end;
	bool again = empty && span->end == w->last_end && (span->end == 0 || text[span->end - 1] != '\n');

	PS_ASSERT(w->from <= span->begin && span->begin <= span->end && span->end <= w->view.length);
	w->last_end = span->end;
	w->from = !empty ? span->end : ps_utf8_next(text, w->view.length, span->end);
	return !again;
}

/*
 * The host's limit on a line starts anew when the next match can only be in another line than the last. A line may have
 * very many matches, each of which is found soon: asks now and then. False: the line is late.
 */
static bool enter_line(struct ps_finder *f)
{
	struct text_search *w = &f->whole;
	const uint8_t *text = w->view.text;

	if (f->budget.limit == 0)
		return true;
	if (w->from > w->same_line && memchr(text + w->same_line, '\n', w->from - w->same_line) != NULL)
		w->entered = w->from;
	w->same_line = w->from;
	ps_line_budget_enter_text(&f->budget, text + w->entered, w->view.length - w->entered);
	ps_line_budget_return(&f->budget);
	return !f->budget.late && (w->searches++ % ASK_SEARCHES != 0 || ps_line_budget_may_go_on(&f->budget));
}

static int find_next_match(struct ps_finder *f, struct search_span *span)
{
	struct text_search *w = &f->whole;

	while (w->from <= w->view.length && f->matcher->count > 0) {
		size_t from = w->from;
		int rc;

		rc = enter_line(f) ? search_from(f, span) : f->budget.ended ? PS_PAUSED : PS_UNDECIDED;
		if (rc != PS_FOUND)
			return rc;
		if (!take_match(w, span))
			continue;
		w->span = *span;
		w->span_from = from;
		span->begin = place_in_text(w, span->begin);
		span->end = place_in_text(w, span->end);
		return PS_FOUND;
	}
	return PS_NONE;
}

int ps_find_match(struct ps_finder *f, struct search_span *span)
{
	int rc;

	ps_finder_note_work(f);
	rc = find_next_match(f, span);
	if (rc == PS_UNDECIDED)
		rc = ps_finder_rule_out(f, f->whole.text, f->whole.length);
	if (rc == PS_PAUSED || f->budget.limit != 0)
		ps_line_budget_leave(&f->budget);
	return rc;
}
