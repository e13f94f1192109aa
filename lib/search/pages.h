/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pages.h - where in the order a search begins and ends, and cursors, which say that in text.
 *
 * A cursor names an item: the entry that it is of (a source, and the names from there down), and how many items of that
 * entry were delivered up to it. The plan leaves out what lies before and after such entries (plan/bounds.c). The
 * entry itself is searched as ever, from its start, and the iterator drops the items that the cursor counts; or, where
 * that gives the same items, from the cursor's line on (resume_file.c).
 */
#ifndef PS_PAGES_H
#define PS_PAGES_H

#include "../base/base.h"
#include "../plan/plan.h"

#include <time.h>

struct ps_settings;
struct ps_given;
struct ps_record;

/* Bits of ps_batch.mark: what the items of a batch are to a cursor. */
enum {
	PS_PAGE_BEFORE = 1,  /* all of them come before options.resume */
	PS_PAGE_FROM = 2,    /* they are of its entry, */
	PS_PAGE_CHANGED = 4, /* which is not as it was, */
	PS_PAGE_LATER = 8,   /* or which is searched from the cursor's item on */
	PS_PAGE_UNTIL = 16   /* they are of the entry of options.until */
};

/* What a file was like. */
struct ps_stamp {
	enum ps_stamp_kind {
		PS_STAMP_UNKNOWN, /* it cannot be told, and is not compared */
		PS_STAMP_MISSING, /* it was gone when the cursor was made */
		PS_STAMP_MOVING,  /* it was changed during the search: it counts as changed in any case */
		PS_STAMP_FILE
	} kind;
	uint64_t size, inode;
	uint64_t modified; /* seconds, as if unsigned */
	uint64_t modified_ns;
};

/* What a cursor says, and what it was made from. */
struct ps_cursor {
	struct ps_bound entry;
	uint64_t last;    /* 1: no item of the entry can follow; else 0 */
	uint64_t kind;    /* of the item: enum search_item_kind, */
	uint64_t reason;  /* enum search_reason */
	uint64_t items;   /* of the entry, up to it */
	uint64_t files;   /* FILE and FILE_END items up to it */
	uint64_t matches; /* of the file, up to it */
	uint64_t offset, line, line_bytes; /* of the item */
	uint64_t check;   /* ps_item_check() */
	struct ps_stamp stamp;
	char *names;      /* what entry.names points to, or NULL */
};

/* Fingerprints of the options that determine which items there are. */
struct ps_fingerprint {
	uint32_t walk;  /* which entries: the sources and the walk */
	uint32_t items; /* and what of them is delivered */
};

struct ps_pages {
	struct ps_fingerprint options; /* [C] */
	struct ps_cursor from;         /* [C] options.resume, if entry.set */
	struct ps_cursor until;        /* [C] likewise */
	bool any;                      /* [C] there is one of the two */
	char *resume;                  /* [C] the text of `from` */
	struct timespec opened;        /* [C] when the search was, on the clock of files */
	const char *refusal;           /* [C] why there are no cursors; NULL: there are */
	bool later;                    /* [W] the file of `from` is not searched from its start: of the thread that
	                                  searches it; it hands them on with its batches, or with the file's parts */
	struct ps_sums before;         /* [W] likewise: what comes before the place where it begins */
};

/* SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EINVAL: a cursor cannot be used. In any case ps_pages_free() frees it. */
int ps_pages_load(struct ps_pages *pages, const struct ps_settings *settings, const struct ps_given *given,
		  struct search_error *error);
void ps_pages_free(struct ps_pages *pages);

/* Adds a number to a hash. */
static inline uint64_t ps_mix(uint64_t hash, uint64_t number)
{
	hash = (hash ^ number) * UINT64_C(0x9E3779B97F4A7C15);
	return hash ^ hash >> 29;
}

uint64_t ps_mix_bytes(uint64_t hash, const void *bytes, size_t length);

/*
 * A number that tells an item from those that could be in its place if its file was changed. Of its text, or its
 * message, only the first PS_CHECKED bytes count.
 */
enum { PS_CHECKED = 64 };
uint32_t ps_item_check(const struct search_item *item);
uint32_t ps_record_check(const struct ps_record *record, const char *text);

/* cursor.c: reads a cursor, without looking at what it says. NULL, or what is wrong with it. */
const char *ps_cursor_read(struct ps_cursor *cursor, struct ps_fingerprint *options, const char *text, bool *no_memory);

/* Writes one as snprintf() does. `path`: the names from the source on, with slashes between them. */
size_t ps_cursor_write(const struct ps_cursor *cursor, const struct ps_fingerprint *options, const char *path,
		       char *buffer, size_t size);

/* What a file is like, and whether it is as it was. */
struct ps_stamp ps_stamp_of(const struct ps_file_info *info);
bool ps_stamp_fits(const struct ps_stamp *stamp, const struct ps_file_info *now);

#endif
