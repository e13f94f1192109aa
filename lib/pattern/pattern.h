/* SPDX-License-Identifier: BSD-2-Clause */
/* pattern.h - one pattern, as it is asked about a line. */
#ifndef PS_PATTERN_H
#define PS_PATTERN_H

#include "../onig/onig.h"
#include "../simd/simd.h"

/*
 * It has a needle, a regex, or both:
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
	unsigned habits;         /* of the regex: enum ps_habits */
	uint32_t index;          /* which it is in the order given; whoever makes it sets this */
};

/* How all patterns of a matcher are written, and what is asked for besides. */
struct ps_pattern_mode {
	struct ps_dialect dialect;
	uint32_t flags; /* SEARCH_MATCH_WORD, _LINE, _FIXED, _CRLF, _NUL_LINES */
};

enum ps_pattern_kind {
	PS_PATTERN_OTHER,
	PS_PATTERN_STRING, /* means just the bytes it consists of, one or more, */
	PS_PATTERN_NEVER   /* and among them is what ends a line: it is in none */
};

/* The first question about a pattern: none of its bytes is read before. SEARCH_OK or SEARCH_EPATTERN. */
int ps_pattern_check_length(const struct search_pattern *pattern, struct ps_pattern_error *error);
/* What must hold before anything else looks at the pattern. SEARCH_OK or SEARCH_EPATTERN. */
int ps_pattern_check(const struct search_pattern *pattern, const struct ps_pattern_mode *mode,
		     const struct ps_simd *simd, struct ps_pattern_error *error);
enum ps_pattern_kind ps_pattern_kind(const struct search_pattern *pattern, const struct ps_pattern_mode *mode);

/*
 * Compiles a pattern that passed the check and is not PS_PATTERN_NEVER into a zeroed *pattern, which
 * is to be freed whatever this answers: SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EPATTERN and *error.
 */
int ps_pattern_new(struct ps_pattern *pattern, const struct search_pattern *of, const struct ps_pattern_mode *mode,
		   struct ps_pattern_error *error);
void ps_pattern_free(struct ps_pattern *pattern);

#endif
