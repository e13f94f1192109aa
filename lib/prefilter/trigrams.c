/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trigrams.c - from a tree to the trigrams that a match requires.
 *
 * The idea: a match holds strings that follow from the pattern, and these hold trigrams. Each node is given, from the
 * leaves up, either
 *   exact   all strings that it matches, as long as they are few and short;
 * or
 *   prefix  strings with one of which each of its matches begins, of up to two symbols,
 *   suffix  and with one of which it ends,
 *   term    and which trigrams are in it: ALL or ANY of them (gram_terms.h).
 * A sequence multiplies exact sets as long as the product is small. Otherwise it asks for the trigrams of what is
 * before and after the joint, and for those over it: each suffix with each prefix. An alternation asks for ANY of what
 * its branches ask for. Only bounds lose something that is required: beyond one the condition is weaker, never wrong.
 *
 * Assertions count as the empty string. This runs on the caller's stack, which may be small: so the sets are on the heap,
 * and nothing is known of what is nested deeper than DEPTH_MAX.
 */
#include "trigrams.h"

#include "../syntax/ast.h"
#include "gram_characters.h"
#include "gram_terms.h"

#include <string.h>

enum {
	DEPTH_MAX = 64,
	PRODUCT_MAX = 32, /* pairs at a joint of which trigrams are asked for */
	COPIES_MAX = 15   /* of what is repeated */
};

/* What is known of a node. */
struct info {
	struct ps_gram_strings exact;
	/* unless that is known: */
	struct ps_gram_strings prefix, suffix;
	struct ps_term *term; /* always NULL if `exact` is known */
};

struct ps_condition_draft {
	struct ps_alternatives alternatives;
	bool whole;
	bool other_case;
	bool no_memory; /* what was found since means nothing */
};

static struct info *analyse_node(struct ps_condition_draft *d, const struct ps_node *node, int depth);

/* ---- what is known of a node ---- */

/* Nothing is known yet. NULL: out of memory. */
static struct info *new_info(struct ps_condition_draft *d)
{
	struct info *info = malloc(sizeof(*info));

	if (info == NULL) {
		d->no_memory = true;
		return NULL;
	}
	info->exact.known = info->prefix.known = info->suffix.known = false;
	info->exact.count = info->prefix.count = info->suffix.count = 0;
	info->term = NULL;
	return info;
}

static struct info *new_empty_info(struct ps_condition_draft *d)
{
	struct info *info = new_info(d);

	if (info != NULL)
		ps_gram_strings_init_empty(&info->exact);
	return info;
}

static void free_info(struct info *info)
{
	if (info != NULL)
		ps_term_free(info->term);
	free(info);
}

/* A set that is not known, as one to go through: the empty string is part of any. */
static void init_end(struct ps_gram_strings *to, const struct ps_gram_strings *from, bool from_end)
{
	ps_gram_strings_copy(to, from);
	ps_gram_strings_cut(to, 2, from_end);
	if (!to->known)
		ps_gram_strings_init_empty(to);
}

/* One of these strings: each of `left` before each of `right`. */
static struct ps_term *term_of_pairs(struct ps_condition_draft *d, const struct ps_gram_strings *left,
				     const struct ps_gram_strings *right)
{
	struct ps_alternatives any = { 0 };

	if ((size_t)left->count * right->count > PRODUCT_MAX)
		return NULL;
	for (size_t i = 0; i < left->count && !any.vain; i++)
		for (size_t k = 0; k < right->count && !any.vain; k++)
			ps_alternatives_add(&any, ps_term_of_string(&left->list[i], &right->list[k], &d->no_memory),
					    &d->no_memory);
	return ps_alternatives_end(&any, &d->no_memory);
}

static struct ps_term *term_of_strings(struct ps_condition_draft *d, const struct ps_gram_strings *strings)
{
	struct ps_gram_strings nothing;

	ps_gram_strings_init_empty(&nothing);
	return term_of_pairs(d, strings, &nothing);
}

/* What it requires; uses up info->term. */
static struct ps_term *take_term(struct ps_condition_draft *d, struct info *info)
{
	struct ps_term *term = info->exact.known ? term_of_strings(d, &info->exact) : info->term;

	info->term = NULL;
	return term;
}

