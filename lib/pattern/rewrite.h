/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rewrite.h - what a pattern in Oniguruma's, Perl's or Python's syntax says in a way that Oniguruma takes
 * otherwise, or not at all, said so that all that reads it understands it.
 */
#ifndef PS_REWRITE_H
#define PS_REWRITE_H

#include "match_options.h"
#include "../onig/onig.h"
#include "../simd/simd.h"

/* Bytes of a pattern in the place of others. */
struct ps_edit {
	size_t at, length;   /* in the pattern given */
	size_t now, becomes; /* in what it is now: where, and how many bytes */
};

/* The patterns of a search, and of those that are not as given what became of them. */
struct ps_rewriting {
	struct search_pattern *patterns; /* NULL: all are as given */
	struct ps_rewritten *list;
	size_t count, space;
};

/*
 * Fills a zeroed rewriting, to be freed whatever this answers: SEARCH_OK, SEARCH_ENOMEM, or
 * SEARCH_EPATTERN, *error, and *index, which pattern it is about.
 */
int ps_rewrite(struct ps_rewriting *rewriting, const struct ps_match_options *options, const struct ps_simd *simd,
	       size_t *index, struct ps_pattern_error *error);
void ps_rewriting_free(struct ps_rewriting *rewriting);

/* The offset in the pattern given that one in what it is now stands for. */
size_t ps_rewriting_origin(const struct ps_rewriting *rewriting, size_t index, size_t offset);

#endif
