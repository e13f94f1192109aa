/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pike.c - Pike's simulation: follows all ways to match at once, character by character.
 *
 * A backtracking matcher tries the ways through a program one after the other, and may try exponentially many. Pike's
 * insight is to try them side by side. The threads at one place of the text are kept in a list, in the order in which
 * a backtracking matcher would try them; then no two threads need be at the same instruction, since the later one could
 * only find what the earlier one finds, too. So a place costs at most one visit of each instruction.
 *
 * K1  A thread is an instruction, and the place at which its match begins. The list is in order of preference: threads
 *     that began earlier come first, and among those that began together the one whose splits went the preferred
 *     ways. No instruction is in the list twice.
 * K2  When a thread arrives at the end of the pattern, its match is noted, and all threads after it are dropped: they
 *     are less preferred. Threads before it may still find a better match. When none is left, the note is the result.
 *
 * For the longest match, preference does not count. The match that begins earliest wins; among those that begin
 * together the one that ends last.
 */
#include "pike.h"

#include "../base/utf8.h"
#include "../onig/onig.h"

#include <stdlib.h>

#define NOWHERE SIZE_MAX

#define WORK ((uint64_t)1 << 17) /* threads and instructions, about a millisecond, before the budget is asked */

struct thread {
	uint32_t inst; /* PS_OP_SET or PS_OP_MATCH */
	size_t begin;
};

struct threads {
	struct thread *list; /* has room for as many as there are instructions */
	size_t count;
};

struct ps_pike {
	const struct ps_program *program;
	struct threads now, next;
	uint32_t *stack;   /* instructions still to follow */
	uint64_t *seen;    /* for each instruction: the `place` at which it was last reached */
	uint64_t place;    /* counts the places, over all searches */
	uint64_t work;     /* done since the budget was last asked */

	/* of the current search */
	const uint8_t *text;
	size_t length;
	struct search_span best; /* begin NOWHERE: none yet */
};

int ps_pike_new(struct ps_pike **out, const struct ps_program *program)
{
	struct ps_pike *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p == NULL)
		return SEARCH_ENOMEM;
	p->program = program;
	p->now.list = malloc(program->count * sizeof(*p->now.list));
	p->next.list = malloc(program->count * sizeof(*p->next.list));
	p->stack = malloc((program->count * 2 + 1) * sizeof(*p->stack));
	p->seen = calloc(program->count, sizeof(*p->seen));
	if (p->now.list == NULL || p->next.list == NULL || p->stack == NULL || p->seen == NULL) {
		ps_pike_free(p);
		return SEARCH_ENOMEM;
	}
	*out = p;
	return SEARCH_OK;
}

void ps_pike_free(struct ps_pike *pike)
{
	if (pike == NULL)
		return;
	free(pike->now.list);
	free(pike->next.list);
	free(pike->stack);
	free(pike->seen);
	free(pike);
}

/* --- assertions --- */

/* A rewritten byte is not a valid sequence, and so not a word character. */
static bool is_word_before(const struct ps_pike *p, size_t at)
{
	size_t n = ps_utf8_last(p->text, p->text + at);

	return n > 0 && ps_ctype_is_word(ps_utf8_decode(p->text + at - n, n));
}

static bool is_word_at(const struct ps_pike *p, size_t at)
{
	size_t n = at < p->length ? ps_utf8_sequence(p->text + at, p->text + p->length) : 0;

	return n > 0 && ps_ctype_is_word(ps_utf8_decode(p->text + at, n));
}

static bool assertion_holds(const struct ps_pike *p, enum ps_assertion assertion, size_t at)
{
	switch (assertion) {
	case PS_ASSERT_BEGIN:
		return at == 0;
	case PS_ASSERT_END:
		return at == p->length;
	case PS_ASSERT_LINE_BEGIN:
		return at == 0 || (p->text[at - 1] == '\n' && at < p->length);
	case PS_ASSERT_LINE_END:
		return at == p->length || p->text[at] == '\n';
	case PS_ASSERT_AFTER_NO_WORD:
		return !is_word_before(p, at);
	case PS_ASSERT_BEFORE_NO_WORD:
		return !is_word_at(p, at);
	case PS_ASSERT_BOUNDARY:
	case PS_ASSERT_NOT_BOUNDARY:
		break;
	}
	return (is_word_before(p, at) != is_word_at(p, at)) == (assertion == PS_ASSERT_BOUNDARY);
}

/* --- threads --- */

