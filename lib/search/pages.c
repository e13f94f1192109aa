/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pages.c - options.resume and options.until are read and checked, and search_cursor() tells where a search stands.
 *
 * A cursor suits searches that have the same items: so it carries fingerprints of the options that determine them. Two
 * of them, as a cursor after a file that was only listed suits any search of the same entries: whoever wants to share
 * out a search among machines lists the files first, with their sizes.
 *
 * A file may change between two pages. A cursor has its size, its inode and the time of its last change, and numbers of
 * the item itself: where the file has another item in that place, nothing more of it is delivered, as what follows may
 * have been delivered before. A file that only grew has the same one.
 */
#include "search.h"

#include "../base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* --- fingerprints --- */

/* NULL is another string than "". */
static uint64_t hash_string(uint64_t hash, const char *string)
{
	return string != NULL ? ps_mix_bytes(hash, string, strlen(string)) : ps_mix(hash, UINT64_MAX);
}

static uint64_t hash_strings(uint64_t hash, const char *const *list, size_t count)
{
	hash = ps_mix(hash, count);
	for (size_t i = 0; i < count; i++)
		hash = hash_string(hash, list[i]);
	return hash;
}

/* What a descriptor refers to, and what is in memory, may change from page to page, as files may. */
static uint64_t hash_sources(uint64_t hash, const struct search_options *o)
{
	hash = ps_mix(hash, o->source_count);
	for (size_t i = 0; i < o->source_count; i++) {
		hash = ps_mix(hash, o->sources[i].kind);
		hash = hash_string(hash, o->sources[i].path);
		hash = hash_string(hash, o->sources[i].name);
	}
	return hash;
}

static uint32_t fingerprint_walk(const struct ps_given *given)
{
	const struct search_walk *w = &given->walk;
	uint64_t hash = hash_sources(0, &given->options);

	hash = ps_mix(hash, (uint32_t)w->flags);
	hash = ps_mix(hash, w->max_depth);
	hash = ps_mix(hash, w->max_file_size);
	hash = ps_mix(hash, w->glob_count);
	for (size_t i = 0; i < w->glob_count; i++) {
		hash = ps_mix(hash, (uint64_t)w->globs[i].group << 32 | (uint32_t)w->globs[i].flags);
		hash = hash_string(hash, w->globs[i].text);
	}
	hash = hash_strings(hash, w->ignore_files, w->ignore_file_count);
	hash = hash_strings(hash, w->git_configs, w->git_config_count);
	hash = hash_string(hash, w->git_excludes);
	hash = hash_string(hash, w->home);
	return (uint32_t)(hash >> 32);
}

static uint32_t fingerprint_items(const struct ps_settings *s, const struct ps_given *given)
{
	const uint32_t without = (uint32_t)SEARCH_RESULT_SOCKET | (uint32_t)SEARCH_RESULT_FILE_INFO;
	const struct search_options *o = &given->options;
	const struct ps_scan_options *scan = &s->scan;
	uint64_t hash = ps_mix(0, s->flags & ~without);

	hash = ps_mix(hash, o->syntax);
	hash = ps_mix(hash, o->pattern_count);
	for (size_t i = 0; i < o->pattern_count; i++)
		hash = ps_mix_bytes(hash, o->patterns[i].text, o->patterns[i].length);
	hash = hash_string(hash, o->encoding);
	hash = ps_mix(hash, (uint64_t)scan->before_context << 32 | scan->after_context);
	hash = ps_mix(hash, scan->max_matches_per_file);
	hash = ps_mix(hash, scan->max_line_bytes);
	hash = ps_mix(hash, scan->max_text_bytes);
	hash = ps_mix(hash, scan->max_item_bytes);
	return (uint32_t)(hash >> 32);
}

/* --- options.resume and options.until --- */

/* What is wrong with a cursor's fingerprints, or its source; or NULL. */
static const char *find_misfit(const struct ps_pages *pages, const struct ps_cursor *cursor,
			       const struct ps_fingerprint *print, uint64_t sources)
{
	if (print->walk != pages->options.walk || cursor->entry.source >= sources)
		return "is of a search with other sources, or with other options for walks: give the same";
	if (print->items != pages->options.items && cursor->kind != SEARCH_ITEM_FILE)
		return "is of a search with other patterns or options: give the same";
	return NULL;
}

