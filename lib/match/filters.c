/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filters.c - joins the patterns to one tree, and makes of it what helps.
 *
 * Words and lines are conditions around each pattern, as in matcher.c.
 */
#include "../base/base.h"

#include "../syntax/parse.h"
#include "filters.h"

#include <stdlib.h>
#include <string.h>

static bool add_assertion(struct ps_node *to, enum ps_assertion assertion)
{
	struct ps_node *node = ps_node_new(PS_NODE_ASSERT);

	if (node == NULL)
		return false;
	node->assertion = assertion;
	return ps_node_add(to, node);
}

/* The pattern between two conditions; NULL when memory is out. The pattern is used up. */
static struct ps_node *surround_pattern(struct ps_node *pattern, enum ps_assertion before, enum ps_assertion after)
{
	struct ps_node *cat = ps_node_new(PS_NODE_CAT);

	if (cat == NULL || !add_assertion(cat, before)) {
		ps_node_free(cat);
		ps_node_free(pattern);
		return NULL;
	}
	if (!ps_node_add(cat, pattern) || !add_assertion(cat, after)) {
		ps_node_free(cat);
		return NULL;
	}
	return cat;
}

static struct ps_node *wrap_pattern(struct ps_node *pattern, uint32_t flags)
{
	if ((flags & SEARCH_MATCH_LINE) != 0)
		return surround_pattern(pattern, PS_ASSERT_BEGIN, PS_ASSERT_END);
	if ((flags & SEARCH_MATCH_WORD) != 0)
		return surround_pattern(pattern, PS_ASSERT_AFTER_NO_WORD, PS_ASSERT_BEFORE_NO_WORD);
	return pattern;
}

/* \x is an x where the pattern ends, and NUL with something put behind it, as matcher.c may do. */
static bool ends_in_bare_x(const uint8_t *text, size_t length)
{
	return length >= 2 && text[length - 2] == '\\' && text[length - 1] == 'x';
}

static int parse_pattern(struct ps_ast *ast, const struct search_pattern *pattern, const struct ps_manner *manner)
{
	const uint8_t *text = (const uint8_t *)pattern->text;

	if ((manner->flags & SEARCH_MATCH_FIXED) != 0)
		return ps_parse_fixed(ast, text, pattern->length, &manner->dialect);
	if (ends_in_bare_x(text, pattern->length)) {
		*ast = (struct ps_ast){ .why = "\\x at the end" };
		return SEARCH_OK;
	}
	return ps_parse(ast, text, pattern->length, &manner->dialect);
}

/* Adds the pattern options->patterns[i] to the alternatives. */
static int add_pattern_tree(struct ps_regular *r, struct ps_node *all, const struct ps_match_options *options, size_t i,
			    const struct ps_manner *manner)
{
	struct ps_ast ast = { 0 };
	int rc = parse_pattern(&ast, &options->patterns[i], manner);
	struct ps_node *node = ast.root;

	if (rc == SEARCH_OK && !ast.exact) {
		r->exact = false;
		r->why = ast.why;
		r->why_of = i;
	}
	r->spans = r->spans && ast.spans;
	if (rc != SEARCH_OK || node == NULL) {
		r->known = false;
		ps_ast_free(&ast);
		return rc;
	}
	ast.root = NULL;
	ps_ast_free(&ast);
	node = wrap_pattern(node, manner->flags);
	return node != NULL && ps_node_add(all, node) ? SEARCH_OK : SEARCH_ENOMEM;
}

static int make_needles(struct ps_regular *r)
{
	const uint8_t *bytes[PS_STRINGS_MAX];
	size_t lengths[PS_STRINGS_MAX];

	if (r->strings.count == 1) {
		ps_needle_init(&r->needle, r->strings.list[0].bytes, r->strings.list[0].length);
		return SEARCH_OK;
	}
	for (size_t i = 0; i < r->strings.count; i++) {
		bytes[i] = r->strings.list[i].bytes;
		lengths[i] = r->strings.list[i].length;
	}
	return ps_needles_new(&r->needles, bytes, lengths, r->strings.count);
}

