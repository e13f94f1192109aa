/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_internal.h - runs, claims and the plan itself, for the files of this room.
 */
#ifndef PS_PLAN_INTERNAL_H
#define PS_PLAN_INTERNAL_H

#include "../files/apply_ignore.h"
#include "../files/match_globs.h"
#include "../base/lock.h"
#include "overlays.h"
#include "plan.h"
#include "../warm/warm.h"
#include "../base/sort.h"

#include <limits.h>
#include <sys/stat.h>
#include <sys/types.h>

struct ps_entry {
	uint64_t key;   /* the name's first bytes, big-endian: most comparisons end here; of a part: its start;
	                   of a PS_ENTRY_NAME in the tree: index of the next entry of another type */
	uint32_t name;  /* where the name begins in the run's names; of a source: its index; in a split run:
	                   index of the entry in the parent's run */
	uint8_t type;   /* enum ps_entry_type */
	bool follow;    /* reached through a symbolic link that may be followed */
	uint8_t answer; /* PS_FILTER_... bits, of globs and of apply_ignore.c */
	bool again : 1; /* a source with the descriptor of an earlier one: claimed only as the head */
	uint8_t marks : 4; /* enum ps_mark */
	bool matchless : 1; /* a warm tree rules the file out; its struct ps_file_info follows its name */
};

enum { PS_MARKS = 15 }; /* all bits of enum ps_mark */

/* An entry of a listing that has an overlay, or a link that may lead to one. */
struct ps_overlaid {
	uint32_t name;    /* the entry's */
	uint32_t overlay; /* index, or PS_OVERLAY_NONE if `error` is set */
	int error;        /* why it is not known where the link leads, or 0 */
};

struct ps_run {
	/* [C] once it is in the tree */
	struct ps_claim *parent;  /* what expanded to this run; NULL for a run of sources */
	struct ps_entry *entries;
	uint32_t count;
	char *names;
	size_t entry_space, name_space; /* of buffers, if it is a listing; else 0 */
	struct ps_overlaid *overlaid;  /* in the order of `name`; NULL: there are none */
	uint32_t overlaid_count;
	struct search_source *sources; /* of a run of sources: copies; else NULL. Who opens one that is the path of
	                                  an overlay makes it memory; or, if that is a directory that was not on
	                                  disk, lets `data` point to the overlay: [W] kind, data, size */
	uint64_t first_source;         /* index of the first of them */
	bool short_read_is_end;
	bool stamps_hold;              /* see struct ps_opened; of a listing */
	bool fresh;                    /* this search has read it, and does not learn its files */
	struct ps_warm_directory *warm; /* what a warm tree keeps of it; NULL: nothing */
	uint64_t above;                /* number of entries of the runs above */
	uint32_t depth;                /* directories above its entries, from the source on */
	char *from_here;               /* a source's listing: its path relative to the working directory, "" if it is
	                                  not below that; NULL: no glob needs it */
	dev_t device;                  /* with SEARCH_WALK_FOLLOW, to detect loops; with _ONE_FILE_SYSTEM; of a split
	                                  run: the file's */
	ino_t inode;
	uint32_t parts;                /* of a split run: how many of its entries, the first ones, are parts of a file;
	                                  the file's first part is not among them. The entries after them are
	                                  those that the claim had after the file. Else 0 */
	bool parts_end_short;          /* short_read_is_end of the file that is split, */
	struct ps_file_info info;      /* and what is known of that */
	/* the rules that hold here: its own, or those of a run above; made by the thread that lists it */
	const struct ps_ignore *ignore; /* NULL: there are none */
	struct ps_ignore *own_ignore;
	uint32_t weight;               /* what its own rules weigh, in entries (P2) */
	_Atomic bool cut;              /* no more of the parts is wanted; the caller stores, others load */

	/* [L] */
	uint32_t cursor;          /* entries before it are claimed, or are names */
	uint32_t passed;          /* the head has passed those before it; exact only if names follow */
	bool listed;              /* its entries are there */
	struct ps_claim *claims;  /* those that the head has not passed, in order */
	struct ps_claim **claims_end;
	struct ps_run *earlier, *later; /* in the list of open runs */
	struct ps_run *next_root;
	int fd;                   /* the directory (or the file that is split), cached, or -1 */
	uint32_t fd_users;        /* claims that may use it now */
	struct ps_run *older, *newer; /* in the list of cached directories */
	struct ps_sums before;    /* of the parts that the head has passed */
};

