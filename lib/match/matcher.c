/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * matcher.c - sorts the patterns, compiles them, and chooses a strategy.
 *
 * First, all patterns are checked and brought into one syntax: POSIX expressions are translated (translate.h), others
 * rewritten where Oniguruma reads them differently (rewrite.h). Then they are sorted: strings go into the dictionary if
 * there are enough of them, and patterns that can match no line are dropped. The others are parsed; Oniguruma compiles
 * those of them that the parser does not vouch for, and so refuses what is no pattern. All else it compiles when it is
 * needed (expression.h). From the others together the filters are made (filters.h), on which the choice of the strategy
 * depends.
 */
#include "../base/base.h"

#include "matcher.h"
#include "condition.h"
#include "../pattern/rewrite.h"
#include "../pattern/translate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Memory for the states of an automaton, unless the options say how much. */
#define AUTOMATON_MEMORY ((size_t)2 << 20)

/* The least number of strings that make a dictionary. Fewer are found faster by vectors. */
#define WORDS_LEAST (PS_LITERALS_MAX + 1)

/* The patterns, sorted by what becomes of them; each with its place in the order given. */
struct sorted {
	struct ps_dictionary_string *words;
	size_t word_count;
	struct search_pattern *others;
	uint32_t *indices; /* of the others in the options' order */
	size_t other_count;
	struct ps_pattern_mode mode;
	const size_t *origins; /* for each pattern, which of those given it comes from; NULL: the same one */
	const struct ps_rewriting *rewriting; /* NULL: none was rewritten */
	size_t never;          /* the first of those given that is a string with a line's end in it; SIZE_MAX: none */
};

/* `origin` says which of the patterns given is meant. */
static void report_pattern(struct search_error *error, size_t origin, const struct ps_pattern_error *why)
{
	if (error == NULL)
		return;
	*error = (struct search_error)SEARCH_ERROR_INIT;
	error->code = SEARCH_EPATTERN;
	error->subject = SEARCH_SUBJECT_PATTERN;
	error->index = origin;
	error->offset = why->offset;
	error->reason_at = (uint32_t)snprintf(error->message, sizeof(error->message), "pattern %zu: ", origin + 1);
	snprintf(error->message + error->reason_at, sizeof(error->message) - error->reason_at, "%s", why->message);
}

/* Which of the patterns given it comes from. */
static size_t origin_of_pattern(const struct sorted *s, size_t index)
{
	return s->origins != NULL ? s->origins[index] : index;
}

/* Reports a pattern that may be worded differently than given: its offset is mapped back, or dropped. */
static void report_sorted(struct search_error *error, const struct sorted *s, size_t index,
			  struct ps_pattern_error *why)
{
	if (s->origins != NULL)
		why->offset = SIZE_MAX;
	else if (s->rewriting != NULL)
		why->offset = ps_rewriting_origin(s->rewriting, index, why->offset);
	report_pattern(error, origin_of_pattern(s, index), why);
}

static void free_sorted(struct sorted *s)
{
	free(s->words);
	free(s->others);
	free(s->indices);
}

static int make_sorted(struct sorted *s, size_t count)
{
	s->words = calloc(ps_max(count, 1), sizeof(*s->words));
	s->others = calloc(ps_max(count, 1), sizeof(*s->others));
	s->indices = calloc(ps_max(count, 1), sizeof(*s->indices));
	return s->words != NULL && s->others != NULL && s->indices != NULL ? SEARCH_OK : SEARCH_ENOMEM;
}

static void add_other_pattern(struct sorted *s, const struct search_pattern *pattern, uint32_t index)
{
	s->others[s->other_count] = *pattern;
	s->indices[s->other_count++] = index;
}

/* Without a dictionary, strings are patterns like the others. */
static void add_words_to_others(struct sorted *s, const struct ps_match_options *o)
{
	s->other_count = 0;
	s->word_count = 0;
	for (size_t i = 0; i < o->count; i++)
		if (ps_pattern_kind(&o->patterns[i], &s->mode) != PS_PATTERN_NEVER)
			add_other_pattern(s, &o->patterns[i], (uint32_t)i);
}

/* A \r may belong to a line's terminator, which the trie cannot know. */
static bool holds_return(const struct search_pattern *pattern, uint32_t flags)
{
	return (flags & SEARCH_MATCH_CRLF) != 0 && memchr(ps_pattern_bytes(pattern), '\r', pattern->length) != NULL;
}

static int sort_patterns(struct sorted *s, const struct ps_match_options *o, const struct ps_simd *simd,
			 struct search_error *error)
{
	size_t least = o->words != 0 ? o->words : WORDS_LEAST;
	int rc = o->count < UINT32_MAX ? make_sorted(s, o->count) : SEARCH_ENOMEM;

