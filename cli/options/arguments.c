/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arguments.c - parses the command line.
 *
 * getopt_long does it, with what is made from the table of options. What the row of an option does not say is done by
 * the functions of readers.h; what options mean together, when all are read, by settle.c.
 */
#include "arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/complain.h"
#include "../base/numbers.h"
#include "config.h"
#include "generate.h"
#include "help.h"
#include "options.h"
#include "parser.h"
#include "readers.h"
#include "settle.h"
#include "unknown.h"

#define LINE_BYTES (16 << 20) /* the library's default, too */

/* What getopt_long needs, made from the table. */
struct syntax {
	char letters[3 + 3 * OPTION_ROWS_AT_MOST + 10];
	struct option names[3 * OPTION_ROWS_AT_MOST + 1];
	struct option greps[3 * OPTION_ROWS_AT_MOST + 1]; /* the names that grep has, too */
};

/* --- what getopt_long needs --- */

static struct option *add_name(struct option *to, const struct option_row *row, const char *name)
{
	int kind = !row->argument ? no_argument : row->optional ? optional_argument : required_argument;

	if (name)
		*to++ = (struct option){ name, kind, NULL, FIRST_LONG + (int)(row - option_table) };
	return to;
}

/* '-': operands are returned in their place; ':': getopt_long prints no messages. */
static void make_syntax(struct syntax *s)
{
	char *letter = s->letters;
	struct option *name = s->names;

	memset(s, 0, sizeof(*s));
	*letter++ = '-';
	*letter++ = ':';
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++) {
		if (option_is_heading(row))
			continue;
		if (row->id == OPTION_NUMBER)
			for (const char *digit = "0123456789"; *digit != '\0'; digit++)
				*letter++ = *digit;
		if (option_has_letter(row)) {
			*letter++ = (char)row->id;
			if (row->argument)
				*letter++ = ':';
		}
		name = add_name(name, row, row->name);
		for (int i = 0; i < 2; i++)
			name = add_name(name, row, row->aliases[i]);
	}
}

static void choose_greps(struct syntax *s)
{
	struct option *to = s->greps;

	for (const struct option *name = s->names; name->name; name++)
		if (option_is_greps(name->name))
			*to++ = *name;
}

/* Is the word, as far as a '=', the whole of a name, or short for one? */
static bool names_option(const struct option *names, const char *word, bool whole)
{
	size_t length = strcspn(word, "=");

	for (const struct option *name = names; name->name; name++)
		if (strncmp(name->name, word, length) == 0 && (!whole || name->name[length] == '\0'))
			return true;
	return false;
}

/* In place of grep what is short for one of grep's names is not short for one that grep lacks. */
static const struct option *choose_names(const struct syntax *s, const struct arguments *a, const char *word)
{
	if (a->personality == AS_PSEARCH || !word || strncmp(word, "--", 2) != 0)
		return s->names;
	return names_option(s->names, word + 2, true) || !names_option(s->greps, word + 2, false) ? s->names : s->greps;
}

/* --- options --- */

static enum arguments_status read_help(const struct parser *p, const char *value)
{
	static const struct word words[] = { { "all", 0 } };
	int ignored;

	if (value && READ_WORD(p, words, value, &ignored) != ARGUMENTS_RUN)
		return ARGUMENTS_BAD;
	print_help(p->out, value != NULL);
	return ARGUMENTS_DONE;
}

static enum arguments_status read_generate(const struct parser *p, const char *what)
{
	if (generate(p->out, what))
		return ARGUMENTS_DONE;
	return bad_argument("%s '%s': give 'man', 'complete-bash', 'complete-zsh' or 'complete-fish'", p->option, what);
}

/* Options that print something in place of a search. */
static enum arguments_status read_print_option(struct parser *p, int id, const char *value)
{
	switch (id) {
	case OPTION_GENERATE: return read_generate(p, value);
	case OPTION_HELP: return read_help(p, value);
	case 'V': print_version(p->out, p->a->personality != AS_PSEARCH); return ARGUMENTS_DONE;
	default: return ARGUMENTS_OTHER;
	}
}

