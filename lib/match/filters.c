/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filters.c - joins the patterns to one tree, and derives the filters from it.
 *
 * For whole words and lines, each pattern is put between two conditions, as pattern.c does for Oniguruma.
 */
#include "../base/base.h"

#include "../pattern/pattern.h"
#include "../syntax/never.h"
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

/* The pattern between two conditions; NULL: out of memory. Takes the pattern over in any case. */
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
	if ((flags & SEARCH_MATCH_LINE) != 0 && ps_lines_of(flags).whole)
		return surround_pattern(pattern, PS_ASSERT_LINE_BEGIN, PS_ASSERT_LINE_END);
	if ((flags & SEARCH_MATCH_LINE) != 0)
		return surround_pattern(pattern, PS_ASSERT_BEGIN, PS_ASSERT_END);
	if ((flags & SEARCH_MATCH_WORD) != 0)
		return surround_pattern(pattern, PS_ASSERT_AFTER_NO_WORD, PS_ASSERT_BEFORE_NO_WORD);
	return pattern;
}

/* At the end of a pattern, \x is an x; with something put after it, as pattern.c may do, it is NUL. */
static bool ends_in_bare_x(const uint8_t *text, size_t length)
{
	return length >= 2 && text[length - 2] == '\\' && text[length - 1] == 'x';
}

static int parse_pattern(struct ps_ast *ast, const struct search_pattern *pattern, const struct ps_pattern_mode *mode)
{
	const uint8_t *text = (const uint8_t *)pattern->text;

	if ((mode->flags & SEARCH_MATCH_FIXED) != 0)
		return ps_parse_fixed(ast, text, pattern->length, &mode->dialect);
	if (ends_in_bare_x(text, pattern->length)) {
		*ast = (struct ps_ast){ .why = "\\x at the end" };
		return SEARCH_OK;
	}
	return ps_parse(ast, text, pattern->length, &mode->dialect);
}

/* Whether it may see that its line is not all of the text: only a tree that is exact can rule that out. */
static bool may_pass_lines(const struct ps_ast *ast)
{
	const struct ps_node *exact = ast->exact ? ast->root : ast->full;

	return exact == NULL || ps_node_passes_lines(exact);
}

/* Compiles the wrapped tree for backtracking. It is no failure if that is too large. */
static int make_backtrack(struct ps_filters *f, const struct ps_node *full, const struct ps_match_options *options,
			  size_t i)
{
	int rc = SEARCH_OK;

	if ((options->avoid & PS_AVOID_BACKTRACKING) == 0)
		rc = ps_backtrack_new(&f->backtracks[i], full);
	return rc == SEARCH_EVERSION ? SEARCH_OK : rc;
}

/*
 * For a pattern that is not regular: compiles its tree for backtracking, and puts a closer regular tree into the place
 * of *node. Takes over the tree; both are wrapped.
 */
static int add_full_tree(struct ps_filters *f, struct ps_node *full, const struct ps_match_options *options, size_t i,
			 struct ps_node **node, bool *exact)
{
	struct ps_node *regular;
	int rc;

	if (full == NULL)
		return SEARCH_ENOMEM;
	rc = make_backtrack(f, full, options, i);
	if (rc == SEARCH_OK)
		rc = ps_tree_regular(&regular, full, exact);
	ps_node_free(full);
	if (rc != SEARCH_OK)
		return rc == SEARCH_EVERSION ? SEARCH_OK : rc;
	ps_node_free(*node);
	*node = regular;
	f->elsewhere = true;
	return SEARCH_OK;
}

/* Notes the pattern if it can never match. */
static void note_never(struct ps_filters *f, const struct ps_node *tree, size_t i, const struct ps_pattern_mode *mode)
{
	const struct ps_lines lines = ps_lines_of(mode->flags);

	if (f->never != SEARCH_NEVER_NONE || tree == NULL)
		return;
	f->never = ps_tree_never(tree, lines.whole ? PS_NO_LINE_END : (uint32_t)lines.end);
	f->never_of = i;
}

/* Adds the tree of options->patterns[i] to the alternatives. *valid: as in ps_filters_parse. */
static int add_pattern_tree(struct ps_filters *f, const struct ps_match_options *options, size_t i,
			    const struct ps_pattern_mode *mode, bool *valid)
{
	struct ps_ast ast = { 0 };
	int rc = parse_pattern(&ast, &options->patterns[i], mode);
	struct ps_node *node = ast.root, *full = ast.full;
	bool exact = ast.exact;

	f->spans = f->spans && ast.spans;
	f->known = f->known && rc == SEARCH_OK && node != NULL;
	ast.root = ast.full = NULL;
	if (node != NULL)
		node = wrap_pattern(node, mode->flags);
	if (node == NULL && f->known)
		rc = SEARCH_ENOMEM;
	note_never(f, full != NULL ? full : node, i, mode);
	if (full != NULL && rc == SEARCH_OK)
		rc = add_full_tree(f, wrap_pattern(full, mode->flags), options, i, &node, &exact);
	else
		ps_node_free(full);
	if (rc == SEARCH_OK && !exact) {
		f->exact = false;
		f->why = ast.why;
		f->why_of = i;
	}
	*valid = rc == SEARCH_OK && ast.valid;
	ps_ast_free(&ast);
	if (rc == SEARCH_OK && f->known)
		return ps_node_add(f->tree, node) ? SEARCH_OK : SEARCH_ENOMEM;
	ps_node_free(node);
	return rc;
}

