/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * posix_bracket.c - translates bracket expressions: [a-z], [^[:alpha:]_], [[=a=]].
 *
 * Ranges go by code point, as in the locale C.UTF-8; so an equivalence class is its one character, and no collating
 * element has several. If glibc's class of characters is not Oniguruma's, it is built from those.
 */
#include "posix.h"

#include "../base/utf8.h"

#include <stdio.h>
#include <string.h>

/* To glibc, a space is a character at which a line may be broken. */
#define NO_BREAK "\\x{A0}\\x{2007}\\x{202F}"
#define SPACE    "[[:space:]&&[^\\x{85}" NO_BREAK "]]"

static const struct class {
	const char *name;
	const char *text; /* as it is written in a class */
} classes[] = {
	{ "alpha", "[[:alnum:]&&[^0-9]]" }, /* with the digits of other scripts */
	{ "digit", "0-9" },
	{ "alnum", "[:alnum:]" },
	{ "upper", "[:upper:]\\p{Lt}" },
	{ "lower", "[:lower:]\\x{1C5}\\x{1C8}\\x{1CB}\\x{1F2}" },
	{ "space", SPACE },
	{ "blank", "[[:blank:]&&[^" NO_BREAK "]]" },
	{ "punct", "[[:graph:]&&[^[:alnum:]]]" NO_BREAK },
	{ "print", "[:print:]" },
	{ "graph", "[:graph:]" NO_BREAK },
	{ "cntrl", "[:cntrl:]\\p{Zl}\\p{Zp}" },
	{ "xdigit", "0-9A-Fa-f" },
};

/* One element between the brackets. */
struct element {
	enum { CHARACTER, CLASS, EQUIVALENT } kind;
	uint32_t code;
	const struct class *class;
	const uint8_t *at;
	bool plain; /* it is written as the character itself */
};

static const char unmatched[] = "[ without ]: add the ], or write \\[ for the character";
static const char bad_hyphen[] = "- in brackets where no range can be: put it last";

void ps_posix_type(struct ps_text *out, char letter)
{
	switch (letter) {
	case 'w': ps_text_add_string(out, "[[:alnum:]_]"); break;
	case 'W': ps_text_add_string(out, "[^[:alnum:]_]"); break;
	case 's': ps_text_add_string(out, SPACE); break;
	case 'S': ps_text_add_string(out, "[^" SPACE "]"); break;
	}
}

static bool bracket_next_is(const struct ps_posix_input *in, char c)
{
	return in->p < in->end && *in->p == (uint8_t)c;
}

static bool is_capital(uint32_t code)
{
	return code >= 'A' && code <= 'Z';
}

static bool is_small(uint32_t code)
{
	return code >= 'a' && code <= 'z';
}

static void write_code(struct ps_text *out, uint32_t code)
{
	char text[16];
	uint8_t bytes[4];

	if (code >= 0x80 || is_capital(code) || is_small(code) || (code >= '0' && code <= '9')) {
		ps_text_add(out, bytes, ps_utf8_encode(code, bytes));
		return;
	}
	snprintf(text, sizeof(text), "\\x{%X}", (unsigned)code);
	ps_text_add_string(out, text);
}

/* Takes the next character; there must be one. */
static uint32_t take_character(struct ps_posix_input *in)
{
	size_t length = ps_utf8_next(in->p, (size_t)(in->end - in->p), 0);

	in->p += length;
	return ps_utf8_decode(in->p - length, length);
}

/* After [: [= or [. with that sign: takes the name, and the same sign and ] after it. */
static bool take_class_name(struct ps_posix_input *in, uint8_t sign, const uint8_t **name, size_t *length)
{
	const uint8_t *p = in->p;

	while (in->end - p >= 2 && (p[0] != sign || p[1] != ']'))
		p++;
	if (in->end - p < 2)
		return false;
	*name = in->p;
	*length = (size_t)(p - in->p);
	in->p = p + 2;
	return true;
}

static const struct class *find_class(const struct ps_posix_input *in, const uint8_t *name, size_t length)
{
	bool any_letter = in->mode->ignore_case && length == 5 &&
			  (memcmp(name, "upper", 5) == 0 || memcmp(name, "lower", 5) == 0);

	if (any_letter)
		return &classes[0];
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == length && memcmp(classes[i].name, name, length) == 0)
			return &classes[i];
	return NULL;
}

