/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * overlays.c - the host's texts that take the place of files: found by directory and name.
 *
 * Each path is followed once, when the search is opened, as if its file were written then. What counts afterwards is
 * where it led: a directory (device and inode) and a name. So it does not matter how the host writes the path, nor by
 * which path a walk comes to the directory. The thread that lists a directory asks once whether anything in it has an
 * overlay; only then names are compared.
 *
 *   O1  All is constant once the search is open.
 *   O2  Within a directory no two overlays have the same name.
 *   O3  A directory that is not on disk is itself an overlay of the directory above it, and so on, up to one that is
 *       on disk. If there is no text below it, it is `empty`, and nobody sees it.
 *
 * The thread knows a directory by fstat. A look at the inode of its entry "." saves that call for most directories, but
 * only on the file systems of short_read_is_end(), where both are one number: overlayfs with layers on several file
 * systems has others there, and FUSE what its server likes.
 */
#include "plan_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* --- finding --- */

static uint32_t hash_inode(ino_t inode)
{
	uint64_t i = inode;

	return ps_hash(0, (const uint32_t[]){ (uint32_t)i, (uint32_t)(i >> 32) }, 2);
}

static uint32_t hash_name(uint32_t directory, const char *name, size_t length)
{
	uint32_t hash = directory;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)name[i]) * UINT32_C(16777619);
	return ps_hash(hash, NULL, 0);
}

uint32_t ps_overlays_in(const struct ps_overlays *overlays, dev_t device, ino_t inode)
{
	uint32_t hash = hash_inode(inode), i;

	for (size_t at = 0; ps_index_next(&overlays->places, hash, &at, &i);) {
		PS_ASSERT(i < overlays->directory_count);
		if (overlays->directories[i].device == device && overlays->directories[i].inode == inode)
			return i;
	}
	return PS_OVERLAY_NONE;
}

bool ps_overlays_may_be_in(const struct ps_overlays *overlays, ino_t inode)
{
	size_t at = 0;
	uint32_t i;

	return ps_index_next(&overlays->places, hash_inode(inode), &at, &i);
}

static uint32_t find_name(const struct ps_overlays *overlays, uint32_t directory, const char *name, size_t length)
{
	uint32_t hash = hash_name(directory, name, length), i;

	for (size_t at = 0; ps_index_next(&overlays->names, hash, &at, &i);) {
		const struct ps_overlay *overlay = &overlays->all[i];

		PS_ASSERT(i < overlays->count);
		if (overlay->directory == directory && strncmp(overlay->name, name, length) == 0 &&
		    overlay->name[length] == '\0')
			return i;
	}
	return PS_OVERLAY_NONE;
}

const struct ps_overlay *ps_overlays_named(const struct ps_overlays *overlays, uint32_t directory, const char *name,
					   size_t length)
{
	uint32_t i = find_name(overlays, directory, name, length);

	return i != PS_OVERLAY_NONE ? &overlays->all[i] : NULL;
}

/* Goes from the spot's directory on disk down to its last name. */
static const struct ps_overlay *go_down(const struct ps_overlays *overlays, const struct ps_spot *spot)
{
	uint32_t directory = ps_overlays_in(overlays, spot->device, spot->inode);
	const struct ps_overlay *overlay = NULL;
	size_t next = spot->rest, length;
	const char *name;

	while (directory != PS_OVERLAY_NONE && ps_spot_name(spot, &next, &name, &length)) {
		overlay = ps_overlays_named(overlays, directory, name, length);
		directory = overlay != NULL ? overlay->below : PS_OVERLAY_NONE;
	}
	return spot->path.bytes[next] == '\0' ? overlay : NULL;
}

bool ps_leads_nowhere(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EACCES;
}

