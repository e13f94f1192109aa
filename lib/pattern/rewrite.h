/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rewrite.h - rewrites what Oniguruma would read differently than meant, or not at all, in a pattern of Oniguruma's,
 * Perl's or Python's syntax; so all that reads the pattern afterwards understands the same.
 */
#ifndef PS_REWRITE_H
#define PS_REWRITE_H

#include "match_options.h"
#include "../onig/onig.h"
#include "../simd/simd.h"

/* A piece of a pattern that was replaced. */
struct ps_edit {
	size_t at, length;   /* in the pattern given */
	size_t now, becomes; /* in the pattern as it is now */
};

/* The patterns of a search after rewriting, and the edits of those that were changed. */
struct ps_rewriting {
	struct search_pattern *patterns; /* NULL: all are as given */
	struct ps_rewritten *list;
	size_t count, space;
};

/*
 * Fills a zeroed rewriting, which the caller frees in any case. SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EPATTERN; then
 * *error says why, and *index which pattern.
 */
int ps_rewrite(struct ps_rewriting *rewriting, const struct ps_match_options *options, const struct ps_simd *simd,
	       size_t *index, struct ps_pattern_error *error);
void ps_rewriting_free(struct ps_rewriting *rewriting);

/* The offset in the pattern given that corresponds to an offset in the rewritten one. */
size_t ps_rewriting_origin(const struct ps_rewriting *rewriting, size_t index, size_t offset);

#endif
