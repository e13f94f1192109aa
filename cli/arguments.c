/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arguments.c - parses the command line.
 *
 * One table lists the options. What getopt_long needs, and --help, are made from it; test/cli/test_man.sh compares
 * the man page with --help.
 */
#include "arguments.h"

#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <psearch.h>

#define MAX_WORKERS 256
#define LINE_BYTES (16 << 20)    /* the library's default, too */
#define LONGEST_LINE (1 << 30)   /* the library's maximum */

/* Options without a letter. An option with a letter is identified by that. */
enum {
	OPTION_OPERAND = 1, /* what getopt_long returns for an argument that is not an option */
	OPTION_NUMBER = 256,
	OPTION_BINARY_FILES,
	OPTION_CRLF,
	OPTION_ENCODING,
	OPTION_FOLLOW,
	OPTION_HIDDEN,
	OPTION_NO_HIDDEN,
	OPTION_IGNORE,
	OPTION_NO_IGNORE,
	OPTION_NO_IGNORE_VCS,
	OPTION_NO_IGNORE_DOT,
	OPTION_NO_IGNORE_GLOBAL,
	OPTION_NO_IGNORE_PARENT,
	OPTION_NO_IGNORE_FILES,
	OPTION_NO_REQUIRE_GIT,
	OPTION_TRACKED,
	OPTION_IGNORE_FILE,
	OPTION_LINE_BUFFERED,
	OPTION_SEARCH_ZIP,
	OPTION_EXPLAIN,
	OPTION_SYNTAX,
	OPTION_FILES,
	OPTION_FILES_FROM,
	OPTION_FILES0_FROM,
	OPTION_MAX_DEPTH,
	OPTION_MAX_FILESIZE,
	OPTION_MAX_LINE_BYTES,
	OPTION_ONE_FILE_SYSTEM,
	OPTION_NO_NESTED_REPOSITORIES,
	OPTION_IGLOB,
	OPTION_INCLUDE,
	OPTION_EXCLUDE,
	OPTION_EXCLUDE_DIR,
	OPTION_TYPE_ADD,
	OPTION_TYPE_LIST,
	OPTION_HELP
};

struct option_row {
	int id;
	const char *name;     /* long name, or NULL */
	const char *alias;    /* second long name, or NULL */
	const char *argument; /* what --help calls its argument, or NULL if it takes none */
	uint32_t flags;       /* SEARCH_MATCH_..., _WALK_... or _RESULT_...: the whole effect of the option */
	const char *help;     /* NULL: the row is a heading, `name` */
};

