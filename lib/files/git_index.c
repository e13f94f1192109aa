/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * git_index.c - reads git's index, versions 2 to 4, to learn which files are tracked.
 *
 * A header is followed by entries in the order of their names: a file's stat data, an object's name, flags, and
 * the file's name. Version 4 stores the name as the number of bytes to remove from the end of the name in the
 * previous entry, and the bytes to append. Then come extensions: that of a split index says that more entries are in
 * another file, which is not read.
 *
 * Anybody may have written the file: nothing in it is trusted before it is checked. (Its checksum is not
 * checked: git can leave it out, and an attacker can compute one.)
 */
#include "git_index.h"
#include "../base/sort.h"

#include <string.h>

enum {
	LARGEST_INDEX = 256 << 20, /* of the file, and of all names, which in version 4 can be many times as long */
	LONGEST_NAME = 4096,
	HEADER = 12,
	BEFORE_ID = 40, /* bytes of an entry before the object's name */
	FLAG_EXTENDED = 0x4000,
	LOOK = 4096 /* after this many entries, check whether the search is over */
};

struct ps_tracked {
	char *names;    /* sorted, each with its NUL */
	uint32_t *at;   /* their offsets in names */
	uint32_t count;
	size_t size;    /* memory used */
	bool caseless;  /* the names are in lower case */
};

/* --- reading --- */

struct reader {
	const unsigned char *at, *end;
	const struct ps_watch *watch;
	bool ended;            /* the search is over: no index is made */
	unsigned version;
	size_t id;             /* bytes of an object's name */
	struct ps_text names;
	uint32_t *starts;
	size_t start_space;
	uint32_t count;
	size_t last, last_length; /* offset and length of the previous name */
	bool nameless;         /* there are entries whose names are in another file */
	bool failed;           /* out of memory */
};

