/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.c - reads the files that rules come from.
 *
 * They belong to whoever made the tree: one may be a fifo, or have no end. Only regular files are
 * read, and no more of them than anyone writes.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST = 4 << 20, READ_SIZE = 4096 };

bool ps_text_add(struct ps_text *text, const char *bytes, size_t length)
{
	char *grown = ps_grow(text->bytes, &text->space, text->length + length + 1, 1);

	if (grown == NULL)
		return false;
	text->bytes = grown;
	memcpy(grown + text->length, bytes, length);
	text->length += length;
	grown[text->length] = '\0';
	return true;
}

bool ps_text_add_string(struct ps_text *text, const char *string)
{
	return ps_text_add(text, string, strlen(string));
}

void ps_text_free(struct ps_text *text)
{
	free(text->bytes);
	*text = (struct ps_text){ 0 };
}

const char *ps_text_join(struct ps_text *text, const char *directory, const char *name)
{
	size_t length = strlen(directory);

	text->length = 0;
	if (!ps_text_add(text, directory, length) ||
	    (length > 0 && directory[length - 1] != '/' && !ps_text_add(text, "/", 1)) ||
	    !ps_text_add_string(text, name))
		return NULL;
	return text->bytes;
}

/* What keeps a file from being read as text, or NULL and *size. */
static const char *check(int fd, size_t *size, int *error)
{
	struct stat st;

	*error = 0;
	*size = 0;
	if (fstat(fd, &st) != 0) {
		*error = errno;
		return "cannot be read";
	}
	if (!S_ISREG(st.st_mode))
		return "";
	*size = (size_t)ps_min((size_t)st.st_size, LARGEST);
	return st.st_size > LARGEST ? "is larger than 4 MiB: not read" : NULL;
}

/* Reads to the end, which may have moved since. Words for what went wrong, or NULL. */
static const char *read_all(struct ps_text *text, int fd, size_t size, int *error)
{
	for (;;) {
		size_t want = text->length < size ? size - text->length : READ_SIZE;
		char *grown = ps_grow(text->bytes, &text->space, text->length + want + 1, 1);
		ssize_t got;

		if (grown == NULL) {
			*error = ENOMEM;
			return "cannot be read";
		}
		text->bytes = grown;
		do
			got = read(fd, grown + text->length, want);
		while (got < 0 && errno == EINTR);
		if (got < 0) {
			*error = errno;
			return "cannot be read";
		}
		if (got == 0)
			return NULL;
		text->length += (size_t)got;
		if (text->length > LARGEST)
			return "is larger than 4 MiB: not read";
	}
}

int ps_file_read(struct ps_text *text, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		 int flags)
{
	int fd = host->open(host->context, at, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags), error;
	const char *problem;
	size_t size;

	*text = (struct ps_text){ 0 };
	if (fd == -ENOENT || fd == -ENOTDIR)
		return SEARCH_OK;
	if (fd == -ENOMEM)
		return SEARCH_ENOMEM;
	if (fd < 0) {
		host->complain(host->context, path, -fd, "cannot be read");
		return SEARCH_OK;
	}
	problem = check(fd, &size, &error);
	if (problem == NULL)
		problem = read_all(text, fd, size, &error);
	host->close(host->context, fd);
	if (problem == NULL)
		return SEARCH_OK;
	ps_text_free(text);
	if (error == ENOMEM)
		return SEARCH_ENOMEM;
	if (*problem != '\0')
		host->complain(host->context, path, error, problem);
	return SEARCH_OK;
}

int ps_rules_load(struct ps_rules **out, const struct ps_ignore_host *host, enum ps_ignore_at at, const char *path,
		  int flags, bool caseless)
{
	struct ps_text text;
	int rc = ps_file_read(&text, host, at, path, flags);

	*out = NULL;
	if (rc == SEARCH_OK && text.length > 0)
		rc = ps_rules_new(out, text.bytes, text.length, caseless ? PS_GLOB_CASELESS : 0);
	ps_text_free(&text);
	return rc;
}
