/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * condition.c - which trigrams a text must hold for any of the patterns to match in it.
 *
 * The condition follows from the tree that the patterns are joined to. That is enough also if the tree is a superset of
 * them: what does not hold the trigrams does not match.
 *
 * But a search reports lines that it gives up, too, and a file that is ruled out reports nothing. So there must be no
 * line that is given up and lacks the trigrams. The automaton decides nearly all of them; but it may run out of memory,
 * and then Oniguruma may give up on any line. Therefore the finder asks the same question about each line that it is
 * about to give up, whether or not there is a tree of files (ps_finder_rule_out): if the line lacks the trigrams, it
 * does not match, and is passed over. Thus
 *
 *   C1  a line that matches, or is given up, fulfils the condition.
 */
#include "../base/base.h"

#include "condition.h"

#include "../dictionary/dictionary.h"
#include "../syntax/parse.h"
#include "finder.h"

/*
 * Why there can be none, whatever the patterns require; or NULL. In lines that end with NUL there may be newlines, of
 * which signatures know nothing.
 */
static const char *find_hindrance(const struct ps_matcher *m)
{
	if ((m->flags & SEARCH_MATCH_NUL_LINES) != 0)
		return "lines end with NUL";
	for (size_t i = 0; i < m->count; i++)
		if (m->patterns[i].always)
			return "every line matches";
	return m->filters.known || m->count == 0 ? NULL : "a pattern is not understood";
}

static int add_others(struct ps_condition_draft *draft, const struct ps_matcher *m)
{
	if (m->count == 0)
		return SEARCH_OK;
	if (m->filters.tree != NULL)
		return ps_condition_draft_add_tree(draft, m->filters.tree);
	return ps_condition_draft_add_string(draft, m->patterns[0].needle.bytes, m->patterns[0].needle.length);
}

static int add_word(struct ps_condition_draft *draft, const struct ps_dictionary_string *word,
		    const struct ps_dialect *dialect)
{
	struct ps_ast ast = { 0 };
	int rc;

	if (!dialect->ignore_case)
		return ps_condition_draft_add_string(draft, word->bytes, word->length);
	rc = ps_parse_fixed(&ast, word->bytes, word->length, dialect);
	if (rc == SEARCH_OK)
		rc = ps_condition_draft_add_tree(draft, ast.root);
	ps_ast_free(&ast);
	return rc;
}

static int add_words(struct ps_condition_draft *draft, const struct ps_dictionary_string *words, size_t count,
		     const struct ps_dialect *dialect)
{
	struct ps_fold_table folds = { 0 };
	struct ps_dialect shared = *dialect;
	int rc = SEARCH_OK;

	shared.folds = &folds;
	for (size_t i = 0; rc == SEARCH_OK && i < count && !ps_condition_draft_is_vain(draft); i++)
		rc = add_word(draft, &words[i], &shared);
	ps_fold_free(&folds);
	return rc;
}

int ps_matcher_make_condition(struct ps_matcher *m, const struct ps_dictionary_string *words, size_t count,
			      const struct ps_dialect *dialect)
{
	struct ps_condition_draft *draft;
	int rc;

	m->condition = NULL;
	m->why_no_condition = find_hindrance(m);
	if (m->why_no_condition != NULL)
		return SEARCH_OK;
	draft = ps_condition_draft_new(m->lines.whole);
	rc = draft == NULL ? SEARCH_ENOMEM : add_others(draft, m);
	if (rc == SEARCH_OK)
		rc = add_words(draft, words, count, dialect);
	if (rc != SEARCH_OK) {
		ps_condition_draft_free(draft);
		return rc;
	}
	m->why_no_condition = ps_condition_draft_is_large(draft) ? "there are too many alternatives" :
								   "no three bytes in a row are in each match";
	return ps_condition_draft_end(draft, &m->condition);
}

int ps_matcher_make_others_condition(const struct ps_matcher *m, struct ps_condition **out)
{
	static const struct ps_dialect none;
	struct ps_matcher others = *m;
	int rc = ps_matcher_make_condition(&others, NULL, 0, &none);

	*out = others.condition;
	return rc;
}

int ps_finder_rule_out(struct ps_finder *f, const uint8_t *text, size_t length)
{
	const struct ps_matcher *m = f->matcher;
	const struct ps_condition *condition = m->others_condition != NULL ? m->others_condition : f->condition;
	bool holds;
	int rc = SEARCH_OK;

	if (condition == NULL && m->filters.tree != NULL && !f->no_condition) {
		rc = ps_matcher_make_others_condition(m, &f->condition);
		f->no_condition = f->condition == NULL;
		condition = f->condition;
	}
	if (rc != SEARCH_OK || condition == NULL)
		return rc == SEARCH_OK ? PS_UNDECIDED : rc;
	rc = ps_condition_holds(condition, text, length, &holds);
	return rc == SEARCH_OK ? (holds ? PS_UNDECIDED : PS_NONE) : rc;
}
