/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * help.c - what --help and --version print.
 */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include <psearch.h>

#include "option_texts.h"

/* "-x, --name, --alias=ARGUMENT" */
static void name_option(char *to, size_t size, const struct option_row *row, bool aliases)
{
	char letter[3] = { '-', (char)row->id, '\0' };
	const char *between = option_has_letter(row) ? letter : "  ";
	size_t length = (size_t)snprintf(to, size, "%s", between);

	between = option_has_letter(row) ? ", --" : "  --";
	for (int i = -1; i < (aliases ? 2 : 0); i++) {
		const char *name = i < 0 ? row->name : row->aliases[i];

		if (name && length < size)
			length += (size_t)snprintf(to + length, size - length, "%s%s", between, name);
		between = ", --";
	}
	if (row->argument && length < size)
		snprintf(to + length, size - length, row->optional ? "[=%s]" : "=%s", row->argument);
}

#define LEFT 25  /* columns for an option's names; longer ones have a line of their own */
#define RIGHT 51 /* columns for what it does */

/* How much of the text fits a line. */
static size_t line_length(const char *text)
{
	size_t length = strlen(text), end = RIGHT;

	if (length <= RIGHT)
		return length;
	while (end > 0 && text[end] != ' ')
		end--;
	return end > 0 ? end : length;
}

static void print_row(struct output *out, const struct option_row *row, bool aliases)
{
	char left[96] = "-NUM", line[256];
	const char *text = row->help;

	if (row->id != OPTION_NUMBER)
		name_option(left, sizeof(left), row, aliases);
	if (strlen(left) > LEFT) {
		output_text(out, "  ");
		output_text(out, left);
		output_text(out, "\n");
		left[0] = '\0';
	}
	while (*text) {
		size_t length = line_length(text);

		snprintf(line, sizeof(line), "  %-*s  %.*s\n", LEFT, left, (int)length, text);
		output_text(out, line);
		left[0] = '\0';
		text += length + (text[length] == ' ');
	}
}

static bool is_common(const struct option_row *row)
{
	const struct option_text *text = option_is_heading(row) ? NULL : option_text_of(row);

	return text && text->common;
}

/* The most used options fit a small terminal. */
static void print_short_help(struct output *out)
{
	output_text(out, "Usage: psearch [OPTION]... PATTERN [PATH]...\n"
			 "Search files and directories for lines that match, and print them in order.\n");
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++)
		if (is_common(row))
			print_row(out, row, false);
	output_text(out, "All options: psearch --help=all; the manual: man psearch\n");
}

static void print_full_help(struct output *out)
{
	char heading[64];

	output_text(out,
		    "Usage: psearch [OPTION]... PATTERN [PATH]...\n"
		    "       psearch [OPTION]... -e PATTERN|-f FILE... [PATH]...\n"
		    "       psearch [OPTION]... --files [PATH]...\n"
		    "Search files and directories for lines that match, and print them in order.\n"
		    "PATTERN is a regular expression in Oniguruma's syntax, unless -G, -E, -P or -F\n"
		    "is given. PATH '-' is standard input.\n");
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++) {
		if (!option_is_heading(row)) {
			print_row(out, row, true);
			continue;
		}
		snprintf(heading, sizeof(heading), "\n%s:\n", row->name);
		output_text(out, heading);
	}
	output_text(out, "\nExit status: 0 when a line was selected, 1 when none was, 2 after an error.\n");
}

void print_help(struct output *out, bool all)
{
	if (all)
		print_full_help(out);
	else
		print_short_help(out);
}

/* Scripts look for GNU's name in what grep says. */
void print_version(struct output *out, bool as_grep)
{
	struct search_build build = SEARCH_BUILD_INIT;
	char text[256];

	if (as_grep)
		output_text(out, "grep (psearch, GNU compatible) " SEARCH_VERSION_STRING "\n");
	search_build(&build);
	snprintf(text, sizeof(text), "psearch %s (libpsearch %s, Oniguruma %s)\ninstructions: %s\ncompressed files: %s\n",
		 SEARCH_VERSION_STRING, build.version, build.oniguruma, build.simd,
		 *build.formats != '\0' ? build.formats : "none");
	output_text(out, text);
}
