/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain.c - the fast way to print lines.
 */
#include "plain.h"

#include <string.h>

#include "../base/put.h"

bool plain_suits(const struct printer *p)
{
	const struct look *look = p->look;
	bool lines = p->report == REPORT_LINES;
	bool one_line = !look->multi_line || (lines && !look->names && !look->numbers);

	return one_line && (lines || !look->passthru) && !look->columns && !look->offsets && !look->initial_tab &&
	       !look->each_match && !look->trim && !look->replacement && look->max_columns == 0 &&
	       look->path_separator == '\0' && !look->style && !look->hyperlink && !look->safe &&
	       p->match_separator.length == 1 && p->context_separator.length == 1;
}

static void print_name(struct printer *p, const struct search_item *item, char mark)
{
	char after = p->look->null ? '\0' : mark;

	output_write(p->out, item->path, item->path_length);
	output_write(p->out, &after, 1);
}

static void print_number(struct printer *p, uint64_t n, char mark)
{
	char text[NUMBER_DIGITS + 1];
	char *end = put_number(text, n);

	*end++ = mark;
	output_write(p->out, text, (size_t)(end - text));
}

/* A line that is too long to be copied. Not inlined, so that what prints the other lines stays small. */
__attribute__((noinline)) static void print_long_line(struct printer *p, const struct search_item *item, char mark,
						      const char *text, size_t length, bool crlf)
{
	char end[2] = { '\r', p->look->line_end };

	if (p->name_fields)
		print_name(p, item, mark);
	if (p->look->numbers)
		print_number(p, item->line, mark);
	output_write(p->out, text, length);
	output_write(p->out, crlf ? end : end + 1, crlf ? 2 : 1);
}

__attribute__((always_inline)) static inline void print_text(struct printer *p, const struct search_item *item,
							     char mark, const char *text, size_t length, bool crlf)
{
	const struct look *look = p->look;
	bool names = p->name_fields, numbers = look->numbers; /* read before bytes are stored, which could be these */
	char line_end = look->line_end;
	size_t room = (names ? item->path_length : 0) + 1 + NUMBER_DIGITS + 1 + length + 2;
	char *at = length < OUTPUT_DIRECT ? output_reserve(p->out, room) : NULL;

	if (!at) {
		print_long_line(p, item, mark, text, length, crlf);
		return;
	}
	if (names) {
		at = put_bytes(at, item->path, item->path_length);
		*at++ = look->null ? '\0' : mark;
	}
	if (numbers) {
		at = put_number(at, item->line);
		*at++ = mark;
	}
	at = put_bytes(at, text, length);
	if (crlf)
		*at++ = '\r';
	*at++ = line_end;
	output_commit(p->out, at);
}

void plain_print_line(struct printer *p, const struct search_item *item, bool selected)
{
	char mark = selected ? *p->match_separator.bytes : *p->context_separator.bytes;

	print_text(p, item, mark, item->text, item->length, (item->flags & SEARCH_ITEM_FLAG_CRLF) != 0);
}

/* Spans count from the start of the line; the text may begin after that. */
void plain_print_spans(struct printer *p, const struct search_item *item, bool selected)
{
	char mark = selected ? *p->match_separator.bytes : *p->context_separator.bytes;

	for (size_t i = 0; i < item->span_count; i++) {
		uint64_t begin = item->spans[i].begin, end = item->spans[i].end;
		uint64_t last = item->text_offset + item->length;

		if (begin < item->text_offset)
			begin = item->text_offset;
		if (end > last)
			end = last;
		if (begin < end)
			print_text(p, item, mark, item->text + (begin - item->text_offset),
				   (size_t)(end - begin), false);
	}
}
