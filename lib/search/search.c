/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * search.c - the public face: a search is opened, asked, and closed.
 *
 * The constructor allocates zeroed memory, then makes what can fail. Whatever fails, search_close() takes the
 * half-built search apart.
 *
 * A thread costs as much as the search of a small file. So each is started only when the plan has work for it, by the
 * thread that brings the work: in a search of one file there is one, until the file is cut. At the end they are joined
 * in the order of their numbers: they were started in that order, so that the thread that starts one is joined, and
 * has done that, before it.
 */
#include "search.h"

#include "../files/globs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* --- ending it --- */

void ps_search_stop(struct search *s)
{
	ps_ending_stop(&s->ending);
	if (s->pool != NULL && (!s->joined || (s->iterator.outcome == SEARCH_OUTCOME_COMPLETE && !s->iterator.ended)))
		return; /* they have had no turn, or are idle and hold nothing */
	for (uint32_t i = 0; s->workers != NULL && i < s->settings.workers; i++)
		ps_producer_ring(&s->workers[i].producer);
}

void search_cancel(struct search *s)
{
	if (s != NULL && !ps_owner_is_parent(&s->owner))
		ps_ending_cancel(&s->ending);
}

/* --- what the plan calls --- */

static void wake_caller(void *context)
{
	struct search *s = context;

	PS_TRACE(&s->trace, "wake caller", s, 0);
	if (s->pool != NULL)
		ps_news_tell(&s->news, &s->door);
	else
		ps_doorbell_hand_over(&s->door);
}

/* A worker's holder is its first member. */
static struct ps_bell *bell_of(struct search *s, struct ps_holder *holder)
{
	return holder == &s->iterator.holder ? &s->door.bell
				    : &((struct ps_worker *)(void *)holder)->producer.bell;
}

static void wake_holder(void *context, struct ps_holder *holder)
{
	struct search *s = context;

	PS_TRACE(&s->trace, "wake holder", holder, 0);
	if (holder == &s->iterator.holder)
		ps_bell_ring(&s->door.bell);
	else
		ps_producer_ring(&((struct ps_worker *)(void *)holder)->producer);
}

/* Wakes a worker, for the first time by starting its thread. Returns whether another is to be woken in its place. */
static bool wake_worker(struct search *s, struct ps_worker *w)
{
	PS_TRACE(&s->trace, "wake idle", w, w->started);
	if (s->pool != NULL) {
		ps_job_wake(&w->job);
		return false;
	}
	if (w->started) {
		ps_bell_hand_over(&w->producer.bell);
		return false;
	}
	w->started = true;
	w->failure = ps_thread_start(&w->thread, (unsigned)(w - s->workers), ps_worker_run, w);
	if (w->failure == 0) {
		atomic_fetch_add_explicit(&s->started, 1, memory_order_relaxed);
		return false;
	}
	atomic_fetch_add_explicit(&s->failed, 1, memory_order_relaxed);
	return ps_plan_dismiss(s->plan, &w->holder);
}

/*
 * Takes the idle workers in the order of their numbers, so threads are started in that order. If that fails, the one to
 * be woken instead may have become idle only now, whatever its number.
 */
static void wake_idle(void *context, unsigned count)
{
	struct search *s = context;

	for (uint32_t i = 0; i < s->settings.workers && count > 0;) {
		struct ps_worker *w = &s->workers[i++];

		/* acq_rel: pairs with the plan's store and with the worker's load */
		if (!atomic_load_explicit(&w->holder.idle, memory_order_relaxed) ||
		    !atomic_exchange_explicit(&w->holder.idle, false, memory_order_acq_rel))
			continue;
		if (wake_worker(s, w))
			i = 0;
		else
			count--;
	}
}

static uint32_t listen_at_bell(void *context, struct ps_holder *holder)
{
	return ps_bell_listen(bell_of(context, holder));
}

