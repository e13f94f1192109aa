/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filters.h - what is known about all patterns of a matcher together, as one
 * regular expression. Immutable once made.
 */
#ifndef PS_FILTERS_H
#define PS_FILTERS_H

#include "match.h"
#include "../pattern/pattern.h"
#include "../automaton/program.h"
#include "../prefilter/required_literals.h"
#include "../prefilter/bitstreams.h"

struct ps_filters {
	bool exact;                 /* it matches a line if and only if a pattern does; else it is a superset */
	bool spans;                 /* and in the same places, the first given pattern first */
	struct ps_node *tree;       /* exact: it; else NULL */
	const char *why;            /* !exact: a constant string, */
	size_t why_of;              /* and which of the patterns it is about */
	bool known;                 /* something is known of every pattern */
	bool has_program;
	bool too_large;             /* for a program */
	struct ps_program program;
	struct ps_literal_set literals;  /* known: every line that matches holds one */
	struct ps_needle needle;    /* of them, when there is one, */
	struct ps_needles *needles; /* or when there are more */
	struct ps_bitstreams *streams; /* !strings.known: what finds lines that may match; NULL: nothing does */
};

/*
 * Works it out from the patterns, which Oniguruma has accepted. Nothing known
 * is no error: strings are not known then, and there is no program. SEARCH_OK
 * or SEARCH_ENOMEM.
 */
int ps_filters_new(struct ps_filters *filters, const struct ps_match_options *options,
		   const struct ps_pattern_mode *mode);

/* The same for words, which are borrowed: a program, and no strings. */
int ps_filters_new_dictionary(struct ps_filters *filters, const struct ps_words_trie *words,
			      const struct ps_match_options *options);
void ps_filters_free(struct ps_filters *filters); /* a zeroed one is fine */

/* The first place in [p, end) where one of the strings stands, or NULL. */
const uint8_t *ps_filters_find(const struct ps_filters *filters, const struct ps_simd *simd,
			       const uint8_t *p, const uint8_t *end);

#endif
