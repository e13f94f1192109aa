/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read_files.c - reads the options that say which files are searched, and how they are read.
 */
#include <string.h>

#include <psearch.h>

#include "../base/complain.h"
#include "../base/numbers.h"
#include "options.h"
#include "readers.h"

#define MAX_WORKERS 256
#define LONGEST_LINE (1 << 30) /* the library's maximum */

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
	const char *unknown = NULL;

	switch (types_define(&p->a->types, definition, &unknown)) {
	case TYPES_OK: return ARGUMENTS_RUN;
	case TYPES_MEMORY: return report_no_memory();
	case TYPES_UNKNOWN: return report_unknown_type(&p->a->types, unknown);
	default:
		return bad_argument("%s '%s': not a definition; give 'NAME:GLOB' or 'NAME:include:TYPE,TYPE'",
				    p->option, definition);
	}
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

static enum arguments_status read_exclude_from(struct arguments *a, const char *name)
{
	enum arguments_status status = take_input(a, "--exclude-from", name);
	int error = status == ARGUMENTS_RUN ? globs_add_exclude_from(&a->globs, name) : 0;

	return error ? report_file(a, "--exclude-from", name, error) : status;
}

static enum arguments_status set_binary(struct arguments *a, uint32_t flag)
{
	a->flags = (a->flags & ~(uint32_t)(SEARCH_MATCH_TEXT | SEARCH_MATCH_SKIP_BINARY)) | flag;
	return ARGUMENTS_RUN;
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
	case OPTION_IGNORE_FILE: a->ignore_files[a->ignore_file_count++] = value; return ARGUMENTS_RUN;
	case OPTION_EXCLUDE_FROM: return read_exclude_from(a, value);
	case 'g': return run_unless_no_memory(globs_add_given(&a->globs, "-g", value, 0));
	case OPTION_IGLOB:
		return run_unless_no_memory(globs_add_given(&a->globs, "--iglob", value, SEARCH_GLOB_NO_CASE));
	case OPTION_INCLUDE: return run_unless_no_memory(globs_add_include(&a->globs, value));
	case OPTION_EXCLUDE: return run_unless_no_memory(globs_add_exclude(&a->globs, value));
	case OPTION_EXCLUDE_DIR: return run_unless_no_memory(globs_add_exclude_directory(&a->globs, value));
	case 't':
	case OPTION_TYPE_NOT: return run_unless_no_memory(types_choose(&a->types, value, id == OPTION_TYPE_NOT));
	default: return ARGUMENTS_OTHER;
	}
}

/* -R */
static enum arguments_status follow_all(struct arguments *a)
{
	a->flags |= SEARCH_WALK_FOLLOW;
	a->directories = DIRECTORIES_RECURSE;
	return ARGUMENTS_RUN;
}

/* -u, which in rg is another option. */
static enum arguments_status read_unix_offsets(struct arguments *a)
{
	a->idle = "-u has no effect; give --unrestricted to search more files";
	if (a->personality != AS_PSEARCH)
		complain("warning: --unix-byte-offsets (-u) is obsolete");
	return ARGUMENTS_RUN;
}

/* -U, --binary: in rg these are two other options. */
static enum arguments_status read_binary(const struct parser *p)
{
	p->a->idle = strcmp(p->option, "-U") == 0 ? "-U has no effect; give --multiline for matches over several lines" :
						    "--binary has no effect; give -a to search binary files as text";
	return ARGUMENTS_RUN;
}

/* --warm, --warm=FILE: the last one counts. */
static enum arguments_status read_warm(const struct parser *p, const char *file)
{
	if (file && *file == '\0')
		return bad_argument("%s '': give the name of a file, or leave out the '='", p->option);
	p->a->warm = true;
	p->a->warm_file = file;
	return ARGUMENTS_RUN;
}

enum arguments_status read_file_option(struct parser *p, int id, const char *value)
{
	struct arguments *a = p->a;

	switch (id) {
	case 'a': return set_binary(a, SEARCH_MATCH_TEXT);
	case 'I': return set_binary(a, SEARCH_MATCH_SKIP_BINARY);
	case OPTION_BINARY_FILES: return read_binary_files(p, value);
	case 'R': return follow_all(a);
	case 'd': return read_directories(p, value);
	case 'D': return read_devices(p, value);
	case 'j': return read_workers(p, value);
	case OPTION_MAX_LINE_BYTES: return read_max_line_bytes(p, value);
	case OPTION_WARM: return read_warm(p, value);
	case OPTION_UNRESTRICTED: return lift_restriction(a);
	case 'U': return read_binary(p);
	case 'u': return read_unix_offsets(a);
	default: return read_selection(p, id, value);
	}
}
