/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grep.c - psearch in grep's place: what differs if the command is called by grep's name, beside what its options mean.
 *
 * Programs read grep's messages, so under its name these are word by word grep's. The reasons of the library that a
 * table here knows are the ones that grep has, too; for any other psearch's own message is better than a wrong one.
 */
#include "grep.h"

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../base/complain.h"

#define MOST_TRIED 1000 /* patterns after one that is wrong */

/* How the library's reason begins, and what grep says, and with -P; NULL: the library's is better. */
static const struct reason {
	const char *ours;
	const char *greps;
	const char *perls;
} reasons[] = {
	{ "\\) without", "Unmatched ) or \\)", NULL },
	{ "\\( without", "Unmatched ( or \\(", NULL },
	{ "( without", "Unmatched ( or \\(", "missing closing parenthesis" },
	{ ") without", NULL, "unmatched closing parenthesis" },
	{ "[ without", "Unmatched [, [^, [:, [., or [=", "missing terminating ] for character class" },
	{ "[: without", "Unmatched [, [^, [:, [., or [=", NULL },
	{ "[= without", "Unmatched [, [^, [:, [., or [=", NULL },
	{ "[. without", "Unmatched [, [^, [:, [., or [=", NULL },
	{ "- in brackets where no range", "Invalid range end", NULL },
	{ "a backslash at the end", "Trailing backslash", "\\ at end of pattern" },
	{ "a class of characters outside", "character class syntax is [[:space:]], not [:space:]", NULL },
	{ "a collating element", "Invalid collation character", NULL },
	{ "a hyphen that makes no range", NULL, "invalid range in character class" },
	{ "a range from or to a class", "Invalid range end", NULL },
	{ "a range that ends before", "Invalid range end", "range out of order in character class" },
	{ "a range up to a class", NULL, "invalid range in character class" },
	{ "a reference to a group", "Invalid back reference", "reference to non-existent subpattern" },
	{ "a repeat of a condition", NULL, "quantifier does not follow a repeatable item" },
	{ "a repeat of more than", "Regular expression too big", "number too big in {} quantifier" },
	{ "a repeat of nothing before )", "Unmatched ( or \\(", NULL },
	{ "a repeat of nothing", NULL, "quantifier does not follow a repeatable item" },
	{ "an interval that ends", "Invalid content of \\{\\}", "numbers out of order in {} quantifier" },
	{ "an interval without", "Unmatched \\{", NULL },
	{ "invalid backref number", NULL, "reference to non-existent subpattern" },
	{ "no class of this name", "Invalid character class name", "unknown POSIX class name" },
	{ "unmatched close parenthesis", NULL, "unmatched closing parenthesis" },
};

static const char *find_reason(const char *ours, bool perl)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strncmp(ours, reasons[i].ours, strlen(reasons[i].ours)) == 0)
			return perl ? reasons[i].perls : reasons[i].greps;
	return NULL;
}

/* Does an interval that begins at or after this place have an end? */
static bool has_interval_end(const struct search_pattern *p, size_t from)
{
	for (size_t i = from; i < p->length; i++)
		if (p->text[i] == '}')
			return true;
	return false;
}

/* Is there nothing in the brackets that are not closed? */
static bool is_bare_bracket(const struct search_pattern *p, size_t at)
{
	size_t rest = p->length - (at < p->length ? at : p->length);

	return rest == 1 || (rest == 2 && p->text[at + 1] == '^');
}

/* The library has one reason for two of grep's: an interval with and without an end, brackets with and without text. */
static const char *pattern_reason(const struct search_error *error, const struct search_pattern *pattern, bool perl)
{
	const char *ours = error->message + error->reason_at;

	if (!perl && strncmp(ours, "an interval without", strlen("an interval without")) == 0 &&
	    has_interval_end(pattern, error->offset))
		return "Invalid content of \\{\\}";
	if (!perl && strncmp(ours, "[ without", strlen("[ without")) == 0 && is_bare_bracket(pattern, error->offset))
		return "Invalid regular expression";
	return find_reason(ours, perl);
}

/* The pattern of a file is named by its line. */
static bool print_reason(const struct search_error *error, size_t index, const struct arguments *a)
{
	const char *reason = pattern_reason(error, &a->patterns.list[index], a->syntax == SEARCH_SYNTAX_PERL), *file;
	size_t line;

	if (!reason)
		return false;
	if (patterns_origin(&a->patterns, index, &file, &line))
		complain("%s:%zu: %s", strcmp(file, "-") == 0 ? "(standard input)" : file, line, reason);
	else
		complain("%s", reason);
	return true;
}

static bool was_given_before(const struct patterns *p, size_t index)
{
	const struct search_pattern *pattern = &p->list[index];

	for (size_t i = 0; i < index; i++)
		if (p->list[i].length == pattern->length && pattern->length > 0 &&
		    memcmp(p->list[i].text, pattern->text, pattern->length) == 0)
			return true;
	return false;
}

/* The library stops at the first pattern that is wrong. grep does not; so those after it are tried one by one. */
static void print_further_reasons(size_t from, const struct arguments *a)
{
	const uint32_t match_flags = SEARCH_WALK_SKIP_HIDDEN - 1; /* the walk's begin at this bit */

	for (size_t i = from; i < a->patterns.count && i < from + MOST_TRIED; i++) {
		struct search_options options = SEARCH_OPTIONS_INIT;
		struct search_error error = SEARCH_ERROR_INIT;
		struct search *s = NULL;

		options.patterns = &a->patterns.list[i];
		options.pattern_count = 1;
		options.syntax = a->syntax;
		options.match_flags = a->flags & match_flags;
		options.workers = SEARCH_NO_WORKERS;
		if (search_open(&s, &options, &error) == SEARCH_EPATTERN && !was_given_before(&a->patterns, i))
			print_reason(&error, i, a);
		search_close(s);
	}
}

bool grep_print_pattern_error(const struct search_error *error, const struct arguments *a)
{
	if (!print_reason(error, error->index, a))
		return false;
	print_further_reasons(error->index + 1, a);
	return true;
}

const char *grep_item_message(const struct search_item *item)
{
	if (item->reason == SEARCH_REASON_OUTPUT_FILE)
		return "input file is also the output";
	return item->error != 0 ? strerror(item->error) : item->message;
}

/* With -L the files are listed nevertheless. */
bool grep_selects_nothing(const struct arguments *a)
{
	bool invert = (a->flags & SEARCH_MATCH_INVERT) != 0;

	if (a->listing == LIST_OTHERS)
		return false;
	if (a->patterns.count == 0)
		return !invert;
	for (size_t i = 0; i < a->patterns.count; i++)
		if (a->patterns.list[i].length > 0)
			return false;
	return invert && (a->flags & (SEARCH_MATCH_WORD | SEARCH_MATCH_LINE)) == 0;
}

bool grep_locale_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = locale != (locale_t)0 && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

	if (locale != (locale_t)0)
		freelocale(locale);
	return utf8;
}