static bool wait_at_bell(void *context, struct ps_holder *holder, uint32_t heard)
{
	struct search *s = context;

	if (ps_ending_is_over(&s->ending) || s->pool != NULL)
		return false;
	PS_TRACE(&s->trace, "wait for a descriptor", holder, 0);
	if (!ps_bell_wait(bell_of(s, holder), heard, s->settings.deadline))
		ps_ending_expired(&s->ending);
	return true;
}

/* --- in a pool --- */

static void file_closed(void *context)
{
	ps_pool_file_closed(((struct search *)context)->pool);
}

static bool may_give_up(void *context, struct ps_holder *holder)
{
	(void)context;
	return ps_job_may_give_up(&((struct ps_worker *)(void *)holder)->job);
}

static void tell_caller(struct ps_producer *producer)
{
	struct search *s = ps_worker_of(producer)->search;

	ps_news_tell(&s->news, &s->door);
}

static void wake_producer(struct ps_producer *producer)
{
	ps_job_wake(&ps_worker_of(producer)->job);
}

static struct search *search_of(struct ps_client *client)
{
	return (struct search *)(void *)((char *)client - offsetof(struct search, client));
}

static void expire_client(struct ps_client *client)
{
	ps_ending_expired(&search_of(client)->ending);
}

static void shed_client(struct ps_client *client)
{
	ps_plan_shed(search_of(client)->plan);
}

static void free_search(struct search *s);

static void free_client(struct ps_client *client)
{
	free_search(search_of(client));
}

/* From now on workers may have turns. */
static void join_pool(struct search *s)
{
	s->client.pool = s->pool;
	s->client.priority = s->settings.priority;
	s->client.deadline = s->settings.deadline;
	s->client.run = ps_worker_turn;
	s->client.expired = expire_client;
	s->client.shed = shed_client;
	s->client.close_file = ps_worker_close_file;
	s->client.free = free_client;
	for (uint32_t i = s->settings.workers; i-- > 0;) {
		s->workers[i].job.client = &s->client;
		s->workers[i].job.sibling = s->client.jobs;
		s->client.jobs = &s->workers[i].job;
	}
	ps_pool_join(&s->client);
	s->joined = true;
}

/* --- building it --- */

enum {
	RINGS_PER_WORKER = 32,
	MAX_RINGS = 512
};

int ps_search_matcher(struct ps_matcher **out, const struct search_options *given, bool trigrams,
		      struct search_error *error)
{
	struct ps_match_options options = {
		.patterns = given->patterns,
		.count = given->pattern_count,
		.flags = (uint32_t)given->match_flags,
		.syntax = given->syntax,
		.cpu = ps_cpu_features(),
		.groups = (given->result_flags & SEARCH_RESULT_GROUPS) != 0,
		.trigrams = trigrams,
	};

	return ps_matcher_new(out, &options, error);
}

static int build_matcher(struct search *s, const struct search_options *given,
			 struct search_error *error)
{
	int rc = ps_search_matcher(&s->matcher, given, given->tree != NULL, error);

	if (rc == SEARCH_OK && ps_matcher_is_whole(s->matcher))
		s->settings.split_bytes = 0;
	s->settings.scan.matcher = s->matcher;
	s->settings.scan.over = ps_ending_is_over_by_now;
	s->settings.scan.over_context = &s->ending;
	return rc;
}

/* Notes which file the host writes to: that is not searched. A descriptor that is closed is no output. */
static int find_output(const struct search *s, struct ps_plan_options *options, struct search_error *error)
{
	struct stat st;
	char reason[96];
	int cause;

	if (s->settings.output_fd == 0)
		return SEARCH_OK;
	if (fstat(s->settings.output_fd, &st) == 0) {
		options->has_output = S_ISREG(st.st_mode);
		options->output_device = st.st_dev;
		options->output_inode = st.st_ino;
		return SEARCH_OK;
	}
	cause = errno;
	if (cause == EBADF)
		return SEARCH_OK;
	ps_fail(error, SEARCH_ESYSTEM, "options.output_fd cannot be looked at: %s",
		ps_error_text(cause, reason, sizeof(reason)));
	error->system_error = cause;
	return SEARCH_ESYSTEM;
}