/* Goes over from exact strings to what they begin and end with, and hold. */
static void loosen_info(struct ps_condition_draft *d, struct info *info)
{
	if (!info->exact.known)
		return;
	info->term = term_of_strings(d, &info->exact);
	ps_gram_strings_copy(&info->prefix, &info->exact);
	ps_gram_strings_copy(&info->suffix, &info->exact);
	ps_gram_strings_cut(&info->prefix, 2, false);
	ps_gram_strings_cut(&info->suffix, 2, true);
	info->exact.known = false;
	info->exact.count = 0;
}

static struct info *analyse_set(struct ps_condition_draft *d, const struct ps_set *set)
{
	struct info *info = new_info(d);

	if (info != NULL)
		ps_gram_strings_of_set(&info->exact, set, d->whole, &d->other_case);
	return info;
}

/* ---- sequences ---- */

/* The suffix of a sequence: what is before `right` ends with one of `before`. The mirror image for a prefix. */
static void extend_end(struct ps_gram_strings *to, const struct ps_gram_strings *before,
		       const struct ps_gram_strings *exact, bool from_end)
{
	struct ps_gram_strings rest;

	init_end(&rest, before, from_end);
	if (from_end)
		ps_gram_strings_multiply(to, &rest, exact);
	else
		ps_gram_strings_multiply(to, exact, &rest);
	if (!to->known) /* too many, or too long: what is nearest to the end is enough */
		ps_gram_strings_copy(to, exact);
	ps_gram_strings_cut(to, 2, from_end);
}

/* The trigrams over the joint, and those of the side that is exact, if only one is. */
static struct ps_term *term_of_joint(struct ps_condition_draft *d, const struct info *left, const struct info *right)
{
	struct ps_gram_strings before, after;
	struct ps_term *term;
	bool both = left->exact.known && right->exact.known;

	init_end(&before, left->exact.known ? &left->exact : &left->suffix, true);
	init_end(&after, right->exact.known ? &right->exact : &right->prefix, false);
	if (!both && left->exact.known)
		term = term_of_pairs(d, &left->exact, &after);
	else if (!both && right->exact.known)
		term = term_of_pairs(d, &before, &right->exact);
	else
		term = term_of_pairs(d, &before, &after);
	return term;
}

/* What both sides and the joint require, in the order of the text. Uses up both terms. */
static struct ps_term *term_of_both(struct ps_condition_draft *d, struct info *left, struct info *right)
{
	bool one = left->exact.known != right->exact.known;
	struct ps_term *joint = term_of_joint(d, left, right), *term = NULL;

	if (joint == NULL || !one || !left->exact.known)
		term = take_term(d, left);
	term = ps_term_both(term, joint, &d->no_memory);
	if (joint == NULL || !one || !right->exact.known)
		term = ps_term_both(term, take_term(d, right), &d->no_memory);
	return term;
}

/* left = left, then right, whose term is used up. Not inlined: the callers are many on the stack. */
__attribute__((noinline))
static void append_info(struct ps_condition_draft *d, struct info *left, struct info *right)
{
	struct ps_gram_strings product, prefix, suffix;

	ps_gram_strings_multiply(&product, &left->exact, &right->exact);
	if (product.known) {
		ps_gram_strings_copy(&left->exact, &product);
		return;
	}
	left->term = term_of_both(d, left, right);
	if (left->exact.known)
		extend_end(&prefix, right->exact.known ? &right->exact : &right->prefix, &left->exact, false);
	else
		ps_gram_strings_copy(&prefix, &left->prefix);
	if (right->exact.known)
		extend_end(&suffix, left->exact.known ? &left->exact : &left->suffix, &right->exact, true);
	else
		ps_gram_strings_copy(&suffix, &right->suffix);
	left->exact.known = false;
	left->exact.count = 0;
	ps_gram_strings_copy(&left->prefix, &prefix);
	ps_gram_strings_copy(&left->suffix, &suffix);
}

static struct info *analyse_cat(struct ps_condition_draft *d, const struct ps_node *node, int depth)
{
	struct info *info = new_empty_info(d);

