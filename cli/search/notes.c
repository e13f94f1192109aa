/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notes.c - what is odd about a command line that is not wrong.
 *
 * A search that finds nothing because something means something else than its author believes is worse than an error.
 * So it is said, in a line on standard error, and the search goes on. Nothing is said of what could be meant, nor of
 * what an alias or a configuration file may have set for all searches; nothing with -q or -s, and in place of grep,
 * which says nothing either, nothing but what -P lacks here.
 */
#include "notes.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/complain.h"
#include "warm.h"

/* --- what is known from other programs, and this syntax does not know --- */

static const struct escape {
	uint32_t syntax;
	char character;
	char unless; /* this comes next; or '\0' */
	const char *remedy;
} escapes[] = {
	{ SEARCH_SYNTAX_ONIGURUMA, '<', '\0', "write \\b for the start of a word, or give -G" },
	{ SEARCH_SYNTAX_ONIGURUMA, '>', '\0', "write \\b for the end of a word, or give -G" },
	{ SEARCH_SYNTAX_ONIGURUMA, '|', '\0', "write | for a choice, or give -G" },
	{ SEARCH_SYNTAX_PERL, 'h', '\0', "write [ \\t] for a space or tab" },
	{ SEARCH_SYNTAX_PERL, 'H', '\0', "write [^ \\t] for all but a space or tab" },
	{ SEARCH_SYNTAX_PERL, 'V', '\0', "write [^\\n\\r\\f\\x0B] for all but these" },
	{ SEARCH_SYNTAX_PERL, 'p', '{', "write the property in braces, as in \\p{L}" },
	{ SEARCH_SYNTAX_PERL, 'P', '{', "write the property in braces, as in \\P{L}" },
};

/* Where the class ends that begins at `at`. */
static const char *skip_class(const char *at, const char *end)
{
	at++;
	at += at < end && *at == '^';
	at += at < end && *at == ']';
	for (; at < end && *at != ']'; at++)
		at += *at == '\\' && end - at > 1;
	return at < end ? at + 1 : end;
}

/* Is there this escape at the place of a backslash? */
static bool is_escape(const struct escape *e, const char *at, const char *end)
{
	if (end - at < 2 || at[1] != e->character)
		return false;
	return e->unless == '\0' || end - at < 3 || at[2] != e->unless;
}

/* Is it somewhere in the pattern? What grep's users know means nothing special in a class there, either. */
static bool has_escape(const struct search_pattern *pattern, const struct escape *e)
{
	const char *at = pattern->text, *end = pattern->length > 0 ? at + pattern->length : at;
	bool skips_classes = e->syntax == SEARCH_SYNTAX_ONIGURUMA;

	while (at < end) {
		if (*at == '[' && skips_classes) {
			at = skip_class(at, end);
		} else if (*at == '\\' && end - at > 1) {
			if (is_escape(e, at, end))
				return true;
			at += 2;
		} else {
			at++;
		}
	}
	return false;
}

static void note_escapes(const struct arguments *a)
{
	if ((a->flags & SEARCH_MATCH_FIXED) != 0)
		return;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		const struct escape *e = &escapes[i];
		size_t k = 0;

		while (k < a->patterns.count && (a->syntax != e->syntax || !has_escape(&a->patterns.list[k], e)))
			k++;
		if (k < a->patterns.count)
			complain("note: \\%c is a plain %c in this syntax; %s", e->character, e->character, e->remedy);
	}
}

/* --- patterns that can never match --- */

static const char *why_never(enum search_never why, uint32_t flags)
{
	switch (why) {
	case SEARCH_NEVER_LINE_END:
		return (flags & SEARCH_MATCH_NUL_LINES) != 0 ? "no line has a NUL in it" :
							       "no line has a newline in it; give --multiline";
	case SEARCH_NEVER_PLACE:
		return "it needs the start or the end of a line where there is none; "
		       "write \\^ or \\$ for the character";
	default:
		return "it needs a character, or a place, that does not exist";
	}
}

static void note_never(const struct arguments *a, const struct search *s)
{
	size_t pattern;
	int why = search_never(s, &pattern);

	if (why == SEARCH_NEVER_NONE || pattern >= a->patterns.count || a->max_count == 0)
		return;
	complain_part("%s: note: ", complain_name());
	patterns_print_name(&a->patterns, pattern);
	complain_part(" can never match: %s", why_never((enum search_never)why, a->flags));
	fputc('\n', stderr);
}

/* --- files that are not searched as may be thought --- */

/* Has a glob alternatives: {a,b}? */
static bool has_alternatives(const char *glob)
{
	const char *open = strchr(glob, '{'), *comma = open ? strchr(open, ',') : NULL;

	return comma && strchr(comma, '}') && (open == glob || open[-1] != '\\');
}

/* A shell makes several options of --include=*.{c,h}, but not if that is in quotes. */
static void note_braces(const struct globs *globs)
{
	for (size_t i = 0; i < globs->count; i++) {
		const struct glob_origin *origin = &globs->origins[i];

		if (globs->list[i].group != GLOBS_FILES && globs->list[i].group != GLOBS_DIRECTORIES)
			continue;
		if (!has_alternatives(origin->text))
			continue;
		complain("note: %s '%s': braces are plain characters there, as in grep; give -g for a choice",
			 origin->option, origin->text);
		return;
	}
}

