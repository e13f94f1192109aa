/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backtrack.c - follows the moves of a pattern, one way after the other.
 *
 * K1  The stack holds the ways that were put aside, in the order in which they are to be taken up: the last first. So
 *     the match that is found is the one that Oniguruma finds.
 * K2  `barrier` is the place in the stack of the innermost look-around or atomic group that the way is in. When that
 *     has matched, all that was put aside since is dropped.
 * K3  What a group matched is put aside before it changes, unless each way to a reference passes through the group.
 * K4  Work is counted. If one place, or the line, takes more than a fair amount, the line is given up.
 */
#include "../base/base.h"

#include "backtrack.h"
#include "moves.h"
#include "../base/utf8.h"
#include "../onig/onig.h"

#include <stdlib.h>
#include <string.h>

#define NOWHERE SIZE_MAX
#define NOT_PLAIN (SIZE_MAX - 1)
#define NO_BARRIER SIZE_MAX

#define STACK_MOST ((size_t)1 << 18) /* entries */
#define PLACE_WORK ((uint64_t)1 << 18) /* at one place: a millisecond or two */
#define LINE_WORK ((uint64_t)1 << 18)  /* in a line, and */
#define BYTE_WORK 64                   /* for each byte of it */
#define ASK_WORK ((uint64_t)1 << 16)   /* before the budget is asked */
#define BYTES_A_WORK 8                 /* bytes of a loop that count as one, */
#define MOVES_A_WORK 8                 /* and moves in a row that put nothing aside */

struct way {
	uint32_t move; /* NO_MOVE: an offset of a group is to be restored */
	uint32_t slot;
	size_t at;
	size_t low; /* LOOP: greedy, the least place; lazy, how many more; a barrier: the one around it */
};

#define NO_MOVE UINT32_MAX

struct group {
	size_t open; /* where it began last */
	size_t begin, end; /* what it matched; begin NOWHERE: nothing */
};

struct ps_backtracker {
	const struct ps_backtrack *b;
	struct way *stack;
	size_t count, space;
	size_t barrier;
	struct group groups[PS_GROUPS_MAX];
	uint64_t work;       /* left for this place */
	/* of the line */
	size_t paused_at;    /* NOWHERE: not paused */
	bool given_up;
	/* of the search */
	const uint8_t *text;
	size_t length;
	size_t run_begin, run_end; /* the characters that the leading loop takes from any place in it */
};

int ps_backtracker_new(struct ps_backtracker **out, const struct ps_backtrack *backtrack)
{
	struct ps_backtracker *t = calloc(1, sizeof(*t));

	*out = t;
	if (t == NULL)
		return SEARCH_ENOMEM;
	t->b = backtrack;
	ps_backtracker_begin_line(t);
	return SEARCH_OK;
}

void ps_backtracker_free(struct ps_backtracker *backtracker)
{
	if (backtracker == NULL)
		return;
	free(backtracker->stack);
	free(backtracker);
}

void ps_backtracker_begin_line(struct ps_backtracker *backtracker)
{
	backtracker->paused_at = NOWHERE;
	backtracker->given_up = false;
}

/* ---- characters ---- */

