/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * match.h - which lines match, and where in them.
 *
 * A matcher is what the patterns compile to: immutable, shared by all threads.
 * A finder is one thread's mutable state for one matcher.
 *
 * Oniguruma defines what matches (but for two mistakes of its optimiser, see
 * onig_bugs.c); whatever else decides here must agree with it byte for byte.
 *
 * A matcher picks a strategy once, when it is made. Many strings become words: they
 * are looked for together, by a trie of their own (dictionary.h), at any number one walk or
 * one automaton. For the patterns that are left it is the first of these that is
 * certain to answer as Oniguruma would:
 *
 *   nothing     no line can match, or there are only words
 *   everything  every line matches
 *   literal     one string: found by a byte kernel alone
 *   literals    a few strings, the same
 *   filter      lines without a required string are passed over, the others
 *               are confirmed
 *   streams     the same, by the classes of bytes that follow each other in a match
 *   automaton   a lazy DFA reads everything; what it cannot tell, or where it
 *               stands for a superset, is confirmed
 *   oniguruma   every line is given to Oniguruma
 *
 * To confirm is to ask the automaton about that line, if there is one, and
 * Oniguruma where that is not enough. With words and other patterns the nearer
 * line of the two is the next.
 *
 * Where in a line the matches are is asked of matching lines only. A string is found by
 * its kernel, and words by their trie; all else by Oniguruma, or by simulating the
 * patterns' program (pike.h): where Oniguruma gives up, and for the longest matches.
 *
 * What either may do for one line is bounded, see line_budget.h: the line is undecided then.
 *
 * Text that is not UTF-8 never reaches Oniguruma: see repair.h. Patterns in POSIX syntax
 * reach it in a translation, see posix.h, others as they are but for bytes by their numbers, see rewrite.h.
 */
#ifndef PS_MATCH_H
#define PS_MATCH_H

#include "../base/base.h"
#include "../base/found.h"
#include "../base/line_ends.h"
#include "../pattern/match_options.h"
#include "../simd/simd.h"

struct ps_matcher;
struct ps_finder;

/*
 * Compiles the patterns. SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EPATTERN with
 * *error saying which and why (error may be NULL). Copies what it needs. May be
 * called by several threads at once.
 */
int ps_matcher_new(struct ps_matcher **out, const struct ps_match_options *options,
		   struct search_error *error);
void ps_matcher_free(struct ps_matcher *matcher); /* NULL is fine */

/* The strategy's name, as listed above, or "words" where there are only those. */
const char *ps_matcher_strategy(const struct ps_matcher *matcher);

/*
 * Writes search_explain()'s text, with or without what it says of spans, as far as it fits in
 * `size` bytes with a NUL behind it; the length of all of it in *length. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_matcher_explain(const struct ps_matcher *matcher, bool spans, char *buffer, size_t size, size_t *length);

/* The byte kernels this matcher uses. */
const struct ps_simd *ps_matcher_simd(const struct ps_matcher *matcher);

/* SEARCH_OK or SEARCH_ENOMEM. The matcher must outlive the finder. */
int ps_finder_new(struct ps_finder **out, const struct ps_matcher *matcher);
void ps_finder_free(struct ps_finder *finder); /* NULL is fine */

/*
 * The first line of text[from, limit) that matches. `from` is a line's start;
 * `limit` is behind a line's terminator, or the end of the last line of the file.
 * PS_FOUND and *line, PS_NONE, SEARCH_ENOMEM, or PS_UNDECIDED and *line: lines
 * before it do not match, about this one nothing is known. PS_PAUSED after some
 * hundredths of a second: no line that begins before line->begin matches, go on there, in the
 * same text.
 */
int ps_find_line(struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit,
		 struct ps_line *line);

/*
 * Lines of text[from, limit) that end at or before the answer do not match, wherever lines are taken to end: they
 * hold no string that a match needs. `from` where that cannot be told.
 */
size_t ps_find_barren(const struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit);

/* A step begins: from here on the time counts after which there is a pause. */
void ps_finder_begin(struct ps_finder *finder);

/* Is it time for one? Where lines are slow, the step is to end then. */
bool ps_finder_is_tired(const struct ps_finder *finder);

/*
 * Lets the finder end its work on a line that takes long when the search is over, which it asks every few
 * hundredths of a second: both answer PS_PAUSED then.
 */
void ps_finder_watch(struct ps_finder *finder, ps_over *over, const void *context);

/* The text that ps_find_line was given last may be changed, or another one searched. */
void ps_finder_forget(struct ps_finder *finder);

/*
 * The matches in one line (without its terminator) that begin less than `reach` bytes
 * behind the first of them: left to right, none overlapping, empty ones
 * included; the leftmost of several patterns, the first given of those that begin together
 * (or the longest, with options.longest, unless a pattern is not regular). Each search begins where the last match
 * ended, or one character on if that was empty; an empty match right where the
 * last one ended is passed over. *spans stays valid until the finder's next
 * call. SEARCH_OK, SEARCH_ENOMEM, PS_UNDECIDED, or PS_PAUSED when the search is over.
 */
int ps_find_spans(struct ps_finder *finder, const uint8_t *line, size_t length, size_t reach,
		  const struct search_span **spans, size_t *count);

/* Why the last call answered PS_UNDECIDED: a sentence for an ERROR item. */
const char *ps_finder_reason(const struct ps_finder *finder);

#endif