/* Reads an option whose row does not say it all. */
static enum arguments_status read_own(struct parser *p, int id, const char *value)
{
	static enum arguments_status (*const readers[])(struct parser *p, int id, const char *value) = {
		read_pattern_option, read_file_option, read_output_option, read_print_option
	};
	enum arguments_status status = ARGUMENTS_OTHER;

	for (size_t i = 0; status == ARGUMENTS_OTHER && i < sizeof(readers) / sizeof(readers[0]); i++)
		status = readers[i](p, id, value);
	return status;
}

/* Does what the row says. */
static enum arguments_status apply_row(const struct parser *p, const struct option_row *row, const char *value)
{
	char *field = (char *)p->a + row->field;

	switch (row->effect) {
	case EFFECT_FLAGS:
		p->a->flags |= row->value;
		return ARGUMENTS_RUN;
	case EFFECT_SET:
		if (row->is_bool)
			*(bool *)field = row->value != 0;
		else
			*(int *)(void *)field = (int)row->value;
		return ARGUMENTS_RUN;
	case EFFECT_TEXT:
		*(const char **)(void *)field = value;
		return ARGUMENTS_RUN;
	case EFFECT_NUMBER:
		if (read_number(value, UINT64_MAX, (uint64_t *)(void *)field))
			return ARGUMENTS_RUN;
		return bad_argument("%s '%s': not a number; give 0 or more", p->option, value);
	default:
		if (read_size(value, (uint64_t *)(void *)field))
			return ARGUMENTS_RUN;
		return bad_argument("%s '%s': not a size; give 1 or more, optionally followed by K, M or G", p->option,
				    value);
	}
}

/* The option as it was given: -x, or --name even if that was shortened. */
static void note_option(struct parser *p, int id, const struct option_row *row, const char *word)
{
	const char *name = row->name;
	size_t length = strcspn(word, "=");

	for (int i = 0; i < 2 && id >= FIRST_LONG; i++)
		if (row->aliases[i] && length > 2 && strncmp(row->aliases[i], word + 2, length - 2) == 0 &&
		    strncmp(row->name, word + 2, length - 2) != 0)
			name = row->aliases[i];
	if (id >= FIRST_LONG)
		snprintf(p->option, sizeof(p->option), "--%s", name);
	else
		snprintf(p->option, sizeof(p->option), "-%c", id);
}

/* Shortened like this, rg's --pre COMMAND would be --pretty, and COMMAND the pattern. */
static bool is_pre(const char *word)
{
	return strncmp(word, "--pre", 5) == 0 && (word[5] == '\0' || word[5] == '=');
}

/* `at`: the index of the argument that the option is in. */
static enum arguments_status read_option(struct parser *p, int id, int at)
{
	const struct option_row *row;

	if (id == OPTION_OPERAND) {
		p->a->paths[p->a->path_count++] = optarg;
		return ARGUMENTS_RUN;
	}
	if (id >= '0' && id <= '9')
		return read_digit(p, id, at);
	if (is_pre(p->argv[at]))
		return bad_argument("option '--pre' is not known: no commands are run on files; "
				    "see psearch-compared(7)");
	row = id >= FIRST_LONG ? option_table + (id - FIRST_LONG) : option_find(id);
	if (id == '?' || id == ':' || !row)
		return report_unknown_option(p, id);
	note_option(p, id, row, p->argv[at]);
	if (row->effect != EFFECT_OWN)
		return apply_row(p, row, optarg);
	return read_own(p, row->id, optarg);
}

/* What the name of the program means. */
static enum personality find_personality(const char *program)
{
	static const struct word names[] = { { "grep", AS_GREP }, { "egrep", AS_EGREP }, { "fgrep", AS_FGREP } };
	const char *slash = strrchr(program, '/');

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(slash ? slash + 1 : program, names[i].text) == 0)
			return (enum personality)names[i].value;
	return AS_PSEARCH;
}

