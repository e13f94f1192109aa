/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm_internal.h - what the files of this room share: struct search_tree, and what it keeps.
 *
 *	warm_tree.c      a tree, made, asked and freed
 *	chains.c         a hash table that is linked through what it holds
 *	directories.c    directories, found by device and inode; references; links from one to those in it
 *	drafts.c         a listing on its way, and how it takes an older one's place
 *	trust.c          what is kept is compared with the system, once or always
 *	answers.c        which files cannot match
 *	learn.c          a file's signature is made, and put into its place
 *	learn_idle.c     search_tree_learn()
 *	evict.c          the bound on memory, and what goes first
 *	changed.c        search_tree_changed()
 *	watches.c        inotify
 *	save.c, load.c   a tree in a file
 *	signature.c ...  signatures: signature.h
 *
 * Locks: the tree's (tag [T]), then one of the stripes (tag [F]), never two of these. A directory's stripe follows from
 * its device and inode, so that a listing that takes another's place has the same. tree->watches.drain is taken before
 * both. It alone is held over I/O: reads of the inotify descriptor, which do not wait.
 *
 *   K1  A struct ps_kept in the table has at least one reference, the table's. Only under [T] does one find it there, so
 *       one that has none is found by nobody.
 *   K2  One that is not in the table has no files and no links: what was learnt later of its files is thrown away.
 *   K3  A slot of a DT_REG entry is a file's, or NULL; that of a DT_DIR entry a directory's in the table, whose `above`
 *       and `at` lead back, or NULL. All other slots are NULL.
 *   K4  All memory that is kept was taken from tree->memory before: its `used` is never above max_bytes.
 *
 * Trust. A directory is *trusted*, and a file *verified*, if its stamp was compared, and the tree is told of each later
 * change: by the host, by an event, or, of a file with SEARCH_TREE_DIRECTORIES, by its directory's stamp. A change may be
 * told during the comparison, so there are tokens. A token has two counters, read before the system is asked:
 *   K5  Whoever is told of a change counts in `told` first, and then clears the marks. Whoever sets a mark looks, under
 *       the lock under which marks are cleared, whether `told` is as it was. So either the mark is not set, or it is
 *       cleared afterwards.
 *   K6  A directory that is watched since the counter `watches` was n is trusted only by tokens whose counter is n or
 *       more: the system was asked when the watch was there.
 * Marks hold in an `epoch` of the tree. A new one makes all of them void at once. `told` is counted before the epoch.
 */
#ifndef PS_WARM_INTERNAL_H
#define PS_WARM_INTERNAL_H

#include "../base/lock.h"
#include "../base/owner.h"
#include "../base/share.h"
#include "chains.h"
#include "read_text.h"
#include "signature.h"
#include "warm.h"

#include <dirent.h>
#include <stdatomic.h>

/* --- stamps: stamp.c --- */

/* With the device, which is the directory's: what identifies a state of a file or directory. */
struct ps_warm_stamp {
	uint64_t inode;
	uint64_t size;
	uint64_t modified, changed; /* nanoseconds since 1970, modulo 2^64 */
};

struct ps_warm_stamp ps_warm_stamp_of(const struct stat *st);

static inline bool ps_warm_stamp_equal(const struct ps_warm_stamp *a, const struct ps_warm_stamp *b)
{
	return a->inode == b->inode && a->size == b->size && a->modified == b->modified && a->changed == b->changed;
}

/* The time, as stamps have it. */
uint64_t ps_warm_stamp_time(void);

/* Was this stamp old enough (W1) at `now`, which is from before the stat that it is of? */
bool ps_warm_stamp_is_settled(const struct stat *st, uint64_t now);

/* --- files --- */

enum {
	PS_FILE_MARK = 1,      /* begins with a byte order mark */
	PS_FILE_PACKED = 2,    /* is compressed, or an archive */
	PS_FILE_UNFIT = 4,     /* no signature can be made, or it would be too large */
	PS_FILE_SLOW = 8,      /* `tried` milliseconds were not enough to make one */
	PS_FILE_LINKS = 16,    /* it had several names: never verified where changes are told */
	PS_FILE_VERIFIED = 32, /* see above; only if the directory's files_epoch is the tree's */
	PS_FILE_NUL = 64,      /* has a NUL: it may be binary */
	/* these hold as long as the stamp: */
	PS_FILE_SAVED = PS_FILE_MARK | PS_FILE_PACKED | PS_FILE_UNFIT | PS_FILE_LINKS | PS_FILE_NUL
};

