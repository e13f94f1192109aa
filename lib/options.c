/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - the caller's options: checked, and every default filled in.
 *
 * The struct may come from an older caller (shorter: the rest is default) or
 * from a newer one (longer: what this library does not know must be zero).
 */
#include "search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define KNOWN_FLAGS \
	(SEARCH_MATCH_IGNORE_CASE | SEARCH_MATCH_INVERT | SEARCH_MATCH_WORD | SEARCH_MATCH_LINE | SEARCH_MATCH_FIXED | SEARCH_MATCH_TEXT | \
	 SEARCH_MATCH_SKIP_BINARY | SEARCH_WALK_SKIP_HIDDEN | SEARCH_WALK_FOLLOW | SEARCH_RESULT_UNORDERED | SEARCH_RESULT_COUNT | \
	 SEARCH_RESULT_FILE_ENDS | SEARCH_RESULT_NO_SPANS | SEARCH_RESULT_NO_LINE_NUMBERS | SEARCH_RESULT_SOCKET | \
	 SEARCH_MATCH_CRLF | SEARCH_MATCH_NUL_LINES | \
	 SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_FILES | SEARCH_WALK_IGNORE_BELOW | SEARCH_WALK_IGNORE_ANYWHERE | \
	 SEARCH_RESULT_LIST | SEARCH_WALK_ONE_FILE_SYSTEM | SEARCH_MATCH_DECOMPRESS)

#define OLDEST_SIZE sizeof(struct search_options) /* of version 0.1 */

enum {
	MAX_WORKERS = 256,
	MAX_OPEN_FILES = 128,
	MAX_QUEUED_MATCHES = 4096,
	PART_BYTES = 1 << 20,
	MOST_LEADS = 256,
	MAX_QUEUED_BYTES = 4 << 20,
	MAX_LINE_BYTES = 16 << 20,
	MAX_LINE_BYTES_EVER = 1 << 30,
	MAX_ITEM_BYTES = 1 << 20,
	MIN_ITEM_BYTES = 16
};

int ps_fail(struct search_error *error, int code, int system_error, const char *message)
{
	if (error != NULL) {
		*error = (struct search_error){ .code = code, .system_error = system_error };
		snprintf(error->message, sizeof(error->message), "%s", message);
	}
	return code;
}

int ps_fail_by_code(struct search_error *error, int code)
{
	if (error != NULL && error->code == code)
		return code;
	return ps_fail(error, code, 0, search_strerror(code));
}

static int copy_options(struct search_options *to, const struct search_options *from,
			struct search_error *error)
{
	const unsigned char *bytes = (const unsigned char *)from;

	if (from == NULL)
		return ps_fail(error, SEARCH_EINVAL, 0, "options is NULL");
	if (from->size < OLDEST_SIZE || from->size > 65536)
		return ps_fail(error, SEARCH_EINVAL, 0,
			       "options.size is not that of a struct search_options: begin with "
			       "SEARCH_OPTIONS_INIT");
	for (size_t i = sizeof(*to); i < from->size; i++)
		if (bytes[i] != 0)
			return ps_fail(error, SEARCH_EVERSION, 0,
				       "options has fields set that this version of the library does not know");
	memset(to, 0, sizeof(*to));
	memcpy(to, from, ps_min(from->size, sizeof(*to)));
	to->size = sizeof(*to);
	return SEARCH_OK;
}

const char *ps_source_problem(const struct search_source *source)
{
	if (source->reserved1 != 0 || source->reserved2 != 0)
		return "a source's reserved fields are not 0";
	if (source->kind != SEARCH_SOURCE_PATH && source->path != NULL)
		return "a source has a path that its kind does not use";
	if (source->kind != SEARCH_SOURCE_MEMORY && (source->data != NULL || source->size != 0))
		return "a source has data that its kind does not use";
	switch (source->kind) {
	case SEARCH_SOURCE_PATH:
		return source->path == NULL ? "a source's path is NULL" : NULL;
	case SEARCH_SOURCE_DESCRIPTOR:
		return source->descriptor < 0 ? "a source's descriptor is negative" : NULL;
	case SEARCH_SOURCE_MEMORY:
		return source->data == NULL && source->size > 0 ? "a source's data is NULL" : NULL;
	default:
		return "a source's kind is not one of enum search_source_kind";
	}
}

