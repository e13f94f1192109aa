/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slots.c - threads of the host, each of which has many searches open at once. See soak.h.
 *
 * A host goes from slot to slot at random. In an empty slot it opens a search; of a search it takes some items, in one
 * of all ways, or it cancels it, or closes it as it is. Some slots are slow: they take one item now and then. A search
 * that was left half read may be continued later, from its cursor.
 *
 * In the tree that does not change, each item of a search is compared with the one that must come. The comparing stops
 * at an item that reports a lack of descriptors or memory, since the items after it may be others.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "soak.h"

#include "../support/process.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AGE = 20000, /* milliseconds, of a search that may never end */
       PATIENCE = 60000, CURSOR = QUESTION_CURSOR };

struct slot {
	pthread_mutex_t lock; /* held by the host to set or clear the search, by others while they touch it */
	struct opened opened;
	bool canceled;        /* by anybody */
	const struct ask *ask;
	bool slow, limited, starved, has_cursor, asked_fd;
	uint64_t sum;
	size_t taken;         /* items, those before the cursor included */
	double since;
	char cursor[CURSOR];  /* of the search before, of the same ask */
	size_t cursor_taken;
};

struct host {
	pthread_t thread;
	struct dice d;
	struct slot *slots;
	_Atomic double waits_since; /* 0: it does not */
	struct slot *_Atomic at;    /* where it is at work */
};

struct search_pool *pool;
struct search_tree *trees[TREES];
pthread_rwlock_t trees_lock = PTHREAD_RWLOCK_INITIALIZER;

static struct host *hosts;

/* --- ebb and flood --- */

static pthread_mutex_t ebb_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ebb_changed = PTHREAD_COND_INITIALIZER;
static uint32_t at_ebb, players;
static atomic_bool ebb;

static void wait_for_flow(void)
{
	pthread_mutex_lock(&ebb_lock);
	at_ebb++;
	pthread_cond_broadcast(&ebb_changed);
	while (atomic_load(&ebb))
		pthread_cond_wait(&ebb_changed, &ebb_lock);
	at_ebb--;
	pthread_mutex_unlock(&ebb_lock);
}

void ebb_here(void)
{
	if (atomic_load(&ebb))
		wait_for_flow();
}

static void for_all_slots(void (*act)(struct slot *slot))
{
	for (uint32_t i = 0; i < plan.hosts; i++)
		for (uint32_t k = 0; k < plan.slots; k++) {
			struct slot *slot = &hosts[i].slots[k];

			pthread_mutex_lock(&slot->lock);
			act(slot);
			pthread_mutex_unlock(&slot->lock);
		}
}

static void cancel_slot(struct slot *slot)
{
	if (slot->opened.search == NULL)
		return;
	slot->canceled = true;
	search_cancel(slot->opened.search);
}

static bool has_search(struct host *host, struct search_stats *stats)
{
	struct slot *slot = host->at;
	bool has;

	if (host->waits_since == 0 || slot == NULL)
		return false;
	pthread_mutex_lock(&slot->lock);
	has = slot->opened.search != NULL && search_stats(slot->opened.search, stats) == SEARCH_OK;
	pthread_mutex_unlock(&slot->lock);
	return has && host->waits_since != 0;
}

/* A sum that grows as long as the searches that hosts wait for get on; 0: nobody waits. */
static uint64_t get_progress(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < plan.hosts; i++) {
		struct search_stats stats = SEARCH_STATS_INIT;

		if (has_search(&hosts[i], &stats))
			sum += 1 + stats.files_found + stats.files_searched + stats.directories + stats.bytes + stats.matches;
	}
	return sum;
}

/*
 * Hosts that wait go on by themselves, or their searches get on: a cancel would hide that a wake-up was lost. Meanwhile
 * nobody takes from the other searches, and these must not hold them up.
 */
static void watch_those_who_wait(void)
{
	double since = milliseconds(), last = since;
	uint64_t before = get_progress(), sum;

	while ((sum = get_progress()) != 0 && (last == since || last - since < 2000)) {
		if (sum != before)
			last = milliseconds();
		before = sum;
		usleep(20000);
		if (milliseconds() - last < PATIENCE)
			continue;
		fault("a host waits, and the search does not get on");
		return;
	}
}

/* After that nobody is to wait for long in a search that goes on: they are all canceled. */
void slots_ebb(void)
{
	struct timespec until;
	bool all;

	atomic_store(&ebb, true);
	watch_those_who_wait();
	for_all_slots(cancel_slot);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 4 * PATIENCE / 1000;
	pthread_mutex_lock(&ebb_lock);
	while (at_ebb < players && pthread_cond_timedwait(&ebb_changed, &ebb_lock, &until) == 0)
		;
	all = at_ebb == players;
	pthread_mutex_unlock(&ebb_lock);
	if (all)
		return;
	fault("a host is inside a call, although all searches were canceled long ago");
	abort();
}

