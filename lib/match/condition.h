/* SPDX-License-Identifier: BSD-2-Clause */
/* condition.h - a matcher's conditions: which trigrams its patterns require. */
#ifndef PS_CONDITION_H
#define PS_CONDITION_H

#include "matcher.h"
#include "../prefilter/trigrams.h"

struct ps_dictionary_string;

/*
 * Makes matcher->condition, of all patterns; while the patterns' tree is there. `words`: the strings of the dictionary,
 * if there is one. SEARCH_OK, also if there is no condition, or SEARCH_ENOMEM.
 */
int ps_matcher_make_condition(struct ps_matcher *matcher, const struct ps_dictionary_string *words, size_t count,
			      const struct ps_dialect *dialect);

/* The same of the patterns outside of the dictionary alone: *out, or NULL. */
int ps_matcher_make_others_condition(const struct ps_matcher *matcher, struct ps_condition **out);

#endif
