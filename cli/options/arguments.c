/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arguments.c - parses the command line.
 *
 * getopt_long does it, with what is made from the table of options. What the row of an option does not say is done here.
 */
#include "arguments.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <psearch.h>

#include "../base/complain.h"
#include "../base/nearest.h"
#include "../base/numbers.h"
#include "../look/hyperlink.h"
#include "../scope/smart_case.h"
#include "generate.h"
#include "help.h"
#include "options.h"

#define MAX_WORKERS 256
#define LINE_BYTES (16 << 20)    /* the library's default, too */
#define LONGEST_LINE (1 << 30)   /* the library's maximum */
#define MOST_CANDIDATES 6        /* in a message */
#define FIRST_LONG 1024          /* what getopt_long returns for a long name: this, and the index of its row */

/* The syntaxes of patterns. */
static const struct syntax_row {
	int letter;       /* of the option that selects it, or 0 */
	const char *name; /* for --syntax, or NULL */
	uint32_t syntax;
	uint32_t flags;
} syntaxes[] = {
	{ 'G', "basic", SEARCH_SYNTAX_BASIC, 0 },
	{ 'E', "extended", SEARCH_SYNTAX_EXTENDED, 0 },
	{ 'P', "perl", SEARCH_SYNTAX_PERL, 0 },
	{ 'F', NULL, SEARCH_SYNTAX_BASIC, SEARCH_MATCH_FIXED }, /* grep's strings: the longest is found */
	{ 0, "oniguruma", SEARCH_SYNTAX_ONIGURUMA, 0 },
	{ 0, "python", SEARCH_SYNTAX_PYTHON, 0 },
};

/* A word that an option takes, and what it stands for. */
struct word {
	const char *text;
	int value;
};

/* What getopt_long needs, made from the table. */
struct syntax {
	char letters[3 + 3 * OPTION_ROWS_AT_MOST + 10];
	struct option names[3 * OPTION_ROWS_AT_MOST + 1];
};

struct parser {
	struct arguments *a;
	struct output *out;
	char **argv;
	char option[64];  /* the option at hand, as it was given, without its argument */
	const struct syntax_row *syntax; /* the syntax selected so far, or NULL */
	bool has_pattern;
	bool digit;       /* the last option was a digit, */
	int digit_at;     /* in the argument with this index */
	uint32_t context; /* -C, -NUM */
	bool has_context;
	bool has_before;
	bool has_after;
};

__attribute__((format(printf, 1, 2)))
static enum arguments_status bad_argument(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", complain_name());
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\nTry '%s --help'.\n", complain_name());
	return ARGUMENTS_BAD;
}

static enum arguments_status report_no_memory(void)
{
	complain_of_memory();
	return ARGUMENTS_BAD;
}

static enum arguments_status run_unless_no_memory(bool ok)
{
	return ok ? ARGUMENTS_RUN : report_no_memory();
}

/* Before an option or path reads `name`: an error if that is standard input, and something else reads it already. */
static enum arguments_status take_input(struct arguments *a, const char *option, const char *name)
{
	const struct input *first = &a->input;

	if (input_take(&a->input, option, name))
		return ARGUMENTS_RUN;
	return bad_argument("standard input cannot be read twice: for '%s%s%s' and for '%s%s%s'; "
			    "name a file for one of them",
			    first->option, first->name ? " " : "", first->name ? first->name : "",
			    option, name ? " " : "", name ? name : "");
}

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

/* --- arguments of options --- */

/* "'a', 'b' or 'c'" */
static void list_words(char *to, size_t size, const struct word *words, size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < count && length < size; i++)
		length += (size_t)snprintf(to + length, size - length, "%s'%s'",
					   i == 0 ? "" : i + 1 < count ? ", " : " or ", words[i].text);
}

/* Of the words that mean the same, the first is the one that a message names. */
static enum arguments_status read_word(const struct parser *p, const struct word *words, size_t count, size_t named,
				       const char *value, int *result)
{
	char known[128];

	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i].text, value) == 0) {
			*result = words[i].value;
			return ARGUMENTS_RUN;
		}
	}
	list_words(known, sizeof(known), words, named);
	return bad_argument("%s '%s': give %s", p->option, value, known);
}

