/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * span_states.c - makes the states of the automaton that finds spans, one transition at a time.
 *
 * A state is what the simulation (pike.c) has in its list: threads in order of preference. Two things are different.
 *
 * Groups. A thread of the simulation knows where its match began. A state must not, or there would be as many states
 * as places in the text. So the threads that began together form a group, and a state only says which threads belong
 * to the same one. Where the groups began is kept by the search (span_dfa.c), and each transition says what it does to
 * these numbers. Most transitions do nothing.
 *
 * Late closure. A thread that has read a character waits at the instruction that follows it. It is followed over what
 * reads nothing when the next byte is known: then all assertions can be judged at once, and the match that ends here
 * is noted. The threads that begin here are added in the same moment, after all others, unless the byte is inside of
 * a character.
 *
 * Whether a character beyond ASCII is a word character would take more than one byte to tell. If an assertion asks
 * for that, the transition becomes an action that asks: the search looks at the text and takes the variant for it.
 */
#include "span_states.h"

#include "../base/hash_index.h"
#include "thread.h"

#include <stdlib.h>
#include <string.h>

enum {
	STATES_LEAST = 16,
	ROW = 256 * sizeof(uint16_t),
	SAME_STATE_MOST = 8 /* how many actions of a state are compared with a new one */
};

#define NEW_GROUP (UINT32_C(1) << 31) /* of a thread in a state: it is the first of its group */

static enum ps_side side_before(const struct ps_span_states *s, enum ps_side side)
{
	return ps_program_side(s->program, side);
}

uint32_t ps_span_idle_state(const struct ps_span_states *s, enum ps_side before)
{
	if (s->anchored && before != PS_SIDE_NONE)
		return PS_SPAN_DEAD;
	return PS_SPAN_IDLE + (uint32_t)side_before(s, before);
}

/* --- interning states --- */

/* What identifies the state that is made of `next`. */
struct identity {
	uint32_t hash;
	uint8_t before;
	bool searching;
};

/* The state with the threads in s->next; or 0, and *slot is where it belongs in the table. */
static uint32_t find_state(const struct ps_span_states *s, const struct identity *key, uint32_t *slot)
{
	for (*slot = key->hash & s->table_mask;; *slot = (*slot + 1) & s->table_mask) {
		uint32_t id = s->table[*slot];
		const struct ps_span_state *info = &s->infos[id];

		if (id == 0)
			return 0;
		if (info->hash == key->hash && info->before == key->before && info->searching == key->searching &&
		    info->count == s->next_count &&
		    memcmp(&s->threads[info->first], s->next, info->count * sizeof(*s->next)) == 0)
			return id;
	}
}

static uint32_t add_state(struct ps_span_states *s, const struct identity *key, uint32_t slot)
{
	uint32_t id = s->count++;
	uint16_t groups = 0;

	PS_ASSERT(id >= PS_SPAN_FIRST && id < s->max && s->table[slot] == 0);
	PS_ASSERT(s->thread_count + s->next_count <= s->thread_max && s->next_count <= s->widest);
	for (size_t i = 0; i < s->next_count; i++)
		groups = (uint16_t)(groups + ((s->next[i] & NEW_GROUP) != 0));
	s->infos[id] = (struct ps_span_state){ .first = s->thread_count, .count = (uint32_t)s->next_count,
					       .hash = key->hash, .groups = groups, .before = key->before,
					       .searching = key->searching };
	if (s->next_count > 0)
		memcpy(&s->threads[s->thread_count], s->next, s->next_count * sizeof(*s->next));
	s->thread_count += s->next_count;
	memset(&s->rows[(size_t)id << 8], 0, ROW);
	s->ends[id] = 0;
	s->table[slot] = (uint16_t)id;
	return id;
}

/* Discards everything, and makes the idle states anew (T3). */
static void reset_states(struct ps_span_states *s)
{
	memset(s->table, 0, ((size_t)s->table_mask + 1) * sizeof(*s->table));
	memset(s->rows, 0, PS_SPAN_FIRST * (size_t)ROW);
	memset(s->ends, 0, PS_SPAN_FIRST * sizeof(*s->ends));
	for (uint32_t id = 0; id < PS_SPAN_FIRST; id++)
		s->infos[id] = (struct ps_span_state){ .searching = true };
	for (uint32_t side = 0; side < PS_SIDES; side++)
		s->infos[PS_SPAN_IDLE + side].before = (uint8_t)side;
	s->count = PS_SPAN_FIRST;
	s->thread_count = 0;
	s->action_count = 0;
	s->move_count = 0;
}

