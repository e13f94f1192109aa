/* SPDX-License-Identifier: BSD-2-Clause */
/* pattern.h - one pattern, as a line is matched with it. */
#ifndef PS_PATTERN_H
#define PS_PATTERN_H

#include "../onig/onig.h"
#include "../simd/simd.h"

/*
 * A pattern has a needle, a regex, or both:
 *   needle only  the pattern is that string
 *   both         the regex matches only that string, under conditions
 *   regex only   anything else
 */
struct ps_pattern {
	struct ps_needle needle; /* length 0: none */
	struct ps_regex *regex;  /* NULL: none */
	uint8_t *bytes;          /* of the needle */
	bool always;             /* it matches every line */
	bool restless;           /* \G or \K may be in it: the result depends on where a search starts */
	unsigned habits;         /* of the regex: enum ps_habits */
	uint32_t index;          /* its place in the order given; set by the caller of ps_pattern_new */
};

/* How all patterns of a matcher are written, and what else is asked for. */
struct ps_pattern_mode {
	struct ps_dialect dialect;
	uint32_t flags; /* SEARCH_MATCH_WORD, _LINE, _FIXED, _CRLF, _NUL_LINES */
};

enum ps_pattern_kind {
	PS_PATTERN_OTHER,
	PS_PATTERN_STRING, /* means just the bytes that it consists of, one or more */
	PS_PATTERN_NEVER   /* such a string that holds the byte that ends a line, so no line holds it */
};

/* The first check of a pattern, before any of its bytes is read. SEARCH_OK or SEARCH_EPATTERN. */
int ps_pattern_check_length(const struct search_pattern *pattern, struct ps_pattern_error *error);
/* Checks what all other functions rely on. SEARCH_OK or SEARCH_EPATTERN. */
int ps_pattern_check(const struct search_pattern *pattern, const struct ps_pattern_mode *mode,
		     const struct ps_simd *simd, struct ps_pattern_error *error);
enum ps_pattern_kind ps_pattern_kind(const struct search_pattern *pattern, const struct ps_pattern_mode *mode);

/*
 * Compiles a pattern that passed the check and is not PS_PATTERN_NEVER into a zeroed *pattern, which the caller frees
 * in any case. SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EPATTERN and *error.
 */
int ps_pattern_new(struct ps_pattern *pattern, const struct search_pattern *of, const struct ps_pattern_mode *mode,
		   struct ps_pattern_error *error);
void ps_pattern_free(struct ps_pattern *pattern);

#endif
