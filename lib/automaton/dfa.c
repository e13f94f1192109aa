/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dfa.c - a lazy DFA that finds the lines of a text that match.
 *
 * To run a pattern's program (program.h) is to keep the set of threads that the text read so far may have reached.
 * That set, and the next byte, decide the next set. So each set can be a state of a deterministic automaton, with a
 * table that gives the next state for each byte; then a byte of text costs one load, however complex the pattern is.
 *
 * But there can be exponentially many sets. The way out is to be lazy: nearly all of them never come up in real
 * text, so a state, and each transition out of it, is made when the text first leads there (dfa_states.c). What has
 * been made is kept, and found again; after a few lines nearly every step is a load. If the states outgrow their
 * memory, all of them are discarded and making them starts over: a *flush*. Text that causes flushes all the time
 * makes the DFA slower than its rivals; then it says that it is hopeless, and leaves all lines to others.
 *
 * What is special here:
 *
 * Lines, not matches. The question is only whether a line matches. So a state in which the pattern has matched is one
 * special state for all patterns, the rest of the line is skipped, and no thread need remember where it began. What
 * the automaton cannot tell (see dfa_states.c) is another special state, and Oniguruma decides the line.
 *
 * Lanes. The next load needs the result of the last, so one stream of text is bound by the latency of a load, not by
 * what the processor could do. As lines do not depend on each other, the text is cut into LANES stretches of whole
 * lines, and all of them advance together, a byte each in turn. Special states lead to themselves (D3), so the lanes
 * are checked only every STRIDE bytes. If one has become special, these bytes are read again slowly, lane by lane.
 *
 * L1  A lane is in PS_STATE_START if and only if it is between lines: before the first byte of one, or done. Only the
 *     lane with the end of the text can be done in another state: if the text ends without a terminator.
 * L2  After a flush every lane, except the one that caused it, goes back to the start of its line: its state is gone.
 * L3  No two lanes read the same line; so hits, lane by lane, are in the order of the text.
 */
#include "dfa.h"

#include "dfa_states.h"

#include <stdlib.h>
#include <string.h>

enum {
	LANES = 8,
	STRIDE = 4,                 /* bytes between two checks of the lanes */
	SMALL = LANES * 64,         /* bytes; a shorter text is not worth cutting */
	HOPELESS_FLUSHES = 16,      /* after this many hasty flushes the DFA is hopeless */
	LARGE_FLUSHES = 4,          /* a flush of large states counts for this many: they take long to make */
	HOPELESS_BYTES = 64 * 1024, /* a flush is hasty after less text than this */
	ASK_BYTES = 1 << 16,        /* of a whole text, before asking the budget */
	ASK_THREADS = 1 << 16       /* threads of new states, a few milliseconds of work, before asking it */
};

/* A stretch of whole lines, and the hits in it. */
struct lane {
	const uint8_t *p, *end;
	uint32_t state;
	struct ps_dfa_hit *hits;
	size_t count, space;
};

struct ps_dfa {
	struct ps_states states;
	struct lane lanes[LANES];
	struct ps_dfa_hit *hits; /* of all lanes */
	size_t space;
	const uint8_t *text, *limit;
	uint64_t scanned;        /* since the last flush */
	uint32_t hasty;          /* flushes that came too soon */
	size_t made;             /* threads of the states made since the budget was last asked */
	struct ps_line_budget *budget; /* says whether the search is over, or a line takes too long; NULL: never */
	const struct lane *at_work; /* the lane that may need a new state; NULL: there are no lanes */
};

int ps_dfa_new(struct ps_dfa **out, const struct ps_program *program, size_t memory)
{
	struct ps_dfa *dfa = calloc(1, sizeof(*dfa));

	*out = NULL;
	if (dfa == NULL)
		return SEARCH_ENOMEM;
	if (ps_states_init(&dfa->states, program, memory) != SEARCH_OK) {
		free(dfa);
		return SEARCH_ENOMEM;
	}
	*out = dfa;
	return SEARCH_OK;
}

