/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - the table of all options.
 */
#include "options.h"

#include <string.h>

#include <psearch.h>

#include "arguments.h"

#define HEADING(text) { .id = OPTION_HEADING, .name = (text) }

/* What a row does. */
#define OWN .effect = EFFECT_OWN /* a function of readers.h reads it */
#define FLAGS(bits) .effect = EFFECT_FLAGS, .value = (bits)
#define TRUE(of) .effect = EFFECT_SET, .field = offsetof(struct arguments, of), .value = true, .is_bool = true
#define FALSE(of) .effect = EFFECT_SET, .field = offsetof(struct arguments, of), .value = false, .is_bool = true
#define SET(of, to) .effect = EFFECT_SET, .field = offsetof(struct arguments, of), .value = (to)
#define TEXT(of) .effect = EFFECT_TEXT, .field = offsetof(struct arguments, of)
#define NUMBER(of) .effect = EFFECT_NUMBER, .field = offsetof(struct arguments, of)
#define SIZE(of) .effect = EFFECT_SIZE, .field = offsetof(struct arguments, of)

const struct option_row option_table[] = {
	HEADING("Patterns"),
	{ 'e', "regexp", {0}, "PATTERN", "search for PATTERN; may be given several times", OWN },
	{ 'f', "file", {0}, "FILE", "search for the patterns in FILE, one a line", OWN },
	{ 'G', "basic-regexp", {0}, NULL, "patterns are POSIX basic regular expressions", OWN },
	{ 'E', "extended-regexp", {0}, NULL, "patterns are POSIX extended regular expressions", OWN },
	{ 'P', "perl-regexp", { "pcre2" }, NULL, "patterns are regular expressions as in Perl", OWN },
	{ 'F', "fixed-strings", {0}, NULL, "patterns are plain strings", OWN },
	{ OPTION_SYNTAX, "syntax", {0}, "NAME", "patterns are 'oniguruma', 'perl', 'python', 'basic' or 'extended'", OWN },
	{ OPTION_ENGINE, "engine", {0}, "NAME", "as in rg: 'default', 'auto' or 'pcre2' (-P)", OWN },
	{ OPTION_PLAIN, "auto-hybrid-regex", {0}, NULL, "no effect: each pattern gets the engine that it needs",
	  FLAGS(0) },
	{ 'i', "ignore-case", {0}, NULL, "letters match in either case", SET(letter_case, CASE_IGNORED) },
	{ 'y', NULL, {0}, NULL, "the same; obsolete", SET(letter_case, CASE_IGNORED) },
	{ OPTION_PLAIN, "no-ignore-case", { "case-sensitive" }, NULL, "letters match in their own case: the default",
	  SET(letter_case, CASE_EXACT) },
	{ 'S', "smart-case", {0}, NULL, "as -i, unless a pattern has a capital letter", SET(letter_case, CASE_SMART) },
	{ 'v', "invert-match", {0}, NULL, "select the lines that do not match", FLAGS(SEARCH_MATCH_INVERT) },
	{ 'w', "word-regexp", {0}, NULL, "match whole words only", FLAGS(SEARCH_MATCH_WORD) },
	{ 'x', "line-regexp", {0}, NULL, "match whole lines only", FLAGS(SEARCH_MATCH_LINE) },
	{ OPTION_PLAIN, "multiline", {0}, NULL, "a match may reach over line ends", FLAGS(SEARCH_MATCH_MULTILINE) },
	{ OPTION_PLAIN, "multiline-dotall", {0}, NULL, "the same, and . matches a newline, too",
	  FLAGS(SEARCH_MATCH_MULTILINE | SEARCH_MATCH_DOT_NEWLINE) },
	{ OPTION_PLAIN, "max-multiline-bytes", {0}, "SIZE", "a larger file is then an error; default 64M",
	  SIZE(max_multiline_bytes) },
	{ 'z', "null-data", {0}, NULL, "lines end in NUL, not in newline", OWN },
	{ OPTION_CRLF, "crlf", {0}, NULL, "lines may end in \\r\\n: $ matches before the \\r", OWN },
	{ 'U', "binary", {0}, NULL, "no effect: text is never changed before it is searched", OWN },
	{ 'u', "unix-byte-offsets", {0}, NULL, "no effect; obsolete", OWN },

	HEADING("Files"),
	{ 'r', "recursive", {0}, NULL, "search directories, hidden files included", SET(directories, DIRECTORIES_RECURSE) },
	{ 'R', "dereference-recursive", {0}, NULL, "the same, and follow symbolic links in them", OWN },
	{ 'd', "directories", {0}, "ACTION", "'read', 'recurse' (-r) or 'skip' directories", OWN },
	{ 'D', "devices", {0}, "ACTION", "'read' or 'skip' devices, pipes and sockets", OWN },
	{ OPTION_PLAIN, "follow", {0}, NULL, "follow symbolic links in directories", FLAGS(SEARCH_WALK_FOLLOW) },
	{ '.', "hidden", {0}, NULL, "search hidden files in directories", SET(hidden, CHOICE_YES) },
	{ OPTION_PLAIN, "no-hidden", {0}, NULL, "skip hidden files in directories", SET(hidden, CHOICE_NO) },
	{ OPTION_PLAIN, "ignore", {0}, NULL, "obey ignore files, such as .gitignore", SET(ignore, CHOICE_YES) },
	{ OPTION_PLAIN, "no-ignore", {0}, NULL, "do not obey ignore files", SET(ignore, CHOICE_NO) },
	{ OPTION_PLAIN, "no-ignore-vcs", {0}, NULL, "do not obey git's ignore files", TRUE(no_ignore_vcs) },
	{ OPTION_PLAIN, "no-ignore-dot", {0}, NULL, "not .ignore and .psearchignore", TRUE(no_ignore_dot) },
	{ OPTION_PLAIN, "no-ignore-global", {0}, NULL, "not git's core.excludesFile", TRUE(no_ignore_global) },
	{ OPTION_PLAIN, "no-ignore-parent", {0}, NULL, "not those in directories above PATH",
	  FLAGS(SEARCH_WALK_IGNORE_BELOW) },
	{ OPTION_PLAIN, "no-ignore-files", {0}, NULL, "not those of --ignore-file", TRUE(no_ignore_files) },
	{ OPTION_PLAIN, "no-require-git", {0}, NULL, "obey git's outside of repositories, too",
	  FLAGS(SEARCH_WALK_IGNORE_ANYWHERE) },
	{ OPTION_PLAIN, "tracked", {0}, NULL, "search files that git tracks even if it would ignore them",
	  FLAGS(SEARCH_WALK_TRACKED) },
	{ OPTION_IGNORE_FILE, "ignore-file", {0}, "FILE", "also obey FILE; may be given several times", OWN },
	{ OPTION_UNRESTRICTED, "unrestricted", {0}, NULL,
	  "--no-ignore; twice: and --hidden; three times: and --text", OWN },
	{ OPTION_PLAIN, "one-file-system", {0}, NULL, "skip directories on other file systems",
	  FLAGS(SEARCH_WALK_ONE_FILE_SYSTEM) },
	{ OPTION_PLAIN, "no-nested-repositories", {0}, NULL, "skip worktrees, submodules and repositories below PATH",
	  FLAGS(SEARCH_WALK_NO_NESTED_REPOSITORIES) },
	{ OPTION_MAX_DEPTH, "max-depth", { "maxdepth" }, "NUM", "go at most NUM directories deep", OWN },
	{ OPTION_PLAIN, "max-filesize", {0}, "SIZE", "skip files larger than SIZE bytes, or SIZE K, M or G",
	  SIZE(max_file_size) },
	{ 'g', "glob", {0}, "GLOB", "search only files that match GLOB; '!GLOB' skips", OWN },
	{ OPTION_IGLOB, "iglob", {0}, "GLOB", "the same, letters in either case", OWN },
	{ OPTION_PLAIN, "glob-case-insensitive", {0}, NULL, "each -g is an --iglob", TRUE(globs_ignore_case) },
	{ OPTION_INCLUDE, "include", {0}, "GLOB", "search only files whose name matches GLOB", OWN },
	{ OPTION_EXCLUDE, "exclude", {0}, "GLOB", "skip files whose name matches GLOB", OWN },
	{ OPTION_EXCLUDE_FROM, "exclude-from", {0}, "FILE", "skip files whose name matches a glob in FILE, one a line", OWN },
	{ OPTION_EXCLUDE_DIR, "exclude-dir", {0}, "GLOB", "skip directories whose name matches GLOB", OWN },
	{ 't', "type", {0}, "TYPE", "search only files of TYPE", OWN },
	{ OPTION_TYPE_NOT, "type-not", {0}, "TYPE", "skip files of TYPE", OWN },
	{ OPTION_TYPE_ADD, "type-add", {0}, "DEFINITION", "add a type: 'NAME:GLOB' or 'NAME:include:TYPE,TYPE'", OWN },
	{ OPTION_TYPE_CLEAR, "type-clear", {0}, "TYPE", "forget the globs of TYPE", OWN },
	{ OPTION_PLAIN, "type-list", {0}, NULL, "print all types, and nothing else", TRUE(list_types) },
	{ OPTION_FILES_FROM, "files-from", {0}, "FILE", "search the paths in FILE, too, one a line", OWN },
	{ OPTION_FILES0_FROM, "files0-from", {0}, "FILE", "the same, each path ends in NUL", OWN },
	{ OPTION_PLAIN, "files", {0}, NULL, "print the files that would be searched; no PATTERN", TRUE(files) },
	{ OPTION_SORT, "sort", {0}, "KEY", "'path', 'modified', 'accessed', 'created', 'size' or 'none'", OWN },
	{ OPTION_SORTR, "sortr", {0}, "KEY", "the same, in reverse", OWN },
	{ 'a', "text", {0}, NULL, "search binary files as if they were text", OWN },
	{ 'I', NULL, {0}, NULL, "binary files do not match", OWN },
	{ OPTION_BINARY_FILES, "binary-files", {0}, "TYPE",
	  "binary files are 'binary', 'text' (-a) or 'without-match' (-I)", OWN },
	{ OPTION_PLAIN, "encoding", {0}, "NAME",
	  "files are in encoding NAME; 'auto': as their first bytes say; 'none': do not decode", TEXT(encoding) },
	{ OPTION_PLAIN, "search-zip", {0}, NULL, "search the contents of gzip, bzip2, xz, lzma, zstd and lz4 files",
	  FLAGS(SEARCH_MATCH_DECOMPRESS) },
	{ OPTION_PLAIN, "label", {0}, "NAME", "call standard input NAME", TEXT(label) },
	{ OPTION_MAX_LINE_BYTES, "max-line-bytes", {0}, "SIZE",
	  "a longer line is an error; SIZE in bytes, or K, M or G; default 16M", OWN },
	{ OPTION_WARM, "warm", {0}, "FILE", "use what earlier searches of the PATHs learnt, and add to it", OWN,
	  .optional = true },
	{ OPTION_PLAIN, "no-warm", {0}, NULL, "do not: the default", FALSE(warm) },
	{ OPTION_PLAIN, "warm-learn", {0}, NULL, "learn all of the PATHs now, for --warm; no PATTERN",
	  SET(warm_action, WARM_LEARN) },
	{ OPTION_PLAIN, "warm-stats", {0}, NULL, "print how much was learnt of the PATHs; no PATTERN",
	  SET(warm_action, WARM_STATS) },
	{ OPTION_PLAIN, "warm-clear", {0}, NULL, "remove what was learnt of the PATHs; no PATTERN",
	  SET(warm_action, WARM_CLEAR) },
	{ 'j', "threads", {0}, "NUM", "search with NUM threads; 0: one per processor", OWN },

	HEADING("Output"),
	{ 'c', "count", {0}, NULL, "print only the number of selected lines per file", TRUE(count) },
	{ OPTION_PLAIN, "count-matches", {0}, NULL, "print only the number of matches per file", TRUE(count_matches) },
	{ OPTION_PLAIN, "include-zero", {0}, NULL, "with -c, print files with none, too", SET(include_zero, CHOICE_YES) },
	{ OPTION_PLAIN, "no-include-zero", {0}, NULL, "with -c, print only files with some", SET(include_zero, CHOICE_NO) },
	{ 'l', "files-with-matches", {0}, NULL, "print only the names of files that match", SET(listing, LIST_MATCHING) },
	{ 'L', "files-without-match", {0}, NULL, "print only the names of files that do not", SET(listing, LIST_OTHERS) },
	{ 'q', "quiet", { "silent" }, NULL, "print nothing; exit at the first match", TRUE(quiet) },
	{ 's', "no-messages", {0}, NULL, "do not print errors about files", TRUE(look.no_messages) },
	{ 'm', "max-count", {0}, "NUM", "stop a file after NUM selected lines", OWN },
	{ OPTION_PLAIN, "max-results", {0}, "NUM", "stop the search after NUM selected lines", NUMBER(max_results) },
	{ OPTION_PLAIN, "cursor", {0}, NULL, "print on standard error where the search ended", TRUE(cursor) },
	{ OPTION_PLAIN, "resume", {0}, "CURSOR", "go on where the search that printed CURSOR ended", TEXT(resume) },
	{ OPTION_PLAIN, "until", {0}, "CURSOR", "end where the search that printed CURSOR ended", TEXT(until) },
	{ 'o', "only-matching", {0}, NULL, "print only what matches, each match on its own line", TRUE(only_matching) },
	{ OPTION_PLAIN, "replace", {0}, "TEXT", "print TEXT for each match; $1 and ${name} are its groups",
	  TEXT(look.replacement) },
	{ OPTION_PLAIN, "passthru", { "passthrough" }, NULL, "print the other lines, too", TRUE(passthru) },
	{ 'n', "line-number", {0}, NULL, "print line numbers", SET(numbers, CHOICE_YES) },
	{ 'N', "no-line-number", {0}, NULL, "do not print line numbers", SET(numbers, CHOICE_NO) },
	{ OPTION_PLAIN, "column", {0}, NULL, "print the column of the first match, in bytes", SET(columns, CHOICE_YES) },
	{ OPTION_PLAIN, "no-column", {0}, NULL, "do not print columns", SET(columns, CHOICE_NO) },
	{ 'b', "byte-offset", {0}, NULL, "print the byte offset of each line, or with -o of each match",
	  TRUE(look.offsets) },
	{ 'H', "with-filename", {0}, NULL, "print file names", SET(names, CHOICE_YES) },
	{ 'h', "no-filename", {0}, NULL, "do not print file names", SET(names, CHOICE_NO) },
	{ OPTION_PLAIN, "heading", {0}, NULL, "print the name of a file above its lines", SET(heading, CHOICE_YES) },
	{ OPTION_PLAIN, "no-heading", {0}, NULL, "print it before each line", SET(heading, CHOICE_NO) },
	{ 'p', "pretty", {0}, NULL, "the same as --color=always --heading --line-number", OWN },
	{ OPTION_COLOR, "color", { "colour" }, "WHEN", "colour: 'always', 'never' or 'auto', on a terminal",
	  .optional = true },
	{ OPTION_HYPERLINK_FORMAT, "hyperlink-format", {0}, "FORMAT",
	  "with colours, make names links of this form: 'file', 'vscode', ...", OWN },
	{ OPTION_JSON, "json", {0}, NULL, "print messages of JSON, one a line, as rg does", OWN },
	{ OPTION_PLAIN, "vimgrep", {0}, NULL, "print each match as file:line:column:line's text", TRUE(vimgrep) },
	{ OPTION_PLAIN, "trim", {0}, NULL, "leave out white space at the start of lines", TRUE(look.trim) },
	{ 'M', "max-columns", {0}, "NUM", "leave out lines longer than NUM bytes", NUMBER(look.max_columns) },
	{ OPTION_PLAIN, "max-columns-preview", {0}, NULL, "print the start of such lines", TRUE(look.max_columns_preview) },
	{ 'T', "initial-tab", {0}, NULL, "start the text at a tab stop", TRUE(look.initial_tab) },
	{ 'Z', "null", {0}, NULL, "print a NUL after file names, instead of ':' or newline", TRUE(look.null) },
	{ OPTION_PLAIN, "field-match-separator", {0}, "TEXT", "print TEXT instead of ':' after names and numbers",
	  TEXT(look.match_separator) },
	{ OPTION_PLAIN, "field-context-separator", {0}, "TEXT", "print TEXT instead of '-' in lines of context",
	  TEXT(look.context_separator) },
	{ OPTION_PATH_SEPARATOR, "path-separator", {0}, "CHAR", "print CHAR instead of each '/' in names", OWN },
	{ OPTION_PLAIN, "line-buffered", {0}, NULL, "write out every line at once", TRUE(line_buffered) },

	{ OPTION_PLAIN, "progress", {0}, NULL, "show on the terminal how far a long search has come",
	  SET(progress, CHOICE_YES) },
	{ OPTION_PLAIN, "no-progress", {0}, NULL, "do not show it", SET(progress, CHOICE_NO) },
	{ OPTION_PLAIN, "stats", {0}, NULL, "print at the end how many matches, files and bytes there were", TRUE(stats) },
	{ OPTION_PLAIN, "no-stats", {0}, NULL, "do not print that", FALSE(stats) },

	HEADING("Context"),
	{ 'A', "after-context", {0}, "NUM", "print NUM lines after each selected line", OWN },
	{ 'B', "before-context", {0}, "NUM", "print NUM lines before each selected line", OWN },
	{ 'C', "context", {0}, "NUM", "print NUM lines before and after each selected line", OWN },
	{ OPTION_NUMBER, NULL, {0}, NULL, "the same as -C NUM", OWN },
	{ OPTION_GROUP_SEPARATOR, "group-separator", { "context-separator" }, "TEXT",
	  "print TEXT instead of '--' between groups of lines", OWN },
	{ OPTION_NO_GROUP_SEPARATOR, "no-group-separator", { "no-context-separator" }, NULL, "print nothing there", OWN },

	HEADING("About"),
	{ OPTION_PLAIN, "explain", {0}, NULL, "print how PATTERN would be searched for, and why", TRUE(explain) },
	{ OPTION_PLAIN, "no-config", {0}, NULL, "do not read the file that PSEARCH_CONFIG_PATH names", TRUE(no_config) },
	{ OPTION_GENERATE, "generate", {0}, "WHAT", "print 'man' or 'complete-bash', '-zsh', '-fish'", OWN },
	{ OPTION_HELP, "help", {0}, "all", "print the most used options, or all", .optional = true },
	{ 'V', "version", {0}, NULL, "print the version", OWN },
};