struct ps_claim {
	struct ps_run *run;       /* [C] */
	uint32_t first;           /* [C] */
	uint32_t count;           /* [W] becomes less when a file is split */
	int directory_fd;         /* [W] the run's while this claim uses it, or -1; the count of users is [L] */
	bool shares;              /* [W] it reads the descriptor that its split run has */
	struct ps_sums sums;      /* [W] of a part */
	struct ps_holder *holder; /* [L] NULL once it is finished */
	struct ps_claim *next;    /* [L] of the same run */
	struct ps_run *child;     /* [L] what it expands to; before that, empty, its place in the order */
	struct ps_place *places;  /* [L] what it has for the caller, in order */
	struct ps_place **places_end;
};

/* Only for the claim's holder. Acquire, pairs with the release that makes it the head. */
static inline bool ps_claim_is_head(const struct ps_claim *claim)
{
	return claim->holder->front || atomic_load_explicit(&claim->holder->head, memory_order_acquire);
}

/* A listing, while its thread makes it. */
struct ps_listing {
	struct ps_entry *entries;
	char *names;
	size_t entry_space, name_space;
	uint32_t count;
	uint32_t claimable; /* of them */
	struct ps_overlaid *overlaid;
	size_t overlaid_space;
	uint32_t overlaid_count;
	struct ps_ignore *own_ignore; /* rules that the directory adds, or NULL */
	struct ps_sort sort;          /* of many entries */
	bool sorted;                  /* the entries came in order */
	struct ps_warm_directory *warm; /* as in struct ps_run */
	bool fresh;
};

/* kept_listing.c: a listing that comes from a warm tree, or goes into one */
enum { PS_KEPT_ANSWERS = 256 };

struct ps_kept_listing {
	const struct ps_warm_view *view;     /* NULL: there is no tree */
	struct ps_claim *claim;
	struct ps_warm_directory *directory; /* whose listing is used, or was made; NULL: none */
	struct ps_warm_draft *draft;         /* of a directory that is read; NULL: it is not to be kept */
	bool fresh;                          /* as in struct ps_run */
	uint64_t token;                      /* see ps_warm_token() */
	uint32_t next;                       /* entry of the listing */
	uint32_t first, asked;               /* there are answers about entries [first, asked) */
	uint8_t answers[PS_KEPT_ANSWERS];    /* enum ps_warm_answer */
	uint32_t looks;                      /* at entries, so far */
	struct stat looked_at;               /* the entry that was ruled out last, if the system was asked about it */
	bool has_path;                       /* the rest is set: of a directory that is not open */
	struct ps_text path;                 /* of the entry that was looked at last; it begins with the directory's, */
	size_t directory_length;             /* of this length, with a slash */
	int path_base;                       /* the descriptor that it is relative to */
};

/* The claim's directory, if it is kept and need not be opened: a reference. Else NULL. */
struct ps_warm_directory *ps_kept_listing_unopened(const struct ps_plan *plan, const struct ps_claim *claim);

/* Starts with a directory. Takes opened->kept over. Then there is a listing, a draft, or neither. */
void ps_kept_listing_start(struct ps_kept_listing *kept, struct ps_plan *plan, struct ps_claim *claim,
			   const struct ps_opened *opened);
void ps_kept_listing_destroy(struct ps_kept_listing *kept);

/* Notes an entry as the system gave it. */
void ps_kept_listing_note(struct ps_kept_listing *kept, const char *name, unsigned char type);

/* Tells the tree where the directory is whose listing is used. */
void ps_kept_listing_link(struct ps_kept_listing *kept);

/* The name of the listing's next entry; NULL: there is no more. */
const char *ps_kept_listing_next(struct ps_kept_listing *kept, unsigned char *type);

/* Is it certain that the last entry cannot match? `directory`: the descriptor, or -1. */
bool ps_kept_listing_rules_out(struct ps_kept_listing *kept, int directory, const char *name);

/* Sorts some of what was noted. False: call again. */
bool ps_kept_listing_sort(struct ps_kept_listing *kept);

/* The listing is made. The tree keeps it if it is complete. `directory`: the descriptor, or -1. */
void ps_kept_listing_end(struct ps_kept_listing *kept, int directory, bool complete, struct ps_listing *listing);