void ps_dfa_free(struct ps_dfa *dfa)
{
	if (dfa == NULL)
		return;
	for (int i = 0; i < LANES; i++)
		ps_buffer_free(dfa->lanes[i].hits, dfa->lanes[i].space * sizeof(*dfa->hits));
	ps_buffer_free(dfa->hits, dfa->space * sizeof(*dfa->hits));
	ps_states_destroy(&dfa->states);
	free(dfa);
}

void ps_dfa_watch(struct ps_dfa *dfa, struct ps_line_budget *budget)
{
	dfa->budget = budget;
}

bool ps_dfa_is_hopeless(const struct ps_dfa *dfa)
{
	return dfa->hasty >= HOPELESS_FLUSHES;
}

static struct ps_lines lines_of(const struct ps_dfa *dfa)
{
	return dfa->states.program->lines;
}

/* The start of the line that contains the byte before p. */
static const uint8_t *line_start(const struct ps_dfa *dfa, const uint8_t *p)
{
	const uint8_t *end = memrchr(dfa->text, lines_of(dfa).end, (size_t)(p - dfa->text));

	return end != NULL ? end + 1 : dfa->text;
}

static void note_flush(struct ps_dfa *dfa)
{
	if (dfa->scanned < HOPELESS_BYTES)
		dfa->hasty += dfa->states.large ? LARGE_FLUSHES : 1;
	dfa->scanned = 0;
	if (dfa->budget != NULL && ps_line_budget_is_over(dfa->budget))
		dfa->hasty = HOPELESS_FLUSHES;
}

/* After a flush: all lanes but the one at work read their lines again (L2). A lane at PS_STATE_START need not (L1). */
static void restart_lanes(struct ps_dfa *dfa, const struct lane *at_work)
{
	note_flush(dfa);
	for (struct lane *lane = dfa->lanes; lane < dfa->lanes + LANES; lane++) {
		if (lane == at_work || lane->state == PS_STATE_START)
			continue;
		lane->p = line_start(dfa, lane->p);
		lane->state = PS_STATE_START;
	}
}

/* States of many threads take long to make, so asks now and then whether it may go on with the line. */
static bool may_go_on(struct ps_dfa *dfa)
{
	dfa->made += dfa->states.next_count;
	if (dfa->made < ASK_THREADS || dfa->budget == NULL)
		return true;
	dfa->made = 0;
	if (dfa->at_work != NULL)
		ps_line_budget_enter(dfa->budget, line_start(dfa, dfa->at_work->p));
	return ps_line_budget_may_go_on(dfa->budget);
}

/*
 * Makes a transition that is not there yet. *flushed is also set if the search is over. If the line takes too long, it
 * is left to others, as what the automaton cannot tell.
 */
PS_SELDOM static uint32_t make_state(struct ps_dfa *dfa, uint32_t state, uint8_t byte, bool *flushed)
{
	uint32_t to = ps_states_step(&dfa->states, state, byte, flushed);

	if (may_go_on(dfa))
		return to;
	*flushed |= dfa->budget->ended;
	return PS_STATE_QUIT;
}

/* The state that one byte leads to, made if need be. */
static uint32_t step_state(struct ps_dfa *dfa, uint32_t state, uint8_t byte, bool *flushed)
{
	uint32_t to = dfa->states.rows[((size_t)state << 8) + byte];

	*flushed = false;
	return to != PS_STATE_UNKNOWN ? to : make_state(dfa, state, byte, flushed);
}

static int add_hit(struct ps_dfa *dfa, struct lane *lane, const uint8_t *begin, const uint8_t *end,
		   bool sure)
{
	struct ps_dfa_hit *hits = ps_buffer_grow(lane->hits, &lane->space, lane->count + 1, sizeof(*hits));

	if (hits == NULL)
		return SEARCH_ENOMEM;
	lane->hits = hits;
	lane->hits[lane->count++] = (struct ps_dfa_hit){ (uint32_t)(begin - dfa->text),
							 (uint32_t)(end - dfa->text), sure };
	return SEARCH_OK;
}

/*
 * The byte before lane->p has decided its line: notes the hit, and goes on to the next line. The \r of a terminator
 * was read as if it belonged to the line: a decision made at it, or after it, is not sure.
 */