static int build_overlays(struct search *s, const struct search_options *given, struct search_error *error)
{
	struct ps_overlay_fault fault = { 0 };
	int rc = ps_overlays_new(&s->overlays, given->overlays, given->overlay_count, &fault);
	char reason[96];

	if (rc != SEARCH_EINVAL)
		return rc;
	ps_fail_at(error, SEARCH_SUBJECT_OVERLAY, fault.index, "an overlay cannot be used: %s%s%s", fault.why,
		   fault.error != 0 ? ": " : "",
		   fault.error != 0 ? ps_error_text(fault.error, reason, sizeof(reason)) : "");
	error->system_error = fault.error;
	return rc;
}

static int build_plan(struct search *s, const struct search_walk *walk, struct search_error *error)
{
	struct ps_plan_options options = {
		.flags = s->settings.flags,
		.threads = s->settings.workers + (s->settings.no_help ? 0 : 1),
		.max_open_files = s->settings.max_open_files,
		.max_file_size = s->settings.max_file_size,
		.max_depth = s->settings.max_depth,
		.from = s->pages.from.entry,
		.until = s->pages.until.entry,
		.keep_sources = s->pages.refusal == NULL,
		.hooks = { .context = s, .wake_caller = wake_caller, .wake_holder = wake_holder, .wake_idle = wake_idle,
			   .listen = listen_at_bell, .wait = wait_at_bell,
			   .watch = { ps_ending_is_over_by_now, &s->ending } },
	};

	const char *problem;
	size_t wrong = 0;
	int rc;

#ifdef PS_DEBUG
	options.trace = &s->trace;
#endif
	rc = ps_filter_new(&s->filter, walk->globs, walk->glob_count, &wrong, &problem);

	if (rc == SEARCH_EINVAL)
		return ps_fail_at(error, SEARCH_SUBJECT_GLOB, wrong, "%s", problem);
	if (rc != SEARCH_OK)
		return rc;
	options.filter = s->filter;
	if (s->pool != NULL) {
		struct ps_pool_shares *shares = ps_pool_shares(s->pool);

		options.hooks.file_closed = file_closed;
		options.hooks.may_give_up = may_give_up;
		options.cached = &shares->cached;
		options.open = &shares->open;
		options.memory = &shares->memory;
	}
	rc = ps_options_copy_ignore(&s->ignore, walk, error);
	if (rc != SEARCH_OK)
		return rc;
	options.ignore = s->ignore;
	options.overlays = s->overlays;
	rc = find_output(s, &options, error);
	if (rc != SEARCH_OK)
		return rc;
	s->warm.has_output = options.has_output;
	s->warm.output_device = options.output_device;
	s->warm.output_inode = options.output_inode;
	options.warm = s->warm.tree != NULL ? &s->warm : NULL;
	return ps_plan_new(&s->plan, &options);
}

static int build_queue(struct search *s)
{
	struct ps_queue_options options = {
		.max_items = s->settings.max_queued_matches,
		.max_bytes = s->settings.max_queued_bytes,
		.rings = (uint32_t)ps_min(MAX_RINGS, RINGS_PER_WORKER * ((size_t)s->settings.workers + 1)),
		.unordered = (s->settings.flags & SEARCH_RESULT_UNORDERED) != 0,
		.producer_count = s->settings.workers,
		.caller = &s->door,
	};
	int rc;

	s->producers = calloc((size_t)s->settings.workers + 1, sizeof(struct ps_producer *));
	s->workers = calloc((size_t)s->settings.workers + 1, sizeof(*s->workers));
	if (s->producers == NULL || s->workers == NULL)
		return SEARCH_ENOMEM;
	options.producers = s->producers;
	if (s->pool != NULL) {
		options.bytes = &ps_pool_shares(s->pool)->bytes;
		options.sharers = &ps_pool_shares(s->pool)->clients;
	}
#ifdef PS_DEBUG
	options.trace = &s->trace;
#endif
	rc = ps_queue_new(&s->queue, &options);
	s->settings.scan.batch_items = rc == SEARCH_OK ? ps_queue_batch_items(s->queue) : 0;
	s->settings.scan.batch_bytes = rc == SEARCH_OK ? ps_queue_batch_bytes(s->queue) : 0;
	return rc;
}

