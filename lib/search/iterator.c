/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iterator.c - the caller's side: one item after the other, in order.
 *
 * Batches come from the outlet in front, or from a task that the caller runs
 * itself because nobody else does. The caller's task is always the head of the
 * order, so what it yields is what comes next.
 *
 * Each round listens at the bell before it looks anywhere: what happens after
 * the look rings.
 */
#include "search.h"

#include <string.h>

/* --- sources --- */

#define SLOW_SOURCE UINT64_C(200000) /* nanoseconds: waking a thread is little beside them */

/*
 * Adds the host's next source to the plan, or notes that there is none. As long as the host is not known
 * to be quick, threads are woken for each source, so that none lies there while the host waits for its next
 * one. SEARCH_OK or SEARCH_ENOMEM.
 */
static int pull_source(struct search *s, enum ps_follow follow)
{
	struct search_source source = { 0 };
	uint64_t began = ps_time();
	int got = s->settings.next_source(s->settings.next_source_context, &source);

	s->quick_sources = ps_time() - began < SLOW_SOURCE ? s->quick_sources + 1 : 0;
	if (s->quick_sources <= PS_SOURCES_AHEAD)
		follow = PS_FOLLOW_LATER;
	s->sources_failed = got < 0 || (got > 0 && ps_source_problem(&source) != NULL);
	s->sources_over = got == 0 || s->sources_failed;
	if (s->sources_over)
		return ps_plan_add(s->plan, NULL, 0, PS_FOLLOW_NONE);
	return ps_plan_add(s->plan, &source, 1, follow);
}

/*
 * Asks the host for as many sources as are wanted. If it fails, the search ends in the place of the source
 * that failed, which does not depend on how far ahead we are. SEARCH_OK or SEARCH_ENOMEM.
 */
static int pull_sources(struct search *s)
{
	uint64_t wanted = ps_plan_sources_wanted(s->plan);
	int rc = SEARCH_OK;

	for (; rc == SEARCH_OK && wanted > 0 && !s->sources_over; wanted--)
		rc = pull_source(s, wanted > 1 ? PS_FOLLOW_AT_ONCE : PS_FOLLOW_LATER);
	return rc;
}

/* --- the end --- */

/* The search ended, and answers the same from now on. */
static int end(struct search *s, enum search_outcome outcome, int result)
{
	if (ps_owner_is_parent(&s->owner))
		return SEARCH_EINVAL;
	if (s->outcome == SEARCH_OUTCOME_RUNNING) {
		s->outcome = (int)outcome;
		s->result = result;
		ps_search_stop(s);
	}
	return s->result;
}

/* Was the search ended from outside? Its result, or SEARCH_OK. */
static int look_for_end(struct search *s)
{
	int failure = atomic_load_explicit(&s->ending.failure, memory_order_seq_cst);

	if (atomic_load_explicit(&s->ending.canceled, memory_order_seq_cst))
		return end(s, SEARCH_OUTCOME_CANCELED, SEARCH_ECANCELED);
	if (failure != 0)
		return end(s, SEARCH_OUTCOME_FAILED, failure);
	return SEARCH_OK;
}

/* --- batches --- */

static struct ps_delivery *delivery_of(const struct search *s)
{
	return ps_outlet_user(s->outlet);
}

/* Done with the batch at hand; with its outlet too, when that was its last. */
static void drop_batch(struct search *s)
{
	bool last = s->batch->last;
	bool file_ends = last && (s->batch->part == PS_PART_NONE || s->batch->part == PS_PART_LAST);
	struct ps_outlet *outlet = s->outlet;

	PS_ASSERT(s->next == s->batch->count);
	if (last)
		s->joining = false;
	if (file_ends) { /* what follows is another's; its first part may have nothing to say */
		s->context_left = 0;
		s->join = (struct ps_join){ 0 };
	}
	if (outlet == NULL) {
		ps_batch_reset(s->batch);
		s->spare = s->batch;
		s->batch = NULL;
		return;
	}
	ps_outlet_release(outlet, s->batch);
	s->batch = NULL;
	if (last) {
		ps_plan_retire(s->plan, &delivery_of(s)->place);
		ps_outlet_give_back(outlet);
		s->outlet = NULL;
	}
}

/* What a look for the next batch came to. */
enum look {
	LOOK_BATCH,   /* there is one at hand */
	LOOK_NAMES,   /* there are names at hand instead */
	LOOK_AGAIN,   /* something has moved */
	LOOK_YIELD,   /* a step's work was done for nothing yet: look again, unless waiting is not allowed */
	LOOK_STALLED, /* our own task waits for a stream, or for a descriptor */
	LOOK_WAIT,    /* others are at it */
	LOOK_END      /* or a negative SEARCH_E... */
};

