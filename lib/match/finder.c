/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * finder.c - finds the lines that match.
 *
 * The idea: look at as few bytes as possible, as cheaply as possible. A prefilter (a byte kernel that looks for
 * required literals, or bit streams) runs through the text and passes over all that cannot match. Where it stops, the
 * line around that place is confirmed: the automaton reads it, and Oniguruma does if the automaton is not sure.
 * Without a prefilter the automaton reads whole blocks of text, and notes the lines that match or may match. Without
 * an automaton Oniguruma is asked about line after line. A prefilter that lets too much through is given up for a
 * while, and an automaton that runs out of memory too often for good; then the next way takes over. The result is
 * always the same; only the cost differs.
 *
 * What holds:
 *
 * F1  Oniguruma sees one line at a time, and only valid UTF-8: an invalid line is rewritten first.
 * F2  A needle is looked for in the text as it is. This is exact in invalid text, too: a needle is valid UTF-8, and no
 *     character's first byte occurs inside another character.
 * F3  From one call to the next, until ps_finder_forget(), the finder remembers only the lines that an automaton or bit
 *     streams have noted in the current block and, if a dictionary and other patterns run side by side, the next line
 *     that each of them found.
 * F4  A required literal that occurs on too many lines costs more than it saves: the finder stops looking for it in the
 *     rest of the text. Likewise bit streams that let too much through are not used for the rest of the text, nor for
 *     some of the texts that follow, be they later buffers of the same file or other files.
 * F5  Thousands of slow lines may follow one another, or one line may be slower than them all. So the
 *     search pauses, between two lines or amid one, when enough time has passed since ps_finder_begin(). A line that
 *     was paused is recognised by its place in the text.
 */
#include "../base/base.h"

#include "finder.h"
#include "borders.h"
#include "../prefilter/trigrams.h"
#include "../onig/repair.h"

#include <stdlib.h>
#include <string.h>

/* How much text is checked for UTF-8 at a time: little enough to stay in the cache. */
#define CHECK_BLOCK ((size_t)64 << 10)

/* How much of a text the automaton reads at a time; a block goes on to the end of its last line. */
#define BLOCK ((size_t)64 << 10)

/* A filter is given up when FILTER_LINES lines in a row took fewer than FILTER_BYTES bytes each to find. */
enum { FILTER_LINES = 32, FILTER_BYTES = 160 };

/* For a line that was quick to decide, what was read to find it counts QUICK_WEIGHT times. */
enum { QUICK_WEIGHT = 4, QUICK_BYTES = 64 };

/* Strings in order are not looked for in the rest of the text after this many lines in a row that held them in vain. */
enum { ORDER_VAIN = 8 };

/* Bit streams that let too much through are not used for this many texts (buffers) at most. */
#define RESTS_MAX 63U

#define PAUSE UINT64_C(10000000) /* nanoseconds of work */

static int make_reader(struct reader *r, const struct ps_filters *filters, size_t memory)
{
	r->exact = filters->exact;
	return filters->has_program ? ps_dfa_new(&r->dfa, &filters->program, memory) : SEARCH_OK;
}

