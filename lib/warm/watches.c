/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watches.c - SEARCH_TREE_WATCHED: the system tells what changes in directories, by inotify(7).
 *
 * Events wait in the kernel until a search begins: it reads them all, and obeys them, before it uses anything. So no
 * thread is needed. If two searches begin at once, the second one waits until the first has obeyed what it read.
 *
 *   V1  A directory is watched before the system is asked whether it, or a file in it, is as it was (K6). What happened
 *       until then shows in the stamp, and what happens later is an event.
 *   V2  The kernel gives an inode one watch, however often it is asked. So a thread may remove the watch that another
 *       has just added. Removals are counted: the other notices, and adds it again.
 *   V3  A directory that is not watched any more loses its marks. If events were lost, all do.
 *
 * An event tells the name in the directory, not the file. So a file with several names is never verified: it may be
 * written through one in a directory that is not watched. When a name is created, or comes from elsewhere, we look
 * whether it is one more of an old file; then all marks are void, as we do not know of which.
 *
 *   V4  A directory that is watched from now on may have got such a name before. So all marks become void with it.
 *
 * A further name in a directory that is never searched, or for which there is no watch, goes unnoticed.
 */
#include "warm_internal.h"

#include "../base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define NAMES_CHANGE ((uint32_t)IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define WHAT_IS_WATCHED (NAMES_CHANGE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

enum {
	EVENTS = 16 * 1024,   /* bytes that are read at once */
	TRIES = 8,            /* to add a watch */
	MOST_CREATED = 4096   /* names that are looked at when a search begins; with more, all marks are void */
};

/* --- the limit --- */

/* Half of what a user may watch. */
static uint32_t default_most(void)
{
	int fd = ps_open_at(AT_FDCWD, "/proc/sys/fs/inotify/max_user_watches", O_RDONLY | O_CLOEXEC);
	char text[24];
	ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	uint64_t most = 0;

	if (fd >= 0)
		close(fd);
	if (got <= 0)
		return 8192 / 2; /* what old kernels allow */
	for (ssize_t i = 0; i < got && text[i] >= '0' && text[i] <= '9' && most < UINT32_MAX; i++)
		most = most * 10 + (uint64_t)(text[i] - '0');
	return (uint32_t)ps_min64(most / 2, UINT32_MAX / 4);
}

int ps_watches_init(struct search_tree *tree)
{
	struct ps_watches *w = &tree->watches;

	w->fd = -1;
	if (tree->options.trust != SEARCH_TREE_WATCHED)
		return 0;
	w->most = tree->options.max_watches > 0 ? (uint32_t)ps_min64(tree->options.max_watches, UINT32_MAX / 4)
						: default_most();
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return w->fd >= 0 ? 0 : errno;
}

void ps_watches_close(struct search_tree *tree)
{
	if (tree->watches.fd >= 0)
		close(tree->watches.fd);
	tree->watches.fd = -1;
}

void ps_watches_free(struct search_tree *tree)
{
	struct ps_watches *w = &tree->watches;

	PS_ASSERT(w->table.count == 0);
	ps_chains_free(&w->table, &tree->memory);
}

bool ps_watches_left(const struct search_tree *tree)
{
	const struct ps_watches *w = &tree->watches;

	return (uint64_t)w->table.count + w->adding < w->most && !w->exhausted;
}

/* --- the table; [T] --- */

static struct ps_kept *find_watched(const struct ps_watches *w, int watch)
{
	struct ps_chain_node *node = ps_chains_find(&w->table, (uint32_t)watch);

	return node != NULL ? PS_KEPT_AT(node, in_watched) : NULL;
}

/* --- a directory is watched, and no longer --- */

/* [T] and [F] */
static void forget_watch(struct ps_kept *kept)
{
	ps_chains_remove(&kept->tree->watches.table, &kept->in_watched);
	kept->watch = -1;
	kept->trusted = false;
	ps_files_unverify(kept);
}

void ps_watch_move(struct ps_kept *to, struct ps_kept *from)
{
	if (from->watch < 0)
		return;
	ps_chains_remove(&from->tree->watches.table, &from->in_watched);
	to->watch = from->watch;
	to->watched_since = from->watched_since;
	from->watch = -1;
	ps_chains_add(&to->tree->watches.table, &to->in_watched, (uint32_t)to->watch);
}

