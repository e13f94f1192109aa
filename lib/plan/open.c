/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open.c - opens an entry: relative to its directory if that is open.
 *
 * A regular file of a walk costs one system call here, since the directory has said what it is. If it has become a fifo
 * meanwhile, O_NONBLOCK keeps the thread from hanging on it. Only a source is asked what it is.
 */
#include "plan_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK };

/* Magic numbers of statfs(2). */
enum {
	MAGIC_EXT = 0xEF53,
	MAGIC_XFS = 0x58465342,
	MAGIC_TMPFS = 0x01021994,
	MAGIC_F2FS = (int)0xF2F52010
};
#define MAGIC_BTRFS 0x9123683EU

/*
 * Finds out what can be relied on. Does a read of fewer bytes than asked for mean the end of the file? It does on the
 * usual local file systems; elsewhere (/proc, FUSE, network) only a read of no bytes does.
 */
static void ask_file_system(const struct ps_plan *plan, struct ps_opened *opened)
{
	struct statfs fs;

	if (fstatfs(opened->fd, &fs) != 0)
		return;
	opened->stamps_hold = plan->options.warm != NULL && ps_warm_is_trusted_system((uint32_t)fs.f_type);
	switch ((uint32_t)fs.f_type) {
	case MAGIC_EXT:
	case MAGIC_XFS:
	case MAGIC_TMPFS:
	case (uint32_t)MAGIC_F2FS:
	case MAGIC_BTRFS:
		opened->short_read_is_end = true;
	}
}

/* ENOSYS also if a sandbox forbids the system call that notices mounts. */
static int open_target(const struct ps_target *t)
{
	struct open_how how = { .flags = (unsigned)t->flags, .resolve = RESOLVE_NO_XDEV };
	long fd;

	if (!t->same_mount)
		return openat(t->at, t->path, t->flags);
	fd = syscall(SYS_openat2, t->at, t->path, &how, sizeof(how));
	if (fd < 0 && errno == EPERM)
		errno = ENOSYS;
	return (int)fd;
}

static bool is_scarcity(int error)
{
	return error == EMFILE || error == ENFILE;
}

int ps_open_once(struct ps_plan *plan, bool head, const struct ps_target *t)
{
	int fd, error;

	PS_ASSERT(!ps_lock_is_held(&plan->lock) && !ps_lock_is_held(&plan->fd_lock));
	if (t->deep != NULL)
		return ps_reach(plan, head, t);
	if (!ps_fds_take(plan, head))
		return -EMFILE;
	do
		fd = open_target(t);
	while (fd < 0 && errno == EINTR);
	if (fd >= 0) {
		ps_fds_opened(plan);
		return fd;
	}
	error = errno;
	ps_fds_failed(plan, is_scarcity(error));
	return -error;
}

/* What to do if there is no descriptor, and no cached directory to close. */
enum scarcity { SCARCITY_WAIT, SCARCITY_LATER, SCARCITY_FAIL };

/* Opens. If descriptors are lacking, closes a cached directory, or may wait. A descriptor, -errno, or PS_FD_LATER. */
static int open_counted(struct ps_plan *plan, const struct ps_claim *claim, const struct ps_target *t,
			enum scarcity scarcity)
{
	for (;;) {
		/* seq_cst, pairs with ps_fds_close */
		struct ps_attempt attempt = { atomic_load_explicit(&plan->closed, memory_order_seq_cst),
					      ps_claim_is_head(claim) };
		int fd = ps_open_once(plan, attempt.head, t), stolen;

		if (fd >= 0 || !is_scarcity(-fd))
			return fd;
		ps_plan_lock(plan);
		stolen = ps_cache_steal(plan);
		ps_plan_unlock(plan);
		if (stolen >= 0) {
			ps_fds_close(plan, stolen);
			continue;
		}
		if (scarcity == SCARCITY_FAIL)
			return fd;
		if (scarcity == SCARCITY_LATER && (!attempt.head || ps_fds_others_work(plan, -1)))
			return PS_FD_LATER;
		switch (ps_fds_wait(plan, claim, &attempt)) {
		case PS_FDS_AGAIN:
			continue;
		case PS_FDS_HOPELESS:
			return fd;
		default:
			return PS_FD_LATER;
		}
	}
}

