/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patterns.c - the list of patterns.
 *
 * Newlines separate patterns. In an argument every newline does, so "a\n" is "a" and the empty pattern. In a file the
 * last newline only ends the last line, so an empty file has no pattern.
 */
#include "patterns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/complain.h"

static bool add_pattern(struct patterns *p, const char *text, size_t length)
{
	if (p->count == p->capacity) {
		size_t capacity = p->capacity ? 2 * p->capacity : 8;
		struct search_pattern *list = realloc(p->list, capacity * sizeof(*list));

		if (!list)
			return false;
		p->list = list;
		p->capacity = capacity;
	}
	p->list[p->count++] = (struct search_pattern){ .text = text, .length = length };
	return true;
}

static bool add_lines(struct patterns *p, const char *text, size_t length)
{
	const char *end = text + length;
	const char *newline;

	while ((newline = memchr(text, '\n', (size_t)(end - text))) != NULL) {
		if (!add_pattern(p, text, (size_t)(newline - text)))
			return false;
		text = newline + 1;
	}
	return add_pattern(p, text, (size_t)(end - text));
}

bool patterns_add(struct patterns *p, const char *text)
{
	return add_lines(p, text, strlen(text));
}

/* Reads to the end of the stream. *data is the caller's, also after an error. */
static int read_stream(FILE *stream, char **data, size_t *length)
{
	size_t capacity = 0;

	*data = NULL;
	*length = 0;
	do {
		if (*length == capacity) {
			char *more = realloc(*data, capacity = capacity ? 2 * capacity : 4096);

			if (!more)
				return ENOMEM;
			*data = more;
		}
		errno = 0;
		*length += fread(*data + *length, 1, capacity - *length, stream);
		if (ferror(stream))
			return errno ? errno : EIO;
	} while (!feof(stream));
	return 0;
}

/* Takes over the contents. */
static bool keep_file(struct patterns *p, const char *name, char *data)
{
	struct pattern_file *files = realloc(p->files, (p->file_count + 1) * sizeof(*files));

	if (!files) {
		free(data);
		return false;
	}
	p->files = files;
	p->files[p->file_count++] = (struct pattern_file){ name, data, p->count, 0 };
	return true;
}

int patterns_add_file(struct patterns *p, const char *name)
{
	bool standard_input = strcmp(name, "-") == 0;
	FILE *stream = standard_input ? stdin : fopen(name, "r");
	char *data;
	size_t length;
	int error;

	if (!stream)
		return errno;
	error = read_stream(stream, &data, &length);
	if (!standard_input)
		fclose(stream);
	if (!keep_file(p, name, data))
		return ENOMEM;
	if (error || length == 0)
		return error;
	if (data[length - 1] == '\n')
		length--;
	if (!add_lines(p, data, length))
		return ENOMEM;
	p->files[p->file_count - 1].count = p->count - p->files[p->file_count - 1].first;
	return 0;
}

bool patterns_origin(const struct patterns *p, size_t index, const char **file, size_t *line)
{
	for (size_t i = 0; i < p->file_count; i++) {
		const struct pattern_file *f = &p->files[i];

		if (index - f->first < f->count) {
			*file = f->name;
			*line = index - f->first + 1;
			return true;
		}
	}
	return false;
}

void patterns_print_name(const struct patterns *p, size_t index)
{
	const char *file;
	size_t line;

	if (patterns_origin(p, index, &file, &line))
		complain_part("pattern in %s, line %zu", strcmp(file, "-") == 0 ? "standard input" : file, line);
	else if (p->count > 1)
		complain_part("pattern %zu", index + 1);
	else
		complain_part("pattern");
}

/* Does the pattern end in a \r, at the end of a line? */
static bool ends_in_return(const struct patterns *p, size_t index)
{
	const char *text = p->list[index].text, *file;
	size_t length = p->list[index].length, line;

	if (length == 0 || text[length - 1] != '\r')
		return false;
	return patterns_origin(p, index, &file, &line) || text[length] == '\n';
}

void patterns_trim(struct patterns *p)
{
	for (size_t i = 0; i < p->count; i++)
		p->list[i].length -= ends_in_return(p, i);
}

void patterns_free(struct patterns *p)
{
	for (size_t i = 0; i < p->file_count; i++)
		free(p->files[i].data);
	free(p->files);
	free(p->list);
	memset(p, 0, sizeof(*p));
}
