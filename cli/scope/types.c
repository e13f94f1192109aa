/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * types.c - types of files: their definitions, and the globs of those that are chosen.
 *
 * Choices are looked up when the whole command line is read: a type may be chosen before it is defined.
 */
#include "types.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../base/nearest.h"

struct type_choice {
	const char *name;
	bool out;
};

/* The type has no globs of rows before this one. */
struct type_clear {
	const char *name;
	size_t before;
};

/* Row i of the table, continued by the added rows; NULL after the last. */
static const struct type_row *row_at(const struct types *t, size_t i)
{
	if (i < type_table_rows)
		return &type_table[i];
	return i - type_table_rows < t->added_count ? &t->added[i - type_table_rows] : NULL;
}

/* Row i still counts. */
static bool is_row_valid(const struct types *t, const struct type_row *row, size_t i)
{
	for (size_t k = 0; k < t->cleared_count; k++)
		if (i < t->cleared[k].before && strcmp(row->name, t->cleared[k].name) == 0)
			return false;
	return true;
}

/* The first row of this type, or of any if `name` is NULL, from row *i on; *i: its number. NULL: there is none. */
static const struct type_row *find_row(const struct types *t, const char *name, size_t *i)
{
	const struct type_row *row;

	while ((row = row_at(t, *i)) && ((name && strcmp(row->name, name) != 0) || !is_row_valid(t, row, *i)))
		++*i;
	return row;
}

/* Does the name mean all types? No type has this name. */
static bool is_name_all(const char *name)
{
	return strcmp(name, "all") == 0;
}

/* Makes room for one more element. */
static void *grow_array(void *array, size_t count, size_t size)
{
	return realloc(array, (count + 1) * size);
}

static bool add_row(struct types *t, const char *name, const char *glob)
{
	struct type_row *added = grow_array(t->added, t->added_count, sizeof(*added));

	if (!added)
		return false;
	t->added = added;
	added[t->added_count].name = name;
	added[t->added_count++].glob = glob;
	return true;
}

/* Copies a name; the copy lives as long as the types. */
static char *add_name(struct types *t, const char *text, size_t length)
{
	char **names = grow_array(t->names, t->name_count, sizeof(*names));

	if (!names)
		return NULL;
	t->names = names;
	names[t->name_count] = strndup(text, length);
	return names[t->name_count] ? names[t->name_count++] : NULL;
}

/* Adds all globs of the type `other` to another type. */
static enum types_status include_type(struct types *t, const char *name, const char *other)
{
	size_t rows = type_table_rows + t->added_count, i = 0;
	const struct type_row *row = find_row(t, other, &i);

	if (!row)
		return TYPES_UNKNOWN;
	for (; row && i < rows; i++, row = find_row(t, other, &i))
		if (!add_row(t, name, row->glob))
			return TYPES_MEMORY;
	return TYPES_OK;
}

/* Adds all globs of several types: NAME,NAME... If one is not known, *unknown is its name. */
static enum types_status include_types(struct types *t, const char *name, const char *others, const char **unknown)
{
	enum types_status status = TYPES_OK;

	do {
		size_t length = strcspn(others, ",");
		char *other = add_name(t, others, length);

		status = other ? include_type(t, name, other) : TYPES_MEMORY;
		*unknown = other;
		others += length;
	} while (status == TYPES_OK && *others++ == ',');
	return status;
}

enum types_status types_define(struct types *t, const char *definition, const char **unknown)
{
	static const char included[] = "include:";
	size_t length = 0;
	char *name;

	while (isalnum((unsigned char)definition[length]) || (definition[length] && strchr("_+-", definition[length])))
		length++;
	if (length == 0 || definition[length] != ':' || definition[length + 1] == '\0')
		return TYPES_FORM;
	name = add_name(t, definition, length);
	if (!name)
		return TYPES_MEMORY;
	if (is_name_all(name))
		return TYPES_FORM;
	definition += length + 1;
	if (strncmp(definition, included, sizeof(included) - 1) == 0)
		return include_types(t, name, definition + sizeof(included) - 1, unknown);
	return add_row(t, name, definition) ? TYPES_OK : TYPES_MEMORY;
}

enum types_status types_clear(struct types *t, const char *name)
{
	struct type_clear *cleared;
	size_t i = 0;

	if (!find_row(t, name, &i))
		return TYPES_UNKNOWN;
	cleared = grow_array(t->cleared, t->cleared_count, sizeof(*cleared));
	if (!cleared)
		return TYPES_MEMORY;
	t->cleared = cleared;
	cleared[t->cleared_count].name = name;
	cleared[t->cleared_count++].before = type_table_rows + t->added_count;
	return TYPES_OK;
}

bool types_choose(struct types *t, const char *name, bool out)
{
	struct type_choice *chosen = grow_array(t->chosen, t->chosen_count, sizeof(*chosen));

	if (!chosen)
		return false;
	t->chosen = chosen;
	chosen[t->chosen_count].name = name;
	chosen[t->chosen_count++].out = out;
	return true;
}

static bool add_globs(const struct types *t, const struct type_choice *choice, struct globs *globs)
{
	uint32_t flags = SEARCH_GLOB_BASENAME | SEARCH_GLOB_FILES_ONLY | SEARCH_GLOB_BRACES;
	const char *name = is_name_all(choice->name) ? NULL : choice->name;
	const struct type_row *row;
	bool ok = true;

	flags |= choice->out ? SEARCH_GLOB_EXCLUDE : SEARCH_GLOB_UNHIDE;
	for (size_t i = 0; ok && (row = find_row(t, name, &i)); i++)
		ok = globs_add(globs, "--type-add", row->glob, flags, GLOBS_TYPES);
	return ok;
}

enum types_status types_settle(const struct types *t, struct globs *globs, const char **unknown)
{
	for (size_t i = 0; i < t->chosen_count; i++) {
		const struct type_choice *choice = &t->chosen[i];
		size_t first = 0;

		*unknown = choice->name;
		if (!is_name_all(choice->name) && !find_row(t, choice->name, &first))
			return TYPES_UNKNOWN;
		if (!add_globs(t, choice, globs))
			return TYPES_MEMORY;
	}
	return TYPES_OK;
}

static void print_type(const struct types *t, const char *name, struct output *out)
{
	const char *between = ": ";
	const struct type_row *row;

	output_text(out, name);
	for (size_t i = 0; (row = find_row(t, name, &i)); i++) {
		output_text(out, between);
		output_text(out, row->glob);
		between = ", ";
	}
	output_text(out, "\n");
}

/* The next name after this one in alphabetical order, or NULL. */
static const char *next_name(const struct types *t, const char *name)
{
	const struct type_row *row;
	const char *next = NULL;

	for (size_t i = 0; (row = find_row(t, NULL, &i)); i++)
		if ((!name || strcmp(row->name, name) > 0) && (!next || strcmp(row->name, next) < 0))
			next = row->name;
	return next;
}

const char *types_nearest(const struct types *t, const char *name)
{
	struct nearest n = { .word = name };
	const struct type_row *row;

	for (size_t i = 0; (row = find_row(t, NULL, &i)) != NULL; i++)
		nearest_try(&n, row->name);
	return n.best;
}

void types_print(const struct types *t, struct output *out)
{
	for (const char *name = next_name(t, NULL); name; name = next_name(t, name))
		print_type(t, name, out);
}

void types_free(struct types *t)
{
	for (size_t i = 0; i < t->name_count; i++)
		free(t->names[i]);
	free(t->names);
	free(t->added);
	free(t->chosen);
	free(t->cleared);
	memset(t, 0, sizeof(*t));
}
