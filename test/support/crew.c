/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crew.c - runs a plan without the rest of a search. Each member is a small state machine, driven by a random scheduler
 * or by a thread of its own.
 */
#include "../../lib/base/base.h"

#include "../../lib/plan/plan_internal.h"
#include "../../lib/queue/queue.h"
#include "crew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct crew;

/* What a worker attaches. */
struct parcel {
	struct ps_place place;
	char *text;
};

/* A worker, or the caller. */
struct member {
	struct ps_holder holder; /* first: what wake_holder gets */
	struct crew *crew;
	struct ps_claim *claim;
	uint32_t entry;
	enum { OPEN, READ, LIST } state;
	struct ps_opened opened;
	struct ps_lister *lister;
	struct ps_bell bell;
	struct ps_thread thread;
	bool is_caller;
	uint64_t made;           /* claims */
};

struct crew {
	const struct crew_options *options;
	struct crew_result *result;
	struct ps_plan *plan;
	struct member members[CREW_WORKERS]; /* [0] is the caller */
	size_t added;          /* sources */
	bool simulated;
	_Atomic bool caller_woken;
	struct ps_holder *told;  /* who was told last that its claim is the head (simulated only) */
	_Atomic bool stop;
	pthread_barrier_t start; /* a sanitizer opens files while a thread begins: not among ours */
	unsigned descriptors_before;
};

/* --- hooks --- */

static void wake_caller(void *context)
{
	struct crew *crew = context;

	if (!atomic_exchange(&crew->caller_woken, true) && crew->simulated)
		crew->result->caller_woken++;
	ps_bell_ring(&crew->members[0].bell);
}

static void wake_holder(void *context, struct ps_holder *holder)
{
	struct crew *crew = context;

	if (crew->simulated)
		crew->told = holder;
	ps_bell_ring(&((struct member *)(void *)holder)->bell);
}

static void wake_idle(void *context, unsigned count)
{
	struct crew *crew = context;

	for (uint32_t i = 1; i <= crew->options->workers && count > 0; i++)
		if (atomic_exchange(&crew->members[i].holder.idle, false)) {
			ps_bell_ring(&crew->members[i].bell);
			if (crew->simulated) /* on one thread; others would race here */
				crew->result->workers_woken++;
			count--;
		}
	if (count > 0)
		fail_msg("%u holders are to be woken that do not wait", count);
}

static uint32_t listen_at(void *context, struct ps_holder *holder)
{
	(void)context;
	return ps_bell_listen(&((struct member *)(void *)holder)->bell);
}

static bool wait_at(void *context, struct ps_holder *holder, uint32_t heard)
{
	struct crew *crew = context;

	if (crew->simulated || atomic_load(&crew->stop))
		return false;
	ps_bell_wait(&((struct member *)(void *)holder)->bell, heard, PS_NO_DEADLINE);
	return true;
}

/* --- a member at work --- */

static uint64_t hash(const char *text)
{
	uint64_t h = 1469598103934665603u;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return h ^ h >> 29;
}

bool crew_delivers(const struct crew_options *options, const char *shown)
{
	return hash(shown) % 100 < options->percent;
}

static void deliver(struct member *m, int error)
{
	struct ps_text path = { 0 };
	struct parcel *parcel = malloc(sizeof(*parcel));
	size_t space;

	assert_int_equal(ps_claim_path(m->claim, m->entry, &path), SEARCH_OK);
	assert_int_equal(path.length, strlen(path.bytes));
	if (m->crew->simulated && error == 0)
		names_add(&m->crew->result->opened, path.bytes);
	space = path.length + 200;
	parcel->text = malloc(space);
	if (error == 0)
		snprintf(parcel->text, space, "%s", path.bytes);
	else
		snprintf(parcel->text, space, "%s: errno %d", path.bytes, error);
	if (error == 0 && !crew_delivers(m->crew->options, path.bytes)) {
		free(parcel->text);
		free(parcel);
	} else if (m->is_caller) {
		names_add(&m->crew->result->shown, parcel->text);
		free(parcel->text);
		free(parcel);
	} else {
		ps_plan_attach(m->crew->plan, m->claim, &parcel->place);
	}
	ps_text_free(&path);
}

