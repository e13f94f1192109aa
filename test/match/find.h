/* SPDX-License-Identifier: BSD-2-Clause */
/* find.h - finds the next line that matches, however often the finder pauses on the way. */
#ifndef TEST_MATCH_FIND_H
#define TEST_MATCH_FIND_H

#include "../../lib/match/match.h"
#include "../../lib/onig/line_budget.h"

/* For a search by Oniguruma alone: the whole budget of a line, and no end of the search. */
static inline struct ps_line_budget *full_budget(void)
{
	static struct ps_line_budget budget = { .haste = 1 };

	ps_line_budget_renew(&budget, 0);
	return &budget;
}

static inline int find_line(struct ps_finder *f, const uint8_t *text, size_t from, size_t limit,
			    struct ps_line *line)
{
	int rc;

	while ((rc = ps_find_line(f, text, from, limit, line)) == PS_PAUSED)
		from = line->begin;
	return rc;
}

#endif