static size_t length_of_lead(uint8_t lead)
{
	return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/* The length of the character at p if it is in the set, or 0. */
static inline size_t step_over(const struct ps_char_set *set, const uint8_t *p, const uint8_t *end)
{
	uint8_t kind = p < end ? set->bytes[*p] : PS_SET_NO;
	size_t n;

	if (kind <= PS_SET_BYTE)
		return kind;
	n = length_of_lead(*p);
	if (n > (size_t)(end - p))
		return 0;
	return kind == PS_SET_ALL || ps_set_has(&set->set, ps_utf8_decode(p, n)) ? n : 0;
}

/* Where the character before `at` > 0 begins, in valid or rewritten text. */
static size_t step_back(const uint8_t *text, size_t at)
{
	do
		at--;
	while (at > 0 && ps_utf8_tail(text[at]));
	return at;
}

static bool is_word_character(const struct ps_backtracker *t, const uint8_t *p, size_t n)
{
	if (*p < 0x80)
		return t->b->is_word[*p];
	/* a rewritten byte is not a valid sequence, and so not a word character */
	return ps_utf8_sequence(p, p + n) == n && ps_ctype_is_word(ps_utf8_decode(p, n));
}

static bool is_word_before(const struct ps_backtracker *t, size_t at)
{
	size_t begin = at > 0 ? step_back(t->text, at) : 0;

	return at > 0 && is_word_character(t, t->text + begin, at - begin);
}

static bool is_word_at(const struct ps_backtracker *t, size_t at)
{
	const uint8_t *p = t->text + at;

	return at < t->length && is_word_character(t, p, *p < 0x80 ? 1 : length_of_lead(*p));
}

static bool assertion_holds(const struct ps_backtracker *t, enum ps_assertion assertion, size_t at)
{
	switch (assertion) {
	case PS_ASSERT_BEGIN:
		return at == 0;
	case PS_ASSERT_END:
		return at == t->length;
	case PS_ASSERT_LINE_BEGIN:
		return at == 0 || (t->text[at - 1] == '\n' && at < t->length);
	case PS_ASSERT_LINE_END:
		return at == t->length || t->text[at] == '\n';
	case PS_ASSERT_AFTER_NO_WORD:
		return !is_word_before(t, at);
	case PS_ASSERT_BEFORE_NO_WORD:
		return !is_word_at(t, at);
	case PS_ASSERT_BOUNDARY:
	case PS_ASSERT_NOT_BOUNDARY:
		break;
	}
	return (is_word_before(t, at) != is_word_at(t, at)) == (assertion == PS_ASSERT_BOUNDARY);
}

/* ---- ways put aside ---- */

/* SEARCH_OK, SEARCH_ENOMEM, or PS_UNDECIDED: there are too many. */
static int grow_stack(struct ps_backtracker *t)
{
	struct way *stack;

	if (t->count >= STACK_MOST)
		return PS_UNDECIDED;
	stack = ps_grow(t->stack, &t->space, t->count + 1, sizeof(*stack));
	if (stack == NULL)
		return SEARCH_ENOMEM;
	t->stack = stack;
	return SEARCH_OK;
}

static void spend_work(struct ps_backtracker *t, size_t bytes)
{
	uint64_t work = bytes / BYTES_A_WORK + 1;

	t->work = t->work > work ? t->work - work : 0;
}

/* Each way is work, be it taken up or not: a group that repeats may go far without a step back. */
static int put_aside(struct ps_backtracker *t, struct way way)
{
	int rc = t->count < t->space ? SEARCH_OK : grow_stack(t);

	spend_work(t, 0);
	if (rc == SEARCH_OK)
		t->stack[t->count++] = way;
	return rc;
}

/* K3 */
static int put_group_aside(struct ps_backtracker *t, uint32_t which)
{
	const struct group *g = &t->groups[which];
	int rc = put_aside(t, (struct way){ NO_MOVE, which, g->open, g->end });

	return rc == SEARCH_OK ? put_aside(t, (struct way){ NO_MOVE, which + PS_GROUPS_MAX, g->begin, 0 }) : rc;
}

static void restore_group(struct ps_backtracker *t, const struct way *way)
{
	if (way->slot >= PS_GROUPS_MAX) {
		t->groups[way->slot - PS_GROUPS_MAX].begin = way->at;
	} else {
		t->groups[way->slot].open = way->at;
		t->groups[way->slot].end = way->low;
	}
}

/* ---- loops ---- */

/* Whether what follows a loop may match at this place. */
static inline bool may_follow(const struct ps_backtracker *t, const struct ps_move *loop, size_t at)
{
	const struct ps_first *first;

	if (loop->before_reference) {
		const struct group *g = &t->groups[loop->other];

		if (g->begin == NOWHERE)
			return false;
		return g->begin == g->end || (at < t->length && t->text[at] == t->text[g->begin]);
	}
	if (loop->first == PS_NO_BYTES)
		return true;
	first = &t->b->firsts[loop->first];
	return at < t->length ? first->has[t->text[at]] : first->at_end;
}

/* Takes up to `most` characters; returns where they end, and how many they are. */
static size_t take_characters(const struct ps_backtracker *t, const struct ps_char_set *set, size_t at, uint32_t most,
			      uint32_t *taken)
{
	const uint8_t *p = t->text + at, *end = t->text + t->length;
	uint32_t n = 0;

	while (n < most) {
		size_t bytes = step_over(set, p, end);

		if (bytes == 0)
			break;
		p += bytes;
		n++;
	}
	*taken = n;
	return (size_t)(p - t->text);
}

/* The same without limit. */
static size_t take_all_characters(const struct ps_backtracker *t, const struct ps_char_set *set, size_t at)
{
	const uint8_t *p = t->text + at, *end = t->text + t->length;

	for (;;) {
		size_t bytes;

		while (p < end && set->bytes[*p] == PS_SET_BYTE)
			p++;
		bytes = step_over(set, p, end);
		if (bytes == 0)
			return (size_t)(p - t->text);
		p += bytes;
	}
}

/* A lazy loop takes characters up to where what follows may match, and puts itself aside. NOWHERE: it fails. */
static int go_on_lazily(struct ps_backtracker *t, uint32_t move, size_t *at, size_t more)
{
	const struct ps_move *m = &t->b->moves[move];
	const struct ps_char_set *set = &t->b->sets[m->at];
	const uint8_t *end = t->text + t->length;
	size_t from = *at;

	while (!may_follow(t, m, *at)) {
		size_t bytes = more > 0 ? step_over(set, t->text + *at, end) : 0;

		if (bytes == 0) {
			spend_work(t, *at - from);
			*at = NOWHERE;
			return SEARCH_OK;
		}
		*at += bytes;
		more -= more != PS_UNLIMITED;
	}
	spend_work(t, *at - from);
	return more > 0 ? put_aside(t, (struct way){ move, 0, *at, more }) : SEARCH_OK;
}

/* A greedy loop has come to *at, the least place is `low`: gives back up to where what follows may match. */
static int give_back(struct ps_backtracker *t, uint32_t move, size_t *at, size_t low)
{
	const struct ps_move *m = &t->b->moves[move];
	size_t from = *at;

	while (!may_follow(t, m, *at)) {
		if (*at <= low) {
			spend_work(t, from - *at);
			*at = NOWHERE;
			return SEARCH_OK;
		}
		*at = step_back(t->text, *at);
	}
	spend_work(t, from - *at);
	return *at > low ? put_aside(t, (struct way){ move, 0, *at, low }) : SEARCH_OK;
}

/* The loop begins at *at. */
static int run_loop(struct ps_backtracker *t, uint32_t move, size_t *at)
{
	const struct ps_move *m = &t->b->moves[move];
	const struct ps_char_set *set = &t->b->sets[m->at];
	uint32_t most = m->lazy ? m->min : m->max, taken = 0;
	size_t low = *at, end;

	if (move == t->b->lead && t->run_begin <= *at && *at < t->run_end && m->min <= 1) {
		*at = may_follow(t, m, t->run_end) ? t->run_end : NOWHERE;
		return SEARCH_OK;
	}
	if (m->min > 0) {
		low = take_characters(t, set, *at, m->min, &taken);
		spend_work(t, low - *at);
	}
	if (taken < m->min) {
		*at = NOWHERE;
		return SEARCH_OK;
	}
	if (m->lazy) {
		*at = low;
		return go_on_lazily(t, move, at, m->max == PS_UNLIMITED ? PS_UNLIMITED : m->max - m->min);
	}
	end = most == PS_UNLIMITED ? take_all_characters(t, set, low) :
				     take_characters(t, set, low, most - m->min, &taken);
	spend_work(t, end - low);
	*at = end;
	return give_back(t, move, at, m->possessive ? end : low);
}

/* ---- moves ---- */

/* Takes up the way that was put aside last. *at is NOWHERE: there is none. */
static int take_up(struct ps_backtracker *t, uint32_t *move, size_t *at)
{
	while (t->count > 0) {
		const struct way way = t->stack[--t->count];
		const struct ps_move *m;
		int rc = SEARCH_OK;

		if (way.move == NO_MOVE) {
			restore_group(t, &way);
			continue;
		}
		m = &t->b->moves[way.move];
		*at = way.at;
		*move = m->next;
		switch (m->op) {
		case PS_MOVE_SPLIT:
			*move = m->other;
			return SEARCH_OK;
		case PS_MOVE_LOOP:
			if (m->lazy) {
				size_t n = step_over(&t->b->sets[m->at], t->text + way.at, t->text + t->length);

				if (n == 0)
					continue;
				*at += n;
				rc = go_on_lazily(t, way.move, at, way.low - (way.low != PS_UNLIMITED));
			} else {
				*at = step_back(t->text, way.at);
				rc = give_back(t, way.move, at, way.low);
			}
			if (rc != SEARCH_OK || *at != NOWHERE)
				return rc;
			continue;
		default: /* K2: what was to match there has not */
			t->barrier = way.low;
			if (m->op == PS_MOVE_LOOK && m->negated)
				return SEARCH_OK;
		}
	}
	*at = NOWHERE;
	return SEARCH_OK;
}

/* Begins a look-around or an atomic group. */
static int enter(struct ps_backtracker *t, uint32_t *move, size_t *at)
{
	const struct ps_move *m = &t->b->moves[*move];
	size_t around = t->barrier, from = *at;
	int rc;

	t->barrier = t->count;
	rc = put_aside(t, (struct way){ *move, 0, *at, around });
	if (rc != SEARCH_OK)
		return rc;
	for (uint32_t i = 0; m->op == PS_MOVE_LOOK && i < m->min; i++) {
		if (from == 0) {
			*at = NOWHERE;
			return SEARCH_OK;
		}
		from = step_back(t->text, from);
	}
	*at = from;
	*move = m->other;
	return SEARCH_OK;
}

/* Ends it: what is in it has matched. */
static void leave(struct ps_backtracker *t, uint32_t *move, size_t *at)
{
	const struct way *way = &t->stack[t->barrier];
	const struct ps_move *m = &t->b->moves[way->move];

	PS_ASSERT(t->barrier < t->count);
	t->count = t->barrier;
	t->barrier = way->low;
	if (m->op == PS_MOVE_LOOK)
		*at = m->negated ? NOWHERE : way->at;
	*move = m->next;
}

/* Where what the group matched ends, if it stands at this place again, or NOWHERE. */
static inline size_t match_reference(struct ps_backtracker *t, const struct group *g, size_t at)
{
	const uint8_t *before, *here = t->text + at;
	size_t n = g->end - g->begin;

	if (g->begin == NOWHERE || n > t->length - at)
		return NOWHERE;
	if (n == 0)
		return at;
	before = t->text + g->begin;
	if (before[0] != here[0])
		return NOWHERE;
	spend_work(t, n);
	return n == 1 || memcmp(before + 1, here + 1, n - 1) == 0 ? at + n : NOWHERE;
}

/* Makes a move that puts nothing aside. Returns where it leads, NOWHERE, or NOT_PLAIN if it is another one. */
static inline size_t make_plain_move(struct ps_backtracker *t, const struct ps_move *m, size_t at)
{
	const uint8_t *p = t->text + at, *end = t->text + t->length;
	size_t n = m->count;

	switch (m->op) {
	case PS_MOVE_BYTES:
		return n <= t->length - at && memcmp(p, t->b->text + m->at, n) == 0 ? at + n : NOWHERE;
	case PS_MOVE_CHARACTER:
		n = step_over(&t->b->sets[m->at], p, end);
		return n > 0 ? at + n : NOWHERE;
	case PS_MOVE_REFERENCE:
		return match_reference(t, &t->groups[m->at], at);
	case PS_MOVE_ASSERT:
		return assertion_holds(t, (enum ps_assertion)m->at, at) ? at : NOWHERE;
	case PS_MOVE_OPEN:
		if (m->conditional)
			break;
		t->groups[m->at].open = at;
		return at;
	case PS_MOVE_CLOSE:
		if (m->conditional)
			break;
		t->groups[m->at].begin = t->groups[m->at].open;
		t->groups[m->at].end = at;
		return at;
	case PS_MOVE_FAIL:
		return NOWHERE;
	default:
		break;
	}
	return NOT_PLAIN;
}

/* Makes any other move, and then *move is the next. *at is NOWHERE: it has failed. */
static int make_other_move(struct ps_backtracker *t, uint32_t *move, size_t *at)
{
	const struct ps_move *m = &t->b->moves[*move];
	uint32_t from = *move;
	struct group *g;
	int rc;

	*move = m->next;
	switch (m->op) {
	case PS_MOVE_LOOP:
		return run_loop(t, from, at);
	case PS_MOVE_SPLIT:
		return put_aside(t, (struct way){ from, 0, *at, 0 });
	case PS_MOVE_OPEN:
	case PS_MOVE_CLOSE:
		rc = put_group_aside(t, m->at);
		g = &t->groups[m->at];
		g->begin = m->op == PS_MOVE_OPEN ? g->begin : g->open;
		*(m->op == PS_MOVE_OPEN ? &g->open : &g->end) = *at;
		return rc;
	case PS_MOVE_LOOK:
	case PS_MOVE_ATOMIC:
		*move = from;
		return enter(t, move, at);
	default:
		PS_ASSERT(m->op == PS_MOVE_END);
		leave(t, move, at);
		return SEARCH_OK;
	}
}

static void begin_place(struct ps_backtracker *t)
{
	t->count = 0;
	t->barrier = NO_BARRIER;
	t->work = PLACE_WORK;
	for (uint32_t i = 1; t->b->conditional != 0 && i < PS_GROUPS_MAX; i++)
		t->groups[i].begin = NOWHERE;
}

/* Whether a match begins at this place, and where it ends. PS_FOUND, PS_NONE, PS_UNDECIDED or SEARCH_ENOMEM. */
static int try_place(struct ps_backtracker *t, size_t from, size_t *end)
{
	const struct ps_move *moves = t->b->moves;
	uint32_t move = t->b->start;
	size_t at = from, plain = 0;

	begin_place(t);
	while (moves[move].op != PS_MOVE_MATCH) {
		size_t to = make_plain_move(t, &moves[move], at);
		int rc = SEARCH_OK;

		if (to < NOT_PLAIN) {
			at = to;
			move = moves[move].next;
			plain++;
			continue;
		}
		if (plain >= MOVES_A_WORK) {
			t->work -= ps_min64(t->work, plain / MOVES_A_WORK);
			plain = 0;
		}
		if (to == NOT_PLAIN) {
			rc = make_other_move(t, &move, &at);
			to = at;
		}
		if (rc == SEARCH_OK && to == NOWHERE) {
			rc = take_up(t, &move, &at);
			if (rc == SEARCH_OK && at == NOWHERE)
				return PS_NONE;
		}
		if (rc != SEARCH_OK)
			return rc;
		if (t->work == 0)
			return PS_UNDECIDED;
	}
	*end = at;
	return PS_FOUND;
}

/* ---- places ---- */

/* The next place, before the text's end, at which a match may begin, by what its first bytes can be. */
static size_t next_first_byte(const struct ps_backtracker *t, size_t at)
{
	const bool *has = t->b->first.has;
	const uint8_t *p = t->text + at, *end = t->text + t->length;

	if (!t->b->doubled) {
		while (p < end && !has[*p])
			p++;
	} else {
		while (p + 1 < end && (!has[*p] || (*p < 0x80 && p[1] != *p)))
			p++;
		if (p + 1 == end)
			p = end;
	}
	return (size_t)(p - t->text);
}

/* The next place at which a match may begin; beyond the text's length: there is none. */
static size_t next_place(struct ps_backtracker *t, size_t at)
{
	const struct ps_backtrack *b = t->b;
	const struct ps_move *lead = b->lead != UINT32_MAX ? &b->moves[b->lead] : NULL;

	for (;;) {
		at = next_first_byte(t, at);
		if (at >= t->length)
			return b->first.at_end ? at : t->length + 1;
		if (lead == NULL)
			return at;
		if (at < t->run_begin || at >= t->run_end) {
			t->run_begin = at;
			t->run_end = take_all_characters(t, &b->sets[lead->at], at);
		}
		if (t->run_end == at || may_follow(t, lead, t->run_end))
			return at;
		at = t->run_end;
	}
}

/* Asks the budget from time to time. PS_NONE: go on. */
static int ask_budget(struct ps_backtracker *t, struct ps_line_budget *budget, size_t at)
{
	switch (ps_line_budget_ask(budget)) {
	case PS_BUDGET_STOP:
		t->given_up = true;
		return PS_UNDECIDED;
	case PS_BUDGET_PAUSE:
		t->paused_at = at;
		return PS_PAUSED;
	case PS_BUDGET_GO_ON:
		break;
	}
	return PS_NONE;
}

static int search_places(struct ps_backtracker *t, struct ps_line_budget *budget, size_t from, struct search_span *span)
{
	uint64_t left = LINE_WORK + (uint64_t)(t->length - from) * BYTE_WORK, unasked = ASK_WORK;
	size_t at = from;

	for (;;) {
		uint64_t work;
		int rc;

		at = next_place(t, at);
		if (at > t->length || (at > 0 && t->b->at_begin))
			return PS_NONE;
		rc = try_place(t, at, &span->end);
		span->begin = at;
		if (rc != PS_NONE)
			return rc;
		at = at < t->length ? ps_utf8_next(t->text, t->length, at) : at + 1;
		work = PLACE_WORK - t->work + 1;
		if (left < work)
			return PS_UNDECIDED;
		left -= work;
		unasked = unasked > work ? unasked - work : 0;
		if (unasked > 0)
			continue;
		unasked = ASK_WORK;
		rc = ask_budget(t, budget, at);
		if (rc != PS_NONE)
			return rc;
	}
}

int ps_backtracker_search(struct ps_backtracker *backtracker, struct ps_line_budget *budget, const uint8_t *text,
			  size_t length, size_t from, struct search_span *span)
{
	struct ps_backtracker *t = backtracker;
	struct search_span found = { .begin = 0 };
	int rc;

	if (t->given_up)
		return PS_UNDECIDED;
	if (t->paused_at != NOWHERE)
		from = t->paused_at;
	t->paused_at = NOWHERE;
	t->text = text == NULL ? (const uint8_t *)"" : text;
	t->length = length;
	t->run_begin = t->run_end = 0;
	PS_ASSERT(from <= length);
	rc = search_places(t, budget, from, &found);
	t->given_up = rc == PS_UNDECIDED;
	PS_ASSERT(rc != PS_FOUND || (from <= found.begin && found.begin <= found.end && found.end <= length));
	if (rc == PS_FOUND && span != NULL) {
		span->begin = found.begin;
		span->end = found.end;
	}
	return rc;
}
