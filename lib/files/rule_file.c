/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule_file.c - reads the files that rules come from.
 *
 * Anybody may have made the tree: such a file may be a fifo, or have no end. Only regular files are read, up to a size
 * that nobody needs.
 */
#include "rule_file.h"

#include "../base/file.h"
#include "../base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { LARGEST = 4 << 20, READ_SIZE = 4096, MOST_READ = 1 << 20 };

/* People name /dev/null when they want no file. */
static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

static const char *too_large(size_t most)
{
	return most == LARGEST ? "is larger than 4 MiB: not read" : "is too large: not read";
}

/* Returns why a file is not read ("": this is not worth a message), or NULL and *size. */
static const char *check_file(int fd, bool named, size_t most, size_t *size, int *error)
{
	struct stat st;

	*error = 0;
	*size = 0;
	if (fstat(fd, &st) != 0) {
		*error = errno;
		return "cannot be read";
	}
	if (named && S_ISDIR(st.st_mode)) {
		*error = EISDIR;
		return "cannot be read";
	}
	if (!S_ISREG(st.st_mode))
		return named && !is_null_device(&st) ? "is not a regular file: not read" : "";
	*size = (size_t)ps_min((size_t)st.st_size, most);
	return st.st_size > (off_t)most ? too_large(most) : NULL;
}

/* Reads to the end, which may have moved meanwhile. Returns what went wrong, or NULL. Stops if the search is over. */
static const char *read_all(struct ps_text *text, int fd, size_t most, size_t size, const struct ps_watch *watch,
			    int *error)
{
	while (text->length == 0 || !ps_watch_is_over(watch)) {
		size_t want = text->length < size ? size - text->length : READ_SIZE;
		char *grown = ps_grow(text->bytes, &text->space, text->length + want + 1, 1);
		ssize_t got;

		if (grown == NULL) {
			*error = ENOMEM;
			return "cannot be read";
		}
		text->bytes = grown;
		do
			got = read(fd, grown + text->length, ps_min(want, MOST_READ));
		while (got < 0 && errno == EINTR);
		if (got < 0) {
			*error = errno;
			return "cannot be read";
		}
		if (got == 0)
			return NULL;
		text->length += (size_t)got;
		if (text->length > most)
			return too_large(most);
	}
	return NULL;
}

enum { READ_FLAGS = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK };

/* Returns what went wrong, or NULL; "": this is not worth a message. If it is not NULL, the text is empty. */
static const char *read_file(struct ps_text *text, int fd, bool named, size_t most, const struct ps_watch *watch,
			     int *error)
{
	size_t size;
	const char *problem = check_file(fd, named, most, &size, error);

	*text = (struct ps_text){ 0 };
	if (problem == NULL)
		problem = read_all(text, fd, most, size, watch, error);
	if (problem != NULL)
		ps_text_free(text);
	return problem;
}

/* Takes the text of a file that is in memory. */
static int copy_file(struct ps_text *text, const struct ps_ignore_host *host, const char *path, const void *bytes,
		     size_t size, size_t most)
{
	if (size > most)
		host->complain(host->context, PS_COMPLAINT_ERROR, path, 0, too_large(most));
	else if (size > 0 && !ps_text_add(text, bytes, size))
		return SEARCH_ENOMEM;
	return SEARCH_OK;
}

static int read_any(struct ps_text *text, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		    enum ps_file_kind kind, size_t most)
{
	const char *problem;
	const void *bytes;
	size_t size;
	int fd = ps_ignore_find(host, at, path, kind != PS_FILE_GITS, &bytes, &size), error;

	*text = (struct ps_text){ 0 };
	if (fd > 0)
		return copy_file(text, host, path, bytes, size, most);
	if (fd == 0)
		fd = host->open(host->context, at, path, READ_FLAGS | (kind == PS_FILE_GITS ? O_NOFOLLOW : 0));
	if (fd == -ENOENT || fd == -ENOTDIR)
		return SEARCH_OK;
	if (fd == -ENOMEM)
		return SEARCH_ENOMEM;
	if (fd == -ELOOP && kind == PS_FILE_GITS) {
		host->complain(host->context, PS_COMPLAINT_NOTE, path, 0, "is a symbolic link: not followed, as in git");
		return SEARCH_OK;
	}
	if (fd < 0) {
		host->complain(host->context, PS_COMPLAINT_ERROR, path, -fd, "cannot be read");
		return SEARCH_OK;
	}
	problem = read_file(text, fd, kind == PS_FILE_NAMED, most, host->watch, &error);
	host->close(host->context, fd);
	if (problem != NULL && error == ENOMEM)
		return SEARCH_ENOMEM;
	if (problem != NULL && *problem != '\0')
		host->complain(host->context, PS_COMPLAINT_ERROR, path, error, problem);
	return SEARCH_OK;
}

int ps_file_read(struct ps_text *text, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		 enum ps_file_kind kind)
{
	return read_any(text, host, at, path, kind, LARGEST);
}

int ps_file_read_large(struct ps_text *text, const struct ps_ignore_host *host, enum ps_ignore_at at,
		       const char *path, size_t most)
{
	return read_any(text, host, at, path, PS_FILE_MET, most);
}

int ps_rules_load(struct ps_rules **out, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		  enum ps_file_kind kind, bool caseless)
{
	struct ps_text text;
	int rc = ps_file_read(&text, host, at, path, kind);

	*out = NULL;
	if (rc == SEARCH_OK && text.length > 0)
		rc = ps_rules_new(out, text.bytes, text.length, caseless ? PS_GLOB_CASELESS : 0, host->watch);
	ps_text_free(&text);
	return rc;
}

/* --- files that the host of the library names --- */

/* Appends one of them to the others. Returns why it cannot be read, or NULL. */
static const char *add_named(struct ps_text *all, const char *path, int *error)
{
	int fd = ps_open_at(AT_FDCWD, path, READ_FLAGS);
	const char *problem = "cannot be read";
	struct ps_text text = { 0 };
	size_t bom;

	*error = errno;
	if (fd >= 0) {
		problem = read_file(&text, fd, true, LARGEST, NULL, error);
		close(fd);
	}
	bom = text.length >= 3 && memcmp(text.bytes, PS_UTF8_MARK, 3) == 0 ? 3 : 0;
	if (text.length > 0 && (!ps_text_add(all, text.bytes + bom, text.length - bom) || !ps_text_add_string(all, "\n"))) {
		*error = ENOMEM;
		problem = "cannot be read";
	}
	ps_text_free(&text);
	return problem != NULL && *problem == '\0' ? NULL : problem;
}

int ps_rules_load_named(struct ps_rules **out, const char *const *paths, size_t count, struct ps_unreadable *which)
{
	struct ps_text all = { 0 };
	const char *problem = NULL;
	int rc = SEARCH_OK;

	*out = NULL;
	for (size_t i = 0; problem == NULL && i < count; i++) {
		which->index = i;
		problem = which->why = add_named(&all, paths[i], &which->error);
	}
	if (problem != NULL)
		rc = which->error == ENOMEM ? SEARCH_ENOMEM : SEARCH_EINVAL;
	if (rc == SEARCH_OK && all.length > 0)
		rc = ps_rules_new(out, all.bytes, all.length, 0, NULL);
	ps_text_free(&all);
	return rc;
}
