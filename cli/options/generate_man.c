/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * generate_man.c - the page psearch(1).
 *
 * man/psearch.1 is part of the program. In it, the lines after
 *   .\" Options: HEADING
 * and before
 *   .\" End of options.
 * are not used, but made anew from the table: `make man` writes the result back to man/psearch.1.
 */
#include "generate.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "option_texts.h"

#define BEGIN_MARK ".\\\" Options: "
#define END_MARK ".\\\" End of options."
#define WIDTH 100 /* of a line of the page's source */

#pragma GCC diagnostic ignored "-Woverlength-strings"
static const char page[] =
#include "psearch.1.inc"
	;

/* The writer of a text in mdoc. */
struct writer {
	struct output *out;
	const struct option_row *row; /* whose text it is */
	size_t column;                /* in the line that is being written */
};

static void end_line(struct writer *w)
{
	if (w->column)
		output_text(w->out, "\n");
	w->column = 0;
}

static bool is_delimiter(char c)
{
	return c && strchr(".,:;()[]?!|", c) != NULL;
}

/* Bytes of the page's text: mdoc gives a backslash a meaning, and ^ is no accent. */
static void put_escaped(struct output *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		switch (text[i]) {
		case '\\': output_text(out, "\\e"); break;
		case '"': output_text(out, "\\(dq"); break;
		case '^': output_text(out, "\\(ha"); break;
		default: output_write(out, text + i, 1);
		}
	}
}

/* An argument of a macro: never taken for a delimiter, a request or several. */
static void put_argument(struct output *out, const char *text, size_t length)
{
	bool quoted = memchr(text, ' ', length) != NULL;

	output_text(out, quoted ? " \"" : " ");
	if (length && (is_delimiter(text[0]) || text[0] == '\''))
		output_text(out, "\\&");
	put_escaped(out, text, length);
	if (quoted)
		output_text(out, "\"");
}

/* In an option's text an argument's name is written in capitals, in the page in small letters. */
static void put_name(struct output *out, const char *name, size_t length)
{
	output_text(out, " ");
	for (size_t i = 0; i < length; i++) {
		char c = (char)tolower((unsigned char)name[i]);

		output_write(out, &c, 1);
	}
}

/* Ends the line of a macro: punctuation that follows becomes arguments of its own. Returns where it ends. */
static const char *end_macro(struct writer *w, const char *at)
{
	while (is_delimiter(*at)) {
		output_text(w->out, " ");
		output_write(w->out, at++, 1);
	}
	output_text(w->out, "\n");
	w->column = 0;
	return at;
}

static size_t flag_length(const char *at)
{
	size_t length = 0;

	if (at[0] == '-' && (isalnum((unsigned char)at[1]) || (at[1] == '-' && isalnum((unsigned char)at[2]))))
		for (length = 2; isalnum((unsigned char)at[length]) || at[length] == '-'; length++)
			;
	return length;
}

static size_t name_length(const struct writer *w, const char *at)
{
	const char *const names[] = { w->row->argument, "PATH", "PATTERN" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = names[i] ? strlen(names[i]) : 0;

		if (length && strncmp(at, names[i], length) == 0 && !isalnum((unsigned char)at[length]))
			return length;
	}
	return 0;
}

/* name(1) */
static size_t page_length(const char *at)
{
	size_t length = 0;

	while (isalnum((unsigned char)at[length]) || at[length] == '_' || at[length] == '-')
		length++;
	return length && at[length] == '(' && isdigit((unsigned char)at[length + 1]) && at[length + 2] == ')' ? length : 0;
}

/* What stands between two marks; NULL: no mark begins here. */
static const char *marked(const char *at, const char **macro)
{
	static const struct {
		char open, close;
		const char *macro;
	} marks[] = { { '\'', '\'', ".Ql" }, { '*', '*', ".Cm" }, { '<', '>', ".Pa" }, { '{', '}', ".Sx" } };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (*at == marks[i].open) {
			*macro = marks[i].macro;
			return strchr(at + 1, marks[i].close);
		}
	}
	return NULL;
}

/* An option, and perhaps =word; or one in parentheses. */
static const char *put_flag(struct writer *w, const char *at)
{
	bool enclosed = *at == '(';
	size_t length = flag_length(at += enclosed);

	output_text(w->out, enclosed ? ".Pq Fl" : ".Fl");
	put_argument(w->out, at + 1, length - 1);
	at += length;
	if (*at == '=') {
		length = strcspn(at + 1, " .,;)");
		output_text(w->out, " Ns = Ns Cm");
		put_argument(w->out, at + 1, length);
		at += 1 + length;
	}
	return end_macro(w, at + enclosed);
}