#define READ_WORD(p, words, value, result) \
	read_word(p, words, sizeof(words) / sizeof((words)[0]), sizeof(words) / sizeof((words)[0]), value, result)

static enum arguments_status read_context(const struct parser *p, const char *value, uint32_t *lines, bool *given)
{
	uint64_t n;

	if (!read_number(value, UINT32_MAX, &n))
		return bad_argument("%s '%s': not a number of lines; give 0 or more", p->option, value);
	*lines = (uint32_t)n;
	*given = true;
	return ARGUMENTS_RUN;
}

/* As in grep, a negative number means no limit. */
static enum arguments_status read_max_count(const struct parser *p, const char *value)
{
	bool negative = value[0] == '-';

	if (!read_number(value + negative, UINT64_MAX, &p->a->max_count))
		return bad_argument("%s '%s': not a number of lines; give 0 or more", p->option, value);
	if (negative)
		p->a->max_count = UINT64_MAX;
	return ARGUMENTS_RUN;
}

static enum arguments_status read_workers(const struct parser *p, const char *value)
{
	uint64_t n;

	if (!read_number(value, UINT32_MAX, &n) || n > MAX_WORKERS)
		return bad_argument("%s '%s': not a number of threads; give 0 to %d", p->option, value, MAX_WORKERS);
	p->a->workers = (uint32_t)n;
	return ARGUMENTS_RUN;
}

/* 0 means that no directory is entered. */
static enum arguments_status read_max_depth(const struct parser *p, const char *value)
{
	uint64_t n;

	if (!read_number(value, UINT32_MAX - 1, &n))
		return bad_argument("%s '%s': not a number of directories; give 0 or more", p->option, value);
	p->a->max_depth = n > 0 ? (uint32_t)n : SEARCH_NO_WALK;
	return ARGUMENTS_RUN;
}

static enum arguments_status read_max_line_bytes(const struct parser *p, const char *value)
{
	if (read_size(value, &p->a->max_line_bytes) && p->a->max_line_bytes <= LONGEST_LINE)
		return ARGUMENTS_RUN;
	return bad_argument("%s '%s': not a size; give 1 to 1G, optionally followed by K, M or G", p->option, value);
}

static enum arguments_status read_type_add(const struct parser *p, const char *definition)
{
	switch (types_define(&p->a->types, definition)) {
	case TYPES_OK: return ARGUMENTS_RUN;
	case TYPES_MEMORY: return report_no_memory();
	case TYPES_UNKNOWN:
		return bad_argument("%s '%s': includes a type that is not known; see --type-list", p->option,
				    definition);
	default:
		return bad_argument("%s '%s': not a definition; give 'NAME:GLOB' or 'NAME:include:TYPE,TYPE'",
				    p->option, definition);
	}
}

static enum arguments_status report_unknown_type(const struct types *types, const char *name)
{
	const char *near = types_nearest(types, name);

	if (near)
		return bad_argument("'%s' is not a type of files; did you mean '%s'? See --type-list", name, near);
	return bad_argument("'%s' is not a type of files; see --type-list", name);
}

static enum arguments_status read_type_clear(const struct parser *p, const char *name)
{
	switch (types_clear(&p->a->types, name)) {
	case TYPES_OK: return ARGUMENTS_RUN;
	case TYPES_MEMORY: return report_no_memory();
	default: return report_unknown_type(&p->a->types, name);
	}
}

/* If several lists are given, the last one counts. */
static enum arguments_status read_list(struct arguments *a, const char *name, int end)
{
	a->list.name = name;
	a->list.end = end;
	return ARGUMENTS_RUN;
}

static enum arguments_status report_file(const char *name, int error)
{
	complain("%s: %s", name, strerror(error));
	return ARGUMENTS_BAD;
}

static enum arguments_status read_exclude_from(struct arguments *a, const char *name)
{
	enum arguments_status status = take_input(a, "--exclude-from", name);
	int error = status == ARGUMENTS_RUN ? globs_add_exclude_from(&a->globs, name) : 0;