int ps_overlays_find(const struct ps_overlays *overlays, int at, const char *path, bool follow,
		     const struct ps_overlay **found)
{
	struct ps_spot spot = { 0 };
	int error = ps_text_add_string(&spot.path, path) ? 0 : ENOMEM;
	bool directory = error == 0 && ps_spot_trim(&spot);

	*found = NULL;
	while (error == 0) { /* a link on the way may itself be removed */
		error = ps_spot_find(&spot, at);
		if (error == 0)
			*found = go_down(overlays, &spot);
		if (*found != NULL || !follow)
			break;
		if (error == 0)
			error = ps_spot_follow(&spot, at);
	}
	if (*found != NULL && ((*found)->empty || (directory && (*found)->kind != PS_OVERLAY_DIRECTORY)))
		*found = NULL;
	ps_text_free(&spot.path);
	return error == EINVAL || error == EISDIR ? 0 : error; /* it ends in no link, or in no name */
}

/* --- making --- */

/* Returns the new directory's index, or PS_OVERLAY_NONE: out of memory. */
static uint32_t new_directory(struct ps_overlays *overlays)
{
	uint32_t index = overlays->directory_count;
	struct ps_overlay_directory *grown;

	if (index == PS_OVERLAY_NONE)
		return PS_OVERLAY_NONE;
	grown = ps_grow(overlays->directories, &overlays->directory_space, (size_t)index + 1, sizeof(*grown));
	if (grown == NULL)
		return PS_OVERLAY_NONE;
	overlays->directories = grown;
	overlays->directories[overlays->directory_count++] = (struct ps_overlay_directory){ .first = PS_OVERLAY_NONE };
	return index;
}

/* The same for one that is on disk, unless it is there already. */
static uint32_t note_place(struct ps_overlays *overlays, dev_t device, ino_t inode)
{
	uint32_t index = ps_overlays_in(overlays, device, inode);

	if (index != PS_OVERLAY_NONE)
		return index;
	index = new_directory(overlays);
	if (index == PS_OVERLAY_NONE || !ps_index_add(&overlays->places, hash_inode(inode), index))
		return PS_OVERLAY_NONE;
	overlays->directories[index].device = device;
	overlays->directories[index].inode = inode;
	return index;
}

static char *copy_name(const char *name, size_t length)
{
	char *copy = malloc(length + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, name, length);
	copy[length] = '\0';
	return copy;
}

/* Adds an entry of a directory. NULL: out of memory. */
static struct ps_overlay *new_overlay(struct ps_overlays *overlays, uint32_t directory, const char *name, size_t length)
{
	struct ps_overlay *grown = ps_grow(overlays->all, &overlays->space, (size_t)overlays->count + 1,
					   sizeof(*grown));
	uint32_t *first = &overlays->directories[directory].first;
	char *copy;

	if (grown == NULL)
		return NULL;
	overlays->all = grown;
	copy = overlays->count < PS_OVERLAY_NONE ? copy_name(name, length) : NULL;
	if (copy == NULL)
		return NULL;
	grown += overlays->count;
	*grown = (struct ps_overlay){
		.name = copy, .directory = directory, .below = PS_OVERLAY_NONE, .next = *first,
	};
	if (!ps_index_add(&overlays->names, hash_name(directory, name, length), overlays->count)) {
		free(copy);
		return NULL;
	}
	*first = overlays->count++;
	return grown;
}

/* Goes into a directory that is not on disk; *directory becomes its index. 0 or an errno. */
static int enter_directory(struct ps_overlays *overlays, uint32_t *directory, const char *name, size_t length,
			   bool removed)
{
	uint32_t known = find_name(overlays, *directory, name, length), below;
	struct ps_overlay *overlay;

	if (known == PS_OVERLAY_NONE) {
		below = new_directory(overlays);
		overlay = below != PS_OVERLAY_NONE ? new_overlay(overlays, *directory, name, length) : NULL;
		if (overlay == NULL)
			return ENOMEM;
		overlay->kind = PS_OVERLAY_DIRECTORY;
		overlay->empty = true;
		overlay->below = below;
	} else {
		PS_ASSERT(known < overlays->count);
		overlay = &overlays->all[known];
	}
	if (overlay->kind != PS_OVERLAY_DIRECTORY)
		return ENOTDIR;
	overlay->empty &= removed;
	*directory = overlay->below;
	return 0;
}

