/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gram_terms.h - a condition on its way: ALL and ANY of trigrams, simplified as it grows. Private to trigrams.c,
 * and to gram_alternatives.c.
 *
 * A term belongs to its caller, or to the term that it is in. NULL is the term that always holds: it asks for nothing. An
 * ANY without children never holds. A term that would be too large becomes weaker; so does one for which there is no
 * memory, which sets *no_memory.
 */
#ifndef PS_GRAM_TERMS_H
#define PS_GRAM_TERMS_H

#include "gram_strings.h"
#include "trigrams.h"

enum {
	PS_TERM_CLAUSES_MAX = PS_CONDITION_MAX,
	PS_TERM_DEPTH_MAX = PS_CONDITION_DEPTH - 1 /* of an ANY, which may be put into an ALL */
};

struct ps_term {
	enum ps_clause_kind kind;
	uint32_t folded, as_is; /* GRAM: three bytes each, as ps_trigram_word() */
	bool has_capital;       /* GRAM: as_is counts */
	unsigned bits;          /* how seldom it may hold, as a logarithm */
	uint32_t size;          /* clauses that it consists of */
	uint32_t depth;
	struct ps_term **children;
	size_t count, space;
};

void ps_term_free(struct ps_term *term); /* NULL is fine */

/* Both hold. Uses them up. */
struct ps_term *ps_term_both(struct ps_term *a, struct ps_term *b, bool *no_memory);

/* All trigrams of a string, which is `left` and then `right`. */
struct ps_term *ps_term_of_string(const struct ps_gram_string *left, const struct ps_gram_string *right,
				  bool *no_memory);

/* ---- what a term is made of ---- */

struct ps_term *ps_term_new(enum ps_clause_kind kind, bool *no_memory);

/* What a term consists of if it is taken for an ALL: its children, or itself. */
struct ps_term *const *ps_term_parts(struct ps_term *const *term, size_t *count);

bool ps_term_add_child(struct ps_term *to, struct ps_term *child, bool *no_memory); /* uses the child up */
void ps_term_measure(struct ps_term *term); /* works out what follows from the children */

/* Adds a part, which is no ALL, to an ALL; unless that implies it, or is full. Uses it up. */
void ps_term_add_part(struct ps_term *all, struct ps_term *part, bool *no_memory);

/* An ALL of one part is that part; of none, nothing. What is no ALL stays. */
struct ps_term *ps_term_unwrap(struct ps_term *all);

/* Whether b holds wherever a does; both are trigrams. */
bool ps_gram_implies(const struct ps_term *a, const struct ps_term *b);
bool ps_grams_equal(const struct ps_term *a, const struct ps_term *b);

/* Whether a part of an ALL makes sure that another holds, as far as that is seen easily. */
bool ps_part_implies(struct ps_term *const *part, const struct ps_term *other);

/* ---- gram_alternatives.c ---- */

/* Terms of which one must hold. A zeroed one has none. */
struct ps_alternatives {
	struct ps_term **list;
	size_t count, space;
	struct ps_term *common; /* an ALL of the trigrams that each asks for, also those that were dropped; or NULL */
	bool begun;    /* one was added */
	uint32_t size; /* clauses of all in the list */
	uint32_t most; /* clauses that a term in the list may have; 0: the list is empty */
	bool vain;     /* one always holds, or they are too many: */
	bool large;
};

void ps_alternatives_add(struct ps_alternatives *a, struct ps_term *term, bool *no_memory); /* uses the term up */
struct ps_term *ps_alternatives_end(struct ps_alternatives *a, bool *no_memory);            /* and these the list */
void ps_alternatives_free(struct ps_alternatives *a);

#endif
