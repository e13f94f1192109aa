/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build.c - describes this build of the library, and initialises structs for callers that cannot use the macros.
 */
#include "search.h"

#include "../onig/onig.h"
#include "../simd/simd.h"

#include <string.h>

int search_build(struct search_build *build)
{
	struct search_build whole = {
		.version = SEARCH_VERSION_STRING,
		.formats = ps_decompress_formats(),
		.simd = ps_simd_pick(ps_cpu_features())->name,
		.oniguruma = ps_engine_version(),
	};

	if (!ps_is_sized(build))
		return SEARCH_EINVAL;
	ps_give_sized(build, &whole, sizeof(whole));
	return SEARCH_OK;
}

/* Initialises a struct of `size` bytes that starts with its size. */
static void init_sized(void *sized, size_t size)
{
	if (sized == NULL || size < sizeof(size))
		return;
	memset(sized, 0, size);
	memcpy(sized, &size, sizeof(size));
}

void search_options_init(struct search_options *options, size_t size)
{
	init_sized(options, size);
}

void search_walk_init(struct search_walk *walk, size_t size)
{
	init_sized(walk, size);
}

void search_error_init(struct search_error *error, size_t size)
{
	init_sized(error, size);
}

void search_stats_init(struct search_stats *stats, size_t size)
{
	init_sized(stats, size);
}

void search_build_init(struct search_build *build, size_t size)
{
	init_sized(build, size);
}

void search_tree_options_init(struct search_tree_options *options, size_t size)
{
	init_sized(options, size);
}

void search_tree_stats_init(struct search_tree_stats *stats, size_t size)
{
	init_sized(stats, size);
}

void search_pool_options_init(struct search_pool_options *options, size_t size)
{
	init_sized(options, size);
}

void search_pool_stats_init(struct search_pool_stats *stats, size_t size)
{
	init_sized(stats, size);
}

const char *search_version(void)
{
	return SEARCH_VERSION_STRING;
}