static int make_needles(struct ps_needle *needle, struct ps_needles **needles, const struct ps_literal_set *set)
{
	const uint8_t *bytes[PS_LITERALS_MAX];
	size_t lengths[PS_LITERALS_MAX];

	if (set->count == 1) {
		ps_needle_init(needle, set->list[0].bytes, set->list[0].length);
		return SEARCH_OK;
	}
	for (size_t i = 0; i < set->count; i++) {
		bytes[i] = set->list[i].bytes;
		lengths[i] = set->list[i].length;
	}
	return ps_needles_new(needles, bytes, lengths, set->count);
}

/* Literals with terminators, if there are such, and they rule out more lines than those without. */
static int make_borders(struct ps_filters *f, const struct ps_node *all, struct ps_lines lines)
{
	int rc = ps_required_literals(&f->borders, all, lines, true);

	f->borders.complete = f->borders.complete && f->exact;
	if (rc != SEARCH_OK || !f->borders.known)
		return rc;
	if (!f->borders.borders || ps_literal_set_bits(&f->borders) <= ps_literal_set_bits(&f->literals)) {
		ps_literal_set_free(&f->borders);
		return SEARCH_OK;
	}
	return make_needles(&f->border_needle, &f->border_needles, &f->borders);
}

/* If the program is too large, there is none. */
static int make_program(struct ps_filters *f, const struct ps_node *all, struct ps_lines lines)
{
	int rc = ps_program_new(&f->program, all, lines);

	f->has_program = rc == SEARCH_OK;
	f->too_large = rc == SEARCH_EVERSION;
	return f->too_large ? SEARCH_OK : rc;
}

static int make_bitstreams(struct ps_filters *f, const struct ps_node *all, const struct ps_match_options *options)
{
	bool anyhow = (options->avoid & PS_AVOID_WEIGHING) != 0;

	if ((options->avoid & PS_AVOID_STREAMS) != 0 || !(anyhow || ps_simd_pick(options->cpu)->classifies))
		return SEARCH_OK;
	return ps_bitstreams_new(&f->streams, all, ps_lines_of(options->flags), anyhow);
}

static int build_filters(struct ps_filters *f, const struct ps_node *all, const struct ps_match_options *options)
{
	struct ps_lines lines = ps_lines_of(options->flags);
	int rc = SEARCH_OK;

	if ((options->avoid & PS_AVOID_STRINGS) == 0)
		rc = ps_required_literals(&f->literals, all, lines, false);
	f->literals.complete = f->literals.complete && f->exact;
	if (rc == SEARCH_OK && f->literals.known)
		rc = make_needles(&f->needle, &f->needles, &f->literals);
	if (rc == SEARCH_OK && (options->avoid & PS_AVOID_AUTOMATON) == 0)
		rc = make_program(f, all, lines);
	if (lines.whole) /* neither borders nor strings in order are looked for */
		return rc == SEARCH_OK && !f->literals.known ? make_bitstreams(f, all, options) : rc;
	if (rc == SEARCH_OK && (options->avoid & (PS_AVOID_STRINGS | PS_AVOID_BORDERS)) == 0)
		rc = make_borders(f, all, lines);
	if (rc == SEARCH_OK && ps_filters_set(f)->known && (options->avoid & PS_AVOID_ORDER) == 0)
		rc = ps_order_make(&f->order, all, lines, ps_filters_set(f));
	f->order.literals.exact = f->order.literals.exact && f->exact;
	if (rc == SEARCH_OK && !ps_filters_set(f)->known)
		rc = make_bitstreams(f, all, options);
	return rc;
}

int ps_filters_parse(struct ps_filters *filters, const struct ps_match_options *options,
		     const struct ps_pattern_mode *mode, bool *valid)
{
	struct ps_fold_table folds = { 0 };
	struct ps_pattern_mode shared = *mode;
	int rc;

	*filters = (struct ps_filters){ .exact = true, .spans = true, .known = options->count > 0 };
	filters->tree = ps_node_new(PS_NODE_ALT);
	filters->backtracks = calloc(ps_max(options->count, 1), sizeof(struct ps_backtrack *));
	filters->backtrack_count = filters->backtracks == NULL ? 0 : options->count;
	rc = filters->tree != NULL && filters->backtracks != NULL ? SEARCH_OK : SEARCH_ENOMEM;
	shared.dialect.folds = &folds;
	for (size_t i = 0; rc == SEARCH_OK && filters->known && i < options->count; i++)
		rc = add_pattern_tree(filters, options, i, &shared, &valid[i]);
	ps_fold_free(&folds);
	if (rc != SEARCH_OK)
		ps_filters_free(filters);
	return rc;
}

