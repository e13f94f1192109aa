/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * finder.c - finds the lines that match, and the matches in a line.
 *
 * F1  Oniguruma sees one line at a time, and only valid UTF-8: an invalid line is
 *     rewritten first, and the spans are mapped back.
 * F2  A needle is looked for in the text as it is. That is exact in invalid text too:
 *     a needle is valid UTF-8, whose first byte begins no other character.
 * F3  The spans of a line are what repeated searches find, each from where the
 *     last match ended, or one character on if it was empty. An empty match where the last
 *     match ended is passed over.
 * F4  Of a text, only what an automaton found in a block of it, and the next line of each way
 *     where there are two, is remembered from one call to the next, until ps_finder_forget().
 * F5  A required string that stands on too many lines costs more than it saves: it
 *     is not looked for in the rest of the text then.
 */
#include "../base.h"

#include "dfa.h"
#include "matcher.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

#define NOWHERE SIZE_MAX

/* Text is checked for UTF-8 so much at a time: what is in the cache stays there. */
#define CHECK_BLOCK ((size_t)64 << 10)

/* The automaton reads so much of a text at a time, and a little more to the end of a line. */
#define BLOCK ((size_t)64 << 10)

/* A filter is let go when so many lines in a row were looked at for fewer bytes each. */
enum { FILTER_LINES = 32, FILTER_BYTES = 160 };

/* An automaton, and what it has found in a block of text. */
struct reader {
	struct ps_dfa *dfa;         /* NULL: none, or given up */
	bool exact;                 /* what it is sure of needs no confirmation */
	const uint8_t *text;        /* NULL: nothing was read */
	size_t begin, end;          /* what of it was read */
	const struct ps_dfa_hit *hits;
	size_t count, next;
};

/* The next line that one of the two ways finds, when there are words and other patterns. */
struct ahead {
	const uint8_t *text; /* NULL: not known */
	size_t limit;
	int found;           /* enum ps_found */
	struct ps_line line;
};

struct ps_finder {
	const struct ps_matcher *matcher;
	struct ps_engine *engine;   /* NULL when no pattern has a regex */
	struct search_span *next;   /* for every pattern: its first match not yet passed */
	struct search_span word;    /* the same of the words, */
	uint32_t word_index;        /* and which it is */
	struct search_span *spans;  /* what ps_find_spans answers */
	size_t spans_size;
	size_t spans_count;
	uint8_t *repaired;          /* the last invalid line, rewritten */
	size_t repaired_size;
	size_t valid_to;            /* within one ps_find_line: text up to here is valid */

	struct reader reader;
	struct reader word_reader;
	struct ahead words, others;
	size_t filtered_lines;      /* that the filter let through, */
	size_t filtered_bytes;      /* out of so many */
	bool filter_off;
};

/* A line as the patterns see it. */
struct view {
	const uint8_t *text;
	size_t length;
	bool repaired;
};

static int reader_init(struct reader *r, const struct ps_regular *regular, size_t memory)
{
	r->exact = regular->exact;
	return regular->has_program ? ps_dfa_new(&r->dfa, &regular->program, memory) : SEARCH_OK;
}

int ps_finder_new(struct ps_finder **out, const struct ps_matcher *matcher)
{
	struct ps_finder *f = calloc(1, sizeof(*f));
	int rc = SEARCH_ENOMEM;

	*out = NULL;
	if (f == NULL)
		return rc;
	f->matcher = matcher;
	f->next = calloc(ps_max(matcher->count, 1), sizeof(*f->next));
	if (f->next == NULL)
		goto fail;
	rc = matcher->needs_utf8 ? ps_engine_new(&f->engine) : SEARCH_OK;
	if (rc == SEARCH_OK && matcher->strategy >= PS_FILTER)
		rc = reader_init(&f->reader, &matcher->regular, matcher->memory);
	if (rc == SEARCH_OK)
		rc = reader_init(&f->word_reader, &matcher->words_regular, matcher->memory);
	if (rc != SEARCH_OK)
		goto fail;
	*out = f;
	return SEARCH_OK;
fail:
	ps_finder_free(f);
	return rc;
}

void ps_finder_free(struct ps_finder *finder)
{
	if (finder == NULL)
		return;
	ps_engine_free(finder->engine);
	ps_dfa_free(finder->reader.dfa);
	ps_dfa_free(finder->word_reader.dfa);
	free(finder->next);
	free(finder->spans);
	free(finder->repaired);
	free(finder);
}