/* [F] all of it. In a tree, a piece of memory with its signature. */
struct ps_warm_file {
	struct ps_warm_stamp stamp;
	struct ps_signature *signature; /* NULL: there is none */
	uint32_t tried;
	uint8_t flags;
	uint8_t use;    /* how often it was ruled out, more or less: see evict.c */
	uint8_t passed; /* how often its signature let it through, since its stamp was last compared */
};

/* --- directories --- */

union ps_slot {
	struct ps_warm_file *file; /* [F] */
	struct ps_kept *below;     /* [T] */
};

/* In a ring of a list; the list itself is such a link, too. Linked to itself: it is in none. */
struct ps_link {
	struct ps_link *before, *after;
};

static inline void ps_link_init(struct ps_link *link)
{
	link->before = link->after = link;
}

static inline void ps_link_remove(struct ps_link *link)
{
	link->before->after = link->after;
	link->after->before = link->before;
	ps_link_init(link);
}

static inline void ps_link_append(struct ps_link *list, struct ps_link *link)
{
	link->before = list->before;
	link->after = list;
	link->before->after = link->after->before = link;
}

enum ps_to_learn {
	PS_LEARN_NOTHING, /* in no list */
	PS_LEARN_NOW,     /* in tree->to_learn */
	PS_LEARN_LATER    /* in tree->to_learn_later: another call learns what is left, if it can */
};

struct ps_kept {
	struct ps_warm_directory shown; /* [C] first: a pointer to it is one to this */
	struct search_tree *tree;       /* [C] */
	struct ps_warm_stamp stamp;          /* [C] */
	union ps_slot *slots;           /* [C] one for each entry */
	uint32_t mode, user, group;     /* [C] who may list it and open what is in it; 0: unknown */
	uint64_t bytes;                 /* [C] of tree->memory that this piece of memory takes */
	uint32_t stripe;                /* [C] */
	uint32_t file_count;            /* [C] entries of type DT_REG */
	_Atomic uint32_t references;    /* acquire-release where it falls: the last one frees what others wrote */

	struct ps_chain_node in_chain;  /* [T] in tree->table */
	struct ps_link all;             /* [T] in tree->all, in the order of the hand */
	struct ps_link learn_link;      /* [T] */
	uint8_t to_learn;               /* [T] enum ps_to_learn */
	bool in_table;                  /* [T], and [F]: changed under both, so either lock will do to read it */
	bool trusted;                   /* [T] in trusted_epoch */
	uint32_t trusted_epoch;         /* [T] */
	uint32_t pass;                  /* [T] see changed.c */
	uint32_t visited;               /* [T] the tree's `begun` when a search last used it */
	char *path;                     /* [T] of malloc(), by which to find it; or NULL */
	struct ps_link top;             /* [T] in tree->tops, while it has no `above` */
	struct ps_kept *above;          /* [T] the directory that has a link to this one, */
	uint32_t at;                    /* [T] in this slot; or NULL. If it is */
	bool doubtful;                  /* [T] the name may be that of another directory by now */
	int watch;                      /* [T] and [F], as in_table; of inotify, or -1 */
	uint32_t watched_since;         /* [T] and [F]: see K6 */
	struct ps_chain_node in_watched; /* [T] in tree->watches.table */

	uint32_t files_epoch;           /* [F] in which files have PS_FILE_VERIFIED */
	uint32_t signature_count;       /* [F] */
};

enum {
	PS_STRIPES = 64,
	PS_IDLE_READERS = 4, /* that are kept for the next to learn */
	PS_MALLOC_EXTRA = 16 /* what the allocator adds to a piece of memory; counted */
};

struct ps_stripe {
	_Alignas(PS_CACHELINE) struct ps_lock lock;
};

struct ps_watches {
	int fd;                     /* [C] -1: nothing is watched */
	uint32_t most;              /* [C] */
	struct ps_lock drain;       /* held while events are read and obeyed, so that nobody goes on before they are */
	struct ps_chains table;     /* [T] by watch descriptor, which is the hash */
	uint32_t adding;            /* [T] threads that are adding one: table.count and these are `most` at most */
	uint32_t removed;           /* [T] watches that were removed, modulo 2^32 */
	bool exhausted;             /* [T] the system has no more */
	_Atomic uint64_t overflows; /* relaxed: a counter */
};