/* Wake-ups that a change of the plan calls for; given after the lock is released. */
struct ps_wakes {
	struct ps_holder *holder;
	unsigned idle;
	bool caller;
};

struct ps_plan {
	struct ps_plan_options options; /* [C] */
	struct ps_lock lock;

	/* [L] */
	struct ps_run *open_first, *open_last; /* runs with something unclaimed, or being listed; in order */
	struct ps_run *root_last;
	struct ps_run *head_run;   /* NULL before the first source, and at the end */
	struct ps_claim *head;     /* a claim of head_run, or NULL: not made yet */
	struct ps_place *ready;    /* SEARCH_RESULT_UNORDERED: places in the order in which they came */
	struct ps_place **ready_end;
	uint64_t *descriptors;     /* those of the sources so far, as bits; only the caller's thread */
	size_t descriptor_space;   /* in words */
	struct ps_run *kept;       /* with options.keep_sources: their run; only the caller's thread */
	bool kept_is_left;         /* the head has left it */
	uint64_t sources;          /* added so far */
	uint64_t sources_passed;   /* of them, by the head */
	uint64_t burst;            /* added since the last one that was not followed by others at once */
	uint64_t unoffered;        /* added without waking a thread for them */
	bool complete;             /* no further sources */
	_Atomic bool hungry;       /* a thread found nothing to claim, and sources may follow */
	uint32_t claims;           /* alive */
	uint64_t entries;          /* of all directories alive, and the weight of their rules */
	uint32_t idle;             /* holders that got PS_CLAIM_NOTHING and have not been woken since */
	uint32_t coming;           /* holders that were woken and have not asked again yet */
	struct ps_run *dead;       /* to be freed after the lock is released; linked by next_root */
	bool window_closed;        /* a holder is idle because of the window */
	struct ps_claim *spare;    /* for reuse */
	struct ps_wakes wakes;

	struct ps_run *cached_oldest, *cached_newest;
	uint32_t cached;           /* directories held open; */
	uint32_t cache_space;      /* [C] the most of them, and of */
	uint32_t borrowed;         /* places that threads have for a second descriptor */

	_Atomic bool no_openat2; /* open.c: the system does not have it */
	bool may_reach;          /* [C] open_deep.c: max_open_files leaves a descriptor for the way */
	struct ps_lock way;      /* held by the thread that is on it; the other locks may be taken inside */

	/* fd_budget.c */
	_Atomic uint64_t open_now;
	_Atomic uint64_t open_most;
	_Atomic uint64_t fd_limit; /* the fewest that were open when an attempt found none left; 0: there are enough */
	_Atomic uint64_t lacks;    /* shortages that are over */
	_Atomic uint64_t calm;     /* files opened since the last attempt that found no descriptor */
	_Atomic uint64_t closed;   /* descriptors closed so far */
	struct ps_lock fd_lock;    /* guards `waiters`, fd_news and the reserve */
	_Atomic bool fd_starved;   /* a thread waits for a descriptor: see ps_fds_close */
	_Atomic uint32_t fd_waiting;
	struct ps_waiter *waiters; /* fd_waiting of them, in the order in which they came */
	uint64_t fd_news;          /* freed descriptors that none of them has tried to take yet */
	_Atomic uint32_t blocked;  /* threads with a claim that wait for what no thread brings about */
	_Atomic uint32_t held;     /* claims that have a holder */
	bool may_reserve;          /* [C] max_open_files leaves room for the reserve */
	_Atomic bool unreserved;   /* nothing was opened yet, not even the reserve */
	int reserve;               /* a descriptor to be closed for the head, or -1: see fd_budget.c */
};

/* --- plan.c --- */

static inline void ps_plan_lock(struct ps_plan *plan)
{
	PS_ASSERT(!ps_lock_is_held(&plan->fd_lock));
	ps_lock_take(&plan->lock);
}

static inline void ps_plan_unlock(struct ps_plan *plan)
{
	ps_lock_release(&plan->lock);
}

/* Releases the lock; then frees the runs that the head has left, and gives the wake-ups that were noted. */
void ps_plan_unlock_and_wake(struct ps_plan *plan);

/* `count` more claims can be made: notes that as many idle holders are to be woken. */
void ps_plan_offer(struct ps_plan *plan, uint32_t count);

