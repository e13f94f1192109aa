/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fd_cache.c - listed directories that are kept open for their entries, and files that are kept open for their parts.
 *
 * An entry is opened relative to its directory as long as that is open: the kernel then looks up one name, not a path.
 * A directory leaves the cache when its last entry is opened, or when a newer one needs its place: in a walk that goes
 * depth first, the oldest is the one that is needed last. Entries of a directory that is not open are opened by their
 * path.
 *
 * All functions run under the plan's lock and return a descriptor that the caller closes after releasing it.
 */
#include "plan_internal.h"

/* It gives its place up, for another or altogether. */
static void unlink_run(struct ps_plan *plan, struct ps_run *run)
{
	if (run->older != NULL)
		run->older->newer = run->newer;
	else
		plan->cached_oldest = run->newer;
	if (run->newer != NULL)
		run->newer->older = run->older;
	else
		plan->cached_newest = run->older;
	run->older = run->newer = NULL;
	plan->cached--;
}

/* Takes its descriptor, but its place in a pool's share stays taken. */
static int empty_place(struct ps_plan *plan, struct ps_run *run)
{
	int fd = run->fd;

	if (fd < 0 || run->fd_users > 0)
		return -1;
	unlink_run(plan, run);
	run->fd = -1;
	return fd;
}

int ps_cache_drop(struct ps_plan *plan, struct ps_run *run)
{
	int fd = empty_place(plan, run);

	if (fd >= 0)
		ps_share_give_back(plan->options.cached, 1);
	return fd;
}

/* The oldest that nobody uses, or NULL. */
static struct ps_run *oldest_unused(const struct ps_plan *plan)
{
	struct ps_run *run = plan->cached_oldest;

	while (run != NULL && run->fd_users > 0)
		run = run->newer;
	return run;
}

int ps_cache_steal(struct ps_plan *plan)
{
	struct ps_run *run = oldest_unused(plan);

	return run != NULL ? ps_cache_drop(plan, run) : -1;
}

/*
 * Takes a place: a free one, if this plan and, in a pool, all searches have one left; else that of the oldest that is
 * not in use, whose descriptor is *to_close then. False: there is none.
 */
static bool take_place(struct ps_plan *plan, int *to_close)
{
	struct ps_run *run;

	*to_close = -1;
	if (plan->cached + plan->borrowed < plan->cache_space && ps_share_take(plan->options.cached, 1))
		return true;
	run = oldest_unused(plan);
	if (run != NULL)
		*to_close = empty_place(plan, run);
	return run != NULL;
}

/* At the end of the search: takes the oldest, used or not. */
int ps_cache_take_any(struct ps_plan *plan)
{
	if (plan->cached_oldest == NULL)
		return -1;
	plan->cached_oldest->fd_users = 0;
	return ps_cache_drop(plan, plan->cached_oldest);
}

int ps_cache_add(struct ps_plan *plan, struct ps_run *run, int fd)
{
	int stolen = -1;

	PS_ASSERT(ps_lock_is_held(&plan->lock));
	/* relaxed: while descriptors are running out, one more or less may be kept */
	if (fd < 0 || run->cursor == run->count || atomic_load_explicit(&plan->fd_limit, memory_order_relaxed) != 0)
		return fd;
	if (!take_place(plan, &stolen))
		return fd;
	run->fd = fd;
	run->older = plan->cached_newest;
	if (run->older != NULL)
		run->older->newer = run;
	else
		plan->cached_oldest = run;
	plan->cached_newest = run;
	plan->cached++;
	PS_ASSERT(plan->cached + plan->borrowed <= plan->cache_space); /* P4 */
	return stolen;
}

/* The run whose descriptor a claim's entries need: of the parts of a file, their own run. */
static struct ps_run *run_with_fd(struct ps_claim *claim)
{
	uint32_t at;

	return ps_claim_is_part(claim) ? claim->run : ps_entry_origin(claim, 0, &at);
}

void ps_cache_use(struct ps_claim *claim)
{
	struct ps_run *run = run_with_fd(claim);

	claim->directory_fd = run->fd;
	if (run->fd >= 0)
		run->fd_users++;
}

/* One user fewer. After the last user that may come, it is dropped. */
static int release_fd(struct ps_plan *plan, struct ps_run *run)
{
	PS_ASSERT(ps_lock_is_held(&plan->lock) && run->fd_users > 0);
	run->fd_users--;
	return run->cursor >= (run->parts > 0 ? run->parts : run->count) ? ps_cache_drop(plan, run) : -1;
}

/* The first part of a file is not read any more. */
int ps_cache_unshare(struct ps_plan *plan, struct ps_claim *claim)
{
	bool shares = claim->shares;

	claim->shares = false;
	return shares ? release_fd(plan, claim->child) : -1;
}

/* The claim opens nothing more. After the last claim that may, the directory, or the file, is dropped. */
int ps_cache_unuse(struct ps_plan *plan, struct ps_claim *claim)
{
	struct ps_run *run = run_with_fd(claim);

	if (claim->directory_fd < 0)
		return -1;
	claim->directory_fd = -1;
	return release_fd(plan, run);
}

/* The claim's own entries will be opened by their path: the directory is dropped unless others use it. */
int ps_cache_let_go(struct ps_plan *plan, struct ps_claim *claim)
{
	int fd = ps_cache_unuse(plan, claim);

	return fd >= 0 ? fd : ps_cache_drop(plan, run_with_fd(claim));
}

bool ps_cache_borrow(struct ps_plan *plan, int *to_close)
{
	PS_ASSERT(ps_lock_is_held(&plan->lock));
	if (!take_place(plan, to_close))
		return false;
	plan->borrowed++;
	return true;
}

void ps_cache_repay(struct ps_plan *plan)
{
	PS_ASSERT(ps_lock_is_held(&plan->lock) && plan->borrowed > 0);
	plan->borrowed--;
	ps_share_give_back(plan->options.cached, 1);
}
