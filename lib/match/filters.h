/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filters.h - what helps to find the lines that match any of a matcher's patterns: required literals, bit streams, and
 * a program for the automaton. It is made of the patterns joined to one regular expression. Immutable once made.
 */
#ifndef PS_FILTERS_H
#define PS_FILTERS_H

#include "match.h"
#include "../pattern/pattern.h"
#include "order.h"
#include "../automaton/program.h"
#include "../backtrack/backtrack.h"
#include "../prefilter/required_literals.h"
#include "../prefilter/bitstreams.h"
#include "class_runs.h"

struct ps_filters {
	bool exact;                 /* it matches a line if and only if a pattern does; otherwise it is a superset */
	bool spans;                 /* and in the same places, patterns given first preferred */
	bool elsewhere;             /* where it matches in a line says nothing, not even which places are possible */
	struct ps_node *tree;       /* the expression if it is exact; otherwise NULL (but not before ps_filters_make) */
	struct ps_class_runs runs;  /* if it is exact, and there is one pattern that is the runs of a class */
	bool ends_line;             /* if it is exact: each match ends at the line's end, and consists of `lead` */
	struct ps_lead lead;
	const char *why;            /* if it is not exact: the reason, a constant string, */
	size_t why_of;              /* and the pattern that it is about */
	enum search_never never;    /* the first pattern, in the order given, that can never match: why, */
	size_t never_of;            /* and which it is */
	struct ps_backtrack **backtracks; /* for each pattern that is not regular: to follow it exactly; or NULL */
	size_t backtrack_count;
	bool known;                 /* something is known about every pattern */
	bool has_program;
	bool too_large;             /* there is no program since it would be too large */
	struct ps_program program;
	struct ps_literal_set literals;  /* if known: every line that matches holds one of them */
	struct ps_needle needle;    /* of the literal, if there is one, */
	struct ps_needles *needles; /* or of several */
	struct ps_literal_set borders;   /* the same with terminators at their ends; if known, they find lines better */
	struct ps_needle border_needle;
	struct ps_needles *border_needles;
	struct ps_order order;      /* of strings that such a line must hold; it may be empty */
	struct ps_bitstreams *streams; /* if no literals are known: they find lines that may match; or NULL */
};

/*
 * Parses the patterns, which ps_pattern_check() has accepted. Sets valid[i] for each that Oniguruma is certain to
 * accept. It is no error if nothing is known. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_filters_parse(struct ps_filters *filters, const struct ps_match_options *options,
		     const struct ps_pattern_mode *mode, bool *valid);

/*
 * For SEARCH_MATCH_MULTILINE: whether one of the patterns may match differently in a text than in its lines, each by
 * itself. False as well if ps_pattern_check() refuses one. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_filters_pass_lines(const struct ps_match_options *options, const struct ps_pattern_mode *mode, bool *pass);

/*
 * Makes the filters of what was parsed, once Oniguruma has accepted all other patterns; of the same options. If nothing
 * is known, there are no literals and no program. SEARCH_OK or SEARCH_ENOMEM; then they are freed.
 */
int ps_filters_make(struct ps_filters *filters, const struct ps_match_options *options);

/* Whether ps_filters_make() will keep the tree. */
bool ps_filters_keep_tree(const struct ps_filters *filters, const struct ps_match_options *options);

/* The same in one step, for a dictionary, which is borrowed: a program, and no literals. */
int ps_filters_new_dictionary(struct ps_filters *filters, const struct ps_dictionary_trie *words,
			      const struct ps_match_options *options);
void ps_filters_free(struct ps_filters *filters); /* a zeroed one is fine */

/* The set by which lines are found. */
static inline const struct ps_literal_set *ps_filters_set(const struct ps_filters *f)
{
	return f->borders.known ? &f->borders : &f->literals;
}

/* The first place in [p, end) where one of that set stands, or NULL. */
const uint8_t *ps_filters_find_for_line(const struct ps_filters *filters, const struct ps_simd *simd,
					const uint8_t *p, const uint8_t *end);

/* The first place in [p, end) where one of the literals without terminators stands, or NULL. */
const uint8_t *ps_filters_find(const struct ps_filters *filters, const struct ps_simd *simd,
			       const uint8_t *p, const uint8_t *end);

#endif