const char *ps_finder_reason(const struct ps_finder *finder)
{
	return finder->engine == NULL ? "" : ps_engine_reason(finder->engine);
}

/* ---- the text ---- */

static struct ps_line line_around(const uint8_t *text, size_t from, size_t limit, const uint8_t *hit)
{
	size_t at = (size_t)(hit - text);
	const uint8_t *before = memrchr(text + from, '\n', at - from);
	const uint8_t *after = memchr(hit, '\n', limit - at);

	return (struct ps_line){
		.begin = before == NULL ? from : (size_t)(before - text) + 1,
		.end = after == NULL ? limit : (size_t)(after - text),
	};
}

/*
 * Whether the line is valid UTF-8. Text up to `limit` may be checked with it,
 * which is cheaper than line by line when all lines are asked for.
 */
static bool is_valid(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t limit)
{
	size_t stop;

	if (line->end <= f->valid_to)
		return true;
	stop = ps_max(line->end, ps_min(limit, line->begin + CHECK_BLOCK));
	f->valid_to = line->begin + f->matcher->simd->utf8_prefix(text + line->begin, text + stop);
	return line->end <= f->valid_to;
}

static int repair(struct ps_finder *f, struct view *view)
{
	const struct ps_simd *simd = f->matcher->simd;
	size_t size = ps_utf8_repaired_size(simd, view->text, view->length);

	if (size > f->repaired_size) {
		uint8_t *grown = realloc(f->repaired, size);

		if (grown == NULL)
			return SEARCH_ENOMEM;
		f->repaired = grown;
		f->repaired_size = size;
	}
	ps_utf8_repair(simd, view->text, view->length, f->repaired);
	*view = (struct view){ f->repaired, size, true };
	return SEARCH_OK;
}

/* ---- whether a line matches ---- */

static bool holds(const struct ps_simd *simd, const struct ps_pattern *p, const struct view *view, size_t from)
{
	return simd->find(&p->needle, view->text + from, view->text + view->length) != NULL;
}

static int view_matches(struct ps_finder *f, const struct view *view)
{
	const struct ps_matcher *m = f->matcher;

	for (size_t i = 0; i < m->count; i++) {
		const struct ps_pattern *p = &m->patterns[i];
		int rc;

		if (p->always)
			return PS_FOUND;
		if (p->needle.length > 0 && !holds(m->simd, p, view, 0))
			continue;
		if (p->regex == NULL)
			return PS_FOUND;
		rc = ps_regex_search(p->regex, f->engine, view->text, view->length, 0, NULL);
		if (rc != PS_NONE)
			return rc;
	}
	return PS_NONE;
}

static int line_matches(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t limit)
{
	struct view view = { text + line->begin, line->end - line->begin, false };

	if (!is_valid(f, text, line, limit)) {
		int rc = repair(f, &view);

		if (rc != SEARCH_OK)
			return rc;
	}
	return view_matches(f, &view);
}

/* Asks the automaton first, which answers most of the time. */
static int confirm(struct ps_finder *f, const uint8_t *text, const struct ps_line *line)
{
	if (f->reader.dfa != NULL) {
		int rc = ps_dfa_line(f->reader.dfa, text + line->begin, line->end - line->begin);

		if (rc == PS_DFA_NO)
			return PS_NONE;
		if (rc == PS_DFA_MATCH && f->reader.exact)
			return PS_FOUND;
		if (rc == SEARCH_ENOMEM)
			return rc;
	}
	return line_matches(f, text, line, line->end);
}

/* ---- the next line, one function for each strategy ---- */

static int find_any_line(const uint8_t *text, size_t from, size_t limit, struct ps_line *line)
{
	const uint8_t *end = memchr(text + from, '\n', limit - from);

	*line = (struct ps_line){ from, end == NULL ? limit : (size_t)(end - text) };
	return PS_FOUND;
}

/* The next line that holds a string which alone decides. */
static int find_literal(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
			struct ps_line *line)
{
	const struct ps_matcher *m = f->matcher;
	const uint8_t *hit;

	if (m->strategy == PS_LITERAL)
		hit = m->simd->find(&m->patterns[0].needle, text + from, text + limit);
	else
		hit = ps_regular_find(&m->regular, m->simd, text + from, text + limit);
	if (hit == NULL)
		return PS_NONE;
	*line = line_around(text, from, limit, hit);
	return PS_FOUND;
}

static int find_line_by_line(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
			     struct ps_line *line)
{
	while (from < limit) {
		const uint8_t *end = memchr(text + from, '\n', limit - from);
		int rc;

		line->begin = from;
		line->end = end == NULL ? limit : (size_t)(end - text);
		rc = line_matches(f, text, line, limit);
		if (rc != PS_NONE)
			return rc;
		from = line->end + 1;
	}
	return PS_NONE;
}

