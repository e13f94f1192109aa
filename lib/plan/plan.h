/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.h - what to search, in order, and which thread does it.
 *
 * The plan is a tree of runs. A run is a sorted sequence of entries: the sources, the listing of a directory, or the
 * parts of a large file. Threads claim entries, always the earliest that nobody has claimed: a directory or a part
 * alone, files several at a time. The claim of a directory, or of a file that turns out to be large, expands in place
 * into a run of its own. So walking is as parallel as searching, and the order of the tree is the order of delivery.
 *
 * The head is the earliest claim that is not finished and delivered, or the entry that would be claimed for it.
 * Everything before the head is freed.
 *
 * With SEARCH_RESULT_LIST files are not claimed at all. The head stops at those that come next in their directory, and
 * the caller takes their names (ps_plan_names).
 *
 * Invariants
 *   P1  Claims are made in plan order. A thread that finishes a claim claims the next in the same critical section: the
 *       head is never without a thread that runs it while a thread looks for work.
 *   P2  The head can always be claimed; other entries only within the window, so memory does not grow with the number
 *       of files.
 *   P3  A claim's entries, and the runs above it, live until the head passes the claim. Its holder reads them without
 *       a lock.
 *   P4  Open descriptors never exceed max_open_files: each thread may hold one file or directory, one is for the way to
 *       what is too deep for its path (open_deep.c), the rest are a cache of listed directories and of files in parts,
 *       each of which may be closed whenever nobody uses it. A thread that reads rule files beside its directory
 *       borrows a place of the cache, or closes the directory.
 *   P5  What is left out of a directory is decided by the thread that lists it, before others see its entries. The
 *       rules are constant from then on, and live as long as the directory's run.
 *
 * Locks. plan->lock guards every [L] field; fd_lock, in fd_budget.c, guards the waiting for descriptors. No other lock
 * is taken inside either. They are held for a few hundred instructions, never over I/O, a wake-up or the freeing of a
 * listing. Two things take longer, some instructions for each claim that is alive, so they are bounded by P2: moving
 * the head past the claims that others have finished after it, and finding the place of a file that is split.
 * plan->way (open_deep.c), held while a thread opens a path longer than PATH_MAX, is the only lock held over I/O;
 * the other two may be taken inside it. All this is asserted in debug builds (lock.h).
 */
#ifndef PS_PLAN_H
#define PS_PLAN_H

#include "../base/share.h"
#include "../base/text.h"
#include "../base/trace.h"
#include "../files/ignore.h"

#include <stdatomic.h>
#include <sys/types.h>

struct ps_plan;
struct ps_filter;
struct ps_overlays;
struct ps_warm_view; /* ../warm/warm.h */
struct ps_warm_directory;

/*
 * Something that a claim has for the caller takes a place in the order. Its owner embeds this struct, which belongs to
 * the plan between ps_plan_attach and ps_plan_retire.
 */
struct ps_place {
	struct ps_place *next;  /* [L] */
	struct ps_claim *claim; /* [L] */
};

/* A thread that runs claims: a worker, or the caller's. */
struct ps_holder {
	_Atomic bool head; /* its claim is the head. Stored under the lock (release), loaded by the holder (acquire) */
	_Atomic bool idle; /* it got PS_CLAIM_NOTHING: set under the lock; wake_idle clears it, and wakes the holder */
	bool away;         /* [L] it got that, and has not asked again */
	bool front;        /* the holder's own: the caller waits for what it is at. It may do as if it had the head */
};

/*
 * How the plan wakes and waits. No hook is called under plan->lock or fd_lock; wake_holder and file_closed may be
 * called under plan->way, and take no lock but the pool's, which is a leaf.
 */
struct ps_plan_hooks {
	void *context;
	void (*wake_caller)(void *context);                           /* ps_plan_head() has news */
	void (*wake_holder)(void *context, struct ps_holder *holder); /* its claim is the head now */
	void (*wake_idle)(void *context, unsigned count);             /* `count` of the idle may find a claim */
	/* What to pass to `wait`; called before the look at whether to wait. */
	uint32_t (*listen)(void *context, struct ps_holder *holder);
	/* Waits until the holder was woken since `heard`. False: the search is over. */
	bool (*wait)(void *context, struct ps_holder *holder, uint32_t heard);
	/* In a pool, else NULL: a descriptor was closed; and: does no other search do anything that could close one? */
	void (*file_closed)(void *context);
	bool (*may_give_up)(void *context, struct ps_holder *holder);
	struct ps_watch watch; /* asked during work that takes long; may be zeroed */
};

