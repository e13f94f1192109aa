/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.c - claims in order, and the head that follows them.
 *
 * Two structures hold the order. The tree (run -> claims -> child runs) is
 * what the head walks, depth first. The list of open runs, in plan order, is
 * where the next claim is looked for: a claimed directory leaves its child run
 * there, empty, ahead of the run it came from, so that what it expands to is
 * claimed before anything behind it. Runs without unclaimed entries leave the
 * list, and so it is about as long as there are threads, plus the depth of the
 * tree.
 *
 * An outline of a claim's life:
 *	claim   entries leave their run's cursor; a directory gets a child run
 *	run     places are attached, a directory's child is filled (expand)
 *	finish  holder = NULL; the head moves over it if that is where it stands
 *	pass    the caller has retired its places, its child has passed: freed
 */
#include "plan_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
	CLAIM_FILES = 32,            /* at most so many files in a claim */
	WINDOW_CLAIMS = 4096,        /* see struct ps_plan_options */
	WINDOW_ENTRIES = 128 * 1024,
	ENTRY_BYTES = 64             /* of rules weigh as much as an entry */
};

/* --- the lock, and what is done once it is released --- */

static void lock(struct ps_plan *plan)
{
	pthread_mutex_lock(&plan->lock);
}

static void free_dead(struct ps_run *run)
{
	while (run != NULL) {
		struct ps_run *next = run->next_root;

		ps_run_free(run);
		run = next;
	}
}

static void unlock_and_wake(struct ps_plan *plan)
{
	const struct ps_plan_hooks *hooks = &plan->options.hooks;
	struct ps_wakes wakes = plan->wakes;
	struct ps_run *dead = plan->dead;

	plan->wakes = (struct ps_wakes){ 0 };
	plan->dead = NULL;
	pthread_mutex_unlock(&plan->lock);
	free_dead(dead);
	if (wakes.holder != NULL)
		hooks->wake_holder(hooks->context, wakes.holder);
	if (wakes.idle > 0)
		hooks->wake_idle(hooks->context, wakes.idle);
	if (wakes.caller)
		hooks->wake_caller(hooks->context);
}

/* So many more claims can be made: wake as many of those who wait for one. */
static void offer(struct ps_plan *plan, uint32_t count)
{
	unsigned n = (unsigned)ps_min(count, plan->idle);

	plan->idle -= n;
	plan->coming += n;
	plan->wakes.idle += n;
}

/* --- the list of open runs --- */

static void open_before(struct ps_plan *plan, struct ps_run *run, struct ps_run *later)
{
	run->later = later;
	run->earlier = later != NULL ? later->earlier : plan->open_last;
	if (run->earlier != NULL)
		run->earlier->later = run;
	else
		plan->open_first = run;
	if (later != NULL)
		later->earlier = run;
	else
		plan->open_last = run;
}

static void close_run(struct ps_plan *plan, struct ps_run *run)
{
	if (run->earlier != NULL)
		run->earlier->later = run->later;
	else
		plan->open_first = run->later;
	if (run->later != NULL)
		run->later->earlier = run->earlier;
	else
		plan->open_last = run->earlier;
	run->earlier = run->later = NULL;
}

/* --- the head --- */

/* The earliest run with something to claim. */
static struct ps_run *first_open(const struct ps_plan *plan)
{
	struct ps_run *run = plan->open_first;

	while (run != NULL && run->cursor == run->count)
		run = run->later; /* a directory that is being listed */
	return run;
}

static bool is_file(const struct ps_entry *entry)
{
	return entry->type == PS_ENTRY_FILE || entry->type == PS_ENTRY_PART;
}

/* Entries of the run, and of those above it: they stay as long as it does. Sources are not counted. */
static uint64_t entries_with(const struct ps_run *run)
{
	return run->parent != NULL ? run->above + run->count + run->weight : 0;
}

