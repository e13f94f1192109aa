/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dfa_states.c - makes the states of a lazy DFA, one transition at a time.
 *
 * A step takes the threads of a state and a byte, and finds the threads after that byte: those that can read it move
 * on, the others are dropped, and each that has moved is followed over all instructions that read nothing, until it
 * is at instructions that do. The threads are sorted, so that equal sets look alike, and the set is looked up in a
 * hash table of states (interned): usually it is there already. Its number is entered in the row of the first
 * state, for all bytes of the same class.
 *
 * Assertions. Whether one holds may depend on the byte that follows it, which a state does not know. So a thread that
 * arrives at such an assertion stays there as part of the state, and the next step first resolves it, now that the
 * byte is known. An assertion that depends only on the byte before is resolved at once. The end of a line is read as
 * a byte, the line end.
 *
 * What the DFA cannot tell. Whether a character beyond ASCII is a word character would need more than one byte, so a
 * thread at a word assertion beside a byte above 7F makes the DFA quit the line. That is rare, since it happens only
 * if a thread is at the assertion then. The DFA also quits at bytes that are not UTF-8 if the pattern might match
 * them (needs_valid), and at a \r that may belong to the terminator if it would matter (crlf).
 */
#include "dfa_states.h"

#include "../base/hash_index.h"
#include "assertion.h"
#include "thread.h"

#include <stdlib.h>
#include <string.h>

enum {
	STATES_LEAST = 8, /* the special states, the start, and a few more */
	WIDE = 1 << 20    /* threads; if the largest states are larger, there is room for only two of them */
};

struct ps_state {
	size_t first;   /* its first thread */
	uint32_t count;
	uint32_t hash;
	uint8_t before; /* enum ps_side; PS_SIDE_NONE at the line's start, PS_SIDE_OTHER if no assertion asks for it */
};

enum truth { NO, YES, LATER, CANNOT_TELL };

/* Does the assertion hold between these two? LATER: that depends on `after`, which is not known yet. */
static enum truth judge_assertion(enum ps_assertion assertion, enum ps_side before, bool after_known,
				  enum ps_side after)
{
	if (!after_known && ps_assertion_looks_ahead(assertion))
		return LATER;
	switch (ps_assertion_holds(assertion, before, after)) {
	case PS_NO:
		return NO;
	case PS_YES:
		return YES;
	case PS_CANNOT_TELL:
		break;
	}
	return after_known ? CANNOT_TELL : LATER;
}

/* The place at which assertions are judged. */
struct place {
	enum ps_side before, after;
	bool after_known;
};

/*
 * Follows an instruction over everything that reads no byte, and adds the threads that this leads to: each at most
 * once a round. False: an assertion cannot be judged.
 */
static bool follow_inst(struct ps_states *s, uint32_t inst, const struct place *place, uint32_t *threads,
			size_t *count)
{
	size_t depth = 0;

	PS_ASSERT(inst < s->program->count);
	s->stack[depth++] = inst;
	while (depth > 0) {
		const struct ps_inst *i;
		enum truth truth;

		inst = s->stack[--depth];
		if (s->seen[inst] == s->round)
			continue;
		s->seen[inst] = s->round;
		i = &s->program->insts[inst];
		switch ((enum ps_op)i->op) {
		case PS_OP_MATCH:
			s->matched = true;
			break;
		case PS_OP_SET:
		case PS_OP_SWITCH:
		case PS_OP_DICTIONARY:
			PS_ASSERT(*count < s->widest);
			threads[(*count)++] = ps_thread_make(s->program, s->node_bits, inst, 0);
			break;
		case PS_OP_SPLIT:
			s->stack[depth++] = i->b;
			s->stack[depth++] = i->a;
			break;
		case PS_OP_ASSERT:
			truth = judge_assertion((enum ps_assertion)i->a, place->before, place->after_known,
						place->after);
			if (truth == CANNOT_TELL)
				return false;
			if (truth == YES)
				s->stack[depth++] = i->b;
			if (truth == LATER)
				threads[(*count)++] = ps_thread_make(s->program, s->node_bits, inst, 0);
		}
	}
	return true;
}

