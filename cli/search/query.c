/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * query.c - translates the command line into the library's options.
 *
 * As in grep, -q takes precedence over -l and -L, these over -c, and that over -o; --files comes after -q. File names
 * are shown if more than one file could be searched.
 */
#include "query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/complain.h"
#include "../look/replace.h"
#include "grep.h"

enum {
	SMALL_FILE = 256 * 1024,    /* is searched before a thread could take it over */
	SHORTEST_ITEM = 16,         /* of the library's max_item_bytes */
	LONGEST_ITEM = 1 << 30,
	MULTILINE_BYTES = 64 << 20, /* the library's default */
};

/* With --json -q does not stop the search: its summary is printed. */
static bool wants_json(const struct arguments *a)
{
	return a->json && !a->files && a->listing == LIST_NONE && !a->count && !a->count_matches;
}

static enum report choose_report(const struct arguments *a)
{
	if (wants_json(a))
		return REPORT_JSON;
	if (a->quiet)
		return REPORT_NOTHING;
	if (a->files)
		return REPORT_FILES;
	if (a->listing != LIST_NONE)
		return a->listing == LIST_MATCHING ? REPORT_MATCHING : REPORT_OTHERS;
	if (a->count_matches && (a->flags & SEARCH_MATCH_INVERT) == 0)
		return REPORT_MATCH_COUNTS;
	if (a->count || a->count_matches)
		return REPORT_COUNTS;
	return a->only_matching ? REPORT_SPANS : REPORT_LINES;
}

static struct search_source path_source(const struct arguments *a, const char *path)
{
	struct search_source s = { 0 };

	if (strcmp(path, "-") == 0) {
		s.kind = SEARCH_SOURCE_DESCRIPTOR;
		s.descriptor = STDIN_FILENO;
		s.name = a->label ? a->label : wants_json(a) ? "<stdin>" : "(standard input)";
	} else {
		s.kind = SEARCH_SOURCE_PATH;
		s.path = path;
		s.name = *path == '\0' ? "''" : NULL; /* for the message */
	}
	return s;
}

/* What is searched without a path: standard input if it may have text; otherwise this directory. */
static struct search_source default_source(const struct arguments *a)
{
	struct search_source here = { .kind = SEARCH_SOURCE_PATH, .path = ".", .name = "" };

	return arguments_search_input(a) ? path_source(a, "-") : here;
}

/* What a source is; all zeros if that is unknown. */
static struct stat look_at(const struct search_source *s)
{
	struct stat st;
	int rc = s->kind == SEARCH_SOURCE_PATH ? stat(s->path, &st) : fstat(s->descriptor, &st);

	return rc == 0 ? st : (struct stat){ 0 };
}

static bool show_names(const struct arguments *a, size_t count, const struct stat *first)
{
	if (a->names != CHOICE_DEFAULT)
		return a->names == CHOICE_YES;
	return a->vimgrep || count > 1 || a->list.name || S_ISDIR(first->st_mode);
}

/*
 * How many threads to ask for; 0: as many as are of use. To start one takes longer than to search one small file, unless
 * much text comes out of it; nor does a terminal, or /dev/null, need one. A pipe is read by one: a second would only wait.
 */
static uint32_t choose_workers(const struct arguments *a, size_t count, const struct stat *first)
{
	bool small = S_ISCHR(first->st_mode) || (S_ISREG(first->st_mode) && first->st_size <= SMALL_FILE);

	if (a->workers != 0 || count != 1 || a->list.name)
		return a->workers;
	if (small && (a->flags & SEARCH_MATCH_DECOMPRESS) == 0)
		return SEARCH_NO_WORKERS;
	return S_ISFIFO(first->st_mode) || S_ISSOCK(first->st_mode) ? 1 : 0;
}

/* Is a directory read as if it were a file? As in grep that is an error. */
static bool reads_directories(const struct arguments *a)
{
	return a->directories == DIRECTORIES_READ || (a->directories == DIRECTORIES_DEFAULT && a->personality != AS_PSEARCH);
}