static inline uint64_t ps_sources_ahead(const struct ps_plan *plan)
{
	return plan->sources - plan->sources_passed;
}

static inline bool ps_few_sources(const struct ps_plan *plan)
{
	return ps_sources_ahead(plan) <= PS_SOURCES_AHEAD / 2;
}

/* --- tree.c; all of it under the lock, except ps_tree_free --- */

static inline bool ps_entry_is_file(const struct ps_entry *entry)
{
	return entry->type == PS_ENTRY_FILE || entry->type == PS_ENTRY_PART;
}

/* How many entries live as long as the run: its own, and those of the runs above. Sources are not counted. */
static inline uint64_t ps_entries_kept(const struct ps_run *run)
{
	return run->parent != NULL ? run->above + run->count + run->weight : 0;
}

/* Index of the first entry from here on that is not a PS_ENTRY_NAME. */
static inline uint32_t ps_skip_names(const struct ps_run *run, uint32_t at)
{
	return at < run->count && run->entries[at].type == PS_ENTRY_NAME ? (uint32_t)run->entries[at].key : at;
}

static inline bool ps_run_is_at_names(const struct ps_run *run)
{
	return ps_skip_names(run, run->passed) != run->passed;
}


/* Puts a run into the list of open runs before `later`, or at its end. */
void ps_run_open_before(struct ps_plan *plan, struct ps_run *run, struct ps_run *later);
void ps_run_close(struct ps_plan *plan, struct ps_run *run);

/* The earliest run with something to claim, or NULL. */
struct ps_run *ps_first_open(const struct ps_plan *plan);

/* Gives a claimed directory (or a source, which may be one) its place in the order. SEARCH_OK or SEARCH_ENOMEM. */
int ps_claim_add_child(struct ps_plan *plan, struct ps_claim *claim);

/* Puts a listing in the place of its claim, and takes over both it and `fd`. Takes the lock itself. */
void ps_plan_expand(struct ps_plan *plan, struct ps_claim *claim, const struct ps_listing *listing,
		    int fd);

/*
 * Ends the claim after its entry i, and expands it to the run, which is taken over. If it returns true, `fd` is taken
 * over, too; the claim still reads it. Takes the lock itself.
 */
bool ps_plan_split(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, struct ps_run *run, int fd);

/* Frees the tree that a run is in, and all that comes after it. */
void ps_tree_free(struct ps_run *run);

/* --- window.c; under the lock --- */

/* So many more entries are alive, or fewer. */
void ps_entries_change(struct ps_plan *plan, int64_t change);
void ps_window_give_back(struct ps_plan *plan); /* at the end: what is still alive */

/* May the next entry of this run be claimed, if it is not the head? */
bool ps_window_admits(const struct ps_plan *plan, const struct ps_run *run);

struct ps_claim *ps_claim_new(struct ps_plan *plan); /* NULL: out of memory */
void ps_claim_free(struct ps_plan *plan, struct ps_claim *claim);

/* --- head.c; under the lock --- */

/* How the head stands once it has moved as far as it can. */
enum ps_stand { PS_STAND_PLACE, PS_STAND_RUNNING, PS_STAND_UNCLAIMED, PS_STAND_NAMES, PS_STAND_OVER };

enum ps_stand ps_head_move(struct ps_plan *plan);
void ps_head_follow(struct ps_plan *plan); /* the same; notes whether the caller has to know */

/* For PS_ASSERT, P1: a holder runs the head, or it waits for the caller, or there is none yet. */
static inline bool ps_head_is_attended(const struct ps_plan *plan)
{
	const struct ps_run *run = plan->head_run;

	if (plan->head != NULL)
		return plan->head->holder != NULL || plan->head->places != NULL;
	return run == NULL || ps_run_is_at_names(run) || run->cursor == run->count;
}

/* bounds.c: what of a directory's listing lies within the bounds of the search. */
struct ps_bounds {
	bool any;     /* else all of it does */
	bool nothing; /* the search ends with the directory itself */
	bool past;    /* the entry `from` is left out, too */
	const char *from, *until;       /* the entries with these names, or NULL, */
	unsigned from_mark, until_mark; /* have these marks */
};
void ps_bounds_start(struct ps_bounds *bounds, const struct ps_plan_options *options, const struct ps_claim *claim);
bool ps_bounds_admit(const struct ps_bounds *bounds, const char *name, unsigned *marks);