/* Makes sure that there is room for one more state and one more action. */
static void make_room(struct ps_span_states *s, bool *flushed)
{
	if (s->count < s->max && s->thread_count + s->next_count <= s->thread_max &&
	    s->action_count + 2 <= s->action_max && s->move_count + PS_SPAN_GROUPS <= s->move_max)
		return;
	reset_states(s);
	*flushed = true;
}

static uint32_t intern_state(struct ps_span_states *s, enum ps_side before, bool searching)
{
	struct identity key = { 0, (uint8_t)before, searching };
	uint32_t slot, id;

	if (s->next_count == 0)
		return searching ? PS_SPAN_IDLE + (uint32_t)before : PS_SPAN_DEAD;
	key.hash = ps_hash((uint32_t)before * 2 + searching, s->next, s->next_count);
	id = find_state(s, &key, &slot);
	return id != 0 ? id : add_state(s, &key, slot);
}

/* --- one step: the closure --- */

/* The place before the byte that is read. */
struct place {
	enum ps_side before, after;
};

static void note_match(struct ps_span_states *s, uint32_t pattern, uint16_t group)
{
	if (s->match_group == group && s->match_pattern <= pattern)
		return;
	PS_ASSERT(s->match_group == PS_SPAN_NO_GROUP || s->longest);
	s->match_group = group;
	s->match_pattern = pattern;
}

static void add_now(struct ps_span_states *s, uint32_t thread, uint16_t group)
{
	PS_ASSERT(s->now_count < s->widest);
	s->now[s->now_count] = thread;
	s->now_groups[s->now_count++] = group;
}

/*
 * Follows an instruction over everything that reads no byte, preferred ways first, and adds the threads that this
 * leads to: each at most once a round. Ends at a match, unless the longest counts. False: an assertion cannot be
 * judged.
 */
static bool follow_inst(struct ps_span_states *s, uint32_t inst, uint16_t group, const struct place *place)
{
	size_t depth = 0;

	s->stack[depth++] = inst;
	while (depth > 0) {
		const struct ps_inst *i;
		enum ps_truth truth;

		inst = s->stack[--depth];
		if (s->seen[inst] == s->round)
			continue;
		s->seen[inst] = s->round;
		i = &s->program->insts[inst];
		switch ((enum ps_op)i->op) {
		case PS_OP_MATCH:
			note_match(s, i->a, group);
			if (!s->longest)
				return true;
			break;
		case PS_OP_SET:
			add_now(s, ps_thread_make(s->program, s->node_bits, inst, 0), group);
			break;
		case PS_OP_SPLIT:
			s->stack[depth++] = i->b;
			s->stack[depth++] = i->a;
			break;
		case PS_OP_ASSERT:
			truth = ps_assertion_holds((enum ps_assertion)i->a, place->before, place->after);
			if (truth == PS_CANNOT_TELL)
				return false;
			if (truth == PS_YES)
				s->stack[depth++] = i->b;
			break;
		case PS_OP_SWITCH: /* never in a program for spans */
		case PS_OP_DICTIONARY:
			PS_ASSERT(false);
			break;
		}
	}
	return true;
}

/* Is this thread dropped because of the match that has been noted? Those after it are, too. */
static bool is_beyond_match(const struct ps_span_states *s, uint16_t group)
{
	return s->match_group != PS_SPAN_NO_GROUP && (!s->longest || group != s->match_group);
}