/* A word with a mark-up. Returns where it ends, or NULL if it has none. */
static const char *put_marked(struct writer *w, const char *at)
{
	const char *macro, *end = marked(at, &macro);
	size_t length;

	if (end) {
		end_line(w);
		output_text(w->out, macro);
		if (strcmp(macro, ".Sx") == 0) {
			output_text(w->out, " ");
			put_escaped(w->out, at + 1, (size_t)(end - at - 1));
		} else {
			put_argument(w->out, at + 1, (size_t)(end - at - 1));
		}
		return end_macro(w, end + 1);
	}
	if (flag_length(at + (*at == '('))) {
		end_line(w);
		return put_flag(w, at);
	}
	if ((length = name_length(w, at)) != 0) {
		end_line(w);
		output_text(w->out, ".Ar");
		put_name(w->out, at, length);
		return end_macro(w, at + length);
	}
	if ((length = page_length(at)) != 0) {
		end_line(w);
		output_text(w->out, ".Xr ");
		output_write(w->out, at, length);
		output_text(w->out, " ");
		output_write(w->out, at + length + 1, 1);
		return end_macro(w, at + length + 3);
	}
	return NULL;
}

/* Each sentence begins a line, as mdoc wants it. */
static const char *put_word(struct writer *w, const char *at)
{
	size_t length = strcspn(at, " \n");

	if (strncmp(at, "psearch", length) == 0 && length == 7) {
		end_line(w);
		output_text(w->out, ".Nm\n");
		return at + length;
	}
	if (w->column && w->column + 1 + length > WIDTH)
		end_line(w);
	output_text(w->out, w->column ? " " : "");
	put_escaped(w->out, at, length);
	w->column += length + (w->column > 0);
	if (strchr(".:;", at[length - 1]))
		end_line(w);
	return at + length;
}

static void put_text(struct writer *w, const char *text)
{
	const char *at = text;

	while (*at) {
		const char *end;

		if (at[0] == '\n' && at[1] == '\n') {
			end_line(w);
			output_text(w->out, ".Pp\n");
			at += 2;
			continue;
		}
		if (*at == ' ') {
			at++;
			continue;
		}
		end = put_marked(w, at);
		at = end ? end : put_word(w, at);
	}
	end_line(w);
}

static void put_option_name(struct output *out, const char *name, size_t length, bool *later)
{
	output_text(out, *later ? " , Fl" : " Fl");
	put_argument(out, name, length);
	*later = true;
}

/* .It Fl e , Fl -regexp Ns = Ns Ar pattern */
static void put_item(struct output *out, const struct option_row *row)
{
	char letter = (char)row->id, name[64];
	bool later = false;

	output_text(out, ".It");
	if (row->id == OPTION_NUMBER)
		output_text(out, " Fl Ar num");
	if (option_has_letter(row))
		put_option_name(out, &letter, 1, &later);
	for (int i = -1; i < 2; i++) {
		const char *word = i < 0 ? row->name : row->aliases[i];

		if (word)
			put_option_name(out, name, (size_t)snprintf(name, sizeof(name), "-%s", word), &later);
	}
	if (row->argument) {
		output_text(out, row->optional ? " Ns Oo = Ns Ar" : " Ns = Ns Ar");
		put_name(out, row->argument, strlen(row->argument));
		output_text(out, row->optional ? " Oc" : "");
	}
	output_text(out, "\n");
}

static bool is_heading_called(const struct option_row *row, const char *name, size_t length)
{
	return option_is_heading(row) && strlen(row->name) == length && memcmp(row->name, name, length) == 0;
}

/* The rows of a heading. */
static void put_options(struct output *out, const char *heading, size_t length)
{
	const struct option_row *row = option_table, *end = option_table + option_rows;

	while (row < end && !is_heading_called(row, heading, length))
		row++;
	output_text(out, ".Bl -tag -width Ds\n");
	for (row++; row < end && !option_is_heading(row); row++) {
		const struct option_text *text = option_text_of(row);
		struct writer w = { .out = out, .row = row };

		put_item(out, row);
		put_text(&w, text ? text->text : row->help);
	}
	output_text(out, ".El\n");
}

void generate_man(struct output *out)
{
	const char *line = page;

	while (*line) {
		const char *next = strchr(line, '\n') + 1;

		output_write(out, line, (size_t)(next - line));
		if (strncmp(line, BEGIN_MARK, strlen(BEGIN_MARK)) == 0) {
			line += strlen(BEGIN_MARK);
			put_options(out, line, (size_t)(next - 1 - line));
			next = strstr(next, END_MARK);
			if (!next)
				return;
		}
		line = next;
	}
}
