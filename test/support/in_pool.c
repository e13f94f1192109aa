/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * in_pool.c - the searches of a test program in one pool, although the tests do not know: what holds for searches with
 * threads of their own holds in a pool. A search without workers stays without; so does one with options that are
 * wrong.
 */
#include "in_pool.h"

#undef search_open
#include <psearch.h>
#include <stdlib.h>
#include <unistd.h>

static struct search_pool *pool;
static pid_t owner;

#ifdef IN_POOL
static void close_pool(void)
{
	search_pool_close(pool);
}

static void open_pool(void)
{
	struct search_pool_options options = SEARCH_POOL_OPTIONS_INIT;

	options.workers = 4;
	if (search_pool_open(&pool, &options, NULL) != SEARCH_OK)
		abort();
	owner = getpid();
	atexit(close_pool);
}

/* Before any test counts threads and descriptors. */
__attribute__((constructor)) static void open_pool_first(void)
{
	open_pool();
}
#endif

int search_open_in_pool(struct search **out, const struct search_options *options, struct search_error *error)
{
	struct search_options in_pool;

	if (options == NULL || options->size != sizeof(*options) || options->pool != NULL ||
	    options->workers == SEARCH_NO_WORKERS)
		return search_open(out, options, error);
	in_pool = *options;
	in_pool.pool = getpid() == owner ? pool : NULL;
	return search_open(out, &in_pool, error);
}
