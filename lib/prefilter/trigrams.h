/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trigrams.h - which trigrams a text must hold for a pattern to match in it: a condition of ALL and ANY.
 */
#ifndef PS_TRIGRAMS_H
#define PS_TRIGRAMS_H

#include "../base/base.h"
#include "../simd/trigram.h"

enum ps_clause_kind {
	PS_CLAUSE_ALL,  /* holds if all of its children do */
	PS_CLAUSE_ANY,  /* if one of them does; without children never */
	PS_CLAUSE_GRAM  /* if the trigram occurs */
};

/* The children of a clause follow it: from the next one up to `end`, each with its own children. */
struct ps_clause {
	uint8_t kind;     /* enum ps_clause_kind */
	bool has_capital; /* GRAM: `as_is` must occur, too */
	uint8_t text[3];  /* GRAM: folded, unless has_capital; for people */
	uint32_t end;     /* index after the last of its descendants */
	uint32_t folded;  /* GRAM: ps_trigram_hash() */
	uint32_t as_is;   /* GRAM: ps_trigram_hash_as_is() */
};

/* Constant once made. The first clause is the whole. */
#define PS_CONDITION_MAX 256 /* clauses, */
#define PS_CONDITION_DEPTH 9 /* and how deep they are nested */
struct ps_condition {
	struct ps_clause *clauses;
	uint32_t count;  /* at least 1 */
	bool other_case; /* a letter in any case stands for characters outside ASCII, too: k for U+212A, s for U+017F. A
	                    text that holds one of these two fulfils the condition */
};

void ps_condition_free(struct ps_condition *condition); /* NULL is fine */

/*
 * Whether a text fulfils it: trigrams_hold.c. Two trigrams with the same hash count as one, as in signatures.
 * SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_condition_holds(const struct ps_condition *condition, const uint8_t *text, size_t length, bool *holds);

struct ps_node;
struct ps_condition_draft;

/*
 * A condition on its way. `whole`: a match may reach over line ends; otherwise the text is a line, which holds no
 * newline. NULL: out of memory.
 */
struct ps_condition_draft *ps_condition_draft_new(bool whole);
void ps_condition_draft_free(struct ps_condition_draft *draft); /* NULL is fine */

/*
 * Something else that may match: a regular tree (NULL: nothing is known of it), or a string. SEARCH_OK or
 * SEARCH_ENOMEM.
 */
int ps_condition_draft_add_tree(struct ps_condition_draft *draft, const struct ps_node *root);
int ps_condition_draft_add_string(struct ps_condition_draft *draft, const uint8_t *bytes, size_t length);

/* Whatever is added, there will be no condition: one of these requires nothing, or there are too many. */
bool ps_condition_draft_is_vain(const struct ps_condition_draft *draft);

bool ps_condition_draft_is_large(const struct ps_condition_draft *draft); /* the latter */

/*
 * Makes the condition of all that was added; with nothing added, nothing fulfils it. Frees the draft in any case. *out
 * is NULL if nothing is required. SEARCH_OK or SEARCH_ENOMEM.
 */
int ps_condition_draft_end(struct ps_condition_draft *draft, struct ps_condition **out);

#endif
