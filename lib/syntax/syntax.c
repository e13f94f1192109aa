/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syntax.c - the differences between Oniguruma's syntaxes, as tables.
 *
 * The syntaxes are OnigSyntaxOniguruma, OnigSyntaxPerl_NG and OnigSyntaxPython: not what Perl and Python mean by a
 * pattern, but what Oniguruma does. The tables were found by experiment with versions 6.9.8 to 6.9.10; where these
 * differ, the loaded library is asked. Whatever is not listed is the same in all three, which test/syntax/test_parse.c
 * checks at random.
 *
 * Some of it is surprising:
 *   - \y and \Y are anchors in Python's, too;
 *   - Perl's has no calls (?R), (?1) and (?&n), see onig.c.
 */
#include "../base/base.h"

#include "../onig/onig.h"
#include "syntax.h"

static const struct ps_syntax_option oniguruma_options[] = {
	{ 'i', PS_OPTION_FOLD },	{ 'm', PS_OPTION_DOT_ALL },	{ 'x', PS_OPTION_EXTENDED },
	{ 'W', PS_OPTION_WORD_ASCII },	{ 'D', PS_OPTION_DIGIT_ASCII }, { 'S', PS_OPTION_SPACE_ASCII },
	{ 'P', PS_OPTION_POSIX_ASCII }, { 0, 0 },
};

static const struct ps_syntax_option perl_options[] = {
	{ 'i', PS_OPTION_FOLD },  { 's', PS_OPTION_DOT_ALL }, { 'x', PS_OPTION_EXTENDED },
	{ 'm', PS_OPTION_LINES }, { 0, 0 },
};

static const struct ps_syntax_option python_options[] = {
	{ 'i', PS_OPTION_FOLD },  { 's', PS_OPTION_DOT_ALL },     { 'x', PS_OPTION_EXTENDED },
	{ 'm', PS_OPTION_LINES }, { 'a', PS_OPTION_POSIX_ASCII }, { 0, 0 },
};

static const struct ps_syntax syntaxes[] = {
	[SEARCH_SYNTAX_ONIGURUMA] = {
		.syntax = SEARCH_SYNTAX_ONIGURUMA,
		.has = PS_SYNTAX_CLASS_SETS | PS_SYNTAX_OPTION_ENCLOSES | PS_SYNTAX_UP_TO | PS_SYNTAX_SWAPPED |
		       PS_SYNTAX_FIXED_GREEDY | PS_SYNTAX_POSSESSIVE | PS_SYNTAX_CONTROL_META | PS_SYNTAX_BRACED |
		       PS_SYNTAX_HEX4 | PS_SYNTAX_VERTICAL_TAB | PS_SYNTAX_HEX_DIGIT | PS_SYNTAX_DOTS |
		       PS_SYNTAX_LOWER_Z | PS_SYNTAX_ANGLE_NAMES | PS_SYNTAX_NAMED_ONLY,
		.options = oniguruma_options,
	},
	[SEARCH_SYNTAX_PERL] = {
		.syntax = SEARCH_SYNTAX_PERL,
		.has = PS_SYNTAX_POSSESSIVE | PS_SYNTAX_POSSESSIVE_INTERVAL | PS_SYNTAX_QUOTE | PS_SYNTAX_BRACED |
		       PS_SYNTAX_DOTS | PS_SYNTAX_LOWER_Z | PS_SYNTAX_ANGLE_NAMES | PS_SYNTAX_NAMED_ONLY |
		       PS_SYNTAX_TEXT_ANCHORS,
		.options = perl_options,
	},
	[SEARCH_SYNTAX_PYTHON] = {
		.syntax = SEARCH_SYNTAX_PYTHON,
		.has = PS_SYNTAX_UP_TO | PS_SYNTAX_SWAPPED | PS_SYNTAX_HEX4 | PS_SYNTAX_HEX8 |
		       PS_SYNTAX_VERTICAL_TAB | PS_SYNTAX_P_NAMES | PS_SYNTAX_TEXT_ANCHORS,
		.options = python_options,
	},
};

const struct ps_syntax *ps_syntax_of(uint32_t syntax)
{
	return &syntaxes[syntax];
}

uint32_t ps_syntax_option(const struct ps_syntax *syntax, uint8_t letter)
{
	const struct ps_syntax_option *o = syntax->options;

	while (o->letter != 0 && o->letter != letter)
		o++;
	return o->option;
}

bool ps_syntax_is_class(const struct ps_syntax *syntax, const uint8_t *p, const uint8_t *end)
{
	if (!ps_has_posix_brackets(syntax->syntax))
		return false;
	for (const uint8_t *s = p + 1; s < end; s++) {
		if (*s == ':' && s + 1 < end && s[1] == ']')
			return true;
		if (*s == ']')
			return false;
		if (*s == '\\')
			s++;
	}
	return false;
}