/* An entry at which a search begins or ends: see bounds.c. */
struct ps_bound {
	bool set;
	bool past;         /* the search begins after the entry */
	uint64_t source;   /* index of the source that it comes from, */
	uint32_t depth;    /* number of names from there down to it, 0 if it is the source, */
	const char *names; /* and these, each with its NUL */
};

struct ps_plan_options {
	uint32_t flags;          /* SEARCH_WALK_..., SEARCH_RESULT_UNORDERED, _LIST and _FILE_INFO */
	struct ps_ignore_options ignore; /* what is left out of walks; borrowed */
	uint32_t threads;        /* that will hold claims, the caller included */
	uint32_t max_open_files;
	struct ps_plan_hooks hooks;
#ifdef PS_DEBUG
	struct ps_trace *trace;  /* [C] or NULL */
#endif
	bool has_output;         /* the regular file that must not be searched: */
	dev_t output_device;
	ino_t output_inode;
	const struct ps_filter *filter; /* outlives the plan; or NULL */
	const struct ps_overlays *overlays; /* the same */
	const struct ps_warm_view *warm; /* the same: how the search uses a warm tree */
	uint64_t max_file_size;  /* 0: any */
	uint32_t max_depth;      /* 0: any; SEARCH_NO_WALK */
	/* In a pool, else NULL: what all searches share. */
	struct ps_share *cached; /* places for descriptors beyond that of each thread */
	struct ps_share *open;   /* counts all descriptors */
	struct ps_share *memory; /* of entries and claims; beyond it, only the head is claimed */
	uint32_t window_claims;  /* P2: most claims, not counting the head's; 0: the default */
	uint32_t window_entries; /* most entries before directories wait; 0: the default */
	struct ps_bound from;    /* entries before it are left out, */
	struct ps_bound until;   /* and so are those after this one; only if all sources are added at once */
	bool keep_sources;       /* all sources are added at once, and ps_plan_source() may be called */
};

enum ps_entry_type {
	PS_ENTRY_FILE,      /* a regular file, as the directory says */
	PS_ENTRY_NAME,      /* the same with SEARCH_RESULT_LIST: only its name is needed, and it is never claimed */
	PS_ENTRY_DIRECTORY,
	PS_ENTRY_SOURCE,    /* a source: what it is shows when it is opened */
	PS_ENTRY_PART       /* a part of a large file, except the first: see ps_claim_split */
};

/* A claim: entries [first, first + count) of a run. Its fields are the plan's own. */
struct ps_claim;

/* SEARCH_OK or SEARCH_ENOMEM. */
int ps_plan_new(struct ps_plan **out, const struct ps_plan_options *options);

/* No claim may be held any more. Closes cached descriptors. NULL is fine. */
void ps_plan_free(struct ps_plan *plan);

/*
 * Counts a holder among the idle before its thread exists: wake_idle starts that. ps_plan_dismiss() is for a holder
 * that was to be woken and whose thread cannot be made. It returns whether another idle one is to be woken in its
 * place; if not, the caller is told, who may have to do the work.
 */
void ps_plan_enlist(struct ps_plan *plan, struct ps_holder *holder);
bool ps_plan_dismiss(struct ps_plan *plan, struct ps_holder *holder);

/* Wakes an idle holder, if there is one, even though there may be nothing to claim. */
void ps_plan_rouse(struct ps_plan *plan);

/* What follows the sources that are added. */
enum ps_follow {
	PS_FOLLOW_AT_ONCE, /* others, so soon that threads are not woken for each: only for the first, the fourth
	                      and the sixteenth, in case the others come slowly after all, and for the last */
	PS_FOLLOW_LATER,   /* others, some time later */
	PS_FOLLOW_NONE     /* the end */
};

/* Appends copies of sources. Only the caller's thread. SEARCH_OK or SEARCH_ENOMEM. */
int ps_plan_add(struct ps_plan *plan, const struct search_source *sources, size_t count, enum ps_follow follow);

enum ps_claim_result {
	PS_CLAIM_MADE,    /* *claim is the holder's */
	PS_CLAIM_NOTHING  /* nothing to claim now: the holder is idle until wake_idle */
	                  /* or SEARCH_ENOMEM; *claim is then finished all the same */
};

