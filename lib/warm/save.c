/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * save.c - a tree is written to a file: see saved.h.
 *
 * The file is written beside its place, under a name of its own, and renamed when it is whole. So whoever opens it finds
 * the old one or the new one; of several that save at once, the last one wins. Nothing waits for the disk, which would take
 * longer than all the rest: 300 of 400 ms for 50 MB. After a loss of power the file may be damaged; the sum finds that, and
 * all is learnt again.
 *
 * The tree goes on being used. What is written of it is a state of each directory, and of each file, but not of all at
 * one moment; that is enough, since each stands for itself. Records are copied under a lock, and written without.
 *
 * A file that is there already is replaced only if it is empty, or begins as one of these does: a mistaken path must not
 * cost a person a file.
 */
#include "../base/file.h"
#include "saved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_BYTES = 256 * 1024 }; /* at once */

struct ps_saver {
	struct search_tree *tree;
	struct ps_kept **all; /* references, sorted by address */
	size_t count;
	int fd;
	uint8_t *buffer;
	size_t space, length; /* of the buffer; a multiple of 8 */
	uint64_t written;
	struct ps_saved_sum sum;
	int status;           /* an enum search_status; but for SEARCH_OK: */
	const char *what;     /* what went wrong, */
	int error;            /* and its errno, or 0 */
};

/* --- the buffer --- */

static bool saver_is_well(const struct ps_saver *s)
{
	return s->status == SEARCH_OK;
}

/* The first reason counts. */
static void saver_end(struct ps_saver *s, int status, const char *what, int error)
{
	if (!saver_is_well(s))
		return;
	s->status = status;
	s->what = what;
	s->error = error;
}

/* A system call failed: `error` is its errno. */
static void saver_fail(struct ps_saver *s, const char *what, int error)
{
	saver_end(s, error == ENOMEM ? SEARCH_ENOMEM : SEARCH_ESYSTEM, error == ENOMEM ? NULL : what, error);
}

static void saver_lack_memory(struct ps_saver *s)
{
	saver_end(s, SEARCH_ENOMEM, NULL, 0);
}

static void write_at(struct ps_saver *s, const void *bytes, size_t length, uint64_t at)
{
	const uint8_t *from = bytes;

	while (saver_is_well(s) && length > 0) {
		ssize_t n = pwrite(s->fd, from, length, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			saver_fail(s, "it cannot be written", n < 0 ? errno : EIO);
			return;
		}
		from += n;
		at += (uint64_t)n;
		length -= (size_t)n;
	}
}

static void flush_buffer(struct ps_saver *s)
{
	ps_saved_sum_add(&s->sum, s->buffer, s->length);
	write_at(s, s->buffer, s->length, s->written);
	s->written += s->length;
	s->length = 0;
}

/* Makes room for so many bytes more. False: it failed. */
static bool buffer_has(struct ps_saver *s, size_t bytes)
{
	uint8_t *buffer;

	if (bytes <= s->space - s->length)
		return true;
	flush_buffer(s);
	if (bytes <= s->space)
		return saver_is_well(s);
	buffer = malloc(bytes);
	if (buffer == NULL) {
		saver_lack_memory(s);
		return false;
	}
	free(s->buffer);
	s->buffer = buffer;
	s->space = bytes;
	return saver_is_well(s);
}

/* There is room. */
static void put(struct ps_saver *s, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(s->buffer + s->length, bytes, length);
	s->length += length;
}

static void pad(struct ps_saver *s)
{
	while (s->length % 8 != 0)
		s->buffer[s->length++] = 0;
}

/* --- directories --- */

static int compare_addresses(const void *a, const void *b)
{
	struct ps_kept *const *x = a, *const *y = b;

	return (uintptr_t)*x < (uintptr_t)*y ? -1 : (uintptr_t)*x > (uintptr_t)*y;
}

static uint32_t find_kept(const struct ps_saver *s, struct ps_kept *kept)
{
	struct ps_kept **found = bsearch(&kept, s->all, s->count, sizeof(struct ps_kept *), compare_addresses);

	return found != NULL ? (uint32_t)(found - s->all) : PS_SAVED_NONE;
}