	return error ? report_file(name, error) : status;
}

/* The options that select files. */
static enum arguments_status read_selection(const struct parser *p, int id, const char *value)
{
	struct arguments *a = p->a;

	switch (id) {
	case OPTION_MAX_DEPTH: return read_max_depth(p, value);
	case OPTION_TYPE_ADD: return read_type_add(p, value);
	case OPTION_TYPE_CLEAR: return read_type_clear(p, value);
	case OPTION_FILES_FROM: return read_list(a, value, '\n');
	case OPTION_FILES0_FROM: return read_list(a, value, '\0');
	case OPTION_EXCLUDE_FROM: return read_exclude_from(a, value);
	case 'g': return run_unless_no_memory(globs_add_given(&a->globs, "-g", value, 0));
	case OPTION_IGLOB:
		return run_unless_no_memory(globs_add_given(&a->globs, "--iglob", value, SEARCH_GLOB_NO_CASE));
	case OPTION_INCLUDE: return run_unless_no_memory(globs_add_include(&a->globs, value));
	case OPTION_EXCLUDE: return run_unless_no_memory(globs_add_exclude(&a->globs, value));
	case OPTION_EXCLUDE_DIR: return run_unless_no_memory(globs_add_exclude_directory(&a->globs, value));
	default: return run_unless_no_memory(types_choose(&a->types, value, id == OPTION_TYPE_NOT));
	}
}

static void set_binary(struct arguments *a, uint32_t flag)
{
	a->flags = (a->flags & ~(uint32_t)(SEARCH_MATCH_TEXT | SEARCH_MATCH_SKIP_BINARY)) | flag;
}

static enum arguments_status read_binary_files(const struct parser *p, const char *type)
{
	static const struct word types[] = { { "binary", 0 }, { "text", SEARCH_MATCH_TEXT },
					     { "without-match", SEARCH_MATCH_SKIP_BINARY } };
	int flag = 0;
	enum arguments_status status = READ_WORD(p, types, type, &flag);

	set_binary(p->a, (uint32_t)flag);
	return status;
}

static enum arguments_status read_directories(const struct parser *p, const char *action)
{
	static const struct word actions[] = { { "read", DIRECTORIES_READ }, { "recurse", DIRECTORIES_RECURSE },
					       { "skip", DIRECTORIES_SKIP } };
	int value = (int)p->a->directories;
	enum arguments_status status = READ_WORD(p, actions, action, &value);

	p->a->directories = (enum directories)value;
	return status;
}

static enum arguments_status read_devices(const struct parser *p, const char *action)
{
	static const struct word actions[] = { { "read", DEVICES_READ }, { "skip", DEVICES_SKIP } };
	int value = (int)p->a->devices;
	enum arguments_status status = READ_WORD(p, actions, action, &value);

	p->a->devices = (enum devices)value;
	return status;
}

/*
 * --color WHEN in two arguments is rg's way, and what programs pass that run rg. In place of grep the second one is
 * the pattern. NULL: it is none of rg's words.
 */
static const char *take_color_word(const struct parser *p)
{
	static const char *const words[] = { "always", "never", "auto", "ansi" };
	const char *next = p->a->personality == AS_PSEARCH ? p->argv[optind] : NULL;

	for (size_t i = 0; next && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(next, words[i]) == 0)
			return p->argv[optind++];
	return NULL;
}

static enum arguments_status read_color(const struct parser *p, const char *when)
{
	static const struct word words[] = {
		{ "always", CHOICE_YES }, { "never", CHOICE_NO }, { "auto", CHOICE_DEFAULT },
		{ "yes", CHOICE_YES }, { "force", CHOICE_YES }, { "ansi", CHOICE_YES },
		{ "no", CHOICE_NO }, { "none", CHOICE_NO }, { "tty", CHOICE_DEFAULT }, { "if-tty", CHOICE_DEFAULT },
	};
	int value = (int)p->a->color;
	enum arguments_status status;

	if (!when)
		when = take_color_word(p);
	status = read_word(p, words, sizeof(words) / sizeof(words[0]), 3, when ? when : "auto", &value);
	p->a->color = (enum choice)value;
	p->a->color_given = true;
	return status;
}