/* Closes the claim's own directory: its entry, or another search, needs the descriptor. */
void ps_claim_let_go(struct ps_plan *plan, struct ps_claim *claim)
{
	int fd;

	ps_plan_lock(plan);
	fd = ps_cache_let_go(plan, claim);
	ps_plan_unlock(plan);
	ps_fds_close(plan, fd);
}

/*
 * Opens an entry of a directory by target->flags. A descriptor, -errno, PS_FD_LATER, or
 * -ENOMEM and SEARCH_ENOMEM in *rc.
 */
static int open_entry(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, struct ps_target *target,
		      enum scarcity scarcity, int *rc)
{
	struct ps_text path = { 0 };
	int fd;

	if (claim->directory_fd >= 0) {
		uint32_t at;
		const struct ps_run *run = ps_entry_origin(claim, i, &at);

		target->at = claim->directory_fd;
		target->path = run->names + run->entries[at].name;
		target->deep = NULL;
		fd = open_counted(plan, claim, target, SCARCITY_FAIL);
		if (fd >= 0 || !is_scarcity(-fd))
			return fd;
		/* before the wait: threads that wait use no directory, so the last of them finds one to close */
		ps_claim_let_go(plan, claim);
	}
	*rc = ps_claim_real_path(claim, i, &path, &target->at);
	target->path = path.bytes;
	target->deep = path.length >= PATH_MAX && plan->may_reach ? claim : NULL;
	target->entry = i;
	fd = *rc == SEARCH_OK ? open_counted(plan, claim, target, scarcity) : -ENOMEM;
	ps_text_free(&path);
	return fd;
}

struct ps_file_info ps_info_of(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return (struct ps_file_info){ 0 };
	return (struct ps_file_info){
		.known = true,
		.modified_ns = (uint32_t)st->st_mtim.tv_nsec,
		.modified = st->st_mtim.tv_sec,
		.size = (uint64_t)st->st_size,
		.inode = st->st_ino,
		.device = st->st_dev,
	};
}

/* Does somebody want to know more of this entry than its text? */
static bool is_info_wanted(const struct ps_plan *plan, const struct ps_entry *entry)
{
	return (plan->options.flags & SEARCH_RESULT_FILE_INFO) != 0 || entry->marks != 0;
}

/* Without knowing what it is, it is not searched: it may be the file that the host writes to. */
static void refuse_unknown(struct ps_plan *plan, struct ps_opened *opened)
{
	int error = errno;

	ps_plan_close(plan, opened);
	opened->fd = -1;
	opened->error = error;
}

/* Closes the file if it is the one that the host writes to. */
static void refuse_output(struct ps_plan *plan, const struct stat *st, struct ps_opened *opened)
{
	const struct ps_plan_options *o = &plan->options;

	if (!o->has_output || st->st_dev != o->output_device || st->st_ino != o->output_inode)
		return;
	ps_plan_close(plan, opened);
	opened->fd = -1;
	opened->is_output = true;
}

/* Asks what a walk has opened, if somebody wants to know. */
static void look_at_opened(struct ps_plan *plan, const struct ps_entry *entry, struct ps_opened *opened)
{
	struct stat st;

	if (!plan->options.has_output && !is_info_wanted(plan, entry))
		return;
	if (fstat(opened->fd, &st) == 0) {
		opened->info = ps_info_of(&st);
		refuse_output(plan, &st, opened);
	} else if (plan->options.has_output) {
		refuse_unknown(plan, opened);
	}
}

/* Takes the result of an attempt. */
static int take_attempt(struct ps_opened *opened, int fd)
{
	opened->fd = fd >= 0 ? fd : -1;
	opened->error = fd < 0 && fd != PS_FD_LATER ? -fd : 0;
	return fd == PS_FD_LATER ? PS_LATER : PS_DONE;
}