/* Sorts the threads of the next state, and drops copies (D1). */
static void canonicalise_threads(struct ps_states *s)
{
	size_t kept = 0;

	ps_threads_sort(s->next, s->next_count);
	for (size_t i = 0; i < s->next_count; i++)
		if (kept == 0 || s->next[i] != s->next[kept - 1])
			s->next[kept++] = s->next[i];
	s->next_count = kept;
}

/* --- interning states --- */

/* The state with the threads in s->next; or 0, and *slot is where it belongs in the table. */
static uint32_t find_state(const struct ps_states *s, uint32_t hash, uint8_t before, uint32_t *slot)
{
	for (*slot = hash & s->table_mask;; *slot = (*slot + 1) & s->table_mask) {
		uint32_t id = s->table[*slot];
		const struct ps_state *info = &s->infos[id];

		if (id == 0)
			return 0;
		if (info->hash == hash && info->before == before && info->count == s->next_count &&
		    memcmp(&s->threads[info->first], s->next, info->count * sizeof(*s->next)) == 0)
			return id;
	}
}

static uint32_t add_state(struct ps_states *s, uint32_t hash, uint8_t before, uint32_t slot)
{
	uint32_t id = s->count++;

	PS_ASSERT(id >= PS_STATE_START && id < s->max && s->table[slot] == 0);
	PS_ASSERT(s->thread_count + s->next_count <= s->thread_max && s->next_count <= s->widest);
	s->infos[id] = (struct ps_state){ s->thread_count, (uint32_t)s->next_count, hash, before };
	if (s->next_count > 0)
		memcpy(&s->threads[s->thread_count], s->next, s->next_count * sizeof(*s->next));
	s->thread_count += s->next_count;
	memset(&s->rows[(size_t)id << 8], 0, 256 * sizeof(*s->rows));
	s->table[slot] = (uint16_t)id;
	return id;
}

/* Discards all states, and makes the special ones and the start anew (D2). */
static void reset_states(struct ps_states *s)
{
	struct place place = { PS_SIDE_NONE, PS_SIDE_NONE, false };
	uint32_t hash, slot;

	memset(s->table, 0, ((size_t)s->table_mask + 1) * sizeof(*s->table));
	s->count = 0;
	s->thread_count = 0;
	for (uint32_t id = 0; id <= PS_STATE_SPECIAL; id++) {
		s->infos[id] = (struct ps_state){ 0 };
		for (int b = 0; b < 256; b++)
			s->rows[((size_t)id << 8) + (size_t)b] = (uint16_t)id;
		s->count++;
	}
	s->round++;
	s->matched = false;
	s->next_count = 0;
	follow_inst(s, s->program->start, &place, s->next, &s->next_count);
	canonicalise_threads(s);
	hash = ps_hash(PS_SIDE_NONE, s->next, s->next_count);
	find_state(s, hash, PS_SIDE_NONE, &slot);
	add_state(s, hash, PS_SIDE_NONE, slot);
	PS_ASSERT(s->count == PS_STATE_START + 1); /* D2 */
	s->always = s->matched;
}

static uint32_t intern_state(struct ps_states *s, uint8_t before, bool *flushed)
{
	uint32_t hash = ps_hash(before, s->next, s->next_count), slot;
	uint32_t id = find_state(s, hash, before, &slot);

	if (id != 0)
		return id;
	if (s->count == s->max || s->thread_count + s->next_count > s->thread_max) {
		uint32_t *kept = s->next;
		size_t count = s->next_count;

		/* reset_states() uses `next`: lend it the other array */
		s->next = s->now;
		s->now = kept;
		s->large = s->count < s->max / 4;
		reset_states(s);
		s->now = s->next;
		s->next = kept;
		s->next_count = count;
		*flushed = true;
		id = find_state(s, hash, before, &slot);
		if (id != 0)
			return id;
	}
	return add_state(s, hash, before, slot);
}

/* --- one step --- */

/*
 * Now that the byte after the place is known, threads at an assertion go on or end; the others stay as they are.
 * False: an assertion cannot be judged.
 */
