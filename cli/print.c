/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print.c - prints items in grep's format.
 *
 * A line is formatted directly in the output's buffer: if every line matches, formatting is most of what the main
 * thread does, and it must keep up with the workers. Only long lines go through output_write(), without being copied.
 */
#include "print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_DIGITS 20 /* of UINT64_MAX */

/* The text of an empty line may be NULL. */
static char *put_bytes(char *at, const char *bytes, size_t length)
{
	if (length > 0)
		memcpy(at, bytes, length);
	return at + length;
}

static char *put_number(char *at, uint64_t n)
{
	char digits[NUMBER_DIGITS];
	char *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	return put_bytes(at, first, (size_t)(digits + sizeof(digits) - first));
}

static void print_number(struct output *out, uint64_t n, char after)
{
	char text[NUMBER_DIGITS + 1];
	char *end = put_number(text, n);

	*end++ = after;
	output_write(out, text, (size_t)(end - text));
}

static void print_name(struct printer *p, const struct search_item *item, char after)
{
	after = p->look->null ? '\0' : after;
	output_write(p->out, item->path, item->path_length);
	output_write(p->out, &after, 1);
}

static char *put_end(char *at, const struct printer *p, bool crlf)
{
	if (crlf)
		*at++ = '\r';
	*at++ = p->look->line_end;
	return at;
}

/* A line that is too long to be copied. */
static void print_long_line(struct printer *p, const struct search_item *item, char mark,
			    const char *text, size_t length, bool crlf)
{
	char end[2];

	if (p->look->names)
		print_name(p, item, mark);
	if (p->look->numbers)
		print_number(p->out, item->line, mark);
	output_write(p->out, text, length);
	output_write(p->out, end, (size_t)(put_end(end, p, crlf) - end));
}

/* Name, number and text; `mark` is ':' for a match and '-' for context. */
static void print_line(struct printer *p, const struct search_item *item, char mark,
		       const char *text, size_t length, bool crlf)
{
	size_t room = item->path_length + 1 + NUMBER_DIGITS + 1 + length + 2;
	char *at = length < OUTPUT_DIRECT ? output_reserve(p->out, room) : NULL;

	if (!at) {
		print_long_line(p, item, mark, text, length, crlf);
		return;
	}
	if (p->look->names) {
		at = put_bytes(at, item->path, item->path_length);
		*at++ = p->look->null ? '\0' : mark;
	}
	if (p->look->numbers) {
		at = put_number(at, item->line);
		*at++ = mark;
	}
	at = put_bytes(at, text, length);
	output_commit(p->out, put_end(at, p, crlf));
}

/* Spans count from the start of the line; `text` may begin after that. */
static void print_spans(struct printer *p, const struct search_item *item)
{
	for (size_t i = 0; i < item->span_count; i++) {
		uint64_t begin = item->spans[i].begin, end = item->spans[i].end;
		uint64_t last = item->text_offset + item->length;

		if (begin < item->text_offset)
			begin = item->text_offset;
		if (end > last)
			end = last;
		if (begin < end)
			print_line(p, item, ':', item->text + (begin - item->text_offset),
				   (size_t)(end - begin), false);
	}
}

static bool same_file(const struct place *place, const struct search_item *item)
{
	return place->valid && place->source == item->source &&
	       place->path_length == item->path_length &&
	       memcmp(place->path, item->path, item->path_length) == 0;
}

/* If out of memory, the next line counts as one of another file: there may be a "--" too many. */
static void remember_file(struct place *place, const struct search_item *item)
{
	place->valid = false;
	if (place->capacity < item->path_length + 1) {
		char *path = realloc(place->path, item->path_length + 1);

		if (!path)
			return;
		place->path = path;
		place->capacity = item->path_length + 1;
	}
	memcpy(place->path, item->path, item->path_length);
	place->path_length = item->path_length;
	place->source = item->source;
	place->valid = true;
}

static bool ends_in_crlf(const struct search_item *item)
{
	return (item->flags & SEARCH_ITEM_FLAG_CRLF) != 0;
}

