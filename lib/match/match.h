/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * match.h - which lines match, and where in them.
 *
 * A matcher is what the patterns compile to: immutable, as its users see it, and shared by all threads. A finder is one
 * thread's mutable state for one matcher.
 *
 * Oniguruma defines what matches (except for two mistakes of its optimiser, see onig_bugs.c), but it is slow. So most
 * of this room exists in order not to ask it. Work goes down a ladder, and each step sees only what the one above it
 * could not rule out:
 *
 *   prefilter   byte kernels or bit streams pass over the lines that cannot match
 *   automaton   a lazy DFA reads the lines that are left, and decides nearly all of them
 *   Oniguruma   decides a line that the automaton is not sure of
 *
 * Which steps there are depends on the patterns. A matcher chooses a strategy once, when it is made: the first of the
 * following that is certain to agree with Oniguruma, byte for byte.
 *
 *   nothing     no line can match, or all patterns are in the dictionary
 *   everything  every line matches
 *   literal     one string: found by a byte kernel alone
 *   literals    a few strings, the same; if the pattern goes on to the start or the end of the line, so does the
 *               string: ^} is "\n}", and an empty line is "\n\n"
 *   filter      lines without a required literal are passed over, and those that lack others, which must follow each
 *               other; the rest are confirmed
 *   streams     the same, with bit streams: by the classes of bytes that follow each other in a match
 *   automaton   the lazy DFA reads everything; a line is confirmed if the DFA cannot tell, or if it accepts more than
 *               the patterns do (it is a superset)
 *   oniguruma   every line is given to Oniguruma
 *
 * To confirm a line is to ask the automaton about it, if there is one, and Oniguruma if that is not enough.
 *
 * Many strings go into a dictionary (dictionary.h), beside the strategy for the other patterns: a trie finds all of
 * them together, however many there are, by walking it or as an automaton. If there are both, the nearer line of the
 * two is the next.
 *
 * Where in a line the matches are is asked of matching lines only. A byte kernel finds a string, the trie finds
 * words of the dictionary, and an automaton all that is regular (span_dfa.h). What is not is left to Oniguruma, as are
 * lines on which the automaton would need too many states. If Oniguruma gives up on these, or the longest matches are
 * wanted, the patterns' program is simulated (pike.h).
 *
 * What these may do for one line is bounded (line_budget.h); beyond that, the line is undecided.
 *
 * Text that is not UTF-8 never reaches Oniguruma: see repair.h. Patterns in POSIX syntax are translated for it
 * (posix.h); in the others, bytes given by their numbers are rewritten (rewrite.h).
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
struct ps_condition; /* ../prefilter/trigrams.h */

/*
 * Compiles the patterns. Returns SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EPATTERN; then *error says which and why (error
 * may be NULL). Copies what it needs. Several threads may call it at once.
 */
int ps_matcher_new(struct ps_matcher **out, const struct ps_match_options *options,
		   struct search_error *error);
void ps_matcher_free(struct ps_matcher *matcher); /* NULL is fine */

/* The strategy's name, as listed above, or "words" if all patterns are in the dictionary. */
const char *ps_matcher_strategy(const struct ps_matcher *matcher);

/*
 * Writes search_explain()'s text, with or without what it says about spans: as much as fits into `size` bytes with a
 * NUL after it. *length is the length of the whole. If options.trigrams asked for a condition, the text says which files
 * a tree rules out; or `why_all`, a constant string, unless it is NULL: why it rules out none. SEARCH_OK or
 * SEARCH_ENOMEM.
 */
int ps_matcher_explain(const struct ps_matcher *matcher, bool spans, const char *why_all, char *buffer, size_t size,
		       size_t *length);

/* Whether a pattern can never match, and its index among those given; the first one that is known to. */
enum search_never ps_matcher_never(const struct ps_matcher *matcher, size_t *pattern);

/*
 * With SEARCH_MATCH_MULTILINE: whether some pattern may see beyond its line. Then the matches in a whole text are to be
 * looked for, by ps_find_match(); otherwise its lines are, as ever.
 */
bool ps_matcher_is_whole(const struct ps_matcher *matcher);

/*
 * Which trigrams a text must hold for a line of it to match, or to be undecided; with SEARCH_MATCH_MULTILINE, for a
 * match in it. NULL: nothing is required, or options.trigrams did not ask. As a search would report the lines it gives
 * up, a text that does not hold them yields nothing at all; unless it is inverted.
 */
const struct ps_condition *ps_matcher_condition(const struct ps_matcher *matcher);

/* The byte kernels this matcher uses. */
const struct ps_simd *ps_matcher_simd(const struct ps_matcher *matcher);

/* SEARCH_OK or SEARCH_ENOMEM. The matcher must outlive the finder. */
int ps_finder_new(struct ps_finder **out, const struct ps_matcher *matcher);
void ps_finder_free(struct ps_finder *finder); /* NULL is fine */

