/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spans.c - finds the matches in a line.
 *
 * They are found by one search after another, each from where the last match ended, or one character later if that was
 * empty. An empty match exactly where the last one ended is passed over. If all patterns are regular, an automaton
 * finds the next match of any of them (span_dfa.h). Otherwise, and if that has too many states, a search asks each
 * pattern for its next match and takes the best; a match found for one pattern is kept until the search passes it. If
 * Oniguruma gives up, or if the longest matches are wanted, the simulation (pike.h) takes the automaton's place.
 */
#include "../base/base.h"

#include "finder.h"
#include "../base/utf8.h"
#include "../onig/repair.h"

#include <stdlib.h>

#define NOWHERE SIZE_MAX

/*
 * In a line shorter than ASK_LENGTH the budget is asked after every ASK_SPANS spans, in others after each. Strings need
 * no budget; only whether they may go on is asked, after every ASK_STRINGS.
 */
#define ASK_LENGTH ((size_t)16 << 10)
#define ASK_SPANS 16
#define ASK_STRINGS 1024

/* Room for spans that is kept from one line to the next. */
#define KEEP 16384

/* One pattern's first match at `from` or later; begin is NOWHERE if there is none. The caller sets its index. */
static int search_pattern(struct ps_finder *f, size_t which, const struct view *view, size_t from,
			  struct search_span *span)
{
	const struct ps_pattern *p = &f->matcher->patterns[which];
	const struct ps_simd *simd = f->matcher->simd;
	int rc;

	*span = (struct search_span){ .begin = NOWHERE, .end = NOWHERE };
	if (p->expression == NULL) {
		const uint8_t *at = simd->find(&p->needle, view->text + from, view->text + view->length);

		if (at != NULL)
			span->begin = (size_t)(at - view->text);
		if (at != NULL)
			span->end = span->begin + p->needle.length;
		return SEARCH_OK;
	}
	if (p->needle.length > 0 && !ps_view_holds(simd, p, view, from))
		return SEARCH_OK;
	rc = ps_finder_ask(f, which, view, from, span);
	return rc == PS_FOUND || rc == PS_NONE ? SEARCH_OK : rc;
}

/* The same for the dictionary. */
static void search_words(const struct ps_matcher *m, const struct view *view, size_t from, struct ps_next *next)
{
	const uint8_t *end = view->text + view->length;
	struct ps_dictionary_hit hit;

	next->span = (struct search_span){ .begin = NOWHERE, .end = NOWHERE };
	if (!ps_dictionary_find(m->words, view->text, view->text + from, end, m->longest, &hit))
		return;
	next->span.begin = (size_t)(hit.begin - view->text);
	next->span.end = (size_t)(hit.end - view->text);
	next->span.pattern = hit.index;
}

/* Keeps the better match in *best: the leftmost, then perhaps the longest, then that of the pattern given first. */
static void prefer_span(struct search_span *best, const struct search_span *next, bool longest)
{
	bool better = next->pattern < best->pattern;

	if (longest && next->end != best->end)
		better = next->end > best->end;
	if (next->begin != best->begin)
		better = next->begin < best->begin;
	if (better)
		*best = *next;
}

/* Whether the match is still ahead of the search. */
static bool is_span_ahead(const struct ps_next *next, size_t from)
{
	return next->known && next->span.begin >= from;
}

int ps_finder_search_each(struct ps_finder *f, const struct view *view, size_t from, struct search_span *best)
{
	const struct ps_matcher *m = f->matcher;

	for (size_t i = 0; i < m->count; i++) {
		struct ps_next *next = &f->next[i];

		if (!is_span_ahead(next, from) || m->patterns[i].restless) {
			int rc;

			next->known = false;
			rc = search_pattern(f, i, view, from, &next->span);
			if (rc != SEARCH_OK)
				return rc;
			next->known = true;
			next->span.pattern = m->patterns[i].index;
		}
		prefer_span(best, &next->span, m->longest);
	}
	return SEARCH_OK;
}

static int search_all_patterns(struct ps_finder *f, const struct view *view, size_t from, struct search_span *best)
{
	const struct ps_matcher *m = f->matcher;
	int rc = SEARCH_OK;

	*best = (struct search_span){ .begin = NOWHERE };
	if (m->words != NULL) {
		if (!is_span_ahead(&f->word, from))
			search_words(m, view, from, &f->word);
		f->word.known = true;
		prefer_span(best, &f->word.span, m->longest);
	}
	if (f->spans_by == PS_SPANS_BY_PATTERN) {
		rc = ps_finder_search_each(f, view, from, best);
	} else if (m->count > 0) {
		if (!is_span_ahead(&f->next[0], from))
			rc = ps_finder_search_together(f, view, from, f->spans_by, &f->next[0].span);
		f->next[0].known = rc >= 0;
		if (rc < 0)
			return rc;
		rc = SEARCH_OK;
		prefer_span(best, &f->next[0].span, m->longest);
	}
	return rc;
}