static bool has_ending(const char *path, const char *ending)
{
	size_t length = strlen(path), end = strlen(ending);

	return length > end && strcmp(path + length - end, ending) == 0;
}

static bool is_compressed(const char *path)
{
	static const char *const endings[] = { ".gz", ".bz2", ".xz", ".lzma", ".zst", ".lz4", ".tgz" };
	struct stat st;

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (has_ending(path, endings[i]))
			return stat(path, &st) == 0 && S_ISREG(st.st_mode);
	return false;
}

/* A file is named that seems to be compressed; -z is what rg calls the option that reads it. */
static void note_compressed(const struct arguments *a)
{
	if ((a->flags & SEARCH_MATCH_DECOMPRESS) != 0 || a->files)
		return;
	for (size_t i = 0; i < a->path_count; i++) {
		if (is_compressed(a->paths[i])) {
			complain("note: %s: searched as it is; give --search-zip for what is compressed in it",
				 a->paths[i]);
			return;
		}
	}
}

/* --- options without effect --- */

/* The option that decides that no lines are printed; NULL: they are, or programs combine it with any options. */
static const char *deciding_option(enum report report)
{
	switch (report) {
	case REPORT_MATCHING: return "-l";
	case REPORT_OTHERS: return "-L";
	case REPORT_COUNTS: return "-c";
	case REPORT_MATCH_COUNTS: return "--count-matches";
	default: return NULL;
	}
}

static const char *context_option(const struct arguments *a)
{
	return a->before > 0 ? a->after > 0 ? "-C" : "-B" : "-A";
}

struct option_given {
	bool given;
	const char *name;
};

/* Names those that are given, and have no effect because of `decides`. */
static void note_given(const char *decides, const struct option_given *options, size_t count)
{
	char names[128] = "";
	size_t length = 0, given = 0;

	for (size_t i = 0; i < count; i++)
		if (options[i].given)
			length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
						   given++ > 0 ? ", " : "", options[i].name);
	if (given > 0)
		complain("note: no effect with %s: %s", decides, names);
}

/* Options that only change how lines are printed. Not those that people give for all searches, such as -n and -H. */
static void note_without_lines(const struct arguments *a, enum report report, const char *decides)
{
	const struct option_given options[] = {
		{ a->only_matching && report != REPORT_MATCH_COUNTS, "-o" },
		{ a->count && report != REPORT_COUNTS && report != REPORT_MATCH_COUNTS, "-c" },
		{ a->before > 0 || a->after > 0, context_option(a) },
		{ a->columns == CHOICE_YES, "--column" },
		{ a->look.offsets, "-b" },
		{ a->look.replacement != NULL, "--replace" },
		{ a->passthru, "--passthru" },
		{ a->json, "--json" },
		{ a->max_results != UINT64_MAX && report != REPORT_MATCHING, "--max-results" },
	};

	note_given(decides, options, sizeof(options) / sizeof(options[0]));
}

/* The same for JSON, which has one way to print lines. */
static void note_with_json(const struct arguments *a)
{
	const struct option_given options[] = {
		{ a->only_matching, "-o" },
		{ a->columns == CHOICE_YES, "--column" },
		{ a->look.offsets, "-b" },
		{ a->vimgrep, "--vimgrep" },
		{ a->look.replacement != NULL && (a->flags & SEARCH_MATCH_INVERT) != 0 && a->before + a->after == 0 &&
		  !a->passthru, "--replace" },
	};

	note_given("--json", options, sizeof(options) / sizeof(options[0]));
}

/* May an option have been given once and for all? */
static bool is_configured(const struct arguments *a)
{
	const char *file = getenv("PSEARCH_CONFIG_PATH");

	return !a->no_config && file && *file != '\0';
}

static void note_options(const struct arguments *a, const struct query *q)
{
	const char *decides = deciding_option(q->report);

	if (is_configured(a))
		return;
	if (a->idle)
		complain("note: %s", a->idle);
	if (a->cursor && !query_has_cursors(q))
		complain("note: no effect with %s: --cursor", query_without_cursors(a));
	if (warm_is_idle(q, a))
		complain("note: no effect without a directory to search: --warm=%s", a->warm_file);
	if (q->report == REPORT_FILES && a->stats)
		complain("note: no effect with --files: --stats");
	if (q->report == REPORT_FILES && a->json)
		complain("note: no effect with --files: --json");
	if (decides)
		note_without_lines(a, q->report, decides);
	else if (q->report == REPORT_JSON)
		note_with_json(a);
	else if (q->report == REPORT_SPANS && (a->flags & SEARCH_MATCH_INVERT) != 0 && a->before + a->after == 0)
		complain("note: -o prints nothing with -v: a line without a match has nothing that matches");
	else if (q->look.replacement && (a->flags & SEARCH_MATCH_INVERT) != 0)
		complain("note: no effect with -v: --replace");
}

void print_notes(const struct arguments *a, const struct query *q, const struct search *s)
{
	if (a->look.no_messages || a->quiet)
		return;
	note_escapes(a);
	if (a->personality != AS_PSEARCH)
		return;
	note_never(a, s);
	note_braces(&a->globs);
	note_compressed(a);
	note_options(a, q);
}