static bool is_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode) || S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode);
}

/* As grep has it, a directory that is read is an error, and then like an empty file: -c prints 0, and -L its name. */
static void refuse_directory(struct query *q, struct search_source *s)
{
	const char *name = s->name ? s->name : s->path;

	q->refused[q->refused_count++] = (struct refusal){ (uint64_t)(s - q->sources), name, EISDIR };
	*s = (struct search_source){ .kind = SEARCH_SOURCE_PATH, .path = "/dev/null", .name = name };
}

/* Is it left out because of an option? A directory that is read is refused. */
static bool leaves_out(struct query *q, const struct arguments *a, struct search_source *s)
{
	struct stat st;

	if (s->kind == SEARCH_SOURCE_PATH && a->path_count > 0 && globs_leave_out(&a->globs, s->path))
		return true;
	if (a->devices != DEVICES_SKIP && !reads_directories(a))
		return false;
	st = look_at(s);
	if (reads_directories(a) && S_ISDIR(st.st_mode))
		refuse_directory(q, s);
	return s->kind == SEARCH_SOURCE_PATH && a->devices == DEVICES_SKIP && is_device(&st);
}

/* Adds the paths of the command line, except those that options leave out. */
static size_t add_paths(struct query *q, const struct arguments *a)
{
	size_t count = 0;

	for (size_t i = 0; i < a->path_count; i++) {
		q->sources[count] = path_source(a, a->paths[i]);
		count += !leaves_out(q, a, &q->sources[count]);
	}
	return count;
}

/* Are all files found in directories? Then --json skips binary ones, as ripgrep does. */
static bool only_directories(const struct query *q)
{
	size_t i = 0;

	while (i < q->options.source_count && S_ISDIR(look_at(&q->options.sources[i]).st_mode))
		i++;
	return i == q->options.source_count && !q->options.next_source;
}

static bool init_sources(struct query *q, struct arguments *a)
{
	bool none = a->path_count == 0 && !a->list.name;
	struct stat first;
	size_t count;

	q->sources = calloc(a->path_count + 1, sizeof(*q->sources));
	q->refused = calloc(a->path_count + 1, sizeof(*q->refused));
	if (!q->sources || !q->refused)
		return false;
	q->sources[0] = default_source(a);
	count = none ? !leaves_out(q, a, &q->sources[0]) : add_paths(q, a);
	q->options.sources = q->sources;
	q->options.source_count = count;
	if (a->list.name) {
		q->options.next_source = paths_next;
		q->options.next_source_context = &a->list;
	}
	if (q->report == REPORT_JSON && (a->flags & SEARCH_MATCH_TEXT) == 0 && only_directories(q))
		q->options.match_flags |= SEARCH_MATCH_SKIP_BINARY;
	first = look_at(&q->sources[0]);
	q->look.names = show_names(a, a->path_count ? a->path_count : 1, &first);
	q->options.workers = choose_workers(a, count, &first);
	return true;
}

/* Without an option that says otherwise: is all of a directory searched, as with -r and as in grep? */
static bool searches_all(const struct arguments *a)
{
	return arguments_recursive(a) || a->personality != AS_PSEARCH;
}

static bool skips_hidden(const struct arguments *a)
{
	return a->hidden == CHOICE_DEFAULT ? !searches_all(a) : a->hidden == CHOICE_NO;
}

static bool obeys_ignore_files(const struct arguments *a)
{
	return a->ignore == CHOICE_DEFAULT ? !searches_all(a) : a->ignore == CHOICE_YES;
}