void ps_watch_end(struct ps_kept *kept)
{
	struct ps_watches *w = &kept->tree->watches;
	int watch = kept->watch;

	if (watch < 0)
		return;
	forget_watch(kept);
	w->removed++;
	w->exhausted = false;
	if (w->fd >= 0)
		inotify_rm_watch(w->fd, watch); /* waits for nothing but calls of its own kind */
}

/* A watch that no directory has is not counted, and nobody would obey its events. [T] */
static void drop_watch(struct ps_watches *w, int watch)
{
	if (find_watched(w, watch) != NULL)
		return;
	w->removed++;
	inotify_rm_watch(w->fd, watch); /* fails if it is gone already */
}

/* Notes the watch. False: it may be void, see V2. */
static bool note_watch(struct ps_kept *kept, int watch, uint32_t *removed)
{
	struct ps_watches *w = &kept->tree->watches;
	bool valid;

	ps_lock_take(&kept->tree->lock);
	valid = w->removed == *removed;
	*removed = w->removed;
	if (valid && kept->in_table && kept->watch < 0 && find_watched(w, watch) == NULL &&
	    ps_chains_make_room(&w->table, &kept->tree->memory)) {
		uint64_t before = atomic_fetch_add_explicit(&kept->tree->token, 1, memory_order_release);

		ps_files_lock(kept);
		kept->watch = watch;
		kept->watched_since = (uint32_t)before + 1;
		ps_files_unlock(kept);
		ps_chains_add(&w->table, &kept->in_watched, (uint32_t)watch);
		ps_change_all(kept->tree); /* V4 */
	} else if (valid) {
		drop_watch(w, watch);
	}
	ps_lock_release(&kept->tree->lock);
	return valid;
}

/* Adds a watch by the descriptor's path. False: there is none left; or /proc is not there, and no other try helps. */
static bool add_watch(struct ps_kept *kept, int fd, uint32_t removed)
{
	struct search_tree *tree = kept->tree;
	char path[40];
	int watch;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (int i = 0; i < TRIES; i++) {
		watch = inotify_add_watch(tree->watches.fd, path, WHAT_IS_WATCHED);

		if (watch < 0) {
			ps_lock_take(&tree->lock);
			tree->watches.exhausted = true;
			ps_lock_release(&tree->lock);
			return false;
		}
		if (note_watch(kept, watch, &removed))
			return true;
	}
	ps_lock_take(&tree->lock);
	drop_watch(&tree->watches, watch);
	ps_lock_release(&tree->lock);
	return false;
}

void ps_warm_watch(const struct ps_warm_view *view, struct ps_warm_directory *directory, int fd)
{
	struct ps_kept *kept = ps_kept_of(directory);
	struct search_tree *tree = kept->tree;
	uint32_t removed;
	uint64_t token;
	struct stat st;
	bool wanted, added;

	(void)view;
	if (tree->watches.fd < 0 || fd < 0)
		return;
	ps_lock_take(&tree->lock);
	wanted = kept->in_table && kept->watch < 0 && ps_watches_left(tree);
	removed = tree->watches.removed;
	tree->watches.adding += wanted;
	ps_lock_release(&tree->lock);
	if (!wanted)
		return;
	added = add_watch(kept, fd, removed);
	ps_lock_take(&tree->lock);
	tree->watches.adding--;
	ps_lock_release(&tree->lock);
	if (!added)
		return;
	token = ps_warm_token(tree);
	if (fstat(fd, &st) == 0)
		ps_kept_compare(kept, &st, token);
}

/* --- events --- */

/* Names that have come into directories, to be looked at when no lock is held. */
struct created {
	struct ps_text names; /* a struct created_name and its path for each, with a NUL */
	uint32_t count;
	bool all;             /* there are too many, or no memory */
};

/* Where a name was created: the path may lead elsewhere by now. */
struct created_name {
	dev_t device;
	ino_t inode;
	size_t directory_length; /* of the path */
};