static int stop_fd_of_workers(struct search *s)
{
	return ps_ending_stop_fd(&s->ending);
}

static int build_workers(struct search *s)
{
	for (uint32_t i = 0; i < s->settings.workers; i++) {
		struct ps_worker *w = &s->workers[i];

		w->search = s;
		s->producers[i] = &w->producer;
		ps_bell_init(&w->producer.bell);
		w->producer.head = &w->holder.head;
		w->producer.stop = &s->ending.stop;
		w->producer.queue = s->queue;
		w->producer.blocked = ps_worker_blocked;
		w->producer.wake = s->pool != NULL ? wake_producer : NULL;
		w->producer.tell = s->pool != NULL ? tell_caller : NULL;
		w->task.gathers = true;
		w->task.learns = s->warm.learns;
		w->task.parks = s->pool != NULL;
		if (ps_task_init(&w->task, s, &w->counters, stop_fd_of_workers) != SEARCH_OK)
			return SEARCH_ENOMEM;
	}
	return SEARCH_OK;
}

/* All workers are idle, and their threads are started as there is work for them. */
static void enlist_workers(struct search *s)
{
	for (uint32_t i = 0; i < s->settings.workers; i++)
		ps_plan_enlist(s->plan, &s->workers[i].holder);
}

/* One thread is started in any case: the host may ask whether there can be any (see search_fd). */
static int add_sources(struct search *s, const struct search_options *given)
{
	int rc;

	s->borrows = given->overlay_count > 0;
	for (size_t i = 0; i < given->source_count; i++)
		s->borrows |= given->sources[i].kind != SEARCH_SOURCE_PATH;
	rc = ps_plan_add(s->plan, given->sources, given->source_count,
			     given->next_source == NULL ? PS_FOLLOW_NONE : PS_FOLLOW_LATER);

	if (rc == SEARCH_OK && ps_plan_is_empty(s->plan) && s->pool == NULL)
		ps_plan_rouse(s->plan);
	return rc;
}

/*
 * If the caller may not help there has to be a thread. One is enough, and lives as long as the search: so when further
 * ones cannot be made later, the search goes on all the same.
 */
static int check_workers(const struct search *s, struct search_error *error)
{
	if (!s->settings.no_help || ps_search_has_workers(s))
		return SEARCH_OK;
	ps_fail(error, SEARCH_ESYSTEM, "no thread can be made, and options.caller_flags has SEARCH_CALLER_NO_HELP");
	error->system_error = s->workers[0].failure;
	return SEARCH_ESYSTEM;
}

static struct search *new_search(void)
{
	struct search *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	ps_owner_init(&s->owner);
	ps_doorbell_init(&s->door);
	ps_ending_init(&s->ending, &s->door);
#ifdef PS_DEBUG
	s->ending.trace = &s->trace;
#endif
	return s;
}

/*
 * With NUL_LINES a line may hold newlines, where signatures cut the text. In another encoding the file's bytes are not
 * those that are searched.
 */
const char *ps_search_needs_all_files(const struct ps_settings *settings)
{
	static const struct {
		uint32_t flag;
		const char *why;
	} needs[] = {
		{ SEARCH_MATCH_INVERT, "lines without a match are wanted" },
		{ SEARCH_MATCH_NUL_LINES, "lines end with NUL" },
		{ SEARCH_RESULT_LIST, "files are not searched" },
		{ SEARCH_RESULT_ALL_LINES, "each line is wanted" },
	};
	enum ps_encoding_kind kind = settings->scan.encoding.kind;

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if ((settings->flags & needs[i].flag) != 0)
			return needs[i].why;
	return kind == PS_ENCODING_NONE || kind == PS_ENCODING_UTF8 ? NULL : "the text is not the file's own";
}