/* Must the file system of a directory be known? Its files are read, or a warm tree may keep it. */
static bool is_system_asked(const struct ps_plan *plan, const struct ps_opened *opened)
{
	bool reads = (plan->options.flags & SEARCH_RESULT_LIST) == 0;

	return plan->options.warm != NULL || (reads && !opened->short_read_is_end);
}

/*
 * Whether a short read is the end is known for the directory's file system. It holds for an entry if that is on the
 * same one: another may be mounted in its place, or a link may lead elsewhere.
 */
static int open_walked(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, enum scarcity scarcity,
		       struct ps_opened *opened)
{
	const struct ps_entry *entry = ps_claim_entry(claim, i);
	bool directory = entry->type == PS_ENTRY_DIRECTORY;
	struct ps_target target = {
		.flags = OPEN_FLAGS | (entry->follow ? 0 : O_NOFOLLOW) | (directory ? O_DIRECTORY : 0),
		.same_mount = claim->run->short_read_is_end && !entry->follow,
	};
	int rc = SEARCH_OK, fd;

	if (directory && !entry->follow && (opened->kept = ps_kept_listing_unopened(plan, claim)) != NULL) {
		opened->directory = opened->stamps_hold = true;
		opened->short_read_is_end = opened->kept->short_read_is_end;
		return PS_DONE;
	}
	/* relaxed: a hint */
	target.same_mount &= !atomic_load_explicit(&plan->no_openat2, memory_order_relaxed);
	opened->short_read_is_end = target.same_mount;
	fd = open_entry(plan, claim, i, &target, scarcity, &rc);
	if (fd == -ENOSYS)
		atomic_store_explicit(&plan->no_openat2, true, memory_order_relaxed);
	if (target.same_mount && (fd == -EXDEV || fd == -ENOSYS)) {
		target.same_mount = opened->short_read_is_end = false;
		fd = open_entry(plan, claim, i, &target, scarcity, &rc);
	}
	opened->directory = directory;
	if (rc == SEARCH_OK)
		rc = take_attempt(opened, fd);
	opened->stamps_hold = opened->short_read_is_end && claim->run->stamps_hold;
	if (fd >= 0 && directory && !opened->stamps_hold && is_system_asked(plan, opened))
		ask_file_system(plan, opened);
	if (fd >= 0)
		look_at_opened(plan, entry, opened);
	return rc;
}

/* The path of a file beside a directory that is not open, and where it starts. SEARCH_OK or SEARCH_ENOMEM. */
static int path_beside(const struct ps_beside *b, const char *path, struct ps_text *whole, int *at)
{
	size_t length = strlen(path);

	if (ps_claim_real_path(b->claim, 0, whole, at) != SEARCH_OK ||
	    !ps_text_reserve(whole, whole->length + 1 + length))
		return SEARCH_ENOMEM;
	if (whole->length > 0)
		whole->bytes[whole->length++] = '/';
	memcpy(whole->bytes + whole->length, path, length + 1);
	return SEARCH_OK;
}

int ps_beside_overlay(const struct ps_beside *b, bool from_directory, const char *path, bool follow,
		      const struct ps_overlay **found)
{
	const struct ps_overlays *overlays = b->plan->options.overlays;
	struct ps_text whole = { 0 };
	int at = AT_FDCWD, error = 0;

	*found = NULL;
	from_directory &= path[0] != '/';
	if (from_directory && b->overlaid != PS_OVERLAY_NONE && strchr(path, '/') == NULL)
		*found = ps_overlays_named(overlays, b->overlaid, path, strlen(path));
	if (*found != NULL)
		return 0;
	if (from_directory && b->directory >= 0)
		at = b->directory;
	else if (from_directory)
		error = path_beside(b, path, &whole, &at) == SEARCH_OK ? 0 : ENOMEM;
	if (error == 0)
		error = ps_overlays_find(overlays, at, whole.bytes != NULL ? whole.bytes : path, follow, found);
	ps_text_free(&whole);
	return ps_leads_nowhere(error) ? 0 : error;
}