static int decide_line(struct ps_dfa *dfa, struct lane *lane)
{
	const uint8_t *at = lane->p - 1, *begin = line_start(dfa, at);
	size_t from = (size_t)(begin - dfa->text), limit = (size_t)(dfa->limit - dfa->text);
	size_t end = ps_line_end(lines_of(dfa), dfa->text, from, limit);
	size_t terminator = ps_line_terminator(lines_of(dfa), dfa->text, end, limit);
	bool sure = lane->state == PS_STATE_MATCH && (terminator < 2 || at < dfa->text + end);

	PS_ASSERT(lane->state == PS_STATE_MATCH || lane->state == PS_STATE_QUIT);
	lane->p = dfa->text + end + terminator;
	PS_ASSERT(lane->p <= lane->end); /* L3 */
	lane->state = PS_STATE_START;
	return add_hit(dfa, lane, begin, dfa->text + end, sure);
}

/* The DFA is hopeless: reports every remaining line as one that may match. */
static int give_up_lines(struct ps_dfa *dfa)
{
	for (struct lane *lane = dfa->lanes; lane < dfa->lanes + LANES; lane++) {
		if (lane->state != PS_STATE_START)
			lane->p = line_start(dfa, lane->p);
		while (lane->p < lane->end) {
			int rc;

			lane->p++;
			lane->state = PS_STATE_QUIT;
			rc = decide_line(dfa, lane);
			if (rc != SEARCH_OK)
				return rc;
		}
	}
	return SEARCH_OK;
}

/* Advances a lane to `to`, byte by byte; or beyond it, if a line is decided. SEARCH_OK or SEARCH_ENOMEM. */
static int walk_lane(struct ps_dfa *dfa, struct lane *lane, const uint8_t *to)
{
	dfa->at_work = lane;
	while (lane->p < to) {
		bool flushed;

		lane->state = step_state(dfa, lane->state, *lane->p++, &flushed);
		if (flushed)
			restart_lanes(dfa, lane);
		if (lane->state == PS_STATE_MATCH || lane->state == PS_STATE_QUIT) {
			int rc = decide_line(dfa, lane);

			if (rc != SEARCH_OK)
				return rc;
		}
		if (flushed && ps_dfa_is_hopeless(dfa))
			return give_up_lines(dfa);
	}
	return SEARCH_OK;
}

