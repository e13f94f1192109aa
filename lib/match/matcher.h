/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * matcher.h - what matcher.c makes and finder.c uses. All of it is constant
 * once ps_matcher_new() has returned.
 */
#ifndef PS_MATCHER_H
#define PS_MATCHER_H

#include "match.h"
#include "onig.h"
#include "regular.h"

/* Ways to find the next matching line, the fastest first: see match.h. */
enum ps_strategy {
	PS_NOTHING,
	PS_EVERYTHING,
	PS_LITERAL,
	PS_LITERALS,
	PS_FILTER,
	PS_AUTOMATON,
	PS_ONIGURUMA
};

/*
 * One pattern. It has a needle, a regex, or both:
 *   needle only  the pattern is that string
 *   both         what the regex matches always is that string
 *   regex only   anything else
 */
struct ps_pattern {
	struct ps_needle needle; /* length 0: none */
	struct ps_regex *regex;  /* NULL: none */
	uint8_t *bytes;          /* the needle's */
	bool always;             /* matches every line */
	bool restless;           /* \G or \K may be in it: where a search begins tells on the result */
};

struct ps_matcher {
	const struct ps_simd *simd;
	enum ps_strategy strategy;
	bool needs_utf8; /* some pattern has a regex */
	size_t memory;   /* for the states of a finder's automaton */
	struct ps_regular regular;
	struct ps_pattern *patterns;
	size_t count;    /* of patterns that can match, in the order given */
};

#endif