void slots_flow(void)
{
	pthread_mutex_lock(&ebb_lock);
	atomic_store(&ebb, false);
	pthread_cond_broadcast(&ebb_changed);
	pthread_mutex_unlock(&ebb_lock);
}

/* --- what comes --- */

static bool lacks(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN;
}

static void note_error(struct slot *slot, const struct search_item *item)
{
	atomic_fetch_add(&totals.errors, 1);
	if (item->error == EBADF || item->error == EFAULT)
		fault("%s: %s: %s", item->path, item->message, slot->ask->question.what);
	slot->starved = slot->starved || lacks(item->error) || item->reason == SEARCH_REASON_MEMORY;
}

static void report_item(const struct slot *slot, const struct search_item *item)
{
	fault("item %zu of %zu, kind %d, %s:%llu \"%.*s\" %s, is not what it was: %s", slot->taken, slot->ask->count,
	      (int)item->kind, item->path, (unsigned long long)item->line,
	      (int)(item->length < 60 ? item->length : 60), item->text != NULL ? item->text : "",
	      item->message != NULL ? item->message : "", slot->ask->question.what);
}

static void check_item(struct slot *slot, const struct search_item *item)
{
	const struct ask *ask = slot->ask;
	uint64_t hash;

	atomic_fetch_add(&totals.items, 1);
	if (item->kind == SEARCH_ITEM_ERROR)
		note_error(slot, item);
	if (!ask->still || slot->starved)
		return;
	hash = hash_item(item, ask->ordered);
	slot->sum += hash;
	if (slot->taken >= ask->count || (ask->ordered && ask->items[slot->taken] != hash)) {
		report_item(slot, item);
		slot->starved = true; /* one report of it will do */
	}
	slot->taken++;
}

static void check_end(struct slot *slot)
{
	const struct ask *ask = slot->ask;

	atomic_fetch_add(&totals.ended, 1);
	if (!ask->still)
		return;
	if (slot->starved) {
		atomic_fetch_add(&totals.starved, 1);
		return;
	}
	atomic_fetch_add(&totals.checked, 1);
	if (slot->limited)
		return;
	if (slot->taken != ask->count || (!ask->ordered && slot->sum != ask->sum))
		fault("%zu items, not %zu: %s", slot->taken, ask->count, ask->question.what);
}

/* What may end a search besides its end. */
static void check_status(struct slot *slot, int rc)
{
	const struct search_options *o = &slot->ask->question.options;

	switch (rc) {
	case SEARCH_ECANCELED:
		atomic_fetch_add(&totals.canceled, 1);
		if (!slot->canceled)
			fault("canceled by nobody: %s", slot->ask->question.what);
		break;
	case SEARCH_ENOMEM:
		atomic_fetch_add(&totals.no_memory, 1);
		if (totals.squeezes == 0)
			fault("no memory, although there was some: %s", slot->ask->question.what);
		break;
	case SEARCH_ETIMEDOUT:
		atomic_fetch_add(&totals.timed_out, 1);
		if (!slot->limited)
			fault("it had no time limit: %s", slot->ask->question.what);
		break;
	default:
		fault("search_next: %s, context %u: %s", search_strerror(rc), o->before_context, slot->ask->question.what);
	}
}

/* --- open and close --- */

/* How it is searched, which must not change what comes; and how much of it. */
static void choose_how(struct host *host, struct slot *slot, struct search_options *o)
{
	static const uint32_t part_bytes[] = { 0, 0, 0, 64, 1000, 70000 };
	struct dice *d = &host->d;
	const struct ask *ask = slot->ask;
	uint32_t where = dice_below(d, 100);

	*o = ask->question.options;
	o->workers = where < 90 ? dice_below(d, 4) : where < 97 || ask->endless ? 1 + dice_below(d, 2) : SEARCH_NO_WORKERS;
	o->pool = where < 90 ? pool : NULL;
	o->priority = o->pool != NULL ? dice_below(d, 3) : 0;
	o->caller_flags = o->workers != SEARCH_NO_WORKERS && dice_chance(d, 30) ? SEARCH_CALLER_NO_HELP : 0;
	o->max_queued_matches = dice_chance(d, 10) ? 1 + dice_below(d, 20) : 0;
	o->max_queued_bytes = dice_chance(d, 10) ? 1 + dice_below(d, 5000) : 0;
	o->max_open_files = o->pool != NULL && dice_chance(d, 90) ? 0 : 2 + dice_below(d, 8);
	o->split_bytes = part_bytes[dice_below(d, 6)];
	o->max_line_ms = dice_chance(d, 10) ? 100000 : 0;
	slot->limited = dice_chance(d, 5);
	o->timeout_ms = slot->limited ? 1 + dice_below(d, 500) : dice_chance(d, 10) ? 10000000 : 0;
	o->resume = slot->has_cursor ? slot->cursor : NULL;
}