int ps_finder_new(struct ps_finder **out, const struct ps_matcher *matcher)
{
	struct ps_finder *f = calloc(1, sizeof(*f));
	int rc = SEARCH_ENOMEM;

	*out = NULL;
	if (f == NULL)
		return rc;
	f->matcher = matcher;
	f->budget.haste = matcher->haste;
	f->next = calloc(ps_max(matcher->count, 1), sizeof(*f->next));
	f->backtrackers = calloc(ps_max(matcher->count, 1), sizeof(struct ps_backtracker *));
	if (f->next == NULL || f->backtrackers == NULL)
		goto fail;
	rc = SEARCH_OK;
	if (matcher->strategy >= PS_FILTER)
		rc = make_reader(&f->reader, &matcher->filters, matcher->memory);
	if (rc == SEARCH_OK)
		rc = make_reader(&f->word_reader, &matcher->words_filters, matcher->memory);
	if (rc == SEARCH_OK && matcher->strategy == PS_BITSTREAMS)
		rc = ps_bitstream_scanner_new(&f->bitstream_reader.bitstreams, matcher->filters.streams, matcher->simd);
	if (rc != SEARCH_OK)
		goto fail;
	f->bitstream_reader.exact = matcher->filters.exact;
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
	ps_bitstream_scanner_free(finder->bitstream_reader.bitstreams);
	ps_pike_free(finder->pike);
	ps_span_dfa_free(finder->span_dfa);
	ps_program_free(&finder->span_program);
	ps_condition_free(finder->condition);
	for (size_t i = 0; finder->backtrackers != NULL && i < finder->matcher->count; i++)
		ps_backtracker_free(finder->backtrackers[i]);
	free(finder->backtrackers);
	free(finder->next);
	ps_buffer_free(finder->spans, finder->spans_size * sizeof(*finder->spans));
	ps_buffer_free(finder->groups, finder->groups_size * sizeof(*finder->groups));
	ps_buffer_free(finder->repaired, finder->repaired_size);
	ps_buffer_free(finder->whole.copy, finder->whole.copy_size);
	free(finder);
}

bool ps_finder_is_late(const struct ps_finder *finder)
{
	return finder->budget.late;
}

const char *ps_finder_reason(const struct ps_finder *finder)
{
	if (finder->budget.late)
		return "the line has taken as long as options.max_line_ms allows: raise that, or simplify the pattern";
	if (finder->reason != NULL)
		return finder->reason;
	return finder->engine == NULL ? "" : ps_engine_reason(finder->engine);
}

void ps_finder_watch(struct ps_finder *finder, ps_over *over, const void *context)
{
	finder->budget.over = over;
	finder->budget.context = context;
	if (finder->reader.dfa != NULL)
		ps_dfa_watch(finder->reader.dfa, &finder->budget);
	if (finder->word_reader.dfa != NULL)
		ps_dfa_watch(finder->word_reader.dfa, &finder->budget);
}

void ps_finder_limit_line(struct ps_finder *finder, uint64_t nanoseconds)
{
	finder->budget.limit = nanoseconds;
}

/* ---- the text ---- */

static struct ps_line line_around(struct ps_lines lines, const uint8_t *text, size_t from, size_t limit,
				  const uint8_t *hit)
{
	size_t at = (size_t)(hit - text);
	bool begins = at == from || hit[-1] == lines.end;
	const uint8_t *before = begins ? NULL : memrchr(text + from, lines.end, at - from);
	const uint8_t *after = memchr(hit, lines.end, limit - at);
	size_t begin = begins ? at : before == NULL ? from : (size_t)(before - text) + 1;

	PS_ASSERT(from <= at && at < limit);
	return (struct ps_line){
		.begin = begin,
		.end = after == NULL ? limit : ps_line_trim(lines, text, begin, (size_t)(after - text)),
	};
}

/*
 * Whether the line is valid UTF-8. May check the text up to `limit` along with it, which is cheaper than line by line
 * if all lines are asked about.
 */
static bool is_line_valid(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t limit)
{
	size_t stop;

	if (line->end <= f->valid_to)
		return true;
	stop = ps_max(line->end, ps_min(limit, line->begin + CHECK_BLOCK));
	f->valid_to = line->begin + f->matcher->simd->utf8_prefix(text + line->begin, text + stop);
	return line->end <= f->valid_to;
}

int ps_view_repair(struct ps_finder *f, struct view *view)
{
	const struct ps_simd *simd = f->matcher->simd;
	size_t size = ps_utf8_repaired_size(simd, view->text, view->length);
	uint8_t *repaired;

	repaired = ps_buffer_grow(f->repaired, &f->repaired_size, size, 1);
	if (repaired == NULL)
		return SEARCH_ENOMEM;
	f->repaired = repaired;
	ps_utf8_repair(simd, view->text, view->length, f->repaired);
	*view = (struct view){ f->repaired, size, true };
	return SEARCH_OK;
}