/* Returns how many sources come before the first one that is wanted. *count: of all; becomes less. */
size_t ps_bounds_sources(const struct ps_plan_options *options, size_t *count);
void ps_bounds_mark_sources(const struct ps_plan_options *options, struct ps_run *run);

/* sources.c: a run of sources, listed; NULL: out of memory. Only the caller's thread. */
struct ps_run *ps_sources_run(struct ps_plan *plan, const struct search_source *sources, size_t count);

/* split.c */
void ps_sums_add(struct ps_sums *sums, const struct ps_sums *more);

/* listing.c */
struct ps_run *ps_run_new(void);
void ps_run_free(struct ps_run *run);

/* What is known of a PS_ENTRY_NAME, if it is wanted. */
void ps_listing_info(const struct ps_run *run, uint32_t at, uint32_t flags, struct ps_file_info *info);
void ps_listing_link_names(struct ps_listing *listing); /* after the sort: their keys lead past them */

/* Sorts some of a listing. PS_DONE: all of it; PS_MORE: call again; or SEARCH_ENOMEM. */
int ps_listing_sort(struct ps_listing *listing);
void ps_listing_free(struct ps_listing *listing);
uint64_t ps_entry_key(const char *name);

static inline const struct ps_entry *ps_claim_entry(const struct ps_claim *claim, uint32_t i)
{
	return &claim->run->entries[claim->first + i];
}

/* path.c: the path to open an entry by, from *base_fd on. SEARCH_OK or SEARCH_ENOMEM. */
int ps_claim_real_path(const struct ps_claim *claim, uint32_t i, struct ps_text *path, int *base_fd);

/* The same with another root in the place of the source's name. */
int ps_claim_path_below(const struct ps_claim *claim, uint32_t i, const char *root, struct ps_text *path);

/* The same, and the path to show, for an entry of a run that is not split. */
int ps_run_real_path(const struct ps_run *run, uint32_t at, struct ps_text *path, int *base_fd);
int ps_run_path(const struct ps_run *run, uint32_t at, struct ps_text *path, uint64_t *source);

/* A directory's own path, as globs see it (see from_here) or as items show it; ends in a slash, unless it is "". */
int ps_run_directory(const struct ps_run *run, bool shown, struct ps_text *path);

/*
 * source_path.c: returns the absolute path of a source that is a directory; `space` has PATH_MAX bytes for it. NULL if
 * the path is unknown. `directory`: its descriptor, or -1.
 */
const char *ps_source_real_path(const struct search_source *source, int directory, char *space);

/* Its path relative to the working directory if it is below that, else "". SEARCH_OK or SEARCH_ENOMEM. */
int ps_source_from_here(const struct search_source *source, int directory, struct ps_text *path);

/* The run that an entry comes from, and its index there: of a split run, in the run that was split. */
struct ps_run *ps_entry_origin(const struct ps_claim *claim, uint32_t i, uint32_t *at);

/* Is it a part of a file, not the first? Such an entry is claimed alone. */
static inline bool ps_claim_is_part(const struct ps_claim *claim)
{
	return ps_claim_entry(claim, 0)->type == PS_ENTRY_PART;
}

/* open.c: an entry's overlay, or NULL. Of a source that turned out to be an overlay's text: NULL. */
const struct ps_overlay *ps_claim_overlay(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i);

/* fd_cache.c; under the plan's lock. Each returns a descriptor to close after the lock is released, or -1. */
int ps_cache_add(struct ps_plan *plan, struct ps_run *run, int fd);
int ps_cache_drop(struct ps_plan *plan, struct ps_run *run);
int ps_cache_steal(struct ps_plan *plan);
int ps_cache_take_any(struct ps_plan *plan);
void ps_cache_use(struct ps_claim *claim);
int ps_cache_unshare(struct ps_plan *plan, struct ps_claim *claim);
int ps_cache_let_go(struct ps_plan *plan, struct ps_claim *claim);
int ps_cache_unuse(struct ps_plan *plan, struct ps_claim *claim);

/* Takes a place of the cache for a thread's second descriptor, until ps_cache_repay(). False: there is none. */
bool ps_cache_borrow(struct ps_plan *plan, int *to_close);
void ps_cache_repay(struct ps_plan *plan);