static void set_defaults(struct arguments *a, const char *program)
{
	static const int letters[] = { [AS_GREP] = 'G', [AS_EGREP] = 'E', [AS_FGREP] = 'F' };

	memset(a, 0, sizeof(*a));
	a->personality = program ? find_personality(program) : AS_PSEARCH;
	if (a->personality != AS_PSEARCH) {
		select_syntax(a, letters[a->personality]);
		complain_as(program);
	}
	a->max_count = a->max_results = UINT64_MAX;
	a->encoding = "auto";
	a->max_line_bytes = LINE_BYTES;
	a->look.group_separator = "--";
	a->look.match_separator = ":";
	a->look.context_separator = "-";
}

/*
 * The file of options has nothing but whole options: anything else would change what the arguments after it mean. `id`:
 * what getopt_long returned.
 */
static enum arguments_status check_config_option(int id, const char *word, bool takes_given)
{
	if (id == -1)
		return bad_argument("'--' is not an option; leave it out");
	if (id == OPTION_OPERAND)
		return bad_argument("'%s' is not an option; options begin with a '-'", optarg);
	if (takes_given && id != '?' && id != ':')
		return bad_argument("option '%s' takes an argument; give one", word);
	return ARGUMENTS_RUN;
}

/* Reads an option of that file. `at`: the index of the argument that it is in. */
static enum arguments_status read_config_option(struct parser *p, const struct config *config, int id, int at)
{
	enum arguments_status status = check_config_option(id, p->argv[at], optind > p->end);

	if (status == ARGUMENTS_RUN)
		status = read_option(p, id, at);
	if (status == ARGUMENTS_BAD)
		complain("it stands in %s, which PSEARCH_CONFIG_PATH names, one argument a line: correct that, "
			 "or give --no-config", config->path);
	return status;
}

/* Reads everything up to the "--" or the end. */
static enum arguments_status read_options(struct parser *p, const struct config *config)
{
	enum arguments_status status = ARGUMENTS_RUN;
	struct syntax syntax;

	make_syntax(&syntax);
	choose_greps(&syntax);
	optind = 0; /* getopt_long starts anew */
	for (int id = 0; id != -1 && status == ARGUMENTS_RUN;) {
		int at = optind > 0 ? optind : 1, end = at < config->first_given ? config->first_given : config->argc;

		if (end != p->end)
			p->syntax = NULL; /* one that is given does not contradict the file, but overrides it */
		p->end = end;
		id = getopt_long(config->argc, config->argv, syntax.letters, choose_names(&syntax, p->a, p->argv[at]), NULL);
		if (at < config->first_given)
			status = read_config_option(p, config, id, at);
		else if (id != -1)
			status = read_option(p, id, at);
		p->digit = id >= '0' && id <= '9';
	}
	return status;
}

enum arguments_status arguments_read(struct arguments *a, const struct config *config, struct output *out)
{
	struct parser p = { .a = a, .out = out, .argv = config->argv };
	enum arguments_status status;

	set_defaults(a, config->argv[0]);
	a->paths = calloc((size_t)config->argc + 1, sizeof(*a->paths));
	a->ignore_files = calloc((size_t)config->argc + 1, sizeof(*a->ignore_files));
	if (!a->paths || !a->ignore_files)
		return report_no_memory();
	status = read_options(&p, config);
	if (status != ARGUMENTS_RUN)
		return status;
	while (optind < config->argc)
		a->paths[a->path_count++] = config->argv[optind++];
	return arguments_settle(&p);
}

bool arguments_refuse_config(int argc, char **argv)
{
	const struct option_row *row;
	struct syntax syntax;
	bool refused = find_personality(argv[0]) != AS_PSEARCH;
	int id;

	make_syntax(&syntax);
	optind = 0;
	while (!refused && (id = getopt_long(argc, argv, syntax.letters, syntax.names, NULL)) != -1) {
		row = id >= FIRST_LONG ? option_table + (id - FIRST_LONG) : NULL;
		refused = row && row->field == offsetof(struct arguments, no_config) && row->effect == EFFECT_SET;
	}
	return refused;
}

void arguments_free(struct arguments *a)
{
	patterns_free(&a->patterns);
	globs_free(&a->globs);
	types_free(&a->types);
	paths_close(&a->list);
	free(a->paths);
	a->paths = NULL;
	free(a->ignore_files);
	a->ignore_files = NULL;
}
