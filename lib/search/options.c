/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - checks the caller's options, and fills in every default.
 *
 * The struct may come from an older caller (shorter: the fields it lacks get their defaults) or from a newer one
 * (longer: the fields that this library does not know must be zero).
 */
#include "search.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

enum {
	MATCH_FLAGS = SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_INVERT | SEARCH_MATCH_WORD | SEARCH_MATCH_LINE |
		      SEARCH_MATCH_FIXED | SEARCH_MATCH_CRLF | SEARCH_MATCH_NUL_LINES | SEARCH_MATCH_TEXT |
		      SEARCH_MATCH_SKIP_BINARY | SEARCH_MATCH_DECOMPRESS | SEARCH_MATCH_MULTILINE |
		      SEARCH_MATCH_DOT_NEWLINE,
	WALK_FLAGS = SEARCH_WALK_SKIP_HIDDEN | SEARCH_WALK_FOLLOW | SEARCH_WALK_ONE_FILE_SYSTEM |
		     SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_FILES | SEARCH_WALK_IGNORE_BELOW |
		     SEARCH_WALK_IGNORE_ANYWHERE | SEARCH_WALK_NO_NESTED_REPOSITORIES | SEARCH_WALK_TRACKED,
	RESULT_FLAGS = SEARCH_RESULT_UNORDERED | SEARCH_RESULT_COUNT | SEARCH_RESULT_FILE_ENDS |
		       SEARCH_RESULT_NO_SPANS | SEARCH_RESULT_NO_LINE_NUMBERS | SEARCH_RESULT_LIST |
		       SEARCH_RESULT_SOCKET | SEARCH_RESULT_GROUPS | SEARCH_RESULT_ALL_LINES |
		       SEARCH_RESULT_FILE_INFO,
	CALLER_FLAGS = SEARCH_CALLER_NO_HELP
};

/* So from here on the flags of all three fit into one word. */
_Static_assert((MATCH_FLAGS & WALK_FLAGS) == 0 && (MATCH_FLAGS & RESULT_FLAGS) == 0 && (WALK_FLAGS & RESULT_FLAGS) == 0,
	       "no two flags share a bit");

/* The sizes of version 1.0.0: no caller has a shorter struct. Later fields do not change them. */
enum {
	OLDEST_OPTIONS = offsetof(struct search_options, tree) + sizeof(struct search_tree *),
	OLDEST_WALK = PS_END_OF(struct search_walk, home)
};

enum {
	MAX_WORKERS = 256,
	MAX_OPEN_FILES = 128,
	MAX_QUEUED_MATCHES = 4096,
	SPLIT_BYTES = 1 << 20,
	LATER_BYTES = 1 << 18, /* to read less is as quick as to find out where to begin */
	SPLIT_AFTER = 250 * 1000, /* nanoseconds; to start a thread takes 100000 */
	SPLIT_AFTER_LIMITED = 2 * 1000 * 1000, /* if a match may end the search: what others do may be for nothing */
	MOST_LEADS = 256,
	MAX_QUEUED_BYTES = 4 << 20,
	MAX_LINE_BYTES = 16 << 20,
	MAX_LINE_BYTES_EVER = 1 << 30,
	MAX_MULTILINE_BYTES = 64 << 20,
	MAX_ITEM_BYTES = 1 << 20,
	MIN_ITEM_BYTES = 16
};

int ps_copy_sized(void *to, size_t known, size_t oldest, const void *from, const char *name, struct search_error *error)
{
	const unsigned char *bytes = from;
	size_t size;

	memcpy(&size, from, sizeof(size));
	if (size < oldest || size > 65536)
		return ps_fail(error, SEARCH_EINVAL,
			       "%s.size is not that of a struct search_%s: start with its initialiser", name, name);
	for (size_t i = known; i < size; i++)
		if (bytes[i] != 0)
			return ps_fail(error, SEARCH_EVERSION,
				       "%s has fields set that this version of the library does not know", name);
	memset(to, 0, known);
	memcpy(to, from, ps_min(size, known));
	memcpy(to, &known, sizeof(known));
	return SEARCH_OK;
}