static bool may_refuse(const struct slot *slot, int status, const struct search_error *error)
{
	if (status == SEARCH_ENOMEM)
		return totals.squeezes > 0;
	if (status == SEARCH_ESYSTEM)
		return lacks(error->system_error) || (!slot->ask->still && error->system_error != EBADF);
	return status == SEARCH_EINVAL && error->subject == SEARCH_SUBJECT_OVERLAY && !slot->ask->still;
}

static void open_slot(struct host *host, struct slot *slot)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_options options;
	struct opened opened;
	int status;

	if (!slot->has_cursor)
		slot->ask = asks[dice_below(&host->d, ASKS)];
	pthread_rwlock_rdlock(&trees_lock);
	choose_how(host, slot, &options);
	options.tree = dice_chance(&host->d, 50) ? trees[dice_below(&host->d, TREES)] : NULL;
	status = ask_open(slot->ask, &options, &error, &opened);
	pthread_rwlock_unlock(&trees_lock);
	slot->taken = slot->has_cursor ? slot->cursor_taken : 0;
	slot->has_cursor = slot->starved = slot->asked_fd = false;
	slot->sum = 0;
	slot->since = milliseconds();
	if (status != SEARCH_OK) {
		atomic_fetch_add(&totals.refused, 1);
		if (!may_refuse(slot, status, &error))
			fault("search_open: %s (%d): %s", error.message, error.system_error, slot->ask->question.what);
		return;
	}
	atomic_fetch_add(&totals.opened, 1);
	pthread_mutex_lock(&slot->lock);
	slot->opened = opened;
	slot->canceled = false;
	pthread_mutex_unlock(&slot->lock);
}

/* Where it stands, for another search to go on. */
static void keep_cursor(struct slot *slot)
{
	int length = search_cursor(slot->opened.search, slot->cursor, CURSOR);

	slot->has_cursor = length > 0 && length < CURSOR;
	slot->cursor_taken = slot->taken;
	if (slot->has_cursor)
		atomic_fetch_add(&totals.resumed, 1);
}

static void close_slot(struct slot *slot)
{
	struct opened opened;

	pthread_mutex_lock(&slot->lock);
	opened = slot->opened;
	slot->opened.search = NULL;
	pthread_mutex_unlock(&slot->lock);
	ask_close(&opened);
}

static void leave_slot(struct host *host, struct slot *slot)
{
	const struct ask *ask = slot->ask;

	atomic_fetch_add(&totals.left, 1);
	if (ask->pages && !ask->piped && !slot->starved && slot->taken > 0 && dice_chance(&host->d, 50))
		keep_cursor(slot);
	close_slot(slot);
}

/* --- take --- */

/* With a poll that has to end: a search that nobody holds up is ready one day. */
static int wait_and_try(struct host *host, struct slot *slot, const struct search_item *const **items, size_t most)
{
	struct search *s = slot->opened.search;
	struct pollfd watched = { .fd = search_fd(s), .events = POLLIN };
	int rc = search_try_next_many(s, items, most);

	if (rc != SEARCH_EAGAIN || watched.fd < 0)
		return rc;
	host->waits_since = milliseconds();
	if (poll(&watched, 1, slot->ask->endless ? 2 : PATIENCE) == 0 && !slot->ask->endless)
		fault("nothing came in %d s: %s", PATIENCE / 1000, slot->ask->question.what);
	host->waits_since = 0;
	return search_try_next_many(s, items, most);
}

static int take(struct host *host, struct slot *slot, const struct search_item *const **items, size_t most)
{
	static _Thread_local const struct search_item *one;
	struct search *s = slot->opened.search;
	uint32_t way = dice_below(&host->d, 100);
	int rc;

	*items = &one;
	if (way < 25)
		return wait_and_try(host, slot, items, most);
	if (way < 50 || slot->ask->endless)
		return way % 2 == 0 ? search_try_next(s, &one) : search_try_next_many(s, items, most);
	host->waits_since = milliseconds();
	rc = way % 2 == 0 ? search_next(s, &one) : search_next_many(s, items, most);
	host->waits_since = 0;
	return rc;
}

static void take_some(struct host *host, struct slot *slot)
{
	const struct search_item *const *items;
	uint32_t calls = slot->slow ? 1 : 1 + dice_below(&host->d, 60);
	size_t most = slot->slow ? 1 : 1 + dice_below(&host->d, 300);
	int rc = 1;

	while (calls-- > 0 && rc > 0) {
		rc = take(host, slot, &items, most);
		for (int i = 0; i < rc; i++)
			check_item(slot, items[i]);
	}
	if (rc > 0 || rc == SEARCH_EAGAIN)
		return;
	if (rc == 0)
		check_end(slot);
	else
		check_status(slot, rc);
	close_slot(slot);
}