	for (size_t i = 0; rc == SEARCH_OK && i < o->count; i++) {
		const struct search_pattern *pattern = &o->patterns[i];
		enum ps_pattern_kind kind = ps_pattern_kind(pattern, &s->mode);
		struct ps_pattern_error why = { .offset = SIZE_MAX };

		rc = ps_pattern_check(pattern, &s->mode, simd, &why);
		if (rc == SEARCH_EPATTERN)
			report_sorted(error, s, i, &why);
		else if (kind == PS_PATTERN_STRING && !holds_return(pattern, o->flags))
			s->words[s->word_count++] = (struct ps_dictionary_string){
				ps_pattern_bytes(pattern), pattern->length, (uint32_t)origin_of_pattern(s, i) };
		else if (kind != PS_PATTERN_NEVER)
			add_other_pattern(s, pattern, (uint32_t)i);
		else
			s->never = ps_min(s->never, origin_of_pattern(s, i));
	}
	if (rc == SEARCH_OK && (s->word_count < least || (o->avoid & PS_AVOID_STRINGS) != 0 || s->mode.dialect.whole))
		add_words_to_others(s, o);
	return rc;
}

static int make_words(struct ps_matcher *m, struct sorted *s, const struct ps_match_options *o)
{
	int rc;

	if (s->word_count == 0)
		return SEARCH_OK;
	rc = ps_dictionary_new(&m->words, s->words, s->word_count, &s->mode.dialect, o->flags);
	if (rc == SEARCH_EVERSION) {
		add_words_to_others(s, o);
		return SEARCH_OK;
	}
	m->word_count = s->word_count;
	/* for whole lines the trie is walked from a line's start only, which needs no automaton */
	if (rc == SEARCH_OK && (o->flags & SEARCH_MATCH_LINE) == 0)
		rc = ps_filters_new_dictionary(&m->words_filters, ps_dictionary_trie(m->words), o);
	return rc;
}

static int make_patterns(struct ps_matcher *m, const struct sorted *s)
{
	m->patterns = calloc(ps_max(s->other_count, 1), sizeof(*m->patterns));
	if (m->patterns == NULL)
		return SEARCH_ENOMEM;
	for (size_t i = 0; i < s->other_count; i++) {
		struct ps_pattern *pattern = &m->patterns[m->count++];
		int rc = ps_pattern_new(pattern, &s->others[i], &s->mode);

		if (rc != SEARCH_OK)
			return rc;
		pattern->index = (uint32_t)origin_of_pattern(s, s->indices[i]);
		m->needs_utf8 = m->needs_utf8 || pattern->expression != NULL;
	}
	return SEARCH_OK;
}

/* Whether all patterns are one string, and each line that holds it matches (a \r may belong to the terminator). */
static bool is_single_literal(const struct ps_matcher *m)
{
	const struct ps_needle *needle = &m->patterns[0].needle;

	if (m->count != 1 || m->patterns[0].expression != NULL || needle->bytes == NULL)
		return false;
	return !m->lines.crlf || memchr(needle->bytes, '\r', needle->length) == NULL;
}

/* Asks Oniguruma about the patterns that are not known to be valid. */
static int admit_patterns(const struct ps_matcher *m, const struct sorted *s, const bool *valid,
			  struct search_error *error)
{
	for (size_t i = 0; i < m->count; i++) {
		struct ps_pattern_error why = { .offset = SIZE_MAX };
		int rc = ps_pattern_admit(&m->patterns[i], valid[i] && !m->wants_groups, &why);

		if (rc == SEARCH_EPATTERN)
			report_sorted(error, s, s->indices[i], &why);
		if (rc != SEARCH_OK)
			return rc;
	}
	return SEARCH_OK;
}

/* The conditions follow from the patterns' tree, which is kept only if it is exact. */
static int make_conditions(struct ps_matcher *m, const struct sorted *s, const struct ps_match_options *o)
{
	int rc = SEARCH_OK;

	if (m->wants_condition)
		rc = ps_matcher_make_condition(m, s->words, m->word_count, &s->mode.dialect);
	if (rc == SEARCH_OK && m->filters.tree != NULL && !ps_filters_keep_tree(&m->filters, o))
		rc = ps_matcher_make_others_condition(m, &m->others_condition);
	return rc;
}

/* No filter would help. */
static int make_literal(struct ps_matcher *m, const struct sorted *s, const struct ps_match_options *o)
{
	const struct ps_needle *needle = &m->patterns[0].needle;

	m->filters = (struct ps_filters){ .exact = true, .spans = true, .known = true };
	if (needle->length == 1)
		ps_class_runs_of_byte(&m->filters.runs, needle->bytes[0]);
	return make_conditions(m, s, o);
}

static int make_filters(struct ps_matcher *m, const struct sorted *s, const struct ps_match_options *o,
			struct search_error *error)
{
	struct ps_match_options options = *o;
	bool *valid;
	int rc;

