/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * span_dfa.c - a lazy automaton that finds where the matches in a line begin and end.
 *
 * The simulation (pike.c) keeps a list of threads in order of preference, and each thread knows where its match
 * began. Without that, equal lists go to equal lists whenever the same byte is read: they can be the states of a
 * deterministic automaton, made when they come up first (span_states.c), and then a byte of text costs one load.
 * What the automaton cannot know, the search keeps beside it: for each group of threads that began together, where
 * that was. Transitions that change this, or at which a match ends, are marked as actions; the others, which are
 * nearly all, are done in a loop of a few instructions. One pass over the text finds both ends of a match.
 *
 * A match that is found is not the result at once, since a thread before it may find a better one, or the same thread
 * a longer one. It is noted; when no thread is left, the last note is the result.
 *
 * While no thread is left and none was noted, the automaton is idle: only a match that has yet to begin can come.
 * Then the caller's function may know a place from where on to read (ps_span_skip), such as the next occurrence of a
 * string that each match holds. If that does not take the search far, it is not asked for a while.
 *
 * One search takes time in proportion to the text that it reads. All searches of a line together do, too, or nearly so:
 * see span_memo.h.
 */
#include "span_dfa.h"

#include "../base/utf8.h"
#include "../onig/onig.h"
#include "span_memo.h"
#include "span_states.h"

#include <stdlib.h>
#include <string.h>

#define NOWHERE SIZE_MAX

enum {
	HOPELESS_FLUSHES = 16,       /* after this many hasty flushes the automaton is hopeless */
	HOPELESS_BYTES = 64 * 1024,  /* a flush is hasty after less text than this */
	CHUNK = 64 * 1024,           /* bytes that are read before the budget is asked, */
	ASK_THREADS = 1 << 16,       /* or threads of new states, a few milliseconds of work */
	BYTES_A_STEP = 4,            /* bytes that count as a step of the simulation, */
	READS_FREE = 8,              /* once a line has been read this many times */
	BLOCK = 256,                 /* characters */
	SKIPS = 32,                  /* after this many skips their gain is weighed: */
	SKIP_GAIN = SKIPS * 8,       /* bytes that they must have saved, all together, */
	SKIP_REST = 64 * 1024        /* or none is tried for this many bytes */
};

/* Which characters below U+10000 are word characters, filled in by blocks of BLOCK. */
struct words {
	uint64_t known[0x10000 / BLOCK / 64];
	uint64_t bits[0x10000 / 64];
};

/* How a search stands. */
struct run {
	size_t at;     /* the next byte to read */
	size_t stop;   /* where to look up again */
	size_t beyond; /* there is nothing to skip before this place */
	uint16_t low;  /* the first state that needs no look */
};

struct ps_span_dfa {
	struct ps_span_states states;
	struct words words;
	uint64_t scanned;  /* since the last flush */
	uint32_t hasty;    /* flushes that came too soon */
	struct ps_span_memo memo;
	size_t spent;      /* bytes since the budget was last asked, */
	size_t made;       /* and threads of the states made since then */
	size_t reads;      /* bytes of this line that were read, some of them more than once */
	bool quit;         /* the last search ended since the automaton could not go on */
	ps_span_skip *skip; /* NULL: there is none */
	const void *context;
	size_t skips, skip_gain; /* since the gain was last weighed */
	size_t skip_rest;  /* how many more bytes are read without a skip */

	/* of the current search */
	struct run run;
	const uint8_t *text;
	size_t length;
	size_t begin;      /* of the match that was noted; NOWHERE: none yet */
	uint32_t state;
	uint32_t pattern;  /* of that match, */
	size_t end;        /* and its end. Not beside `begin`, which is stored at another time: loading both stalls */
	size_t starts[PS_SPAN_GROUPS + 1]; /* where each group of the state began (T2) */
};

int ps_span_dfa_new(struct ps_span_dfa **out, const struct ps_program *program, bool longest, size_t memory)
{
	struct ps_span_dfa *dfa = calloc(1, sizeof(*dfa));
	int rc;

	*out = NULL;
	if (dfa == NULL)
		return SEARCH_ENOMEM;
	rc = ps_span_states_init(&dfa->states, program, longest, memory);
	if (rc != SEARCH_OK) {
		free(dfa);
		return rc;
	}
	*out = dfa;
	return SEARCH_OK;
}

void ps_span_dfa_free(struct ps_span_dfa *dfa)
{
	if (dfa == NULL)
		return;
	ps_span_states_destroy(&dfa->states);
	ps_span_memo_destroy(&dfa->memo);
	free(dfa);
}

