/* SPDX-License-Identifier: BSD-2-Clause */
/* types.h - types of files, recognized by their names: -t, --type-not, --type-add, --type-clear, --type-list. */
#ifndef PSEARCH_CLI_TYPES_H
#define PSEARCH_CLI_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#include "../base/output.h"
#include "globs.h"

/* A glob of a type. A type may have several, all of them rows with its name. */
struct type_row {
	const char *name;
	const char *glob;
};

/* type_table.c */
extern const struct type_row type_table[];
extern const size_t type_table_rows;

struct types {
	struct type_row *added; /* by --type-add, in the order given */
	size_t added_count;
	struct type_choice *chosen; /* by -t and --type-not */
	size_t chosen_count;
	struct type_clear *cleared; /* by --type-clear */
	size_t cleared_count;
	char **names; /* of the added types, owned */
	size_t name_count;
};

enum types_status {
	TYPES_OK,
	TYPES_FORM,    /* not a definition */
	TYPES_UNKNOWN, /* no type has this name */
	TYPES_MEMORY
};

/*
 * Adds 'NAME:GLOB', or 'NAME:include:NAME,NAME...' with known types. The text must outlive the list. If one of these is
 * not known, *unknown is its name.
 */
enum types_status types_define(struct types *t, const char *definition, const char **unknown);

/* Forgets all globs that the type has so far. */
enum types_status types_clear(struct types *t, const char *name);

/* Chooses a type for -t, or with `out` for --type-not: NAME, or 'all' for every type. */
bool types_choose(struct types *t, const char *name, bool out);

/* Adds the globs of the chosen types. If one is not known, *unknown is its name. */
enum types_status types_settle(const struct types *t, struct globs *globs, const char **unknown);

/* The known type whose name is nearest to this one; NULL: none is near. */
const char *types_nearest(const struct types *t, const char *name);

/* Prints all types, a line each. */
void types_print(const struct types *t, struct output *out);

void types_free(struct types *t);

#endif
