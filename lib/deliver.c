/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deliver.c - the caller's side: one item after the other, in order.
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

enum { SOURCES_AHEAD = 64 };

/* --- sources --- */

/* Asks the host for more sources. SEARCH_OK, SEARCH_ENOMEM or SEARCH_ESOURCE. */
static int pull_sources(struct search *s)
{
	for (int n = 0; n < SOURCES_AHEAD && !s->sources_over; n++) {
		struct search_source source = { 0 };
		int rc = s->settings.next_source(s->settings.next_source_context, &source);

		if (rc < 0 || (rc > 0 && ps_source_problem(&source) != NULL))
			return SEARCH_ESOURCE;
		s->sources_over = rc == 0;
		rc = ps_plan_add(s->plan, &source, rc > 0 ? 1 : 0, s->sources_over);
		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

/* --- the end --- */

/* The search ended, and answers the same from now on. */
static int end(struct search *s, enum search_outcome outcome, int result)
{
	if (s->outcome == SEARCH_RUNNING) {
		s->outcome = (int)outcome;
		s->result = result;
		ps_search_stop(s);
	}
	return s->result;
}

/* Was the search ended from outside? Its result, or SEARCH_OK. */
static int look_for_end(struct search *s)
{
	int failure = atomic_load(&s->failure);

	if (atomic_load(&s->canceled))
		return end(s, SEARCH_CANCELED, SEARCH_ECANCELED);
	if (failure != 0)
		return end(s, SEARCH_FAILED, failure);
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
	struct ps_outlet *outlet = s->outlet;

	if (last)
		s->context_left = 0; /* what follows is another file's */
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
	LOOK_BATCH,  /* there is one at hand */
	LOOK_AGAIN,  /* something has moved */
	LOOK_YIELD,  /* a step's work was done for nothing yet: look again, unless waiting is not allowed */
	LOOK_WAIT,   /* others are at it */
	LOOK_END     /* or a negative SEARCH_E... */
};

/* Takes the batch that the caller's own task has ready. */
static int take_own(struct search *s)
{
	if (!s->own_named) {
		s->own_source = ps_claim_source_index(s->task.claim);
		if (ps_claim_path(s->task.claim, ps_task_entry(&s->task), &s->own_path) != SEARCH_OK)
			return SEARCH_ENOMEM;
	}
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

	if (ps_search_expired(s))
		return LOOK_WAIT;
	rc = ps_task_step(&s->task, wait);
	if (rc == PS_TASK_BATCH)
		return take_own(s);
	if (rc == PS_TASK_MORE || rc == PS_TASK_WAIT)
		return LOOK_YIELD;
	if (rc == PS_TASK_END)
		s->own_done = true;
	return rc == PS_TASK_END ? LOOK_AGAIN : rc;
}

/* Asks the plan what comes next. */
static int look_at_head(struct search *s, bool wait)
{
	struct ps_claim *claim = s->own_done ? s->task.claim : NULL;
	struct ps_place *place;
	/* without an order there is something else to wait for than the head */
	bool alone = s->worker_count == 0, ordered = (s->settings.flags & SEARCH_UNORDERED) == 0;
	bool help = ((wait && ordered) || alone) && !atomic_load(&s->expired);
	int rc;

	if (s->own_done)
		s->task.claim = NULL;
	s->own_done = false;
	rc = ps_plan_head(s->plan, &s->holder, &claim, help, &place);
	switch (rc) {
	case PS_HEAD_PLACE:
		s->outlet = ps_outlet_of(place);
		ps_outlet_front(s->outlet);
		return LOOK_AGAIN;
	case PS_HEAD_CLAIMED:
		ps_task_begin(&s->task, claim);
		return LOOK_YIELD;
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

static int look(struct search *s, bool wait)
{
	if (s->outlet != NULL) {
		s->batch = ps_outlet_pop(s->outlet);
		s->next = 0;
		return s->batch != NULL ? LOOK_BATCH : LOOK_WAIT;
	}
	if (s->task.claim != NULL && !s->own_done)
		return run_own(s, wait);
	return look_at_head(s, wait);
}

/* Nothing is ready, and others are at it. SEARCH_OK: look again. */
static int wait_for_news(struct search *s, uint32_t heard, bool wait, bool *armed)
{
	if (atomic_load(&s->expired))
		return end(s, SEARCH_DEADLINE, SEARCH_ETIMEDOUT);
	if (wait) {
		if (!ps_bell_wait(&s->door.bell, heard, s->settings.deadline))
			ps_search_expired(s);
		return SEARCH_OK;
	}
	if (ps_search_expired(s))
		return SEARCH_OK;
	if (*armed)
		return SEARCH_EAGAIN;
	ps_doorbell_arm(&s->door);
	*armed = true;
	return SEARCH_OK;
}

/* Gets a batch at hand. 1; 0 at the end; SEARCH_E... */
static int next_batch(struct search *s, bool wait)
{
	bool armed = false;

	for (;;) {
		uint32_t heard = ps_bell_listen(&s->door.bell);
		int rc = look_for_end(s);

		if (rc != SEARCH_OK)
			return rc;
		if (ps_plan_hungry(s->plan) && !s->sources_over) {
			rc = pull_sources(s);
			if (rc != SEARCH_OK)
				return end(s, SEARCH_FAILED, rc);
		}
		rc = look(s, wait);
		if (rc == LOOK_BATCH)
			return 1;
		if (rc == LOOK_END)
			return end(s, SEARCH_COMPLETE, SEARCH_OK);
		if (rc < 0)
			return end(s, SEARCH_FAILED, rc);
		if (rc == LOOK_YIELD && !wait) {
			/* there is more to do: readable, even where the host has read what made it so */
			ps_doorbell_arm(&s->door);
			ps_doorbell_disarm(&s->door);
			return SEARCH_EAGAIN;
		}
		rc = rc == LOOK_WAIT ? wait_for_news(s, heard, wait, &armed) : SEARCH_OK;
		if (rc != SEARCH_OK)
			return rc;
	}
}

/* --- items --- */

static void fill_path(struct search *s, struct search_item *item)
{
	const struct ps_path *path = s->outlet != NULL ? &delivery_of(s)->path : &s->own_path;

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
	case SEARCH_ERROR:
		item->error = r->error;
		item->message = ps_batch_text(s->batch, r);
		break;
	case SEARCH_FILE_END:
		item->matches = r->line_length;
		item->bytes = r->window;
		break;
	case SEARCH_BINARY:
		break;
	default:
		item->text = r->length > 0 ? ps_batch_text(s->batch, r) : "";
		item->length = r->length;
		item->line_length = r->line_length;
		item->window = r->window;
		item->spans = r->span_count > 0 ? s->batch->spans + r->spans : NULL;
		item->span_count = r->span_count;
	}
}

/*
 * max_matches: the last match may still have context behind it, the lines that
 * follow it without a gap. True: this record is the first that is too much.
 */
static bool is_beyond_limit(struct search *s, const struct ps_record *r)
{
	if (!s->limited) {
		s->limited = (r->kind == SEARCH_MATCH || r->kind == SEARCH_BINARY) &&
			     ++s->matches >= s->settings.max_matches;
		s->context_left = s->settings.scan.after_context;
		s->context_offset = r->offset + r->line_length + 1;
		return false;
	}
	if (r->kind != SEARCH_CONTEXT || r->offset != s->context_offset || s->context_left == 0)
		return true;
	s->context_left--;
	s->context_offset = r->offset + r->line_length + 1;
	return false;
}

/* Was the last match delivered, and the context behind it? */
static bool is_limit_reached(const struct search *s)
{
	return s->limited && s->context_left == 0;
}

int ps_deliver(struct search *s, const struct search_item **item, bool wait)
{
	const struct ps_record *r;

	*item = NULL;
	if (s->outcome != SEARCH_RUNNING)
		return s->result;
	if (is_limit_reached(s))
		return end(s, SEARCH_LIMITED, SEARCH_OK);
	if (atomic_load(&s->canceled))
		return look_for_end(s);
	while (s->batch == NULL || s->next == s->batch->count) {
		int rc;

		if (s->batch != NULL)
			drop_batch(s);
		if (is_limit_reached(s))
			return end(s, SEARCH_LIMITED, SEARCH_OK);
		rc = next_batch(s, wait);
		if (rc != 1)
			return rc;
	}
	r = &s->batch->records[s->next++];
	if (is_beyond_limit(s, r))
		return end(s, SEARCH_LIMITED, SEARCH_OK);
	fill_item(s, r);
	*item = &s->item;
	return 1;
}
