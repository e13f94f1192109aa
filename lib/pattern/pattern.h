/* SPDX-License-Identifier: BSD-2-Clause */
/* pattern.h - one pattern, as a line is matched with it. */
#ifndef PS_PATTERN_H
#define PS_PATTERN_H

#include "expression.h"
#include "../simd/simd.h"

/*
 * A pattern has a needle, an expression, or both:
 *   needle only      the pattern is that string
 *   both             the expression matches only that string, under conditions
 *   expression only  anything else
 */
struct ps_pattern {
	struct ps_needle needle; /* length 0: none */
	struct ps_expression *expression; /* NULL: none */
	uint8_t *bytes;          /* of the needle */
	bool always;             /* it matches every line */
	bool restless;           /* \G or \K may be in it: the result depends on where a search starts */
	unsigned habits;         /* of the expression: enum ps_habits */
	uint32_t index;          /* its place in the order given; set by the caller of ps_pattern_new */
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
 * Makes a pattern that passed the check and is not PS_PATTERN_NEVER into a zeroed *pattern, which the caller frees in
 * any case. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_pattern_new(struct ps_pattern *pattern, const struct search_pattern *of, const struct ps_pattern_mode *mode);

/*
 * The last check: refuses what would take Oniguruma too long, and, unless the pattern is known to be `valid`, asks
 * Oniguruma, by compiling it. SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EPATTERN and *error.
 */
int ps_pattern_admit(const struct ps_pattern *pattern, bool valid, struct ps_pattern_error *error);
void ps_pattern_free(struct ps_pattern *pattern);

#endif