static size_t count_name_bytes(const struct ps_warm_directory *d)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < d->count; i++)
		bytes += strlen(d->names + d->entries[i].name) + 1;
	return bytes;
}

static void put_names(struct ps_saver *s, const struct ps_warm_directory *d)
{
	for (uint32_t i = 0; i < d->count; i++) {
		const char *name = d->names + d->entries[i].name;

		put(s, name, strlen(name) + 1);
	}
	for (uint32_t i = 0; i < d->count; i++)
		s->buffer[s->length++] = d->entries[i].type;
}

/* Writes the record of a directory, and its listing. */
static void save_listing(struct ps_saver *s, struct ps_kept *kept)
{
	const struct ps_warm_directory *d = &kept->shown;
	struct ps_saved_directory record = {
		.device = d->device, .stamp = kept->stamp, .entries = d->count, .above = PS_SAVED_NONE,
		.flags = d->short_read_is_end ? PS_SAVED_SHORT_READ : 0,
	};
	size_t name_bytes = count_name_bytes(d);
	char *path = NULL;

	ps_lock_take(&s->tree->lock);
	if (kept->path != NULL)
		path = strdup(kept->path); /* without memory it has none: it is found by the next search */
	if (kept->above != NULL) {
		record.above = find_kept(s, kept->above);
		record.at = kept->at;
	}
	ps_lock_release(&s->tree->lock);
	record.name_bytes = (uint32_t)name_bytes;
	record.path_bytes = path != NULL ? (uint32_t)strlen(path) + 1 : 0;
	if (buffer_has(s, ps_saved_padded(sizeof(record) + record.path_bytes + name_bytes + d->count))) {
		put(s, &record, sizeof(record));
		put(s, path, record.path_bytes);
		put_names(s, d);
		pad(s);
	}
	free(path);
}

/* --- files --- */

static bool is_worth_saving(const struct ps_warm_file *file)
{
	return file != NULL && (file->signature != NULL || (file->flags & PS_FILE_SAVED) != 0);
}

static size_t file_bytes(const struct ps_warm_file *file)
{
	return sizeof(struct ps_saved_file) +
	       (file->signature != NULL ? ps_saved_padded(file->signature->size) : 0);
}

static void put_file(struct ps_saver *s, uint32_t at, const struct ps_warm_file *file)
{
	struct ps_saved_file record = {
		.stamp = file->stamp, .at = at, .flags = file->flags & PS_FILE_SAVED, .use = file->use,
		.signature_size = file->signature != NULL ? file->signature->size : 0,
	};

	put(s, &record, sizeof(record));
	put(s, file->signature, record.signature_size);
	pad(s);
}

/*
 * Copies files from entry *at on, as far as there is room. Returns how many bytes the next one takes; 0: there is no
 * more.
 */
static size_t copy_files(struct ps_saver *s, const struct ps_kept *kept, uint32_t *at)
{
	const struct ps_warm_directory *d = &kept->shown;
	size_t bytes = 0;

	ps_files_lock(kept);
	for (; *at < d->count; ++*at) {
		const struct ps_warm_file *file = d->entries[*at].type == DT_REG ? kept->slots[*at].file : NULL;

		if (!is_worth_saving(file))
			continue;
		bytes = file_bytes(file);
		if (bytes > s->space - s->length)
			break;
		put_file(s, *at, file);
	}
	ps_files_unlock(kept);
	return *at < d->count ? bytes : 0;
}

static void save_files(struct ps_saver *s, const struct ps_kept *kept)
{
	static const struct ps_saved_file end = { .at = PS_SAVED_END };
	uint32_t at = 0;
	size_t bytes;

	while (saver_is_well(s) && (bytes = copy_files(s, kept, &at)) > 0)
		buffer_has(s, bytes);
	if (buffer_has(s, sizeof(end)))
		put(s, &end, sizeof(end));
}

/* A listing whose names do not fit the format is left out, and so is what is linked to it. */
static bool fits_format(const struct ps_kept *kept)
{
	return kept->bytes < UINT32_MAX;
}

static void leave_out_large(struct ps_saver *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (fits_format(s->all[i]))
			s->all[count++] = s->all[i];
		else
			ps_kept_release(s->all[i]);
	}
	s->count = count;
}

