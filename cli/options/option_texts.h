/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * option_texts.h - what psearch(1) says about each option, and what its argument can be.
 *
 * The text is plain, with this mark-up at the start of words, after which only punctuation follows:
 *   -x, --long      an option; --long=word one with this argument; (-x) one in parentheses
 *   NAME            its own argument, as in option_table; PATH and PATTERN in any text
 *   'text'          what is typed or printed, as it is; in C a backslash is written twice
 *   *word*          a word that is an argument
 *   <file>          the name of a file
 *   {Section}       a section of psearch(1)
 *   name(1)         another page
 * An empty line begins a paragraph.
 */
#ifndef PSEARCH_CLI_OPTION_TEXTS_H
#define PSEARCH_CLI_OPTION_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

/* What an argument is, for completion. */
enum argument_kind {
	ARGUMENT_OTHER = 0,
	ARGUMENT_WORDS,    /* one of `words` */
	ARGUMENT_FILE,
	ARGUMENT_TYPE,     /* one of --type-list */
	ARGUMENT_ENCODING, /* `words` are some of them */
};

struct option_text {
	const char *name;   /* the long name; if there is none, the letter; of -NUM it is "NUM" */
	bool common;        /* --help shows it */
	enum argument_kind kind;
	const char *words;  /* that the argument can be, with a space between; or NULL */
	const char *text;
};

extern const struct option_text option_texts[];
extern const size_t option_text_count;

/* The text of an option; NULL: it has none, which test_generate.sh refuses. */
const struct option_text *option_text_of(const struct option_row *row);

#endif