static bool within_window(const struct ps_plan *plan, const struct ps_run *run)
{
	uint64_t most = plan->options.window_entries;

	if (plan->claims >= plan->options.window_claims || run->entries[run->cursor].again)
		return false;
	return is_file(&run->entries[run->cursor]) || plan->entries <= most ||
	       plan->entries - entries_with(run) <= most;
}

/*
 * Something was freed: may threads that wait for the window go on? That depends on the entry to be claimed next,
 * since they would be woken for it.
 */
static void move_window(struct ps_plan *plan)
{
	const struct ps_run *run;

	if (!plan->window_closed || plan->claims >= plan->options.window_claims / 2)
		return;
	run = first_open(plan);
	if (run == NULL || !within_window(plan, run))
		return;
	plan->window_closed = false;
	offer(plan, plan->idle);
}

static void free_claim(struct ps_plan *plan, struct ps_claim *claim)
{
	claim->next = plan->spare;
	plan->spare = claim;
	plan->claims--;
	move_window(plan);
}

static uint64_t sources_ahead(const struct ps_plan *plan)
{
	return plan->sources - plan->sources_passed;
}

static bool few_sources(const struct ps_plan *plan)
{
	return sources_ahead(plan) <= PS_SOURCES_AHEAD / 2;
}

/* When few sources are left, the caller is woken: once for all that it then adds. */
static void pass_sources(struct ps_plan *plan, uint32_t count)
{
	bool few = few_sources(plan);

	plan->sources_passed += count;
	/* relaxed: stored under the lock */
	if (!few && few_sources(plan) && atomic_load_explicit(&plan->hungry, memory_order_relaxed))
		plan->wakes.caller = true;
}

/* The first entry from here on that is not one of PS_ENTRY_NAME. */
static uint32_t skip_names(const struct ps_run *run, uint32_t at)
{
	return at < run->count && run->entries[at].type == PS_ENTRY_NAME ? (uint32_t)run->entries[at].key : at;
}

static bool is_at_names(const struct ps_run *run)
{
	return skip_names(run, run->passed) != run->passed;
}

/* The head has passed this claim, the first of its run that is left. */
static void pass(struct ps_plan *plan, struct ps_claim *claim)
{
	struct ps_run *run = claim->run;

	run->claims = claim->next;
	if (run->claims == NULL)
		run->claims_end = &run->claims;
	run->passed = claim->first + claim->count;
	if (run->sources != NULL)
		pass_sources(plan, claim->count);
	if (ps_claim_is_part(claim))
		ps_sums_add(&run->before, &claim->sums);
	free_claim(plan, claim);
}

/* The head has passed the whole run: on to what follows it. False at the end of the sources. */
static bool leave_run(struct ps_plan *plan)
{
	struct ps_run *run = plan->head_run;
	struct ps_claim *parent = run->parent;

	if (parent != NULL) {
		plan->head_run = parent->run;
		plan->entries -= run->count + run->weight;
		pass(plan, parent);
	} else {
		plan->head_run = run->next_root;
		if (plan->head_run == NULL)
			plan->root_last = NULL;
	}
	run->next_root = plan->dead;
	plan->dead = run;
	return plan->head_run != NULL;
}

/* How the head stands once it has moved as far as it can. */
enum head { HEAD_PLACE, HEAD_RUNNING, HEAD_UNCLAIMED, HEAD_NAMES, HEAD_OVER };

/* Finds the claim that the head stands on, moving from run to run. */
static enum head find_head(struct ps_plan *plan)
{
	while (plan->head == NULL) {
		struct ps_run *run = plan->head_run;

		if (run == NULL)
			return HEAD_OVER;
		if (is_at_names(run))
			return HEAD_NAMES;
		if (run->claims == NULL) {
			if (run->cursor < run->count)
				return HEAD_UNCLAIMED;
			if (!leave_run(plan))
				return HEAD_OVER;
			continue;
		}
		plan->head = run->claims;
		if (plan->head->holder != NULL) {
			/* release, pairs with the holder's acquire: it may use what is kept for the head */
			atomic_store_explicit(&plan->head->holder->head, true, memory_order_release);
			plan->wakes.holder = plan->head->holder;
		}
	}
	return HEAD_RUNNING;
}

