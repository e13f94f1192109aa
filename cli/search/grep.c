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

/* How the library's reason begins, and what grep says. */
static const struct reason {
	const char *ours;
	const char *greps;
} reasons[] = {
	{ "\\) without", "Unmatched ) or \\)" },
	{ "\\( without", "Unmatched ( or \\(" },
	{ "( without", "Unmatched ( or \\(" },
	{ "[ without", "Unmatched [, [^, [:, [., or [=" },
	{ "[: without", "Unmatched [, [^, [:, [., or [=" },
	{ "[= without", "Unmatched [, [^, [:, [., or [=" },
	{ "[. without", "Unmatched [, [^, [:, [., or [=" },
	{ "a backslash at the end", "Trailing backslash" },
	{ "a class of characters outside", "character class syntax is [[:space:]], not [:space:]" },
	{ "a collating element", "Invalid collation character" },
	{ "a range from or to a class", "Invalid range end" },
	{ "a range that ends before", "Invalid range end" },
	{ "a reference to a group", "Invalid back reference" },
	{ "a repeat of more than", "Regular expression too big" },
	{ "a repeat of nothing before )", "Unmatched ( or \\(" },
	{ "an interval that ends", "Invalid content of \\{\\}" },
	{ "an interval without", "Unmatched \\{" },
	{ "invalid backref number", "reference to non-existent subpattern" },
	{ "no class of this name", "Invalid character class name" },
	{ "unmatched close parenthesis", "unmatched closing parenthesis" },
};

static const char *find_reason(const char *ours)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strncmp(ours, reasons[i].ours, strlen(reasons[i].ours)) == 0)
			return reasons[i].greps;
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

/* The library has one reason for two of grep's: of a dialect, or of an interval with and without an end. */
static const char *pattern_reason(const struct search_error *error, const struct arguments *a)
{
	const char *ours = error->message + error->reason_at;
	const struct search_pattern *pattern = a->patterns.list + error->index;

	if (a->syntax == SEARCH_SYNTAX_PERL && strncmp(ours, "a reference to", strlen("a reference to")) == 0)
		return "reference to non-existent subpattern";
	if (strncmp(ours, "an interval without", strlen("an interval without")) == 0 &&
	    has_interval_end(pattern, error->offset))
		return "Invalid content of \\{\\}";
	return find_reason(ours);
}

/* The pattern of a file is named by its line. */
bool grep_print_pattern_error(const struct search_error *error, const struct arguments *a)
{
	const char *reason = pattern_reason(error, a), *file;
	size_t line;

	if (!reason)
		return false;
	if (patterns_origin(&a->patterns, error->index, &file, &line))
		complain("%s:%zu: %s", strcmp(file, "-") == 0 ? "(standard input)" : file, line, reason);
	else
		complain("%s", reason);
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
	return invert && a->patterns.count == 1 && a->patterns.list[0].length == 0 &&
	       (a->flags & (SEARCH_MATCH_WORD | SEARCH_MATCH_LINE)) == 0;
}

bool grep_locale_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = locale != (locale_t)0 && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

	if (locale != (locale_t)0)
		freelocale(locale);
	return utf8;
}