	if (is_single_literal(m))
		return make_literal(m, s, o);
	options.patterns = s->others;
	options.count = s->other_count;
	valid = calloc(ps_max(m->count, 1), sizeof(*valid));
	rc = valid == NULL ? SEARCH_ENOMEM : ps_filters_parse(&m->filters, &options, &s->mode, valid);
	if (rc == SEARCH_OK)
		rc = admit_patterns(m, s, valid, error);
	free(valid);
	if (rc == SEARCH_OK)
		rc = make_conditions(m, s, &options);
	return rc == SEARCH_OK ? ps_filters_make(&m->filters, &options) : rc;
}

/* The ladder of strategies for all patterns outside of the dictionary: the first that will do. */
static enum ps_strategy choose_strategy(const struct ps_matcher *m)
{
	const struct ps_filters *f = &m->filters;

	for (size_t i = 0; i < m->count; i++)
		if (m->patterns[i].always)
			return PS_EVERYTHING;
	if (m->count == 0)
		return PS_NOTHING;
	if (is_single_literal(m))
		return PS_LITERAL;
	if (ps_filters_set(f)->known)
		return ps_filters_set(f)->complete ? PS_LITERALS : PS_FILTER;
	if (f->streams != NULL)
		return PS_BITSTREAMS;
	return f->has_program ? PS_AUTOMATON : PS_ONIGURUMA;
}

static struct ps_pattern_mode mode_of(const struct ps_match_options *options, bool posix)
{
	bool as_oniguruma = posix || (options->flags & SEARCH_MATCH_FIXED) != 0;
	struct ps_lines lines = ps_lines_of(options->flags);

	return (struct ps_pattern_mode){
		.dialect = {
			.syntax = as_oniguruma ? SEARCH_SYNTAX_ONIGURUMA : options->syntax,
			.ignore_case = (options->flags & SEARCH_MATCH_IGNORE_CASE) != 0,
			.newlines = lines.whole || lines.end != '\n',
			.whole = lines.whole,
			.dot_newline = lines.whole && (options->flags & SEARCH_MATCH_DOT_NEWLINE) != 0,
			.posix = posix,
		},
		.flags = options->flags,
	};
}

/* Notes the first pattern that can never match: a string that holds a line's end, or one whose tree says so. */
static void note_never(struct ps_matcher *m, const struct sorted *s)
{
	m->never_of = s->never;
	m->never_why = s->never != SIZE_MAX ? SEARCH_NEVER_LINE_END : SEARCH_NEVER_NONE;
	if (m->filters.never == SEARCH_NEVER_NONE)
		return;
	if (origin_of_pattern(s, s->indices[m->filters.never_of]) >= s->never)
		return;
	m->never_of = origin_of_pattern(s, s->indices[m->filters.never_of]);
	m->never_why = m->filters.never;
}

/* A multi-line search for patterns that see nothing beyond their line is a search of lines. */
static int choose_lines(struct ps_matcher *m, struct ps_match_options *options, bool posix)
{
	struct ps_pattern_mode mode = mode_of(options, posix);
	bool pass = false;
	int rc = SEARCH_OK;

	if (mode.dialect.whole)
		rc = ps_filters_pass_lines(options, &mode, &pass);
	if (!pass)
		options->flags &= ~(uint32_t)SEARCH_MATCH_MULTILINE;
	m->lines = ps_lines_of(options->flags);
	return rc;
}

/* `origins`: set if the patterns were translated from POSIX syntax. `rewriting`: set if some were rewritten. */
static int build_matcher(struct ps_matcher *m, const struct ps_match_options *given, const size_t *origins,
			 const struct ps_rewriting *rewriting, struct search_error *error)
{
	struct ps_match_options options = *given;
	struct sorted sorted = { .origins = origins, .rewriting = rewriting, .never = SIZE_MAX };
	int rc = choose_lines(m, &options, origins != NULL);

	sorted.mode = mode_of(&options, origins != NULL);
	if (rc == SEARCH_OK)
		rc = sort_patterns(&sorted, &options, m->simd, error);
	if (rc == SEARCH_OK)
		rc = make_words(m, &sorted, &options);
	m->never = options.count - m->word_count - sorted.other_count;
	if (rc == SEARCH_OK)
		rc = make_patterns(m, &sorted);
	if (rc == SEARCH_OK)
		rc = make_filters(m, &sorted, &options, error);
	note_never(m, &sorted);
	free_sorted(&sorted);
	return rc;
}

static int build_translated(struct ps_matcher *m, const struct ps_match_options *given, struct search_error *error)
{
	struct ps_match_options options = *given;
	struct ps_translation translation = { 0 };
	struct ps_pattern_error why = { .offset = SIZE_MAX };
	size_t origin;
	int rc = ps_translate(&translation, given, m->simd, &origin, &why);

	if (rc == SEARCH_EPATTERN)
		report_pattern(error, origin, &why);
	options.patterns = translation.patterns;
	options.count = translation.count;
	if (rc == SEARCH_OK)
		rc = build_matcher(m, &options, translation.origins, NULL, error);
	ps_translation_free(&translation);
	return rc;
}

