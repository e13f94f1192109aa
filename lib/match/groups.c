/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * groups.c - what the groups of a match matched.
 *
 * The matches of a line are found first, as if nobody asked for groups, by whatever is fastest. Then Oniguruma is asked
 * once more about each, at the place where it begins: its first match there is the one that is known, and it tells
 * what the groups matched. If the longest match counts, that may be another one: so it is asked, by a variant of the
 * pattern, for the first way to match that ends where the match does. A pattern whose matches depend on where the
 * search for them starts is searched for from there again. All this is within the budget of the line, or of the whole
 * text.
 */
#include "../base/base.h"

#include "finder.h"
#include "../base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define KEEP_GROUPS 16384 /* room that is kept from one line to the next */
#define MOST_GROUPS ((size_t)1 << 22) /* of all matches that are delivered together: 64 MiB */

/* --- how many, and their names --- */

size_t ps_matcher_group_count(const struct ps_matcher *matcher, size_t pattern)
{
	return matcher->groups != NULL && pattern < matcher->given ? matcher->groups[pattern].count : 0;
}

const char *ps_matcher_group_name(const struct ps_matcher *matcher, size_t pattern, size_t group)
{
	if (group == 0 || group > ps_matcher_group_count(matcher, pattern) || matcher->groups[pattern].names == NULL)
		return NULL;
	return matcher->groups[pattern].names[group - 1];
}

static char *copy_name(const char *name, size_t length)
{
	char *copy = calloc(length + 1, 1);

	if (copy != NULL)
		memcpy(copy, name, length);
	return copy;
}

static bool note_name(const char *name, size_t length, size_t group, void *context)
{
	struct ps_group_names *g = context;

	if (group == 0 || group > g->count)
		return true;
	if (g->names == NULL)
		g->names = calloc(g->count, sizeof(*g->names));
	if (g->names == NULL)
		return false;
	if (g->names[group - 1] == NULL)
		g->names[group - 1] = copy_name(name, length);
	return g->names[group - 1] != NULL;
}

/* A pattern of several lines is several here; in POSIX syntax, where no group has a name. */
int ps_matcher_note_groups(struct ps_matcher *m)
{
	m->groups = calloc(ps_max(m->given, 1), sizeof(*m->groups));
	if (m->groups == NULL)
		return SEARCH_ENOMEM;
	for (size_t i = 0; i < m->count; i++) {
		const struct ps_pattern *p = &m->patterns[i];
		const struct ps_regex *regex = p->expression != NULL ? ps_expression_regex(p->expression) : NULL;
		struct ps_group_names *g = &m->groups[p->index];

		if (regex == NULL)
			continue;
		g->count = ps_max(g->count, ps_regex_group_count(regex));
		if (!ps_regex_each_group_name(regex, note_name, g))
			return SEARCH_ENOMEM;
	}
	return SEARCH_OK;
}

void ps_matcher_free_groups(struct ps_matcher *m)
{
	for (size_t i = 0; m->groups != NULL && i < m->given; i++) {
		for (size_t k = 0; m->groups[i].names != NULL && k < m->groups[i].count; k++)
			free(m->groups[i].names[k]);
		free(m->groups[i].names);
	}
	free(m->groups);
}

/* --- of the matches in a line --- */