static enum head move_head(struct ps_plan *plan)
{
	for (;;) {
		enum head found = find_head(plan);
		struct ps_claim *claim = plan->head;

		if (found != HEAD_RUNNING)
			return found;
		if (claim->places != NULL)
			return HEAD_PLACE;
		if (claim->holder != NULL)
			return HEAD_RUNNING;
		plan->head = NULL;
		if (claim->child != NULL)
			plan->head_run = claim->child;
		else
			pass(plan, claim);
	}
}

/* Moves the head on, and notes whether the caller has to know. */
static void follow_head(struct ps_plan *plan)
{
	enum head head = move_head(plan);

	if (head == HEAD_PLACE || head == HEAD_NAMES || head == HEAD_OVER)
		plan->wakes.caller = true;
}

/* --- claiming --- */

static struct ps_claim *new_claim(struct ps_plan *plan)
{
	struct ps_claim *claim = plan->spare;

	if (claim != NULL)
		plan->spare = claim->next;
	else
		claim = malloc(sizeof(*claim));
	if (claim != NULL)
		plan->claims++;
	return claim;
}

/* How many entries the next claim of this run takes. */
static uint32_t claim_size(const struct ps_plan *plan, const struct ps_run *run)
{
	uint32_t left = run->count - run->cursor, n = 1;
	uint32_t most = (uint32_t)ps_min(CLAIM_FILES, left / (2 * plan->options.threads) + 1);

	if (run->entries[run->cursor].type != PS_ENTRY_FILE)
		return 1;
	while (n < most && run->entries[run->cursor + n].type == PS_ENTRY_FILE)
		n++;
	return n;
}

/* Gives a claimed directory (or a source, which may be one) its place in the order. */
static int add_child(struct ps_plan *plan, struct ps_claim *claim)
{
	struct ps_run *child;

	claim->child = NULL;
	if (is_file(&claim->run->entries[claim->first]))
		return SEARCH_OK;
	child = ps_run_new();
	if (child == NULL)
		return SEARCH_ENOMEM;
	child->parent = claim;
	child->above = entries_with(claim->run);
	child->depth = claim->run->depth + 1;
	claim->child = child;
	open_before(plan, child, claim->run);
	return SEARCH_OK;
}

static int claim_from(struct ps_plan *plan, struct ps_run *run, struct ps_holder *holder,
		      struct ps_claim **out)
{
	struct ps_claim *claim = new_claim(plan);

	if (claim == NULL)
		return SEARCH_ENOMEM;
	*claim = (struct ps_claim){
		.run = run,
		.first = run->cursor,
		.count = claim_size(plan, run),
		.holder = holder,
		.directory_fd = -1,
		.sums = PS_SUMS_NONE,
	};
	claim->places_end = &claim->places;
	if (add_child(plan, claim) != SEARCH_OK) {
		free_claim(plan, claim);
		return SEARCH_ENOMEM;
	}
	run->cursor = skip_names(run, run->cursor + claim->count);
	*run->claims_end = claim;
	run->claims_end = &claim->next;
	ps_cache_use(claim);
	if (run->entries[claim->first].again)
		offer(plan, plan->idle); /* what is behind it waited for it */
	if (run->cursor == run->count)
		close_run(plan, run);
	/* release, as in find_head; the rest is made head when the head comes to it */
	atomic_store_explicit(&holder->head, false, memory_order_release);
	*out = claim;
	return SEARCH_OK;
}

/* What is left to do once the lock is released. */
struct aftermath {
	int fds[2]; /* to close, or -1 */
	int held;   /* claims more than before */
};

