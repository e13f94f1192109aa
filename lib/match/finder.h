/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * finder.h - one thread's state for one matcher, as seen by the files that find lines (finder.c) and the matches in
 * them (spans.c). All of it belongs to one thread.
 */
#ifndef PS_FINDER_H
#define PS_FINDER_H

#include "../automaton/dfa.h"
#include "matcher.h"
#include "../onig/line_budget.h"
#include "../automaton/pike.h"
#include "../backtrack/backtrack.h"
#include "../automaton/span_dfa.h"

/* An automaton or bit streams, and the lines that they have noted in a block of text. */
struct reader {
	struct ps_dfa *dfa;         /* NULL: there is none, or it was given up */
	struct ps_bitstream_scanner *bitstreams;     /* instead of dfa; or NULL */
	bool dense;                 /* the streams let too much through: they do not read the rest of this text */
	bool exact;                 /* a line that it is sure of needs no confirmation */
	const uint8_t *text;        /* NULL: nothing has been read */
	size_t begin, end;          /* the block of it that was read */
	const struct ps_dfa_hit *hits;
	size_t count, next;
};

/* Where in the line at work matches may end, as the bit streams say: see ps_bitstream_ends. */
struct line_ends {
	const uint64_t *bits;
	size_t first, last; /* the bits of the line, and of its terminator: first to last - 1 */
};

/* The next line found by the dictionary, or by the strategy for the other patterns, if there are both. */
struct ahead {
	const uint8_t *text; /* NULL: not known */
	size_t limit;
	int found;           /* enum ps_found */
	struct ps_line line;
};

/* The next match of one pattern, of all of them, or of the dictionary. */
struct ps_next {
	struct search_span span; /* begin is SIZE_MAX: there is none */
	bool known;
};

enum ps_spans_by {
	PS_SPANS_BY_PATTERN,  /* byte kernels and Oniguruma, for each pattern by itself */
	PS_SPANS_BY_RUNS,     /* the only pattern is the runs of a class */
	PS_SPANS_BY_AUTOMATON, /* of all patterns together */
	PS_SPANS_BY_PIKE      /* the same by the simulation */
};

/* A view of a text: valid UTF-8. */
struct view {
	const uint8_t *text;
	size_t length;
	bool repaired;
};

/* A place in a view, and the same place in the text. */
struct text_place {
	size_t in_view, in_text;
};

/* The search for the matches in a whole text, one after the other: whole_text.c. */
struct text_search {
	const uint8_t *text;        /* as given */
	size_t length;
	struct view view;           /* what is searched: the text, or a copy of it */
	uint8_t *copy;              /* rewritten as UTF-8, and without the \r of terminators */
	size_t copy_size;
	size_t from;                /* in the view: the next match begins here or later */
	size_t last_end;            /* and where the last one ended; SIZE_MAX: there was none */
	size_t entered;             /* the host's limit on a line is for the work from here on, */
	size_t same_line;           /* up to where no other line begins, as far as is known; */
	unsigned searches;          /* with such a limit: how many were made, see ASK_SEARCHES */
	struct text_place place;    /* one, to find others from */
	bool stripped;              /* the view lacks the \r of terminators */
	struct search_span span;    /* the match that was found last, in the view, */
	size_t span_from;           /* and where the search for it started */
	bool simulated;             /* it has come to the last way of searching */
};

struct ps_finder {
	const struct ps_matcher *matcher;
	struct ps_engine *engine;   /* NULL: Oniguruma has not been asked yet */
	struct ps_line_budget budget;
	const char *reason;         /* why a line is undecided, unless Oniguruma gives the reason */
	struct ps_backtracker **backtrackers; /* of each pattern that has a ps_backtrack; made when needed first */
	struct ps_next *next;       /* of each pattern, or [0] of all together */
	struct ps_next word;
	struct ps_program span_program; /* made when needed first, as are the two that follow it; count 0: not yet */
	struct ps_pike *pike;
	struct ps_span_dfa *span_dfa;
	bool no_span_program;       /* it cannot be made */
	bool no_span_dfa;
	enum ps_spans_by spans_by;  /* what finds the spans of this line */
	struct search_span *spans;  /* what ps_find_spans returns */
	size_t spans_size;
	size_t spans_count;
	struct search_group *groups; /* of these spans, if they are wanted */
	size_t groups_size;
	size_t groups_count;
	uint8_t *repaired;          /* the last invalid line, rewritten */
	size_t repaired_size;
	/* within one ps_find_line */
	size_t valid_to;            /* the text is valid UTF-8 up to here */

