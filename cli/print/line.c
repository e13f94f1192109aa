/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line.c - prints lines in every way that struct look asks for.
 *
 * Where GNU grep prints the same, the bytes are the same, also those of colours: the colour of a line is not ended
 * before that of a match begins, and a \r before the line's end has none. Where only rg does, the text is the same.
 */
#include "line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/safe.h"
#include "../look/characters.h"
#include "../look/replace.h"
#include "../look/style.h"
#include "fields.h"

/* What is shown of an item: its text and matches, or what they are replaced by. */
struct shown {
	const struct search_item *item;
	bool selected;
	bool only_matches;
	const char *text;
	size_t length;
	const struct search_span *spans; /* the first begins at text + (begin - base) */
	size_t span_count;
	uint64_t base;
	uint64_t line; /* the number of the text's first line */
	char line_end; /* ends each line of the text except the last */
};

/* Where something is in the text. */
struct part {
	size_t begin;
	size_t end;
};

/* One of the lines in the text. */
struct line {
	struct part part;
	uint64_t number; /* 0 for the first */
};

static bool has_lines(const struct printer *p, const struct shown *s)
{
	return p->look->multi_line && s->length > 0 && memchr(s->text, s->line_end, s->length) != NULL;
}

static size_t line_end(const struct shown *s, size_t begin)
{
	const char *end = begin < s->length ? memchr(s->text + begin, s->line_end, s->length - begin) : NULL;

	return end ? (size_t)(end - s->text) : s->length;
}

static struct line first_line(const struct printer *p, const struct shown *s)
{
	return (struct line){ { 0, has_lines(p, s) ? line_end(s, 0) : s->length }, 0 };
}

static bool next_line(const struct shown *s, struct line *l)
{
	if (l->part.end >= s->length)
		return false;
	l->part.begin = l->part.end + 1;
	l->part.end = line_end(s, l->part.begin);
	l->number++;
	return true;
}

/* The part of a match that is in the text; in a window the rest of it may be outside. */
static struct part match_part(const struct shown *s, size_t i)
{
	uint64_t begin = s->spans[i].begin, end = s->spans[i].end, last = s->base + s->length;

	begin = begin < s->base ? s->base : begin > last ? last : begin;
	end = end < begin ? begin : end > last ? last : end;
	return (struct part){ (size_t)(begin - s->base), (size_t)(end - s->base) };
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct part trim(const struct printer *p, const struct shown *s, struct part part)
{
	while (p->look->trim && !p->open_line && part.begin < part.end && is_space(s->text[part.begin]))
		part.begin++;
	return part;
}

/* --- text and its colours --- */

static void write_text(const struct printer *p, const struct shown *s, size_t begin, size_t end)
{
	if (p->look->safe)
		safe_write(p->out, p->look->style != NULL, s->text + begin, end - begin, true);
	else
		output_write(p->out, s->text + begin, end - begin);
}

static void write_styled(const struct printer *p, const struct shown *s, enum style_part part, size_t begin, size_t end)
{
	style_start(p->look->style, part, p->out);
	write_text(p, s, begin, end);
	style_end(p->look->style, part, p->out);
}

/* The colour of the text outside matches. */
static enum style_part line_style(const struct look *look, bool selected)
{
	bool swap = look->style && look->style->reverse && look->inverted;

