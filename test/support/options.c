/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"
#include "archive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
	MATCH_BITS = SEARCH_WALK_SKIP_HIDDEN - 1,
	WALK_BITS = (SEARCH_RESULT_FILE_INFO - 1) & ~MATCH_BITS,
	RESULT_BITS = ~(MATCH_BITS | WALK_BITS)
};

struct search_walk *walk_of(const struct search_options *options)
{
	assert_non_null(options->walk);
	return (struct search_walk *)(uintptr_t)options->walk;
}

void set_flags(struct search_options *options, uint32_t flags)
{
	if (!archive_any())
		flags &= ~(uint32_t)SEARCH_MATCH_DECOMPRESS;
	options->match_flags = flags & MATCH_BITS;
	options->result_flags = flags & (uint32_t)RESULT_BITS;
	if (options->walk != NULL)
		walk_of(options)->flags = flags & WALK_BITS;
	else
		assert_int_equal(flags & WALK_BITS, 0);
}

void add_flags(struct search_options *options, uint32_t flags)
{
	set_flags(options, get_flags(options) | flags);
}

void drop_flags(struct search_options *options, uint32_t flags)
{
	set_flags(options, get_flags(options) & ~flags);
}

uint32_t get_flags(const struct search_options *options)
{
	uint32_t walk = options->walk != NULL ? (uint32_t)options->walk->flags : 0;

	return (uint32_t)options->match_flags | (uint32_t)options->result_flags | walk;
}