/* The threads of the state, and those that begin here, up to the match. False: an assertion cannot be judged. */
static bool close_threads(struct ps_span_states *s, const struct ps_span_state *info, const struct place *place,
			  unsigned byte)
{
	uint16_t group = PS_SPAN_NO_GROUP;

	s->now_count = 0;
	s->match_group = PS_SPAN_NO_GROUP;
	s->round++;
	for (uint32_t i = 0; i < info->count; i++) {
		uint32_t t = s->threads[info->first + i];

		group = (uint16_t)(group + ((t & NEW_GROUP) != 0)); /* the first is a new one, and gets 0 */
		if (is_beyond_match(s, group))
			return true;
		if (ps_thread_node(s->node_bits, t) != 0)
			add_now(s, t & ~NEW_GROUP, group);
		else if (!follow_inst(s, ps_thread_inst(s->node_bits, t & ~NEW_GROUP), group, place))
			return false;
	}
	if (!info->searching || s->match_group != PS_SPAN_NO_GROUP || (byte >= 0x80 && byte < 0xC0))
		return true;
	return follow_inst(s, s->program->pattern, info->groups, place);
}

/* --- one step: reading the byte --- */

static void add_next(struct ps_span_states *s, uint32_t thread, uint16_t group)
{
	PS_ASSERT(s->next_count < s->widest);
	s->next[s->next_count] = thread;
	s->next_groups[s->next_count++] = group;
}

/* All threads read the byte. No two arrive at the same instruction: the later one is less preferred. */
static void advance_threads(struct ps_span_states *s, uint8_t byte)
{
	const struct ps_program *program = s->program;

	s->next_count = 0;
	for (size_t i = 0; i < s->now_count; i++) {
		uint32_t inst = ps_thread_inst(s->node_bits, s->now[i]), node = ps_thread_node(s->node_bits, s->now[i]);

		if (!ps_program_follow(program, node != 0 ? node : program->insts[inst].a, byte, &node))
			continue;
		if (node != PS_TRIE_END) {
			add_next(s, ps_thread_make(s->program, s->node_bits, inst, node), s->now_groups[i]);
			continue;
		}
		inst = program->insts[inst].b;
		if (s->arrived[inst] == s->round)
			continue;
		s->arrived[inst] = s->round;
		add_next(s, ps_thread_make(s->program, s->node_bits, inst, 0), s->now_groups[i]);
	}
}

/* Sorts the threads of each group: for the longest match their order does not count (T1). */
static void sort_groups(struct ps_span_states *s)
{
	for (size_t i = 0, end; i < s->next_count; i = end) {
		for (end = i + 1; end < s->next_count && s->next_groups[end] == s->next_groups[i];)
			end++;
		ps_threads_sort(&s->next[i], end - i);
	}
}

/*
 * Numbers the groups anew, and says in *action what that does to the starts. `fresh` is the number of the group that
 * began here. False: there are too many.
 */
static bool number_groups(struct ps_span_states *s, uint16_t fresh, struct ps_span_action *action)
{
	uint8_t *moves = &s->moves[s->move_count];
	uint16_t last = PS_SPAN_NO_GROUP;
	size_t groups = 0;

	action->moves = (uint32_t)s->move_count;
	for (size_t i = 0; i < s->next_count; i++) {
		uint16_t group = s->next_groups[i];

		if (group == last)
			continue;
		PS_ASSERT(last == PS_SPAN_NO_GROUP || group > last);
		last = group;
		s->next[i] |= NEW_GROUP;
		if (groups == PS_SPAN_GROUPS)
			return false;
		if (group == fresh)
			action->begins = true;
		else if (group == groups)
			action->kept++;
		else
			moves[action->moved++] = (uint8_t)group;
		groups++;
	}
	return true;
}

/* --- one step: the entry --- */

static bool is_same_action(const struct ps_span_states *s, const struct ps_span_action *a,
			   const struct ps_span_action *b)
{
	return a->to == b->to && a->match_group == b->match_group && a->match_pattern == b->match_pattern &&
	       a->kept == b->kept && a->moved == b->moved && a->begins == b->begins && !a->asks && !b->asks &&
	       memcmp(&s->moves[a->moves], &s->moves[b->moves], a->moved) == 0;
}

/* An entry that does this; `state` had the same action already if it is one of its last. */
static uint16_t add_action(struct ps_span_states *s, struct ps_span_state *state, struct ps_span_action *action)
{
	uint16_t id = state->last_action;

	for (int i = 0; i < SAME_STATE_MOST && id != 0; i++, id = s->actions[id - 1].previous)
		if (is_same_action(s, &s->actions[id - 1], action))
			return (uint16_t)(PS_SPAN_ACTION + id - 1);
	PS_ASSERT(s->action_count < s->action_max);
	action->previous = state->last_action;
	s->move_count += action->moved;
	s->actions[s->action_count++] = *action;
	state->last_action = (uint16_t)s->action_count;
	return (uint16_t)(PS_SPAN_ACTION + s->action_count - 1);
}

