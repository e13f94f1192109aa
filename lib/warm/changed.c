/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * changed.c - something has changed: what was compared before does not count any more.
 *
 * Nothing is thrown away: if a stamp is still the same, what is kept still holds.
 *
 * The host names a path, which is followed in two ways: the last name as such, in its directory, and where it leads.
 * In each of the two directories the listing and the entry count as changed. If the entry is, or was, a directory, so does
 * all that is known below. Links lead there; but none leads to the top of what was searched, so tops are compared by path.
 * If names on the way do not exist, the nearest directory above counts in their place. If a file has further names,
 * everything counts as changed, as we do not know where these are.
 */
#include "warm_internal.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* --- marks; K5 --- */

void ps_change_begin(struct search_tree *tree)
{
	atomic_fetch_add_explicit(&tree->token, UINT64_C(1) << 32, memory_order_release);
}

void ps_change_all(struct search_tree *tree)
{
	uint32_t epoch = atomic_load_explicit(&tree->epoch, memory_order_relaxed), next;

	ps_change_begin(tree);
	do /* 0 stands for none */
		next = epoch + 1 != 0 ? epoch + 1 : 1;
	while (!atomic_compare_exchange_weak_explicit(&tree->epoch, &epoch, next, memory_order_release,
						      memory_order_relaxed));
}

void ps_change_listing(struct ps_kept *kept)
{
	PS_ASSERT(ps_lock_is_held(&kept->tree->lock));
	kept->trusted = false;
}

void ps_change_files(struct ps_kept *kept)
{
	ps_files_lock(kept);
	ps_files_unverify(kept);
	ps_files_unlock(kept);
}

void ps_change_file(struct ps_kept *kept, uint32_t at)
{
	if (kept->shown.entries[at].type != DT_REG)
		return;
	ps_files_lock(kept);
	if (kept->slots[at].file != NULL)
		kept->slots[at].file->flags &= (uint8_t)~PS_FILE_VERIFIED;
	ps_files_unlock(kept);
}

/* The next directory below `kept` from this slot on that the pass has not been to; or NULL. */
static struct ps_kept *next_below(const struct ps_kept *kept, uint32_t from, uint32_t pass)
{
	for (uint32_t i = from; i < kept->shown.count; i++) {
		struct ps_kept *below = kept->shown.entries[i].type == DT_DIR ? kept->slots[i].below : NULL;

		if (below != NULL && below->pass != pass)
			return below;
	}
	return NULL;
}

static void visit(struct ps_kept *kept, uint32_t pass)
{
	kept->pass = pass;
	ps_change_listing(kept);
	ps_change_files(kept);
}

/*
 * Goes down and up along the links, without recursion: trees may be deep. Where a directory is mounted below itself
 * links can form a circle, so none is visited twice.
 */
void ps_change_below(struct ps_kept *top)
{
	uint32_t pass = ++top->tree->passes, from = 0;
	struct ps_kept *kept = top, *below;

	visit(top, pass);
	for (;;) {
		below = next_below(kept, from, pass);
		if (below != NULL) {
			kept = below;
			from = 0;
			visit(kept, pass);
		} else if (kept == top) {
			return;
		} else {
			from = kept->at + 1;
			kept = kept->above;
		}
	}
}

/* --- by path --- */

/* In this directory the entry of this name has changed. */
static void change_entry(struct search_tree *tree, const struct stat *st, const char *name)
{
	struct ps_kept *kept, *below;
	uint32_t at;

	ps_lock_take(&tree->lock);
	kept = ps_kept_find(tree, st->st_dev, st->st_ino);
	if (kept != NULL) {
		ps_change_listing(kept);
		at = ps_kept_index(kept, name);
		below = at != UINT32_MAX && kept->shown.entries[at].type == DT_DIR ? kept->slots[at].below : NULL;
		if (below != NULL)
			ps_change_below(below);
		else if (at != UINT32_MAX)
			ps_change_file(kept, at);
	}
	ps_lock_release(&tree->lock);
}

/* This directory, and all below it. */
static void change_directory(struct search_tree *tree, const struct stat *st)
{
	struct ps_kept *kept;

	ps_lock_take(&tree->lock);
	kept = ps_kept_find(tree, st->st_dev, st->st_ino);
	if (kept != NULL)
		ps_change_below(kept);
	ps_lock_release(&tree->lock);
}