void ps_span_dfa_skip_by(struct ps_span_dfa *dfa, ps_span_skip *skip, const void *context)
{
	dfa->skip = skip;
	dfa->context = context;
}

bool ps_span_dfa_has_quit(const struct ps_span_dfa *dfa)
{
	return dfa->quit;
}

bool ps_span_dfa_is_hopeless(const struct ps_span_dfa *dfa)
{
	return dfa->hasty >= HOPELESS_FLUSHES;
}

/* --- entries --- */

static bool has_bit(const uint64_t *bits, uint32_t i)
{
	return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static void learn_words(struct words *words, uint32_t block)
{
	for (uint32_t code = block * BLOCK; code < (block + 1) * BLOCK; code++)
		if (ps_ctype_is_word(code))
			words->bits[code / 64] |= UINT64_C(1) << (code % 64);
	words->known[block / 64] |= UINT64_C(1) << (block % 64);
}

/* Whether the sequence of n bytes is a word character. A rewritten byte is not a valid sequence: n is 0. */
static bool is_word(struct ps_span_dfa *d, const uint8_t *sequence, size_t n)
{
	uint32_t code = n > 0 ? ps_utf8_decode(sequence, n) : 0;

	if (n == 0 || code >= 0x10000)
		return n > 0 && ps_ctype_is_word(code);
	if (!has_bit(d->words.known, code / BLOCK))
		learn_words(&d->words, code / BLOCK);
	return has_bit(d->words.bits, code);
}

static bool is_word_before(struct ps_span_dfa *d, size_t at)
{
	size_t n = ps_utf8_last(d->text, d->text + at);

	return is_word(d, d->text + at - n, n);
}

static bool is_word_at(struct ps_span_dfa *d, size_t at)
{
	return is_word(d, d->text + at, at < d->length ? ps_utf8_sequence(d->text + at, d->text + d->length) : 0);
}

static void note_flush(struct ps_span_dfa *d)
{
	ps_span_memo_flush(&d->memo);
	if (d->scanned < HOPELESS_BYTES)
		d->hasty++;
	d->scanned = 0;
}

/* An action that asks: the entry for the characters around this place. */
PS_SELDOM static uint16_t choose_variant(struct ps_span_dfa *d, unsigned byte, size_t at, uint16_t entry)
{
	unsigned variant = (is_word_before(d, at) ? PS_SPAN_WORD_BEFORE : 0U) |
			   (is_word_at(d, at) ? PS_SPAN_WORD_AFTER : 0U);
	uint16_t found = d->states.actions[entry - PS_SPAN_ACTION].variants[variant];
	bool flushed = false;

	if (found == PS_SPAN_UNKNOWN)
		found = ps_span_states_variant(&d->states, d->state, byte, entry, variant, &flushed);
	if (flushed)
		note_flush(d);
	return found;
}

PS_SELDOM static uint16_t make_entry(struct ps_span_dfa *d, unsigned byte)
{
	bool flushed;
	uint16_t entry = ps_span_states_step(&d->states, d->state, byte, &flushed);

	d->made += d->states.next_count;
	if (d->made >= ASK_THREADS)
		d->run.stop = d->run.at + 1; /* time to ask the budget */
	if (flushed)
		note_flush(d);
	return entry;
}

/* The entry for the byte at this place, made if need be, and never an action that asks. */
static uint16_t resolve_entry(struct ps_span_dfa *d, uint16_t entry, unsigned byte, size_t at)
{
	if (entry == PS_SPAN_UNKNOWN)
		entry = make_entry(d, byte);
	if (entry >= PS_SPAN_ACTION && d->states.actions[entry - PS_SPAN_ACTION].asks)
		entry = choose_variant(d, byte, at, entry);
	return entry;
}

/* Does what an action says, before the byte at `at` is read. `groups`: of the state before. */
static void do_action(struct ps_span_dfa *d, const struct ps_span_action *action, uint16_t groups, size_t at)
{
	const uint8_t *moves = d->states.moves + action->moves;

	PS_ASSERT(groups <= PS_SPAN_GROUPS);
	d->starts[groups] = at;
	if (action->match_group != PS_SPAN_NO_GROUP) {
		d->begin = d->starts[action->match_group];
		d->end = at;
		d->pattern = action->match_pattern;
		ps_span_memo_restart(&d->memo, at);
	}
	for (size_t i = 0; i < action->moved; i++)
		d->starts[action->kept + i] = d->starts[moves[i]];
	if (action->begins)
		d->starts[action->kept + action->moved] = at;
	d->state = action->to;
}

/* Whether the action changes nothing but the end of a match: then a run of them is as good as the last. */
static bool is_repeatable(const struct ps_span_action *action, uint32_t state)
{
	return action->to == state && action->moved == 0 && !action->begins;
}

/* --- the search --- */

/* The state before the byte at `at` if no thread is there yet. */
static uint32_t idle_state_at(const struct ps_span_dfa *d, size_t at)
{
	return ps_span_idle_state(&d->states, at == 0 ? PS_SIDE_NONE : ps_side_of(d->text[at - 1]));
}

static bool is_idle(uint32_t state)
{
	return state >= PS_SPAN_IDLE && state < PS_SPAN_FIRST;
}

/* Whether skipping is worth while at present. */
static bool may_skip(struct ps_span_dfa *d)
{
	if (d->skip == NULL || d->skip_rest > 0)
		return false;
	if (d->skips < SKIPS)
		return true;
	if (d->skip_gain < SKIP_GAIN)
		d->skip_rest = SKIP_REST;
	d->skips = d->skip_gain = 0;
	return d->skip_rest == 0;
}

/* Idle: goes on where a match may begin. False: there is none. */
static bool skip_text(struct ps_span_dfa *d, struct run *r)
{
	size_t to = d->skip(d->context, d->text, d->length, r->at, &r->beyond);

	d->skips++;
	d->skip_gain += ps_min(ps_min(to, d->length) - r->at, SKIP_GAIN);
	if (to == SIZE_MAX)
		return false;
	PS_ASSERT(to >= r->at && to <= r->beyond && r->at < r->beyond && r->beyond <= d->length);
	d->state = idle_state_at(d, to);
	r->at = to;
	return d->state != PS_SPAN_DEAD;
}

/* The line, or a part of it, takes long: asks the budget. False: it is exhausted. */
static bool spend_bytes(struct ps_span_dfa *d, struct ps_line_budget *budget, size_t bytes)
{
	d->scanned += bytes;
	d->skip_rest -= ps_min(d->skip_rest, bytes);
	d->reads += bytes;
	d->spent += bytes;
	if (d->spent < CHUNK && d->made < ASK_THREADS)
		return true;
	bytes = d->spent;
	d->spent = d->made = 0;
	return ps_line_budget_spend(budget, d->reads / READS_FREE > d->length ? bytes / BYTES_A_STEP : 0);
}

/* Whether from here on no match ends: the search has found what it can. */
static bool is_in_vain(struct ps_span_dfa *d, const struct run *r)
{
	return r->at % PS_SPAN_SAMPLE == 0 && ps_span_memo_check(&d->memo, r->at, (uint16_t)d->state);
}

/* Sets up the next stretch of text. False: there is no match in it, or none after that which was noted. */
static bool begin_stretch(struct ps_span_dfa *d, struct run *r)
{
	bool skips = may_skip(d), remembers = d->memo.on && d->begin != NOWHERE;

	if (remembers && is_in_vain(d, r))
		return false;

	if (skips && r->at >= r->beyond && is_idle(d->state) && !skip_text(d, r))
		return false;
	r->stop = ps_min(d->length, r->at + CHUNK);
	if (skips && r->at < r->beyond)
		r->stop = ps_min(r->stop, r->beyond);
	if (d->memo.on)
		r->stop = ps_min(r->stop, (r->at / PS_SPAN_SAMPLE + 1) * PS_SPAN_SAMPLE);
	r->low = skips && r->at >= r->beyond ? PS_SPAN_FIRST : PS_SPAN_IDLE;
	return true;
}

/* Reads bytes while they lead from state to state. Returns the entry that needs a look; or the state, at r->stop. */
static uint16_t run_states(struct ps_span_dfa *d, struct run *r)
{
	const uint16_t *rows = d->states.rows;
	const uint8_t *text = d->text;
	size_t at = r->at, stop = r->stop;
	uint32_t state = d->state;
	uint16_t entry = (uint16_t)state, low = r->low;

	while (at < stop) {
		entry = rows[((size_t)state << 8) + text[at]];
		if ((uint16_t)(entry - low) >= PS_SPAN_ACTION - low)
			break;
		state = entry;
		at++;
	}
	r->at = at;
	d->state = state;
	return entry;
}

/* Reads on while the same action is to be done over and over. */
static void run_action(struct ps_span_dfa *d, struct run *r, uint16_t entry)
{
	const uint16_t *row = d->states.rows + ((size_t)d->state << 8);
	size_t at = r->at;

	while (at < r->stop && row[d->text[at]] == entry)
		at++;
	if (at > r->at) {
		d->end = at - 1;
		ps_span_memo_restart(&d->memo, d->end);
	}
	r->at = at;
}

/* Reads the byte at r->at, with all that this entails. False: the automaton cannot go on. */
static bool take_entry(struct ps_span_dfa *d, struct run *r, uint16_t entry)
{
	uint16_t groups = d->states.infos[d->state].groups;
	uint32_t before = d->state;

	entry = resolve_entry(d, entry, d->text[r->at], r->at);
	d->quit = entry == PS_SPAN_QUIT || ps_span_dfa_is_hopeless(d);
	if (d->quit)
		return false;
	if (entry < PS_SPAN_ACTION) {
		d->state = entry;
		r->at++;
		return true;
	}
	do_action(d, &d->states.actions[entry - PS_SPAN_ACTION], groups, r->at);
	r->at++;
	if (is_repeatable(&d->states.actions[entry - PS_SPAN_ACTION], before))
		run_action(d, r, entry);
	return true;
}

/* The line ends: does a match end there? False: the automaton cannot go on. */
static bool take_end(struct ps_span_dfa *d)
{
	uint16_t groups = d->states.infos[d->state].groups;
	uint16_t entry = resolve_entry(d, d->states.ends[d->state], PS_SPAN_END, d->length);

	d->quit = entry == PS_SPAN_QUIT || ps_span_dfa_is_hopeless(d);
	if (d->quit)
		return false;
	if (entry >= PS_SPAN_ACTION)
		do_action(d, &d->states.actions[entry - PS_SPAN_ACTION], groups, d->length);
	return true;
}

enum progress { GO_ON, DONE, CANNOT_GO_ON };

/* Reads one stretch of the text, or a part of it. */
static enum progress run_stretch(struct ps_span_dfa *d, struct run *r)
{
	while (r->at < r->stop) {
		uint16_t entry = run_states(d, r);

		if (r->at == r->stop)
			break;
		if (entry == PS_SPAN_DEAD)
			return DONE;
		if (!take_entry(d, r, entry))
			return CANNOT_GO_ON;
		if (d->state == PS_SPAN_DEAD)
			return DONE;
		if (r->low == PS_SPAN_FIRST && is_idle(d->state))
			break;
	}
	return GO_ON;
}

/* Reads the text up to where nothing better can come. */
static enum progress run_text(struct ps_span_dfa *d, struct ps_line_budget *budget, struct run *r)
{
	while (r->at < d->length) {
		size_t before = r->at;
		enum progress progress;

		if (!begin_stretch(d, r))
			return DONE;
		progress = run_stretch(d, r);
		if (!spend_bytes(d, budget, r->at - before))
			return CANNOT_GO_ON;
		if (progress != GO_ON)
			return progress;
	}
	return take_end(d) ? DONE : CANNOT_GO_ON;
}

static void begin_search(struct ps_span_dfa *d, const uint8_t *text, size_t length, size_t from)
{
	if (from == 0 || d->text != text || d->length != length) {
		ps_span_memo_begin_line(&d->memo);
		d->reads = 0;
	}
	d->text = text;
	d->length = length;
	d->begin = NOWHERE;
	d->end = 0;
	d->pattern = 0;
	d->state = idle_state_at(d, from);
	d->quit = false;
	ps_span_memo_restart(&d->memo, from);
}

int ps_span_dfa_search(struct ps_span_dfa *dfa, struct ps_line_budget *budget, const uint8_t *text, size_t length,
		       size_t from, struct search_span *span)
{
	struct run *r = &dfa->run;
	enum progress progress = DONE;

	PS_ASSERT(from <= length);
	*r = (struct run){ .at = from };
	begin_search(dfa, text, length, from);
	if (dfa->state != PS_SPAN_DEAD)
		progress = run_text(dfa, budget, r);
	*span = (struct search_span){ .begin = dfa->begin, .end = dfa->end, .pattern = dfa->pattern };
	if (progress == CANNOT_GO_ON)
		return PS_UNDECIDED;
	if (span->begin == NOWHERE)
		return PS_NONE;
	ps_span_memo_end_search(&dfa->memo, r->at - ps_min(r->at, span->end), length);
	return PS_FOUND;
}
