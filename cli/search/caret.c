/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * caret.c - shows a place in a text that a person wrote, with a caret below it.
 *
 * The text goes to a terminal, so what has no width of its own there is written as an escape: control characters,
 * bytes that are not UTF-8, and characters that would be invisible or turn the writing round. Columns are counted as
 * the terminal shows them: a wide character takes two, a combining one takes none and stays with the one before it.
 */
#define _XOPEN_SOURCE 700 /* wcwidth */
#include "caret.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "../base/utf8.h"

#define COLUMNS 72 /* of the text, without the indentation and what stands for the rest */
#define AROUND 32  /* shown on each side of the place, if there is as much */
#define INDENT "    "
#define REST "..."

/* A character as it is shown. */
struct glyph {
	size_t bytes;   /* of the text */
	size_t columns;
	char escape[16]; /* printed instead of it; "": it is printed itself */
};

struct view {
	const char *text;
	size_t length;
	size_t from, to; /* what is shown */
	size_t columns;  /* of that */
};

/* Is it invisible, or does it change how what follows is shown, though it has a width for the C library? */
static bool is_invisible(uint32_t code)
{
	return code == 0xAD || code == 0x61C || (code >= 0x200B && code <= 0x200F) ||
	       (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

static void escape_code(struct glyph *g, uint32_t code)
{
	const char *letters = "t\tn\nr\r";

	for (; *letters != '\0'; letters += 2)
		if ((uint32_t)(unsigned char)letters[1] == code) {
			snprintf(g->escape, sizeof(g->escape), "\\%c", letters[0]);
			break;
		}
	if (*letters == '\0')
		snprintf(g->escape, sizeof(g->escape), code < 0x80 ? "\\x%02X" : "\\x{%X}", (unsigned)code);
	g->columns = strlen(g->escape);
}

static struct glyph glyph_at(const struct view *v, size_t at)
{
	struct glyph g = { 0 };
	uint32_t code = 0;
	int width;

	g.bytes = utf8_decode(v->text + at, v->length - at, &code);
	if (g.bytes == 0) {
		g.bytes = 1;
		snprintf(g.escape, sizeof(g.escape), "\\x%02X", (unsigned)(uint8_t)v->text[at]);
		g.columns = strlen(g.escape);
		return g;
	}
	if (code >= 0x20 && code < 0x7F) {
		g.columns = 1;
		return g;
	}
	width = wcwidth((wchar_t)code);
	if (code == 0 || width < 0 || is_invisible(code) || (width == 0 && at == 0))
		escape_code(&g, code);
	else
		g.columns = (size_t)width;
	return g;
}

/* Where the character before `at` begins. */
static size_t glyph_before(const struct view *v, size_t at)
{
	uint32_t code;

	for (size_t bytes = 2; bytes <= 4 && bytes <= at; bytes++)
		if (utf8_decode(v->text + at - bytes, bytes, &code) == bytes)
			return at - bytes;
	return at - 1;
}

/* Goes back to the start of a character that takes columns, and so to one that a caret can be put below. */
static size_t place_of_caret(const struct view *v, size_t offset)
{
	size_t at = offset;

	for (size_t bytes = 1; bytes <= 3 && bytes <= offset && at == offset && offset < v->length; bytes++)
		if (glyph_at(v, offset - bytes).bytes > bytes)
			at = offset - bytes;
	while (at > 0 && at < v->length && glyph_at(v, at).columns == 0)
		at = glyph_before(v, at);
	return at;
}

/* Shows more after it, and the combining characters there, as long as the view has at most `columns` columns. */
static void extend_forward(struct view *v, size_t columns)
{
	while (v->to < v->length) {
		struct glyph g = glyph_at(v, v->to);

		if (v->columns + g.columns > columns)
			return;
		v->columns += g.columns;
		v->to += g.bytes;
	}
}

static void extend_backward(struct view *v, size_t columns)
{
	size_t at = v->from, more = 0;

	while (at > 0) {
		struct glyph g;

		at = glyph_before(v, at);
		g = glyph_at(v, at);
		more += g.columns;
		if (v->columns + more > columns)
			return;
		if (g.columns == 0) /* shown only with the one before it */
			continue;
		v->from = at;
		v->columns += more;
		more = 0;
	}
}

static size_t columns_between(const struct view *v, size_t from, size_t to)
{
	size_t columns = 0;

	while (from < to) {
		struct glyph g = glyph_at(v, from);

		columns += g.columns;
		from += g.bytes;
	}
	return columns;
}

static void print_view(FILE *to, const struct view *v)
{
	fputs(v->from > 0 ? INDENT REST : INDENT, to);
	for (size_t at = v->from; at < v->to;) {
		struct glyph g = glyph_at(v, at);

		if (g.escape[0] != '\0')
			fputs(g.escape, to);
		else
			fwrite(v->text + at, 1, g.bytes, to);
		at += g.bytes;
	}
	fputs(v->to < v->length ? REST "\n" : "\n", to);
}

void show_caret(FILE *to, const char *text, size_t length, size_t offset)
{
	struct view v = { .text = text, .length = length };
	size_t at;

	utf8_use_locale();
	at = offset <= length ? place_of_caret(&v, offset) : 0;
	v.from = v.to = at;
	extend_forward(&v, AROUND);
	extend_backward(&v, COLUMNS);
	extend_forward(&v, COLUMNS);
	print_view(to, &v);
	if (offset <= length)
		fprintf(to, "%s%*s^\n", INDENT,
			(int)(columns_between(&v, v.from, at) + (v.from > 0 ? strlen(REST) : 0)), "");
}
