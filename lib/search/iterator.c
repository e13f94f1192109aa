/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iterator.c - the caller's side: one item after the other, in order.
 *
 * Batches come from the outlet in front, or from a task that the caller runs itself because no worker does. The
 * caller's task is always the head of the order, so what it yields comes next.
 *
 * Each round listens at the bell before it looks anywhere; whatever happens after the look rings the bell.
 */
#include "search.h"

#include <string.h>

/* --- sources --- */

#define SLOW_SOURCE UINT64_C(200000) /* nanoseconds; to wake a thread takes little time beside that */

/*
 * Adds the host's next source to the plan, or notes that there is none. Unless the host is known to be quick, threads
 * are woken for each source, so that no source is left lying while the host waits for its next one. SEARCH_OK or
 * SEARCH_ENOMEM.
 */
static int pull_source(struct ps_iterator *it, enum ps_follow follow)
{
	struct search_source source = { 0 };
	uint64_t began = ps_time();
	int got = it->search->settings.next_source(it->search->settings.next_source_context, &source);

	it->quick_sources = ps_time() - began < SLOW_SOURCE ? it->quick_sources + 1 : 0;
	if (it->quick_sources <= PS_SOURCES_AHEAD)
		follow = PS_FOLLOW_LATER;
	it->sources_failed = got < 0 || (got > 0 && ps_source_problem(&source) != NULL);
	it->sources_over = got == 0 || it->sources_failed;
	if (it->sources_over)
		return ps_plan_add(it->search->plan, NULL, 0, PS_FOLLOW_NONE);
	it->search->borrows |= source.kind != SEARCH_SOURCE_PATH;
	return ps_plan_add(it->search->plan, &source, 1, follow);
}

/*
 * Asks the host for as many sources as are wanted. If the host fails, the search ends in the place of the source that
 * failed, which does not depend on how far ahead we are. SEARCH_OK or SEARCH_ENOMEM.
 */
static int pull_sources(struct ps_iterator *it)
{
	uint64_t wanted = ps_plan_sources_wanted(it->search->plan);
	int rc = SEARCH_OK;

	for (; rc == SEARCH_OK && wanted > 0 && !it->sources_over; wanted--)
		rc = pull_source(it, wanted > 1 ? PS_FOLLOW_AT_ONCE : PS_FOLLOW_LATER);
	return rc;
}

/* --- the end --- */

/* Ends the search: each call returns the same from now on. */
static int end_search(struct ps_iterator *it, enum search_outcome outcome, int result)
{
	if (ps_owner_is_parent(&it->search->owner))
		return SEARCH_EINVAL;
	if (it->outcome == SEARCH_OUTCOME_RUNNING) {
		it->outcome = (int)outcome;
		it->result = result;
		ps_search_stop(it->search);
	}
	return it->result;
}

/* Returns the search's result if it was ended from outside, else SEARCH_OK. */
static int look_for_end(struct ps_iterator *it)
{
	int failure = atomic_load_explicit(&it->search->ending.failure, memory_order_seq_cst);

	if (atomic_load_explicit(&it->search->ending.canceled, memory_order_seq_cst))
		return end_search(it, SEARCH_OUTCOME_CANCELED, SEARCH_ECANCELED);
	if (failure != 0)
		return end_search(it, SEARCH_OUTCOME_FAILED, failure);
	return SEARCH_OK;
}

/* --- batches --- */

static struct ps_delivery *delivery_of(const struct ps_iterator *it)
{
	return ps_outlet_user(it->outlet);
}

/* The path at hand goes: keeps it, if the last item has it, for search_cursor(). */
static void keep_path(struct ps_iterator *it)
{
	struct ps_text *path = it->outlet != NULL ? &delivery_of(it)->path : &it->own_path;
	struct ps_text other = it->stands.path;

	if (it->item.path == NULL || it->item.path != path->bytes)
		return;
	it->stands.path = *path;
	*path = other;
}