/* Which ignore files are obeyed, and where git's are. False: out of memory. */
static bool set_ignore(struct query *q, const struct arguments *a)
{
	struct search_walk *w = &q->walk;

	if (!a->no_ignore_files) {
		w->ignore_files = a->ignore_files;
		w->ignore_file_count = a->ignore_file_count;
	}
	if (!obeys_ignore_files(a))
		return true;
	if (!a->no_ignore_dot)
		w->flags |= SEARCH_WALK_IGNORE_FILES;
	if (a->no_ignore_vcs)
		return true;
	w->flags |= SEARCH_WALK_IGNORE_VCS;
	if (!git_files_find(&q->git))
		return false;
	w->home = q->git.home;
	if (a->no_ignore_global)
		return true;
	w->git_configs = q->git.configs;
	w->git_config_count = q->git.config_count;
	w->git_excludes = q->git.excludes;
	return true;
}

/* No two flags share a bit, whichever word they belong to; each word's range starts at one of these bits. */
enum {
	WALK_BIT = SEARCH_WALK_SKIP_HIDDEN,
	RESULT_BIT = SEARCH_RESULT_FILE_INFO
};

static void set_flags(struct query *q, uint32_t flags)
{
	q->options.match_flags = flags & (WALK_BIT - 1);
	q->walk.flags = flags & (RESULT_BIT - WALK_BIT);
	q->options.result_flags = flags & ~(uint32_t)(RESULT_BIT - 1);
}

static void set_walk(struct query *q, const struct arguments *a)
{
	q->walk.globs = a->globs.list;
	q->walk.glob_count = a->globs.count;
	q->walk.max_file_size = a->max_file_size;
	q->walk.max_depth = a->directories == DIRECTORIES_SKIP || reads_directories(a) ? SEARCH_NO_WALK : a->max_depth;
	q->options.walk = &q->walk;
}

/* Are lines, or what matches in them, printed? */
static bool prints_lines(const struct query *q)
{
	return q->report == REPORT_LINES || q->report == REPORT_SPANS || q->report == REPORT_JSON;
}

static bool needs_spans(const struct query *q)
{
	const struct look *look = &q->look;

	if (look->inverted) /* only lines of context have matches */
		return q->report == REPORT_SPANS || q->report == REPORT_JSON ||
		       (q->report == REPORT_LINES && (look->columns || style_has(look->style, STYLE_CONTEXT_MATCH)));
	if (q->totals)
		return true;
	if (q->report == REPORT_LINES)
		return look->style || look->columns || look->each_match || look->replacement;
	return q->report == REPORT_SPANS || q->report == REPORT_JSON || q->report == REPORT_MATCH_COUNTS;
}

/*
 * Is it enough to know how many lines match in each file? With --stats only if the result would be another one if the
 * lines were looked at.
 */
static bool only_counts(const struct query *q, const struct arguments *a)
{
	if (q->report == REPORT_COUNTS)
		return !q->totals || (a->flags & (SEARCH_MATCH_MULTILINE | SEARCH_MATCH_SKIP_BINARY)) != 0;
	return q->report == REPORT_OTHERS && (!q->totals || (a->flags & SEARCH_MATCH_SKIP_BINARY) != 0);
}

/* All matches are counted, also those after a NUL. */
static bool counts_in_binary(const struct query *q, const struct arguments *a)
{
	if ((a->flags & SEARCH_MATCH_SKIP_BINARY) != 0)
		return false;
	return q->report == REPORT_MATCH_COUNTS || (q->report == REPORT_COUNTS && !only_counts(q, a));
}

/* Then each page asks the library for the same, whether it is printed on a terminal or not: cursors depend on that. */
static bool is_paged(const struct arguments *a)
{
	return a->cursor || a->resume || a->until;
}

/* Is the end of each file delivered? With --warm not for --stats alone: it would have more files opened. */
static bool needs_ends(const struct query *q, const struct arguments *a)
{
	if (q->report == REPORT_MATCH_COUNTS || q->report == REPORT_COUNTS || q->report == REPORT_OTHERS)
		return true;
	return q->totals && (!a->warm || q->report == REPORT_JSON);
}

