/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read_output.c - reads the options that say what is printed, and how it looks.
 */
#include <string.h>
#include <unistd.h>

#include "../base/numbers.h"
#include "../look/hyperlink.h"
#include "options.h"
#include "readers.h"

static enum arguments_status read_context(const struct parser *p, const char *value, uint32_t *lines, bool *given)
{
	uint64_t n;

	if (!read_number(value, UINT32_MAX, &n))
		return bad_argument("%s '%s': not a number of lines; give 0 or more", p->option, value);
	*lines = (uint32_t)n;
	*given = true;
	return ARGUMENTS_RUN;
}

/* -12 arrives as -1 and -2: the digits of one argument make one number. */
enum arguments_status read_digit(struct parser *p, int digit, int at)
{
	uint32_t n = p->digit && p->digit_at == at ? p->context : 0;
	uint32_t value = (uint32_t)(digit - '0');

	p->context = n > (UINT32_MAX - value) / 10 ? UINT32_MAX : n * 10 + value;
	p->has_context = true;
	p->digit_at = at;
	return ARGUMENTS_RUN;
}

static enum arguments_status read_context_option(struct parser *p, int letter, const char *value)
{
	if (letter == 'A')
		return read_context(p, value, &p->a->after, &p->has_after);
	if (letter == 'B')
		return read_context(p, value, &p->a->before, &p->has_before);
	return read_context(p, value, &p->context, &p->has_context);
}

/* As in grep, a negative number means no limit. */
static enum arguments_status read_max_count(const struct parser *p, const char *value)
{
	bool negative = value[0] == '-';

	if (!read_number(value + negative, UINT64_MAX, &p->a->max_count))
		return bad_argument("%s '%s': not a number of lines; give 0 or more", p->option, value);
	if (negative)
		p->a->max_count = UINT64_MAX;
	return ARGUMENTS_RUN;
}

/*
 * --color WHEN in two arguments is rg's way, and what programs pass that run rg. In place of grep the second one is
 * the pattern. NULL: it is none of rg's words.
 */
static const char *take_color_word(const struct parser *p)
{
	static const char *const words[] = { "always", "never", "auto", "ansi" };
	const char *next = p->a->personality == AS_PSEARCH && optind < p->end ? p->argv[optind] : NULL;

	for (size_t i = 0; next && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(next, words[i]) == 0)
			return p->argv[optind++];
	return NULL;
}

static enum arguments_status read_color(const struct parser *p, const char *when)
{
	static const struct word words[] = {
		{ "always", CHOICE_YES }, { "never", CHOICE_NO }, { "auto", CHOICE_DEFAULT },
		{ "yes", CHOICE_YES }, { "force", CHOICE_YES }, { "ansi", CHOICE_YES },
		{ "no", CHOICE_NO }, { "none", CHOICE_NO }, { "tty", CHOICE_DEFAULT }, { "if-tty", CHOICE_DEFAULT },
	};
	int value = (int)p->a->color;
	enum arguments_status status;

	if (!when)
		when = take_color_word(p);
	status = read_word(p, words, sizeof(words) / sizeof(words[0]), 3, when ? when : "auto", &value);
	p->a->color = (enum choice)value;
	p->a->color_given = true;
	return status;
}

static enum arguments_status set_pretty(struct arguments *a)
{
	a->color = a->heading = a->numbers = CHOICE_YES;
	a->color_given = true;
	return ARGUMENTS_RUN;
}

/* As in rg, of --json and the options that print something else than lines the last counts. */
static enum arguments_status set_json(struct arguments *a)
{
	a->json = true;
	a->count = a->count_matches = false;
	a->listing = LIST_NONE;
	return ARGUMENTS_RUN;
}

static enum arguments_status read_sort(const struct parser *p, const char *name, bool reversed)
{
	if (!sort_read_key(name, &p->a->order.key))
		return bad_argument("%s '%s': give 'path', 'modified', 'accessed', 'created', 'size' or 'none'",
				    p->option, name);
	p->a->order.reversed = reversed;
	return ARGUMENTS_RUN;
}

static enum arguments_status read_path_separator(const struct parser *p, const char *value)
{
	if (strlen(value) > 1)
		return bad_argument("%s '%s': give one byte", p->option, value);
	p->a->look.path_separator = *value;
	return ARGUMENTS_RUN;
}

/* By rg's name it may have escapes; by grep's a backslash is one. */
static enum arguments_status read_group_separator(const struct parser *p, const char *value)
{
	p->a->look.group_separator = value;
	p->a->look.group_escapes = strcmp(p->option, "--context-separator") == 0;
	return ARGUMENTS_RUN;
}

static enum arguments_status read_hyperlink_format(const struct parser *p, const char *value)
{
	const char *remedy = hyperlink_settle(value, &p->a->look.hyperlink);

	return remedy ? bad_argument("%s '%s': %s", p->option, value, remedy) : ARGUMENTS_RUN;
}

enum arguments_status read_output_option(struct parser *p, int id, const char *value)
{
	switch (id) {
	case 'A':
	case 'B':
	case 'C': return read_context_option(p, id, value);
	case 'm': return read_max_count(p, value);
	case 'p': return set_pretty(p->a);
	case OPTION_JSON: return set_json(p->a);
	case OPTION_COLOR: return read_color(p, value);
	case OPTION_SORT:
	case OPTION_SORTR: return read_sort(p, value, id == OPTION_SORTR);
	case OPTION_HYPERLINK_FORMAT: return read_hyperlink_format(p, value);
	case OPTION_PATH_SEPARATOR: return read_path_separator(p, value);
	case OPTION_GROUP_SEPARATOR: return read_group_separator(p, value);
	case OPTION_NO_GROUP_SEPARATOR: p->a->look.group_separator = NULL; return ARGUMENTS_RUN;
	default: return ARGUMENTS_OTHER;
	}
}