int ps_beside_open(struct ps_beside *b, bool from_directory, const char *path, int flags)
{
	struct ps_target target = { .at = from_directory ? b->directory : AT_FDCWD, .path = path, .flags = flags };
	enum scarcity scarcity = b->wait ? SCARCITY_WAIT : SCARCITY_LATER;
	struct ps_text whole = { 0 };
	int fd;

	if (b->directory >= 0) {
		fd = open_counted(b->plan, b->claim, &target, SCARCITY_FAIL);
		if (fd >= 0 || !is_scarcity(-fd))
			return fd;
		/* before the wait, as in open_entry */
		ps_fds_close(b->plan, b->directory);
		b->directory = -1;
	}
	if (b->claim->directory_fd >= 0)
		ps_claim_let_go(b->plan, b->claim);
	if (from_directory && path[0] != '/') {
		if (path_beside(b, path, &whole, &target.at) != SEARCH_OK) {
			ps_text_free(&whole);
			return -ENOMEM;
		}
		target.path = whole.bytes;
	}
	fd = open_counted(b->plan, b->claim, &target, scarcity);
	ps_text_free(&whole);
	return fd;
}

/* Returns an errno if a descriptor that is not ours cannot be read, which fstat does not tell; or 0. */
static int check_readable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return errno;
	return (flags & O_ACCMODE) == O_WRONLY || (flags & O_PATH) != 0 ? EBADF : 0;
}

/* Finds out what a source is. */
static int classify_source(struct ps_plan *plan, const struct ps_claim *claim, const struct search_source *source,
			   enum scarcity scarcity, struct ps_opened *opened)
{
	struct stat st;

	opened->error = fstat(opened->fd, &st) != 0 ? errno : 0;
	if (opened->error == 0 && opened->borrowed && !S_ISDIR(st.st_mode))
		opened->error = check_readable(opened->fd);
	if (opened->error != 0) {
		ps_plan_close(plan, opened);
		opened->fd = -1;
		return PS_DONE;
	}
	opened->directory = S_ISDIR(st.st_mode);
	opened->info = ps_info_of(&st);
	opened->seekable = opened->borrowed && S_ISREG(st.st_mode);
	refuse_output(plan, &st, opened);
	/* anything else (eventfd, timerfd, ...) may have nothing to read for ever, too */
	opened->stream = !opened->directory && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode);
	if (opened->directory && opened->borrowed) {
		/* open it again, for a position in the listing of our own */
		struct ps_target target = { .at = source->descriptor, .path = ".", .flags = OPEN_FLAGS | O_DIRECTORY };
		int rc = take_attempt(opened, open_counted(plan, claim, &target, scarcity));

		opened->borrowed = false;
		if (rc != PS_DONE)
			return rc;
	}
	/* a borrowed one may be in the middle of a page: see PAGE in scan/read.c */
	if (opened->fd >= 0 && !opened->borrowed && (opened->directory || S_ISREG(st.st_mode)))
		ask_file_system(plan, opened);
	return PS_DONE;
}

static int open_source(struct ps_plan *plan, const struct ps_claim *claim,
		       const struct search_source *source, enum scarcity scarcity, struct ps_opened *opened)
{
	int rc = PS_DONE;

	if (source->kind == SEARCH_SOURCE_DESCRIPTOR) {
		opened->borrowed = true;
		opened->fd = source->descriptor;
	} else {
		struct ps_target target = { .at = AT_FDCWD, .path = source->path, .flags = OPEN_FLAGS };

		rc = take_attempt(opened, open_counted(plan, claim, &target, scarcity));
	}
	return opened->fd >= 0 ? classify_source(plan, claim, source, scarcity, opened) : rc;
}

