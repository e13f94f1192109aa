/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parser.c - what the files that read options share.
 */
#include "parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/complain.h"

enum arguments_status bad_argument(const char *format, ...)
{
	va_list arguments;

	complain_part("%s: ", complain_name());
	va_start(arguments, format);
	complain_part_of(format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	complain_part("Try '%s --help'.", complain_name());
	fputc('\n', stderr);
	return ARGUMENTS_BAD;
}

enum arguments_status report_no_memory(void)
{
	complain_of_memory();
	return ARGUMENTS_BAD;
}

enum arguments_status report_file(const struct arguments *a, const char *option, const char *name, int error)
{
	if (a->personality == AS_PSEARCH)
		complain("%s '%s': cannot be read: %s", option, name, strerror(error));
	else
		complain("%s: %s", name, strerror(error));
	return ARGUMENTS_BAD;
}

enum arguments_status report_unknown_type(const struct types *types, const char *name)
{
	const char *near = types_nearest(types, name);

	if (near)
		return bad_argument("'%s' is not a type of files; did you mean '%s'? See --type-list", name, near);
	return bad_argument("'%s' is not a type of files; see --type-list", name);
}

enum arguments_status run_unless_no_memory(bool ok)
{
	return ok ? ARGUMENTS_RUN : report_no_memory();
}

enum arguments_status take_input(struct arguments *a, const char *option, const char *name)
{
	const struct input *first = &a->input;

	if (input_take(&a->input, option, name))
		return ARGUMENTS_RUN;
	return bad_argument("standard input cannot be read twice: for '%s%s%s' and for '%s%s%s'; "
			    "name a file for one of them",
			    first->option, first->name ? " " : "", first->name ? first->name : "",
			    option, name ? " " : "", name ? name : "");
}

/* "'a', 'b' or 'c'" */
static void list_words(char *to, size_t size, const struct word *words, size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < count && length < size; i++)
		length += (size_t)snprintf(to + length, size - length, "%s'%s'",
					   i == 0 ? "" : i + 1 < count ? ", " : " or ", words[i].text);
}

enum arguments_status read_word(const struct parser *p, const struct word *words, size_t count, size_t named,
				const char *value, int *result)
{
	char known[128];

	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i].text, value) == 0) {
			*result = words[i].value;
			return ARGUMENTS_RUN;
		}
	}
	list_words(known, sizeof(known), words, named);
	return bad_argument("%s '%s': give %s", p->option, value, known);
}