static bool resolve_assertions(struct ps_states *s, const struct ps_state *info, enum ps_side after)
{
	struct place place = { info->before, after, true };

	s->now_count = 0;
	s->round++;
	for (uint32_t i = 0; i < info->count; i++) {
		uint32_t t = s->threads[info->first + i];

		if (ps_thread_node(s->node_bits, t) != 0)
			s->now[s->now_count++] = t;
		else if (!follow_inst(s, ps_thread_inst(s->node_bits, t), &place, s->now, &s->now_count))
			return false;
	}
	return true;
}

/*
 * A thread has come to a node of its trie. It goes on from there if it is `within` what it reads, and beyond if that
 * is `complete`; both may be. False: an assertion cannot be judged.
 */
static bool arrive_at_node(struct ps_states *s, uint32_t inst, uint32_t node, bool within, bool complete,
			   const struct place *place)
{
	PS_ASSERT(s->next_count + within <= s->widest);
	if (within)
		s->next[s->next_count++] = ps_thread_make(s->program, s->node_bits, inst, node);
	return !complete || follow_inst(s, s->program->insts[inst].b, place, s->next, &s->next_count);
}

static bool advance_in_dictionary(struct ps_states *s, uint32_t inst, uint32_t node, uint8_t byte,
				  const struct place *place)
{
	const struct ps_dictionary_trie *trie = s->program->dictionary;

	if (!ps_dictionary_trie_follow(trie, node, byte, &node))
		return true;
	return arrive_at_node(s, inst, node, trie->first[node] < trie->first[node + 1],
			      trie->string[node] != PS_STRING_NONE, place);
}

static bool advance_in_set(struct ps_states *s, uint32_t inst, uint32_t node, uint8_t byte,
			   const struct place *place)
{
	if (!ps_program_follow(s->program, node != 0 ? node : s->program->insts[inst].a, byte, &node))
		return true;
	return arrive_at_node(s, inst, node, node != PS_TRIE_END, node == PS_TRIE_END, place);
}

static bool advance_to_cases(struct ps_states *s, uint32_t which, uint8_t byte, const struct place *place)
{
	const struct ps_case *end;
	bool ok = true;

	for (const struct ps_case *c = ps_program_first_case(s->program, which, byte, &end);
	     ok && c < end && c->byte == byte; c++)
		ok = advance_in_set(s, c->inst, 0, byte, place);
	return ok;
}

/* One thread reads the byte. False: an assertion cannot be judged. */
static bool advance_thread(struct ps_states *s, uint32_t inst, uint32_t node, uint8_t byte,
			   const struct place *place)
{
	const struct ps_inst *i = &s->program->insts[inst];

	if (i->op == PS_OP_DICTIONARY)
		return advance_in_dictionary(s, inst, node, byte, place);
	if (i->op == PS_OP_SWITCH)
		return advance_to_cases(s, i->a, byte, place);
	return advance_in_set(s, inst, node, byte, place);
}

/* All threads read the byte. False: an assertion cannot be judged. */
static bool advance_threads(struct ps_states *s, uint8_t byte)
{
	struct place place = { ps_side_of(byte), PS_SIDE_NONE, false };

	s->next_count = 0;
	s->round++;
	for (size_t i = 0; i < s->now_count; i++) {
		uint32_t t = s->now[i];

		if (!advance_thread(s, ps_thread_inst(s->node_bits, t), ps_thread_node(s->node_bits, t), byte, &place))
			return false;
	}
	return true;
}

/* Is a thread inside of a character? Then the line must not end here. */
static bool is_within_character(const struct ps_states *s)
{
	for (size_t i = 0; i < s->now_count; i++)
		if (ps_thread_node(s->node_bits, s->now[i]) != 0)
			return true;
	return false;
}

/* Would the line match if it ended here? True also if that is unknown. */
static bool may_match_here(struct ps_states *s, const struct ps_state *info)
{
	bool may = !resolve_assertions(s, info, PS_SIDE_NONE) || s->matched;

	s->matched = false;
	return may;
}