/* Adds what the host gave at the place where its path leads. 0 or an errno; EEXIST: there is one already. */
static int place_overlay(struct ps_overlays *overlays, const struct ps_spot *spot, const struct search_overlay *given)
{
	bool removed = (given->flags & SEARCH_OVERLAY_REMOVED) != 0;
	uint32_t directory = note_place(overlays, spot->device, spot->inode), known;
	size_t next = spot->rest, length;
	struct ps_overlay *overlay;
	const char *name;
	int error = directory != PS_OVERLAY_NONE ? 0 : ENOMEM;

	while (error == 0 && ps_spot_name(spot, &next, &name, &length) && spot->path.bytes[next] != '\0')
		error = enter_directory(overlays, &directory, name, length, removed);
	if (error != 0)
		return error;
	known = find_name(overlays, directory, name, length);
	PS_ASSERT(known == PS_OVERLAY_NONE || known < overlays->count);
	if (known != PS_OVERLAY_NONE)
		return overlays->all[known].kind == PS_OVERLAY_DIRECTORY ? EISDIR : EEXIST;
	overlay = new_overlay(overlays, directory, name, length);
	if (overlay == NULL)
		return ENOMEM;
	overlay->kind = removed ? PS_OVERLAY_REMOVED : PS_OVERLAY_TEXT;
	overlay->data = given->data;
	overlay->size = given->size;
	return 0;
}

/* Looks at what is where the path leads now. 0: a link; 1: a file or nothing; or an errno, negative. */
static int look_at_end(const struct ps_spot *spot)
{
	struct stat st;

	if (lstat(spot->path.bytes, &st) != 0)
		return errno == ENOENT ? 1 : -errno;
	return S_ISDIR(st.st_mode) ? -EISDIR : !S_ISLNK(st.st_mode);
}

/* Finds out where a path leads. A file is removed by its name, and written through a link. 0 or an errno. */
static int find_spot(struct ps_spot *spot, const char *path, bool removed)
{
	int error = ps_text_add_string(&spot->path, path) ? 0 : ENOMEM, found = 0;

	while (error == 0 && (found = look_at_end(spot)) == 0 && !removed)
		error = ps_spot_follow(spot, AT_FDCWD);
	if (error == 0 && found < 0)
		error = -found;
	return error == 0 ? ps_spot_find(spot, AT_FDCWD) : error;
}

static int take_given_overlay(struct ps_overlays *overlays, const struct search_overlay *given)
{
	struct ps_spot spot = { 0 };
	int error = find_spot(&spot, given->path, (given->flags & SEARCH_OVERLAY_REMOVED) != 0);

	if (error == 0)
		error = place_overlay(overlays, &spot, given);
	ps_text_free(&spot.path);
	return error;
}

/* Says what is wrong with an overlay. */
static int describe_fault(struct ps_overlay_fault *fault, size_t index, int error)
{
	if (error == ENOMEM)
		return SEARCH_ENOMEM;
	*fault = (struct ps_overlay_fault){ .index = index, .why = "its directory cannot be found", .error = error };
	if (error == EISDIR)
		fault->why = "its path is that of a directory";
	else if (error == EEXIST)
		*fault = (struct ps_overlay_fault){ .index = index, .why = "an earlier overlay names the same file" };
	return SEARCH_EINVAL;
}

int ps_overlays_new(struct ps_overlays **out, const struct search_overlay *given, size_t count,
		    struct ps_overlay_fault *fault)
{
	struct ps_overlays *overlays = count > 0 ? calloc(1, sizeof(*overlays)) : NULL;

	*out = overlays;
	if (overlays == NULL)
		return count > 0 ? SEARCH_ENOMEM : SEARCH_OK;
	for (size_t i = 0; i < count; i++) {
		int error = take_given_overlay(overlays, &given[i]);

		if (error != 0)
			return describe_fault(fault, i, error);
	}
	return SEARCH_OK;
}

void ps_overlays_free(struct ps_overlays *overlays)
{
	if (overlays == NULL)
		return;
	for (uint32_t i = 0; i < overlays->count; i++)
		free(overlays->all[i].name);
	free(overlays->all);
	free(overlays->directories);
	ps_index_free(&overlays->names);
	ps_index_free(&overlays->places);
	free(overlays);
}