/* Adds the threads that an instruction leads to without reading a character, the preferred ways first. */
static void add_threads(struct ps_pike *p, struct threads *to, uint32_t inst, size_t begin, size_t at)
{
	size_t depth = 0;

	PS_ASSERT(to->count == 0 || to->list[to->count - 1].begin <= begin); /* K1 */
	p->stack[depth++] = inst;
	while (depth > 0) {
		const struct ps_inst *i;

		inst = p->stack[--depth];
		if (p->seen[inst] == p->place)
			continue;
		p->seen[inst] = p->place;
		p->work++;
		i = &p->program->insts[inst];
		switch ((enum ps_op)i->op) {
		case PS_OP_SPLIT:
			p->stack[depth++] = i->b;
			p->stack[depth++] = i->a;
			break;
		case PS_OP_ASSERT:
			if (assertion_holds(p, (enum ps_assertion)i->a, at))
				p->stack[depth++] = i->b;
			break;
		case PS_OP_SET:
		case PS_OP_MATCH:
			PS_ASSERT(to->count < p->program->count); /* K1 */
			to->list[to->count++] = (struct thread){ inst, begin };
			break;
		case PS_OP_SWITCH: /* never in a program for spans */
		case PS_OP_DICTIONARY:
			PS_ASSERT(false);
			break;
		}
	}
}

/* Is this character, of `length` bytes, in the set? */
static bool set_takes(const struct ps_program *program, const struct ps_inst *set, const uint8_t *character,
		      size_t length)
{
	uint32_t node = set->a;

	for (size_t i = 0; i < length; i++)
		if ((i > 0 && node == PS_TRIE_END) || !ps_program_follow(program, node, character[i], &node))
			return false;
	return node == PS_TRIE_END;
}

/* A thread has come to the end of a pattern. True: the threads after it are dropped. */
static bool note_match(struct ps_pike *p, const struct thread *t, size_t at, bool longest)
{
	const struct search_span match = { .begin = t->begin, .end = at, .pattern = p->program->insts[t->inst].a };
	bool better = match.begin < p->best.begin;

	if (match.begin == p->best.begin)
		better = match.end != p->best.end ? match.end > p->best.end : match.pattern < p->best.pattern;
	if (!longest || better)
		p->best = match;
	return !longest;
}

/* False: the search is over, or the line has taken too long, which is asked only after some work. */
static bool may_go_on(struct ps_pike *p, struct ps_line_budget *budget)
{
	if (p->work < WORK)
		return true;
	p->work = 0;
	return ps_line_budget_may_go_on(budget);
}

/* All threads read the character at `at`; the one after it is at `next`. False: they may not go on. */
static bool step_threads(struct ps_pike *p, struct ps_line_budget *budget, size_t at, size_t next, bool longest)
{
	p->next.count = 0;
	p->place++;
	for (size_t i = 0; i < p->now.count; i++) {
		const struct thread *t = &p->now.list[i];
		const struct ps_inst *inst = &p->program->insts[t->inst];

		p->work++;
		if (!may_go_on(p, budget))
			return false;
		if (longest && p->best.begin != NOWHERE && t->begin > p->best.begin)
			return true;
		if (inst->op == PS_OP_MATCH) {
			if (note_match(p, t, at, longest))
				return true;
		} else if (at < p->length && set_takes(p->program, inst, p->text + at, next - at)) {
			add_threads(p, &p->next, inst->b, t->begin, next);
		}
	}
	return true;
}

int ps_pike_search(struct ps_pike *p, struct ps_line_budget *budget, const uint8_t *text, size_t length, size_t from,
		   bool longest, struct search_span *span)
{
	uint64_t steps = 0;
	size_t at = from;

	p->text = text;
	p->length = length;
	p->best = (struct search_span){ .begin = NOWHERE };
	p->now.count = 0;
	p->place++;
	for (;;) {
		size_t next = ps_utf8_next(text, length, at);
		struct threads swap;

		/* a match that begins here comes last; `seen` still holds, since `now` was filled at this place */
		if (p->best.begin == NOWHERE)
			add_threads(p, &p->now, p->program->pattern, at, at);
		steps += p->now.count + 1;
		if (steps >= PS_STEPS) {
			if (!ps_line_budget_spend(budget, steps))
				return PS_UNDECIDED;
			steps = 0;
		}
		if (!step_threads(p, budget, at, next, longest))
			return PS_UNDECIDED;
		swap = p->now;
		p->now = p->next;
		p->next = swap;
		if (at >= length || (p->now.count == 0 && p->best.begin != NOWHERE))
			break;
		at = next;
	}
	*span = p->best;
	return p->best.begin != NOWHERE ? PS_FOUND : PS_NONE;
}
