/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settle.c - when all options are read: what they mean together, and which operand is the pattern.
 */
#include "settle.h"

#include <string.h>

#include <psearch.h>

#include "../scope/smart_case.h"

/* -A and -B take precedence over -C, in any order. */
static void settle_context(struct parser *p)
{
	p->a->look.groups = p->has_context || p->has_before || p->has_after;
	if (!p->has_context)
		return;
	if (!p->has_before)
		p->a->before = p->context;
	if (!p->has_after)
		p->a->after = p->context;
}

/* Turns the chosen types into globs, and opens the list of paths. */
static enum arguments_status settle_files(struct parser *p)
{
	struct arguments *a = p->a;
	enum arguments_status status;
	const char *unknown, *option = a->list.end == '\n' ? "--files-from" : "--files0-from";
	int error;

	if (a->globs_ignore_case)
		globs_ignore_case(&a->globs);
	if (a->list_types) {
		types_print(&a->types, p->out);
		return ARGUMENTS_DONE;
	}
	switch (types_settle(&a->types, &a->globs, &unknown)) {
	case TYPES_OK: break;
	case TYPES_MEMORY: return report_no_memory();
	default: return report_unknown_type(&a->types, unknown);
	}
	if (!a->list.name)
		return ARGUMENTS_RUN;
	status = take_input(a, option, a->list.name);
	error = status == ARGUMENTS_RUN ? paths_open(&a->list) : 0;
	return error ? report_file(a, option, a->list.name, error) : status;
}

/* Without -e and -f the first operand is the pattern. */
static enum arguments_status settle_pattern(struct parser *p)
{
	struct arguments *a = p->a;

	if (!p->has_pattern && !a->files) {
		if (a->path_count == 0)
			return bad_argument("no pattern; give one before the paths, or with -e or -f");
		if (!patterns_add(&a->patterns, a->paths[0]))
			return report_no_memory();
		a->path_count--;
		memmove(a->paths, a->paths + 1, a->path_count * sizeof(*a->paths));
	}
	if ((a->flags & SEARCH_MATCH_CRLF) != 0)
		patterns_trim(&a->patterns);
	if (a->letter_case == CASE_IGNORED || (a->letter_case == CASE_SMART && !smart_case_is_exact(&a->patterns, a->syntax,
		(a->flags & SEARCH_MATCH_FIXED) != 0)))
		a->flags |= SEARCH_MATCH_IGNORE_CASE;
	return ARGUMENTS_RUN;
}

bool arguments_search_input(const struct arguments *a)
{
	if (arguments_recursive(a) || a->files)
		return false;
	return a->personality != AS_PSEARCH || input_may_have_text();
}

/* If standard input is a file, -m leaves the rest of it to the next path, as in grep. */
static enum arguments_status settle_input(struct arguments *a)
{
	bool again = a->max_count != UINT64_MAX && input_is_file(), taken = a->input.option != NULL;
	enum arguments_status status = ARGUMENTS_RUN;

	if (a->path_count == 0 && !a->list.name && !a->explain && arguments_search_input(a))
		return take_input(a, "no PATH", NULL);
	for (size_t i = 0; status == ARGUMENTS_RUN && i < a->path_count; i++) {
		status = take_input(a, "PATH", a->paths[i]);
		if (again && !taken)
			a->input.option = NULL;
	}
	return status;
}

enum arguments_status arguments_settle(struct parser *p)
{
	enum arguments_status status;

	settle_context(p);
	if (p->a->warm_action != WARM_SEARCH)
		p->a->files = true; /* there is no pattern, and what is walked is what would be listed */
	status = settle_files(p);
	if (status == ARGUMENTS_RUN)
		status = settle_pattern(p);
	return status == ARGUMENTS_RUN ? settle_input(p->a) : status;
}