static void open_entry(struct member *m)
{
	struct crew *crew = m->crew;

	assert_int_equal(ps_claim_open(crew->plan, m->claim, m->entry, true, &m->opened), PS_DONE);
	if (m->opened.error != 0) {
		deliver(m, m->opened.error);
		m->entry++;
	} else if (m->opened.directory) {
		ps_lister_start(m->lister, m->claim, &m->opened);
		m->state = LIST;
	} else {
		m->state = READ;
	}
}

/* One step of the claim. False: it is done. */
static bool work(struct member *m)
{
	int error, rc;

	switch (m->state) {
	case OPEN:
		if (m->entry == ps_claim_count(m->claim))
			return false;
		open_entry(m);
		break;
	case READ:
		deliver(m, 0);
		ps_plan_close(m->crew->plan, &m->opened);
		m->state = OPEN;
		m->entry++;
		break;
	default:
		rc = ps_lister_step(m->lister, true, &error);
		assert_true(rc >= 0);
		if (rc == PS_DONE) {
			if (error != 0)
				deliver(m, error);
			m->state = OPEN;
			m->entry++;
		}
	}
	return true;
}

static void begin(struct member *m, struct ps_claim *claim)
{
	m->claim = claim;
	m->entry = 0;
	m->state = OPEN;
}

/* --- the caller --- */

static void add_source(struct crew *crew, bool more)
{
	const struct crew_options *o = crew->options;
	size_t n = crew->added < o->source_count ? 1 : 0;
	struct search_source source = { 0 };
	char path[8192] = "";

	if (n > 0) {
		/* what is added is copied: it may be gone at once */
		source = o->sources[crew->added];
		if (source.path != NULL)
			source.path = strcpy(path, source.path);
	}
	crew->added += n;
	assert_int_equal(ps_plan_add(crew->plan, &source, n,
				     n == 0 ? PS_FOLLOW_NONE : more ? PS_FOLLOW_AT_ONCE : PS_FOLLOW_LATER), SEARCH_OK);
	memset(path, 'x', sizeof(path));
}

static bool run_workers_dry(struct crew *crew);

/* In a simulation the workers run meanwhile: what a wake-up is worth shows if they are fast. */
static void add_sources(struct crew *crew)
{
	uint64_t wanted = ps_min64(ps_plan_sources_wanted(crew->plan), crew->options->pulled);

	for (; wanted > 0 && crew->added <= crew->options->source_count; wanted--) {
		add_source(crew, wanted > 1);
		if (crew->simulated)
			run_workers_dry(crew);
	}
}

static void take(struct crew *crew, struct ps_place *place)
{
	struct parcel *parcel = (struct parcel *)(void *)place;

	names_add(&crew->result->shown, parcel->text);
	ps_plan_retire(crew->plan, place);
	free(parcel->text);
	free(parcel);
}

enum { NEWS, NO_NEWS, OVER };

static int look(struct crew *crew, bool likes_to)
{
	enum ps_help help = crew->options->no_help ? PS_HELP_NEVER : likes_to ? PS_HELP_ALWAYS : PS_HELP_ALONE;
	struct member *caller = &crew->members[0];
	struct ps_place *place = NULL;
	struct ps_claim *claim = caller->claim;
	int rc;

	caller->claim = NULL;
	if (ps_plan_hungry(crew->plan))
		add_sources(crew);
	rc = ps_plan_head(crew->plan, &caller->holder, &claim, help, &place);
	switch (rc) {
	case PS_HEAD_PLACE:
		take(crew, place);
		return NEWS;
	case PS_HEAD_CLAIMED:
		begin(caller, claim);
		crew->result->caller_runs++;
		return NEWS;
	case PS_HEAD_SOURCES:
		assert_true(crew->options->pulled > 0);
		add_sources(crew);
		return NEWS;
	case PS_HEAD_RUNNING:
		return NO_NEWS;
	default:
		assert_int_equal(rc, PS_HEAD_END);
		return OVER;
	}
}

/* --- putting it together --- */

static struct crew *crew_new(const struct crew_options *options, struct crew_result *result, bool simulated)
{
	struct crew *crew = calloc(1, sizeof(*crew));
	struct ps_plan_options plan = {
		.flags = options->flags,
		.threads = options->workers + 1,
		.max_open_files = options->max_open_files,
		.window_claims = options->window_claims,
		.window_entries = options->window_entries,
		.memory = options->memory,
		.cached = options->cached,
		.hooks = { .context = crew, .wake_caller = wake_caller, .wake_holder = wake_holder, .wake_idle = wake_idle,
			   .listen = listen_at, .wait = wait_at },
	};