static enum arguments_status read_sort(const struct parser *p, const char *name, bool reversed)
{
	if (!sort_read_key(name, &p->a->order.key))
		return bad_argument("%s '%s': give 'path', 'modified', 'accessed', 'created', 'size' or 'none'",
				    p->option, name);
	p->a->order.reversed = reversed;
	return ARGUMENTS_RUN;
}

static enum arguments_status read_path_separator(const struct parser *p, const char *value)
{
	if (strlen(value) > 1)
		return bad_argument("%s '%s': give one byte", p->option, value);
	p->a->look.path_separator = *value;
	return ARGUMENTS_RUN;
}

/* By rg's name it may have escapes; by grep's a backslash is one. */
static enum arguments_status read_group_separator(const struct parser *p, const char *value)
{
	p->a->look.group_separator = value;
	p->a->look.group_escapes = strcmp(p->option, "--context-separator") == 0;
	return ARGUMENTS_RUN;
}

static enum arguments_status read_hyperlink_format(const struct parser *p, const char *value)
{
	const char *remedy = hyperlink_settle(value, &p->a->look.hyperlink);

	return remedy ? bad_argument("%s '%s': %s", p->option, value, remedy) : ARGUMENTS_RUN;
}

/* The effect of the option grows each time that it is given. */
static enum arguments_status lift_restriction(struct arguments *a)
{
	switch (++a->unrestricted) {
	case 1: a->ignore = CHOICE_NO; break;
	case 2: a->hidden = CHOICE_YES; break;
	case 3: set_binary(a, SEARCH_MATCH_TEXT); break;
	default: break;
	}
	return ARGUMENTS_RUN;
}

/* --- patterns --- */

static const struct syntax_row *find_syntax(int letter, const char *name)
{
	for (size_t i = 0; i < sizeof(syntaxes) / sizeof(syntaxes[0]); i++) {
		const struct syntax_row *row = &syntaxes[i];

		if (name ? row->name && strcmp(row->name, name) == 0 : row->letter == letter)
			return row;
	}
	return NULL;
}

static void set_syntax(struct arguments *a, const struct syntax_row *row)
{
	a->syntax = row->syntax;
	a->flags = (a->flags & ~(uint32_t)SEARCH_MATCH_FIXED) | row->flags;
}

/* -F beside -P: editors that ask for PCRE2 as a rule also say so of strings. As in rg they are strings, in any order. */
static bool strings_beside_perl(const struct syntax_row *one, const struct syntax_row *other)
{
	return one && ((one->letter == 'F' && other->letter == 'P') || (one->letter == 'P' && other->letter == 'F'));
}

/* Two different syntaxes are an error, since it would not be clear which is meant; in place of grep the last counts. */
static enum arguments_status read_syntax(struct parser *p, int letter, const char *name)
{
	const struct syntax_row *row = find_syntax(letter, name);

	if (!row)
		return bad_argument("%s '%s': not a syntax; "
				    "give 'oniguruma', 'perl', 'python', 'basic' or 'extended'", p->option, name);
	if (p->a->personality == AS_PSEARCH && strings_beside_perl(p->syntax, row))
		row = find_syntax('F', NULL);
	else if (p->syntax && p->syntax != row && p->a->personality == AS_PSEARCH)
		return bad_argument("conflicting syntaxes; give only one of -G, -E, -P, -F and --syntax");
	p->syntax = row;
	set_syntax(p->a, row);
	return ARGUMENTS_RUN;
}

/* rg's option. Its default engine has no counterpart: that is the default here, too. */
static enum arguments_status read_engine(struct parser *p, const char *name)
{
	static const struct word engines[] = { { "default", 0 }, { "auto", 0 }, { "pcre2", 'P' } };
	int letter = 0;
	enum arguments_status status = READ_WORD(p, engines, name, &letter);

	return letter == 0 ? status : read_syntax(p, letter, NULL);
}

static enum arguments_status read_pattern(struct parser *p, const char *text)
{
	p->has_pattern = true;
	return run_unless_no_memory(patterns_add(&p->a->patterns, text));
}