int ps_filters_pass_lines(const struct ps_match_options *options, const struct ps_pattern_mode *mode, bool *pass)
{
	struct ps_fold_table folds = { 0 };
	struct ps_pattern_mode shared = *mode;
	int rc = SEARCH_OK;

	*pass = false;
	shared.dialect.folds = &folds;
	for (size_t i = 0; rc == SEARCH_OK && !*pass && i < options->count; i++) {
		const struct search_pattern *pattern = &options->patterns[i];
		struct ps_pattern_error ignored;
		struct ps_ast ast = { 0 };

		if (ps_pattern_check(pattern, mode, ps_simd_pick(options->cpu), &ignored) != SEARCH_OK)
			break;
		if (pattern->length > 0 && ps_pattern_kind(pattern, mode) == PS_PATTERN_STRING) {
			*pass = memchr(pattern->text, '\n', pattern->length) != NULL;
			continue;
		}
		rc = parse_pattern(&ast, pattern, &shared);
		*pass = rc == SEARCH_OK && may_pass_lines(&ast);
		ps_ast_free(&ast);
	}
	ps_fold_free(&folds);
	return rc;
}

bool ps_filters_keep_tree(const struct ps_filters *filters, const struct ps_match_options *options)
{
	return filters->known && filters->exact && (options->avoid & PS_AVOID_AUTOMATON) == 0;
}

int ps_filters_make(struct ps_filters *filters, const struct ps_match_options *options)
{
	bool keep = ps_filters_keep_tree(filters, options);
	int rc = filters->known ? build_filters(filters, filters->tree, options) : SEARCH_OK;

	if (rc != SEARCH_OK) {
		ps_filters_free(filters);
	} else if (!keep) {
		ps_node_free(filters->tree);
		filters->tree = NULL;
	} else {
		ps_class_runs_init(&filters->runs, filters->tree, ps_lines_of(options->flags));
		filters->ends_line = ps_tree_ends_line(filters->tree, 0);
		ps_lead_extend_by_node(&filters->lead, filters->tree, 0);
	}
	return rc;
}

int ps_filters_new_dictionary(struct ps_filters *filters, const struct ps_dictionary_trie *words,
			      const struct ps_match_options *options)
{
	struct ps_node *node = ps_node_new(PS_NODE_DICTIONARY);
	int rc = SEARCH_ENOMEM;

	*filters = (struct ps_filters){ .exact = true };
	if (node != NULL) {
		node->dictionary = words;
		node = wrap_pattern(node, options->flags);
	}
	if (node != NULL)
		rc = SEARCH_OK;
	if (node != NULL && (options->avoid & PS_AVOID_AUTOMATON) == 0)
		rc = make_program(filters, node, ps_lines_of(options->flags));
	ps_node_free(node);
	if (rc != SEARCH_OK)
		ps_filters_free(filters);
	return rc;
}

void ps_filters_free(struct ps_filters *filters)
{
	for (size_t i = 0; i < filters->backtrack_count; i++)
		ps_backtrack_free(filters->backtracks[i]);
	free(filters->backtracks);
	ps_needles_free(filters->needles);
	ps_needles_free(filters->border_needles);
	ps_literal_set_free(&filters->borders);
	ps_order_free(&filters->order);
	free(filters->streams);
	ps_literal_set_free(&filters->literals);
	ps_program_free(&filters->program);
	ps_node_free(filters->tree);
	*filters = (struct ps_filters){ 0 };
}

static const uint8_t *find_one_or_any(const struct ps_needle *needle, const struct ps_needles *needles,
				      const struct ps_simd *simd, const uint8_t *p, const uint8_t *end)
{
	size_t which = 0;

	if (needles != NULL)
		/* cppcheck-suppress returnDanglingLifetime ; the result points into the text */
		return simd->find_any(needles, p, end, &which);
	return simd->find(needle, p, end);
}

const uint8_t *ps_filters_find(const struct ps_filters *filters, const struct ps_simd *simd,
			       const uint8_t *p, const uint8_t *end)
{
	return find_one_or_any(&filters->needle, filters->needles, simd, p, end);
}

const uint8_t *ps_filters_find_for_line(const struct ps_filters *filters, const struct ps_simd *simd,
					const uint8_t *p, const uint8_t *end)
{
	if (filters->borders.known)
		return find_one_or_any(&filters->border_needle, filters->border_needles, simd, p, end);
	return ps_filters_find(filters, simd, p, end);
}
