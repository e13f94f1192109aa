/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open_error.c - why a search cannot be done, in the words of the command line.
 *
 * The library names its own fields and flags, which mean nothing to a person who typed a command. What a command line
 * can get wrong is recognised by the error's code and subject, and said in terms of options.
 */
#include "open_error.h"

#include <stdio.h>
#include <string.h>

#include "../base/complain.h"
#include "../base/nearest.h"
#include "caret.h"
#include "grep.h"
#include "query.h"

#define LARGEST_TEXT (1 << 30) /* the library's maximum */

/* Those that a person might mean; iconv knows many more. */
static const char *const encodings[] = {
	"auto", "none", "utf-8", "utf8", "utf-16", "utf16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be",
	"utf-7", "ucs-2", "ucs-4", "ascii", "us-ascii", "latin1", "latin2", "latin9", "iso-8859-1", "iso-8859-2",
	"iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-9",
	"iso-8859-10", "iso-8859-13", "iso-8859-14", "iso-8859-15", "iso-8859-16", "windows-1250", "windows-1251",
	"windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257",
	"windows-1258", "cp437", "cp850", "cp866", "cp874", "cp932", "cp936", "cp949", "cp950", "cp1250", "cp1251",
	"cp1252", "koi8-r", "koi8-u", "macintosh", "shift_jis", "sjis", "euc-jp", "euc-kr", "euc-cn", "euc-tw",
	"iso-2022-jp", "iso-2022-kr", "gb2312", "gbk", "gb18030", "big5", "big5-hkscs", "tis-620", "viscii",
	"ebcdic-us", "ibm037",
};

static void print_pattern_error(const struct search_error *error, const struct arguments *a)
{
	const struct search_pattern *p = a->patterns.list + error->index;

	complain_part("%s: ", complain_name());
	patterns_print_name(&a->patterns, error->index);
	complain_part(": %s", error->message + error->reason_at);
	fputc('\n', stderr);
	show_caret(stderr, p->length > 0 ? p->text : "", p->length, error->offset);
}

static void print_encoding_error(const struct search_error *error, const char *name)
{
	const char *near = nearest_of(name, encodings, sizeof(encodings) / sizeof(encodings[0]));

	if (error->system_error != 0)
		complain("--encoding '%s': cannot be loaded: %s", name, strerror(error->system_error));
	else if (near)
		complain("--encoding '%s': not an encoding; did you mean '%s'?", name, near);
	else
		complain("--encoding '%s': not an encoding; give 'auto', 'none' or one that 'iconv -l' lists", name);
}

static void print_glob_error(const struct search_error *error, const struct globs *globs)
{
	const struct glob_origin *origin = &globs->origins[error->index];

	complain("%s '%s': %s", origin->option, origin->text, error->message);
}

/* The library's sentence begins with the name of its field: the option's name takes its place. */
static void print_cursor_error(const struct search_error *error, const struct arguments *a)
{
	const char *option = error->index == 0 ? "--resume" : "--until", *reason = strchr(error->message, ' ');

	if (query_without_cursors(a))
		complain("%s and %s: give only one of them", option, query_without_cursors(a));
	else
		complain("%s%s", option, reason ? reason : "");
}

/* Was this psearch built without what --search-zip needs? */
static bool cannot_decompress(const struct arguments *a)
{
	struct search_build build = SEARCH_BUILD_INIT;

	return (a->flags & SEARCH_MATCH_DECOMPRESS) != 0 && search_build(&build) == SEARCH_OK && *build.formats == '\0';
}

/* What contradicts itself in the options, as a sentence; NULL: nothing that is known here. */
static const char *find_contradiction(const struct arguments *a)
{
	const uint32_t both = SEARCH_MATCH_MULTILINE | SEARCH_MATCH_NUL_LINES;

	if (cannot_decompress(a))
		return "--search-zip: this psearch was built without the libraries for compressed files: zlib, libbz2, "
		       "liblzma, libzstd, liblz4";
	if ((a->flags & both) == both)
		return "--multiline and -z: give only one of them";
	if (a->max_multiline_bytes > LARGEST_TEXT)
		return "--max-multiline-bytes: give 1 to 1G";
	return NULL;
}

void print_open_error(const struct search_error *error, const struct arguments *a)
{
	const char *contradiction = error->code == SEARCH_EINVAL ? find_contradiction(a) : NULL;

	if (error->subject == SEARCH_SUBJECT_PATTERN && a->personality != AS_PSEARCH &&
	    grep_print_pattern_error(error, a))
		return;
	if (error->subject == SEARCH_SUBJECT_PATTERN)
		print_pattern_error(error, a);
	else if (error->subject == SEARCH_SUBJECT_GLOB)
		print_glob_error(error, &a->globs);
	else if (error->subject == SEARCH_SUBJECT_IGNORE_FILE)
		complain("--ignore-file '%s': %s", a->ignore_files[error->index], error->message);
	else if (error->subject == SEARCH_SUBJECT_ENCODING)
		print_encoding_error(error, a->encoding);
	else if (error->subject == SEARCH_SUBJECT_CURSOR)
		print_cursor_error(error, a);
	else
		complain("%s", contradiction ? contradiction : error->message);
}