/* From here on the search uses the tree, and keeps it. */
static void use_tree(struct search *s)
{
	struct ps_warm_view *view = &s->warm;
	bool rules_out = ps_search_needs_all_files(&s->settings) == NULL;

	view->tree = s->settings.tree;
	if (view->tree == NULL)
		return;
	ps_tree_take(view->tree);
	view->condition = rules_out ? ps_matcher_condition(s->matcher) : NULL;
	view->max_line_bytes = s->settings.scan.max_line_bytes;
	view->whole = ps_matcher_is_whole(s->matcher);
	view->max_text_bytes = view->whole ? s->settings.scan.max_text_bytes : UINT64_MAX;
	view->by_mark = s->settings.scan.encoding.kind != PS_ENCODING_NONE;
	view->decompresses = (s->settings.flags & SEARCH_MATCH_DECOMPRESS) != 0;
	view->tells_ends = (s->settings.flags & SEARCH_RESULT_FILE_ENDS) != 0;
	view->learns = ps_tree_learn_percent(view->tree) > 0;
	ps_warm_begin(view);
}

/* Puts a search together. On failure it is left half-built. */
static int build_search(struct search *s, const struct search_options *options, struct search_error *error)
{
	struct ps_given given;
	int rc = ps_options_load(&s->settings, &given, options, error);

	s->ending.deadline = s->settings.deadline;
	s->pool = s->settings.pool;
	if (rc == SEARCH_OK)
		rc = ps_pages_load(&s->pages, &s->settings, &given, error);
	if (rc == SEARCH_OK)
		rc = build_matcher(s, &given.options, error);
	if (rc == SEARCH_OK)
		use_tree(s);
	if (rc == SEARCH_OK)
		rc = build_overlays(s, &given.options, error);
	if (rc == SEARCH_OK)
		rc = build_plan(s, &given.walk, error);
	if (rc == SEARCH_OK)
		rc = build_queue(s);
	if (rc == SEARCH_OK)
		rc = build_workers(s);
	if (rc == SEARCH_OK)
		rc = ps_iterator_init(&s->iterator, s, given.options.next_source != NULL);
	if (rc != SEARCH_OK)
		return rc;
	if (s->pool != NULL)
		join_pool(s);
	enlist_workers(s);
	rc = add_sources(s, &given.options);
	return rc == SEARCH_OK ? check_workers(s, error) : rc;
}

static int open_search(struct search **out, const struct search_options *options, struct search_error *error)
{
	struct search *s = new_search();
	int rc = s != NULL ? build_search(s, options, error) : SEARCH_ENOMEM;

	if (rc != SEARCH_OK) {
		search_close(s);
		return ps_fail_by_code(error, rc);
	}
	*out = s;
	return SEARCH_OK;
}

int search_open(struct search **out, const struct search_options *options, struct search_error *error)
{
	struct search_error e = SEARCH_ERROR_INIT;

	if (out != NULL)
		*out = NULL;
	if (!ps_error_is_valid(error))
		return SEARCH_EINVAL;
	if (out == NULL)
		ps_fail(&e, SEARCH_EINVAL, "out is NULL");
	else
		open_search(out, options, &e);
	return ps_error_give(error, &e);
}

/* --- asking it --- */

static int next_item(struct search *s, const struct search_item **item, enum ps_patience patience)
{
	int rc;

	if (item != NULL)
		*item = NULL;
	if (s == NULL || item == NULL)
		return SEARCH_EINVAL;
	ps_search_enter(s);
	rc = ps_iterator_next(&s->iterator, item, patience);
	if (rc != SEARCH_EAGAIN && rc != SEARCH_EINVAL)
		ps_doorbell_disarm(&s->door);
	ps_search_leave(s);
	return rc;
}

int search_next(struct search *s, const struct search_item **item)
{
	return next_item(s, item, PS_WAIT);
}

int search_try_next(struct search *s, const struct search_item **item)
{
	return next_item(s, item, PS_TRY);
}

static int next_items(struct search *s, const struct search_item *const **items, size_t most,
		      enum ps_patience patience)
{
	int rc;