/* Opens a part by the descriptor that it shares with the others, or by its path, if that is still the same file. */
static int open_part(struct ps_plan *plan, struct ps_claim *claim, enum scarcity scarcity, struct ps_opened *opened)
{
	const struct ps_run *run = claim->run;
	struct ps_target target = { .flags = OPEN_FLAGS | (ps_claim_entry(claim, 0)->follow ? 0 : O_NOFOLLOW) };
	struct stat st;
	int rc = SEARCH_OK, fd, error;

	opened->short_read_is_end = run->parts_end_short;
	opened->info = run->info;
	if (claim->directory_fd >= 0) {
		opened->fd = claim->directory_fd;
		opened->borrowed = true;
		return PS_DONE;
	}
	fd = open_entry(plan, claim, 0, &target, scarcity, &rc);
	if (rc != SEARCH_OK)
		return rc;
	rc = take_attempt(opened, fd);
	error = fd >= 0 && fstat(fd, &st) != 0 ? errno : 0;
	if (fd < 0 || (error == 0 && st.st_dev == run->device && st.st_ino == run->inode))
		return rc;
	ps_plan_close(plan, opened);
	*opened = (struct ps_opened){ .fd = -1, .error = error != 0 ? error : ESTALE };
	return rc;
}

/* --- what is not opened --- */

static int by_name(const void *key, const void *element)
{
	uint32_t name = *(const uint32_t *)key, other = ((const struct ps_overlaid *)element)->name;

	return name < other ? -1 : name > other;
}

/* What is noted of an entry that was listed, or NULL. */
static const struct ps_overlaid *overlaid_of(const struct ps_claim *claim, uint32_t i)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);

	return run->overlaid == NULL ? NULL : bsearch(&run->entries[at].name, run->overlaid, run->overlaid_count,
						      sizeof(*run->overlaid), by_name);
}

const struct ps_overlay *ps_claim_overlay(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);
	const struct ps_overlaid *overlaid = overlaid_of(claim, i);

	if (run->sources != NULL && run->sources[at].kind == SEARCH_SOURCE_PATH)
		return run->sources[at].data;
	return overlaid != NULL && overlaid->error == 0 ? &plan->options.overlays->all[overlaid->overlay] : NULL;
}

bool ps_claim_memory(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i, const void **data,
		     size_t *size)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);
	const struct ps_overlay *overlay;

	if (run->sources != NULL) {
		*data = run->sources[at].data;
		*size = run->sources[at].size;
		return run->sources[at].kind == SEARCH_SOURCE_MEMORY;
	}
	overlay = ps_claim_overlay(plan, claim, i);
	if (overlay == NULL || overlay->kind != PS_OVERLAY_TEXT)
		return false;
	*data = overlay->data;
	*size = overlay->size;
	return true;
}

/*
 * A source may be the path of a file that has an overlay: then it becomes that text; or of a directory that was not on
 * disk: then its `data` is that overlay. If that cannot be found out, or could not for a link that was listed, that is
 * the error. SEARCH_OK or SEARCH_ENOMEM.
 */
static int meet_overlay(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i, struct ps_opened *opened)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);
	bool is_source = ps_claim_entry(claim, i)->type == PS_ENTRY_SOURCE;
	struct search_source *source = is_source ? &run->sources[at] : NULL;
	const struct ps_overlaid *noted = overlaid_of(claim, i);
	const struct ps_overlay *overlay;
	int error;

	if (noted != NULL)
		opened->error = noted->error;
	if (source == NULL || source->kind != SEARCH_SOURCE_PATH)
		return SEARCH_OK;
	error = ps_overlays_find(plan->options.overlays, AT_FDCWD, source->path, true, &overlay);
	if (error == ENOMEM)
		return SEARCH_ENOMEM;
	if (!ps_leads_nowhere(error))
		opened->error = error;
	if (overlay == NULL)
		return SEARCH_OK;
	switch (overlay->kind) {
	case PS_OVERLAY_TEXT:
		source->kind = SEARCH_SOURCE_MEMORY;
		source->data = overlay->data;
		source->size = overlay->size;
		break;
	case PS_OVERLAY_REMOVED:
		opened->error = ENOENT;
		break;
	case PS_OVERLAY_DIRECTORY:
		source->data = overlay;
	}
	return SEARCH_OK;
}