/* Prints "--" between lines that are not adjacent, or of different files. */
static void print_separator(struct printer *p, const struct search_item *item)
{
	struct place *place = &p->place;
	bool any = place->end != 0;

	if (same_file(place, item)) {
		any = any && place->end != item->offset;
	} else {
		remember_file(place, item);
	}
	place->end = item->offset + item->line_bytes + (ends_in_crlf(item) ? 2 : 1);
	if (any)
		output_write(p->out, "--\n", 3);
}

static void print_match(struct printer *p, const struct search_item *item)
{
	if (p->look->groups)
		print_separator(p, item);
	if (p->report == REPORT_SPANS)
		print_spans(p, item);
	else
		print_line(p, item, ':', item->text, item->length, ends_in_crlf(item));
}

/* With -o a context line is not printed, but still keeps groups together. */
static void print_context(struct printer *p, const struct search_item *item)
{
	if (p->look->groups)
		print_separator(p, item);
	if (p->report == REPORT_LINES)
		print_line(p, item, '-', item->text, item->length, ends_in_crlf(item));
}

/* A file can be both: text with matches, and binary further down. */
static void list_file(struct printer *p, const struct search_item *item)
{
	if (same_file(&p->place, item))
		return;
	remember_file(&p->place, item);
	print_name(p, item, '\n');
}

/* Prints to standard error. Writes standard output out before that: both may be the same pipe. */
static void print_message(struct printer *p, const char *path, const char *text)
{
	output_flush(p->out);
	fprintf(stderr, "psearch: %s: %s\n", path, text);
}

/* As in grep the note counts as a line: a "--" comes before what follows. */
static void print_binary(struct printer *p, const struct search_item *item)
{
	p->place.valid = false;
	p->place.end = UINT64_MAX;
	print_message(p, item->path, "binary file matches");
}

static void print_selected(struct printer *p, const struct search_item *item)
{
	p->matched = true;
	if (p->report == REPORT_MATCHING)
		list_file(p, item);
	else if (p->report == REPORT_NOTHING)
		return;
	else if (item->kind == SEARCH_ITEM_MATCH)
		print_match(p, item);
	else
		print_binary(p, item);
}

static void print_file(struct printer *p, const struct search_item *item)
{
	p->matched = true;
	if (p->report == REPORT_FILES)
		print_name(p, item, '\n');
}

static void print_totals(struct printer *p, const struct search_item *item)
{
	if (item->matches > 0)
		p->matched = true;
	if (p->report == REPORT_OTHERS && item->matches == 0)
		print_name(p, item, '\n');
	if (p->report != REPORT_COUNTS)
		return;
	if (p->look->names)
		print_name(p, item, ':');
	print_number(p->out, item->matches, '\n');
}

/* The library's own message names its field, max_line_bytes, instead of the option. */
static void print_long_line_error(struct printer *p, const char *path, const struct search_item *item)
{
	bool number = item->line != 0;
	char text[128];

	snprintf(text, sizeof(text), "%s %" PRIu64 " is longer than %" PRIu64 " bytes: raise --max-line-bytes",
		 number ? "line" : "the line at byte", number ? item->line : item->offset, p->look->max_line_bytes);
	print_message(p, path, text);
}

static void print_error(struct printer *p, const struct search_item *item)
{
	const char *path = item->path_length ? item->path : ".";
	bool note = (item->flags & SEARCH_ITEM_FLAG_NOTE) != 0;

	p->failed |= !note;
	if (note ? p->look->no_messages || p->report == REPORT_NOTHING : p->look->no_messages && item->error != 0)
		return;
	if (item->reason == SEARCH_REASON_LINE_TOO_LONG)
		print_long_line_error(p, path, item);
	else
		print_message(p, path, item->message);
}

void print_item(struct printer *p, const struct search_item *item)
{
	switch (item->kind) {
	case SEARCH_ITEM_MATCH:
	case SEARCH_ITEM_BINARY: print_selected(p, item); break;
	case SEARCH_ITEM_FILE: print_file(p, item); break;
	case SEARCH_ITEM_CONTEXT: print_context(p, item); break;
	case SEARCH_ITEM_FILE_END: print_totals(p, item); break;
	case SEARCH_ITEM_ERROR: print_error(p, item); break;
	default: break; /* a kind that a later version of the library has */
	}
}

void print_free(struct printer *p)
{
	free(p->place.path);
	p->place.path = NULL;
}