/* What Oniguruma needs is made when it is asked first: by `compile`, unless it is `there`. */
static int prepare_to_ask(struct ps_finder *f, struct ps_expression *expression, bool there,
			  int (*compile)(struct ps_expression *, struct ps_pattern_error *))
{
	struct ps_pattern_error why;
	uint64_t began;
	int rc = SEARCH_OK;

	if (f->engine == NULL)
		rc = ps_engine_new(&f->engine);
	if (rc != SEARCH_OK || there)
		return rc;
	began = ps_thread_time();
	rc = compile(expression, &why);
	ps_line_budget_excuse(&f->budget, ps_thread_time() - began);
	if (rc == SEARCH_EPATTERN) /* the parser has vouched for it, but the host may have lowered Oniguruma's limits */
		f->reason = "Oniguruma refuses the pattern for its limits: simplify the pattern";
	return rc == SEARCH_EPATTERN || (rc == SEARCH_OK && ps_line_budget_is_over(&f->budget)) ? PS_UNDECIDED : rc;
}

int ps_finder_prepare_to_ask(struct ps_finder *f, struct ps_expression *expression)
{
	return prepare_to_ask(f, expression, ps_expression_regex(expression) != NULL, ps_expression_compile);
}

int ps_finder_prepare_to_ask_about_end(struct ps_finder *f, struct ps_expression *expression)
{
	bool there = ps_expression_ending_regex(expression) != NULL;

	return prepare_to_ask(f, expression, there, ps_expression_compile_ending);
}

/* PS_UNDECIDED: Oniguruma is to be asked. */
static int ask_backtracker(struct ps_finder *f, size_t which, const struct view *view, size_t from,
			   struct search_span *span)
{
	const struct ps_filters *filters = &f->matcher->filters;
	struct ps_backtracker **backtracker = &f->backtrackers[which];

	if (which >= filters->backtrack_count || filters->backtracks[which] == NULL)
		return PS_UNDECIDED;
	if (*backtracker == NULL && ps_backtracker_new(backtracker, filters->backtracks[which]) != SEARCH_OK)
		return SEARCH_ENOMEM;
	return ps_backtracker_search(*backtracker, &f->budget, view->text, view->length, from, span);
}

int ps_finder_ask(struct ps_finder *f, size_t which, const struct view *view, size_t from, struct search_span *span)
{
	const struct ps_pattern *p = &f->matcher->patterns[which];
	int rc = ask_backtracker(f, which, view, from, span);

	if (rc != PS_UNDECIDED || ps_line_budget_has_stopped(&f->budget))
		return rc;
	rc = ps_finder_prepare_to_ask(f, p->expression);
	if (rc != SEARCH_OK)
		return rc;
	return ps_regex_search(ps_expression_regex(p->expression), p->habits, f->engine, &f->budget, view->text,
			       view->length, from, span);
}

void ps_finder_begin_asking(struct ps_finder *f)
{
	if (f->engine != NULL)
		ps_engine_begin_line(f->engine);
	for (size_t i = 0; i < f->matcher->filters.backtrack_count; i++)
		if (f->backtrackers[i] != NULL)
			ps_backtracker_begin_line(f->backtrackers[i]);
}

void ps_finder_begin(struct ps_finder *finder)
{
	finder->budget.pause_at = 0;
}

bool ps_finder_is_tired(const struct ps_finder *finder)
{
	return finder->budget.pause_at != 0 && ps_coarse_time() >= finder->budget.pause_at;
}

void ps_finder_note_work(struct ps_finder *f)
{
	if (f->budget.pause_at == 0)
		f->budget.pause_at = ps_coarse_time() + PAUSE;
}

/* ---- whether a line matches ---- */