/* Were no sources added, or only such that are left out? */
bool ps_plan_is_empty(struct ps_plan *plan);

/* The plan's copy of a source; only with options.keep_sources. Only the caller's thread. */
const struct search_source *ps_plan_source(const struct ps_plan *plan, uint64_t index);

/* Finishes the claim without asking for another one at once: the holder will ask later. */
void ps_plan_finish(struct ps_plan *plan, struct ps_holder *holder, struct ps_claim *claim);

/* Closes what is open and not in use. Any thread. */
void ps_plan_shed(struct ps_plan *plan);

/* Finishes *claim unless it is NULL, and claims the earliest entries that may be claimed. */
int ps_plan_claim(struct ps_plan *plan, struct ps_holder *holder, struct ps_claim **claim);

/* Does a thread wait for sources? Any thread; a hint. */
bool ps_plan_hungry(const struct ps_plan *plan);

/*
 * Returns how many sources should be added now: none while more than half of PS_SOURCES_AHEAD come after the head, then
 * all up to that number, so that one wake-up brings many. If a thread is hungry, the caller is woken when this becomes
 * more than 0.
 */
uint64_t ps_plan_sources_wanted(struct ps_plan *plan);
enum { PS_SOURCES_AHEAD = 64 };

enum ps_head_state {
	PS_HEAD_PLACE,   /* *place is what comes next in order */
	PS_HEAD_RUNNING, /* a thread runs it, and has nothing yet */
	PS_HEAD_CLAIMED, /* no thread ran it: *claim is now the holder's */
	PS_HEAD_NAMES,   /* it is files of which only the names are wanted: ps_plan_names */
	PS_HEAD_SOURCES, /* it is a source that is not added yet */
	PS_HEAD_END      /* everything is delivered */
	                 /* or SEARCH_ENOMEM */
};

/* When the caller claims what no thread runs. */
enum ps_help {
	PS_HELP_NEVER,
	PS_HELP_ALONE,  /* when no thread is idle or on its way to claim */
	PS_HELP_ALWAYS
};

/*
 * The caller's side: finishes *claim unless it is NULL, and says how the head stands. A head that no thread runs is
 * claimed for the holder, if `help` allows it. With SEARCH_RESULT_UNORDERED other entries are claimed, too, if no
 * thread is idle and all threads with a claim wait (ps_plan_blocked).
 */
int ps_plan_head(struct ps_plan *plan, struct ps_holder *holder, struct ps_claim **claim,
		 enum ps_help help, struct ps_place **place);

/*
 * Gives the next thing that a claim has for the caller its place. The caller sees it when the claim is the head and the
 * places before it are retired; with SEARCH_RESULT_UNORDERED, when all places attached before it are.
 */
void ps_plan_attach(struct ps_plan *plan, struct ps_claim *claim, struct ps_place *place);

/* The caller is done with the place that ps_plan_head returned. */
void ps_plan_retire(struct ps_plan *plan, struct ps_place *place);

/* What the system says of a file. */
struct ps_file_info {
	bool known;         /* it is a regular file or memory, and could be asked about; else all this is 0 */
	uint32_t modified_ns;
	int64_t modified;
	uint64_t size, inode, device;
};
struct stat;
struct ps_file_info ps_info_of(const struct stat *st);

/* Files of one directory at the head, one after the other. Zeroed before the first use. */
struct ps_names {
	struct ps_text path; /* the name to show of the current one */
	uint64_t source;     /* index of the source */
	const struct ps_run *run;
	uint32_t next, end;  /* of the run's entries */
	size_t directory;    /* bytes of the path that all share */
	struct ps_file_info info; /* with SEARCH_RESULT_FILE_INFO: of the current one */
};

/* After PS_HEAD_NAMES: goes to the first of them. SEARCH_OK or SEARCH_ENOMEM. */
int ps_plan_names(const struct ps_plan *plan, struct ps_names *names);

/* Goes to the next one. False: that was the last, and the head has moved on. *rc: SEARCH_OK or SEARCH_ENOMEM. */
bool ps_names_next(struct ps_plan *plan, struct ps_names *names, int *rc);

/* --- a claim's entries; only for the claim's holder --- */

uint32_t ps_claim_count(const struct ps_claim *claim);
enum ps_entry_type ps_claim_type(const struct ps_claim *claim, uint32_t i);