/* The first pattern that comes from the one given with this index. They are in the order given. */
static size_t first_pattern_of(const struct ps_matcher *m, uint32_t index)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->patterns[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the longest match counts, Oniguruma's first need not be it. */
static int ask_pattern(struct ps_finder *f, const struct ps_pattern *p, const struct view *view, size_t from,
		       const struct search_span *span, struct search_group *groups, size_t count)
{
	const struct ps_regex *regex;
	int rc = ps_finder_prepare_to_ask(f, p->expression);

	if (rc == SEARCH_OK && f->matcher->longest)
		rc = ps_finder_prepare_to_ask_about_end(f, p->expression);
	if (rc != SEARCH_OK)
		return rc;
	regex = f->matcher->longest ? ps_expression_ending_regex(p->expression) : ps_expression_regex(p->expression);
	return ps_regex_groups(regex, p->habits, p->restless, f->engine, &f->budget, view->text, view->length, from,
			       span, groups, count);
}

/* A string matches in one way. */
static int ask_string(const struct ps_finder *f, const struct ps_pattern *p, const struct view *view,
		      const struct search_span *span)
{
	const uint8_t *begin = view->text + span->begin, *end = view->text + span->end;

	return p->needle.length == span->end - span->begin && f->matcher->simd->find(&p->needle, begin, end) == begin ?
		       PS_FOUND : PS_NONE;
}

/* Fills the groups of one match. A string has none. */
static int find_groups_of(struct ps_finder *f, const struct view *view, size_t from, const struct search_span *span,
			  struct search_group *groups, size_t count)
{
	static const char reason[] = "what the groups of a match matched cannot be told: simplify the pattern";
	static const char late[] = "what the groups matched takes too long to tell: simplify the pattern";
	const struct ps_matcher *m = f->matcher;
	int rc = PS_NONE;

	if (!ps_finder_has_time(f, f->groups_count, view->length)) {
		f->reason = late;
		return PS_UNDECIDED;
	}
	for (size_t i = first_pattern_of(m, span->pattern); rc == PS_NONE && i < m->count; i++) {
		const struct ps_pattern *p = &m->patterns[i];

		if (p->index != span->pattern)
			break;
		rc = p->expression != NULL ? ask_pattern(f, p, view, from, span, groups, count) :
					     ask_string(f, p, view, span);
	}
	if (rc == PS_FOUND || (rc == PS_NONE && m->words != NULL)) /* a word of the dictionary has no groups */
		return SEARCH_OK;
	if (rc == PS_NONE)
		f->reason = reason;
	return rc == PS_NONE ? PS_UNDECIDED : rc;
}

/*
 * Makes room for the groups of one more match, which are all absent: *groups. SEARCH_OK, SEARCH_ENOMEM, or
 * PS_UNDECIDED: there are too many.
 */
static int add_groups(struct ps_finder *f, size_t count, struct search_group **groups)
{
	struct search_group *grown;

	if (count > MOST_GROUPS - f->groups_count) {
		f->reason = "the matches have more groups than can be delivered together: ask for fewer groups";
		return PS_UNDECIDED;
	}
	grown = ps_buffer_grow(f->groups, &f->groups_size, ps_max(f->groups_count + count, 1), sizeof(*grown));
	if (grown == NULL)
		return SEARCH_ENOMEM;
	f->groups = grown;
	*groups = grown + f->groups_count;
	for (size_t i = 0; i < count; i++)
		(*groups)[i] = (struct search_group){ SEARCH_NO_GROUP, SEARCH_NO_GROUP };
	f->groups_count += count;
	return SEARCH_OK;
}

/* Frees the room that a line full of matches took. */
static void shrink_groups(struct ps_finder *f)
{
	f->groups_count = 0;
	if (f->groups_size <= KEEP_GROUPS)
		return;
	ps_buffer_free(f->groups, f->groups_size * sizeof(*f->groups));
	f->groups = NULL;
	f->groups_size = 0;
}

/* first_group of a match means this until the groups are known. */
#define PASSED_OVER 1u

void ps_finder_note_passed_over(struct ps_finder *f)
{
	if (f->matcher->wants_groups)
		f->spans[f->spans_count - 1].first_group = PASSED_OVER;
}

/* Where the search for the match after this one started. */
static size_t next_search(const struct view *view, const struct search_span *span)
{
	bool at_end = span->begin != span->end && span->first_group != PASSED_OVER;

	return at_end ? span->end : ps_utf8_next(view->text, view->length, span->end);
}

/* Adds the groups of one match, the search for which started at `from`. */
static int add_groups_of(struct ps_finder *f, const struct view *view, size_t from, const struct search_span *match,
			 struct search_group **groups, size_t *count)
{
	int rc;

	*count = ps_matcher_group_count(f->matcher, match->pattern);
	rc = add_groups(f, *count, groups);
	return rc == SEARCH_OK && *count > 0 ? find_groups_of(f, view, from, match, *groups, *count) : rc;
}

int ps_finder_find_groups(struct ps_finder *f, const struct view *view)
{
	size_t from = 0, next;
	int rc = SEARCH_OK;

	shrink_groups(f);
	for (size_t i = 0; rc == SEARCH_OK && i < f->spans_count; i++, from = next) {
		struct search_span *span = &f->spans[i];
		struct search_group *groups;
		size_t count;

		next = next_search(view, span);
		span->first_group = (uint32_t)f->groups_count;
		rc = add_groups_of(f, view, from, span, &groups, &count);
	}
	return rc;
}

static void map_groups_back(const struct text_search *search, struct search_group *groups, size_t count)
{
	struct text_place place = search->place;

	for (size_t i = 0; i < count; i++) {
		if (groups[i].begin == SEARCH_NO_GROUP)
			continue;
		groups[i].begin = ps_text_place_near(search, &place, groups[i].begin);
		groups[i].end = ps_text_place_near(search, &place, groups[i].end);
	}
}

/* No pause, as the match would have to be remembered. */
int ps_find_match_groups(struct ps_finder *f, struct search_span *span, bool first)
{
	const struct text_search *search = &f->whole;
	uint64_t pause_at = f->budget.pause_at;
	struct search_group *groups;
	size_t count;
	int rc;

	if (first)
		shrink_groups(f);
	f->budget.pause_at = 0;
	ps_line_budget_return(&f->budget);
	span->first_group = (uint32_t)f->groups_count;
	rc = add_groups_of(f, &search->view, search->span_from, &search->span, &groups, &count);
	f->budget.pause_at = pause_at;
	if (f->budget.limit != 0)
		ps_line_budget_leave(&f->budget);
	if (rc == SEARCH_OK)
		map_groups_back(search, groups, count);
	return rc == PS_UNDECIDED && f->budget.ended ? PS_PAUSED : rc;
}

struct search_group *ps_match_groups(struct ps_finder *f, size_t *count)
{
	*count = f->groups_count;
	return f->groups;
}

const struct search_group *ps_found_groups(const struct ps_finder *finder, size_t *count)
{
	*count = finder->groups_count;
	return finder->groups;
}