static const struct option_row table[] = {
	{ 0, "Patterns", NULL, NULL, 0, NULL },
	{ 'e', "regexp", NULL, "PATTERN", 0, "search for PATTERN; may be given several times" },
	{ 'f', "file", NULL, "FILE", 0, "search for the patterns in FILE, one a line" },
	{ 'G', "basic-regexp", NULL, NULL, 0, "patterns are POSIX basic regular expressions" },
	{ 'E', "extended-regexp", NULL, NULL, 0, "patterns are POSIX extended regular expressions" },
	{ 'P', "perl-regexp", NULL, NULL, 0, "patterns are regular expressions as in Perl" },
	{ 'F', "fixed-strings", NULL, NULL, 0, "patterns are plain strings" },
	{ OPTION_SYNTAX, "syntax", NULL, "NAME", 0,
	  "patterns are 'oniguruma', 'perl', 'python', 'basic' or 'extended'" },
	{ 'i', "ignore-case", NULL, NULL, SEARCH_MATCH_IGNORE_CASE, "letters match in either case" },
	{ 'v', "invert-match", NULL, NULL, SEARCH_MATCH_INVERT, "select the lines that do not match" },
	{ 'w', "word-regexp", NULL, NULL, SEARCH_MATCH_WORD, "match whole words only" },
	{ 'x', "line-regexp", NULL, NULL, SEARCH_MATCH_LINE, "match whole lines only" },
	{ 'z', "null-data", NULL, NULL, 0, "lines end in NUL, not in newline" },
	{ OPTION_CRLF, "crlf", NULL, NULL, 0, "lines may end in \\r\\n: $ matches before the \\r" },

	{ 0, "Files", NULL, NULL, 0, NULL },
	{ 'r', "recursive", NULL, NULL, 0, "search directories, hidden files included" },
	{ 'R', "dereference-recursive", NULL, NULL, 0, "the same, and follow symbolic links in them" },
	{ OPTION_FOLLOW, "follow", NULL, NULL, SEARCH_WALK_FOLLOW, "follow symbolic links in directories" },
	{ OPTION_HIDDEN, "hidden", NULL, NULL, 0, "search hidden files in directories" },
	{ OPTION_NO_HIDDEN, "no-hidden", NULL, NULL, 0, "skip hidden files in directories" },
	{ OPTION_IGNORE, "ignore", NULL, NULL, 0, "obey ignore files, such as .gitignore" },
	{ OPTION_NO_IGNORE, "no-ignore", NULL, NULL, 0, "do not obey ignore files" },
	{ OPTION_NO_IGNORE_VCS, "no-ignore-vcs", NULL, NULL, 0, "do not obey git's ignore files" },
	{ OPTION_NO_IGNORE_DOT, "no-ignore-dot", NULL, NULL, 0, "not .ignore and .psearchignore" },
	{ OPTION_NO_IGNORE_GLOBAL, "no-ignore-global", NULL, NULL, 0, "not git's core.excludesFile" },
	{ OPTION_NO_IGNORE_PARENT, "no-ignore-parent", NULL, NULL, SEARCH_WALK_IGNORE_BELOW,
	  "not those in directories above PATH" },
	{ OPTION_NO_IGNORE_FILES, "no-ignore-files", NULL, NULL, 0, "not those of --ignore-file" },
	{ OPTION_NO_REQUIRE_GIT, "no-require-git", NULL, NULL, SEARCH_WALK_IGNORE_ANYWHERE,
	  "obey git's outside of repositories, too" },
	{ OPTION_TRACKED, "tracked", NULL, NULL, SEARCH_WALK_TRACKED,
	  "search files that git tracks even if it would ignore them" },
	{ OPTION_IGNORE_FILE, "ignore-file", NULL, "FILE", 0, "also obey FILE; may be given several times" },
	{ OPTION_ONE_FILE_SYSTEM, "one-file-system", NULL, NULL, SEARCH_WALK_ONE_FILE_SYSTEM,
	  "skip directories on other file systems" },
	{ OPTION_NO_NESTED_REPOSITORIES, "no-nested-repositories", NULL, NULL, SEARCH_WALK_NO_NESTED_REPOSITORIES,
	  "skip worktrees, submodules and repositories below PATH" },
	{ OPTION_MAX_DEPTH, "max-depth", NULL, "NUM", 0, "go at most NUM directories deep" },
	{ OPTION_MAX_LINE_BYTES, "max-line-bytes", NULL, "SIZE", 0,
	  "a longer line is an error; SIZE in bytes, or K, M or G; default 16M" },
	{ OPTION_MAX_FILESIZE, "max-filesize", NULL, "SIZE", 0, "skip files larger than SIZE bytes, or SIZE K, M or G" },
	{ 'g', "glob", NULL, "GLOB", 0, "search only files that match GLOB; after a '!', skip them" },
	{ OPTION_IGLOB, "iglob", NULL, "GLOB", 0, "the same, letters in either case" },
	{ OPTION_INCLUDE, "include", NULL, "GLOB", 0, "search only files whose name matches GLOB" },
	{ OPTION_EXCLUDE, "exclude", NULL, "GLOB", 0, "skip files whose name matches GLOB" },
	{ OPTION_EXCLUDE_DIR, "exclude-dir", NULL, "GLOB", 0, "skip directories whose name matches GLOB" },
	{ 't', "type", NULL, "TYPE", 0, "search only files of TYPE" },
	{ 'T', "type-not", NULL, "TYPE", 0, "skip files of TYPE" },
	{ OPTION_TYPE_ADD, "type-add", NULL, "DEFINITION", 0, "add a type: 'NAME:GLOB' or 'NAME:include:TYPE,TYPE'" },
	{ OPTION_TYPE_LIST, "type-list", NULL, NULL, 0, "print all types, and nothing else" },
	{ OPTION_FILES_FROM, "files-from", NULL, "FILE", 0, "search the paths in FILE, too, one a line" },
	{ OPTION_FILES0_FROM, "files0-from", NULL, "FILE", 0, "the same, each path ends in NUL" },
	{ OPTION_FILES, "files", NULL, NULL, 0, "print the files that would be searched; no PATTERN" },
	{ 'a', "text", NULL, NULL, 0, "search binary files as if they were text" },
	{ 'I', NULL, NULL, NULL, 0, "binary files do not match" },
	{ OPTION_BINARY_FILES, "binary-files", NULL, "TYPE", 0,
	  "binary files are 'binary', 'text' (-a) or 'without-match' (-I)" },
	{ OPTION_ENCODING, "encoding", NULL, "NAME", 0,
	  "files are in encoding NAME; 'auto': as their first bytes say; 'none': do not decode" },
	{ OPTION_SEARCH_ZIP, "search-zip", NULL, NULL, SEARCH_MATCH_DECOMPRESS,
	  "search the contents of gzip, bzip2, xz, lzma, zstd and lz4 files" },
	{ 'j', "threads", NULL, "NUM", 0, "search with NUM threads; 0: one per processor" },

	{ 0, "Output", NULL, NULL, 0, NULL },
	{ 'c', "count", NULL, NULL, 0, "print only the number of selected lines per file" },
	{ 'l', "files-with-matches", NULL, NULL, 0, "print only the names of files that match" },
	{ 'L', "files-without-match", NULL, NULL, 0, "print only the names of files that do not" },
	{ 'q', "quiet", "silent", NULL, 0, "print nothing; exit at the first match" },
	{ 's', "no-messages", NULL, NULL, 0, "do not print errors about files" },
	{ 'm', "max-count", NULL, "NUM", 0, "stop a file after NUM selected lines" },
	{ 'o', "only-matching", NULL, NULL, 0, "print only what matches, each match on its own line" },
	{ 'n', "line-number", NULL, NULL, 0, "print line numbers" },
	{ 'H', "with-filename", NULL, NULL, 0, "print file names" },
	{ 'h', "no-filename", NULL, NULL, 0, "do not print file names" },
	{ 'Z', "null", NULL, NULL, 0, "print a NUL after file names, instead of ':' or newline" },
	{ OPTION_LINE_BUFFERED, "line-buffered", NULL, NULL, 0, "write out every line at once" },

	{ 0, "Context", NULL, NULL, 0, NULL },
	{ 'A', "after-context", NULL, "NUM", 0, "print NUM lines after each selected line" },
	{ 'B', "before-context", NULL, "NUM", 0, "print NUM lines before each selected line" },
	{ 'C', "context", NULL, "NUM", 0, "print NUM lines before and after each selected line" },
	{ OPTION_NUMBER, NULL, NULL, NULL, 0, "the same as -C NUM" },

	{ 0, "About", NULL, NULL, 0, NULL },
	{ OPTION_EXPLAIN, "explain", NULL, NULL, 0, "print how PATTERN would be searched for, and why" },
	{ OPTION_HELP, "help", NULL, NULL, 0, "print this text" },
	{ 'V', "version", NULL, NULL, 0, "print the version" },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

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

/* What getopt_long needs, made from the table. */
struct syntax {
	char letters[3 + 2 * ROWS + 10];
	struct option names[2 * ROWS + 1];
};

struct parser {
	struct arguments *a;
	struct output *out;
	char **argv;
	const struct syntax_row *syntax; /* the syntax selected so far, or NULL */
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

	fputs("psearch: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("\nTry 'psearch --help'.\n", stderr);
	return ARGUMENTS_BAD;
}

static enum arguments_status report_no_memory(void)
{
	fputs("psearch: out of memory\n", stderr);
	return ARGUMENTS_BAD;
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

static struct option long_option(const struct option_row *row, const char *name)
{
	struct option o = { name, row->argument ? required_argument : no_argument, NULL, row->id };

	return o;
}

/* '-': operands are returned in their place; ':': getopt_long prints no messages. */
static void make_syntax(struct syntax *s)
{
	char *letter = s->letters;
	struct option *name = s->names;

	memset(s, 0, sizeof(*s));
	*letter++ = '-';
	*letter++ = ':';
	for (const struct option_row *row = table; row < table + ROWS; row++) {
		if (row->id == 0)
			continue;
		if (row->id == OPTION_NUMBER)
			for (const char *digit = "0123456789"; *digit != '\0'; digit++)
				*letter++ = *digit;
		if (row->id < OPTION_NUMBER) {
			*letter++ = (char)row->id;
			if (row->argument)
				*letter++ = ':';
		}
		if (row->name)
			*name++ = long_option(row, row->name);
		if (row->alias)
			*name++ = long_option(row, row->alias);
	}
}

static void print_help_row(struct output *out, const struct option_row *row)
{
	char left[64], line[160];
	char letter[3] = { '-', (char)row->id, '\0' };

	if (row->id == OPTION_NUMBER)
		snprintf(left, sizeof(left), "-NUM");
	else
		snprintf(left, sizeof(left), "%s%s%s%s%s%s%s",
			 row->id < OPTION_NUMBER ? letter : "  ",
			 !row->name ? "" : row->id < OPTION_NUMBER ? ", --" : "  --",
			 row->name ? row->name : "", row->alias ? ", --" : "",
			 row->alias ? row->alias : "", row->argument ? "=" : "",
			 row->argument ? row->argument : "");
	snprintf(line, sizeof(line), "  %-29s %s\n", left, row->help);
	output_write(out, line, strlen(line));
}

static void print_help(struct output *out)
{
	static const char head[] =
		"Usage: psearch [OPTION]... PATTERN [PATH]...\n"
		"       psearch [OPTION]... -e PATTERN|-f FILE... [PATH]...\n"
		"       psearch [OPTION]... --files [PATH]...\n"
		"Search files and directories for lines that match, and print them in order.\n"
		"PATTERN is a regular expression in Oniguruma's syntax, unless -G, -E, -P or -F is\n"
		"given. PATH '-' is standard input.\n";
	static const char foot[] =
		"\nExit status: 0 when a line was selected, 1 when none was, 2 after an error.\n";
	char heading[64];

	output_write(out, head, sizeof(head) - 1);
	for (const struct option_row *row = table; row < table + ROWS; row++) {
		if (row->id != 0) {
			print_help_row(out, row);
			continue;
		}
		snprintf(heading, sizeof(heading), "\n%s:\n", row->name);
		output_write(out, heading, strlen(heading));
	}
	output_write(out, foot, sizeof(foot) - 1);
}

static void print_version(struct output *out)
{
	struct search_build build = SEARCH_BUILD_INIT;
	char text[256];

	search_build(&build);
	snprintf(text, sizeof(text), "psearch %s (libpsearch %s, Oniguruma %s)\ninstructions: %s\ncompressed files: %s\n",
		 SEARCH_VERSION_STRING, build.version, build.oniguruma, build.simd,
		 *build.formats != '\0' ? build.formats : "none");
	output_write(out, text, strlen(text));
}

/* Reads a decimal number. If it is too large, it becomes `largest`. */
static bool read_number(const char *text, uint64_t largest, uint64_t *number)
{
	uint64_t n = 0;

	if (*text == '\0')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		n = n > (largest - digit) / 10 ? largest : n * 10 + digit;
	}
	*number = n;
	return *text == '\0';
}

static enum arguments_status read_context(char letter, const char *value, uint32_t *lines,
					  bool *given)
{
	uint64_t n;

	if (!read_number(value, UINT32_MAX, &n))
		return bad_argument("-%c '%s': not a number of lines; give 0 or more", letter, value);
	*lines = (uint32_t)n;
	*given = true;
	return ARGUMENTS_RUN;
}

/* As in grep, a negative number means no limit. */
static enum arguments_status read_max_count(struct arguments *a, const char *value)
{
	bool negative = value[0] == '-';

	if (!read_number(value + negative, UINT64_MAX, &a->max_count))
		return bad_argument("-m '%s': not a number of lines; give 0 or more", value);
	if (negative)
		a->max_count = UINT64_MAX;
	return ARGUMENTS_RUN;
}

static enum arguments_status read_workers(struct arguments *a, const char *value)
{
	uint64_t n;

	if (!read_number(value, UINT32_MAX, &n) || n > MAX_WORKERS)
		return bad_argument("-j '%s': not a number of threads; give 0 to %d", value, MAX_WORKERS);
	a->workers = (uint32_t)n;
	return ARGUMENTS_RUN;
}

/* 0 means that no directory is entered. */
static enum arguments_status read_max_depth(struct arguments *a, const char *value)
{
	uint64_t n;

	if (!read_number(value, UINT32_MAX - 1, &n))
		return bad_argument("--max-depth '%s': not a number of directories; give 0 or more", value);
	a->max_depth = n > 0 ? (uint32_t)n : SEARCH_NO_WALK;
	return ARGUMENTS_RUN;
}

/* Reads a number of bytes, at least 1, with or without a unit. */
static bool read_size(const char *value, uint64_t *size)
{
	static const char units[] = "KMG";
	size_t length = strlen(value);
	const char *unit = length > 1 ? strchr(units, toupper((unsigned char)value[length - 1])) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	char digits[32];

	snprintf(digits, sizeof(digits), "%.*s", (int)(length - (unit ? 1 : 0)), value);
	if (length >= sizeof(digits) || !read_number(digits, UINT64_MAX >> shift, size) || *size == 0)
		return false;
	*size <<= shift;
	return true;
}

static enum arguments_status read_max_filesize(struct arguments *a, const char *value)
{
	if (read_size(value, &a->max_file_size))
		return ARGUMENTS_RUN;
	return bad_argument("--max-filesize '%s': not a size; give 1 or more, optionally followed by K, M or G", value);
}

static enum arguments_status read_max_line_bytes(struct arguments *a, const char *value)
{
	if (read_size(value, &a->max_line_bytes) && a->max_line_bytes <= LONGEST_LINE)
		return ARGUMENTS_RUN;
	return bad_argument("--max-line-bytes '%s': not a size; give 1 to 1G, optionally followed by K, M or G", value);
}

static enum arguments_status read_type_add(struct arguments *a, const char *definition)
{
	switch (types_define(&a->types, definition)) {
	case TYPES_OK: return ARGUMENTS_RUN;
	case TYPES_MEMORY: return report_no_memory();
	case TYPES_UNKNOWN:
		return bad_argument("--type-add '%s': includes a type that is not known; see --type-list", definition);
	default:
		return bad_argument("--type-add '%s': not a definition; give 'NAME:GLOB' or 'NAME:include:TYPE,TYPE'",
				    definition);
	}
}

/* If several lists are given, the last one counts. */
static enum arguments_status read_list(struct arguments *a, const char *name, int end)
{
	a->list.name = name;
	a->list.end = end;
	return ARGUMENTS_RUN;
}

/* The options that select files. */
static enum arguments_status read_selection(struct arguments *a, int id, const char *value)
{
	bool ok;

	switch (id) {
	case OPTION_MAX_DEPTH: return read_max_depth(a, value);
	case OPTION_MAX_FILESIZE: return read_max_filesize(a, value);
	case OPTION_TYPE_ADD: return read_type_add(a, value);
	case OPTION_FILES_FROM: return read_list(a, value, '\n');
	case OPTION_FILES0_FROM: return read_list(a, value, '\0');
	case 'g': ok = globs_add_given(&a->globs, "-g", value, 0); break;
	case OPTION_IGLOB: ok = globs_add_given(&a->globs, "--iglob", value, SEARCH_GLOB_NO_CASE); break;
	case OPTION_INCLUDE: ok = globs_add_include(&a->globs, value); break;
	case OPTION_EXCLUDE: ok = globs_add_exclude(&a->globs, value); break;
	case OPTION_EXCLUDE_DIR: ok = globs_add_exclude_directory(&a->globs, value); break;
	default: ok = types_choose(&a->types, value, id == 'T'); break;
	}
	return ok ? ARGUMENTS_RUN : report_no_memory();
}

static enum arguments_status read_binary_files(struct arguments *a, const char *type)
{
	a->flags &= ~(uint32_t)(SEARCH_MATCH_TEXT | SEARCH_MATCH_SKIP_BINARY);
	if (strcmp(type, "text") == 0)
		a->flags |= SEARCH_MATCH_TEXT;
	else if (strcmp(type, "without-match") == 0)
		a->flags |= SEARCH_MATCH_SKIP_BINARY;
	else if (strcmp(type, "binary") != 0)
		return bad_argument("--binary-files '%s': not a type; give 'binary', 'text' or 'without-match'",
				    type);
	return ARGUMENTS_RUN;
}

/* As in grep, two different syntaxes are an error: it would not be clear which is meant. */
static enum arguments_status read_syntax(struct parser *p, int letter, const char *name)
{
	const struct syntax_row *row = syntaxes, *end = row + sizeof(syntaxes) / sizeof(syntaxes[0]);

	while (row < end && (name ? !row->name || strcmp(row->name, name) != 0 : row->letter != letter))
		row++;
	if (row == end)
		return bad_argument("--syntax '%s': not a syntax; "
				    "give 'oniguruma', 'perl', 'python', 'basic' or 'extended'", name);
	if (p->syntax && p->syntax != row)
		return bad_argument("conflicting syntaxes; give only one of -G, -E, -P, -F and --syntax");
	p->syntax = row;
	p->a->syntax = row->syntax;
	p->a->flags |= row->flags;
	return ARGUMENTS_RUN;
}

static enum arguments_status read_pattern_file(struct arguments *a, const char *name)
{
	enum arguments_status status = take_input(a, "-f", name);
	int error = status == ARGUMENTS_RUN ? patterns_add_file(&a->patterns, name) : 0;

	if (!error)
		return status;
	fprintf(stderr, "psearch: %s: %s\n", name, strerror(error));
	return ARGUMENTS_BAD;
}

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

static bool has_option_row(int id)
{
	for (const struct option_row *row = table; row < table + ROWS; row++)
		if (row->id == id)
			return true;
	return false;
}

/* getopt_long returned '?' or ':'. If the letter is that of a known option, its long name was used. */
static enum arguments_status report_unknown_option(const struct parser *p, int id)
{
	const char *word = p->argv[optind - 1];

	if (id == ':' && optopt < OPTION_NUMBER)
		return bad_argument("option '-%c' takes an argument; give one", optopt);
	if (id == ':')
		return bad_argument("option '%s' takes an argument; give one", word);
	if (optopt == 0)
		return bad_argument("option '%s' is not known, or short for several", word);
	if (has_option_row(optopt))
		return bad_argument("option '%s' takes no argument; leave it out", word);
	return bad_argument("option '-%c' is not known", optopt);
}

static enum arguments_status read_context_option(struct parser *p, char letter, const char *value)
{
	if (letter == 'A')
		return read_context(letter, value, &p->a->after, &p->has_after);
	if (letter == 'B')
		return read_context(letter, value, &p->a->before, &p->has_before);
	return read_context(letter, value, &p->context, &p->has_context);
}

/* Reads an option with an argument, or one that prints something and ends the command. */
static enum arguments_status read_value(struct parser *p, int id, const char *value)
{
	struct arguments *a = p->a;

	switch (id) {
	case OPTION_OPERAND: a->paths[a->path_count++] = value; return ARGUMENTS_RUN;
	case 'e': return patterns_add(&a->patterns, value) ? ARGUMENTS_RUN : report_no_memory();
	case 'f': return read_pattern_file(a, value);
	case 'G':
	case 'E':
	case 'P':
	case 'F': return read_syntax(p, id, NULL);
	case OPTION_SYNTAX: return read_syntax(p, 0, value);
	case 'm': return read_max_count(a, value);
	case 'j': return read_workers(a, value);
	case OPTION_MAX_LINE_BYTES: return read_max_line_bytes(a, value);
	case 'a': return read_binary_files(a, "text");
	case 'I': return read_binary_files(a, "without-match");
	case OPTION_BINARY_FILES: return read_binary_files(a, value);
	case OPTION_ENCODING: a->encoding = value; return ARGUMENTS_RUN;
	case OPTION_IGNORE_FILE: a->ignore_files[a->ignore_file_count++] = value; return ARGUMENTS_RUN;
	case 'A':
	case 'B':
	case 'C': return read_context_option(p, (char)id, value);
	case 'g':
	case 't':
	case 'T':
	case OPTION_MAX_DEPTH:
	case OPTION_MAX_FILESIZE:
	case OPTION_IGLOB:
	case OPTION_INCLUDE:
	case OPTION_EXCLUDE:
	case OPTION_EXCLUDE_DIR:
	case OPTION_TYPE_ADD:
	case OPTION_FILES_FROM:
	case OPTION_FILES0_FROM: return read_selection(a, id, value);
	case OPTION_HELP: print_help(p->out); return ARGUMENTS_DONE;
	case 'V': print_version(p->out); return ARGUMENTS_DONE;
	default: return report_unknown_option(p, id);
	}
}

/* Of -z and --crlf the last counts. */
static void set_line_end(struct arguments *a, uint32_t flag)
{
	a->flags = (a->flags & ~(uint32_t)(SEARCH_MATCH_NUL_LINES | SEARCH_MATCH_CRLF)) | flag;
}

/* Reads an option without an argument. False: it is not one of these. */
static bool read_switch(struct arguments *a, int id)
{
	switch (id) {
	case 'c': a->count = true; break;
	case 'l': a->listing = LIST_MATCHING; break;
	case 'L': a->listing = LIST_OTHERS; break;
	case 'q': a->quiet = true; break;
	case 's': a->no_messages = true; break;
	case 'o': a->only_matching = true; break;
	case 'n': a->numbers = true; break;
	case 'Z': a->null = true; break;
	case 'R': a->flags |= SEARCH_WALK_FOLLOW; a->recursive = true; break;
	case 'r': a->recursive = true; break;
	case 'H': a->names = CHOICE_YES; break;
	case 'h': a->names = CHOICE_NO; break;
	case OPTION_HIDDEN: a->hidden = CHOICE_YES; break;
	case OPTION_NO_HIDDEN: a->hidden = CHOICE_NO; break;
	case OPTION_LINE_BUFFERED: a->line_buffered = true; break;
	case 'z': set_line_end(a, SEARCH_MATCH_NUL_LINES); break;
	case OPTION_CRLF: set_line_end(a, SEARCH_MATCH_CRLF); break;
	case OPTION_EXPLAIN: a->explain = true; break;
	case OPTION_IGNORE: a->ignore = CHOICE_YES; break;
	case OPTION_NO_IGNORE: a->ignore = CHOICE_NO; break;
	case OPTION_NO_IGNORE_VCS: a->no_ignore_vcs = true; break;
	case OPTION_NO_IGNORE_DOT: a->no_ignore_dot = true; break;
	case OPTION_NO_IGNORE_GLOBAL: a->no_ignore_global = true; break;
	case OPTION_NO_IGNORE_FILES: a->no_ignore_files = true; break;
	case OPTION_FILES: a->files = true; break;
	case OPTION_TYPE_LIST: a->list_types = true; break;
	default: return false;
	}
	return true;
}

static enum arguments_status read_option(struct parser *p, int id, int at)
{
	if (id >= '0' && id <= '9')
		return read_digit(p, id, at);
	for (const struct option_row *row = table; row < table + ROWS; row++) {
		if (row->id == id && row->flags) {
			p->a->flags |= row->flags;
			return ARGUMENTS_RUN;
		}
	}
	if (read_switch(p->a, id))
		return ARGUMENTS_RUN;
	return read_value(p, id, optarg);
}

/* -A and -B take precedence over -C, in any order. */
static void settle_context(struct parser *p)
{
	p->a->groups = p->has_context || p->has_before || p->has_after;
	if (!p->has_context)
		return;
	if (!p->has_before)
		p->a->before = p->context;
	if (!p->has_after)
		p->a->after = p->context;
}

/* When all options are read: turns the chosen types into globs, and opens the list of paths. */
static enum arguments_status settle_files(struct parser *p)
{
	struct arguments *a = p->a;
	enum arguments_status status;
	const char *unknown;
	int error;

	if (a->list_types) {
		types_print(&a->types, p->out);
		return ARGUMENTS_DONE;
	}
	switch (types_settle(&a->types, &a->globs, &unknown)) {
	case TYPES_OK: break;
	case TYPES_MEMORY: return report_no_memory();
	default: return bad_argument("'%s' is not a type of files; see --type-list", unknown);
	}
	if (!a->list.name)
		return ARGUMENTS_RUN;
	status = take_input(a, a->list.end == '\n' ? "--files-from" : "--files0-from", a->list.name);
	error = status == ARGUMENTS_RUN ? paths_open(&a->list) : 0;
	if (!error)
		return status;
	fprintf(stderr, "psearch: %s: %s\n", a->list.name, strerror(error));
	return ARGUMENTS_BAD;
}

/* Without -e and -f the first operand is the pattern. */
static enum arguments_status settle_pattern(struct arguments *a, bool given)
{
	if (given || a->files)
		return ARGUMENTS_RUN;
	if (a->path_count == 0)
		return bad_argument("no pattern; give one before the paths, or with -e or -f");
	if (!patterns_add(&a->patterns, a->paths[0]))
		return report_no_memory();
	a->path_count--;
	memmove(a->paths, a->paths + 1, a->path_count * sizeof(*a->paths));
	return ARGUMENTS_RUN;
}

bool arguments_search_input(const struct arguments *a)
{
	return !a->recursive && !a->files && !isatty(STDIN_FILENO);
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

enum arguments_status arguments_read(struct arguments *a, int argc, char **argv,
				     struct output *out)
{
	struct parser p = { .a = a, .out = out, .argv = argv };
	struct syntax syntax;
	enum arguments_status status = ARGUMENTS_RUN;
	bool has_pattern = false;
	int id, at;

	memset(a, 0, sizeof(*a));
	a->max_count = UINT64_MAX;
	a->encoding = "auto";
	a->max_line_bytes = LINE_BYTES;
	a->paths = calloc((size_t)argc + 1, sizeof(*a->paths));
	a->ignore_files = calloc((size_t)argc + 1, sizeof(*a->ignore_files));
	if (!a->paths || !a->ignore_files)
		return report_no_memory();
	make_syntax(&syntax);
	while (at = optind, (id = getopt_long(argc, argv, syntax.letters, syntax.names, NULL)) != -1) {
		status = read_option(&p, id, at);
		if (status != ARGUMENTS_RUN)
			return status;
		has_pattern |= id == 'e' || id == 'f';
		p.digit = id >= '0' && id <= '9';
	}
	while (optind < argc)
		a->paths[a->path_count++] = argv[optind++];
	settle_context(&p);
	status = settle_files(&p);
	if (status == ARGUMENTS_RUN)
		status = settle_pattern(a, has_pattern);
	if ((a->flags & SEARCH_MATCH_CRLF) != 0)
		patterns_trim(&a->patterns);
	return status == ARGUMENTS_RUN ? settle_input(a) : status;
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