/* Without an order, and with others at it, a stream of our own is no reason not to take their batches. */
static bool has_others(const struct search *s)
{
	return s->worker_count > 0 && (s->settings.flags & SEARCH_RESULT_UNORDERED) != 0;
}

/* Such a stream is waited for together with the bell. */
int ps_caller_stop_fd(struct search *s)
{
	if (has_others(s))
		return ps_doorbell_fd(&s->door, (s->settings.flags & SEARCH_RESULT_SOCKET) != 0);
	return ps_ending_stop_fd(&s->ending);
}

/* Takes the batch that the caller's own task has ready. */
static int take_own(struct search *s)
{
	if (!s->own_named) {
		s->own_source = ps_claim_source_index(s->task.claim);
		if (ps_claim_path(s->task.claim, ps_task_entry(&s->task), &s->own_path) != SEARCH_OK)
			return SEARCH_ENOMEM;
	}
	PS_ASSERT(s->batch == NULL && s->outlet == NULL);
	s->own_named = !s->task.batch->last;
	s->batch = s->task.batch;
	s->task.batch = s->spare;
	s->spare = NULL;
	s->next = 0;
	return LOOK_BATCH;
}

static int run_own(struct search *s, bool wait)
{
	int rc;

	if (ps_ending_expired(&s->ending))
		return LOOK_WAIT;
	rc = ps_task_step(&s->task, wait);
	if (rc == PS_TASK_BATCH)
		return take_own(s);
	if (rc == PS_TASK_MORE)
		return LOOK_YIELD;
	if (rc == PS_TASK_WAIT)
		return LOOK_STALLED;
	if (rc == PS_TASK_END)
		s->own_done = true;
	return rc == PS_TASK_END ? LOOK_AGAIN : rc;
}

static enum ps_help help_with(const struct search *s, bool wait)
{
	if (atomic_load_explicit(&s->ending.expired, memory_order_seq_cst) || (s->task.claim != NULL && !s->own_done))
		return PS_HELP_NEVER;
	/* without an order there is something else to wait for than the head */
	if (s->worker_count == 0 || (wait && !has_others(s)))
		return PS_HELP_ALWAYS;
	return PS_HELP_ALONE;
}

/* Asks the plan what comes next. */
static int look_at_head(struct search *s, bool wait)
{
	enum ps_help help = help_with(s, wait);
	struct ps_claim *claim = s->own_done ? s->task.claim : NULL;
	struct ps_place *place;
	int rc;

	if (s->own_done)
		s->task.claim = NULL;
	s->own_done = false;
	rc = ps_plan_head(s->plan, &s->holder, &claim, help, &place);
	switch (rc) {
	case PS_HEAD_PLACE:
		PS_ASSERT(s->outlet == NULL);
		s->outlet = ps_outlet_of(place);
		ps_outlet_front(s->outlet);
		return LOOK_AGAIN;
	case PS_HEAD_CLAIMED:
		PS_ASSERT(s->task.claim == NULL && !s->own_done);
		ps_task_begin(&s->task, claim);
		return LOOK_YIELD;
	case PS_HEAD_NAMES:
		rc = ps_plan_names(s->plan, &s->names);
		s->naming = rc == SEARCH_OK;
		return s->naming ? LOOK_NAMES : rc;
	case PS_HEAD_SOURCES:
		rc = pull_sources(s);
		return rc == SEARCH_OK ? LOOK_AGAIN : rc;
	case PS_HEAD_RUNNING:
		return LOOK_WAIT;
	case PS_HEAD_END:
		return LOOK_END;
	default:
		return rc;
	}
}

/*
 * Our own task goes on. Without an order, others go first that have something, unless part of our
 * file is delivered. Where it is `armed` we have looked for them before, and wait for both.
 */
static int look_at_own(struct search *s, bool wait, bool armed)
{
	bool others = has_others(s);
	int rc;

	if (others && !s->task.delivered) {
		rc = look_at_head(s, wait);
		if (rc != LOOK_WAIT)
			return rc;
	}
	if (!others || !wait || !armed)
		return run_own(s, wait && !others);
	ps_plan_blocked(s->plan, true);
	rc = run_own(s, true);
	ps_plan_blocked(s->plan, false);
	return rc;
}

