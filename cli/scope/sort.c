/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sort.c - the files of a search in another order than by path.
 *
 * A first search lists the files, by path. Each is looked at once. They are sorted by what was seen, those that are equal
 * by path, and become the sources of a second search.
 */
#define _GNU_SOURCE /* statx, qsort_r */
#include "sort.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* musl has statx only since 1.2.5; the kernel and its header have it. */
#ifndef STATX_BTIME
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int statx(int at, const char *path, int flags, unsigned mask, struct statx *st)
{
	return (int)syscall(SYS_statx, (long)at, path, (long)flags, (unsigned long)mask, st);
}
#endif

#define MOST_BYTES ((size_t)1 << 30) /* of names, and what belongs to them */

struct sorted_file {
	int64_t seconds; /* or the size */
	uint32_t nanoseconds;
	uint32_t source;
	size_t place;  /* by path */
	size_t name;   /* offset in the names */
};

struct sorted_files {
	struct sorted_file *list;
	size_t count;
	size_t capacity;
	char *names;
	size_t length;
	size_t room;
	size_t next;   /* that sort_next() returns */
	struct search_source *sources; /* the caller's, to which the files belong */
	size_t source_count;
	struct sort_order order;
};

static const struct {
	const char *name;
	enum sort_key key;
} keys[] = {
	{ "path", SORT_BY_PATH },	  { "none", SORT_BY_NOTHING },	  { "modified", SORT_BY_MODIFIED },
	{ "accessed", SORT_BY_ACCESSED }, { "created", SORT_BY_CREATED }, { "size", SORT_BY_SIZE },
};

bool sort_read_key(const char *name, enum sort_key *key)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].name, name) == 0) {
			*key = keys[i].key;
			return true;
		}
	}
	return false;
}

bool sort_collects(const struct sort_order *order)
{
	return order->key == SORT_BY_PATH ? order->reversed : order->key != SORT_BY_NOTHING;
}

/* --- collecting --- */

static bool reserve_file(struct sorted_files *f, size_t name_size)
{
	size_t capacity = f->capacity ? f->capacity : 1024, room = f->room ? f->room : 65536;
	void *more;

	while (capacity <= f->count)
		capacity *= 2;
	while (room - f->length < name_size)
		room *= 2;
	if (room + capacity * sizeof(*f->list) > MOST_BYTES)
		return false;
	if (capacity > f->capacity) {
		more = realloc(f->list, capacity * sizeof(*f->list));
		if (!more)
			return false;
		f->list = more;
		f->capacity = capacity;
	}
	if (room > f->room) {
		more = realloc(f->names, room);
		if (!more)
			return false;
		f->names = more;
		f->room = room;
	}
	return true;
}

/* The descriptor that the item is about, or -1: a file with a name. */
static int find_descriptor(const struct sorted_files *f, const struct search_item *item)
{
	const struct search_source *source = item->source < f->source_count ? &f->sources[item->source] : NULL;

	return source && source->kind == SEARCH_SOURCE_DESCRIPTOR ? source->descriptor : -1;
}

/* What the file is sorted by. One that is gone comes first. */
static void look_at_file(struct sorted_file *file, enum sort_key key, int descriptor, const char *path)
{
	const struct statx_timestamp *time;
	struct statx st;
	int rc = descriptor >= 0 ? statx(descriptor, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st)
				 : statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_BTIME, &st);

	file->seconds = INT64_MIN;
	file->nanoseconds = 0;
	if (rc != 0 || key == SORT_BY_PATH)
		return;
	time = key == SORT_BY_MODIFIED ? &st.stx_mtime : key == SORT_BY_ACCESSED ? &st.stx_atime : &st.stx_btime;
	file->seconds = key == SORT_BY_SIZE ? (int64_t)st.stx_size : time->tv_sec;
	file->nanoseconds = key == SORT_BY_SIZE ? 0 : time->tv_nsec;
}

static bool add_file(struct sorted_files *f, const struct search_item *item)
{
	struct sorted_file *file;

	if (!reserve_file(f, item->path_length + 1))
		return false;
	file = &f->list[f->count];
	file->place = f->count++;
	file->source = (uint32_t)(item->source < f->source_count ? item->source : UINT32_MAX);
	file->name = f->length;
	memcpy(f->names + f->length, item->path, item->path_length + 1);
	f->length += item->path_length + 1;
	look_at_file(file, f->order.key, find_descriptor(f, item), item->path);
	return true;
}

static int compare_files(const void *a, const void *b, void *order)
{
	const struct sorted_file *x = a, *y = b;
	int sign = ((const struct sort_order *)order)->reversed ? -1 : 1;

	if (x->seconds != y->seconds)
		return x->seconds < y->seconds ? -sign : sign;
	if (x->nanoseconds != y->nanoseconds)
		return x->nanoseconds < y->nanoseconds ? -sign : sign;
	return x->place < y->place ? -sign : sign;
}

static struct sorted_files *new_files(const struct search_options *options, const struct sort_order *order)
{
	struct sorted_files *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->order = *order;
	f->source_count = options->source_count;
	f->sources = calloc(options->source_count + 1, sizeof(*f->sources));
	if (!f->sources) {
		free(f);
		return NULL;
	}
	if (options->source_count > 0)
		memcpy(f->sources, options->sources, options->source_count * sizeof(*f->sources));
	return f;
}

enum sort_status sort_files(struct sorted_files **files, const struct search_options *options,
			    const struct sort_order *order, void (*report)(void *, const struct search_item *),
			    void *context, int *status, struct search_error *error)
{
	struct search_options list = *options;
	const struct search_item *item;
	struct search *s;
	bool ok = true;

	list.patterns = NULL;
	list.pattern_count = 0;
	list.match_flags &= SEARCH_MATCH_DECOMPRESS;
	list.result_flags = SEARCH_RESULT_LIST;
	list.max_matches = list.max_matches_per_file = 0;
	list.before_context = list.after_context = 0;
	list.output_fd = 0;
	*files = new_files(options, order);
	if (!*files)
		return SORT_MEMORY;
	*status = search_open(&s, &list, error);
	if (*status != SEARCH_OK)
		return SORT_FAILED;
	while (ok && (*status = search_next(s, &item)) > 0) {
		if (item->kind == SEARCH_ITEM_FILE)
			ok = add_file(*files, item);
		else
			report(context, item);
	}
	search_close(s);
	if (!ok)
		return SORT_MEMORY;
	if ((*files)->count > 0)
		qsort_r((*files)->list, (*files)->count, sizeof(*(*files)->list), compare_files, &(*files)->order);
	return *status < 0 ? SORT_FAILED : SORT_OK;
}

int sort_next(void *files, struct search_source *source)
{
	struct sorted_files *f = files;
	const struct sorted_file *file;

	if (f->next == f->count)
		return 0;
	file = &f->list[f->next++];
	if (file->source != UINT32_MAX && f->sources[file->source].kind == SEARCH_SOURCE_DESCRIPTOR)
		*source = f->sources[file->source];
	else
		*source = (struct search_source){ .kind = SEARCH_SOURCE_PATH, .path = f->names + file->name };
	return 1;
}

void sort_free(struct sorted_files *files)
{
	if (!files)
		return;
	free(files->list);
	free(files->names);
	free(files->sources);
	free(files);
}