/* Index of the source that the claim's entries come from. */
uint64_t ps_claim_source_index(const struct ps_claim *claim);

/* The source itself, for entries of type PS_ENTRY_SOURCE. */
const struct search_source *ps_claim_source(const struct ps_claim *claim, uint32_t i);

/* What an entry is to the bounds of the search: bits. */
enum ps_mark {
	PS_MARK_FROM_BELOW = 1, /* options.from is below it */
	PS_MARK_FROM = 2,       /* it is that entry */
	PS_MARK_UNTIL_BELOW = 4,
	PS_MARK_UNTIL = 8
};
unsigned ps_claim_marks(const struct ps_claim *claim, uint32_t i);

/* The name to show for an entry. SEARCH_OK or SEARCH_ENOMEM. */
int ps_claim_path(const struct ps_claim *claim, uint32_t i, struct ps_text *path);

/* What was opened. */
struct ps_opened {
	int fd;                 /* or -1 */
	int error;              /* errno if fd is -1 */
	bool directory;
	bool stream;            /* a read may block for ever */
	bool short_read_is_end; /* see struct ps_input */
	bool borrowed;          /* the source's own descriptor: not counted, not closed */
	bool seekable;          /* and its position can be set */
	bool stamps_hold;       /* a directory: its file system's times can be relied on */
	struct ps_warm_directory *kept; /* of a directory that need not be opened, what a warm tree keeps; or NULL */
	bool is_output;         /* the file that the host writes to: fd is -1, error 0 */
	struct ps_file_info info; /* with SEARCH_RESULT_FILE_INFO, and of the entry where the search begins */
};

/* What an attempt to open an entry, or a step of listing a directory, came to. */
enum ps_progress {
	PS_DONE = 0,
	PS_MORE = 1,  /* call again */
	PS_LATER = 2  /* there is no descriptor now, and waiting for one is not allowed, or the search is over */
	              /* or SEARCH_ENOMEM */
};

/*
 * Opens an entry. If the process has no descriptor left, but another thread of this search will close one, waits for
 * that, if it is allowed to. PS_DONE: see *opened, also when the entry could not be opened; PS_LATER; SEARCH_ENOMEM.
 */
int ps_claim_open(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, bool wait,
		  struct ps_opened *opened);
void ps_plan_close(struct ps_plan *plan, const struct ps_opened *opened);

/*
 * Is the entry's text in memory, as that of a source or of an overlay? Then it is not opened: its fd is -1, its error
 * 0. A source is known to be an overlay's once it was to be opened.
 */
bool ps_claim_memory(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i, const void **data,
		     size_t *size);

/*
 * For a warm tree: is the entry a file whose signature is wanted? Not if its directory was first listed by this search.
 * ps_claim_learn() reads it once more, by its descriptor: SEARCH_OK or SEARCH_ENOMEM.
 */
bool ps_claim_is_to_learn(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i);
int ps_claim_learn(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i, int fd);

/* Does a warm tree rule the file out? Then it is not opened, and *info is what the system said of it. */
bool ps_claim_is_matchless(const struct ps_claim *claim, uint32_t i, struct ps_file_info *info);

/*
 * Does a warm tree know that only lines in [begin, end) of the file may match? `lines`: how many come before them.
 */
struct ps_file_range {
	uint64_t begin, end, lines;
	uint64_t size; /* of the file */
};
bool ps_claim_find_range(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i, int fd,
			 struct ps_file_range *range);

/* In a pool: the claim's holder gives its thread up. Closes what the claim uses of the cache, if it is the last. */
void ps_claim_let_go(struct ps_plan *plan, struct ps_claim *claim);

/* The same with SEARCH_RESULT_LIST: opens only a directory; of anything else it checks only whether it exists. */
int ps_claim_look(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, bool wait,
		  struct ps_opened *opened);

/*
 * The holder of a claim is about to wait for something that no thread of this search brings about, such as the caller
 * or a stream; false: it has waited.
 */
void ps_plan_blocked(struct ps_plan *plan, bool blocked);

/* The most descriptors that were open at once so far. */
uint64_t ps_plan_open_files(const struct ps_plan *plan);

/* --- large files: split.c --- */

/*
 * A large file is searched in parts, by several threads. A part has the lines that begin in [begin, end). The last
 * part's end is PS_NO_END, as the file may grow.
 */