/* A program that is too large is none. */
static int make_program(struct ps_regular *r, const struct ps_node *all, struct ps_lines lines)
{
	int rc = ps_program_new(&r->program, all, lines);

	r->has_program = rc == SEARCH_OK;
	r->too_large = rc == SEARCH_EVERSION;
	return r->too_large ? SEARCH_OK : rc;
}

static int make_bitstreams(struct ps_regular *r, const struct ps_node *all, const struct ps_match_options *options)
{
	bool anyhow = (options->avoid & PS_AVOID_WEIGHING) != 0;

	if ((options->avoid & PS_AVOID_STREAMS) != 0 || !(anyhow || ps_simd_pick(options->cpu)->classifies))
		return SEARCH_OK;
	return ps_streams_new(&r->streams, all, ps_lines_of(options->flags), anyhow);
}

static int build_filters(struct ps_regular *r, const struct ps_node *all, const struct ps_match_options *options)
{
	struct ps_lines lines = ps_lines_of(options->flags);
	int rc = SEARCH_OK;

	if ((options->avoid & PS_AVOID_STRINGS) == 0)
		rc = ps_required(&r->strings, all, lines);
	r->strings.complete = r->strings.complete && r->exact;
	if (rc == SEARCH_OK && r->strings.known)
		rc = make_needles(r);
	else if (rc == SEARCH_OK)
		rc = make_bitstreams(r, all, options);
	if (rc == SEARCH_OK && (options->avoid & PS_AVOID_AUTOMATON) == 0)
		rc = make_program(r, all, lines);
	return rc;
}

int ps_regular_new(struct ps_regular *regular, const struct ps_match_options *options,
		   const struct ps_manner *manner)
{
	struct ps_node *all = ps_node_new(PS_NODE_ALT);
	struct ps_fold_table folds = { 0 };
	struct ps_manner shared = *manner;
	int rc = all != NULL ? SEARCH_OK : SEARCH_ENOMEM;

	*regular = (struct ps_regular){ .exact = true, .spans = true, .known = options->count > 0 };
	shared.dialect.folds = &folds;
	for (size_t i = 0; rc == SEARCH_OK && regular->known && i < options->count; i++)
		rc = add_pattern_tree(regular, all, options, i, &shared);
	ps_fold_free(&folds);
	if (rc == SEARCH_OK && regular->known)
		rc = build_filters(regular, all, options);
	if (rc == SEARCH_OK && regular->known && regular->exact && (options->avoid & PS_AVOID_AUTOMATON) == 0)
		regular->tree = all;
	else
		ps_node_free(all);
	if (rc != SEARCH_OK)
		ps_regular_free(regular);
	return rc;
}

int ps_regular_new_words(struct ps_regular *regular, const struct ps_words_trie *words,
			 const struct ps_match_options *options)
{
	struct ps_node *node = ps_node_new(PS_NODE_WORDS);
	int rc = SEARCH_ENOMEM;

	*regular = (struct ps_regular){ .exact = true };
	if (node != NULL) {
		node->words = words;
		node = wrap_pattern(node, options->flags);
	}
	if (node != NULL)
		rc = (options->avoid & PS_AVOID_AUTOMATON) == 0 ? make_program(regular, node, ps_lines_of(options->flags)) : SEARCH_OK;
	ps_node_free(node);
	if (rc != SEARCH_OK)
		ps_regular_free(regular);
	return rc;
}

void ps_regular_free(struct ps_regular *regular)
{
	ps_needles_free(regular->needles);
	free(regular->streams);
	ps_strings_free(&regular->strings);
	ps_program_free(&regular->program);
	ps_node_free(regular->tree);
	*regular = (struct ps_regular){ 0 };
}

const uint8_t *ps_regular_find(const struct ps_regular *regular, const struct ps_simd *simd,
			       const uint8_t *p, const uint8_t *end)
{
	size_t which = 0;

	if (regular->needles != NULL)
		/* cppcheck-suppress returnDanglingLifetime ; the answer points into the text */
		return simd->find_any(regular->needles, p, end, &which);
	return simd->find(&regular->needle, p, end);
}
