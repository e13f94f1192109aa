/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm.h - what searches learnt of trees, kept for later ones: struct search_tree.
 *
 * A tree has directories, each known by device and inode. Of a directory it keeps the listing: names in order, and their
 * types, as the system gave them, before any rule. Of a file in it, once that was learnt, a stamp and a signature: which
 * trigrams occur in each block of the text (signature.h).
 *
 * What is kept is a claim about the past. It is used only if
 *   W1  the stamp that it was made with was taken before what it tells of was read, and was old enough then: whatever
 *       changed the file or directory later has changed the stamp, too (ps_warm_stamp_is_settled);
 *   W2  the stamp is the same now; or the tree trusts, and nothing was told or seen to change since it was compared
 *       last (ps_warm_token).
 *
 * A directory, as others see it, is constant: a listing that has changed is a new directory in its place. Its users hold
 * references. What is learnt of its files changes, under a lock of this room; no lock is held over I/O. The calls below
 * wait for nothing but such locks, unless their comments say so.
 */
#ifndef PS_WARM_H
#define PS_WARM_H

#include "../base/base.h"
#include "../base/text.h"

#include <sys/stat.h>

struct ps_condition;
struct ps_simd;

/* How one search uses a tree. Constant while it runs. */
struct ps_warm_view {
	struct search_tree *tree;
	const struct ps_condition *condition; /* NULL: no file can be ruled out */
	uint64_t max_line_bytes; /* a file with a longer line is an error: it has to be opened */
	uint64_t max_text_bytes; /* likewise, a file that is larger; or UINT64_MAX */
	bool whole;        /* a match may reach over line ends: the condition is of the file, not of a block */
	bool by_mark;      /* a byte order mark is obeyed: a file with one has to be opened */
	bool decompresses; /* so has a file that is compressed, or an archive */
	bool tells_ends;   /* so has one with a NUL: where it stands is told. Of others, the size is */
	bool has_output;   /* and the file that the host writes to: */
	dev_t output_device;
	ino_t output_inode;
	bool learns;       /* the search may learn signatures */
};

/* --- the tree; what the public calls of the same names promise --- */

int ps_tree_new(struct search_tree **out, const struct search_tree_options *options, struct search_error *error);
void ps_tree_take(struct search_tree *tree);    /* for a search: one more user */
void ps_tree_release(struct search_tree *tree); /* the last one frees it */
bool ps_tree_is_inherited(const struct search_tree *tree); /* through fork() */
void ps_tree_forget(struct search_tree *tree);  /* in the child: closes descriptors */
int ps_tree_changed(struct search_tree *tree, const char *path);
int ps_tree_learn(struct search_tree *tree, uint32_t milliseconds); /* reads files */
void ps_tree_cancel(struct search_tree *tree);
void ps_tree_fill_stats(const struct search_tree *asked, struct search_tree_stats *stats);
uint32_t ps_tree_learn_percent(const struct search_tree *tree); /* 0: none */

/* save.c, load.c: *what: what went wrong, a constant string, and *system_error, an errno or 0. As the public calls. */
int ps_tree_save(struct search_tree *tree, const char *path, const char **what, int *system_error);
int ps_tree_load(struct search_tree *tree, const char *path, const char **what, int *system_error);

/* A search starts: events of watches that are there are obeyed. */
void ps_warm_begin(const struct ps_warm_view *view);

/*
 * What is compared with a stamp counts only if the tree's token is still the one that it was before the system was
 * asked: else something was told to have changed meanwhile.
 */
uint64_t ps_warm_token(const struct search_tree *tree);

/* --- directories --- */

struct ps_warm_entry {
	uint32_t name; /* offset in names */
	uint8_t type;  /* DT_REG, DT_DIR, DT_LNK, or DT_UNKNOWN: anything else */
};

struct ps_warm_directory {
	/* [C] */
	const char *names;
	const struct ps_warm_entry *entries; /* in the order of their names' bytes */
	uint32_t count;
	dev_t device;
	ino_t inode;
	bool short_read_is_end; /* as in struct ps_opened */
};

void ps_warm_release(struct ps_warm_directory *directory); /* NULL is fine */

/* A directory was not kept, for a reason that the caller found: for the statistics. */
void ps_warm_note_refused(struct search_tree *tree);

/* May directories of this file system, and files in them, be kept? `magic`: of statfs(2). */
bool ps_warm_is_trusted_system(uint64_t magic);

/*
 * A directory was opened: *st is of its descriptor, taken after the token. Returns what is kept of it, if that holds; or
 * NULL.
 */
struct ps_warm_directory *ps_warm_find(const struct ps_warm_view *view, const struct stat *st, uint64_t token);