struct ps_part {
	enum ps_part_kind { PS_PART_NONE, PS_PART_FIRST, PS_PART_MIDDLE, PS_PART_LAST } kind;
	uint64_t begin, end;
};

#define PS_NO_END UINT64_MAX

/* What was found in a part, or in all parts before one. */
struct ps_sums {
	uint64_t lines;   /* terminators in it */
	uint64_t matches;
	uint64_t bytes;
	uint64_t nul_at;  /* offset in the file of the first NUL, or UINT64_MAX */
	bool skipped;     /* binary, with SEARCH_MATCH_SKIP_BINARY */
	bool shrunk;      /* the file ended before the part did */
};

#define PS_SUMS_NONE ((struct ps_sums){ .nul_at = UINT64_MAX })

/* Returns the size of entry i, which is open; 0: it is unknown, and the file cannot be cut. */
uint64_t ps_claim_measure(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i,
			  const struct ps_opened *opened);

/*
 * Cuts entry i, a file, into parts of `size` bytes or more. The first of them stays the holder's, and has at least the
 * `reached` bytes that were read. The claim expands in place into the others, and into the entries after the file,
 * which the claim no longer has. Returns the first part's end. PS_NO_END: it is not cut, since there is no more than
 * the first part, or memory is short. The descriptor may belong to the plan afterwards (`borrowed`); the holder reads
 * it as before.
 */
uint64_t ps_claim_split(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, uint64_t size, uint64_t reached,
			struct ps_opened *opened);

/* Which part a claim of an entry of type PS_ENTRY_PART has, and what was known of the file when it was cut. */
struct ps_part ps_claim_part(const struct ps_claim *claim);
const struct ps_file_info *ps_claim_info(const struct ps_claim *claim);

/* The holder of a part notes what was in it, before it finishes the claim. */
void ps_claim_note(struct ps_claim *claim, const struct ps_sums *sums);

/* Returns what was in the parts before this claim's, all of which the head has passed. */
struct ps_sums ps_claim_before(struct ps_plan *plan, const struct ps_claim *claim);

/* Notes that the caller wants no more of the file; the second returns whether it has. Any thread; a hint. */
void ps_claim_cut(struct ps_claim *claim);
bool ps_claim_is_cut(const struct ps_claim *claim);

/* --- texts that take the place of files: overlays.c --- */

/* The overlay that cannot be used. */
struct ps_overlay_fault {
	size_t index;
	const char *why;
	int error; /* errno, or 0 */
};

/*
 * Finds out which files the host means. *out is NULL if there are none. SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EINVAL and
 * *fault; free *out in any case. The texts stay the host's.
 */
int ps_overlays_new(struct ps_overlays **out, const struct search_overlay *given, size_t count,
		    struct ps_overlay_fault *fault);
void ps_overlays_free(struct ps_overlays *overlays); /* NULL is fine */

/* --- listing a directory --- */

struct ps_lister;

/* What listing found, added up over a lister's life. */
struct ps_list_totals {
	uint64_t files;
	uint64_t skipped;
	uint64_t directories;
	uint64_t ruled_out; /* of the files: a warm tree knows that they cannot match */
};

/* An ignore file that is not used. */
struct ps_problem {
	int error;      /* errno, or 0 */
	bool note;      /* this is intended, not an error */
	char text[160];
};

int ps_lister_new(struct ps_lister **out, struct ps_plan *plan);
void ps_lister_free(struct ps_lister *lister);

/* Closes its directory, of which no more is to be read. */
void ps_lister_close(struct ps_lister *lister);

/* Starts to list a claimed directory; takes over what was opened. */
void ps_lister_start(struct ps_lister *lister, struct ps_claim *claim, const struct ps_opened *opened);

/*
 * Reads some of the directory, and at its end leaves out what its rules say, sorts and expands the claim: some
 * milliseconds of work, except that rule files are read in one step. PS_DONE: the claim is expanded; PS_MORE;
 * PS_LATER: there is no descriptor for a rule file; SEARCH_ENOMEM. *error: errno when reading failed; what was read
 * until then is expanded.
 */
int ps_lister_step(struct ps_lister *lister, bool wait, int *error);

/* Problem i with rule files, until the next directory is started; NULL: there are no more. */
const struct ps_problem *ps_lister_problem(const struct ps_lister *lister, size_t i);
const struct ps_list_totals *ps_lister_totals(const struct ps_lister *lister);

#endif
