/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * matcher.h - the compiled patterns: what matcher.c makes and finder.c uses. All of it is constant once
 * ps_matcher_new() has returned; except that Oniguruma compiles an expression when it is needed (expression.h).
 */
#ifndef PS_MATCHER_H
#define PS_MATCHER_H

#include "match.h"
#include "../pattern/pattern.h"
#include "filters.h"
#include "../dictionary/dictionary.h"

/* How the next matching line is found, the fastest way first: see match.h. */
enum ps_strategy {
	PS_NOTHING,
	PS_EVERYTHING,
	PS_LITERAL,
	PS_LITERALS,
	PS_FILTER,
	PS_BITSTREAMS,
	PS_AUTOMATON,
	PS_ONIGURUMA
};

/* The groups of a pattern. */
struct ps_group_names {
	size_t count;
	char **names; /* of groups 1, 2, ...; NULL: it has none. NULL instead of the array: no group has one */
};

struct ps_matcher {
	const struct ps_simd *simd;
	struct ps_lines lines;
	struct ps_dictionary *words;  /* the dictionary; NULL: there is none */
	size_t word_count;
	struct ps_filters words_filters;
	/* all below is about the other patterns */
	enum ps_strategy strategy;
	bool longest;    /* of matches that begin together the longest counts, not the first given */
	bool avoid_oniguruma; /* when spans are sought */
	bool avoid_span_dfa;
	bool needs_utf8; /* some pattern has an expression */
	size_t memory;   /* bytes for the states of a finder's automaton */
	uint32_t haste;  /* at least 1; see ps_match_options */
	struct ps_filters filters;
	struct ps_pattern *patterns;
	size_t count;    /* number of patterns that can match, in the order given */
	size_t given;    /* number of all patterns: those in the dictionary and those that cannot match, too */
	size_t never;    /* number of those that cannot match; of POSIX patterns, their lines count */
	enum search_never never_why; /* the first of those that are known not to match: why, */
	size_t never_of;             /* and which of the patterns given it is */
	uint32_t flags;  /* as given */
	bool wants_condition;
	const char *why_no_condition;          /* a constant string */
	struct ps_condition *condition;        /* of all patterns, the dictionary's too; if wanted. NULL: there is none */
	struct ps_condition *others_condition; /* of those outside of the dictionary, if filters.tree is not kept */
	bool wants_groups;
	struct ps_group_names *groups; /* of each pattern given, if groups are wanted */
};

/* Whether text must be UTF-8 for the spans. If there are only needles and a dictionary, it may be anything. */
static inline bool ps_matcher_needs_valid_text(const struct ps_matcher *m)
{
	return m->needs_utf8 || m->avoid_oniguruma;
}

/* Whether the tree, compiled for spans, finds the spans that are wanted. */
static inline bool ps_matcher_knows_spans(const struct ps_matcher *m)
{
	return m->longest ? m->filters.exact && !m->filters.elsewhere : m->filters.spans;
}

/* Whether spans are those of a class of characters (class_runs.h). */
static inline bool ps_matcher_has_runs(const struct ps_matcher *m)
{
	return m->filters.runs.classes.count > 0 && m->words == NULL && m->count == 1 && !m->avoid_span_dfa &&
	       !m->wants_groups && ps_matcher_knows_spans(m);
}

/* Notes the groups of all patterns, whose expressions have been compiled. SEARCH_OK or SEARCH_ENOMEM. */
int ps_matcher_note_groups(struct ps_matcher *matcher);
void ps_matcher_free_groups(struct ps_matcher *matcher);

#endif