/* The entry for a byte, given what is on both sides of the place before it. */
static uint16_t compute_entry(struct ps_span_states *s, uint32_t state, unsigned byte, const struct place *place,
			      bool *flushed)
{
	struct ps_span_state info = s->infos[state], *kept = &s->infos[state];
	struct ps_span_action action = { .to = PS_SPAN_DEAD };
	bool searching;

	if (!close_threads(s, &info, place, byte)) {
		make_room(s, flushed);
		action.asks = true;
		return add_action(s, *flushed ? &s->infos[PS_SPAN_DEAD] : kept, &action);
	}
	s->next_count = 0;
	if (byte != PS_SPAN_END)
		advance_threads(s, (uint8_t)byte);
	if (s->longest)
		sort_groups(s);
	make_room(s, flushed);
	if (!number_groups(s, info.groups, &action))
		return PS_SPAN_QUIT;
	action.match_group = s->match_group;
	action.match_pattern = s->match_group != PS_SPAN_NO_GROUP ? s->match_pattern : 0;
	searching = info.searching && s->match_group == PS_SPAN_NO_GROUP && byte != PS_SPAN_END &&
		    !s->anchored;
	action.to = (uint16_t)intern_state(s, byte == PS_SPAN_END ? PS_SIDE_OTHER :
					      side_before(s, ps_side_of((uint8_t)byte)), searching);
	if (action.match_group == PS_SPAN_NO_GROUP && !action.begins && action.moved == 0)
		return action.to;
	return add_action(s, *flushed ? &s->infos[PS_SPAN_DEAD] : kept, &action);
}

/* The bytes that the program does not tell apart from this one have the same entry. */
static void enter_in_row(struct ps_span_states *s, uint32_t state, uint8_t byte, uint16_t entry)
{
	uint8_t class = s->program->classes[byte];

	for (int b = byte; b >= 0 && s->program->classes[b] == class; b--)
		s->rows[((size_t)state << 8) + (size_t)b] = entry;
	for (int b = byte + 1; b < 256 && s->program->classes[b] == class; b++)
		s->rows[((size_t)state << 8) + (size_t)b] = entry;
}

static enum ps_side side_after(unsigned byte)
{
	return byte == PS_SPAN_END ? PS_SIDE_NONE : ps_side_of((uint8_t)byte);
}

uint16_t ps_span_states_step(struct ps_span_states *s, uint32_t state, unsigned byte, bool *flushed)
{
	struct place place = { (enum ps_side)s->infos[state].before, side_after(byte) };
	uint16_t entry;

	PS_ASSERT(state >= PS_SPAN_IDLE && state < s->count);
	*flushed = false;
	entry = compute_entry(s, state, byte, &place, flushed);
	PS_ASSERT(entry != PS_SPAN_UNKNOWN);
	if (*flushed)
		return entry;
	if (byte == PS_SPAN_END)
		s->ends[state] = entry;
	else
		enter_in_row(s, state, (uint8_t)byte, entry);
	return entry;
}

uint16_t ps_span_states_variant(struct ps_span_states *s, uint32_t state, unsigned byte, uint16_t entry,
				unsigned variant, bool *flushed)
{
	struct place place = { (enum ps_side)s->infos[state].before, side_after(byte) };
	uint16_t found;

	if (place.before == PS_SIDE_UNKNOWN)
		place.before = (variant & PS_SPAN_WORD_BEFORE) != 0 ? PS_SIDE_WORD : PS_SIDE_OTHER;
	if (place.after == PS_SIDE_UNKNOWN)
		place.after = (variant & PS_SPAN_WORD_AFTER) != 0 ? PS_SIDE_WORD : PS_SIDE_OTHER;
	*flushed = false;
	found = compute_entry(s, state, byte, &place, flushed);
	PS_ASSERT(found < PS_SPAN_ACTION || !s->actions[found - PS_SPAN_ACTION].asks);
	if (!*flushed)
		s->actions[entry - PS_SPAN_ACTION].variants[variant] = found;
	return found;
}