/* What must be done before a directory that is kept may be used without being opened. */
enum ps_warm_need {
	PS_WARM_USE,  /* nothing */
	PS_WARM_STAT, /* compare its stamp: ps_warm_hold() */
	PS_WARM_OPEN  /* it must be opened */
};

/*
 * The directory of this name in `above`, without opening it. *below is NULL with PS_WARM_OPEN, else a reference.
 */
enum ps_warm_need ps_warm_below(const struct ps_warm_view *view, struct ps_warm_directory *above, const char *name,
				struct ps_warm_directory **below);

/* Does what is kept of the directory hold? *st: of its path, taken after the token. */
bool ps_warm_hold(const struct ps_warm_view *view, struct ps_warm_directory *directory, const struct stat *st,
		  uint64_t token);

/* A listing on its way. */
struct ps_warm_draft;

/*
 * A directory is about to be read, which is not kept: *st is of its descriptor. Entries "." and ".." are passed over;
 * a type is DT_UNKNOWN only if it is known to be none of the others. NULL: it is not to be kept (*st is too
 * young, or there is no memory).
 */
struct ps_warm_draft *ps_warm_draft_new(const struct ps_warm_view *view, const struct stat *st, bool short_read_is_end,
					uint64_t token);
void ps_warm_draft_add(struct ps_warm_draft *draft, const char *name, uint8_t type); /* NULL is fine */
void ps_warm_draft_drop(struct ps_warm_draft *draft); /* something was not as it should be; NULL is fine */

/* Sorts, some milliseconds long. True: all is sorted. ps_warm_keep() does what is left. NULL is fine. */
bool ps_warm_draft_sort(struct ps_warm_draft *draft);

/*
 * The listing is complete: keeps it in the place of an older one, whose files stay known. `above`: the directory that
 * it is in, or NULL; `name`: in that. `path`: by which to find it later, "" if there is none; a copy is kept. Returns a
 * reference, or NULL if there is no memory. Uses the draft up; it may be NULL.
 */
struct ps_warm_directory *ps_warm_keep(const struct ps_warm_view *view, struct ps_warm_draft *draft,
				       struct ps_warm_directory *above, const char *name, const char *path);

/* Links a directory that ps_warm_find() returned to its place, as ps_warm_keep() does: for ps_warm_below(). */
void ps_warm_link(const struct ps_warm_view *view, struct ps_warm_directory *directory,
		  struct ps_warm_directory *above, const char *name, const char *path);

/*
 * A directory that ps_warm_find() or ps_warm_keep() returned is open. If the tree watches, but not this one yet, it does
 * from now on.
 */
void ps_warm_watch(const struct ps_warm_view *view, struct ps_warm_directory *directory, int fd);

/* --- files --- */

enum ps_warm_answer {
	PS_WARM_MAY_MATCH, /* it has to be opened: it may match, or nothing is known of it */
	PS_WARM_CANNOT,    /* it cannot match */
	PS_WARM_CANNOT_IF  /* it cannot match, if its stamp is the same: ps_warm_confirm() */
};

/* Asks about entries [first, first + count). What is no regular file may match. */
void ps_warm_ask(const struct ps_warm_view *view, struct ps_warm_directory *directory, uint32_t first, uint32_t count,
		 uint8_t *answers);

/* After CANNOT_IF: *st is of the entry, a link not followed, and was taken after the token. True: it cannot match. */
bool ps_warm_confirm(const struct ps_warm_view *view, struct ps_warm_directory *directory, uint32_t at,
		     const struct stat *st, uint64_t token);

/* So many files were ruled out, and not opened: for the statistics. */
void ps_warm_note_ruled_out(struct search_tree *tree, uint64_t count);

/*
 * From where to where in a file of several blocks lines may match; *st is of its descriptor. False: in the whole file;
 * or that is unknown; or the file has a NUL, which decides how its matches are reported. `lines`: how many lines come
 * before `begin`. `end` is UINT64_MAX if it is the end of the file.
 */
struct ps_warm_range {
	uint64_t begin, end, lines;
};
bool ps_warm_find_range(const struct ps_warm_view *view, struct ps_warm_directory *directory, const char *name,
			const struct stat *st, struct ps_warm_range *range);

/* Is a signature of this file wanted? It is not, if there is one, or if the file is not fit for one. */
bool ps_warm_wants(const struct ps_warm_view *view, struct ps_warm_directory *directory, const char *name);

/*
 * Learns a file, which is open for reading: reads up to `most` bytes, by pread(2); a longer one is left for
 * search_tree_learn(). The watch, which may be NULL, ends it early. SEARCH_OK, also if nothing was learnt; or
 * SEARCH_ENOMEM.
 */
int ps_warm_learn(const struct ps_warm_view *view, struct ps_warm_directory *directory, const char *name, int fd,
		  uint64_t most, const struct ps_watch *watch);

#endif
