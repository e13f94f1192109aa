/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * learn_idle.c - search_tree_learn(): reads files of which there is no signature, when the host is idle.
 *
 * Directories with such files are in a list. A call takes one after the other, and goes through its files. What cannot
 * be read is left out until something changes in the directory. If a file can be learnt only later, as it is too young, or
 * takes longer than such a call, its directory goes into a second list. A call that finds the first list empty goes
 * through the second one once. So a host that calls until nothing is left comes to an end, and one that calls again a
 * while later learns the rest.
 *
 * If a whole call was too short for a file, that is noted, with the call's length. Only a call of twice that length tries
 * the file again. Otherwise each call would begin with it, and never end it.
 */
#include "warm_internal.h"

#include "../base/clock.h"
#include "../base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One call. */
struct idle {
	struct search_tree *tree;
	struct ps_watch watch;
	uint64_t deadline;     /* on ps_time()'s clock */
	uint32_t milliseconds;
	uint32_t cancels;      /* when it began */
	bool progress;         /* it has learnt a file */
};

static bool is_canceled(const struct idle *idle)
{
	return atomic_load_explicit(&idle->tree->cancels, memory_order_relaxed) != idle->cancels;
}

static bool is_over(const void *context)
{
	const struct idle *idle = context;

	return is_canceled(idle) || ps_time() >= idle->deadline;
}

/* What became of a file, or of a directory. */
enum outcome { DONE, LATER, STOPPED, NO_MEMORY };

/* --- one file --- */

/* Notes that the call is too short for this file. */
static void note_slow(struct idle *idle, struct ps_kept *kept, uint32_t at, const struct stat *st)
{
	const struct ps_warm_file file = {
		.stamp = ps_warm_stamp_of(st), .flags = PS_FILE_SLOW, .tried = idle->milliseconds, .use = 1,
	};

	ps_file_install(kept, at, &file);
}

static enum outcome learn_file(struct idle *idle, struct ps_kept *kept, uint32_t at, int fd)
{
	enum ps_text_state state;
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_dev != kept->shown.device)
		return DONE;
	if (ps_file_learn(kept, at, fd, &st, &idle->watch, &state) != SEARCH_OK)
		return NO_MEMORY;
	if (state == PS_TEXT_STOPPED) {
		if (!idle->progress && !is_canceled(idle))
			note_slow(idle, kept, at, &st);
		return STOPPED;
	}
	idle->progress = true;
	return state == PS_TEXT_CHANGING ? LATER : DONE;
}

/* Is there something to learn of the entry? *later: not in this call. */
static bool is_wanted(const struct idle *idle, struct ps_kept *kept, uint32_t at, bool *later)
{
	const struct ps_warm_file *file;
	bool wanted = false;

	if (kept->shown.entries[at].type != DT_REG)
		return false;
	ps_files_lock(kept);
	file = kept->slots[at].file;
	if (file == NULL || (file->signature == NULL && (file->flags & PS_FILE_UNFIT) == 0)) {
		wanted = file == NULL || (file->flags & PS_FILE_SLOW) == 0 || idle->milliseconds / 2 >= file->tried;
		*later |= !wanted;
	}
	ps_files_unlock(kept);
	return wanted;
}