/* The claim is over: whatever it was to become, it is now. */
static void finish(struct ps_plan *plan, struct ps_claim *claim, struct aftermath *after)
{
	after->held--;
	after->fds[0] = ps_cache_unuse(plan, claim);
	after->fds[1] = ps_cache_unshare(plan, claim);

	if (claim->child != NULL && !claim->child->listed) {
		close_run(plan, claim->child);
		ps_run_free(claim->child);
		claim->child = NULL;
	}
	if (claim->child != NULL && claim->child->parts > 0)
		claim->child->before = claim->sums; /* of the first part */
	claim->holder = NULL;
	if (claim == plan->head && claim->places == NULL)
		follow_head(plan);
}

static struct aftermath lock_and_finish(struct ps_plan *plan, struct ps_claim **claim)
{
	struct aftermath after = { .fds = { -1, -1 } };

	lock(plan);
	if (*claim != NULL) {
		finish(plan, *claim, &after);
		*claim = NULL;
	}
	return after;
}

static void unlock_and_clear(struct ps_plan *plan, struct aftermath after)
{
	unlock_and_wake(plan);
	ps_fds_close(plan, after.fds[0]);
	ps_fds_close(plan, after.fds[1]);
	if (after.held != 0)
		ps_fds_held(plan, after.held);
}

void ps_plan_enlist(struct ps_plan *plan, struct ps_holder *holder)
{
	lock(plan);
	plan->idle++;
	holder->away = true;
	/* relaxed: the thread is made after this */
	atomic_store_explicit(&holder->idle, true, memory_order_relaxed);
	pthread_mutex_unlock(&plan->lock);
}

void ps_plan_dismiss(struct ps_plan *plan, struct ps_holder *holder)
{
	lock(plan);
	/* relaxed: nobody was woken yet, as nothing was offered yet */
	atomic_store_explicit(&holder->idle, false, memory_order_relaxed);
	holder->away = false;
	plan->idle--;
	pthread_mutex_unlock(&plan->lock);
}

/* There is nothing to claim: the holder waits, for the window or for sources. */
static void be_idle(struct ps_plan *plan, struct ps_holder *holder, bool closed)
{
	plan->idle++;
	holder->away = true;
	/* release: wake_idle, which clears it, comes after the lock is released */
	atomic_store_explicit(&holder->idle, true, memory_order_release);
	plan->window_closed |= closed;
	if (!closed && !plan->complete) {
		/* relaxed: the caller is woken through its bell, which orders it */
		atomic_store_explicit(&plan->hungry, true, memory_order_relaxed);
		plan->wakes.caller |= few_sources(plan);
	}
}

int ps_plan_claim(struct ps_plan *plan, struct ps_holder *holder, struct ps_claim **claim)
{
	struct aftermath after = lock_and_finish(plan, claim);
	struct ps_run *run = first_open(plan);
	bool at_head = run != NULL && run == plan->head_run && plan->head == NULL && !is_at_names(run);
	int rc = PS_CLAIM_NOTHING;

	if (holder->away)
		plan->coming--;
	holder->away = false;
	if (run == NULL || !(at_head || within_window(plan, run))) {
		be_idle(plan, holder, run != NULL);
	} else {
		rc = claim_from(plan, run, holder, claim);
		if (rc == SEARCH_OK) {
			rc = PS_CLAIM_MADE;
			after.held++;
			if (at_head)
				move_head(plan);
		}
	}
	unlock_and_clear(plan, after);
	return rc;
}

/* The run that the caller may claim from itself, or NULL. */
static struct ps_run *run_for_caller(struct ps_plan *plan, enum head head, enum ps_help help, int change)
{
	bool alone = plan->idle + plan->coming == 0;
	struct ps_run *run;

	if (help == PS_HELP_NEVER)
		return NULL;
	if (head == HEAD_UNCLAIMED)
		return help == PS_HELP_ALWAYS || alone ? plan->head_run : NULL;
	if ((plan->options.flags & SEARCH_RESULT_UNORDERED) == 0 || !alone || ps_fds_others_work(plan, change))
		return NULL;
	run = first_open(plan);
	return run != NULL && within_window(plan, run) ? run : NULL;
}