static int copy_options(struct ps_given *to, const struct search_options *from, struct search_error *error)
{
	int rc;

	if (from == NULL)
		return ps_fail(error, SEARCH_EINVAL, "options is NULL");
	rc = ps_copy_sized(&to->options, sizeof(to->options), OLDEST_OPTIONS, from, "options", error);
	to->walk = (struct search_walk)SEARCH_WALK_INIT;
	if (rc != SEARCH_OK || to->options.walk == NULL)
		return rc;
	return ps_copy_sized(&to->walk, sizeof(to->walk), OLDEST_WALK, to->options.walk, "walk", error);
}

const char *ps_source_problem(const struct search_source *source)
{
	if (source->reserved1 != 0 || source->reserved2 != 0 || source->reserved3 != 0)
		return "a source's reserved fields are not 0";
	if (source->kind > SEARCH_SOURCE_MEMORY)
		return "a source's kind is not one of enum search_source_kind";
	if (source->kind != SEARCH_SOURCE_PATH && source->path != NULL)
		return "a source has a path, which its kind does not use";
	if (source->kind != SEARCH_SOURCE_DESCRIPTOR && source->descriptor != 0)
		return "a source has a descriptor, which its kind does not use";
	if (source->kind != SEARCH_SOURCE_MEMORY && (source->data != NULL || source->size != 0))
		return "a source has data, which its kind does not use";
	if (source->kind == SEARCH_SOURCE_PATH && source->path == NULL)
		return "a source's path is NULL";
	if (source->descriptor < 0)
		return "a source's descriptor is negative";
	if (source->data == NULL && source->size > 0)
		return "a source's data is NULL";
	return NULL;
}

/* Checks that a list of strings is there, and that none of the strings is NULL. */
static int check_strings(const char *const *list, size_t count, enum search_subject subject, const char *name,
			 struct search_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (list == NULL)
			return ps_fail(error, SEARCH_EINVAL, "%s is NULL", name);
		if (list[i] == NULL)
			return ps_fail_at(error, subject, i, "%s has a NULL", name);
	}
	return SEARCH_OK;
}

static const char *find_overlay_problem(const struct search_overlay *overlay)
{
	if (overlay->reserved != 0 || overlay->reserved2 != 0)
		return "an overlay's reserved fields are not 0";
	if ((overlay->flags & ~(uint32_t)SEARCH_OVERLAY_REMOVED) != 0)
		return "an overlay's flags have a bit that no SEARCH_OVERLAY_ flag has";
	if (overlay->path == NULL)
		return "an overlay's path is NULL";
	if (overlay->data == NULL && overlay->size > 0)
		return "an overlay's data is NULL";
	if (overlay->flags != 0 && (overlay->data != NULL || overlay->size != 0))
		return "an overlay has SEARCH_OVERLAY_REMOVED, and data";
	return NULL;
}

static int check_overlays(const struct search_options *o, struct search_error *error)
{
	for (size_t i = 0; i < o->overlay_count; i++)
		if (find_overlay_problem(&o->overlays[i]) != NULL)
			return ps_fail_at(error, SEARCH_SUBJECT_OVERLAY, i, "%s", find_overlay_problem(&o->overlays[i]));
	return SEARCH_OK;
}

static int check_arrays(const struct search_options *o, const struct search_walk *w, struct search_error *error)
{
	int rc = SEARCH_OK;

	for (size_t i = 0; i < o->pattern_count; i++)
		if (o->patterns[i].text == NULL && o->patterns[i].length > 0)
			return ps_fail_at(error, SEARCH_SUBJECT_PATTERN, i, "a pattern's text is NULL");
		else if (o->patterns[i].flags != 0 || o->patterns[i].reserved != 0 || o->patterns[i].reserved2 != 0)
			return ps_fail_at(error, SEARCH_SUBJECT_PATTERN, i, "a pattern's flags or reserved fields are not 0");
	for (size_t i = 0; i < o->source_count; i++)
		if (ps_source_problem(&o->sources[i]) != NULL)
			return ps_fail_at(error, SEARCH_SUBJECT_SOURCE, i, "%s",
					  ps_source_problem(&o->sources[i]));
	rc = check_strings(w->ignore_files, w->ignore_file_count, SEARCH_SUBJECT_IGNORE_FILE, "walk.ignore_files", error);
	if (rc == SEARCH_OK)
		rc = check_strings(w->git_configs, w->git_config_count, SEARCH_SUBJECT_GIT_CONFIG, "walk.git_configs",
				   error);
	return rc == SEARCH_OK ? check_overlays(o, error) : rc;
}