static enum arguments_status read_pattern_file(struct parser *p, const char *name)
{
	enum arguments_status status = take_input(p->a, "-f", name);
	int error = status == ARGUMENTS_RUN ? patterns_add_file(&p->a->patterns, name) : 0;

	p->has_pattern = true;
	return error ? report_file(name, error) : status;
}

/* --- options --- */

/* -12 arrives as -1 and -2: the digits of one argument make one number. */
static enum arguments_status read_digit(struct parser *p, int digit, int at)
{
	uint32_t n = p->digit && p->digit_at == at ? p->context : 0;
	uint32_t value = (uint32_t)(digit - '0');

	p->context = n > (UINT32_MAX - value) / 10 ? UINT32_MAX : n * 10 + value;
	p->has_context = true;
	p->digit_at = at;
	return ARGUMENTS_RUN;
}

/* Calls f for each long name. */
static void each_name(void (*f)(void *context, const char *name, const struct option_row *row), void *context)
{
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++) {
		if (option_is_heading(row))
			continue;
		if (row->name)
			f(context, row->name, row);
		for (int i = 0; i < 2; i++)
			if (row->aliases[i])
				f(context, row->aliases[i], row);
	}
}

static void try_name(void *nearest, const char *name, const struct option_row *row)
{
	(void)row;
	nearest_try(nearest, name);
}

/* The long names that a name is short for. */
struct candidates {
	const char *prefix;
	const struct option_row *last; /* the option of the last one: one name of each is enough */
	size_t count;
	char list[256]; /* "'--a', '--b'" */
};

static void add_candidate(void *context, const char *name, const struct option_row *row)
{
	struct candidates *c = context;
	size_t length = strlen(c->list);

	if (row == c->last || strncmp(name, c->prefix, strlen(c->prefix)) != 0)
		return;
	c->last = row;
	if (c->count++ >= MOST_CANDIDATES)
		return;
	snprintf(c->list + length, sizeof(c->list) - length, "%s'--%s'", length > 0 ? ", " : "", name);
}

/* `word` is a long option, perhaps with an argument. */
static enum arguments_status report_long_option(const char *word)
{
	char name[64];
	struct candidates c = { .prefix = name };
	struct nearest near = { .word = name };

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	each_name(add_candidate, &c);
	each_name(try_name, &near);
	if (c.count > MOST_CANDIDATES)
		return bad_argument("option '--%s' is short for %zu options: %s, ...; give more of its name", name, c.count,
				    c.list);
	if (c.count > 1)
		return bad_argument("option '--%s' is short for several: %s; give more of its name", name, c.list);
	if (near.best)
		return bad_argument("option '--%s' is not known; did you mean '--%s'?", name, near.best);
	return bad_argument("option '--%s' is not known; see --help=all", name);
}

/* getopt_long returned '?' or ':'. */
static enum arguments_status report_unknown_option(const struct parser *p, int id)
{
	const char *word = p->argv[optind - 1];

	if (id == ':' && optopt < OPTION_NUMBER)
		return bad_argument("option '-%c' takes an argument; give one", optopt);
	if (id == ':')
		return bad_argument("option '%s' takes an argument; give one", word);
	if (optopt == 0)
		return report_long_option(word);
	if (optopt >= FIRST_LONG)
		return bad_argument("option '%s' takes no argument; leave it out", word);
	return bad_argument("option '-%c' is not known", optopt);
}

static enum arguments_status read_context_option(struct parser *p, int letter, const char *value)
{
	if (letter == 'A')
		return read_context(p, value, &p->a->after, &p->has_after);
	if (letter == 'B')
		return read_context(p, value, &p->a->before, &p->has_before);
	return read_context(p, value, &p->context, &p->has_context);
}

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

/* Of -z and --crlf the last counts. */
static void set_line_end(struct arguments *a, uint32_t flag)
{
	a->flags = (a->flags & ~(uint32_t)(SEARCH_MATCH_NUL_LINES | SEARCH_MATCH_CRLF)) | flag;
}

static void set_pretty(struct arguments *a)
{
	a->color = a->heading = a->numbers = CHOICE_YES;
	a->color_given = true;
}