/* At a [ that one of : = . follows. */
static bool take_named_element(struct ps_posix_input *in, struct element *e)
{
	uint8_t sign = in->p[1];
	const uint8_t *name = NULL;
	size_t length = 0;

	in->p += 2;
	if (!take_class_name(in, sign, &name, &length))
		return ps_posix_refuse(in, e->at, sign == ':' ? "[: without :]: complete the name of the class" :
						  sign == '=' ? "[= without =]: complete it" :
								"[. without .]: complete it");
	if (sign == ':') {
		e->kind = CLASS;
		e->class = find_class(in, name, length);
		return e->class != NULL ||
		       ps_posix_refuse(in, e->at, "no class of this name: give alpha, digit, alnum, upper, lower, "
						  "space, blank, punct, print, graph, cntrl or xdigit");
	}
	if (length == 0 || ps_utf8_next(name, length, 0) != length)
		return ps_posix_refuse(in, e->at, "a collating element that is not one character: "
						  "give the character itself");
	e->kind = sign == '=' ? EQUIVALENT : CHARACTER;
	e->code = ps_utf8_decode(name, length);
	return true;
}

static bool take_element(struct ps_posix_input *in, struct element *e)
{
	*e = (struct element){ .kind = CHARACTER, .at = in->p };
	if (in->p == in->end)
		return false;
	if (*in->p == '[' && in->end - in->p >= 2 && (in->p[1] == ':' || in->p[1] == '=' || in->p[1] == '.'))
		return take_named_element(in, e);
	e->plain = true;
	e->code = take_character(in);
	return true;
}

/* Whether a - comes next that makes a range; before the last ] it does not. */
static bool next_is_range(const struct ps_posix_input *in)
{
	return bracket_next_is(in, '-') && in->end - in->p >= 2 && in->p[1] != ']';
}

/* If case does not matter, grep compares capitals, and refuses [Z-a]. */
static void capitalize_range(const struct ps_posix_input *in, struct element *from, struct element *to)
{
	if (!in->mode->ignore_case || from->code >= 0x80 || to->code >= 0x80)
		return;
	from->code -= is_small(from->code) ? 'a' - 'A' : 0;
	to->code -= is_small(to->code) ? 'a' - 'A' : 0;
}

/* At the - of a range that starts with `from`. */
static bool take_range(struct ps_posix_input *in, struct ps_text *out, struct element *from)
{
	struct element to;

	in->p++;
	if (!take_element(in, &to))
		return false;
	if (from->kind != CHARACTER || to.kind != CHARACTER)
		return ps_posix_refuse(in, from->at, "a range from or to a class: give characters");
	capitalize_range(in, from, &to);
	if (from->code > to.code)
		return ps_posix_refuse(in, from->at, in->mode->ignore_case ?
			       "a range that ends before it begins, in capitals as case is ignored: turn it round" :
			       "a range that ends before it begins: turn it round");
	write_code(out, from->code);
	ps_text_add_string(out, "-");
	write_code(out, to.code);
	return true;
}

static void write_element(struct ps_text *out, const struct element *e)
{
	if (e->kind == CLASS)
		ps_text_add_string(out, e->class->text);
	else
		write_code(out, e->code);
}

/* What distinguishes [:alpha:] from a set of characters. */
struct colons {
	bool first;
	bool last;
	bool others; /* characters other than colons */
	bool more;   /* there is more than single characters */
};

static void note_colons(struct colons *c, const struct element *e, bool first, bool range)
{
	bool colon = e->plain && e->code == ':';

	c->first |= first && colon;
	c->last = colon;
	c->others |= !colon;
	c->more |= range || !e->plain;
}

/* Takes the elements up to the ]; the first may be a ] itself. */
static bool take_elements(struct ps_posix_input *in, struct ps_text *out, struct colons *colons)
{
	for (bool first = true; first || !bracket_next_is(in, ']'); first = false) {
		struct element e;
		bool range;

		if (!take_element(in, &e))
			return false;
		if (!first && e.plain && e.code == '-' && in->p < in->end && *in->p != ']')
			return ps_posix_refuse(in, e.at, bad_hyphen);
		range = next_is_range(in);
		if (range && e.kind != CHARACTER)
			return ps_posix_refuse(in, in->p, bad_hyphen);
		note_colons(colons, &e, first, range);
		if (!range)
			write_element(out, &e);
		else if (!take_range(in, out, &e))
			return false;
	}
	in->p++;
	return true;
}

bool ps_posix_bracket(struct ps_posix_input *in, struct ps_text *out)
{
	const uint8_t *open = in->p - 1;
	struct colons colons = { 0 };

	ps_text_add_string(out, "[");
	if (bracket_next_is(in, '^')) {
		ps_text_add_string(out, "^");
		in->p++;
	}
	if (!take_elements(in, out, &colons))
		return in->error->message[0] == '\0' ? ps_posix_refuse(in, open, unmatched) : false;
	if (colons.first && colons.last && colons.others && !colons.more)
		return ps_posix_refuse(in, open, "a class of characters outside of brackets: write [[:space:]], not "
				       "[:space:]");
	ps_text_add_string(out, "]");
	return true;
}
