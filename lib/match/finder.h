/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * finder.h - one thread's state, for the files that find lines (finder.c) and the
 * matches in them (spans.c). All of it belongs to one thread.
 */
#ifndef PS_FINDER_H
#define PS_FINDER_H

#include "../automaton/dfa.h"
#include "matcher.h"
#include "../onig/line_budget.h"
#include "../automaton/pike.h"

/* An automaton or streams, and what they have found in a block of text. */
struct reader {
	struct ps_dfa *dfa;         /* NULL: none, or given up */
	struct ps_bitstream_scanner *bitstreams;     /* in the place of dfa; or NULL */
	bool dense;                 /* the streams are not for the rest of this text */
	bool exact;                 /* what it is sure of needs no confirmation */
	const uint8_t *text;        /* NULL: nothing was read */
	size_t begin, end;          /* what of it was read */
	const struct ps_dfa_hit *hits;
	size_t count, next;
};

/* The next line that one of the two ways finds, when there are words and other patterns. */
struct ahead {
	const uint8_t *text; /* NULL: not known */
	size_t limit;
	int found;           /* enum ps_found */
	struct ps_line line;
};

/* The next match of a pattern, of all of them, or of the words. */
struct ps_next {
	struct search_span span; /* begin SIZE_MAX: there is none */
	bool known;
};

struct ps_finder {
	const struct ps_matcher *matcher;
	struct ps_engine *engine;   /* NULL when no pattern has a regex */
	struct ps_line_budget budget;
	const char *reason;         /* why a line is undecided, where it is not Oniguruma that says it */
	struct ps_next *next;       /* of every pattern, or [0] of all together (pike) */
	struct ps_next word;
	struct ps_program span_program;
	struct ps_pike *pike;       /* made when first needed */
	bool no_pike;               /* it cannot be made */
	bool by_pike;               /* spans are found by it in this line */
	struct search_span *spans;  /* what ps_find_spans answers */
	size_t spans_size;
	size_t spans_count;
	uint8_t *repaired;          /* the last invalid line, rewritten */
	size_t repaired_size;
	/* within one ps_find_line */
	size_t valid_to;            /* text up to here is valid */

	const uint8_t *slow_line;   /* where the line begins at which it was paused last; NULL: none */
	size_t slow_length;
	size_t slow_pattern;        /* of which the patterns before were asked */

	struct reader reader;
	struct reader word_reader;
	struct reader bitstream_reader;
	unsigned bitstream_rests;       /* so many more texts are not for the streams, as too many lines were found */
	unsigned bitstream_rested;      /* that the last time */
	struct ahead words, others;
	size_t filtered_lines;      /* that the filter let through, */
	size_t filtered_bytes;      /* out of so many */
	bool filter_off;
};

/* A line as the patterns see it. */
struct view {
	const uint8_t *text;
	size_t length;
	bool repaired;
};

/* Makes a view of a line that is not UTF-8 one of its rewritten copy. SEARCH_OK or SEARCH_ENOMEM. */
int ps_view_repair(struct ps_finder *finder, struct view *view);

/*
 * Makes sure that there is a simulation of all patterns but the words. SEARCH_OK, SEARCH_ENOMEM, or
 * PS_UNDECIDED: they have no tree that says what they mean, or too large a one.
 */
int ps_finder_pike(struct ps_finder *finder);

/* ps_pike_search of the simulation, which says why it gives up. */
int ps_finder_simulate(struct ps_finder *finder, const struct view *view, size_t from, bool longest,
		       struct search_span *span);

/* ps_regex_search of a pattern that has a regex, with budget. */
int ps_finder_ask(struct ps_finder *finder, const struct ps_pattern *pattern, const struct view *view, size_t from,
		  struct search_span *span);

/* Oniguruma or the simulation are about to be asked: the time runs after which there is a rest. */
void ps_finder_note_work(struct ps_finder *finder);

/* Whether the pattern's needle stands in the view from `from` on. */
static inline bool ps_view_holds(const struct ps_simd *simd, const struct ps_pattern *p, const struct view *view,
				 size_t from)
{
	return simd->find(&p->needle, view->text + from, view->text + view->length) != NULL;
}

#endif