static uint32_t compute_transition(struct ps_states *s, uint32_t state, uint8_t byte, bool *flushed)
{
	struct ps_lines lines = s->program->lines;
	enum ps_side after = byte == lines.end ? PS_SIDE_NONE : ps_side_of(byte);

	s->matched = state == PS_STATE_START && s->always;
	if (!s->matched && lines.crlf && byte == '\r' && may_match_here(s, &s->infos[state]))
		return PS_STATE_QUIT; /* the \r may be the terminator's */
	if (!s->matched && !resolve_assertions(s, &s->infos[state], after))
		return PS_STATE_QUIT;
	if (s->matched)
		return PS_STATE_MATCH;
	if (byte == lines.end)
		return s->program->needs_valid && is_within_character(s) ? PS_STATE_QUIT : PS_STATE_START;
	if (!advance_threads(s, byte))
		return PS_STATE_QUIT;
	if (s->matched)
		return PS_STATE_MATCH;
	canonicalise_threads(s);
	if (s->next_count == 0 && s->program->needs_valid)
		return PS_STATE_QUIT; /* not UTF-8: otherwise the loop at the start would be among the threads */
	return intern_state(s, (uint8_t)ps_program_side(s->program, ps_side_of(byte)), flushed);
}

uint32_t ps_states_step(struct ps_states *s, uint32_t state, uint8_t byte, bool *flushed)
{
	uint32_t to;
	uint8_t class = s->program->classes[byte];

	PS_ASSERT(state > PS_STATE_SPECIAL && state < s->count);
	*flushed = false;
	to = compute_transition(s, state, byte, flushed);
	PS_ASSERT(to != PS_STATE_UNKNOWN && to < s->count); /* D2 */
	if (*flushed)
		return to;
	for (int b = byte; b >= 0 && s->program->classes[b] == class; b--)
		s->rows[((size_t)state << 8) + (size_t)b] = (uint16_t)to;
	for (int b = byte + 1; b < 256 && s->program->classes[b] == class; b++)
		s->rows[((size_t)state << 8) + (size_t)b] = (uint16_t)to;
	return to;
}

/* --- the whole --- */

/* The rows, and after them the threads, share one buffer: it is large, but most searches touch little of it. */
static size_t buffer_size(const struct ps_states *s)
{
	return (size_t)s->max * 256 * sizeof(*s->rows) + s->thread_max * sizeof(*s->threads);
}

int ps_states_init(struct ps_states *s, const struct ps_program *program, size_t memory)
{
	size_t nodes = ps_max(program->node_count, program->dictionary != NULL ? program->dictionary->count : 0);
	/* in the dictionary, a thread for each place in the text at which the longest string may have begun */
	size_t widest = program->count * 2 + program->target_count + 64 +
			(program->dictionary != NULL ? program->dictionary->longest : 0);

	*s = (struct ps_states){ .program = program, .widest = widest };
	while ((size_t)1 << s->node_bits < nodes)
		s->node_bits++;
	/* three quarters for rows, a quarter for threads, but at least room for a few of the largest states */
	s->max = (uint32_t)ps_min(ps_max(memory * 3 / 4 / (256 * sizeof(*s->rows)), STATES_LEAST), 32768);
	s->thread_max = ps_max(memory / 4 / sizeof(*s->threads), ps_max(ps_min(widest * 16, WIDE), widest * 2));
	for (s->table_mask = 127; s->table_mask < 2 * s->max; s->table_mask = s->table_mask * 2 + 1)
		;
	s->rows = ps_buffer_new(buffer_size(s));
	s->infos = malloc(s->max * sizeof(*s->infos));
	s->table = malloc(((size_t)s->table_mask + 1) * sizeof(*s->table));
	s->stack = malloc((program->count * 2 + 2) * sizeof(*s->stack));
	s->seen = calloc(program->count, sizeof(*s->seen));
	s->now = malloc(widest * sizeof(*s->now));
	s->next = malloc(widest * sizeof(*s->next));
	if (s->rows == NULL || s->infos == NULL || s->table == NULL ||
	    s->stack == NULL || s->seen == NULL || s->now == NULL || s->next == NULL) {
		ps_states_destroy(s);
		return SEARCH_ENOMEM;
	}
	s->threads = (uint32_t *)(void *)(s->rows + (size_t)s->max * 256);
	reset_states(s);
	return SEARCH_OK;
}

void ps_states_destroy(struct ps_states *s)
{
	ps_buffer_free(s->rows, buffer_size(s));
	free(s->infos);
	free(s->table);
	free(s->stack);
	free(s->seen);
	free(s->now);
	free(s->next);
	*s = (struct ps_states){ 0 };
}