int ps_plan_head(struct ps_plan *plan, struct ps_holder *holder, struct ps_claim **claim,
		 enum ps_help help, struct ps_place **place)
{
	struct aftermath after = lock_and_finish(plan, claim);
	enum head head = move_head(plan);
	struct ps_run *run = run_for_caller(plan, head, help, after.held);
	int rc = PS_HEAD_RUNNING;

	*place = plan->ready;
	if (plan->ready != NULL) {
		rc = PS_HEAD_PLACE;
	} else if (head == HEAD_PLACE) {
		*place = plan->head->places;
		rc = PS_HEAD_PLACE;
	} else if (head == HEAD_NAMES) {
		rc = PS_HEAD_NAMES;
	} else if (head == HEAD_OVER) {
		rc = plan->complete ? PS_HEAD_END : PS_HEAD_SOURCES;
	} else if (run != NULL) {
		rc = claim_from(plan, run, holder, claim);
		if (rc == SEARCH_OK) {
			rc = PS_HEAD_CLAIMED;
			after.held++;
			move_head(plan);
		}
	} else if (head == HEAD_UNCLAIMED) {
		offer(plan, 1);
	}
	unlock_and_clear(plan, after);
	return rc;
}

bool ps_plan_hungry(const struct ps_plan *plan)
{
	return atomic_load_explicit(&plan->hungry, memory_order_relaxed);
}

uint64_t ps_plan_sources_wanted(struct ps_plan *plan)
{
	uint64_t wanted;

	lock(plan);
	wanted = few_sources(plan) ? PS_SOURCES_AHEAD - sources_ahead(plan) : 0;
	pthread_mutex_unlock(&plan->lock);
	return wanted;
}

/* --- places --- */

void ps_plan_attach(struct ps_plan *plan, struct ps_claim *claim, struct ps_place *place)
{
	bool ordered = (plan->options.flags & SEARCH_RESULT_UNORDERED) == 0;
	struct ps_place ***end = ordered ? &claim->places_end : &plan->ready_end;

	place->next = NULL;
	place->claim = claim;
	lock(plan);
	if (ordered ? claim == plan->head && claim->places == NULL : plan->ready == NULL)
		plan->wakes.caller = true;
	**end = place;
	*end = &place->next;
	unlock_and_wake(plan);
}

void ps_plan_retire(struct ps_plan *plan, struct ps_place *place)
{
	bool ordered = (plan->options.flags & SEARCH_RESULT_UNORDERED) == 0;
	struct ps_claim *claim = place->claim;
	struct ps_place **first = ordered ? &claim->places : &plan->ready;

	lock(plan);
	*first = place->next;
	if (*first == NULL && ordered)
		claim->places_end = &claim->places;
	else if (*first == NULL)
		plan->ready_end = &plan->ready;
	move_head(plan);
	unlock_and_wake(plan);
}

/* --- names: files that the head passes without a claim --- */

int ps_plan_names(const struct ps_plan *plan, struct ps_names *names)
{
	/* the head stays where it is until its names are taken: nobody else writes here */
	const struct ps_run *run = plan->head_run;

	names->run = run;
	names->next = run->passed + 1;
	names->end = skip_names(run, run->passed);
	if (ps_run_path(run, run->passed, &names->path, &names->source) != SEARCH_OK)
		return SEARCH_ENOMEM;
	names->directory = names->path.length - strlen(run->names + run->entries[run->passed].name);
	return SEARCH_OK;
}

bool ps_names_next(struct ps_plan *plan, struct ps_names *names, int *rc)
{
	const char *name;
	size_t length;

	*rc = SEARCH_OK;
	if (names->next == names->end) {
		lock(plan);
		plan->head_run->passed = names->end;
		move_head(plan);
		unlock_and_wake(plan);
		return false;
	}
	name = names->run->names + names->run->entries[names->next++].name;
	length = strlen(name);
	*rc = ps_text_reserve(&names->path, names->directory + length) ? SEARCH_OK : SEARCH_ENOMEM;
	if (*rc == SEARCH_OK) {
		memcpy(names->path.bytes + names->directory, name, length + 1);
		names->path.length = names->directory + length;
	}
	return true;
}