/* open.c: what to open. */
struct ps_target {
	int at;
	const char *path;
	int flags;
	bool same_mount; /* fail with EXDEV if the path leads onto another mount */
	const struct ps_claim *deep; /* the path is too long, open_deep.c opens it: entry `entry` of this; or NULL */
	uint32_t entry;
};

/* In the place of a descriptor or -errno: see PS_LATER. */
#define PS_FD_LATER INT_MIN

/* One attempt. A descriptor, or -errno; -EMFILE also if the only one left is kept for the head. */
int ps_open_once(struct ps_plan *plan, bool head, const struct ps_target *target);

/* open_deep.c: the same for a target that is too deep for its path. */
int ps_reach(struct ps_plan *plan, bool head, const struct ps_target *target);

/* fd_budget.c */

/* Counts a descriptor before it is opened. False: the only one left is kept for the head. */
bool ps_fds_take(struct ps_plan *plan, bool head);
void ps_fds_opened(struct ps_plan *plan);              /* afterwards: it was opened */
void ps_fds_failed(struct ps_plan *plan, bool scarce); /* or it was not; `scarce`: for lack of descriptors */
void ps_fds_close(struct ps_plan *plan, int fd);

/* How things stood when an attempt to open began: if that has changed since, the next attempt may succeed. */
struct ps_attempt {
	uint64_t closed; /* descriptors closed so far */
	bool head;       /* the claim was the head */
};

enum ps_fds_chance {
	PS_FDS_AGAIN,    /* there is a reason to try again */
	PS_FDS_HOPELESS, /* there will be none */
	PS_FDS_LATER     /* there may be one later */
};

/* Waits for a reason to try again. PS_FDS_LATER: the search is over. */
enum ps_fds_chance ps_fds_wait(struct ps_plan *plan, const struct ps_claim *claim,
			     const struct ps_attempt *attempt);

/* Does any thread have a claim and not wait? `change`: to the claims held, not yet reported by ps_fds_held(). */
bool ps_fds_others_work(struct ps_plan *plan, int change);
void ps_fds_held(struct ps_plan *plan, int change);
void ps_fds_init(struct ps_plan *plan);
void ps_fds_destroy(struct ps_plan *plan);

/* For files that are opened while a directory is listed; a path may be relative to that directory. */
struct ps_beside {
	struct ps_plan *plan;
	struct ps_claim *claim; /* of the directory */
	int directory;          /* its descriptor, or -1 */
	uint32_t overlaid;      /* as in struct ps_lister */
	bool wait;              /* for a descriptor, if there is none */
};

/*
 * open.c: returns a descriptor to read from, -errno, or PS_FD_LATER. If descriptors are scarce, it first closes that of
 * the directory, which is -1 then.
 */
int ps_beside_open(struct ps_beside *beside, bool from_directory, const char *path, int flags);

/* *found: its overlay, or NULL; `follow`: also that of a file to which a link leads. 0 or an errno. */
int ps_beside_overlay(const struct ps_beside *beside, bool from_directory, const char *path, bool follow,
		      const struct ps_overlay **found);

/* listing_rules.c: the ignore rules of directories that are listed */

struct ps_listing_rules;
int ps_listing_rules_new(struct ps_listing_rules **out, struct ps_plan *plan);
void ps_listing_rules_free(struct ps_listing_rules *rules);

/*
 * Loads the rules that a listing's directory adds: `has` are the bits of its rule files. SEARCH_OK, SEARCH_ENOMEM or
 * PS_LATER: then nothing was done.
 */
int ps_listing_rules_load(struct ps_listing_rules *rules, struct ps_beside *beside, struct ps_listing *listing,
			  unsigned has);

/*
 * Removes from the listing some of the entries that the rules leave out. *left grows by the entries removed,
 * *directories by the directories among them. PS_DONE: that was all; PS_MORE: call again, and do not look at the
 * listing before; PS_LATER: the search is over; SEARCH_ENOMEM.
 */
int ps_listing_rules_sift(struct ps_listing_rules *rules, struct ps_listing *listing, uint64_t *left,
			  uint64_t *directories);
const struct ps_problem *ps_listing_rules_problem(const struct ps_listing_rules *rules, size_t i);
void ps_listing_rules_forget(struct ps_listing_rules *rules); /* the problems */

#endif