	const uint8_t *slow_line;   /* the start of the line amid which the search paused last; NULL: none */
	size_t slow_length;
	size_t slow_pattern;        /* the patterns before this one have been asked about it */

	struct reader reader;
	struct reader word_reader;
	struct reader bitstream_reader;
	struct line_ends ends;      /* of the view that the automaton searches for spans */
	unsigned bitstream_rests;       /* how many more texts the streams do not read, as they let too much through */
	unsigned bitstream_rested;      /* how many these were the last time */
	struct ahead words, others;
	size_t filtered_lines;      /* lines that the filter let through, */
	size_t filtered_bytes;      /* and bytes that it read for them */
	bool filter_off;
	struct ps_condition *condition; /* that a line must fulfil; made when a line is about to be given up; NULL: not yet, */
	bool no_condition;              /* or there is none */
	unsigned order_vain;        /* lines in a row that strings in order did not decide */
	struct text_search whole;
};

/*
 * Whether a text that is about to be given up lacks trigrams that a match by the patterns outside of the dictionary
 * requires: condition.c says why that matters. PS_NONE: it does not match; PS_UNDECIDED; SEARCH_ENOMEM.
 */
int ps_finder_rule_out(struct ps_finder *finder, const uint8_t *text, size_t length);

/* Turns a view of a line that is not UTF-8 into a view of its rewritten copy. SEARCH_OK or SEARCH_ENOMEM. */
int ps_view_repair(struct ps_finder *finder, struct view *view);

/*
 * Makes sure that there is a simulation, or an automaton, that finds the spans of all patterns that are not in the
 * dictionary. SEARCH_OK, SEARCH_ENOMEM, or PS_UNDECIDED: no tree says exactly what they mean, or it is too large.
 */
int ps_finder_make_pike(struct ps_finder *finder);
int ps_finder_make_span_dfa(struct ps_finder *finder);

/* Whether the automaton for spans need not read all of this view. */
bool ps_finder_can_skip(struct ps_finder *finder, const struct view *view);

/*
 * The first match of all these patterns in the view, by the automaton (ps_span_dfa_search) or the simulation
 * (ps_pike_search). Also sets the reason if the budget is exhausted.
 */
int ps_finder_search_together(struct ps_finder *finder, const struct view *view, size_t from,
			      enum ps_spans_by by, struct search_span *span);

/* The best match at `from` or later, where each pattern is searched for by itself; it begins at SIZE_MAX: none. */
int ps_finder_search_each(struct ps_finder *finder, const struct view *view, size_t from, struct search_span *best);

/*
 * The first match of pattern `which`, which has an expression, within the line's budget: by backtracking if the pattern
 * is compiled for that and it does not give up, otherwise by ps_regex_search(). Then Oniguruma compiles the expression
 * if it has not yet.
 */
int ps_finder_ask(struct ps_finder *finder, size_t which, const struct view *view, size_t from,
		  struct search_span *span);

/* Makes what Oniguruma needs to be asked about the expression. SEARCH_OK, SEARCH_ENOMEM, or PS_UNDECIDED. */
int ps_finder_prepare_to_ask(struct ps_finder *finder, struct ps_expression *expression);

/* The same for its variant that ends where a match is known to end. */
int ps_finder_prepare_to_ask_about_end(struct ps_finder *finder, struct ps_expression *expression);

/* The place in the text of one in the view. Starts at *near, and leaves that there. */
size_t ps_text_place_near(const struct text_search *search, struct text_place *near, size_t at);

/* An empty match where the last span ends was passed over: the search for the next started behind it. */
void ps_finder_note_passed_over(struct ps_finder *finder);

/*
 * Is there time for one more span, or for its groups, in a line of this length? Asked before each, it looks at the
 * clock as often as is worth it. `done`: how many spans, or groups, there are so far.
 */
bool ps_finder_has_time(struct ps_finder *finder, size_t done, size_t length);

/* Finds the groups of all spans of the view. SEARCH_OK, SEARCH_ENOMEM or PS_UNDECIDED. */
int ps_finder_find_groups(struct ps_finder *finder, const struct view *view);

/* A new line: what asks about it knows nothing of it yet. */
void ps_finder_begin_asking(struct ps_finder *finder);

/* Oniguruma or the simulation is about to be asked: from now on the time to the next pause runs. */
void ps_finder_note_work(struct ps_finder *finder);

/* Whether the view holds the pattern's needle at `from` or later. */
static inline bool ps_view_holds(const struct ps_simd *simd, const struct ps_pattern *p, const struct view *view,
				 size_t from)
{
	return simd->find(&p->needle, view->text + from, view->text + view->length) != NULL;
}

#endif