/* --- growing: a directory's listing, the sources --- */

/* The run has its entries. A descriptor to close, or -1. */
static int fill(struct ps_plan *plan, struct ps_run *run, int fd)
{
	run->listed = true;
	plan->entries += run->count + run->weight;
	return ps_cache_add(plan, run, fd);
}

void ps_plan_expand(struct ps_plan *plan, struct ps_claim *claim, const struct ps_listing *listing,
		    int fd)
{
	struct ps_run *run = claim->child;

	lock(plan);
	run->entries = listing->entries;
	run->names = listing->names;
	run->entry_space = listing->entry_space;
	run->name_space = listing->name_space;
	run->own_ignore = listing->own_ignore;
	run->ignore = listing->own_ignore != NULL ? listing->own_ignore : claim->run->ignore;
	if (listing->count > 0) {
		run->count = listing->count;
		if (run->own_ignore != NULL)
			run->weight = (uint32_t)(ps_ignore_size(run->own_ignore) / ENTRY_BYTES);
		run->cursor = skip_names(run, 0);
		fd = fill(plan, run, fd);
		if (run->cursor == run->count)
			close_run(plan, run);
		if (listing->claimable > 1)
			offer(plan, listing->claimable - 1); /* one is for the thread that listed it */
	}
	unlock_and_wake(plan);
	ps_fds_close(plan, fd);
}

/* Is it in the list of open runs? */
static bool is_open(const struct ps_plan *plan, const struct ps_run *run)
{
	return run->earlier != NULL || plan->open_first == run;
}

/* The first open run behind a claim, in plan order; NULL: there is none. */
static struct ps_run *next_open(const struct ps_plan *plan, const struct ps_claim *claim)
{
	struct ps_run *run = claim->run;

	claim = claim->next;
	for (;;) {
		while (claim != NULL && claim->child == NULL)
			claim = claim->next;
		if (claim != NULL) {
			run = claim->child;
			claim = run->claims;
		} else if (is_open(plan, run)) {
			return run;
		} else if (run->parent != NULL) {
			claim = run->parent->next;
			run = run->parent->run;
		} else if (run->next_root != NULL) {
			run = run->next_root;
			claim = run->claims;
		} else {
			return NULL;
		}
	}
}

bool ps_plan_split(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, struct ps_run *run, int fd)
{
	struct ps_run *instead;
	int other;

	lock(plan);
	instead = claim->child; /* a source's */
	run->parent = claim;
	run->above = entries_with(claim->run);
	claim->child = run;
	claim->count = i + 1;
	open_before(plan, run, instead != NULL ? instead : next_open(plan, claim));
	if (instead != NULL) {
		close_run(plan, instead);
		instead->next_root = plan->dead;
		plan->dead = instead;
	}
	other = fill(plan, run, fd);
	claim->shares = fd >= 0 && other != fd;
	run->fd_users = claim->shares;
	offer(plan, run->count);
	unlock_and_wake(plan);
	if (other != fd)
		ps_fds_close(plan, other);
	return claim->shares;
}

/* The sources added can be claimed now: idle threads are woken for them. */
static void offer_sources(struct ps_plan *plan)
{
	offer(plan, (uint32_t)ps_min64(plan->unoffered, plan->idle));
	plan->unoffered = 0;
	/* relaxed: stored under the lock */
	atomic_store_explicit(&plan->hungry, false, memory_order_relaxed);
}