static int look(struct search *s, bool wait, bool armed)
{
	if (s->outlet != NULL) {
		s->batch = ps_outlet_pop(s->outlet);
		s->next = 0;
		return s->batch != NULL ? LOOK_BATCH : LOOK_WAIT;
	}
	if (s->task.claim != NULL && !s->own_done)
		return look_at_own(s, wait, armed);
	return look_at_head(s, wait);
}

/* Nothing is ready, and others are at it. SEARCH_OK: look again. */
static int wait_for_news(struct search *s, uint32_t heard, bool wait, bool *armed)
{
	if (atomic_load_explicit(&s->ending.expired, memory_order_seq_cst))
		return end(s, SEARCH_OUTCOME_TIMED_OUT, SEARCH_ETIMEDOUT);
	if (wait) {
		PS_TRACE(&s->trace, "wait for news", s, 0);
		if (!ps_bell_wait(&s->door.bell, heard, s->settings.deadline))
			ps_ending_expired(&s->ending);
		return SEARCH_OK;
	}
	if (ps_ending_expired(&s->ending))
		return SEARCH_OK;
	if (*armed)
		return SEARCH_EAGAIN;
	PS_TRACE(&s->trace, "arm", s, 0);
	ps_doorbell_arm(&s->door);
	*armed = true;
	return SEARCH_OK;
}

/* There is more for us to do: readable, even where the host has read what made it so. */
static int come_again(struct search *s)
{
	ps_doorbell_arm(&s->door);
	ps_doorbell_disarm(&s->door);
	return SEARCH_EAGAIN;
}

/* What a look that found no batch calls for. SEARCH_OK: look again. */
static int go_on(struct search *s, enum look found, uint32_t heard, bool wait, bool *armed)
{
	bool stalled = found == LOOK_STALLED && has_others(s);

	if (found == LOOK_WAIT)
		return wait_for_news(s, heard, wait, armed);
	if (!wait && (found == LOOK_YIELD || found == LOOK_STALLED))
		return come_again(s);
	/* the next look is the last before a wait for both; behind it all is open again */
	if (stalled && !*armed)
		ps_doorbell_arm(&s->door);
	*armed = stalled && !*armed;
	return SEARCH_OK;
}

/* Gets a batch at hand, or names. 1; 0 at the end; SEARCH_E... */
static int next_batch(struct search *s, bool wait)
{
	bool armed = false;

	for (;;) {
		uint32_t heard = ps_bell_listen(&s->door.bell);
		int rc = look_for_end(s);

		if (rc != SEARCH_OK)
			return rc;
		if (ps_plan_hungry(s->plan) && !s->sources_over)
			rc = pull_sources(s);
		if (rc == SEARCH_OK)
			rc = look(s, wait, armed);
		if (rc == LOOK_BATCH || rc == LOOK_NAMES)
			return 1;
		if (rc == LOOK_END && s->sources_failed)
			rc = SEARCH_ESOURCE;
		if (rc == LOOK_END)
			return end(s, SEARCH_OUTCOME_COMPLETE, SEARCH_OK);
		if (rc < 0)
			return end(s, SEARCH_OUTCOME_FAILED, rc);
		rc = go_on(s, (enum look)rc, heard, wait, &armed);
		if (rc != SEARCH_OK)
			return rc;
	}
}

/* --- items --- */

static void fill_path(struct search *s, struct search_item *item)
{
	const struct ps_text *path = s->outlet != NULL ? &delivery_of(s)->path : &s->own_path;

	item->path = path->bytes;
	item->path_length = path->length;
	item->source = s->outlet != NULL ? delivery_of(s)->source : s->own_source;
}

static void fill_item(struct search *s, const struct ps_record *r)
{
	struct search_item *item = &s->item;

	*item = (struct search_item){
		.kind = r->kind,
		.flags = r->flags,
		.line = r->line,
		.offset = r->offset,
	};
	fill_path(s, item);
	switch (r->kind) {
	case SEARCH_ITEM_ERROR:
		item->error = r->error;
		item->reason = r->reason;
		item->message = ps_batch_text(s->batch, r);
		break;
	case SEARCH_ITEM_FILE_END:
		item->matches = r->line_length;
		item->bytes = r->window;
		break;
	case SEARCH_ITEM_BINARY:
	case SEARCH_ITEM_FILE:
		break;
	default:
		item->text = r->length > 0 ? ps_batch_text(s->batch, r) : "";
		item->length = r->length;
		item->line_bytes = r->line_length;
		item->text_offset = r->window;
		item->spans = r->span_count > 0 ? s->batch->spans + r->spans : NULL;
		item->span_count = r->span_count;
	}
}

/* --- parts of a file --- */