/* Reads an option without an argument. False: it is not one of these. */
static bool read_switch(struct arguments *a, int id)
{
	switch (id) {
	case 'R': a->flags |= SEARCH_WALK_FOLLOW; a->directories = DIRECTORIES_RECURSE; break;
	case 'z': set_line_end(a, SEARCH_MATCH_NUL_LINES); break;
	case OPTION_CRLF: set_line_end(a, SEARCH_MATCH_CRLF); break;
	case 'a': set_binary(a, SEARCH_MATCH_TEXT); break;
	case 'I': set_binary(a, SEARCH_MATCH_SKIP_BINARY); break;
	case 'p': set_pretty(a); break;
	case OPTION_NO_GROUP_SEPARATOR: a->look.group_separator = NULL; break;
	case OPTION_UNRESTRICTED: lift_restriction(a); break;
	case 'U':
	case 'u': break;
	default: return false;
	}
	return true;
}

/* Reads an option with an argument, or one that prints something and ends the command. */
static enum arguments_status read_value(struct parser *p, int id, const char *value)
{
	struct arguments *a = p->a;

	switch (id) {
	case 'e': return read_pattern(p, value);
	case 'f': return read_pattern_file(p, value);
	case 'G':
	case 'E':
	case 'P':
	case 'F': return read_syntax(p, id, NULL);
	case OPTION_SYNTAX: return read_syntax(p, 0, value);
	case OPTION_ENGINE: return read_engine(p, value);
	case 'm': return read_max_count(p, value);
	case 'j': return read_workers(p, value);
	case 'd': return read_directories(p, value);
	case 'D': return read_devices(p, value);
	case OPTION_MAX_LINE_BYTES: return read_max_line_bytes(p, value);
	case OPTION_BINARY_FILES: return read_binary_files(p, value);
	case OPTION_COLOR: return read_color(p, value);
	case OPTION_SORT:
	case OPTION_SORTR: return read_sort(p, value, id == OPTION_SORTR);
	case OPTION_HYPERLINK_FORMAT: return read_hyperlink_format(p, value);
	case OPTION_PATH_SEPARATOR: return read_path_separator(p, value);
	case OPTION_GROUP_SEPARATOR: return read_group_separator(p, value);
	case OPTION_IGNORE_FILE: a->ignore_files[a->ignore_file_count++] = value; return ARGUMENTS_RUN;
	case 'A':
	case 'B':
	case 'C': return read_context_option(p, id, value);
	case OPTION_GENERATE: return read_generate(p, value);
	case OPTION_HELP: return read_help(p, value);
	case 'V': print_version(p->out); return ARGUMENTS_DONE;
	default: return read_selection(p, id, value);
	}
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
	row = id >= FIRST_LONG ? option_table + (id - FIRST_LONG) : option_find(id);
	if (id == '?' || id == ':' || !row)
		return report_unknown_option(p, id);
	/* Shortened like this, rg's --pre COMMAND would be --pretty, and COMMAND the pattern. */
	if (row->id == 'p' && strcmp(p->argv[at], "--pre") == 0)
		return bad_argument("option '--pre' is not known: no commands are run on files; see psearch-compared(7)");
	note_option(p, id, row, p->argv[at]);
	if (row->effect != EFFECT_OWN)
		return apply_row(p, row, optarg);
	return read_switch(p->a, row->id) ? ARGUMENTS_RUN : read_value(p, row->id, optarg);
}

/* --- when all options are read --- */

/* -A and -B take precedence over -C, in any order. */
static void settle_context(struct parser *p)
{
	p->a->look.groups = p->has_context || p->has_before || p->has_after;
	if (!p->has_context)
		return;
	if (!p->has_before)
		p->a->before = p->context;
	if (!p->has_after)
		p->a->after = p->context;
}

/* Turns the chosen types into globs, and opens the list of paths. */
static enum arguments_status settle_files(struct parser *p)
{
	struct arguments *a = p->a;
	enum arguments_status status;
	const char *unknown;
	int error;