static enum outcome open_and_learn(struct idle *idle, struct ps_kept *kept, int directory, uint32_t at)
{
	const char *name = kept->shown.names + kept->shown.entries[at].name;
	int fd = ps_open_at(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	enum outcome outcome;

	if (fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? LATER : DONE;
	outcome = learn_file(idle, kept, at, fd);
	close(fd);
	return outcome;
}

/* --- one directory --- */

/* A copy of its path, or NULL. */
static char *copy_path(struct ps_kept *kept, bool *memory)
{
	char *path;

	ps_lock_take(&kept->tree->lock);
	path = ps_copy_string(kept->path, memory);
	ps_lock_release(&kept->tree->lock);
	return path;
}

/* Opens it, if it is still there. -1: it is not, or *outcome says more. */
static int open_directory(struct ps_kept *kept, enum outcome *outcome)
{
	bool memory = true;
	char *path = copy_path(kept, &memory);
	int fd = path != NULL ? ps_open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC) : -1;
	struct stat st;

	*outcome = !memory ? NO_MEMORY : fd < 0 && (errno == EMFILE || errno == ENFILE) ? LATER : DONE;
	free(path);
	if (fd >= 0 && (fstat(fd, &st) != 0 || st.st_dev != kept->shown.device || st.st_ino != kept->shown.inode)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static enum outcome learn_directory(struct idle *idle, struct ps_kept *kept)
{
	enum outcome outcome = DONE, all = DONE;
	bool later = false;
	int fd = -1;

	for (uint32_t i = 0; outcome != STOPPED && outcome != NO_MEMORY && i < kept->shown.count; i++) {
		if (!is_wanted(idle, kept, i, &later))
			continue;
		if (fd < 0 && (fd = open_directory(kept, &all)) < 0)
			break;
		outcome = is_over(idle) ? STOPPED : open_and_learn(idle, kept, fd, i);
		all = outcome != DONE ? outcome : all;
	}
	if (fd >= 0)
		close(fd);
	return later && all == DONE ? LATER : all;
}

/* --- all --- */

/* The next directory with something to learn, which is then in no list; a reference. NULL: there is none. */
static struct ps_kept *next_directory(struct search_tree *tree)
{
	struct ps_kept *kept = NULL;

	ps_lock_take(&tree->lock);
	if (tree->to_learn.after != &tree->to_learn) {
		kept = ps_kept_take(PS_KEPT_AT(tree->to_learn.after, learn_link));
		ps_kept_to_learn(kept, PS_LEARN_NOTHING);
	}
	ps_lock_release(&tree->lock);
	return kept;
}

/* Puts a directory back into a list, if something is left. */
static void give_back(struct ps_kept *kept, enum outcome outcome)
{
	struct search_tree *tree = kept->tree;

	ps_lock_take(&tree->lock);
	if (kept->in_table && outcome != DONE && kept->to_learn == PS_LEARN_NOTHING)
		ps_kept_to_learn(kept, outcome == LATER ? PS_LEARN_LATER : PS_LEARN_NOW);
	ps_lock_release(&tree->lock);
	ps_kept_release(kept);
}

/* If nothing else is to be done: what was put off. */
static void try_later_ones(struct search_tree *tree)
{
	ps_lock_take(&tree->lock);
	if (tree->to_learn.after == &tree->to_learn) {
		while (tree->to_learn_later.after != &tree->to_learn_later)
			ps_kept_to_learn(PS_KEPT_AT(tree->to_learn_later.after, learn_link), PS_LEARN_NOW);
	}
	ps_lock_release(&tree->lock);
}

static bool is_more(struct search_tree *tree)
{
	bool more;

	ps_lock_take(&tree->lock);
	more = tree->to_learn.after != &tree->to_learn;
	ps_lock_release(&tree->lock);
	return more;
}

int ps_tree_learn(struct search_tree *tree, uint32_t milliseconds)
{
	struct idle idle = {
		.tree = tree,
		.deadline = ps_time() + milliseconds * UINT64_C(1000000),
		.milliseconds = milliseconds,
		.cancels = atomic_load_explicit(&tree->cancels, memory_order_relaxed),
	};
	enum outcome outcome = DONE;
	struct ps_kept *kept;

	idle.watch = (struct ps_watch){ .over = is_over, .context = &idle };
	try_later_ones(tree);
	while (outcome != NO_MEMORY && !is_over(&idle) && (kept = next_directory(tree)) != NULL) {
		outcome = learn_directory(&idle, kept);
		give_back(kept, outcome);
	}
	if (outcome == NO_MEMORY)
		return SEARCH_ENOMEM;
	if (is_canceled(&idle))
		return SEARCH_ECANCELED;
	return is_more(tree) ? 1 : SEARCH_OK;
}

void ps_tree_cancel(struct search_tree *tree)
{
	atomic_fetch_add_explicit(&tree->cancels, 1, memory_order_relaxed);
}