/* In a long line each search may go through all of it; in a short one most take less time than the clock does. */
bool ps_finder_has_time(struct ps_finder *f, size_t done, size_t length)
{
	if ((done == 0 || done % ASK_SPANS != 0) && length < ASK_LENGTH)
		return true;
	return ps_line_budget_ask(&f->budget) != PS_BUDGET_STOP;
}

/* Each search may go through the whole line, however short its call: all of them share the line's budget. */
static bool may_search_on(struct ps_finder *f, size_t length)
{
	static const char reason[] = "the matches in this line take too long to tell: simplify the pattern, "
				     "or lower the limit on line lengths";

	if (!f->matcher->needs_utf8)
		return f->spans_count % ASK_STRINGS != ASK_STRINGS - 1 || ps_line_budget_may_go_on(&f->budget);
	if (ps_finder_has_time(f, f->spans_count, length))
		return true;
	f->reason = reason;
	return false;
}

/* Where the search for matches in a line stands. */
struct collection {
	size_t from;     /* the next search starts here; beyond the line's end: there is none */
	size_t last_end; /* of the last match, or NOWHERE */
	size_t stop;     /* matches that begin here or later are left out */
};

/* The first match begins here: from now on `stop` is a place, before that it is the distance from the first. */
static void set_stop(struct collection *c, size_t begin)
{
	c->stop = begin > SIZE_MAX - c->stop ? SIZE_MAX : begin + c->stop;
}

/*
 * The next search has found this match, which is the last element of f->spans, but not counted yet. Counts it unless it
 * is empty and exactly where the last one ended. False: it is too far from the first, and the search is over.
 */
static bool take_span(struct ps_finder *f, const struct view *view, struct collection *c)
{
	const struct search_span *span = &f->spans[f->spans_count];
	size_t begin = span->begin, end = span->end;

	PS_ASSERT(c->from <= begin && begin <= end && end <= view->length);
	if (f->spans_count > 0 && begin >= c->stop)
		return false;
	if (f->spans_count == 0)
		set_stop(c, begin);
	if (begin != end || end != c->last_end)
		f->spans_count++;
	else
		ps_finder_note_passed_over(f);
	c->last_end = end;
	c->from = begin != end ? end : ps_utf8_next(view->text, view->length, end);
	return true;
}

/* Makes room for one more span, and returns it. NULL: out of memory. */
static struct search_span *next_span(struct ps_finder *f)
{
	struct search_span *spans = ps_buffer_grow(f->spans, &f->spans_size, f->spans_count + 1, sizeof(*spans));

	if (spans == NULL)
		return NULL;
	f->spans = spans;
	return &spans[f->spans_count];
}

/* The general way: all patterns, and the dictionary. */
static int collect_of_all(struct ps_finder *f, const struct view *view, struct collection *c)
{
	f->word.known = false;
	for (size_t i = 0; i < ps_max(f->matcher->count, 1); i++)
		f->next[i].known = false;
	while (c->from <= view->length) {
		struct search_span *span = next_span(f);
		int rc;

		if (span == NULL)
			return SEARCH_ENOMEM;
		if (f->spans_by == PS_SPANS_BY_PATTERN && !may_search_on(f, view->length))
			return PS_UNDECIDED;
		rc = search_all_patterns(f, view, c->from, span);
		if (rc != SEARCH_OK || span->begin == NOWHERE || !take_span(f, view, c))
			return rc;
	}
	return SEARCH_OK;
}

/* No dictionary, and one search finds the next match of any pattern. */
static int collect_together(struct ps_finder *f, const struct view *view, struct collection *c)
{
	while (c->from <= view->length) {
		struct search_span *span = next_span(f);
		int rc;

		if (span == NULL)
			return SEARCH_ENOMEM;
		rc = ps_finder_search_together(f, view, c->from, f->spans_by, span);
		if (rc != PS_FOUND)
			return rc == PS_NONE ? SEARCH_OK : rc;
		if (!take_span(f, view, c))
			break;
	}
	return SEARCH_OK;
}

/* Takes over the runs that the last step has put after the spans. False: the rest is too far from the first. */
static bool take_runs(struct ps_finder *f, const struct ps_class_run_scan *scan, struct collection *c)
{
	struct search_span *spans = f->spans + f->spans_count;
	size_t count = scan->count;

	if (count > 0 && f->spans_count == 0)
		set_stop(c, spans[0].begin);
	while (count > 0 && spans[count - 1].begin >= c->stop)
		count--;
	for (size_t i = 0; i < count; i++) {
		spans[i].pattern = f->matcher->patterns[0].index;
		spans[i].first_group = 0;
	}
	f->spans_count += count;
	return count == scan->count;
}