static int view_matches_each_pattern(struct ps_finder *f, const struct view *view)
{
	const struct ps_matcher *m = f->matcher;

	for (size_t i = f->slow_pattern; i < m->count; i++) {
		const struct ps_pattern *p = &m->patterns[i];
		int rc;

		f->slow_pattern = i;
		if (p->always)
			return PS_FOUND;
		if (p->needle.length > 0 && !ps_view_holds(m->simd, p, view, 0))
			continue;
		if (p->expression == NULL)
			return PS_FOUND;
		rc = ps_finder_ask(f, i, view, 0, NULL);
		if (rc != PS_NONE)
			return rc;
	}
	return PS_NONE;
}

/*
 * By the automaton for spans, which sees all of the text at once, and so can tell what the one for lines cannot.
 * PS_UNDECIDED: there is none, or it has quit.
 */
static int view_matches_by_automaton(struct ps_finder *f, const struct view *view)
{
	struct search_span span;
	int rc = f->slow_pattern == 0 ? ps_finder_make_span_dfa(f) : PS_UNDECIDED;

	if (rc != SEARCH_OK)
		return rc;
	return ps_finder_search_together(f, view, 0, PS_SPANS_BY_AUTOMATON, &span);
}

static int view_matches(struct ps_finder *f, const struct view *view)
{
	int rc = view_matches_by_automaton(f, view);

	return rc == PS_UNDECIDED && !ps_line_budget_has_stopped(&f->budget) ? view_matches_each_pattern(f, view) : rc;
}

/* Oniguruma has given up: a regular expression can be simulated instead. */
static int view_matches_by_pike(struct ps_finder *f, const struct view *view)
{
	struct search_span span;
	int rc = ps_finder_make_pike(f);

	if (rc != SEARCH_OK)
		return rc;
	return ps_finder_search_together(f, view, 0, PS_SPANS_BY_PIKE, &span);
}

/* The line does not match: moves *from to the next. PS_NONE, or, if it is time, PS_PAUSED and *line to go on at. */
static int pass_line(struct ps_finder *f, const uint8_t *text, size_t limit, struct ps_line *line, size_t *from)
{
	*from = line->end + ps_line_terminator(f->matcher->lines, text, line->end, limit);
	if (!ps_finder_is_tired(f))
		return PS_NONE;
	*line = (struct ps_line){ *from, *from };
	return PS_PAUSED;
}

/* A new line, not one that the search paused at. */
static void begin_line(struct ps_finder *f, size_t length)
{
	ps_line_budget_renew(&f->budget, length);
	ps_finder_begin_asking(f);
	f->slow_line = NULL;
	f->slow_pattern = 0;
	f->reason = NULL;
}

static int line_matches(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t limit)
{
	struct view view = { text + line->begin, line->end - line->begin, false };
	int rc;

	if (!is_line_valid(f, text, line, limit)) {
		rc = ps_view_repair(f, &view);
		if (rc != SEARCH_OK)
			return rc;
	}
	ps_finder_note_work(f);
	ps_line_budget_enter(&f->budget, text + line->begin);
	if (f->slow_line != text + line->begin || f->slow_length != line->end - line->begin)
		begin_line(f, view.length);
	ps_line_budget_return(&f->budget);
	rc = f->budget.late ? PS_UNDECIDED : view_matches(f, &view); /* the automaton for lines may have taken long */
	if (rc == PS_UNDECIDED && !ps_line_budget_has_stopped(&f->budget))
		rc = view_matches_by_pike(f, &view);
	if (rc == PS_UNDECIDED && f->budget.ended)
		rc = PS_PAUSED;
	if (rc == PS_UNDECIDED)
		rc = ps_finder_rule_out(f, text + line->begin, line->end - line->begin);
	if (rc == PS_PAUSED || f->budget.limit != 0)
		ps_line_budget_leave(&f->budget);
	f->slow_line = rc == PS_PAUSED ? text + line->begin : NULL;
	f->slow_length = line->end - line->begin;
	return rc;
}