static uint32_t choose_flags(const struct query *q, const struct arguments *a)
{
	uint32_t flags = a->flags;

	if (a->files)
		flags |= SEARCH_RESULT_LIST;
	if (skips_hidden(a))
		flags |= SEARCH_WALK_SKIP_HIDDEN;
	if (only_counts(q, a))
		flags |= SEARCH_RESULT_COUNT;
	if (needs_ends(q, a))
		flags |= SEARCH_RESULT_FILE_ENDS;
	if (counts_in_binary(q, a))
		flags |= SEARCH_MATCH_TEXT;
	if (!needs_spans(q) && !(prints_lines(q) && is_paged(a)))
		flags |= SEARCH_RESULT_NO_SPANS;
	else if (prints_lines(q) && q->look.replacement && replacement_uses_groups(q->look.replacement))
		flags |= SEARCH_RESULT_GROUPS;
	if (prints_lines(q) && q->look.passthru)
		flags |= SEARCH_RESULT_ALL_LINES;
	if (!prints_lines(q) || (!q->look.numbers && !is_paged(a)))
		flags |= SEARCH_RESULT_NO_LINE_NUMBERS;
	if (a->order.key == SORT_BY_NOTHING)
		flags |= SEARCH_RESULT_UNORDERED;
	return flags;
}

/* Lines are printed whole, as grep does, and so are matches over several lines. */
static size_t longest_item(const struct arguments *a)
{
	uint64_t text = a->max_multiline_bytes > 0 ? a->max_multiline_bytes : MULTILINE_BYTES, line = a->max_line_bytes;

	if ((a->flags & SEARCH_MATCH_MULTILINE) != 0 && text > line)
		line = text;
	return line < SHORTEST_ITEM ? SHORTEST_ITEM : line > LONGEST_ITEM ? LONGEST_ITEM : (size_t)line;
}

static bool lists_files(const struct query *q)
{
	return q->report == REPORT_MATCHING || q->report == REPORT_OTHERS;
}

/* Can --max-results end the search? What is printed at the end of each file is no result. */
static bool counts_results(const struct query *q)
{
	return q->report != REPORT_COUNTS && q->report != REPORT_MATCH_COUNTS && q->report != REPORT_OTHERS;
}

static void set_limits(struct query *q, const struct arguments *a)
{
	struct search_options *o = &q->options;

	if (prints_lines(q) && a->max_count > 1)
		o->output_fd = STDOUT_FILENO;
	o->max_item_bytes = longest_item(a);
	o->max_line_bytes = a->max_line_bytes;
	o->max_multiline_bytes = a->max_multiline_bytes;
	if (a->max_results != UINT64_MAX && counts_results(q))
		o->max_matches = a->max_results;
	o->resume = a->resume;
	o->until = a->until;
	if (a->max_count != UINT64_MAX)
		o->max_matches_per_file = a->max_count;
	if (lists_files(q) && !(q->totals && o->max_matches == 0))
		o->max_matches_per_file = 1;
	if (q->report == REPORT_NOTHING && !q->totals)
		o->max_matches = 1;
	if (prints_lines(q)) {
		o->before_context = a->before;
		o->after_context = a->after;
	}
}

/* -m 0 with -L lists every file, since none has a match. (Without -L nothing is searched.) */
static void match_nothing(struct search_options *o)
{
	o->patterns = NULL;
	o->pattern_count = 0;
	o->match_flags &= ~(uint32_t)SEARCH_MATCH_INVERT;
}

static bool choose(enum choice choice, bool otherwise)
{
	return choice == CHOICE_DEFAULT ? otherwise : choice == CHOICE_YES;
}

/* For a person at a terminal without being asked; in place of grep only if an option says so. */
static bool wants_colours(const struct arguments *a)
{
	bool asked = a->personality == AS_PSEARCH || a->color_given;

	return choose(a->color, asked && style_suits(STDOUT_FILENO));
}

/* In place of grep its obsolete variable has an effect, and a warning says so. */
static void read_old_colour(struct style *style)
{
	const char *old = getenv("GREP_COLOR");

	if (style_read_old(style, old))
		complain("warning: GREP_COLOR='%s' is deprecated; use GREP_COLORS='mt=%s'", old, old);
}