/* The only pattern is the runs of a class. PS_UNDECIDED: the class does not tell, or the search is over. */
static int collect_runs(struct ps_finder *f, const struct view *view, struct collection *c)
{
	struct ps_class_run_scan scan = { .at = 0 };

	while (scan.at < view->length) {
		struct search_span *spans = ps_buffer_grow(f->spans, &f->spans_size,
							   f->spans_count + PS_CLASS_RUNS_STEP, sizeof(*spans));

		if (spans == NULL)
			return SEARCH_ENOMEM;
		f->spans = spans;
		scan.spans = spans + f->spans_count;
		if (!ps_class_runs_step(&f->matcher->filters.runs, f->matcher->simd, view->text, view->length, &scan))
			return PS_UNDECIDED;
		if (!take_runs(f, &scan, c))
			break;
		if (scan.at % ASK_LENGTH == 0 && !ps_line_budget_may_go_on(&f->budget))
			return PS_UNDECIDED;
	}
	return SEARCH_OK;
}

/* The only pattern is a string. */
static int collect_of_string(struct ps_finder *f, const struct view *view, struct collection *c)
{
	const struct ps_pattern *p = &f->matcher->patterns[0];
	const uint8_t *end = view->text + view->length;

	for (;;) {
		const uint8_t *at = f->matcher->simd->find(&p->needle, view->text + c->from, end);
		struct search_span *span = at != NULL ? next_span(f) : NULL;

		if (at == NULL)
			return SEARCH_OK;
		if (span == NULL)
			return SEARCH_ENOMEM;
		if (!may_search_on(f, view->length))
			return PS_UNDECIDED;
		span->begin = (size_t)(at - view->text);
		span->end = span->begin + p->needle.length;
		span->pattern = p->index;
		span->first_group = 0;
		if (!take_span(f, view, c))
			return SEARCH_OK;
	}
}

/* Leaves out matches that begin max_distance bytes after the first, or farther. */
static int collect_spans(struct ps_finder *f, const struct view *view, size_t max_distance)
{
	struct collection c = { .from = 0, .last_end = NOWHERE, .stop = max_distance };
	const struct ps_matcher *m = f->matcher;

	f->spans_count = 0;
	f->reason = NULL;
	if (m->words != NULL || m->count == 0)
		return collect_of_all(f, view, &c);
	if (f->spans_by == PS_SPANS_BY_RUNS)
		return collect_runs(f, view, &c);
	if (f->spans_by != PS_SPANS_BY_PATTERN)
		return collect_together(f, view, &c);
	if (m->count == 1 && m->patterns[0].expression == NULL)
		return collect_of_string(f, view, &c);
	return collect_of_all(f, view, &c);
}

/* Turns spans of a rewritten line, which is up to three times as long, into spans of the line itself. */
static void map_spans_back(struct ps_finder *f, const struct view *view, size_t max_distance)
{
	if (f->matcher->wants_groups)
		ps_utf8_map_groups_back(view->text, view->length, f->spans, f->spans_count, f->groups, f->groups_count);
	ps_utf8_map_back(view->text, view->length, f->spans, f->spans_count);
	while (f->spans_count > 0 && f->spans[f->spans_count - 1].begin - f->spans[0].begin >= max_distance)
		f->groups_count = f->spans[--f->spans_count].first_group;
}

/*
 * By looking at a class, if the only pattern is the runs of one. *rc is then the result. False: it is something else,
 * or the class does not tell. Text that is not UTF-8 does not matter: its bytes are in no class of ASCII.
 */
static bool collect_spans_by_class(struct ps_finder *f, const struct view *view, size_t max_distance, int *rc)
{
	if (!ps_matcher_has_runs(f->matcher))
		return false;
	f->spans_by = PS_SPANS_BY_RUNS;
	f->budget.ended = false;
	*rc = collect_spans(f, view, max_distance);
	return *rc != PS_UNDECIDED || ps_line_budget_has_stopped(&f->budget);
}

/*
 * By the automaton, if there are patterns for it. *rc is then the result. False: there is none, or it cannot go on.
 */