/* Is a list of strings not what it should be? */
static bool has_null(const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list == NULL || list[i] == NULL)
			return true;
	return false;
}

/* What contradicts itself or is out of range, as a sentence, or NULL. */
static const char *find_problem(const struct search_options *o)
{
	const struct {
		bool wrong;
		const char *message;
	} checks[] = {
		{ (o->flags & ~KNOWN_FLAGS) != 0, "options.flags has an unknown bit" },
		{ o->output < 0, "options.output is negative" },
		{ o->syntax > SEARCH_SYNTAX_EXTENDED, "options.syntax is not one of enum search_syntax" },
		{ o->patterns == NULL && o->pattern_count > 0, "options.patterns is NULL" },
		{ o->sources == NULL && o->source_count > 0, "options.sources is NULL" },
		{ (o->flags & SEARCH_MATCH_TEXT) != 0 && (o->flags & SEARCH_MATCH_SKIP_BINARY) != 0,
		  "options.flags has both SEARCH_MATCH_TEXT and SEARCH_MATCH_SKIP_BINARY" },
		{ (o->flags & SEARCH_MATCH_CRLF) != 0 && (o->flags & SEARCH_MATCH_NUL_LINES) != 0,
		  "options.flags has both SEARCH_MATCH_CRLF and SEARCH_MATCH_NUL_LINES" },
		{ (o->flags & SEARCH_MATCH_DECOMPRESS) != 0 && !ps_can_decompress(),
		  "options.flags has SEARCH_MATCH_DECOMPRESS, but this library was built without the libraries for "
		  "compressed files: zlib, libbz2, liblzma, libzstd, liblz4" },
		{ has_null(o->ignore_files, o->ignore_file_count), "options.ignore_files is NULL, or has a NULL" },
		{ has_null(o->git_configs, o->git_config_count), "options.git_configs is NULL, or has a NULL" },
		{ o->reserved != 0, "options.reserved is not 0" },
		{ o->max_open_files == 1, "options.max_open_files is 1: at least 2 are needed" },
		{ o->workers > MAX_WORKERS && o->workers != SEARCH_NO_WORKERS,
		  "options.workers is more than 256" },
		{ o->max_line_bytes > MAX_LINE_BYTES_EVER, "options.max_line_bytes is more than 1 GiB" },
		{ o->max_item_bytes > 0 && o->max_item_bytes < MIN_ITEM_BYTES,
		  "options.max_item_bytes is less than 16" },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i].wrong)
			return checks[i].message;
	for (size_t i = 0; i < o->pattern_count; i++)
		if (o->patterns[i].text == NULL && o->patterns[i].length > 0)
			return "a pattern's text is NULL";
	for (size_t i = 0; i < o->source_count; i++)
		if (ps_source_problem(&o->sources[i]) != NULL)
			return ps_source_problem(&o->sources[i]);
	return NULL;
}

static uint64_t or_default(uint64_t value, uint64_t standard)
{
	return value != 0 ? value : standard;
}

/* Half of what this process may open, where that is less than the usual. */
static uint32_t default_open_files(void)
{
	struct rlimit limit;
	rlim_t half;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return MAX_OPEN_FILES;
	half = limit.rlim_cur / 2;
	return half >= MAX_OPEN_FILES ? MAX_OPEN_FILES : (uint32_t)ps_max((size_t)half, 2);
}

/* Threads: each needs a descriptor, and so does the caller. */
static uint32_t worker_count(const struct search_options *o, uint32_t max_open_files)
{
	if (o->workers == SEARCH_NO_WORKERS)
		return 0;
	return (uint32_t)ps_min(ps_min(or_default(o->workers, ps_cpu_count()), MAX_WORKERS),
				max_open_files - 1);
}