/* The claim that the batch at hand is of. */
static struct ps_claim *claim_at_hand(const struct search *s)
{
	return s->outlet != NULL ? delivery_of(s)->place.claim : s->task.claim;
}

/* The last part of a file has told its end: now it is known what became of the file. */
static void count_file(struct search *s)
{
	_Atomic uint64_t *counter = s->join.skipped ? &s->counters.files_skipped : &s->counters.files_searched;

	ps_count(counter, 1);
}

/* The next record of the batch at hand. NULL: it is not for the host. */
static const struct ps_record *next_record(struct search *s)
{
	struct ps_record *r = &s->batch->records[s->next++];
	enum ps_part_kind kind = (enum ps_part_kind)s->batch->part;
	bool wanted, done;

	if (kind == PS_PART_NONE)
		return r;
	if (!s->joining) {
		s->join.before = ps_claim_before(s->plan, claim_at_hand(s));
		s->joining = true;
	}
	done = s->join.done;
	wanted = ps_join_record(&s->join, &s->settings, r);
	if (s->join.done && !done && kind != PS_PART_LAST)
		ps_claim_cut(claim_at_hand(s));
	if (r->kind == SEARCH_ITEM_FILE_END)
		count_file(s);
	return wanted ? r : NULL;
}

static bool is_counted(uint32_t kind)
{
	return kind == SEARCH_ITEM_MATCH || kind == SEARCH_ITEM_BINARY || kind == SEARCH_ITEM_FILE;
}

/*
 * max_matches: the last match may still have context behind it, the lines that
 * follow it without a gap. True: this record is the first that is too much.
 */
static bool is_beyond_limit(struct search *s, const struct ps_record *r)
{
	if (!s->limited) {
		s->limited = is_counted(r->kind) && ++s->matches >= s->settings.max_matches;
		s->context_left = s->settings.scan.after_context;
		s->context_offset = ps_record_next(r);
		return false;
	}
	if (r->kind != SEARCH_ITEM_CONTEXT || r->offset != s->context_offset || s->context_left == 0)
		return true;
	s->context_left--;
	s->context_offset = ps_record_next(r);
	return false;
}

/* Was the last match delivered, and the context behind it? */
static bool is_limit_reached(const struct search *s)
{
	return s->limited && s->context_left == 0;
}

/* True: there is a record to look at; false: *rc is what search_next answers. */
static bool fetch_batch(struct search *s, bool wait, int *rc)
{
	while (s->batch == NULL || s->next == s->batch->count) {
		*rc = SEARCH_EINVAL;
		if (ps_owner_is_parent(&s->owner))
			return false;
		if (s->batch != NULL)
			drop_batch(s);
		*rc = is_limit_reached(s) ? end(s, SEARCH_OUTCOME_LIMITED, SEARCH_OK) : next_batch(s, wait);
		if (s->batch == NULL)
			return false;
	}
	return true;
}

/* A file of those that are only listed. */
static int deliver_name(struct search *s, const struct search_item **item)
{
	s->item = (struct search_item){
		.kind = SEARCH_ITEM_FILE,
		.source = s->names.source,
		.path = s->names.path.bytes,
		.path_length = s->names.path.length,
	};
	*item = &s->item;
	s->limited = ++s->matches >= s->settings.max_matches;
	return 1;
}

int ps_deliver(struct search *s, const struct search_item **item, bool wait)
{
	const struct ps_record *r = NULL;
	int rc;

	*item = NULL;
	if (s->outcome != SEARCH_OUTCOME_RUNNING)
		return s->result;
	if (is_limit_reached(s))
		return end(s, SEARCH_OUTCOME_LIMITED, SEARCH_OK);
	if (atomic_load_explicit(&s->ending.canceled, memory_order_seq_cst))
		return look_for_end(s);
	if (s->naming && s->names.next == s->names.end && ps_owner_is_parent(&s->owner))
		return SEARCH_EINVAL;
	if (s->naming) {
		s->naming = ps_names_next(s->plan, &s->names, &rc);
		if (rc != SEARCH_OK)
			return end(s, SEARCH_OUTCOME_FAILED, rc);
		if (s->naming)
			return deliver_name(s, item);
	}
	while (r == NULL) {
		if (!fetch_batch(s, wait, &rc))
			return s->naming ? deliver_name(s, item) : rc;
		r = next_record(s);
	}
	if (is_beyond_limit(s, r))
		return end(s, SEARCH_OUTCOME_LIMITED, SEARCH_OK);
	fill_item(s, r);
	*item = &s->item;
	return 1;
}