/* Reads the next block, from the line that begins at `from` on. */
static int read_block(struct reader *r, const uint8_t *text, size_t from, size_t limit)
{
	const uint8_t *nl = NULL;
	int rc;

	if (limit - from > BLOCK)
		nl = memchr(text + from + BLOCK - 1, '\n', limit - from - BLOCK + 1);
	r->text = text;
	r->begin = from;
	r->end = nl != NULL ? (size_t)(nl - text) + 1 : limit;
	r->next = 0;
	rc = ps_dfa_scan(r->dfa, text + from, r->end - from, &r->hits, &r->count);
	if (rc != SEARCH_OK)
		r->text = NULL;
	return rc;
}

/* Whether a line matches that the automaton was not sure of. */
typedef int ask_function(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t limit);

/* The next line in text[from, limit) that the automaton has noted in this block and that matches. */
static int next_hit(struct ps_finder *f, struct reader *r, ask_function *ask, const uint8_t *text,
		    size_t from, size_t limit, struct ps_line *line)
{
	while (r->next < r->count) {
		const struct ps_dfa_hit *hit = &r->hits[r->next];
		int rc;

		*line = (struct ps_line){ r->begin + hit->begin, r->begin + hit->end };
		if (line->begin < from) {
			r->next++;
			continue;
		}
		if (line->begin >= limit)
			return PS_NONE;
		if (hit->sure && r->exact)
			return PS_FOUND;
		rc = ask(f, text, line, line->end);
		if (rc != PS_NONE)
			return rc;
		r->next++;
	}
	return PS_NONE;
}

typedef int find_function(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
			  struct ps_line *line);

/* By an automaton, and the other way where there is none, or where it is given up. */
static int find_by(struct ps_finder *f, struct reader *r, ask_function *ask, find_function *other,
		   const uint8_t *text, size_t from, size_t limit, struct ps_line *line)
{
	while (from < limit) {
		bool within = r->text == text && r->begin <= from && from < r->end;
		int rc = SEARCH_OK;

		if (!within && r->dfa != NULL && ps_dfa_is_hopeless(r->dfa)) {
			ps_dfa_free(r->dfa);
			r->dfa = NULL;
		}
		if (!within && r->dfa == NULL)
			return other(f, text, from, limit, line);
		if (!within)
			rc = read_block(r, text, from, limit);
		if (rc == SEARCH_OK)
			rc = next_hit(f, r, ask, text, from, limit, line);
		if (rc != PS_NONE)
			return rc;
		from = r->end;
	}
	return PS_NONE;
}

/* Every line, by the best that there is. */
static int find_unfiltered(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
			   struct ps_line *line)
{
	return find_by(f, &f->reader, line_matches, find_line_by_line, text, from, limit, line);
}

/* F5 */
static void judge_filter(struct ps_finder *f, size_t bytes)
{
	f->filtered_bytes += bytes;
	if (++f->filtered_lines < FILTER_LINES)
		return;
	f->filter_off = f->reader.dfa != NULL && f->filtered_bytes < f->filtered_lines * FILTER_BYTES;
	f->filtered_lines = f->filtered_bytes = 0;
}

static int find_filtered(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
			 struct ps_line *line)
{
	while (from < limit && !f->filter_off) {
		int rc = find_literal(f, text, from, limit, line);

		if (rc != PS_FOUND)
			return rc;
		judge_filter(f, line->end - from);
		rc = confirm(f, text, line);
		if (rc != PS_NONE)
			return rc;
		from = line->end + 1;
	}
	return from < limit ? find_unfiltered(f, text, from, limit, line) : PS_NONE;
}

void ps_finder_forget(struct ps_finder *finder)
{
	finder->reader.text = finder->word_reader.text = NULL;
	finder->words.text = finder->others.text = NULL;
	finder->filtered_lines = finder->filtered_bytes = 0;
	finder->filter_off = false;
}

static int walk_words(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit, struct ps_line *line)
{
	struct ps_words_hit hit;

	if (!ps_words_find(f->matcher->words, text + from, text + from, text + limit, &hit))
		return PS_NONE;
	*line = line_around(text, from, limit, hit.begin);
	return PS_FOUND;
}

static int line_has_word(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t limit)
{
	struct ps_words_hit hit;

	(void)limit;
	return ps_words_find(f->matcher->words, text + line->begin, text + line->begin, text + line->end, &hit) ?
	       PS_FOUND : PS_NONE;
}