/* --- the whole --- */

/* Whether there is no way into the pattern but through PS_ASSERT_BEGIN. */
static bool is_anchored(struct ps_span_states *s)
{
	size_t depth = 0;

	s->round++;
	s->stack[depth++] = s->program->pattern;
	while (depth > 0) {
		uint32_t inst = s->stack[--depth];
		const struct ps_inst *i = &s->program->insts[inst];

		if (s->seen[inst] == s->round)
			continue;
		s->seen[inst] = s->round;
		if (i->op == PS_OP_SPLIT) {
			s->stack[depth++] = i->b;
			s->stack[depth++] = i->a;
		} else if (i->op != PS_OP_ASSERT) {
			return false;
		} else if (i->a != PS_ASSERT_BEGIN) {
			s->stack[depth++] = i->b;
		}
	}
	return true;
}

/* Where the arrays of the buffer begin. */
static void lay_out_buffer(struct ps_span_states *s)
{
	uint8_t *at = (uint8_t *)s->rows + s->max * (size_t)ROW;

	s->threads = (uint32_t *)(void *)at;
	at += s->thread_max * sizeof(*s->threads);
	s->actions = (struct ps_span_action *)(void *)at;
	at += s->action_max * sizeof(*s->actions);
	s->ends = (uint16_t *)(void *)at;
	at += s->max * sizeof(*s->ends);
	s->moves = at;
}

int ps_span_states_init(struct ps_span_states *s, const struct ps_program *program, bool longest, size_t memory)
{
	size_t widest = program->count * 2 + 2;

	*s = (struct ps_span_states){ .program = program, .longest = longest, .widest = widest };
	while ((size_t)1 << s->node_bits < program->node_count)
		s->node_bits++;
	if (s->node_bits >= 31 || program->count > (UINT32_MAX >> 1) >> s->node_bits)
		return SEARCH_EVERSION;
	s->max = (uint32_t)ps_min(ps_max(memory / 2 / ROW, STATES_LEAST), PS_SPAN_ACTION - 1);
	s->thread_max = ps_max(memory / 4 / sizeof(*s->threads), widest * 4);
	s->action_max = (uint32_t)ps_min((size_t)s->max * 4, PS_SPAN_ACTION - 1);
	s->move_max = ps_max(memory / 32, (size_t)PS_SPAN_GROUPS * 4);
	for (s->table_mask = 127; s->table_mask < 2 * s->max; s->table_mask = s->table_mask * 2 + 1)
		;
	s->bytes = s->max * (ROW + sizeof(*s->ends)) + s->thread_max * sizeof(*s->threads) +
		   s->action_max * sizeof(*s->actions) + s->move_max;
	s->rows = ps_buffer_new(s->bytes);
	s->infos = malloc(s->max * sizeof(*s->infos));
	s->table = malloc(((size_t)s->table_mask + 1) * sizeof(*s->table));
	s->stack = malloc((program->count * 2 + 2) * sizeof(*s->stack));
	s->seen = calloc(program->count, sizeof(*s->seen));
	s->arrived = calloc(program->count, sizeof(*s->arrived));
	s->now = malloc(widest * sizeof(*s->now));
	s->next = malloc(widest * sizeof(*s->next));
	s->now_groups = malloc(widest * sizeof(*s->now_groups));
	s->next_groups = malloc(widest * sizeof(*s->next_groups));
	if (s->rows == NULL || s->infos == NULL || s->table == NULL || s->stack == NULL || s->seen == NULL ||
	    s->arrived == NULL || s->now == NULL || s->next == NULL || s->now_groups == NULL ||
	    s->next_groups == NULL) {
		ps_span_states_destroy(s);
		return SEARCH_ENOMEM;
	}
	lay_out_buffer(s);
	s->anchored = is_anchored(s);
	reset_states(s);
	return SEARCH_OK;
}

void ps_span_states_destroy(struct ps_span_states *s)
{
	ps_buffer_free(s->rows, s->bytes);
	free(s->infos);
	free(s->table);
	free(s->stack);
	free(s->seen);
	free(s->arrived);
	free(s->now);
	free(s->next);
	free(s->now_groups);
	free(s->next_groups);
	*s = (struct ps_span_states){ 0 };
}