/* Whether the line matches. The automaton is asked first, about what is from `start` on; it decides nearly always. */
static int confirm_line_from(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t start,
			     size_t limit)
{
	if (f->reader.dfa != NULL) {
		int rc;

		ps_line_budget_enter(&f->budget, text + line->begin);
		rc = ps_dfa_line(f->reader.dfa, text + start, line->end - start);

		if (rc == PS_DFA_NO)
			return PS_NONE;
		if (f->budget.limit != 0)
			ps_line_budget_leave(&f->budget);
		if (rc == PS_DFA_MATCH && f->reader.exact)
			return PS_FOUND;
	}
	return line_matches(f, text, line, limit);
}

static int confirm_line(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t limit)
{
	return confirm_line_from(f, text, line, line->begin, limit);
}

/*
 * The same for a line whose first required literal stands at `hit`: no match begins before the literal's lead does. The
 * automaton takes the place where it starts for the start of a line. So it starts one character before, where no match
 * begins: then it sees what stands before each place where one may.
 */
static int confirm_hit(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t hit,
		       size_t *before)
{
	size_t start = ps_lead_start(&ps_filters_set(&f->matcher->filters)->lead, text, line->begin, hit);

	if (start > line->begin && text[start - 1] < 0x80)
		start--;
	else
		start = line->begin;
	*before = hit - start;
	return confirm_line_from(f, text, line, start, line->end);
}

/* Whether it matches by the order of its strings: PS_FOUND, PS_NONE, or PS_UNDECIDED if they do not decide that. */
static int decide_by_order(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t hit)
{
	const struct ps_filters *filters = &f->matcher->filters;
	const struct ps_order *order = &filters->order;
	size_t start;
	bool holds;

	if (order->literals.count == 0 || f->order_vain == ORDER_VAIN)
		return PS_UNDECIDED;
	start = ps_lead_start(&ps_filters_set(filters)->lead, text, line->begin, hit);
	holds = ps_order_holds(order, f->matcher->simd, text + start, text + line->end);
	if (holds && !order->literals.exact) {
		f->order_vain++;
		return PS_UNDECIDED;
	}
	f->order_vain = 0;
	return holds ? PS_FOUND : PS_NONE;
}

/* ---- the next line, one function for each strategy ---- */

static int take_next_line(struct ps_lines lines, const uint8_t *text, size_t from, size_t limit,
			  struct ps_line *line)
{
	*line = (struct ps_line){ from, ps_line_end(lines, text, from, limit) };
	return PS_FOUND;
}

/* The next literal without a terminator. */
static const uint8_t *find_inner_literal(const struct ps_matcher *m, const uint8_t *text, const uint8_t *limit)
{
	if (m->strategy == PS_LITERAL)
		return m->simd->find(&m->patterns[0].needle, text, limit);
	return ps_filters_find(&m->filters, m->simd, text, limit);
}

/* The place in the next line of a literal that is the pattern, or that a match needs; NULL: there is none. */
static const uint8_t *find_literal(const struct ps_matcher *m, const uint8_t *text, size_t from, size_t limit)
{
	if (m->filters.borders.known)
		return ps_borders_find(m, text, from, limit);
	return find_inner_literal(m, text + from, text + limit);
}

/* The next line that holds such a literal, and *at, the place of the first. */
static int find_literal_line(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
			     struct ps_line *line, size_t *at)
{
	const uint8_t *hit = find_literal(f->matcher, text, from, limit);

	if (hit == NULL)
		return PS_NONE;
	*at = (size_t)(hit - text);
	*line = line_around(f->matcher->lines, text, from, limit, hit);
	return PS_FOUND;
}

/* Whether a literal may be in a text only once the \r of its terminators are left out. */
static bool needs_stripped_text(const struct ps_matcher *m)
{
	const struct ps_literal_set *set = &m->filters.literals;
	const struct ps_needle *needle = &m->patterns[0].needle;

	if (!m->lines.whole || (m->flags & SEARCH_MATCH_CRLF) == 0)
		return false;
	if (m->strategy == PS_LITERAL)
		return memchr(needle->bytes, '\n', needle->length) != NULL;
	for (size_t i = 0; i < set->count; i++)
		if (memchr(set->list[i].bytes, '\n', set->list[i].length) != NULL)
			return true;
	return false;
}