static int find_words(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit, struct ps_line *line)
{
	return find_by(f, &f->word_reader, line_has_word, walk_words, text, from, limit, line);
}

static int find_others(struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit,
		       struct ps_line *line)
{
	switch (finder->matcher->strategy) {
	case PS_NOTHING:
		return PS_NONE;
	case PS_EVERYTHING:
		return find_any_line(text, from, limit, line);
	case PS_LITERAL:
	case PS_LITERALS:
		return find_literal(finder, text, from, limit, line);
	case PS_FILTER:
		return find_filtered(finder, text, from, limit, line);
	case PS_AUTOMATON:
	case PS_ONIGURUMA:
		break;
	}
	return find_unfiltered(finder, text, from, limit, line);
}

/* Looks ahead by one of the two ways, unless what it found last is still ahead. */
static int look_ahead(struct ps_finder *f, struct ahead *a, find_function *find, const uint8_t *text,
		      size_t from, size_t limit)
{
	bool known = a->text == text && a->limit == limit && (a->found == PS_NONE || a->line.begin >= from);

	if (!known)
		a->found = find(f, text, from, limit, &a->line);
	a->text = a->found == SEARCH_ENOMEM ? NULL : text;
	a->limit = limit;
	return a->found;
}

/* The nearer of the two; a line that both found matches, whatever the other way says of it. */
static int find_nearest(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit, struct ps_line *line)
{
	int words = look_ahead(f, &f->words, find_words, text, from, limit);
	int others = look_ahead(f, &f->others, find_others, text, from, limit);

	if (others == SEARCH_ENOMEM)
		return others;
	if (words == PS_NONE || (others != PS_NONE && f->others.line.begin < f->words.line.begin)) {
		*line = f->others.line;
		return others;
	}
	*line = f->words.line;
	return words;
}

int ps_find_line(struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit,
		 struct ps_line *line)
{
	const struct ps_matcher *m = finder->matcher;

	if (from >= limit)
		return PS_NONE;
	finder->valid_to = 0;
	if (m->words == NULL)
		return find_others(finder, text, from, limit, line);
	if (m->strategy == PS_NOTHING)
		return find_words(finder, text, from, limit, line);
	return find_nearest(finder, text, from, limit, line);
}

/* ---- the matches in a line ---- */

static int add_span(struct ps_finder *f, const struct search_span *span)
{
	if (f->spans_count == f->spans_size) {
		size_t size = f->spans_size == 0 ? 16 : f->spans_size * 2;
		struct search_span *grown;

		if (size > SIZE_MAX / sizeof(*grown))
			return SEARCH_ENOMEM;
		grown = realloc(f->spans, size * sizeof(*grown));
		if (grown == NULL)
			return SEARCH_ENOMEM;
		f->spans = grown;
		f->spans_size = size;
	}
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
	if (p->needle.length > 0 && !holds(simd, p, view, from))
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

static int collect(struct ps_finder *f, const struct view *view)
{
	size_t from = 0, last_end = NOWHERE;
	struct search_span span;
	int rc = search_first(f, view);

	while (rc == SEARCH_OK && from <= view->length) {
		bool empty;

		rc = search_all(f, view, from, &span);
		if (rc != SEARCH_OK || span.begin == NOWHERE)
			break;
		empty = span.begin == span.end;
		if (!empty || span.end != last_end)
			rc = add_span(f, &span);
		last_end = span.end;
		from = empty ? ps_utf8_next(view->text, view->length, span.end) : span.end;
	}
	return rc;
}

int ps_find_spans(struct ps_finder *finder, const uint8_t *line, size_t length,
		  const struct search_span **spans, size_t *count)
{
	static const uint8_t nothing[1] = { 0 };
	struct view view = { line == NULL ? nothing : line, length, false };
	const struct ps_simd *simd = finder->matcher->simd;
	int rc = SEARCH_OK;

	*spans = NULL;
	*count = 0;
	finder->spans_count = 0;
	if (finder->matcher->needs_utf8 && simd->utf8_prefix(view.text, view.text + length) < length)
		rc = repair(finder, &view);
	if (rc == SEARCH_OK)
		rc = collect(finder, &view);
	if (rc != SEARCH_OK)
		return rc;
	if (view.repaired)
		ps_utf8_map_back(view.text, view.length, finder->spans, finder->spans_count);
	*spans = finder->spans;
	*count = finder->spans_count;
	return SEARCH_OK;
}