static int load_cursor(struct ps_pages *pages, struct ps_cursor *cursor, const struct search_options *o, size_t index,
		       struct search_error *error)
{
	const char *const names[] = { "options.resume", "options.until" };
	const char *text = index == 0 ? o->resume : o->until, *problem = NULL;
	struct ps_fingerprint print = { 0, 0 };
	bool no_memory = false;

	if (text == NULL)
		return SEARCH_OK;
	problem = pages->refusal;
	if (problem == NULL)
		problem = ps_cursor_read(cursor, &print, text, &no_memory);
	if (no_memory)
		return SEARCH_ENOMEM;
	if (problem == NULL)
		problem = find_misfit(pages, cursor, &print, o->source_count);
	if (problem != NULL)
		return ps_fail_at(error, SEARCH_SUBJECT_CURSOR, index, "%s %s", names[index], problem);
	return SEARCH_OK;
}

int ps_pages_load(struct ps_pages *pages, const struct ps_settings *settings, const struct ps_given *given,
		  struct search_error *error)
{
	bool ok = true;
	int rc;

	pages->options = (struct ps_fingerprint){ fingerprint_walk(given), fingerprint_items(settings, given) };
	if ((settings->flags & SEARCH_RESULT_UNORDERED) != 0)
		pages->refusal = "cannot be used with SEARCH_RESULT_UNORDERED: there is no order to go on in";
	else if (settings->next_source != NULL)
		pages->refusal = "cannot be used with options.next_source: give all sources in options.sources";
	clock_gettime(CLOCK_REALTIME, &pages->opened);
	rc = load_cursor(pages, &pages->from, &given->options, 0, error);
	if (rc == SEARCH_OK)
		rc = load_cursor(pages, &pages->until, &given->options, 1, error);
	pages->any = pages->from.entry.set || pages->until.entry.set;
	if (rc == SEARCH_OK)
		pages->resume = ps_copy_string(given->options.resume, &ok);
	return ok ? rc : SEARCH_ENOMEM;
}

void ps_pages_free(struct ps_pages *pages)
{
	free(pages->from.names);
	free(pages->until.names);
	free(pages->resume);
}

/* --- what files are like --- */

struct ps_stamp ps_stamp_of(const struct ps_file_info *info)
{
	if (!info->known)
		return (struct ps_stamp){ .kind = PS_STAMP_UNKNOWN };
	return (struct ps_stamp){
		.kind = PS_STAMP_FILE,
		.size = info->size,
		.inode = info->inode,
		.modified = (uint64_t)info->modified,
		.modified_ns = info->modified_ns,
	};
}

bool ps_stamp_fits(const struct ps_stamp *stamp, const struct ps_file_info *now)
{
	struct ps_stamp other = ps_stamp_of(now);

	if (stamp->kind == PS_STAMP_UNKNOWN)
		return true;
	if (now->known && now->inode == 0) /* a text in memory, for a file perhaps: the item at the cursor decides */
		return true;
	return stamp->kind == PS_STAMP_FILE && other.kind == PS_STAMP_FILE && stamp->size == other.size &&
	       stamp->inode == other.inode && stamp->modified == other.modified &&
	       stamp->modified_ns == other.modified_ns;
}

/*
 * Was it changed, by its contents or by its name, since the search was opened? The system stamps files by a clock that
 * moves every few milliseconds: a change in the first of them may be missed, but a file that was written just before is
 * not taken for one that changes.
 */
static bool is_moving(const struct ps_pages *pages, const struct stat *st)
{
	const struct timespec *opened = &pages->opened, *changed = &st->st_ctim;

	return changed->tv_sec > opened->tv_sec ||
	       (changed->tv_sec == opened->tv_sec && changed->tv_nsec > opened->tv_nsec);
}