	assert_true(options->workers < CREW_WORKERS && (options->workers > 0 || !options->no_help));
	*result = (struct crew_result){ 0 };
	crew->options = options;
	crew->result = result;
	crew->simulated = simulated;
	crew->descriptors_before = tree_open_descriptors();
	assert_int_equal(ps_plan_new(&crew->plan, &plan), SEARCH_OK);
	for (uint32_t i = 0; i <= options->workers; i++) {
		struct member *m = &crew->members[i];

		m->crew = crew;
		m->is_caller = i == 0;
		ps_bell_init(&m->bell);
		assert_int_equal(ps_lister_new(&m->lister, crew->plan), SEARCH_OK);
	}
	if (options->pulled == 0)
		assert_int_equal(ps_plan_add(crew->plan, options->sources, options->source_count, PS_FOLLOW_NONE),
				 SEARCH_OK);
	return crew;
}

static void crew_free(struct crew *crew)
{
	struct crew_result *result = crew->result;
	unsigned before = crew->descriptors_before;

	for (uint32_t i = 0; i <= crew->options->workers; i++) {
		const struct ps_list_totals *totals = ps_lister_totals(crew->members[i].lister);

		result->files += totals->files;
		result->skipped += totals->skipped;
		result->directories += totals->directories;
		ps_lister_free(crew->members[i].lister);
	}
	result->open_files = ps_plan_open_files(crew->plan);
	ps_plan_free(crew->plan);
	free(crew);
	assert_int_equal(tree_open_descriptors(), before);
}

/* --- simulated --- */

/* P1: nobody is told that there is nothing to claim while the head could be. */
static void check_idle(const struct ps_plan *plan)
{
	const struct ps_run *run = plan->head_run;

	if (run != NULL && plan->head == NULL && run->claims == NULL)
		assert_true(run->cursor == run->count);
}

/* Q3: the holder of the head knows that it is, was woken for it, and no other believes it. */
static void check_head(struct crew *crew)
{
	const struct ps_claim *head = crew->plan->head;

	for (uint32_t i = 0; i <= crew->options->workers; i++) {
		struct member *m = &crew->members[i];

		if (m->claim != NULL)
			assert_int_equal(atomic_load(&m->holder.head), m->claim == head);
	}
	if (head != NULL && head->holder != NULL)
		assert_ptr_equal(crew->told, head->holder);
}

/* A step of a worker. False: it sleeps. */
static bool step_worker(struct member *m)
{
	struct ps_claim *claim = m->claim;
	int rc;

	if (atomic_load(&m->holder.idle))
		return false;
	if (claim != NULL && work(m))
		return true;
	m->claim = NULL;
	rc = ps_plan_claim(m->crew->plan, &m->holder, &claim);
	if (rc == PS_CLAIM_MADE) {
		begin(m, claim);
		m->made++;
	} else {
		assert_int_equal(rc, PS_CLAIM_NOTHING);
		assert_true(atomic_load(&m->holder.idle));
		check_idle(m->crew->plan);
	}
	return true;
}

/* A step of the caller. NO_NEWS: it sleeps. */
static int step_caller(struct crew *crew, struct random *random)
{
	struct member *caller = &crew->members[0];
	int rc;

	if (caller->claim != NULL && work(caller))
		return NEWS;
	if (caller->claim == NULL && !atomic_load(&crew->caller_woken))
		return NO_NEWS;
	atomic_store(&crew->caller_woken, false);
	rc = look(crew, !crew->options->never_helps && random_percent(random, 50));
	if (rc == NEWS)
		atomic_store(&crew->caller_woken, true);
	return rc == OVER ? OVER : NEWS; /* the look alone may have woken somebody */
}

static void measure(struct crew *crew, struct random *random)
{
	struct crew_result *r = crew->result;

	if (crew->plan->claims > r->claims)
		r->claims = crew->plan->claims;
	if (random_percent(random, 5)) {
		unsigned now = tree_open_descriptors() - crew->descriptors_before;

		if (now > r->open_counted)
			r->open_counted = now;
	}
}

static bool run_workers_dry(struct crew *crew)
{
	bool moved = false;

	for (uint32_t i = 1; i <= crew->options->workers; i++)
		while (step_worker(&crew->members[i]))
			moved = true;
	return moved;
}