struct search_tree {
	struct ps_owner owner;              /* [C] */
	struct search_tree_options options; /* [C] defaults filled in */
	const struct ps_simd *simd;         /* [C] */
	size_t most_signature;              /* [C] bytes of the largest that is kept */
	_Atomic uint32_t users;             /* the handle, and searches; acquire-release: the last one frees */
	struct ps_share memory;             /* all that is kept */

	/* The token: changes told in the upper half, watches added in the lower. Added to with release; a token is read
	 * with acquire, before the system is asked: see K5, K6. */
	_Atomic uint64_t token;
	_Atomic uint32_t epoch;             /* release, after the token; acquire. Never 0 */

	struct ps_lock lock;                /* for [T] */
	struct ps_chains table;             /* [T] by device and inode */
	struct ps_link all;                 /* [T] all that are in the table; the hand of evict.c turns this ring */
	uint32_t hand_at;                   /* [T] the slot of its first directory where the hand stands */
	struct ps_link tops;                /* [T] those to which no link leads: mostly sources of searches */
	struct ps_link to_learn, to_learn_later; /* [T] */
	_Atomic uint32_t begun;             /* relaxed: searches that were begun, modulo 2^32 */
	uint32_t passes;                    /* [T] see changed.c */
	_Atomic uint32_t full;              /* relaxed, a hint: `begun` when there was no memory for a listing; */
	_Atomic uint32_t signatures_full; /* and the same for a signature */
	struct ps_text_reader *readers[PS_IDLE_READERS]; /* [T] not in use; or NULL */

	struct ps_stripe stripes[PS_STRIPES];
	struct ps_watches watches;
	_Atomic uint32_t cancels;           /* relaxed: how often search_tree_cancel() was called */

	/* Counters, relaxed; what they count is said at struct search_tree_stats. */
	_Atomic uint64_t files, signatures, signature_bytes, text_bytes, dropped, refused, ruled_out, learnt, changes;
};

/* The directory that has this link, or node, as this field. */
#define PS_KEPT_AT(link, field) ((struct ps_kept *)(void *)((char *)(link) - offsetof(struct ps_kept, field)))

static inline struct ps_kept *ps_kept_of(struct ps_warm_directory *directory)
{
	return (struct ps_kept *)(void *)directory;
}