static bool collect_spans_by_automaton(struct ps_finder *f, const struct view *view, size_t max_distance, int *rc)
{
	const struct ps_matcher *m = f->matcher;

	if (!(m->needs_utf8 || m->avoid_oniguruma) || m->count == 0)
		return false;
	*rc = ps_finder_make_span_dfa(f);
	if (*rc == PS_UNDECIDED)
		return false;
	f->spans_by = PS_SPANS_BY_AUTOMATON;
	if (*rc == SEARCH_OK)
		*rc = collect_spans(f, view, max_distance);
	return *rc != PS_UNDECIDED || ps_line_budget_has_stopped(&f->budget) || !ps_span_dfa_has_quit(f->span_dfa);
}

/*
 * By the automaton; where it cannot, by Oniguruma; by the simulation if the longest matches are wanted, or if
 * Oniguruma gives up.
 */
static int collect_spans_some_way(struct ps_finder *f, const struct view *view, size_t max_distance)
{
	const struct ps_matcher *m = f->matcher;
	bool can = ps_matcher_knows_spans(m);
	/* all matches of a string have the same length */
	bool longest = m->longest && m->needs_utf8;
	int rc, pike = PS_UNDECIDED;

	if (can && collect_spans_by_automaton(f, view, max_distance, &rc))
		return rc;
	if (can && (longest || m->avoid_oniguruma))
		pike = ps_finder_make_pike(f);
	if (pike == SEARCH_ENOMEM)
		return pike;
	f->spans_by = pike == SEARCH_OK ? PS_SPANS_BY_PIKE : PS_SPANS_BY_PATTERN;
	rc = collect_spans(f, view, max_distance);
	if (rc != PS_UNDECIDED || !can || ps_line_budget_has_stopped(&f->budget))
		return rc;
	pike = ps_finder_make_pike(f);
	f->spans_by = PS_SPANS_BY_PIKE;
	return pike == SEARCH_OK ? collect_spans(f, view, max_distance) : pike;
}

/* Frees the room that a line full of matches took. */
static void shrink_spans(struct ps_finder *f)
{
	if (f->spans_size <= KEEP)
		return;
	ps_buffer_free(f->spans, f->spans_size * sizeof(*f->spans));
	f->spans = NULL;
	f->spans_size = 0;
}

/* No pause amid a line, as the spans found so far would be lost. Returns when the next pause was due. */
static uint64_t begin_spans(struct ps_finder *f, size_t length)
{
	uint64_t pause_at = f->budget.pause_at;

	ps_line_budget_renew(&f->budget, length);
	f->budget.pause_at = 0;
	f->slow_line = NULL;
	ps_line_budget_return(&f->budget);
	ps_finder_begin_asking(f);
	return pause_at;
}

/* A rewritten line is up to three times as long. */
static size_t distance_in_view(const struct view *view, size_t max_distance)
{
	return view->repaired && max_distance < SIZE_MAX / 3 ? max_distance * 3 : max_distance;
}

/* By whatever may take long, and so has a budget; in text that is valid UTF-8. */
static int collect_spans_within_budget(struct ps_finder *f, struct view *view, size_t max_distance)
{
	const struct ps_simd *simd = f->matcher->simd;
	uint64_t pause_at;
	int rc = SEARCH_OK;

	ps_finder_note_work(f);
	pause_at = begin_spans(f, view->length);
	if (ps_matcher_needs_valid_text(f->matcher) &&
	    simd->utf8_prefix(view->text, view->text + view->length) < view->length)
		rc = ps_view_repair(f, view);
	if (rc == SEARCH_OK)
		rc = collect_spans_some_way(f, view, distance_in_view(view, max_distance));
	if (rc == SEARCH_OK && f->matcher->wants_groups)
		rc = ps_finder_find_groups(f, view);
	f->budget.pause_at = pause_at;
	return rc;
}

int ps_find_spans(struct ps_finder *finder, const uint8_t *line, size_t length, size_t max_distance,
		  const struct search_span **spans, size_t *count)
{
	static const uint8_t nothing[1] = { 0 };
	struct view view = { line == NULL ? nothing : line, length, false };
	int rc;

	*spans = NULL;
	*count = 0;
	shrink_spans(finder);
	ps_line_budget_enter(&finder->budget, view.text);
	if (!collect_spans_by_class(finder, &view, max_distance, &rc))
		rc = collect_spans_within_budget(finder, &view, max_distance);
	if (finder->budget.limit != 0)
		ps_line_budget_leave(&finder->budget);
	if (rc != SEARCH_OK)
		return rc == PS_UNDECIDED && finder->budget.ended ? PS_PAUSED : rc;
	if (view.repaired)
		map_spans_back(finder, &view, max_distance);
	PS_ASSERT(finder->spans_count == 0 || finder->spans[finder->spans_count - 1].end <= length);
	*spans = finder->spans;
	*count = finder->spans_count;
	return SEARCH_OK;
}
