/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * style.c - the colours of what is printed.
 */
#include "style.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SGR(parameters) { (parameters), sizeof(parameters) - 1 }

static const struct style standard = {
	.parts = {
		[STYLE_NAME] = SGR("35"),
		[STYLE_LINE] = SGR("32"),
		[STYLE_OFFSET] = SGR("32"),
		[STYLE_SEPARATOR] = SGR("36"),
		[STYLE_SELECTED] = SGR(""),
		[STYLE_CONTEXT] = SGR(""),
		[STYLE_MATCH] = SGR("01;31"),
		[STYLE_CONTEXT_MATCH] = SGR("01;31"),
	},
};

/* The capabilities that have a value. */
static const struct capability {
	char name[3];
	enum style_part part;
} capabilities[] = {
	{ "sl", STYLE_SELECTED }, { "cx", STYLE_CONTEXT }, { "mt", STYLE_MATCH }, { "ms", STYLE_MATCH },
	{ "mc", STYLE_CONTEXT_MATCH }, { "fn", STYLE_NAME }, { "ln", STYLE_LINE }, { "bn", STYLE_OFFSET },
	{ "se", STYLE_SEPARATOR },
};

static bool is_called(const char *name, size_t length, const char *capability)
{
	return length == 2 && memcmp(name, capability, 2) == 0;
}

static void set_value(struct style *s, const char *name, size_t length, struct sgr value)
{
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		if (is_called(name, length, capabilities[i].name))
			s->parts[capabilities[i].part] = value;
}

/* What a capability means even without a value. */
static void set_flag(struct style *s, const char *name, size_t length)
{
	if (is_called(name, length, "mt"))
		s->parts[STYLE_CONTEXT_MATCH] = s->parts[STYLE_MATCH];
	s->reverse |= is_called(name, length, "rv");
	s->plain |= is_called(name, length, "ne");
}

static bool is_sgr(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789;")] == '\0';
}

bool style_read_old(struct style *s, const char *grep_color)
{
	if (!grep_color || !is_sgr(grep_color))
		return false;
	set_value(s, "mt", 2, (struct sgr){ grep_color, strlen(grep_color) });
	set_flag(s, "mt", 2);
	return true;
}

void style_init(struct style *s)
{
	*s = standard;
}

/* Capabilities that are not known are skipped. What is not a capability ends it, so that a terminal gets no rubbish. */
void style_read(struct style *s, const char *grep_colors)
{
	for (const char *at = grep_colors ? grep_colors : ""; *at != '\0'; at += *at == ':') {
		const char *name = at;
		size_t length = strcspn(name, "=:");

		at += length;
		if (*at == '=') {
			size_t value = strspn(++at, "0123456789;");

			at += value;
			if (length == 0 || (*at != ':' && *at != '\0'))
				return;
			set_value(s, name, length, (struct sgr){ at - value, value });
		}
		set_flag(s, name, length);
	}
}

bool style_suits(int descriptor)
{
	const char *terminal = getenv("TERM"), *none = getenv("NO_COLOR");

	return isatty(descriptor) && (!none || *none == '\0') && terminal && strcmp(terminal, "dumb") != 0;
}

static void clear_line(const struct style *s, struct output *out)
{
	if (!s->plain)
		output_write(out, "\33[K", 3);
}

void style_start(const struct style *s, enum style_part part, struct output *out)
{
	if (!style_has(s, part))
		return;
	output_write(out, "\33[", 2);
	output_write(out, s->parts[part].text, s->parts[part].length);
	output_write(out, "m", 1);
	clear_line(s, out);
}

void style_end(const struct style *s, enum style_part part, struct output *out)
{
	if (!style_has(s, part))
		return;
	output_write(out, "\33[m", 3);
	clear_line(s, out);
}

void style_write(const struct style *s, enum style_part part, struct output *out, const char *bytes, size_t length)
{
	style_start(s, part, out);
	output_write(out, bytes, length);
	style_end(s, part, out);
}
