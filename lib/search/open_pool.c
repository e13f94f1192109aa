/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open_pool.c - a pool, opened, asked and closed: what the host sees of lib/pool.
 */
#include "search.h"

enum {
	OLDEST_POOL_OPTIONS = sizeof(struct search_pool_options), /* see options.c */
	MAX_WORKERS = 256,
	MAX_OPEN_FILES = 128,
	LEAST_OPEN_FILES = 4,
	MAX_QUEUED_BYTES = 16 << 20,
	MAX_MEMORY = 64 << 20
};

/* Fills in the defaults. SEARCH_OK, SEARCH_EINVAL or SEARCH_EVERSION. */
static int load_pool_options(struct search_pool_options *to, const struct search_pool_options *from,
			     struct search_error *error)
{
	int rc = SEARCH_OK;

	*to = (struct search_pool_options)SEARCH_POOL_OPTIONS_INIT;
	if (from != NULL)
		rc = ps_copy_sized(to, sizeof(*to), OLDEST_POOL_OPTIONS, from, "pool_options", error);
	if (rc != SEARCH_OK)
		return rc;
	if (to->workers > MAX_WORKERS)
		return ps_fail(error, SEARCH_EINVAL, "pool_options.workers is more than 256");
	if (to->max_open_files > 0 && to->max_open_files < LEAST_OPEN_FILES)
		return ps_fail(error, SEARCH_EINVAL, "pool_options.max_open_files is less than 4");
	if (to->max_open_files == 0)
		to->max_open_files = (uint32_t)ps_max(ps_default_open_files(MAX_OPEN_FILES), LEAST_OPEN_FILES);
	if (to->workers == 0)
		to->workers = (uint32_t)ps_min(ps_cpu_count(), MAX_WORKERS);
	to->workers = (uint32_t)ps_min(to->workers, to->max_open_files / 2);
	to->max_queued_bytes = to->max_queued_bytes > 0 ? to->max_queued_bytes : MAX_QUEUED_BYTES;
	to->max_memory = to->max_memory > 0 ? to->max_memory : MAX_MEMORY;
	return SEARCH_OK;
}

static int open_pool(struct search_pool **out, const struct search_pool_options *options, struct search_error *error)
{
	struct search_pool_options o;
	int rc = load_pool_options(&o, options, error);

	if (rc == SEARCH_OK)
		rc = ps_pool_new(out, o.workers, o.max_open_files, o.max_queued_bytes, o.max_memory);
	if (rc == SEARCH_ESYSTEM)
		return ps_fail(error, rc, "no thread can be made: the process, or its user, has as many as it may have");
	return rc == SEARCH_OK ? rc : ps_fail_by_code(error, rc);
}

int search_pool_open(struct search_pool **out, const struct search_pool_options *options, struct search_error *error)
{
	struct search_error e = SEARCH_ERROR_INIT;

	if (out != NULL)
		*out = NULL;
	if (!ps_error_is_valid(error))
		return SEARCH_EINVAL;
	if (out == NULL)
		ps_fail(&e, SEARCH_EINVAL, "out is NULL");
	else
		open_pool(out, options, &e);
	return ps_error_give(error, &e);
}

void search_pool_close(struct search_pool *pool)
{
	if (pool == NULL)
		return;
	if (ps_pool_is_inherited(pool))
		ps_pool_forget(pool); /* fork() may have caught the structures half-changed: leave them */
	else
		ps_pool_let_go(pool);
}

int search_pool_stats(const struct search_pool *pool, struct search_pool_stats *stats)
{
	struct search_pool_stats all = SEARCH_POOL_STATS_INIT;

	if (pool == NULL || !ps_is_sized(stats))
		return SEARCH_EINVAL;
	ps_pool_fill_stats(pool, &all);
	ps_give_sized(stats, &all, sizeof(all));
	return SEARCH_OK;
}