/* Cuts the last name off, and returns it, without slashes behind it. *directory: that of the name. */
static const char *cut_name(char *path, const char **directory)
{
	char *end = path + strlen(path), *name;

	while (end > path && end[-1] == '/')
		end--;
	*end = '\0';
	name = end;
	while (name > path && name[-1] != '/')
		name--;
	*directory = name > path + 1 ? path : name > path || end == path ? "/" : ".";
	if (name > path)
		name[-1] = '\0';
	return name;
}

/* Does the path, which stat() has just refused, not exist? If it ends in a link, what that led to is not known. */
static bool is_missing(const char *path)
{
	struct stat st;

	return (errno == ENOENT || errno == ENOTDIR) && lstat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/*
 * Looks for the nearest directory above that is there, and tells which entry of it is on the way. `path` is written to.
 * False: the system does not say.
 */
static bool change_place(struct search_tree *tree, char *path)
{
	const char *directory, *name;
	struct stat st;

	for (;;) {
		name = cut_name(path, &directory);
		if (stat(directory, &st) == 0) {
			if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
				change_directory(tree, &st);
			else
				change_entry(tree, &st, name);
			return true;
		}
		if (!is_missing(directory) || directory != path)
			return false;
	}
}

/* --- what no link leads to --- */

enum { MOST_TOPS = 64 };

/* Is `path` that of the directory `real`, or of one below? */
static bool is_below(const char *path, const char *real)
{
	size_t length = strlen(real);

	if (length > 0 && real[length - 1] == '/')
		length--;
	return strncmp(path, real, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/*
 * This directory, to which no link leads, counts as changed if it is below `real`, or if one cannot know. `path`: by
 * which it was found, or NULL.
 */
static void change_top(struct ps_kept *kept, const char *path, const char *real)
{
	char *own = path != NULL ? realpath(path, NULL) : NULL;
	struct stat st;

	if (own == NULL || stat(own, &st) != 0 || st.st_dev != kept->shown.device || st.st_ino != kept->shown.inode ||
	    (real != NULL && is_below(own, real))) {
		ps_lock_take(&kept->tree->lock);
		if (kept->in_table)
			ps_change_below(kept);
		ps_lock_release(&kept->tree->lock);
	}
	free(own);
}

/* The tops, a reference each, and copies of their paths. Returns how many; MOST_TOPS + 1: there are more. */
static int take_tops(struct search_tree *tree, struct ps_kept **tops, char **paths, bool *memory)
{
	int count = 0;

	ps_lock_take(&tree->lock);
	for (struct ps_link *link = tree->tops.after; link != &tree->tops && count <= MOST_TOPS; link = link->after) {
		if (count < MOST_TOPS) {
			tops[count] = ps_kept_take(PS_KEPT_AT(link, top));
			paths[count] = ps_copy_string(tops[count]->path, memory);
		}
		count++;
	}
	ps_lock_release(&tree->lock);
	return count;
}

/*
 * Whatever is below the directory `real`, though no link leads there: the host may have told of one above all that was
 * searched. NULL: it is not there. False: there are too many to look at.
 */
static bool change_tops(struct search_tree *tree, const char *real, bool *memory)
{
	struct ps_kept *tops[MOST_TOPS];
	char *paths[MOST_TOPS];
	int count = take_tops(tree, tops, paths, memory);

	for (int i = 0; i < count && i < MOST_TOPS; i++) {
		if (*memory && count <= MOST_TOPS)
			change_top(tops[i], paths[i], real);
		free(paths[i]);
		ps_kept_release(tops[i]);
	}
	return *memory && count <= MOST_TOPS;
}

/*
 * Where the path leads. False: as above; or it is a file with several names, which stand anywhere; or *memory becomes
 * false.
 */
static bool change_target(struct search_tree *tree, const char *path, bool *memory)
{
	char *real = realpath(path, NULL);
	struct stat st;
	bool known;

	if (real == NULL) {
		*memory = errno != ENOMEM;
		return *memory && is_missing(path) && change_tops(tree, NULL, memory);
	}
	known = stat(real, &st) == 0 && (S_ISDIR(st.st_mode) || st.st_nlink == 1);
	if (known && S_ISDIR(st.st_mode))
		change_directory(tree, &st);
	known = known && change_tops(tree, real, memory) && change_place(tree, real);
	free(real);
	return known;
}

int ps_tree_changed(struct search_tree *tree, const char *path)
{
	bool memory = true, known = false;
	char *copy = NULL;

	ps_change_begin(tree);
	if (path != NULL) {
		copy = ps_copy_string(path, &memory);
		known = copy != NULL && change_place(tree, copy) && change_target(tree, path, &memory);
	}
	free(copy);
	if (!known)
		ps_change_all(tree);
	return memory ? SEARCH_OK : SEARCH_ENOMEM;
}
