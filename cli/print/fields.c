/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fields.c - what stands before the text of a line.
 */
#include "fields.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/put.h"
#include "../base/safe.h"
#include "../look/style.h"

/* --- the width of numbers --- */

/* How far the numbers in this file can go. Standard input is what is not found by its name. */
static uint64_t largest_number(const struct printer *p, const char *path)
{
	struct stat st;
	bool found = stat(path, &st) == 0 || fstat(STDIN_FILENO, &st) == 0;

	if (!found || !S_ISREG(st.st_mode))
		return INT64_MAX;
	return (uint64_t)st.st_size + p->look->numbers;
}

/* -T: as in grep, numbers are as wide as the largest that could come. */
static int number_width(const struct printer *p, const char *path)
{
	uint64_t n = largest_number(p, path);
	int width = 1;

	while ((n /= 10) > 0)
		width++;
	return width;
}

void fields_set_link(struct printer *p, const struct search_item *item)
{
	if (!hyperlink_set_file(&p->link, item->path))
		printer_lacks_memory(p);
}

void fields_set_file(struct printer *p, const struct search_item *item)
{
	fields_set_link(p, item);
	if (p->look->initial_tab && (p->look->numbers || p->look->offsets))
		p->number_width = number_width(p, item->path);
}

/* --- names --- */

static void write_part(const struct printer *p, const char *text, size_t length)
{
	if (p->look->safe)
		safe_write(p->out, p->look->style != NULL, text, length, false);
	else
		output_write(p->out, text, length);
}

static void write_path(const struct printer *p, const char *path, size_t length)
{
	const char *slash;

	while (p->look->path_separator != '\0' && (slash = memchr(path, '/', length)) != NULL) {
		write_part(p, path, (size_t)(slash - path));
		write_part(p, &p->look->path_separator, 1);
		length -= (size_t)(slash - path) + 1;
		path = slash + 1;
	}
	write_part(p, path, length);
}

static void write_name(const struct printer *p, const struct search_item *item)
{
	style_start(p->look->style, STYLE_NAME, p->out);
	write_path(p, item->path, item->path_length);
	style_end(p->look->style, STYLE_NAME, p->out);
}

void fields_print_name(struct printer *p, const struct search_item *item, char after)
{
	hyperlink_start(&p->link, p->out, 0, 0);
	write_name(p, item);
	hyperlink_end(&p->link, p->out);
	if (p->look->null)
		output_write(p->out, "", 1);
	else if (after == ':')
		style_write(p->look->style, STYLE_SEPARATOR, p->out, &after, 1);
	else
		output_write(p->out, &after, 1);
}

/* --- a line's fields --- */

static void write_separator(const struct printer *p, bool selected)
{
	const struct separator *s = selected ? &p->match_separator : &p->context_separator;

	style_write(p->look->style, STYLE_SEPARATOR, p->out, s->bytes, s->length);
}

/* With a link for each line, that goes over all fields, up to the last separator. */
static void print_number(struct printer *p, enum style_part part, uint64_t n, bool selected, bool last)
{
	char padded[2 * NUMBER_DIGITS], *digits = padded + NUMBER_DIGITS, *end = put_number(digits, n);

	memset(padded, ' ', NUMBER_DIGITS);
	while (end - digits < p->number_width)
		digits--;
	style_write(p->look->style, part, p->out, digits, (size_t)(end - digits));
	if (last)
		hyperlink_end(&p->link, p->out);
	write_separator(p, selected);
}

static void print_line_name(struct printer *p, const struct search_item *item, bool selected, bool last)
{
	write_name(p, item);
	if (last || !p->link.lines)
		hyperlink_end(&p->link, p->out);
	if (p->look->null)
		output_write(p->out, "", 1);
	else
		write_separator(p, selected);
}

void fields_print(struct printer *p, const struct search_item *item, const struct fields *f)
{
	const struct look *look = p->look;
	bool name = look->names && !look->heading, column = look->columns && f->column > 0;
	int left = name + look->numbers + column + look->offsets;

	if (left == 0)
		return;
	if (name || p->link.lines)
		hyperlink_start(&p->link, p->out, f->line, f->column);
	if (name)
		print_line_name(p, item, f->selected, --left == 0);
	if (look->numbers)
		print_number(p, STYLE_LINE, f->line, f->selected, --left == 0);
	if (column)
		print_number(p, STYLE_LINE, f->column, f->selected, --left == 0);
	if (look->offsets)
		print_number(p, STYLE_OFFSET, f->offset, f->selected, --left == 0);
	if (look->initial_tab && f->has_text)
		output_write(p->out, "\t", 1);
}