/* A step of a random member. False: at the end. */
static bool simulate_step(struct crew *crew, struct random *random)
{
	uint32_t first = random_below(random, crew->options->workers + 1);

	measure(crew, random);
	check_head(crew);
	for (uint32_t n = 0; n <= crew->options->workers; n++) {
		uint32_t who = (first + n) % (crew->options->workers + 1);

		if (who > 0 && step_worker(&crew->members[who]))
			return true;
		if (who == 0) {
			int rc = step_caller(crew, random);

			if (rc == OVER)
				return false;
			if (rc == NEWS)
				return true;
		}
	}
	fail_msg("everybody waits: the head is stuck");
	return false;
}

void crew_simulate(const struct crew_options *options, struct random *random, struct crew_result *result)
{
	struct crew *crew = crew_new(options, result, true);

	atomic_store(&crew->caller_woken, true);
	while (options->late_caller && run_workers_dry(crew))
		;
	result->late_claims = crew->plan->claims;
	for (uint32_t i = 1; i <= options->workers; i++)
		result->made_after[i - 1] -= crew->members[i].made;
	while (simulate_step(crew, random))
		;
	for (uint32_t i = 1; i <= options->workers; i++)
		result->made_after[i - 1] += crew->members[i].made;
	crew_free(crew);
}

/* Places that nobody took no longer belong to the plan, but still to us. */
static void free_parcels(struct crew *crew)
{
	struct ps_place *place;

	atomic_store(&crew->stop, true);
	for (;;) {
		struct ps_claim *none = NULL;

		if (ps_plan_head(crew->plan, &crew->members[0].holder, &none, PS_HELP_ALONE, &place) != PS_HEAD_PLACE)
			return;
		take(crew, place);
	}
}

void crew_abandon(const struct crew_options *options, struct random *random, unsigned steps)
{
	struct crew_result result;
	struct crew *crew = crew_new(options, &result, true);

	atomic_store(&crew->caller_woken, true);
	while (steps-- > 0 && simulate_step(crew, random))
		;
	for (uint32_t i = 0; i <= options->workers; i++)
		if (crew->members[i].claim != NULL && crew->members[i].state == READ)
			ps_plan_close(crew->plan, &crew->members[i].opened);
	free_parcels(crew);
	crew_free(crew);
	crew_result_free(&result);
}

/* --- by threads --- */

static void *run_worker(void *argument)
{
	struct member *m = argument;
	struct ps_claim *claim = NULL;

	pthread_barrier_wait(&m->crew->start);
	for (;;) {
		int rc = ps_plan_claim(m->crew->plan, &m->holder, &claim);

		if (rc == PS_CLAIM_MADE) {
			begin(m, claim);
			while (work(m))
				;
			continue;
		}
		for (;;) {
			uint32_t heard = ps_bell_listen(&m->bell);

			if (atomic_load(&m->crew->stop))
				return NULL;
			if (!atomic_load_explicit(&m->holder.idle, memory_order_acquire))
				break;
			ps_bell_wait(&m->bell, heard, PS_NO_DEADLINE);
		}
	}
}

static void run_caller(struct crew *crew)
{
	struct member *caller = &crew->members[0];

	for (;;) {
		uint32_t heard = ps_bell_listen(&caller->bell);
		int rc;

		while (caller->claim != NULL && work(caller))
			;
		rc = look(crew, !crew->options->never_helps);
		if (rc == OVER)
			return;
		if (rc == NO_NEWS)
			ps_bell_wait(&caller->bell, heard, PS_NO_DEADLINE);
	}
}

void crew_run(const struct crew_options *options, struct crew_result *result)
{
	struct crew *crew = crew_new(options, result, false);

	pthread_barrier_init(&crew->start, NULL, options->workers + 1);
	for (uint32_t i = 1; i <= options->workers; i++) {
		struct member *m = &crew->members[i];

		assert_int_equal(ps_thread_start(&m->thread, i, run_worker, m), 0);
	}
	pthread_barrier_wait(&crew->start);
	run_caller(crew);
	atomic_store(&crew->stop, true);
	for (uint32_t i = 1; i <= options->workers; i++)
		ps_bell_ring(&crew->members[i].bell);
	for (uint32_t i = 1; i <= options->workers; i++)
		ps_thread_join(&crew->members[i].thread);
	pthread_barrier_destroy(&crew->start);
	crew_free(crew);
}

void crew_result_free(struct crew_result *result)
{
	names_free(&result->shown);
	names_free(&result->opened);
}
