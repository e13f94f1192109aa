/* SPDX-License-Identifier: BSD-2-Clause */
/* ways.h - the ways that a matcher can be forced to take; all of them must give the same results. */
#ifndef TEST_MATCH_WAYS_H
#define TEST_MATCH_WAYS_H

/* Initializers of a struct with `name`, and of struct ps_match_options `avoid`, `memory` and `words`. */
#define MATCHER_WAYS \
	{ .name = "free" }, \
	{ .name = "no strings", .avoid = PS_AVOID_STRINGS }, \
	{ .name = "no strings in order", .avoid = PS_AVOID_ORDER }, \
	{ .name = "no strings with line ends", .avoid = PS_AVOID_BORDERS }, \
	{ .name = "no strings, no streams", .avoid = PS_AVOID_STRINGS | PS_AVOID_STREAMS }, \
	{ .name = "streams", .avoid = PS_AVOID_STRINGS | PS_AVOID_WEIGHING }, \
	{ .name = "streams, no automaton", .avoid = PS_AVOID_STRINGS | PS_AVOID_AUTOMATON | PS_AVOID_WEIGHING }, \
	{ .name = "no automaton", .avoid = PS_AVOID_AUTOMATON }, \
	{ .name = "all by Oniguruma", .avoid = PS_AVOID_ALL }, \
	{ .name = "no strings, no memory", .avoid = PS_AVOID_STRINGS | PS_AVOID_STREAMS, .memory = 1 }, \
	{ .name = "spans without Oniguruma", .avoid = PS_AVOID_ONIGURUMA }, \
	{ .name = "spans by simulation", .avoid = PS_AVOID_ONIGURUMA | PS_AVOID_SPAN_DFA }, \
	{ .name = "spans without automaton", .avoid = PS_AVOID_SPAN_DFA }, \
	{ .name = "no strings, no backtracking", .avoid = PS_AVOID_STRINGS | PS_AVOID_BACKTRACKING }, \
	{ .name = "words", .words = 1 }, \
	{ .name = "words, no automaton", .words = 1, .avoid = PS_AVOID_AUTOMATON }, \
	{ .name = "words, no memory", .words = 1, .memory = 1 }, \
	{ .name = "words, spans without Oniguruma", .words = 1, .avoid = PS_AVOID_ONIGURUMA }

#define MATCHER_WAY_COUNT 18

#endif
