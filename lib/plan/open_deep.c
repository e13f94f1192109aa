/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open_deep.c - opens an entry that lies too deep for its path: the system takes no path of PATH_MAX bytes or more.
 *
 * The way there is made of steps, each from the directory that the last one led to. Many directories at its end stay in
 * the cache: after a deep directory the rest of those above it are needed, one after the other, and a way from the top
 * to each of them would take time quadratic in the tree's depth.
 *
 * What is opened at the end has its thread's own descriptor, as always. The directory reached so far uses one
 * that is set aside for the way (struct ps_plan, may_reach), so only one thread at a time is on its way.
 */
#include "plan_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

enum { KEPT = 96 }; /* fewer if the cache is smaller: it drops the highest of them first */

struct way {
	struct ps_plan *plan;
	bool head;          /* its thread's claim is the head */
	int at;             /* the directory that it has come to */
	bool own;           /* opened on the way */
	struct ps_run *run; /* whose directory it is, or NULL */
};

/* Done with the directory that the way has come to: puts it into the cache if it will be needed, else closes it. */
static void leave_directory(const struct way *w)
{
	int fd = w->at;

	if (!w->own)
		return;
	ps_plan_lock(w->plan);
	if (w->run != NULL && w->run->fd < 0)
		fd = ps_cache_add(w->plan, w->run, fd);
	ps_plan_unlock(w->plan);
	ps_fds_close(w->plan, fd);
}

/* Makes a step. 0 or -errno. */
static int step_to(struct way *w, const char *path, struct ps_run *run)
{
	struct ps_target target = { .at = w->at, .path = path, .flags = O_PATH | O_DIRECTORY | O_CLOEXEC };
	int fd = ps_open_once(w->plan, w->head, &target);

	if (fd < 0)
		return fd;
	leave_directory(w);
	w->at = fd;
	w->own = true;
	w->run = run;
	return 0;
}

/* Makes steps of as many names as the system takes. 0 or -errno. */
static int step_far(struct way *w, char *path, struct ps_run *run)
{
	size_t left = strlen(path);
	int rc = 0;

	while (rc == 0 && left >= PATH_MAX) {
		char *slash = memrchr(path + 1, '/', PATH_MAX - 1);

		if (slash == NULL)
			return -ENAMETOOLONG;
		*slash = '\0';
		rc = step_to(w, path, NULL);
		left -= (size_t)(slash + 1 - path);
		path = slash + 1;
	}
	return rc == 0 && left > 0 ? step_to(w, path, run) : rc;
}

static const char *directory_name(const struct ps_run *run)
{
	const struct ps_run *above = run->parent->run;

	return above->names + above->entries[run->parent->first].name;
}

static void lock_way(struct ps_plan *plan)
{
	PS_ASSERT(!ps_lock_is_held(&plan->lock) && !ps_lock_is_held(&plan->fd_lock));
	ps_lock_take(&plan->way);
}

int ps_reach(struct ps_plan *plan, bool head, const struct ps_target *target)
{
	struct way way = { .plan = plan, .head = head };
	struct ps_target last = *target;
	struct ps_text path = { 0 };
	struct ps_run *chain[KEPT];
	uint32_t entry;
	size_t n = 1;
	int rc;

	chain[0] = ps_entry_origin(target->deep, target->entry, &entry);
	for (; n < KEPT && chain[n - 1]->depth > 1; n++)
		chain[n] = chain[n - 1]->parent->run;
	if (ps_run_real_path(chain[n - 1]->parent->run, chain[n - 1]->parent->first, &path, &way.at) != SEARCH_OK)
		return -ENOMEM;
	lock_way(plan);
	rc = step_far(&way, path.bytes, chain[n - 1]);
	for (size_t i = n - 1; rc == 0 && i-- > 0;)
		rc = step_to(&way, directory_name(chain[i]), chain[i]);
	if (rc == 0) {
		last.deep = NULL;
		last.at = way.at;
		last.path = chain[0]->names + chain[0]->entries[entry].name;
		rc = ps_open_once(plan, head, &last);
	}
	leave_directory(&way);
	ps_lock_release(&plan->way);
	ps_text_free(&path);
	return rc;
}