/* The same for its text. */
static void keep_text(struct ps_iterator *it)
{
	struct search_item *item = &it->item;
	const char *text = item->message != NULL ? item->message : item->text;
	size_t size;

	if ((uintptr_t)text - (uintptr_t)it->batch->text >= it->batch->text_size)
		return;
	size = ps_min(item->message != NULL ? strlen(text) : item->length, PS_CHECKED);
	memcpy(it->stands.text, text, size);
	it->stands.text[size] = '\0';
	if (item->message != NULL)
		item->message = it->stands.text;
	else
		item->text = it->stands.text;
}

/* Nothing more of the entry at hand follows: keeps what search_cursor() says of its last item. */
static void end_entry(struct ps_iterator *it)
{
	if (it->earlier > 0) {
		it->stands.items = it->earlier;
		it->stands.matches = it->matches - it->entry_began;
	}
	it->earlier = 0;
	it->entry_began = it->matches;
}

/* Drops the batch at hand, and its outlet, too, if that was the last batch. */
static void drop_batch(struct ps_iterator *it)
{
	bool last = it->batch->last;
	bool file_ends = last && (it->batch->part == PS_PART_NONE || it->batch->part == PS_PART_LAST);
	struct ps_outlet *outlet = it->outlet;

	PS_ASSERT(it->next == it->batch->count);
	keep_text(it);
	it->earlier += it->batch->count;
	if (last) {
		it->joining = false;
		keep_path(it);
	}
	if (file_ends) { /* what follows is of another file, whose first part may deliver nothing */
		it->context_left = 0;
		it->join = (struct ps_join){ 0 };
		end_entry(it);
	}
	if (outlet == NULL) {
		ps_batch_reset(it->batch);
		it->spare = it->batch;
		it->batch = NULL;
		return;
	}
	ps_outlet_release(outlet, it->batch);
	it->batch = NULL;
	if (last) {
		ps_plan_retire(it->search->plan, &delivery_of(it)->place);
		ps_outlet_give_back(outlet);
		it->outlet = NULL;
	}
}

/* What a look for the next batch found. */
enum finding {
	LOOK_BATCH,   /* there is one at hand */
	LOOK_NAMES,   /* there are names at hand instead */
	LOOK_AGAIN,   /* something has moved */
	LOOK_YIELD,   /* one step done, nothing to deliver yet: look again, unless waiting is not allowed */
	LOOK_STALLED, /* our own task waits for a stream, or for a descriptor */
	LOOK_WAIT,    /* workers are at it */
	LOOK_END      /* or a negative SEARCH_E... */
};

/* If the results are unordered, a stream of our own is no reason not to take the batches of workers. */
static bool may_take_others(const struct ps_iterator *it)
{
	return ps_search_has_workers(it->search) && (it->search->settings.flags & SEARCH_RESULT_UNORDERED) != 0;
}

/* Such a stream is waited for together with the bell. */
static int stop_fd_of_caller(struct search *s)
{
	if (may_take_others(&s->iterator))
		return ps_doorbell_fd(&s->door, (s->settings.flags & SEARCH_RESULT_SOCKET) != 0);
	return ps_ending_stop_fd(&s->ending);
}

/* Takes the batch that the caller's own task has ready. */
static int take_own_batch(struct ps_iterator *it)
{
	if (!it->own_named) {
		it->own_source = ps_claim_source_index(it->task.claim);
		if (ps_claim_path(it->task.claim, ps_task_entry(&it->task), &it->own_path) != SEARCH_OK)
			return SEARCH_ENOMEM;
	}
	PS_ASSERT(it->batch == NULL && it->outlet == NULL);
	it->own_named = !it->task.batch->last;
	it->batch = it->task.batch;
	it->task.batch = it->spare;
	it->spare = NULL;
	it->next = 0;
	return LOOK_BATCH;
}

static int run_own_task(struct ps_iterator *it, bool wait)
{
	int rc;

	if (ps_ending_expired(&it->search->ending))
		return LOOK_WAIT;
	rc = ps_task_step(&it->task, wait);
	if (rc == PS_TASK_BATCH)
		return take_own_batch(it);
	if (rc == PS_TASK_MORE)
		return LOOK_YIELD;
	if (rc == PS_TASK_WAIT)
		return LOOK_STALLED;
	if (rc == PS_TASK_END)
		it->own_done = true;
	return rc == PS_TASK_END ? LOOK_AGAIN : rc;
}

