/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * generate_shells.c - what completes psearch's options and their arguments in bash, zsh and fish.
 *
 * Each text has a fixed part, and one piece for each option. Types are asked for when they are needed, since options
 * and the file of configuration may define some.
 */
#include "generate.h"

#include <stdio.h>
#include <string.h>

#include "option_texts.h"

static void put_two(struct output *out, const char *text, const char *then)
{
	output_text(out, text);
	output_text(out, then);
}

/* A line of help between single quotes; what ends the quotes, or anything else of `escaped`, is written otherwise. */
static void put_quoted(struct output *out, const char *text, const char *quote, const char *escaped)
{
	for (; *text; text++) {
		if (*text == '\'') {
			output_text(out, quote);
			continue;
		}
		if (strchr(escaped, *text))
			output_text(out, "\\");
		output_write(out, text, 1);
	}
}

static const struct option_text no_text = { .name = "", .text = "" };

static const struct option_text *text_of(const struct option_row *row)
{
	const struct option_text *text = option_text_of(row);

	return text ? text : &no_text;
}

/* An option that has a name: neither a heading nor -NUM. */
static bool is_option(const struct option_row *row)
{
	return !option_is_heading(row) && row->id != OPTION_NUMBER;
}

/* The names of a row in order: 0 is the long name. NULL: there is none. */
static const char *long_name(const struct option_row *row, int i)
{
	return i == 0 ? row->name : row->aliases[i - 1];
}

#define LONG_NAMES 3

static const char bash_head[] =
	"# bash completion for psearch, made by psearch --generate complete-bash\n"
	"_psearch_words()\n"
	"{\n"
	"\tlocal IFS=$' \\t\\n'\n"
	"\t# shellcheck disable=SC2207 # no word has a space\n"
	"\tCOMPREPLY=($(compgen -W \"$1\" -- \"$2\"))\n"
	"}\n"
	"\n"
	"_psearch()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} joined='' i\n"
	"\n"
	"\tCOMPREPLY=() # then bash completes names of files\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\t[[ ${COMP_WORDS[i]} == -- ]] && return\n"
	"\tdone\n"
	"\tif [[ $cur == '=' ]]; then\n"
	"\t\tcur='' joined='='\n"
	"\telif [[ $option == '=' ]]; then\n"
	"\t\toption=${COMP_WORDS[COMP_CWORD-2]} joined='='\n"
	"\tfi\n"
	"\tcase $joined$option in\n";

static const char bash_options[] =
	"\tesac\n"
	"\t[[ $cur == -* ]] || return\n"
	"\t_psearch_words '";

static const char bash_tail[] =
	"' \"$cur\"\n"
	"\tif [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then\n"
	"\t\tcompopt -o nospace 2>/dev/null\n"
	"\tfi\n"
	"}\n"
	"complete -o default -F _psearch psearch\n";

/* The argument of an option: "-t|--type|=--type) ... ;;" */
static void bash_argument(struct output *out, const struct option_row *row)
{
	const struct option_text *text = text_of(row);
	const char *between = "\t";

	if (option_has_letter(row) && !row->optional) {
		put_two(out, "\t-", (char[]){ (char)row->id, '\0' });
		between = "|";
	}
	for (int i = 0; i < LONG_NAMES; i++) {
		const char *name = long_name(row, i);

		if (name && !row->optional) {
			put_two(out, between, "--");
			output_text(out, name);
			between = "|";
		}
		if (name) {
			put_two(out, between, "=--");
			output_text(out, name);
			between = "|";
		}
	}
	output_text(out, ") ");
	if (text->kind == ARGUMENT_TYPE) {
		output_text(out, "_psearch_words \"$(\"${COMP_WORDS[0]}\" --type-list 2>/dev/null | ");
		output_text(out, "sed 's/:.*//')\" \"$cur\"; ");
	} else if (text->words) {
		put_two(out, "_psearch_words '", text->words);
		output_text(out, "' \"$cur\"; ");
	}
	output_text(out, "return ;;\n");
}