	for (size_t i = 0; info != NULL && i < node->count; i++) {
		struct info *child = analyse_node(d, node->children[i], depth);

		if (child == NULL) {
			free_info(info);
			return NULL;
		}
		append_info(d, info, child);
		free_info(child);
		if (info->term != NULL && info->term->size >= PS_TERM_CLAUSES_MAX - 1 && !info->exact.known) {
			info->suffix.known = false; /* there is no room for what follows */
			info->suffix.count = 0;
			break;
		}
	}
	return info;
}

/* ---- alternatives ---- */

/* all = all, or child, whose term is used up. */
__attribute__((noinline))
static void unite_infos(struct ps_condition_draft *d, struct info *all, struct info *child,
			struct ps_alternatives *terms)
{
	struct ps_gram_strings exact;

	ps_gram_strings_copy(&exact, &all->exact);
	ps_gram_strings_unite(&all->exact, &child->exact);
	if (exact.known && !all->exact.known) { /* from here on */
		ps_gram_strings_copy(&all->exact, &exact);
		loosen_info(d, all);
		ps_alternatives_add(terms, all->term, &d->no_memory);
		all->term = NULL;
	}
	if (all->exact.known)
		return;
	loosen_info(d, child);
	ps_gram_strings_unite_ends(&all->prefix, &child->prefix, false);
	ps_gram_strings_unite_ends(&all->suffix, &child->suffix, true);
	ps_alternatives_add(terms, child->term, &d->no_memory);
	child->term = NULL;
}

static bool is_known(const struct info *info)
{
	return info->exact.known || info->prefix.known || info->suffix.known;
}

static struct info *analyse_alt(struct ps_condition_draft *d, const struct ps_node *node, int depth)
{
	struct ps_alternatives terms = { 0 };
	struct info *info = new_info(d);

	if (info != NULL)
		ps_gram_strings_init(&info->exact);
	for (size_t i = 0; info != NULL && i < node->count && (is_known(info) || !terms.vain); i++) {
		struct info *child = analyse_node(d, node->children[i], depth);

		if (child != NULL) {
			unite_infos(d, info, child, &terms);
			free_info(child);
			continue;
		}
		free_info(info);
		info = NULL;
	}
	if (info != NULL && !info->exact.known)
		info->term = ps_alternatives_end(&terms, &d->no_memory);
	ps_alternatives_free(&terms);
	return info;
}

/* ---- repeats ---- */

/* At least `copies` times the same, one after the other; `more`: perhaps more often, with anything between. */
static struct info *repeat_info(struct ps_condition_draft *d, const struct ps_node *child, int depth, uint32_t copies,
				bool more)
{
	struct info *one = analyse_node(d, child, depth), *all = new_empty_info(d);

	for (uint32_t i = 0; one != NULL && all != NULL && i < copies; i++)
		append_info(d, all, one);
	free_info(one);
	if (all != NULL && more)
		loosen_info(d, all);
	return all;
}

static struct info *analyse_repeat(struct ps_condition_draft *d, const struct ps_node *node, int depth)
{
	uint32_t copies = (uint32_t)ps_min(node->min, COPIES_MAX);
	struct ps_gram_string nothing = { .length = 0 };
	struct info *info;

	if (node->max == 0)
		return new_empty_info(d);
	if (node->min > 0)
		return repeat_info(d, node->children[0], depth, copies, node->max > copies);
	if (node->max > 1)
		return new_info(d);
	info = analyse_node(d, node->children[0], depth);
	if (info == NULL)
		return NULL;
	ps_gram_strings_add(&info->exact, &nothing);
	if (info->exact.known)
		return info;
	free_info(info);
	return new_info(d);
}

/* NULL: out of memory. */
static struct info *analyse_node(struct ps_condition_draft *d, const struct ps_node *node, int depth)
{
	if (depth++ == DEPTH_MAX)
		return new_info(d);
	switch (node->kind) {
	case PS_NODE_EMPTY:
	case PS_NODE_ASSERT:
		return new_empty_info(d);
	case PS_NODE_SET:
		return analyse_set(d, &node->set);
	case PS_NODE_CAT:
		return analyse_cat(d, node, depth);
	case PS_NODE_ALT:
		return analyse_alt(d, node, depth);
	case PS_NODE_REPEAT:
		return analyse_repeat(d, node, depth);
	case PS_NODE_DICTIONARY: /* its strings are added one by one */
	case PS_NODE_GROUP:      /* these are not in a regular tree */
	case PS_NODE_REFERENCE:
	case PS_NODE_LOOK:
	case PS_NODE_ATOMIC:
		break;
	}
	return new_info(d);
}