/* Returns what contradicts itself or is out of range, as a sentence; or NULL. */
static const char *find_problem(const struct search_options *o, const struct search_walk *w)
{
	const struct {
		bool wrong;
		const char *message;
	} checks[] = {
		{ (o->match_flags & ~(uint32_t)MATCH_FLAGS) != 0,
		  "options.match_flags has a bit that no SEARCH_MATCH_ flag has" },
		{ (o->result_flags & ~(uint32_t)RESULT_FLAGS) != 0,
		  "options.result_flags has a bit that no SEARCH_RESULT_ flag has" },
		{ (w->flags & ~(uint32_t)WALK_FLAGS) != 0, "walk.flags has a bit that no SEARCH_WALK_ flag has" },
		{ (o->result_flags & SEARCH_RESULT_GROUPS) != 0 && (o->result_flags & SEARCH_RESULT_NO_SPANS) != 0,
		  "options.result_flags has both SEARCH_RESULT_GROUPS and SEARCH_RESULT_NO_SPANS" },
		{ (o->result_flags & SEARCH_RESULT_ALL_LINES) != 0 && (o->result_flags & SEARCH_RESULT_COUNT) != 0,
		  "options.result_flags has both SEARCH_RESULT_ALL_LINES and SEARCH_RESULT_COUNT" },
		{ o->output_fd < 0, "options.output_fd is negative" },
		{ o->reserved != 0, "options.reserved is not 0" },
		{ o->priority > SEARCH_PRIORITY_BACKGROUND, "options.priority is not one of enum search_priority" },
		{ o->pool == NULL && o->priority != SEARCH_PRIORITY_NORMAL,
		  "options.priority is set, but there is no options.pool in which it could count" },
		{ o->pool != NULL && o->workers == SEARCH_NO_WORKERS,
		  "options.workers is SEARCH_NO_WORKERS, but options.pool has threads that search" },
		{ o->pool != NULL && ps_pool_is_inherited(o->pool),
		  "options.pool was opened before fork(): open a pool in this process" },
		{ o->tree != NULL && ps_tree_is_inherited(o->tree),
		  "options.tree was opened before fork(): open a tree in this process" },
		{ o->overlays == NULL && o->overlay_count > 0, "options.overlays is NULL" },
		{ (o->caller_flags & ~(uint32_t)CALLER_FLAGS) != 0,
		  "options.caller_flags has a bit that no SEARCH_CALLER_ flag has" },
		{ (o->caller_flags & SEARCH_CALLER_NO_HELP) != 0 && o->workers == SEARCH_NO_WORKERS,
		  "options.caller_flags has SEARCH_CALLER_NO_HELP, and options.workers is SEARCH_NO_WORKERS: nobody "
		  "would search" },
		{ o->syntax > SEARCH_SYNTAX_EXTENDED, "options.syntax is not one of enum search_syntax" },
		{ o->patterns == NULL && o->pattern_count > 0, "options.patterns is NULL" },
		{ o->sources == NULL && o->source_count > 0, "options.sources is NULL" },
		{ w->globs == NULL && w->glob_count > 0, "walk.globs is NULL" },
		{ (o->match_flags & SEARCH_MATCH_TEXT) != 0 && (o->match_flags & SEARCH_MATCH_SKIP_BINARY) != 0,
		  "options.match_flags has both SEARCH_MATCH_TEXT and SEARCH_MATCH_SKIP_BINARY" },
		{ (o->match_flags & SEARCH_MATCH_CRLF) != 0 && (o->match_flags & SEARCH_MATCH_NUL_LINES) != 0,
		  "options.match_flags has both SEARCH_MATCH_CRLF and SEARCH_MATCH_NUL_LINES" },
		{ (o->match_flags & SEARCH_MATCH_MULTILINE) != 0 && (o->match_flags & SEARCH_MATCH_NUL_LINES) != 0,
		  "options.match_flags has both SEARCH_MATCH_MULTILINE and SEARCH_MATCH_NUL_LINES" },
		{ (o->match_flags & SEARCH_MATCH_DECOMPRESS) != 0 && !ps_can_decompress(),
		  "options.match_flags has SEARCH_MATCH_DECOMPRESS, but this library was built without the "
		  "libraries for compressed files: zlib, libbz2, liblzma, libzstd, liblz4" },
		{ o->max_open_files == 1, "options.max_open_files is 1: at least 2 are needed" },
		{ o->workers > MAX_WORKERS && o->workers != SEARCH_NO_WORKERS,
		  "options.workers is more than 256" },
		{ o->max_line_bytes > MAX_LINE_BYTES_EVER, "options.max_line_bytes is more than 1 GiB" },
		{ o->max_multiline_bytes > MAX_LINE_BYTES_EVER, "options.max_multiline_bytes is more than 1 GiB" },
		{ o->max_item_bytes > 0 && o->max_item_bytes < MIN_ITEM_BYTES,
		  "options.max_item_bytes is less than 16" },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i].wrong)
			return checks[i].message;
	return NULL;
}

