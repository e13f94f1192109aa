/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * overlays.h - texts that take the place of files, for the files of this room.
 *
 * A directory that has any is known by its device and inode, or, if it is not on disk, by the entry that stands for it.
 * All is constant once the search is open: threads share it without a lock.
 */
#ifndef PS_OVERLAYS_H
#define PS_OVERLAYS_H

#include "../base/hash_index.h"
#include "../base/text.h"

#include <sys/types.h>

enum ps_overlay_kind {
	PS_OVERLAY_TEXT,
	PS_OVERLAY_REMOVED,  /* there is no such file */
	PS_OVERLAY_DIRECTORY /* it was not on disk, but something in it has an overlay */
};

#define PS_OVERLAY_NONE UINT32_MAX

struct ps_overlay {
	char *name;
	const void *data;    /* the host's */
	size_t size;
	enum ps_overlay_kind kind;
	bool empty;          /* PS_OVERLAY_DIRECTORY: there is no text below it */
	uint32_t directory;  /* index of the one that it is in */
	uint32_t below;      /* PS_OVERLAY_DIRECTORY: index of what it is; else PS_OVERLAY_NONE */
	uint32_t next;       /* index of another one of the same directory, or PS_OVERLAY_NONE */
};

struct ps_overlay_directory {
	dev_t device;
	ino_t inode;
	uint32_t first;      /* index of one of its overlays, or PS_OVERLAY_NONE */
};

struct ps_overlays {
	struct ps_overlay *all;
	struct ps_overlay_directory *directories;
	uint32_t count, directory_count;
	size_t space, directory_space;
	struct ps_index names;  /* of `all`, by directory and name */
	struct ps_index places; /* of the directories that are on disk, by inode */
};

/* The directory's index, or PS_OVERLAY_NONE: nothing in it has an overlay. */
uint32_t ps_overlays_in(const struct ps_overlays *overlays, dev_t device, ino_t inode);

/* Might there be such a directory with this inode? */
bool ps_overlays_may_be_in(const struct ps_overlays *overlays, ino_t inode);

/* The overlay of an entry of such a directory, or NULL. */
const struct ps_overlay *ps_overlays_named(const struct ps_overlays *overlays, uint32_t directory, const char *name,
					   size_t length);

/*
 * *found: the overlay that a path leads to, or NULL. `follow`: also through a link at its end. A relative path starts
 * at the directory `at`. 0 or an errno: ps_leads_nowhere(), or it cannot be found out whether there is one.
 */
int ps_overlays_find(const struct ps_overlays *overlays, int at, const char *path, bool follow,
		     const struct ps_overlay **found);

/*
 * Does this errno say that the path leads nowhere, or where the caller may not go? Then opening it says so, too, unless
 * something has come there meanwhile; or the path leads through /proc to a file that has no name.
 */
bool ps_leads_nowhere(int error);

/* --- overlay_path.c --- */

/* Where a path leads: to the last of the names in it from `rest` on, below a directory that is on disk. */
struct ps_spot {
	struct ps_text path; /* the caller's, who frees it in any case */
	size_t rest;
	dev_t device;        /* of that directory */
	ino_t inode;
	int links;           /* followed at the end of the path */
};

/* Finds the directory and the names. A link at the path's end is not followed. 0 or an errno. */
int ps_spot_find(struct ps_spot *spot, int at);

/* Puts where the link at its end leads in the place of the path. 0 or an errno; EINVAL and ENOENT: there is no link. */
int ps_spot_follow(struct ps_spot *spot, int at);

/* Takes slashes and "." off the path's end. True: there were any, so it is that of a directory. */
bool ps_spot_trim(struct ps_spot *spot);

/* The absolute path of a spot that was found; `space` has PATH_MAX bytes for it. NULL: it is too long, or unknown. */
const char *ps_spot_real_path(struct ps_spot *spot, char *space);

/* Goes to the next name: *at is spot->rest before the first. False: there are no more. */
bool ps_spot_name(const struct ps_spot *spot, size_t *at, const char **name, size_t *length);

#endif