static enum ps_help help_with_head(const struct ps_iterator *it, bool wait)
{
	if (it->search->settings.no_help || atomic_load_explicit(&it->search->ending.expired, memory_order_seq_cst) ||
	    (it->task.claim != NULL && !it->own_done))
		return PS_HELP_NEVER;
	/* if the results are unordered, there is more to wait for than the head */
	if (!ps_search_has_workers(it->search) || (wait && !may_take_others(it)))
		return PS_HELP_ALWAYS;
	return PS_HELP_ALONE;
}

/* Asks the plan what comes next. */
static int look_at_head(struct ps_iterator *it, bool wait)
{
	enum ps_help help = help_with_head(it, wait);
	struct ps_claim *claim = it->own_done ? it->task.claim : NULL;
	struct ps_place *place;
	int rc;

	if (it->own_done)
		it->task.claim = NULL;
	it->own_done = false;
	rc = ps_plan_head(it->search->plan, &it->holder, &claim, help, &place);
	switch (rc) {
	case PS_HEAD_PLACE:
		PS_ASSERT(it->outlet == NULL);
		it->outlet = ps_outlet_of(place);
		ps_outlet_front(it->outlet);
		return LOOK_AGAIN;
	case PS_HEAD_CLAIMED:
		PS_ASSERT(it->task.claim == NULL && !it->own_done);
		ps_task_begin(&it->task, claim);
		return LOOK_YIELD;
	case PS_HEAD_NAMES:
		rc = ps_plan_names(it->search->plan, &it->names);
		it->naming = rc == SEARCH_OK;
		return it->naming ? LOOK_NAMES : rc;
	case PS_HEAD_SOURCES:
		rc = pull_sources(it);
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
 * Our own task goes on. If the results are unordered, workers that have something go first, unless a part of our file
 * is delivered. If it is `armed`, we have looked for them before, and now wait for both.
 */
static int look_at_own_task(struct ps_iterator *it, bool wait, bool armed)
{
	bool others = may_take_others(it);
	int rc;

	if (others && !it->task.delivered) {
		rc = look_at_head(it, wait);
		if (rc != LOOK_WAIT)
			return rc;
	}
	if (!others || !wait || !armed)
		return run_own_task(it, wait && !others);
	ps_plan_blocked(it->search->plan, true);
	rc = run_own_task(it, true);
	ps_plan_blocked(it->search->plan, false);
	return rc;
}

static int look_for_batch(struct ps_iterator *it, bool wait, bool armed)
{
	if (it->outlet != NULL) {
		it->batch = ps_outlet_pop(it->outlet);
		it->next = 0;
		return it->batch != NULL ? LOOK_BATCH : LOOK_WAIT;
	}
	if (it->task.claim != NULL && !it->own_done)
		return look_at_own_task(it, wait, armed);
	return look_at_head(it, wait);
}

/* Nothing is ready, and workers are at it. SEARCH_OK: look again. */
static int wait_for_news(struct ps_iterator *it, uint32_t heard, bool wait, bool *armed)
{
	if (atomic_load_explicit(&it->search->ending.expired, memory_order_seq_cst))
		return end_search(it, SEARCH_OUTCOME_TIMED_OUT, SEARCH_ETIMEDOUT);
	if (wait) {
		PS_TRACE(&it->search->trace, "wait for news", it, 0);
		if (!ps_bell_wait(&it->search->door.bell, heard, it->search->settings.deadline))
			ps_ending_expired(&it->search->ending);
		return SEARCH_OK;
	}
	if (ps_ending_expired(&it->search->ending))
		return SEARCH_OK;
	if (*armed)
		return SEARCH_EAGAIN;
	PS_TRACE(&it->search->trace, "arm", it, 0);
	ps_doorbell_arm(&it->search->door);
	*armed = true;
	return SEARCH_OK;
}

/* There is more for us to do: makes the descriptor readable, even if the host has drained it. */
static int ask_to_come_again(struct ps_iterator *it)
{
	ps_doorbell_arm(&it->search->door);
	ps_doorbell_disarm(&it->search->door);
	return SEARCH_EAGAIN;
}

/* Acts on a look that found no batch. SEARCH_OK: look again. */
static int act_on_look(struct ps_iterator *it, enum finding found, uint32_t heard, bool wait, bool *armed)
{
	bool stalled = found == LOOK_STALLED && may_take_others(it);

	if (found == LOOK_WAIT)
		return wait_for_news(it, heard, wait, armed);
	if (!wait && (found == LOOK_YIELD || found == LOOK_STALLED))
		return ask_to_come_again(it);
	/* look once more before the wait for both; then start over */
	if (stalled && !*armed)
		ps_doorbell_arm(&it->search->door);
	*armed = stalled && !*armed;
	return SEARCH_OK;
}

/* Makes sure that a batch, or names, are at hand: returns 1; 0 at the end; or SEARCH_E... */
static int next_batch(struct ps_iterator *it, bool wait)
{
	bool armed = false;

	for (;;) {
		uint32_t heard = ps_bell_listen(&it->search->door.bell);
		int rc = look_for_end(it);

		if (rc != SEARCH_OK)
			return rc;
		if (ps_plan_hungry(it->search->plan) && !it->sources_over)
			rc = pull_sources(it);
		if (rc == SEARCH_OK)
			rc = look_for_batch(it, wait, armed);
		if (rc == LOOK_BATCH || rc == LOOK_NAMES)
			return 1;
		if (rc == LOOK_END && it->sources_failed)
			rc = SEARCH_ESOURCE;
		if (rc == LOOK_END)
			return end_search(it, SEARCH_OUTCOME_COMPLETE, SEARCH_OK);
		if (rc < 0)
			return end_search(it, SEARCH_OUTCOME_FAILED, rc);
		rc = act_on_look(it, (enum finding)rc, heard, wait, &armed);
		if (rc != SEARCH_OK)
			return rc;
	}
}

/* --- items --- */

static void fill_path(struct ps_iterator *it, struct search_item *item)
{
	const struct ps_text *path = it->outlet != NULL ? &delivery_of(it)->path : &it->own_path;

	item->path = path->bytes;
	item->path_length = path->length;
	item->source = it->outlet != NULL ? delivery_of(it)->source : it->own_source;
}

/* They follow the spans, see lib/scan/emit.c. */
static void fill_groups(struct ps_iterator *it, const struct ps_record *r)
{
	const struct search_span *after;

	it->item.group_count = 0;
	it->item.groups = NULL;
	if (r->span_count == 0)
		return; /* the batch may have no spans at all */
	after = it->batch->spans + r->spans + r->span_count;
	it->item.group_count = after->begin;
	if (after->begin > 0)
		it->item.groups = (const struct search_group *)(const void *)(after + 1);
}

/* The flags that only the search's first item has: they say whether the page fits the one before. */
static enum search_item_flag flags_of_first(struct ps_iterator *it)
{
	bool fits = !it->fresh || (it->found && !it->changed);

	it->fresh = false;
	return fits ? (enum search_item_flag)0 : SEARCH_ITEM_FLAG_CHANGED;
}

static void set_info(struct search_item *item, const struct ps_file_info *info)
{
	item->file_size = info->size;
	item->inode = info->inode;
	item->device = info->device;
	item->modified = info->modified;
	item->modified_ns = info->modified_ns;
}

/* Of a FILE or FILE_END item: how many came before it, and what is known of the file. */
static void fill_file(struct ps_iterator *it, const struct ps_record *r)
{
	struct ps_file_info info = { 0 };

	it->item.file_number = it->files++;
	if (r->length == sizeof(info))
		memcpy(&info, ps_batch_text(it->batch, r), sizeof(info));
	set_info(&it->item, &info);
}

/*
 * Items of one kind set the same fields: all others are cleared only when the kind changes. (To clear the whole struct
 * for each item took more time than all else here.)
 */
static void fill_item(struct ps_iterator *it, const struct ps_record *r)
{
	struct search_item *item = &it->item;

	if (item->kind != r->kind) {
		uint32_t first = flags_of_first(it);

		*item = (struct search_item){ .kind = r->kind };
		item->flags = r->flags | first;
	} else {
		item->flags = r->flags;
	}
	item->line = r->line;
	item->offset = r->offset;
	fill_path(it, item);
	switch (r->kind) {
	case SEARCH_ITEM_ERROR:
		item->error = r->error;
		item->reason = r->reason;
		item->message = ps_batch_text(it->batch, r);
		break;
	case SEARCH_ITEM_FILE_END:
		item->matches = r->line_length;
		item->bytes = r->window;
		fill_file(it, r);
		break;
	case SEARCH_ITEM_FILE:
		fill_file(it, r);
		break;
	case SEARCH_ITEM_BINARY:
		break;
	default:
		item->text = r->length > 0 ? ps_batch_text(it->batch, r) : "";
		item->length = r->length;
		item->line_bytes = r->line_length;
		item->text_offset = r->window;
		item->spans = r->span_count > 0 ? it->batch->spans + r->spans : NULL;
		item->span_count = r->span_count;
		if ((it->search->settings.flags & SEARCH_RESULT_GROUPS) != 0)
			fill_groups(it, r);
	}
}

/* --- pages --- */

/* An ERROR after which a file has no more items, except its end. Those about one line, and notes, are others. */
static bool ends_file(const struct ps_record *r)
{
	return r->kind == SEARCH_ITEM_ERROR && (r->flags & (SEARCH_ITEM_FLAG_NOTE | PS_RECORD_GAP)) == 0 &&
	       r->reason != SEARCH_REASON_LINE_TOO_LONG && r->reason != SEARCH_REASON_GAVE_UP;
}

/*
 * Has the record, of the entry of options.resume, passed the cursor? If the item there is not the one that the cursor
 * says, nobody knows what was delivered before: no more of the file is, except its end, and the ERROR that tells why the
 * search of the file did not come as far as the cursor this time.
 */
static bool is_after_cursor(struct ps_iterator *it, const struct ps_record *r)
{
	const struct ps_cursor *from = &it->search->pages.from;
	uint64_t number = ps_iterator_items(it);

	if (number == from->items) {
		it->found = ps_record_check(r, ps_batch_text(it->batch, r)) == from->check;
		it->entry_began = it->matches - from->matches;
	}
	if (r->kind == SEARCH_ITEM_FILE_END) /* the cursor was before it */
		return true;
	if (!it->found && ends_file(r))
		return true;
	return number > from->items && it->found;
}

/* Does the record come after the item of options.until? That ends the search, as the last match of a limit does. */
static bool is_after_end(struct ps_iterator *it)
{
	const struct ps_cursor *until = &it->search->pages.until;
	uint64_t number = ps_iterator_items(it);
	bool after = number > until->items;

	if ((it->batch->mark & PS_PAGE_UNTIL) == 0 || until->last != 0 || number < until->items)
		return false;
	if (it->limited && !after)
		return false; /* it is context of that match, or comes after it */
	it->ended = it->limited = true;
	it->context_left = 0;
	it->earlier -= after; /* it is not delivered */
	return after;
}

/*
 * The batch is of an entry where the page begins or ends, or before that: is the record for the host? A directory on the
 * way that cannot be listed is, even if the page before said so, too: what is missing may be of this page.
 */
static bool is_in_page(struct ps_iterator *it, const struct ps_record *r)
{
	uint8_t mark = it->batch->mark;
	bool unlisted = r->kind == SEARCH_ITEM_ERROR && r->reason == SEARCH_REASON_LIST;
	bool begun = (mark & PS_PAGE_BEFORE) != 0 ? unlisted : (mark & PS_PAGE_FROM) == 0 || is_after_cursor(it, r);

	it->changed |= (mark & PS_PAGE_CHANGED) != 0;
	return !is_after_end(it) && begun;
}

/* --- parts of a file --- */

/* Returns the claim that the batch at hand comes from. */
static struct ps_claim *claim_at_hand(const struct ps_iterator *it)
{
	return it->outlet != NULL ? delivery_of(it)->place.claim : it->task.claim;
}

/* The last part of a file is at its end: now it is known what became of the file. */
static void count_file(struct ps_iterator *it)
{
	_Atomic uint64_t *counter = it->join.skipped ? &it->counters.files_skipped : &it->counters.files_searched;

	ps_count(counter, 1);
}

/* A part of a file is at hand. `later`: of one whose search begins near the item of options.resume. */
static void begin_join(struct ps_iterator *it, bool later)
{
	const struct ps_pages *pages = &it->search->pages;
	struct ps_claim *claim = claim_at_hand(it);
	bool first = ps_claim_type(claim, 0) != PS_ENTRY_PART;

	it->joining = true;
	it->join.before = later && first ? pages->before : ps_claim_before(it->search->plan, claim);
	if (!later || it->found)
		return;
	it->found = true;
	it->earlier = pages->from.items - (it->next - 1);
	it->join.matches = pages->from.matches;
	it->entry_began = it->matches - pages->from.matches;
}

/* The same for a record of a part. */
static struct ps_record *join_record(struct ps_iterator *it, struct ps_record *r)
{
	enum ps_part_kind kind = (enum ps_part_kind)it->batch->part;
	bool later = (it->batch->mark & PS_PAGE_LATER) != 0, wanted, done;

	if (!it->joining)
		begin_join(it, later);
	done = it->join.done;
	wanted = later ? ps_resume_join(&it->join, it->search, r) : ps_join_record(&it->join, &it->search->settings, r);
	if (it->join.done && !done && kind != PS_PART_LAST)
		ps_claim_cut(claim_at_hand(it));
	if (r->kind == SEARCH_ITEM_FILE_END)
		count_file(it);
	it->earlier -= !wanted;
	return wanted ? r : NULL;
}

/* Returns the next record of the batch at hand. NULL: it is not for the host. */
static struct ps_record *next_record(struct ps_iterator *it)
{
	struct ps_record *r = &it->batch->records[it->next++];

	if (it->batch->part == PS_PART_NONE && it->batch->mark == 0)
		return r;
	if (it->batch->part != PS_PART_NONE)
		r = join_record(it, r);
	return r != NULL && it->batch->mark != 0 && !is_in_page(it, r) ? NULL : r;
}

static bool is_counted(uint32_t kind)
{
	return kind == SEARCH_ITEM_MATCH || kind == SEARCH_ITEM_BINARY || kind == SEARCH_ITEM_FILE;
}

/*
 * max_matches: the last match may still have context after it, the lines that follow it without a gap. True: this
 * record is the first one too many.
 */
static bool is_beyond_limit(struct ps_iterator *it, const struct ps_record *r)
{
	if (!it->limited) {
		if (!is_counted(r->kind) || ++it->matches < it->search->settings.max_matches)
			return false;
		it->limited = true;
		it->context_left = it->search->settings.scan.after_context;
		it->context_offset = ps_record_next(r);
		return false;
	}
	if (it->ended) { /* it is the last item of the page */
		it->matches += is_counted(r->kind);
		return false;
	}
	if (r->kind != SEARCH_ITEM_CONTEXT || r->offset != it->context_offset || it->context_left == 0)
		return true;
	it->context_left--;
	it->context_offset = ps_record_next(r);
	return false;
}

/* Was the last match delivered, and the context after it? */
static bool is_limit_reached(const struct ps_iterator *it)
{
	return it->limited && it->context_left == 0;
}

/* The search ends at max_matches, or at options.until, after which there is nothing as far as it is concerned. */
static int end_at_limit(struct ps_iterator *it)
{
	return end_search(it, it->ended ? SEARCH_OUTCOME_COMPLETE : SEARCH_OUTCOME_LIMITED, SEARCH_OK);
}

/* True: there is a record to look at; false: *rc is what search_next() returns. */
static bool fetch_batch(struct ps_iterator *it, enum ps_patience patience, int *rc)
{
	while (it->batch == NULL || it->next == it->batch->count) {
		*rc = SEARCH_EAGAIN;
		if (patience == PS_AT_HAND)
			return false;
		*rc = SEARCH_EINVAL;
		if (ps_owner_is_parent(&it->search->owner))
			return false;
		if (it->batch != NULL)
			drop_batch(it);
		*rc = is_limit_reached(it) ? end_at_limit(it) : next_batch(it, patience == PS_WAIT);
		if (it->batch == NULL)
			return false;
	}
	return true;
}

/* Makes an item of the next name, in a search that only lists files. */
static int deliver_name(struct ps_iterator *it, const struct search_item **item)
{
	it->item = (struct search_item){
		.kind = SEARCH_ITEM_FILE,
		.source = it->names.source,
		.path = it->names.path.bytes,
		.path_length = it->names.path.length,
		.file_number = it->files++,
	};
	if ((it->search->settings.flags & SEARCH_RESULT_FILE_INFO) != 0)
		set_info(&it->item, &it->names.info);
	it->item.flags = flags_of_first(it);
	*item = &it->item;
	it->limited = ++it->matches >= it->search->settings.max_matches;
	return 1;
}

/* What is at hand is beyond max_matches: a call that has items already leaves it to the next one to end the search. */
static int leave_end(struct ps_iterator *it)
{
	it->context_left = 0; /* now the limit is reached, as that call sees */
	return SEARCH_EAGAIN;
}

int ps_iterator_next(struct ps_iterator *it, const struct search_item **item, enum ps_patience patience)
{
	struct ps_record *r = NULL;
	int rc;

	*item = NULL;
	if (it->outcome != SEARCH_OUTCOME_RUNNING)
		return it->result;
	if (is_limit_reached(it))
		return end_at_limit(it);
	if (atomic_load_explicit(&it->search->ending.canceled, memory_order_seq_cst))
		return look_for_end(it);
	if (it->naming && it->names.next == it->names.end && ps_owner_is_parent(&it->search->owner))
		return SEARCH_EINVAL;
	if (it->naming) {
		it->naming = ps_names_next(it->search->plan, &it->names, &rc);
		if (rc != SEARCH_OK)
			return end_search(it, SEARCH_OUTCOME_FAILED, rc);
		if (it->naming)
			return deliver_name(it, item);
	}
	while (r == NULL) {
		if (!fetch_batch(it, patience, &rc))
			return it->naming ? deliver_name(it, item) : rc;
		r = next_record(it);
		if (r == NULL && is_limit_reached(it))
			return patience == PS_AT_HAND ? leave_end(it) : end_at_limit(it);
	}
	if (is_beyond_limit(it, r)) {
		it->earlier--; /* it is not delivered */
		return patience == PS_AT_HAND ? leave_end(it) : end_at_limit(it);
	}
	fill_item(it, r);
	*item = &it->item;
	return 1;
}

void ps_iterator_fail(struct ps_iterator *it, int code)
{
	end_search(it, SEARCH_OUTCOME_FAILED, code);
}

size_t ps_iterator_at_hand(const struct ps_iterator *it)
{
	if (it->outcome != SEARCH_OUTCOME_RUNNING || is_limit_reached(it))
		return 0;
	if (it->naming)
		return it->names.end - it->names.next;
	return it->batch != NULL ? it->batch->count - it->next : 0;
}

/* --- the whole --- */

int ps_iterator_init(struct ps_iterator *it, struct search *s, bool sources_follow)
{
	it->search = s;
	it->files = s->pages.from.files;
	it->fresh = s->pages.from.entry.set;
	it->found = s->pages.from.last != 0; /* nothing of its file can follow */
	it->sources_over = !sources_follow;
	return ps_task_init(&it->task, s, &it->counters, stop_fd_of_caller);
}

void ps_iterator_destroy(struct ps_iterator *it, struct ps_buffers **last)
{
	ps_task_destroy(&it->task, last);
	ps_batch_free(it->batch);
	ps_batch_free(it->spare);
	ps_text_free(&it->own_path);
	ps_text_free(&it->names.path);
	ps_handful_free(&it->handful);
	ps_text_free(&it->stands.path);
}