	if (items != NULL)
		*items = NULL;
	if (s == NULL || items == NULL || most == 0)
		return SEARCH_EINVAL;
	ps_search_enter(s);
	rc = ps_iterator_next_many(&s->iterator, items, most, patience);
	if (rc != SEARCH_EAGAIN && rc != SEARCH_EINVAL)
		ps_doorbell_disarm(&s->door);
	ps_search_leave(s);
	return rc;
}

int search_next_many(struct search *s, const struct search_item *const **items, size_t most)
{
	return next_items(s, items, most, PS_WAIT);
}

int search_try_next_many(struct search *s, const struct search_item *const **items, size_t most)
{
	return next_items(s, items, most, PS_TRY);
}

int search_fd(struct search *s)
{
	int fd;

	if (s == NULL || ps_owner_is_parent(&s->owner))
		return SEARCH_EINVAL;
	fd = ps_doorbell_fd(&s->door, (s->settings.flags & SEARCH_RESULT_SOCKET) != 0);
	return fd >= 0 ? fd : SEARCH_ESYSTEM;
}

int search_outcome(const struct search *s)
{
	return s != NULL ? s->iterator.outcome : SEARCH_OUTCOME_RUNNING;
}

int search_never(const struct search *s, size_t *pattern)
{
	enum search_never why = SEARCH_NEVER_NONE;
	size_t which = 0;

	if (s != NULL)
		why = ps_matcher_never(s->matcher, &which);
	if (pattern != NULL)
		*pattern = why == SEARCH_NEVER_NONE ? 0 : which;
	return (int)why;
}

size_t search_group_count(const struct search *s, size_t pattern)
{
	return s != NULL ? ps_matcher_group_count(s->matcher, pattern) : 0;
}

const char *search_group_name(const struct search *s, size_t pattern, size_t group)
{
	return s != NULL ? ps_matcher_group_name(s->matcher, pattern, group) : NULL;
}

/* --- taking it apart --- */

static void free_deliveries(struct search *s)
{
	struct ps_outlet *outlet;

	for (uint32_t i = 0; s->queue != NULL && (outlet = ps_queue_outlet(s->queue, i)) != NULL; i++)
		ps_text_free(&((struct ps_delivery *)ps_outlet_user(outlet))->path);
}

static void close_descriptors(struct search *s)
{
	ps_doorbell_destroy(&s->door);
	ps_ending_destroy(&s->ending);
}

/* Frees the buffers last, after the small pieces that may lie between them: see buffer.c. */
static void free_search(struct search *s)
{
	struct ps_buffers *last = NULL;

	for (uint32_t i = 0; s->workers != NULL && i < s->settings.workers; i++)
		ps_worker_free(&s->workers[i], &last);
	ps_iterator_destroy(&s->iterator, &last);
	free_deliveries(s);
	ps_plan_free(s->plan);
	ps_filter_free(s->filter);
	ps_overlays_free(s->overlays);
	ps_options_free_ignore(&s->ignore);
	ps_pages_free(&s->pages);
	ps_matcher_free(s->matcher);
	if (s->warm.tree != NULL)
		ps_tree_release(s->warm.tree);
	free(s->workers);
	free(s->producers);
	close_descriptors(s);
	ps_queue_free(s->queue);
	ps_owner_destroy(&s->owner);
	free(s);
	ps_buffers_free(last);
}

/* A worker that has a thread now may outlive the handle; then its thread frees the search. */
static void leave_pool(struct search *s)
{
	struct search_pool *pool = s->pool;

	ps_ending_stop(&s->ending);
	ps_doorbell_close(&s->door);
	if (ps_pool_leave(&s->client, s->borrows))
		free_search(s);
	ps_pool_part(pool);
}

void search_close(struct search *s)
{
	if (s == NULL)
		return;
	if (ps_owner_is_parent(&s->owner)) {
		/* fork() may have caught the structures half-changed: leave them */
		close_descriptors(s);
		return;
	}
	ps_search_enter(s);
	if (s->joined) {
		leave_pool(s);
		return;
	}
	if (s->plan != NULL)
		ps_search_stop(s);
	for (uint32_t i = 0; s->workers != NULL && i < s->settings.workers; i++)
		ps_thread_join(&s->workers[i].thread);
	free_search(s);
}