/* Is there nothing to open? A removed file is found only through a link, which now leads nowhere, or as a source. */
static bool is_settled(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i, struct ps_opened *opened,
		       int *rc)
{
	const struct ps_overlay *overlay = NULL;
	const void *data;
	size_t size;

	*opened = (struct ps_opened){ .fd = -1 };
	*rc = SEARCH_OK;
	if (plan->options.overlays != NULL) {
		*rc = meet_overlay(plan, claim, i, opened);
		overlay = ps_claim_overlay(plan, claim, i);
	}
	if (overlay != NULL && overlay->kind == PS_OVERLAY_REMOVED)
		opened->error = ENOENT;
	if (*rc != SEARCH_OK || opened->error != 0)
		return true;
	if (!ps_claim_memory(plan, claim, i, &data, &size))
		return false;
	opened->info = (struct ps_file_info){ .known = true, .size = size };
	return true;
}

/* Opens a file or directory, or a source that is not memory. */
static int open_any(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, enum scarcity scarcity,
		    struct ps_opened *opened)
{
	if (ps_claim_is_part(claim))
		return open_part(plan, claim, scarcity, opened);
	if (ps_claim_entry(claim, i)->type == PS_ENTRY_SOURCE)
		return open_source(plan, claim, ps_claim_source(claim, i), scarcity, opened);
	return open_walked(plan, claim, i, scarcity, opened);
}

int ps_claim_open(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, bool wait,
		  struct ps_opened *opened)
{
	int rc;

	if (is_settled(plan, claim, i, opened, &rc))
		return rc;
	rc = open_any(plan, claim, i, wait ? SCARCITY_WAIT : SCARCITY_LATER, opened);
	if (rc == PS_DONE && opened->error == ENOENT && ps_claim_overlay(plan, claim, i) != NULL) {
		/* a directory that was not on disk, and still is not: only what it has of overlays is listed */
		opened->error = 0;
		opened->directory = true;
	}
	return rc;
}

/* Checks whether an entry that is not given by a descriptor exists. SEARCH_OK or SEARCH_ENOMEM. */
static int look_at_entry(const struct ps_claim *claim, uint32_t i, struct ps_opened *opened)
{
	const struct ps_entry *entry = ps_claim_entry(claim, i);
	bool open = claim->directory_fd >= 0;
	struct ps_text path = { 0 };
	struct stat st;
	int at, rc = ps_claim_real_path(claim, i, &path, &at);
	const char *name = open ? claim->run->names + entry->name : path.bytes;

	if (rc == SEARCH_OK && fstatat(open ? claim->directory_fd : at, name, &st, 0) != 0) {
		opened->error = errno;
	} else if (rc == SEARCH_OK) {
		/* other claims have no run for a directory */
		opened->directory = entry->type == PS_ENTRY_SOURCE && S_ISDIR(st.st_mode);
		opened->info = ps_info_of(&st);
	}
	ps_text_free(&path);
	return rc;
}

int ps_claim_look(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, bool wait,
		  struct ps_opened *opened)
{
	bool is_source = ps_claim_type(claim, i) == PS_ENTRY_SOURCE;
	int rc;

	if (is_settled(plan, claim, i, opened, &rc))
		return rc;
	opened->directory = ps_claim_type(claim, i) == PS_ENTRY_DIRECTORY || ps_claim_overlay(plan, claim, i) != NULL;
	if (!opened->directory && !(is_source && ps_claim_source(claim, i)->kind == SEARCH_SOURCE_DESCRIPTOR)) {
		rc = look_at_entry(claim, i, opened);
		if (rc != PS_DONE || !opened->directory)
			return rc;
	}
	return ps_claim_open(plan, claim, i, wait, opened);
}

void ps_plan_close(struct ps_plan *plan, const struct ps_opened *opened)
{
	if (!opened->borrowed)
		ps_fds_close(plan, opened->fd);
}