static void save_all(struct ps_saver *s)
{
	struct ps_saved_header header = {
		.version = PS_SAVED_VERSION, .order = PS_SAVED_ORDER, .user = geteuid(), .directories = s->count,
	};

	memcpy(header.magic, PS_SAVED_MAGIC, sizeof(header.magic)); /* without its NUL */
	s->written = sizeof(header);
	ps_saved_sum_start(&s->sum);
	for (size_t i = 0; i < s->count && saver_is_well(s); i++) {
		save_listing(s, s->all[i]);
		save_files(s, s->all[i]);
	}
	if (!saver_is_well(s))
		return;
	flush_buffer(s);
	header.size = s->written;
	header.sum = ps_saved_sum_end(&s->sum, &header);
	write_at(s, &header, sizeof(header), 0);
}

/* --- its place --- */

/* It is open: what is it? */
static void look_inside(struct ps_saver *s, int fd)
{
	char start[sizeof(((struct ps_saved_header *)0)->magic)];
	struct stat st;
	ssize_t n = 0;

	if (fstat(fd, &st) != 0) {
		saver_fail(s, "the file that is there cannot be looked at", errno);
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		saver_end(s, SEARCH_EINVAL, "what is there is not a regular file, and is not replaced", 0);
		return;
	}
	if (st.st_size > 0)
		n = ps_read_at(fd, start, sizeof(start), 0);
	if (n < 0)
		saver_fail(s, "the file that is there cannot be read", errno);
	else if (st.st_size > 0 && ((size_t)n < sizeof(start) || memcmp(start, PS_SAVED_MAGIC, sizeof(start)) != 0))
		saver_end(s, SEARCH_EINVAL, "the file that is there is not a saved tree, and is not replaced", 0);
}

/* May the file that is there be replaced? There may be none. */
static void look_at_old(struct ps_saver *s, const char *path)
{
	int fd = ps_open_at(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0) {
		look_inside(s, fd);
		close(fd);
	} else if (errno != ENOENT) {
		saver_fail(s, "the file that is there cannot be opened", errno);
	}
}

static const char unique[] = ".XXXXXX"; /* for mkostemp(3) */

/* Writes a file beside `path`, and renames it. `name` has room for its name. */
static void replace_file(struct ps_saver *s, const char *path, char *name)
{
	memcpy(name, path, strlen(path));
	do {
		memcpy(name + strlen(path), unique, sizeof(unique));
		s->fd = mkostemp(name, O_CLOEXEC); /* created, for the user only */
	} while (s->fd < 0 && errno == EINTR);
	if (s->fd < 0) {
		saver_fail(s, "no file can be made beside it", errno);
		return;
	}
	save_all(s);
	if (close(s->fd) != 0)
		saver_fail(s, "it cannot be written", errno);
	if (saver_is_well(s) && rename(name, path) != 0)
		saver_fail(s, "it cannot be renamed to its name", errno);
	if (!saver_is_well(s))
		unlink(name);
}

/* The name may be a symbolic link: then what it leads to is replaced. */
static void save_to(struct ps_saver *s, const char *path)
{
	char *real = realpath(path, NULL), *name = NULL;
	const char *target = real != NULL ? real : path;

	if (real == NULL && errno == ENOMEM)
		saver_lack_memory(s);
	look_at_old(s, target);
	if (saver_is_well(s))
		name = malloc(strlen(target) + sizeof(unique));
	if (name != NULL)
		replace_file(s, target, name);
	else if (saver_is_well(s))
		saver_lack_memory(s);
	free(name);
	free(real);
}

int ps_tree_save(struct search_tree *tree, const char *path, const char **what, int *system_error)
{
	struct ps_saver s = { .tree = tree, .space = WRITE_BYTES };

	s.buffer = malloc(s.space);
	if (s.buffer == NULL || ps_kept_all(tree, &s.all, &s.count) != SEARCH_OK) {
		saver_lack_memory(&s);
	} else {
		leave_out_large(&s);
		qsort(s.all, s.count, sizeof(struct ps_kept *), compare_addresses);
		save_to(&s, path);
	}
	for (size_t i = 0; i < s.count; i++)
		ps_kept_release(s.all[i]);
	free(s.all);
	free(s.buffer);
	*what = s.what;
	*system_error = s.error;
	return s.status;
}