static uint32_t read_number(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static size_t bytes_left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

/* Reads how many bytes to remove from the previous name. False: malformed. */
static bool read_cut(struct reader *r, size_t *cut)
{
	*cut = 0;
	for (int bytes = 0; bytes < 4 && bytes_left(r) > 0; bytes++) {
		unsigned char c = *r->at++;

		*cut = *cut << 7 | (c & 0x7F);
		if ((c & 0x80) == 0)
			return true;
		++*cut;
	}
	return false;
}

/* Adds a name: the first `kept` bytes of the previous name, and the bytes at r->at. */
static void add_name(struct reader *r, size_t kept, size_t length)
{
	uint32_t *grown = ps_grow(r->starts, &r->start_space, (size_t)r->count + 1, sizeof(*grown));
	char *names = ps_grow(r->names.bytes, &r->names.space, r->names.length + kept + length + 1, 1);

	if (grown != NULL)
		r->starts = grown;
	if (names != NULL)
		r->names.bytes = names;
	r->failed = grown == NULL || names == NULL;
	if (r->failed)
		return;
	grown[r->count++] = (uint32_t)r->names.length;
	names += r->names.length;
	memcpy(names, r->names.bytes + r->last, kept);
	memcpy(names + kept, r->at, length);
	names[kept + length] = '\0';
	r->last = r->names.length;
	r->last_length = kept + length;
	r->names.length += kept + length + 1;
}

/* Reads the fixed part of an entry, up to its name. False: it is damaged. */
static bool read_fixed(struct reader *r)
{
	size_t fixed = BEFORE_ID + r->id + 2;
	unsigned flags;

	if (bytes_left(r) < fixed + 2)
		return false;
	flags = (unsigned)r->at[fixed - 2] << 8 | r->at[fixed - 1];
	r->at += fixed;
	if ((flags & FLAG_EXTENDED) != 0) {
		r->at += 2;
		return r->version > 2;
	}
	return true;
}

static bool read_entry(struct reader *r)
{
	const unsigned char *begin = r->at, *nul;
	size_t before = r->last, kept = 0, length, cut;

	if (!read_fixed(r))
		return false;
	if (r->version == 4) {
		if (!read_cut(r, &cut) || cut > r->last_length)
			return false;
		kept = r->last_length - cut;
	}
	nul = memchr(r->at, '\0', bytes_left(r));
	length = nul != NULL ? (size_t)(nul - r->at) : 0;
	if (nul == NULL || kept + length > LONGEST_NAME || r->names.length + kept + length > LARGEST_INDEX)
		return false;
	if (kept + length > 0)
		add_name(r, kept, length);
	else
		r->nameless = true;
	if (r->failed)
		return true;
	if (r->version < 4) /* padded with NULs */
		nul = begin + ((size_t)(nul - begin) & ~(size_t)7) + 7;
	if (nul >= r->end)
		return false;
	r->at = nul + 1;
	return r->count < 2 || strcmp(r->names.bytes + before, r->names.bytes + r->last) <= 0;
}

static const char damaged[] = "is damaged: which files are tracked is unknown";

/* Returns what is wrong with the extensions, or NULL. */
static const char *read_extensions(struct reader *r)
{
	while (bytes_left(r) >= r->id + 8) {
		size_t size = read_number(r->at + 4);

		if (memcmp(r->at, "link", 4) == 0)
			return "is split: which files are tracked is unknown";
		r->at += 8;
		if (size > bytes_left(r))
			return damaged;
		r->at += size;
	}
	return r->nameless ? damaged : NULL;
}

static const char *read_index(struct reader *r, const struct ps_text *text)
{
	uint32_t count;

	r->at = (const unsigned char *)text->bytes;
	r->end = r->at + text->length;
	if (bytes_left(r) < HEADER || memcmp(r->at, "DIRC", 4) != 0)
		return damaged;
	r->version = read_number(r->at + 4);
	count = read_number(r->at + 8);
	if (r->version < 2 || r->version > 4)
		return "has an unknown version: which files are tracked is unknown";
	r->at += HEADER;
	for (uint32_t i = 0; i < count && !r->failed && !r->ended; i++) {
		if (!read_entry(r))
			return damaged;
		r->ended = i % LOOK == LOOK - 1 && ps_watch_is_over(r->watch);
	}
	return r->failed || r->ended ? NULL : read_extensions(r);
}

static int by_name(const void *a, const void *b, void *names)
{
	return strcmp((const char *)names + *(const uint32_t *)a, (const char *)names + *(const uint32_t *)b);
}

/* Converts the names to lower case, and sorts them again. */
static void fold_names(struct reader *r)
{
	struct ps_sort sort = {
		.items = (char *)r->starts,
		.count = r->count,
		.size = sizeof(*r->starts),
		.compare = by_name,
		.context = r->names.bytes,
	};

	sort.spare = malloc(r->start_space * sort.size);
	r->failed = sort.spare == NULL;
	for (size_t i = 0; i < r->names.length; i++)
		r->names.bytes[i] = (char)ps_lower((unsigned char)r->names.bytes[i]);
	while (!r->failed && !r->ended && !ps_sort_step(&sort, LOOK))
		r->ended = ps_watch_is_over(r->watch);
	r->starts = (uint32_t *)(void *)sort.items;
	free(sort.spare);
}

/* Moves the reader's names into a new index. NULL: out of memory, or the search is over. */
static struct ps_tracked *make_index(struct reader *r, bool caseless)
{
	struct ps_tracked *index = NULL;

	if (caseless)
		fold_names(r);
	if (!r->failed && !r->ended) {
		index = calloc(1, sizeof(*index));
		r->failed = index == NULL;
	}
	if (index == NULL)
		return NULL;
	index->caseless = caseless;
	index->names = r->names.bytes;
	index->at = r->starts;
	index->count = r->count;
	index->size = sizeof(*index) + r->names.space + r->start_space * sizeof(*r->starts);
	r->names = (struct ps_text){ 0 };
	r->starts = NULL;
	return index;
}

int ps_tracked_load(struct ps_tracked **out, const struct ps_ignore_host *host, const char *git,
		    const struct ps_git_config *config)
{
	struct reader r = { .id = config->long_ids ? 32 : 20, .watch = host->watch };
	struct ps_text path = { 0 }, text = { 0 };
	const char *problem = NULL;
	int rc = ps_text_join(&path, git, "index") != NULL ? SEARCH_OK : SEARCH_ENOMEM;

	*out = NULL;
	if (rc == SEARCH_OK)
		rc = ps_file_read_large(&text, host, PS_AT_DIRECTORY, path.bytes, LARGEST_INDEX);
	if (rc == SEARCH_OK && text.length > 0)
		problem = read_index(&r, &text);
	if (problem != NULL && !ps_watch_is_over(r.watch)) /* otherwise it may only be incomplete */
		host->complain(host->context, PS_COMPLAINT_ERROR, path.bytes, 0, problem);
	if (rc == SEARCH_OK && problem == NULL && r.count > 0 && !r.failed && !r.ended)
		*out = make_index(&r, config->caseless);
	if (r.failed)
		rc = SEARCH_ENOMEM;
	ps_text_free(&r.names);
	free(r.starts);
	ps_text_free(&text);
	ps_text_free(&path);
	return rc;
}

void ps_tracked_free(struct ps_tracked *index)
{
	if (index == NULL)
		return;
	free(index->names);
	free(index->at);
	free(index);
}

size_t ps_tracked_size(const struct ps_tracked *index)
{
	return index->size;
}

/* --- asking --- */

/* As strncmp, but ignores case if the index does. */
static int compare_path(const struct ps_tracked *index, const char *name, const char *path, size_t length)
{
	if (!index->caseless)
		return strncmp(name, path, length);
	for (size_t i = 0; i < length; i++) {
		unsigned char a = (unsigned char)name[i], b = ps_lower((unsigned char)path[i]);

		if (a != b)
			return a < b ? -1 : 1;
	}
	return 0;
}

/* Returns the first name that does not sort before the path, or with `slash` before the path and a slash; or NULL. */
static const char *find_path(const struct ps_tracked *index, const char *path, size_t length, bool slash)
{
	uint32_t low = 0, high = index->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const char *name = index->names + index->at[middle];
		int order = compare_path(index, name, path, length);

		if (order == 0 && slash)
			order = (unsigned char)name[length] < '/' ? -1 : 1;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < index->count ? index->names + index->at[low] : NULL;
}

bool ps_tracked_has(const struct ps_tracked *index, const char *path, size_t length)
{
	const char *name = find_path(index, path, length, false);

	return name != NULL && compare_path(index, name, path, length) == 0 && name[length] == '\0';
}

bool ps_tracked_has_below(const struct ps_tracked *index, const char *path, size_t length)
{
	const char *name = find_path(index, path, length, true);

	return name != NULL && compare_path(index, name, path, length) == 0 && name[length] == '/';
}