static int check_options(const struct ps_given *given, struct search_error *error)
{
	const char *problem = find_problem(&given->options, &given->walk);

	if (problem != NULL)
		return ps_fail(error, SEARCH_EINVAL, "%s", problem);
	return check_arrays(&given->options, &given->walk, error);
}

static uint64_t value_or_default(uint64_t value, uint64_t standard)
{
	return value != 0 ? value : standard;
}

uint32_t ps_default_open_files(uint32_t most)
{
	struct rlimit limit;
	rlim_t half;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return most;
	half = limit.rlim_cur / 2;
	return half >= most ? most : (uint32_t)ps_max((size_t)half, 2);
}

/* In a pool it is what the pool has for all. */
static uint32_t open_files(const struct search_options *o)
{
	uint32_t most = o->pool != NULL ? ps_pool_max_open_files(o->pool) : ps_default_open_files(MAX_OPEN_FILES);

	if (o->max_open_files == 0)
		return most;
	return o->pool != NULL ? (uint32_t)ps_min(o->max_open_files, most) : o->max_open_files;
}

/* Each worker needs a descriptor, and so does the caller. */
static uint32_t worker_count(const struct search_options *o, uint32_t max_open_files)
{
	uint32_t most = MAX_WORKERS;

	if (o->workers == SEARCH_NO_WORKERS)
		return 0;
	if (o->pool != NULL)
		most = ps_pool_workers(o->pool);
	return (uint32_t)ps_min64(ps_min64(value_or_default(o->workers, o->pool != NULL ? most : ps_cpu_count()), most),
				  max_open_files - 1);
}

static void fill_scan(struct ps_scan_options *scan, const struct search_options *o, uint32_t flags)
{
	bool counting = (flags & SEARCH_RESULT_COUNT) != 0, all = (flags & SEARCH_RESULT_ALL_LINES) != 0;

	*scan = (struct ps_scan_options){
		.flags = flags,
		.max_matches_per_file = value_or_default(o->max_matches_per_file, UINT64_MAX),
		.max_line_bytes = value_or_default(o->max_line_bytes, MAX_LINE_BYTES),
		.max_text_bytes = value_or_default(o->max_multiline_bytes, MAX_MULTILINE_BYTES),
		.max_line_time = (uint64_t)o->max_line_ms * 1000000,
		.max_item_bytes = (size_t)value_or_default(o->max_item_bytes, MAX_ITEM_BYTES),
		.before_context = counting || all ? 0 : o->before_context,
		.after_context = counting ? 0 : all ? UINT32_MAX : o->after_context,
	};
}

/* Returns the time that many milliseconds from now; never for 0, or for too many to count. */
static uint64_t deadline_after(uint64_t milliseconds)
{
	uint64_t now;

	if (milliseconds == 0 || milliseconds > UINT64_MAX / 2000000)
		return PS_NO_DEADLINE;
	now = ps_time();
	return now + milliseconds * 1000000;
}

/*
 * Parts are put together in order, and only their items tell where a file ends early: if lines are only counted,
 * nothing may end a file early. With a limit there must be no context after matches, as a match after the last wanted
 * one would have to become such context. Without a limit that context must be short: each part delivers as many of its
 * first lines for the part before it, needed or not.
 */
