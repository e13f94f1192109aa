/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * help.c - what --help and --version print.
 */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include <psearch.h>

#include "options.h"

static void print_text(struct output *out, const char *text)
{
	output_write(out, text, strlen(text));
}

/* "-x, --name, --alias=ARGUMENT" */
static void name_option(char *to, size_t size, const struct option_row *row)
{
	char letter[3] = { '-', (char)row->id, '\0' };
	const char *between = option_has_letter(row) ? letter : "  ";
	size_t length = (size_t)snprintf(to, size, "%s", between);

	between = option_has_letter(row) ? ", --" : "  --";
	for (int i = -1; i < 2; i++) {
		const char *name = i < 0 ? row->name : row->aliases[i];

		if (name && length < size)
			length += (size_t)snprintf(to + length, size - length, "%s%s", between, name);
		between = ", --";
	}
	if (row->argument && length < size)
		snprintf(to + length, size - length, row->optional ? "[=%s]" : "=%s", row->argument);
}

static void print_row(struct output *out, const struct option_row *row)
{
	char left[96] = "-NUM", line[256];

	if (row->id != OPTION_NUMBER)
		name_option(left, sizeof(left), row);
	if (strlen(left) > 29)
		snprintf(line, sizeof(line), "  %s\n%33s%s\n", left, "", row->help);
	else
		snprintf(line, sizeof(line), "  %-30s %s\n", left, row->help);
	print_text(out, line);
}

void print_help(struct output *out, bool all)
{
	char heading[64];

	(void)all;
	print_text(out,
		   "Usage: psearch [OPTION]... PATTERN [PATH]...\n"
		   "       psearch [OPTION]... -e PATTERN|-f FILE... [PATH]...\n"
		   "       psearch [OPTION]... --files [PATH]...\n"
		   "Search files and directories for lines that match, and print them in order.\n"
		   "PATTERN is a regular expression in Oniguruma's syntax, unless -G, -E, -P or -F is\n"
		   "given. PATH '-' is standard input.\n");
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++) {
		if (!option_is_heading(row)) {
			print_row(out, row);
			continue;
		}
		snprintf(heading, sizeof(heading), "\n%s:\n", row->name);
		print_text(out, heading);
	}
	print_text(out, "\nExit status: 0 when a line was selected, 1 when none was, 2 after an error.\n");
}

void print_version(struct output *out)
{
	struct search_build build = SEARCH_BUILD_INIT;
	char text[256];

	search_build(&build);
	snprintf(text, sizeof(text), "psearch %s (libpsearch %s, Oniguruma %s)\ninstructions: %s\ncompressed files: %s\n",
		 SEARCH_VERSION_STRING, build.version, build.oniguruma, build.simd,
		 *build.formats != '\0' ? build.formats : "none");
	print_text(out, text);
}
