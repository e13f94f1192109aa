/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * style.h - the colours of what is printed, as GREP_COLORS says them.
 *
 * A colour is the parameters of the escape sequence "select graphic rendition", such as 01;31. What is printed in one
 * is enclosed in two sequences. Their bytes are GNU grep's, so that what reads these reads ours.
 */
#ifndef PSEARCH_CLI_STYLE_H
#define PSEARCH_CLI_STYLE_H

#include <stdbool.h>
#include <stddef.h>

#include "../base/output.h"

enum style_part {
	STYLE_NAME,          /* fn */
	STYLE_LINE,          /* ln: line numbers, and columns */
	STYLE_OFFSET,        /* bn */
	STYLE_SEPARATOR,     /* se */
	STYLE_SELECTED,      /* sl: the text of a line that is selected, except its matches */
	STYLE_CONTEXT,       /* cx: the text of a line of context, likewise */
	STYLE_MATCH,         /* ms: a match in a line that is selected */
	STYLE_CONTEXT_MATCH, /* mc: a match in a line of context, which there is with -v */
	STYLE_PARTS
};

/* The parameters; none if the length is 0. Borrowed. */
struct sgr {
	const char *text;
	size_t length;
};

struct style {
	struct sgr parts[STYLE_PARTS];
	bool reverse; /* rv: with -v, sl and cx change places */
	bool plain;   /* ne: do not clear the line to its end after each sequence */
};

/* Sets grep's colours. */
void style_init(struct style *s);

/* Changes the colour of matches to the value of GREP_COLOR, which must stay. False: it is NULL, or is none. */
bool style_read_old(struct style *s, const char *grep_color);

/* Changes what the value of GREP_COLORS says, which must stay; NULL: nothing. */
void style_read(struct style *s, const char *grep_colors);

/*
 * If nothing says otherwise, is what goes to this descriptor coloured? On a terminal that can, unless NO_COLOR is set.
 */
bool style_suits(int descriptor);

/* Does a part have a colour? Not without a style. */
static inline bool style_has(const struct style *s, enum style_part part)
{
	return s && s->parts[part].length > 0;
}

/* Both do nothing if the part has no colour. */
void style_start(const struct style *s, enum style_part part, struct output *out);
void style_end(const struct style *s, enum style_part part, struct output *out);

/* Prints bytes in the colour of a part. */
void style_write(const struct style *s, enum style_part part, struct output *out, const char *bytes, size_t length);

#endif
