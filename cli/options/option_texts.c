/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * option_texts.c - what psearch(1) says about each option: see option_texts.h for the mark-up. The order is that of
 * option_table, though nothing depends on it.
 */
#include "option_texts.h"

#include <string.h>

#define COMMON .common = true
#define WORDS(list) .kind = ARGUMENT_WORDS, .words = (list)
#define FILES .kind = ARGUMENT_FILE
#define TYPE .kind = ARGUMENT_TYPE

#define SORT_KEYS "none path modified accessed created size"

const struct option_text option_texts[] = {
	/* Patterns */
	{ "regexp", COMMON, .text =
	  "Search for PATTERN. May be given several times and together with -f; the first operand is then a path." },
	{ "file", FILES, .text =
	  "Search for the patterns in FILE, one a line. '-' is standard input. An empty file contains no pattern, and "
	  "nothing matches. With --crlf, its lines may end in '\\r\\n', too." },
	{ "basic-regexp", .text =
	  "Patterns are POSIX basic regular expressions, as grep(1) means them: with '\\+', '\\?', '\\|' and the other "
	  "extensions of GNU. The longest match counts." },
	{ "extended-regexp", .text = "The same with POSIX extended regular expressions." },
	{ "perl-regexp", .text =
	  "Patterns are regular expressions as in Perl, as far as Oniguruma supports them, and named groups may be "
	  "written as in PCRE, too: '(?P<name>...)', '(?P=name)', '(?P>name)'." },
	{ "fixed-strings", COMMON, .text = "Patterns are strings to be found as they are, not regular expressions." },
	{ "syntax", WORDS("oniguruma perl python basic extended"), .text =
	  "Patterns are in the syntax *oniguruma*, the default, *perl* (-P), *python*, *basic* (-G) or *extended* "
	  "(-E). Two of these options that differ are an error, but beside -P, -F counts, as in rg(1)." },
	{ "engine", WORDS("default auto pcre2"), .text =
	  "For callers of rg(1): *pcre2* is -P; *default* and *auto* change nothing, as each pattern gets the engine "
	  "that it needs." },
	{ "auto-hybrid-regex", .text = "No effect: each pattern gets the engine that it needs." },
	{ "ignore-case", COMMON, .text =
	  "Letters match in upper and lower case, by the rules of Unicode: also 'straße' and 'strasse', or a ligature "
	  "and its letters. With -G, -E and -F a letter matches only single letters." },
	{ "y", .text = "The same; obsolete." },
	{ "no-ignore-case", .text =
	  "Letters match in their own case only. This is the default, and undoes -i and -S before it." },
	{ "smart-case", COMMON, .text =
	  "The same as -i, unless a pattern contains a capital letter. What follows a backslash, such as '\\S', "
	  "does not count. The last of -i, -S and --no-ignore-case counts." },
	{ "invert-match", COMMON, .text = "Select the lines that do not match." },
	{ "word-regexp", COMMON, .text = "A match must not touch a letter, digit or underscore outside of it." },
	{ "line-regexp", .text = "A match must be the whole line." },
	{ "multiline", .text =
	  "A match may reach over the ends of lines. The pattern sees the text of a whole file; '^' and '$' match at "
	  "its lines. All lines that a match touches are printed, and matches that share a line are printed together. "
	  "A file is held in memory, up to --max-multiline-bytes, unless no pattern can match a newline: then it is "
	  "searched line by line as ever. In rg(1) this is also -U, which means something else here." },
	{ "multiline-dotall", .text = "The same as --multiline, and '.' matches a newline, too." },
	{ "max-multiline-bytes", .text =
	  "With --multiline, a file longer than SIZE bytes is an error and not searched; a suffix K, M or G multiplies "
	  "SIZE. The default is 64M. Each thread may take that much memory." },
	{ "null-data", .text =
	  "Lines end in NUL, in the files and in the output, and may contain newlines. No file is binary then." },
	{ "crlf", .text =
	  "Lines may end in '\\r\\n': the '\\r' is then not part of the line, so that '$' matches before it. A '\\r' at "
	  "the end of a line of a pattern file, or before a newline in PATTERN, is not part of the pattern. If both "
	  "--crlf and -z are given, the last one counts." },
	{ "binary", .text = "No effect: text is never changed before it is searched." },
	{ "unix-byte-offsets", .text = "No effect; obsolete." },

	/* Files */
	{ "recursive", .text =
	  "Search everything below a directory, hidden and ignored files included. Without this option directories are "
	  "searched as well, but hidden and ignored files in them are skipped." },
	{ "dereference-recursive", .text = "The same, and --follow." },
	{ "directories", WORDS("read recurse skip"), .text =
	  "What to do with a PATH that is a directory. *skip* skips it; *recurse* is -r; *read* reads it like a "
	  "file, which is an error." },
	{ "devices", WORDS("read skip"), .text =
	  "*skip* skips a PATH that is a device, a pipe or a socket; *read*, the default, reads it. In directories "
	  "these are always skipped." },
	{ "follow", .text = "Follow symbolic links in directories. A link to a directory above it is skipped." },
	{ "hidden", COMMON, .text = "Search hidden files in directories: those whose names begin with a dot." },
	{ "no-hidden", .text =
	  "Skip hidden files in directories, with -r too. A PATH that is hidden itself is searched." },
	{ "ignore", .text = "Obey ignore files, with -r too: see {IGNORE FILES}." },
	{ "no-ignore", COMMON, .text = "Do not obey ignore files, except those of --ignore-file." },
	{ "no-ignore-vcs", .text =
	  "Of the ignore files, do not obey git's, and search <.git> directories, if they are not hidden." },
	{ "no-ignore-dot", .text = "Do not obey <.ignore> and <.psearchignore>." },
	{ "no-ignore-global", .text =
	  "Do not read git's configuration of the system and of the user, nor the file that *core.excludesFile* names." },
	{ "no-ignore-parent", .text =
	  "Do not obey ignore files in directories above a PATH, nor a repository that begins there." },
	{ "no-ignore-files", .text = "Do not obey those of --ignore-file." },
	{ "no-require-git", .text = "Obey git's ignore files outside repositories, too." },
	{ "tracked", .text =
	  "Do not apply git's ignore files to files that git tracks: those added by force, or before a rule named them. "
	  "This reads the index of each repository; a split index is an error." },
	{ "ignore-file", FILES, .text =
	  "Obey FILE, even with --no-ignore. May be given several times: a later one overrides an earlier one, and "
	  "every other ignore file overrides both. Patterns in it are relative to the current directory if the PATH is "
	  "below that, else to the PATH. It must be a regular file or </dev/null>, not a pipe, and '-' is not standard "
	  "input. If it does not exist or cannot be read, that is an error, and nothing is searched." },
	{ "unrestricted", .text =
	  "Given once, the same as --no-ignore; twice, also --hidden; three times, also -a. In rg(1) it is also -u, "
	  "which means something else here." },
	{ "one-file-system", .text =
	  "Skip directories that are on a file system other than that of the PATH they are in." },
	{ "no-nested-repositories", .text =
	  "Skip git worktrees, submodules and other repositories below a PATH: directories that contain a <.git>, a "
	  "directory or a file." },
	{ "max-depth", .text =
	  "Go at most NUM directories deep: with 1 only the entries of a PATH are searched, with 0 no directory at "
	  "all." },
	{ "max-filesize", .text =
	  "Skip files in directories that are larger than SIZE bytes; a suffix K, M or G multiplies it by 1024, "
	  "1024^2 or 1024^3." },
	{ "glob", COMMON, .text =
	  "Search only the files in directories that match the GLOB; with '!' before it, search all but these. See "
	  "{Globs}." },
	{ "iglob", .text = "The same, but letters match in either case." },
	{ "glob-case-insensitive", .text = "Letters match in either case in each -g, too." },
	{ "include", .text = "Search only files whose name matches the GLOB, as grep(1) does." },
	{ "exclude", .text = "Skip files whose name matches the GLOB." },
	{ "exclude-from", FILES, .text = "Skip files whose name matches a glob in FILE, one a line." },
	{ "exclude-dir", .text = "Skip directories whose name matches the GLOB." },
	{ "type", COMMON, TYPE, .text =
	  "Search only files in directories that are of the TYPE, by their names, such as *c* or *py*; *all* means all "
	  "types. May be given several times." },
	{ "type-not", TYPE, .text = "Skip files of the TYPE. In rg(1) this is also -T, which means something else here." },
	{ "type-add", .text =
	  "Define a type, or add to one: 'name:glob' for files whose names match, or 'name:include:type,type' for those "
	  "of other types." },
	{ "type-clear", TYPE, .text =
	  "Forget the globs that the TYPE has so far, so that a --type-add after it defines it anew." },
	{ "type-list", .text = "Print all types with their globs, and nothing else." },
	{ "files-from", FILES, .text =
	  "After the paths of the command line, also search those in FILE, one a line; '-' is standard input. They are "
	  "read while the search runs, and never all in memory at once. Empty lines are skipped." },
	{ "files0-from", FILES, .text = "The same, but each path ends in NUL." },
	{ "files", COMMON, .text =
	  "Print the names of the files that would be searched, in the same order, and open none of them. There is no "
	  "PATTERN; without a PATH the current directory is listed." },
	{ "sort", WORDS(SORT_KEYS), .text =
	  "The order of the files. *path*, the default, is that of the command line and of names; *none* is the same "
	  "here, as this order costs nothing. *modified*, *accessed*, *created* and *size*, the earliest or smallest "
	  "first, list all files before the first is searched." },
	{ "sortr", WORDS(SORT_KEYS), .text =
	  "The same in reverse order. *path* then lists all files before the first is searched, too." },
	{ "text", COMMON, .text =
	  "Search binary files as if they were text. The same as --binary-files=text." },
	{ "I", .text = "Binary files do not match. The same as --binary-files=without-match." },
	{ "binary-files", WORDS("binary text without-match"), .text =
	  "What to do with a file that contains a NUL byte. A NUL in the first 64 KiB makes all of the file binary; a "
	  "later one, or any in a pipe, makes it binary from the line with that NUL on. Unless the file is searched as "
	  "text, a NUL ends a line, as a newline does. If a file is decoded, this applies to the decoded text: see "
	  "--encoding. With *binary*, the default, a message on standard error says that the file matches, and its "
	  "lines are not printed; *text* and *without-match* are described above." },
	{ "encoding", .kind = ARGUMENT_ENCODING,
	  .words = "auto none utf-8 utf-16 utf-16le utf-16be iso-8859-1 iso-8859-15 windows-1252 shift_jis euc-jp gbk "
		   "gb18030 big5 euc-kr koi8-r", .text =
	  "The encoding of files; they are searched and printed in UTF-8. *auto*, the default, means UTF-8, or UTF-16 if "
	  "the file begins with a byte order mark of that. *none* means that nothing is decoded, and a mark is text like "
	  "any other. Any other name is an encoding that iconv(1) lists, and applies to files that do not begin with the "
	  "mark of UTF-8 or UTF-16. A sequence that is invalid in it is printed as U+FFFD." },
	{ "search-zip", .text =
	  "Search the contents of compressed files: files, or standard input, whose first bytes are those of gzip, "
	  "bzip2, xz, lzma, zstd or lz4, whatever their names. If several follow each other in one file, they are one "
	  "text; zeros after them are ignored. Line numbers, and whether a file is binary, refer to the decompressed "
	  "text. If a file is damaged, ends early, is followed by something else, or needs more than 128 MiB of memory "
	  "to be decompressed, that is an error; the lines before it are printed. Compressed data inside it is not "
	  "decompressed again. Archives, such as those of zip, tar and 7-Zip, and the files of compress(1) are searched "
	  "as they are, and a message on standard error says so, unless -I skips them; that does not affect the exit "
	  "status. If psearch was built without a format, a file in that format is an error.\n\n"
	  "The short option -z means something else here." },
	{ "label", .text = "Call standard input NAME where names are printed, instead of '(standard input)'." },
	{ "max-line-bytes", .text =
	  "A line longer than SIZE bytes is reported as an error and not searched; a suffix K, M or G multiplies SIZE. "
	  "The default is 16M, the maximum 1G. Each thread may take that much memory, and with -B twice as much." },
	{ "warm", COMMON, FILES, .text =
	  "Use what earlier searches with this option learnt of the directories that are searched, and add to it. So "
	  "files that cannot have a match need not be opened. The results are the same as without. FILE is where what "
	  "was learnt is kept; without it, see {WARM SEARCHES}." },
	{ "no-warm", .text = "Do not use what earlier searches learnt, nor add to it: the default." },
	{ "warm-learn", .text =
	  "Learn all files below each PATH that would be searched, instead of a few in each search. There is no PATTERN. "
	  "An interrupt ends it; what was learnt until then is kept." },
	{ "warm-stats", .text =
	  "Print where what was learnt of the PATHs is kept, how large that is, and how many directories and files it "
	  "knows. There is no PATTERN." },
	{ "warm-clear", .text =
	  "Remove what was learnt of the PATHs, and print the name of the file that is removed. There is no PATTERN." },
	{ "threads", .text =
	  "Search with NUM threads, 256 at most. The default, 0, is one for every processor that psearch may run on. "
	  "The output does not depend on it." },

	/* Output */
	{ "count", COMMON, .text = "Print only the number of selected lines of every file." },
	{ "count-matches", .text =
	  "Print only the number of matches of every file; a line may have several. With -v, the same as -c." },
	{ "include-zero", .text = "With -c and --count-matches, print files with none, too; -c does so without this option." },
	{ "no-include-zero", .text = "With -c and --count-matches, print only files with some, as rg(1) does." },
	{ "files-with-matches", COMMON, .text =
	  "Print only the names of the files with a selected line. Each file is read only up to its first selected "
	  "line." },
	{ "files-without-match", .text = "Print only the names of the files without a selected line." },
	{ "quiet", .text =
	  "Print nothing, and exit at the first selected line with status 0, even if there was an error before." },
	{ "no-messages", .text = "Do not print errors about files. They still count for the exit status." },
	{ "max-count", .text =
	  "Select no more than the first NUM lines of every file. With 0 nothing is searched. If standard input is a "
	  "regular file, it is left positioned after the last of them, for whatever reads it next." },
	{ "max-results", .text =
	  "End the whole search after NUM selected lines; with -l and --files, after NUM files. With 0 nothing is searched. "
	  "If standard error is a terminal, a message there says so. No effect with -c, --count-matches and -L." },
	{ "cursor", .text =
	  "When the search ends, print a last line on standard error: 'cursor: ' and a word that --resume takes, or "
	  "'cursor: none' if everything was searched. With --max-results this prints results a page at a time: see "
	  "{EXAMPLES}. No effect with --files-from, --files0-from and --sort, unless that is by path." },
	{ "resume", .text =
	  "Go on after the last result of the search that printed CURSOR. What lies before is neither opened nor listed. "
	  "All options, patterns and paths must be the same as then, except for --max-results and those that only change "
	  "how results are printed; otherwise it is an error, as it is with an option with which --cursor has no "
	  "effect. If the file in which the search goes on was changed since, a message says so, and results may be missing; "
	  "none is printed twice." },
	{ "until", .text =
	  "End with the last result of the search that printed CURSOR. With --resume this searches a part of the whole, so "
	  "that several machines can share a search. A CURSOR that --files printed suits any search of the same paths." },
	{ "only-matching", COMMON, .text =
	  "Print only what matches, every match on a line of its own; empty matches are not printed. With -v these are the "
	  "matches in lines of context, as in grep(1)." },
	{ "replace", .text =
	  "In what is printed, put TEXT in place of each match; no file is changed. In it '$1' is what the first group "
	  "matched, '${name}' or '$name' what a named group did, '$0' the whole match and '$$' a dollar sign: see "
	  "{REPLACEMENT}. With -o only the replaced matches are printed. In rg(1) this is also -r, which means something else "
	  "here." },
	{ "passthru", .text = "Print the lines that are not selected, too, as lines of context." },
	{ "line-number", COMMON, .text = "Print the number of each line before it, from 1." },
	{ "no-line-number", .text = "Do not print line numbers, whatever other option asks for them." },
	{ "column", .text =
	  "Print the column of the first match of each line, in bytes, from 1. Implies -n, unless -N is given." },
	{ "no-column", .text = "Do not print columns." },
	{ "byte-offset", .text =
	  "Print how many bytes of the file precede each line, or with -o each match." },
	{ "with-filename", .text = "Print the name of the file before each line." },
	{ "no-filename", COMMON, .text = "Do not print names of files before lines." },
	{ "heading", .text =
	  "Print the name of a file once, on a line above its lines, with an empty line between files." },
	{ "no-heading", .text = "Print the name of a file before each line." },
	{ "pretty", .text = "The same as --color=always, --heading and -n, as for a terminal." },
	{ "color", COMMON, WORDS("always never auto"), .text =
	  "Print in colours: *always*, *never*, or with *auto* on a terminal only. WHEN may be left out, which means "
	  "*auto*. It may also be the next argument, as in rg(1), if that is one of these words; in place of grep that "
	  "is the pattern." },
	{ "hyperlink-format", WORDS("none default file vscode vscode-insiders vscodium kitty macvim textmate grep+"),
	  .text =
	  "Where there are colours, make names of files links, for terminals that know the escape sequence OSC 8. FORMAT is "
	  "a URL, or the name of one; with *none* there are no links. See {COLOURS AND LINKS}." },
	{ "json", .text =
	  "Print what is found as messages of JSON, one a line, as rg(1) does. Of this option, -c, --count-matches, -l and "
	  "-L the last one counts; with -q only the summary is printed, after the whole search. See {JSON}." },
	{ "vimgrep", .text =
	  "Print each match as 'file:line:column:text', where the text is its whole line. A line with several matches is "
	  "printed several times." },
	{ "trim", .text = "Leave out white space, of ASCII, at the start of lines." },
	{ "max-columns", .text =
	  "Leave out lines that are longer than NUM bytes, with what ends them, and say so in their place. With -o this is "
	  "about each match. 0 means no limit." },
	{ "max-columns-preview", .text =
	  "Of lines that -M would leave out, print the first NUM characters, as a person sees them, and how many matches "
	  "come after these." },
	{ "initial-tab", .text = "Start the text of each line at a tab stop, after what is printed before it." },
	{ "null", .text =
	  "Print a NUL byte after the name of a file, instead of the newline or other character that would follow it." },
	{ "field-match-separator", .text =
	  "Print TEXT instead of ':' after names and numbers. In it '\\t', '\\n', '\\r', '\\0', '\\\\' and '\\x' with two "
	  "hexadecimal digits stand for a byte." },
	{ "field-context-separator", .text = "The same instead of '-' in lines of context." },
	{ "path-separator", .text = "Print CHAR instead of each slash in names of files. If it is empty, slashes stay." },
	{ "line-buffered", .text =
	  "Write out every line at once, as happens on a terminal. Into a file or a pipe psearch otherwise writes the "
	  "first line at once, and later ones within some 30 milliseconds." },
	{ "progress", .text =
	  "When a search has taken a second, show how far it has come in a line on standard error, if that is a terminal: "
	  "how many files were searched, how many lines selected, how many bytes searched, and how many a second. The line "
	  "is gone before a result is printed on the terminal, and when the search ends; if nothing is printed there "
	  "for a second, it comes back. So it is without this option, too, unless standard output is a pipe, whose reader "
	  "may be drawing on the terminal, standard input is searched, or -q or --json is given. There is none with "
	  "--files, and none where the environment variable TERM is *dumb* or not set." },
	{ "no-progress", .text = "Do not show it." },
	{ "stats", .text =
	  "After the results, and also with -q, print an empty line and eight numbers as rg(1) does: matches, lines with "
	  "one, files with one, files searched, bytes printed, bytes searched, seconds that the processors took, which may "
	  "be several at once, and seconds that passed. All matches of all files are counted, so -q, -l and -L no longer "
	  "end a file, or the search, early; -m and --max-results still do. Of a binary file that is not searched as text, "
	  "one line and one match count for all from its first NUL on; -c searches it as text. With -c together with "
	  "--multiline or -I each line or match that -c counts is taken for one of both. With --warm there is a "
	  "ninth number, after the files searched: how many of them were ruled out, and not opened. Then the bytes searched "
	  "are those that were read." },
	{ "no-stats", .text = "Do not print what --stats does: the default." },

	/* Context */
	{ "after-context", .text = "Print NUM lines after each selected line." },
	{ "before-context", .text = "Print NUM lines before each selected line." },
	{ "context", COMMON, .text = "Print NUM lines on both sides, unless -A or -B says otherwise." },
	{ "NUM", .text = "The same as -C with this number." },
	{ "group-separator", .text =
	  "Print TEXT instead of '--' between lines of context that are not adjacent. By its other name, which is rg's, "
	  "TEXT may have the escapes of --field-match-separator." },
	{ "no-group-separator", .text = "Print nothing there." },

	/* About */
	{ "explain", .text =
	  "Instead of searching, print how the pattern would be searched for with the other options, and why, one fact a "
	  "line. search_explain(3) explains the lines." },
	{ "no-config", .text = "Do not read the file that the environment's 'PSEARCH_CONFIG_PATH' names." },
	{ "generate", WORDS("man complete-bash complete-zsh complete-fish"), .text =
	  "Print this page in mdoc(7), with *man*, or what completes psearch's options in a shell, with "
	  "*complete-bash*, *complete-zsh* and *complete-fish*." },
	{ "help", WORDS("all"), .text =
	  "Print a summary of the most used options; with --help=all, of all options." },
	{ "version", .text =
	  "Print the versions of the command, the library and Oniguruma, the processor's instructions in use, and the "
	  "compressed formats that --search-zip reads." },
};

const size_t option_text_count = sizeof(option_texts) / sizeof(option_texts[0]);

static bool text_is_of(const struct option_text *text, const struct option_row *row)
{
	if (row->id == OPTION_NUMBER)
		return strcmp(text->name, "NUM") == 0;
	if (row->name)
		return strcmp(text->name, row->name) == 0;
	return text->name[0] == (char)row->id && text->name[1] == '\0';
}

const struct option_text *option_text_of(const struct option_row *row)
{
	for (size_t i = 0; i < option_text_count; i++)
		if (text_is_of(&option_texts[i], row))
			return &option_texts[i];
	return NULL;
}