	if (a->globs_ignore_case)
		globs_ignore_case(&a->globs);
	if (a->list_types) {
		types_print(&a->types, p->out);
		return ARGUMENTS_DONE;
	}
	switch (types_settle(&a->types, &a->globs, &unknown)) {
	case TYPES_OK: break;
	case TYPES_MEMORY: return report_no_memory();
	default: return report_unknown_type(&a->types, unknown);
	}
	if (!a->list.name)
		return ARGUMENTS_RUN;
	status = take_input(a, a->list.end == '\n' ? "--files-from" : "--files0-from", a->list.name);
	error = status == ARGUMENTS_RUN ? paths_open(&a->list) : 0;
	return error ? report_file(a->list.name, error) : status;
}

/* Without -e and -f the first operand is the pattern. */
static enum arguments_status settle_pattern(struct parser *p)
{
	struct arguments *a = p->a;

	if (!p->has_pattern && !a->files) {
		if (a->path_count == 0)
			return bad_argument("no pattern; give one before the paths, or with -e or -f");
		if (!patterns_add(&a->patterns, a->paths[0]))
			return report_no_memory();
		a->path_count--;
		memmove(a->paths, a->paths + 1, a->path_count * sizeof(*a->paths));
	}
	if ((a->flags & SEARCH_MATCH_CRLF) != 0)
		patterns_trim(&a->patterns);
	if (a->letter_case == CASE_IGNORED || (a->letter_case == CASE_SMART && !smart_case_is_exact(&a->patterns, a->syntax,
		(a->flags & SEARCH_MATCH_FIXED) != 0)))
		a->flags |= SEARCH_MATCH_IGNORE_CASE;
	return ARGUMENTS_RUN;
}

bool arguments_search_input(const struct arguments *a)
{
	if (arguments_recursive(a) || a->files)
		return false;
	return a->personality != AS_PSEARCH || input_may_have_text();
}

/* If standard input is a file, -m leaves the rest of it to the next path, as in grep. */
static enum arguments_status settle_input(struct arguments *a)
{
	bool again = a->max_count != UINT64_MAX && input_is_file(), taken = a->input.option != NULL;
	enum arguments_status status = ARGUMENTS_RUN;

	if (a->path_count == 0 && !a->list.name && !a->explain && arguments_search_input(a))
		return take_input(a, "no PATH", NULL);
	for (size_t i = 0; status == ARGUMENTS_RUN && i < a->path_count; i++) {
		status = take_input(a, "PATH", a->paths[i]);
		if (again && !taken)
			a->input.option = NULL;
	}
	return status;
}

static enum arguments_status settle(struct parser *p)
{
	enum arguments_status status;

	settle_context(p);
	status = settle_files(p);
	if (status == ARGUMENTS_RUN)
		status = settle_pattern(p);
	return status == ARGUMENTS_RUN ? settle_input(p->a) : status;
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
		set_syntax(a, find_syntax(letters[a->personality], NULL));
		complain_as(program);
	}
	a->max_count = a->max_results = UINT64_MAX;
	a->encoding = "auto";
	a->max_line_bytes = LINE_BYTES;
	a->look.group_separator = "--";
	a->look.match_separator = ":";
	a->look.context_separator = "-";
}

enum arguments_status arguments_read(struct arguments *a, int argc, char **argv, struct output *out)
{
	struct parser p = { .a = a, .out = out, .argv = argv };
	enum arguments_status status = ARGUMENTS_RUN;
	struct syntax syntax;
	int id, at;

	set_defaults(a, argv[0]);
	a->paths = calloc((size_t)argc + 1, sizeof(*a->paths));
	a->ignore_files = calloc((size_t)argc + 1, sizeof(*a->ignore_files));
	if (!a->paths || !a->ignore_files)
		return report_no_memory();
	make_syntax(&syntax);
	while (at = optind, (id = getopt_long(argc, argv, syntax.letters, syntax.names, NULL)) != -1) {
		status = read_option(&p, id, at);
		if (status != ARGUMENTS_RUN)
			return status;
		p.digit = id >= '0' && id <= '9';
	}
	while (optind < argc)
		a->paths[a->path_count++] = argv[optind++];
	return settle(&p);
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