size_t ps_find_barren(const struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit)
{
	const struct ps_matcher *m = finder->matcher;
	const uint8_t *hit;

	if (m->words != NULL || from >= limit)
		return from;
	switch (m->strategy) {
	case PS_NOTHING:
		return limit;
	case PS_LITERAL:
	case PS_LITERALS:
	case PS_FILTER:
		if (m->strategy != PS_LITERAL && !m->filters.literals.known)
			break; /* those with terminators depend on where lines end */
		if (needs_stripped_text(m))
			break;
		hit = find_inner_literal(m, text + from, text + limit);
		return hit != NULL ? (size_t)(hit - text) : limit;
	case PS_EVERYTHING:
	case PS_BITSTREAMS:
	case PS_AUTOMATON:
	case PS_ONIGURUMA:
		break;
	}
	return from;
}

static int find_line_by_line(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
			     struct ps_line *line)
{
	while (from < limit) {
		int rc;

		line->begin = from;
		line->end = ps_line_end(f->matcher->lines, text, from, limit);
		rc = line_matches(f, text, line, limit);
		if (rc == PS_NONE)
			rc = pass_line(f, text, limit, line, &from);
		if (rc != PS_NONE)
			return rc;
	}
	return PS_NONE;
}

/* Reads the next block, which starts with the line at `from`. */
static int read_block(struct reader *r, struct ps_line_budget *budget, uint8_t line_end, const uint8_t *text,
		      size_t from, size_t limit)
{
	const uint8_t *nl = NULL;
	size_t scanned;
	int rc;

	if (limit - from > BLOCK)
		nl = memchr(text + from + BLOCK - 1, line_end, limit - from - BLOCK + 1);
	r->text = text;
	r->begin = from;
	r->end = nl != NULL ? (size_t)(nl - text) + 1 : limit;
	r->next = 0;
	if (r->bitstreams != NULL) {
		rc = ps_bitstream_scan(r->bitstreams, text + from, r->end - from, &r->hits, &r->count, &scanned);
		r->dense = scanned < r->end - from;
		r->end = from + scanned;
	} else {
		rc = ps_dfa_scan(r->dfa, text + from, r->end - from, &r->hits, &r->count);
		if (budget->limit != 0)
			ps_line_budget_leave(budget);
	}
	PS_ASSERT(rc != SEARCH_OK || (from < r->end && r->end <= limit));
	if (rc != SEARCH_OK)
		r->text = NULL;
	return rc;
}

/* Says whether a line matches that the reader was not sure of. */
typedef int ask_function(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t limit);

/* The next line of text[from, limit) that the reader has noted in this block and that matches. */
static int next_hit_line(struct ps_finder *f, struct reader *r, ask_function *ask, const uint8_t *text,
			 size_t from, size_t limit, struct ps_line *line)
{
	while (r->next < r->count) {
		const struct ps_dfa_hit *hit = &r->hits[r->next];
		int rc;

		PS_ASSERT(hit->begin <= hit->end && r->begin + hit->end <= r->end);
		PS_ASSERT(r->next == 0 || hit[-1].end < hit->begin);
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
		if (rc == PS_NONE)
			rc = pass_line(f, text, limit, line, &from);
		if (rc != PS_NONE)
			return rc;
		r->next++;
	}
	return PS_NONE;
}

typedef int find_function(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
			  struct ps_line *line);

/* Whether the reader may read another block. */
static bool may_read(struct reader *r)
{
	if (r->bitstreams != NULL)
		return !r->dense;
	if (r->dfa != NULL && ps_dfa_is_hopeless(r->dfa)) {
		ps_dfa_free(r->dfa);
		r->dfa = NULL;
	}
	return r->dfa != NULL;
}