/* Asks the system about the file of a source, or below it. 0, or an errno. */
static int look_up(const struct search *s, const struct search_source *source, const char *names, struct stat *st)
{
	bool given = source->kind == SEARCH_SOURCE_DESCRIPTOR;
	bool follow = *names == '\0' || (s->settings.flags & SEARCH_WALK_FOLLOW) != 0;
	const char *root = given ? "" : source->path;
	size_t root_length = strlen(root), length = strlen(names);
	bool slash = root_length > 0 && length > 0 && root[root_length - 1] != '/';
	char path[PATH_MAX];
	int at = given ? source->descriptor : AT_FDCWD;

	if (given && length == 0)
		return fstat(source->descriptor, st) == 0 ? 0 : errno;
	if (root_length + slash + length >= sizeof(path))
		return ENAMETOOLONG;
	memcpy(path, root, root_length);
	path[root_length] = '/';
	memcpy(path + root_length + slash, names, length + 1);
	return fstatat(at, path, st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

static struct ps_stamp stamp_now(const struct search *s, const struct search_source *source, const char *names)
{
	struct ps_file_info info;
	struct stat st;
	int error;

	if (source->kind == SEARCH_SOURCE_MEMORY)
		return ps_stamp_of(&(struct ps_file_info){ .known = true, .size = source->size });
	error = look_up(s, source, names, &st);
	if (error == ENOENT || error == ENOTDIR)
		return (struct ps_stamp){ .kind = PS_STAMP_MISSING };
	if (error != 0)
		return (struct ps_stamp){ .kind = PS_STAMP_UNKNOWN };
	info = ps_info_of(&st);
	if (info.known && is_moving(&s->pages, &st))
		return (struct ps_stamp){ .kind = PS_STAMP_MOVING };
	return ps_stamp_of(&info);
}

/* --- search_cursor --- */

/* The names from the source on, in the path that is shown for an entry: see lib/plan/path.c. */
static const char *names_in(const char *path, const struct search_source *source)
{
	const char *root = source->name != NULL ? source->name : source->path != NULL ? source->path : "";
	size_t length = strlen(root);

	if (path[length] == '\0')
		return path + length;
	return path + length + (length > 0 && root[length - 1] != '/');
}

static bool is_last(const struct search_item *item, uint32_t flags)
{
	switch (item->kind) {
	case SEARCH_ITEM_FILE:
	case SEARCH_ITEM_FILE_END:
		return true;
	case SEARCH_ITEM_BINARY:
		return (flags & SEARCH_RESULT_FILE_ENDS) == 0;
	default:
		return false;
	}
}

static size_t write_cursor(const struct search *s, char *buffer, size_t size)
{
	const struct ps_iterator *it = &s->iterator;
	bool at_hand = ps_iterator_items(it) > 0;
	const struct search_item *item = &it->item;
	const struct search_source *source = ps_plan_source(s->plan, item->source);
	const char *names = names_in(item->path, source);
	struct ps_cursor cursor = {
		.entry.source = item->source,
		.last = is_last(item, s->settings.flags),
		.kind = item->kind,
		.reason = item->reason,
		.items = at_hand ? ps_iterator_items(it) : it->stands.items,
		.files = it->files,
		.matches = at_hand ? it->matches - it->entry_began : it->stands.matches,
		.offset = item->offset,
		.line = item->line,
		.line_bytes = item->line_bytes,
		.check = ps_item_check(item),
	};

	if (!cursor.last)
		cursor.stamp = stamp_now(s, source, names);
	return ps_cursor_write(&cursor, &s->pages.options, names, buffer, size);
}

int search_cursor(const struct search *s, char *buffer, size_t size)
{
	size_t length;

	if (buffer != NULL && size > 0)
		buffer[0] = '\0';
	if (s == NULL || (buffer == NULL && size > 0) || s->pages.refusal != NULL)
		return SEARCH_EINVAL;
	if (s->iterator.item.kind != 0) {
		length = write_cursor(s, buffer, size);
	} else if (s->pages.resume != NULL) {
		length = strlen(s->pages.resume);
		if (size > 0)
			*(char *)mempcpy(buffer, s->pages.resume, ps_min(length, size - 1)) = '\0';
	} else {
		return SEARCH_EINVAL;
	}
	return (int)length;
}