/* Something comes through the pipe, or it ends. */
static void feed(struct host *host, struct slot *slot)
{
	int *writer = &slot->opened.descriptors[1];

	if (*writer < 0)
		return;
	if (dice_chance(&host->d, 80)) {
		(void)!write(*writer, "a needle\nreturn kettle\n\nneedle needle", 36);
		return;
	}
	close(*writer);
	*writer = -1;
}

static void play(struct host *host, struct slot *slot)
{
	uint32_t what = dice_below(&host->d, 100);

	if (slot->opened.search == NULL) {
		open_slot(host, slot);
		return;
	}
	if (slot->slow && what >= 10)
		return;
	if (slot->ask->piped && what % 4 == 0)
		feed(host, slot);
	if (what == 99) {
		pthread_mutex_lock(&slot->lock);
		cancel_slot(slot);
		pthread_mutex_unlock(&slot->lock);
	}
	if (what >= 93 && what < 97)
		leave_slot(host, slot);
	else if (slot->ask->endless && milliseconds() - slot->since > AGE)
		leave_slot(host, slot);
	else
		take_some(host, slot);
}

static void close_all(struct host *host)
{
	for (uint32_t i = 0; i < plan.slots; i++) {
		host->slots[i].has_cursor = false;
		if (host->slots[i].opened.search != NULL)
			close_slot(&host->slots[i]);
	}
}

static void *be_host(void *argument)
{
	struct host *host = argument;

	while (!atomic_load(&over)) {
		if (atomic_load(&ebb)) {
			close_all(host);
			wait_for_flow();
		} else {
			host->at = &host->slots[dice_below(&host->d, plan.slots)];
			play(host, host->at);
		}
	}
	return NULL;
}

/* --- for other threads --- */

void slots_meddle(struct dice *d)
{
	struct slot *slot = &hosts[dice_below(d, plan.hosts)].slots[dice_below(d, plan.slots)];
	struct search_stats stats = SEARCH_STATS_INIT;

	pthread_mutex_lock(&slot->lock);
	if (slot->opened.search != NULL && dice_chance(d, 20))
		cancel_slot(slot);
	else if (slot->opened.search != NULL && search_stats(slot->opened.search, &stats) != SEARCH_OK)
		fault("search_stats fails");
	pthread_mutex_unlock(&slot->lock);
}

double slots_stuck(void)
{
	double now = milliseconds(), most = 0;

	for (uint32_t i = 0; i < plan.hosts; i++) {
		double since = hosts[i].waits_since;

		if (since > 0 && now - since > most)
			most = now - since;
	}
	return most / 1e3;
}

/* The one before lives on until its searches are closed. */
void pool_make(void)
{
	struct search_pool_options o = SEARCH_POOL_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_pool *before = pool, *made;

	o.workers = plan.workers;
	o.max_open_files = plan.descriptors / 6;
	o.max_queued_bytes = 4 << 20;
	o.max_memory = 16 << 20;
	if (search_pool_open(&made, &o, &error) != SEARCH_OK) {
		if (before == NULL || (error.code != SEARCH_ENOMEM && error.code != SEARCH_ESYSTEM))
			fault("search_pool_open: %s", error.message);
		return; /* nothing is left for another one just now */
	}
	pthread_rwlock_wrlock(&trees_lock);
	pool = made;
	pthread_rwlock_unlock(&trees_lock);
	search_pool_close(before);
}

void pool_end(void)
{
	search_pool_close(pool);
	pool = NULL;
}

static void make_host(struct host *host, uint64_t seed)
{
	host->d.state = seed;
	host->slots = calloc(plan.slots, sizeof(*host->slots));
	if (host->slots == NULL)
		exit(99);
	for (uint32_t i = 0; i < plan.slots; i++) {
		pthread_mutex_init(&host->slots[i].lock, NULL);
		host->slots[i].slow = i % 10 == 0;
	}
}

/* At the ebb. */
void slots_start(void)
{
	hosts = calloc(plan.hosts, sizeof(*hosts));
	if (hosts == NULL)
		exit(99);
	atomic_store(&ebb, true);
	players = plan.hosts + 2; /* and two of those in trouble.c */
	for (uint32_t i = 0; i < plan.hosts; i++)
		make_host(&hosts[i], plan.seed * 1000 + i);
	for (uint32_t i = 0; i < plan.hosts; i++)
		if (pthread_create(&hosts[i].thread, NULL, be_host, &hosts[i]) != 0)
			exit(99);
}

void slots_end(void)
{
	for (uint32_t i = 0; i < plan.hosts; i++) {
		pthread_join(hosts[i].thread, NULL);
		free(hosts[i].slots);
	}
	free(hosts);
}
