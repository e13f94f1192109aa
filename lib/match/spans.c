/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spans.c - the matches in a line.
 *
 * They are what repeated searches find, each from where the last match ended, or one
 * character on if it was empty. An empty match where the last match ended is passed over.
 */
#include "../base.h"

#include "finder.h"
#include "utf8.h"

#include <stdlib.h>

#define NOWHERE SIZE_MAX

/* Room that is kept from one line to the next. */
#define KEEP 16384

static int add_span(struct ps_finder *f, const struct search_span *span)
{
	struct search_span *spans = ps_grow(f->spans, &f->spans_size, f->spans_count + 1, sizeof(*spans));

	if (spans == NULL)
		return SEARCH_ENOMEM;
	f->spans = spans;
	f->spans[f->spans_count++] = *span;
	return SEARCH_OK;
}

/* One pattern's first match that begins at `from` or behind it; begin NOWHERE if there is none. */
static int search_pattern(struct ps_finder *f, const struct ps_pattern *p, const struct view *view,
			  size_t from, struct search_span *span)
{
	const struct ps_simd *simd = f->matcher->simd;
	int rc;

	*span = (struct search_span){ NOWHERE, NOWHERE };
	if (p->regex == NULL) {
		const uint8_t *at = simd->find(&p->needle, view->text + from, view->text + view->length);

		if (at != NULL)
			span->begin = (size_t)(at - view->text);
		if (at != NULL)
			span->end = span->begin + p->needle.length;
		return SEARCH_OK;
	}
	if (p->needle.length > 0 && !ps_view_holds(simd, p, view, from))
		return SEARCH_OK;
	rc = ps_regex_search(p->regex, f->engine, view->text, view->length, from, span);
	return rc == PS_FOUND || rc == PS_NONE ? SEARCH_OK : rc;
}

/* The same of the words. */
static void search_words(struct ps_finder *f, const struct view *view, size_t from)
{
	const struct ps_words *words = f->matcher->words;
	const uint8_t *end = view->text + view->length;
	struct ps_words_hit hit;

	f->word = (struct search_span){ NOWHERE, NOWHERE };
	if (words == NULL || !ps_words_find(words, view->text, view->text + from, end, &hit))
		return;
	f->word.begin = (size_t)(hit.begin - view->text);
	f->word.end = (size_t)(hit.end - view->text);
	f->word_index = hit.index;
}

/* The leftmost match of all patterns from `from` on, the first given of those that begin together. */
static int search_all(struct ps_finder *f, const struct view *view, size_t from, struct search_span *best)
{
	const struct ps_matcher *m = f->matcher;
	uint32_t index;

	if (f->word.begin < from)
		search_words(f, view, from);
	*best = f->word;
	index = f->word_index;
	for (size_t i = 0; i < m->count; i++) {
		struct search_span *next = &f->next[i];

		if (next->begin < from || m->patterns[i].restless) {
			int rc = search_pattern(f, &m->patterns[i], view, from, next);

			if (rc != SEARCH_OK)
				return rc;
		}
		if (next->begin < best->begin || (next->begin == best->begin && m->patterns[i].index < index)) {
			*best = *next;
			index = m->patterns[i].index;
		}
	}
	return SEARCH_OK;
}

/*
 * A match may begin at 0, where 0 cannot be told from "not searched yet" by
 * comparing with `from`; so the first search of every pattern is made here.
 */
static int search_first(struct ps_finder *f, const struct view *view)
{
	search_words(f, view, 0);
	for (size_t i = 0; i < f->matcher->count; i++) {
		int rc = search_pattern(f, &f->matcher->patterns[i], view, 0, &f->next[i]);

		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

/* Matches that begin `reach` bytes behind the first, or farther, are left out. */
static int collect(struct ps_finder *f, const struct view *view, size_t reach)
{
	size_t from = 0, last_end = NOWHERE;
	struct search_span span;
	int rc = search_first(f, view);

	while (rc == SEARCH_OK && from <= view->length) {
		bool empty;

		rc = search_all(f, view, from, &span);
		if (rc != SEARCH_OK || span.begin == NOWHERE ||
		    (f->spans_count > 0 && span.begin - f->spans[0].begin >= reach))
			break;
		empty = span.begin == span.end;
		if (!empty || span.end != last_end)
			rc = add_span(f, &span);
		last_end = span.end;
		from = empty ? ps_utf8_next(view->text, view->length, span.end) : span.end;
	}
	return rc;
}

/* The spans of a rewritten line, which is up to three times as long, as those of the line itself. */
static void map_back(struct ps_finder *f, const struct view *view, size_t reach)
{
	ps_utf8_map_back(view->text, view->length, f->spans, f->spans_count);
	while (f->spans_count > 0 && f->spans[f->spans_count - 1].begin - f->spans[0].begin >= reach)
		f->spans_count--;
}

/* What a line full of matches took is not kept for ever. */
static void shrink(struct ps_finder *f)
{
	if (f->spans_size <= KEEP)
		return;
	free(f->spans);
	f->spans = NULL;
	f->spans_size = 0;
}

int ps_find_spans(struct ps_finder *finder, const uint8_t *line, size_t length, size_t reach,
		  const struct search_span **spans, size_t *count)
{
	static const uint8_t nothing[1] = { 0 };
	struct view view = { line == NULL ? nothing : line, length, false };
	const struct ps_simd *simd = finder->matcher->simd;
	int rc = SEARCH_OK;

	*spans = NULL;
	*count = 0;
	shrink(finder);
	finder->spans_count = 0;
	if (finder->matcher->needs_utf8 && simd->utf8_prefix(view.text, view.text + length) < length)
		rc = ps_view_repair(finder, &view);
	if (rc == SEARCH_OK)
		rc = collect(finder, &view, view.repaired && reach < SIZE_MAX / 3 ? reach * 3 : reach);
	if (rc != SEARCH_OK)
		return rc;
	if (view.repaired)
		map_back(finder, &view, reach);
	*spans = finder->spans;
	*count = finder->spans_count;
	return SEARCH_OK;
}