/* Links are escape sequences, too: there are none without colours. */
static void settle_colours(struct query *q, const struct arguments *a)
{
	if (!wants_colours(a)) {
		q->look.hyperlink = NULL;
		return;
	}
	style_init(&q->style);
	if (a->personality != AS_PSEARCH)
		read_old_colour(&q->style);
	style_read(&q->style, getenv("GREP_COLORS"));
	q->look.style = &q->style;
}

/* Settles what the options leave open. For a person at a terminal lines are numbered, below the names of their files. */
static void settle_look(struct query *q, const struct arguments *a)
{
	bool lines = q->report == REPORT_LINES || q->report == REPORT_SPANS, terminal = isatty(STDOUT_FILENO) != 0;
	bool json = q->report == REPORT_JSON;
	bool person = lines && terminal && a->personality == AS_PSEARCH;
	struct look *look = &q->look;

	*look = a->look;
	look->line_end = (a->flags & SEARCH_MATCH_NUL_LINES) != 0 ? '\0' : '\n';
	look->each_match = a->vimgrep;
	look->columns = choose(a->columns, a->vimgrep);
	look->numbers = choose(a->numbers, person || look->columns || json);
	look->heading = lines && !a->vimgrep && choose(a->heading, person);
	look->include_zero = choose(a->include_zero, q->report == REPORT_COUNTS);
	look->passthru = a->passthru;
	look->groups = look->groups && !a->passthru;
	look->multi_line = (a->flags & SEARCH_MATCH_MULTILINE) != 0;
	look->inverted = (a->flags & SEARCH_MATCH_INVERT) != 0;
	look->safe = terminal;
	look->quiet = json && a->quiet;
	look->safe_messages = isatty(STDERR_FILENO) != 0;
	look->as_grep = a->personality != AS_PSEARCH;
	look->only_utf8 = lines && look->as_grep && (a->flags & SEARCH_MATCH_TEXT) == 0 && grep_locale_is_utf8();
	look->binary_note = (a->flags & SEARCH_MATCH_SKIP_BINARY) == 0;
	settle_colours(q, a);
	look->max_line_bytes = a->max_line_bytes;
}

bool query_init(struct query *q, struct arguments *a)
{
	*q = (struct query){ .report = choose_report(a), .options = SEARCH_OPTIONS_INIT, .walk = SEARCH_WALK_INIT };
	q->options.patterns = a->patterns.list;
	q->options.pattern_count = a->patterns.count;
	q->options.syntax = a->syntax;
	q->options.encoding = a->encoding;
	q->totals = (a->stats && !a->files) || q->report == REPORT_JSON;
	settle_look(q, a);
	set_flags(q, choose_flags(q, a));
	set_walk(q, a);
	set_limits(q, a);
	if (a->max_count == 0)
		match_nothing(&q->options);
	return set_ignore(q, a) && init_sources(q, a);
}

bool query_has_cursors(const struct query *q)
{
	const uint32_t both = SEARCH_RESULT_UNORDERED | SEARCH_RESULT_LIST;

	return !q->options.next_source && (q->options.result_flags & both) != SEARCH_RESULT_UNORDERED;
}

const char *query_without_cursors(const struct arguments *a)
{
	if (sort_collects(&a->order))
		return a->order.reversed ? "--sortr" : "--sort";
	if (a->list.name)
		return a->list.end == '\n' ? "--files-from" : "--files0-from";
	return a->order.key == SORT_BY_NOTHING && !a->files ? "--sort=none" : NULL;
}

void query_take_files(struct query *q, struct sorted_files *files)
{
	q->sorted = files;
	q->options.sources = NULL;
	q->options.source_count = 0;
	q->options.next_source = sort_next;
	q->options.next_source_context = files;
}

void query_free(struct query *q)
{
	sort_free(q->sorted);
	q->sorted = NULL;
	git_files_free(&q->git);
	free(q->sources);
	q->sources = NULL;
	free(q->refused);
	q->refused = NULL;
}