_Static_assert(sizeof(option_table) / sizeof(option_table[0]) <= OPTION_ROWS_AT_MOST, "raise it");

const size_t option_rows = sizeof(option_table) / sizeof(option_table[0]);

const struct option_row *option_find(int id)
{
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++)
		if (row->id == id)
			return row;
	return NULL;
}

/* Without "fixed-regexp" and other names that grep has and does not document. */
static const char *const greps[] = {
	"after-context", "basic-regexp", "before-context", "binary", "binary-files", "byte-offset", "color", "colour",
	"context", "count", "dereference-recursive", "devices", "directories", "exclude", "exclude-dir", "exclude-from",
	"extended-regexp", "file", "files-with-matches", "files-without-match", "fixed-strings", "group-separator", "help",
	"ignore-case", "include", "initial-tab", "invert-match", "label", "line-buffered", "line-number", "line-regexp",
	"max-count", "no-filename", "no-group-separator", "no-ignore-case", "no-messages", "null", "null-data",
	"only-matching", "perl-regexp", "quiet", "recursive", "regexp", "silent", "text", "unix-byte-offsets", "version",
	"with-filename", "word-regexp",
};

bool option_is_greps(const char *name)
{
	for (size_t i = 0; i < sizeof(greps) / sizeof(greps[0]); i++)
		if (strcmp(greps[i], name) == 0)
			return true;
	return false;
}