	return selected != swap ? STYLE_SELECTED : STYLE_CONTEXT;
}

static enum style_part match_style(const struct shown *s)
{
	return s->selected ? STYLE_MATCH : STYLE_CONTEXT_MATCH;
}

/* After the last match. */
static void write_tail(const struct printer *p, const struct shown *s, size_t begin, size_t end)
{
	size_t tail = end > begin && s->text[end - 1] == '\r' ? end - 1 : end;

	if (tail > begin)
		write_styled(p, s, line_style(p->look, s->selected), begin, tail);
	write_text(p, s, tail, end);
}

static void write_line_text(const struct printer *p, const struct shown *s, struct part part)
{
	enum style_part match = match_style(s);
	size_t at = part.begin;

	for (size_t i = 0; style_has(p->look->style, match) && i < s->span_count; i++) {
		struct part m = match_part(s, i);
		size_t begin = m.begin > at ? m.begin : at, end = m.end < part.end ? m.end : part.end;

		if (m.begin >= part.end)
			break;
		if (begin >= end)
			continue;
		style_start(p->look->style, line_style(p->look, s->selected), p->out);
		write_text(p, s, at, begin);
		write_styled(p, s, match, begin, end);
		at = end;
	}
	write_tail(p, s, at, part.end);
}

static void write_part(const struct printer *p, const struct shown *s, struct part part)
{
	if (s->only_matches)
		write_styled(p, s, match_style(s), part.begin, part.end);
	else
		write_line_text(p, s, part);
}

/* --- lines that are too long --- */

static bool is_too_long(const struct printer *p, const struct shown *s, struct part part)
{
	bool ends = part.end < s->length || (s->item->flags & SEARCH_ITEM_FLAG_NO_EOL) == 0;
	uint64_t length = part.end - part.begin;

	if (!s->only_matches && ends)
		length += (s->item->flags & SEARCH_ITEM_FLAG_CRLF) != 0 ? 2 : 1;
	return p->look->max_columns > 0 && length > p->look->max_columns;
}

static size_t count_matches(const struct shown *s, size_t begin, size_t end)
{
	size_t count = 0;

	for (size_t i = 0; i < s->span_count; i++) {
		struct part m = match_part(s, i);

		count += m.begin >= begin && m.begin < end;
	}
	return count;
}

/* The start of the line, cut between characters, and how much is not shown. */
static void write_preview(const struct printer *p, const struct shown *s, struct part part)
{
	size_t end = part.begin + characters_length(s->text + part.begin, part.end - part.begin, p->look->max_columns);
	size_t left = count_matches(s, end, part.end);
	char note[64] = " [... omitted end of long line]";

	write_part(p, s, (struct part){ part.begin, end });
	if (s->selected && s->span_count > 0)
		snprintf(note, sizeof(note), " [... %zu more match%s]", left, left == 1 ? "" : "es");
	output_write(p->out, note, strlen(note));
}

static void write_omission(const struct printer *p, const struct shown *s)
{
	char note[64];

	if (s->selected && s->span_count > 0 && !s->only_matches)
		snprintf(note, sizeof(note), "[Omitted long line with %zu matches]", s->span_count);
	else
		snprintf(note, sizeof(note), "[Omitted long %s line]", s->selected ? "matching" : "context");
	output_write(p->out, note, strlen(note));
}

/* --- one line --- */

/* On a terminal a \r at the end of the line has no effect except to confuse colours. */
static struct part without_return(const struct printer *p, const struct shown *s, struct part part)
{
	if (p->look->safe && part.end > part.begin && s->text[part.end - 1] == '\r')
		part.end--;
	return part;
}

static void write_end(const struct printer *p, const struct shown *s, struct part part)
{
	bool crlf = part.end == s->length && !s->only_matches && (s->item->flags & SEARCH_ITEM_FLAG_CRLF) != 0;

	if (crlf)
		output_write(p->out, "\r", 1);
	output_write(p->out, &p->look->line_end, 1);
}

/*
 * Was the end of this line matched, and so replaced? Then what is left of it and the next line are one line, if that
 * is selected, too.
 */
static bool leaves_open(const struct printer *p, const struct shown *s, struct part part)
{
	return p->joins_lines && s->selected && part.end == s->length &&
	       (s->item->flags & SEARCH_ITEM_FLAG_MATCHES_EOL) != 0;
}

/* `number`: of the line in the text, from 0; `column`: 0 if there is none; `offset`: from the start of the item. */
static void print_part(struct printer *p, const struct shown *s, struct part part, uint64_t number, uint64_t column,
		       uint64_t offset)
{
	struct fields f = {
		.selected = s->selected, .has_text = part.end > part.begin, .line = s->line + number,
		.column = column, .offset = s->item->offset + offset,
	};

	if (p->open_line)
		p->open_line = false;
	else
		fields_print(p, s->item, &f);
	if (!is_too_long(p, s, part))
		write_part(p, s, without_return(p, s, part));
	else if (p->look->max_columns_preview)
		write_preview(p, s, part);
	else
		write_omission(p, s);
	if (leaves_open(p, s, part)) {
		p->open_line = true;
		p->open_number = f.line;
	} else {
		write_end(p, s, part);
	}
}

/* --- the lines of an item --- */

static void print_whole(struct printer *p, const struct shown *s)
{
	uint64_t column = s->span_count > 0 ? (uint64_t)s->spans[0].begin + 1 : 0;
	struct line l = first_line(p, s);

	do
		if (l.part.begin < s->length || !leaves_open(p, s, l.part))
			print_part(p, s, trim(p, s, l.part), l.number, column, l.part.begin);
	while (next_line(s, &l));
}

void line_close(struct printer *p)
{
	if (p->open_line)
		output_write(p->out, &p->look->line_end, 1);
	p->open_line = false;
}

/* Goes on to the line that has this place in it. */
static void seek_line(const struct shown *s, struct line *l, size_t at)
{
	while (l->part.end < at && next_line(s, l))
		;
}

static void print_each_match(struct printer *p, const struct shown *s)
{
	struct line l = first_line(p, s);

	for (size_t i = 0; i < s->span_count; i++) {
		struct part m = match_part(s, i);

		seek_line(s, &l, m.begin);
		print_part(p, s, trim(p, s, l.part), l.number, s->base + m.begin - l.part.begin + 1, s->base + m.begin);
	}
}

/* The lines of one match; those that are empty are left out, unless that is all of it. */
static void print_match_lines(struct printer *p, const struct shown *s, struct part m, struct line *l)
{
	seek_line(s, l, m.begin);
	do {
		struct part part = trim(p, s, l->part);

		part.begin = part.begin > m.begin ? part.begin : m.begin;
		part.end = part.end < m.end ? part.end : m.end;
		if (part.begin < part.end || m.begin == m.end)
			print_part(p, s, part, l->number, m.begin + 1, m.begin);
	} while (l->part.end < m.end && next_line(s, l));
}

/* As in grep, a match that is empty is not printed, but as in rg what it is replaced by is. */
static void print_only_matches(struct printer *p, const struct shown *s)
{
	bool lines = has_lines(p, s);
	struct line l = first_line(p, s);

	for (size_t i = 0; i < s->span_count; i++) {
		struct part m = match_part(s, i);

		if (!p->replacement && m.begin >= m.end)
			continue;
		if (lines)
			print_match_lines(p, s, m, &l);
		else
			print_part(p, s, trim(p, s, m), 0, (uint64_t)s->spans[i].begin + 1, s->spans[i].begin);
	}
}

/* False: there is no memory for what replaces the matches. */
static bool show(struct printer *p, const struct search_item *item, bool selected, struct shown *s)
{
	struct replaced replaced;

	*s = (struct shown){
		.item = item, .selected = selected,
		.only_matches = p->report == REPORT_SPANS && (selected || !p->look->passthru),
		.text = item->text, .length = item->length, .spans = item->spans, .span_count = item->span_count,
		.base = item->text_offset, .line = p->open_line ? p->open_number : item->line,
		.line_end = p->look->line_end,
	};
	if (!p->replacement || !selected || item->span_count == 0)
		return true;
	if (!replacement_apply(p->replacement, p->search, item, &replaced))
		return false;
	s->text = replaced.text;
	s->length = replaced.length;
	s->spans = replaced.spans;
	return true;
}

void line_print(struct printer *p, const struct search_item *item, bool selected)
{
	struct shown s;

	if (!show(p, item, selected, &s))
		printer_lacks_memory(p);
	else if (s.only_matches)
		print_only_matches(p, &s);
	else if (p->look->each_match && s.span_count > 0)
		print_each_match(p, &s);
	else
		print_whole(p, &s);
}