int ps_plan_add(struct ps_plan *plan, const struct search_source *sources, size_t count, enum ps_follow follow)
{
	struct ps_run *run = count > 0 ? ps_sources_run(plan, sources, count) : NULL;

	if (run == NULL && count > 0)
		return SEARCH_ENOMEM;
	lock(plan);
	if (run != NULL) {
		if (plan->root_last != NULL)
			plan->root_last->next_root = run;
		plan->root_last = run;
		if (plan->head_run == NULL)
			plan->head_run = run;
		open_before(plan, run, NULL);
		plan->sources += count;
		plan->burst += count;
		plan->unoffered += count;
	}
	plan->complete = follow == PS_FOLLOW_NONE;
	if (follow != PS_FOLLOW_AT_ONCE || plan->burst == 1 || plan->burst == 4 || plan->burst == 16)
		offer_sources(plan);
	if (follow != PS_FOLLOW_AT_ONCE)
		plan->burst = 0;
	unlock_and_wake(plan);
	return SEARCH_OK;
}

uint32_t ps_claim_count(const struct ps_claim *claim)
{
	return claim->count;
}

enum ps_entry_type ps_claim_type(const struct ps_claim *claim, uint32_t i)
{
	return ps_claim_entry(claim, i)->type;
}

const struct search_source *ps_claim_source(const struct ps_claim *claim, uint32_t i)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);

	return &run->sources[at];
}

/* --- the whole --- */

static int init_locks(struct ps_plan *plan)
{
	pthread_mutexattr_t attributes;
	int rc;

	if (pthread_mutexattr_init(&attributes) != 0)
		return SEARCH_ENOMEM;
#ifdef __GLIBC__
	/* critical sections are shorter than a sleep: spin a little first */
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
	rc = pthread_mutex_init(&plan->lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	if (rc != 0)
		return SEARCH_ENOMEM;
	if (pthread_mutex_init(&plan->fd_lock, NULL) == 0) {
		if (pthread_mutex_init(&plan->way, NULL) == 0)
			return SEARCH_OK;
		pthread_mutex_destroy(&plan->fd_lock);
	}
	pthread_mutex_destroy(&plan->lock);
	return SEARCH_ENOMEM;
}

int ps_plan_new(struct ps_plan **out, const struct ps_plan_options *options)
{
	struct ps_plan *plan = calloc(1, sizeof(*plan));

	*out = NULL;
	if (plan == NULL)
		return SEARCH_ENOMEM;
	plan->options = *options;
	if (options->window_claims == 0)
		plan->options.window_claims = WINDOW_CLAIMS;
	if (options->window_entries == 0)
		plan->options.window_entries = WINDOW_ENTRIES;
	plan->ready_end = &plan->ready;
	if (options->max_open_files > options->threads)
		plan->cache_space = options->max_open_files - options->threads;
	if (init_locks(plan) != SEARCH_OK) {
		free(plan);
		return SEARCH_ENOMEM;
	}
	ps_fds_init(plan);
	*out = plan;
	return SEARCH_OK;
}

/* Frees the tree below the head, without recursion: it may be deep. */
static void free_tree(struct ps_run *run)
{
	while (run != NULL && run->parent != NULL)
		run = run->parent->run;
	while (run != NULL) {
		struct ps_claim *claim = run->claims;
		struct ps_run *next = run->parent != NULL ? run->parent->run : run->next_root;

		if (claim == NULL) {
			ps_run_free(run);
			run = next;
		} else if (claim->child != NULL) {
			run = claim->child;
			claim->child = NULL;
		} else {
			run->claims = claim->next;
			free(claim);
		}
	}
}

void ps_plan_free(struct ps_plan *plan)
{
	int fd;

	if (plan == NULL)
		return;
	while ((fd = ps_cache_take_any(plan)) >= 0)
		ps_fds_close(plan, fd);
	free_tree(plan->head_run);
	while (plan->spare != NULL) {
		struct ps_claim *next = plan->spare->next;

		free(plan->spare);
		plan->spare = next;
	}
	ps_fds_destroy(plan);
	pthread_mutex_destroy(&plan->way);
	pthread_mutex_destroy(&plan->fd_lock);
	pthread_mutex_destroy(&plan->lock);
	free(plan->descriptors);
	free(plan);
}