/* The next line by an automaton or bit streams; by `other` if there are none, or they are given up. */
static int find_by_reader(struct ps_finder *f, struct reader *r, ask_function *ask, find_function *other,
			  const uint8_t *text, size_t from, size_t limit, struct ps_line *line)
{
	while (from < limit) {
		bool within = r->text == text && r->begin <= from && from < r->end;
		int rc = SEARCH_OK;

		if (!within && !may_read(r))
			return other(f, text, from, limit, line);
		if (!within)
			rc = read_block(r, &f->budget, f->matcher->lines.end, text, from, limit);
		if (rc == SEARCH_OK)
			rc = next_hit_line(f, r, ask, text, from, limit, line);
		if (rc != PS_NONE)
			return rc;
		from = r->end;
	}
	return PS_NONE;
}

/* The next line without a prefilter: by the automaton, or else line by line. */
static int find_unfiltered_line(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
				struct ps_line *line)
{
	/* all that the automaton did not know about a line may be that its \r belongs to the terminator */
	ask_function *ask = f->matcher->lines.crlf ? confirm_line : line_matches;

	return find_by_reader(f, &f->reader, ask, find_line_by_line, text, from, limit, line);
}

/*
 * F4: gives the filter up if it stops at too many lines. `bytes` are what it read for one more, and count more if that
 * line was quick to decide: without the automaton, or since it matches soon after the place where that started.
 */
static void judge_filter(struct ps_finder *f, size_t bytes, bool quick)
{
	if (quick)
		bytes *= QUICK_WEIGHT;
	f->filtered_bytes += bytes;
	if (++f->filtered_lines < FILTER_LINES)
		return;
	f->filter_off = f->reader.dfa != NULL && f->filtered_bytes < f->filtered_lines * FILTER_BYTES;
	f->filtered_lines = f->filtered_bytes = 0;
}

static int find_filtered_line(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
			      struct ps_line *line)
{
	while (from < limit && !f->filter_off) {
		size_t at, before;
		bool quick = true;
		int rc = find_literal_line(f, text, from, limit, line, &at);

		if (rc != PS_FOUND)
			return rc;
		rc = decide_by_order(f, text, line, at);
		if (rc == PS_UNDECIDED) {
			rc = confirm_hit(f, text, line, at, &before);
			quick = rc == PS_FOUND && before < QUICK_BYTES;
		}
		judge_filter(f, line->end - from, quick);
		if (rc == PS_NONE)
			rc = pass_line(f, text, limit, line, &from);
		if (rc != PS_NONE)
			return rc;
	}
	return from < limit ? find_unfiltered_line(f, text, from, limit, line) : PS_NONE;
}

/* F4: decides whether the bit streams read the next text. */
static void rest_bitstreams(struct ps_finder *f)
{
	if (f->bitstream_rests > 0)
		f->bitstream_rests--;
	else if (f->bitstream_reader.dense)
		f->bitstream_rests = f->bitstream_rested =
			f->bitstream_rested < RESTS_MAX ? 2 * f->bitstream_rested + 1 : RESTS_MAX;
	else
		f->bitstream_rested = 0;
	f->bitstream_reader.dense = f->bitstream_rests > 0;
}

void ps_finder_forget(struct ps_finder *finder)
{
	rest_bitstreams(finder);
	finder->reader.text = finder->word_reader.text = finder->bitstream_reader.text = NULL;
	finder->budget.line = NULL;
	finder->words.text = finder->others.text = NULL;
	finder->slow_line = NULL;
	finder->filtered_lines = finder->filtered_bytes = 0;
	finder->filter_off = false;
	finder->order_vain = 0;
}

static int walk_to_word(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit, struct ps_line *line)
{
	struct ps_dictionary_hit hit;

	if (!ps_dictionary_find(f->matcher->words, text + from, text + from, text + limit, false, &hit))
		return PS_NONE;
	*line = line_around(f->matcher->lines, text, from, limit, hit.begin);
	return PS_FOUND;
}

static int line_has_word(struct ps_finder *f, const uint8_t *text, const struct ps_line *line, size_t limit)
{
	struct ps_dictionary_hit hit;

	(void)limit;
	return ps_dictionary_find(f->matcher->words, text + line->begin, text + line->begin, text + line->end, false,
				  &hit) ? PS_FOUND : PS_NONE;
}