static void fill_scan(struct ps_scan_options *scan, const struct search_options *o, uint64_t flags)
{
	bool counting = (flags & SEARCH_RESULT_COUNT) != 0;

	*scan = (struct ps_scan_options){
		.flags = flags,
		.max_matches_per_file = or_default(o->max_matches_per_file, UINT64_MAX),
		.max_line_bytes = or_default(o->max_line_bytes, MAX_LINE_BYTES),
		.max_item_bytes = (size_t)or_default(o->max_item_bytes, MAX_ITEM_BYTES),
		.before_context = counting ? 0 : o->before_context,
		.after_context = counting ? 0 : o->after_context,
	};
}

/* Milliseconds from now as a time; far enough away is never. */
static uint64_t deadline_at(uint64_t milliseconds)
{
	uint64_t now;

	if (milliseconds == 0 || milliseconds > UINT64_MAX / 2000000)
		return PS_NO_DEADLINE;
	now = ps_now();
	return now + milliseconds * 1000000;
}

/*
 * Parts want an order, and items to tell where the file ends early. A match behind the last that is
 * wanted would have to become context; and long context is taken for each part, needed or not.
 */
static bool may_split(const struct ps_settings *s)
{
	bool counting = (s->flags & SEARCH_RESULT_COUNT) != 0, limited = s->scan.max_matches_per_file != UINT64_MAX;

	if (s->workers == 0 || (s->flags & SEARCH_RESULT_UNORDERED) != 0)
		return false;
	if (counting && (limited || (s->flags & SEARCH_MATCH_SKIP_BINARY) != 0))
		return false;
	return s->scan.after_context <= (limited ? 0 : MOST_LEADS);
}

static int load_encoding(struct ps_encoding *encoding, const char *name, struct search_error *error)
{
	int problem = ps_encoding_find(encoding, name);
	char message[160];

	switch (problem) {
	case 0:
		return SEARCH_OK;
	case ENOMEM:
		return ps_fail_by_code(error, SEARCH_ENOMEM);
	case EINVAL:
		snprintf(message, sizeof(message),
			 "options.encoding '%.60s' is not known: give 'auto', 'none' or one that iconv knows", name);
		return ps_fail(error, SEARCH_EINVAL, 0, message);
	default:
		return ps_fail(error, SEARCH_ESYSTEM, problem, "options.encoding cannot be loaded by iconv");
	}
}

int ps_options_load(struct ps_settings *settings, struct search_options *given,
		    const struct search_options *options, struct search_error *error)
{
	int rc = copy_options(given, options, error);
	const char *problem = rc == SEARCH_OK ? find_problem(given) : NULL;
	uint64_t flags;

	if (rc != SEARCH_OK)
		return rc;
	flags = given->flags;
	if (problem != NULL)
		return ps_fail(error, SEARCH_EINVAL, 0, problem);
	if ((flags & SEARCH_RESULT_COUNT) != 0)
		flags |= SEARCH_RESULT_FILE_ENDS;
	if ((flags & SEARCH_MATCH_NUL_LINES) != 0)
		flags = (flags & ~SEARCH_MATCH_SKIP_BINARY) | SEARCH_MATCH_TEXT;
	if ((flags & SEARCH_RESULT_LIST) != 0)
		flags &= ~SEARCH_RESULT_UNORDERED; /* nothing to wait for that the order would hold back */
	*settings = (struct ps_settings){
		.flags = flags,
		.next_source = given->next_source,
		.next_source_context = given->next_source_context,
		.max_queued_bytes = or_default(given->max_queued_bytes, MAX_QUEUED_BYTES),
		.max_matches = or_default(given->max_matches, UINT64_MAX),
		.deadline = deadline_at(given->deadline),
		.max_open_files = given->max_open_files != 0 ? given->max_open_files : default_open_files(),
		.max_queued_matches = (uint32_t)or_default(given->max_queued_matches, MAX_QUEUED_MATCHES),
		.output = given->output,
		.max_file_size = given->max_file_size,
		.max_depth = given->max_depth,
	};
	settings->workers = worker_count(given, settings->max_open_files);
	fill_scan(&settings->scan, given, flags);
	rc = load_encoding(&settings->scan.encoding, given->encoding, error);
	if (may_split(settings))
		settings->part_bytes = or_default(given->part_bytes, PART_BYTES);
	return rc;
}