/*
 * Finds the first line of text[from, limit) that matches. `from` is the start of a line; unless it is 0, the
 * terminator of the line before is in the text. `limit` is the end of a line's terminator, or of the file's last line.
 * Returns
 *   PS_FOUND       and *line
 *   PS_NONE
 *   PS_UNDECIDED   and *line: no line before it matches, and about this one nothing is known
 *   PS_PAUSED      some hundredths of a second have passed: no line that starts before line->begin matches; call
 *                  again from there, with the same text
 *   SEARCH_ENOMEM
 */
int ps_find_line(struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit,
		 struct ps_line *line);

/*
 * Counts the lines of text[from, limit) that match, if kernels alone can do that: then sets *count. It is like calling
 * ps_find_line again and again, but much faster if many lines match.
 */
bool ps_count_lines(const struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit, uint64_t *count);

/*
 * How far text[from, limit) is barren: lines that end at or before the offset returned do not match, wherever lines
 * are taken to end, since they hold none of the strings that a match needs. Returns `from` if that is unknown.
 */
size_t ps_find_barren(const struct ps_finder *finder, const uint8_t *text, size_t from, size_t limit);

/* A step starts: the time after which the search pauses counts from here. */
void ps_finder_begin(struct ps_finder *finder);

/* Whether it is time for a pause. If lines are slow, the caller ends its step then. */
bool ps_finder_is_tired(const struct ps_finder *finder);

/*
 * Gives the finder a function that says whether the search is over. It asks every few hundredths of a second while it
 * works on a line that takes long; when the search is over, ps_find_line and ps_find_spans return PS_PAUSED.
 */
void ps_finder_watch(struct ps_finder *finder, ps_over *over, const void *context);

/*
 * Limits the processor time that a line may take: beyond it, the line is undecided; of a whole text, all from there on.
 * Work that takes time in proportion to the line's length alone may not notice. 0: no limit.
 */
void ps_finder_limit_line(struct ps_finder *finder, uint64_t nanoseconds);

/* Forgets the text that ps_find_line was given last: it may be changed now, or another one searched. */
void ps_finder_forget(struct ps_finder *finder);

/*
 * Finds the matches in one line (without its terminator), from left to right, none overlapping, empty ones included;
 * only those that begin less than `max_distance` bytes after the first. Of several patterns the leftmost match counts;
 * of matches that begin together, the one of the pattern given first (with options.longest the longest, unless a
 * pattern is not regular). Each search starts where the last match ended, or one character later if that was empty;
 * an empty match exactly where the last one ended is passed over. *spans stays valid until the finder's next call.
 * SEARCH_OK, SEARCH_ENOMEM, PS_UNDECIDED, or PS_PAUSED: the search is over.
 */
int ps_find_spans(struct ps_finder *finder, const uint8_t *line, size_t length, size_t max_distance,
		  const struct search_span **spans, size_t *count);

/*
 * For a matcher of whole texts. ps_finder_begin_text() starts the search for the matches in text[0, length), which
 * stays there unchanged until ps_finder_end_text(). SEARCH_OK or SEARCH_ENOMEM.
 *
 * ps_find_match() finds the next one, by the rules of ps_find_spans(); except that an empty match where the last one
 * ended is passed over only if that is in the same line. Returns
 *   PS_FOUND       and *span
 *   PS_NONE
 *   PS_UNDECIDED   no match is known from ps_finder_text_at() on, and none will be found
 *   PS_PAUSED      call again
 *   SEARCH_ENOMEM
 */
int ps_finder_begin_text(struct ps_finder *finder, const uint8_t *text, size_t length);
int ps_find_match(struct ps_finder *finder, struct search_span *span);
void ps_finder_end_text(struct ps_finder *finder);

/*
 * If the options asked for groups: adds those of the match that ps_find_match() has found last to the list that
 * ps_found_groups() returns, which is emptied before if this is the `first`. Sets span->first_group. SEARCH_OK,
 * SEARCH_ENOMEM, PS_UNDECIDED, or PS_PAUSED: the search is over. ps_match_groups() is that list, for the caller to
 * change.
 */
int ps_find_match_groups(struct ps_finder *finder, struct search_span *span, bool first);
struct search_group *ps_match_groups(struct ps_finder *finder, size_t *count);

/* The place in the text from which on the next match is looked for. */
size_t ps_finder_text_at(struct ps_finder *finder);

/*
 * The groups of the spans that ps_find_spans has found last, if the options asked for them: of the first span, then of
 * the second, ...; they stay valid as long.
 */
const struct search_group *ps_found_groups(const struct ps_finder *finder, size_t *count);

/* How many groups a pattern has, and their names from 1 on (NULL: none), if the options asked for groups. */
size_t ps_matcher_group_count(const struct ps_matcher *matcher, size_t pattern);
const char *ps_matcher_group_name(const struct ps_matcher *matcher, size_t pattern, size_t group);

/* Whether the last call returned PS_UNDECIDED for this limit. */
bool ps_finder_is_late(const struct ps_finder *finder);

/* Why the last call returned PS_UNDECIDED: a sentence for an ERROR item. */
const char *ps_finder_reason(const struct ps_finder *finder);

#endif