/* Runs one lane alone, to its end. */
static int run_lane(struct ps_dfa *dfa, struct lane *lane)
{
	while (lane->p < lane->end) {
		const uint16_t *rows = dfa->states.rows;
		const uint8_t *p = lane->p, *end = lane->end;
		uint32_t state = lane->state;
		int rc;

		while (p < end) {
			uint32_t next = rows[((size_t)state << 8) + *p];

			if (next <= PS_STATE_SPECIAL)
				break;
			state = next;
			p++;
		}
		lane->p = p;
		lane->state = state;
		if (p == end)
			break;
		rc = walk_lane(dfa, lane, p + 1);
		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

/*
 * Advances all lanes together, n strides at most. Stops before a stride in which a lane becomes special. Returns the
 * number of strides done.
 */
static size_t run_lanes(struct ps_dfa *dfa, size_t n)
{
	const uint16_t *rows = dfa->states.rows;
	struct lane *l = dfa->lanes;
	const uint8_t *p0 = l[0].p, *p1 = l[1].p, *p2 = l[2].p, *p3 = l[3].p;
	const uint8_t *p4 = l[4].p, *p5 = l[5].p, *p6 = l[6].p, *p7 = l[7].p;
	uint32_t s0 = l[0].state, s1 = l[1].state, s2 = l[2].state, s3 = l[3].state;
	uint32_t s4 = l[4].state, s5 = l[5].state, s6 = l[6].state, s7 = l[7].state;
	size_t i, length = n * STRIDE;

	_Static_assert(LANES == 8 && STRIDE == 4, "the lanes, and the unrolling, are written out here");
#define NEXT(s, p, k) rows[((size_t)(s) << 8) + (p)[i + (k)]]
	for (i = 0; i < length; i += STRIDE) {
		uint32_t t0 = s0, t1 = s1, t2 = s2, t3 = s3, t4 = s4, t5 = s5, t6 = s6, t7 = s7;

#pragma GCC unroll 4
		for (size_t k = 0; k < STRIDE; k++) {
			t0 = NEXT(t0, p0, k);
			t1 = NEXT(t1, p1, k);
			t2 = NEXT(t2, p2, k);
			t3 = NEXT(t3, p3, k);
			t4 = NEXT(t4, p4, k);
			t5 = NEXT(t5, p5, k);
			t6 = NEXT(t6, p6, k);
			t7 = NEXT(t7, p7, k);
		}
		if (t0 <= PS_STATE_SPECIAL || t1 <= PS_STATE_SPECIAL || t2 <= PS_STATE_SPECIAL ||
		    t3 <= PS_STATE_SPECIAL || t4 <= PS_STATE_SPECIAL || t5 <= PS_STATE_SPECIAL ||
		    t6 <= PS_STATE_SPECIAL || t7 <= PS_STATE_SPECIAL)
			break;
		s0 = t0, s1 = t1, s2 = t2, s3 = t3, s4 = t4, s5 = t5, s6 = t6, s7 = t7;
	}
#undef NEXT
	l[0].state = s0, l[1].state = s1, l[2].state = s2, l[3].state = s3;
	l[4].state = s4, l[5].state = s5, l[6].state = s6, l[7].state = s7;
	for (int k = 0; k < LANES; k++)
		l[k].p += i;
	return i / STRIDE;
}

/* How many strides every lane has left. */
static size_t strides_left(const struct ps_dfa *dfa)
{
	size_t least = SIZE_MAX;

	for (int i = 0; i < LANES; i++)
		least = ps_min(least, (size_t)(dfa->lanes[i].end - dfa->lanes[i].p));
	PS_ASSERT(least <= (size_t)(dfa->limit - dfa->text)); /* no lane is beyond its end */
	return least / STRIDE;
}

static int run_text(struct ps_dfa *dfa)
{
	size_t n;

	while ((n = strides_left(dfa)) > 0) {
		size_t done = run_lanes(dfa, n);

		for (int i = 0; done < n && i < LANES; i++) {
			struct lane *lane = &dfa->lanes[i];
			int rc = walk_lane(dfa, lane, lane->p + ps_min(STRIDE, (size_t)(lane->end - lane->p)));

			if (rc != SEARCH_OK)
				return rc;
		}
	}
	for (int i = 0; i < LANES; i++) {
		int rc = run_lane(dfa, &dfa->lanes[i]);

		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

/* Where a lane that starts at `at` ends: at the first line end at or after `aim`; or at `at` itself, if it is empty. */
static const uint8_t *lane_end(const uint8_t *at, const uint8_t *aim, const uint8_t *end, uint8_t line_end)
{
	const uint8_t *nl;

	if (aim <= at)
		return at;
	nl = memchr(aim - 1, line_end, (size_t)(end - aim) + 1);
	return nl != NULL ? nl + 1 : end;
}

/* Cuts the text into lanes of about the same length, at line ends. */
static void cut_text(struct ps_dfa *dfa, const uint8_t *text, size_t length)
{
	const uint8_t *at = text, *end = text + length;
	size_t share = length < SMALL ? length : length / LANES;

	for (size_t i = 0; i < LANES; i++) {
		struct lane *lane = &dfa->lanes[i];

		lane->p = at;
		if (i == LANES - 1 || share * (i + 1) >= length)
			at = end;
		else
			at = lane_end(at, text + share * (i + 1), end, lines_of(dfa).end);
		lane->end = at;
		lane->state = PS_STATE_START;
		lane->count = 0;
	}
}

/* If the text ends without a terminator, its end may still decide the last line. */
static int end_text(struct ps_dfa *dfa, const uint8_t *text, size_t length)
{
	bool flushed;

	if (length == 0 || text[length - 1] == lines_of(dfa).end)
		return SEARCH_OK;
	for (struct lane *lane = dfa->lanes; lane < dfa->lanes + LANES; lane++) {
		if (lane->end != text + length || lane->state == PS_STATE_START)
			continue;
		dfa->at_work = lane;
		lane->state = step_state(dfa, lane->state, lines_of(dfa).end, &flushed);
		if (lane->state == PS_STATE_MATCH || lane->state == PS_STATE_QUIT)
			return decide_line(dfa, lane);
	}
	return SEARCH_OK;
}

/* Puts the hits of all lanes together, lane by lane (L3). */
static int gather_hits(struct ps_dfa *dfa, size_t *count)
{
	struct ps_dfa_hit *hits;
	size_t total = 0;

	for (int i = 0; i < LANES; i++)
		total += dfa->lanes[i].count;
	PS_ASSERT(dfa->lanes[LANES - 1].end == dfa->limit);
	hits = ps_buffer_grow(dfa->hits, &dfa->space, total, sizeof(*hits));
	if (hits == NULL)
		return SEARCH_ENOMEM;
	dfa->hits = hits;
	*count = 0;
	for (int i = 0; i < LANES; i++) {
		const struct lane *lane = &dfa->lanes[i];

		PS_ASSERT(lane->count == 0 || *count == 0 || dfa->hits[*count - 1].end < lane->hits[0].begin); /* L3 */
		if (lane->count > 0)
			memcpy(dfa->hits + *count, lane->hits, lane->count * sizeof(*lane->hits));
		*count += lane->count;
	}
	return SEARCH_OK;
}

int ps_dfa_scan(struct ps_dfa *dfa, const uint8_t *text, size_t length,
		const struct ps_dfa_hit **hits, size_t *count)
{
	int rc;

	dfa->text = text;
	dfa->limit = text + length;
	dfa->scanned += length;
	cut_text(dfa, text, length);
	rc = run_text(dfa);
	if (rc == SEARCH_OK)
		rc = end_text(dfa, text, length);
	if (rc == SEARCH_OK)
		rc = gather_hits(dfa, count);
	*hits = dfa->hits;
	return rc;
}

/* One byte further. PS_DFA_NO: nothing is decided yet. */
static inline int step_towards_answer(struct ps_dfa *dfa, uint32_t *state, uint8_t byte)
{
	bool flushed;

	*state = step_state(dfa, *state, byte, &flushed);
	if (flushed)
		note_flush(dfa);
	if (*state == PS_STATE_MATCH)
		return PS_DFA_MATCH;
	return *state == PS_STATE_QUIT || (flushed && ps_dfa_is_hopeless(dfa)) ? PS_DFA_QUIT : PS_DFA_NO;
}

int ps_dfa_line(struct ps_dfa *dfa, const uint8_t *line, size_t length)
{
	uint32_t state = PS_STATE_START;
	int answer = PS_DFA_NO;

	dfa->scanned += length;
	dfa->at_work = NULL;
	for (size_t i = 0; answer == PS_DFA_NO && i <= length; i++)
		answer = step_towards_answer(dfa, &state, i < length ? line[i] : lines_of(dfa).end);
	return answer;
}

/* Reads up to `stop`, or to a byte whose transition is not there yet or decides. Returns where it is. */
static size_t run_states(const struct ps_dfa *dfa, const uint8_t *text, size_t at, size_t stop, uint32_t *state)
{
	const uint16_t *rows = dfa->states.rows;
	uint32_t now = *state;

	while (at < stop) {
		uint32_t to = rows[((size_t)now << 8) + text[at]];

		if (to <= PS_STATE_SPECIAL)
			break;
		now = to;
		at++;
	}
	*state = now;
	return at;
}

int ps_dfa_text(struct ps_dfa *dfa, const uint8_t *text, size_t length)
{
	uint32_t state = PS_STATE_START;
	int answer = PS_DFA_NO;

	dfa->at_work = NULL;
	for (size_t at = 0; answer == PS_DFA_NO && at <= length; at++) {
		size_t before = at;

		at = run_states(dfa, text, at, ps_min(length, at + ASK_BYTES), &state);
		dfa->scanned += at - before;
		if (dfa->budget != NULL && at - before == ASK_BYTES && !ps_line_budget_may_go_on(dfa->budget))
			return PS_DFA_QUIT;
		answer = step_towards_answer(dfa, &state, at < length ? text[at] : lines_of(dfa).end);
	}
	return answer;
}
