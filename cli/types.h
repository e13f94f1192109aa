/* SPDX-License-Identifier: BSD-2-Clause */
/* types.h - types of files, told by their names: -t, -T, --type-add, --type-list. */
#ifndef PSEARCH_CLI_TYPES_H
#define PSEARCH_CLI_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#include "globs.h"
#include "output.h"

/* A glob of a type. A type may have several, all of them rows with its name. */
struct type_row {
	const char *name;
	const char *glob;
};

/* type_table.c */
extern const struct type_row type_table[];
extern const size_t type_table_rows;

struct types {
	struct type_row *added; /* by --type-add, in their order */
	size_t added_count;
	struct type_choice *chosen; /* by -t and -T */
	size_t chosen_count;
	char **names; /* of those added */
	size_t name_count;
};

enum types_status {
	TYPES_OK,
	TYPES_FORM,    /* a definition that is none */
	TYPES_UNKNOWN, /* no type has this name */
	TYPES_MEMORY
};

/* 'NAME:GLOB', or 'NAME:include:NAME,NAME...' of types that there are. The text outlives the list. */
enum types_status types_define(struct types *t, const char *definition);

/* -t, or with `out` -T: NAME, or 'all' for every type. */
bool types_choose(struct types *t, const char *name, bool out);

/* What was chosen, as globs. *unknown: the name that no type has. */
enum types_status types_settle(const struct types *t, struct globs *globs, const char **unknown);

/* All types, a line each. */
void types_print(const struct types *t, struct output *out);

void types_free(struct types *t);

#endif
