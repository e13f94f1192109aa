/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read_patterns.c - reads the options that say what is searched for: patterns, their syntax, and where lines end.
 */
#include <string.h>

#include <psearch.h>

#include "options.h"
#include "readers.h"

/* The syntaxes of patterns. */
static const struct syntax_row {
	int letter;       /* of the option that selects it, or 0 */
	const char *name; /* for --syntax, or NULL */
	uint32_t syntax;
	uint32_t flags;
} syntaxes[] = {
	{ 'G', "basic", SEARCH_SYNTAX_BASIC, 0 },
	{ 'E', "extended", SEARCH_SYNTAX_EXTENDED, 0 },
	{ 'P', "perl", SEARCH_SYNTAX_PERL, 0 },
	{ 'F', NULL, SEARCH_SYNTAX_BASIC, SEARCH_MATCH_FIXED }, /* grep's strings: the longest is found */
	{ 0, "oniguruma", SEARCH_SYNTAX_ONIGURUMA, 0 },
	{ 0, "python", SEARCH_SYNTAX_PYTHON, 0 },
};

static const struct syntax_row *find_syntax(int letter, const char *name)
{
	for (size_t i = 0; i < sizeof(syntaxes) / sizeof(syntaxes[0]); i++) {
		const struct syntax_row *row = &syntaxes[i];

		if (name ? row->name && strcmp(row->name, name) == 0 : row->letter == letter)
			return row;
	}
	return NULL;
}

static void set_syntax(struct arguments *a, const struct syntax_row *row)
{
	a->syntax = row->syntax;
	a->flags = (a->flags & ~(uint32_t)SEARCH_MATCH_FIXED) | row->flags;
}

void select_syntax(struct arguments *a, int letter)
{
	set_syntax(a, find_syntax(letter, NULL));
}

/* -F beside -P: editors that ask for PCRE2 as a rule also do so for strings. As in rg strings they are, in any order. */
static bool strings_beside_perl(const struct syntax_row *one, const struct syntax_row *other)
{
	return one && ((one->letter == 'F' && other->letter == 'P') || (one->letter == 'P' && other->letter == 'F'));
}

/* Two different syntaxes are an error, since it would not be clear which is meant; in place of grep the last counts. */
static enum arguments_status read_syntax(struct parser *p, int letter, const char *name)
{
	const struct syntax_row *row = find_syntax(letter, name);

	if (!row)
		return bad_argument("%s '%s': not a syntax; "
				    "give 'oniguruma', 'perl', 'python', 'basic' or 'extended'", p->option, name);
	if (p->a->personality == AS_PSEARCH && strings_beside_perl(p->syntax, row))
		row = find_syntax('F', NULL);
	else if (p->syntax && p->syntax != row && p->a->personality == AS_PSEARCH)
		return bad_argument("conflicting syntaxes; give only one of -G, -E, -P, -F and --syntax");
	p->syntax = row;
	set_syntax(p->a, row);
	return ARGUMENTS_RUN;
}

/* rg's option. Its default engine has no counterpart: that is the default here, too. */
static enum arguments_status read_engine(struct parser *p, const char *name)
{
	static const struct word engines[] = { { "default", 0 }, { "auto", 0 }, { "pcre2", 'P' } };
	int letter = 0;
	enum arguments_status status = READ_WORD(p, engines, name, &letter);

	return letter == 0 ? status : read_syntax(p, letter, NULL);
}

static enum arguments_status read_pattern(struct parser *p, const char *text)
{
	p->has_pattern = true;
	return run_unless_no_memory(patterns_add(&p->a->patterns, text));
}

static enum arguments_status read_pattern_file(struct parser *p, const char *name)
{
	enum arguments_status status = take_input(p->a, "-f", name);
	int error = status == ARGUMENTS_RUN ? patterns_add_file(&p->a->patterns, name) : 0;

	p->has_pattern = true;
	return error ? report_file(p->a, "-f", name, error) : status;
}

/* Of -z and --crlf the last counts. */
static enum arguments_status set_line_end(struct arguments *a, uint32_t flag)
{
	a->flags = (a->flags & ~(uint32_t)(SEARCH_MATCH_NUL_LINES | SEARCH_MATCH_CRLF)) | flag;
	return ARGUMENTS_RUN;
}

enum arguments_status read_pattern_option(struct parser *p, int id, const char *value)
{
	switch (id) {
	case 'e': return read_pattern(p, value);
	case 'f': return read_pattern_file(p, value);
	case 'G':
	case 'E':
	case 'P':
	case 'F': return read_syntax(p, id, NULL);
	case OPTION_SYNTAX: return read_syntax(p, 0, value);
	case OPTION_ENGINE: return read_engine(p, value);
	case 'z': return set_line_end(p->a, SEARCH_MATCH_NUL_LINES);
	case OPTION_CRLF: return set_line_end(p->a, SEARCH_MATCH_CRLF);
	default: return ARGUMENTS_OTHER;
	}
}
