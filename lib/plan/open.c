/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open.c - opens an entry: relative to its directory where that is open.
 *
 * A regular file of a walk costs one system call here: what it is, the
 * directory has said. O_NONBLOCK keeps a file that has become a fifo since
 * from holding a thread for ever. Only sources are asked what they are.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
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
 * Does a read of fewer bytes than asked for mean the end here? So it is on the
 * usual local file systems; elsewhere (/proc, FUSE, network) another read asks.
 */
static bool short_read_is_end(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return false;
	switch ((uint32_t)fs.f_type) {
	case MAGIC_EXT:
	case MAGIC_XFS:
	case MAGIC_TMPFS:
	case (uint32_t)MAGIC_F2FS:
	case MAGIC_BTRFS:
		return true;
	default:
		return false;
	}
}

/* One attempt. A descriptor, or -errno; -EMFILE also where the last one is the head's. */
static int try_open(struct ps_plan *plan, bool head, int at, const char *path, int flags)
{
	int fd, error;

	if (!ps_fds_take(plan, head))
		return -EMFILE;
	do
		fd = openat(at, path, flags);
	while (fd < 0 && errno == EINTR);
	if (fd >= 0) {
		ps_fds_opened(plan);
		return fd;
	}
	error = errno == ENFILE ? EMFILE : errno;
	ps_fds_failed(plan, error == EMFILE);
	return -error;
}

/*
 * Opens, and answers a lack of descriptors: lets a cached directory go, or may
 * wait for another thread. A descriptor, or -errno.
 */
static int open_counted(struct ps_plan *plan, const struct ps_claim *claim, int at, const char *path,
			int flags, bool may_wait)
{
	for (;;) {
		struct ps_attempt attempt = { atomic_load(&plan->closed), ps_claim_is_head(claim) };
		int fd = try_open(plan, attempt.head, at, path, flags), stolen;

		if (fd != -EMFILE)
			return fd;
		pthread_mutex_lock(&plan->lock);
		stolen = ps_cache_steal(plan);
		pthread_mutex_unlock(&plan->lock);
		if (stolen >= 0)
			ps_fds_close(plan, stolen);
		else if (!may_wait || !ps_fds_wait(plan, claim, &attempt))
			return -EMFILE;
	}
}

/* The claim's own directory takes the descriptor that its entry needs. */
static void let_directory_go(struct ps_plan *plan, struct ps_claim *claim)
{
	int fd;

	pthread_mutex_lock(&plan->lock);
	fd = ps_cache_unuse(plan, claim->run, claim);
	if (fd < 0)
		fd = ps_cache_drop(plan, claim->run);
	pthread_mutex_unlock(&plan->lock);
	ps_fds_close(plan, fd);
}

/* Opens an entry of a directory. A descriptor, -errno, or SEARCH_ENOMEM in *rc. */
static int open_entry(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, int *rc)
{
	const struct ps_entry *entry = ps_claim_entry(claim, i);
	int flags = OPEN_FLAGS | (entry->follow ? 0 : O_NOFOLLOW) |
		    (entry->type == PS_ENTRY_DIRECTORY ? O_DIRECTORY : 0);
	struct ps_path path = { 0 };
	int base_fd, fd;

	if (claim->directory_fd >= 0) {
		fd = open_counted(plan, claim, claim->directory_fd, claim->run->names + entry->name, flags,
				  false);
		if (fd != -EMFILE)
			return fd;
		/* before the wait: who waits uses no directory, so the last of them finds one to let go */
		let_directory_go(plan, claim);
	}
	*rc = ps_claim_real_path(claim, i, &path, &base_fd);
	fd = *rc == SEARCH_OK ? open_counted(plan, claim, base_fd, path.bytes, flags, true) : -ENOMEM;
	ps_path_free(&path);
	return fd;
}

static void open_walked(struct ps_plan *plan, struct ps_claim *claim, uint32_t i,
			struct ps_opened *opened, int *rc)
{
	int fd = open_entry(plan, claim, i, rc);

	opened->directory = ps_claim_entry(claim, i)->type == PS_ENTRY_DIRECTORY;
	opened->short_read_is_end = claim->run->short_read_is_end;
	opened->fd = fd >= 0 ? fd : -1;
	opened->error = fd < 0 ? -fd : 0;
	if (fd >= 0 && opened->directory)
		opened->short_read_is_end = short_read_is_end(fd);
}

/* Finds out what a source is. */
static void classify(struct ps_plan *plan, const struct ps_claim *claim,
		     const struct search_source *source, struct ps_opened *opened)
{
	struct stat st;

	if (fstat(opened->fd, &st) != 0) {
		opened->error = errno;
		ps_plan_close(plan, opened);
		opened->fd = -1;
		return;
	}
	opened->directory = S_ISDIR(st.st_mode);
	/* whatever else there is (eventfd, timerfd, ...) may have nothing to read for ever, too */
	opened->stream = !opened->directory && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode);
	if (opened->directory && opened->borrowed) {
		/* with a position of our own in the listing */
		int fd = open_counted(plan, claim, source->descriptor, ".", OPEN_FLAGS | O_DIRECTORY,
				      true);

		opened->borrowed = false;
		opened->fd = fd >= 0 ? fd : -1;
		opened->error = fd < 0 ? -fd : 0;
	}
	/* a borrowed one is read from somewhere: see PAGE in scan/read.c */
	if (opened->fd >= 0 && !opened->borrowed && (opened->directory || S_ISREG(st.st_mode)))
		opened->short_read_is_end = short_read_is_end(opened->fd);
}

static void open_source(struct ps_plan *plan, const struct ps_claim *claim,
			const struct search_source *source, struct ps_opened *opened)
{
	if (source->kind == SEARCH_MEMORY)
		return;
	if (source->kind == SEARCH_DESCRIPTOR) {
		opened->borrowed = true;
		opened->fd = source->descriptor;
	} else {
		int fd = open_counted(plan, claim, AT_FDCWD, source->path, OPEN_FLAGS, true);

		opened->fd = fd >= 0 ? fd : -1;
		opened->error = fd < 0 ? -fd : 0;
	}
	if (opened->fd >= 0)
		classify(plan, claim, source, opened);
}

int ps_claim_open(struct ps_plan *plan, struct ps_claim *claim, uint32_t i,
		  struct ps_opened *opened)
{
	int rc = SEARCH_OK;

	*opened = (struct ps_opened){ .fd = -1 };
	if (ps_claim_entry(claim, i)->type == PS_ENTRY_SOURCE)
		open_source(plan, claim, ps_claim_source(claim, i), opened);
	else
		open_walked(plan, claim, i, opened, &rc);
	return rc;
}

void ps_plan_close(struct ps_plan *plan, const struct ps_opened *opened)
{
	if (!opened->borrowed)
		ps_fds_close(plan, opened->fd);
}