static int check_lengths(const struct ps_match_options *o, struct search_error *error)
{
	struct ps_pattern_error why;

	for (size_t i = 0; i < o->count; i++)
		if (ps_pattern_check_length(&o->patterns[i], &why) != SEARCH_OK) {
			report_pattern(error, i, &why);
			return SEARCH_EPATTERN;
		}
	return SEARCH_OK;
}

static int build_rewritten(struct ps_matcher *m, const struct ps_match_options *given, struct search_error *error)
{
	struct ps_match_options options = *given;
	struct ps_rewriting rewriting = { 0 };
	struct ps_pattern_error why = { .offset = SIZE_MAX };
	size_t index = 0;
	int rc = SEARCH_OK;

	if ((given->flags & SEARCH_MATCH_FIXED) == 0)
		rc = ps_rewrite(&rewriting, given, m->simd, &index, &why);
	if (rc == SEARCH_EPATTERN)
		report_pattern(error, index, &why);
	if (rewriting.patterns != NULL)
		options.patterns = rewriting.patterns;
	if (rc == SEARCH_OK)
		rc = build_matcher(m, &options, NULL, &rewriting, error);
	ps_rewriting_free(&rewriting);
	return rc;
}

int ps_matcher_new(struct ps_matcher **out, const struct ps_match_options *options,
		   struct search_error *error)
{
	struct ps_matcher *m = calloc(1, sizeof(*m));
	bool posix = ps_syntax_is_posix(options->syntax);
	int rc;

	*out = NULL;
	if (m == NULL)
		return SEARCH_ENOMEM;
	m->simd = ps_simd_pick(options->cpu);
	m->lines = ps_lines_of(options->flags);
	m->given = options->count;
	m->flags = options->flags;
	m->longest = options->longest || posix;
	m->wants_groups = options->groups;
	m->wants_condition = options->trigrams;
	m->avoid_oniguruma = (options->avoid & PS_AVOID_ONIGURUMA) != 0;
	m->avoid_span_dfa = (options->avoid & PS_AVOID_SPAN_DFA) != 0;
	m->memory = options->memory != 0 ? options->memory : AUTOMATON_MEMORY;
	m->haste = options->haste != 0 ? options->haste : 1;
	rc = check_lengths(options, error);
	if (rc == SEARCH_OK)
		rc = posix ? build_translated(m, options, error) : build_rewritten(m, options, error);
	if (rc == SEARCH_OK && m->wants_groups)
		rc = ps_matcher_note_groups(m);
	if (rc != SEARCH_OK) {
		ps_matcher_free(m);
		return rc;
	}
	m->strategy = choose_strategy(m);
	PS_ASSERT(m->filters.known || m->strategy <= PS_LITERAL || m->strategy == PS_ONIGURUMA);
	*out = m;
	return SEARCH_OK;
}

void ps_matcher_free(struct ps_matcher *matcher)
{
	if (matcher == NULL)
		return;
	for (size_t i = 0; i < matcher->count; i++)
		ps_pattern_free(&matcher->patterns[i]);
	ps_matcher_free_groups(matcher);
	ps_dictionary_free(matcher->words);
	ps_filters_free(&matcher->words_filters);
	ps_filters_free(&matcher->filters);
	ps_condition_free(matcher->condition);
	ps_condition_free(matcher->others_condition);
	free(matcher->patterns);
	free(matcher);
}

enum search_never ps_matcher_never(const struct ps_matcher *matcher, size_t *pattern)
{
	*pattern = matcher->never_of;
	return matcher->never_why;
}

const char *ps_matcher_strategy(const struct ps_matcher *matcher)
{
	static const char *const name[] = {
		[PS_NOTHING] = "nothing",     [PS_EVERYTHING] = "everything", [PS_LITERAL] = "literal",
		[PS_LITERALS] = "literals",   [PS_FILTER] = "filter",         [PS_AUTOMATON] = "automaton",
		[PS_BITSTREAMS] = "streams",  [PS_ONIGURUMA] = "oniguruma",
	};

	return matcher->words != NULL && matcher->strategy == PS_NOTHING ? "words" : name[matcher->strategy];
}

bool ps_matcher_is_whole(const struct ps_matcher *matcher)
{
	return matcher->lines.whole;
}

const struct ps_condition *ps_matcher_condition(const struct ps_matcher *matcher)
{
	return matcher->condition;
}

const struct ps_simd *ps_matcher_simd(const struct ps_matcher *matcher)
{
	return matcher->simd;
}