static bool may_split_files(const struct ps_settings *s)
{
	bool counting = (s->flags & SEARCH_RESULT_COUNT) != 0, limited = s->scan.max_matches_per_file != UINT64_MAX;

	if (s->workers == 0 || (s->flags & SEARCH_RESULT_UNORDERED) != 0)
		return false;
	if (counting && (limited || (s->flags & SEARCH_MATCH_SKIP_BINARY) != 0))
		return false;
	return s->scan.after_context <= (limited ? 0 : MOST_LEADS);
}

/*
 * If the host does not say how large parts are to be, a file is cut only if other threads can search them, and only
 * when its search has taken a while.
 */
static void set_split(struct ps_settings *s, uint32_t bytes)
{
	bool file_limited = s->scan.max_matches_per_file != UINT64_MAX;
	bool limited = file_limited || s->max_matches != UINT64_MAX;

	s->later_bytes = UINT64_MAX;
	if (!file_limited && s->scan.after_context <= MOST_LEADS)
		s->later_bytes = value_or_default(bytes, LATER_BYTES);
	if (!may_split_files(s) || (bytes == 0 && s->workers < 2))
		return;
	s->split_bytes = value_or_default(bytes, SPLIT_BYTES);
	if (bytes == 0)
		s->split_after = limited ? SPLIT_AFTER_LIMITED : SPLIT_AFTER;
}

static int load_encoding(struct ps_encoding *encoding, const char *name, struct search_error *error)
{
	int problem = ps_encoding_find(encoding, name);

	switch (problem) {
	case 0:
		return SEARCH_OK;
	case ENOMEM:
		return ps_fail_by_code(error, SEARCH_ENOMEM);
	case EINVAL:
		return ps_fail_at(error, SEARCH_SUBJECT_ENCODING, 0, "options.encoding '%.60s' is not known: give "
				  "'auto', 'none' or one that iconv knows", name);
	default:
		ps_fail(error, SEARCH_ESYSTEM, "options.encoding cannot be loaded by iconv");
		error->subject = SEARCH_SUBJECT_ENCODING;
		error->system_error = problem;
		return SEARCH_ESYSTEM;
	}
}

int ps_options_load(struct ps_settings *settings, struct ps_given *given, const struct search_options *options,
		    struct search_error *error)
{
	const struct search_options *o = &given->options;
	int rc = copy_options(given, options, error);
	uint32_t flags;

	if (rc == SEARCH_OK)
		rc = check_options(given, error);
	if (rc != SEARCH_OK)
		return rc;
	flags = (uint32_t)o->match_flags | (uint32_t)o->result_flags | (uint32_t)given->walk.flags;
	if ((flags & SEARCH_RESULT_COUNT) != 0)
		flags |= SEARCH_RESULT_FILE_ENDS;
	if ((flags & SEARCH_MATCH_NUL_LINES) != 0)
		flags = (flags & ~(uint32_t)SEARCH_MATCH_SKIP_BINARY) | SEARCH_MATCH_TEXT;
	if ((flags & SEARCH_RESULT_LIST) != 0)
		flags &= ~(uint32_t)SEARCH_RESULT_UNORDERED; /* no file takes long, so the order delays nothing */
	*settings = (struct ps_settings){
		.flags = flags,
		.next_source = o->next_source,
		.next_source_context = o->next_source_context,
		.max_queued_bytes = value_or_default(o->max_queued_bytes, MAX_QUEUED_BYTES),
		.max_matches = value_or_default(o->max_matches, UINT64_MAX),
		.deadline = deadline_after(o->timeout_ms),
		.max_open_files = open_files(o),
		.max_queued_matches = (uint32_t)value_or_default(o->max_queued_matches, MAX_QUEUED_MATCHES),
		.output_fd = o->output_fd,
		.pool = o->pool,
		.tree = o->tree,
		.priority = o->priority,
		.max_file_size = given->walk.max_file_size,
		.max_depth = given->walk.max_depth,
		.no_help = o->pool != NULL || (o->caller_flags & SEARCH_CALLER_NO_HELP) != 0,
	};
	settings->workers = worker_count(o, settings->max_open_files);
	/* a stream keeps its worker, and others are to go on; without a pool the caller would */
	settings->workers += o->pool != NULL && (flags & SEARCH_RESULT_UNORDERED) != 0;
	fill_scan(&settings->scan, o, flags);
	rc = load_encoding(&settings->scan.encoding, o->encoding, error);
	set_split(settings, o->split_bytes);
	return rc;
}