/* ---- the condition ---- */

struct ps_condition_draft *ps_condition_draft_new(bool whole)
{
	struct ps_condition_draft *draft = calloc(1, sizeof(*draft));

	if (draft != NULL)
		draft->whole = whole;
	return draft;
}

void ps_condition_draft_free(struct ps_condition_draft *draft)
{
	if (draft != NULL)
		ps_alternatives_free(&draft->alternatives);
	free(draft);
}

bool ps_condition_draft_is_vain(const struct ps_condition_draft *draft)
{
	return draft->alternatives.vain;
}

bool ps_condition_draft_is_large(const struct ps_condition_draft *draft)
{
	return draft->alternatives.large;
}

/* Uses the info up. */
static int add_info(struct ps_condition_draft *d, struct info *info)
{
	if (info != NULL)
		ps_alternatives_add(&d->alternatives, take_term(d, info), &d->no_memory);
	free_info(info);
	return d->no_memory ? SEARCH_ENOMEM : SEARCH_OK;
}

int ps_condition_draft_add_tree(struct ps_condition_draft *draft, const struct ps_node *root)
{
	return add_info(draft, root != NULL ? analyse_node(draft, root, 0) : new_info(draft));
}

int ps_condition_draft_add_string(struct ps_condition_draft *draft, const uint8_t *bytes, size_t length)
{
	static const struct ps_set nothing;
	struct info *info = new_empty_info(draft), *next = new_empty_info(draft);

	for (size_t i = 0; info != NULL && next != NULL && i < length; i++) {
		next->exact.list[0].length = 1;
		next->exact.list[0].symbols[0] = ps_gram_symbol(&nothing, bytes[i], draft->whole);
		append_info(draft, info, next);
		if (info->term != NULL && info->term->size >= PS_TERM_CLAUSES_MAX - 1)
			break;
	}
	free_info(next);
	return add_info(draft, info);
}

static void write_bytes(uint8_t text[3], uint32_t word)
{
	for (size_t i = 0; i < 3; i++)
		text[i] = (uint8_t)(word >> 8 * i & 0xFF);
}

static void write_term(struct ps_condition *c, const struct ps_term *term)
{
	struct ps_clause *clause = &c->clauses[c->count++];

	*clause = (struct ps_clause){ .kind = (uint8_t)term->kind, .has_capital = term->has_capital };
	if (term->kind == PS_CLAUSE_GRAM) {
		write_bytes(clause->text, term->has_capital ? term->as_is : term->folded);
		clause->folded = ps_trigram_hash(term->folded);
		clause->as_is = term->has_capital ? ps_trigram_hash_as_is(term->as_is) : 0;
	}
	for (size_t i = 0; i < term->count; i++)
		write_term(c, term->children[i]); /* PS_TERM_DEPTH_MAX bounds this */
	clause->end = c->count;
}

void ps_condition_free(struct ps_condition *condition)
{
	if (condition != NULL)
		free(condition->clauses);
	free(condition);
}

static struct ps_condition *write_condition(const struct ps_term *term, bool other_case)
{
	struct ps_condition *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->other_case = other_case;
	c->clauses = calloc(term->size, sizeof(*c->clauses));
	if (c->clauses == NULL) {
		free(c);
		return NULL;
	}
	write_term(c, term);
	PS_ASSERT(c->count == term->size);
	return c;
}

int ps_condition_draft_end(struct ps_condition_draft *draft, struct ps_condition **out)
{
	struct ps_term *term = ps_alternatives_end(&draft->alternatives, &draft->no_memory);
	int rc = draft->no_memory ? SEARCH_ENOMEM : SEARCH_OK;

	*out = NULL;
	if (term != NULL && rc == SEARCH_OK) {
		*out = write_condition(term, draft->other_case);
		rc = *out != NULL ? SEARCH_OK : SEARCH_ENOMEM;
	}
	ps_term_free(term);
	ps_condition_draft_free(draft);
	return rc;
}