static void bash_names(struct output *out, const struct option_row *row)
{
	for (int i = 0; i < LONG_NAMES; i++) {
		if (!long_name(row, i))
			continue;
		put_two(out, " --", long_name(row, i));
		output_text(out, row->argument && !row->optional ? "=" : "");
	}
}

void generate_bash(struct output *out)
{
	output_text(out, bash_head);
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++)
		if (is_option(row) && row->argument)
			bash_argument(out, row);
	output_text(out, bash_options);
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++)
		if (is_option(row))
			bash_names(out, row);
	output_text(out, bash_tail);
}

static const char zsh_head[] =
	"#compdef psearch\n"
	"# zsh completion for psearch, made by psearch --generate complete-zsh\n"
	"_psearch_types() {\n"
	"  local -a types\n"
	"  types=(${(f)\"$(_call_program types psearch --type-list 2>/dev/null)\"})\n"
	"  types=(${types%%:*})\n"
	"  _describe type types\n"
	"}\n"
	"\n"
	"_psearch() {\n"
	"  _arguments -s -S \\\n";

static const char zsh_tail[] =
	"    '1:pattern:_guard \"^-*\" pattern' \\\n"
	"    '*:path:_files'\n"
	"}\n"
	"\n"
	"if [[ $funcstack[1] == _psearch ]]; then\n"
	"  _psearch \"$@\"\n"
	"else\n"
	"  compdef _psearch psearch\n"
	"fi\n";

static void zsh_action(struct output *out, const struct option_row *row)
{
	const struct option_text *text = text_of(row);

	put_two(out, row->optional ? "::" : ":", row->argument);
	output_text(out, ":");
	if (text->kind == ARGUMENT_FILE)
		output_text(out, "_files");
	else if (text->kind == ARGUMENT_TYPE)
		output_text(out, "_psearch_types");
	else if (text->words) {
		put_two(out, "(", text->words);
		output_text(out, ")");
	} else
		output_text(out, " ");
}

/* One name of an option: '*-t+[help]:TYPE:_psearch_types' */
static void zsh_option(struct output *out, const struct option_row *row, const char *dashes, const char *name)
{
	output_text(out, "    '*");
	put_two(out, dashes, name);
	if (row->argument)
		output_text(out, dashes[1] == '\0' ? "+" : row->optional ? "=-" : "=");
	output_text(out, "[");
	put_quoted(out, row->help, "'\\''", "[]\\");
	output_text(out, "]");
	if (row->argument)
		zsh_action(out, row);
	output_text(out, "' \\\n");
}

void generate_zsh(struct output *out)
{
	output_text(out, zsh_head);
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++) {
		if (!is_option(row))
			continue;
		if (option_has_letter(row))
			zsh_option(out, row, "-", (char[]){ (char)row->id, '\0' });
		for (int i = 0; i < LONG_NAMES; i++)
			if (long_name(row, i))
				zsh_option(out, row, "--", long_name(row, i));
	}
	output_text(out, zsh_tail);
}

static void fish_argument(struct output *out, const struct option_row *row)
{
	const struct option_text *text = text_of(row);

	if (text->kind == ARGUMENT_FILE) {
		output_text(out, " -r -F");
		return;
	}
	output_text(out, row->optional ? " -f" : " -x");
	if (text->kind == ARGUMENT_TYPE)
		output_text(out, " -a '(psearch --type-list 2>/dev/null | string replace -r \":.*\" \"\")'");
	else if (text->words) {
		put_two(out, " -a '", text->words);
		output_text(out, "'");
	}
}

void generate_fish(struct output *out)
{
	output_text(out, "# fish completion for psearch, made by psearch --generate complete-fish\n");
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++) {
		if (!is_option(row))
			continue;
		output_text(out, "complete -c psearch");
		if (option_has_letter(row))
			put_two(out, " -s ", (char[]){ (char)row->id, '\0' });
		for (int i = 0; i < LONG_NAMES; i++)
			if (long_name(row, i))
				put_two(out, " -l ", long_name(row, i));
		output_text(out, " -d '");
		put_quoted(out, row->help, "\\'", "\\");
		output_text(out, "'");
		if (row->argument)
			fish_argument(out, row);
		output_text(out, "\n");
	}
}