static inline void ps_count(_Atomic uint64_t *counter, uint64_t by)
{
	atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static inline void ps_files_lock(const struct ps_kept *kept)
{
	ps_lock_take(&kept->tree->stripes[kept->stripe].lock);
}

static inline void ps_files_unlock(const struct ps_kept *kept)
{
	ps_lock_release(&kept->tree->stripes[kept->stripe].lock);
}

/* --- directories.c --- */

/*
 * A new directory that is in no table, with one reference, the caller's. The entries are in order, their names' offsets
 * are in `names`, of `name_size` bytes; both are copied. NULL: there is no memory, which is counted.
 */
struct ps_kept *ps_kept_new(struct search_tree *tree, dev_t device, const struct ps_warm_stamp *stamp,
			    const struct ps_warm_entry *entries, uint32_t count, const char *names, size_t name_size);

/*
 * Puts it into the table; an older one gives it its place, its files and links. The caller keeps its reference. False:
 * there is no memory for the table. [T]
 */
bool ps_kept_insert(struct ps_kept *kept);

/* Takes it out of the table; the files go, unless another has taken them. [T] */
void ps_kept_remove(struct ps_kept *kept);

struct ps_kept *ps_kept_find(struct search_tree *tree, dev_t device, uint64_t inode); /* or NULL; no reference. [T] */
struct ps_kept *ps_kept_take(struct ps_kept *kept); /* one more reference */
void ps_kept_release(struct ps_kept *kept);         /* no lock is held */

/* Notes the path by which to find it, unless it is "". No memory: it stays as it was. */
void ps_kept_set_path(struct ps_kept *kept, const char *path);

/* Links it to the entry of this name in `above`. `doubtful`: nobody has looked where that leads. [T] */
void ps_kept_link(struct ps_kept *kept, struct ps_kept *above, const char *name, bool doubtful);
void ps_kept_unlink(struct ps_kept *kept); /* [T] */

/* The index of this name, or UINT32_MAX. */
uint32_t ps_kept_index(const struct ps_kept *kept, const char *name);

/*
 * References to all directories, in an array of malloc(). SEARCH_OK or SEARCH_ENOMEM. For save.c; ps_kept_release()
 * gives each back.
 */
int ps_kept_all(struct search_tree *tree, struct ps_kept ***all, size_t *count);

/* Is there something to learn of its files? [T] */
void ps_kept_to_learn(struct ps_kept *kept, enum ps_to_learn what);
void ps_kept_wants_learning(struct ps_kept *kept); /* there is; no lock is held */

/* --- files: learn.c, answers.c --- */

/*
 * Puts a copy of *file, and of its signature, into the place of what is known of entry `at`, which is of type DT_REG.
 * False: there is no memory for it, or the directory is no longer in the table.
 */
bool ps_file_install(struct ps_kept *kept, uint32_t at, const struct ps_warm_file *file);

/* Forgets what is known of the entry. [F] */
void ps_file_forget(struct ps_kept *kept, uint32_t at);

/*
 * Learns a regular file, of which *st was taken before, unless it is known. *state: what came of it; CHANGING also if it
 * is too young. SEARCH_OK or SEARCH_ENOMEM. No lock is held.
 */
int ps_file_learn(struct ps_kept *kept, uint32_t at, int fd, const struct stat *st, const struct ps_watch *watch,
		  enum ps_text_state *state);

/* --- trust.c --- */

/* May a mark be set, as it was compared by a system call after this token? [F], or [T] */
bool ps_kept_may_trust(const struct ps_kept *kept, uint64_t token, bool is_file);

void ps_kept_trust(struct ps_kept *kept, uint64_t token); /* trusts a directory, if that may be. [T] */

/* As ps_warm_hold(), but *st is of a descriptor: what leads to the directory is not known. No lock is held. */
void ps_kept_compare(struct ps_kept *kept, const struct stat *st, uint64_t token);
void ps_file_verify(struct ps_kept *kept, struct ps_warm_file *file, uint64_t token); /* the same for a file. [F] */
bool ps_file_is_verified(const struct ps_kept *kept, const struct ps_warm_file *file); /* [F] */
void ps_files_unverify(struct ps_kept *kept);             /* all files in it. [F] */

/* --- evict.c --- */

/* What a piece of memory of malloc() costs: large ones are whole pages. */
static inline uint64_t ps_memory_cost(uint64_t bytes)
{
	uint64_t unit = bytes < UINT64_C(131072) ? 16 : 4096;

	return (bytes + unit - 1) / unit * unit + PS_MALLOC_EXTRA;
}

/* The same of a file and its signature. */
static inline uint64_t ps_file_cost(const struct ps_warm_file *file)
{
	return ps_memory_cost(sizeof(*file) + (file->signature != NULL ? file->signature->size : 0));
}

/*
 * Takes memory for a listing, or for a file and its signature, if need be from less useful ones. False: there is none,
 * which is counted. No lock is held.
 */
bool ps_memory_take(struct search_tree *tree, uint64_t bytes, bool listing);

/* Was there no memory for a signature since the last search began? */
bool ps_memory_is_full(const struct search_tree *tree);

/* Frees a file's record and signature, which are in no directory any more, and gives their memory back. */
void ps_file_free(struct search_tree *tree, struct ps_warm_file *file);

/* --- changed.c --- */

void ps_change_begin(struct search_tree *tree);           /* something is told: counts it, see K5 */
void ps_change_all(struct search_tree *tree);             /* everything may have changed */
void ps_change_listing(struct ps_kept *kept);             /* its names may have. [T] */
void ps_change_files(struct ps_kept *kept);               /* all files in it may have. [T] */
void ps_change_file(struct ps_kept *kept, uint32_t at);   /* this one may have. [T] */
void ps_change_below(struct ps_kept *top);               /* it, and all that is known below. [T] */

/* --- watches.c --- */

int ps_watches_init(struct search_tree *tree); /* 0 or an errno */
void ps_watches_close(struct search_tree *tree);
void ps_watches_free(struct search_tree *tree);
void ps_watches_drain(struct search_tree *tree);
bool ps_watches_left(const struct search_tree *tree); /* may one more directory be watched? [T] */
void ps_watch_move(struct ps_kept *to, struct ps_kept *from); /* a listing takes another's place. [T] and [F] */
void ps_watch_end(struct ps_kept *kept); /* it is taken out of the table. [T] and [F] */

#endif