static int find_line_of_words(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit, struct ps_line *line)
{
	return find_by_reader(f, &f->word_reader, line_has_word, walk_to_word, text, from, limit, line);
}

static int find_line_of_others(struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit,
			       struct ps_line *line)
{
	size_t at;

	switch (finder->matcher->strategy) {
	case PS_NOTHING:
		return PS_NONE;
	case PS_EVERYTHING:
		return take_next_line(finder->matcher->lines, text, from, limit, line);
	case PS_LITERAL:
	case PS_LITERALS:
		return find_literal_line(finder, text, from, limit, line, &at);
	case PS_FILTER:
		return find_filtered_line(finder, text, from, limit, line);
	case PS_BITSTREAMS:
		return find_by_reader(finder, &finder->bitstream_reader, confirm_line, find_unfiltered_line, text, from,
				      limit, line);
	case PS_AUTOMATON:
	case PS_ONIGURUMA:
		break;
	}
	return find_unfiltered_line(finder, text, from, limit, line);
}

/* Finds the next line by one of the two ways, unless the line that it found last is still ahead. */
static int look_ahead(struct ps_finder *f, struct ahead *a, find_function *find, const uint8_t *text,
		      size_t from, size_t limit)
{
	bool known = a->text == text && a->limit == limit && (a->found == PS_NONE || a->line.begin >= from);

	if (!known)
		a->found = find(f, text, from, limit, &a->line);
	a->text = a->found == SEARCH_ENOMEM || a->found == PS_PAUSED ? NULL : text;
	a->limit = limit;
	return a->found;
}

/* The nearer line of the two. One that the dictionary found matches, even if the other way is undecided about it. */
static int find_nearest_line(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit, struct ps_line *line)
{
	int words = look_ahead(f, &f->words, find_line_of_words, text, from, limit);
	int others = look_ahead(f, &f->others, find_line_of_others, text, from, limit);

	if (others == SEARCH_ENOMEM)
		return others;
	if (words == PS_NONE || (others != PS_NONE && f->others.line.begin < f->words.line.begin)) {
		*line = f->others.line;
		return others;
	}
	*line = f->words.line;
	return words;
}

static int find_next_line(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit, struct ps_line *line)
{
	const struct ps_matcher *m = f->matcher;

	if (m->words == NULL)
		return find_line_of_others(f, text, from, limit, line);
	if (m->strategy == PS_NOTHING)
		return find_line_of_words(f, text, from, limit, line);
	return find_nearest_line(f, text, from, limit, line);
}

int ps_find_line(struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit,
		 struct ps_line *line)
{
	int rc;

	if (from >= limit)
		return PS_NONE;
	finder->valid_to = 0;
	rc = find_next_line(finder, text, from, limit, line);
	PS_ASSERT(rc == PS_NONE || rc == SEARCH_ENOMEM ||
		  (from <= line->begin && line->begin <= line->end && line->end <= limit));
	return rc;
}

static uint64_t count_all_lines(const struct ps_matcher *m, const uint8_t *text, size_t from, size_t limit)
{
	return m->simd->count(text + from, text + limit, m->lines.end) + (text[limit - 1] != m->lines.end);
}

bool ps_count_lines(const struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit, uint64_t *count)
{
	const struct ps_matcher *m = finder->matcher;

	*count = 0;
	if (m->words != NULL)
		return false;
	if (from >= limit || m->strategy == PS_NOTHING)
		return true;
	if (m->strategy == PS_EVERYTHING)
		*count = count_all_lines(m, text, from, limit);
	else if (m->strategy == PS_LITERAL)
		*count = m->simd->count_lines(&m->patterns[0].needle, m->lines.end, text + from, text + limit);
	else if (ps_borders_can_count(m))
		*count = ps_borders_count(m, text, from, limit);
	else if (m->strategy == PS_LITERALS && !m->filters.borders.known && m->filters.needles == NULL)
		*count = m->simd->count_lines(&m->filters.needle, m->lines.end, text + from, text + limit);
	else
		return false;
	return true;
}
