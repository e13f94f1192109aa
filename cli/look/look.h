/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * look.h - how what is found is shown. The options say it, then query.c settles what depends on the terminal and on the
 * paths; from then on it is constant.
 */
#ifndef PSEARCH_CLI_LOOK_H
#define PSEARCH_CLI_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct style;

struct look {
	bool names;              /* print the name of its file before each line, */
	bool heading;            /* or above the lines of a file, with an empty line between files */
	bool numbers;            /* line numbers */
	bool columns;            /* the column of the first match, in bytes, from 1 */
	bool offsets;            /* -b: the byte offset of the line, with -o of the match */
	bool initial_tab;        /* -T: the text starts at a tab stop */
	bool null;               /* print a NUL after the name of a file */
	bool passthru;           /* all lines are printed, those that are not selected as context */
	bool multi_line;         /* an item may have several lines */
	bool inverted;           /* the lines that do not match are selected */
	bool each_match;         /* --vimgrep: print the line once for each match */
	bool trim;               /* leave out white space at the start of a line */
	bool include_zero;       /* -c: files without a match, too */
	bool groups;             /* print a separator between lines that are not adjacent, */
	const char *group_separator; /* this one, on a line of its own; NULL: none */
	bool group_escapes;      /* escapes in it stand for bytes */
	const char *match_separator;   /* between the fields before a line that matches, such as ":", */
	const char *context_separator; /* and before a line of context, such as "-" */
	const char *replacement; /* --replace: print this for each match; NULL: the match */
	uint64_t max_columns;    /* longer lines are left out, or shown in part; 0: no limit */
	bool max_columns_preview;
	char path_separator;     /* printed in place of each slash in a path; '\0': slashes stay */
	bool quiet;              /* --json with -q: only the summary */
	char line_end;           /* '\n', or '\0' with -z */
	const struct style *style; /* colours; NULL: none */
	const char *hyperlink;   /* --hyperlink-format, settled; NULL: none */
	bool safe;               /* for a terminal: control characters in names and text are shown, not sent */
	bool safe_messages;      /* the same, in messages */
	bool no_messages;
	bool as_grep;            /* errors about files are worded as grep's */
	bool only_utf8;          /* a line that is not UTF-8 is left out, */
	bool binary_note;        /* and its file is said to be a binary one */
	uint64_t max_line_bytes; /* for a message */
};

#endif
