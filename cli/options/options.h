/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - the table of all options.
 *
 * What getopt_long needs, --help, the completions and the man page's list of options are made from it. Most rows also
 * say what the option does: which field of struct arguments it sets to what. The others are read by the functions of
 * readers.h.
 */
#ifndef PSEARCH_CLI_OPTIONS_H
#define PSEARCH_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a row is about: the letter of an option that has one, or one of these. */
enum {
	OPTION_HEADING = 0,
	OPTION_OPERAND = 1, /* what getopt_long returns for an argument that is not an option */
	OPTION_PLAIN = 2,   /* its row says all about it */
	OPTION_NUMBER = 256,
	OPTION_BINARY_FILES,
	OPTION_COLOR,
	OPTION_CRLF,
	OPTION_ENGINE,
	OPTION_EXCLUDE,
	OPTION_EXCLUDE_DIR,
	OPTION_EXCLUDE_FROM,
	OPTION_FILES0_FROM,
	OPTION_FILES_FROM,
	OPTION_GENERATE,
	OPTION_GROUP_SEPARATOR,
	OPTION_HELP,
	OPTION_HYPERLINK_FORMAT,
	OPTION_IGLOB,
	OPTION_IGNORE_FILE,
	OPTION_INCLUDE,
	OPTION_JSON,
	OPTION_MAX_DEPTH,
	OPTION_MAX_LINE_BYTES,
	OPTION_NO_GROUP_SEPARATOR,
	OPTION_PATH_SEPARATOR,
	OPTION_SORT,
	OPTION_SORTR,
	OPTION_SYNTAX,
	OPTION_TYPE_ADD,
	OPTION_TYPE_CLEAR,
	OPTION_TYPE_NOT,
	OPTION_UNRESTRICTED,
	OPTION_WARM
};

enum option_effect {
	EFFECT_OWN = 0, /* a function of readers.h reads it */
	EFFECT_FLAGS,   /* adds `value` to `flags` */
	EFFECT_SET,     /* sets a bool, an enum or another int to `value` */
	EFFECT_TEXT,    /* sets a string to the argument */
	EFFECT_NUMBER,  /* sets a uint64_t to the argument, a number */
	EFFECT_SIZE     /* the same, and it may have a unit, K, M or G; at least 1 */
};

struct option_row {
	int id;
	const char *name;       /* long name, or NULL */
	const char *aliases[2]; /* further long names */
	const char *argument;   /* what --help calls its argument, or NULL if it takes none */
	const char *help;       /* a line; NULL in a heading */
	enum option_effect effect;
	size_t field;           /* offset of the field in struct arguments */
	uint32_t value;
	bool is_bool;           /* the field is a bool, not an int */
	bool optional;          /* the argument may be left out; given, it follows a '=' */
};

#define OPTION_ROWS_AT_MOST 160

extern const struct option_row option_table[];
extern const size_t option_rows;

/* The row with this id; NULL: there is none. */
const struct option_row *option_find(int id);

/* Has grep an option of this long name? */
bool option_is_greps(const char *name);

static inline bool option_is_heading(const struct option_row *row)
{
	return row->id == OPTION_HEADING;
}

/* Has the option a letter? */
static inline bool option_has_letter(const struct option_row *row)
{
	return row->id > OPTION_PLAIN && row->id < OPTION_NUMBER;
}

#endif