static void note_created(struct created *created, const struct ps_kept *kept, const char *name)
{
	struct created_name head = { kept->shown.device, kept->shown.inode, 0 };
	const char *path = kept->path;
	struct ps_text *to = &created->names;

	if (created->all)
		return;
	created->all = path == NULL || ++created->count > MOST_CREATED;
	if (created->all)
		return;
	head.directory_length = strlen(path);
	created->all = !ps_text_add(to, &head, sizeof(head)) || !ps_text_add_string(to, path) ||
		       !ps_text_add(to, "/", 1) || !ps_text_add(to, name, strlen(name) + 1);
}

/*
 * Is it a further name of an old file, or is that unknown? One that is gone is of no interest any more. *path is written
 * to.
 */
static bool may_be_link(const struct created_name *head, char *path)
{
	struct stat st;

	path[head->directory_length] = '\0';
	if (stat(path, &st) != 0 || st.st_dev != head->device || st.st_ino != head->inode)
		return true;
	path[head->directory_length] = '/';
	return lstat(path, &st) == 0 ? S_ISREG(st.st_mode) && st.st_nlink > 1 : errno != ENOENT;
}

static bool has_links(const struct created *created)
{
	struct created_name head;
	char *path;

	for (size_t at = 0; at < created->names.length; at += sizeof(head) + strlen(path) + 1) {
		memcpy(&head, created->names.bytes + at, sizeof(head));
		path = created->names.bytes + at + sizeof(head);
		if (may_be_link(&head, path))
			return true;
	}
	return false;
}

/* An event with a name: of something in a directory. [T] */
static void obey_name(struct ps_kept *kept, const struct inotify_event *event, struct created *created)
{
	uint32_t at = ps_kept_index(kept, event->name);
	bool is_directory = at != UINT32_MAX && kept->shown.entries[at].type == DT_DIR;

	if ((event->mask & NAMES_CHANGE) != 0)
		ps_change_listing(kept);
	if (is_directory && kept->slots[at].below != NULL)
		ps_change_below(kept->slots[at].below); /* its rights may have changed, or it is another one */
	else if (at != UINT32_MAX)
		ps_change_file(kept, at);
	if ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0 && (event->mask & IN_ISDIR) == 0)
		note_created(created, kept, event->name);
}

static void obey_event(struct search_tree *tree, const struct inotify_event *event, struct created *created)
{
	struct ps_kept *kept = find_watched(&tree->watches, event->wd);

	if ((event->mask & IN_Q_OVERFLOW) != 0) {
		ps_count(&tree->watches.overflows, 1);
		ps_change_all(tree);
	} else if (kept != NULL && (event->mask & (IN_IGNORED | IN_UNMOUNT)) != 0) {
		ps_files_lock(kept);
		forget_watch(kept);
		ps_files_unlock(kept);
	} else if (kept != NULL && event->len > 0) {
		obey_name(kept, event, created);
	} else if (kept != NULL) { /* its rights, or its place: what is below may be out of reach */
		ps_change_below(kept);
	}
}

static void obey_events(struct search_tree *tree, const char *events, size_t length, struct created *created)
{
	struct inotify_event event;
	const struct inotify_event *e;

	ps_change_begin(tree);
	ps_lock_take(&tree->lock);
	for (size_t at = 0; at + sizeof(event) <= length; at += sizeof(event) + e->len) {
		e = (const void *)(events + at);
		obey_event(tree, e, created);
	}
	ps_lock_release(&tree->lock);
}

void ps_watches_drain(struct search_tree *tree)
{
	_Alignas(struct inotify_event) char events[EVENTS];
	struct created created = { 0 };
	ssize_t got;

	if (tree->watches.fd < 0)
		return;
	ps_lock_take(&tree->watches.drain);
	do {
		got = read(tree->watches.fd, events, sizeof(events));
		if (got > 0)
			obey_events(tree, events, (size_t)got, &created);
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0 && errno != EAGAIN)
		ps_change_all(tree);
	if (created.all || has_links(&created))
		ps_change_all(tree);
	ps_lock_release(&tree->watches.drain);
	ps_text_free(&created.names);
}
